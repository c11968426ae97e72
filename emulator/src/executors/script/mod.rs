//! Runs a Glue job's script: a registered Rust script, or a Python shell script with the machine's Python.
//!
//! Spark scripts need a Rust script of the name that `--wavetank-native` gives: no Spark engine is built in, and a run
//! that did nothing must not succeed.

mod python;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;
use wavetank_types::Timestamp;

use super::{Door, Executors, NativeContext, NativeScript, Staged};
use crate::services::glue::{ScriptKind, ScriptOutput, ScriptWork, script_duration};
use crate::world::{Outcome, Output};

/// The job argument that names a Rust script. AWS ignores it.
const NATIVE_ARGUMENT: &str = "--wavetank-native";

/// What a script came to, and how much tank time it took beyond the model.
type Ran = (ScriptOutput, Duration);

pub(super) async fn run(executors: &Executors, door: Door, started: Timestamp, work: ScriptWork) -> Outcome {
    let (output, spent) = match work.arguments.get(NATIVE_ARGUMENT) {
        Some(name) => match executors.native_script(name) {
            Some(script) => native(script, door, started, work).await,
            None => failed(format!(
                "No Rust script is registered under the name `{name}`. \
                 hint: register it with TankBuilder::script, or correct {NATIVE_ARGUMENT}."
            )),
        },
        None if work.kind == ScriptKind::Python => {
            let door = door.reachable(&executors.ports).await;
            let inside = door.clone();
            let run = guarded(move || python::run(&inside, &work, started));
            // Always elsewhere: the process calls the tank while it runs.
            ended(tokio::task::spawn_blocking(run).await)
        }
        None => failed(format!(
            "No Spark engine is configured, so `{}` was not run. \
             hint: give the job the argument {NATIVE_ARGUMENT} with the name of a Rust script.",
            work.script_location
        )),
    };
    Outcome { duration: script_duration(&output) + spent, output: Output::Script(output) }
}

fn failed(message: String) -> Ran {
    (ScriptOutput { failure: Some(message), ..ScriptOutput::default() }, Duration::ZERO)
}

/// What a panic makes a failure of the run.
fn guarded(act: impl FnOnce() -> Ran) -> impl FnOnce() -> Ran {
    || {
        std::panic::catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
            failed(format!("Script panicked: {}", message.unwrap_or_default()))
        })
    }
}

fn ended(ran: Result<Ran, JoinError>) -> Ran {
    ran.unwrap_or_else(|error| failed(format!("Script was cancelled: {error}")))
}

/// Runs a Rust script.
async fn native(script: Arc<dyn NativeScript>, door: Door, started: Timestamp, work: ScriptWork) -> Ran {
    let environment = Arc::default();
    let context = NativeContext::new(work.job_name, work.run_id, environment, started, door.clone());
    let context = Arc::new(context);
    let (inside, arguments) = (Arc::clone(&context), work.arguments);
    let at = door.clone();
    let run = guarded(move || {
        let failure = script.run(&inside, &arguments).err().map(|error| error.0);
        let failure = failure.or_else(|| missing_bucket(&at, &inside));
        (ScriptOutput { failure, ..ScriptOutput::default() }, Duration::ZERO)
    });
    let (ended, _) = ended(door.blocking(run).await);
    let output = std::mem::take(&mut *context.lines.lock().expect("nothing panics while it holds this"));
    let staged = std::mem::take(&mut *context.staged.lock().expect("nothing panics while it holds this"));
    let staged = if ended.failure.is_none() { staged } else { Vec::new() };
    let spent = *context.spent.lock().expect("nothing panics while it holds this");
    (ScriptOutput { output, staged, ..ended }, spent)
}

/// What S3 says of a bucket that cannot take what the script has staged: then nothing is stored.
fn missing_bucket(door: &Door, context: &NativeContext) -> Option<String> {
    let staged = context.staged.lock().expect("nothing panics while it holds this");
    let buckets: std::collections::BTreeSet<&str> = staged.iter().map(Staged::bucket).collect();
    // Only whether the bucket answers is wanted: no key begins so.
    let refusal = |bucket: &str| door.list_objects(bucket, "\u{0}").err();
    buckets.into_iter().find_map(|bucket| Some(format!("s3://{bucket}: {}", refusal(bucket)?.message)))
}
