//! Airflow as a scenario's orchestrator: its DAGs are put in place and read before the input arrives, waited for, and accounted for.
//!
//! Everything is asked of MWAA's public API, so that an environment on AWS is asked the same. What DAGs must have done is in
//! `check/dags.rs`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_scenarios::{Airflow, Outputs, Scenario, ScenarioError};
use wavetank_types::Said;
use wavetank_wire::WireError;
use wavetank_wire::mwaa::{GetEnvironment, GetEnvironmentInput, InvokeRestApi, InvokeRestApiInput};

use crate::client::Aws;
use crate::drive::{self, DriveError};

const POLL: Duration = Duration::from_secs(10);
/// Entries of one answer. Documented: Airflow's `api.maximum_page_limit`, 100
/// (airflow.apache.org/docs/apache-airflow/stable/security/api.html, read 2026-11-29).
const PAGE: usize = 100;
/// The scenario's folder of DAGs.
const FOLDER: &str = "dags/";
/// Where an environment has them.
const MOUNTED: &str = "/usr/local/airflow/dags/";

/// Who starts the pipeline's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orchestrator {
    /// EventBridge Scheduler, or whatever else the template has: needs nothing.
    #[default]
    Scheduler,
    /// Airflow, by the scenario's DAGs: needs an Airflow on this machine.
    Airflow,
}

/// Why DAGs do not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AirflowError {
    /// The scenario has no DAGs.
    #[error("scenario `{0}` has no DAGs\nhint: leave out --orchestrator")]
    None(String),
    /// Airflow cannot import some of the files.
    #[error("{}\nhint: nothing has been sent; a file must be imported before its DAGs can run", .0.join("\n"))]
    Import(Vec<String>),
    /// The files hold no DAG.
    #[error(
        "Airflow finds no DAG in {0}\nhint: a file is looked into if it has the words `dag` and `airflow` in it"
    )]
    Empty(String),
    /// A DAG that the scenario waits for has never run, or takes longer than it may.
    #[error(
        "{what} after {within:?} of the target's time\nhint: is it paused, and is its start date before the run?"
    )]
    TooLong {
        /// What.
        what: String,
        /// The limit.
        within: Duration,
    },
    /// A file could not be put in place.
    #[error(transparent)]
    Upload(#[from] DriveError),
    /// A name in the scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
}

/// An environment whose DAGs have been read.
#[derive(Debug)]
pub(crate) struct Dags<'a> {
    aws: Aws<'a>,
    environment: String,
    version: String,
}

/// A DAG's run, as far as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) note: Option<String>,
}

impl Run {
    fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running")
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.state == "failed"
    }
}

impl<'a> Dags<'a> {
    /// Puts the scenario's DAGs in place and lets Airflow read them.
    pub(crate) async fn begin(
        aws: Aws<'a>,
        scenario: &Scenario,
        section: &Airflow,
        outputs: &Outputs,
    ) -> Result<Self, AirflowError> {
        let to = outputs.fill(&section.dags)?;
        for (path, text) in &scenario.files {
            if let Some(name) = path.strip_prefix(FOLDER) {
                drive::put(aws, &format!("{to}{name}"), Bytes::from(text.clone())).await?;
            }
        }
        let name = outputs.fill(&section.environment)?;
        let shown = aws.call::<GetEnvironment>(GetEnvironmentInput { name: name.clone() }).await?;
        let version = shown.environment.and_then(|shown| shown.airflow_version).unwrap_or_default();
        let dags = Self { aws, environment: name, version };
        let errors = dags.get("/importErrors", 0).await?;
        let errors: Vec<String> =
            list(&errors, "import_errors").iter().map(|error| placed(&scenario.name, error)).collect();
        if !errors.is_empty() {
            return Err(AirflowError::Import(errors));
        }
        if dags.names().await?.is_empty() {
            return Err(AirflowError::Empty(to));
        }
        Ok(dags)
    }

