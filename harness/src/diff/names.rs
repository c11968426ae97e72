//! What a server calls itself and its caller, taken out of its answers: account, address, and instants down to their form.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};
use wavetank_wire::{WireError, sts};

use crate::client::Aws;

/// The account that stands in for every other.
pub(super) const ACCOUNT: &str = "000000000000";

/// Origins of URLs that a server gives for itself.
static ORIGIN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"https?://(?:127\.0\.0\.1|localhost|\[::1\]|[a-z0-9.-]+\.amazonaws\.com)(?::\d+)?";
    Regex::new(pattern).expect("a pattern")
});
/// `2026-01-05T00:00:00.000Z` and its relatives.
static INSTANT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?").expect("a pattern")
});
/// `Mon, 05 Jan 2026 00:00:00 GMT`.
static HTTP_DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT").expect("a pattern")
});

/// What to take out of a server's answers.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// 12 digits.
    pub(super) account: String,
    /// Where it answers, such as `http://10.0.0.1:4566`; empty if it is one of the usual places.
    pub(super) origin: String,
}

impl Names {
    /// Asks a server for the caller's account.
    pub(super) async fn ask(aws: Aws<'_>, origin: &str) -> Result<Self, WireError> {
        let caller = aws.call::<sts::GetCallerIdentity>(sts::GetCallerIdentityInput::default()).await?;
        Ok(Self { account: caller.account.unwrap_or_else(|| ACCOUNT.to_owned()), origin: origin.to_owned() })
    }

    /// Those of answers that have been written down.
    pub(super) fn recorded() -> Self {
        Self { account: ACCOUNT.to_owned(), origin: String::new() }
    }

    /// An answer as any other server would have written it. Texts that are JSON objects become `{"(json)": ..}`, so that
    /// policies are compared by what they say.
    pub(super) fn normalise(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(entries) => entries.iter().map(|entry| self.normalise(entry)).collect(),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| (self.plain(name), self.normalise(value));
                Value::Object(
                    members.iter().filter(|(_, value)| !value.is_null()).map(member).collect::<Map<_, _>>(),
                )
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> Value {
        let document = match text.strip_prefix("%7B") {
            Some(_) => percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned(),
            None => text.to_owned(),
        };
        if document.starts_with('{')
            && let Ok(Value::Object(members)) = serde_json::from_str(&document)
        {
            return json!({ "(json)": self.normalise(&Value::Object(members)) });
        }
        Value::String(self.plain(text))
    }

    fn plain(&self, text: &str) -> String {
        let text = replace_account(text, &self.account);
        let text = if self.origin.is_empty() { text } else { text.replace(&self.origin, "<origin>") };
        let text = ORIGIN.replace_all(&text, "<origin>");
        let form = |found: &regex::Captures<'_>| {
            found[0].chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect::<String>()
        };
        let text = INSTANT.replace_all(&text, form);
        HTTP_DATE.replace_all(&text, "<http-date>").into_owned()
    }
}

/// Replaces an account that is not part of a longer number.
fn replace_account(text: &str, account: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(account).filter(|_| !account.is_empty()) {
        let end = at + account.len();
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let before = rest[..at].chars().next_back().or_else(|| out.chars().next_back().filter(|_| at == 0));
        let is_whole = !is_digit(before) && !is_digit(rest[end..].chars().next());
        out.push_str(&rest[..at]);
        out.push_str(if is_whole { ACCOUNT } else { account });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_addresses_and_instants_are_written_alike() {
        let names = Names { account: "123456789012".to_owned(), origin: "http://box:80".to_owned() };
        let check = |text: &str, expected: &str| {
            assert_eq!(names.normalise(&json!(text)), json!(expected));
        };
        check("arn:aws:sns:us-east-1:123456789012:t", "arn:aws:sns:us-east-1:000000000000:t");
        check("9123456789012", "9123456789012");
        check("http://localhost:5000/123456789012/q", "<origin>/000000000000/q");
        check("https://sqs.us-east-1.amazonaws.com/1/q", "<origin>/1/q");
        check("http://box:80/q", "<origin>/q");
        check("2026-01-05T00:00:00.123Z", "dddd-dd-ddTdd:dd:dd.dddZ");
        check("Mon, 05 Jan 2026 00:00:00 GMT", "<http-date>");
    }

    #[test]
    fn a_policy_is_compared_by_what_it_says() {
        let names = Names::recorded();
        let plain = names.normalise(&json!(r#"{"a": 1}"#));
        assert_eq!(plain, json!({"(json)": {"a": 1}}));
        assert_eq!(names.normalise(&json!("%7B%22a%22%3A1%7D")), plain);
        assert_eq!(names.normalise(&plain), plain, "what has been written down stays as it is");
    }
}
