//! Patterns against events, one comparison after the other, and what is not a pattern.

use serde_json::{Value, json};

use super::Pattern;

/// The events that match stand in the first list, the others in the second.
fn check(pattern: &Value, matching: &[Value], others: &[Value]) {
    let parsed = Pattern::parse(&pattern.to_string()).expect("it is a pattern");
    for event in matching {
        assert!(parsed.matches(event), "{pattern} should match {event}");
    }
    for event in others {
        assert!(!parsed.matches(event), "{pattern} should not match {event}");
    }
}

#[test]
fn exact_values_match_by_value_and_by_kind() {
    check(
        &json!({"a": ["x", 300, true, null, ""]}),
        &[json!({"a": "x"}), json!({"a": 300.0}), json!({"a": true}), json!({"a": null}), json!({"a": ""})],
        &[json!({"a": "X"}), json!({"a": "300"}), json!({"a": false}), json!({}), json!({"a": {"x": 1}})],
    );
}

#[test]
fn an_array_matches_if_one_of_its_values_does() {
    check(
        &json!({"a": ["x"]}),
        &[json!({"a": ["y", "x"]}), json!({"a": [["x"]]})],
        &[json!({"a": []}), json!({"a": ["y"]})],
    );
    check(
        &json!({"rows": {"id": [1], "ok": [true]}}),
        &[json!({"rows": [{"id": 2}, {"id": 1, "ok": true}]})],
        &[json!({"rows": [{"id": 1, "ok": false}, {"id": 2, "ok": true}]})],
    );
}

#[test]
fn every_field_must_match_and_fields_nest() {
    check(
        &json!({"a": {"b": ["x"]}, "c": [1]}),
        &[json!({"a": {"b": "x", "z": 1}, "c": 1})],
        &[json!({"a": {"b": "x"}}), json!({"a": "x", "c": 1}), json!({"c": 1})],
    );
}

#[test]
fn texts_are_compared_by_prefix_suffix_case_and_wildcard() {
    let (yes, no) = (|text: &str| json!({"a": text}), |text: &str| json!({"a": text}));
    check(&json!({"a": [{"prefix": "ab"}]}), &[yes("ab"), yes("abc")], &[no("xab"), json!({"a": 1})]);
    check(&json!({"a": [{"prefix": {"equals-ignore-case": "AB"}}]}), &[yes("abc")], &[no("xab")]);
    check(&json!({"a": [{"suffix": ".png"}]}), &[yes("x.png")], &[no("png")]);
    check(&json!({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}), &[yes("x.png")], &[no("x.jpg")]);
    check(&json!({"a": [{"equals-ignore-case": "Alice"}]}), &[yes("aLICE")], &[no("alicia")]);
    check(&json!({"a": [{"wildcard": "dir/*.p*g"}]}), &[yes("dir/x.png"), yes("dir/.pg")], &[no("dir/x.pn")]);
    check(&json!({"a": [{"wildcard": "a*a"}]}), &[yes("aa"), yes("aba")], &[no("a")]);
    check(&json!({"a": [{"wildcard": "1\\*2"}]}), &[yes("1*2")], &[no("1x2")]);
}

#[test]
fn anything_but_refuses_values_and_needs_the_field() {
    check(
        &json!({"a": [{"anything-but": "x"}]}),
        &[json!({"a": "y"}), json!({"a": 1})],
        &[json!({"a": "x"}), json!({})],
    );
    check(&json!({"a": [{"anything-but": [1, 2]}]}), &[json!({"a": 3})], &[json!({"a": 2.0})]);
    check(&json!({"a": [{"anything-but": {"prefix": "x"}}]}), &[json!({"a": "y"})], &[json!({"a": "xy"})]);
    check(
        &json!({"a": [{"anything-but": {"suffix": ["x", "y"]}}]}),
        &[json!({"a": "z"})],
        &[json!({"a": "ay"})],
    );
    check(
        &json!({"a": [{"anything-but": {"wildcard": "*x*"}}]}),
        &[json!({"a": "z"})],
        &[json!({"a": "axb"})],
    );
    check(
        &json!({"a": [{"anything-but": {"equals-ignore-case": ["X"]}}]}),
        &[json!({"a": "z"})],
        &[json!({"a": "x"})],
    );
}

#[test]
fn numbers_are_compared_with_one_bound_or_two() {
    check(
        &json!({"a": [{"numeric": [">", 0, "<=", 5]}]}),
        &[json!({"a": 5}), json!({"a": 0.1})],
        &[json!({"a": 0}), json!({"a": "3"})],
    );
    check(&json!({"a": [{"numeric": ["=", 3.018e2]}]}), &[json!({"a": 301.8})], &[json!({"a": 301})]);
    check(
        &json!({"a": [{"numeric": ["<", -1]}, "x"]}),
        &[json!({"a": -2}), json!({"a": "x"})],
        &[json!({"a": -1})],
    );
}

