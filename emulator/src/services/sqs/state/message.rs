//! A message: what a client sends, what it must look like, and the digests that clients check.

use std::collections::BTreeMap;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use wavetank_types::Timestamp;
use wavetank_wire::sqs::{MessageAttributeValue, MessageSystemAttributeValue};

use super::super::error::SqsError;
use super::super::limits;

/// What a client sends, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttributeValue>,
    pub(super) trace: Option<String>,
    pub(super) delay_secs: Option<u64>,
    pub(super) group: Option<String>,
    pub(super) dedup: Option<String>,
}

/// Where a message is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may be received, if nothing of its group stands before it.
    Waiting,
    /// Sent with a delay that has not passed.
    Delayed,
    /// Received, and hidden until its visibility timeout has passed.
    InFlight,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) md5: String,
    pub(super) attributes: BTreeMap<String, MessageAttributeValue>,
    pub(super) trace: Option<String>,
    pub(super) group: Option<String>,
    pub(super) dedup: Option<String>,
    /// Who sent it.
    pub(super) sender: String,
    /// What retention counts from.
    pub(super) sent: Timestamp,
    pub(super) first_received: Option<Timestamp>,
    pub(super) last_received: Timestamp,
    /// As clients see it: it goes on counting in a dead-letter queue.
    pub(super) receives: u64,
    /// What a redrive policy counts.
    pub(super) receives_here: u64,
    pub(super) visible_at: Timestamp,
    pub(super) standing: Standing,
    /// Part of the newest receipt handle; 0 before the first receive.
    pub(super) receipt: u64,
    /// The queue from which it came here, if this is a dead-letter queue.
    pub(super) source: Option<String>,
}

/// The MD5 of a text, in hexadecimal digits.
pub(super) fn md5_of(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// One attribute as the digest sees it.
struct Part<'a> {
    data_type: &'a str,
    text: Option<&'a str>,
    bytes: Option<&'a Bytes>,
}

/// The MD5 of attributes: names in order; of each the name, the type, 1 for text or 2 for bytes, and the value, all with
/// their length in four bytes before them.
///
/// Documented: docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
/// (read 2026-11-28). Recorded: the digests in LocalStack's snapshots (2024-04-30), which `tests.rs` repeats.
fn md5_of_parts<'a>(parts: impl Iterator<Item = (&'a String, Part<'a>)>) -> Option<String> {
    let mut digest = Md5::new();
    let mut any = false;
    let add = |digest: &mut Md5, bytes: &[u8]| {
        digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(bytes);
    };
    for (name, part) in parts {
        any = true;
        add(&mut digest, name.as_bytes());
        add(&mut digest, part.data_type.as_bytes());
        match (part.bytes, part.text) {
            (Some(bytes), _) => {
                digest.update([2]);
                add(&mut digest, bytes);
            }
            (None, text) => {
                digest.update([1]);
                add(&mut digest, text.unwrap_or_default().as_bytes());
            }
        }
    }
    any.then(|| hex::encode(digest.finalize()))
}

/// The MD5 of message attributes; `None` without any.
pub(super) fn md5_of_attributes<'a>(
    attributes: impl Iterator<Item = (&'a String, &'a MessageAttributeValue)>,
) -> Option<String> {
    md5_of_parts(attributes.map(|(name, value)| {
        let text = value.string_value.as_deref();
        (name, Part { data_type: &value.data_type, text, bytes: value.binary_value.as_ref() })
    }))
}

/// The MD5 of the system attributes that were sent; `None` without any.
pub(super) fn md5_of_system(
    attributes: Option<&BTreeMap<String, MessageSystemAttributeValue>>,
) -> Option<String> {
    md5_of_parts(attributes?.iter().map(|(name, value)| {
        let text = value.string_value.as_deref();
        (name, Part { data_type: &value.data_type, text, bytes: value.binary_value.as_ref() })
    }))
}

/// Body and attributes, in bytes.
pub(super) fn size(body: &str, attributes: Option<&BTreeMap<String, MessageAttributeValue>>) -> u64 {
    let of = |(name, value): (&String, &MessageAttributeValue)| {
        let text = value.string_value.as_ref().map_or(0, String::len);
        name.len() + value.data_type.len() + text + value.binary_value.as_ref().map_or(0, Bytes::len)
    };
    (body.len() + attributes.map_or(0, |all| all.iter().map(of).sum())) as u64
}

