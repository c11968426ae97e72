//! Where a scenario runs. A target answers AWS requests and knows how its time passes; nothing else.

mod address;
#[cfg(feature = "aws")]
pub mod aws;
mod credentials;
mod embedded;
mod endpoint;
mod mirror;
mod mirrored;
mod objects;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::schema::{Operation, Service};
use wavetank_wire::{Val, WireError};

pub use address::{Address, Addresses, FindAddress, Origin, OriginError};
pub use credentials::Credentials;
pub use embedded::Embedded;
pub(crate) use endpoint::turns_away;
pub use endpoint::{Dial, Endpoint, EndpointConfig, EndpointError, NoTls, Pace, Plain, Stream};
pub use mirror::{Mirror, MirrorError};
pub use mirrored::Mirrored;
pub use objects::{Listed, Objects};

/// A place that answers AWS requests.
#[async_trait]
pub trait Target: Send + Sync {
    /// What a report calls it.
    fn name(&self) -> &str;

    /// Whose requests they are.
    fn credentials(&self) -> Credentials;

    /// Where a service, by its name in `wire`, is asked in a region. A request that names no server goes to the target itself.
    fn address(&self, service: &str, region: &str) -> Address;

    /// One signed request, answered. An answer that there is none carries [`NoAnswer`].
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

    /// A client for reading what the pipeline has stored: of another S3, if the data are kept there. Says why there is none.
    async fn s3_read(&self, region: &str) -> Result<aws_sdk_s3::Client, String> {
        Ok(self.s3(region))
    }

    /// When an object was stored, in the target's time, if that is not what its listing says.
    fn stored_at(&self, _bucket: &str, _key: &str) -> Option<Timestamp> {
        None
    }

    /// Waits until every request that has left is answered, also those whose caller has gone away.
    async fn quiesce(&self) {}

    /// S3's objects as values, where the target is in this process; `None`: by that client.
    fn objects(&self) -> Option<&dyn Objects> {
        None
    }

    /// Lets this much of the target's time pass.
    async fn pause(&self, span: Duration);

    /// Told before records of the input go: the instant at which they were to, and how many. Most do not care.
    fn intend(&self, _at: Timestamp, _records: u64) {}

    /// The target's time.
    fn now(&self) -> Timestamp;

    /// Real seconds since the epoch, for signatures.
    fn signing_time_s(&self) -> u64;

    /// Another one like it that nothing has happened in. `None` where there is only this one.
    fn fresh(&self) -> Option<Box<dyn Target>>;

    /// Whether it was made for one run and goes with it. Of another, nothing is known before it is asked, and what a run makes
    /// there is removed afterwards.
    fn is_own(&self) -> bool;

    /// Whether nothing is left to happen there. `None` where nobody can know.
    fn is_at_rest(&self) -> Option<bool>;
}

/// What every target around another one leaves to that one, whose field is named.
macro_rules! left_to {
    ($inner:ident) => {
        fn credentials(&self) -> $crate::target::Credentials {
            self.$inner.credentials()
        }

        fn address(&self, service: &str, region: &str) -> $crate::target::Address {
            self.$inner.address(service, region)
        }

        fn now(&self) -> wavetank_types::Timestamp {
            self.$inner.now()
        }

        fn signing_time_s(&self) -> u64 {
            self.$inner.signing_time_s()
        }

        fn is_at_rest(&self) -> Option<bool> {
            self.$inner.is_at_rest()
        }
    };
}
pub(crate) use left_to;

/// Why there is no answer: an extension of the response that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer(pub String);

impl NoAnswer {
    /// The code of the error that says so.
    pub const CODE: &str = "NoAnswer";

    /// The response that stands for it.
    pub fn into_response(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from(self.0.clone()));
        *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(self);
        response
    }
}

/// The address of a tank in this process: it is nowhere, and named by what a tank is named by default.
pub(crate) fn address_in_process(region: &str) -> Address {
    let origin = Origin { is_tls: false, host: "127.0.0.1".to_owned(), port: 4_566 };
    Address { origin, signing_region: region.to_owned() }
}
