//! A server that answers AWS requests: `wavetank serve`, another emulator, an S3 store, or AWS by way of its addresses.
//!
//! `pool.rs` has the connections, `hello.rs` what is asked of a server before it is used. A tank's clock is moved on
//! instead of waiting; elsewhere time passes as it does. Left out: TLS, which who needs it brings as a [`Dial`].

mod hello;
mod pool;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::config::{BehaviorVersion, RequestChecksumCalculation, ResponseChecksumValidation};
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
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use wavetank_types::Timestamp;

use super::address::{Address, Addresses, Origin};
use super::{Credentials, NoAnswer, Target};
pub use hello::EndpointError;
pub(crate) use hello::turns_away;
pub use pool::{Dial, NoTls, Plain, Stream};
use pool::{Pool, Unheard};

/// Connections to one server unless the caller says otherwise.
const CONNECTIONS: usize = 8;
/// How long a server may take to answer: longer than a function runs, which `Invoke` waits for.
const ANSWER_WITHIN: Duration = Duration::from_secs(1_000);

/// How long a tank may take to move its time: jobs and functions run on the way.
const ADVANCE_WITHIN: Duration = Duration::from_secs(3_600);

/// How a pause passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As long as it says.
    Real,
    /// The tank's clock is moved on instead: only a tank can do that.
    Tank,
}

/// Where requests go, and how.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// What a report calls the target.
    pub name: String,
    /// Where services are asked.
    pub addresses: Addresses,
    /// Whose requests they are.
    pub credentials: Credentials,
    /// The region in which the server is asked who it takes the caller for.
    pub region: String,
    /// Connections to each server, at most.
    pub connections: usize,
    /// How long an answer may take.
    pub within: Duration,
    /// What opens connections.
    pub dial: Arc<dyn Dial>,
    /// How pauses pass; asked of the server if not given.
    pub pace: Option<Pace>,
    /// Whether buckets are named in S3's paths, and not in its host names.
    pub has_path_style: bool,
}

impl EndpointConfig {
    /// One server for all services, with a tank's default account.
    pub fn at(origin: Origin) -> Self {
        Self {
            name: format!("endpoint {origin}"),
            addresses: Addresses::One(origin),
            credentials: Credentials::default(),
            region: "us-east-1".to_owned(),
            connections: CONNECTIONS,
            within: ANSWER_WITHIN,
            dial: Arc::new(Plain),
            pace: None,
            has_path_style: true,
        }
    }
}

/// A server. Clones are handles to the same connections.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: EndpointConfig,
    /// What the greeting has found out, once it has.
    found: OnceLock<Found>,
    pool: Pool,
    /// How far the server's clock is ahead of this machine's.
    ahead: std::sync::Mutex<Duration>,
}

/// What a server has told of itself.
#[derive(Debug)]
struct Found {
    pace: Pace,
    /// The account that it takes the caller for.
    account: Option<String>,
}

impl Endpoint {
    /// A server that is there, is one of AWS's kind, and takes these credentials. Nothing is created.
    pub async fn connect(config: EndpointConfig) -> Result<Self, EndpointError> {
        let endpoint = Self::idle(config);
        let (has_clock, account) = hello::greet(&endpoint).await?;
        let asked = if has_clock { Pace::Tank } else { Pace::Real };
        let pace = endpoint.0.config.pace.unwrap_or(asked);
        endpoint.0.found.set(Found { pace, account }).expect("it was greeted once");
        Ok(endpoint)
    }

    /// A tank that listens on this port, with the time that it has.
    pub async fn tank(port: u16, pace: Pace) -> Result<Self, EndpointError> {
        let origin = Origin { is_tls: false, host: "127.0.0.1".to_owned(), port };
        let url = origin.to_string();
        let endpoint = Self::idle(EndpointConfig { pace: Some(pace), ..EndpointConfig::at(origin) });
        match hello::clock(&endpoint).await? {
            true => Ok(endpoint),
            false => Err(EndpointError::NoTank { url }),
        }
    }

