//! Why S3 refuses, in its own words, and the one match that turns each into AWS's code, status and sentence.
//!
//! Codes and statuses documented: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (read 2026-11-29 as in the service
//! model, botocore 1.43.11), but for codes that it has not: `InvalidPartNumber`, `MalformedPolicy`, `XAmzContentSHA256Mismatch`,
//! `IllegalLocationConstraintException`, and those of what a bucket has not been given (to be verified).
//! Many sentences are those of that list; others, such as those of `InvalidRange` and `NoSuchVersion`, are not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wavetank_types::names::BucketNameError;
use wavetank_wire::WireError;

use crate::services::AwsError;
use crate::services::s3::limits::{KEY_BYTES_MAX, METADATA_BYTES_MAX, PART_BYTES_MIN, PART_NUMBER_MAX};

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
    PartNumberNotSatisfiable { wanted: i32, parts: usize },
    #[error("the body's MD5 is not the Content-MD5 that was sent")]
    Md5Mismatch { sent: [u8; 16], own: [u8; 16], of_part: bool },
    #[error("the body's {0} is not the one that was sent")]
    ChecksumMismatch(&'static str),
    #[error("the {algorithm} of part {part} is not what was received")]
    PartChecksumMismatch { algorithm: &'static str, part: i32 },
    #[error("Content-MD5 `{0}` is not the base64 of 16 bytes")]
    InvalidDigest(String),
    #[error("{0} bytes are more than one PUT takes")]
    EntityTooLarge(u64),
    #[error("part {part} has {bytes} bytes, fewer than the least")]
    EntityTooSmall { part: i32, bytes: u64, etag: String },
    #[error("part {part} was not uploaded, or its ETag differs")]
    InvalidPart { part: i32, etag: String, upload: String },
    #[error("the parts are not in ascending order")]
    InvalidPartOrder { upload: String },
    #[error("a key of {0} bytes is longer than 1024")]
    KeyTooLong(usize),
    #[error("metadata of {0} bytes is longer than 2048")]
    MetadataTooLarge(usize),
    #[error("{why}")]
    InvalidTag { why: &'static str, key: Option<String>, value: Option<String> },
    #[error("{0}")]
    InvalidArgument(String),
    #[error("{why}")]
    Argument { name: &'static str, value: Option<String>, why: String },
    #[error("`{0}` is no account id")]
    InvalidBucketOwner(String),
    #[error("versioning has a status")]
    VersioningUnspecified,
    #[error("header {header}: {why}")]
    HeaderNotImplemented { header: &'static str, why: &'static str },
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
    /// What stands in the error's XML beside code and sentence. A part of an error that has a capital is such a detail;
    /// the others are headers.
    ///
    /// Recorded: LocalStack's `test_s3.snapshot.json`, `test_s3_api.snapshot.json` and `test_s3_list_operations.snapshot.json`,
    /// 2026-02-21 and 2026-02-23; `Condition` in its `test_s3_preconditions.snapshot.json`, 2025-11-12.
    /// Assumed: both sizes of `KeyTooLongError` and `MetadataTooLarge`, which no recording has.
    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoSuchKey { key, .. } => vec![("Key", key.clone())],
            Self::NoSuchVersion { key, version } => {
                vec![("Key", key.clone()), ("VersionId", version.clone())]
            }
            Self::IsDeleteMarker { .. } => vec![("ResourceType", "DeleteMarker".to_owned())],
            Self::NoSuchUpload(id) | Self::InvalidPartOrder { upload: id } => vec![("UploadId", id.clone())],
            Self::NoSuchBucket(bucket)
            | Self::BucketAlreadyOwnedByYou(bucket)
            | Self::BucketAlreadyExists(bucket)
            | Self::BucketNotEmpty { bucket, .. }
            | Self::InvalidBucketName { name: bucket, .. }
            | Self::NotConfigured { bucket, .. } => vec![("BucketName", bucket.clone())],
            Self::PreconditionFailed(condition) => vec![("Condition", (*condition).to_owned())],
            Self::RangeNotSatisfiable { size } => vec![("ActualObjectSize", size.to_string())],
            Self::PartNumberNotSatisfiable { wanted, parts } => vec![
                ("ActualPartCount", parts.max(&1).to_string()),
                ("PartNumberRequested", wanted.to_string()),
            ],
            Self::InvalidVersionId(id) => argument("versionId", id.clone()),
            Self::InvalidPartNumber(number) => argument("partNumber", number.to_string()),
            Self::InvalidStorageClass(class) => vec![("StorageClassRequested", class.clone())],
            Self::InvalidLocation(constraint) => vec![("LocationConstraint", constraint.clone())],
            Self::Argument { name, value, .. } => {
                let value = value.clone().map(|value| ("ArgumentValue", value));
                std::iter::once(("ArgumentName", (*name).to_owned())).chain(value).collect()
            }
            Self::InvalidTag { key, value, .. } => {
                let key = key.clone().map(|key| ("TagKey", key));
                key.into_iter().chain(value.clone().map(|value| ("TagValue", value))).collect()
            }
            Self::HeaderNotImplemented { header, why } => {
                vec![("Header", (*header).to_owned()), ("additionalMessage", (*why).to_owned())]
            }
            other => other.details_of_bodies(),
        }
    }

    /// Those about bodies, parts and sizes.
    ///
    /// Recorded, as above: the MD5 that was sent is told in hexadecimal of an object and in base64 of a part.
    fn details_of_bodies(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Md5Mismatch { sent, own, of_part } => {
                let expected = if *of_part { STANDARD.encode(sent) } else { hex::encode(sent) };
                vec![("ExpectedDigest", expected), ("CalculatedDigest", STANDARD.encode(own))]
            }
            Self::InvalidDigest(sent) => vec![("Content-MD5", sent.clone())],
            Self::EntityTooSmall { part, bytes, etag } => vec![
                ("ETag", etag.clone()),
                ("MinSizeAllowed", PART_BYTES_MIN.to_string()),
                ("PartNumber", part.to_string()),
                ("ProposedSize", bytes.to_string()),
            ],
            Self::InvalidPart { part, etag, upload } => {
                vec![("ETag", etag.clone()), ("PartNumber", part.to_string()), ("UploadId", upload.clone())]
            }
            Self::KeyTooLong(bytes) => sizes(KEY_BYTES_MAX, *bytes),
            Self::MetadataTooLarge(bytes) => sizes(METADATA_BYTES_MAX, *bytes),
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
            Self::Argument { why, .. } => return (400, "InvalidArgument", why.clone()),
            Self::InvalidBucketOwner(owner) => {
                let text = format!(
                    "The value of the expected bucket owner parameter must be an AWS Account ID... [{owner}]"
                );
                return (400, "InvalidBucketOwnerAWSAccountID", text);
            }
            Self::PartChecksumMismatch { algorithm, part } => {
                let text =
                    format!("The {algorithm} you specified for part {part} did not match what we received.");
                return (400, "BadDigest", text);
            }
            Self::InvalidTag { why, .. } => (400, "InvalidTag", *why),
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
            Self::VersioningUnspecified => {
                (400, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
            }
            Self::HeaderNotImplemented { .. } => {
                (501, "NotImplemented", "A header you provided implies functionality that is not implemented")
            }
            Self::Md5Mismatch { .. } => {
                (400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
            }
            Self::InvalidDigest(_) => (400, "InvalidDigest", "The Content-MD5 you specified was invalid."),
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
            Self::InvalidPart { .. } => (
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
            ),
            Self::InvalidPartOrder { .. } => (
                400,
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
            ),
            Self::KeyTooLong(_) => (400, "KeyTooLongError", "Your key is too long"),
            Self::MetadataTooLarge(_) => {
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

fn sizes(max: usize, bytes: usize) -> Vec<(&'static str, String)> {
    vec![("MaxSizeAllowed", max.to_string()), ("Size", bytes.to_string())]
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
