//! Uploads in parts over the wire.

use bytes::Bytes;
use s3s::dto;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::{self, ChecksumFields, condition, etag, long, own_time, refuse, time};
use super::lists::{Spelling, entries_max};
use super::objects::{
    CHECKSUM_DEFAULT, headers_of, source, source_conditions, without_aws_chunked, write_conditions,
};
use super::receive::{Sent, receive};
use super::{Asked, Wire};
use crate::services::s3::body::Body;
use crate::services::s3::digest::{Algorithm, Checksum, Digested};
use crate::services::s3::error::Refusal;
use crate::services::s3::object::{Headers, ReadConditions};
use crate::services::s3::{NamedPart, UploadPage, Wanted};

type Answer<T> = S3Result<S3Response<T>>;

/// The checksum that an upload asks for, and whether it is one of its parts' checksums.
///
/// Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21: CRC64NVME is only ever of the whole object, the SHAs only of the parts,
/// the other two of the parts unless something else is said.
fn checksum_wanted(algorithm: Option<&str>, kind: Option<&str>) -> Result<(Option<Algorithm>, bool), String> {
    let Some(name) = algorithm else {
        let why = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
        return kind.map_or(Ok((None, false)), |_| Err(why.to_owned()));
    };
    let algorithm = Algorithm::named(name).ok_or(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    )?;
    let composite = kind.map_or(algorithm != Algorithm::Crc64Nvme, |kind| kind == "COMPOSITE");
    let possible = if composite { algorithm != Algorithm::Crc64Nvme } else { algorithm.is_crc() };
    if possible {
        return Ok((Some(algorithm), composite));
    }
    let kind = if composite { "COMPOSITE" } else { "FULL_OBJECT" };
    Err(format!(
        "The {kind} checksum type cannot be used with the {} checksum algorithm.",
        algorithm.lower_name()
    ))
}

pub(super) fn create(
    wire: &Wire,
    req: S3Request<dto::CreateMultipartUploadInput>,
) -> Answer<dto::CreateMultipartUploadOutput> {
    let (asked, mut input) = Asked::new(wire, req, "CreateMultipartUpload");
    let headers = headers_of!(input);
    let tags = convert::tagging_header(input.tagging.take())?;
    let (algorithm, composite) = checksum_wanted(
        input.checksum_algorithm.as_ref().map(dto::ChecksumAlgorithm::as_str),
        input.checksum_type.as_ref().map(dto::ChecksumType::as_str),
    )
    .map_err(|why| refuse(&Refusal::InvalidRequest(why)))?;
    let wanted = Wanted { headers, tags, algorithm, composite };
    let (bucket, key) = (input.bucket, input.key);
    let id = asked.act(|s3, cx| s3.create_upload(cx, &bucket, &key, wanted.clone()))?;
    Ok(S3Response::new(dto::CreateMultipartUploadOutput {
        bucket: Some(bucket),
        key: Some(key),
        upload_id: Some(id),
        checksum_algorithm: algorithm.map(|algorithm| dto::ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: algorithm.map(|_| convert::kind(composite)),
        server_side_encryption: Some("AES256".to_owned().into()),
        ..Default::default()
    }))
}

pub(super) async fn part(wire: &Wire, req: S3Request<dto::UploadPartInput>) -> Answer<dto::UploadPartOutput> {
    let (asked, input) = Asked::new(wire, req, "UploadPart");
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let default = asked.act(|s3, cx| s3.upload_algorithm(cx, &bucket, &key, &id))?;
    let fields = ChecksumFields {
        crc32: input.checksum_crc32,
        crc32c: input.checksum_crc32c,
        crc64nvme: input.checksum_crc64nvme,
        sha1: input.checksum_sha1,
        sha256: input.checksum_sha256,
        kind: None,
    };
    let sent = Sent {
        of_part: true,
        content_md5: input.content_md5,
        checksum: fields.sent()?,
        algorithm: input.checksum_algorithm.and_then(|name| Algorithm::named(name.as_str())),
        trailers: asked.trailers.clone(),
        headers: &asked.headers,
    };
    // Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21.
    if let (Some(wanted), Some(sent)) = (default, sent.named())
        && wanted != sent
    {
        let why = format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            wanted.lower_name(),
            sent.lower_name()
        );
        return Err(refuse(&Refusal::InvalidRequest(why)));
    }
    let stored = receive(input.body, sent, default).await?;
    asked.act(|s3, cx| s3.put_part(cx, &bucket, &key, &id, input.part_number, stored.clone()))?;
    let digested = stored.1;
    let fields = ChecksumFields::of(digested.checksum.as_ref());
    Ok(S3Response::new(dto::UploadPartOutput {
        e_tag: Some(etag(&digested.etag())),
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        server_side_encryption: Some("AES256".to_owned().into()),
        ..Default::default()
    }))
}

