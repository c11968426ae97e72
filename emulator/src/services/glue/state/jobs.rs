//! Jobs: what they run, with how much capacity, and their bookmarks. `runs.rs` runs them.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::glue::{
    BatchGetJobsInput, BatchGetJobsOutput, CreateJobInput, CreateJobOutput, DeleteJobInput, DeleteJobOutput,
    ExecutionProperty, GetJobBookmarkInput, GetJobBookmarkOutput, GetJobInput, GetJobOutput, GetJobsInput,
    GetJobsOutput, Job, JobBookmarkEntry, JobCommand, ListJobsInput, ListJobsOutput, ResetJobBookmarkInput,
    ResetJobBookmarkOutput, UpdateJobInput, UpdateJobOutput,
};

use super::runs::Run;
use super::tags::Tags;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::{
    PAGE_RUNS, PYTHON_DPU_DEFAULT, SPARK_DPU_DEFAULT, TIMEOUT_MINUTES, TIMEOUT_MINUTES_GLUE_5,
    TIMEOUT_MINUTES_MAX,
};
use crate::services::glue::page::page;
use crate::services::glue::work::ScriptKind;
use crate::world::Cx;

/// Jobs by name.
#[derive(Debug, Default)]
pub(super) struct Jobs(pub(super) BTreeMap<String, JobEntry>);

#[derive(Debug)]
pub(super) struct JobEntry {
    pub(super) job: Job,
    /// Oldest first.
    pub(super) runs: Vec<Run>,
    pub(super) bookmark: Option<JobBookmarkEntry>,
}

impl Jobs {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn entry(&self, name: &str) -> Result<&JobEntry, GlueError> {
        self.0.get(name).ok_or_else(|| GlueError::NoJob(name.to_owned()))
    }

    /// Makes a job. The same request again answers as the first did; another one of the same name is refused.
    pub(super) fn create(
        &mut self,
        cx: &Cx<'_>,
        tags: &mut Tags,
        input: CreateJobInput,
    ) -> Result<CreateJobOutput, GlueError> {
        let name = input.name;
        let job = completed(Job {
            name: Some(name.clone()),
            job_mode: input.job_mode,
            job_run_queuing_enabled: input.job_run_queuing_enabled,
            description: input.description,
            log_uri: input.log_uri,
            role: Some(input.role),
            created_on: Some(cx.now),
            last_modified_on: Some(cx.now),
            execution_property: input.execution_property,
            command: Some(input.command),
            default_arguments: input.default_arguments,
            non_overridable_arguments: input.non_overridable_arguments,
            connections: input.connections,
            max_retries: input.max_retries,
            allocated_capacity: input.allocated_capacity,
            timeout: input.timeout,
            max_capacity: input.max_capacity,
            worker_type: input.worker_type,
            number_of_workers: input.number_of_workers,
            security_configuration: input.security_configuration,
            notification_property: input.notification_property,
            glue_version: input.glue_version,
            execution_class: input.execution_class,
            maintenance_window: input.maintenance_window,
            profile_name: None,
            auto_upgrade_metadata: None,
        })?;
        Tags::check(input.tags.as_ref())?;
        if let Some(known) = self.0.get(&name) {
            let (created_on, last_modified_on) = (known.job.created_on, known.job.last_modified_on);
            let again = Job { created_on, last_modified_on, ..job };
            return if again == known.job {
                Ok(CreateJobOutput { name: Some(name) })
            } else {
                Err(GlueError::JobDiffers(name))
            };
        }
        tags.set(&format!("job/{name}"), input.tags);
        self.0.insert(name.clone(), JobEntry { job, runs: Vec::new(), bookmark: None });
        Ok(CreateJobOutput { name: Some(name) })
    }

    /// Replaces a job's definition whole: what the request leaves out goes back to its default.
    ///
    /// Documented: docs.aws.amazon.com/glue/latest/webapi/API_UpdateJob.html, "completely overwritten" (read 2026-11-29).
    pub(super) fn update(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateJobInput,
    ) -> Result<UpdateJobOutput, GlueError> {
        let name = input.job_name;
        let entry = self.0.get_mut(&name).ok_or_else(|| GlueError::NoJob(name.clone()))?;
        let update = input.job_update;
        let missing = |what: &str| GlueError::Invalid(format!("{what} must be specified."));
        entry.job = completed(Job {
            name: Some(name.clone()),
            job_mode: update.job_mode,
            job_run_queuing_enabled: update.job_run_queuing_enabled,
            description: update.description,
            log_uri: update.log_uri,
            role: Some(update.role.ok_or_else(|| missing("Role"))?),
            created_on: entry.job.created_on,
            last_modified_on: Some(cx.now),
            execution_property: update.execution_property,
            command: Some(update.command.ok_or_else(|| missing("Command"))?),
            default_arguments: update.default_arguments,
            non_overridable_arguments: update.non_overridable_arguments,
            connections: update.connections,
            max_retries: update.max_retries,
            allocated_capacity: update.allocated_capacity,
            timeout: update.timeout,
            max_capacity: update.max_capacity,
            worker_type: update.worker_type,
            number_of_workers: update.number_of_workers,
            security_configuration: update.security_configuration,
            notification_property: update.notification_property,
            glue_version: update.glue_version,
            execution_class: update.execution_class,
            maintenance_window: update.maintenance_window,
            profile_name: None,
            auto_upgrade_metadata: None,
        })?;
        Ok(UpdateJobOutput { job_name: Some(name) })
    }

