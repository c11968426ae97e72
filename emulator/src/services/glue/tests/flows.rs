//! Triggers and workflows over time: who starts what, and when a run is over. `triggers.rs` has what is refused.

use std::time::Duration;

use wavetank_wire::glue::*;

use super::{Rig, database, text};
use crate::services::glue::{ScriptOutput, ScriptWork};

pub(super) const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn job(name: &str) -> CreateJobInput {
    CreateJobInput {
        name: name.to_owned(),
        role: "arn:aws:iam::000000000000:role/glue".to_owned(),
        command: JobCommand {
            name: text("pythonshell"),
            script_location: text("s3://scripts/job.py"),
            ..JobCommand::default()
        },
        ..CreateJobInput::default()
    }
}

/// Fails if it is the job `bad`.
fn script(work: &ScriptWork) -> ScriptOutput {
    ScriptOutput { failure: text("no").filter(|_| work.job_name == "bad"), ..ScriptOutput::default() }
}

/// Jobs `good`, `bad` and `next`, and the workflow `flow`.
pub(super) fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.script = script;
    for name in ["good", "bad", "next"] {
        rig.call::<CreateJob>(job(name)).expect("new");
    }
    let properties = [("shop".to_owned(), "hue".to_owned())].into();
    let input = CreateWorkflowInput {
        name: "flow".to_owned(),
        default_run_properties: Some(properties),
        max_concurrent_runs: Some(1),
        ..CreateWorkflowInput::default()
    };
    rig.call::<CreateWorkflow>(input).expect("new");
    rig
}

pub(super) fn runs(job: &str) -> Action {
    Action { job_name: text(job), ..Action::default() }
}

/// A trigger that starts jobs.
pub(super) fn trigger(name: &str, kind: &str, workflow: Option<&str>, jobs: &[&str]) -> CreateTriggerInput {
    CreateTriggerInput {
        name: name.to_owned(),
        r#type: kind.to_owned(),
        workflow_name: workflow.and_then(text),
        actions: jobs.iter().map(|job| runs(job)).collect(),
        start_on_creation: Some(kind != "ON_DEMAND" && kind != "EVENT"),
        ..CreateTriggerInput::default()
    }
}

/// One that waits for jobs to end in these states.
pub(super) fn after(
    name: &str,
    workflow: Option<&str>,
    logical: &str,
    ends: &[(&str, &str)],
    job: &str,
) -> CreateTriggerInput {
    let condition = |(job, state): &(&str, &str)| Condition {
        logical_operator: text("EQUALS"),
        job_name: text(job),
        state: text(state),
        ..Condition::default()
    };
    let conditions = Some(ends.iter().map(condition).collect());
    let predicate = Some(Predicate { logical: text(logical), conditions });
    CreateTriggerInput { predicate, ..trigger(name, "CONDITIONAL", workflow, &[job]) }
}

pub(super) fn create(rig: &mut Rig, input: CreateTriggerInput) {
    rig.call::<CreateTrigger>(input).expect("new");
}

pub(super) fn fire(rig: &mut Rig, name: &str) {
    rig.call::<StartTrigger>(StartTriggerInput { name: name.to_owned() }).expect("it is there");
}

pub(super) fn count(rig: &mut Rig, job: &str) -> usize {
    let input = GetJobRunsInput { job_name: job.to_owned(), ..Default::default() };
    rig.call::<GetJobRuns>(input).expect("a list").job_runs.unwrap_or_default().len()
}

pub(super) fn flow_runs(rig: &mut Rig) -> Vec<WorkflowRun> {
    let input = GetWorkflowRunsInput { name: "flow".to_owned(), ..Default::default() };
    rig.call::<GetWorkflowRuns>(input).expect("a list").runs.unwrap_or_default()
}

/// How often `next` ran after a trigger had started `good` and `bad`.
fn check(logical: &str, ends: &[(&str, &str)], expected: usize) {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", None, &["good", "bad"]));
    create(&mut rig, after("then", None, logical, ends, "next"));
    fire(&mut rig, "begin");
    rig.pass(MINUTE);
    assert_eq!(count(&mut rig, "next"), expected, "{logical} {ends:?}");
    fire(&mut rig, "begin");
    rig.pass(MINUTE);
    assert_eq!(count(&mut rig, "next"), 2 * expected, "{logical} {ends:?}, again");
}

