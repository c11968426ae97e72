//! What a tank's S3 takes is put into another S3 as well: in the order in which it changed, buckets and objects.
//!
//! Left out: old versions, tags, and headers other than the content's type and encoding and the user's metadata.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use tokio::sync::Mutex;
use wavetank_emulator::Tank;
use wavetank_emulator::services::s3::Change;
use wavetank_emulator::services::s3::object::Object;
use wavetank_types::Timestamp;

use super::{Endpoint, Target};
use crate::client::{Aws, said};
use crate::removal::{self, RemovalError};

/// Why the other S3 does not hold what the tank holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// A bucket is there already, with something in it.
    #[error(
        "{store} has a bucket {bucket} already, and it is not empty\nhint: empty it, or say --replace, which does"
    )]
    Taken {
        /// The other S3.
        store: String,
        /// The bucket.
        bucket: String,
    },
    /// A call was refused.
    #[error(
        "{store} does not take {what}: {cause}\nhint: is it still running, and may these credentials write there?"
    )]
    Refused {
        /// The other S3.
        store: String,
        /// The object or bucket.
        what: String,
        /// What it said.
        cause: String,
    },
    /// A bucket cannot be emptied.
    #[error(transparent)]
    Removal(#[from] RemovalError),
}

/// Carries what a tank's S3 takes over to another S3.
#[derive(Debug)]
pub struct Mirror {
    tank: Tank,
    store: Endpoint,
    region: String,
    replaces: bool,
    state: Mutex<State>,
    /// When each object was stored, in tank time, by bucket and key.
    stored: std::sync::Mutex<BTreeMap<String, BTreeMap<String, Timestamp>>>,
}

#[derive(Debug, Default)]
struct State {
    /// Made there.
    buckets: BTreeSet<String>,
    /// The first thing that went wrong: what was carried over afterwards would prove nothing.
    failed: Option<MirrorError>,
}

impl Mirror {
    /// Of a tank that is empty. If `replaces`, buckets of the same names are emptied.
    pub fn new(tank: &Tank, store: Endpoint, region: &str, replaces: bool) -> Self {
        tank.with_world(|world| world.watch_s3());
        Self {
            tank: tank.clone(),
            store,
            region: region.to_owned(),
            replaces,
            state: Mutex::default(),
            stored: std::sync::Mutex::default(),
        }
    }

    /// When an object was stored, in tank time: the other S3 has times of its own.
    pub fn stored_at(&self, bucket: &str, key: &str) -> Option<Timestamp> {
        let stored = self.stored.lock().expect("nothing panics while it holds this");
        stored.get(bucket)?.get(key).copied()
    }

    /// Carries over what has changed. What fails once fails for good.
    pub async fn carry(&self) -> Result<(), MirrorError> {
        let mut state = self.state.lock().await;
        loop {
            if let Some(failed) = &state.failed {
                return Err(failed.clone());
            }
            let changes = self.tank.with_world(|world| world.take_s3_changes());
            if changes.is_empty() {
                return Ok(());
            }
            for change in changes {
                if let Err(failed) = self.take(&mut state, change).await {
                    state.failed = Some(failed);
                    break;
                }
            }
        }
    }

    /// Empties and removes the buckets that were made there.
    pub async fn remove(&self) -> Result<(), MirrorError> {
        let mut state = self.state.lock().await;
        let client = self.store.s3(&self.region);
        while let Some(bucket) = state.buckets.pop_first() {
            removal::empty(Aws::new(&self.store, &self.region), &bucket).await?;
            self.delete_bucket(&client, &bucket).await?;
        }
        Ok(())
    }

    async fn take(&self, state: &mut State, change: Change) -> Result<(), MirrorError> {
        let client = self.store.s3(&self.region);
        match change {
            Change::Bucket { name, region: Some(region) } => self.make(state, &name, region.as_str()).await,
            Change::Bucket { name, region: None } => {
                state.buckets.remove(&name);
                self.delete_bucket(&client, &name).await
            }
            Change::Object { bucket, key, object: Some((object, at)) } => {
                self.put(&bucket, &key, &object).await?;
                let mut stored = self.stored.lock().expect("nothing panics while it holds this");
                stored.entry(bucket).or_default().insert(key, at);
                Ok(())
            }
            Change::Object { bucket, key, object: None } => {
                let gone = client.delete_object().bucket(&bucket).key(&key).send().await;
                let what = format!("the deletion of s3://{bucket}/{key}");
                gone.map(drop).map_err(|error| self.refused(&what, said(&error)))
            }
        }
    }

    async fn make(&self, state: &mut State, bucket: &str, region: &str) -> Result<(), MirrorError> {
        let constraint = (region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region))
                .build()
        });
        let client = self.store.s3(region);
        let made = client.create_bucket().bucket(bucket).set_create_bucket_configuration(constraint);
        match made.send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
            Err(error) => return Err(self.refused(bucket, said(&error))),
        }
        if self.replaces {
            removal::empty(Aws::new(&self.store, region), bucket).await?;
        }
        let listed = client.list_objects_v2().bucket(bucket).max_keys(1).send().await;
        let listed = listed.map_err(|error| self.refused(bucket, said(&error)))?;
        if !listed.contents().is_empty() {
            let store = self.store.name().to_owned();
            return Err(MirrorError::Taken { store, bucket: bucket.to_owned() });
        }
        state.buckets.insert(bucket.to_owned());
        Ok(())
    }

    async fn put(&self, bucket: &str, key: &str, object: &Object) -> Result<(), MirrorError> {
        let client = self.store.s3(&self.region);
        let headers = &object.headers;
        let metadata = headers.metadata.iter().map(|(name, value)| (name.clone(), value.clone()));
        let put = client
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(object.body.whole().into())
            .set_content_type(headers.content_type.clone())
            .set_content_encoding(headers.content_encoding.clone())
            .set_metadata(Some(metadata.collect()));
        let what = format!("s3://{bucket}/{key}");
        put.send().await.map(drop).map_err(|error| self.refused(&what, said(&error)))
    }

    /// One that is not there is deleted: the SDK asks again when it has not heard the answer.
    async fn delete_bucket(&self, client: &Client, bucket: &str) -> Result<(), MirrorError> {
        match client.delete_bucket().bucket(bucket).send().await {
            Err(error) if error.code() != Some("NoSuchBucket") => Err(self.refused(bucket, said(&error))),
            _ => Ok(()),
        }
    }

    fn refused(&self, what: &str, cause: String) -> MirrorError {
        MirrorError::Refused { store: self.store.name().to_owned(), what: what.to_owned(), cause }
    }
}
