//! JSON to values, by the shape.

use std::borrow::Cow;

use base64_simd::STANDARD;
use bytes::Bytes;

use super::super::words::{Token, base64_wording, wording};
use super::super::{Refusal, Side, put, scalar};
use super::lex::{Lexer, Number, text};
use crate::schema::{Kind, Member, Place, Shape, TimeFormat};
use crate::val::{Document, Val};

/// Values within values, at most.
const DEPTH_MAX: usize = 127;

/// Whole numbers that a double says exactly, at most.
const EXACT_MAX: f64 = 9e15;

/// Reads a document of this shape. Of a structure at the top, only members that travel in the body are read.
pub(in super::super) fn read(shape: &'static Shape, body: &[u8], side: Side) -> Result<Val, Refusal> {
    read_with(
        shape,
        Reader { lexer: Lexer::new(body), side, depth: 0, usual: 2, blobs: Vec::new(), all: false },
    )
}

/// The same of all members, wherever they would travel: by either name, if not in the body.
pub(in super::super) fn read_all(shape: &'static Shape, text: &[u8], side: Side) -> Result<Val, Refusal> {
    read_with(
        shape,
        Reader { lexer: Lexer::new(text), side, depth: 0, usual: 2, blobs: Vec::new(), all: true },
    )
}

fn read_with(shape: &'static Shape, mut reader: Reader<'_>) -> Result<Val, Refusal> {
    let read = reader.value(shape, shape.name).and_then(|val| match reader.lexer.peek() {
        None => Ok(val),
        Some(_) => Err(Refusal::Malformed),
    });
    if reader.blobs.is_empty() {
        return read;
    }
    // The first thing that is wrong with a document is what is told of it.
    let blobs = decode(&reader.blobs)?;
    let mut val = read?;
    fill(shape, &mut val, &blobs);
    Ok(val)
}

struct Reader<'b> {
    lexer: Lexer<'b>,
    side: Side,
    depth: usize,
    /// Members of the last structure: the entries of a list mostly have as many.
    usual: usize,
    /// The base64 of each blob. In the value there stands, for the time being, its number.
    blobs: Vec<Cow<'b, [u8]>>,
    /// Whether members count that do not travel in the body.
    all: bool,
}

impl<'b> Reader<'b> {
    fn value(&mut self, shape: &'static Shape, name: &'static str) -> Result<Val, Refusal> {
        let first = self.lexer.peek().ok_or(Refusal::Malformed)?;
        if matches!(shape.kind, Kind::Document) {
            return self.document();
        }
        match first {
            b'"' => {
                self.lexer.take();
                let text = self.lexer.string().ok_or(Refusal::Malformed)?;
                self.text(shape, name, text)
            }
            b'{' => self.nested(|reader| reader.object(shape, name)),
            b'[' => self.nested(|reader| reader.list(shape, name)),
            b'n' => self.lexer.word(b"null").map(|()| Val::Null).ok_or(Refusal::Malformed),
            b't' => self.boolean(shape, name, b"true", Token::True),
            b'f' => self.boolean(shape, name, b"false", Token::False),
            _ => {
                let number = self.lexer.number().ok_or(Refusal::Malformed)?;
                as_number(shape, number).map_or_else(|| self.mistyped(shape, name, Token::Number), Ok)
            }
        }
    }