#[test]
fn a_conditional_trigger_fires_when_all_or_any_of_its_conditions_are_met() {
    check("AND", &[("good", "SUCCEEDED"), ("bad", "FAILED")], 1);
    check("AND", &[("good", "SUCCEEDED"), ("bad", "SUCCEEDED")], 0);
    check("ANY", &[("good", "FAILED"), ("bad", "FAILED")], 1);
    check("ANY", &[("good", "TIMEOUT")], 0);
}

#[test]
fn a_job_that_a_client_has_started_fires_no_trigger() {
    let mut rig = rig();
    create(&mut rig, after("then", None, "AND", &[("good", "SUCCEEDED")], "next"));
    let input = StartJobRunInput { job_name: "good".to_owned(), ..Default::default() };
    rig.call::<StartJobRun>(input).expect("it rests");
    rig.pass(MINUTE);
    assert_eq!(count(&mut rig, "next"), 0);
}

#[test]
fn a_workflow_runs_its_jobs_in_turn_and_is_completed() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good", "bad"]));
    create(&mut rig, after("then", Some("flow"), "AND", &[("good", "SUCCEEDED")], "next"));
    let start = StartWorkflowRunInput { name: "flow".to_owned(), ..Default::default() };
    let id = rig.call::<StartWorkflowRun>(start.clone()).expect("it rests").run_id.expect("named");
    let again = rig.call::<StartWorkflowRun>(start).expect_err("one at a time");
    assert_eq!(again.code, "ConcurrentRunsExceededException");
    rig.pass(MINUTE);
    let run = flow_runs(&mut rig).remove(0);
    assert_eq!(run.status.as_deref(), Some("COMPLETED"));
    let statistics = run.statistics.expect("counted");
    assert_eq!(
        (statistics.total_actions, statistics.succeeded_actions, statistics.failed_actions),
        (Some(3), Some(2), Some(1))
    );
    let input = GetJobRunsInput { job_name: "next".to_owned(), ..Default::default() };
    let started = rig.call::<GetJobRuns>(input).expect("a list").job_runs.expect("some").remove(0);
    assert_eq!(started.trigger_name.as_deref(), Some("then"));
    assert_eq!(started.arguments.expect("given")["--WORKFLOW_RUN_ID"], id);
    let properties = run.workflow_run_properties.expect("the workflow's");
    assert_eq!(properties["shop"], "hue");
}

#[test]
fn a_schedule_starts_a_workflow_each_time() {
    let mut rig = rig();
    let hourly = CreateTriggerInput {
        schedule: text("cron(0 * * * ? *)"),
        ..trigger("hourly", "SCHEDULED", Some("flow"), &["good"])
    };
    create(&mut rig, hourly);
    rig.pass(Duration::from_secs(3 * 3_600 + 60));
    assert_eq!(flow_runs(&mut rig).len(), 3);
    rig.call::<StopTrigger>(StopTriggerInput { name: "hourly".to_owned() }).expect("it is there");
    rig.pass(Duration::from_secs(3 * 3_600));
    assert_eq!(flow_runs(&mut rig).len(), 3);
}

