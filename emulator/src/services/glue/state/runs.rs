//! Runs of a job: STARTING, RUNNING, then SUCCEEDED, FAILED, TIMEOUT or, by way of STOPPING, STOPPED.
//!
//! A script is handed to an executor when its run turns RUNNING. What it stages is stored when it has succeeded: the run
//! is SUCCEEDED once S3 has taken every object. A run that failed is tried again up to the job's `MaxRetries`, as a run of
//! its own. Assumed: a run that timed out is not tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::glue::{
    BatchStopJobRunError, BatchStopJobRunInput, BatchStopJobRunOutput, BatchStopJobRunSuccessfulSubmission,
    GetJobRunInput, GetJobRunOutput, GetJobRunsInput, GetJobRunsOutput, JobBookmarkEntry, JobRun,
    StartJobRunInput, StartJobRunOutput,
};

use super::delays::Delay;
use super::flows::Standing;
use super::jobs::{Capacity, JobEntry, Jobs, check_timeout, kind_of};
use crate::services::glue::error::{GlueError, detail};
use crate::services::glue::limits::{PAGE_RUNS, PYTHON_STARTING, RUN_STOPPING, SPARK_STARTING};
use crate::services::glue::page::page;
use crate::services::glue::work::{ScriptKind, ScriptOutput, ScriptWork};
use crate::world::{Cx, Effect, JobId, Work};

type Arguments = BTreeMap<String, String>;

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) run: JobRun,
    kind: ScriptKind,
    /// The job's defaults, the run's over them, the job's fixed ones over both.
    arguments: Arguments,
    phase: Phase,
    running_since: Option<Timestamp>,
    delay: Delay,
}

#[derive(Debug)]
enum Phase {
    Starting {
        until: Timestamp,
    },
    Running {
        job: JobId,
        timeout_at: Timestamp,
    },
    /// S3 has not yet answered for these objects.
    Storing {
        tokens: BTreeSet<u64>,
        error: Option<String>,
    },
    Stopping {
        until: Timestamp,
    },
    Over(End),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Succeeded,
    Failed,
    Timeout,
    Stopped,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Timeout => "TIMEOUT",
            Self::Stopped => "STOPPED",
        }
    }
}

impl Run {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        let next = match self.phase {
            Phase::Starting { until } | Phase::Stopping { until } => Some(until),
            Phase::Running { timeout_at, .. } => Some(timeout_at),
            Phase::Storing { .. } => None,
            Phase::Over(_) => return None,
        };
        [next, self.delay.next()].into_iter().flatten().min()
    }

    fn state(&self) -> &'static str {
        match &self.phase {
            Phase::Starting { .. } => "STARTING",
            Phase::Running { .. } | Phase::Storing { .. } => "RUNNING",
            Phase::Stopping { .. } => "STOPPING",
            Phase::Over(end) => end.name(),
        }
    }

    /// Tells EventBridge of a run that takes too long.
    fn tell_delay(&mut self, cx: &mut Cx<'_>) {
        if !self.is_over() {
            let state = self.state();
            self.delay.tell(cx, &self.run, state);
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    fn id(&self) -> &str {
        self.run.id.as_deref().unwrap_or_default()
    }

    fn execution_secs(&self, now: Timestamp) -> i64 {
        let until = self.run.completed_on.unwrap_or(now);
        let span = self.running_since.map_or(Duration::ZERO, |since| until.since(since));
        i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
    }

    fn shown(&self, now: Timestamp) -> JobRun {
        let secs = self.execution_secs(now);
        let units = self.run.max_capacity.unwrap_or(0.0);
        JobRun {
            job_run_state: Some(self.state().to_owned()),
            execution_time: Some(secs),
            dpu_seconds: self.is_over().then_some(secs as f64 * units),
            ..self.run.clone()
        }
    }

    fn log(&self, cx: &mut Cx<'_>, which: &str, lines: Vec<String>) {
        if !lines.is_empty() {
            let group = format!("{}/{which}", self.run.log_group_name.as_deref().unwrap_or_default());
            cx.log(&group, self.id(), lines);
        }
    }

    /// Tells EventBridge. Documented: docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
    /// (read 2026-11-29 as in github.com/awsdocs/aws-glue-developer-guide). Assumed: the sentences of runs without a message.
    fn end(&mut self, cx: &mut Cx<'_>, end: End, message: Option<String>) {
        self.phase = Phase::Over(end);
        self.run.completed_on = Some(cx.now);
        self.run.last_modified_on = Some(cx.now);
        let (severity, said) = match end {
            End::Succeeded => ("INFO", "Job run succeeded"),
            End::Failed => ("ERROR", "Job run failed"),
            End::Timeout => ("WARN", "Job run timed out"),
            End::Stopped => ("INFO", "Job run stopped"),
        };
        let detail = serde_json::json!({
            "jobName": self.run.job_name,
            "severity": severity,
            "state": end.name(),
            "jobRunId": self.id(),
            "message": message.as_deref().unwrap_or(said),
        });
        self.run.error_message = message;
        cx.event("aws.glue", "Glue Job State Change", Vec::new(), &detail);
    }
}

/// Where runs write their lines. Documented: docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html (read 2026-11-29) and
/// add-job-python.html (read 2026-11-29 as in github.com/awsdocs/aws-glue-developer-guide). The latter has `errors`; what
/// people run has `error`.
fn log_group(kind: ScriptKind) -> &'static str {
    match kind {
        ScriptKind::Spark => "/aws-glue/jobs",
        ScriptKind::Python => "/aws-glue/python-jobs",
    }
}

