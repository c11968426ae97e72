//! A small signed client for every service whose shapes are in `wire`: `aws.call::<glue::GetTable>(input)`.
//!
//! It exists so that nothing here depends on the large service crates. S3 goes through the genuine SDK.

use std::error::Error;
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use bytes::Bytes;
use serde_json::Value;
use wavetank_wire::schema::{self, Service};
use wavetank_wire::{FromVal, Operation, ToVal, Val, WireError, codec, sign};

use crate::target::{Address, Credentials, NoAnswer, Target};

/// Tries in all, of calls that were throttled or met a server's error; as the SDKs do.
const TRIES_MAX: u32 = 3;
/// Tries of a patient client, several minutes of them.
const TRIES_PATIENT: u32 = 60;
/// Longest pause between two tries.
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);

/// Calls a target in one region.
#[derive(Clone, Copy)]
pub struct Aws<'a> {
    target: &'a dyn Target,
    region: &'a str,
    tries_max: u32,
}

impl std::fmt::Debug for Aws<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").field("target", &self.target.name()).field("region", &self.region).finish()
    }
}

impl<'a> Aws<'a> {
    /// A client of this target and region.
    pub fn new(target: &'a dyn Target, region: &'a str) -> Self {
        Self { target, region, tries_max: TRIES_MAX }
    }

    /// The same client, which tries again for minutes: what a producer does that may not lose a record.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { tries_max: TRIES_PATIENT, ..self }
    }

    /// The same client, which tries once.
    #[must_use]
    pub fn once(self) -> Self {
        Self { tries_max: 1, ..self }
    }

    /// Whether it tries again for minutes.
    pub fn is_patient(&self) -> bool {
        self.tries_max == TRIES_PATIENT
    }

    /// Tries in all of each call.
    pub fn tries_max(&self) -> u32 {
        self.tries_max
    }

    /// The target.
    pub fn target(&self) -> &'a dyn Target {
        self.target
    }

    /// The region.
    pub fn region(&self) -> &'a str {
        self.region
    }

    /// One call, repeated after throttling and server errors.
    pub async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.send(O::service(), O::NAME, input.to_val()).await.map(O::Output::from_val)
    }

    /// The same as JSON both ways, in the members of AWS's API.
    pub async fn json(
        &self,
        service: &'static Service,
        operation: &str,
        input: &Value,
    ) -> Result<Value, WireError> {
        let shape = service.operation(operation).ok_or_else(|| WireError::not_implemented(operation))?;
        let input = codec::from_json(shape.input, input.to_string().as_bytes())?;
        let output = self.send(service, shape.name, input).await?;
        Ok(serde_json::from_slice(&codec::to_json(shape.output, &output)).unwrap_or_default())
    }

    async fn send(&self, service: &'static Service, name: &str, input: Val) -> Result<Val, WireError> {
        let operation = service.operation(name).expect("generated operations are in their service's list");
        let mut back_off = FIRST_BACK_OFF;
        for attempt in 1.. {
            let direct = self.target.call(service, operation, self.region, input.clone()).await;
            let answer = match direct {
                Ok(answer) => answer,
                Err(input) => self.send_once(service, operation, input).await,
            };
            match answer {
                Ok(output) => return Ok(output),
                Err(error) if attempt < self.tries_max && may_pass(service.name, &error) => {
                    self.target.pause(back_off).await;
                    back_off = (back_off * 2).min(BACK_OFF_MAX);
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn send_once(
        &self,
        service: &'static Service,
        operation: &'static schema::Operation,
        input: Val,
    ) -> Result<Val, WireError> {
        let address = self.target.address(service.name, self.region);
        let mut request = codec::encode_request(service, operation, input, &address.origin.to_string());
        sign_as(self.target, &mut request, service.signing_name, &address);
        let answer = self.target.http(request).await;
        if let Some(NoAnswer(why)) = answer.extensions().get() {
            let message = format!("{why}\nhint: it answered before; is the server still running?");
            return Err(WireError {
                status: answer.status().as_u16(),
                ..WireError::server(NoAnswer::CODE, message)
            });
        }
        codec::decode_response(service, operation, answer)
    }
}

/// Signs a request with the target's credentials, as a client of this service.
pub(crate) fn sign_as(
    target: &dyn Target,
    request: &mut http::Request<Bytes>,
    signing_name: &str,
    address: &Address,
) {
    let Credentials { access_key, secret_key, session_token } = target.credentials();
    let (token, time) = (session_token.as_deref(), target.signing_time_s());
    sign::sign(request, signing_name, &address.signing_region, &access_key, &secret_key, token, time);
}

/// Whether the same call may succeed later.
fn may_pass(service: &str, error: &WireError) -> bool {
    let throttled = [
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "ProvisionedThroughputExceededException",
    ];
    let is_throttled = throttled.contains(&error.code.as_str()) || error.status == 429;
    // DynamoDB Streams' word for too many calls; others' for too many things, which waiting does not make fewer.
    let is_of_streams = error.code == "LimitExceededException" && service == "dynamodbstreams";
    is_throttled || is_of_streams || (error.status >= 500 && error.status != 501)
}

/// What S3 said when the SDK failed, as code and sentence; or why nothing was heard of it.
pub(crate) fn said(error: &(impl ProvideErrorMetadata + Error)) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => causes(error),
    }
}

/// An error with what caused it.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(why) = cause {
        text.push_str(&format!(": {why}"));
        cause = why.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use wavetank_wire::SERVICES;

    use super::*;
    use crate::throttled::throttled;

    #[test]
    fn what_any_service_refuses_for_its_rate_is_sent_again() {
        for service in SERVICES.iter().map(|service| service.name).chain(["s3"]) {
            let (code, status) = throttled(service);
            assert!(may_pass(service, &WireError::client_status(status, code, "")), "{service}: {code}");
        }
        assert!(!may_pass("iam", &WireError::client("LimitExceededException", "")));
        assert!(!may_pass("kinesis", &WireError::client("ValidationException", "")));
    }
}
