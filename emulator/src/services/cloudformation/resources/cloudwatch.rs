//! AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm and AWS::CloudWatch::Dashboard.

use std::collections::BTreeMap;

use wavetank_wire::cloudwatch::{self, schema};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// An alarm on a metric or an expression. `Ref`: its name.
pub(super) struct Alarm;

static ALARM: Spec = Spec {
    name: "AWS::CloudWatch::Alarm",
    properties: &[
        Property { name: "AlarmName", form: Form::Scalar, update: Update::Replace },
        Property { name: "ActionsEnabled", form: Form::Scalar, update: Update::InPlace },
        Property { name: "AlarmActions", form: Form::Scalars, update: Update::InPlace },
        Property { name: "AlarmDescription", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ComparisonOperator", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DatapointsToAlarm", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Dimensions", form: Form::Api(&schema::DIMENSIONS), update: Update::InPlace },
        Property { name: "EvaluateLowSampleCountPercentile", form: Form::Scalar, update: Update::InPlace },
        Property { name: "EvaluationPeriods", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ExtendedStatistic", form: Form::Scalar, update: Update::InPlace },
        Property { name: "InsufficientDataActions", form: Form::Scalars, update: Update::InPlace },
        Property { name: "MetricName", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Metrics", form: Form::Api(&schema::METRIC_DATA_QUERIES), update: Update::InPlace },
        Property { name: "Namespace", form: Form::Scalar, update: Update::InPlace },
        Property { name: "OKActions", form: Form::Scalars, update: Update::InPlace },
        Property { name: "Period", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Statistic", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Threshold", form: Form::Scalar, update: Update::InPlace },
        Property { name: "TreatMissingData", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Unit", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &["EvaluationCriteria", "EvaluationInterval", "EvaluationWindow", "ThresholdMetricId"],
    name_property: Some("AlarmName"),
    tags: TagStyle::List,
};

/// Longest name of an alarm, in characters. Model.
const ALARM_NAME_MAX: usize = 255;

fn tag_list(tags: BTreeMap<String, String>) -> Option<Vec<cloudwatch::Tag>> {
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| cloudwatch::Tag { key, value }).collect();
    Some(tags).filter(|tags| !tags.is_empty())
}

/// Tags are taken when an alarm is made; later they have calls of their own.
fn tag_changes(arn: &str, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = tags::change(old, &properties.tags());
    let mut asks = Vec::new();
    if let Some(tags) = tag_list(change.set) {
        let input = cloudwatch::TagResourceInput { resource_arn: arn.to_owned(), tags };
        asks.push(Ask::to::<cloudwatch::TagResource>(input));
    }
    if !change.remove.is_empty() {
        let input = cloudwatch::UntagResourceInput { resource_arn: arn.to_owned(), tag_keys: change.remove };
        asks.push(Ask::to::<cloudwatch::UntagResource>(input));
    }
    asks
}

fn made(make: &Make<'_>, name: &str) -> Made {
    Made::new(name).with("Arn", make.arn("cloudwatch", format!("alarm:{name}")))
}

fn remove(old: &Existing) -> Vec<Ask> {
    let input = cloudwatch::DeleteAlarmsInput { alarm_names: vec![old.made.physical_id.clone()] };
    vec![Ask::to::<cloudwatch::DeleteAlarms>(input).or_absent()]
}

impl Kind for Alarm {
    fn spec(&self) -> &'static Spec {
        &ALARM
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("AlarmName").unwrap_or_else(|| make.name(ALARM_NAME_MAX));
        let mut input = metric_alarm(&name, properties)?;
        input.tags = tag_list(properties.tags());
        Ok(Plan { made: made(make, &name), asks: vec![Ask::to::<cloudwatch::PutMetricAlarm>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = metric_alarm(&old.made.physical_id, properties)?;
        let mut asks = vec![Ask::to::<cloudwatch::PutMetricAlarm>(input)];
        asks.extend(tag_changes(old.made.attribute("Arn"), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        remove(old)
    }
}

fn metric_alarm(name: &str, properties: &Properties<'_>) -> Result<cloudwatch::PutMetricAlarmInput, Reason> {
    properties.as_input(&schema::PUT_METRIC_ALARM_INPUT, &["Tags"], &[("AlarmName", name.into())])
}

/// An alarm on other alarms. `Ref`: its name.
pub(super) struct CompositeAlarm;

static COMPOSITE_ALARM: Spec = Spec {
    name: "AWS::CloudWatch::CompositeAlarm",
    properties: &[
        Property { name: "AlarmName", form: Form::Scalar, update: Update::Replace },
        Property { name: "ActionsEnabled", form: Form::Scalar, update: Update::InPlace },
        Property { name: "AlarmActions", form: Form::Scalars, update: Update::InPlace },
        Property { name: "AlarmDescription", form: Form::Scalar, update: Update::InPlace },
        Property { name: "AlarmRule", form: Form::Scalar, update: Update::InPlace },
        Property { name: "InsufficientDataActions", form: Form::Scalars, update: Update::InPlace },
        Property { name: "OKActions", form: Form::Scalars, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &["ActionsSuppressor", "ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod"],
    name_property: Some("AlarmName"),
    tags: TagStyle::List,
};

impl Kind for CompositeAlarm {
    fn spec(&self) -> &'static Spec {
        &COMPOSITE_ALARM
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("AlarmName").unwrap_or_else(|| make.name(ALARM_NAME_MAX));
        let mut input = composite_alarm(&name, properties)?;
        input.tags = tag_list(properties.tags());
        Ok(Plan { made: made(make, &name), asks: vec![Ask::to::<cloudwatch::PutCompositeAlarm>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = composite_alarm(&old.made.physical_id, properties)?;
        let mut asks = vec![Ask::to::<cloudwatch::PutCompositeAlarm>(input)];
        asks.extend(tag_changes(old.made.attribute("Arn"), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        remove(old)
    }
}

fn composite_alarm(
    name: &str,
    properties: &Properties<'_>,
) -> Result<cloudwatch::PutCompositeAlarmInput, Reason> {
    properties.as_input(&schema::PUT_COMPOSITE_ALARM_INPUT, &["Tags"], &[("AlarmName", name.into())])
}

/// A dashboard. `Ref`: its name.
pub(super) struct Dashboard;

static DASHBOARD: Spec = Spec {
    name: "AWS::CloudWatch::Dashboard",
    properties: &[
        Property { name: "DashboardName", form: Form::Scalar, update: Update::Replace },
        Property { name: "DashboardBody", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: Some("DashboardName"),
    tags: TagStyle::None,
};

fn put_dashboard(dashboard_name: String, properties: &Properties<'_>) -> Result<Ask, Reason> {
    let dashboard_body = properties.required("DashboardBody")?;
    let input = cloudwatch::PutDashboardInput { dashboard_name, dashboard_body, tags: None };
    Ok(Ask::to::<cloudwatch::PutDashboard>(input))
}

impl Kind for Dashboard {
    fn spec(&self) -> &'static Spec {
        &DASHBOARD
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("DashboardName").unwrap_or_else(|| make.name(ALARM_NAME_MAX));
        Ok(Plan { made: Made::new(&name), asks: vec![put_dashboard(name, properties)?] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let ask = put_dashboard(old.made.physical_id.clone(), properties)?;
        Ok(Plan { made: old.made.clone(), asks: vec![ask] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = cloudwatch::DeleteDashboardsInput { dashboard_names: vec![old.made.physical_id.clone()] };
        vec![Ask::to::<cloudwatch::DeleteDashboards>(input).or_absent()]
    }
}
