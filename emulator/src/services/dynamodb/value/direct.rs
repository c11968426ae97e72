//! Items between the wire and their rest, without an [`Item`](super::Item) on the way: most requests need none.
//!
//! What is refused and what comes out are as in `wire.rs` and `packed.rs`; `props.rs` holds them against each other.

use wavetank_wire::{Form, Kept, Val};

use super::packed::{self, Packed, Reader, WEIGHT_BYTES};
use super::size::CONTAINER_BYTES;
use super::wire::{ValueError, deeper};
use super::{AttributeValue, Number, Type};

/// Packed items as the wire carries them: clients that read JSON get it straight from the packed bytes.
static FORM: Form = Form { open, write_json: super::json::write };

fn open(bytes: &[u8]) -> Val {
    Reader::of(bytes).map_val()
}

/// Room for an item, to begin with.
const ITEM_BYTES_USUAL: usize = 320;

impl Packed {
    /// An item as a client sent it, put to rest. Of a name that came twice the last counts.
    pub(crate) fn from_wire(item: Val) -> Result<Self, ValueError> {
        let entries = match item {
            Val::Map(entries) => entries,
            // One that came out of a table, perhaps another tank's.
            Val::Kept(kept) => match kept.of_form(&FORM) {
                Some(bytes) => return Ok(Self::of_shared(bytes)),
                None => return Self::from_wire(kept.open()),
            },
            _ => return Ok(Self::of(&super::Item::new())),
        };
        let mut out = Vec::with_capacity(ITEM_BYTES_USUAL);
        out.extend_from_slice(&[0; WEIGHT_BYTES]);
        let (_, bytes) = write_entries(&mut out, entries, 0)?;
        // What weighs more than this is refused for its size before it is stored.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        out[..WEIGHT_BYTES].copy_from_slice(&bytes.to_le_bytes());
        Ok(Self::of_bytes(out))
    }

    /// The item as clients get it: shared, not copied.
    pub(crate) fn to_wire(&self) -> Val {
        Val::Kept(Kept::new(self.shared(), &FORM))
    }

    /// The attributes of these names, as clients get them.
    pub(crate) fn wire_of<'a>(&self, names: impl Iterator<Item = &'a str>) -> Val {
        let found = names.filter_map(|name| Some((name.to_owned(), self.attribute(name)?.to_wire())));
        Val::Map(found.collect())
    }
}

/// Appends a map; how many entries it has and what they weigh.
fn write_entries(
    out: &mut Vec<u8>,
    mut entries: Vec<(String, Val)>,
    depth: usize,
) -> Result<(usize, usize), ValueError> {
    if !entries.is_sorted_by(|(one, _), (two, _)| one < two) {
        entries.sort_by(|(one, _), (two, _)| one.cmp(two));
        // Equal names are in the order in which they came: the last of them moves to the place that stays.
        entries.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                std::mem::swap(&mut later.1, &mut kept.1);
            }
            is_same
        });
    }
    let (count, mut bytes) = (entries.len(), 0);
    packed::length(out, count);
    for (name, val) in entries {
        packed::slice(out, name.as_bytes());
        bytes += name.len() + write_value(out, val, depth)?;
    }
    Ok((count, bytes))
}

/// Appends a value; what it weighs.
fn write_value(out: &mut Vec<u8>, val: Val, depth: usize) -> Result<usize, ValueError> {
    let mut members = val.into_members();
    let (at, val) = members.pop().ok_or(ValueError::NoType)?;
    if !members.is_empty() {
        return Err(ValueError::SeveralTypes);
    }
    let kind = Type::ALL.get(usize::from(at)).copied().ok_or(ValueError::NoType)?;
    out.push(kind as u8);
    Ok(match (kind, val) {
        (Type::S, Val::Str(text)) => {
            packed::slice(out, text.as_bytes());
            text.len()
        }
        (Type::N, Val::Str(text)) => {
            let number: Number = text.parse()?;
            packed::number(out, &number);
            number.bytes()
        }
        (Type::B, Val::Blob(bytes)) => {
            packed::slice(out, &bytes);
            bytes.len()
        }
        (Type::M, Val::Map(entries)) => {
            let (count, bytes) = write_entries(out, entries, deeper(depth)?)?;
            CONTAINER_BYTES + count + bytes
        }
        (Type::L, Val::List(entries)) => {
            let depth = deeper(depth)?;
            packed::length(out, entries.len());
            let mut bytes = CONTAINER_BYTES;
            for entry in entries {
                bytes += 1 + write_value(out, entry, depth)?;
            }
            bytes
        }
        (Type::Bool, Val::Bool(truth)) => {
            out.push(u8::from(truth));
            1
        }
        (Type::Null, Val::Bool(true)) => 1,
        (kind, val) => {
            out.pop();
            let value = AttributeValue::from_wire(Val::Struct(vec![(kind as u16, val)]))?;
            packed::value(out, &value);
            value.bytes()
        }
    })
}

impl Reader<'_> {
    fn map_val(&mut self) -> Val {
        Val::Map((0..self.length()).map(|_| (self.str().to_owned(), self.val())).collect())
    }

    /// A value as clients get it.
    fn val(&mut self) -> Val {
        let kind = self.kind();
        let blob = |reader: &mut Self| Val::Blob(bytes::Bytes::copy_from_slice(reader.slice()));
        let text = |reader: &mut Self| Val::Str(reader.str().to_owned());
        let number = |reader: &mut Self| Val::Str(reader.number().to_string());
        let val = match kind {
            Type::S => text(self),
            Type::N => number(self),
            Type::B => blob(self),
            Type::Ss => Val::List((0..self.length()).map(|_| text(self)).collect()),
            Type::Ns => Val::List((0..self.length()).map(|_| number(self)).collect()),
            Type::Bs => Val::List((0..self.length()).map(|_| blob(self)).collect()),
            Type::M => self.map_val(),
            Type::L => Val::List((0..self.length()).map(|_| self.val()).collect()),
            Type::Null => Val::Bool(true),
            Type::Bool => Val::Bool(self.take(1)[0] != 0),
        };
        Val::Struct(vec![(kind as u16, val)])
    }
}
