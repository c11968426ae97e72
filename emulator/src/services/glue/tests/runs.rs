//! Jobs and their runs over time.

use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::{Expect, expect};
use wavetank_wire::glue::*;

use super::{Rig, text};
use crate::services::glue::{ScriptOutput, ScriptWork};

fn job() -> CreateJobInput {
    CreateJobInput {
        name: "clean".to_owned(),
        role: "arn:aws:iam::000000000000:role/glue".to_owned(),
        command: JobCommand {
            name: text("glueetl"),
            script_location: text("s3://scripts/clean.py"),
            ..JobCommand::default()
        },
        glue_version: text("4.0"),
        worker_type: text("G.2X"),
        number_of_workers: Some(10),
        ..CreateJobInput::default()
    }
}

fn start(rig: &mut Rig) -> Option<String> {
    let input = StartJobRunInput { job_name: "clean".to_owned(), ..Default::default() };
    rig.note::<StartJobRun>(input).and_then(|output| output.job_run_id)
}

fn states(rig: &mut Rig) -> Vec<(String, i64)> {
    let input = GetJobRunsInput { job_name: "clean".to_owned(), ..Default::default() };
    let runs = rig.call::<GetJobRuns>(input).expect("a list").job_runs.unwrap_or_default();
    runs.into_iter()
        .map(|run| (run.job_run_state.unwrap_or_default(), run.execution_time.unwrap_or(0)))
        .collect()
}

fn check(
    input: CreateJobInput,
    script: fn(&ScriptWork) -> ScriptOutput,
    act: impl FnOnce(&mut Rig),
    expected: Expect,
) {
    let mut rig = Rig::new();
    rig.script = script;
    rig.call::<CreateJob>(input).expect("new");
    act(&mut rig);
    expected.assert_eq(&rig.seen);
}

fn succeeds(_: &ScriptWork) -> ScriptOutput {
    ScriptOutput { output: vec!["60 rows".to_owned()], ..ScriptOutput::default() }
}

fn fails(_: &ScriptWork) -> ScriptOutput {
    ScriptOutput { failure: text("ValueError: no such column"), ..ScriptOutput::default() }
}

