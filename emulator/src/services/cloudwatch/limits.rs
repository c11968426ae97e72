//! Numbers of CloudWatch, with unit and source. "Model" is AWS's published service model and its text (botocore 1.44.5, read
//! 2026-11-28).

use std::time::Duration;

/// Metrics of one `PutMetricData`. Model.
pub(super) const DATA_MAX: usize = 1_000;
/// Different values of one datum. Model.
pub(super) const VALUES_MAX: usize = 150;
/// The largest value, either way: 2 to the 360. Model.
pub(super) const VALUE_MAX: f64 = 2.348_542_582_773_833e108;
/// How old a value may be. Model.
pub(super) const AGE_MAX: Duration = Duration::from_secs(14 * 86_400);
/// How far in the future it may be. Model.
pub(super) const AHEAD_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Points of one `GetMetricStatistics`. Model.
pub(super) const STATISTICS_POINTS_MAX: i64 = 1_440;
/// Queries of one `GetMetricData`. Model.
pub(super) const QUERIES_MAX: usize = 500;
/// Points of a page of `GetMetricData`, at most and unless the caller says fewer. Model.
pub(super) const DATA_POINTS_MAX: usize = 100_800;
/// Metrics of a page of `ListMetrics`. Model.
pub(super) const METRICS_PAGE: usize = 500;
/// How long a metric is listed after its last value. Model.
pub(super) const LISTED: Duration = Duration::from_secs(14 * 86_400);
/// What `RecentlyActive=PT3H` means: three hours, and fifty minutes more for delays. Model.
pub(super) const RECENT: Duration = Duration::from_secs(3 * 3_600 + 50 * 60);
/// Entries of a page of alarms unless the caller says fewer. Model: 100 at most; 50 as the documentation of `DescribeAlarms` has it,
/// to be verified.
pub(super) const ALARMS_PAGE: usize = 50;
/// Entries of a page of an alarm's history unless the caller says fewer. Model.
pub(super) const HISTORY_PAGE: usize = 100;
/// How long an alarm's history is kept. Model.
pub(super) const HISTORY_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Seconds that an alarm may look back: periods times their length. Model: one day, or seven for periods of an hour and longer.
pub(super) const LOOKBACK_MAX: i64 = 86_400;
/// The same for periods of an hour and longer.
pub(super) const LOOKBACK_LONG_MAX: i64 = 7 * 86_400;
/// Queries of an alarm. Model.
pub(super) const ALARM_QUERIES_MAX: usize = 20;
/// Dashboards of a page. Model.
pub(super) const DASHBOARDS_PAGE: usize = 1_000;
/// Widgets of a dashboard. Documented: cloudwatch_limits.html (read 2026-11-29 as in github.com/awsdocs/amazon-cloudwatch-user-guide).
pub(super) const WIDGETS_MAX: usize = 500;
/// Characters of a dashboard's name. Model.
pub(super) const DASHBOARD_NAME_MAX: usize = 255;
/// Tags of a resource. Model.
pub(super) const TAGS_MAX: usize = 50;
