//! DynamoDB Streams: what has changed in a table, for a day.
//!
//! Each change tells those who watch the stream's ARN. A stream that is disabled, or whose table is deleted, can be read
//! for a day more. Left out: rates of reading.
//! Start with `stream.rs`, then `read.rs`.

mod describe;
mod error;
mod iterator;
mod read;
mod stream;

use wavetank_types::Timestamp;
use wavetank_wire::dynamodbstreams::{Request, Response};

pub(crate) use error::StreamError;
pub(super) use read::EXPIRY_PRINCIPAL;
pub(crate) use stream::{Event, Stream, View};

use self::stream::{Record, Shard};
use super::error::DynamoError;
use super::{DynamoDb, Regional};
use crate::world::Cx;

/// Records of one GetRecords answer.
/// Documented: the service model.
const RECORDS_MAX: usize = 1_000;
/// Bytes of one GetRecords answer, in AWS's count of items. A first record always comes.
const RECORD_BYTES_MAX: usize = 1 << 20;
/// Shards or streams of one answer. Documented: the service model.
const LIST_MAX: usize = 100;

impl DynamoDb {
    /// Operations of the other wire.
    pub(super) fn answer_streams(
        &mut self,
        cx: &mut Cx<'_>,
        request: Request,
    ) -> Result<Response, DynamoError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::DescribeStream(input) => A::DescribeStream(self.describe_stream(cx, &input)?),
            Q::GetRecords(input) => A::GetRecords(self.get_records(cx, &input)?),
            Q::GetShardIterator(input) => A::GetShardIterator(self.get_shard_iterator(cx, &input)?),
            Q::ListStreams(input) => A::ListStreams(self.list_streams(cx, &input)),
        })
    }

    /// The stream of this ARN, enabled or not long ago.
    fn stream_mut(&mut self, cx: &Cx<'_>, arn: &str) -> Result<&mut Stream, StreamError> {
        let here = self.here(cx);
        here.forget_streams(cx.now);
        let missing = || StreamError::NoStream(arn.to_owned());
        if here.disabled_streams.contains_key(arn) {
            return here.disabled_streams.get_mut(arn).ok_or_else(missing);
        }
        let resource = arn.split_once(":table/").map_or("", |(_, resource)| resource);
        let table = resource.split('/').next().unwrap_or_default();
        let stream = here.tables.get_mut(table).and_then(|table| table.stream.as_deref_mut());
        stream.filter(|stream| stream.arn == arn).ok_or_else(missing)
    }
}

impl Regional {
    /// Drops streams in which nothing can be read any more.
    fn forget_streams(&mut self, now: Timestamp) {
        self.disabled_streams.retain(|_, stream| !stream.is_over(now));
    }

    /// A table's stream ends.
    pub(super) fn disable_stream(&mut self, table: &str, now: Timestamp) {
        self.forget_streams(now);
        let stream = self.tables.get_mut(table).and_then(|table| table.stream.take());
        if let Some(mut stream) = stream {
            stream.disable(now);
            self.disabled_streams.insert(stream.arn.clone(), *stream);
        }
    }
}

impl Stream {
    fn shard(&self, id: &str) -> Result<&Shard, StreamError> {
        self.shards.iter().find(|shard| shard.id == id).ok_or(StreamError::NoShard)
    }

    /// A number of 32 hexadecimal digits that no other record has.
    fn event_id(&self, record: &Record) -> String {
        let hash = xxhash_rust::xxh3::xxh3_128_with_seed(self.arn.as_bytes(), record.number);
        format!("{hash:032x}")
    }
}
