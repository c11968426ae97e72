//! A queue's settings: read from attributes, with AWS's ranges and refusals, and shown as attributes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;
use wavetank_types::Arn;

use super::super::error::SqsError;
use super::super::limits;

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) target: Arn,
    pub(super) receives_max: u64,
    /// As it was given.
    text: String,
}

/// Which queues may name this one as their dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedriveAllow {
    /// `None`: all.
    sources: Option<Vec<String>>,
    text: String,
}

/// What can be set on a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of AWS's")]
pub(super) struct Settings {
    pub(super) delay_secs: u64,
    pub(super) bytes_max: u64,
    pub(super) retention_secs: u64,
    pub(super) wait_secs: u64,
    pub(super) visibility_secs: u64,
    pub(super) policy: Option<String>,
    pub(super) redrive: Option<Redrive>,
    pub(super) redrive_allow: Option<RedriveAllow>,
    kms_key: Option<String>,
    key_reuse_secs: Option<u64>,
    /// Encryption with SQS's own keys: kept and shown; nothing is encrypted.
    managed_sse: bool,
    pub(super) fifo: bool,
    pub(super) content_dedup: bool,
    /// Deduplication counts within a message group, not in the whole queue.
    pub(super) dedup_in_group: bool,
    /// High throughput: the quota counts for each group. A tank has no quota of calls per second.
    limit_per_group: bool,
}

impl Settings {
    /// A queue's settings unless it is asked for others.
    pub(super) fn of(fifo: bool) -> Self {
        Self {
            delay_secs: 0,
            bytes_max: limits::MESSAGE_BYTES_MAX,
            retention_secs: limits::RETENTION_SECS_DEFAULT,
            wait_secs: 0,
            visibility_secs: limits::VISIBILITY_SECS_DEFAULT,
            policy: None,
            redrive: None,
            redrive_allow: None,
            kms_key: None,
            key_reuse_secs: None,
            managed_sse: true,
            fifo,
            content_dedup: false,
            dedup_in_group: false,
            limit_per_group: false,
        }
    }

    /// The settings with these attributes instead of those there were.
    pub(super) fn with(&self, attributes: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        let mut out = self.clone();
        for (name, text) in attributes {
            out.set(name, text)?;
        }
        let both = |name: &str, on: &str| attributes.get(name).is_some_and(|text| text == on);
        let kms = attributes.get("KmsMasterKeyId").is_some_and(|key| !key.is_empty());
        if kms && both("SqsManagedSseEnabled", "true") {
            return Err(SqsError::TwoEncryptions);
        }
        // Recorded (2025-12-10): each kind of encryption switches the other off.
        if kms {
            out.managed_sse = false;
        } else if both("SqsManagedSseEnabled", "true") {
            if out.kms_key.is_some() {
                return Err(SqsError::TwoEncryptions);
            }
            out.key_reuse_secs = None;
        }
        // Documented: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html (model).
        if out.limit_per_group && !out.dedup_in_group {
            return Err(SqsError::AttributeValue {
                name: "FifoThroughputLimit".to_owned(),
                reason: " Reason: The value perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.",
            });
        }
        Ok(out)
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), SqsError> {
        match name {
            "DelaySeconds" => self.delay_secs = number(name, text, limits::DELAY_SECS)?,
            "MaximumMessageSize" => self.bytes_max = number(name, text, limits::MAXIMUM_MESSAGE_SIZE)?,
            "MessageRetentionPeriod" => self.retention_secs = number(name, text, limits::RETENTION_SECS)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait_secs = number(name, text, limits::WAIT_SECS)?,
            "VisibilityTimeout" => self.visibility_secs = number(name, text, limits::VISIBILITY_SECS)?,
            "Policy" => self.policy = document(name, text)?,
            "RedrivePolicy" => self.redrive = redrive(text)?,
            "RedriveAllowPolicy" => self.redrive_allow = redrive_allow(text)?,
            "KmsMasterKeyId" => self.kms_key = Some(text.to_owned()).filter(|key| !key.is_empty()),
            // Recorded (2025-12-10): an empty text takes it back, and 300, the default, is not shown.
            "KmsDataKeyReusePeriodSeconds" if text.is_empty() => self.key_reuse_secs = None,
            "KmsDataKeyReusePeriodSeconds" => {
                self.key_reuse_secs =
                    Some(number(name, text, limits::KEY_REUSE_SECS)?).filter(|secs| *secs != 300);
            }
            "SqsManagedSseEnabled" => self.managed_sse = flag(name, text)?,
            "FifoQueue" if !self.fifo => return Err(SqsError::UnknownAttribute(name.to_owned())),
            "FifoQueue" if flag(name, text)? => {}
            "FifoQueue" => {
                let reason = " Reason: Modifying queue type is not supported.";
                return Err(SqsError::AttributeValue { name: name.to_owned(), reason });
            }
            "ContentBasedDeduplication" if self.fifo => self.content_dedup = flag(name, text)?,
            "DeduplicationScope" if !self.fifo => return Err(SqsError::OnlyFifo("DeduplicationScope")),
            "DeduplicationScope" => {
                self.dedup_in_group = one_of(name, text, "queue", "messageGroup")?;
            }
            "FifoThroughputLimit" if !self.fifo => return Err(SqsError::OnlyFifo("FifoThroughputLimit")),
            "FifoThroughputLimit" => {
                self.limit_per_group = one_of(name, text, "perQueue", "perMessageGroupId")?;
            }
            _ => return Err(SqsError::UnknownAttribute(name.to_owned())),
        }
        Ok(())
    }