    /// Refuses a member that is not built, and otherwise says what the value should have been.
    fn mistyped(&self, shape: &Shape, name: &'static str, found: Token) -> Result<Val, Refusal> {
        match (&shape.kind, self.side) {
            (Kind::Unbuilt, Side::Client) => Ok(Val::Null),
            (Kind::Unbuilt, Side::Server) => Err(Refusal::Unbuilt(name)),
            (kind, _) => Err(Refusal::Mistyped(wording(kind, found))),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Val, Refusal>) -> Result<Val, Refusal> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Refusal::Malformed);
        }
        let val = read(self);
        self.depth -= 1;
        val
    }

    fn document(&mut self) -> Result<Val, Refusal> {
        let start = self.lexer.at();
        self.lexer.skip().ok_or(Refusal::Malformed)?;
        match serde_json::from_slice(self.lexer.since(start)) {
            Ok(Document::Null) => Ok(Val::Null),
            Ok(document) => Ok(Val::Doc(document)),
            Err(_) => Err(Refusal::Malformed),
        }
    }

    fn boolean(
        &mut self,
        shape: &Shape,
        name: &'static str,
        word: &[u8],
        token: Token,
    ) -> Result<Val, Refusal> {
        self.lexer.word(word).ok_or(Refusal::Malformed)?;
        match shape.kind {
            Kind::Boolean => Ok(Val::Bool(token == Token::True)),
            _ => self.mistyped(shape, name, token),
        }
    }

    fn text(&mut self, shape: &Shape, name: &'static str, bytes: Cow<'b, [u8]>) -> Result<Val, Refusal> {
        if let Kind::Blob { .. } = shape.kind {
            self.blobs.push(bytes);
            return Ok(Val::Int(self.blobs.len() as i64 - 1));
        }
        let text = text(bytes).ok_or(Refusal::Malformed)?;
        match shape.kind {
            Kind::String { .. } => Ok(Val::Str(text)),
            Kind::Double { .. } if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => {
                Ok(Val::Float(scalar::parse_double(&text).unwrap_or(f64::NAN)))
            }
            Kind::Timestamp { format: Some(format @ (TimeFormat::Iso8601 | TimeFormat::Rfc822)) } => {
                let time = scalar::parse(shape, &text, format);
                time.map_or_else(|| self.mistyped(shape, name, Token::String), Ok)
            }
            _ => self.mistyped(shape, name, Token::String),
        }
    }

    fn list(&mut self, shape: &'static Shape, name: &'static str) -> Result<Val, Refusal> {
        let Kind::List { member, .. } = shape.kind else {
            self.lexer.skip().ok_or(Refusal::Malformed)?;
            return self.mistyped(shape, name, Token::List);
        };
        let mut list = Vec::new();
        let mut more = self.opens(b']')?;
        while more {
            match self.value(member, name)? {
                Val::Null => {}
                entry => list.push(entry),
            }
            more = self.continues(b']')?;
        }
        Ok(Val::List(list))
    }

    fn object(&mut self, shape: &'static Shape, name: &'static str) -> Result<Val, Refusal> {
        match shape.kind {
            Kind::Structure(members) => self.structure(members),
            Kind::Map { value, .. } => {
                let mut map = Vec::new();
                let mut more = self.opens(b'}')?;
                while more {
                    self.lexer.expect(b'"').ok_or(Refusal::Malformed)?;
                    let key = self.lexer.string().and_then(text).ok_or(Refusal::Malformed)?;
                    self.lexer.expect(b':').ok_or(Refusal::Malformed)?;
                    match self.value(value, name)? {
                        Val::Null => {}
                        entry => map.push((key, entry)),
                    }
                    more = self.continues(b'}')?;
                }
                Ok(Val::Map(map))
            }
            _ => {
                self.lexer.skip().ok_or(Refusal::Malformed)?;
                self.mistyped(shape, name, Token::Map)
            }
        }
    }

    fn structure(&mut self, members: &'static [Member]) -> Result<Val, Refusal> {
        let mut found: Vec<(u16, Val)> = Vec::with_capacity(self.usual.min(members.len()));
        let mut expected = 0;
        let mut more = self.opens(b'}')?;
        while more {
            self.lexer.expect(b'"').ok_or(Refusal::Malformed)?;
            let index = self.member(members, expected)?;
            self.lexer.expect(b':').ok_or(Refusal::Malformed)?;
            match index {
                Some(index) => {
                    let val = self.value(members[index].shape, members[index].name)?;
                    expected = index + 1;
                    if !matches!(val, Val::Null) {
                        put(&mut found, index, val);
                    }
                }
                None => self.lexer.skip().ok_or(Refusal::Malformed)?,
            }
            more = self.continues(b'}')?;
        }
        self.usual = found.len();
        Ok(Val::Struct(found))
    }

    /// Which member a key names. Senders mostly keep the model's order, so the search begins after the last one.
    fn member(&mut self, members: &'static [Member], expected: usize) -> Result<Option<usize>, Refusal> {
        let in_body = |at: &usize| members[*at].place == Place::Body;
        if let Some(next) = members.get(expected)
            && in_body(&expected)
            && self.lexer.is_string(next.wire)
        {
            return Ok(Some(expected));
        }
        let key = self.lexer.string().ok_or(Refusal::Malformed)?;
        let count = members.len();
        let mut order = (expected..count).chain(0..expected.min(count));
        let all = self.all;
        let is_it = |at: &usize| match in_body(at) {
            true => members[*at].wire.as_bytes() == &*key,
            false => {
                all && [members[*at].name, members[*at].wire].iter().any(|name| name.as_bytes() == &*key)
            }
        };
        match order.find(is_it) {
            Some(index) => Ok(Some(index)),
            None => text(key).map(|_| None).ok_or(Refusal::Malformed),
        }
    }

    /// Takes the opening bracket; answers whether anything stands before the closing one.
    fn opens(&mut self, close: u8) -> Result<bool, Refusal> {
        self.lexer.take();
        let is_empty = self.lexer.peek().ok_or(Refusal::Malformed)? == close;
        if is_empty {
            self.lexer.take();
        }
        Ok(!is_empty)
    }

    /// After an entry: answers whether another follows.
    fn continues(&mut self, close: u8) -> Result<bool, Refusal> {
        match self.lexer.take() {
            Some(b',') => Ok(true),
            Some(byte) if byte == close => Ok(false),
            _ => Err(Refusal::Malformed),
        }
    }
}

