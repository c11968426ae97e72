//! Deliveries: to queues, functions, streams and HTTP endpoints, and to a subscription's dead-letter queue where they fail.
//!
//! A queue, function or stream that is busy or fails is asked again; what it refuses otherwise it has refused for good. Documented
//! (client errors are not retried): docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html (read 2026-11-28). Assumed: that
//! too many calls are no client error, and that Firehose gets no newline.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use wavetank_types::{Arn, Region};
use wavetank_wire::firehose::{PutRecord, PutRecordInput, Record};
use wavetank_wire::lambda::{Invoke, InvokeInput};
use wavetank_wire::sqs::{self, SendMessage, SendMessageInput};
use wavetank_wire::{Operation, ToVal as _, WireError};

use super::super::limits;
use super::envelope::{self, Notice};
use super::metrics::{OfTopic, count};
use super::retry::{SELDOM, SOON, delay, effective_policy};
use super::{Sns, Subscription};
use crate::services::ServiceId;
use crate::targets::is_passing;
use crate::world::{Address, Cx, Delivery, Effect, HttpOutput, HttpWork, Output, Scope, Work};

/// One message on its way to one subscriber.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    kind: &'static str,
    topic_arn: String,
    subscription_arn: String,
    message_id: String,
    protocol: String,
    endpoint: String,
    raw: bool,
    /// What the subscriber reads; for a function, what its dead-letter queue gets.
    body: String,
    /// What a function gets.
    event: Bytes,
    attributes: Option<BTreeMap<String, sqs::MessageAttributeValue>>,
    group: Option<String>,
    dedup: Option<String>,
    dead_letters: Option<Arn>,
    /// How often it failed.
    failures: u64,
    /// Of an HTTP endpoint: by which policy it is asked again.
    retries: Value,
    content_type: String,
}

impl Parcel {
    /// Counts it for its topic, unless it is a question.
    fn count(&self, cx: &mut Cx<'_>, metric: OfTopic) {
        if self.kind == "Notification" {
            count(cx, &self.topic_arn, metric);
        }
    }
}

