//! Patterns against messages, as data: the documentation's own examples and the edges beside them.

use super::Pattern;

/// Which of the messages match.
fn check(pattern: &str, messages: &[&str], expected: &[usize]) {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let found: Vec<usize> = (0..messages.len()).filter(|at| parsed.matches(messages[*at])).collect();
    assert_eq!(found, expected, "{pattern}");
}

fn refuse(pattern: &str, expected: &str) {
    let error = Pattern::parse(pattern).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), expected, "{pattern}");
}

#[test]
fn terms_are_parts_that_are_there_or_not() {
    let messages = ["ERROR WARN message", "ERROR message", "WARN message", "say \"hi\" to user-7"];
    check("", &messages, &[0, 1, 2, 3]);
    check("ERROR", &messages, &[0, 1]);
    check("?ERROR ?WARN", &messages, &[0, 1, 2]);
    check("ERROR WARN", &messages, &[0]);
    check("ERROR -WARN", &messages, &[1]);
    check("-ERROR", &messages, &[2, 3]);
    check("message ?WARN", &messages, &[0, 1, 2]);
    check("\"user-7\"", &messages, &[3]);
    check("\"say \\\"hi\"", &messages, &[3]);
    check("%^ERROR m|hi%", &messages, &[1, 3]);
    check("-%W.RN%", &messages, &[1, 3]);
}

#[test]
fn selectors_reach_into_json() {
    let message = r#"{"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},
        {"id":3}],"actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6]],"none":null,"flag":true,"n":"12"}"#;
    let cases: [(&str, bool); 24] = [
        (r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, true),
        (r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#, false),
        (
            r#"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }"#,
            true,
        ),
        (
            r#"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }"#,
            false,
        ),
        ("{ $.users = 1 }", false),
        ("{ $.users != 1 }", false),
        ("{ $.missing != 1 }", false),
        ("{ $.none IS NULL }", true),
        ("{ $.flag IS NULL }", false),
        ("{ $.flag IS TRUE }", true),
        ("{ $.flag is false }", false),
        ("{ $.missing NOT EXISTS }", true),
        ("{ $.flag EXISTS }", true),
        ("{ $.user.id >= 1 }", true),
        ("{ $.user.id > 1.5e0 }", false),
        ("{ $.user.id<+2 }", true),
        ("{ $.n = 12 }", true),
        ("{ $.n > 5 }", false),
        ("{ $.user.email = John.* }", true),
        ("{ $.user.email = \"*@example.com\" }", true),
        ("{ $.user.email = J*com }", false),
        ("{ $.user.email = %^John\\.[A-Z]% }", true),
        ("{ $.user.email != *John* }", false),
        ("{ $.user.id = * }", true),
    ];
    for (pattern, expected) in cases {
        check(pattern, &[message], if expected { &[0] } else { &[] });
    }
    check("{ $.a = * }", &["plain text", "{broken", "[1]"], &[]);
}

#[test]
fn fields_are_told_apart_by_spaces_brackets_and_quotes() {
    let messages = [
        r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#,
        r#"127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /logo.gif HTTP/1.0" 500 534"#,
        "two words",
    ];
    check("[ip, user, username, timestamp, request, status_code, bytes > 1000]", &messages, &[0]);
    check("[..., status_code = 4*, bytes]", &messages, &[0]);
    check("[ip, user, ...]", &messages, &[0, 1, 2]);
    check("[ip, ..., status = 5* && status != 503, bytes]", &messages, &[1]);
    check("[..., request=*.html*, status_code=4*,]", &messages, &[0]);
    check("[first, second]", &messages, &[2]);
    check("[first = two || first = three, second != %[0-9]%]", &messages, &[2]);
    check("[(first = two), second]", &messages, &[2]);
    let pattern = Pattern::parse("[..., request=*.html*, status_code=4*,]").unwrap();
    let matched = pattern.read(messages[0]).unwrap();
    let shown: Vec<String> =
        matched.extracted().into_iter().map(|(name, text)| format!("{name} {text}")).collect();
    assert_eq!(
        shown,
        [
            "$1 127.0.0.1",
            "$2 -",
            "$3 frank",
            "$4 10/Oct/2000:13:25:15 -0700",
            "$7 1534",
            "$request GET /index.html HTTP/1.0",
            "$status_code 404",
        ]
    );
    assert_eq!(matched.value("$7").as_deref(), Some("1534"));
    assert_eq!(matched.value("$status_code").as_deref(), Some("404"));
    assert_eq!(matched.value("$none"), None);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    refuse("\"open", "an unclosed quote at character 0");
    refuse("user-7", "a character that must be in quotes at character 4");
    refuse("a, b", "a character that must be in quotes at character 1");
    refuse("{ $.a = }", "expected a value at character 8");
    refuse("{ $.a 1 }", "expected a comparison at character 6");
    refuse("{ a = 1 }", "expected a selector, which begins with `$.` at character 2");
    refuse("{ $.a = 1", "expected `}` at character 9");
    refuse("{ ($.a = 1 }", "expected `)` at character 11");
    refuse("{ $.a > x }", "expected a number at character 8");
    refuse("{ $.a IS ODD }", "expected NULL, TRUE or FALSE at character 9");
    refuse("{ $.a = 1 } x", "something after the closing brace at character 12");
    refuse("[a, b", "expected a comparison at character 5");
    refuse("[a, ..., b, ...]", "a second `...` at character 15");
    refuse("[a = 1 && b = 2]", "another field's name at character 10");
    refuse("%(a)%", "the character `(` is not supported in a regular expression at character 0");
    refuse("%a", "an unclosed regular expression at character 0");
    refuse("%[%", "a regular expression that cannot be read at character 0");
    refuse("{ $.a = %a% && $.b = %b% && $.c = %c% }", "more than 2 regular expressions at character 0");
}
