//! Rates: in force with strict limits, and not otherwise.

use std::time::Duration;

use bytes::Bytes;
use wavetank_wire::kinesis as api;

use super::{ARN, MINUTE, Rig, SHARD_0, get_input, put_input, puts_input, texts};

const SECOND: Duration = Duration::from_secs(1);
const EXCEEDED: &str = "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream s \
                        under account 000000000000.";

/// A batch of so many small records; how many of them failed.
fn failed(rig: &mut Rig, count: usize) -> Option<i64> {
    rig.put_all(&vec![("k", "x"); count]).failed_record_count
}

#[test]
fn a_relaxed_tank_throttles_nobody() {
    let mut rig = Rig::with_stream(false, 1);
    for _ in 0..20 {
        assert_eq!(failed(&mut rig, 500), Some(0));
    }
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    for _ in 0..20 {
        rig.get(&iterator);
    }
}

#[test]
fn a_shard_takes_a_thousand_records_a_second_and_tells_which_it_did_not() {
    let mut rig = Rig::with_stream(true, 1);
    assert_eq!((failed(&mut rig, 500), failed(&mut rig, 499)), (Some(0), Some(0)));
    let partial = rig.put_all(&[("k", "taken"), ("k", "refused")]);
    assert_eq!(partial.failed_record_count, Some(1));
    assert!(partial.records[0].sequence_number.is_some());
    let refused = &partial.records[1];
    let told =
        format!("{}: {}", refused.error_code.as_deref().unwrap(), refused.error_message.as_deref().unwrap());
    assert_eq!((told.as_str(), &refused.sequence_number, &refused.shard_id), (EXCEEDED, &None, &None));
    assert_eq!(rig.refused::<api::PutRecord>(put_input("k", "x")), EXCEEDED);
    rig.advance(Duration::from_millis(100));
    assert_eq!(failed(&mut rig, 101), Some(1));
    assert_eq!(texts(&rig_read(&mut rig)).iter().filter(|text| *text == "refused").count(), 0);
}

fn rig_read(rig: &mut Rig) -> Vec<api::Record> {
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    rig.get(&iterator).records
}

#[test]
fn a_batch_of_which_nothing_is_stored_signals_nothing() {
    let mut rig = Rig::with_stream(true, 1);
    failed(&mut rig, 500);
    failed(&mut rig, 500);
    rig.effects();
    assert_eq!(rig.ask::<api::PutRecords>(puts_input(&[("k", "x")])).unwrap().failed_record_count, Some(1));
    assert!(rig.effects().is_empty());
}

#[test]
fn a_shard_takes_a_mebibyte_a_second_and_a_burst_of_large_records() {
    let mut rig = Rig::with_stream(true, 1);
    let large = api::UpdateMaxRecordSizeInput {
        stream_arn: Some(format!("{ARN}s")),
        max_record_size_in_ki_b: 10_240,
        ..Default::default()
    };
    rig.ask::<api::UpdateMaxRecordSize>(large).unwrap();
    rig.advance(MINUTE);
    let input = |bytes: usize| {
        let mut input = put_input("k", "");
        input.data = Bytes::from(vec![7; bytes]);
        input
    };
    let mib = 1 << 20;
    rig.ask::<api::PutRecord>(input(mib - 1)).expect("a second's worth");
    assert_eq!(rig.refused::<api::PutRecord>(input(1)), EXCEEDED);
    rig.ask::<api::PutRecord>(input(10 * mib - 1)).expect("the burst");
    assert_eq!(rig.refused::<api::PutRecord>(input(2 * mib)), EXCEEDED);
    // The burst fills with what is left unused, after the second is full again.
    rig.advance(4 * SECOND);
    rig.ask::<api::PutRecord>(input(2 * mib)).expect("the burst again");
    assert_eq!(rig.refused::<api::PutRecord>(input(2 * mib)), EXCEEDED);
}

#[test]
fn a_shard_answers_five_calls_a_second() {
    let mut rig = Rig::with_stream(true, 1);
    let iterator = rig.iterator(SHARD_0, "LATEST");
    for _ in 0..5 {
        rig.get(&iterator);
    }
    assert_eq!(rig.refused::<api::GetRecords>(get_input(&iterator)), EXCEEDED);
    rig.advance(Duration::from_millis(200));
    rig.get(&iterator);
}

#[test]
fn after_ten_mebibytes_a_shard_rests_five_seconds() {
    let mut rig = Rig::with_stream(true, 1);
    let megabyte = "x".repeat((1 << 20) - 1);
    for _ in 0..11 {
        rig.put("k", &megabyte);
        rig.advance(SECOND);
    }
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let first = rig.get(&iterator);
    assert_eq!(first.records.len(), 10);
    let next = first.next_shard_iterator.unwrap();
    rig.advance(5 * SECOND - Duration::from_millis(1));
    assert_eq!(rig.refused::<api::GetRecords>(get_input(&next)), EXCEEDED);
    rig.advance(Duration::from_millis(1));
    assert_eq!(rig.get(&next).records.len(), 1);
}

#[test]
fn more_than_two_mebibytes_are_owed() {
    let mut rig = Rig::with_stream(true, 1);
    let megabyte = "x".repeat((1 << 20) - 1);
    for _ in 0..4 {
        rig.put("k", &megabyte);
        rig.advance(SECOND);
    }
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    assert_eq!(rig.get(&iterator).records.len(), 4);
    assert_eq!(rig.refused::<api::GetRecords>(get_input(&iterator)), EXCEEDED);
    rig.advance(SECOND + Duration::from_millis(1));
    rig.get(&iterator);
}

