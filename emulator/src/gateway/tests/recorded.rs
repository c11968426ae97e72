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
