//! Buses, who may put events on them (kept, not enforced), and tags of buses and rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::events::*;

use super::super::error::EventsError;
use super::rules::Ruled;
use super::{DEFAULT, Events, name_of, own_arn, page};
use crate::world::Cx;

/// A bus.
#[derive(Debug)]
pub(super) struct Bus {
    pub(super) arn: String,
    created: Timestamp,
    modified: Timestamp,
    settings: UpdateEventBusInput,
    /// Statements of its policy.
    statements: Vec<Value>,
    pub(super) rules: BTreeMap<String, Ruled>,
}

impl Bus {
    pub(super) fn new(cx: &Cx<'_>, name: &str) -> Self {
        Self {
            arn: own_arn(cx, format!("event-bus/{name}")),
            created: cx.now,
            modified: cx.now,
            settings: UpdateEventBusInput::default(),
            statements: Vec::new(),
            rules: BTreeMap::new(),
        }
    }

    fn policy(&self) -> Option<String> {
        let document = json!({"Version": "2012-10-17", "Statement": self.statements});
        (!self.statements.is_empty()).then(|| document.to_string())
    }
}

impl Events {
    /// The bus that a name or an ARN names; the default one if nothing does.
    pub(super) fn bus(&self, name: Option<&str>) -> Result<(&str, &Bus), EventsError> {
        let name = name_of(name.unwrap_or(DEFAULT));
        let found = self.buses.get_key_value(name);
        found.map(|(name, bus)| (name.as_str(), bus)).ok_or_else(|| EventsError::NoBus(name.to_owned()))
    }

    pub(super) fn bus_mut(&mut self, name: Option<&str>) -> Result<&mut Bus, EventsError> {
        let name = name_of(name.unwrap_or(DEFAULT));
        self.buses.get_mut(name).ok_or_else(|| EventsError::NoBus(name.to_owned()))
    }

    pub(in super::super) fn create_bus(
        &mut self,
        cx: &Cx<'_>,
        input: CreateEventBusInput,
    ) -> Result<CreateEventBusOutput, EventsError> {
        if input.event_source_name.is_some() {
            return Err(EventsError::NotBuilt("event buses of partners".to_owned()));
        }
        if self.buses.contains_key(&input.name) {
            return Err(EventsError::Exists(format!("Event bus {}", input.name)));
        }
        let mut bus = Bus::new(cx, &input.name);
        bus.settings = UpdateEventBusInput {
            name: None,
            kms_key_identifier: input.kms_key_identifier,
            description: input.description,
            dead_letter_config: input.dead_letter_config,
            log_config: input.log_config,
        };
        self.set_tags(&bus.arn, input.tags);
        let settings = bus.settings.clone();
        let output = CreateEventBusOutput {
            event_bus_arn: Some(bus.arn.clone()),
            description: settings.description,
            kms_key_identifier: settings.kms_key_identifier,
            dead_letter_config: settings.dead_letter_config,
            log_config: settings.log_config,
        };
        self.buses.insert(input.name, bus);
        Ok(output)
    }

    pub(in super::super) fn update_bus(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateEventBusInput,
    ) -> Result<UpdateEventBusOutput, EventsError> {
        let name = name_of(input.name.as_deref().unwrap_or(DEFAULT)).to_owned();
        let bus = self.bus_mut(Some(&name))?;
        bus.modified = cx.now;
        bus.settings = input.clone();
        Ok(UpdateEventBusOutput {
            arn: Some(bus.arn.clone()),
            name: Some(name),
            kms_key_identifier: input.kms_key_identifier,
            description: input.description,
            dead_letter_config: input.dead_letter_config,
            log_config: input.log_config,
        })
    }

    /// A bus that is not there is deleted as well. Assumed: the sentences.
    pub(in super::super) fn delete_bus(
        &mut self,
        input: &DeleteEventBusInput,
    ) -> Result<DeleteEventBusOutput, EventsError> {
        if input.name == DEFAULT {
            return Err(EventsError::Invalid("Cannot delete event bus default.".to_owned()));
        }
        if self.buses.get(&input.name).is_some_and(|bus| !bus.rules.is_empty()) {
            return Err(EventsError::Invalid(format!("Event bus {} still has rules.", input.name)));
        }
        if let Some(bus) = self.buses.remove(&input.name) {
            self.tags.remove(&bus.arn);
        }
        Ok(DeleteEventBusOutput {})
    }

    pub(in super::super) fn describe_bus(
        &self,
        input: &DescribeEventBusInput,
    ) -> Result<DescribeEventBusOutput, EventsError> {
        let (name, bus) = self.bus(input.name.as_deref())?;
        let settings = bus.settings.clone();
        Ok(DescribeEventBusOutput {
            name: Some(name.to_owned()),
            arn: Some(bus.arn.clone()),
            description: settings.description,
            kms_key_identifier: settings.kms_key_identifier,
            dead_letter_config: settings.dead_letter_config,
            policy: bus.policy(),
            log_config: settings.log_config,
            creation_time: Some(bus.created),
            last_modified_time: Some(bus.modified),
            managed_by: None,
        })
    }

