//! What clients hold and send back: shard iterators and the tokens of listings. Opaque, checked, good for five minutes.
//!
//! Recorded (kinesalite's tests): an iterator is base64 of 8 bytes that say 1 and of whole blocks of 16 bytes, 152 bytes or
//! more. The content is ours: a check sum, the position, the stream's name, zeros.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wavetank_types::{Checksum, Timestamp};

use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;

/// What an iterator begins with.
const HEAD: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 1];
/// Shortest iterator, in bytes.
const BYTES_MIN: usize = 152;
/// Before the stream's name: head, check sum, stream's creation, time of issue, place, shard, length of the name.
const FIXED: usize = 8 + 8 + 8 + 8 + 8 + 4 + 1;

/// Where in which shard to read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Position {
    pub(in super::super) stream: String,
    /// When the stream was made: a new one of the same name is another.
    pub(in super::super) created: Timestamp,
    pub(in super::super) shard: u32,
    pub(in super::super) place: u64,
    pub(in super::super) issued: Timestamp,
}

fn sum(content: &[u8]) -> [u8; 8] {
    Checksum::of_bytes(content).0.to_be_bytes()
}

impl Position {
    pub(in super::super) fn write(&self) -> String {
        let blocks = (FIXED + self.stream.len() - HEAD.len()).div_ceil(16) * 16;
        let mut bytes = Vec::with_capacity((HEAD.len() + blocks).max(BYTES_MIN));
        bytes.extend_from_slice(&HEAD);
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&self.created.micros().to_be_bytes());
        bytes.extend_from_slice(&self.issued.micros().to_be_bytes());
        bytes.extend_from_slice(&self.place.to_be_bytes());
        bytes.extend_from_slice(&self.shard.to_be_bytes());
        bytes.push(self.stream.len() as u8);
        bytes.extend_from_slice(self.stream.as_bytes());
        bytes.resize((HEAD.len() + blocks).max(BYTES_MIN), 0);
        let sum = sum(&bytes[16..]);
        bytes[8..16].copy_from_slice(&sum);
        STANDARD.encode(bytes)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() >= BYTES_MIN)?;
        if bytes[..8] != HEAD || bytes[8..16] != sum(&bytes[16..]) {
            return None;
        }
        let word = |at: usize| <[u8; 8]>::try_from(&bytes[at..at + 8]).ok().map(u64::from_be_bytes);
        let shard = u32::from_be_bytes(bytes[40..44].try_into().ok()?);
        let name = bytes.get(FIXED..FIXED + usize::from(bytes[44]))?;
        Some(Self {
            stream: std::str::from_utf8(name).ok()?.to_owned(),
            created: Timestamp::from_micros(word(16)?.cast_signed()),
            issued: Timestamp::from_micros(word(24)?.cast_signed()),
            place: word(32)?,
            shard,
        })
    }

    /// Reads an iterator, however old it is.
    pub(in super::super) fn read(text: &str, now: Timestamp) -> Result<Self, KinesisError> {
        let invalid = || KinesisError::Argument("Invalid ShardIterator.".to_owned());
        Self::parse(text).filter(|position| position.issued <= now).ok_or_else(invalid)
    }

    /// Refuses an iterator that is too old.
    pub(in super::super) fn check_age(&self, now: Timestamp) -> Result<(), KinesisError> {
        if now.since(self.issued) > ITERATOR_LIFE {
            let told = |at: Timestamp| at.format("%a %b %d %H:%M:%S UTC %Y");
            return Err(KinesisError::IteratorExpired { created: told(self.issued), now: told(now) });
        }
        Ok(())
    }
}

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Token {
    /// The stream whose things are listed; empty for a list of streams.
    pub(in super::super) stream: String,
    /// The last name that was told.
    pub(in super::super) after: String,
    /// What else the first call asked for.
    pub(in super::super) filter: String,
    issued: Timestamp,
}

impl Token {
    pub(in super::super) fn new(stream: &str, after: String, issued: Timestamp) -> Self {
        Self { stream: stream.to_owned(), after, filter: String::new(), issued }
    }

    #[must_use]
    pub(in super::super) fn with_filter(mut self, filter: String) -> Self {
        self.filter = filter;
        self
    }

    /// For the listing of this kind.
    pub(in super::super) fn write(&self, kind: &str) -> String {
        let content =
            format!("{kind}\n{}\n{}\n{}\n{}", self.stream, self.after, self.filter, self.issued.micros());
        STANDARD.encode([sum(content.as_bytes()).as_slice(), content.as_bytes()].concat())
    }

    /// Reads a token of this kind that is not too old. Assumed: the sentence for what is no token.
    pub(in super::super) fn read(text: &str, kind: &str, now: Timestamp) -> Result<Self, KinesisError> {
        let parse = || {
            let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() > 8)?;
            let (check, content) = bytes.split_at(8);
            let content = std::str::from_utf8(content).ok().filter(|_| check == sum(content))?;
            let mut parts = content.split('\n').map(str::to_owned);
            parts.next().filter(|found| found == kind)?;
            let (stream, after, filter) = (parts.next()?, parts.next()?, parts.next()?);
            let issued = Timestamp::from_micros(parts.next()?.parse().ok()?);
            Some(Self { stream, after, filter, issued })
        };
        let token = parse().ok_or_else(|| KinesisError::Argument("Invalid NextToken.".to_owned()))?;
        if now.since(token.issued) > TOKEN_LIFE { Err(KinesisError::TokenExpired) } else { Ok(token) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn position() -> Position {
        let now = Timestamp::TANK_EPOCH;
        Position { stream: "orders".to_owned(), created: now, shard: 7, place: 1 << 40, issued: now }
    }

    #[test]
    fn an_iterator_comes_back_as_it_was_for_five_minutes() {
        let (position, text) = (position(), position().write());
        let last = position.issued + ITERATOR_LIFE;
        assert_eq!(Position::read(&text, last), Ok(position.clone()));
        assert_eq!(position.check_age(last), Ok(()));
        let error = position.check_age(last + Duration::from_millis(1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Iterator expired. The iterator was created at time Mon Jan 05 00:00:00 UTC 2026 while right now it is Mon \
             Jan 05 00:05:00 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds."
        );
    }

    #[test]
    fn an_iterator_that_was_touched_is_refused() {
        let text = position().write();
        assert!(text.starts_with("AAAAAAAAAA") && text.len() == 204, "{text}");
        for at in [0, 15, 30, 70] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
            let touched = String::from_utf8(bytes).expect("base64");
            let error = Position::read(&touched, Timestamp::TANK_EPOCH).unwrap_err();
            assert_eq!(error.to_string(), "Invalid ShardIterator.");
        }
    }
}
