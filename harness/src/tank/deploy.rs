//! A template's resources, made as `aws cloudformation deploy` makes them, and what went wrong by resource and line.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::Ordering;

use wavetank_wire::cloudformation::{DescribeStackResources, DescribeStackResourcesInput, StackResource};

use super::{Tank, TankError, package, resolve};
use crate::provision::{self, Failure, ProvisionError};
use crate::run::StackOptions;

/// The stack's name, unless [`Deploy::stack`] says another; the second is `test-2`.
const STACK: &str = "test";

/// A template that is about to be deployed: await it.
#[must_use = "nothing is deployed until this is awaited"]
#[derive(Debug)]
pub struct Deploy {
    tank: Tank,
    template: String,
    stack: Option<String>,
    parameters: BTreeMap<String, String>,
}

impl Tank {
    /// Makes what a CloudFormation template says, and waits until all of it is there.
    ///
    /// `template` is a path, relative to the folder of the test's Cargo.toml, or the template itself if it has more than one
    /// line. A function's `Code:` may be the path of a folder or file beside the template, as for `aws cloudformation package`.
    ///
    /// Error: [`TankError::File`]; [`TankError::NotMade`] with each resource that failed, the reason and the line.
    pub fn deploy(&self, template: impl Into<String>) -> Deploy {
        let (tank, template) = (self.clone(), template.into());
        Deploy { tank, template, stack: None, parameters: BTreeMap::new() }
    }
}

impl Deploy {
    /// Gives a parameter of the template its value.
    pub fn parameter(mut self, name: &str, value: impl Into<String>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// The stack's name; `test` otherwise, then `test-2` and so on.
    pub fn stack(mut self, name: &str) -> Self {
        self.stack = Some(name.to_owned());
        self
    }

    async fn run(self) -> Result<Stack, TankError> {
        let Self { tank, template, stack, parameters } = self;
        let stack = stack.unwrap_or_else(|| match tank.shared.stacks.fetch_add(1, Ordering::SeqCst) {
            0 => STACK.to_owned(),
            before => format!("{STACK}-{}", before + 1),
        });
        let is_text = template.contains('\n') || template.trim_start().starts_with('{');
        let (name, text, folder) = if is_text {
            ("template".to_owned(), template, tank.shared.folder.clone())
        } else {
            let path = resolve(&tank.shared.folder, &template);
            let text = std::fs::read_to_string(&path).map_err(|cause| TankError::File {
                path: path.display().to_string(),
                cause: cause.to_string(),
            })?;
            (template, text, path.parent().map_or_else(PathBuf::new, Path::to_path_buf))
        };
        let text = package::package(&tank, text, &folder).await?;
        let named = StackOptions { name: stack.clone(), ..StackOptions::default() };
        let outputs = match provision::create_stack(tank.aws(), &named, &text, &parameters).await {
            Ok(outputs) => outputs,
            Err(error) => {
                let failures = match &error {
                    ProvisionError::Failed { .. } => {
                        let asked = TankError::refused(format!("DescribeStackEvents {stack}"));
                        provision::failures(tank.aws(), &stack).await.map_err(asked)?
                    }
                    ProvisionError::Refused(_) | ProvisionError::Partial { .. } => Vec::new(),
                };
                return Err(Box::new(NotMade::new(&stack, &name, &text, &error, failures)).into());
            }
        };
        let input = DescribeStackResourcesInput { stack_name: Some(stack.clone()), ..Default::default() };
        let described = tank.aws().call::<DescribeStackResources>(input).await;
        let described = described.map_err(TankError::refused(format!("DescribeStackResources {stack}")))?;
        let pair =
            |resource: StackResource| Some((resource.logical_resource_id, resource.physical_resource_id?));
        let resources = described.stack_resources.unwrap_or_default().into_iter().filter_map(pair).collect();
        Ok(Stack { name: stack, outputs, resources })
    }
}

impl IntoFuture for Deploy {
    type Output = Result<Stack, TankError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// What a template has made.
#[derive(Clone, Debug)]
pub struct Stack {
    name: String,
    outputs: BTreeMap<String, String>,
    resources: BTreeMap<String, String>,
}

impl Stack {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An output's value. Panics if the template has no such output, and says which it has.
    #[track_caller]
    pub fn output(&self, key: &str) -> &str {
        find(&self.outputs, "output", key)
    }

    /// A resource's physical id: a bucket's or stream's name, a queue's address. Panics if the template has no such resource.
    #[track_caller]
    pub fn resource(&self, logical_id: &str) -> &str {
        find(&self.resources, "resource", logical_id)
    }

    /// Every output.
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }
}

#[track_caller]
fn find<'a>(map: &'a BTreeMap<String, String>, what: &str, key: &str) -> &'a str {
    map.get(key).unwrap_or_else(|| {
        let known: Vec<&str> = map.keys().map(String::as_str).collect();
        panic!("the template has no {what} `{key}`; it has {}", known.join(", "))
    })
}

/// Why a template's resources are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMade {
    /// The stack.
    pub stack: String,
    /// The template's name, as it was given; `template` if it was given as text.
    pub template: String,
    /// How the stack ended, or why the template was refused.
    pub status: String,
    /// What failed, the cause first, with its line of the template, from 1.
    pub failures: Vec<(Failure, Option<usize>)>,
}

impl NotMade {
    fn new(stack: &str, template: &str, text: &str, error: &ProvisionError, failures: Vec<Failure>) -> Self {
        let status = match error {
            ProvisionError::Refused(error) => format!("the template was refused: {error}"),
            ProvisionError::Partial { missing, .. } => format!("it lacks {missing}"),
            ProvisionError::Failed { status, .. } => format!("it ended as {status}"),
        };
        let with_line = |failure: Failure| {
            let line = line_of(text, &failure.resource);
            (failure, line)
        };
        let (stack, template) = (stack.to_owned(), template.to_owned());
        Self { stack, template, status, failures: failures.into_iter().map(with_line).collect() }
    }
}

impl fmt::Display for NotMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack `{}` was not made: {}", self.stack, self.status)?;
        for (Failure { resource, kind, reason }, line) in &self.failures {
            write!(f, "\n  {}", self.template)?;
            if let Some(line) = line {
                write!(f, ":{line}")?;
            }
            write!(f, ": {resource} ({kind}): {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NotMade {}

/// The line, from 1, on which a resource begins: the first that is nothing but its name and a colon, or begins so.
fn line_of(template: &str, logical_id: &str) -> Option<usize> {
    let begins = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'']);
        let rest = line.strip_prefix(logical_id).map(|rest| rest.trim_start_matches(['"', '\'']));
        rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let from = template.lines().position(|line| line.trim_start_matches('"').starts_with("Resources"))?;
    template.lines().skip(from).position(begins).map(|at| from + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_found_by_its_line() {
        let yaml = "Parameters:\n  Lake: {Type: String}\nResources:\n  LakeToo: {}\n  Lake:\n    Type: x\n";
        assert_eq!(line_of(yaml, "Lake"), Some(5));
        assert_eq!(line_of("{\n\"Resources\": {\n\"Lake\": {}}}", "Lake"), Some(3));
        assert_eq!(line_of(yaml, "Pond"), None);
    }
}
