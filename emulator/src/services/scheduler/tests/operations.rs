//! What clients are told: of schedules, groups, tags and wrong requests.

use super::*;

async fn check(bench: &Bench, change: impl FnOnce(&mut CreateScheduleInput), expected: &str) {
    let mut input = schedule("rate(1 hour)");
    change(&mut input);
    assert_eq!(refusal(bench.call::<CreateSchedule>(input).await), expected);
}

#[tokio::test]
async fn wrong_schedules_are_refused_with_the_reason() {
    let bench = Bench::new().await;
    let expression = |text: &'static str| {
        move |input: &mut CreateScheduleInput| text.clone_into(&mut input.schedule_expression)
    };
    check(
        &bench,
        expression("cron(0 1 * * * *)"),
        "ValidationException: Invalid Schedule Expression cron(0 1 * * * *).",
    )
    .await;
    check(
        &bench,
        expression(" rate(10 minutes)"),
        "ValidationException: Invalid Schedule Expression  rate(10 minutes).",
    )
    .await;
    check(
        &bench,
        |input| input.schedule_expression_timezone = Some("Asia/Saigonn".to_owned()),
        "ValidationException: Invalid Schedule Expression Timezone Asia/Saigonn.",
    )
    .await;
    check(
        &bench,
        |input| input.flexible_time_window.mode = "FLEXIBLE".to_owned(),
        "ValidationException: MaximumWindowInMinutes is required when FlexibleTimeWindow Mode is FLEXIBLE.",
    )
    .await;
    check(
        &bench,
        |input| input.start_date = Some(at("2026-01-04T00:00:00Z")),
        "ValidationException: The StartDate you specify cannot be earlier than 5 minutes ago.",
    )
    .await;
    check(
        &bench,
        |input| input.group_name = Some("none".to_owned()),
        "ResourceNotFoundException: Schedule group none does not exist.",
    )
    .await;
}

#[tokio::test]
async fn wrong_targets_are_refused_with_the_reason() {
    let bench = Bench::new().await;
    let target = |arn: &'static str, text: &'static str| {
        move |input: &mut CreateScheduleInput| {
            arn.clone_into(&mut input.target.arn);
            input.target.input = Some(text.to_owned());
        }
    };
    check(&bench, target("q", "x"), "ValidationException: Provided Arn is not in correct format.").await;
    check(
        &bench,
        target("arn:aws:states:us-east-1:000000000000:stateMachine:m", "{}"),
        "NotImplemented: wavetank does not implement targets of states.",
    )
    .await;
    check(
        &bench,
        target("arn:aws:scheduler:::aws-sdk:glue:startJobRun", r#"{"Job": "j"}"#),
        "ValidationException: Invalid RequestJson provided. Reason The field 'Job' is not supported by api 'StartJobRun' for \
         the service 'glue'",
    )
    .await;
    check(
        &bench,
        target("arn:aws:scheduler:::aws-sdk:glue:getJob", "{}"),
        "ValidationException: Provided Arn is not in correct format: aws-sdk:glue:getJob",
    )
    .await;
    check(
        &bench,
        target("arn:aws:scheduler:::aws-sdk:s3:putObject", "{}"),
        "NotImplemented: wavetank does not implement the universal target s3:putObject.",
    )
    .await;
    check(
        &bench,
        target("arn:aws:kinesis:us-east-1:000000000000:stream/s", "{}"),
        "ValidationException: KinesisParameters must be specified for a Kinesis target.",
    )
    .await;
}

#[tokio::test]
async fn a_role_must_let_scheduler_in() {
    let bench = Bench::new().await;
    bench.role("lambda", "lambda.amazonaws.com").await;
    let role = |name: &str| {
        let arn = format!("arn:aws:iam::000000000000:role/{name}");
        move |input: &mut CreateScheduleInput| input.target.role_arn = arn
    };
    let refused = "ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
    check(&bench, role("nobody"), refused).await;
    check(&bench, role("lambda"), refused).await;
    bench.create(schedule("rate(1 hour)")).await;
    let body = schedule("rate(2 hours)");
    let change = UpdateScheduleInput {
        name: body.name,
        schedule_expression: body.schedule_expression,
        target: Target { role_arn: "arn:aws:iam::000000000000:role/nobody".to_owned(), ..body.target },
        flexible_time_window: body.flexible_time_window,
        ..UpdateScheduleInput::default()
    };
    assert_eq!(refusal(bench.call::<UpdateSchedule>(change).await), refused);
}

#[tokio::test]
async fn a_schedule_is_shown_with_defaults_and_changed_as_a_whole() {
    let bench = Bench::new().await;
    bench.create(CreateScheduleInput { description: Some("d".to_owned()), ..schedule("rate(1 hour)") }).await;
    let get = || GetScheduleInput { name: "s".to_owned(), group_name: None };
    let shown = bench.call::<GetSchedule>(get()).await.unwrap();
    assert_eq!(shown.schedule_expression_timezone.as_deref(), Some("UTC"));
    assert_eq!(shown.state.as_deref(), Some("ENABLED"));
    assert_eq!(shown.action_after_completion.as_deref(), Some("NONE"));
    assert_eq!(shown.target.unwrap().retry_policy.unwrap().maximum_retry_attempts, Some(185));

    let said = refusal(bench.call::<CreateSchedule>(schedule("rate(1 hour)")).await);
    assert_eq!(said, "ConflictException: Schedule s already exists.");
    bench.advance(60).await;
    let body = schedule("rate(2 hours)");
    let change = UpdateScheduleInput {
        name: body.name,
        schedule_expression: body.schedule_expression,
        target: body.target,
        flexible_time_window: body.flexible_time_window,
        ..UpdateScheduleInput::default()
    };
    bench.call::<UpdateSchedule>(change).await.unwrap();
    let shown = bench.call::<GetSchedule>(get()).await.unwrap();
    assert_eq!(shown.description, None);
    assert_eq!(shown.creation_date, Some(at("2026-01-05T00:00:00Z")));
    assert_eq!(shown.last_modification_date, Some(at("2026-01-05T00:01:00Z")));
}

#[tokio::test]
async fn a_group_takes_its_schedules_along() {
    let bench = Bench::new().await;
    let group = CreateScheduleGroupInput {
        name: "g".to_owned(),
        tags: Some(vec![Tag { key: "k".to_owned(), value: "v".to_owned() }]),
        ..Default::default()
    };
    let arn = bench.call::<CreateScheduleGroup>(group).await.unwrap().schedule_group_arn;
    assert_eq!(arn, "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g");
    bench
        .create(CreateScheduleInput { group_name: Some("g".to_owned()), ..schedule("rate(1 minute)") })
        .await;
    let tags = bench.call::<ListTagsForResource>(ListTagsForResourceInput { resource_arn: arn }).await;
    assert_eq!(tags.unwrap().tags.unwrap().len(), 1);
    let listed = bench.call::<ListSchedules>(ListSchedulesInput::default()).await.unwrap().schedules;
    assert_eq!(listed[0].arn.as_deref(), Some("arn:aws:scheduler:us-east-1:000000000000:schedule/g/s"));
    let input = DeleteScheduleGroupInput { name: "g".to_owned(), client_token: None };
    bench.call::<DeleteScheduleGroup>(input).await.unwrap();
    bench.advance(600).await;
    assert_eq!(bench.bodies("q").await, Vec::<String>::new());
    let groups = bench.call::<ListScheduleGroups>(ListScheduleGroupsInput::default()).await.unwrap();
    assert_eq!(groups.schedule_groups.len(), 1);
}