#[test]
fn events_start_a_workflow_by_number_or_window() {
    let mut rig = rig();
    let batch = EventBatchingCondition { batch_size: 2, batch_window: Some(60) };
    let input = CreateTriggerInput {
        event_batching_condition: Some(batch),
        ..trigger("heard", "EVENT", Some("flow"), &["good"])
    };
    create(&mut rig, input);
    let event = |rig: &mut Rig, id: &str| {
        let run_properties = Some([("aws:eventIds".to_owned(), id.to_owned())].into());
        let input = StartWorkflowRunInput { name: "flow".to_owned(), run_properties };
        rig.call::<StartWorkflowRun>(input).expect("it is heard");
    };
    event(&mut rig, "a");
    assert_eq!(flow_runs(&mut rig).len(), 0);
    event(&mut rig, "b");
    let run = flow_runs(&mut rig).remove(0);
    assert_eq!(run.workflow_run_properties.expect("given")["aws:eventIds"], r#"["a","b"]"#);
    rig.pass(MINUTE);
    event(&mut rig, "c");
    rig.pass(Duration::from_secs(59));
    assert_eq!(flow_runs(&mut rig).len(), 1);
    rig.pass(Duration::from_secs(1));
    assert_eq!(flow_runs(&mut rig).len(), 2);
}

#[test]
fn a_run_that_is_stopped_starts_nothing_more() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good"]));
    create(&mut rig, after("then", Some("flow"), "AND", &[("good", "STOPPED")], "next"));
    let start = StartWorkflowRunInput { name: "flow".to_owned(), ..Default::default() };
    let run_id = rig.call::<StartWorkflowRun>(start).expect("it rests").run_id.expect("named");
    let stop = StopWorkflowRunInput { name: "flow".to_owned(), run_id };
    rig.call::<StopWorkflowRun>(stop).expect("it runs");
    rig.pass(MINUTE);
    assert_eq!(flow_runs(&mut rig).remove(0).status.as_deref(), Some("STOPPED"));
    assert_eq!(count(&mut rig, "next"), 0);
}

/// Starts a run of the workflow, and answers its id.
fn start(rig: &mut Rig) -> String {
    let input = StartWorkflowRunInput { name: "flow".to_owned(), ..Default::default() };
    rig.call::<StartWorkflowRun>(input).expect("it rests").run_id.expect("named")
}

/// A run with its graph.
fn whole(rig: &mut Rig, run_id: &str) -> WorkflowRun {
    let name = "flow".to_owned();
    let input = GetWorkflowRunInput { name, run_id: run_id.to_owned(), include_graph: Some(true) };
    rig.call::<GetWorkflowRun>(input).expect("it began").run.expect("shown")
}

/// The states of each job's runs in a run's graph.
fn states(run: &WorkflowRun) -> Vec<String> {
    let nodes = run.graph.iter().flat_map(|graph| graph.nodes.iter().flatten());
    let jobs = nodes.filter(|node| node.r#type.as_deref() == Some("JOB"));
    let states = jobs.map(|node| {
        let runs = node.job_details.iter().flat_map(|details| details.job_runs.iter().flatten());
        let states: Vec<&str> = runs.filter_map(|run| run.job_run_state.as_deref()).collect();
        format!("{} {}", node.name.as_deref().unwrap_or_default(), states.join(" "))
    });
    states.collect()
}

#[test]
fn a_change_of_a_trigger_does_not_matter_to_a_run_that_is_under_way() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good"]));
    create(&mut rig, after("then", Some("flow"), "AND", &[("good", "SUCCEEDED")], "next"));
    start(&mut rig);
    rig.call::<DeleteTrigger>(DeleteTriggerInput { name: "then".to_owned() }).expect("no error");
    rig.pass(MINUTE);
    assert_eq!(count(&mut rig, "next"), 1);
    start(&mut rig);
    rig.pass(MINUTE);
    assert_eq!(count(&mut rig, "next"), 1);
}

#[test]
fn a_run_is_resumed_from_the_jobs_that_failed() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good", "bad"]));
    let both = [("good", "SUCCEEDED"), ("bad", "SUCCEEDED")];
    create(&mut rig, after("then", Some("flow"), "AND", &both, "next"));
    let first = start(&mut rig);
    let resume = |rig: &mut Rig, run_id: &str, nodes: &[&str]| {
        let node_ids = nodes.iter().map(|node| (*node).to_owned()).collect();
        let input = ResumeWorkflowRunInput { name: "flow".to_owned(), run_id: run_id.to_owned(), node_ids };
        rig.call::<ResumeWorkflowRun>(input)
    };
    let early = resume(&mut rig, &first, &["wnode_job_bad"]).expect_err("it is under way");
    assert_eq!(early.code, "IllegalWorkflowStateException");
    rig.pass(MINUTE);
    assert_eq!(states(&whole(&mut rig, &first)), ["good SUCCEEDED", "bad FAILED", "next "]);
    let never = resume(&mut rig, &first, &["wnode_job_next"]).expect_err("it was never tried");
    assert_eq!(never.code, "InvalidInputException");

    rig.script = |_| ScriptOutput::default();
    let resumed = resume(&mut rig, &first, &["wnode_job_bad"]).expect("it is over");
    assert_eq!(resumed.node_ids, Some(vec!["wnode_job_bad".to_owned()]));
    rig.pass(MINUTE);
    let second = whole(&mut rig, &resumed.run_id.expect("named"));
    assert_eq!(second.previous_run_id, Some(first));
    assert_eq!(second.status.as_deref(), Some("COMPLETED"));
    assert_eq!(states(&second), ["good SUCCEEDED", "bad SUCCEEDED", "next SUCCEEDED"]);
    assert_eq!([count(&mut rig, "good"), count(&mut rig, "bad"), count(&mut rig, "next")], [1, 2, 1]);
}

