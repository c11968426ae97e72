//! Conversations over HTTP, in-process: each line is a request, with what its answer must hold.

mod java;
mod recorded;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use wavetank_wire::sign::sign;

use crate::connector::Connector;
use crate::driver::{Tank, machine_time};

/// `METHOD /path` and, on further lines, headers.
fn request(text: &str, body: &[u8]) -> Request<Bytes> {
    let mut lines = text.lines();
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("a method and a path");
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:4566{path}"))
        .body(Bytes::copy_from_slice(body))
        .expect("a request");
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: HeaderName = name.parse().expect("a header's name");
        request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    request
}

fn signed(mut request: Request<Bytes>, service: &str, key: &str) -> Request<Bytes> {
    let now = u64::try_from(machine_time().secs()).expect("after 1970");
    sign(&mut request, service, "us-east-1", key, "test", None, now);
    request
}

fn told(response: &Response<Bytes>) -> String {
    let mut headers: Vec<String> = response
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?")))
        .collect();
    headers.sort();
    let body = String::from_utf8_lossy(response.body());
    format!("{}\n{}\n\n{body}", response.status().as_u16(), headers.join("\n"))
}

/// Every text must be in the answer; those after `!` must not.
fn compare(asked: &str, response: &Response<Bytes>, expected: &[&str]) {
    let told = told(response);
    for wanted in expected {
        match wanted.strip_prefix('!') {
            Some(unwanted) => assert!(!told.contains(unwanted), "{asked}: `{unwanted}` is in\n{told}"),
            None => assert!(told.contains(wanted), "{asked}: `{wanted}` is not in\n{told}"),
        }
    }
}

/// A conversation with S3, in order: request, body, what the answer holds. `{upload}` is the upload id that was last told.
async fn check_s3(steps: &[(&str, &str, &[&str])]) {
    let connector = Connector::new(&Tank::builder().build());
    let mut upload = String::new();
    for (asked, body, expected) in steps {
        let asked = asked.replace("{upload}", &upload);
        let response = connector.http(signed(request(&asked, body.as_bytes()), "s3", "test")).await;
        let expected: Vec<String> = expected.iter().map(|text| text.replace("{upload}", &upload)).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        compare(&asked, &response, &expected);
        let told = String::from_utf8_lossy(response.body());
        if let Some((_, rest)) = told.split_once("<UploadId>") {
            rest.split('<').next().unwrap_or_default().clone_into(&mut upload);
        }
    }
}

