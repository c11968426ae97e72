//! Sending: what is refused, what is a duplicate, and when a message can first be received.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wavetank_types::Timestamp;
use wavetank_wire::sqs::*;

use super::super::error::SqsError;
use super::super::limits;
use super::batch::{check_ids, failed};
use super::message::{self, Draft, Message, Standing};
use super::metrics::OfQueue;
use super::queue::Queue;
use super::{Sqs, name_in};
use crate::world::Cx;

const NOT_HERE: &str = "The request include parameter that is not valid for this queue type.";
const NO_DEDUPLICATION: &str = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";

impl Sqs {
    pub(in super::super) fn send_message(
        &mut self,
        cx: &mut Cx<'_>,
        input: SendMessageInput,
    ) -> Result<SendMessageOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let md5_of_system = message::md5_of_system(input.message_system_attributes.as_ref());
        if queue.settings.fifo && input.message_group_id.is_none() {
            return Err(SqsError::Missing("MessageGroupId"));
        }
        let entry = SendMessageBatchRequestEntry {
            id: String::new(),
            message_body: input.message_body,
            delay_seconds: input.delay_seconds,
            message_attributes: input.message_attributes,
            message_system_attributes: input.message_system_attributes,
            message_deduplication_id: input.message_deduplication_id,
            message_group_id: input.message_group_id,
        };
        let draft = queue.draft(entry)?;
        let mut output = queue.accept(cx, draft);
        output.md5of_message_system_attributes = md5_of_system;
        self.sent(cx, &input.queue_url);
        Ok(output)
    }

    pub(in super::super) fn send_message_batch(
        &mut self,
        cx: &mut Cx<'_>,
        input: SendMessageBatchInput,
    ) -> Result<SendMessageBatchOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        check_ids("SendMessageBatchRequestEntry", input.entries.iter().map(|entry| entry.id.as_str()))?;
        let size = |entry: &SendMessageBatchRequestEntry| {
            message::size(&entry.message_body, entry.message_attributes.as_ref())
        };
        let bytes = input.entries.iter().map(size).sum();
        if bytes > limits::MESSAGE_BYTES_MAX {
            return Err(SqsError::BatchTooLong(bytes));
        }
        // Recorded (2024-04-30): these refuse the whole batch.
        if queue.settings.fifo {
            if input.entries.iter().any(|entry| entry.message_group_id.is_none()) {
                return Err(SqsError::ParameterSaid(SqsError::Missing("MessageGroupId").to_string()));
            }
            let without = |entry: &SendMessageBatchRequestEntry| entry.message_deduplication_id.is_none();
            if !queue.settings.content_dedup && input.entries.iter().any(without) {
                return Err(SqsError::ParameterSaid(NO_DEDUPLICATION.to_owned()));
            }
        }
        let mut output = SendMessageBatchOutput::default();
        for entry in input.entries {
            let id = entry.id.clone();
            let md5of_message_system_attributes =
                message::md5_of_system(entry.message_system_attributes.as_ref());
            match queue.draft(entry) {
                Ok(draft) => {
                    let sent = queue.accept(cx, draft);
                    output.successful.push(SendMessageBatchResultEntry {
                        id,
                        message_id: sent.message_id.unwrap_or_default(),
                        md5of_message_body: sent.md5of_message_body.unwrap_or_default(),
                        md5of_message_attributes: sent.md5of_message_attributes,
                        md5of_message_system_attributes,
                        sequence_number: sent.sequence_number,
                    });
                }
                Err(error) => output.failed.push(failed(id, &error)),
            }
        }
        self.sent(cx, &input.queue_url);
        Ok(output)
    }

    fn sent(&mut self, cx: &mut Cx<'_>, url: &str) {
        let name = name_in(url).unwrap_or_default();
        self.stir(cx, name);
        self.arm(cx, name);
    }
}

