//! Numbers of event source mappings, each with its unit, its source and the day it was read.
//!
//! "The model" is botocore 1.44.5's service model of Lambda, read 2026-11-20. What no source says is marked assumed.

use std::time::Duration;

/// Records in a batch of a stream when the mapping does not say. The model.
pub const STREAM_BATCH_RECORDS_DEFAULT: u32 = 100;

/// Messages in a batch of a queue when the mapping does not say. The model.
pub const QUEUE_BATCH_MESSAGES_DEFAULT: u32 = 10;

/// Messages in a batch of a FIFO queue, and of a queue without a batching window. The model.
pub const BATCH_WITHOUT_WINDOW_MAX: u32 = 10;

/// The least age that a mapping may give, in seconds: less is refused but for -1. The model's text.
pub const RECORD_AGE_SECS_MIN: i64 = 60;

/// Payload of one invocation, in bytes. Documented: CreateEventSourceMapping in the service model ("the invocation payload
/// size limit (6 MB)"). Assumed: in MiB.
pub const PAYLOAD_BYTES_MAX: usize = 6_291_456;

/// State of a tumbling window, in bytes; more ends the window early.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html (read 2026-11-28): 1 MB.
pub const WINDOW_STATE_BYTES_MAX: usize = 1_048_576;

/// Records of a shard that are read ahead of what the function has processed. Assumed.
pub const READ_AHEAD_RECORDS_MAX: usize = 10_000;

/// Records that one read asks for. The model of Kinesis.
pub const READ_RECORDS_MAX: i64 = 10_000;

/// How long an iterator of a table's stream is used; AWS's expire after 15 minutes.
pub const TABLE_ITERATOR_AGE_MAX: Duration = Duration::from_secs(240);

/// How often a shard of Kinesis is read at most. Documented: docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html (read
/// 2026-11-28): once a second at base. Assumed: never sooner.
pub const READ_EVERY: Duration = Duration::from_secs(1);

/// How long after its arrival a record reaches a consumer with enhanced fan-out.
///
/// Assumed: 70 ms, the average that AWS gives for enhanced fan-out (its page, enhanced-consumers.html, was not to be had).
pub const FAN_OUT_DELAY: Duration = Duration::from_millis(70);

/// As [`READ_EVERY`], of a table's stream. Assumed, after the base rate of polling: four times a second,
/// docs.aws.amazon.com/lambda/latest/dg/with-ddb.html (read 2026-11-29 as in github.com/awsdocs/aws-lambda-developer-guide).
pub const TABLE_READ_EVERY: Duration = Duration::from_millis(250);

/// Messages of one ReceiveMessage. The model of SQS.
pub const RECEIVE_MESSAGES_MAX: i64 = 10;

/// How long Creating, Enabling, Disabling, Updating and Deleting last. Assumed: on AWS seconds to minutes.
pub const TRANSITION: Duration = Duration::from_secs(1);

/// Waits before a batch is tried again: doubling from the first to the last. Assumed: AWS says only "back-off".
pub const RETRY_WAIT_FIRST: Duration = Duration::from_secs(1);
/// See [`RETRY_WAIT_FIRST`].
pub const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);

/// How often a destination that is busy is asked to take a record of failure. Assumed: AWS's clients try three times.
pub const DELIVERY_ATTEMPTS_MAX: u32 = 3;

/// Records of failure that have not reached their destination and are kept by name; older ones are forgotten. Ours.
pub const UNDELIVERED_KEPT_MAX: usize = 1_000;

/// Batches of a queue that run at one time at first, what is added each minute, and the most.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html (read 2026-11-28).
pub const QUEUE_CONCURRENCY_FIRST: u64 = 5;
/// See [`QUEUE_CONCURRENCY_FIRST`].
pub const QUEUE_CONCURRENCY_PER_MINUTE: u64 = 300;
/// See [`QUEUE_CONCURRENCY_FIRST`].
pub const QUEUE_CONCURRENCY_MAX: u64 = 1_250;

/// Filters of one mapping. Documented: docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html (read 2026-11-28): 5,
/// and 10 on request.
pub const FILTERS_MAX: usize = 5;

/// Mappings on one page of a list. The model: 1 to 10,000 are asked for, at most 100 are given.
pub const PAGE_MAPPINGS_MAX: usize = 100;
