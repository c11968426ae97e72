//! Where a scenario runs. A target answers AWS requests and knows how its time passes; nothing else.

mod embedded;
mod endpoint;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::schema::{Operation, Service};
use wavetank_wire::{Val, WireError};

pub use embedded::Embedded;
pub use endpoint::{Endpoint, EndpointError, Pace};

/// A place that answers AWS requests.
#[async_trait]
pub trait Target: Send + Sync {
    /// What a report calls it.
    fn name(&self) -> &str;

    /// One signed request, answered.
    async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes>;

    /// One request as values, where the target is in this process and bytes between would be of no use. `Err` gives the input
    /// back: the request has to go by HTTP.
    async fn call(
        &self,
        _service: &'static Service,
        _operation: &'static Operation,
        _region: &str,
        input: Val,
    ) -> Result<Result<Val, WireError>, Val> {
        Err(input)
    }

    /// An S3 client of the genuine SDK.
    fn s3(&self, region: &str) -> aws_sdk_s3::Client;

    /// Lets this much of the target's time pass.
    async fn pause(&self, span: Duration);

    /// The target's time.
    fn now(&self) -> Timestamp;

    /// Real seconds since the epoch, for signatures.
    fn signing_time_s(&self) -> u64;

    /// Another one like it that nothing has happened in. `None` where there is only this one.
    fn fresh(&self) -> Option<Box<dyn Target>>;

    /// Whether nothing is left to happen there. `None` where nobody can know.
    fn is_at_rest(&self) -> Option<bool>;
}
