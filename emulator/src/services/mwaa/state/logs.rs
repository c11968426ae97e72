//! What goes to CloudWatch Logs: a group for each kind, as the environment's logging is set.
//!
//! Documented: docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html (read 2026-11-29): the groups' names, but for the
//! `airflow-` before them, which mwaa-create-role.html has (read 2026-11-29). Assumed: the streams' names, which are the paths of
//! Airflow's own log files, with `_` for colons.

use wavetank_wire::mwaa::ModuleLoggingConfiguration;

use super::super::work::TaskRan;
use super::Environment;
use crate::world::{Cx, Effect, LogBatch};

impl Environment {
    fn is_logged(
        &self,
        pick: impl Fn(&wavetank_wire::mwaa::LoggingConfiguration) -> &Option<ModuleLoggingConfiguration>,
    ) -> bool {
        let module = self.shown.logging_configuration.as_ref().and_then(|logs| pick(logs).as_ref());
        module.is_some_and(|module| module.enabled == Some(true))
    }

    pub(super) fn log_scheduler(&self, cx: &mut Cx<'_>, lines: Vec<String>) {
        if self.is_logged(|logs| &logs.scheduler_logs) && !lines.is_empty() {
            cx.log(&format!("airflow-{}-Scheduler", self.name()), "scheduler.log", lines);
        }
    }

    pub(super) fn log_processing(&self, cx: &mut Cx<'_>, lines: Vec<String>) {
        if self.is_logged(|logs| &logs.dag_processing_logs) && !lines.is_empty() {
            let group = format!("airflow-{}-DAGProcessing", self.name());
            cx.log(&group, "dag_processor_manager.log", lines);
        }
    }

    /// Each try of each task has a stream.
    pub(super) fn log_tasks(&self, cx: &mut Cx<'_>, dag_id: &str, run_id: &str, tasks: &[TaskRan]) {
        if !self.is_logged(|logs| &logs.task_logs) {
            return;
        }
        for task in tasks.iter().filter(|task| !task.lines.is_empty()) {
            let map =
                if task.map_index < 0 { String::new() } else { format!("/map_index={}", task.map_index) };
            let stream = format!(
                "dag_id={dag_id}/run_id={run_id}/task_id={}{map}/attempt={}.log",
                task.task_id, task.try_number
            );
            let batch = LogBatch {
                group: format!("airflow-{}-Task", self.name()),
                stream: stream.replace([':', '*'], "_"),
                events: task.lines.clone(),
            };
            cx.push(Effect::Log(batch));
        }
    }
}
