//! The door to object storage: list a prefix, read an object or a range of it. The caller implements it over its S3.
//!
//! Left out: writing. What a statement writes is returned in `Outcome::written`.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::error::{ErrorKind, SqlError};

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The whole key, not relative to the prefix.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was last written, in milliseconds since 1970 of tank time.
    pub last_modified_ms: i64,
    /// The ETag without quotes.
    pub etag: String,
}

/// Why an object could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectsError {
    /// The bucket does not exist.
    #[error("The specified bucket does not exist: {0}")]
    NoSuchBucket(String),
    /// The object does not exist (any more).
    #[error("The specified key does not exist: {bucket}/{key}")]
    NoSuchKey {
        /// Bucket name.
        bucket: String,
        /// Object key.
        key: String,
    },
    /// Anything else, in the caller's words.
    #[error("{0}")]
    Other(String),
}

/// Reads objects. Calls are cheap: bytes are shared, not copied.
pub trait Objects: Send + Sync + Debug {
    /// Every object whose key starts with `prefix`, in key order.
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectMeta>, ObjectsError>;
    /// The whole object.
    fn get(&self, bucket: &str, key: &str) -> Result<Bytes, ObjectsError>;
    /// Bytes `range` of the object; what lies past its end is left out.
    fn get_range(&self, bucket: &str, key: &str, range: Range<u64>) -> Result<Bytes, ObjectsError>;
}

/// Counts what passes through: `DataScannedInBytes`.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    inner: Arc<dyn Objects>,
    bytes: Arc<AtomicU64>,
}

impl Counted {
    pub(crate) fn new(inner: Arc<dyn Objects>) -> Self {
        Counted { inner, bytes: Arc::default() }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectMeta>, SqlError> {
        self.inner.list(bucket, prefix).map_err(|e| refused(bucket, prefix, &e))
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Result<Bytes, SqlError> {
        let bytes = self.inner.get(bucket, key).map_err(|e| refused(bucket, key, &e))?;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }

    pub(crate) fn get_range(&self, bucket: &str, key: &str, range: Range<u64>) -> Result<Bytes, SqlError> {
        let bytes = self.inner.get_range(bucket, key, range).map_err(|e| refused(bucket, key, &e))?;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// Assumed wording: Trino's for an S3 read that fails.
fn refused(bucket: &str, key: &str, error: &ObjectsError) -> SqlError {
    SqlError::new(
        ErrorKind::HiveCannotOpenSplit,
        format!("Error opening Hive split s3://{bucket}/{key}: {error}"),
    )
}

/// Bucket and key prefix of an `s3://` location. The prefix ends with `/` unless empty.
pub(crate) fn split_location(location: &str) -> Result<(String, String), SqlError> {
    let rest = ["s3://", "s3a://", "s3n://"].iter().find_map(|scheme| location.strip_prefix(scheme));
    let Some(rest) = rest else {
        return Err(SqlError::new(
            ErrorKind::InvalidTableProperty,
            format!("Invalid S3 location '{location}': it must start with s3://"),
        ));
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(SqlError::new(
            ErrorKind::InvalidTableProperty,
            format!("Invalid S3 location '{location}'"),
        ));
    }
    let mut prefix = prefix.to_string();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    Ok((bucket.to_string(), prefix))
}
