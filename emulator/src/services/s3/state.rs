//! The state machine: buckets of the whole world, each with its objects, uploads and what is said of it.
//!
//! Families of operations: `state/objects.rs`, `state/list.rs`, `state/multipart.rs`, `state/configuration.rs`,
//! `state/notify.rs` (who hears of it), `state/lifecycle.rs` (what expires), `state/watch.rs` (what has changed). This file has the buckets.

mod configuration;
mod lifecycle;
mod list;
mod multipart;
mod notify;
mod objects;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wavetank_types::names::check_bucket_name;
use wavetank_types::{AccountId, Region, Timestamp};

use super::error::Refusal;
use super::limits::is_location;
use super::object::Object;
use super::{CorsRule, LifecycleRule, Notification, PublicAccessBlock};
use crate::world::Cx;
pub use configuration::{check_tags, is_public_policy, is_tag_text};
pub use list::{Entry as Listed, ListRequest, ObjectPage, Resume, VersionPage, VersionStart, Versioned};
pub use multipart::{Completion, NamedPart, Part, PartPage, Upload, UploadPage, Wanted};
pub use notify::form_encode;
pub use objects::{Deleted, Stored};
pub use watch::Change;

/// Buckets and objects of every account: bucket names are one namespace for the world.
#[derive(Debug, Default)]
pub struct S3 {
    buckets: BTreeMap<String, Bucket>,
    /// Grows with every change of an object; orders events.
    changes: u64,
    /// When a lifecycle rule may next have something to do; never later than the truth.
    deadline: Option<Timestamp>,
    /// Buckets and keys that have changed, if somebody wants to know.
    changed: Option<Vec<(String, Option<String>)>>,
}

/// Whether versions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versioning {
    /// Was never asked for.
    #[default]
    Never,
    /// Every write makes a version.
    Enabled,
    /// Writes replace the version `null`; older versions stay.
    Suspended,
}

/// One bucket.
#[derive(Debug)]
pub struct Bucket {
    name: String,
    /// Whose it is.
    pub owner: AccountId,
    /// Where it was created.
    pub region: Region,
    /// When.
    pub created: Timestamp,
    /// Whether versions are kept.
    pub versioning: Versioning,
    keys: BTreeMap<String, Vec<Version>>,
    uploads: BTreeMap<(String, String), Upload>,
    /// What is said of it.
    pub said: Said,
}

/// What is said of a bucket. `None`: nothing was said, or it was taken back.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the configuration of its name")]
pub struct Said {
    pub notification: Notification,
    pub tags: Option<BTreeMap<String, String>>,
    pub policy: Option<String>,
    pub public_access_block: Option<PublicAccessBlock>,
    pub encryption: String,
    pub object_ownership: Option<String>,
    pub lifecycle: Option<Vec<LifecycleRule>>,
    pub cors: Option<Vec<CorsRule>>,
    /// `Suspended` was said; until then, no status is.
    pub acceleration_suspended: bool,
}

impl Default for Said {
    /// What AWS says of a new bucket: no public access, no ACLs, SSE-S3.
    ///
    /// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html and
    /// .../default-encryption-faq.html (read 2026-11-29).
    fn default() -> Self {
        let block = PublicAccessBlock {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        };
        Self {
            notification: Notification::default(),
            tags: None,
            policy: None,
            public_access_block: Some(block),
            encryption: "AES256".to_owned(),
            object_ownership: Some("BucketOwnerEnforced".to_owned()),
            lifecycle: None,
            cors: None,
            acceleration_suspended: false,
        }
    }
}

/// One version of a key. A key's versions are in the order in which they were stored; the last is current.
#[derive(Clone, Debug)]
struct Version {
    /// `None` is the version `null`.
    id: Option<String>,
    modified: Timestamp,
    /// `None` is a delete marker.
    object: Option<Arc<Object>>,
}

impl Version {
    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or("null")
    }
}

impl Bucket {
    fn current(&self, key: &str) -> Option<&Version> {
        self.keys.get(key)?.last()
    }

