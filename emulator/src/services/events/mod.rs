//! EventBridge: buses, rules with patterns or schedules, targets, input transformers, retries, dead-letter queues, archives, replays.
//!
//! Targets: functions, queues, topics, streams of Kinesis and Firehose, workflows of Glue, log groups, and buses of the same account and region.
//! Left out, and refused by name: other targets, connections, API destinations, partner sources, endpoints. Roles, keys, logging of buses
//! and policies are kept and shown, not enforced. Archives make no managed rule that one could see.
//! Time: events reach targets at once; a scheduled rule runs as its expression says, by `advance`, and lets `settle` come to rest; a
//! replay waits for [`limits::REPLAY_STARTING`], then sends all at once.
//! Start with `state/put.rs`, then `state/send.rs`. Patterns: `emulator/src/patterns`; schedules: `emulator/src/schedule`.

mod error;
mod limits;
mod metrics;
mod path;
mod state;
#[cfg(test)]
mod tests;
mod transform;

use wavetank_types::Timestamp;
use wavetank_wire::events::{Request, Response};

pub use error::EventsError;
pub use state::Events;

use super::Service;
use crate::world::{Answer, Cx, Delivery};

impl Service for Events {
    type Request = Request;
    type Response = Response;
    type Error = EventsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, EventsError> {
        use Request as Q;
        use Response as A;
        self.begin(cx);
        Ok(Answer::Now(match request {
            Q::PutEvents(input) => A::PutEvents(self.put_events(cx, input)?),
            Q::TestEventPattern(input) => A::TestEventPattern(self.test_event_pattern(&input)?),
            Q::PutRule(input) => A::PutRule(self.put_rule(cx, input)?),
            Q::DescribeRule(input) => A::DescribeRule(self.describe_rule(cx, &input)?),
            Q::DeleteRule(input) => A::DeleteRule(self.delete_rule(&input)?),
            Q::EnableRule(input) => A::EnableRule(self.enable_rule(cx, &input)?),
            Q::DisableRule(input) => A::DisableRule(self.disable_rule(cx, &input)?),
            Q::ListRules(input) => A::ListRules(self.list_rules(&input)?),
            Q::PutTargets(input) => A::PutTargets(self.put_targets(cx, input)?),
            Q::RemoveTargets(input) => A::RemoveTargets(self.remove_targets(&input)?),
            Q::ListTargetsByRule(input) => A::ListTargetsByRule(self.list_targets(&input)?),
            Q::ListRuleNamesByTarget(input) => A::ListRuleNamesByTarget(self.list_rule_names(&input)?),
            other => self.set_up(cx, other)?,
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.next_work()
    }

    fn next_routine(&self) -> Option<Timestamp> {
        self.next_scheduled()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.send_again(cx);
        self.run_scheduled(cx);
        self.run_replays(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        let Delivery::Reply { token, result } = delivery else {
            unreachable!("EventBridge waits for replies only, yet got {delivery:?}");
        };
        self.answered(cx, token, result);
    }
}

impl Events {
    /// Operations on buses, permissions, tags, archives and replays.
    fn set_up(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, EventsError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateEventBus(input) => A::CreateEventBus(self.create_bus(cx, input)?),
            Q::UpdateEventBus(input) => A::UpdateEventBus(self.update_bus(cx, input)?),
            Q::DeleteEventBus(input) => A::DeleteEventBus(self.delete_bus(&input)?),
            Q::DescribeEventBus(input) => A::DescribeEventBus(self.describe_bus(&input)?),
            Q::ListEventBuses(input) => A::ListEventBuses(self.list_buses(&input)?),
            Q::PutPermission(input) => A::PutPermission(self.put_permission(input)?),
            Q::RemovePermission(input) => A::RemovePermission(self.remove_permission(&input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag(&input)?),
            Q::CreateArchive(input) => A::CreateArchive(self.create_archive(cx, input)?),
            Q::UpdateArchive(input) => A::UpdateArchive(self.update_archive(cx, input)?),
            Q::DeleteArchive(input) => A::DeleteArchive(self.delete_archive(&input)?),
            Q::DescribeArchive(input) => A::DescribeArchive(self.describe_archive(cx, &input)?),
            Q::ListArchives(input) => A::ListArchives(self.list_archives(cx, &input)?),
            Q::StartReplay(input) => A::StartReplay(self.start_replay(cx, input)?),
            Q::CancelReplay(input) => A::CancelReplay(self.cancel_replay(cx, &input)?),
            Q::DescribeReplay(input) => A::DescribeReplay(self.describe_replay(&input)?),
            Q::ListReplays(input) => A::ListReplays(self.list_replays(&input)?),
            other => return Err(EventsError::NotBuilt(other.operation().to_owned())),
        })
    }
}
