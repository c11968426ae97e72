//! Uploads in parts: begun, filled in any order, completed in ascending order or aborted.
//!
//! Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html (read 2026-11-29).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use wavetank_types::Timestamp;

use super::list::common_prefix;
use super::objects::{Stored, check_key};
use super::{Bucket, S3};
use crate::services::s3::body::Body;
use crate::services::s3::digest::{Algorithm, Checksum, Digested, composite, etag_of_parts};
use crate::services::s3::error::Refusal;
use crate::services::s3::limits::{PART_BYTES_MIN, PART_NUMBER_MAX, PUT_BYTES_MAX};
use crate::services::s3::object::{Headers, Object, PartInfo, WriteConditions};
use crate::world::Cx;

/// The letters of an upload id.
const UPLOAD_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// What the client wants of an upload.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What it says of the object.
    pub headers: Headers,
    /// The object's tags.
    pub tags: BTreeMap<String, String>,
    /// The checksum of each part.
    pub algorithm: Option<Algorithm>,
    /// Whether the object's checksum is one of the parts' checksums, or of the content.
    pub composite: bool,
}

/// An upload that has been begun.
#[derive(Clone, Debug)]
pub struct Upload {
    /// When.
    pub initiated: Timestamp,
    /// What the client wants.
    pub wanted: Wanted,
    parts: BTreeMap<i32, Part>,
}

/// One part that has arrived.
#[derive(Clone, Debug)]
pub struct Part {
    /// The content.
    pub body: Body,
    /// Its MD5 and checksum.
    pub digested: Digested,
    /// When.
    pub modified: Timestamp,
}

/// A part as a completion names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedPart {
    /// 1 to 10,000.
    pub number: i32,
    /// As the upload of the part answered.
    pub etag: String,
    /// The part's checksum, if the client repeats it.
    pub checksum: Option<(Algorithm, String)>,
}

/// What a completion answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The object's.
    pub etag: String,
    /// The object's.
    pub checksum: Option<Checksum>,
    /// The version that was made.
    pub version_id: Option<String>,
}

/// One page of parts.
#[derive(Clone, Debug)]
pub struct PartPage {
    /// By number.
    pub parts: Vec<(i32, Part)>,
    /// The upload itself.
    pub upload: Upload,
    /// Whether more parts follow.
    pub truncated: bool,
}

/// One page of uploads.
#[derive(Clone, Debug, Default)]
pub struct UploadPage {
    /// Key, upload id and upload; by key, then by time.
    pub uploads: Vec<(String, String, Upload)>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Whether more follow.
    pub truncated: bool,
}

impl S3 {
    /// Begins an upload and answers its id. Ids of later uploads sort after those of earlier ones.
    pub fn create_upload(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        key: &str,
        wanted: Wanted,
    ) -> Result<String, Refusal> {
        let (now, id) = (cx.now, format!("{:012x}{}", cx.number(), cx.letters(52, UPLOAD_LETTERS)));
        let found = self.bucket_mut(cx, bucket)?;
        check_key(key)?;
        wanted.headers.check()?;
        let upload = Upload { initiated: now, wanted, parts: BTreeMap::new() };
        found.uploads.insert((key.to_owned(), id.clone()), upload);
        let expires = found.upload_expiry(key, now);
        self.due_by(expires);
        Ok(id)
    }

    /// The checksum that each part of an upload has.
    pub fn upload_algorithm(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        key: &str,
        id: &str,
    ) -> Result<Option<Algorithm>, Refusal> {
        Ok(self.bucket(cx, bucket)?.upload(key, id)?.wanted.algorithm)
    }

    /// Stores a part. A part of the same number is replaced.
    ///
    /// Recorded: an upload without an algorithm forgets the checksums of its parts (LocalStack's `test_s3.snapshot.json`, 2026-02-21).
    pub fn put_part(
        &mut self,
        cx: &Cx<'_>,
        bucket: &str,
        key: &str,
        id: &str,
        number: i32,
        part: (Body, Digested),
    ) -> Result<(), Refusal> {
        let (body, mut digested) = part;
        let found = self.bucket_mut(cx, bucket)?;
        if !(1..=PART_NUMBER_MAX).contains(&number) {
            return Err(Refusal::InvalidPartNumber(number));
        }
        if body.size() > PUT_BYTES_MAX {
            return Err(Refusal::EntityTooLarge(body.size()));
        }
        let upload = found.upload_mut(key, id)?;
        digested.checksum = digested.checksum.filter(|_| upload.wanted.algorithm.is_some());
        upload.parts.insert(number, Part { body, digested, modified: cx.now });
        Ok(())
    }