#[test]
fn a_node_downstream_of_another_is_not_resumed_by_itself() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good"]));
    create(&mut rig, after("then", Some("flow"), "AND", &[("good", "SUCCEEDED")], "next"));
    let run_id = start(&mut rig);
    rig.pass(MINUTE);
    let node_ids = ["wnode_job_next", "wnode_job_good"].map(str::to_owned).to_vec();
    let input = ResumeWorkflowRunInput { name: "flow".to_owned(), run_id, node_ids };
    let resumed = rig.call::<ResumeWorkflowRun>(input).expect("it is over");
    assert_eq!(resumed.node_ids, Some(vec!["wnode_job_good".to_owned()]));
    rig.pass(MINUTE);
    assert_eq!([count(&mut rig, "good"), count(&mut rig, "next")], [2, 2]);
}

#[test]
fn of_a_job_that_is_tried_again_the_last_attempt_counts() {
    let mut rig = rig();
    rig.call::<CreateJob>(CreateJobInput { max_retries: Some(1), ..job("bad too") }).expect("new");
    rig.script = |work| ScriptOutput {
        failure: text("no").filter(|_| work.job_name == "bad too"),
        ..Default::default()
    };
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["bad too"]));
    create(&mut rig, after("then", Some("flow"), "AND", &[("bad too", "FAILED")], "next"));
    let run_id = start(&mut rig);
    rig.pass(MINUTE);
    assert_eq!([count(&mut rig, "bad too"), count(&mut rig, "next")], [2, 1]);
    let statistics = whole(&mut rig, &run_id).statistics.expect("counted");
    assert_eq!((statistics.total_actions, statistics.failed_actions), (Some(2), Some(1)));
}

#[test]
fn jobs_share_the_properties_of_a_run() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good"]));
    let run_properties = Some([("day".to_owned(), "5".to_owned())].into());
    let input = StartWorkflowRunInput { name: "flow".to_owned(), run_properties };
    let run_id = rig.call::<StartWorkflowRun>(input).expect("it rests").run_id.expect("named");
    let run_properties = [("shop".to_owned(), "hoi an".to_owned())].into();
    let input =
        PutWorkflowRunPropertiesInput { name: "flow".to_owned(), run_id: run_id.clone(), run_properties };
    rig.call::<PutWorkflowRunProperties>(input).expect("it runs");
    let input = GetWorkflowRunPropertiesInput { name: "flow".to_owned(), run_id };
    let properties =
        rig.call::<GetWorkflowRunProperties>(input).expect("it runs").run_properties.expect("some");
    let expected = [("day".to_owned(), "5".to_owned()), ("shop".to_owned(), "hoi an".to_owned())];
    assert_eq!(properties, expected.into());
}

#[test]
fn what_a_trigger_cannot_start_is_an_error_of_the_run() {
    let mut rig = rig();
    create(&mut rig, trigger("begin", "ON_DEMAND", Some("flow"), &["good", "nowhere"]));
    let run_id = start(&mut rig);
    rig.pass(MINUTE);
    let run = whole(&mut rig, &run_id);
    let statistics = run.statistics.expect("counted");
    assert_eq!((statistics.errored_actions, statistics.succeeded_actions), (Some(1), Some(1)));
    assert_eq!(run.status.as_deref(), Some("COMPLETED"));
    create(&mut rig, trigger("alone", "ON_DEMAND", None, &["nowhere"]));
    let said = rig.call::<StartTrigger>(StartTriggerInput { name: "alone".to_owned() });
    assert_eq!(said.expect_err("there is no such job").code, "EntityNotFoundException");
}

