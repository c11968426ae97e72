//! Tables, TTL, streams and destinations on a bench: what clients are told, what is pushed, what is due.

mod destinations;
mod refusals;
mod streams;
mod tables;
mod ttl;

use std::time::Duration;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::codec::{decode_request, json_document};
use wavetank_wire::{Val, WireError, dynamodb, dynamodbstreams};

use super::DynamoDb;
use super::table::{Key, Origin};
use super::value::{AttributeValue, Item, KeyValue, Number};
use crate::services::{DynService, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Delivery, Effect};

/// The service, its clock, and what it pushed.
pub(super) struct Rig {
    dynamodb: DynamoDb,
    bench: Bench,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self { dynamodb: DynamoDb::new(false), bench: Bench::new(ServiceId::DynamoDb) }
    }

    /// With an ACTIVE table `items` with the key `id`, and this besides.
    pub(super) fn with_table(and: Value) -> Self {
        let mut rig = Self::new();
        rig.create("items", and);
        rig
    }

    pub(super) fn create(&mut self, name: &str, and: Value) {
        let input = table(name, and);
        self.ask("CreateTable", input);
        self.advance(Duration::from_secs(1));
        self.bench.take();
    }

    /// A call with a JSON body, checked as a client's is, answered in JSON.
    pub(super) fn call(&mut self, operation: &str, input: Value) -> Result<Value, WireError> {
        let of_streams = dynamodbstreams::SERVICE.operation(operation);
        let schema = if of_streams.is_some() { &dynamodbstreams::SERVICE } else { &dynamodb::SERVICE };
        let found = schema.operation(operation).expect("an operation");
        let route = wavetank_wire::route::Route { service: schema, operation: found, labels: Vec::new() };
        let body = bytes::Bytes::from(input.to_string());
        let val = decode_request(&route, &"/".parse().expect("a path"), &Default::default(), &body)?;
        if let Some(refusal) = ServiceId::DynamoDb.refuses(operation, &val) {
            return Err(refusal);
        }
        let dynamodb = &mut self.dynamodb;
        match self.bench.with(|cx| DynService::call(dynamodb, cx, operation, val))? {
            Answer::Now(output) => {
                Ok(serde_json::from_slice(&json_document(found.output, &output)).expect("JSON"))
            }
            other => panic!("{operation} answers {other:?}"),
        }
    }

    pub(super) fn ask(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input).unwrap_or_else(|refusal| panic!("{operation}: {refusal}"))
    }

    /// `Code: sentence` of a refusal.
    pub(super) fn refused(&mut self, operation: &str, input: Value) -> String {
        self.call(operation, input).expect_err("a refusal").to_string()
    }

    pub(super) fn table(&mut self) -> Value {
        self.ask("DescribeTable", json!({ "TableName": "items" }))["Table"].clone()
    }

    /// Gives the key `id` this item, or none.
    pub(super) fn put(&mut self, id: &str, rest: Option<Item>) {
        let dynamodb = &mut self.dynamodb;
        self.bench.with(|cx| {
            let table = dynamodb.here(cx).tables.get_mut("items").expect("the rig made it");
            let key = Key { partition: KeyValue::S(id.to_owned()), sort: None };
            let new = rest.map(|mut rest| {
                rest.insert("id".to_owned(), AttributeValue::s(id));
                rest
            });
            table.change(cx, key, new.as_ref(), Origin::Client);
            dynamodb.settle_all();
        });
    }

    /// What the key `id` has.
    pub(super) fn get(&mut self, id: &str) -> Option<Item> {
        let dynamodb = &mut self.dynamodb;
        self.bench.with(|cx| {
            let key = Key { partition: KeyValue::S(id.to_owned()), sort: None };
            dynamodb.here(cx).tables.get("items").expect("the rig made it").get(&key)
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.bench.now
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        DynService::next_deadline(&self.dynamodb)
    }

    /// Lets time pass, doing what is due on the way.
    pub(super) fn advance(&mut self, span: Duration) {
        let target = self.bench.now + span;
        while let Some(at) = self.deadline().filter(|at| *at <= target) {
            self.bench.now = at.max(self.bench.now);
            let dynamodb = &mut self.dynamodb;
            self.bench.with(|cx| DynService::tick(dynamodb, cx));
        }
        self.bench.now = target;
    }

    pub(super) fn reply(&mut self, token: u64, result: Result<Val, WireError>) {
        let dynamodb = &mut self.dynamodb;
        self.bench.with(|cx| DynService::deliver(dynamodb, cx, Delivery::Reply { token, result }));
    }

    pub(super) fn effects(&mut self) -> Vec<Effect> {
        self.bench.take()
    }
}

/// A request for a table whose key is `id`.
pub(super) fn table(name: &str, and: Value) -> Value {
    let mut input = json!({
        "TableName": name,
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    for (member, value) in and.as_object().expect("members") {
        if value.is_null() {
            input.as_object_mut().expect("members").remove(member);
        } else {
            input[member] = value.clone();
        }
    }
    input
}

pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(Number::from(value))
}
