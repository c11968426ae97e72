//! The services. One folder each, with the same file names; this file is the registry.
//!
//! A service is a value: `call` for requests, `deliver` for what comes unasked, `next_deadline` and `tick` for time.
//! It sees nothing but its own state and [`Cx`]. Adding a service: its folder, a line in each list below, its
//! operations in `wire/ops.toml`.

pub mod athena;
pub mod backup;
pub mod cloudformation;
pub mod cloudwatch;
#[cfg(test)]
pub(crate) mod crossing;
pub mod dynamodb;
pub mod events;
pub mod firehose;
pub mod glue;
pub mod iam;
pub mod kinesis;
pub mod lambda;
pub mod logs;
pub mod mwaa;
pub mod rds;
pub mod rds_data;
pub mod s3;
pub mod scheduler;
pub mod secretsmanager;
pub mod sns;
pub mod sqs;
pub mod sts;

use wavetank_types::{Region, Timestamp};
use wavetank_wire as wire;
use wavetank_wire::schema::Service as Schema;
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{OperationSet, ResponseSet, Val, WireError};

use crate::world::{Address, Answer, Blocked, Cx, Delivery, Reading, Scope, Undelivered};

/// Which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the service of its name")]
pub enum ServiceId {
    Athena,
    Backup,
    CloudFormation,
    CloudWatch,
    DynamoDb,
    Events,
    Firehose,
    Glue,
    Iam,
    Kinesis,
    Lambda,
    Logs,
    Mwaa,
    Rds,
    RdsData,
    S3,
    SecretsManager,
    Scheduler,
    Sns,
    Sqs,
    Sts,
}

impl ServiceId {
    /// The service whose model this is.
    pub fn of(schema: &Schema) -> Self {
        match schema.name {
            "athena" => Self::Athena,
            "backup" => Self::Backup,
            "cloudformation" => Self::CloudFormation,
            "cloudwatch" => Self::CloudWatch,
            "dynamodb" | "dynamodbstreams" => Self::DynamoDb,
            "events" => Self::Events,
            "firehose" => Self::Firehose,
            "glue" => Self::Glue,
            "iam" => Self::Iam,
            "kinesis" => Self::Kinesis,
            "lambda" => Self::Lambda,
            "logs" => Self::Logs,
            "mwaa" => Self::Mwaa,
            "rds" => Self::Rds,
            "rds-data" => Self::RdsData,
            "secretsmanager" => Self::SecretsManager,
            "scheduler" => Self::Scheduler,
            "sns" => Self::Sns,
            "sqs" => Self::Sqs,
            "sts" => Self::Sts,
            other => unreachable!("service `{other}` has served operations and no line in the registry"),
        }
    }

    /// What AWS publishes of this service and has this operation; none of S3, whose wire is elsewhere.
    fn schema(self, operation: &str) -> Option<&'static Schema> {
        Some(match self {
            Self::Athena => &wire::athena::SERVICE,
            Self::Backup => &wire::backup::SERVICE,
            Self::CloudFormation => &wire::cloudformation::SERVICE,
            Self::CloudWatch => &wire::cloudwatch::SERVICE,
            Self::DynamoDb if wire::dynamodbstreams::SERVICE.operation(operation).is_some() => {
                &wire::dynamodbstreams::SERVICE
            }
            Self::DynamoDb => &wire::dynamodb::SERVICE,
            Self::Events => &wire::events::SERVICE,
            Self::Firehose => &wire::firehose::SERVICE,
            Self::Glue => &wire::glue::SERVICE,
            Self::Iam => &wire::iam::SERVICE,
            Self::Kinesis => &wire::kinesis::SERVICE,
            Self::Lambda => &wire::lambda::SERVICE,
            Self::Logs => &wire::logs::SERVICE,
            Self::Mwaa => &wire::mwaa::SERVICE,
            Self::Rds => &wire::rds::SERVICE,
            Self::RdsData => &wire::rds_data::SERVICE,
            Self::SecretsManager => &wire::secretsmanager::SERVICE,
            Self::Scheduler => &wire::scheduler::SERVICE,
            Self::Sns => &wire::sns::SERVICE,
            Self::Sqs => &wire::sqs::SERVICE,
            Self::Sts => &wire::sts::SERVICE,
            Self::S3 => return None,
        })
    }

    /// The name of the model that has this operation, such as `glue`; the service's first model for any other.
    pub(crate) fn model(self, operation: &str) -> &'static str {
        self.schema(operation).map_or("s3", |schema| schema.name)
    }

    /// Why a request breaks the model's constraints, if it does: what a client's would be told.
    pub(crate) fn refuses(self, operation: &str, input: &Val) -> Option<WireError> {
        let schema = self.schema(operation)?;
        let failures = validate(schema.operation(operation)?.input, input).err()?;
        Some(validation_error(schema, &failures))
    }

    /// Whether one value is the service of an account in every region: IAM, and DynamoDB, whose global tables span them.
    pub(crate) const fn is_one_per_account(self) -> bool {
        matches!(self, Self::Iam | Self::DynamoDb)
    }

    /// Where this service's state lives: most are one per account and region.
    pub(crate) fn home(self, address: &Address) -> Address {
        let mut home = address.clone();
        if self.is_one_per_account() {
            home.scope.region = Region::new("aws-global");
        }
        home
    }
}

