//! Subscriptions: making, confirming, setting, listing and ending them.
//!
//! Queues, functions and streams of the topic's own account are confirmed at once; others by the token that is sent to
//! them. E-mail and SMS subscriptions are never confirmed: nothing is sent.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::Arn;
use wavetank_wire::sns::*;

use super::super::error::SnsError;
use super::super::filter::Filter;
use super::super::limits;
use super::retry::check_retries;
use super::topics::page;
use super::{Sns, Subscription, Topic, parse};
use crate::world::Cx;

impl Sns {
    pub(in super::super) fn subscribe(
        &mut self,
        cx: &mut Cx<'_>,
        input: SubscribeInput,
    ) -> Result<SubscribeOutput, SnsError> {
        let topic = self.topic_mut(&input.topic_arn)?;
        let endpoint = input.endpoint.unwrap_or_default();
        let owned = check_endpoint(cx, topic.fifo, &input.protocol, &endpoint)?;
        let mut made = Subscription {
            arn: format!("{}:{}", topic.arn, cx.uuid()),
            topic_arn: topic.arn.clone(),
            protocol: input.protocol,
            endpoint,
            owner: cx.scope.account.to_string(),
            principal: format!("arn:aws:iam::{}:root", cx.scope.account),
            confirmed: owned,
            token: None,
            raw: false,
            filter: None,
            filters_body: false,
            dead_letters: None,
            attributes: BTreeMap::new(),
        };
        made.set_all(topic.fifo, input.attributes.unwrap_or_default())?;
        if made.protocol == "firehose" && !made.attributes.contains_key("SubscriptionRoleArn") {
            // Assumed.
            return Err(SnsError::parameter(
                "Attributes Reason: SubscriptionRoleArn: no value for required parameter",
            ));
        }
        let same = |one: &&Subscription| (&one.protocol, &one.endpoint) == (&made.protocol, &made.endpoint);
        let shown = |one: &Subscription| {
            let shown = one.confirmed || input.return_subscription_arn == Some(true);
            let arn = if shown { one.arn.clone() } else { "pending confirmation".to_owned() };
            SubscribeOutput { subscription_arn: Some(arn) }
        };
        if let Some(there) = topic.subscriptions.values().find(same) {
            let differs = |name: &String| there.attributes.get(name) != made.attributes.get(name);
            if made.attributes.keys().any(differs) {
                let why = "Attributes Reason: Subscription already exists with different attributes";
                return Err(SnsError::parameter(why));
            }
            return Ok(shown(there));
        }
        let output = shown(&made);
        if !made.confirmed {
            made.token = Some((cx.hex(128), cx.now + limits::TOKEN));
        }
        topic.subscriptions.insert(made.arn.clone(), made.clone());
        if !made.confirmed {
            self.ask(cx, &made);
        }
        Ok(output)
    }

    pub(in super::super) fn confirm_subscription(
        &mut self,
        cx: &Cx<'_>,
        input: &ConfirmSubscriptionInput,
    ) -> Result<ConfirmSubscriptionOutput, SnsError> {
        let wrong = || SnsError::parameter("Token");
        if input.token.len() != 128 || !input.token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let topic = self.topic_mut(&input.topic_arn).map_err(|_| wrong())?;
        let mut all = topic.subscriptions.values_mut();
        let held = all.find(|one| one.token.as_ref().is_some_and(|(token, _)| *token == input.token));
        let one = held.ok_or(SnsError::Token)?;
        // Assumed: how an old token is refused. Recorded: confirming twice is no error.
        if !one.confirmed && one.token.as_ref().is_some_and(|(_, until)| *until < cx.now) {
            return Err(SnsError::Token);
        }
        one.confirmed = true;
        Ok(ConfirmSubscriptionOutput { subscription_arn: Some(one.arn.clone()) })
    }

    /// Ending what is not there is no error.
    pub(in super::super) fn unsubscribe(
        &mut self,
        input: &UnsubscribeInput,
    ) -> Result<UnsubscribeOutput, SnsError> {
        if input.subscription_arn.is_empty() {
            return Err(SnsError::parameter("SubscriptionArn Reason: no value for required parameter"));
        }
        parse("SubscriptionArn", &input.subscription_arn)?;
        let Some((topic, id)) = input.subscription_arn.rsplit_once(':') else {
            return Err(SnsError::parameter("SubscriptionId"));
        };
        if topic.split(':').count() < 6 || id.is_empty() {
            return Err(SnsError::parameter("SubscriptionId"));
        }
        if let Ok(topic) = self.topic_mut(topic)
            && topic.subscriptions.remove(&input.subscription_arn).is_some()
        {
            topic.subscriptions_deleted += 1;
        }
        Ok(UnsubscribeOutput {})
    }

