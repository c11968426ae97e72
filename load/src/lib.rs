//! Open-loop load on a server that answers AWS requests: `wavetank bench`.
//!
//! `schedule.rs` says when requests leave, `engine.rs` sends them, `work/` knows the services, `tally.rs` counts, `saved.rs` is what is written
//! down, `compare.rs` and `pairs.rs` judge. It speaks HTTP and knows nothing of the emulator. Start with `run.rs`.
//! Left out: TLS, load on AWS itself.

pub mod api;
mod clock;
pub mod compare;
mod engine;
mod http;
pub mod merge;
pub mod pairs;
pub mod proc;
pub mod run;
pub mod saved;
pub mod schedule;
mod server;
mod shot;
pub mod sink;
pub mod tally;
pub mod text;
pub mod work;

pub use api::Endpoint;
pub use run::{BenchError, Options, run};
pub use saved::Saved;
pub use schedule::Shard;
pub use server::{Against, end_own};
pub use work::Subject;