fn starting(kind: ScriptKind) -> Duration {
    match kind {
        ScriptKind::Spark => SPARK_STARTING,
        ScriptKind::Python => PYTHON_STARTING,
    }
}

impl Jobs {
    /// Starts a run, unless as many run as the job allows.
    pub(super) fn start_run(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartJobRunInput,
    ) -> Result<StartJobRunOutput, GlueError> {
        for (what, given) in [
            ("starting an earlier run again (JobRunId)", input.job_run_id.is_some()),
            ("job run queuing (JobRunQueuingEnabled)", input.job_run_queuing_enabled == Some(true)),
            ("ExecutionRoleSessionPolicy", input.execution_role_session_policy.is_some()),
        ] {
            if given {
                return Err(GlueError::NotBuilt(what.to_owned()));
            }
        }
        let entry = self.0.get_mut(&input.job_name).ok_or(GlueError::NoJobToRun)?;
        let id = format!("jr_{}", cx.hex(64));
        let run = entry.prepared(cx, id.clone(), input)?;
        let running = entry.runs.iter().filter(|run| !run.is_over()).count();
        let most = entry.job.execution_property.as_ref().and_then(|property| property.max_concurrent_runs);
        if i64::try_from(running).unwrap_or(i64::MAX) >= most.unwrap_or(1) {
            return Err(GlueError::TooManyRuns(run.run.job_name.unwrap_or_default()));
        }
        entry.runs.push(run);
        Ok(StartJobRunOutput { job_run_id: Some(id) })
    }

    pub(super) fn get_run(&self, cx: &Cx<'_>, input: GetJobRunInput) -> Result<GetJobRunOutput, GlueError> {
        let entry = self.entry(&input.job_name)?;
        let run = entry.runs.iter().find(|run| run.id() == input.run_id);
        let run = run.ok_or(GlueError::NoRun(input.run_id))?;
        Ok(GetJobRunOutput { job_run: Some(run.shown(cx.now)) })
    }

    /// The runs of a job, newest first.
    pub(super) fn get_runs(
        &self,
        cx: &Cx<'_>,
        input: GetJobRunsInput,
    ) -> Result<GetJobRunsOutput, GlueError> {
        let entry = self.entry(&input.job_name)?;
        let newest_first = (0_i64..).zip(&entry.runs).collect::<Vec<_>>().into_iter().rev();
        let entries = newest_first.map(|(number, run)| (-number, run.shown(cx.now)));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(GetJobRunsOutput { job_runs: Some(page.entries), next_token: page.next_token })
    }

