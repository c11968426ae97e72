//! AWS::Events::Archive, AWS::Events::EventBus, AWS::Events::EventBusPolicy and AWS::Events::Rule.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wavetank_wire::events::{self, schema};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A rule. `Ref`: its name, after the bus's and a bar if that is not the default one.
pub(super) struct Rule;

static RULE: Spec = Spec {
    name: "AWS::Events::Rule",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "EventBusName", form: Form::Scalar, update: Update::Replace },
        Property { name: "EventPattern", form: Form::Free, update: Update::InPlace },
        Property { name: "RoleArn", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ScheduleExpression", form: Form::Scalar, update: Update::InPlace },
        Property { name: "State", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Targets", form: Form::Api(&schema::TARGET_LIST), update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &[],
    name_property: Some("Name"),
    tags: TagStyle::List,
};

/// A bus's name, of a name or an ARN.
fn bus_name(text: &str) -> &str {
    text.rsplit("event-bus/").next().unwrap_or(text)
}

fn bus(properties: &Properties<'_>) -> Option<String> {
    properties.text("EventBusName").map(|bus| bus_name(&bus).to_owned()).filter(|bus| bus != "default")
}

fn tag_list(tags: BTreeMap<String, String>) -> Option<Vec<events::Tag>> {
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| events::Tag { key, value }).collect();
    Some(tags).filter(|tags| !tags.is_empty())
}

/// Tags are taken when a thing is made; later they have calls of their own.
fn tag_changes(arn: &str, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = tags::change(old, &properties.tags());
    let mut asks = Vec::new();
    if let Some(tags) = tag_list(change.set) {
        let input = events::TagResourceInput { resource_arn: arn.to_owned(), tags };
        asks.push(Ask::to::<events::TagResource>(input));
    }
    if !change.remove.is_empty() {
        let input = events::UntagResourceInput { resource_arn: arn.to_owned(), tag_keys: change.remove };
        asks.push(Ask::to::<events::UntagResource>(input));
    }
    asks
}

fn put_rule(name: &str, properties: &Properties<'_>, tags: Option<Vec<events::Tag>>) -> Result<Ask, Reason> {
    let mut and: Vec<(&str, Value)> = vec![("Name", name.into())];
    if properties.get("EventPattern").is_some() {
        and.push(("EventPattern", properties.document("EventPattern")?.into()));
    }
    let but = ["Targets", "Tags", "EventPattern"];
    let input: events::PutRuleInput = properties.as_input(&schema::PUT_RULE_REQUEST, &but, &and)?;
    Ok(Ask::to::<events::PutRule>(events::PutRuleInput { tags, ..input }))
}

fn target_ids(properties: &Properties<'_>) -> Vec<String> {
    let targets = properties.get("Targets").and_then(Value::as_array).into_iter().flatten();
    targets.filter_map(|target| target["Id"].as_str().map(str::to_owned)).collect()
}

fn put_targets(name: &str, properties: &Properties<'_>) -> Result<Option<Ask>, Reason> {
    let Some(targets) = properties.get("Targets").filter(|_| !target_ids(properties).is_empty()) else {
        return Ok(None);
    };
    let mut input = json!({"Rule": name, "Targets": targets});
    if let Some(bus) = bus(properties) {
        input["EventBusName"] = bus.into();
    }
    let input = properties.convert(&schema::PUT_TARGETS_REQUEST, &input)?;
    Ok(Some(Ask::to::<events::PutTargets>(input)))
}

fn remove_targets(name: &str, properties: &Properties<'_>, ids: Vec<String>) -> Option<Ask> {
    let input = events::RemoveTargetsInput {
        rule: name.to_owned(),
        event_bus_name: bus(properties),
        ids,
        force: None,
    };
    (!input.ids.is_empty()).then(|| Ask::to::<events::RemoveTargets>(input).or_absent())
}

fn rule_name(old: &Existing) -> &str {
    let id = &old.made.physical_id;
    id.rsplit('|').next().unwrap_or(id)
}

