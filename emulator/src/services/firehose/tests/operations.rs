//! Operations on streams: what is refused and how, what is described, versions, tags, encryption.

use wavetank_wire::WireError;
use wavetank_wire::firehose::*;

use super::rig::Rig;
use super::*;
use crate::services::AwsError as _;
use crate::world::Answer;

async fn refused(lake: ExtendedS3DestinationConfiguration) -> String {
    let tank = Tank::builder().build();
    match ask::<CreateDeliveryStream>(&tank, input("s", lake)).await {
        Ok(_) => "taken".to_owned(),
        Err(error) => format!("{}: {}", error.code.trim_end_matches("Exception"), error.message),
    }
}

#[tokio::test]
async fn configurations_that_break_a_rule_are_refused_with_its_sentence() {
    let text = |text: &str| Some(text.to_owned());
    let conversion = || Some(formats::conversion(formats::parquet()));
    let query = || {
        steps(&[(
            "MetadataExtraction",
            &[("MetadataExtractionQuery", "{id:.id}"), ("JsonParsingEngine", "JQ-1.6")],
        )])
    };
    let by_id = || ExtendedS3DestinationConfiguration {
        prefix: text("!{partitionKeyFromQuery:id}/"),
        error_output_prefix: text("e/!{firehose:error-output-type}/"),
        dynamic_partitioning_configuration: partitioned(),
        processing_configuration: query(),
        ..lake()
    };
    let cases: Vec<(ExtendedS3DestinationConfiguration, &str)> = vec![
        (by_id(), "taken"),
        (
            ExtendedS3DestinationConfiguration { buffering_hints: hints(5, 60), ..by_id() },
            "InvalidArgument: BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.",
        ),
        (
            ExtendedS3DestinationConfiguration {
                buffering_hints: hints(63, 60),
                data_format_conversion_configuration: conversion(),
                ..lake()
            },
            "InvalidArgument: BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.",
        ),
        (
            ExtendedS3DestinationConfiguration {
                compression_format: text("GZIP"),
                data_format_conversion_configuration: conversion(),
                ..lake()
            },
            "InvalidArgument: CompressionFormat must be UNCOMPRESSED when data format conversion is enabled.",
        ),
        (
            ExtendedS3DestinationConfiguration { prefix: text("!{timestamp:yyyy}/"), ..lake() },
            "InvalidArgument: ErrorOutputPrefix can't be null when Prefix contains expressions",
        ),
        (
            ExtendedS3DestinationConfiguration { error_output_prefix: text("!{timestamp:yyyy}/"), ..lake() },
            "InvalidArgument: ErrorOutputPrefix expressions must include at least one instance of !{firehose:error-output-type}",
        ),
        (
            ExtendedS3DestinationConfiguration { prefix: text("!{firehose:error-output-type}/"), ..lake() },
            "InvalidArgument: Prefix can't contain !{firehose:error-output-type}",
        ),
        (
            ExtendedS3DestinationConfiguration {
                dynamic_partitioning_configuration: None,
                processing_configuration: None,
                ..by_id()
            },
            "InvalidArgument: Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic \
             Partitioning is enabled.",
        ),
        (
            ExtendedS3DestinationConfiguration { processing_configuration: None, ..by_id() },
            "InvalidArgument: Prefix uses the partition key id, which the processing configuration does not provide",
        ),
        (
            ExtendedS3DestinationConfiguration { custom_time_zone: text("Mars/Base"), ..lake() },
            "InvalidArgument: The time zone Mars/Base is not supported",
        ),
        (
            ExtendedS3DestinationConfiguration {
                processing_configuration: steps(&[("Decompression", &[("CompressionFormat", "ZSTD")])]),
                ..lake()
            },
            "InvalidArgument: The parameter CompressionFormat of the processor Decompression is invalid: ZSTD",
        ),
        (
            ExtendedS3DestinationConfiguration {
                processing_configuration: steps(&[(
                    "CloudWatchLogProcessing",
                    &[("DataMessageExtraction", "true")],
                )]),
                ..lake()
            },
            "InvalidArgument: CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor",
        ),
        (
            ExtendedS3DestinationConfiguration {
                processing_configuration: steps(&[("Lambda", &[])]),
                ..lake()
            },
            "InvalidArgument: The processor Lambda is missing the parameter LambdaArn",
        ),
    ];
    for (lake, expected) in cases {
        assert_eq!(refused(lake).await, expected);
    }
}

fn brief<T>(answer: Result<T, WireError>) -> String {
    answer.map_or_else(|error| format!("{}: {}", error.code, error.message), |_| "taken".to_owned())
}