    pub(super) fn get(&self, input: GetJobInput) -> Result<GetJobOutput, GlueError> {
        Ok(GetJobOutput { job: Some(self.entry(&input.job_name)?.job.clone()) })
    }

    pub(super) fn get_all(&self, input: GetJobsInput) -> Result<GetJobsOutput, GlueError> {
        let entries = self.0.iter().map(|(name, entry)| (name.clone(), entry.job.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(GetJobsOutput { jobs: Some(page.entries), next_token: page.next_token })
    }

    pub(super) fn batch_get(&self, input: BatchGetJobsInput) -> BatchGetJobsOutput {
        let (found, missing): (Vec<String>, Vec<String>) =
            input.job_names.into_iter().partition(|name| self.has(name));
        let jobs = found.iter().filter_map(|name| self.0.get(name)).map(|entry| entry.job.clone()).collect();
        BatchGetJobsOutput { jobs: Some(jobs), jobs_not_found: Some(missing) }
    }

    pub(super) fn list(&self, tags: &Tags, input: ListJobsInput) -> Result<ListJobsOutput, GlueError> {
        let wanted = |name: &&String| tags.has_all(&format!("job/{name}"), input.tags.as_ref());
        let entries = self.0.keys().filter(wanted).map(|name| (name.clone(), name.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(ListJobsOutput { job_names: Some(page.entries), next_token: page.next_token })
    }

    /// Forgets a job with its runs. One that does not exist is no error.
    ///
    /// Documented: docs.aws.amazon.com/glue/latest/webapi/API_DeleteJob.html, "no exception is thrown" (read 2026-11-29).
    pub(super) fn delete(&mut self, tags: &mut Tags, input: DeleteJobInput) -> DeleteJobOutput {
        self.0.remove(&input.job_name);
        tags.forget(&format!("job/{}", input.job_name));
        DeleteJobOutput { job_name: Some(input.job_name) }
    }

    pub(super) fn get_bookmark(&self, input: GetJobBookmarkInput) -> Result<GetJobBookmarkOutput, GlueError> {
        let bookmark = self.entry(&input.job_name)?.bookmark.clone();
        let bookmark = bookmark.ok_or(GlueError::NoBookmark(input.job_name))?;
        Ok(GetJobBookmarkOutput { job_bookmark_entry: Some(bookmark) })
    }

    /// Sets a bookmark back to its beginning.
    pub(super) fn reset_bookmark(
        &mut self,
        input: ResetJobBookmarkInput,
    ) -> Result<ResetJobBookmarkOutput, GlueError> {
        let name = input.job_name;
        let entry = self.0.get_mut(&name).ok_or_else(|| GlueError::NoJob(name.clone()))?;
        let bookmark = entry.bookmark.as_mut().ok_or(GlueError::NoBookmark(name))?;
        *bookmark = JobBookmarkEntry {
            version: bookmark.version.map(|version| version + 1),
            run: Some(0),
            attempt: Some(0),
            previous_run_id: None,
            run_id: None,
            job_bookmark: Some("{}".to_owned()),
            job_name: bookmark.job_name.take(),
        };
        Ok(ResetJobBookmarkOutput { job_bookmark_entry: Some(bookmark.clone()) })
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.0.values().flat_map(|entry| &entry.runs).filter_map(Run::next_deadline).min()
    }
}

/// What a job's command runs. Other commands are refused by name.
pub(super) fn kind_of(command: &JobCommand) -> Result<ScriptKind, GlueError> {
    match command.name.as_deref().unwrap_or_default() {
        "glueetl" => Ok(ScriptKind::Spark),
        "pythonshell" => Ok(ScriptKind::Python),
        name @ ("gluestreaming" | "glueray") => Err(GlueError::NotBuilt(format!("the job command `{name}`"))),
        name => Err(GlueError::Invalid(format!(
            "Job command name should be one of glueetl, pythonshell, gluestreaming or glueray, not {name}."
        ))),
    }
}

/// A job with its defaults, if its members fit together.
fn completed(mut job: Job) -> Result<Job, GlueError> {
    let kind = kind_of(&job.command.clone().unwrap_or_default())?;
    if job.job_run_queuing_enabled == Some(true) {
        return Err(GlueError::NotBuilt("job run queuing (JobRunQueuingEnabled)".to_owned()));
    }
    job.execution_property.get_or_insert(ExecutionProperty { max_concurrent_runs: Some(1) });
    job.max_retries.get_or_insert(0);
    job.glue_version.get_or_insert_with(|| default_version(kind).to_owned());
    let timeout = *job.timeout.get_or_insert(default_timeout(kind, job.glue_version.as_deref()));
    check_timeout(timeout)?;
    let asked = Capacity {
        max_capacity: job.max_capacity.or(job.allocated_capacity.map(|units| units as f64)),
        worker_type: job.worker_type.clone(),
        number_of_workers: job.number_of_workers,
    };
    job.max_capacity = Some(asked.units(kind)?);
    job.allocated_capacity = job.max_capacity.map(|units| units as i64);
    Ok(job)
}

/// Assumed: what a job that names no version gets.
fn default_version(kind: ScriptKind) -> &'static str {
    match kind {
        ScriptKind::Spark => "0.9",
        ScriptKind::Python => "1.0",
    }
}

fn default_timeout(kind: ScriptKind, glue_version: Option<&str>) -> i64 {
    let major: i64 = glue_version.and_then(|text| text.split('.').next()?.parse().ok()).unwrap_or(0);
    if kind == ScriptKind::Spark && major >= 5 { TIMEOUT_MINUTES_GLUE_5 } else { TIMEOUT_MINUTES }
}

pub(super) fn check_timeout(minutes: i64) -> Result<(), GlueError> {
    if (1..=TIMEOUT_MINUTES_MAX).contains(&minutes) {
        return Ok(());
    }
    Err(GlueError::Invalid(format!(
        "Timeout should be between 1 and {TIMEOUT_MINUTES_MAX} minutes, not {minutes}."
    )))
}

/// How much a job or a run asks for: units, or workers of a type.
#[derive(Debug, Clone, Default)]
pub(super) struct Capacity {
    pub(super) max_capacity: Option<f64>,
    pub(super) worker_type: Option<String>,
    pub(super) number_of_workers: Option<i64>,
}

impl Capacity {
    /// Data processing units.
    ///
    /// Documented: docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html and docs.aws.amazon.com/glue/latest/dg/worker-types.html
    /// (read 2026-11-29): units of a worker, units of a Python shell job. Assumed: the sentences but the first, which clients report.
    pub(super) fn units(&self, kind: ScriptKind) -> Result<f64, GlueError> {
        let invalid = |text: String| Err(GlueError::Invalid(text));
        match (&self.worker_type, self.number_of_workers, self.max_capacity) {
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => invalid(
                "Please do not set Max Capacity if using Worker Type and Number of Workers.".to_owned(),
            ),
            (Some(_), None, None) | (None, Some(_), None) => {
                invalid("Worker Type and Number of Workers must be set together.".to_owned())
            }
            (Some(_), Some(_), None) if kind == ScriptKind::Python => {
                invalid("Worker Type is not supported for Job Command pythonshell.".to_owned())
            }
            (Some(worker), Some(count), None) => match units_of_worker(worker) {
                _ if count < 1 => invalid(format!("Number of Workers must be at least 1, not {count}.")),
                Some(units) => Ok(units * count as f64),
                None => invalid(format!("Worker Type {worker} is not valid.")),
            },
            (None, None, Some(units)) => match kind {
                ScriptKind::Python if units != PYTHON_DPU_DEFAULT && units != 1.0 => {
                    invalid(format!("Max Capacity of a Python shell job is 0.0625 or 1, not {units}."))
                }
                ScriptKind::Spark if units < 2.0 || units.fract() != 0.0 => {
                    invalid(format!("Max Capacity of a Spark job is a whole number from 2, not {units}."))
                }
                _ => Ok(units),
            },
            (None, None, None) => Ok(match kind {
                ScriptKind::Spark => SPARK_DPU_DEFAULT,
                ScriptKind::Python => PYTHON_DPU_DEFAULT,
            }),
        }
    }
}

fn units_of_worker(worker: &str) -> Option<f64> {
    Some(match worker {
        "G.025X" => 0.25,
        "Standard" | "G.1X" | "R.1X" => 1.0,
        "G.2X" | "R.2X" | "Z.2X" => 2.0,
        "G.4X" | "R.4X" => 4.0,
        "G.8X" | "R.8X" => 8.0,
        "G.12X" => 12.0,
        "G.16X" => 16.0,
        _ => return None,
    })
}
