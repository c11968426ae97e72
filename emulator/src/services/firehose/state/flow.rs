//! Records on their way: backup, taking apart, function, sorting, buffers. See `ingest`, then `fill` and `flush`.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html (read 2026-11-28):
//! records come apart before a function gets them, and partition keys come last.
//!
//! A buffer holds the records themselves; nothing is copied before its flush. A put costs one look at a map, not one for
//! each record.

use std::sync::Arc;

use wavetank_types::Timestamp;

use super::super::documents::{ErrorType, Step, document};
use super::super::limits::ACTIVE_PARTITIONS_MAX;
use super::super::prefix::Keys;
use super::super::settings::Buffering;
use super::super::work::{ConvertOutput, Done, Failed, Record, Sort, Sorted, Task};
use super::{Desk, JobFor, Stream, Timer, TimerKey};
use crate::world::Cx;

/// Records in one request to an HTTP endpoint.
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html (read 2026-11-20 as awsdocs).
const HTTP_RECORDS_MAX: usize = 10_000;

/// Which buffer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BufferId {
    /// The destination's; one for each partition.
    Main(Option<Arc<Keys>>),
    /// Records as they came.
    Backup,
    /// Documents of what failed.
    Errors(ErrorType),
}

/// Records that wait for more.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) records: Vec<Record>,
    bytes: usize,
    pub(super) oldest: Timestamp,
    timer: TimerKey,
}

/// Work on records that is done in batches, one at a time, so that their order stays.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: Vec<Record>,
    working: Option<Arc<Vec<Record>>>,
}

impl Line {
    /// The next batch, if there is one and none is being worked on.
    fn next(&mut self) -> Option<Arc<Vec<Record>>> {
        if self.working.is_some() || self.waiting.is_empty() {
            return None;
        }
        self.working = Some(Arc::new(std::mem::take(&mut self.waiting)));
        self.working.clone()
    }

    /// The batch has been worked on. Where the work broke, all of it has failed.
    fn done(&mut self, output: ConvertOutput) -> Sorted {
        let records = self.working.take().unwrap_or_default();
        match output.0 {
            Done::Sorted(sorted) => sorted,
            Done::Broken(why) => {
                let broken = |record: &Record| Failed {
                    record: record.clone(),
                    code: "InternalError",
                    message: why.clone(),
                };
                Sorted { failed: records.iter().map(broken).collect(), ..Sorted::default() }
            }
            other => unreachable!("sorting ended with {other:?}"),
        }
    }
}

impl Stream {
    /// Takes records in.
    pub(super) fn ingest(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, records: Vec<Record>) {
        if self.settings.backup.is_some() {
            self.fill(cx, desk, BufferId::Backup, records.clone());
        }
        let steps = &self.settings.steps;
        if steps.lambda.is_none() {
            self.sort(cx, desk, records);
        } else if steps.takes_apart() {
            self.opening.waiting.extend(records);
            self.open_next(cx, desk);
        } else {
            self.transform(cx, desk, records);
        }
    }

    /// Takes apart what is meant for a function.
    fn open_next(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let Some(records) = self.opening.next() else { return };
        let steps = &self.settings.steps;
        let (opener, deaggregation) = (steps.opener, steps.deaggregation.clone());
        let task = Task::Sort(Sort { opener, deaggregation, ..Sort::of(records) });
        desk.convert(cx, self.id, task, JobFor::Open);
    }

    pub(super) fn opened(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, output: ConvertOutput) {
        let sorted = self.opening.done(output);
        for (_, records) in sorted.groups {
            self.transform(cx, desk, records);
        }
        self.fail(cx, desk, &sorted.closed, ErrorType::DecompressionFailed, Step::Sorting, 1);
        self.fail(cx, desk, &sorted.failed, ErrorType::ProcessingFailed, Step::Sorting, 1);
        self.open_next(cx, desk);
    }

    /// Sorts records into their buffers; where that takes work, when the records before them have been sorted.
    pub(super) fn sort(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, records: Vec<Record>) {
        let steps = &self.settings.steps;
        if self.settings.partitioned || (steps.lambda.is_none() && steps.takes_apart()) {
            self.sorting.waiting.extend(records);
            self.sort_next(cx, desk);
        } else {
            self.fill(cx, desk, BufferId::Main(None), records);
        }
    }

    fn sort_next(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let Some(records) = self.sorting.next() else { return };
        let steps = &self.settings.steps;
        // What went to a function has been taken apart.
        let is_whole = steps.lambda.is_none();
        let task = Task::Sort(Sort {
            records,
            opener: steps.opener.filter(|_| is_whole),
            deaggregation: steps.deaggregation.clone().filter(|_| is_whole),
            query: steps.query.clone(),
            partitioned: self.settings.partitioned,
            query_keys: Arc::clone(&steps.query_keys),
            lambda_keys: Arc::clone(&steps.lambda_keys),
        });
        desk.convert(cx, self.id, task, JobFor::Sort);
    }

