//! Settings of a stream and of the account: retention, monitoring, encryption, mode, warm throughput, record size.
//!
//! Encryption is a label: keys are stored and shown, nothing is encrypted.

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::create::{is_on_demand, only_on_demand};
use super::stream::{Change, Stream};
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::Cx;

/// Shard-level metrics, in the model's order.
const METRICS: [&str; 7] = [
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
];

/// Whether the account has committed to paying for throughput, which opens warm throughput.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
}

impl Account {
    pub(super) fn is_committed(self, now: Timestamp) -> bool {
        self.started.is_some() && self.ended.is_none_or(|ended| now < ended)
    }

    fn describe(self, now: Timestamp) -> MinimumThroughputBillingCommitmentOutput {
        let status = match self.ended {
            _ if !self.is_committed(now) => "DISABLED",
            Some(_) => "ENABLED_UNTIL_EARLIEST_ALLOWED_END",
            None => "ENABLED",
        };
        MinimumThroughputBillingCommitmentOutput {
            status: status.to_owned(),
            started_at: self.started,
            ended_at: self.ended.filter(|ended| *ended <= now),
            earliest_allowed_end_at: self
                .started
                .filter(|_| self.is_committed(now))
                .map(|started| started + COMMITMENT),
        }
    }
}

fn check_retention(hours: i64) -> Result<(), KinesisError> {
    if hours < RETENTION_HOURS_MIN {
        return Err(KinesisError::Argument(format!(
            "Minimum allowed retention period is {RETENTION_HOURS_MIN} hours. Requested retention period ({hours} \
             hours) is too short."
        )));
    }
    // Assumed: the sentence, after the one above.
    if hours > RETENTION_HOURS_MAX {
        return Err(KinesisError::Argument(format!(
            "Maximum allowed retention period is {RETENTION_HOURS_MAX} hours. Requested retention period ({hours} \
             hours) is too long."
        )));
    }
    Ok(())
}

/// Recorded: this sentence has no account (kinesalite's tests).
fn wrong_way(stream: &Stream, hours: i64, than: &str, other: &str) -> KinesisError {
    KinesisError::Argument(format!(
        "Requested retention period ({hours} hours) for stream {} can not be {than} than existing retention period \
         ({} hours). Use {other}RetentionPeriod API.",
        stream.name, stream.retention_hours
    ))
}

/// The named metrics; `ALL` names each.
fn metrics(names: &[String]) -> impl Iterator<Item = &'static str> {
    METRICS.into_iter().filter(|metric| names.iter().any(|name| name == "ALL" || name == metric))
}

fn shown(metrics: impl IntoIterator<Item = &'static str>) -> Option<Vec<String>> {
    Some(metrics.into_iter().map(str::to_owned).collect())
}

