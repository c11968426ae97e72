//! Files: the same bytes on 1, 2 and 16 threads, a chunk alone as in the file, and refusals.

use wavetank_types::{Checksum, Seed};

use super::*;
use crate::EventRevenue;
use crate::defects::{Defects, Share};
use crate::fashion_store::Part;
use crate::registry::{PROFILES, Profile};

fn share(fraction: f64) -> Share {
    Share::new(fraction).expect("a share")
}

fn file(profile: &Profile, format: Format, threads: usize) -> Vec<u8> {
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let mut out = Vec::new();
    for (name, rows) in profile.tables() {
        let before = out.len();
        let written = write_rows(&rows, format, threads, &mut out).expect("memory takes all");
        assert_eq!(written.bytes, (out.len() - before) as u64, "{name} {format}");
    }
    out
}

#[test]
fn a_file_is_the_same_bytes_on_one_two_and_sixteen_threads() {
    for info in &PROFILES {
        // Two chunks at least; a row of the store stands for many clicks.
        let is_store = Part::ALL.iter().any(|part| part.name() == info.name);
        let rows = if is_store { 9_000 } else { 30_000 };
        let profile = Profile::open(info.name, Some(rows), Seed(7), Defects::default());
        let profile = profile.expect(info.name);
        for format in Format::ALL {
            let sums = [1, 2, 16].map(|n| Checksum::of_bytes(&file(&profile, format, n)));
            assert_eq!(sums[0], sums[1], "{} {format}", info.name);
            assert_eq!(sums[0], sums[2], "{} {format}", info.name);
        }
    }
}

#[test]
fn a_chunk_alone_is_its_part_of_the_file() {
    let defects = Defects {
        duplicate: share(0.03),
        malformed: share(0.02),
        quoted: share(0.02),
        crlf: true,
        ..Defects::default()
    };
    let table = EventRevenue::new(30_000, Seed(7), defects).expect("a profile");
    let profile = Profile::EventRevenue(table.clone());
    let style = table.file_style();
    let mut expected = csv::header(Table::columns(&table), style);
    let lines = |index| csv::lines(style, &table.chunk(index)).bytes;
    let mut chunks: Vec<(u64, Vec<u8>)> =
        (0..table.chunks()).rev().map(|index| (index, lines(index))).collect();
    chunks.sort();
    for (_, bytes) in chunks {
        expected.extend(bytes);
    }
    assert!(expected == file(&profile, Format::Csv, 3));
}

#[test]
fn ndjson_holds_numbers_bare_and_absent_values_as_null() {
    let profile = Profile::open("event-revenue", None, Seed(7), Defects::default());
    let bytes = file(&profile.expect("a profile"), Format::Ndjson, 1);
    let lines: Vec<serde_json::Value> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("a JSON line"))
        .collect();
    assert_eq!(lines.len(), 60);
    assert!(lines.iter().all(|line| line["event_id"].is_i64()));
    assert!(lines.iter().any(|line| line["ticket_revenue"].is_f64()));
    assert!(lines.iter().any(|line| line["ticket_revenue"].is_null()));
}

#[test]
fn defects_of_lines_are_refused_where_there_are_no_lines() {
    let some = share(0.1);
    let check = |name: &str, defects: Defects, refused: bool| {
        let profile = Profile::open("event-revenue", None, Seed(7), defects).expect(name);
        for format in [Format::Ndjson, Format::Parquet, Format::Copy] {
            let [(_, rows)] = &profile.tables()[..] else { panic!("one table") };
            let written = write_rows(rows, format, NonZeroUsize::MIN, Vec::new());
            assert_eq!(written.is_err(), refused, "{name} {format}");
        }
    };
    let none = Defects::default();
    check("malformed", Defects { malformed: some, ..none }, true);
    check("extra column", Defects { extra_column: some, ..none }, true);
    check("bom", Defects { bom: true, ..none }, true);
    check("crlf", Defects { crlf: true, ..none }, true);
    check("wrong type", Defects { wrong_type: some, ..none }, false);
    check("duplicate", Defects { duplicate: some, ..none }, false);
}

#[test]
fn a_format_is_known_by_its_name_or_a_files_extension() {
    let check = |path: &str, format: Option<Format>| assert_eq!(Format::of_path(path), format);
    check("x.csv", Some(Format::Csv));
    check("a.b/x.parquet", Some(Format::Parquet));
    check("x.txt", None);
    check("csv", None);
    assert!("xml".parse::<Format>().is_err());
}
