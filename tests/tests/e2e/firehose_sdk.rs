//! Firehose with the genuine SDK, in-process: put, let five minutes pass, read the object.

use aws_sdk_firehose::Client;
use aws_sdk_firehose::error::ProvideErrorMetadata;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::{
    BufferingHints, CompressionFormat, DeliveryStreamStatus, ExtendedS3DestinationConfiguration,
    ProcessingConfiguration, Processor, ProcessorType, Record,
};
use wavetank::{Tank, seconds};

const ROLE: &str = "arn:aws:iam::000000000000:role/firehose";

fn lake(hints: BufferingHints) -> ExtendedS3DestinationConfiguration {
    let newline = Processor::builder().r#type(ProcessorType::AppendDelimiterToRecord).build().unwrap();
    ExtendedS3DestinationConfiguration::builder()
        .role_arn(ROLE)
        .bucket_arn("arn:aws:s3:::lake")
        .prefix("data/raw/")
        .buffering_hints(hints)
        .processing_configuration(
            ProcessingConfiguration::builder().enabled(true).processors(newline).build(),
        )
        .build()
        .unwrap()
}

fn record(text: impl Into<Vec<u8>>) -> Record {
    Record::builder().data(Blob::new(text.into())).build().unwrap()
}

/// A client, with the bucket `lake` and the active stream `s`.
async fn stream(tank: &Tank) -> Client {
    tank.s3().create_bucket().bucket("lake").send().await.unwrap();
    let client = tank.firehose();
    let hints = BufferingHints::builder().size_in_mbs(5).interval_in_seconds(300).build();
    client
        .create_delivery_stream()
        .delivery_stream_name("s")
        .extended_s3_destination_configuration(lake(hints))
        .send()
        .await
        .unwrap();
    tank.advance(seconds(10)).await;
    client
}

async fn objects(tank: &Tank) -> Vec<(String, Vec<u8>)> {
    let s3 = tank.s3();
    let listed = s3.list_objects_v2().bucket("lake").send().await.unwrap();
    let mut found = Vec::new();
    for object in listed.contents() {
        let key = object.key().unwrap();
        let got = s3.get_object().bucket("lake").key(key).send().await.unwrap();
        found.push((key.to_owned(), got.body.collect().await.unwrap().to_vec()));
    }
    found
}

#[wavetank::test(seed = 1)]
async fn what_is_put_is_in_the_bucket_five_minutes_later(tank: Tank) {
    let client = stream(&tank).await;
    let described = client.describe_delivery_stream().delivery_stream_name("s").send().await.unwrap();
    let described = described.delivery_stream_description().unwrap();
    assert_eq!(described.delivery_stream_status(), &DeliveryStreamStatus::Active);
    let one = client.put_record().delivery_stream_name("s").record(record("{\"n\":0}")).send().await.unwrap();
    assert!(!one.record_id().is_empty());
    let records = (1..=500).map(|n| record(format!("{{\"n\":{n}}}"))).collect();
    let batch =
        client.put_record_batch().delivery_stream_name("s").set_records(Some(records)).send().await.unwrap();
    assert_eq!((batch.failed_put_count(), batch.request_responses().len()), (0, 500));
    tank.advance(seconds(299)).await;
    assert!(objects(&tank).await.is_empty());
    tank.advance(seconds(1)).await;
    let (key, body) = objects(&tank).await.remove(0);
    assert!(key.starts_with("data/raw/2026/01/05/00/s-1-2026-01-05-00-00-10-"), "{key}");
    let expected: String = (0..=500).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

#[wavetank::test(seed = 1)]
async fn refusals_have_awss_codes(tank: Tank) {
    let client = stream(&tank).await;
    let missing =
        client.put_record().delivery_stream_name("no").record(record("x")).send().await.unwrap_err();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));
    let exists = client
        .create_delivery_stream()
        .delivery_stream_name("s")
        .extended_s3_destination_configuration(lake(BufferingHints::builder().build()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(exists.code(), Some("ResourceInUseException"));
    let records = Some((0..501).map(|_| record("x")).collect());
    let many = client.put_record_batch().delivery_stream_name("s").set_records(records).send().await;
    assert!(many.unwrap_err().code().is_some());
    let update = aws_sdk_firehose::types::ExtendedS3DestinationUpdate::builder()
        .compression_format(CompressionFormat::Gzip)
        .build();
    let stale = client
        .update_destination()
        .delivery_stream_name("s")
        .current_delivery_stream_version_id("7")
        .destination_id("destinationId-000000000001")
        .extended_s3_destination_update(update)
        .send()
        .await
        .unwrap_err();
    assert_eq!(stale.code(), Some("ConcurrentModificationException"));
}
