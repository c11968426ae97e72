//! AWS::Kinesis::Stream and AWS::Kinesis::StreamConsumer.
//!
//! A stream takes one change at a time: each is waited for. Left out: waiting until a deleted stream is gone.

use serde_json::Value;
use wavetank_wire::{FromVal as _, Operation, Val, kinesis};

use super::properties::Properties;
use super::shape::Form;
use super::{
    Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update, tags,
};

/// Hours of a stream whose template says nothing.
const RETENTION_HOURS: i64 = 24;
/// Shards of a provisioned stream whose template says nothing.
const SHARDS: i64 = 1;
/// KiB of a record where the template says nothing.
const RECORD_KIB: i64 = 1_024;

/// A stream. `Ref`: its name.
pub(super) struct Stream;

static STREAM: Spec = Spec {
    name: "AWS::Kinesis::Stream",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "DesiredShardLevelMetrics", form: Form::Scalars, update: Update::InPlace },
        Property { name: "MaxRecordSizeInKiB", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RetentionPeriodHours", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ShardCount", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "StreamEncryption",
            form: Form::Members(&[("EncryptionType", Form::Scalar), ("KeyId", Form::Scalar)]),
            update: Update::InPlace,
        },
        Property {
            name: "StreamModeDetails",
            form: Form::Members(&[("StreamMode", Form::Scalar)]),
            update: Update::InPlace,
        },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
        Property { name: "WarmThroughputMiBps", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &["RecordDistributionStrategy"],
    name_property: Some("Name"),
    tags: TagStyle::List,
};

/// What a template says of a stream.
#[derive(Debug, PartialEq)]
struct Wanted {
    is_on_demand: bool,
    shards: i64,
    retention: i64,
    record_kib: i64,
    warm: Option<i64>,
    key_id: Option<String>,
    metrics: Vec<String>,
}

impl Wanted {
    fn read(properties: &Properties<'_>) -> Result<Self, Reason> {
        let member = |property: &str, member: &str| {
            properties.get(property).and_then(|value| value.get(member)).and_then(Value::as_str)
        };
        Ok(Self {
            is_on_demand: member("StreamModeDetails", "StreamMode") == Some("ON_DEMAND"),
            shards: properties.integer("ShardCount")?.unwrap_or(SHARDS),
            retention: properties.integer("RetentionPeriodHours")?.unwrap_or(RETENTION_HOURS),
            record_kib: properties.integer("MaxRecordSizeInKiB")?.unwrap_or(RECORD_KIB),
            warm: properties.integer("WarmThroughputMiBps")?,
            key_id: member("StreamEncryption", "KeyId").map(str::to_owned),
            metrics: properties.texts("DesiredShardLevelMetrics"),
        })
    }

    fn mode(&self) -> kinesis::StreamModeDetails {
        let mode = if self.is_on_demand { "ON_DEMAND" } else { "PROVISIONED" };
        kinesis::StreamModeDetails { stream_mode: mode.to_owned() }
    }
}