pub(super) fn part_copy(
    wire: &Wire,
    req: S3Request<dto::UploadPartCopyInput>,
) -> Answer<dto::UploadPartCopyOutput> {
    let (asked, mut input) = Asked::new(wire, req, "UploadPartCopy");
    let conditions = source_conditions!(input);
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let algorithm = asked.act(|s3, cx| s3.upload_algorithm(cx, &bucket, &key, &id))?;
    let found = source(&asked, &input.copy_source, &conditions)?;
    let size = found.object.size();
    let range = match input.copy_source_range.as_deref() {
        None => 0..size,
        Some(text) => convert::source_range(text, size)?,
    };
    let chunks = found.object.body.slice(range);
    let digested = Digested::of(&chunks, algorithm);
    let stored = (Body::of_chunks(chunks), digested);
    let now = asked.act(|s3, cx| {
        s3.put_part(cx, &bucket, &key, &id, input.part_number, stored.clone())?;
        Ok(cx.now)
    })?;
    let fields = ChecksumFields::of(stored.1.checksum.as_ref());
    let result = dto::CopyPartResult {
        e_tag: Some(etag(&stored.1.etag())),
        last_modified: Some(time(now)),
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
    };
    Ok(S3Response::new(dto::UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: found.version_id,
        server_side_encryption: Some("AES256".to_owned().into()),
        ..Default::default()
    }))
}

fn named(parts: Vec<dto::CompletedPart>) -> S3Result<Vec<NamedPart>> {
    let named = |part: dto::CompletedPart| {
        let fields = ChecksumFields {
            crc32: part.checksum_crc32,
            crc32c: part.checksum_crc32c,
            crc64nvme: part.checksum_crc64nvme,
            sha1: part.checksum_sha1,
            sha256: part.checksum_sha256,
            kind: None,
        };
        Ok(NamedPart {
            number: part.part_number.unwrap_or(0),
            etag: part.e_tag.map(dto::ETag::into_value).unwrap_or_default(),
            checksum: fields.sent()?,
        })
    };
    parts.into_iter().map(named).collect()
}

/// The checksum of the whole content, unless it is to be one of the parts' checksums.
///
/// Recorded: CRC64NVME, where none was asked for; what the completion says of another then counts for nothing (LocalStack's
/// `test_s3.snapshot.json`, 2026-02-21).
fn full_checksum(wanted: &Wanted, chunks: &[Bytes]) -> Option<Checksum> {
    let algorithm = match wanted.algorithm {
        None => CHECKSUM_DEFAULT,
        Some(algorithm) if !wanted.composite => algorithm,
        Some(_) => return None,
    };
    Some(Checksum { algorithm, value: algorithm.of(chunks), composite: false })
}

/// What a completion says of the whole must be so. Answers why it is not.
///
/// Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21. A checksum of the whole must come with its type there; assumed: not
/// one by CRC64NVME, which has no other.
fn check_completion(wanted: &Wanted, kind: Option<&str>, said: Option<i64>, size: u64) -> Result<(), String> {
    let mode = match wanted.algorithm {
        None => "null",
        Some(_) if wanted.composite => "COMPOSITE",
        Some(_) => "FULL_OBJECT",
    };
    if kind.is_some_and(|kind| kind != mode) {
        return Err(format!(
            "The upload was created using the {mode} checksum mode. The complete request must use the same checksum mode."
        ));
    }
    match said {
        Some(said) if said != long(size) => Err(format!(
            "The provided 'x-amz-mp-object-size' header value {said} does not match what was computed: {size}"
        )),
        _ => Ok(()),
    }
}

