//! Objects over the wire: put, get, head, copy, delete, tags, attributes.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use s3s::dto::{self, StreamingBlob};
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Request, S3Response, S3Result, StdError};

use super::convert::{self, ChecksumFields, condition, etag, long, own_time, refuse, time, unbuilt};
use super::receive::{Sent, receive};
use super::{Asked, Wire};
use crate::services::AwsError as _;
use crate::services::s3::body::Body;
use crate::services::s3::digest::{Algorithm, Digested};
use crate::services::s3::error::Refusal;
use crate::services::s3::limits::DELETE_KEYS_MAX;
use crate::services::s3::object::{
    ByteRange, EtagIs, Found, Headers, Object, ReadConditions, WriteConditions,
};

/// What S3 computes for an object whose uploader sent no checksum.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html (read 2026-11-29).
pub(super) const CHECKSUM_DEFAULT: Algorithm = Algorithm::Crc64Nvme;

type Answer<T> = S3Result<S3Response<T>>;

/// Chunks that are stored, on their way to a client.
struct Chunks {
    left: VecDeque<Bytes>,
    bytes: usize,
}

impl Stream for Chunks {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.left.pop_front();
        self.bytes -= next.as_ref().map_or(0, Bytes::len);
        Poll::Ready(next.map(Ok))
    }
}

impl ByteStream for Chunks {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.bytes)
    }
}

fn outgoing(body: &Body, range: Range<u64>) -> StreamingBlob {
    match body.chunks() {
        [one] if range == (0..body.size()) => StreamingBlob::from(s3s::Body::from(one.clone())),
        _ => {
            let left: VecDeque<Bytes> = body.slice(range).into();
            let bytes = left.iter().map(Bytes::len).sum();
            StreamingBlob::new(Chunks { left, bytes })
        }
    }
}

macro_rules! headers_of {
    ($input:ident) => {
        Headers {
            content_type: $input.content_type.take(),
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $input.content_encoding.take().and_then(without_aws_chunked),
            content_language: $input.content_language.take(),
            expires: $input.expires.take().map(|at| own_time(&at)),
            website_redirect: $input.website_redirect_location.take(),
            storage_class: $input
                .storage_class
                .take()
                .map(|class| class.as_str().to_owned())
                .filter(|class| class != "STANDARD"),
            encryption: $input.server_side_encryption.take().map(|said| said.as_str().to_owned()),
            kms_key: $input.ssekms_key_id.take(),
            metadata: $input.metadata.take().unwrap_or_default().into_iter().collect(),
        }
    };
}
pub(super) use headers_of;

