//! Files and rows by example: what is refused and why, what comes out, and what as-taught makes of the same.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use expect_test::{Expect, expect};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

/// The header of a good file, with its line end.
pub(super) const HEADER: &str = "event_id,event_name,event_type,event_date,city,country,organizer,\
    participant_count,ticket_revenue,currency,sales_channel,created_at,updated_at\n";

/// The row of the workshop's shape with another id and date.
fn row(id: &str, date: &str) -> String {
    format!(
        "{id},Dev Camp 66,Meetup,{date},Ha Noi,Vietnam,FCJ Community,112.0,39847495.0,VND,Onsite,\
         2023-11-13 10:00:48,2023-11-15 10:00:48"
    )
}

/// The rows of a batch as text; null is `None`.
pub(super) fn texts(batch: &RecordBatch) -> Vec<Vec<Option<String>>> {
    let options = FormatOptions::default().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S"));
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| (column, ArrayFormatter::try_new(column.as_ref(), &options).expect("a formatter")))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let cells = columns.iter();
            cells.map(|(column, text)| column.is_valid(row).then(|| text.value(row).to_string())).collect()
        })
        .collect()
}

/// Everything a variant makes of a file.
pub(super) struct Outcome {
    pub(super) rows: Vec<Vec<Option<String>>>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) summary: Summary,
}

pub(super) fn run(variant: Variant, file: &[u8]) -> Result<Outcome, CleanError> {
    let mut batches = Batches::open(variant, file)?;
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    for cleaned in &mut batches {
        let cleaned = cleaned?;
        rows.extend(texts(&cleaned.batch));
        rejected.extend(cleaned.rejected);
    }
    let summary = batches.summary().clone();
    Ok(Outcome { rows, rejected, summary })
}

/// What becomes of rows below a good header: a line each.
fn told(variant: Variant, body: &str) -> String {
    let outcome = run(variant, format!("{HEADER}{body}").as_bytes()).expect("a good header");
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
    let rows = outcome.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|"));
    let rejected = outcome.rejected.iter().map(|rejected| {
        let Rejected { row_number, event_id, reason, detail, .. } = rejected;
        format!("row {row_number} {event_id:?} {reason}: {detail}")
    });
    let losses = outcome.summary.losses.iter().map(|(loss, count)| format!("{}: {count}", loss.code()));
    rows.chain(rejected).chain(losses).collect::<Vec<_>>().join("\n")
}

fn check(variant: Variant, body: &str, expected: &Expect) {
    expected.assert_eq(&told(variant, body));
}