    pub(in super::super) fn list_buses(
        &self,
        input: &ListEventBusesInput,
    ) -> Result<ListEventBusesOutput, EventsError> {
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let all = self.buses.iter().filter(|(name, _)| name.starts_with(prefix));
        let all = all.map(|(name, bus)| EventBus {
            name: Some(name.clone()),
            arn: Some(bus.arn.clone()),
            description: bus.settings.description.clone(),
            policy: bus.policy(),
            creation_time: Some(bus.created),
            last_modified_time: Some(bus.modified),
            managed_by: None,
        });
        let (buses, next_token) = page(all, input.next_token.as_deref(), input.limit)?;
        Ok(ListEventBusesOutput { event_buses: Some(buses), next_token })
    }

    /// One statement by its parts, or the whole policy.
    pub(in super::super) fn put_permission(
        &mut self,
        input: PutPermissionInput,
    ) -> Result<PutPermissionOutput, EventsError> {
        let bus = self.bus_mut(input.event_bus_name.as_deref())?;
        if let Some(policy) = input.policy {
            let malformed = || EventsError::Invalid("This policy contains invalid Json".to_owned());
            let document: Value = serde_json::from_str(&policy).map_err(|_| malformed())?;
            bus.statements = match &document["Statement"] {
                Value::Array(statements) => statements.clone(),
                one @ Value::Object(_) => vec![one.clone()],
                _ => return Err(malformed()),
            };
            return Ok(PutPermissionOutput {});
        }
        let (Some(sid), Some(action), Some(principal)) = (input.statement_id, input.action, input.principal)
        else {
            let why = "Parameters StatementId, Action and Principal, or Policy, must be specified.";
            return Err(EventsError::Invalid(why.to_owned()));
        };
        let whom = if principal == "*" {
            json!("*")
        } else {
            json!({"AWS": format!("arn:aws:iam::{principal}:root")})
        };
        let mut statement =
            json!({"Sid": sid, "Effect": "Allow", "Principal": whom, "Action": action, "Resource": bus.arn});
        if let Some(condition) = input.condition {
            statement["Condition"] = json!({condition.r#type: {condition.key: condition.value}});
        }
        bus.statements.retain(|there| there["Sid"] != statement["Sid"]);
        bus.statements.push(statement);
        Ok(PutPermissionOutput {})
    }

    pub(in super::super) fn remove_permission(
        &mut self,
        input: &RemovePermissionInput,
    ) -> Result<RemovePermissionOutput, EventsError> {
        let bus = self.bus_mut(input.event_bus_name.as_deref())?;
        if input.remove_all_permissions == Some(true) {
            bus.statements.clear();
            return Ok(RemovePermissionOutput {});
        }
        let sid = input.statement_id.as_deref().unwrap_or_default();
        let before = bus.statements.len();
        bus.statements.retain(|there| there["Sid"] != sid);
        if bus.statements.len() == before {
            return Err(EventsError::NoSuch("Statement with the provided id".to_owned()));
        }
        Ok(RemovePermissionOutput {})
    }

    pub(super) fn set_tags(&mut self, arn: &str, tags: Option<Vec<Tag>>) {
        let tags: BTreeMap<_, _> = tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect();
        if !tags.is_empty() {
            self.tags.entry(arn.to_owned()).or_default().extend(tags);
        }
    }

    fn check_tagged(&self, arn: &str) -> Result<(), EventsError> {
        let is_there =
            self.buses.values().any(|bus| bus.arn == arn || bus.rules.values().any(|rule| rule.arn == arn));
        let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
        if is_there { Ok(()) } else { Err(EventsError::NoSuch(resource.to_owned())) }
    }

    pub(in super::super) fn list_tags(
        &self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, EventsError> {
        self.check_tagged(&input.resource_arn)?;
        let tags = self.tags.get(&input.resource_arn).into_iter().flatten();
        let tags = tags.map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        Ok(ListTagsForResourceOutput { tags: Some(tags.collect()) })
    }

    pub(in super::super) fn tag(
        &mut self,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, EventsError> {
        self.check_tagged(&input.resource_arn)?;
        self.set_tags(&input.resource_arn, Some(input.tags));
        Ok(TagResourceOutput {})
    }

    pub(in super::super) fn untag(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, EventsError> {
        self.check_tagged(&input.resource_arn)?;
        if let Some(tags) = self.tags.get_mut(&input.resource_arn) {
            tags.retain(|key, _| !input.tag_keys.contains(key));
        }
        Ok(UntagResourceOutput {})
    }
}
