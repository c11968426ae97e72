//! Listings over the wire: objects (both forms) and versions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use s3s::dto;
use s3s::{S3Request, S3Response, S3Result};
use wavetank_types::AccountId;

use super::convert::{self, argument, etag, long, refuse, time};
use super::{Asked, Wire};
use crate::services::s3::error::Refusal;
use crate::services::s3::limits::PAGE_ENTRIES_MAX;
use crate::services::s3::{ListRequest, Listed, Resume, VersionStart, Versioned, form_encode};

type Answer<T> = S3Result<S3Response<T>>;

/// What of a page is spelled in form encoding, if the client wants it so: XML cannot carry every key.
pub(super) struct Spelling(bool);

impl Spelling {
    pub(super) fn wanted(encoding: Option<&dto::EncodingType>) -> S3Result<Self> {
        match encoding.map(dto::EncodingType::as_str) {
            None => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            // Recorded: LocalStack's `test_s3_list_operations.snapshot.json`, 2026-02-21, as the other arguments of this file.
            other => Err(argument("encoding-type", other, "Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn of(&self, text: String) -> String {
        if self.0 { form_encode(&text) } else { text }
    }

    pub(super) fn prefixes(&self, prefixes: Vec<String>) -> Option<Vec<dto::CommonPrefix>> {
        let entry = |prefix| dto::CommonPrefix { prefix: Some(self.of(prefix)) };
        Some(prefixes.into_iter().map(entry).collect())
    }

    fn object(&self, entry: Listed, owner: Option<&AccountId>) -> dto::Object {
        let object = &entry.object;
        dto::Object {
            key: Some(self.of(entry.key)),
            size: Some(long(object.size())),
            e_tag: Some(etag(&object.etag)),
            last_modified: Some(time(entry.modified)),
            storage_class: Some(object.storage_class().to_owned().into()),
            owner: owner.map(convert::owner),
            checksum_algorithm: convert::algorithms(object.checksum.as_ref()),
            checksum_type: object.checksum.as_ref().map(|checksum| convert::kind(checksum.composite)),
            restore_status: None,
        }
    }
}

/// Entries of a page: AWS gives at most 1,000 however many are asked for.
pub(super) fn entries_max(asked: Option<i32>, name: &str) -> S3Result<usize> {
    let asked = asked.unwrap_or(PAGE_ENTRIES_MAX as i32);
    let asked = usize::try_from(asked).map_err(|_| {
        let why = format!("Argument {name} must be an integer between 0 and 2147483647");
        refuse(&Refusal::InvalidArgument(why))
    })?;
    Ok(asked.min(PAGE_ENTRIES_MAX))
}

/// Opaque to clients: `k` or `p` and the last key or common prefix.
fn token(next: &Resume) -> Option<String> {
    match next {
        Resume::Start => None,
        Resume::AfterKey(key) => Some(BASE64.encode(format!("k{key}"))),
        Resume::AfterPrefix(prefix) => Some(BASE64.encode(format!("p{prefix}"))),
    }
}

fn read_token(token: &str) -> S3Result<Resume> {
    let refuse = || argument("continuation-token", None, "The continuation token provided is incorrect");
    let bytes = BASE64.decode(token).map_err(|_| refuse())?;
    let text = String::from_utf8(bytes).map_err(|_| refuse())?;
    match text.split_at_checked(1) {
        Some(("k", key)) => Ok(Resume::AfterKey(key.to_owned())),
        Some(("p", prefix)) => Ok(Resume::AfterPrefix(prefix.to_owned())),
        _ => Err(refuse()),
    }
}

pub(super) fn objects_v2(
    wire: &Wire,
    req: S3Request<dto::ListObjectsV2Input>,
) -> Answer<dto::ListObjectsV2Output> {
    let (asked, input) = Asked::new(wire, req, "ListObjectsV2");
    let spelling = Spelling::wanted(input.encoding_type.as_ref())?;
    let after = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => read_token(token)?,
        (None, Some(key)) if !key.is_empty() => Resume::AfterKey(key.clone()),
        _ => Resume::Start,
    };
    let request = ListRequest {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after,
        entries_max: entries_max(input.max_keys, "max-keys")?,
    };
    let bucket = input.bucket;
    let (page, owner) = asked.act(|s3, cx| {
        let owner = s3.bucket(cx, &bucket)?.owner.clone();
        Ok((s3.list_objects(cx, &bucket, &request)?, owner))
    })?;
    let owner = Some(&owner).filter(|_| input.fetch_owner == Some(true));
    let count = page.entries.len() + page.prefixes.len();
    Ok(S3Response::new(dto::ListObjectsV2Output {
        name: Some(bucket),
        prefix: Some(spelling.of(request.prefix)),
        delimiter: request.delimiter.map(|text| spelling.of(text)),
        max_keys: Some(request.entries_max as i32),
        key_count: Some(count as i32),
        is_truncated: Some(page.next.is_some()),
        continuation_token: input.continuation_token,
        next_continuation_token: page.next.as_ref().and_then(token),
        start_after: input.start_after.map(|text| spelling.of(text)),
        contents: Some(page.entries.into_iter().map(|entry| spelling.object(entry, owner)).collect()),
        common_prefixes: spelling.prefixes(page.prefixes),
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}

pub(super) fn objects(wire: &Wire, req: S3Request<dto::ListObjectsInput>) -> Answer<dto::ListObjectsOutput> {
    let (asked, input) = Asked::new(wire, req, "ListObjects");
    let spelling = Spelling::wanted(input.encoding_type.as_ref())?;
    let mut request = ListRequest {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
        after: Resume::Start,
        entries_max: entries_max(input.max_keys, "max-keys")?,
    };
    request.after = request.after_marker(input.marker.as_deref().unwrap_or_default());
    let bucket = input.bucket;
    let (page, owner) = asked.act(|s3, cx| {
        let owner = s3.bucket(cx, &bucket)?.owner.clone();
        Ok((s3.list_objects(cx, &bucket, &request)?, owner))
    })?;
    // Documented: NextMarker is given only with a delimiter (docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html).
    let next_marker =
        page.next.as_ref().filter(|_| request.delimiter.is_some()).and_then(|next| match next {
            Resume::Start => None,
            Resume::AfterKey(text) | Resume::AfterPrefix(text) => Some(spelling.of(text.clone())),
        });
    Ok(S3Response::new(dto::ListObjectsOutput {
        name: Some(bucket),
        prefix: Some(spelling.of(request.prefix)),
        marker: Some(spelling.of(input.marker.unwrap_or_default())),
        delimiter: request.delimiter.map(|text| spelling.of(text)),
        max_keys: Some(request.entries_max as i32),
        is_truncated: Some(page.next.is_some()),
        next_marker,
        contents: Some(page.entries.into_iter().map(|entry| spelling.object(entry, Some(&owner))).collect()),
        common_prefixes: spelling.prefixes(page.prefixes),
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}

pub(super) fn versions(
    wire: &Wire,
    req: S3Request<dto::ListObjectVersionsInput>,
) -> Answer<dto::ListObjectVersionsOutput> {
    let (asked, input) = Asked::new(wire, req, "ListObjectVersions");
    let spelling = Spelling::wanted(input.encoding_type.as_ref())?;
    let version_marker = input.version_id_marker.clone().filter(|marker| !marker.is_empty());
    if version_marker.is_some() && input.key_marker.as_deref().is_none_or(str::is_empty) {
        let why = "A version-id marker cannot be specified without a key marker.";
        return Err(argument("version-id-marker", version_marker.as_deref(), why));
    }
    let request = ListRequest {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
        after: Resume::Start,
        entries_max: entries_max(input.max_keys, "max-keys")?,
    };
    let start =
        VersionStart { key: input.key_marker.clone().unwrap_or_default(), version_id: version_marker };
    let bucket = input.bucket;
    let (page, owner) = asked.act(|s3, cx| {
        let owner = s3.bucket(cx, &bucket)?.owner.clone();
        Ok((s3.list_versions(cx, &bucket, &request, &start)?, owner))
    })?;
    let (stored, markers): (Vec<Versioned>, Vec<Versioned>) =
        page.versions.into_iter().partition(|version| version.object.is_some());
    let truncated = page.next.is_some();
    let next = page.next.unwrap_or_default();
    Ok(S3Response::new(dto::ListObjectVersionsOutput {
        name: Some(bucket),
        prefix: Some(spelling.of(request.prefix)),
        delimiter: request.delimiter.map(|text| spelling.of(text)),
        key_marker: Some(spelling.of(input.key_marker.unwrap_or_default())),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        max_keys: Some(request.entries_max as i32),
        is_truncated: Some(truncated),
        next_key_marker: truncated.then(|| spelling.of(next.key)),
        next_version_id_marker: next.version_id,
        versions: Some(
            stored.into_iter().map(|version| stored_version(&spelling, version, &owner)).collect(),
        ),
        delete_markers: Some(
            markers.into_iter().map(|marker| marker_entry(&spelling, marker, &owner)).collect(),
        ),
        common_prefixes: spelling.prefixes(page.prefixes),
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}

fn stored_version(spelling: &Spelling, version: Versioned, owner: &AccountId) -> dto::ObjectVersion {
    let object = version.object.as_deref();
    dto::ObjectVersion {
        key: Some(spelling.of(version.key)),
        version_id: Some(version.version_id),
        is_latest: Some(version.latest),
        last_modified: Some(time(version.modified)),
        e_tag: object.map(|object| etag(&object.etag)),
        size: object.map(|object| long(object.size())),
        storage_class: object.map(|object| object.storage_class().to_owned().into()),
        owner: Some(convert::owner(owner)),
        checksum_algorithm: object.and_then(|object| convert::algorithms(object.checksum.as_ref())),
        checksum_type: object
            .and_then(|object| object.checksum.as_ref())
            .map(|checksum| convert::kind(checksum.composite)),
        restore_status: None,
    }
}

fn marker_entry(spelling: &Spelling, marker: Versioned, owner: &AccountId) -> dto::DeleteMarkerEntry {
    dto::DeleteMarkerEntry {
        key: Some(spelling.of(marker.key)),
        version_id: Some(marker.version_id),
        is_latest: Some(marker.latest),
        last_modified: Some(time(marker.modified)),
        owner: Some(convert::owner(owner)),
    }
}
