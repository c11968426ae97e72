//! Putting, finding, tagging and deleting objects, with and without versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Bucket, S3, Version, Versioning, check_tags};
use crate::services::s3::error::Refusal;
use crate::services::s3::limits::{KEY_BYTES_MAX, OBJECT_TAGS_MAX, PUT_BYTES_MAX, VERSION_ID_CHARS};
use crate::services::s3::object::{EtagIs, Found, Object, WriteConditions};
use crate::world::Cx;

/// The characters of a version id. Assumed: AWS says only that it is opaque, at most 1,024 bytes.
const VERSION_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// What a write answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The version that was made, in a bucket that keeps versions.
    pub version_id: Option<String>,
}

/// What a deletion answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// A marker was made, or the version that was deleted was one.
    pub delete_marker: bool,
    /// The marker that was made, or the version that was deleted.
    pub version_id: Option<String>,
}

impl S3 {
    /// Stores an object. `event` is what listeners hear, such as `ObjectCreated:Put`.
    ///
    /// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (read 2026-11-29).
    pub fn put_object(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        key: &str,
        object: Arc<Object>,
        conditions: &WriteConditions,
        event: &'static str,
    ) -> Result<Stored, Refusal> {
        let now = cx.now;
        let found = self.bucket_mut(cx, bucket)?;
        check_key(key)?;
        object.headers.check()?;
        if object.parts.is_empty() && object.size() > PUT_BYTES_MAX {
            return Err(Refusal::EntityTooLarge(object.size()));
        }
        conditions.check(key, found.current_object(key).map(|object| &**object))?;
        let id = (found.versioning == Versioning::Enabled).then(|| new_version_id(cx));
        let version = Version { id, modified: now, object: Some(Arc::clone(&object)) };
        let stored = Stored { version_id: version.id.clone() };
        found.push(key, version);
        let expires = found.expiry(key, now);
        self.due_by(expires);
        self.notify(cx, bucket, event, key, Some(&object), stored.version_id.as_deref());
        Ok(stored)
    }

