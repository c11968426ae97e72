//! EventBridge on a frozen tank: which events reach which targets, in which form, and what clients are told.

use std::time::Duration;

use serde_json::{Value, json};
use wavetank_types::{Seed, Timestamp};
use wavetank_wire::events::*;
use wavetank_wire::{Operation, WireError, glue, logs, sqs};

use crate::services::s3::{BucketConfiguration, Command, LifecycleRule, Notification};
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
    assert_eq!(value("ERROR_CODE"), "ERROR_FROM_TARGET");
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
async fn a_target_needs_what_its_kind_needs() {
    let bench = Bench::new().await;
    bench.rule("default", &json!({"source": ["shop"]}), to_queue("q")).await;
    let check = async |target: Target, expected: &str| {
        let input = PutTargetsInput { rule: "r".to_owned(), event_bus_name: None, targets: vec![target] };
        assert_eq!(refusal(bench.call::<PutTargets>(input).await), expected);
    };
    check(
        to_queue("f.fifo"),
        "ValidationException: Parameter(s) SqsParameters must be specified for target: f.fifo.",
    )
    .await;
    for arn in
        ["arn:aws:kinesis:us-east-1:000000000000:stream/s", "arn:aws:glue:us-east-1:000000000000:workflow/w"]
    {
        let target = Target { id: "t".to_owned(), arn: arn.to_owned(), ..Target::default() };
        check(target, &format!("ValidationException: RoleArn is required for target {arn}.")).await;
    }
    let transformer = InputTransformer { input_paths_map: None, input_template: "{\"a\":<zz>}".to_owned() };
    check(
        Target { input_transformer: Some(transformer), ..to_queue("q") },
        "ValidationException: InputTemplate for target q contains invalid placeholder zz.",
    )
    .await;
}

#[tokio::test]
async fn events_start_a_workflow_of_glue_in_batches() {
    let bench = Bench::new().await;
    let flow = || "flow".to_owned();
    let input = glue::CreateWorkflowInput { name: flow(), ..Default::default() };
    bench.call::<glue::CreateWorkflow>(input).await.unwrap();
    let action = glue::Action { job_name: Some("nowhere".to_owned()), ..Default::default() };
    let batch = glue::EventBatchingCondition { batch_size: 2, batch_window: Some(60) };
    let input = glue::CreateTriggerInput {
        name: "t".to_owned(),
        r#type: "EVENT".to_owned(),
        workflow_name: Some(flow()),
        actions: vec![action],
        event_batching_condition: Some(batch),
        ..Default::default()
    };
    bench.call::<glue::CreateTrigger>(input).await.unwrap();
    let target = Target {
        id: "flow".to_owned(),
        arn: "arn:aws:glue:us-east-1:000000000000:workflow/flow".to_owned(),
        role_arn: Some("arn:aws:iam::000000000000:role/r".to_owned()),
        dead_letter_config: Some(DeadLetterConfig { arn: Some(queue_arn("letters")) }),
        ..Target::default()
    };
    bench.rule("default", &json!({"detail": {"price": [{"exists": true}]}}), target).await;
    let runs = async || {
        let input = glue::GetWorkflowRunsInput { name: flow(), ..Default::default() };
        bench.call::<glue::GetWorkflowRuns>(input).await.unwrap().runs.unwrap_or_default()
    };
    let mut ids = Vec::new();
    for price in [1, 2, 3] {
        let entry = bench.put(&json!({"price": price})).await.entries.unwrap().remove(0);
        ids.push(entry.event_id.unwrap());
    }
    let first = runs().await.remove(0);
    let known = first.workflow_run_properties.unwrap()["aws:eventIds"].clone();
    assert_eq!(known, json!(ids[..2]).to_string());
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    let batches: Vec<_> =
        runs().await.into_iter().map(|run| run.starting_event_batch_condition.unwrap()).collect();
    let batches: Vec<_> = batches.iter().map(|batch| (batch.batch_size, batch.batch_window)).collect();
    assert_eq!(batches, [(Some(1), Some(60)), (Some(2), Some(0))]);

    bench.call::<glue::DeleteTrigger>(glue::DeleteTriggerInput { name: "t".to_owned() }).await.unwrap();
    bench.put(&json!({"price": 4})).await;
    assert_eq!(bench.read("letters").await.len(), 1, "no trigger listens");
}

