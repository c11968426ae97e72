//! Every number of Kinesis has its test: what crosses it here, or where it is crossed.

use expect_test::expect;
use wavetank_wire::kinesis as api;

use super::{ARN, MINUTE, Rig, put_input};
use crate::services::crossing::Crossed;
use crate::services::kinesis::limits::{account_shards_max, growth_shards_max};

fn quotas(rig: &mut Rig, crossed: &mut Crossed) {
    let large = api::CreateStreamInput {
        stream_name: "large".to_owned(),
        shard_count: Some(20_000),
        ..Default::default()
    };
    crossed.refused("ACCOUNT_SHARDS_MAX", rig.ask::<api::CreateStream>(large), expect!["400 LimitExceededException: This request would exceed the shard limit for the account 000000000000 in us-east-1. Current shard count for the account: 3. Limit: 20000. Number of additional shards that would have resulted from this request: 20000. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits."]);
    let scale = api::UpdateShardCountInput {
        stream_name: Some("s".to_owned()),
        target_shard_count: 10_001,
        scaling_type: "UNIFORM_SCALING".to_owned(),
        ..Default::default()
    };
    crossed.refused("STREAM_SHARDS_MAX", rig.ask::<api::UpdateShardCount>(scale), expect!["400 LimitExceededException: UpdateShardCount cannot scale a stream beyond 10000 shards. Current open shard count: 3 Target shard count: 10001"]);
    let mut input = put_input("k", "");
    input.data = vec![0; 1 << 20].into();
    crossed.refused("RECORD_KIB_DEFAULT", rig.ask::<api::PutRecord>(input), expect!["400 InvalidArgumentException: The size of 'data' and its partition key, 1048577 bytes, exceeds the limit of 1048576 bytes."]);
    let longer = |hours| api::IncreaseStreamRetentionPeriodInput {
        stream_name: Some("s".to_owned()),
        retention_period_hours: hours,
        ..Default::default()
    };
    let found = rig.ask::<api::IncreaseStreamRetentionPeriod>(longer(8_761));
    crossed.refused("RETENTION_HOURS_MAX", found, expect!["400 InvalidArgumentException: Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."]);
    let shorter = api::DecreaseStreamRetentionPeriodInput {
        stream_name: Some("s".to_owned()),
        retention_period_hours: 23,
        ..Default::default()
    };
    let found = rig.ask::<api::DecreaseStreamRetentionPeriod>(shorter);
    crossed.refused("RETENTION_HOURS_MIN", found, expect!["400 InvalidArgumentException: Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."]);
    let tags = (0..51).map(|n| (format!("k{n}"), String::new())).collect();
    let input = api::TagResourceInput { resource_arn: format!("{ARN}s"), tags, ..Default::default() };
    crossed.refused("TAGS_MAX", rig.ask::<api::TagResource>(input), expect!["400 InvalidArgumentException: Failed to add tags to stream s under account 000000000000 because a given stream cannot have more than 50 tags associated with it."]);
}

fn times(rig: &mut Rig, crossed: &mut Crossed) {
    let iterator = rig.iterator(super::SHARD_0, "TRIM_HORIZON");
    rig.advance(5 * MINUTE + MINUTE);
    rig.call_as("client");
    let found = rig.ask::<api::GetRecords>(super::get_input(&iterator)).map_err(|error| {
        // It tells the iterator, which is long.
        let message = error.message.replace(&iterator, "ITERATOR");
        wavetank_wire::WireError { message, ..error }
    });
    rig.call_as("");
    crossed.refused("ITERATOR_LIFE", found, expect!["400 ExpiredIteratorException: Iterator expired. The iterator was created at time Mon Jan 05 00:00:01 UTC 2026 while right now it is Mon Jan 05 00:06:01 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds."]);
    let list = |token: Option<String>| api::ListShardsInput {
        stream_name: token.is_none().then(|| "s".to_owned()),
        next_token: token,
        max_results: Some(1),
        ..Default::default()
    };
    let token = rig.ask::<api::ListShards>(list(None)).expect("the stream exists").next_token;
    rig.advance(6 * MINUTE);
    let found = rig.ask::<api::ListShards>(list(token));
    crossed.refused(
        "TOKEN_LIFE",
        found.map_err(|error| wavetank_wire::WireError { message: String::new(), ..error }),
        expect!["400 ExpiredNextTokenException: "],
    );
}

