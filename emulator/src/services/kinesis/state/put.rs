//! Records come in: which shard, whether it has room, under which sequence number.

use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::hash::{hash_all, hash_of};
use super::log::shared_bytes;
use super::sequence::Parsed;
use super::stream::{Status, Stream, whose};
use crate::services::kinesis::error::{KinesisError, Whose};
use crate::services::kinesis::limits::*;
use crate::world::{Cx, Effect};

/// Where a member stands, as validation tells it: `data`, or `records.3.member.data`.
fn path(at: Option<usize>, member: &str) -> String {
    at.map_or_else(|| member.to_owned(), |at| format!("records.{}.member.{member}", at + 1))
}

impl Stream {
    /// Recorded (kinesalite's tests): a stream that is CREATING is not found. Assumed: so is one that is DELETING.
    fn need_writable(&self) -> Result<(), KinesisError> {
        let takes = matches!(self.status, Status::Active | Status::Updating);
        takes.then_some(()).ok_or_else(|| self.not_found())
    }

    /// The shard for a record, which must be within the stream's limits. `of_key` is its key's hash.
    fn place(
        &mut self,
        at: Option<usize>,
        key: Option<&str>,
        hash: Option<&str>,
        data: &Bytes,
        of_key: impl FnOnce(&str) -> u128,
    ) -> Result<u32, KinesisError> {
        let most = usize::try_from(self.record_kib).unwrap_or(0) << 10;
        let bytes = data.len() + key.map_or(0, str::len);
        if bytes > most {
            return Err(too_large(at, data.len(), bytes, most));
        }
        if self.is_auto {
            self.turn = (self.turn + 1) % self.open.len();
            return Ok(self.open[self.turn].1);
        }
        let Some(key) = key else {
            let path = path(at, "partitionKey");
            let why = format!("Value null at '{path}' failed to satisfy constraint: Member must not be null");
            return Err(KinesisError::Validation(why));
        };
        let hash = match hash {
            Some(text) => text.parse().map_err(|_| {
                KinesisError::Argument(format!(
                    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
                ))
            })?,
            None => of_key(key),
        };
        Ok(self.route(hash))
    }
}

/// Recorded for data alone (kinesalite's tests). Assumed: for data and key together.
fn too_large(at: Option<usize>, data: usize, bytes: usize, most: usize) -> KinesisError {
    let path = path(at, "data");
    if data > most {
        return KinesisError::Validation(format!(
            "Value 'java.nio.HeapByteBuffer[pos=0 lim={data} cap={data}]' at '{path}' failed to satisfy constraint: \
             Member must have length less than or equal to {most}"
        ));
    }
    KinesisError::Argument(format!(
        "The size of '{path}' and its partition key, {bytes} bytes, exceeds the limit of {most} bytes."
    ))
}

/// Recorded: the sentence (kinesalite's tests); that the number is of no version, or of the future.
fn check_ordering(of: &Whose, text: &str, now: Timestamp) -> Result<(), KinesisError> {
    let second = now.secs().max(0).cast_unsigned();
    match Parsed::read(text) {
        Some(parsed) if parsed.second <= second.max(parsed.created) => Ok(()),
        _ => Err(KinesisError::Argument(format!(
            "ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream {of} is invalid."
        ))),
    }
}

fn encryption(stream: &Stream) -> Option<String> {
    stream.key_id.as_ref().map(|_| "KMS".to_owned())
}

fn rate_exceeded(stream: &Stream, shard: u32) -> KinesisError {
    KinesisError::ShardRate { shard: stream.shards[shard as usize].id.clone(), of: stream.whose() }
}

