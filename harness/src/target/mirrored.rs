//! A tank in this process whose objects lie in another S3 as well, and are read there.
//!
//! Before time moves on, and before anybody reads, everything that has changed is carried over (`mirror.rs`). Services of the tank
//! read its own copy; what the harness looks at, it reads from the other S3, so that checks prove what lies there. Buckets of the
//! tank's names are made there, and emptied and removed when the run has ended.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use wavetank_types::Timestamp;

use super::{Embedded, Endpoint, Mirror, MirrorError, Objects, Target, left_to};

/// A tank, and the S3 that holds its objects as well.
#[derive(Debug)]
pub struct Mirrored {
    tank: Embedded,
    store: Endpoint,
    mirror: Mirror,
    name: String,
}

impl Mirrored {
    /// Keeps a tank's objects in `store`, too. The tank is to be empty. If `replaces`, buckets of the same names are emptied.
    pub fn new(tank: Embedded, store: Endpoint, region: &str, replaces: bool) -> Self {
        let name = format!("embedded, objects in {}", store.address("s3", region).origin);
        let mirror = Mirror::new(tank.tank(), store.clone(), region, replaces);
        Self { tank, store, mirror, name }
    }

    /// Carries over what has changed. What fails once fails for good.
    pub async fn carry(&self) -> Result<(), MirrorError> {
        self.mirror.carry().await
    }

    /// Empties and removes the buckets that were made there.
    pub async fn remove(&self) -> Result<(), MirrorError> {
        self.mirror.remove().await
    }
}

#[async_trait]
impl Target for Mirrored {
    left_to!(tank);

    fn name(&self) -> &str {
        &self.name
    }

    async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.tank.http(request).await
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        self.tank.s3(region)
    }

    async fn s3_read(&self, region: &str) -> Result<aws_sdk_s3::Client, String> {
        self.carry().await.map_err(|failed| failed.to_string())?;
        Ok(self.store.s3(region))
    }

    fn stored_at(&self, bucket: &str, key: &str) -> Option<Timestamp> {
        self.mirror.stored_at(bucket, key)
    }

    fn objects(&self) -> Option<&dyn Objects> {
        None
    }

    async fn pause(&self, span: Duration) {
        self.tank.pause(span).await;
        // What failed is told when somebody reads, and at the end.
        drop(self.carry().await);
    }

    /// One of a tank alone: what a second run stores would meet the first's.
    fn fresh(&self) -> Option<Box<dyn Target>> {
        self.tank.fresh()
    }

    fn is_own(&self) -> bool {
        true
    }
}
