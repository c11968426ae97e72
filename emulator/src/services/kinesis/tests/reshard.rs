//! Split, merge and scale: ranges, lineage, what parents and children hold.

use std::time::Duration;

use wavetank_wire::kinesis as api;

use super::{HOUR, MINUTE, Rig, SHARD_0, texts};
use crate::world::Effect;

fn split(rig: &mut Rig, shard: &str, at: u128) {
    let input = api::SplitShardInput {
        stream_name: Some("s".to_owned()),
        shard_to_split: shard.to_owned(),
        new_starting_hash_key: at.to_string(),
        ..Default::default()
    };
    rig.ask::<api::SplitShard>(input).expect("an open shard");
}

fn merge(rig: &mut Rig, lower: &str, upper: &str) {
    let input = api::MergeShardsInput {
        stream_name: Some("s".to_owned()),
        shard_to_merge: lower.to_owned(),
        adjacent_shard_to_merge: upper.to_owned(),
        ..Default::default()
    };
    rig.ask::<api::MergeShards>(input).expect("neighbours");
}

fn scale(rig: &mut Rig, target: i64) -> api::UpdateShardCountOutput {
    let input = api::UpdateShardCountInput {
        stream_name: Some("s".to_owned()),
        target_shard_count: target,
        scaling_type: "UNIFORM_SCALING".to_owned(),
        ..Default::default()
    };
    rig.ask::<api::UpdateShardCount>(input).expect("within limits")
}