#[tokio::test]
async fn a_log_group_gets_time_and_message() {
    let bench = Bench::new().await;
    for name in ["/plain", "/shaped"] {
        let input = logs::CreateLogGroupInput { log_group_name: name.to_owned(), ..Default::default() };
        bench.call::<logs::CreateLogGroup>(input).await.unwrap();
    }
    let group = |name: &str| format!("arn:aws:logs:us-east-1:000000000000:log-group:{name}");
    let lines = async |name: &str| {
        let input =
            logs::FilterLogEventsInput { log_group_name: Some(name.to_owned()), ..Default::default() };
        let found = bench.call::<logs::FilterLogEvents>(input).await.unwrap().events.unwrap_or_default();
        let lines = found.into_iter().map(|line| (line.timestamp.unwrap(), line.message.unwrap()));
        lines.collect::<Vec<_>>()
    };
    let shaped = |template: &str| {
        let paths = [("at", "$.time"), ("n", "$.detail.n")];
        let transformer = InputTransformer {
            input_paths_map: Some(paths.map(|(name, path)| (name.to_owned(), path.to_owned())).into()),
            input_template: template.to_owned(),
        };
        Target {
            id: "t".to_owned(),
            arn: group("/shaped"),
            input_transformer: Some(transformer),
            dead_letter_config: Some(DeadLetterConfig { arn: Some(queue_arn("letters")) }),
            ..Target::default()
        }
    };
    let put = async |n: u32| {
        let entry = PutEventsRequestEntry {
            time: Some(Timestamp::from_secs(Timestamp::TANK_EPOCH.secs() - 60)),
            source: Some("shop".to_owned()),
            detail_type: Some("Order".to_owned()),
            detail: Some(json!({"n": n}).to_string()),
            ..PutEventsRequestEntry::default()
        };
        bench.call::<PutEvents>(PutEventsInput { entries: vec![entry], endpoint_id: None }).await.unwrap();
    };
    let at = Timestamp::TANK_EPOCH.millis() - 60_000;
    let plain = Target { id: "t".to_owned(), arn: group("/plain"), ..Target::default() };
    bench.rule("default", &json!({"source": ["shop"]}), plain).await;
    put(1).await;
    let found = lines("/plain").await;
    assert!(found[0].0 == at && found[0].1.contains("\"detail\":{\"n\":1}"), "{found:?}");

    let rule = async |target| bench.rule("default", &json!({"source": ["shop"]}), target).await;
    rule(shaped("{\"timestamp\": <at>, \"message\": \"order <n>\"}")).await;
    put(2).await;
    assert_eq!(lines("/shaped").await, [(at, "order 2".to_owned())]);
    rule(shaped("{\"order\": <n>}")).await;
    put(3).await;
    assert_eq!(lines("/shaped").await.len(), 1);
    let letters = bench.read("letters").await;
    let attributes = letters[0].message_attributes.as_ref().unwrap();
    assert_eq!(attributes["ERROR_CODE"].string_value.as_deref(), Some("INVALID_PARAMETER"));
}

#[tokio::test]
async fn a_replay_goes_by_the_time_in_events() {
    let bench = Bench::new().await;
    bench.rule("default", &json!({"replay-name": ["again"]}), to_queue("q")).await;
    let bus = "arn:aws:events:us-east-1:000000000000:event-bus/default".to_owned();
    let input = CreateArchiveInput {
        archive_name: "a".to_owned(),
        event_source_arn: bus.clone(),
        ..CreateArchiveInput::default()
    };
    let archive = bench.call::<CreateArchive>(input).await.unwrap().archive_arn.unwrap();
    let ago = |secs: i64| Timestamp::from_secs(Timestamp::TANK_EPOCH.secs() - secs);
    let entry = |secs: i64| PutEventsRequestEntry {
        time: Some(ago(secs)),
        source: Some("shop".to_owned()),
        detail_type: Some("Order".to_owned()),
        detail: Some(json!({"ago": secs}).to_string()),
        ..PutEventsRequestEntry::default()
    };
    let entries = [30, 90, 200, 60].map(entry).to_vec();
    bench.call::<PutEvents>(PutEventsInput { entries, endpoint_id: None }).await.unwrap();
    let input = StartReplayInput {
        replay_name: "again".to_owned(),
        event_source_arn: archive,
        event_start_time: ago(100),
        event_end_time: ago(30),
        destination: ReplayDestination { arn: bus, filter_arns: None },
        description: None,
    };
    bench.call::<StartReplay>(input).await.unwrap();
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    let bodies = bench.bodies("q").await;
    let details = bodies.iter().map(|body| {
        let event: Value = serde_json::from_str(body).unwrap();
        event["detail"]["ago"].as_i64().unwrap()
    });
    assert_eq!(details.collect::<Vec<_>>(), [90, 60]);
    let input = DescribeReplayInput { replay_name: "again".to_owned() };
    let shown = bench.call::<DescribeReplay>(input).await.unwrap();
    assert_eq!(shown.event_last_replayed_time, Some(ago(60)));
}

