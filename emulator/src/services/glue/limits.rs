//! Numbers of Glue: each with its unit, where it was read, and when.
//!
//! Modelled durations are ours: AWS promises none. They only have to be long enough to be seen by a client that
//! polls once a second, and the same each time.

use std::time::Duration;

/// Entries of a page of `GetDatabases`, `GetTables`, `GetTableVersions` when the caller names none.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html (MaxResults 1 to 100, read 2026-11-29).
/// Assumed: the default is the maximum.
pub(super) const PAGE_TABLES: usize = 100;

/// Entries of a page of `GetPartitions` when the caller names none.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html (MaxResults 1 to 1000, read 2026-11-29).
/// Assumed: the default is the maximum.
pub(super) const PAGE_PARTITIONS: usize = 1_000;

/// Entries of a page of crawlers, jobs and runs when the caller names none.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_GetJobRuns.html (MaxResults 1 to 200, read 2026-11-29).
/// Assumed: the default is the maximum, and the same for crawlers and jobs, of which a caller may ask for 1,000.
pub(super) const PAGE_RUNS: usize = 200;

/// Crawls of one page of ListCrawls, if nothing is asked.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_ListCrawls.html (read 2026-11-29).
pub(super) const PAGE_CRAWLS: usize = 20;
/// Crawls of one page, at most. Documented: the same page. Assumed: who asks for more gets so many.
pub(super) const PAGE_CRAWLS_MAX: i64 = 100;

/// Entries of a page of workflows when the caller names none. Documented: the service model (1 to 25). Assumed: as above.
pub(super) const PAGE_WORKFLOWS: usize = 25;

/// How long an event waits for others to start a workflow with, unless its trigger says. Documented: the service model.
pub(super) const EVENT_BATCH_WINDOW: Duration = Duration::from_secs(900);

/// Shortest time between two runs of a schedule.
///
/// Documented: docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html (read 2026-11-28 as in
/// github.com/awsdocs/aws-glue-developer-guide).
pub(super) const SCHEDULE_GAP_MIN: Duration = Duration::from_secs(300);

/// Crawlers that one trigger starts. Documented: docs.aws.amazon.com/glue/latest/dg/about-triggers.html (read 2026-11-28).
pub(super) const TRIGGER_CRAWLERS_MAX: usize = 2;

/// Tags of one resource.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_TagResource.html (read 2026-11-29).
pub(super) const TAGS_MAX: usize = 50;

/// Earlier versions that a table keeps. The oldest goes first.
///
/// Documented: repost.aws/knowledge-center/glue-table-version-errors (read 2026-11-29), 100,000 versions per table, and then
/// ResourceNumberLimitExceededException. Fewer here, since each is a whole copy, and no refusal.
pub(super) const TABLE_VERSIONS_MAX: usize = 1_000;

/// How long a crawler that has found its tables is STOPPING. Assumed; clients poll for exactly this state every second.
pub(super) const CRAWLER_STOPPING: Duration = Duration::from_secs(3);

/// Shortest time a crawler is RUNNING. Assumed, for the same reason.
pub(super) const CRAWL_RUNNING_MIN: Duration = Duration::from_secs(4);

/// Modelled time to list and look into one object. Assumed.
pub(super) const CRAWL_PER_OBJECT: Duration = Duration::from_millis(20);

/// What one crawl bills: two data processing units. Documented: docs.aws.amazon.com/glue/latest/dg/add-crawler.html.
pub(super) const CRAWL_DPU: f64 = 2.0;

/// Shortest billed crawl. Documented: aws.amazon.com/glue/pricing (10 minutes; read 2026-11-29 as many quote it).
pub(super) const CRAWL_BILLED_MIN: Duration = Duration::from_secs(600);

/// How long a Spark run is STARTING. Assumed; AWS says that Glue 2.0 and later starts in less than 10 seconds.
pub(super) const SPARK_STARTING: Duration = Duration::from_secs(8);

/// How long a Python shell run is STARTING. Assumed.
pub(super) const PYTHON_STARTING: Duration = Duration::from_secs(4);

/// Shortest time a run is RUNNING. Assumed.
pub(crate) const RUN_RUNNING_MIN: Duration = Duration::from_secs(3);

/// Modelled bytes that a run writes in a second. Assumed.
pub(crate) const RUN_BYTES_PER_SEC: u64 = 20_000_000;

/// How long a run that was told to stop is STOPPING. Assumed.
pub(super) const RUN_STOPPING: Duration = Duration::from_secs(2);

/// Minutes after which a run is ended, for Glue 5.0 and later.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html (read 2026-11-29).
pub(super) const TIMEOUT_MINUTES_GLUE_5: i64 = 480;

/// Minutes after which a run is ended, for versions before 5.0 and for Python shell.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html (read 2026-11-29). Assumed: for Python shell too.
pub(super) const TIMEOUT_MINUTES: i64 = 2_880;

/// Longest timeout, in minutes: 7 days. Documented: the same page.
pub(super) const TIMEOUT_MINUTES_MAX: i64 = 10_080;

/// Data processing units of a Spark job that names neither workers nor capacity.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html (read 2026-11-29).
pub(super) const SPARK_DPU_DEFAULT: f64 = 10.0;

/// Data processing units of a Python shell job that names none: one sixteenth. Documented: the same page.
pub(super) const PYTHON_DPU_DEFAULT: f64 = 0.0625;

/// Bytes of a JSON or CSV object that a classifier reads at first.
///
/// Documented: repost.aws/knowledge-center/glue-crawler-detect-schema (1 MB, read 2026-11-29).
pub(super) const HEAD_BYTES: usize = 1 << 20;

/// Bytes of a JSON object that a classifier reads at most, a head at a time, to see one whole record. Documented: as above.
pub(super) const JSON_HEAD_BYTES_MAX: usize = 10 << 20;

/// Records of a CSV object that a classifier reads. Documented: as above.
pub(super) const CSV_RECORDS_MAX: usize = 1_000;

/// Share of columns in common above which two schemas belong to one table.
///
/// Documented: repost.aws/knowledge-center/glue-crawler-detect-schema (70 percent, to be verified).
pub(super) const SIMILARITY_MIN: f64 = 0.7;

/// Characters that a header's column may hold.
///
/// Documented: docs.aws.amazon.com/glue/latest/dg/add-classifier.html, "fewer than 150 characters" (read 2026-11-29).
pub(super) const HEADER_CHARS_MAX: usize = 150;
