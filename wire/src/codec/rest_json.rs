//! restJson: members in the path, the query string, headers, the status, and what remains in a JSON body.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Uri};

use super::params::{self, Params};
use super::{Answer, Refusal, Side, json, mismatch, put, scalar};
use crate::route::Route;
use crate::schema::{Kind, Member, Operation, Place, Shape, TimeFormat};
use crate::val::Val;

/// Reads a request from all its places.
pub(super) fn read_request(
    route: &Route,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Val, Refusal> {
    let shape = route.operation.input;
    let query = params::parse(uri.query().unwrap_or_default().as_bytes());
    let mut found = read_document(shape, body, Side::Server)?;
    for (index, member) in shape.members().iter().enumerate() {
        let val = match member.place {
            Place::Uri => match route.labels.iter().find(|(name, _)| *name == member.wire) {
                Some((_, text)) => read_scalar(member, member.shape, text, TimeFormat::Iso8601)?,
                None => Val::Null,
            },
            Place::Query => read_query(member, &query)?,
            _ => read_carried(member, headers, body, Side::Server)?,
        };
        if !matches!(val, Val::Null) {
            put(&mut found, index, val);
        }
    }
    Ok(Val::Struct(found))
}

/// Reads an answer from all its places.
pub(super) fn read_response(operation: &Operation, answer: &Answer) -> Result<Val, Refusal> {
    let shape = operation.output;
    let mut found = read_document(shape, &answer.body, Side::Client)?;
    for (index, member) in shape.members().iter().enumerate() {
        let val = match member.place {
            Place::Status => Val::Int(answer.status.as_u16().into()),
            _ => read_carried(member, &answer.headers, &answer.body, Side::Client)?,
        };
        if !matches!(val, Val::Null) {
            put(&mut found, index, val);
        }
    }
    Ok(Val::Struct(found))
}

/// The members that travel in the body's document.
fn read_document(shape: &'static Shape, body: &Bytes, side: Side) -> Result<Vec<(u16, Val)>, Refusal> {
    let has_document = shape.members().iter().any(|member| member.place == Place::Body);
    if !has_document || body.is_empty() {
        return Ok(Vec::new());
    }
    match json::read(shape, body, side)? {
        Val::Struct(found) => Ok(found),
        _ => Err(Refusal::Malformed),
    }
}

/// A member in a header or in the whole body.
fn read_carried(
    member: &'static Member,
    headers: &HeaderMap,
    body: &Bytes,
    side: Side,
) -> Result<Val, Refusal> {
    match (member.place, &member.shape.kind) {
        (Place::Header, Kind::List { member: entry, .. }) => {
            let texts = headers.get_all(member.wire).iter().map(text_of);
            let parts: Vec<String> = texts.collect::<Result<_, _>>()?;
            if parts.is_empty() {
                return Ok(Val::Null);
            }
            let entries = parts.iter().flat_map(|part| part.split(',')).map(str::trim);
            let entries = entries.map(|part| read_scalar(member, entry, part, TimeFormat::Rfc822));
            entries.collect::<Result<_, _>>().map(Val::List)
        }
        (Place::Header, _) => match headers.get(member.wire) {
            Some(value) => read_scalar(member, member.shape, &text_of(value)?, TimeFormat::Rfc822),
            None => Ok(Val::Null),
        },
        (Place::Headers, Kind::Map { .. }) => {
            let prefix = member.wire.to_ascii_lowercase();
            let mut entries = Vec::new();
            for (name, value) in headers {
                if let Some(key) = name.as_str().strip_prefix(&prefix) {
                    entries.push((key.to_owned(), Val::Str(text_of(value)?)));
                }
            }
            Ok(if entries.is_empty() { Val::Null } else { Val::Map(entries) })
        }
        (Place::Payload, _) if body.is_empty() => Ok(Val::Null),
        (Place::Payload, Kind::Blob { .. }) => Ok(Val::Blob(body.clone())),
        (Place::Payload, Kind::String { .. }) => match std::str::from_utf8(body) {
            Ok(text) => Ok(Val::Str(text.to_owned())),
            Err(_) => Err(Refusal::Malformed),
        },
        (Place::Payload, _) => json::read(member.shape, body, side),
        _ => Ok(Val::Null),
    }
}

fn text_of(value: &HeaderValue) -> Result<String, Refusal> {
    std::str::from_utf8(value.as_bytes()).map(str::to_owned).map_err(|_| Refusal::Malformed)
}

fn read_scalar(member: &Member, shape: &Shape, text: &str, time: TimeFormat) -> Result<Val, Refusal> {
    let refuse = || Refusal::Mistyped(format!("'{text}' can not be converted to {}", member.name));
    scalar::parse(shape, text, time).ok_or_else(refuse)
}

fn read_query(member: &Member, query: &Params<'_>) -> Result<Val, Refusal> {
    let read = |shape, text| read_scalar(member, shape, text, TimeFormat::Iso8601);
    match member.shape.kind {
        Kind::List { member: entry, .. } => {
            let entries: Vec<Val> =
                query.all(member.wire).map(|text| read(entry, text)).collect::<Result<_, _>>()?;
            Ok(if entries.is_empty() { Val::Null } else { Val::List(entries) })
        }
        _ => query.get(member.wire).map_or(Ok(Val::Null), |text| read(member.shape, text)),
    }
}

/// A message but for its path: what goes into headers, and the body.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) content_type: Option<&'static str>,
}

