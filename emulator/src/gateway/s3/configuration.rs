//! What is said of a bucket, over the wire.

use s3s::dto;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::{self, refuse, unbuilt};
use super::{Asked, Wire};
use crate::services::s3::error::{Missing, Refusal};
use crate::services::s3::{
    BucketConfiguration, CorsRule, Destination, LifecycleRule, Listener, Notification, PublicAccessBlock,
    Said, Versioning, is_public_policy,
};

type Answer<T> = S3Result<S3Response<T>>;

impl Asked<'_> {
    /// Says one thing of a bucket.
    fn say(&self, bucket: &str, configuration: &BucketConfiguration) -> S3Result<()> {
        self.act(|s3, cx| s3.configure(cx, bucket, configuration.clone()))
    }

    /// Reads what is said of a bucket.
    fn said<R>(&self, bucket: &str, read: impl Fn(&Said) -> Result<R, Missing>) -> S3Result<R> {
        self.act(|s3, cx| {
            let bucket = s3.bucket(cx, bucket)?;
            read(&bucket.said)
                .map_err(|what| Refusal::NotConfigured { bucket: bucket.name().to_owned(), what })
        })
    }

    fn unsay(&self, bucket: &str, unsay: impl Fn(&mut Said)) -> S3Result<()> {
        self.act(|s3, cx| s3.unsay(cx, bucket, &unsay))
    }
}

fn configuration() -> BucketConfiguration {
    BucketConfiguration::default()
}

pub(super) fn done<T: Default>() -> Answer<T> {
    Ok(S3Response::new(T::default()))
}

pub(super) fn put_tags(
    wire: &Wire,
    req: S3Request<dto::PutBucketTaggingInput>,
) -> Answer<dto::PutBucketTaggingOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketTagging");
    let tags = Some(convert::tags(input.tagging.tag_set)?);
    asked.say(&input.bucket, &BucketConfiguration { tags, ..configuration() })?;
    done()
}

pub(super) fn tags(
    wire: &Wire,
    req: S3Request<dto::GetBucketTaggingInput>,
) -> Answer<dto::GetBucketTaggingOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketTagging");
    let tags = asked.said(&input.bucket, |said| said.tags.clone().ok_or(Missing::Tags))?;
    Ok(S3Response::new(dto::GetBucketTaggingOutput { tag_set: convert::tag_set(&tags) }))
}

pub(super) fn delete_tags(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketTaggingInput>,
) -> Answer<dto::DeleteBucketTaggingOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketTagging");
    asked.unsay(&input.bucket, |said| said.tags = None)?;
    done()
}

pub(super) fn put_versioning(
    wire: &Wire,
    req: S3Request<dto::PutBucketVersioningInput>,
) -> Answer<dto::PutBucketVersioningOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketVersioning");
    if input.versioning_configuration.mfa_delete.is_some_and(|said| said.as_str() == "Enabled") {
        return unbuilt("MFA delete");
    }
    let Some(status) = input.versioning_configuration.status else {
        return Err(refuse(&Refusal::VersioningUnspecified));
    };
    let versioning = Some(status.as_str().to_owned());
    asked.say(&input.bucket, &BucketConfiguration { versioning, ..configuration() })?;
    done()
}

pub(super) fn versioning(
    wire: &Wire,
    req: S3Request<dto::GetBucketVersioningInput>,
) -> Answer<dto::GetBucketVersioningOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketVersioning");
    let status = match asked.act(|s3, cx| Ok(s3.bucket(cx, &input.bucket)?.versioning))? {
        Versioning::Never => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    let status = status.map(dto::BucketVersioningStatus::from_static);
    Ok(S3Response::new(dto::GetBucketVersioningOutput { mfa_delete: None, status }))
}

fn listener(
    id: Option<String>,
    arn: String,
    events: Vec<dto::Event>,
    filter: Option<dto::NotificationConfigurationFilter>,
) -> S3Result<Listener> {
    let events = events.into_iter().map(String::from).collect();
    let mut out = Listener { id, arn, events, ..Listener::default() };
    let rules = filter.and_then(|filter| filter.key).and_then(|key| key.filter_rules).unwrap_or_default();
    for rule in rules {
        let said = rule.name.map(|name| name.as_str().to_owned()).unwrap_or_default();
        let name = said.to_ascii_lowercase();
        let place = match name.as_str() {
            "prefix" => &mut out.prefix,
            "suffix" => &mut out.suffix,
            _ => {
                // Recorded: LocalStack's `test_s3_api.snapshot.json`, 2026-02-21.
                let why = "filter rule name must be either prefix or suffix";
                return Err(convert::argument("FilterRule.Name", Some(&said), why));
            }
        };
        if place.replace(rule.value.unwrap_or_default()).is_some() {
            let why = format!("Cannot specify more than one {name} rule in a filter.");
            return Err(refuse(&Refusal::InvalidArgument(why)));
        }
    }
    Ok(out)
}

