//! The harness: provisions a scenario on a target, drives data through it, observes what came out, checks, reports.
//!
//! Everything but the embedded target speaks only the public AWS API, so that a scenario runs unchanged elsewhere.
//! A user's own test starts with [`Tank`] and [`macro@test`] (docs/testing.md). Of scenarios, start with `run.rs`; then `check/mod.rs` for what is proven and `target/mod.rs` for where it runs.

pub mod account;
mod airflow;
pub mod case;
pub mod check;
pub mod client;
#[cfg(feature = "containers")]
pub mod containers;
pub mod cost;
pub mod defects;
pub mod diff;
pub mod drive;
mod edges;
mod elsewhere;
mod ended;
pub mod estimate;
pub mod events;
mod failing;
pub mod faults;
pub mod flow;
mod input;
mod lines;
pub mod natives;
pub mod observe;
pub mod oracle;
pub mod places;
pub mod plan;
pub mod progress;
pub mod provision;
mod records;
pub mod removal;
pub mod report;
pub mod run;
pub mod send;
pub mod sim;
pub mod sql_copy;
pub mod stop;
pub mod store;
pub mod sweep;
pub mod tables;
pub mod tank;
pub mod target;
mod throttled;
mod ticks;
pub mod watched;

pub use airflow::{AirflowError, Orchestrator};
pub use edges::EdgeCount;
pub use report::Report;
pub use run::{RunError, RunOptions, run};
pub use store::OrdersPlace;
pub use tank::spans::{days, hours, millis, minutes, seconds};
pub use tank::{Context, FaultGuard, Function, Records, Rule, Stack, Tank, TankError, Task};
pub use target::{Embedded, Target};
pub use wavetank_macros::test;
pub use wavetank_types::Timestamp;
pub use wavetank_types::ledger::Anomaly;
pub use {wavetank_generators as generators, wavetank_wire as wire};
