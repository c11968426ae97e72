//! Kinesis with the genuine SDK, in-process: no socket, no sleep. What the model refuses comes from the gateway.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, ScalingType, ShardIteratorType, StreamStatus};
use wavetank::{Tank, seconds};

/// A client, with a stream `s` that is ACTIVE.
async fn stream(tank: &Tank, shards: i32) -> Client {
    let client = tank.kinesis();
    client.create_stream().stream_name("s").shard_count(shards).send().await.unwrap();
    tank.advance(seconds(1)).await;
    client
}

fn entry(key: &str, data: &str) -> PutRecordsRequestEntry {
    PutRecordsRequestEntry::builder().partition_key(key).data(Blob::new(data)).build().unwrap()
}

/// Every record of the stream, shard by shard, children after their parents, so many with each call.
async fn read_all(client: &Client, limit: i32) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for shard in client.list_shards().stream_name("s").send().await.unwrap().shards() {
        let first = client
            .get_shard_iterator()
            .stream_name("s")
            .shard_id(shard.shard_id())
            .shard_iterator_type(ShardIteratorType::TrimHorizon)
            .send()
            .await
            .unwrap();
        let mut next = first.shard_iterator().map(str::to_owned);
        while let Some(iterator) = next {
            let got = client.get_records().shard_iterator(iterator).limit(limit).send().await.unwrap();
            let text = |record: &aws_sdk_kinesis::types::Record| {
                let data = String::from_utf8(record.data().as_ref().to_vec()).unwrap();
                (record.partition_key().unwrap_or_default().to_owned(), data)
            };
            found.extend(got.records().iter().map(text));
            let is_last = got.records().is_empty();
            next = got.next_shard_iterator().filter(|_| !is_last).map(str::to_owned);
        }
    }
    found
}

#[wavetank::test(seed = 1)]
async fn records_survive_scaling_and_come_back_in_order_of_their_keys(tank: Tank) {
    let client = stream(&tank, 2).await;
    let mut expected = Vec::new();
    for round in 0..3_i32 {
        let pairs: Vec<(String, String)> =
            (0..10).map(|at| (format!("k{}", at % 4), format!("{round}.{at}"))).collect();
        let records = pairs.iter().map(|(key, data)| entry(key, data)).collect();
        let put = client.put_records().stream_name("s").set_records(Some(records)).send().await.unwrap();
        assert_eq!((put.failed_record_count(), put.records().len()), (Some(0), 10));
        expected.extend(pairs);
        let scale = client.update_shard_count().stream_name("s").target_shard_count(2 + round % 2 * 2);
        scale.scaling_type(ScalingType::UniformScaling).send().await.unwrap();
        tank.advance(seconds(1)).await;
    }
    let mut found = read_all(&client, 2).await;
    // Keys are read shard by shard: within each, the order must be that of the puts.
    found.sort_by(|one, other| one.0.cmp(&other.0));
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(found, expected);
}

#[wavetank::test(seed = 1)]
async fn a_stream_is_described_and_goes(tank: Tank) {
    let client = stream(&tank, 3).await;
    let summary = client.describe_stream_summary().stream_name("s").send().await.unwrap();
    let summary = summary.stream_description_summary().unwrap();
    assert_eq!(summary.stream_status(), &StreamStatus::Active);
    assert_eq!(summary.open_shard_count(), 3);
    assert_eq!(summary.stream_arn(), "arn:aws:kinesis:us-east-1:000000000000:stream/s");
    client.delete_stream().stream_name("s").send().await.unwrap();
    tank.advance(seconds(1)).await;
    let gone = client.describe_stream_summary().stream_name("s").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("ResourceNotFoundException"));
    assert_eq!(gone.message(), Some("Stream s under account 000000000000 not found."));
}

#[wavetank::test(seed = 1)]
async fn what_the_model_refuses_is_refused_in_its_words(tank: Tank) {
    let client = stream(&tank, 1).await;
    let many = vec![entry("k", ""); 501];
    let refused = client.put_records().stream_name("s").set_records(Some(many)).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"));
    let told = refused.message().unwrap();
    assert!(
        told.contains(
            "at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"
        ),
        "{told}"
    );
    let refused = client
        .put_record()
        .stream_name("s")
        .partition_key("x".repeat(257))
        .data(Blob::new(""))
        .send()
        .await
        .unwrap_err();
    let told = refused.message().unwrap();
    assert!(told.ends_with("at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256"), "{told}");
    let refused = client.get_records().shard_iterator("x").limit(10_001).send().await.unwrap_err();
    assert_eq!(
        refused.message(),
        Some(
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value \
             less than or equal to 10000"
        )
    );
}

#[wavetank::test(seed = 1, strict)]
async fn with_strict_limits_part_of_a_batch_is_throttled(tank: Tank) {
    let client = stream(&tank, 1).await;
    let mut failed = 0;
    for _ in 0..3 {
        let records = vec![entry("k", "x"); 400];
        let put = client.put_records().stream_name("s").set_records(Some(records)).send().await.unwrap();
        failed += put.failed_record_count().unwrap_or(0);
        for refused in put.records().iter().filter(|record| record.error_code().is_some()) {
            assert_eq!(
                refused.error_message(),
                Some("Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.")
            );
        }
    }
    assert_eq!(failed, 200);
    assert_eq!(read_all(&client, 10_000).await.len(), 1_000);
}
