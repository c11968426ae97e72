//! What other services ask of S3, in its own typed words: CloudFormation's buckets, Athena's results, a job's output.
//!
//! Each command takes the same path, with the same refusals, as the request of the same name over HTTP.
//! Start with [`Command`]; [`BucketConfiguration`] is what a template says about a bucket.

use std::collections::BTreeMap;

use bytes::Bytes;
use wavetank_types::Arn;

/// What other services ask of S3.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the operation's own members")]
pub enum Command {
    /// Creates a bucket in the caller's region. Answers `{Location}`.
    CreateBucket { bucket: String },
    /// Deletes an empty bucket.
    DeleteBucket { bucket: String },
    /// Answers `{BucketRegion}` if the bucket exists and is the caller's.
    HeadBucket { bucket: String },
    /// Changes what is said of a bucket: each part that is `Some`, all or none of them.
    PutBucketConfiguration { bucket: String, configuration: BucketConfiguration },
    /// Removes the policy.
    DeleteBucketPolicy { bucket: String },
    /// Stores an object. Answers `{ETag, VersionId?}`.
    PutObject { bucket: String, key: String, body: Bytes, content_type: String },
    /// The same, with the content's MD5 known already: the work of it is not done under the world's lock.
    PutDigested { bucket: String, key: String, body: Bytes, content_type: String, md5: [u8; 16] },
    /// Answers `{Body, ETag, ContentType, ContentLength}`.
    GetObject { bucket: String, key: String },
    /// Deletes an object, or marks it deleted if the bucket keeps versions.
    DeleteObject { bucket: String, key: String },
    /// Deletes several objects.
    DeleteObjects { bucket: String, keys: Vec<String> },
}

impl Command {
    /// The operation of S3's API that it is.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::CreateBucket { .. } => "CreateBucket",
            Self::DeleteBucket { .. } => "DeleteBucket",
            Self::HeadBucket { .. } => "HeadBucket",
            Self::PutBucketConfiguration { .. } => "PutBucketConfiguration",
            Self::DeleteBucketPolicy { .. } => "DeleteBucketPolicy",
            Self::PutObject { .. } | Self::PutDigested { .. } => "PutObject",
            Self::GetObject { .. } => "GetObject",
            Self::DeleteObject { .. } => "DeleteObject",
            Self::DeleteObjects { .. } => "DeleteObjects",
        }
    }

    /// The notifications that it asks for, whose destinations must exist.
    pub(crate) fn notification(&self) -> Option<&Notification> {
        match self {
            Self::PutBucketConfiguration { configuration, .. } => configuration.notification.as_ref(),
            _ => None,
        }
    }
}

/// What is said of a bucket. `None` leaves a part as it is; an empty part clears it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketConfiguration {
    /// Who hears of what happens to objects.
    pub notification: Option<Notification>,
    /// `Enabled` or `Suspended`.
    pub versioning: Option<String>,
    /// Tags, by key.
    pub tags: Option<BTreeMap<String, String>>,
    /// The policy document, as JSON text.
    pub policy: Option<String>,
    /// What public access is blocked.
    pub public_access_block: Option<PublicAccessBlock>,
    /// The default encryption's algorithm: `AES256` or `aws:kms`.
    pub encryption: Option<String>,
    /// `BucketOwnerEnforced`, `BucketOwnerPreferred` or `ObjectWriter`.
    pub object_ownership: Option<String>,
    /// Rules by which objects expire.
    pub lifecycle: Option<Vec<LifecycleRule>>,
    /// Which web pages may read the bucket.
    pub cors: Option<Vec<CorsRule>>,
}

/// Who hears of what happens to objects: functions, queues and topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// In the order in which they were given.
    pub listeners: Vec<Listener>,
    /// Whether all events go to EventBridge as well.
    pub event_bridge: bool,
}

/// What kind of thing hears of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the destination of its name")]
pub enum Destination {
    Function,
    Queue,
    Topic,
}

/// One function, queue or topic that hears of some events on some keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// Chosen by the client; made up if absent.
    pub id: Option<String>,
    /// Its ARN; a function's with or without a qualifier.
    pub arn: String,
    /// Such as `s3:ObjectCreated:*`.
    pub events: Vec<String>,
    /// Only keys that begin so.
    pub prefix: Option<String>,
    /// Only keys that end so.
    pub suffix: Option<String>,
}

impl Listener {
    /// What the ARN names, if S3 can tell it anything.
    pub fn destination(&self) -> Option<Destination> {
        let arn: Arn = self.arn.parse().ok()?;
        match arn.service.as_str() {
            "lambda" if arn.resource.starts_with("function:") => Some(Destination::Function),
            "sqs" => Some(Destination::Queue),
            "sns" => Some(Destination::Topic),
            _ => None,
        }
    }
}

/// What public access is blocked. Stored and returned; nothing here is public in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "AWS's own four switches")]
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

/// One rule by which objects expire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Chosen by the client; made up if absent.
    pub id: Option<String>,
    /// Whether it acts.
    pub enabled: bool,
    /// Only keys that begin so; empty for all.
    pub prefix: String,
    /// Days after which an object expires.
    pub expiration_days: Option<i32>,
    /// Days after which a version that is no longer current goes.
    pub noncurrent_days: Option<i32>,
    /// Days after which an unfinished multipart upload is aborted.
    pub abort_upload_days: Option<i32>,
    /// Days after which an object moves to a storage class: stored and returned, nothing moves.
    pub transitions: Vec<(i32, String)>,
}

/// Which web pages may do what. Stored and returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "AWS's own members")]
pub struct CorsRule {
    pub id: Option<String>,
    pub allowed_methods: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub allowed_headers: Vec<String>,
    pub expose_headers: Vec<String>,
    pub max_age_seconds: Option<i32>,
}
