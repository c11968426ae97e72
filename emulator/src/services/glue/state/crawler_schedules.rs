//! Crawlers' schedules: cron in UTC, on or off.
//!
//! Documented: docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html (read 2026-11-28 as in
//! github.com/awsdocs/aws-glue-developer-guide); the errors (the service model); that EventBridge hears of a run that could not start, and the
//! members of that event (docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html, read 2026-11-28). Assumed: the
//! errors' sentences; that a schedule changes its state at once; that a run is passed over while the crawler is at work.

use wavetank_types::Timestamp;
use wavetank_wire::glue::*;

use super::crawlers::{CrawlerEntry, Crawlers};
use super::trigger_checks::read_cron;
use crate::schedule::Schedule as Cron;
use crate::services::glue::error::GlueError;
use crate::world::Cx;

/// When a crawler runs by itself.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// As it was written, and what it says.
    expression: Option<(String, Cron)>,
    next: Option<Timestamp>,
}

impl Timing {
    /// A schedule that is on; an empty text is none.
    pub(super) fn read(text: &str, now: Timestamp) -> Result<Self, GlueError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut timing = Self { expression: Some((text.to_owned(), read_cron(text)?)), next: None };
        timing.wind(now);
        Ok(timing)
    }

    pub(super) fn shown(&self) -> Option<Schedule> {
        let (text, _) = self.expression.as_ref()?;
        let state = if self.next.is_some() { "SCHEDULED" } else { "NOT_SCHEDULED" };
        Some(Schedule { schedule_expression: Some(text.clone()), state: Some(state.to_owned()) })
    }

    fn wind(&mut self, now: Timestamp) {
        self.next = self.expression.as_ref().and_then(|(_, cron)| cron.next(now, now));
    }
}

impl Crawlers {
    fn timed(&mut self, name: &str) -> Result<&mut CrawlerEntry, GlueError> {
        self.0.get_mut(name).ok_or_else(|| GlueError::NoCrawler(name.to_owned()))
    }

    pub(super) fn update_schedule(
        &mut self,
        cx: &Cx<'_>,
        input: &UpdateCrawlerScheduleInput,
    ) -> Result<UpdateCrawlerScheduleOutput, GlueError> {
        let entry = self.timed(&input.crawler_name)?;
        entry.timing = Timing::read(input.schedule.as_deref().unwrap_or_default(), cx.now)?;
        Ok(UpdateCrawlerScheduleOutput {})
    }

    pub(super) fn start_schedule(
        &mut self,
        cx: &Cx<'_>,
        input: &StartCrawlerScheduleInput,
    ) -> Result<StartCrawlerScheduleOutput, GlueError> {
        let timing = &mut self.timed(&input.crawler_name)?.timing;
        if timing.expression.is_none() {
            return Err(GlueError::NoSchedule(input.crawler_name.clone()));
        }
        if timing.next.is_some() {
            return Err(GlueError::ScheduleRuns(input.crawler_name.clone()));
        }
        timing.wind(cx.now);
        Ok(StartCrawlerScheduleOutput {})
    }

    pub(super) fn stop_schedule(
        &mut self,
        input: &StopCrawlerScheduleInput,
    ) -> Result<StopCrawlerScheduleOutput, GlueError> {
        let timing = &mut self.timed(&input.crawler_name)?.timing;
        if timing.next.take().is_none() {
            return Err(GlueError::ScheduleRests(input.crawler_name.clone()));
        }
        Ok(StopCrawlerScheduleOutput {})
    }

    pub(super) fn next_scheduled(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|entry| entry.timing.next).min()
    }

    /// Starts the crawlers whose time has come.
    pub(super) fn start_scheduled(&mut self, cx: &mut Cx<'_>) {
        let mut due = Vec::new();
        for (name, entry) in &mut self.0 {
            if entry.timing.next.is_some_and(|at| at <= cx.now) {
                entry.timing.wind(cx.now);
                due.push(name.clone());
            }
        }
        for name in due {
            if let Err(error) = self.start(cx, StartCrawlerInput { name: name.clone() }) {
                let detail = serde_json::json!({
                    "customerId": cx.scope.account.as_str(),
                    "crawlerName": name,
                    "errorMessage": error.to_string(),
                });
                cx.event("aws.glue", "Glue Scheduled Crawler Invocation Failure", Vec::new(), &detail);
            }
        }
    }
}
