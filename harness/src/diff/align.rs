//! The calls of two runs of a scenario, brought side by side: nth call of an operation with nth call of it.
//!
//! How often a run asks whether something is done depends on the server's speed, so repeated questions count once, with their
//! last answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer;
use super::compare::prepare;
use super::conversation::Step;
use super::names::Names;
use super::noise::without_tokens;
use super::recorder::Call;
use super::talk::Outcome;

/// Service and operation.
pub(super) type Asked = (String, String);

/// The answers of a run, by operation.
pub(super) fn sequences(calls: &[Call], names: &Names) -> BTreeMap<Asked, Vec<Outcome>> {
    let mut found: BTreeMap<Asked, Vec<(Value, Outcome)>> = BTreeMap::new();
    for call in calls {
        let input = without_tokens("", &names.normalise(&call.input));
        let outcome = match answer::lack(&call.answer) {
            Some(why) => Outcome::Lacking(why),
            None => Outcome::Answered(prepare(&Step::default(), &names.normalise(&call.answer))),
        };
        let sequence = found.entry((call.service.clone(), call.operation.clone())).or_default();
        match sequence.last_mut() {
            Some((before, last)) if *before == input && is_question(&call.operation) => *last = outcome,
            _ => sequence.push((input, outcome)),
        }
    }
    let outcomes =
        |sequence: Vec<(Value, Outcome)>| sequence.into_iter().map(|(_, outcome)| outcome).collect();
    found.into_iter().map(|(asked, sequence)| (asked, outcomes(sequence))).collect()
}

fn is_question(operation: &str) -> bool {
    ["Describe", "Get", "List", "Head", "Receive", "Filter"].iter().any(|start| operation.starts_with(start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn repeated_questions_count_once_and_repeated_deeds_each() {
        let call = |operation: &str, input: Value, answer: Value| Call {
            service: "kinesis".to_owned(),
            operation: operation.to_owned(),
            input,
            answer: json!({"status": 200, "body": answer}),
        };
        let calls = [
            call("DescribeStream", json!({"StreamName": "s"}), json!({"Status": "CREATING"})),
            call("PutRecord", json!({"Data": "eA=="}), json!({})),
            call("DescribeStream", json!({"StreamName": "s"}), json!({"Status": "ACTIVE"})),
            call("PutRecord", json!({"Data": "eA=="}), json!({})),
            call("DescribeStream", json!({"StreamName": "t"}), json!({"Status": "ACTIVE"})),
        ];
        let found = sequences(&calls, &Names::recorded());
        let of = |operation: &str| &found[&("kinesis".to_owned(), operation.to_owned())];
        assert_eq!((of("DescribeStream").len(), of("PutRecord").len()), (2, 2));
        let last = Outcome::Answered(json!({"status": 200, "body": {"Status": "ACTIVE"}}));
        assert_eq!(of("DescribeStream")[0], last);
    }
}
