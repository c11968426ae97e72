//! Streams of events (`application/vnd.amazon.eventstream`): an answer that is a row of framed messages.
//!
//! First comes `initial-response`, then one message per event: its headers name the member of the stream's union, its
//! payload is that member in the service's protocol. An exception that the union knows is a message of its own kind, and
//! any other failure is an error with a code and a sentence; after either nothing follows.
//! Who makes events and how they reach the socket is the emulator's. Left out: signed messages, from client to server.
//!
//! Documented: docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html, and smithy.io's
//! "Amazon Event Stream Specification" (read 2026-11-29). Assumed: that an exception's payload is as in an answer.

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue as Text, Message};
use aws_smithy_types::str_bytes::StrBytes;
use bytes::Bytes;
use http::Response;
use http::header::CONTENT_TYPE;

use super::cbor::{self, Epoch};
use super::{Side, content_type, document, errors, json, mismatch, rest_json};
use crate::error::WireError;
use crate::schema::{Protocol, Service, Shape};
use crate::val::Val;

/// The content type of a stream of events.
pub const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// The head of the answer, whose body will be messages.
pub fn head(request_id: &str) -> Response<()> {
    let mut response = Response::new(());
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(EVENT_STREAM));
    response.headers_mut().insert("x-amzn-requestid", rest_json::header_value(request_id));
    response
}

/// The message that comes before the events: the operation's output without its stream, of which none has more.
pub fn initial_response(service: &Service) -> Bytes {
    let headers = [(":event-type", "initial-response"), (":content-type", content_type(service.protocol))];
    message("event", &headers, errors::texts(service.protocol, &[]))
}

/// One event: `event` is the union with one member set.
///
/// Panics: it is not.
pub fn event(service: &Service, union: &Shape, event: &Val) -> Bytes {
    let Val::Struct(members) = event else { mismatch(union, event) };
    let [(index, val)] = members.as_slice() else { mismatch(union, event) };
    let member = &union.members()[usize::from(*index)];
    let payload = document(service.protocol, member.shape, val);
    let (kind, name) = match service.error(member.name) {
        Some(_) => ("exception", ":exception-type"),
        None => ("event", ":event-type"),
    };
    message(kind, &[(name, member.wire), (":content-type", content_type(service.protocol))], payload)
}

/// The message that ends a stream with an error.
pub fn failure(service: &Service, union: &Shape, error: &WireError) -> Bytes {
    let name = service.error(&error.code).map(|shape| shape.name);
    match name.filter(|name| union.members().iter().any(|member| member.name == *name)) {
        Some(name) => {
            let sentence = [(errors::message_member(service, name), error.message.as_str())];
            let headers = [(":exception-type", name), (":content-type", content_type(service.protocol))];
            message("exception", &headers, errors::texts(service.protocol, &sentence))
        }
        None => {
            let headers = [(":error-code", error.code.as_str()), (":error-message", &error.message)];
            message("error", &headers, Bytes::new())
        }
    }
}

fn message(kind: &'static str, headers: &[(&'static str, &str)], payload: Bytes) -> Bytes {
    let mut message = Message::new(payload);
    for (name, text) in std::iter::once((":message-type", kind)).chain(headers.iter().copied()) {
        message = message.add_header(Header::new(name, Text::String(StrBytes::from(text.to_owned()))));
    }
    let mut out = Vec::with_capacity(message.payload().len() + 256);
    write_message_to(&message, &mut out).expect("names and texts of ours are short enough for a frame");
    Bytes::from(out)
}

/// What a client finds in a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// The message before the events.
    Initial,
    /// One event: the union with one member set.
    Event(Val),
    /// The error that ends the stream.
    Failure(WireError),
}

/// Reads the messages of which all bytes have come, and leaves the rest in `input`.
///
/// Error: a frame or its payload is not what this service sends.
pub fn read(service: &Service, union: &'static Shape, input: &mut Bytes) -> Result<Vec<Received>, WireError> {
    let mut received = Vec::new();
    while let Some(length) = input.first_chunk().map(|length| u32::from_be_bytes(*length))
        && input.len() >= length as usize
    {
        let frame = input.split_to(length as usize);
        let message = read_message_from(frame).map_err(|why| unreadable(&why.to_string()))?;
        received.push(read_one(service, union, &message)?);
    }
    Ok(received)
}

fn read_one(service: &Service, union: &'static Shape, message: &Message) -> Result<Received, WireError> {
    let header = |name: &str| {
        let found = message.headers().iter().find(|header| header.name().as_str() == name)?;
        found.value().as_string().ok().map(|text| text.as_str().to_owned())
    };
    let kind = header(":message-type").unwrap_or_default();
    if kind == "error" {
        let code = header(":error-code").unwrap_or_default();
        return Ok(Received::Failure(WireError::client(&code, header(":error-message").unwrap_or_default())));
    }
    let name =
        header(if kind == "exception" { ":exception-type" } else { ":event-type" }).unwrap_or_default();
    if name == "initial-response" {
        return Ok(Received::Initial);
    }
    let place = union.members().iter().position(|member| member.wire == name);
    let index = place.ok_or_else(|| unreadable(&format!("an event `{name}`")))?;
    let shape = union.members()[index].shape;
    let read = match service.protocol {
        Protocol::AwsCbor11 => cbor::read(shape, message.payload(), Epoch::Millis, Side::Client),
        Protocol::RpcV2Cbor => cbor::read(shape, message.payload(), Epoch::Seconds, Side::Client),
        _ => json::read(shape, message.payload(), Side::Client),
    };
    let val = read.map_err(|why| unreadable(&format!("{name}: {why:?}")))?;
    if kind == "exception" {
        let text = val.into_members().into_iter().find_map(|(_, val)| match val {
            Val::Str(text) => Some(text),
            _ => None,
        });
        return Ok(Received::Failure(WireError::client(&name, text.unwrap_or_default())));
    }
    let index = u16::try_from(index).expect("a union has fewer than 65,536 members");
    Ok(Received::Event(Val::Struct(vec![(index, val)])))
}

fn unreadable(why: &str) -> WireError {
    WireError::server("UnreadableResponse", format!("a message of the stream is not of its shape: {why}"))
}
