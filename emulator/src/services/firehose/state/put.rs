//! `PutRecord` and `PutRecordBatch`: records are taken in, whole batches or not at all.
//!
//! Left out: throughput limits, the only reason for which AWS refuses single records of a batch. `FailedPutCount` is 0.

use wavetank_wire::firehose::{
    PutRecordBatchInput, PutRecordBatchOutput, PutRecordBatchResponseEntry, PutRecordInput, PutRecordOutput,
    Record as WireRecord,
};

use super::super::error::{Argument, Refusal};
use super::super::limits::{BATCH_BYTES_MAX, RECORD_BYTES_MAX};
use super::super::work::Record;
use super::{Firehose, Status, Stream};
use crate::world::Cx;

impl Firehose {
    pub(in super::super) fn put_record(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordInput,
    ) -> Result<PutRecordOutput, Refusal> {
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_puts(std::slice::from_ref(&input.record))?;
        let record_id = format!("{}{:08x}", cx.hex(48), 0);
        let encrypted = Some(stream.is_encrypted());
        stream.ingest(cx, desk, vec![Record::new(input.record.data, cx.now)]);
        Ok(PutRecordOutput { record_id, encrypted })
    }

    pub(in super::super) fn put_record_batch(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordBatchInput,
    ) -> Result<PutRecordBatchOutput, Refusal> {
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_puts(&input.records)?;
        let base = cx.hex(48);
        let entry = |number: usize| PutRecordBatchResponseEntry {
            record_id: Some(format!("{base}{number:08x}")),
            error_code: None,
            error_message: None,
        };
        let request_responses = (0..input.records.len()).map(entry).collect();
        let encrypted = Some(stream.is_encrypted());
        let records = input.records.into_iter().map(|record| Record::new(record.data, cx.now)).collect();
        stream.ingest(cx, desk, records);
        Ok(PutRecordBatchOutput { failed_put_count: 0, encrypted, request_responses })
    }
}

impl Stream {
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
