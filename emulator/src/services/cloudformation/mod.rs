//! CloudFormation: templates, stacks, updates with rollback, change sets, exports.
//!
//! Every resource is made by calls to the other services' public operations, as a client would make them; this service
//! knows none of their states. A template that names a resource type, property or function that is not built is refused
//! as a whole, by name, before anything is created (AWS refuses such things halfway).
//! Left out, refused by name: transforms and AWS::Serverless, nested stacks, macros, stack sets, drift, imports of
//! existing resources, hooks, stack policies, rollback triggers, `ContinueUpdateRollback`, notifications to SNS (the
//! ARNs are kept). Timeouts of stacks are kept and nothing times out. The `aws:cloudformation:*` tags are not set.
//! Time: a resource takes `limits::RESOURCE_SPAN`, so that pollers see progress; a frozen tank shows each state.
//! Start with `operations/create.rs`, then `engine/mod.rs`; `resources/mod.rs` is the list of types.

mod change_set;
mod engine;
mod error;
mod kept;
pub mod limits;
mod operations;
mod predict;
mod resources;
mod stack;
mod status;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use wavetank_types::Timestamp;
use wavetank_wire::cloudformation::{Request, Response};
use wavetank_wire::{FromVal, Val, WireError};

use super::Service;
use crate::world::{Answer, Cx, Delivery};
pub use error::CloudFormationError;
use operations::source::Fetch;
use stack::{Exports, Stack};
pub use template::TemplateError;

/// The stacks of one account and region.
#[derive(Debug, Default)]
pub struct CloudFormation {
    /// By id, oldest first. Deleted stacks stay: they can be described by id.
    stacks: IndexMap<String, Stack>,
    /// Requests that wait for their template to come from S3, by the reply's token.
    fetches: BTreeMap<u64, Fetch>,
}

impl Service for CloudFormation {
    type Request = Request;
    type Response = Response;
    type Error = CloudFormationError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, CloudFormationError> {
        Self::check_request_body(&request)?;
        if let Some(ticket) = self.fetch_template(cx, &request)? {
            return Ok(Answer::Later(ticket));
        }
        self.answer(cx, request).map(Answer::Now)
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.stacks.values().filter_map(Stack::next_deadline).min()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        for at in 0..self.stacks.len() {
            let exports = self.exports();
            let Some((_, stack)) = self.stacks.get_index_mut(at) else { continue };
            stack.change_sets.values_mut().for_each(|change_set| change_set.tick(cx.now));
            stack.tick(cx, &exports);
        }
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        let Delivery::Reply { token, result } = delivery else {
            unreachable!("CloudFormation starts no jobs and keeps no logs");
        };
        if let Some(fetch) = self.fetches.remove(&token) {
            self.fetched(cx, fetch, result);
            return;
        }
        self.hear(cx, token, result);
    }
}

impl CloudFormation {
    /// Hands a reply to the stack that waits for it. A stack that has turned to other work does not want it any more.
    fn hear(&mut self, cx: &mut Cx<'_>, token: u64, result: Result<Val, WireError>) {
        let waits = |stack: &&mut Stack| stack.work.as_ref().is_some_and(|work| work.waits_for(token));
        if let Some(stack) = self.stacks.values_mut().find(waits) {
            stack.hear(cx, result);
        }
    }

    /// What the stacks export.
    fn exports(&self) -> Exports {
        let there = self.stacks.values().filter(|stack| stack.is_there());
        let outputs = there.flat_map(|stack| &stack.outputs);
        outputs.filter_map(|output| Some((output.export.clone()?, output.value.clone()))).collect()
    }

    fn answer(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, CloudFormationError> {
        Ok(match request {
            Request::CreateChangeSet(input) => Response::CreateChangeSet(self.create_change_set(cx, input)?),
            Request::CreateStack(input) => Response::CreateStack(self.create_stack(cx, input)?),
            Request::DeleteChangeSet(input) => Response::DeleteChangeSet(self.delete_change_set(&input)?),
            Request::DeleteStack(input) => {
                self.delete_stack(cx, input)?;
                Response::DeleteStack(FromVal::from_val(Val::Struct(Vec::new())))
            }
            Request::DescribeChangeSet(input) => {
                Response::DescribeChangeSet(self.describe_change_set(&input)?)
            }
            Request::DescribeStackEvents(input) => {
                Response::DescribeStackEvents(self.describe_stack_events(&input)?)
            }
            Request::DescribeStackResource(input) => {
                Response::DescribeStackResource(self.describe_stack_resource(&input)?)
            }
            Request::DescribeStackResources(input) => {
                Response::DescribeStackResources(self.describe_stack_resources(&input)?)
            }
            Request::DescribeStacks(input) => Response::DescribeStacks(self.describe_stacks(&input)?),
            Request::ExecuteChangeSet(input) => {
                Response::ExecuteChangeSet(self.execute_change_set(cx, input)?)
            }
            Request::GetTemplate(input) => Response::GetTemplate(self.get_template(&input)?),
            Request::GetTemplateSummary(input) => {
                Response::GetTemplateSummary(self.get_template_summary(input)?)
            }
            Request::ListChangeSets(input) => Response::ListChangeSets(self.list_change_sets(&input)?),
            Request::ListExports(input) => Response::ListExports(self.list_exports(&input)?),
            Request::ListImports(input) => Response::ListImports(self.list_imports(&input)?),
            Request::ListStackResources(input) => {
                Response::ListStackResources(self.list_stack_resources(&input)?)
            }
            Request::ListStacks(input) => Response::ListStacks(self.list_stacks(&input)?),
            Request::UpdateStack(input) => Response::UpdateStack(self.update_stack(cx, input)?),
            Request::ValidateTemplate(input) => Response::ValidateTemplate(self.validate_template(input)?),
        })
    }

    /// The stack of this name that is there, or of this id even if it is not.
    fn find(&self, name_or_id: &str) -> Option<&Stack> {
        let by_id = self.stacks.get(name_or_id);
        by_id.or_else(|| self.stacks.values().find(|stack| stack.is_there() && stack.name == name_or_id))
    }

    fn find_mut(&mut self, name_or_id: &str) -> Option<&mut Stack> {
        let id = self.find(name_or_id)?.id.clone();
        self.stacks.get_mut(&id)
    }
}

impl Stack {
    fn next_deadline(&self) -> Option<Timestamp> {
        let change_sets = self.change_sets.values().filter_map(change_set::ChangeSet::next_deadline);
        let work = self.work.as_ref().map(engine::Work::due).filter(|due| *due != Timestamp::MAX);
        work.into_iter().chain(change_sets).min()
    }
}
