//! Streams come and go, and are listed page by page.

use std::time::Duration;

use wavetank_wire::kinesis as api;

use super::{ARN, MINUTE, Rig, put_input};

fn named(name: &str) -> api::DescribeStreamInput {
    api::DescribeStreamInput { stream_name: Some(name.to_owned()), ..Default::default() }
}

fn describe(rig: &mut Rig, name: &str) -> api::StreamDescription {
    rig.ask::<api::DescribeStream>(named(name)).expect("a stream").stream_description
}

#[test]
fn a_stream_is_creating_then_active_then_deleting_then_gone() {
    let mut rig = Rig::new(false);
    let input =
        api::CreateStreamInput { stream_name: "s".to_owned(), shard_count: Some(3), ..Default::default() };
    rig.ask::<api::CreateStream>(input.clone()).unwrap();
    let made = describe(&mut rig, "s");
    assert_eq!((made.stream_status.as_str(), made.shards.len()), ("CREATING", 0));
    assert_eq!(
        rig.refused::<api::PutRecord>(put_input("k", "x")),
        "ResourceNotFoundException: Stream s under account 000000000000 not found."
    );
    assert_eq!(
        rig.refused::<api::CreateStream>(input),
        "ResourceInUseException: Stream s under account 000000000000 already exists."
    );
    rig.advance(Duration::from_millis(500));
    let made = describe(&mut rig, "s");
    assert_eq!((made.stream_status.as_str(), made.stream_arn), ("ACTIVE", format!("{ARN}s")));
    assert_eq!((made.retention_period_hours, made.encryption_type.as_deref()), (24, Some("NONE")));
    // Recorded: the ranges of three shards (kinesalite's tests).
    let starts: Vec<&str> =
        made.shards.iter().map(|shard| shard.hash_key_range.starting_hash_key.as_str()).collect();
    assert_eq!(
        starts,
        ["0", "113427455640312821154458202477256070485", "226854911280625642308916404954512140970"]
    );
    assert_eq!(made.shards[2].hash_key_range.ending_hash_key, "340282366920938463463374607431768211455");
    let input = api::DeleteStreamInput { stream_arn: Some(format!("{ARN}s")), ..Default::default() };
    rig.ask::<api::DeleteStream>(input).unwrap();
    assert_eq!(describe(&mut rig, "s").stream_status, "DELETING");
    rig.advance(MINUTE);
    assert_eq!(
        rig.refused::<api::DescribeStream>(named("s")),
        "ResourceNotFoundException: Stream s under account 000000000000 not found."
    );
    assert_eq!(rig.deadline(), None);
}

#[test]
fn an_on_demand_stream_has_four_shards_and_spreads_records_if_asked() {
    let mut rig = Rig::new(false);
    let mode = api::StreamModeDetails { stream_mode: "ON_DEMAND".to_owned() };
    let input = api::CreateStreamInput {
        stream_name: "s".to_owned(),
        stream_mode_details: Some(mode),
        record_distribution_strategy: Some("AUTO".to_owned()),
        ..Default::default()
    };
    rig.ask::<api::CreateStream>(input).unwrap();
    rig.advance(MINUTE);
    let input = api::DescribeStreamSummaryInput { stream_name: Some("s".to_owned()), ..Default::default() };
    let summary = rig.ask::<api::DescribeStreamSummary>(input).unwrap().stream_description_summary;
    assert_eq!(
        (summary.open_shard_count, summary.stream_mode_details.unwrap().stream_mode.as_str()),
        (4, "ON_DEMAND")
    );
    let put = rig.put_all(&[("same", "1"), ("same", "2"), ("same", "3"), ("same", "4")]);
    let mut shards: Vec<String> = put.records.into_iter().filter_map(|record| record.shard_id).collect();
    shards.sort_unstable();
    shards.dedup();
    assert_eq!(shards.len(), 4);
}

#[test]
fn listings_go_on_where_they_stopped() {
    let mut rig = Rig::new(false);
    for name in ["a", "b", "c"] {
        rig.create(name, 1);
    }
    rig.create("s", 5);
    let input = api::ListStreamsInput { limit: Some(3), ..Default::default() };
    let first = rig.ask::<api::ListStreams>(input).unwrap();
    assert_eq!((first.stream_names.concat().as_str(), first.has_more_streams), ("abc", true));
    for input in [
        api::ListStreamsInput { next_token: first.next_token, ..Default::default() },
        api::ListStreamsInput { exclusive_start_stream_name: Some("c".to_owned()), ..Default::default() },
    ] {
        let rest = rig.ask::<api::ListStreams>(input).unwrap();
        assert_eq!(
            (rest.stream_names.concat().as_str(), rest.has_more_streams, rest.next_token),
            ("s", false, None)
        );
    }
    let input = api::ListShardsInput {
        stream_name: Some("s".to_owned()),
        max_results: Some(4),
        ..Default::default()
    };
    let first = rig.ask::<api::ListShards>(input).unwrap();
    assert_eq!(first.shards.unwrap().len(), 4);
    let input = api::ListShardsInput { next_token: first.next_token, ..Default::default() };
    let rest = rig.ask::<api::ListShards>(input.clone()).unwrap();
    assert_eq!((rest.shards.unwrap().len(), rest.next_token), (1, None));
    rig.advance(6 * MINUTE);
    assert!(rig.refused::<api::ListShards>(input).starts_with("ExpiredNextTokenException: "));
    let mut input = named("s");
    input.limit = Some(2);
    input.exclusive_start_shard_id = Some("shardId-000000000001".to_owned());
    let page = rig.ask::<api::DescribeStream>(input).unwrap().stream_description;
    let ids: Vec<&str> = page.shards.iter().map(|shard| &shard.shard_id[19..]).collect();
    assert_eq!((ids.concat().as_str(), page.has_more_shards), ("23", true));
}

#[test]
fn a_stream_of_another_account_or_region_is_not_here() {
    let mut rig = Rig::with_stream(false, 1);
    let input =
        |arn: &str| api::DescribeStreamInput { stream_arn: Some(arn.to_owned()), ..Default::default() };
    assert_eq!(
        rig.refused::<api::DescribeStream>(input("arn:aws:kinesis:us-east-1:123456789012:stream/s")),
        "ResourceNotFoundException: Stream s under account 123456789012 not found."
    );
    assert!(rig.ask::<api::DescribeStream>(input(&format!("{ARN}s"))).is_ok());
}
