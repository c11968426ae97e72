//! What is kept of an object, and the conditions under which it is read or replaced.

use std::collections::BTreeMap;
use std::sync::Arc;

use wavetank_types::Timestamp;

use super::body::Body;
use super::digest::{Checksum, Digested};
use super::error::Refusal;
use super::limits::{METADATA_BYTES_MAX, STORAGE_CLASSES};

/// The content type of an object whose uploader named none.
/// Documented for a copy:
/// docs.aws.amazon.com/sdkfornet1/latest/apidocs/html/P_Amazon_S3_Model_CopyObjectRequest_ContentType.htm (read 2026-11-29).
pub const CONTENT_TYPE_DEFAULT: &str = "binary/octet-stream";

/// What the uploader says of an object and readers are told again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the header of its name")]
pub struct Headers {
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub expires: Option<Timestamp>,
    pub website_redirect: Option<String>,
    /// Stored and returned; every class is read alike.
    pub storage_class: Option<String>,
    /// The algorithm that the uploader named; stored and returned, nothing is encrypted.
    pub encryption: Option<String>,
    pub kms_key: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

impl Headers {
    /// Error: `MetadataTooLarge`; `InvalidStorageClass`.
    pub fn check(&self) -> Result<(), Refusal> {
        if let Some(class) =
            self.storage_class.as_ref().filter(|class| !STORAGE_CLASSES.contains(&class.as_str()))
        {
            return Err(Refusal::InvalidStorageClass(class.clone()));
        }
        let bytes: usize = self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > METADATA_BYTES_MAX { Err(Refusal::MetadataTooLarge(bytes)) } else { Ok(()) }
    }
}

/// One part of an object that was uploaded in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    /// 1 to 10,000.
    pub number: i32,
    /// In bytes.
    pub size: u64,
    /// Its own checksum.
    pub checksum: Option<Checksum>,
}

/// An object's content and what is said of it. Shared by readers; replaced, never changed, when its tags are.
#[derive(Clone, Debug)]
pub struct Object {
    /// What the uploader said.
    pub headers: Headers,
    /// The content.
    pub body: Body,
    /// Without quotes.
    pub etag: String,
    /// The checksum that was asked for.
    pub checksum: Option<Checksum>,
    /// Empty unless it was uploaded in parts.
    pub parts: Vec<PartInfo>,
    /// Tags, by key.
    pub tags: BTreeMap<String, String>,
}

impl Object {
    /// An object that arrived in one piece.
    pub fn new(headers: Headers, body: Body, digested: Digested) -> Self {
        let etag = digested.etag();
        Self { headers, body, etag, checksum: digested.checksum, parts: Vec::new(), tags: BTreeMap::new() }
    }

    /// How many bytes.
    pub fn size(&self) -> u64 {
        self.body.size()
    }

    /// The content type that readers are told.
    pub fn content_type(&self) -> &str {
        self.headers.content_type.as_deref().unwrap_or(CONTENT_TYPE_DEFAULT)
    }

    /// The storage class that listings give.
    pub fn storage_class(&self) -> &str {
        self.headers.storage_class.as_deref().unwrap_or("STANDARD")
    }

    /// The bytes of one part. An object of one piece is its own part 1.
    pub fn part_range(&self, number: i32) -> Result<std::ops::Range<u64>, Refusal> {
        if self.parts.is_empty() && number == 1 {
            return Ok(0..self.size());
        }
        let at = usize::try_from(number - 1).ok().filter(|at| *at < self.parts.len());
        let at = at.ok_or(Refusal::PartNumberNotSatisfiable { wanted: number, parts: self.parts.len() })?;
        let from: u64 = self.parts[..at].iter().map(|part| part.size).sum();
        Ok(from..from + self.parts[at].size)
    }
}

/// A version that a request names or means.
#[derive(Clone, Debug)]
pub struct Found {
    /// The object.
    pub object: Arc<Object>,
    /// When it was stored.
    pub modified: Timestamp,
    /// Its version id; `null` for what was stored without versioning; `None` in a bucket that never had it.
    pub version_id: Option<String>,
}

/// What an ETag condition asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EtagIs {
    /// `*`: any object at all.
    Any,
    /// This one.
    This(String),
}

impl EtagIs {
    fn holds(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::This(wanted) => wanted == etag,
        }
    }
}

/// Conditions of a write.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (read 2026-11-29): 412 where one does not hold.
/// Not yet read: 404 for an ETag where there is no object (docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html,
/// to be verified).
#[derive(Clone, Debug, Default)]
pub struct WriteConditions {
    /// Only over an object with this ETag.
    pub if_match: Option<EtagIs>,
    /// Only if there is no object.
    pub if_absent: bool,
}

impl WriteConditions {
    /// Whether a write over `current` may go on.
    pub fn check(&self, key: &str, current: Option<&Object>) -> Result<(), Refusal> {
        if self.if_absent && current.is_some() {
            return Err(Refusal::PreconditionFailed("If-None-Match"));
        }
        match (&self.if_match, current) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Refusal::NoSuchKey { key: key.to_owned(), delete_marker: None }),
            (Some(wanted), Some(object)) if wanted.holds(&object.etag) => Ok(()),
            (Some(_), Some(_)) => Err(Refusal::PreconditionFailed("If-Match")),
        }
    }
}

