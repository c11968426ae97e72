//! What an executor is asked to run and what it answers, and how long that is taken to last.
//!
//! The modelled durations are ours (assumed): they depend on sizes only, so that a frozen tank replays.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wavetank_types::Timestamp;

use super::payload::Payload;
use crate::executors::Staged;

/// One invocation, with all that its code may see.
#[derive(Clone, Debug)]
pub struct FunctionWork {
    /// The function's name.
    pub function: String,
    /// Its ARN, with the qualifier that the caller used.
    pub arn: String,
    /// `$LATEST` or a number.
    pub version: String,
    /// Stays the same over the attempts at one event.
    pub request_id: String,
    /// Such as `python3.12`.
    pub runtime: String,
    /// The native function's name, or the code's entry.
    pub handler: String,
    /// The zip.
    pub code: Bytes,
    /// The user's variables.
    pub variables: Arc<BTreeMap<String, String>>,
    /// In MB.
    pub memory_mb: u32,
    /// Size of the writable directory, in MB.
    pub ephemeral_mb: u32,
    /// How long the handler may take.
    pub timeout: Duration,
    /// The event.
    pub payload: Payload,
    /// What the caller said about itself, as base64 of JSON.
    pub client_context: Option<String>,
    /// Which environment runs it: the same one keeps its process from one invocation to the next.
    pub environment: String,
    /// Whether this is the environment's first invocation.
    pub cold: bool,
    /// Where its lines go.
    pub log_group: String,
    /// The environment's own stream.
    pub log_stream: String,
    /// When it started, in tank time.
    pub started: Timestamp,
    /// Environments that will not be used again: their processes may go.
    pub retired: Vec<String>,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub struct FunctionOutput {
    /// How long the environment took to start; only on its first invocation.
    pub init: Option<Duration>,
    /// How long the handler took, at most the timeout.
    pub took: Duration,
    /// What the code wrote, in order.
    pub lines: Vec<Line>,
    /// The response, or why there is none.
    pub result: Result<Bytes, Failure>,
    /// Objects to store now that the code has succeeded.
    pub staged: Vec<Staged>,
    /// The most memory seen in use, in MB.
    pub memory_mb: u32,
}

impl FunctionOutput {
    /// A run that ends before its code has done anything.
    pub fn crashed(error_type: &str, message: &str) -> Self {
        let took = Duration::from_millis(1);
        Self {
            init: None,
            took,
            lines: vec![Line { after: took, text: format!("[ERROR] {error_type}: {message}\n") }],
            result: Err(Failure::Raised(Failure::document(error_type, message))),
            staged: Vec::new(),
            memory_mb: 0,
        }
    }

    /// A run that does nothing until it is stopped.
    pub fn timed_out(timeout: Duration) -> Self {
        Self {
            init: None,
            took: timeout,
            lines: Vec::new(),
            result: Err(Failure::TimedOut),
            staged: Vec::new(),
            memory_mb: 0,
        }
    }

    /// Turns a run that went well into one whose code raised at its end. What it called stays done; what it staged is
    /// not stored.
    pub fn fail_after(&mut self, error_type: &str, message: &str) {
        self.lines.push(Line { after: self.took, text: format!("[ERROR] {error_type}: {message}\n") });
        self.result = Err(Failure::Raised(Failure::document(error_type, message)));
        self.staged.clear();
    }
}

/// A line of the code's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How long after the handler's start; zero for lines of the start itself.
    pub after: Duration,
    /// As written, with its line end.
    pub text: String,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The handler raised; its environment lives on. The payload is the runtime's error document.
    Raised(Bytes),
    /// The code could not be started. The environment is gone.
    NotStarted {
        /// Such as `Runtime.ImportModuleError`.
        error_type: String,
        /// The runtime's error document.
        payload: Bytes,
    },
    /// It did not answer within the timeout and was killed. The environment is gone.
    TimedOut,
    /// Its process ended without an answer. The environment is gone.
    Exited {
        /// Such as `exit status 1`; none if it ended as if all were well.
        how: Option<String>,
    },
}

impl Failure {
    /// A document as runtimes write it.
    pub fn document(error_type: &str, message: &str) -> Bytes {
        let document = serde_json::json!({ "errorMessage": message, "errorType": error_type });
        Bytes::from(document.to_string())
    }

    /// Code that could not be started, in our own words.
    pub fn not_started(error_type: &str, message: &str) -> Self {
        Self::NotStarted { error_type: error_type.to_owned(), payload: Self::document(error_type, message) }
    }

    /// Whether the environment is gone.
    pub fn ends_environment(&self) -> bool {
        !matches!(self, Self::Raised(_))
    }
}

/// How long an invocation is taken to last when it is not measured.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The start of an environment.
    pub init: Duration,
    /// Every invocation.
    pub base: Duration,
    /// And for each KB of payload, in and out.
    pub per_kb: Duration,
    /// Memory in use, in MB.
    pub memory_mb: u32,
}

impl Model {
    /// Rust functions: as if compiled for `provided.al2023`.
    pub const NATIVE: Self = Self {
        init: Duration::from_micros(42_180),
        base: Duration::from_micros(1_840),
        per_kb: Duration::from_micros(12),
        memory_mb: 24,
    };

    /// Python and Node.
    pub const PROCESS: Self = Self {
        init: Duration::from_micros(118_340),
        base: Duration::from_micros(14_620),
        per_kb: Duration::from_micros(40),
        memory_mb: 41,
    };

    /// The handler's time for this many bytes in and out.
    pub fn took(&self, bytes: usize) -> Duration {
        self.base + self.per_kb * u32::try_from(bytes.div_ceil(1_024)).unwrap_or(u32::MAX)
    }
}

/// Lines whose instants are not known, spread evenly over the handler's time.
pub fn spread(lines: Vec<String>, took: Duration) -> Vec<Line> {
    let gaps = u32::try_from(lines.len() + 1).unwrap_or(u32::MAX);
    let after = |n: usize| took * u32::try_from(n + 1).unwrap_or(u32::MAX) / gaps;
    lines.into_iter().enumerate().map(|(n, text)| Line { after: after(n), text }).collect()
}
