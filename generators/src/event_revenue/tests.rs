//! The profile: its first rows, its shares, its identities, its defects and its sums.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use expect_test::{Expect, expect};
use wavetank_types::Checksum;

use super::*;
use crate::defects::Share;
use crate::write::{Format, write};

fn share(fraction: f64) -> Share {
    Share::new(fraction).expect("a share")
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("a thread")
}

fn profile(rows: u64, defects: Defects) -> EventRevenue {
    EventRevenue::new(rows, Seed(7), defects).expect("defects that add up")
}

/// Every kind of defect at once, in a file of several chunks.
fn spoiled() -> EventRevenue {
    let defects = Defects {
        duplicate: share(0.02),
        malformed: share(0.01),
        wrong_type: share(0.012),
        extra_column: share(0.005),
        quoted: share(0.03),
        bom: true,
        ..Defects::default()
    };
    profile(20_000, defects)
}

fn csv(profile: &EventRevenue) -> String {
    let mut out = Vec::new();
    write(profile, Format::Csv, threads(1), &mut out).expect("memory takes all");
    String::from_utf8(out).expect("generated text is UTF-8")
}

fn check_first_lines(profile: &EventRevenue, expected: &Expect) {
    let text = csv(profile);
    let lines: Vec<&str> = text.lines().take(7).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn the_first_rows_of_seed_7_stay_as_they_are() {
    check_first_lines(
        &profile(60, Defects::default()),
        &expect![[r#"
        event_id,event_name,event_type,event_date,city,country,organizer,participant_count,ticket_revenue,currency,sales_channel,created_at,updated_at
        1053,Dev Camp 46,Webinar,2025-05-25 12:30:00,Singapore,Singapore,Lotus Data Guild,310.0,6331.57,USD,Sponsor,2025-03-24 03:26:20,2025-03-26 03:26:20
        1048,Mekong Summit 78,Workshop,2024/05/07,Ho Chi Minh City,Vietnam,Mekong Builders,349.0,0.0,VND,Sponsor,2024-01-17 10:15:31,2024-01-25 10:15:31
        1008,Dev Camp 93,Hackathon,2025/11/02,Kuala Lumpur,Malaysia,Mekong Builders,170.0,8422.58,USD,Online,2025-07-25 05:23:28,2025-07-28 05:23:28
        1056,Dev Camp 53,Conference,2025-06-23,Chiang Mai,Thailand,Cloud Kitchen SG,477.0,5077.3,USD,Sponsor,2025-03-09 01:45:53,2025-03-11 01:45:53
        1015,Dev Camp 90,Conference,2025-10-31 20:30:00,Penang,Malaysia,Mekong Builders,432.0,4240.24,USD,Onsite,2025-07-25 01:10:23,2025-08-04 01:10:23
        1022,Tet Code Fest 59,Conference,2024-01-05,Chiang Mai,Thailand,Mekong Builders,362.0,1589.77,USD,Sponsor,2023-09-20 21:14:42,2023-09-30 21:14:42"#]],
    );
}

#[test]
fn a_checksum_is_taken_from_the_canonical_text_of_the_cleaned_row() {
    let row = profile(60, Defects::default()).rows().next().expect("a row");
    let mut canonical = Canonical::default();
    let checksum = canonical.set(&row.record);
    let fields: Vec<Option<&str>> = canonical.fields().collect();
    expect![[r#"[Some("1053"), Some("Dev Camp 46"), Some("Webinar"), Some("2025-05-25"), Some("Singapore"), Some("Singapore"), Some("Lotus Data Guild"), Some("310"), Some("6331.57"), Some("USD"), Some("Sponsor"), Some("2025-03-24 03:26:20"), Some("2025-03-26 03:26:20"), Some("completed")]"#]].assert_eq(&format!("{fields:?}"));
    assert_eq!(checksum, Checksum::of_fields(fields.iter().copied()));
    assert_eq!(checksum, row.checksum());
}

#[test]
fn ids_are_unique_run_from_1001_and_lead_back_to_their_record() {
    let profile = profile(20_000, Defects::default());
    let ids: BTreeSet<i64> = profile.rows().map(|row| row.record.event_id).collect();
    assert_eq!(ids.first(), Some(&1_001));
    assert_eq!(ids.last(), Some(&21_000));
    assert_eq!(ids.len(), 20_000);
    for row in profile.rows() {
        assert_eq!(profile.index_of(row.record.event_id), Some(row.record.index));
    }
    assert_eq!((profile.index_of(1_000), profile.index_of(21_001)), (None, None));
}

#[test]
fn any_record_can_be_drawn_alone() {
    let profile = spoiled();
    for row in profile.rows().step_by(97) {
        assert_eq!(profile.record(row.record.index), row.record);
    }
}

#[test]
fn the_data_has_the_shares_and_ranges_that_the_workshop_has() {
    let profile = profile(30_000, Defects::default());
    let share_of =
        |what: fn(&Record) -> bool| profile.rows().filter(|row| what(&row.record)).count() as f64 / 30_000.0;
    let check = |name: &str, found: f64, expected: f64| {
        assert!((found - expected).abs() < 0.01, "{name}: {found}, expected {expected}");
    };
    check("dashes", share_of(|r| r.date_form == DateForm::Dashes), 1.0 / 3.0);
    check("dashes and time", share_of(|r| r.date_form == DateForm::DashesAndTime), 1.0 / 3.0);
    check("slashes", share_of(|r| r.date_form == DateForm::Slashes), 1.0 / 3.0);
    check("count null", share_of(|r| r.participant_count.is_none()), 0.03);
    check("revenue null", share_of(|r| r.revenue_cents.is_none()), 0.04);
    check("revenue zero", share_of(|r| r.revenue_cents == Some(0)), 0.03);
    check("cancelled", share_of(|r| r.status() == "cancelled"), 0.07);
    check("Vietnam", share_of(|r| r.place.country == "Vietnam"), 4.0 / 9.0);
    for row in profile.rows() {
        let record = row.record;
        assert!(record.created_at < record.updated_at, "{record:?}");
        assert!(record.updated_at < i64::from(record.event_day) * 86_400, "{record:?}");
        assert_eq!(record.place.currency == "VND", record.place.country == "Vietnam");
    }
}

#[test]
fn every_row_reads_back_from_csv_as_it_was_made() {
    let profile = profile(
        20_000,
        Defects { quoted: share(0.1), duplicate: share(0.05), crlf: true, ..Defects::default() },
    );
    let text = csv(&profile);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows = profile.rows();
    for record in reader.records() {
        let record = record.expect("a readable record");
        let row = rows.next().expect("as many rows as records");
        assert_eq!(record[0], row.record.event_id.to_string());
        assert_eq!(record[1], row.record.name.to_string());
        let cents = |text: &str| (text.parse::<f64>().expect(text) * 100.0).round() as i64;
        let revenue = (!record[8].is_empty()).then(|| cents(&record[8]));
        assert_eq!(revenue, row.record.revenue_cents);
    }
    assert_eq!(rows.next(), None);
}

#[test]
fn row_numbers_count_the_rows_of_the_file_without_gaps() {
    let profile = spoiled();
    let numbers: Vec<u64> = profile.rows().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=profile.rows_total()).collect::<Vec<u64>>());
}

#[test]
fn a_repeat_follows_what_it_repeats_and_is_the_same_bytes() {
    let profile = spoiled();
    let mut seen = BTreeMap::new();
    let mut far = 0;
    for row in profile.rows() {
        let what = (row.record, row.shape);
        match seen.get(&row.record.index) {
            None => assert!(!row.is_repeat, "{row:?}"),
            Some((original, _)) => assert!(row.is_repeat && *original == what, "{row:?}"),
        }
        let first = seen.entry(row.record.index).or_insert((what, row.number));
        far += u64::from(row.number > first.1 + CHUNK_RECORDS);
    }
    assert!(far > 0, "some repeats are further back than one chunk");
}

#[test]
fn defects_are_as_many_as_asked_for_and_each_has_its_fate() {
    let profile = spoiled();
    let oracle = Oracle::of(&profile, threads(2));
    let counts = &oracle.counts;
    assert_eq!(counts.rows, 20_400);
    assert_eq!(counts.rows, counts.delivered + counts.rejected_total());
    expect![[r#"
        {Duplicate: 400, Malformed: 200, WrongType: 240, ExtraColumn: 100, Quoted: 600, Bom: 1}
        {"bad-created-at": 39, "bad-date": 42, "bad-event-id": 42, "bad-participant-count": 39, "bad-revenue": 39, "bad-updated-at": 39, "duplicate-event-id": 400, "extra-column": 100, "unterminated-quote": 101, "wrong-field-count": 99}"#]].assert_eq(&format!("{:?}\n{:?}", counts.defects, counts.rejected));
}

#[test]
fn the_sums_do_not_depend_on_threads_and_agree_with_a_plain_count() {
    let profile = spoiled();
    let oracle = Oracle::of(&profile, threads(1));
    assert_eq!(Oracle::of(&profile, threads(3)), oracle);
    let by_currency = profile.group_by(|record| record.place.currency);
    assert_eq!(by_currency, oracle.by_currency);
    let delivered = profile.rows().filter(|row| row.expected() == Expected::Delivered);
    let cents: i128 = delivered.filter_map(|row| row.record.revenue_cents).map(i128::from).sum();
    assert_eq!(oracle.total.revenue, Cents(cents));
    for table in oracle.tables() {
        let events: u64 = table.rows.iter().map(|row| row.sums.events).sum();
        assert_eq!(events, oracle.counts.delivered, "{}", table.name);
    }
}

#[test]
fn the_top_events_are_those_of_a_sorted_list() {
    let profile = spoiled();
    let oracle = Oracle::of(&profile, threads(2));
    for currency in ["VND", "USD"] {
        let mut all: Vec<(i64, i64)> = profile
            .rows()
            .filter(|row| row.expected() == Expected::Delivered)
            .filter(|row| row.record.place.currency == currency)
            .filter_map(|row| Some((row.record.revenue_cents?, row.record.event_id)))
            .collect();
        all.sort_by_key(|(cents, id)| (std::cmp::Reverse(*cents), *id));
        let top: Vec<i64> = oracle.top(currency).iter().map(|event| event.event_id).collect();
        let sorted: Vec<i64> = all.iter().take(TOP_MAX).map(|(_, id)| *id).collect();
        assert_eq!(top, sorted, "{currency}");
    }
}

#[test]
fn the_truth_file_is_the_same_bytes_on_any_number_of_threads() {
    let profile = spoiled();
    let written = |count: usize| {
        let mut out = Vec::new();
        let written = write_truth_parquet(&profile, threads(count), &mut out).expect("memory");
        assert_eq!(written.rows, profile.rows_total());
        Checksum::of_bytes(&out)
    };
    assert_eq!(written(1), written(3));
}

#[test]
fn the_truth_json_says_the_counts_and_exact_amounts() {
    let profile = profile(60, Defects::default());
    let oracle = Oracle::of(&profile, threads(1));
    let mut out = Vec::new();
    write_truth_json(&profile, &oracle, &mut out).expect("memory");
    let truth: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(truth["counts"]["delivered"], 60);
    assert_eq!(truth["total"]["revenue"], oracle.total.revenue.to_string());
    assert_eq!(truth["groups"][0]["keys"][0], "currency");
}
