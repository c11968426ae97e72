//! Shard iterators: opaque to clients, checked, good for fifteen minutes.
//!
//! As AWS's, one begins with its stream's ARN; the rest is ours: a check sum, the place, the instant of issue, the shard.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use wavetank_types::Timestamp;

use super::StreamError;

/// How long an iterator is good for.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html (read 2026-11-28).
const LIFE: Duration = Duration::from_secs(15 * 60);

/// Check sum, place, instant.
const FIXED: usize = 8 + 8 + 8;

/// Where in which shard to read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) stream: String,
    pub(super) shard: String,
    /// The first number that is wanted.
    pub(super) number: u64,
    pub(super) issued: Timestamp,
}

fn sum(stream: &str, content: &[u8]) -> [u8; 8] {
    let digest = Md5::new_with_prefix(stream).chain_update(content).finalize();
    let mut sum = [0; 8];
    sum.copy_from_slice(&digest[..8]);
    sum
}

impl Position {
    pub(super) fn write(&self) -> String {
        let mut bytes = vec![0; 8];
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.issued.micros().to_be_bytes());
        bytes.extend_from_slice(self.shard.as_bytes());
        let check = sum(&self.stream, &bytes[8..]);
        bytes[..8].copy_from_slice(&check);
        format!("{}|1|{}", self.stream, STANDARD.encode(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        let (stream, rest) = text.split_once("|1|")?;
        let bytes = STANDARD.decode(rest).ok().filter(|bytes| bytes.len() > FIXED)?;
        if bytes[..8] != sum(stream, &bytes[8..]) {
            return None;
        }
        let word = |at: usize| <[u8; 8]>::try_from(&bytes[at..at + 8]).ok().map(u64::from_be_bytes);
        Some(Self {
            stream: stream.to_owned(),
            shard: std::str::from_utf8(&bytes[FIXED..]).ok()?.to_owned(),
            number: word(8)?,
            issued: Timestamp::from_micros(word(16)?.cast_signed()),
        })
    }

    /// Reads an iterator that is not too old.
    pub(super) fn read(text: &str, now: Timestamp) -> Result<Self, StreamError> {
        let position = Self::parse(text).ok_or(StreamError::NoIterator)?;
        if now.since(position.issued) > LIFE { Err(StreamError::IteratorExpired) } else { Ok(position) }
    }
}
