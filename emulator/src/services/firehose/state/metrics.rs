//! What a delivery stream counts for CloudWatch.
//!
//! Documented: names, units and dimensions (docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html, read
//! 2026-11-29; the unit of `BytesPerSecondLimit` is told of sources in MSK alone).
//! A put takes no tank time, so its latency is 0. Assumed: bytes delivered are those of the object as it is stored.
//! Left out: `JQProcessing.*`, `PerPartitionThroughput`, describe and list operations.

use std::time::Duration;

use wavetank_types::Timestamp;

use super::super::limits::{
    ACTIVE_PARTITIONS_MAX, PUT_BYTES_PER_SEC, PUT_RECORDS_PER_SEC, PUT_REQUESTS_PER_SEC,
};
use super::super::work::{Failed, Record};
use super::Stream;
use super::flow::BufferId;
use crate::metrics;
use crate::world::Cx;

metrics! {
    /// Of a delivery stream.
    enum OfStream in "AWS/Firehose" by ["DeliveryStreamName"] {
        IncomingBytes => "IncomingBytes", Bytes;
        IncomingRecords => "IncomingRecords", Count;
        IncomingPutRequests => "IncomingPutRequests", Count;
        ThrottledRecords => "ThrottledRecords", Count;
        BytesLimit => "BytesPerSecondLimit", BytesPerSecond;
        RecordsLimit => "RecordsPerSecondLimit", Count;
        RequestsLimit => "PutRequestsPerSecondLimit", Count;
        PutRecordBytes => "PutRecord.Bytes", Bytes;
        PutRecordLatency => "PutRecord.Latency", Milliseconds;
        PutRecordRequests => "PutRecord.Requests", Count;
        BatchBytes => "PutRecordBatch.Bytes", Bytes;
        BatchLatency => "PutRecordBatch.Latency", Milliseconds;
        BatchRecords => "PutRecordBatch.Records", Count;
        BatchRequests => "PutRecordBatch.Requests", Count;
        ReadBytes => "DataReadFromKinesisStream.Bytes", Bytes;
        ReadRecords => "DataReadFromKinesisStream.Records", Count;
        Behind => "KinesisMillisBehindLatest", Milliseconds;
        ThrottledReads => "ThrottledGetRecords", Count;
        ProcessingTime => "ExecuteProcessing.Duration", Milliseconds, spread;
        ProcessingSuccess => "ExecuteProcessing.Success", Count;
        ProcessedBytes => "SucceedProcessing.Bytes", Bytes;
        ProcessedRecords => "SucceedProcessing.Records", Count;
        ConvertedBytes => "SucceedConversion.Bytes", Bytes;
        ConvertedRecords => "SucceedConversion.Records", Count;
        UnconvertedBytes => "FailedConversion.Bytes", Bytes;
        UnconvertedRecords => "FailedConversion.Records", Count;
        S3Bytes => "DeliveryToS3.Bytes", Bytes;
        S3Freshness => "DeliveryToS3.DataFreshness", Seconds;
        S3Objects => "DeliveryToS3.ObjectCount", Count;
        S3Records => "DeliveryToS3.Records", Count;
        S3Success => "DeliveryToS3.Success", Count;
        BackupBytes => "BackupToS3.Bytes", Bytes;
        BackupFreshness => "BackupToS3.DataFreshness", Seconds;
        BackupRecords => "BackupToS3.Records", Count;
        BackupSuccess => "BackupToS3.Success", Count;
        HttpBytes => "DeliveryToHttpEndpoint.Bytes", Bytes;
        HttpFreshness => "DeliveryToHttpEndpoint.DataFreshness", Seconds;
        HttpRecords => "DeliveryToHttpEndpoint.Records", Count;
        HttpSuccess => "DeliveryToHttpEndpoint.Success", Count;
        Partitions => "PartitionCount", Count;
        PartitionsLimit => "ActivePartitionsLimit", Count;
        PartitionsExceeded => "PartitionCountExceeded", Count;
    }
}

/// Which operation took records in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    One,
    Batch,
}

fn bytes_of<'r>(records: impl Iterator<Item = &'r Record>) -> f64 {
    records.map(|record| record.data.len()).sum::<usize>() as f64
}

