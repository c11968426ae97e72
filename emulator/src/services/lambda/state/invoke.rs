//! Running a function once: who may, in which environment, and what the caller hears when it has ended.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::lambda::{self as api, Response};
use wavetank_wire::{ResponseSet, Val, WireError};

use super::super::error::{InvocationRefusal, Refusal};
use super::super::limits;
use super::super::mappings::{Call, Report};
use super::super::payload::Payload;
use super::super::work::{Failure, FunctionOutput, FunctionWork};
use super::function::{Environment, Function};
use super::lines;
use super::metrics::{count_end, count_throttle};
use super::names::Target;
use super::queue::Event;
use super::{Lambda, Owed};
use crate::world::{Answer, Cx, Effect, JobId, LogBatch, Ticket, Work};

/// An invocation that runs.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) target: Target,
    pub(super) caller: Caller,
    pub(super) request_id: String,
    pub(super) version: String,
    pub(super) runtime: String,
    pub(super) memory_mb: u32,
    pub(super) timeout: Duration,
    pub(super) started: Timestamp,
    pub(super) environment: String,
    pub(super) log_group: String,
    pub(super) log_stream: String,
    pub(super) storing: Option<Storing>,
}

/// Who hears how an invocation ends.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    Client {
        ticket: Ticket,
        tail: bool,
    },
    Event(Event),
    /// An event source mapping, with what it is for.
    Mapping(Call),
}

/// An invocation whose code has succeeded and whose objects S3 is storing.
#[derive(Debug)]
pub(super) struct Storing {
    left: usize,
    output: FunctionOutput,
}

/// What an invocation answers.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) payload: Bytes,
    pub(super) failed: bool,
}

impl Lambda {
    pub(in super::super) fn invoke(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::InvokeInput,
    ) -> Result<Answer<Response>, Refusal> {
        if input.durable_execution_name.is_some() || input.tenant_id.is_some() {
            return Err(Refusal::NotBuilt("durable or tenant-isolated invocations".to_owned()));
        }
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let (function, _) = self.version(cx, &target)?;
        if function.pending_until.is_some() {
            return Err(InvocationRefusal::NotActive(api::state::PENDING).into());
        }
        let status = |code: i64| api::InvokeOutput { status_code: Some(code), ..Default::default() };
        let now = |output| Ok(Answer::Now(Response::Invoke(output)));
        let kind = input.invocation_type.as_deref().unwrap_or(api::invocation_type::REQUEST_RESPONSE);
        match kind {
            api::invocation_type::DRY_RUN => now(status(204)),
            api::invocation_type::EVENT => {
                let payload = checked(input.payload, limits::ASYNC_PAYLOAD_BYTES_MAX, "Event")?;
                // Documented: the client's context is for synchronous invocations only
                // (docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, read 2026-11-29).
                self.accept_event(cx, target, payload)?;
                now(status(202))
            }
            _ => {
                let payload = checked(input.payload, limits::SYNC_PAYLOAD_BYTES_MAX, "RequestResponse")?;
                self.admit(&target.name)
                    .inspect_err(|_| count_throttle(cx, &target))
                    .map_err(InvocationRefusal::Throttled)?;
                let ticket = cx.ticket();
                let tail = input.log_type.as_deref() == Some(api::log_type::TAIL);
                let request_id = cx.uuid();
                let caller = Caller::Client { ticket, tail };
                self.start(cx, target, request_id, payload.into(), input.client_context, caller);
                Ok(Answer::Later(ticket))
            }
        }
    }

