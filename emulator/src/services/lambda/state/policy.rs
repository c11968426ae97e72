//! Resource policies: kept and shown as AWS shows them. The tank does not check callers against them.

use serde_json::{Map, Value, json};
use wavetank_types::AccountId;
use wavetank_wire::lambda as api;

use super::super::error::{NameRefusal, PolicyRefusal, Refusal};
use super::Lambda;
use super::function::Policy;
use super::names::{LATEST, Target};
use crate::world::Cx;

impl Lambda {
    pub(in super::super) fn add_permission(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::AddPermissionInput,
    ) -> Result<api::AddPermissionOutput, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        if target.qualifier.as_deref() == Some(LATEST) {
            return Err(PolicyRefusal::LatestHasNoPolicy.into());
        }
        let principal = principal_of(&input.principal)?;
        self.version(cx, &target)?;
        let statement = statement_of(&input, principal, target.arn(cx.scope));
        let revision = cx.uuid();
        let function = self.function_mut(cx, &target)?;
        let qualifier = target.qualifier.unwrap_or_default();
        let current = function.policies.get(&qualifier);
        check_revision(current, input.revision_id.as_ref())?;
        if current.is_some_and(|policy| policy.statements.contains_key(&input.statement_id)) {
            return Err(PolicyRefusal::StatementExists(input.statement_id).into());
        }
        let text = statement.to_string();
        let policy = function
            .policies
            .entry(qualifier)
            .or_insert_with(|| Policy { statements: Default::default(), revision: String::new() });
        policy.statements.insert(input.statement_id, statement);
        policy.revision = revision;
        Ok(api::AddPermissionOutput { statement: Some(text) })
    }

    pub(in super::super) fn remove_permission(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::RemovePermissionInput,
    ) -> Result<api::RemovePermissionOutput, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let arn = target.arn(cx.scope);
        let revision = cx.uuid();
        let function = self.functions.get_mut(&target.name).ok_or(PolicyRefusal::NoPolicyOf(arn))?;
        let qualifier = target.qualifier.unwrap_or_default();
        let policy = function.policies.get_mut(&qualifier).ok_or(PolicyRefusal::NoPolicyAssociated)?;
        check_revision(Some(policy), input.revision_id.as_ref())?;
        let removed = policy.statements.shift_remove(&input.statement_id);
        removed.ok_or(PolicyRefusal::NoStatement(input.statement_id))?;
        policy.revision = revision;
        if policy.statements.is_empty() {
            function.policies.remove(&qualifier);
        }
        Ok(api::RemovePermissionOutput {})
    }

    pub(in super::super) fn get_policy(
        &self,
        cx: &Cx<'_>,
        input: api::GetPolicyInput,
    ) -> Result<api::GetPolicyOutput, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let function = match self.function(cx, &target) {
            Ok(function) => function,
            Err(NameRefusal::NoFunction(_)) => return Err(PolicyRefusal::NoPolicy.into()),
            Err(other) => return Err(other.into()),
        };
        let qualifier = target.qualifier.unwrap_or_default();
        let policy = function.policies.get(&qualifier).ok_or(PolicyRefusal::NoPolicy)?;
        let statements: Vec<&Value> = policy.statements.values().collect();
        let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements });
        Ok(api::GetPolicyOutput {
            policy: Some(document.to_string()),
            revision_id: Some(policy.revision.clone()),
        })
    }
}

fn check_revision(policy: Option<&Policy>, given: Option<&String>) -> Result<(), PolicyRefusal> {
    let Some(given) = given else { return Ok(()) };
    let same = policy.is_some_and(|policy| policy.revision == *given);
    if same { Ok(()) } else { Err(PolicyRefusal::WrongRevision) }
}

/// `*`, an account's root, a user or role, or a service. The forms were recorded by LocalStack, 2025-11-25.
fn principal_of(text: &str) -> Result<Value, PolicyRefusal> {
    if text == "*" {
        return Ok(json!("*"));
    }
    if let Ok(account) = text.parse::<AccountId>() {
        return Ok(json!({ "AWS": format!("arn:aws:iam::{account}:root") }));
    }
    if text.starts_with("arn:") {
        return Ok(json!({ "AWS": text }));
    }
    let is_service = text.ends_with(".amazonaws.com") || text.ends_with(".amazon.com");
    if is_service {
        Ok(json!({ "Service": text }))
    } else {
        Err(PolicyRefusal::NotAPrincipal(text.to_owned()))
    }
}

fn statement_of(input: &api::AddPermissionInput, principal: Value, resource: String) -> Value {
    let mut equals = Map::new();
    let mut equal = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            equals.insert(key.to_owned(), json!(value));
        }
    };
    equal("AWS:SourceAccount", &input.source_account);
    equal("lambda:EventSourceToken", &input.event_source_token);
    equal("lambda:FunctionUrlAuthType", &input.function_url_auth_type);
    equal("aws:PrincipalOrgID", &input.principal_org_id);
    let mut condition = Map::new();
    if !equals.is_empty() {
        condition.insert("StringEquals".to_owned(), Value::Object(equals));
    }
    if let Some(arn) = &input.source_arn {
        condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": arn }));
    }
    let mut statement = json!({
        "Sid": input.statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": input.action,
        "Resource": resource,
    });
    if !condition.is_empty() {
        statement["Condition"] = Value::Object(condition);
    }
    statement
}
