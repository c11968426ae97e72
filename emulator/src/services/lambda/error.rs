//! Why Lambda refuses, in its own words by family, and for each family the one match to AWS's codes.
//!
//! The sentences were recorded by LocalStack against AWS (tests/aws/services/lambda_/*.snapshot.json, 2025-11-24 and
//! -25); those marked "assumed" were not.

use wavetank_wire::WireError;

use super::limits;
use super::mappings::MappingRefusal;
use crate::services::AwsError;

/// Why an operation refuses. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each is the family of its name")]
pub enum Refusal {
    #[error(transparent)]
    Name(#[from] NameRefusal),
    #[error(transparent)]
    Setting(#[from] SettingRefusal),
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    #[error(transparent)]
    Invocation(#[from] InvocationRefusal),
    #[error(transparent)]
    Mapping(#[from] MappingRefusal),
    /// A member or value that AWS has and this tank does not.
    #[error("not built: {0}")]
    NotBuilt(String),
}

/// Which function is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NameRefusal {
    #[error("`{0}` is not a function's name or ARN")]
    NotAName(String),
    #[error("function name `{0}` is too long")]
    TooLong(String),
    #[error("a function of `{asked}` was asked for in `{here}`")]
    WrongRegion { asked: String, here: String },
    #[error("a function of another account")]
    OtherAccount,
    #[error("the name's qualifier differs from the one given")]
    QualifierMismatch,
    #[error("a qualifier is not allowed here")]
    QualifierNotAllowed,
    #[error("no function `{0}`")]
    NoFunction(String),
    #[error("function `{0}` exists")]
    Exists(String),
    #[error("$LATEST cannot be deleted alone")]
    LatestIsNotDeletable,
    #[error("versions have no tags")]
    TagsOnVersion,
    #[error("`{0}` is not a marker of an earlier page")]
    NotAMarker(String),
}

/// A function's settings, tags, concurrency and event invoke config.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum SettingRefusal {
    #[error("runtime and handler are needed")]
    RuntimeAndHandlerNeeded,
    #[error("runtime `{0}` does not exist")]
    NoRuntime(String),
    #[error("runtime `{0}` can no longer be chosen")]
    RuntimeDeprecated(String),
    #[error("{0} seconds are more than an invocation may take")]
    TimeoutTooLong(i64),
    #[error("the variables are too long: {0}")]
    VariablesTooLong(String),
    #[error("these variables are reserved: {0}")]
    VariablesReserved(String),
    #[error("the revision id differs")]
    WrongRevision,
    #[error("`{0}` is being updated")]
    UpdateInProgress(String),
    #[error("too many tags")]
    TooManyTags,
    #[error("no tags given")]
    NoTags,
    #[error("too little would be left unreserved")]
    ReservationTooLarge,
    #[error("no function to configure")]
    NoFunctionToConfigure,
    #[error("nothing to configure")]
    NothingConfigured,
    #[error("no event invoke config on `{0}`")]
    NoEventInvokeConfig(String),
    #[error("destination `{0}` does not exist")]
    NoDestination(String),
    #[error("a function cannot be its own destination")]
    OwnDestination,
}

/// A function's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CodeRefusal {
    #[error("no code")]
    Missing,
    #[error("the zip is empty")]
    EmptyZip,
    #[error("not a zip")]
    NotAZip,
    #[error("the zip is too large")]
    ZipTooLarge,
    #[error("the zip's content is too large")]
    UnzippedTooLarge,
    #[error("S3 refused: {code}: {message}")]
    NotRead { code: String, message: String },
    #[error("the code's digest is {current}, not {given}")]
    Differs { given: String, current: String },
}

/// Who may call a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum PolicyRefusal {
    #[error("statement `{0}` exists")]
    StatementExists(String),
    #[error("no statement `{0}`")]
    NoStatement(String),
    #[error("no policy")]
    NoPolicy,
    #[error("no policy to take a statement from")]
    NoPolicyAssociated,
    #[error("no function `{0}` to take a statement from")]
    NoPolicyOf(String),
    #[error("`{0}` is no principal")]
    NotAPrincipal(String),
    #[error("$LATEST has no policy")]
    LatestHasNoPolicy,
    #[error("the policy's revision id differs")]
    WrongRevision,
}

