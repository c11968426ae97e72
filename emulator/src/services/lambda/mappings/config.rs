//! A mapping's settings: read from a request, checked against what its source allows, and shown as AWS shows them.
//!
//! Refused by name: provisioned pollers, metrics, keys, tags, and the settings of Kafka, MQ and DocumentDB.

use std::time::Duration;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::lambda as api;

use super::error::MappingRefusal;
use super::filter::Filters;
use super::limits;
use super::source::{Kind, Position, Source};
use crate::services::lambda::Refusal;

/// How a mapping reads and retries.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) batch_size: usize,
    pub(super) window: Duration,
    pub(super) parallelization: usize,
    /// None: until the record expires.
    pub(super) retries: Option<u32>,
    pub(super) age_max: Option<Duration>,
    pub(super) bisects: bool,
    pub(super) tumbling: Option<Duration>,
    pub(super) reports_failures: bool,
    pub(super) filters: Filters,
    pub(super) on_failure: Option<String>,
    pub(super) concurrency_max: Option<u64>,
    pub(super) start: Position,
}

/// What CreateEventSourceMapping and UpdateEventSourceMapping may both say.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) batch_size: Option<i64>,
    pub(super) window: Option<i64>,
    pub(super) parallelization: Option<i64>,
    pub(super) retries: Option<i64>,
    pub(super) age: Option<i64>,
    pub(super) bisects: Option<bool>,
    pub(super) tumbling: Option<i64>,
    pub(super) responses: Option<Vec<String>>,
    pub(super) filters: Option<api::FilterCriteria>,
    pub(super) destination: Option<api::DestinationConfig>,
    pub(super) scaling: Option<api::ScalingConfig>,
}

fn unbuilt(asked: bool, what: &str) -> Result<(), Refusal> {
    if asked { Err(Refusal::NotBuilt(format!("{what} of event source mappings"))) } else { Ok(()) }
}

impl Changes {
    pub(super) fn of_create(input: &api::CreateEventSourceMappingInput) -> Result<Self, Refusal> {
        unbuilt(input.self_managed_event_source.is_some(), "SelfManagedEventSource")?;
        unbuilt(input.topics.is_some(), "Topics")?;
        unbuilt(input.queues.is_some(), "Queues")?;
        unbuilt(input.source_access_configurations.is_some(), "SourceAccessConfigurations")?;
        unbuilt(
            input.amazon_managed_kafka_event_source_config.is_some(),
            "AmazonManagedKafkaEventSourceConfig",
        )?;
        unbuilt(input.self_managed_kafka_event_source_config.is_some(), "SelfManagedKafkaEventSourceConfig")?;
        unbuilt(input.document_db_event_source_config.is_some(), "DocumentDBEventSourceConfig")?;
        unbuilt(input.provisioned_poller_config.is_some(), "ProvisionedPollerConfig")?;
        unbuilt(input.metrics_config.is_some(), "MetricsConfig")?;
        unbuilt(input.logging_config.is_some(), "LoggingConfig")?;
        unbuilt(input.kms_key_arn.as_ref().is_some_and(|arn| !arn.is_empty()), "KMSKeyArn")?;
        unbuilt(input.tags.as_ref().is_some_and(|tags| !tags.is_empty()), "Tags")?;
        Ok(Self {
            batch_size: input.batch_size,
            window: input.maximum_batching_window_in_seconds,
            parallelization: input.parallelization_factor,
            retries: input.maximum_retry_attempts,
            age: input.maximum_record_age_in_seconds,
            bisects: input.bisect_batch_on_function_error,
            tumbling: input.tumbling_window_in_seconds,
            responses: input.function_response_types.clone(),
            filters: input.filter_criteria.clone(),
            destination: input.destination_config.clone(),
            scaling: input.scaling_config.clone(),
        })
    }

    pub(super) fn of_update(input: &api::UpdateEventSourceMappingInput) -> Result<Self, Refusal> {
        unbuilt(input.source_access_configurations.is_some(), "SourceAccessConfigurations")?;
        unbuilt(
            input.amazon_managed_kafka_event_source_config.is_some(),
            "AmazonManagedKafkaEventSourceConfig",
        )?;
        unbuilt(input.self_managed_kafka_event_source_config.is_some(), "SelfManagedKafkaEventSourceConfig")?;
        unbuilt(input.document_db_event_source_config.is_some(), "DocumentDBEventSourceConfig")?;
        unbuilt(input.provisioned_poller_config.is_some(), "ProvisionedPollerConfig")?;
        unbuilt(input.metrics_config.is_some(), "MetricsConfig")?;
        unbuilt(input.logging_config.is_some(), "LoggingConfig")?;
        unbuilt(input.kms_key_arn.as_ref().is_some_and(|arn| !arn.is_empty()), "KMSKeyArn")?;
        Ok(Self {
            batch_size: input.batch_size,
            window: input.maximum_batching_window_in_seconds,
            parallelization: input.parallelization_factor,
            retries: input.maximum_retry_attempts,
            age: input.maximum_record_age_in_seconds,
            bisects: input.bisect_batch_on_function_error,
            tumbling: input.tumbling_window_in_seconds,
            responses: input.function_response_types.clone(),
            filters: input.filter_criteria.clone(),
            destination: input.destination_config.clone(),
            scaling: input.scaling_config.clone(),
        })
    }

