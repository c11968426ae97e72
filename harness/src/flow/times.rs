//! What happened when: runs of functions, jobs and crawlers, objects stored, queries, faults, and how far behind readers were.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use wavetank_scenarios::Scenario;
use wavetank_types::Timestamp;
use wavetank_types::time::parse_duration;

use super::metrics::Meters;
use super::stack::{Stack, text};
use super::zones::Graph;
use super::{Kind, Known, Lag, Lane, LaneKind, Span, Unit};
use crate::client::Aws;
use crate::observe;
use crate::report::Report;
use crate::sim::force;

/// Most executions of which a batch call tells.
const EXECUTIONS_MAX: usize = 50;
/// Pages of a listing after which it is taken to have no end.
const PAGES_MAX: usize = 1_000;

/// Runs of functions, jobs and crawlers, by resource, in the order of their beginnings.
#[derive(Debug, Default)]
pub(super) struct Runs {
    spans: BTreeMap<usize, Vec<Span>>,
    windows: BTreeMap<usize, Vec<(Timestamp, Timestamp)>>,
}

impl Runs {
    /// When a resource ran.
    pub(super) fn of(&self, node: usize) -> &[(Timestamp, Timestamp)] {
        self.windows.get(&node).map_or(&[], Vec::as_slice)
    }
}

/// Asks for every run.
pub(super) async fn runs(aws: Aws<'_>, stack: &mut Stack) -> Runs {
    let mut runs = Runs::default();
    for at in 0..stack.resources.len() {
        let name = stack.resources[at].name.clone();
        let mut spans = match stack.resources[at].kind {
            Kind::Function => of_function(aws, &name).await,
            Kind::Job => of_job(aws, stack, &name).await,
            Kind::Crawler => of_crawler(aws, stack, &name).await,
            _ => continue,
        };
        spans.sort_by_key(|span| (span.from, span.until));
        runs.windows.insert(at, spans.iter().map(|span| (span.from, span.until)).collect());
        runs.spans.insert(at, spans);
    }
    runs
}

/// From the lines that end each run in the log: they tell the duration, and whether it ended well.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html (read 2026-11-29): `Duration` in milliseconds. `Status` where
/// it did not (to be verified). A run that raised ends without one: `Errors` of CloudWatch counts it.
async fn of_function(aws: Aws<'_>, name: &str) -> Vec<Span> {
    let group = format!("/aws/lambda/{name}");
    // A function that never ran has no group.
    let events = observe::log_events(aws, &group, Some("\"REPORT RequestId:\"")).await.unwrap_or_default();
    let span = |event: wavetank_wire::logs::FilteredLogEvent| {
        let until = Timestamp::from_millis(event.timestamp?);
        let line = event.message.unwrap_or_default();
        let millis = |label: &str| {
            let (_, rest) = line.split_once(label)?;
            rest.split_whitespace().next()?.parse::<f64>().ok()
        };
        // A run begins with the start of its environment, where it needs a new one.
        let length = millis("\tDuration: ")? + millis("Init Duration: ").unwrap_or(0.0);
        let from = until - Duration::from_micros((length * 1_000.0) as u64);
        let status = line.split_once("Status: ").map(|(_, status)| status);
        let note = status.and_then(|status| status.split_whitespace().next()).unwrap_or_default();
        Some(Span { from, until, is_failed: !note.is_empty(), note: note.to_owned() })
    };
    events.into_iter().filter_map(span).collect()
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_f64().map(|secs| Timestamp::from_micros((secs * 1e6).round() as i64))
}

async fn of_job(aws: Aws<'_>, stack: &mut Stack, name: &str) -> Vec<Span> {
    let answer = stack.ask(aws, "glue", "GetJobRuns", &json!({ "JobName": name })).await;
    let now = aws.target().now();
    let span = |run: &Value| {
        let from = instant(&run["StartedOn"])?;
        let state = text(run, "JobRunState");
        let is_failed = !matches!(state, "SUCCEEDED" | "RUNNING" | "STARTING" | "WAITING");
        let until = instant(&run["CompletedOn"]).unwrap_or(now).max(from);
        Some(Span { from, until, is_failed, note: state.to_owned() })
    };
    answer["JobRuns"].as_array().into_iter().flatten().filter_map(span).collect()
}

