//! `fashion-store` with its orders in RDS: the same answers as without, from a real PostgreSQL, and no process left.
//!
//! Needs a PostgreSQL; skips aloud where there is none. `.ci/run` installs it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use wavetank::report::Lang;
use wavetank::{OrdersPlace, RunOptions};
use wavetank_emulator::executors::postgres;
use wavetank_tests::run;

fn options(orders: OrdersPlace, defects: &str) -> RunOptions {
    let defects = defects.parse().unwrap();
    RunOptions { seed: 3, rows: Some(2_000), users: Some(80), orders, defects, ..RunOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_in_postgresql_give_the_answers_that_orders_in_files_give() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("skipped: {missing}");
        return;
    }
    let mut answers = Vec::new();
    for orders in [OrdersPlace::Rds, OrdersPlace::Files] {
        let report = run("fashion-store", &options(orders, "dirty=0.2")).await.1.unwrap();
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        let is_told = report.to_text(Lang::En).contains("a real PostgreSQL");
        assert_eq!(is_told, orders == OrdersPlace::Rds, "the report says where the orders were");
        let json = report.to_json();
        assert!(json["queries"].as_array().is_some_and(|queries| queries.len() == 7), "{json}");
        answers.push(json["queries"].clone());
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_is_caught_with_the_orders_in_postgresql_too() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("skipped: {missing}");
        return;
    }
    let variant = Some("price-as-integer".to_owned());
    let report =
        run("fashion-store", &RunOptions { variant, ..options(OrdersPlace::Rds, "") }).await.1.unwrap();
    let failed: Vec<&str> =
        report.findings.iter().filter(|it| it.is_failed()).map(|it| it.name.as_ref()).collect();
    assert!(failed.contains(&"nulls"), "{failed:?}");
}
