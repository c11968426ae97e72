//! The control API under `/_wavetank/`: health, clock, faults, the feed of calls, status, reset. JSON both ways.
//!
//! An error is `{"message": ..., "hint": ...}`. Times are tank time; spans are written `500ms`, `5m`, `1h30m`.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use s3s::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_types::time::parse_duration;
use wavetank_wire::{SERVICES, WireError};

use super::{CALLS_MAX, CONTROL_PATH, Gateway};
use crate::world::{Blocked, Rule, RuleId, Task, Undelivered, Verdict};

/// Largest request, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Tank time that `clock/settle` may take if nothing else is said.
const SETTLE_WITHIN: Duration = Duration::from_secs(86_400);

/// What is wrong with a request to this API.
#[derive(Debug, thiserror::Error)]
enum ControlError {
    #[error("there is nothing at {0} {1}")]
    NoSuchPlace(Method, String),
    #[error("the body is not what is expected here: {0}")]
    Unreadable(String),
    #[error("fault {0} is not in force")]
    NoSuchFault(u64),
}

impl ControlError {
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchPlace(..) => (
                StatusCode::NOT_FOUND,
                "GET health, clock, status, faults, ledger; POST clock/advance, clock/settle, faults, reset; DELETE faults/{id}",
            ),
            Self::Unreadable(_) => {
                (StatusCode::BAD_REQUEST, "send JSON, such as {\"by\": \"5m\"} to clock/advance")
            }
            Self::NoSuchFault(_) => {
                (StatusCode::NOT_FOUND, "GET faults lists those in force, with their ids")
            }
        }
    }
}

