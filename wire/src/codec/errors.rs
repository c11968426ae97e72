//! Errors on the wire: how each protocol spells them, and what it calls a request that it cannot read.

use std::borrow::Cow;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::{Answer, Refusal, cbor, json, query, rest_json};
use crate::SERVICES;
use crate::error::WireError;
use crate::route::{Route, RouteError};
use crate::schema::{Protocol, Service};

/// The error for a request that is not of its operation's shape.
///
/// Recorded: `SerializationException`, without a sentence when the body is no JSON (kinesalite's tests); Lambda's
/// `InvalidRequestContentException` (LocalStack's `test_lambda.snapshot.json`, whose sentence goes on with Jackson's
/// own words); `MalformedInput`, with and without a sentence (knife-cfn issue 13, amazonka issue 12).
pub(super) fn refused(route: &Route, refusal: Refusal) -> WireError {
    let message = match refusal {
        Refusal::Unbuilt(member) => {
            let (service, operation) = (route.service.name, route.operation.name);
            return WireError::not_implemented(&format!("{service} {operation} with {member}"));
        }
        Refusal::Malformed => None,
        Refusal::Mistyped(message) => Some(message),
    };
    match route.service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::AwsCbor11 | Protocol::RpcV2Cbor => {
            WireError::client("SerializationException", message.unwrap_or_default())
        }
        Protocol::RestJson if message.is_none() => {
            WireError::client("InvalidRequestContentException", "Could not parse request body into json.")
        }
        Protocol::RestJson => WireError::client("SerializationException", message.unwrap_or_default()),
        Protocol::Query => WireError::client("MalformedInput", message.unwrap_or_default()),
    }
}

/// What AWS calls an error in JSON and in the query protocol, with its status.
struct Spelling<'e> {
    name: &'e str,
    code: &'e str,
    status: u16,
    is_modelled: bool,
}

/// Errors that no model has: the name in JSON, the code in the query protocol, of services that speak both.
///
/// Recorded: the first, from SQS (LocalStack's `serializer.py`, read 2026-11-20). Documented: the third, in CloudWatch's model
/// (botocore 1.44.5). Assumed: the second's query code.
const COMMON: [(&str, &str); 3] = [
    ("InvalidParameterValueException", "InvalidParameterValue"),
    ("MissingRequiredParameterException", "MissingParameter"),
    ("ValidationException", "ValidationError"),
];

impl<'e> Spelling<'e> {
    /// The model's status for the code counts before the error's own.
    fn of(service: &Service, error: &'e WireError) -> Self {
        if let Some(shape) = service.error(&error.code) {
            let status = if shape.status == 0 { error.status } else { shape.status };
            return Self { name: shape.name, code: shape.code, status, is_modelled: true };
        }
        let is_either = |(name, code): &&(&str, &str)| error.code == *name || error.code == *code;
        let both = if speaks_both(service) { COMMON.iter().find(is_either) } else { None };
        let (name, code) = both.copied().unwrap_or((&error.code, &error.code));
        Self { name, code, status: error.status, is_modelled: false }
    }
}

fn speaks_both(service: &Service) -> bool {
    SERVICES.iter().any(|first| first.name == service.name && first.is_query_compatible())
}

