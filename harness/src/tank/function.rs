//! Rust closures as Lambda functions, in the test's own process: breakpoints work, and a panic is the function's failure.
//!
//! A closure is registered under a name. Every function whose `Handler`, or whose own name, is that one runs it, whatever code
//! was uploaded; so the same template runs the real code on AWS. [`Function::create`] makes a function where no template does.

use std::any::type_name;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Cursor, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wavetank_emulator::executors::{FunctionError, NativeContext, NativeFunction};
use wavetank_types::Timestamp;
use wavetank_wire::lambda::{
    CreateFunction, CreateFunctionInput, FunctionCode, GetFunctionConfiguration,
    GetFunctionConfigurationInput, Invoke, InvokeInput,
};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::pace::SPENT;
use super::{Tank, TankError};
use crate::failing::Raised;
use crate::target::Target as _;

/// How long a new function may take to become active, in tank time.
const ACTIVE_WITHIN: Duration = Duration::from_secs(60);

/// What a handler is told beside its event.
#[derive(Clone, Debug)]
pub struct Context {
    /// The same over the attempts at one event.
    pub request_id: String,
    /// The function's name.
    pub function_name: String,
    /// The function's environment variables.
    pub environment: BTreeMap<String, String>,
    /// Tank time at the start of the run. It stands still while the run lasts.
    pub now: Timestamp,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Context {
    /// Writes a line to the function's log group; a failing test shows the last of them.
    pub fn log(&self, line: impl Into<String>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }
}

/// A handler that is registered, by the name of its function.
#[derive(Clone, Debug)]
pub struct Function {
    tank: Tank,
    name: String,
}

/// A closure with its types, as the executor calls it.
struct Native<H, E, R, F> {
    handler: H,
    types: std::marker::PhantomData<fn(E) -> Result<R, F>>,
}

impl<H, E, R, F> NativeFunction for Native<H, E, R, F>
where
    H: AsyncFn(E, Context) -> Result<R, F> + Send + Sync,
    E: DeserializeOwned,
    R: Serialize,
    F: Into<Box<dyn Error + Send + Sync>>,
{
    fn invoke(&self, native: &NativeContext, event: Value) -> Result<Value, FunctionError> {
        let fail = |error_type: &str, message: String| {
            Err(FunctionError { error_type: error_type.to_owned(), message })
        };
        let event: E = match serde_json::from_value(event) {
            Ok(event) => event,
            Err(why) => return fail("EventError", format!("the event is no {}: {why}", short::<E>())),
        };
        let (lines, spent) = <(Arc<Mutex<Vec<String>>>, Arc<Mutex<Duration>>)>::default();
        let context = Context {
            request_id: native.run_id.clone(),
            function_name: native.name.clone(),
            environment: (*native.environment).clone(),
            now: native.now,
            lines: Arc::clone(&lines),
        };
        // Lines and time are kept of a run that panics too.
        let _kept = Kept { native, lines, spent: Arc::clone(&spent) };
        let run = SPENT.scope(spent, (self.handler)(event, context));
        let answer = match tokio::runtime::Handle::current().block_on(run) {
            Ok(answer) => answer,
            Err(error) => {
                let error: Box<dyn Error + Send + Sync> = error.into();
                return fail(short::<F>(), with_sources(error.as_ref()));
            }
        };
        serde_json::to_value(answer).or_else(|why| fail("AnswerError", why.to_string()))
    }
}

/// Hands on what a run logged and how long it slept, when it ends in any way.
struct Kept<'a> {
    native: &'a NativeContext,
    lines: Arc<Mutex<Vec<String>>>,
    spent: Arc<Mutex<Duration>>,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        lines.into_iter().for_each(|line| self.native.log(line));
        self.native.spend(*self.spent.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A type's name without its path; `Error` for a boxed one and for a text, which have no name of their own.
fn short<T>() -> &'static str {
    let name = type_name::<T>();
    if name.contains("dyn ") || matches!(name, "&str" | "alloc::string::String") {
        return "Error";
    }
    let name = name.split('<').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

impl Tank {
    /// Runs a Rust closure as the code of every Lambda function whose `Handler`, or whose name, is `name`.
    ///
    /// The event is any type that reads from JSON (`serde_json::Value` for all of it), the answer any that becomes JSON.
    /// An error is the function's failure, by the name of its type and its own words; so is a panic. Clients of the
    /// tank may be used inside; the SDK's sleeps count as the run's time. Lines are logged with [`Context::log`].
    ///
    /// ```
    /// # use serde_json::{Value, json};
    /// # use wavetank::{Context, Tank};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let tank = Tank::new();
    /// let double = tank.function("double", async |event: Value, context: Context| {
    ///     context.log(format!("got {event}"));
    ///     let number = event["n"].as_i64().ok_or("no number")?;
    ///     Ok::<_, &str>(json!({ "n": number * 2 }))
    /// });
    /// double.create().await?;
    /// let answer: Value = double.invoke(&json!({ "n": 21 })).await?;
    /// assert_eq!(answer["n"], 42);
    /// # Ok::<_, wavetank::TankError>(()) }).unwrap();
    /// ```
    pub fn function<H, E, R, F>(&self, name: &str, handler: H) -> Function
    where
        H: AsyncFn(E, Context) -> Result<R, F> + Send + Sync + 'static,
        E: DeserializeOwned + 'static,
        R: Serialize + 'static,
        F: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let native = Native { handler, types: std::marker::PhantomData };
        self.shared.target.tank().register_function(name, Arc::new(native));
        self.function_named(name)
    }

    /// A function that is there, by its name.
    pub fn function_named(&self, name: &str) -> Function {
        Function { tank: self.clone(), name: name.to_owned() }
    }
}

impl Function {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes a Lambda function of this name, and answers its ARN. Not needed where a template makes it.
    ///
    /// It has 128 MB and may take 3 seconds, as Lambda's defaults are.
    ///
    /// Error: [`TankError::Refused`], such as for a name that is taken.
    pub async fn create(&self) -> Result<String, TankError> {
        let name = self.name.clone();
        let input = CreateFunctionInput {
            function_name: name.clone(),
            runtime: Some("provided.al2023".to_owned()),
            handler: Some(name.clone()),
            role: "arn:aws:iam::000000000000:role/test".to_owned(),
            code: FunctionCode { zip_file: Some(stand_in()), ..FunctionCode::default() },
            ..CreateFunctionInput::default()
        };
        let made = self.tank.aws().call::<CreateFunction>(input).await;
        let made = made.map_err(TankError::refused(format!("CreateFunction {name}")))?;
        let deadline = self.tank.now() + ACTIVE_WITHIN;
        while self.tank.now() < deadline {
            let input = GetFunctionConfigurationInput { function_name: name.clone(), ..Default::default() };
            let found = self.tank.aws().call::<GetFunctionConfiguration>(input).await;
            let found = found.map_err(TankError::refused(format!("GetFunctionConfiguration {name}")))?;
            if found.state.as_deref() == Some("Active") {
                break;
            }
            self.tank.target().pause(Duration::from_secs(1)).await;
        }
        Ok(made.function_arn.unwrap_or_default())
    }

