//! Streams: batches, their order, and what failure makes of them.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use wavetank_wire::{WireError, lambda as api};

use super::lab::{DEAD, Lab, STREAM, Seen};
use crate::world::Undelivered;

type Input = api::CreateEventSourceMappingInput;

/// Fails whenever it sees a record whose text starts with `!`.
fn picky(seen: &Seen) -> Result<Value, String> {
    match seen.texts.iter().find(|text| text.starts_with('!')) {
        Some(text) => Err(text.clone()),
        None => Ok(Value::Null),
    }
}

/// Reports the records whose text starts with `!`.
fn reporting(seen: &Seen) -> Result<Value, String> {
    let failed = seen.texts.iter().zip(&seen.sequences).filter(|(text, _)| text.starts_with('!'));
    let items: Vec<Value> = failed.map(|(_, id)| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": items }))
}

/// Puts these texts to one shard, maps it, lets a time pass, and shows every attempt and what was given up.
fn check(
    function: fn(&Seen) -> Result<Value, String>,
    texts: &str,
    change: fn(&mut Input),
    secs: u64,
    expected: Expect,
) {
    let mut lab = Lab::new(1, function);
    for text in texts.split(' ') {
        lab.put(0, text, text);
    }
    lab.map(change);
    lab.advance(secs);
    expected.assert_eq(&report(&lab));
}

/// A sequence number of the lab without what all have in common.
fn short(sequence: &str) -> &str {
    sequence.trim_start_matches("49").trim_start_matches('0')
}

fn report(lab: &Lab) -> String {
    let mut lines = lab.lines.clone();
    lines.extend(lab.dead.iter().map(|document| {
        let info = &document["KinesisBatchInfo"];
        let end = |name: &str| short(info[name].as_str().unwrap_or_default()).to_owned();
        let context = &document["requestContext"];
        let count = context["approximateInvokeCount"].as_u64().unwrap_or_default();
        format!(
            "given up {}..{} ({} records) after {count}: {}",
            end("startSequenceNumber"),
            end("endSequenceNumber"),
            info["batchSize"],
            context["condition"].as_str().unwrap_or_default(),
        )
    }));
    for it in lab.blocked() {
        lines.push(format!(
            "blocked at {} ({} records) after {}: {}",
            it.key, it.records, it.attempts, it.remedy
        ));
    }
    lines.join("\n")
}

fn dead_letters(input: &mut Input) {
    let on_failure = Some(api::OnFailure { destination: Some(DEAD.to_owned()) });
    input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
}

#[test]
fn records_come_in_batches_in_order() {
    check(
        picky,
        "a b c d e",
        |input| input.batch_size = Some(2),
        5,
        expect![[r#"
              2.0 [a b] null
              2.0 [c d] null
              2.0 [e] null"#]],
    );
}

#[test]
fn a_window_gathers_what_arrives_in_it() {
    let mut lab = Lab::new(1, picky);
    lab.map(|input| {
        input.batch_size = Some(3);
        input.maximum_batching_window_in_seconds = Some(10);
    });
    lab.put(0, "k", "a");
    lab.advance(4);
    lab.put(0, "k", "b");
    lab.advance(10);
    for text in ["c", "d", "e", "f"] {
        lab.put(0, "k", text);
    }
    lab.advance(20);
    expect![[r#"
         13.0 [a b] null
         17.0 [c d e] null
         27.0 [f] null"#]]
    .assert_eq(&report(&lab));
    assert!(lab.is_at_rest(), "an idle mapping waits for the stream's signal");
}

#[test]
fn a_failing_batch_is_the_same_to_the_byte_at_every_attempt() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "!a");
    lab.put(0, "k", "b");
    lab.map(|_| {});
    lab.put(0, "k", "c");
    lab.advance(120);
    let payloads: BTreeSet<_> = lab.seen.iter().map(|seen| seen.bytes.clone()).collect();
    assert_eq!((payloads.len(), lab.seen.len()), (1, 7));
}

#[test]
fn a_poison_record_blocks_its_shard_and_the_mapping_says_which() {
    check(
        picky,
        "a !b c",
        |input| input.batch_size = Some(1),
        100,
        expect![[r#"
            2.0 [a] null
            2.0 [!b] failed: !b
            3.0 [!b] failed: !b
            5.0 [!b] failed: !b
            9.0 [!b] failed: !b
            17.0 [!b] failed: !b
            33.0 [!b] failed: !b
            65.0 [!b] failed: !b
            blocked at !b (1 records) after 7: the function must succeed on it; set MaximumRetryAttempts to give it up sooner"#]],
    );
}

#[test]
fn a_batch_is_given_up_after_its_retries() {
    check(
        picky,
        "a !b c d",
        |input| {
            input.batch_size = Some(3);
            input.maximum_retry_attempts = Some(2);
            dead_letters(input);
        },
        60,
        expect![[r#"
            2.0 [a !b c] failed: !b
            3.0 [a !b c] failed: !b
            5.0 [a !b c] failed: !b
            5.0 [d] null
            given up 1..3 (3 records) after 3: RetryAttemptsExhausted"#]],
    );
}

#[test]
fn bisecting_finds_the_record_and_does_not_count_as_an_attempt() {
    check(
        picky,
        "a b c !d e",
        |input| {
            input.bisect_batch_on_function_error = Some(true);
            input.maximum_retry_attempts = Some(1);
            dead_letters(input);
        },
        60,
        expect![[r#"
            2.0 [a b c !d e] failed: !d
            3.0 [a b] null
            3.0 [c !d e] failed: !d
            4.0 [c] null
            4.0 [!d e] failed: !d
            5.0 [!d] failed: !d
            7.0 [!d] failed: !d
            7.0 [e] null
            given up 4..4 (1 records) after 2: RetryAttemptsExhausted"#]],
    );
}

#[test]
fn reported_failures_move_the_checkpoint_to_the_lowest_and_count_anew() {
    check(
        reporting,
        "a b !c d !e f",
        |input| {
            input.function_response_types = Some(vec!["ReportBatchItemFailures".to_owned()]);
            input.maximum_retry_attempts = Some(1);
            dead_letters(input);
        },
        60,
        expect![[r#"
            2.0 [a b !c d !e f] {"batchItemFailures":[{"itemIdentifier":"49000000000000000000000000000000000000000000000000000003"},{"itemIdentifier":"49000000000000000000000000000000000000000000000000000005"}]}
            3.0 [!c d !e f] {"batchItemFailures":[{"itemIdentifier":"49000000000000000000000000000000000000000000000000000003"},{"itemIdentifier":"49000000000000000000000000000000000000000000000000000005"}]}
            5.0 [!c d !e f] {"batchItemFailures":[{"itemIdentifier":"49000000000000000000000000000000000000000000000000000003"},{"itemIdentifier":"49000000000000000000000000000000000000000000000000000005"}]}
            given up 3..6 (4 records) after 2: RetryAttemptsExhausted"#]],
    );
}

#[test]
fn without_the_response_type_reports_are_not_read() {
    check(
        reporting,
        "a !b",
        |_| {},
        60,
        expect![[
            r#"2.0 [a !b] {"batchItemFailures":[{"itemIdentifier":"49000000000000000000000000000000000000000000000000000002"}]}"#
        ]],
    );
}

#[test]
fn what_is_too_old_is_given_up_and_the_rest_goes_on() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "old1");
    lab.put(0, "k", "old2");
    lab.advance(70);
    lab.put(0, "k", "new");
    lab.map(|input| {
        input.maximum_record_age_in_seconds = Some(60);
        dead_letters(input);
    });
    lab.advance(10);
    expect![[r#"
        72.0 [new] null
        given up 1..2 (2 records) after 1: RecordAgeExceeded"#]]
    .assert_eq(&report(&lab));
    expect![[r#"
        {
          "requestContext": {
            "requestId": "ed3e4da3-5df4-45c4-9034-53a516166362",
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "condition": "RecordAgeExceeded",
            "approximateInvokeCount": 1
          },
          "version": "1.0",
          "timestamp": "2026-01-05T00:01:12.000Z",
          "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": "49000000000000000000000000000000000000000000000000000001",
            "endSequenceNumber": "49000000000000000000000000000000000000000000000000000002",
            "approximateArrivalOfFirstRecord": "2026-01-05T00:00:01.000Z",
            "approximateArrivalOfLastRecord": "2026-01-05T00:00:01.000Z",
            "batchSize": 2,
            "streamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
          }
        }"#]]
    .assert_eq(&format!("{:#}", lab.dead[0]));
}

/// What became of records that were given up, as `wavetank status` tells it.
fn told(lab: &Lab) -> String {
    let tell = |it: &Undelivered| {
        let numbers = format!("{}..{}", short(&it.first), short(&it.last));
        let retry = it.retry.map_or("never again", |_| "tried again");
        format!("{numbers} ({} records) asked {} times, {retry}: {}", it.records, it.attempts, it.cause)
    };
    lab.undelivered().iter().map(tell).collect::<Vec<String>>().join("\n")
}

#[test]
fn a_destination_that_is_busy_is_asked_again_and_nothing_is_lost() {
    let mut lab = Lab::new(1, picky);
    let busy = || WireError::server("ServiceUnavailable", "busy");
    lab.refusals = vec![busy(), WireError::client("ThrottlingException", "slow down")];
    lab.put(0, "k", "!a");
    lab.put(0, "k", "b");
    lab.map(|input| {
        input.maximum_retry_attempts = Some(0);
        input.batch_size = Some(1);
        dead_letters(input);
    });
    expect!["1..1 (1 records) asked 1 times, tried again: ThrottlingException: slow down"]
        .assert_eq(&told(&lab));
    lab.advance(10);
    assert!(lab.is_at_rest());
    assert_eq!((lab.dead.len(), told(&lab).as_str()), (1, ""));
}

#[test]
fn what_a_destination_refuses_is_kept_by_name_and_the_shard_goes_on() {
    let gone = || WireError::client("AccessDenied", "no");
    let busy = || WireError::server("ServiceUnavailable", "busy");
    for refusals in [vec![gone()], vec![busy(), busy(), busy()]] {
        let mut lab = Lab::new(1, picky);
        let (asked, cause) = (refusals.len(), refusals[0].to_string());
        lab.refusals = refusals;
        lab.put(0, "k", "!a");
        lab.put(0, "k", "b");
        let uuid = lab.map(|input| {
            input.maximum_retry_attempts = Some(0);
            input.batch_size = Some(1);
            dead_letters(input);
        });
        lab.update(&uuid, |input| input.batch_size = Some(2)).expect("it is allowed");
        lab.advance(20);
        assert_eq!(told(&lab), format!("1..1 (1 records) asked {asked} times, never again: {cause}"));
        assert_eq!(lab.seen.last().map(|seen| seen.texts.clone()), Some(vec!["b".to_owned()]));
        assert!(lab.is_at_rest() && lab.dead.is_empty());
        let failures =
            lab.bench.readings().into_iter().filter(|line| line.contains("DestinationDeliveryFailures"));
        assert_eq!(failures.count(), 1, "AWS's only word of it");
        let input = api::DeleteEventSourceMappingInput { uuid };
        lab.call(api::Request::DeleteEventSourceMapping(input)).expect("it is there");
        lab.advance(5);
        assert_eq!(lab.undelivered().len(), 1, "it outlives its mapping");
    }
}

#[test]
fn what_is_given_up_without_a_destination_is_told_too() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "!a");
    lab.map(|input| input.maximum_retry_attempts = Some(0));
    lab.advance(10);
    expect!["1..1 (1 records) asked 0 times, never again: the mapping names no destination for failures"]
        .assert_eq(&told(&lab));
}

#[test]
fn a_bucket_gets_the_payload_too() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "!a");
    lab.map(|input| {
        input.maximum_retry_attempts = Some(0);
        let on_failure = Some(api::OnFailure { destination: Some("arn:aws:s3:::lake".to_owned()) });
        input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
    });
    lab.advance(10);
    expect![[r#"
        {
          "requestContext": {
            "requestId": "ed3e4da3-5df4-45c4-9034-53a516166362",
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 1
          },
          "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled"
          },
          "version": "1.0",
          "timestamp": "2026-01-05T00:00:02.000Z",
          "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": "49000000000000000000000000000000000000000000000000000001",
            "endSequenceNumber": "49000000000000000000000000000000000000000000000000000001",
            "approximateArrivalOfFirstRecord": "2026-01-05T00:00:01.000Z",
            "approximateArrivalOfLastRecord": "2026-01-05T00:00:01.000Z",
            "batchSize": 1,
            "streamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
          },
          "payload": "{\"Records\":[{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":\"k\",\"sequenceNumber\":\"49000000000000000000000000000000000000000000000000000001\",\"data\":\"IWE=\",\"approximateArrivalTimestamp\":1767571201.000},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"shardId-000000000000:49000000000000000000000000000000000000000000000000000001\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":\"arn:aws:iam::000000000000:role/lambda\",\"awsRegion\":\"us-east-1\",\"eventSourceARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/clicks\"}]}",
          "key": "aws/lambda/7eb3620f-5e94-40d8-9b39-e5829bdf1051/shardId-000000000000/2026/01/05/2026-01-05T00.00.02-d8a769d9-3ab1-4387-bdd3-15f38ef3e50c"
        }"#]].assert_eq(&format!("{:#}", lab.dead[0]));
}

#[test]
fn a_factor_keeps_order_per_key_and_one_key_does_not_block_all() {
    let mut lab = Lab::new(1, picky);
    for (key, text) in
        [("a", "!a1"), ("b", "b1"), ("c", "c1"), ("a", "a2"), ("b", "b2"), ("c", "c2"), ("d", "d1")]
    {
        lab.put(0, key, text);
    }
    lab.map(|input| {
        input.parallelization_factor = Some(10);
        input.batch_size = Some(1);
    });
    lab.advance(3);
    expect![[r#"
        2.0 [d1] null
        2.0 [!a1] failed: !a1
        2.0 [c1] null
        2.0 [b1] null
        2.0 [c2] null
        2.0 [b2] null
        3.0 [!a1] failed: !a1
        5.0 [!a1] failed: !a1
        blocked at a (1 records) after 3: the function must succeed on it; set MaximumRetryAttempts to give it up sooner"#]].assert_eq(&report(&lab));
}

#[test]
fn children_wait_for_the_last_record_of_their_parents() {
    let mut lab = Lab::new(2, picky);
    lab.map(|input| {
        input.batch_size = Some(1);
        input.maximum_retry_attempts = Some(3);
    });
    lab.put(0, "a", "!a1");
    lab.put(1, "b", "b1");
    let child = lab.reshard(&[0, 1], 1);
    lab.put(child, "a", "a2");
    lab.put(child, "b", "b2");
    lab.advance(60);
    expect![[r#"
        3.0 [!a1] failed: !a1
        3.0 [b1] null
        4.0 [!a1] failed: !a1
        6.0 [!a1] failed: !a1
        10.0 [!a1] failed: !a1
        10.0 [a2] null
        10.0 [b2] null"#]]
    .assert_eq(&report(&lab));
    assert!(lab.is_at_rest());
}

#[test]
fn latest_starts_when_the_mapping_is_enabled_and_survives_being_idle() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "before");
    lab.map(|input| input.starting_position = Some("LATEST".to_owned()));
    lab.advance(3_600);
    lab.put(0, "k", "after");
    lab.advance(5);
    expect!["3602.0 [after] null"].assert_eq(&report(&lab));
}

#[test]
fn a_timestamp_is_where_reading_starts() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "before");
    lab.advance(10);
    let at = lab.bench.now;
    lab.put(0, "k", "at");
    lab.map(|input| {
        input.starting_position = Some("AT_TIMESTAMP".to_owned());
        input.starting_position_timestamp = Some(at);
    });
    expect!["12.0 [at] null"].assert_eq(&report(&lab));
}

#[test]
fn the_checkpoint_survives_disabling_and_updating() {
    let mut lab = Lab::new(1, picky);
    let uuid = lab.map(|input| input.batch_size = Some(1));
    for text in ["a", "!b", "c"] {
        lab.put(0, "k", text);
    }
    lab.advance(4);
    let mut states = vec![lab.state(&uuid)];
    lab.update(&uuid, |input| input.enabled = Some(false)).expect("it is enabled");
    states.push(lab.state(&uuid));
    lab.advance(10);
    states.push(lab.state(&uuid));
    lab.put(0, "k", "d");
    lab.advance(1_000);
    lab.update(&uuid, |input| {
        input.enabled = Some(true);
        input.maximum_retry_attempts = Some(0);
        input.batch_size = Some(2);
    })
    .expect("it is disabled");
    states.push(lab.state(&uuid));
    lab.advance(10);
    states.push(lab.state(&uuid));
    expect![[r#"
        3.0 [a] null
        3.0 [!b] failed: !b
        4.0 [!b] failed: !b
        6.0 [!b] failed: !b
        1017.0 [!b c] failed: !b
        1017.0 [d] null
        Enabled, PROBLEM: Function call failed
        Disabling, PROBLEM: Function call failed
        Disabled, PROBLEM: Function call failed
        Enabling, PROBLEM: Function call failed
        Enabled, OK"#]]
    .assert_eq(&format!("{}\n{}", report(&lab), states.join("\n")));
}

#[test]
fn filters_drop_records_before_they_make_a_batch() {
    let mut lab = Lab::new(1, picky);
    for text in [r#"{"kind":"a","n":1}"#, r#"{"kind":"b"}"#, "text", r#"{"kind":"a","n":2}"#] {
        lab.put(0, "k", text);
    }
    let uuid = lab.map(|input| {
        let pattern = Some(r#"{"data":{"kind":["a"]}}"#.to_owned());
        input.filter_criteria = Some(api::FilterCriteria { filters: Some(vec![api::Filter { pattern }]) });
    });
    expect![[r#"2.0 [{"kind":"a","n":1} {"kind":"a","n":2}] null"#]].assert_eq(&report(&lab));
    lab.update(&uuid, |input| {
        let pattern = Some(r#"{"partitionKey":["k"]}"#.to_owned());
        input.filter_criteria = Some(api::FilterCriteria { filters: Some(vec![api::Filter { pattern }]) });
    })
    .expect("it is enabled");
    lab.advance(2);
    lab.put(0, "k", "plain");
    lab.put(0, "z", "other");
    lab.advance(2);
    assert_eq!(lab.seen.last().map(|seen| seen.texts.clone()), Some(vec!["plain".to_owned()]));
}

#[test]
fn a_throttled_function_is_tried_again_and_the_attempts_do_not_count() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "k", "a");
    let reserve = |n| {
        let input = api::PutFunctionConcurrencyInput {
            function_name: "f".to_owned(),
            reserved_concurrent_executions: n,
        };
        api::Request::PutFunctionConcurrency(input)
    };
    lab.call(reserve(0)).expect("zero is always left");
    lab.map(|input| {
        input.maximum_retry_attempts = Some(0);
        dead_letters(input);
    });
    lab.advance(30);
    let blocked = report(&lab);
    lab.call(reserve(5)).expect("there is room");
    lab.advance(60);
    expect![[r#"
        blocked at k (1 records) after 0: the function must succeed on it; it is given up after 1 more failed attempts
        33.0 [a] null"#]].assert_eq(&format!("{blocked}\n{}", report(&lab)));
}

#[test]
fn a_batch_stays_under_the_payload_limit() {
    let mut lab = Lab::new(1, |seen| Ok(json!(seen.bytes.len())));
    let text = "x".repeat(1_000_000);
    for _ in 0..9 {
        lab.put(0, "k", &text);
    }
    lab.map(|_| {});
    let sizes: Vec<(usize, bool)> =
        lab.seen.iter().map(|seen| (seen.texts.len(), seen.bytes.len() <= 6_291_456)).collect();
    assert_eq!(sizes, [(4, true), (4, true), (1, true)]);
}

#[test]
fn a_record_of_kinesis_has_the_members_of_aws_in_their_order() {
    let mut lab = Lab::new(1, picky);
    lab.put(0, "say \"k\"", "hello");
    lab.map(|_| {});
    expect![[r#"{"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"say \"k\"","sequenceNumber":"49000000000000000000000000000000000000000000000000000001","data":"aGVsbG8=","approximateArrivalTimestamp":1767571201.000},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000000:49000000000000000000000000000000000000000000000000000001","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::000000000000:role/lambda","awsRegion":"us-east-1","eventSourceARN":"arn:aws:kinesis:us-east-1:000000000000:stream/clicks"}]}"#]].assert_eq(&String::from_utf8_lossy(&lab.seen[0].bytes));
    assert!(lab.seen[0].event["Records"][0]["eventSourceARN"] == STREAM);
}
