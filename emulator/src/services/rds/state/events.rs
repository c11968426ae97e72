//! Events: what has happened to instances and snapshots in the last 14 days.
//!
//! Documented (messages and categories):
//! docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html (to be verified). Those of failures are ours.

use std::time::Duration;

use wavetank_wire::rds as w;

use super::clusters::cluster_of;
use super::{Rds, key_of, page};
use crate::services::rds::RdsError;
use crate::services::rds::limits::EVENTS_SHOWN;
use crate::world::Cx;

impl Rds {
    pub(super) fn event(
        &mut self,
        cx: &Cx<'_>,
        kind: &str,
        source: &str,
        arn: &str,
        said: &str,
        category: &str,
    ) {
        self.events.push(w::Event {
            source_identifier: Some(source.to_owned()),
            source_type: Some(kind.to_owned()),
            message: Some(said.to_owned()),
            event_categories: Some(vec![category.to_owned()]),
            date: Some(cx.now),
            source_arn: Some(arn.to_owned()),
        });
    }

    /// An event of an instance, or of a cluster's server.
    pub(super) fn event_of(&mut self, cx: &Cx<'_>, name: &str, said: &str, category: &str) {
        let arn = self.instances.get(name).map(|instance| instance.arn().to_owned()).unwrap_or_default();
        match cluster_of(name) {
            Some(cluster) => {
                let said = said.replace("DB instance", "DB cluster");
                self.event(cx, "db-cluster", cluster, &arn, &said, category);
            }
            None => self.event(cx, "db-instance", name, &arn, said, category),
        }
    }

    pub(in super::super) fn describe_events(
        &self,
        cx: &Cx<'_>,
        input: &w::DescribeEventsInput,
    ) -> Result<w::DescribeEventsOutput, RdsError> {
        if input.source_identifier.is_some() && input.source_type.is_none() {
            let said = "Source type must be specified when a source identifier is specified.";
            return Err(RdsError::Combination(said.to_owned()));
        }
        let minutes = input.duration.and_then(|minutes| u64::try_from(minutes).ok());
        let span = minutes.map_or(EVENTS_SHOWN, |minutes| Duration::from_secs(minutes.saturating_mul(60)));
        let to = input.end_time.unwrap_or(cx.now);
        let from = input.start_time.unwrap_or(to - span);
        let source = input.source_identifier.as_deref().map(key_of);
        let is_asked = |event: &&w::Event| {
            event.date.is_some_and(|date| from <= date && date <= to)
                && source.as_ref().is_none_or(|source| event.source_identifier.as_ref() == Some(source))
                && input.source_type.as_ref().is_none_or(|kind| event.source_type.as_ref() == Some(kind))
                && input.event_categories.as_ref().is_none_or(|wanted| {
                    wanted.is_empty()
                        || event.event_categories.iter().flatten().any(|one| wanted.contains(one))
                })
        };
        let found = self.events.iter().filter(is_asked).cloned();
        let (events, marker) = page(found, input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeEventsOutput { marker, events: Some(events) })
    }
}
