//! Why a command ended without its result, and the exit code that says which kind.

use std::process::ExitCode;

/// A failure that the person at the terminal can act on. The text names the thing, the cause, and ends with a hint.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The pipeline did not come to its end.
    #[error("{0}")]
    Failed(String),
    /// Something on the command line, or a file that it names, is wrong.
    #[error("{0}")]
    Usage(String),
    /// Something is missing around it.
    #[error("{0}")]
    Environment(String),
    /// A command to run is not there.
    #[error("{0}")]
    NotFound(String),
    /// Somebody stopped it.
    #[error("{said}")]
    Stopped {
        /// The exit code: 128 and the signal's number, as a shell has it.
        code: u8,
        /// What is to be known then.
        said: String,
    },
    /// The person has been told already; this is what is left of it, the exit code.
    #[error("told already")]
    Told(u8),
}

impl Failure {
    /// 1, 2 or 3; 127, as a shell answers, for a command that is not there.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Environment(_) => 3,
            Self::NotFound(_) => 127,
            Self::Stopped { code, .. } | Self::Told(code) => *code,
        }
    }

    /// The same, of which the person need not be told again.
    pub(crate) fn said_already(self) -> Self {
        Self::Told(self.code())
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, cause: &std::io::Error) -> Self {
        let hint = match cause.kind() {
            std::io::ErrorKind::NotFound => "check the spelling; paths are relative to the current folder",
            std::io::ErrorKind::PermissionDenied => "check the file's permissions",
            _ => "check that the path is a file on a disk with room",
        };
        Self::Usage(format!("{}: {cause}\nhint: {hint}", path.display()))
    }
}
