//! A server that answers AWS requests on this machine: `wavetank serve`, or any other emulator.
//!
//! One connection, requests one after the other: for sending and looking, not for load. Left out: TLS, other machines.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::config::{BehaviorVersion, Credentials};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use wavetank_types::Timestamp;

use super::Target;

/// How a pause passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As long as it says.
    Real,
    /// The tank's clock is moved on instead: only a tank can do that.
    Tank,
}

/// A server on a port of this machine. Clones are handles to the same connection.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    port: u16,
    pace: Pace,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
    /// How far the server's clock is ahead of this machine's.
    ahead: std::sync::Mutex<Duration>,
}

/// Why the server does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "nothing answers on 127.0.0.1:{port}: {cause}\nhint: start a tank with `wavetank serve --port {port}`"
)]
pub struct EndpointError {
    /// The port.
    pub port: u16,
    /// What the connection said.
    pub cause: String,
}

impl Endpoint {
    /// A tank that listens on this port, with the time that it has.
    pub async fn tank(port: u16, pace: Pace) -> Result<Self, EndpointError> {
        let (connection, ahead) = (Mutex::new(None), std::sync::Mutex::new(Duration::ZERO));
        let endpoint = Self(Arc::new(Inner { port, pace, connection, ahead }));
        endpoint.read_clock("GET", "/_wavetank/clock", Bytes::new()).await?;
        Ok(endpoint)
    }

    /// Asks for, or moves, the tank's time, and remembers how far it is ahead.
    async fn read_clock(&self, method: &str, path: &str, body: Bytes) -> Result<(), EndpointError> {
        let fail = |cause: String| EndpointError { port: self.0.port, cause };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.body(body).map_err(|why| fail(why.to_string()))?;
        let response = self.send(request).await.map_err(fail)?;
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let now = answer["now_ms"].as_i64().map(|millis| Timestamp::from_micros(millis * 1_000));
        let now = now.ok_or_else(|| fail("it is no tank: it does not tell its time".to_owned()))?;
        *self.0.ahead.lock().expect("nothing panics while it holds this") = now.since(machine_time());
        Ok(())
    }

    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().map_err(|why| format!("{why}"))?;
        let host = format!("127.0.0.1:{}", self.0.port);
        if !request.headers().contains_key("host") {
            request.headers_mut().insert("host", host.parse().map_err(|why| format!("{why}"))?);
        }
        let mut slot = self.0.connection.lock().await;
        let mut kept = slot.take();
        let is_open = match &mut kept {
            Some(connection) => connection.ready().await.is_ok(),
            None => false,
        };
        let mut connection = match kept.filter(|_| is_open) {
            Some(connection) => connection,
            None => connect(&host).await?,
        };
        let answer = connection.send_request(request.map(Full::new)).await.map_err(|why| why.to_string())?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
        *slot = Some(connection);
        Ok(Response::from_parts(head, body))
    }
}

async fn connect(host: &str) -> Result<SendRequest<Full<Bytes>>, String> {
    let stream = TcpStream::connect(host).await.map_err(|why| why.to_string())?;
    stream.set_nodelay(true).map_err(|why| why.to_string())?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|why| why.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}

#[async_trait]
impl Target for Endpoint {
    fn name(&self) -> &str {
        "endpoint"
    }

    async fn http(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.send(request).await.unwrap_or_else(|why| {
            let mut response = Response::new(Bytes::from(why));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        })
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(SharedHttpClient::new(self.clone()))
            .endpoint_url(format!("http://127.0.0.1:{}", self.0.port))
            .force_path_style(true)
            .region(aws_sdk_s3::config::Region::new(region.to_owned()))
            .credentials_provider(Credentials::new("000000000000", "test", None, None, "wavetank"));
        aws_sdk_s3::Client::from_conf(config.build())
    }

    #[expect(clippy::disallowed_methods, reason = "real time passes on a real server")]
    async fn pause(&self, span: Duration) {
        match self.0.pace {
            Pace::Real => tokio::time::sleep(span).await,
            Pace::Tank => {
                let body = Bytes::from(json!({ "by": format!("{}ms", span.as_millis()) }).to_string());
                // A tank that has gone away shows at the next request.
                drop(self.read_clock("POST", "/_wavetank/clock/advance", body).await);
            }
        }
    }

    fn now(&self) -> Timestamp {
        machine_time() + *self.0.ahead.lock().expect("nothing panics while it holds this")
    }

    fn signing_time_s(&self) -> u64 {
        u64::try_from(machine_time().secs()).unwrap_or(0)
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        None
    }

    fn is_at_rest(&self) -> Option<bool> {
        None
    }
}

impl HttpConnector for Endpoint {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let endpoint = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|why| ConnectorError::user(why.into()))?;
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let answer = endpoint.send(Request::from_parts(head, body)).await;
            let response = answer.map_err(|why| ConnectorError::io(why.into()))?.map(SdkBody::from);
            HttpResponse::try_from(response).map_err(|why| ConnectorError::other(why.into(), None))
        })
    }
}

impl HttpClient for Endpoint {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

#[expect(clippy::disallowed_methods, reason = "signatures and pauses of a real server")]
fn machine_time() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
