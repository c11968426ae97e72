//! How long a batch of 500 records of 1 KiB takes between bytes and values, on one core.
//!
//! `cargo run --release -p wavetank-wire --example codec_speed`. It prints the best of many rounds: what the code costs,
//! not what else the machine does.

#![allow(clippy::print_stdout, reason = "a measurement talks to its terminal")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use wavetank_wire::codec::{decode_request, decode_response, encode_request, encode_response};
use wavetank_wire::kinesis::{GetRecordsOutput, PutRecordsInput, PutRecordsRequestEntry, Record, SERVICE};
use wavetank_wire::route::{Route, route};
use wavetank_wire::schema::{Operation, Protocol, Service};
use wavetank_wire::validate::validate;
use wavetank_wire::{FromVal as _, ToVal as _, Val};

const RECORDS: usize = 500;
const RECORD_BYTES: usize = 1_024;
const ROUNDS: usize = 400;

fn main() {
    println!("{RECORDS} records of {RECORD_BYTES} bytes, best of {ROUNDS} rounds");
    measure_service(&SERVICE);
    measure_service(SERVICE.speaking(Protocol::AwsCbor11).expect("Java's SDK speaks it"));
}

fn measure_service(service: &'static Service) {
    let name = format!("{:?}", service.protocol);
    let operation = |name| service.operation(name).expect("a served operation");
    let put = encode_request(service, operation("PutRecords"), put_records(), "http://127.0.0.1:4566");
    let found = find(&put);
    report(&format!("{name}: PutRecords request to value"), put.body().len(), || {
        decode_request(&found, put.uri(), put.headers(), put.body()).expect("a request")
    });
    let input = put_records();
    report("validation of that value", put.body().len(), || validate(found.operation.input, &input));
    report("that value to Rust structures", put.body().len(), || {
        PutRecordsInput::from_val(input.clone()).records.len()
    });
    let get = operation("GetRecords");
    let records = get_records();
    let answer = encode_response(service, get, records.clone(), "req-1");
    report(&format!("{name}: GetRecords value to answer"), answer.body().len(), || {
        encode_response(service, get, records.clone(), "req-1")
    });
    report(&format!("{name}: GetRecords answer to value"), answer.body().len(), || {
        read(service, get, &answer)
    });
}

fn find(request: &Request<Bytes>) -> Route {
    route(request.method(), request.uri(), request.headers(), request.body()).expect("a route")
}

fn read(service: &Service, operation: &Operation, answer: &Response<Bytes>) -> Val {
    decode_response(service, operation, answer.clone()).expect("an answer")
}

fn report<R>(what: &str, bytes: usize, mut run: impl FnMut() -> R) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed());
    }
    let micros = best.as_secs_f64() * 1e6;
    println!("{what:48} {micros:8.1} us  {:8.0} MB/s", bytes as f64 / micros);
}

/// Bytes without a pattern, the same in each run.
fn payload(record: usize) -> Bytes {
    let mut state = record as u64 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..RECORD_BYTES).map(|_| next()).collect()
}

fn put_records() -> Val {
    let entry = |n: usize| PutRecordsRequestEntry {
        data: payload(n),
        partition_key: Some(format!("partition-key-{n:06}")),
        ..PutRecordsRequestEntry::default()
    };
    let input = PutRecordsInput {
        stream_name: Some("clicks".to_owned()),
        records: (0..RECORDS).map(entry).collect(),
        ..PutRecordsInput::default()
    };
    input.to_val()
}

fn get_records() -> Val {
    let record = |n: usize| Record {
        sequence_number: format!("4964706081228801455888866824826384676390001782{n:010}"),
        approximate_arrival_timestamp: Some(wavetank_types::Timestamp::from_micros(1_767_571_200_120_000)),
        data: payload(n),
        partition_key: Some(format!("partition-key-{n:06}")),
        ..Record::default()
    };
    let output = GetRecordsOutput {
        records: (0..RECORDS).map(record).collect(),
        next_shard_iterator: Some("AAAAAAAAAAGMhkrU0NS1EOFo0poucPhjxM4cpLS2tB3".to_owned()),
        ..GetRecordsOutput::default()
    };
    output.to_val()
}
