//! What CloudWatch is told of operations on items.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html (an edition of 2023-02 read 2026-11-28).
//! Assumed: how long a request takes, since nothing takes time here. Left out: SystemErrors (there are none), conflicts of
//! transactions (one request is done before the next begins), and what is about accounts and provisioning.

use crate::metrics;
use crate::world::Cx;

use super::capacity::Consumed;
use super::throttle::Way;

metrics! {
    /// Of a table.
    pub(super) enum OfTable in "AWS/DynamoDB" by ["TableName"] {
        ConsumedReadCapacityUnits => "ConsumedReadCapacityUnits", Count;
        ConsumedWriteCapacityUnits => "ConsumedWriteCapacityUnits", Count;
        ReadThrottleEvents => "ReadThrottleEvents", Count;
        WriteThrottleEvents => "WriteThrottleEvents", Count;
        ConditionalCheckFailedRequests => "ConditionalCheckFailedRequests", Count;
        TimeToLiveDeletedItemCount => "TimeToLiveDeletedItemCount", Count;
    }
}

metrics! {
    /// Of a global index.
    pub(super) enum OfIndex in "AWS/DynamoDB" by ["TableName", "GlobalSecondaryIndexName"] {
        ConsumedReadCapacityUnits => "ConsumedReadCapacityUnits", Count;
        ConsumedWriteCapacityUnits => "ConsumedWriteCapacityUnits", Count;
        ReadThrottleEvents => "ReadThrottleEvents", Count;
        WriteThrottleEvents => "WriteThrottleEvents", Count;
    }
}

metrics! {
    /// Of a table and an operation.
    pub(super) enum OfOperation in "AWS/DynamoDB" by ["TableName", "Operation"] {
        SuccessfulRequestLatency => "SuccessfulRequestLatency", Milliseconds, spread;
        ReturnedItemCount => "ReturnedItemCount", Count;
        ThrottledRequests => "ThrottledRequests", Count;
    }
}

metrics! {
    /// Of an account in a region.
    pub(in super::super) enum OfAccount in "AWS/DynamoDB" by [] {
        UserErrors => "UserErrors", Count;
    }
}

/// Milliseconds of a read, and of a write. Assumed.
const READ_MILLIS: f64 = 2.0;
const WRITE_MILLIS: f64 = 4.0;

/// Units that were consumed of a table and its indexes. Local indexes live on the table's.
pub(super) fn consumed(cx: &mut Cx<'_>, table: &str, consumed: &Consumed, way: Way) {
    let local =
        consumed.indexes.iter().filter(|index| !index.is_global).map(|index| index.units).sum::<f64>();
    let (of_table, of_index) = match way {
        Way::Read => (OfTable::ConsumedReadCapacityUnits, OfIndex::ConsumedReadCapacityUnits),
        Way::Write => (OfTable::ConsumedWriteCapacityUnits, OfIndex::ConsumedWriteCapacityUnits),
    };
    if consumed.table + local > 0.0 {
        cx.meter::<OfTable>(&[table]).add(of_table, consumed.table + local);
    }
    for index in consumed.indexes.iter().filter(|index| index.is_global) {
        cx.meter::<OfIndex>(&[table, &index.name]).add(of_index, index.units);
    }
}

/// A request that was granted.
pub(super) fn granted(cx: &mut Cx<'_>, table: &str, operation: &str, way: Way) {
    let millis = if way == Way::Read { READ_MILLIS } else { WRITE_MILLIS };
    cx.meter::<OfOperation>(&[table, operation]).add(OfOperation::SuccessfulRequestLatency, millis);
}

/// A page that was answered.
pub(super) fn returned(cx: &mut Cx<'_>, table: &str, operation: &str, items: i64) {
    cx.meter::<OfOperation>(&[table, operation]).add(OfOperation::ReturnedItemCount, items as f64);
}

/// An item that was not read or written because its table or index was too busy.
pub(super) fn throttled(cx: &mut Cx<'_>, table: &str, index: Option<&str>, way: Way) {
    match index {
        None => {
            let event = match way {
                Way::Read => OfTable::ReadThrottleEvents,
                Way::Write => OfTable::WriteThrottleEvents,
            };
            cx.meter::<OfTable>(&[table]).add(event, 1.0);
        }
        Some(index) => {
            let event = match way {
                Way::Read => OfIndex::ReadThrottleEvents,
                Way::Write => OfIndex::WriteThrottleEvents,
            };
            cx.meter::<OfIndex>(&[table, index]).add(event, 1.0);
        }
    }
}

/// A request that was refused for that.
pub(super) fn refused(cx: &mut Cx<'_>, table: &str, operation: &str) {
    cx.meter::<OfOperation>(&[table, operation]).add(OfOperation::ThrottledRequests, 1.0);
}

/// A write whose condition failed.
pub(super) fn condition_failed(cx: &mut Cx<'_>, table: &str) {
    cx.meter::<OfTable>(&[table]).add(OfTable::ConditionalCheckFailedRequests, 1.0);
}

/// Items whose time had come, and that are gone.
pub(in super::super) fn expired(cx: &mut Cx<'_>, table: &str, items: usize) {
    cx.meter::<OfTable>(&[table]).add(OfTable::TimeToLiveDeletedItemCount, items as f64);
}
