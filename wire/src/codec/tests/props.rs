//! For every operation of every service: what one side writes the other reads the same, and no bytes bring either
//! side down.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use proptest::collection::vec;
use proptest::option::of as sometimes;
use proptest::prelude::*;
use proptest::sample::select;
use wavetank_types::Timestamp;

use super::{ENDPOINT, decode};
use crate::codec::{decode_request, decode_response, encode_request, encode_response};
use crate::route::{Route, caller, route};
use crate::schema::{Kind, Member, Operation, Place, Protocol, Service, Shape};
use crate::val::Val;
use crate::validate::{validate, validation_error};
use crate::{SERVICES, kinesis};

/// Structures within structures: deeper, members are left out.
const DEPTH_MAX: usize = 4;

fn operations() -> impl Strategy<Value = (&'static Service, &'static Operation)> {
    let spoken = SERVICES.iter().flat_map(|service| std::iter::once(service).chain(service.also));
    let all = spoken.flat_map(|service| service.operations.iter().map(|op| (*service, op)));
    select(all.collect::<Vec<_>>())
}

/// Without what the service's protocol has no way to say.
fn sayable(service: &Service, val: Val) -> Val {
    // Of flattened lists and maps, as in SQS, there is nothing on the wire when they are empty.
    let is_flat = service.name == "sqs";
    match service.protocol {
        Protocol::Query if is_flat => without_empty(val),
        Protocol::Query => pruned(val),
        _ => val,
    }
}

/// Without empty structures, maps and lists, and what is empty without these.
fn without_empty(val: Val) -> Val {
    let is_said = |val: &Val| match val {
        Val::List(entries) => !entries.is_empty(),
        Val::Map(entries) => !entries.is_empty(),
        Val::Struct(members) => !members.is_empty(),
        _ => true,
    };
    match val {
        Val::List(entries) => Val::List(entries.into_iter().map(without_empty).filter(is_said).collect()),
        Val::Struct(members) => {
            let pruned = members.into_iter().map(|(at, val)| (at, without_empty(val)));
            Val::Struct(pruned.filter(|(_, val)| is_said(val)).collect())
        }
        Val::Map(entries) => {
            let pruned = entries.into_iter().map(|(key, val)| (key, without_empty(val)));
            Val::Map(pruned.filter(|(_, val)| is_said(val)).collect())
        }
        val => val,
    }
}

/// Texts that XML can say: no control characters but these.
fn text() -> impl Strategy<Value = String> {
    "[\\PC\r\n\t]{0,12}"
}

fn value(shape: &'static Shape, depth: usize) -> BoxedStrategy<Val> {
    match shape.kind {
        Kind::Structure(members) => structure(members, depth),
        Kind::List { member, .. } => vec(value(member, depth + 1), 0..3).prop_map(Val::List).boxed(),
        Kind::Map { value: of, .. } => vec((text(), value(of, depth + 1)), 0..3).prop_map(Val::Map).boxed(),
        Kind::String { .. } => text().prop_map(Val::Str).boxed(),
        Kind::Blob { .. } => vec(any::<u8>(), 0..9).prop_map(|bytes| Val::Blob(Bytes::from(bytes))).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Val::Bool).boxed(),
        Kind::Integer { .. } => any::<i32>().prop_map(|number| Val::Int(number.into())).boxed(),
        Kind::Long { .. } => any::<i64>().prop_map(Val::Int).boxed(),
        // `serde_json` without `float_roundtrip` may miss the last bit of others.
        Kind::Double { .. } => {
            let eighths = any::<i32>().prop_map(|number| Val::Float(f64::from(number) / 8.0));
            prop_oneof![9 => eighths, 1 => Just(Val::Float(f64::INFINITY))].boxed()
        }
        Kind::Timestamp { .. } => (-10_000_000_000_i64..10_000_000_000_000)
            .prop_map(|at| Val::Time(Timestamp::from_millis(at)))
            .boxed(),
        Kind::Document => {
            let leaf = prop_oneof![
                any::<bool>().prop_map(|b| serde_json::json!(b)),
                text().prop_map(|t| serde_json::json!(t))
            ];
            leaf.prop_map(|leaf| Val::Doc(serde_json::json!({"a": [leaf, 1, null]}))).boxed()
        }
        Kind::Unbuilt => Just(Val::Null).boxed(),
    }
}

fn structure(members: &'static [Member], depth: usize) -> BoxedStrategy<Val> {
    if depth > DEPTH_MAX {
        return Just(Val::Struct(Vec::new())).boxed();
    }
    let present: Vec<BoxedStrategy<Option<Val>>> =
        members.iter().map(|member| carried(member, depth)).collect();
    let number = |vals: Vec<Option<Val>>| {
        let numbered = (0_u16..).zip(vals).filter_map(|(index, val)| Some((index, val?)));
        Val::Struct(numbered.filter(|(_, val)| *val != Val::Null).collect())
    };
    present.prop_map(number).boxed()
}

/// A member, within what its place can say.
fn carried(member: &'static Member, depth: usize) -> BoxedStrategy<Option<Val>> {
    match member.place {
        Place::Uri => "\\PC{1,12}".prop_map(|text| Some(Val::Str(text))).boxed(),
        Place::Header | Place::Headers => sometimes("[!-~]{1,12}".prop_map(Val::Str)).boxed(),
        Place::Status => (200_i64..300).prop_map(|status| Some(Val::Int(status))).boxed(),
        Place::Payload => {
            sometimes(vec(any::<u8>(), 1..9).prop_map(|bytes| Val::Blob(Bytes::from(bytes)))).boxed()
        }
        Place::Query => {
            // A query string has no way to say that a list is there and empty.
            let some = |val: &Val| !matches!(val, Val::List(entries) if entries.is_empty());
            sometimes(value(member.shape, depth + 1).prop_filter("an empty list", some)).boxed()
        }
        Place::Body => sometimes(value(member.shape, depth + 1)).boxed(),
    }
}

