//! The tank's S3, as the engine reads it.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use wavetank_sql::{ObjectMeta, Objects, ObjectsError};
use wavetank_wire::WireError;

use super::Door;

/// Reads objects through the job's door. Counts bytes, for queries that fail before the engine can say.
#[derive(Debug)]
pub(super) struct TankObjects {
    door: Door,
    bytes: AtomicU64,
}

impl TankObjects {
    pub(super) fn new(door: Door) -> Self {
        Self { door, bytes: AtomicU64::new(0) }
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn counted(
        &self,
        read: Result<Bytes, WireError>,
        bucket: &str,
        key: &str,
    ) -> Result<Bytes, ObjectsError> {
        let bytes = read.map_err(|error| refused(&error, bucket, key))?;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

impl Objects for TankObjects {
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectMeta>, ObjectsError> {
        let found =
            self.door.list_objects(bucket, prefix).map_err(|error| refused(&error, bucket, prefix))?;
        Ok(found.into_iter().map(meta).collect())
    }

    fn get(&self, bucket: &str, key: &str) -> Result<Bytes, ObjectsError> {
        self.counted(self.door.get_object(bucket, key), bucket, key)
    }

    fn get_range(&self, bucket: &str, key: &str, range: Range<u64>) -> Result<Bytes, ObjectsError> {
        self.counted(self.door.get_range(bucket, key, range), bucket, key)
    }
}

fn meta(object: crate::executors::ObjectMeta) -> ObjectMeta {
    ObjectMeta {
        key: object.key,
        size: object.size,
        last_modified_ms: object.last_modified.millis(),
        etag: object.etag,
    }
}

fn refused(error: &WireError, bucket: &str, key: &str) -> ObjectsError {
    match error.code.as_str() {
        "NoSuchBucket" => ObjectsError::NoSuchBucket(bucket.to_owned()),
        "NoSuchKey" => ObjectsError::NoSuchKey { bucket: bucket.to_owned(), key: key.to_owned() },
        _ => ObjectsError::Other(error.to_string()),
    }
}
