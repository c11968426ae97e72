//! Every limit of Firehose is crossed once: the limit, the request, AWS's refusal; or the test that shows what it does.

use expect_test::expect;

use super::steps::{ARN, by_keys};
use super::*;
use crate::services::crossing::{Crossed, validated};

async fn create(tank: &Tank, lake: ExtendedS3DestinationConfiguration) -> Result<(), WireError> {
    let input = input("new", lake);
    validated::<CreateDeliveryStream>(&input)?;
    ask::<CreateDeliveryStream>(tank, input).await.map(drop)
}

async fn puts(tank: &Tank, crossed: &mut Crossed) {
    let batch = |count: usize, bytes: usize| PutRecordBatchInput {
        delivery_stream_name: "s".to_owned(),
        records: vec![Record { data: Bytes::from(vec![b'x'; bytes]) }; count],
    };
    let put = async |count, bytes| {
        validated::<PutRecordBatch>(&batch(count, bytes)).map_err(|error| {
            // The request is told whole, and it is long.
            let place = error.message.find("at 'records'").unwrap_or_default();
            WireError { message: format!("... {}", &error.message[place..]), ..error }
        })?;
        ask::<PutRecordBatch>(tank, batch(count, bytes)).await.map(drop)
    };
    crossed.refused("BATCH_RECORDS_MAX", put(501, 1).await, expect!["400 ValidationException: ... at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"]);
    crossed.refused(
        "BATCH_BYTES_MAX",
        put(5, 1_000_000).await,
        expect!["400 InvalidArgumentException: Records size exceeds 4194304 bytes limit: 5000000"],
    );
    crossed.refused("RECORD_BYTES_MAX", put(1, 1_024_001).await, expect!["400 ValidationException: ... 1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1024001 cap=1024001]' at 'records.1.member.data' failed to satisfy constraint: Member must have length less than or equal to 1024000"]);
}

async fn buffers(tank: &Tank, crossed: &mut Crossed) {
    let with = |mib, secs| ExtendedS3DestinationConfiguration { buffering_hints: hints(mib, secs), ..lake() };
    crossed.refused("BUFFER_MIB_DEFAULT", create(tank, with(0, 60)).await, expect!["400 ValidationException: 1 validation error detected: Value '0' at 'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs' failed to satisfy constraint: Member must have value greater than or equal to 1"]);
    crossed.refused("BUFFER_MIB_DEFAULT", create(tank, with(129, 60)).await, expect!["400 ValidationException: 1 validation error detected: Value '129' at 'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs' failed to satisfy constraint: Member must have value less than or equal to 128"]);
    crossed.refused("BUFFER_SECS_DEFAULT", create(tank, with(1, 901)).await, expect!["400 ValidationException: 1 validation error detected: Value '901' at 'extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds' failed to satisfy constraint: Member must have value less than or equal to 900"]);
    let query: (&str, &[(&str, &str)]) =
        ("MetadataExtraction", &[("MetadataExtractionQuery", "{id: .id}"), ("JsonParsingEngine", "JQ-1.6")]);
    let small = by_keys("!{partitionKeyFromQuery:id}/", &[query]);
    let small = ExtendedS3DestinationConfiguration { buffering_hints: hints(63, 60), ..small };
    crossed.refused("BUFFER_MIB_LARGE_MIN", create(tank, small).await, expect!["400 InvalidArgumentException: BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."]);
    let retrying = DynamicPartitioningConfiguration {
        enabled: Some(true),
        retry_options: Some(RetryOptions { duration_in_seconds: Some(7_201) }),
    };
    let patient = by_keys("!{partitionKeyFromQuery:id}/", &[query]);
    let patient =
        ExtendedS3DestinationConfiguration { dynamic_partitioning_configuration: Some(retrying), ..patient };
    crossed.refused("RETRY_SECS_MAX", create(tank, patient).await, expect!["400 ValidationException: 1 validation error detected: Value '7201' at 'extendedS3DestinationConfiguration.dynamicPartitioningConfiguration.retryOptions.durationInSeconds' failed to satisfy constraint: Member must have value less than or equal to 7200"]);
}

async fn functions(tank: &Tank, crossed: &mut Crossed) {
    let with = async |name, value| {
        let processing_configuration = steps(&[("Lambda", &[("LambdaArn", ARN), (name, value)])]);
        create(tank, ExtendedS3DestinationConfiguration { processing_configuration, ..lake() }).await
    };
    crossed.refused("LAMBDA_BUFFER_MB_RANGE", with("BufferSizeInMBs", "3.1").await, expect!["400 InvalidArgumentException: The parameter BufferSizeInMBs of the processor Lambda is invalid: 3.1"]);
    crossed.refused("LAMBDA_BUFFER_MB_RANGE", with("BufferSizeInMBs", "0.1").await, expect!["400 InvalidArgumentException: The parameter BufferSizeInMBs of the processor Lambda is invalid: 0.1"]);
    crossed.refused("LAMBDA_BUFFER_SECS_DEFAULT", with("BufferIntervalInSeconds", "901").await, expect!["400 InvalidArgumentException: The parameter BufferIntervalInSeconds of the processor Lambda is invalid: 901"]);
    crossed.refused("LAMBDA_RETRIES_DEFAULT", with("NumberOfRetries", "301").await, expect!["400 InvalidArgumentException: The parameter NumberOfRetries of the processor Lambda is invalid: 301"]);
}

