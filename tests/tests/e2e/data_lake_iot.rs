//! The promises of `data-lake-iot`: every event reaches the lake, and the join drops exactly those without a track.

use wavetank::RunOptions;
use wavetank::report::Lang;
use wavetank_tests::run;

fn options(seed: u64, rows: u64) -> RunOptions {
    RunOptions { seed, rows: Some(rows), ..RunOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_reaches_the_lake_and_every_answer_is_right() {
    for (seed, rows) in [(1, 600), (7, 45), (8, 5_000)] {
        let report =
            run("data-lake-iot", &options(seed, rows)).await.1.unwrap_or_else(|error| panic!("{error}"));
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        assert_eq!((report.ledger.generated, report.ledger.delivered), (rows, rows));
        let dropped = report.queries.iter().find(|query| query.name == "dropped-by-the-join").unwrap();
        assert!(dropped.rows.iter().all(|row| matches!(row[0].as_deref(), Some("0" | "30"))), "{dropped:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_report() {
    let mut texts = Vec::new();
    for seed in [7, 7, 8] {
        texts.push(run("data-lake-iot", &options(seed, 200)).await.1.unwrap().to_json().to_string());
    }
    assert_eq!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_for_a_scenario_of_records_is_refused() {
    let brought = wavetank::run::Brought { name: "mine.csv".to_owned(), body: "a\n".into() };
    let options = RunOptions { brought: Some(brought), ..options(1, 10) };
    let error = run("data-lake-iot", &options).await.1.unwrap_err().to_string();
    assert!(error.contains("--input") && error.contains("hint:"), "{error}");
}
