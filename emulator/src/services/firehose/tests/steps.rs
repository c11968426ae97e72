//! Functions, taking apart and partitions, in a whole tank.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wavetank_wire::lambda;

use super::*;
use crate::executors::{FunctionError, NativeContext};
use crate::services::lambda::tests::{create_input, zip_of};

/// What the function does to a record: decided by its text.
fn answer(id: &Value, text: &str) -> Vec<Value> {
    let ok = |data: &str| json!({"recordId": id, "result": "Ok", "data": STANDARD.encode(data)});
    match text {
        "drop" => vec![json!({"recordId": id, "result": "Dropped"})],
        "bad" => vec![json!({"recordId": id, "result": "ProcessingFailed", "data": STANDARD.encode("x")})],
        "forget" => vec![],
        "twice" => vec![ok("1"), ok("2")],
        "keys" => vec![json!({
            "recordId": id, "result": "Ok", "data": STANDARD.encode("keyed"),
            "metadata": {"partitionKeys": {"kind": "k1"}},
        })],
        text => vec![ok(&text.to_uppercase())],
    }
}

fn handler(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let records = event["records"].as_array().expect("records").clone();
    let texts: Vec<String> = records
        .iter()
        .map(|one| STANDARD.decode(one["data"].as_str().expect("text")).expect("base64"))
        .map(|bytes| String::from_utf8(bytes).expect("text"))
        .collect();
    if texts.iter().any(|text| text == "raise") {
        return Err(FunctionError { error_type: "ValueError".to_owned(), message: "no".to_owned() });
    }
    if texts.iter().any(|text| text == "slow") {
        context.spend(Duration::from_secs(100));
    }
    let said: Vec<Value> =
        records.iter().zip(&texts).flat_map(|(one, text)| answer(&one["recordId"], text)).collect();
    Ok(if texts.iter().any(|text| text == "nonsense") { json!("no") } else { json!({ "records": said }) })
}

pub(super) const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

pub(super) async fn tank_of(lake: ExtendedS3DestinationConfiguration) -> Tank {
    let tank = Tank::builder().function("test.transform", Arc::new(handler)).build();
    bucket(&tank, "lake");
    let zip = zip_of(&[("index.py", 0o644, "")]);
    ask::<lambda::CreateFunction>(&tank, create_input("f", "python3.12", "test.transform", zip))
        .await
        .unwrap();
    make(&tank, input("s", lake)).await;
    tank
}

fn with_function() -> ExtendedS3DestinationConfiguration {
    let processing_configuration = steps(&[(
        "Lambda",
        &[("LambdaArn", ARN), ("BufferIntervalInSeconds", "60"), ("NumberOfRetries", "2")],
    )]);
    ExtendedS3DestinationConfiguration { buffering_hints: hints(1, 60), processing_configuration, ..lake() }
}

/// What is in the lake: plain text as it is, documents as code, attempts and the raw text.
async fn outcome(texts: &[&str]) -> String {
    let tank = tank_of(with_function()).await;
    put(&tank, texts).await;
    wait(&tank, 600).await;
    let mut out = Vec::new();
    for (key, body) in objects(&tank, "lake") {
        let text = String::from_utf8_lossy(&body).into_owned();
        if !key.contains("processing-failed/") {
            out.push(text);
            continue;
        }
        for line in text.lines() {
            let document: Value = serde_json::from_str(line).unwrap();
            assert_eq!(document["lambdaArn"], ARN);
            let raw = STANDARD.decode(document["rawData"].as_str().unwrap()).unwrap();
            let (code, raw) = (document["errorCode"].as_str().unwrap(), String::from_utf8_lossy(&raw));
            out.push(format!("{code} {} {raw}", document["attemptsMade"]));
        }
    }
    out.join("; ")
}

#[tokio::test]
async fn each_record_that_the_function_got_is_accounted_for() {
    for (texts, expected) in [
        (&["a", "drop", "b"][..], "AB"),
        (&["a", "bad"], "A; Lambda.ProcessingFailedStatus 1 bad"),
        (&["a", "forget"], "A; Lambda.MissingRecordId 1 forget"),
        (&["a", "twice"], "A; Lambda.DuplicatedRecordId 1 twice"),
        (&["a", "nonsense"], "Lambda.JsonProcessingException 1 a; Lambda.JsonProcessingException 1 nonsense"),
        (&["raise"], "Lambda.FunctionError 1 raise"),
        // A time-out is tried again, twice as configured.
        (&["slow"], "Lambda.FunctionTimedOut 3 slow"),
    ] {
        assert_eq!(outcome(texts).await, expected, "{texts:?}");
    }
}

