//! CBOR (RFC 8949): what Java's SDK speaks to Kinesis (`application/x-amz-cbor-1.1`), and smithy's rpcv2Cbor.
//!
//! The same messages as in JSON, but for blobs, which are byte strings: those read are slices of the message. Maps, lists
//! and strings may be of indefinite length, as Java's SDK sends them; what is written has its length before it.
//! Times carry tag 1. Kinesis's own CBOR counts milliseconds as an integer, where the RFC and rpcv2Cbor count seconds.
//! Recorded: tag and milliseconds (`SdkCborGenerator` of the AWS SDK for Java 1.11, in a decompiled copy, 2026-11-20).
//! Assumed: that answers may have definite lengths, that a time without a tag is read alike, the words of refusals (`words.rs`).

use bytes::Bytes;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use wavetank_types::Timestamp;

use super::json::{Number, as_number};
use super::words::{Token, wording};
use super::{Refusal, Side, mismatch, put};
use crate::schema::{Kind, Member, Place, Shape};
use crate::val::Val;

/// Values within values, at most.
const DEPTH_MAX: usize = 127;

/// Entries for which room is made because a message says that they will come.
const ENTRIES_FORESEEN_MAX: u64 = 1_024;

/// How times are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Kinesis's own.
    Millis,
    /// The RFC's.
    Seconds,
}

/// Reads a message of this shape. A client takes an empty body for an empty structure.
pub(super) fn read(shape: &'static Shape, body: &Bytes, epoch: Epoch, side: Side) -> Result<Val, Refusal> {
    if body.is_empty() && (side == Side::Client || shape.members().is_empty()) {
        return Ok(Val::Struct(Vec::new()));
    }
    let mut reader = Reader { body, input: Decoder::new(body), epoch, side, depth: 0 };
    let val = reader.value(shape, shape.name)?;
    if reader.input.position() == body.len() { Ok(val) } else { Err(Refusal::Malformed) }
}

