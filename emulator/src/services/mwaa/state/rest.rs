//! `InvokeRestApi`: the part of Airflow's REST API that knows DAGs, DAG runs, task instances and import errors.
//!
//! Documented: airflow.apache.org/docs/apache-airflow/2.11.0/stable-rest-api-ref.html (to be verified): paths, members and statuses;
//! docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html (read 2026-11-29): paths are given without `/api/v1`.
//! Who asks for what the folder may have learnt since it was read waits until it has been looked at.

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::ToVal as _;
use wavetank_wire::mwaa::{InvokeRestApiInput, InvokeRestApiOutput, Response};

use super::super::error::MwaaError;
use super::super::work::{ImportError, Planned, TaskRan};
use super::runs::iso;
use super::{Dag, DagRun, Environment, Mwaa};
use crate::services::AwsError as _;
use crate::world::{Answer, Cx, Effect, Ticket};

/// Entries of an answer if nothing is said. Documented: as above.
const LIMIT_DEFAULT: usize = 100;

/// In a path: of every DAG, of every run.
const ANY: &str = "~";

type Refused = Result<(i64, Value), MwaaError>;

impl Mwaa {
    pub(in super::super) fn invoke_rest_api(
        &mut self,
        cx: &mut Cx<'_>,
        input: InvokeRestApiInput,
    ) -> Result<Answer<Response>, MwaaError> {
        let environment = self.environment(&input.name)?;
        if !environment.status.schedules() {
            return Err(MwaaError::State(input.name, environment.status.name()));
        }
        let parts = parts(&input.path);
        let asks_for_all = matches!(parts[..], ["dags" | "importErrors"]);
        let is_unknown =
            matches!(parts[..], ["dags", dag, ..] if dag != ANY && !environment.dags.contains_key(dag));
        if asks_for_all || is_unknown {
            let ticket = cx.ticket();
            let name = input.name.clone();
            self.load(cx, &name, false, vec![(ticket, input)]);
            return Ok(Answer::Later(ticket));
        }
        self.rest(cx, &input).map(|output| Answer::Now(Response::InvokeRestApi(output)))
    }

    /// Answers what has waited for the folder.
    pub(super) fn answer_rest(&mut self, cx: &mut Cx<'_>, ticket: Ticket, input: &InvokeRestApiInput) {
        let answer = self.rest(cx, input).map(InvokeRestApiOutput::to_val).map_err(|error| error.wire());
        cx.push(Effect::Answer(ticket, answer));
    }

    fn rest(
        &mut self,
        cx: &mut Cx<'_>,
        input: &InvokeRestApiInput,
    ) -> Result<InvokeRestApiOutput, MwaaError> {
        let environment = self.environment(&input.name)?;
        let parts = parts(&input.path);
        let (status, body) = match (input.method.as_str(), &parts[..]) {
            ("GET", ["dags"]) => environment.list_dags(input)?,
            ("GET", ["dags", dag]) => (200, environment.dag(dag)?.shown()),
            ("PATCH", ["dags", dag]) => self.patch_dag(cx, input, dag)?,
            ("GET", ["dags", dag, "dagRuns"]) => environment.list_runs(input, dag)?,
            ("POST", ["dags", dag, "dagRuns"]) => self.trigger(cx, input, dag)?,
            ("GET", ["dags", dag, "dagRuns", run]) => {
                let run_shown = environment.dag_run(dag, run)?.shown(dag, run);
                (200, run_shown)
            }
            ("GET", ["dags", dag, "dagRuns", run, "taskInstances"]) => {
                let tasks = latest(&environment.dag_run(dag, run)?.tasks);
                let all: Vec<Value> = tasks.map(|task| task_shown(task, dag, run)).collect();
                (200, json!({ "total_entries": all.len(), "task_instances": all }))
            }
            ("POST", ["dags", ANY, "dagRuns", ANY, "taskInstances", "list"]) => {
                (200, environment.list_tasks(&body(input)?))
            }
            ("GET", ["importErrors"]) => (200, environment.list_errors()),
            (method, _) => {
                return Err(MwaaError::NotBuilt(format!("{method} {} of Airflow's REST API", input.path)));
            }
        };
        Ok(InvokeRestApiOutput { rest_api_status_code: Some(status), rest_api_response: Some(body) })
    }

    /// Pauses a DAG or lets it go on.
    fn patch_dag(&mut self, cx: &mut Cx<'_>, input: &InvokeRestApiInput, dag: &str) -> Refused {
        self.environment(&input.name)?.dag(dag)?;
        let body = body(input)?;
        let Some(is_paused) = body.get("is_paused").and_then(Value::as_bool) else {
            return Err(MwaaError::rest(
                400,
                "Bad Request",
                "Only is_paused can be changed, to true or false",
            ));
        };
        if let Some(environment) = self.environments.get_mut(&input.name) {
            environment.pause(dag, is_paused);
        }
        self.schedule(cx, &input.name);
        Ok((200, self.environment(&input.name)?.dag(dag)?.shown()))
    }

