//! Policy documents: whether they have the form of one, and how they are returned.
//!
//! Checked: JSON, `Version`, `Statement`, `Effect`, and who or what a statement must and must not name. Not checked:
//! that actions, resources and condition operators exist.
//! Documented: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (read 2026-11-29).
//! Assumed: the sentences.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::IamError;

/// RFC 3986's unreserved characters stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Who a document speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Who may assume a role: statements name principals and no resources.
    Trust,
    /// What a role may do: statements name resources and no principals.
    Permission,
}

/// Refuses what is not a policy document of this use.
pub(super) fn check(text: &str, r#use: Use) -> Result<(), IamError> {
    let document: Value =
        serde_json::from_str(text).map_err(|_| IamError::Malformed("This policy contains invalid Json"))?;
    let Value::Object(document) = document else {
        return Err(IamError::Malformed("Syntax errors in policy."));
    };
    match document.get("Version").map(Value::as_str) {
        None | Some(Some("2012-10-17" | "2008-10-17")) => {}
        Some(_) => return Err(IamError::Malformed("The policy failed legacy parsing")),
    }
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err(IamError::Malformed("Syntax errors in policy.")),
    };
    for statement in statements {
        let Value::Object(statement) = statement else {
            return Err(IamError::Malformed("Syntax errors in policy."));
        };
        check_statement(statement, r#use)?;
    }
    Ok(())
}

fn check_statement(statement: &Map<String, Value>, r#use: Use) -> Result<(), IamError> {
    let has = |either: &str, or: &str| statement.contains_key(either) || statement.contains_key(or);
    if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
        return Err(IamError::Malformed("Syntax errors in policy."));
    }
    if !has("Action", "NotAction") {
        return Err(IamError::Malformed("Policy statement must contain actions."));
    }
    match r#use {
        Use::Trust if has("Resource", "NotResource") => {
            Err(IamError::Malformed("Has prohibited field Resource"))
        }
        Use::Trust if !has("Principal", "NotPrincipal") => {
            Err(IamError::Malformed("Missing required field Principal"))
        }
        Use::Permission if has("Principal", "NotPrincipal") => {
            Err(IamError::Malformed("Policy document should not specify a principal."))
        }
        Use::Permission if !has("Resource", "NotResource") => {
            Err(IamError::Malformed("Policy statement must contain resources."))
        }
        Use::Trust | Use::Permission => Ok(()),
    }
}

/// Characters that count against a quota: white space does not.
pub(super) fn counted_chars(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// The document as AWS returns it: URL-encoded by RFC 3986.
///
/// Documented: docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html (read 2026-11-29).
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