#[tokio::test]
async fn a_stream_takes_puts_only_while_it_is_active() {
    let tank = Tank::builder().build();
    bucket(&tank, "lake");
    let one = || PutRecordInput { delivery_stream_name: "s".to_owned(), record: record("x") };
    assert_eq!(
        brief(ask::<PutRecord>(&tank, one()).await),
        "ResourceNotFoundException: Firehose s under account 000000000000 not found."
    );
    ask::<CreateDeliveryStream>(&tank, input("s", lake())).await.unwrap();
    assert_eq!(
        brief(ask::<CreateDeliveryStream>(&tank, input("s", lake())).await),
        "ResourceInUseException: Firehose s under accountId 000000000000 already exists"
    );
    assert!(brief(ask::<PutRecord>(&tank, one()).await).contains("CREATING"));
    let delete =
        || DeleteDeliveryStreamInput { delivery_stream_name: "s".to_owned(), allow_force_delete: None };
    assert!(brief(ask::<DeleteDeliveryStream>(&tank, delete()).await).starts_with("ResourceInUseException"));
    wait(&tank, 1).await;
    assert_eq!(brief(ask::<PutRecord>(&tank, one()).await), "taken");
    ask::<DeleteDeliveryStream>(&tank, delete()).await.unwrap();
    assert!(brief(ask::<PutRecord>(&tank, one()).await).contains("DELETING"));
    wait(&tank, 1).await;
    assert!(
        brief(ask::<DeleteDeliveryStream>(&tank, delete()).await).starts_with("ResourceNotFoundException")
    );
    // What was not delivered is gone, and nothing is left to happen.
    assert!(tank.settle(Duration::from_secs(3_600)).await);
    assert_eq!(objects(&tank, "lake").len(), 0);
}

#[tokio::test]
async fn puts_over_a_limit_are_refused_whole() {
    let tank = tank_with(lake()).await;
    let large = |count: usize, bytes: usize| PutRecordBatchInput {
        delivery_stream_name: "s".to_owned(),
        records: vec![Record { data: Bytes::from(vec![b'x'; bytes]) }; count],
    };
    let put = |input| ask::<PutRecordBatch>(&tank, input);
    assert!(
        brief(put(large(1, 1_024_001)).await).starts_with("InvalidArgumentException: Record size 1024001")
    );
    assert!(brief(put(large(5, 1_000_000)).await).contains("exceeds 4194304 bytes limit"));
    assert_eq!(brief(put(large(4, 1_024_000)).await), "taken");
}

/// How many of a batch's records are refused, in how many of some batches; `None` for a batch that is refused whole.
fn throttled(strict: bool, batches: usize, records: usize, bytes: usize) -> Vec<Option<i64>> {
    let mut rig = Rig::with_limits(input("s", lake()), strict);
    rig.advance(Duration::from_secs(1));
    let batch = || PutRecordBatchInput {
        delivery_stream_name: "s".to_owned(),
        records: vec![Record { data: Bytes::from(vec![b'x'; bytes]) }; records],
    };
    let mut counts: Vec<Option<i64>> = (0..batches)
        .map(|_| match rig.try_call(Request::PutRecordBatch(batch())) {
            Ok(Answer::Now(Response::PutRecordBatch(output))) => Some(output.failed_put_count),
            Ok(other) => panic!("a batch is answered with {other:?}"),
            Err(refusal) => {
                assert_eq!(refusal.wire().code, "ServiceUnavailableException");
                None
            }
        })
        .collect();
    counts.dedup();
    counts
}

#[test]
fn only_requests_that_are_taken_count_as_incoming() {
    let mut rig = Rig::with_limits(input("s", lake()), true);
    rig.advance(Duration::from_secs(1));
    let put = || PutRecordInput {
        delivery_stream_name: "s".to_owned(),
        record: Record { data: Bytes::from(vec![b'x'; 1_000_000]) },
    };
    let taken = (0..7).filter(|_| rig.try_call(Request::PutRecord(put())).is_ok()).count();
    let readings = rig.readings();
    for expected in [
        "IncomingPutRequests DeliveryStreamName=s 5x sum 5",
        "PutRecord.Requests DeliveryStreamName=s 7x sum 7",
        "ThrottledRecords DeliveryStreamName=s 7x sum 2",
    ] {
        assert!(readings.iter().any(|line| line == expected), "{expected}: {readings:?}");
    }
    assert_eq!(taken, 5);
}

#[test]
fn with_strict_limits_a_stream_takes_so_much_in_a_second_and_not_otherwise() {
    assert_eq!(throttled(false, 2_001, 5, 1), [Some(0)]);
    assert_eq!(throttled(true, 2_001, 1, 1), [Some(0), None]);
    assert_eq!(throttled(true, 12, 450, 1), [Some(0), Some(400)]);
    assert_eq!(throttled(true, 2, 4, 1_000_000), [Some(0), Some(3)]);
}

