//! `MetadataExtractionQuery`: a jq filter that gives a record's partition keys, by `jaq`.
//!
//! The filter is compiled once for each configuration of a stream. AWS runs jq 1.6; where `jaq` differs from it, so do we.
//! Assumed: the two sentences; they are seen in reports of users.

use std::collections::BTreeMap;
use std::fmt;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data::JustLut, unwrap_valr};
use jaq_json::Val;

/// A filter that has been compiled.
pub(in super::super) struct Query {
    text: String,
    filter: Filter<JustLut<Val>>,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Query").field(&self.text).finish()
    }
}

const NOT_JSON: &str = "Non JSON record provided";
const EMPTY: &str = "partitionKeys values must not be null or empty";

impl Query {
    /// Compiles a filter. Error: what is wrong with it.
    pub(in super::super) fn compile(text: &str) -> Result<Self, String> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let program = File { code: text, path: () };
        let modules = Loader::new(defs).load(&arena, program).map_err(|_| "it does not parse".to_owned())?;
        let compiled = Compiler::default().with_funs(funs).compile(modules);
        let filter = compiled.map_err(|errors| {
            let names =
                errors.iter().flat_map(|(_, undefined)| undefined.iter().map(|(name, _)| (*name).to_owned()));
            format!("it uses what is not defined: {}", names.collect::<Vec<String>>().join(", "))
        })?;
        Ok(Self { text: text.to_owned(), filter })
    }

    /// The keys of one record. Error: why it has none, in AWS's words where we know them.
    pub(super) fn keys(&self, data: &[u8]) -> Result<BTreeMap<String, String>, String> {
        let input = jaq_json::read::parse_single(data).map_err(|_| NOT_JSON.to_owned())?;
        let ctx = Ctx::<JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let first = self.filter.id.run((ctx, input)).map(unwrap_valr).next();
        let output = first.ok_or_else(|| EMPTY.to_owned())?.map_err(|error| error.to_string())?;
        let Val::Obj(entries) = output else { return Err("the query did not give an object".to_owned()) };
        let mut keys = BTreeMap::new();
        for (key, value) in entries.iter() {
            let value = text(value);
            if value.is_empty() {
                return Err(EMPTY.to_owned());
            }
            keys.insert(text(key), value);
        }
        Ok(keys)
    }
}

/// A value as it stands in a prefix.
fn text(value: &Val) -> String {
    match value {
        Val::Null => String::new(),
        Val::TStr(text) | Val::BStr(text) => String::from_utf8_lossy(text).into_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str, data: &str) -> String {
        match Query::compile(query).and_then(|query| query.keys(data.as_bytes())) {
            Ok(keys) => {
                keys.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
            }
            Err(why) => format!("! {why}"),
        }
    }

    #[test]
    fn keys_come_from_what_the_filter_gives() {
        for (query, data, expected) in [
            (
                "{id: .customer_id, d: .type.device}",
                r#"{"customer_id":"7","type":{"device":"m"}}"#,
                "d=m id=7",
            ),
            ("{year:.ts| strftime(\"%Y\")}", r#"{"ts":1565382027}"#, "year=2019"),
            ("{n: .n, b: .b}", r#"{"n": 12, "b": true}"#, "b=true n=12"),
            ("{id: .id}", r#"{"x":1}"#, "! partitionKeys values must not be null or empty"),
            ("{id: .id}", "plain text", "! Non JSON record provided"),
            ("{id: .id", "{}", "! it does not parse"),
            ("{id: nonsense}", "{}", "! it uses what is not defined: nonsense"),
            (".id", r#"{"id":1}"#, "! the query did not give an object"),
        ] {
            assert_eq!(shown(query, data), expected, "{query} on {data}");
        }
        assert!(shown("{id: (.id | ascii_downcase)}", r#"{"id":1}"#).starts_with("! "));
    }
}
