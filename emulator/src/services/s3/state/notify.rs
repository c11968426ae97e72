//! Events of objects, delivered to functions as asynchronous invocations, to queues and to topics as messages.
//!
//! The record is version 2.1. Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
//! (to be verified). The key is encoded as form data: `red flower.jpg` arrives as `red+flower.jpg`. Each event is one
//! invocation or message with one record. Assumed: that AWS never groups records, and the principal ids, which AWS makes up.
//! Queues and topics get an `s3:TestEvent` when they are configured; functions never do.
//! EventBridge, where a bucket wants it, gets each event with a shape of its own on the default bus of the bucket's account and region.
//! Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (read 2026-11-28, and whole as in
//! github.com/awsdocs/amazon-s3-userguide): that shape, its reasons, and who asks for what expires; EventBridge.html there (read
//! 2026-11-29): the types. Assumed: no etag of what is gone for good.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wavetank_types::Arn;
use wavetank_wire::lambda::{Invoke, InvokeInput};
use wavetank_wire::sns::{Publish, PublishInput};
use wavetank_wire::sqs::{SendMessage, SendMessageInput};
use wavetank_wire::{Operation as _, ToVal as _};

use super::configuration::covers;
use super::{S3, canonical_user};
use crate::services::ServiceId;
use crate::services::s3::object::Object;
use crate::services::s3::{Destination, Listener};
use crate::world::{Address, Cx, Effect, Scope};

/// The MD5 of no bytes: the etag that EventBridge hears of for a delete marker.
const ETAG_OF_NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// What happened to which object.
struct Event<'a> {
    name: &'a str,
    key: &'a str,
    object: Option<&'a Object>,
    version_id: Option<&'a str>,
    sequencer: String,
}

impl Listener {
    fn hears(&self, event: &str, key: &str) -> bool {
        let fits = |wanted: &Option<String>, fit: fn(&str, &str) -> bool| {
            wanted.as_deref().is_none_or(|wanted| fit(key, wanted))
        };
        self.events.iter().any(|listened| covers(listened.trim_start_matches("s3:"), event))
            && fits(&self.prefix, |key, prefix| key.starts_with(prefix))
            && fits(&self.suffix, |key, suffix| key.ends_with(suffix))
    }
}

impl S3 {
    /// Tells those who listen. `object` is absent where it is gone.
    pub(super) fn notify(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        name: &str,
        key: &str,
        object: Option<&Object>,
        version_id: Option<&str>,
    ) {
        self.changes += 1;
        self.note(bucket, Some(key));
        let Some(found) = self.buckets.get(bucket) else { return };
        for listener in &found.said.notification.listeners {
            if !listener.hears(name, key) {
                continue;
            }
            let sequencer = sequencer(cx.now.micros(), self.changes);
            let event = Event { name, key, object, version_id, sequencer };
            let payload = json!({ "Records": [record(cx, found, listener, &event)] });
            tell(cx, listener, payload.to_string());
        }
        if found.said.notification.event_bridge {
            let sequencer = sequencer(cx.now.micros(), self.changes);
            let event = Event { name, key, object, version_id, sequencer };
            put_event(cx, found, &event);
        }
    }
}

/// 16 hexadecimal digits, then two: greater for later changes. AWS's are compared as text, the shorter padded.
fn sequencer(micros: i64, changes: u64) -> String {
    format!("{:014X}{:04X}", micros.max(0), changes % 0x1_0000)
}

