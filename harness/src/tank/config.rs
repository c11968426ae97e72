//! The configuration by which any `aws-sdk-*` client reaches the tank.
//!
//! No endpoint is set: requests carry AWS's own host names and never leave the process.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use wavetank_emulator::Connector;

use super::pace::{BACK_OFF, Pace, TankTime};

/// Tries in all, as the SDKs have it.
const TRIES_MAX: u32 = 3;

/// The way into the tank, which counts the calls that are under way.
#[derive(Clone, Debug)]
struct InProcess {
    connector: Connector,
    pace: Arc<Pace>,
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let pace = Arc::clone(&self.pace);
        let under_way = pace.begin();
        let call = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            // A timeout beside this call begins its sleep before the call may move time.
            tokio::task::yield_now().await;
            let answer = call.await;
            drop(under_way);
            // An answer that comes after its timeout is not heard.
            pace.let_due_sleepers_wake().await;
            answer
        })
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

pub(super) fn sdk_config(connector: Connector, pace: &Arc<Pace>, region: &str) -> SdkConfig {
    let credentials = Credentials::new("000000000000", "test", None, None, "wavetank");
    let time = TankTime(Arc::clone(pace));
    // Equal bounds: see `pace.rs`.
    let retry = RetryConfig::standard()
        .with_max_attempts(TRIES_MAX)
        .with_initial_backoff(BACK_OFF)
        .with_max_backoff(BACK_OFF);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(InProcess { connector, pace: Arc::clone(pace) })
        .sleep_impl(time.clone())
        .time_source(time)
        .retry_config(retry)
        .timeout_config(TimeoutConfig::disabled())
        // Bodies come from memory, and a watch over their speed would be a sleep beside every one.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}
