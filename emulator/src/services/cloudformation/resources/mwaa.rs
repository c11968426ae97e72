//! AWS::MWAA::Environment.
//!
//! Properties are the API's members. An update says what the template says now; what it no longer says stays, as it does for
//! `UpdateEnvironment`. Where the machine has no Airflow the resource fails with the sentence that says how to get one.

use serde_json::Value;
use wavetank_wire::mwaa::{self as api, schema};
use wavetank_wire::{FromVal as _, Val};

use super::properties::Properties;
use super::shape::Form;
use super::{
    Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update, tags,
};

/// An environment. `Ref`: its name.
pub(super) struct Environment;

static ENVIRONMENT: Spec = Spec {
    name: "AWS::MWAA::Environment",
    properties: &[
        Property { name: "AirflowConfigurationOptions", form: Form::Free, update: Update::InPlace },
        Property { name: "AirflowVersion", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DagS3Path", form: Form::Scalar, update: Update::InPlace },
        Property { name: "EndpointManagement", form: Form::Scalar, update: Update::Replace },
        Property { name: "EnvironmentClass", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ExecutionRoleArn", form: Form::Scalar, update: Update::InPlace },
        Property { name: "KmsKey", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "LoggingConfiguration",
            form: Form::Api(&schema::LOGGING_CONFIGURATION_INPUT),
            update: Update::InPlace,
        },
        Property { name: "MaxWebservers", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaxWorkers", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MinWebservers", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MinWorkers", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "NetworkConfiguration",
            form: Form::Api(&schema::NETWORK_CONFIGURATION),
            update: Update::Replace,
        },
        Property { name: "PluginsS3ObjectVersion", form: Form::Scalar, update: Update::InPlace },
        Property { name: "PluginsS3Path", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RequirementsS3ObjectVersion", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RequirementsS3Path", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Schedulers", form: Form::Scalar, update: Update::InPlace },
        Property { name: "SourceBucketArn", form: Form::Scalar, update: Update::InPlace },
        Property { name: "StartupScriptS3ObjectVersion", form: Form::Scalar, update: Update::InPlace },
        Property { name: "StartupScriptS3Path", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Free, update: Update::InPlace },
        Property { name: "WebserverAccessMode", form: Form::Scalar, update: Update::InPlace },
        Property { name: "WeeklyMaintenanceWindowStart", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &["Arn", "WebserverUrl"],
    unbuilt: &["WorkerReplacementStrategy"],
    name_property: Some("Name"),
    tags: TagStyle::Map,
};

impl Kind for Environment {
    fn spec(&self) -> &'static Spec {
        &ENVIRONMENT
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(80));
        let and = [("Name", Value::String(name.clone()))];
        let input: api::CreateEnvironmentInput =
            properties.as_input(&schema::CREATE_ENVIRONMENT_INPUT, &[], &and)?;
        let asks = vec![Ask::to::<api::CreateEnvironment>(input), until_available(&name)];
        let arn = make.arn("airflow", format!("environment/{name}"));
        Ok(Plan { made: Made::new(name).with("Arn", arn), asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let but = ["Tags", "NetworkConfiguration", "EndpointManagement", "KmsKey"];
        let and = [("Name", Value::String(name.clone()))];
        let input: api::UpdateEnvironmentInput =
            properties.as_input(&schema::UPDATE_ENVIRONMENT_INPUT, &but, &and)?;
        let mut asks = vec![Ask::to::<api::UpdateEnvironment>(input), until_available(&name)];
        let resource_arn = make.arn("airflow", format!("environment/{name}"));
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let tags = change.set.into_iter().collect();
            let input = api::TagResourceInput { resource_arn: resource_arn.clone(), tags };
            asks.push(Ask::to::<api::TagResource>(input));
        }
        if !change.remove.is_empty() {
            let input = api::UntagResourceInput { resource_arn, tag_keys: change.remove };
            asks.push(Ask::to::<api::UntagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = api::DeleteEnvironmentInput { name: old.made.physical_id.clone() };
        let gone = api::GetEnvironmentInput { name: old.made.physical_id.clone() };
        vec![
            Ask::to::<api::DeleteEnvironment>(input).or_absent(),
            Ask::to::<api::GetEnvironment>(gone).until_gone(),
        ]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "GetEnvironment" {
            let shown = api::GetEnvironmentOutput::from_val(reply).environment.unwrap_or_default();
            made.attributes.insert("WebserverUrl".to_owned(), shown.webserver_url.unwrap_or_default());
        }
    }
}

fn until_available(name: &str) -> Ask {
    Ask::to::<api::GetEnvironment>(api::GetEnvironmentInput { name: name.to_owned() }).until(readiness)
}

fn readiness(reply: Val) -> Readiness {
    let shown = api::GetEnvironmentOutput::from_val(reply).environment.unwrap_or_default();
    match shown.status.as_deref().unwrap_or_default() {
        "AVAILABLE" => Readiness::Ready,
        "CREATING" | "UPDATING" => Readiness::NotYet,
        other => {
            let error = shown.last_update.and_then(|update| update.error?.error_message);
            Readiness::Failed(format!("The environment is {other}: {}", error.unwrap_or_default()))
        }
    }
}
