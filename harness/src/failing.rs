//! Functions that fail, in their own words: by what they answer, and by their logs, through the public API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use wavetank_types::Said;
use wavetank_wire::lambda::InvokeOutput;

use crate::check::Finding;
use crate::client::Aws;
use crate::observe;
use crate::sweep::traces;

/// What a line says of a run that failed, in the runtimes' words. A function may write `ERROR` itself.
const FAILED: &str = "?ERROR ?\"Task timed out\" ?\"Runtime.\"";
/// What the service, and the tank, write around a run.
const AROUND: [&str; 5] = ["START ", "END ", "REPORT ", "INIT_START ", "wavetank: "];
/// Lines of a function's log that a report shows.
const LINES_MAX: usize = 12;

/// A function whose log tells of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failing {
    pub(crate) name: String,
    /// Events that say so.
    pub(crate) failures: Vec<String>,
    /// Its last events.
    pub(crate) last: Vec<String>,
}

/// Of these log groups, those that tell of errors, with the last events of each. A group that cannot be read tells of none.
pub(crate) async fn of_groups(aws: Aws<'_>, groups: &[String], events_max: usize) -> Vec<Failing> {
    let mut found = Vec::new();
    for group in groups {
        let failures = events(aws, group, Some(FAILED)).await;
        if failures.is_empty() {
            continue;
        }
        let all = events(aws, group, None).await;
        let last = all[all.len().saturating_sub(events_max)..].to_vec();
        let name = group.rsplit('/').next().unwrap_or(group).to_owned();
        found.push(Failing { name, failures, last });
    }
    found
}

async fn events(aws: Aws<'_>, group: &str, pattern: Option<&str>) -> Vec<String> {
    let events = observe::log_events(aws, group, pattern).await.unwrap_or_default();
    events.into_iter().map(|event| event.message.unwrap_or_default().trim_end().to_owned()).collect()
}

/// Adds to the first check that does not hold what the stack's functions logged of their errors.
pub(crate) async fn tell(aws: Aws<'_>, stack: &str, findings: &mut [Finding]) {
    let Some(finding) = findings.iter_mut().find(|finding| finding.is_failed()) else { return };
    // What cannot be listed has nothing to tell.
    let resources = traces::resources(aws, stack).await.unwrap_or_default();
    let functions = resources.iter().filter(|resource| resource.kind == "AWS::Lambda::Function");
    let groups: Vec<String> = functions.filter_map(traces::log_group).collect();
    for function in of_groups(aws, &groups, usize::MAX).await {
        finding.examples.extend(function.said());
    }
}

impl Failing {
    /// How often, and the last lines that are its own.
    fn said(&self) -> impl Iterator<Item = Said> {
        let (name, count) = (&self.name, self.failures.len());
        let s = if count == 1 { "" } else { "s" };
        let head = Said::new(
            format!("function `{name}` logged {count} error{s}; its last lines:"),
            format!("hàm `{name}` ghi {count} lỗi vào log; các dòng cuối:"),
        );
        let is_own = |event: &&String| !AROUND.iter().any(|start| event.starts_with(start));
        let lines: Vec<&str> = self.last.iter().filter(is_own).flat_map(|event| event.lines()).collect();
        let last = lines[lines.len().saturating_sub(LINES_MAX)..].iter();
        let last: Vec<Said> = last.map(|line| Said::plain(format!("| {line}"))).collect();
        [head].into_iter().chain(last)
    }
}

/// The error of a function that was called, as the function says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raised {
    /// Such as `ValueError`.
    pub(crate) error_type: String,
    /// Its own words.
    pub(crate) message: String,
    /// The last lines of that run's log, if the call has asked for them (`LogType` of `Tail`).
    pub(crate) log: Vec<String>,
}

impl Raised {
    /// Nothing, if the function has answered.
    pub(crate) fn of(answer: &InvokeOutput) -> Option<Self> {
        answer.function_error.as_ref()?;
        let payload = answer.payload.as_deref().unwrap_or_default();
        let document: Value = serde_json::from_slice(payload).unwrap_or_default();
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let log = BASE64.decode(answer.log_result.as_deref().unwrap_or_default()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).lines().map(str::to_owned).collect();
        Some(Self { error_type: text("errorType"), message: text("errorMessage"), log })
    }
}

/// Lines of a log under the sentence that they belong to.
pub(crate) fn log_of(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  | {line}")).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_function_is_told_by_its_own_lines_alone() {
        let text = |text: &str| text.to_owned();
        let traceback =
            "[ERROR] KeyError: 'amount'\nTraceback (most recent call last):\n  File \"index.py\", line 4";
        let function = Failing {
            name: text("orders"),
            failures: vec![text(traceback); 2],
            last: [
                "wavetank: python3.13 is not on this machine",
                "START RequestId: 1",
                "order o-1",
                traceback,
                "END RequestId: 1",
                "REPORT RequestId: 1",
            ]
            .map(text)
            .to_vec(),
        };
        let said: Vec<String> = function.said().map(|said| said.en).collect();
        let expected = [
            "function `orders` logged 2 errors; its last lines:",
            "| order o-1",
            "| [ERROR] KeyError: 'amount'",
            "| Traceback (most recent call last):",
            "|   File \"index.py\", line 4",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn an_error_is_what_the_function_raised_and_an_answer_is_none() {
        let payload = Some(Bytes::from_static(br#"{"errorType":"KeyError","errorMessage":"'amount'"}"#));
        let log_result = Some(BASE64.encode("START\norder o-1\n"));
        let answer = InvokeOutput { payload, log_result, ..InvokeOutput::default() };
        assert_eq!(Raised::of(&answer), None);
        let failed = InvokeOutput { function_error: Some("Unhandled".to_owned()), ..answer };
        let raised = Raised::of(&failed).expect("it failed");
        assert_eq!((raised.error_type.as_str(), raised.message.as_str()), ("KeyError", "'amount'"));
        assert_eq!(log_of(&raised.log), "\n  | START\n  | order o-1");
    }
}
