//! Tags in both styles, and the stack's tags under a resource's own.
//!
//! Left out: the `aws:cloudformation:*` tags that AWS adds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wavetank_wire::glue;

use super::properties::Properties;
use super::{Ask, Existing, TagStyle};
use crate::services::cloudformation::template::scalar_text;

/// Tags of either style.
pub(super) fn read(tags: Option<&Value>) -> BTreeMap<String, String> {
    match tags {
        Some(Value::Array(entries)) => entries
            .iter()
            .filter_map(|tag| {
                let part = |name: &str| tag.get(name).and_then(scalar_text);
                Some((part("Key")?, part("Value")?))
            })
            .collect(),
        Some(Value::Object(entries)) => {
            entries.iter().filter_map(|(key, value)| Some((key.clone(), scalar_text(value)?))).collect()
        }
        _ => BTreeMap::new(),
    }
}

/// Puts the stack's tags under the resource's own.
///
/// Documented, that they are handed on and that it depends on the type:
/// docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html (read 2026-11-29).
/// Assumed: that a tag of the resource's own counts before the stack's.
pub(super) fn merge(
    style: TagStyle,
    properties: &mut Map<String, Value>,
    stack_tags: &BTreeMap<String, String>,
) {
    if stack_tags.is_empty() || style == TagStyle::None {
        return;
    }
    let mut tags = stack_tags.clone();
    tags.extend(read(properties.get("Tags")));
    let written = match style {
        TagStyle::List => tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
        TagStyle::Map | TagStyle::None => {
            Value::Object(tags.into_iter().map(|(key, value)| (key, Value::String(value))).collect())
        }
    };
    properties.insert("Tags".to_owned(), written);
}

/// What an update does to tags.
pub(super) struct TagChange {
    pub(super) set: BTreeMap<String, String>,
    pub(super) remove: Vec<String>,
}

/// What turns the old resource's tags into these.
pub(super) fn change(old: &Existing, new: &BTreeMap<String, String>) -> TagChange {
    let before = read(old.properties.get("Tags"));
    let set = new.iter().filter(|(key, value)| before.get(*key) != Some(value));
    let set = set.map(|(key, value)| (key.clone(), value.clone())).collect();
    let remove = before.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    TagChange { set, remove }
}

/// What an update asks Glue to do to the tags of one of its resources.
pub(super) fn of_glue(resource_arn: String, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = change(old, &properties.tags());
    let mut asks = Vec::new();
    if !change.set.is_empty() {
        let input = glue::TagResourceInput { resource_arn: resource_arn.clone(), tags_to_add: change.set };
        asks.push(Ask::to::<glue::TagResource>(input));
    }
    if !change.remove.is_empty() {
        let input = glue::UntagResourceInput { resource_arn, tags_to_remove: change.remove };
        asks.push(Ask::to::<glue::UntagResource>(input));
    }
    asks
}
