//! What an invocation leaves in the log, line by line and to the tab.
//!
//! Recorded by LocalStack against AWS: INIT_START, START, END and REPORT with their line ends (2023-09-04, 2025-11-24).
//! Documented: since 2025-08-01 the billed duration includes the start of the environment
//! (aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase, read 2026-11-29).
//! Assumed: the runtime's release number, the place of the time-out's line, the form of `Status`.

use std::time::Duration;

use wavetank_types::Timestamp;

use super::super::work::{Failure, FunctionOutput};
use super::super::{limits, runtimes};
use super::invoke::Invocation;
use super::names::runtime_arn;
use crate::world::Scope;

/// The lines of one invocation, in order of time.
pub(super) fn of(
    scope: &Scope,
    invocation: &Invocation,
    output: &FunctionOutput,
) -> Vec<(Timestamp, String)> {
    let id = &invocation.request_id;
    let begun = invocation.started + output.init.unwrap_or_default();
    let ended = begun + output.took;
    let mut out = Vec::with_capacity(output.lines.len() + 5);
    if output.init.is_some() {
        let runtime = invocation.runtime.as_str();
        let label = runtimes::find(runtime).map_or(runtime, |runtime| runtime.label);
        let arn = runtime_arn(&scope.region, runtime);
        let line = format!("INIT_START Runtime Version: {label}.v1\tRuntime Version ARN: {arn}\n");
        out.push((invocation.started, line));
    }
    out.push((begun, format!("START RequestId: {id} Version: {}\n", invocation.version)));
    out.extend(output.lines.iter().map(|line| (begun + line.after.min(output.took), line.text.clone())));
    match &output.result {
        Err(Failure::TimedOut) => {
            let sentence = timed_out(invocation.timeout);
            out.push((ended, format!("{} {id} {sentence}\n\n", ended.iso_millis())));
        }
        Err(Failure::Exited { how }) => {
            let sentence = exited(how.as_deref());
            out.push((ended, format!("RequestId: {id} Error: {sentence}\nRuntime.ExitError\n")));
        }
        Err(Failure::Raised(_) | Failure::NotStarted { .. }) | Ok(_) => {}
    }
    out.push((ended, format!("END RequestId: {id}\n")));
    out.push((ended, report(invocation, output)));
    out
}

/// The end of the log without the environment's own start, as `LogType: Tail` gives it.
pub(super) fn tail(events: &[(Timestamp, String)]) -> String {
    let own = events.iter().filter(|(_, line)| !line.starts_with("INIT_START"));
    let text: String = own.map(|(_, line)| line.as_str()).collect();
    let cut = text.len().saturating_sub(limits::LOG_TAIL_BYTES);
    let cut = (cut..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text[cut..].to_owned()
}

pub(super) fn timed_out(timeout: Duration) -> String {
    format!("Task timed out after {:.2} seconds", timeout.as_secs_f64())
}

pub(super) fn exited(how: Option<&str>) -> String {
    match how {
        Some(how) => format!("Runtime exited with error: {how}"),
        None => "Runtime exited without providing a reason".to_owned(),
    }
}

fn report(invocation: &Invocation, output: &FunctionOutput) -> String {
    let millis = |span: Duration| span.as_secs_f64() * 1_000.0;
    let billed = output.took + output.init.unwrap_or_default();
    let mut line = format!(
        "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
        invocation.request_id,
        millis(output.took),
        billed.as_micros().div_ceil(1_000),
        invocation.memory_mb,
        output.memory_mb.min(invocation.memory_mb),
    );
    if let Some(init) = output.init {
        line.push_str(&format!("Init Duration: {:.2} ms\t", millis(init)));
    }
    match &output.result {
        Err(Failure::TimedOut) => line.push_str("Status: timeout"),
        Err(Failure::Exited { .. }) => line.push_str("Status: error\tError Type: Runtime.ExitError"),
        Err(Failure::NotStarted { error_type, .. }) => {
            line.push_str(&format!("Status: error\tError Type: {error_type}"));
        }
        Err(Failure::Raised(_)) | Ok(_) => {}
    }
    line.push('\n');
    line
}