pub(super) fn complete(
    wire: &Wire,
    req: S3Request<dto::CompleteMultipartUploadInput>,
) -> Answer<dto::CompleteMultipartUploadOutput> {
    let (asked, mut input) = Asked::new(wire, req, "CompleteMultipartUpload");
    let conditions = write_conditions(input.if_match.take(), input.if_none_match.take())?;
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let parts = named(input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default())?;
    let (chunks, wanted) = asked.act(|s3, cx| s3.upload_chunks(cx, &bucket, &key, &id, &parts))?;
    let kind = input.checksum_type.as_ref().map(dto::ChecksumType::as_str);
    check_completion(
        &wanted,
        kind,
        input.mpu_object_size,
        chunks.iter().map(|chunk| chunk.len() as u64).sum(),
    )
    .map_err(|why| refuse(&Refusal::InvalidRequest(why)))?;
    let full = full_checksum(&wanted, &chunks);
    let sent = ChecksumFields {
        crc32: input.checksum_crc32,
        crc32c: input.checksum_crc32c,
        crc64nvme: input.checksum_crc64nvme,
        sha1: input.checksum_sha1,
        sha256: input.checksum_sha256,
        kind: None,
    };
    if let (Some((algorithm, sent)), Some(own), Some(_)) = (sent.sent()?, &full, wanted.algorithm)
        && ((algorithm, sent.as_str()) != (own.algorithm, own.value.as_str())
            || (kind.is_none() && algorithm != Algorithm::Crc64Nvme))
    {
        return Err(refuse(&Refusal::ChecksumMismatch(own.algorithm.lower_name())));
    }
    let target = (key.as_str(), id.as_str());
    let done =
        asked.act(|s3, cx| s3.complete_upload(cx, &bucket, target, &parts, full.clone(), &conditions))?;
    let fields = ChecksumFields::of(done.checksum.as_ref());
    Ok(S3Response::new(dto::CompleteMultipartUploadOutput {
        location: Some(format!("http://s3.localhost/{bucket}/{key}")),
        bucket: Some(bucket),
        key: Some(key),
        e_tag: Some(etag(&done.etag)),
        version_id: done.version_id,
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
        server_side_encryption: Some("AES256".to_owned().into()),
        ..Default::default()
    }))
}

pub(super) fn abort(
    wire: &Wire,
    req: S3Request<dto::AbortMultipartUploadInput>,
) -> Answer<dto::AbortMultipartUploadOutput> {
    let (asked, input) = Asked::new(wire, req, "AbortMultipartUpload");
    asked.act(|s3, cx| s3.abort_upload(cx, &input.bucket, &input.key, &input.upload_id))?;
    Ok(S3Response::new(Default::default()))
}

pub(super) fn parts(wire: &Wire, req: S3Request<dto::ListPartsInput>) -> Answer<dto::ListPartsOutput> {
    let (asked, input) = Asked::new(wire, req, "ListParts");
    let after = input.part_number_marker.unwrap_or(0);
    let parts_max = entries_max(input.max_parts, "max-parts")?;
    let target = (input.key.as_str(), input.upload_id.as_str());
    let (page, owner) = asked.act(|s3, cx| {
        let owner = s3.bucket(cx, &input.bucket)?.owner.clone();
        Ok((s3.list_parts(cx, &input.bucket, target, after, parts_max)?, owner))
    })?;
    let last = page.parts.last().map(|(number, _)| *number);
    let part = |(number, part): &(i32, crate::services::s3::Part)| {
        let fields = ChecksumFields::of(part.digested.checksum.as_ref());
        dto::Part {
            part_number: Some(*number),
            e_tag: Some(etag(&part.digested.etag())),
            size: Some(long(part.body.size())),
            last_modified: Some(time(part.modified)),
            checksum_crc32: fields.crc32,
            checksum_crc32c: fields.crc32c,
            checksum_crc64nvme: fields.crc64nvme,
            checksum_sha1: fields.sha1,
            checksum_sha256: fields.sha256,
        }
    };
    let wanted = &page.upload.wanted;
    let id = Some(crate::services::s3::canonical_user(&owner));
    Ok(S3Response::new(dto::ListPartsOutput {
        parts: Some(page.parts.iter().map(part).collect()),
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(input.upload_id.clone()),
        is_truncated: Some(page.truncated),
        max_parts: Some(parts_max as i32),
        part_number_marker: Some(after),
        // Recorded: 0 if there is none (LocalStack's `test_s3_list_operations.snapshot.json`, 2026-02-21).
        next_part_number_marker: Some(last.unwrap_or(0)),
        initiator: Some(dto::Initiator { display_name: None, id }),
        owner: Some(convert::owner(&owner)),
        storage_class: Some(
            wanted.headers.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned()).into(),
        ),
        checksum_algorithm: wanted
            .algorithm
            .map(|algorithm| dto::ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: wanted.algorithm.map(|_| convert::kind(wanted.composite)),
        ..Default::default()
    }))
}

