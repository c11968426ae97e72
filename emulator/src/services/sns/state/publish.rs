//! Publishing: what is refused, what is a duplicate, and who hears it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use wavetank_wire::sns::*;

use super::super::error::SnsError;
use super::super::limits;
use super::envelope::Notice;
use super::metrics::count_published;
use super::{Sns, Topic};
use crate::world::Cx;

impl Sns {
    pub(in super::super) fn publish(
        &mut self,
        cx: &mut Cx<'_>,
        input: PublishInput,
    ) -> Result<PublishOutput, SnsError> {
        if input.phone_number.is_some() {
            return Err(SnsError::NotBuilt("SMS messages".to_owned()));
        }
        let arn = match (input.topic_arn, input.target_arn) {
            (Some(arn), _) => arn,
            (None, Some(arn)) if arn.contains(":endpoint/") => {
                let why = "TargetArn Reason: No endpoint found for the target arn specified";
                return Err(SnsError::parameter(why));
            }
            (None, Some(arn)) => arn,
            (None, None) => {
                let why = "TopicArn or TargetArn Reason: no value for required parameter";
                return Err(SnsError::parameter(why));
            }
        };
        let entry = PublishBatchRequestEntry {
            id: String::new(),
            message: input.message,
            subject: input.subject,
            message_structure: input.message_structure,
            message_attributes: input.message_attributes,
            message_deduplication_id: input.message_deduplication_id,
            message_group_id: input.message_group_id,
        };
        let topic = self.topic(&arn)?;
        if size(&entry) > topic.bytes_max() {
            return Err(SnsError::parameter("Message too long"));
        }
        let texts = topic.check(&entry)?;
        self.send(cx, &arn, entry, &texts)
    }

    /// All entries are looked at first: one that is wrong refuses the batch. Recorded.
    pub(in super::super) fn publish_batch(
        &mut self,
        cx: &mut Cx<'_>,
        input: PublishBatchInput,
    ) -> Result<PublishBatchOutput, SnsError> {
        let topic = self.topic(&input.topic_arn)?;
        let entries = input.publish_batch_request_entries;
        check_ids(&entries)?;
        if entries.iter().map(size).sum::<usize>() > topic.bytes_max() {
            return Err(SnsError::BatchTooLong);
        }
        let texts = entries.iter().map(|entry| topic.check(entry)).collect::<Result<Vec<_>, _>>()?;
        let mut successful = Vec::new();
        for (entry, texts) in entries.into_iter().zip(texts) {
            let id = Some(entry.id.clone());
            let PublishOutput { message_id, sequence_number } =
                self.send(cx, &input.topic_arn, entry, &texts)?;
            successful.push(PublishBatchResultEntry { id, message_id, sequence_number });
        }
        Ok(PublishBatchOutput { successful: Some(successful), failed: Some(Vec::new()) })
    }

    /// Hands a checked message to everyone who listens, unless it is a duplicate.
    fn send(
        &mut self,
        cx: &mut Cx<'_>,
        topic_arn: &str,
        entry: PublishBatchRequestEntry,
        texts: &Texts,
    ) -> Result<PublishOutput, SnsError> {
        let bytes = size(&entry);
        let topic = self.topic_mut(topic_arn)?;
        let dedup = match entry.message_deduplication_id {
            None if topic.fifo => Some(hex::encode(Sha256::digest(entry.message.as_bytes()))),
            given => given,
        };
        let in_group =
            topic.attributes.get("FifoThroughputScope").is_some_and(|scope| scope == "MessageGroup");
        let scope = entry.message_group_id.clone().filter(|_| in_group).unwrap_or_default();
        let key = dedup.clone().filter(|_| topic.fifo).map(|id| (scope, id));
        let now = cx.now;
        // Assumed: a duplicate is answered as the first was.
        if let Some(key) = &key
            && let Some(first) = topic.published.known(now, key)
        {
            return Ok(first.clone());
        }
        let sequence_number = topic.fifo.then(|| {
            topic.sequence += 1;
            (10_000_000_000_000_000_000_u128 + u128::from(topic.sequence) * 1_000).to_string()
        });
        let output = PublishOutput { message_id: Some(cx.uuid()), sequence_number };
        if let Some(key) = key {
            topic.published.remember(now + limits::DEDUPLICATION, key, output.clone());
        }
        let notice = Notice {
            topic_arn: topic.arn.clone(),
            message_id: output.message_id.clone().unwrap_or_default(),
            subject: entry.subject,
            attributes: entry.message_attributes.unwrap_or_default(),
            at: now,
            group: entry.message_group_id,
            dedup,
            sequence: output.sequence_number.clone(),
            signature_version: topic
                .attributes
                .get("SignatureVersion")
                .cloned()
                .unwrap_or_else(|| "1".to_owned()),
        };
        let policy = topic.attributes.get("DeliveryPolicy").cloned();
        let passes = |one: &&super::Subscription| match &one.filter {
            None => true,
            Some(filter) if one.filters_body => filter.passes_body(&entry.message),
            Some(filter) => filter.passes_attributes(&notice.attributes),
        };
        let listeners: Vec<_> = topic.listeners().filter(passes).cloned().collect();
        count_published(cx, topic_arn, bytes, topic.listeners().count() - listeners.len());
        for one in listeners {
            let text = texts.get(&one.protocol).or_else(|| texts.get("default"));
            let text = text.map_or(entry.message.as_str(), String::as_str);
            self.dispatch(cx, &one, &notice, text, policy.as_deref());
        }
        Ok(output)
    }
}

