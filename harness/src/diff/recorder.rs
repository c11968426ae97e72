//! A target whose calls are written down: a scenario's run on it is a conversation that nobody wrote.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::{codec, route};

use super::answer;
use crate::target::{Target, left_to};

/// A call of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) service: String,
    pub(super) operation: String,
    /// In AWS's members; of S3, method and path.
    pub(super) input: Value,
    pub(super) answer: Value,
}

type Calls = Arc<Mutex<Vec<Call>>>;

/// A target, and the calls that went there, in order.
pub(super) struct Recorder<'a> {
    inner: &'a dyn Target,
    calls: Calls,
}

impl fmt::Debug for Recorder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("target", &self.inner.name()).finish_non_exhaustive()
    }
}

impl<'a> Recorder<'a> {
    pub(super) fn new(inner: &'a dyn Target) -> Self {
        Self { inner, calls: Calls::default() }
    }

    /// The same client, whose calls are written down.
    fn listening(&self, client: aws_sdk_s3::Client) -> aws_sdk_s3::Client {
        let Some(inner) = client.config().http_client() else { return client };
        let listening = Listening { inner, calls: Arc::clone(&self.calls) };
        let config = client.config().to_builder().http_client(SharedHttpClient::new(listening));
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// What has been called.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("nothing panics while it holds this").clone()
    }
}

/// Writes down a request and its answer.
fn note(calls: &Calls, request: &Request<Bytes>, response: &Response<Bytes>) {
    let found = route::route(request.method(), request.uri(), request.headers(), request.body());
    let call = match found {
        Ok(route) => {
            let input = codec::decode_request(&route, request.uri(), request.headers(), request.body());
            let read = |val| serde_json::from_slice(&codec::to_json(route.operation.input, &val));
            Call {
                service: route.service.name.to_owned(),
                operation: route.operation.name.to_owned(),
                input: input.ok().and_then(|val| read(val).ok()).unwrap_or_default(),
                answer: answer::of_service(route.service, route.operation, response.clone()),
            }
        }
        Err(_) => Call {
            service: "s3".to_owned(),
            operation: s3_operation(request.method(), request.uri()).to_owned(),
            input: json!(format!("{} {}", request.method(), request.uri().path())),
            answer: answer::of_s3(response),
        },
    };
    calls.lock().expect("nothing panics while it holds this").push(call);
}

/// The operation of S3 that a method and a path-style URL ask for, of those that the harness calls.
fn s3_operation(method: &Method, uri: &http::Uri) -> &'static str {
    let query = uri.query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let is_object =
        uri.path().trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    match (method.as_str(), is_object) {
        ("PUT", true) if has("partNumber") => "UploadPart",
        ("PUT", true) => "PutObject",
        ("PUT", false) => "CreateBucket",
        ("GET", true) => "GetObject",
        ("HEAD", true) => "HeadObject",
        ("HEAD", false) => "HeadBucket",
        ("DELETE", true) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", true) => "DeleteObject",
        ("DELETE", false) => "DeleteBucket",
        ("POST", true) if has("uploads") => "CreateMultipartUpload",
        ("POST", true) => "CompleteMultipartUpload",
        ("POST", false) => "DeleteObjects",
        ("GET", false) if has("location") => "GetBucketLocation",
        ("GET", false) if has("versions") => "ListObjectVersions",
        ("GET", false) if uri.path().len() > 1 => "ListObjectsV2",
        _ => "ListBuckets",
    }
}

#[async_trait]
impl Target for Recorder<'_> {
    left_to!(inner);

    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn http(&self, request: Request<Bytes>) -> Response<Bytes> {
        let response = self.inner.http(request.clone()).await;
        note(&self.calls, &request, &response);
        response
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        self.listening(self.inner.s3(region))
    }

    async fn s3_read(&self, region: &str) -> Result<aws_sdk_s3::Client, String> {
        Ok(self.listening(self.inner.s3_read(region).await?))
    }

    fn stored_at(&self, bucket: &str, key: &str) -> Option<Timestamp> {
        self.inner.stored_at(bucket, key)
    }

    async fn quiesce(&self) {
        self.inner.quiesce().await;
    }

    async fn pause(&self, span: Duration) {
        self.inner.pause(span).await;
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        None
    }

    /// As of a server that was there before, so that a run asks and removes the same wherever it is recorded.
    fn is_own(&self) -> bool {
        false
    }
}

/// The S3 SDK's way to the target, with a listener.
#[derive(Debug)]
struct Listening {
    inner: SharedHttpClient,
    calls: Calls,
}

impl HttpClient for Listening {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(ListeningConnector { inner, calls: Arc::clone(&self.calls) })
    }
}

#[derive(Debug)]
struct ListeningConnector {
    inner: SharedHttpConnector,
    calls: Calls,
}

impl HttpConnector for ListeningConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, calls) = (self.inner.clone(), Arc::clone(&self.calls));
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|why| ConnectorError::user(why.into()))?;
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let seen = Request::from_parts(head.clone(), body.clone());
            let sent = HttpRequest::try_from(Request::from_parts(head, SdkBody::from(body)));
            let answer = inner.call(sent.map_err(|why| ConnectorError::user(why.into()))?).await?;
            let answer = answer.try_into_http1x().map_err(|why| ConnectorError::other(why.into(), None))?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
            let answer = Response::from_parts(head, body);
            note(&calls, &seen, &answer);
            HttpResponse::try_from(answer.map(SdkBody::from))
                .map_err(|why| ConnectorError::other(why.into(), None))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3s_operations_are_known_by_method_and_path() {
        let check = |method: &str, uri: &str, operation: &str| {
            let method = method.parse().expect("a method");
            assert_eq!(s3_operation(&method, &uri.parse().expect("a URI")), operation, "{uri}");
        };
        check("PUT", "/b/k/l?x-id=PutObject", "PutObject");
        check("PUT", "/b/", "CreateBucket");
        check("GET", "/b/?list-type=2&prefix=a", "ListObjectsV2");
        check("PUT", "/b/k?partNumber=1&uploadId=x", "UploadPart");
        check("GET", "/", "ListBuckets");
    }
}