/// Writes headers and body of a request or an answer.
pub(super) fn write_parts(shape: &Shape, val: Val) -> Parts {
    let members = shape.members();
    let mut parts = Parts::default();
    if members.iter().any(|member| member.place == Place::Body) {
        let mut out = Vec::with_capacity(json::weight(&val));
        json::write(&mut out, shape, &val);
        parts.body = Bytes::from(out);
        parts.content_type = Some("application/json");
    }
    for (index, val) in val.into_members() {
        let member = &members[usize::from(index)];
        match member.place {
            Place::Header | Place::Headers => write_header(&mut parts.headers, member, &val),
            Place::Payload => write_payload(&mut parts, member, val),
            Place::Body | Place::Query | Place::Uri | Place::Status => {}
        }
    }
    parts
}

fn write_payload(parts: &mut Parts, member: &Member, val: Val) {
    match val {
        Val::Null => {}
        Val::Blob(bytes) => {
            parts.body = bytes;
            parts.content_type = Some("application/octet-stream");
        }
        Val::Str(text) => {
            parts.body = Bytes::from(text);
            parts.content_type = Some("text/plain");
        }
        val => {
            let mut out = Vec::with_capacity(json::weight(&val));
            json::write(&mut out, member.shape, &val);
            parts.body = Bytes::from(out);
            parts.content_type = Some("application/json");
        }
    }
}

fn write_header(headers: &mut HeaderMap, member: &Member, val: &Val) {
    let print = |shape, val| scalar::print(shape, val, TimeFormat::Rfc822).into_owned();
    match (&member.shape.kind, val) {
        (_, Val::Null) => {}
        (Kind::List { member: entry, .. }, Val::List(entries)) => {
            let texts: Vec<String> = entries.iter().map(|val| print(entry, val)).collect();
            headers.insert(header_name(member.wire), header_value(&texts.join(", ")));
        }
        (Kind::Map { value, .. }, Val::Map(entries)) => {
            for (key, val) in entries {
                headers
                    .insert(header_name(&format!("{}{key}", member.wire)), header_value(&print(value, val)));
            }
        }
        _ => {
            headers.insert(header_name(member.wire), header_value(&print(member.shape, val)));
        }
    }
}

/// A map's key that is no header's name has no way to travel; it goes as one that readers will find odd.
fn header_name(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).unwrap_or(HeaderName::from_static("x-amz-unnamed"))
}

/// Control characters cannot stand in a header: each becomes a blank.
pub(super) fn header_value(text: &str) -> HeaderValue {
    let bytes: Vec<u8> =
        text.bytes().map(|byte| if byte < b' ' || byte == 0x7F { b' ' } else { byte }).collect();
    HeaderValue::from_bytes(&bytes).unwrap_or(HeaderValue::from_static(""))
}

/// The path and query of a request.
pub(super) fn write_path(operation: &Operation, input: &Val) -> String {
    let members = operation.input.members();
    let (path, literal) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
    let mut out = String::with_capacity(path.len() + 64);
    let mut rest = path;
    while let Some((before, label)) = rest.split_once('{') {
        let (label, after) = label.split_once('}').unwrap_or((label, ""));
        out.push_str(before);
        let name = label.trim_end_matches('+');
        let text = member_text(members, name, input);
        if label.ends_with('+') {
            params::push_path(&mut out, &text);
        } else {
            params::push_encoded(&mut out, &text);
        }
        rest = after;
    }
    out.push_str(rest);
    let mut separator = '?';
    for part in literal.split('&').filter(|part| !part.is_empty()) {
        out.push(separator);
        out.push_str(part);
        separator = '&';
    }
    for (name, text) in query_pairs(members, input) {
        out.push(separator);
        params::push_encoded(&mut out, name);
        out.push('=');
        params::push_encoded(&mut out, &text);
        separator = '&';
    }
    out
}

fn member_text(members: &[Member], label: &str, input: &Val) -> String {
    let at = members.iter().position(|member| member.place == Place::Uri && member.wire == label);
    let index = at.and_then(|at| u16::try_from(at).ok());
    match index.and_then(|index| input.member(index).map(|val| (index, val))) {
        Some((index, val)) => {
            scalar::print(members[usize::from(index)].shape, val, TimeFormat::Iso8601).into_owned()
        }
        None => String::new(),
    }
}

fn query_pairs(members: &'static [Member], input: &Val) -> Vec<(&'static str, String)> {
    let Val::Struct(found) = input else { return Vec::new() };
    let mut pairs = Vec::new();
    for (index, val) in found {
        let member = &members[usize::from(*index)];
        let print = |shape, val| scalar::print(shape, val, TimeFormat::Iso8601).into_owned();
        match (member.place, &member.shape.kind, val) {
            (Place::Query, _, Val::Null) => {}
            (Place::Query, Kind::List { member: entry, .. }, Val::List(entries)) => {
                pairs.extend(entries.iter().map(|val| (member.wire, print(entry, val))));
            }
            (Place::Query, Kind::Structure(_) | Kind::Map { .. }, val) => mismatch(member.shape, val),
            (Place::Query, _, val) => pairs.push((member.wire, print(member.shape, val))),
            _ => {}
        }
    }
    pairs
}
