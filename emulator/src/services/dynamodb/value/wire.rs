//! Values as clients send and get them: `{"S": "text"}`.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use wavetank_wire::{Document, Val};

use super::{AttributeValue, Item, Number, NumberError, Type};

/// Levels of lists and maps in an attribute, at most.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (an edition of 2023-02 read 2026-11-28).
const DEPTH_MAX: usize = 32;

/// Why what was sent is no value.
///
/// Recorded, for the sentences: dynalite's tests (github.com/mhart/dynalite, `test/`), which run against AWS too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")]
    NoType,
    #[error(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )]
    SeveralTypes,
    #[error(
        "One or more parameter values were invalid: Null attribute value types must have the value of true"
    )]
    FalseNull,
    #[error("One or more parameter values were invalid: An string set  may not be empty")]
    EmptyStringSet,
    #[error("One or more parameter values were invalid: An number set  may not be empty")]
    EmptyNumberSet,
    #[error("One or more parameter values were invalid: Binary sets should not be empty")]
    EmptyBinarySet,
    #[error("One or more parameter values were invalid: Input collection {0} contains duplicates.")]
    Duplicates(String),
    #[error("Input collection contains duplicates")]
    DuplicateNumbers,
    #[error("Nesting Levels have exceeded supported limits: Attributes can be nested up to 32 levels deep")]
    TooDeep,
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl AttributeValue {
    /// The value of a structure with exactly one member, whose place is that of its type in [`Type::ALL`].
    pub(crate) fn from_wire(val: Val) -> Result<Self, ValueError> {
        Self::read(val, 0)
    }

    fn read(val: Val, depth: usize) -> Result<Self, ValueError> {
        let mut members = val.into_members();
        let (at, val) = members.pop().ok_or(ValueError::NoType)?;
        if !members.is_empty() {
            return Err(ValueError::SeveralTypes);
        }
        let kind = Type::ALL.get(usize::from(at)).copied().ok_or(ValueError::NoType)?;
        Ok(match (kind, val) {
            (Type::S, Val::Str(text)) => Self::S(text),
            (Type::N, Val::Str(text)) => Self::N(text.parse()?),
            (Type::B, Val::Blob(bytes)) => Self::B(bytes),
            (Type::Bool, Val::Bool(truth)) => Self::Bool(truth),
            (Type::Null, Val::Bool(true)) => Self::Null,
            (Type::Null, _) => return Err(ValueError::FalseNull),
            (Type::Ss, Val::List(entries)) => Self::Ss(strings(entries)?),
            (Type::Ns, Val::List(entries)) => Self::Ns(numbers(entries)?),
            (Type::Bs, Val::List(entries)) => Self::Bs(binaries(entries)?),
            (Type::M, Val::Map(entries)) => {
                let depth = deeper(depth)?;
                let read = |(name, val)| Ok((name, Self::read(val, depth)?));
                Self::M(entries.into_iter().map(read).collect::<Result<_, ValueError>>()?)
            }
            (Type::L, Val::List(entries)) => {
                let depth = deeper(depth)?;
                Self::L(entries.into_iter().map(|val| Self::read(val, depth)).collect::<Result<_, _>>()?)
            }
            _ => return Err(ValueError::NoType),
        })
    }

    /// As clients get it.
    pub(crate) fn to_wire(&self) -> Val {
        let kind = self.kind();
        let val = match self {
            Self::S(text) => Val::Str(text.clone()),
            Self::N(number) => Val::Str(number.to_string()),
            Self::B(bytes) => Val::Blob(bytes.clone()),
            Self::Ss(set) => Val::List(set.iter().cloned().map(Val::Str).collect()),
            Self::Ns(set) => Val::List(set.iter().map(|number| Val::Str(number.to_string())).collect()),
            Self::Bs(set) => Val::List(set.iter().cloned().map(Val::Blob).collect()),
            Self::M(entries) => {
                Val::Map(entries.iter().map(|(name, value)| (name.clone(), value.to_wire())).collect())
            }
            Self::L(entries) => Val::List(entries.iter().map(Self::to_wire).collect()),
            Self::Null => Val::Bool(true),
            Self::Bool(truth) => Val::Bool(*truth),
        };
        Val::Struct(vec![(kind as u16, val)])
    }
}

pub(super) fn deeper(depth: usize) -> Result<usize, ValueError> {
    if depth == DEPTH_MAX { Err(ValueError::TooDeep) } else { Ok(depth + 1) }
}

