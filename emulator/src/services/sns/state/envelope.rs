//! What subscribers read: the JSON document around a message, a confirmation, a function's event.
//!
//! Assumed, after docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html, which was not opened: the rest. Recorded by
//! LocalStack: FIFO topics send a sequence number and no signature; functions get `SigningCertUrl` and `UnsubscribeUrl`,
//! spelled so. Nothing is signed: the signature is a text that says so, and its certificate does not exist.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::sns::MessageAttributeValue;

use crate::world::Cx;

/// What stands where AWS has a signature.
const SIGNATURE: &str = "EXAMPLEwavetankSignsNothing==";

/// A published message, as all its deliveries share it.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) topic_arn: String,
    pub(super) message_id: String,
    pub(super) subject: Option<String>,
    pub(super) attributes: BTreeMap<String, MessageAttributeValue>,
    pub(super) at: Timestamp,
    pub(super) group: Option<String>,
    pub(super) dedup: Option<String>,
    /// Of a FIFO topic.
    pub(super) sequence: Option<String>,
    pub(super) signature_version: String,
}

/// Where this account's SNS is reached.
fn base(cx: &Cx<'_>) -> String {
    match cx.endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("https://sns.{}.amazonaws.com", cx.scope.region),
    }
}

fn certificate(cx: &Cx<'_>) -> String {
    format!("https://sns.{}.amazonaws.com/SimpleNotificationService-EXAMPLE.pem", cx.scope.region)
}

fn unsubscribe(cx: &Cx<'_>, subscription_arn: &str) -> String {
    format!("{}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}", base(cx))
}

/// The document for queues, streams and HTTP endpoints.
pub(super) fn notification(cx: &Cx<'_>, notice: &Notice, subscription_arn: &str, text: &str) -> String {
    let mut members = vec![("Type", "Notification".to_owned()), ("MessageId", notice.message_id.clone())];
    members.extend(notice.sequence.clone().map(|sequence| ("SequenceNumber", sequence)));
    members.push(("TopicArn", notice.topic_arn.clone()));
    members.extend(notice.subject.clone().map(|subject| ("Subject", subject)));
    members.push(("Message", text.to_owned()));
    members.push(("Timestamp", notice.at.iso_millis()));
    if notice.sequence.is_none() {
        members.extend(signature(cx, &notice.signature_version));
    }
    members.push(("UnsubscribeURL", unsubscribe(cx, subscription_arn)));
    write(&members, &attributes(notice))
}

/// The document that asks an endpoint whether it wants the messages. Recorded.
pub(super) fn confirmation(cx: &Cx<'_>, topic_arn: &str, message_id: &str, token: &str) -> String {
    let message = format!(
        "You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
    );
    let url = format!("{}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}", base(cx));
    let mut members = vec![
        ("Type", "SubscriptionConfirmation".to_owned()),
        ("MessageId", message_id.to_owned()),
        ("Token", token.to_owned()),
        ("TopicArn", topic_arn.to_owned()),
        ("Message", message),
        ("SubscribeURL", url),
        ("Timestamp", cx.now.iso_millis()),
    ];
    members.extend(signature(cx, "1"));
    write(&members, &Map::new())
}

/// A function's event. Recorded.
pub(super) fn lambda_event(cx: &Cx<'_>, notice: &Notice, subscription_arn: &str, text: &str) -> Value {
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": {
            "Type": "Notification",
            "MessageId": notice.message_id,
            "TopicArn": notice.topic_arn,
            "Subject": notice.subject,
            "Message": text,
            "Timestamp": notice.at.iso_millis(),
            "SignatureVersion": notice.signature_version,
            "Signature": SIGNATURE,
            "SigningCertUrl": certificate(cx),
            "UnsubscribeUrl": unsubscribe(cx, subscription_arn),
            "MessageAttributes": attributes(notice),
        },
    }] })
}

fn signature(cx: &Cx<'_>, version: &str) -> [(&'static str, String); 3] {
    [
        ("SignatureVersion", version.to_owned()),
        ("Signature", SIGNATURE.to_owned()),
        ("SigningCertURL", certificate(cx)),
    ]
}

fn attributes(notice: &Notice) -> Map<String, Value> {
    let value = |value: &MessageAttributeValue| {
        let text = match &value.binary_value {
            Some(bytes) => STANDARD.encode(bytes),
            None => value.string_value.clone().unwrap_or_default(),
        };
        json!({ "Type": value.data_type, "Value": text })
    };
    notice.attributes.iter().map(|(name, one)| (name.clone(), value(one))).collect()
}

/// Writes as AWS does: a member on each line, a space on either side of the colon, an attribute on one line.
fn write(members: &[(&str, String)], attributes: &Map<String, Value>) -> String {
    let mut lines: Vec<String> =
        members.iter().map(|(name, text)| format!("  \"{name}\" : {}", Value::from(text.as_str()))).collect();
    if !attributes.is_empty() {
        let inner: Vec<String> = attributes
            .iter()
            .map(|(name, value)| format!("    {} : {value}", Value::from(name.as_str())))
            .collect();
        lines.push(format!("  \"MessageAttributes\" : {{\n{}\n  }}", inner.join(",\n")));
    }
    format!("{{\n{}\n}}", lines.join(",\n"))
}
