//! Aggregations: many values become one.
//!
//! Documented: CWL_QuerySyntax-Stats.html, functions to use with stats. Assumed: the deviation is that of the whole
//! population, a percentile is a value that occurred (nearest rank), results are shown with four decimals at most,
//! and ours are exact where AWS's may be approximations.

use std::collections::HashSet; // looked up only

use super::eval::Env;
use super::row::Row;
use super::syntax::Expr;
use super::value::Value;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Count,
    CountDistinct,
    Sum,
    Average,
    Least,
    Greatest,
    Deviation,
    Percentile(f64),
    Earliest,
    Latest,
    SortsFirst,
    SortsLast,
}

const KINDS: [(&str, Kind); 11] = [
    ("count", Kind::Count),
    ("count_distinct", Kind::CountDistinct),
    ("sum", Kind::Sum),
    ("avg", Kind::Average),
    ("min", Kind::Least),
    ("max", Kind::Greatest),
    ("stddev", Kind::Deviation),
    ("earliest", Kind::Earliest),
    ("latest", Kind::Latest),
    ("sortsFirst", Kind::SortsFirst),
    ("sortsLast", Kind::SortsLast),
];

impl Kind {
    /// The aggregation of this name; `pct`, which has a second argument, is the parser's.
    pub(super) fn of(name: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }
}

/// One aggregation of a `stats` command. Without an argument all rows count.
#[derive(Clone, Debug)]
pub(super) struct Aggregate {
    pub(super) kind: Kind,
    pub(super) argument: Option<Expr>,
}

/// What has come so far of one aggregation in one group.
#[derive(Debug)]
pub(super) enum State {
    Count(i64),
    Distinct(HashSet<String>), // looked up only
    /// Count, mean, sum, and the sum of squared distances from the mean.
    Moments {
        count: f64,
        mean: f64,
        sum: f64,
        squares: f64,
    },
    Values(Vec<f64>),
    /// The best value so far, and when it was.
    Best(Value<'static>, i64),
}

impl Aggregate {
    pub(super) fn begin(&self) -> State {
        match self.kind {
            Kind::Count => State::Count(0),
            Kind::CountDistinct => State::Distinct(HashSet::new()), // looked up only
            Kind::Sum | Kind::Average | Kind::Deviation => {
                State::Moments { count: 0.0, mean: 0.0, sum: 0.0, squares: 0.0 }
            }
            Kind::Percentile(_) => State::Values(Vec::new()),
            Kind::Least | Kind::Greatest | Kind::Earliest | Kind::Latest => State::Best(Value::Null, 0),
            Kind::SortsFirst | Kind::SortsLast => State::Best(Value::Null, 0),
        }
    }

    /// Adds a row.
    pub(super) fn add<'r>(&'r self, state: &mut State, row: &'r Row<'_>, env: Env<'r>) {
        let value = match &self.argument {
            Some(argument) => argument.eval(row, env),
            None => Value::Integer(1),
        };
        if value.is_null() {
            return;
        }
        match state {
            State::Count(count) => *count += 1,
            State::Distinct(seen) => {
                let text = value.as_text().unwrap_or_default();
                if !seen.contains(&*text) {
                    seen.insert(text.into_owned());
                }
            }
            State::Moments { count, mean, sum, squares } => {
                let Some(number) = value.as_number() else { return };
                *count += 1.0;
                *sum += number;
                let away = number - *mean;
                *mean += away / *count;
                *squares += away * (number - *mean);
            }
            State::Values(values) => values.extend(value.as_number()),
            State::Best(best, at) => {
                let time = row.source.map_or(0, |source| source.event.at);
                if best.is_null() || self.is_better(&value, time, best, *at) {
                    (*best, *at) = (value.into_owned(), time);
                }
            }
        }
    }

    fn is_better(&self, value: &Value<'_>, time: i64, best: &Value<'_>, at: i64) -> bool {
        let text_order = || value.as_text().cmp(&best.as_text());
        match self.kind {
            Kind::Least => value.order(best).is_some_and(std::cmp::Ordering::is_lt),
            Kind::Greatest => value.order(best).is_some_and(std::cmp::Ordering::is_gt),
            Kind::SortsFirst => text_order().is_lt(),
            Kind::SortsLast => text_order().is_gt(),
            // Rows come newest first: of equal times the first of all is the last that comes.
            Kind::Earliest => time <= at,
            _ => time > at,
        }
    }

    pub(super) fn end(&self, state: State) -> Value<'static> {
        match (self.kind, state) {
            (_, State::Count(count)) => Value::Integer(count),
            (_, State::Distinct(seen)) => Value::Integer(i64::try_from(seen.len()).unwrap_or(i64::MAX)),
            (Kind::Sum, State::Moments { sum, .. }) => rounded(sum),
            (_, State::Moments { count: 0.0, .. }) => Value::Null,
            (Kind::Average, State::Moments { count, sum, .. }) => rounded(sum / count),
            (_, State::Moments { count, squares, .. }) => rounded((squares / count).max(0.0).sqrt()),
            (Kind::Percentile(percent), State::Values(values)) => percentile(values, percent),
            (_, State::Values(_)) => Value::Null,
            (_, State::Best(best, _)) => best,
        }
    }
}

fn rounded(number: f64) -> Value<'static> {
    if number.abs() >= 1e15 {
        return Value::number(number);
    }
    Value::number((number * 10_000.0).round() / 10_000.0)
}

fn percentile(mut values: Vec<f64>, percent: f64) -> Value<'static> {
    if values.is_empty() {
        return Value::Null;
    }
    values.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * values.len() as f64).ceil().max(1.0) as usize;
    rounded(values[rank.min(values.len()) - 1])
}