/// Writes an error as the service's protocol does.
pub fn encode_error(service: &Service, error: &WireError, request_id: &str) -> Response<Bytes> {
    let Spelling { name, code, status, is_modelled } = Spelling::of(service, error);
    let mut response = match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::AwsCbor11 | Protocol::RpcV2Cbor => {
            let body = document(service, error, &[("__type", &type_name(service, name, is_modelled))]);
            super::respond(status, super::content_type(service.protocol), body)
        }
        Protocol::RestJson => {
            // Recorded: `Type` stands in modelled exceptions (LocalStack's Lambda snapshots). Assumed: only there.
            let fault = [("Type", if error.sender { "User" } else { "Service" })];
            let body = document(service, error, if is_modelled { &fault } else { &[] });
            let mut response = super::respond(status, "application/json", body);
            response.headers_mut().insert("x-amzn-errortype", rest_json::header_value(name));
            response
        }
        Protocol::Query => {
            super::respond(status, "text/xml", query::write_error(service, error, code, request_id).into())
        }
    };
    if service.protocol != Protocol::Query && speaks_both(service) {
        let fault = if error.sender { "Sender" } else { "Receiver" };
        let told = rest_json::header_value(&format!("{code};{fault}"));
        response.headers_mut().insert("x-amzn-query-error", told);
    }
    if service.protocol == Protocol::RpcV2Cbor {
        response.headers_mut().insert(super::SMITHY_PROTOCOL, super::RPC_V2_CBOR);
    }
    response.headers_mut().insert("x-amzn-requestid", rest_json::header_value(request_id));
    response
}

/// What stands in `__type`.
///
/// Recorded: from SQS, `com.amazonaws.sqs#QueueDoesNotExist` (elasticmq pull 905, 2023-11-15), and
/// `com.amazon.coral.service#InvalidParameterValueException` for what its model does not have (LocalStack's `serializer.py`,
/// read 2026-11-20); no namespace from other services (athena-local, kinesalite).
fn type_name<'n>(service: &Service, name: &'n str, is_modelled: bool) -> Cow<'n, str> {
    match is_modelled {
        _ if !speaks_both(service) => Cow::Borrowed(name),
        true => Cow::Owned(format!("com.amazonaws.{}#{name}", service.name)),
        false => Cow::Owned(format!("com.amazon.coral.service#{name}")),
    }
}

/// `{"__type":"InvalidRequestException","AthenaErrorCode":"INVALID_INPUT",..,"Message":".."}`: `head`, further members,
/// the sentence. Recorded: this order, and no header `x-amzn-errortype` in awsJson (athena-local, 2026-09-17).
fn document(service: &Service, error: &WireError, head: &[(&str, &str)]) -> Bytes {
    let sentence = Some((message_member(service, &error.code), error.message.as_str()));
    let sentence = sentence.filter(|(_, text)| !text.is_empty());
    if error.fields.iter().all(|(_, field)| field.is_string()) || is_cbor(service.protocol) {
        let further = error.fields.iter().filter_map(|(name, field)| Some((*name, field.as_str()?)));
        return texts(
            service.protocol,
            &head.iter().copied().chain(further).chain(sentence).collect::<Vec<_>>(),
        );
    }
    let mut out = Vec::with_capacity(1024);
    let name = |out: &mut Vec<u8>, name: &str| {
        out.push(if out.is_empty() { b'{' } else { b',' });
        json::write_text(out, name);
        out.push(b':');
    };
    for (member, text) in head {
        name(&mut out, member);
        json::write_text(&mut out, text);
    }
    for (member, field) in &error.fields {
        name(&mut out, member);
        out.extend_from_slice(field.to_string().as_bytes());
    }
    if let Some((member, text)) = sentence {
        name(&mut out, member);
        json::write_text(&mut out, text);
    }
    out.push(b'}');
    Bytes::from(out)
}

const fn is_cbor(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::AwsCbor11 | Protocol::RpcV2Cbor)
}

/// One object of texts.
pub(super) fn texts(protocol: Protocol, texts: &[(&str, &str)]) -> Bytes {
    let mut out = Vec::with_capacity(256);
    if is_cbor(protocol) {
        cbor::write_texts(&mut out, texts);
        return Bytes::from(out);
    }
    for (name, text) in texts {
        out.push(if out.is_empty() { b'{' } else { b',' });
        json::write_text(&mut out, name);
        out.push(b':');
        json::write_text(&mut out, text);
    }
    out.extend(if out.is_empty() { &b"{}"[..] } else { b"}" });
    Bytes::from(out)
}

