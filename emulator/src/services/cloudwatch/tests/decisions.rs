//! M of N points, with points that are missing: the rows of AWS's tables, and the sentences.

use wavetank_types::Timestamp;

use crate::services::cloudwatch::evaluate::State;
use crate::services::cloudwatch::evaluate::{Comparison, Finding, Missing, Policy, decide};
use crate::services::cloudwatch::rule::Rule;

/// `0 - X - X`, the oldest first: 0 is within the threshold, X is not, `-` is missing.
fn points(text: &str) -> Vec<(Timestamp, Option<f64>)> {
    let value = |word: &str| match word {
        "X" => Some(9.0),
        "0" => Some(1.0),
        _ => None,
    };
    let values: Vec<_> = text.split(' ').rev().map(value).collect();
    let start = 1_698_338_520; // 2023-10-26T16:42:00Z
    (0..).zip(values).map(|(at, value)| (Timestamp::from_secs(start - at * 60), value)).collect()
}

fn policy(datapoints: Option<usize>, periods: usize, missing: Missing) -> Policy {
    Policy { comparison: Comparison::Greater, threshold: 2.0, periods, datapoints, missing }
}

#[test]
fn missing_points_are_taken_for_what_the_alarm_says() {
    // Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html (read 2026-11-29 row by row; the
    // second row has its point at the other end there; `2 of 3: - - - - X` and the rows of 1 of 1 follow from its text).
    let check = |(needed, periods): (usize, usize), text: &str, expected: [&str; 4]| {
        let all = [Missing::Unknown, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
        let found = all.map(|missing| match decide(&policy(Some(needed), periods, missing), &points(text)) {
            Finding::Keep => "keep",
            Finding::Is(state, _) => state.as_str(),
        });
        assert_eq!(found, expected, "{needed} of {periods}: {text}");
    };
    let insufficient = "INSUFFICIENT_DATA";
    check((3, 3), "0 - X - X", ["OK"; 4]);
    check((3, 3), "- - - - 0", ["OK", "OK", "OK", "OK"]);
    check((3, 3), "- - - - -", [insufficient, "keep", "ALARM", "OK"]);
    check((3, 3), "0 X X - X", ["ALARM"; 4]);
    check((3, 3), "- - X - -", ["ALARM", "keep", "ALARM", "OK"]);
    check((2, 3), "0 - X - X", ["ALARM"; 4]);
    check((2, 3), "0 0 X 0 X", ["ALARM"; 4]);
    check((2, 3), "0 - X - -", ["OK", "OK", "ALARM", "OK"]);
    check((2, 3), "- - - - 0", ["OK", "OK", "ALARM", "OK"]);
    check((2, 3), "- - - X -", ["ALARM", "keep", "ALARM", "OK"]);
    check((2, 3), "- - - - X", ["keep", "keep", "ALARM", "OK"]);
    check((1, 1), "- - X", ["ALARM"; 4]);
    check((1, 1), "X - 0", ["OK"; 4]);
    check((1, 1), "X - -", ["ALARM"; 4]);
}

#[test]
fn reasons_name_the_points_and_the_threshold() {
    let check = |datapoints, periods, missing, text: &str, expected: &str| match decide(
        &policy(datapoints, periods, missing),
        &points(text),
    ) {
        Finding::Is(_, reason) => assert_eq!(reason, expected, "{text}"),
        Finding::Keep => panic!("{text} changes nothing"),
    };
    let at = "26/10/23 16:42:00";
    check(
        None,
        1,
        Missing::Unknown,
        "X",
        &format!("Threshold Crossed: 1 datapoint [9.0 ({at})] was greater than the threshold (2.0)."),
    );
    check(
        None,
        1,
        Missing::Unknown,
        "0",
        &format!("Threshold Crossed: 1 datapoint [1.0 ({at})] was not greater than the threshold (2.0)."),
    );
    check(None, 1, Missing::Unknown, "-", "Insufficient Data: 1 datapoint was unknown.");
    check(None, 2, Missing::Unknown, "- -", "Insufficient Data: 2 datapoints were unknown.");
    check(
        None,
        2,
        Missing::Breaching,
        "- -",
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
    );
    check(
        None,
        1,
        Missing::NotBreaching,
        "-",
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
    );
    check(
        Some(1),
        1,
        Missing::Unknown,
        "X",
        &format!(
            "Threshold Crossed: 1 out of the last 1 datapoints [9.0 ({at})] was greater than the threshold (2.0) (minimum 1 datapoint for OK -> ALARM transition)."
        ),
    );
    check(
        None,
        2,
        Missing::Unknown,
        "X X",
        &format!(
            "Threshold Crossed: 2 datapoints [9.0 ({at}), 9.0 (26/10/23 16:41:00)] were greater than the threshold (2.0)."
        ),
    );
}

#[test]
fn composite_rules_hold_as_their_words_say() {
    let state = |name: &str| match name {
        "red" => Some(State::Alarm),
        "green" => Some(State::Ok),
        "grey one" => Some(State::InsufficientData),
        _ => None,
    };
    let check = |text: &str, expected: bool| {
        let rule = Rule::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(rule.holds(&state), expected, "{text}");
    };
    check("TRUE", true);
    check("NOT TRUE OR FALSE", false);
    check("ALARM(red)", true);
    check("ALARM(\"red\") AND OK('green')", true);
    check("ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:red)", true);
    check("OK(red) OR ALARM(green) AND TRUE", false);
    check("NOT (OK(red) OR NOT INSUFFICIENT_DATA(\"grey one\"))", true);
    check("ALARM(missing)", false);
    let refused =
        |text: &str, expected: &str| assert_eq!(Rule::parse(text), Err(expected.to_owned()), "{text}");
    refused("", "AlarmRule ends unexpectedly at character 1.");
    refused("ALARM(red", "AlarmRule ends unexpectedly at character 10.");
    refused("ALARM(red) ALARM(green)", "AlarmRule has an unexpected 'A' at character 12.");
    refused("BROKEN(red)", "AlarmRule has an unexpected 'B' at character 1.");
    refused("ALARM()", "AlarmRule has an unexpected ')' at character 7.");
}
