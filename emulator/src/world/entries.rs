//! Batches that go through in part: a fault refuses some entries of a call, and the service sees the others alone.
//!
//! The answer is as if the service itself had refused them: in the batch's order, and counted. At least one entry goes
//! through, since a batch of none is no batch.

use std::collections::BTreeMap;

use wavetank_wire::dynamodb::{BatchWriteItemInput, BatchWriteItemOutput, WriteRequest};
use wavetank_wire::firehose::{PutRecordBatchInput, PutRecordBatchOutput, PutRecordBatchResponseEntry};
use wavetank_wire::kinesis::{PutRecordsInput, PutRecordsOutput, PutRecordsResultEntry};
use wavetank_wire::sqs::{BatchResultErrorEntry, SendMessageBatchInput, SendMessageBatchOutput};
use wavetank_wire::{FromVal as _, ToVal as _, Val};

const MESSAGE: &str = "Rate exceeded: a fault rule refuses this entry.";

/// What was held back from a batch.
#[derive(Debug)]
pub(super) enum Held {
    /// Which places of the batch were refused.
    Kinesis(Vec<bool>),
    Firehose(Vec<bool>),
    /// The entries' ids.
    Sqs(Vec<String>),
    DynamoDb(BTreeMap<String, Vec<WriteRequest>>),
}

/// Calls whose entries can be refused one by one, by service and operation.
pub const BATCHES: [(&str, &str); 4] = [
    ("dynamodb", "BatchWriteItem"),
    ("firehose", "PutRecordBatch"),
    ("kinesis", "PutRecords"),
    ("sqs", "SendMessageBatch"),
];

/// Takes the refused entries out of a batch. `Err` gives back the input of a call that is none, or is not refused.
pub(super) fn hold_back(
    service: &str,
    operation: &str,
    input: Val,
    mut refuses: impl FnMut() -> bool,
) -> Result<(Val, Held), Val> {
    Ok(match (service, operation) {
        ("kinesis", "PutRecords") => {
            let mut batch = PutRecordsInput::from_val(input);
            let refused = places(batch.records.len(), refuses);
            batch.records = kept(batch.records, &refused);
            (batch.to_val(), Held::Kinesis(refused))
        }
        ("firehose", "PutRecordBatch") => {
            let mut batch = PutRecordBatchInput::from_val(input);
            let refused = places(batch.records.len(), refuses);
            batch.records = kept(batch.records, &refused);
            (batch.to_val(), Held::Firehose(refused))
        }
        ("sqs", "SendMessageBatch") => {
            let mut batch = SendMessageBatchInput::from_val(input);
            let refused = places(batch.entries.len(), refuses);
            let ids = batch.entries.iter().zip(&refused).filter(|(_, is_refused)| **is_refused);
            let ids = ids.map(|(entry, _)| entry.id.clone()).collect();
            batch.entries = kept(batch.entries, &refused);
            (batch.to_val(), Held::Sqs(ids))
        }
        ("dynamodb", "BatchWriteItem") => {
            let mut batch = BatchWriteItemInput::from_val(input);
            let mut held = BTreeMap::new();
            for (table, writes) in &mut batch.request_items {
                let refused = places(writes.len(), &mut refuses);
                let all = std::mem::take(writes);
                let is_held: Vec<bool> = refused.iter().map(|is_refused| !is_refused).collect();
                let (go, stay) = (kept(all.clone(), &refused), kept(all, &is_held));
                *writes = go;
                if !stay.is_empty() {
                    held.insert(table.clone(), stay);
                }
            }
            (batch.to_val(), Held::DynamoDb(held))
        }
        _ => return Err(input),
    })
}

