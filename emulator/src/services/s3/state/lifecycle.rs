//! Expiry: objects, old versions and unfinished uploads that a lifecycle rule has outlived.
//!
//! Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html (read 2026-11-29): days are
//! counted from creation (of an old version: from its successor's) and rounded up to the next midnight UTC. Assumed: AWS
//! removes some time after that midnight; the tank does so at the midnight itself. Transitions between storage classes are
//! stored, not acted on.

use std::time::Duration;

use wavetank_types::Timestamp;

use super::{Bucket, S3, Version, Versioning};
use crate::services::s3::LifecycleRule;
use crate::world::Cx;

const DAY: Duration = Duration::from_secs(86_400);

/// The midnight at or after `days` from then.
fn midnight_after(from: Timestamp, days: i32) -> Timestamp {
    let days_span = DAY * u32::try_from(days).unwrap_or(0);
    let day_micros = 86_400 * 1_000_000;
    let micros = (from + days_span).micros();
    Timestamp::from_micros(micros.div_euclid(day_micros).saturating_add(1).saturating_mul(day_micros))
}

impl Bucket {
    fn rules(&self) -> impl Iterator<Item = &LifecycleRule> {
        self.said.lifecycle.iter().flatten().filter(|rule| rule.enabled)
    }

    fn first(
        &self,
        key: &str,
        from: Timestamp,
        days: impl Fn(&LifecycleRule) -> Option<i32>,
    ) -> Option<Timestamp> {
        let rules = self.rules().filter(|rule| key.starts_with(&rule.prefix));
        rules.filter_map(days).map(|days| midnight_after(from, days)).min()
    }

    /// When an object stored at `from` expires, if ever.
    pub(super) fn expiry(&self, key: &str, from: Timestamp) -> Option<Timestamp> {
        self.said.lifecycle.as_ref()?;
        self.first(key, from, |rule| rule.expiration_days)
    }

    /// When an upload begun at `from` is aborted, if ever.
    pub(super) fn upload_expiry(&self, key: &str, from: Timestamp) -> Option<Timestamp> {
        self.said.lifecycle.as_ref()?;
        self.first(key, from, |rule| rule.abort_upload_days)
    }

    /// When the next thing in this bucket expires.
    fn next_expiry(&self) -> Option<Timestamp> {
        self.said.lifecycle.as_ref()?;
        let current = self.keys.iter().filter_map(|(key, versions)| {
            let current = versions.last().filter(|version| version.object.is_some())?;
            self.expiry(key, current.modified)
        });
        let uploads =
            self.uploads.iter().filter_map(|((key, _), upload)| self.upload_expiry(key, upload.initiated));
        let old = self.keys.iter().flat_map(|(key, versions)| {
            versions.windows(2).filter_map(|pair| {
                // A version ceased to be current when the next one came.
                self.first(key, pair[1].modified, |rule| rule.noncurrent_days)
            })
        });
        current.chain(uploads).chain(old).min()
    }
}

impl S3 {
    /// Something may expire then.
    pub(super) fn due_by(&mut self, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.deadline = Some(self.deadline.map_or(at, |deadline| deadline.min(at)));
        }
    }

    /// Finds anew when something next expires.
    pub(super) fn plan_expiry(&mut self) {
        self.deadline = self.buckets.values().filter_map(Bucket::next_expiry).min();
    }

    /// Removes what has expired.
    pub fn tick(&mut self, cx: &mut Cx<'_>) {
        let names: Vec<String> = self
            .buckets
            .iter()
            .filter(|(_, bucket)| bucket.said.lifecycle.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            self.expire(cx, &name);
        }
        self.plan_expiry();
    }

    fn expire(&mut self, cx: &mut Cx<'_>, name: &str) {
        let now = cx.now;
        let Some(bucket) = self.buckets.get_mut(name) else { return };
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let uploads = bucket
            .uploads
            .iter()
            .filter(|((key, _), upload)| is_due(bucket.upload_expiry(key, upload.initiated)));
        let uploads: Vec<(String, String)> = uploads.map(|(id, _)| id.clone()).collect();
        let old: Vec<(String, String)> = bucket
            .keys
            .iter()
            .flat_map(|(key, versions)| versions.windows(2).map(move |pair| (key, pair)))
            .filter(|(key, pair)| is_due(bucket.first(key, pair[1].modified, |rule| rule.noncurrent_days)))
            .map(|(key, pair)| (key.clone(), pair[0].id().to_owned()))
            .collect();
        let due = bucket.keys.iter().filter(|(key, versions)| {
            let current = versions.last().filter(|version| version.object.is_some());
            current.is_some_and(|version| is_due(bucket.expiry(key, version.modified)))
        });
        let due: Vec<String> = due.map(|(key, _)| key.clone()).collect();
        for id in uploads {
            bucket.uploads.remove(&id);
        }
        for (key, id) in old {
            bucket.remove_version(&key, &id);
        }
        for key in due {
            self.expire_current(cx, name, &key);
        }
    }

    fn expire_current(&mut self, cx: &mut Cx<'_>, name: &str, key: &str) {
        let Some(bucket) = self.buckets.get_mut(name) else { return };
        let event = match bucket.versioning {
            Versioning::Never => {
                bucket.keys.remove(key);
                "LifecycleExpiration:Delete"
            }
            versioning => {
                let id = (versioning == Versioning::Enabled).then(|| super::objects::new_version_id(cx));
                bucket.push(key, Version { id, modified: cx.now, object: None });
                "LifecycleExpiration:DeleteMarkerCreated"
            }
        };
        self.notify(cx, name, event, key, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_rounded_up_to_the_next_midnight() {
        let check = |from: &str, days: i32, expected: &str| {
            let from: chrono::DateTime<chrono::Utc> = from.parse().expect("a time");
            let at = midnight_after(Timestamp::from_secs(from.timestamp()), days);
            assert_eq!(at.iso_millis(), expected);
        };
        check("2026-01-05T10:30:00Z", 3, "2026-01-09T00:00:00.000Z");
        check("2026-01-05T23:59:59Z", 1, "2026-01-07T00:00:00.000Z");
    }
}
