//! S3's objects as values, of a target that is in this process: what the harness puts, gets and lists without HTTP between.

use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::WireError;

/// An entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified: Timestamp,
}

/// Whole objects, put, got and listed in a region.
pub trait Objects: Send + Sync {
    /// Stores one.
    fn put(&self, region: &str, bucket: &str, key: &str, body: Bytes) -> Result<(), WireError>;

    /// Its content.
    fn get(&self, region: &str, bucket: &str, key: &str) -> Result<Bytes, WireError>;

    /// All under a prefix, in the order of their keys.
    fn list(&self, region: &str, bucket: &str, prefix: &str) -> Result<Vec<Listed>, WireError>;
}
