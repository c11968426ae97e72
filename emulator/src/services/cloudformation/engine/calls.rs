//! A step's calls, and what comes back.

use wavetank_types::Timestamp;
use wavetank_wire::{Val, WireError};

use super::super::limits::{POLL_SPAN, POLLS_MAX};
use super::super::resources::{self, Existing, Readiness, Request, is_absent, says_exists};
use super::super::stack::Stack;
use super::super::status::Status;
use super::{Current, Phase, Verb, half_step};
use crate::services::ServiceId;
use crate::world::{Address, Cx, Effect};

/// No deadline: a reply is on its way.
const WAITING: Timestamp = Timestamp::MAX;

impl Stack {
    /// Sends the step's next call; without one, the step settles.
    pub(super) fn ask(&mut self, cx: &mut Cx<'_>) {
        let Some(work) = &mut self.work else { return };
        let Some(current) = &mut work.current else { return };
        let Some(ask) = current.asks.front() else {
            current.phase = Phase::Settling;
            work.due = half_step(cx);
            self.take_over(cx);
            return;
        };
        if let Err(error) = ask.validate() {
            self.hear(cx, Err(error));
            return;
        }
        let token = cx.number();
        current.phase = Phase::Asking(token);
        work.due = WAITING;
        match ask.request.clone() {
            Request::Api { schema, operation, input } => {
                let to = Address { service: ServiceId::of(schema), scope: cx.scope.clone() };
                cx.push(Effect::Call { to, operation, input, reply: Some(token) });
            }
            Request::S3(command) => cx.push(Effect::S3 { command, reply: Some(token) }),
        }
    }

    /// Hears the answer to the step's call.
    pub(in super::super) fn hear(&mut self, cx: &mut Cx<'_>, result: Result<Val, WireError>) {
        let Some(work) = &mut self.work else { return };
        let Some(current) = &mut work.current else { return };
        let Some(ask) = current.asks.pop_front() else { return };
        let reply = match result {
            Ok(reply) => reply,
            Err(error) if ask.may_be_absent() && is_absent(&error) => Val::Null,
            Err(error) => {
                let reason = reason_of(cx, &ask, current, &error);
                self.fail(cx, reason);
                return;
            }
        };
        match ask.readiness(&reply) {
            None | Some(Readiness::Ready) => {}
            Some(Readiness::NotYet) if current.polls < POLLS_MAX => {
                current.polls += 1;
                current.phase = Phase::Polling;
                current.asks.push_front(ask);
                work.due = cx.now + POLL_SPAN;
                return;
            }
            Some(Readiness::NotYet) => {
                self.fail(cx, "Exceeded attempts to wait".to_owned());
                return;
            }
            Some(Readiness::Failed(reason)) => {
                self.fail(cx, reason);
                return;
            }
        }
        if let Some(kind) = resources::kind(&current.kind)
            && reply != Val::Null
        {
            kind.learn(&mut current.made, ask.operation(), reply);
        }
        self.take_over(cx);
        self.ask(cx);
    }

    /// After the first success there is something that can be undone: the stack owns it from here.
    fn take_over(&mut self, cx: &Cx<'_>) {
        let Some(work) = &mut self.work else { return };
        let Some(current) = &mut work.current else { return };
        if matches!(current.verb, Verb::Delete | Verb::Discard) {
            return;
        }
        let first = !current.touched;
        current.touched = true;
        let Current { logical, verb, made, properties, .. } = current.clone();
        if let Some(resource) = self.resources.get_mut(&logical) {
            resource.physical_id.clone_from(&made.physical_id);
            resource.existing = Some(Existing { made, properties });
        }
        let status = match verb {
            Verb::Create => Status::CreateInProgress,
            Verb::Replace => Status::UpdateInProgress,
            Verb::Update | Verb::Delete | Verb::Discard => return,
        };
        if first {
            self.mark(cx, &logical, status, Some("Resource creation Initiated".to_owned()));
        }
    }
}

/// The refusal of another service as an event's reason.
///
/// Recorded by others: the frame and the handler codes are quoted in public error reports.
fn reason_of(cx: &mut Cx<'_>, ask: &resources::Ask, current: &Current, error: &WireError) -> String {
    let making = matches!(current.verb, Verb::Create | Verb::Replace) && !current.touched;
    let request = cx.uuid();
    if making && says_exists(error) {
        let (kind, id) = (&current.kind, &current.made.physical_id);
        return format!(
            "Resource handler returned message: \"Resource of type '{kind}' with identifier '{id}' already exists.\" \
             (RequestToken: {request}, HandlerErrorCode: AlreadyExists)"
        );
    }
    let code = match error.code.as_str() {
        _ if is_absent(error) => "NotFound",
        "LimitExceeded" | "LimitExceededException" | "ResourceNumberLimitExceededException" => {
            "ServiceLimitExceeded"
        }
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "Throttled" => "Throttling",
        "NotImplemented" | "InternalFailure" | "ServiceException" => "InternalFailure",
        "BucketNotEmpty" => "GeneralServiceException",
        _ => "InvalidRequest",
    };
    let (message, service, status) = (&error.message, ask.service_name(), error.status);
    let id = cx.uuid();
    format!(
        "Resource handler returned message: \"{message} (Service: {service}, Status Code: {status}, Request ID: {id})\" \
         (RequestToken: {request}, HandlerErrorCode: {code})"
    )
}
