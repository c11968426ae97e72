//! Each quota is crossed once, and holds in a relaxed tank too.

use bytes::Bytes;
use wavetank_wire::kinesis as api;

use super::{ARN, HOUR, MINUTE, Rig, put_input, puts_input};

fn check(refusal: &str, expected: &str) {
    assert_eq!(refusal, expected);
}

#[test]
fn a_record_may_be_as_large_as_its_stream_says() {
    let mut rig = Rig::with_stream(false, 1);
    let mib = 1 << 20;
    let input = |bytes: usize| {
        let mut input = put_input("k", "");
        input.data = Bytes::from(vec![7; bytes]);
        input
    };
    rig.ask::<api::PutRecord>(input(mib - 1)).expect("data and key are 1 MiB");
    check(
        &rig.refused::<api::PutRecord>(input(mib)),
        "InvalidArgumentException: The size of 'data' and its partition key, 1048577 bytes, exceeds the limit of 1048576 \
         bytes.",
    );
    let too_large = "ValidationException: 1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 \
                     cap=1048577]' at 'data' failed to satisfy constraint: Member must have length less than or equal to \
                     1048576";
    check(&rig.refused::<api::PutRecord>(input(mib + 1)), too_large);
    let larger = api::UpdateMaxRecordSizeInput {
        stream_arn: Some(format!("{ARN}s")),
        max_record_size_in_ki_b: 10_240,
        ..Default::default()
    };
    rig.ask::<api::UpdateMaxRecordSize>(larger).expect("within the range");
    check(&rig.refused::<api::PutRecord>(input(mib + 1)), too_large);
    rig.advance(MINUTE);
    rig.ask::<api::PutRecord>(input(10 * mib - 1)).expect("10 MiB");
}

#[test]
fn a_batch_may_be_ten_mebibytes() {
    let mut rig = Rig::with_stream(false, 1);
    let half = "x".repeat((1 << 19) - 1);
    let records: Vec<(&str, &str)> = vec![("k", &half); 20];
    assert_eq!(rig.put_all(&records).records.len(), 20);
    let records: Vec<(&str, &str)> = vec![("kk", &half); 20];
    check(
        &rig.refused::<api::PutRecords>(puts_input(&records)),
        "InvalidArgumentException: Records size exceeds 10 MB limit",
    );
}

#[test]
fn shards_of_the_account_are_counted() {
    let mut rig = Rig::with_stream(false, 3);
    let input = api::CreateStreamInput {
        stream_name: "large".to_owned(),
        shard_count: Some(19_998),
        ..Default::default()
    };
    check(
        &rig.refused::<api::CreateStream>(input),
        "LimitExceededException: This request would exceed the shard limit for the account 000000000000 in us-east-1. \
         Current shard count for the account: 3. Limit: 20000. Number of additional shards that would have resulted from \
         this request: 19998. Refer to the AWS Service Limits page \
         (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request \
         higher limits.",
    );
    let limits = rig.ask::<api::DescribeLimits>(api::DescribeLimitsInput {}).unwrap();
    assert_eq!((limits.shard_limit, limits.open_shard_count), (20_000, 3));
}

fn scale(target: i64) -> api::UpdateShardCountInput {
    api::UpdateShardCountInput {
        stream_name: Some("s".to_owned()),
        target_shard_count: target,
        scaling_type: "UNIFORM_SCALING".to_owned(),
        ..Default::default()
    }
}

#[test]
fn shards_at_most_double_or_halve_ten_times_a_day() {
    let mut rig = Rig::with_stream(false, 3);
    for (target, why) in [
        (7, "UpdateShardCount cannot scale up over double your current open shard count."),
        (1, "UpdateShardCount cannot scale down below half your current open shard count."),
        (10_001, "UpdateShardCount cannot scale a stream beyond 10000 shards."),
    ] {
        let expected =
            format!("LimitExceededException: {why} Current open shard count: 3 Target shard count: {target}");
        check(&rig.refused::<api::UpdateShardCount>(scale(target)), &expected);
    }
    for turn in 0..10 {
        rig.ask::<api::UpdateShardCount>(scale(2 + turn % 2)).expect("ten times");
        rig.advance(MINUTE);
    }
    let refusal = rig.refused::<api::UpdateShardCount>(scale(2));
    assert!(
        refusal.starts_with("LimitExceededException: UpdateShardCount cannot be called more than 10"),
        "{refusal}"
    );
    rig.advance(24 * HOUR);
    rig.ask::<api::UpdateShardCount>(scale(2)).expect("a new day");
}

