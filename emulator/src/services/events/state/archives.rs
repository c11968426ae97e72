//! Archives: what came to a bus and met a pattern, for so many days.
//!
//! Simplified: an archive is ENABLED at once, and has each event at once.

use std::sync::Arc;

use wavetank_types::Timestamp;
use wavetank_wire::events::{
    Archive as Shown, CreateArchiveInput, CreateArchiveOutput, DeleteArchiveInput, DeleteArchiveOutput,
    DescribeArchiveInput, DescribeArchiveOutput, ListArchivesInput, ListArchivesOutput, UpdateArchiveInput,
    UpdateArchiveOutput, archive_state,
};

use super::super::error::EventsError;
use super::put::Event;
use super::{Events, own_arn, page, read_pattern};
use crate::patterns::Pattern;
use crate::world::Cx;

const DAY_SECS: i64 = 86_400;

/// An archive.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) arn: String,
    created: Timestamp,
    pub(super) body: CreateArchiveInput,
    pattern: Option<Pattern>,
    /// In the order in which they came.
    pub(super) events: Vec<Arc<Event>>,
}

impl Archive {
    /// Keeps an event of this bus, if it is wanted. One that is replayed is not archived again.
    pub(super) fn take(&mut self, bus_arn: &str, event: &Arc<Event>) {
        let is_wanted = self.body.event_source_arn == bus_arn
            && event.value.get("replay-name").is_none()
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(&event.value));
        if is_wanted {
            self.events.push(Arc::clone(event));
        }
    }

    /// Forgets what is older than it keeps. Nothing becomes due: who looks calls this first.
    pub(super) fn age(&mut self, now: Timestamp) {
        let days = self.body.retention_days.unwrap_or(0);
        if days > 0 {
            let oldest = now.secs() - days.saturating_mul(DAY_SECS);
            self.events.retain(|event| event.ingested.secs() >= oldest);
        }
    }

    fn shown(&self) -> Shown {
        let bytes: usize = self.events.iter().map(|event| event.text.len()).sum();
        Shown {
            archive_name: Some(self.body.archive_name.clone()),
            event_source_arn: Some(self.body.event_source_arn.clone()),
            state: Some(archive_state::ENABLED.to_owned()),
            state_reason: None,
            retention_days: Some(self.body.retention_days.unwrap_or(0)),
            size_bytes: i64::try_from(bytes).ok(),
            event_count: i64::try_from(self.events.len()).ok(),
            creation_time: Some(self.created),
        }
    }
}

fn missing(name: &str) -> EventsError {
    EventsError::NoSuch(format!("Archive {name}"))
}

impl Events {
    pub(in super::super) fn create_archive(
        &mut self,
        cx: &Cx<'_>,
        input: CreateArchiveInput,
    ) -> Result<CreateArchiveOutput, EventsError> {
        if self.archives.contains_key(&input.archive_name) {
            return Err(EventsError::Exists(format!("Archive {}", input.archive_name)));
        }
        self.bus(Some(&input.event_source_arn))?;
        let pattern = input.event_pattern.as_deref().map(read_pattern).transpose()?;
        let arn = own_arn(cx, format!("archive/{}", input.archive_name));
        let name = input.archive_name.clone();
        let archive = Archive { arn: arn.clone(), created: cx.now, body: input, pattern, events: Vec::new() };
        self.archives.insert(name, archive);
        Ok(CreateArchiveOutput {
            archive_arn: Some(arn),
            state: Some(archive_state::ENABLED.to_owned()),
            state_reason: None,
            creation_time: Some(cx.now),
        })
    }

    pub(in super::super) fn update_archive(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateArchiveInput,
    ) -> Result<UpdateArchiveOutput, EventsError> {
        let pattern = input.event_pattern.as_deref().map(read_pattern).transpose()?;
        let name = &input.archive_name;
        let archive = self.archives.get_mut(name).ok_or_else(|| missing(name))?;
        archive.age(cx.now);
        let body = &mut archive.body;
        body.description = input.description.or(body.description.take());
        body.retention_days = input.retention_days.or(body.retention_days);
        body.kms_key_identifier = input.kms_key_identifier.or(body.kms_key_identifier.take());
        if pattern.is_some() {
            body.event_pattern = input.event_pattern;
            archive.pattern = pattern;
        }
        Ok(UpdateArchiveOutput {
            archive_arn: Some(archive.arn.clone()),
            state: Some(archive_state::ENABLED.to_owned()),
            state_reason: None,
            creation_time: Some(archive.created),
        })
    }

    pub(in super::super) fn delete_archive(
        &mut self,
        input: &DeleteArchiveInput,
    ) -> Result<DeleteArchiveOutput, EventsError> {
        let gone = self.archives.remove(&input.archive_name);
        gone.map(|_| DeleteArchiveOutput {}).ok_or_else(|| missing(&input.archive_name))
    }

    pub(in super::super) fn describe_archive(
        &mut self,
        cx: &Cx<'_>,
        input: &DescribeArchiveInput,
    ) -> Result<DescribeArchiveOutput, EventsError> {
        let found = self.archives.get_mut(&input.archive_name);
        let archive = found.ok_or_else(|| missing(&input.archive_name))?;
        archive.age(cx.now);
        let shown = archive.shown();
        Ok(DescribeArchiveOutput {
            archive_arn: Some(archive.arn.clone()),
            archive_name: shown.archive_name,
            event_source_arn: shown.event_source_arn,
            description: archive.body.description.clone(),
            event_pattern: archive.body.event_pattern.clone(),
            state: shown.state,
            state_reason: None,
            kms_key_identifier: archive.body.kms_key_identifier.clone(),
            retention_days: shown.retention_days,
            size_bytes: shown.size_bytes,
            event_count: shown.event_count,
            creation_time: shown.creation_time,
        })
    }

    pub(in super::super) fn list_archives(
        &mut self,
        cx: &Cx<'_>,
        input: &ListArchivesInput,
    ) -> Result<ListArchivesOutput, EventsError> {
        self.archives.values_mut().for_each(|archive| archive.age(cx.now));
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let all = self.archives.iter().filter(|(name, archive)| {
            name.starts_with(prefix)
                && input.event_source_arn.as_ref().is_none_or(|arn| *arn == archive.body.event_source_arn)
                && input.state.as_deref().is_none_or(|state| state == archive_state::ENABLED)
        });
        let (archives, next_token) =
            page(all.map(|(_, archive)| archive.shown()), input.next_token.as_deref(), input.limit)?;
        Ok(ListArchivesOutput { archives: Some(archives), next_token })
    }
}
