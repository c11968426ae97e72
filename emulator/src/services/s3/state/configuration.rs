//! What is said of a bucket: checked as AWS checks it, stored, returned. All parts of one request apply, or none.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Bucket, S3, Versioning};
use crate::services::s3::error::Refusal;
use crate::services::s3::limits::{
    BUCKET_TAGS_MAX, POLICY_BYTES_MAX, TAG_KEY_CHARACTERS_MAX, TAG_VALUE_CHARACTERS_MAX,
};
use crate::services::s3::{BucketConfiguration, LifecycleRule, Listener, Notification};
use crate::world::Cx;

/// Events that a listener may name.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
/// (read 2026-11-29). Those of features that do not exist here are taken and never happen.
const EVENTS: [&str; 27] = [
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
];

impl S3 {
    /// Says something of a bucket: each part that is `Some`.
    pub fn configure(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        mut configuration: BucketConfiguration,
    ) -> Result<(), Refusal> {
        let by_service = cx.access_key.is_empty();
        for id in unnamed_ids(&mut configuration) {
            *id = Some(cx.uuid());
        }
        let found = self.bucket_mut(cx, bucket)?;
        let versioning = check(found, &configuration, by_service)?;
        for listener in configuration.notification.iter().flat_map(|all| &all.listeners) {
            super::notify::test_event(cx, bucket, listener);
        }
        let said = &mut found.said;
        found.versioning = versioning.unwrap_or(found.versioning);
        said.notification = configuration.notification.unwrap_or(std::mem::take(&mut said.notification));
        said.encryption = configuration.encryption.unwrap_or(std::mem::take(&mut said.encryption));
        said.policy = configuration.policy.or(said.policy.take());
        said.public_access_block = configuration.public_access_block.or(said.public_access_block);
        said.object_ownership = configuration.object_ownership.or(said.object_ownership.take());
        // An empty list says nothing.
        if let Some(tags) = configuration.tags {
            said.tags = Some(tags).filter(|tags| !tags.is_empty());
        }
        if let Some(cors) = configuration.cors {
            said.cors = Some(cors).filter(|rules| !rules.is_empty());
        }
        if let Some(lifecycle) = configuration.lifecycle {
            said.lifecycle = Some(lifecycle).filter(|rules| !rules.is_empty());
            self.plan_expiry();
        }
        Ok(())
    }

    /// Takes something back that was said of a bucket.
    pub fn unsay(
        &mut self,
        cx: &Cx<'_>,
        bucket: &str,
        unsay: impl FnOnce(&mut super::Said),
    ) -> Result<(), Refusal> {
        unsay(&mut self.bucket_mut(cx, bucket)?.said);
        self.plan_expiry();
        Ok(())
    }
}

/// The ids that a client may choose and did not.
fn unnamed_ids(configuration: &mut BucketConfiguration) -> impl Iterator<Item = &mut Option<String>> {
    let listeners = configuration.notification.iter_mut().flat_map(|all| &mut all.listeners);
    let rules = configuration.lifecycle.iter_mut().flatten();
    let ids = listeners.map(|listener| &mut listener.id).chain(rules.map(|rule| &mut rule.id));
    ids.filter(|id| id.as_deref().is_none_or(str::is_empty))
}

fn check(
    bucket: &Bucket,
    configuration: &BucketConfiguration,
    by_service: bool,
) -> Result<Option<Versioning>, Refusal> {
    if let Some(tags) = &configuration.tags {
        check_tags(tags, BUCKET_TAGS_MAX, by_service)?;
    }
    if let Some(policy) = &configuration.policy {
        check_policy(bucket, policy, configuration)?;
    }
    if let Some(notification) = &configuration.notification {
        check_notification(notification)?;
    }
    if let Some(rules) = &configuration.lifecycle {
        check_lifecycle(rules)?;
    }
    let one_of = |said: &Option<String>, names: &[&str], why| match said {
        Some(name) if !names.contains(&name.as_str()) => Err(Refusal::MalformedXml(why)),
        _ => Ok(()),
    };
    one_of(&configuration.encryption, &["AES256", "aws:kms", "aws:kms:dsse"], "no such encryption")?;
    let ownerships = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];
    one_of(&configuration.object_ownership, &ownerships, "no such object ownership")?;
    match configuration.versioning.as_deref() {
        None => Ok(None),
        Some("Enabled") => Ok(Some(Versioning::Enabled)),
        Some("Suspended") => Ok(Some(Versioning::Suspended)),
        Some(_) => Err(Refusal::MalformedXml("versioning is Enabled or Suspended")),
    }
}

