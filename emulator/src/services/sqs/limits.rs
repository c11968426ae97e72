//! Numbers of SQS, with unit and source. "Model" is AWS's published service model (botocore 1.44.5, read 2026-11-20);
//! "recorded" is LocalStack's `tests/aws/services/sqs/test_sqs.snapshot.json`, with its date.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Longest message, body and attributes together, and longest batch, in bytes. Model; recorded 2025-08-19.
pub(super) const MESSAGE_BYTES_MAX: u64 = 1_048_576;
/// What `MaximumMessageSize` may be, in bytes. Model.
pub(super) const MAXIMUM_MESSAGE_SIZE: RangeInclusive<u64> = 1_024..=MESSAGE_BYTES_MAX;
/// Entries of a batch. Model; recorded 2024-04-30.
pub(super) const BATCH_ENTRIES_MAX: usize = 10;
/// Characters of a batch entry's id. Recorded 2024-04-30.
pub(super) const ENTRY_ID_CHARS_MAX: usize = 80;
/// Messages of one receive. Model; recorded 2024-04-30.
pub(super) const RECEIVE_MESSAGES: RangeInclusive<i64> = 1..=10;
/// Longest wait of a long poll, in seconds. Model; recorded 2025-02-10.
pub(super) const WAIT_SECS: RangeInclusive<u64> = 0..=20;
/// How long a message may be hidden, in seconds; also all its changes together since it was received. Model.
pub(super) const VISIBILITY_SECS: RangeInclusive<u64> = 0..=43_200;
/// Default of `VisibilityTimeout`, in seconds. Model.
pub(super) const VISIBILITY_SECS_DEFAULT: u64 = 30;
/// Longest delay, of queue or message, in seconds. Model.
pub(super) const DELAY_SECS: RangeInclusive<u64> = 0..=900;
/// How long messages are kept, in seconds. Model.
pub(super) const RETENTION_SECS: RangeInclusive<u64> = 60..=1_209_600;
/// Default of `MessageRetentionPeriod`, in seconds: four days. Model.
pub(super) const RETENTION_SECS_DEFAULT: u64 = 345_600;
/// Range of `KmsDataKeyReusePeriodSeconds`. Model.
pub(super) const KEY_REUSE_SECS: RangeInclusive<u64> = 60..=86_400;
/// Messages in flight. A standard queue then answers `OverLimit`, a FIFO queue nothing. Model (both 120,000; FIFO's was
/// 20,000 until 2024).
pub(super) const IN_FLIGHT_MAX: usize = 120_000;
/// How long a deduplication id is remembered. Model.
pub(super) const DEDUPLICATION: Duration = Duration::from_secs(300);
/// How long a receive can be repeated by its attempt id. Model.
pub(super) const ATTEMPT: Duration = Duration::from_secs(300);
/// Characters of group, deduplication and attempt ids. Model; recorded 2025-07-30.
pub(super) const ID_CHARS_MAX: usize = 128;
/// Message attributes of one message. Documented: docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
/// sqs-message-metadata.html (read 2026-11-28).
pub(super) const ATTRIBUTES_MAX: usize = 10;
/// Bytes of a message attribute's name or type. Documented: as above.
pub(super) const ATTRIBUTE_NAME_BYTES_MAX: usize = 256;
/// Time between two purges of a queue. Model; recorded 2024-04-30.
pub(super) const PURGE_INTERVAL: Duration = Duration::from_secs(60);
/// What `maxReceiveCount` may be. Seen in the wild, in the refusal (read 2026-11-28).
pub(super) const MAX_RECEIVE_COUNT: RangeInclusive<u64> = 1..=1_000;
/// Source queues that a `RedriveAllowPolicy` may name. Model.
pub(super) const REDRIVE_SOURCES_MAX: usize = 10;
/// Messages per second of a move task, at most. Model. Assumed: also the rate where none is given.
pub(super) const MOVES_PER_SECOND_MAX: i64 = 500;
/// Move tasks that are listed. Model.
pub(super) const TASKS_LISTED_MAX: i64 = 10;
/// Queues of one page. Model.
pub(super) const PAGE_QUEUES_MAX: i64 = 1_000;
/// Characters of a queue's name. Model.
pub(super) const NAME_CHARS_MAX: usize = 80;
/// Actions of one statement that `AddPermission` makes. Model.
pub(super) const ACTIONS_MAX: usize = 7;
/// Tags of a queue. Documented: API_TagQueue.html (read 2026-11-28): more are "not recommended". Assumed: that they are refused.
pub(super) const TAGS_MAX: usize = 50;
