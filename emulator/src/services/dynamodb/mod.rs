//! DynamoDB and DynamoDB Streams: two wires, one state.
//!
//! One value holds the tables of an account in all regions, since global tables span them. Time: CREATING, UPDATING and
//! DELETING last a while of tank time; TTL, streams and replication follow it too.
//! Start with `table/mod.rs` (items and the one way in which they change), then `value/mod.rs`.

pub(in crate::services) mod backup;
mod data;
mod deadlines;
mod destination;
mod error;
pub(crate) mod expression;
mod global;
pub(crate) mod legacy;
mod limits;
pub(crate) mod partiql;
mod streams;
pub(crate) mod table;
mod tables;
pub(crate) mod terms;
mod ttl;
pub(crate) mod value;

#[cfg(test)]
mod control_tests;

use std::collections::BTreeMap;

use wavetank_types::{Region, Timestamp};
use wavetank_wire::{
    OperationSet as _, ResponseSet as _, ToVal as _, Val, WireError, dynamodb, dynamodbstreams,
};

pub(crate) use backup::work::{Done, ImportWork, Imported, SourceError};
pub use backup::work::{DynamoOutput, DynamoWork};
use error::DynamoError;

use self::deadlines::Deadlines;
use self::streams::Stream;
use self::table::Table;
use super::{AwsError as _, DynService};
use crate::world::{Answer, Blocked, Cx, Delivery, FAULTS_TOPIC, Reading, Scope, Undelivered};

/// DynamoDB of one account.
#[derive(Debug, Default)]
pub struct DynamoDb {
    /// Whether throughput is limited as on AWS.
    strict: bool,
    regions: BTreeMap<Region, Regional>,
    global: global::Global,
    /// Answers and jobs that exports and imports wait for.
    desk: backup::Desk,
    deadlines: Deadlines,
}

/// What an account has in one region.
#[derive(Debug, Default)]
struct Regional {
    tables: BTreeMap<String, Table>,
    /// Tables whose deadlines the request under way may have changed.
    touched: Vec<String>,
    /// Transactions that have been made lately.
    tokens: data::Tokens,
    /// Streams that take no more records, by ARN, as long as they can be read.
    disabled_streams: BTreeMap<String, Stream>,
    backups: backup::Backups,
}

impl DynamoDb {
    /// No tables yet. With `strict` limits it throttles as AWS does.
    pub fn new(strict: bool) -> Self {
        Self { strict, ..Self::default() }
    }

    /// What is here in the caller's region.
    fn here(&mut self, cx: &Cx<'_>) -> &mut Regional {
        self.regions.entry(cx.scope.region.clone()).or_default()
    }

    /// Answers as a value at once: the enum of all answers is large, and most are small.
    fn answer(&mut self, cx: &mut Cx<'_>, request: dynamodb::Request) -> Result<Val, DynamoError> {
        use dynamodb::Request as Q;
        Ok(match request {
            Q::PutItem(input) => self.put_item(cx, input)?.to_val(),
            Q::GetItem(input) => self.get_item(cx, input)?.to_val(),
            Q::UpdateItem(input) => self.update_item(cx, input)?.to_val(),
            Q::DeleteItem(input) => self.delete_item(cx, input)?.to_val(),
            Q::Query(input) => self.query(cx, input)?.to_val(),
            Q::Scan(input) => self.scan(cx, input)?.to_val(),
            Q::BatchGetItem(input) => self.batch_get_item(cx, input)?.to_val(),
            Q::BatchWriteItem(input) => self.batch_write_item(cx, input)?.to_val(),
            Q::TransactGetItems(input) => self.transact_get_items(cx, input)?.to_val(),
            Q::TransactWriteItems(input) => self.transact_write_items(cx, input)?.to_val(),
            Q::ExecuteStatement(input) => self.execute_statement(cx, input)?.to_val(),
            Q::BatchExecuteStatement(input) => self.batch_execute_statement(cx, input)?.to_val(),
            Q::ExecuteTransaction(input) => self.execute_transaction(cx, input)?.to_val(),
            other if backup::is_ours(&other) => self.backups(cx, other)?.to_val(),
            other => self.tables(cx, other)?.to_val(),
        })
    }
}

impl DynService for DynamoDb {
    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: Val) -> Result<Answer<Val>, WireError> {
        let missing = || WireError::not_implemented(operation);
        let answer = if dynamodbstreams::SERVICE.operation(operation).is_some() {
            let Some(request) = dynamodbstreams::Request::decode(operation, input) else {
                return Err(missing());
            };
            self.answer_streams(cx, request).map(dynamodbstreams::Response::to_val)
        } else {
            let Some(request) = dynamodb::Request::decode(operation, input) else { return Err(missing()) };
            let is_of_items = data::is_of_items(&request);
            let answer = self.answer(cx, request);
            if is_of_items {
                self.settle_touched(&cx.scope.region);
            } else {
                self.settle_all();
            }
            answer
        };
        answer.map(Answer::Now).map_err(|refusal| {
            if refusal.is_of_user() {
                cx.meter::<data::OfAccount>(&[]).add(data::OfAccount::UserErrors, 1.0);
            }
            refusal.wire()
        })
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.next()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.tick_tables(cx);
        self.tick_backups(cx);
        self.tick_global(cx);
        self.settle_all();
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        let Some(delivery) = self.deliver_to_backups(cx, delivery) else {
            self.settle_all();
            return;
        };
        match delivery {
            Delivery::Signal(topic) if topic == FAULTS_TOPIC => self.faults_changed(cx),
            // What was asked for a table that is gone is of no use to anybody.
            Delivery::Reply { token, result } => _ = self.destination_replied(cx, token, &result),
            delivery => unreachable!("DynamoDB asks for nothing else, but got {delivery:?}"),
        }
        self.settle_all();
    }

    fn measure(&mut self, _cx: &mut Cx<'_>) {}

    fn watches_metrics(&self) -> bool {
        false
    }

    fn collect(&mut self, _cx: &mut Cx<'_>, readings: Vec<Reading>) {
        unreachable!("only CloudWatch collects metrics, yet DynamoDB got {readings:?}");
    }

    fn blocked(&self, _scope: &Scope) -> Vec<Blocked> {
        Vec::new()
    }

    /// Writes that lost against another region's are what is lost here.
    fn undelivered(&self, scope: &Scope) -> Vec<Undelivered> {
        self.conflicts(&scope.account)
    }
}
