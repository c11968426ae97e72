//! Bytes in and out: one HTTP request, one HTTP response, for every service and for the control API.
//!
//! The order: `/_wavetank/` is the control API (`control.rs`); what is signed for S3 goes to `s3s` (`s3/`) with its body
//! unread; the rest is read, routed, decoded and validated by `wavetank-wire`, and what that does not know is S3's.
//! Left out: sockets (`server.rs`) and who may connect. Signatures of other services than S3 are read, not checked.

mod body;
mod calls;
mod control;
mod events;
mod identity;
mod inflate;
mod links;
mod request_id;
mod s3;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use s3s::Body;
use s3s::service::S3Service;
use wavetank_types::{AccountId, Region};
use wavetank_wire::codec::{decode_request, encode_error, encode_response, encode_route_error};
use wavetank_wire::route::{Route, RouteError, caller, route};
use wavetank_wire::schema::{Operation, Protocol, Service};
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{Val, WireError};

pub use calls::{CALLS_MAX, CallRecord, Tallies, Tally};
pub use identity::{SECRET, looks_real};

use crate::driver::{Opened, Tank};
use crate::services::ServiceId;
use crate::world::{Address, Call, Scope};
use body::Buffers;
use calls::Calls;
use request_id::RequestIds;

/// Largest request to a service other than S3, in bytes: a Lambda zip in base64 fits.
/// Documented: 50 MB zipped (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-29).
pub const BODY_BYTES_MAX: usize = 70 << 20;

/// The path under which the control API is.
pub const CONTROL_PATH: &str = "/_wavetank/";

#[derive(Debug)]
struct Inner {
    tank: Tank,
    s3: S3Service,
    ids: RequestIds,
    calls: Calls,
    buffers: Buffers,
}

/// A tank's HTTP face. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Inner>);

impl Gateway {
    /// The face of this tank.
    pub fn new(tank: &Tank) -> Self {
        let ids = RequestIds::new(tank.seed());
        let (calls, buffers) = (Calls::default(), Buffers::default());
        Self(Arc::new(Inner { tank: tank.clone(), s3: s3::service(tank), ids, calls, buffers }))
    }

    /// The tank behind it.
    pub fn tank(&self) -> &Tank {
        &self.0.tank
    }

