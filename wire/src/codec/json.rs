//! JSON documents: awsJson bodies whole, and the body members of restJson.
//!
//! Reading goes from bytes straight into `Val` by the shape, writing straight into one buffer.
//! Unknown members are ignored and null is absent, in lists and maps too. Depth is bounded by `serde_json`: 128.
//! A number for an integer may exceed its type: the validator tells the range.
//! Recorded: all of these but depth (athena-local, as below). Assumed: for maps.

use std::cell::RefCell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Refusal, Side, mismatch, scalar};
use crate::schema::{Kind, Member, Place, Shape, TimeFormat};
use crate::val::{Document, Val};

/// Reads a document of this shape. Of a structure at the top, only members that travel in the body are read.
pub(super) fn read(shape: &'static Shape, body: &[u8], side: Side) -> Result<Val, Refusal> {
    let context = Context { side, refusal: RefCell::new(None) };
    let mut input = serde_json::Deserializer::from_slice(body);
    let seed = Seed { shape, name: shape.name, context: &context };
    let read = seed.deserialize(&mut input).and_then(|val| input.end().map(|()| val));
    read.map_err(|_| context.refusal.into_inner().unwrap_or(Refusal::Malformed))
}

/// What outlives `serde_json`'s own error: why a value that is JSON is refused nevertheless.
struct Context {
    side: Side,
    refusal: RefCell<Option<Refusal>>,
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    shape: &'static Shape,
    /// The member's name.
    name: &'static str,
    context: &'c Context,
}

