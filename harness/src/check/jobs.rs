//! Whether every run of a job has succeeded, at the last of its attempts.

use wavetank_types::Said;
use wavetank_wire::glue::{GetJobRuns, GetJobRunsInput, JobRun};

use super::Finding;
use crate::client::Aws;
use crate::drive;
use crate::observe::ObserveError;

/// Checks a job's runs.
pub async fn check(aws: Aws<'_>, job: &str) -> Result<Finding, ObserveError> {
    let input = GetJobRunsInput { job_name: job.to_owned(), ..GetJobRunsInput::default() };
    let runs = aws.call::<GetJobRuns>(input).await?.job_runs.unwrap_or_default();
    Ok(of_runs(job, &runs))
}

fn of_runs(job: &str, runs: &[JobRun]) -> Finding {
    let state = |run: &JobRun| run.job_run_state.clone().unwrap_or_default();
    let runs: Vec<&JobRun> = drive::last_attempts(runs).collect();
    let failed: Vec<&JobRun> = runs.iter().copied().filter(|run| state(run) != "SUCCEEDED").collect();
    let (good, all) = (runs.len() - failed.len(), runs.len());
    let detail = Said::new(
        format!("{good} of {all} runs of {job} succeeded"),
        format!("{good} trên {all} lần chạy của {job} thành công"),
    );
    let message = |run: &JobRun| run.error_message.clone().unwrap_or_default();
    let example = |run: &&JobRun| Said::plain(format!("{}: {}", state(run), message(run)));
    let finding =
        Finding::new("jobs", all > 0 && failed.is_empty(), detail).with_examples(failed.iter().map(example));
    let cause = match failed.first() {
        None if all > 0 => return finding,
        None => Said::new(
            "the job has never run; look at the schedule that should start it",
            "job chưa từng chạy; hãy xem lại lịch (schedule) khởi động nó",
        ),
        Some(run) if message(run).contains("JSONDecodeError") => Said::new(
            "an object ends with a line end, and what follows it is nothing: a loop that parses every part of \
             split(\"\\n\") as JSON fails on that; leave out empty lines",
            "object kết thúc bằng ký tự xuống dòng, và phía sau nó không có gì: vòng lặp đọc mọi phần của split(\"\\n\") như \
             JSON sẽ lỗi ở đó; hãy bỏ qua dòng trống",
        ),
        Some(_) => Said::new(
            "a run that failed has written nothing; its message is above, its log says more",
            "lần chạy bị lỗi không ghi gì; thông báo ở trên, log của nó cho biết thêm",
        ),
    };
    finding.with_cause(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_and_no_run_at_all_are_found() {
        let run = |state: &str, message: &str| JobRun {
            job_run_state: Some(state.to_owned()),
            error_message: Some(message.to_owned()),
            ..JobRun::default()
        };
        let check = |runs: &[JobRun], cause: Option<&str>| {
            let found = of_runs("clean", runs);
            assert_eq!(found.is_failed(), cause.is_some());
            let said = found.cause.map(|cause| cause.en).unwrap_or_default();
            assert!(said.contains(cause.unwrap_or_default()), "{said}");
        };
        check(&[run("SUCCEEDED", ""), run("SUCCEEDED", "")], None);
        check(&[run("SUCCEEDED", ""), run("FAILED", "JSONDecodeError: x")], Some("leave out empty lines"));
        check(&[run("TIMEOUT", "Job run timed out")], Some("its log says more"));
        check(&[], Some("never run"));
        let again = |run: JobRun, id: &str, before: Option<&str>| JobRun {
            id: Some(id.to_owned()),
            previous_run_id: before.map(str::to_owned),
            ..run
        };
        let first = again(run("FAILED", "x"), "jr", None);
        check(&[again(run("SUCCEEDED", ""), "jr_attempt_1", Some("jr")), first.clone()], None);
        check(&[again(run("FAILED", "x"), "jr_attempt_1", Some("jr")), first], Some("its log says more"));
    }
}
