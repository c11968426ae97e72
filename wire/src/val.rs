//! [`Val`]: a message between its bytes and its Rust struct, and the conversions that generated code calls.
//!
//! [`Kept`] is a value that stays in the form of its service until somebody looks into it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use wavetank_types::Timestamp;

/// Free-form JSON, where a model says `document`.
pub type Document = serde_json::Value;

/// What generated files import.
pub(crate) mod prelude {
    pub(crate) use super::{Document, FromVal, Members, ToVal, Val};
    pub(crate) use bytes::Bytes;
    pub(crate) use std::collections::BTreeMap;
    pub(crate) use wavetank_types::Timestamp;
}

/// A value of any shape. A structure's members are named by their place in the shape's member list.
///
/// Two values are equal if they say the same, in whatever form.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each variant is the kind of its name")]
pub enum Val {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Blob(Bytes),
    Time(Timestamp),
    List(Vec<Val>),
    /// In the order in which the entries came.
    Map(Vec<(String, Val)>),
    /// Only members that are present, each once, in the model's order.
    Struct(Vec<(u16, Val)>),
    Doc(Document),
    /// Any of these, as its service keeps it.
    Kept(Kept),
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Kept(one), Self::Kept(two)) => one == two,
            (Self::Kept(kept), val) | (val, Self::Kept(kept)) => kept.open() == *val,
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Int(one), Self::Int(two)) => one == two,
            (Self::Float(one), Self::Float(two)) => one == two,
            (Self::Str(one), Self::Str(two)) => one == two,
            (Self::Blob(one), Self::Blob(two)) => one == two,
            (Self::Time(one), Self::Time(two)) => one == two,
            (Self::List(one), Self::List(two)) => one == two,
            (Self::Map(one), Self::Map(two)) => one == two,
            (Self::Struct(one), Self::Struct(two)) => one == two,
            (Self::Doc(one), Self::Doc(two)) => one == two,
            _ => false,
        }
    }
}

/// A value in a form that its service made, shared with whoever else has it: items of a table are answered so. It becomes
/// a tree only for those who look into it, and JSON without one.
#[derive(Clone)]
pub struct Kept {
    bytes: Arc<[u8]>,
    form: &'static Form,
}

/// What can be made of bytes of one form.
#[derive(Debug)]
pub struct Form {
    /// The tree; never a [`Val::Kept`] itself.
    pub open: fn(&[u8]) -> Val,
    /// Appends the JSON of the tree.
    pub write_json: fn(&mut Vec<u8>, &[u8]),
}

impl Kept {
    /// Bytes of a form.
    pub fn new(bytes: Arc<[u8]>, form: &'static Form) -> Self {
        Self { bytes, form }
    }

    /// The value as a tree.
    pub fn open(&self) -> Val {
        (self.form.open)(&self.bytes)
    }

    /// The bytes, for the service whose form it is.
    pub fn of_form(&self, form: &'static Form) -> Option<&Arc<[u8]>> {
        std::ptr::eq(self.form, form).then_some(&self.bytes)
    }

    /// Appends the value's JSON.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        (self.form.write_json)(out, &self.bytes);
    }

    /// How many bytes it keeps.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.open().fmt(f)
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        (std::ptr::eq(self.form, other.form) && self.bytes == other.bytes) || self.open() == other.open()
    }
}

impl Val {
    /// The same as a tree, for those who look into it.
    #[must_use]
    pub fn opened(self) -> Self {
        match self {
            Self::Kept(kept) => kept.open(),
            val => val,
        }
    }

    /// The members of a structure; none of anything else.
    pub fn into_members(self) -> Vec<(u16, Val)> {
        match self {
            Self::Struct(members) => members,
            Self::Kept(kept) => kept.open().into_members(),
            _ => Vec::new(),
        }
    }

    /// The member at this place, if present.
    pub fn member(&self, index: u16) -> Option<&Val> {
        match self {
            Self::Struct(members) => members.iter().find(|(at, _)| *at == index).map(|(_, val)| val),
            _ => None,
        }
    }
}

/// Builds a structure, leaving out what is absent.
#[derive(Debug, Default)]
pub struct Members(Vec<(u16, Val)>);

impl Members {
    /// Adds the member at `index` if it is present.
    pub fn push(&mut self, index: u16, member: impl ToVal) {
        match member.to_val() {
            Val::Null => {}
            val => {
                // Most structures of long lists have few members, and small allocations are the cheapest.
                if self.0.is_empty() {
                    self.0.reserve_exact(2);
                }
                self.0.push((index, val));
            }
        }
    }

    /// The structure.
    pub fn finish(self) -> Val {
        Val::Struct(self.0)
    }
}

/// From a value of the right shape. A value of another kind gives the default: codecs and validator come first.
pub trait FromVal: Sized {
    /// The Rust value.
    fn from_val(val: Val) -> Self;
}

/// Into a value. Absent is `Val::Null`.
pub trait ToVal {
    /// The value.
    fn to_val(self) -> Val;
}

macro_rules! scalar {
    ($rust:ty, $variant:ident) => {
        impl FromVal for $rust {
            fn from_val(val: Val) -> Self {
                match val {
                    Val::$variant(inner) => inner,
                    _ => Self::default(),
                }
            }
        }

        impl ToVal for $rust {
            fn to_val(self) -> Val {
                Val::$variant(self)
            }
        }
    };
}

scalar!(bool, Bool);
scalar!(i64, Int);
scalar!(String, Str);
scalar!(Bytes, Blob);
scalar!(Timestamp, Time);
scalar!(Document, Doc);

impl FromVal for f64 {
    fn from_val(val: Val) -> Self {
        match val {
            Val::Float(inner) => inner,
            Val::Int(inner) => inner as Self,
            _ => 0.0,
        }
    }
}

impl ToVal for f64 {
    fn to_val(self) -> Val {
        Val::Float(self)
    }
}

impl FromVal for Val {
    fn from_val(val: Val) -> Self {
        val
    }
}

impl ToVal for Val {
    fn to_val(self) -> Val {
        self
    }
}

impl<T: FromVal> FromVal for Box<T> {
    fn from_val(val: Val) -> Self {
        Self::new(T::from_val(val))
    }
}

impl<T: ToVal> ToVal for Box<T> {
    fn to_val(self) -> Val {
        (*self).to_val()
    }
}

impl<T: ToVal> ToVal for Option<T> {
    fn to_val(self) -> Val {
        self.map_or(Val::Null, T::to_val)
    }
}

impl<T: FromVal> FromVal for Vec<T> {
    fn from_val(val: Val) -> Self {
        match val {
            Val::List(entries) => entries.into_iter().map(T::from_val).collect(),
            _ => Self::new(),
        }
    }
}

impl<T: ToVal> ToVal for Vec<T> {
    fn to_val(self) -> Val {
        Val::List(self.into_iter().map(T::to_val).collect())
    }
}

impl<T: FromVal> FromVal for BTreeMap<String, T> {
    fn from_val(val: Val) -> Self {
        match val.opened() {
            Val::Map(entries) => entries.into_iter().map(|(key, val)| (key, T::from_val(val))).collect(),
            _ => Self::new(),
        }
    }
}

impl<T: ToVal> ToVal for BTreeMap<String, T> {
    fn to_val(self) -> Val {
        Val::Map(self.into_iter().map(|(key, val)| (key, val.to_val())).collect())
    }
}
