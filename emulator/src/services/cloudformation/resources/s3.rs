//! AWS::S3::Bucket and AWS::S3::BucketPolicy.

use super::properties::Properties;
use super::s3_configuration::{
    CORS, ENCRYPTION, LIFECYCLE, NOTIFICATION, OWNERSHIP, PUBLIC_ACCESS, VERSIONING, configuration,
};
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update};
use crate::services::s3::{BucketConfiguration, Command};

/// A bucket. `Ref`: its name.
pub(super) struct Bucket;

static BUCKET: Spec = Spec {
    name: "AWS::S3::Bucket",
    properties: &[
        Property { name: "BucketName", form: Form::Scalar, update: Update::Replace },
        Property { name: "AccessControl", form: Form::Scalar, update: Update::InPlace },
        Property { name: "BucketEncryption", form: Form::Members(ENCRYPTION), update: Update::InPlace },
        Property { name: "CorsConfiguration", form: Form::Members(CORS), update: Update::InPlace },
        Property { name: "LifecycleConfiguration", form: Form::Members(LIFECYCLE), update: Update::InPlace },
        Property {
            name: "NotificationConfiguration",
            form: Form::Members(NOTIFICATION),
            update: Update::InPlace,
        },
        Property { name: "OwnershipControls", form: Form::Members(OWNERSHIP), update: Update::InPlace },
        Property {
            name: "PublicAccessBlockConfiguration",
            form: Form::Members(PUBLIC_ACCESS),
            update: Update::InPlace,
        },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
        Property {
            name: "VersioningConfiguration",
            form: Form::Members(VERSIONING),
            update: Update::InPlace,
        },
    ],
    attributes: &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"],
    unbuilt: &[
        "AbacStatus",
        "AccelerateConfiguration",
        "AnalyticsConfigurations",
        "BucketNamePrefix",
        "BucketNamespace",
        "IntelligentTieringConfigurations",
        "InventoryConfigurations",
        "LoggingConfiguration",
        "MetadataConfiguration",
        "MetadataTableConfiguration",
        "MetricsConfigurations",
        "ObjectLockConfiguration",
        "ObjectLockEnabled",
        "ReplicationConfiguration",
        "WebsiteConfiguration",
    ],
    name_property: Some("BucketName"),
    tags: TagStyle::List,
};

impl Kind for Bucket {
    fn spec(&self) -> &'static Spec {
        &BUCKET
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let bucket = properties.text("BucketName").unwrap_or_else(|| make.lower_name(63));
        let configuration = configuration(properties, None)?;
        let mut asks = vec![Ask::s3(Command::CreateBucket { bucket: bucket.clone() })];
        if configuration != BucketConfiguration::default() {
            asks.push(Ask::s3(Command::PutBucketConfiguration { bucket: bucket.clone(), configuration }));
        }
        let region = make.region();
        let made = Made::new(&bucket)
            .with("Arn", format!("arn:aws:s3:::{bucket}"))
            .with("DomainName", format!("{bucket}.s3.amazonaws.com"))
            .with("DualStackDomainName", format!("{bucket}.s3.dualstack.{region}.amazonaws.com"))
            .with("RegionalDomainName", format!("{bucket}.s3.{region}.amazonaws.com"))
            .with("WebsiteURL", format!("http://{bucket}.s3-website-{region}.amazonaws.com"));
        Ok(Plan { made, asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let bucket = old.made.physical_id.clone();
        let configuration = configuration(properties, Some(old))?;
        let put = Ask::s3(Command::PutBucketConfiguration { bucket, configuration });
        Ok(Plan { made: old.made.clone(), asks: vec![put] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        vec![Ask::s3(Command::DeleteBucket { bucket: old.made.physical_id.clone() }).or_absent()]
    }
}

/// A bucket's policy. `Ref`: the bucket's name.
pub(super) struct BucketPolicy;

static BUCKET_POLICY: Spec = Spec {
    name: "AWS::S3::BucketPolicy",
    properties: &[
        Property { name: "Bucket", form: Form::Scalar, update: Update::Replace },
        Property { name: "PolicyDocument", form: Form::Free, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

fn put_policy(bucket: &str, properties: &Properties<'_>) -> Result<Ask, Reason> {
    let policy = Some(properties.document("PolicyDocument")?);
    let configuration = BucketConfiguration { policy, ..BucketConfiguration::default() };
    Ok(Ask::s3(Command::PutBucketConfiguration { bucket: bucket.to_owned(), configuration }))
}

impl Kind for BucketPolicy {
    fn spec(&self) -> &'static Spec {
        &BUCKET_POLICY
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let bucket = properties.required("Bucket")?;
        Ok(Plan { asks: vec![put_policy(&bucket, properties)?], made: Made::new(bucket) })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let put = put_policy(&old.made.physical_id, properties)?;
        Ok(Plan { made: old.made.clone(), asks: vec![put] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        vec![Ask::s3(Command::DeleteBucketPolicy { bucket: old.made.physical_id.clone() }).or_absent()]
    }
}
