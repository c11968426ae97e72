//! What CloudWatch Logs has sent: decompressed, and its messages alone if that is asked for.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html, Message_extraction.html
//! and decomp-faq.html (read 2026-11-28): GZIP; only the contents of the `message` fields stay; what cannot be decompressed
//! goes to `decompression-failed`, and the others go on.
//! Assumed: each message is a record of its own, so that a delimiter and a query see it alone; a control message, which
//! Logs sends to try a destination, holds no log and goes nowhere; the codes; what is larger than [`OPENED_BYTES_MAX`] fails.

use std::io::Read as _;
use std::sync::Arc;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use super::{Failed, Record};

/// Decompresses records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Opener {
    /// Only the messages stay.
    pub(in super::super) extracts: bool,
}

/// Bytes of one record when it is decompressed: a bound against bombs. Ours.
const OPENED_BYTES_MAX: u64 = 256 << 20;

const DECOMPRESSION_FAILED: &str = "Decompression.Failed";
const EXTRACTION_FAILED: &str = "CloudWatchLogProcessing.InvalidRecord";

/// What CloudWatch Logs sends to a subscription.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    message_type: String,
    log_events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    message: String,
}

impl Opener {
    /// What was in a record, in its order.
    pub(super) fn open(self, record: &Record) -> Result<Vec<Record>, Failed> {
        let fail = |code, message: String| Failed { record: record.clone(), code, message };
        let data = gunzip(&record.data).map_err(|why| fail(DECOMPRESSION_FAILED, why))?;
        let raw = Some(Arc::new(record.data.clone()));
        let opened = |data: Bytes| Record { data, raw: raw.clone(), ..record.clone() };
        if !self.extracts {
            return Ok(vec![opened(data)]);
        }
        let batch: Batch = serde_json::from_slice(&data).map_err(|why| {
            fail(EXTRACTION_FAILED, format!("The record is not from CloudWatch Logs: {why}"))
        })?;
        if batch.message_type == "CONTROL_MESSAGE" {
            return Ok(Vec::new());
        }
        Ok(batch.log_events.into_iter().map(|event| opened(event.message.into())).collect())
    }
}

fn gunzip(data: &[u8]) -> Result<Bytes, String> {
    let mut out = Vec::new();
    let mut reader = MultiGzDecoder::new(data).take(OPENED_BYTES_MAX + 1);
    reader.read_to_end(&mut out).map_err(|why| format!("The record is not in GZIP format: {why}"))?;
    if out.len() as u64 > OPENED_BYTES_MAX {
        return Err(format!("The decompressed record is larger than {OPENED_BYTES_MAX} bytes"));
    }
    Ok(out.into())
}