async fn of_crawler(aws: Aws<'_>, stack: &mut Stack, name: &str) -> Vec<Span> {
    let answer = stack.ask(aws, "glue", "ListCrawls", &json!({ "CrawlerName": name })).await;
    let now = aws.target().now();
    let span = |crawl: &Value| {
        let from = instant(&crawl["StartTime"])?;
        let until = instant(&crawl["EndTime"]).unwrap_or(now).max(from);
        let state = text(crawl, "State");
        Some(Span { from, until, is_failed: state == "FAILED", note: state.to_owned() })
    };
    answer["Crawls"].as_array().into_iter().flatten().filter_map(span).collect()
}

/// A work group's query executions.
pub(super) async fn executions(aws: Aws<'_>, stack: &mut Stack, workgroup: usize) -> Vec<Value> {
    let mut ids: Vec<String> = Vec::new();
    let mut asked = json!({ "WorkGroup": stack.resources[workgroup].name });
    for _ in 0..PAGES_MAX {
        let page = stack.ask(aws, "athena", "ListQueryExecutions", &asked).await;
        let found = page["QueryExecutionIds"].as_array().into_iter().flatten();
        ids.extend(found.filter_map(|id| id.as_str().map(str::to_owned)));
        match page["NextToken"].as_str() {
            Some(token) => asked["NextToken"] = json!(token),
            None => break,
        }
    }
    let mut executions = Vec::new();
    for ids in ids.chunks(EXECUTIONS_MAX) {
        let asked = json!({ "QueryExecutionIds": ids });
        let answer = stack.ask(aws, "athena", "BatchGetQueryExecution", &asked).await;
        executions.extend(answer["QueryExecutions"].as_array().cloned().unwrap_or_default());
    }
    executions
}

/// Everything on the axis of time, in the order of a record's way as far as that is one.
pub(super) async fn lanes(
    meters: Meters<'_>,
    stack: &mut Stack,
    graph: &Graph,
    scenario: &Scenario,
    known: &Known,
    report: &Report,
    runs: &Runs,
) -> Vec<Lane> {
    let span =
        |from: Timestamp, until: Timestamp| Span { from, until, is_failed: false, note: String::new() };
    let lane = |kind, name: &str, spans: Vec<Span>| {
        let failed = spans.iter().filter(|span| span.is_failed).count() as u64;
        Lane { kind, name: name.to_owned(), spans, failed }
    };
    let mut lanes = vec![
        lane(LaneKind::Deploy, &scenario.name, vec![span(known.begin, known.sent.0)]),
        lane(LaneKind::Input, &scenario.input.to, arrived(meters, stack, graph, known).await),
    ];
    lanes.extend(faults(scenario, known, report));
    for at in 0..stack.resources.len() {
        let (kind, name) = (stack.resources[at].kind, stack.resources[at].name.clone());
        let (kind, spans) = match kind {
            Kind::Function => (LaneKind::Function, runs.spans.get(&at).cloned().unwrap_or_default()),
            Kind::Job => (LaneKind::Job, runs.spans.get(&at).cloned().unwrap_or_default()),
            Kind::Crawler => (LaneKind::Crawler, runs.spans.get(&at).cloned().unwrap_or_default()),
            Kind::Delivery => (LaneKind::Delivery, stored(graph, at)),
            Kind::Athena => {
                let of_query = |execution: &Value| {
                    let status = &execution["Status"];
                    let from = instant(&status["SubmissionDateTime"])?;
                    let until = instant(&status["CompletionDateTime"]).unwrap_or(from);
                    let is_failed = text(status, "State") == "FAILED";
                    Some(Span { from, until, is_failed, note: String::new() })
                };
                let executions = executions(meters.aws, stack, at).await;
                let mut spans: Vec<Span> = executions.iter().filter_map(of_query).collect();
                spans.sort_by_key(|span| (span.from, span.until));
                (LaneKind::Queries, spans)
            }
            _ => continue,
        };
        if spans.is_empty() {
            continue;
        }
        let mut lane = lane(kind, &name, spans);
        // A run that raised ends in the log as any other: CloudWatch has counted it.
        let errors = graph.nodes[at].counts.iter().filter(|count| count.unit == Unit::Errors);
        lane.failed = lane.failed.max(errors.map(|count| count.number).sum());
        lanes.push(lane);
    }
    lanes.sort_by_key(|lane| (lane.kind as u8, lane.spans.first().map(|span| span.from)));
    lanes
}

