//! Between `s3s`'s types, which are the wire's, and ours.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use s3s::dto::{self, ETag, ETagCondition, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result};
use wavetank_types::{AccountId, Timestamp};
use wavetank_wire::WireError;

use super::details;
use crate::services::AwsError as _;
use crate::services::s3::digest::{Algorithm, Checksum};
use crate::services::s3::error::Refusal;
use crate::services::s3::object::{ByteRange, EtagIs};
use crate::services::s3::{canonical_user, is_tag_text};

/// A refusal as `s3s` sends it. What the error carries beside code and sentence travels as headers; details, which have a
/// capital, as one header of our own, which `details.rs` makes elements of.
pub(super) fn error(error: WireError) -> S3Error {
    let code = S3ErrorCode::from_bytes(error.code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut out = S3Error::with_message(code, error.message);
    if let Ok(status) = http::StatusCode::from_u16(error.status) {
        out.set_status_code(status);
    }
    let mut headers = http::HeaderMap::new();
    let is_detail = |name: &str| name.contains(|c: char| c.is_ascii_uppercase());
    let (details, fields): (Vec<_>, Vec<_>) = error.fields.iter().partition(|(name, _)| is_detail(name));
    if let Some((name, value)) = details::header(&details) {
        headers.insert(name, value);
    }
    for (name, value) in fields {
        if let Ok(value) = http::HeaderValue::from_str(value.as_str().unwrap_or_default()) {
            headers.insert(http::HeaderName::from_static(name), value);
        }
    }
    if !headers.is_empty() {
        out.set_headers(headers);
    }
    out
}

/// The same for one of our own refusals.
pub(super) fn refuse(refusal: &Refusal) -> S3Error {
    error(refusal.wire())
}

/// What AWS has and this S3 has not.
pub(super) fn unbuilt<T>(what: &str) -> S3Result<T> {
    Err(refuse(&Refusal::NotImplemented(what.to_owned())))
}

pub(super) fn time(at: Timestamp) -> dto::Timestamp {
    let since = Duration::from_secs(u64::try_from(at.secs()).unwrap_or(0));
    (SystemTime::UNIX_EPOCH + since).into()
}

pub(super) fn own_time(at: &dto::Timestamp) -> Timestamp {
    let mut text = Vec::new();
    // The format is a number of seconds with a fraction; what cannot be said so is before any object.
    let said = at.format(TimestampFormat::EpochSeconds, &mut text).ok();
    let text = said.and_then(|()| String::from_utf8(text).ok());
    let seconds = text.and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    Timestamp::from_millis((seconds * 1e3) as i64)
}

pub(super) fn etag(text: &str) -> ETag {
    ETag::Strong(text.to_owned())
}

pub(super) fn condition(condition: Option<ETagCondition>) -> Option<EtagIs> {
    condition.map(|condition| match condition {
        ETagCondition::Any => EtagIs::Any,
        ETagCondition::ETag(etag) => EtagIs::This(etag.into_value()),
    })
}

pub(super) fn owner(account: &AccountId) -> dto::Owner {
    // DisplayName is no longer sent. Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html (read 2026-11-29).
    dto::Owner { display_name: None, id: Some(canonical_user(account)) }
}

pub(super) fn tags(set: Vec<dto::Tag>) -> S3Result<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    for tag in set {
        let (Some(key), Some(value)) = (tag.key, tag.value) else {
            return Err(refuse(&Refusal::MalformedXml("a tag has a key and a value")));
        };
        if tags.insert(key.clone(), value).is_some() {
            let why = "Cannot provide multiple Tags with the same key";
            return Err(refuse(&Refusal::InvalidTag { why, key: Some(key), value: None }));
        }
    }
    Ok(tags)
}

pub(super) fn tag_set(tags: &BTreeMap<String, String>) -> Vec<dto::Tag> {
    let tag =
        |(key, value): (&String, &String)| dto::Tag { key: Some(key.clone()), value: Some(value.clone()) };
    tags.iter().map(tag).collect()
}

