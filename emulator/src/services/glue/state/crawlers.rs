//! Crawlers: what they are pointed at, and their way from READY through RUNNING and STOPPING back to READY.
//!
//! What a crawl leaves behind is in `crawls.rs` (history, metrics) and `results.rs` (the catalog).

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::glue::{
    BatchGetCrawlersInput, BatchGetCrawlersOutput, Crawler, CrawlerTargets, CreateCrawlerInput,
    CreateCrawlerOutput, DeleteCrawlerInput, DeleteCrawlerOutput, GetCrawlerInput, GetCrawlerOutput,
    GetCrawlersInput, GetCrawlersOutput, LakeFormationConfiguration, LineageConfiguration, ListCrawlersInput,
    ListCrawlersOutput, RecrawlPolicy, SchemaChangePolicy, StartCrawlerInput, StartCrawlerOutput,
    StopCrawlerInput, StopCrawlerOutput, UpdateCrawlerInput, UpdateCrawlerOutput,
};

use super::crawler_schedules::Timing;
use super::crawls::{Crawl, CrawlState};
use super::databases::Catalog;
use super::results::{Changes, Plan, Settings};
use super::tags::Tags;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::{CRAWLER_STOPPING, PAGE_RUNS};
use crate::services::glue::page::page;
use crate::services::glue::work::{CrawlOutput, CrawlWork};
use crate::world::{Cx, JobId, Work};

/// Crawlers by name.
#[derive(Debug, Default)]
pub(super) struct Crawlers(pub(super) BTreeMap<String, CrawlerEntry>);

#[derive(Debug)]
pub(super) struct CrawlerEntry {
    pub(super) crawler: Crawler,
    pub(super) timing: Timing,
    phase: Phase,
    /// Oldest first; the last one may still run.
    pub(super) crawls: Vec<Crawl>,
}

/// Where a crawler is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ready,
    /// An executor looks.
    Running(JobId),
    /// The crawl is over; the crawler rests at this instant.
    Stopping(Timestamp),
}

impl CrawlerEntry {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }

    /// The crawler as it is answered now.
    fn shown(&self, cx: &Cx<'_>) -> Crawler {
        let mut crawler = self.crawler.clone();
        let state = match self.phase {
            Phase::Ready => "READY",
            Phase::Running(_) => "RUNNING",
            Phase::Stopping(_) => "STOPPING",
        };
        crawler.state = Some(state.to_owned());
        crawler.schedule = self.timing.shown();
        let since = self.crawls.last().map_or(cx.now, |crawl| crawl.started);
        let elapsed = if self.phase == Phase::Ready { 0 } else { cx.now.since(since).as_millis() };
        crawler.crawl_elapsed_time = Some(i64::try_from(elapsed).unwrap_or(i64::MAX));
        crawler.last_crawl = self.crawls.iter().rev().find_map(|crawl| crawl.last_crawl_info(&self.name()));
        crawler
    }

    pub(super) fn name(&self) -> String {
        self.crawler.name.clone().unwrap_or_default()
    }

    fn log(&self, cx: &mut Cx<'_>, lines: impl IntoIterator<Item = String>) {
        let id = self.crawls.last().map_or("", |crawl| crawl.id.as_str());
        let lines: Vec<String> = lines.into_iter().map(|line| format!("[{id}] {line}")).collect();
        cx.log(super::crawls::LOG_GROUP, &self.name(), lines);
    }
}

impl Crawlers {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn entry(&self, name: &str) -> Result<&CrawlerEntry, GlueError> {
        self.0.get(name).ok_or_else(|| GlueError::NoCrawler(name.to_owned()))
    }

