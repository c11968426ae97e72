//! Names and values of a request, and the words that need a name.

use super::*;

#[test]
fn placeholders_are_proper_defined_and_used() {
    let long = "x".repeat(65_536);
    let refused = |with_names: Option<&[(&str, &str)]>, with_values: Option<&[(&str, V)]>| {
        let names = with_names.map(|entries| names(entries).unwrap_or_default());
        let values = with_values.map(|entries| values(entries).unwrap_or_default());
        let mut placeholders = match Placeholders::read(names, values) {
            Ok(placeholders) => placeholders,
            Err(error) => return error.to_string(),
        };
        condition(Kind::Filter, "a = b", &mut placeholders).expect_err("left over")
    };
    for (names, values, expected) in [
        (Some(&[][..]), None, "ExpressionAttributeNames must not be empty"),
        (None, Some(&[][..]), "ExpressionAttributeValues must not be empty"),
        (
            Some(&[("a", "a")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"",
        ),
        (
            Some(&[("#", "a")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"",
        ),
        (
            Some(&[("#va#l", "a")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#va#l\"",
        ),
        (Some(&[("#x", "")]), None, "1 validation error detected: Empty attribute name"),
        (
            Some(&[("#x", long.as_str())]),
            None,
            "1 validation error detected: Attribute name is too large, must be less than 65536 bytes",
        ),
        (
            Some(&[("#x", "x"), ("#y", "y")]),
            None,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x, #y}",
        ),
    ] {
        assert_eq!(refused(names, values), expected);
    }
    for (key, expected) in [
        ("b", "ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\""),
        (":x", "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"),
    ] {
        assert_eq!(refused(None, Some(&[(key, V::Null)])), expected);
    }
    let empty = BTreeMap::from([(":b".to_owned(), Val::Struct(Vec::new()))]);
    assert_eq!(
        Placeholders::read(None, Some(empty)).expect_err("no type").to_string(),
        "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b"
    );
}

#[test]
fn all_573_words_are_reserved() {
    for word in ["ABORT", "zone", "Size", "flattern", "ttl", "year", "STATUS"] {
        assert!(reserved::is_reserved(word), "{word}");
    }
    for word in ["a", "title", "zones", "ABOR", "pk"] {
        assert!(!reserved::is_reserved(word), "{word}");
    }
}