    fn current_object(&self, key: &str) -> Option<&Arc<Object>> {
        self.current(key)?.object.as_ref()
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Current objects, and their bytes.
    pub fn totals(&self) -> (u64, u64) {
        let objects = self.keys.values().filter_map(|versions| versions.last()?.object.as_ref());
        objects.fold((0, 0), |(count, bytes), object| (count + 1, bytes + object.size()))
    }

    /// A version's id as responses give it: not at all in a bucket that never kept versions.
    fn shown_id(&self, version: &Version) -> Option<String> {
        (self.versioning != Versioning::Never || version.id.is_some()).then(|| version.id().to_owned())
    }
}

/// The canonical user id of an account: 64 hexadecimal digits, the same every time.
///
/// Assumed: AWS's are not derived from anything public.
pub fn canonical_user(account: &AccountId) -> String {
    hex::encode(Sha256::digest(account.as_str()))
}

impl S3 {
    /// Creates a bucket in the caller's region.
    ///
    /// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html (read 2026-11-29): in us-east-1,
    /// creating a bucket that is one's own succeeds and resets its ACLs, which there are none of here; elsewhere it is refused.
    pub fn create_bucket(&mut self, cx: &Cx<'_>, name: &str, location: Option<&str>) -> Result<(), Refusal> {
        check_bucket_name(name).map_err(|rule| Refusal::InvalidBucketName { name: name.to_owned(), rule })?;
        check_location(cx.scope.region.as_str(), location)?;
        if let Some(bucket) = self.buckets.get(name) {
            let ours = bucket.owner == cx.scope.account;
            let idempotent = bucket.region == Region::default() && cx.scope.region == Region::default();
            return match (ours, idempotent) {
                (true, true) => Ok(()),
                (true, false) => Err(Refusal::BucketAlreadyOwnedByYou(name.to_owned())),
                (false, _) => Err(Refusal::BucketAlreadyExists(name.to_owned())),
            };
        }
        let bucket = Bucket {
            name: name.to_owned(),
            owner: cx.scope.account.clone(),
            region: cx.scope.region.clone(),
            created: cx.now,
            versioning: Versioning::Never,
            keys: BTreeMap::new(),
            uploads: BTreeMap::new(),
            said: Said::default(),
        };
        self.buckets.insert(name.to_owned(), bucket);
        self.note(name, None);
        Ok(())
    }

    /// Deletes a bucket that holds no version of any object. Unfinished uploads go with it.
    ///
    /// Assumed: that uploads do not hold a bucket; AWS's page names objects, versions and delete markers only.
    pub fn delete_bucket(&mut self, cx: &Cx<'_>, name: &str) -> Result<(), Refusal> {
        let bucket = self.bucket(cx, name)?;
        if !bucket.keys.is_empty() {
            let versioned = bucket.versioning != Versioning::Never;
            return Err(Refusal::BucketNotEmpty { bucket: name.to_owned(), versioned });
        }
        self.buckets.remove(name);
        self.note(name, None);
        Ok(())
    }

    /// The caller's buckets by name, from after `after`.
    pub fn list_buckets<'a>(
        &'a self,
        cx: &Cx<'_>,
        prefix: &'a str,
        after: &'a str,
    ) -> impl Iterator<Item = &'a Bucket> + use<'a> {
        let owner = cx.scope.account.clone();
        let wanted = move |bucket: &&Bucket| {
            bucket.owner == owner && bucket.name.starts_with(prefix) && bucket.name.as_str() > after
        };
        self.buckets.values().filter(wanted)
    }

    /// A bucket that the caller may use.
    ///
    /// Assumed: a bucket of another account is open to all callers once it has a policy, and closed until then.
    /// Policies are stored and checked for form; they are not evaluated.
    pub fn bucket(&self, cx: &Cx<'_>, name: &str) -> Result<&Bucket, Refusal> {
        let bucket = self.buckets.get(name).ok_or_else(|| no_bucket(name))?;
        bucket.allow(cx)?;
        Ok(bucket)
    }

    fn bucket_mut(&mut self, cx: &Cx<'_>, name: &str) -> Result<&mut Bucket, Refusal> {
        let bucket = self.buckets.get_mut(name).ok_or_else(|| no_bucket(name))?;
        bucket.allow(cx)?;
        Ok(bucket)
    }

    /// Every bucket, whoever owns it; for the tank itself.
    pub fn all_buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.values()
    }

    /// One bucket, whoever owns it; for the tank itself.
    pub fn any_bucket(&self, name: &str) -> Option<&Bucket> {
        self.buckets.get(name)
    }

    /// When something happens next unasked.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadline
    }
}

impl Bucket {
    fn allow(&self, cx: &Cx<'_>) -> Result<(), Refusal> {
        if self.owner == cx.scope.account || self.said.policy.is_some() {
            return Ok(());
        }
        Err(Refusal::AccessDenied(self.name.clone()))
    }
}

/// Whether a location constraint fits the region to which the request was sent.
///
/// Documented: the page of CreateBucket. `EU` is an old name of eu-west-1.
/// Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21 and 2026-02-23: in us-east-1 what is no location is not valid, and
/// neither is us-east-1 itself; elsewhere any other is incompatible. Assumed: a location elsewhere is incompatible in us-east-1, too.
fn check_location(region: &str, location: Option<&str>) -> Result<(), Refusal> {
    let illegal = |constraint: &str| {
        Err(Refusal::IllegalLocation { constraint: constraint.to_owned(), region: region.to_owned() })
    };
    match location {
        None if region == "us-east-1" => Ok(()),
        None => illegal("unspecified"),
        Some("EU") if region == "eu-west-1" => Ok(()),
        Some(constraint) if region == "us-east-1" && !is_location(constraint) => {
            Err(Refusal::InvalidLocation(constraint.to_owned()))
        }
        Some(constraint) if constraint == region => Ok(()),
        Some(constraint) => illegal(constraint),
    }
}

/// Why there is no bucket of this name: one that no bucket can have is told so.
fn no_bucket(name: &str) -> Refusal {
    match check_bucket_name(name) {
        Ok(()) => Refusal::NoSuchBucket(name.to_owned()),
        Err(rule) => Refusal::InvalidBucketName { name: name.to_owned(), rule },
    }
}