/// The encoding that is of the transfer alone is not kept.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html (read 2026-11-29 as in
/// github.com/ceph/ceph, pull request 65219).
pub(super) fn without_aws_chunked(encoding: String) -> Option<String> {
    if !encoding.contains("aws-chunked") {
        return Some(encoding);
    }
    let rest: Vec<&str> = encoding.split(',').map(str::trim).filter(|part| *part != "aws-chunked").collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

/// `If-None-Match` of a write takes only `*`, `If-Match` all but that, and no write takes both.
///
/// Recorded: LocalStack's `test_s3_api.snapshot.json`, 2026-02-21.
pub(super) fn write_conditions(
    if_match: Option<dto::ETagCondition>,
    if_none_match: Option<dto::ETagCondition>,
) -> S3Result<WriteConditions> {
    let no_header = |header, why| Err(refuse(&Refusal::HeaderNotImplemented { header, why }));
    match (condition(if_match), condition(if_none_match)) {
        (Some(_), Some(_)) => {
            no_header("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
        }
        (Some(EtagIs::Any), None) => {
            no_header("If-Match", "We don't accept the provided value of If-Match header for this API")
        }
        (None, Some(EtagIs::This(_))) => no_header(
            "If-None-Match",
            "We don't accept the provided value of If-None-Match header for this API",
        ),
        (if_match, if_none_match) => Ok(WriteConditions { if_match, if_absent: if_none_match.is_some() }),
    }
}

pub(super) async fn put(wire: &Wire, req: S3Request<dto::PutObjectInput>) -> Answer<dto::PutObjectOutput> {
    let (asked, mut input) = Asked::new(wire, req, "PutObject");
    let headers = headers_of!(input);
    let tags = convert::tagging_header(input.tagging.take())?;
    let conditions = write_conditions(input.if_match.take(), input.if_none_match.take())?;
    let encryption = headers.encryption.clone();
    let fields = ChecksumFields {
        crc32: input.checksum_crc32,
        crc32c: input.checksum_crc32c,
        crc64nvme: input.checksum_crc64nvme,
        sha1: input.checksum_sha1,
        sha256: input.checksum_sha256,
        kind: None,
    };
    let sent = Sent {
        of_part: false,
        content_md5: input.content_md5,
        checksum: fields.sent()?,
        algorithm: input.checksum_algorithm.and_then(|name| Algorithm::named(name.as_str())),
        trailers: asked.trailers.clone(),
        headers: &asked.headers,
    };
    let (body, digested) = receive(input.body, sent, Some(CHECKSUM_DEFAULT)).await?;
    let mut object = Object::new(headers, body, digested);
    object.tags = tags;
    let object = Arc::new(object);
    let (bucket, key) = (input.bucket, input.key);
    let stored = asked.act(|s3, cx| {
        s3.put_object(cx, &bucket, &key, Arc::clone(&object), &conditions, "ObjectCreated:Put")
    })?;
    let fields = ChecksumFields::of(object.checksum.as_ref());
    Ok(S3Response::new(dto::PutObjectOutput {
        e_tag: Some(etag(&object.etag)),
        version_id: stored.version_id,
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
        server_side_encryption: Some(encryption.unwrap_or_else(|| "AES256".to_owned()).into()),
        ..Default::default()
    }))
}

/// What a read asks for, apart from the object.
struct Read {
    version: Option<String>,
    range: Option<ByteRange>,
    part: Option<i32>,
    conditions: ReadConditions,
    with_checksum: bool,
}

macro_rules! read_of {
    ($input:ident) => {
        Read {
            version: $input.version_id.take(),
            range: $input.range.take().map(convert::range),
            part: $input.part_number,
            conditions: ReadConditions {
                if_match: condition($input.if_match.take()),
                if_none_match: condition($input.if_none_match.take()),
                if_modified_since: $input.if_modified_since.as_ref().map(own_time),
                if_unmodified_since: $input.if_unmodified_since.as_ref().map(own_time),
            },
            with_checksum: $input.checksum_mode.is_some(),
        }
    };
}

/// The version found, the bytes wanted of it, and whether they are a part of it.
fn look(asked: &Asked<'_>, bucket: &str, key: &str, read: &Read) -> S3Result<(Found, Range<u64>, bool)> {
    let found = asked.act(|s3, cx| s3.find(cx, bucket, key, read.version.as_deref()))?;
    let chosen = || {
        read.conditions.check(&found)?;
        let size = found.object.size();
        match (read.part, read.range) {
            (Some(_), Some(_)) => {
                let why = "Cannot specify both Range header and partNumber query parameter";
                Err(Refusal::InvalidRequest(why.to_owned()))
            }
            (Some(part), None) => Ok((found.object.part_range(part)?, true)),
            (None, Some(range)) => Ok((range.of(size)?, true)),
            (None, None) => Ok((0..size, false)),
        }
    };
    let (range, partial) = chosen().map_err(|refusal| refuse(&refusal))?;
    Ok((found, range, partial))
}

fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))
}

macro_rules! answer_read {
    ($output:ident, $found:ident, $range:ident, $partial:ident, $read:ident) => {{
        let object = &$found.object;
        let headers = &object.headers;
        let with_checksum = $read.with_checksum && !$partial;
        let fields = ChecksumFields::of(object.checksum.as_ref().filter(|_| with_checksum));
        let whole_empty = object.size() == 0;
        dto::$output {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(long($range.end - $range.start)),
            content_range: ($partial && !whole_empty).then(|| content_range(&$range, object.size())),
            content_type: Some(object.content_type().to_owned()),
            cache_control: headers.cache_control.clone(),
            content_disposition: headers.content_disposition.clone(),
            content_encoding: headers.content_encoding.clone(),
            content_language: headers.content_language.clone(),
            expires: headers.expires.map(time),
            website_redirect_location: headers.website_redirect.clone(),
            e_tag: Some(etag(&object.etag)),
            last_modified: Some(time($found.modified)),
            metadata: Some(headers.metadata.clone().into_iter().collect()),
            parts_count: $read.part.filter(|_| !object.parts.is_empty()).map(|_| object.parts.len() as i32),
            storage_class: headers.storage_class.clone().map(Into::into),
            server_side_encryption: Some(
                headers.encryption.clone().unwrap_or_else(|| "AES256".to_owned()).into(),
            ),
            ssekms_key_id: headers.kms_key.clone(),
            version_id: $found.version_id.clone(),
            checksum_crc32: fields.crc32,
            checksum_crc32c: fields.crc32c,
            checksum_crc64nvme: fields.crc64nvme,
            checksum_sha1: fields.sha1,
            checksum_sha256: fields.sha256,
            checksum_type: fields.kind,
            ..Default::default()
        }
    }};
}

