//! What subscription filters send, and what becomes of it.
//!
//! A delivery is a JSON document packed with gzip; a function gets it in base64. Documented: SubscriptionFilters.html (read
//! 2026-11-28) for the form; CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html for what is tried again, for a day, and
//! what is not. Recorded: the control message, in public Kinesis consumers. Assumed: each batch of events is sent as it
//! comes; the pauses between attempts; a stream's partition key is the log stream's name.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::lambda::{Invoke, InvokeInput};
use wavetank_wire::{Val, WireError, firehose, kinesis};

use super::limits::*;
use super::metrics::OfFilter;
use super::pattern::Pattern;
use super::state::{Due, Event, Group, Logs};
use super::subscriptions::{Kind, Subscription, Trial};
use crate::services::ServiceId;
use crate::world::Cx;

/// Longest partition key, in characters. Model.
const KEY_MAX: usize = 256;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Filters whose destination is being tried, by the token of the call.
    pub(super) trials: BTreeMap<u64, Trial>,
    letters: BTreeMap<u64, Letter>,
}

/// One delivery.
#[derive(Debug)]
struct Letter {
    group: String,
    filter: String,
    kind: Kind,
    arn: String,
    /// The partition key of a stream.
    key: String,
    packed: Bytes,
    events: f64,
    first: Timestamp,
    attempts: u32,
}

/// The document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    message_type: &'a str,
    owner: &'a str,
    log_group: &'a str,
    log_stream: &'a str,
    subscription_filters: &'a [&'a str],
    log_events: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    id: String,
    timestamp: i64,
    message: &'a str,
    /// The fields of a space-delimited pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    extracted_fields: Option<BTreeMap<String, String>>,
}

impl Outbox {
    /// Looks at new events of a group.
    pub(super) fn look(
        &mut self,
        cx: &mut Cx<'_>,
        group_name: &str,
        group: &Group,
        stream: &str,
        fresh: &[Event],
    ) {
        for (filter, rule) in &group.subscriptions {
            let matching: Vec<&Event> =
                fresh.iter().filter(|event| rule.pattern.matches(&event.message)).collect();
            let mut rest = matching.as_slice();
            while !rest.is_empty() {
                let (part, tail) = rest.split_at(fitting(rest));
                self.post(cx, group_name, filter, rule, stream, part);
                rest = tail;
            }
        }
    }

    fn post(
        &mut self,
        cx: &mut Cx<'_>,
        group: &str,
        filter: &str,
        rule: &Subscription,
        stream: &str,
        events: &[&Event],
    ) {
        let owner = cx.scope.account.to_string();
        let document = Document {
            message_type: "DATA_MESSAGE",
            owner: &owner,
            log_group: group,
            log_stream: stream,
            subscription_filters: &[filter],
            log_events: events.iter().map(|event| entry(event, &rule.pattern)).collect(),
        };
        let key = if rule.is_random { cx.hex(32) } else { stream.chars().take(KEY_MAX).collect() };
        let letter = Letter {
            group: group.to_owned(),
            filter: filter.to_owned(),
            kind: rule.kind,
            arn: rule.arn.clone(),
            key,
            packed: pack(&document),
            events: events.len() as f64,
            first: cx.now,
            attempts: 0,
        };
        self.dispatch(cx, letter);
    }

    fn dispatch(&mut self, cx: &mut Cx<'_>, letter: Letter) {
        let token = cx.number();
        send(cx, letter.kind, &letter.arn, &letter.key, letter.packed.clone(), token);
        self.letters.insert(token, letter);
    }

