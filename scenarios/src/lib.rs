//! Scenarios: a folder with a template and one file that says what comes in, what happens, and what must hold.
//!
//! The bundled ones are in `catalog/`, compiled in; [`Scenario::open`] reads a user's own folder. Left out: running
//! them, which is the harness's work. Start with `scenario.rs`, the form of `scenario.toml`; `wrong.rs` has what is refused.

mod bundled;
mod check;
mod edge;
mod error;
mod form;
mod known;
mod outputs;
mod quantity;
mod scenario;
mod source;
mod step;
mod template;
mod wrong;

pub use bundled::{NAMES, bundled};
pub use check::{Check, Columns, Files, Freshness, Logs, Nulls, Replay};
pub use edge::{Change, Edge, Ends, LedgerForm, Metamorphic, Relation, Repeats};
pub use error::ScenarioError;
pub use known::{FAULT_KINDS, FAULT_PLACES};
pub use outputs::Outputs;
pub use scenario::{
    Airflow, Athena, Exclude, Fault, Input, Landing, Output, Query, Scenario, Sim, Skip, Variant, hyphenated,
};
pub use step::{Step, Upload};
