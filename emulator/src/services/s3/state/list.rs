//! Listing: objects, versions, with prefix, delimiter and pages. Keys come in the order of their bytes.
//!
//! A common prefix is one entry however many keys it stands for; the walk jumps over them.
//! Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (read 2026-11-29).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use wavetank_types::Timestamp;

use super::{Bucket, S3, Version};
use crate::services::s3::error::Refusal;
use crate::services::s3::object::Object;
use crate::world::Cx;

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// At the first key.
    #[default]
    Start,
    /// After this key, which need not exist.
    AfterKey(String),
    /// After all keys that begin so.
    AfterPrefix(String),
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Only keys that begin so; empty for all.
    pub prefix: String,
    /// Keys that share what comes up to this, after the prefix, are one entry.
    pub delimiter: Option<String>,
    /// Where to begin.
    pub after: Resume,
    /// Most entries, common prefixes among them.
    pub entries_max: usize,
}

impl ListRequest {
    /// The resumption that a marker stands for: a common prefix is passed over as a whole.
    ///
    /// Assumed: AWS's `NextMarker` may be a common prefix, and the next page does not give that prefix again.
    pub fn after_marker(&self, marker: &str) -> Resume {
        match common_prefix(marker, &self.prefix, self.delimiter.as_deref()) {
            Some(common) if common == marker => Resume::AfterPrefix(marker.to_owned()),
            _ if marker.is_empty() => Resume::Start,
            _ => Resume::AfterKey(marker.to_owned()),
        }
    }
}

/// One listed object.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// The current version.
    pub object: Arc<Object>,
    /// When it was stored.
    pub modified: Timestamp,
}

/// One page of objects.
#[derive(Clone, Debug, Default)]
pub struct ObjectPage {
    /// Objects, by key.
    pub entries: Vec<Entry>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Where the next page begins, if there is one.
    pub next: Option<Resume>,
}

/// Where a page of versions begins: after this key, or after this version of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the request's own members")]
pub struct VersionStart {
    pub key: String,
    pub version_id: Option<String>,
}

/// One listed version.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// Its key.
    pub key: String,
    /// Its id; `null` if it was stored without versioning.
    pub version_id: String,
    /// Whether it is the current one.
    pub latest: bool,
    /// When it was stored.
    pub modified: Timestamp,
    /// `None`: a delete marker.
    pub object: Option<Arc<Object>>,
}

/// One page of versions.
#[derive(Clone, Debug, Default)]
pub struct VersionPage {
    /// By key, newest first.
    pub versions: Vec<Versioned>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// The last entry of this page, if another page follows.
    pub next: Option<VersionStart>,
}

impl S3 {
    /// One page of a bucket's current objects.
    pub fn list_objects(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        request: &ListRequest,
    ) -> Result<ObjectPage, Refusal> {
        Ok(self.bucket(cx, bucket)?.list(request))
    }

    /// One page of all versions and delete markers of a bucket.
    pub fn list_versions(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        request: &ListRequest,
        start: &VersionStart,
    ) -> Result<VersionPage, Refusal> {
        Ok(self.bucket(cx, bucket)?.list_versions(request, start))
    }
}

impl Bucket {
    /// One page of current objects.
    pub fn list(&self, request: &ListRequest) -> ObjectPage {
        let mut page = ObjectPage::default();
        if request.entries_max == 0 {
            return page;
        }
        let mut last = Resume::Start;
        let live = |versions: &[Version]| versions.last().is_some_and(|version| version.object.is_some());
        walk(&self.keys, request, live, |step| {
            if page.entries.len() + page.prefixes.len() == request.entries_max {
                page.next = Some(std::mem::take(&mut last));
                return false;
            }
            match step {
                Step::Prefix(common) => {
                    page.prefixes.push(common.to_owned());
                    last = Resume::AfterPrefix(common.to_owned());
                }
                Step::Key(key, versions) => {
                    let current =
                        versions.last().and_then(|version| Some((version, version.object.clone()?)));
                    let (version, object) = current.expect("only live keys are visited");
                    page.entries.push(Entry { key: key.to_owned(), object, modified: version.modified });
                    last = Resume::AfterKey(key.to_owned());
                }
            }
            true
        });
        page
    }

