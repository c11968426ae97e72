//! S3 over HTTP: the crate `s3s` reads and writes the wire and checks signatures; here its types meet our state.
//!
//! Start with `operations.rs` (what is served), then `objects.rs`. `convert.rs` turns types into types, `receive.rs`
//! reads bodies, `guard.rs` says who may ask. The world's lock is taken in [`Asked::act`] alone: bodies are read
//! and digested before, and written after.

mod buckets;
mod configuration;
mod convert;
mod details;
mod direct;
mod finish;
mod guard;
mod lists;
mod objects;
mod operations;
mod receive;
mod unset;
mod uploads;

use std::sync::Arc;

use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::validation::NameValidation;
use s3s::{S3Request, S3Result, TrailingHeaders};
use wavetank_types::{AccountId, Region};

use crate::driver::Tank;
use crate::services::AwsError as _;
use crate::services::s3::S3 as State;
use crate::services::s3::error::Refusal;
use crate::world::{Cx, Scope};
pub(super) use details::{Told, tell};
pub(super) use finish::finish;
pub(super) use guard::operation_of;

/// The operations, on a tank.
#[derive(Debug)]
struct Wire {
    tank: Tank,
}

/// `s3s` over this tank.
pub(super) fn service(tank: &Tank) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Wire { tank: tank.clone() });
    builder.set_auth(guard::Keys);
    builder.set_access(guard::Access { tank: tank.clone() });
    builder.set_host(guard::Hosts);
    if tank.is_frozen() {
        // A client in this process signs with the tank's time, and nobody has to fear an old signature of its own.
        let mut config = S3Config::default();
        config.presigned_url_max_skew_time_secs = u32::MAX;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    }
    builder.set_validation(AnyName);
    builder.build()
}

/// Leaves names to our state, which refuses them in AWS's words.
struct AnyName;

impl NameValidation for AnyName {
    fn validate_bucket_name(&self, name: &str) -> bool {
        !name.is_empty()
    }
}

/// A request without its input: who asks, where, for which operation.
struct Asked<'a> {
    tank: &'a Tank,
    scope: Scope,
    access_key: String,
    operation: &'static str,
    headers: http::HeaderMap,
    trailers: Option<TrailingHeaders>,
}

impl<'a> Asked<'a> {
    fn new<T>(wire: &'a Wire, req: S3Request<T>, operation: &'static str) -> (Self, T) {
        let access_key = req.credentials.map(|credentials| credentials.access_key).unwrap_or_default();
        let region = req.region.map(|region| Region::new(region.as_str())).unwrap_or_default();
        let scope = Scope { account: AccountId::of_access_key(&access_key), region };
        let asked = Asked {
            tank: &wire.tank,
            scope,
            access_key,
            operation,
            headers: req.headers,
            trailers: req.trailing_headers,
        };
        (asked, req.input)
    }

    /// One short visit to the state, under the world's lock.
    fn act<R>(&self, mut act: impl FnMut(&mut State, &mut Cx<'_>) -> Result<R, Refusal>) -> S3Result<R> {
        let act = |s3: &mut State, cx: &mut Cx<'_>| act(s3, cx).map_err(|refusal| refusal.wire());
        self.tank.s3(&self.scope, &self.access_key, self.operation, act).map_err(convert::error)
    }
}
