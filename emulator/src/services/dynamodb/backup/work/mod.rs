//! The heavy part of exports and imports, as pure functions: it runs as a job, outside the world's lock.
//!
//! `write.rs` makes an export's files of what `filter.rs` lets through, `read.rs` an import's items out of objects; `json.rs` is
//! DynamoDB JSON in both directions, `ion.rs` is Ion in one. Left out: where objects come from and go to; see `executors/dynamodb.rs` and `../export.rs`.

mod filter;
mod ion;
mod json;
mod read;
mod write;

use std::time::Duration;

use super::limits::{JOB, JOB_PER_ITEM};

pub(super) use filter::Filter;
pub(super) use read::{Compression, Csv, Format, Source, Target};
pub(crate) use read::{Import, Imported, SourceError};
pub(super) use write::{Export, ExportFormat, ExportItems, File};

/// Work of an export or an import.
#[derive(Clone, Debug)]
pub enum DynamoWork {
    /// Makes the data files of an export.
    Export(Box<ExportWork>),
    /// Reads objects of S3 as items.
    Import(Box<ImportWork>),
}

/// An export's items, and in which form they are wanted.
#[derive(Clone, Debug)]
pub struct ExportWork(pub(super) Export);

/// Where an import's objects are, and how they are to be read.
#[derive(Clone, Debug)]
pub struct ImportWork(pub(crate) Import);

/// What came of it.
#[derive(Clone, Debug)]
pub struct DynamoOutput(pub(crate) Done);

#[derive(Clone, Debug)]
pub(crate) enum Done {
    Exported(Vec<File>),
    Imported(Result<Imported, SourceError>),
    /// The work itself broke: our bug, said aloud.
    Broken(String),
}

impl DynamoOutput {
    /// What an executor answers when the work has panicked.
    pub fn broken(why: String) -> Self {
        Self(Done::Broken(why))
    }

    /// How long the work takes in tank time.
    pub fn duration(&self) -> Duration {
        let items = match &self.0 {
            Done::Exported(files) => files.iter().map(|file| file.items).sum(),
            Done::Imported(Ok(imported)) => imported.processed,
            Done::Imported(Err(_)) | Done::Broken(_) => 0,
        };
        JOB + JOB_PER_ITEM.saturating_mul(u32::try_from(items).unwrap_or(u32::MAX))
    }
}

impl ExportWork {
    /// Does the work.
    pub fn run(self) -> DynamoOutput {
        DynamoOutput(match self.0.run() {
            Ok(files) => Done::Exported(files),
            Err(why) => Done::Broken(why.to_string()),
        })
    }
}
