//! What was never set of a bucket and cannot be here: AWS's answers for a bucket of which nothing was said, and the writes that
//! change nothing. Other writes are refused by name.
//!
//! Recorded, except where said: LocalStack's `test_s3.snapshot.json` and `test_s3_api.snapshot.json`, 2026-02-21.

use s3s::dto;
use s3s::{S3Request, S3Response, S3Result};

use super::configuration::done;
use super::convert::{refuse, unbuilt};
use super::{Asked, Wire};
use crate::services::s3::error::{Missing, Refusal};

type Answer<T> = S3Result<S3Response<T>>;

impl Asked<'_> {
    fn exists(&self, bucket: &str) -> S3Result<()> {
        self.act(|s3, cx| s3.bucket(cx, bucket).map(drop))
    }

    fn missing<T>(&self, bucket: &str, what: Missing) -> S3Result<T> {
        self.exists(bucket)?;
        Err(refuse(&Refusal::NotConfigured { bucket: bucket.to_owned(), what }))
    }
}

pub(super) fn website(
    wire: &Wire,
    req: S3Request<dto::GetBucketWebsiteInput>,
) -> Answer<dto::GetBucketWebsiteOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketWebsite");
    asked.missing(&input.bucket, Missing::Website)
}

pub(super) fn delete_website(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketWebsiteInput>,
) -> Answer<dto::DeleteBucketWebsiteOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketWebsite");
    asked.exists(&input.bucket)?;
    done()
}

pub(super) fn replication(
    wire: &Wire,
    req: S3Request<dto::GetBucketReplicationInput>,
) -> Answer<dto::GetBucketReplicationOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketReplication");
    asked.missing(&input.bucket, Missing::Replication)
}

pub(super) fn delete_replication(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketReplicationInput>,
) -> Answer<dto::DeleteBucketReplicationOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketReplication");
    asked.exists(&input.bucket)?;
    done()
}

pub(super) fn object_lock(
    wire: &Wire,
    req: S3Request<dto::GetObjectLockConfigurationInput>,
) -> Answer<dto::GetObjectLockConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "GetObjectLockConfiguration");
    asked.missing(&input.bucket, Missing::ObjectLock)
}

pub(super) fn logging(
    wire: &Wire,
    req: S3Request<dto::GetBucketLoggingInput>,
) -> Answer<dto::GetBucketLoggingOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketLogging");
    asked.exists(&input.bucket)?;
    done()
}

pub(super) fn put_logging(
    wire: &Wire,
    req: S3Request<dto::PutBucketLoggingInput>,
) -> Answer<dto::PutBucketLoggingOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketLogging");
    asked.exists(&input.bucket)?;
    if input.bucket_logging_status.logging_enabled.is_some() {
        return unbuilt("logs of access to a bucket");
    }
    done()
}

/// Documented: the owner pays unless something else was said
/// (docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html, to be verified).
pub(super) fn payment(
    wire: &Wire,
    req: S3Request<dto::GetBucketRequestPaymentInput>,
) -> Answer<dto::GetBucketRequestPaymentOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketRequestPayment");
    asked.exists(&input.bucket)?;
    let payer = Some(dto::Payer::from_static(dto::Payer::BUCKET_OWNER));
    Ok(S3Response::new(dto::GetBucketRequestPaymentOutput { payer }))
}

pub(super) fn put_payment(
    wire: &Wire,
    req: S3Request<dto::PutBucketRequestPaymentInput>,
) -> Answer<dto::PutBucketRequestPaymentOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketRequestPayment");
    asked.exists(&input.bucket)?;
    match input.request_payment_configuration.payer.as_str() {
        dto::Payer::BUCKET_OWNER => done(),
        dto::Payer::REQUESTER => unbuilt("buckets whose requester pays"),
        _ => Err(refuse(&Refusal::MalformedXml("the payer is BucketOwner or Requester"))),
    }
}

pub(super) fn acceleration(
    wire: &Wire,
    req: S3Request<dto::GetBucketAccelerateConfigurationInput>,
) -> Answer<dto::GetBucketAccelerateConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketAccelerateConfiguration");
    let suspended = asked.act(|s3, cx| Ok(s3.bucket(cx, &input.bucket)?.said.acceleration_suspended))?;
    let suspended = suspended.then_some(dto::BucketAccelerateStatus::SUSPENDED);
    let status = suspended.map(dto::BucketAccelerateStatus::from_static);
    Ok(S3Response::new(dto::GetBucketAccelerateConfigurationOutput { status, ..Default::default() }))
}

pub(super) fn put_acceleration(
    wire: &Wire,
    req: S3Request<dto::PutBucketAccelerateConfigurationInput>,
) -> Answer<dto::PutBucketAccelerateConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketAccelerateConfiguration");
    asked.exists(&input.bucket)?;
    match input.accelerate_configuration.status.as_ref().map(dto::BucketAccelerateStatus::as_str) {
        Some(dto::BucketAccelerateStatus::SUSPENDED) => {
            asked.act(|s3, cx| s3.unsay(cx, &input.bucket, |said| said.acceleration_suspended = true))?;
            done()
        }
        Some(dto::BucketAccelerateStatus::ENABLED) => unbuilt("transfer acceleration"),
        _ => Err(refuse(&Refusal::MalformedXml("acceleration is Enabled or Suspended"))),
    }
}
