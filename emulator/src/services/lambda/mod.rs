//! Lambda: functions from zips, versions, permissions, tags, concurrency, and invocations with their logs.
//!
//! Event source mappings are in `mappings/`. Left out: aliases, function URLs, provisioned concurrency (those operations answer
//! `NotImplemented`); container images, layers, networks, keys, dead-letter queues, JSON logs and destinations other
//! than functions and S3 (refused by name). Permissions are kept and shown, not enforced. X-Ray tracing is kept as a
//! setting; there are no traces. `GetFunction` gives no download address for the code.
//! Time: a new function is `Pending`, and an update `InProgress`, for [`limits::TRANSITION`]; an invocation lasts as
//! long as its executor says; events are retried after 1 and 2 minutes.
//! Code in S3 is read at create and update through `Command::GetObject`; until S3 has replied, the caller waits.
//! Start with `state.rs`, then `state/invoke.rs` and `state/queue.rs`. The code itself runs in `executors/function.rs`.

mod error;
pub mod limits;
mod mappings;
mod payload;
mod runtimes;
mod state;
#[cfg(test)]
pub(crate) mod tests;
mod work;

use wavetank_types::Timestamp;
use wavetank_wire::lambda::{Request, Response};

use super::Service;
use crate::world::{Answer, Blocked, Cx, Delivery, Scope, Undelivered};

pub use error::{
    CodeRefusal, InvocationRefusal, NameRefusal, PolicyRefusal, Refusal, SettingRefusal, Throttle,
};
pub use mappings::{MappingRefusal, limits as mapping_limits};
pub use payload::{KinesisRecord, Payload};
pub use state::Lambda;
pub use work::{Failure, FunctionOutput, FunctionWork, Line, Model, spread};

impl Service for Lambda {
    type Request = Request;
    type Response = Response;
    type Error = Refusal;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, Refusal> {
        let response = match request {
            Request::CreateFunction(input) => return self.create_function(cx, input),
            Request::UpdateFunctionCode(input) => return self.update_function_code(cx, input),
            Request::Invoke(input) => return self.invoke(cx, input),
            Request::UpdateFunctionConfiguration(input) => {
                Response::UpdateFunctionConfiguration(self.update_function_configuration(cx, input)?)
            }
            Request::DeleteFunction(input) => Response::DeleteFunction(self.delete_function(cx, input)?),
            Request::PublishVersion(input) => Response::PublishVersion(self.publish_version(cx, input)?),
            Request::GetFunction(input) => Response::GetFunction(self.get_function(cx, input)?),
            Request::GetFunctionConfiguration(input) => {
                Response::GetFunctionConfiguration(self.get_function_configuration(cx, input)?)
            }
            Request::ListFunctions(input) => Response::ListFunctions(self.list_functions(cx, input)?),
            Request::ListVersionsByFunction(input) => {
                Response::ListVersionsByFunction(self.list_versions_by_function(cx, input)?)
            }
            Request::GetAccountSettings(_) => Response::GetAccountSettings(self.get_account_settings()),
            Request::AddPermission(input) => Response::AddPermission(self.add_permission(cx, input)?),
            Request::RemovePermission(input) => {
                Response::RemovePermission(self.remove_permission(cx, input)?)
            }
            Request::GetPolicy(input) => Response::GetPolicy(self.get_policy(cx, input)?),
            Request::TagResource(input) => Response::TagResource(self.tag_resource(cx, input)?),
            Request::UntagResource(input) => Response::UntagResource(self.untag_resource(cx, input)?),
            Request::ListTags(input) => Response::ListTags(self.list_tags(cx, input)?),
            Request::PutFunctionConcurrency(input) => {
                Response::PutFunctionConcurrency(self.put_function_concurrency(cx, input)?)
            }
            Request::GetFunctionConcurrency(input) => {
                Response::GetFunctionConcurrency(self.get_function_concurrency(cx, input)?)
            }
            Request::DeleteFunctionConcurrency(input) => {
                Response::DeleteFunctionConcurrency(self.delete_function_concurrency(cx, input)?)
            }
            Request::PutFunctionEventInvokeConfig(input) => {
                Response::PutFunctionEventInvokeConfig(self.put_function_event_invoke_config(cx, input)?)
            }
            Request::GetFunctionEventInvokeConfig(input) => {
                Response::GetFunctionEventInvokeConfig(self.get_function_event_invoke_config(cx, input)?)
            }
            Request::DeleteFunctionEventInvokeConfig(input) => Response::DeleteFunctionEventInvokeConfig(
                self.delete_function_event_invoke_config(cx, input)?,
            ),
            Request::CreateEventSourceMapping(input) => {
                return self.create_event_source_mapping(cx, &input);
            }
            Request::GetEventSourceMapping(input) => {
                Response::GetEventSourceMapping(self.mappings.get(cx.scope, &input.uuid)?)
            }
            Request::ListEventSourceMappings(input) => {
                Response::ListEventSourceMappings(self.list_event_source_mappings(cx, &input)?)
            }
            Request::UpdateEventSourceMapping(input) => {
                Response::UpdateEventSourceMapping(self.update_event_source_mapping(cx, &input)?)
            }
            Request::DeleteEventSourceMapping(input) => {
                Response::DeleteEventSourceMapping(self.mappings.delete(cx, &input.uuid)?)
            }
        };
        Ok(Answer::Now(response))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Lambda::next_deadline(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        Lambda::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        Lambda::deliver(self, cx, delivery);
    }

    fn blocked(&self, scope: &Scope) -> Vec<Blocked> {
        self.mappings.blocked(scope)
    }

    fn undelivered(&self, _scope: &Scope) -> Vec<Undelivered> {
        self.mappings.undelivered()
    }
}