/// Where a page of uploads ended: key and upload.
///
/// Recorded: that of the last upload, on a last page, too; empty if none is listed (LocalStack's
/// `test_s3_list_operations.snapshot.json`, 2026-02-21). Assumed: the common prefix with which a page ends that another follows.
fn next_uploads(page: &UploadPage) -> (String, String) {
    let last = page.uploads.last().map(|(key, id, _)| (key.clone(), id.clone())).unwrap_or_default();
    match page.prefixes.last() {
        Some(prefix) if page.truncated && *prefix > last.0 => (prefix.clone(), String::new()),
        _ => last,
    }
}

pub(super) fn list(
    wire: &Wire,
    req: S3Request<dto::ListMultipartUploadsInput>,
) -> Answer<dto::ListMultipartUploadsOutput> {
    let (asked, input) = Asked::new(wire, req, "ListMultipartUploads");
    let spelling = Spelling::wanted(input.encoding_type.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let key_marker = input.key_marker.clone().unwrap_or_default();
    let id_marker = input.upload_id_marker.clone().filter(|id| !id.is_empty() && !key_marker.is_empty());
    let uploads_max = entries_max(input.max_uploads, "max-uploads")?;
    let matching = (prefix.as_str(), input.delimiter.as_deref());
    let after = (key_marker.as_str(), id_marker.as_deref());
    let (page, owner) = asked.act(|s3, cx| {
        let owner = s3.bucket(cx, &input.bucket)?.owner.clone();
        Ok((s3.list_uploads(cx, &input.bucket, matching, after, uploads_max)?, owner))
    })?;
    let (next_key, next_id) = next_uploads(&page);
    let entry = |(key, id, upload): (String, String, crate::services::s3::Upload)| {
        let wanted = upload.wanted;
        dto::MultipartUpload {
            key: Some(spelling.of(key)),
            upload_id: Some(id),
            initiated: Some(time(upload.initiated)),
            initiator: Some(dto::Initiator {
                display_name: None,
                id: Some(crate::services::s3::canonical_user(&owner)),
            }),
            owner: Some(convert::owner(&owner)),
            storage_class: Some(wanted.headers.storage_class.unwrap_or_else(|| "STANDARD".to_owned()).into()),
            checksum_algorithm: wanted
                .algorithm
                .map(|algorithm| dto::ChecksumAlgorithm::from_static(algorithm.name())),
            checksum_type: wanted.algorithm.map(|_| convert::kind(wanted.composite)),
        }
    };
    Ok(S3Response::new(dto::ListMultipartUploadsOutput {
        uploads: Some(page.uploads.into_iter().map(entry).collect()),
        common_prefixes: spelling.prefixes(page.prefixes),
        bucket: Some(input.bucket.clone()),
        prefix: Some(prefix.clone()).filter(|prefix| !prefix.is_empty()).map(|prefix| spelling.of(prefix)),
        delimiter: input.delimiter.clone().map(|text| spelling.of(text)),
        key_marker: Some(spelling.of(key_marker.clone())),
        upload_id_marker: Some(id_marker.clone().unwrap_or_default()),
        next_key_marker: Some(spelling.of(next_key)),
        next_upload_id_marker: Some(next_id),
        max_uploads: Some(uploads_max as i32),
        is_truncated: Some(page.truncated),
        encoding_type: input.encoding_type,
        ..Default::default()
    }))
}
