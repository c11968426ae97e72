//! The heavy work on records, as pure functions: it runs as a job, outside the world's lock.
//!
//! `work/bundle.rs` concatenates and compresses, `work/open.rs` decompresses, `work/sort.rs` takes apart and partitions, `work/columns.rs` converts to
//! Parquet and ORC. Left out: where the result goes; see `state/deliver.rs`.

mod bundle;
mod cell;
mod columns;
mod hive_type;
mod open;
mod orc;
#[cfg(feature = "jq")]
mod query;
#[cfg(not(feature = "jq"))]
#[path = "work/no_query.rs"]
mod query;
mod sort;

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use wavetank_types::Timestamp;

pub(super) use bundle::{Bundle, Compression, HttpBody};
pub(super) use columns::{Columns, Conversion, Deserializer, OrcOptions, ParquetOptions, Serializer, Table};
pub(super) use open::Opener;
pub(super) use query::Query;
pub(super) use sort::{Deaggregation, Sort, Sorted};

use super::prefix::Keys;

/// One record on its way.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) data: Bytes,
    /// When Firehose, or the source stream, took it in.
    pub(super) arrival: Timestamp,
    /// Where in the source stream it was; none of what was put directly.
    pub(super) origin: Option<Arc<Origin>>,
    /// What the function said of its partition.
    pub(super) keys: Option<Arc<Keys>>,
    /// As it came, if it was decompressed since.
    pub(super) raw: Option<Arc<Bytes>>,
}

impl Record {
    pub(super) fn new(data: Bytes, arrival: Timestamp) -> Self {
        Self { data, arrival, origin: None, keys: None, raw: None }
    }
}

/// A record's place in a Kinesis stream.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) shard: Arc<str>,
    pub(super) sequence: String,
    /// Which of the records that were packed into one.
    pub(super) sub_sequence: usize,
    pub(super) partition_key: String,
}

/// A record that could not be worked on, and why.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) record: Record,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Work on a batch of records.
#[derive(Clone, Debug)]
pub struct ConvertWork(pub(super) Task);

#[derive(Clone, Debug)]
pub(super) enum Task {
    Bundle(Bundle),
    HttpBody(HttpBody),
    Sort(Sort),
    Columns(Columns),
}

/// A body and its MD5, which is an object's ETag.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) body: Bytes,
    pub(super) md5: [u8; 16],
}

impl From<Bytes> for Content {
    fn from(body: Bytes) -> Self {
        Self { md5: Md5::digest(&body).into(), body }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ConvertOutput(pub(super) Done);

#[derive(Clone, Debug)]
pub(super) enum Done {
    /// An object or a request, ready to be sent.
    Body(Content),
    /// Records by partition, and those that have none.
    Sorted(Sorted),
    /// A file of the records that could be converted, if there is one, and the others.
    Columns { body: Option<Content>, failed: Vec<Failed> },
    /// The work itself broke: our bug, said aloud.
    Broken(String),
}

impl ConvertWork {
    /// Does the work.
    pub fn run(self) -> ConvertOutput {
        ConvertOutput(match self.0 {
            Task::Bundle(bundle) => bundle.run().map_or_else(Done::Broken, |body| Done::Body(body.into())),
            // A request needs no digest.
            Task::HttpBody(body) => {
                body.run().map_or_else(Done::Broken, |body| Done::Body(Content { body, md5: [0; 16] }))
            }
            Task::Sort(sort) => Done::Sorted(sort.run()),
            Task::Columns(columns) => columns.run(),
        })
    }
}

impl ConvertOutput {
    /// What an executor answers when the work has panicked.
    pub fn broken(why: String) -> Self {
        Self(Done::Broken(why))
    }
}
