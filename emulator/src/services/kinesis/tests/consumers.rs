//! Consumers with enhanced fan-out, and what SubscribeToShard pushes.

use std::time::Duration;

use wavetank_wire::kinesis as api;
use wavetank_wire::{FromVal as _, Val};

use super::{ARN, HOUR, MINUTE, Rig, SHARD_0, texts};
use crate::world::{Effect, Ticket};

const SECOND: Duration = Duration::from_secs(1);

fn register(rig: &mut Rig, name: &str) -> String {
    let input = api::RegisterStreamConsumerInput {
        stream_arn: format!("{ARN}s"),
        consumer_name: name.to_owned(),
        ..Default::default()
    };
    rig.ask::<api::RegisterStreamConsumer>(input).expect("a new name").consumer.consumer_arn
}

fn rig_with_consumer(strict: bool) -> (Rig, String) {
    let mut rig = Rig::with_stream(strict, 1);
    let arn = register(&mut rig, "c");
    rig.advance(MINUTE);
    (rig, arn)
}

fn from(arn: &str, kind: &str) -> api::SubscribeToShardInput {
    api::SubscribeToShardInput {
        consumer_arn: arn.to_owned(),
        shard_id: SHARD_0.to_owned(),
        starting_position: api::StartingPosition { r#type: kind.to_owned(), ..Default::default() },
        ..Default::default()
    }
}

/// What was pushed to subscriptions, and was taken: data, `-` for an event without records, `end [children]`, `close`, or a refusal.
fn pushed(rig: &mut Rig) -> Vec<(Ticket, String)> {
    let told = |event: Val| {
        let has_position = matches!(&event, Val::Struct(union)
            if matches!(union.as_slice(), [(0, event)] if event.member(1).is_some()));
        let event = api::SubscribeToShardEventStream::from_val(event).subscribe_to_shard_event;
        match event.child_shards {
            Some(children) => {
                assert!(!has_position && event.records.is_empty());
                let ids: Vec<&str> = children.iter().map(|child| &child.shard_id[19..]).collect();
                format!("end {ids:?}")
            }
            None => {
                assert!(event.continuation_sequence_number.len() == 56 && has_position);
                if event.records.is_empty() { "-".to_owned() } else { texts(&event.records).concat() }
            }
        }
    };
    rig.effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Event(ticket, Ok(event)) => {
                rig.take_event(ticket);
                Some((ticket, told(event)))
            }
            Effect::Event(ticket, Err(error)) => Some((ticket, error.to_string())),
            Effect::Close(ticket) => Some((ticket, "close".to_owned())),
            _ => None,
        })
        .collect()
}

#[test]
fn a_consumer_is_creating_then_active_then_gone() {
    let mut rig = Rig::with_stream(false, 1);
    let arn = register(&mut rig, "c");
    assert_eq!(arn, format!("{ARN}s/consumer/c:1767571201"));
    let describe = || api::DescribeStreamConsumerInput {
        stream_arn: Some(format!("{ARN}s")),
        consumer_name: Some("c".to_owned()),
        ..Default::default()
    };
    let status = |rig: &mut Rig| {
        rig.ask::<api::DescribeStreamConsumer>(describe()).unwrap().consumer_description.consumer_status
    };
    assert_eq!(status(&mut rig), "CREATING");
    assert_eq!(
        rig.subscribe(from(&arn, "LATEST")).unwrap_err().to_string(),
        "ResourceInUseException: Consumer c with creation timestamp 1767571201 under stream: s , account 000000000000 \
         is not in ACTIVE status."
    );
    rig.advance(SECOND);
    assert_eq!(status(&mut rig), "ACTIVE");
    let delete = api::DeleteStreamInput { stream_name: Some("s".to_owned()), ..Default::default() };
    assert!(rig.refused::<api::DeleteStream>(delete).starts_with("ResourceInUseException: "));
    let input = api::DeregisterStreamConsumerInput { consumer_arn: Some(arn.clone()), ..Default::default() };
    rig.ask::<api::DeregisterStreamConsumer>(input).unwrap();
    assert_eq!(status(&mut rig), "DELETING");
    rig.advance(SECOND);
    let by_arn = api::DescribeStreamConsumerInput { consumer_arn: Some(arn.clone()), ..Default::default() };
    assert_eq!(
        rig.refused::<api::DescribeStreamConsumer>(by_arn),
        format!("ResourceNotFoundException: Consumer {arn}, account 000000000000 not found.")
    );
}

