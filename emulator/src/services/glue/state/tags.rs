//! Tags of databases, crawlers, jobs, triggers and workflows, by ARN.

use std::collections::BTreeMap;

use wavetank_types::Arn;
use wavetank_wire::glue::{
    GetTagsInput, GetTagsOutput, TagResourceInput, TagResourceOutput, UntagResourceInput, UntagResourceOutput,
};

use super::crawlers::Crawlers;
use super::databases::Catalog;
use super::flows::Flows;
use super::jobs::Jobs;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::TAGS_MAX;
use crate::world::Cx;

type TagMap = BTreeMap<String, String>;

/// Tags by resource, such as `job/clean`.
#[derive(Debug, Default)]
pub(super) struct Tags(BTreeMap<String, TagMap>);

impl Tags {
    /// Refuses tags that a new resource may not have.
    pub(super) fn check(tags: Option<&TagMap>) -> Result<(), GlueError> {
        match tags {
            Some(tags) if tags.len() > TAGS_MAX => Err(GlueError::TooManyTags(TAGS_MAX)),
            _ => Ok(()),
        }
    }

    pub(super) fn set(&mut self, resource: &str, tags: Option<TagMap>) {
        if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
            self.0.insert(resource.to_owned(), tags);
        }
    }

    pub(super) fn forget(&mut self, resource: &str) {
        self.0.remove(resource);
    }

    /// Whether a resource has all of these tags.
    pub(super) fn has_all(&self, resource: &str, wanted: Option<&TagMap>) -> bool {
        let own = self.0.get(resource);
        wanted.is_none_or(|wanted| {
            wanted.iter().all(|(key, value)| own.and_then(|own| own.get(key)) == Some(value))
        })
    }

    pub(super) fn get(
        &self,
        known: Known<'_>,
        cx: &Cx<'_>,
        input: GetTagsInput,
    ) -> Result<GetTagsOutput, GlueError> {
        let resource = known.resource(cx, &input.resource_arn)?;
        Ok(GetTagsOutput { tags: Some(self.0.get(&resource).cloned().unwrap_or_default()) })
    }

    pub(super) fn tag(
        &mut self,
        known: Known<'_>,
        cx: &Cx<'_>,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, GlueError> {
        let resource = known.resource(cx, &input.resource_arn)?;
        let mut tags = self.0.get(&resource).cloned().unwrap_or_default();
        tags.extend(input.tags_to_add);
        Self::check(Some(&tags))?;
        self.set(&resource, Some(tags));
        Ok(TagResourceOutput {})
    }

    pub(super) fn untag(
        &mut self,
        known: Known<'_>,
        cx: &Cx<'_>,
        input: UntagResourceInput,
    ) -> Result<UntagResourceOutput, GlueError> {
        let resource = known.resource(cx, &input.resource_arn)?;
        if let Some(tags) = self.0.get_mut(&resource) {
            tags.retain(|key, _| !input.tags_to_remove.contains(key));
        }
        Ok(UntagResourceOutput {})
    }
}

/// What exists and can have tags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) crawlers: &'a Crawlers,
    pub(super) jobs: &'a Jobs,
    pub(super) flows: &'a Flows,
}

impl Known<'_> {
    /// The resource of an ARN of this account and region, such as `job/clean`.
    fn resource(&self, cx: &Cx<'_>, text: &str) -> Result<String, GlueError> {
        let missing = || GlueError::NoResource(text.to_owned());
        let arn: Arn = text.parse().map_err(|_| GlueError::Invalid(format!("Invalid ARN: {text}")))?;
        if Arn::new("glue", &cx.scope.region, &cx.scope.account, arn.resource.clone()) != arn {
            return Err(missing());
        }
        let exists = match arn.resource.split_once('/') {
            Some(("database", name)) => self.catalog.database(name).is_ok(),
            Some(("crawler", name)) => self.crawlers.has(name),
            Some(("job", name)) => self.jobs.has(name),
            Some(("trigger", name)) => self.flows.triggers.has(name),
            Some(("workflow", name)) => self.flows.workflows.has(name),
            _ => return Err(GlueError::NotBuilt(format!("tags of `{}`", arn.resource))),
        };
        if exists { Ok(arn.resource) } else { Err(missing()) }
    }
}
