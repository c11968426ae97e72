//! Exports and imports.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::furnished;
use super::rig::Rig;

fn text(body: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).expect("gzip");
    text
}

fn unpacked(body: &[u8]) -> Vec<Value> {
    text(body).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/tab";

async fn exported(rig: &Rig, more: Value) -> Value {
    let mut input = json!({"TableArn": ARN, "S3Bucket": "lake", "S3Prefix": "out"});
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let begun = rig.ask("ExportTableToPointInTime", input).await["ExportDescription"].take();
    assert_eq!((&begun["ExportStatus"], &begun["ItemCount"]), (&json!("IN_PROGRESS"), &Value::Null));
    rig.wait(10).await;
    rig.ask("DescribeExport", json!({"ExportArn": begun["ExportArn"]})).await["ExportDescription"].take()
}

#[tokio::test]
async fn a_full_export_has_every_item_and_its_manifests() {
    let rig = furnished().await;
    rig.recoverable("tab").await;
    let then = rig.now();
    rig.wait(1).await;
    rig.put("a", 9).await;
    let done = exported(&rig, json!({"ExportTime": then})).await;
    assert_eq!(
        (&done["ExportStatus"], &done["ItemCount"], &done["ExportFormat"]),
        (&json!("COMPLETED"), &json!(3), &json!("DYNAMODB_JSON"))
    );
    let id = done["ExportArn"].as_str().and_then(|arn| arn.rsplit('/').next()).expect("an id").to_owned();
    let objects: BTreeMap<String, bytes::Bytes> = rig.objects().into_iter().collect();
    let folder = format!("out/AWSDynamoDB/{id}");
    let kinds: Vec<&str> = objects
        .keys()
        .map(|key| key.strip_prefix(&format!("{folder}/")).unwrap_or(key))
        .filter(|key| !key.starts_with("data/"))
        .collect();
    assert_eq!(
        kinds,
        [
            "_started",
            "manifest-files.json",
            "manifest-files.md5",
            "manifest-summary.json",
            "manifest-summary.md5"
        ]
    );
    let mut lines = Vec::new();
    let listed =
        std::str::from_utf8(&objects[&format!("{folder}/manifest-files.json")]).expect("text").to_owned();
    for line in listed.lines() {
        let file: Value = serde_json::from_str(line).expect("JSON");
        let found = unpacked(&objects[file["dataFileS3Key"].as_str().expect("a key")]);
        assert_eq!(file["itemCount"], found.len());
        lines.extend(found);
    }
    lines.sort_by_key(Value::to_string);
    let item = |name: &str, v: &str| json!({"Item": {"p": {"S": name}, "s": {"N": "0"}, "v": {"N": v}}});
    assert_eq!(lines, [item("a", "1"), item("b", "2"), item("c", "3")], "as they were at ExportTime");
    let summary: Value =
        serde_json::from_slice(&objects[&format!("{folder}/manifest-summary.json")]).expect("JSON");
    assert_eq!(
        (&summary["itemCount"], &summary["version"], &summary["outputFormat"]),
        (&json!(3), &json!("2020-06-30"), &json!("DYNAMODB_JSON"))
    );
    assert_eq!(done["ExportManifest"], format!("{folder}/manifest-summary.json"));
    let listed = rig.ask("ListExports", json!({"TableArn": ARN})).await;
    assert_eq!(listed["ExportSummaries"][0]["ExportType"], "FULL_EXPORT");
}

/// The lines of an export's data files, sorted.
async fn lines(rig: &Rig, more: Value) -> Vec<String> {
    let before: Vec<String> = rig.objects().into_iter().map(|(key, _)| key).collect();
    let done = exported(rig, more).await;
    assert_eq!(done["ExportStatus"], "COMPLETED", "{done}");
    let objects =
        rig.objects().into_iter().filter(|(key, _)| key.contains("/data/") && !before.contains(key));
    let mut lines: Vec<String> =
        objects.flat_map(|(_, body)| text(&body).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn an_export_may_be_in_ion_and_filtered() {
    let rig = furnished().await;
    rig.recoverable("tab").await;
    let from = rig.now();
    let filter = json!({
        "FilterExpression": "v > :v", "ProjectionExpression": "v, p",
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    });
    let ion = json!({"ExportFormat": "ION", "FilterSpecification": filter});
    let expected = [r#"$ion_1_0 {Item:{p:"b",v:2.}}"#, r#"$ion_1_0 {Item:{p:"c",v:3.}}"#];
    assert_eq!(lines(&rig, ion).await, expected);
    let of_key = json!({
        "KeyConditionExpression": "p = :p AND s < :s",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "1"}},
    });
    let expected = [r#"{"Item":{"p":{"S":"a"},"s":{"N":"0"},"v":{"N":"1"}}}"#];
    assert_eq!(lines(&rig, json!({"FilterSpecification": of_key})).await, expected);
    rig.wait(60).await;
    rig.put("a", 20).await;
    rig.ask("DeleteItem", json!({"TableName": "tab", "Key": {"p": {"S": "b"}, "s": {"N": "0"}}})).await;
    rig.ask("DeleteItem", json!({"TableName": "tab", "Key": {"p": {"S": "c"}, "s": {"N": "0"}}})).await;
    rig.wait(1_000).await;
    let more = json!({
        "ExportFormat": "ION", "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": {"ExportFromTime": from, "ExportToTime": from + 960.0},
        "FilterSpecification": {"FilterExpression": "v <> :v", "ExpressionAttributeValues": {":v": {"N": "3"}}},
    });
    let told = lines(&rig, more).await.join("\n");
    let (changed, deleted) = told.split_once('\n').expect("two lines");
    for (line, end) in [
        (changed, r#",Keys:{p:"a",s:0.},OldImage:{p:"a",s:0.,v:1.},NewImage:{p:"a",s:0.,v:2d1}}}"#),
        (deleted, r#",Keys:{p:"b",s:0.},OldImage:{p:"b",s:0.,v:2.}}}"#),
    ] {
        assert!(line.starts_with("$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:"), "{line}");
        assert!(line.ends_with(end), "{line}");
    }
}

#[tokio::test]
async fn an_incremental_export_tells_what_changed() {
    let rig = furnished().await;
    rig.recoverable("tab").await;
    let from = rig.now();
    rig.wait(60).await;
    rig.put("a", 9).await;
    rig.put("d", 4).await;
    rig.ask("DeleteItem", json!({"TableName": "tab", "Key": {"p": {"S": "b"}, "s": {"N": "0"}}})).await;
    rig.wait(1_000).await;
    let period = json!({"ExportFromTime": from, "ExportToTime": from + 960.0});
    let done =
        exported(&rig, json!({"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": period}))
            .await;
    assert_eq!((&done["ExportStatus"], &done["ItemCount"]), (&json!("COMPLETED"), &json!(3)));
    let objects = rig.objects();
    let data: Vec<Value> = objects
        .iter()
        .filter(|(key, _)| key.starts_with("out/AWSDynamoDB/data/"))
        .flat_map(|(_, body)| unpacked(body))
        .collect();
    let of = |name: &str| data.iter().find(|line| line["Keys"]["p"]["S"] == name).expect("a line").clone();
    let v = |image: &Value| image["v"]["N"].as_str().map(str::to_owned);
    let images = |name: &str| (v(&of(name)["OldImage"]), v(&of(name)["NewImage"]));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        (images("a"), images("b"), images("d")),
        ((some("1"), some("9")), (some("2"), None), (None, some("4")))
    );
    let micros =
        of("a")["Metadata"]["WriteTimestampMicros"]["N"].as_str().and_then(|text| text.parse::<f64>().ok());
    assert_eq!(micros.map(|micros| micros / 1e6), Some(from + 60.0));
}

#[tokio::test]
async fn exports_are_refused_or_fail_as_on_aws() {
    let rig = furnished().await;
    let with = |more: Value| {
        let mut input = json!({"TableArn": ARN, "S3Bucket": "lake"});
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        input
    };
    let check = async |more: Value, expected: &str| {
        assert_eq!(rig.refused("ExportTableToPointInTime", with(more.clone())).await, expected, "{more}");
    };
    check(
        json!({}),
        "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'tab'",
    )
    .await;
    check(
        json!({"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/none"}),
        "TableNotFoundException: Table not found: arn:aws:dynamodb:us-east-1:000000000000:table/none",
    )
    .await;
    rig.recoverable("tab").await;
    let filter = json!({"FilterExpression": "p = :p", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}});
    check(
        json!({"FilterSpecification": filter}),
        "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key attribute: p",
    )
    .await;
    check(json!({"ExportTime": rig.now() + 60.0}), "InvalidExportTimeException: Export Time is invalid")
        .await;
    check(
        json!({"S3SseKmsKeyId": "k"}),
        "ValidationException: Invalid Request: KMS Key Id is not supported for this encryption type",
    )
    .await;
    check(json!({"IncrementalExportSpecification": {}}), "ValidationException: Invalid Request: Export Type expected to be Incremental Export when incremental export specification is provided").await;
    check(
        json!({"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {"ExportFromTime": rig.now()}}),
        "InvalidExportTimeException: Difference between export period from time and export period to time is less than 15 minutes",
    ).await;
    let token = json!({"ClientToken": "once", "S3Bucket": "nowhere"});
    let first = rig.ask("ExportTableToPointInTime", with(token.clone())).await;
    let again = rig.ask("ExportTableToPointInTime", with(token)).await;
    assert_eq!(first["ExportDescription"]["ExportArn"], again["ExportDescription"]["ExportArn"]);
    check(
        json!({"ClientToken": "once"}),
        "ExportConflictException: Export conflict: Duplicate request detected with conflicting parameters",
    )
    .await;
    let failed = rig
        .ask("DescribeExport", json!({"ExportArn": first["ExportDescription"]["ExportArn"]}))
        .await["ExportDescription"]
        .take();
    assert_eq!(
        (&failed["ExportStatus"], &failed["FailureCode"]),
        (&json!("FAILED"), &json!("S3NoSuchBucket"))
    );
}

async fn imported(rig: &Rig, table: &str, more: Value) -> Value {
    let mut input = json!({
        "S3BucketSource": {"S3Bucket": "lake", "S3KeyPrefix": "in/"}, "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "v", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [{"IndexName": "by-v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}],
        },
    });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let begun = rig.ask("ImportTable", input).await["ImportTableDescription"].take();
    assert_eq!(begun["ImportStatus"], "IN_PROGRESS");
    rig.refused("DescribeTable", json!({"TableName": table})).await;
    rig.wait(10).await;
    rig.ask("DescribeImport", json!({"ImportArn": begun["ImportArn"]})).await["ImportTableDescription"].take()
}

fn outcome(it: &Value) -> String {
    let number = |member: &str| it[member].as_i64().unwrap_or(-1);
    let code = it["FailureCode"].as_str().unwrap_or("-");
    format!(
        "{} {code} {} of {}, {} errors",
        it["ImportStatus"].as_str().unwrap_or("?"),
        number("ImportedItemCount"),
        number("ProcessedItemCount"),
        number("ErrorCount")
    )
}

fn item(name: &str, v: i64) -> String {
    json!({"Item": {"p": {"S": name}, "v": {"N": v.to_string()}}}).to_string()
}

#[tokio::test]
async fn objects_become_a_table() {
    let rig = Rig::new().await;
    rig.store("in/one", format!("{}\n{}{}", item("a", 1), item("b", 2), item("a", 3)).as_bytes());
    rig.store("in/two", item("c", 3).as_bytes());
    rig.store("other", item("x", 3).as_bytes());
    let done = imported(&rig, "t-json", json!({})).await;
    assert_eq!(outcome(&done), "COMPLETED - 4 of 4, 0 errors");
    assert_eq!(rig.items("t-json").await, ["a=3", "b=2", "c=3"]);
    let by_index = rig.ask("Scan", json!({"TableName": "t-json", "IndexName": "by-v"})).await;
    assert_eq!(by_index["Count"], 3);
}

#[tokio::test]
async fn compressed_objects_and_csv_are_read() {
    let rig = Rig::new().await;
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(item("a", 1).as_bytes()).expect("memory");
    rig.store("gzip/one", &gzip.finish().expect("memory"));
    rig.store("zstd/one", &zstd::encode_all(item("b", 2).as_bytes(), 0).expect("memory"));
    rig.store("csv/one", b"p,v,more\na,1,x\nb,2,\"y, z\"\n");
    rig.store("bare/one", b"a;1\nb;2\n");
    let from = |prefix: &str| json!({"S3Bucket": "lake", "S3KeyPrefix": prefix});
    let gzip =
        imported(&rig, "t-gzip", json!({"S3BucketSource": from("gzip/"), "InputCompressionType": "GZIP"}))
            .await;
    let zstd =
        imported(&rig, "t-zstd", json!({"S3BucketSource": from("zstd/"), "InputCompressionType": "ZSTD"}))
            .await;
    assert_eq!(
        (outcome(&gzip), outcome(&zstd)),
        ("COMPLETED - 1 of 1, 0 errors".to_owned(), "COMPLETED - 1 of 1, 0 errors".to_owned())
    );
    assert_eq!(
        (rig.items("t-gzip").await, rig.items("t-zstd").await),
        (vec!["a=1".to_owned()], vec!["b=2".to_owned()])
    );
    let csv = imported(&rig, "t-csv", json!({"S3BucketSource": from("csv/"), "InputFormat": "CSV"})).await;
    assert_eq!(outcome(&csv), "COMPLETED - 2 of 2, 0 errors");
    let found = rig.ask("GetItem", json!({"TableName": "t-csv", "Key": {"p": {"S": "b"}}})).await;
    assert_eq!(found["Item"], json!({"p": {"S": "b"}, "v": {"N": "2"}, "more": {"S": "y, z"}}));
    let options = json!({"Csv": {"Delimiter": ";", "HeaderList": ["p", "v"]}});
    let bare = json!({"S3BucketSource": from("bare/"), "InputFormat": "CSV", "InputFormatOptions": options});
    assert_eq!(outcome(&imported(&rig, "t-bare", bare).await), "COMPLETED - 2 of 2, 0 errors");
    assert_eq!(rig.items("t-bare").await, ["a=1", "b=2"]);
}

#[tokio::test]
async fn what_is_no_item_is_counted_logged_and_left_out() {
    let rig = Rig::new().await;
    let lines = [
        item("a", 1),
        json!({"Item": {"v": {"N": "1"}}}).to_string(),
        json!({"Item": {"p": {"S": "x"}, "v": {"S": "1"}}}).to_string(),
        "garbage".to_owned(),
        item("b", 2),
    ];
    rig.store("in/one", lines.join("\n").as_bytes());
    rig.store("in/two", item("c", 3).as_bytes());
    let done = imported(&rig, "t-bad", json!({})).await;
    assert_eq!(
        outcome(&done),
        "FAILED ItemValidationError 2 of 5, 3 errors",
        "after what is no JSON the object is not read"
    );
    assert_eq!(rig.items("t-bad").await, ["a=1", "c=3"]);
    let input = wavetank_wire::logs::FilterLogEventsInput {
        log_group_name: Some("/aws-dynamodb/imports".to_owned()),
        ..Default::default()
    };
    let scope = crate::Scope::default();
    let events = rig
        .tank
        .request::<wavetank_wire::logs::FilterLogEvents>(&scope, input)
        .await
        .expect("the group is there");
    let said: Vec<Value> = events
        .events
        .into_iter()
        .flatten()
        .map(|event| serde_json::from_str(&event.message.unwrap_or_default()).expect("JSON"))
        .collect();
    assert_eq!(
        said.iter().map(|line| line["itemS3Pointer"]["itemIndex"].clone()).collect::<Vec<_>>(),
        [json!(1), json!(2), json!(3)]
    );
    assert_eq!(
        said[0]["errorMessages"][0],
        "One or more parameter values were invalid: Missing the key p in the item"
    );
}

#[tokio::test]
async fn an_import_that_cannot_begin_leaves_no_table() {
    let rig = Rig::new().await;
    let nowhere = imported(&rig, "t-none", json!({"S3BucketSource": {"S3Bucket": "nowhere"}})).await;
    assert_eq!(outcome(&nowhere), "FAILED S3NoSuchBucket 0 of 0, 0 errors");
    rig.refused("DescribeTable", json!({"TableName": "t-none"})).await;
    assert_eq!(outcome(&imported(&rig, "t-empty", json!({})).await), "COMPLETED - 0 of 0, 0 errors");
    let input = json!({
        "S3BucketSource": {"S3Bucket": "lake"}, "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {
            "TableName": "t-empty", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        },
    });
    assert_eq!(
        rig.refused("ImportTable", input.clone()).await,
        "ResourceInUseException: Table already exists: t-empty"
    );
    let mut options = input;
    options["TableCreationParameters"]["TableName"] = json!("t-x");
    options["InputFormatOptions"] = json!({"Csv": {"Delimiter": ";"}});
    assert_eq!(
        rig.refused("ImportTable", options).await,
        "ValidationException: Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON."
    );
}

#[tokio::test]
async fn an_export_can_be_imported() {
    let rig = furnished().await;
    rig.recoverable("tab").await;
    let done = exported(&rig, json!({})).await;
    let id = done["ExportArn"].as_str().and_then(|arn| arn.rsplit('/').next()).expect("an id").to_owned();
    let source = json!({"S3Bucket": "lake", "S3KeyPrefix": format!("out/AWSDynamoDB/{id}/data/")});
    let back =
        imported(&rig, "t-back", json!({"S3BucketSource": source, "InputCompressionType": "GZIP"})).await;
    assert_eq!(outcome(&back), "COMPLETED - 3 of 3, 0 errors");
    assert_eq!(rig.items("t-back").await, rig.items("tab").await);
}
