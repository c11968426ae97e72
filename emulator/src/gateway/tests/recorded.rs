//! What AWS was recorded to answer: LocalStack's `test_s3.snapshot.json`, `test_s3_api.snapshot.json` and
//! `test_s3_list_operations.snapshot.json`, 2026-02-21 and 2026-02-23.

use super::check_s3;

#[tokio::test]
async fn what_was_never_said_of_a_bucket_is_told_as_aws_tells_it() {
    check_s3(&[
        ("GET /lake?logging", "", &["404", "<Code>NoSuchBucket</Code>", "<BucketName>lake</BucketName>"]),
        ("PUT /lake", "", &["200"]),
        (
            "GET /lake?website",
            "",
            &[
                "404",
                "<Code>NoSuchWebsiteConfiguration</Code>",
                "The specified bucket does not have a website configuration",
                "<BucketName>lake</BucketName>",
            ],
        ),
        (
            "GET /lake?replication",
            "",
            &[
                "404",
                "<Code>ReplicationConfigurationNotFoundError</Code>",
                "The replication configuration was not found",
            ],
        ),
        (
            "GET /lake?object-lock",
            "",
            &[
                "404",
                "<Code>ObjectLockConfigurationNotFoundError</Code>",
                "Object Lock configuration does not exist for this bucket",
            ],
        ),
        ("GET /lake?requestPayment", "", &["200", "<Payer>BucketOwner</Payer>"]),
        ("GET /lake?logging", "", &["200", "BucketLoggingStatus", "!LoggingEnabled"]),
        ("GET /lake?accelerate", "", &["200", "AccelerateConfiguration", "!Status"]),
        ("DELETE /lake?website", "", &["204"]),
        ("DELETE /lake?replication", "", &["204"]),
    ])
    .await;
}

#[tokio::test]
async fn what_changes_nothing_may_be_set_and_the_rest_is_refused_by_name() {
    let payer = |who: &str| {
        format!("<RequestPaymentConfiguration><Payer>{who}</Payer></RequestPaymentConfiguration>")
    };
    let accelerate =
        |how: &str| format!("<AccelerateConfiguration><Status>{how}</Status></AccelerateConfiguration>");
    let logs = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>l/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>";
    check_s3(&[
        ("PUT /lake?requestPayment", &payer("BucketOwner"), &["404", "NoSuchBucket"]),
        ("PUT /lake", "", &["200"]),
        ("PUT /lake?requestPayment", &payer("BucketOwner"), &["200"]),
        ("PUT /lake?requestPayment", &payer("Requester"), &["501", "NotImplemented", "requester pays"]),
        ("PUT /lake?requestPayment", &payer("Nobody"), &["400", "<Code>MalformedXML</Code>"]),
        ("PUT /lake?logging", "<BucketLoggingStatus></BucketLoggingStatus>", &["200"]),
        ("PUT /lake?logging", logs, &["501", "NotImplemented", "logs of access"]),
        ("PUT /lake?accelerate", &accelerate("Enabled"), &["501", "NotImplemented", "acceleration"]),
        ("PUT /lake?accelerate", &accelerate("enabled"), &["400", "<Code>MalformedXML</Code>"]),
        ("PUT /lake?accelerate", &accelerate("Suspended"), &["200"]),
        ("GET /lake?accelerate", "", &["200", "<Status>Suspended</Status>"]),
    ])
    .await;
}

