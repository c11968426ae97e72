//! The engine from outside, one binary since each links all of DataFusion: statements in, text out.
//!
//! `lake.rs` is the lake in memory and the one `check`; the other files are cases.

mod formats;
mod functions;
mod lake;
mod props;
mod queries;
mod statements;
