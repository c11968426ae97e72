//! The promises of `table-design`: every item is in the table as it was written, and each way of asking gives what the
//! generated shop says.

use wavetank::client::Aws;
use wavetank::report::Lang;
use wavetank::{RunOptions, tables};
use wavetank_tests::run;

fn options(seed: u64, rows: u64) -> RunOptions {
    RunOptions { seed, rows: Some(rows), ..RunOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_item_is_there_and_every_way_of_asking_is_right() {
    for (seed, rows) in [(1, 200), (2, 40), (7, 200), (1_000_003, 1_500)] {
        let report =
            run("table-design", &options(seed, rows)).await.1.unwrap_or_else(|error| panic!("{error}"));
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        assert!(report.ledger.generated > rows && report.ledger.delivered == report.ledger.generated);
        assert_eq!(report.queries.iter().filter(|query| query.ok == Some(true)).count(), 10);
        let sharded = report.queries.iter().find(|query| query.name == "orders-of-a-day").unwrap();
        assert!(!sharded.rows.is_empty(), "no order on the day that is asked for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_report_and_the_same_items() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let (target, report) = run("table-design", &options(seed, 100)).await;
        let items = tables::scan(Aws::new(&target, "ap-southeast-1"), "table-design").await.unwrap();
        runs.push((report.unwrap().to_json().to_string(), items));
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0].1, runs[2].1);
}
