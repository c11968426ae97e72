//! The queues of one account and region: finding one, waking who waits, and what is due.
//!
//! `queue.rs` holds the messages; `queues.rs`, `policy.rs`, `send.rs`, `receive.rs`, `visibility.rs` and `tasks.rs` hold the
//! operations, `attributes.rs` and `message.rs` what may be set and sent.

mod attributes;
mod batch;
mod message;
mod metrics;
mod policy;
mod queue;
mod queues;
mod receive;
mod send;
mod tasks;
mod visibility;

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::{AccountId, Arn, Timestamp};
use wavetank_wire::OperationSet as _;
use wavetank_wire::sqs::{Request, Response};

use super::error::SqsError;
use crate::services::ServiceId;
use crate::world::{Address, Answer, Cx, Delivery, Effect, Scope, Ticket};
use queue::Queue;

/// The queues of one account and region.
#[derive(Debug, Default)]
pub struct Sqs {
    queues: BTreeMap<String, Queue>,
    /// The next deadline of each queue that has one.
    deadlines: BTreeSet<(Timestamp, String)>,
    /// The last minute for which queues were looked at.
    gauged: Option<i64>,
    /// Answers that other accounts' queues owe our callers, by token.
    owed: BTreeMap<u64, Ticket>,
}

impl Sqs {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Ends long polls, moves messages back, and tells of messages that have become visible.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        while self.deadlines.first().is_some_and(|(at, _)| *at <= cx.now) {
            let Some((_, name)) = self.deadlines.pop_first() else { break };
            if let Some(queue) = self.queues.get_mut(&name) {
                queue.armed = None;
            }
            self.run_tasks(cx, &name);
            self.stir(cx, &name);
            self.end_waits(cx, &name);
            self.arm(cx, &name);
        }
    }

    pub(super) fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::Reply { token, result } => {
                if let Some(ticket) = self.owed.remove(&token) {
                    cx.push(Effect::Answer(ticket, result));
                }
            }
            other => unreachable!("SQS asks for nothing of the kind, yet got {other:?}"),
        }
    }

    /// Hands a request for another account's queue on to that account. Policies are kept, not enforced.
    pub(super) fn forward(&mut self, cx: &mut Cx<'_>, request: &Request) -> Option<Answer<Response>> {
        let account = account_of(request).filter(|account| *account != cx.scope.account)?;
        let (token, ticket) = (cx.number(), cx.ticket());
        self.owed.insert(token, ticket);
        let scope = Scope { account, region: cx.scope.region.clone() };
        let to = Address { service: ServiceId::Sqs, scope };
        let (operation, input) = (request.operation(), request.clone().to_val());
        cx.push(Effect::Call { to, operation, input, reply: Some(token) });
        Some(Answer::Later(ticket))
    }

    /// The queue that a URL means, brought to now. Host and scheme do not count; a bare name is understood.
    fn queue_mut(&mut self, cx: &Cx<'_>, url: &str) -> Result<&mut Queue, SqsError> {
        let name = name_in(url).ok_or_else(|| SqsError::Address(url.to_owned()))?;
        let queue = self.queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        queue.settle(cx.now);
        Ok(queue)
    }

    /// The queue of this scope that an ARN means.
    fn by_arn(&self, cx: &Cx<'_>, arn: &Arn) -> Option<&Queue> {
        let here = arn.service == "sqs"
            && arn.account == cx.scope.account.as_str()
            && arn.region == cx.scope.region.as_str();
        self.queues.get(&arn.resource).filter(|_| here)
    }

    /// Gives those who wait what has become visible; what is left is told to those who watch.
    fn stir(&mut self, cx: &mut Cx<'_>, name: &str) {
        self.wake(cx, name);
        if let Some(queue) = self.queues.get(name)
            && queue.has_visible(cx.now)
        {
            cx.push(Effect::Signal(queue.arn.clone()));
        }
    }

    /// Notes when this queue next has something to do unasked.
    ///
    /// Hidden and delayed messages count only where somebody waits for them.
    fn arm(&mut self, cx: &Cx<'_>, name: &str) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        let wait = queue.waits_end.first().map(|(at, _)| *at);
        let heard = queue.watched || !queue.waiters.is_empty();
        let visible = if heard { queue.next_visible(cx.now) } else { None };
        let task = queue.tasks.last().and_then(tasks::Task::next_deadline);
        let next = [wait, visible, task].into_iter().flatten().min();
        if queue.armed == next {
            return;
        }
        let before = std::mem::replace(&mut queue.armed, next);
        if let Some(at) = before {
            self.deadlines.remove(&(at, name.to_owned()));
        }
        if let Some(at) = next {
            self.deadlines.insert((at, name.to_owned()));
        }
    }
}

/// The queue's name in a URL: the last part of its path.
fn name_in(url: &str) -> Option<&str> {
    url.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())
}

/// Whose queue a request is for, if it says so.
fn account_of(request: &Request) -> Option<AccountId> {
    let url = match request {
        Request::GetQueueUrl(input) => {
            return input.queue_owner_aws_account_id.as_deref().and_then(|account| account.parse().ok());
        }
        Request::AddPermission(input) => &input.queue_url,
        Request::ChangeMessageVisibility(input) => &input.queue_url,
        Request::ChangeMessageVisibilityBatch(input) => &input.queue_url,
        Request::DeleteMessage(input) => &input.queue_url,
        Request::DeleteMessageBatch(input) => &input.queue_url,
        Request::DeleteQueue(input) => &input.queue_url,
        Request::GetQueueAttributes(input) => &input.queue_url,
        Request::ListDeadLetterSourceQueues(input) => &input.queue_url,
        Request::ListQueueTags(input) => &input.queue_url,
        Request::PurgeQueue(input) => &input.queue_url,
        Request::ReceiveMessage(input) => &input.queue_url,
        Request::RemovePermission(input) => &input.queue_url,
        Request::SendMessage(input) => &input.queue_url,
        Request::SendMessageBatch(input) => &input.queue_url,
        Request::SetQueueAttributes(input) => &input.queue_url,
        Request::TagQueue(input) => &input.queue_url,
        Request::UntagQueue(input) => &input.queue_url,
        Request::CancelMessageMoveTask(_)
        | Request::CreateQueue(_)
        | Request::ListMessageMoveTasks(_)
        | Request::ListQueues(_)
        | Request::StartMessageMoveTask(_) => return None,
    };
    url.trim_end_matches('/').rsplit('/').nth(1)?.parse().ok()
}
