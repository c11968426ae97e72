//! What a template says about a bucket, as S3 takes it: which members there are, and how each is read.

use serde_json::Value;

use super::properties::Properties;
use super::shape::Form;
use super::{Existing, Reason};
use crate::services::s3::{
    BucketConfiguration, CorsRule, LifecycleRule, Listener, Notification, PublicAccessBlock,
};

type Members = &'static [(&'static str, Form)];

pub(super) const ENCRYPTION: Members = &[(
    "ServerSideEncryptionConfiguration",
    Form::List(&[
        ("BucketKeyEnabled", Form::Scalar),
        ("ServerSideEncryptionByDefault", Form::Members(&[("SSEAlgorithm", Form::Scalar)])),
    ]),
)];

pub(super) const VERSIONING: Members = &[("Status", Form::Scalar)];

pub(super) const OWNERSHIP: Members = &[("Rules", Form::List(&[("ObjectOwnership", Form::Scalar)]))];

pub(super) const PUBLIC_ACCESS: Members = &[
    ("BlockPublicAcls", Form::Scalar),
    ("BlockPublicPolicy", Form::Scalar),
    ("IgnorePublicAcls", Form::Scalar),
    ("RestrictPublicBuckets", Form::Scalar),
];

const NOTIFICATION_FILTER: Form = Form::Members(&[(
    "S3Key",
    Form::Members(&[("Rules", Form::List(&[("Name", Form::Scalar), ("Value", Form::Scalar)]))]),
)]);

pub(super) const NOTIFICATION: Members = &[
    ("EventBridgeConfiguration", Form::Members(&[("EventBridgeEnabled", Form::Scalar)])),
    (
        "LambdaConfigurations",
        Form::List(&[("Event", Form::Scalar), ("Function", Form::Scalar), ("Filter", NOTIFICATION_FILTER)]),
    ),
    (
        "QueueConfigurations",
        Form::List(&[("Event", Form::Scalar), ("Queue", Form::Scalar), ("Filter", NOTIFICATION_FILTER)]),
    ),
    (
        "TopicConfigurations",
        Form::List(&[("Event", Form::Scalar), ("Topic", Form::Scalar), ("Filter", NOTIFICATION_FILTER)]),
    ),
];

pub(super) const LIFECYCLE: Members = &[(
    "Rules",
    Form::List(&[
        ("Id", Form::Scalar),
        ("Status", Form::Scalar),
        ("Prefix", Form::Scalar),
        ("ExpirationInDays", Form::Scalar),
        ("NoncurrentVersionExpirationInDays", Form::Scalar),
        ("NoncurrentVersionExpiration", Form::Members(&[("NoncurrentDays", Form::Scalar)])),
        ("AbortIncompleteMultipartUpload", Form::Members(&[("DaysAfterInitiation", Form::Scalar)])),
        ("Transitions", Form::List(&[("StorageClass", Form::Scalar), ("TransitionInDays", Form::Scalar)])),
    ]),
)];

pub(super) const CORS: Members = &[(
    "CorsRules",
    Form::List(&[
        ("AllowedHeaders", Form::Scalars),
        ("AllowedMethods", Form::Scalars),
        ("AllowedOrigins", Form::Scalars),
        ("ExposedHeaders", Form::Scalars),
        ("Id", Form::Scalar),
        ("MaxAge", Form::Scalar),
    ]),
)];

/// What these properties say of a bucket, and an emptied part for what `old` said and they do not.
pub(super) fn configuration(
    properties: &Properties<'_>,
    old: Option<&Existing>,
) -> Result<BucketConfiguration, Reason> {
    if let Some(acl) = properties.text("AccessControl").filter(|acl| acl != "Private") {
        return Err(format!("wavetank does not implement AccessControl {acl} of a bucket; only Private."));
    }
    let gone = |name: &str| {
        let had = old.is_some_and(|old| old.properties.contains_key(name));
        had && properties.get(name).is_none()
    };
    let say = Say { properties, gone: &gone };
    Ok(BucketConfiguration {
        notification: say.part("NotificationConfiguration", notification)?,
        versioning: say
            .part("VersioningConfiguration", |part| part.required("Status"))?
            .map(|said| or_default(said, "Suspended")),
        tags: (properties.get("Tags").is_some() || gone("Tags")).then(|| properties.tags()),
        policy: None,
        public_access_block: say.part("PublicAccessBlockConfiguration", |part| Ok(public_access(part)))?,
        encryption: say.part("BucketEncryption", encryption)?.map(|said| or_default(said, "AES256")),
        object_ownership: say
            .part("OwnershipControls", ownership)?
            .map(|said| or_default(said, "BucketOwnerEnforced")),
        lifecycle: say.part("LifecycleConfiguration", lifecycle)?,
        cors: say.part("CorsConfiguration", cors)?,
    })
}

/// What S3 says of a bucket of which a template says this no more.
fn or_default(said: String, default: &str) -> String {
    if said.is_empty() { default.to_owned() } else { said }
}

struct Say<'a> {
    properties: &'a Properties<'a>,
    gone: &'a dyn Fn(&str) -> bool,
}

impl Say<'_> {
    fn part<T: Default>(
        &self,
        name: &str,
        read: impl FnOnce(&Properties<'_>) -> Result<T, Reason>,
    ) -> Result<Option<T>, Reason> {
        match self.properties.get(name) {
            Some(Value::Object(entries)) => {
                read(&Properties { entries, logical: self.properties.logical }).map(Some)
            }
            Some(_) => Err(self.properties.wrong(name, "JSONObject")),
            None => Ok((self.gone)(name).then(T::default)),
        }
    }
}

