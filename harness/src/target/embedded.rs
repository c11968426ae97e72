//! The tank in this process: no socket, frozen time, the pipeline's native twins registered.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, RequestChecksumCalculation};
use bytes::Bytes;
use wavetank_emulator::connector::Connector;
use wavetank_emulator::{Gateway, Tank, TankBuilder};
use wavetank_types::{Seed, Timestamp};

use super::Target;
use crate::natives;

/// A tank of its own.
#[derive(Clone, Debug)]
pub struct Embedded {
    builder: TankBuilder,
    tank: Tank,
    connector: Connector,
}

impl Embedded {
    /// An empty frozen tank with every native twin of the bundled scenarios.
    pub fn new(seed: Seed) -> Self {
        Self::of(natives::register(Tank::builder().seed(seed)))
    }

    /// A tank made as the caller likes.
    pub fn of(builder: TankBuilder) -> Self {
        let tank = builder.clone().build();
        Self { builder, connector: Connector::new(&tank), tank }
    }

    /// The gateway, to serve it or to ask what has been called.
    pub fn gateway(&self) -> &Gateway {
        self.connector.gateway()
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

    async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.connector.http(request).await
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.connector.http_client())
            .endpoint_url("http://127.0.0.1:4566")
            .force_path_style(true)
            .region(aws_sdk_s3::config::Region::new(region.to_owned()))
            .credentials_provider(Credentials::new("000000000000", "test", None, None, "wavetank"))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        aws_sdk_s3::Client::from_conf(config.build())
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

    fn is_at_rest(&self) -> Option<bool> {
        Some(self.tank.with_world(|world| world.is_at_rest()))
    }
}