    pub(in super::super) fn list_subscriptions(
        &self,
        input: &ListSubscriptionsInput,
    ) -> Result<ListSubscriptionsOutput, SnsError> {
        // Topics of one account stand in the order of their names, and so do the ARNs of their subscriptions but where
        // one name begins another: the token is a subscription's ARN, so the order is made here.
        let all: BTreeMap<&str, &Subscription> = self
            .topics
            .values()
            .flat_map(|topic| topic.subscriptions.values())
            .map(|one| (one.arn.as_str(), one))
            .collect();
        let (page, next_token) = page(all.into_values(), |one| &one.arn, input.next_token.as_deref());
        let subscriptions = Some(page.into_iter().map(listed).collect());
        Ok(ListSubscriptionsOutput { subscriptions, next_token })
    }

    pub(in super::super) fn list_subscriptions_by_topic(
        &self,
        input: &ListSubscriptionsByTopicInput,
    ) -> Result<ListSubscriptionsByTopicOutput, SnsError> {
        let all = self.topic(&input.topic_arn)?.subscriptions.values();
        let (page, next_token) = page(all, |one| &one.arn, input.next_token.as_deref());
        let subscriptions = Some(page.into_iter().map(listed).collect());
        Ok(ListSubscriptionsByTopicOutput { subscriptions, next_token })
    }

    pub(in super::super) fn get_subscription_attributes(
        &mut self,
        input: &GetSubscriptionAttributesInput,
    ) -> Result<GetSubscriptionAttributesOutput, SnsError> {
        parse("SubscriptionArn", &input.subscription_arn)?;
        let one = self.subscription_mut(&input.subscription_arn).ok_or(SnsError::NoSubscription)?;
        let mut out = one.attributes.clone();
        let mut put = |name: &str, text: String| drop(out.insert(name.to_owned(), text));
        put("SubscriptionArn", one.arn.clone());
        put("TopicArn", one.topic_arn.clone());
        put("Protocol", one.protocol.clone());
        put("Endpoint", one.endpoint.clone());
        put("Owner", one.owner.clone());
        put("SubscriptionPrincipal", one.principal.clone());
        put("RawMessageDelivery", one.raw.to_string());
        put("PendingConfirmation", (!one.confirmed).to_string());
        // Assumed: false where a token confirmed it, since no signature was looked at.
        put("ConfirmationWasAuthenticated", (one.confirmed && one.token.is_none()).to_string());
        if one.filter.is_some() {
            let scope = if one.filters_body { "MessageBody" } else { "MessageAttributes" };
            put("FilterPolicyScope", scope.to_owned());
        }
        Ok(GetSubscriptionAttributesOutput { attributes: Some(out) })
    }

    pub(in super::super) fn set_subscription_attributes(
        &mut self,
        input: SetSubscriptionAttributesInput,
    ) -> Result<SetSubscriptionAttributesOutput, SnsError> {
        parse("SubscriptionArn", &input.subscription_arn)?;
        let one = self.subscription_mut(&input.subscription_arn).ok_or(SnsError::NoSubscription)?;
        let mut changed = one.clone();
        let fifo = one.topic_arn.ends_with(".fifo");
        let value = input.attribute_value.as_deref().unwrap_or_default();
        changed.set(fifo, &input.attribute_name, value).map_err(SnsError::parameter)?;
        *one = changed;
        Ok(SetSubscriptionAttributesOutput {})
    }
}

impl Subscription {
    fn set_all(&mut self, fifo: bool, mut attributes: BTreeMap<String, String>) -> Result<(), SnsError> {
        // The scope first: by it the policy is read.
        let scope = attributes.remove_entry("FilterPolicyScope");
        for (name, text) in scope.into_iter().chain(attributes) {
            self.set(fifo, &name, &text).map_err(|why| {
                let why = if why == "AttributeName" { format!("Unknown attribute {name}") } else { why };
                SnsError::parameter(format!("Attributes Reason: {why}"))
            })?;
        }
        Ok(())
    }