pub(super) fn put_notification(
    wire: &Wire,
    req: S3Request<dto::PutBucketNotificationConfigurationInput>,
) -> Answer<dto::PutBucketNotificationConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketNotificationConfiguration");
    let sent = input.notification_configuration;
    let event_bridge = sent.event_bridge_configuration.is_some();
    let functions = sent.lambda_function_configurations.into_iter().flatten();
    let functions = functions.map(|one| listener(one.id, one.lambda_function_arn, one.events, one.filter));
    let queues = sent.queue_configurations.into_iter().flatten();
    let queues = queues.map(|one| listener(one.id, one.queue_arn, one.events, one.filter));
    let topics = sent.topic_configurations.into_iter().flatten();
    let topics = topics.map(|one| listener(one.id, one.topic_arn, one.events, one.filter));
    let listeners = functions.chain(queues).chain(topics).collect::<S3Result<Vec<_>>>()?;
    let notification = Notification { listeners, event_bridge };
    if input.skip_destination_validation != Some(true) {
        let check = wire.tank.with_world(|world| world.check_destinations(&notification));
        check.map_err(convert::error)?;
    }
    asked.say(&input.bucket, &BucketConfiguration { notification: Some(notification), ..configuration() })?;
    done()
}

pub(super) fn notification(
    wire: &Wire,
    req: S3Request<dto::GetBucketNotificationConfigurationInput>,
) -> Answer<dto::GetBucketNotificationConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketNotificationConfiguration");
    let said = asked.said(&input.bucket, |said| Ok(said.notification.clone()))?;
    let event_bridge_configuration = said.event_bridge.then(dto::EventBridgeConfiguration::default);
    let mut out =
        dto::GetBucketNotificationConfigurationOutput { event_bridge_configuration, ..Default::default() };
    for listener in said.listeners {
        let destination = listener.destination();
        let rule = |name: &'static str, value: Option<String>| {
            let name = Some(dto::FilterRuleName::from_static(name));
            value.map(|value| dto::FilterRule { name, value: Some(value) })
        };
        let rules = [rule("Prefix", listener.prefix), rule("Suffix", listener.suffix)];
        let rules: Vec<dto::FilterRule> = rules.into_iter().flatten().collect();
        let key = (!rules.is_empty()).then_some(dto::S3KeyFilter { filter_rules: Some(rules) });
        let filter = key.map(|key| dto::NotificationConfigurationFilter { key: Some(key) });
        let (id, arn) = (listener.id, listener.arn);
        let events = listener.events.into_iter().map(dto::Event::from).collect();
        match destination {
            Some(Destination::Queue) => {
                let one = dto::QueueConfiguration { id, queue_arn: arn, events, filter };
                out.queue_configurations.get_or_insert_default().push(one);
            }
            Some(Destination::Topic) => {
                let one = dto::TopicConfiguration { id, topic_arn: arn, events, filter };
                out.topic_configurations.get_or_insert_default().push(one);
            }
            Some(Destination::Function) | None => {
                let one = dto::LambdaFunctionConfiguration { id, lambda_function_arn: arn, events, filter };
                out.lambda_function_configurations.get_or_insert_default().push(one);
            }
        }
    }
    Ok(S3Response::new(out))
}

pub(super) fn put_policy(
    wire: &Wire,
    req: S3Request<dto::PutBucketPolicyInput>,
) -> Answer<dto::PutBucketPolicyOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketPolicy");
    let policy = Some(input.policy);
    asked.say(&input.bucket, &BucketConfiguration { policy, ..configuration() })?;
    done()
}

pub(super) fn policy(
    wire: &Wire,
    req: S3Request<dto::GetBucketPolicyInput>,
) -> Answer<dto::GetBucketPolicyOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketPolicy");
    let policy = asked.said(&input.bucket, |said| said.policy.clone().ok_or(Missing::Policy))?;
    Ok(S3Response::new(dto::GetBucketPolicyOutput { policy: Some(policy) }))
}

