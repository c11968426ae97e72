//! Topics: making, listing, setting, tagging and deleting them.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::Arn;
use wavetank_wire::sns::*;

use super::super::error::SnsError;
use super::super::limits;
use super::policy::default_policy;
use super::retry::{check_retries, effective_policy};
use super::{Published, Sns, Topic, parse};
use crate::world::Cx;

/// Attributes that are kept and shown as they were set, beside the feedback roles and rates. Model.
const PLAIN: [&str; 4] = ["DisplayName", "KmsMasterKeyId", "TracingConfig", "SignatureVersion"];

impl Sns {
    pub(in super::super) fn create_topic(
        &mut self,
        cx: &Cx<'_>,
        input: CreateTopicInput,
    ) -> Result<CreateTopicOutput, SnsError> {
        if input.data_protection_policy.is_some() {
            return Err(SnsError::NotBuilt("data protection policies".to_owned()));
        }
        let attributes = input.attributes.unwrap_or_default();
        let fifo = attributes.get("FifoTopic").is_some_and(|text| text == "true");
        check_name(&input.name, fifo)?;
        let tags = read_tags(input.tags)?;
        let arn = Arn::new("sns", &cx.scope.region, &cx.scope.account, &input.name).to_string();
        let mut topic = Topic {
            policy: default_policy(&arn, cx.scope.account.as_str()),
            arn: arn.clone(),
            fifo,
            attributes: BTreeMap::new(),
            tags,
            subscriptions: BTreeMap::new(),
            subscriptions_deleted: 0,
            published: Published::default(),
            sequence: 0,
        };
        for (name, text) in attributes.iter().filter(|(name, _)| *name != "FifoTopic") {
            topic.set(name, Some(text)).map_err(|why| {
                SnsError::parameter(if why == "AttributeName" {
                    format!("Attributes Reason: Unknown attribute {name}")
                } else {
                    format!("Attributes Reason: {why}")
                })
            })?;
        }
        if let Some(there) = self.topics.get(&input.name) {
            let differs = |name: &String| there.attributes.get(name) != topic.attributes.get(name);
            let policy = attributes.contains_key("Policy") && there.policy != topic.policy;
            if policy || topic.attributes.keys().any(differs) || there.fifo != fifo {
                return Err(SnsError::parameter(
                    "Attributes Reason: Topic already exists with different attributes",
                ));
            }
            if topic.tags.iter().any(|(key, value)| there.tags.get(key) != Some(value)) {
                return Err(SnsError::parameter("Tags Reason: Topic already exists with different tags"));
            }
            return Ok(CreateTopicOutput { topic_arn: Some(arn) });
        }
        self.topics.insert(input.name, topic);
        Ok(CreateTopicOutput { topic_arn: Some(arn) })
    }

    /// Deleting what is not there is no error.
    pub(in super::super) fn delete_topic(
        &mut self,
        input: &DeleteTopicInput,
    ) -> Result<DeleteTopicOutput, SnsError> {
        self.topics.remove(&parse("TopicArn", &input.topic_arn)?.resource);
        Ok(DeleteTopicOutput {})
    }

    pub(in super::super) fn list_topics(
        &self,
        input: &ListTopicsInput,
    ) -> Result<ListTopicsOutput, SnsError> {
        let arns = self.topics.values().map(|topic| topic.arn.as_str());
        let (arns, next_token) = page(arns, |arn| arn, input.next_token.as_deref());
        let topics =
            arns.into_iter().map(|arn| wavetank_wire::sns::Topic { topic_arn: Some(arn.to_owned()) });
        Ok(ListTopicsOutput { topics: Some(topics.collect()), next_token })
    }

    pub(in super::super) fn get_topic_attributes(
        &self,
        cx: &Cx<'_>,
        input: &GetTopicAttributesInput,
    ) -> Result<GetTopicAttributesOutput, SnsError> {
        let topic = self.topic(&input.topic_arn)?;
        let mut out = topic.attributes.clone();
        let pending = topic.subscriptions.values().filter(|one| !one.confirmed).count();
        let confirmed = topic.subscriptions.len() - pending;
        let effective = effective_policy(topic.attributes.get("DeliveryPolicy").map(String::as_str));
        let mut put = |name: &str, text: String| drop(out.insert(name.to_owned(), text));
        put("TopicArn", topic.arn.clone());
        put("Owner", cx.scope.account.to_string());
        put("Policy", topic.policy.to_string());
        put("EffectiveDeliveryPolicy", effective.to_string());
        put("SubscriptionsConfirmed", confirmed.to_string());
        put("SubscriptionsPending", pending.to_string());
        put("SubscriptionsDeleted", topic.subscriptions_deleted.to_string());
        if topic.fifo {
            put("FifoTopic", "true".to_owned());
        }
        out.entry("DisplayName".to_owned()).or_default();
        if topic.fifo {
            out.entry("ContentBasedDeduplication".to_owned()).or_insert_with(|| "false".to_owned());
        }
        Ok(GetTopicAttributesOutput { attributes: Some(out) })
    }

