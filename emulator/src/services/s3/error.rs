//! Why S3 refuses, in its own words, and the one match that turns each into AWS's code, status and sentence.
//!
//! Codes and statuses documented: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (read 2026-11-29 as in the service
//! model, botocore 1.43.11), but for codes that it has not: `InvalidPartNumber`, `MalformedPolicy`, `XAmzContentSHA256Mismatch`,
//! `IllegalLocationConstraintException`, and those of what a bucket has not been given (to be verified).
//! Many sentences are those of that list; others, such as those of `InvalidRange` and `NoSuchVersion`, are not.

use wavetank_types::names::BucketNameError;
use wavetank_wire::WireError;

use crate::services::AwsError;
use crate::services::s3::limits::{PART_BYTES_MIN, PART_NUMBER_MAX};

/// Why a request was refused. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum Refusal {
    #[error("bucket `{0}` does not exist")]
    NoSuchBucket(String),
    #[error("key `{key}` does not exist")]
    NoSuchKey { key: String, delete_marker: Option<String> },
    #[error("version `{version}` of key `{key}` does not exist")]
    NoSuchVersion { key: String, version: String },
    #[error("`{0}` is no version id that this bucket could have given")]
    InvalidVersionId(String),
    #[error("`{0}` is no storage class")]
    InvalidStorageClass(String),
    #[error("part number {0} is not one")]
    InvalidPartNumber(i32),
    #[error("version `{version}` of a key is a delete marker")]
    IsDeleteMarker { version: String },
    #[error("upload `{0}` does not exist")]
    NoSuchUpload(String),
    #[error("bucket `{0}` belongs to the caller already")]
    BucketAlreadyOwnedByYou(String),
    #[error("bucket `{0}` belongs to somebody else")]
    BucketAlreadyExists(String),
    #[error("bucket `{bucket}` is not empty")]
    BucketNotEmpty { bucket: String, versioned: bool },
    #[error("`{name}` is not a bucket name: {rule}")]
    InvalidBucketName { name: String, rule: BucketNameError },
    #[error("location constraint `{constraint}` does not fit region `{region}`")]
    IllegalLocation { constraint: String, region: String },
    #[error("location constraint `{0}` is not valid")]
    InvalidLocation(String),
    #[error("bucket `{0}` belongs to another account")]
    AccessDenied(String),
    #[error("condition {0} does not hold")]
    PreconditionFailed(&'static str),
    #[error("the object has not changed; its ETag is {etag}")]
    NotModified { etag: String },
    #[error("the range does not fit an object of {size} bytes")]
    RangeNotSatisfiable { size: u64 },
    #[error("the part number does not fit an object of {parts} parts")]
    PartNumberNotSatisfiable { parts: usize },
    #[error("the body's MD5 is not the Content-MD5 that was sent")]
    Md5Mismatch,
    #[error("the body's {0} is not the one that was sent")]
    ChecksumMismatch(&'static str),
    #[error("Content-MD5 is not the base64 of 16 bytes")]
    InvalidDigest,
    #[error("{0} bytes are more than one PUT takes")]
    EntityTooLarge(u64),
    #[error("part {part} has {bytes} bytes, fewer than the least")]
    EntityTooSmall { part: i32, bytes: u64 },
    #[error("part {0} was not uploaded, or its ETag differs")]
    InvalidPart(i32),
    #[error("the parts are not in ascending order")]
    InvalidPartOrder,
    #[error("a key is at most 1024 bytes long")]
    KeyTooLong,
    #[error("metadata is at most 2048 bytes long")]
    MetadataTooLarge,
    #[error("{0}")]
    InvalidTag(&'static str),
    #[error("{0}")]
    InvalidArgument(String),
    #[error("{0}")]
    InvalidRequest(String),
    #[error("the XML is not of the published schema: {0}")]
    MalformedXml(&'static str),
    #[error("the policy is refused: {0}")]
    MalformedPolicy(String),
    #[error("copying an object to itself changes nothing")]
    CopyToItself,
    #[error("bucket `{bucket}` has no {what}")]
    NotConfigured { bucket: String, what: Missing },
    #[error("the body ended early")]
    IncompleteBody,
    #[error("the body could not be read: {0}")]
    UnreadableBody(String),
    #[error("the body's SHA-256 is not the one that was signed")]
    SignedSha256Mismatch,
    #[error("the signature of a chunk of the body is wrong")]
    ChunkSignatureMismatch,
    #[error("{0} is not implemented")]
    NotImplemented(String),
}

/// What may be said of a bucket, and was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each is the part of its name")]
pub enum Missing {
    #[error("tags")]
    Tags,
    #[error("policy")]
    Policy,
    #[error("lifecycle configuration")]
    Lifecycle,
    #[error("CORS configuration")]
    Cors,
    #[error("ownership controls")]
    Ownership,
    #[error("public access block")]
    PublicAccessBlock,
    #[error("website configuration")]
    Website,
    #[error("object lock configuration")]
    ObjectLock,
    #[error("replication configuration")]
    Replication,
}

impl AwsError for Refusal {
    fn wire(&self) -> WireError {
        let (status, code, message) = self.spelled();
        let mut error = WireError::client_status(status, code, message);
        if status >= 500 {
            error.sender = false;
        }
        for (name, value) in self.details() {
            error = error.with(name, value);
        }
        // What travels as headers beside the error.
        match self {
            Self::NoSuchKey { delete_marker: Some(version), .. } => {
                error.with("x-amz-delete-marker", "true").with("x-amz-version-id", version.clone())
            }
            Self::IsDeleteMarker { version } => {
                error.with("x-amz-delete-marker", "true").with("x-amz-version-id", version.clone())
            }
            Self::NotModified { etag } => error.with("etag", format!("\"{etag}\"")),
            Self::RangeNotSatisfiable { size } => error.with("content-range", format!("bytes */{size}")),
            _ => error,
        }
    }
}

impl Refusal {
    /// What stands in the error's XML beside code and sentence. A part of an error that begins with a capital is such a detail;
    /// the others are headers.
    ///
    /// Recorded: `Key`, `VersionId`, `BucketName`, `ArgumentName`, `ArgumentValue`, `ResourceType` (LocalStack's
    /// `test_s3_api.snapshot.json`, 2025-01-21), `Condition` (its `test_s3_preconditions.snapshot.json`, 2025-11-12),
    /// `ActualObjectSize` (awslabs/aws-c-s3, which reads it).
    /// Assumed: the others of `EntityTooSmall`, `InvalidPart` and `NoSuchUpload`, and the storage class as an argument.
    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoSuchKey { key, .. } => vec![("Key", key.clone())],
            Self::NoSuchVersion { key, version } => {
                vec![("Key", key.clone()), ("VersionId", version.clone())]
            }
            Self::IsDeleteMarker { .. } => vec![("ResourceType", "DeleteMarker".to_owned())],
            Self::NoSuchUpload(id) => vec![("UploadId", id.clone())],
            Self::NoSuchBucket(bucket)
            | Self::BucketAlreadyOwnedByYou(bucket)
            | Self::BucketAlreadyExists(bucket)
            | Self::BucketNotEmpty { bucket, .. }
            | Self::InvalidBucketName { name: bucket, .. }
            | Self::NotConfigured { bucket, .. } => vec![("BucketName", bucket.clone())],
            Self::PreconditionFailed(condition) => vec![("Condition", (*condition).to_owned())],
            Self::RangeNotSatisfiable { size } => vec![("ActualObjectSize", size.to_string())],
            Self::EntityTooSmall { part, bytes } => vec![
                ("ProposedSize", bytes.to_string()),
                ("MinSizeAllowed", PART_BYTES_MIN.to_string()),
                ("PartNumber", part.to_string()),
            ],
            Self::InvalidPart(part) => vec![("PartNumber", part.to_string())],
            Self::InvalidVersionId(id) => argument("versionId", id.clone()),
            Self::InvalidPartNumber(number) => argument("partNumber", number.to_string()),
            Self::InvalidStorageClass(class) => vec![("StorageClassRequested", class.clone())],
            Self::InvalidLocation(constraint) => vec![("LocationConstraint", constraint.clone())],
            _ => Vec::new(),
        }
    }

    fn spelled(&self) -> (u16, &'static str, String) {
        let (status, code, message) = match self {
            Self::NotConfigured { what, .. } => return what.spelled(),
            Self::NotImplemented(what) => {
                return (501, "NotImplemented", format!("wavetank does not implement {what}."));
            }
            Self::InvalidArgument(why) => return (400, "InvalidArgument", why.clone()),
            Self::InvalidVersionId(_) => (400, "InvalidArgument", "Invalid version id specified"),
            Self::InvalidPartNumber(_) => {
                let text =
                    format!("Part number must be an integer between 1 and {PART_NUMBER_MAX}, inclusive");
                return (400, "InvalidArgument", text);
            }
            Self::InvalidStorageClass(_) => {
                (400, "InvalidStorageClass", "The storage class you specified is not valid")
            }
            Self::InvalidRequest(why) => return (400, "InvalidRequest", why.clone()),
            Self::MalformedPolicy(why) => return (400, "MalformedPolicy", why.clone()),
            Self::InvalidTag(why) => (400, "InvalidTag", *why),
            Self::ChecksumMismatch(algorithm) => {
                let text = format!("The {algorithm} you specified did not match the calculated checksum.");
                return (400, "BadDigest", text);
            }
            Self::IllegalLocation { constraint, .. } => {
                let text = format!(
                    "The {constraint} location constraint is incompatible for the region specific endpoint this request was sent to."
                );
                return (400, "IllegalLocationConstraintException", text);
            }
            Self::UnreadableBody(_) => (
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period.",
            ),
            fixed => fixed.fixed(),
        };
        (status, code, message.to_owned())
    }

    /// Those whose sentence never varies.
    fn fixed(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::NoSuchBucket(_) => (404, "NoSuchBucket", "The specified bucket does not exist"),
            Self::NoSuchKey { .. } => (404, "NoSuchKey", "The specified key does not exist."),
            Self::NoSuchVersion { .. } => (404, "NoSuchVersion", "The specified version does not exist."),
            Self::IsDeleteMarker { .. } => {
                (405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
            }
            Self::NoSuchUpload(_) => (
                404,
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
            ),
            Self::BucketAlreadyOwnedByYou(_) => (
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            ),
            Self::BucketAlreadyExists(_) => (
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
            ),
            Self::BucketNotEmpty { versioned: false, .. } => {
                (409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
            }
            Self::BucketNotEmpty { versioned: true, .. } => (
                409,
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            ),
            Self::InvalidBucketName { .. } => {
                (400, "InvalidBucketName", "The specified bucket is not valid.")
            }
            Self::InvalidLocation(_) => {
                (400, "InvalidLocationConstraint", "The specified location-constraint is not valid")
            }
            Self::AccessDenied(_) => (403, "AccessDenied", "Access Denied"),
            Self::PreconditionFailed(_) => {
                (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
            }
            Self::NotModified { .. } => (304, "NotModified", "Not Modified"),
            Self::RangeNotSatisfiable { .. } => {
                (416, "InvalidRange", "The requested range is not satisfiable")
            }
            Self::PartNumberNotSatisfiable { .. } => {
                (416, "InvalidPartNumber", "The requested partnumber is not satisfiable")
            }
            Self::Md5Mismatch => {
                (400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
            }
            Self::InvalidDigest => (400, "InvalidDigest", "The Content-MD5 you specified was invalid."),
            other => other.fixed_of_bodies(),
        }
    }

    /// Those about bodies, parts and documents.
    fn fixed_of_bodies(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::EntityTooLarge(_) => {
                (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
            }
            Self::EntityTooSmall { .. } => {
                (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
            }
            Self::InvalidPart(_) => (
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
            ),
            Self::InvalidPartOrder => (
                400,
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
            ),
            Self::KeyTooLong => (400, "KeyTooLongError", "Your key is too long"),
            Self::MetadataTooLarge => {
                (400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
            }
            Self::MalformedXml(_) => (
                400,
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            ),
            Self::CopyToItself => (
                400,
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
            ),
            Self::IncompleteBody => (
                400,
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            ),
            Self::SignedSha256Mismatch => (
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            Self::ChunkSignatureMismatch => (
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            ),
            other => unreachable!("{other:?} is spelled above"),
        }
    }
}

fn argument(name: &str, value: String) -> Vec<(&'static str, String)> {
    vec![("ArgumentName", name.to_owned()), ("ArgumentValue", value)]
}

impl Missing {
    fn spelled(self) -> (u16, &'static str, String) {
        let (code, message) = match self {
            Self::Tags => ("NoSuchTagSet", "The TagSet does not exist"),
            Self::Policy => ("NoSuchBucketPolicy", "The bucket policy does not exist"),
            Self::Lifecycle => ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
            Self::Cors => ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
            Self::Ownership => {
                ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
            }
            Self::PublicAccessBlock => (
                "NoSuchPublicAccessBlockConfiguration",
                "The public access block configuration was not found",
            ),
            Self::Website => {
                ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
            }
            Self::ObjectLock => (
                "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket",
            ),
            Self::Replication => {
                ("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
            }
        };
        (404, code, message.to_owned())
    }
}