#[tokio::test]
async fn an_object_is_read_back_as_it_was_put() {
    check_s3(&[
        ("PUT /lake", "", &["200", "location: /lake"]),
        (
            "PUT /lake/a%20b/c.txt\ncontent-type: text/plain\nx-amz-meta-origin: test\nx-amz-tagging: a=1",
            "hello",
            &["200", "etag: \"5d41402abc4b2a76b9719d911017c592\"", "x-amz-checksum-type: FULL_OBJECT"],
        ),
        (
            "GET /lake/a%20b/c.txt",
            "",
            &[
                "200",
                "content-type: text/plain",
                "x-amz-meta-origin: test",
                "content-length: 5",
                "last-modified: Mon, 05 Jan 2026 00:00:00 GMT",
                "x-amz-tagging-count: 1",
                "x-amz-request-id: ",
                "\n\nhello",
                "!x-amz-version-id",
                "!x-amz-checksum",
            ],
        ),
        ("GET /lake/a%20b/c.txt\nrange: bytes=1-3", "", &["206", "content-range: bytes 1-3/5", "\n\nell"]),
        (
            "GET /lake/a%20b/c.txt\nrange: bytes=9-",
            "",
            &[
                "416",
                "<Code>InvalidRange</Code>",
                "<RangeRequested>bytes=9-</RangeRequested><ActualObjectSize>5<",
            ],
        ),
        ("HEAD /lake/a%20b/c.txt\nrange: bytes=-2", "", &["206", "content-length: 2", "!hello"]),
        ("HEAD /lake/none", "", &["404", "!NoSuchKey"]),
        (
            "GET /lake/none",
            "",
            &[
                "404",
                "<Code>NoSuchKey</Code>",
                "The specified key does not exist.",
                "<Key>none</Key><RequestId>",
            ],
        ),
        ("GET /none/none", "", &["404", "<Code>NoSuchBucket</Code>", "<BucketName>none</BucketName>"]),
        ("HEAD /lake/a%20b/c.txt", "", &["200", "x-amz-tagging-count: 1"]),
        ("PUT /lake/cold\nx-amz-storage-class: NOWHERE", "x", &["400", "<Code>InvalidStorageClass</Code>"]),
        ("PUT /lake/a%20b?tagging", "<Tagging>", &["400", "MalformedXML", "<Message>The XML you provided"]),
        (
            "GET /lake/a%20b/c.txt\nif-none-match: \"5d41402abc4b2a76b9719d911017c592\"",
            "",
            &["304", "etag: ", "!<Error>"],
        ),
        (
            "GET /lake/a%20b/c.txt\nif-match: \"0\"",
            "",
            &["412", "<Code>PreconditionFailed</Code>", "<Condition>If-Match</Condition>"],
        ),
        (
            "GET /lake/a%20b/c.txt?response-content-type=text%2Fhtml",
            "",
            &["200", "content-type: text/html", "!text/plain"],
        ),
        ("PUT /lake/a%20b/c.txt\nif-none-match: *", "x", &["412", "<Code>PreconditionFailed</Code>"]),
        ("PUT /lake/bad\ncontent-md5: XUFAKrxLKna5cZ2REBfFkA==", "hello", &["400", "BadDigest"]),
        ("PUT /lake/bad\nx-amz-checksum-crc32: AAAAAA==", "hello", &["400", "BadDigest"]),
        (
            "PUT /lake/copy\nx-amz-copy-source: /lake/a%20b/c.txt",
            "",
            &["200", "<CopyObjectResult", "5d41402a"],
        ),
        ("GET /lake/copy?tagging", "", &["200", "<Key>a</Key><Value>1</Value>"]),
        (
            "GET /lake/copy?attributes\nx-amz-object-attributes: ETag",
            "",
            &["200", "<ETag>5d41402abc4b2a76b9719d911017c592</ETag>"],
        ),
        ("DELETE /lake", "", &["409", "BucketNotEmpty"]),
        ("DELETE /lake/copy", "", &["204"]),
        ("DELETE /lake/copy", "", &["204"]),
        ("DELETE /lake/a%20b/c.txt", "", &["204"]),
        ("DELETE /lake", "", &["204"]),
        ("HEAD /lake", "", &["404"]),
    ])
    .await;
}

#[tokio::test]
async fn buckets_follow_awss_rules() {
    check_s3(&[
        ("PUT /Bad_Name", "", &["400", "InvalidBucketName", "The specified bucket is not valid."]),
        ("PUT /eb", "", &["400", "InvalidBucketName", "The specified bucket is not valid."]),
        ("GET /eb/key", "", &["400", "InvalidBucketName", "The specified bucket is not valid."]),
        ("PUT /xn--name", "", &["400", "InvalidBucketName"]),
        ("PUT /lake", "", &["200", "x-amz-bucket-arn: arn:aws:s3:::lake"]),
        ("PUT /lake", "", &["200"]),
        (
            "HEAD /lake",
            "",
            &[
                "200",
                "content-type: application/xml",
                "x-amz-access-point-alias: false",
                "x-amz-bucket-arn: arn:aws:s3:::lake",
                "x-amz-bucket-region: us-east-1",
            ],
        ),
        (
            "PUT /other",
            "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>",
            &["400", "IllegalLocationConstraintException"],
        ),
        (
            "PUT /other",
            "<CreateBucketConfiguration><LocationConstraint>nowhere</LocationConstraint></CreateBucketConfiguration>",
            &["400", "<Code>InvalidLocationConstraint</Code>", "<LocationConstraint>nowhere</LocationConstraint>"],
        ),
        ("GET /lake?location", "", &["200", "LocationConstraint", "!us-east-1"]),
        ("GET /", "", &["200", "<Name>lake</Name>", "<BucketRegion>us-east-1</BucketRegion>"]),
        ("GET /lake?tagging", "", &["404", "NoSuchTagSet"]),
        (
            "PUT /lake?tagging",
            "<Tagging><TagSet><Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>",
            &["204"],
        ),
        ("GET /lake?tagging", "", &["200", "<Key>team</Key><Value>data</Value>"]),
        ("GET /lake?policy", "", &["404", "NoSuchBucketPolicy"]),
        ("PUT /lake?policy", "no json", &["400", "MalformedPolicy"]),
        (
            "PUT /lake?policy",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}]}"#,
            &["403", "AccessDenied"],
        ),
        ("GET /lake?publicAccessBlock", "", &["200", "<BlockPublicPolicy>true</BlockPublicPolicy>"]),
        ("GET /lake?encryption", "", &["200", "<SSEAlgorithm>AES256</SSEAlgorithm>"]),
        ("GET /lake?ownershipControls", "", &["200", "BucketOwnerEnforced"]),
        ("GET /lake?lifecycle", "", &["404", "NoSuchLifecycleConfiguration"]),
        ("GET /lake?inventory", "", &["501", "NotImplemented", "ListBucketInventoryConfigurations"]),
        ("PUT /lake/a\nx-amz-acl: public-read", "x", &["400", "AccessControlListNotSupported"]),
        ("GET /lake\nx-amz-expected-bucket-owner: 111122223333", "", &["403", "AccessDenied"]),
    ])
    .await;
}

