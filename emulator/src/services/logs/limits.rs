//! Numbers of CloudWatch Logs. Documented: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
//! (read 2026-11-29) unless a line says otherwise.

use std::time::Duration;

/// Largest batch, counting each event's text and [`EVENT_OVERHEAD_BYTES`].
pub(super) const BATCH_BYTES_MAX: usize = 1_048_576;
/// What each event adds to its batch beside its text.
pub(super) const EVENT_OVERHEAD_BYTES: usize = 26;
/// Largest event.
pub(super) const EVENT_BYTES_MAX: usize = 1_048_576;
/// Longest span between the first and last event of a batch.
pub(super) const BATCH_SPAN_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Events older than this are rejected, the others of the batch stored.
pub(super) const AGE_MAX: Duration = Duration::from_secs(14 * 24 * 3_600);
/// Events further in the future than this are rejected, the others of the batch stored.
pub(super) const AHEAD_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Events of one answer, at most. Documented: API_GetLogEvents.html, API_FilterLogEvents.html.
pub(super) const PAGE_EVENTS_MAX: usize = 10_000;
/// Bytes of one answer, at most. Documented: as above.
pub(super) const PAGE_BYTES_MAX: usize = 1_048_576;
/// Groups or streams of one answer unless asked for fewer. Documented: API_DescribeLogGroups.html.
pub(super) const DESCRIBE_MAX: usize = 50;
/// Days that a group may keep its events. Documented: API_PutRetentionPolicy.html.
pub(super) const RETENTION_DAYS: [i64; 23] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    36_500,
];
/// Metric filters of a group, at most. Documented: API_PutMetricFilter.html (read 2026-11-28, as in botocore 1.44.5).
pub(super) const METRIC_FILTERS_MAX: usize = 100;
/// Dimensions of a metric filter, at most. Documented: API_MetricTransformation.html (read 2026-11-28).
pub(super) const DIMENSIONS_MAX: usize = 3;
/// Subscription filters of a group, at most. Documented: API_PutSubscriptionFilter.html (read 2026-11-28).
pub(super) const SUBSCRIPTIONS_MAX: usize = 2;
/// Filters of a group whose patterns have regular expressions, at most. Documented: as above.
pub(super) const REGEX_FILTERS_MAX: usize = 5;
/// How long a delivery is tried again. Documented: CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html (read 2026-11-28).
pub(super) const DELIVERY_LIFE: Duration = Duration::from_secs(24 * 3_600);
/// Pause before the first further attempt, doubled for each. Assumed.
pub(super) const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest such pause. Assumed.
pub(super) const RETRY_MOST: Duration = Duration::from_secs(60);
/// Text of the events of one delivery, at most, in bytes: packed and in base64 it fits any destination. Assumed.
pub(super) const DELIVERY_BYTES_MAX: usize = 700_000;
/// Queries that run at once. Documented: API_StartQuery.html (read 2026-11-28).
pub(super) const QUERIES_MAX: usize = 100;
/// Groups of a query, at most. Documented: as above.
pub(super) const QUERY_GROUPS_MAX: usize = 50;
/// Rows of a query unless it asks for fewer or more. Documented: CWL_QuerySyntax-Limit.html.
pub(super) const QUERY_ROWS: usize = 10_000;
/// Rows of one GetQueryResults, at most. Documented: API_GetQueryResults.html (read 2026-11-28).
pub(super) const RESULT_PAGE_MAX: usize = 10_000;
/// How long a query's results are kept. Documented: AnalyzingLogData.html (read 2026-11-29).
pub(super) const RESULT_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);
/// From StartQuery until a query runs. Assumed.
pub(super) const QUERY_WAIT: Duration = Duration::from_millis(50);
/// How long a query runs at least. Assumed.
pub(super) const QUERY_LEAST: Duration = Duration::from_millis(200);
/// Bytes that a query reads in a millisecond of tank time. Assumed.
pub(super) const QUERY_BYTES_PER_MILLI: u64 = 1_000_000;
/// Query definitions of an account and region, at most. Documented: cloudwatch_limits_cwl.html (read 2026-11-29 in its older form in
/// github.com/awsdocs/amazon-cloudwatch-logs-user-guide).
pub(super) const DEFINITIONS_MAX: usize = 1_000;
/// Resource policies of an account and region that belong to no resource. Documented: API_PutResourcePolicy.html (read 2026-11-28).
pub(super) const POLICIES_MAX: usize = 10;
/// How long a live tail may last. Documented: API_StartLiveTail.html (read 2026-11-28), as the four below.
pub(super) const TAIL_LIFE: Duration = Duration::from_secs(3 * 3_600);
/// Between two updates of a live tail.
pub(super) const TAIL_BEAT: Duration = Duration::from_secs(1);
/// Events of one update, at most; more are sampled.
pub(super) const TAIL_EVENTS_MAX: usize = 500;
/// Updates that wait for a slow reader, at most; then the oldest are dropped.
pub(super) const TAIL_UPDATES_MAX: usize = 10;
/// Live tails at once. Documented: cloudwatch_limits_cwl.html (read 2026-11-29).
pub(super) const TAILS_MAX: usize = 15;

/// Metrics of one directive of the embedded metric format.
///
/// Documented: CloudWatch_Embedded_Metric_Format_Specification.html (read 2026-11-29).
pub(super) const EMF_METRICS_MAX: usize = 100;
/// Values of one metric in one event. Documented: as above.
pub(super) const EMF_VALUES_MAX: usize = 100;
/// Dimensions of one set. Documented: as above.
pub(super) const EMF_DIMENSIONS_MAX: usize = 30;
