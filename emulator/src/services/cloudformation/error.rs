//! Why CloudFormation refuses, in its words, and AWS's codes for it.
//!
//! Recorded by others: `Stack with id x does not exist`, `No updates are to be performed.`, `Stack [x] already
//! exists`, `Requires capabilities : [...]` are quoted in public error reports (GitHub issues: ansible 15007
//! and 6365, kingpin 298, stack_master 138; read 2026-11-29).
//! Assumed: the other sentences.

use wavetank_wire::WireError;

use super::template::TemplateError;
use crate::services::AwsError;

/// Why an operation was refused. Nothing has changed when one of these is returned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says it")]
pub enum CloudFormationError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("Stack [{0}] already exists")]
    StackExists(String),
    #[error("Stack with id {0} does not exist")]
    NoSuchStackId(String),
    #[error("Stack [{0}] does not exist")]
    NoSuchStack(String),
    #[error("Resource {logical} does not exist for stack {stack}")]
    NoSuchResource { logical: String, stack: String },
    #[error("Either Template URL or Template Body must be specified.")]
    NoTemplate,
    #[error("Specify exactly one of TemplateBody, TemplateURL and UsePreviousTemplate")]
    TwoTemplates,
    #[error("Template may not exceed {max} bytes in size.")]
    TemplateTooLarge { max: usize },
    #[error("TemplateURL must be a supported URL.")]
    TemplateUrl,
    #[error("S3 error: {0}")]
    TemplateObject(String),
    #[error("Requires capabilities : [{0}]")]
    Capabilities(&'static str),
    #[error("No updates are to be performed.")]
    NoUpdates,
    #[error("Stack:{id} is in {status} state and can not be updated.")]
    CannotUpdate { id: String, status: &'static str },
    #[error("Stack [{name}] cannot be deleted while in status {status}")]
    CannotDelete { name: String, status: &'static str },
    #[error("Stack [{0}] cannot be deleted while TerminationProtection is enabled")]
    Protected(String),
    #[error("Invalid operation on stack [{0}]. RetainResources is only taken by a stack in DELETE_FAILED.")]
    RetainTooEarly(String),
    #[error("Stack [{name}] is in {status} state and takes no change set of type {kind}.")]
    WrongChangeSetType { name: String, status: &'static str, kind: String },
    #[error("ChangeSet [{0}] does not exist")]
    NoSuchChangeSet(String),
    #[error("StackName must be specified if ChangeSetName is not specified as an ARN.")]
    ChangeSetWithoutStack,
    #[error("ChangeSet {0} already exists")]
    ChangeSetExists(String),
    #[error("ChangeSet [{id}] cannot be executed in its current execution status of [{status}]")]
    CannotExecute { id: String, status: &'static str },
    #[error("Unable to fetch parameters [{0}] from the previous parameters of the stack")]
    NoPreviousValue(String),
    #[error("You cannot specify both DisableRollback and OnFailure")]
    TwoFailureWishes,
    #[error("Export '{name}' is not imported by any stack.")]
    NotImported { name: String },
    #[error(
        "1 validation error detected: Value '{0}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    )]
    StackName(String),
    #[error("Invalid NextToken")]
    NextToken,
    #[error("the parameter {0}")]
    NotBuilt(&'static str),
}

impl AwsError for CloudFormationError {
    fn wire(&self) -> WireError {
        let with = |status, code: &str| WireError::client_status(status, code, self.to_string());
        match self {
            Self::StackExists(_) | Self::ChangeSetExists(_) => with(400, "AlreadyExistsException"),
            Self::Capabilities(_) => with(400, "InsufficientCapabilitiesException"),
            Self::NoSuchChangeSet(_) => with(404, "ChangeSetNotFound"),
            Self::CannotExecute { .. } => with(400, "InvalidChangeSetStatus"),
            Self::NotBuilt(_) => WireError::not_implemented(&self.to_string()),
            Self::Template(_)
            | Self::NoSuchStackId(_)
            | Self::NoSuchStack(_)
            | Self::NoSuchResource { .. }
            | Self::NoTemplate
            | Self::TwoTemplates
            | Self::TemplateTooLarge { .. }
            | Self::TemplateUrl
            | Self::TemplateObject(_)
            | Self::NoUpdates
            | Self::CannotUpdate { .. }
            | Self::CannotDelete { .. }
            | Self::Protected(_)
            | Self::RetainTooEarly(_)
            | Self::WrongChangeSetType { .. }
            | Self::ChangeSetWithoutStack
            | Self::NoPreviousValue(_)
            | Self::TwoFailureWishes
            | Self::NotImported { .. }
            | Self::StackName(_)
            | Self::NextToken => with(400, "ValidationError"),
        }
    }
}