    /// Starts an invocation that has been admitted, of a function and version that exist.
    pub(super) fn start(
        &mut self,
        cx: &mut Cx<'_>,
        target: Target,
        request_id: String,
        payload: Payload,
        client_context: Option<String>,
        caller: Caller,
    ) {
        let function = self.functions.get_mut(&target.name).expect("the caller has found it");
        self.retired.extend(function.retire(cx.now));
        let deployed = function.deployed(target.version()).expect("the caller has found it");
        let (deployment, name) = (deployed.deployment, deployed.name.clone());
        let (environment, cold) = environment_for(cx, function, deployment, &name);
        let log_stream = function.environments[&environment].log_stream.clone();
        let version = function.deployed(target.version()).expect("it is there still");
        let settings = &version.settings;
        let invocation = Invocation {
            target: target.clone(),
            caller,
            request_id: request_id.clone(),
            version: name.clone(),
            runtime: settings.runtime.clone(),
            memory_mb: settings.memory_mb,
            timeout: settings.timeout(),
            started: cx.now,
            environment: environment.clone(),
            log_group: settings.log_group.clone(),
            log_stream: log_stream.clone(),
            storing: None,
        };
        let work = FunctionWork {
            arn: target.arn(cx.scope),
            function: target.name,
            version: name,
            request_id,
            runtime: settings.runtime.clone(),
            handler: settings.handler.clone(),
            code: version.code.zip.clone(),
            variables: settings.variables.clone().unwrap_or_default(),
            memory_mb: settings.memory_mb,
            ephemeral_mb: settings.ephemeral_mb,
            timeout: settings.timeout(),
            payload,
            client_context,
            environment,
            cold,
            log_group: settings.log_group.clone(),
            log_stream,
            started: cx.now,
            retired: std::mem::take(&mut self.retired),
        };
        let job = cx.start(Work::Function(Box::new(work)));
        let name = invocation.target.name.clone();
        self.running.insert(job, invocation);
        self.count_start(cx, &name);
    }

    /// The code has ended. What it has staged is stored before anybody hears of it.
    pub(super) fn invocation_ended(&mut self, cx: &mut Cx<'_>, job: JobId, mut output: FunctionOutput) {
        if output.result.is_err() {
            output.staged.clear();
        }
        let staged = std::mem::take(&mut output.staged);
        if staged.is_empty() {
            return self.finish(cx, job, output);
        }
        let invocation = self.running.get_mut(&job).expect("it runs until it is finished");
        invocation.storing = Some(Storing { left: staged.len(), output });
        for object in staged {
            let token = cx.number();
            self.owed.insert(token, Owed::Staged(job));
            cx.push(Effect::S3 { command: object.into_command(), reply: Some(token) });
        }
    }

    /// S3 has replied about one staged object. A refusal fails the invocation; what was stored before stays.
    pub(super) fn object_stored(&mut self, cx: &mut Cx<'_>, job: JobId, reply: Result<Val, WireError>) {
        let invocation = self.running.get_mut(&job).expect("it runs until it is finished");
        let storing = invocation.storing.as_mut().expect("it waits for this reply");
        if let Err(error) = reply
            && storing.output.result.is_ok()
        {
            storing.output.result = Err(Failure::Raised(Failure::document(&error.code, &error.message)));
        }
        storing.left -= 1;
        if storing.left == 0
            && let Some(storing) = invocation.storing.take()
        {
            self.finish(cx, job, storing.output);
        }
    }

    fn finish(&mut self, cx: &mut Cx<'_>, job: JobId, mut output: FunctionOutput) {
        let invocation = self.running.remove(&job).expect("an invocation ends once");
        limit_response(&mut output);
        self.release(cx, &invocation, &output);
        count_end(cx, &invocation, &output);
        let ended = ended(&invocation, &output);
        let events = lines::of(cx.scope, &invocation, &output);
        let is_told = matches!(invocation.caller, Caller::Client { tail: true, .. });
        let log_result = is_told.then(|| STANDARD.encode(lines::tail(&events)));
        let (group, stream) = (invocation.log_group, invocation.log_stream);
        cx.push(Effect::Log(LogBatch { group, stream, events }));
        match invocation.caller {
            Caller::Client { ticket, .. } => {
                let answer = api::InvokeOutput {
                    status_code: Some(200),
                    function_error: ended.failed.then(|| "Unhandled".to_owned()),
                    log_result,
                    payload: Some(ended.payload),
                    executed_version: Some(invocation.version),
                    durable_execution_arn: None,
                };
                cx.push(Effect::Answer(ticket, Ok(Response::Invoke(answer).to_val())));
            }
            Caller::Event(event) => self.event_ended(cx, event, &ended, &invocation.version),
            Caller::Mapping(call) => {
                let report = Report::Answered {
                    payload: ended.payload,
                    has_failed: ended.failed,
                    version: invocation.version,
                    request_id: invocation.request_id,
                };
                self.mappings.ended(cx, &call, report);
                self.start_wanted(cx);
            }
        }
    }

