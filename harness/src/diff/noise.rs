//! What differs by nature: ids, tokens, sequence numbers, instants.
//!
//! It is learnt, not listed: the same conversation on two tanks that differ only in their seed and clock; a place whose values
//! differ there is noise by construction. What both values begin and end with stays compared (an ARN up to its random
//! part), and so does their alphabet (a UUID, digits). A short table names what is opaque in any case.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Members whose value is the server's own affair, with the reason. Their type is compared.
pub(super) const OPAQUE: [(&str, &str); 28] = [
    ("AccessKeyId", "a credential"),
    ("SecretAccessKey", "a credential"),
    ("SessionToken", "a credential"),
    ("RandomPassword", "drawn"),
    ("UserId", "who asks"),
    ("SenderId", "who asks"),
    ("RequestId", "of the call"),
    ("HostId", "of the call"),
    ("NextToken", "the server's own"),
    ("nextToken", "the server's own"),
    ("nextForwardToken", "the server's own"),
    ("nextBackwardToken", "the server's own"),
    ("NextMarker", "the server's own"),
    ("Marker", "the server's own"),
    ("NextContinuationToken", "the server's own"),
    ("uploadSequenceToken", "the server's own; has no meaning since 2023"),
    ("ShardIterator", "the server's own"),
    ("NextShardIterator", "the server's own"),
    ("ReceiptHandle", "the server's own"),
    ("SequenceNumber", "the server's own"),
    ("StartingSequenceNumber", "the server's own"),
    ("RecordId", "the server's own"),
    ("UploadId", "the server's own"),
    ("eventId", "the server's own"),
    ("Owner", "who owns the bucket, by canonical id"),
    ("Initiator", "who uploads, by canonical id"),
    ("Grantee", "who owns the bucket, by canonical id"),
    ("storedBytes", "counted with delay"),
];

/// What is known of a place whose value differs by nature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// A text that begins and ends so, with such letters between.
    Text { prefix: String, suffix: String, letters: Letters },
    /// Any value of the type.
    Type,
    /// Anything, or nothing.
    Any,
}

/// What a text is written with, from the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Letters {
    Uuid,
    Digits,
    Hex,
    Any,
}

impl Letters {
    fn of(text: &str) -> Self {
        let all = |is: fn(char) -> bool| !text.is_empty() && text.chars().all(is);
        let is_uuid = text.len() == 36
            && text.char_indices().all(|(at, c)| match at {
                8 | 13 | 18 | 23 => c == '-',
                _ => c.is_ascii_hexdigit(),
            });
        match () {
            () if is_uuid => Self::Uuid,
            () if all(|c| c.is_ascii_digit()) => Self::Digits,
            () if text.len() >= 8 && all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()) => Self::Hex,
            () => Self::Any,
        }
    }

    fn join(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Digits, Self::Hex) | (Self::Hex, Self::Digits) => Self::Hex,
            _ => Self::Any,
        }
    }

    fn allow(self, text: &str) -> bool {
        self == Self::Any || Self::of(text).join(self) == self
    }

    /// A text of these that means nothing.
    fn sample(self) -> &'static str {
        match self {
            Self::Uuid => "00000000-0000-0000-0000-000000000000",
            Self::Digits => "0",
            Self::Hex => "00000000",
            Self::Any => "~",
        }
    }
}

/// Masks by the place in the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Noise(BTreeMap<String, Mask>);

impl Noise {
    /// What differs between answers to the same call.
    pub(super) fn learn(answers: &[&Value]) -> Self {
        let mut noise = Self::default();
        if let Some((first, others)) = answers.split_first() {
            for other in others {
                noise.differ("", first, other);
            }
        }
        noise
    }

    pub(super) fn at(&self, path: &str) -> Option<&Mask> {
        self.0.get(path)
    }

