//! The query protocol: form parameters in (`Tags.member.1.Key=a`), XML out.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Uri};

use super::params::{self, Params};
use super::xml::{self, Element};
use super::{Answer, Refusal, Side, mismatch, put, scalar};
use crate::error::WireError;
use crate::schema::{Kind, Member, Operation, Service, Shape, TimeFormat};
use crate::val::Val;

/// Dots in a parameter's name, at most: deeper than any shape, so what lies deeper is unknown and ignored.
const NAME_DEPTH_MAX: usize = 32;

/// Reads a request's parameters.
pub(super) fn read_request(
    operation: &Operation,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Val, Refusal> {
    let root = Node::of(params::of_request(uri, body));
    let mut val = read(operation.input, operation.input.name, &root, Side::Server)?;
    if let (Val::Struct(found), Some(url)) = (&mut val, addressed(uri, headers)) {
        let place = operation.input.members().iter().position(|member| member.name == ADDRESS_MEMBER);
        if let Some(index) = place.filter(|at| !found.iter().any(|(index, _)| usize::from(*index) == *at)) {
            put(found, index, Val::Str(url));
        }
    }
    Ok(val)
}

/// The member that says to which queue a request goes, where the request is not posted to the queue's own URL.
const ADDRESS_MEMBER: &str = "QueueUrl";

/// The URL that a request was sent to, if it names more than the server.
fn addressed(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let path = uri.path();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()))?;
    if path.len() > 1 { Some(format!("http://{host}{path}")) } else { None }
}

/// Parameters by the parts of their names.
#[derive(Debug, Default)]
struct Node {
    value: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn of(params: Params<'_>) -> Self {
        let mut root = Self::default();
        for (name, value) in params.pairs() {
            if name.bytes().filter(|byte| *byte == b'.').count() > NAME_DEPTH_MAX {
                continue;
            }
            let mut node = &mut root;
            for part in name.split('.') {
                node = node.children.entry(part.to_owned()).or_default();
            }
            node.value = Some(value.into_owned());
        }
        root
    }

    /// The children whose names are numbers, in their order. Gaps do not count.
    fn numbered(&self) -> Vec<&Node> {
        let number = |(name, node)| Some((str::parse::<u32>(name).ok()?, node));
        let mut found: Vec<(u32, &Node)> =
            self.children.iter().map(|(name, node)| (name.as_str(), node)).filter_map(number).collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, node)| node).collect()
    }
}

fn read(shape: &'static Shape, name: &'static str, node: &Node, side: Side) -> Result<Val, Refusal> {
    match shape.kind {
        Kind::Structure(members) => structure(members, node, side),
        Kind::List { member_name, .. } => {
            let empty = Node::default();
            list(shape, name, node.children.get(member_name).unwrap_or(&empty), side)
        }
        Kind::Map { .. } => {
            let empty = Node::default();
            map(shape, name, node.children.get("entry").unwrap_or(&empty), side)
        }
        Kind::Unbuilt => Err(Refusal::Unbuilt(name)),
        Kind::Document => Err(Refusal::Malformed),
        _ => match &node.value {
            None if node.children.is_empty() => Ok(Val::Null),
            // Recorded: the sentence, from CloudFormation (amazonka issue 12, 2014). Assumed: for what it stands.
            None => Err(Refusal::Mistyped("Top level element may not be treated as a list".to_owned())),
            Some(text) => match scalar::parse(shape, text, TimeFormat::Iso8601) {
                Some(val) => Ok(val),
                None => Err(Refusal::Mistyped(format!("{text} is not a valid value for {name}"))),
            },
        },
    }
}

fn structure(members: &'static [Member], node: &Node, side: Side) -> Result<Val, Refusal> {
    let mut found = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let Some(child) = node.children.get(xml::name(member)) else { continue };
        let val = match member.shape.kind {
            Kind::List { .. } if xml::is_flat(member) => list(member.shape, member.name, child, side)?,
            Kind::Map { .. } if xml::is_flat(member) => map(member.shape, member.name, child, side)?,
            _ => read(member.shape, member.name, child, side)?,
        };
        if !matches!(val, Val::Null) {
            put(&mut found, index, val);
        }
    }
    Ok(Val::Struct(found))
}

fn list(shape: &'static Shape, name: &'static str, node: &Node, side: Side) -> Result<Val, Refusal> {
    let Kind::List { member, .. } = shape.kind else { return Err(Refusal::Malformed) };
    let entries = node.numbered().into_iter().map(|entry| read(member, name, entry, side));
    entries.collect::<Result<_, _>>().map(Val::List)
}

fn map(shape: &'static Shape, name: &'static str, node: &Node, side: Side) -> Result<Val, Refusal> {
    let Kind::Map { value, key_name, value_name, .. } = shape.kind else { return Err(Refusal::Malformed) };
    let entry = |entry: &Node| {
        let key = entry.children.get(key_name).and_then(|key| key.value.clone()).ok_or(Refusal::Malformed)?;
        let val = entry.children.get(value_name).map_or(Ok(Val::Null), |node| read(value, name, node, side));
        Ok((key, val?))
    };
    node.numbered().into_iter().map(entry).collect::<Result<_, _>>().map(Val::Map)
}