    /// The content that a completion would have, for a checksum to be made of it outside the lock.
    pub fn upload_chunks(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        key: &str,
        id: &str,
        named: &[NamedPart],
    ) -> Result<(Vec<Bytes>, Wanted), Refusal> {
        let upload = self.bucket(cx, bucket)?.upload(key, id)?;
        let parts = upload.named_parts(id, named)?;
        let chunks = parts.iter().flat_map(|(_, part)| part.body.chunks().iter().cloned()).collect();
        Ok((chunks, upload.wanted.clone()))
    }

    /// Makes the object of the named parts, in their order. Parts that are not named are dropped.
    ///
    /// `full` is the checksum of the whole content, where the upload wants one.
    pub fn complete_upload(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        target: (&str, &str),
        named: &[NamedPart],
        full: Option<Checksum>,
        conditions: &WriteConditions,
    ) -> Result<Completion, Refusal> {
        let (key, id) = target;
        let upload = self.bucket(cx, bucket)?.upload(key, id)?;
        let parts = upload.named_parts(id, named)?;
        let object = Arc::new(upload.assemble(&parts, full));
        let (etag, checksum) = (object.etag.clone(), object.checksum.clone());
        let event = "ObjectCreated:CompleteMultipartUpload";
        let Stored { version_id } = self.put_object(cx, bucket, key, object, conditions, event)?;
        self.bucket_mut(cx, bucket)?.uploads.remove(&(key.to_owned(), id.to_owned()));
        Ok(Completion { etag, checksum, version_id })
    }

    /// Gives an upload up, with all its parts.
    pub fn abort_upload(&mut self, cx: &Cx<'_>, bucket: &str, key: &str, id: &str) -> Result<(), Refusal> {
        let found = self.bucket_mut(cx, bucket)?;
        found.upload(key, id)?;
        found.uploads.remove(&(key.to_owned(), id.to_owned()));
        Ok(())
    }

    /// The parts that have arrived, from after number `after`.
    pub fn list_parts(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        target: (&str, &str),
        after: i32,
        parts_max: usize,
    ) -> Result<PartPage, Refusal> {
        let upload = self.bucket(cx, bucket)?.upload(target.0, target.1)?;
        let mut parts: Vec<(i32, Part)> = Vec::new();
        let mut rest = upload.parts.range(after.saturating_add(1)..);
        parts.extend(rest.by_ref().take(parts_max).map(|(number, part)| (*number, part.clone())));
        Ok(PartPage { parts, upload: upload.clone(), truncated: rest.next().is_some() })
    }

    /// Uploads that have been begun and not ended, from after a key or common prefix, or after one upload of a key.
    ///
    /// Recorded: the refusal of another key's upload as a marker (LocalStack's `test_s3_list_operations.snapshot.json`, 2026-02-21).
    pub fn list_uploads(
        &self,
        cx: &Cx<'_>,
        bucket: &str,
        matching: (&str, Option<&str>),
        after: (&str, Option<&str>),
        uploads_max: usize,
    ) -> Result<UploadPage, Refusal> {
        let (prefix, delimiter) = matching;
        let mut page = UploadPage::default();
        let uploads = &self.bucket(cx, bucket)?.uploads;
        if let (marker, Some(wanted)) = after
            && uploads.keys().any(|(key, id)| id == wanted && key != marker)
        {
            let (value, why) = (Some(wanted.to_owned()), "Invalid uploadId marker".to_owned());
            return Err(Refusal::Argument { name: "upload-id-marker", value, why });
        }
        for ((key, id), upload) in uploads {
            let past = match after {
                (marker, None) => key.as_str() > marker,
                (marker, Some(marker_id)) => (key.as_str(), id.as_str()) > (marker, marker_id),
            };
            if !past || !key.starts_with(prefix) {
                continue;
            }
            let common = common_prefix(key, prefix, delimiter);
            let passed = page.prefixes.last().map_or(after.0, String::as_str);
            if common == Some(passed) {
                continue;
            }
            if page.uploads.len() + page.prefixes.len() == uploads_max {
                page.truncated = true;
                break;
            }
            match common {
                Some(common) => page.prefixes.push(common.to_owned()),
                None => page.uploads.push((key.clone(), id.clone(), upload.clone())),
            }
        }
        Ok(page)
    }
}

