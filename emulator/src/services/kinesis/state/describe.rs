//! What a stream and an account are told to be.

use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::stream::{Status, Stream};
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::Cx;

impl Stream {
    pub(super) fn mode(&self) -> StreamModeDetails {
        let mode = if self.is_on_demand { "ON_DEMAND" } else { "PROVISIONED" };
        StreamModeDetails { stream_mode: mode.to_owned() }
    }

    fn encryption_type(&self) -> Option<String> {
        Some(if self.key_id.is_some() { "KMS" } else { "NONE" }.to_owned())
    }

    fn monitoring(&self) -> Vec<EnhancedMetrics> {
        let metrics = self.metrics.iter().map(|metric| (*metric).to_owned()).collect();
        vec![EnhancedMetrics { shard_level_metrics: Some(metrics) }]
    }

    pub(super) fn warm_throughput(&self) -> Option<WarmThroughputObject> {
        self.warm.map(|warm| WarmThroughputObject { target_mi_bps: Some(warm), current_mi_bps: Some(warm) })
    }
}

impl Kinesis {
    pub(in super::super) fn describe_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DescribeStreamInput,
    ) -> Result<DescribeStreamOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "DescribeStream", name)?;
        let stream = self.named(cx, name)?;
        let most = usize::try_from(input.limit.unwrap_or(i64::MAX)).unwrap_or(0).min(DESCRIBE_SHARDS_MAX);
        let after = input.exclusive_start_shard_id.as_deref().unwrap_or_default();
        // Recorded (kinesalite's tests): a stream that is CREATING tells no shards.
        let mut rest = stream
            .seen(cx.now)
            .filter(|shard| stream.status != Status::Creating && shard.id.as_str() > after);
        let shards = rest.by_ref().take(most).map(super::shard::Shard::describe).collect();
        let has_more_shards = rest.next().is_some();
        Ok(DescribeStreamOutput {
            stream_description: StreamDescription {
                stream_name: stream.name.clone(),
                stream_arn: stream.arn.clone(),
                stream_status: stream.status.name().to_owned(),
                stream_mode_details: Some(stream.mode()),
                shards,
                has_more_shards,
                retention_period_hours: stream.retention_hours,
                stream_creation_timestamp: stream.created,
                enhanced_monitoring: stream.monitoring(),
                encryption_type: stream.encryption_type(),
                key_id: stream.key_id.clone(),
            },
        })
    }

    pub(in super::super) fn describe_stream_summary(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DescribeStreamSummaryInput,
    ) -> Result<DescribeStreamSummaryOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "DescribeStreamSummary", name)?;
        let stream = self.named(cx, name)?;
        let strategy = if stream.is_auto { "AUTO" } else { "USER_PARTITION_KEY" };
        let open = if stream.status == Status::Creating { 0 } else { stream.open.len() };
        Ok(DescribeStreamSummaryOutput {
            stream_description_summary: StreamDescriptionSummary {
                stream_name: stream.name.clone(),
                stream_arn: stream.arn.clone(),
                stream_id: None,
                stream_status: stream.status.name().to_owned(),
                stream_mode_details: Some(stream.mode()),
                retention_period_hours: stream.retention_hours,
                stream_creation_timestamp: stream.created,
                enhanced_monitoring: stream.monitoring(),
                encryption_type: stream.encryption_type(),
                key_id: stream.key_id.clone(),
                open_shard_count: open as i64,
                consumer_count: Some(stream.consumers.len() as i64),
                warm_throughput: stream.warm_throughput(),
                max_record_size_in_ki_b: Some(stream.record_kib),
                channel_count: None,
                record_distribution_strategy: stream.is_on_demand.then(|| strategy.to_owned()),
                queue_count: None,
            },
        })
    }

    pub(in super::super) fn describe_limits(
        &mut self,
        cx: &mut Cx<'_>,
    ) -> Result<DescribeLimitsOutput, KinesisError> {
        self.pace(cx, "DescribeLimits", "")?;
        let on_demand = self.streams.values().filter(|stream| stream.is_on_demand).count();
        Ok(DescribeLimitsOutput {
            shard_limit: account_shards_max(cx.scope.region.as_str()) as i64,
            open_shard_count: self.open_shards() as i64,
            on_demand_stream_count: on_demand as i64,
            on_demand_stream_count_limit: ON_DEMAND_STREAMS_MAX as i64,
            channel_count: None,
            channel_count_limit: None,
        })
    }
}