/// Conditions of a read.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (read 2026-11-29), which also says
/// that `If-Match` overrules `If-Unmodified-Since`, and `If-None-Match` overrules `If-Modified-Since`.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each is the header of its name")]
pub struct ReadConditions {
    pub if_match: Option<EtagIs>,
    pub if_none_match: Option<EtagIs>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// Whether a read of what was found may go on. Times are compared in whole seconds, as headers carry them.
    pub fn check(&self, found: &Found) -> Result<(), Refusal> {
        let etag = &found.object.etag;
        let modified = found.modified.secs();
        match (&self.if_match, self.if_unmodified_since) {
            (Some(wanted), _) if !wanted.holds(etag) => return Err(Refusal::PreconditionFailed("If-Match")),
            (None, Some(since)) if modified > since.secs() => {
                return Err(Refusal::PreconditionFailed("If-Unmodified-Since"));
            }
            _ => {}
        }
        let unchanged = match (&self.if_none_match, self.if_modified_since) {
            (Some(unwanted), _) => unwanted.holds(etag),
            (None, Some(since)) => modified <= since.secs(),
            (None, None) => false,
        };
        if unchanged { Err(Refusal::NotModified { etag: etag.clone() }) } else { Ok(()) }
    }

    /// The same for the source of a copy, where "not modified" is a failure too.
    pub fn check_source(&self, found: &Found) -> Result<(), Refusal> {
        self.check(found).map_err(|refusal| match refusal {
            Refusal::NotModified { .. } if self.if_none_match.is_some() => {
                Refusal::PreconditionFailed("x-amz-copy-source-If-None-Match")
            }
            Refusal::NotModified { .. } => Refusal::PreconditionFailed("x-amz-copy-source-If-Modified-Since"),
            Refusal::PreconditionFailed("If-Match") => {
                Refusal::PreconditionFailed("x-amz-copy-source-If-Match")
            }
            Refusal::PreconditionFailed(_) => {
                Refusal::PreconditionFailed("x-amz-copy-source-If-Unmodified-Since")
            }
            other => other,
        })
    }
}

/// The bytes that a `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From here to there, both included; to the end if there is no end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// The bytes of an object of this size, or `InvalidRange`.
    pub fn of(self, size: u64) -> Result<std::ops::Range<u64>, Refusal> {
        let refuse = Refusal::RangeNotSatisfiable { size };
        match self {
            Self::From(first, _) if first >= size => Err(refuse),
            Self::From(first, last) => Ok(first..last.map_or(size, |last| size.min(last.saturating_add(1)))),
            Self::Last(0) => Err(refuse),
            Self::Last(_) if size == 0 => Err(refuse),
            Self::Last(count) => Ok(size.saturating_sub(count)..size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn found() -> Found {
        let body = Body::from(Bytes::from_static(b"hello"));
        let digested = Digested::of(body.chunks(), None);
        let object = Arc::new(Object::new(Headers::default(), body, digested));
        Found { object, modified: Timestamp::from_millis(10_500), version_id: None }
    }

    #[test]
    fn conditions_on_the_etag_overrule_those_on_the_time() {
        let same = || Some(EtagIs::This("5d41402abc4b2a76b9719d911017c592".to_owned()));
        let other = || Some(EtagIs::This("0".repeat(32)));
        let at = |secs| Some(Timestamp::from_secs(secs));
        let check = |name, conditions: ReadConditions, expected: &str| {
            let code =
                conditions.check(&found()).err().map(|refusal| refusal.to_string()).unwrap_or_default();
            assert!(code.contains(expected) && code.is_empty() == expected.is_empty(), "{name}: {code}");
        };
        let none = ReadConditions::default;
        check("none", none(), "");
        check("match", ReadConditions { if_match: same(), ..none() }, "");
        check("no match", ReadConditions { if_match: other(), ..none() }, "If-Match");
        check(
            "match beats time",
            ReadConditions { if_match: same(), if_unmodified_since: at(9), ..none() },
            "",
        );
        check("unmodified", ReadConditions { if_unmodified_since: at(10), ..none() }, "");
        check("modified", ReadConditions { if_unmodified_since: at(9), ..none() }, "If-Unmodified-Since");
        check("none match", ReadConditions { if_none_match: same(), ..none() }, "not changed");
        check("any", ReadConditions { if_none_match: Some(EtagIs::Any), ..none() }, "not changed");
        check("since", ReadConditions { if_modified_since: at(10), ..none() }, "not changed");
        check("older", ReadConditions { if_modified_since: at(9), ..none() }, "");
        let both = ReadConditions { if_none_match: other(), if_modified_since: at(10), ..none() };
        check("none match beats time", both, "");
    }

    #[test]
    fn ranges_are_cut_to_the_object_or_refused() {
        let check = |range: ByteRange, size: u64, expected: Option<std::ops::Range<u64>>| {
            assert_eq!(range.of(size).ok(), expected, "{range:?} of {size}");
        };
        check(ByteRange::From(0, Some(4)), 10, Some(0..5));
        check(ByteRange::From(5, None), 10, Some(5..10));
        check(ByteRange::From(5, Some(99)), 10, Some(5..10));
        check(ByteRange::From(10, None), 10, None);
        check(ByteRange::From(0, None), 0, None);
        check(ByteRange::Last(3), 10, Some(7..10));
        check(ByteRange::Last(99), 10, Some(0..10));
        check(ByteRange::Last(0), 10, None);
        check(ByteRange::Last(1), 0, None);
    }
}
