//! Messages to bytes and back, one file per protocol: `json`, `rest_json`, `query` (with `xml` for its answers).
//!
//! The server reads requests and writes answers; the harness's client does the reverse, so each protocol is here
//! both ways and tested against itself. A codec knows shapes, not constraints: those are `validate.rs`.
//! What a protocol calls an unreadable request, and how it spells an error, is `errors.rs`.
//!
//! Left out: rpc-v2-CBOR and Kinesis as CBOR. Each would be a file beside `json.rs` and an arm in the matches
//! here, chosen by the request's content type; `Route` would carry the choice.

mod errors;
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
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use crate::error::WireError;
use crate::route::Route;
use crate::schema::{Operation, Protocol, Service, Shape};
use crate::val::Val;

pub use errors::{encode_error, encode_route_error};

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
        Protocol::Query => query::read_request(route.operation, uri, body),
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
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            respond(operation.status, json_type(service.protocol), json_body(operation.output, &output))
        }
        Protocol::RestJson => rest_response(operation, output),
        Protocol::Query => {
            let body = query::write_response(service, operation, &output, request_id);
            respond(operation.status, "text/xml", body.into())
        }
    };
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
    let (path, parts, target) = match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            let body = json_body(operation.input, &input);
            let content_type = Some(json_type(service.protocol));
            let parts = rest_json::Parts { headers: HeaderMap::new(), body, content_type };
            ("/".to_owned(), parts, Some(format!("{}.{}", service.target_prefix, operation.name)))
        }
        Protocol::RestJson => {
            (rest_json::write_path(operation, &input), rest_json::write_parts(operation.input, input), None)
        }
        Protocol::Query => {
            let body = Bytes::from(query::write_request(service, operation, &input));
            let content_type = Some("application/x-www-form-urlencoded; charset=utf-8");
            ("/".to_owned(), rest_json::Parts { headers: HeaderMap::new(), body, content_type }, None)
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
    };
    read.ok_or_else(|| errors::unreadable(&answer))
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

fn json_body(shape: &Shape, val: &Val) -> Bytes {
    let mut out = Vec::with_capacity(json::weight(val));
    json::write(&mut out, shape, val);
    Bytes::from(out)
}

fn json_type(protocol: Protocol) -> &'static str {
    if protocol == Protocol::AwsJson10 { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" }
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
