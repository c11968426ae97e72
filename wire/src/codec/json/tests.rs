//! Our reader against `serde_json`'s: the same bytes are JSON to both, and say the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::lex::{Lexer, Number};
use super::read;
use crate::codec::{Refusal, Side};
use crate::kinesis;
use crate::val::{FromVal as _, Val};

fn put_records(body: &str) -> Result<kinesis::PutRecordsInput, Refusal> {
    let shape = kinesis::SERVICE.operation("PutRecords").expect("a served operation").input;
    read(shape, body.as_bytes(), Side::Server).map(kinesis::PutRecordsInput::from_val)
}

#[test]
fn blobs_are_decoded_in_their_places_whatever_stands_between_them() {
    let check = |body: &str, expected: Result<&[&str], &str>| {
        let told = match put_records(body) {
            Ok(input) => Ok(input.records.into_iter().map(|entry| entry.data).collect::<Vec<Bytes>>()),
            Err(Refusal::Mistyped(words)) => Err(words),
            Err(other) => Err(format!("{other:?}")),
        };
        let blobs =
            |texts: &[&str]| texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect();
        assert_eq!(told, expected.map(blobs).map_err(str::to_owned), "{body}");
    };
    check(
        r#"{"Records":[{"Data":"YQ=="},{"Data":""},{"PartitionKey":"k","Data":"YmM="}]}"#,
        Ok(&["a", "", "bc"]),
    );
    check(r#"{"Records":[{"Data":"YQ==","Data":"Yg=="}]}"#, Ok(&["b"]));
    check(r#"{"Records":[{"Data":"Pz8\/"}]}"#, Ok(&["???"]));
    let words = "'YQ=' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3";
    check(r#"{"Records":[{"Data":"YQ="}]}"#, Err(words));
    check(r#"{"Records":[{"Data":"YQ="},{"Data":7}]}"#, Err(words));
    check(r#"{"Records":[{"Data":"YQ="}]"#, Err(words));
    check(r#"{"Records":[{"Data":7},{"Data":"YQ="}]}"#, Err("NUMBER_VALUE can not be converted to a Blob"));
    let words = "'YR==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected";
    check(r#"{"Records":[{"Data":"YR=="}]}"#, Err(words));
    let words = "'Y!==' can not be converted to a Blob: Invalid Base64 character: '!'";
    check(r#"{"Records":[{"Data":"Y!=="}]}"#, Err(words));
    check("{\"Records\":[{\"Data\":\"Y\n==\"}]}", Err("Malformed"));
}

#[test]
fn all_blobs_of_a_message_share_one_allocation_without_slack() {
    let input = put_records(r#"{"Records":[{"Data":"YWJj"},{"Data":"ZGVm"}]}"#).expect("a request");
    let [first, second] = <[_; 2]>::try_from(input.records).expect("two entries");
    assert_eq!(first.data.as_ptr().wrapping_add(3), second.data.as_ptr());
}

#[test]
fn a_structure_within_structures_without_end_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let shape = crate::glue::SERVICE.operation("GetTable").expect("a served operation").input;
    assert_eq!(read(shape, nested(200).as_bytes(), Side::Server), Err(mistyped()));
}

fn mistyped() -> Refusal {
    Refusal::Mistyped("Start of list found where not expected".to_owned())
}

fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"a\"",
        "\"\\u0041\\n\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\x\"",
        "null",
        "true",
        "false",
        "nul",
        " ",
        "\n",
        "\u{1}",
        "0",
        "-0",
        "01",
        "-",
        "1.5",
        "1.",
        ".5",
        "1e3",
        "1E+3",
        "1e999",
        "-12",
        "9223372036854775808",
        "18446744073709551616",
        "\u{e9}",
        "\\",
    ];
    vec(select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

/// JSON texts that are right, with white space.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<f32>()
            .prop_filter("JSON has no word for it", |value| value.is_finite())
            .prop_map(|v| format!("{v:e}")),
        "\\PC{0,6}".prop_map(|text| serde_json::to_string(&text).expect("a text")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|entries| format!("[ {} ]", entries.join(" , "))),
            vec(("[a-c]{1,2}", inner), 0..4).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.iter().map(|(key, val)| format!("\"{key}\" :{val}")).collect();
                format!("{{{}\n}}", entries.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_passed_over_is_json_exactly_if_serde_takes_it(text in prop_oneof![pieces(), documents()]) {
        let mut lexer = Lexer::new(text.as_bytes());
        let ours = lexer.skip().is_some() && lexer.peek().is_none();
        // Of what is passed over, a lone surrogate and a number out of range do not matter to `serde_json`.
        let strict = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let lenient = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert!(ours == strict || ours == lenient, "{text}: ours {ours}, strict {strict}, lenient {lenient}");
    }

    #[test]
    fn numbers_are_read_as_serde_reads_them(text in "-?[0-9]{1,20}(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?") {
        let mut lexer = Lexer::new(text.as_bytes());
        let ours = lexer.number().filter(|_| lexer.peek().is_none());
        let theirs = serde_json::from_str::<serde_json::Number>(&text).ok();
        match (ours, theirs) {
            (Some(Number::Int(ours)), Some(theirs)) => prop_assert_eq!(Some(ours), theirs.as_i64()),
            (Some(Number::Float(ours)), Some(theirs)) => {
                let theirs = theirs.as_f64().expect("a number");
                prop_assert!((ours - theirs).abs() <= theirs.abs() * 1e-15, "{} {}", ours, theirs);
            }
            (ours, theirs) => prop_assert_eq!(ours.is_some(), theirs.is_some()),
        }
    }

    #[test]
    fn strings_are_read_as_serde_reads_them(text in "[\\PC\"\\\\\n\u{1}]{0,12}") {
        let json = serde_json::to_string(&text).expect("a text");
        let mut lexer = Lexer::new(&json.as_bytes()[1..]);
        let read = lexer.string().and_then(super::lex::text);
        prop_assert_eq!(read, Some(text));
    }

    #[test]
    fn base64_is_what_the_other_crate_says_it_is(text in "[A-D+/=]{0,9}") {
        let body = format!("{{\"Records\":[{{\"Data\":\"{text}\"}}]}}");
        let ours = put_records(&body).ok().map(|input| input.records[0].data.clone());
        prop_assert_eq!(ours, STANDARD.decode(&text).ok().map(Bytes::from));
    }

    #[test]
    fn documents_keep_their_meaning(text in documents()) {
        static DOCUMENT: crate::schema::Shape =
            crate::schema::Shape { name: "Document", sensitive: false, kind: crate::schema::Kind::Document };
        let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let expected = if expected.is_null() { Val::Null } else { Val::Doc(expected) };
        prop_assert_eq!(read(&DOCUMENT, text.as_bytes(), Side::Server), Ok(expected));
    }
}
