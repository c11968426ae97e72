//! AWS::IAM::Policy (one inline policy on several roles) and AWS::IAM::ManagedPolicy.

use wavetank_wire::iam as api;
use wavetank_wire::{FromVal, Val};

use super::iam_role::{attach, detach, iam_tags, put, role_names, unput};
use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update};

/// An inline policy. `Ref`: a made-up id.
pub(super) struct Policy;

static POLICY: Spec = Spec {
    name: "AWS::IAM::Policy",
    properties: &[
        Property { name: "PolicyName", form: Form::Scalar, update: Update::InPlace },
        Property { name: "PolicyDocument", form: Form::Free, update: Update::InPlace },
        Property { name: "Roles", form: Form::Scalars, update: Update::InPlace },
    ],
    attributes: &["Id"],
    unbuilt: &["Groups", "Users"],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for Policy {
    fn spec(&self) -> &'static Spec {
        &POLICY
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let (policy, text) = (properties.required("PolicyName")?, properties.document("PolicyDocument")?);
        let roles = role_names(properties.get("Roles"));
        if roles.is_empty() {
            return Err("At least one of [Groups,Roles,Users] must be non-empty.".to_owned());
        }
        let asks = roles.iter().map(|role| put(role, policy.clone(), text.clone())).collect();
        let id = make.name(64);
        Ok(Plan { made: Made::new(&id).with("Id", &id), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let (was, now) = (before.required("PolicyName")?, properties.required("PolicyName")?);
        let text = properties.document("PolicyDocument")?;
        let (had, has) = (role_names(before.get("Roles")), role_names(properties.get("Roles")));
        let mut asks: Vec<Ask> = has.iter().map(|role| put(role, now.clone(), text.clone())).collect();
        let left = had.iter().filter(|role| was != now || !has.contains(*role));
        asks.extend(left.map(|role| unput(role, &was).or_absent()));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        let policy = before.text("PolicyName").unwrap_or_default();
        role_names(before.get("Roles")).iter().map(|role| unput(role, &policy).or_absent()).collect()
    }
}

/// A managed policy. `Ref`: its ARN.
pub(super) struct ManagedPolicy;

static MANAGED_POLICY: Spec = Spec {
    name: "AWS::IAM::ManagedPolicy",
    properties: &[
        Property { name: "ManagedPolicyName", form: Form::Scalar, update: Update::Replace },
        Property { name: "Path", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::Replace },
        Property { name: "PolicyDocument", form: Form::Free, update: Update::InPlace },
        Property { name: "Roles", form: Form::Scalars, update: Update::InPlace },
    ],
    attributes: &["PolicyArn", "PolicyId", "DefaultVersionId"],
    unbuilt: &["Groups", "Users", "Tags"],
    name_property: Some("ManagedPolicyName"),
    tags: TagStyle::None,
};

impl Kind for ManagedPolicy {
    fn spec(&self) -> &'static Spec {
        &MANAGED_POLICY
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("ManagedPolicyName").unwrap_or_else(|| make.name(128));
        let path = properties.text("Path").unwrap_or_else(|| "/".to_owned());
        let arn = make.global_arn("iam", format!("policy{path}{name}"));
        let input = api::CreatePolicyInput {
            policy_name: name,
            path: Some(path),
            policy_document: properties.document("PolicyDocument")?,
            description: properties.text("Description"),
            tags: Some(iam_tags(properties.tags())).filter(|tags| !tags.is_empty()),
        };
        let mut asks = vec![Ask::to::<api::CreatePolicy>(input)];
        asks.extend(role_names(properties.get("Roles")).iter().map(|role| attach(role, arn.clone())));
        let made = Made::new(&arn).with("PolicyArn", &arn).with("DefaultVersionId", "v1");
        Ok(Plan { made, asks })
    }

    /// The text that was the default goes when the new one is: there is never more than one version of ours.
    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let arn = &old.made.physical_id;
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let text = properties.document("PolicyDocument")?;
        let mut asks = Vec::new();
        if before.document("PolicyDocument").as_ref() != Ok(&text) {
            let input = api::CreatePolicyVersionInput {
                policy_arn: arn.clone(),
                policy_document: text,
                set_as_default: Some(true),
            };
            asks.push(Ask::to::<api::CreatePolicyVersion>(input));
            let version_id = old.made.attribute("DefaultVersionId").to_owned();
            let input = api::DeletePolicyVersionInput { policy_arn: arn.clone(), version_id };
            asks.push(Ask::to::<api::DeletePolicyVersion>(input).or_absent());
        }
        let (had, has) = (role_names(before.get("Roles")), role_names(properties.get("Roles")));
        asks.extend(had.difference(&has).map(|role| detach(role, arn).or_absent()));
        asks.extend(has.difference(&had).map(|role| attach(role, arn.clone())));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let arn = &old.made.physical_id;
        let roles = role_names(old.properties.get("Roles"));
        let mut asks: Vec<Ask> = roles.iter().map(|role| detach(role, arn).or_absent()).collect();
        let input = api::DeletePolicyInput { policy_arn: arn.clone() };
        asks.push(Ask::to::<api::DeletePolicy>(input).or_absent());
        asks
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        let learnt = match operation {
            "CreatePolicy" => {
                let id = api::CreatePolicyOutput::from_val(reply).policy.and_then(|policy| policy.policy_id);
                ("PolicyId", id)
            }
            "CreatePolicyVersion" => {
                let version = api::CreatePolicyVersionOutput::from_val(reply).policy_version;
                ("DefaultVersionId", version.and_then(|version| version.version_id))
            }
            _ => return,
        };
        if let (name, Some(value)) = learnt {
            made.attributes.insert(name.to_owned(), value);
        }
    }
}