fn open(rig: &mut Rig) -> Vec<String> {
    let filter = api::ShardFilter { r#type: "AT_LATEST".to_owned(), ..Default::default() };
    rig.shards(Some(filter))
}

#[test]
fn a_split_closes_the_parent_when_the_stream_is_active_again() {
    let mut rig = Rig::with_stream(false, 1);
    rig.put("a", "before");
    split(&mut rig, SHARD_0, 1 << 127);
    rig.put("b", "while");
    assert_eq!(rig.shards(None), ["0 of [] 0-255"]);
    rig.effects();
    rig.advance(Duration::from_secs(1));
    assert!(matches!(&rig.effects()[..], [Effect::Signal(_)]));
    assert_eq!(rig.shards(None), ["0 of [] 0-255 closed", "1 of [0] 0-127", "2 of [0] 128-255"]);
    rig.put_all(&[("a", "low"), ("b", "high")]);
    assert_eq!(rig.read(SHARD_0), ["before", "while"]);
    assert_eq!(rig.read("shardId-000000000001"), ["low"]);
    assert_eq!(rig.read("shardId-000000000002"), ["high"]);
}

#[test]
fn a_closed_shard_ends_with_an_empty_answer_that_names_its_children() {
    let mut rig = Rig::with_stream(false, 2);
    rig.put("a", "x");
    merge(&mut rig, SHARD_0, "shardId-000000000001");
    rig.advance(MINUTE);
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let with_records = rig.get(&iterator);
    assert_eq!((texts(&with_records.records).concat().as_str(), &with_records.child_shards), ("x", &None));
    let end = rig.get(&with_records.next_shard_iterator.expect("not the end yet"));
    assert_eq!((end.records.len(), end.next_shard_iterator), (0, None));
    let children = end.child_shards.expect("children");
    assert_eq!(children.len(), 1);
    assert_eq!(children[0].shard_id, "shardId-000000000002");
    assert_eq!(children[0].parent_shards, [SHARD_0, "shardId-000000000001"]);
    // LATEST of a closed shard is its end.
    let iterator = rig.iterator(SHARD_0, "LATEST");
    assert_eq!(rig.get(&iterator).next_shard_iterator, None);
}

#[test]
fn childrens_numbers_are_greater_than_their_parents() {
    let mut rig = Rig::with_stream(false, 1);
    let before = rig.put("a", "x").sequence_number;
    split(&mut rig, SHARD_0, 1 << 127);
    rig.advance(Duration::from_secs(1));
    let after = rig.put("a", "y").sequence_number;
    assert!(after > before, "{before} {after}");
}

#[test]
fn scaling_ends_in_equal_shards_with_lineage() {
    let check = |from: i64, to: i64, expected: &[&str]| {
        let mut rig = Rig::with_stream(false, from);
        let told = scale(&mut rig, to);
        assert_eq!((told.current_shard_count, told.target_shard_count), (Some(from), Some(to)));
        rig.advance(Duration::from_secs(1));
        assert_eq!(open(&mut rig), expected, "{from} to {to}");
    };
    check(1, 2, &["1 of [0] 0-127", "2 of [0] 128-255"]);
    check(2, 4, &["2 of [0] 0-63", "3 of [0] 64-127", "4 of [1] 128-191", "5 of [1] 192-255"]);
    check(4, 2, &["4 of [0,1] 0-127", "5 of [2,3] 128-255"]);
    check(2, 2, &["0 of [] 0-127", "1 of [] 128-255"]);
    check(2, 3, &["2 of [0] 0-85", "5 of [1] 170-255", "6 of [3,4] 85-170"]);
    check(
        3,
        6,
        &[
            "3 of [0] 0-42",
            "4 of [0] 42-85",
            "5 of [1] 85-127",
            "6 of [1] 127-170",
            "7 of [2] 170-213",
            "8 of [2] 213-255",
        ],
    );
}

#[test]
fn any_scaling_covers_all_hash_keys_once() {
    for (from, to) in [(1, 2), (5, 7), (7, 5), (10, 6), (100, 200), (33, 17)] {
        let mut rig = Rig::with_stream(false, from);
        scale(&mut rig, to);
        rig.advance(Duration::from_secs(1));
        let input = api::ListShardsInput {
            stream_name: Some("s".to_owned()),
            shard_filter: Some(api::ShardFilter { r#type: "AT_LATEST".to_owned(), ..Default::default() }),
            ..Default::default()
        };
        let shards = rig.ask::<api::ListShards>(input).unwrap().shards.unwrap();
        let number = |text: &String| text.parse::<u128>().unwrap();
        let mut ranges: Vec<(u128, u128)> = shards
            .iter()
            .map(|shard| {
                (
                    number(&shard.hash_key_range.starting_hash_key),
                    number(&shard.hash_key_range.ending_hash_key),
                )
            })
            .collect();
        ranges.sort_unstable();
        assert_eq!((ranges.len() as i64, ranges[0].0), (to, 0));
        assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{from} to {to}");
        assert_eq!(ranges.last().unwrap().1, u128::MAX);
    }
}

#[test]
fn each_filter_of_list_shards_shows_what_it_says() {
    let mut rig = Rig::with_stream(false, 1);
    rig.advance(HOUR);
    split(&mut rig, SHARD_0, 1 << 127);
    rig.advance(Duration::from_secs(1));
    let split_at = rig.now();
    rig.advance(HOUR);
    merge(&mut rig, "shardId-000000000001", "shardId-000000000002");
    rig.advance(HOUR);
    let ids = |lines: Vec<String>| -> String { lines.iter().map(|line| &line[..1]).collect() };
    let filter = |kind: &str, shard: Option<&str>, timestamp| {
        Some(api::ShardFilter { r#type: kind.to_owned(), shard_id: shard.map(str::to_owned), timestamp })
    };
    let mut check = |filter: Option<api::ShardFilter>, expected: &str| {
        assert_eq!(ids(rig.shards(filter.clone())), expected, "{filter:?}");
    };
    check(None, "0123");
    check(filter("FROM_TRIM_HORIZON", None, None), "0123");
    check(filter("AT_TRIM_HORIZON", None, None), "0");
    check(filter("AT_LATEST", None, None), "3");
    check(filter("AFTER_SHARD_ID", Some("shardId-000000000001"), None), "23");
    check(filter("AT_TIMESTAMP", None, Some(split_at)), "12");
    check(filter("FROM_TIMESTAMP", None, Some(split_at)), "123");
}

#[test]
fn closed_shards_are_gone_after_the_retention() {
    let mut rig = Rig::with_stream(false, 1);
    rig.put("a", "x");
    split(&mut rig, SHARD_0, 1 << 127);
    rig.advance(24 * HOUR);
    assert_eq!(rig.shards(None).len(), 3);
    rig.advance(HOUR);
    assert_eq!(rig.shards(None), ["1 of [0] 0-127", "2 of [0] 128-255"]);
    let input = api::GetShardIteratorInput {
        stream_name: Some("s".to_owned()),
        shard_id: SHARD_0.to_owned(),
        shard_iterator_type: "LATEST".to_owned(),
        ..Default::default()
    };
    assert!(
        rig.refused::<api::GetShardIterator>(input).starts_with("ResourceNotFoundException: Shard shardId-")
    );
}