/// Each entry of a list of maps.
fn entries<T>(
    part: &Properties<'_>,
    name: &str,
    read: impl Fn(&Properties<'_>) -> Result<T, Reason>,
) -> Result<Vec<T>, Reason> {
    let Some(list) = part.get(name) else { return Ok(Vec::new()) };
    let Value::Array(list) = list else { return Err(part.wrong(name, "JSONArray")) };
    list.iter()
        .map(|entry| match entry {
            Value::Object(entries) => read(&Properties { entries, logical: part.logical }),
            _ => Err(part.wrong(name, "JSONObject")),
        })
        .collect()
}

/// A map inside a map, if it is there.
fn inside<'a>(part: &Properties<'a>, name: &str) -> Option<Properties<'a>> {
    let entries = part.get(name)?.as_object()?;
    Some(Properties { entries, logical: part.logical })
}

fn days(part: &Properties<'_>, name: &str) -> Result<Option<i32>, Reason> {
    let days = part.integer(name)?;
    days.map(|days| i32::try_from(days).map_err(|_| part.wrong(name, "Integer"))).transpose()
}

fn notification(part: &Properties<'_>) -> Result<Notification, Reason> {
    let mut listeners = entries(part, "LambdaConfigurations", |one| listener(one, "Function"))?;
    listeners.extend(entries(part, "QueueConfigurations", |one| listener(one, "Queue"))?);
    listeners.extend(entries(part, "TopicConfigurations", |one| listener(one, "Topic"))?);
    let event_bridge = inside(part, "EventBridgeConfiguration");
    let event_bridge = event_bridge.is_some_and(|said| said.flag("EventBridgeEnabled") != Some(false));
    Ok(Notification { listeners, event_bridge })
}

fn listener(one: &Properties<'_>, destination: &str) -> Result<Listener, Reason> {
    let rules = inside(one, "Filter").and_then(|filter| inside(&filter, "S3Key"));
    let rules = match rules {
        Some(key) => entries(&key, "Rules", |rule| Ok((rule.required("Name")?, rule.required("Value")?)))?,
        None => Vec::new(),
    };
    let rule = |wanted: &str| {
        let mut named = rules.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.next().map(|(_, value)| value.clone())
    };
    Ok(Listener {
        id: None,
        arn: one.required(destination)?,
        events: vec![one.required("Event")?],
        prefix: rule("prefix"),
        suffix: rule("suffix"),
    })
}

fn public_access(part: &Properties<'_>) -> PublicAccessBlock {
    let flag = |name: &str| part.flag(name).unwrap_or(false);
    PublicAccessBlock {
        block_public_acls: flag("BlockPublicAcls"),
        ignore_public_acls: flag("IgnorePublicAcls"),
        block_public_policy: flag("BlockPublicPolicy"),
        restrict_public_buckets: flag("RestrictPublicBuckets"),
    }
}

fn encryption(part: &Properties<'_>) -> Result<String, Reason> {
    let rules = entries(part, "ServerSideEncryptionConfiguration", |rule| {
        let default = inside(rule, "ServerSideEncryptionByDefault");
        default.ok_or_else(|| rule.missing("ServerSideEncryptionByDefault"))?.required("SSEAlgorithm")
    })?;
    rules.into_iter().next().ok_or_else(|| part.missing("ServerSideEncryptionConfiguration"))
}

fn ownership(part: &Properties<'_>) -> Result<String, Reason> {
    let rules = entries(part, "Rules", |rule| rule.required("ObjectOwnership"))?;
    rules.into_iter().next().ok_or_else(|| part.missing("Rules"))
}

fn lifecycle(part: &Properties<'_>) -> Result<Vec<LifecycleRule>, Reason> {
    entries(part, "Rules", |rule| {
        let noncurrent = match inside(rule, "NoncurrentVersionExpiration") {
            Some(inner) => days(&inner, "NoncurrentDays")?,
            None => days(rule, "NoncurrentVersionExpirationInDays")?,
        };
        let abort = match inside(rule, "AbortIncompleteMultipartUpload") {
            Some(inner) => days(&inner, "DaysAfterInitiation")?,
            None => None,
        };
        let transitions = entries(rule, "Transitions", |one| {
            let after = days(one, "TransitionInDays")?.ok_or_else(|| one.missing("TransitionInDays"))?;
            Ok((after, one.required("StorageClass")?))
        })?;
        Ok(LifecycleRule {
            id: rule.text("Id"),
            enabled: rule.required("Status")? == "Enabled",
            prefix: rule.text("Prefix").unwrap_or_default(),
            expiration_days: days(rule, "ExpirationInDays")?,
            noncurrent_days: noncurrent,
            abort_upload_days: abort,
            transitions,
        })
    })
}

fn cors(part: &Properties<'_>) -> Result<Vec<CorsRule>, Reason> {
    entries(part, "CorsRules", |rule| {
        Ok(CorsRule {
            id: rule.text("Id"),
            allowed_methods: rule.texts("AllowedMethods"),
            allowed_origins: rule.texts("AllowedOrigins"),
            allowed_headers: rule.texts("AllowedHeaders"),
            expose_headers: rule.texts("ExposedHeaders"),
            max_age_seconds: days(rule, "MaxAge")?,
        })
    })
}
