//! Streams of events: what is framed is read again, in both of Kinesis's protocols, in pieces of any length.

use bytes::{Bytes, BytesMut};

use crate::codec::event_stream::{Received, event, failure, initial_response, read};
use crate::error::WireError;
use crate::kinesis::{self, SubscribeToShardEvent, SubscribeToShardEventStream};
use crate::schema::{Protocol, Service, Shape};
use crate::val::ToVal as _;

fn union(service: &'static Service) -> &'static Shape {
    service.event_stream("SubscribeToShard").expect("it answers with a stream")
}

fn records() -> crate::Val {
    let record = kinesis::Record { data: Bytes::from_static(b"abc"), ..kinesis::Record::default() };
    let event = SubscribeToShardEvent {
        records: vec![record],
        continuation_sequence_number: "7".to_owned(),
        ..SubscribeToShardEvent::default()
    };
    let union = SubscribeToShardEventStream {
        subscribe_to_shard_event: event,
        ..SubscribeToShardEventStream::default()
    };
    union.to_val()
}

#[test]
fn events_are_read_as_they_were_written_however_they_are_cut() {
    let cbor = kinesis::SERVICE.speaking(Protocol::AwsCbor11).expect("Java's SDK speaks it");
    for service in [&kinesis::SERVICE, cbor] {
        let frames = [
            initial_response(service),
            event(service, union(service), &records()),
            failure(service, union(service), &WireError::client("ResourceInUseException", "taken")),
            failure(service, union(service), &WireError::server("InternalFailure", "oh")),
        ];
        let expected = [
            Received::Initial,
            Received::Event(records()),
            Received::Failure(WireError::client("ResourceInUseException", "taken")),
            Received::Failure(WireError::client("InternalFailure", "oh")),
        ];
        for cut in [1, 7, 4_096] {
            let (mut input, mut received) = (BytesMut::new(), Vec::new());
            for piece in frames.concat().chunks(cut) {
                input.extend_from_slice(piece);
                let mut so_far = input.split().freeze();
                received.extend(read(service, union(service), &mut so_far).expect("frames"));
                input.extend_from_slice(&so_far);
            }
            assert_eq!(received, expected, "{:?} {cut}", service.protocol);
        }
    }
}

#[test]
fn an_event_is_json_under_the_name_of_its_member() {
    let frame = event(&kinesis::SERVICE, union(&kinesis::SERVICE), &records());
    let text = String::from_utf8_lossy(&frame);
    for part in [":message-type", "event", ":event-type", "SubscribeToShardEvent", ":content-type"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.contains("application/x-amz-json-1.1"), "{text}");
    assert!(text.contains(r#"{"Records":[{"SequenceNumber":"","Data":"YWJj"}"#), "{text}");
    let first = String::from_utf8_lossy(&initial_response(&kinesis::SERVICE)).into_owned();
    assert!(first.contains("initial-response") && first.contains("{}"), "{first}");
}

#[test]
fn a_frame_that_is_broken_is_an_error_and_not_followed() {
    let mut frame = initial_response(&kinesis::SERVICE).to_vec();
    let last = frame.len() - 1;
    frame[last] ^= 1;
    let mut input = Bytes::from(frame);
    assert!(read(&kinesis::SERVICE, union(&kinesis::SERVICE), &mut input).is_err());
}
