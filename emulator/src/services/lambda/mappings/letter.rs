//! A record of failure on its way to its destination: asked again when the destination is busy, kept by name when it refuses.
//!
//! Documented: docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (read 2026-11-28): what cannot be
//! sent is counted in `DestinationDeliveryFailures`; kinesis-on-failure-destination.html (read 2026-11-28): the shard goes on.
//! So on AWS only a number stays. A tank also keeps which records it was, for `wavetank status`.
//! Assumed: what may pass is tried [`limits::DELIVERY_ATTEMPTS_MAX`] times, since AWS's clients do so by default; what does
//! not pass (a queue that is gone, a FIFO queue, a refusal) is not tried again.

use std::sync::Arc;

use bytes::Bytes;
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::{FromVal as _, Operation, Val, WireError, sns, sqs};

use super::Mappings;
use super::agenda::Part;
use super::env::{Out, Owed};
use super::lane::wait;
use super::limits;
use super::source::ask;
use crate::services::lambda::state::metrics::count_undelivered;
use crate::services::s3::Command;
use crate::world::{Address, Cx, Effect, Undelivered};

/// Where a letter goes.
#[derive(Clone, Debug)]
pub(super) enum Post {
    /// The queue's address has to be asked for first.
    Queue {
        home: Address,
        arn: Arn,
        url: Option<String>,
    },
    Topic {
        home: Address,
        arn: String,
    },
    Bucket {
        name: String,
        key: String,
    },
}

/// One record of failure.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    uuid: Arc<str>,
    /// Whose batch it tells of: an ARN, qualified or not.
    function: String,
    to: Post,
    body: String,
    notice: Undelivered,
}

/// What follows a reply.
enum Next {
    Arrived,
    /// One more question to the same destination.
    Again,
    Later(Timestamp),
    Lost,
}

impl Letter {
    pub(super) fn new(uuid: &str, function: &str, to: Post, body: String, notice: Undelivered) -> Self {
        Self { uuid: uuid.into(), function: function.to_owned(), to, body, notice }
    }

    /// Asks the destination; the reply is owed.
    pub(super) fn send(self, cx: &mut Cx<'_>, out: &mut Out) {
        let token = cx.number();
        match &self.to {
            Post::Queue { home, arn, url: None } => {
                let input = sqs::GetQueueUrlInput {
                    queue_name: arn.resource.clone(),
                    queue_owner_aws_account_id: Some(arn.account.clone()),
                };
                ask::<sqs::GetQueueUrl>(cx, home, input, Some(token));
            }
            Post::Queue { home, url: Some(url), .. } => {
                let input = sqs::SendMessageInput {
                    queue_url: url.clone(),
                    message_body: self.body.clone(),
                    ..Default::default()
                };
                ask::<sqs::SendMessage>(cx, home, input, Some(token));
            }
            Post::Topic { home, arn } => {
                let input = sns::PublishInput {
                    topic_arn: Some(arn.clone()),
                    message: self.body.clone(),
                    ..Default::default()
                };
                ask::<sns::Publish>(cx, home, input, Some(token));
            }
            Post::Bucket { name, key } => {
                let command = Command::PutObject {
                    bucket: name.clone(),
                    key: key.clone(),
                    body: Bytes::from(self.body.clone()),
                    content_type: "application/json".to_owned(),
                };
                cx.push(Effect::S3 { command, reply: Some(token) });
            }
        }
        out.owed.insert(token, Owed::Destination(Box::new(self)));
    }

    fn replied(&mut self, now: Timestamp, result: Result<Val, WireError>) -> Next {
        let error = match (result, &mut self.to) {
            (Ok(reply), Post::Queue { url: url @ None, .. }) => {
                let found = <sqs::GetQueueUrl as Operation>::Output::from_val(reply).queue_url;
                *url = Some(found.unwrap_or_default());
                return Next::Again;
            }
            (Ok(_), _) => return Next::Arrived,
            (Err(error), _) => error,
        };
        self.notice.attempts += 1;
        self.notice.cause = error.to_string();
        if may_pass(&error) && self.notice.attempts < limits::DELIVERY_ATTEMPTS_MAX {
            let at = now + wait(self.notice.attempts);
            self.notice.retry = Some(at);
            return Next::Later(at);
        }
        self.notice.retry = None;
        Next::Lost
    }
}

/// Whether the destination may take the same letter a little later.
fn may_pass(error: &WireError) -> bool {
    let is_busy = ["Throttl", "SlowDown", "OverLimit", "RequestLimitExceeded"];
    is_busy.iter().any(|word| error.code.contains(word)) || (error.status >= 500 && error.status != 501)
}

impl Mappings {
    /// A destination has replied.
    pub(super) fn letter_replied(
        &mut self,
        cx: &mut Cx<'_>,
        mut letter: Letter,
        result: Result<Val, WireError>,
    ) {
        match letter.replied(cx.now, result) {
            Next::Arrived => {}
            Next::Again => letter.send(cx, &mut self.out),
            Next::Later(at) => {
                let number = cx.number();
                self.out.agenda.set((letter.uuid.clone(), Part::Letter(number)), Some(at));
                self.out.letters.insert(number, letter);
            }
            Next::Lost => {
                tracing::warn!(notice = ?letter.notice, "a record of failure has not reached its destination");
                // `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, then perhaps a qualifier.
                count_undelivered(cx, letter.function.split(':').nth(6).unwrap_or_default());
                self.out.lose(letter.notice);
            }
        }
    }

    /// A letter's next attempt is due.
    pub(super) fn send_again(&mut self, cx: &mut Cx<'_>, number: u64) {
        if let Some(letter) = self.out.letters.remove(&number) {
            letter.send(cx, &mut self.out);
        }
    }

    /// What has not arrived: what nobody will try again, then what is tried again, each in order.
    pub(in super::super) fn undelivered(&self) -> Vec<Undelivered> {
        let waiting = self.out.letters.values().map(|letter| letter.notice.clone());
        self.out.lost.iter().cloned().chain(waiting).collect()
    }
}
