//! Tags of instances, snapshots and groups, by ARN.

use std::collections::BTreeMap;

use wavetank_wire::rds as w;

use super::Rds;
use crate::services::rds::RdsError;
use crate::world::Cx;

impl Rds {
    /// Tags of something that has just been made.
    pub(super) fn set_tags(&mut self, arn: &str, tags: Vec<w::Tag>) {
        let tags: BTreeMap<String, String> = tags.into_iter().filter_map(entry).collect();
        if !tags.is_empty() {
            self.tags.insert(arn.to_owned(), tags);
        }
    }

    pub(super) fn tag_list(&self, arn: &str) -> Vec<w::Tag> {
        let tags = self.tags.get(arn).into_iter().flatten();
        tags.map(|(key, value)| w::Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect()
    }

    pub(in super::super) fn add_tags(
        &mut self,
        cx: &Cx<'_>,
        input: w::AddTagsToResourceInput,
    ) -> Result<(), RdsError> {
        self.check_resource(cx, &input.resource_name)?;
        let tags = self.tags.entry(input.resource_name).or_default();
        tags.extend(input.tags.into_iter().filter_map(entry));
        Ok(())
    }

    pub(in super::super) fn remove_tags(
        &mut self,
        cx: &Cx<'_>,
        input: &w::RemoveTagsFromResourceInput,
    ) -> Result<(), RdsError> {
        self.check_resource(cx, &input.resource_name)?;
        if let Some(tags) = self.tags.get_mut(&input.resource_name) {
            tags.retain(|key, _| !input.tag_keys.contains(key));
        }
        Ok(())
    }

    pub(in super::super) fn list_tags(
        &self,
        cx: &Cx<'_>,
        input: &w::ListTagsForResourceInput,
    ) -> Result<w::ListTagsForResourceOutput, RdsError> {
        self.check_resource(cx, &input.resource_name)?;
        Ok(w::ListTagsForResourceOutput { tag_list: Some(self.tag_list(&input.resource_name)) })
    }

    fn check_resource(&self, cx: &Cx<'_>, arn: &str) -> Result<(), RdsError> {
        let start = super::own_arn(cx, "", "");
        let rest = arn.strip_prefix(start.trim_end_matches(':'));
        let parts = rest.map(|rest| rest.trim_start_matches(':')).and_then(|rest| rest.split_once(':'));
        match parts {
            Some(("db", name)) => self.find(name).map(drop),
            Some(("snapshot", name)) => self.snapshot(name).map(drop),
            Some(("cluster", name)) => self.server(&super::key_of(name)).map(drop),
            Some(("cluster-snapshot", name)) => self.cluster_snapshot(name).map(drop),
            Some(("pg", name)) => self.known_parameter_group(name),
            Some(("subgrp", name)) => self.subnet_group(name).map(drop),
            _ => Err(RdsError::Value(format!("Invalid resource name: {arn}"))),
        }
    }
}

fn entry(tag: w::Tag) -> Option<(String, String)> {
    Some((tag.key?, tag.value.unwrap_or_default()))
}