    /// A destination has answered.
    pub(super) fn replied(
        &mut self,
        cx: &mut Cx<'_>,
        due: &mut BTreeSet<(Timestamp, Due)>,
        token: u64,
        result: Result<Val, WireError>,
    ) {
        let Some(mut letter) = self.letters.remove(&token) else { return };
        let mut meter = cx.meter::<OfFilter>(&[&letter.group, letter.kind.name(), &letter.filter]);
        let Err(error) = result else {
            meter
                .add(OfFilter::ForwardedEvents, letter.events)
                .add(OfFilter::ForwardedBytes, letter.packed.len() as f64);
            return;
        };
        let is_throttled = is_throttle(&error);
        let counted = if is_throttled { OfFilter::Throttled } else { OfFilter::Errors };
        meter.add(counted, letter.events);
        let is_final = !is_throttled && error.status < 500;
        if is_final || cx.now.since(letter.first) >= DELIVERY_LIFE {
            tracing::warn!(group = letter.group, filter = letter.filter, %error, "log events were not delivered");
            return;
        }
        let pause = RETRY_FIRST.saturating_mul(1 << letter.attempts.min(16)).min(RETRY_MOST);
        letter.attempts += 1;
        self.letters.insert(token, letter);
        due.insert((cx.now + pause, Due::Letter(token)));
    }
}

impl Logs {
    /// A delivery is tried again.
    pub(super) fn letter_due(&mut self, cx: &mut Cx<'_>, token: u64) {
        if let Some(letter) = self.outbox.letters.remove(&token) {
            self.outbox.dispatch(cx, letter);
        }
    }
}

/// Sends what is packed to a destination.
pub(super) fn send(cx: &mut Cx<'_>, kind: Kind, arn: &str, key: &str, packed: Bytes, token: u64) {
    match kind {
        Kind::Lambda => {
            let payload = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(&packed));
            let input = InvokeInput {
                function_name: arn.to_owned(),
                invocation_type: Some("Event".to_owned()),
                payload: Some(Bytes::from(payload)),
                ..InvokeInput::default()
            };
            cx.call::<Invoke>(ServiceId::Lambda, input, Some(token));
        }
        Kind::Kinesis => {
            let input = kinesis::PutRecordInput {
                stream_arn: Some(arn.to_owned()),
                data: packed,
                partition_key: Some(key.to_owned()),
                ..Default::default()
            };
            cx.call::<kinesis::PutRecord>(ServiceId::Kinesis, input, Some(token));
        }
        Kind::Firehose => {
            let resource = arn.parse::<Arn>().map(|arn| arn.resource).unwrap_or_default();
            let name = resource.rsplit('/').next().unwrap_or_default().to_owned();
            let record = firehose::Record { data: packed };
            let input = firehose::PutRecordInput { delivery_stream_name: name, record };
            cx.call::<firehose::PutRecord>(ServiceId::Firehose, input, Some(token));
        }
    }
}

/// What a stream gets before a filter is kept.
pub(super) fn control_message(kind: Kind, now: i64) -> Bytes {
    let destination = match kind {
        Kind::Firehose => "Firehose",
        Kind::Lambda | Kind::Kinesis => "Kinesis stream",
    };
    let message = format!("CWL CONTROL MESSAGE: Checking health of destination {destination}.");
    let entry = Entry { id: String::new(), timestamp: now, message: &message, extracted_fields: None };
    pack(&Document {
        message_type: "CONTROL_MESSAGE",
        owner: "CloudwatchLogs",
        log_group: "",
        log_stream: "",
        subscription_filters: &[],
        log_events: vec![entry],
    })
}

fn entry<'a>(event: &'a Event, pattern: &Pattern) -> Entry<'a> {
    let fields = pattern.read(&event.message).filter(|_| pattern.is_delimited());
    Entry {
        id: format!("{:056}", event.number),
        timestamp: event.at,
        message: &event.message,
        extracted_fields: fields.map(|matched| matched.extracted()),
    }
}

/// How many of the first events go into one delivery; at least one.
fn fitting(events: &[&Event]) -> usize {
    let mut bytes = 0;
    let fits = |event: &&&Event| {
        bytes += event.bytes();
        bytes <= DELIVERY_BYTES_MAX
    };
    events.iter().take_while(fits).count().max(1)
}

fn pack(document: &Document<'_>) -> Bytes {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let text = serde_json::to_vec(document).expect("a document of texts can be written");
    packer.write_all(&text).expect("memory takes all");
    Bytes::from(packer.finish().expect("memory takes all"))
}

fn is_throttle(error: &WireError) -> bool {
    let codes = ["Throttl", "ThroughputExceeded", "LimitExceeded", "TooManyRequests", "ServiceUnavailable"];
    codes.iter().any(|code| error.code.contains(code))
}