impl Bucket {
    fn upload(&self, key: &str, id: &str) -> Result<&Upload, Refusal> {
        let found = self.uploads.get(&(key.to_owned(), id.to_owned()));
        found.ok_or_else(|| Refusal::NoSuchUpload(id.to_owned()))
    }

    fn upload_mut(&mut self, key: &str, id: &str) -> Result<&mut Upload, Refusal> {
        let found = self.uploads.get_mut(&(key.to_owned(), id.to_owned()));
        found.ok_or_else(|| Refusal::NoSuchUpload(id.to_owned()))
    }
}

impl Upload {
    /// The parts that a completion names, checked in AWS's order: present, ascending, large enough.
    fn named_parts(&self, id: &str, named: &[NamedPart]) -> Result<Vec<(i32, &Part)>, Refusal> {
        if named.is_empty() {
            return Err(Refusal::MalformedXml("a completion names at least one part"));
        }
        if !named.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Refusal::InvalidPartOrder { upload: id.to_owned() });
        }
        let find = |wanted: &NamedPart| {
            let (part, etag, upload) = (wanted.number, wanted.etag.clone(), id.to_owned());
            let missing = Refusal::InvalidPart { part, etag, upload };
            match self.parts.get(&wanted.number) {
                Some(part) if part.digested.etag() == wanted.etag => {
                    self.check_named(wanted, part, missing)?;
                    Ok((wanted.number, part))
                }
                _ => Err(missing),
            }
        };
        let parts: Vec<(i32, &Part)> = named.iter().map(find).collect::<Result<_, Refusal>>()?;
        let all_but_last = &parts[..parts.len() - 1];
        match all_but_last.iter().find(|(_, part)| part.body.size() < PART_BYTES_MIN) {
            Some((number, part)) => Err(Refusal::EntityTooSmall {
                part: *number,
                bytes: part.body.size(),
                etag: part.digested.etag(),
            }),
            None => Ok(parts),
        }
    }

    /// Whether the checksum that a completion repeats of a part is the part's. It must be repeated where the object's is one of them.
    ///
    /// Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21.
    fn check_named(&self, named: &NamedPart, part: &Part, missing: Refusal) -> Result<(), Refusal> {
        let own = part.digested.checksum.as_ref();
        match (&named.checksum, self.wanted.algorithm) {
            (None, Some(algorithm)) if self.wanted.composite => Err(Refusal::InvalidRequest(format!(
                "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was missing for part {} in the request.",
                algorithm.lower_name(),
                named.number
            ))),
            (None, _) => Ok(()),
            (Some((sent, _)), Some(algorithm)) if *sent != algorithm => {
                Err(Refusal::PartChecksumMismatch { algorithm: sent.lower_name(), part: named.number })
            }
            (Some((_, value)), _) if own.is_some_and(|own| own.value == *value) => Ok(()),
            (Some(_), _) => Err(missing),
        }
    }

    fn assemble(&self, parts: &[(i32, &Part)], full: Option<Checksum>) -> Object {
        let chunks = parts.iter().flat_map(|(_, part)| part.body.chunks().iter().cloned()).collect();
        let of_part = |part: &Part| part.digested.checksum.clone();
        let infos = parts.iter().map(|(number, part)| PartInfo {
            number: *number,
            size: part.body.size(),
            checksum: of_part(part),
        });
        let of_parts = |algorithm| {
            let values: Option<Vec<&str>> =
                parts.iter().map(|(_, part)| Some(part.digested.checksum.as_ref()?.value.as_str())).collect();
            values.map(|values| composite(algorithm, values))
        };
        let composed = self.wanted.algorithm.filter(|_| self.wanted.composite).and_then(of_parts);
        Object {
            headers: self.wanted.headers.clone(),
            body: Body::of_chunks(chunks),
            etag: etag_of_parts(parts.iter().map(|(_, part)| part.digested.md5)),
            checksum: full.or(composed),
            parts: infos.collect(),
            tags: self.wanted.tags.clone(),
        }
    }
}