    /// Answers one request. Every failure is an answer too.
    pub async fn handle(&self, request: Request<Body>) -> Response<Body> {
        if request.uri().path().starts_with(CONTROL_PATH) {
            return control::handle(self, request).await;
        }
        if is_for_s3(&request) {
            return self.s3(request).await;
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = self.0.buffers.gather(body, BODY_BYTES_MAX).await else {
            return too_large().map(Body::from);
        };
        let Some(bytes) = inflate::inflate(&parts.headers, body.bytes.clone(), BODY_BYTES_MAX) else {
            return too_large().map(Body::from);
        };
        match route(&parts.method, &parts.uri, &parts.headers, &bytes) {
            Ok(route) => {
                let response = self.service(&route, &parts, &bytes).await;
                drop(bytes);
                self.0.buffers.give_back(body);
                response
            }
            Err(RouteError::NotOurs) => self.s3(Request::from_parts(parts, Body::from(bytes))).await,
            Err(error) => self.unrouted(&error).map(Body::from),
        }
    }

    /// One request as values, for a client in this process that has no use for the bytes between: checked, recorded and
    /// answered as its HTTP request would be.
    pub async fn call(
        &self,
        service: &'static Service,
        operation: &'static Operation,
        scope: &Scope,
        input: Val,
    ) -> Result<Val, WireError> {
        let checked = validate(operation.input, &input);
        let answer = match checked.map_err(|failures| validation_error(service, &failures)) {
            Ok(()) => {
                let to = Address { service: ServiceId::of(service), scope: scope.clone() };
                let call =
                    Call { to, access_key: scope.account.to_string(), operation: operation.name, input };
                self.0.tank.call(service, call).await
            }
            Err(error) => Err(error),
        };
        let status = answer.as_ref().map_or_else(|error| error.status, |_| operation.status);
        let code = answer.as_ref().err().map(|error| error.code.clone());
        self.0.calls.add(self.0.tank.clock_now(), service.name, operation.name, status, code);
        answer
    }

    /// The last calls after number `after`, and how many there have been.
    pub fn calls(&self, after: u64, calls_max: usize) -> (Vec<CallRecord>, u64) {
        self.0.calls.after(after, calls_max)
    }

    /// All calls since the start, by service and operation.
    pub fn tallies(&self) -> Tallies {
        self.0.calls.tallies()
    }

    async fn s3(&self, request: Request<Body>) -> Response<Body> {
        let is_head = request.method() == Method::HEAD;
        let told = s3::Told::of(&request);
        let (answer, operation) = s3::operation_of(self.0.s3.call(request)).await;
        let mut response = answer.unwrap_or_else(|_| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        });
        if is_head && response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        // Neither has a body; a socket would drop it, an in-process client would not.
        if response.status() == StatusCode::NOT_MODIFIED || (is_head && !response.status().is_success()) {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_TYPE);
        }
        s3::finish(&mut response, &operation);
        let id = self.0.ids.next_short();
        s3::tell(&mut response, &told, &id);
        response.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), id);
        let error = s3_error(&response);
        self.0.calls.add(self.0.tank.clock_now(), "s3", operation, response.status().as_u16(), error);
        response
    }

    async fn service(&self, route: &Route, parts: &Parts, body: &Bytes) -> Response<Body> {
        let id = self.0.ids.next_uuid();
        let (service, operation) = (route.service, route.operation);
        let mut code = None;
        let response = match self.ask(route, parts, body).await {
            Ok(Opened::Output(output)) => encode_response(service, operation, output, &id).map(Body::from),
            Ok(Opened::Events(events)) => events::answer(route, events, &id),
            Err(error) => {
                let response = encode_error(service, &error, &id).map(Body::from);
                code = Some(error.code);
                response
            }
        };
        let status = response.status().as_u16();
        self.0.calls.add(self.0.tank.clock_now(), service.name, operation.name, status, code);
        response
    }

    async fn ask(&self, route: &Route, parts: &Parts, body: &Bytes) -> Result<Opened, WireError> {
        let caller = caller(&parts.headers, &parts.uri);
        let linked = links::scope(route, &parts.uri).filter(|_| caller.access_key.is_none());
        let linked_key = linked.as_ref().map(|scope| scope.account.to_string());
        let access_key = caller.access_key.or(linked_key).ok_or_else(|| {
            WireError::client_status(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
        })?;
        if looks_real(&access_key) {
            let is_query = route.service.protocol == Protocol::Query;
            let code = if is_query { "InvalidClientTokenId" } else { "UnrecognizedClientException" };
            return Err(WireError::client_status(403, code, identity::LOOKS_REAL));
        }
        let input = decode_request(route, &parts.uri, &parts.headers, body)?;
        validate(route.operation.input, &input)
            .map_err(|failures| validation_error(route.service, &failures))?;
        let scope = linked.unwrap_or_else(|| Scope {
            account: AccountId::of_access_key(&access_key),
            region: caller.region.map(Region::new).unwrap_or_default(),
        });
        let to = Address { service: ServiceId::of(route.service), scope };
        let call = Call { to, access_key, operation: route.operation.name, input };
        self.0.tank.open(route.service, call).await
    }

    fn unrouted(&self, error: &RouteError) -> Response<Bytes> {
        let id = self.0.ids.next_uuid();
        let response = encode_route_error(error, &id)
            .unwrap_or_else(|| unreachable!("what is nobody's is S3's, and was handed to it"));
        let (service, operation) = match error {
            RouteError::NotImplemented { service, operation } => (service.name, operation.clone()),
            RouteError::UnknownOperation { service, name } => (service.name, name.clone()),
            RouteError::UnknownService { operation, .. } => ("unknown", operation.clone()),
            RouteError::NotOurs => ("s3", String::new()),
        };
        let status = response.status().as_u16();
        self.0.calls.add(self.0.tank.clock_now(), service, operation, status, None);
        response
    }
}

/// The code that S3's answer of an error gives.
fn s3_error(response: &Response<Body>) -> Option<String> {
    if response.status().as_u16() < 400 {
        return None;
    }
    let text = response.body().bytes()?;
    let text = std::str::from_utf8(&text).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

/// Whether a request is signed for S3. Cheap, and no more than a short cut: what it misses is found after routing.
fn is_for_s3(request: &Request<Body>) -> bool {
    let headers = request.headers();
    if headers.contains_key("x-amz-target") {
        return false;
    }
    if let Some(signed) = headers.get(AUTHORIZATION) {
        let signed = signed.as_bytes();
        let needle: &[u8] = b"/s3/aws4_request";
        return signed.windows(needle.len()).any(|window| window == needle) || signed.starts_with(b"AWS ");
    }
    let query = request.uri().query().unwrap_or_default();
    query.contains("%2Fs3%2Faws4_request")
        || query.contains("/s3/aws4_request")
        || query.contains("AWSAccessKeyId=")
}

fn too_large() -> Response<Bytes> {
    let text =
        format!("a request to this service has at most {BODY_BYTES_MAX} bytes, and is gzip if it says so\n");
    plain(StatusCode::PAYLOAD_TOO_LARGE, &text)
}

/// An answer in words, for what is no API's.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