impl Sns {
    pub(in super::super) fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::Reply { token, result } => {
                if let Some(ticket) = self.owed.remove(&token) {
                    cx.push(Effect::Answer(ticket, result));
                } else if let Some(parcel) = self.sent.remove(&token) {
                    match result {
                        Ok(_) => parcel.count(cx, OfTopic::Delivered),
                        Err(error) => self.refused(cx, parcel, &error),
                    }
                }
            }
            Delivery::JobDone { job, outcome } => {
                if let (Some(parcel), Output::Http(output)) = (self.posted.remove(&job), outcome.output) {
                    self.posted(cx, parcel, &output);
                }
            }
            other => unreachable!("SNS asks for nothing of the kind, yet got {other:?}"),
        }
    }

    /// Sends a message to one subscriber.
    pub(super) fn dispatch(
        &mut self,
        cx: &mut Cx<'_>,
        one: &Subscription,
        notice: &Notice,
        text: &str,
        topic_policy: Option<&str>,
    ) {
        let raw = one.raw && one.protocol != "lambda";
        let body = if raw { text.to_owned() } else { envelope::notification(cx, notice, &one.arn, text) };
        let parcel = Parcel {
            kind: "Notification",
            topic_arn: one.topic_arn.clone(),
            subscription_arn: one.arn.clone(),
            message_id: notice.message_id.clone(),
            protocol: one.protocol.clone(),
            endpoint: one.endpoint.clone(),
            raw,
            body,
            event: Bytes::new(),
            attributes: raw.then(|| attributes(notice)).filter(|all| !all.is_empty()),
            group: notice.group.clone(),
            dedup: notice.dedup.clone(),
            dead_letters: one.dead_letters.clone(),
            failures: 0,
            retries: Value::Null,
            content_type: String::new(),
        };
        let parcel = match one.protocol.as_str() {
            "lambda" => {
                let event = envelope::lambda_event(cx, notice, &one.arn, text);
                Parcel { event: Bytes::from(event.to_string()), ..parcel }
            }
            "http" | "https" => {
                let (retries, content_type) = delivery_policy(one, topic_policy);
                Parcel { retries, content_type, ..parcel }
            }
            _ => parcel,
        };
        self.hand_over(cx, parcel);
    }

    /// Hands a parcel to its subscriber, for the first time or once more.
    pub(super) fn hand_over(&mut self, cx: &mut Cx<'_>, parcel: Parcel) {
        match parcel.protocol.as_str() {
            "sqs" => self.send_to_queue(cx, parcel),
            "lambda" => self.invoke(cx, parcel),
            "firehose" => self.put_record(cx, parcel),
            "http" | "https" => self.post(cx, parcel),
            other => {
                tracing::warn!(protocol = other, "a confirmed subscription of a protocol without delivery")
            }
        }
    }

    /// Asks an endpoint whether it wants the messages. E-mail and SMS are not sent.
    pub(super) fn ask(&mut self, cx: &mut Cx<'_>, one: &Subscription) {
        let Some((token, _)) = &one.token else { return };
        let message_id = cx.uuid();
        let body = envelope::confirmation(cx, &one.topic_arn, &message_id, token);
        let (retries, content_type) = delivery_policy(one, None);
        let parcel = Parcel {
            kind: "SubscriptionConfirmation",
            topic_arn: one.topic_arn.clone(),
            subscription_arn: String::new(),
            message_id,
            protocol: one.protocol.clone(),
            endpoint: one.endpoint.clone(),
            raw: false,
            body,
            event: Bytes::new(),
            attributes: None,
            group: None,
            dedup: None,
            dead_letters: None,
            failures: 0,
            retries,
            content_type,
        };
        match one.protocol.as_str() {
            "http" | "https" => self.post(cx, parcel),
            "sqs" => self.send_to_queue(cx, parcel),
            _ => {}
        }
    }

    fn send_to_queue(&mut self, cx: &mut Cx<'_>, parcel: Parcel) {
        let Some(effect) = to_queue(&parcel, parcel.endpoint.parse().ok().as_ref(), self.token(cx, &parcel))
        else {
            return;
        };
        cx.push(effect);
    }

    fn invoke(&mut self, cx: &mut Cx<'_>, parcel: Parcel) {
        let input = InvokeInput {
            function_name: parcel.endpoint.clone(),
            invocation_type: Some("Event".to_owned()),
            payload: Some(parcel.event.clone()),
            ..InvokeInput::default()
        };
        let (endpoint, reply) = (parcel.endpoint.parse().ok(), self.token(cx, &parcel));
        if let Some(to) = endpoint.as_ref().and_then(|arn| address(ServiceId::Lambda, arn)) {
            cx.push(Effect::Call { to, operation: Invoke::NAME, input: input.to_val(), reply });
        }
    }

    fn put_record(&mut self, cx: &mut Cx<'_>, parcel: Parcel) {
        let Ok(arn) = parcel.endpoint.parse::<Arn>() else { return };
        let name = arn.resource.rsplit('/').next().unwrap_or_default().to_owned();
        let record = Record { data: Bytes::from(parcel.body.clone()) };
        let input = PutRecordInput { delivery_stream_name: name, record };
        let reply = self.token(cx, &parcel);
        if let Some(to) = address(ServiceId::Firehose, &arn) {
            cx.push(Effect::Call { to, operation: PutRecord::NAME, input: input.to_val(), reply });
        }
    }

    /// A queue, function or stream has not taken a parcel. If it may take the same later, it is asked again.
    fn refused(&mut self, cx: &mut Cx<'_>, mut parcel: Parcel, error: &WireError) {
        parcel.failures += 1;
        let is_slow = parcel.protocol == "firehose" && error.code == "ServiceUnavailableException";
        let phases = if is_slow { &SELDOM } else { &SOON };
        match phases.delay(parcel.failures).filter(|_| is_passing(error)) {
            Some(span) => drop(self.again.insert((cx.now + span, cx.number()), parcel)),
            None => bury(cx, &parcel),
        }
    }

    /// A token under which the parcel waits for its reply.
    fn token(&mut self, cx: &mut Cx<'_>, parcel: &Parcel) -> Option<u64> {
        let token = cx.number();
        self.sent.insert(token, parcel.clone());
        Some(token)
    }

    /// Posts to an HTTP endpoint. Recorded: the headers.
    fn post(&mut self, cx: &mut Cx<'_>, parcel: Parcel) {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![
            header("x-amz-sns-message-type", parcel.kind),
            header("x-amz-sns-message-id", &parcel.message_id),
            header("x-amz-sns-topic-arn", &parcel.topic_arn),
            header("content-type", &parcel.content_type),
            header("user-agent", "Amazon Simple Notification Service Agent"),
        ];
        if !parcel.subscription_arn.is_empty() {
            headers.push(header("x-amz-sns-subscription-arn", &parcel.subscription_arn));
        }
        if parcel.raw {
            headers.push(header("x-amz-sns-rawdelivery", "true"));
        }
        let work = HttpWork {
            method: "POST".to_owned(),
            url: parcel.endpoint.clone(),
            headers,
            body: Bytes::from(parcel.body.clone()),
            timeout: limits::HTTP_TIMEOUT,
        };
        let job = cx.start(Work::Http(Box::new(work)));
        self.posted.insert(job, parcel);
    }

    /// Looks at an endpoint's answer. Assumed: 429, 5xx and silence are tried again, other refusals are for good.
    fn posted(&mut self, cx: &mut Cx<'_>, mut parcel: Parcel, output: &HttpOutput) {
        let again = match &output.result {
            Ok(reply) if (200..300).contains(&reply.status) => return parcel.count(cx, OfTopic::Delivered),
            Ok(reply) => reply.status == 429 || reply.status >= 500,
            Err(_) => true,
        };
        parcel.failures += 1;
        match delay(&parcel.retries, parcel.failures).filter(|_| again) {
            Some(span) => drop(self.again.insert((cx.now + span, cx.number()), parcel)),
            None => bury(cx, &parcel),
        }
    }
}

