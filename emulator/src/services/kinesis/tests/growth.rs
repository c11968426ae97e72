//! On-demand streams grow with what they take; provisioned ones do not.

use std::time::Duration;

use wavetank_wire::kinesis as api;

use super::{ARN, MINUTE, Rig};

const SECOND: Duration = Duration::from_secs(1);

/// A stream `s` of this mode with four shards.
fn rig(strict: bool, mode: &str) -> Rig {
    let mut rig = Rig::new(strict);
    let input = api::CreateStreamInput {
        stream_name: "s".to_owned(),
        shard_count: (mode == "PROVISIONED").then_some(4),
        stream_mode_details: Some(api::StreamModeDetails { stream_mode: mode.to_owned() }),
        ..Default::default()
    };
    rig.ask::<api::CreateStream>(input).expect("a new name");
    rig.advance(SECOND);
    rig
}

/// Open shards, and all that can be seen.
fn shards(rig: &mut Rig) -> (usize, usize) {
    let input = api::ListShardsInput { stream_name: Some("s".to_owned()), ..Default::default() };
    let all = rig.ask::<api::ListShards>(input).expect("the stream exists").shards.unwrap_or_default();
    let is_open = |shard: &&api::Shard| shard.sequence_number_range.ending_sequence_number.is_none();
    (all.iter().filter(is_open).count(), all.len())
}

/// For so many seconds, as many KiB each second to each of these keys; how many records were throttled.
fn load(rig: &mut Rig, seconds: usize, kib: usize, keys: &[&str]) -> i64 {
    let data = "x".repeat((kib << 10) - 1);
    let mut throttled = 0;
    for _ in 0..seconds {
        let records: Vec<(&str, &str)> = keys.iter().map(|key| (*key, data.as_str())).collect();
        throttled += rig.put_all(&records).failed_record_count.unwrap_or_default();
        rig.advance(SECOND);
    }
    throttled
}

/// Keys of which each belongs to another eighth of all hash keys, in their order.
const EIGHTHS: [&str; 8] = ["a", "h", "c", "m", "b", "g", "o", "e"];
/// The first of each two: each goes to another of four shards.
const KEYS: [&str; 4] = [EIGHTHS[0], EIGHTHS[2], EIGHTHS[4], EIGHTHS[6]];

#[test]
fn a_minute_over_half_a_shards_rate_splits_it_within_a_quarter_of_an_hour() {
    let mut rig = rig(true, "ON_DEMAND");
    assert_eq!(load(&mut rig, 60, 400, &KEYS), 0);
    rig.advance(15 * MINUTE);
    assert_eq!(shards(&mut rig), (4, 4), "400 KiB/s is not too much");
    load(&mut rig, 60, 600, &KEYS[..1]);
    rig.advance(14 * MINUTE);
    assert_eq!(shards(&mut rig), (4, 4));
    rig.advance(MINUTE);
    assert_eq!(shards(&mut rig), (5, 6), "one closed, two opened");
    rig.advance(60 * MINUTE);
    assert_eq!(shards(&mut rig), (5, 6), "what is split gets less, and nothing more happens");
    assert_eq!(rig.deadline(), None, "an idle stream has nothing to do");
}

#[test]
fn growth_comes_after_the_throttling_that_asked_for_it() {
    let mut rig = rig(true, "ON_DEMAND");
    let before = load(&mut rig, 60, 800, &EIGHTHS);
    assert_eq!(before, 60 * 4, "every second record was too much");
    rig.advance(15 * MINUTE);
    assert_eq!(shards(&mut rig).0, 8);
    assert_eq!(load(&mut rig, 60, 800, &EIGHTHS), 0);
}

#[test]
fn one_key_never_gets_more_than_one_shard() {
    let mut rig = rig(true, "ON_DEMAND");
    for _ in 0..3 {
        load(&mut rig, 60, 900, &EIGHTHS[..1]);
        rig.advance(16 * MINUTE);
    }
    assert!(shards(&mut rig).0 > 4);
    assert!(load(&mut rig, 2, 600, &[EIGHTHS[0], EIGHTHS[0]]) > 0);
}

#[test]
fn a_relaxed_stream_grows_as_well_and_a_provisioned_one_does_not() {
    for (mode, open) in [("ON_DEMAND", 8), ("PROVISIONED", 4)] {
        let mut rig = rig(false, mode);
        assert_eq!(load(&mut rig, 60, 900, &KEYS), 0);
        rig.advance(16 * MINUTE);
        assert_eq!(shards(&mut rig).0, open, "{mode}");
    }
}

#[test]
fn a_stream_that_is_provisioned_by_then_does_not_grow() {
    let mut rig = rig(false, "ON_DEMAND");
    load(&mut rig, 60, 900, &KEYS);
    let input = api::UpdateStreamModeInput {
        stream_arn: format!("{ARN}s"),
        stream_mode_details: api::StreamModeDetails { stream_mode: "PROVISIONED".to_owned() },
        ..Default::default()
    };
    rig.ask::<api::UpdateStreamMode>(input).expect("the first change of the day");
    rig.advance(20 * MINUTE);
    assert_eq!(shards(&mut rig), (4, 4));
}