    pub(super) fn create(
        &mut self,
        cx: &Cx<'_>,
        tags: &mut Tags,
        input: CreateCrawlerInput,
    ) -> Result<CreateCrawlerOutput, GlueError> {
        refuse_unbuilt(input.classifiers.as_deref(), input.catalog_id.as_deref(), cx)?;
        let timing = Timing::read(input.schedule.as_deref().unwrap_or_default(), cx.now)?;
        let crawler =
            Crawler {
                name: Some(input.name.clone()),
                role: Some(friendly(input.role)),
                targets: Some(input.targets),
                database_name: input.database_name,
                description: input.description,
                classifiers: Some(Vec::new()),
                recrawl_policy: Some(
                    input
                        .recrawl_policy
                        .unwrap_or(RecrawlPolicy { recrawl_behavior: Some("CRAWL_EVERYTHING".to_owned()) }),
                ),
                schema_change_policy: Some(with_defaults(input.schema_change_policy)),
                lineage_configuration: Some(input.lineage_configuration.unwrap_or(LineageConfiguration {
                    crawler_lineage_settings: Some("DISABLE".to_owned()),
                })),
                table_prefix: input.table_prefix,
                creation_time: Some(cx.now),
                last_updated: Some(cx.now),
                version: Some(1),
                configuration: input.configuration.filter(|text| !text.is_empty()),
                crawler_security_configuration: input.crawler_security_configuration,
                lake_formation_configuration: Some(input.lake_formation_configuration.unwrap_or(
                    LakeFormationConfiguration {
                        use_lake_formation_credentials: Some(false),
                        account_id: Some(String::new()),
                    },
                )),
                ..Crawler::default()
            };
        check(&crawler)?;
        Tags::check(input.tags.as_ref())?;
        if self.has(&input.name) {
            return Err(GlueError::CrawlerExists(input.name));
        }
        tags.set(&format!("crawler/{}", input.name), input.tags);
        let (phase, crawls) = (Phase::Ready, Vec::new());
        self.0.insert(input.name, CrawlerEntry { crawler, timing, phase, crawls });
        Ok(CreateCrawlerOutput {})
    }

    /// Replaces the members that the request has.
    pub(super) fn update(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateCrawlerInput,
    ) -> Result<UpdateCrawlerOutput, GlueError> {
        refuse_unbuilt(input.classifiers.as_deref(), input.catalog_id.as_deref(), cx)?;
        let timing = input.schedule.as_deref().map(|text| Timing::read(text, cx.now)).transpose()?;
        let entry = self.0.get_mut(&input.name).ok_or_else(|| GlueError::NoCrawler(input.name.clone()))?;
        if entry.phase != Phase::Ready {
            return Err(GlueError::CrawlerRuns(input.name));
        }
        let mut crawler = entry.crawler.clone();
        let replace =
            |member: &mut Option<String>, given: Option<String>| *member = given.or_else(|| member.take());
        replace(&mut crawler.role, input.role.map(friendly));
        replace(&mut crawler.database_name, input.database_name);
        replace(&mut crawler.description, input.description);
        replace(&mut crawler.table_prefix, input.table_prefix);
        replace(&mut crawler.configuration, input.configuration);
        replace(&mut crawler.crawler_security_configuration, input.crawler_security_configuration);
        crawler.targets = input.targets.or(crawler.targets);
        crawler.recrawl_policy = input.recrawl_policy.or(crawler.recrawl_policy);
        crawler.lineage_configuration = input.lineage_configuration.or(crawler.lineage_configuration);
        crawler.lake_formation_configuration =
            input.lake_formation_configuration.or(crawler.lake_formation_configuration);
        if input.schema_change_policy.is_some() {
            crawler.schema_change_policy = Some(with_defaults(input.schema_change_policy));
        }
        check(&crawler)?;
        crawler.version = crawler.version.map(|version| version + 1);
        crawler.last_updated = Some(cx.now);
        entry.crawler = crawler;
        if let Some(timing) = timing {
            entry.timing = timing;
        }
        Ok(UpdateCrawlerOutput {})
    }

    pub(super) fn get(&self, cx: &Cx<'_>, input: GetCrawlerInput) -> Result<GetCrawlerOutput, GlueError> {
        Ok(GetCrawlerOutput { crawler: Some(self.entry(&input.name)?.shown(cx)) })
    }

    pub(super) fn get_all(
        &self,
        cx: &Cx<'_>,
        input: GetCrawlersInput,
    ) -> Result<GetCrawlersOutput, GlueError> {
        let entries = self.0.iter().map(|(name, entry)| (name.clone(), entry.shown(cx)));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(GetCrawlersOutput { crawlers: Some(page.entries), next_token: page.next_token })
    }

    pub(super) fn batch_get(&self, cx: &Cx<'_>, input: BatchGetCrawlersInput) -> BatchGetCrawlersOutput {
        let (found, missing): (Vec<String>, Vec<String>) =
            input.crawler_names.into_iter().partition(|name| self.has(name));
        let crawlers =
            found.iter().filter_map(|name| self.0.get(name)).map(|entry| entry.shown(cx)).collect();
        BatchGetCrawlersOutput { crawlers: Some(crawlers), crawlers_not_found: Some(missing) }
    }