impl Seed<'_> {
    fn refuse<E: Error>(self, refusal: Refusal) -> E {
        self.context.refusal.replace(Some(refusal));
        E::custom("refused")
    }

    /// Refuses a member that is not built, and otherwise says what the value should have been.
    fn mistyped<E: Error>(self, found: Token) -> Result<Val, E> {
        match (&self.shape.kind, self.context.side) {
            (Kind::Unbuilt, Side::Client) => Ok(Val::Null),
            (Kind::Unbuilt, Side::Server) => Err(self.refuse(Refusal::Unbuilt(self.name))),
            (kind, _) => Err(self.refuse(Refusal::Mistyped(wording(kind, found)))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Val, D::Error> {
        match self.shape.kind {
            Kind::Document => Ok(match Document::deserialize(input)? {
                Document::Null => Val::Null,
                document => Val::Doc(document),
            }),
            _ => input.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Val;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a value of `{}`", self.shape.name)
    }

    fn visit_unit<E: Error>(self) -> Result<Val, E> {
        Ok(Val::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Val, E> {
        match self.shape.kind {
            Kind::Boolean => Ok(Val::Bool(value)),
            _ => self.mistyped(if value { Token::True } else { Token::False }),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Val, E> {
        let val = match self.shape.kind {
            Kind::Integer { .. } | Kind::Long { .. } => Some(Val::Int(value)),
            Kind::Double { .. } => Some(Val::Float(value as f64)),
            Kind::Timestamp { .. } => scalar::time_from_whole_secs(value).map(Val::Time),
            _ => None,
        };
        val.map_or_else(|| self.mistyped(Token::Number), Ok)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Val, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => self.visit_f64(value as f64),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Val, E> {
        let val = match self.shape.kind {
            Kind::Double { .. } => Some(Val::Float(value)),
            Kind::Timestamp { .. } => scalar::time_from_secs(value).map(Val::Time),
            // A whole number may be written with a fraction of zero; 2^53 bounds what a double says exactly.
            Kind::Integer { .. } | Kind::Long { .. } if value.fract() == 0.0 && value.abs() < 9e15 => {
                return self.visit_i64(value as i64);
            }
            _ => None,
        };
        val.map_or_else(|| self.mistyped(Token::Number), Ok)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Val, E> {
        match self.shape.kind {
            Kind::String { .. } => Ok(Val::Str(text.to_owned())),
            Kind::Blob { .. } => match STANDARD.decode(text) {
                Ok(bytes) => Ok(Val::Blob(Bytes::from(bytes))),
                Err(_) => Err(self.refuse(Refusal::Mistyped(base64_wording(text)))),
            },
            Kind::Double { .. } if matches!(text, "NaN" | "Infinity" | "-Infinity") => {
                Ok(Val::Float(scalar::parse_double(text).unwrap_or(f64::NAN)))
            }
            Kind::Timestamp { format: Some(format @ (TimeFormat::Iso8601 | TimeFormat::Rfc822)) } => {
                scalar::parse(self.shape, text, format).map_or_else(|| self.mistyped(Token::String), Ok)
            }
            _ => self.mistyped(Token::String),
        }
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Val, E> {
        match self.shape.kind {
            Kind::String { .. } => Ok(Val::Str(text)),
            _ => self.visit_str(&text),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Val, A::Error> {
        let Kind::List { member, .. } = self.shape.kind else {
            while entries.next_element::<IgnoredAny>()?.is_some() {}
            return self.mistyped(Token::List);
        };
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(Seed { shape: member, ..self })? {
            if !matches!(entry, Val::Null) {
                list.push(entry);
            }
        }
        Ok(Val::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Val, A::Error> {
        match self.shape.kind {
            Kind::Structure(members) => self.structure(members, entries),
            Kind::Map { value, .. } => {
                let mut map = Vec::new();
                while let Some(key) = entries.next_key::<String>()? {
                    let entry = entries.next_value_seed(Seed { shape: value, ..self })?;
                    if !matches!(entry, Val::Null) {
                        map.push((key, entry));
                    }
                }
                Ok(Val::Map(map))
            }
            _ => {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                self.mistyped(Token::Map)
            }
        }
    }
}

impl<'c> Seed<'c> {
    fn structure<'de, A: MapAccess<'de>>(
        self,
        members: &'static [Member],
        mut entries: A,
    ) -> Result<Val, A::Error> {
        let mut found: Vec<(u16, Val)> = Vec::with_capacity(members.len().min(8));
        let mut expected = 0;
        while let Some(index) = entries.next_key_seed(Name { members, expected })? {
            let Some(index) = index else {
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            let member = &members[index];
            let val = entries.next_value_seed(Seed { shape: member.shape, name: member.name, ..self })?;
            expected = index + 1;
            if !matches!(val, Val::Null) {
                super::put(&mut found, index, val);
            }
        }
        Ok(Val::Struct(found))
    }
}

/// Which member a key names. Senders mostly keep the model's order, so the search begins after the last one.
struct Name {
    members: &'static [Member],
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Option<usize>, D::Error> {
        input.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a member's name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        let count = self.members.len();
        let order = (self.expected..count).chain(0..self.expected.min(count));
        let named = |at: &usize| self.members[*at].wire == key && self.members[*at].place == Place::Body;
        Ok(order.into_iter().find(named))
    }
}

/// A value as JSON calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    True,
    False,
    Number,
    String,
    List,
    Map,
}

/// AWS's words for a value of the wrong type.
///
/// Recorded: from Athena, github.com/aoyagikouhei/athena-local `docs/dev/measurements/errors.md`, 2026-09-23. Kinesis
/// and API Gateway say `class java.lang.String can not be converted to an Integer` (kinesalite's tests; LocalStack's
/// `test_apigateway_api.snapshot.json`, 2025-06-18). Assumed: Athena's words for the rest, and those for types that
/// were not measured. Not as AWS: it cuts `1.5` to `1` where an integer is wanted; here it is refused, to be seen.
fn wording(kind: &Kind, found: Token) -> String {
    let wanted = match kind {
        _ if found == Token::Map => return "Start of structure or map found where not expected.".to_owned(),
        _ if found == Token::List => return "Start of list found where not expected".to_owned(),
        Kind::List { .. } => return "Expected list or null".to_owned(),
        Kind::Map { .. } => return "Expected map or null".to_owned(),
        Kind::Structure(_) => return "Expected null".to_owned(),
        Kind::Timestamp { .. } => "milliseconds since epoch",
        Kind::Blob { .. } => "a Blob",
        Kind::Boolean => "a Boolean",
        Kind::Integer { .. } => "an Integer",
        Kind::Long { .. } => "a Long",
        Kind::Double { .. } => "a Double",
        Kind::String { .. } | Kind::Document | Kind::Unbuilt => "a String",
    };
    let token = match found {
        Token::True => "TRUE_VALUE",
        Token::False => "FALSE_VALUE",
        Token::Number => "NUMBER_VALUE",
        Token::String | Token::List | Token::Map => "STRING_VALUE",
    };
    format!("{token} can not be converted to {wanted}")
}

/// The same for a text that is not base64 (`dectected` is AWS's).
fn base64_wording(text: &str) -> String {
    let valid = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let why = if !text.len().is_multiple_of(4) {
        format!("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.len())
    } else if let Some(c) = text.chars().find(|c| !valid(c)) {
        format!("Invalid Base64 character: '{c}'")
    } else {
        "Invalid last non-pad Base64 character dectected".to_owned()
    };
    format!("'{text}' can not be converted to a Blob: {why}")
}

/// Writes a document of this shape. Of a structure, only members that travel in the body are written.
pub(super) fn write(out: &mut Vec<u8>, shape: &Shape, val: &Val) {
    match (&shape.kind, val) {
        (_, Val::Null) => out.extend(b"null"),
        (Kind::Structure(members), Val::Struct(found)) => write_structure(out, members, found),
        (Kind::List { member, .. }, Val::List(entries)) => {
            out.push(b'[');
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(out, member, entry);
            }
            out.push(b']');
        }
        (Kind::Map { value, .. }, Val::Map(entries)) => {
            out.push(b'{');
            for (at, (key, entry)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_text(out, key);
                out.push(b':');
                write(out, value, entry);
            }
            out.push(b'}');
        }
        (Kind::String { .. }, Val::Str(text)) => write_text(out, text),
        (Kind::Boolean, Val::Bool(value)) => out.extend(if *value { &b"true"[..] } else { b"false" }),
        (Kind::Integer { .. } | Kind::Long { .. } | Kind::Double { .. }, Val::Int(number)) => {
            out.extend(itoa::Buffer::new().format(*number).as_bytes());
        }
        (Kind::Double { .. }, Val::Float(number)) => match scalar::double_word(*number) {
            Some(word) => write_text(out, word),
            None => serde_json::to_writer(out, number).expect("a vector takes what is written"),
        },
        (Kind::Timestamp { format }, Val::Time(instant)) => {
            write_time(out, *instant, format.unwrap_or(TimeFormat::Unix));
        }
        (Kind::Blob { .. }, Val::Blob(bytes)) => write_blob(out, bytes),
        (Kind::Document, Val::Doc(document)) => {
            serde_json::to_writer(out, document).expect("a vector takes what is written");
        }
        _ => mismatch(shape, val),
    }
}

fn write_structure(out: &mut Vec<u8>, members: &[Member], found: &[(u16, Val)]) {
    out.push(b'{');
    let mut first = true;
    for (index, val) in found {
        let member = &members[usize::from(*index)];
        if member.place != Place::Body || *val == Val::Null {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        out.push(b'"');
        out.extend(member.wire.as_bytes());
        out.extend(b"\":");
        write(out, member.shape, val);
    }
    out.push(b'}');
}

/// Appends a JSON string.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a vector takes what is written");
}

fn write_time(out: &mut Vec<u8>, instant: wavetank_types::Timestamp, format: TimeFormat) {
    let quote = if format == TimeFormat::Unix { None } else { Some(b'"') };
    out.extend(quote);
    scalar::push_time(out, instant, format);
    out.extend(quote);
}

/// Base64 straight into the buffer: records are most of a stream's bytes.
fn write_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).expect("four bytes for each three");
    debug_assert_eq!(start + written, out.len(), "padded base64 has this length");
    out.push(b'"');
}

/// Roughly how many bytes the document takes, so that the buffer seldom grows.
pub(super) fn weight(val: &Val) -> usize {
    match val {
        Val::Str(text) => text.len() + 2,
        Val::Blob(bytes) => bytes.len().div_ceil(3) * 4 + 2,
        Val::List(entries) => entries.iter().map(|entry| weight(entry) + 1).sum::<usize>() + 2,
        Val::Map(entries) => entries.iter().map(|(key, val)| key.len() + weight(val) + 4).sum::<usize>() + 2,
        Val::Struct(members) => members.iter().map(|(_, val)| weight(val) + 20).sum::<usize>() + 2,
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Float(_) | Val::Time(_) | Val::Doc(_) => 16,
    }
}