fn strings(entries: Vec<Val>) -> Result<BTreeSet<String>, ValueError> {
    let texts: Vec<String> = entries
        .into_iter()
        .filter_map(|val| match val {
            Val::Str(text) => Some(text),
            _ => None,
        })
        .collect();
    if texts.is_empty() {
        return Err(ValueError::EmptyStringSet);
    }
    let shown = || ValueError::Duplicates(format!("[{}]", texts.join(", ")));
    let set: BTreeSet<String> = texts.iter().cloned().collect();
    if set.len() == texts.len() { Ok(set) } else { Err(shown()) }
}

fn numbers(entries: Vec<Val>) -> Result<BTreeSet<Number>, ValueError> {
    let count = entries.len();
    let mut set = BTreeSet::new();
    for val in entries {
        if let Val::Str(text) = val {
            set.insert(text.parse()?);
        }
    }
    match set.len() {
        0 => Err(ValueError::EmptyNumberSet),
        found if found == count => Ok(set),
        _ => Err(ValueError::DuplicateNumbers),
    }
}

fn binaries(entries: Vec<Val>) -> Result<BTreeSet<Bytes>, ValueError> {
    let count = entries.len();
    let set: BTreeSet<Bytes> = entries
        .into_iter()
        .filter_map(|val| match val {
            Val::Blob(bytes) => Some(bytes),
            _ => None,
        })
        .collect();
    match set.len() {
        0 => Err(ValueError::EmptyBinarySet),
        found if found == count => Ok(set),
        _ => Err(ValueError::Duplicates("of type BS".to_owned())),
    }
}

/// An item or a key as a client sent it. Of a name that came twice the last counts.
pub(crate) fn item_from_val(item: Val) -> Result<Item, ValueError> {
    let Val::Map(entries) = item.opened() else { return Ok(Item::new()) };
    entries.into_iter().map(|(name, val)| Ok((name, AttributeValue::from_wire(val)?))).collect()
}

/// An item as clients get it.
pub(crate) fn item_to_val(item: &Item) -> Val {
    Val::Map(item.iter().map(|(name, value)| (name.clone(), value.to_wire())).collect())
}

/// A value or an item in the form of its wire, as the JSON that errors carry.
pub(crate) fn document(val: &Val) -> Document {
    match val {
        Val::Struct(members) => {
            let member =
                |(at, val): &(u16, Val)| (Type::ALL[usize::from(*at)].name().to_owned(), document(val));
            Document::Object(members.iter().map(member).collect())
        }
        Val::Map(entries) => {
            Document::Object(entries.iter().map(|(name, val)| (name.clone(), document(val))).collect())
        }
        Val::List(entries) => Document::Array(entries.iter().map(document).collect()),
        Val::Str(text) => Document::String(text.clone()),
        Val::Blob(bytes) => Document::String(BASE64_STANDARD.encode(bytes)),
        Val::Bool(truth) => Document::Bool(*truth),
        Val::Kept(kept) => document(&kept.open()),
        other => unreachable!("no value of an item: {other:?}"),
    }
}

/// The reverse of [`document`], for an item.
pub(crate) fn val_of_document(item: &Document) -> Option<Val> {
    let entries = item.as_object()?.iter();
    Some(Val::Map(
        entries.map(|(name, value)| Some((name.clone(), value_of(value)?))).collect::<Option<_>>()?,
    ))
}

fn value_of(value: &Document) -> Option<Val> {
    let (kind, value) = value.as_object()?.iter().next()?;
    let kind = Type::named(kind)?;
    let text = |value: &Document| value.as_str().map(|text| Val::Str(text.to_owned()));
    let blob = |value: &Document| Some(Val::Blob(BASE64_STANDARD.decode(value.as_str()?).ok()?.into()));
    let list = |each: &dyn Fn(&Document) -> Option<Val>| {
        Some(Val::List(value.as_array()?.iter().map(each).collect::<Option<_>>()?))
    };
    let val = match kind {
        Type::S | Type::N => text(value),
        Type::B => blob(value),
        Type::Ss | Type::Ns => list(&text),
        Type::Bs => list(&blob),
        Type::M => val_of_document(value),
        Type::L => list(&value_of),
        Type::Null | Type::Bool => Some(Val::Bool(value.as_bool()?)),
    };
    Some(Val::Struct(vec![(kind as u16, val?)]))
}

/// The same from a map of the generated structs.
#[cfg(test)]
pub(crate) fn item_from_wire(entries: BTreeMap<String, Val>) -> Result<Item, ValueError> {
    entries.into_iter().map(|(name, val)| Ok((name, AttributeValue::from_wire(val)?))).collect()
}

/// The same for a map of the generated structs.
pub(crate) fn item_to_wire(item: &Item) -> BTreeMap<String, Val> {
    item.iter().map(|(name, value)| (name.clone(), value.to_wire())).collect()
}
