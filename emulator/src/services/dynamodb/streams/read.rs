//! GetShardIterator and GetRecords.

use wavetank_wire::dynamodbstreams as w;

use super::iterator::Position;
use super::stream::{Record, Stream, number_of, sequence};
use super::{RECORD_BYTES_MAX, RECORDS_MAX, StreamError};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::value::{Packed, item_to_wire};
use crate::world::Cx;

/// Who deletes items whose time has come.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html (an edition of 2023-02 read 2026-11-28).
pub(in super::super) const EXPIRY_PRINCIPAL: &str = "dynamodb.amazonaws.com";

impl DynamoDb {
    /// AT_TIMESTAMP is in the service model and not in the documentation: assumed to begin with the first record that is
    /// not older.
    pub(super) fn get_shard_iterator(
        &mut self,
        cx: &Cx<'_>,
        input: &w::GetShardIteratorInput,
    ) -> Result<w::GetShardIteratorOutput, StreamError> {
        let stream = self.stream_mut(cx, &input.stream_arn)?;
        stream.trim(cx.now);
        let next = stream.next_number();
        let shard = stream.shard(&input.shard_id)?;
        let kind = input.shard_iterator_type.as_str();
        let invalid = |why: &str| StreamError::Request(why.to_owned());
        let said = || {
            let text = input.sequence_number.as_deref();
            let text =
                text.ok_or_else(|| invalid("SequenceNumber must be specified for this ShardIteratorType"))?;
            let number = number_of(text).filter(|number| (shard.first..next).contains(number));
            let number = number.ok_or_else(|| invalid("Invalid SequenceNumber"))?;
            // What follows the last record that was dropped is still there.
            let has_gone =
                number < shard.trimmed && (number + 1 < shard.trimmed || kind == AT_SEQUENCE_NUMBER);
            if has_gone { Err(StreamError::Trimmed) } else { Ok(number) }
        };
        let number = match kind {
            w::shard_iterator_type::TRIM_HORIZON => shard.trimmed,
            w::shard_iterator_type::LATEST => next,
            AT_SEQUENCE_NUMBER => said()?,
            w::shard_iterator_type::AFTER_SEQUENCE_NUMBER => said()? + 1,
            _ => {
                let at =
                    input.timestamp.ok_or_else(|| invalid("Timestamp must be specified for AT_TIMESTAMP"))?;
                shard.records.iter().find(|record| record.at >= at).map_or(next, |record| record.number)
            }
        };
        let position = Position {
            stream: input.stream_arn.clone(),
            shard: input.shard_id.clone(),
            number,
            issued: cx.now,
        };
        Ok(w::GetShardIteratorOutput { shard_iterator: Some(position.write()) })
    }

    pub(super) fn get_records(
        &mut self,
        cx: &Cx<'_>,
        input: &w::GetRecordsInput,
    ) -> Result<w::GetRecordsOutput, StreamError> {
        let position = Position::read(&input.shard_iterator, cx.now)?;
        let stream = self.stream_mut(cx, &position.stream)?;
        stream.trim(cx.now);
        let shard = stream.shard(&position.shard)?;
        if position.number < shard.trimmed {
            return Err(StreamError::Trimmed);
        }
        let most = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(RECORDS_MAX);
        let (mut bytes, mut records, mut number) = (0, Vec::new(), position.number);
        for record in shard.from(position.number).take(most.min(RECORDS_MAX)) {
            let (shown, weight) = shown(stream, record, cx.scope.region.as_str());
            bytes += weight;
            if bytes > RECORD_BYTES_MAX && !records.is_empty() {
                break;
            }
            records.push(shown);
            number = record.number + 1;
        }
        let is_at_end = shard.closed.is_some() && shard.from(number).next().is_none();
        let next = Position { number, issued: cx.now, ..position.clone() };
        Ok(w::GetRecordsOutput {
            records: Some(records),
            next_shard_iterator: (!is_at_end).then(|| next.write()),
        })
    }
}

const AT_SEQUENCE_NUMBER: &str = w::shard_iterator_type::AT_SEQUENCE_NUMBER;

/// A record as clients see it, and what it counts for in bytes.
fn shown(stream: &Stream, record: &Record, region: &str) -> (w::Record, usize) {
    let key = record.key(&stream.keys);
    let bytes = record.bytes(&key, stream.view);
    let image = |packed: Option<&Packed>| packed.map(|packed| item_to_wire(&packed.unpack()));
    let dynamodb = w::StreamRecord {
        approximate_creation_date_time: Some(wavetank_types::Timestamp::from_secs(record.at.secs())),
        keys: Some(item_to_wire(&key)),
        new_image: image(record.new_image(stream.view)),
        old_image: image(record.old_image(stream.view)),
        sequence_number: Some(sequence(record.number)),
        size_bytes: Some(bytes as i64),
        stream_view_type: Some(stream.view.name().to_owned()),
    };
    let user_identity = record.is_expiry.then(|| w::Identity {
        principal_id: Some(EXPIRY_PRINCIPAL.to_owned()),
        r#type: Some("Service".to_owned()),
    });
    let shown = w::Record {
        event_id: Some(stream.event_id(record)),
        event_name: Some(record.event.name().to_owned()),
        event_version: Some("1.1".to_owned()),
        event_source: Some("aws:dynamodb".to_owned()),
        aws_region: Some(region.to_owned()),
        dynamodb: Some(dynamodb),
        user_identity,
    };
    (shown, bytes)
}
