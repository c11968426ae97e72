//! One call to another service, what counts as success, and how a refusal reads as an event's reason.

use wavetank_wire::schema::Service as Schema;
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{Operation, ToVal, Val, WireError};

use crate::services::ServiceId;
use crate::services::s3::Command;

/// What is asked.
#[derive(Clone, Debug)]
pub(in super::super) enum Request {
    Api { schema: &'static Schema, operation: &'static str, input: Val },
    S3(Command),
}

/// What a reply says of something that takes its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Readiness {
    Ready,
    NotYet,
    Failed(String),
}

/// What counts as success.
#[derive(Clone, Copy, Debug)]
enum Expect {
    Done,
    /// It is as good if the thing is not there.
    DoneOrAbsent,
    /// Asked again until it is ready.
    Ready(fn(Val) -> Readiness),
    /// Asked again until it is not there.
    Gone,
}

/// One call.
#[derive(Clone, Debug)]
pub(in super::super) struct Ask {
    pub(in super::super) request: Request,
    expect: Expect,
}

impl Ask {
    pub(super) fn to<O: Operation>(input: O::Input) -> Self {
        let request = Request::Api { schema: O::service(), operation: O::NAME, input: input.to_val() };
        Self { request, expect: Expect::Done }
    }

    pub(super) fn s3(command: Command) -> Self {
        Self { request: Request::S3(command), expect: Expect::Done }
    }

    pub(super) fn or_absent(mut self) -> Self {
        self.expect = Expect::DoneOrAbsent;
        self
    }

    pub(super) fn until(mut self, readiness: fn(Val) -> Readiness) -> Self {
        self.expect = Expect::Ready(readiness);
        self
    }

    pub(super) fn until_gone(mut self) -> Self {
        self.expect = Expect::Gone;
        self
    }

    /// Refuses what the other service's gateway would refuse: calls within a tank do not pass one.
    pub(in super::super) fn validate(&self) -> Result<(), WireError> {
        let Request::Api { schema, operation, input } = &self.request else { return Ok(()) };
        let Some(operation) = schema.operation(operation) else { return Ok(()) };
        validate(operation.input, input).map_err(|failures| validation_error(schema, &failures))
    }

    /// Whether it is as good if the thing is not there.
    pub(in super::super) fn may_be_absent(&self) -> bool {
        matches!(self.expect, Expect::DoneOrAbsent | Expect::Gone)
    }

    /// What the reply says of something that takes its time; `None` if it takes none.
    pub(in super::super) fn readiness(&self, reply: &Val) -> Option<Readiness> {
        match self.expect {
            Expect::Done | Expect::DoneOrAbsent => None,
            Expect::Ready(readiness) => Some(readiness(reply.clone())),
            Expect::Gone if *reply == Val::Null => Some(Readiness::Ready),
            Expect::Gone => Some(Readiness::NotYet),
        }
    }

    /// The operation's name, for [`super::Kind::learn`].
    pub(in super::super) fn operation(&self) -> &'static str {
        match &self.request {
            Request::Api { operation, .. } => operation,
            Request::S3(_) => "",
        }
    }

    /// How AWS names the service in reasons.
    pub(in super::super) fn service_name(&self) -> &'static str {
        match &self.request {
            Request::S3(_) => "S3",
            Request::Api { schema, .. } => match ServiceId::of(schema) {
                ServiceId::Athena => "Athena",
                ServiceId::Backup => "Backup",
                ServiceId::CloudFormation => "CloudFormation",
                ServiceId::CloudWatch => "CloudWatch",
                ServiceId::DynamoDb => "DynamoDb",
                ServiceId::Events => "Events",
                ServiceId::Firehose => "Firehose",
                ServiceId::Glue => "Glue",
                ServiceId::Iam => "Iam",
                ServiceId::Kinesis => "Kinesis",
                ServiceId::Lambda => "Lambda",
                ServiceId::Logs => "CloudWatchLogs",
                ServiceId::Mwaa => "MWAA",
                ServiceId::Rds => "Rds",
                ServiceId::RdsData => "RdsData",
                ServiceId::S3 => "S3",
                ServiceId::SecretsManager => "SecretsManager",
                ServiceId::Scheduler => "Scheduler",
                ServiceId::Sns => "Sns",
                ServiceId::Sqs => "Sqs",
                ServiceId::Sts => "Sts",
            },
        }
    }
}

/// Whether the refusal says that the thing is not there.
pub(in super::super) fn is_absent(error: &WireError) -> bool {
    match error.code.as_str() {
        "NoSuchEntity"
        | "NoSuchBucket"
        | "EntityNotFoundException"
        | "NotFound"
        | "ResourceNotFound"
        | "DashboardNotFoundError"
        | "DBInstanceNotFound"
        | "DBParameterGroupNotFound"
        | "DBSubnetGroupNotFoundFault"
        | "QueueDoesNotExist"
        | "ResourceNotFoundException" => true,
        // Athena has one code for everything. Its sentences say `... is not found.` and `... does not exist.`
        "InvalidRequestException" => {
            error.message.contains("not found") || error.message.contains("does not exist")
        }
        _ => false,
    }
}

/// Whether the refusal says that the name is taken.
pub(in super::super) fn says_exists(error: &WireError) -> bool {
    matches!(
        error.code.as_str(),
        "AlreadyExistsException"
            | "BucketAlreadyExists"
            | "BucketAlreadyOwnedByYou"
            | "ConflictException"
            | "DBInstanceAlreadyExists"
            | "DBParameterGroupAlreadyExists"
            | "DBSubnetGroupAlreadyExists"
            | "EntityAlreadyExists"
            | "QueueNameExists"
            | "ResourceAlreadyExistsException"
            | "ResourceConflictException"
            | "ResourceExistsException"
    )
}
