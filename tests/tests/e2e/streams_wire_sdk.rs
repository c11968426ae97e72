//! What the genuine SDKs make of the wire of streams and queues, in-process: events as they come, errors by their names.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{
    ConsumerStatus, ShardIteratorType, StartingPosition, SubscribeToShardEventStream,
};
use wavetank::{Tank, millis, seconds};

#[wavetank::test]
async fn the_sdk_reads_events_as_they_come_and_the_end(tank: Tank) {
    let kinesis = tank.kinesis();
    kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    tank.advance(seconds(60)).await;
    let stream = kinesis.describe_stream_summary().stream_name("s").send().await.unwrap();
    let arn = stream.stream_description_summary().unwrap().stream_arn().to_owned();
    let consumer =
        kinesis.register_stream_consumer().stream_arn(&arn).consumer_name("c").send().await.unwrap();
    tank.advance(seconds(60)).await;
    let consumer = consumer.consumer().unwrap().consumer_arn().to_owned();
    let described = kinesis.describe_stream_consumer().consumer_arn(&consumer).send().await.unwrap();
    assert_eq!(described.consumer_description().unwrap().consumer_status(), &ConsumerStatus::Active);
    let position = StartingPosition::builder().r#type(ShardIteratorType::TrimHorizon).build().unwrap();
    let mut opened = kinesis
        .subscribe_to_shard()
        .consumer_arn(&consumer)
        .shard_id("shardId-000000000000")
        .starting_position(position)
        .send()
        .await
        .unwrap();
    let put = |text: &'static str| {
        kinesis.put_record().stream_name("s").partition_key("k").data(Blob::new(text)).send()
    };
    let mut seen = Vec::new();
    for text in ["a", "b"] {
        put(text).await.unwrap();
        while seen.last().map(String::as_str) != Some(text) {
            tank.advance(millis(200)).await;
            let Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) =
                opened.event_stream.recv().await.unwrap()
            else {
                panic!("an event");
            };
            let texts = event.records().iter().map(|record| record.data().as_ref().to_vec());
            seen.extend(texts.map(|bytes| String::from_utf8(bytes).unwrap()));
        }
    }
    assert_eq!(seen, ["a", "b"]);
    drop(opened);
    let again = kinesis.subscribe_to_shard().consumer_arn(&consumer).shard_id("shardId-000000000009");
    let position = StartingPosition::builder().r#type(ShardIteratorType::Latest).build().unwrap();
    let refused = again.starting_position(position).send().await.err().unwrap().into_service_error();
    assert!(refused.is_resource_not_found_exception(), "{refused:?}");
}

#[wavetank::test]
async fn the_sdk_knows_the_errors_of_queues(tank: Tank) {
    let sqs = tank.sqs();
    let missing = sqs.get_queue_url().queue_name("none").send().await.err().unwrap().into_service_error();
    assert!(missing.is_queue_does_not_exist(), "{missing:?}");
    let url = sqs.create_queue().queue_name("q").send().await.unwrap().queue_url.unwrap();
    sqs.send_message().queue_url(&url).message_body("hi").send().await.unwrap();
    let got = sqs.receive_message().queue_url(&url).send().await.unwrap();
    assert_eq!(got.messages().first().and_then(|message| message.body()), Some("hi"));
}
