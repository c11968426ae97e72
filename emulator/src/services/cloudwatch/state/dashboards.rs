//! Dashboards: kept as they were put, after a look at their widgets.
//!
//! Documented: dashboards are of an account, not of a region. Assumed: here each region keeps its own, since that is what a tank's
//! services are; the sentences of validation.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::{CloudWatch, tags, token};
use crate::world::Cx;

/// A dashboard.
#[derive(Debug)]
pub(super) struct Dashboard {
    body: String,
    modified: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    format!("arn:aws:cloudwatch::{}:dashboard/{name}", cx.scope.account)
}

impl CloudWatch {
    pub(in super::super) fn put_dashboard(
        &mut self,
        cx: &Cx<'_>,
        input: PutDashboardInput,
    ) -> Result<PutDashboardOutput, CloudWatchError> {
        let name = input.dashboard_name;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > limits::DASHBOARD_NAME_MAX || !name.chars().all(plain) {
            let why = format!(
                "The value {name} for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_)."
            );
            return Err(CloudWatchError::Value(why));
        }
        let said = check_body(&input.dashboard_body)?;
        let given = tags::read(input.tags)?;
        let dashboard = self.dashboards.entry(name).or_insert_with(|| Dashboard {
            body: String::new(),
            modified: cx.now,
            tags: given,
        });
        dashboard.body = input.dashboard_body;
        dashboard.modified = cx.now;
        Ok(PutDashboardOutput { dashboard_validation_messages: Some(said) })
    }

    pub(in super::super) fn get_dashboard(
        &self,
        cx: &Cx<'_>,
        input: &GetDashboardInput,
    ) -> Result<GetDashboardOutput, CloudWatchError> {
        let name = &input.dashboard_name;
        let dashboard =
            self.dashboards.get(name).ok_or_else(|| CloudWatchError::NoDashboard(name.clone()))?;
        Ok(GetDashboardOutput {
            dashboard_arn: Some(arn(cx, name)),
            dashboard_body: Some(dashboard.body.clone()),
            dashboard_name: Some(name.clone()),
        })
    }

    pub(in super::super) fn list_dashboards(
        &self,
        cx: &Cx<'_>,
        input: &ListDashboardsInput,
    ) -> Result<ListDashboardsOutput, CloudWatchError> {
        let last: Option<String> = input
            .next_token
            .as_deref()
            .map(|text| token::read(text).ok_or_else(token::refused))
            .transpose()?;
        let prefix = input.dashboard_name_prefix.as_deref().unwrap_or_default();
        let mut found = self
            .dashboards
            .iter()
            .filter(|(name, _)| name.starts_with(prefix) && last.as_ref().is_none_or(|last| *name > last));
        let entry = |(name, dashboard): (&String, &Dashboard)| DashboardEntry {
            dashboard_name: Some(name.clone()),
            dashboard_arn: Some(arn(cx, name)),
            last_modified: Some(dashboard.modified),
            size: i64::try_from(dashboard.body.len()).ok(),
        };
        let entries: Vec<DashboardEntry> = found.by_ref().take(limits::DASHBOARDS_PAGE).map(entry).collect();
        let more = found.next().is_some();
        let last = entries.last().filter(|_| more).and_then(|entry| entry.dashboard_name.clone());
        Ok(ListDashboardsOutput {
            dashboard_entries: Some(entries),
            next_token: last.map(|last| token::write(&last)),
        })
    }

    /// Deletes all or, if one is not there, none.
    pub(in super::super) fn delete_dashboards(
        &mut self,
        input: &DeleteDashboardsInput,
    ) -> Result<DeleteDashboardsOutput, CloudWatchError> {
        let missing = input.dashboard_names.iter().filter(|name| !self.dashboards.contains_key(*name));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(CloudWatchError::NoDashboard(missing.join(", ")));
        }
        for name in &input.dashboard_names {
            self.dashboards.remove(name);
        }
        Ok(DeleteDashboardsOutput {})
    }
}

/// What is wrong with a body: fatal things are refused, others only said.
fn check_body(body: &str) -> Result<Vec<DashboardValidationMessage>, CloudWatchError> {
    let refuse = |why: String| Err(CloudWatchError::DashboardBody(why));
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return refuse("The field DashboardBody must be a valid JSON object".to_owned());
    };
    let Some(widgets) = body.get("widgets") else {
        return refuse("The dashboard body is invalid, there are validation errors: [{\"message\":\"Should have property widgets\"}]".to_owned());
    };
    let Some(widgets) = widgets.as_array() else {
        return refuse("The dashboard body is invalid, there are validation errors: [{\"dataPath\":\"/widgets\",\"message\":\"Should be array\"}]".to_owned());
    };
    if widgets.len() > limits::WIDGETS_MAX {
        return refuse(format!(
            "The dashboard body is invalid, it has more than {} widgets",
            limits::WIDGETS_MAX
        ));
    }
    let mut wrong = Vec::new();
    let mut said = Vec::new();
    for (at, widget) in widgets.iter().enumerate() {
        let path = format!("/widgets/{at}");
        match widget.get("type").and_then(Value::as_str) {
            Some("metric" | "text" | "log" | "alarm" | "explorer" | "custom") => {}
            _ => wrong.push((
                format!("{path}/type"),
                "Should be one of: metric, text, log, alarm, explorer, custom",
            )),
        }
        match widget.get("properties") {
            Some(Value::Object(properties)) => check_widget(widget, properties, &path, &mut said),
            _ => wrong.push((path, "Should have property properties")),
        }
    }
    if wrong.is_empty() {
        return Ok(said);
    }
    let wrong: Vec<String> = wrong
        .iter()
        .map(|(path, message)| format!("{{\"dataPath\":\"{path}\",\"message\":\"{message}\"}}"))
        .collect();
    refuse(format!(
        "The dashboard body is invalid, there are {} validation errors: [{}]",
        wrong.len(),
        wrong.join(",")
    ))
}

/// Things that a dashboard can be kept with.
fn check_widget(
    widget: &Value,
    properties: &serde_json::Map<String, Value>,
    path: &str,
    said: &mut Vec<DashboardValidationMessage>,
) {
    let mut say = |path: String, message: &str| {
        said.push(DashboardValidationMessage { data_path: Some(path), message: Some(message.to_owned()) });
    };
    if widget.get("type").and_then(Value::as_str) == Some("metric") {
        if !properties.contains_key("region") {
            say(format!("{path}/properties"), "Should have property region");
        }
        if !properties.contains_key("metrics") && !properties.contains_key("annotations") {
            say(format!("{path}/properties"), "Should have property metrics or annotations");
        }
    }
}
