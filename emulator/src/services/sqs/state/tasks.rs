//! Move tasks: messages of a dead-letter queue go back to where they came from, or to another queue, at a rate in tank time.
//!
//! Documented (model): one task at a time for each queue, at most 500 messages per second; the moved messages are new, with
//! new ids and a new age. Recorded (2024, `test_sqs_move_task.snapshot.json`): the refusals, statuses and what is listed.
//! Assumed: hidden messages are left where they are, and a task ends when none is visible.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::sqs::*;

use super::super::error::SqsError;
use super::super::limits;
use super::Sqs;
use super::message::{Message, Standing};
use crate::world::Cx;

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    Running,
    Completed,
    Cancelled,
    Failed(&'static str),
}

/// A move task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    id: String,
    destination: Option<Arn>,
    rate: Option<i64>,
    started: Timestamp,
    to_move: i64,
    moved: i64,
    status: Status,
    due: Timestamp,
}

impl Task {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        (self.status == Status::Running).then_some(self.due)
    }

    /// How often messages are moved, and how many at a time: ten times a second where the rate is that high.
    fn pace(&self) -> (Duration, i64) {
        let rate = self.rate.unwrap_or(limits::MOVES_PER_SECOND_MAX).max(1);
        let at_once = (rate / 10).max(1);
        (Duration::from_micros((1_000_000 * at_once / rate).unsigned_abs()), at_once)
    }
}

impl Sqs {
    pub(in super::super) fn start_message_move_task(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartMessageMoveTaskInput,
    ) -> Result<StartMessageMoveTaskOutput, SqsError> {
        let missing = |name| move || SqsError::NoResource(name);
        let source: Arn = input.source_arn.parse().map_err(|_| missing("SourceArn")())?;
        let name = self.by_arn(cx, &source).ok_or_else(missing("SourceArn"))?.name.clone();
        let destination = match input.destination_arn.map(|arn| arn.parse::<Arn>()) {
            None => None,
            Some(arn) => {
                let arn = arn.map_err(|_| missing("DestinationArn")())?;
                self.by_arn(cx, &arn).ok_or_else(missing("DestinationArn"))?;
                Some(arn)
            }
        };
        if self.sources_of(&source.to_string()).next().is_none() {
            let why = "Source queue must be configured as a Dead Letter Queue.";
            return Err(SqsError::ParameterSaid(why.to_owned()));
        }
        let rate = input.max_number_of_messages_per_second;
        if rate.is_some_and(|rate| !(1..=limits::MOVES_PER_SECOND_MAX).contains(&rate)) {
            // Assumed.
            let reason = "Must be between 1 and 500, if provided.";
            return Err(SqsError::parameter(
                "MaxNumberOfMessagesPerSecond",
                rate.unwrap_or_default(),
                reason,
            ));
        }
        let id = cx.uuid();
        let Some(queue) = self.queues.get_mut(&name) else { return Err(SqsError::NoResource("SourceArn")) };
        queue.settle(cx.now);
        if queue.tasks.last().is_some_and(|task| task.status == Status::Running) {
            let why = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
            return Err(SqsError::ParameterSaid(why.to_owned()));
        }
        let handle = handle(&id, &input.source_arn);
        let to_move = i64::try_from(queue.counts().visible).unwrap_or(i64::MAX);
        let (started, status) = (cx.now, Status::Running);
        let mut task = Task { id, destination, rate, started, to_move, moved: 0, status, due: cx.now };
        task.due = cx.now + task.pace().0;
        queue.tasks.push(task);
        self.arm(cx, &name);
        Ok(StartMessageMoveTaskOutput { task_handle: Some(handle) })
    }

    pub(in super::super) fn cancel_message_move_task(
        &mut self,
        cx: &mut Cx<'_>,
        input: &CancelMessageMoveTaskInput,
    ) -> Result<CancelMessageMoveTaskOutput, SqsError> {
        let unreadable = || SqsError::ParameterSaid("Value for parameter TaskHandle is invalid.".to_owned());
        let (id, arn) = read_handle(&input.task_handle).ok_or_else(unreadable)?;
        let source = arn.parse().ok().and_then(|arn| self.by_arn(cx, &arn));
        let name = source.ok_or(SqsError::NoResource("SourceArn"))?.name.clone();
        let queue = self.queues.get_mut(&name).ok_or(SqsError::NoTask)?;
        let task = queue.tasks.iter_mut().find(|task| task.id == id).ok_or(SqsError::NoTask)?;
        if task.status != Status::Running {
            // Assumed.
            let why = "Only active tasks can be cancelled.";
            return Err(SqsError::ParameterSaid(why.to_owned()));
        }
        task.status = Status::Cancelled;
        let moved = task.moved;
        self.arm(cx, &name);
        Ok(CancelMessageMoveTaskOutput { approximate_number_of_messages_moved: Some(moved) })
    }

