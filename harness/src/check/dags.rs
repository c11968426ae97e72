//! Whether every run of the scenario's Airflow DAGs has succeeded, and what a failed task wrote last.

use wavetank_types::Said;
use wavetank_wire::WireError;
use wavetank_wire::logs::{GetLogEvents, GetLogEventsInput};

use super::{EXAMPLES_MAX, Finding};
use crate::airflow::{Dags, Run};

/// Lines of a task's log that are looked at, from its end.
const LINES_MAX: i64 = 100;

/// Checks all runs of all DAGs.
pub(crate) async fn check(dags: &Dags<'_>) -> Result<Finding, WireError> {
    let mut counts = Vec::new();
    let mut failed = None;
    for dag in dags.names().await? {
        let runs = dags.runs(&dag).await?;
        let first = runs.iter().find(|run| run.is_failed());
        failed = failed.or_else(|| first.map(|run| (dag.clone(), run.clone())));
        counts.push((dag, runs.len(), runs.iter().filter(|run| run.is_failed()).count()));
    }
    let finding = of_counts(&counts);
    let Some((dag, run)) = failed else { return Ok(finding) };
    let lines = failure_of(dags, &dag, &run).await?;
    Ok(finding.with_examples(lines.into_iter().map(Said::plain)).with_cause(Said::new(
        "a task of the DAG has failed after its last try; the lines above are the end of its own log",
        "một task của DAG bị lỗi sau lần thử cuối; các dòng trên là phần cuối log của chính nó",
    )))
}

fn of_counts(counts: &[(String, usize, usize)]) -> Finding {
    let holds = counts.iter().all(|(_, runs, failed)| *runs > 0 && *failed == 0);
    let of_each = |of: &str, failed: &str| {
        let each = |(dag, runs, bad): &(String, usize, usize)| match bad {
            0 => format!("{dag} {of} {runs}"),
            bad => format!("{dag} {of} {runs}, {bad} {failed}"),
        };
        counts.iter().map(each).collect::<Vec<_>>().join("; ")
    };
    Finding::new("dags", holds, Said::new(of_each("runs", "failed"), of_each("số lần chạy", "bị lỗi")))
}

/// The failed run, its failed task, and the end of that task's log.
async fn failure_of(dags: &Dags<'_>, dag: &str, run: &Run) -> Result<Vec<String>, WireError> {
    let mut lines = vec![format!("{dag}, run {}", run.id)];
    lines.extend(run.note.clone());
    let Some((task, attempt)) = dags.failed_tasks(dag, &run.id).await?.into_iter().next() else {
        return Ok(lines);
    };
    lines.push(format!("task {task}, try {attempt}"));
    let stream = format!("dag_id={dag}/run_id={}/task_id={task}/attempt={attempt}.log", run.id);
    let input = GetLogEventsInput {
        log_group_name: Some(format!("airflow-{}-Task", dags.environment())),
        log_stream_name: stream.replace([':', '*'], "_"),
        limit: Some(LINES_MAX),
        ..GetLogEventsInput::default()
    };
    match dags.aws().call::<GetLogEvents>(input).await {
        Ok(found) => {
            let events = found.events.unwrap_or_default();
            let messages: Vec<String> = events.into_iter().filter_map(|event| event.message).collect();
            let room = EXAMPLES_MAX - lines.len();
            lines.extend(end_of(&messages, room));
            Ok(lines)
        }
        // Task logs are off in this environment.
        Err(error) if error.code == "ResourceNotFoundException" => Ok(lines),
        Err(error) => Err(error),
    }
}

/// The last lines up to the exception that ended the task: what Airflow writes after it is not the task's.
fn end_of(messages: &[String], lines_max: usize) -> Vec<String> {
    let raised = messages.iter().rposition(|message| message.contains("Traceback (most recent call last)"));
    let until = raised.map_or(messages.len(), |at| at + 1);
    let lines: Vec<&str> = messages[..until].iter().flat_map(|message| message.lines()).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(lines_max)..].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_and_a_dag_that_has_never_run_fail() {
        let check = |counts: &[(&str, usize, usize)], expected: Option<&str>| {
            let counts: Vec<_> =
                counts.iter().map(|(dag, runs, failed)| ((*dag).to_owned(), *runs, *failed)).collect();
            let found = of_counts(&counts);
            assert_eq!(found.is_failed(), expected.is_some(), "{found:?}");
            assert!(found.detail.en.contains(expected.unwrap_or_default()), "{found:?}");
        };
        check(&[("clicks", 288, 0), ("daily", 1, 0)], None);
        check(&[("clicks", 288, 0), ("daily", 2, 1)], Some("daily runs 2, 1 failed"));
        check(&[("daily", 0, 0)], Some("daily runs 0"));
    }

    #[test]
    fn of_a_tasks_log_the_end_is_shown_up_to_its_exception() {
        let messages = [
            "begin",
            "asked",
            "failed\nTraceback (most recent call last)\n  File\nValueError: no",
            "Marking",
        ];
        let messages: Vec<String> = messages.map(str::to_owned).to_vec();
        assert_eq!(end_of(&messages, 3), ["Traceback (most recent call last)", "  File", "ValueError: no"]);
        assert_eq!(end_of(&messages[..2], 3), ["begin", "asked"]);
    }
}
