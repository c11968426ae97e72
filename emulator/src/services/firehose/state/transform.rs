//! Transformation by a function: records gather, are handed over in a batch, and are accounted for one by one.
//!
//! Assumed, after examples in the wild (docs.aws.amazon.com/firehose/latest/dev/data-transformation.html was not opened): request
//! and answer. Documented:
//! data-transformation-failure-handling.html (read 2026-11-20) for what is tried again, monitoring-with-cloudwatch-logs.html
//! (read 2026-11-20 as awsdocs) for codes and messages. Assumed: the wait between invocations; that only the records
//! concerned fail where an answer lacks some or has some twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::lambda::{Invoke, InvokeInput, InvokeOutput};
use wavetank_wire::{FromVal as _, Operation as _, ToVal as _, Val, WireError};

use super::super::documents::{ErrorType, Step};
use super::super::limits::{LAMBDA_PAYLOAD_BYTES_MAX, LAMBDA_RECORD_OVERHEAD_BYTES, LAMBDA_RETRY_WAIT};
use super::super::prefix::Keys;
use super::super::settings::LambdaStep;
use super::super::work::{Failed, Record};
use super::{Desk, Owed, Stream, Timer, TimerKey};
use crate::services::ServiceId;
use crate::world::{Address, Cx, Effect, Scope};

/// Records that wait for the function, and those that it has.
#[derive(Debug, Default)]
pub(super) struct Transform {
    pending: Vec<Record>,
    bytes: usize,
    payload_bytes: usize,
    timer: Option<TimerKey>,
    batches: BTreeMap<u64, Batch>,
}

/// Records that the function has.
#[derive(Debug)]
struct Batch {
    records: Arc<Vec<Record>>,
    step: LambdaStep,
    attempts: u32,
    /// When the function was invoked last.
    invoked: Timestamp,
}

/// What the function said of one record.
#[derive(Debug)]
enum Said {
    Ok(Record),
    Dropped,
    Failed(&'static str, String),
}

const BAD_ANSWER: &str = "Lambda.JsonProcessingException";
const BAD_ANSWER_TEXT: &str = "There was an error parsing returned records from the Lambda function. Ensure that the \
                               returned records follow the status model required by Kinesis Firehose.";

impl Stream {
    /// Gathers records for the function, and hands them over each time that there are enough.
    pub(super) fn transform(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, records: Vec<Record>) {
        let Some(step) = self.settings.steps.lambda.clone() else { return };
        for record in records {
            if self.transform.timer.is_none() {
                let at = cx.now + step.buffering.interval;
                self.transform.timer = Some(desk.at(self.id, at, Timer::Transform));
            }
            let gathered = &mut self.transform;
            gathered.bytes += record.data.len();
            gathered.payload_bytes += record.data.len() * 4 / 3 + LAMBDA_RECORD_OVERHEAD_BYTES;
            gathered.pending.push(record);
            if gathered.bytes >= step.buffering.bytes
                || gathered.payload_bytes >= LAMBDA_PAYLOAD_BYTES_MAX - (2 << 20)
            {
                self.invoke_pending(cx, desk);
            }
        }
    }

    /// Hands over what has gathered.
    pub(super) fn invoke_pending(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let gathered = &mut self.transform;
        if let Some(timer) = gathered.timer.take() {
            desk.cancel(timer);
        }
        let records = std::mem::take(&mut gathered.pending);
        (gathered.bytes, gathered.payload_bytes) = (0, 0);
        if records.is_empty() {
            return;
        }
        let Some(step) = self.settings.steps.lambda.clone() else {
            self.sort(cx, desk, records);
            return;
        };
        let id = cx.number();
        let batch = Batch { records: Arc::new(records), step, attempts: 0, invoked: cx.now };
        self.transform.batches.insert(id, batch);
        self.invoke(cx, desk, id);
    }

