//! Where functions and event source mappings meet: a mapping names a function, and its invocations are started here.

use wavetank_wire::lambda::{self as api, Response};

use super::super::error::Refusal;
use super::super::limits;
use super::super::mappings::{FunctionRef, MappingRefusal, Report, Want};
use super::Lambda;
use super::invoke::Caller;
use super::metrics::{count_age, count_throttle};
use super::names::Target;
use crate::world::{Answer, Cx};

impl Lambda {
    /// The function of a mapping, and its timeout in seconds.
    fn mapped_function(&self, cx: &Cx<'_>, name: &str) -> Result<(FunctionRef, u64), Refusal> {
        let target = Target::parse(cx.scope, name, None)?;
        let (_, version) = self.version(cx, &target).map_err(|_| MappingRefusal::NoFunction)?;
        let timeout_secs = version.settings.timeout().as_secs();
        let (arn, role) = (target.arn(cx.scope), version.settings.role.clone());
        Ok((FunctionRef { name: target.name, qualifier: target.qualifier, arn, role }, timeout_secs))
    }

    pub(in super::super) fn create_event_source_mapping(
        &mut self,
        cx: &mut Cx<'_>,
        input: &api::CreateEventSourceMappingInput,
    ) -> Result<Answer<Response>, Refusal> {
        let (function, timeout_secs) = self.mapped_function(cx, &input.function_name)?;
        self.mappings.create(cx, function, timeout_secs, input)
    }

    pub(in super::super) fn update_event_source_mapping(
        &mut self,
        cx: &mut Cx<'_>,
        input: &api::UpdateEventSourceMappingInput,
    ) -> Result<api::EventSourceMappingConfiguration, Refusal> {
        let function = match &input.function_name {
            Some(name) => Some(self.mapped_function(cx, name)?.0),
            None => None,
        };
        self.mappings.update(cx, function, input)
    }

    pub(in super::super) fn list_event_source_mappings(
        &self,
        cx: &Cx<'_>,
        input: &api::ListEventSourceMappingsInput,
    ) -> Result<api::ListEventSourceMappingsOutput, Refusal> {
        let arn = match input.function_name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => Some(Target::parse(cx.scope, name, None)?.arn(cx.scope)),
            None => None,
        };
        Ok(self.mappings.list(cx.scope, arn.as_deref(), input)?)
    }

    /// Starts every invocation that mappings want, or tells them why not.
    pub(super) fn start_wanted(&mut self, cx: &mut Cx<'_>) {
        while let Some(want) = self.mappings.next_want() {
            if let Err(report) = self.start_one(cx, &want) {
                self.mappings.ended(cx, &want.call, report);
            }
        }
    }

    /// A function that is missing, not yet active or throttled is tried again, and the attempt does not count.
    fn start_one(&mut self, cx: &mut Cx<'_>, want: &Want) -> Result<(), Report> {
        let later = |why: String| Report::Refused { why, counts: false };
        let target = Target { name: want.function.name.clone(), qualifier: want.function.qualifier.clone() };
        let (function, version) = self.version(cx, &target).map_err(|refusal| later(refusal.to_string()))?;
        if function.pending_until.is_some() {
            return Err(later("the function is being created".to_owned()));
        }
        let role = version.settings.role.clone();
        self.admit(&target.name)
            .inspect_err(|_| count_throttle(cx, &target))
            .map_err(|throttle| later(format!("throttled: {throttle:?}")))?;
        let payload = self.mappings.payload(&want.call, &role);
        let payload = payload.ok_or_else(|| later("the mapping has changed".to_owned()))?;
        if payload.bytes() > limits::SYNC_PAYLOAD_BYTES_MAX {
            let why = format!("the event of {} bytes is too large for a function", payload.bytes());
            return Err(Report::Refused { why, counts: true });
        }
        if let Some(last) = self.mappings.last_arrival(&want.call) {
            count_age(cx, &target, last);
        }
        let request_id = cx.uuid();
        self.start(cx, target, request_id, payload, None, Caller::Mapping(want.call.clone()));
        Ok(())
    }
}
