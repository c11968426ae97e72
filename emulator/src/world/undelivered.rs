//! A record of failure that has not reached its destination: what it was about, and where the data still is.

use wavetank_types::Timestamp;

/// One such record. On AWS only a metric tells of it; a tank keeps its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The ARN of what gave records up: an event source mapping.
    pub who: String,
    /// The ARN of where the record should have gone, if any place was named.
    pub destination: Option<String>,
    /// The ARN of what was read.
    pub source: String,
    /// Such as the shard's id.
    pub place: String,
    /// The first record that was given up, such as its sequence number.
    pub first: String,
    /// The last one.
    pub last: String,
    /// How many were given up together.
    pub records: usize,
    /// Why they were given up, in AWS's words.
    pub condition: String,
    /// When that was.
    pub since: Timestamp,
    /// How often the destination was asked.
    pub attempts: u32,
    /// What it answered last.
    pub cause: String,
    /// When it is asked again; none once nobody will.
    pub retry: Option<Timestamp>,
    /// Until when the records themselves can be read again from their source.
    pub until: Timestamp,
}