async fn counts(tank: &Tank, crossed: &mut Crossed) {
    let tags = (0..51).map(|n| Tag { key: format!("k{n}"), value: None }).collect();
    let many = CreateDeliveryStreamInput { tags: Some(tags), ..input("new", lake()) };
    crossed.refused("TAGS_MAX", validated::<CreateDeliveryStream>(&many), expect!["400 ValidationException: 1 validation error detected: Value '[Tag(key=k0, value=null), Tag(key=k1, value=null), Tag(key=k2, value=null), Tag(key=k3, value=null), Tag(key=k4, value=null), Tag(key=k5, value=null), Tag(key=k6, value=null), Tag(key=k7, value=null), Tag(key=k8, value=null), Tag(key=k9, value=null), Tag(key=k10, value=null), Tag(key=k11, value=null), Tag(key=k12, value=null), Tag(key=k13, value=null), Tag(key=k14, value=null), Tag(key=k15, value=null), Tag(key=k16, value=null), Tag(key=k17, value=null), Tag(key=k18, value=null), Tag(key=k19, value=null), Tag(key=k20, value=null), Tag(key=k21, value=null), Tag(key=k22, value=null), Tag(key=k23, value=null), Tag(key=k24, value=null), Tag(key=k25, value=null), Tag(key=k26, value=null), Tag(key=k27, value=null), Tag(key=k28, value=null), Tag(key=k29, value=null), Tag(key=k30, value=null), Tag(key=k31, value=null), Tag(key=k32, value=null), Tag(key=k33, value=null), Tag(key=k34, value=null), Tag(key=k35, value=null), Tag(key=k36, value=null), Tag(key=k37, value=null), Tag(key=k38, value=null), Tag(key=k39, value=null), Tag(key=k40, value=null), Tag(key=k41, value=null), Tag(key=k42, value=null), Tag(key=k43, value=null), Tag(key=k44, value=null), Tag(key=k45, value=null), Tag(key=k46, value=null), Tag(key=k47, value=null), Tag(key=k48, value=null), Tag(key=k49, value=null), Tag(key=k50, value=null)]' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"]);
    let tags = |range: std::ops::Range<u32>| TagDeliveryStreamInput {
        delivery_stream_name: "s".to_owned(),
        tags: range.map(|n| Tag { key: format!("k{n}"), value: None }).collect(),
    };
    ask::<TagDeliveryStream>(tank, tags(0..50)).await.expect("fifty");
    crossed.refused(
        "TAGS_MAX",
        ask::<TagDeliveryStream>(tank, tags(50..51)).await,
        expect!["400 LimitExceededException: You have already reached the limit of 50 tags"],
    );
    let start =
        || StartDeliveryStreamEncryptionInput { delivery_stream_name: "s".to_owned(), ..Default::default() };
    for _ in 0..25 {
        ask::<StartDeliveryStreamEncryption>(tank, start()).await.expect("25 times");
    }
    let more = ask::<StartDeliveryStreamEncryption>(tank, start()).await;
    crossed.refused("ENCRYPTION_CHANGES_MAX", more, expect!["400 LimitExceededException: You have already reached the limit of 25 changes of encryption in 24 hours"]);
}

#[tokio::test]
async fn every_limit_is_crossed() {
    let tank = tank_with(lake()).await;
    let mut crossed = Crossed::default();
    puts(&tank, &mut crossed).await;
    buffers(&tank, &mut crossed).await;
    functions(&tank, &mut crossed).await;
    counts(&tank, &mut crossed).await;
    crossed.elsewhere("each_count_has_its_limit", &["STREAMS_MAX", "ENCRYPTION_CHANGES_WINDOW"]);
    crossed.elsewhere(
        "with_strict_limits_a_stream_takes_so_much_in_a_second_and_not_otherwise",
        &["PUT_REQUESTS_PER_SEC", "PUT_RECORDS_PER_SEC", "PUT_BYTES_PER_SEC"],
    );
    crossed.elsewhere("partitions_over_the_limit_go_to_the_error_prefix", &["ACTIVE_PARTITIONS_MAX"]);
    crossed.elsewhere("a_put_of_too_many_records_passes_whole", &["DEAGGREGATED_RECORDS_MAX"]);
    crossed
        .elsewhere("what_s3_has_refused_for_a_day_is_lost_and_nothing_is_left_to_happen", &["S3_RETRY_MAX"]);
    crossed.elsewhere(
        "a_shard_is_read_once_a_second_and_without_strict_limits_sooner_while_it_holds_more",
        &["SHARD_READ_EVERY", "SHARD_READ_AGAIN"],
    );
    crossed.elsewhere("an_expired_iterator_is_replaced_after_the_last_record", &["SHARD_ITERATOR_AGE_MAX"]);
    let tests = [
        include_str!("operations.rs"),
        include_str!("steps.rs"),
        include_str!("delivery.rs"),
        include_str!("source.rs"),
        include_str!("../work/sort.rs"),
    ];
    crossed.finish_but(
        include_str!("../limits.rs"),
        &tests,
        // Defaults, waits and sizes of our own: nothing refuses to cross them.
        &[
            "BUFFER_MIB_LARGE_DEFAULT",
            "LAMBDA_BUFFER_MB_DEFAULT",
            "LAMBDA_PAYLOAD_BYTES_MAX",
            "LAMBDA_RECORD_OVERHEAD_BYTES",
            "LAMBDA_RETRY_WAIT",
            "S3_WAIT_FIRST",
            "S3_WAIT_MAX",
            "HTTP_RETRY_SECS_DEFAULT",
            "HTTP_WAIT_FIRST",
            "HTTP_WAIT_MAX",
            "HTTP_TIMEOUT",
            "SHARD_RECORDS_MAX",
            "PREFIX_CHARS_MAX",
            "RANDOM_STRING_CHARS",
            "TRANSITION",
        ],
    );
}