    /// The settings as attributes, without what was never set.
    pub(super) fn shown(&self) -> Vec<(&'static str, String)> {
        let mut out = vec![
            ("VisibilityTimeout", self.visibility_secs.to_string()),
            ("MaximumMessageSize", self.bytes_max.to_string()),
            ("MessageRetentionPeriod", self.retention_secs.to_string()),
            ("DelaySeconds", self.delay_secs.to_string()),
            ("ReceiveMessageWaitTimeSeconds", self.wait_secs.to_string()),
            ("SqsManagedSseEnabled", self.managed_sse.to_string()),
        ];
        let optional = [
            ("Policy", self.policy.clone()),
            ("RedrivePolicy", self.redrive.as_ref().map(|redrive| redrive.text.clone())),
            ("RedriveAllowPolicy", self.redrive_allow.as_ref().map(|allow| allow.text.clone())),
            ("KmsMasterKeyId", self.kms_key.clone()),
            ("KmsDataKeyReusePeriodSeconds", self.key_reuse_secs.map(|secs| secs.to_string())),
        ];
        out.extend(optional.into_iter().filter_map(|(name, text)| Some((name, text?))));
        if self.fifo {
            let scope = if self.dedup_in_group { "messageGroup" } else { "queue" };
            let limit = if self.limit_per_group { "perMessageGroupId" } else { "perQueue" };
            out.extend([
                ("FifoQueue", "true".to_owned()),
                ("ContentBasedDeduplication", self.content_dedup.to_string()),
                ("DeduplicationScope", scope.to_owned()),
                ("FifoThroughputLimit", limit.to_owned()),
            ]);
        }
        out
    }

    /// The first attribute whose value differs from the one that is shown.
    pub(super) fn differs(&self, wanted: &Self, asked: &BTreeMap<String, String>) -> Option<String> {
        let (now, then) = (self.shown(), wanted.shown());
        let find = |list: &[(&str, String)], name: &str| {
            list.iter().find(|(shown, _)| *shown == name).map(|(_, text)| text.clone())
        };
        asked.keys().find(|name| find(&now, name) != find(&then, name)).cloned()
    }
}

impl RedriveAllow {
    /// Whether this source may send here what it could not get rid of.
    pub(super) fn allows(&self, source_arn: &str) -> bool {
        self.sources.as_ref().is_none_or(|all| all.iter().any(|arn| arn == source_arn))
    }
}

fn number(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<u64, SqsError> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| SqsError::attribute(name))
}

/// Recorded: `True` is taken as well as `true`.
fn flag(name: &str, text: &str) -> Result<bool, SqsError> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(SqsError::attribute(name)),
    }
}

/// Whether the text is the second of two words.
fn one_of(name: &str, text: &str, first: &str, second: &str) -> Result<bool, SqsError> {
    match text {
        _ if text == first => Ok(false),
        _ if text == second => Ok(true),
        _ => Err(SqsError::attribute(name)),
    }
}

/// A document, or nothing where the text is empty: so an attribute is taken back.
fn document(name: &str, text: &str) -> Result<Option<String>, SqsError> {
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => Ok(Some(text.to_owned())),
        _ => Err(SqsError::attribute(name)),
    }
}

fn redrive(text: &str) -> Result<Option<Redrive>, SqsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = |reason: &str| SqsError::parameter("RedrivePolicy", text, reason);
    let policy: Value =
        serde_json::from_str(text).map_err(|_| refuse("Redrive policy is not a valid JSON map."))?;
    let (Some(target), Some(count)) = (policy.get("deadLetterTargetArn"), policy.get("maxReceiveCount"))
    else {
        // Assumed.
        return Err(refuse(
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn or maxReceiveCount.",
        ));
    };
    let target: Option<Arn> = target.as_str().and_then(|arn| arn.parse().ok());
    let target = target
        .filter(|arn| arn.service == "sqs")
        .ok_or_else(|| refuse("Invalid value for deadLetterTargetArn."))?;
    let said = count.as_str().map_or_else(|| count.to_string(), str::to_owned);
    let receives_max = said.parse().ok().filter(|count| limits::MAX_RECEIVE_COUNT.contains(count));
    // Seen in the wild (LocalStack's and GoAWS's tests against AWS, read 2026-11-28).
    let receives_max = receives_max.ok_or_else(|| {
        let (least, most) = limits::MAX_RECEIVE_COUNT.into_inner();
        refuse(&format!(
            "Invalid value for maxReceiveCount: {said}, valid values are from {least} to {most} both inclusive."
        ))
    })?;
    Ok(Some(Redrive { target, receives_max, text: text.to_owned() }))
}

/// Assumed: the sentences.
fn redrive_allow(text: &str) -> Result<Option<RedriveAllow>, SqsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = |reason: &str| SqsError::parameter("RedriveAllowPolicy", text, reason);
    let policy: Value =
        serde_json::from_str(text).map_err(|_| refuse("Amazon SQS can't parse the redrive allow policy."))?;
    let arns = policy.get("sourceQueueArns").and_then(Value::as_array);
    let arns = arns.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    let sources = match (policy.get("redrivePermission").and_then(Value::as_str), arns) {
        (Some("allowAll"), None) => None,
        (Some("denyAll"), None) => Some(Vec::new()),
        (Some("byQueue"), Some(arns)) if (1..=limits::REDRIVE_SOURCES_MAX).contains(&arns.len()) => {
            Some(arns)
        }
        _ => {
            return Err(refuse(
                "Amazon SQS can't create the redrive allow policy. Check permission and sourceQueueArns.",
            ));
        }
    };
    Ok(Some(RedriveAllow { sources, text: text.to_owned() }))
}
