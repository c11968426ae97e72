//! A pipeline of one's own, without Rust: the folder `examples/pipeline`, run as a user runs it, with its own Python.

use wavetank::progress::Silent;
use wavetank::report::Lang;
use wavetank::{Embedded, Report, RunOptions, Tank};
use wavetank_scenarios::Scenario;
use wavetank_tests::served::python_has;
use wavetank_types::{Anomaly, Seed};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/pipeline");

async fn report(variant: Option<&str>) -> Report {
    let scenario = Scenario::open(FOLDER).unwrap();
    let options = RunOptions { seed: 7, variant: variant.map(str::to_owned), ..RunOptions::default() };
    let tank = Tank::from(Embedded::new(Seed(7)));
    let ran = wavetank::run(&scenario, &tank, &options, &Silent).await;
    ran.unwrap_or_else(|error| panic!("{error}"))
}

fn failed<'a>(report: &'a Report, name: &str) -> &'a wavetank::check::Finding {
    report.findings.iter().find(|finding| finding.name == name && finding.is_failed()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_accounted_for_over_five_places_and_the_oracle_is_sql() {
    if !python_has("boto3") {
        return;
    }
    let report = report(None).await;
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    let ledger = &report.ledger;
    assert_eq!((ledger.generated, ledger.delivered, ledger.dlq), (120, 117, 1));
    assert_eq!(ledger.rejected.get("negative-amount"), Some(&2));
    let seen: Vec<(&str, u64)> =
        report.edges.iter().map(|edge| (edge.name.as_str(), edge.distinct)).collect();
    let expected = [("stream", 120), ("landing", 120), ("table", 117), ("refused", 2), ("dead-letters", 1)];
    assert_eq!(seen, expected);
    let names: Vec<&str> = report.findings.iter().map(|finding| finding.name.as_str()).collect();
    let changes = ["metamorphic: shuffle", "metamorphic: rebatch", "metamorphic: parameters"];
    assert!(changes.iter().all(|change| names.contains(change)), "{names:?}");
    assert_eq!(report.queries[0].ok, Some(true));
    let again = self::report(None).await;
    assert_eq!(report.to_text(Lang::Vi), again.to_text(Lang::Vi));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_drops_records_is_told_with_the_place_behind_which_they_went_missing() {
    if !python_has("boto3") {
        return;
    }
    let report = report(Some("forgetful")).await;
    let finding = failed(&report, "conserved");
    assert_eq!(report.ledger.anomalies[&Anomaly::Lost].count, 21);
    assert!(finding.examples[0].en.contains("order_id o-00"), "{finding:?}");
    let cause = finding.cause.as_ref().unwrap();
    assert!(
        cause.en.contains("seen last in landing") && cause.vi.contains("lần cuối ở landing"),
        "{cause:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_not_safe_to_repeat_shows_under_another_order_of_sending() {
    if !python_has("boto3") {
        return;
    }
    let report = report(Some("careless")).await;
    let finding = failed(&report, "metamorphic: shuffle");
    assert!(finding.examples[0].en.contains("delivered x1 becomes delivered x2"), "{finding:?}");
}

/// A scenario whose file goes into a bucket as one object, and whose records are looked for at `place`.
fn of_a_file(place: &str) -> (tempfile::TempDir, Scenario) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("a_file.v2");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let rows: String = (0..20).map(|number| format!("o-{number},{}\n", number * 3)).collect();
    write("orders.csv", &format!("order_id,amount\n{rows}"));
    write(
        "template.yaml",
        "Resources:\n  Lake:\n    Type: AWS::S3::Bucket\nOutputs:\n  Lake:\n    Value: !Ref Lake\n",
    );
    write(
        "scenario.toml",
        &format!(
            "summary = \"A file in a bucket.\"\ntemplate = \"template.yaml\"\nregion = \"us-east-1\"\n\
             [input]\nfile = \"orders.csv\"\nto = \"s3://${{Lake}}/in/orders.csv\"\n\
             [ledger]\nidentity = \"order_id\"\n[[edge]]\nname = \"in\"\nat = \"{place}\"\nends = \"delivered\"\n\
             [[check]]\nconserved = {{}}\n\
             [[check]]\nmetamorphic = {{ change = \"rebatch\", relation = \"same-records\" }}\n\
             [[check]]\nmetamorphic = {{ change = \"shuffle\", relation = \"same-records\" }}\n"
        ),
    );
    let scenario = Scenario::open(folder.to_str().unwrap()).unwrap();
    (temporary, scenario)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rows_of_a_file_are_all_that_is_sent_if_so_many_are_asked_for() {
    let (_folder, scenario) = of_a_file("s3://${Lake}/in/");
    let options = RunOptions { rows: Some(5), ..RunOptions::default() };
    let tank = Tank::from(Embedded::new(Seed(7)));
    let report = wavetank::run(&scenario, &tank, &options, &Silent).await.unwrap();
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    assert_eq!((report.rows, report.ledger.delivered, report.edges[0].records), (5, 5, 5));
    assert!(report.replay.ends_with(" --rows 5"), "{}", report.replay);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_batches_of_a_file_are_several_objects_beside_it() {
    let verdicts = async |place: &str| -> Vec<(String, bool)> {
        let (_folder, scenario) = of_a_file(place);
        let tank = Tank::from(Embedded::new(Seed(7)));
        let report = wavetank::run(&scenario, &tank, &RunOptions::default(), &Silent).await.unwrap();
        report.findings.iter().map(|finding| (finding.name.clone(), !finding.is_failed())).collect()
    };
    let named = |rebatch: bool| {
        vec![
            ("conserved".to_owned(), true),
            ("metamorphic: rebatch".to_owned(), rebatch),
            ("metamorphic: shuffle".to_owned(), true),
        ]
    };
    assert_eq!(verdicts("s3://${Lake}/in/").await, named(true));
    // Who reads that one object alone sees nothing of the others.
    assert_eq!(verdicts("s3://${Lake}/in/orders.csv").await, named(false));
}