pub(super) fn get(wire: &Wire, req: S3Request<dto::GetObjectInput>) -> Answer<dto::GetObjectOutput> {
    let (asked, mut input) = Asked::new(wire, req, "GetObject");
    let read = read_of!(input);
    let (found, range, partial) = look(&asked, &input.bucket, &input.key, &read)?;
    let mut output = answer_read!(GetObjectOutput, found, range, partial, read);
    let tags = found.object.tags.len();
    output.tag_count = (tags > 0).then_some(tags as i32);
    output.body = Some(outgoing(&found.object.body, range));
    Ok(S3Response::new(output))
}

pub(super) fn head(wire: &Wire, req: S3Request<dto::HeadObjectInput>) -> Answer<dto::HeadObjectOutput> {
    let (asked, mut input) = Asked::new(wire, req, "HeadObject");
    let read = read_of!(input);
    let (found, range, partial) = look(&asked, &input.bucket, &input.key, &read)?;
    let mut response = S3Response::new(answer_read!(HeadObjectOutput, found, range, partial, read));
    // Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (`x-amz-tagging-count`).
    let tags = found.object.tags.len();
    if tags > 0 {
        response.headers.insert("x-amz-tagging-count", http::HeaderValue::from(tags));
    }
    Ok(response)
}

/// Finds the source of a copy.
pub(super) fn source(
    asked: &Asked<'_>,
    source: &dto::CopySource,
    conditions: &ReadConditions,
) -> S3Result<Found> {
    let dto::CopySource::Bucket { bucket, key, version_id } = source else {
        return unbuilt("copying from an access point");
    };
    // Recorded: the sentence (LocalStack's `test_s3.snapshot.json`, 2023-10-26).
    let marker = "The source of a copy request may not specifically refer to a delete marker by version id.";
    let found = asked.act(|s3, cx| {
        s3.find(cx, bucket, key, version_id.as_deref()).map_err(|refusal| match refusal {
            Refusal::IsDeleteMarker { .. } => Refusal::InvalidRequest(marker.to_owned()),
            other => other,
        })
    })?;
    conditions.check_source(&found).map_err(|refusal| refuse(&refusal))?;
    Ok(found)
}

macro_rules! source_conditions {
    ($input:ident) => {
        ReadConditions {
            if_match: condition($input.copy_source_if_match.take()),
            if_none_match: condition($input.copy_source_if_none_match.take()),
            if_modified_since: $input.copy_source_if_modified_since.as_ref().map(own_time),
            if_unmodified_since: $input.copy_source_if_unmodified_since.as_ref().map(own_time),
        }
    };
}
pub(super) use source_conditions;

/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (to be verified).
pub(super) fn copy(wire: &Wire, req: S3Request<dto::CopyObjectInput>) -> Answer<dto::CopyObjectOutput> {
    let (asked, mut input) = Asked::new(wire, req, "CopyObject");
    let conditions = source_conditions!(input);
    // `s3s` has no member for the conditions of what is written.
    let of_header = |name| dto::ETagCondition::parse_http_header(asked.headers.get(name)?.as_bytes()).ok();
    let target = write_conditions(of_header("if-match"), of_header("if-none-match"))?;
    let found = source(&asked, &input.copy_source, &conditions)?;
    let replace = input.metadata_directive.as_ref().is_some_and(|said| said.as_str() == "REPLACE");
    let replace_tags = input.tagging_directive.as_ref().is_some_and(|said| said.as_str() == "REPLACE");
    let class_changes = input.storage_class.is_some() || input.website_redirect_location.is_some();
    let changes = replace || class_changes || input.server_side_encryption.is_some();
    if let dto::CopySource::Bucket { bucket, key, version_id: None } = &input.copy_source
        && (&**bucket, &**key) == (input.bucket.as_str(), input.key.as_str())
        && !changes
    {
        return Err(refuse(&Refusal::CopyToItself));
    }
    let said = headers_of!(input);
    let kept = &found.object.headers;
    let headers = if replace {
        said
    } else {
        Headers {
            storage_class: said.storage_class,
            encryption: said.encryption,
            kms_key: said.kms_key,
            ..kept.clone()
        }
    };
    let given = convert::tagging_header(input.tagging.take())?;
    let tags = if replace_tags { given } else { found.object.tags.clone() };
    let wanted = input.checksum_algorithm.and_then(|name| Algorithm::named(name.as_str()));
    let object = Arc::new(copied(&found.object, headers, tags, wanted));
    let (bucket, key) = (input.bucket, input.key);
    let (stored, now) = asked.act(|s3, cx| {
        let stored = s3.put_object(cx, &bucket, &key, Arc::clone(&object), &target, "ObjectCreated:Copy")?;
        Ok((stored, cx.now))
    })?;
    let fields = ChecksumFields::of(object.checksum.as_ref());
    let result = dto::CopyObjectResult {
        e_tag: Some(etag(&object.etag)),
        last_modified: Some(time(now)),
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
    };
    Ok(S3Response::new(dto::CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: found.version_id,
        version_id: stored.version_id,
        server_side_encryption: Some("AES256".to_owned().into()),
        ..Default::default()
    }))
}

