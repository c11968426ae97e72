//! The answers and the truth, against a plain recount of the written files; and what the defects do.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::UInt64Type;
use serde_json::Value;

use super::*;
use crate::fashion_store::{Dirt, Funnel, Oracle, Part, Sent, StoreOptions, StoreProfile};
use crate::table::Rows;
use crate::write::write_rows;

/// All defects of clicks but drift.
fn sent_badly() -> Plan {
    let defects = Defects {
        late: share(0.05),
        out_of_order: share(0.04),
        producer_duplicate: share(0.03),
        consumer_duplicate: share(0.02),
        ..Defects::default()
    };
    Plan { defects, ..small() }
}

fn clickstream(store: &Store, format: Format, threads: usize) -> Vec<u8> {
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let mut out = Vec::new();
    let rows = Rows::InTurn(Box::new(store.clickstream()));
    let written = write_rows(&rows, format, threads, &mut out).expect("memory takes all");
    assert_eq!(written.bytes, out.len() as u64, "{format}");
    out
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("a line of JSON")).collect()
}

fn csv_rows(text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")).collect()
}

/// The answer of this name, as a map from the key's columns to the rest.
fn answer(oracle: &Oracle, name: &str, keys: usize) -> BTreeMap<Vec<String>, Vec<u64>> {
    let answer = oracle.answers().into_iter().find(|answer| answer.name == name).expect(name);
    let row = |row: Vec<String>| {
        assert_eq!(row.len(), answer.columns.len(), "{name}");
        let numbers = row[keys..].iter().map(|text| text.parse().expect(text)).collect();
        (row[..keys].to_vec(), numbers)
    };
    answer.rows.into_iter().map(row).collect()
}

/// Distinct clicks of a file, by event id: user, time, type, product.
fn distinct_clicks(lines: &[Value]) -> BTreeMap<u64, (u64, String, String, Option<u64>)> {
    let click = |line: &Value| {
        let text = |name: &str| line[name].as_str().expect(name).to_owned();
        let user = line["user_id"].as_u64().expect("a user");
        let event_id = line["event_id"].as_u64().expect("an event id");
        (event_id, (user, text("timestamp"), text("event_type"), line["product_id"].as_u64()))
    };
    lines.iter().map(click).collect()
}