impl Kinesis {
    pub(in super::super) fn increase_retention(
        &mut self,
        cx: &mut Cx<'_>,
        input: &IncreaseStreamRetentionPeriodInput,
    ) -> Result<IncreaseStreamRetentionPeriodOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "IncreaseStreamRetentionPeriod", name)?;
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        let hours = input.retention_period_hours;
        check_retention(hours)?;
        if stream.retention_hours > hours {
            return Err(wrong_way(stream, hours, "shorter", "Decrease"));
        }
        // Documented: what has expired already does not come back.
        let horizon = stream.horizon(cx.now);
        stream.shards.iter_mut().for_each(|shard| shard.log.forget_before(horizon));
        stream.retention_hours = hours;
        Ok(IncreaseStreamRetentionPeriodOutput {})
    }

    pub(in super::super) fn decrease_retention(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DecreaseStreamRetentionPeriodInput,
    ) -> Result<DecreaseStreamRetentionPeriodOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "DecreaseStreamRetentionPeriod", name)?;
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        let hours = input.retention_period_hours;
        check_retention(hours)?;
        if stream.retention_hours < hours {
            return Err(wrong_way(stream, hours, "longer", "Increase"));
        }
        stream.retention_hours = hours;
        Ok(DecreaseStreamRetentionPeriodOutput {})
    }

    /// Turns metrics on or off. Assumed: at once, where AWS is UPDATING for a moment.
    fn monitor(
        &mut self,
        cx: &Cx<'_>,
        name: &str,
        names: &[String],
        on: bool,
    ) -> Result<EnhancedMonitoringOutput, KinesisError> {
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        let before = stream.metrics.clone();
        for metric in metrics(names) {
            if on {
                stream.metrics.insert(metric)
            } else {
                stream.metrics.remove(metric)
            };
        }
        Ok(EnhancedMonitoringOutput {
            stream_name: Some(stream.name.clone()),
            current_shard_level_metrics: shown(before),
            desired_shard_level_metrics: shown(stream.metrics.iter().copied()),
            stream_arn: Some(stream.arn.clone()),
        })
    }

    pub(in super::super) fn enable_enhanced_monitoring(
        &mut self,
        cx: &mut Cx<'_>,
        input: &EnableEnhancedMonitoringInput,
    ) -> Result<EnhancedMonitoringOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "EnableEnhancedMonitoring", name)?;
        self.monitor(cx, name, &input.shard_level_metrics, true)
    }

    pub(in super::super) fn disable_enhanced_monitoring(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DisableEnhancedMonitoringInput,
    ) -> Result<EnhancedMonitoringOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "DisableEnhancedMonitoring", name)?;
        self.monitor(cx, name, &input.shard_level_metrics, false)
    }

    pub(in super::super) fn start_encryption(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartStreamEncryptionInput,
    ) -> Result<StartStreamEncryptionOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "StartStreamEncryption", name)?;
        check_kms(&input.encryption_type)?;
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        if stream.encryption_starts.count(cx.now) >= ENCRYPTION_UPDATES_PER_DAY {
            return Err(too_often(stream, "StartStreamEncryption"));
        }
        stream.encryption_starts.add(cx.now);
        self.change(cx, name, Change::Encryption(Some(input.key_id)));
        Ok(StartStreamEncryptionOutput {})
    }

    pub(in super::super) fn stop_encryption(
        &mut self,
        cx: &mut Cx<'_>,
        input: &StopStreamEncryptionInput,
    ) -> Result<StopStreamEncryptionOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "StopStreamEncryption", name)?;
        check_kms(&input.encryption_type)?;
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        if stream.encryption_stops.count(cx.now) >= ENCRYPTION_UPDATES_PER_DAY {
            return Err(too_often(stream, "StopStreamEncryption"));
        }
        stream.encryption_stops.add(cx.now);
        self.change(cx, name, Change::Encryption(None));
        Ok(StopStreamEncryptionOutput {})
    }

    pub(in super::super) fn update_stream_mode(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UpdateStreamModeInput,
    ) -> Result<UpdateStreamModeOutput, KinesisError> {
        let name = Self::name_of(cx, None, Some(&input.stream_arn))?;
        let is_on_demand = is_on_demand(Some(&input.stream_mode_details));
        if let Some(warm) = input.warm_throughput_mi_bps {
            self.check_warm(cx, is_on_demand, warm)?;
        }
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        if stream.mode_updates.count(cx.now) >= MODE_UPDATES_PER_DAY {
            return Err(too_often(stream, "UpdateStreamMode"));
        }
        stream.mode_updates.add(cx.now);
        self.change(cx, name, Change::Mode { is_on_demand, warm: input.warm_throughput_mi_bps });
        Ok(UpdateStreamModeOutput {})
    }

    /// Assumed: the sentences.
    pub(super) fn check_warm(&self, cx: &Cx<'_>, is_on_demand: bool, warm: i64) -> Result<(), KinesisError> {
        if !is_on_demand {
            return Err(only_on_demand("WarmThroughputMiBps"));
        }
        if !self.account.is_committed(cx.now) {
            let why =
                "WarmThroughputMiBps needs MinimumThroughputBillingCommitment to be enabled for the account.";
            return Err(KinesisError::Argument(why.to_owned()));
        }
        if warm > WARM_THROUGHPUT_MAX {
            let why = format!("WarmThroughputMiBps {warm} exceeds the limit of {WARM_THROUGHPUT_MAX}.");
            return Err(KinesisError::Limit(why));
        }
        Ok(())
    }

    pub(in super::super) fn update_warm_throughput(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UpdateStreamWarmThroughputInput,
    ) -> Result<UpdateStreamWarmThroughputOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "UpdateStreamWarmThroughput", name)?;
        let warm = input.warm_throughput_mi_bps;
        let stream = self.named(cx, name)?;
        stream.need_active()?;
        self.check_warm(cx, stream.is_on_demand, warm)?;
        let wanted = usize::try_from(warm).unwrap_or(0);
        self.check_account_shards(cx, wanted.saturating_sub(stream.open.len()))?;
        let output = UpdateStreamWarmThroughputOutput {
            stream_arn: Some(stream.arn.clone()),
            stream_name: Some(stream.name.clone()),
            warm_throughput: Some(WarmThroughputObject {
                target_mi_bps: Some(warm),
                current_mi_bps: stream.warm,
            }),
        };
        self.change(cx, name, Change::Warm(warm));
        Ok(output)
    }

    pub(in super::super) fn update_max_record_size(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UpdateMaxRecordSizeInput,
    ) -> Result<UpdateMaxRecordSizeOutput, KinesisError> {
        let name = Self::name_of(cx, None, input.stream_arn.as_deref())?;
        self.named(cx, name)?.need_active()?;
        self.change(cx, name, Change::RecordKib(input.max_record_size_in_ki_b));
        Ok(UpdateMaxRecordSizeOutput {})
    }

    pub(in super::super) fn describe_account_settings(
        &mut self,
        cx: &mut Cx<'_>,
    ) -> Result<DescribeAccountSettingsOutput, KinesisError> {
        self.pace(cx, "DescribeAccountSettings", "")?;
        let commitment = Some(self.account.describe(cx.now));
        Ok(DescribeAccountSettingsOutput { minimum_throughput_billing_commitment: commitment })
    }

    /// Assumed: a commitment that ends early ends a day after it began.
    pub(in super::super) fn update_account_settings(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UpdateAccountSettingsInput,
    ) -> Result<UpdateAccountSettingsOutput, KinesisError> {
        self.pace(cx, "UpdateAccountSettings", "")?;
        let is_committed = self.account.is_committed(cx.now);
        match (input.minimum_throughput_billing_commitment.status.as_str(), self.account.started) {
            ("ENABLED", started) => {
                let started = started.filter(|_| is_committed).unwrap_or(cx.now);
                self.account = Account { started: Some(started), ended: None };
            }
            (_, Some(started)) if is_committed => {
                self.account.ended = Some((started + COMMITMENT).max(cx.now));
            }
            _ => {}
        }
        let commitment = Some(self.account.describe(cx.now));
        Ok(UpdateAccountSettingsOutput { minimum_throughput_billing_commitment: commitment })
    }
}

/// Assumed: the sentence.
fn check_kms(encryption_type: &str) -> Result<(), KinesisError> {
    match encryption_type {
        "KMS" => Ok(()),
        other => {
            Err(KinesisError::Argument(format!("EncryptionType must be KMS. Specified value was {other}")))
        }
    }
}

/// Assumed: the sentence.
fn too_often(stream: &Stream, operation: &str) -> KinesisError {
    let why = format!("{operation} was called too often within 24 hours for stream {}.", stream.whose());
    KinesisError::Limit(why)
}
