//! Groups of schedules, and their tags: only groups have tags.
//!
//! Simplified: a group is gone at once, with its schedules; AWS shows it as DELETING for a while.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::scheduler::*;

use super::super::error::SchedulerError;
use super::{DEFAULT, Scheduler, own_arn, page};
use crate::world::Cx;

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) arn: String,
    created: Timestamp,
    token: Option<String>,
    tags: BTreeMap<String, String>,
}

impl Group {
    pub(super) fn new(cx: &Cx<'_>, name: &str, token: Option<String>) -> Self {
        let arn = own_arn(cx, format!("schedule-group/{name}"));
        Self { arn, created: cx.now, token, tags: BTreeMap::new() }
    }
}

impl Scheduler {
    pub(super) fn group(&self, name: &str) -> Result<&Group, SchedulerError> {
        self.groups.get(name).ok_or_else(|| SchedulerError::NoGroup(name.to_owned()))
    }

    /// The same request again is answered as the first: its client token tells.
    pub(in super::super) fn create_group(
        &mut self,
        cx: &Cx<'_>,
        input: CreateScheduleGroupInput,
    ) -> Result<CreateScheduleGroupOutput, SchedulerError> {
        if let Some(group) = self.groups.get(&input.name) {
            if group.token.is_some() && group.token == input.client_token {
                return Ok(CreateScheduleGroupOutput { schedule_group_arn: group.arn.clone() });
            }
            return Err(SchedulerError::GroupExists(input.name));
        }
        let mut group = Group::new(cx, &input.name, input.client_token);
        group.tags = input.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect();
        let arn = group.arn.clone();
        self.groups.insert(input.name, group);
        Ok(CreateScheduleGroupOutput { schedule_group_arn: arn })
    }

    pub(in super::super) fn get_group(
        &self,
        input: &GetScheduleGroupInput,
    ) -> Result<GetScheduleGroupOutput, SchedulerError> {
        let group = self.group(&input.name)?;
        Ok(GetScheduleGroupOutput {
            arn: Some(group.arn.clone()),
            name: Some(input.name.clone()),
            state: Some(schedule_group_state::ACTIVE.to_owned()),
            creation_date: Some(group.created),
            last_modification_date: Some(group.created),
        })
    }

    /// Its schedules go with it. Assumed: the sentence on the default group.
    pub(in super::super) fn delete_group(
        &mut self,
        input: &DeleteScheduleGroupInput,
    ) -> Result<DeleteScheduleGroupOutput, SchedulerError> {
        self.group(&input.name)?;
        if input.name == DEFAULT {
            return Err(SchedulerError::Invalid("The default schedule group cannot be deleted.".to_owned()));
        }
        let keys: Vec<_> = self.schedules.keys().filter(|(group, _)| *group == input.name).cloned().collect();
        for key in keys {
            self.forget(&key);
        }
        self.groups.remove(&input.name);
        Ok(DeleteScheduleGroupOutput {})
    }

    pub(in super::super) fn list_groups(
        &self,
        input: &ListScheduleGroupsInput,
    ) -> Result<ListScheduleGroupsOutput, SchedulerError> {
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let all = self.groups.iter().filter(|(name, _)| name.starts_with(prefix));
        let all = all.map(|(name, group)| ScheduleGroupSummary {
            arn: Some(group.arn.clone()),
            name: Some(name.clone()),
            state: Some(schedule_group_state::ACTIVE.to_owned()),
            creation_date: Some(group.created),
            last_modification_date: Some(group.created),
        });
        let (schedule_groups, next_token) = page(all, input.next_token.as_deref(), input.max_results)?;
        Ok(ListScheduleGroupsOutput { next_token, schedule_groups })
    }

    fn tags_of(&mut self, arn: &str) -> Result<&mut BTreeMap<String, String>, SchedulerError> {
        let found = self.groups.values_mut().find(|group| group.arn == arn);
        let name = arn.rsplit('/').next().unwrap_or_default();
        found.map(|group| &mut group.tags).ok_or_else(|| SchedulerError::NoGroup(name.to_owned()))
    }

    pub(in super::super) fn list_tags(
        &mut self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, SchedulerError> {
        let tags = self.tags_of(&input.resource_arn)?.iter();
        let tags = tags.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        Ok(ListTagsForResourceOutput { tags: Some(tags) })
    }

    pub(in super::super) fn tag(
        &mut self,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, SchedulerError> {
        let tags = self.tags_of(&input.resource_arn)?;
        tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
        Ok(TagResourceOutput {})
    }

    pub(in super::super) fn untag(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, SchedulerError> {
        self.tags_of(&input.resource_arn)?.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }
}