fn record(cx: &mut Cx<'_>, bucket: &super::Bucket, listener: &Listener, event: &Event<'_>) -> Value {
    let mut object = Map::new();
    object.insert("key".to_owned(), form_encode(event.key).into());
    if let Some(stored) = event.object {
        object.insert("size".to_owned(), stored.size().into());
        object.insert("eTag".to_owned(), stored.etag.as_str().into());
    }
    if let Some(version) = event.version_id {
        object.insert("versionId".to_owned(), version.into());
    }
    object.insert("sequencer".to_owned(), event.sequencer.as_str().into());
    let owner = canonical_user(&bucket.owner);
    let owner_principal = owner.get(..14).unwrap_or_default().to_uppercase();
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region.as_str(),
        "eventTime": cx.now.iso_millis(),
        "eventName": event.name,
        "userIdentity": { "principalId": format!("AWS:{}", principal(cx)) },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {
            "x-amz-request-id": cx.hex(16).to_uppercase(),
            "x-amz-id-2": cx.letters(76, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": listener.id.as_deref().unwrap_or_default(),
            "bucket": {
                "name": bucket.name(),
                "ownerIdentity": { "principalId": format!("A{owner_principal}") },
                "arn": Arn::s3(bucket.name()).to_string(),
            },
            "object": object,
        },
    })
}

/// EventBridge's type of an event, and the reason of those that have one.
///
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html and EventBridge.html (read 2026-11-29): each
/// has one type; tags and lists of access have no reason. Left out, as nothing here makes them: restores, transitions, access tiers.
fn kind(name: &str) -> (&'static str, Option<&'static str>) {
    match name.split_once(':').unwrap_or((name, "")) {
        ("ObjectCreated", "Put") => ("Object Created", Some("PutObject")),
        ("ObjectCreated", "Copy") => ("Object Created", Some("CopyObject")),
        ("ObjectCreated", "CompleteMultipartUpload") => ("Object Created", Some("CompleteMultipartUpload")),
        ("ObjectCreated", _) => ("Object Created", Some("POST Object")),
        ("ObjectTagging", "Put") => ("Object Tags Added", None),
        ("ObjectTagging", _) => ("Object Tags Deleted", None),
        ("LifecycleExpiration", _) => ("Object Deleted", Some("Lifecycle Expiration")),
        _ => ("Object Deleted", Some("DeleteObject")),
    }
}

/// One event for EventBridge.
fn put_event(cx: &mut Cx<'_>, bucket: &super::Bucket, event: &Event<'_>) {
    let mut object = Map::new();
    object.insert("key".to_owned(), event.key.into());
    if let Some(stored) = event.object {
        object.insert("size".to_owned(), stored.size().into());
        object.insert("etag".to_owned(), stored.etag.as_str().into());
    }
    let is_marker = event.name.ends_with("DeleteMarkerCreated");
    if is_marker {
        object.insert("etag".to_owned(), ETAG_OF_NOTHING.into());
    }
    if let Some(version) = event.version_id {
        object.insert("version-id".to_owned(), version.into());
    }
    object.insert("sequencer".to_owned(), event.sequencer.as_str().into());
    let (detail_type, reason) = kind(event.name);
    let mut detail = json!({
        "version": "0",
        "bucket": { "name": bucket.name() },
        "object": object,
        "request-id": cx.hex(16).to_uppercase(),
    });
    if let Some(reason) = reason {
        detail["reason"] = reason.into();
    }
    if reason == Some("Lifecycle Expiration") {
        detail["requester"] = "s3.amazonaws.com".into();
    } else {
        detail["requester"] = cx.scope.account.as_str().into();
        detail["source-ip-address"] = "127.0.0.1".into();
    }
    if detail_type == "Object Deleted" {
        detail["deletion-type"] =
            if is_marker { "Delete Marker Created" } else { "Permanently Deleted" }.into();
    }
    let scope = Scope { account: bucket.owner.clone(), region: bucket.region.clone() };
    cx.within(&scope).event("aws.s3", detail_type, vec![Arn::s3(bucket.name()).to_string()], &detail);
}

fn principal(cx: &Cx<'_>) -> String {
    if cx.access_key.is_empty() { cx.scope.account.to_string() } else { cx.access_key.to_owned() }
}