struct Reader<'b> {
    body: &'b Bytes,
    input: Decoder<'b>,
    epoch: Epoch,
    side: Side,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self, shape: &'static Shape, name: &'static str) -> Result<Val, Refusal> {
        let kind = self.input.datatype().map_err(malformed)?;
        match kind {
            Type::Null | Type::Undefined => self.input.skip().map(|()| Val::Null).map_err(malformed),
            Type::Tag => {
                self.input.tag().map_err(malformed)?;
                self.nested(|reader| reader.value(shape, name))
            }
            Type::Bool => {
                let value = self.input.bool().map_err(malformed)?;
                match shape.kind {
                    Kind::Boolean => Ok(Val::Bool(value)),
                    _ => self.mistyped(shape, name, if value { Token::True } else { Token::False }),
                }
            }
            Type::Bytes | Type::BytesIndef => {
                let blob = self.blob(kind)?;
                match shape.kind {
                    Kind::Blob { .. } => Ok(Val::Blob(blob)),
                    _ => self.mistyped(shape, name, Token::String),
                }
            }
            Type::String | Type::StringIndef => {
                let text = self.text()?;
                match shape.kind {
                    Kind::String { .. } => Ok(Val::Str(text)),
                    _ => self.mistyped(shape, name, Token::String),
                }
            }
            Type::Array | Type::ArrayIndef => self.nested(|reader| reader.list(shape, name)),
            Type::Map | Type::MapIndef => self.nested(|reader| reader.map(shape, name)),
            _ => {
                let number = self.number(kind)?;
                let val = match (&shape.kind, self.epoch, number) {
                    (Kind::Timestamp { .. }, Epoch::Millis, Number::Int(millis)) => time_from_millis(millis),
                    _ => as_number(shape, number),
                };
                val.map_or_else(|| self.mistyped(shape, name, Token::Number), Ok)
            }
        }
    }

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

    /// A slice of the message, unless it comes in pieces.
    fn blob(&mut self, kind: Type) -> Result<Bytes, Refusal> {
        if kind == Type::Bytes {
            return self.input.bytes().map(|bytes| self.body.slice_ref(bytes)).map_err(malformed);
        }
        let mut all = Vec::new();
        for piece in self.input.bytes_iter().map_err(malformed)? {
            all.extend(piece.map_err(malformed)?);
        }
        Ok(Bytes::from(all))
    }

    fn text(&mut self) -> Result<String, Refusal> {
        self.input.str_iter().map_err(malformed)?.collect::<Result<String, _>>().map_err(malformed)
    }

    fn number(&mut self, kind: Type) -> Result<Number, Refusal> {
        let number = match kind {
            Type::F16 => self.input.f16().map(|number| Number::Float(number.into())),
            Type::F32 => self.input.f32().map(|number| Number::Float(number.into())),
            Type::F64 => self.input.f64().map(Number::Float),
            _ => self.input.int().map(|number| {
                let number = i128::from(number);
                i64::try_from(number).map_or(Number::Float(number as f64), Number::Int)
            }),
        };
        number.map_err(malformed)
    }

    fn list(&mut self, shape: &'static Shape, name: &'static str) -> Result<Val, Refusal> {
        let Kind::List { member, .. } = shape.kind else {
            self.input.skip().map_err(malformed)?;
            return self.mistyped(shape, name, Token::List);
        };
        let mut left = self.input.array().map_err(malformed)?;
        let mut list = Vec::with_capacity(room(left));
        while self.another(&mut left)? {
            match self.value(member, name)? {
                Val::Null => {}
                entry => list.push(entry),
            }
        }
        Ok(Val::List(list))
    }

    fn map(&mut self, shape: &'static Shape, name: &'static str) -> Result<Val, Refusal> {
        match shape.kind {
            Kind::Structure(members) => self.structure(members),
            Kind::Map { value, .. } => {
                let mut left = self.input.map().map_err(malformed)?;
                let mut map = Vec::with_capacity(room(left));
                while self.another(&mut left)? {
                    let key = self.text()?;
                    match self.value(value, name)? {
                        Val::Null => {}
                        entry => map.push((key, entry)),
                    }
                }
                Ok(Val::Map(map))
            }
            _ => {
                self.input.skip().map_err(malformed)?;
                self.mistyped(shape, name, Token::Map)
            }
        }
    }

    fn structure(&mut self, members: &'static [Member]) -> Result<Val, Refusal> {
        let mut left = self.input.map().map_err(malformed)?;
        let mut found = Vec::with_capacity(members.len().min(8));
        let mut expected = 0;
        while self.another(&mut left)? {
            let index = self.member(members, expected)?;
            match index {
                Some(index) => {
                    let val = self.value(members[index].shape, members[index].name)?;
                    expected = index + 1;
                    if !matches!(val, Val::Null) {
                        put(&mut found, index, val);
                    }
                }
                None => self.input.skip().map_err(malformed)?,
            }
        }
        Ok(Val::Struct(found))
    }

    /// Which member a key names. The search begins after the last one, as in JSON.
    fn member(&mut self, members: &'static [Member], expected: usize) -> Result<Option<usize>, Refusal> {
        let text;
        let key = match self.input.datatype().map_err(malformed)? {
            Type::String => self.input.str().map_err(malformed)?,
            _ => {
                text = self.text()?;
                &text
            }
        };
        let count = members.len();
        let mut order = (expected..count).chain(0..expected.min(count));
        Ok(order.find(|at| members[*at].wire == key && members[*at].place == Place::Body))
    }

    /// Whether another entry follows: by the count that was told, or until a break.
    fn another(&mut self, left: &mut Option<u64>) -> Result<bool, Refusal> {
        match left {
            Some(0) => Ok(false),
            Some(count) => {
                *count -= 1;
                Ok(true)
            }
            None if self.input.datatype().map_err(malformed)? == Type::Break => {
                self.input.set_position(self.input.position() + 1);
                Ok(false)
            }
            None => Ok(true),
        }
    }
}

fn malformed(_: minicbor::decode::Error) -> Refusal {
    Refusal::Malformed
}

fn room(entries: Option<u64>) -> usize {
    usize::try_from(entries.unwrap_or(0).min(ENTRIES_FORESEEN_MAX)).unwrap_or(0)
}

