//! The tank that a test holds: in this process, frozen time, no port, driven by the genuine `aws-sdk-*` clients.
//!
//! `#[wavetank::test]` gives one; [`Tank::new`] makes one elsewhere. `config.rs` is how clients get in, `deploy.rs`
//! makes a template's resources, `function.rs` runs Rust as Lambda code, `fault.rs` breaks calls, `records.rs` and
//! `send.rs` put records in, `ledger.rs` finds them again, `query.rs` asks Athena. The page is docs/testing.md.
//! Left out: real time and other processes' clients, which `wavetank serve` is for ([`Tank::listen`] opens a port where
//! a function's process needs one).

mod cause;
mod cells;
mod config;
mod deploy;
mod error;
mod fault;
mod footer;
mod function;
mod ledger;
mod pace;
mod package;
mod places;
mod query;
mod records;
mod rows;
mod send;
pub mod spans;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_types::SdkConfig;
use bytes::Bytes;
use wavetank_emulator::{Connector, Gateway, server};
use wavetank_types::{Seed, Timestamp};

pub use deploy::{Deploy, NotMade, Stack};
pub use error::TankError;
pub use fault::{FaultGuard, Rule};
pub(crate) use footer::footer;
pub use function::{Context, Function};
pub use ledger::{Conserved, LedgerCheck};
pub use query::{Query, Rows};
pub use records::{Generate, IntoRecords, Records};
pub use send::Sending;
pub use wavetank_emulator::world::Task;

use crate::client::Aws;
use crate::target::{Address, Credentials, Embedded, Target};
use ledger::Sent;

/// The region of a tank's clients, unless [`Tank::in_region`] says another.
pub const REGION: &str = "us-east-1";

/// Tank time after which [`Tank::settle`] gives up: a day.
pub const SETTLE_WITHIN: Duration = Duration::from_secs(86_400);

/// A tank of AWS services. Clones are handles to the same one.
#[derive(Clone)]
pub struct Tank {
    shared: Arc<Shared>,
    sdk: SdkConfig,
    region: String,
}

/// What the handles share.
struct Shared {
    target: Embedded,
    gateway: Gateway,
    pace: Arc<pace::Pace>,
    started: Timestamp,
    /// What went in through the tank's own helpers.
    sent: Mutex<Vec<Sent>>,
    /// Fault rules that have been in force, in words: what a footer tells.
    faults: Mutex<Vec<String>>,
    /// Stacks that were deployed without a name.
    stacks: AtomicU32,
    /// Where paths of templates and code begin; the current folder if nothing is known.
    folder: PathBuf,
    /// How the run is repeated, as a shell command; empty outside of `#[wavetank::test]`.
    replay: String,
}

impl fmt::Debug for Tank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, now) = (self.seed(), self.now());
        f.debug_struct("Tank").field("seed", &seed).field("now", &now.iso_millis()).finish_non_exhaustive()
    }
}

impl Default for Tank {
    fn default() -> Self {
        Self::new()
    }
}

/// What a tank is made of.
#[derive(Debug, Default)]
pub struct TankBuilder {
    inner: wavetank_emulator::TankBuilder,
    folder: PathBuf,
    replay: String,
}

impl TankBuilder {
    /// The seed of every random stream. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.inner = self.inner.seed(Seed(seed));
        self
    }

    /// Where tank time begins. Default 2026-01-05T00:00:00Z, a Monday.
    #[must_use]
    pub fn start(mut self, start: Timestamp) -> Self {
        self.inner = self.inner.start(start);
        self
    }

    /// Services throttle as AWS does: rates per shard and per second. Without it a tank takes all it is given.
    #[must_use]
    pub fn strict_limits(mut self) -> Self {
        self.inner = self.inner.strict_limits();
        self
    }

    /// Where relative paths of templates and code begin.
    #[must_use]
    pub(crate) fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    #[must_use]
    pub(crate) fn replay(mut self, command: String) -> Self {
        self.replay = command;
        self
    }

    /// The tank.
    pub fn build(self) -> Tank {
        Tank::over(Embedded::of(self.inner), self.folder, self.replay)
    }
}

impl From<Embedded> for Tank {
    /// A test's tank over a target that is there already, with all that is registered in it.
    fn from(target: Embedded) -> Self {
        Self::over(target, PathBuf::new(), String::new())
    }
}

impl Tank {
    /// An empty tank with seed 0.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// An empty tank whose every draw comes from this seed.
    pub fn seeded(seed: u64) -> Self {
        Self::builder().seed(seed).build()
    }

    /// What a tank is made of, to be chosen.
    pub fn builder() -> TankBuilder {
        TankBuilder::default()
    }

    fn over(target: Embedded, folder: PathBuf, replay: String) -> Self {
        let gateway = target.gateway().clone();
        let pace = pace::Pace::new(target.tank());
        let sdk = config::sdk_config(Connector::of(&gateway), &pace, REGION);
        let started = target.tank().now();
        let (sent, faults, stacks) = Default::default();
        let shared = Shared { target, gateway, pace, started, sent, faults, stacks, folder, replay };
        Self { shared: Arc::new(shared), sdk, region: REGION.to_owned() }
    }

