//! Tags of streams and consumers, by both of their APIs.
//!
//! Recorded: the sentences, by kinesalite's tests; AWS speaks of 10 tags and allows 50.

use std::collections::BTreeMap;

use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::consumer::ConsumerName;
use crate::services::kinesis::error::{KinesisError, Whose};
use crate::services::kinesis::limits::*;
use crate::world::Cx;

/// Whether AWS takes this character at first sight.
fn is_usual(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || "./-=+_ @%:".contains(letter)
        || ('\u{C0}'..='\u{1FFF}').contains(&letter)
        || ('\u{2C00}'..='\u{D7FF}').contains(&letter)
}

/// Refuses tags with characters that AWS does not take.
pub(super) fn check<'a>(of: &Whose, texts: impl Iterator<Item = &'a String>) -> Result<(), KinesisError> {
    check_for(of, texts, "add tags to")
}

fn check_for<'a>(
    of: &Whose,
    texts: impl Iterator<Item = &'a String>,
    what: &str,
) -> Result<(), KinesisError> {
    let mut has_percent = false;
    for text in texts {
        if !text.chars().all(is_usual) {
            let why = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . \
                       / = + - % @.";
            return Err(KinesisError::Argument(why.to_owned()));
        }
        has_percent |= text.contains('%');
    }
    if has_percent {
        return Err(KinesisError::Argument(format!(
            "Failed to {what} stream {of} because some tags contained illegal characters. The allowed characters are \
             Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
        )));
    }
    Ok(())
}

pub(super) fn too_many(of: &Whose) -> KinesisError {
    // Recorded (kinesalite's tests) when the limit was 10. Assumed: the number in the sentence is that of today.
    KinesisError::Argument(format!(
        "Failed to add tags to stream {of} because a given stream cannot have more than {TAGS_MAX} tags associated with \
         it."
    ))
}

/// Adds tags, if all of them have room.
fn add(
    of: &Whose,
    tags: &mut BTreeMap<String, String>,
    more: BTreeMap<String, String>,
) -> Result<(), KinesisError> {
    check(of, more.iter().flat_map(|(key, value)| [key, value]))?;
    let added = more.keys().filter(|key| !tags.contains_key(*key)).count();
    if tags.len() + added > TAGS_MAX {
        return Err(too_many(of));
    }
    tags.extend(more);
    Ok(())
}

fn listed<'a>(tags: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<Tag> {
    tags.map(|(key, value)| Tag { key: key.clone(), value: Some(value.clone()) }).collect()
}

impl Kinesis {
    pub(in super::super) fn add_tags_to_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: AddTagsToStreamInput,
    ) -> Result<AddTagsToStreamOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "AddTagsToStream", name)?;
        let stream = self.named_mut(cx, name)?;
        let of = stream.whose();
        add(&of, &mut stream.tags, input.tags)?;
        Ok(AddTagsToStreamOutput {})
    }

    pub(in super::super) fn remove_tags_from_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &RemoveTagsFromStreamInput,
    ) -> Result<RemoveTagsFromStreamOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "RemoveTagsFromStream", name)?;
        let stream = self.named_mut(cx, name)?;
        check_for(&stream.whose(), input.tag_keys.iter(), "remove tags from")?;
        stream.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(RemoveTagsFromStreamOutput {})
    }

    pub(in super::super) fn list_tags_for_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ListTagsForStreamInput,
    ) -> Result<ListTagsForStreamOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "ListTagsForStream", name)?;
        let stream = self.named(cx, name)?;
        let most = usize::try_from(input.limit.unwrap_or(i64::MAX)).unwrap_or(0).min(LIST_TAGS_MAX);
        let start = input.exclusive_start_tag_key.as_ref();
        let mut rest = stream.tags.iter().filter(|(key, _)| start.is_none_or(|start| *key > start));
        let tags = listed(rest.by_ref().take(most));
        Ok(ListTagsForStreamOutput { tags, has_more_tags: rest.next().is_some() })
    }

    /// The tags of a stream or consumer, and how its owner is told.
    fn tags_of(
        &mut self,
        cx: &Cx<'_>,
        arn: &str,
    ) -> Result<(Whose, &mut BTreeMap<String, String>), KinesisError> {
        if let Some(name) = ConsumerName::of_arn(cx, arn) {
            let of = super::stream::whose(cx.scope, name.stream);
            return Ok((of, &mut self.consumer_mut(cx, name, arn)?.tags));
        }
        let stream = self.named_mut(cx, Self::name_of(cx, None, Some(arn))?)?;
        Ok((stream.whose(), &mut stream.tags))
    }

    pub(in super::super) fn tag_resource(
        &mut self,
        cx: &mut Cx<'_>,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, KinesisError> {
        let (of, tags) = self.tags_of(cx, &input.resource_arn)?;
        add(&of, tags, input.tags)?;
        Ok(TagResourceOutput {})
    }

    pub(in super::super) fn untag_resource(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, KinesisError> {
        let (_, tags) = self.tags_of(cx, &input.resource_arn)?;
        tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }

    pub(in super::super) fn list_tags_for_resource(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, KinesisError> {
        let (_, tags) = self.tags_of(cx, &input.resource_arn)?;
        Ok(ListTagsForResourceOutput { tags: Some(listed(tags.iter())) })
    }
}
