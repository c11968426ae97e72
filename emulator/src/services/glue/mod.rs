//! Glue: the data catalog, crawlers, jobs, triggers and workflows.
//!
//! Left out, and refused by name: blueprints, custom classifiers, targets other than S3, grouping configuration, recrawl
//! policies other than CRAWL_EVERYTHING; streaming and Ray jobs, run queuing; resource links, federated and governed
//! tables, views of several dialects, other accounts' catalogs. Partition indexes are taken and not used. Roles are not
//! checked.
//! Time: a crawler is RUNNING while an executor looks, then STOPPING; a run is STARTING, then RUNNING while an executor
//! runs the script. See `limits.rs` for how long. Schedules are in UTC; they run by `advance` and let `settle` come to rest.
//! Start with `state.rs`, then `crawl/mod.rs`.

mod crawl;
mod error;
mod expression;
mod limits;
mod page;
mod state;
mod work;

#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::executors::Staged;

pub use crawl::{
    Compression, CsvShape, Format, FoundColumn, FoundPartition, FoundTable, Hive, Listed, LookError, Objects,
    Schema, Stats,
};
pub use error::GlueError;
pub use state::Glue;
pub use work::{CrawlOutput, CrawlWork, ScriptKind, ScriptOutput, ScriptWork};

/// Looks at a crawler's targets; the executor's part of a crawl.
pub(crate) fn look(objects: &dyn Objects, work: &CrawlWork) -> CrawlOutput {
    crawl::look(objects, &work.targets)
}

/// How long a look takes in tank time.
pub(crate) fn look_duration(output: &CrawlOutput) -> Duration {
    let objects = u32::try_from(output.objects).unwrap_or(u32::MAX);
    limits::CRAWL_RUNNING_MIN.saturating_add(limits::CRAWL_PER_OBJECT.saturating_mul(objects))
}

/// How long a script that wrote so much takes in tank time.
pub(crate) fn script_duration(output: &ScriptOutput) -> Duration {
    let bytes: u64 = output.staged.iter().map(Staged::bytes).sum();
    let writing = Duration::from_millis(bytes.saturating_mul(1_000) / limits::RUN_BYTES_PER_SEC);
    limits::RUN_RUNNING_MIN.saturating_add(writing)
}
