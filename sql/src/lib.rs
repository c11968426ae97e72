//! Runs one Athena statement: parses Trino's and Hive's SQL, plans it over a Glue-shaped catalog, executes it with
//! DataFusion over objects, and says what it would write and change.
//!
//! The only crate that names DataFusion. Without the feature `engine` it has the shapes of a catalog and of errors alone. It
//! never writes: `Outcome::written` and `Outcome::catalog_changes` are for the caller to apply. The same inputs give the same bytes: no wall clock, no entropy, one partition unless asked.
//!
//! Left out: Iceberg, ORC, Avro, bucketing, prepared statements, row-level changes; each is refused by name.
//! Start with `parse`, then `Engine::run`. Inside: `parse/` text to tree, `plan/` tree to plan, `functions/` Trino's
//! functions, `scan/` files to rows, `write/` rows to files, `run/` one statement, `render/` results as Athena writes them.

pub mod catalog;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
#[cfg(feature = "engine")]
mod formats;
#[cfg(feature = "engine")]
mod functions;
#[cfg(feature = "engine")]
pub mod objects;
#[cfg(feature = "engine")]
mod parse;
#[cfg(feature = "engine")]
mod plan;
#[cfg(feature = "engine")]
mod render;
#[cfg(feature = "engine")]
mod run;
#[cfg(feature = "engine")]
mod scan;
mod statement_type;
#[cfg(feature = "engine")]
mod types;
#[cfg(feature = "engine")]
mod write;

#[cfg(feature = "engine")]
pub use arrow::record_batch::RecordBatch;
pub use catalog::{Catalog, CatalogChange, Column, Partition, Table};
#[cfg(feature = "engine")]
pub use engine::{Engine, EngineOptions, Outcome, ResultColumn, RunOptions, WrittenObject};
pub use error::{ErrorKind, Position, SqlError};
#[cfg(feature = "engine")]
pub use objects::{ObjectMeta, Objects, ObjectsError};
#[cfg(feature = "engine")]
pub use parse::{Statement, parse, parse_once, parse_with_parameters};
#[cfg(feature = "engine")]
pub use render::{athena_csv, athena_file, athena_rows, athena_txt};
pub use statement_type::StatementType;