/// A bucket that tells EventBridge, and a rule whose messages say what it is told.
async fn told(bench: &Bench) -> impl Fn(Command) {
    let told = [
        ("type", "$.detail-type"),
        ("reason", "$.detail.reason"),
        ("who", "$.detail.requester"),
        ("gone", "$.detail.deletion-type"),
        ("message", "$.detail.message"),
        ("tables", "$.detail.tablesCreated"),
    ];
    let paths = told.map(|(name, path)| (name.to_owned(), path.to_owned()));
    let transformer = InputTransformer {
        input_paths_map: Some(paths.into()),
        input_template: "\"<type>: <reason> <who> <gone> <message> <tables>\"".to_owned(),
    };
    let target = Target { input_transformer: Some(transformer), ..to_queue("q") };
    bench.rule("default", &json!({"source": ["aws.s3", "aws.glue"]}), target).await;
    let tank = bench.tank.clone();
    let s3 = move |command: Command| {
        let done =
            tank.s3::<_, WireError>(&Scope::default(), "", "Any", |s3, cx| s3.perform(cx, command.clone()));
        done.unwrap();
    };
    s3(Command::CreateBucket { bucket: "lake".to_owned() });
    s3(put("rows/unheard.json"));
    s3(configured(BucketConfiguration {
        notification: Some(Notification { listeners: Vec::new(), event_bridge: true }),
        ..BucketConfiguration::default()
    }));
    s3
}

fn configured(configuration: BucketConfiguration) -> Command {
    Command::PutBucketConfiguration { bucket: "lake".to_owned(), configuration }
}

fn put(key: &str) -> Command {
    Command::PutObject {
        bucket: "lake".to_owned(),
        key: key.to_owned(),
        body: "{\"a\": 1}".into(),
        content_type: "application/json".to_owned(),
    }
}

#[tokio::test]
async fn what_becomes_of_objects_is_an_event() {
    let bench = Bench::new().await;
    let s3 = told(&bench).await;
    let delete = || Command::DeleteObject { bucket: "lake".to_owned(), key: "a".to_owned() };
    s3(put("a"));
    s3(delete());
    s3(configured(BucketConfiguration {
        versioning: Some("Enabled".to_owned()),
        lifecycle: Some(vec![LifecycleRule {
            enabled: true,
            prefix: "rows/".to_owned(),
            expiration_days: Some(1),
            ..LifecycleRule::default()
        }]),
        ..BucketConfiguration::default()
    }));
    s3(delete());
    bench.advance(3 * 86_400).await;
    let mut bodies = bench.bodies("q").await;
    bodies.sort();
    let expected = [
        "\"Object Created: PutObject 000000000000   \"",
        "\"Object Deleted: DeleteObject 000000000000 Delete Marker Created  \"",
        "\"Object Deleted: DeleteObject 000000000000 Permanently Deleted  \"",
        "\"Object Deleted: Lifecycle Expiration s3.amazonaws.com Delete Marker Created  \"",
    ];
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn what_becomes_of_crawls_is_an_event() {
    let bench = Bench::new().await;
    told(&bench).await(put("rows/a.json"));
    assert_eq!(bench.bodies("q").await.len(), 1);
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
    bench.advance(20).await;
    let state = "Glue Crawler State Change:   ";
    let bodies = bench.bodies("q").await;
    let crawls: Vec<&String> = bodies.iter().filter(|body| body.contains("Glue")).collect();
    assert_eq!(
        crawls,
        [&format!("\"{state} Crawler Started \""), &format!("\"{state} Crawler Succeeded 1\"")]
    );

    let schedule = Some("cron(0 * * * ? *)".to_owned());
    let input = glue::UpdateCrawlerScheduleInput { crawler_name: "c".to_owned(), schedule };
    bench.call::<glue::UpdateCrawlerSchedule>(input).await.unwrap();
    bench.advance(3_579).await;
    bench.call::<glue::StartCrawler>(glue::StartCrawlerInput { name: "c".to_owned() }).await.unwrap();
    bench.advance(1).await;
    let bodies = bench.bodies("q").await;
    let missed = bodies.iter().filter(|body| body.contains("Glue Scheduled Crawler Invocation Failure"));
    assert_eq!(missed.count(), 1, "it is at work: {bodies:?}");
}
