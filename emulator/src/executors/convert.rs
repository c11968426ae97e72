//! Firehose's heavy work on records (compression, jq, Parquet and ORC), on a thread that may block.
//!
//! What is done is the service's: `services/firehose/work.rs`. It takes no tank time. A panic in it is an outcome.

use std::time::Duration;

use super::Door;
use crate::services::firehose::{ConvertOutput, ConvertWork};
use crate::world::{Outcome, Output};

pub(super) async fn run(door: Door, work: ConvertWork) -> Outcome {
    let done = door.blocking(move || work.run()).await;
    let output = done.unwrap_or_else(|error| {
        tracing::error!(%error, "the conversion of records stopped");
        ConvertOutput::broken(error.to_string())
    });
    Outcome { duration: Duration::ZERO, output: Output::Convert(output) }
}
