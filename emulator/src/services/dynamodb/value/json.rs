//! A packed item as DynamoDB's JSON, byte by byte: `{"name":{"S":"text"}}`. Pages of a scan are made of little else.
//!
//! What comes out is what the codec writes of the same item as a tree; `props.rs` holds them against each other.

use wavetank_wire::codec::{write_blob, write_text};

use super::Type;
use super::packed::Reader;

/// Appends the JSON of a packed item.
pub(super) fn write(out: &mut Vec<u8>, item: &[u8]) {
    map(out, &mut Reader::of(item));
}

fn map(out: &mut Vec<u8>, reader: &mut Reader<'_>) {
    out.push(b'{');
    for at in 0..reader.length() {
        if at > 0 {
            out.push(b',');
        }
        write_text(out, reader.str());
        out.push(b':');
        value(out, reader);
    }
    out.push(b'}');
}

fn value(out: &mut Vec<u8>, reader: &mut Reader<'_>) {
    let kind = reader.kind();
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(kind.name().as_bytes());
    out.extend_from_slice(b"\":");
    match kind {
        Type::S => text(out, reader),
        Type::N => number(out, reader),
        Type::B => blob(out, reader),
        Type::Ss => list(out, reader, text),
        Type::Ns => list(out, reader, number),
        Type::Bs => list(out, reader, blob),
        Type::M => map(out, reader),
        Type::L => list(out, reader, value),
        Type::Null => out.extend_from_slice(b"true"),
        Type::Bool if reader.take(1)[0] != 0 => out.extend_from_slice(b"true"),
        Type::Bool => out.extend_from_slice(b"false"),
    }
    out.push(b'}');
}

fn list(out: &mut Vec<u8>, reader: &mut Reader<'_>, entry: fn(&mut Vec<u8>, &mut Reader<'_>)) {
    out.push(b'[');
    for at in 0..reader.length() {
        if at > 0 {
            out.push(b',');
        }
        entry(out, reader);
    }
    out.push(b']');
}

fn text(out: &mut Vec<u8>, reader: &mut Reader<'_>) {
    write_text(out, reader.str());
}

fn blob(out: &mut Vec<u8>, reader: &mut Reader<'_>) {
    write_blob(out, reader.slice());
}

fn number(out: &mut Vec<u8>, reader: &mut Reader<'_>) {
    out.push(b'"');
    reader.number().push_to(out);
    out.push(b'"');
}