/// Puts what could not be delivered into the subscription's dead-letter queue; without one it is lost, as on AWS.
fn bury(cx: &mut Cx<'_>, parcel: &Parcel) {
    parcel.count(cx, OfTopic::Failed);
    match to_queue(parcel, parcel.dead_letters.as_ref(), None) {
        Some(effect) => {
            parcel.count(cx, OfTopic::Redriven);
            cx.push(effect);
        }
        None => tracing::warn!(endpoint = parcel.endpoint, "a message of SNS could not be delivered"),
    }
}

/// A FIFO queue gets group and deduplication id; a standard one the group of a standard topic, for fair queues.
fn to_queue(parcel: &Parcel, queue: Option<&Arn>, reply: Option<u64>) -> Option<Effect> {
    let queue = queue?;
    let fifo = queue.resource.ends_with(".fifo");
    let from_fifo = parcel.topic_arn.ends_with(".fifo");
    let input = SendMessageInput {
        queue_url: format!("https://sqs.{}.amazonaws.com/{}/{}", queue.region, queue.account, queue.resource),
        message_body: parcel.body.clone(),
        message_attributes: parcel.attributes.clone(),
        message_group_id: parcel.group.clone().filter(|_| fifo == from_fifo),
        message_deduplication_id: parcel.dedup.clone().filter(|_| fifo),
        ..SendMessageInput::default()
    };
    let to = address(ServiceId::Sqs, queue)?;
    Some(Effect::Call { to, operation: SendMessage::NAME, input: input.to_val(), reply })
}

fn address(service: ServiceId, arn: &Arn) -> Option<Address> {
    let scope = Scope { account: arn.account.parse().ok()?, region: Region::new(arn.region.as_str()) };
    Some(Address { service, scope })
}

fn attributes(notice: &Notice) -> BTreeMap<String, sqs::MessageAttributeValue> {
    let value = |value: &wavetank_wire::sns::MessageAttributeValue| sqs::MessageAttributeValue {
        string_value: value.string_value.clone(),
        binary_value: value.binary_value.clone(),
        data_type: value.data_type.clone(),
        ..sqs::MessageAttributeValue::default()
    };
    notice.attributes.iter().map(|(name, one)| (name.clone(), value(one))).collect()
}

/// How an HTTP subscription is retried, and with which content type: its own policy counts before the topic's.
fn delivery_policy(one: &Subscription, topic_policy: Option<&str>) -> (Value, String) {
    let topic = effective_policy(topic_policy);
    let mut retries = topic["http"]["defaultHealthyRetryPolicy"].clone();
    let mut content_type = topic["http"]["defaultRequestPolicy"]["headerContentType"].clone();
    let own: Value = one
        .attributes
        .get("DeliveryPolicy")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    if topic["http"]["disableSubscriptionOverrides"] != true {
        for (name, value) in own["healthyRetryPolicy"].as_object().into_iter().flatten() {
            retries[name] = value.clone();
        }
        if own["requestPolicy"]["headerContentType"].is_string() {
            content_type = own["requestPolicy"]["headerContentType"].clone();
        }
    }
    (retries, content_type.as_str().unwrap_or("text/plain; charset=UTF-8").to_owned())
}