    /// Tells runs to stop. Assumed: the errors of runs that are over or do not exist.
    pub(super) fn stop_runs(
        &mut self,
        cx: &mut Cx<'_>,
        input: BatchStopJobRunInput,
    ) -> Result<BatchStopJobRunOutput, GlueError> {
        let name = input.job_name;
        let entry = self.0.get_mut(&name).ok_or_else(|| GlueError::NoJob(name.clone()))?;
        let (mut stopped, mut errors) = (Vec::new(), Vec::new());
        for id in input.job_run_ids {
            let refusal = match entry.runs.iter_mut().find(|run| run.id() == id) {
                None => Some(GlueError::NoRun(id.clone())),
                Some(run) if run.is_over() => {
                    Some(GlueError::Invalid(format!("Job run {id} is over and cannot be stopped.")))
                }
                Some(run) => {
                    run.phase = Phase::Stopping { until: cx.now + RUN_STOPPING };
                    run.tell_delay(cx);
                    None
                }
            };
            let (job_name, job_run_id) = (Some(name.clone()), Some(id));
            match refusal {
                None => stopped.push(BatchStopJobRunSuccessfulSubmission { job_name, job_run_id }),
                Some(error) => {
                    let error_detail = Some(detail(&error));
                    errors.push(BatchStopJobRunError { job_name, job_run_id, error_detail });
                }
            }
        }
        Ok(BatchStopJobRunOutput { successful_submissions: Some(stopped), errors: Some(errors) })
    }

    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        for (name, entry) in &mut self.0 {
            let script_location = entry.script_location();
            for run in &mut entry.runs {
                match run.phase {
                    Phase::Starting { until } if until <= cx.now => {
                        run.begin(cx, name, &script_location);
                    }
                    Phase::Running { timeout_at, .. } if timeout_at <= cx.now => {
                        run.end(cx, End::Timeout, Some("Job run timed out".to_owned()));
                    }
                    Phase::Stopping { until } if until <= cx.now => run.end(cx, End::Stopped, None),
                    _ => {}
                }
                run.tell_delay(cx);
            }
        }
    }

    /// A script has ended. Nobody waits for one whose run was stopped or timed out: its objects are not stored.
    pub(super) fn script_ended(&mut self, cx: &mut Cx<'_>, job: JobId, output: ScriptOutput) {
        let waits = |run: &Run| matches!(run.phase, Phase::Running { job: waiting, .. } if waiting == job);
        let Some((entry, at)) = self.find(waits) else { return };
        let run = &mut entry.runs[at];
        run.log(cx, "output", output.output);
        let mut error = output.error;
        // A script that printed its failure last does not print it twice.
        error.extend(output.failure.clone().filter(|message| error.last() != Some(message)));
        run.log(cx, "error", error);
        if output.failure.is_some() {
            entry.over(cx, at, End::Failed, output.failure);
            return;
        }
        let mut tokens = BTreeSet::new();
        for staged in output.staged {
            let token = cx.number();
            tokens.insert(token);
            cx.push(Effect::S3 { command: staged.into_command(), reply: Some(token) });
        }
        let error = output.failure_after;
        if tokens.is_empty() {
            let end = if error.is_some() { End::Failed } else { End::Succeeded };
            entry.over(cx, at, end, error);
        } else {
            run.phase = Phase::Storing { tokens, error };
        }
    }

    /// S3 has answered for one object of a run.
    pub(super) fn object_stored(&mut self, cx: &mut Cx<'_>, token: u64, error: Option<WireError>) {
        let waits =
            |run: &Run| matches!(&run.phase, Phase::Storing { tokens, .. } if tokens.contains(&token));
        let Some((entry, at)) = self.find(waits) else { return };
        let Phase::Storing { tokens, error: first } = &mut entry.runs[at].phase else { return };
        tokens.remove(&token);
        if first.is_none() {
            *first = error.map(|error| format!("An object could not be stored or deleted. {error}"));
        }
        if tokens.is_empty() {
            let message = first.take();
            entry.runs[at].log(cx, "error", message.clone().into_iter().collect());
            let end = if message.is_some() { End::Failed } else { End::Succeeded };
            entry.over(cx, at, end, message);
        }
    }

    /// Notes which trigger has started a run.
    pub(super) fn started_by(&mut self, job: &str, id: &str, trigger: &str) {
        let runs = self.0.get_mut(job).into_iter().flat_map(|entry| &mut entry.runs);
        for run in runs.filter(|run| run.id() == id) {
            run.run.trigger_name = Some(trigger.to_owned());
        }
    }

    /// How a run stands. Of a job that is gone nothing is under way.
    pub(super) fn standing(&self, job: &str, id: &str) -> Standing {
        let runs = || self.0.get(job).into_iter().flat_map(|entry| &entry.runs);
        match runs().find(|run| run.id() == id).map(|run| &run.phase) {
            None => Standing::Over(End::Stopped.name()),
            Some(Phase::Over(end)) => {
                let mut next = runs().filter(|run| run.run.previous_run_id.as_deref() == Some(id));
                next.next().map_or(Standing::Over(end.name()), |next| Standing::Again(next.id().to_owned()))
            }
            Some(_) => Standing::Running,
        }
    }

    /// The run that waits for something, and its job.
    fn find(&mut self, waits: impl Fn(&Run) -> bool) -> Option<(&mut JobEntry, usize)> {
        self.0.values_mut().find_map(|entry| {
            let at = entry.runs.iter().position(&waits)?;
            Some((entry, at))
        })
    }
}

impl Run {
    /// Turns RUNNING: an executor gets the script.
    fn begin(&mut self, cx: &mut Cx<'_>, job_name: &str, script_location: &str) {
        let minutes = u64::try_from(self.run.timeout.unwrap_or(0)).unwrap_or(0);
        let timeout = Duration::from_secs(minutes * 60);
        let work = ScriptWork {
            job_name: job_name.to_owned(),
            run_id: self.id().to_owned(),
            kind: self.kind,
            script_location: script_location.to_owned(),
            arguments: self.arguments.clone(),
            timeout,
        };
        let job = cx.start(Work::Script(Box::new(work)));
        self.running_since = Some(cx.now);
        self.run.last_modified_on = Some(cx.now);
        self.phase = Phase::Running { job, timeout_at: cx.now + timeout };
    }
}

