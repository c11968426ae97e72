//! What fault rules do to calls between services, to functions' runs and to other work. `fault.rs` has the rules.

use std::time::Duration;

use wavetank_wire::{Val, WireError};

use super::fault::{FAULTS_TOPIC, Place};
use super::{
    Address, Answer, Effect, Hits, Job, JobId, LogBatch, Outcome, Output, Rule, RuleId, Running, Task,
    Verdict, Work, World,
};
use crate::services::athena::limits::RUN_TIME_BASE;
use crate::services::athena::{FailureKind, QueryFailure, QueryOutput};
use crate::services::glue::{CrawlOutput, ScriptOutput, look_duration, script_duration};
use crate::services::lambda::{Failure, FunctionOutput, FunctionWork};
use crate::services::s3::Command;

/// A function's run, as faults see it.
#[derive(Clone, Debug)]
pub(super) struct Run {
    function: String,
    timeout: Duration,
    log_group: String,
    log_stream: String,
    /// It is delivered a second time: nobody waits for it.
    is_again: bool,
}

impl Run {
    fn of(work: &Work) -> Option<Self> {
        let Work::Function(work) = work else { return None };
        let FunctionWork { function, timeout, log_group, log_stream, .. } = work.as_ref();
        Some(Self {
            function: function.clone(),
            timeout: *timeout,
            log_group: log_group.clone(),
            log_stream: log_stream.clone(),
            is_again: false,
        })
    }
}

impl World {
    /// Puts a fault rule in force.
    pub fn add_fault(&mut self, rule: Rule) -> RuleId {
        let id = self.faults.add(rule);
        self.signal(FAULTS_TOPIC);
        id
    }

    /// Takes a fault rule back.
    pub fn remove_fault(&mut self, id: RuleId) {
        self.faults.remove(id);
        // Those who wait for a failure to end look again.
        self.signal(FAULTS_TOPIC);
    }

    /// The fault rules in force, in the order in which they were added.
    pub fn faults(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.faults.iter()
    }

    /// How often each fault rule has met something, by service.
    pub fn fault_hits(&self) -> &Hits {
        self.faults.hits()
    }

    /// A call that one service makes of another: what a client's would be refused for, then the rules, then the service.
    pub(super) fn call_between(
        &mut self,
        from: &Address,
        to: &Address,
        operation: &'static str,
        input: Val,
        out: &mut Vec<(Address, Effect)>,
    ) -> Result<Answer<Val>, WireError> {
        if let Some(refusal) = to.service.refuses(operation, &input) {
            return Err(refusal);
        }
        let name = to.service.model(operation);
        let place = Place { service: name, operation, region: to.scope.region.as_str() };
        let verdict = self.faults.verdict_between(from.service.model(""), &place, self.now);
        let mut perform =
            |input: Val| self.on_service(to, "", out, |service, cx| service.call(cx, operation, input));
        match verdict {
            Verdict::Fail(error) => Err(error),
            Verdict::FailAfter(error) => perform(input).and(Err(error)),
            Verdict::Duplicate => {
                drop(perform(input.clone()));
                perform(input)
            }
            _ => perform(input),
        }
    }

    /// The same for what a service asks of S3.
    pub(super) fn ask_s3_between(
        &mut self,
        from: &Address,
        command: Command,
        out: &mut Vec<(Address, Effect)>,
    ) -> Result<Val, WireError> {
        if let Some(said) = command.notification() {
            self.check_destinations(said)?;
        }
        let scope = &from.scope;
        let place = Place { service: "s3", operation: command.operation(), region: scope.region.as_str() };
        let verdict = self.faults.verdict_between(from.service.model(""), &place, self.now);
        let mut perform = |command: Command| self.on_s3(scope, "", out, |s3, cx| s3.perform(cx, command));
        match verdict {
            Verdict::Fail(error) => Err(error),
            Verdict::FailAfter(error) => perform(command).and(Err(error)),
            Verdict::Duplicate => {
                drop(perform(command.clone()));
                perform(command)
            }
            _ => perform(command),
        }
    }

