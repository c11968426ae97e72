//! Queues: making, naming, listing, setting, tagging, purging and deleting them.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wavetank_types::Arn;
use wavetank_wire::sqs::*;

use super::super::error::SqsError;
use super::super::limits;
use super::attributes::Settings;
use super::queue::Queue;
use super::{Sqs, name_in};
use crate::services::AwsError as _;
use crate::world::{Cx, Effect};

/// What a client may ask of a queue beside its settings.
const STANDING: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// What can be set. Model.
const SETTINGS: [&str; 15] = [
    "Policy",
    "VisibilityTimeout",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "FifoQueue",
    "ContentBasedDeduplication",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

impl Sqs {
    pub(in super::super) fn create_queue(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateQueueInput,
    ) -> Result<CreateQueueOutput, SqsError> {
        let attributes = input.attributes.unwrap_or_default();
        let fifo = attributes.get("FifoQueue").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        check_name(&input.queue_name, fifo)?;
        let settings = Settings::of(fifo).with(&attributes)?;
        let arn = Arn::new("sqs", &cx.scope.region, &cx.scope.account, &input.queue_name).to_string();
        self.check_redrive(cx, &settings, &arn, &attributes)?;
        let queue_url = Some(url(cx, &input.queue_name));
        if let Some(queue) = self.queues.get(&input.queue_name) {
            return match queue.settings.differs(&settings, &attributes) {
                Some(attribute) => Err(SqsError::QueueExists(attribute)),
                None => Ok(CreateQueueOutput { queue_url }),
            };
        }
        let mut queue = Queue::new(&input.queue_name, arn, cx.random(), settings, cx.now);
        queue.tags = input.tags.unwrap_or_default();
        self.queues.insert(input.queue_name, queue);
        Ok(CreateQueueOutput { queue_url })
    }

    /// A dead-letter queue must exist here, be of the same kind, and let this source in.
    ///
    /// Seen in the wild: the first sentence. Assumed: the others.
    fn check_redrive(
        &self,
        cx: &Cx<'_>,
        settings: &Settings,
        source_arn: &str,
        asked: &BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        let Some(text) = asked.get("RedrivePolicy") else { return Ok(()) };
        let Some(redrive) = &settings.redrive else { return Ok(()) };
        let refuse = |reason: &str| Err(SqsError::parameter("RedrivePolicy", text, reason));
        let Some(target) = self.by_arn(cx, &redrive.target) else {
            return refuse("Dead letter target does not exist.");
        };
        if target.settings.fifo != settings.fifo {
            return refuse("Dead-letter queue must be same type of queue as the source.");
        }
        match &target.settings.redrive_allow {
            Some(allow) if !allow.allows(source_arn) => {
                refuse("Queue does not have permission to use the dead-letter queue.")
            }
            _ => Ok(()),
        }
    }

    /// The name is free at once. AWS keeps it for 60 seconds (`QueueDeletedRecently`).
    pub(in super::super) fn delete_queue(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteQueueInput,
    ) -> Result<DeleteQueueOutput, SqsError> {
        let name = self.queue_mut(cx, &input.queue_url)?.name.clone();
        if let Some(queue) = self.queues.remove(&name) {
            if let Some(at) = queue.armed {
                self.deadlines.remove(&(at, name));
            }
            for ticket in queue.waiters.into_keys() {
                cx.push(Effect::Answer(ticket, Err(SqsError::NoSuchQueue.wire())));
            }
        }
        Ok(DeleteQueueOutput {})
    }

    pub(in super::super) fn get_queue_url(
        &self,
        cx: &Cx<'_>,
        input: &GetQueueUrlInput,
    ) -> Result<GetQueueUrlOutput, SqsError> {
        match self.queues.get(&input.queue_name) {
            Some(queue) => Ok(GetQueueUrlOutput { queue_url: Some(url(cx, &queue.name)) }),
            None => Err(SqsError::NoSuchQueue),
        }
    }

    pub(in super::super) fn list_queues(
        &self,
        cx: &Cx<'_>,
        input: &ListQueuesInput,
    ) -> Result<ListQueuesOutput, SqsError> {
        let prefix = input.queue_name_prefix.as_deref().unwrap_or_default();
        let names = self.queues.keys().filter(|name| name.starts_with(prefix));
        let (urls, next_token) = page(cx, names, input.next_token.as_deref(), input.max_results)?;
        Ok(ListQueuesOutput { queue_urls: Some(urls).filter(|urls| !urls.is_empty()), next_token })
    }

    pub(in super::super) fn list_dead_letter_source_queues(
        &mut self,
        cx: &Cx<'_>,
        input: &ListDeadLetterSourceQueuesInput,
    ) -> Result<ListDeadLetterSourceQueuesOutput, SqsError> {
        let arn = self.queue_mut(cx, &input.queue_url)?.arn.clone();
        let names = self.sources_of(&arn).map(|queue| &queue.name);
        let (queue_urls, next_token) = page(cx, names, input.next_token.as_deref(), input.max_results)?;
        Ok(ListDeadLetterSourceQueuesOutput { queue_urls, next_token })
    }

    /// The queues whose dead letters go to this one.
    pub(super) fn sources_of(&self, arn: &str) -> impl Iterator<Item = &Queue> {
        self.queues.values().filter(move |queue| {
            queue.settings.redrive.as_ref().is_some_and(|redrive| redrive.target.to_string() == arn)
        })
    }

    pub(in super::super) fn get_queue_attributes(
        &mut self,
        cx: &Cx<'_>,
        input: &GetQueueAttributesInput,
    ) -> Result<GetQueueAttributesOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let asked = input.attribute_names.as_deref().unwrap_or_default();
        let known = |name: &&String| {
            *name == "All" || SETTINGS.contains(&name.as_str()) || STANDING.contains(&name.as_str())
        };
        if let Some(stranger) = asked.iter().find(|name| !known(name)) {
            return Err(SqsError::UnknownAttribute(stranger.clone()));
        }
        let counts = queue.counts();
        let mut all = queue.settings.shown();
        all.extend([
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
            ("CreatedTimestamp", queue.created.secs().to_string()),
            ("LastModifiedTimestamp", queue.modified.secs().to_string()),
            ("QueueArn", queue.arn.clone()),
        ]);
        let wanted = |name: &str| asked.iter().any(|asked| asked == "All" || asked == name);
        let attributes: BTreeMap<String, String> = all
            .into_iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, text)| (name.to_owned(), text))
            .collect();
        Ok(GetQueueAttributesOutput { attributes: Some(attributes).filter(|all| !all.is_empty()) })
    }

    pub(in super::super) fn set_queue_attributes(
        &mut self,
        cx: &mut Cx<'_>,
        input: &SetQueueAttributesInput,
    ) -> Result<SetQueueAttributesOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let (name, arn) = (queue.name.clone(), queue.arn.clone());
        let settings = queue.settings.with(&input.attributes)?;
        self.check_redrive(cx, &settings, &arn, &input.attributes)?;
        let queue = self.queue_mut(cx, &input.queue_url)?;
        queue.settings = settings;
        queue.modified = cx.now;
        queue.settle(cx.now);
        self.stir(cx, &name);
        self.arm(cx, &name);
        Ok(SetQueueAttributesOutput {})
    }

    pub(in super::super) fn purge_queue(
        &mut self,
        cx: &mut Cx<'_>,
        input: &PurgeQueueInput,
    ) -> Result<PurgeQueueOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        if queue.purged.is_some_and(|at| at + limits::PURGE_INTERVAL > cx.now) {
            return Err(SqsError::PurgeInProgress(queue.name.clone()));
        }
        queue.purged = Some(cx.now);
        queue.clear();
        let name = queue.name.clone();
        self.arm(cx, &name);
        Ok(PurgeQueueOutput {})
    }

    pub(in super::super) fn list_queue_tags(
        &mut self,
        cx: &Cx<'_>,
        input: &ListQueueTagsInput,
    ) -> Result<ListQueueTagsOutput, SqsError> {
        let tags = self.queue_mut(cx, &input.queue_url)?.tags.clone();
        Ok(ListQueueTagsOutput { tags: Some(tags).filter(|tags| !tags.is_empty()) })
    }

    pub(in super::super) fn tag_queue(
        &mut self,
        cx: &Cx<'_>,
        input: TagQueueInput,
    ) -> Result<TagQueueOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let mut tags = queue.tags.clone();
        tags.extend(input.tags);
        if tags.len() > limits::TAGS_MAX {
            // Assumed.
            let why = format!("Too many tags added for queue {}.", queue.name);
            return Err(SqsError::ParameterSaid(why));
        }
        queue.tags = tags;
        Ok(TagQueueOutput {})
    }

    pub(in super::super) fn untag_queue(
        &mut self,
        cx: &Cx<'_>,
        input: &UntagQueueInput,
    ) -> Result<UntagQueueOutput, SqsError> {
        self.queue_mut(cx, &input.queue_url)?.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagQueueOutput {})
    }
}

