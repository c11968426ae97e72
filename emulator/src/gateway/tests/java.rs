//! A genuine Java client's requests to Kinesis, byte for byte, and what they get: CBOR in, CBOR out.
//!
//! Captured, not written: `tests/data/java_kinesis.txt` says from which SDK and how. Only what the tank itself had handed out
//! then (an iterator, a consumer's ARN) is exchanged for what it hands out now.

use std::time::Duration;

use bytes::Bytes;
use expect_test::expect;
use http::Request;
use wavetank_wire::codec::decode_response;
use wavetank_wire::kinesis::*;
use wavetank_wire::schema::Protocol;
use wavetank_wire::{FromVal as _, Val, WireError};

use crate::{Connector, Tank};

const CAPTURED: &str = include_str!("../../../../tests/data/java_kinesis.txt");

/// The client's side: what it has been told, where a later request repeats it.
struct Client {
    connector: Connector,
    iterators: Vec<String>,
    consumer: String,
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Exchanges the text that follows `head` for another of the same length.
fn exchange(body: &mut [u8], head: &[u8], text: &str) {
    let at = body.windows(head.len()).position(|window| window == head).expect("it is there") + head.len();
    body[at..at + text.len()].copy_from_slice(text.as_bytes());
}

impl Client {
    async fn send(&mut self, operation: &str, mut body: Vec<u8>) -> Result<Val, WireError> {
        match operation {
            "GetRecords" => {
                let iterator = self.iterators.remove(0);
                let head = [b"ShardIterator\x78".as_slice(), &[u8::try_from(iterator.len()).expect("short")]];
                exchange(&mut body, &head.concat(), &iterator);
            }
            "DescribeStreamConsumer" => {
                let consumer = self.consumer.clone();
                let head = [b"ConsumerARN\x78".as_slice(), &[u8::try_from(consumer.len()).expect("short")]];
                exchange(&mut body, &head.concat(), &consumer);
            }
            _ => {}
        }
        let request = Request::post("http://127.0.0.1/")
            .header("amz-sdk-request", "attempt=1; max=4")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=000000000000/20261128/us-east-1/kinesis/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=00",
            )
            .header("content-type", "application/x-amz-cbor-1.1")
            .header("x-amz-target", format!("Kinesis_20131202.{operation}"))
            .body(Bytes::from(body))
            .expect("a request");
        let response = self.connector.http(request).await;
        assert_eq!(response.headers()["content-type"], "application/x-amz-cbor-1.1");
        let service = SERVICE.speaking(Protocol::AwsCbor11).expect("Java's SDK speaks it");
        decode_response(service, SERVICE.operation(operation).expect("it is served"), response)
    }

    /// What the answer comes to, in a few words.
    fn told(&mut self, operation: &str, answer: Result<Val, WireError>) -> String {
        let val = match answer {
            Ok(val) => val,
            Err(error) => return error.to_string(),
        };
        match operation {
            "ListStreams" => format!("{:?}", ListStreamsOutput::from_val(val).stream_names),
            "DescribeStreamSummary" => {
                DescribeStreamSummaryOutput::from_val(val).stream_description_summary.stream_status
            }
            "PutRecord" => PutRecordOutput::from_val(val).shard_id,
            "PutRecords" => format!("{:?} failed", PutRecordsOutput::from_val(val).failed_record_count),
            "ListShards" => {
                format!("{} shards", ListShardsOutput::from_val(val).shards.unwrap_or_default().len())
            }
            "GetShardIterator" => {
                self.iterators.extend(GetShardIteratorOutput::from_val(val).shard_iterator);
                "an iterator".to_owned()
            }
            "GetRecords" => {
                let records = GetRecordsOutput::from_val(val).records;
                let keys = records
                    .into_iter()
                    .map(|record| format!("{} {:?}", record.partition_key.unwrap_or_default(), record.data));
                keys.collect::<Vec<String>>().join(", ")
            }
            "RegisterStreamConsumer" => {
                self.consumer = RegisterStreamConsumerOutput::from_val(val).consumer.consumer_arn;
                "a consumer".to_owned()
            }
            "DescribeStreamConsumer" => {
                DescribeStreamConsumerOutput::from_val(val).consumer_description.consumer_status
            }
            "DescribeLimits" => format!("{} shards", DescribeLimitsOutput::from_val(val).open_shard_count),
            "ListTagsForStream" => format!("{:?}", ListTagsForStreamOutput::from_val(val).tags),
            _ => "done".to_owned(),
        }
    }
}

#[tokio::test]
async fn a_java_clients_requests_are_understood_and_answered_in_its_own_protocol() {
    let tank = Tank::builder().build();
    let mut client =
        Client { connector: Connector::new(&tank), iterators: Vec::new(), consumer: String::new() };
    let mut lines = Vec::new();
    for line in CAPTURED.lines().filter(|line| !line.starts_with('#')) {
        let (operation, body) = line.split_once(' ').expect("an operation and its body");
        let answer = client.send(operation, bytes_of(body)).await;
        lines.push(format!("{operation}: {}", client.told(operation, answer)));
        // The client polled until a state had ended.
        tank.advance(Duration::from_secs(1)).await;
    }
    expect![[r#"
        CreateStream: done
        DescribeStreamSummary: ACTIVE
        ListStreams: ["java"]
        PutRecord: shardId-000000000000
        PutRecords: Some(0) failed
        ListShards: 2 shards
        DescribeStreamSummary: ACTIVE
        GetShardIterator: an iterator
        GetRecords: a b"\0\xff\x01\x80", kệ0 b"record 0", kệ1 b"record 1", kệ2 b"record 2"
        GetShardIterator: an iterator
        GetRecords: 
        PutRecord: ResourceNotFoundException: Stream none under account 000000000000 not found.
        GetShardIterator: InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.
        RegisterStreamConsumer: a consumer
        DescribeStreamConsumer: ACTIVE
        DescribeLimits: 2 shards
        UpdateShardCount: done
        AddTagsToStream: done
        ListTagsForStream: [Tag { key: "team", value: Some("tank") }]
        DeleteStream: done"#]].assert_eq(&lines.join("\n"));
}
