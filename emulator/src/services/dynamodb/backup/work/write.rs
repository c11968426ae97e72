//! An export's data files: items or differences as JSON lines, compressed, each file a share of the hashes.

use std::io::Write as _;

use bytes::Bytes;
use flate2::GzBuilder;
use flate2::write::GzEncoder;
use md5::{Digest as _, Md5};
use serde_json::json;

use super::json;
use crate::services::dynamodb::backup::history::Difference;
use crate::services::dynamodb::backup::limits::EXPORT_FILES;
use crate::services::dynamodb::table::{KeySchema, Range, Rows};
use crate::services::dynamodb::value::Packed;

/// What is exported.
#[derive(Clone, Debug)]
pub(in super::super) enum ExportItems {
    /// All items.
    Full(Rows),
    /// What became of items, with what they were before if `old` is wanted.
    Differences { differences: Vec<Difference>, keys: KeySchema, old: bool },
}

#[derive(Clone, Debug)]
pub(in super::super) struct Export {
    pub(in super::super) items: ExportItems,
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
        match self.items {
            ExportItems::Full(rows) => (0..EXPORT_FILES)
                .map(|share| {
                    let rows = rows.range(&Range::segment(share, EXPORT_FILES), true);
                    compress(rows.map(|(_, packed)| json!({ "Item": json::of_item(&packed.unpack()) })))
                })
                .collect(),
            ExportItems::Differences { differences, keys, old } => {
                let lines = differences.iter().map(|difference| line(difference, &keys, old));
                Ok(vec![compress(lines)?])
            }
        }
    }
}

/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html (to be verified).
fn line(difference: &Difference, keys: &KeySchema, old: bool) -> serde_json::Value {
    let image = |packed: &Packed| json::of_item(&packed.unpack());
    let mut line = json!({
        "Metadata": { "WriteTimestampMicros": { "N": difference.at.micros().to_string() } },
        "Keys": json::of_item(&difference.key.to_item(keys)),
    });
    if let Some(was) = difference.old.as_ref().filter(|_| old) {
        line["OldImage"] = image(was);
    }
    if let Some(is) = &difference.new {
        line["NewImage"] = image(is);
    }
    line
}

fn compress(lines: impl Iterator<Item = serde_json::Value>) -> std::io::Result<File> {
    // Without a time in its head, so that the same items are the same bytes.
    let mut out: GzEncoder<Vec<u8>> = GzBuilder::new().write(Vec::new(), flate2::Compression::default());
    let mut items = 0;
    for line in lines {
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
        items += 1;
    }
    let body = out.finish()?;
    Ok(File { md5: Md5::digest(&body).into(), body: body.into(), items })
}
