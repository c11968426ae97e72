//! The resource types: what a template may say of each, and which calls make, change and remove one.
//!
//! A type is a [`Kind`]: a table of properties and three functions from properties to calls. Calls go through the
//! other services' public operations, one after the other. The table is the whole truth: a property that is not in it
//! is refused before anything is created.
//! Documented (properties, what `Ref` and `Fn::GetAtt` answer, what needs replacement):
//! docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ (to be verified), a page for each type.
//! Start with `athena.rs` or `logs.rs`, the smallest.

mod ask;
mod athena;
mod cloudwatch;
mod dynamodb;
mod dynamodb_global;
mod events;
mod firehose;
mod glue;
mod glue_catalog;
mod glue_flows;
mod iam_policy;
mod iam_role;
mod kinesis;
mod lambda;
mod lambda_code;
mod lambda_mapping;
mod logs;
mod logs_filters;
mod logs_parts;
mod logs_saved;
mod make;
mod mwaa;
mod properties;
mod rds;
mod s3;
mod s3_configuration;
mod scheduler;
mod secretsmanager;
mod shape;
mod sns;
mod sqs;
mod tags;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wavetank_wire::Val;

use super::template::{ResourceSpec, TemplateError};
pub(super) use ask::{Ask, Readiness, Request, is_absent, says_exists};
pub(super) use make::Make;
pub(super) use properties::Properties;
use shape::Form;

/// What happens to a resource when this property changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    InPlace,
    Replace,
}

/// One property of a type.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    form: Form,
    pub(super) update: Update,
}

/// How a type takes tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagStyle {
    None,
    /// `Tags: [{Key, Value}]`.
    List,
    /// `Tags: {key: value}`.
    Map,
}

/// What is said of a type without looking at a resource.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) properties: &'static [Property],
    /// What `Fn::GetAtt` knows.
    pub(super) attributes: &'static [&'static str],
    /// Properties that AWS has and a tank has not.
    unbuilt: &'static [&'static str],
    /// Which property names the resource, if one does.
    pub(super) name_property: Option<&'static str>,
    pub(super) tags: TagStyle,
}

/// A resource as its type knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Made {
    pub(super) physical_id: String,
    /// What `Fn::GetAtt` answers.
    pub(super) attributes: BTreeMap<String, String>,
}

impl Made {
    fn new(physical_id: impl Into<String>) -> Self {
        Self { physical_id: physical_id.into(), attributes: BTreeMap::new() }
    }

    fn with(mut self, attribute: &str, value: impl Into<String>) -> Self {
        self.attributes.insert(attribute.to_owned(), value.into());
        self
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// A resource that exists, with the properties it was made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Existing {
    pub(super) made: Made,
    pub(super) properties: Map<String, Value>,
}

/// What is to be done for a resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) made: Made,
    pub(super) asks: Vec<Ask>,
}

/// Why a resource cannot be made from its properties: the event's reason.
pub(super) type Reason = String;

/// A resource type.
pub(super) trait Kind: Sync {
    fn spec(&self) -> &'static Spec;

    /// The calls that make one.
    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason>;

    /// The calls that change one in place. Only asked when no property that needs replacement has changed.
    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason>;

