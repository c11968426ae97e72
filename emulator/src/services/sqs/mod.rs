//! SQS: standard and FIFO queues, with visibility, delay, long polls, batches, dead letters, deduplication, move tasks.
//!
//! Simplified: every message is found by every receive (AWS samples its servers); a standard queue keeps order and gives
//! each message once per visibility timeout; counts are exact; changes hold at once; a deleted queue's name is free at
//! once (AWS: after 60 seconds); `PurgeQueue` empties at once. Quotas of calls per second are not kept, so high-throughput
//! FIFO changes only deduplication. Policies, keys and tags are kept and shown, not enforced.
//! Time: retention, deduplication and attempt ids are looked at when asked. A deadline stands for a long poll's end, a move
//! task's next messages, and for hidden messages only where somebody waits for them.
//! Start with `state/queue.rs`, then `state/receive.rs`.

mod error;
mod limits;
#[cfg(test)]
mod props;
mod state;
#[cfg(test)]
mod tests;

use wavetank_types::Timestamp;
use wavetank_wire::sqs::{Request, Response};

pub use error::SqsError;
pub use state::Sqs;

use super::Service;
use crate::world::{Answer, Cx, Delivery};

impl Service for Sqs {
    type Request = Request;
    type Response = Response;
    type Error = SqsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, SqsError> {
        use Request as Q;
        use Response as A;
        self.gauge(cx);
        if let Some(answer) = self.forward(cx, &request) {
            return Ok(answer);
        }
        Ok(Answer::Now(match request {
            Q::ReceiveMessage(input) => return self.receive_message(cx, input),
            Q::SendMessage(input) => A::SendMessage(self.send_message(cx, input)?),
            Q::SendMessageBatch(input) => A::SendMessageBatch(self.send_message_batch(cx, input)?),
            Q::DeleteMessage(input) => A::DeleteMessage(self.delete_message(cx, &input)?),
            Q::DeleteMessageBatch(input) => A::DeleteMessageBatch(self.delete_message_batch(cx, input)?),
            Q::ChangeMessageVisibility(input) => {
                A::ChangeMessageVisibility(self.change_message_visibility(cx, &input)?)
            }
            Q::ChangeMessageVisibilityBatch(input) => {
                A::ChangeMessageVisibilityBatch(self.change_message_visibility_batch(cx, input)?)
            }
            Q::CreateQueue(input) => A::CreateQueue(self.create_queue(cx, input)?),
            Q::DeleteQueue(input) => A::DeleteQueue(self.delete_queue(cx, &input)?),
            Q::GetQueueUrl(input) => A::GetQueueUrl(self.get_queue_url(cx, &input)?),
            Q::ListQueues(input) => A::ListQueues(self.list_queues(cx, &input)?),
            Q::GetQueueAttributes(input) => A::GetQueueAttributes(self.get_queue_attributes(cx, &input)?),
            Q::SetQueueAttributes(input) => A::SetQueueAttributes(self.set_queue_attributes(cx, &input)?),
            Q::PurgeQueue(input) => A::PurgeQueue(self.purge_queue(cx, &input)?),
            Q::ListQueueTags(input) => A::ListQueueTags(self.list_queue_tags(cx, &input)?),
            Q::TagQueue(input) => A::TagQueue(self.tag_queue(cx, input)?),
            Q::UntagQueue(input) => A::UntagQueue(self.untag_queue(cx, &input)?),
            Q::AddPermission(input) => A::AddPermission(self.add_permission(cx, &input)?),
            Q::RemovePermission(input) => A::RemovePermission(self.remove_permission(cx, &input)?),
            Q::ListDeadLetterSourceQueues(input) => {
                A::ListDeadLetterSourceQueues(self.list_dead_letter_source_queues(cx, &input)?)
            }
            Q::StartMessageMoveTask(input) => {
                A::StartMessageMoveTask(self.start_message_move_task(cx, input)?)
            }
            Q::CancelMessageMoveTask(input) => {
                A::CancelMessageMoveTask(self.cancel_message_move_task(cx, &input)?)
            }
            Q::ListMessageMoveTasks(input) => {
                A::ListMessageMoveTasks(self.list_message_move_tasks(cx, &input)?)
            }
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Sqs::next_deadline(self)
    }

    fn measure(&mut self, cx: &mut Cx<'_>) {
        self.gauge_now(cx);
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.gauge(cx);
        Sqs::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        Sqs::deliver(self, cx, delivery);
    }
}
