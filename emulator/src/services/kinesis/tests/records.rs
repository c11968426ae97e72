//! Puts and reads: order, positions, ends, retention.

use std::time::Duration;

use wavetank_wire::kinesis as api;

use super::{HOUR, MINUTE, Rig, SHARD_0, get_input, puts_input, texts};
use crate::world::Effect;

#[test]
fn records_come_back_in_order_with_growing_numbers_of_awss_shape() {
    let mut rig = Rig::with_stream(false, 1);
    let first = rig.put("a", "one");
    rig.advance(Duration::from_secs(3));
    let more = rig.put_all(&[("b", "two"), ("a", "three")]);
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let got = rig.get(&iterator);
    assert_eq!(texts(&got.records), ["one", "two", "three"]);
    let numbers: Vec<&String> = got.records.iter().map(|record| &record.sequence_number).collect();
    let told = [&first.sequence_number, more.records[0].sequence_number.as_ref().unwrap()];
    assert_eq!(numbers[..2], told);
    assert!(numbers.is_sorted() && numbers.iter().all(|number| number.len() == 56), "{numbers:?}");
    assert_eq!((more.failed_record_count, got.millis_behind_latest), (Some(0), Some(0)));
    assert_eq!(got.records[1].partition_key.as_deref(), Some("b"));
}

