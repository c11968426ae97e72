//! Messages to bytes and back, one file per protocol: `json`, `cbor`, `rest_json`, `query` (with `xml` for its answers),
//! and `event_stream` around the first two.
//!
//! The server reads requests and writes answers; the harness's client does the reverse, so each protocol is here
//! both ways and tested against itself. A codec knows shapes, not constraints: those are `validate.rs`.
//! What a protocol calls an unreadable request, and how it spells an error, is `errors.rs`.

mod cbor;
mod errors;
pub mod event_stream;
mod json;
pub(crate) mod params;
mod query;
mod rest_json;
mod scalar;
#[cfg(test)]
mod tests;
mod words;
mod xml;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use crate::error::WireError;
use crate::route::Route;
use crate::schema::{Operation, Protocol, Service, Shape};
use crate::val::Val;

use cbor::Epoch;
pub use errors::{encode_error, encode_route_error};
pub use json::{write_blob, write_text};
pub use xml::xml_to_json;

/// The header that names smithy's protocols, in requests and answers.
pub(crate) const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

/// Its value for rpcv2Cbor.
const RPC_V2_CBOR: HeaderValue = HeaderValue::from_static("rpc-v2-cbor");

/// Who reads. A server refuses members that are not built; a client ignores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

/// Why a message is not of its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    /// Not JSON, not XML, not a document at all.
    Malformed,
    /// A value of another type, in AWS's words.
    Mistyped(String),
    /// A member that is known and not built.
    Unbuilt(&'static str),
}

/// A response taken apart.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Reads a request. What it gives is of the input's shape and not yet validated.
///
/// Error: the protocol's code for what cannot be read; `NotImplemented` for a member that is not built.
pub fn decode_request(route: &Route, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Result<Val, WireError> {
    let read = match route.service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => read_json(route.operation.input, body, Side::Server),
        Protocol::RestJson => rest_json::read_request(route, uri, headers, body),
        Protocol::Query => query::read_request(route.operation, uri, headers, body),
        Protocol::AwsCbor11 => cbor::read(route.operation.input, body, Epoch::Millis, Side::Server),
        Protocol::RpcV2Cbor => cbor::read(route.operation.input, body, Epoch::Seconds, Side::Server),
    };
    read.map_err(|refusal| errors::refused(route, refusal))
}

/// Writes the answer of an operation.
pub fn encode_response(
    service: &Service,
    operation: &Operation,
    output: Val,
    request_id: &str,
) -> Response<Bytes> {
    let mut response = match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::AwsCbor11 | Protocol::RpcV2Cbor => {
            let body = document(service.protocol, operation.output, &output);
            respond(operation.status, content_type(service.protocol), body)
        }
        Protocol::RestJson => rest_response(operation, output),
        Protocol::Query => {
            let body = query::write_response(service, operation, &output, request_id);
            respond(operation.status, "text/xml", body.into())
        }
    };
    if service.protocol == Protocol::RpcV2Cbor {
        response.headers_mut().insert(SMITHY_PROTOCOL, RPC_V2_CBOR);
    }
    response.headers_mut().insert("x-amzn-requestid", rest_json::header_value(request_id));
    response
}

fn rest_response(operation: &Operation, output: Val) -> Response<Bytes> {
    let place =
        operation.output.members().iter().position(|member| member.place == crate::schema::Place::Status);
    let said = place.and_then(|at| u16::try_from(at).ok()).and_then(|at| output.member(at));
    let said = if let Some(Val::Int(status)) = said { u16::try_from(*status).ok() } else { None };
    let parts = rest_json::write_parts(operation.output, output);
    let mut response = Response::new(parts.body);
    *response.headers_mut() = parts.headers;
    *response.status_mut() = status(said.unwrap_or(operation.status));
    if let Some(content_type) = parts.content_type {
        response.headers_mut().insert(CONTENT_TYPE, rest_json::header_value(content_type));
    }
    response
}

/// A value of this shape as a JSON document, for services that hand values on as text.
pub fn json_document(shape: &Shape, val: &Val) -> Vec<u8> {
    let mut out = Vec::with_capacity(json::weight(val));
    json::write(&mut out, shape, val);
    out
}

/// Writes a request to `endpoint`, such as `http://127.0.0.1:4566`. It is not signed: `sign.rs`.
///
/// Panics: `endpoint` is not a URL's scheme and authority.
pub fn encode_request(
    service: &Service,
    operation: &Operation,
    input: Val,
    endpoint: &str,
) -> Request<Bytes> {
    let endpoint = endpoint.trim_end_matches('/');
    let spoken = |body| {
        let content_type = Some(content_type(service.protocol));
        rest_json::Parts { headers: HeaderMap::new(), body, content_type }
    };
    let (path, parts, target) = match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::AwsCbor11 => {
            let target = format!("{}.{}", service.target_prefix, operation.name);
            ("/".to_owned(), spoken(document(service.protocol, operation.input, &input)), Some(target))
        }
        Protocol::RpcV2Cbor => {
            let path = format!("/service/{}/operation/{}", service.target_prefix, operation.name);
            let mut parts = spoken(document(service.protocol, operation.input, &input));
            parts.headers.insert(SMITHY_PROTOCOL, RPC_V2_CBOR);
            (path, parts, None)
        }
        Protocol::RestJson => {
            (rest_json::write_path(operation, &input), rest_json::write_parts(operation.input, input), None)
        }
        Protocol::Query => {
            let body = Bytes::from(query::write_request(service, operation, &input));
            ("/".to_owned(), spoken(body), None)
        }
    };
    let uri: Uri = format!("{endpoint}{path}").parse().expect("an endpoint such as http://127.0.0.1:4566");
    let mut request = Request::new(parts.body);
    *request.uri_mut() = uri;
    *request.method_mut() = Method::from_bytes(operation.method.as_bytes()).unwrap_or(Method::POST);
    *request.headers_mut() = parts.headers;
    if let Some(content_type) = parts.content_type {
        request.headers_mut().insert(CONTENT_TYPE, rest_json::header_value(content_type));
    }
    if let Some(target) = target {
        request.headers_mut().insert("x-amz-target", rest_json::header_value(&target));
    }
    request
}

