//! Numbers of S3, each with its unit, its source and the date on which it was read.

use wavetank_types::Region;

/// Longest key, in bytes of UTF-8. Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (read 2026-11-29).
pub const KEY_BYTES_MAX: usize = 1_024;

/// Largest object of one PUT, in bytes (5 GiB).
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html (read 2026-11-29).
pub const PUT_BYTES_MAX: u64 = 5 << 30;

/// What an object may be stored as. Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (`x-amz-storage-class`).
/// Recorded: that `OUTPOSTS` is refused in a region (LocalStack's `test_s3.snapshot.json`, 2026-02-21).
pub const STORAGE_CLASSES: [&str; 12] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
    "FSX_OPENZFS",
    "FSX_ONTAP",
];

/// Whether CreateBucket takes this as a location. us-east-1 is named by naming none.
/// Documented: botocore 1.43.11, the values of `BucketLocationConstraint` in S3's model, and the regions of `endpoints.json` that it
/// does not name yet.
pub fn is_location(name: &str) -> bool {
    name == "EU" || (name != "us-east-1" && Region::KNOWN.contains(&name))
}

/// Characters of a version id. Recorded: in answers of AWS (LocalStack's `test_s3_api.snapshot.json`, 2025-01-21).
pub const VERSION_ID_CHARS: usize = 32;

/// Smallest part but the last, in bytes (5 MiB).
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (read 2026-11-29).
pub const PART_BYTES_MIN: u64 = 5 << 20;

/// Greatest part number. Documented: the same page.
pub const PART_NUMBER_MAX: i32 = 10_000;

/// Most entries of one page of a listing. Documented: the same page.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// Most keys of one DeleteObjects request.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html (read 2026-11-29).
pub const DELETE_KEYS_MAX: usize = 1_000;

/// Most tags of an object. Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html (read 2026-11-29).
pub const OBJECT_TAGS_MAX: usize = 10;

/// Most tags of a bucket. Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html (read 2026-11-29).
pub const BUCKET_TAGS_MAX: usize = 50;

/// Longest tag key, in characters. Documented: the page on object tagging.
pub const TAG_KEY_CHARACTERS_MAX: usize = 128;

/// Longest tag value, in characters. Documented: the page on object tagging.
pub const TAG_VALUE_CHARACTERS_MAX: usize = 256;

/// User metadata of one object, keys and values together, in bytes.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html (read 2026-11-29).
pub const METADATA_BYTES_MAX: usize = 2_048;

/// Longest bucket policy, in bytes (20 KB).
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html (read 2026-11-29).
pub const POLICY_BYTES_MAX: usize = 20_480;

/// A body up to this many bytes is copied into memory of its own when stored. Ours, not AWS's.
///
/// A chunk as it arrives is a slice of the connection's read buffer and would keep all of that buffer alive.
pub const COPIED_BODY_BYTES_MAX: usize = 64 << 10;