#[test]
fn each_put_that_stores_something_signals_once() {
    let mut rig = Rig::with_stream(false, 4);
    rig.put_all(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let effects = rig.effects();
    assert!(matches!(&effects[..], [Effect::Signal(topic)] if topic.ends_with(":stream/s")), "{effects:?}");
}

#[test]
fn the_hash_of_the_key_or_the_given_one_chooses_the_shard() {
    let mut rig = Rig::with_stream(false, 4);
    // MD5 of "a" begins with 0c, of "b" with 92, of "c" with 4a, of "d" with 82.
    let put = rig.put_all(&[("a", ""), ("b", ""), ("c", ""), ("d", "")]);
    let shards: Vec<&str> =
        put.records.iter().map(|record| &record.shard_id.as_deref().unwrap()[19..]).collect();
    assert_eq!(shards, ["0", "2", "1", "2"]);
    let mut explicit = super::put_input("a", "x");
    explicit.explicit_hash_key = Some(u128::MAX.to_string());
    let put = rig.ask::<api::PutRecord>(explicit).unwrap();
    assert_eq!(put.shard_id, "shardId-000000000003");
}

#[test]
fn each_iterator_type_begins_where_it_says() {
    let mut rig = Rig::with_stream(false, 1);
    let mut numbers = Vec::new();
    let mut times = Vec::new();
    for data in ["0", "1", "2"] {
        numbers.push(rig.put("k", data).sequence_number);
        times.push(rig.now());
        rig.advance(MINUTE);
    }
    let mut check = |kind: &str, sequence: Option<&String>, at, expected: &[&str]| {
        let input = api::GetShardIteratorInput {
            stream_name: Some("s".to_owned()),
            shard_id: "shard-0".to_owned(),
            shard_iterator_type: kind.to_owned(),
            starting_sequence_number: sequence.cloned(),
            timestamp: at,
            ..Default::default()
        };
        let iterator = rig.ask::<api::GetShardIterator>(input).unwrap().shard_iterator.unwrap();
        assert_eq!(texts(&rig.get(&iterator).records), expected, "{kind}");
    };
    check("TRIM_HORIZON", None, None, &["0", "1", "2"]);
    check("LATEST", None, None, &[]);
    check("AT_SEQUENCE_NUMBER", Some(&numbers[1]), None, &["1", "2"]);
    check("AFTER_SEQUENCE_NUMBER", Some(&numbers[1]), None, &["2"]);
    check("AT_TIMESTAMP", None, Some(times[1]), &["1", "2"]);
    check("AT_TIMESTAMP", None, Some(times[1] + Duration::from_millis(1)), &["2"]);
    check("AT_TIMESTAMP", None, Some(times[0]), &["0", "1", "2"]);
}

#[test]
fn a_reader_pages_with_limits_and_is_told_how_far_behind_it_is() {
    let mut rig = Rig::with_stream(false, 1);
    rig.put_all(&[("k", "a"), ("k", "b"), ("k", "c")]);
    rig.advance(MINUTE);
    let mut input = get_input(&rig.iterator(SHARD_0, "TRIM_HORIZON"));
    input.limit = Some(2);
    let first = rig.ask::<api::GetRecords>(input.clone()).unwrap();
    assert_eq!((texts(&first.records).concat().as_str(), first.millis_behind_latest), ("ab", Some(60_000)));
    let second = rig.get(&first.next_shard_iterator.unwrap());
    assert_eq!((texts(&second.records).concat().as_str(), second.millis_behind_latest), ("c", Some(0)));
    // The same iterator gives the same records.
    assert_eq!(texts(&rig.ask::<api::GetRecords>(input).unwrap().records).concat(), "ab");
}

#[test]
fn an_answer_holds_ten_mebibytes() {
    let mut rig = Rig::with_stream(false, 1);
    let large = "x".repeat((1 << 20) - 1);
    for _ in 0..11 {
        rig.put("k", &large);
    }
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let first = rig.get(&iterator);
    assert_eq!(first.records.len(), 10);
    assert_eq!(rig.get(&first.next_shard_iterator.unwrap()).records.len(), 1);
}

#[test]
fn an_iterator_lives_five_minutes() {
    let mut rig = Rig::with_stream(false, 1);
    rig.call_as("client");
    let iterator = rig.iterator(SHARD_0, "LATEST");
    rig.advance(5 * MINUTE);
    rig.get(&iterator);
    rig.advance(Duration::from_millis(1));
    assert_eq!(
        rig.refused::<api::GetRecords>(get_input(&iterator)),
        "ExpiredIteratorException: Iterator expired. The iterator was created at time Mon Jan 05 00:00:01 UTC 2026 \
         while right now it is Mon Jan 05 00:05:01 UTC 2026 which is further in the future than the tolerated delay \
         of 300000 milliseconds."
    );
}

#[test]
fn an_iterator_of_a_service_never_grows_old() {
    let mut rig = Rig::with_stream(false, 1);
    let iterator = rig.iterator(SHARD_0, "LATEST");
    rig.advance(20 * MINUTE);
    rig.put("k", "x");
    assert_eq!(rig.get(&iterator).records.len(), 1);
}

#[test]
fn records_are_there_for_their_retention_and_nothing_is_due_for_that() {
    let mut rig = Rig::with_stream(false, 1);
    rig.put("k", "a");
    rig.advance(HOUR);
    rig.put("k", "b");
    assert_eq!(rig.deadline(), None);
    rig.advance(23 * HOUR);
    assert_eq!(rig.read(SHARD_0), ["a", "b"]);
    rig.advance(Duration::from_millis(1));
    assert_eq!(rig.read(SHARD_0), ["b"]);
    // What is gone does not come back with a longer retention, but what is there stays longer.
    let longer = api::IncreaseStreamRetentionPeriodInput {
        stream_name: Some("s".to_owned()),
        retention_period_hours: 48,
        ..Default::default()
    };
    rig.ask::<api::IncreaseStreamRetentionPeriod>(longer).unwrap();
    rig.advance(20 * HOUR);
    assert_eq!(rig.read(SHARD_0), ["b"]);
}

#[test]
fn a_rehearsal_changes_nothing() {
    let mut rig = Rig::with_stream(false, 1);
    let mut input = puts_input(&[("k", "a")]);
    input.dry_run = Some(true);
    let refusal = rig.refused::<api::PutRecords>(input);
    assert!(refusal.starts_with("DryRunOperationException: "), "{refusal}");
    assert_eq!(rig.read(SHARD_0), Vec::<String>::new());
}

#[test]
fn a_stream_made_again_under_the_same_name_is_another() {
    let mut rig = Rig::with_stream(false, 1);
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let input = api::DeleteStreamInput { stream_name: Some("s".to_owned()), ..Default::default() };
    rig.ask::<api::DeleteStream>(input).unwrap();
    rig.advance(MINUTE);
    rig.create("s", 1);
    assert_eq!(
        rig.refused::<api::GetRecords>(get_input(&iterator)),
        "ResourceNotFoundException: Shard shardId-000000000000 in stream s under account 000000000000 does not exist"
    );
}
