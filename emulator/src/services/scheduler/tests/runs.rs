//! When targets are called, with what, and what becomes of what they refuse.

use std::time::Duration;

use wavetank_wire::cloudwatch::{Dimension, GetMetricStatistics, GetMetricStatisticsInput};
use wavetank_wire::glue;

use super::*;
use crate::world::{Rule, Verdict};

const DAY: u64 = 86_400;

#[tokio::test]
async fn a_cron_runs_at_its_minute_in_its_zone() {
    let bench = Bench::new().await;
    let zone = Some("Asia/Ho_Chi_Minh".to_owned());
    bench
        .create(CreateScheduleInput { schedule_expression_timezone: zone, ..schedule("cron(1 0 * * ? *)") })
        .await;
    bench.advance(17 * 3_600 + 59).await;
    assert_eq!(bench.bodies("q").await, Vec::<String>::new());
    bench.advance(1).await;
    assert_eq!(bench.bodies("q").await, ["2026-01-05T17:01:00Z"]);
    bench.advance(2 * DAY).await;
    // The first is visible again.
    let times = ["2026-01-05T17:01:00Z", "2026-01-06T17:01:00Z", "2026-01-07T17:01:00Z"];
    assert_eq!(bench.bodies("q").await, times);
}

#[tokio::test]
async fn a_recurring_schedule_lets_the_tank_rest_and_a_one_time_schedule_is_waited_for() {
    let bench = Bench::new().await;
    bench.create(schedule("rate(1 minute)")).await;
    assert!(bench.tank.settle(Duration::from_secs(60)).await, "what recurs is not waited for");
    assert_eq!(bench.tank.now(), at("2026-01-05T00:00:00Z"));

    let once = CreateScheduleInput { name: "once".to_owned(), ..schedule("at(2026-01-05T00:02:30)") };
    bench.create(once).await;
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    assert_eq!(bench.tank.now(), at("2026-01-05T00:02:30Z"));
    // What recurs has happened on the way.
    let times =
        ["2026-01-05T00:00:00Z", "2026-01-05T00:01:00Z", "2026-01-05T00:02:00Z", "2026-01-05T00:02:30Z"];
    assert_eq!(bench.bodies("q").await, times);
}

#[tokio::test]
async fn start_end_and_state_bound_the_runs() {
    let bench = Bench::new().await;
    let bounded = CreateScheduleInput {
        start_date: Some(at("2026-01-05T00:10:00Z")),
        end_date: Some(at("2026-01-05T00:20:00Z")),
        ..schedule("rate(5 minutes)")
    };
    bench.create(bounded).await;
    let disabled = CreateScheduleInput {
        name: "disabled".to_owned(),
        state: Some("DISABLED".to_owned()),
        ..schedule("rate(1 minute)")
    };
    bench.create(disabled).await;
    bench.advance(DAY).await;
    assert_eq!(bench.bodies("q").await, ["2026-01-05T00:10:00Z", "2026-01-05T00:15:00Z"]);
}

#[tokio::test]
async fn a_flexible_run_comes_somewhere_in_its_window() {
    let bench = Bench::new().await;
    let flexible = CreateScheduleInput {
        flexible_time_window: FlexibleTimeWindow {
            mode: "FLEXIBLE".to_owned(),
            maximum_window_in_minutes: Some(15),
        },
        ..schedule("cron(0 * * * ? *)")
    };
    bench.create(flexible).await;
    bench.advance(3_600).await;
    assert!(bench.tank.settle(Duration::from_secs(900)).await);
    let now = bench.tank.now();
    assert!(now >= at("2026-01-05T01:00:00Z") && now < at("2026-01-05T01:15:00Z"), "{now}");
    assert_eq!(bench.bodies("q").await, ["2026-01-05T01:00:00Z"]);
}

#[tokio::test]
async fn a_schedule_that_is_over_can_go() {
    let bench = Bench::new().await;
    let gone = CreateScheduleInput {
        action_after_completion: Some("DELETE".to_owned()),
        ..schedule("at(2026-01-05T00:01:00)")
    };
    bench.create(gone).await;
    bench.advance(60).await;
    assert_eq!(bench.bodies("q").await.len(), 1);
    let input = GetScheduleInput { name: "s".to_owned(), group_name: None };
    let said = refusal(bench.call::<GetSchedule>(input).await);
    assert_eq!(said, "ResourceNotFoundException: Schedule s does not exist.");
}