#[tokio::test]
async fn digests_that_differ_are_told_back() {
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        (
            "PUT /lake/a\ncontent-md5: XUFAKrxLKna5cZ2REBfFkA==",
            "hello",
            &[
                "400",
                "<Code>BadDigest</Code>",
                "<ExpectedDigest>5d41402abc4b2a76b9719d911017c590</ExpectedDigest>",
                "<CalculatedDigest>XUFAKrxLKna5cZ2REBfFkg==</CalculatedDigest>",
            ],
        ),
        (
            "PUT /lake/a\ncontent-md5: 000",
            "hello",
            &["400", "<Code>InvalidDigest</Code>", "<Content-MD5>000</Content-MD5>"],
        ),
        (
            "PUT /lake/a\nx-amz-checksum-crc32: cafe-123",
            "hello",
            &["400", "<Code>InvalidRequest</Code>", "Value for x-amz-checksum-crc32 header is invalid."],
        ),
        (
            "PUT /lake/a\nx-amz-checksum-crc32: NhCmhg==\nx-amz-checksum-sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=",
            "hello",
            &["400", "<Code>InvalidRequest</Code>", "Expecting a single x-amz-checksum- header."],
        ),
        ("POST /lake/b?uploads", "", &["200"]),
        (
            "PUT /lake/b?partNumber=1&uploadId={upload}\ncontent-md5: XUFAKrxLKna5cZ2REBfFkA==",
            "hello",
            &["400", "<ExpectedDigest>XUFAKrxLKna5cZ2REBfFkA==</ExpectedDigest>"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_too_long_is_told_with_its_size() {
    let long = format!("PUT /lake/{}", "k".repeat(1_025));
    let meta = format!("PUT /lake/a\nx-amz-meta-a: {}", "v".repeat(2_048));
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        (
            &long,
            "",
            &[
                "400",
                "<Code>KeyTooLongError</Code>",
                "<MaxSizeAllowed>1024</MaxSizeAllowed><Size>1025</Size>",
            ],
        ),
        (
            &meta,
            "",
            &[
                "400",
                "<Code>MetadataTooLarge</Code>",
                "<MaxSizeAllowed>2048</MaxSizeAllowed><Size>2049</Size>",
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn arguments_that_are_refused_are_named() {
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("PUT /lake/a", "0123456789", &["200"]),
        (
            "GET /lake?encoding-type=value",
            "",
            &["400", "<ArgumentName>encoding-type</ArgumentName><ArgumentValue>value</ArgumentValue>"],
        ),
        (
            "GET /lake?list-type=2&continuation-token=x",
            "",
            &["400", "<ArgumentName>continuation-token</ArgumentName>", "!ArgumentValue"],
        ),
        (
            "GET /lake?list-type=2&max-keys=many",
            "",
            &["400", "<ArgumentName>max-keys</ArgumentName><ArgumentValue>many<"],
        ),
        (
            "GET /lake?versions&version-id-marker=v",
            "",
            &["400", "<ArgumentName>version-id-marker</ArgumentName><ArgumentValue>v<"],
        ),
        ("GET /?bucket-region=eu-east-1", "", &["400", "Argument value eu-east-1 is not a valid AWS Region"]),
        (
            "GET /lake?policy\nx-amz-expected-bucket-owner: abcd",
            "",
            &["400", "<Code>InvalidBucketOwnerAWSAccountID</Code>", "... [abcd]"],
        ),
        (
            "GET /lake/a?partNumber=2",
            "",
            &["416", "<ActualPartCount>1</ActualPartCount><PartNumberRequested>2<"],
        ),
        (
            "PUT /lake/b\nx-amz-tagging: k=1&k=2",
            "",
            &["400", "<ArgumentName>x-amz-tagging</ArgumentName><ArgumentValue>k=1&amp;k=2<"],
        ),
        ("PUT /lake/b\nx-amz-tagging: k=1,l=2", "", &["400", "without tag name duplicates."]),
        ("PUT /lake/b\nx-amz-storage-class: OUTPOSTS", "", &["400", "<StorageClassRequested>OUTPOSTS<"]),
        (
            "PUT /lake?versioning",
            "<VersioningConfiguration></VersioningConfiguration>",
            &["400", "<Code>IllegalVersioningConfigurationException</Code>"],
        ),
        (
            "PUT /lake?tagging",
            "<Tagging><TagSet><Tag><Key>a,b</Key><Value>c</Value></Tag></TagSet></Tagging>",
            &["400", "<Code>InvalidTag</Code>", "<TagKey>a,b</TagKey>", "!TagValue>"],
        ),
        (
            "PUT /lake/a?tagging",
            "<Tagging><TagSet><Tag><Key>aws:a</Key><Value>c</Value></Tag></TagSet></Tagging>",
            &["400", "Your TagKey cannot be prefixed with aws:", "<TagKey>aws:a</TagKey>"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_write_takes_one_condition() {
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("PUT /lake/a", "hello", &["200"]),
        (
            "PUT /lake/a\nif-match: *",
            "x",
            &[
                "501",
                "<Code>NotImplemented</Code>",
                "<Header>If-Match</Header>",
                "<additionalMessage>We don't accept",
            ],
        ),
        (
            "PUT /lake/a\nif-match: \"0\"\nif-none-match: *",
            "x",
            &["501", "<Header>If-Match,If-None-Match</Header>"],
        ),
        (
            "PUT /lake/a\nif-none-match: *\nx-amz-copy-source: /lake/a",
            "",
            &["400", "copy an object to itself"],
        ),
        ("PUT /lake/b\nx-amz-copy-source: /lake/a\nif-match: \"0\"", "", &["404", "<Code>NoSuchKey</Code>"]),
        ("PUT /lake/b\nx-amz-copy-source: /lake/a\nif-none-match: *", "", &["200"]),
        (
            "PUT /lake/b\nx-amz-copy-source: /lake/a\nif-none-match: *",
            "",
            &["412", "<Condition>If-None-Match<"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_part_is_copied_from_a_range_that_is_in_its_source() {
    let copy = |range: &str| {
        format!(
            "PUT /lake/b?partNumber=1&uploadId={{upload}}\nx-amz-copy-source: /lake/a\nx-amz-copy-source-range: {range}"
        )
    };
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("PUT /lake/a", "0123456789", &["200"]),
        ("POST /lake/b?uploads", "", &["200"]),
        (&copy("bytes=0-8"), "", &["200"]),
        (
            &copy("bytes=1-"),
            "",
            &["400", "<ArgumentName>x-amz-copy-source-range</ArgumentName><ArgumentValue>bytes=1-<"],
        ),
        (&copy("bytes=0-100"), "", &["400", "Range specified is not valid for source object of size: 10"]),
        (
            &copy("bytes=100-200"),
            "",
            &["400", "<Code>InvalidRequest</Code>", "The specified copy range is invalid"],
        ),
    ])
    .await;
}

/// A completion of one part, whose content is `hello`; `inside` comes beside its number and ETag.
fn completion(inside: &str) -> String {
    format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag>{inside}</Part></CompleteMultipartUpload>"
    )
}

const COMPLETE: &str = "POST /lake/a?uploadId={upload}";

#[tokio::test]
async fn an_upload_without_a_checksum_gets_one_of_its_whole() {
    let wrong = completion("<ChecksumCRC32>NhCmhg==</ChecksumCRC32>");
    let plain = completion("");
    let typed = format!("{COMPLETE}\nx-amz-checksum-type: FULL_OBJECT");
    let ignored = format!("{COMPLETE}\nx-amz-checksum-crc32: AAAAAA==-2");
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        ("POST /lake/a?uploads", "", &["200", "!x-amz-checksum"]),
        (
            "PUT /lake/a?partNumber=1&uploadId={upload}\nx-amz-checksum-crc32: NhCmhg==",
            "hello",
            &["200", "x-amz-checksum-crc32: NhCmhg=="],
        ),
        ("GET /lake/a?uploadId={upload}", "", &["200", "5d41402a", "!Checksum"]),
        (
            COMPLETE,
            &wrong,
            &[
                "400",
                "<Code>InvalidPart</Code>",
                "<ETag>5d41402abc4b2a76b9719d911017c592</ETag><PartNumber>1</PartNumber><UploadId>{upload}</UploadId>",
            ],
        ),
        (&typed, &plain, &["400", "The upload was created using the null checksum mode."]),
        (
            &ignored,
            &plain,
            &["200", "<ChecksumCRC64NVME>M3eFcAZSQlc=</ChecksumCRC64NVME>", "<ChecksumType>FULL_OBJECT</ChecksumType>"],
        ),
        ("HEAD /lake/a\nx-amz-checksum-mode: ENABLED", "", &["x-amz-checksum-crc64nvme: M3eFcAZSQlc=", "x-amz-checksum-type: FULL_OBJECT"]),
        (
            "GET /lake/a?attributes\nx-amz-object-attributes: Checksum,ObjectParts",
            "",
            &["<ChecksumCRC64NVME>M3eFcAZSQlc=<", "ObjectParts>", "!IsTruncated", "!MaxParts"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_checksum_of_checksums_needs_those_of_the_parts() {
    let create = "POST /lake/a?uploads\nx-amz-checksum-algorithm";
    let (with_type, nvme) = (
        format!("{create}: SHA1\nx-amz-checksum-type: FULL_OBJECT"),
        format!("{create}: CRC64NVME\nx-amz-checksum-type: COMPOSITE"),
    );
    let (unknown, crc32) = (format!("{create}: TEST"), format!("{create}: CRC32"));
    let (named, other) = (
        completion("<ChecksumCRC32>NhCmhg==</ChecksumCRC32>"),
        completion("<ChecksumSHA1>qvTGHdzF6KLavt4PO0gs2a6pQ00=</ChecksumSHA1>"),
    );
    let differs = completion("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>");
    let whole = format!("{COMPLETE}\nx-amz-checksum-type: FULL_OBJECT");
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        (&unknown, "", &["400", "Checksum algorithm provided is unsupported."]),
        (
            "POST /lake/a?uploads\nx-amz-checksum-type: COMPOSITE",
            "",
            &["400", "can only be used with the x-amz-checksum-algorithm header."],
        ),
        (
            &with_type,
            "",
            &["400", "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm."],
        ),
        (
            &nvme,
            "",
            &["400", "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."],
        ),
        (&crc32, "", &["200"]),
        (
            "PUT /lake/a?partNumber=1&uploadId={upload}\nx-amz-checksum-sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=",
            "hello",
            &["400", "expected checksum Type: crc32, actual checksum Type: sha1"],
        ),
        ("PUT /lake/a?partNumber=1&uploadId={upload}\nx-amz-checksum-crc32: NhCmhg==", "hello", &["200"]),
        (
            COMPLETE,
            &completion(""),
            &[
                "400",
                "The upload was created using a crc32 checksum.",
                "It was missing for part 1 in the request.",
            ],
        ),
        (
            COMPLETE,
            &other,
            &["400", "<Code>BadDigest</Code>", "The sha1 you specified for part 1 did not match"],
        ),
        (COMPLETE, &differs, &["400", "<Code>InvalidPart</Code>"]),
        (&whole, &named, &["400", "The upload was created using the COMPOSITE checksum mode."]),
        (COMPLETE, &named, &["200", "-1</ChecksumCRC32>", "<ChecksumType>COMPOSITE</ChecksumType>"]),
        (
            "GET /lake/a?attributes\nx-amz-object-attributes: Checksum,ObjectParts",
            "",
            &[
                "==</ChecksumCRC32><ChecksumType>COMPOSITE<",
                "<IsTruncated>false</IsTruncated>",
                "<ChecksumCRC32>NhCmhg==<",
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_page_of_uploads_says_where_it_ended() {
    check_s3(&[
        ("PUT /lake", "", &["200"]),
        (
            "GET /lake?uploads",
            "",
            &["200", "<NextKeyMarker></NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker>", "!<Prefix>"],
        ),
        ("POST /lake/a/1?uploads", "", &["200"]),
        ("POST /lake/b?uploads", "", &["200"]),
        (
            "GET /lake?uploads&prefix=b",
            "",
            &[
                "<NextKeyMarker>b</NextKeyMarker><NextUploadIdMarker>{upload}<",
                "<IsTruncated>false<",
                "<Prefix>b</Prefix>",
            ],
        ),
        ("GET /lake/b?uploadId={upload}", "", &["<NextPartNumberMarker>0</NextPartNumberMarker>"]),
        (
            "GET /lake?uploads&delimiter=%2F&max-uploads=1",
            "",
            &["<IsTruncated>true<", "<NextKeyMarker>a/</NextKeyMarker>", "<Prefix>a/</Prefix>"],
        ),
        (
            "GET /lake?uploads&delimiter=%2F&max-uploads=1&key-marker=a%2F",
            "",
            &["<IsTruncated>false<", "<Key>b</Key>", "!<CommonPrefixes>"],
        ),
        (
            "GET /lake?uploads&key-marker=a&upload-id-marker={upload}",
            "",
            &[
                "400",
                "<ArgumentName>upload-id-marker</ArgumentName><ArgumentValue>{upload}<",
                "Invalid uploadId marker",
            ],
        ),
    ])
    .await;
}