/// Whether these may be the tags of something. Keys that begin with `aws:` are for AWS's services.
///
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html, and of `aws:`
/// docs.aws.amazon.com/AWSEC2/latest/APIReference/API_S3ObjectTag.html (read 2026-11-29).
/// Recorded: the sentences, but for those of too many tags (LocalStack's `test_s3_api.snapshot.json`, 2026-02-23).
pub fn check_tags(tags: &BTreeMap<String, String>, tags_max: usize, by_service: bool) -> Result<(), Refusal> {
    if tags.len() > tags_max {
        let why = if tags_max == BUCKET_TAGS_MAX {
            "Bucket tag count cannot be greater than 50"
        } else {
            "Object tags cannot be greater than 10"
        };
        return Err(Refusal::InvalidTag { why, key: None, value: None });
    }
    let refuse = |why, key: &str, value| Err(Refusal::InvalidTag { why, key: Some(key.to_owned()), value });
    for (key, value) in tags {
        let length = key.chars().count();
        if length == 0 || length > TAG_KEY_CHARACTERS_MAX || !is_tag_text(key) {
            return refuse("The TagKey you have provided is invalid", key, None);
        }
        if value.chars().count() > TAG_VALUE_CHARACTERS_MAX || !is_tag_text(value) {
            return refuse("The TagValue you have provided is invalid", key, Some(value.clone()));
        }
        if key.starts_with("aws:") && !by_service {
            let why = if tags_max == BUCKET_TAGS_MAX {
                "System tags cannot be added/updated by requester"
            } else {
                "Your TagKey cannot be prefixed with aws:"
            };
            return refuse(why, key, None);
        }
    }
    Ok(())
}

/// Whether a tag's key or value has only characters that it may have.
///
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html (letters, spaces, numbers, `+ - = . _ : / @`).
/// Recorded: a comma is refused (LocalStack's `test_s3_api.snapshot.json`, 2026-02-23).
pub fn is_tag_text(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c))
}

/// Whether a text is a policy for this bucket. What it grants is not evaluated, except that a policy for everybody is
/// refused while public policies are blocked.
///
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html (read 2026-11-29).
fn check_policy(bucket: &Bucket, text: &str, configuration: &BucketConfiguration) -> Result<(), Refusal> {
    let refuse = |why: &str| Err(Refusal::MalformedPolicy(why.to_owned()));
    if text.len() > POLICY_BYTES_MAX {
        return refuse("Normalized policy document exceeds the maximum allowed size of 20480 bytes.");
    }
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(text) else {
        return refuse("Policies must be valid JSON and the first byte must be '{'");
    };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => return refuse("Missing required field Statement"),
    };
    let own = format!("arn:aws:s3:::{}", bucket.name());
    for statement in &statements {
        for field in ["Effect", "Action", "Resource", "Principal"] {
            if statement.get(field).is_none() && statement.get(format!("Not{field}")).is_none() {
                return refuse(&format!("Missing required field {field}"));
            }
        }
        let is_own =
            |resource: &str| resource == own || resource.starts_with(&format!("{own}/")) || resource == "*";
        if texts(statement.get("Resource")).any(|resource| !is_own(resource)) {
            return refuse("Policy has invalid resource");
        }
    }
    let block = configuration.public_access_block.or(bucket.said.public_access_block);
    let blocked = block.is_some_and(|block| block.block_public_policy);
    if blocked && statements.iter().any(is_public) {
        return Err(Refusal::AccessDenied(bucket.name().to_owned()));
    }
    Ok(())
}