    /// Sets an attribute, or says what is wrong. An empty value takes it back.
    fn set(&mut self, fifo: bool, name: &str, text: &str) -> Result<(), String> {
        match name {
            "RawMessageDelivery" => {
                self.raw = text.to_lowercase().parse().map_err(|_| {
                    format!("RawMessageDelivery: Invalid value [{text}]. Must be true or false.")
                })?;
            }
            "FilterPolicy" => {
                let set = !text.is_empty() && text.trim() != "{}";
                self.filter = if set { Some(Filter::read(text, self.filters_body)?) } else { None };
            }
            "FilterPolicyScope" => {
                self.filters_body = match text {
                    "MessageBody" => true,
                    "MessageAttributes" => false,
                    _ => {
                        return Err(format!(
                            "FilterPolicyScope: Invalid value [{text}]. Please use either MessageBody or MessageAttributes"
                        ));
                    }
                };
                if let Some(policy) = self.attributes.get("FilterPolicy") {
                    self.filter = Some(Filter::read(policy, self.filters_body)?);
                }
            }
            "RedrivePolicy" => {
                self.dead_letters = if text.is_empty() { None } else { Some(redrive(fifo, text)?) }
            }
            "DeliveryPolicy" if !text.is_empty() => {
                let policy = serde_json::from_str::<serde_json::Map<String, Value>>(text)
                    .map_err(|why| format!("DeliveryPolicy: failed to parse JSON. {why}"))?;
                check_retries(
                    "healthyRetryPolicy",
                    policy.get("healthyRetryPolicy").unwrap_or(&Value::Null),
                )?;
            }
            "DeliveryPolicy" | "SubscriptionRoleArn" => {}
            _ => return Err("AttributeName".to_owned()),
        }
        let gone = text.is_empty() || (name == "FilterPolicy" && self.filter.is_none());
        if gone {
            self.attributes.remove(name);
        } else {
            self.attributes.insert(name.to_owned(), text.to_owned());
        }
        Ok(())
    }
}

impl Topic {
    /// Those who get messages now.
    pub(super) fn listeners(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values().filter(|one| one.confirmed)
    }
}

fn redrive(fifo: bool, text: &str) -> Result<Arn, String> {
    let policy: Value =
        serde_json::from_str(text).map_err(|why| format!("RedrivePolicy: failed to parse JSON. {why}"))?;
    let arn = policy["deadLetterTargetArn"].as_str().and_then(|arn| arn.parse::<Arn>().ok());
    let arn = arn.filter(|arn| arn.service == "sqs");
    let arn = arn.ok_or_else(|| "RedrivePolicy: deadLetterTargetArn is an invalid arn".to_owned())?;
    if fifo && !arn.resource.ends_with(".fifo") {
        return Err(
            "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.".to_owned()
        );
    }
    Ok(arn)
}

fn listed(one: &Subscription) -> wavetank_wire::sns::Subscription {
    let arn = if one.confirmed { one.arn.clone() } else { "PendingConfirmation".to_owned() };
    wavetank_wire::sns::Subscription {
        subscription_arn: Some(arn),
        owner: Some(one.owner.clone()),
        protocol: Some(one.protocol.clone()),
        endpoint: Some(one.endpoint.clone()),
        topic_arn: Some(one.topic_arn.clone()),
    }
}

/// Refuses an endpoint that its protocol cannot reach. Answers whether it needs no confirmation.
///
/// Recorded: queue URLs, unknown protocols, phone numbers, FIFO queues on standard topics. Assumed: the other sentences.
fn check_endpoint(cx: &Cx<'_>, fifo: bool, protocol: &str, endpoint: &str) -> Result<bool, SnsError> {
    let refuse = |why: &str| Err(SnsError::parameter(why));
    if fifo && protocol != "sqs" {
        return refuse(&format!("Protocol Reason: Invalid protocol type: {protocol}"));
    }
    let arn = |service: &str| endpoint.parse::<Arn>().ok().filter(|arn| arn.service == service);
    let owned = |arn: Arn| Ok(arn.account == cx.scope.account.as_str());
    match protocol {
        "sqs" => match arn("sqs") {
            Some(queue) if !fifo && queue.resource.ends_with(".fifo") => refuse(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
            ),
            Some(queue) => owned(queue),
            None => refuse("SQS endpoint ARN"),
        },
        "lambda" => arn("lambda").map_or_else(|| refuse("Lambda endpoint ARN"), owned),
        "firehose" => arn("firehose").map_or_else(|| refuse("Firehose endpoint ARN"), owned),
        "http" | "https" if endpoint.starts_with(&format!("{protocol}://")) => Ok(false),
        "http" | "https" => refuse("Endpoint must match the specified protocol"),
        "email" | "email-json" if endpoint.contains('@') => Ok(false),
        "email" | "email-json" => refuse("Email address"),
        "sms" => {
            let digits = endpoint.strip_prefix('+').unwrap_or(endpoint);
            let good = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            if good { Ok(false) } else { refuse(&format!("Invalid SMS endpoint: {endpoint}")[..]) }
        }
        "application" => Err(SnsError::NotBuilt("subscriptions of mobile applications".to_owned())),
        other => refuse(&format!("Amazon SNS does not support this protocol string: {other}")),
    }
}
