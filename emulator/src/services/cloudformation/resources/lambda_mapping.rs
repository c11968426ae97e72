//! AWS::Lambda::EventSourceMapping.

use serde_json::{Value, json};
use wavetank_wire::lambda::{self, schema};
use wavetank_wire::{FromVal, Operation, Val};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update};

/// A mapping. `Ref`: its id, which Lambda draws.
pub(super) struct EventSourceMapping;

static MAPPING: Spec = Spec {
    name: "AWS::Lambda::EventSourceMapping",
    properties: &[
        Property { name: "BatchSize", form: Form::Scalar, update: Update::InPlace },
        Property { name: "BisectBatchOnFunctionError", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "DestinationConfig",
            form: Form::Api(&schema::DESTINATION_CONFIG),
            update: Update::InPlace,
        },
        Property { name: "Enabled", form: Form::Scalar, update: Update::InPlace },
        Property { name: "EventSourceArn", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "FilterCriteria",
            form: Form::Api(&schema::FILTER_CRITERIA),
            update: Update::InPlace,
        },
        Property { name: "FunctionName", form: Form::Scalar, update: Update::InPlace },
        Property { name: "FunctionResponseTypes", form: Form::Scalars, update: Update::InPlace },
        Property { name: "MaximumBatchingWindowInSeconds", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaximumRecordAgeInSeconds", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaximumRetryAttempts", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ParallelizationFactor", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ScalingConfig", form: Form::Api(&schema::SCALING_CONFIG), update: Update::InPlace },
        Property { name: "StartingPosition", form: Form::Scalar, update: Update::Replace },
        Property { name: "StartingPositionTimestamp", form: Form::Scalar, update: Update::Replace },
        Property { name: "TumblingWindowInSeconds", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &["Id", "EventSourceMappingArn"],
    unbuilt: &[
        "AmazonManagedKafkaEventSourceConfig",
        "DocumentDBEventSourceConfig",
        "KmsKeyArn",
        "LoggingConfig",
        "MetricsConfig",
        "ProvisionedPollerConfig",
        "Queues",
        "SelfManagedEventSource",
        "SelfManagedKafkaEventSourceConfig",
        "SourceAccessConfigurations",
        "Tags",
        "Topics",
    ],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for EventSourceMapping {
    fn spec(&self) -> &'static Spec {
        &MAPPING
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let shape = &schema::CREATE_EVENT_SOURCE_MAPPING_REQUEST;
        let input: lambda::CreateEventSourceMappingInput = properties.as_input(shape, &[], &[])?;
        let asks = vec![Ask::to::<lambda::CreateEventSourceMapping>(input), until_stable(properties)];
        Ok(Plan { made: Made::default(), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let but = ["EventSourceArn", "StartingPosition", "StartingPositionTimestamp"];
        let mut and = vec![("UUID", Value::String(old.made.physical_id.clone()))];
        and.extend(reset(old, properties));
        let shape = &schema::UPDATE_EVENT_SOURCE_MAPPING_REQUEST;
        let input: lambda::UpdateEventSourceMappingInput = properties.as_input(shape, &but, &and)?;
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let asks = vec![
            until_stable(&before),
            Ask::to::<lambda::UpdateEventSourceMapping>(input),
            until_stable(properties),
        ];
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        let input = lambda::DeleteEventSourceMappingInput { uuid: old.made.physical_id.clone() };
        vec![
            until_stable(&before),
            Ask::to::<lambda::DeleteEventSourceMapping>(input).or_absent(),
            until_stable(&before),
        ]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "CreateEventSourceMapping" {
            let mapping = lambda::EventSourceMappingConfiguration::from_val(reply);
            let id = mapping.uuid.unwrap_or_default();
            made.physical_id.clone_from(&id);
            made.attributes.insert("Id".to_owned(), id);
            let arn = mapping.event_source_mapping_arn.unwrap_or_default();
            made.attributes.insert("EventSourceMappingArn".to_owned(), arn);
        }
    }
}

/// What an update says of the properties that are gone: AWS's defaults.
fn reset(old: &Existing, properties: &Properties<'_>) -> Vec<(&'static str, Value)> {
    let is_queue = properties.text("EventSourceArn").is_some_and(|arn| arn.contains(":sqs:"));
    let defaults = [
        ("BatchSize", if is_queue { json!(10) } else { json!(100) }),
        ("BisectBatchOnFunctionError", json!(false)),
        ("DestinationConfig", json!({ "OnFailure": {} })),
        ("Enabled", json!(true)),
        ("FilterCriteria", json!({ "Filters": [] })),
        ("FunctionResponseTypes", json!([])),
        ("MaximumBatchingWindowInSeconds", json!(0)),
        ("MaximumRecordAgeInSeconds", json!(-1)),
        ("MaximumRetryAttempts", json!(-1)),
        ("ParallelizationFactor", json!(1)),
        ("ScalingConfig", json!({})),
        ("TumblingWindowInSeconds", json!(0)),
    ];
    let gone = |name: &str| old.properties.contains_key(name) && properties.get(name).is_none();
    defaults.into_iter().filter(|(name, _)| gone(name)).collect()
}

/// Asked by source and function, since the id is not known before the mapping is made, nor found after it is deleted.
fn until_stable(properties: &Properties<'_>) -> Ask {
    let input = lambda::ListEventSourceMappingsInput {
        event_source_arn: properties.text("EventSourceArn"),
        function_name: properties.text("FunctionName"),
        ..Default::default()
    };
    Ask::to::<lambda::ListEventSourceMappings>(input).until(readiness)
}

fn readiness(reply: Val) -> Readiness {
    let out = <lambda::ListEventSourceMappings as Operation>::Output::from_val(reply);
    let is_stable = |mapping: &lambda::EventSourceMappingConfiguration| {
        matches!(mapping.state.as_deref(), Some("Enabled" | "Disabled"))
    };
    let all_stable = out.event_source_mappings.unwrap_or_default().iter().all(is_stable);
    if all_stable { Readiness::Ready } else { Readiness::NotYet }
}
