//! XML documents: answers of the query protocol, written by the shape and read back into it.
//!
//! Reading makes a small tree first: answers are read by our own client only. DTDs are refused, depth is bounded.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};

use super::{mismatch, put, scalar};
use crate::schema::{Kind, Member, Place, Shape, TimeFormat};
use crate::val::Val;

/// Elements within elements, at most.
const XML_DEPTH_MAX: usize = 100;

/// An element: its name without prefix, what stands in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    fn to_json(&self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.clone());
        }
        let mut members = Map::new();
        for child in &self.children {
            let value = child.to_json();
            match members.get_mut(&child.name) {
                None => drop(members.insert(child.name.clone(), value)),
                Some(Value::Array(entries)) => entries.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(members)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// The root of a document, or nothing if this is not one.
pub(super) fn read(body: &[u8]) -> Option<Element> {
    let mut reader = Reader::from_reader(body);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(tag) => {
                if open.len() > XML_DEPTH_MAX {
                    return None;
                }
                let name = String::from_utf8(tag.local_name().as_ref().to_vec()).ok()?;
                open.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.children.push(done);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::GeneralRef(name) => {
                let text = &mut open.last_mut()?.text;
                match name.resolve_char_ref().ok()? {
                    Some(c) => text.push(c),
                    None => text.push_str(resolve_predefined_entity(&name.decode().ok()?)?),
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let [mut document] = <[Element; 1]>::try_from(open).ok()?;
    if document.children.len() == 1 { document.children.pop() } else { None }
}

/// A document of XML as JSON, without shapes: an element with children is an object, one without its text; children of one name
/// are a list if there are several. Attributes and prefixes are left out. `None` if this is no document of XML.
pub fn xml_to_json(body: &[u8]) -> Option<Value> {
    let root = read(body)?;
    Some(json!({ root.name.clone(): root.to_json() }))
}

/// The value of this shape in an element. `None` if the element's text is not of the shape.
pub(super) fn value(shape: &Shape, element: &Element) -> Option<Val> {
    match shape.kind {
        Kind::Structure(members) => structure(members, element),
        Kind::List { member, member_name, .. } => {
            element.all(member_name).map(|entry| value(member, entry)).collect::<Option<_>>().map(Val::List)
        }
        Kind::Map { .. } => entries(shape, element.all("entry")),
        Kind::Document | Kind::Unbuilt => Some(Val::Null),
        _ => scalar::parse(shape, &element.text, TimeFormat::Iso8601),
    }
}

fn structure(members: &[Member], element: &Element) -> Option<Val> {
    let mut found = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let name = name(member);
        let val = match (&member.shape.kind, element.child(name)) {
            (_, None) => continue,
            (Kind::List { member: entry, .. }, Some(_)) if is_flat(member) => {
                let list: Option<_> = element.all(name).map(|child| value(entry, child)).collect();
                Val::List(list?)
            }
            (Kind::Map { .. }, Some(_)) if is_flat(member) => entries(member.shape, element.all(name))?,
            (_, Some(child)) => value(member.shape, child)?,
        };
        if !matches!(val, Val::Null) {
            put(&mut found, index, val);
        }
    }
    Some(Val::Struct(found))
}

fn entries<'e>(shape: &Shape, elements: impl Iterator<Item = &'e Element>) -> Option<Val> {
    let Kind::Map { value: of, key_name, value_name, .. } = shape.kind else { return None };
    let entry = |element: &Element| {
        let val = element.child(value_name).map_or(Some(Val::Null), |child| value(of, child));
        Some((element.child(key_name)?.text.clone(), val?))
    };
    elements.map(entry).collect::<Option<_>>().map(Val::Map)
}

/// Whether the entries of this member stand without an element around them.
pub(super) fn is_flat(member: &Member) -> bool {
    let of_shape =
        matches!(member.shape.kind, Kind::List { flattened: true, .. } | Kind::Map { flattened: true, .. });
    member.flattened || of_shape
}

/// The element or parameter of this member. A flattened list goes by its entries' name, if they have one.
pub(super) fn name(member: &Member) -> &'static str {
    match member.shape.kind {
        Kind::List { member_name, .. } if is_flat(member) && member_name != "member" => member_name,
        _ => member.wire,
    }
}

/// Writes the value as the content of an element that is already open.
pub(super) fn write(out: &mut Vec<u8>, shape: &Shape, val: &Val) {
    match (&shape.kind, val) {
        (_, Val::Null) => {}
        (_, Val::Kept(kept)) => write(out, shape, &kept.open()),
        (Kind::Structure(members), Val::Struct(found)) => {
            for (index, val) in found {
                let member = &members[usize::from(*index)];
                if member.place == Place::Body && !matches!(val, Val::Null) {
                    write_member(out, member, val);
                }
            }
        }
        (Kind::List { member, member_name, .. }, Val::List(entries)) => {
            for entry in entries {
                within(out, member_name, |out| write(out, member, entry));
            }
        }
        (Kind::Map { .. }, Val::Map(entries)) => {
            for (key, entry) in entries {
                within(out, "entry", |out| write_entry(out, shape, key, entry));
            }
        }
        _ => push_text(out, &scalar::print(shape, val, TimeFormat::Iso8601)),
    }
}

fn write_member(out: &mut Vec<u8>, member: &Member, val: &Val) {
    let name = name(member);
    match (&member.shape.kind, val) {
        (Kind::List { member: entry, .. }, Val::List(entries)) if is_flat(member) => {
            for val in entries {
                within(out, name, |out| write(out, entry, val));
            }
        }
        (Kind::Map { .. }, Val::Map(entries)) if is_flat(member) => {
            for (key, val) in entries {
                within(out, name, |out| write_entry(out, member.shape, key, val));
            }
        }
        _ => within(out, name, |out| write(out, member.shape, val)),
    }
}

fn write_entry(out: &mut Vec<u8>, shape: &Shape, key: &str, val: &Val) {
    let Kind::Map { value, key_name, value_name, .. } = shape.kind else { mismatch(shape, val) };
    within(out, key_name, |out| push_text(out, key));
    within(out, value_name, |out| write(out, value, val));
}

/// Writes an element around what `inner` writes.
pub(super) fn within(out: &mut Vec<u8>, name: &str, inner: impl FnOnce(&mut Vec<u8>)) {
    push_tag(out, "<", name);
    inner(out);
    push_tag(out, "</", name);
}

fn push_tag(out: &mut Vec<u8>, open: &str, name: &str) {
    out.extend(open.as_bytes());
    out.extend(name.as_bytes());
    out.push(b'>');
}

/// Appends text, escaped. What XML 1.0 has no way to say becomes U+FFFD.
pub(super) fn push_text(out: &mut Vec<u8>, text: &str) {
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let escaped = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\r' => "&#xD;",
            '\t' | '\n' => continue,
            '\0'..' ' | '\u{FFFE}' | '\u{FFFF}' => "\u{FFFD}",
            _ => continue,
        };
        out.extend(&text.as_bytes()[plain..at]);
        out.extend(escaped.as_bytes());
        plain = at + c.len_utf8();
    }
    out.extend(&text.as_bytes()[plain..]);
}