/// Writes a request's parameters.
pub(super) fn write_request(service: &Service, operation: &Operation, input: &Val) -> String {
    let mut out = format!("Action={}&Version={}", operation.name, service.api_version);
    write(&mut out, &mut String::new(), operation.input, input);
    out
}

fn write(out: &mut String, path: &mut String, shape: &Shape, val: &Val) {
    match (&shape.kind, val) {
        (_, Val::Null) => {}
        (_, Val::Kept(kept)) => write(out, path, shape, &kept.open()),
        (Kind::Structure(members), Val::Struct(found)) => {
            for (index, val) in found {
                let member = &members[usize::from(*index)];
                let flat = xml::is_flat(member);
                below(path, xml::name(member), |path| match (&member.shape.kind, val) {
                    (Kind::List { member, .. }, Val::List(entries)) if flat => {
                        write_list(out, path, member, entries)
                    }
                    (Kind::Map { .. }, Val::Map(entries)) if flat => {
                        write_map(out, path, member.shape, entries)
                    }
                    _ => write(out, path, member.shape, val),
                });
            }
        }
        (Kind::List { .. }, Val::List(entries)) if entries.is_empty() => pair(out, path, ""),
        (Kind::List { member, member_name, .. }, Val::List(entries)) => {
            below(path, member_name, |path| write_list(out, path, member, entries));
        }
        (Kind::Map { .. }, Val::Map(entries)) => {
            below(path, "entry", |path| write_map(out, path, shape, entries));
        }
        _ => pair(out, path, &scalar::print(shape, val, TimeFormat::Iso8601)),
    }
}

fn write_list(out: &mut String, path: &mut String, member: &Shape, entries: &[Val]) {
    for (at, entry) in entries.iter().enumerate() {
        below(path, itoa::Buffer::new().format(at + 1), |path| write(out, path, member, entry));
    }
}

fn write_map(out: &mut String, path: &mut String, shape: &Shape, entries: &[(String, Val)]) {
    let Kind::Map { value, key_name, value_name, .. } = shape.kind else { mismatch(shape, &Val::Null) };
    for (at, (key, val)) in entries.iter().enumerate() {
        below(path, itoa::Buffer::new().format(at + 1), |path| {
            below(path, key_name, |path| pair(out, path, key));
            below(path, value_name, |path| write(out, path, value, val));
        });
    }
}

/// Lengthens the path while `inner` runs.
fn below(path: &mut String, part: &str, inner: impl FnOnce(&mut String)) {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(part);
    inner(path);
    path.truncate(length);
}

fn pair(out: &mut String, path: &str, text: &str) {
    out.push('&');
    params::push_encoded(out, path);
    out.push('=');
    params::push_encoded(out, text);
}

/// Writes an answer: `<GetRoleResponse><GetRoleResult>..</GetRoleResult><ResponseMetadata>..`.
pub(super) fn write_response(
    service: &Service,
    operation: &Operation,
    output: &Val,
    request_id: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    root(&mut out, &format!("{}Response", operation.name), service, |out| {
        match operation.result_wrapper {
            Some(wrapper) => xml::within(out, wrapper, |out| xml::write(out, operation.output, output)),
            None => xml::write(out, operation.output, output),
        }
        xml::within(out, "ResponseMetadata", |out| {
            xml::within(out, "RequestId", |out| xml::push_text(out, request_id));
        });
    });
    out
}

/// Writes an error: `<ErrorResponse><Error><Type>Sender</Type><Code>..`.
pub(super) fn write_error(service: &Service, error: &WireError, code: &str, request_id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let fault = if error.sender { "Sender" } else { "Receiver" };
    root(&mut out, "ErrorResponse", service, |out| {
        xml::within(out, "Error", |out| {
            xml::within(out, "Type", |out| xml::push_text(out, fault));
            xml::within(out, "Code", |out| xml::push_text(out, code));
            if !error.message.is_empty() {
                xml::within(out, "Message", |out| xml::push_text(out, &error.message));
            }
        });
        xml::within(out, "RequestId", |out| xml::push_text(out, request_id));
    });
    out
}

fn root(out: &mut Vec<u8>, name: &str, service: &Service, inner: impl FnOnce(&mut Vec<u8>)) {
    out.extend(format!("<{name} xmlns=\"{}\">", service.xml_namespace).into_bytes());
    inner(out);
    out.extend(format!("</{name}>\n").into_bytes());
}

/// Reads an answer.
pub(super) fn read_response(operation: &Operation, answer: &Answer) -> Option<Val> {
    let root = xml::read(&answer.body)?;
    match operation.result_wrapper {
        Some(wrapper) => match root.child(wrapper) {
            Some(result) => xml::value(operation.output, result),
            None => xml::value(operation.output, &Element::default()),
        },
        None => xml::value(operation.output, &root),
    }
}

/// Reads an error: code, message, whether the sender is at fault.
pub(super) fn read_error(answer: &Answer) -> Option<(String, String)> {
    let root = xml::read(&answer.body)?;
    let error = if root.name == "Error" { &root } else { root.child("Error")? };
    let text = |name| error.child(name).map(|child| child.text.clone());
    Some((text("Code")?, text("Message").unwrap_or_default()))
}
