//! Tags of alarms and dashboards.

use std::collections::BTreeMap;

use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::CloudWatch;

/// Tags by key.
///
/// Assumed: the sentences.
pub(super) fn read(tags: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, CloudWatchError> {
    let mut out = BTreeMap::new();
    for Tag { key, value } in tags.unwrap_or_default() {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(CloudWatchError::Value(
                "aws: prefixed tag key names are not allowed for external use.".to_owned(),
            ));
        }
        if out.insert(key, value).is_some() {
            return Err(CloudWatchError::Value("Tag keys must be unique.".to_owned()));
        }
    }
    if out.len() > limits::TAGS_MAX {
        return Err(CloudWatchError::Value(format!("A resource has at most {} tags.", limits::TAGS_MAX)));
    }
    Ok(out)
}

impl CloudWatch {
    /// The tags of the resource that an ARN names.
    fn tags_of(&mut self, arn: &str) -> Result<&mut BTreeMap<String, String>, CloudWatchError> {
        let missing = || CloudWatchError::NoResource(arn.to_owned());
        let resource = arn.splitn(6, ':').nth(5).ok_or_else(missing)?;
        let found = match (resource.strip_prefix("alarm:"), resource.strip_prefix("dashboard/")) {
            (Some(name), _) => self.alarms.get_mut(name).map(|alarm| &mut alarm.tags),
            (_, Some(name)) => self.dashboards.get_mut(name).map(|dashboard| &mut dashboard.tags),
            _ => None,
        };
        found.ok_or_else(missing)
    }

    pub(in super::super) fn list_tags_for_resource(
        &mut self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, CloudWatchError> {
        let tags = self.tags_of(&input.resource_arn)?;
        let tags = tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        Ok(ListTagsForResourceOutput { tags: Some(tags) })
    }

    pub(in super::super) fn tag_resource(
        &mut self,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, CloudWatchError> {
        let given = read(Some(input.tags))?;
        let tags = self.tags_of(&input.resource_arn)?;
        let added = given.keys().filter(|key| !tags.contains_key(*key)).count();
        if tags.len() + added > limits::TAGS_MAX {
            return Err(CloudWatchError::Value(format!("A resource has at most {} tags.", limits::TAGS_MAX)));
        }
        tags.extend(given);
        Ok(TagResourceOutput {})
    }

    pub(in super::super) fn untag_resource(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, CloudWatchError> {
        self.tags_of(&input.resource_arn)?.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }
}