pub(super) fn policy_status(
    wire: &Wire,
    req: S3Request<dto::GetBucketPolicyStatusInput>,
) -> Answer<dto::GetBucketPolicyStatusOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketPolicyStatus");
    let policy = asked.said(&input.bucket, |said| said.policy.clone().ok_or(Missing::Policy))?;
    let policy_status = Some(dto::PolicyStatus { is_public: Some(is_public_policy(&policy)) });
    Ok(S3Response::new(dto::GetBucketPolicyStatusOutput { policy_status }))
}

pub(super) fn delete_policy(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketPolicyInput>,
) -> Answer<dto::DeleteBucketPolicyOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketPolicy");
    asked.unsay(&input.bucket, |said| said.policy = None)?;
    done()
}

pub(super) fn put_block(
    wire: &Wire,
    req: S3Request<dto::PutPublicAccessBlockInput>,
) -> Answer<dto::PutPublicAccessBlockOutput> {
    let (asked, input) = Asked::new(wire, req, "PutPublicAccessBlock");
    let sent = input.public_access_block_configuration;
    let block = PublicAccessBlock {
        block_public_acls: sent.block_public_acls.unwrap_or(false),
        ignore_public_acls: sent.ignore_public_acls.unwrap_or(false),
        block_public_policy: sent.block_public_policy.unwrap_or(false),
        restrict_public_buckets: sent.restrict_public_buckets.unwrap_or(false),
    };
    asked.say(&input.bucket, &BucketConfiguration { public_access_block: Some(block), ..configuration() })?;
    done()
}

pub(super) fn block(
    wire: &Wire,
    req: S3Request<dto::GetPublicAccessBlockInput>,
) -> Answer<dto::GetPublicAccessBlockOutput> {
    let (asked, input) = Asked::new(wire, req, "GetPublicAccessBlock");
    let missing = Missing::PublicAccessBlock;
    let block = asked.said(&input.bucket, |said| said.public_access_block.ok_or(missing))?;
    let sent = dto::PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        ignore_public_acls: Some(block.ignore_public_acls),
        block_public_policy: Some(block.block_public_policy),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    };
    Ok(S3Response::new(dto::GetPublicAccessBlockOutput { public_access_block_configuration: Some(sent) }))
}

pub(super) fn delete_block(
    wire: &Wire,
    req: S3Request<dto::DeletePublicAccessBlockInput>,
) -> Answer<dto::DeletePublicAccessBlockOutput> {
    let (asked, input) = Asked::new(wire, req, "DeletePublicAccessBlock");
    asked.unsay(&input.bucket, |said| said.public_access_block = None)?;
    done()
}

pub(super) fn put_ownership(
    wire: &Wire,
    req: S3Request<dto::PutBucketOwnershipControlsInput>,
) -> Answer<dto::PutBucketOwnershipControlsOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketOwnershipControls");
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(refuse(&Refusal::MalformedXml("ownership controls have one rule")));
    };
    let object_ownership = Some(rule.object_ownership.as_str().to_owned());
    asked.say(&input.bucket, &BucketConfiguration { object_ownership, ..configuration() })?;
    done()
}

pub(super) fn ownership(
    wire: &Wire,
    req: S3Request<dto::GetBucketOwnershipControlsInput>,
) -> Answer<dto::GetBucketOwnershipControlsOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketOwnershipControls");
    let said = asked.said(&input.bucket, |said| said.object_ownership.clone().ok_or(Missing::Ownership))?;
    let rules = vec![dto::OwnershipControlsRule { object_ownership: said.into() }];
    let ownership_controls = Some(dto::OwnershipControls { rules });
    Ok(S3Response::new(dto::GetBucketOwnershipControlsOutput { ownership_controls }))
}

pub(super) fn delete_ownership(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketOwnershipControlsInput>,
) -> Answer<dto::DeleteBucketOwnershipControlsOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketOwnershipControls");
    asked.unsay(&input.bucket, |said| said.object_ownership = None)?;
    done()
}