/// A copy is one piece, whatever its source was: its ETag is the MD5 of its content.
fn copied(
    source: &Object,
    headers: Headers,
    tags: std::collections::BTreeMap<String, String>,
    wanted: Option<Algorithm>,
) -> Object {
    let own = source.checksum.as_ref();
    let same =
        source.parts.is_empty() && wanted.is_none_or(|wanted| own.is_some_and(|own| own.algorithm == wanted));
    if same {
        return Object { headers, tags, ..source.clone() };
    }
    let algorithm = wanted.or(own.map(|own| own.algorithm)).unwrap_or(CHECKSUM_DEFAULT);
    let digested = Digested::of(source.body.chunks(), Some(algorithm));
    Object { tags, ..Object::new(headers, source.body.clone(), digested) }
}

pub(super) fn delete(wire: &Wire, req: S3Request<dto::DeleteObjectInput>) -> Answer<dto::DeleteObjectOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteObject");
    let if_match = condition(input.if_match);
    let version = input.version_id.as_deref();
    let deleted = asked.act(|s3, cx| {
        if let Some(version) = version {
            s3.bucket(cx, &input.bucket)?.check_version_id(version)?;
        }
        s3.delete_object(cx, &input.bucket, &input.key, version, if_match.as_ref())
    })?;
    Ok(S3Response::new(dto::DeleteObjectOutput {
        delete_marker: deleted.delete_marker.then_some(true),
        version_id: deleted.version_id,
        ..Default::default()
    }))
}

pub(super) fn delete_many(
    wire: &Wire,
    req: S3Request<dto::DeleteObjectsInput>,
) -> Answer<dto::DeleteObjectsOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteObjects");
    let keys = input.delete.objects;
    if keys.is_empty() || keys.len() > DELETE_KEYS_MAX {
        return Err(refuse(&Refusal::MalformedXml("1 to 1000 keys")));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let bucket = input.bucket;
    let (deleted, errors) = asked.act(|s3, cx| {
        s3.bucket(cx, &bucket)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for wanted in &keys {
            let if_match = wanted.e_tag.clone().map(|etag| EtagIs::This(etag.into_value()));
            let version = wanted.version_id.as_deref();
            match s3.delete_object(cx, &bucket, &wanted.key, version, if_match.as_ref()) {
                Ok(gone) => deleted.push(deleted_entry(wanted, gone)),
                Err(refusal) => errors.push(error_entry(wanted, &refusal)),
            }
        }
        Ok((deleted, errors))
    })?;
    Ok(S3Response::new(dto::DeleteObjectsOutput {
        deleted: Some(if quiet { Vec::new() } else { deleted }),
        errors: Some(errors),
        ..Default::default()
    }))
}

fn deleted_entry(wanted: &dto::ObjectIdentifier, gone: crate::services::s3::Deleted) -> dto::DeletedObject {
    dto::DeletedObject {
        key: Some(wanted.key.clone()),
        version_id: wanted.version_id.clone(),
        delete_marker: gone.delete_marker.then_some(true),
        delete_marker_version_id: gone.version_id.filter(|_| gone.delete_marker),
    }
}

fn error_entry(wanted: &dto::ObjectIdentifier, refusal: &Refusal) -> dto::Error {
    let error = refusal.wire();
    dto::Error {
        code: Some(error.code),
        message: Some(error.message),
        key: Some(wanted.key.clone()),
        version_id: wanted.version_id.clone(),
    }
}

pub(super) fn tags(
    wire: &Wire,
    req: S3Request<dto::GetObjectTaggingInput>,
) -> Answer<dto::GetObjectTaggingOutput> {
    let (asked, input) = Asked::new(wire, req, "GetObjectTagging");
    let version = input.version_id.as_deref();
    let (tags, version_id) = asked.act(|s3, cx| s3.object_tags(cx, &input.bucket, &input.key, version))?;
    Ok(S3Response::new(dto::GetObjectTaggingOutput { tag_set: convert::tag_set(&tags), version_id }))
}

