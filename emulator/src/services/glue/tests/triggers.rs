//! Which triggers and schedules are refused and with which words, and how a trigger's state changes.

use wavetank_wire::glue::*;

use super::flows::{after, create, fire, rig, runs, trigger};
use super::{Rig, text};

/// What a client is told who makes this trigger.
fn check(input: CreateTriggerInput, expected: &str) {
    let mut rig = rig();
    check_in(&mut rig, input, expected);
}

fn check_in(rig: &mut Rig, input: CreateTriggerInput, expected: &str) {
    let shown = format!("{input:?}");
    let said = rig.call::<CreateTrigger>(input).map_or_else(|error| error.to_string(), |_| "ok".to_owned());
    assert_eq!(said, expected, "{shown}");
}

fn scheduled(expression: &str) -> CreateTriggerInput {
    CreateTriggerInput { schedule: text(expression), ..trigger("t", "SCHEDULED", None, &["good"]) }
}

/// A trigger that waits for the one condition.
fn waiting(condition: Condition) -> CreateTriggerInput {
    let predicate = Some(Predicate { logical: None, conditions: Some(vec![condition]) });
    CreateTriggerInput { predicate, ..trigger("t", "CONDITIONAL", None, &["next"]) }
}

fn condition(job: &str, state: Option<&str>) -> Condition {
    Condition {
        logical_operator: text("EQUALS"),
        job_name: text(job),
        state: state.and_then(text),
        ..Condition::default()
    }
}

#[test]
fn schedules_are_cron_and_not_faster_than_five_minutes() {
    for expression in
        ["cron(0 1 * * ? *)", "cron(0/5 * * * ? *)", "cron(15,20 8-17 ? * MON-FRI *)", "cron(0 0 1 1 ? 2030)"]
    {
        check(scheduled(expression), "ok");
    }
    for expression in [
        "rate(1 hour)",
        "cron(0 1 * * *)",
        "cron(0 1 * * * *)",
        "cron(60 1 * * ? *)",
        "at(2026-01-05T00:00:00)",
    ] {
        check(
            scheduled(expression),
            &format!("InvalidInputException: Invalid schedule expression: {expression}"),
        );
    }
    for expression in ["cron(* * * * ? *)", "cron(0/4 1 * * ? *)", "cron(0,59 * * * ? *)"] {
        let expected =
            format!("InvalidInputException: Schedules faster than 5 minutes are not supported: {expression}");
        check(scheduled(expression), &expected);
    }
    check(
        trigger("t", "SCHEDULED", None, &["good"]),
        "InvalidInputException: A scheduled trigger must have a schedule.",
    );
}

#[test]
fn a_trigger_that_could_never_do_what_it_says_is_refused() {
    let invalid = |said: &str| format!("InvalidInputException: {said}");
    check(trigger("t", "ON_DEMAND", None, &[]), &invalid("A trigger must have at least one action."));
    check(
        CreateTriggerInput { start_on_creation: Some(true), ..trigger("t", "ON_DEMAND", None, &["good"]) },
        &invalid("StartOnCreation is not supported for triggers on demand."),
    );
    check(
        trigger("t", "EVENT", None, &["good"]),
        &invalid("A trigger of type EVENT must belong to a workflow."),
    );
    check(
        trigger("t", "ON_DEMAND", Some("none"), &["good"]),
        "EntityNotFoundException: Workflow none not found.",
    );
    check(
        trigger("t", "CONDITIONAL", None, &["good"]),
        &invalid("A conditional trigger must have a predicate with conditions."),
    );
    check(waiting(condition("good", None)), &invalid("State cannot be null or empty"));
    check(
        waiting(Condition { logical_operator: None, ..condition("good", Some("FAILED")) }),
        &invalid("Logical operator cannot be null or empty"),
    );
    check(
        waiting(condition("good", Some("RUNNING"))),
        &invalid("A condition cannot wait for the state RUNNING."),
    );
    check(
        waiting(condition("next", Some("SUCCEEDED"))),
        &invalid("Job cannot be a Predicate and Action for Conditional Trigger."),
    );
    check(
        waiting(Condition { crawler_name: text("c"), ..condition("good", Some("FAILED")) }),
        &invalid("A condition must have either a JobName or a CrawlerName."),
    );
    let crawls = Action { crawler_name: text("c"), ..Action::default() };
    let actions = vec![crawls.clone(), crawls.clone(), crawls];
    check(
        CreateTriggerInput { actions, ..trigger("t", "ON_DEMAND", None, &[]) },
        &invalid("A trigger can start at most two crawlers."),
    );
    let both = Action { crawler_name: text("c"), ..runs("good") };
    check(
        CreateTriggerInput { actions: vec![both], ..trigger("t", "ON_DEMAND", None, &[]) },
        &invalid("An action must have either a JobName or a CrawlerName."),
    );
}

#[test]
fn a_name_is_taken_once_and_a_workflow_starts_in_one_way() {
    let mut rig = rig();
    let first = trigger("t", "ON_DEMAND", Some("flow"), &["good"]);
    check_in(&mut rig, first.clone(), "ok");
    check_in(&mut rig, first.clone(), "ok");
    check_in(
        &mut rig,
        CreateTriggerInput { description: text("other"), ..first },
        "IdempotentParameterMismatchException: Trigger with name: t already submitted with different configuration",
    );
    check_in(
        &mut rig,
        trigger("u", "EVENT", Some("flow"), &["good"]),
        "InvalidInputException: Workflow flow already has the start trigger t.",
    );
    check_in(&mut rig, after("v", Some("flow"), "AND", &[("good", "FAILED")], "next"), "ok");
}

