//! Replays: events of an archive go to its bus again, with the replay's name, for all rules or some.
//!
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html (read 2026-11-29): which events, and in which order, goes
//! by the time in them. Simplified: all are sent at one instant, not minute by minute.

use std::sync::Arc;

use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::events::*;

use super::super::error::EventsError;
use super::super::limits;
use super::put::Event;
use super::{Events, name_of, own_arn, page};
use crate::world::Cx;

/// A replay.
#[derive(Debug)]
pub(super) struct Replaying {
    arn: String,
    body: StartReplayInput,
    state: &'static str,
    started: Timestamp,
    ended: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Replaying {
    /// When it sends its events.
    pub(super) fn due(&self) -> Option<Timestamp> {
        (self.state == replay_state::STARTING).then(|| self.started + limits::REPLAY_STARTING)
    }
}

impl Events {
    pub(in super::super) fn start_replay(
        &mut self,
        cx: &Cx<'_>,
        input: StartReplayInput,
    ) -> Result<StartReplayOutput, EventsError> {
        let invalid = |why: &str| EventsError::Invalid(why.to_owned());
        if self.replays.contains_key(&input.replay_name) {
            return Err(EventsError::Exists(format!("Replay {}", input.replay_name)));
        }
        let found = self.archives.values().find(|archive| archive.arn == input.event_source_arn);
        let name = name_of(&input.event_source_arn);
        let archive = found.ok_or_else(|| EventsError::NoSuch(format!("Archive {name}")))?;
        if archive.body.event_source_arn != input.destination.arn {
            return Err(invalid(
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
            ));
        }
        if input.event_end_time <= input.event_start_time {
            return Err(invalid(
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
            ));
        }
        let arn = own_arn(cx, format!("replay/{}", input.replay_name));
        let replay = Replaying {
            arn: arn.clone(),
            state: replay_state::STARTING,
            started: cx.now,
            ended: None,
            last: None,
            body: input,
        };
        self.replays.insert(replay.body.replay_name.clone(), replay);
        Ok(StartReplayOutput {
            replay_arn: Some(arn),
            state: Some(replay_state::STARTING.to_owned()),
            state_reason: None,
            replay_start_time: Some(cx.now),
        })
    }

    /// Sends what replays that are due have.
    pub(in super::super) fn run_replays(&mut self, cx: &mut Cx<'_>) {
        let due = self.replays.iter().filter(|(_, replay)| replay.due().is_some_and(|at| at <= cx.now));
        for name in due.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            let Some(replay) = self.replays.get_mut(&name) else { continue };
            replay.state = replay_state::COMPLETED;
            replay.ended = Some(cx.now);
            let body = replay.body.clone();
            let found = self.archives.values_mut().find(|archive| archive.arn == body.event_source_arn);
            let Some(archive) = found else {
                replay.state = replay_state::FAILED;
                continue;
            };
            archive.age(cx.now);
            let timed = archive.events.iter().map(|event| (event.time(), Arc::clone(event)));
            let wanted = timed.filter(|(at, _)| body.event_start_time <= *at && *at < body.event_end_time);
            let mut events: Vec<(Timestamp, Arc<Event>)> = wanted.collect();
            events.sort_by_key(|(at, _)| *at);
            replay.last = events.last().map(|(at, _)| *at);
            for (_, event) in events {
                self.replay(cx, &body, &event);
            }
        }
    }

    fn replay(&mut self, cx: &mut Cx<'_>, body: &StartReplayInput, event: &Event) {
        let mut value = event.value.clone();
        value["replay-name"] = Value::from(body.replay_name.as_str());
        let event = Event::new(value, cx.now);
        let bus = name_of(&body.destination.arn).to_owned();
        match body.destination.filter_arns.as_deref() {
            None | Some([]) => self.publish(cx, &bus, &event, 0),
            Some(arns) => self.publish_to(cx, &bus, &event, arns),
        }
    }

    pub(in super::super) fn cancel_replay(
        &mut self,
        cx: &Cx<'_>,
        input: &CancelReplayInput,
    ) -> Result<CancelReplayOutput, EventsError> {
        let found = self.replays.get_mut(&input.replay_name);
        let replay = found.ok_or_else(|| EventsError::NoSuch(format!("Replay {}", input.replay_name)))?;
        if replay.state != replay_state::STARTING {
            let why = format!("Replay {} is not in a valid state for this operation.", input.replay_name);
            return Err(EventsError::State(why));
        }
        replay.state = replay_state::CANCELLED;
        replay.ended = Some(cx.now);
        Ok(CancelReplayOutput {
            replay_arn: Some(replay.arn.clone()),
            state: Some(replay.state.to_owned()),
            state_reason: None,
        })
    }

    pub(in super::super) fn describe_replay(
        &self,
        input: &DescribeReplayInput,
    ) -> Result<DescribeReplayOutput, EventsError> {
        let found = self.replays.get(&input.replay_name);
        let replay = found.ok_or_else(|| EventsError::NoSuch(format!("Replay {}", input.replay_name)))?;
        let body = replay.body.clone();
        Ok(DescribeReplayOutput {
            replay_name: Some(body.replay_name),
            replay_arn: Some(replay.arn.clone()),
            description: body.description,
            state: Some(replay.state.to_owned()),
            state_reason: None,
            event_source_arn: Some(body.event_source_arn),
            destination: Some(body.destination),
            event_start_time: Some(body.event_start_time),
            event_end_time: Some(body.event_end_time),
            event_last_replayed_time: replay.last,
            replay_start_time: Some(replay.started),
            replay_end_time: replay.ended,
        })
    }

    pub(in super::super) fn list_replays(
        &self,
        input: &ListReplaysInput,
    ) -> Result<ListReplaysOutput, EventsError> {
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let all = self.replays.values().filter(|replay| {
            replay.body.replay_name.starts_with(prefix)
                && input.state.as_deref().is_none_or(|state| state == replay.state)
                && input.event_source_arn.as_ref().is_none_or(|arn| *arn == replay.body.event_source_arn)
        });
        let all = all.map(|replay| Replay {
            replay_name: Some(replay.body.replay_name.clone()),
            event_source_arn: Some(replay.body.event_source_arn.clone()),
            state: Some(replay.state.to_owned()),
            state_reason: None,
            event_start_time: Some(replay.body.event_start_time),
            event_end_time: Some(replay.body.event_end_time),
            event_last_replayed_time: replay.last,
            replay_start_time: Some(replay.started),
            replay_end_time: replay.ended,
        });
        let (replays, next_token) = page(all, input.next_token.as_deref(), input.limit)?;
        Ok(ListReplaysOutput { replays: Some(replays), next_token })
    }
}