    pub(super) fn sorted(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, output: ConvertOutput) {
        let sorted = self.sorting.done(output);
        let mut exceeded = false;
        for (keys, records) in sorted.groups {
            exceeded |= self.fill_partition(cx, desk, keys, records);
        }
        if self.settings.partitioned {
            self.count_partitions(cx, exceeded);
        }
        self.fail(cx, desk, &sorted.closed, ErrorType::DecompressionFailed, Step::Sorting, 1);
        self.fail(cx, desk, &sorted.failed, ErrorType::ProcessingFailed, Step::Sorting, 1);
        self.sort_next(cx, desk);
    }

    /// Answers whether there were too many partitions already.
    fn fill_partition(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        keys: Option<Arc<Keys>>,
        records: Vec<Record>,
    ) -> bool {
        let id = BufferId::Main(keys);
        let is_new = !self.buffers.contains_key(&id);
        let is_over =
            is_new && matches!(id, BufferId::Main(Some(_))) && self.partitions >= ACTIVE_PARTITIONS_MAX;
        if is_over {
            let over = |record| Failed {
                record,
                code: "DynamicPartitioning.ActivePartitionExceeded",
                message: format!(
                    "The number of active partitions is over the limit of {ACTIVE_PARTITIONS_MAX}"
                ),
            };
            let failed: Vec<Failed> = records.into_iter().map(over).collect();
            self.fail(cx, desk, &failed, ErrorType::ActivePartitionExceeded, Step::Sorting, 1);
        } else {
            self.fill(cx, desk, id, records);
        }
        is_over
    }

    /// Documents of what failed go to the error prefix by way of a buffer.
    pub(super) fn fail(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        failed: &[Failed],
        kind: ErrorType,
        step: Step<'_>,
        attempts: u32,
    ) {
        if let Some(first) = failed.first() {
            self.log(cx, &Arc::clone(&self.settings), first.code, &first.message);
            let documents = failed.iter().map(|one| document(one, step, attempts, cx.now)).collect();
            self.fill(cx, desk, BufferId::Errors(kind), documents);
        }
    }

    fn buffering(&self, id: &BufferId) -> Buffering {
        match (id, &self.settings.backup) {
            (BufferId::Main(_), _) => self.settings.buffering,
            (BufferId::Backup, Some(backup)) => backup.buffering,
            (BufferId::Backup | BufferId::Errors(_), _) => self.settings.s3.buffering,
        }
    }

    /// Adds records to a buffer, and sends it off each time it is full.
    pub(super) fn fill(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: BufferId, records: Vec<Record>) {
        let limit = self.buffering(&id);
        let to_http = self.settings.http.is_some() && matches!(id, BufferId::Main(_));
        let records_max = if to_http { HTTP_RECORDS_MAX } else { usize::MAX };
        let mut open = self.take_buffer(&id);
        for record in records {
            let buffer = open.get_or_insert_with(|| Buffer {
                records: Vec::new(),
                bytes: 0,
                oldest: record.arrival,
                timer: desk.at(self.id, cx.now + limit.interval, Timer::Flush(id.clone())),
            });
            buffer.bytes += record.data.len();
            buffer.oldest = buffer.oldest.min(record.arrival);
            buffer.records.push(record);
            if (buffer.bytes >= limit.bytes || buffer.records.len() >= records_max)
                && let Some(full) = open.take()
            {
                desk.cancel(full.timer);
                self.send(cx, desk, id.clone(), full.records, full.oldest);
            }
        }
        if let Some(buffer) = open {
            self.partitions += usize::from(matches!(id, BufferId::Main(Some(_))));
            self.buffers.insert(id, buffer);
        }
    }

    fn take_buffer(&mut self, id: &BufferId) -> Option<Buffer> {
        let buffer = self.buffers.remove(id)?;
        self.partitions -= usize::from(matches!(id, BufferId::Main(Some(_))));
        Some(buffer)
    }

    /// Sends a buffer off as it is.
    pub(super) fn flush(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: &BufferId) {
        if let Some(buffer) = self.take_buffer(id) {
            desk.cancel(buffer.timer);
            self.send(cx, desk, id.clone(), buffer.records, buffer.oldest);
        }
    }

    /// Sends everything off by the settings in force, before they change.
    pub(super) fn drain(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        self.invoke_pending(cx, desk);
        let ids: Vec<BufferId> = self.buffers.keys().cloned().collect();
        for id in ids {
            self.flush(cx, desk, &id);
        }
    }
}
