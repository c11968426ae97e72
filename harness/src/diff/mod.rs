//! How faithful a server is: the same calls on two of them, compared operation by operation.
//!
//! What is asked: conversations (`conversation.rs`, the files in `tests/parity/battery/`), and a scenario's own run (`recorder.rs`,
//! `align.rs`). An answer is one JSON value (`answer.rs`), written alike on both sides (`names.rs`). What differs by nature is
//! learnt from two tanks with other seeds and other clocks (`noise.rs`); what is left is compared member by member (`compare.rs`).
//! `recording.rs` writes a server's answers down, so that a tank can be compared with them later. What conversations make, so that it
//! can be removed, and what that costs: `makes.rs`, `spend.rs`. Start with `side.rs`.

mod align;
mod answer;
pub mod battery;
mod compare;
pub mod conversation;
mod makes;
mod names;
mod noise;
mod recorder;
pub mod recording;
pub mod report;
mod side;
pub mod spend;
mod talk;

pub use makes::{makes, tag};
pub use report::{Diff, OperationDiff, Verdict, Where};
pub use side::{Compared, DiffError, DiffOptions, Side, diff};
pub use talk::PATIENCE;