#[test]
fn all_three_date_forms_come_out_as_one_date() {
    let body = [row("1", "2024-01-26"), row("2", "2024/01/26"), row("3", "2024-01-26 19:30:00")].join("\n");
    check(
        Variant::Correct,
        &body,
        &expect![[r#"
        1|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847495.00|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        2|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847495.00|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        3|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847495.00|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed"#]],
    );
}

#[test]
fn the_workshop_loses_a_third_of_the_dates_and_a_dong_without_a_word() {
    let body = [row("1", "2024-01-26"), row("2", "2024/01/26"), row("1", "2024-01-26 19:30:00")].join("\n");
    check(
        Variant::AsTaught,
        &body,
        &expect![[r#"
        1|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847496.0|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        2|Dev Camp 66|Meetup|NULL|Ha Noi|Vietnam|FCJ Community|112|39847496.0|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        1|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847496.0|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        date-became-null: 1
        revenue-rounded: 3"#]],
    );
}

#[test]
fn status_is_completed_only_with_revenue_above_zero() {
    let with = |id: &str, revenue: &str| row(id, "2024-01-26").replace("39847495.0", revenue);
    let body = [with("1", ""), with("2", "0.0"), with("3", "0.01")].join("\n");
    let outcome = run(Variant::Correct, format!("{HEADER}{body}").as_bytes()).expect("a good header");
    let money: Vec<_> = outcome.rows.iter().map(|row| (row[8].as_deref(), row[13].as_deref())).collect();
    let expected =
        [(None, Some("cancelled")), (Some("0.00"), Some("cancelled")), (Some("0.01"), Some("completed"))];
    assert_eq!(money, expected);
}

#[test]
fn each_refused_row_says_why_and_those_around_it_are_delivered() {
    let good = |id: &str| row(id, "2024-01-26");
    let body = [
        good("1"),
        good("x"),
        row("2", "soon"),
        good("3").replace("112.0", "112.5"),
        good("4").replace("39847495.0", "-1"),
        good("5").replace("2023-11-13", "13-11-2023"),
        good("6").replace("2023-11-15", "later"),
        "7,Dev Camp".to_owned(),
        format!("{},more", good("8")),
        good("9").replace("Dev", "\"Dev"),
        good("10"),
        good("1"),
    ]
    .join("\r\n");
    check(
        Variant::Correct,
        &body,
        &expect![[r#"
        1|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847495.00|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        10|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847495.00|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        row 2 None bad-event-id: event_id: `x`
        row 3 Some(2) bad-date: event_date: `soon`
        row 4 Some(3) bad-participant-count: participant_count: `112.5`
        row 5 Some(4) bad-revenue: ticket_revenue: `-1`
        row 6 Some(5) bad-created-at: created_at: `13-11-2023 10:00:48`
        row 7 Some(6) bad-updated-at: updated_at: `later 10:00:48`
        row 8 Some(7) wrong-field-count: 2 fields, expected 13
        row 9 Some(8) extra-column: 14 fields, expected 13
        row 10 Some(9) unterminated-quote: 
        row 12 Some(1) duplicate-event-id: event_id 1 again"#]],
    );
}

#[test]
fn the_workshop_keeps_broken_rows_with_nulls() {
    let good = |id: &str| row(id, "2024-01-26");
    let body = [
        good("x"),
        "7,Dev Camp".to_owned(),
        format!("{},more", good("8")),
        good("9").replace("Dev", "\"Dev"),
        good("10").replace("Dev Camp", "\"Dev\nCamp\""),
    ]
    .join("\n");
    check(
        Variant::AsTaught,
        &body,
        &expect![[r#"
        NULL|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847496.0|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        7|Dev Camp|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|cancelled
        8|Dev Camp 66|Meetup|2024-01-26|Ha Noi|Vietnam|FCJ Community|112|39847496.0|VND|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|completed
        9|Dev Camp 66,Meetup,2024-01-26,Ha Noi,Vietnam,FCJ Community,112.0,39847495.0,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|cancelled
        10|Dev|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|cancelled
        NULL|Meetup|2024-01-26|NULL|Vietnam|FCJ Community|112.0|39847495|NULL|Onsite|2023-11-13 10:00:48|2023-11-15 10:00:48|NULL|cancelled
        id-became-null: 2
        date-became-null: 1
        revenue-became-null: 1
        revenue-rounded: 2
        fields-missing: 4
        fields-dropped: 1"#]],
    );
}

#[test]
fn quoted_commas_quotes_and_newlines_are_part_of_a_name() {
    let body = row("1", "2024-01-26").replace("Dev Camp 66", "\"Dev, \"\"Camp\"\"\nngay 2\"");
    let outcome = run(Variant::Correct, format!("{HEADER}{body}\n").as_bytes()).expect("a good header");
    assert_eq!(outcome.rows[0][1].as_deref(), Some("Dev, \"Camp\"\nngay 2"));
}

#[test]
fn a_row_that_is_too_long_or_not_utf8_is_refused_and_cut() {
    let long = "ü".repeat(3 * ROW_BYTES_MAX);
    let mut file = format!("{HEADER}{}\n1,{long}\n", row("1", "2024-01-26")).into_bytes();
    file.extend_from_slice(b"2,\xFF\xFE,x\n");
    file.extend_from_slice(row("3", "2024-01-26").as_bytes());
    let outcome = run(Variant::Correct, &file).expect("a good header");
    let reasons: Vec<_> = outcome.rejected.iter().map(|r| (r.row_number, r.reason)).collect();
    assert_eq!(reasons, [(2, Reason::RowTooLong), (3, Reason::InvalidUtf8)]);
    assert_eq!(outcome.rows.len(), 2);
    assert!(outcome.rejected.iter().all(|r| r.raw.len() <= RAW_BYTES_MAX));
}

#[test]
fn a_file_is_refused_by_its_name_its_size_or_its_header() {
    let check = |name: &str, found: Result<(), FileReason>, code: &str| {
        assert_eq!(found.err().map_or("accepted", |reason| reason.code()), code, "{name}");
    };
    check("a csv", check_object("etl-input/event_data.csv", 10), "accepted");
    check("a marker", check_object("etl-input/", 0), "folder-marker");
    check("a text", check_object("etl-input/readme.txt", 10), "wrong-suffix");
    check("no bytes", check_object("etl-input/event_data.csv", 0), "empty-file");
    let head = |text: &str| check_head(text.as_bytes(), text.len() as u64);
    let rows = format!("{HEADER}1");
    check("good", head(&rows), "accepted");
    check("with a mark", head(&format!("\u{feff}{rows}")), "accepted");
    check("with CR LF", head(&rows.replace('\n', "\r\n")), "accepted");
    check("in quotes", head(&rows.replace("city", "\"city\"")), "accepted");
    check("empty", head(""), "empty-file");
    check("not text", check_head(b"\xFF\xFEe\0v\0", 6), "not-utf8");
    check("no header", head(&row("1", "2024-01-26")), "no-header");
    check("endless", head(&"x".repeat(2 * ROW_BYTES_MAX)), "no-header");
    check("missing", head(&rows.replace("city,", "")), "missing-columns");
    check("other name", head(&rows.replace("city", "town")), "missing-columns");
    check("unknown", head(&rows.replace("city", "city,town")), "unknown-columns");
    check("twice", head(&rows.replace("city", "city,city")), "duplicate-columns");
    check("order", head(&rows.replace("city,country", "country,city")), "column-order");
    check("no rows", head(HEADER), "no-rows");
    check("blank rows", head(&format!("{HEADER}\r\n\n")), "no-rows");
    check("rows beyond the head", check_head(HEADER.as_bytes(), 10_000), "accepted");
}

#[test]
fn cleaning_refuses_the_files_that_the_check_refuses() {
    for text in ["", HEADER, "a,b\n1,2\n", "\u{feff}"] {
        let checked = check_head(text.as_bytes(), text.len() as u64).err();
        let cleaned = match run(Variant::Correct, text.as_bytes()) {
            Err(CleanError::File(reason)) => Some(reason),
            _ => None,
        };
        assert!(checked.is_some(), "{text:?}");
        assert_eq!(cleaned, checked, "{text:?}");
    }
}

#[test]
fn a_mark_before_the_header_is_no_part_of_it() {
    let file = format!("\u{feff}{HEADER}{}", row("1", "2024-01-26"));
    for variant in Variant::ALL {
        let outcome = run(variant, file.as_bytes()).expect("a good header");
        assert_eq!(outcome.rows.len(), 1, "{variant}");
    }
}

#[test]
fn an_upload_replayed_writes_the_same_objects_and_an_appending_job_new_ones() {
    let body: Vec<String> = (1..=10).map(|id| row(&id.to_string(), "2024-01-26")).collect();
    let file = format!("{HEADER}{}\nx\n", body.join("\n"));
    let parts = |naming: Naming| -> Vec<Part> {
        let layout = Layout { naming, rows_per_file_max: 4, ..Layout::default() };
        let source = "s3://raw/etl-input/event_data.csv";
        let parts = Parts::open(Variant::Correct, source, file.as_bytes(), layout).expect("a good header");
        parts.map(|part| part.expect("a part")).collect()
    };
    let keys = |parts: &[Part]| {
        let lines: Vec<String> = parts.iter().map(|p| format!("{:?} {} {}", p.kind, p.key, p.rows)).collect();
        lines.join("\n")
    };
    let by_source = parts(Naming::BySource);
    expect![[r#"
        Rows transformed/part-00000-59a06707d457627b.snappy.parquet 4
        Rows transformed/part-00001-59a06707d457627b.snappy.parquet 4
        Rows transformed/part-00002-59a06707d457627b.snappy.parquet 2
        Rejects rejected/59a06707d457627b-00000.ndjson 1
        Summary summary/59a06707d457627b.json 11"#]]
    .assert_eq(&keys(&by_source));
    assert_eq!(by_source, parts(Naming::BySource));
    assert_ne!(keys(&parts(Naming::ByRun("jr_1".into()))), keys(&parts(Naming::ByRun("jr_2".into()))));
    let layout = Layout::default();
    let source = "s3://raw/etl-input/event_data.csv";
    let owned = by_source.iter().filter(|part| layout.is_of(&part.key, source)).count();
    assert_eq!(owned, 4, "three parts and the rejects");
    assert!(!layout.is_of(&by_source[0].key, "s3://raw/etl-input/other.csv"));
    let text = |part: &Part| String::from_utf8(part.body.to_vec()).expect("text");
    expect![[r#"
        {"source":"s3://raw/etl-input/event_data.csv","row_number":11,"event_id":null,"reason":"wrong-field-count","detail":"1 fields, expected 13","raw":"x"}
        {"source":"s3://raw/etl-input/event_data.csv","rows_read":11,"delivered":10,"rejected":{"wrong-field-count":1}}
    "#]].assert_eq(&(text(&by_source[3]) + &text(&by_source[4])));
}

#[test]
fn a_part_reads_back_as_the_rows_that_were_written() {
    let file = format!("{HEADER}{}\n{}", row("1", "2024-01-26"), row("2", "2024/01/27"));
    for variant in Variant::ALL {
        let source = "s3://raw/a.csv";
        let parts = Parts::open(variant, source, file.as_bytes(), Layout::default()).expect("a good header");
        let parts: Vec<Part> = parts.map(|part| part.expect("a part")).collect();
        let reader = ParquetRecordBatchReaderBuilder::try_new(parts[0].body.clone()).expect("Parquet");
        let batches: Vec<RecordBatch> =
            reader.build().expect("a reader").map(|batch| batch.expect("a batch")).collect();
        let written = run(variant, file.as_bytes()).expect("a good header").rows;
        assert_eq!(batches.iter().flat_map(texts).collect::<Vec<_>>(), written, "{variant}");
        assert_eq!(batches[0].column(0).as_primitive::<arrow::datatypes::Int64Type>().value(1), 2);
    }
}

#[test]
fn a_file_of_rejects_still_overwrites_the_part_of_its_last_upload() {
    let file = format!("{HEADER}x\n");
    let parts = Parts::open(Variant::Correct, "s3://raw/a.csv", file.as_bytes(), Layout::default());
    let kinds: Vec<(PartKind, u64)> =
        parts.expect("a good header").map(|part| part.expect("a part")).map(|p| (p.kind, p.rows)).collect();
    assert_eq!(kinds, [(PartKind::Rows, 0), (PartKind::Rejects, 1), (PartKind::Summary, 1)]);
}

#[test]
fn every_reason_has_a_code_of_its_own_and_both_sentences() {
    for reason in Reason::ALL {
        assert_eq!(Reason::of_code(reason.code()), Some(reason));
        assert!(reason.sentence_en().ends_with('.') && reason.sentence_vi().ends_with('.'));
    }
    assert_eq!(Reason::of_code("tired"), None);
}

#[test]
fn a_variant_is_known_by_its_name() {
    assert_eq!("as-taught".parse(), Ok(Variant::AsTaught));
    assert_eq!(Variant::AsTaught.to_string(), "as-taught");
    assert!("wrong".parse::<Variant>().is_err());
}