/// Puts what was refused into the answer.
pub(super) fn put_back(held: Held, code: &str, output: Val) -> Val {
    let code = code.to_owned();
    match held {
        Held::Kinesis(refused) => {
            let mut answer = PutRecordsOutput::from_val(output);
            let entry = || PutRecordsResultEntry {
                error_code: Some(code.clone()),
                error_message: Some(MESSAGE.to_owned()),
                ..PutRecordsResultEntry::default()
            };
            answer.failed_record_count = Some(answer.failed_record_count.unwrap_or(0) + count(&refused));
            answer.records = woven(answer.records, &refused, entry);
            answer.to_val()
        }
        Held::Firehose(refused) => {
            let mut answer = PutRecordBatchOutput::from_val(output);
            let entry = || PutRecordBatchResponseEntry {
                record_id: None,
                error_code: Some(code.clone()),
                error_message: Some(MESSAGE.to_owned()),
            };
            answer.failed_put_count += count(&refused);
            answer.request_responses = woven(answer.request_responses, &refused, entry);
            answer.to_val()
        }
        Held::Sqs(ids) => {
            let mut answer = SendMessageBatchOutput::from_val(output);
            let message = Some(MESSAGE.to_owned());
            let entry = |id| BatchResultErrorEntry {
                id,
                sender_fault: false,
                code: code.clone(),
                message: message.clone(),
            };
            answer.failed.extend(ids.into_iter().map(entry));
            answer.to_val()
        }
        Held::DynamoDb(held) => {
            let mut answer = BatchWriteItemOutput::from_val(output);
            let open = answer.unprocessed_items.get_or_insert_default();
            for (table, writes) in held {
                open.entry(table).or_default().extend(writes);
            }
            answer.to_val()
        }
    }
}

fn places(count: usize, mut refuses: impl FnMut() -> bool) -> Vec<bool> {
    let mut refused: Vec<bool> = std::iter::repeat_with(&mut refuses).take(count).collect();
    if refused.iter().all(|is_refused| *is_refused)
        && let Some(first) = refused.first_mut()
    {
        *first = false;
    }
    refused
}

fn kept<T>(all: Vec<T>, refused: &[bool]) -> Vec<T> {
    all.into_iter().zip(refused).filter(|(_, is_refused)| !**is_refused).map(|(entry, _)| entry).collect()
}

fn count(refused: &[bool]) -> i64 {
    refused.iter().map(|is_refused| i64::from(*is_refused)).sum()
}

fn woven<T>(answered: Vec<T>, refused: &[bool], entry: impl Fn() -> T) -> Vec<T> {
    let mut answered = answered.into_iter();
    let next = |is_refused: &bool| if *is_refused { Some(entry()) } else { answered.next() };
    refused.iter().filter_map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavetank_wire::kinesis::PutRecordsRequestEntry;

    #[test]
    fn refused_entries_stand_at_their_places_in_the_answer_and_one_at_least_goes_through() {
        let check = |refusals: [bool; 3], sent: &[&str], answered: [Option<&str>; 3]| {
            let entry = |key: &&str| PutRecordsRequestEntry {
                partition_key: Some((*key).to_owned()),
                ..Default::default()
            };
            let records = ["a", "b", "c"].iter().map(entry).collect();
            let input = PutRecordsInput { records, ..Default::default() }.to_val();
            let mut refusals = refusals.into_iter();
            let (input, held) =
                hold_back("kinesis", "PutRecords", input, || refusals.next().is_some_and(|refuses| refuses))
                    .expect("a batch");
            let keys = PutRecordsInput::from_val(input).records.into_iter().filter_map(|it| it.partition_key);
            let keys: Vec<String> = keys.collect();
            assert_eq!(keys, sent);
            let result = |key: &String| PutRecordsResultEntry {
                sequence_number: Some(key.clone()),
                ..Default::default()
            };
            let output =
                PutRecordsOutput { records: keys.iter().map(result).collect(), ..Default::default() }
                    .to_val();
            let output = PutRecordsOutput::from_val(put_back(held, "Slow", output));
            let numbers: Vec<Option<&str>> =
                output.records.iter().map(|it| it.sequence_number.as_deref()).collect();
            assert_eq!(numbers, answered);
            assert_eq!(output.failed_record_count, Some((3 - sent.len()) as i64));
            let codes = output.records.iter().filter(|it| it.error_code.as_deref() == Some("Slow"));
            assert_eq!(codes.count(), 3 - sent.len());
        };
        check([false, true, false], &["a", "c"], [Some("a"), None, Some("c")]);
        check([true, true, false], &["c"], [None, None, Some("c")]);
        check([true, true, true], &["a"], [Some("a"), None, None]);
        check([false, false, false], &["a", "b", "c"], [Some("a"), Some("b"), Some("c")]);
        let other = PutRecordsInput::default().to_val();
        assert!(hold_back("kinesis", "PutRecord", other, || true).is_err());
    }
}
