//! Making a mapping: its source is looked at first, and the caller waits until that service has replied.

use std::sync::Arc;

use wavetank_types::Timestamp;
use wavetank_wire::lambda::{self as api, Response};
use wavetank_wire::{FromVal as _, Operation, ResponseSet as _, Val, WireError, sqs};

use super::Mappings;
use super::config::{self, Changes, Settings};
use super::env::{FunctionRef, Identity, Owed, Progress};
use super::error::MappingRefusal;
use super::mapping::{Mapping, Poller, State, Then};
use super::queue::QueuePoller;
use super::source::{QueueSource, Source};
use super::stream::StreamPoller;
use crate::services::AwsError as _;
use crate::services::lambda::Refusal;
use crate::world::{Answer, Cx, Effect, Ticket};

/// A mapping that waits for its source's word.
#[derive(Debug)]
pub(super) struct Pending {
    ticket: Ticket,
    uuid: String,
    function: FunctionRef,
    timeout_secs: u64,
    source: Source,
    settings: Settings,
    is_enabled: bool,
    /// What has been learnt so far.
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// Is there such a stream?
    Stream,
    /// There is; is there such a consumer?
    Consumer(std::time::Duration),
    /// What is the queue's address?
    QueueUrl,
    /// It is this; how long is its visibility timeout?
    Queue(String),
}

impl Mappings {
    /// Refuses what can be refused at once, then asks the source.
    pub(in super::super) fn create(
        &mut self,
        cx: &mut Cx<'_>,
        function: FunctionRef,
        timeout_secs: u64,
        input: &api::CreateEventSourceMappingInput,
    ) -> Result<Answer<Response>, Refusal> {
        let changes = Changes::of_create(input)?;
        let source = Source::parse(input.event_source_arn.as_deref().unwrap_or_default())?;
        let position = input.starting_position.as_deref();
        let start = config::start(cx.now, &source, position, input.starting_position_timestamp)?;
        let settings = Settings::default_of(&source, start).with(&source, changes)?;
        self.check_unmapped(&source, &function)?;
        let ticket = cx.ticket();
        let token = cx.number();
        let step = match &source {
            Source::Stream(stream) => {
                stream.describe(cx, token);
                Step::Stream
            }
            Source::Queue(queue) => {
                ask_for_url(cx, queue, token);
                Step::QueueUrl
            }
        };
        let pending = Pending {
            ticket,
            uuid: cx.uuid(),
            function,
            timeout_secs,
            source,
            settings,
            is_enabled: input.enabled.unwrap_or(true),
            step,
        };
        self.out.owed.insert(token, Owed::Create(Box::new(pending)));
        Ok(Answer::Later(ticket))
    }

    /// A source is mapped to a function once.
    fn check_unmapped(&self, source: &Source, function: &FunctionRef) -> Result<(), MappingRefusal> {
        let is_same = |mapping: &&Mapping| {
            mapping.source.arn() == source.arn() && mapping.identity.function.arn == function.arn
        };
        let Some(mapping) = self.all.values().find(is_same) else { return Ok(()) };
        let (source_arn, function) = (source.arn().to_owned(), function.name.clone());
        let uuid = mapping.identity.uuid.to_string();
        Err(match source {
            Source::Stream(_) => MappingRefusal::StreamMapped { source_arn, function, uuid },
            Source::Queue(_) => MappingRefusal::QueueMapped { source_arn, function, uuid },
        })
    }

    /// The source has replied: the next question, or the mapping, or a refusal.
    pub(super) fn source_replied(
        &mut self,
        cx: &mut Cx<'_>,
        mut pending: Box<Pending>,
        result: Result<Val, WireError>,
    ) {
        let ticket = pending.ticket;
        match self.learn(cx, &mut pending, result) {
            Ok(None) => {
                let token = cx.number();
                match (&pending.source, &pending.step) {
                    (Source::Stream(stream), _) => stream.describe_consumer(cx, token),
                    (Source::Queue(queue), Step::Queue(url)) => ask_for_attributes(cx, queue, url, token),
                    (Source::Queue(queue), _) => ask_for_url(cx, queue, token),
                }
                self.out.owed.insert(token, Owed::Create(pending));
            }
            Ok(Some(poller)) => {
                let answer = self.insert(cx, *pending, poller);
                let answer = Response::CreateEventSourceMapping(answer).to_val();
                cx.push(Effect::Answer(ticket, Ok(answer)));
            }
            Err(refusal) => cx.push(Effect::Answer(ticket, Err(refusal.wire()))),
        }
    }

