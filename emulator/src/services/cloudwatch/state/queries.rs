//! Queries of `GetMetricData` and of alarms: read, checked, answered.
//!
//! Recorded: of several units the first by name is given, with a message (LocalStack's `test_cloudwatch.snapshot.json`, 2023-12-15).
//! Assumed: the sentences but the one on statistics (`error.rs`).

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::{MessageData, MetricDataQuery, MetricStat};

use super::super::error::CloudWatchError;
use super::super::limits;
use super::super::math::{self, Expr, Line, MathError, Scene, Value};
use super::super::stat::Statistic;
use super::super::store::{Key, Span, Store};
use super::statistics::{is_period, key_of};

/// A query that has passed.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) label: Option<String>,
    pub(super) returned: bool,
    /// The query's own period.
    period: Option<i64>,
    pub(super) of: Of,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Of {
    Metric(Measured),
    Math(Expr),
}

/// A statistic of a metric.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) key: Key,
    pub(super) period: i64,
    /// As it was written.
    pub(super) stat: String,
    pub(super) statistic: Statistic,
    pub(super) unit: Option<String>,
}

/// What a query gave.
#[derive(Debug)]
pub(super) struct Answered<'a> {
    pub(super) asked: &'a Asked,
    pub(super) lines: Vec<Line>,
    pub(super) messages: Vec<MessageData>,
}

impl Measured {
    /// Its values over a span, and what there is to say of them.
    pub(super) fn read(
        &self,
        store: &Store,
        span: Span,
        now: Timestamp,
    ) -> (BTreeMap<i64, f64>, Vec<MessageData>) {
        let units = store.by_unit(&self.key, self.unit.as_deref(), span, now);
        let mut messages = Vec::new();
        if units.len() > 1 {
            let names: Vec<&str> = units.keys().copied().collect();
            messages.push(MessageData {
                code: Some("MultipleUnits".to_owned()),
                value: Some(format!("Multiple units returned: '[{}]'", names.join(", "))),
            });
        }
        let points = units.into_iter().next().map(|(_, points)| points).unwrap_or_default();
        let values = points.iter().filter_map(|(at, point)| Some((*at, self.statistic.of(point)?)));
        (values.collect(), messages)
    }
}

/// Reads the queries of a request; `path` is what the parameter is called.
pub(super) fn read_queries(queries: &[MetricDataQuery], path: &str) -> Result<Vec<Asked>, CloudWatchError> {
    if queries.is_empty() {
        return Err(CloudWatchError::Validation(format!("The parameter {path} is required.")));
    }
    if queries.len() > limits::QUERIES_MAX {
        let max = limits::QUERIES_MAX;
        return Err(CloudWatchError::Validation(format!(
            "The collection {path} must not have a size greater than {max}."
        )));
    }
    let mut wrong = Vec::new();
    let mut asked = Vec::new();
    let mut ids = BTreeSet::new();
    for (at, query) in queries.iter().enumerate() {
        let path = format!("{path}.member.{}", at + 1);
        if !ids.insert(&query.id) {
            wrong.push(format!("The value {} for parameter {path}.Id is not unique.", query.id));
        }
        match read(query, &path) {
            Ok(read) => asked.push(read),
            Err(CloudWatchError::Validation(why)) => wrong.push(why),
            Err(other) => return Err(other),
        }
    }
    if !wrong.is_empty() {
        return Err(CloudWatchError::Validation(wrong.join("\n")));
    }
    check_references(&asked)?;
    Ok(asked)
}

fn read(query: &MetricDataQuery, path: &str) -> Result<Asked, CloudWatchError> {
    let refuse = |why: String| Err(CloudWatchError::Validation(why));
    let is_id = query.id.starts_with(|c: char| c.is_ascii_lowercase())
        && query.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_id {
        return refuse(format!(
            "The value {} for parameter {path}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
            query.id
        ));
    }
    if query.account_id.is_some() {
        return Err(CloudWatchError::NotBuilt("metrics of other accounts (AccountId)".to_owned()));
    }
    let of = match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => Of::Metric(measured(stat, path)?),
        (None, Some(text)) => Of::Math(math::parse(text).map_err(|why| refused(&query.id, why))?),
        (None, None) => {
            return refuse(format!(
                "The parameter {path}.MetricStat or {path}.Expression must be specified."
            ));
        }
        (Some(_), Some(_)) => {
            return refuse(format!(
                "The parameters {path}.MetricStat and {path}.Expression are mutually exclusive and you have specified both."
            ));
        }
    };
    if let Some(period) = query.period
        && !is_period(period)
    {
        return refuse(format!("The value {period} for parameter {path}.Period is not a valid period."));
    }
    Ok(Asked {
        id: query.id.clone(),
        label: query.label.clone(),
        returned: query.return_data != Some(false),
        period: query.period,
        of,
    })
}

