//! Saved queries. They are kept and shown; their texts are not read before they are run.

use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::DEFINITIONS_MAX;
use super::read::page;
use super::state::Logs;
use crate::world::Cx;

/// A saved query.
pub(super) type Definition = QueryDefinition;

impl Logs {
    /// Documented: API_PutQueryDefinition.html (read 2026-11-28): an update keeps nothing of what was before.
    pub(super) fn put_query_definition(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutQueryDefinitionInput,
    ) -> Result<PutQueryDefinitionOutput, LogsError> {
        let id = match input.query_definition_id {
            Some(id) if self.definitions.contains_key(&id) => id,
            Some(_) => return Err(LogsError::NoSuch("query definition")),
            None if self.definitions.len() >= DEFINITIONS_MAX => {
                return Err(LogsError::Limit("Resource limit exceeded.".to_owned()));
            }
            None => cx.uuid(),
        };
        let definition = QueryDefinition {
            query_language: Some(input.query_language.unwrap_or_else(|| "CWLI".to_owned())),
            query_definition_id: Some(id.clone()),
            name: Some(input.name),
            query_string: Some(input.query_string),
            last_modified: Some(cx.now.millis()),
            log_group_names: Some(input.log_group_names.unwrap_or_default()),
            parameters: input.parameters,
        };
        self.definitions.insert(id.clone(), definition);
        Ok(PutQueryDefinitionOutput { query_definition_id: Some(id) })
    }

    pub(super) fn delete_query_definition(
        &mut self,
        input: &DeleteQueryDefinitionInput,
    ) -> Result<DeleteQueryDefinitionOutput, LogsError> {
        let gone = self.definitions.remove(&input.query_definition_id);
        gone.ok_or(LogsError::NoSuch("query definition"))?;
        Ok(DeleteQueryDefinitionOutput { success: Some(true) })
    }

    pub(super) fn describe_query_definitions(
        &mut self,
        input: &DescribeQueryDefinitionsInput,
    ) -> Result<DescribeQueryDefinitionsOutput, LogsError> {
        let prefix = input.query_definition_name_prefix.as_deref().unwrap_or_default();
        let language = input.query_language.as_ref();
        let name = |found: &Definition| found.name.clone().unwrap_or_default();
        let is_wanted = |found: &&Definition| {
            name(found).starts_with(prefix)
                && (language.is_none() || found.query_language.as_ref() == language)
        };
        let mut all: Vec<Definition> = self.definitions.values().filter(is_wanted).cloned().collect();
        let key = |found: &Definition| {
            format!("{}\n{}", name(found), found.query_definition_id.clone().unwrap_or_default())
        };
        all.sort_by_key(key);
        let (page, next_token) = page(all, input.max_results, input.next_token.as_deref(), key);
        Ok(DescribeQueryDefinitionsOutput { query_definitions: Some(page), next_token })
    }
}
