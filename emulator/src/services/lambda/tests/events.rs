//! Asynchronous invocations: attempts, waits, ages, destinations.

use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use wavetank_types::Timestamp;

use super::*;
use crate::services::lambda::Lambda;
use crate::services::{Service, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Effect, Work};

#[test]
fn what_a_client_says_of_itself_is_for_synchronous_invocations() {
    let mut bench = Bench::new(ServiceId::Lambda);
    let mut lambda = Lambda::default();
    let zip = zip_of(&[("index.py", 0o644, "")]);
    let input = create_input("f", "python3.12", "index.handler", zip);
    bench.with(|cx| Service::call(&mut lambda, cx, api::Request::CreateFunction(input))).expect("complete");
    bench.now += Duration::from_secs(1);
    bench.with(|cx| Service::tick(&mut lambda, cx));
    bench.take();
    for (kind, expected) in [("Event", None), ("RequestResponse", Some("e30="))] {
        let input = api::InvokeInput {
            invocation_type: Some(kind.to_owned()),
            client_context: Some("e30=".to_owned()),
            ..invoke_input("f", &json!({}))
        };
        bench.with(|cx| Service::call(&mut lambda, cx, api::Request::Invoke(input))).expect("it is there");
        let works = bench.take().into_iter().filter_map(|effect| match effect {
            Effect::Job(_, Work::Function(work)) => Some(work.client_context),
            _ => None,
        });
        assert_eq!(works.collect::<Vec<_>>(), [expected.map(str::to_owned)], "{kind}");
    }
}

/// A tank whose function `f` fails on every attempt, and notes when; `g` notes what it is given.
struct Watch {
    tank: Tank,
    seen: Arc<Mutex<Vec<(Timestamp, String)>>>,
}

impl Watch {
    async fn new() -> Self {
        let seen: Arc<Mutex<Vec<(Timestamp, String)>>> = Arc::default();
        let note = |seen: &Arc<Mutex<Vec<(Timestamp, String)>>>, text: String, at: Timestamp| {
            seen.lock().expect("no test panics while it holds this").push((at, text));
        };
        let (of_f, of_g) = (Arc::clone(&seen), Arc::clone(&seen));
        let tank = tank()
            .function(
                "watch.fails",
                native(move |context, event| {
                    note(&of_f, format!("{} attempt", context.name), context.now);
                    if event["ok"] == json!(true) {
                        return Ok(json!("fine"));
                    }
                    Err(FunctionError { error_type: "ValueError".to_owned(), message: "no".to_owned() })
                }),
            )
            .function(
                "watch.gets",
                native(move |context, event| {
                    note(&of_g, format!("{} gets {event}", context.name), context.now);
                    Ok(Value::Null)
                }),
            )
            .build();
        create(&tank, "f", "watch.fails").await;
        create(&tank, "g", "watch.gets").await;
        Self { tank, seen }
    }

    async fn send(&self, payload: Value) {
        let kind = Some("Event".to_owned());
        let input = api::InvokeInput { invocation_type: kind, ..invoke_input("f", &payload) };
        let out = request::<api::Invoke>(&self.tank, input).await.expect("it is accepted");
        assert_eq!((out.status_code, out.payload, out.executed_version), (Some(202), None, None));
    }

    async fn configure(&self, change: impl FnOnce(&mut api::PutFunctionEventInvokeConfigInput)) {
        let mut input =
            api::PutFunctionEventInvokeConfigInput { function_name: "f".to_owned(), ..Default::default() };
        change(&mut input);
        request::<api::PutFunctionEventInvokeConfig>(&self.tank, input).await.expect("it is valid");
    }