#[test]
fn the_answers_are_those_of_a_recount_of_the_files() {
    let store = store(sent_badly());
    let oracle = Oracle::of(&store, NonZeroUsize::MIN);
    let clicks = distinct_clicks(&json_lines(&clickstream(&store, Format::Ndjson, 2)));
    assert_eq!(clicks.len() as u64, oracle.clicks);

    let products = csv_rows(&text(&store.products(), Format::Csv, 1));
    let kind_of: BTreeMap<u64, (String, String)> = products
        .iter()
        .map(|row| (row[0].parse().expect("an id"), (row[2].to_owned(), row[3].to_owned())))
        .collect();
    let orders = csv_rows(&text(&store.orders(), Format::Csv, 1));
    let details = csv_rows(&text(&store.order_details(), Format::Csv, 1));

    let mut interest: BTreeMap<Vec<String>, Vec<u64>> = BTreeMap::new();
    let mut of_kind: BTreeMap<Vec<String>, Vec<u64>> = BTreeMap::new();
    let mut stages: BTreeMap<Vec<String>, Vec<BTreeSet<u64>>> = BTreeMap::new();
    let mut hours: BTreeMap<Vec<String>, Vec<u64>> = BTreeMap::new();
    let mut add = |product: u64, place: usize, count: u64| {
        let (master, sub) = kind_of[&product].clone();
        interest.entry(vec![product.to_string()]).or_insert(vec![0; 3])[place] += count;
        of_kind.entry(vec![master, sub]).or_insert(vec![0; 3])[place] += count;
    };
    for (user, time, event_type, product) in clicks.values() {
        let (date, hour) = (time[..10].to_owned(), time[11..13].to_owned());
        hours.entry(vec![date.clone(), hour]).or_insert(vec![0])[0] += 1;
        let of_day = stages.entry(vec![date]).or_insert(vec![BTreeSet::new(); 4]);
        of_day[0].insert(*user);
        let place = match event_type.as_str() {
            "product_view" => 1,
            "add_to_cart" => 2,
            _ => continue,
        };
        of_day[place].insert(*user);
        add(product.expect("a product"), place - 1, 1);
    }
    let mut date_of = BTreeMap::new();
    let mut orders_of: BTreeMap<Vec<String>, Vec<u64>> = BTreeMap::new();
    for order in &orders {
        let date = order[2][..10].to_owned();
        stages.get_mut(&vec![date.clone()]).expect("a day")[3].insert(order[1].parse().expect("a user"));
        date_of.insert(order[0].to_owned(), date);
        orders_of.entry(vec![order[1].to_owned()]).or_insert(vec![0])[0] += 1;
    }
    let mut revenue: BTreeMap<Vec<String>, (BTreeSet<String>, u64, u64)> = BTreeMap::new();
    for line in &details {
        let (product, quantity): (u64, u64) = (line[1].parse().expect("id"), line[2].parse().expect("count"));
        let price: u64 = line[3].strip_suffix(".0").and_then(|price| price.parse().ok()).expect("a price");
        add(product, 2, quantity);
        let key = vec![date_of[&line[0]].clone(), kind_of[&product].0.clone()];
        let sum = revenue.entry(key).or_default();
        sum.0.insert(line[0].to_owned());
        sum.1 += quantity;
        sum.2 += quantity * price;
    }
    orders_of.retain(|_, orders| orders[0] >= 2);
    let revenue = revenue.into_iter().map(|(key, (orders, n, sum))| (key, vec![orders.len() as u64, n, sum]));
    let stages =
        stages.into_iter().map(|(date, users)| (date, users.iter().map(|u| u.len() as u64).collect()));

    assert_eq!(answer(&oracle, "interest_by_product", 1), interest);
    assert_eq!(answer(&oracle, "interest_by_sub_category", 2), of_kind);
    assert_eq!(answer(&oracle, "users_by_stage", 1), stages.collect());
    assert_eq!(answer(&oracle, "revenue_by_day_and_category", 2), revenue.collect());
    assert_eq!(answer(&oracle, "repeat_buyers", 1), orders_of);
    assert_eq!(answer(&oracle, "clicks_by_hour", 2), hours);
    let stages = |funnel: Funnel| [funnel.visited, funnel.viewed, funnel.carted, funnel.ordered];
    assert!(stages(oracle.sessions).is_sorted_by(|before, after| before > after), "{:?}", oracle.sessions);
    assert!(stages(oracle.funnel()).is_sorted_by(|before, after| before >= after), "{:?}", oracle.funnel());
}

#[test]
fn the_answers_do_not_depend_on_threads() {
    let store = store(small());
    let oracle = Oracle::of(&store, NonZeroUsize::MIN);
    assert_eq!(Oracle::of(&store, NonZeroUsize::new(3).expect("threads")), oracle);
    let of_orders = Oracle::of_orders(&store, NonZeroUsize::MIN);
    assert_eq!((of_orders.revenue, of_orders.orders_of_user), (oracle.revenue, oracle.orders_of_user));
}

#[test]
fn a_clickstream_is_the_same_bytes_on_one_and_three_threads_and_says_the_same_in_each_format() {
    let store = store(sent_badly());
    for format in Format::ALL {
        assert!(clickstream(&store, format, 1) == clickstream(&store, format, 3), "{format}");
    }
    let lines = json_lines(&clickstream(&store, Format::Ndjson, 2));
    let rows = csv_rows(&String::from_utf8(clickstream(&store, Format::Csv, 2)).expect("UTF-8"));
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        let member = |name: &str| match &line[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let members = ["user_id", "timestamp", "event_type", "product_id", "event_id"].map(member);
        assert_eq!(row.iter().collect::<Vec<_>>(), members);
        assert_eq!(line.as_object().expect("an object").len(), members.len());
    }
}

