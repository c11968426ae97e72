//! Fields of JSON messages. Only what is asked for is read; the rest of a message is skipped without being built.
//!
//! Nested members are named with dots, entries of arrays with their place: `items.0.id`.
//! Documented: CWL_AnalyzeLogData-discoverable-fields.html. Left out: the bound on how many fields are discovered.

use std::collections::BTreeMap;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::value::Value;

/// Fields that are shown of one event, at most. Documented: as above.
const FLATTENED_MAX: usize = 200;

/// The values of these names in a message; nulls if it is not JSON.
///
/// Documented: in Lambda's logs the first embedded fragment of JSON is read.
pub(super) fn find<'a>(message: &'a str, names: &[String], is_lambda: bool) -> Vec<Value<'a>> {
    let mut out = vec![Value::Null; names.len()];
    let Some(json) = json_part(message, is_lambda) else { return out };
    let wanted: Vec<Wanted<'_>> = names.iter().map(String::as_str).enumerate().collect();
    let mut json = serde_json::Deserializer::from_str(json);
    let read = Search { wanted: &wanted, out: &mut out }.deserialize(&mut json);
    let is_whole = is_lambda || json.end().is_ok();
    if read.is_err() || !is_whole {
        out.fill(Value::Null);
    }
    out
}

/// All fields of a JSON message as texts.
pub(in super::super) fn flattened(message: &str, is_lambda: bool) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let Some(json) = json_part(message, is_lambda) else { return out };
    let mut values = serde_json::Deserializer::from_str(json).into_iter::<serde_json::Value>();
    if let Some(Ok(value)) = values.next()
        && (is_lambda || json[values.byte_offset()..].trim().is_empty())
    {
        flatten(String::new(), &value, &mut out);
    }
    out
}

fn flatten(name: String, value: &serde_json::Value, out: &mut BTreeMap<String, String>) {
    let below = |part: &str| match name.as_str() {
        "" if part.starts_with('@') => format!("@{part}"),
        "" => part.to_owned(),
        name => format!("{name}.{part}"),
    };
    match value {
        serde_json::Value::Object(members) => {
            members.iter().for_each(|(part, value)| flatten(below(part), value, out));
        }
        serde_json::Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(at, value)| flatten(below(&at.to_string()), value, out));
        }
        leaf if out.len() < FLATTENED_MAX => {
            let text = Value::of_json(leaf).as_text().map(std::borrow::Cow::into_owned);
            out.extend(text.map(|text| (name, text)));
        }
        _ => {}
    }
}

fn json_part(message: &str, is_lambda: bool) -> Option<&str> {
    let trimmed = message.trim_start();
    match trimmed.as_bytes().first()? {
        b'{' | b'[' if !is_lambda => Some(trimmed),
        _ if is_lambda => trimmed.find('{').map(|at| &trimmed[at..]),
        _ => None,
    }
}

/// Which result, and the part of the name that is still to be found.
type Wanted<'n> = (usize, &'n str);

struct Search<'s, 'n, 'a> {
    wanted: &'s [Wanted<'n>],
    out: &'s mut [Value<'a>],
}

impl<'a> Search<'_, '_, 'a> {
    /// Keeps a leaf for those whose whole name has been found.
    fn keep(self, value: Value<'a>) {
        for (place, _) in self.wanted.iter().filter(|(_, rest)| rest.is_empty()) {
            self.out[*place] = value.clone();
        }
    }
}

impl<'a> DeserializeSeed<'a> for Search<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Search<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut members: M) -> Result<(), M::Error> {
        while let Some(below) = members.next_key_seed(Key { wanted: self.wanted })? {
            if below.is_empty() {
                members.next_value::<IgnoredAny>()?;
            } else {
                members.next_value_seed(Search { wanted: &below, out: self.out })?;
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut entries: S) -> Result<(), S::Error> {
        let mut number = itoa::Buffer::new();
        for place in 0_usize.. {
            let below = below(self.wanted, number.format(place));
            let more = if below.is_empty() {
                entries.next_element::<IgnoredAny>()?.is_some()
            } else {
                entries.next_element_seed(Search { wanted: &below, out: self.out })?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.keep(Value::text(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.keep(Value::owned(text.to_owned()));
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.keep(Value::Bool(flag));
        Ok(())
    }

    fn visit_i64<E>(self, whole: i64) -> Result<(), E> {
        self.keep(Value::Integer(whole));
        Ok(())
    }

    fn visit_u64<E>(self, whole: u64) -> Result<(), E> {
        self.keep(match i64::try_from(whole) {
            Ok(whole) => Value::Integer(whole),
            Err(_) => Value::owned(whole.to_string()),
        });
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.keep(Value::number(number));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A member's name, read as what it leaves to be found below it.
struct Key<'s, 'n> {
    wanted: &'s [Wanted<'n>],
}

impl<'a, 'n> DeserializeSeed<'a> for Key<'_, 'n> {
    type Value = Vec<Wanted<'n>>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'a, 'n> Visitor<'a> for Key<'_, 'n> {
    type Value = Vec<Wanted<'n>>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(below(self.wanted, name))
    }
}

/// What is to be found below a member of this name. A member's own name may have dots.
fn below<'n>(wanted: &[Wanted<'n>], name: &str) -> Vec<Wanted<'n>> {
    let step = |(place, rest): &Wanted<'n>| match rest.strip_prefix(name)? {
        "" if !rest.is_empty() => Some((*place, "")),
        tail => tail.strip_prefix('.').map(|tail| (*place, tail)),
    };
    wanted.iter().filter_map(step).collect()
}
