//! The pipeline code under test: what a Lambda function or a Glue job does, as functions of bytes to Arrow batches.
//!
//! No clock, no network, no files: input is any `io::Read`, output is batches, rejects and the bytes of objects to
//! write. The harness wraps these as native handlers. Left out: reading and writing S3.
//! Start with `event_revenue.rs`.

mod csv_rows;
pub mod data_lake_iot;
pub mod event_revenue;
pub mod fashion_store;
pub mod trades;
