//! Values to JSON, straight into one buffer.

use base64_simd::STANDARD;

use super::super::{mismatch, scalar};
use crate::schema::{Kind, Member, Place, Shape, TimeFormat};
use crate::val::Val;

/// Writes a document of this shape. Of a structure, only members that travel in the body are written.
pub(in super::super) fn write(out: &mut Vec<u8>, shape: &Shape, val: &Val) {
    match (&shape.kind, val) {
        (_, Val::Null) => out.extend(b"null"),
        (_, Val::Kept(kept)) => kept.write_json(out),
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

/// The same as [`write`], with members that do not travel in the body under their names.
pub(in super::super) fn write_all(out: &mut Vec<u8>, shape: &Shape, val: &Val) {
    match (&shape.kind, val) {
        (Kind::Structure(members), Val::Struct(found)) => write_members(out, members, found, true),
        _ => write(out, shape, val),
    }
}

fn write_structure(out: &mut Vec<u8>, members: &[Member], found: &[(u16, Val)]) {
    write_members(out, members, found, false);
}

fn write_members(out: &mut Vec<u8>, members: &[Member], found: &[(u16, Val)], all: bool) {
    out.push(b'{');
    let mut first = true;
    for (index, val) in found {
        let member = &members[usize::from(*index)];
        let is_in_body = member.place == Place::Body;
        if !(is_in_body || all) || *val == Val::Null {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        out.push(b'"');
        out.extend(if is_in_body { member.wire } else { member.name }.as_bytes());
        out.extend(b"\":");
        write(out, member.shape, val);
    }
    out.push(b'}');
}

/// Appends a JSON string.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    // Most texts have nothing to escape, which is found many bytes at a time: the loop has no way out.
    let needs_escape = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        serde_json::to_writer(out, text).expect("a vector takes what is written");
        return;
    }
    out.push(b'"');
    out.extend(text.as_bytes());
    out.push(b'"');
}

fn write_time(out: &mut Vec<u8>, instant: wavetank_types::Timestamp, format: TimeFormat) {
    let quote = if format == TimeFormat::Unix { None } else { Some(b'"') };
    out.extend(quote);
    scalar::push_time(out, instant, format);
    out.extend(quote);
}

/// Appends a JSON string of base64, straight into the buffer: records are most of a stream's bytes.
pub fn write_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

/// Roughly how many bytes the document takes, so that the buffer seldom grows.
pub(in super::super) fn weight(val: &Val) -> usize {
    match val {
        Val::Str(text) => text.len() + 2,
        Val::Blob(bytes) => bytes.len().div_ceil(3) * 4 + 2,
        Val::List(entries) => entries.iter().map(|entry| weight(entry) + 1).sum::<usize>() + 2,
        Val::Map(entries) => entries.iter().map(|(key, val)| key.len() + weight(val) + 4).sum::<usize>() + 2,
        Val::Struct(members) => members.iter().map(|(_, val)| weight(val) + 20).sum::<usize>() + 2,
        // Types, quotes and commas of a few attributes.
        Val::Kept(kept) => kept.len() * 5 / 4 + 48,
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Float(_) | Val::Time(_) | Val::Doc(_) => 16,
    }
}
