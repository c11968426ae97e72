//! What is kept and told of crawls: the last one's outcome, the history, the metrics, EventBridge's events.

use std::cmp::Ordering;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::glue::{
    CrawlerHistory, CrawlerMetrics, CrawlsFilter, GetCrawlerMetricsInput, GetCrawlerMetricsOutput,
    LastCrawlInfo, ListCrawlsInput, ListCrawlsOutput,
};

use super::crawlers::{CrawlerEntry, Crawlers};
use super::flows::Standing;
use super::results::Changes;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::{CRAWL_BILLED_MIN, CRAWL_DPU, PAGE_CRAWLS, PAGE_CRAWLS_MAX, PAGE_RUNS};
use crate::services::glue::page::page;
use crate::world::Cx;

/// Where crawlers write their lines, each to the stream of its name.
///
/// Documented: docs.aws.amazon.com/glue/latest/dg/troubleshooting-contact-support.html (read 2026-11-29 as in
/// github.com/awsdocs/aws-glue-developer-guide), the group. Assumed: the stream.
pub(super) const LOG_GROUP: &str = "/aws-glue/crawlers";

/// How a crawl stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CrawlState {
    Running,
    Completed,
    Stopped,
    Failed(String),
}

/// One crawl.
#[derive(Debug, Clone)]
pub(super) struct Crawl {
    pub(super) id: String,
    pub(super) started: Timestamp,
    ended: Option<Timestamp>,
    state: CrawlState,
    tables_created: usize,
    tables_updated: usize,
    tables_deleted: usize,
    summary: String,
}

impl Crawl {
    pub(super) fn begun(id: String, now: Timestamp) -> Self {
        Self {
            id,
            started: now,
            ended: None,
            state: CrawlState::Running,
            tables_created: 0,
            tables_updated: 0,
            tables_deleted: 0,
            summary: String::new(),
        }
    }

    pub(super) fn end(&mut self, now: Timestamp, state: CrawlState, changes: &Changes) {
        self.ended = Some(now);
        self.state = state;
        self.tables_created = changes.tables_added.len();
        self.tables_updated = changes.tables_updated.len();
        self.tables_deleted = changes.tables_removed.len();
        self.summary = changes.summary_json();
    }

    fn runtime_secs(&self, now: Timestamp) -> f64 {
        self.ended.unwrap_or(now).since(self.started).as_secs_f64()
    }

    /// How a crawl that is over went. None while it runs.
    pub(super) fn last_crawl_info(&self, crawler: &str) -> Option<LastCrawlInfo> {
        let (status, error_message) = match &self.state {
            CrawlState::Running => return None,
            CrawlState::Completed => ("SUCCEEDED", None),
            CrawlState::Stopped => ("CANCELLED", None),
            CrawlState::Failed(message) => ("FAILED", Some(message.clone())),
        };
        Some(LastCrawlInfo {
            status: Some(status.to_owned()),
            error_message,
            log_group: Some(LOG_GROUP.to_owned()),
            log_stream: Some(crawler.to_owned()),
            message_prefix: Some(self.id.clone()),
            start_time: Some(self.started),
        })
    }

    fn history(&self, crawler: &str) -> CrawlerHistory {
        let (state, error_message) = match &self.state {
            CrawlState::Running => ("RUNNING", None),
            CrawlState::Completed => ("COMPLETED", None),
            CrawlState::Stopped => ("STOPPED", None),
            CrawlState::Failed(message) => ("FAILED", Some(message.clone())),
        };
        let billed = self.ended.map(|ended| ended.since(self.started).max(CRAWL_BILLED_MIN));
        CrawlerHistory {
            crawl_id: Some(self.id.clone()),
            state: Some(state.to_owned()),
            start_time: Some(self.started),
            end_time: self.ended,
            summary: Some(self.summary.clone()).filter(|text| !text.is_empty()),
            error_message,
            log_group: Some(LOG_GROUP.to_owned()),
            log_stream: Some(crawler.to_owned()),
            message_prefix: Some(self.id.clone()),
            dpu_hour: billed.map(|billed| CRAWL_DPU * billed.as_secs_f64() / 3_600.0),
        }
    }
}