/// Whether a statement grants something to everybody.
///
/// Assumed: any condition makes it private; AWS looks at which condition it is.
fn is_public(statement: &Value) -> bool {
    let everybody = match statement.get("Principal") {
        Some(Value::String(name)) => name == "*",
        Some(Value::Object(kinds)) => texts(kinds.get("AWS")).any(|name| name == "*"),
        _ => false,
    };
    everybody
        && statement.get("Condition").is_none()
        && statement.get("Effect") == Some(&Value::from("Allow"))
}

/// Whether a policy grants something to everybody.
pub fn is_public_policy(text: &str) -> bool {
    let policy: Value = serde_json::from_str(text).unwrap_or_default();
    match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().any(is_public),
        Some(statement) => is_public(statement),
        None => false,
    }
}

/// The texts of a member that is one text or a list of them.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let one = value.and_then(Value::as_str);
    let many = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many)
}

/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html (read 2026-11-29): two
/// listeners may not hear of one event on one key. That the destination exists and permits is checked by the world.
fn check_notification(notification: &Notification) -> Result<(), Refusal> {
    let refuse = |why: &str| Err(Refusal::InvalidArgument(why.to_owned()));
    let listeners = &notification.listeners;
    for (at, listener) in listeners.iter().enumerate() {
        if listener.events.is_empty() {
            return Err(Refusal::MalformedXml("a listener names at least one event"));
        }
        if listener.events.iter().any(|event| !EVENTS.contains(&event.as_str())) {
            return refuse("The event is not supported for notifications");
        }
        if listener.destination().is_none() {
            return refuse("The ARN could not be parsed");
        }
        let earlier = &listeners[..at];
        if earlier.iter().any(|other| other.id.is_some() && other.id == listener.id) {
            return refuse("Configurations must have unique IDs");
        }
        if earlier.iter().any(|other| overlap(other, listener)) {
            return refuse(
                "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
            );
        }
    }
    Ok(())
}

fn overlap(one: &Listener, other: &Listener) -> bool {
    let same_event = one.events.iter().any(|a| other.events.iter().any(|b| covers(a, b) || covers(b, a)));
    let (p, q) = (one.prefix.as_deref().unwrap_or(""), other.prefix.as_deref().unwrap_or(""));
    let (s, t) = (one.suffix.as_deref().unwrap_or(""), other.suffix.as_deref().unwrap_or(""));
    same_event && (p.starts_with(q) || q.starts_with(p)) && (s.ends_with(t) || t.ends_with(s))
}

/// Whether a listener's event, which may end in `*`, covers an event.
pub(super) fn covers(listened: &str, event: &str) -> bool {
    match listened.strip_suffix('*') {
        Some(family) => event.starts_with(family),
        None => listened == event,
    }
}

fn check_lifecycle(rules: &[LifecycleRule]) -> Result<(), Refusal> {
    for (at, rule) in rules.iter().enumerate() {
        let days = [rule.expiration_days, rule.noncurrent_days, rule.abort_upload_days];
        if days.iter().flatten().any(|days| *days < 1) {
            let why = "'Days' for Expiration action must be a positive integer";
            return Err(Refusal::InvalidArgument(why.to_owned()));
        }
        if days.iter().all(Option::is_none) && rule.transitions.is_empty() {
            let why = "At least one action needs to be specified in a rule";
            return Err(Refusal::InvalidRequest(why.to_owned()));
        }
        if rules[..at].iter().any(|other| other.id.is_some() && other.id == rule.id) {
            return Err(Refusal::InvalidArgument(
                "Rule ID must be unique. Found same ID for more than one rule".to_owned(),
            ));
        }
    }
    Ok(())
}