fn measured(stat: &MetricStat, path: &str) -> Result<Measured, CloudWatchError> {
    let refuse = |why: String| Err(CloudWatchError::Validation(why));
    let (Some(namespace), Some(name)) = (&stat.metric.namespace, &stat.metric.metric_name) else {
        return refuse(format!(
            "The parameters {path}.MetricStat.Metric.Namespace and MetricName are required."
        ));
    };
    let Some(statistic) = Statistic::parse(&stat.stat) else {
        return refuse(format!("The value for parameter {path}.MetricStat.Stat is not a valid statistic."));
    };
    if !is_period(stat.period) {
        return refuse(format!(
            "The value {} for parameter {path}.MetricStat.Period is not a valid period.",
            stat.period
        ));
    }
    Ok(Measured {
        key: key_of(namespace, name, stat.metric.dimensions.as_deref()),
        period: stat.period,
        stat: stat.stat.clone(),
        statistic,
        unit: stat.unit.clone(),
    })
}

fn refused(id: &str, why: MathError) -> CloudWatchError {
    match why {
        MathError::NotBuilt(what) => CloudWatchError::NotBuilt(what),
        why => CloudWatchError::Validation(format!("Error in expression '{id}': {why}")),
    }
}

/// An expression may name others, but not in a circle.
fn check_references(asked: &[Asked]) -> Result<(), CloudWatchError> {
    order(asked).map(drop)
}

/// The queries so that each comes after those that it names.
fn order(asked: &[Asked]) -> Result<Vec<usize>, CloudWatchError> {
    let places: BTreeMap<&str, usize> =
        asked.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
    let mut waits: Vec<BTreeSet<usize>> = Vec::new();
    for one in asked {
        let mut names = BTreeSet::new();
        if let Of::Math(expr) = &one.of {
            expr.names(&mut |name| names.extend(places.get(name).copied()));
        }
        waits.push(names);
    }
    let mut ordered = Vec::new();
    let mut done = BTreeSet::new();
    while ordered.len() < asked.len() {
        let ready = (0..asked.len()).find(|at| !done.contains(at) && waits[*at].is_subset(&done));
        let Some(at) = ready else {
            let stuck = (0..asked.len()).find(|at| !done.contains(at)).unwrap_or_default();
            let why = MathError::Meaning("Circular reference".to_owned());
            return Err(refused(&asked[stuck].id, why));
        };
        done.insert(at);
        ordered.push(at);
    }
    Ok(ordered)
}

/// Answers all queries, in their order.
pub(super) fn answer<'a>(
    store: &Store,
    asked: &'a [Asked],
    (start, end): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<Answered<'a>>, CloudWatchError> {
    let labels = super::labels::plain(asked);
    let mut messages: BTreeMap<&str, Vec<MessageData>> = BTreeMap::new();
    let mut scene = Scene::default();
    let mut shortest = None;
    for (one, label) in asked.iter().zip(labels) {
        let Of::Metric(metric) = &one.of else { continue };
        let span = Span::rounded(start, end, metric.period, now);
        let (points, said) = metric.read(store, span, now);
        let line = Line { id: one.id.clone(), label, period: metric.period, points };
        messages.insert(&one.id, said);
        scene.metrics.push(one.id.clone());
        scene.known.insert(one.id.clone(), Value::Line(line));
        shortest = Some(shortest.map_or(metric.period, |period: i64| period.min(metric.period)));
    }
    for at in order(asked)? {
        let one = &asked[at];
        let Of::Math(expr) = &one.of else { continue };
        let period = one.period.or(shortest).unwrap_or(60);
        let span = Span::rounded(start, end, period, now);
        (scene.start, scene.end, scene.period) = (span.start, span.end, period);
        let value = math::evaluate(&scene, expr).map_err(|why| refused(&one.id, why))?;
        scene.known.insert(one.id.clone(), value);
    }
    let answered = asked.iter().map(|one| {
        let lines = match scene.known.remove(&one.id) {
            Some(Value::Line(line)) => vec![named(line, one)],
            Some(Value::Lines(lines)) => lines.into_iter().map(|line| named_of_many(line, one)).collect(),
            _ if !one.returned => Vec::new(),
            _ => {
                let why = "The expression must give a time series or an array of time series";
                return Err(refused(&one.id, MathError::Meaning(why.to_owned())));
            }
        };
        Ok(Answered { asked: one, lines, messages: messages.remove(one.id.as_str()).unwrap_or_default() })
    });
    answered.collect()
}

/// An expression's own label, or its id; a metric's own, or the one made for it.
fn named(mut line: Line, one: &Asked) -> Line {
    match (&one.label, &one.of) {
        (Some(label), _) => line.label = super::labels::dynamic(label, &line, one),
        (None, Of::Math(_)) => line.label.clone_from(&one.id),
        (None, Of::Metric(_)) => {}
    }
    line
}

/// Documented: of an expression with several series, each label is the expression's and the series'.
fn named_of_many(mut line: Line, one: &Asked) -> Line {
    let own = one.label.as_ref().unwrap_or(&one.id);
    line.label = if line.label.is_empty() { own.clone() } else { format!("{own} {}", line.label) };
    line
}
