//! Every constraint of the streaming services' models is crossed once, in every operation that is served.
//!
//! The models are the table: for each operation a whole request is made, then one with each bound, pattern and set of values
//! broken in turn. It must be refused in AWS's sentence, and the request must be valid without it. Left out: members whose
//! pattern no candidate below is of; they are counted, so that a new one shows.

use bytes::Bytes;

use super::*;
use crate::schema::Kind;
use crate::{firehose, kinesis, sns, sqs};

/// Texts that are tried where a pattern asks for something.
const CANDIDATES: [&str; 14] = [
    "a",
    "1",
    "arn:aws:kinesis:us-east-1:123456789012:stream/a",
    "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/a:1",
    "arn:aws:lambda:us-east-1:123456789012:function:a",
    "arn:aws:sqs:us-east-1:123456789012:a",
    "arn:aws:iam::123456789012:role/a",
    "arn:aws:s3:::bucket",
    "arn:aws:kms:us-east-1:123456789012:key/a",
    "arn:aws:firehose:us-east-1:123456789012:deliverystream/a",
    "https://example.com/a",
    "123456789012",
    "0.0",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// A value of the shape that breaks nothing: the least of it. None if no candidate is of its pattern.
fn valid(shape: &Shape) -> Option<Val> {
    Some(match &shape.kind {
        Kind::Structure(members) => {
            let mut found = Vec::new();
            for (at, member) in (0..).zip(*members) {
                if member.required {
                    found.push((at, valid(member.shape)?));
                }
            }
            Val::Struct(found)
        }
        Kind::List { member, min, .. } => {
            let count = usize::try_from(min.unwrap_or(0)).unwrap_or(0);
            Val::List((0..count).map(|_| valid(member)).collect::<Option<_>>()?)
        }
        Kind::Map { key, value, min, .. } => {
            let entry = |n: i64| Some((text_of(key, n)?, valid(value)?));
            Val::Map((0..min.unwrap_or(0)).map(entry).collect::<Option<_>>()?)
        }
        Kind::String { .. } => Val::Str(text_of(shape, 0)?),
        Kind::Blob { min, .. } => {
            Val::Blob(Bytes::from(vec![b'x'; usize::try_from(min.unwrap_or(0)).unwrap_or(0)]))
        }
        Kind::Boolean => Val::Bool(true),
        Kind::Integer { min, max } | Kind::Long { min, max } => {
            Val::Int(1.clamp(min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX)))
        }
        Kind::Double { min, .. } => Val::Float(min.unwrap_or(1) as f64),
        Kind::Timestamp { .. } => wavetank_types::Timestamp::TANK_EPOCH.to_val(),
        Kind::Document | Kind::Unbuilt => return None,
    })
}

/// The `n`th text that a string may be.
fn text_of(shape: &Shape, n: i64) -> Option<String> {
    let Kind::String { values, .. } = &shape.kind else { return None };
    if let Some(first) = values.first() {
        return Some((*first).to_owned());
    }
    let tried = CANDIDATES.iter().map(|text| if n == 0 { (*text).to_owned() } else { format!("{text}{n}") });
    tried.into_iter().find(|text| validate(shape, &Val::Str(text.clone())).is_ok())
}

/// What breaks a shape itself, and the end of the sentence that says so.
fn broken(shape: &Shape) -> Vec<(Val, String)> {
    let longer = |most: i64| format!("Member must have length less than or equal to {most}");
    let shorter = |least: i64| format!("Member must have length greater than or equal to {least}");
    let texts = |count: i64| "a".repeat(usize::try_from(count).unwrap_or(0));
    let mut out = Vec::new();
    match &shape.kind {
        Kind::String { min, max, pattern, values } => {
            out.extend(max.map(|most| (Val::Str(texts(most + 1)), longer(most))));
            let least = min.filter(|least| *least > 0);
            out.extend(least.map(|least| (Val::Str(texts(least - 1)), shorter(least))));
            if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches("\u{1}")) {
                let said = format!("Member must satisfy regular expression pattern: {}", pattern.stated);
                out.push((Val::Str("\u{1}".to_owned()), said));
            }
            if !values.is_empty() {
                let said = "Member must satisfy enum value set: [".to_owned();
                out.push((Val::Str("no such value".to_owned()), said));
            }
        }
        Kind::Blob { min, max, .. } => {
            let bytes = |count: i64| Val::Blob(Bytes::from(vec![0; usize::try_from(count).unwrap_or(0)]));
            out.extend(max.map(|most| (bytes(most + 1), longer(most))));
            out.extend(min.filter(|least| *least > 0).map(|least| (bytes(least - 1), shorter(least))));
        }
        Kind::Integer { min, max } | Kind::Long { min, max } => {
            let high = |most| format!("Member must have value less than or equal to {most}");
            let low = |least| format!("Member must have value greater than or equal to {least}");
            let over = max.and_then(|most: i64| Some((Val::Int(most.checked_add(1)?), high(most))));
            let under = min.and_then(|least: i64| Some((Val::Int(least.checked_sub(1)?), low(least))));
            out.extend(over.into_iter().chain(under));
        }
        Kind::List { member, min, max, .. } => {
            let entries =
                |count: i64| Some(Val::List((0..count).map(|_| valid(member)).collect::<Option<_>>()?));
            out.extend(max.and_then(|most| Some((entries(most + 1)?, longer(most)))));
            let least = min.filter(|least| *least > 0);
            out.extend(least.and_then(|least| Some((entries(least - 1)?, shorter(least)))));
        }
        Kind::Map { key, value, min, max, .. } => {
            let entry = |n: i64| Some((text_of(key, n)?, valid(value)?));
            let entries = |count: i64| Some(Val::Map((0..count).map(entry).collect::<Option<_>>()?));
            out.extend(max.and_then(|most| Some((entries(most + 1)?, longer(most)))));
            let least = min.filter(|least| *least > 0);
            out.extend(least.and_then(|least| Some((entries(least - 1)?, shorter(least)))));
        }
        _ => {}
    }
    out
}