#[test]
fn defects_of_sending_are_as_many_as_asked_for_and_each_does_what_it_says() {
    let store = store(sent_badly());
    let received: Vec<Sent> = store.received().collect();
    let count = |sending| received.iter().filter(|sent| sent.sending == sending).count();
    assert_eq!(count(Sending::Late), 1_500);
    assert_eq!(count(Sending::OutOfOrder), 1_200);
    assert_eq!(count(Sending::ProducerDuplicate), 900);
    assert_eq!(count(Sending::ConsumerDuplicate), 600);
    assert_eq!(received.len(), 30_000 + 1_500);
    assert_eq!(store.sends().count(), 30_000 + 900, "a producer makes no consumer's duplicates");
    assert!(received.is_sorted_by_key(|sent| sent.second));
    let mut first_sequence: BTreeMap<u64, u64> = BTreeMap::new();
    let mut newest = 0;
    for sent in &received {
        let delay = sent.second - sent.click.second;
        let delays = match sent.sending {
            Sending::Plain => 0..=0,
            Sending::OutOfOrder => 1..=30,
            Sending::Late => 300..=7_200,
            Sending::ProducerDuplicate => 1..=10,
            Sending::ConsumerDuplicate => 1..=60,
        };
        assert!(delays.contains(&delay), "{sent:?}");
        match first_sequence.get(&sent.click.event_id) {
            None => assert!(!sent.sending.is_repeat(), "{sent:?}"),
            Some(first) => {
                assert!(sent.sending.is_repeat(), "{sent:?}");
                assert_eq!(sent.sequence == *first, sent.sending == Sending::ConsumerDuplicate);
            }
        }
        first_sequence.entry(sent.click.event_id).or_insert(sent.sequence);
        if sent.sending != Sending::ConsumerDuplicate {
            assert_eq!(sent.sequence, newest + 1, "sequence numbers count sendings");
            newest = sent.sequence;
        }
    }
    assert_eq!(first_sequence.len(), 30_000, "nothing is lost");
}

#[test]
fn the_truth_says_of_each_row_of_the_file_what_it_is() {
    let store = store(sent_badly());
    let lines = json_lines(&clickstream(&store, Format::Ndjson, 1));
    let mut truth = Vec::new();
    store.clickstream().write_truth(&mut truth).expect("memory takes all");
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes::Bytes::from(truth), 1_024);
    let (mut row_number, mut rejected) = (0, 0);
    for batch in reader.expect("a Parquet file") {
        let batch = batch.expect("a batch");
        let (numbers, ids) = (batch.column(0).as_primitive::<UInt64Type>(), batch.column(1));
        let ids = ids.as_primitive::<UInt64Type>();
        let (checksums, expected) = (batch.column(4).as_primitive::<UInt64Type>(), batch.column(5));
        let reasons = batch.column(6).as_string::<i32>();
        for row in 0..batch.num_rows() {
            let line = &lines[row_number];
            row_number += 1;
            assert_eq!(numbers.value(row), row_number as u64);
            assert_eq!(line["event_id"].as_u64(), Some(ids.value(row)));
            assert_eq!(checksums.value(row), store.click(ids.value(row)).checksum(&store).0);
            let is_rejected = expected.as_string::<i32>().value(row) == "rejected";
            assert_eq!(is_rejected, !reasons.is_null(row));
            rejected += usize::from(is_rejected);
        }
        if row_number > 3_000 {
            return;
        }
    }
    assert_eq!((row_number, rejected), (31_500, 1_500));
}

#[test]
fn after_its_instant_drift_renames_or_adds_and_before_it_does_not() {
    let defects = Defects { drift_renamed: share(0.5), drift_added: share(0.75), ..Defects::default() };
    let store = store(Plan { defects, ..small() });
    let (mut renamed, mut added) = (0, 0);
    for line in json_lines(&clickstream(&store, Format::Ndjson, 1)) {
        let time = line["timestamp"].as_str().expect("a time");
        assert_eq!(line.get("product").is_some(), time >= "2026-01-07 00:00:00", "{line}");
        assert_eq!(line.get("product_id").is_some(), time < "2026-01-07 00:00:00", "{line}");
        assert_eq!(line.get("device").is_some(), time >= "2026-01-07 12:00:00", "{line}");
        renamed += u64::from(line.get("product").is_some_and(Value::is_number));
        added += u64::from(line.get("device").is_some());
    }
    assert!(added > 0);
    let oracle = Oracle::of(&store, NonZeroUsize::MIN);
    assert_eq!((oracle.drifted, oracle.clicks), (renamed, 30_000 - renamed));
    let rows = Rows::InTurn(Box::new(store.clickstream()));
    assert!(write_rows(&rows, Format::Csv, NonZeroUsize::MIN, Vec::new()).is_err());
}

