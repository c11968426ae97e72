//! Contributor insights: what is asked for is stored and shown; nothing is measured.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::TableError;
use super::limits::TRANSITION;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::table::settings::Insights;
use crate::world::Cx;

/// The mode of a client that says none. Documented: the service model's enumeration, for the name.
const MODE_DEFAULT: &str = "ACCESSED_AND_THROTTLED_KEYS";

impl Insights {
    fn status(&self, now: Timestamp) -> &'static str {
        match (self.is_enabled, now < self.changed + TRANSITION) {
            (true, true) => "ENABLING",
            (true, false) => "ENABLED",
            (false, true) => "DISABLING",
            (false, false) => "DISABLED",
        }
    }
}

/// Refuses an index that is not there. Assumed: the sentence.
fn check_index(table: &Table, index: Option<&String>) -> Result<(), TableError> {
    match index {
        Some(name) if !table.indexes.contains_key(name) => {
            Err(TableError::ResourceNotFound(format!("Index: {name} not found")))
        }
        _ => Ok(()),
    }
}

/// The rules that CloudWatch would have. Assumed: their names.
fn rules(table: &Table, index: Option<&String>, since: Timestamp) -> Vec<String> {
    let of = index.map_or_else(|| table.name.clone(), |index| format!("{}-{index}", table.name));
    let keys = index.and_then(|index| table.indexes.get(index)).map_or(&table.keys, |index| &index.keys);
    let kinds: &[&str] = if keys.sort.is_some() { &["PKC", "PKT", "SKC", "SKT"] } else { &["PKC", "PKT"] };
    let name = |kind: &&str| format!("DynamoDBContributorInsights-{kind}-{of}-{}", since.millis());
    kinds.iter().map(name).collect()
}

impl DynamoDb {
    pub(super) fn update_contributor_insights(
        &mut self,
        cx: &Cx<'_>,
        input: w::UpdateContributorInsightsInput,
    ) -> Result<w::UpdateContributorInsightsOutput, TableError> {
        let table = self.here(cx).described_mut(cx, &input.table_name)?;
        check_index(table, input.index_name.as_ref())?;
        let is_enabled = input.contributor_insights_action == w::contributor_insights_action::ENABLE;
        let mode = input.contributor_insights_mode.or_else(|| Some(MODE_DEFAULT.to_owned()));
        let insights = Insights { is_enabled, mode, changed: cx.now };
        let status = insights.status(cx.now);
        let out = w::UpdateContributorInsightsOutput {
            table_name: Some(table.name.clone()),
            index_name: input.index_name.clone(),
            contributor_insights_status: Some(status.to_owned()),
            contributor_insights_mode: insights.mode.clone(),
        };
        table.settings.insights.insert(input.index_name, insights);
        Ok(out)
    }

    pub(super) fn describe_contributor_insights(
        &mut self,
        cx: &Cx<'_>,
        input: w::DescribeContributorInsightsInput,
    ) -> Result<w::DescribeContributorInsightsOutput, TableError> {
        let table = self.here(cx).described(cx, &input.table_name)?;
        check_index(table, input.index_name.as_ref())?;
        let insights = table.settings.insights.get(&input.index_name);
        let enabled = insights.filter(|insights| insights.is_enabled);
        let status = insights.map_or("DISABLED", |insights| insights.status(cx.now));
        Ok(w::DescribeContributorInsightsOutput {
            table_name: Some(table.name.clone()),
            contributor_insights_rule_list: enabled
                .map(|insights| rules(table, input.index_name.as_ref(), insights.changed)),
            index_name: input.index_name,
            contributor_insights_status: Some(status.to_owned()),
            last_update_date_time: insights.map(|insights| insights.changed),
            contributor_insights_mode: enabled.and_then(|insights| insights.mode.clone()),
            failure_exception: None,
        })
    }

    /// Tables and indexes for which insights were ever asked for, in order of their names. A token is a count.
    pub(super) fn list_contributor_insights(
        &mut self,
        cx: &Cx<'_>,
        input: &w::ListContributorInsightsInput,
    ) -> Result<w::ListContributorInsightsOutput, TableError> {
        let here = self.here(cx);
        let only = match &input.table_name {
            Some(text) => Some(here.described(cx, text)?.name.clone()),
            None => None,
        };
        let tables: BTreeMap<&String, &Table> = here.tables.iter().collect();
        let wanted =
            tables.into_values().filter(|table| only.as_ref().is_none_or(|name| *name == table.name));
        let all: Vec<w::ContributorInsightsSummary> = wanted
            .flat_map(|table| {
                table.settings.insights.iter().map(|(index, insights)| w::ContributorInsightsSummary {
                    table_name: Some(table.name.clone()),
                    index_name: index.clone(),
                    contributor_insights_status: Some(insights.status(cx.now).to_owned()),
                    contributor_insights_mode: insights.mode.clone(),
                })
            })
            .collect();
        let from = input.next_token.as_deref().map_or(Ok(0), str::parse::<usize>);
        let from = from.map_err(|_| TableError::Request("Invalid NextToken".to_owned()))?;
        let most = input.max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(100).clamp(1, 100);
        let until = (from + most).min(all.len());
        let next_token = (until < all.len()).then(|| until.to_string());
        let page = all.get(from..until).unwrap_or_default().to_vec();
        Ok(w::ListContributorInsightsOutput { contributor_insights_summaries: Some(page), next_token })
    }
}
