//! AWS::Logs::MetricFilter and AWS::Logs::SubscriptionFilter.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_wire::logs::{self, schema};

use super::logs_parts::{group_of, lowered};
use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// Numbers out of a group's events. `Ref`: its name.
pub(super) struct MetricFilter;

const DIMENSION: &[(&str, Form)] = &[("Key", Form::Scalar), ("Value", Form::Scalar)];

static METRIC_FILTER: Spec = Spec {
    name: "AWS::Logs::MetricFilter",
    properties: &[
        Property { name: "ApplyOnTransformedLogs", form: Form::Scalar, update: Update::InPlace },
        Property { name: "FilterName", form: Form::Scalar, update: Update::Replace },
        Property { name: "FilterPattern", form: Form::Scalar, update: Update::InPlace },
        Property { name: "LogGroupName", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "MetricTransformations",
            form: Form::List(&[
                ("DefaultValue", Form::Scalar),
                ("Dimensions", Form::List(DIMENSION)),
                ("MetricName", Form::Scalar),
                ("MetricNamespace", Form::Scalar),
                ("MetricValue", Form::Scalar),
                ("Unit", Form::Scalar),
            ]),
            update: Update::InPlace,
        },
    ],
    attributes: &[],
    unbuilt: &["EmitSystemFieldDimensions", "FieldSelectionCriteria"],
    name_property: Some("FilterName"),
    tags: TagStyle::None,
};

impl Kind for MetricFilter {
    fn spec(&self) -> &'static Spec {
        &METRIC_FILTER
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("FilterName").unwrap_or_else(|| make.name(512));
        let input = metric_filter(&name, properties)?;
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<logs::PutMetricFilter>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = metric_filter(&old.made.physical_id, properties)?;
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<logs::PutMetricFilter>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = logs::DeleteMetricFilterInput {
            log_group_name: group_of(old),
            filter_name: old.made.physical_id.clone(),
        };
        vec![Ask::to::<logs::DeleteMetricFilter>(input).or_absent()]
    }
}

fn metric_filter(name: &str, properties: &Properties<'_>) -> Result<logs::PutMetricFilterInput, Reason> {
    let Some(Value::Array(entries)) = properties.get("MetricTransformations") else {
        return Err(properties.missing("MetricTransformations"));
    };
    let transformation = |entry: &Value| {
        // Dimensions are a list here, and a map in the service.
        let mut entry = lowered(entry);
        let dimensions = entry.as_object_mut().and_then(|entry| entry.remove("dimensions"));
        let mut made: logs::MetricTransformation =
            properties.convert(&schema::METRIC_TRANSFORMATION, &entry)?;
        let dimensions: BTreeMap<String, String> = tags::read(dimensions.as_ref());
        made.dimensions = Some(dimensions).filter(|all| !all.is_empty());
        Ok(made)
    };
    Ok(logs::PutMetricFilterInput {
        log_group_name: properties.required("LogGroupName")?,
        filter_name: name.to_owned(),
        filter_pattern: properties.required("FilterPattern")?,
        metric_transformations: entries.iter().map(transformation).collect::<Result<_, Reason>>()?,
        apply_on_transformed_logs: properties.flag("ApplyOnTransformedLogs"),
        ..Default::default()
    })
}

/// Events of a group for a stream or a function. `Ref`: its name.
pub(super) struct SubscriptionFilter;

static SUBSCRIPTION_FILTER: Spec = Spec {
    name: "AWS::Logs::SubscriptionFilter",
    properties: &[
        Property { name: "ApplyOnTransformedLogs", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DestinationArn", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Distribution", form: Form::Scalar, update: Update::InPlace },
        Property { name: "FilterName", form: Form::Scalar, update: Update::Replace },
        Property { name: "FilterPattern", form: Form::Scalar, update: Update::InPlace },
        Property { name: "LogGroupName", form: Form::Scalar, update: Update::Replace },
        Property { name: "RoleArn", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &["EmitSystemFields", "FieldSelectionCriteria"],
    name_property: Some("FilterName"),
    tags: TagStyle::None,
};

impl Kind for SubscriptionFilter {
    fn spec(&self) -> &'static Spec {
        &SUBSCRIPTION_FILTER
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("FilterName").unwrap_or_else(|| make.name(512));
        let input = subscription_filter(&name, properties)?;
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<logs::PutSubscriptionFilter>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = subscription_filter(&old.made.physical_id, properties)?;
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<logs::PutSubscriptionFilter>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = logs::DeleteSubscriptionFilterInput {
            log_group_name: group_of(old),
            filter_name: old.made.physical_id.clone(),
        };
        vec![Ask::to::<logs::DeleteSubscriptionFilter>(input).or_absent()]
    }
}

fn subscription_filter(
    name: &str,
    properties: &Properties<'_>,
) -> Result<logs::PutSubscriptionFilterInput, Reason> {
    Ok(logs::PutSubscriptionFilterInput {
        log_group_name: properties.required("LogGroupName")?,
        filter_name: name.to_owned(),
        filter_pattern: properties.required("FilterPattern")?,
        destination_arn: properties.required("DestinationArn")?,
        role_arn: properties.text("RoleArn"),
        distribution: properties.text("Distribution"),
        apply_on_transformed_logs: properties.flag("ApplyOnTransformedLogs"),
        ..Default::default()
    })
}
