//! What a crawler looks at: objects, behind a trait so that inference is tried over memory.

use bytes::Bytes;

/// An object's key and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
}

/// Where objects are.
pub trait Objects {
    /// Objects whose keys begin with `prefix`, in the order of their keys.
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, LookError>;

    /// An object's content. Cheap to take: it shares what is stored.
    fn read(&self, bucket: &str, key: &str) -> Result<Bytes, LookError>;
}

/// Why a crawl fails. The sentences are assumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each sentence is its own documentation")]
pub enum LookError {
    #[error("Include path `{0}` is not an S3 path; the form is s3://bucket/prefix.")]
    NotAPath(String),
    #[error("Exclude pattern `{0}` is not a glob.")]
    NotAGlob(String),
    #[error("{0}")]
    Refused(String),
    #[error(
        "wavetank does not read {what}: s3://{bucket}/{key}. hint: exclude it from the crawler's target."
    )]
    NotBuilt { what: &'static str, bucket: String, key: String },
}