/// A number as a value of this shape, if the shape takes one.
///
/// Recorded: for an integer, a fraction is cut off (Athena: athena-local, `docs/dev/measurements/errors.md`, 2026-09-23).
/// Assumed: that the other services do so too, and towards zero.
pub(in super::super) fn as_number(shape: &Shape, number: Number) -> Option<Val> {
    match (&shape.kind, number) {
        (Kind::Integer { .. } | Kind::Long { .. }, Number::Int(number)) => Some(Val::Int(number)),
        (Kind::Integer { .. } | Kind::Long { .. }, Number::Float(number)) if number.abs() < EXACT_MAX => {
            Some(Val::Int(number.trunc() as i64))
        }
        (Kind::Double { .. }, Number::Int(number)) => Some(Val::Float(number as f64)),
        (Kind::Double { .. }, Number::Float(number)) => Some(Val::Float(number)),
        (Kind::Timestamp { .. }, Number::Int(secs)) => scalar::time_from_whole_secs(secs).map(Val::Time),
        (Kind::Timestamp { .. }, Number::Float(secs)) => scalar::time_from_secs(secs).map(Val::Time),
        _ => None,
    }
}

/// Decodes all blobs into one allocation. Each is a slice of it.
fn decode(texts: &[Cow<'_, [u8]>]) -> Result<Vec<Bytes>, Refusal> {
    let bytes: usize = texts.iter().map(|text| text.len() / 4 * 3).sum();
    let mut all = Vec::with_capacity(bytes);
    let mut ends = Vec::with_capacity(texts.len());
    for base64 in texts {
        if STANDARD.decode_append(base64, &mut all).is_err() {
            let text = text(base64.clone()).ok_or(Refusal::Malformed)?;
            return Err(Refusal::Mistyped(base64_wording(&text)));
        }
        ends.push(all.len());
    }
    let all = Bytes::from(all);
    let mut start = 0;
    let slice = |end| {
        let blob = all.slice(start..end);
        start = end;
        blob
    };
    Ok(ends.into_iter().map(slice).collect())
}

/// Puts each blob where its number stands.
fn fill(shape: &Shape, val: &mut Val, blobs: &[Bytes]) {
    match (&shape.kind, val) {
        (Kind::Blob { .. }, val) => {
            if let Val::Int(number) = val {
                *val = Val::Blob(blobs[usize::try_from(*number).expect("it counts blobs")].clone());
            }
        }
        (Kind::Structure(members), Val::Struct(found)) => {
            for (index, val) in found {
                fill(members[usize::from(*index)].shape, val, blobs);
            }
        }
        (Kind::List { member, .. }, Val::List(entries)) => {
            entries.iter_mut().for_each(|entry| fill(member, entry, blobs));
        }
        (Kind::Map { value, .. }, Val::Map(entries)) => {
            entries.iter_mut().for_each(|(_, entry)| fill(value, entry, blobs));
        }
        _ => {}
    }
}