/// Without empty structures and maps: form parameters have no way to say them.
fn pruned(val: Val) -> Val {
    let is_said = |val: &Val| !matches!(val, Val::Struct(members) if members.is_empty());
    let is_said = move |val: &Val| is_said(val) && !matches!(val, Val::Map(entries) if entries.is_empty());
    match val {
        Val::List(entries) => Val::List(entries.into_iter().map(pruned).filter(is_said).collect()),
        Val::Map(entries) => {
            let pruned = entries.into_iter().map(|(key, val)| (key, pruned(val)));
            Val::Map(pruned.filter(|(_, val)| is_said(val)).collect())
        }
        Val::Struct(members) => {
            let pruned = members.into_iter().map(|(at, val)| (at, pruned(val)));
            Val::Struct(pruned.filter(|(_, val)| is_said(val)).collect())
        }
        val => val,
    }
}

type Case = (&'static Service, &'static Operation, Val);

fn inputs() -> impl Strategy<Value = Case> {
    operations().prop_flat_map(|(service, op)| value(op.input, 0).prop_map(move |val| (service, op, val)))
}

fn outputs() -> impl Strategy<Value = Case> {
    operations().prop_flat_map(|(service, op)| value(op.output, 0).prop_map(move |val| (service, op, val)))
}

/// Bytes that look like something: JSON, XML and forms in pieces, or anything.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "null",
        "1e999",
        "-1",
        "\"Name\"",
        "\"Tags\"",
        "<",
        ">",
        "</",
        "&",
        "=",
        "<a>",
        "</a>",
        "&amp;",
        "&#x;",
        "<![CDATA[",
        "<!DOCTYPE",
        "Action=",
        "member.1",
        ".",
        "%zz",
        "\u{0}",
        "\\ud800",
    ];
    let likely = vec(select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![likely, vec(any::<u8>(), 0..64)]
}

fn kinesis_inputs() -> impl Strategy<Value = (&'static Operation, Val)> {
    let operation = select(kinesis::SERVICE.operations.iter().collect::<Vec<_>>());
    operation.prop_flat_map(|op| value(op.input, 0).prop_map(move |val| (op, val)))
}

/// Kinesis as if it spoke rpcv2Cbor, which CloudWatch does.
static RPC: Service = Service { protocol: Protocol::RpcV2Cbor, also: &[], ..kinesis::SERVICE };

proptest! {
    #[test]
    fn json_and_both_kinds_of_cbor_say_the_same((op, input) in kinesis_inputs()) {
        let cbor = kinesis::SERVICE.speaking(Protocol::AwsCbor11).expect("Java's SDK speaks it");
        for service in [&kinesis::SERVICE, cbor, &RPC] {
            let request = encode_request(service, op, input.clone(), ENDPOINT);
            let route = Route { service, operation: op, labels: Vec::new() };
            let read = decode_request(&route, request.uri(), request.headers(), request.body());
            prop_assert_eq!(read, Ok(input.clone()), "{:?}", service.protocol);
        }
    }

    #[test]
    fn the_server_reads_what_the_client_writes((service, op, input) in inputs()) {
        let input = sayable(service, input);
        let mut request = encode_request(service, op, input.clone(), ENDPOINT);
        // Paths such as `/tags/{arn}` are several services': whose is meant, the signature says.
        let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request", service.signing_name);
        request.headers_mut().insert("authorization", scope.parse().expect("a header"));
        let found = route(request.method(), request.uri(), request.headers(), request.body()).expect("a route");
        prop_assert_eq!(found.operation.name, op.name);
        prop_assert_eq!(decode(&request), Ok(input));
    }

    #[test]
    fn the_client_reads_what_the_server_writes((service, op, output) in outputs()) {
        let output = if service.name == "sqs" { sayable(service, output) } else { output };
        let response = encode_response(service, op, output.clone(), "req-1");
        prop_assert_eq!(decode_response(service, op, response), Ok(output));
    }

    #[test]
    fn any_value_of_the_shape_validates_or_is_refused_in_words((service, op, input) in inputs()) {
        if let Err(failures) = validate(op.input, &input) {
            prop_assert!(!validation_error(service, &failures).message.is_empty());
        }
    }

    #[test]
    fn no_request_body_brings_the_server_down(
        (service, operation) in operations(),
        body in bodies(),
        query in "[ -~]{0,20}",
    ) {
        let route = Route { service, operation, labels: Vec::new() };
        let uri = Uri::builder().path_and_query(format!("/?{query}")).build().unwrap_or_default();
        if let Ok(val) = decode_request(&route, &uri, &HeaderMap::new(), &Bytes::from(body)) {
            let _ = validate(operation.input, &val);
        }
    }

    #[test]
    fn no_answer_brings_the_client_down((service, op) in operations(), body in bodies(), ok: bool) {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = if ok { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        let _ = decode_response(service, op, response);
    }

    #[test]
    fn no_request_brings_routing_down(
        path in "/[ -~]{0,30}",
        authorization in vec(any::<u8>(), 0..40),
        target in "[ -~]{0,20}",
        body in bodies(),
    ) {
        let mut request = Request::new(body);
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        let entries = [("authorization", authorization), ("x-amz-target", target.into_bytes())];
        for (name, value) in entries {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        let _ = caller(request.headers(), request.uri());
        let _ = route(&Method::POST, request.uri(), request.headers(), request.body());
        request.headers_mut().remove("x-amz-target");
        let _ = route(&Method::POST, request.uri(), request.headers(), request.body());
    }
}
