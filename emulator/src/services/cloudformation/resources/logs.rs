//! AWS::Logs::LogGroup.

use wavetank_wire::logs;

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A log group. `Ref`: its name.
pub(super) struct LogGroup;

static LOG_GROUP: Spec = Spec {
    name: "AWS::Logs::LogGroup",
    properties: &[
        Property { name: "LogGroupName", form: Form::Scalar, update: Update::Replace },
        Property { name: "LogGroupClass", form: Form::Scalar, update: Update::Replace },
        Property { name: "KmsKeyId", form: Form::Scalar, update: Update::Replace },
        Property { name: "RetentionInDays", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &[
        "BearerTokenAuthenticationEnabled",
        "DataProtectionPolicy",
        "DeletionProtectionEnabled",
        "FieldIndexPolicies",
        "ResourcePolicyDocument",
    ],
    name_property: Some("LogGroupName"),
    tags: TagStyle::List,
};

impl Kind for LogGroup {
    fn spec(&self) -> &'static Spec {
        &LOG_GROUP
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("LogGroupName").unwrap_or_else(|| make.name(512));
        let input = logs::CreateLogGroupInput {
            log_group_name: name.clone(),
            kms_key_id: properties.text("KmsKeyId"),
            log_group_class: properties.text("LogGroupClass"),
            tags: Some(properties.tags()).filter(|tags| !tags.is_empty()),
            ..Default::default()
        };
        let mut asks = vec![Ask::to::<logs::CreateLogGroup>(input)];
        asks.extend(retention(&name, properties)?);
        let made = Made::new(&name).with("Arn", make.arn("logs", format!("log-group:{name}:*")));
        Ok(Plan { made, asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let mut asks = Vec::new();
        match retention(&name, properties)? {
            Some(put) => asks.push(put),
            None if old.properties.contains_key("RetentionInDays") => {
                let input = logs::DeleteRetentionPolicyInput { log_group_name: name.clone() };
                asks.push(Ask::to::<logs::DeleteRetentionPolicy>(input));
            }
            None => {}
        }
        let resource_arn = make.arn("logs", format!("log-group:{name}"));
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let input = logs::TagResourceInput { resource_arn: resource_arn.clone(), tags: change.set };
            asks.push(Ask::to::<logs::TagResource>(input));
        }
        if !change.remove.is_empty() {
            let input = logs::UntagResourceInput { resource_arn, tag_keys: change.remove };
            asks.push(Ask::to::<logs::UntagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = logs::DeleteLogGroupInput { log_group_name: old.made.physical_id.clone() };
        vec![Ask::to::<logs::DeleteLogGroup>(input).or_absent()]
    }
}

fn retention(name: &str, properties: &Properties<'_>) -> Result<Option<Ask>, Reason> {
    let days = properties.integer("RetentionInDays")?;
    Ok(days.map(|retention_in_days| {
        let input = logs::PutRetentionPolicyInput { log_group_name: name.to_owned(), retention_in_days };
        Ask::to::<logs::PutRetentionPolicy>(input)
    }))
}
