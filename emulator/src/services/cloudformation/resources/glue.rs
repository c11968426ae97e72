//! AWS::Glue::Job and AWS::Glue::Crawler.
//!
//! Properties are the API's members, but for a crawler's schedule. `glue_flows.rs` has triggers and workflows.

use serde_json::{Value, json};
use wavetank_wire::glue::{self, schema};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A job. `Ref`: its name.
pub(super) struct Job;

static JOB: Spec = Spec {
    name: "AWS::Glue::Job",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "AllocatedCapacity", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Command", form: Form::Api(&schema::JOB_COMMAND), update: Update::InPlace },
        Property { name: "Connections", form: Form::Api(&schema::CONNECTIONS_LIST), update: Update::InPlace },
        Property { name: "DefaultArguments", form: Form::Free, update: Update::InPlace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ExecutionClass", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "ExecutionProperty",
            form: Form::Api(&schema::EXECUTION_PROPERTY),
            update: Update::InPlace,
        },
        Property { name: "GlueVersion", form: Form::Scalar, update: Update::InPlace },
        Property { name: "JobMode", form: Form::Scalar, update: Update::InPlace },
        Property { name: "JobRunQueuingEnabled", form: Form::Scalar, update: Update::InPlace },
        Property { name: "LogUri", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaintenanceWindow", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaxCapacity", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaxRetries", form: Form::Scalar, update: Update::InPlace },
        Property { name: "NonOverridableArguments", form: Form::Free, update: Update::InPlace },
        Property {
            name: "NotificationProperty",
            form: Form::Api(&schema::NOTIFICATION_PROPERTY),
            update: Update::InPlace,
        },
        Property { name: "NumberOfWorkers", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Role", form: Form::Scalar, update: Update::InPlace },
        Property { name: "SecurityConfiguration", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Free, update: Update::InPlace },
        Property { name: "Timeout", form: Form::Scalar, update: Update::InPlace },
        Property { name: "WorkerType", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: Some("Name"),
    tags: TagStyle::Map,
};

impl Kind for Job {
    fn spec(&self) -> &'static Spec {
        &JOB
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(255));
        let and = [("Name", Value::String(name.clone()))];
        let input: glue::CreateJobInput = properties.as_input(&schema::CREATE_JOB_REQUEST, &[], &and)?;
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<glue::CreateJob>(input)] })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let job_name = old.made.physical_id.clone();
        let job_update = properties.as_input(&schema::JOB_UPDATE, &["Name", "Tags"], &[])?;
        let arn = make.arn("glue", format!("job/{job_name}"));
        let mut asks = vec![Ask::to::<glue::UpdateJob>(glue::UpdateJobInput { job_name, job_update })];
        asks.extend(tags::of_glue(arn, old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeleteJobInput { job_name: old.made.physical_id.clone() };
        vec![Ask::to::<glue::DeleteJob>(input).or_absent()]
    }
}

/// A crawler. `Ref`: its name.
pub(super) struct Crawler;

static CRAWLER: Spec = Spec {
    name: "AWS::Glue::Crawler",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Classifiers", form: Form::Scalars, update: Update::InPlace },
        Property { name: "Configuration", form: Form::Scalar, update: Update::InPlace },
        Property { name: "CrawlerSecurityConfiguration", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DatabaseName", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "LakeFormationConfiguration",
            form: Form::Api(&schema::LAKE_FORMATION_CONFIGURATION),
            update: Update::InPlace,
        },
        Property { name: "RecrawlPolicy", form: Form::Api(&schema::RECRAWL_POLICY), update: Update::InPlace },
        Property { name: "Role", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Schedule", form: Form::Api(&schema::SCHEDULE), update: Update::InPlace },
        Property {
            name: "SchemaChangePolicy",
            form: Form::Api(&schema::SCHEMA_CHANGE_POLICY),
            update: Update::InPlace,
        },
        Property { name: "TablePrefix", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Free, update: Update::InPlace },
        Property { name: "Targets", form: Form::Api(&schema::CRAWLER_TARGETS), update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &["LineageConfiguration"],
    name_property: Some("Name"),
    tags: TagStyle::Map,
};

impl Kind for Crawler {
    fn spec(&self) -> &'static Spec {
        &CRAWLER
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(255));
        let mut and = vec![("Name", Value::String(name.clone()))];
        and.extend(expression(properties).map(|text| ("Schedule", text)));
        let input: glue::CreateCrawlerInput =
            properties.as_input(&schema::CREATE_CRAWLER_REQUEST, &["Schedule"], &and)?;
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<glue::CreateCrawler>(input)] })
    }

    /// What the template no longer says is emptied where a text can be empty, and stays otherwise.
    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let mut and = vec![("Name", Value::String(name.clone()))];
        for text in ["Description", "TablePrefix", "Configuration"] {
            if old.properties.contains_key(text) && properties.get(text).is_none() {
                and.push((text, json!("")));
            }
        }
        and.push(("Schedule", expression(properties).unwrap_or_else(|| json!(""))));
        let input: glue::UpdateCrawlerInput =
            properties.as_input(&schema::UPDATE_CRAWLER_REQUEST, &["Tags", "Schedule"], &and)?;
        let mut asks = vec![Ask::to::<glue::UpdateCrawler>(input)];
        asks.extend(tags::of_glue(make.arn("glue", format!("crawler/{name}")), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeleteCrawlerInput { name: old.made.physical_id.clone() };
        vec![Ask::to::<glue::DeleteCrawler>(input).or_absent()]
    }
}

/// A crawler's schedule, which the API takes as a text.
fn expression(properties: &Properties<'_>) -> Option<Value> {
    properties.get("Schedule")?.get("ScheduleExpression").cloned()
}
