//! Empties buckets: every version, every delete marker, every upload that was never completed.
//!
//! CloudFormation removes only a bucket that has nothing in it. Documented:
//! docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::client::{Aws, said};

/// Why a bucket cannot be emptied or asked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bucket {bucket}: {cause}\nhint: `wavetank sweep` tries again")]
pub struct BucketError {
    /// Which.
    pub bucket: String,
    /// What S3 said.
    pub cause: String,
}

/// The tag that says whose a bucket is.
pub(super) const RUN_TAG: &str = "wavetank:run";

/// Whose a bucket is, as far as its tags tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It has a tag of a run.
    Run(String),
    /// It has no such tag, or the server has no tags.
    Unknown,
    /// There is no such bucket.
    Gone,
}

/// Asks a bucket's tags.
pub(super) async fn owner(aws: Aws<'_>, bucket: &str) -> Result<Owner, BucketError> {
    let answer = aws.target().s3(aws.region()).get_bucket_tagging().bucket(bucket).send().await;
    match answer {
        Ok(found) => {
            let tag = found.tag_set().iter().find(|tag| tag.key() == RUN_TAG);
            Ok(tag.map_or(Owner::Unknown, |tag| Owner::Run(tag.value().to_owned())))
        }
        Err(error) => match error.code() {
            Some("NoSuchBucket") => Ok(Owner::Gone),
            Some("NoSuchTagSet" | "NotImplemented") => Ok(Owner::Unknown),
            _ => Err(failed(bucket, &said(&error))),
        },
    }
}

/// Removes all that is in a bucket. Answers how many versions, markers and uploads there were.
pub(crate) async fn empty(aws: Aws<'_>, bucket: &str) -> Result<u64, BucketError> {
    let client = aws.target().s3(aws.region());
    let mut removed = 0;
    loop {
        let found = versions(&client, bucket).await?;
        if found.is_empty() {
            break;
        }
        removed += found.len() as u64;
        remove(&client, bucket, found).await?;
    }
    Ok(removed + abort_uploads(&client, bucket).await?)
}

/// The first versions and markers of a bucket: as many as one deletion takes.
async fn versions(client: &Client, bucket: &str) -> Result<Vec<ObjectIdentifier>, BucketError> {
    let answer = client.list_object_versions().bucket(bucket).send().await;
    let page = match answer {
        Ok(page) => page,
        Err(error) if error.code() == Some("NoSuchBucket") => return Ok(Vec::new()),
        Err(error) => return Err(failed(bucket, &said(&error))),
    };
    let of_versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
    let of_markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
    let identifier = |(key, version): (Option<&str>, Option<&str>)| {
        // A server without versions lists objects with none.
        let version = version.map(str::to_owned);
        ObjectIdentifier::builder().key(key.unwrap_or_default()).set_version_id(version).build().ok()
    };
    Ok(of_versions.chain(of_markers).filter_map(identifier).collect())
}

async fn remove(client: &Client, bucket: &str, found: Vec<ObjectIdentifier>) -> Result<(), BucketError> {
    let delete = Delete::builder().set_objects(Some(found)).quiet(true).build();
    let delete = delete.map_err(|error| failed(bucket, &error))?;
    let answer = client.delete_objects().bucket(bucket).delete(delete).send().await;
    let answer = answer.map_err(|error| failed(bucket, &said(&error)))?;
    match answer.errors().first() {
        None => Ok(()),
        Some(error) => {
            let text = |text: Option<&str>| text.unwrap_or("no word").to_owned();
            let (key, code, message) = (text(error.key()), text(error.code()), text(error.message()));
            Err(failed(bucket, &format!("{key}: {code}: {message}")))
        }
    }
}

async fn abort_uploads(client: &Client, bucket: &str) -> Result<u64, BucketError> {
    let answer = client.list_multipart_uploads().bucket(bucket).send().await;
    let uploads = match answer {
        Ok(page) => page.uploads().to_vec(),
        Err(error) if matches!(error.code(), Some("NoSuchBucket" | "NotImplemented")) => return Ok(0),
        Err(error) => return Err(failed(bucket, &said(&error))),
    };
    for upload in &uploads {
        let (key, id) = (upload.key().unwrap_or_default(), upload.upload_id().unwrap_or_default());
        let aborted = client.abort_multipart_upload().bucket(bucket).key(key).upload_id(id).send().await;
        aborted.map_err(|error| failed(bucket, &said(&error)))?;
    }
    Ok(uploads.len() as u64)
}

/// Whether a bucket is still there.
pub(super) async fn is_there(aws: Aws<'_>, bucket: &str) -> Result<bool, BucketError> {
    let answer = aws.target().s3(aws.region()).head_bucket().bucket(bucket).send().await;
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => Ok(false),
        Err(error) => Err(failed(bucket, &said(&error))),
    }
}

fn failed(bucket: &str, cause: &dyn std::fmt::Display) -> BucketError {
    BucketError { bucket: bucket.to_owned(), cause: cause.to_string() }
}