fn state(rig: &mut Rig, name: &str) -> String {
    let input = GetTriggerInput { name: name.to_owned() };
    rig.call::<GetTrigger>(input).expect("there").trigger.and_then(|trigger| trigger.state).expect("shown")
}

#[test]
fn a_trigger_is_created_activated_and_deactivated() {
    let mut rig = rig();
    create(&mut rig, CreateTriggerInput { start_on_creation: None, ..scheduled("cron(0 * * * ? *)") });
    let stop = |rig: &mut Rig, name: &str| {
        let said = rig.call::<StopTrigger>(StopTriggerInput { name: name.to_owned() });
        said.map_or_else(|error| error.to_string(), |_| "ok".to_owned())
    };
    let not = |state: &str| {
        format!("InvalidInputException: The operation is not allowed when trigger is in state: {state}")
    };
    assert_eq!(stop(&mut rig, "t"), not("CREATED"));
    fire(&mut rig, "t");
    assert_eq!(state(&mut rig, "t"), "ACTIVATED");
    assert_eq!(stop(&mut rig, "t"), "ok");
    assert_eq!(state(&mut rig, "t"), "DEACTIVATED");
    assert_eq!(stop(&mut rig, "t"), not("DEACTIVATED"));

    create(&mut rig, trigger("e", "EVENT", Some("flow"), &["good"]));
    let started =
        rig.call::<StartTrigger>(StartTriggerInput { name: "e".to_owned() }).expect_err("events do that");
    assert_eq!(started.to_string(), "InvalidInputException: Trigger Type EVENT cannot be started");
    create(&mut rig, trigger("d", "ON_DEMAND", None, &["good"]));
    fire(&mut rig, "d");
    assert_eq!(state(&mut rig, "d"), "CREATED");
}

#[test]
fn an_update_replaces_the_whole_definition() {
    let mut rig = rig();
    create(&mut rig, CreateTriggerInput { description: text("hourly"), ..scheduled("cron(0 * * * ? *)") });
    let update = |rig: &mut Rig, schedule: &str| {
        let actions = Some(vec![runs("next")]);
        let trigger_update = TriggerUpdate { schedule: text(schedule), actions, ..TriggerUpdate::default() };
        rig.call::<UpdateTrigger>(UpdateTriggerInput { name: "t".to_owned(), trigger_update })
    };
    assert_eq!(update(&mut rig, "cron(nonsense)").expect_err("no schedule").code, "InvalidInputException");
    let updated = update(&mut rig, "cron(30 * * * ? *)").expect("a schedule").trigger.expect("shown");
    assert_eq!((updated.description, updated.state.as_deref()), (None, Some("ACTIVATED")));
    rig.pass(std::time::Duration::from_secs(3_600));
    assert_eq!([super::flows::count(&mut rig, "good"), super::flows::count(&mut rig, "next")], [0, 1]);
}

#[test]
fn eventbridge_hears_of_each_state_of_a_run_that_takes_too_long() {
    use wavetank_wire::{events, sqs};
    let mut rig = rig();
    rig.call::<sqs::CreateQueue>(sqs::CreateQueueInput { queue_name: "q".to_owned(), ..Default::default() })
        .expect("new");
    let pattern = r#"{"detail-type": ["Glue Job Run Status"]}"#;
    let input =
        events::PutRuleInput { name: "r".to_owned(), event_pattern: text(pattern), ..Default::default() };
    rig.call::<events::PutRule>(input).expect("new");
    let target = events::Target {
        id: "q".to_owned(),
        arn: "arn:aws:sqs:us-east-1:000000000000:q".to_owned(),
        input_path: text("$.detail.message"),
        ..Default::default()
    };
    let input = events::PutTargetsInput { rule: "r".to_owned(), event_bus_name: None, targets: vec![target] };
    rig.call::<events::PutTargets>(input).expect("new");
    let notification_property = Some(NotificationProperty { notify_delay_after: Some(1) });
    let input = StartJobRunInput { job_name: "good".to_owned(), notification_property, ..Default::default() };
    let run = rig.call::<StartJobRun>(input).expect("it rests").job_run_id.expect("named");
    // The executor does not answer.
    let wait = |rig: &mut Rig, secs: u64| {
        let target = rig.world.now() + std::time::Duration::from_secs(secs);
        while let Some(at) = rig.world.next_deadline().filter(|at| *at <= target) {
            rig.world.step_to(at);
        }
        rig.world.step_to(target);
    };
    wait(&mut rig, 200);
    let stop = BatchStopJobRunInput { job_name: "good".to_owned(), job_run_ids: vec![run] };
    rig.call::<BatchStopJobRun>(stop).expect("it runs");
    wait(&mut rig, 200);
    let queue_url = "http://h/000000000000/q".to_owned();
    let input =
        sqs::ReceiveMessageInput { queue_url, max_number_of_messages: Some(10), ..Default::default() };
    let messages = rig.call::<sqs::ReceiveMessage>(input).expect("a list").messages.unwrap_or_default();
    let mut told: Vec<String> = messages.into_iter().filter_map(|message| message.body).collect();
    told.sort();
    assert_eq!(told, ["\"Job is in RUNNING state\"", "\"Job is in STOPPING state\""]);
}
