//! The gateway without a socket: genuine `aws-sdk-*` clients, and plain HTTP requests, in the tank's own process.
//!
//! Give [`Connector::http_client`] to an SDK configuration. No endpoint is needed: the SDK's own host names are understood.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use s3s::Body;

use crate::driver::Tank;
use crate::gateway::Gateway;

/// HTTP into a tank, in-process. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Connector(Gateway);

impl Connector {
    /// Into this tank.
    pub fn new(tank: &Tank) -> Self {
        Self(Gateway::new(tank))
    }

    /// Into a gateway that is there already, so that its feed of calls has these too.
    pub fn of(gateway: &Gateway) -> Self {
        Self(gateway.clone())
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        &self.0
    }

    /// For the `http_client` of an SDK's configuration.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// One request, answered whole.
    pub async fn http(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut request = request.map(Body::from);
        complete_head(&mut request);
        let (parts, body) = self.0.handle(request).await.into_parts();
        // Bodies come from memory: they do not fail half-way.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Response::from_parts(parts, body)
    }

    async fn sdk(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|why| ConnectorError::user(why.into()))?;
        let mut request = request.map(|body| match body.bytes() {
            Some(bytes) => Body::from(Bytes::copy_from_slice(bytes)),
            None => Body::http_body_unsync(body),
        });
        complete_head(&mut request);
        let response = self.0.handle(request).await.map(SdkBody::from_body_1_x);
        HttpResponse::try_from(response).map_err(|why| ConnectorError::other(why.into(), None))
    }
}

/// A client that has no socket leaves out what a socket's client adds: the host, and how long the body is.
fn complete_head(request: &mut Request<Body>) {
    if !request.headers().contains_key(HOST) {
        let host = request.uri().authority().map_or("localhost", |authority| authority.as_str());
        if let Ok(host) = HeaderValue::from_str(host) {
            request.headers_mut().insert(HOST, host);
        }
    }
    let size = http_body::Body::size_hint(request.body()).exact().filter(|size| *size > 0);
    if let Some(size) = size
        && !request.headers().contains_key(CONTENT_LENGTH)
    {
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(size));
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().sdk(request))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
