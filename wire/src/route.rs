//! Which operation of which service a request asks for. One answer here, before anything is decoded.
//!
//! The order: the header `smithy-protocol` with its path, `X-Amz-Target` (CBOR by the content type), then `Action=`,
//! then the signing scope's service with its URI templates, then a path that only one service has. What remains is
//! S3's: the caller hands it to `s3s`.
//! Who signed is `caller.rs`; URI templates are `template.rs`.
//! A service that speaks several protocols is several [`Service`]s of one name: the route's is the one that speaks as the
//! request does, so that it is answered alike.

mod caller;
mod template;
#[cfg(test)]
mod tests;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Uri};

use crate::SERVICES;
use crate::codec::SMITHY_PROTOCOL;
use crate::codec::params::{self, Params};
use crate::schema::{Operation, Protocol, Service};

pub use caller::{Caller, caller};
use template::Match;

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Route {
    /// The service.
    pub service: &'static Service,
    /// Its operation, which is served.
    pub operation: &'static Operation,
    /// The labels of the path, percent-decoded.
    pub labels: Vec<(&'static str, String)>,
}

/// Why a request has no operation here.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RouteError {
    /// AWS has this operation; the tank does not.
    #[error("{} {operation} is not implemented", service.name)]
    NotImplemented {
        /// The service.
        service: &'static Service,
        /// The operation's name.
        operation: String,
    },
    /// AWS has no operation of this name, or of this method and path.
    #[error("{} has no operation `{name}`", service.name)]
    UnknownOperation {
        /// The service.
        service: &'static Service,
        /// The name, or the method and path.
        name: String,
    },
    /// The request is for a service that has no wire here.
    #[error("{service} {operation} is not implemented")]
    UnknownService {
        /// As the request names it: a target prefix, a signing name or a version.
        service: String,
        /// The operation, or the method and path.
        operation: String,
        /// The protocol that the request speaks, for the answer.
        protocol: Protocol,
    },
    /// Nothing names one of our services: S3's.
    #[error("not a request to a service of this crate")]
    NotOurs,
}

