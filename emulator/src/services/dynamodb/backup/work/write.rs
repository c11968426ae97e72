//! An export's data files: items or differences as lines of JSON or Ion, compressed, each file a share of the hashes.

use std::io::Write as _;

use bytes::Bytes;
use flate2::GzBuilder;
use flate2::write::GzEncoder;
use md5::{Digest as _, Md5};
use serde_json::json;

use super::filter::Filter;
use super::{ion, json};
use crate::services::dynamodb::backup::history::Difference;
use crate::services::dynamodb::backup::limits::EXPORT_FILES;
use crate::services::dynamodb::table::{KeySchema, Range, Rows};
use crate::services::dynamodb::value::Item;

/// What is exported.
#[derive(Clone, Debug)]
pub(in super::super) enum ExportItems {
    /// All items.
    Full(Rows),
    /// What became of items, with what they were before if `old` is wanted.
    Differences { differences: Vec<Difference>, old: bool },
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum ExportFormat {
    Json,
    Ion,
}

impl ExportFormat {
    /// Its name on the wire.
    pub(in super::super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "DYNAMODB_JSON",
            Self::Ion => "ION",
        }
    }

    /// The ending of its files' names.
    pub(in super::super) const fn ending(self) -> &'static str {
        match self {
            Self::Json => "json.gz",
            Self::Ion => "ion.gz",
        }
    }

    /// Items under their names, as one line.
    fn line(self, named: &[(&str, Item)]) -> String {
        match self {
            Self::Json => {
                let members = named.iter().map(|(name, item)| ((*name).to_owned(), json::of_item(item)));
                serde_json::Value::Object(members.collect()).to_string()
            }
            Self::Ion => format!("{}{{{}}}", ion::VERSION, ion_members(named)),
        }
    }

    /// What became of an item, as one line.
    fn change(self, difference: &Difference, named: &[(&str, Item)]) -> String {
        let micros = difference.at.micros();
        match self {
            Self::Json => {
                let mut line = json!({ "Metadata": { "WriteTimestampMicros": { "N": micros.to_string() } } });
                for (name, item) in named {
                    line[name] = json::of_item(item);
                }
                line.to_string()
            }
            Self::Ion => {
                let metadata = format!("Metadata:{{WriteTimestampMicros:{micros}.}}");
                format!("{}{{Record:{{{metadata},{}}}}}", ion::VERSION, ion_members(named))
            }
        }
    }
}

fn ion_members(named: &[(&str, Item)]) -> String {
    let mut out = String::new();
    for (at, (name, item)) in named.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(name);
        out.push(':');
        ion::push_item(&mut out, item);
    }
    out
}

#[derive(Clone, Debug)]
pub(in super::super) struct Export {
    pub(in super::super) items: ExportItems,
    pub(in super::super) keys: KeySchema,
    pub(in super::super) filter: Filter,
    pub(in super::super) format: ExportFormat,
}

/// A data file, compressed.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) body: Bytes,
    pub(crate) md5: [u8; 16],
    /// Lines in it.
    pub(crate) items: u64,
}

impl Export {
    pub(super) fn run(self) -> std::io::Result<Vec<File>> {
        let Self { items, keys, filter, format } = self;
        match items {
            ExportItems::Full(rows) => (0..EXPORT_FILES)
                .map(|share| {
                    let rows = rows.range(&Range::segment(share, EXPORT_FILES), true).map(|(_, item)| item);
                    let is_wanted = |item: &&_| {
                        filter.is_open() || keys.of_item(item).is_ok_and(|key| filter.takes(&key, item))
                    };
                    compress(rows.filter(is_wanted).map(|item| format.line(&[("Item", filter.shown(item))])))
                })
                .collect(),
            ExportItems::Differences { differences, old } => {
                let lines = differences.iter().filter_map(|it| line(it, &keys, old, &filter, format));
                Ok(vec![compress(lines)?])
            }
        }
    }
}

/// Recorded: Glue tables over exports of AWS have these members (found by search, 2026-11-28).
fn line(
    difference: &Difference,
    keys: &KeySchema,
    old: bool,
    filter: &Filter,
    format: ExportFormat,
) -> Option<String> {
    let judged = difference.new.as_ref().or(difference.old.as_ref())?;
    if !filter.takes(&difference.key, judged) {
        return None;
    }
    let mut named = vec![("Keys", difference.key.to_item(keys))];
    if let Some(was) = difference.old.as_ref().filter(|_| old) {
        named.push(("OldImage", filter.shown(was)));
    }
    if let Some(is) = &difference.new {
        named.push(("NewImage", filter.shown(is)));
    }
    Some(format.change(difference, &named))
}

fn compress(lines: impl Iterator<Item = String>) -> std::io::Result<File> {
    // Without a time in its head, so that the same items are the same bytes.
    let mut out: GzEncoder<Vec<u8>> = GzBuilder::new().write(Vec::new(), flate2::Compression::default());
    let mut items = 0;
    for line in lines {
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        items += 1;
    }
    let body = out.finish()?;
    Ok(File { md5: Md5::digest(&body).into(), body: body.into(), items })
}
