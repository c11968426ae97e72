//! Numbers of SNS, with unit and source. "Model" is AWS's published service model (botocore 1.44.5, read 2026-11-20).

use std::ops::RangeInclusive;
use std::time::Duration;

/// Longest message with its attributes, and longest batch, in bytes, unless the topic says otherwise. Model.
pub(super) const MESSAGE_BYTES_DEFAULT: usize = 262_144;
/// What a topic's `MaximumMessageSize` may be, in bytes. Model.
pub(super) const MAXIMUM_MESSAGE_SIZE: RangeInclusive<usize> = 1_024..=1_048_576;
/// Messages of a batch. Model.
pub(super) const BATCH_ENTRIES_MAX: usize = 10;
/// Characters of a batch entry's id. Recorded (LocalStack's `test_sns.snapshot.json`): 81 are too many.
pub(super) const ENTRY_ID_CHARS_MAX: usize = 80;
/// Characters of a subject, below this. Model.
pub(super) const SUBJECT_CHARS_END: usize = 100;
/// Characters of a topic's name. Model.
pub(super) const NAME_CHARS: RangeInclusive<usize> = 1..=256;
/// Entries of a page of topics or subscriptions. Model.
pub(super) const PAGE_MAX: usize = 100;
/// Tags of a topic. Model.
pub(super) const TAGS_MAX: usize = 50;
/// How long a confirmation token can be used. Model.
pub(super) const TOKEN: Duration = Duration::from_secs(2 * 24 * 3_600);
/// How long a FIFO topic remembers a deduplication id. Model.
pub(super) const DEDUPLICATION: Duration = Duration::from_secs(300);
/// Characters of group and deduplication ids. Model.
pub(super) const ID_CHARS_MAX: usize = 128;
/// Keys of a filter policy. Documented: docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
/// (read 2026-11-20).
pub(super) const FILTER_KEYS_MAX: usize = 5;
/// Combinations of values of a filter policy. Documented: as above.
pub(super) const FILTER_COMBINATIONS_MAX: usize = 150;
/// Greatest number of a filter policy, either sign. Documented: as above.
pub(super) const FILTER_NUMBER_MAX: f64 = 1e9;
/// How long an HTTP endpoint may take, in real time. Assumed: 15 seconds.
pub(super) const HTTP_TIMEOUT: Duration = Duration::from_secs(15);
/// Retries of an HTTP delivery, at most. Documented: sns-message-delivery-retries.html (read 2026-11-28).
pub(super) const RETRIES_MAX: u64 = 100;
