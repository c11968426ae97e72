//! Deleting messages and changing how long they are hidden, by receipt handle.
//!
//! Recorded by LocalStack (2024-04-30 to 2025-10-05): in a standard queue a handle still deletes, and still hides, after
//! its visibility timeout has passed; a FIFO queue then refuses it. Documented (model): the deletion by an older handle
//! succeeds and may delete nothing. Assumed: that it then never does.

use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::sqs::*;

use super::super::error::SqsError;
use super::super::limits;
use super::batch::{check_ids, failed};
use super::message::Standing;
use super::metrics::OfQueue;
use super::queue::Queue;
use super::{Sqs, name_in};
use crate::world::Cx;

impl Sqs {
    pub(in super::super) fn delete_message(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteMessageInput,
    ) -> Result<DeleteMessageOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        queue.delete(&input.receipt_handle)?;
        cx.meter::<OfQueue>(&[&queue.name]).add(OfQueue::Deleted, 1.0);
        self.loosened(cx, &input.queue_url);
        Ok(DeleteMessageOutput {})
    }

    pub(in super::super) fn delete_message_batch(
        &mut self,
        cx: &mut Cx<'_>,
        input: DeleteMessageBatchInput,
    ) -> Result<DeleteMessageBatchOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        check_ids("DeleteMessageBatchRequestEntry", input.entries.iter().map(|entry| entry.id.as_str()))?;
        let mut output = DeleteMessageBatchOutput::default();
        for DeleteMessageBatchRequestEntry { id, receipt_handle } in input.entries {
            match queue.delete(&receipt_handle) {
                Ok(()) => output.successful.push(DeleteMessageBatchResultEntry { id }),
                Err(error) => output.failed.push(failed(id, &error)),
            }
        }
        if !output.successful.is_empty() {
            cx.meter::<OfQueue>(&[&queue.name]).add(OfQueue::Deleted, output.successful.len() as f64);
        }
        self.loosened(cx, &input.queue_url);
        Ok(output)
    }

    pub(in super::super) fn change_message_visibility(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ChangeMessageVisibilityInput,
    ) -> Result<ChangeMessageVisibilityOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        queue.change_visibility(cx.now, &input.receipt_handle, input.visibility_timeout)?;
        self.loosened(cx, &input.queue_url);
        Ok(ChangeMessageVisibilityOutput {})
    }

    pub(in super::super) fn change_message_visibility_batch(
        &mut self,
        cx: &mut Cx<'_>,
        input: ChangeMessageVisibilityBatchInput,
    ) -> Result<ChangeMessageVisibilityBatchOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let ids = input.entries.iter().map(|entry| entry.id.as_str());
        check_ids("ChangeMessageVisibilityBatchRequestEntry", ids)?;
        let mut output = ChangeMessageVisibilityBatchOutput::default();
        for entry in input.entries {
            let timeout = entry.visibility_timeout.unwrap_or(0);
            match queue.change_visibility(cx.now, &entry.receipt_handle, timeout) {
                Ok(()) => {
                    output.successful.push(ChangeMessageVisibilityBatchResultEntry { id: entry.id });
                }
                Err(error) => output.failed.push(failed(entry.id, &error)),
            }
        }
        self.loosened(cx, &input.queue_url);
        Ok(output)
    }

    /// What stood behind a message, or the message itself, may be visible now.
    fn loosened(&mut self, cx: &mut Cx<'_>, url: &str) {
        let name = name_in(url).unwrap_or_default();
        self.stir(cx, name);
        self.arm(cx, name);
    }
}

impl Queue {
    fn delete(&mut self, handle: &str) -> Result<(), SqsError> {
        let (place, receipt) = self.read_handle(handle)?;
        let Some(message) = self.get(place) else { return Ok(()) };
        let current = message.receipt == receipt;
        if self.settings.fifo && !(current && message.standing == Standing::InFlight) {
            return Err(SqsError::parameter("ReceiptHandle", handle, "The receipt handle has expired."));
        }
        if current {
            self.remove(place);
        }
        Ok(())
    }

    fn change_visibility(&mut self, now: Timestamp, handle: &str, secs: i64) -> Result<(), SqsError> {
        let (place, receipt) = self.read_handle(handle)?;
        let asked = u64::try_from(secs).ok().filter(|secs| limits::VISIBILITY_SECS.contains(secs));
        let Some(asked) = asked else {
            let reason = format!("Must be between 0 and {}.", limits::VISIBILITY_SECS.end());
            return Err(SqsError::parameter("VisibilityTimeout", secs, reason));
        };
        let message = self.get(place).filter(|message| message.receipt == receipt);
        let Some(message) = message else {
            // Seen in the wild.
            let reason = "Message does not exist or is not available for visibility timeout change.";
            return Err(SqsError::parameter("ReceiptHandle", handle, reason));
        };
        if self.settings.fifo && message.standing != Standing::InFlight {
            return Err(SqsError::parameter("ReceiptHandle", handle, "The receipt handle has expired."));
        }
        let until = now + Duration::from_secs(asked);
        let end = message.last_received + Duration::from_secs(*limits::VISIBILITY_SECS.end());
        if until > end {
            // Seen in the wild.
            let reason = format!(
                "Total VisibilityTimeout for the message is beyond the limit [{} seconds]",
                limits::VISIBILITY_SECS.end()
            );
            return Err(SqsError::parameter("VisibilityTimeout", secs, reason));
        }
        self.hide(place, now, until);
        Ok(())
    }
}
