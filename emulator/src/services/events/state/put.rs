//! PutEvents: each entry becomes an event or is refused alone; rules and archives of its bus see it at once.
//!
//! Documented: the service model, and docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html (read 2026-11-29 in
//! its older form in github.com/awsdocs/amazon-eventbridge-user-guide, eb-events.md); that an entry for a bus that does not exist
//! is taken and lost (eb-putevents.html, read 2026-11-29). Recorded in part by others; assumed: the sentences.

use std::sync::Arc;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::events::*;

use super::super::error::EventsError;
use super::super::limits;
use super::super::metrics::OfRule;
use super::{DEFAULT, Events, name_of, read_pattern};
use crate::world::Cx;

/// An event on a bus.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) value: Value,
    /// The same as JSON.
    pub(super) text: String,
    /// When it came.
    pub(super) ingested: Timestamp,
}

impl Event {
    pub(super) fn new(value: Value, ingested: Timestamp) -> Arc<Self> {
        Arc::new(Self { text: value.to_string(), value, ingested })
    }

    pub(super) fn id(&self) -> &str {
        self.value["id"].as_str().unwrap_or_default()
    }

    /// The time in it: who put it may have said another than that at which it came.
    pub(super) fn time(&self) -> Timestamp {
        self.value["time"].as_str().and_then(instant).unwrap_or(self.ingested)
    }
}

/// The instant as events write it.
pub(super) fn seconds(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ")
}

/// What a time of ISO 8601 says.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Timestamp::from_micros(at.timestamp_micros()))
}

/// What an entry counts for.
fn size(entry: &PutEventsRequestEntry) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let time = entry.time.map_or(0, |_| limits::TIME_BYTES);
    let resources: usize = entry.resources.iter().flatten().map(String::len).sum();
    time + text(&entry.source) + text(&entry.detail_type) + text(&entry.detail) + resources
}

/// Why an entry is no event: AWS's code and sentence.
fn fault(cx: &Cx<'_>, entry: &PutEventsRequestEntry) -> Option<(&'static str, String)> {
    let parts = [("Source", &entry.source), ("DetailType", &entry.detail_type), ("Detail", &entry.detail)];
    for (name, text) in parts {
        if text.as_ref().is_none_or(String::is_empty) {
            return Some((
                "InvalidArgument",
                format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
            ));
        }
    }
    // Services of this tank have no key.
    if entry.source.as_ref().is_some_and(|source| source.starts_with("aws.")) && !cx.access_key.is_empty() {
        return Some(("NotAuthorizedForSourceException", "Not authorized for the source.".to_owned()));
    }
    let detail: Result<Value, _> = serde_json::from_str(entry.detail.as_deref().unwrap_or_default());
    let is_object = detail.is_ok_and(|detail| detail.is_object());
    (!is_object).then(|| ("MalformedDetail", "Detail is malformed.".to_owned()))
}

impl Events {
    pub(in super::super) fn put_events(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutEventsInput,
    ) -> Result<PutEventsOutput, EventsError> {
        if input.endpoint_id.is_some() {
            return Err(EventsError::NotBuilt("PutEvents to a global endpoint".to_owned()));
        }
        if input.entries.len() > limits::ENTRIES_MAX {
            return Err(EventsError::Invalid(format!("At most {} entries are taken.", limits::ENTRIES_MAX)));
        }
        let bytes: usize = input.entries.iter().map(size).sum();
        if bytes > limits::ENTRIES_BYTES_MAX {
            let why = "Total size of the entries in the request is over the limit.";
            return Err(EventsError::Invalid(why.to_owned()));
        }
        let mut failed = 0;
        let mut entries = Vec::new();
        for entry in input.entries {
            if let Some((code, why)) = fault(cx, &entry) {
                failed += 1;
                entries.push(PutEventsResultEntry {
                    event_id: None,
                    error_code: Some(code.to_owned()),
                    error_message: Some(why),
                });
                continue;
            }
            let bus = name_of(entry.event_bus_name.as_deref().unwrap_or(DEFAULT)).to_owned();
            let detail: Value =
                serde_json::from_str(entry.detail.as_deref().unwrap_or_default()).unwrap_or_default();
            let id = cx.uuid();
            let value = json!({
                "version": "0",
                "id": id,
                "detail-type": entry.detail_type,
                "source": entry.source,
                "account": cx.scope.account.as_str(),
                "time": seconds(entry.time.unwrap_or(cx.now)),
                "region": cx.scope.region.as_str(),
                "resources": entry.resources.unwrap_or_default(),
                "detail": detail,
            });
            self.publish(cx, &bus, &Event::new(value, cx.now), 0);
            entries.push(PutEventsResultEntry { event_id: Some(id), error_code: None, error_message: None });
        }
        Ok(PutEventsOutput { failed_entry_count: Some(failed), entries: Some(entries) })
    }