#[test]
fn a_run_starts_runs_and_succeeds() {
    check(
        job(),
        succeeds,
        |rig| {
            let id = start(rig).expect("started");
            rig.write(&format!("{} {}", &id[..3], id.len()));
            rig.watch(20, states);
            let lines = rig.logs("/aws-glue/jobs/output", &id);
            rig.write(&format!("{lines:?}"));
            let input = GetJobRunInput { job_name: "clean".to_owned(), run_id: id, ..Default::default() };
            let run = rig.call::<GetJobRun>(input).expect("known").job_run.expect("found");
            rig.write(&format!("{:?} {:?} {:?}", run.dpu_seconds, run.max_capacity, run.timeout));
        },
        expect![[r#"
            StartJobRun: ok
            jr_ 67
              0s [("STARTING", 0)]
              8s [("RUNNING", 0)]
              9s [("RUNNING", 1)]
             10s [("RUNNING", 2)]
             11s [("SUCCEEDED", 3)]
            ["60 rows"]
            Some(60.0) Some(20.0) Some(2880)
        "#]],
    );
}

#[test]
fn more_runs_than_the_job_allows_are_refused() {
    let two = ExecutionProperty { max_concurrent_runs: Some(2) };
    check(
        CreateJobInput { execution_property: Some(two), ..job() },
        succeeds,
        |rig| {
            start(rig);
            start(rig);
            start(rig);
            rig.pass(Duration::from_secs(30));
            start(rig);
            rig.note::<StartJobRun>(StartJobRunInput { job_name: "none".to_owned(), ..Default::default() });
        },
        expect![[r#"
            StartJobRun: ok
            StartJobRun: ok
            StartJobRun: ConcurrentRunsExceededException: Concurrent runs exceeded for clean
            StartJobRun: ok
            StartJobRun: EntityNotFoundException: Failed to start job run due to missing metadata.
        "#]],
    );
}

#[test]
fn a_run_that_fails_is_tried_again_under_its_own_id() {
    check(
        CreateJobInput { max_retries: Some(1), ..job() },
        fails,
        |rig| {
            let id = start(rig).expect("started");
            rig.watch(30, states);
            let input = GetJobRunsInput { job_name: "clean".to_owned(), ..Default::default() };
            for run in rig.call::<GetJobRuns>(input).expect("a list").job_runs.unwrap_or_default() {
                let name = run.id.unwrap_or_default().replace(&id, "jr_");
                let previous = run.previous_run_id.map(|previous| previous.replace(&id, "jr_"));
                rig.write(&format!("{name} after {previous:?}: {:?}", run.error_message));
            }
        },
        expect![[r#"
            StartJobRun: ok
              0s [("STARTING", 0)]
              8s [("RUNNING", 0)]
              9s [("RUNNING", 1)]
             10s [("RUNNING", 2)]
             11s [("STARTING", 0), ("FAILED", 3)]
             19s [("RUNNING", 0), ("FAILED", 3)]
             20s [("RUNNING", 1), ("FAILED", 3)]
             21s [("RUNNING", 2), ("FAILED", 3)]
             22s [("FAILED", 3), ("FAILED", 3)]
            jr__attempt_1 after Some("jr_"): Some("ValueError: no such column")
            jr_ after None: Some("ValueError: no such column")
        "#]],
    );
}

#[test]
fn a_run_that_outlasts_its_timeout_is_ended_and_stores_nothing() {
    fn long(_: &ScriptWork) -> ScriptOutput {
        let staged = crate::executors::Staged::Put {
            bucket: "lake".to_owned(),
            key: "x".to_owned(),
            body: bytes::Bytes::from(vec![0; 2_000_000_000 / 10]),
            content_type: "text/csv".to_owned(),
        };
        ScriptOutput { staged: vec![staged; 10], ..ScriptOutput::default() }
    }
    check(
        CreateJobInput { timeout: Some(1), ..job() },
        long,
        |rig| {
            start(rig);
            rig.watch(200, |rig| states(rig)[0].0.clone());
        },
        expect![[r#"
            StartJobRun: ok
              0s "STARTING"
              8s "RUNNING"
             68s "TIMEOUT"
        "#]],
    );
}

#[test]
fn a_run_can_be_stopped_and_one_that_is_over_cannot() {
    check(
        job(),
        succeeds,
        |rig| {
            let id = start(rig).expect("started");
            for _ in 0..2 {
                let ids = vec![id.clone(), "jr_none".to_owned()];
                let input = BatchStopJobRunInput { job_name: "clean".to_owned(), job_run_ids: ids };
                let output = rig.call::<BatchStopJobRun>(input).expect("a list");
                let stopped = output.successful_submissions.unwrap_or_default().len();
                let errors = output.errors.unwrap_or_default();
                let messages: Vec<String> = errors
                    .into_iter()
                    .filter_map(|error| error.error_detail?.error_message)
                    .map(|message| message.replace(&id, "jr_"))
                    .collect();
                rig.write(&format!("{stopped} stopped, {messages:?}"));
                rig.watch(5, states);
            }
        },
        expect![[r#"
            StartJobRun: ok
            1 stopped, ["Job run jr_none not found."]
              0s [("STOPPING", 0)]
              2s [("STOPPED", 0)]
            0 stopped, ["Job run jr_ is over and cannot be stopped.", "Job run jr_none not found."]
              0s [("STOPPED", 0)]
        "#]],
    );
}

#[test]
fn arguments_of_the_run_lie_over_the_jobs_and_fixed_ones_over_both() {
    fn echo(work: &ScriptWork) -> ScriptOutput {
        ScriptOutput { output: vec![format!("{:?}", work.arguments)], ..ScriptOutput::default() }
    }
    let map = |pairs: &[(&str, &str)]| {
        Some(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
        )
    };
    check(
        CreateJobInput {
            default_arguments: map(&[
                ("--a", "job"),
                ("--b", "job"),
                ("--job-bookmark-option", "job-bookmark-enable"),
            ]),
            non_overridable_arguments: map(&[("--c", "fixed")]),
            ..job()
        },
        echo,
        |rig| {
            let bookmark = || GetJobBookmarkInput { job_name: "clean".to_owned(), ..Default::default() };
            rig.note::<GetJobBookmark>(bookmark());
            let arguments = map(&[("--b", "run"), ("--c", "run")]);
            let input = StartJobRunInput { job_name: "clean".to_owned(), arguments, ..Default::default() };
            let id = rig.call::<StartJobRun>(input).expect("started").job_run_id.expect("named");
            rig.pass(Duration::from_secs(30));
            let lines = rig.logs("/aws-glue/jobs/output", &id);
            rig.write(&lines.join("\n"));
            let entry =
                rig.call::<GetJobBookmark>(bookmark()).expect("moved").job_bookmark_entry.expect("one");
            rig.write(&format!("bookmark of run {:?}: {}", entry.run, entry.run_id == Some(id)));
        },
        expect![[r#"
            GetJobBookmark: EntityNotFoundException: Job bookmark for clean not found.
            {"--a": "job", "--b": "run", "--c": "fixed", "--job-bookmark-option": "job-bookmark-enable"}
            bookmark of run Some(1): true
        "#]],
    );
}

#[test]
fn members_that_do_not_fit_together_are_refused() {
    let mut rig = Rig::new();
    let command = |name: &str| JobCommand { name: text(name), ..JobCommand::default() };
    let bare = || CreateJobInput { worker_type: None, number_of_workers: None, ..job() };
    for input in [
        CreateJobInput { max_capacity: Some(2.0), ..job() },
        CreateJobInput { number_of_workers: None, ..job() },
        CreateJobInput { worker_type: text("G.3X"), ..job() },
        CreateJobInput { timeout: Some(0), ..job() },
        CreateJobInput { command: command("gluestreaming"), ..bare() },
        CreateJobInput { command: command("spark"), ..bare() },
        CreateJobInput { command: command("pythonshell"), max_capacity: Some(0.5), ..bare() },
        CreateJobInput { command: command("pythonshell"), name: "py".to_owned(), ..bare() },
        job(),
        job(),
        CreateJobInput { description: text("other"), ..job() },
    ] {
        rig.note::<CreateJob>(input);
    }
    let job =
        rig.call::<GetJob>(GetJobInput { job_name: "py".to_owned() }).expect("made").job.expect("found");
    rig.write(&format!("{:?} {:?} {:?}", job.max_capacity, job.timeout, job.execution_property));
    rig.note::<GetJob>(GetJobInput { job_name: "none".to_owned() });
    rig.note::<DeleteJob>(DeleteJobInput { job_name: "none".to_owned() });
    expect![[r#"
        CreateJob: InvalidInputException: Please do not set Max Capacity if using Worker Type and Number of Workers.
        CreateJob: InvalidInputException: Worker Type and Number of Workers must be set together.
        CreateJob: InvalidInputException: Worker Type G.3X is not valid.
        CreateJob: InvalidInputException: Timeout should be between 1 and 10080 minutes, not 0.
        CreateJob: NotImplemented: wavetank does not implement the job command `gluestreaming`.
        CreateJob: InvalidInputException: Job command name should be one of glueetl, pythonshell, gluestreaming or glueray, not spark.
        CreateJob: InvalidInputException: Max Capacity of a Python shell job is 0.0625 or 1, not 0.5.
        CreateJob: ok
        CreateJob: ok
        CreateJob: ok
        CreateJob: IdempotentParameterMismatchException: Job with name: clean already submitted with different configuration
        Some(0.0625) Some(2880) Some(ExecutionProperty { max_concurrent_runs: Some(1) })
        GetJob: EntityNotFoundException: Job none not found.
        DeleteJob: ok
    "#]]
    .assert_eq(&rig.seen);
}