    fn list_versions(&self, request: &ListRequest, start: &VersionStart) -> VersionPage {
        let mut page = VersionPage::default();
        if request.entries_max == 0 {
            return page;
        }
        let mut last = VersionStart::default();
        let mut add = |page: &mut VersionPage, key: &str, versions: &[Version], from: usize| {
            for (age, version) in versions.iter().rev().enumerate().skip(from) {
                if page.versions.len() + page.prefixes.len() == request.entries_max {
                    page.next = Some(last.clone());
                    return false;
                }
                last = VersionStart { key: key.to_owned(), version_id: Some(version.id().to_owned()) };
                page.versions.push(Versioned {
                    key: key.to_owned(),
                    version_id: version.id().to_owned(),
                    latest: age == 0,
                    modified: version.modified,
                    object: version.object.clone(),
                });
            }
            true
        };
        if let (Some(after), Some(versions)) = (&start.version_id, self.keys.get(&start.key)) {
            let older = versions.iter().rev().position(|version| version.id() == after);
            let from = older.map_or(versions.len(), |at| at + 1);
            if !add(&mut page, &start.key, versions, from) {
                return page;
            }
        }
        let request = ListRequest { after: request.after_marker(&start.key), ..request.clone() };
        walk(
            &self.keys,
            &request,
            |_| true,
            |step| match step {
                Step::Key(key, versions) => add(&mut page, key, versions, 0),
                Step::Prefix(common) => {
                    if page.versions.len() + page.prefixes.len() == request.entries_max {
                        page.next = Some(VersionStart { key: last_listed(&page), version_id: None });
                        return false;
                    }
                    page.prefixes.push(common.to_owned());
                    true
                }
            },
        );
        // A page that ends with a common prefix resumes after that prefix, not after the last version.
        if let Some(next) = &mut page.next
            && page.prefixes.last().is_some_and(|prefix| *prefix > next.key)
        {
            *next = VersionStart { key: page.prefixes.last().cloned().unwrap_or_default(), version_id: None };
        }
        page
    }
}

/// The key or common prefix at which a full page of versions ended.
fn last_listed(page: &VersionPage) -> String {
    let key = page.versions.last().map(|version| version.key.as_str()).unwrap_or_default();
    let prefix = page.prefixes.last().map(String::as_str).unwrap_or_default();
    key.max(prefix).to_owned()
}

enum Step<'a> {
    Key(&'a str, &'a [Version]),
    Prefix(&'a str),
}

/// Visits keys and common prefixes in order until `visit` answers false.
fn walk<'a>(
    keys: &'a BTreeMap<String, Vec<Version>>,
    request: &ListRequest,
    live: impl Fn(&[Version]) -> bool,
    mut visit: impl FnMut(Step<'a>) -> bool,
) {
    let prefix = request.prefix.as_str();
    let mut passed = String::new();
    let mut from = match &request.after {
        Resume::AfterKey(key) if key.as_str() >= prefix => Bound::Excluded(key.clone()),
        Resume::AfterPrefix(common) if common.as_str() >= prefix => {
            passed.clone_from(common);
            beyond(common)
        }
        _ => Bound::Included(prefix.to_owned()),
    };
    'jump: loop {
        let range = keys.range::<str, _>((from.as_ref().map(String::as_str), Bound::Unbounded));
        for (key, versions) in range {
            if !key.starts_with(prefix) {
                return;
            }
            if !live(versions) {
                continue;
            }
            match common_prefix(key, prefix, request.delimiter.as_deref()) {
                None if visit(Step::Key(key, versions)) => {}
                Some(common) if common == passed => {}
                Some(common) if visit(Step::Prefix(common)) => {
                    passed = common.to_owned();
                    from = beyond(common);
                    continue 'jump;
                }
                _ => return,
            }
        }
        return;
    }
}

/// Of a key: what comes up to the first delimiter after the prefix, the delimiter included.
pub(super) fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: Option<&str>) -> Option<&'a str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let rest = key.strip_prefix(prefix)?;
    let at = rest.find(delimiter)?;
    Some(&key[..prefix.len() + at + delimiter.len()])
}

/// The first place that no key with this prefix can have; or just after the prefix itself if there is none such.
fn beyond(common: &str) -> Bound<String> {
    let mut letters = common.chars();
    let last = letters.next_back().map(u32::from).unwrap_or(u32::MAX);
    // The code points of surrogates are no characters: what follows U+D7FF is U+E000.
    let next = if last == 0xD7FF { 0xE000 } else { last.saturating_add(1) };
    match char::from_u32(next) {
        Some(next) => Bound::Included(format!("{}{next}", letters.as_str())),
        None => Bound::Excluded(common.to_owned()),
    }
}
