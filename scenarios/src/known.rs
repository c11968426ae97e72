//! Names that a scenario may say and that are made elsewhere: the kinds of faults and where they meet, and the checks as reports name
//! them.

/// What `[[sim.exclude]]` may name: the kinds of faults that simulations draw. A test of the harness holds them equal.
pub const FAULT_KINDS: [&str; 23] = [
    "throttle",
    "partial",
    "server-error",
    "slow",
    "lost",
    "duplicate",
    "expired-iterator",
    "crash-before",
    "crash-after",
    "timeout-before",
    "timeout-after",
    "redelivery",
    "outage",
    "out-of-order",
    "region",
    "stall",
    "clock-askew",
    "job-before",
    "job-after",
    "crawl-fails",
    "query-fails",
    "query-slow",
    "job-slow",
];

/// What batches meet.
const BATCH: &[&str] = &["throttle", "partial", "server-error", "slow", "lost", "duplicate"];
/// What the calls of functions meet.
const INNER: &[&str] = &["throttle", "server-error", "lost"];
/// What reads meet.
const READ: &[&str] = &["throttle", "server-error", "expired-iterator"];
/// What meets calls that must not happen twice.
const REFUSED: &[&str] = &["throttle", "server-error"];

/// Which services and operations `[[sim.exclude]]` may name, and for which kinds: where simulations draw faults, whoever calls. Jobs,
/// crawls and queries are of a service and no operation; kinds that are not here are of no service. A test of the harness holds this
/// equal to what is drawn.
pub const FAULT_PLACES: [(&str, &str, &[&str]); 19] = [
    ("athena", "", &["query-fails", "query-slow"]),
    ("dynamodb", "BatchWriteItem", BATCH),
    ("dynamodb", "GetItem", INNER),
    ("dynamodb", "PutItem", INNER),
    ("dynamodb", "UpdateItem", INNER),
    ("dynamodbstreams", "GetRecords", READ),
    ("firehose", "PutRecord", &["server-error"]),
    ("firehose", "PutRecordBatch", BATCH),
    ("glue", "", &["job-before", "job-after", "crawl-fails", "job-slow"]),
    ("glue", "StartJobRun", REFUSED),
    ("kinesis", "GetRecords", READ),
    ("kinesis", "PutRecords", BATCH),
    ("lambda", "Invoke", REFUSED),
    ("s3", "GetObject", REFUSED),
    ("s3", "PutObject", &["throttle", "server-error", "lost", "duplicate"]),
    ("sns", "Publish", INNER),
    ("sns", "PublishBatch", INNER),
    ("sqs", "SendMessage", REFUSED),
    ("sqs", "SendMessageBatch", BATCH),
];

/// What `[[sim.skip]]` may name: every check of `[[check]]` but `metamorphic`, which simulations do not ask.
pub(crate) const SKIPPED: [&str; 14] = [
    "conserved",
    "oracle",
    "schema",
    "partition",
    "landed",
    "order",
    "freshness",
    "replay",
    "jobs",
    "unblocked",
    "nulls",
    "snapshot",
    "files",
    "logs",
];
