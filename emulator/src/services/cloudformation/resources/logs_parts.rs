//! What the types of CloudWatch Logs have in common.

use serde_json::Value;

use super::Existing;
use super::properties::Properties;

/// The group that a resource was made in.
pub(super) fn group_of(old: &Existing) -> String {
    let properties = Properties { entries: &old.properties, logical: "" };
    properties.text("LogGroupName").unwrap_or_default()
}

/// A structure with its members' names as the service spells them: `MetricName` becomes `metricName`.
pub(super) fn lowered(entry: &Value) -> Value {
    let Value::Object(members) = entry else { return entry.clone() };
    let lower = |(name, value): (&String, &Value)| {
        let mut name = name.clone();
        name.get_mut(..1).map(str::make_ascii_lowercase);
        (name, value.clone())
    };
    Value::Object(members.iter().map(lower).collect())
}
