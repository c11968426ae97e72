//! Streams of DynamoDB tables, as a mapping asks them.
//!
//! Recorded by LocalStack against AWS: the members of a change in an event
//! (tests/aws/services/lambda_/event_source_mapping/test_lambda_integration_dynamodbstreams.snapshot.json).

use std::time::Duration;

use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::codec::json_document;
use wavetank_wire::{FromVal as _, Operation, ToVal as _, Val, dynamodbstreams as w};

use super::{Kind, Page, Position, Record, ShardInfo, StreamSource, ask};
use crate::world::Cx;

/// How long a stream keeps records; this cannot be changed.
pub(super) const RETENTION: Duration = Duration::from_secs(24 * 3_600);

/// Records that one read asks for. Documented: the service model's text.
const READ_RECORDS_MAX: i64 = 1_000;

impl StreamSource {
    fn table_stream(&self, from: Option<String>, filter: Option<w::ShardFilter>) -> w::DescribeStreamInput {
        w::DescribeStreamInput {
            stream_arn: self.stream.clone(),
            exclusive_start_shard_id: from,
            shard_filter: filter,
            limit: None,
        }
    }

    pub(super) fn table_describe(&self, cx: &mut Cx<'_>, token: u64) {
        let input = self.table_stream(None, None);
        ask::<w::DescribeStream>(cx, &self.home, input, Some(token));
    }

    pub(super) fn table_list(&self, cx: &mut Cx<'_>, next: Option<String>, token: u64) {
        let input = self.table_stream(next, None);
        ask::<w::DescribeStream>(cx, &self.home, input, Some(token));
    }

    pub(super) fn table_children(&self, cx: &mut Cx<'_>, shard: &str, token: u64) {
        let kind = Some(w::shard_filter_type::CHILD_SHARDS.to_owned());
        let filter = w::ShardFilter { r#type: kind, shard_id: Some(shard.to_owned()) };
        let input = self.table_stream(None, Some(filter));
        ask::<w::DescribeStream>(cx, &self.home, input, Some(token));
    }

    /// All that can be read, or those that are open.
    pub(super) fn table_shards(start: &Position, reply: Val) -> (Vec<ShardInfo>, Option<String>) {
        let out = <w::DescribeStream as Operation>::Output::from_val(reply);
        let stream = out.stream_description.unwrap_or_default();
        let is_open = |shard: &w::Shard| {
            let range = shard.sequence_number_range.as_ref();
            range.is_none_or(|range| range.ending_sequence_number.is_none())
        };
        let shards = stream.shards.unwrap_or_default().into_iter();
        let wanted = shards.filter(|shard| *start != Position::Latest || is_open(shard));
        let info = |shard: w::Shard| ShardInfo {
            id: shard.shard_id.unwrap_or_default().into(),
            parents: shard.parent_shard_id.into_iter().collect(),
        };
        (wanted.map(info).collect(), stream.last_evaluated_shard_id)
    }

    pub(super) fn table_iterator(&self, cx: &mut Cx<'_>, shard: &str, position: &Position, token: u64) {
        let (kind, sequence_number, timestamp) = match position {
            Position::Horizon => (w::shard_iterator_type::TRIM_HORIZON, None, None),
            Position::Latest => (w::shard_iterator_type::LATEST, None, None),
            Position::Time(at) => (w::shard_iterator_type::AT_TIMESTAMP, None, Some(*at)),
            Position::After(sequence) => {
                (w::shard_iterator_type::AFTER_SEQUENCE_NUMBER, Some(sequence.clone()), None)
            }
        };
        let input = w::GetShardIteratorInput {
            stream_arn: self.stream.clone(),
            shard_id: shard.to_owned(),
            shard_iterator_type: kind.to_owned(),
            sequence_number,
            timestamp,
        };
        ask::<w::GetShardIterator>(cx, &self.home, input, Some(token));
    }

    pub(super) fn table_iterator_of(reply: Val) -> Option<String> {
        <w::GetShardIterator as Operation>::Output::from_val(reply).shard_iterator
    }

    pub(super) fn table_records(&self, cx: &mut Cx<'_>, iterator: String, token: u64) {
        let input = w::GetRecordsInput { shard_iterator: iterator, limit: Some(READ_RECORDS_MAX) };
        ask::<w::GetRecords>(cx, &self.home, input, Some(token));
    }

    pub(super) fn table_page(now: Timestamp, reply: Val) -> Page {
        let out = <w::GetRecords as Operation>::Output::from_val(reply);
        let records = out.records.unwrap_or_default();
        Page {
            // The answer does not tell.
            is_behind: !records.is_empty(),
            records: records.into_iter().map(|record| change(now, record)).collect(),
            next: out.next_shard_iterator.filter(|next| !next.is_empty()),
            children: None,
        }
    }
}

/// A change as the function sees it, but for the stream's ARN.
fn change(now: Timestamp, mut record: w::Record) -> Record {
    let identity = record.user_identity.take();
    let inner = record.dynamodb.as_ref();
    let sequence = inner.and_then(|inner| inner.sequence_number.clone()).unwrap_or_default();
    let arrival = inner.and_then(|inner| inner.approximate_creation_date_time).unwrap_or(now);
    let keys = inner.and_then(|inner| inner.keys.clone()).unwrap_or_default();
    let key = json_document(&w::schema::ATTRIBUTE_MAP, &keys.to_val());
    let mut data = json_document(&w::schema::RECORD, &record.to_val());
    if let Some(identity) = identity {
        let told = serde_json::json!({ "type": identity.r#type, "principalId": identity.principal_id });
        data.pop();
        data.extend(format!(",\"userIdentity\":{told}}}").into_bytes());
    }
    Record {
        kind: Kind::DynamoDb,
        sequence,
        arrival,
        key: String::from_utf8(key).unwrap_or_default(),
        data: Bytes::from(data),
        gathered: now,
    }
}
