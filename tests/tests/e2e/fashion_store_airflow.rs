//! `fashion-store` with Airflow as its orchestrator: the answers of the scheduler's nights, and what is said of DAGs that are wrong.
//!
//! Needs an Apache Airflow with the amazon provider, of 2 or 3; skips aloud where there is none. `.ci/run` installs one.

use serde_json::json;
use wavetank::client::Aws;
use wavetank::progress::Silent;
use wavetank::report::Lang;
use wavetank::{Embedded, Orchestrator, OrdersPlace, Report, RunError, RunOptions, Tank};
use wavetank_emulator::executors::airflow::find_airflow;
use wavetank_emulator::executors::postgres;
use wavetank_emulator::world::{Rule, Verdict};
use wavetank_scenarios::Scenario;
use wavetank_types::{Seed, Timestamp};
use wavetank_wire::WireError;

const CLICKS: &str = "dags/fashion_store_clicks.py";

/// Whether there is no Airflow that has AWS's operators; says so.
fn no_airflow() -> bool {
    match find_airflow() {
        Ok(found) if found.amazon.is_some() => false,
        Ok(found) => {
            eprintln!("SKIPPED: Airflow {} has no amazon provider", found.version);
            true
        }
        Err(missing) => {
            eprintln!("SKIPPED: {missing}");
            true
        }
    }
}

/// The scenario, but that its five-minutely DAG runs once an hour: the same code, a twelfth of the runs.
fn hourly() -> Scenario {
    let mut scenario = Scenario::open("fashion-store").unwrap();
    change(&mut scenario, CLICKS, "*/5 * * * *", "0 * * * *");
    scenario
}

fn change(scenario: &mut Scenario, file: &str, from: &str, to: &str) {
    let text = scenario.files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replace(from, to);
}

fn options(orchestrator: Orchestrator) -> RunOptions {
    RunOptions { seed: 7, rows: Some(300), users: Some(80), orchestrator, ..RunOptions::default() }
}

async fn run(scenario: &Scenario, options: &RunOptions) -> (Tank, Result<Report, RunError>) {
    let tank = Tank::from(Embedded::new(Seed(options.seed)));
    let report = wavetank::run(scenario, &tank, options, &Silent).await;
    (tank, report)
}

async fn report(scenario: &Scenario, options: &RunOptions) -> Report {
    run(scenario, options).await.1.unwrap_or_else(|error| panic!("{error}"))
}