#[tokio::test]
async fn records_wait_for_the_function_and_then_for_their_object() {
    let tank = tank_of(with_function()).await;
    put(&tank, &["a"]).await;
    wait(&tank, 61).await;
    assert_eq!(shown(&tank, "lake"), "");
    wait(&tank, 60).await;
    // The name is by the record's arrival, not by its transformation.
    assert_eq!(shown(&tank, "lake"), "2026/01/05/00/s-1-2026-01-05-00-00-01-* A\n");
}

pub(super) fn by_keys(
    prefix: &str,
    processors: &[(&str, &[(&str, &str)])],
) -> ExtendedS3DestinationConfiguration {
    ExtendedS3DestinationConfiguration {
        prefix: Some(prefix.to_owned()),
        error_output_prefix: Some("errors/!{firehose:error-output-type}/".to_owned()),
        dynamic_partitioning_configuration: partitioned(),
        processing_configuration: steps(processors),
        buffering_hints: hints(64, 60),
        ..lake()
    }
}

const QUERY: (&str, &[(&str, &str)]) =
    ("MetadataExtraction", &[("MetadataExtractionQuery", "{id: .id}"), ("JsonParsingEngine", "JQ-1.6")]);

#[tokio::test]
async fn records_go_by_partition_each_with_its_own_object() {
    let apart: (&str, &[(&str, &str)]) = ("RecordDeAggregation", &[("SubRecordType", "JSON")]);
    let lines: (&str, &[(&str, &str)]) = ("AppendDelimiterToRecord", &[]);
    let tank = tank_with(by_keys("id=!{partitionKeyFromQuery:id}/", &[apart, QUERY, lines])).await;
    put(&tank, &["{\"id\":1}{\"id\":2}", "{\"id\":1,\"n\":0}", "text"]).await;
    wait(&tank, 30).await;
    put(&tank, &["{\"id\":3}"]).await;
    wait(&tank, 30).await;
    let found = shown(&tank, "lake");
    assert!(
        found.contains("id=1/s-1-2026-01-05-00-00-01-* {\\\"id\\\":1}\\n{\\\"id\\\":1,\\\"n\\\":0}\\n"),
        "{found}"
    );
    assert!(found.contains("id=2/") && !found.contains("id=3/"), "{found}");
    assert!(
        found.contains("errors/processing-failed/") && found.contains("Non JSON record provided"),
        "{found}"
    );
    wait(&tank, 30).await;
    assert!(shown(&tank, "lake").contains("id=3/"));
}

#[tokio::test]
async fn keys_may_come_from_the_function() {
    let function: (&str, &[(&str, &str)]) = ("Lambda", &[("LambdaArn", ARN)]);
    let tank = tank_of(by_keys("k=!{partitionKeyFromLambda:kind}/", &[function])).await;
    put(&tank, &["keys", "other"]).await;
    wait(&tank, 300).await;
    let found = shown(&tank, "lake");
    assert!(
        found.starts_with("errors/processing-failed/") && found.contains("MetadataExtractionFailed"),
        "{found}"
    );
    assert!(found.contains("k=k1/s-1-2026-01-05-00-00-01-* keyed\n"), "{found}");
}

#[tokio::test]
async fn partitions_over_the_limit_go_to_the_error_prefix() {
    let tank = tank_with(by_keys("!{partitionKeyFromQuery:id}/", &[QUERY])).await;
    let texts: Vec<String> = (0..501).map(|id| format!("{{\"id\":{id}}}")).collect();
    for half in texts.chunks(500) {
        put(&tank, &half.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    wait(&tank, 60).await;
    let keys: Vec<String> = objects(&tank, "lake").into_keys().collect();
    let over = keys.iter().filter(|key| key.starts_with("errors/activePartitionExceeded/")).count();
    assert_eq!((keys.len(), over), (501, 1));
}