fn time_from_millis(millis: i64) -> Option<Val> {
    millis.checked_mul(1_000).map(|micros| Val::Time(Timestamp::from_micros(micros)))
}

/// Writes a message of this shape. Of a structure, only members that travel in the body are written.
pub(super) fn write(out: &mut Vec<u8>, shape: &Shape, val: &Val, epoch: Epoch) {
    let mut writer = Writer { out: Encoder::new(out), epoch };
    writer.value(shape, val).expect("a vector takes what is written");
}

/// Texts as a message that is one map, for errors.
pub(super) fn write_texts(out: &mut Vec<u8>, texts: &[(&str, &str)]) {
    let mut out = Encoder::new(out);
    let mut write = || -> Written {
        out.map(texts.len() as u64)?;
        texts.iter().try_for_each(|(name, text)| out.str(name)?.str(text)?.ok())
    };
    write().expect("a vector takes what is written");
}

/// The texts of a message that is one map: an error's. What is no text is left out.
pub(super) fn read_texts(body: &[u8]) -> Option<Vec<(String, String)>> {
    let mut input = Decoder::new(body);
    let mut left = input.map().ok()?;
    let mut texts = Vec::new();
    loop {
        match &mut left {
            Some(0) => return Some(texts),
            Some(count) => *count -= 1,
            None if input.datatype().ok()? == Type::Break => return Some(texts),
            None => {}
        }
        let key = input.str().ok()?;
        match input.datatype().ok()? {
            Type::String => texts.push((key.to_owned(), input.str().ok()?.to_owned())),
            _ => input.skip().ok()?,
        }
    }
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

struct Writer<'o> {
    out: Encoder<&'o mut Vec<u8>>,
    epoch: Epoch,
}

impl Writer<'_> {
    fn value(&mut self, shape: &Shape, val: &Val) -> Written {
        match (&shape.kind, val) {
            (_, Val::Null) => self.out.null()?.ok(),
            (_, Val::Kept(kept)) => self.value(shape, &kept.open()),
            (Kind::Structure(members), Val::Struct(found)) => self.structure(members, found),
            (Kind::List { member, .. }, Val::List(entries)) => {
                self.out.array(entries.len() as u64)?;
                entries.iter().try_for_each(|entry| self.value(member, entry))
            }
            (Kind::Map { value, .. }, Val::Map(entries)) => {
                self.out.map(entries.len() as u64)?;
                entries.iter().try_for_each(|(key, entry)| {
                    self.out.str(key)?;
                    self.value(value, entry)
                })
            }
            (Kind::String { .. }, Val::Str(text)) => self.out.str(text)?.ok(),
            (Kind::Boolean, Val::Bool(value)) => self.out.bool(*value)?.ok(),
            (Kind::Integer { .. } | Kind::Long { .. } | Kind::Double { .. }, Val::Int(number)) => {
                self.out.i64(*number)?.ok()
            }
            (Kind::Double { .. }, Val::Float(number)) => self.out.f64(*number)?.ok(),
            (Kind::Timestamp { .. }, Val::Time(instant)) => {
                self.out.tag(minicbor::data::IanaTag::Timestamp)?;
                match self.epoch {
                    Epoch::Millis => self.out.i64(instant.millis())?.ok(),
                    Epoch::Seconds => self.out.f64(instant.millis() as f64 / 1e3)?.ok(),
                }
            }
            (Kind::Blob { .. }, Val::Blob(bytes)) => self.out.bytes(bytes)?.ok(),
            _ => mismatch(shape, val),
        }
    }

    fn structure(&mut self, members: &[Member], found: &[(u16, Val)]) -> Written {
        let written = || {
            let with_member = found.iter().map(|(index, val)| (&members[usize::from(*index)], val));
            with_member.filter(|(member, val)| member.place == Place::Body && **val != Val::Null)
        };
        self.out.map(written().count() as u64)?;
        written().try_for_each(|(member, val)| {
            self.out.str(member.wire)?;
            self.value(member.shape, val)
        })
    }
}
