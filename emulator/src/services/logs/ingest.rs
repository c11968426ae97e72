//! Events come in: from PutLogEvents, or as lines of another service. Metric filters, subscription filters and live tails
//! see them before they are stored.

use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::*;
use super::metrics::OfGroup;
use super::state::{Event, Group, Logs, Stream};
use crate::world::{Cx, LogBatch};

impl Logs {
    /// Stores a batch. Events too old or too far ahead are rejected one by one; anything else wrong refuses the batch.
    pub(super) fn put_log_events(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutLogEventsInput,
    ) -> Result<PutLogEventsOutput, LogsError> {
        check_batch(&input.log_events)?;
        let now = cx.now;
        let group = self.groups.get(&input.log_group_name).ok_or(LogsError::NoSuchGroup)?;
        let horizon = group.horizon(now);
        if !group.streams.contains_key(&input.log_stream_name) {
            return Err(LogsError::NoSuchStream);
        }
        let (too_old, too_new) = ((now - AGE_MAX).millis(), (now + AHEAD_MAX).millis());
        let mut rejected = RejectedLogEventsInfo::default();
        let mut fresh = Vec::with_capacity(input.log_events.len());
        for (place, event) in (0..).zip(input.log_events) {
            if event.timestamp < too_old {
                rejected.too_old_log_event_end_index = Some(place + 1);
            } else if event.timestamp < horizon {
                rejected.expired_log_event_end_index = Some(place + 1);
            } else if event.timestamp > too_new {
                rejected.too_new_log_event_start_index.get_or_insert(place);
            } else {
                self.events_stored += 1;
                let (at, message) = (event.timestamp, event.message);
                fresh.push(Event { at, ingested: now.millis(), number: self.events_stored, message });
            }
        }
        self.receive(cx, &input.log_group_name, &input.log_stream_name, fresh);
        let any_rejected = rejected != RejectedLogEventsInfo::default();
        // Documented: sequence tokens are ignored since 2023, and still returned.
        Ok(PutLogEventsOutput {
            next_sequence_token: Some(format!("{:056}", self.events_stored)),
            rejected_log_events_info: any_rejected.then_some(rejected),
            rejected_entity_info: None,
        })
    }

    /// Lines from another service: group and stream are made where they are missing.
    pub(super) fn append(&mut self, cx: &mut Cx<'_>, batch: LogBatch) {
        if !self.groups.contains_key(&batch.group) {
            self.groups.insert(batch.group.clone(), Group::new(cx, &batch.group));
        }
        let ingested = cx.now.millis();
        let mut fresh = Vec::with_capacity(batch.events.len());
        for (at, message) in batch.events {
            self.events_stored += 1;
            fresh.push(Event { at: at.millis(), ingested, number: self.events_stored, message });
        }
        self.receive(cx, &batch.group, &batch.stream, fresh);
    }

    /// Shows new events to all who watch the group, and stores them.
    fn receive(&mut self, cx: &mut Cx<'_>, name: &str, stream_name: &str, fresh: Vec<Event>) {
        let Some(group) = self.groups.get_mut(name) else { return };
        if !fresh.is_empty() {
            let bytes: usize = fresh.iter().map(Event::bytes).sum();
            cx.meter::<OfGroup>(&[name])
                .add(OfGroup::Bytes, bytes as f64)
                .add(OfGroup::Events, fresh.len() as f64);
            self.pending.look(cx, &mut self.due, name, group, &fresh);
            self.outbox.look(cx, name, group, stream_name, &fresh);
            for session in self.tails.values_mut() {
                session.look(cx, name, stream_name, &fresh);
            }
        }
        let horizon = group.horizon(cx.now);
        let stream = group.streams.entry(stream_name.to_owned()).or_insert_with(|| Stream::new(cx.now));
        if !fresh.is_empty() {
            stream.last_ingestion = Some(cx.now.millis());
        }
        fresh.into_iter().for_each(|event| stream.insert(event));
        stream.trim(horizon);
    }
}

fn check_batch(events: &[InputLogEvent]) -> Result<(), LogsError> {
    let too_large = |bytes, bytes_max| Err(LogsError::TooLarge { bytes, bytes_max });
    if events.windows(2).any(|pair| pair[0].timestamp > pair[1].timestamp) {
        return Err(LogsError::OutOfOrder);
    }
    if let Some(event) = events.iter().find(|event| event.message.len() > EVENT_BYTES_MAX) {
        return too_large(event.message.len(), EVENT_BYTES_MAX);
    }
    let bytes = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum();
    if bytes > BATCH_BYTES_MAX {
        return too_large(bytes, BATCH_BYTES_MAX);
    }
    let span = events.last().map_or(0, |last| last.timestamp - events[0].timestamp);
    if u128::from(span.unsigned_abs()) > BATCH_SPAN_MAX.as_millis() {
        Err(LogsError::SpanTooLong)
    } else {
        Ok(())
    }
}