    pub(crate) fn aws(&self) -> Aws<'a> {
        self.aws
    }

    /// The environment's name.
    pub(crate) fn environment(&self) -> &str {
        &self.environment
    }

    /// Who orchestrated, for the report.
    pub(crate) fn note(&self) -> Said {
        let version = &self.version;
        Said::new(
            format!(
                "orchestrator: Apache Airflow {version}, in an MWAA environment; it ran the scenario's DAGs"
            ),
            format!(
                "bộ điều phối: Apache Airflow {version}, trong một environment MWAA; nó chạy các DAG của scenario"
            ),
        )
    }

    /// The DAGs, in order.
    pub(crate) async fn names(&self) -> Result<Vec<String>, WireError> {
        let found = self.get("/dags", 0).await?;
        Ok(list(&found, "dags").iter().map(|dag| text(dag, "dag_id")).collect())
    }

    /// A DAG's runs, the oldest first.
    pub(crate) async fn runs(&self, dag: &str) -> Result<Vec<Run>, WireError> {
        let mut runs = Vec::new();
        loop {
            let page = self.get(&format!("/dags/{dag}/dagRuns"), runs.len()).await?;
            let found = list(&page, "dag_runs");
            runs.extend(found.iter().map(|run| Run {
                id: text(run, "dag_run_id"),
                state: text(run, "state"),
                note: run["note"].as_str().map(str::to_owned),
            }));
            if found.len() < PAGE {
                return Ok(runs);
            }
        }
    }

    /// The tasks of a run that have failed, each with the number of its last try.
    pub(crate) async fn failed_tasks(&self, dag: &str, run: &str) -> Result<Vec<(String, u64)>, WireError> {
        // The run's own path is longer than the 64 characters that MWAA takes.
        let input = InvokeRestApiInput {
            name: self.environment.clone(),
            method: "POST".to_owned(),
            path: "/dags/~/dagRuns/~/taskInstances/list".to_owned(),
            body: Some(json!({ "dag_ids": [dag], "dag_run_ids": [run], "state": ["failed"] })),
            ..InvokeRestApiInput::default()
        };
        let found = self.aws.call::<InvokeRestApi>(input).await?.rest_api_response.unwrap_or_default();
        let failed = list(&found, "task_instances").iter();
        Ok(failed.map(|task| (text(task, "task_id"), task["try_number"].as_u64().unwrap_or(1))).collect())
    }

    /// Waits until a DAG has run and no run of it is under way. Answers whether all have succeeded.
    pub(crate) async fn await_runs(&self, dag: &str, within: Duration) -> Result<bool, AirflowError> {
        let target = self.aws.target();
        let deadline = target.now() + within;
        loop {
            let runs = self.runs(dag).await?;
            if !runs.is_empty() && !runs.iter().any(Run::is_open) {
                return Ok(!runs.iter().any(Run::is_failed));
            }
            if target.now() >= deadline {
                let how = if runs.is_empty() { "has not run" } else { "is not done" };
                return Err(AirflowError::TooLong { what: format!("DAG `{dag}` {how}"), within });
            }
            target.pause(POLL).await;
        }
    }

    async fn get(&self, path: &str, offset: usize) -> Result<Value, WireError> {
        let input = InvokeRestApiInput {
            name: self.environment.clone(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            query_parameters: Some(json!({ "limit": PAGE, "offset": offset })),
            ..InvokeRestApiInput::default()
        };
        Ok(self.aws.call::<InvokeRestApi>(input).await?.rest_api_response.unwrap_or_default())
    }
}

/// Who orchestrated where Airflow could have.
pub(crate) fn scheduler_note() -> Said {
    Said::new(
        "orchestrator: EventBridge Scheduler; --orchestrator airflow lets the scenario's DAGs do it",
        "bộ điều phối: EventBridge Scheduler; --orchestrator airflow để các DAG của scenario làm việc đó",
    )
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// An import error as `scenario/dags/daily.py:3: what is wrong`.
fn placed(scenario: &str, error: &Value) -> String {
    let file = text(error, "filename");
    let file = file.strip_prefix(MOUNTED).unwrap_or(&file);
    let said = text(error, "stack_trace");
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let line = error["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
    format!("{scenario}/{FOLDER}{file}{line}: {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_error_is_placed_in_the_scenarios_folder() {
        let check = |line: Value, expected: &str| {
            let said = "Traceback:\n  File \"x\", line 3\nNameError: name 'x' is not defined\n";
            let error =
                json!({ "filename": "/usr/local/airflow/dags/a/b.py", "line": line, "stack_trace": said });
            assert_eq!(placed("shop", &error), expected);
        };
        check(json!(3), "shop/dags/a/b.py:3: NameError: name 'x' is not defined");
        check(Value::Null, "shop/dags/a/b.py: NameError: name 'x' is not defined");
    }
}
