//! Expressions: what they give, and where they are refused.

use std::collections::BTreeMap;

use super::*;

/// Metrics `m1` (1, 2, none, 4), `m2` (10, 20, 30, 40) and `e` (nothing), by the minute.
fn scene() -> Scene {
    let line = |id: &str, values: &[Option<f64>]| {
        let points = (0..).zip(values).filter_map(|(at, value)| Some((at * 60, (*value)?)));
        let points: BTreeMap<i64, f64> = points.collect();
        (id.to_owned(), Value::Line(Line { id: id.to_owned(), label: id.to_owned(), period: 60, points }))
    };
    let known = [
        line("m1", &[Some(1.0), Some(2.0), None, Some(4.0)]),
        line("m2", &[Some(10.0), Some(20.0), Some(30.0), Some(40.0)]),
        line("e", &[]),
    ];
    let metrics = vec!["m1".to_owned(), "m2".to_owned(), "e".to_owned()];
    Scene { known: known.into(), metrics, start: 0, end: 240, period: 60 }
}

/// A series as `1 2 - 4`, several with `; ` between them, a number as `=3`.
fn shown(value: &Value) -> String {
    let line = |line: &Line| {
        let at =
            |n: i64| line.points.get(&(n * 60)).map_or_else(|| "-".to_owned(), |value| format!("{value}"));
        (0..4).map(at).collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::Line(one) => line(one),
        Value::Lines(lines) => lines.iter().map(line).collect::<Vec<_>>().join("; "),
        Value::Number(number) => format!("={number}"),
        Value::Text(text) | Value::Word(text) => text.clone(),
    }
}

#[test]
fn expressions_give_what_the_documentation_says() {
    let check = |text: &str, expected: &str| {
        let found = parse(text).and_then(|expr| evaluate(&scene(), &expr));
        assert_eq!(found.as_ref().map(shown), Ok(expected.to_owned()), "{text}");
    };
    check("m1 + m2", "11 22 30 44");
    check("m2 / m1 * 2", "20 20 - 20");
    check("-m1 ^ 2", "-1 -4 - -16");
    check("2 ^ 3 ^ 2", "=512");
    check("1 + 2 * 3 % 2", "=1");
    check("m1 / 0", "- - - -");
    check("m1 >= 2 AND m2 < 40", "0 1 0 0");
    check("m1 > 1 || m2 == 10", "1 1 0 1");
    check("m1 < m2", "1 1 1 1");
    check("m1 == e", "0 0 - 0");
    check("!(m1 == 1)", "0 1 - 1");
    check("[m1, m2] * 10", "10 20 - 40; 100 200 300 400");
    check("METRICS() - m1", "0 0 - 0; 9 18 30 36; -1 -2 - -4");
    check("METRICS(\"2\")", "10 20 30 40");
    check("SUM(METRICS())", "11 22 30 44");
    check("AVG([m1, m2])", "5.5 11 15 22");
    check("AVG(METRICS()) * 3", "11 22 30 44");
    check("AVG(m1)", "=1.75");
    check("SUM(m1) / DATAPOINT_COUNT(m1) > 2", "=1");
    check("MIN(METRICS())", "1 2 30 4");
    check("SUM(m1)", "=7");
    check("AVG(m2)", "=25");
    check("m2 - MIN(m2)", "0 10 20 30");
    check("STDDEV(m2) > 11.18 AND STDDEV(m2) < 11.19", "=1");
    check("METRIC_COUNT(METRICS())", "=3");
    check("DATAPOINT_COUNT(METRICS())", "2 2 1 2");
    check("PERIOD(m1)", "=60");
    check("RATE(m2)", "- 0.16666666666666666 0.16666666666666666 0.16666666666666666");
    check("DIFF(m1)", "- 1 - 2");
    check("DIFF_TIME(m1)", "- 60 - 120");
    check("RUNNING_SUM(m1)", "1 3 - 7");
    check("FILL(m1, 0)", "1 2 0 4");
    check("FILL(m1, REPEAT)", "1 2 2 4");
    check("FILL(m1, LINEAR)", "1 2 3 4");
    check("FILL(m1, m2)", "1 2 30 4");
    check("FILL(e, 7)", "7 7 7 7");
    check("FILL(METRICS(), 0)", "1 2 0 4; 10 20 30 40; 0 0 0 0");
    check("IF(m2 > 20, m2, 0)", "0 0 30 40");
    check("IF(m2 > 20, m2)", "- - 30 40");
    check("IF(m2 > 20, m1, 5)", "5 5 0 4");
    check("IF(m2 < 20, m2, m1)", "10 2 0 4");
    check("IF(m2 < 20, 5, m1)", "5 2 - 4");
    check("IF(SUM(m1) > 5, m1, m2)", "1 2 - 4");
    check("TIME_SERIES(3)", "3 3 3 3");
    check("FIRST(METRICS())", "1 2 - 4");
    check("LAST([m1, m2])", "10 20 30 40");
    check("SORT(METRICS(), MAX, DESC)", "10 20 30 40; 1 2 - 4; - - - -");
    check("SORT(METRICS(), SUM, ASC, 1)", "1 2 - 4");
    check("SLICE(METRICS(), 1, 2)", "10 20 30 40");
    check("SLICE(METRICS(), 1)", "10 20 30 40; - - - -");
    check("SLICE(METRICS(), 7)", "");
    check("REMOVE_EMPTY(METRICS())", "1 2 - 4; 10 20 30 40");
    check("CEIL(m2 / 15) + FLOOR(m2 / 15) + ABS(0 - 1)", "2 4 5 6");
    check("FLOOR(LOG10(m2 * 10) * 1000)", "2000 2301 2477 2602");
    check("MINUTE(m1)", "0 1 2 3");
    check("YEAR(e) - 1969", "1 1 1 1");
    check("IF(MINUTE(m1) > 1, m1)", "- - 0 4");
    check("EPOCH(m1)", "0 60 120 180");
}

