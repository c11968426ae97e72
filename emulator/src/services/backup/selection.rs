//! Which tables a selection means: by ARN, with wildcards, by tags, and by conditions on tags.
//!
//! Documented: docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html (read 2026-11-28): an ARN or any of the tags
//! selects; conditions must all hold; what is named in NotResources is left out.

use std::collections::BTreeMap;

use wavetank_wire::backup as w;
use wavetank_wire::dynamodb as db;
use wavetank_wire::{FromVal as _, Val, WireError};

use super::jobs::Wanted;
use super::{Backup, BackupError, Owed, table_of};
use crate::world::Cx;

/// A rule's run, which looks for what it backs up.
#[derive(Clone, Debug)]
pub(super) struct Search {
    plan: String,
    rule: w::BackupRule,
    selection: String,
    /// What is known of a table's tags.
    tags: Tags,
}

type Tags = BTreeMap<String, String>;

/// Refuses what can select nothing here, by name.
pub(super) fn check_selection(selection: &w::BackupSelection) -> Result<(), BackupError> {
    let named = selection.resources.iter().chain(&selection.not_resources).flatten();
    for arn in named.filter(|arn| arn.as_str() != "*") {
        let service = arn.split(':').nth(2).unwrap_or_default();
        if !arn.starts_with("arn:") || service.is_empty() {
            return Err(BackupError::Parameter(format!("Invalid ARN: {arn}")));
        }
        if !matches!(service, "dynamodb" | "*") {
            return Err(BackupError::NotBuilt(format!("CreateBackupSelection of resources of {service}")));
        }
    }
    let selects = |list: Option<&Vec<String>>| list.is_some_and(|list| !list.is_empty());
    let by_tag = selection.list_of_tags.as_ref().is_some_and(|tags| !tags.is_empty());
    if !selects(selection.resources.as_ref()) && !by_tag {
        return Err(BackupError::Missing("Resources or ListOfTags"));
    }
    Ok(())
}

/// Whether a text is what a pattern says, in which `*` is any text.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            let Some(rest) = text.strip_prefix(head) else { return false };
            let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.any(|at| is_like(tail, &rest[at..]))
        }
    }
}

/// Whether a table is selected.
fn selects(selection: &w::BackupSelection, arn: &str, tags: &Tags) -> bool {
    let named = |list: &Option<Vec<String>>| list.iter().flatten().any(|pattern| is_like(pattern, arn));
    let is_tagged =
        |tag: &w::Condition| tags.get(&tag.condition_key).is_some_and(|value| *value == tag.condition_value);
    let by_tag = selection.list_of_tags.iter().flatten().any(is_tagged);
    (named(&selection.resources) || by_tag)
        && !named(&selection.not_resources)
        && selection.conditions.as_ref().is_none_or(|conditions| hold(conditions, tags))
}

/// Whether all conditions hold. Keys are `aws:ResourceTag/NAME`.
fn hold(conditions: &w::Conditions, tags: &Tags) -> bool {
    let all = |list: &Option<Vec<w::ConditionParameter>>, holds: &dyn Fn(Option<&String>, &str) -> bool| {
        list.iter().flatten().all(|condition| {
            let key = condition.condition_key.as_deref().unwrap_or_default();
            let key = key.strip_prefix("aws:ResourceTag/").unwrap_or(key);
            holds(tags.get(key), condition.condition_value.as_deref().unwrap_or_default())
        })
    };
    all(&conditions.string_equals, &|is, wanted| is.is_some_and(|is| is == wanted))
        && all(&conditions.string_not_equals, &|is, wanted| is.is_none_or(|is| is != wanted))
        && all(&conditions.string_like, &|is, wanted| is.is_some_and(|is| is_like(wanted, is)))
        && all(&conditions.string_not_like, &|is, wanted| is.is_none_or(|is| !is_like(wanted, is)))
}

impl Backup {
    /// Asks DynamoDB for its tables.
    pub(super) fn search(&mut self, cx: &mut Cx<'_>, plan: &str, rule: w::BackupRule, selection: &str) {
        let search =
            Search { plan: plan.to_owned(), rule, selection: selection.to_owned(), tags: Tags::new() };
        self.ask::<db::ListTables>(cx, db::ListTablesInput::default(), Owed::Tables(search));
    }

    pub(super) fn tables_found(&mut self, cx: &mut Cx<'_>, search: Search, result: Result<Val, WireError>) {
        let page = match result {
            Ok(val) => db::ListTablesOutput::from_val(val),
            Err(error) => {
                tracing::warn!(plan = search.plan, %error, "a backup plan's run cannot list tables");
                return;
            }
        };
        for table in page.table_names.unwrap_or_default() {
            let arn = wavetank_types::Arn::new(
                "dynamodb",
                &cx.scope.region,
                &cx.scope.account,
                format!("table/{table}"),
            );
            let resource_arn = arn.to_string();
            let input = db::ListTagsOfResourceInput { resource_arn: resource_arn.clone(), next_token: None };
            self.ask::<db::ListTagsOfResource>(cx, input, Owed::Tags(search.clone(), resource_arn));
        }
        if let Some(last) = page.last_evaluated_table_name {
            let input = db::ListTablesInput { exclusive_start_table_name: Some(last), limit: None };
            self.ask::<db::ListTables>(cx, input, Owed::Tables(search));
        }
    }

    /// A table's tags are known: it is backed up, if it is selected. A table that is gone meanwhile is not.
    pub(super) fn tags_found(
        &mut self,
        cx: &mut Cx<'_>,
        search: &Search,
        table: &str,
        result: Result<Val, WireError>,
    ) {
        let Ok(val) = result else { return };
        let page = db::ListTagsOfResourceOutput::from_val(val);
        let mut tags = search.tags.clone();
        tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        if page.next_token.is_some() {
            let resource_arn = table.to_owned();
            let input = db::ListTagsOfResourceInput { resource_arn, next_token: page.next_token };
            let search = Search { tags, ..search.clone() };
            self.ask::<db::ListTagsOfResource>(cx, input, Owed::Tags(search, table.to_owned()));
            return;
        }
        let Some(plan) = self.plans.get(&search.plan) else { return };
        let Some(selection) = plan.selections.get(&search.selection) else { return };
        if table_of("a selection", table).is_err() || !selects(&selection.body, table, &tags) {
            return;
        }
        let rule = &search.rule;
        let wanted = Wanted {
            vault: rule.target_backup_vault_name.clone(),
            resource: table.to_owned(),
            role: selection.body.iam_role_arn.clone(),
            lifecycle: rule.lifecycle.clone(),
            tags: rule.recovery_point_tags.clone().unwrap_or_default(),
            creator: Some(plan.creator(rule)),
        };
        self.start_job(cx, wanted);
    }
}