#[test]
fn regions_have_their_quotas() {
    let quotas = |region: &str| (account_shards_max(region), growth_shards_max(region));
    assert_eq!(quotas("us-east-1"), (20_000, 10_000));
    assert_eq!(quotas("ap-southeast-1"), (6_000, 200));
}

#[test]
fn every_limit_is_crossed() {
    let mut rig = Rig::with_stream(false, 3);
    let mut crossed = Crossed::default();
    quotas(&mut rig, &mut crossed);
    times(&mut rig, &mut crossed);
    for (test, limits) in [
        ("shards_at_most_double_or_halve_ten_times_a_day", &["SHARD_COUNT_UPDATES_PER_DAY", "DAY"][..]),
        (
            "encryption_and_mode_change_a_few_times_a_day",
            &["MODE_UPDATES_PER_DAY", "ENCRYPTION_UPDATES_PER_DAY"],
        ),
        (
            "fifty_on_demand_streams_are_enough_and_warmth_has_an_end",
            &["ON_DEMAND_STREAMS_MAX", "WARM_THROUGHPUT_MAX"],
        ),
        ("an_on_demand_stream_has_four_shards_and_spreads_records_if_asked", &["ON_DEMAND_SHARDS"]),
        (
            "a_minute_over_half_a_shards_rate_splits_it_within_a_quarter_of_an_hour",
            &["GROWTH_BYTES_PER_SECOND", "GROWTH_WINDOW", "GROWTH_DELAY"],
        ),
        ("warm_throughput_needs_the_commitment_and_opens_shards", &["COMMITMENT"]),
        ("twenty_consumers_and_fifty_tags_are_enough", &["CONSUMERS_MAX", "CONSUMERS_ADVANTAGE_MAX"]),
        ("a_batch_may_be_ten_mebibytes", &["BATCH_BYTES_MAX"]),
        ("an_answer_holds_ten_mebibytes", &["GET_BYTES_MAX"]),
        ("a_reader_pages_with_limits_and_is_told_how_far_behind_it_is", &["GET_RECORDS_MAX"]),
        (
            "listings_go_on_where_they_stopped",
            &["DESCRIBE_SHARDS_MAX", "LIST_SHARDS_MAX", "LIST_STREAMS_MAX", "LIST_TAGS_MAX"],
        ),
        ("consumers_are_listed_page_by_page", &["LIST_CONSUMERS_MAX"]),
        ("records_are_pushed_as_they_come_for_five_minutes", &["SUBSCRIPTION_LIFE", "SUBSCRIPTION_BEAT"]),
        ("one_subscription_for_each_consumer_and_shard", &["SUBSCRIPTION_PAUSE"]),
        ("with_strict_limits_a_consumer_gets_two_mebibytes_a_second", &["EVENT_BYTES_MAX"]),
        (
            "a_shard_takes_a_thousand_records_a_second_and_tells_which_it_did_not",
            &["SHARD_RECORDS_PER_SECOND"],
        ),
        (
            "a_shard_takes_a_mebibyte_a_second_and_a_burst_of_large_records",
            &["SHARD_WRITE_BYTES_PER_SECOND", "SHARD_BURST_BYTES"],
        ),
        ("a_shard_answers_five_calls_a_second", &["SHARD_READS_PER_SECOND"]),
        ("more_than_two_mebibytes_are_owed", &["SHARD_READ_BYTES_PER_SECOND"]),
        ("after_ten_mebibytes_a_shard_rests_five_seconds", &["FULL_READ_REST"]),
        ("describing_is_paced_and_few_streams_are_made_at_once", &["CREATING_MAX", "CALLS_PER_SECOND"]),
    ] {
        crossed.elsewhere(test, limits);
    }
    let tests = [
        include_str!("limits.rs"),
        include_str!("quotas.rs"),
        include_str!("rates.rs"),
        include_str!("records.rs"),
        include_str!("streams.rs"),
        include_str!("consumers.rs"),
        include_str!("growth.rs"),
        include_str!("settings.rs"),
    ];
    crossed.elsewhere(
        "regions_have_their_quotas",
        &["ACCOUNT_SHARDS_ELSEWHERE_MAX", "GROWTH_SHARDS_MAX", "GROWTH_SHARDS_ELSEWHERE_MAX"],
    );
    crossed.elsewhere(
        "a_client_who_takes_nothing_holds_back_what_follows_and_loses_nothing",
        &["EVENTS_UNREAD_MAX"],
    );
    // A duration of ours, a unit, and names.
    crossed.finish_but(include_str!("../limits.rs"), &tests, &["TRANSITION", "MILLION", "LARGE_REGIONS"]);
}