    /// What was seen in this much tank time, with the seconds after now at which it was.
    async fn check(&self, span: Duration, expected: Expect) {
        let start = self.tank.now();
        self.tank.advance(span).await;
        let seen = self.seen.lock().expect("no test panics while it holds this");
        let lines: Vec<String> =
            seen.iter().map(|(at, text)| format!("{:.3} {text}\n", at.since(start).as_secs_f64())).collect();
        expected.assert_eq(&lines.concat());
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn an_event_whose_function_fails_is_tried_again_after_one_and_two_minutes() {
    let watch = Watch::new().await;
    watch.send(json!({})).await;
    watch
        .check(
            HOUR,
            expect![[r#"
        0.000 f attempt
        60.044 f attempt
        180.046 f attempt
    "#]],
        )
        .await;
}

#[tokio::test]
async fn attempts_can_be_fewer() {
    let watch = Watch::new().await;
    watch.configure(|input| input.maximum_retry_attempts = Some(0)).await;
    watch.send(json!({})).await;
    watch
        .check(
            HOUR,
            expect![[r#"
        0.000 f attempt
    "#]],
        )
        .await;
}

#[tokio::test]
async fn an_event_that_is_too_old_is_not_tried_again() {
    let watch = Watch::new().await;
    watch.configure(|input| input.maximum_event_age_in_seconds = Some(90)).await;
    watch.send(json!({})).await;
    watch
        .check(
            HOUR,
            expect![[r#"
        0.000 f attempt
        60.044 f attempt
    "#]],
        )
        .await;
}

#[tokio::test]
async fn the_record_of_a_failed_event_goes_to_its_destination() {
    let watch = Watch::new().await;
    let to = |name: &str| Some(format!("arn:aws:lambda:us-east-1:000000000000:function:{name}"));
    watch
        .configure(|input| {
            input.maximum_retry_attempts = Some(1);
            input.destination_config = Some(api::DestinationConfig {
                on_success: Some(api::OnSuccess { destination: to("g") }),
                on_failure: Some(api::OnFailure { destination: to("g") }),
            });
        })
        .await;
    watch.send(json!({ "row": 7 })).await;
    watch.send(json!({ "ok": true })).await;
    watch.check(HOUR, expect![[r#"
        0.000 f attempt
        0.000 f attempt
        0.044 g gets {"version":"1.0","timestamp":"2026-01-05T00:00:02.044Z","requestContext":{"requestId":"79fdf447-586e-4037-830e-1f54684ecae8","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST","condition":"Success","approximateInvokeCount":1},"requestPayload":{"ok":true},"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":"fine"}
        60.044 f attempt
        60.046 g gets {"version":"1.0","timestamp":"2026-01-05T00:01:02.045Z","requestContext":{"requestId":"a4a31ade-3949-4e85-a28d-176d28cbc688","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":2},"requestPayload":{"row":7},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{"errorMessage":"no","errorType":"ValueError"}}
    "#]]).await;
}

#[tokio::test]
async fn a_throttled_event_waits_until_there_is_room() {
    let watch = Watch::new().await;
    create(&watch.tank, "slow", "test.slow").await;
    for (name, n) in [("f", 1), ("slow", 899)] {
        let input = api::PutFunctionConcurrencyInput {
            function_name: name.to_owned(),
            reserved_concurrent_executions: n,
        };
        request::<api::PutFunctionConcurrency>(&watch.tank, input).await.expect("100 are left");
    }
    watch.send(json!({ "ok": true })).await;
    watch.send(json!({ "ok": true })).await;
    watch.send(json!({ "ok": true })).await;
    watch
        .check(
            HOUR,
            expect![[r#"
        0.000 f attempt
        1.000 f attempt
        3.000 f attempt
    "#]],
        )
        .await;
}

#[tokio::test]
async fn destinations_that_do_not_exist_are_refused_by_name() {
    let watch = Watch::new().await;
    let check = async |arn: &str, expected: Expect| {
        let input = api::PutFunctionEventInvokeConfigInput {
            function_name: "f".to_owned(),
            destination_config: Some(api::DestinationConfig {
                on_success: None,
                on_failure: Some(api::OnFailure { destination: Some(arn.to_owned()) }),
            }),
            ..Default::default()
        };
        let refused = request::<api::PutFunctionEventInvokeConfig>(&watch.tank, input).await;
        let error = refused.expect_err("it is refused");
        expected.assert_eq(&format!("{} {error}", error.status));
    };
    check(
        "arn:aws:sqs:us-east-1:000000000000:dlq",
        expect!["501 NotImplemented: wavetank does not implement event destinations of service `sqs`."],
    )
    .await;
    check("arn:aws:lambda:us-east-1:000000000000:function:nobody", expect!["400 InvalidParameterValueException: The destination ARN arn:aws:lambda:us-east-1:000000000000:function:nobody is invalid."]).await;
    check(
        "arn:aws:lambda:us-east-1:000000000000:function:f",
        expect![
            "400 InvalidParameterValueException: You can't specify the function as a destination for itself."
        ],
    )
    .await;
}