#[tokio::test]
async fn a_universal_target_is_any_operation() {
    let bench = Bench::new().await;
    let mut input = schedule("at(2026-01-05T00:01:00)");
    input.target.arn = "arn:aws:scheduler:::aws-sdk:glue:createDatabase".to_owned();
    input.target.input = Some(
        r#"{"databaseInput": {"Name": "d", "Description": "<aws.scheduler.attempt-number>"}}"#.to_owned(),
    );
    bench.create(input).await;
    bench.advance(60).await;
    let found = bench
        .call::<glue::GetDatabase>(glue::GetDatabaseInput { name: "d".to_owned(), ..Default::default() })
        .await;
    let database = found.unwrap().database.unwrap();
    assert_eq!((database.name.as_str(), database.description.as_deref()), ("d", Some("1")));
}

#[tokio::test]
async fn what_a_target_refuses_for_good_goes_to_the_dead_letter_queue() {
    let bench = Bench::new().await;
    let mut input = schedule("at(2026-01-05T00:01:00)");
    input.target.arn = queue_arn("missing");
    input.target.dead_letter_config = Some(DeadLetterConfig { arn: Some(queue_arn("q")) });
    bench.create(input).await;
    bench.advance(60).await;
    let letters = bench.read("q").await;
    let attributes = letters[0].message_attributes.clone().unwrap();
    let value = |name: &str| attributes[name].string_value.clone().unwrap();
    assert_eq!(letters[0].body.as_deref(), Some("2026-01-05T00:01:00Z"));
    assert_eq!(value("RETRY_ATTEMPTS"), "0");
    assert_eq!(value("SCHEDULED_TIME"), "2026-01-05T00:01:00Z");
    assert_eq!(value("TARGET_ARN"), queue_arn("missing"));
    assert_eq!(value("SCHEDULE_ARN"), "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
    assert_eq!(value("ERROR_CODE"), "QueueDoesNotExist");
    let dimension = Dimension { name: "ScheduleGroup".to_owned(), value: "default".to_owned() };
    let input = GetMetricStatisticsInput {
        namespace: "AWS/Scheduler".to_owned(),
        metric_name: "InvocationDroppedCount".to_owned(),
        dimensions: Some(vec![dimension]),
        start_time: Timestamp::TANK_EPOCH,
        end_time: Timestamp::TANK_EPOCH + Duration::from_secs(600),
        period: 600,
        statistics: Some(vec!["Sum".to_owned()]),
        ..Default::default()
    };
    let found = bench.call::<GetMetricStatistics>(input).await.unwrap().datapoints.unwrap();
    assert_eq!(found[0].sum, Some(1.0), "it is dropped, and kept as a letter");
}

#[tokio::test]
async fn what_fails_for_a_while_is_tried_again_until_it_succeeds_or_a_limit_ends_it() {
    let bench = Bench::new().await;
    bench.queue("letters").await;
    let error = WireError::server("InternalFailure", "");
    let rule = Rule {
        until: at("2026-01-05T00:01:30Z"),
        ..Rule::on("scheduler", "InvokeTarget", Verdict::Fail(error))
    };
    bench.tank.with_world(|world| world.add_fault(rule));
    for (name, attempts) in [("patient", 185), ("hasty", 1)] {
        let mut input = CreateScheduleInput { name: name.to_owned(), ..schedule("at(2026-01-05T00:01:00)") };
        input.target.input = Some(format!("{name} <aws.scheduler.attempt-number>"));
        input.target.retry_policy =
            Some(RetryPolicy { maximum_retry_attempts: Some(attempts), maximum_event_age_in_seconds: None });
        input.target.dead_letter_config = Some(DeadLetterConfig { arn: Some(queue_arn("letters")) });
        bench.create(input).await;
    }
    assert!(bench.tank.settle(Duration::from_secs(DAY)).await);
    assert_eq!(bench.bodies("q").await, ["patient 6"]);
    let letters = bench.read("letters").await;
    let attributes = letters[0].message_attributes.clone().unwrap();
    assert_eq!(letters[0].body.as_deref(), Some("hasty 2"));
    assert_eq!(attributes["EXHAUSTED_RETRY_CONDITION"].string_value.as_deref(), Some("MaximumRetryAttempts"));
    let counted = GetMetricStatisticsInput {
        namespace: "AWS/Scheduler".to_owned(),
        metric_name: "InvocationAttemptCount".to_owned(),
        start_time: at("2026-01-05T00:00:00Z"),
        end_time: at("2026-01-06T00:00:00Z"),
        period: 86_400,
        statistics: Some(vec!["Sum".to_owned()]),
        dimensions: Some(vec![wavetank_wire::cloudwatch::Dimension {
            name: "ScheduleGroup".to_owned(),
            value: "default".to_owned(),
        }]),
        ..GetMetricStatisticsInput::default()
    };
    let points = bench.call::<GetMetricStatistics>(counted).await.unwrap().datapoints.unwrap();
    assert_eq!(points[0].sum, Some(8.0));
}