#[tokio::test]
async fn each_count_has_its_limit() {
    let tank = tank_with(lake()).await;
    let start =
        || StartDeliveryStreamEncryptionInput { delivery_stream_name: "s".to_owned(), ..Default::default() };
    for _ in 0..25 {
        ask::<StartDeliveryStreamEncryption>(&tank, start()).await.unwrap();
    }
    assert!(
        brief(ask::<StartDeliveryStreamEncryption>(&tank, start()).await)
            .starts_with("LimitExceededException")
    );
    wait(&tank, 24 * 3_600).await;
    assert_eq!(brief(ask::<StartDeliveryStreamEncryption>(&tank, start()).await), "taken");
    let tags = |range: std::ops::Range<u32>| TagDeliveryStreamInput {
        delivery_stream_name: "s".to_owned(),
        tags: range.map(|n| Tag { key: format!("k{n}"), value: None }).collect(),
    };
    assert_eq!(brief(ask::<TagDeliveryStream>(&tank, tags(0..50)).await), "taken");
    assert!(brief(ask::<TagDeliveryStream>(&tank, tags(50..51)).await).starts_with("LimitExceededException"));
    for n in 1..5_000 {
        ask::<CreateDeliveryStream>(&tank, input(&format!("s{n}"), lake())).await.unwrap();
    }
    let more = brief(ask::<CreateDeliveryStream>(&tank, input("more", lake())).await);
    assert_eq!(more, "LimitExceededException: You have already reached the limit of 5000 delivery streams");
}

#[tokio::test]
async fn an_update_needs_the_current_version_and_makes_the_next() {
    let tank =
        tank_with(ExtendedS3DestinationConfiguration { prefix: Some("a/".to_owned()), ..lake() }).await;
    put(&tank, &["before"]).await;
    let update = |version: &str| UpdateDestinationInput {
        delivery_stream_name: "s".to_owned(),
        current_delivery_stream_version_id: version.to_owned(),
        destination_id: "destinationId-000000000001".to_owned(),
        extended_s3destination_update: Some(ExtendedS3DestinationUpdate {
            prefix: Some("b/".to_owned()),
            ..ExtendedS3DestinationUpdate::default()
        }),
        ..UpdateDestinationInput::default()
    };
    ask::<UpdateDestination>(&tank, update("1")).await.unwrap();
    assert_eq!(
        brief(ask::<UpdateDestination>(&tank, update("1")).await),
        "ConcurrentModificationException: Cannot update firehose: s since the current version id: 2 and specified version \
         id: 1 do not match"
    );
    put(&tank, &["after"]).await;
    wait(&tank, 300).await;
    assert_eq!(
        shown(&tank, "lake"),
        "a/2026/01/05/00/s-1-2026-01-05-00-00-01-* before\nb/2026/01/05/00/s-2-2026-01-05-00-00-01-* after\n"
    );
    let described =
        DescribeDeliveryStreamInput { delivery_stream_name: "s".to_owned(), ..Default::default() };
    let described =
        ask::<DescribeDeliveryStream>(&tank, described).await.unwrap().delivery_stream_description;
    assert_eq!((described.version_id.as_str(), described.delivery_stream_status.as_str()), ("2", "ACTIVE"));
    let destination = described.destinations[0].extended_s3destination_description.clone().unwrap();
    assert_eq!(
        (destination.prefix.as_deref(), destination.compression_format.as_str()),
        (Some("b/"), "UNCOMPRESSED")
    );
    assert_eq!(Some(destination.buffering_hints), hints(5, 300));
}

#[tokio::test]
async fn lists_and_tags_page_and_encryption_settles() {
    let tank = Tank::builder().build();
    for name in ["c", "a", "b"] {
        ask::<CreateDeliveryStream>(&tank, input(name, lake())).await.unwrap();
    }
    wait(&tank, 1).await;
    let list = ListDeliveryStreamsInput { limit: Some(2), ..Default::default() };
    let page = ask::<ListDeliveryStreams>(&tank, list).await.unwrap();
    assert_eq!(
        (page.delivery_stream_names, page.has_more_delivery_streams),
        (vec!["a".to_owned(), "b".to_owned()], true)
    );
    let tag = |key: &str| Tag { key: key.to_owned(), value: Some("v".to_owned()) };
    let tags =
        TagDeliveryStreamInput { delivery_stream_name: "a".to_owned(), tags: vec![tag("x"), tag("y")] };
    ask::<TagDeliveryStream>(&tank, tags).await.unwrap();
    let untag =
        UntagDeliveryStreamInput { delivery_stream_name: "a".to_owned(), tag_keys: vec!["x".to_owned()] };
    ask::<UntagDeliveryStream>(&tank, untag).await.unwrap();
    let list = ListTagsForDeliveryStreamInput { delivery_stream_name: "a".to_owned(), ..Default::default() };
    assert_eq!(ask::<ListTagsForDeliveryStream>(&tank, list).await.unwrap().tags, [tag("y")]);
    let start =
        StartDeliveryStreamEncryptionInput { delivery_stream_name: "a".to_owned(), ..Default::default() };
    ask::<StartDeliveryStreamEncryption>(&tank, start).await.unwrap();
    let one = || PutRecordInput { delivery_stream_name: "a".to_owned(), record: record("x") };
    assert_eq!(ask::<PutRecord>(&tank, one()).await.unwrap().encrypted, Some(false));
    wait(&tank, 1).await;
    assert_eq!(ask::<PutRecord>(&tank, one()).await.unwrap().encrypted, Some(true));
}
