//! `PutRecord` and `PutRecordBatch`: records are taken in, whole batches or not at all.
//!
//! With strict limits a stream takes so much in a second; then single records of a batch are refused, and counted.

use wavetank_types::Timestamp;
use wavetank_wire::firehose::{
    PutRecordBatchInput, PutRecordBatchOutput, PutRecordBatchResponseEntry, PutRecordInput, PutRecordOutput,
    Record as WireRecord,
};

use super::super::error::{Argument, Refusal, SLOW_DOWN};
use super::super::limits::{
    BATCH_BYTES_MAX, PUT_BYTES_PER_SEC, PUT_RECORDS_PER_SEC, PUT_REQUESTS_PER_SEC, RECORD_BYTES_MAX,
};
use super::super::work::Record;
use super::metrics::Put;
use super::{Firehose, Status, Stream};
use crate::world::Cx;

/// What a stream has taken in one second.
#[derive(Debug, Default)]
pub(super) struct Budget {
    second: i64,
    requests: u32,
    records: u32,
    bytes: usize,
}

impl Budget {
    /// Takes a request. Error: there were too many in this second.
    fn take_request(&mut self, now: Timestamp) -> Result<(), Refusal> {
        if self.second != now.secs() {
            *self = Self { second: now.secs(), ..Self::default() };
        }
        if self.requests >= PUT_REQUESTS_PER_SEC {
            return Err(Refusal::SlowDown);
        }
        self.requests += 1;
        Ok(())
    }

    /// Takes a record, if there is room for it in this second.
    fn take_record(&mut self, bytes: usize) -> bool {
        let fits = self.records < PUT_RECORDS_PER_SEC && self.bytes + bytes <= PUT_BYTES_PER_SEC;
        if fits {
            self.records += 1;
            self.bytes += bytes;
        }
        fits
    }
}

impl Firehose {
    pub(in super::super) fn put_record(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordInput,
    ) -> Result<PutRecordOutput, Refusal> {
        let strict = self.strict;
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_puts(std::slice::from_ref(&input.record))?;
        stream.check_sender(cx)?;
        if strict {
            stream.budget.take_request(cx.now)?;
            if !stream.budget.take_record(input.record.data.len()) {
                stream.count_put(cx, Put::One, &[], 1);
                return Err(Refusal::SlowDown);
            }
        }
        let record_id = format!("{}{:08x}", cx.hex(48), 0);
        let encrypted = Some(stream.is_encrypted());
        let records = vec![Record::new(input.record.data, cx.now)];
        stream.count_put(cx, Put::One, &records, 0);
        stream.ingest(cx, desk, records);
        Ok(PutRecordOutput { record_id, encrypted })
    }

    pub(in super::super) fn put_record_batch(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordBatchInput,
    ) -> Result<PutRecordBatchOutput, Refusal> {
        let strict = self.strict;
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_puts(&input.records)?;
        stream.check_sender(cx)?;
        if strict {
            stream.budget.take_request(cx.now)?;
        }
        let base = cx.hex(48);
        let mut request_responses = Vec::with_capacity(input.records.len());
        let mut records = Vec::with_capacity(input.records.len());
        for (number, record) in input.records.into_iter().enumerate() {
            let fits = !strict || stream.budget.take_record(record.data.len());
            request_responses.push(if fits {
                records.push(Record::new(record.data, cx.now));
                let record_id = Some(format!("{base}{number:08x}"));
                PutRecordBatchResponseEntry { record_id, ..PutRecordBatchResponseEntry::default() }
            } else {
                PutRecordBatchResponseEntry {
                    error_code: Some(SLOW_DOWN.to_owned()),
                    error_message: Some(Refusal::SlowDown.to_string()),
                    ..PutRecordBatchResponseEntry::default()
                }
            });
        }
        let failed_put_count = (request_responses.len() - records.len()) as i64;
        let encrypted = Some(stream.is_encrypted());
        stream.count_put(cx, Put::Batch, &records, request_responses.len() - records.len());
        stream.ingest(cx, desk, records);
        Ok(PutRecordBatchOutput { failed_put_count, encrypted, request_responses })
    }
}

impl Stream {
    /// What the tank puts itself has no access key: only such calls can be those of CloudWatch Logs.
    fn check_sender(&self, cx: &Cx<'_>) -> Result<(), Refusal> {
        let is_client = !cx.access_key.is_empty();
        if is_client && self.settings.steps.opener.is_some() { Err(Refusal::NotFromLogs) } else { Ok(()) }
    }

    /// The number of records is the model's to check.
    fn check_puts(&self, records: &[WireRecord]) -> Result<(), Refusal> {
        if self.status != Status::Active {
            return Err(Refusal::NotTaking { name: self.name.clone(), status: self.status.text() });
        }
        if self.source.is_some() {
            return Err(Argument::NotDirectPut.into());
        }
        let mut total = 0;
        for record in records {
            let bytes = record.data.len();
            if bytes > RECORD_BYTES_MAX {
                return Err(Argument::RecordTooLarge { bytes, bytes_max: RECORD_BYTES_MAX }.into());
            }
            total += bytes;
        }
        if total > BATCH_BYTES_MAX {
            return Err(Argument::BatchTooLarge { bytes: total, bytes_max: BATCH_BYTES_MAX }.into());
        }
        Ok(())
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.encryption.as_ref().is_some_and(|said| said.status.as_deref() == Some("ENABLED"))
    }
}