    fn idle(config: EndpointConfig) -> Self {
        let pool = Pool::new(Arc::clone(&config.dial), config.connections);
        Self(Arc::new(Inner { config, found: OnceLock::new(), pool, ahead: std::sync::Mutex::default() }))
    }

    /// How pauses pass there.
    pub fn pace(&self) -> Pace {
        self.0.found.get().map(|found| found.pace).or(self.0.config.pace).unwrap_or(Pace::Real)
    }

    /// The account that the server takes the caller for, if it told.
    pub fn account(&self) -> Option<&str> {
        self.0.found.get()?.account.as_deref()
    }

    /// Asks for, or moves, a tank's time, and remembers how far it is ahead. Whether it told its time.
    async fn read_clock(
        &self,
        method: &str,
        path: &str,
        body: Bytes,
        within: Duration,
    ) -> Result<bool, Silence> {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.body(body).expect("a method, a path and a header");
        let response = self.send_within(request, within).await?;
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let now = answer["now_ms"].as_i64().map(|millis| Timestamp::from_micros(millis * 1_000));
        let Some(now) = now.filter(|_| response.status() == StatusCode::OK) else { return Ok(false) };
        *self.0.ahead.lock().expect("nothing panics while it holds this") = now.since(machine_time());
        Ok(true)
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Silence> {
        self.send_within(request, self.0.config.within).await
    }

    /// One request to the server that it names, or to the one server there is.
    async fn send_within(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Response<Bytes>, Silence> {
        let named = Origin::of(request.uri());
        let Some(origin) = named.as_ref().or_else(|| self.0.config.addresses.one()) else {
            let cause = Unheard::Said("this target has no server of its own".to_owned());
            return Err(Silence { url: request.uri().to_string(), cause });
        };
        let url = origin.to_string();
        let (inner, origin) = (Arc::clone(&self.0), origin.clone());
        // A request that has left comes to its end even if its caller goes away: `quiesce` waits for it.
        let sent = tokio::spawn(async move { inner.pool.send(&origin, request, within).await });
        let answer = sent.await.unwrap_or_else(|why| Err(why.to_string().into()));
        answer.map_err(|cause| Silence { url, cause })
    }
}

/// No answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("nothing answers at {url}: {cause}")]
struct Silence {
    url: String,
    cause: Unheard,
}

#[async_trait]
impl Target for Endpoint {
    fn name(&self) -> &str {
        &self.0.config.name
    }

    fn credentials(&self) -> Credentials {
        self.0.config.credentials.clone()
    }

    fn address(&self, service: &str, region: &str) -> Address {
        self.0.config.addresses.find(service, region)
    }

    async fn http(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.send(request).await.unwrap_or_else(|silence| NoAnswer(silence.to_string()).into_response())
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let address = self.address("s3", region);
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(SharedHttpClient::new(self.clone()))
            .endpoint_url(address.origin.to_string())
            .force_path_style(self.0.config.has_path_style)
            .region(aws_sdk_s3::config::Region::new(address.signing_region))
            // Older servers know none of the newer checksums.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .credentials_provider(self.credentials().for_sdk());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    async fn quiesce(&self) {
        self.0.pool.quiesce().await;
    }

    #[expect(clippy::disallowed_methods, reason = "real time passes on a real server")]
    async fn pause(&self, span: Duration) {
        match self.pace() {
            Pace::Real => tokio::time::sleep(span).await,
            Pace::Tank => {
                let body = Bytes::from(json!({ "by": format!("{}ms", span.as_millis()) }).to_string());
                // A tank that has gone away shows at the next request.
                drop(self.read_clock("POST", "/_wavetank/clock/advance", body, ADVANCE_WITHIN).await);
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

    fn is_own(&self) -> bool {
        false
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
            let response =
                answer.map_err(|why| ConnectorError::io(why.to_string().into()))?.map(SdkBody::from);
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