    pub(in super::super) fn set_topic_attributes(
        &mut self,
        cx: &Cx<'_>,
        input: SetTopicAttributesInput,
    ) -> Result<SetTopicAttributesOutput, SnsError> {
        let owner = cx.scope.account.to_string();
        let topic = self.topic_mut(&input.topic_arn)?;
        if input.attribute_name == "Policy" && input.attribute_value.as_deref().unwrap_or_default().is_empty()
        {
            topic.policy = default_policy(&topic.arn, &owner);
            return Ok(SetTopicAttributesOutput {});
        }
        let value = input.attribute_value.as_deref();
        topic.set(&input.attribute_name, value).map_err(SnsError::parameter)?;
        Ok(SetTopicAttributesOutput {})
    }

    pub(in super::super) fn list_tags_for_resource(
        &self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, SnsError> {
        let topic = self.topic(&input.resource_arn).map_err(missing)?;
        let tags = topic.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        Ok(ListTagsForResourceOutput { tags: Some(tags.collect()) })
    }

    pub(in super::super) fn tag_resource(
        &mut self,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, SnsError> {
        let topic = self.topic_mut(&input.resource_arn).map_err(missing)?;
        let mut tags = topic.tags.clone();
        tags.extend(read_tags(Some(input.tags))?);
        if tags.len() > limits::TAGS_MAX {
            return Err(SnsError::TooManyTags);
        }
        topic.tags = tags;
        Ok(TagResourceOutput {})
    }

    pub(in super::super) fn untag_resource(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, SnsError> {
        let topic = self.topic_mut(&input.resource_arn).map_err(missing)?;
        topic.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }
}

impl Topic {
    /// Sets an attribute, or says what is wrong. An empty value takes it back.
    fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        let value = value.unwrap_or_default();
        let feedback = name.ends_with("FeedbackRoleArn") || name.ends_with("FeedbackSampleRate");
        match name {
            "Policy" => {
                let policy: Value =
                    serde_json::from_str(value).map_err(|_| "Policy Error: null".to_owned())?;
                if !policy.is_object() {
                    return Err("Policy Error: null".to_owned());
                }
                self.policy = policy;
                return Ok(());
            }
            "DeliveryPolicy" if !value.is_empty() => {
                // Assumed: the sentence.
                let policy = serde_json::from_str::<serde_json::Map<String, Value>>(value)
                    .map_err(|why| format!("DeliveryPolicy: failed to parse JSON. {why}"))?;
                let retries =
                    policy.get("http").map_or(&Value::Null, |http| &http["defaultHealthyRetryPolicy"]);
                check_retries("http.defaultHealthyRetryPolicy", retries)?;
            }
            "ContentBasedDeduplication" if self.fifo && !["true", "false"].contains(&value) => {
                return Err(format!(
                    "ContentBasedDeduplication: Invalid value [{value}]. Must be true or false."
                ));
            }
            "FifoThroughputScope" if self.fifo && !["Topic", "MessageGroup"].contains(&value) => {
                return Err(format!(
                    "FifoThroughputScope: Invalid value [{value}]. Must be Topic or MessageGroup."
                ));
            }
            "MaximumMessageSize" => {
                let size = value.parse().ok().filter(|size| limits::MAXIMUM_MESSAGE_SIZE.contains(size));
                if size.is_none() && !value.is_empty() {
                    let why = "Must be between 1024 and 1048576.";
                    return Err(format!("MaximumMessageSize: Invalid value [{value}]. {why}"));
                }
            }
            "ContentBasedDeduplication" | "FifoThroughputScope" if self.fifo => {}
            "ArchivePolicy" => {
                return Err("ArchivePolicy: wavetank does not implement message archives".to_owned());
            }
            "DeliveryPolicy" => {}
            _ if PLAIN.contains(&name) || feedback => {}
            _ => return Err("AttributeName".to_owned()),
        }
        if value.is_empty() && name != "DisplayName" {
            self.attributes.remove(name);
        } else {
            self.attributes.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }

    pub(super) fn bytes_max(&self) -> usize {
        let set = self.attributes.get("MaximumMessageSize").and_then(|text| text.parse().ok());
        set.unwrap_or(limits::MESSAGE_BYTES_DEFAULT)
    }
}

fn missing(error: SnsError) -> SnsError {
    if error == SnsError::NoTopic { SnsError::NoResource } else { error }
}

fn check_name(name: &str, fifo: bool) -> Result<(), SnsError> {
    let stem = if fifo { name.strip_suffix(".fifo") } else { Some(name) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match stem {
        Some(stem)
            if limits::NAME_CHARS.contains(&name.len()) && !stem.is_empty() && stem.bytes().all(plain) =>
        {
            Ok(())
        }
        _ => Err(SnsError::parameter("Topic Name")),
    }
}

fn read_tags(tags: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, SnsError> {
    let mut out = BTreeMap::new();
    for Tag { key, value } in tags.unwrap_or_default() {
        if out.insert(key, value).is_some() {
            return Err(SnsError::parameter("Duplicated keys are not allowed."));
        }
    }
    Ok(out)
}

/// A page of entries in the order of their keys; the token is the last one's key.
pub(super) fn page<'a, T: Copy>(
    entries: impl Iterator<Item = T>,
    key: impl Fn(T) -> &'a str,
    token: Option<&str>,
) -> (Vec<T>, Option<String>) {
    let mut entries = entries.filter(|entry| token.is_none_or(|last| key(*entry) > last));
    let page: Vec<T> = entries.by_ref().take(limits::PAGE_MAX).collect();
    let more = entries.next().is_some();
    let next = page.last().filter(|_| more).map(|last| key(*last).to_owned());
    (page, next)
}
