//! From a put to an object: buffers, names, delimiters, compression, refusals of S3.

use std::io::Read as _;

use wavetank_wire::firehose::*;
use wavetank_wire::logs::{GetLogEvents, GetLogEventsInput};

use super::rig::Rig;
use super::*;

#[tokio::test]
async fn a_buffer_is_flushed_when_its_interval_has_passed_and_not_before() {
    let tank = tank_with(lake()).await;
    put(&tank, &["a", "b"]).await;
    wait(&tank, 100).await;
    put(&tank, &["c"]).await;
    wait(&tank, 199).await;
    assert_eq!(shown(&tank, "lake"), "");
    wait(&tank, 1).await;
    // Without a delimiter records stand side by side, as on AWS.
    assert_eq!(shown(&tank, "lake"), "2026/01/05/00/s-1-2026-01-05-00-00-01-* abc\n");
    assert!(tank.settle(Duration::ZERO).await, "an empty stream leaves nothing to happen");
}

#[tokio::test]
async fn a_buffer_is_flushed_at_once_when_it_is_full() {
    let tank =
        tank_with(ExtendedS3DestinationConfiguration { buffering_hints: hints(1, 900), ..lake() }).await;
    let large = "x".repeat(300_000);
    for _ in 0..5 {
        put(&tank, &[&large]).await;
    }
    wait(&tank, 0).await;
    let sizes: Vec<usize> = objects(&tank, "lake").values().map(Bytes::len).collect();
    assert_eq!(sizes, [1_200_000]);
    wait(&tank, 900).await;
    let mut sizes: Vec<usize> = objects(&tank, "lake").values().map(Bytes::len).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [300_000, 1_200_000]);
}

#[tokio::test]
async fn an_interval_of_zero_does_not_wait() {
    let tank = tank_with(ExtendedS3DestinationConfiguration { buffering_hints: hints(1, 0), ..lake() }).await;
    put(&tank, &["now"]).await;
    wait(&tank, 0).await;
    assert_eq!(shown(&tank, "lake"), "2026/01/05/00/s-1-2026-01-05-00-00-01-* now\n");
}

#[tokio::test]
async fn names_are_by_the_oldest_record_in_the_zone_with_the_ending_that_was_asked_for() {
    let said = |text: &str| Some(text.to_owned());
    let tank = tank_with(ExtendedS3DestinationConfiguration {
        prefix: said("data/y=!{timestamp:yyyy}/h=!{timestamp:HH}/"),
        error_output_prefix: said("errors/!{firehose:error-output-type}/"),
        custom_time_zone: said("Asia/Ho_Chi_Minh"),
        file_extension: said(".json"),
        processing_configuration: steps(&[("AppendDelimiterToRecord", &[("Delimiter", "\\n")])]),
        ..lake()
    })
    .await;
    put(&tank, &["{}"]).await;
    wait(&tank, 299).await;
    put(&tank, &["[]"]).await;
    wait(&tank, 1).await;
    assert_eq!(shown(&tank, "lake"), "data/y=2026/h=07/s-1-2026-01-05-07-00-01-*.json {}\\n[]\\n\n");
}

#[tokio::test]
async fn a_compressed_object_has_the_endings_of_its_kind() {
    for (format, ending) in
        [("GZIP", ".gz"), ("ZIP", ".zip"), ("Snappy", ".snappy"), ("HADOOP_SNAPPY", ".hsnappy")]
    {
        let compression_format = Some(format.to_owned());
        let tank = tank_with(ExtendedS3DestinationConfiguration { compression_format, ..lake() }).await;
        put(&tank, &["one", "two"]).await;
        wait(&tank, 300).await;
        let (key, body) = objects(&tank, "lake").pop_first().unwrap();
        assert!(key.ends_with(ending), "{key}");
        if format == "GZIP" {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
            assert_eq!(text, "onetwo");
        }
    }
}