pub(super) async fn handle(gateway: &Gateway, request: Request<Body>) -> Response<Body> {
    let (parts, mut body) = request.into_parts();
    let place = parts.uri.path().trim_start_matches(CONTROL_PATH).trim_end_matches('/').to_owned();
    let query = parts.uri.query().unwrap_or_default();
    let answer = match body.store_all_limited(BODY_BYTES_MAX).await {
        Ok(body) => answer(gateway, &parts.method, &place, query, &body).await,
        Err(why) => Err(ControlError::Unreadable(why.to_string())),
    };
    let (status, value) = match answer {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => {
            let (status, hint) = error.answer();
            (status, json!({ "message": error.to_string(), "hint": hint }))
        }
    };
    let mut response = Response::new(Body::from(format!("{value}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn answer(
    gateway: &Gateway,
    method: &Method,
    place: &str,
    query: &str,
    body: &Bytes,
) -> Result<Value, ControlError> {
    match (method.as_str(), place) {
        ("GET", "health") => Ok(health(gateway)),
        ("GET", "clock") => Ok(clock(gateway)),
        ("POST", "clock/advance") => advance(gateway, body).await,
        ("POST", "clock/settle") => settle(gateway, body).await,
        ("GET", "status") => Ok(status(gateway)),
        ("GET", "ledger") => Ok(ledger(gateway, query)),
        ("GET", "faults") => Ok(faults(gateway)),
        ("POST", "faults") => add_fault(gateway, body),
        ("DELETE", "faults") => Ok(clear_faults(gateway)),
        ("DELETE", place) if place.starts_with("faults/") => remove_fault(gateway, place),
        ("POST", "reset") => {
            gateway.tank().reset();
            gateway.0.calls.clear();
            Ok(clock(gateway))
        }
        _ => Err(ControlError::NoSuchPlace(method.clone(), format!("{CONTROL_PATH}{place}"))),
    }
}

fn health(gateway: &Gateway) -> Value {
    let mut services: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
    services.push("s3");
    services.sort_unstable();
    json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "services": services,
        "now": gateway.tank().now().iso_millis(),
    })
}

fn clock(gateway: &Gateway) -> Value {
    let tank = gateway.tank();
    let now = tank.now();
    let next = tank.with_world(|world| world.next_deadline());
    json!({
        "now": now.iso_millis(),
        "now_ms": now.millis(),
        "frozen": tank.is_frozen(),
        "next_deadline": next.map(Timestamp::iso_millis),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Option<String>,
    ms: Option<u64>,
}

async fn advance(gateway: &Gateway, body: &Bytes) -> Result<Value, ControlError> {
    let asked: Advance = read(body)?;
    let span = match (asked.by, asked.ms) {
        (Some(by), None) => duration(&by)?,
        (None, Some(ms)) => Duration::from_millis(ms),
        _ => return Err(ControlError::Unreadable("either `by` or `ms` is needed".to_owned())),
    };
    gateway.tank().advance(span).await;
    Ok(clock(gateway))
}

/// Moves time on until nothing is left to happen, by at most a day; `at_rest` in the answer says whether that is so.
async fn settle(gateway: &Gateway, body: &Bytes) -> Result<Value, ControlError> {
    let asked: Advance = if body.is_empty() { Advance { by: None, ms: None } } else { read(body)? };
    let limit = match (asked.by, asked.ms) {
        (None, None) => SETTLE_WITHIN,
        (Some(by), None) => duration(&by)?,
        (None, Some(ms)) => Duration::from_millis(ms),
        _ => return Err(ControlError::Unreadable("either `by` or `ms`, not both".to_owned())),
    };
    let at_rest = gateway.tank().settle(limit).await;
    let mut answer = clock(gateway);
    answer["at_rest"] = json!(at_rest);
    Ok(answer)
}

fn status(gateway: &Gateway) -> Value {
    let tank = gateway.tank();
    let (buckets, jobs, blocked, undelivered) = tank.with_world(|world| {
        let bucket = |bucket: &crate::services::s3::Bucket| {
            let (objects, bytes) = bucket.totals();
            json!({ "name": bucket.name(), "objects": objects, "bytes": bytes })
        };
        let buckets: Vec<Value> = world.s3_ref().all_buckets().map(bucket).collect();
        let blocked: Vec<Value> = world.blocked().into_iter().map(blockage).collect();
        let undelivered: Vec<Value> = world.undelivered().into_iter().map(loss).collect();
        (buckets, world.running_jobs(), blocked, undelivered)
    });
    let sum = |field: &str| buckets.iter().filter_map(|bucket| bucket[field].as_u64()).sum::<u64>();
    json!({
        "now": tank.now().iso_millis(),
        "seed": tank.seed().0,
        "objects": sum("objects"),
        "bytes": sum("bytes"),
        "buckets": buckets,
        "running_jobs": jobs,
        "blocked": blocked,
        "undelivered": undelivered,
        "calls": gateway.calls(u64::MAX, 0).1,
    })
}

/// A record that keeps those behind it waiting.
fn blockage(it: Blocked) -> Value {
    json!({
        "who": it.who,
        "consumer": it.consumer,
        "source": it.source,
        "place": it.place,
        "record": it.record,
        "key": it.key,
        "records": it.records,
        "since": it.since.iso_millis(),
        "attempts": it.attempts,
        "cause": it.cause,
        "expires": it.until.iso_millis(),
        "remedy": it.remedy,
    })
}

/// A record of failure that has not reached its destination.
fn loss(it: Undelivered) -> Value {
    json!({
        "who": it.who,
        "destination": it.destination,
        "source": it.source,
        "place": it.place,
        "first": it.first,
        "last": it.last,
        "records": it.records,
        "condition": it.condition,
        "since": it.since.iso_millis(),
        "attempts": it.attempts,
        "cause": it.cause,
        "retry": it.retry.map(|at| at.iso_millis()),
        "readable_until": it.until.iso_millis(),
    })
}

/// `?after=17&limit=100`: the calls after number 17, at most 100 of them.
fn ledger(gateway: &Gateway, query: &str) -> Value {
    let number = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse::<u64>().ok())
    };
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(CALLS_MAX);
    let (calls, total) = gateway.calls(number("after").unwrap_or(0), limit);
    json!({ "total": total, "calls": calls })
}

/// A fault rule as it is sent: `{"service": "s3", "operation": "PutObject", "share": 0.2, "window": "10s..20s",
/// "verdict": {"fail": {"code": "SlowDown", "message": "Please reduce your request rate.", "status": 503}}}`, or
/// `{"function": "sum", "share": 0.1, "verdict": {"fail_after": {"code": "Crash", "message": "after its work"}}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentRule {
    service: Option<String>,
    operation: Option<String>,
    /// Such as `eu-west-1`: only calls to this region, and what its services do unasked.
    region: Option<String>,
    /// Instead of these: a Lambda function, or `*` for all of them, whose runs it meets.
    function: Option<String>,
    /// A service's model name: the calls that it makes of others, instead of those of clients and functions.
    caller: Option<String>,
    /// `job`, `crawl` or `query`, instead of all these: a run of a Glue job, a crawl, a query of Athena.
    task: Option<String>,
    share: Option<f64>,
    /// So often at most.
    hits_max: Option<u64>,
    /// From and until, counted from now; either end may be left out.
    window: Option<String>,
    verdict: SentVerdict,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SentVerdict {
    Fail(SentError),
    FailAfter(SentError),
    Delay(String),
    Duplicate,
    RefuseEntries { code: String, share: f64 },
    TimeOut,
    TimeOutAfter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentError {
    code: String,
    message: Option<String>,
    status: Option<u16>,
}

impl SentError {
    fn error(self) -> WireError {
        let status = self.status.unwrap_or(400);
        let error = WireError::client_status(status, &self.code, self.message.unwrap_or_default());
        WireError { sender: status < 500, ..error }
    }
}

fn add_fault(gateway: &Gateway, body: &Bytes) -> Result<Value, ControlError> {
    let sent: SentRule = read(body)?;
    let now = gateway.tank().now();
    let share = checked_share(sent.share.unwrap_or(1.0))?;
    let (from, until) = match sent.window.as_deref() {
        None => (now, Timestamp::MAX),
        Some(window) => read_window(now, window)?,
    };
    let verdict = match sent.verdict {
        SentVerdict::Fail(error) => Verdict::Fail(error.error()),
        SentVerdict::FailAfter(error) => Verdict::FailAfter(error.error()),
        SentVerdict::Delay(span) => Verdict::Delay(duration(&span)?),
        SentVerdict::Duplicate => Verdict::Duplicate,
        SentVerdict::RefuseEntries { code, share } => {
            Verdict::RefuseEntries { code, share: checked_share(share)? }
        }
        SentVerdict::TimeOut => Verdict::TimeOut,
        SentVerdict::TimeOutAfter => Verdict::TimeOutAfter,
    };
    let task = sent.task.as_deref().map(read_task).transpose()?;
    let SentRule { service, operation, region, function, caller, hits_max, .. } = sent;
    let rule =
        Rule { service, operation, region, function, caller, task, share, hits_max, from, until, verdict };
    if let Some(why) = refusal(&rule) {
        return Err(ControlError::Unreadable(why.to_owned()));
    }
    if let Some(why) = rule.unknown_name() {
        return Err(ControlError::Unreadable(why));
    }
    let id = gateway.tank().with_world(|world| world.add_fault(rule));
    Ok(json!({ "id": id.0 }))
}

fn read_task(name: &str) -> Result<Task, ControlError> {
    let refuse = || ControlError::Unreadable(format!("`{name}` is not `job`, `crawl` or `query`"));
    Task::ALL.into_iter().find(|task| task.name() == name).ok_or_else(refuse)
}

fn checked_share(share: f64) -> Result<f64, ControlError> {
    let refuse = || ControlError::Unreadable("a share is between 0.0 and 1.0".to_owned());
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(refuse()) }
}

/// Why a rule says something that cannot be.
fn refusal(rule: &Rule) -> Option<&'static str> {
    let names_call = rule.service.is_some() || rule.operation.is_some() || rule.region.is_some();
    let fits = match (rule.task, &rule.verdict) {
        (None, _) | (Some(_), Verdict::Fail(_) | Verdict::Delay(_)) => true,
        (Some(task), verdict) => task == Task::Job && matches!(verdict, Verdict::FailAfter(_)),
    };
    if !fits {
        return Some("a job fails, fails after its work or is delayed; a crawl or query fails or is delayed");
    }
    if rule.task.is_some() {
        let is_alone = !names_call && rule.caller.is_none() && rule.function.is_none();
        return (!is_alone).then_some("jobs, crawls and queries are named by `task` alone");
    }
    match (&rule.verdict, &rule.function) {
        (_, Some(_)) if names_call || rule.caller.is_some() => {
            Some("a function's runs are named by `function` alone")
        }
        (Verdict::RefuseEntries { .. }, Some(_)) => Some("a function's run has no entries to refuse"),
        (Verdict::TimeOut | Verdict::TimeOutAfter, None) => {
            Some("only a function's runs time out; name `function`")
        }
        (Verdict::Delay(_) | Verdict::RefuseEntries { .. }, None) if rule.caller.is_some() => {
            Some("calls between services are not delayed, nor their batches refused in part")
        }
        (Verdict::Delay(_), None) if rule.service.as_deref().is_none_or(|service| service == "s3") => {
            Some("calls to S3 cannot be delayed; name another service")
        }
        _ => None,
    }
}