/// The name of the member that carries the sentence: as the model says, and `message` where it does not.
///
/// Recorded: `Message` for `SerializationException` (kinesalite's tests, which run against AWS).
pub(super) fn message_member(service: &Service, code: &str) -> &'static str {
    match service.error(code) {
        Some(shape) if !shape.message.is_empty() => shape.message,
        None if code == "SerializationException" => "Message",
        _ => "message",
    }
}

/// Writes the answer to a request that has no operation here. `None` if it is S3's.
pub fn encode_route_error(error: &RouteError, request_id: &str) -> Option<Response<Bytes>> {
    let (service, wire) = match error {
        RouteError::NotOurs => return None,
        RouteError::NotImplemented { service, operation } => {
            (*service, WireError::not_implemented(&format!("{} {operation}", service.name)))
        }
        RouteError::UnknownOperation { service, name } => (*service, unknown_operation(service, name)),
        RouteError::UnknownService { service, operation, protocol } => {
            let anonymous = Service { protocol: *protocol, ..ANONYMOUS };
            let wire = WireError::not_implemented(&format!("{service} {operation}"));
            return Some(encode_error(&anonymous, &wire, request_id));
        }
    };
    Some(encode_error(service, &wire, request_id))
}

/// A service of which only the protocol is known.
const ANONYMOUS: Service = Service {
    name: "",
    signing_name: "",
    api_version: "",
    protocol: Protocol::AwsJson11,
    target_prefix: "",
    xml_namespace: "",
    operations: &[],
    unserved: &[],
    errors: &[],
    event_streams: &[],
    also: &[],
};

/// Recorded: JSON's without a sentence (kinesalite's tests; athena-local, 2026-09-23); query's sentence (aws-cli issue
/// 37, 2013, from SES).
/// Assumed: that restJson answers 404.
fn unknown_operation(service: &Service, name: &str) -> WireError {
    match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::AwsCbor11 | Protocol::RpcV2Cbor => {
            WireError::client("UnknownOperationException", "")
        }
        Protocol::RestJson => WireError::client_status(404, "UnknownOperationException", ""),
        Protocol::Query => {
            let message = format!("Could not find operation {name} for version {}", service.api_version);
            WireError::client("InvalidAction", message)
        }
    }
}

/// Reads the error of an answer that is none of success.
pub(super) fn read_error(service: &Service, answer: &Answer) -> WireError {
    let read = match service.protocol {
        Protocol::Query => query::read_error(answer),
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson => read_json_error(answer),
        Protocol::AwsCbor11 | Protocol::RpcV2Cbor => read_cbor_error(answer),
    };
    let status = answer.status.as_u16();
    match read {
        Some((code, message)) => {
            let sender = status < 500;
            WireError { code, message, status, sender, fields: Vec::new() }
        }
        None => unreadable(answer),
    }
}

/// The code stands in a header or in the body, perhaps as `namespace#Code` or `Code:http://..`.
fn read_json_error(answer: &Answer) -> Option<(String, String)> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let header = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = header.or_else(|| text("__type")).or_else(|| text("code"))?;
    let message = text("message").or_else(|| text("Message")).or_else(|| text("errorMessage"));
    Some((bare(code), message.unwrap_or_default().to_owned()))
}

fn read_cbor_error(answer: &Answer) -> Option<(String, String)> {
    let texts = cbor::read_texts(&answer.body)?;
    let text = |name: &str| texts.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
    let message = text("message").or_else(|| text("Message"));
    Some((bare(text("__type")?), message.unwrap_or_default().to_owned()))
}

/// A code without its namespace and what follows it.
fn bare(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

/// The error for an answer that is not of the protocol, such as a proxy's.
pub(super) fn unreadable(answer: &Answer) -> WireError {
    let start: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    let status = answer.status.as_u16();
    let message = format!("HTTP {status} with a body that is not of the protocol: {start}");
    WireError { status, ..WireError::server("UnreadableResponse", message) }
}
