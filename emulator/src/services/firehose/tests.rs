//! Examples. `rig.rs` plays all the other services without a world, for the source, failures and the properties;
//! the others run in a whole tank: `operations.rs`, `delivery.rs`, `steps.rs`, `formats.rs`, `http.rs`.

mod delivery;
mod formats;
mod http;
mod limits;
mod operations;
mod packed;
pub(super) mod rig;
mod source;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use wavetank_wire::firehose::*;
use wavetank_wire::{Operation, WireError};

use crate::services::s3::{Command, ListRequest};
use crate::{Scope, Tank};

/// The role that every configuration names.
pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/firehose";

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

fn bucket(tank: &Tank, name: &str) {
    let command = Command::CreateBucket { bucket: name.to_owned() };
    let answer: Result<_, WireError> =
        tank.s3(&Scope::default(), "", "Test", |s3, cx| s3.perform(cx, command.clone()));
    answer.expect("a new name");
}

/// Every object of the bucket, by key.
fn objects(tank: &Tank, bucket: &str) -> BTreeMap<String, Bytes> {
    tank.with_world(|world| {
        let found = world.s3_ref().any_bucket(bucket).expect("it was created");
        let request = ListRequest { entries_max: usize::MAX, ..ListRequest::default() };
        found.list(&request).entries.into_iter().map(|entry| (entry.key, entry.object.body.whole())).collect()
    })
}

/// Keys with their uuid as `*`, and contents as text.
fn shown(tank: &Tank, bucket: &str) -> String {
    let uuid = regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
        .expect("a pattern");
    let mut lines: Vec<String> = objects(tank, bucket)
        .iter()
        .map(|(key, body)| {
            format!("{} {}\n", uuid.replace(key, "*"), String::from_utf8_lossy(body).escape_debug())
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// An S3 destination that says only what must be said.
pub(super) fn lake() -> ExtendedS3DestinationConfiguration {
    ExtendedS3DestinationConfiguration {
        role_arn: ROLE.to_owned(),
        bucket_arn: "arn:aws:s3:::lake".to_owned(),
        ..ExtendedS3DestinationConfiguration::default()
    }
}

pub(super) fn hints(mib: i64, secs: i64) -> Option<BufferingHints> {
    Some(BufferingHints { size_in_mbs: Some(mib), interval_in_seconds: Some(secs) })
}

/// Processors, each as its type and its parameters.
pub(super) fn steps(processors: &[(&str, &[(&str, &str)])]) -> Option<ProcessingConfiguration> {
    let parameter = |(name, value): &(&str, &str)| ProcessorParameter {
        parameter_name: (*name).to_owned(),
        parameter_value: (*value).to_owned(),
    };
    let processor = |(kind, parameters): &(&str, &[(&str, &str)])| Processor {
        r#type: (*kind).to_owned(),
        parameters: Some(parameters.iter().map(parameter).collect()),
    };
    let processors = processors.iter().map(processor).collect();
    Some(ProcessingConfiguration { enabled: Some(true), processors: Some(processors) })
}

pub(super) fn partitioned() -> Option<DynamicPartitioningConfiguration> {
    Some(DynamicPartitioningConfiguration { enabled: Some(true), retry_options: None })
}

pub(super) fn input(name: &str, lake: ExtendedS3DestinationConfiguration) -> CreateDeliveryStreamInput {
    CreateDeliveryStreamInput {
        delivery_stream_name: name.to_owned(),
        extended_s3destination_configuration: Some(lake),
        ..CreateDeliveryStreamInput::default()
    }
}

/// A tank with the bucket `lake` and an active stream `s`.
async fn tank_with(lake: ExtendedS3DestinationConfiguration) -> Tank {
    let tank = Tank::builder().build();
    bucket(&tank, "lake");
    make(&tank, input("s", lake)).await;
    tank
}

async fn make(tank: &Tank, input: CreateDeliveryStreamInput) {
    ask::<CreateDeliveryStream>(tank, input).await.expect("the input is complete");
    tank.advance(Duration::from_secs(1)).await;
}

fn record(text: &str) -> Record {
    Record { data: Bytes::from(text.to_owned()) }
}

async fn put(tank: &Tank, texts: &[&str]) {
    let records = texts.iter().map(|text| record(text)).collect();
    let input = PutRecordBatchInput { delivery_stream_name: "s".to_owned(), records };
    let output = ask::<PutRecordBatch>(tank, input).await.expect("it is taken");
    assert_eq!((output.failed_put_count, output.request_responses.len()), (0, texts.len()));
}

async fn wait(tank: &Tank, secs: u64) {
    tank.advance(Duration::from_secs(secs)).await;
}
