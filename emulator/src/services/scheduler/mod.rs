//! EventBridge Scheduler: groups, schedules (cron, rate, at, in a time zone), flexible windows, retries, dead-letter queues.
//!
//! Targets: functions, queues, topics, streams of Kinesis and Firehose, event buses, and any operation of our services (`aws-sdk:`).
//! Left out, and refused by name: targets of services that a tank does not have, and S3's operations. A role must let this service in;
//! what it may do is not looked at. Keys are kept and shown.
//! Time: a run comes at the second that its expression names. A recurring schedule's next run comes by `advance`, and does not keep
//! `settle` from coming to rest; a one-time schedule, a run that waits in its flexible window and a retry do.
//! Start with `state/schedules.rs`, then `state/run.rs`. Expressions: `emulator/src/schedule`; targets: `emulator/src/targets`.

mod error;
mod limits;
mod metrics;
mod state;
#[cfg(test)]
mod tests;

use wavetank_types::Timestamp;
use wavetank_wire::scheduler::{Request, Response};

pub use error::SchedulerError;
use state::Change;
pub use state::Scheduler;

use super::Service;
use crate::world::{Answer, Cx, Delivery};

impl Service for Scheduler {
    type Request = Request;
    type Response = Response;
    type Error = SchedulerError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, SchedulerError> {
        use Request as Q;
        use Response as A;
        self.begin(cx);
        Ok(Answer::Now(match request {
            Q::CreateSchedule(input) => return self.propose(cx, Change::Create(input)),
            Q::UpdateSchedule(input) => return self.propose(cx, Change::Update(input)),
            Q::GetSchedule(input) => A::GetSchedule(self.get_schedule(&input)?),
            Q::DeleteSchedule(input) => A::DeleteSchedule(self.delete_schedule(&input)?),
            Q::ListSchedules(input) => A::ListSchedules(self.list_schedules(&input)?),
            Q::CreateScheduleGroup(input) => A::CreateScheduleGroup(self.create_group(cx, input)?),
            Q::GetScheduleGroup(input) => A::GetScheduleGroup(self.get_group(&input)?),
            Q::DeleteScheduleGroup(input) => A::DeleteScheduleGroup(self.delete_group(&input)?),
            Q::ListScheduleGroups(input) => A::ListScheduleGroups(self.list_groups(&input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag(&input)?),
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.next_work()
    }

    fn next_routine(&self) -> Option<Timestamp> {
        self.next_recurring()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.run_due(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        let Delivery::Reply { token, result } = delivery else {
            unreachable!("EventBridge Scheduler waits for replies only, yet got {delivery:?}");
        };
        self.answered(cx, token, result);
    }
}
