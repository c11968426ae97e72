//! Runs a function once: Rust code registered under the handler's name, else the uploaded code in a process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use wavetank_types::Timestamp;

use super::native::{NativeContext, NativeFunction};
use super::{Door, Executors};
use crate::services::lambda::{Failure, FunctionOutput, FunctionWork, Line, Model, spread};
use crate::world::{Outcome, Output};

pub(super) async fn run(
    executors: &Executors,
    door: Door,
    _started: Timestamp,
    work: FunctionWork,
) -> Outcome {
    let native = executors.native_function(&work.handler, &work.function);
    let mut output = match native {
        Some(function) => run_native(function, door, &work).await,
        None => Box::pin(run_process(executors, door, &work)).await,
    };
    if !work.cold {
        output.init = None;
    }
    limit_time(&work, &mut output);
    Outcome { duration: output.init.unwrap_or_default() + output.took, output: Output::Function(output) }
}

async fn run_process(executors: &Executors, door: Door, work: &FunctionWork) -> FunctionOutput {
    executors.processes.run(&door.reachable(&executors.ports).await, work).await
}

/// What takes longer than the timeout is cut there, and has failed.
fn limit_time(work: &FunctionWork, output: &mut FunctionOutput) {
    if output.took >= work.timeout || output.result == Err(Failure::TimedOut) {
        output.took = work.timeout;
        output.result = Err(Failure::TimedOut);
        output.staged.clear();
    }
}

/// Runs Rust code where it may block. A panic is the function's failure, not the tank's.
async fn run_native(function: Arc<dyn NativeFunction>, door: Door, work: &FunctionWork) -> FunctionOutput {
    let variables = Arc::clone(&work.variables);
    let (name, id) = (work.function.clone(), work.request_id.clone());
    let context = NativeContext::new(name, id, variables, work.started, door.clone());
    let context = NativeContext { is_function: true, ..context };
    let payload = work.payload.clone();
    let ran = door.blocking(move || {
        let call = std::panic::AssertUnwindSafe(|| function.invoke_payload(&context, &payload));
        let result = std::panic::catch_unwind(call);
        (context, result)
    });
    let (context, result) = match ran.await {
        Ok(ended) => ended,
        Err(gone) => {
            let failure =
                Failure::not_started("Runtime.Unavailable", &format!("the function did not run: {gone}"));
            return output_of(work, Model::NATIVE, Err(failure), Vec::new(), Duration::ZERO);
        }
    };
    let result = match result {
        Ok(Ok(answer)) => Ok(Bytes::from(answer.to_string())),
        Ok(Err(error)) => Err(Failure::Raised(Failure::document(&error.error_type, &error.message))),
        Err(panic) => Err(Failure::Raised(Failure::document("Panic", &panic_message(panic.as_ref())))),
    };
    let lines = context.lines.into_inner().unwrap_or_default();
    let spent = context.spent.into_inner().unwrap_or_default();
    let mut output = output_of(work, Model::NATIVE, result, lines, spent);
    output.staged = context.staged.into_inner().unwrap_or_default();
    output
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "the function panicked".to_owned())
}

/// An output with modelled time; a failure's line is added as the runtimes of AWS write it.
fn output_of(
    work: &FunctionWork,
    model: Model,
    result: Result<Bytes, Failure>,
    mut lines: Vec<String>,
    spent: Duration,
) -> FunctionOutput {
    for line in &mut lines {
        line.push('\n');
    }
    if let Err(Failure::Raised(document)) = &result {
        lines.push(error_line(document));
    }
    let bytes = work.payload.bytes() + result.as_ref().map_or(0, Bytes::len);
    let took = model.took(bytes) + spent;
    let lines: Vec<Line> = spread(lines, took.min(work.timeout));
    FunctionOutput {
        init: Some(model.init),
        took,
        lines,
        result,
        staged: Vec::new(),
        memory_mb: model.memory_mb,
    }
}

/// `[ERROR] ValueError: the sentence`.
pub(super) fn error_line(document: &Bytes) -> String {
    let document: Value = serde_json::from_slice(document).unwrap_or(Value::Null);
    let member = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("[ERROR] {}: {}\n", member("errorType"), member("errorMessage"))
}