    /// The version that a request names, or the current one.
    ///
    /// Error: `NoSuchKey`; with a version, `NoSuchVersion`, or 405 if it is a delete marker.
    pub fn find(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Found, Refusal> {
        let bucket = self.bucket(cx, bucket)?;
        bucket.find(key, version)
    }

    /// Deletes an object: for good, or by a delete marker, as the bucket's versioning and the request say.
    ///
    /// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html (read 2026-11-29).
    /// Assumed: deleting what does not exist is heard by nobody.
    pub fn delete_object(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        if_match: Option<&EtagIs>,
    ) -> Result<Deleted, Refusal> {
        let found = self.bucket_mut(cx, bucket)?;
        check_key(key)?;
        if let Some(wanted) = if_match {
            let conditions = WriteConditions { if_match: Some(wanted.clone()), if_absent: false };
            conditions.check(key, found.current_object(key).map(|object| &**object))?;
        }
        if let Some(version) = version {
            let gone = found.remove_version(key, version);
            let delete_marker = gone.as_ref().is_some_and(|version| version.object.is_none());
            if gone.is_some() {
                self.notify(cx, bucket, "ObjectRemoved:Delete", key, None, Some(version));
            }
            return Ok(Deleted { delete_marker, version_id: Some(version.to_owned()) });
        }
        if found.versioning == Versioning::Never {
            if found.keys.remove(key).is_some() {
                self.notify(cx, bucket, "ObjectRemoved:Delete", key, None, None);
            }
            return Ok(Deleted::default());
        }
        let id = (found.versioning == Versioning::Enabled).then(|| new_version_id(cx));
        let marker = Version { id, modified: cx.now, object: None };
        let version_id = Some(marker.id().to_owned());
        found.push(key, marker);
        self.notify(cx, bucket, "ObjectRemoved:DeleteMarkerCreated", key, None, version_id.as_deref());
        Ok(Deleted { delete_marker: true, version_id })
    }

    /// An object's tags, and the version that has them.
    pub fn object_tags(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<(BTreeMap<String, String>, Option<String>), Refusal> {
        let found = self.find(cx, bucket, key, version)?;
        Ok((found.object.tags.clone(), found.version_id))
    }

    /// Replaces an object's tags. Its ETag and time stay.
    pub fn tag_object(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        tags: BTreeMap<String, String>,
    ) -> Result<Option<String>, Refusal> {
        check_tags(&tags, OBJECT_TAGS_MAX, false)?;
        let event = if tags.is_empty() { "ObjectTagging:Delete" } else { "ObjectTagging:Put" };
        let found = self.bucket_mut(cx, bucket)?;
        let shown = found.find(key, version)?;
        let versions = found.keys.get_mut(key).expect("it was found just above");
        let of_version = |stored: &&mut Version| version.is_none_or(|version| stored.id() == version);
        let stored = versions.iter_mut().rev().find(of_version).expect("it was found just above");
        if let Some(object) = &mut stored.object {
            Arc::make_mut(object).tags = tags;
        }
        self.notify(cx, bucket, event, key, Some(&shown.object), shown.version_id.as_deref());
        Ok(shown.version_id)
    }
}

impl Bucket {
    /// Whether the bucket could have given this id.
    ///
    /// Recorded: the refusal of any id by a bucket that never kept versions, and of a malformed one (LocalStack's
    /// `test_s3_api.snapshot.json`, 2025-01-21). Assumed: malformed is what has another length.
    pub fn check_version_id(&self, wanted: &str) -> Result<(), Refusal> {
        let is_of_here = self.versioning != Versioning::Never && wanted.len() == VERSION_ID_CHARS;
        let is_given = wanted == "null" || is_of_here;
        is_given.then_some(()).ok_or_else(|| Refusal::InvalidVersionId(wanted.to_owned()))
    }

    /// The version that a request names, or the current one.
    pub fn find(&self, key: &str, version: Option<&str>) -> Result<Found, Refusal> {
        let no_key = || Refusal::NoSuchKey { key: key.to_owned(), delete_marker: None };
        let Some(wanted) = version else {
            let current = self.current(key).ok_or_else(no_key)?;
            let object = current.object.clone().ok_or_else(|| Refusal::NoSuchKey {
                key: key.to_owned(),
                delete_marker: Some(current.id().to_owned()),
            })?;
            return Ok(Found { object, modified: current.modified, version_id: self.shown_id(current) });
        };
        self.check_version_id(wanted)?;
        let found = self.keys.get(key).and_then(|all| all.iter().find(|version| version.id() == wanted));
        let found = found
            .ok_or_else(|| Refusal::NoSuchVersion { key: key.to_owned(), version: wanted.to_owned() })?;
        let marker = || Refusal::IsDeleteMarker { version: wanted.to_owned() };
        let object = found.object.clone().ok_or_else(marker)?;
        Ok(Found { object, modified: found.modified, version_id: self.shown_id(found) })
    }

    /// Makes a version the current one. A version `null` replaces the `null` that there may be.
    pub(super) fn push(&mut self, key: &str, version: Version) {
        match self.keys.get_mut(key) {
            None => drop(self.keys.insert(key.to_owned(), vec![version])),
            Some(versions) => {
                if version.id.is_none() {
                    versions.retain(|other| other.id.is_some());
                }
                versions.push(version);
            }
        }
    }

    pub(super) fn remove_version(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.keys.get_mut(key)?;
        let at = versions.iter().position(|version| version.id() == id)?;
        let gone = versions.remove(at);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(gone)
    }
}

/// Error: `KeyTooLongError`.
pub(super) fn check_key(key: &str) -> Result<(), Refusal> {
    if key.len() > KEY_BYTES_MAX { Err(Refusal::KeyTooLong(key.len())) } else { Ok(()) }
}

pub(super) fn new_version_id(cx: &mut Cx<'_>) -> String {
    cx.letters(VERSION_ID_CHARS, VERSION_LETTERS)
}
