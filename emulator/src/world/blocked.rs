//! A record that keeps those behind it waiting: which, where, since when, and what would unblock it.

use wavetank_types::Timestamp;

/// One blockage, as the consumer of a stream sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The ARN of what reads: an event source mapping.
    pub who: String,
    /// The ARN of what is called with the records.
    pub consumer: String,
    /// The ARN of what is read.
    pub source: String,
    /// Such as the shard's id.
    pub place: String,
    /// Such as the first record's sequence number.
    pub record: String,
    /// Its partition key.
    pub key: String,
    /// How many records are tried together.
    pub records: usize,
    /// When they failed first.
    pub since: Timestamp,
    /// How often they have been tried, in vain.
    pub attempts: u32,
    /// How the last attempt ended.
    pub cause: String,
    /// When the first record expires, which unblocks too.
    pub until: Timestamp,
    /// What would unblock it.
    pub remedy: String,
}
