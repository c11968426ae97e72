//! What alarms have gone through.
//!
//! Recorded: a change of state and its data (LocalStack's `test_cloudwatch.snapshot.json`, 2023-10-26). Assumed: the other summaries.

use std::collections::VecDeque;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::alarm::{Alarm, Standing};
use super::{CloudWatch, token};
use crate::world::Cx;

/// The history of all alarms, the oldest first. It outlives them.
#[derive(Debug, Default)]
pub(super) struct History {
    items: VecDeque<AlarmHistoryItem>,
}

impl History {
    fn add(&mut self, alarm: &Alarm, kind: &str, summary: String, data: &Value, now: Timestamp) {
        let is_old =
            |item: &AlarmHistoryItem| item.timestamp.is_some_and(|at| at + limits::HISTORY_KEPT < now);
        while self.items.front().is_some_and(is_old) {
            self.items.pop_front();
        }
        self.items.push_back(AlarmHistoryItem {
            alarm_name: Some(alarm.name.clone()),
            alarm_type: Some(alarm.kind_name().to_owned()),
            timestamp: Some(now),
            history_item_type: Some(kind.to_owned()),
            history_summary: Some(summary),
            history_data: Some(data.to_string()),
            ..AlarmHistoryItem::default()
        });
    }

    /// `how` is `created` or `updated`.
    pub(super) fn configured(&mut self, alarm: &Alarm, how: &str, now: Timestamp) {
        let kind = if how == "created" { "Create" } else { "Update" };
        let data = json!({"version": "1.0", "type": kind});
        self.add(
            alarm,
            history_item_type::CONFIGURATION_UPDATE,
            format!("Alarm \"{}\" {how}", alarm.name),
            &data,
            now,
        );
    }

    pub(super) fn transitioned(&mut self, alarm: &Alarm, before: &Standing, now: Timestamp) {
        let state = |standing: &Standing| {
            let mut state = json!({"stateValue": standing.value.as_str(), "stateReason": standing.reason});
            if let Some(data) =
                standing.data.as_ref().and_then(|text| serde_json::from_str::<Value>(text).ok())
            {
                state["stateReasonData"] = data;
            }
            state
        };
        let data = json!({"version": "1.0", "oldState": state(before), "newState": state(&alarm.state)});
        let (old, new) = (before.value.as_str(), alarm.state.value.as_str());
        self.add(
            alarm,
            history_item_type::STATE_UPDATE,
            format!("Alarm updated from {old} to {new}"),
            &data,
            now,
        );
    }

    pub(super) fn acted(&mut self, alarm: &Alarm, action: &str, how: Result<(), &str>, now: Timestamp) {
        let state = alarm.state.value.as_str();
        let mut data = json!({"actionState": "Succeeded", "stateUpdateTimestamp": alarm.state.updated.millis(), "notificationResource": action, "publishedMessage": null, "state": state});
        let summary = match how {
            Ok(()) => format!("Successfully executed action {action}"),
            Err(why) => {
                data["actionState"] = json!("Failed");
                data["error"] = json!(why);
                format!("Failed to execute action {action}")
            }
        };
        self.add(alarm, history_item_type::ACTION, summary, &data, now);
    }
}

impl CloudWatch {
    /// The latest first, unless the caller wants it otherwise. Of metric alarms, unless he names other kinds.
    pub(in super::super) fn describe_alarm_history(
        &self,
        _cx: &Cx<'_>,
        input: &DescribeAlarmHistoryInput,
    ) -> Result<DescribeAlarmHistoryOutput, CloudWatchError> {
        let types = input.alarm_types.clone().unwrap_or_else(|| vec![alarm_type::METRIC_ALARM.to_owned()]);
        let is_wanted = |item: &&AlarmHistoryItem| {
            item.alarm_type.as_ref().is_some_and(|kind| types.contains(kind))
                && (input.alarm_name.is_none() || input.alarm_name == item.alarm_name)
                && (input.history_item_type.is_none() || input.history_item_type == item.history_item_type)
                && input.start_date.is_none_or(|start| item.timestamp.is_some_and(|at| at >= start))
                && input.end_date.is_none_or(|end| item.timestamp.is_some_and(|at| at <= end))
        };
        let mut found: Vec<&AlarmHistoryItem> = self.history.items.iter().filter(is_wanted).collect();
        if input.scan_by.as_deref() != Some(scan_by::TIMESTAMP_ASCENDING) {
            found.reverse();
        }
        let skipped: Option<usize> = input
            .next_token
            .as_deref()
            .map(|text| token::read(text).ok_or_else(token::refused))
            .transpose()?;
        let skipped = skipped.unwrap_or_default();
        let max = input.max_records.and_then(|max| usize::try_from(max).ok()).unwrap_or(limits::HISTORY_PAGE);
        let next = skipped + max;
        let next_token = (found.len() > next).then(|| token::write(&next));
        let items = found.into_iter().skip(skipped).take(max).cloned().collect();
        Ok(DescribeAlarmHistoryOutput { alarm_history_items: Some(items), next_token })
    }
}