/// Refuses a body that is empty or has characters that XML has not.
pub(super) fn check_body(body: &str) -> Result<(), SqsError> {
    if body.is_empty() {
        return Err(SqsError::Missing("MessageBody"));
    }
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    match body.chars().find(|c| !allowed(*c)) {
        Some(stranger) => Err(SqsError::Contents(u32::from(stranger))),
        None => Ok(()),
    }
}

/// Refuses attributes that AWS refuses. Recorded: the empty value (2024-04-30). Assumed: the other sentences, seen in the
/// wild.
pub(super) fn check_attributes(attributes: &BTreeMap<String, MessageAttributeValue>) -> Result<(), SqsError> {
    let refuse = |why: String| Err(SqsError::ParameterSaid(why));
    if attributes.len() > limits::ATTRIBUTES_MAX {
        let (count, max) = (attributes.len(), limits::ATTRIBUTES_MAX);
        return refuse(format!(
            "Number of message attributes [{count}] exceeds the allowed maximum [{max}]."
        ));
    }
    for (name, value) in attributes {
        check_attribute_name(name)?;
        let data_type = &value.data_type;
        let kind = data_type.split('.').next().unwrap_or_default();
        if !["String", "Number", "Binary"].contains(&kind)
            || data_type.len() > limits::ATTRIBUTE_NAME_BYTES_MAX
        {
            return refuse(format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
            ));
        }
        let (wanted, other) = match kind {
            "Binary" => (value.binary_value.as_ref().map(Bytes::is_empty), value.string_value.is_some()),
            _ => (value.string_value.as_ref().map(String::is_empty), value.binary_value.is_some()),
        };
        match wanted {
            None if other => {
                let field = if kind == "Binary" { "Binary" } else { "String" };
                return refuse(format!(
                    "The message (user) attribute '{name}' with type '{data_type}' must use field '{field}'."
                ));
            }
            None | Some(true) => {
                return refuse(format!(
                    "Message (user) attribute '{name}' must contain a non-empty value of type '{data_type}'."
                ));
            }
            Some(false) => {}
        }
        if kind == "Number" && value.string_value.as_ref().is_some_and(|text| text.parse::<f64>().is_err()) {
            return refuse(format!("Can't cast the value of message (user) attribute '{name}' to a number."));
        }
    }
    Ok(())
}

/// Assumed: the sentence.
fn check_attribute_name(name: &str) -> Result<(), SqsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let lower = name.to_ascii_lowercase();
    let good = (1..=limits::ATTRIBUTE_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.");
    if good {
        return Ok(());
    }
    Err(SqsError::ParameterSaid(format!(
        "Message (user) attribute name '{name}' is invalid. It can contain alphanumeric characters, hyphens, underscores and single periods, be at most 256 bytes long, and not start with AWS. or Amazon."
    )))
}

/// The only system attribute that clients may send.
pub(super) fn trace_header(
    attributes: Option<BTreeMap<String, MessageSystemAttributeValue>>,
) -> Result<Option<String>, SqsError> {
    let mut found = None;
    for (name, value) in attributes.unwrap_or_default() {
        match (name.as_str(), value.data_type.as_str(), value.string_value) {
            ("AWSTraceHeader", "String", Some(text)) if !text.is_empty() => found = Some(text),
            // Assumed.
            _ => {
                return Err(SqsError::ParameterSaid(format!(
                    "Message system attribute name '{name}' is invalid."
                )));
            }
        }
    }
    Ok(found)
}

/// Group, deduplication and attempt ids. Recorded (2025-07-30).
pub(super) fn check_id(name: &'static str, id: Option<&str>) -> Result<(), SqsError> {
    let good = |id: &str| {
        (1..=limits::ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match id {
        Some(id) if !good(id) => {
            let reason = format!(
                "{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
            );
            Err(SqsError::parameter(name, id, reason))
        }
        _ => Ok(()),
    }
}