pub(super) fn put_tags(
    wire: &Wire,
    req: S3Request<dto::PutObjectTaggingInput>,
) -> Answer<dto::PutObjectTaggingOutput> {
    let (asked, input) = Asked::new(wire, req, "PutObjectTagging");
    let tags = convert::tags(input.tagging.tag_set)?;
    let version = input.version_id.as_deref();
    let version_id =
        asked.act(|s3, cx| s3.tag_object(cx, &input.bucket, &input.key, version, tags.clone()))?;
    Ok(S3Response::new(dto::PutObjectTaggingOutput { version_id }))
}

pub(super) fn delete_tags(
    wire: &Wire,
    req: S3Request<dto::DeleteObjectTaggingInput>,
) -> Answer<dto::DeleteObjectTaggingOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteObjectTagging");
    let version = input.version_id.as_deref();
    let none = std::collections::BTreeMap::new;
    let version_id = asked.act(|s3, cx| s3.tag_object(cx, &input.bucket, &input.key, version, none()))?;
    Ok(S3Response::new(dto::DeleteObjectTaggingOutput { version_id }))
}

pub(super) fn attributes(
    wire: &Wire,
    req: S3Request<dto::GetObjectAttributesInput>,
) -> Answer<dto::GetObjectAttributesOutput> {
    let (asked, input) = Asked::new(wire, req, "GetObjectAttributes");
    let version = input.version_id.as_deref();
    let found = asked.act(|s3, cx| s3.find(cx, &input.bucket, &input.key, version))?;
    let object = &found.object;
    // Some clients send one header with commas, some a header each.
    let wanted: Vec<&str> =
        input.object_attributes.iter().flat_map(|text| text.as_str().split(',')).map(str::trim).collect();
    let wants = |name: &str| wanted.contains(&name);
    let mut own = object.checksum.clone();
    // Recorded: a checksum of checksums has no `-N` here (LocalStack's `test_s3.snapshot.json`, 2026-02-21).
    if let Some(own) = own.as_mut().filter(|own| own.composite) {
        own.value.truncate(own.value.rfind('-').unwrap_or(own.value.len()));
    }
    let fields = ChecksumFields::of(own.as_ref());
    let checksum = own.as_ref().map(|_| dto::Checksum {
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
    });
    Ok(S3Response::new(dto::GetObjectAttributesOutput {
        checksum: checksum.filter(|_| wants("Checksum")),
        e_tag: wants("ETag").then(|| etag(&object.etag)),
        object_size: wants("ObjectSize").then(|| long(object.size())),
        storage_class: wants("StorageClass").then(|| object.storage_class().to_owned().into()),
        object_parts: wants("ObjectParts").then(|| parts(object, &input)).flatten(),
        last_modified: Some(time(found.modified)),
        version_id: found.version_id.clone(),
        ..Default::default()
    }))
}

/// Parts are listed only where the object's checksum is one of theirs; their number always.
///
/// Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21.
fn parts(object: &Object, input: &dto::GetObjectAttributesInput) -> Option<dto::GetObjectAttributesParts> {
    if object.parts.is_empty() {
        return None;
    }
    if object.checksum.as_ref().is_none_or(|checksum| !checksum.composite) {
        let total_parts_count = Some(object.parts.len() as i32);
        return Some(dto::GetObjectAttributesParts { total_parts_count, ..Default::default() });
    }
    let after = input.part_number_marker.unwrap_or(0);
    let parts_max = input.max_parts.and_then(|max| usize::try_from(max).ok()).unwrap_or(1_000).min(1_000);
    let listed = object.parts.iter().filter(|part| part.number > after && part.checksum.is_some());
    let mut listed = listed.map(|part| {
        let fields = ChecksumFields::of(part.checksum.as_ref());
        dto::ObjectPart {
            part_number: Some(part.number),
            size: Some(long(part.size)),
            checksum_crc32: fields.crc32,
            checksum_crc32c: fields.crc32c,
            checksum_crc64nvme: fields.crc64nvme,
            checksum_sha1: fields.sha1,
            checksum_sha256: fields.sha256,
        }
    });
    let page: Vec<dto::ObjectPart> = listed.by_ref().take(parts_max).collect();
    let truncated = listed.next().is_some();
    Some(dto::GetObjectAttributesParts {
        total_parts_count: Some(object.parts.len() as i32),
        is_truncated: Some(truncated),
        max_parts: Some(parts_max as i32),
        part_number_marker: Some(after),
        next_part_number_marker: page.last().and_then(|part| part.part_number),
        parts: Some(page).filter(|page| !page.is_empty()),
    })
}
