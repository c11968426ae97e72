//! Lambda on a frozen tank, with Rust functions: what callers are told, when, and what is logged.
//!
//! Processes are tested in `executors/process/tests.rs`.

mod events;
mod functions;
mod invocations;

use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_types::Seed;
use wavetank_wire::lambda as api;
use wavetank_wire::{Operation, WireError};

use crate::executors::{FunctionError, NativeContext, NativeFunction};
use crate::{Scope, Tank, TankBuilder};

/// A zip with these files.
pub(crate) fn zip_of(files: &[(&str, u32, &str)]) -> Bytes {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, mode, text) in files {
        let options = zip::write::SimpleFileOptions::default()
            .unix_permissions(*mode)
            .last_modified_time(zip::DateTime::default());
        writer.start_file(*name, options).expect("a name of our own");
        writer.write_all(text.as_bytes()).expect("memory can be written");
    }
    Bytes::from(writer.finish().expect("memory can be written").into_inner())
}

/// A tank with the functions that these tests call.
fn tank() -> TankBuilder {
    Tank::builder()
        .seed(Seed(7))
        .function(
            "test.echo",
            native(|context, event| {
                context.log(format!("got {event}"));
                Ok(event)
            }),
        )
        .function(
            "test.slow",
            native(|context, event| {
                let millis = event["millis"].as_u64().unwrap_or(0);
                context.log("before");
                context.spend(Duration::from_millis(millis));
                Ok(json!({ "slept": millis }))
            }),
        )
        .function(
            "test.raise",
            native(|_, _| {
                Err(FunctionError { error_type: "ValueError".to_owned(), message: "bad row 7".to_owned() })
            }),
        )
        .function("test.panic", native(|_, _| panic!("index 3 of 2")))
        .function(
            "test.put",
            native(|context, _| {
                context.put_object("lake", "out/1.csv", Bytes::from_static(b"a\n"), "text/csv");
                Ok(Value::Null)
            }),
        )
}

fn native<F>(function: F) -> std::sync::Arc<dyn NativeFunction>
where
    F: Fn(&NativeContext, Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
{
    std::sync::Arc::new(function)
}

pub(crate) async fn request<O: Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

pub(crate) fn create_input(name: &str, runtime: &str, handler: &str, zip: Bytes) -> api::CreateFunctionInput {
    api::CreateFunctionInput {
        function_name: name.to_owned(),
        runtime: Some(runtime.to_owned()),
        role: "arn:aws:iam::000000000000:role/lambda".to_owned(),
        handler: Some(handler.to_owned()),
        code: api::FunctionCode { zip_file: Some(zip), ..Default::default() },
        ..Default::default()
    }
}

/// Makes a function of a Rust handler and lets it become active.
async fn create(tank: &Tank, name: &str, handler: &str) {
    let zip = zip_of(&[("index.py", 0o644, "")]);
    let created = request::<api::CreateFunction>(tank, create_input(name, "python3.12", handler, zip)).await;
    created.expect("the input is complete");
    tank.advance(Duration::from_secs(1)).await;
}

pub(crate) fn invoke_input(name: &str, payload: &Value) -> api::InvokeInput {
    api::InvokeInput {
        function_name: name.to_owned(),
        payload: Some(Bytes::from(payload.to_string())),
        log_type: Some("Tail".to_owned()),
        ..Default::default()
    }
}

/// What a synchronous caller is told, and the log's tail.
pub(crate) async fn shown(tank: &Tank, name: &str, payload: &Value) -> String {
    match request::<api::Invoke>(tank, invoke_input(name, payload)).await {
        Ok(out) => {
            let log = STANDARD.decode(out.log_result.unwrap_or_default()).expect("it is base64");
            format!(
                "{} {} {} {}\n{}",
                out.status_code.unwrap_or_default(),
                out.executed_version.unwrap_or_default(),
                out.function_error.unwrap_or_else(|| "ok".to_owned()),
                String::from_utf8_lossy(&out.payload.unwrap_or_default()),
                String::from_utf8_lossy(&log).replace('\t', "\\t"),
            )
        }
        Err(error) => {
            let fields: Vec<(&str, &str)> =
                error.fields.iter().map(|(name, field)| (*name, field.as_str().unwrap_or("?"))).collect();
            format!("{} {error} {fields:?}", error.status)
        }
    }
}
