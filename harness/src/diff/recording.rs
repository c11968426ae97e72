//! A server's answers written down with their date, and a tank compared with them later, without the server.
//!
//! A recording holds its conversation, so that it can be replayed when the battery has changed. It has no account, no ids, no
//! credentials: what differs by nature is replaced by a sample of its kind. Nobody edits one by hand.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::compare;
use super::conversation::Conversation;
use super::noise::Noise;
use super::side::{noise_of, on_tanks};
use super::talk::Outcome;

/// A conversation that was held with a server.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// `service/file`.
    pub name: String,
    /// The day, such as `2026-11-29`.
    pub recorded: String,
    /// The server, such as `aws us-east-1`.
    pub server: String,
    /// The region that was asked.
    pub region: String,
    /// What was asked.
    pub conversation: Conversation,
    /// What was answered, step by step.
    pub answers: Vec<Recorded>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// The answer.
    Answer(Value),
    /// The server had not got the operation.
    Lacking(String),
    /// It was not asked.
    NotRun(String),
}

/// Where a tank answers otherwise than the server did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The recording.
    pub name: String,
    /// When the server said so.
    pub recorded: String,
    /// Which server.
    pub server: String,
    /// The step, counted from 1, and its call.
    pub step: String,
    /// The member.
    pub path: String,
    /// What the server said.
    pub recorded_value: String,
    /// What the tank says.
    pub tank_value: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, recorded, server, step, path, recorded_value, tank_value } = self;
        write!(f, "{name} step {step}: {path}: the tank says {tank_value}; ")?;
        write!(f, "{server} said {recorded_value} on {recorded}")
    }
}

/// Why recordings cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file or folder.
    #[error("{}: {cause}\nhint: name a folder that you may write to", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file that is no recording.
    #[error("{}: {cause}\nhint: recordings are written by `wavetank diff --record`, not by hand", path.display())]
    Form {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        cause: serde_json::Error,
    },
}

impl Recording {
    /// A server's answers, without what nobody needs to know. The day is still to be said.
    pub(super) fn of(
        conversation: &Conversation,
        (server, region): (&str, &str),
        answers: &[Outcome],
        noise: &[Noise],
        ours: &[Outcome],
    ) -> Self {
        let asked = serde_json::to_string(conversation).unwrap_or_default();
        let ours = ours.iter().filter_map(Outcome::answer).map(Value::to_string);
        let known: String = std::iter::once(asked).chain(ours).collect();
        let recorded = |(at, outcome): (usize, &Outcome)| match outcome {
            Outcome::Answered(answer) => Recorded::Answer(noise[at].scrub("", answer, &known)),
            Outcome::Lacking(why) => Recorded::Lacking(why.clone()),
            Outcome::NotRun(why) => Recorded::NotRun(why.clone()),
        };
        Self {
            name: conversation.name.clone(),
            recorded: String::new(),
            server: server.to_owned(),
            region: region.to_owned(),
            conversation: conversation.clone(),
            answers: answers.iter().enumerate().map(recorded).collect(),
        }
    }

    /// Whether the server answered anything.
    pub fn has_answers(&self) -> bool {
        self.answers.iter().any(|recorded| matches!(recorded, Recorded::Answer(_)))
    }

    /// Writes it to `folder/service/file.json`.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, RecordingError> {
        let path = folder.join(format!("{}.json", self.name));
        let fail = |cause| RecordingError::File { path: path.clone(), cause };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(fail)?;
        }
        let text = serde_json::to_string_pretty(self)
            .map_err(|cause| RecordingError::Form { path: path.clone(), cause })?;
        std::fs::write(&path, text + "\n").map_err(fail)?;
        Ok(path)
    }

    /// Reads one.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let text =
            std::fs::read(path).map_err(|cause| RecordingError::File { path: path.to_owned(), cause })?;
        serde_json::from_slice(&text).map_err(|cause| RecordingError::Form { path: path.to_owned(), cause })
    }

    /// Holds the conversation with a fresh tank, and compares. What the server had not got proves nothing.
    pub async fn replay(&self) -> Vec<Broken> {
        let known = on_tanks(&self.conversation, &self.region).await;
        let noise = noise_of(&known);
        let mut broken = Vec::new();
        for (at, recorded) in self.answers.iter().enumerate() {
            let Recorded::Answer(recorded) = recorded else { continue };
            let Some(step) = self.conversation.steps.get(at) else { continue };
            let mut tell = |path: String, recorded_value: String, tank_value: String| {
                broken.push(Broken {
                    name: self.name.clone(),
                    recorded: self.recorded.clone(),
                    server: self.server.clone(),
                    step: format!("{} {}", at + 1, step.call),
                    path,
                    recorded_value,
                    tank_value,
                });
            };
            match &known[0][at] {
                Outcome::Answered(ours) => {
                    for gap in compare(&noise[at], ours, recorded) {
                        tell(gap.path, gap.b, gap.a);
                    }
                }
                Outcome::Lacking(why) | Outcome::NotRun(why) => {
                    tell("status".to_owned(), recorded["status"].to_string(), why.clone());
                }
            }
        }
        broken
    }
}

/// Every recording below a folder, in the order of their names; those of the battery are conversations, not recordings.
pub fn all(folder: &Path) -> Result<Vec<Recording>, RecordingError> {
    let fail = |path: &Path, cause| RecordingError::File { path: path.to_owned(), cause };
    let list = |folder: &Path| -> Result<Vec<PathBuf>, RecordingError> {
        let entries = std::fs::read_dir(folder).map_err(|cause| fail(folder, cause))?;
        let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut paths = paths.map_err(|cause| fail(folder, cause))?;
        paths.sort();
        Ok(paths)
    };
    let mut found = Vec::new();
    for service in list(folder)?.iter().filter(|path| path.is_dir() && !path.ends_with("battery")) {
        for file in
            list(service)?.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        {
            found.push(Recording::read(file)?);
        }
    }
    Ok(found)
}