    /// Gives the environment back, or up if its process is gone.
    fn release(&mut self, cx: &Cx<'_>, invocation: &Invocation, output: &FunctionOutput) {
        let lost = output.result.as_ref().is_err_and(Failure::ends_environment);
        let function = self.functions.get_mut(&invocation.target.name);
        let environments = function.map(|function| &mut function.environments);
        let kept = environments.and_then(|all| {
            if lost {
                all.remove(&invocation.environment);
            }
            all.get_mut(&invocation.environment)
        });
        match kept {
            Some(environment) => {
                environment.busy = false;
                environment.last_used = cx.now;
            }
            None => self.retired.push(invocation.environment.clone()),
        }
    }
}

/// A warm environment of this deployment, the one used last; or a new one. Answers whether it is new.
fn environment_for(
    cx: &mut Cx<'_>,
    function: &mut Function,
    deployment: u64,
    version: &str,
) -> (String, bool) {
    let all: &mut BTreeMap<String, Environment> = &mut function.environments;
    let warm = all
        .iter_mut()
        .filter(|(_, it)| !it.busy && it.deployment == deployment)
        .max_by_key(|(_, it)| it.last_used);
    if let Some((id, environment)) = warm {
        environment.busy = true;
        return (id.clone(), false);
    }
    let id = cx.hex(32);
    let log_stream = format!("{}[{version}]{id}", cx.now.format("%Y/%m/%d/"));
    all.insert(id.clone(), Environment { deployment, log_stream, busy: true, last_used: cx.now });
    (id, true)
}

/// The payload, `{}` if there is none. It must be JSON and within the limit of its kind.
fn checked(payload: Option<Bytes>, bytes_max: usize, kind: &'static str) -> Result<Bytes, InvocationRefusal> {
    let payload = payload.filter(|payload| !payload.is_empty()).unwrap_or(Bytes::from_static(b"{}"));
    let bytes = payload.len();
    if bytes > bytes_max {
        return Err(InvocationRefusal::PayloadTooLarge { bytes, bytes_max, kind });
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload)
        .map_err(|error| InvocationRefusal::PayloadNotJson(error.to_string()))?;
    Ok(payload)
}

fn limit_response(output: &mut FunctionOutput) {
    if output.result.as_ref().is_ok_and(|payload| payload.len() > limits::RESPONSE_BYTES_MAX) {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({} bytes).",
            limits::RESPONSE_BYTES_MAX
        );
        output.result = Err(Failure::Raised(Failure::document("Function.ResponseSizeTooLarge", &message)));
    }
}

/// What the caller gets. The sentences were recorded by LocalStack against AWS on 2025-11-24.
fn ended(invocation: &Invocation, output: &FunctionOutput) -> Ended {
    let id = &invocation.request_id;
    let document = |error_type: &str, message: String| {
        let message = format!("RequestId: {id} Error: {message}");
        let document = serde_json::json!({ "errorType": error_type, "errorMessage": message });
        Bytes::from(document.to_string())
    };
    let payload = match &output.result {
        Ok(payload) => payload.clone(),
        Err(Failure::Raised(payload) | Failure::NotStarted { payload, .. }) => payload.clone(),
        Err(Failure::TimedOut) => document("Sandbox.Timedout", lines::timed_out(invocation.timeout)),
        Err(Failure::Exited { how }) => document("Runtime.ExitError", lines::exited(how.as_deref())),
    };
    Ended { payload, failed: output.result.is_err() }
}