fn read_window(now: Timestamp, window: &str) -> Result<(Timestamp, Timestamp), ControlError> {
    let refuse = || ControlError::Unreadable(format!("`{window}` is not a window such as `10s..20s`"));
    let (from, until) = window.split_once("..").ok_or_else(refuse)?;
    let from = if from.is_empty() { now } else { now + duration(from)? };
    let until = if until.is_empty() { Timestamp::MAX } else { now + duration(until)? };
    if from < until { Ok((from, until)) } else { Err(refuse()) }
}

fn faults(gateway: &Gateway) -> Value {
    let rules = gateway.tank().with_world(|world| {
        let hits = world.fault_hits();
        let rule = |(id, rule): (RuleId, &Rule)| {
            json!({
                "id": id.0,
                "service": rule.service,
                "operation": rule.operation,
                "region": rule.region,
                "function": rule.function,
                "caller": rule.caller,
                "task": rule.task.map(Task::name),
                "hits_max": rule.hits_max,
                "share": rule.share,
                "from": rule.from.iso_millis(),
                "until": (rule.until != Timestamp::MAX).then(|| rule.until.iso_millis()),
                "verdict": verdict(&rule.verdict),
                "hits": hits.iter().filter(|((rule, _), _)| *rule == id).map(|((_, service), count)| {
                    (service.clone(), json!(count))
                }).collect::<serde_json::Map<String, Value>>(),
            })
        };
        world.faults().map(rule).collect::<Vec<Value>>()
    });
    json!({ "faults": rules })
}