/// A queue's URL: at the tank's own endpoint where it listens, else AWS's.
fn url(cx: &Cx<'_>, name: &str) -> String {
    let account = &cx.scope.account;
    match cx.endpoint {
        Some(endpoint) => format!("{}/{account}/{name}", endpoint.trim_end_matches('/')),
        None => format!("https://sqs.{}.amazonaws.com/{account}/{name}", cx.scope.region),
    }
}

fn check_name(name: &str, fifo: bool) -> Result<(), SqsError> {
    let stem = if fifo { name.strip_suffix(".fifo") } else { Some(name) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match stem {
        Some(stem) if !stem.is_empty() && stem.bytes().all(plain) && name.len() <= limits::NAME_CHARS_MAX => {
            Ok(())
        }
        _ if fifo => Err(SqsError::FifoName),
        _ => Err(SqsError::Name),
    }
}

/// A page of URLs. Recorded (2025-03-19): the token is the last URL in base64. Documented (model): a token comes only
/// where `MaxResults` was given.
fn page<'a>(
    cx: &Cx<'_>,
    names: impl Iterator<Item = &'a String>,
    token: Option<&str>,
    max: Option<i64>,
) -> Result<(Vec<String>, Option<String>), SqsError> {
    if max.is_some_and(|max| !(1..=limits::PAGE_QUEUES_MAX).contains(&max)) {
        // Assumed.
        let reason = "Must be an integer between 1 and 1000, inclusive.";
        return Err(SqsError::parameter("MaxResults", max.unwrap_or_default(), reason));
    }
    let after = match token {
        Some(token) => {
            let url = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let name = url.as_deref().and_then(name_in).map(str::to_owned);
            // Assumed.
            Bound::Excluded(
                name.ok_or_else(|| SqsError::ParameterSaid("Invalid NextToken value.".to_owned()))?,
            )
        }
        None => Bound::Unbounded,
    };
    let mut names = names.filter(|name| match &after {
        Bound::Excluded(last) => *name > last,
        _ => true,
    });
    let count = usize::try_from(max.unwrap_or(limits::PAGE_QUEUES_MAX)).unwrap_or(0);
    let urls: Vec<String> = names.by_ref().take(count).map(|name| url(cx, name)).collect();
    let more = names.next().is_some() && max.is_some();
    let next = urls.last().filter(|_| more).map(|last| STANDARD.encode(last));
    Ok((urls, next))
}