/// Documented: the document, and that it comes when notifications are configured (notification-how-to-event-types-and-
/// destinations.html, read 2026-11-29). Assumed: that every listener of a configuration gets one, also an
/// old one, and also where the validation of destinations is skipped.
pub(super) fn test_event(cx: &mut Cx<'_>, bucket: &str, listener: &Listener) {
    if listener.destination() == Some(Destination::Function) {
        return;
    }
    let event = json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": cx.now.iso_millis(),
        "Bucket": bucket,
        "RequestId": cx.hex(16).to_uppercase(),
        "HostId": cx.letters(76, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    });
    tell(cx, listener, event.to_string());
}

fn tell(cx: &mut Cx<'_>, listener: &Listener, text: String) {
    let (Some(destination), Ok(arn)) = (listener.destination(), listener.arn.parse::<Arn>()) else { return };
    let account = arn.account.parse().unwrap_or_else(|_| cx.scope.account.clone());
    let scope = Scope { account, region: wavetank_types::Region::new(arn.region.as_str()) };
    let (service, operation, input) = match destination {
        Destination::Function => {
            let input = InvokeInput {
                function_name: listener.arn.clone(),
                invocation_type: Some("Event".to_owned()),
                payload: Some(Bytes::from(text)),
                ..InvokeInput::default()
            };
            (ServiceId::Lambda, Invoke::NAME, input.to_val())
        }
        Destination::Queue => {
            let (region, account) = (&arn.region, &arn.account);
            let queue_url = format!("https://sqs.{region}.amazonaws.com/{account}/{}", arn.resource);
            let input = SendMessageInput { queue_url, message_body: text, ..SendMessageInput::default() };
            (ServiceId::Sqs, SendMessage::NAME, input.to_val())
        }
        Destination::Topic => {
            let input = PublishInput {
                topic_arn: Some(listener.arn.clone()),
                subject: Some("Amazon S3 Notification".to_owned()),
                message: text,
                ..PublishInput::default()
            };
            (ServiceId::Sns, Publish::NAME, input.to_val())
        }
    };
    cx.push(Effect::Call { to: Address { service, scope }, operation, input, reply: None });
}

/// Form encoding as S3 does it: a space is `+`, a slash stays.
pub fn form_encode(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                out.push(char::from(byte))
            }
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_form_encoded() {
        let check = |key: &str, expected: &str| assert_eq!(form_encode(key), expected);
        check("red flower.jpg", "red+flower.jpg");
        check("a/b=c/d+e.csv", "a/b%3Dc/d%2Be.csv");
        check("Hà Nội.csv", "H%C3%A0+N%E1%BB%99i.csv");
    }

    #[test]
    fn each_event_has_eventbridges_type_and_reason() {
        let check = |name: &str, expected: (&str, Option<&str>)| assert_eq!(kind(name), expected, "{name}");
        check("ObjectCreated:Put", ("Object Created", Some("PutObject")));
        check("ObjectCreated:CompleteMultipartUpload", ("Object Created", Some("CompleteMultipartUpload")));
        check("ObjectRemoved:Delete", ("Object Deleted", Some("DeleteObject")));
        check("ObjectRemoved:DeleteMarkerCreated", ("Object Deleted", Some("DeleteObject")));
        check("LifecycleExpiration:Delete", ("Object Deleted", Some("Lifecycle Expiration")));
        check("ObjectTagging:Put", ("Object Tags Added", None));
        check("ObjectTagging:Delete", ("Object Tags Deleted", None));
    }

    #[test]
    fn sequencers_grow_as_text() {
        let check = |one: (i64, u64), next: (i64, u64)| {
            assert!(sequencer(one.0, one.1) < sequencer(next.0, next.1));
        };
        check((1_767_571_200_000_000, 1), (1_767_571_200_000_000, 2));
        check((1_767_571_200_000_000, 0xFFFF), (1_767_571_200_000_001, 0));
        check((0, 1), (1_767_571_200_000_000, 1));
    }
}
