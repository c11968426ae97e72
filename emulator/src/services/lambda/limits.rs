//! Lambda's numbers, each with its unit, its source and the day it was read. What no source says is marked assumed.
//!
//! Documented: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (read 2026-11-29), unless said otherwise.
//! Left out: request rates, and the modelled durations, which are in `work.rs`.

use std::time::Duration;

/// Invocations at one time in an account and region.
pub const ACCOUNT_CONCURRENCY: u32 = 1_000;

/// Concurrency that reservations must leave to other functions.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html (read 2026-11-29 as in
/// github.com/awsdocs/aws-lambda-developer-guide).
pub const UNRESERVED_CONCURRENCY_MIN: u32 = 100;

/// Payload of a synchronous invocation, request or response.
pub const SYNC_PAYLOAD_BYTES_MAX: usize = 6_291_456;

/// The limit that AWS names when a response is over [`SYNC_PAYLOAD_BYTES_MAX`].
///
/// Assumed, from messages in the wild: 100 bytes more than the request's limit.
pub const RESPONSE_BYTES_MAX: usize = SYNC_PAYLOAD_BYTES_MAX + 100;

/// Payload of an asynchronous invocation: 1 MB, raised from 256 KB on 2026-01-29 (AWS Compute blog of that day).
pub const ASYNC_PAYLOAD_BYTES_MAX: usize = 1_048_576;

/// A zip as it is uploaded with the request.
///
/// Recorded by LocalStack against AWS, 2025-11-25: `Zipped size must be smaller than 52428800 bytes`.
pub const ZIP_BYTES_MAX: usize = 52_428_800;

/// A zip's content.
///
/// Recorded by LocalStack against AWS, 2025-11-25: `Unzipped size must be smaller than 262144000 bytes`.
pub const UNZIPPED_BYTES_MAX: u64 = 262_144_000;

/// Code of all functions and versions of an account and region. Reported, not enforced. 75 GB; the page now has 300 GB (to be
/// verified).
pub const TOTAL_CODE_BYTES: i64 = 80_530_636_800;

/// Environment variables, measured as compact JSON.
pub const ENVIRONMENT_BYTES_MAX: usize = 4_096;

/// Tags on one function.
pub const TAGS_MAX: usize = 50;

/// Characters of a function's name.
pub const NAME_CHARS_MAX: usize = 64;

/// Most seconds that an invocation may take.
/// Documented: docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html (`Timeout`).
pub const TIMEOUT_SECS_MAX: i64 = 900;

/// Seconds that an invocation may take when the function does not say.
pub const TIMEOUT_SECS_DEFAULT: u32 = 3;

/// Memory of a function that does not say, in MB.
pub const MEMORY_MB_DEFAULT: u32 = 128;

/// Size of `/tmp` of a function that does not say, in MB.
pub const EPHEMERAL_MB_DEFAULT: u32 = 512;

/// The end of an invocation's log that `LogType: Tail` returns.
///
/// Documented: docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (read 2026-11-29).
pub const LOG_TAIL_BYTES: usize = 4_096;

/// Functions or versions on one page of a list.
pub const PAGE_ENTRIES_MAX: usize = 50;

/// How long a new function is `Pending`, and an updated one `InProgress`. Assumed: on AWS it is 1 to 5 s.
pub const TRANSITION: Duration = Duration::from_millis(500);

/// How long an idle environment is kept. Assumed: AWS does not say; 5 to 15 min are seen.
pub const ENVIRONMENT_IDLE_MAX: Duration = Duration::from_secs(600);

/// Further attempts at an asynchronous event whose function fails.
pub const RETRIES_DEFAULT: u32 = 2;

/// Waits before the first and the second further attempt.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html (read 2026-11-29).
pub const RETRY_WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// How long an asynchronous event may wait when the function does not say: 6 h. Same source.
pub const EVENT_AGE_MAX_DEFAULT: Duration = Duration::from_secs(21_600);

/// Waits between attempts at an event that is throttled: doubling from the first to the last. Same source.
pub const THROTTLE_WAIT_FIRST: Duration = Duration::from_secs(1);
/// See [`THROTTLE_WAIT_FIRST`].
pub const THROTTLE_WAIT_MAX: Duration = Duration::from_secs(300);

/// Events that wait in one account and region. Ours, so that a tank's memory is bounded: AWS promises no number.
pub const QUEUE_EVENTS_MAX: usize = 100_000;