    fn differ(&mut self, path: &str, one: &Value, two: &Value) {
        match (one, two) {
            (Value::Object(one), Value::Object(two)) => {
                for name in one.keys().chain(two.keys().filter(|name| !one.contains_key(*name))) {
                    let place = below(path, name);
                    match (one.get(name), two.get(name)) {
                        (Some(one), Some(two)) => self.differ(&place, one, two),
                        _ => drop(self.0.insert(place, Mask::Any)),
                    }
                }
            }
            (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
                for (at, (one, two)) in one.iter().zip(two).enumerate() {
                    self.differ(&format!("{path}[{at}]"), one, two);
                }
            }
            (Value::String(one), Value::String(two)) if one != two => {
                let seen = match self.0.get(path) {
                    Some(Mask::Text { prefix, suffix, letters }) => {
                        Some((prefix.clone(), suffix.clone(), *letters))
                    }
                    _ => None,
                };
                self.0.insert(path.to_owned(), text_mask(one, two, seen));
            }
            (one, two) if one == two => {}
            (one, two) => {
                let mask = if kind(one) == kind(two) { Mask::Type } else { Mask::Any };
                self.0.insert(path.to_owned(), mask);
            }
        }
    }

    /// The value without what nobody needs to know: noise and opaque members become samples, and so do words that look drawn
    /// unless `known` has them: what was asked, and what our tank answers.
    pub(super) fn scrub(&self, path: &str, value: &Value, known: &str) -> Value {
        let name = path.rsplit(['.', ']']).next().unwrap_or_default();
        if is_opaque(name) {
            return blank(value);
        }
        match value {
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| {
                    (name.clone(), self.scrub(&below(path, name), value, known))
                };
                Value::Object(members.iter().map(member).collect::<Map<_, _>>())
            }
            Value::Array(entries) => {
                let entry = |(at, value): (usize, &Value)| self.scrub(&format!("{path}[{at}]"), value, known);
                entries.iter().enumerate().map(entry).collect()
            }
            Value::String(text) => match self.at(path) {
                Some(Mask::Text { prefix, suffix, letters }) if fits(text, prefix, suffix, *letters) => {
                    Value::String(format!("{prefix}{}{suffix}", letters.sample()))
                }
                _ => Value::String(without_ids(text, known)),
            },
            Value::Number(_) if self.at(path).is_some() => Value::from(0),
            other => other.clone(),
        }
    }
}

/// A question without the tokens in it, which do not make it another one.
pub(super) fn without_tokens(name: &str, value: &Value) -> Value {
    match value {
        _ if is_opaque(name) => blank(value),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (name.clone(), without_tokens(name, value));
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        Value::Array(entries) => entries.iter().map(|entry| without_tokens("", entry)).collect(),
        other => other.clone(),
    }
}

/// The same shape without content.
fn blank(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => value.clone(),
        Value::String(text) => Value::String(Letters::of(text).sample().to_owned()),
        Value::Array(entries) => entries.iter().map(blank).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), blank(value))).collect())
        }
        other => other.clone(),
    }
}

/// A text whose words of twelve and more letters with a digit in them are taken out, but for those that are known.
fn without_ids(text: &str, known: &str) -> String {
    const ID_LETTERS_MIN: usize = 12;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+=_-".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (found, after) = rest.split_at(word);
        let is_id = found.len() >= ID_LETTERS_MIN
            && found.contains(|c: char| c.is_ascii_digit())
            && !known.contains(found);
        out.push_str(if is_id { Letters::of(found).sample() } else { found });
        let other = after.find(is_part).unwrap_or(after.len());
        out.push_str(&after[..other]);
        rest = &after[other..];
    }
    out
}

pub(super) fn is_opaque(member: &str) -> bool {
    OPAQUE.iter().any(|(name, _)| *name == member)
}

/// The path of a member.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The kind of a value, for a reader.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a structure",
    }
}

/// Whether a text has this frame, and such letters within.
pub(super) fn fits(text: &str, prefix: &str, suffix: &str, letters: Letters) -> bool {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_suffix(suffix))
        .is_some_and(|inner| !inner.is_empty() && letters.allow(inner))
}

