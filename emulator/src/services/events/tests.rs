//! EventBridge on a frozen tank: which events reach which targets, in which form, and what clients are told.

use std::time::Duration;

use serde_json::{Value, json};
use wavetank_types::Seed;
use wavetank_wire::events::*;
use wavetank_wire::{Operation, WireError, glue, sqs};

use crate::services::s3::{BucketConfiguration, Command, Notification};
use crate::world::testing::refusal;
use crate::world::{Rule as Fault, Verdict};
use crate::{Scope, Tank};

/// A tank, and short words for what clients do.
struct Bench {
    tank: Tank,
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

fn to_queue(name: &str) -> Target {
    Target { id: name.to_owned(), arn: queue_arn(name), ..Target::default() }
}

impl Bench {
    async fn new() -> Self {
        let bench = Self { tank: Tank::builder().seed(Seed(7)).build() };
        for name in ["q", "letters"] {
            let input = sqs::CreateQueueInput { queue_name: name.to_owned(), ..Default::default() };
            bench.call::<sqs::CreateQueue>(input).await.unwrap();
        }
        bench
    }

    async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.tank.request::<O>(&Scope::default(), input).await
    }

    async fn advance(&self, secs: u64) {
        self.tank.advance(Duration::from_secs(secs)).await;
    }

    async fn rule(&self, bus: &str, pattern: &Value, target: Target) {
        let input = PutRuleInput {
            name: "r".to_owned(),
            event_pattern: Some(pattern.to_string()),
            event_bus_name: Some(bus.to_owned()),
            ..PutRuleInput::default()
        };
        self.call::<PutRule>(input).await.unwrap();
        let input = PutTargetsInput {
            rule: "r".to_owned(),
            event_bus_name: Some(bus.to_owned()),
            targets: vec![target],
        };
        self.call::<PutTargets>(input).await.unwrap();
    }

    async fn put(&self, detail: &Value) -> PutEventsOutput {
        let entry = PutEventsRequestEntry {
            source: Some("shop".to_owned()),
            detail_type: Some("Order".to_owned()),
            detail: Some(detail.to_string()),
            ..PutEventsRequestEntry::default()
        };
        let input = PutEventsInput { entries: vec![entry], endpoint_id: None };
        self.call::<PutEvents>(input).await.unwrap()
    }

    /// All messages of a queue that are visible.
    async fn read(&self, name: &str) -> Vec<sqs::Message> {
        let input = sqs::ReceiveMessageInput {
            queue_url: format!("http://h/000000000000/{name}"),
            max_number_of_messages: Some(10),
            message_attribute_names: Some(vec!["All".to_owned()]),
            ..sqs::ReceiveMessageInput::default()
        };
        self.call::<sqs::ReceiveMessage>(input).await.unwrap().messages.unwrap_or_default()
    }

    async fn bodies(&self, name: &str) -> Vec<String> {
        self.read(name).await.into_iter().map(|message| message.body.unwrap_or_default()).collect()
    }
}

#[tokio::test]
async fn an_event_reaches_the_targets_of_the_rules_that_it_matches() {
    let bench = Bench::new().await;
    bench.rule("default", &json!({"detail": {"price": [{"numeric": [">", 10]}]}}), to_queue("q")).await;
    let put = bench.put(&json!({"price": 11})).await;
    bench.put(&json!({"price": 9})).await;
    let bodies = bench.bodies("q").await;
    let id = put.entries.unwrap()[0].event_id.clone().unwrap();
    let expected = format!(
        r#"{{"version":"0","id":"{id}","detail-type":"Order","source":"shop","account":"000000000000","time":"2026-01-05T00:00:00Z","region":"us-east-1","resources":[],"detail":{{"price":11}}}}"#
    );
    assert_eq!(bodies, [expected]);
}

#[tokio::test]
async fn a_target_gets_what_its_template_makes() {
    let bench = Bench::new().await;
    let transformer = InputTransformer {
        input_paths_map: Some([("id".to_owned(), "$.detail.id".to_owned())].into()),
        input_template: "{\"order\": <id>, \"by\": \"<aws.events.rule-name>\"}".to_owned(),
    };
    let target = Target { input_transformer: Some(transformer), ..to_queue("q") };
    bench.rule("default", &json!({"source": ["shop"]}), target).await;
    bench.put(&json!({"id": 7})).await;
    assert_eq!(bench.bodies("q").await, ["{\"order\": 7, \"by\": \"r\"}"]);
}

