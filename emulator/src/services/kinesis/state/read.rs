//! Records go out: where to begin, and what is there.

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::consumer::read_for;
use super::metrics::count_read;
use super::sequence::{Parsed, shard_id, shard_number};
use super::shard::Shard;
use super::stream::{Status, Stream, whose};
use super::token::Position;
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::Cx;

/// Where a reader wants to begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    /// One of the five types.
    pub(super) kind: &'a str,
    pub(super) sequence: Option<&'a str>,
    pub(super) timestamp: Option<Timestamp>,
    /// For refusals.
    pub(super) operation: &'static str,
}

/// Some of a shard's records.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) records: Vec<wavetank_wire::kinesis::Record>,
    /// The place of the record after them.
    pub(super) next: u64,
    /// When the last of them came, in milliseconds.
    pub(super) last_arrival: Option<i64>,
    /// What they count for.
    pub(super) bytes: usize,
    /// Whether more bytes than one answer takes were there.
    pub(super) is_full: bool,
}

impl Shard {
    /// Records from `place` on: at most `most`, and of at most `bytes_max` unless the first is larger.
    pub(super) fn page(&self, place: u64, most: usize, bytes_max: usize) -> Page {
        let most_here = usize::try_from(self.log.end().saturating_sub(place)).unwrap_or(usize::MAX).min(most);
        let mut page = Page {
            records: Vec::with_capacity(most_here.min(GET_RECORDS_MAX)),
            next: place,
            last_arrival: None,
            bytes: 0,
            is_full: false,
        };
        let mut last = None;
        for found in self.log.from(place).take(most) {
            let bytes = found.bytes();
            if page.bytes + bytes > bytes_max && !page.records.is_empty() {
                page.is_full = true;
                break;
            }
            let second = self.second(found.arrival);
            let digits = match last {
                Some((same, digits)) if same == second => super::sequence::Digits::next(digits),
                _ => self.digits(found.place, found.arrival),
            };
            last = Some((second, digits));
            page.bytes += bytes;
            page.next = found.place + 1;
            page.last_arrival = Some(found.arrival);
            page.records.push(wavetank_wire::kinesis::Record {
                sequence_number: digits.text(),
                approximate_arrival_timestamp: Some(Timestamp::from_millis(found.arrival)),
                partition_key: Some(found.key.to_owned()).filter(|key| !key.is_empty()),
                encryption_type: found.is_encrypted.then(|| "KMS".to_owned()),
                data: found.data,
            });
        }
        page.is_full |= page.bytes >= bytes_max;
        page
    }

    /// How far a reader who is at `place` is behind, in milliseconds. Assumed: at least 1 while a record waits.
    pub(super) fn behind(&self, place: u64, now: Timestamp) -> i64 {
        self.log.arrival(place).map_or(0, |arrival| (now.millis() - arrival).max(1))
    }

    /// Whether nothing will ever come at `place`.
    pub(super) fn is_at_end(&self, place: u64) -> bool {
        !self.is_open() && place >= self.log.end()
    }
}

impl Stream {
    pub(super) fn no_shard_to_read(&self, number: u32) -> KinesisError {
        KinesisError::NoShardToRead { shard: shard_id(i64::from(number)), of: self.whose() }
    }

    /// The shard that a client wants to read. Recorded (kinesalite's tests): a stream that is CREATING has none yet.
    pub(super) fn readable(&self, number: u32, now: Timestamp) -> Result<&Shard, KinesisError> {
        let found = self.shard(number, now).filter(|_| self.status != Status::Creating);
        found.ok_or_else(|| self.no_shard_to_read(number))
    }

    /// What descends from this shard.
    pub(super) fn children(&self, number: u32) -> Vec<ChildShard> {
        let children = self.shards.iter().filter(|shard| shard.parents.contains(&number));
        children
            .map(|child| ChildShard {
                shard_id: child.id.clone(),
                parent_shards: child.parents.iter().map(|parent| shard_id(i64::from(*parent))).collect(),
                hash_key_range: child.hash_key_range(),
            })
            .collect()
    }

    /// The place where a reader begins. Recorded: the sentences and their order, by kinesalite's tests.
    pub(super) fn begin_at(
        &self,
        shard: &Shard,
        start: Start<'_>,
        now: Timestamp,
    ) -> Result<u64, KinesisError> {
        match (start.kind, start.sequence) {
            ("TRIM_HORIZON" | "LATEST", Some(_)) => {
                Err(unlike(start.kind, "and also a StartingSequenceNumber"))
            }
            ("AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER", None) => {
                Err(unlike(start.kind, "and no StartingSequenceNumber"))
            }
            ("TRIM_HORIZON", None) => Ok(shard.log.first_since(self.horizon(now))),
            ("LATEST", None) => Ok(shard.log.end()),
            ("AT_TIMESTAMP", _) => at_timestamp(shard, start.timestamp, now),
            (kind, Some(text)) => {
                let place = self.at_sequence(shard, text, start.operation)?;
                let after = u64::from(kind == "AFTER_SEQUENCE_NUMBER");
                // Places beyond the end are those of records that never were.
                Ok((place.saturating_add(after)).clamp(1, shard.log.end()))
            }
            (kind, None) => Err(unlike(kind, "and no StartingSequenceNumber")),
        }
    }

