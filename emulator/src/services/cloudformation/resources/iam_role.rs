//! AWS::IAM::Role, with its inline policies and attachments.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wavetank_wire::iam::{self, Tag};
use wavetank_wire::{FromVal, Val};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};
use crate::services::cloudformation::template::scalar_text;

/// A role. `Ref`: its name.
pub(super) struct Role;

static ROLE: Spec = Spec {
    name: "AWS::IAM::Role",
    properties: &[
        Property { name: "RoleName", form: Form::Scalar, update: Update::Replace },
        Property { name: "Path", form: Form::Scalar, update: Update::Replace },
        Property { name: "AssumeRolePolicyDocument", form: Form::Free, update: Update::InPlace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ManagedPolicyArns", form: Form::Scalars, update: Update::InPlace },
        Property { name: "MaxSessionDuration", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "Policies",
            form: Form::List(&[("PolicyName", Form::Scalar), ("PolicyDocument", Form::Free)]),
            update: Update::InPlace,
        },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn", "RoleId"],
    unbuilt: &["PermissionsBoundary"],
    name_property: Some("RoleName"),
    tags: TagStyle::List,
};

impl Kind for Role {
    fn spec(&self) -> &'static Spec {
        &ROLE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("RoleName").unwrap_or_else(|| make.name(64));
        let path = properties.text("Path").unwrap_or_else(|| "/".to_owned());
        let input = iam::CreateRoleInput {
            path: Some(path.clone()),
            role_name: name.clone(),
            assume_role_policy_document: properties.document("AssumeRolePolicyDocument")?,
            description: properties.text("Description"),
            max_session_duration: properties.integer("MaxSessionDuration")?,
            tags: Some(iam_tags(properties.tags())).filter(|tags| !tags.is_empty()),
            ..Default::default()
        };
        let mut asks = vec![Ask::to::<iam::CreateRole>(input)];
        asks.extend(inline(properties)?.into_iter().map(|(policy, text)| put(&name, policy, text)));
        asks.extend(properties.texts("ManagedPolicyArns").into_iter().map(|arn| attach(&name, arn)));
        let made = Made::new(&name).with("Arn", make.global_arn("iam", format!("role{path}{name}")));
        Ok(Plan { made, asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let trust = iam::UpdateAssumeRolePolicyInput {
            role_name: name.clone(),
            policy_document: properties.document("AssumeRolePolicyDocument")?,
        };
        let role = iam::UpdateRoleInput {
            role_name: name.clone(),
            description: Some(properties.text("Description").unwrap_or_default()),
            max_session_duration: Some(properties.integer("MaxSessionDuration")?.unwrap_or(3_600)),
        };
        let mut asks = vec![Ask::to::<iam::UpdateAssumeRolePolicy>(trust), Ask::to::<iam::UpdateRole>(role)];
        let (gone, now) = (inline(&before)?, inline(properties)?);
        asks.extend(
            gone.keys().filter(|policy| !now.contains_key(*policy)).map(|policy| unput(&name, policy)),
        );
        asks.extend(
            now.iter()
                .filter(|(policy, text)| gone.get(*policy) != Some(text))
                .map(|(policy, text)| put(&name, policy.clone(), text.clone())),
        );
        let (gone, now) = (attached(&before), attached(properties));
        asks.extend(gone.difference(&now).map(|arn| detach(&name, arn)));
        asks.extend(now.difference(&gone).map(|arn| attach(&name, arn.clone())));
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let input = iam::TagRoleInput { role_name: name.clone(), tags: iam_tags(change.set) };
            asks.push(Ask::to::<iam::TagRole>(input));
        }
        if !change.remove.is_empty() {
            let input = iam::UntagRoleInput { role_name: name, tag_keys: change.remove };
            asks.push(Ask::to::<iam::UntagRole>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    /// Only what the template said is taken off first; a policy that somebody else attached makes the deletion fail,
    /// as on AWS.
    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let name = &old.made.physical_id;
        let before = Properties { entries: &old.properties, logical: "" };
        let mut asks: Vec<Ask> = attached(&before).iter().map(|arn| detach(name, arn).or_absent()).collect();
        let inline = inline(&before).unwrap_or_default();
        asks.extend(inline.keys().map(|policy| unput(name, policy).or_absent()));
        let input = iam::DeleteRoleInput { role_name: name.clone() };
        asks.push(Ask::to::<iam::DeleteRole>(input).or_absent());
        asks
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "CreateRole" {
            let id = iam::CreateRoleOutput::from_val(reply).role.role_id;
            made.attributes.insert("RoleId".to_owned(), id);
        }
    }
}

/// The inline policies' texts by name.
fn inline(properties: &Properties<'_>) -> Result<BTreeMap<String, String>, Reason> {
    let Some(Value::Array(policies)) = properties.get("Policies") else { return Ok(BTreeMap::new()) };
    let mut inline = BTreeMap::new();
    for policy in policies {
        let Value::Object(entries) = policy else { return Err(properties.wrong("Policies", "JSONObject")) };
        let policy = Properties { entries, logical: properties.logical };
        inline.insert(policy.required("PolicyName")?, policy.document("PolicyDocument")?);
    }
    Ok(inline)
}

fn attached(properties: &Properties<'_>) -> BTreeSet<String> {
    properties.texts("ManagedPolicyArns").into_iter().collect()
}

pub(super) fn put(role: &str, policy_name: String, policy_document: String) -> Ask {
    let input = iam::PutRolePolicyInput { role_name: role.to_owned(), policy_name, policy_document };
    Ask::to::<iam::PutRolePolicy>(input)
}

pub(super) fn unput(role: &str, policy: &str) -> Ask {
    let input = iam::DeleteRolePolicyInput { role_name: role.to_owned(), policy_name: policy.to_owned() };
    Ask::to::<iam::DeleteRolePolicy>(input)
}

pub(super) fn attach(role: &str, policy_arn: String) -> Ask {
    Ask::to::<iam::AttachRolePolicy>(iam::AttachRolePolicyInput { role_name: role.to_owned(), policy_arn })
}

pub(super) fn detach(role: &str, policy_arn: &str) -> Ask {
    let input = iam::DetachRolePolicyInput { role_name: role.to_owned(), policy_arn: policy_arn.to_owned() };
    Ask::to::<iam::DetachRolePolicy>(input)
}

pub(super) fn iam_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

/// Names of roles in a property that lists them.
pub(super) fn role_names(value: Option<&Value>) -> BTreeSet<String> {
    let entries = value.and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(scalar_text).collect()
}
