//! AWS::Logs::QueryDefinition and AWS::Logs::ResourcePolicy.

use wavetank_wire::logs::{self, schema};
use wavetank_wire::{FromVal as _, Val};

use super::logs_parts::lowered;
use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update};

/// A saved query. `Ref`: its id.
pub(super) struct QueryDefinition;

static QUERY_DEFINITION: Spec = Spec {
    name: "AWS::Logs::QueryDefinition",
    properties: &[
        Property { name: "LogGroupNames", form: Form::Scalars, update: Update::InPlace },
        Property { name: "Name", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "Parameters",
            form: Form::List(&[
                ("DefaultValue", Form::Scalar),
                ("Description", Form::Scalar),
                ("Name", Form::Scalar),
            ]),
            update: Update::InPlace,
        },
        Property { name: "QueryLanguage", form: Form::Scalar, update: Update::InPlace },
        Property { name: "QueryString", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &["QueryDefinitionId"],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for QueryDefinition {
    fn spec(&self) -> &'static Spec {
        &QUERY_DEFINITION
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = definition(None, properties)?;
        Ok(Plan { made: Made::default(), asks: vec![Ask::to::<logs::PutQueryDefinition>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input = definition(Some(old.made.physical_id.clone()), properties)?;
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<logs::PutQueryDefinition>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = logs::DeleteQueryDefinitionInput { query_definition_id: old.made.physical_id.clone() };
        vec![Ask::to::<logs::DeleteQueryDefinition>(input).or_absent()]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "PutQueryDefinition" {
            let id = logs::PutQueryDefinitionOutput::from_val(reply).query_definition_id.unwrap_or_default();
            made.physical_id.clone_from(&id);
            made.attributes.insert("QueryDefinitionId".to_owned(), id);
        }
    }
}

fn definition(
    query_definition_id: Option<String>,
    properties: &Properties<'_>,
) -> Result<logs::PutQueryDefinitionInput, Reason> {
    let parameters = properties.get("Parameters");
    let parameters = match parameters.and_then(|all| all.as_array()) {
        Some(all) => {
            let parameter = |one| properties.convert(&schema::QUERY_PARAMETER, &lowered(one));
            Some(all.iter().map(parameter).collect::<Result<_, Reason>>()?)
        }
        None => None,
    };
    Ok(logs::PutQueryDefinitionInput {
        query_language: properties.text("QueryLanguage"),
        name: properties.required("Name")?,
        query_definition_id,
        log_group_names: Some(properties.texts("LogGroupNames")),
        query_string: properties.required("QueryString")?,
        client_token: None,
        parameters,
    })
}

/// A policy of the account. `Ref`: its name.
pub(super) struct ResourcePolicy;

static RESOURCE_POLICY: Spec = Spec {
    name: "AWS::Logs::ResourcePolicy",
    properties: &[
        Property { name: "PolicyDocument", form: Form::Free, update: Update::InPlace },
        Property { name: "PolicyName", form: Form::Scalar, update: Update::Replace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: Some("PolicyName"),
    tags: TagStyle::None,
};

impl Kind for ResourcePolicy {
    fn spec(&self) -> &'static Spec {
        &RESOURCE_POLICY
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.required("PolicyName")?;
        let asks = vec![put(&name, properties)?];
        Ok(Plan { made: Made::new(name), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let asks = vec![put(&old.made.physical_id, properties)?];
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = logs::DeleteResourcePolicyInput {
            policy_name: Some(old.made.physical_id.clone()),
            ..Default::default()
        };
        vec![Ask::to::<logs::DeleteResourcePolicy>(input).or_absent()]
    }
}

fn put(name: &str, properties: &Properties<'_>) -> Result<Ask, Reason> {
    let input = logs::PutResourcePolicyInput {
        policy_name: Some(name.to_owned()),
        policy_document: Some(properties.document("PolicyDocument")?),
        ..Default::default()
    };
    Ok(Ask::to::<logs::PutResourcePolicy>(input))
}
