//! Rust functions and scripts, registered under the names by which templates call them.
//!
//! A Lambda function's `Handler`, or a Glue job's `--wavetank-native` argument (which AWS ignores), names one; the same
//! template runs the uploaded code on AWS.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::{Operation, WireError};

use super::Door;
use crate::services::lambda::Payload;
use crate::services::s3::Command;

/// Why a function's code failed, as its runtime would report it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FunctionError {
    /// Such as `ValueError`.
    pub error_type: String,
    /// The sentence.
    pub message: String,
}

/// Why a script failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScriptError(pub String);

impl From<WireError> for ScriptError {
    fn from(error: WireError) -> Self {
        Self(error.to_string())
    }
}

impl From<WireError> for FunctionError {
    fn from(error: WireError) -> Self {
        Self { error_type: error.code, message: error.message }
    }
}

/// A Lambda function in Rust. It may block.
pub trait NativeFunction: Send + Sync {
    /// Handles one event.
    fn invoke(&self, context: &NativeContext, event: Value) -> Result<Value, FunctionError>;

    /// The same with the event as it came: for code that reads its JSON into types of its own, or takes a shard's records as they
    /// are.
    fn invoke_payload(&self, context: &NativeContext, event: &Payload) -> Result<Value, FunctionError> {
        self.invoke(context, serde_json::from_slice(&event.json()).unwrap_or(Value::Null))
    }
}

/// A Glue script in Rust. It may block.
pub trait NativeScript: Send + Sync {
    /// Runs once with the job's arguments (`--input_path` and so on).
    fn run(&self, context: &NativeContext, arguments: &BTreeMap<String, String>) -> Result<(), ScriptError>;
}

impl<F> NativeFunction for F
where
    F: Fn(&NativeContext, Value) -> Result<Value, FunctionError> + Send + Sync,
{
    fn invoke(&self, context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
        self(context, event)
    }
}

/// What is registered, by name.
#[derive(Clone, Default)]
pub struct Natives {
    /// By Lambda handler.
    pub functions: BTreeMap<String, Arc<dyn NativeFunction>>,
    /// By the job's `--wavetank-native` argument.
    pub scripts: BTreeMap<String, Arc<dyn NativeScript>>,
}

impl fmt::Debug for Natives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Natives")
            .field("functions", &self.functions.keys())
            .field("scripts", &self.scripts.keys())
            .finish()
    }
}

/// What a native job wants done to an object; it is done when the job has succeeded, all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "S3's own members")]
pub enum Staged {
    /// Store it.
    Put { bucket: String, key: String, body: Bytes, content_type: String },
    /// Delete it. One that is not there is no failure, as in S3.
    Delete { bucket: String, key: String },
}

impl Staged {
    /// The object's bucket.
    pub fn bucket(&self) -> &str {
        match self {
            Self::Put { bucket, .. } | Self::Delete { bucket, .. } => bucket,
        }
    }

    /// Bytes to be written.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Put { body, .. } => body.len() as u64,
            Self::Delete { .. } => 0,
        }
    }

    /// What S3 is asked for.
    pub(crate) fn into_command(self) -> Command {
        match self {
            Self::Put { bucket, key, body, content_type } => {
                Command::PutObject { bucket, key, body, content_type }
            }
            Self::Delete { bucket, key } => Command::DeleteObject { bucket, key },
        }
    }
}

/// What native code can do: call the tank's API, read objects, log, and stage objects to be stored.
#[derive(Debug)]
pub struct NativeContext {
    /// The function's or job's name.
    pub name: String,
    /// The request id or run id.
    pub run_id: String,
    /// Environment variables of a function; empty for a script.
    pub environment: Arc<BTreeMap<String, String>>,
    /// Tank time at the start.
    pub now: Timestamp,
    pub(super) door: Door,
    /// A script's reads are Spark's on AWS, which tries again for longer than faults last: no rule meets them.
    pub(super) is_function: bool,
    pub(super) lines: Mutex<Vec<String>>,
    pub(super) staged: Mutex<Vec<Staged>>,
    pub(super) spent: Mutex<Duration>,
}

impl NativeContext {
    /// A script's context with nothing logged and nothing staged.
    pub(super) fn new(
        name: String,
        run_id: String,
        environment: Arc<BTreeMap<String, String>>,
        now: Timestamp,
        door: Door,
    ) -> Self {
        let (lines, staged, spent) = Default::default();
        Self { name, run_id, environment, now, door, is_function: false, lines, staged, spent }
    }

    /// One API request, in the function's own account and region.
    pub fn request<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.door.request_blocking::<O>(input)
    }

    /// One API request as JSON both ways: `call("dynamodb", "PutItem", &json!({"TableName": ...}))`. It happens at the
    /// instant at which the function runs, before anything else does, so that a run can be repeated.
    pub fn call(&self, service: &str, operation: &str, input: &Value) -> Result<Value, WireError> {
        self.door.call_blocking(service, operation, input)
    }

    /// An object's content. A fault rule refuses it to a function as to any client.
    pub fn get_object(&self, bucket: &str, key: &str) -> Result<Bytes, WireError> {
        match self.is_function {
            true => self.door.get_object_as_client(bucket, key),
            false => self.door.get_object(bucket, key),
        }
    }

    /// Keys under a prefix, in order.
    pub fn list_objects(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, WireError> {
        let objects = self.door.list_objects(bucket, prefix)?;
        Ok(objects.into_iter().map(|object| object.key).collect())
    }

    /// Stages an object: it is stored when the job has succeeded, and not at all if it fails.
    pub fn put_object(&self, bucket: &str, key: &str, body: Bytes, content_type: &str) {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.stage(Staged::Put { bucket, key, body, content_type: content_type.to_owned() });
    }

    /// Stages the end of an object: it is deleted when the job has succeeded, and stays if it fails.
    pub fn delete_object(&self, bucket: &str, key: &str) {
        self.stage(Staged::Delete { bucket: bucket.to_owned(), key: key.to_owned() });
    }

    fn stage(&self, staged: Staged) {
        self.staged.lock().expect("nothing panics while it holds this").push(staged);
    }

    /// Says that the work takes this much more tank time than the model has it: for slow functions and time-outs.
    pub fn spend(&self, span: Duration) {
        *self.spent.lock().expect("nothing panics while it holds this") += span;
    }

    /// Writes a line to the function's or job's log.
    pub fn log(&self, line: impl Into<String>) {
        self.lines.lock().expect("nothing panics while it holds this").push(line.into());
    }
}