#[test]
fn retention_has_bounds_and_directions() {
    let mut rig = Rig::with_stream(false, 1);
    let longer = |hours| api::IncreaseStreamRetentionPeriodInput {
        stream_name: Some("s".to_owned()),
        retention_period_hours: hours,
        ..Default::default()
    };
    let shorter = |hours| api::DecreaseStreamRetentionPeriodInput {
        stream_name: Some("s".to_owned()),
        retention_period_hours: hours,
        ..Default::default()
    };
    check(
        &rig.refused::<api::IncreaseStreamRetentionPeriod>(longer(23)),
        "InvalidArgumentException: Minimum allowed retention period is 24 hours. Requested retention period (23 hours) \
         is too short.",
    );
    check(
        &rig.refused::<api::IncreaseStreamRetentionPeriod>(longer(8_761)),
        "InvalidArgumentException: Maximum allowed retention period is 8760 hours. Requested retention period (8761 \
         hours) is too long.",
    );
    check(
        &rig.refused::<api::DecreaseStreamRetentionPeriod>(shorter(25)),
        "InvalidArgumentException: Requested retention period (25 hours) for stream s can not be longer than existing \
         retention period (24 hours). Use IncreaseRetentionPeriod API.",
    );
    rig.ask::<api::IncreaseStreamRetentionPeriod>(longer(8_760)).expect("a year");
    check(
        &rig.refused::<api::IncreaseStreamRetentionPeriod>(longer(48)),
        "InvalidArgumentException: Requested retention period (48 hours) for stream s can not be shorter than existing \
         retention period (8760 hours). Use DecreaseRetentionPeriod API.",
    );
    rig.ask::<api::DecreaseStreamRetentionPeriod>(shorter(24)).expect("a day");
}

#[test]
fn twenty_consumers_and_fifty_tags_are_enough() {
    let mut rig = Rig::with_stream(false, 1);
    let consumer = |number: usize| api::RegisterStreamConsumerInput {
        stream_arn: format!("{ARN}s"),
        consumer_name: format!("c{number}"),
        ..Default::default()
    };
    for number in 0..20 {
        rig.ask::<api::RegisterStreamConsumer>(consumer(number)).expect("twenty");
    }
    let refusal = rig.refused::<api::RegisterStreamConsumer>(consumer(20));
    assert!(refusal.starts_with("LimitExceededException: "), "{refusal}");
    let tags = |from: usize, to: usize| api::AddTagsToStreamInput {
        stream_name: Some("s".to_owned()),
        tags: (from..to).map(|number| (format!("k{number}"), String::new())).collect(),
        ..Default::default()
    };
    rig.ask::<api::AddTagsToStream>(tags(0, 50)).expect("fifty");
    check(
        &rig.refused::<api::AddTagsToStream>(tags(49, 51)),
        "InvalidArgumentException: Failed to add tags to stream s under account 000000000000 because a given stream \
         cannot have more than 50 tags associated with it.",
    );
}

#[test]
fn encryption_and_mode_change_a_few_times_a_day() {
    let mut rig = Rig::with_stream(false, 1);
    let encrypt = || api::StartStreamEncryptionInput {
        stream_name: Some("s".to_owned()),
        encryption_type: "KMS".to_owned(),
        key_id: "alias/aws/kinesis".to_owned(),
        ..Default::default()
    };
    for _ in 0..25 {
        rig.ask::<api::StartStreamEncryption>(encrypt()).expect("25 times");
        rig.advance(MINUTE);
    }
    assert!(rig.refused::<api::StartStreamEncryption>(encrypt()).starts_with("LimitExceededException: "));
    let mode = |mode: &str| api::UpdateStreamModeInput {
        stream_arn: format!("{ARN}s"),
        stream_mode_details: api::StreamModeDetails { stream_mode: mode.to_owned() },
        ..Default::default()
    };
    for to in ["ON_DEMAND", "PROVISIONED"] {
        rig.ask::<api::UpdateStreamMode>(mode(to)).expect("twice");
        rig.advance(MINUTE);
    }
    assert!(rig.refused::<api::UpdateStreamMode>(mode("ON_DEMAND")).starts_with("LimitExceededException: "));
}

#[test]
fn fifty_on_demand_streams_are_enough_and_warmth_has_an_end() {
    let mut rig = Rig::new(false);
    let commit = api::UpdateAccountSettingsInput {
        minimum_throughput_billing_commitment: api::MinimumThroughputBillingCommitmentInput {
            status: "ENABLED".to_owned(),
        },
    };
    rig.ask::<api::UpdateAccountSettings>(commit).expect("a commitment");
    let create = |number: usize, warm: Option<i64>| api::CreateStreamInput {
        stream_name: format!("s{number}"),
        stream_mode_details: Some(api::StreamModeDetails { stream_mode: "ON_DEMAND".to_owned() }),
        warm_throughput_mi_bps: warm,
        ..Default::default()
    };
    check(
        &rig.refused::<api::CreateStream>(create(0, Some(10_241))),
        "LimitExceededException: WarmThroughputMiBps 10241 exceeds the limit of 10240.",
    );
    rig.ask::<api::CreateStream>(create(0, Some(6))).expect("warm");
    for number in 1..50 {
        rig.ask::<api::CreateStream>(create(number, None)).expect("fifty");
    }
    let refusal = rig.refused::<api::CreateStream>(create(50, None));
    assert!(refusal.starts_with("LimitExceededException: "), "{refusal}");
    let summary =
        api::DescribeStreamSummaryInput { stream_name: Some("s0".to_owned()), ..Default::default() };
    rig.advance(MINUTE);
    let summary =
        rig.ask::<api::DescribeStreamSummary>(summary).expect("a stream").stream_description_summary;
    assert_eq!(summary.open_shard_count, 6);
}
