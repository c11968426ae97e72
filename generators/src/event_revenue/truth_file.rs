//! The truth beside a generated file: one Parquet row per data row, and a JSON file of counts and sums.
//!
//! For `x.csv` the command line names them `x.csv.truth.parquet` and `x.csv.truth.json`.

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder, UInt64Builder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;

use super::canonical::Canonical;
use super::oracle::{Oracle, OracleTable, TopEvent};
use super::truth::Counts;
use super::{EventRevenue, NAME};
use crate::defects::Defects;
use crate::table::Table;
use crate::write::{WriteError, Written, write_batches};

/// Columns of the truth: `row_number` (from 1), `record_index`, `event_id`, `checksum`, `expected` (`delivered` or
/// `rejected`), `reason` (null unless rejected) and `defect` (null unless there is one).
pub fn truth_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("row_number", DataType::UInt64, false),
        Field::new("record_index", DataType::UInt64, false),
        Field::new("event_id", DataType::Int64, false),
        Field::new("checksum", DataType::UInt64, false),
        Field::new("expected", DataType::Utf8, false),
        Field::new("reason", DataType::Utf8, true),
        Field::new("defect", DataType::Utf8, true),
    ]))
}

/// Writes the truth of every data row, in file order. The same bytes for any number of threads.
pub fn write_truth_parquet(
    profile: &EventRevenue,
    threads: NonZeroUsize,
    out: impl Write + Send,
) -> Result<Written, WriteError> {
    let make = |chunk| truth_of_chunk(profile, chunk);
    write_batches(truth_schema(), threads, profile.chunks(), make, out)
}

fn truth_of_chunk(profile: &EventRevenue, chunk: u64) -> RecordBatch {
    let rows = profile.rows_of(chunk);
    let capacity = rows.size_hint().0;
    let mut numbers = UInt64Builder::with_capacity(capacity);
    let mut indexes = UInt64Builder::with_capacity(capacity);
    let mut ids = Int64Builder::with_capacity(capacity);
    let mut checksums = UInt64Builder::with_capacity(capacity);
    let mut expected = StringBuilder::new();
    let mut reasons = StringBuilder::new();
    let mut defects = StringBuilder::new();
    let mut canonical = Canonical::default();
    for row in rows {
        let reason = row.expected().reason();
        numbers.append_value(row.number);
        indexes.append_value(row.record.index);
        ids.append_value(row.record.event_id);
        checksums.append_value(canonical.set(&row.record).0);
        expected.append_value(reason.map_or("delivered", |_| "rejected"));
        reasons.append_option(reason);
        defects.append_option(row.defect().map(|defect| defect.label()));
    }
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(numbers.finish()),
        Arc::new(indexes.finish()),
        Arc::new(ids.finish()),
        Arc::new(checksums.finish()),
        Arc::new(expected.finish()),
        Arc::new(reasons.finish()),
        Arc::new(defects.finish()),
    ];
    RecordBatch::try_new(truth_schema(), arrays).expect("a row appends to every column once")
}

#[derive(Serialize)]
struct TruthJson<'a> {
    profile: &'static str,
    records: u64,
    seed: u64,
    defects: &'a Defects,
    counts: &'a Counts,
    total: &'a super::Group,
    groups: Vec<OracleTable>,
    top: Vec<Top>,
}

#[derive(Serialize)]
struct Top {
    currency: &'static str,
    events: Vec<TopEvent>,
}

/// Writes the counts and sums as one JSON object. Amounts are texts with two decimals.
pub fn write_truth_json(
    profile: &EventRevenue,
    oracle: &Oracle,
    mut out: impl Write,
) -> Result<(), WriteError> {
    let top = oracle.by_currency.keys().map(|currency| Top { currency, events: oracle.top(currency) });
    let truth = TruthJson {
        profile: NAME,
        records: profile.records(),
        seed: profile.seed().0,
        defects: profile.defects(),
        counts: &oracle.counts,
        total: &oracle.total,
        groups: oracle.tables(),
        top: top.collect(),
    };
    serde_json::to_writer_pretty(&mut out, &truth).map_err(|error| WriteError::Io(error.into()))?;
    out.write_all(b"\n")?;
    Ok(())
}