impl Crawlers {
    /// The id of a crawler's latest crawl.
    pub(super) fn last_crawl(&self, crawler: &str) -> String {
        let last = self.0.get(crawler).and_then(|entry| entry.crawls.last());
        last.map(|crawl| crawl.id.clone()).unwrap_or_default()
    }

    /// How a crawl stands. Of a crawler that is gone nothing is under way.
    pub(super) fn standing(&self, crawler: &str, id: &str) -> Standing {
        let mut crawls = self.0.get(crawler).into_iter().flat_map(|entry| &entry.crawls);
        match crawls.find(|crawl| crawl.id == id).map(|crawl| &crawl.state) {
            Some(CrawlState::Running) => Standing::Running,
            Some(CrawlState::Completed) => Standing::Over("SUCCEEDED"),
            Some(CrawlState::Failed(_)) => Standing::Over("FAILED"),
            Some(CrawlState::Stopped) | None => Standing::Over("CANCELLED"),
        }
    }

    /// The crawls of a crawler, newest first.
    pub(super) fn list_crawls(&self, input: ListCrawlsInput) -> Result<ListCrawlsOutput, GlueError> {
        let entry = self.entry(&input.crawler_name)?;
        let mut wanted = Vec::new();
        for (number, crawl) in (0_i64..).zip(&entry.crawls) {
            let history = crawl.history(&input.crawler_name);
            let mut passes = true;
            for filter in input.filters.iter().flatten() {
                passes &= admits(filter, &history)?;
            }
            if passes {
                wanted.push((-number, history));
            }
        }
        wanted.reverse();
        let max = input.max_results.map(|max| max.min(PAGE_CRAWLS_MAX));
        let page = page(wanted.into_iter(), input.next_token.as_deref(), max, PAGE_CRAWLS)?;
        Ok(ListCrawlsOutput { crawls: Some(page.entries), next_token: page.next_token })
    }

    /// Counts and times of the named crawlers, or of all. Names that do not exist are passed over; assumed.
    pub(super) fn metrics(
        &self,
        cx: &Cx<'_>,
        input: GetCrawlerMetricsInput,
    ) -> Result<GetCrawlerMetricsOutput, GlueError> {
        let names = input.crawler_name_list.unwrap_or_default();
        let wanted = |name: &String| names.is_empty() || names.contains(name);
        let entries = self.0.iter().filter(|(name, _)| wanted(name));
        let entries = entries.map(|(name, entry)| (name.clone(), entry.metrics(cx.now)));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(GetCrawlerMetricsOutput { crawler_metrics_list: Some(page.entries), next_token: page.next_token })
    }
}

impl CrawlerEntry {
    /// Tells EventBridge of a crawl that begins.
    ///
    /// Documented: Started, Succeeded and Failed are told (docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html,
    /// read 2026-11-28). Assumed: the members of Started and Failed.
    pub(super) fn tell_start(&self, cx: &mut Cx<'_>) {
        let detail = json!({ "startTime": cx.now.format("%Y-%m-%dT%H:%M:%SZ") });
        self.tell(cx, "Started", detail);
    }

    /// Tells EventBridge of a crawl that is over, unless it was stopped.
    ///
    /// Recorded: the members, all of them texts (an event of 2024-02-13, in `test_lambda_alerting.py` of github.com/Soname-Solutions/salmon).
    pub(super) fn tell_end(&self, cx: &mut Cx<'_>, changes: &Changes) {
        let Some(crawl) = self.crawls.last() else { return };
        let (region, name) = (&cx.scope.region, self.name());
        let link = format!(
            "https://console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={LOG_GROUP};stream={name}"
        );
        let mut detail =
            json!({ "completionDate": cx.now.format("%Y-%m-%dT%H:%M:%SZ"), "cloudWatchLogLink": link });
        let state = match &crawl.state {
            CrawlState::Running | CrawlState::Stopped => return,
            CrawlState::Completed => {
                detail["warningMessage"] = "N/A".into();
                detail["runningTime (sec)"] = format!("{:.0}", crawl.runtime_secs(cx.now)).into();
                for (counted, count) in changes.told() {
                    detail[counted] = count.to_string().into();
                }
                "Succeeded"
            }
            CrawlState::Failed(message) => {
                detail["errorMessage"] = message.as_str().into();
                "Failed"
            }
        };
        self.tell(cx, state, detail);
    }

