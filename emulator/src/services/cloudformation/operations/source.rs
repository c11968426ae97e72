//! Where a template comes from: the request, S3, or the stack itself; and what makes a deployment of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wavetank_wire::cloudformation::{Parameter, Request, Tag};
use wavetank_wire::{ResponseSet, Val, WireError};

use super::super::limits::{TEMPLATE_BODY_BYTES_MAX, TEMPLATE_OBJECT_BYTES_MAX};
use super::super::stack::{Deployment, Stack};
use super::super::template::resolve::Environment;
use super::super::template::{Template, graph, parameters};
use super::super::{CloudFormation, CloudFormationError, resources};
use crate::services::AwsError;
use crate::services::s3::Command;
use crate::world::{Cx, Effect, Ticket};

/// A request whose template is on its way from S3.
#[derive(Debug)]
pub(in super::super) struct Fetch {
    ticket: Ticket,
    request: Request,
}

impl CloudFormation {
    /// Sends for the template that a request names by URL. The request is answered when it has come.
    pub(in super::super) fn fetch_template(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request,
    ) -> Result<Option<Ticket>, CloudFormationError> {
        let mut request = request.clone();
        let Some((body, url)) = template_members(&mut request) else { return Ok(None) };
        let Some(url) = url.take() else { return Ok(None) };
        if body.is_some() {
            return Err(CloudFormationError::TwoTemplates);
        }
        let (bucket, key) = object_of(&url).ok_or(CloudFormationError::TemplateUrl)?;
        let (token, ticket) = (cx.number(), cx.ticket());
        cx.push(Effect::S3 { command: Command::GetObject { bucket, key }, reply: Some(token) });
        self.fetches.insert(token, Fetch { ticket, request });
        Ok(Some(ticket))
    }

    /// Goes on with a request whose template has come.
    pub(in super::super) fn fetched(
        &mut self,
        cx: &mut Cx<'_>,
        fetch: Fetch,
        result: Result<Val, WireError>,
    ) {
        let Fetch { ticket, mut request } = fetch;
        let answer = match result.map_err(|error| CloudFormationError::TemplateObject(error.message)) {
            Ok(reply) => text_of(reply).and_then(|text| {
                if let Some((body, _)) = template_members(&mut request) {
                    *body = Some(text);
                }
                self.answer(cx, request)
            }),
            Err(error) => Err(error),
        };
        let answer = answer.map(ResponseSet::to_val).map_err(|error| error.wire());
        cx.push(Effect::Answer(ticket, answer));
    }
}

/// The members that carry a template.
fn template_members(request: &mut Request) -> Option<(&mut Option<String>, &mut Option<String>)> {
    match request {
        Request::CreateStack(input) => Some((&mut input.template_body, &mut input.template_url)),
        Request::UpdateStack(input) => Some((&mut input.template_body, &mut input.template_url)),
        Request::CreateChangeSet(input) => Some((&mut input.template_body, &mut input.template_url)),
        Request::ValidateTemplate(input) => Some((&mut input.template_body, &mut input.template_url)),
        Request::GetTemplateSummary(input) => Some((&mut input.template_body, &mut input.template_url)),
        _ => None,
    }
}

/// The body of S3's reply.
fn text_of(reply: Val) -> Result<String, CloudFormationError> {
    let body = match reply {
        Val::Blob(body) => Some(body),
        Val::Map(entries) => entries.into_iter().find_map(|(name, value)| match value {
            Val::Blob(body) if name == "Body" => Some(body),
            _ => None,
        }),
        _ => None,
    };
    let body = body.unwrap_or_default();
    if body.len() > TEMPLATE_OBJECT_BYTES_MAX {
        return Err(CloudFormationError::TemplateTooLarge { max: TEMPLATE_OBJECT_BYTES_MAX });
    }
    String::from_utf8(body.to_vec())
        .map_err(|_| CloudFormationError::TemplateObject("The template is not UTF-8.".to_owned()))
}

/// Bucket and key of a template's URL, in path style or with the bucket in the host name.
///
/// The tank's own address is taken too: `aws cloudformation package` writes the endpoint it was given.
fn object_of(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let path = path.split('?').next().unwrap_or(path);
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?.into_owned();
    let name = host.split(':').next().unwrap_or(host);
    let at_aws = |host: &str| host == "s3" || host.starts_with("s3.") || host.starts_with("s3-");
    let in_host = name.match_indices('.').find(|(at, _)| at_aws(&name[at + 1..]));
    let (bucket, key) = match in_host {
        Some((at, _)) => (name[..at].to_owned(), path),
        None => {
            let (bucket, key) = path.split_once('/')?;
            (bucket.to_owned(), key.to_owned())
        }
    };
    if bucket.is_empty() || key.is_empty() { None } else { Some((bucket, key)) }
}

/// What a request says of a deployment.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) template_body: Option<String>,
    pub(super) use_previous_template: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) capabilities: Vec<String>,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) notification_arns: Vec<String>,
    pub(super) role_arn: Option<String>,
}