/// Which concurrency is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// The account's.
    Account,
    /// What the function has reserved.
    Reserved,
}

/// An invocation that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum InvocationRefusal {
    #[error("throttled: {0:?}")]
    Throttled(Throttle),
    #[error("payload of {bytes} bytes is over {bytes_max} for {kind}")]
    PayloadTooLarge { bytes: usize, bytes_max: usize, kind: &'static str },
    #[error("payload is not JSON: {0}")]
    PayloadNotJson(String),
    #[error("function is {0}")]
    NotActive(&'static str),
    #[error("too many events wait")]
    QueueFull,
}

pub(super) fn parameter(message: impl Into<String>) -> WireError {
    WireError::client("InvalidParameterValueException", message).with("Type", "User")
}

pub(super) fn missing(message: impl Into<String>) -> WireError {
    WireError::client_status(404, "ResourceNotFoundException", message).with("Type", "User")
}

pub(super) fn conflict(message: impl Into<String>) -> WireError {
    WireError::client_status(409, "ResourceConflictException", message).with("Type", "User")
}

fn throttled(reason: &str) -> WireError {
    WireError::client_status(429, "TooManyRequestsException", "Rate Exceeded.")
        .with("Reason", reason)
        .with("Type", "User")
}

fn failed_precondition(call: &str) -> WireError {
    let message = format!(
        "The Revision Id provided does not match the latest Revision Id. Call the {call} API to retrieve the latest Revision Id"
    );
    WireError::client_status(412, "PreconditionFailedException", message).with("Type", "User")
}

impl AwsError for Refusal {
    fn wire(&self) -> WireError {
        match self {
            Self::Name(refusal) => refusal.wire(),
            Self::Setting(refusal) => refusal.wire(),
            Self::Code(refusal) => refusal.wire(),
            Self::Policy(refusal) => refusal.wire(),
            Self::Invocation(refusal) => refusal.wire(),
            Self::Mapping(refusal) => refusal.wire(),
            Self::NotBuilt(what) => WireError::not_implemented(what),
        }
    }
}

impl AwsError for NameRefusal {
    fn wire(&self) -> WireError {
        match self {
            // The gateway's validator says this first, with the pattern. Assumed for calls between services.
            Self::NotAName(text) => WireError::client(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{text}' at 'functionName' is not a function name or ARN"
                ),
            ),
            Self::TooLong(name) => parameter(format!(
                "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to {}",
                limits::NAME_CHARS_MAX
            )),
            Self::WrongRegion { asked, here } => {
                missing(format!("Functions from '{asked}' are not reachable in this region ('{here}')"))
            }
            // Recorded without a message.
            Self::OtherAccount => WireError::client_status(403, "AccessDeniedException", ""),
            Self::QualifierMismatch => parameter(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ),
            Self::QualifierNotAllowed => parameter(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
            ),
            Self::NoFunction(arn) => missing(format!("Function not found: {arn}")),
            Self::Exists(name) => conflict(format!("Function already exist: {name}")),
            Self::LatestIsNotDeletable => {
                parameter("$LATEST version cannot be deleted without deleting the function.")
            }
            Self::TagsOnVersion => parameter(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            ),
            // Assumed.
            Self::NotAMarker(_) => parameter("Invalid Marker"),
        }
    }
}

