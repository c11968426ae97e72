//! Synchronous invocations.

use expect_test::{Expect, expect};
use wavetank_wire::logs;

use super::*;

async fn check(handler: &str, payload: Value, expected: Expect) {
    let tank = tank().build();
    create(&tank, "f", handler).await;
    expected.assert_eq(&shown(&tank, "f", &payload).await);
}

#[tokio::test]
async fn a_native_function_answers_and_its_log_has_the_lines_of_aws() {
    check("test.echo", json!({ "a": 1 }), expect![[r#"
        200 $LATEST ok {"a":1}
        START RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Version: $LATEST
        got {"a":1}
        END RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814
        REPORT RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814\tDuration: 1.85 ms\tBilled Duration: 45 ms\tMemory Size: 128 MB\tMax Memory Used: 24 MB\tInit Duration: 42.18 ms\t
    "#]]).await;
}

#[tokio::test]
async fn an_error_is_the_payload_and_the_call_succeeds() {
    check("test.raise", json!({}), expect![[r#"
        200 $LATEST Unhandled {"errorMessage":"bad row 7","errorType":"ValueError"}
        START RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Version: $LATEST
        [ERROR] ValueError: bad row 7
        END RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814
        REPORT RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814\tDuration: 1.85 ms\tBilled Duration: 45 ms\tMemory Size: 128 MB\tMax Memory Used: 24 MB\tInit Duration: 42.18 ms\t
    "#]]).await;
}

#[tokio::test]
async fn a_panic_is_the_functions_failure() {
    check("test.panic", json!({}), expect![[r#"
        200 $LATEST Unhandled {"errorMessage":"index 3 of 2","errorType":"Panic"}
        START RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Version: $LATEST
        [ERROR] Panic: index 3 of 2
        END RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814
        REPORT RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814\tDuration: 1.85 ms\tBilled Duration: 45 ms\tMemory Size: 128 MB\tMax Memory Used: 24 MB\tInit Duration: 42.18 ms\t
    "#]]).await;
}

#[tokio::test]
async fn a_function_that_takes_too_long_ends_at_its_timeout() {
    check("test.slow", json!({ "millis": 60_000 }), expect![[r#"
        200 $LATEST Unhandled {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Error: Task timed out after 3.00 seconds"}
        START RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Version: $LATEST
        before
        2026-01-05T00:00:04.042Z 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Task timed out after 3.00 seconds

        END RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814
        REPORT RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814\tDuration: 3000.00 ms\tBilled Duration: 3043 ms\tMemory Size: 128 MB\tMax Memory Used: 24 MB\tInit Duration: 42.18 ms\tStatus: timeout
    "#]]).await;
}

#[tokio::test]
async fn an_invocation_takes_tank_time_and_no_other() {
    let tank = tank().build();
    create(&tank, "f", "test.slow").await;
    let before = tank.now();
    shown(&tank, "f", &json!({ "millis": 2_000 })).await;
    let cold = tank.now().since(before);
    shown(&tank, "f", &json!({ "millis": 2_000 })).await;
    let warm = tank.now().since(before) - cold;
    expect!["2.044032s, then 2.001852s"].assert_eq(&format!("{cold:?}, then {warm:?}"));
}

#[tokio::test]
async fn the_second_invocation_finds_the_environment_warm_and_a_new_deployment_does_not() {
    let tank = tank().build();
    create(&tank, "f", "test.echo").await;
    let is_cold = async || shown(&tank, "f", &json!({})).await.contains("Init Duration");
    assert!(is_cold().await);
    assert!(!is_cold().await);
    tank.advance(Duration::from_secs(3_600)).await;
    assert!(is_cold().await, "idle for an hour");
    let input = api::UpdateFunctionConfigurationInput {
        function_name: "f".to_owned(),
        memory_size: Some(256),
        ..Default::default()
    };
    request::<api::UpdateFunctionConfiguration>(&tank, input).await.expect("it is active");
    assert!(!is_cold().await, "the update is in progress: the version before it answers");
    tank.advance(Duration::from_secs(1)).await;
    assert!(is_cold().await, "the new deployment");
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_in_the_words_of_aws() {
    let tank = tank().build();
    create(&tank, "f", "test.echo").await;
    let check = async |change: fn(&mut api::InvokeInput), expected: Expect| {
        let mut input = invoke_input("f", &json!({}));
        change(&mut input);
        let error = request::<api::Invoke>(&tank, input).await.expect_err("it is refused");
        expected.assert_eq(&format!("{} {error}", error.status));
    };
    check(|input| input.function_name = "g".to_owned(), expect!["404 ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:g"]).await;
    check(|input| input.qualifier = Some("3".to_owned()), expect!["404 ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:3"]).await;
    check(|input| input.payload = Some(Bytes::from_static(b"{")), expect!["400 InvalidRequestContentException: Could not parse request body into json: Could not parse payload into json: EOF while parsing an object at line 1 column 1"]).await;
    check(|input| input.payload = Some(Bytes::from(vec![b'1'; 6_291_457])), expect!["413 RequestTooLargeException: 6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"]).await;
    check(
        |input| {
            input.payload = Some(Bytes::from(vec![b'1'; 1_048_577]));
            input.invocation_type = Some("Event".to_owned());
        },
        expect!["413 RequestTooLargeException: 1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"],
    )
    .await;
    check(
        |input| input.tenant_id = Some("t".to_owned()),
        expect!["501 NotImplemented: wavetank does not implement durable or tenant-isolated invocations."],
    )
    .await;
}

#[tokio::test]
async fn a_dry_run_runs_nothing() {
    let tank = tank().build();
    create(&tank, "f", "test.panic").await;
    let input =
        api::InvokeInput { invocation_type: Some("DryRun".to_owned()), ..invoke_input("f", &json!({})) };
    let out = request::<api::Invoke>(&tank, input).await.expect("it exists");
    assert_eq!((out.status_code, out.payload), (Some(204), None));
}

#[tokio::test]
async fn a_new_function_cannot_be_invoked_until_it_is_active() {
    let tank = tank().build();
    let zip = zip_of(&[("index.py", 0o644, "")]);
    request::<api::CreateFunction>(&tank, create_input("f", "python3.12", "test.echo", zip))
        .await
        .expect("the input is complete");
    expect![[r#"409 ResourceConflictException: The operation cannot be performed at this time. The function is currently in the following state: Pending [("Type", "User")]"#]].assert_eq(&shown(&tank, "f", &json!({})).await);
}

#[tokio::test]
async fn reserved_concurrency_throttles_and_is_taken_from_the_accounts() {
    let tank = tank().build();
    create(&tank, "f", "test.slow").await;
    let reserve = async |n: i64| {
        let input = api::PutFunctionConcurrencyInput {
            function_name: "f".to_owned(),
            reserved_concurrent_executions: n,
        };
        request::<api::PutFunctionConcurrency>(&tank, input).await.map_err(|error| error.to_string())
    };
    reserve(0).await.expect("zero is always left");
    expect![[r#"429 TooManyRequestsException: Rate Exceeded. [("Reason", "ReservedFunctionConcurrentInvocationLimitExceeded"), ("Type", "User")]"#]].assert_eq(&shown(&tank, "f", &json!({})).await);
    expect!["InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."].assert_eq(&reserve(901).await.expect_err("100 must be left"));
    reserve(1).await.expect("999 are left");
    let slow = json!({ "millis": 1_000 });
    let (first, second) = tokio::join!(shown(&tank, "f", &slow), shown(&tank, "f", &slow));
    assert!(first.starts_with("200"), "{first}");
    assert!(second.starts_with("429"), "{second}");
    let settings = request::<api::GetAccountSettings>(&tank, api::GetAccountSettingsInput {}).await;
    let limit = settings.expect("it always answers").account_limit.unwrap_or_default();
    assert_eq!(limit.unreserved_concurrent_executions, Some(999));
}

#[tokio::test]
async fn invocations_at_one_time_run_in_environments_of_their_own() {
    let tank = tank().build();
    create(&tank, "f", "test.slow").await;
    let slow = json!({ "millis": 1_000 });
    let before = tank.now();
    let (first, second) = tokio::join!(shown(&tank, "f", &slow), shown(&tank, "f", &slow));
    assert!(first.contains("Init Duration") && second.contains("Init Duration"), "{first}{second}");
    assert!(tank.now().since(before) < Duration::from_millis(1_100), "they ran side by side in tank time");
}

#[tokio::test]
async fn an_object_that_s3_refuses_fails_the_invocation() {
    let tank = tank().build();
    create(&tank, "f", "test.put").await;
    let out = request::<api::Invoke>(&tank, invoke_input("f", &json!({}))).await.expect("it is accepted");
    assert_eq!(out.function_error.as_deref(), Some("Unhandled"), "{out:?}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_answers_and_logs() {
    let run = async || {
        let tank = tank().build();
        create(&tank, "f", "test.echo").await;
        [shown(&tank, "f", &json!({})).await, shown(&tank, "f", &json!({ "n": 2 })).await]
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn each_environment_has_a_log_stream_and_its_lines_lie_across_the_invocation() {
    let tank = tank().build();
    create(&tank, "f", "test.slow").await;
    let slow = json!({ "millis": 1_000 });
    shown(&tank, "f", &slow).await;
    shown(&tank, "f", &slow).await;
    let input =
        logs::FilterLogEventsInput { log_group_name: Some("/aws/lambda/f".to_owned()), ..Default::default() };
    let out = request::<logs::FilterLogEvents>(&tank, input).await.expect("the group was made");
    let line = |event: logs::FilteredLogEvent| {
        let millis = event.timestamp.unwrap_or_default() - tank_epoch_millis();
        let stream = event.log_stream_name.unwrap_or_default();
        format!("{millis} {stream} {}", event.message.unwrap_or_default().replace('\t', "\\t"))
    };
    let lines: String = out.events.unwrap_or_default().into_iter().map(line).collect();
    expect![[r#"
        1000 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:42f2b28d8258c41a63374ac4365007738900f66a9b62a7eb1a2041a2e091d41b
        1042 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 START RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814 Version: $LATEST
        1543 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 before
        2044 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 END RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814
        2044 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 REPORT RequestId: 1acf1b8e-4e15-4322-9939-48ebb3c1a814\tDuration: 1001.85 ms\tBilled Duration: 1045 ms\tMemory Size: 128 MB\tMax Memory Used: 24 MB\tInit Duration: 42.18 ms\t
        2044 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 START RequestId: a4a31ade-3949-4e85-a28d-176d28cbc688 Version: $LATEST
        2544 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 before
        3045 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 END RequestId: a4a31ade-3949-4e85-a28d-176d28cbc688
        3045 2026/01/05/[$LATEST]0157ba4a2b6d00a163bd3cbd06ab0313 REPORT RequestId: a4a31ade-3949-4e85-a28d-176d28cbc688\tDuration: 1001.85 ms\tBilled Duration: 1002 ms\tMemory Size: 128 MB\tMax Memory Used: 24 MB\t
    "#]].assert_eq(&lines);
}

fn tank_epoch_millis() -> i64 {
    wavetank_types::Timestamp::TANK_EPOCH.millis()
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_stop_the_tank() {
    let tank = tank().build();
    create(&tank, "f", "test.slow").await;
    let slow = json!({ "millis": 1_000 });
    {
        let gone = std::pin::pin!(shown(&tank, "f", &slow));
        // Polled once: the job has begun, and its caller leaves.
        assert!(futures::poll!(gone).is_pending());
    }
    assert!(tank.settle(Duration::from_secs(60)).await, "nothing is left to happen");
    assert!(shown(&tank, "f", &slow).await.starts_with("200"));
}
