//! The topics of one account and region, their subscriptions, and the deliveries that are under way.
//!
//! `topics.rs`, `policy.rs` and `subscriptions.rs` hold what can be set, `publish.rs` what is sent, `deliver.rs` how it
//! reaches its subscribers, `envelope.rs` what they read, `retry.rs` when one that did not take a message is asked again.

mod deliver;
mod envelope;
mod metrics;
mod policy;
mod publish;
mod retry;
mod subscriptions;
mod topics;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wavetank_types::{AccountId, Arn, Timestamp};
use wavetank_wire::OperationSet as _;
use wavetank_wire::sns::{PublishOutput, Request, Response};

use super::error::SnsError;
use super::filter::Filter;
use crate::services::ServiceId;
use crate::world::{Address, Answer, Cx, Effect, JobId, Scope, Ticket};
use deliver::Parcel;

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    arn: String,
    fifo: bool,
    /// What was set, as it is shown: display name, delivery policy, feedback roles and the like.
    attributes: BTreeMap<String, String>,
    policy: Value,
    tags: BTreeMap<String, String>,
    /// By ARN.
    subscriptions: BTreeMap<String, Subscription>,
    subscriptions_deleted: u64,
    published: Published,
    sequence: u64,
}

/// What was published in the last five minutes, by scope and deduplication id.
#[derive(Debug, Default)]
struct Published {
    known: BTreeMap<(String, String), PublishOutput>,
    ends: BTreeSet<(Timestamp, (String, String))>,
}

impl Published {
    /// What the first message of this id was answered, if it is remembered.
    fn known(&mut self, now: Timestamp, key: &(String, String)) -> Option<&PublishOutput> {
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.known.remove(&key);
            }
        }
        self.known.get(key)
    }

    fn remember(&mut self, until: Timestamp, key: (String, String), answer: PublishOutput) {
        self.ends.insert((until, key.clone()));
        self.known.insert(key, answer);
    }
}

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    arn: String,
    topic_arn: String,
    protocol: String,
    endpoint: String,
    owner: String,
    principal: String,
    confirmed: bool,
    /// The token that confirms it, and until when.
    token: Option<(String, Timestamp)>,
    raw: bool,
    filter: Option<Filter>,
    /// The filter looks at the message's body, not at its attributes.
    filters_body: bool,
    dead_letters: Option<Arn>,
    /// What was set, as it is shown.
    attributes: BTreeMap<String, String>,
}

/// The topics of one account and region.
#[derive(Debug, Default)]
pub struct Sns {
    /// By name.
    topics: BTreeMap<String, Topic>,
    /// Deliveries to other services, by the token of their reply.
    sent: BTreeMap<u64, Parcel>,
    /// Deliveries over HTTP.
    posted: BTreeMap<JobId, Parcel>,
    /// Deliveries that are tried again.
    again: BTreeMap<(Timestamp, u64), Parcel>,
    /// Answers that other accounts' topics owe our callers, by token.
    owed: BTreeMap<u64, Ticket>,
}

impl Sns {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.again.first_key_value().map(|((at, _), _)| *at)
    }

    /// Tries again what is due.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        while let Some(entry) = self.again.first_entry() {
            if entry.key().0 > cx.now {
                break;
            }
            let parcel = entry.remove();
            self.hand_over(cx, parcel);
        }
    }

    /// Hands a request for another account's topic on to that account. Policies are kept, not enforced.
    pub(super) fn forward(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request,
    ) -> Result<Option<Answer<Response>>, SnsError> {
        let Some((name, arn)) = topic_of(request) else { return Ok(None) };
        // Recorded: of a confirmation's topic AWS says no more than that it is wrong.
        let arn =
            parse(name, arn).map_err(|why| if name == "Topic" { SnsError::parameter(name) } else { why })?;
        if arn.region != cx.scope.region.as_str() || arn.service != "sns" {
            return Err(SnsError::parameter(name));
        }
        let account: AccountId = arn.account.parse().map_err(|_| SnsError::parameter(name))?;
        if account == cx.scope.account {
            return Ok(None);
        }
        let (token, ticket) = (cx.number(), cx.ticket());
        self.owed.insert(token, ticket);
        let scope = Scope { account, region: cx.scope.region.clone() };
        let to = Address { service: ServiceId::Sns, scope };
        let (operation, input) = (request.operation(), request.clone().to_val());
        cx.push(Effect::Call { to, operation, input, reply: Some(token) });
        Ok(Some(Answer::Later(ticket)))
    }

    fn topic(&self, arn: &str) -> Result<&Topic, SnsError> {
        let name = parse("TopicArn", arn)?.resource;
        self.topics.get(&name).ok_or(SnsError::NoTopic)
    }

    fn topic_mut(&mut self, arn: &str) -> Result<&mut Topic, SnsError> {
        let name = parse("TopicArn", arn)?.resource;
        self.topics.get_mut(&name).ok_or(SnsError::NoTopic)
    }

    fn subscription_mut(&mut self, arn: &str) -> Option<&mut Subscription> {
        let topic = arn.rsplit_once(':').map(|(topic, _)| topic)?;
        self.topic_mut(topic).ok()?.subscriptions.get_mut(arn)
    }
}

/// An ARN, or AWS's complaint about it.
fn parse(name: &str, text: &str) -> Result<Arn, SnsError> {
    let count = text.split(':').count();
    if count < 6 {
        let why = format!("{name} Reason: An ARN must have at least 6 elements, not {count}");
        return Err(SnsError::parameter(why));
    }
    text.parse().map_err(|_| SnsError::parameter(name))
}

/// The topic that a request names, and by which parameter.
fn topic_of(request: &Request) -> Option<(&'static str, &str)> {
    let arn = match request {
        Request::Publish(input) => return Some(("TopicArn", input.topic_arn.as_deref()?)),
        Request::AddPermission(input) => &input.topic_arn,
        Request::ConfirmSubscription(input) => return Some(("Topic", &input.topic_arn)),
        Request::DeleteTopic(input) => &input.topic_arn,
        Request::GetTopicAttributes(input) => &input.topic_arn,
        Request::ListSubscriptionsByTopic(input) => &input.topic_arn,
        Request::PublishBatch(input) => &input.topic_arn,
        Request::RemovePermission(input) => &input.topic_arn,
        Request::SetTopicAttributes(input) => &input.topic_arn,
        Request::Subscribe(input) => &input.topic_arn,
        Request::CreateTopic(_)
        | Request::GetSubscriptionAttributes(_)
        | Request::ListSubscriptions(_)
        | Request::ListTagsForResource(_)
        | Request::ListTopics(_)
        | Request::SetSubscriptionAttributes(_)
        | Request::TagResource(_)
        | Request::Unsubscribe(_)
        | Request::UntagResource(_) => return None,
    };
    Some(("TopicArn", arn))
}
