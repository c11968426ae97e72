//! Kinesis as CBOR: bytes as Java's SDK sends them (maps of indefinite length, tagged times), written here by hand.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use crate::codec::{decode_request, encode_error, encode_response};
use crate::error::WireError;
use crate::kinesis;
use crate::route::route;
use crate::schema::Protocol;
use crate::val::{FromVal as _, ToVal as _, Val};
use wavetank_types::Timestamp;

fn ask(operation: &str, body: &[u8]) -> Result<Val, WireError> {
    let mut headers = HeaderMap::new();
    let target = format!("Kinesis_20131202.{operation}");
    headers.insert("x-amz-target", target.parse().expect("a header's value"));
    headers.insert("content-type", "application/x-amz-cbor-1.1".parse().expect("a header's value"));
    let body = Bytes::copy_from_slice(body);
    let found = route(&Method::POST, &Uri::from_static("/"), &headers, &body).expect("a route");
    assert_eq!(found.service.protocol, Protocol::AwsCbor11);
    decode_request(&found, &Uri::from_static("/"), &headers, &body)
}

#[test]
fn a_record_is_read_from_maps_and_strings_of_any_length_form() {
    let expected = kinesis::PutRecordInput {
        stream_name: Some("clicks".to_owned()),
        data: Bytes::from_static(b"abc"),
        partition_key: Some("k".to_owned()),
        ..kinesis::PutRecordInput::default()
    };
    let check = |body: &[u8]| {
        assert_eq!(ask("PutRecord", body).map(kinesis::PutRecordInput::from_val), Ok(expected.clone()));
    };
    check(b"\xbf\x6aStreamName\x66clicks\x64Data\x43abc\x6cPartitionKey\x61k\xff");
    check(b"\xa3\x6aStreamName\x66clicks\x64Data\x43abc\x6cPartitionKey\x61k");
    check(b"\xa3\x64Data\x5f\x42ab\x41c\xff\x6cPartitionKey\x7f\x61k\xff\x6aStreamName\x78\x06clicks");
    check(b"\xbf\x7f\x66Stream\x64Name\xff\x66clicks\x64Data\x43abc\x6cPartitionKey\x61k\x63New\x9f\x01\xbf\xff\xff\xff");
    check(b"\xbf\x6aStreamName\x66clicks\x64Data\x43abc\x6cPartitionKey\x61k\x6fExplicitHashKey\xf6\xff");
}

#[test]
fn a_batch_is_read_and_its_blobs_are_slices_of_the_message() {
    let body = b"\xbf\x67Records\x9f\xbf\x64Data\x41a\x6cPartitionKey\x61k\xff\xbf\x64Data\x40\xff\xff\xff";
    let read = ask("PutRecords", body).map(kinesis::PutRecordsInput::from_val).expect("a request");
    let data: Vec<Bytes> = read.records.into_iter().map(|entry| entry.data).collect();
    assert_eq!(data, [Bytes::from_static(b"a"), Bytes::new()]);
}

#[test]
fn times_are_milliseconds_with_a_tag_or_without_and_doubles_are_seconds() {
    let check = |time: &[u8]| {
        let body = [b"\xa1\x69Timestamp".as_slice(), time].concat();
        let read = ask("GetShardIterator", &body).map(kinesis::GetShardIteratorInput::from_val);
        let time = read.expect("a request").timestamp;
        assert_eq!(time, Some(Timestamp::from_millis(1_767_571_200_120)));
    };
    let millis = 1_767_571_200_120_i64.to_be_bytes();
    check(&[b"\xc1\x1b".as_slice(), &millis].concat());
    check(&[b"\x1b".as_slice(), &millis].concat());
    check(&[b"\xc1\xfb".as_slice(), &1_767_571_200.12_f64.to_be_bytes()].concat());
}

#[test]
fn what_is_not_of_its_shape_is_refused_as_in_json() {
    let check = |operation: &str, body: &[u8], sentence: &str| {
        assert_eq!(ask(operation, body), Err(WireError::client("SerializationException", sentence)));
    };
    check("PutRecord", b"", "");
    check("PutRecord", b"\xbf\x64Data", "");
    check("PutRecord", b"\xa0\xa0", "");
    check("PutRecord", b"\xa1\x64Data\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "");
    check("PutRecord", b"\xa1\x6aStreamName\x01", "NUMBER_VALUE can not be converted to a String");
    check("PutRecord", b"\xa1\x64Data\x61a", "STRING_VALUE can not be converted to a Blob");
    check("PutRecords", b"\xa1\x67Records\xf5", "Expected list or null");
    check("PutRecords", b"\xa1\x67Records\xa0", "Start of structure or map found where not expected.");
    check("PutRecords", &[b"\xa1\x67Records".as_slice(), &[0x81; 4_000]].concat(), "");
    check("PutRecords", &[0xc1; 200_000], "");
}

#[test]
fn answers_and_errors_are_cbor_too() {
    let service = kinesis::SERVICE.speaking(Protocol::AwsCbor11).expect("Java's SDK speaks it");
    let output = kinesis::GetRecordsOutput {
        records: vec![kinesis::Record {
            sequence_number: "1".to_owned(),
            approximate_arrival_timestamp: Some(Timestamp::from_millis(1_767_571_200_120)),
            data: Bytes::from_static(b"abc"),
            ..kinesis::Record::default()
        }],
        ..kinesis::GetRecordsOutput::default()
    };
    let operation = service.operation("GetRecords").expect("a served operation");
    let response = encode_response(service, operation, output.to_val(), "req-1");
    assert_eq!(response.headers()["content-type"], "application/x-amz-cbor-1.1");
    let expected = [
        b"\xa1\x67Records\x81\xa3\x6eSequenceNumber\x611".as_slice(),
        b"\x78\x1bApproximateArrivalTimestamp\xc1\x1b",
        &1_767_571_200_120_i64.to_be_bytes(),
        b"\x64Data\x43abc",
    ];
    assert_eq!(response.body(), &expected.concat());

    let error = WireError::client("ResourceNotFoundException", "no");
    let response = encode_error(service, &error, "req-1");
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/x-amz-cbor-1.1");
    let expected = b"\xa2\x66__type\x78\x19ResourceNotFoundException\x67message\x62no";
    assert_eq!(response.body(), expected.as_slice());
    assert_eq!(super::decode_response(service, operation, response), Err(error));
}
