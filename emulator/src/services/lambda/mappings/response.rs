//! What a function's answer says of its batch: all done, all failed, or failed from one record on.
//!
//! Recorded by LocalStack against AWS, 2024-10-12 (test_kinesis_report_batch_item_failure_scenarios and
//! ..._success_scenarios): an empty text, an empty list, `null`, `{}` and a null or empty list of failures are
//! success; an identifier that is missing, null or empty fails the whole batch.
//! Documented for SQS only: an identifier that is not in the batch fails the whole batch
//! (docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, read 2026-11-28); assumed for streams.

use std::collections::BTreeSet;

use serde_json::Value;

/// What became of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    AllDone,
    AllFailed,
    /// These, by their place in the batch; never empty.
    Failed(BTreeSet<usize>),
}

/// Reads `batchItemFailures` of an answer; `ids` are those of the batch, in order.
pub(super) fn failures(answer: &[u8], ids: &[&str]) -> Verdict {
    if answer.is_empty() {
        return Verdict::AllDone;
    }
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return Verdict::AllFailed };
    let items = match &answer {
        Value::Null => return Verdict::AllDone,
        Value::String(text) if text.is_empty() => return Verdict::AllDone,
        Value::Array(entries) if entries.is_empty() => return Verdict::AllDone,
        Value::Object(members) => match members.get("batchItemFailures") {
            None | Some(Value::Null) => return Verdict::AllDone,
            Some(Value::Array(items)) => items,
            Some(_) => return Verdict::AllFailed,
        },
        _ => return Verdict::AllFailed,
    };
    let mut failed = BTreeSet::new();
    for item in items {
        let id = item.get("itemIdentifier").and_then(Value::as_str).filter(|id| !id.is_empty());
        match id.and_then(|id| ids.iter().position(|known| *known == id)) {
            Some(at) => drop(failed.insert(at)),
            None => return Verdict::AllFailed,
        }
    }
    if failed.is_empty() { Verdict::AllDone } else { Verdict::Failed(failed) }
}

/// The `state` of a tumbling window's answer, as JSON. An answer without one has failed.
pub(super) fn window_state(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer.get("state").filter(|state| !state.is_null()).map(Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answers: &[&str], expected: &Verdict) {
        for answer in answers {
            assert_eq!(&failures(answer.as_bytes(), &["a", "b", "c"]), expected, "{answer}");
        }
    }

    #[test]
    fn an_answer_without_failures_is_success() {
        let answers =
            ["", "null", "\"\"", "[]", "{}", r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#];
        check(&answers, &Verdict::AllDone);
    }

    #[test]
    fn an_answer_that_names_no_record_of_the_batch_fails_all_of_it() {
        let answers = [
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"foo":"a"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}"#,
            "{",
        ];
        check(&answers, &Verdict::AllFailed);
    }

    #[test]
    fn failures_are_known_by_their_place() {
        let answer = r#"{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"b"}]}"#;
        check(&[answer], &Verdict::Failed([1, 2].into()));
    }

    #[test]
    fn a_window_needs_a_state() {
        assert_eq!(window_state(br#"{"state":{"n":1}}"#).as_deref(), Some(r#"{"n":1}"#));
        assert_eq!(window_state(b"{}"), None);
    }
}