#[tokio::test]
async fn a_bus_passes_events_to_another() {
    let bench = Bench::new().await;
    let input = CreateEventBusInput { name: "other".to_owned(), ..CreateEventBusInput::default() };
    let arn = bench.call::<CreateEventBus>(input).await.unwrap().event_bus_arn.unwrap();
    bench.rule("other", &json!({"source": ["shop"]}), to_queue("q")).await;
    let target = Target { id: "bus".to_owned(), arn, ..Target::default() };
    bench.rule("default", &json!({"detail": {"a": [1]}}), target).await;
    bench.put(&json!({"a": 1})).await;
    bench.put(&json!({"a": 2})).await;
    assert_eq!(bench.bodies("q").await.len(), 1);
}

#[tokio::test]
async fn a_rule_runs_by_its_schedule_and_lets_the_tank_rest() {
    let bench = Bench::new().await;
    let input = PutRuleInput {
        name: "r".to_owned(),
        schedule_expression: Some("rate(1 hour)".to_owned()),
        ..PutRuleInput::default()
    };
    bench.call::<PutRule>(input).await.unwrap();
    let target = Target { input: Some("\"tick\"".to_owned()), ..to_queue("q") };
    let input = PutTargetsInput { rule: "r".to_owned(), event_bus_name: None, targets: vec![target] };
    bench.call::<PutTargets>(input).await.unwrap();
    assert!(bench.tank.settle(Duration::from_secs(60)).await);
    bench.advance(3 * 3_600).await;
    assert_eq!(bench.bodies("q").await, ["\"tick\"", "\"tick\"", "\"tick\""]);
    bench.call::<DisableRule>(DisableRuleInput { name: "r".to_owned(), event_bus_name: None }).await.unwrap();
    bench.advance(3 * 3_600).await;
    assert_eq!(bench.bodies("q").await.len(), 3, "visible again, and no more");
}

#[tokio::test]
async fn what_a_target_refuses_is_tried_again_and_then_goes_to_its_dead_letter_queue() {
    let bench = Bench::new().await;
    let rule = Fault::on("events", "InvokeTarget", Verdict::Fail(WireError::server("InternalFailure", "")));
    bench.tank.with_world(|world| world.add_fault(rule));
    let target = Target {
        dead_letter_config: Some(DeadLetterConfig { arn: Some(queue_arn("letters")) }),
        retry_policy: Some(RetryPolicy {
            maximum_retry_attempts: Some(2),
            maximum_event_age_in_seconds: None,
        }),
        ..to_queue("q")
    };
    bench.rule("default", &json!({"source": ["shop"]}), target).await;
    bench.put(&json!({"a": 1})).await;
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    let letters = bench.read("letters").await;
    let attributes = letters[0].message_attributes.clone().unwrap();
    let value = |name: &str| attributes[name].string_value.clone().unwrap();
    assert_eq!(value("RETRY_ATTEMPTS"), "2");
    assert_eq!(value("EXHAUSTED_RETRY_CONDITION"), "MaximumRetryAttempts");
    assert_eq!(value("RULE_ARN"), "arn:aws:events:us-east-1:000000000000:rule/r");
    assert!(letters[0].body.as_ref().unwrap().contains("\"detail\":{\"a\":1}"));
}

#[tokio::test]
async fn an_archive_replays_what_it_has() {
    let bench = Bench::new().await;
    bench.rule("default", &json!({"source": ["shop"], "replay-name": ["again"]}), to_queue("q")).await;
    let bus = "arn:aws:events:us-east-1:000000000000:event-bus/default".to_owned();
    let input = CreateArchiveInput {
        archive_name: "a".to_owned(),
        event_source_arn: bus.clone(),
        event_pattern: Some(json!({"detail": {"keep": [true]}}).to_string()),
        ..CreateArchiveInput::default()
    };
    let archive = bench.call::<CreateArchive>(input).await.unwrap().archive_arn.unwrap();
    let start = bench.tank.now();
    bench.put(&json!({"keep": true})).await;
    bench.put(&json!({"keep": false})).await;
    bench.advance(60).await;
    let input = StartReplayInput {
        replay_name: "again".to_owned(),
        event_source_arn: archive,
        event_start_time: start,
        event_end_time: bench.tank.now(),
        destination: ReplayDestination { arn: bus, filter_arns: None },
        description: None,
    };
    bench.call::<StartReplay>(input).await.unwrap();
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    let bodies = bench.bodies("q").await;
    assert!(bodies.len() == 1 && bodies[0].ends_with("\"replay-name\":\"again\"}"), "{bodies:?}");
    let input = DescribeReplayInput { replay_name: "again".to_owned() };
    let shown = bench.call::<DescribeReplay>(input).await.unwrap();
    assert_eq!(shown.state.as_deref(), Some("COMPLETED"));
    let input = DescribeArchiveInput { archive_name: "a".to_owned() };
    assert_eq!(bench.call::<DescribeArchive>(input).await.unwrap().event_count, Some(1));
}

