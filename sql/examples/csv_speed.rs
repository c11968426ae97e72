//! How long a GROUP BY over a million-row, 13-column CSV takes. Run with `--release`; prints the best and median of 9.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use wavetank_sql::{
    Catalog, Column, Engine, ObjectMeta, Objects, ObjectsError, Partition, RunOptions, Table, athena_rows,
    parse,
};

#[derive(Debug)]
struct OneFile(Bytes);

impl Objects for OneFile {
    fn list(&self, _: &str, _: &str) -> Result<Vec<ObjectMeta>, ObjectsError> {
        Ok(vec![ObjectMeta {
            key: "events/data.csv".into(),
            size: self.0.len() as u64,
            last_modified_ms: 0,
            etag: String::new(),
        }])
    }
    fn get(&self, _: &str, _: &str) -> Result<Bytes, ObjectsError> {
        Ok(self.0.clone())
    }
    fn get_range(&self, _: &str, _: &str, range: Range<u64>) -> Result<Bytes, ObjectsError> {
        Ok(self.0.slice(range.start as usize..range.end as usize))
    }
}

#[derive(Debug)]
struct OneTable(Table);

impl Catalog for OneTable {
    fn databases(&self) -> Vec<String> {
        vec!["db".into()]
    }
    fn tables(&self, _: &str) -> Vec<String> {
        vec!["events".into()]
    }
    fn table(&self, _: &str, name: &str) -> Option<Table> {
        (name == "events").then(|| self.0.clone())
    }
    fn partitions(&self, _: &str, _: &str) -> Vec<Partition> {
        vec![]
    }
}

const NAMES: [&str; 13] = [
    "event_id",
    "event_name",
    "event_type",
    "event_date",
    "city",
    "country",
    "organizer",
    "participant_count",
    "ticket_revenue",
    "currency",
    "sales_channel",
    "created_at",
    "updated_at",
];

fn file(rows: usize) -> Bytes {
    let kinds = ["Conference", "Hackathon", "Meetup", "Webinar", "Workshop"];
    let cities = [
        "Ha Noi",
        "Ho Chi Minh City",
        "Da Nang",
        "Bangkok",
        "Chiang Mai",
        "Kuala Lumpur",
        "Penang",
        "Singapore",
        "Can Tho",
    ];
    let mut out = format!("{}\n", NAMES.join(","));
    for i in 0..rows {
        let n = i.wrapping_mul(2_654_435_761) >> 7;
        out.push_str(&format!(
            "{},Dev Camp {},{},2024-01-{:02},{},Vietnam,FCJ Community {},{}.0,{}.0,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48\n",
            1001 + i, n % 1000, kinds[n % 5], n % 28 + 1, cities[n % 9], n % 5, n % 500, n % 90_000_000
        ));
    }
    out.into()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = file(1_000_000);
    let typed = |n: &&str| {
        Column::new(
            *n,
            match *n {
                "event_id" => "bigint",
                "participant_count" | "ticket_revenue" => "double",
                _ => "string",
            },
        )
    };
    let table = Table {
        database: "db".into(),
        name: "events".into(),
        columns: NAMES.iter().map(typed).collect(),
        location: Some("s3://b/events/".into()),
        serde_parameters: BTreeMap::from([("field.delim".into(), ",".into())]),
        parameters: BTreeMap::from([("skip.header.line.count".into(), "1".into())]),
        ..Table::default()
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "file: {} MB", bytes.len() / 1_000_000)?;
    let (catalog, objects): (Arc<dyn Catalog>, Arc<dyn Objects>) =
        (Arc::new(OneTable(table)), Arc::new(OneFile(bytes)));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let start = Instant::now();
    let engine = Engine::default();
    let options = RunOptions { database: "db".into(), ..RunOptions::default() };
    runtime.block_on(engine.run(&parse("SELECT 1")?, &options, catalog.clone(), objects.clone()))?;
    writeln!(out, "first query: {:.1} ms", start.elapsed().as_secs_f64() * 1e3)?;
    for sql in [
        "SELECT event_type, count(*), sum(ticket_revenue) FROM events GROUP BY event_type ORDER BY 1",
        "SELECT city, event_type, avg(participant_count) FROM events WHERE ticket_revenue > 1000 GROUP BY city, event_type ORDER BY 1, 2",
        "SELECT count(*) FROM events",
        "SELECT count(DISTINCT event_name), min(updated_at), max(event_id) FROM events",
    ] {
        let statement = parse(sql)?;
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..9 {
            let start = Instant::now();
            let outcome =
                runtime.block_on(engine.run(&statement, &options, catalog.clone(), objects.clone()))?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            rows = athena_rows(&outcome).len();
        }
        times.sort_by(f64::total_cmp);
        writeln!(out, "best {:6.1} ms  median {:6.1} ms  {rows} rows  {sql}", times[0], times[4])?;
    }
    Ok(())
}
