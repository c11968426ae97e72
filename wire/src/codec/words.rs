//! AWS's words for a value of the wrong type, in JSON and in CBOR.

use crate::schema::Kind;

/// A value as AWS's readers call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    True,
    False,
    Number,
    String,
    List,
    Map,
}

/// AWS's words for a value of the wrong type.
///
/// Recorded: from Athena, github.com/aoyagikouhei/athena-local `docs/dev/measurements/errors.md`, 2026-09-23. Kinesis
/// and API Gateway say `class java.lang.String can not be converted to an Integer` (kinesalite's tests; LocalStack's
/// `test_apigateway_api.snapshot.json`, 2025-06-18). Assumed: Athena's words for the rest, and those for types that
/// were not measured.
pub(super) fn wording(kind: &Kind, found: Token) -> String {
    let wanted = match kind {
        _ if found == Token::Map => return "Start of structure or map found where not expected.".to_owned(),
        _ if found == Token::List => return "Start of list found where not expected".to_owned(),
        Kind::List { .. } => return "Expected list or null".to_owned(),
        Kind::Map { .. } => return "Expected map or null".to_owned(),
        Kind::Structure(_) => return "Expected null".to_owned(),
        Kind::Timestamp { .. } => "milliseconds since epoch",
        Kind::Blob { .. } => "a Blob",
        Kind::Boolean => "a Boolean",
        Kind::Integer { .. } => "an Integer",
        Kind::Long { .. } => "a Long",
        Kind::Double { .. } => "a Double",
        Kind::String { .. } | Kind::Document | Kind::Unbuilt => "a String",
    };
    let token = match found {
        Token::True => "TRUE_VALUE",
        Token::False => "FALSE_VALUE",
        Token::Number => "NUMBER_VALUE",
        Token::String | Token::List | Token::Map => "STRING_VALUE",
    };
    format!("{token} can not be converted to {wanted}")
}

/// The same for a text that is not base64 (`dectected` is AWS's).
pub(super) fn base64_wording(text: &str) -> String {
    let valid = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let why = if !text.len().is_multiple_of(4) {
        format!("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.len())
    } else if let Some(c) = text.chars().find(|c| !valid(c)) {
        format!("Invalid Base64 character: '{c}'")
    } else {
        "Invalid last non-pad Base64 character dectected".to_owned()
    };
    format!("'{text}' can not be converted to a Blob: {why}")
}