/// Finds the operation that a request asks for.
pub fn route(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Route, RouteError> {
    if headers.get(SMITHY_PROTOCOL).is_some_and(|value| value == "rpc-v2-cbor") {
        return by_rpc_path(uri);
    }
    if let Some(target) = headers.get("x-amz-target").and_then(|value| value.to_str().ok()) {
        return by_target(target, headers);
    }
    let caller = caller(headers, uri);
    let scope = caller.service.as_deref().unwrap_or_default();
    if matches!(scope, "s3" | "s3express" | "s3-object-lambda") {
        return Err(RouteError::NotOurs);
    }
    if let Some(params) = form(method, uri, headers, body)
        && let Some(action) = params.get("Action")
    {
        return by_action(action, params.get("Version").unwrap_or_default(), scope);
    }
    let asked = || format!("{method} {}", uri.path());
    match SERVICES.iter().find(|service| service.signing_name == scope) {
        Some(service) if service.protocol == Protocol::RestJson => by_path(service, method, uri)
            .unwrap_or_else(|| Err(RouteError::UnknownOperation { service, name: asked() })),
        Some(service) => Err(RouteError::UnknownOperation { service, name: asked() }),
        None if !scope.is_empty() => {
            let protocol = Protocol::RestJson;
            Err(RouteError::UnknownService { service: scope.to_owned(), operation: asked(), protocol })
        }
        // Unsigned, such as a test with curl: a path like `/2015-03-31/functions` is no bucket's name in use.
        None => {
            let mut rest = SERVICES.iter().filter(|service| service.protocol == Protocol::RestJson);
            rest.find_map(|service| by_path(service, method, uri)).unwrap_or(Err(RouteError::NotOurs))
        }
    }
}

fn by_target(target: &str, headers: &HeaderMap) -> Result<Route, RouteError> {
    let (prefix, name) = target.rsplit_once('.').unwrap_or(("", target));
    let content = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_cbor = content.starts_with("application/x-amz-cbor-1.1");
    match SERVICES.iter().find(|service| !prefix.is_empty() && service.target_prefix == prefix) {
        Some(service) if is_cbor => named(service.speaking(Protocol::AwsCbor11).unwrap_or(service), name),
        Some(service) => named(service, name),
        None => {
            let is_1_0 = content.starts_with("application/x-amz-json-1.0");
            let protocol = if is_1_0 { Protocol::AwsJson10 } else { Protocol::AwsJson11 };
            Err(RouteError::UnknownService {
                service: prefix.to_owned(),
                operation: name.to_owned(),
                protocol,
            })
        }
    }
}

/// `/service/GraniteServiceVersion20100801/operation/PutMetricData`: the service goes by its target prefix.
fn by_rpc_path(uri: &Uri) -> Result<Route, RouteError> {
    let mut parts = uri.path().trim_start_matches('/').split('/');
    let (_, prefix, _, name) = (parts.next(), parts.next(), parts.next(), parts.next());
    let (prefix, name) = (prefix.unwrap_or_default(), name.unwrap_or_default());
    let mut spoken = SERVICES.iter().filter_map(|service| service.speaking(Protocol::RpcV2Cbor));
    match spoken.find(|service| service.target_prefix == prefix) {
        Some(service) => named(service, name),
        None => Err(RouteError::UnknownService {
            service: prefix.to_owned(),
            operation: name.to_owned(),
            protocol: Protocol::RpcV2Cbor,
        }),
    }
}

/// The parameters of a request that may speak the query protocol.
fn form<'a>(method: &Method, uri: &'a Uri, headers: &HeaderMap, body: &'a [u8]) -> Option<Params<'a>> {
    let content = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content.is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
    match *method {
        Method::POST if is_form => Some(params::of_request(uri, body)),
        Method::GET => Some(params::of_request(uri, &[])),
        _ => None,
    }
}

/// A signing scope is surest; versions differ between the query services we serve; a name is a guess for curl.
fn by_action(action: &str, version: &str, scope: &str) -> Result<Route, RouteError> {
    let query = || SERVICES.iter().filter_map(|service| service.speaking(Protocol::Query));
    let by_scope = query().find(|service| service.signing_name == scope);
    let by_version = || query().find(|service| service.api_version == version);
    let by_name =
        || query().find(|service| service.operation(action).is_some() || service.is_unserved(action));
    let by_name = || if version.is_empty() { by_name() } else { None };
    match by_scope.or_else(by_version).or_else(by_name) {
        Some(service) => named(service, action),
        None => {
            let service =
                [scope, version, "query"].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
            Err(RouteError::UnknownService {
                service: service.to_owned(),
                operation: action.to_owned(),
                protocol: Protocol::Query,
            })
        }
    }
}

fn named(service: &'static Service, name: &str) -> Result<Route, RouteError> {
    match service.operation(name) {
        Some(operation) => Ok(Route { service, operation, labels: Vec::new() }),
        None if service.is_unserved(name) => {
            Err(RouteError::NotImplemented { service, operation: name.to_owned() })
        }
        None => Err(RouteError::UnknownOperation { service, name: name.to_owned() }),
    }
}

/// `None` if no template of the service has this method and path.
fn by_path(service: &'static Service, method: &Method, uri: &Uri) -> Option<Result<Route, RouteError>> {
    let fits =
        |verb: &str, template| if verb == method.as_str() { template::fit(template, uri) } else { None };
    let served = service.operations.iter().filter_map(|op| fits(op.method, op.uri).map(|found| (op, found)));
    let served = served.max_by_key(|(_, found)| found.literals);
    let unserved = service.unserved.iter().filter_map(|op| fits(op.method, op.uri).map(|found| (op, found)));
    let unserved = unserved.max_by_key(|(_, found)| found.literals);
    let literals = |found: &Match| found.literals;
    match (served, unserved) {
        (Some((_, found)), Some((op, other))) if literals(&other) > literals(&found) => {
            Some(Err(RouteError::NotImplemented { service, operation: op.name.to_owned() }))
        }
        (Some((operation, found)), _) => Some(Ok(Route { service, operation, labels: found.labels })),
        (None, Some((op, _))) => {
            Some(Err(RouteError::NotImplemented { service, operation: op.name.to_owned() }))
        }
        (None, None) => None,
    }
}
