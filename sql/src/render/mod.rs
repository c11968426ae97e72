//! Outcomes as bytes and rows: the result CSV, the text of DDL, and what `GetQueryResults` pages through.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html. The quoting of the CSV (every
//! field quoted, NULL an unquoted empty field) is what awswrangler and PyAthena both rely on.
//! Start with `athena_csv`.

mod file;
pub(crate) mod text;

pub use file::{athena_csv, athena_file, athena_rows, athena_txt};
