//! AWS::Athena::WorkGroup and AWS::Athena::NamedQuery.

use serde_json::{Map, Value};
use wavetank_wire::athena::{self, schema};
use wavetank_wire::{FromVal, Val};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A workgroup. `Ref`: its name.
pub(super) struct WorkGroup;

static WORK_GROUP: Spec = Spec {
    name: "AWS::Athena::WorkGroup",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RecursiveDeleteOption", form: Form::Scalar, update: Update::InPlace },
        Property { name: "State", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
        Property {
            name: "WorkGroupConfiguration",
            form: Form::Api(&schema::WORK_GROUP_CONFIGURATION),
            update: Update::InPlace,
        },
    ],
    attributes: &[],
    unbuilt: &["WorkGroupConfigurationUpdates"],
    name_property: Some("Name"),
    tags: TagStyle::List,
};

impl Kind for WorkGroup {
    fn spec(&self) -> &'static Spec {
        &WORK_GROUP
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.required("Name")?;
        let configuration = properties.get("WorkGroupConfiguration");
        let configuration = configuration
            .map(|value| properties.convert(&schema::WORK_GROUP_CONFIGURATION, value))
            .transpose()?;
        let input = athena::CreateWorkGroupInput {
            name: name.clone(),
            configuration,
            description: properties.text("Description"),
            tags: Some(athena_tags(properties.tags())).filter(|tags| !tags.is_empty()),
        };
        let mut asks = vec![Ask::to::<athena::CreateWorkGroup>(input)];
        if let Some(state) = properties.text("State").filter(|state| state != "ENABLED") {
            let input = athena::UpdateWorkGroupInput {
                work_group: name.clone(),
                state: Some(state),
                ..Default::default()
            };
            asks.push(Ask::to::<athena::UpdateWorkGroup>(input));
        }
        Ok(Plan { made: Made::new(name), asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let updates = configuration_updates(
            old.properties.get("WorkGroupConfiguration"),
            properties.get("WorkGroupConfiguration"),
        );
        let updates = properties.convert(&schema::WORK_GROUP_CONFIGURATION_UPDATES, &updates)?;
        let input = athena::UpdateWorkGroupInput {
            work_group: name.clone(),
            description: Some(properties.text("Description").unwrap_or_default()),
            configuration_updates: Some(updates),
            state: Some(properties.text("State").unwrap_or_else(|| "ENABLED".to_owned())),
        };
        let mut asks = vec![Ask::to::<athena::UpdateWorkGroup>(input)];
        let resource_arn = make.arn("athena", format!("workgroup/{name}"));
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let tags = athena_tags(change.set);
            let input = athena::TagResourceInput { resource_arn: resource_arn.clone(), tags };
            asks.push(Ask::to::<athena::TagResource>(input));
        }
        if !change.remove.is_empty() {
            let input = athena::UntagResourceInput { resource_arn, tag_keys: change.remove };
            asks.push(Ask::to::<athena::UntagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let properties = Properties { entries: &old.properties, logical: "" };
        let input = athena::DeleteWorkGroupInput {
            work_group: old.made.physical_id.clone(),
            recursive_delete_option: properties.flag("RecursiveDeleteOption"),
        };
        vec![Ask::to::<athena::DeleteWorkGroup>(input).or_absent()]
    }
}

fn athena_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<athena::Tag> {
    tags.into_iter().map(|(key, value)| athena::Tag { key: Some(key), value: Some(value) }).collect()
}

/// The new configuration as `UpdateWorkGroup` takes it: what is gone is removed where AWS has a word for that.
fn configuration_updates(old: Option<&Value>, new: Option<&Value>) -> Value {
    let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, mut updates) = (members(old), members(new));
    if let Some(Value::Object(mut result)) = updates.remove("ResultConfiguration") {
        let before = members(old.get("ResultConfiguration"));
        remove_gone(
            &before,
            &mut result,
            &["OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration"],
        );
        updates.insert("ResultConfigurationUpdates".to_owned(), Value::Object(result));
    } else if old.contains_key("ResultConfiguration") {
        let removed = Value::Object(Map::from_iter([("RemoveOutputLocation".to_owned(), Value::Bool(true))]));
        updates.insert("ResultConfigurationUpdates".to_owned(), removed);
    }
    if let Some(managed) = updates.remove("ManagedQueryResultsConfiguration") {
        updates.insert("ManagedQueryResultsConfigurationUpdates".to_owned(), managed);
    }
    remove_gone(
        &old,
        &mut updates,
        &["BytesScannedCutoffPerQuery", "CustomerContentEncryptionConfiguration"],
    );
    Value::Object(updates)
}

fn remove_gone(before: &Map<String, Value>, now: &mut Map<String, Value>, removable: &[&str]) {
    for name in removable {
        if before.contains_key(*name) && !now.contains_key(*name) {
            now.insert(format!("Remove{name}"), Value::Bool(true));
        }
    }
}

/// A saved query. `Ref`: its id, which Athena draws.
pub(super) struct NamedQuery;

static NAMED_QUERY: Spec = Spec {
    name: "AWS::Athena::NamedQuery",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::Replace },
        Property { name: "Database", form: Form::Scalar, update: Update::Replace },
        Property { name: "QueryString", form: Form::Scalar, update: Update::Replace },
        Property { name: "WorkGroup", form: Form::Scalar, update: Update::Replace },
    ],
    attributes: &["NamedQueryId"],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for NamedQuery {
    fn spec(&self) -> &'static Spec {
        &NAMED_QUERY
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = Value::String(properties.text("Name").unwrap_or_else(|| make.name(128)));
        let input: athena::CreateNamedQueryInput =
            properties.as_input(&schema::CREATE_NAMED_QUERY_INPUT, &[], &[("Name", name)])?;
        Ok(Plan { made: Made::default(), asks: vec![Ask::to::<athena::CreateNamedQuery>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, _properties: &Properties<'_>) -> Result<Plan, Reason> {
        Ok(Plan { made: old.made.clone(), asks: Vec::new() })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = athena::DeleteNamedQueryInput { named_query_id: old.made.physical_id.clone() };
        vec![Ask::to::<athena::DeleteNamedQuery>(input).or_absent()]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "CreateNamedQuery" {
            let id = athena::CreateNamedQueryOutput::from_val(reply).named_query_id.unwrap_or_default();
            made.physical_id.clone_from(&id);
            made.attributes.insert("NamedQueryId".to_owned(), id);
        }
    }
}