    /// Work has been asked for. It may fail before it begins; a function's run may be delivered twice.
    pub(super) fn begin_job(&mut self, id: JobId, owner: Address, work: Work) {
        let run = Run::of(&work);
        let started = self.now;
        if let Some(task) = task_of(&work)
            && let Verdict::Fail(error) = self.faults.before_task(task, started)
        {
            self.running.insert(id, Running { owner, started, run });
            return self.finish_job(id, failed(task, error.message));
        }
        let verdict = run.as_ref().map(|run| self.faults.before_run(&run.function, started));
        let timeout = run.as_ref().map_or(Duration::ZERO, |run| run.timeout);
        let again = run.clone().map(|run| Run { is_again: true, ..run });
        self.running.insert(id, Running { owner: owner.clone(), started, run });
        let output = match verdict {
            Some(Verdict::Fail(error)) => Some(FunctionOutput::crashed(&error.code, &error.message)),
            Some(Verdict::TimeOut) => Some(FunctionOutput::timed_out(timeout)),
            Some(Verdict::Duplicate) => {
                let work = in_another_environment(work.clone());
                let id = JobId(self.number());
                self.running.insert(id, Running { owner: owner.clone(), started, run: again });
                self.jobs.push(Job { id, owner: owner.clone(), started, work });
                None
            }
            _ => None,
        };
        match output {
            Some(output) => {
                let duration = output.took;
                self.finish_job(id, Outcome { duration, output: Output::Function(output) });
            }
            None => self.jobs.push(Job { id, owner, started, work }),
        }
    }

    /// A job has ended. One that went well may fail now, or take longer.
    pub(super) fn meet_end(&mut self, running: &Running, outcome: &mut Outcome) {
        if let Some(task) = well_ended(&outcome.output) {
            match self.faults.after_task(task, running.started) {
                Verdict::Delay(span) => outcome.duration += span,
                Verdict::FailAfter(error) => {
                    if let Output::Script(output) = &mut outcome.output {
                        output.failure_after = Some(error.message);
                    }
                }
                _ => {}
            }
            return;
        }
        let (Some(run), Output::Function(output)) = (&running.run, &mut outcome.output) else { return };
        if output.result.is_err() || run.is_again {
            return;
        }
        let before = output.took;
        match self.faults.after_run(&run.function, running.started) {
            Verdict::FailAfter(error) => output.fail_after(&error.code, &error.message),
            Verdict::TimeOutAfter => {
                output.took = run.timeout;
                output.result = Err(Failure::TimedOut);
                output.staged.clear();
            }
            Verdict::Delay(span) => {
                let longest = run.timeout.saturating_sub(Duration::from_millis(1));
                output.took = before.max((before + span).min(longest));
            }
            _ => {}
        }
        outcome.duration += output.took.saturating_sub(before);
    }

    /// If this was a run that nobody waits for: keeps the lines that its code wrote, and nothing else of it.
    pub(super) fn end_again(&mut self, running: &Running, outcome: &Outcome) -> bool {
        let (Some(run), Output::Function(output)) = (&running.run, &outcome.output) else { return false };
        if !run.is_again {
            return false;
        }
        let events = output.lines.iter().map(|line| (running.started + line.after, line.text.clone()));
        let (group, stream) = (run.log_group.clone(), run.log_stream.clone());
        let batch = LogBatch { group, stream, events: events.collect() };
        if !batch.events.is_empty() {
            self.drain(vec![(running.owner.clone(), Effect::Log(batch))]);
        }
        true
    }
}

/// What of it rules can meet, beside functions' runs.
fn task_of(work: &Work) -> Option<Task> {
    match work {
        Work::Script(_) => Some(Task::Job),
        Work::Crawl(_) => Some(Task::Crawl),
        Work::Query(_) => Some(Task::Query),
        _ => None,
    }
}

/// The same of what has ended and has not failed by itself.
fn well_ended(output: &Output) -> Option<Task> {
    match output {
        Output::Script(output) if output.failure.is_none() => Some(Task::Job),
        Output::Crawl(output) if output.failure.is_none() => Some(Task::Crawl),
        Output::Query(output) if output.result.is_ok() => Some(Task::Query),
        _ => None,
    }
}

/// Work that has done nothing.
fn failed(task: Task, message: String) -> Outcome {
    match task {
        Task::Job => {
            let output = ScriptOutput { failure: Some(message), ..ScriptOutput::default() };
            Outcome { duration: script_duration(&output), output: Output::Script(output) }
        }
        Task::Crawl => {
            let output = CrawlOutput { failure: Some(message), ..CrawlOutput::default() };
            Outcome { duration: look_duration(&output), output: Output::Crawl(output) }
        }
        Task::Query => {
            let result = Err(QueryFailure::new(FailureKind::Passing, message));
            let output = QueryOutput { result, bytes_scanned: 0, planning: Duration::ZERO };
            Outcome { duration: RUN_TIME_BASE, output: Output::Query(output) }
        }
    }
}

/// The same run where nothing of the first one's is.
fn in_another_environment(mut work: Work) -> Work {
    if let Work::Function(work) = &mut work {
        work.environment.push_str("-again");
        work.cold = true;
        work.retired.clear();
    }
    work
}