    /// Calls it with an event, waits, and answers what it answered.
    ///
    /// Error: [`TankError::Function`] with its own error and log lines; [`TankError::Answer`] if the answer is of another
    /// type; [`TankError::Refused`] if there is no such function.
    pub async fn invoke<R: DeserializeOwned>(&self, event: &impl Serialize) -> Result<R, TankError> {
        let function = self.name.clone();
        let payload = serde_json::to_vec(event).map_err(|why| TankError::Records(why.to_string()))?;
        let input = InvokeInput {
            function_name: function.clone(),
            payload: Some(Bytes::from(payload)),
            log_type: Some("Tail".to_owned()),
            ..InvokeInput::default()
        };
        let said = self.tank.aws().call::<Invoke>(input).await;
        let said = said.map_err(TankError::refused(format!("Invoke {function}")))?;
        if let Some(Raised { error_type, message, log }) = Raised::of(&said) {
            return Err(TankError::Function { function, error_type, message, log });
        }
        let payload = said.payload.unwrap_or_default();
        serde_json::from_slice(&payload).map_err(|cause| TankError::Answer {
            function,
            answer: String::from_utf8_lossy(&payload).into_owned(),
            cause: cause.to_string(),
        })
    }
}

/// A zip in the place of code that is never run: the closure is.
fn stand_in() -> Bytes {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let written = zip
        .start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755))
        .and_then(|()| Ok(zip.write_all(b"#!/bin/sh\nexit 1\n")?))
        .and_then(|()| zip.finish());
    written.map(|cursor| cursor.into_inner().into()).unwrap_or_default()
}