#[tokio::test]
async fn versions_are_kept_and_markers_hide_them() {
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("GET /lake?versioning", "", &["200", "!Status"]),
        ("PUT /lake/a", "one", &["200", "!x-amz-version-id"]),
        ("PUT /lake?versioning", enabled, &["200"]),
        ("GET /lake?versioning", "", &["<Status>Enabled</Status>"]),
        ("PUT /lake/a", "two", &["200", "x-amz-version-id: "]),
        ("DELETE /lake/a", "", &["204", "x-amz-delete-marker: true", "x-amz-version-id: "]),
        ("GET /lake/a", "", &["404", "NoSuchKey", "x-amz-delete-marker: true"]),
        ("GET /lake/a?versionId=null", "", &["200", "\n\none"]),
        (
            "GET /lake/a?versionId=wrong",
            "",
            &["400", "InvalidArgument", "<ArgumentName>versionId</ArgumentName><ArgumentValue>wrong<"],
        ),
        (
            "GET /lake/a?versionId=abcdefghijklmnopqrstuvwxyz012345",
            "",
            &["404", "NoSuchVersion", "<Key>a</Key><VersionId>abcdefghijklmnopqrstuvwxyz012345</VersionId>"],
        ),
        ("GET /lake?list-type=2", "", &["<KeyCount>0</KeyCount>"]),
        (
            "GET /lake?versions",
            "",
            &["<DeleteMarker>", "<VersionId>null</VersionId>", "<IsLatest>true</IsLatest>"],
        ),
        ("DELETE /lake/a?versionId=null", "", &["204", "x-amz-version-id: null"]),
        ("GET /lake?versions", "", &["!<VersionId>null</VersionId>"]),
        ("DELETE /lake", "", &["409", "You must delete all versions in the bucket."]),
    ])
    .await;
}

#[tokio::test]
async fn listings_are_paged_and_rolled_up() {
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("PUT /lake/a%2Bb%20c", "1", &["200"]),
        ("PUT /lake/raw/2026/1.csv", "1", &["200"]),
        ("PUT /lake/raw/2026/2.csv", "1", &["200"]),
        ("PUT /lake/z", "1", &["200"]),
        (
            "GET /lake?list-type=2&delimiter=%2F&encoding-type=url",
            "",
            &["<Key>a%2Bb+c</Key>", "<Prefix>raw/</Prefix>", "<KeyCount>3</KeyCount>", "!1.csv", "!<Owner>"],
        ),
        (
            "GET /lake?list-type=2&delimiter=%2F&max-keys=2",
            "",
            &["<IsTruncated>true</IsTruncated>", "<NextContinuationToken>cHJhdy8=</NextContinuationToken>"],
        ),
        (
            "GET /lake?list-type=2&delimiter=%2F&continuation-token=cHJhdy8%3D",
            "",
            &["<IsTruncated>false</IsTruncated>", "<Key>z</Key>", "!<Prefix>raw/</Prefix>"],
        ),
        ("GET /lake?list-type=2&continuation-token=x", "", &["400", "InvalidArgument"]),
        ("GET /lake?prefix=raw%2F&max-keys=1", "", &["1.csv", "!2.csv", "!NextMarker", "<Owner>"]),
        ("GET /lake?prefix=raw%2F&marker=raw%2F2026%2F1.csv", "", &["2.csv", "!<Key>raw/2026/1.csv"]),
        ("GET /lake?delimiter=%2F&max-keys=2", "", &["<NextMarker>raw/</NextMarker>"]),
        ("GET /lake?delimiter=%2F&marker=raw%2F", "", &["<Key>z</Key>", "!<CommonPrefixes>"]),
    ])
    .await;
}