impl Queue {
    /// Checks what a client sends.
    fn draft(&self, entry: SendMessageBatchRequestEntry) -> Result<Draft, SqsError> {
        let fifo = self.settings.fifo;
        message::check_body(&entry.message_body)?;
        let attributes = entry.message_attributes.unwrap_or_default();
        message::check_attributes(&attributes)?;
        let bytes = message::size(&entry.message_body, Some(&attributes));
        if bytes > self.settings.bytes_max {
            return Err(SqsError::TooLong { bytes_max: self.settings.bytes_max });
        }
        message::check_id("MessageGroupId", entry.message_group_id.as_deref())?;
        message::check_id("MessageDeduplicationId", entry.message_deduplication_id.as_deref())?;
        let dedup = match entry.message_deduplication_id {
            Some(id) if !fifo => return Err(SqsError::parameter("MessageDeduplicationId", id, NOT_HERE)),
            Some(id) => Some(id),
            None if !fifo => None,
            None if self.settings.content_dedup => {
                Some(hex::encode(Sha256::digest(entry.message_body.as_bytes())))
            }
            None => return Err(SqsError::ParameterSaid(NO_DEDUPLICATION.to_owned())),
        };
        let delay_secs = match entry.delay_seconds {
            None => None,
            // Recorded (2025-07-31): zero means the queue's own delay.
            Some(0) if fifo => None,
            Some(secs) if fifo => return Err(SqsError::parameter("DelaySeconds", secs, NOT_HERE)),
            Some(secs) => {
                let asked = u64::try_from(secs).ok().filter(|secs| limits::DELAY_SECS.contains(secs));
                let reason = "DelaySeconds must be >= 0 and <= 900.";
                Some(asked.ok_or_else(|| SqsError::parameter("DelaySeconds", secs, reason))?)
            }
        };
        Ok(Draft {
            body: entry.message_body,
            attributes,
            trace: message::trace_header(entry.message_system_attributes)?,
            delay_secs,
            group: entry.message_group_id,
            dedup,
        })
    }

    /// Takes a message in, unless it is the duplicate of one that was sent less than five minutes ago.
    fn accept(&mut self, cx: &mut Cx<'_>, draft: Draft) -> SendMessageOutput {
        let scope = if self.settings.dedup_in_group {
            draft.group.clone().unwrap_or_default()
        } else {
            String::new()
        };
        let key = draft.dedup.clone().map(|id| (scope, id));
        // Assumed: a duplicate is answered with the first message's id and sequence number.
        if let Some(key) = &key
            && let Some(first) = self.dedup.known(cx.now, key)
        {
            cx.meter::<OfQueue>(&[&self.name]).add(OfQueue::Deduplicated, 1.0);
            let mut answer = first.clone();
            answer.md5of_message_body = Some(message::md5_of(&draft.body));
            answer.md5of_message_attributes = message::md5_of_attributes(draft.attributes.iter());
            return answer;
        }
        let md5of_message_attributes = message::md5_of_attributes(draft.attributes.iter());
        let bytes = message::size(&draft.body, Some(&draft.attributes)) as f64;
        cx.meter::<OfQueue>(&[&self.name]).add(OfQueue::Sent, 1.0).add(OfQueue::SentSize, bytes);
        let message = self.message(cx, draft);
        let (id, md5) = (message.id.clone(), message.md5.clone());
        let place = self.push(message);
        let answer = SendMessageOutput {
            md5of_message_body: Some(md5),
            md5of_message_attributes,
            md5of_message_system_attributes: None,
            message_id: Some(id),
            sequence_number: self.settings.fifo.then(|| sequence_number(place)),
        };
        if let Some(key) = key {
            self.dedup.remember(cx.now + limits::DEDUPLICATION, key, answer.clone());
        }
        answer
    }

    fn message(&self, cx: &mut Cx<'_>, draft: Draft) -> Message {
        let delay = Duration::from_secs(draft.delay_secs.unwrap_or(self.settings.delay_secs));
        let delayed = delay > Duration::ZERO;
        let sender =
            if cx.access_key.is_empty() { cx.scope.account.to_string() } else { cx.access_key.to_owned() };
        Message {
            id: cx.uuid(),
            md5: message::md5_of(&draft.body),
            body: draft.body,
            attributes: draft.attributes,
            trace: draft.trace,
            group: draft.group,
            dedup: draft.dedup,
            sender,
            sent: cx.now,
            first_received: None,
            last_received: Timestamp::default(),
            receives: 0,
            receives_here: 0,
            visible_at: cx.now + delay,
            standing: if delayed { Standing::Delayed } else { Standing::Waiting },
            receipt: 0,
            source: None,
        }
    }
}

/// Twenty digits, growing along a queue.
///
/// Assumed: 20 digits, as in every answer seen; where they begin. That they grow is in the service model.
pub(super) fn sequence_number(place: u64) -> String {
    (18_870_000_000_000_000_000_u128 + u128::from(place) * 256).to_string()
}
