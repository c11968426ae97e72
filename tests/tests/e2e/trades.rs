//! The promises of `trades`: while functions fail after they have written, the aggregates are those of the newest versions,
//! and every message is accounted for; without conditions they are not, and the report says why.

use wavetank::client::Aws;
use wavetank::progress::Silent;
use wavetank::report::Lang;
use wavetank::target::{Endpoint, Pace};
use wavetank::{Report, RunOptions, Tank, tables};
use wavetank_scenarios::Scenario;
use wavetank_tests::run;
use wavetank_tests::served::{Served, python_has, skips};
use wavetank_types::Anomaly;
use wavetank_wire::logs::{FilterLogEvents, FilterLogEventsInput};

const REGION: &str = "ap-southeast-1";

fn options(seed: u64, rows: u64) -> RunOptions {
    RunOptions { seed, rows: Some(rows), ..RunOptions::default() }
}

fn naive(seed: u64) -> RunOptions {
    RunOptions { variant: Some("naive".to_owned()), ..options(seed, 1_000) }
}

async fn report(options: &RunOptions) -> (Tank, Report) {
    let (tank, report) = run("trades", options).await;
    (tank, report.unwrap_or_else(|error| panic!("{error}")))
}

/// How many runs of a function the fault has failed.
async fn failed_runs(tank: &Tank, function: &str) -> usize {
    let input = FilterLogEventsInput {
        log_group_name: Some(format!("/aws/lambda/{function}")),
        filter_pattern: Some("Fault".to_owned()),
        ..FilterLogEventsInput::default()
    };
    Aws::new(tank, REGION).call::<FilterLogEvents>(input).await.unwrap().events.unwrap_or_default().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn aggregates_are_those_of_the_newest_versions_whatever_fails() {
    for (seed, rows) in [(1, 1_000), (2, 700), (7, 1_000), (1_000_003, 3_000)] {
        let (tank, report) = report(&options(seed, rows)).await;
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        assert!(report.ledger.generated > rows && report.ledger.accounted() == report.ledger.generated);
        assert!(report.queries.len() == 3 && report.queries.iter().all(|query| query.ok == Some(true)));
        for function in ["trades-state", "trades-map", "trades-reduce"] {
            assert!(failed_runs(&tank, function).await > 0, "{function} never failed with seed {seed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_conditions_the_aggregates_are_wrong_and_the_report_says_why_in_both_languages() {
    for seed in [1, 2, 7] {
        let (_, report) = report(&naive(seed)).await;
        assert!(!report.is_ok());
        let cause = |name: &str| {
            let finding = report.findings.iter().find(|finding| finding.name == name).unwrap();
            assert!(finding.is_failed(), "{finding:?}");
            finding.cause.clone().unwrap()
        };
        let (conserved, oracle) = (cause("conserved"), cause("oracle"));
        assert!(conserved.en.contains("an older version overwrote a newer one"), "{conserved:?}");
        assert!(conserved.vi.contains("phiên bản cũ đã ghi đè phiên bản mới"), "{conserved:?}");
        assert!(oracle.en.contains("called again with the same batch, and counted it again"), "{oracle:?}");
        assert!(oracle.vi.contains("bị lỗi sau khi đã ghi"), "{oracle:?}");
        assert!(report.ledger.anomalies.keys().any(|anomaly| *anomaly != Anomaly::Phantom));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_report_and_the_same_items() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let (tank, report) = report(&options(seed, 500)).await;
        let mut items = Vec::new();
        for table in ["trades-state", "trades-deltas", "trades-aggregates"] {
            items.push(tables::scan(Aws::new(&tank, REGION), table).await.unwrap());
        }
        runs.push((report.to_text(Lang::Vi), report.to_json().to_string(), items));
    }
    assert!(runs[0].2.iter().all(|items| items.len() > 10));
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0].0, runs[2].0);
}

#[test]
fn the_template_has_the_functions_of_the_folder() {
    let scenario = Scenario::open("trades").unwrap();
    let template = scenario.file("template.yaml");
    for function in ["state", "map", "reduce"] {
        let indented =
            |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("          {line}\n") };
        let code: String = scenario.file(&format!("functions/{function}.py")).lines().map(indented).collect();
        assert!(template.contains(&code), "functions/{function}.py differs from what template.yaml has");
    }
}

#[test]
fn the_python_functions_give_what_their_native_twins_give() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let scenario = Scenario::open("trades").unwrap();
    let options = options(7, 300);
    let (python, native) = lab.runtime.block_on(async {
        let tank = Endpoint::tank(lab.address.port(), Pace::Tank).await.unwrap();
        let python = wavetank::run(&scenario, &tank, &options, &Silent).await.unwrap();
        (python, report(&options).await.1)
    });
    assert!(python.is_ok(), "{}", python.to_text(Lang::En));
    assert_eq!(python.queries, native.queries);
    assert_eq!(python.ledger, native.ledger);
}