    fn tell(&self, cx: &mut Cx<'_>, state: &str, mut detail: Value) {
        detail["crawlerName"] = self.name().into();
        detail["accountId"] = cx.scope.account.as_str().into();
        detail["state"] = state.into();
        detail["message"] = format!("Crawler {state}").into();
        cx.event("aws.glue", "Glue Crawler State Change", Vec::new(), &detail);
    }

    fn metrics(&self, now: Timestamp) -> CrawlerMetrics {
        let over: Vec<&Crawl> = self.crawls.iter().filter(|crawl| crawl.ended.is_some()).collect();
        let mut runtimes: Vec<f64> = over.iter().map(|crawl| crawl.runtime_secs(now)).collect();
        let last = runtimes.last().copied();
        runtimes.sort_by(f64::total_cmp);
        let count = |of: fn(&Crawl) -> usize| {
            Some(over.last().map_or(0, |crawl| i64::try_from(of(crawl)).unwrap_or(i64::MAX)))
        };
        CrawlerMetrics {
            crawler_name: Some(self.name()),
            time_left_seconds: Some(0.0),
            still_estimating: Some(self.is_running()),
            last_runtime_seconds: Some(last.unwrap_or(0.0)),
            median_runtime_seconds: Some(runtimes.get(runtimes.len() / 2).copied().unwrap_or(0.0)),
            tables_created: count(|crawl| crawl.tables_created),
            tables_updated: count(|crawl| crawl.tables_updated),
            tables_deleted: count(|crawl| crawl.tables_deleted),
        }
    }
}

/// Whether a filter lets a crawl through. Times are milliseconds since the epoch.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_CrawlsFilter.html (read 2026-11-29).
fn admits(filter: &CrawlsFilter, crawl: &CrawlerHistory) -> Result<bool, GlueError> {
    let value = filter.field_value.as_deref().unwrap_or_default();
    let number =
        || value.parse::<f64>().map_err(|_| GlueError::Invalid(format!("Invalid filter value '{value}'")));
    let time =
        |at: Option<Timestamp>, wanted: f64| at.and_then(|at| (at.millis() as f64).partial_cmp(&wanted));
    let text = |text: &Option<String>| Some(text.as_deref().unwrap_or_default().cmp(value));
    let order = match filter.field_name.as_deref().unwrap_or_default() {
        "CRAWL_ID" => text(&crawl.crawl_id),
        "STATE" => text(&crawl.state),
        "START_TIME" => time(crawl.start_time, number()?),
        "END_TIME" => time(crawl.end_time, number()?),
        "DPU_HOUR" => {
            let wanted = number()?;
            crawl.dpu_hour.and_then(|hours| hours.partial_cmp(&wanted))
        }
        other => return Err(GlueError::NotBuilt(format!("the crawls filter `{other}`"))),
    };
    let Some(order) = order else { return Ok(false) };
    Ok(match filter.filter_operator.as_deref().unwrap_or("EQ") {
        "EQ" => order == Ordering::Equal,
        "NE" => order != Ordering::Equal,
        "GT" => order == Ordering::Greater,
        "GE" => order != Ordering::Less,
        "LT" => order == Ordering::Less,
        "LE" => order != Ordering::Greater,
        other => return Err(GlueError::NotBuilt(format!("the filter operator `{other}`"))),
    })
}
