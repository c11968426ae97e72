//! Tags of functions.

use wavetank_wire::lambda as api;

use super::super::error::{NameRefusal, Refusal, SettingRefusal};
use super::super::limits;
use super::Lambda;
use super::names::Target;
use crate::world::Cx;

fn tagged(cx: &Cx<'_>, resource: &str) -> Result<Target, Refusal> {
    let target = Target::parse(cx.scope, resource, None)?;
    if target.qualifier.is_some() { Err(NameRefusal::TagsOnVersion.into()) } else { Ok(target) }
}

impl Lambda {
    pub(in super::super) fn tag_resource(
        &mut self,
        cx: &Cx<'_>,
        input: api::TagResourceInput,
    ) -> Result<api::TagResourceOutput, Refusal> {
        if input.tags.is_empty() {
            return Err(SettingRefusal::NoTags.into());
        }
        let target = tagged(cx, &input.resource)?;
        let function = self.function_mut(cx, &target)?;
        let mut tags = function.tags.clone();
        tags.extend(input.tags);
        if tags.len() > limits::TAGS_MAX {
            return Err(SettingRefusal::TooManyTags.into());
        }
        function.tags = tags;
        Ok(api::TagResourceOutput {})
    }

    pub(in super::super) fn untag_resource(
        &mut self,
        cx: &Cx<'_>,
        input: api::UntagResourceInput,
    ) -> Result<api::UntagResourceOutput, Refusal> {
        let target = tagged(cx, &input.resource)?;
        self.function_mut(cx, &target)?.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(api::UntagResourceOutput {})
    }

    pub(in super::super) fn list_tags(
        &self,
        cx: &Cx<'_>,
        input: api::ListTagsInput,
    ) -> Result<api::ListTagsOutput, Refusal> {
        let target = tagged(cx, &input.resource)?;
        Ok(api::ListTagsOutput { tags: Some(self.function(cx, &target)?.tags.clone()) })
    }
}