/// The crawler `clicks`, and an object for it.
fn crawler(rig: &mut Rig, schedule: Option<String>) {
    rig.objects.put("lake", "clicks/a.json", "{\"user\":1}\n");
    rig.call::<CreateDatabase>(database("lake")).expect("new");
    let s3targets = Some(vec![S3Target { path: text("s3://lake/clicks/"), ..S3Target::default() }]);
    let input = CreateCrawlerInput {
        name: "clicks".to_owned(),
        role: "crawler".to_owned(),
        database_name: text("lake"),
        targets: CrawlerTargets { s3targets, ..CrawlerTargets::default() },
        schedule,
        ..CreateCrawlerInput::default()
    };
    rig.call::<CreateCrawler>(input).expect("new");
}

#[test]
fn a_workflow_crawls_and_goes_on_with_what_the_crawl_came_to() {
    let mut rig = rig();
    crawler(&mut rig, None);
    let crawls = Action { crawler_name: text("clicks"), ..Action::default() };
    let begin =
        CreateTriggerInput { actions: vec![crawls], ..trigger("begin", "ON_DEMAND", Some("flow"), &[]) };
    create(&mut rig, begin);
    let condition = Condition {
        logical_operator: text("EQUALS"),
        crawler_name: text("clicks"),
        crawl_state: text("SUCCEEDED"),
        ..Condition::default()
    };
    let predicate = Some(Predicate { logical: None, conditions: Some(vec![condition]) });
    let then = trigger("then", "CONDITIONAL", Some("flow"), &["next"]);
    create(&mut rig, CreateTriggerInput { predicate, ..then });
    let run_id = start(&mut rig);
    rig.pass(MINUTE);
    assert_eq!(count(&mut rig, "next"), 1);
    let graph = whole(&mut rig, &run_id).graph.expect("drawn");
    let edges: Vec<String> = graph
        .edges
        .into_iter()
        .flatten()
        .map(|edge| {
            format!("{} {}", edge.source_id.unwrap_or_default(), edge.destination_id.unwrap_or_default())
        })
        .collect();
    let expected = [
        "wnode_trigger_begin wnode_crawler_clicks",
        "wnode_crawler_clicks wnode_trigger_then",
        "wnode_trigger_then wnode_job_next",
    ];
    assert_eq!(edges, expected);
}

#[test]
fn a_crawler_runs_by_its_schedule_while_that_is_on() {
    let mut rig = Rig::new();
    crawler(&mut rig, text("cron(30 * * * ? *)"));
    let crawls = |rig: &mut Rig| {
        let input = ListCrawlsInput { crawler_name: "clicks".to_owned(), ..Default::default() };
        rig.call::<ListCrawls>(input).expect("a list").crawls.unwrap_or_default().len()
    };
    rig.pass(Duration::from_secs(2 * 3_600));
    assert_eq!(crawls(&mut rig), 2);
    let name = || "clicks".to_owned();
    let running = rig.call::<StartCrawlerSchedule>(StartCrawlerScheduleInput { crawler_name: name() });
    assert_eq!(running.expect_err("it is on").code, "SchedulerRunningException");
    rig.call::<StopCrawlerSchedule>(StopCrawlerScheduleInput { crawler_name: name() }).expect("it is on");
    rig.pass(Duration::from_secs(2 * 3_600));
    assert_eq!(crawls(&mut rig), 2);
    let shown =
        rig.call::<GetCrawler>(GetCrawlerInput { name: name() }).expect("there").crawler.expect("shown");
    assert_eq!(shown.schedule.expect("kept").state.as_deref(), Some("NOT_SCHEDULED"));
    let schedule = text("cron(0 0 32 * ? *)");
    let wrong = UpdateCrawlerScheduleInput { crawler_name: name(), schedule };
    let said = rig.call::<UpdateCrawlerSchedule>(wrong).expect_err("there is no such day");
    assert_eq!(said.code, "InvalidInputException");
}
