//! The vocabulary that every other crate speaks: time, seeds, names, record identity, the ledger.
//!
//! No IO and no clock: values only. Depends on nothing of ours.
//! Start with `time.rs` and `seed.rs`; `ledger.rs` is what the harness proves things with.

pub mod arn;
pub mod identity;
pub mod ledger;
pub mod names;
mod nearest;
pub mod said;
pub mod seed;
pub mod time;

pub use arn::{AccountId, Arn, Region};
pub use identity::{Checksum, Permutation};
pub use ledger::{Anomaly, Ledger};
pub use nearest::nearest;
pub use said::Said;
pub use seed::{Seed, Stream};
pub use time::Timestamp;
