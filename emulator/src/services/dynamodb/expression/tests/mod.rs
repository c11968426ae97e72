//! Expressions as data: what holds, what an update makes, what is answered, what is refused and in which words.

mod holds;
mod key;
mod placeholders;
mod projection;
mod refused;
mod update;

use std::collections::BTreeMap;

use wavetank_wire::Val;

use super::super::value::{AttributeValue as V, Item, KeyValue, Packed, Type, item};
use super::*;

/// Placeholders of a test: `:name` has the value beside it.
fn values(entries: &[(&str, V)]) -> Option<BTreeMap<String, Val>> {
    let all = entries.iter().map(|(key, value)| ((*key).to_owned(), value.to_wire())).collect();
    if entries.is_empty() { None } else { Some(all) }
}

fn names(entries: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    let all = entries.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect();
    if entries.is_empty() { None } else { Some(all) }
}

fn n(text: &str) -> V {
    V::N(text.parse().expect("a number"))
}

fn strings(all: &[&str]) -> V {
    V::Ss(all.iter().map(|text| (*text).to_owned()).collect())
}

fn numbers(all: &[i64]) -> V {
    V::Ns(all.iter().map(|number| (*number).into()).collect())
}

fn blob(bytes: &[u8]) -> V {
    V::B(bytes.to_vec().into())
}

fn list<const N: usize>(all: [V; N]) -> V {
    V::L(all.to_vec())
}

fn map<const N: usize>(entries: [(&str, V); N]) -> V {
    V::M(item(entries))
}

/// An item with something of everything.
fn everything() -> Item {
    item([
        ("id", V::s("one")),
        ("grade", n("5")),
        ("price", n("19.95")),
        ("title", V::s("hello")),
        ("data1", blob(b"hi there")),
        ("tags", strings(&["a", "b"])),
        ("primes", numbers(&[2, 3, 5])),
        ("blobs", V::Bs([b"x".to_vec().into()].into())),
        ("flag", V::Bool(true)),
        ("nil", V::Null),
        ("list1", list([n("1"), V::s("dog"), map([("deep", list([V::s("x"), n("7")]))])])),
        ("map1", map([("a", n("1")), ("b", map([("c", V::s("hello"))]))])),
    ])
}

fn condition(kind: Kind, text: &str, placeholders: &mut Placeholders) -> Result<Condition, String> {
    let parsed = Condition::parse(kind, text, placeholders).map_err(|error| error.to_string())?;
    placeholders.check_all_used().map_err(|error| error.to_string())?;
    Ok(parsed)
}

const TABLE: KeySchema<'static> = KeySchema {
    partition: KeyAttribute { name: "pk", kind: Type::S },
    sort: Some(KeyAttribute { name: "sk", kind: Type::N }),
};