fn detail(report: &Report, check: &str) -> String {
    let found = report.findings.iter().find(|finding| finding.name == check);
    found.map(|finding| finding.detail.en.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn nights_by_airflow_give_the_answers_of_nights_by_the_scheduler_and_the_same_bytes_twice() {
    if no_airflow() {
        return;
    }
    let (mut texts, mut answers) = (Vec::new(), Vec::new());
    for by in [Orchestrator::Airflow, Orchestrator::Airflow, Orchestrator::Scheduler] {
        let report = report(&hourly(), &options(by)).await;
        let text = report.to_text(Lang::Vi) + &report.to_json().to_string();
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        assert_eq!(
            text.contains("Apache Airflow"),
            by == Orchestrator::Airflow,
            "the report says who orchestrated"
        );
        assert_eq!(report.replay.contains("--orchestrator airflow"), by == Orchestrator::Airflow);
        answers.push(report.to_json()["queries"].clone());
        let fates: Vec<String> = report.fates.fates().map(|fate| format!("{fate:?}")).collect();
        texts.push(text + &fates.join("\n"));
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(answers[0], answers[2]);
}

/// The scenario as it is: 288 runs of the five minutes' DAG and those of the three quarters of an hour after midnight.
#[tokio::test(flavor = "multi_thread")]
async fn a_dag_of_every_five_minutes_runs_on_each_of_them() {
    if no_airflow() {
        return;
    }
    let scenario = Scenario::open("fashion-store").unwrap();
    let report = report(&scenario, &options(Orchestrator::Airflow)).await;
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    let said = detail(&report, "dags");
    assert!(said.ends_with("fashion_store_daily runs 1"), "{said}");
    let runs = said.split([' ', ';']).find_map(|word| word.parse::<u32>().ok());
    assert!(runs.is_some_and(|runs| (288..300).contains(&runs)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_days_with_the_orders_in_postgresql_have_two_nights() {
    if no_airflow() {
        return;
    }
    let orders = match postgres::find(None) {
        Ok(_) => OrdersPlace::Rds,
        Err(missing) => {
            eprintln!("SKIPPED PostgreSQL: {missing}");
            OrdersPlace::Files
        }
    };
    let report = report(
        &hourly(),
        &RunOptions { rows: Some(2_000), days: Some(2), orders, ..options(Orchestrator::Airflow) },
    )
    .await;
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    assert!(detail(&report, "dags").ends_with("fashion_store_daily runs 2"), "{}", detail(&report, "dags"));
    assert!(detail(&report, "jobs").starts_with("2 of 2 "), "{}", detail(&report, "jobs"));
}

/// The client's own repetitions do not outlast the throttling; Airflow's, five minutes apart, do.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_call_is_throttled_is_tried_again_until_it_gets_through() {
    if no_airflow() {
        return;
    }
    let scenario = hourly();
    let target = Embedded::new(Seed(7));
    let throttled = WireError::client("ThrottlingException", "Rate exceeded");
    // From the first midnight in Ha Noi on, for 19 minutes.
    let from = Timestamp::from_secs(1_767_718_800);
    let until = from + std::time::Duration::from_secs(19 * 60);
    let rule = Rule { from, until, ..Rule::on("glue", "StartJobRun", Verdict::Fail(throttled)) };
    target.tank().with_world(|world| world.add_fault(rule));
    let report = wavetank::run(&scenario, &target, &options(Orchestrator::Airflow), &Silent).await.unwrap();
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    let asked = json!({ "logGroupName": "airflow-fashion-store-Task", "logStreamNamePrefix": "dag_id=fashion_store_daily" });
    let aws = Aws::new(&target, "ap-southeast-1");
    let found = aws.json(&wavetank_wire::logs::SERVICE, "DescribeLogStreams", &asked).await.unwrap();
    let streams: Vec<&str> = found["logStreams"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|stream| stream["logStreamName"].as_str())
        .collect();
    let tries = |task: &str| {
        streams.iter().filter(|name| name.contains(&format!("/task_id={task}/attempt="))).count()
    };
    assert_eq!((tries("export"), tries("clean"), tries("check")), (1, 3, 1), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_airflow_cannot_import_are_named_with_their_lines_before_anything_is_sent() {
    if no_airflow() {
        return;
    }
    let mut scenario = hourly();
    let head = "from airflow import DAG\nfrom airflow.providers.amazon.aws.operators.athena import AthenaOperator\n\n";
    let bad = [
        ("syntax", "with DAG('a'\n    pass\n", 4),
        ("import", "import nothing_of_this_name\n", 4),
        (
            "argument",
            "with DAG('b') as dag:\n    AthenaOperator(task_id='a', query='SELECT 1', database='d', colour=1)\n",
            5,
        ),
    ];
    for (name, text, _) in bad {
        scenario.files.insert(format!("dags/{name}.py"), format!("{head}{text}"));
    }
    let (tank, report) = run(&scenario, &options(Orchestrator::Airflow)).await;
    let error = report.unwrap_err();
    assert!(matches!(error, RunError::Airflow(_)), "{error:?}");
    let said = error.to_string();
    for (name, _, line) in bad {
        assert!(said.contains(&format!("fashion-store/dags/{name}.py:{line}: ")), "{said}");
    }
    assert!(said.contains("No module named 'nothing_of_this_name'") && said.contains("colour"), "{said}");
    let input = json!({ "StreamName": "fashion-ds" });
    let aws = Aws::new(&tank, "ap-southeast-1");
    let stream = aws.json(&wavetank_wire::kinesis::SERVICE, "DescribeStreamSummary", &input).await;
    assert!(stream.is_ok() && tank.now() < Timestamp::from_secs(1_767_632_400));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_raises_fails_the_run_with_the_end_of_its_own_log() {
    if no_airflow() {
        return;
    }
    let mut scenario = hourly();
    let print = "    print(f\"{len(found)} files under {prefix}\")\n";
    let raise = "    print(\"looking at the shelf\")\n    raise ValueError(\"the shelf is empty\")\n";
    change(&mut scenario, CLICKS, print, raise);
    let report = report(&scenario, &options(Orchestrator::Airflow)).await;
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.is_failed()).collect();
    assert_eq!(failed.iter().map(|finding| finding.name.as_str()).collect::<Vec<_>>(), ["dags"]);
    let examples: Vec<&str> = failed[0].examples.iter().map(|said| said.en.as_str()).collect();
    assert!(examples[0].starts_with("fashion_store_clicks, run scheduled__"), "{examples:#?}");
    assert!(examples.contains(&"task count_landed, try 1"), "{examples:#?}");
    assert_eq!(examples.last(), Some(&"ValueError: the shelf is empty"), "{examples:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_without_dags_is_told_so() {
    let scenario = Scenario::open("trades").unwrap();
    let error =
        run(&scenario, &RunOptions { orchestrator: Orchestrator::Airflow, ..RunOptions::default() }).await.1;
    let said = error.unwrap_err().to_string();
    assert_eq!(said, "scenario `trades` has no DAGs\nhint: leave out --orchestrator");
}