#[test]
fn what_is_pushed_counts_as_leaving_its_shard() {
    let (mut rig, arn) = rig_with_consumer(false);
    let input = api::EnableEnhancedMonitoringInput {
        stream_name: Some("s".to_owned()),
        shard_level_metrics: vec!["OutgoingBytes".to_owned(), "OutgoingRecords".to_owned()],
        ..Default::default()
    };
    rig.ask::<api::EnableEnhancedMonitoring>(input).unwrap();
    rig.subscribe(from(&arn, "TRIM_HORIZON")).unwrap();
    let input = api::PutRecordInput {
        stream_name: Some("s".to_owned()),
        data: bytes::Bytes::from_static(b"1234"),
        partition_key: Some("k".to_owned()),
        ..Default::default()
    };
    rig.ask::<api::PutRecord>(input).unwrap();
    rig.advance(SECOND);
    let readings = rig.bench.readings();
    for expected in [
        format!("OutgoingBytes StreamName=s ShardId={SHARD_0} 1x sum 5"),
        format!("OutgoingRecords StreamName=s ShardId={SHARD_0} 1x sum 1"),
    ] {
        assert!(readings.contains(&expected), "{expected}: {readings:?}");
    }
}

#[test]
fn consumers_are_listed_page_by_page() {
    let mut rig = Rig::with_stream(false, 1);
    for name in ["a", "b", "c"] {
        register(&mut rig, name);
    }
    let mut token = None;
    let mut names = Vec::new();
    loop {
        let input = api::ListStreamConsumersInput {
            stream_arn: format!("{ARN}s"),
            max_results: Some(2),
            next_token: token,
            ..Default::default()
        };
        let page = rig.ask::<api::ListStreamConsumers>(input).unwrap();
        names.push(page.consumers.unwrap().into_iter().map(|one| one.consumer_name).collect::<String>());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(names, ["ab", "c"]);
}

#[test]
fn records_are_pushed_as_they_come_for_five_minutes() {
    let (mut rig, arn) = rig_with_consumer(false);
    rig.put("k", "old");
    pushed(&mut rig);
    let ticket = rig.subscribe(from(&arn, "TRIM_HORIZON")).unwrap();
    assert_eq!(pushed(&mut rig), [(ticket, "old".to_owned())]);
    rig.put_all(&[("k", "new"), ("k", "er")]);
    assert_eq!(pushed(&mut rig), [(ticket, "newer".to_owned())]);
    rig.advance(5 * SECOND);
    assert_eq!(pushed(&mut rig), [(ticket, "-".to_owned())]);
    rig.advance(HOUR);
    let rest = pushed(&mut rig);
    assert_eq!((rest.len(), rest.last()), (59, Some(&(ticket, "close".to_owned()))));
    assert_eq!(rig.deadline(), None);
}

#[test]
fn a_position_that_was_told_is_where_the_next_subscription_goes_on() {
    let (mut rig, arn) = rig_with_consumer(false);
    rig.put_all(&[("k", "a"), ("k", "b")]);
    rig.effects();
    let ticket = rig.subscribe(from(&arn, "TRIM_HORIZON")).unwrap();
    let position = rig.effects().into_iter().find_map(|effect| match effect {
        Effect::Event(_, Ok(event)) => Some(api::SubscribeToShardEventStream::from_val(event)),
        _ => None,
    });
    let position = position.expect("an event").subscribe_to_shard_event.continuation_sequence_number;
    rig.leave(ticket);
    assert_eq!(rig.deadline(), None);
    rig.put("k", "c");
    rig.advance(MINUTE);
    let mut again = from(&arn, "AFTER_SEQUENCE_NUMBER");
    again.starting_position.sequence_number = Some(position);
    let again = rig.subscribe(again).unwrap();
    assert_eq!(pushed(&mut rig), [(again, "c".to_owned())]);
}

#[test]
fn one_subscription_for_each_consumer_and_shard() {
    let (mut rig, arn) = rig_with_consumer(false);
    let first = rig.subscribe(from(&arn, "LATEST")).unwrap();
    rig.advance(5 * SECOND - Duration::from_millis(1));
    pushed(&mut rig);
    let taken = "ResourceInUseException: Another active subscription exists for this consumer: \
                 000000000000:s:shardId-000000000000:c";
    assert_eq!(rig.subscribe(from(&arn, "LATEST")).unwrap_err().to_string(), taken);
    rig.advance(Duration::from_millis(1));
    pushed(&mut rig);
    let second = rig.subscribe(from(&arn, "LATEST")).unwrap();
    assert_eq!(pushed(&mut rig), [(first, taken.to_owned())]);
    rig.put("k", "x");
    assert_eq!(pushed(&mut rig), [(second, "x".to_owned())]);
}

#[test]
fn a_client_who_takes_nothing_holds_back_what_follows_and_loses_nothing() {
    let (mut rig, arn) = rig_with_consumer(false);
    let ticket = rig.subscribe(from(&arn, "LATEST")).unwrap();
    let numbers: Vec<String> = (0..50).map(|number| format!("{number:02}")).collect();
    numbers.iter().for_each(|number| drop(rig.put("k", number)));
    let pushed_whole = |rig: &mut Rig| {
        let events = pushed(rig);
        assert!(events.iter().all(|(whose, _)| *whose == ticket));
        events.into_iter().map(|(_, data)| data).collect::<Vec<_>>()
    };
    // The first four wait for him; the rest is one event, made when he takes the first of them.
    assert_eq!(pushed_whole(&mut rig), numbers[..4]);
    assert_eq!(pushed_whole(&mut rig), [numbers[4..].concat()]);
    rig.put("k", "next");
    assert_eq!(pushed_whole(&mut rig), ["next"]);
}

#[test]
fn two_consumers_get_each_record_each() {
    let (mut rig, one) = rig_with_consumer(false);
    let other = register(&mut rig, "other");
    rig.advance(SECOND);
    let tickets =
        [rig.subscribe(from(&one, "LATEST")).unwrap(), rig.subscribe(from(&other, "LATEST")).unwrap()];
    pushed(&mut rig);
    rig.put("k", "x");
    assert_eq!(pushed(&mut rig), tickets.map(|ticket| (ticket, "x".to_owned())));
}

#[test]
fn a_closed_shard_ends_with_its_children_and_a_deleted_stream_with_an_error() {
    let (mut rig, arn) = rig_with_consumer(false);
    let ticket = rig.subscribe(from(&arn, "LATEST")).unwrap();
    let split = api::SplitShardInput {
        stream_name: Some("s".to_owned()),
        shard_to_split: SHARD_0.to_owned(),
        new_starting_hash_key: (1_u128 << 127).to_string(),
        ..Default::default()
    };
    rig.ask::<api::SplitShard>(split).unwrap();
    rig.put("k", "last");
    rig.advance(SECOND);
    assert_eq!(
        pushed(&mut rig),
        [
            (ticket, "last".to_owned()),
            (ticket, "end [\"1\", \"2\"]".to_owned()),
            (ticket, "close".to_owned())
        ]
    );
    let mut child = from(&arn, "TRIM_HORIZON");
    child.shard_id = "shardId-000000000001".to_owned();
    let ticket = rig.subscribe(child).unwrap();
    let delete = api::DeleteStreamInput {
        stream_name: Some("s".to_owned()),
        enforce_consumer_deletion: Some(true),
        ..Default::default()
    };
    rig.ask::<api::DeleteStream>(delete).unwrap();
    rig.advance(SECOND);
    let gone = "ResourceNotFoundException: Stream s under account 000000000000 not found.";
    assert_eq!(pushed(&mut rig), [(ticket, gone.to_owned())]);
    assert_eq!(rig.deadline(), None);
}

#[test]
fn with_strict_limits_a_consumer_gets_two_mebibytes_a_second() {
    let (mut rig, arn) = rig_with_consumer(true);
    let megabyte = "x".repeat((1 << 20) - 1);
    for _ in 0..5 {
        rig.put("k", &megabyte);
        rig.advance(SECOND);
    }
    rig.effects();
    rig.subscribe(from(&arn, "TRIM_HORIZON")).unwrap();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        sizes.push(pushed(&mut rig).iter().map(|(_, data)| data.len() >> 19).sum::<usize>());
        rig.advance(SECOND);
    }
    // In halves of a mebibyte, each record a little less than two of them.
    assert_eq!(sizes, [3, 3, 1]);
}
