//! The clickstream as a file: every click as a consumer gets it, in the order of sending, and the truth of each row.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder, UInt64Builder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::clicks::ClickText;
use super::feed::{Sends, Sent};
use super::{Click, Store};
use crate::table::{CHUNK_RECORDS, Chunk, Column, InTurn, Piece, TextColumns};
use crate::text::push_number;
use crate::write::{Lines, WriteError, Writer, Written};

/// The members of a click; as columns in the formats that have columns.
pub const CLICK_COLUMNS: [Column; 5] = [
    Column::number("user_id"),
    Column::text("timestamp"),
    Column::text("event_type"),
    Column::number("product_id"),
    Column::number("event_id"),
];

/// Bytes of a click as JSON; only the first allocation depends on it.
const CLICK_BYTES: usize = 128;

impl Store {
    /// The clickstream as a file.
    pub fn clickstream(&self) -> Clickstream<'_> {
        Clickstream { store: self }
    }

    /// What must become of a click that was sent: the reason of its refusal, or `None` if it is delivered.
    ///
    /// A product under another name is refused as `schema-drift`, each time; else the second time as `duplicate-event-id`.
    pub fn refusal(&self, sent: &Sent) -> Option<&'static str> {
        if self.is_lost_by_drift(&sent.click) {
            return Some("schema-drift");
        }
        sent.sending.is_repeat().then_some("duplicate-event-id")
    }

    /// Whether the click's product has another name than a reader knows.
    pub fn is_lost_by_drift(&self, click: &Click) -> bool {
        click.product > 0 && self.shape_at(click.second).is_renamed
    }

    fn defect(&self, sent: &Sent) -> Option<&'static str> {
        let shape = self.shape_at(sent.click.second);
        let drift = [(shape.is_renamed, "drift-renamed"), (shape.has_device, "drift-added")];
        let drift = || drift.into_iter().find_map(|(is_it, label)| is_it.then_some(label));
        sent.sending.label().or_else(drift)
    }
}

/// The clickstream as rows.
#[derive(Clone, Copy, Debug)]
pub struct Clickstream<'a> {
    store: &'a Store,
}

/// Some clicks on their way to a file.
struct Clicks<'a> {
    store: &'a Store,
    sent: Vec<Sent>,
}

/// Groups what is sent.
struct Pieces<'a> {
    store: &'a Store,
    sends: Sends<'a>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Clicks<'a>;

    fn next(&mut self) -> Option<Clicks<'a>> {
        let sent: Vec<Sent> = self.sends.by_ref().take(CHUNK_RECORDS as usize).collect();
        (!sent.is_empty()).then_some(Clicks { store: self.store, sent })
    }
}

impl<'a> Clickstream<'a> {
    fn clicks(&self) -> Pieces<'a> {
        Pieces { store: self.store, sends: self.store.received() }
    }

    /// Writes what must become of each row, in the order of the file: `row_number` (from 1), `event_id`, `sequence_number`,
    /// `sent_at` (local time), `checksum`, `expected` (`delivered` or `rejected`), `reason` and `defect` (null where there is none).
    pub fn write_truth(&self, out: impl Write + Send) -> Result<Written, WriteError> {
        let mut writer = Writer::open(truth_schema(), out)?;
        let mut rows_before = 0;
        for piece in self.clicks() {
            writer.write(&piece.truth(rows_before))?;
            rows_before += piece.sent.len() as u64;
        }
        writer.finish()
    }
}

impl InTurn for Clickstream<'_> {
    fn columns(&self) -> &'static [Column] {
        &CLICK_COLUMNS
    }

    fn pieces(&self) -> Box<dyn Iterator<Item = Box<dyn Piece + '_>> + '_> {
        Box::new(self.clicks().map(|clicks| Box::new(clicks) as Box<dyn Piece>))
    }

    fn has_drift(&self) -> bool {
        let defects = &self.store.plan.defects;
        !(defects.drift_renamed.is_none() && defects.drift_added.is_none())
    }
}

impl Piece for Clicks<'_> {
    fn chunk(&self) -> Chunk {
        let mut columns = TextColumns::new(&CLICK_COLUMNS, self.sent.len() as u64);
        let mut text = ClickText::new(self.store);
        for Sent { click, .. } in &self.sent {
            columns.put(|out| push_number(out, u64::from(click.user_id)));
            columns.put(|out| text.push_time(out, click.second));
            columns.put_text(click.event_type.name());
            match click.product_id() {
                Some(product) => columns.put(|out| push_number(out, u64::from(product))),
                None => columns.put_null(),
            }
            columns.put(|out| push_number(out, click.event_id));
        }
        Chunk { batch: columns.finish(), breaks: Vec::new() }
    }

    fn json_lines(&self) -> Lines {
        let mut text = ClickText::new(self.store);
        let mut out = String::with_capacity(self.sent.len() * CLICK_BYTES);
        for sent in &self.sent {
            text.push_json(&mut out, &sent.click);
            out.push('\n');
        }
        Lines { rows: self.sent.len(), bytes: out.into_bytes() }
    }
}

/// The columns of the truth of a clickstream.
pub fn truth_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("row_number", DataType::UInt64, false),
        Field::new("event_id", DataType::UInt64, false),
        Field::new("sequence_number", DataType::UInt64, false),
        Field::new("sent_at", DataType::Utf8, false),
        Field::new("checksum", DataType::UInt64, false),
        Field::new("expected", DataType::Utf8, false),
        Field::new("reason", DataType::Utf8, true),
        Field::new("defect", DataType::Utf8, true),
    ]))
}

impl Clicks<'_> {
    fn truth(&self, rows_before: u64) -> RecordBatch {
        let (mut numbers, mut ids) = (UInt64Builder::new(), UInt64Builder::new());
        let (mut sequences, mut checksums) = (UInt64Builder::new(), UInt64Builder::new());
        let mut times = StringBuilder::new();
        let (mut expected, mut reasons) = (StringBuilder::new(), StringBuilder::new());
        let mut defects = StringBuilder::new();
        for (number, sent) in (rows_before + 1..).zip(&self.sent) {
            let reason = self.store.refusal(sent);
            numbers.append_value(number);
            ids.append_value(sent.click.event_id);
            sequences.append_value(sent.sequence);
            times.append_value(self.store.local_text(sent.second));
            checksums.append_value(sent.click.checksum(self.store).0);
            expected.append_value(reason.map_or("delivered", |_| "rejected"));
            reasons.append_option(reason);
            defects.append_option(self.store.defect(sent));
        }
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(numbers.finish()),
            Arc::new(ids.finish()),
            Arc::new(sequences.finish()),
            Arc::new(times.finish()),
            Arc::new(checksums.finish()),
            Arc::new(expected.finish()),
            Arc::new(reasons.finish()),
            Arc::new(defects.finish()),
        ];
        RecordBatch::try_new(truth_schema(), arrays).expect("a row appends to every column once")
    }
}