pub(super) fn put_encryption(
    wire: &Wire,
    req: S3Request<dto::PutBucketEncryptionInput>,
) -> Answer<dto::PutBucketEncryptionOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketEncryption");
    let rules = input.server_side_encryption_configuration.rules;
    let default = rules.into_iter().next().and_then(|rule| rule.apply_server_side_encryption_by_default);
    let Some(default) = default else {
        return Err(refuse(&Refusal::MalformedXml("encryption has one rule with a default")));
    };
    let encryption = Some(default.sse_algorithm.as_str().to_owned());
    asked.say(&input.bucket, &BucketConfiguration { encryption, ..configuration() })?;
    done()
}

pub(super) fn encryption(
    wire: &Wire,
    req: S3Request<dto::GetBucketEncryptionInput>,
) -> Answer<dto::GetBucketEncryptionOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketEncryption");
    let said = asked.said(&input.bucket, |said| Ok(said.encryption.clone()))?;
    let default = dto::ServerSideEncryptionByDefault { kms_master_key_id: None, sse_algorithm: said.into() };
    let rule = dto::ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(default),
        bucket_key_enabled: Some(false),
    };
    let configuration = dto::ServerSideEncryptionConfiguration { rules: vec![rule] };
    Ok(S3Response::new(dto::GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(configuration),
    }))
}

/// Documented: a bucket without a default of its own has SSE-S3.
pub(super) fn delete_encryption(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketEncryptionInput>,
) -> Answer<dto::DeleteBucketEncryptionOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketEncryption");
    asked.unsay(&input.bucket, |said| said.encryption = "AES256".to_owned())?;
    done()
}

/// A rule, if it is made of what is built: a prefix and days.
fn lifecycle_rule(rule: dto::LifecycleRule) -> S3Result<LifecycleRule> {
    let filter = rule.filter.unwrap_or_default();
    if filter.and.is_some() || filter.tag.is_some() {
        return unbuilt("lifecycle rules that filter by tag, or by several things");
    }
    if filter.object_size_greater_than.is_some() || filter.object_size_less_than.is_some() {
        return unbuilt("lifecycle rules that filter by size");
    }
    let expiration = rule.expiration.unwrap_or_default();
    if expiration.date.is_some() || expiration.expired_object_delete_marker.is_some() {
        return unbuilt("lifecycle rules that expire at a date, or delete markers");
    }
    if rule.noncurrent_version_transitions.is_some_and(|all| !all.is_empty()) {
        return unbuilt("lifecycle transitions of old versions");
    }
    let noncurrent = rule.noncurrent_version_expiration;
    if noncurrent.as_ref().is_some_and(|said| said.newer_noncurrent_versions.is_some()) {
        return unbuilt("lifecycle rules that keep a number of versions");
    }
    let enabled = match rule.status.as_str() {
        "Enabled" => true,
        "Disabled" => false,
        _ => return Err(refuse(&Refusal::MalformedXml("a rule is Enabled or Disabled"))),
    };
    let transition = |said: dto::Transition| match (said.days, said.date, said.storage_class) {
        (Some(days), None, Some(class)) => Ok((days, class.as_str().to_owned())),
        _ => unbuilt("lifecycle transitions at a date"),
    };
    let transitions = rule.transitions.unwrap_or_default().into_iter().map(transition);
    Ok(LifecycleRule {
        id: rule.id,
        enabled,
        prefix: filter.prefix.or(rule.prefix).unwrap_or_default(),
        expiration_days: expiration.days,
        noncurrent_days: noncurrent.and_then(|said| said.noncurrent_days),
        abort_upload_days: rule.abort_incomplete_multipart_upload.and_then(|said| said.days_after_initiation),
        transitions: transitions.collect::<S3Result<Vec<_>>>()?,
    })
}

/// The smallest object that a transition takes, where a configuration does not say.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
/// (`x-amz-transition-default-minimum-object-size`).
const TRANSITION_SIZE: &str = dto::TransitionDefaultMinimumObjectSize::ALL_STORAGE_CLASSES_128K;

fn transition_size() -> dto::TransitionDefaultMinimumObjectSize {
    dto::TransitionDefaultMinimumObjectSize::from_static(TRANSITION_SIZE)
}