    /// What only streams have must not be said of a queue, and the reverse. AWS's defaults are let through.
    fn check_source(&self, source: &Source) -> Result<(), MappingRefusal> {
        let refuse = |source_kind, asked: &[(&'static str, bool)]| {
            let wrong = asked.iter().find(|(_, asked)| *asked);
            wrong.map_or(Ok(()), |(member, _)| Err(MappingRefusal::NotForSource { member, source_kind }))
        };
        match source {
            Source::Stream(stream) => {
                let scaled =
                    self.scaling.as_ref().is_some_and(|scaling| scaling.maximum_concurrency.is_some());
                refuse(stream.kind(), &[("ScalingConfig", scaled)])
            }
            Source::Queue(_) => refuse(
                "SQS",
                &[
                    ("ParallelizationFactor", self.parallelization.is_some_and(|n| n != 1)),
                    ("MaximumRetryAttempts", self.retries.is_some_and(|n| n != -1)),
                    ("MaximumRecordAgeInSeconds", self.age.is_some_and(|n| n != -1)),
                    ("BisectBatchOnFunctionError", self.bisects == Some(true)),
                    ("TumblingWindowInSeconds", self.tumbling.is_some_and(|n| n != 0)),
                    ("DestinationConfig", on_failure(self.destination.as_ref()).is_some()),
                ],
            ),
        }
    }
}

fn on_failure(destination: Option<&api::DestinationConfig>) -> Option<String> {
    let arn = destination.and_then(|config| config.on_failure.as_ref()?.destination.clone());
    arn.filter(|arn| !arn.is_empty())
}

/// SQS queues, SNS topics and buckets; Kafka topics are refused by name.
fn check_destination(text: &str) -> Result<(), Refusal> {
    let bad = || MappingRefusal::BadDestination(text.to_owned());
    let arn: Arn = text.parse().map_err(|_| {
        if text.starts_with("kafka://") {
            Refusal::NotBuilt("Kafka topics as destinations of event source mappings".to_owned())
        } else {
            bad().into()
        }
    })?;
    match arn.service.as_str() {
        "sqs" | "sns" if arn.account.len() == 12 => Ok(()),
        "s3" => Ok(()),
        _ => Err(bad().into()),
    }
}

impl Settings {
    /// What applies when the request says nothing.
    pub(super) fn default_of(source: &Source, start: Position) -> Self {
        let batch_size = match source {
            Source::Stream(_) => limits::STREAM_BATCH_RECORDS_DEFAULT,
            Source::Queue(_) => limits::QUEUE_BATCH_MESSAGES_DEFAULT,
        };
        Self {
            batch_size: usize::try_from(batch_size).unwrap_or(usize::MAX),
            window: Duration::ZERO,
            parallelization: 1,
            retries: None,
            age_max: None,
            bisects: false,
            tumbling: None,
            reports_failures: false,
            filters: Filters::default(),
            on_failure: None,
            concurrency_max: None,
            start,
        }
    }

    /// These settings with the changes, if they are allowed. Ranges were checked by the API's model.
    pub(super) fn with(mut self, source: &Source, changes: Changes) -> Result<Self, Refusal> {
        changes.check_source(source)?;
        let secs = |secs: i64| Duration::from_secs(secs.try_into().unwrap_or(0));
        let count = |n: i64| usize::try_from(n).unwrap_or(1).max(1);
        if let Some(n) = changes.batch_size {
            self.batch_size = count(n);
        }
        if let Some(n) = changes.window {
            self.window = secs(n);
        }
        if let Some(n) = changes.parallelization {
            self.parallelization = count(n);
        }
        if let Some(n) = changes.retries {
            self.retries = u32::try_from(n).ok();
        }
        if let Some(n) = changes.age {
            if (0..limits::RECORD_AGE_SECS_MIN).contains(&n) {
                return Err(MappingRefusal::RecordAgeTooShort.into());
            }
            self.age_max = u64::try_from(n).ok().map(Duration::from_secs);
        }
        self.bisects = changes.bisects.unwrap_or(self.bisects);
        if let Some(n) = changes.tumbling {
            self.tumbling = Some(secs(n)).filter(|span| !span.is_zero());
        }
        if let Some(kinds) = changes.responses {
            self.reports_failures =
                kinds.iter().any(|kind| kind == api::function_response_type::REPORT_BATCH_ITEM_FAILURES);
        }
        if let Some(criteria) = changes.filters {
            self.filters = Filters::parse(source, criteria)?;
        }
        if changes.destination.is_some() {
            self.on_failure = on_failure(changes.destination.as_ref());
            self.on_failure.as_deref().map_or(Ok(()), check_destination)?;
        }
        if let Some(scaling) = changes.scaling {
            self.concurrency_max = scaling.maximum_concurrency.and_then(|n| u64::try_from(n).ok());
        }
        self.check(source)?;
        Ok(self)
    }

