//! What is charged by the hour or the record: streams, delivery streams, instances, schedules, environments.
//!
//! Hours count from when a thing was made; an hour of a shard that has begun counts whole (assumed). Records and bytes come from
//! CloudWatch.
//! Left out: shards that were split or merged away, extended retention, enhanced fan-out, Firehose's format conversion and
//! partitioning, backups and snapshots, MWAA's workers beyond the first. Free of charge on AWS, so not here: what event source
//! mappings read of streams, be they Kinesis's or DynamoDB's.

use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::kinesis::{DescribeStreamSummary, DescribeStreamSummaryInput};
use wavetank_wire::mwaa::{GetEnvironment, GetEnvironmentInput};
use wavetank_wire::rds::{DescribeDBInstances, DescribeDBInstancesInput};

use super::{MONTH_HOURS, Made, metric_sum};
use crate::client::Aws;

/// Bytes of a record that one PUT payload unit covers. Documented: aws.amazon.com/kinesis/data-streams/pricing (read 2026-11-28).
const PUT_UNIT_BYTES: f64 = 25_600.0;
/// Firehose counts each record in steps of this many bytes. Documented: aws.amazon.com/kinesis/data-firehose/pricing
/// (read 2026-11-29).
const FIREHOSE_STEP_BYTES: f64 = 5_120.0;

/// Quantities in the units of `prices.toml`, by its names; an instance's by its class.
pub(super) type Quantities = Vec<(String, f64)>;

/// All of them.
pub(super) async fn charged(made: &Made<'_>) -> Result<Quantities, WireError> {
    let mut all = streams(made).await?;
    all.extend(deliveries(made).await?);
    all.extend(instances(made).await?);
    all.extend(schedules(made).await?);
    all.extend(environments(made).await?);
    Ok(all)
}

fn hours_since(aws: Aws<'_>, since: Timestamp) -> f64 {
    aws.target().now().since(since).as_secs_f64() / 3_600.0
}

async fn streams(made: &Made<'_>) -> Result<Quantities, WireError> {
    let (aws, mut charged) = (made.aws, Vec::new());
    for name in made.of_kind("AWS::Kinesis::Stream") {
        let input = DescribeStreamSummaryInput { stream_name: Some(name.to_owned()), ..Default::default() };
        let shown = aws.call::<DescribeStreamSummary>(input).await?.stream_description_summary;
        let since = shown.stream_creation_timestamp;
        let sum =
            async |metric| metric_sum(aws, ("AWS/Kinesis", metric), &[("StreamName", name)], since).await;
        let (records, bytes) = (sum("IncomingRecords").await?, sum("IncomingBytes").await?);
        if shown.stream_mode_details.is_some_and(|mode| mode.stream_mode == "ON_DEMAND") {
            charged.push(("kinesis_stream_hour".to_owned(), hours_since(aws, since).ceil()));
            // Records count in whole kilobytes; their mean stands for each.
            let steps = records * (bytes / records.max(1.0) / 1_024.0).ceil();
            charged.push(("kinesis_gb".to_owned(), steps * 1_024.0 / 1e9));
        } else {
            let hours = shown.open_shard_count as f64 * hours_since(aws, since).ceil();
            charged.push(("kinesis_shard_hour".to_owned(), hours));
            charged.push(("kinesis_put_unit".to_owned(), records.max((bytes / PUT_UNIT_BYTES).ceil())));
        }
    }
    Ok(charged)
}

async fn deliveries(made: &Made<'_>) -> Result<Quantities, WireError> {
    let (aws, mut charged) = (made.aws, Vec::new());
    for name in made.of_kind("AWS::KinesisFirehose::DeliveryStream") {
        let sum = async |metric| {
            let dimensions = [("DeliveryStreamName", name)];
            metric_sum(aws, ("AWS/Firehose", metric), &dimensions, Timestamp::TANK_EPOCH).await
        };
        let records = sum("IncomingRecords").await? + sum("DataReadFromKinesisStream.Records").await?;
        let bytes = sum("IncomingBytes").await? + sum("DataReadFromKinesisStream.Bytes").await?;
        let steps = records * (bytes / records.max(1.0) / FIREHOSE_STEP_BYTES).ceil();
        charged.push(("firehose_gb".to_owned(), steps * FIREHOSE_STEP_BYTES / 1e9));
    }
    Ok(charged)
}

async fn instances(made: &Made<'_>) -> Result<Quantities, WireError> {
    let (aws, mut charged) = (made.aws, Vec::new());
    for name in made.of_kind("AWS::RDS::DBInstance") {
        let input =
            DescribeDBInstancesInput { db_instance_identifier: Some(name.to_owned()), ..Default::default() };
        let shown = aws.call::<DescribeDBInstances>(input).await?.db_instances.unwrap_or_default();
        let Some(instance) = shown.into_iter().next() else { continue };
        let hours = hours_since(aws, instance.instance_create_time.unwrap_or(aws.target().now()));
        charged.push((format!("rds_hour {}", instance.db_instance_class.unwrap_or_default()), hours));
        let storage = instance.allocated_storage.unwrap_or_default() as f64;
        charged.push(("rds_gb_month".to_owned(), storage * hours / MONTH_HOURS));
    }
    Ok(charged)
}

/// Of the stack's groups, and of the one that each account has if nobody else uses it: in a tank of the run's own.
async fn schedules(made: &Made<'_>) -> Result<Quantities, WireError> {
    let (aws, mut runs) = (made.aws, 0.0);
    let has_schedules = made.of_kind("AWS::Scheduler::Schedule").next().is_some();
    let default = (has_schedules && aws.target().is_own()).then_some("default");
    for group in made.of_kind("AWS::Scheduler::ScheduleGroup").chain(default) {
        let dimensions = [("ScheduleGroup", group)];
        let metric = ("AWS/Scheduler", "InvocationAttemptCount");
        runs += metric_sum(aws, metric, &dimensions, Timestamp::TANK_EPOCH).await?;
    }
    Ok(vec![("scheduler_invocation".to_owned(), runs)])
}

async fn environments(made: &Made<'_>) -> Result<Quantities, WireError> {
    let (aws, mut charged) = (made.aws, Vec::new());
    for name in made.of_kind("AWS::MWAA::Environment") {
        let input = GetEnvironmentInput { name: name.to_owned() };
        let shown = aws.call::<GetEnvironment>(input).await?;
        let environment = shown.environment.unwrap_or_default();
        let hours = hours_since(aws, environment.created_at.unwrap_or(aws.target().now()));
        let class = environment.environment_class.unwrap_or_default();
        charged.push((format!("mwaa_hour {class}"), hours));
    }
    Ok(charged)
}