impl Kinesis {
    pub(in super::super) fn put_record(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordInput,
    ) -> Result<PutRecordOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let strict = self.strict;
        let now = cx.now;
        let stream =
            self.streams.get_mut(name).ok_or_else(|| KinesisError::NoSuchStream(whose(cx.scope, name)))?;
        stream.need_writable()?;
        let key = input.partition_key.as_deref();
        let number = stream.place(None, key, input.explicit_hash_key.as_deref(), &input.data, hash_of)?;
        if let Some(text) = &input.sequence_number_for_ordering {
            check_ordering(&stream.whose(), text, now)?;
        }
        if input.dry_run == Some(true) {
            return Err(KinesisError::DryRun);
        }
        let key = key.unwrap_or_default();
        let shard = &mut stream.shards[number as usize];
        if strict && !shard.writes.take(input.data.len() + key.len(), now) {
            return Err(rate_exceeded(stream, number));
        }
        let bytes = shared_bytes(key, &input.data);
        let counted = input.data.len() + key.len();
        let record = std::iter::once((key, input.data));
        let place = shard.log.append(now.millis(), stream.key_id.is_some(), bytes, record);
        let sequence_number = shard.digits_in_turn(place, now.millis()).text();
        let shard_id = shard.id.clone();
        let output = PutRecordOutput { shard_id, sequence_number, encryption_type: encryption(stream) };
        stream.count_traffic(number, counted, now);
        stream.trim(number, now);
        self.appended(cx, name);
        Ok(output)
    }

    pub(in super::super) fn put_records(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordsInput,
    ) -> Result<PutRecordsOutput, KinesisError> {
        let PutRecordsInput { mut records, stream_name, stream_arn, dry_run, .. } = input;
        let name = Self::name_of(cx, stream_name.as_deref(), stream_arn.as_deref())?;
        let (strict, now) = (self.strict, cx.now);
        let stream =
            self.streams.get_mut(name).ok_or_else(|| KinesisError::NoSuchStream(whose(cx.scope, name)))?;
        stream.need_writable()?;
        let mut routes = route_all(stream, &records)?;
        if dry_run == Some(true) {
            return Err(KinesisError::DryRun);
        }
        let mut results = vec![PutRecordsResultEntry::default(); records.len()];
        let mut failed = 0;
        if strict {
            routes.retain(|(shard, at)| {
                let record = &records[usize::from(*at)];
                let bytes = record.data.len() + record.partition_key.as_ref().map_or(0, String::len);
                let has_room = stream.shards[*shard as usize].writes.take(bytes, now);
                if !has_room {
                    let result = &mut results[usize::from(*at)];
                    result.error_code = Some("ProvisionedThroughputExceededException".to_owned());
                    result.error_message = Some(rate_exceeded(stream, *shard).to_string());
                    failed += 1;
                }
                has_room
            });
        }
        routes.sort_by_key(|(shard, _)| *shard);
        for group in routes.chunk_by(|one, other| one.0 == other.0) {
            if stream.is_on_demand {
                let counted = |(_, at): &(u32, u16)| {
                    let record = &records[usize::from(*at)];
                    record.data.len() + record.partition_key.as_ref().map_or(0, String::len)
                };
                stream.count_traffic(group[0].0, group.iter().map(counted).sum(), now);
            }
            append_group(stream, group, &mut records, &mut results, now);
        }
        let output = PutRecordsOutput {
            failed_record_count: Some(failed),
            records: results,
            encryption_type: encryption(stream),
        };
        if let Some((shard, _)) = routes.first() {
            stream.trim(*shard, now);
            self.appended(cx, name);
        }
        Ok(output)
    }

    /// Tells those who wait that there are new records.
    fn appended(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(stream) = self.streams.get(name) else { return };
        cx.push(Effect::Signal(stream.arn.clone()));
        let (has_readers, is_on_demand) = (!stream.subscriptions.is_empty(), stream.is_on_demand);
        if has_readers {
            self.push_to_subscribers(cx, name);
        }
        if is_on_demand {
            self.plan_growth(name, cx.now);
        }
    }
}

/// The shard of each record, and its place in the request.
fn route_all(
    stream: &mut Stream,
    records: &[PutRecordsRequestEntry],
) -> Result<Vec<(u32, u16)>, KinesisError> {
    let mut routes = Vec::with_capacity(records.len());
    let hashes = hash_all(records.iter().map(|record| record.partition_key.as_deref().unwrap_or_default()));
    let mut total = 0;
    for ((at, record), of_key) in records.iter().enumerate().zip(hashes) {
        let (key, hash) = (record.partition_key.as_deref(), record.explicit_hash_key.as_deref());
        total += record.data.len() + key.map_or(0, str::len);
        routes.push((stream.place(Some(at), key, hash, &record.data, |_| of_key)?, at as u16));
    }
    if total > BATCH_BYTES_MAX {
        // Assumed: the sentence that was told of 5 MB until 2025.
        let why = format!("Records size exceeds {} MB limit", BATCH_BYTES_MAX >> 20);
        return Err(KinesisError::Argument(why));
    }
    Ok(routes)
}

/// Appends the records of one shard, in the order of the request.
fn append_group(
    stream: &mut Stream,
    group: &[(u32, u16)],
    records: &mut [PutRecordsRequestEntry],
    results: &mut [PutRecordsResultEntry],
    now: Timestamp,
) {
    let is_encrypted = stream.key_id.is_some();
    let shard = &mut stream.shards[group[0].0 as usize];
    let shared = |record: &PutRecordsRequestEntry| {
        shared_bytes(record.partition_key.as_deref().unwrap_or_default(), &record.data)
    };
    let bytes = group.iter().map(|(_, at)| shared(&records[usize::from(*at)])).sum();
    let taken = group.iter().map(|(_, at)| {
        let record = &mut records[usize::from(*at)];
        (record.partition_key.take().unwrap_or_default(), std::mem::take(&mut record.data))
    });
    let first = shard.log.append(now.millis(), is_encrypted, bytes, taken);
    for (place, (_, at)) in (first..).zip(group) {
        let result = &mut results[usize::from(*at)];
        result.sequence_number = Some(shard.digits_in_turn(place, now.millis()).text());
        result.shard_id = Some(shard.id.clone());
    }
}
