//! A run on a server that was there before it and stays after it: what it has is asked first, what the run made is removed.
//!
//! A stack of the scenario's name that is there already is somebody's: it is deleted only if the caller asks for it.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use wavetank_scenarios::Scenario;
use wavetank_types::Said;

use crate::client::Aws;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::removal;
use crate::report::Report;
use crate::run::{RunError, RunOptions, parameters, run_on};
use crate::target::Target;

pub(crate) async fn run(
    scenario: &Scenario,
    target: &dyn Target,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Report, RunError> {
    let aws = Aws::new(target, &scenario.region);
    let plan = Plan::of(aws, scenario, &parameters(scenario, options)?).await?;
    plan.lines().iter().for_each(|line| progress.say(line));
    let terms = plan.terms()?;
    let stack = options.stack_name(scenario);
    make_room(aws, &stack, options, progress).await?;
    // What a panic leaves is removed as well.
    let running = AssertUnwindSafe(run_on(scenario, target, options, progress, &terms)).catch_unwind();
    let outcome = tokio::select! {
        outcome = running => outcome,
        () = options.stop.asked() => {
            progress.say("interrupted: what the run has made is being removed");
            target.quiesce().await;
            Ok(Err(RunError::Interrupted))
        }
    };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(panic) if options.stack.is_some() => std::panic::resume_unwind(panic),
        Err(panic) => {
            drop(removal::remove(aws, &stack).await);
            std::panic::resume_unwind(panic);
        }
    };
    if options.stack.is_some() {
        return outcome;
    }
    if options.keep {
        let region = &scenario.region;
        progress.say(&format!(
            "stack `{stack}` in {region} stays: empty its buckets and `aws cloudformation delete-stack` removes it, or the next run with --replace"
        ));
        return outcome;
    }
    match (outcome, removal::remove(aws, &stack).await) {
        (outcome, Ok(())) => outcome,
        (Ok(mut report), Err(left)) => {
            report.notes.push(Said::new(
                format!("the run's stack is not removed: {left}"),
                format!("stack của lần chạy chưa được xóa: {left}"),
            ));
            Ok(report)
        }
        (Err(error), Err(left)) => {
            progress.say(&format!("the run's stack is not removed: {left}"));
            Err(error)
        }
    }
}

/// Sees to it that there is no stack of this name.
async fn make_room(
    aws: Aws<'_>,
    stack: &str,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let Some(status) = removal::status(aws, stack).await? else { return Ok(()) };
    if !options.replace {
        let (stack, target) = (stack.to_owned(), aws.target().name().to_owned());
        return Err(RunError::StackThere { stack, target, status });
    }
    progress.say(&format!("stack `{stack}` ({status}) is replaced"));
    Ok(removal::remove(aws, stack).await?)
}