/// What breaks a shape somewhere within it.
fn broken_within(shape: &Shape, depth: usize, left_out: &mut Vec<&'static str>) -> Vec<(Val, String)> {
    let mut out = broken(shape);
    let Kind::Structure(members) = &shape.kind else {
        if let Kind::List { member, .. } = &shape.kind
            && depth > 0
        {
            let one = |(val, said): (Val, String)| (Val::List(vec![val]), said);
            out.extend(broken_within(member, depth - 1, left_out).into_iter().map(one));
        }
        return out;
    };
    let Some(Val::Struct(whole)) = valid(shape) else {
        left_out.push(shape.name);
        return out;
    };
    for (at, member) in (0_u16..).zip(*members) {
        let with = |val: Option<Val>| {
            let mut all: Vec<(u16, Val)> = whole.iter().filter(|(index, _)| *index != at).cloned().collect();
            all.extend(val.map(|val| (at, val)));
            all.sort_by_key(|(index, _)| *index);
            Val::Struct(all)
        };
        if member.required {
            out.push((with(None), "Member must not be null".to_owned()));
        }
        if depth > 0 {
            let inner = broken_within(member.shape, depth - 1, left_out).into_iter();
            out.extend(inner.map(|(val, said)| (with(Some(val)), said)));
        }
    }
    out
}

/// Crosses all that an operation's model says. Answers how many crossings there were.
fn cross(service: &'static Service, operation: &str, left_out: &mut Vec<&'static str>) -> usize {
    let shape = service.operation(operation).expect("it is served").input;
    let before = left_out.len();
    let cases = broken_within(shape, 6, left_out);
    if left_out.get(before) == Some(&shape.name) {
        return 0;
    }
    let whole = valid(shape).expect("just made");
    assert_eq!(validate(shape, &whole).map_err(|why| why.to_string()), Ok(()), "{operation}");
    for (input, said) in &cases {
        let found = validate(shape, input).expect_err(&format!("{operation} lets pass what breaks {said}"));
        let found = found.to_string();
        assert!(found.contains(said.as_str()), "{operation}: {said}\n{found}");
        let code = validation_error(service, &validate(shape, input).expect_err("as before")).code;
        assert!(!code.is_empty() && code != "InternalFailure", "{operation}: {code}");
    }
    cases.len()
}

#[track_caller]
fn check(service: &'static Service, wanted: impl Fn(&str) -> bool, at_least: usize, without: &[&str]) {
    let mut left_out = Vec::new();
    let names = service.operations.iter().map(|operation| operation.name).filter(|name| wanted(name));
    let count: usize = names.map(|name| cross(service, name, &mut left_out)).sum();
    left_out.sort_unstable();
    left_out.dedup();
    assert_eq!(left_out, without, "no valid request can be made of these");
    assert!(count >= at_least, "{} crossings of {}", count, service.name);
}

#[test]
fn every_constraint_of_the_streaming_services_is_crossed() {
    let all = |_: &str| true;
    check(&kinesis::SERVICE, all, 400, &[]);
    check(&firehose::SERVICE, all, 800, &[]);
    check(&sqs::SERVICE, all, 40, &[]);
    check(&sns::SERVICE, all, 45, &[]);
    check(&lambda::SERVICE, |name| name.contains("EventSourceMapping"), 160, &[]);
}