#[tokio::test]
async fn configurations_that_are_not_built_are_refused_by_name() {
    let queue = "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:us-east-1:000000000000:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>";
    let bridge = "<NotificationConfiguration><EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>";
    let function = "<NotificationConfiguration><CloudFunctionConfiguration><CloudFunction>arn:aws:lambda:us-east-1:000000000000:function:none</CloudFunction><Event>s3:ObjectCreated:*</Event></CloudFunctionConfiguration></NotificationConfiguration>";
    let rule = |inside: &str| {
        format!(
            "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status>{inside}</Rule></LifecycleConfiguration>"
        )
    };
    let by_tag = rule(
        "<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>",
    );
    let by_prefix = rule("<Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>1</Days></Expiration>");
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("PUT /lake?notification", bridge, &["200"]),
        (
            "PUT /lake?notification",
            queue,
            &["400", "InvalidArgument", "Unable to validate the following destination configurations"],
        ),
        (
            "PUT /lake?notification",
            function,
            &["400", "InvalidArgument", "Unable to validate the following destination configurations"],
        ),
        ("PUT /lake?lifecycle", &by_tag, &["501", "filter by tag"]),
        ("PUT /lake?lifecycle", &by_prefix, &["200"]),
        (
            "GET /lake?lifecycle",
            "",
            &["<Prefix>tmp/</Prefix>", "<Days>1</Days>", "minimum-object-size: all_storage_classes_128K"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn only_those_who_sign_with_the_tanks_secret_are_answered() {
    let connector = Connector::new(&Tank::builder().build());
    let unsigned = connector.http(request("GET /lake", b"")).await;
    compare("unsigned", &unsigned, &["403", "AccessDenied"]);
    let real = connector.http(signed(request("GET /lake", b""), "s3", "AKIAQWERTYUIOPASDFGH")).await;
    compare("a real key", &real, &["403", "InvalidAccessKeyId", "looks like one of a real AWS account"]);
    let mut altered = signed(request("GET /lake", b""), "s3", "test");
    *altered.uri_mut() = "http://127.0.0.1:4566/other".parse().expect("a URI");
    compare("altered", &connector.http(altered).await, &["403", "SignatureDoesNotMatch"]);
    let glue = "POST /\nx-amz-target: AWSGlue.GetDatabases\ncontent-type: application/x-amz-json-1.1";
    let unsigned = connector.http(request(glue, b"{}")).await;
    compare("unsigned glue", &unsigned, &["403", "MissingAuthenticationTokenException"]);
}

/// One request to a service other than S3.
async fn check_json(target: &str, body: &str, expected: &[&str]) {
    let connector = Connector::new(&Tank::builder().build());
    let text = format!("POST /\nx-amz-target: {target}\ncontent-type: application/x-amz-json-1.1");
    let response = connector.http(signed(request(&text, body.as_bytes()), "glue", "test")).await;
    compare(target, &response, expected);
}

#[tokio::test]
async fn what_is_not_built_is_refused_by_name_and_what_is_wrong_in_awss_words() {
    check_json(
        "AWSGlue.CreateBlueprint",
        "{}",
        &["501", "NotImplemented", "CreateBlueprint", "x-amzn-requestid"],
    )
    .await;
    check_json("AWSGlue.NoSuchThing", "{}", &["400", "UnknownOperationException"]).await;
    check_json("DynamoDB_20120810.SearchVectors", "{}", &["501", "NotImplemented", "SearchVectors"]).await;
    check_json("AWSGlue.GetTable", "{", &["400", "SerializationException"]).await;
}

#[tokio::test]
async fn the_control_api_answers_in_json() {
    let tank = Tank::builder().build();
    let connector = Connector::new(&tank);
    let check = async |asked: &str, body: &str, expected: &[&str]| {
        let response = connector.http(request(asked, body.as_bytes())).await;
        compare(asked, &response, expected);
    };
    check("GET /_wavetank/health", "", &["200", r#""status":"ok""#, r#""s3""#]).await;
    check("GET /_wavetank/clock", "", &["2026-01-05T00:00:00.000Z", r#""frozen":true"#]).await;
    check("POST /_wavetank/clock/advance", r#"{"by":"5m"}"#, &["2026-01-05T00:05:00.000Z"]).await;
    check("POST /_wavetank/clock/advance", r#"{"ms":1500}"#, &["2026-01-05T00:05:01.500Z"]).await;
    check("POST /_wavetank/clock/advance", r#"{"by":"5"}"#, &["400", "hint", "is not a duration"]).await;
    check("GET /_wavetank/nothing", "", &["404", "hint"]).await;
    let rule = r#"{"service":"s3","operation":"CreateBucket","verdict":{"fail":{"code":"SlowDown","message":"Please reduce your request rate.","status":503}}}"#;
    check("POST /_wavetank/faults", rule, &["200", r#""id":1"#]).await;
    check("GET /_wavetank/faults", "", &["SlowDown", r#""until":null"#]).await;
    let refused = connector.http(signed(request("PUT /lake", b""), "s3", "test")).await;
    compare("a faulted call", &refused, &["503", "<Code>SlowDown</Code>"]);
    check("DELETE /_wavetank/faults/1", "", &["200", r#""id":1"#]).await;
    check("GET /_wavetank/faults", "", &["200", r#""faults":[]"#]).await;
    check("DELETE /_wavetank/faults/1", "", &["404", "not in force"]).await;
    let made = connector.http(signed(request("PUT /lake", b""), "s3", "test")).await;
    compare("the same later", &made, &["200"]);
    check("GET /_wavetank/status", "", &[r#""name":"lake","objects":0"#, r#""calls":2"#, r#""blocked":[]"#])
        .await;
    check(
        "GET /_wavetank/ledger?after=1",
        "",
        &[r#""n":2"#, "CreateBucket", r#""status":200"#, r#"!"n":1,"#],
    )
    .await;
    check("POST /_wavetank/reset", "", &["2026-01-05T00:00:00.000Z"]).await;
    check("GET /_wavetank/status", "", &[r#""buckets":[]"#, r#""calls":0"#]).await;
}

#[tokio::test]
async fn the_links_of_sns_are_followed_without_a_signature() {
    let connector = Connector::new(&Tank::builder().build());
    let form = "POST /\ncontent-type: application/x-www-form-urlencoded";
    let ask = async |body: &str, expected: &[&str]| {
        let response = connector.http(signed(request(form, body.as_bytes()), "sns", "test")).await;
        compare(body, &response, expected);
        String::from_utf8_lossy(response.body()).into_owned()
    };
    let topic = "arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3At";
    ask("Action=CreateTopic&Version=2010-03-31&Name=t", &["200", "arn:aws:sns:us-east-1:000000000000:t"])
        .await;
    let subscribe = format!(
        "Action=Subscribe&Version=2010-03-31&TopicArn={topic}&Protocol=email&Endpoint=a%40b.c&ReturnSubscriptionArn=true"
    );
    let told = ask(&subscribe, &["200", "<SubscriptionArn>arn:aws:sns:us-east-1:000000000000:t:"]).await;
    let token = "0".repeat(128);
    let confirm = format!("GET /?Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
    compare(
        "confirm",
        &connector.http(request(&confirm, b"")).await,
        &["400", "InvalidParameter", "Invalid token"],
    );
    let arn =
        told.split_once("<SubscriptionArn>").and_then(|(_, rest)| rest.split_once('<')).expect("an ARN").0;
    let unsubscribe = format!("GET /?Action=Unsubscribe&SubscriptionArn={arn}");
    compare("unsubscribe", &connector.http(request(&unsubscribe, b"")).await, &["200"]);
    ask("Action=ListSubscriptions&Version=2010-03-31", &["200", "!arn:aws:sns"]).await;
    let publish = format!("GET /?Action=Publish&TopicArn={topic}&Message=x");
    compare("publish", &connector.http(request(&publish, b"")).await, &["403", "MissingAuthenticationToken"]);
}
