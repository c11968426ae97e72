//! Who calls, and where: read from the signature, which is not checked here.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

use crate::codec::params;

/// What a request's signature says of its sender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The access key id.
    pub access_key: Option<String>,
    /// The region of the credential scope.
    pub region: Option<String>,
    /// The service of the credential scope, such as `glue`.
    pub service: Option<String>,
}

/// Reads the `Authorization` header, or a presigned query. All `None` if the request is not signed.
pub fn caller(headers: &HeaderMap, uri: &Uri) -> Caller {
    if let Some(text) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        return by_header(text);
    }
    let Some(query) = uri.query() else { return Caller::default() };
    let params = params::parse(query.as_bytes());
    match (params.get("X-Amz-Credential"), params.get("AWSAccessKeyId")) {
        (Some(credential), _) => by_credential(credential),
        (None, Some(key)) => Caller { access_key: some(key), ..Caller::default() },
        (None, None) => Caller::default(),
    }
}

fn by_header(text: &str) -> Caller {
    if let Some(at) = text.find("Credential=") {
        let credential = &text[at + "Credential=".len()..];
        return by_credential(credential.split([',', ' ']).next().unwrap_or_default());
    }
    // Signature version 2, which old S3 clients still use: `AWS AKID:signature`.
    let key = text.strip_prefix("AWS ").and_then(|rest| rest.split(':').next()).unwrap_or_default();
    Caller { access_key: some(key), ..Caller::default() }
}

/// `AKID/20260105/us-east-1/glue/aws4_request`; without a region under SigV4a.
fn by_credential(credential: &str) -> Caller {
    let mut parts = credential.rsplit('/');
    let terminator = parts.next();
    if terminator != Some("aws4_request") {
        return Caller {
            access_key: some(credential.split('/').next().unwrap_or_default()),
            ..Caller::default()
        };
    }
    let service = parts.next().and_then(some);
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut region = parts.next();
    if region.is_some_and(is_date) {
        region = None; // SigV4a: what was read is the date.
    } else {
        parts.next();
    }
    // An access key id has no slash on AWS; one that has is given back whole.
    let mut key: Vec<&str> = parts.collect();
    key.reverse();
    Caller { access_key: some(&key.join("/")), region: region.and_then(some), service }
}

fn some(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}