#[test]
fn describing_is_paced_and_few_streams_are_made_at_once() {
    let mut rig = Rig::with_stream(true, 1);
    let describe = || api::DescribeStreamInput { stream_name: Some("s".to_owned()), ..Default::default() };
    for _ in 0..10 {
        rig.ask::<api::DescribeStream>(describe()).expect("ten a second");
    }
    assert_eq!(
        rig.refused::<api::DescribeStream>(describe()),
        "LimitExceededException: Rate exceeded for stream s under account 000000000000."
    );
    let create = |number: usize| api::CreateStreamInput {
        stream_name: format!("n{number}"),
        shard_count: Some(1),
        ..Default::default()
    };
    for number in 0..5 {
        rig.ask::<api::CreateStream>(create(number)).expect("five at once");
        rig.advance(Duration::from_millis(50));
    }
    let refusal = rig.refused::<api::CreateStream>(create(5));
    assert!(refusal.starts_with("LimitExceededException: "), "{refusal}");
}

#[test]
fn few_consumers_are_made_at_once() {
    let mut rig = Rig::with_stream(true, 1);
    let consumer = |number: usize| api::RegisterStreamConsumerInput {
        stream_arn: format!("{ARN}s"),
        consumer_name: format!("c{number}"),
        ..Default::default()
    };
    for number in 0..5 {
        rig.ask::<api::RegisterStreamConsumer>(consumer(number)).expect("five at once");
    }
    // The rate of calls fills again sooner than the consumers are made.
    rig.advance(Duration::from_millis(300));
    let refusal = rig.refused::<api::RegisterStreamConsumer>(consumer(5));
    assert!(refusal.contains("consumers in CREATING status already"), "{refusal}");
    rig.advance(Duration::from_millis(200));
    rig.ask::<api::RegisterStreamConsumer>(consumer(5)).expect("the first are made");
}

#[test]
fn a_mapping_of_a_consumer_reads_from_a_budget_of_its_own_until_the_consumer_is_gone() {
    let mut rig = Rig::with_stream(true, 1);
    let stream_arn = format!("{ARN}s");
    let consumer = register(&mut rig);
    rig.put_all(&[("k", "a")]);
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let read = |arn: &String| api::GetRecordsInput { stream_arn: Some(arn.clone()), ..get_input(&iterator) };
    for _ in 0..5 {
        rig.ask::<api::GetRecords>(read(&stream_arn)).expect("five reads a second");
    }
    assert_eq!(rig.refused::<api::GetRecords>(read(&stream_arn)), EXCEEDED);
    for _ in 0..20 {
        assert_eq!(rig.ask::<api::GetRecords>(read(&consumer)).expect("its own budget").records.len(), 1);
    }
    let input =
        api::DeregisterStreamConsumerInput { consumer_arn: Some(consumer.clone()), ..Default::default() };
    rig.ask::<api::DeregisterStreamConsumer>(input).expect("it is there");
    rig.advance(SECOND);
    let gone = rig.refused::<api::GetRecords>(read(&consumer));
    assert!(gone.starts_with("ResourceNotFoundException"), "{gone}");
}

/// A consumer that is ACTIVE; answers its ARN.
fn register(rig: &mut Rig) -> String {
    let input = api::RegisterStreamConsumerInput {
        stream_arn: format!("{ARN}s"),
        consumer_name: "fast".to_owned(),
        ..Default::default()
    };
    let made = rig.ask::<api::RegisterStreamConsumer>(input).expect("it is new");
    rig.advance(SECOND);
    made.consumer.consumer_arn
}

#[test]
fn a_mapping_of_a_consumer_gets_two_mebibytes_a_second_from_a_shard() {
    let mut rig = Rig::with_stream(true, 1);
    let consumer = register(&mut rig);
    let mebibyte = "x".repeat((1 << 20) - 1);
    for _ in 0..3 {
        rig.advance(SECOND);
        assert_eq!(rig.put_all(&[("k", &mebibyte)]).failed_record_count, Some(0));
    }
    let mut iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let mut read = |rig: &mut Rig| {
        let input = api::GetRecordsInput { stream_arn: Some(consumer.clone()), ..get_input(&iterator) };
        let page = rig.ask::<api::GetRecords>(input).map_err(|error| error.code)?;
        iterator = page.next_shard_iterator.unwrap_or_default();
        Ok::<usize, String>(page.records.len())
    };
    assert_eq!(read(&mut rig), Ok(2));
    assert_eq!(read(&mut rig), Err("ProvisionedThroughputExceededException".to_owned()));
    rig.advance(SECOND);
    assert_eq!(read(&mut rig), Ok(1));
}

#[test]
fn a_shard_gives_five_iterators_a_second_and_streams_are_counted_apart() {
    let mut rig = Rig::with_stream(true, 2);
    for _ in 0..5 {
        rig.iterator(SHARD_0, "LATEST");
    }
    let more = |shard: &str| api::GetShardIteratorInput {
        stream_name: Some("s".to_owned()),
        shard_id: shard.to_owned(),
        shard_iterator_type: "LATEST".to_owned(),
        ..Default::default()
    };
    assert_eq!(rig.refused::<api::GetShardIterator>(more(SHARD_0)), EXCEEDED);
    rig.ask::<api::GetShardIterator>(more("shardId-000000000001")).expect("another shard");
    rig.create("t", 1);
    let tags = |stream: &str| api::ListTagsForStreamInput {
        stream_name: Some(stream.to_owned()),
        ..Default::default()
    };
    for _ in 0..5 {
        rig.ask::<api::ListTagsForStream>(tags("s")).expect("five a second");
    }
    let refusal = rig.refused::<api::ListTagsForStream>(tags("s"));
    assert!(refusal.starts_with("LimitExceededException: "), "{refusal}");
    rig.ask::<api::ListTagsForStream>(tags("t")).expect("another stream");
}