    fn check(&self, source: &Source) -> Result<(), Refusal> {
        let without_window = usize::try_from(limits::BATCH_WITHOUT_WINDOW_MAX).unwrap_or(usize::MAX);
        if let Source::Queue(queue) = source {
            if queue.is_fifo && !self.window.is_zero() {
                return Err(MappingRefusal::WindowOnFifo.into());
            }
            if queue.is_fifo && self.batch_size > without_window {
                return Err(MappingRefusal::BatchTooLargeForFifo.into());
            }
            if self.batch_size > without_window && self.window.is_zero() {
                return Err(MappingRefusal::WindowNeeded.into());
            }
        }
        if let Some(tumbling) = self.tumbling {
            if !self.window.is_zero() && self.window >= tumbling {
                return Err(MappingRefusal::WindowsClash.into());
            }
            unbuilt(self.parallelization > 1, "TumblingWindowInSeconds together with ParallelizationFactor")?;
        }
        Ok(())
    }

    /// As AWS shows them. A stream's mapping has members that a queue's has not.
    pub(super) fn describe(&self, source: &Source, out: &mut api::EventSourceMappingConfiguration) {
        let secs = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        out.batch_size = i64::try_from(self.batch_size).ok();
        out.maximum_batching_window_in_seconds = Some(secs(self.window));
        out.filter_criteria = self.filters.describe();
        let reports = || vec![api::function_response_type::REPORT_BATCH_ITEM_FAILURES.to_owned()];
        out.function_response_types = Some(if self.reports_failures { reports() } else { Vec::new() });
        if let Source::Queue(_) = source {
            out.scaling_config = self
                .concurrency_max
                .map(|n| api::ScalingConfig { maximum_concurrency: i64::try_from(n).ok() });
            return;
        }
        out.parallelization_factor = i64::try_from(self.parallelization).ok();
        out.maximum_retry_attempts = Some(self.retries.map_or(-1, i64::from));
        out.maximum_record_age_in_seconds = Some(self.age_max.map_or(-1, secs));
        out.bisect_batch_on_function_error = Some(self.bisects);
        out.tumbling_window_in_seconds = Some(self.tumbling.map_or(0, secs));
        out.destination_config = Some(api::DestinationConfig {
            on_success: None,
            on_failure: Some(api::OnFailure { destination: self.on_failure.clone() }),
        });
        let (position, timestamp) = match &self.start {
            Position::Horizon => (api::event_source_position::TRIM_HORIZON, None),
            Position::Time(at) => (api::event_source_position::AT_TIMESTAMP, Some(*at)),
            Position::Latest | Position::After(_) => (api::event_source_position::LATEST, None),
        };
        out.starting_position = Some(position.to_owned());
        out.starting_position_timestamp = timestamp;
    }
}

/// Where a new mapping starts.
pub(super) fn start(
    now: Timestamp,
    source: &Source,
    position: Option<&str>,
    timestamp: Option<Timestamp>,
) -> Result<Position, MappingRefusal> {
    if let Source::Queue(_) = source {
        return match (position, timestamp) {
            (None, None) => Ok(Position::Latest),
            _ => Err(MappingRefusal::NotForSource { member: "StartingPosition", source_kind: "SQS" }),
        };
    }
    match (position.ok_or(MappingRefusal::NoStartingPosition)?, timestamp) {
        (api::event_source_position::AT_TIMESTAMP, _) if matches!(source, Source::Stream(stream) if stream.kind == Kind::DynamoDb) => {
            Err(MappingRefusal::NoTimestampFor(source.arn().to_owned()))
        }
        (api::event_source_position::AT_TIMESTAMP, None) => Err(MappingRefusal::TimestampNeeded),
        (api::event_source_position::AT_TIMESTAMP, Some(at)) if at.millis() < 0 => {
            Err(MappingRefusal::TimestampNegative)
        }
        (api::event_source_position::AT_TIMESTAMP, Some(at)) if at > now => {
            Err(MappingRefusal::TimestampInFuture)
        }
        (api::event_source_position::AT_TIMESTAMP, Some(at)) => Ok(Position::Time(at)),
        (_, Some(_)) => Err(MappingRefusal::TimestampNotWanted),
        (api::event_source_position::TRIM_HORIZON, None) => Ok(Position::Horizon),
        (_, None) => Ok(Position::Latest),
    }
}
