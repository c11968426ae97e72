//! The threads that a command's work runs on.

use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;

/// Starts them.
pub(crate) fn start(builder: &mut Builder) -> Result<Runtime, Failure> {
    let started = builder.enable_all().build();
    started.map_err(|error| Failure::Environment(format!("cannot start threads: {error}")))
}