impl JobEntry {
    fn script_location(&self) -> String {
        let command = self.job.command.as_ref();
        command.and_then(|command| command.script_location.clone()).unwrap_or_default()
    }

    /// A run as the request and the job describe it.
    fn prepared(&self, cx: &Cx<'_>, id: String, input: StartJobRunInput) -> Result<Run, GlueError> {
        let job = &self.job;
        let kind = kind_of(&job.command.clone().unwrap_or_default())?;
        let timeout = input.timeout.or(job.timeout);
        check_timeout(timeout.unwrap_or(0))?;
        let asked = Capacity {
            max_capacity: input.max_capacity.or(input.allocated_capacity.map(|units| units as f64)),
            worker_type: input.worker_type.clone(),
            number_of_workers: input.number_of_workers,
        };
        let is_asked =
            asked.max_capacity.is_some() || asked.worker_type.is_some() || asked.number_of_workers.is_some();
        let units = if is_asked { Some(asked.units(kind)?) } else { job.max_capacity };
        let own_workers = |given: bool| if given { None } else { job.worker_type.clone() };
        let mut arguments = job.default_arguments.clone().unwrap_or_default();
        arguments.extend(input.arguments.clone().unwrap_or_default());
        arguments.extend(job.non_overridable_arguments.clone().unwrap_or_default());
        let run = JobRun {
            id: Some(id),
            attempt: Some(0),
            job_name: Some(input.job_name),
            job_mode: job.job_mode.clone(),
            started_on: Some(cx.now),
            last_modified_on: Some(cx.now),
            arguments: input.arguments,
            predecessor_runs: Some(Vec::new()),
            allocated_capacity: units.map(|units| units as i64),
            timeout,
            max_capacity: units,
            worker_type: input.worker_type.or_else(|| own_workers(is_asked)),
            number_of_workers: if is_asked { input.number_of_workers } else { job.number_of_workers },
            security_configuration: input
                .security_configuration
                .or_else(|| job.security_configuration.clone()),
            log_group_name: Some(log_group(kind).to_owned()),
            notification_property: input.notification_property.or_else(|| job.notification_property.clone()),
            glue_version: job.glue_version.clone(),
            execution_class: input.execution_class.or_else(|| job.execution_class.clone()),
            ..JobRun::default()
        };
        let phase = Phase::Starting { until: cx.now + starting(kind) };
        let delay = Delay::of(&run);
        Ok(Run { run, kind, arguments, phase, running_since: None, delay })
    }

    /// A run is over: the bookmark moves if it succeeded, another attempt starts if it failed and one is left.
    fn over(&mut self, cx: &mut Cx<'_>, at: usize, end: End, message: Option<String>) {
        let attempts_max = self.job.max_retries.unwrap_or(0);
        let run = &mut self.runs[at];
        run.end(cx, end, message);
        let attempt = run.run.attempt.unwrap_or(0);
        if end == End::Succeeded {
            self.move_bookmark(at);
        } else if end == End::Failed && attempt < attempts_max {
            let next = self.runs[at].again(cx.now, attempt + 1);
            self.runs.push(next);
        }
    }

    fn move_bookmark(&mut self, at: usize) {
        let run = &self.runs[at];
        if run.arguments.get("--job-bookmark-option").map(String::as_str) != Some("job-bookmark-enable") {
            return;
        }
        let before = self.bookmark.take().unwrap_or_default();
        let one_more = |number: Option<i64>| Some(number.unwrap_or(0) + 1);
        self.bookmark = Some(JobBookmarkEntry {
            job_name: run.run.job_name.clone(),
            version: one_more(before.version),
            run: one_more(before.run),
            attempt: run.run.attempt,
            previous_run_id: before.run_id,
            run_id: run.run.id.clone(),
            job_bookmark: Some("{}".to_owned()),
        });
    }
}

impl Run {
    /// The next attempt of a run that failed.
    fn again(&self, now: Timestamp, attempt: i64) -> Self {
        let id = self.id();
        let first = id.split_once("_attempt_").map_or(id, |(first, _)| first);
        let run = JobRun {
            id: Some(format!("{first}_attempt_{attempt}")),
            attempt: Some(attempt),
            previous_run_id: Some(id.to_owned()),
            started_on: Some(now),
            last_modified_on: Some(now),
            completed_on: None,
            error_message: None,
            ..self.run.clone()
        };
        let phase = Phase::Starting { until: now + starting(self.kind) };
        let (kind, arguments, delay) = (self.kind, self.arguments.clone(), Delay::of(&run));
        Self { run, kind, arguments, phase, running_since: None, delay }
    }
}
