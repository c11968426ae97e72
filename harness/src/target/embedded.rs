//! The tank in this process: no socket, frozen time, the pipeline's native twins registered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::config::{BehaviorVersion, RequestChecksumCalculation};
use bytes::Bytes;
use wavetank_emulator::connector::Connector;
use wavetank_emulator::executors::ObjectMeta;
use wavetank_emulator::world::Scope;
use wavetank_emulator::{Gateway, Tank, TankBuilder};
use wavetank_types::{Region, Seed, Timestamp};
use wavetank_wire::schema::{Operation, Service};
use wavetank_wire::{Val, WireError};

use super::{Address, Credentials, Listed, Objects, Target, address_in_process};
use crate::natives;

/// A tank of its own.
#[derive(Clone, Debug)]
pub struct Embedded {
    builder: TankBuilder,
    tank: Tank,
    connector: Connector,
    /// Whether requests go in as values.
    is_direct: bool,
    /// By region: making a client costs more than most of its calls.
    s3: Arc<Mutex<BTreeMap<String, aws_sdk_s3::Client>>>,
}

impl Embedded {
    /// An empty frozen tank with every native twin of the bundled scenarios.
    pub fn new(seed: Seed) -> Self {
        Self::of(natives::register(Tank::builder().seed(seed)))
    }

    /// A tank made as the caller likes.
    pub fn of(builder: TankBuilder) -> Self {
        let tank = builder.clone().build();
        Self { builder, connector: Connector::new(&tank), tank, is_direct: false, s3: Arc::default() }
    }

    /// The gateway, to serve it or to ask what has been called.
    pub fn gateway(&self) -> &Gateway {
        self.connector.gateway()
    }

    /// A tank for a simulation: its requests go in as values, neither signed nor written as bytes, and its jobs run on the
    /// thread that moves time.
    /// If `any_order`, what falls at one instant happens in an order that the seed draws.
    pub fn direct(seed: Seed, any_order: bool) -> Self {
        let builder = natives::register(Tank::builder().seed(seed)).on_one_thread().any_order(any_order);
        Self { is_direct: true, ..Self::of(builder) }
    }

    fn new_s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.connector.http_client())
            .endpoint_url("http://127.0.0.1:4566")
            .force_path_style(true)
            // Who puts an object tries again in tank time; the client's own pauses would take real time.
            .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
            .region(aws_sdk_s3::config::Region::new(region.to_owned()))
            .credentials_provider(Credentials::default().for_sdk())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The tank.
    pub fn tank(&self) -> &Tank {
        &self.tank
    }
}

#[async_trait]
impl Target for Embedded {
    fn name(&self) -> &str {
        "embedded"
    }

    fn credentials(&self) -> Credentials {
        Credentials::default()
    }

    fn address(&self, _service: &str, region: &str) -> Address {
        address_in_process(region)
    }

    async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.connector.http(request).await
    }

    async fn call(
        &self,
        service: &'static Service,
        operation: &'static Operation,
        region: &str,
        input: Val,
    ) -> Result<Result<Val, WireError>, Val> {
        if !self.is_direct {
            return Err(input);
        }
        let scope = scope_in(region);
        Ok(self.connector.gateway().call(service, operation, &scope, input).await)
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let mut clients = self.s3.lock().expect("nothing panics while it holds this");
        clients.entry(region.to_owned()).or_insert_with(|| self.new_s3(region)).clone()
    }

    fn objects(&self) -> Option<&dyn Objects> {
        self.is_direct.then_some(self)
    }

    async fn pause(&self, span: Duration) {
        self.tank.advance(span).await;
    }

    fn now(&self) -> Timestamp {
        self.tank.now()
    }

    fn signing_time_s(&self) -> u64 {
        // Nobody checks the age of a signature that never leaves the process.
        u64::try_from(self.tank.now().secs()).unwrap_or(0)
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        Some(Box::new(Self::of(self.builder.clone())))
    }

    fn is_own(&self) -> bool {
        true
    }

    fn is_at_rest(&self) -> Option<bool> {
        Some(self.tank.with_world(|world| world.is_at_rest()))
    }
}

impl Objects for Embedded {
    fn put(&self, region: &str, bucket: &str, key: &str, body: Bytes) -> Result<(), WireError> {
        self.gateway().put_object(&scope_in(region), bucket, key, body)
    }

    fn get(&self, region: &str, bucket: &str, key: &str) -> Result<Bytes, WireError> {
        self.gateway().get_object(&scope_in(region), bucket, key)
    }

    fn list(&self, region: &str, bucket: &str, prefix: &str) -> Result<Vec<Listed>, WireError> {
        let found = self.gateway().list_objects(&scope_in(region), bucket, prefix)?;
        let listed =
            |meta: ObjectMeta| Listed { key: meta.key, size: meta.size, modified: meta.last_modified };
        Ok(found.into_iter().map(listed).collect())
    }
}

/// The account of a client who says none.
fn scope_in(region: &str) -> Scope {
    Scope { region: Region::new(region), ..Scope::default() }
}