/// A checked deployment of an order, for a stack of this id and name.
pub(super) fn deployment(
    cx: &Cx<'_>,
    order: Order,
    id: &str,
    name: &str,
    previous: Option<&Stack>,
) -> Result<Deployment, CloudFormationError> {
    let previous = previous.map(|stack| &stack.deployment);
    let text = match (order.template_body, previous.filter(|_| order.use_previous_template)) {
        (Some(_), Some(_)) => return Err(CloudFormationError::TwoTemplates),
        (Some(text), None) => text,
        (None, Some(previous)) => previous.text.clone(),
        (None, None) => return Err(CloudFormationError::NoTemplate),
    };
    let template = Template::parse_once(&text)?;
    let given = given_parameters(order.parameters, previous)?;
    let values = parameters::assign(&template.parameters, &given)?;
    for (logical, spec) in &template.resources {
        resources::check(logical, spec)?;
    }
    check_capabilities(&template, &order.capabilities)?;
    let pseudo = pseudo(cx, id, name, &order.notification_arns);
    let environment = Environment::new(&template, values, pseudo)?;
    let live: BTreeSet<String> = template
        .resources
        .iter()
        .filter(|(_, spec)| environment.holds(spec.condition.as_ref()))
        .map(|(logical, _)| logical.clone())
        .collect();
    let tags = match order.tags {
        Some(tags) => tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        None => previous.map(|previous| previous.tags.clone()).unwrap_or_default(),
    };
    Ok(Deployment {
        order: graph::order(&template, &live)?,
        text,
        template,
        environment,
        tags,
        capabilities: order.capabilities,
        notification_arns: order.notification_arns,
        role_arn: order.role_arn,
        live,
    })
}

impl CloudFormation {
    /// Refuses a template in the request's own body that is over the limit of those.
    pub(in super::super) fn check_request_body(request: &Request) -> Result<(), CloudFormationError> {
        let mut request = request.clone();
        let body = template_members(&mut request).and_then(|(body, _)| body.take());
        match body {
            Some(body) if body.len() > TEMPLATE_BODY_BYTES_MAX => {
                Err(CloudFormationError::TemplateTooLarge { max: TEMPLATE_BODY_BYTES_MAX })
            }
            _ => Ok(()),
        }
    }
}

fn given_parameters(
    given: Vec<Parameter>,
    previous: Option<&Deployment>,
) -> Result<BTreeMap<String, String>, CloudFormationError> {
    let mut values = BTreeMap::new();
    for parameter in given {
        let key = parameter.parameter_key.unwrap_or_default();
        let value = if parameter.use_previous_value == Some(true) {
            let before = previous.and_then(|previous| previous.environment.parameters.get(&key));
            before.map(|value| value.text.clone()).ok_or(CloudFormationError::NoPreviousValue(key.clone()))?
        } else {
            parameter.parameter_value.unwrap_or_default()
        };
        values.insert(key, value);
    }
    Ok(values)
}

fn pseudo(cx: &Cx<'_>, id: &str, name: &str, notification_arns: &[String]) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("AWS::AccountId", cx.scope.account.as_str().into()),
        ("AWS::NotificationARNs", notification_arns.iter().map(|arn| Value::from(arn.as_str())).collect()),
        ("AWS::Partition", "aws".into()),
        ("AWS::Region", cx.scope.region.as_str().into()),
        ("AWS::StackId", id.into()),
        ("AWS::StackName", name.into()),
        ("AWS::URLSuffix", "amazonaws.com".into()),
    ])
}

/// What a template asks its caller to acknowledge.
///
/// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (read 2026-11-29).
pub(super) fn capability(template: &Template) -> Option<(&'static str, BTreeSet<&str>)> {
    let iam = |kind: &str| kind.starts_with("AWS::IAM::");
    let resources: Vec<_> = template.resources.values().filter(|spec| iam(&spec.kind)).collect();
    if resources.is_empty() {
        return None;
    }
    let named = resources.iter().any(|spec| {
        ["RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName"]
            .iter()
            .any(|name| spec.properties.contains_key(*name))
    });
    let kinds = resources.iter().map(|spec| spec.kind.as_str()).collect();
    Some((if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" }, kinds))
}

fn check_capabilities(template: &Template, given: &[String]) -> Result<(), CloudFormationError> {
    let Some((wanted, _)) = capability(template) else { return Ok(()) };
    let enough = given.iter().any(|given| given == wanted || given == "CAPABILITY_NAMED_IAM");
    if enough { Ok(()) } else { Err(CloudFormationError::Capabilities(wanted)) }
}

#[cfg(test)]
mod tests {
    use super::object_of;

    #[test]
    fn a_template_url_names_its_bucket_in_the_path_or_in_the_host() {
        let check = |url: &str, expected: Option<(&str, &str)>| {
            let expected = expected.map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
            assert_eq!(object_of(url), expected, "{url}");
        };
        check("https://s3.amazonaws.com/b/k/t.yaml", Some(("b", "k/t.yaml")));
        check("https://s3.eu-west-1.amazonaws.com/b/t.yaml", Some(("b", "t.yaml")));
        check("https://b.s3.amazonaws.com/t.yaml", Some(("b", "t.yaml")));
        check("https://my.b.s3.us-east-1.amazonaws.com/a%20b.yaml", Some(("my.b", "a b.yaml")));
        check("http://127.0.0.1:4566/b/t.yaml", Some(("b", "t.yaml")));
        check("http://b.s3.localhost:4566/t.yaml", Some(("b", "t.yaml")));
        check("https://s3.amazonaws.com/b", None);
        check("file:///t.yaml", None);
    }
}