impl Kind for Stream {
    fn spec(&self) -> &'static Spec {
        &STREAM
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(128));
        let wanted = Wanted::read(properties)?;
        let input = kinesis::CreateStreamInput {
            stream_name: name.clone(),
            shard_count: Some(wanted.shards).filter(|_| !wanted.is_on_demand),
            stream_mode_details: Some(wanted.mode()),
            tags: Some(properties.tags()).filter(|tags| !tags.is_empty()),
            warm_throughput_mi_bps: wanted.warm,
            max_record_size_in_ki_b: properties.integer("MaxRecordSizeInKiB")?,
            ..Default::default()
        };
        let mut asks = vec![Ask::to::<kinesis::CreateStream>(input), until_active(&name)];
        let (encrypt, retain) =
            (encryption(&name, None, &wanted), retention(&name, RETENTION_HOURS, &wanted));
        asks.extend(retain.into_iter().chain(encrypt).chain(monitoring(&name, &[], &wanted)));
        let made = Made::new(&name).with("Arn", make.arn("kinesis", format!("stream/{name}")));
        Ok(Plan { made, asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let arn = make.arn("kinesis", format!("stream/{name}"));
        let before = Wanted::read(&Properties { entries: &old.properties, logical: make.logical })?;
        let wanted = Wanted::read(properties)?;
        let mut asks = shape(&name, &arn, &before, &wanted);
        asks.extend(retention(&name, before.retention, &wanted));
        asks.extend(encryption(&name, before.key_id.as_deref(), &wanted));
        asks.extend(monitoring(&name, &before.metrics, &wanted));
        asks.extend(change_tags(&arn, old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    /// Assumed: a stack takes the consumers along that others have registered.
    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = kinesis::DeleteStreamInput {
            stream_name: Some(old.made.physical_id.clone()),
            enforce_consumer_deletion: Some(true),
            ..Default::default()
        };
        let stream_name = Some(old.made.physical_id.clone());
        let gone = kinesis::DescribeStreamSummaryInput { stream_name, ..Default::default() };
        vec![
            Ask::to::<kinesis::DeleteStream>(input).or_absent(),
            Ask::to::<kinesis::DescribeStreamSummary>(gone).until_gone(),
        ]
    }
}

/// Mode, shards, warm throughput and record size.
fn shape(name: &str, arn: &str, before: &Wanted, wanted: &Wanted) -> Vec<Ask> {
    let mut asks = Vec::new();
    if before.is_on_demand != wanted.is_on_demand {
        asks.push(Ask::to::<kinesis::UpdateStreamMode>(kinesis::UpdateStreamModeInput {
            stream_arn: arn.to_owned(),
            stream_mode_details: wanted.mode(),
            warm_throughput_mi_bps: wanted.warm,
            ..Default::default()
        }));
        asks.push(until_active(name));
    } else if let Some(warm) = wanted.warm.filter(|_| before.warm != wanted.warm) {
        asks.push(Ask::to::<kinesis::UpdateStreamWarmThroughput>(kinesis::UpdateStreamWarmThroughputInput {
            stream_name: Some(name.to_owned()),
            warm_throughput_mi_bps: warm,
            ..Default::default()
        }));
        asks.push(until_active(name));
    }
    if !wanted.is_on_demand && before.shards != wanted.shards {
        asks.push(Ask::to::<kinesis::UpdateShardCount>(kinesis::UpdateShardCountInput {
            stream_name: Some(name.to_owned()),
            target_shard_count: wanted.shards,
            scaling_type: "UNIFORM_SCALING".to_owned(),
            ..Default::default()
        }));
        asks.push(until_active(name));
    }
    if before.record_kib != wanted.record_kib {
        asks.push(Ask::to::<kinesis::UpdateMaxRecordSize>(kinesis::UpdateMaxRecordSizeInput {
            stream_arn: Some(arn.to_owned()),
            max_record_size_in_ki_b: wanted.record_kib,
            ..Default::default()
        }));
        asks.push(until_active(name));
    }
    asks
}

fn retention(name: &str, before: i64, wanted: &Wanted) -> Option<Ask> {
    let (stream_name, retention_period_hours) = (Some(name.to_owned()), wanted.retention);
    match wanted.retention.cmp(&before) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Ask::to::<kinesis::IncreaseStreamRetentionPeriod>(
            kinesis::IncreaseStreamRetentionPeriodInput {
                stream_name,
                retention_period_hours,
                ..Default::default()
            },
        )),
        std::cmp::Ordering::Less => Some(Ask::to::<kinesis::DecreaseStreamRetentionPeriod>(
            kinesis::DecreaseStreamRetentionPeriodInput {
                stream_name,
                retention_period_hours,
                ..Default::default()
            },
        )),
    }
}

fn encryption(name: &str, before: Option<&str>, wanted: &Wanted) -> Vec<Ask> {
    let (stream_name, encryption_type) = (Some(name.to_owned()), "KMS".to_owned());
    let ask = match (before, &wanted.key_id) {
        (before, Some(key)) if before != Some(key.as_str()) => {
            let input = kinesis::StartStreamEncryptionInput {
                stream_name,
                encryption_type,
                key_id: key.clone(),
                ..Default::default()
            };
            Ask::to::<kinesis::StartStreamEncryption>(input)
        }
        (Some(key), None) => {
            let input = kinesis::StopStreamEncryptionInput {
                stream_name,
                encryption_type,
                key_id: key.to_owned(),
                ..Default::default()
            };
            Ask::to::<kinesis::StopStreamEncryption>(input)
        }
        _ => return Vec::new(),
    };
    vec![ask, until_active(name)]
}