    /// Makes a run by hand. Of a paused DAG it waits until the DAG goes on.
    fn trigger(&mut self, cx: &mut Cx<'_>, input: &InvokeRestApiInput, dag_id: &str) -> Refused {
        self.environment(&input.name)?.dag(dag_id)?;
        let body = body(input)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let logical = match text("logical_date").or(text("execution_date")) {
            Some(said) => instant(said).ok_or_else(|| {
                MwaaError::rest(400, "Bad Request", &format!("'{said}' is not a 'date-time'"))
            })?,
            None => cx.now,
        };
        let conf = body.get("conf").cloned().unwrap_or_else(|| json!({}));
        if !conf.is_object() {
            return Err(MwaaError::rest(400, "Bad Request", "conf is not of type 'object'"));
        }
        let run_id = text("dag_run_id").map_or_else(|| format!("manual__{}", iso(logical)), str::to_owned);
        let note = text("note").map(str::to_owned);
        let planned = Planned { logical, start: logical, end: logical, run_after: logical };
        let mut run = DagRun::new(cx, planned, true, conf);
        run.note = note;
        let runs =
            self.environments.get_mut(&input.name).and_then(|environment| environment.dags.get_mut(dag_id));
        let Some(dag) = runs else { return Err(MwaaError::NoEnvironment(input.name.clone())) };
        if dag.runs.contains_key(&run_id) || dag.runs.values().any(|run| run.planned.logical == logical) {
            let said = format!("DAGRun with DAG ID: '{dag_id}' and DAGRun ID: '{run_id}' already exists");
            return Err(MwaaError::rest(409, "Conflict", &said));
        }
        dag.runs.insert(run_id.clone(), run);
        let shown = dag.runs[&run_id].shown(dag_id, &run_id);
        self.start_runs(cx, &input.name);
        Ok((200, shown))
    }
}

impl Environment {
    /// A DAG, or why there is none: an import error may be it.
    fn dag(&self, dag_id: &str) -> Result<&Dag, MwaaError> {
        self.dags.get(dag_id).filter(|dag| dag.is_active).ok_or_else(|| {
            let errors: Vec<String> = self.errors.iter().map(|(_, error)| error.brief()).collect();
            let why = if errors.is_empty() {
                String::new()
            } else {
                format!("; files that could not be imported: {}", errors.join("; "))
            };
            MwaaError::rest(
                404,
                "DAG not found",
                &format!("The DAG with dag_id: {dag_id} was not found{why}"),
            )
        })
    }

    fn dag_run(&self, dag_id: &str, run_id: &str) -> Result<&DagRun, MwaaError> {
        self.dag(dag_id)?.runs.get(run_id).ok_or_else(|| {
            let said = format!("DAGRun with DAG ID: '{dag_id}' and DagRun ID: '{run_id}' not found");
            MwaaError::rest(404, "DAGRun not found", &said)
        })
    }

    fn list_dags(&self, input: &InvokeRestApiInput) -> Refused {
        let all: Vec<Value> = self.dags.values().filter(|dag| dag.is_active).map(Dag::shown).collect();
        let total = all.len();
        Ok((200, json!({ "dags": page(all, input)?, "total_entries": total })))
    }

    fn list_runs(&self, input: &InvokeRestApiInput, dag_id: &str) -> Refused {
        let dag = self.dag(dag_id)?;
        let mut runs: Vec<(&String, &DagRun)> = dag.runs.iter().collect();
        runs.sort_by_key(|(_, run)| run.number);
        let all: Vec<Value> = runs.into_iter().map(|(id, run)| run.shown(dag_id, id)).collect();
        let total = all.len();
        Ok((200, json!({ "dag_runs": page(all, input)?, "total_entries": total })))
    }

    /// Task instances of several DAGs and runs, by the lists that are given: of a list that is left out, all.
    ///
    /// Documented: as above, `post /dags/~/dagRuns/~/taskInstances/list`. Left out: its other filters, and pages.
    fn list_tasks(&self, body: &Value) -> Value {
        let is_asked = |list: &str, value: &str| {
            body[list].as_array().is_none_or(|asked| asked.iter().any(|one| one.as_str() == Some(value)))
        };
        let dags = self.dags.iter().filter(|(dag, known)| known.is_active && is_asked("dag_ids", dag));
        let runs = dags.flat_map(|(dag, known)| known.runs.iter().map(move |(id, run)| (dag, id, run)));
        let runs = runs.filter(|(_, id, _)| is_asked("dag_run_ids", id));
        let tasks = runs.flat_map(|(dag, id, run)| latest(&run.tasks).map(move |task| (dag, id, task)));
        let tasks = tasks.filter(|(_, _, task)| is_asked("state", &task.state));
        let all: Vec<Value> = tasks.map(|(dag, id, task)| task_shown(task, dag, id)).collect();
        json!({ "total_entries": all.len(), "task_instances": all })
    }