impl Stream {
    /// Records that were put, and how many more were refused for the rate. Assumed: a batch succeeds even if all its records are refused.
    pub(super) fn count_put(&self, cx: &mut Cx<'_>, put: Put, taken: &[Record], refused: usize) {
        use OfStream as M;
        let (records, bytes) = (taken.len() as f64, bytes_of(taken.iter()));
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        if put == Put::Batch || refused == 0 {
            meter.add(M::IncomingPutRequests, 1.0);
        }
        meter.add(M::ThrottledRecords, refused as f64);
        meter
            .add(M::BytesLimit, PUT_BYTES_PER_SEC as f64)
            .add(M::RecordsLimit, f64::from(PUT_RECORDS_PER_SEC));
        meter.add(M::RequestsLimit, f64::from(PUT_REQUESTS_PER_SEC));
        match put {
            Put::One => {
                meter
                    .add(M::PutRecordBytes, bytes)
                    .add(M::PutRecordLatency, 0.0)
                    .add(M::PutRecordRequests, 1.0);
            }
            Put::Batch => {
                meter.add(M::BatchBytes, bytes).add(M::BatchLatency, 0.0);
                meter.add(M::BatchRecords, records).add(M::BatchRequests, 1.0);
            }
        }
        if !taken.is_empty() {
            meter.add(M::IncomingBytes, bytes).add(M::IncomingRecords, records);
        }
    }

    /// Records that were read from a Kinesis stream.
    pub(super) fn count_source(&self, cx: &mut Cx<'_>, records: &[Record], behind: i64) {
        use OfStream as M;
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        meter.add(M::Behind, behind as f64);
        if !records.is_empty() {
            let bytes = bytes_of(records.iter());
            meter.add(M::ReadBytes, bytes).add(M::ReadRecords, records.len() as f64);
            meter.add(M::IncomingBytes, bytes).add(M::IncomingRecords, records.len() as f64);
        }
    }

    /// The source has no reads left for us.
    pub(super) fn count_source_throttled(&self, cx: &mut Cx<'_>) {
        cx.meter::<OfStream>(&[&self.name]).add(OfStream::ThrottledReads, 1.0);
    }

    /// A function has been invoked with records, of which these have passed. None if the invocation failed.
    pub(super) fn count_processing(&self, cx: &mut Cx<'_>, took: Duration, passed: Option<&[Record]>) {
        use OfStream as M;
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        meter.add(M::ProcessingTime, took.as_secs_f64() * 1e3);
        meter.add(M::ProcessingSuccess, f64::from(u8::from(passed.is_some())));
        if let Some(passed) = passed {
            meter
                .add(M::ProcessedRecords, passed.len() as f64)
                .add(M::ProcessedBytes, bytes_of(passed.iter()));
        }
    }

    /// Records that have become columns, and records that could not.
    pub(super) fn count_conversion(&self, cx: &mut Cx<'_>, all: &[Record], failed: &[Failed]) {
        use OfStream as M;
        let lost = bytes_of(failed.iter().map(|one| &one.record));
        let (records, bytes) = (all.len().saturating_sub(failed.len()), bytes_of(all.iter()) - lost);
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        meter.add(M::ConvertedRecords, records as f64).add(M::ConvertedBytes, bytes.max(0.0));
        meter.add(M::UnconvertedRecords, failed.len() as f64).add(M::UnconvertedBytes, lost);
    }

    /// An object was stored or refused. What goes under the error prefix is not counted.
    pub(super) fn count_object(
        &self,
        cx: &mut Cx<'_>,
        buffer: &BufferId,
        (bytes, records): (usize, usize),
        oldest: Timestamp,
        stored: bool,
    ) {
        use OfStream as M;
        let freshness = cx.now.since(oldest).as_secs() as f64;
        let success = f64::from(u8::from(stored));
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        match buffer {
            BufferId::Main(_) => {
                meter.add(M::S3Success, success);
                if stored {
                    meter.add(M::S3Bytes, bytes as f64).add(M::S3Records, records as f64);
                    meter.add(M::S3Objects, 1.0).add(M::S3Freshness, freshness);
                }
            }
            BufferId::Backup => {
                meter.add(M::BackupSuccess, success);
                if stored {
                    meter.add(M::BackupBytes, bytes as f64).add(M::BackupRecords, records as f64);
                    meter.add(M::BackupFreshness, freshness);
                }
            }
            BufferId::Errors(_) => {}
        }
    }

    /// A request to an HTTP endpoint was taken or refused.
    pub(super) fn count_request(&self, cx: &mut Cx<'_>, records: &[Record], oldest: Timestamp, taken: bool) {
        use OfStream as M;
        let freshness = cx.now.since(oldest).as_secs() as f64;
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        meter.add(M::HttpSuccess, f64::from(u8::from(taken)));
        if taken {
            meter.add(M::HttpBytes, bytes_of(records.iter())).add(M::HttpRecords, records.len() as f64);
            meter.add(M::HttpFreshness, freshness);
        }
    }

    /// Records have been sorted into partitions.
    pub(super) fn count_partitions(&self, cx: &mut Cx<'_>, exceeded: bool) {
        use OfStream as M;
        let mut meter = cx.meter::<OfStream>(&[&self.name]);
        meter
            .add(M::Partitions, self.partitions as f64)
            .add(M::PartitionsLimit, ACTIVE_PARTITIONS_MAX as f64);
        meter.add(M::PartitionsExceeded, f64::from(u8::from(exceeded)));
    }
}