impl Kind for Rule {
    fn spec(&self) -> &'static Spec {
        &RULE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(64));
        let mut asks = vec![put_rule(&name, properties, tag_list(properties.tags()))?];
        asks.extend(put_targets(&name, properties)?);
        let (id, resource) = match bus(properties) {
            Some(bus) => (format!("{bus}|{name}"), format!("rule/{bus}/{name}")),
            None => (name.clone(), format!("rule/{name}")),
        };
        Ok(Plan { made: Made::new(id).with("Arn", make.arn("events", resource)), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = rule_name(old);
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let kept = target_ids(properties);
        let gone = target_ids(&before).into_iter().filter(|id| !kept.contains(id)).collect();
        let mut asks = vec![put_rule(name, properties, None)?];
        asks.extend(remove_targets(name, &before, gone));
        asks.extend(put_targets(name, properties)?);
        asks.extend(tag_changes(old.made.attribute("Arn"), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let name = rule_name(old);
        let before = Properties { entries: &old.properties, logical: "" };
        let mut asks: Vec<Ask> = remove_targets(name, &before, target_ids(&before)).into_iter().collect();
        let input =
            events::DeleteRuleInput { name: name.to_owned(), event_bus_name: bus(&before), force: None };
        asks.push(Ask::to::<events::DeleteRule>(input).or_absent());
        asks
    }
}

/// A bus. `Ref`: its name.
pub(super) struct EventBus;

static EVENT_BUS: Spec = Spec {
    name: "AWS::Events::EventBus",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "DeadLetterConfig",
            form: Form::Api(&schema::DEAD_LETTER_CONFIG),
            update: Update::InPlace,
        },
        Property { name: "KmsKeyIdentifier", form: Form::Scalar, update: Update::InPlace },
        Property { name: "LogConfig", form: Form::Api(&schema::LOG_CONFIG), update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn", "Name"],
    unbuilt: &["EventSourceName", "Policy"],
    name_property: Some("Name"),
    tags: TagStyle::List,
};

impl Kind for EventBus {
    fn spec(&self) -> &'static Spec {
        &EVENT_BUS
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.required("Name")?;
        let input: events::CreateEventBusInput =
            properties.as_input(&schema::CREATE_EVENT_BUS_REQUEST, &["Tags"], &[])?;
        let input = events::CreateEventBusInput { tags: tag_list(properties.tags()), ..input };
        let arn = make.arn("events", format!("event-bus/{name}"));
        let made = Made::new(&name).with("Arn", arn).with("Name", &name);
        Ok(Plan { made, asks: vec![Ask::to::<events::CreateEventBus>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = properties.as_input(&schema::UPDATE_EVENT_BUS_REQUEST, &["Tags"], &[])?;
        let mut asks = vec![Ask::to::<events::UpdateEventBus>(input)];
        asks.extend(tag_changes(old.made.attribute("Arn"), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = events::DeleteEventBusInput { name: old.made.physical_id.clone() };
        vec![Ask::to::<events::DeleteEventBus>(input).or_absent()]
    }
}

/// A statement of a bus's policy. `Ref`: its id.
pub(super) struct EventBusPolicy;

static EVENT_BUS_POLICY: Spec = Spec {
    name: "AWS::Events::EventBusPolicy",
    properties: &[
        Property { name: "StatementId", form: Form::Scalar, update: Update::Replace },
        Property { name: "EventBusName", form: Form::Scalar, update: Update::Replace },
        Property { name: "Action", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Condition", form: Form::Api(&schema::CONDITION), update: Update::InPlace },
        Property { name: "Principal", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &["Statement"],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for EventBusPolicy {
    fn spec(&self) -> &'static Spec {
        &EVENT_BUS_POLICY
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let id = properties.required("StatementId")?;
        let input = properties.as_input(&schema::PUT_PERMISSION_REQUEST, &[], &[])?;
        Ok(Plan { made: Made::new(id), asks: vec![Ask::to::<events::PutPermission>(input)] })
    }

    fn update(&self, make: &Make<'_>, _old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        self.create(make, properties)
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        let input = events::RemovePermissionInput {
            statement_id: Some(old.made.physical_id.clone()),
            remove_all_permissions: None,
            event_bus_name: before.text("EventBusName"),
        };
        vec![Ask::to::<events::RemovePermission>(input).or_absent()]
    }
}

/// An archive. `Ref`: its name.
pub(super) struct Archive;

static ARCHIVE: Spec = Spec {
    name: "AWS::Events::Archive",
    properties: &[
        Property { name: "ArchiveName", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "EventPattern", form: Form::Free, update: Update::InPlace },
        Property { name: "KmsKeyIdentifier", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RetentionDays", form: Form::Scalar, update: Update::InPlace },
        Property { name: "SourceArn", form: Form::Scalar, update: Update::Replace },
    ],
    attributes: &["Arn"],
    unbuilt: &[],
    name_property: Some("ArchiveName"),
    tags: TagStyle::None,
};

fn pattern(properties: &Properties<'_>) -> Result<Option<String>, Reason> {
    properties.get("EventPattern").map(|_| properties.document("EventPattern")).transpose()
}

impl Kind for Archive {
    fn spec(&self) -> &'static Spec {
        &ARCHIVE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("ArchiveName").unwrap_or_else(|| make.name(48));
        let input = events::CreateArchiveInput {
            archive_name: name.clone(),
            event_source_arn: properties.required("SourceArn")?,
            description: properties.text("Description"),
            event_pattern: pattern(properties)?,
            retention_days: properties.integer("RetentionDays")?,
            kms_key_identifier: properties.text("KmsKeyIdentifier"),
        };
        let made = Made::new(&name).with("Arn", make.arn("events", format!("archive/{name}")));
        Ok(Plan { made, asks: vec![Ask::to::<events::CreateArchive>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = events::UpdateArchiveInput {
            archive_name: old.made.physical_id.clone(),
            description: properties.text("Description"),
            event_pattern: pattern(properties)?,
            retention_days: properties.integer("RetentionDays")?,
            kms_key_identifier: properties.text("KmsKeyIdentifier"),
        };
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<events::UpdateArchive>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = events::DeleteArchiveInput { archive_name: old.made.physical_id.clone() };
        vec![Ask::to::<events::DeleteArchive>(input).or_absent()]
    }
}
