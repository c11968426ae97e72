//! Workflows of any shape: in a run, each job runs once if its conditions hold, and never otherwise.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use wavetank_wire::glue::*;

use super::flows::{after, create, flow_runs, job, trigger};
use super::{Rig, text};
use crate::services::glue::ScriptOutput;

/// A job: whether it succeeds, and which ends of earlier jobs it waits for. The first one starts the workflow.
#[derive(Debug, Clone)]
struct Step {
    succeeds: bool,
    any: bool,
    /// An earlier job, and whether it must have succeeded.
    waits: Vec<(prop::sample::Index, bool)>,
}

fn step() -> impl Strategy<Value = Step> {
    let waits = vec((any::<prop::sample::Index>(), any::<bool>()), 1..4);
    (any::<bool>(), any::<bool>(), waits).prop_map(|(succeeds, any, waits)| Step { succeeds, any, waits })
}

fn name(number: usize, step: &Step) -> String {
    format!("{} {number}", if step.succeeds { "good" } else { "bad" })
}

/// Which jobs run.
fn model(steps: &[Step]) -> Vec<bool> {
    let mut runs: Vec<bool> = Vec::new();
    for step in steps {
        let earlier = runs.len();
        let holds = |(which, wanted): &(prop::sample::Index, bool)| {
            let job = which.index(earlier);
            runs[job] && steps[job].succeeds == *wanted
        };
        let is_met = match (earlier, step.any) {
            (0, _) => true,
            (_, true) => step.waits.iter().any(holds),
            (_, false) => step.waits.iter().all(holds),
        };
        runs.push(is_met);
    }
    runs
}

/// The workflow `flow`, with a trigger for each job.
fn build(rig: &mut Rig, steps: &[Step]) {
    rig.call::<CreateWorkflow>(CreateWorkflowInput { name: "flow".to_owned(), ..Default::default() })
        .expect("new");
    for (number, step) in steps.iter().enumerate() {
        let own = name(number, step);
        rig.call::<CreateJob>(job(&own)).expect("new");
        if number == 0 {
            create(rig, trigger("0", "ON_DEMAND", Some("flow"), &[&own]));
            continue;
        }
        let waits: Vec<(String, &str)> = step
            .waits
            .iter()
            .map(|(which, wanted)| {
                let job = which.index(number);
                (name(job, &steps[job]), if *wanted { "SUCCEEDED" } else { "FAILED" })
            })
            .collect();
        let waits: Vec<(&str, &str)> = waits.iter().map(|(job, state)| (job.as_str(), *state)).collect();
        let logical = if step.any { "ANY" } else { "AND" };
        create(rig, after(&number.to_string(), Some("flow"), logical, &waits, &own));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_job_runs_once_if_its_conditions_hold(steps in vec(step(), 1..8)) {
        let mut rig = Rig::new();
        rig.script = |work| ScriptOutput {
            failure: text("no").filter(|_| work.job_name.starts_with("bad")),
            ..ScriptOutput::default()
        };
        build(&mut rig, &steps);
        rig.call::<StartWorkflowRun>(StartWorkflowRunInput { name: "flow".to_owned(), ..Default::default() })
            .expect("it rests");
        rig.pass(Duration::from_secs(600));
        let expected = model(&steps);
        for (number, step) in steps.iter().enumerate() {
            let runs = super::flows::count(&mut rig, &name(number, step));
            prop_assert_eq!(runs, usize::from(expected[number]), "job {} of {:?}", number, steps);
        }
        let run = flow_runs(&mut rig).remove(0);
        prop_assert_eq!(run.status.as_deref(), Some("COMPLETED"));
        let total = run.statistics.and_then(|statistics| statistics.total_actions);
        prop_assert_eq!(total, i64::try_from(expected.iter().filter(|runs| **runs).count()).ok());
    }
}