fn monitoring(name: &str, before: &[String], wanted: &Wanted) -> Vec<Ask> {
    let missing = |from: &[String], of: &[String]| -> Vec<String> {
        of.iter().filter(|metric| !from.contains(metric)).cloned().collect()
    };
    let (off, on) = (missing(&wanted.metrics, before), missing(before, &wanted.metrics));
    let disable = (!off.is_empty()).then(|| {
        Ask::to::<kinesis::DisableEnhancedMonitoring>(kinesis::DisableEnhancedMonitoringInput {
            stream_name: Some(name.to_owned()),
            shard_level_metrics: off,
            ..Default::default()
        })
    });
    let enable = (!on.is_empty()).then(|| {
        Ask::to::<kinesis::EnableEnhancedMonitoring>(kinesis::EnableEnhancedMonitoringInput {
            stream_name: Some(name.to_owned()),
            shard_level_metrics: on,
            ..Default::default()
        })
    });
    disable.into_iter().chain(enable).collect()
}

fn change_tags(arn: &str, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = tags::change(old, &properties.tags());
    let resource_arn = arn.to_owned();
    let set = (!change.set.is_empty()).then(|| {
        let resource_arn = resource_arn.clone();
        let input = kinesis::TagResourceInput { resource_arn, tags: change.set, ..Default::default() };
        Ask::to::<kinesis::TagResource>(input)
    });
    let remove = (!change.remove.is_empty()).then(|| {
        let input =
            kinesis::UntagResourceInput { resource_arn, tag_keys: change.remove, ..Default::default() };
        Ask::to::<kinesis::UntagResource>(input)
    });
    set.into_iter().chain(remove).collect()
}

fn until_active(name: &str) -> Ask {
    let stream_name = Some(name.to_owned());
    let input = kinesis::DescribeStreamSummaryInput { stream_name, ..Default::default() };
    Ask::to::<kinesis::DescribeStreamSummary>(input).until(|reply| {
        let summary = <kinesis::DescribeStreamSummary as Operation>::Output::from_val(reply);
        match summary.stream_description_summary.stream_status.as_str() {
            "ACTIVE" => Readiness::Ready,
            "DELETING" => Readiness::Failed("The stream is being deleted.".to_owned()),
            _ => Readiness::NotYet,
        }
    })
}

/// A consumer with enhanced fan-out. `Ref`: its ARN.
pub(super) struct StreamConsumer;

static STREAM_CONSUMER: Spec = Spec {
    name: "AWS::Kinesis::StreamConsumer",
    properties: &[
        Property { name: "ConsumerName", form: Form::Scalar, update: Update::Replace },
        Property { name: "StreamARN", form: Form::Scalar, update: Update::Replace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["ConsumerARN", "ConsumerCreationTimestamp", "ConsumerName", "ConsumerStatus", "StreamARN"],
    unbuilt: &[],
    name_property: Some("ConsumerName"),
    tags: TagStyle::List,
};

impl Kind for StreamConsumer {
    fn spec(&self) -> &'static Spec {
        &STREAM_CONSUMER
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let (name, stream) = (properties.required("ConsumerName")?, properties.required("StreamARN")?);
        let register = kinesis::RegisterStreamConsumerInput {
            stream_arn: stream.clone(),
            consumer_name: name.clone(),
            tags: Some(properties.tags()).filter(|tags| !tags.is_empty()),
            ..Default::default()
        };
        let describe = kinesis::DescribeStreamConsumerInput {
            stream_arn: Some(stream.clone()),
            consumer_name: Some(name.clone()),
            ..Default::default()
        };
        let ready = Ask::to::<kinesis::DescribeStreamConsumer>(describe).until(|reply| {
            let consumer = <kinesis::DescribeStreamConsumer as Operation>::Output::from_val(reply);
            match consumer.consumer_description.consumer_status.as_str() {
                "ACTIVE" => Readiness::Ready,
                _ => Readiness::NotYet,
            }
        });
        let made = Made::new(&name)
            .with("ConsumerName", &name)
            .with("ConsumerStatus", "ACTIVE")
            .with("StreamARN", stream);
        Ok(Plan { made, asks: vec![Ask::to::<kinesis::RegisterStreamConsumer>(register), ready] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let asks = change_tags(&old.made.physical_id, old, properties);
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let consumer_arn = Some(old.made.physical_id.clone());
        let input = kinesis::DeregisterStreamConsumerInput { consumer_arn, ..Default::default() };
        vec![Ask::to::<kinesis::DeregisterStreamConsumer>(input).or_absent()]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "RegisterStreamConsumer" {
            let consumer = kinesis::RegisterStreamConsumerOutput::from_val(reply).consumer;
            made.physical_id.clone_from(&consumer.consumer_arn);
            made.attributes.insert("ConsumerARN".to_owned(), consumer.consumer_arn);
            let created = consumer.consumer_creation_timestamp.secs().to_string();
            made.attributes.insert("ConsumerCreationTimestamp".to_owned(), created);
        }
    }
}