#[tokio::test]
async fn entries_are_refused_one_by_one() {
    let bench = Bench::new().await;
    let entry = |source: &str, detail: &str| PutEventsRequestEntry {
        source: Some(source.to_owned()).filter(|source| !source.is_empty()),
        detail_type: Some("t".to_owned()),
        detail: Some(detail.to_owned()),
        ..PutEventsRequestEntry::default()
    };
    let entries = vec![entry("a", "{}"), entry("", "{}"), entry("a", "{"), entry("a", "[]")];
    let input = PutEventsInput { entries, endpoint_id: None };
    let output = bench.call::<PutEvents>(input).await.unwrap();
    let codes = output.entries.unwrap().into_iter().map(|entry| entry.error_code.unwrap_or_default());
    let codes: Vec<String> = codes.collect();
    assert_eq!(codes, ["", "InvalidArgument", "MalformedDetail", "MalformedDetail"]);
    assert_eq!(output.failed_entry_count, Some(3));
}

#[tokio::test]
async fn wrong_rules_are_refused_with_the_reason() {
    let bench = Bench::new().await;
    let check = async |change: fn(&mut PutRuleInput), expected: &str| {
        let mut input = PutRuleInput { name: "r".to_owned(), ..PutRuleInput::default() };
        change(&mut input);
        assert_eq!(refusal(bench.call::<PutRule>(input).await), expected);
    };
    check(
        |input| input.schedule_expression = Some("rate(1 hours)".to_owned()),
        "ValidationException: Parameter ScheduleExpression is not valid.",
    )
    .await;
    check(|_| {}, "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified.")
        .await;
    check(
        |input| input.event_pattern = Some("{\"source\":\"shop\"}".to_owned()),
        "InvalidEventPatternException: Event pattern is not valid. Reason: \"source\" must be an object or an array\n at \
         [Source: (String)\"{\"source\":\"shop\"}\"; line: 1, column: 12]",
    )
    .await;
    check(
        |input| input.event_bus_name = Some("none".to_owned()),
        "ResourceNotFoundException: Event bus none does not exist.",
    )
    .await;
    let target = Target {
        id: "t".to_owned(),
        arn: "arn:aws:states:us-east-1:0:stateMachine:m".to_owned(),
        ..Target::default()
    };
    let input = PutTargetsInput { rule: "r".to_owned(), event_bus_name: None, targets: vec![target] };
    let said = refusal(bench.call::<PutTargets>(input).await);
    assert_eq!(said, "ResourceNotFoundException: Rule r does not exist on EventBus default.");
}

#[tokio::test]
async fn buckets_and_crawlers_put_events_on_the_default_bus() {
    let bench = Bench::new().await;
    let target = Target { input_path: Some("$.detail-type".to_owned()), ..to_queue("q") };
    bench.rule("default", &json!({"source": ["aws.s3", "aws.glue"]}), target).await;
    let s3 = |command: Command| {
        let done = bench
            .tank
            .s3::<_, WireError>(&Scope::default(), "", "Any", |s3, cx| s3.perform(cx, command.clone()));
        done.unwrap();
    };
    let bucket = || "lake".to_owned();
    s3(Command::CreateBucket { bucket: bucket() });
    let put = |key: &str| Command::PutObject {
        bucket: bucket(),
        key: key.to_owned(),
        body: "{\"a\": 1}".into(),
        content_type: "application/json".to_owned(),
    };
    s3(put("rows/unheard.json"));
    let notification = Some(Notification { listeners: Vec::new(), event_bridge: true });
    let configuration = BucketConfiguration { notification, ..BucketConfiguration::default() };
    s3(Command::PutBucketConfiguration { bucket: bucket(), configuration });
    s3(put("rows/heard.json"));
    assert_eq!(bench.bodies("q").await, ["\"Object Created\""]);

    let input = glue::CreateDatabaseInput {
        database_input: glue::DatabaseInput { name: "d".to_owned(), ..Default::default() },
        ..Default::default()
    };
    bench.call::<glue::CreateDatabase>(input).await.unwrap();
    let s3_target = glue::S3Target { path: Some("s3://lake/rows/".to_owned()), ..Default::default() };
    let input = glue::CreateCrawlerInput {
        name: "c".to_owned(),
        role: "r".to_owned(),
        database_name: Some("d".to_owned()),
        targets: glue::CrawlerTargets { s3targets: Some(vec![s3_target]), ..Default::default() },
        ..Default::default()
    };
    bench.call::<glue::CreateCrawler>(input).await.unwrap();
    bench.call::<glue::StartCrawler>(glue::StartCrawlerInput { name: "c".to_owned() }).await.unwrap();
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    let bodies = bench.bodies("q").await;
    assert!(bodies.contains(&"\"Glue Crawler State Change\"".to_owned()), "{bodies:?}");
}
