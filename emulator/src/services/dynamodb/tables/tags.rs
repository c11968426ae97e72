//! TagResource, UntagResource and ListTagsOfResource.
//!
//! Recorded: the sentences, with AWS's spelling, dynalite's tests (github.com/mhart/dynalite, `test/tagResource.js` and its
//! neighbours), which run against AWS too; unless a line says otherwise.

use std::collections::BTreeMap;

use wavetank_wire::dynamodb as w;

use super::TableError;
use super::limits::{NAME_LETTERS, TAGS_MAX};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::table::Table;
use crate::world::Cx;

/// Tags by key. Assumed: all sentences.
pub(super) fn of(given: &[w::Tag]) -> Result<BTreeMap<String, String>, TableError> {
    let mut tags = BTreeMap::new();
    for tag in given {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(TableError::Parameter(format!("Tag keys must not begin with aws: {}", tag.key)));
        }
        if tags.insert(tag.key.clone(), tag.value.clone()).is_some() {
            return Err(TableError::Parameter(format!("Duplicate tag key: {}", tag.key)));
        }
    }
    check_count(tags.len())?;
    Ok(tags)
}

fn check_count(count: usize) -> Result<(), TableError> {
    if count <= TAGS_MAX {
        return Ok(());
    }
    Err(TableError::Parameter(format!("Number of tags exceeds the limit of {TAGS_MAX}: {count}")))
}

/// The name of the table of an ARN that is to be tagged.
fn tagged(arn: &str) -> Result<&str, TableError> {
    let invalid =
        || TableError::Request(format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}"));
    let (_, name) = arn.split_once(":table/").ok_or_else(invalid)?;
    if !arn.starts_with("arn:") || !NAME_LETTERS.contains(&name.len()) {
        return Err(invalid());
    }
    Ok(name)
}

impl DynamoDb {
    fn tagged_mut(&mut self, cx: &Cx<'_>, arn: &str) -> Result<&mut Table, TableError> {
        let name = tagged(arn)?;
        let missing = || TableError::ResourceNotFound(format!("ResourcArn: {arn} not found"));
        let table = self.here(cx).tables.get_mut(name).ok_or_else(missing)?;
        if table.settings.arn == arn { Ok(table) } else { Err(missing()) }
    }

    pub(super) fn tag_resource(
        &mut self,
        cx: &Cx<'_>,
        input: &w::TagResourceInput,
    ) -> Result<(), TableError> {
        tagged(&input.resource_arn)?;
        if input.tags.is_empty() {
            return Err(TableError::Request("Atleast one Tag needs to be provided as Input.".to_owned()));
        }
        let more = of(&input.tags)?;
        let table = self.tagged_mut(cx, &input.resource_arn)?;
        let added = more.keys().filter(|key| !table.settings.tags.contains_key(*key)).count();
        check_count(table.settings.tags.len() + added)?;
        table.settings.tags.extend(more);
        Ok(())
    }

    pub(super) fn untag_resource(
        &mut self,
        cx: &Cx<'_>,
        input: &w::UntagResourceInput,
    ) -> Result<(), TableError> {
        tagged(&input.resource_arn)?;
        if input.tag_keys.is_empty() {
            return Err(TableError::Request("Atleast one Tag Key needs to be provided as Input.".to_owned()));
        }
        let table = self.tagged_mut(cx, &input.resource_arn)?;
        table.settings.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(())
    }

    /// A page of them, in the order of their keys. The token is the hexadecimal key of the last one.
    /// Assumed: how many a page has, which AWS does not tell; the sentence about a token that is none.
    pub(super) fn list_tags(
        &mut self,
        cx: &Cx<'_>,
        input: &w::ListTagsOfResourceInput,
    ) -> Result<w::ListTagsOfResourceOutput, TableError> {
        let tags = &self.tagged_mut(cx, &input.resource_arn)?.settings.tags;
        let invalid = || TableError::Request("Invalid NextToken".to_owned());
        let read = |token: &String| String::from_utf8(hex::decode(token).ok()?).ok();
        let after = input.next_token.as_ref().map(|token| read(token).ok_or_else(invalid)).transpose()?;
        let mut rest = tags.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
        let page: Vec<(&String, &String)> = rest.by_ref().take(TAGS_OF_PAGE).collect();
        let next = rest.next().and_then(|_| page.last().map(|(key, _)| hex::encode(key)));
        let shown = |(key, value): (&String, &String)| w::Tag { key: key.clone(), value: value.clone() };
        Ok(w::ListTagsOfResourceOutput {
            tags: Some(page.into_iter().map(shown).collect()),
            next_token: next,
        })
    }
}

/// Tags of one answer of ListTagsOfResource.
const TAGS_OF_PAGE: usize = 10;
