//! The harness: provisions a scenario on a target, drives data through it, observes what came out, checks, reports.
//!
//! Everything but the embedded target speaks only the public AWS API, so that a scenario runs unchanged elsewhere.
//! Start with `run.rs`; then `check/mod.rs` for what is proven and `target/mod.rs` for where it runs.

pub mod check;
pub mod client;
pub mod cost;
pub mod defects;
pub mod drive;
mod ended;
pub mod events;
pub mod faults;
mod input;
pub mod natives;
pub mod observe;
pub mod oracle;
pub mod progress;
pub mod provision;
mod records;
pub mod report;
pub mod run;
pub mod send;
pub mod sim;
pub mod sql_copy;
pub mod store;
pub mod tables;
pub mod target;

pub use report::Report;
pub use run::{RunError, RunOptions, run};
pub use store::OrdersPlace;
pub use target::{Embedded, Target};
