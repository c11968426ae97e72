//! Buckets over the wire.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use s3s::dto;
use s3s::{S3Request, S3Response, S3Result};
use wavetank_types::{AccountId, Region};

use super::convert::{self, time, unbuilt};
use super::{Asked, Wire};
use crate::services::s3::BucketConfiguration;
use crate::services::s3::object::Found;

type Answer<T> = S3Result<S3Response<T>>;

/// Most buckets of one page. Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html (read 2026-11-29).
const BUCKETS_PAGE_MAX: i32 = 10_000;

pub(super) fn create(wire: &Wire, req: S3Request<dto::CreateBucketInput>) -> Answer<dto::CreateBucketOutput> {
    let (asked, input) = Asked::new(wire, req, "CreateBucket");
    if input.object_lock_enabled_for_bucket == Some(true) {
        return unbuilt("object lock");
    }
    let said = input.create_bucket_configuration.unwrap_or_default();
    if said.location.is_some() || said.bucket.is_some() {
        return unbuilt("directory buckets");
    }
    let location =
        said.location_constraint.map(|name| name.as_str().to_owned()).filter(|name| !name.is_empty());
    let object_ownership = input.object_ownership.map(|said| said.as_str().to_owned());
    let bucket = input.bucket;
    asked.act(|s3, cx| {
        let is_new = s3.any_bucket(&bucket).is_none();
        s3.create_bucket(cx, &bucket, location.as_deref())?;
        if is_new && object_ownership.is_some() {
            let object_ownership = object_ownership.clone();
            let configuration = BucketConfiguration { object_ownership, ..BucketConfiguration::default() };
            s3.configure(cx, &bucket, configuration)?;
        }
        Ok(())
    })?;
    let mut response = S3Response::new(dto::CreateBucketOutput { location: Some(format!("/{bucket}")) });
    name(&mut response, &bucket);
    Ok(response)
}

pub(super) fn delete(wire: &Wire, req: S3Request<dto::DeleteBucketInput>) -> Answer<dto::DeleteBucketOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucket");
    asked.act(|s3, cx| s3.delete_bucket(cx, &input.bucket))?;
    Ok(S3Response::new(Default::default()))
}

pub(super) fn head(wire: &Wire, req: S3Request<dto::HeadBucketInput>) -> Answer<dto::HeadBucketOutput> {
    let (asked, input) = Asked::new(wire, req, "HeadBucket");
    let region = asked.act(|s3, cx| Ok(s3.bucket(cx, &input.bucket)?.region.to_string()))?;
    let access_point_alias = Some(false);
    let output =
        dto::HeadBucketOutput { access_point_alias, bucket_region: Some(region), ..Default::default() };
    let mut response = S3Response::new(output);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    name(&mut response, &input.bucket);
    Ok(response)
}

/// Says the bucket's ARN in a header that `s3s` does not know. The bucket is there, so its name is one.
///
/// Recorded: this header, and those of HeadBucket (LocalStack's `test_s3.snapshot.json`, 2026-02-21).
fn name<T>(response: &mut S3Response<T>, bucket: &str) {
    if let Ok(arn) = HeaderValue::from_str(&format!("arn:aws:s3:::{bucket}")) {
        response.headers.insert("x-amz-bucket-arn", arn);
    }
}

pub(super) fn list(wire: &Wire, req: S3Request<dto::ListBucketsInput>) -> Answer<dto::ListBucketsOutput> {
    let (asked, input) = Asked::new(wire, req, "ListBuckets");
    let prefix = input.prefix.unwrap_or_default();
    let after = input.continuation_token.unwrap_or_default();
    let page_max = usize::try_from(input.max_buckets.unwrap_or(BUCKETS_PAGE_MAX).clamp(1, BUCKETS_PAGE_MAX));
    let page_max = page_max.unwrap_or(1);
    if let Some(region) = input.bucket_region.as_deref()
        && !Region::KNOWN.contains(&region)
    {
        // Recorded: LocalStack's `test_s3_list_operations.snapshot.json`, 2026-02-21.
        let why = format!("Argument value {region} is not a valid AWS Region");
        return Err(convert::argument("bucket-region", None, why));
    }
    let in_region = |region: &str| input.bucket_region.as_deref().is_none_or(|wanted| wanted == region);
    let (buckets, truncated, owner) = asked.act(|s3, cx| {
        let mut all = s3.list_buckets(cx, &prefix, &after).filter(|bucket| in_region(bucket.region.as_str()));
        let page: Vec<dto::Bucket> = all
            .by_ref()
            .take(page_max)
            .map(|bucket| dto::Bucket {
                name: Some(bucket.name().to_owned()),
                creation_date: Some(time(bucket.created)),
                bucket_region: Some(bucket.region.to_string()),
            })
            .collect();
        Ok((page, all.next().is_some(), cx.scope.account.clone()))
    })?;
    let continuation_token = buckets.last().and_then(|bucket| bucket.name.clone()).filter(|_| truncated);
    Ok(S3Response::new(dto::ListBucketsOutput {
        buckets: Some(buckets),
        owner: Some(convert::owner(&owner)),
        continuation_token,
        prefix: Some(prefix.clone()).filter(|prefix| !prefix.is_empty()),
    }))
}

/// Documented: the location of a bucket in us-east-1 is null
/// (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html, read 2026-11-29).
pub(super) fn location(
    wire: &Wire,
    req: S3Request<dto::GetBucketLocationInput>,
) -> Answer<dto::GetBucketLocationOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketLocation");
    let region = asked.act(|s3, cx| Ok(s3.bucket(cx, &input.bucket)?.region.to_string()))?;
    let location_constraint = Some(region).filter(|region| region != "us-east-1").map(Into::into);
    Ok(S3Response::new(dto::GetBucketLocationOutput { location_constraint }))
}

fn full_control(account: &AccountId) -> Vec<dto::Grant> {
    let owner = convert::owner(account);
    let grantee = dto::Grantee {
        display_name: None,
        email_address: None,
        id: owner.id,
        type_: dto::Type::from_static(dto::Type::CANONICAL_USER),
        uri: None,
    };
    let permission = Some(dto::Permission::from_static(dto::Permission::FULL_CONTROL));
    vec![dto::Grant { grantee: Some(grantee), permission }]
}

/// ACLs are off, as for every new bucket on AWS: what is left is the owner's full control.
pub(super) fn acl(wire: &Wire, req: S3Request<dto::GetBucketAclInput>) -> Answer<dto::GetBucketAclOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketAcl");
    let owner = asked.act(|s3, cx| Ok(s3.bucket(cx, &input.bucket)?.owner.clone()))?;
    let grants = Some(full_control(&owner));
    Ok(S3Response::new(dto::GetBucketAclOutput { grants, owner: Some(convert::owner(&owner)) }))
}

pub(super) fn object_acl(
    wire: &Wire,
    req: S3Request<dto::GetObjectAclInput>,
) -> Answer<dto::GetObjectAclOutput> {
    let (asked, input) = Asked::new(wire, req, "GetObjectAcl");
    let version = input.version_id.as_deref();
    let owner = asked.act(|s3, cx| {
        let owner = s3.bucket(cx, &input.bucket)?.owner.clone();
        let _: Found = s3.find(cx, &input.bucket, &input.key, version)?;
        Ok(owner)
    })?;
    Ok(S3Response::new(dto::GetObjectAclOutput {
        grants: Some(full_control(&owner)),
        owner: Some(convert::owner(&owner)),
        ..Default::default()
    }))
}