    /// Shows an event to the archives and rules of a bus. Events that pass on to further buses have made `hops`.
    pub(super) fn publish(&mut self, cx: &mut Cx<'_>, bus_name: &str, event: &Arc<Event>, hops: usize) {
        let Some(bus) = self.buses.get(bus_name) else { return };
        self.archives.values_mut().for_each(|archive| archive.take(&bus.arn, event));
        self.match_rules(cx, bus_name, event, hops, None);
    }

    /// The same for the rules of these ARNs alone, without archives.
    pub(super) fn publish_to(
        &mut self,
        cx: &mut Cx<'_>,
        bus_name: &str,
        event: &Arc<Event>,
        arns: &[String],
    ) {
        self.match_rules(cx, bus_name, event, 0, Some(arns));
    }

    fn match_rules(
        &mut self,
        cx: &mut Cx<'_>,
        bus_name: &str,
        event: &Arc<Event>,
        hops: usize,
        arns: Option<&[String]>,
    ) {
        let Some(bus) = self.buses.get(bus_name) else { return };
        let rules = bus.rules.iter().filter(|(_, rule)| {
            rule.is_enabled()
                && arns.is_none_or(|arns| arns.contains(&rule.arn))
                && rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(&event.value))
        });
        let matched = rules.map(|(name, rule)| {
            (name.clone(), rule.arn.clone(), rule.targets.values().cloned().collect::<Vec<_>>())
        });
        for (name, arn, aims) in matched.collect::<Vec<_>>() {
            cx.meter::<OfRule>(&[&name]).add(OfRule::Matched, 1.0).add(OfRule::Triggered, 1.0);
            for aim in aims {
                self.aim(cx, (&name, &arn), aim, event, hops);
            }
        }
    }

    /// A rule's schedule sends an event of its own to the rule's targets.
    pub(in super::super) fn run_scheduled(&mut self, cx: &mut Cx<'_>) {
        while let Some((at, name)) = self.scheduled.first().filter(|(at, _)| *at <= cx.now).cloned() {
            self.schedule_rule(DEFAULT, &name, at);
            let Ok((_, rule)) = self.rule(None, &name) else { continue };
            let (arn, aims) = (rule.arn.clone(), rule.targets.values().cloned().collect::<Vec<_>>());
            let value = json!({
                "version": "0",
                "id": cx.uuid(),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": cx.scope.account.as_str(),
                "time": seconds(at),
                "region": cx.scope.region.as_str(),
                "resources": [arn],
                "detail": {},
            });
            let event = Event::new(value, cx.now);
            cx.meter::<OfRule>(&[&name]).add(OfRule::Triggered, 1.0);
            for aim in aims {
                self.aim(cx, (&name, &arn), aim, &event, 0);
            }
        }
    }

    /// Assumed: the sentence. Documented: which members an event must have (the service model).
    pub(in super::super) fn test_event_pattern(
        &self,
        input: &TestEventPatternInput,
    ) -> Result<TestEventPatternOutput, EventsError> {
        let pattern = read_pattern(&input.event_pattern)?;
        let invalid =
            |why: &str| EventsError::Invalid(format!("Parameter Event is not valid. Reason: {why}"));
        let event: Value = serde_json::from_str(&input.event).map_err(|why| invalid(&why.to_string()))?;
        for name in ["id", "account", "source", "time", "region", "resources", "detail-type"] {
            if event.get(name).is_none() {
                return Err(invalid(&format!("{name} is a required argument.")));
            }
        }
        Ok(TestEventPatternOutput { result: Some(pattern.matches(&event)) })
    }
}