    pub(in super::super) fn list_message_move_tasks(
        &self,
        cx: &Cx<'_>,
        input: &ListMessageMoveTasksInput,
    ) -> Result<ListMessageMoveTasksOutput, SqsError> {
        let source = input.source_arn.parse().ok().and_then(|arn| self.by_arn(cx, &arn));
        let queue = source.ok_or(SqsError::NoResource("SourceArn"))?;
        let max = input.max_results.unwrap_or(1);
        if !(1..=limits::TASKS_LISTED_MAX).contains(&max) {
            // Assumed.
            let reason = "Must be between 1 and 10, if provided.";
            return Err(SqsError::parameter("MaxResults", max, reason));
        }
        let newest = queue.tasks.iter().rev().take(usize::try_from(max).unwrap_or(1));
        let results: Vec<_> = newest.map(|task| shown(task, &queue.arn)).collect();
        Ok(ListMessageMoveTasksOutput { results: Some(results).filter(|results| !results.is_empty()) })
    }

    /// Moves what is due.
    pub(super) fn run_tasks(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        queue.settle(cx.now);
        let Some(task) = queue.tasks.last_mut().filter(|task| task.next_deadline() <= Some(cx.now)) else {
            return;
        };
        if task.status != Status::Running {
            return;
        }
        let (span, at_once) = task.pace();
        task.due = cx.now + span;
        for _ in 0..at_once {
            let status = self.move_one(cx, name);
            let Some(task) = self.queues.get_mut(name).and_then(|queue| queue.tasks.last_mut()) else {
                return;
            };
            match status {
                Status::Running => task.moved += 1,
                ended => {
                    task.status = ended;
                    return;
                }
            }
        }
        // Recorded (2024-05): a task is complete as soon as its last message has moved.
        if let Some(queue) = self.queues.get_mut(name)
            && queue.first_visible(cx.now).is_none()
            && let Some(task) = queue.tasks.last_mut()
        {
            task.status = Status::Completed;
        }
    }

    fn move_one(&mut self, cx: &mut Cx<'_>, name: &str) -> Status {
        let Some(queue) = self.queues.get(name) else { return Status::Completed };
        let Some(place) = queue.first_visible(cx.now) else { return Status::Completed };
        let source = queue.get(place).and_then(|message| message.source.clone());
        let chosen = queue.tasks.last().and_then(|task| task.destination.clone());
        let destination = match chosen.or_else(|| source.and_then(|arn| arn.parse().ok())) {
            Some(arn) => arn,
            // Documented: troubleshooting-dlq-redrive.html (read 2026-11-28).
            None => return Status::Failed("CouldNotDetermineMessageSource"),
        };
        let Some(target) = self.by_arn(cx, &destination).map(|queue| queue.name.clone()) else {
            return Status::Failed("AWS.SimpleQueueService.NonExistentQueue");
        };
        let moved = self.queues.get_mut(name).and_then(|queue| queue.remove(place));
        if let (Some(message), Some(queue)) = (moved, self.queues.get_mut(&target)) {
            queue.push(fresh(cx, message));
            self.stir(cx, &target);
            self.arm(cx, &target);
        }
        Status::Running
    }
}

/// The message as a new one.
fn fresh(cx: &mut Cx<'_>, message: Message) -> Message {
    Message {
        id: cx.uuid(),
        sent: cx.now,
        first_received: None,
        receives: 0,
        receives_here: 0,
        visible_at: cx.now,
        standing: Standing::Waiting,
        receipt: 0,
        source: None,
        ..message
    }
}

fn shown(task: &Task, source_arn: &str) -> ListMessageMoveTasksResultEntry {
    let (status, failure_reason) = match task.status {
        Status::Running => ("RUNNING", None),
        Status::Completed => ("COMPLETED", None),
        Status::Cancelled => ("CANCELLED", None),
        Status::Failed(reason) => ("FAILED", Some(reason.to_owned())),
    };
    ListMessageMoveTasksResultEntry {
        task_handle: (task.status == Status::Running).then(|| handle(&task.id, source_arn)),
        status: Some(status.to_owned()),
        source_arn: Some(source_arn.to_owned()),
        destination_arn: task.destination.as_ref().map(Arn::to_string),
        max_number_of_messages_per_second: task.rate,
        approximate_number_of_messages_moved: Some(task.moved),
        approximate_number_of_messages_to_move: Some(task.to_move),
        failure_reason,
        started_timestamp: Some(task.started.millis()),
    }
}

/// Recorded: base64 of a document with these two members.
fn handle(id: &str, source_arn: &str) -> String {
    STANDARD.encode(json!({ "taskId": id, "sourceArn": source_arn }).to_string())
}

fn read_handle(handle: &str) -> Option<(String, String)> {
    let document: Value = serde_json::from_slice(&STANDARD.decode(handle).ok()?).ok()?;
    let text = |name: &str| document[name].as_str().map(str::to_owned);
    Some((text("taskId")?, text("sourceArn")?))
}