    /// Invokes the function with a batch, once more or for the first time.
    pub(super) fn invoke(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64) {
        let invocation = cx.uuid();
        let source = self.source.as_ref().map(|source| source.arn.as_str());
        let region = cx.scope.region.to_string();
        let Some(batch) = self.transform.batches.get_mut(&id) else { return };
        batch.attempts += 1;
        batch.invoked = cx.now;
        let payload = event(&invocation, source, &self.arn, &region, id, &batch.records);
        let input = InvokeInput {
            function_name: batch.step.arn.clone(),
            invocation_type: Some("RequestResponse".to_owned()),
            payload: Some(payload.into()),
            ..InvokeInput::default()
        };
        let scope = Scope::of(&batch.step.arn).unwrap_or_else(|| cx.scope.clone());
        let to = Address { service: ServiceId::Lambda, scope };
        let reply = Some(desk.token(cx, self.id, Owed::Invoked(id)));
        cx.push(Effect::Call { to, operation: Invoke::NAME, input: input.to_val(), reply });
    }

    pub(super) fn invoked(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: u64,
        result: Result<Val, WireError>,
    ) {
        let Some(batch) = self.transform.batches.get(&id) else { return };
        let answer = understand(result);
        let took = cx.now.since(batch.invoked);
        if answer.is_err() {
            self.count_processing(cx, took, None);
        }
        if let Err((code, message, true)) = &answer
            && batch.attempts <= batch.step.retries
        {
            let wait = LAMBDA_RETRY_WAIT.saturating_mul(1 << (batch.attempts - 1).min(10));
            desk.at(self.id, cx.now + wait, Timer::InvokeAgain(id));
            let settings = Arc::clone(&self.settings);
            self.log(cx, &settings, code, message);
            return;
        }
        let batch = self.transform.batches.remove(&id).expect("it was there just above");
        let (mut passed, mut failed) = (Vec::new(), Vec::new());
        let succeeded = answer.is_ok();
        let mut said = match answer {
            Ok(records) => account_for(id, &batch.records, records),
            Err((code, message, _)) => {
                batch.records.iter().map(|_| Said::Failed(code, message.clone())).collect()
            }
        };
        for (record, said) in batch.records.iter().zip(said.drain(..)) {
            match said {
                Said::Ok(record) => passed.push(record),
                Said::Dropped => {}
                Said::Failed(code, message) => failed.push(Failed { record: record.clone(), code, message }),
            }
        }
        if succeeded {
            self.count_processing(cx, took, Some(&passed));
        }
        let step = Step::Lambda(&batch.step.arn);
        self.fail(cx, desk, &failed, ErrorType::ProcessingFailed, step, batch.attempts);
        self.sort(cx, desk, passed);
    }
}

/// The id of a record in an event: unique within the stream, and shaped like AWS's.
fn record_id(batch: u64, number: usize) -> String {
    format!("4954{batch:020}{number:026}000000")
}

/// The event that the function gets.
fn event(
    invocation: &str,
    source: Option<&str>,
    stream: &str,
    region: &str,
    batch: u64,
    records: &[Record],
) -> String {
    let bytes: usize =
        records.iter().map(|record| record.data.len() * 4 / 3 + LAMBDA_RECORD_OVERHEAD_BYTES).sum();
    let mut out = String::with_capacity(bytes + 512);
    out.push_str(&format!(r#"{{"invocationId":"{invocation}","#));
    if let Some(source) = source {
        out.push_str(&format!(r#""sourceKinesisStreamArn":"{source}","#));
    }
    out.push_str(&format!(r#""deliveryStreamArn":"{stream}","region":"{region}","records":["#));
    for (number, record) in records.iter().enumerate() {
        out.push_str(if number == 0 { "{" } else { ",{" });
        let (id, arrival) = (record_id(batch, number), record.arrival.millis());
        out.push_str(&format!(r#""recordId":"{id}","approximateArrivalTimestamp":{arrival},"data":""#));
        STANDARD.encode_string(&record.data, &mut out);
        out.push('"');
        if let Some(origin) = &record.origin {
            let metadata = serde_json::json!({
                "shardId": &*origin.shard,
                "partitionKey": origin.partition_key,
                "approximateArrivalTimestamp": arrival,
                "sequenceNumber": origin.sequence,
                "subsequenceNumber": origin.sub_sequence,
            });
            out.push_str(&format!(r#","kinesisRecordMetadata":{metadata}"#));
        }
        out.push('}');
    }
    out.push_str("]}");
    out
}

/// The records of an answer. Error: code, message, and whether another attempt may help.
fn understand(result: Result<Val, WireError>) -> Result<Vec<Value>, (&'static str, String, bool)> {
    let output = match result {
        Ok(val) => InvokeOutput::from_val(val),
        Err(error) if error.code == "TooManyRequestsException" => {
            let why =
                "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit.";
            return Err(("Lambda.InvokeLimitExceeded", why.to_owned(), true));
        }
        Err(error) if error.code == "ResourceNotFoundException" => {
            let why =
                "The specified Lambda function does not exist. Use a different function that does exist.";
            return Err(("Lambda.ResourceNotFound", why.to_owned(), false));
        }
        Err(error) => return Err(("Lambda.InternalServerError", error.message, error.status >= 500)),
    };
    let payload = output.payload.unwrap_or_default();
    if output.function_error.is_some() {
        let text = String::from_utf8_lossy(&payload);
        if text.contains("Task timed out") || text.contains("Sandbox.Timedout") {
            let why = "The Lambda function timed out. Increase the Timeout setting in the Lambda function.";
            return Err(("Lambda.FunctionTimedOut", why.to_owned(), true));
        }
        let why = "The Lambda function was successfully invoked but it returned an error result.";
        return Err(("Lambda.FunctionError", why.to_owned(), false));
    }
    let answer: Value = serde_json::from_slice(&payload).unwrap_or(Value::Null);
    match answer {
        Value::Object(mut fields) => match fields.remove("records") {
            Some(Value::Array(records)) => Ok(records),
            _ => Err((BAD_ANSWER, BAD_ANSWER_TEXT.to_owned(), false)),
        },
        _ => Err((BAD_ANSWER, BAD_ANSWER_TEXT.to_owned(), false)),
    }
}

/// What the answer says of each record of the batch, in the batch's order.
fn account_for(batch: u64, records: &[Record], answer: Vec<Value>) -> Vec<Said> {
    let mut by_id: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for one in answer {
        if let Some(id) = one["recordId"].as_str() {
            by_id.entry(id.to_owned()).or_default().push(one);
        }
    }
    let mut said = Vec::with_capacity(records.len());
    for (number, record) in records.iter().enumerate() {
        let mut found = by_id.remove(&record_id(batch, number)).unwrap_or_default();
        said.push(match found.len() {
            0 => {
                let why = "One or more record Ids were not returned. Ensure that the Lambda function returns all \
                           received record Ids.";
                Said::Failed("Lambda.MissingRecordId", why.to_owned())
            }
            1 => said_of(record, found.remove(0)),
            _ => {
                let why = "Multiple records were returned with the same record Id. Ensure that the Lambda function \
                           returns unique record Ids for each record.";
                Said::Failed("Lambda.DuplicatedRecordId", why.to_owned())
            }
        });
    }
    said
}

fn said_of(record: &Record, one: Value) -> Said {
    match one["result"].as_str() {
        Some("Dropped") => Said::Dropped,
        Some("ProcessingFailed") => {
            Said::Failed("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record".to_owned())
        }
        Some("Ok") => {
            let Some(data) = one["data"].as_str().and_then(|text| STANDARD.decode(text).ok()) else {
                return Said::Failed(BAD_ANSWER, BAD_ANSWER_TEXT.to_owned());
            };
            let keys = one["metadata"]["partitionKeys"].as_object().map(|entries| {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let lambda = entries.iter().map(|(name, value)| (name.clone(), text(value))).collect();
                Arc::new(Keys { query: BTreeMap::new(), lambda })
            });
            Said::Ok(Record { data: Bytes::from(data), keys, ..record.clone() })
        }
        _ => Said::Failed(BAD_ANSWER, BAD_ANSWER_TEXT.to_owned()),
    }
}