/// The tags of an `x-amz-tagging` header, which are a query string.
///
/// Recorded: what it may not be (LocalStack's `test_s3_api.snapshot.json`, 2026-02-23).
pub(super) fn tagging_header(header: Option<String>) -> S3Result<BTreeMap<String, String>> {
    let Some(header) = header else { return Ok(BTreeMap::new()) };
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = header.split('&').filter(|pair| !pair.is_empty());
    let mut tags = BTreeMap::new();
    for pair in pairs {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key), decode(value));
        let good = is_tag_text(&key) && is_tag_text(&value);
        if !good || tags.insert(key, value).is_some() {
            let why = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
            return Err(argument("x-amz-tagging", Some(&header), why));
        }
    }
    Ok(tags)
}

/// An argument that is refused; its value is told if it is given here.
pub(super) fn argument(name: &'static str, value: Option<&str>, why: impl Into<String>) -> S3Error {
    refuse(&Refusal::Argument { name, value: value.map(str::to_owned), why: why.into() })
}

pub(super) fn range(range: dto::Range) -> ByteRange {
    match range {
        dto::Range::Int { first, last } => ByteRange::From(first, last),
        dto::Range::Suffix { length } => ByteRange::Last(length),
    }
}

/// `bytes=0-9` of a copy's source of this size, where both ends must be given and be in it.
///
/// Recorded: LocalStack's `test_s3_api.snapshot.json`, 2026-02-21.
pub(super) fn source_range(text: &str, size: u64) -> S3Result<Range<u64>> {
    let argument = |why: String| argument("x-amz-copy-source-range", Some(text), why);
    match dto::Range::parse(text) {
        Ok(dto::Range::Int { first, last: Some(_) }) if first >= size => {
            let why = "The specified copy range is invalid for the source object size";
            Err(refuse(&Refusal::InvalidRequest(why.to_owned())))
        }
        Ok(dto::Range::Int { last: Some(last), .. }) if last >= size => {
            Err(argument(format!("Range specified is not valid for source object of size: {size}")))
        }
        Ok(dto::Range::Int { first, last: Some(last) }) => Ok(first..last + 1),
        _ => {
            let why = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy";
            Err(argument(why.to_owned()))
        }
    }
}

/// One field of each checksum header that `s3s` knows.
#[derive(Default)]
pub(super) struct ChecksumFields {
    pub(super) crc32: Option<String>,
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) kind: Option<dto::ChecksumType>,
}

impl ChecksumFields {
    pub(super) fn of(checksum: Option<&Checksum>) -> Self {
        let mut out = Self::default();
        if let Some(checksum) = checksum {
            let value = Some(checksum.value.clone());
            match checksum.algorithm {
                Algorithm::Crc32 => out.crc32 = value,
                Algorithm::Crc32c => out.crc32c = value,
                Algorithm::Crc64Nvme => out.crc64nvme = value,
                Algorithm::Sha1 => out.sha1 = value,
                Algorithm::Sha256 => out.sha256 = value,
            }
            out.kind = Some(kind(checksum.composite));
        }
        out
    }

    /// The one that was sent.
    ///
    /// Recorded: two are refused (LocalStack's `test_s3.snapshot.json`, 2026-02-21).
    pub(super) fn sent(self) -> S3Result<Option<(Algorithm, String)>> {
        let all = [self.crc32, self.crc32c, self.crc64nvme, self.sha1, self.sha256];
        let sent = Algorithm::ALL.into_iter().zip(all);
        let mut sent = sent.filter_map(|(algorithm, value)| Some((algorithm, value?)));
        let first = sent.next();
        if sent.next().is_some() {
            let why = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
            return Err(refuse(&Refusal::InvalidRequest(why.to_owned())));
        }
        Ok(first)
    }
}

pub(super) fn kind(composite: bool) -> dto::ChecksumType {
    dto::ChecksumType::from_static(if composite {
        dto::ChecksumType::COMPOSITE
    } else {
        dto::ChecksumType::FULL_OBJECT
    })
}

pub(super) fn algorithms(checksum: Option<&Checksum>) -> Option<Vec<dto::ChecksumAlgorithm>> {
    let name = |checksum: &Checksum| vec![dto::ChecksumAlgorithm::from_static(checksum.algorithm.name())];
    checksum.map(name)
}

/// A number of bytes or entries as the wire has it.
pub(super) fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A header that `s3s` does not put into its input.
pub(super) fn text<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