/// Reads an answer: the output, or the error that it carries.
///
/// Error: what the service said; `UnreadableResponse` with the status if it said nothing of the protocol.
pub fn decode_response(
    service: &Service,
    operation: &Operation,
    response: Response<Bytes>,
) -> Result<Val, WireError> {
    let (head, body) = response.into_parts();
    let answer = Answer { status: head.status, headers: head.headers, body };
    if !answer.status.is_success() {
        return Err(errors::read_error(service, &answer));
    }
    let read = match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            read_json(operation.output, &answer.body, Side::Client).ok()
        }
        Protocol::RestJson => rest_json::read_response(operation, &answer).ok(),
        Protocol::Query => query::read_response(operation, &answer),
        Protocol::AwsCbor11 => cbor::read(operation.output, &answer.body, Epoch::Millis, Side::Client).ok(),
        Protocol::RpcV2Cbor => cbor::read(operation.output, &answer.body, Epoch::Seconds, Side::Client).ok(),
    };
    read.ok_or_else(|| errors::unreadable(&answer))
}

/// Reads a document of JSON by its shape, whatever protocol its service speaks and wherever a member would travel: for requests
/// that people write down.
///
/// Error: it is not of the shape, or has a member that is not built.
pub fn from_json(shape: &'static Shape, document: &[u8]) -> Result<Val, WireError> {
    let read = match document.trim_ascii_start() {
        [b'{' | b'[', ..] => json::read_all(shape, document, Side::Server),
        _ => Err(Refusal::Malformed),
    };
    read.map_err(|refusal| match refusal {
        Refusal::Unbuilt(member) => WireError::not_implemented(member),
        Refusal::Malformed => WireError::client("SerializationException", ""),
        Refusal::Mistyped(message) => WireError::client("SerializationException", message),
    })
}

/// Writes a value as a document of JSON by its shape: the reverse of [`from_json`].
pub fn to_json(shape: &Shape, val: &Val) -> Bytes {
    let mut out = Vec::with_capacity(json::weight(val));
    json::write_all(&mut out, shape, val);
    Bytes::from(out)
}

/// A document that is a structure. What is neither structure nor list is refused without a sentence. A client takes
/// an empty body for an empty structure: CloudWatch Logs answers so where it has nothing to say.
///
/// Recorded: for an empty body, `null`, `"x"`, `{` and `[]` (athena-local's `errors.md`, 2026-09-23).
fn read_json(shape: &'static Shape, body: &[u8], side: Side) -> Result<Val, Refusal> {
    if body.is_empty() && side == Side::Client {
        return Ok(Val::Struct(Vec::new()));
    }
    if !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]) {
        return Err(Refusal::Malformed);
    }
    json::read(shape, body, side)
}

/// The document of a protocol that puts a whole message into one.
fn document(protocol: Protocol, shape: &Shape, val: &Val) -> Bytes {
    let mut out = Vec::with_capacity(json::weight(val));
    match protocol {
        Protocol::AwsCbor11 => cbor::write(&mut out, shape, val, Epoch::Millis),
        Protocol::RpcV2Cbor => cbor::write(&mut out, shape, val, Epoch::Seconds),
        _ => json::write(&mut out, shape, val),
    }
    Bytes::from(out)
}

/// The content type of a protocol's messages; of the query protocol's requests.
fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsJson10 => "application/x-amz-json-1.0",
        Protocol::AwsJson11 => "application/x-amz-json-1.1",
        Protocol::AwsCbor11 => "application/x-amz-cbor-1.1",
        Protocol::RpcV2Cbor => "application/cbor",
        Protocol::RestJson => "application/json",
        Protocol::Query => "application/x-www-form-urlencoded; charset=utf-8",
    }
}

fn respond(code: u16, content_type: &str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status(code);
    response.headers_mut().insert(CONTENT_TYPE, rest_json::header_value(content_type));
    response
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Sets a member. Of two values for one member the later counts.
fn put(members: &mut Vec<(u16, Val)>, index: usize, val: Val) {
    let index = u16::try_from(index).expect("a structure has fewer than 65,536 members");
    if members.last().is_none_or(|(last, _)| *last < index) {
        members.push((index, val));
        return;
    }
    match members.binary_search_by_key(&index, |(at, _)| *at) {
        Ok(at) => members[at].1 = val,
        Err(at) => members.insert(at, (index, val)),
    }
}

/// A value that our own code made is not of the shape it is written as.
#[cold]
fn mismatch(shape: &Shape, val: &Val) -> ! {
    panic!("not a value of the shape `{}`: {val:?}", shape.name)
}
