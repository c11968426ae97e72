//! Records that hold others: packed by the Producer Library, or compressed by CloudWatch Logs. In a whole tank.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wavetank_wire::{ToVal as _, kinesis};

use super::source::from_kinesis;
use super::steps::{ARN, by_keys, tank_of};
use super::*;
use crate::services::ServiceId;
use crate::services::firehose::kpl::tests::pack;
use crate::world::{Address, Call};

type Steps<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

const DECOMPRESS: (&str, &[(&str, &str)]) = ("Decompression", &[("CompressionFormat", "GZIP")]);
const MESSAGES: (&str, &[(&str, &str)]) = ("CloudWatchLogProcessing", &[("DataMessageExtraction", "true")]);
const LINES: (&str, &[(&str, &str)]) = ("AppendDelimiterToRecord", &[]);
const TRANSFORM: (&str, &[(&str, &str)]) = ("Lambda", &[("LambdaArn", ARN)]);

fn with(steps_of: Steps<'_>) -> ExtendedS3DestinationConfiguration {
    let processing_configuration = steps(steps_of);
    ExtendedS3DestinationConfiguration { buffering_hints: hints(1, 60), processing_configuration, ..lake() }
}

/// What CloudWatch Logs sends for these messages.
fn logs(kind: &str, messages: &[&str]) -> String {
    let event = |(number, message): (usize, &&str)| json!({"id": number.to_string(), "timestamp": 0, "message": message});
    let events: Vec<Value> = messages.iter().enumerate().map(event).collect();
    json!({
        "messageType": kind, "owner": "1", "logGroup": "g", "logStream": "s", "subscriptionFilters": ["f"],
        "logEvents": events,
    })
    .to_string()
}

fn gzip(text: &str) -> Bytes {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory").into()
}

/// Puts these as the tank's own services do.
async fn put_bytes(tank: &Tank, records: &[Bytes]) {
    let records = records.iter().map(|data| Record { data: data.clone() }).collect();
    let input = PutRecordBatchInput { delivery_stream_name: "s".to_owned(), records };
    ask::<PutRecordBatch>(tank, input).await.expect("it is taken");
}

/// What arrives, by prefix: the contents, or of documents the code and the raw bytes' length.
async fn arrives(steps_of: Steps<'_>, records: &[Bytes]) -> String {
    let tank = tank_of(with(steps_of)).await;
    put_bytes(&tank, records).await;
    wait(&tank, 600).await;
    told(&tank)
}

fn told(tank: &Tank) -> String {
    let tell = |(key, body): (String, Bytes)| {
        let text = String::from_utf8_lossy(&body).into_owned();
        let Some((kind, _)) = key.split_once("-failed/") else { return text };
        let line = |line: &str| {
            let document: Value = serde_json::from_str(line).expect("a document");
            let raw = STANDARD.decode(document["rawData"].as_str().expect("text")).expect("base64");
            format!("{kind}: {} {} bytes", document["errorCode"].as_str().expect("a code"), raw.len())
        };
        text.lines().map(line).collect::<Vec<String>>().join("; ")
    };
    objects(tank, "lake").into_iter().map(tell).collect::<Vec<String>>().join(" | ")
}

#[tokio::test]
async fn logs_are_decompressed_and_their_messages_taken_out() {
    let batch = logs("DATA_MESSAGE", &["one", "two"]);
    let control = gzip(&logs("CONTROL_MESSAGE", &["checking"]));
    let records = [gzip(&batch), control, gzip(&logs("DATA_MESSAGE", &["three"]))];
    assert_eq!(arrives(&[DECOMPRESS, MESSAGES, LINES], &records).await, "one\ntwo\nthree\n");
    assert_eq!(arrives(&[MESSAGES, DECOMPRESS], &records).await, "onetwothree");
    assert_eq!(arrives(&[DECOMPRESS, LINES], &records[..1]).await, format!("{batch}\n"));
    assert_eq!(arrives(&[DECOMPRESS, MESSAGES, TRANSFORM, LINES], &records).await, "ONE\nTWO\nTHREE\n");
}

