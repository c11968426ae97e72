//! Properties: the fast splitter against a naive one, CSV out and back, no bytes that panic, pruning that only prunes.

use std::collections::BTreeMap;

use crate::lake::Lake;
use proptest::prelude::*;
use wavetank_sql::{Column, Engine, EngineOptions, athena_csv};

const LAZY: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const SERDES: [&str; 4] = [
    LAZY,
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
];

/// Fields of a line the plain way: split, take by place, nothing more.
fn naive(file: &str, columns: usize) -> Vec<Vec<Option<String>>> {
    let mut lines: Vec<&str> = file.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    lines
        .iter()
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (0..columns).map(|i| fields.get(i).filter(|f| **f != "\\N").map(ToString::to_string)).collect()
        })
        .collect()
}

fn text_table(lake: &Lake, columns: usize) {
    let names: Vec<String> = (0..columns).map(|i| format!("c{i}")).collect();
    let typed: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "string")).collect();
    let mut table = lake.table("t", &typed, LAZY);
    table.serde_parameters.insert("field.delim".into(), ",".into());
    lake.replace(table);
}

/// Cells of a CSV as Athena writes it; an unquoted empty field is NULL.
fn read_csv(text: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = vec![];
    let mut row: Vec<Option<String>> = vec![];
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        let mut cell = None;
        if chars.next_if_eq(&'"').is_some() {
            let mut inside = String::new();
            while let Some(c) = chars.next() {
                if c == '"' && chars.next_if_eq(&'"').is_none() {
                    break;
                }
                inside.push(c);
            }
            cell = Some(inside);
        }
        row.push(cell);
        if chars.next() == Some('\n') {
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any projection of any text gives what the naive splitter gives.
    #[test]
    fn the_splitter_equals_the_naive_model(file in "([a-c,\\\\N\"é ]|\n){0,200}", mask in 1usize..15) {
        let mut lake = Lake::default();
        text_table(&lake, 4);
        lake.put("t/a", file.clone());
        let wanted: Vec<usize> = (0..4).filter(|i| mask & (1 << i) != 0).collect();
        let names: Vec<String> = wanted.iter().map(|i| format!("c{i}")).collect();
        let found = lake.ask(&format!("SELECT {} FROM t", names.join(", ")));
        let model: Vec<String> = naive(&file, 4).iter()
            .map(|row| wanted.iter().map(|i| row[*i].clone().unwrap_or_else(|| "-".into())).collect::<Vec<_>>().join("|"))
            .collect();
        prop_assert_eq!(found, model.join("\n"));
    }

    /// What the CSV says reads back as the same values, NULL apart from the empty text.
    #[test]
    fn the_csv_reads_back(cells in prop::collection::vec(prop::option::of("[a\"',\n é|]{0,6}"), 1..12)) {
        let rows: Vec<String> = cells.iter()
            .map(|c| c.as_ref().map_or("CAST(NULL AS varchar)".into(), |t| format!("'{}'", t.replace('\'', "''"))))
            .map(|v| format!("({v}, 1)")).collect();
        let outcome = Lake::default().run(&format!("VALUES {}", rows.join(", ")), &[]).expect("runs");
        let text = String::from_utf8(athena_csv(&outcome).to_vec()).expect("is text");
        let read = read_csv(&text);
        let back: Vec<Option<String>> = read.iter().skip(1).map(|r| r[0].clone()).collect();
        prop_assert_eq!(back, cells);
    }

    /// A file of any bytes is rows or an error, in every format.
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), jsonish in "[{}\\[\\]\":,a1\n]{0,80}", which in 0usize..4, gz: bool) {
        let mut lake = Lake::default();
        lake.table("t", &[("a", "int"), ("b", "string"), ("c", "array<struct<x:int,y:map<string,double>>>"), ("d", "timestamp"), ("e", "decimal(10,2)")], SERDES[which]);
        lake.put(if gz { "t/a.gz" } else { "t/a" }, bytes);
        lake.put("t/b", jsonish);
        lake.ask("SELECT a, b, d, e FROM t");
        if which != 1 {
            lake.ask("SELECT * FROM t");
        }
    }

    /// Filters on partition columns give the same rows whether they choose partitions or filter rows.
    #[test]
    fn pruning_equals_filtering(days in prop::collection::btree_set(1u32..9, 1..6), low in 0u32..10, high in 0u32..10, hour in 0u32..4) {
        let mut lake = Lake::default();
        for day in &days {
            lake.put(&format!("t/d={day}/a"), format!("{day},{}\n", day % 3));
        }
        let mut table = lake.table("t", &[("v", "int"), ("h", "int")], LAZY);
        table.serde_parameters.insert("field.delim".into(), ",".into());
        table.partition_keys = vec![Column::new("d", "int")];
        lake.replace(table);
        lake.ask("MSCK REPAIR TABLE t");
        for filter in [format!("d BETWEEN {low} AND {high}"), format!("d = {low} OR d > {high}"), format!("d % 2 = 0 AND h <> {hour}"), format!("NOT (d < {low})")] {
            let pruned = lake.ask(&format!("SELECT v, d FROM t WHERE {filter} ORDER BY v"));
            // `v` holds what `d` holds, and a filter on it cannot prune.
            let filtered = lake.ask(&format!("SELECT v, d FROM t WHERE {} ORDER BY v", filter.replace("d ", "v ")));
            prop_assert_eq!(pruned, filtered, "{}", filter);
        }
    }

    /// The number of threads never shows in the result.
    #[test]
    fn threads_do_not_show(lines in prop::collection::vec("[a-d]{1,3},[0-9]{1,3}", 1..200)) {
        let answers: Vec<String> = [1, 4].iter().map(|threads| {
            let mut lake = Lake::default();
            lake.engine = Engine::new(EngineOptions { threads: *threads, ..EngineOptions::default() });
            text_table(&lake, 2);
            for (i, chunk) in lines.chunks(20).enumerate() {
                lake.put(&format!("t/{i:03}"), chunk.join("\n"));
            }
            lake.ask("SELECT c0, count(*), sum(TRY_CAST(c1 AS double)) FROM t GROUP BY c0")
        }).collect();
        prop_assert_eq!(&answers[0], &answers[1]);
    }
}

/// Grouping under a small memory limit spills and still answers.
#[test]
fn a_memory_limit_spills() {
    let mut lake = Lake::with(EngineOptions {
        threads: 1,
        partitions: 1,
        memory_bytes_max: Some(4 << 20),
        ..EngineOptions::default()
    });
    text_table(&lake, 2);
    let mut model: BTreeMap<String, u32> = BTreeMap::new();
    let mut file = String::new();
    for i in 0..60_000u32 {
        let key = format!("key-{:05}", i.wrapping_mul(2_654_435_761) % 30_000);
        file.push_str(&format!("{key},{i}\n"));
        *model.entry(key).or_default() += 1;
    }
    lake.put("t/a", file);
    let found = lake.ask("SELECT c0, count(*) FROM t GROUP BY c0 ORDER BY c0");
    let wanted: Vec<String> = model.iter().map(|(k, n)| format!("{k}|{n}")).collect();
    assert!(found == wanted.join("\n"), "{}", found.chars().take(300).collect::<String>());
}