#[test]
fn dirty_rows_can_be_repaired_to_their_product() {
    let defects = Defects { dirty: share(0.1), ..Defects::default() };
    let plan = Plan { defects, ..Plan::of_products(400, Seed(7)) };
    let store = store(plan);
    let text = text(&store.products(), Format::Csv, 1);
    let mut kinds: BTreeMap<Dirt, u32> = BTreeMap::new();
    for (line, id) in text.lines().skip(1).zip(1..) {
        let product = store.product(id);
        let mut fields: Vec<&str> = line.split(',').collect();
        let count = fields.len();
        if let Some(dirt) = product.dirt {
            *kinds.entry(dirt).or_default() += 1;
        }
        let name = match product.dirt {
            Some(Dirt::BareComma) => {
                assert_eq!(count, 12);
                let name = fields[9..11].join(",");
                fields.remove(10);
                name
            }
            Some(Dirt::Trailing) => {
                assert!(count == 13 && line.ends_with(",,"));
                fields[9].to_owned()
            }
            _ => fields[9].to_owned(),
        };
        assert_eq!(name, product.product_display_name);
        assert_eq!(fields[10], format!("{}.0", product.item.price));
        assert_eq!(fields[7], product.year.map(|year| year.to_string()).unwrap_or_default());
        assert_eq!(fields[8], product.usage.unwrap_or("NA"));
    }
    assert_eq!(kinds, Dirt::ALL.into_iter().map(|dirt| (dirt, 10)).collect());
}

#[test]
fn american_users_have_addresses_of_two_lines_every_eighth_of_the_armed_forces() {
    let store = store(Plan { locale: Locale::Us, ..Plan::of_users(2_000, Seed(7)) });
    let rows = csv_rows(&text(&store.users(), Format::Csv, 1));
    assert!(rows.iter().all(|row| row[6].lines().count() == 2));
    let military = rows.iter().filter(|row| row[6].contains("\nAPO ") || row[6].contains("\nFPO ")).count();
    assert!((200..310).contains(&military), "{military} of 2,000");
    let names: BTreeSet<&str> = rows.iter().map(|row| &row[1]).collect();
    assert_eq!(names.len(), 2_000, "usernames are unique");
    let ages = rows.iter().map(|row| &row[8]);
    assert!(ages.clone().min() >= Some("1936-01-06") && ages.max() <= Some("2008-01-06"));
}

#[test]
fn parts_of_one_size_agree_with_the_whole() {
    let part = |part: Part, rows: u64| {
        let profile = StoreProfile::new(part, rows, Seed(7), Defects::default(), &StoreOptions::default());
        let profile = profile.expect("a part");
        let mut files = BTreeMap::new();
        for (name, rows) in profile.tables() {
            let mut out = Vec::new();
            write_rows(&rows, Format::Copy, NonZeroUsize::MIN, &mut out).expect("memory takes all");
            files.insert(name, out);
        }
        let mut truth = Vec::new();
        profile.write_truth_json(NonZeroUsize::MIN, &mut truth).expect("memory takes all");
        let truth: Value = serde_json::from_slice(&truth).expect("JSON");
        assert_eq!(truth["seed"], 7);
        (files, truth)
    };
    let (whole, truth) = part(Part::Whole, 20_000);
    assert_eq!(truth["answers"].as_array().map(Vec::len), Some(7));
    for (name, rows) in
        [(Part::Users, 200), (Part::Products, 500), (Part::Purchases, 400), (Part::Clickstream, 20_000)]
    {
        for (table, bytes) in part(name, rows).0 {
            assert!(whole[table] == bytes, "{table}");
        }
    }
}
