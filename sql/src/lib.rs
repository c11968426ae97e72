//! Runs one Athena statement: parses Trino's and Hive's SQL, plans it over a Glue-shaped catalog, executes it with
//! DataFusion over objects, and says what it would write and change.
//!
//! The only crate that names DataFusion. It never writes: `Outcome::written` and `Outcome::catalog_changes` are for the
//! caller to apply. The same inputs give the same bytes: no wall clock, no entropy, one partition unless asked.
//!
//! Left out: Iceberg, ORC, Avro, bucketing, prepared statements, row-level changes; each is refused by name.
//! Start with `parse`, then `Engine::run`. Inside: `parse/` text to tree, `plan/` tree to plan, `functions/` Trino's
//! functions, `scan/` files to rows, `write/` rows to files, `run/` one statement, `render/` results as Athena writes them.

pub mod catalog;
pub mod engine;
pub mod error;
mod functions;
pub mod objects;
mod parse;
mod plan;
mod render;
mod run;
mod scan;
mod types;
mod write;

pub use catalog::{Catalog, CatalogChange, Column, Partition, Table};
pub use datafusion::arrow::record_batch::RecordBatch;
pub use engine::{Engine, EngineOptions, Outcome, ResultColumn, RunOptions, WrittenObject};
pub use error::{ErrorKind, Position, SqlError};
pub use objects::{ObjectMeta, Objects, ObjectsError};
pub use parse::{Statement, StatementType, parse, parse_with_parameters};
pub use render::{athena_csv, athena_file, athena_rows, athena_txt};
