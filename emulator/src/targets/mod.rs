//! What EventBridge's rules and EventBridge Scheduler call: an API request to the resource that an ARN names, with a payload.
//!
//! [`ask`] builds the request, `universal.rs` one of any operation, `retry.rs` says when a refusal is tried again and what goes to a
//! dead-letter queue. Left out, and refused by name: targets of services that a tank does not have, and S3's operations.
//! Who calls sends an effect and waits for the reply; nothing here knows a service but by its id.

mod retry;
mod universal;

use std::collections::BTreeMap;

use bytes::Bytes;
use wavetank_types::{Arn, Region};
use wavetank_wire::{Operation, ToVal as _, Val, events, firehose, glue, kinesis, lambda, sns, sqs};

use crate::services::ServiceId;
use crate::world::{Address, Effect, Scope};

pub(crate) use retry::{Exhausted, Next, RetryPolicy, error_code, is_passing, letter};
pub(crate) use universal::Universal;

/// A request to a target.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    to: Address,
    operation: &'static str,
    input: Val,
}

impl Ask {
    /// Of a known operation, where an ARN says.
    pub(crate) fn of<O: Operation>(service: ServiceId, scope: Scope, input: O::Input) -> Self {
        Self { to: Address { service, scope }, operation: O::NAME, input: input.to_val() }
    }

    /// The effect; the reply comes with this token.
    pub(crate) fn effect(self, reply: Option<u64>) -> Effect {
        let Self { to, operation, input } = self;
        Effect::Call { to, operation, input, reply }
    }
}

/// Why there is no such request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoTarget {
    /// AWS has such targets, this tank does not.
    NotBuilt(String),
    /// No service has.
    Invalid(String),
}

/// What some kinds of targets need besides the payload.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extras<'a> {
    /// The message group of a FIFO queue.
    pub(crate) group: Option<&'a str>,
    /// The partition key of a stream's record.
    pub(crate) partition_key: &'a str,
    /// The source and the detail type of an event that the payload is the detail of.
    pub(crate) event: Option<(&'a str, &'a str)>,
    /// The id of an event that starts a workflow. Only rules have such targets.
    pub(crate) event_id: Option<&'a str>,
}

/// A request to the resource of this ARN. Region and account are the ARN's, or else the caller's.
pub(crate) fn ask(arn: &Arn, payload: &str, extras: Extras<'_>, own: &Scope) -> Result<Ask, NoTarget> {
    let scope = scope_of(arn, own);
    let last = || arn.resource.rsplit('/').next().unwrap_or_default().to_owned();
    let bytes = || Bytes::from(payload.to_owned());
    let text = payload.to_owned();
    Ok(match arn.service.as_str() {
        "lambda" => {
            let input = lambda::InvokeInput {
                function_name: arn.to_string(),
                invocation_type: Some("Event".to_owned()),
                payload: Some(bytes()),
                ..lambda::InvokeInput::default()
            };
            Ask::of::<lambda::Invoke>(ServiceId::Lambda, scope, input)
        }
        "sqs" => {
            let input = sqs::SendMessageInput {
                queue_url: queue_url(arn),
                message_body: text,
                message_group_id: extras.group.map(str::to_owned),
                ..sqs::SendMessageInput::default()
            };
            Ask::of::<sqs::SendMessage>(ServiceId::Sqs, scope, input)
        }
        "sns" => {
            let input = sns::PublishInput {
                topic_arn: Some(arn.to_string()),
                message: text,
                ..sns::PublishInput::default()
            };
            Ask::of::<sns::Publish>(ServiceId::Sns, scope, input)
        }
        "kinesis" => {
            let input = kinesis::PutRecordInput {
                stream_arn: Some(arn.to_string()),
                data: bytes(),
                partition_key: Some(extras.partition_key.to_owned()),
                ..kinesis::PutRecordInput::default()
            };
            Ask::of::<kinesis::PutRecord>(ServiceId::Kinesis, scope, input)
        }
        "firehose" => {
            let record = firehose::Record { data: bytes() };
            let input = firehose::PutRecordInput { delivery_stream_name: last(), record };
            Ask::of::<firehose::PutRecord>(ServiceId::Firehose, scope, input)
        }
        "events" if arn.resource.starts_with("event-bus/") && extras.event.is_some() => {
            let (source, detail_type) = extras.event.unwrap_or_default();
            let entry = events::PutEventsRequestEntry {
                source: Some(source.to_owned()),
                detail_type: Some(detail_type.to_owned()),
                detail: Some(text),
                event_bus_name: Some(arn.to_string()),
                ..events::PutEventsRequestEntry::default()
            };
            let input = events::PutEventsInput { entries: vec![entry], endpoint_id: None };
            Ask::of::<events::PutEvents>(ServiceId::Events, scope, input)
        }
        "glue" if arn.resource.starts_with("workflow/") && extras.event_id.is_some() => {
            // AWS's own call for events is in no model; Glue knows one by this property, which AWS gives the run.
            let id = extras.event_id.unwrap_or_default().to_owned();
            let input = glue::StartWorkflowRunInput {
                name: last(),
                run_properties: Some(BTreeMap::from([("aws:eventIds".to_owned(), id)])),
            };
            Ask::of::<glue::StartWorkflowRun>(ServiceId::Glue, scope, input)
        }
        other => return Err(NoTarget::NotBuilt(format!("targets of {other}"))),
    })
}

/// The account and region of an ARN, or the caller's where it says none.
pub(crate) fn scope_of(arn: &Arn, own: &Scope) -> Scope {
    let account = arn.account.parse().unwrap_or_else(|_| own.account.clone());
    let region = if arn.region.is_empty() { own.region.clone() } else { Region::new(arn.region.as_str()) };
    Scope { account, region }
}

fn queue_url(queue: &Arn) -> String {
    format!("https://sqs.{}.amazonaws.com/{}/{}", queue.region, queue.account, queue.resource)
}