    /// The same tank, seen from another region: its clients, templates and helpers work there.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let connector = Connector::of(&self.shared.gateway);
        let sdk = config::sdk_config(connector, &self.shared.pace, region);
        Self { shared: Arc::clone(&self.shared), sdk, region: region.to_owned() }
    }

    /// The region of this handle.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The seed of every random stream.
    pub fn seed(&self) -> u64 {
        self.shared.target.tank().seed().0
    }

    // --- clients ---

    /// The configuration of any `aws-sdk-*` client: `aws_sdk_sns::Client::new(tank.sdk_config())`.
    ///
    /// Requests stay in this process. Sleeps of the SDK (back-off, waiters) cost tank time only, in whole seconds, so
    /// that a run can be repeated; its clock is the tank's. Credentials are of the account 000000000000.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.sdk
    }

    /// A client of S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.sdk)
    }

    /// A client of Kinesis Data Streams. Needs the feature `kinesis`.
    #[cfg(feature = "kinesis")]
    pub fn kinesis(&self) -> aws_sdk_kinesis::Client {
        aws_sdk_kinesis::Client::new(&self.sdk)
    }

    /// A client of DynamoDB. Needs the feature `dynamodb`.
    #[cfg(feature = "dynamodb")]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }

    /// A client of Data Firehose. Needs the feature `firehose`.
    #[cfg(feature = "firehose")]
    pub fn firehose(&self) -> aws_sdk_firehose::Client {
        aws_sdk_firehose::Client::new(&self.sdk)
    }

    /// A client of SQS. Needs the feature `sqs`.
    #[cfg(feature = "sqs")]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk)
    }

    /// A small client of every service that a tank has, for those whose SDK is not worth its compile time:
    /// `tank.aws().json(&wavetank::wire::sns::SERVICE, "CreateTopic", &json!({"Name": "t"}))`.
    pub fn aws(&self) -> Aws<'_> {
        Aws::new(self, &self.region)
    }

    /// One HTTP request as it is: a presigned address, an API that no client knows.
    pub async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.shared.target.http(request).await
    }

    /// The tank as scenarios and checks see it.
    pub fn target(&self) -> &Embedded {
        &self.shared.target
    }

    /// Listens on a free port of 127.0.0.1 and answers its address, such as `http://127.0.0.1:40123`. For functions that run in
    /// a process of their own and call AWS, and for other programs. Time stays frozen.
    ///
    /// Error: this machine gives no port.
    pub async fn listen(&self) -> Result<String, TankError> {
        let tank = self.shared.target.tank();
        if let Some(endpoint) = tank.endpoint() {
            return Ok(endpoint);
        }
        let refuse = |cause: std::io::Error| TankError::NoPort(cause.to_string());
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = tokio::net::TcpListener::bind(any).await.map_err(refuse)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(refuse)?);
        tank.set_endpoint(Some(endpoint.clone()));
        let gateway = self.shared.gateway.clone();
        tokio::spawn(async move {
            let options = server::ServerOptions::default();
            server::serve_gateway(gateway, listener, options, std::future::pending()).await
        });
        Ok(endpoint)
    }

    // --- time ---

    /// Tank time.
    pub fn now(&self) -> Timestamp {
        self.shared.target.tank().now()
    }

    /// Moves time on. Everything due on the way happens, in order: buffers flush, schedules fire, functions run.
    pub async fn advance(&self, span: Duration) {
        self.shared.target.tank().advance(span).await;
        self.shared.pace.has_moved();
    }

    /// Moves time on until nothing is left to happen, at most by a day. Answers whether that is so: a function that
    /// fails again and again on a stream keeps a tank busy.
    ///
    /// What recurs for ever, a schedule's next run, is not waited for: [`Tank::advance`] brings it.
    pub async fn settle(&self) -> bool {
        self.settle_within(SETTLE_WITHIN).await
    }

    /// The same with another limit.
    pub async fn settle_within(&self, limit: Duration) -> bool {
        let at_rest = self.shared.target.tank().settle(limit).await;
        self.shared.pace.has_moved();
        at_rest
    }

    /// The last API calls, the oldest first, at most so many.
    pub fn calls(&self, calls_max: usize) -> Vec<wavetank_emulator::gateway::CallRecord> {
        let gateway = &self.shared.gateway;
        let total = gateway.calls(u64::MAX, 0).1;
        gateway.calls(total.saturating_sub(calls_max as u64), calls_max).0
    }

    /// Lets go of what would keep the tank alive after its test: functions that hold a handle to it, processes.
    pub(crate) fn close(&self) {
        self.shared.target.tank().forget_functions();
    }
}

/// A test's tank is a target like any other: scenarios, provisioning and checks run on it.
#[async_trait]
impl Target for Tank {
    fn name(&self) -> &str {
        self.shared.target.name()
    }

    fn credentials(&self) -> Credentials {
        self.shared.target.credentials()
    }

    fn address(&self, service: &str, region: &str) -> Address {
        self.shared.target.address(service, region)
    }

    async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.shared.target.http(request).await
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        if region == self.region { Self::s3(self) } else { Self::s3(&self.in_region(region)) }
    }

    async fn pause(&self, span: Duration) {
        self.advance(span).await;
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn signing_time_s(&self) -> u64 {
        self.shared.target.signing_time_s()
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        self.shared.target.fresh()
    }

    fn is_own(&self) -> bool {
        true
    }

    fn is_at_rest(&self) -> Option<bool> {
        self.shared.target.is_at_rest()
    }
}

/// A path as the test means it: relative ones begin at the test's crate.
fn resolve(folder: &std::path::Path, path: &str) -> PathBuf {
    folder.join(path)
}
