//! The promises of `event-revenue`: every row accounted for, right answers, the same bytes for the same seed, and a
//! workshop's silent losses found by name.

use std::collections::BTreeMap;

use bytes::Bytes;
use wavetank::check::Verdict;
use wavetank::defects::DefectList;
use wavetank::report::Lang;
use wavetank::run::Brought;
use wavetank::{Report, RunOptions, Tank, minutes};
use wavetank_tests::run;
use wavetank_types::Anomaly;

async fn report(options: RunOptions) -> Report {
    run("event-revenue", &options).await.1.unwrap_or_else(|error| panic!("{error}"))
}

fn seeded(seed: u64) -> RunOptions {
    RunOptions { seed, ..RunOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_accounted_for_and_every_answer_right() {
    for seed in [1, 2, 7, 1_000_003] {
        let report = report(seeded(seed)).await;
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        assert_eq!(report.ledger.generated, 60);
        assert!(report.queries.len() == 7 && report.queries.iter().all(|query| query.ok == Some(true)));
        assert!(
            report.cost.usd() > 0.1,
            "ten G.2X workers for a minute cost more than {}",
            report.cost.usd()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_defect_is_refused_for_its_own_reason_and_nothing_else_is_lost() {
    let text = "duplicate=0.05,malformed=0.05,wrong-type=0.05,extra-column=0.05,quoted=0.1,bom,crlf";
    let defects: DefectList = text.parse().unwrap();
    let report = report(RunOptions { rows: Some(2_000), defects, ..seeded(3) }).await;
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    assert_eq!(report.ledger.generated, 2_100);
    let reasons: Vec<&str> = report.ledger.rejected.keys().map(String::as_str).collect();
    for reason in ["duplicate-event-id", "extra-column", "wrong-field-count", "unterminated-quote"] {
        assert!(reasons.contains(&reason), "{reasons:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workshops_own_job_fails_its_checks_and_the_report_says_why() {
    let report = report(RunOptions { variant: Some("as-taught".to_owned()), ..seeded(7) }).await;
    assert!(!report.is_ok());
    let conserved = report.findings.iter().find(|finding| finding.name == "conserved").unwrap();
    assert_eq!(conserved.verdict, Verdict::Failed);
    assert!(
        conserved
            .examples
            .iter()
            .any(|example| example.en.contains("event_date") && example.en.contains("is null")),
        "{conserved:?}"
    );
    assert!(conserved.cause.as_ref().unwrap().en.contains("NULL"), "{conserved:?}");
    assert!(report.ledger.anomalies.contains_key(&Anomaly::Mutated));
    assert!(report.queries.iter().any(|query| query.ok == Some(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_bytes_in_every_bucket_and_in_the_report() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (tank, report) = run("event-revenue", &seeded(7)).await;
        let report = report.unwrap();
        let objects: BTreeMap<String, String> = objects(&tank).await;
        assert!(objects.len() > 10, "{objects:?}");
        runs.push((report.to_text(Lang::En), report.to_json().to_string(), objects));
    }
    assert_eq!(runs[0].2, runs[1].2);
    assert_eq!(runs[0].0, runs[1].0);
    assert_eq!(runs[0].1, runs[1].1);
    let (_, other) = run("event-revenue", &seeded(8)).await;
    assert_ne!(other.unwrap().to_text(Lang::En), runs[0].0);
}

/// Every object of the account with its entity tag.
async fn objects(tank: &Tank) -> BTreeMap<String, String> {
    let s3 = tank.in_region("ap-southeast-1").s3();
    let mut found = BTreeMap::new();
    for bucket in s3.list_buckets().send().await.unwrap().buckets() {
        let bucket = bucket.name().unwrap();
        let listing = s3.list_objects_v2().bucket(bucket).send().await.unwrap();
        for object in listing.contents() {
            found.insert(format!("{bucket}/{}", object.key().unwrap()), object.e_tag().unwrap().to_owned());
        }
    }
    found
}

const HEADER: &str = "event_id,event_name,event_type,event_date,city,country,organizer,participant_count,ticket_revenue,currency,sales_channel,created_at,updated_at";

fn brought(body: &str) -> RunOptions {
    let body = Bytes::from(body.to_owned());
    RunOptions { brought: Some(Brought { name: "mine.csv".to_owned(), body }), ..seeded(7) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brought_file_is_accounted_for_without_a_truth() {
    let body = format!(
        "{HEADER}\n\
         1001,Dev Camp 66,Meetup,2024-01-26,Ha Noi,Vietnam,FCJ Community,112.0,39847495.0,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48\n\
         1002,Dev Camp 67,Meetup,2024/01/27,Ha Noi,Vietnam,FCJ Community,,,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48\n\
         1001,Dev Camp 66,Meetup,2024-01-26,Ha Noi,Vietnam,FCJ Community,112.0,39847495.0,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48\n\
         1003,Dev Camp 68,Meetup,yesterday,Ha Noi,Vietnam,FCJ Community,112.0,1.0,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48\n"
    );
    let report = report(brought(&body)).await;
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    assert_eq!((report.ledger.generated, report.ledger.delivered), (4, 2));
    let rejected: Vec<(&str, u64)> =
        report.ledger.rejected.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(rejected, [("bad-date", 1), ("duplicate-event-id", 1)]);
    let oracle = report.findings.iter().find(|finding| finding.name == "oracle").unwrap();
    assert_eq!(oracle.verdict, Verdict::NotRun);
    assert_eq!(
        report.queries[0].rows,
        [["VND", "2", "1", "39847495.00"].map(|field| Some(field.to_owned())).to_vec()]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_says_which_reason_the_function_logged() {
    let (_, report) = run("event-revenue", &brought("id,name\n1,a\n")).await;
    let error = report.unwrap_err().to_string();
    assert!(error.contains("no run of job `event-revenue-clean`"), "{error}");
    assert!(error.contains("refused s3://") && error.contains("hint:"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_replaces_a_worse_one_leaves_nothing_of_it_behind() {
    let row = |id: u32, date: &str| {
        format!(
            "{id},Dev Camp 66,Meetup,{date},Ha Noi,Vietnam,FCJ Community,112.0,1.0,VND,Onsite,2023-11-13 10:00:48,2023-11-15 10:00:48\n"
        )
    };
    let worse = format!("{HEADER}\n{}{}", row(1001, "2024-01-26"), row(1002, "yesterday"));
    let (tank, report) = run("event-revenue", &brought(&worse)).await;
    assert!(report.unwrap().is_ok());
    let rejects = |objects: &BTreeMap<String, String>| -> Vec<String> {
        objects.keys().filter(|key| key.ends_with(".ndjson")).cloned().collect()
    };
    let before = objects(&tank).await;
    assert_eq!(rejects(&before).len(), 1, "{before:?}");
    let source = before.keys().find(|key| key.ends_with("/mine.csv")).unwrap();
    let (bucket, key) = source.split_once('/').unwrap();
    let better = format!("{HEADER}\n{}", row(1001, "2024-01-26"));
    let upload = tank.in_region("ap-southeast-1").s3().put_object().bucket(bucket).key(key);
    upload.body(better.into_bytes().into()).send().await.unwrap();
    tank.settle_within(minutes(10)).await;
    let after = objects(&tank).await;
    assert_ne!(before.get(source), after.get(source));
    assert!(rejects(&after).is_empty(), "{after:?}");
}