impl AwsError for SettingRefusal {
    fn wire(&self) -> WireError {
        match self {
            Self::RuntimeAndHandlerNeeded => parameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            ),
            Self::NoRuntime(name) => parameter(format!(
                "Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
                super::runtimes::current_names().join(", ")
            )),
            Self::RuntimeDeprecated(name) => parameter(format!(
                "The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
            )),
            // Assumed: in the validator's words, which the model does not let it say.
            Self::TimeoutTooLong(secs) => WireError::client(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{secs}' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to {}",
                    limits::TIMEOUT_SECS_MAX
                ),
            ),
            Self::VariablesTooLong(measured) => parameter(format!(
                "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
            )),
            // Assumed: seen in the wild.
            Self::VariablesReserved(keys) => parameter(format!(
                "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {keys}"
            )),
            Self::WrongRevision => failed_precondition("GetFunction/GetAlias"),
            Self::UpdateInProgress(arn) => conflict(format!(
                "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
            )),
            Self::TooManyTags => parameter("Number of tags exceeds resource tag limit."),
            Self::NoTags => parameter("An error occurred and the request cannot be processed."),
            Self::ReservationTooLarge => parameter(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{}].",
                limits::UNRESERVED_CONCURRENCY_MIN
            )),
            Self::NoFunctionToConfigure => missing("The function doesn't exist."),
            Self::NothingConfigured => {
                parameter("You must specify at least one of error handling or destination setting.")
            }
            Self::NoEventInvokeConfig(arn) => {
                missing(format!("The function {arn} doesn't have an EventInvokeConfig"))
            }
            Self::NoDestination(arn) => parameter(format!("The destination ARN {arn} is invalid.")),
            Self::OwnDestination => parameter("You can't specify the function as a destination for itself."),
        }
    }
}

impl AwsError for CodeRefusal {
    fn wire(&self) -> WireError {
        match self {
            // Assumed: seen in the wild.
            Self::Missing => parameter("Please provide a source for function code."),
            // Assumed: seen in the wild.
            Self::EmptyZip => parameter("Uploaded file must be a non-empty zip"),
            Self::NotAZip => {
                parameter("Could not unzip uploaded file. Please check your file, then try to upload again.")
            }
            Self::ZipTooLarge => WireError::client_status(
                413,
                "RequestEntityTooLargeException",
                format!("Zipped size must be smaller than {} bytes", limits::ZIP_BYTES_MAX),
            ),
            Self::UnzippedTooLarge => {
                parameter(format!("Unzipped size must be smaller than {} bytes", limits::UNZIPPED_BYTES_MAX))
            }
            Self::NotRead { code, message } => parameter(format!(
                "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
            )),
            Self::Differs { given, current } => parameter(format!(
                "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with the CodeSHA256 in $LATEST."
            )),
        }
    }
}

impl AwsError for PolicyRefusal {
    fn wire(&self) -> WireError {
        match self {
            Self::StatementExists(sid) => conflict(format!(
                "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
            )),
            Self::NoStatement(sid) => missing(format!("Statement {sid} is not found in resource policy.")),
            Self::NoPolicy => missing("The resource you requested does not exist."),
            Self::NoPolicyAssociated => missing("No policy is associated with the given resource."),
            Self::NoPolicyOf(arn) => missing(format!("No policy found for: {arn}")),
            Self::NotAPrincipal(_) => {
                parameter("The provided principal was invalid. Please check the principal and try again.")
            }
            Self::LatestHasNoPolicy => parameter("We currently do not support adding policies for $LATEST."),
            Self::WrongRevision => failed_precondition("GetPolicy"),
        }
    }
}

impl AwsError for InvocationRefusal {
    fn wire(&self) -> WireError {
        match self {
            Self::Throttled(Throttle::Account) => throttled("ConcurrentInvocationLimitExceeded"),
            Self::Throttled(Throttle::Reserved) => {
                throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            }
            // Assumed: seen in the wild.
            Self::PayloadTooLarge { bytes, bytes_max, kind } => WireError::client_status(
                413,
                "RequestTooLargeException",
                format!("{bytes} byte payload is too large for the {kind} invocation type (limit {bytes_max} bytes)"),
            )
            .with("Type", "User"),
            // The first sentence is AWS's; the reason is our parser's.
            Self::PayloadNotJson(reason) => WireError::client(
                "InvalidRequestContentException",
                format!("Could not parse request body into json: Could not parse payload into json: {reason}"),
            )
            .with("Type", "User"),
            // Documented: docs.aws.amazon.com/lambda/latest/dg/functions-states.html (read 2026-11-29): only an active function
            // is invoked. Recorded, as people were told: the sentence (github.com/remotion-dev/remotion/issues/1186).
            Self::NotActive(state) => conflict(format!(
                "The operation cannot be performed at this time. The function is currently in the following state: {state}"
            )),
            Self::QueueFull => throttled("CallerRateLimitExceeded"),
        }
    }
}