    pub(super) fn list(
        &self,
        tags: &Tags,
        input: ListCrawlersInput,
    ) -> Result<ListCrawlersOutput, GlueError> {
        let wanted = |name: &&String| tags.has_all(&format!("crawler/{name}"), input.tags.as_ref());
        let entries = self.0.keys().filter(wanted).map(|name| (name.clone(), name.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(ListCrawlersOutput { crawler_names: Some(page.entries), next_token: page.next_token })
    }

    pub(super) fn delete(
        &mut self,
        tags: &mut Tags,
        input: DeleteCrawlerInput,
    ) -> Result<DeleteCrawlerOutput, GlueError> {
        if self.entry(&input.name)?.phase != Phase::Ready {
            return Err(GlueError::CrawlerRuns(input.name));
        }
        self.0.remove(&input.name);
        tags.forget(&format!("crawler/{}", input.name));
        Ok(DeleteCrawlerOutput {})
    }

    /// Sets a crawler off: it is RUNNING at once, and an executor looks.
    pub(super) fn start(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartCrawlerInput,
    ) -> Result<StartCrawlerOutput, GlueError> {
        let entry =
            self.0.get_mut(&input.name).ok_or_else(|| GlueError::NoCrawlerToStart(input.name.clone()))?;
        if entry.phase != Phase::Ready {
            return Err(GlueError::CrawlerRuns(input.name));
        }
        let targets = entry.crawler.targets.clone().and_then(|targets| targets.s3targets).unwrap_or_default();
        entry.crawls.push(Crawl::begun(cx.uuid(), cx.now));
        entry.phase = Phase::Running(cx.start(Work::Crawl(Box::new(CrawlWork { targets }))));
        entry.log(cx, [format!("BENCHMARK : Running Start Crawl for Crawler {}", input.name)]);
        entry.tell_start(cx);
        Ok(StartCrawlerOutput {})
    }

    /// Ends a crawl before its tables are written.
    pub(super) fn stop(
        &mut self,
        cx: &mut Cx<'_>,
        input: StopCrawlerInput,
    ) -> Result<StopCrawlerOutput, GlueError> {
        let entry =
            self.0.get_mut(&input.name).ok_or_else(|| GlueError::NoCrawlerToStart(input.name.clone()))?;
        match entry.phase {
            Phase::Ready => Err(GlueError::CrawlerRests(input.name)),
            Phase::Stopping(_) => Err(GlueError::CrawlerStops(input.name)),
            Phase::Running(_) => {
                entry.end(cx, CrawlState::Stopped, Changes::default());
                Ok(StopCrawlerOutput {})
            }
        }
    }

    /// An executor has looked. A crawl that was stopped meanwhile is not written.
    pub(super) fn looked(&mut self, cx: &mut Cx<'_>, catalog: &mut Catalog, job: JobId, output: CrawlOutput) {
        let Some(entry) = self.0.values_mut().find(|entry| entry.phase == Phase::Running(job)) else {
            return;
        };
        if let Some(message) = output.failure {
            entry.log(cx, [format!("ERROR : {message}")]);
            entry.end(cx, CrawlState::Failed(message), Changes::default());
            return;
        }
        let crawl_id = entry.crawls.last().map(|crawl| crawl.id.clone()).unwrap_or_default();
        let plan = match Plan::of(&entry.crawler, crawl_id) {
            Ok(plan) => plan,
            Err(error) => unreachable!("`check` has let the configuration pass: {error}"),
        };
        entry.log(cx, plan.opening_lines());
        match catalog.write_found(cx, &plan, &output.tables) {
            Ok(changes) => {
                entry.log(cx, changes.lines.iter().cloned());
                entry.log(cx, ["BENCHMARK : Finished writing to Catalog".to_owned()]);
                entry.log(cx, changes.summary_lines());
                entry.end(cx, CrawlState::Completed, changes);
            }
            Err(error) => {
                entry.log(cx, [format!("ERROR : {error}")]);
                entry.end(cx, CrawlState::Failed(error.to_string()), Changes::default());
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        let until = |entry: &CrawlerEntry| match entry.phase {
            Phase::Stopping(until) => Some(until),
            Phase::Ready | Phase::Running(_) => None,
        };
        self.0.values().filter_map(until).min()
    }

    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        for entry in self.0.values_mut() {
            if matches!(entry.phase, Phase::Stopping(until) if until <= cx.now) {
                entry.phase = Phase::Ready;
                entry.log(cx, ["BENCHMARK : Crawler has finished running and is in state READY".to_owned()]);
            }
        }
    }
}

impl CrawlerEntry {
    fn end(&mut self, cx: &mut Cx<'_>, state: CrawlState, changes: Changes) {
        self.phase = Phase::Stopping(cx.now + CRAWLER_STOPPING);
        if let Some(crawl) = self.crawls.last_mut() {
            crawl.end(cx.now, state, &changes);
        }
        self.tell_end(cx, &changes);
    }
}

/// A role as crawlers answer it: the name with its path, also where an ARN was given.
///
/// Recorded: the acceptance tests of terraform-provider-aws, `TestAccGlueCrawler_RoleARN_noPath` and `_path`.
fn friendly(role: String) -> String {
    match role.split_once(":role/") {
        Some((arn, name)) if arn.starts_with("arn:") => name.to_owned(),
        _ => role,
    }
}

fn with_defaults(policy: Option<SchemaChangePolicy>) -> SchemaChangePolicy {
    let policy = policy.unwrap_or_default();
    SchemaChangePolicy {
        update_behavior: policy.update_behavior.or_else(|| Some("UPDATE_IN_DATABASE".to_owned())),
        delete_behavior: policy.delete_behavior.or_else(|| Some("DEPRECATE_IN_DATABASE".to_owned())),
    }
}

fn refuse_unbuilt(
    classifiers: Option<&[String]>,
    catalog_id: Option<&str>,
    cx: &Cx<'_>,
) -> Result<(), GlueError> {
    let what = if classifiers.is_some_and(|classifiers| !classifiers.is_empty()) {
        "custom Classifiers"
    } else if catalog_id.is_some_and(|id| id != cx.scope.account.as_str()) {
        "crawlers that write to another account's catalog (CatalogId)"
    } else {
        return Ok(());
    };
    Err(GlueError::NotBuilt(what.to_owned()))
}

/// Refuses a crawler that could not run.
fn check(crawler: &Crawler) -> Result<(), GlueError> {
    let unbuilt = |what: &str| Err(GlueError::NotBuilt(what.to_owned()));
    let targets = crawler.targets.clone().unwrap_or_default();
    if let Some(kind) = unbuilt_target(&targets) {
        return unbuilt(kind);
    }
    let s3 = targets.s3targets.unwrap_or_default();
    if s3.is_empty() {
        return Err(GlueError::Invalid("Crawler targets cannot be empty.".to_owned()));
    }
    for target in &s3 {
        let path = target.path.as_deref().unwrap_or_default();
        if wavetank_types::names::split_s3_uri(path).is_none() {
            return Err(GlueError::Invalid(format!("Invalid S3 target path: {path}")));
        }
        if target.connection_name.is_some()
            || target.event_queue_arn.is_some()
            || target.dlq_event_queue_arn.is_some()
        {
            return unbuilt("an S3 target's ConnectionName and event queues");
        }
    }
    if crawler.database_name.as_deref().unwrap_or_default().is_empty() {
        return Err(GlueError::Invalid("Database name must be provided for S3 targets.".to_owned()));
    }
    let recrawl = crawler.recrawl_policy.as_ref().and_then(|policy| policy.recrawl_behavior.as_deref());
    if recrawl.is_some_and(|behavior| behavior != "CRAWL_EVERYTHING") {
        return unbuilt(&format!("RecrawlBehavior {}", recrawl.unwrap_or_default()));
    }
    let lineage = crawler
        .lineage_configuration
        .as_ref()
        .and_then(|lineage| lineage.crawler_lineage_settings.as_deref());
    if lineage == Some("ENABLE") {
        return unbuilt("a crawler's lineage");
    }
    let lake_formation = crawler.lake_formation_configuration.as_ref();
    if lake_formation.and_then(|lake| lake.use_lake_formation_credentials) == Some(true) {
        return unbuilt("Lake Formation credentials");
    }
    Settings::read(crawler.configuration.as_deref()).map(drop)
}

fn unbuilt_target(targets: &CrawlerTargets) -> Option<&'static str> {
    fn some<T>(list: Option<&Vec<T>>) -> bool {
        list.is_some_and(|list| !list.is_empty())
    }
    [
        (some(targets.jdbc_targets.as_ref()), "JdbcTargets"),
        (some(targets.mongo_db_targets.as_ref()), "MongoDBTargets"),
        (some(targets.dynamo_db_targets.as_ref()), "DynamoDBTargets"),
        (some(targets.catalog_targets.as_ref()), "CatalogTargets"),
        (some(targets.delta_targets.as_ref()), "DeltaTargets"),
        (some(targets.iceberg_targets.as_ref()), "IcebergTargets"),
        (some(targets.hudi_targets.as_ref()), "HudiTargets"),
    ]
    .into_iter()
    .find_map(|(given, name)| given.then_some(name))
}