pub(super) fn put_lifecycle(
    wire: &Wire,
    req: S3Request<dto::PutBucketLifecycleConfigurationInput>,
) -> Answer<dto::PutBucketLifecycleConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketLifecycleConfiguration");
    let rules = input.lifecycle_configuration.map(|said| said.rules).unwrap_or_default();
    if rules.is_empty() {
        return Err(refuse(&Refusal::MalformedXml("a lifecycle has at least one rule")));
    }
    let lifecycle = Some(rules.into_iter().map(lifecycle_rule).collect::<S3Result<Vec<_>>>()?);
    if input.transition_default_minimum_object_size.is_some_and(|size| size.as_str() != TRANSITION_SIZE) {
        return unbuilt("lifecycle transitions whose smallest object varies by storage class");
    }
    asked.say(&input.bucket, &BucketConfiguration { lifecycle, ..configuration() })?;
    Ok(S3Response::new(dto::PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: Some(transition_size()),
    }))
}

pub(super) fn lifecycle(
    wire: &Wire,
    req: S3Request<dto::GetBucketLifecycleConfigurationInput>,
) -> Answer<dto::GetBucketLifecycleConfigurationOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketLifecycleConfiguration");
    let said = asked.said(&input.bucket, |said| said.lifecycle.clone().ok_or(Missing::Lifecycle))?;
    let rule = |rule: LifecycleRule| dto::LifecycleRule {
        id: rule.id,
        status: dto::ExpirationStatus::from_static(if rule.enabled { "Enabled" } else { "Disabled" }),
        filter: Some(dto::LifecycleRuleFilter { prefix: Some(rule.prefix), ..Default::default() }),
        expiration: rule
            .expiration_days
            .map(|days| dto::LifecycleExpiration { days: Some(days), ..Default::default() }),
        noncurrent_version_expiration: rule.noncurrent_days.map(|days| dto::NoncurrentVersionExpiration {
            noncurrent_days: Some(days),
            newer_noncurrent_versions: None,
        }),
        abort_incomplete_multipart_upload: rule
            .abort_upload_days
            .map(|days| dto::AbortIncompleteMultipartUpload { days_after_initiation: Some(days) }),
        transitions: Some(
            rule.transitions
                .into_iter()
                .map(|(days, class)| dto::Transition {
                    days: Some(days),
                    date: None,
                    storage_class: Some(class.into()),
                })
                .collect(),
        ),
        noncurrent_version_transitions: None,
        prefix: None,
    };
    Ok(S3Response::new(dto::GetBucketLifecycleConfigurationOutput {
        rules: Some(said.into_iter().map(rule).collect()),
        transition_default_minimum_object_size: Some(transition_size()),
    }))
}

pub(super) fn delete_lifecycle(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketLifecycleInput>,
) -> Answer<dto::DeleteBucketLifecycleOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketLifecycle");
    asked.unsay(&input.bucket, |said| said.lifecycle = None)?;
    done()
}

pub(super) fn put_cors(
    wire: &Wire,
    req: S3Request<dto::PutBucketCorsInput>,
) -> Answer<dto::PutBucketCorsOutput> {
    let (asked, input) = Asked::new(wire, req, "PutBucketCors");
    let rule = |rule: dto::CORSRule| CorsRule {
        id: rule.id,
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
    };
    let cors = Some(input.cors_configuration.cors_rules.into_iter().map(rule).collect());
    asked.say(&input.bucket, &BucketConfiguration { cors, ..configuration() })?;
    done()
}

pub(super) fn cors(wire: &Wire, req: S3Request<dto::GetBucketCorsInput>) -> Answer<dto::GetBucketCorsOutput> {
    let (asked, input) = Asked::new(wire, req, "GetBucketCors");
    let said = asked.said(&input.bucket, |said| said.cors.clone().ok_or(Missing::Cors))?;
    let rule = |rule: CorsRule| dto::CORSRule {
        id: rule.id,
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        allowed_headers: Some(rule.allowed_headers).filter(|all| !all.is_empty()),
        expose_headers: Some(rule.expose_headers).filter(|all| !all.is_empty()),
        max_age_seconds: rule.max_age_seconds,
    };
    Ok(S3Response::new(dto::GetBucketCorsOutput { cors_rules: Some(said.into_iter().map(rule).collect()) }))
}

pub(super) fn delete_cors(
    wire: &Wire,
    req: S3Request<dto::DeleteBucketCorsInput>,
) -> Answer<dto::DeleteBucketCorsOutput> {
    let (asked, input) = Asked::new(wire, req, "DeleteBucketCors");
    asked.unsay(&input.bucket, |said| said.cors = None)?;
    done()
}