    /// What the reply says: a poller when enough is known.
    fn learn(
        &self,
        cx: &Cx<'_>,
        pending: &mut Pending,
        result: Result<Val, WireError>,
    ) -> Result<Option<Poller>, Refusal> {
        let arn = pending.source.arn().to_owned();
        match (&pending.source, &pending.step) {
            (Source::Stream(stream), step) => {
                let reply = result.map_err(|error| no_stream(&error, arn))?;
                let retention = match step {
                    Step::Consumer(retention) => *retention,
                    _ => stream.retention(reply),
                };
                if stream.is_consumer && !matches!(step, Step::Consumer(_)) {
                    pending.step = Step::Consumer(retention);
                    return Ok(None);
                }
                let poller = StreamPoller::new(stream.clone(), retention);
                self.check_unmapped(&pending.source, &pending.function)?;
                Ok(Some(Poller::Stream(Box::new(poller))))
            }
            (Source::Queue(queue), step) => {
                let reply = result.map_err(no_queue)?;
                if let Step::Queue(url) = step {
                    let timeout_secs = pending.timeout_secs;
                    check_visibility(reply, timeout_secs)?;
                    let poller = QueuePoller::new(queue.clone(), url.clone());
                    self.check_unmapped(&pending.source, &pending.function)?;
                    return Ok(Some(Poller::Queue(Box::new(poller))));
                }
                let url = <sqs::GetQueueUrl as Operation>::Output::from_val(reply).queue_url;
                tracing::trace!(now = ?cx.now, ?url, "a mapping's queue has an address");
                pending.step = Step::Queue(url.unwrap_or_default());
                Ok(None)
            }
        }
    }

    fn insert(
        &mut self,
        cx: &mut Cx<'_>,
        pending: Pending,
        poller: Poller,
    ) -> api::EventSourceMappingConfiguration {
        let then = if pending.is_enabled { Then::Enabled } else { Then::Disabled };
        let last_result = "No records processed".to_owned();
        let mut mapping = Mapping {
            identity: Identity {
                uuid: pending.uuid.as_str().into(),
                epoch: 0,
                function: Arc::new(pending.function),
            },
            source: pending.source,
            settings: pending.settings,
            state: State::Creating,
            then: None,
            modified: Timestamp::TANK_EPOCH,
            progress: Progress { last_result, running: 0 },
            poller,
        };
        mapping.change(cx, &mut self.out, State::Creating, then);
        let out = mapping.describe(cx.scope);
        self.all.insert(pending.uuid, mapping);
        out
    }
}

fn ask_for_url(cx: &mut Cx<'_>, queue: &QueueSource, token: u64) {
    let input = sqs::GetQueueUrlInput {
        queue_name: queue.name.clone(),
        queue_owner_aws_account_id: Some(queue.account()),
    };
    queue.ask::<sqs::GetQueueUrl>(cx, input, Some(token));
}

fn ask_for_attributes(cx: &mut Cx<'_>, queue: &QueueSource, url: &str, token: u64) {
    let input = sqs::GetQueueAttributesInput {
        queue_url: url.to_owned(),
        attribute_names: Some(vec!["VisibilityTimeout".to_owned()]),
    };
    queue.ask::<sqs::GetQueueAttributes>(cx, input, Some(token));
}

fn check_visibility(reply: Val, timeout_secs: u64) -> Result<(), MappingRefusal> {
    let attributes = <sqs::GetQueueAttributes as Operation>::Output::from_val(reply).attributes;
    let visibility = attributes.and_then(|all| all.get("VisibilityTimeout")?.parse().ok());
    match visibility {
        Some(visibility_secs) if visibility_secs < timeout_secs => {
            Err(MappingRefusal::VisibilityTooShort { visibility_secs, timeout_secs })
        }
        _ => Ok(()),
    }
}

/// What the tank has not is said as such; anything else means that there is no such stream.
fn no_stream(error: &WireError, arn: String) -> Refusal {
    if error.code == "NotImplemented" {
        return Refusal::NotBuilt(format!("event source mappings of a stream: {}", error.message));
    }
    MappingRefusal::NoStream(arn).into()
}

fn no_queue(error: WireError) -> Refusal {
    if error.code == "NotImplemented" {
        return Refusal::NotBuilt(format!("event source mappings of a queue: {}", error.message));
    }
    // The code that older clients know, as the recorded sentence has it.
    let code = match error.code.as_str() {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        _ => error.code,
    };
    MappingRefusal::NoQueue { code, message: error.message }.into()
}