/// When the input arrived: as the stream or delivery stream that takes it has counted, or else while the run was sending.
async fn arrived(meters: Meters<'_>, stack: &Stack, graph: &Graph, known: &Known) -> Vec<Span> {
    let (from, until) = known.sent;
    let to =
        graph.edges.iter().find(|edge| graph.nodes[edge.from].kind == Kind::Producer).map(|edge| edge.to);
    let spans = match to.and_then(|to| stack.resources.get(to)) {
        Some(it) if it.kind == Kind::Stream => {
            meters.counted(("AWS/Kinesis", "IncomingRecords", &[("StreamName", &it.name)])).await
        }
        Some(it) if it.kind == Kind::Delivery => {
            meters.counted(("AWS/Firehose", "IncomingRecords", &[("DeliveryStreamName", &it.name)])).await
        }
        _ => Vec::new(),
    };
    // Periods are longer than what happened in them.
    let within = |(a, b): (Timestamp, Timestamp)| (a.max(from), b.min(until));
    let mut spans: Vec<_> = spans.into_iter().map(within).filter(|(a, b)| a < b).collect();
    if spans.is_empty() {
        spans.push((from, until));
    }
    let span = |(from, until)| Span { from, until, is_failed: false, note: String::new() };
    spans.into_iter().map(span).collect()
}

/// When a delivery stream stored objects.
fn stored(graph: &Graph, delivery: usize) -> Vec<Span> {
    let to: Vec<usize> =
        graph.edges.iter().filter(|edge| edge.from == delivery).map(|edge| edge.to).collect();
    let zones = graph.zones.iter().filter(|zone| zone.node.is_some_and(|node| to.contains(&node)));
    let objects = zones.flat_map(|zone| &zone.objects);
    let mut times: Vec<Timestamp> = objects.map(|object| object.modified).collect();
    times.sort_unstable();
    times.iter().map(|at| Span { from: *at, until: *at, is_failed: false, note: String::new() }).collect()
}

/// The scenario's own faults, then the drawn ones, with how often each was met.
fn faults(scenario: &Scenario, known: &Known, report: &Report) -> Vec<Lane> {
    let (from, end) = known.sent;
    let mut lanes = Vec::new();
    // Without the scenario's own faults there is nothing that counts them.
    for (fault, hits) in scenario.faults.iter().zip(&known.own_faults) {
        let window = fault.window.as_deref().and_then(|window| {
            let (from, until) = window.split_once("..")?;
            Some((parse_duration(from).ok()?, parse_duration(until).ok()?))
        });
        let at = match window {
            Some((after, until)) => (from + after, from + until),
            // Until the last step is done.
            None => (from, known.lifted.max(end)),
        };
        let name = format!("{} {:.0} %", fault.function.trim_matches(['$', '{', '}']), fault.share * 100.0);
        let span = Span { from: at.0, until: at.1, is_failed: false, note: hits.to_string() };
        lanes.push(Lane { kind: LaneKind::Fault, name, spans: vec![span], failed: 0 });
    }
    let Some((swarm, span)) = &known.swarm else { return lanes };
    for drawn in &swarm.faults {
        let (after, until) = force::window(drawn, *span);
        let of_kind = report.fault_hits.iter().filter(|((kind, service), _)| {
            *kind == drawn.kind && (drawn.service.is_empty() || *service == drawn.service)
        });
        let hits: u64 = of_kind.map(|(_, count)| *count).sum();
        // Hits are counted by kind and service: several places of one service share them.
        let alike = swarm.faults.iter().filter(|it| it.kind == drawn.kind && it.service == drawn.service);
        let shared = if alike.count() > 1 { "+" } else { "" };
        let name = format!("{} {} {:.0} %", drawn.kind.name(), drawn.place(), drawn.share * 100.0);
        let span = Span {
            from: from + after,
            until: from + until,
            is_failed: false,
            note: format!("{hits}{shared}"),
        };
        lanes.push(Lane { kind: LaneKind::Fault, name, spans: vec![span], failed: 0 });
    }
    lanes
}

/// How far behind functions and delivery streams were.
pub(super) async fn lags(meters: Meters<'_>, stack: &Stack) -> Vec<Lag> {
    let mut lags = Vec::new();
    for resource in &stack.resources {
        let name = resource.name.as_str();
        let (metric, scale, of): (_, f64, [(&'static str, &str); 1]) = match resource.kind {
            Kind::Function => (("AWS/Lambda", "IteratorAge"), 1.0, [("FunctionName", name)]),
            Kind::Delivery => {
                (("AWS/Firehose", "DeliveryToS3.DataFreshness"), 1_000.0, [("DeliveryStreamName", name)])
            }
            _ => continue,
        };
        let (points, period_secs) = meters.largest((metric.0, metric.1, &of)).await;
        if !points.is_empty() {
            let points = points.into_iter().map(|(at, value)| (at, value * scale)).collect();
            lags.push(Lag { name: name.to_owned(), metric: metric.1, points, period_secs });
        }
    }
    lags
}