#[test]
fn existence_is_of_leaves() {
    check(
        &json!({"a": [{"exists": true}]}),
        &[json!({"a": null}), json!({"a": [1]})],
        &[json!({}), json!({"a": {"b": 1}}), json!({"a": []})],
    );
    check(
        &json!({"a": {"b": [{"exists": false}]}}),
        &[json!({}), json!({"a": {}}), json!({"a": "x"})],
        &[json!({"a": {"b": 0}})],
    );
}

#[test]
fn addresses_are_compared_by_network() {
    check(
        &json!({"ip": [{"cidr": "10.0.0.0/24"}]}),
        &[json!({"ip": "10.0.0.255"})],
        &[json!({"ip": "10.0.1.0"}), json!({"ip": "::1"}), json!({"ip": "x"})],
    );
    check(&json!({"ip": [{"cidr": "0.0.0.0/0"}]}), &[json!({"ip": "9.9.9.9"})], &[]);
    check(
        &json!({"ip": [{"cidr": "2001:db8::/32"}]}),
        &[json!({"ip": "2001:db8::7"})],
        &[json!({"ip": "2001:db9::"})],
    );
}

#[test]
fn one_of_the_alternatives_must_match_besides_the_other_fields() {
    check(
        &json!({"kind": ["k"], "$or": [{"a": [1]}, {"b": [{"prefix": "x"}], "c": [2]}]}),
        &[json!({"kind": "k", "a": 1}), json!({"kind": "k", "b": "xy", "c": 2})],
        &[json!({"kind": "k", "b": "xy"}), json!({"a": 1}), json!({"kind": "k"})],
    );
}

#[test]
fn what_is_not_a_pattern_is_refused_where_it_stands() {
    let check = |text: &str, said: &str, place: Option<(usize, usize)>| {
        let place = place.map(|(line, column)| {
            format!("\n at [Source: (String)\"{text}\"; line: {line}, column: {column}]")
        });
        let expected = format!("{said}{}", place.unwrap_or_default());
        assert_eq!(Pattern::parse(text).expect_err(text).told(text), expected);
    };
    check("[]", "Filter is not an object", Some((1, 2)));
    check("{}", "Empty objects are not allowed", Some((1, 3)));
    check(r#"{"a": []}"#, "Empty arrays are not allowed", Some((1, 9)));
    check("{\n  \"slug\": \"x\"\n}", "\"slug\" must be an object or an array", Some((2, 12)));
    check(r#"{"a":[{"like":"x"}]}"#, "Unrecognized match type like", Some((1, 16)));
    check(r#"{"a":[{"prefix":1}]}"#, "prefix match pattern must be a string", Some((1, 18)));
    check(r#"{"a":[{"numeric":[">"]}]}"#, "Value of > must be numeric", Some((1, 23)));
    check(r#"{"a":[{"numeric":[">","0"]}]}"#, "Value of > must be numeric", Some((1, 24)));
    check(r#"{"a":[{"numeric":["!",1]}]}"#, "Unrecognized numeric range operator: !", Some((1, 24)));
    check(r#"{"a":[{"numeric":["<",1,">",0]}]}"#, "Too many elements in numeric expression", Some((1, 26)));
    check(r#"{"a":[{"numeric":[">",0,"=",1]}]}"#, "Bad numeric range operator: =", Some((1, 26)));
    check(r#"{"a":[{"exists":"yes"}]}"#, "exists match pattern must be either true or false.", Some((1, 18)));
    check(r#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, "IPv4 mask bits must be < 32", None);
    check(r#"{"a":[{"wildcard":"a**b"}]}"#, "Consecutive wildcard characters at pos 2", None);
    check(
        r#"{"a":[{"anything-but":true}]}"#,
        "Value of anything-but must be an array or single string/number value.",
        Some((1, 27)),
    );
    check(r#"{"a":[["x"]]}"#, "Match value must be String, number, true, false, or null", Some((1, 8)));
    check(
        r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
        "Only one key allowed in match expression",
        Some((1, 31)),
    );
    check(r#"{"$or":[{"a":[1]}]}"#, "There must have at least 2 Objects in $or relationship.", Some((1, 19)));
}

#[test]
fn what_is_not_json_is_refused_where_it_breaks() {
    let check = |text: &str, said: &str, column: usize| {
        let expected = format!("{said}\n at [Source: (String)\"{text}\"; line: 1, column: {column}]");
        assert_eq!(Pattern::parse(text).expect_err(text).told(text), expected);
    };
    let values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    check("not json", &format!("Unrecognized token 'not': was expecting {values}"), 4);
    check(
        r#"{"a" 1}"#,
        "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
        7,
    );
    check(
        "{a: 1}",
        "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
        3,
    );
    check(
        r#"{"a": ["b" "c"]}"#,
        "Unexpected character ('\"' (code 34)): was expecting comma to separate Array entries",
        13,
    );
    check(
        "{\"a\": [?]}",
        &format!("Unexpected character ('?' (code 63)): expected a valid value {values}"),
        9,
    );
    let marker = " at [Source: (String)\"{\"; line: 1, column: 1]";
    check(
        "{",
        &format!("Unexpected end-of-input: expected close marker for Object (start marker{marker})"),
        2,
    );
}
