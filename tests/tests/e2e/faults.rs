//! Faults as a test says them: each kind does to calls, runs and tasks what its name says, and a rule that would meet nothing is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use serde_json::Value;
use wavetank::{Context, Rule, Tank, Task, seconds};

#[wavetank::test]
async fn entries_are_refused_one_by_one_and_the_call_succeeds(tank: Tank) {
    let kinesis = tank.kinesis();
    kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    tank.settle().await;
    let guard = tank.fault(Rule::refuse_entries("kinesis:PutRecords", 0.5));
    let entry = |number: u32| {
        let entry = PutRecordsRequestEntry::builder().partition_key(number.to_string());
        entry.data(Blob::new("x")).build().unwrap()
    };
    let put =
        || kinesis.put_records().stream_name("s").set_records(Some((0..100).map(entry).collect())).send();
    let answer = put().await.unwrap();
    let refused: Vec<&str> = answer.records().iter().filter_map(|record| record.error_code()).collect();
    assert!((20..80).contains(&refused.len()), "{}", refused.len());
    assert!(refused.iter().all(|code| *code == "ProvisionedThroughputExceededException"), "{refused:?}");
    drop(guard);
    assert_eq!(put().await.unwrap().failed_record_count(), Some(0));
}

#[wavetank::test]
async fn a_run_fails_before_or_after_its_work_or_is_stopped_at_its_timeout(tank: Tank) {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let work = tank.function("work", async move |_: Value, _: Context| {
        Ok::<_, &str>(counter.fetch_add(1, Ordering::SeqCst) + 1)
    });
    work.create().await.unwrap();
    for (rule, error, worked) in [
        (Rule::crash_before("work"), "before its work", 0),
        (Rule::crash("work"), "after its work", 1),
        (Rule::time_out("work"), "Task timed out after 3.00 seconds", 1),
        (Rule::time_out_after("work"), "Task timed out after 3.00 seconds", 2),
    ] {
        let guard = tank.fault(rule);
        let failed = work.invoke::<u32>(&0).await.unwrap_err().to_string();
        assert!(failed.contains(error), "{failed}");
        assert_eq!(runs.load(Ordering::SeqCst), worked, "{failed}");
        drop(guard);
    }
    assert_eq!(work.invoke::<u32>(&0).await.unwrap(), 3);
}

#[wavetank::test]
async fn a_run_is_slow_or_is_delivered_twice(tank: Tank) {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let work = tank.function("work", async move |_: Value, _: Context| {
        Ok::<_, &str>(counter.fetch_add(1, Ordering::SeqCst))
    });
    work.create().await.unwrap();
    let guard = tank.fault(Rule::slow_run("work", seconds(2)));
    let start = tank.now();
    work.invoke::<u32>(&0).await.unwrap();
    assert!(tank.now().since(start) >= seconds(2));
    drop(guard);
    let before = runs.load(Ordering::SeqCst);
    let _guard = tank.fault(Rule::redeliver("*").times(1));
    work.invoke::<u32>(&0).await.unwrap();
    tank.settle().await;
    work.invoke::<u32>(&0).await.unwrap();
    tank.settle().await;
    assert_eq!(runs.load(Ordering::SeqCst) - before, 3, "twice the first time, then once");
}

#[wavetank::test]
async fn queries_fail_as_often_as_the_rule_says_or_take_longer(tank: Tank) {
    let guard = tank.fault(Rule::fail_task(Task::Query).times(1));
    let failed = tank.athena("SELECT 1").await.unwrap_err().to_string();
    assert!(failed.contains("a fault of the test"), "{failed}");
    assert_eq!(tank.athena("SELECT 1").await.unwrap().value(), "1");
    drop(guard);
    let _guard = tank.fault(Rule::slow_task(Task::Query, seconds(40)));
    let start = tank.now();
    assert_eq!(tank.athena("SELECT 1").await.unwrap().value(), "1");
    assert!(tank.now().since(start) >= seconds(40));
}

#[test]
fn a_rule_that_can_meet_nothing_is_refused_with_the_nearest_name() {
    let check = |rule: Rule, expected: &str| {
        let refused = std::panic::catch_unwind(|| drop(Tank::new().fault(rule))).unwrap_err();
        assert_eq!(refused.downcast_ref::<String>().map(String::as_str), Some(expected));
    };
    let wrong = "s3 has no operation `PutObjekt`; did you mean `PutObject`?";
    check(Rule::throttle("s3:PutObjekt"), wrong);
    check(Rule::throttle("kinesiss"), "no service is named `kinesiss`; did you mean `kinesis`?");
    let wrong = "entries are refused of dynamodb:BatchWriteItem, firehose:PutRecordBatch, kinesis:PutRecords, \
                 sqs:SendMessageBatch alone";
    check(Rule::refuse_entries("kinesis:PutRecord", 0.5), wrong);
    let wrong = "a share is between 0.0 and 1.0, not 1.5";
    check(Rule::refuse_entries("kinesis:PutRecords", 1.5), wrong);
    check(Rule::delay("s3:PutObject", seconds(1)), "calls of S3 cannot be delayed");
}