#[test]
fn an_object_that_s3_has_refused_is_stored_before_the_next_one_of_its_buffer() {
    let lake = ExtendedS3DestinationConfiguration { buffering_hints: hints(1, 60), ..lake() };
    let mut rig = Rig::new(input("s", lake));
    rig.advance(Duration::from_secs(1));
    rig.s3_refuses = true;
    rig.put(vec!["a".to_owned()]);
    // Tries come five minutes apart by now.
    rig.advance(Duration::from_secs(1_000));
    for text in ["b", "c"] {
        rig.put(vec![text.to_owned()]);
        rig.advance(Duration::from_secs(61));
    }
    rig.s3_refuses = false;
    rig.put(vec!["d".to_owned()]);
    rig.advance(Duration::from_secs(700));
    assert_eq!(rig.stored, ["a", "b", "c", "d"]);
    assert!(rig.is_idle());
}

#[tokio::test]
async fn what_s3_refuses_is_tried_again_until_it_is_taken_and_the_log_says_so() {
    let tank = Tank::builder().build();
    let logging = CloudWatchLoggingOptions {
        enabled: Some(true),
        log_group_name: Some("/aws/kinesisfirehose/s".to_owned()),
        log_stream_name: Some("S3Delivery".to_owned()),
    };
    make(
        &tank,
        input(
            "s",
            ExtendedS3DestinationConfiguration { cloud_watch_logging_options: Some(logging), ..lake() },
        ),
    )
    .await;
    put(&tank, &["kept"]).await;
    wait(&tank, 3_600).await;
    bucket(&tank, "lake");
    wait(&tank, 300).await;
    assert_eq!(shown(&tank, "lake"), "2026/01/05/00/s-1-2026-01-05-00-00-01-* kept\n");
    let input = GetLogEventsInput {
        log_group_name: Some("/aws/kinesisfirehose/s".to_owned()),
        log_stream_name: "S3Delivery".to_owned(),
        ..GetLogEventsInput::default()
    };
    let events = ask::<GetLogEvents>(&tank, input).await.unwrap().events.unwrap();
    assert!(events[0].message.as_deref().unwrap().contains("S3.NoSuchBucket"), "{events:?}");
    assert!(events.len() > 5 && events.len() < 30, "{}", events.len());
}

#[tokio::test]
async fn what_s3_has_refused_for_a_day_is_lost_and_nothing_is_left_to_happen() {
    let tank = Tank::builder().build();
    make(&tank, input("s", lake())).await;
    put(&tank, &["lost"]).await;
    assert!(tank.settle(Duration::from_secs(25 * 3_600)).await);
    bucket(&tank, "lake");
    wait(&tank, 3_600).await;
    assert_eq!(shown(&tank, "lake"), "");
}

#[tokio::test]
async fn a_backup_holds_the_records_as_they_came() {
    let plain = S3DestinationConfiguration {
        role_arn: ROLE.to_owned(),
        bucket_arn: "arn:aws:s3:::raw".to_owned(),
        buffering_hints: hints(1, 60),
        ..S3DestinationConfiguration::default()
    };
    let tank = tank_with(ExtendedS3DestinationConfiguration {
        s3backup_mode: Some("Enabled".to_owned()),
        s3backup_configuration: Some(plain),
        processing_configuration: steps(&[("AppendDelimiterToRecord", &[])]),
        ..lake()
    })
    .await;
    bucket(&tank, "raw");
    put(&tank, &["a", "b"]).await;
    wait(&tank, 60).await;
    assert_eq!(
        (shown(&tank, "raw"), shown(&tank, "lake")),
        ("2026/01/05/00/s-1-2026-01-05-00-00-01-* ab\n".to_owned(), String::new())
    );
    wait(&tank, 240).await;
    assert_eq!(shown(&tank, "lake"), "2026/01/05/00/s-1-2026-01-05-00-00-01-* a\\nb\\n\n");
}