#[tokio::test]
async fn what_cannot_be_decompressed_goes_to_a_prefix_of_its_own_as_it_came() {
    let good = gzip(&logs("DATA_MESSAGE", &["one"]));
    let cut = good.slice(..good.len() / 2);
    let other = gzip("no json");
    let (half, whole) = (cut.len(), other.len());
    let records = [Bytes::from_static(b"plain"), good, cut, other];
    let failed = format!(
        "decompression: Decompression.Failed 5 bytes; decompression: Decompression.Failed {half} bytes; \
         decompression: CloudWatchLogProcessing.InvalidRecord {whole} bytes"
    );
    assert_eq!(arrives(&[DECOMPRESS, MESSAGES], &records).await, format!("one | {failed}"));
    let by_function = arrives(&[DECOMPRESS, MESSAGES, TRANSFORM], &records).await;
    assert_eq!(by_function, format!("ONE | {failed}"));
}

#[tokio::test]
async fn a_later_step_that_fails_tells_the_record_as_it_came() {
    let query: (&str, &[(&str, &str)]) =
        ("MetadataExtraction", &[("MetadataExtractionQuery", "{id: .id}"), ("JsonParsingEngine", "JQ-1.6")]);
    let tank = tank_of(by_keys("id=!{partitionKeyFromQuery:id}/", &[DECOMPRESS, MESSAGES, query])).await;
    let sent = gzip(&logs("DATA_MESSAGE", &["{\"id\": 7}", "no json"]));
    let bytes = sent.len();
    put_bytes(&tank, &[sent]).await;
    wait(&tank, 600).await;
    let failed = format!("errors/processing: DynamicPartitioning.MetadataExtractionFailed {bytes} bytes");
    assert_eq!(told(&tank), format!("{failed} | {{\"id\": 7}}"));
}

#[tokio::test]
async fn only_cloudwatch_logs_may_put_to_a_stream_that_decompresses() {
    let tank = tank_with(with(&[DECOMPRESS])).await;
    let input = PutRecordInput { delivery_stream_name: "s".to_owned(), record: record("x") };
    let to = Address { service: ServiceId::Firehose, scope: Scope::default() };
    let call = Call { to, access_key: "test".to_owned(), operation: PutRecord::NAME, input: input.to_val() };
    let refused = tank.call(PutRecord::service(), call).await.expect_err("it is a client's");
    assert_eq!(
        refused.to_string(),
        "InvalidSourceException: Only requests from CloudWatch Logs are supported when CloudWatch Logs decompression is \
         enabled."
    );
}

#[tokio::test]
async fn records_come_apart_before_the_function_gets_them() {
    let apart: (&str, &[(&str, &str)]) =
        ("RecordDeAggregation", &[("SubRecordType", "DELIMITED"), ("Delimiter", "Iw==")]);
    let query: (&str, &[(&str, &str)]) =
        ("MetadataExtraction", &[("MetadataExtractionQuery", "{id: .ID}"), ("JsonParsingEngine", "JQ-1.6")]);
    let tank = tank_of(by_keys("id=!{partitionKeyFromQuery:id}/", &[apart, TRANSFORM, query, LINES])).await;
    put_bytes(&tank, &[Bytes::from_static(b"{\"id\":1}#drop#{\"id\":2}")]).await;
    wait(&tank, 600).await;
    // "drop" alone is dropped: the function has seen three records.
    assert_eq!(told(&tank), "{\"ID\":1}\n | {\"ID\":2}\n");
}

#[tokio::test]
async fn what_the_producer_library_packed_comes_apart_where_a_stream_is_the_source() {
    let mut from = from_kinesis();
    from.extended_s3destination_configuration = Some(with(&[TRANSFORM, LINES]));
    let tank = tank_of(lake()).await;
    let create = kinesis::CreateStreamInput {
        stream_name: "k".to_owned(),
        shard_count: Some(1),
        ..Default::default()
    };
    ask::<kinesis::CreateStream>(&tank, create).await.expect("a new name");
    wait(&tank, 60).await;
    from.delivery_stream_name = "from-k".to_owned();
    make(&tank, from).await;
    for data in
        [pack(&[("a", "one"), ("b", "bad"), ("a", "drop"), ("c", "two")]), Bytes::from_static(b"three")]
    {
        let input = kinesis::PutRecordInput {
            stream_name: Some("k".to_owned()),
            partition_key: Some("p".to_owned()),
            data,
            ..Default::default()
        };
        ask::<kinesis::PutRecord>(&tank, input).await.expect("room");
    }
    wait(&tank, 600).await;
    assert_eq!(told(&tank), "ONE\nTWO\nTHREE\n | processing: Lambda.ProcessingFailedStatus 3 bytes");
}