    fn at_sequence(&self, shard: &Shard, text: &str, operation: &str) -> Result<u64, KinesisError> {
        let invalid = |why: &str| {
            KinesisError::Argument(format!(
                "StartingSequenceNumber {text} used in {operation} on shard {} in stream {} is invalid{why}",
                shard.id,
                self.whose()
            ))
        };
        let parsed = Parsed::read(text).ok_or_else(|| invalid("."))?;
        if parsed.shard != i64::from(shard.number) {
            return Err(KinesisError::Argument(format!(
                "Invalid StartingSequenceNumber. It encodes {}, while it was used in a call to a shard with {}",
                shard_id(parsed.shard),
                shard.id
            )));
        }
        match parsed.version {
            2 if parsed.created == shard.created_second() => Ok(parsed.place),
            0 => Err(KinesisError::Internal),
            _ => Err(invalid(" because it did not come from this stream.")),
        }
    }
}

fn unlike(kind: &str, but: &str) -> KinesisError {
    KinesisError::Argument(format!(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) \
         TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} {but}."
    ))
}

fn at_timestamp(shard: &Shard, timestamp: Option<Timestamp>, now: Timestamp) -> Result<u64, KinesisError> {
    let Some(at) = timestamp else {
        let why = "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no \
                   timestamp parameter.";
        return Err(KinesisError::Argument(why.to_owned()));
    };
    if at > now {
        return Err(KinesisError::Argument(format!(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: \
             {}, currentTimestampInMillis: {}",
            at.millis(),
            now.millis()
        )));
    }
    Ok(shard.log.first_since(at.millis()))
}

impl Kinesis {
    pub(in super::super) fn get_shard_iterator(
        &mut self,
        cx: &mut Cx<'_>,
        input: &GetShardIteratorInput,
    ) -> Result<GetShardIteratorOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let of = || whose(cx.scope, name);
        let no_shard = || KinesisError::NoSuchShard { shard: input.shard_id.clone(), of: of() };
        let number = shard_number(&input.shard_id).ok_or_else(no_shard)?;
        let missing = || KinesisError::NoShardToRead { shard: shard_id(i64::from(number)), of: of() };
        let stream = self.streams.get(name).ok_or_else(missing)?;
        let shard = stream.readable(number, cx.now)?;
        let start = Start {
            kind: &input.shard_iterator_type,
            sequence: input.starting_sequence_number.as_deref(),
            timestamp: input.timestamp,
            operation: "GetShardIterator",
        };
        let place = stream.begin_at(shard, start, cx.now)?;
        if input.dry_run == Some(true) {
            return Err(KinesisError::DryRun);
        }
        let created = stream.created;
        if self.strict
            && let Some(stream) = self.streams.get_mut(name)
            && !stream.shards[number as usize].iterators.draw(1, cx.now)
        {
            return Err(KinesisError::ShardRate { shard: shard_id(i64::from(number)), of: stream.whose() });
        }
        let position = Position { stream: name.to_owned(), created, shard: number, place, issued: cx.now };
        Ok(GetShardIteratorOutput { shard_iterator: Some(position.write()) })
    }

    pub(in super::super) fn get_records(
        &mut self,
        cx: &mut Cx<'_>,
        input: &GetRecordsInput,
    ) -> Result<GetRecordsOutput, KinesisError> {
        let now = cx.now;
        let mut position = Position::read(&input.shard_iterator, now)?;
        // Assumed: AWS's services ask every second, so that theirs are always young. The tank's leave out what would find nothing,
        // and have no access key.
        if !cx.access_key.is_empty() {
            position.check_age(now)?;
        }
        let consumer = read_for(cx, input.stream_arn.as_deref());
        if let Some(name) = consumer {
            let arn = input.stream_arn.as_deref().unwrap_or_default();
            self.check_fan_out(cx, name, arn, position.shard)?;
        } else if let Some(arn) = input.stream_arn.as_deref()
            && Self::name_of(cx, None, Some(arn))? != position.stream
        {
            // Assumed: the sentence.
            let why = "The StreamARN does not match the stream of the ShardIterator.";
            return Err(KinesisError::Argument(why.to_owned()));
        }
        let gone = || KinesisError::NoShardToRead {
            shard: shard_id(i64::from(position.shard)),
            of: whose(cx.scope, &position.stream),
        };
        let stream =
            self.streams.get_mut(&position.stream).filter(|stream| stream.created == position.created);
        let stream = stream.ok_or_else(gone)?;
        stream.readable(position.shard, now)?;
        if input.dry_run == Some(true) {
            return Err(KinesisError::DryRun);
        }
        stream.trim(position.shard, now);
        let horizon = stream.horizon(now);
        let shard = &mut stream.shards[position.shard as usize];
        if self.strict && consumer.is_none() && !shard.reads.take_call(now) {
            count_read(cx, &position.stream, &stream.metrics, &shard.id, None);
            let shard = shard.id.clone();
            return Err(KinesisError::ShardRate { shard, of: stream.whose() });
        }
        let from = position.place.max(shard.log.first_since(horizon));
        let most = usize::try_from(input.limit.unwrap_or(i64::MAX)).unwrap_or(1).min(GET_RECORDS_MAX);
        let page = shard.page(from, most, if consumer.is_some() { EVENT_BYTES_MAX } else { GET_BYTES_MAX });
        if self.strict {
            match consumer.and_then(|name| stream.consumers.get_mut(name.consumer)) {
                Some(consumer) => consumer.give(position.shard, page.bytes, now),
                None => shard.reads.give(page.bytes, page.is_full, now),
            }
        }
        let behind = shard.behind(page.next, now);
        count_read(cx, &position.stream, &stream.metrics, &shard.id, Some(&page));
        // Recorded (kinesalite's tests): the end is told by an answer without records, never with the last ones.
        let is_end = page.records.is_empty() && shard.is_at_end(page.next);
        let child_shards = is_end.then(|| stream.children(position.shard));
        position.place = page.next;
        position.issued = now;
        Ok(GetRecordsOutput {
            records: page.records,
            next_shard_iterator: (!is_end).then(|| position.write()),
            millis_behind_latest: Some(behind),
            child_shards,
        })
    }
}