fn verdict(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Pass => json!("pass"),
        Verdict::Duplicate => json!("duplicate"),
        Verdict::Delay(span) => json!({ "delay": format!("{}ms", span.as_millis()) }),
        Verdict::Fail(error) => json!({ "fail": told(error) }),
        Verdict::FailAfter(error) => json!({ "fail_after": told(error) }),
        Verdict::RefuseEntries { code, share } => {
            json!({ "refuse_entries": { "code": code, "share": share } })
        }
        Verdict::TimeOut => json!("time_out"),
        Verdict::TimeOutAfter => json!("time_out_after"),
    }
}

fn told(error: &WireError) -> Value {
    json!({ "code": error.code, "message": error.message, "status": error.status })
}

fn clear_faults(gateway: &Gateway) -> Value {
    gateway.tank().with_world(|world| {
        let ids: Vec<RuleId> = world.faults().map(|(id, _)| id).collect();
        ids.into_iter().for_each(|id| world.remove_fault(id));
    });
    faults(gateway)
}

fn remove_fault(gateway: &Gateway, place: &str) -> Result<Value, ControlError> {
    let text = place.trim_start_matches("faults/");
    let id: u64 =
        text.parse().map_err(|_| ControlError::Unreadable(format!("`{text}` is not a fault's id")))?;
    let known = gateway.tank().with_world(|world| {
        let known = world.faults().any(|(known, _)| known == RuleId(id));
        world.remove_fault(RuleId(id));
        known
    });
    if known { Ok(json!({ "id": id })) } else { Err(ControlError::NoSuchFault(id)) }
}

fn read<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|why| ControlError::Unreadable(why.to_string()))
}

fn duration(text: &str) -> Result<Duration, ControlError> {
    parse_duration(text).map_err(|why| ControlError::Unreadable(why.to_string()))
}
