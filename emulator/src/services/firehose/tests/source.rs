//! A Kinesis stream as the source: played by the rig, and once the tank's own.

use wavetank_wire::firehose::*;
use wavetank_wire::kinesis;

use super::rig::{FakeShard, Rig, STREAM_ARN};
use super::*;

/// A stream from Kinesis that buffers for a minute.
pub(super) fn from_kinesis() -> CreateDeliveryStreamInput {
    let mut input =
        input("s", ExtendedS3DestinationConfiguration { buffering_hints: hints(1, 60), ..lake() });
    input.delivery_stream_type = Some("KinesisStreamAsSource".to_owned());
    input.kinesis_stream_source_configuration = Some(KinesisStreamSourceConfiguration {
        kinesis_stream_arn: STREAM_ARN.to_owned(),
        role_arn: ROLE.to_owned(),
    });
    input
}

fn rig() -> Rig {
    rig_with_limits(false)
}

fn rig_with_limits(strict: bool) -> Rig {
    let mut rig = Rig::with_limits(from_kinesis(), strict);
    rig.shards.insert("shard-0".to_owned(), FakeShard::default());
    rig.advance(Duration::from_secs(1));
    rig
}

fn append(rig: &mut Rig, shard: &str, texts: &[&str]) {
    let now = rig.now();
    let records = texts.iter().map(|text| (now, (*text).to_owned()));
    rig.shards.get_mut(shard).expect("it exists").records.extend(records);
}

fn delivered(rig: &Rig) -> String {
    let texts: Vec<String> =
        rig.objects.values().map(|body| String::from_utf8_lossy(body).into_owned()).collect();
    texts.join("|")
}

#[test]
fn a_shard_is_read_once_a_second_and_without_strict_limits_sooner_while_it_holds_more() {
    let check = |strict: bool, expected: [u128; 3]| {
        let mut rig = rig_with_limits(strict);
        let before = rig.reads.len();
        append(&mut rig, "shard-0", &["a", "b", "c", "d", "e"]);
        let start = rig.now();
        rig.signal();
        rig.advance(Duration::from_secs(10));
        let millis: Vec<u128> =
            rig.reads[before..].iter().map(|(at, _)| at.since(start).as_millis()).collect();
        assert_eq!(millis, expected, "strict: {strict}");
        rig.advance(Duration::from_secs(60));
        assert_eq!(delivered(&rig), "abcde");
        assert!(rig.is_idle());
    };
    check(true, [1_000, 2_000, 3_000]);
    check(false, [1_000, 1_200, 1_400]);
}

#[test]
fn records_from_before_the_streams_creation_are_not_read() {
    let mut rig = rig();
    rig.shards.insert(
        "shard-1".to_owned(),
        FakeShard {
            parent: None,
            records: vec![(rig.now() - Duration::from_secs(2), "old".to_owned())],
            closed: false,
        },
    );
    append(&mut rig, "shard-1", &["new"]);
    // A shard that is not known is found when one that is known ends.
    rig.shards.get_mut("shard-0").expect("it exists").closed = true;
    rig.advance(Duration::from_secs(2));
    rig.signal();
    rig.advance(Duration::from_secs(120));
    assert_eq!(delivered(&rig), "new");
}

#[test]
fn children_are_read_after_the_end_of_their_parent() {
    let mut rig = rig();
    append(&mut rig, "shard-0", &["a", "b", "c"]);
    rig.shards.get_mut("shard-0").expect("it exists").closed = true;
    let child = FakeShard { parent: Some("shard-0".to_owned()), ..FakeShard::default() };
    rig.shards.insert("shard-1".to_owned(), child);
    append(&mut rig, "shard-1", &["d"]);
    rig.signal();
    rig.advance(Duration::from_secs(120));
    assert_eq!(delivered(&rig), "abcd");
}

#[test]
fn an_expired_iterator_is_replaced_after_the_last_record() {
    let check = |idle_secs: u64| {
        let mut rig = rig();
        append(&mut rig, "shard-0", &["a"]);
        rig.signal();
        rig.advance(Duration::from_secs(idle_secs));
        rig.iterators_expired = true;
        append(&mut rig, "shard-0", &["b"]);
        rig.signal();
        rig.advance(Duration::from_secs(100));
        assert_eq!((delivered(&rig).as_str(), rig.refused), ("a|b", 1), "after {idle_secs} s");
    };
    check(100);
    check(400);
}

#[test]
fn nothing_is_read_while_s3_refuses_and_all_of_it_afterwards() {
    let mut rig = rig();
    rig.s3_refuses = true;
    append(&mut rig, "shard-0", &["a"]);
    rig.signal();
    rig.advance(Duration::from_secs(100));
    let reads = rig.reads.len();
    append(&mut rig, "shard-0", &["b"]);
    rig.signal();
    rig.advance(Duration::from_secs(1_000));
    assert_eq!(rig.reads.len(), reads);
    rig.s3_refuses = false;
    rig.advance(Duration::from_secs(400));
    assert_eq!(delivered(&rig), "a|b");
    assert!(rig.is_idle());
}

fn entry(text: &str) -> kinesis::PutRecordsRequestEntry {
    kinesis::PutRecordsRequestEntry {
        data: Bytes::from(format!("{text}\n")),
        partition_key: Some(text.to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
async fn every_record_of_the_tanks_own_kinesis_arrives_once_across_a_split() {
    let tank = Tank::builder().build();
    bucket(&tank, "lake");
    let stream_name = "k".to_owned();
    let create = kinesis::CreateStreamInput { stream_name, shard_count: Some(1), ..Default::default() };
    ask::<kinesis::CreateStream>(&tank, create).await.unwrap();
    wait(&tank, 60).await;
    make(&tank, from_kinesis()).await;
    let mut expected = Vec::new();
    for round in 0..6 {
        let texts: Vec<String> = (0..100).map(|n| format!("{round}-{n:02}")).collect();
        let records = texts.iter().map(|text| entry(text)).collect();
        let name = Some("k".to_owned());
        let input = kinesis::PutRecordsInput { stream_name: name.clone(), records, ..Default::default() };
        assert_eq!(ask::<kinesis::PutRecords>(&tank, input).await.unwrap().failed_record_count, Some(0));
        expected.extend(texts);
        if round == 2 {
            let split = kinesis::SplitShardInput {
                stream_name: name,
                shard_to_split: "shardId-000000000000".to_owned(),
                new_starting_hash_key: (1u128 << 127).to_string(),
                ..Default::default()
            };
            ask::<kinesis::SplitShard>(&tank, split).await.unwrap();
            wait(&tank, 60).await;
        }
        wait(&tank, 7).await;
    }
    assert!(tank.settle(Duration::from_secs(600)).await, "an idle source leaves nothing to happen");
    let body: Vec<u8> = objects(&tank, "lake").into_values().flatten().collect();
    let mut found: Vec<String> = String::from_utf8(body).unwrap().lines().map(str::to_owned).collect();
    found.sort();
    assert_eq!(found, expected);
}