/// The texts of `MessageStructure: json` by protocol; empty without it.
type Texts = BTreeMap<String, String>;

impl Topic {
    /// Refuses a message that AWS refuses. Recorded, but for the last two.
    fn check(&self, entry: &PublishBatchRequestEntry) -> Result<Texts, SnsError> {
        let refuse = |why: &str| Err(SnsError::parameter(why));
        if entry.message.is_empty() {
            return refuse("Empty message");
        }
        if let Some(subject) = &entry.subject {
            let chars = subject.chars().count();
            let plain = !subject.chars().any(char::is_control);
            if !(1..limits::SUBJECT_CHARS_END + 1).contains(&chars) || !plain {
                return refuse("Subject");
            }
        }
        for (name, value) in entry.message_attributes.iter().flatten() {
            check_attribute(name, value)?;
        }
        let (group, dedup) = (&entry.message_group_id, &entry.message_deduplication_id);
        if self.fifo {
            if group.is_none() {
                return refuse("The MessageGroupId parameter is required for FIFO topics");
            }
            let by_content =
                self.attributes.get("ContentBasedDeduplication").is_some_and(|text| text == "true");
            if dedup.is_none() && !by_content {
                return refuse(
                    "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
                );
            }
        } else if dedup.is_some() {
            return refuse(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            );
        }
        let good = |id: &String| {
            (1..=limits::ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !group.iter().all(good) {
            return refuse("MessageGroupId");
        }
        if !dedup.iter().all(good) {
            return refuse("MessageDeduplicationId");
        }
        match entry.message_structure.as_deref() {
            Some("json") => texts(&entry.message),
            // Assumed.
            Some(_) => refuse("MessageStructure"),
            None => Ok(Texts::new()),
        }
    }
}

fn texts(message: &str) -> Result<Texts, SnsError> {
    let refuse = |why: &str| SnsError::parameter(format!("Message Structure - {why}"));
    let object: Map<String, Value> =
        serde_json::from_str(message).map_err(|_| refuse("JSON message body failed to parse"))?;
    let texts = object.into_iter().filter_map(|(protocol, text)| match text {
        Value::String(text) => Some((protocol, text)),
        _ => None,
    });
    let texts: Texts = texts.collect();
    if !texts.contains_key("default") {
        return Err(refuse("No default entry in JSON message body"));
    }
    Ok(texts)
}

/// Message and attributes, in bytes.
fn size(entry: &PublishBatchRequestEntry) -> usize {
    let of = |(name, value): (&String, &MessageAttributeValue)| {
        let text = value.string_value.as_ref().map_or(0, String::len);
        name.len() + value.data_type.len() + text + value.binary_value.as_ref().map_or(0, |bytes| bytes.len())
    };
    entry.message.len() + entry.message_attributes.iter().flatten().map(of).sum::<usize>()
}

fn check_ids(entries: &[PublishBatchRequestEntry]) -> Result<(), SnsError> {
    match entries.len() {
        0 => return Err(SnsError::EmptyBatch),
        count if count > limits::BATCH_ENTRIES_MAX => return Err(SnsError::TooManyEntries),
        _ => {}
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    for id in entries.iter().map(|entry| &entry.id) {
        if id.len() > limits::ENTRY_ID_CHARS_MAX {
            return Err(SnsError::EntryId(format!("is too long: {id}")));
        }
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(SnsError::EntryId(format!("contains an impermissible character: {id}")));
        }
    }
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() == entries.len() { Ok(()) } else { Err(SnsError::RepeatedEntry) }
}

/// Recorded (LocalStack's `test_empty_or_wrong_message_attributes`).
fn check_attribute(name: &str, value: &MessageAttributeValue) -> Result<(), SnsError> {
    let refuse = |why: String| Err(SnsError::AttributeValue(why));
    if name.len() >= 256 {
        return refuse("Length of message attribute name must be less than 256 bytes.".to_owned());
    }
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(stranger) = name.chars().find(|c| !plain(c)) {
        return refuse(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(stranger)
        ));
    }
    if name.starts_with('.') || name.ends_with('.') {
        let side = if name.starts_with('.') { "starting" } else { "ending" };
        return refuse(format!("Invalid message attribute name {side} with character '.' was found."));
    }
    if name.contains("..") {
        return refuse("Message attribute name can not have successive '.' character.".to_owned());
    }
    let data_type = &value.data_type;
    let field = match data_type.split('.').next().unwrap_or_default() {
        "String" | "Number" => "String",
        "Binary" => "Binary",
        _ => {
            return refuse(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            ));
        }
    };
    let text = value.string_value.as_ref().map(String::is_empty);
    let bytes = value.binary_value.as_ref().map(|bytes| bytes.is_empty());
    let (own, other) = if field == "String" { (text, bytes) } else { (bytes, text) };
    match own {
        Some(false) => Ok(()),
        None if other.is_some() => refuse(format!(
            "The message attribute '{name}' with type '{data_type}' must use field '{field}'."
        )),
        _ => refuse(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{data_type}'."
        )),
    }
}