/// A fresh service of this scope. With `strict` limits it throttles as AWS does.
pub(crate) fn registry(service: ServiceId, _scope: &Scope, strict: bool) -> Box<dyn DynService> {
    match service {
        ServiceId::Athena => Box::new(athena::Athena::default()),
        ServiceId::Backup => Box::new(backup::Backup::default()),
        ServiceId::CloudFormation => Box::new(cloudformation::CloudFormation::default()),
        ServiceId::CloudWatch => Box::new(cloudwatch::CloudWatch::default()),
        ServiceId::DynamoDb => Box::new(dynamodb::DynamoDb::new(strict)),
        ServiceId::Events => Box::new(events::Events::default()),
        ServiceId::Firehose => Box::new(firehose::Firehose::new(strict)),
        ServiceId::Glue => Box::new(glue::Glue::default()),
        ServiceId::Iam => Box::new(iam::Iam::default()),
        ServiceId::Kinesis => Box::new(kinesis::Kinesis::new(strict)),
        ServiceId::Lambda => Box::new(lambda::Lambda::default()),
        ServiceId::Logs => Box::new(logs::Logs::default()),
        ServiceId::Mwaa => Box::new(mwaa::Mwaa::default()),
        ServiceId::Rds => Box::new(rds::Rds::default()),
        ServiceId::RdsData => Box::new(rds_data::RdsData::default()),
        ServiceId::SecretsManager => Box::new(secretsmanager::SecretsManager::default()),
        ServiceId::Scheduler => Box::new(scheduler::Scheduler::default()),
        ServiceId::Sns => Box::new(sns::Sns::default()),
        ServiceId::Sqs => Box::new(sqs::Sqs::default()),
        ServiceId::Sts => Box::new(sts::Sts),
        ServiceId::S3 => unreachable!("S3 is one for the whole world"),
    }
}

/// How a service's refusals are spelled on the wire: one exhaustive match per error type.
pub trait AwsError {
    /// AWS's code, message and status.
    fn wire(&self) -> WireError;
}

/// A service's state machine.
pub trait Service: Send {
    /// Its requests.
    type Request: OperationSet;
    /// Its responses.
    type Response: ResponseSet;
    /// Why it refuses.
    type Error: AwsError;

    /// One request. Refuse first, then find, then change, then answer.
    fn call(
        &mut self,
        cx: &mut Cx<'_>,
        request: Self::Request,
    ) -> Result<Answer<Self::Response>, Self::Error>;

    /// When this service next has something to do unasked.
    fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// When what recurs for ever happens next: a schedule's run. It keeps no tank from rest, as `next_deadline` does.
    fn next_routine(&self) -> Option<Timestamp> {
        None
    }

    /// Does what is due at `cx.now`. Afterwards `next_deadline` and `next_routine` are later than now, or none.
    fn tick(&mut self, _cx: &mut Cx<'_>) {}

    /// A reply, the end of a job.
    fn deliver(&mut self, _cx: &mut Cx<'_>, delivery: Delivery) {
        unreachable!("this service asked for nothing, yet got {delivery:?}");
    }

    /// Records that keep those behind them waiting.
    fn blocked(&self, _scope: &Scope) -> Vec<Blocked> {
        Vec::new()
    }

    /// Counts what is a state and not an event, such as a queue's length. Called before CloudWatch reads what was counted.
    fn measure(&mut self, _cx: &mut Cx<'_>) {}

    /// Whether what others count can make something due here. Only CloudWatch with alarms says so.
    fn watches_metrics(&self) -> bool {
        false
    }

    /// What other services of the scope have counted. Only CloudWatch gets it, before each of its turns.
    fn collect(&mut self, _cx: &mut Cx<'_>, readings: Vec<Reading>) {
        unreachable!("this service keeps no metrics, yet got {readings:?}");
    }

    /// Records of failure that have not reached their destinations.
    fn undelivered(&self, _scope: &Scope) -> Vec<Undelivered> {
        Vec::new()
    }
}

/// [`Service`] without its types, so that the world can hold any.
pub(crate) trait DynService: Send {
    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: Val) -> Result<Answer<Val>, WireError>;
    fn next_deadline(&self) -> Option<Timestamp>;
    fn next_routine(&self) -> Option<Timestamp> {
        None
    }
    fn tick(&mut self, cx: &mut Cx<'_>);
    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery);
    fn blocked(&self, scope: &Scope) -> Vec<Blocked>;
    fn measure(&mut self, cx: &mut Cx<'_>);
    fn watches_metrics(&self) -> bool;
    fn collect(&mut self, cx: &mut Cx<'_>, readings: Vec<Reading>);
    fn undelivered(&self, scope: &Scope) -> Vec<Undelivered>;
}

impl<S: Service> DynService for S {
    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: Val) -> Result<Answer<Val>, WireError> {
        let request =
            S::Request::decode(operation, input).ok_or_else(|| WireError::not_implemented(operation))?;
        match Service::call(self, cx, request) {
            Ok(Answer::Now(response)) => Ok(Answer::Now(response.to_val())),
            Ok(Answer::Later(ticket)) => Ok(Answer::Later(ticket)),
            Ok(Answer::Stream(ticket)) => Ok(Answer::Stream(ticket)),
            Err(error) => Err(error.wire()),
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Service::next_deadline(self)
    }

    fn next_routine(&self) -> Option<Timestamp> {
        Service::next_routine(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        Service::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        Service::deliver(self, cx, delivery);
    }

    fn blocked(&self, scope: &Scope) -> Vec<Blocked> {
        Service::blocked(self, scope)
    }

    fn measure(&mut self, cx: &mut Cx<'_>) {
        Service::measure(self, cx);
    }

    fn watches_metrics(&self) -> bool {
        Service::watches_metrics(self)
    }

    fn collect(&mut self, cx: &mut Cx<'_>, readings: Vec<Reading>) {
        Service::collect(self, cx, readings);
    }

    fn undelivered(&self, scope: &Scope) -> Vec<Undelivered> {
        Service::undelivered(self, scope)
    }
}