    fn list_errors(&self) -> Value {
        let shown = |(number, (at, error)): (usize, &(Timestamp, ImportError))| {
            json!({
                "import_error_id": number + 1,
                "filename": format!("/usr/local/airflow/dags/{}", error.file),
                "line": error.line,
                "stack_trace": error.said,
                "timestamp": iso(*at),
            })
        };
        let all: Vec<Value> = self.errors.iter().enumerate().map(shown).collect();
        json!({ "total_entries": all.len(), "import_errors": all })
    }
}

impl Dag {
    fn shown(&self) -> Value {
        let found = &self.found;
        let next = self.upcoming.front();
        let tags: Vec<Value> = found.tags.iter().map(|tag| json!({ "name": tag })).collect();
        json!({
            "dag_id": found.dag_id,
            "dag_display_name": found.dag_id,
            "description": found.description,
            "file_token": null,
            "fileloc": format!("/usr/local/airflow/dags/{}", found.file),
            "has_import_errors": false,
            "is_active": self.is_active,
            "is_paused": self.is_paused,
            "max_active_runs": found.max_active_runs,
            "next_dagrun": next.map(|next| iso(next.logical)),
            "next_dagrun_create_after": next.map(|next| iso(next.run_after)),
            "next_dagrun_data_interval_start": next.map(|next| iso(next.start)),
            "next_dagrun_data_interval_end": next.map(|next| iso(next.end)),
            "owners": found.owners,
            "schedule_interval": { "__type": "CronExpression", "value": found.schedule },
            "tags": tags,
            "timetable_description": found.schedule,
        })
    }
}

impl DagRun {
    fn shown(&self, dag_id: &str, run_id: &str) -> Value {
        json!({
            "conf": self.conf,
            "dag_id": dag_id,
            "dag_run_id": run_id,
            "data_interval_start": iso(self.planned.start),
            "data_interval_end": iso(self.planned.end),
            "end_date": self.ended.map(iso),
            "execution_date": iso(self.planned.logical),
            "external_trigger": self.is_manual,
            "logical_date": iso(self.planned.logical),
            "note": self.note,
            "run_type": if self.is_manual { "manual" } else { "scheduled" },
            "start_date": self.started.map(iso),
            "state": self.state.name(),
        })
    }
}

/// Of each task its last try.
fn latest(tasks: &[TaskRan]) -> impl Iterator<Item = &TaskRan> {
    let is_last = |at: usize| {
        let same = |task: &TaskRan| {
            (task.task_id.clone(), task.map_index) == (tasks[at].task_id.clone(), tasks[at].map_index)
        };
        !tasks[at + 1..].iter().any(same)
    };
    (0..tasks.len()).filter(move |at| is_last(*at)).map(|at| &tasks[at])
}

fn task_shown(task: &TaskRan, dag_id: &str, run_id: &str) -> Value {
    let duration = task.started.zip(task.ended).map(|(from, to)| to.since(from).as_secs_f64());
    json!({
        "dag_id": dag_id,
        "dag_run_id": run_id,
        "duration": duration,
        "end_date": task.ended.map(iso),
        "map_index": task.map_index,
        "operator": task.operator,
        "start_date": task.started.map(iso),
        "state": task.state,
        "task_id": task.task_id,
        "try_number": task.try_number,
    })
}

/// A path's parts; `/api/v1` before them may be left out.
fn parts(path: &str) -> Vec<&str> {
    let path = path.trim_matches('/');
    let path = path.strip_prefix("api/v1").or(path.strip_prefix("api/v2")).unwrap_or(path);
    path.trim_matches('/').split('/').collect()
}

/// The request's body: JSON, or its text.
fn body(input: &InvokeRestApiInput) -> Result<Value, MwaaError> {
    match &input.body {
        None => Ok(json!({})),
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|error| MwaaError::rest(400, "Bad Request", &format!("the body is no JSON: {error}"))),
        Some(body) => Ok(body.clone()),
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Timestamp::from_micros(parsed.timestamp_micros()))
}

/// Some of a list, by `limit` and `offset`.
fn page(all: Vec<Value>, input: &InvokeRestApiInput) -> Result<Vec<Value>, MwaaError> {
    let asked = |name: &str, default: usize| {
        let said = input.query_parameters.as_ref().and_then(|query| query.get(name));
        let Some(said) = said else { return Ok(default) };
        let number = said.as_u64().or_else(|| said.as_str()?.parse().ok());
        number.and_then(|number| usize::try_from(number).ok()).ok_or_else(|| {
            MwaaError::rest(400, "Bad Request", &format!("{said} is not of type 'integer': {name}"))
        })
    };
    let (limit, offset) = (asked("limit", LIMIT_DEFAULT)?, asked("offset", 0)?);
    Ok(all.into_iter().skip(offset).take(limit).collect())
}
