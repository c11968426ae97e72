//! Operations on items, as JSON in and out: what clients are told, what is stored, what it costs.
//!
//! Expressions by themselves are tested in `../../expression`, a genuine SDK in `tests/tests`.

mod batches;
mod costs;
mod items;
mod pages;
mod props;
mod refusals;
mod statements;
mod strict;
mod transactions;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Value, json};
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{WireError, codec, dynamodb, route};

use crate::services::dynamodb::DynamoDb;
use crate::services::{DynService as _, ServiceId};
use crate::world::Answer;
use crate::world::testing::Bench;

/// The service and its clock.
pub(super) struct Rig {
    db: DynamoDb,
    pub(super) bench: Bench,
}

impl Rig {
    /// No tables.
    pub(super) fn new(strict: bool) -> Self {
        Self { db: DynamoDb::new(strict), bench: Bench::new(ServiceId::DynamoDb) }
    }

    /// With the tables `plain` (of a partition key `p`) and `ranged` (of `p` and a number `s`), the latter with a local index
    /// `by-rank` of keys only, a global index `by-colour` that includes `note`, and a global index `whole`.
    pub(super) fn with_tables() -> Self {
        let mut rig = Self::new(false);
        rig.create(json!({
            "TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        }));
        let keys = |partition: &str, sort: &str| json!([{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]);
        let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
        rig.create(json!({
            "TableName": "ranged", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("p", "s"),
            "AttributeDefinitions": [
                attribute("p", "S"), attribute("s", "N"), attribute("rank", "N"),
                attribute("colour", "S"), attribute("size", "N"),
            ],
            "LocalSecondaryIndexes": [
                {"IndexName": "by-rank", "KeySchema": keys("p", "rank"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
            ],
            "GlobalSecondaryIndexes": [
                {"IndexName": "by-colour", "KeySchema": keys("colour", "size"),
                 "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}},
                {"IndexName": "whole", "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                 "Projection": {"ProjectionType": "ALL"}},
            ],
        }));
        rig
    }

    /// Makes a table and waits for it.
    pub(super) fn create(&mut self, request: Value) {
        self.ok("CreateTable", request);
        self.advance(Duration::from_secs(60));
    }

    /// Time passes.
    pub(super) fn advance(&mut self, span: Duration) {
        self.bench.now += span;
        let db = &mut self.db;
        self.bench.with(|cx| db.tick(cx));
    }

    /// One request, from its JSON to that of its answer or refusal.
    pub(super) fn ask(&mut self, operation: &str, request: Value) -> Result<Value, WireError> {
        let (uri, body) = (Uri::from_static("/"), Bytes::from(request.to_string()));
        let mut headers = HeaderMap::new();
        let target = format!("DynamoDB_20120810.{operation}");
        headers.insert("x-amz-target", HeaderValue::from_str(&target).expect("a name"));
        let route = route::route(&Method::POST, &uri, &headers, &body).expect("an operation");
        let input = codec::decode_request(&route, &uri, &headers, &body)?;
        if let Err(failures) = validate(route.operation.input, &input) {
            return Err(validation_error(route.service, &failures));
        }
        let db = &mut self.db;
        let answer = self.bench.with(|cx| db.call(cx, route.operation.name, input))?;
        let Answer::Now(output) = answer else { panic!("{operation} answers later") };
        let answer = codec::encode_response(&dynamodb::SERVICE, route.operation, output, "");
        Ok(serde_json::from_slice(answer.body()).expect("JSON"))
    }

    /// One request that is granted.
    pub(super) fn ok(&mut self, operation: &str, request: Value) -> Value {
        let shown = request.to_string();
        self.ask(operation, request).unwrap_or_else(|error| panic!("{operation} {shown}: {error}"))
    }

    /// One request that is refused; `Code: sentence`.
    pub(super) fn refused(&mut self, operation: &str, request: Value) -> String {
        let shown = request.to_string();
        match self.ask(operation, request) {
            Ok(answer) => panic!("{operation} {shown}: {answer}"),
            Err(error) => error.to_string(),
        }
    }

    /// Stores an item of `ranged`: `p`, `s` and more.
    pub(super) fn put(&mut self, p: &str, s: i64, more: Value) {
        let mut item = json!({"p": {"S": p}, "s": {"N": s.to_string()}});
        let members = item.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        self.ok("PutItem", json!({"TableName": "ranged", "Item": item}));
    }

    /// Everything in a table, in the order of a scan.
    pub(super) fn all(&mut self, table: &str) -> Value {
        self.ok("Scan", json!({"TableName": table}))["Items"].clone()
    }
}

/// Asks and compares the answer.
pub(super) fn check(rig: &mut Rig, operation: &str, request: Value, expected: Value) {
    let shown = request.to_string();
    assert_eq!(rig.ok(operation, request), expected, "{operation} {shown}");
}

/// Asks, and compares the refusal without `ValidationException: `.
pub(super) fn check_refusal(rig: &mut Rig, operation: &str, request: Value, expected: &str) {
    let shown = request.to_string();
    let refusal = rig.refused(operation, request);
    let told = refusal.strip_prefix("ValidationException: ").unwrap_or(&refusal);
    assert_eq!(told, expected, "{operation} {shown}");
}
