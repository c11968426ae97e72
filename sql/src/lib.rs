//! Runs one Athena statement: parses Trino's and Hive's SQL, plans it over a Glue-shaped catalog, executes it with
//! DataFusion over objects, and says what it would write and change.
//!
//! The only crate that names DataFusion, behind the feature `engine`: without it statements are parsed, not run. It
//! never writes: `Outcome::written` and `Outcome::catalog_changes` are for the caller to apply. The same inputs give the same bytes: no wall clock, no entropy, one partition unless asked.
//!
//! Left out: Iceberg, ORC, Avro, bucketing, prepared statements, row-level changes; each is refused by name.
//! Start with `parse`, then `Engine::run`. Inside: `parse/` text to tree, `plan/` tree to plan, `functions/` Trino's
//! functions, `scan/` files to rows, `write/` rows to files, `run/` one statement, `render/` results as Athena writes them.

#![cfg_attr(
    not(feature = "engine"),
    expect(dead_code, reason = "what the engine asks of the parser and of types")
)]

pub mod catalog;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
mod formats;
#[cfg(feature = "engine")]
mod functions;
pub mod objects;
mod parse;
#[cfg(feature = "engine")]
mod plan;
mod render;
#[cfg(feature = "engine")]
mod run;
#[cfg(feature = "engine")]
mod scan;
mod types;
#[cfg(feature = "engine")]
mod write;

#[cfg(feature = "engine")]
pub use arrow::record_batch::RecordBatch;
pub use catalog::{Catalog, CatalogChange, Column, Partition, Table};
#[cfg(feature = "engine")]
pub use engine::{Engine, EngineOptions, Outcome, ResultColumn, RunOptions, WrittenObject};
pub use error::{ErrorKind, Position, SqlError};
pub use objects::{ObjectMeta, Objects, ObjectsError};
pub use parse::{Statement, StatementType, parse, parse_once, parse_with_parameters};
#[cfg(feature = "engine")]
pub use render::{athena_csv, athena_file, athena_rows, athena_txt};