fn text_mask(one: &str, two: &str, seen: Option<(String, String, Letters)>) -> Mask {
    let (mut prefix, mut suffix) = (common(one, two), common_end(one, two));
    if prefix.len() + suffix.len() >= one.len().min(two.len()) {
        suffix = "";
    }
    if let Some((before, after, _)) = &seen {
        prefix = common(prefix, before);
        suffix = common_end(suffix, after);
    }
    let inner = |text: &str| Letters::of(&text[prefix.len()..text.len() - suffix.len()]);
    let letters = inner(one).join(inner(two));
    let letters = seen.map_or(letters, |(_, _, known)| known.join(letters));
    Mask::Text { prefix: prefix.to_owned(), suffix: suffix.to_owned(), letters }
}

/// What both begin with, up to the end of a word: drawn ids share letters by chance.
fn common<'t>(one: &'t str, two: &str) -> &'t str {
    let same = one.char_indices().zip(two.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    let same = &one[..same.unwrap_or(one.len().min(two.len()))];
    same.rfind(is_boundary).map_or("", |at| &same[..at + 1])
}

fn common_end<'t>(one: &'t str, two: &str) -> &'t str {
    let mut length = 0;
    for (a, b) in one.chars().rev().zip(two.chars().rev()) {
        if a != b {
            break;
        }
        length += a.len_utf8();
    }
    let same = &one[one.len() - length..];
    same.find(is_boundary).map_or("", |at| &same[at..])
}

fn is_boundary(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric() && !"+=".contains(c)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mask(one: Value, two: Value) -> Option<Mask> {
        Noise::learn(&[&one, &two]).at("").cloned()
    }

    #[test]
    fn what_two_tanks_agree_on_around_an_id_stays_compared() {
        let Some(Mask::Text { prefix, suffix, letters }) =
            mask(json!("arn:aws:sm:secret:name-aB3dE9"), json!("arn:aws:sm:secret:name-Zx81Qa"))
        else {
            panic!("a text")
        };
        assert_eq!(
            (prefix.as_str(), suffix.as_str(), letters),
            ("arn:aws:sm:secret:name-", "", Letters::Any)
        );
        assert!(fits("arn:aws:sm:secret:name-000000", &prefix, &suffix, letters));
        assert!(!fits("arn:aws:sm:secret:other-000000", &prefix, &suffix, letters));
    }

    #[test]
    fn the_alphabet_of_an_id_stays_compared() {
        let uuids = ["2b1c54d6-8dd5-4fb2-a1b2-6a6a2d2f2a01", "f4b0fd8e-0d2c-4d0e-9f3a-111111111101"];
        let Some(Mask::Text { prefix, suffix, letters }) = mask(json!(uuids[0]), json!(uuids[1])) else {
            panic!("a text")
        };
        assert!(fits("00000000-0000-4000-8000-000000000000", &prefix, &suffix, letters));
        assert!(!fits("17", &prefix, &suffix, letters));
        assert_eq!(Letters::of("1767225600").join(Letters::of("1767225601")), Letters::Digits);
    }

    #[test]
    fn numbers_that_differ_are_any_number_and_members_that_come_and_go_are_anything() {
        let noise = Noise::learn(&[&json!({"t": 1.5, "x": 1}), &json!({"t": 2.5})]);
        assert_eq!(noise.at("t"), Some(&Mask::Type));
        assert_eq!(noise.at("x"), Some(&Mask::Any));
    }

    #[test]
    fn what_is_written_down_has_no_ids_and_no_credentials() {
        let ours = json!({"Arn": "arn:aws:iam::000000000000:role/r", "Id": "AROA1111"});
        let noise =
            Noise::learn(&[&ours, &json!({"Arn": "arn:aws:iam::000000000000:role/r", "Id": "AROA2222"})]);
        let theirs = json!({
            "Arn": "arn:aws:iam::000000000000:role/r", "Id": "AROAQWERTY", "AccessKeyId": "ASIASECRET",
            "Further": "of user AIDACKCEVSQ6C2EXAMPLE in 000000000000, not of wavetank-diff-role",
        });
        let expected = json!({
            "Arn": "arn:aws:iam::000000000000:role/r", "Id": "~", "AccessKeyId": "~",
            "Further": "of user ~ in 000000000000, not of wavetank-diff-role",
        });
        assert_eq!(noise.scrub("", &theirs, "wavetank-diff-role 000000000000"), expected);
    }
}
