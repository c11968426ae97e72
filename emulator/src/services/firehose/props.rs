//! Puts, waiting, updates and refusals of S3 and Lambda, in any order and any configuration: each record is delivered
//! exactly once, or is a document under the error prefix, or was dropped by the function.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use wavetank_wire::firehose::{
    CreateDeliveryStreamInput, ExtendedS3DestinationConfiguration, ExtendedS3DestinationUpdate,
    UpdateDestinationInput,
};

use super::tests::rig::Rig;
use super::tests::{hints, input, lake, partitioned, steps};

#[derive(Clone, Debug)]
enum Step {
    Put(u8),
    Wait(u16),
    S3(bool),
    Lambda(bool),
    Update,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..20_u8).prop_map(Step::Put),
        3 => (0..400_u16).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::S3),
        1 => any::<bool>().prop_map(Step::Lambda),
        1 => Just(Step::Update),
    ]
}

/// Plain, with a function, partitioned, both.
fn configuration(which: u8) -> CreateDeliveryStreamInput {
    let function: (&str, &[(&str, &str)]) =
        ("Lambda", &[("LambdaArn", "arn:aws:lambda:us-east-1:000000000000:function:f")]);
    let query: (&str, &[(&str, &str)]) =
        ("MetadataExtraction", &[("MetadataExtractionQuery", "{k: .k}"), ("JsonParsingEngine", "JQ-1.6")]);
    let lines: (&str, &[(&str, &str)]) = ("AppendDelimiterToRecord", &[]);
    let (with_function, with_keys) = (which & 1 == 1, which & 2 == 2);
    let said = |text: &str| Some(text.to_owned());
    let mut processors = vec![lines];
    processors.extend(with_function.then_some(function));
    processors.extend(with_keys.then_some(query));
    let lake = ExtendedS3DestinationConfiguration {
        processing_configuration: steps(&processors),
        prefix: said(if with_keys { "!{partitionKeyFromQuery:k}/" } else { "plain/" }),
        error_output_prefix: said("errors/!{firehose:error-output-type}/"),
        dynamic_partitioning_configuration: partitioned().filter(|_| with_keys),
        buffering_hints: hints(64, 60),
        ..lake()
    };
    input("s", lake)
}

/// The record with this number. Some have no key; the function drops some and fails some.
fn text(number: u32) -> String {
    match number % 11 {
        3 => format!("{{\"k\":0,\"n\":{number},\"x\":\"drop\"}}"),
        5 => format!("{{\"k\":0,\"n\":{number},\"x\":\"bad\"}}"),
        7 => format!("{{\"n\":{number}}}"),
        key => format!("{{\"k\":{},\"n\":{number}}}", key % 3),
    }
}

fn update(version: u64) -> UpdateDestinationInput {
    UpdateDestinationInput {
        delivery_stream_name: "s".to_owned(),
        current_delivery_stream_version_id: version.to_string(),
        destination_id: "destinationId-000000000001".to_owned(),
        extended_s3destination_update: Some(ExtendedS3DestinationUpdate::default()),
        ..UpdateDestinationInput::default()
    }
}

/// How often each record is found, and whether under the error prefix.
fn found(rig: &Rig) -> BTreeMap<(String, bool), u32> {
    let mut found = BTreeMap::new();
    for (key, body) in &rig.objects {
        let is_error = key.starts_with("errors/");
        for line in String::from_utf8_lossy(body).lines() {
            let text = if is_error {
                let document: Value = serde_json::from_str(line).expect("a document");
                let raw = STANDARD.decode(document["rawData"].as_str().expect("raw data")).expect("base64");
                String::from_utf8(raw).expect("text")
            } else {
                line.to_owned()
            };
            *found.entry((text, is_error)).or_default() += 1;
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_record_is_delivered_once_or_accounted_for(which in 0..4_u8, steps in vec(step(), 1..40)) {
        let mut rig = Rig::new(configuration(which));
        rig.advance(Duration::from_secs(1));
        let (mut next, mut version) = (0, 1);
        for step in steps {
            match step {
                Step::Put(count) => {
                    rig.put((next..next + u32::from(count)).map(text).collect());
                    next += u32::from(count);
                }
                Step::Wait(secs) => rig.advance(Duration::from_secs(secs.into())),
                Step::S3(refuses) => rig.s3_refuses = refuses,
                Step::Lambda(refuses) => rig.lambda_refuses = refuses,
                Step::Update => {
                    rig.update(update(version));
                    version += 1;
                }
            }
        }
        (rig.s3_refuses, rig.lambda_refuses) = (false, false);
        rig.advance(Duration::from_secs(3_600));
        prop_assert!(rig.is_idle());
        let found = found(&rig);
        for number in 0..next {
            let text = text(number);
            let counts = [false, true].map(|is_error| found.get(&(text.clone(), is_error)).copied().unwrap_or(0));
            let is_dropped = which & 1 == 1 && text.contains("drop");
            let is_failed = (which & 1 == 1 && text.contains("bad")) || (which & 2 == 2 && !text.contains("\"k\""));
            match counts {
                [1, 0] => prop_assert!(!is_dropped && !is_failed, "{text}"),
                // A function that could not be invoked fails what it would have passed or dropped.
                [0, 1] => prop_assert!(is_failed || which & 1 == 1, "{text}"),
                [0, 0] => prop_assert!(is_dropped, "{text} is lost"),
                other => prop_assert!(false, "{text} is found {other:?} times"),
            }
        }
    }
}