    /// The calls that remove one.
    fn delete(&self, make: &Make<'_>, old: &Existing) -> Vec<Ask>;

    /// Takes what only the other service knows (an id that it drew) from a reply.
    fn learn(&self, _made: &mut Made, _operation: &str, _reply: Val) {}
}

/// Every type, sorted by name.
static KINDS: [&dyn Kind; 47] = [
    &athena::NamedQuery,
    &athena::WorkGroup,
    &cloudwatch::Alarm,
    &cloudwatch::CompositeAlarm,
    &cloudwatch::Dashboard,
    &dynamodb_global::GlobalTable,
    &dynamodb::Table,
    &events::Archive,
    &events::EventBus,
    &events::EventBusPolicy,
    &events::Rule,
    &glue::Crawler,
    &glue_catalog::Database,
    &glue::Job,
    &glue_catalog::Partition,
    &glue_catalog::Table,
    &glue_flows::Trigger,
    &glue_flows::Workflow,
    &iam_policy::ManagedPolicy,
    &iam_policy::Policy,
    &iam_role::Role,
    &kinesis::Stream,
    &kinesis::StreamConsumer,
    &firehose::DeliveryStream,
    &lambda_mapping::EventSourceMapping,
    &lambda::Function,
    &lambda::Permission,
    &logs::LogGroup,
    &logs::LogStream,
    &logs_filters::MetricFilter,
    &logs_saved::QueryDefinition,
    &logs_saved::ResourcePolicy,
    &logs_filters::SubscriptionFilter,
    &mwaa::Environment,
    &rds::DbInstance,
    &rds::DbParameterGroup,
    &rds::DbSubnetGroup,
    &s3::Bucket,
    &s3::BucketPolicy,
    &scheduler::Schedule,
    &scheduler::ScheduleGroup,
    &secretsmanager::Secret,
    &sns::Subscription,
    &sns::Topic,
    &sns::TopicPolicy,
    &sqs::Queue,
    &sqs::QueuePolicy,
];

/// The type of this name, if it is built.
pub(super) fn kind(name: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.spec().name == name)
}

/// The names of all types.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.spec().name)
}

/// Refuses a type that is not built, by name.
pub(super) fn check_kind(logical: &str, spec: &ResourceSpec) -> Result<&'static dyn Kind, TemplateError> {
    match kind(&spec.kind) {
        Some(kind) => Ok(kind),
        None if spec.kind.starts_with("AWS::") || spec.kind.starts_with("Custom::") => {
            let what = format!("the resource type {}", spec.kind);
            Err(TemplateError::not_built(what, format!("resource {logical}")))
        }
        None => Err(TemplateError::UnknownTypes(vec![spec.kind.clone()])),
    }
}

/// Refuses a type or property that is not built, wherever it stands, by name. Functions are not evaluated.
pub(super) fn check(logical: &str, spec: &ResourceSpec) -> Result<(), TemplateError> {
    let kind = check_kind(logical, spec)?.spec();
    let place = format!("resource {logical} of type {}", kind.name);
    for (name, value) in &spec.properties {
        match kind.properties.iter().find(|property| property.name == name) {
            Some(property) => shape::check(&property.form, value, name, &place)?,
            None if kind.unbuilt.contains(&name.as_str()) => {
                return Err(TemplateError::not_built(format!("the property {name}"), place));
            }
            None => return Err(TemplateError::UnsupportedProperty { property: name.clone(), place }),
        }
    }
    Ok(())
}

/// The calls that make a resource.
pub(super) fn create(
    kind: &dyn Kind,
    make: &Make<'_>,
    properties: &Map<String, Value>,
) -> Result<Plan, Reason> {
    kind.create(make, &Properties { entries: properties, logical: make.logical })
}

/// The calls that change a resource in place.
pub(super) fn update(
    kind: &dyn Kind,
    make: &Make<'_>,
    old: &Existing,
    properties: &Map<String, Value>,
) -> Result<Plan, Reason> {
    kind.update(make, old, &Properties { entries: properties, logical: make.logical })
}

/// The stack's tags under the resource's own, where the type takes tags.
pub(super) fn with_stack_tags(
    kind: &dyn Kind,
    mut properties: Map<String, Value>,
    stack_tags: &BTreeMap<String, String>,
) -> Map<String, Value> {
    tags::merge(kind.spec().tags, &mut properties, stack_tags);
    properties
}

/// Names of the properties that differ.
pub(super) fn changed(
    kind: &dyn Kind,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Vec<&'static Property> {
    let differs = |property: &&Property| !shape::same(old.get(property.name), new.get(property.name));
    kind.spec().properties.iter().filter(differs).collect()
}
