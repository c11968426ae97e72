//! What has changed since somebody last looked, for who keeps the same objects elsewhere.
//!
//! Left out: old versions. What is told of an object is its current state when it is looked at, so that two changes of one key
//! since then tell the same.

use std::sync::Arc;

use wavetank_types::{Region, Timestamp};

use super::S3;
use crate::services::s3::object::Object;

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    /// A bucket was made, or deleted.
    Bucket {
        /// Its name.
        name: String,
        /// Where it is; `None` if it is gone.
        region: Option<Region>,
    },
    /// An object was stored, or deleted.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
        /// What it is now, and when it was stored; `None` if there is none.
        object: Option<(Arc<Object>, Timestamp)>,
    },
}

impl S3 {
    /// Keeps changes from now on, until they are taken.
    pub fn watch(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// The changes since the last time, in order. None if nobody has asked to keep them.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let changed = self.changed.as_mut().map(std::mem::take).unwrap_or_default();
        let state = |(name, key): (String, Option<String>)| {
            let bucket = self.buckets.get(&name);
            match key {
                None => Change::Bucket { region: bucket.map(|bucket| bucket.region.clone()), name },
                Some(key) => {
                    let current = bucket.and_then(|bucket| bucket.current(&key));
                    let object = current.and_then(|it| Some((it.object.clone()?, it.modified)));
                    Change::Object { bucket: name, key, object }
                }
            }
        };
        changed.into_iter().map(state).collect()
    }

    /// Something has changed: an object, or, without a key, the bucket itself.
    pub(super) fn note(&mut self, bucket: &str, key: Option<&str>) {
        if let Some(changed) = &mut self.changed {
            changed.push((bucket.to_owned(), key.map(str::to_owned)));
        }
    }
}
