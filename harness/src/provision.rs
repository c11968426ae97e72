//! The scenario's infrastructure, made by CloudFormation through the public API.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_wire::WireError;
use wavetank_wire::cloudformation::*;

use crate::client::Aws;
use crate::run::StackOptions;

const POLL: Duration = Duration::from_secs(1);
/// Longest time that a stack may take, in the target's time.
const STACK_WITHIN: Duration = Duration::from_secs(3_600);

/// Why the infrastructure is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProvisionError {
    /// CloudFormation refused the template.
    #[error(
        "the template was refused: {0}\nhint: nothing has been created; `aws cloudformation validate-template` says the same"
    )]
    Refused(#[from] WireError),
    /// The stack is there without some of its resources.
    #[error(
        "stack `{stack}` was created without {missing}\nhint: the CloudFormation of {target} does not know these types; run it on a target that does, such as `--target embedded`"
    )]
    Partial {
        /// The stack.
        stack: String,
        /// The target's name.
        target: String,
        /// What is missing, resource by resource.
        missing: String,
    },
    /// The stack failed and was rolled back.
    #[error(
        "stack `{stack}` ended as {status}: {reasons}\nhint: the first reason is the cause; the others follow from it"
    )]
    Failed {
        /// The stack.
        stack: String,
        /// Its last status.
        status: String,
        /// What failed, resource by resource.
        reasons: String,
    },
}

/// Creates the stack, waits for it, and answers its outputs.
pub async fn create_stack(
    aws: Aws<'_>,
    stack: &StackOptions,
    template: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ProvisionError> {
    let parameter = |(key, value): (&String, &String)| Parameter {
        parameter_key: Some(key.clone()),
        parameter_value: Some(value.clone()),
        ..Parameter::default()
    };
    let StackOptions { name: stack, tags } = stack;
    let tag = |(key, value): (&String, &String)| Tag { key: key.clone(), value: value.clone() };
    let input = CreateStackInput {
        stack_name: stack.clone(),
        tags: Some(tags.iter().map(tag).collect()).filter(|tags: &Vec<Tag>| !tags.is_empty()),
        template_body: Some(template.to_owned()),
        parameters: Some(parameters.iter().map(parameter).collect()),
        capabilities: Some(vec!["CAPABILITY_NAMED_IAM".to_owned()]),
        ..CreateStackInput::default()
    };
    aws.call::<CreateStack>(input).await?;
    let deadline = aws.target().now() + STACK_WITHIN;
    loop {
        let found = describe(aws, stack).await?;
        match found.stack_status.as_str() {
            "CREATE_COMPLETE" => return Ok(outputs(found)),
            "CREATE_IN_PROGRESS" if aws.target().now() < deadline => aws.target().pause(POLL).await,
            "ROLLBACK_IN_PROGRESS" if aws.target().now() < deadline => aws.target().pause(POLL).await,
            status => {
                let reasons = reasons(aws, stack).await?;
                return Err(ProvisionError::Failed {
                    stack: stack.to_owned(),
                    status: status.to_owned(),
                    reasons,
                });
            }
        }
    }
}

/// Sees to it that a stack has these resources, types by logical id: some servers pass over types that they do not know.
pub async fn check_made(
    aws: Aws<'_>,
    stack: &str,
    resources: &BTreeMap<String, String>,
) -> Result<(), ProvisionError> {
    if resources.is_empty() {
        return Ok(());
    }
    let input = DescribeStackResourcesInput { stack_name: Some(stack.to_owned()), ..Default::default() };
    let made = aws.call::<DescribeStackResources>(input).await?.stack_resources.unwrap_or_default();
    let is_made = |id: &str| {
        let found = made.iter().find(|resource| resource.logical_resource_id == id);
        found.is_some_and(|resource| resource.resource_status.ends_with("_COMPLETE"))
    };
    let missing: Vec<String> =
        resources.iter().filter(|(id, _)| !is_made(id)).map(|(id, kind)| format!("{id} ({kind})")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (stack, target) = (stack.to_owned(), aws.target().name().to_owned());
    Err(ProvisionError::Partial { stack, target, missing: missing.join(", ") })
}

async fn describe(aws: Aws<'_>, stack: &str) -> Result<Stack, WireError> {
    let input = DescribeStacksInput { stack_name: Some(stack.to_owned()), ..DescribeStacksInput::default() };
    let found = aws.call::<DescribeStacks>(input).await?.stacks.unwrap_or_default();
    found.into_iter().next().ok_or_else(|| WireError::server("Missing", "DescribeStacks answered no stack"))
}

fn outputs(stack: Stack) -> BTreeMap<String, String> {
    let pair = |output: Output| Some((output.output_key?, output.output_value?));
    stack.outputs.unwrap_or_default().into_iter().filter_map(pair).collect()
}

/// A resource that could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its logical id.
    pub resource: String,
    /// Its type.
    pub kind: String,
    /// Why, in CloudFormation's words.
    pub reason: String,
}

/// What failed, in order of time.
pub async fn failures(aws: Aws<'_>, stack: &str) -> Result<Vec<Failure>, WireError> {
    let input =
        DescribeStackEventsInput { stack_name: stack.to_owned(), ..DescribeStackEventsInput::default() };
    let events = aws.call::<DescribeStackEvents>(input).await?.stack_events.unwrap_or_default();
    let failed = events
        .into_iter()
        .rev()
        .filter(|event| event.resource_status.as_deref().is_some_and(|status| status.ends_with("_FAILED")));
    let failure = |event: StackEvent| Failure {
        resource: event.logical_resource_id.unwrap_or_default(),
        kind: event.resource_type.unwrap_or_default(),
        reason: event.resource_status_reason.unwrap_or_default(),
    };
    Ok(failed.map(failure).collect())
}

/// The same in one line.
pub(crate) async fn reasons(aws: Aws<'_>, stack: &str) -> Result<String, WireError> {
    let sentence = |failure: Failure| format!("{}: {}", failure.resource, failure.reason);
    Ok(failures(aws, stack).await?.into_iter().map(sentence).collect::<Vec<_>>().join("; "))
}