#[test]
fn refusals_say_what_and_where() {
    let check = |text: &str, expected: &str| {
        let found = parse(text).and_then(|expr| evaluate(&scene(), &expr));
        assert_eq!(
            found.map(|value| shown(&value)).map_err(|why| why.to_string()),
            Err(expected.to_owned()),
            "{text}"
        );
    };
    check("m1 +", "Unexpected end at position 5");
    check("m1 + * m2", "Unexpected '*' at position 6");
    check("(m1", "Unexpected end at position 4");
    check("m1 m2", "Unexpected 'm2' at position 4");
    check("m1 # m2", "Unexpected character '#' at position 4");
    check("1.2.3", "'1.2.3' is not a number at position 1");
    check("METRICS(\"m)", "A text that does not end at position 9");
    check("m9 + 1", "Undefined identifier 'm9'");
    check("MEDIAN(m1)", "Unsupported function 'MEDIAN'");
    check("SUM(\"m1\")", "The function SUM does not take an argument of the type String");
    check("METRIC_COUNT(m1)", "The function METRIC_COUNT does not take an argument of the type Time Series");
    check("YEAR(m1, 3)", "The function YEAR does not take these arguments");
    check("RATE(m1, 3)", "The function RATE does not take these arguments");
    check("FILL(m1, \"x\")", "The function FILL does not take an argument of the type String");
    check("[m1] + [m1, m2]", "The arrays on both sides of '+' must have the same length");
    check("m1 + \"a\"", "Unsupported operand type(s) for '+': Time Series and String");
    check("SEARCH('{AWS/SQS}', 'Sum', 300)", "SEARCH in metric math");
    check("ANOMALY_DETECTION_BAND(m1, 2)", "ANOMALY_DETECTION_BAND in metric math");
    check("SELECT AVG(x) FROM y", "Metrics Insights queries (SELECT ...)");
    let deep = format!("{}m1{}", "(".repeat(500), ")".repeat(500));
    assert!(parse(&deep).is_err_and(|why| why.to_string().starts_with("Nested too deeply")));
}
