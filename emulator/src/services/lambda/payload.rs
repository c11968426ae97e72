//! What a function gets: JSON. The records of a shard become JSON when somebody reads it; Rust functions may take them as they are.

use std::sync::Arc;

use bytes::Bytes;

use super::mappings::event::ShardRecords;

/// The event of an invocation.
#[derive(Clone, Debug)]
pub struct Payload(Form);

#[derive(Clone, Debug)]
enum Form {
    Json(Bytes),
    Records(Arc<ShardRecords>),
}

impl From<Bytes> for Payload {
    fn from(json: Bytes) -> Self {
        Self(Form::Json(json))
    }
}

impl From<ShardRecords> for Payload {
    fn from(records: ShardRecords) -> Self {
        Self(Form::Records(Arc::new(records)))
    }
}

impl Payload {
    /// The JSON.
    pub fn json(&self) -> Bytes {
        match &self.0 {
            Form::Json(json) => json.clone(),
            Form::Records(records) => records.json(),
        }
    }

    /// The JSON's size, in bytes. Makes none.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Form::Json(json) => json.len(),
            Form::Records(records) => records.bytes(),
        }
    }

    /// The records, if they are those of a Kinesis shard and nothing else: no time window, no records of a table.
    pub fn kinesis_records(&self) -> Option<impl Iterator<Item = KinesisRecord<'_>>> {
        match &self.0 {
            Form::Json(_) => None,
            Form::Records(records) => Some(records.iter()),
        }
    }
}

/// What the event says of a record under `kinesis`, its data decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KinesisRecord<'a> {
    /// Its number in the shard.
    pub sequence_number: &'a str,
    /// What decided its shard.
    pub partition_key: &'a str,
    /// Its content.
    pub data: &'a Bytes,
}
