//! AWS::Glue::Trigger and AWS::Glue::Workflow.

use serde_json::Value;
use wavetank_wire::glue::{self, schema};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A trigger. `Ref`: its name.
pub(super) struct Trigger;

static TRIGGER: Spec = Spec {
    name: "AWS::Glue::Trigger",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Actions", form: Form::Api(&schema::ACTION_LIST), update: Update::InPlace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "EventBatchingCondition",
            form: Form::Api(&schema::EVENT_BATCHING_CONDITION),
            update: Update::InPlace,
        },
        Property { name: "Predicate", form: Form::Api(&schema::PREDICATE), update: Update::InPlace },
        Property { name: "Schedule", form: Form::Scalar, update: Update::InPlace },
        Property { name: "StartOnCreation", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Free, update: Update::InPlace },
        Property { name: "Type", form: Form::Scalar, update: Update::Replace },
        Property { name: "WorkflowName", form: Form::Scalar, update: Update::Replace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: Some("Name"),
    tags: TagStyle::Map,
};

impl Kind for Trigger {
    fn spec(&self) -> &'static Spec {
        &TRIGGER
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(255));
        let and = [("Name", Value::String(name.clone()))];
        let input: glue::CreateTriggerInput =
            properties.as_input(&schema::CREATE_TRIGGER_REQUEST, &[], &and)?;
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<glue::CreateTrigger>(input)] })
    }

    /// Assumed: `StartOnCreation` matters to a new trigger only.
    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let but = ["Name", "StartOnCreation", "Tags", "Type", "WorkflowName"];
        let trigger_update = properties.as_input(&schema::TRIGGER_UPDATE, &but, &[])?;
        let arn = make.arn("glue", format!("trigger/{name}"));
        let mut asks =
            vec![Ask::to::<glue::UpdateTrigger>(glue::UpdateTriggerInput { name, trigger_update })];
        asks.extend(tags::of_glue(arn, old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeleteTriggerInput { name: old.made.physical_id.clone() };
        vec![Ask::to::<glue::DeleteTrigger>(input).or_absent()]
    }
}

/// A workflow. `Ref`: its name.
pub(super) struct Workflow;

static WORKFLOW: Spec = Spec {
    name: "AWS::Glue::Workflow",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "DefaultRunProperties", form: Form::Free, update: Update::InPlace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaxConcurrentRuns", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Free, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: Some("Name"),
    tags: TagStyle::Map,
};

impl Kind for Workflow {
    fn spec(&self) -> &'static Spec {
        &WORKFLOW
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(255));
        let and = [("Name", Value::String(name.clone()))];
        let input: glue::CreateWorkflowInput =
            properties.as_input(&schema::CREATE_WORKFLOW_REQUEST, &[], &and)?;
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<glue::CreateWorkflow>(input)] })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let and = [("Name", Value::String(name.clone()))];
        let input: glue::UpdateWorkflowInput =
            properties.as_input(&schema::UPDATE_WORKFLOW_REQUEST, &["Tags"], &and)?;
        let mut asks = vec![Ask::to::<glue::UpdateWorkflow>(input)];
        asks.extend(tags::of_glue(make.arn("glue", format!("workflow/{name}")), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeleteWorkflowInput { name: old.made.physical_id.clone() };
        vec![Ask::to::<glue::DeleteWorkflow>(input).or_absent()]
    }
}
