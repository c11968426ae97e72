//! Result files and pages of rows: what `mod.rs` tells of, over an outcome of the engine.

use bytes::Bytes;

use super::text::cell;
use crate::engine::Outcome;

/// The result file of a query: a quoted header line, then every field quoted, NULL as nothing, quotes doubled.
pub fn athena_csv(outcome: &Outcome) -> Bytes {
    let mut out = Vec::new();
    let header: Vec<Option<String>> = outcome.columns.iter().map(|c| Some(c.name.clone())).collect();
    csv_line(&mut out, &header);
    for batch in &outcome.batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<Option<String>> = batch.columns().iter().map(|c| cell(c, row)).collect();
            csv_line(&mut out, &cells);
        }
    }
    out.into()
}

fn csv_line(out: &mut Vec<u8>, cells: &[Option<String>]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        if let Some(cell) = cell {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        }
    }
    out.push(b'\n');
}

/// What `GetQueryResults` answers: for a query the first row is the header; DDL has none.
pub fn athena_rows(outcome: &Outcome) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::with_capacity(outcome.rows as usize + 1);
    if outcome.has_header {
        rows.push(outcome.columns.iter().map(|c| Some(c.name.clone())).collect());
    }
    for batch in &outcome.batches {
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|c| cell(c, row)).collect());
        }
    }
    rows
}

/// The `.txt` of SHOW, DESCRIBE and EXPLAIN: fields joined by tabs, one line a row.
pub fn athena_txt(outcome: &Outcome) -> Bytes {
    let mut out = String::new();
    for batch in &outcome.batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> =
                batch.columns().iter().map(|c| cell(c, row).unwrap_or_default()).collect();
            out.push_str(&cells.join("\t"));
            out.push('\n');
        }
    }
    out.into()
}

/// The result file, CSV or text, as Athena would name and write it.
pub fn athena_file(outcome: &Outcome) -> Bytes {
    if outcome.has_header { athena_csv(outcome) } else { athena_txt(outcome) }
}
