//! Through the tree: names become what they stand for, functions get their arguments.

use std::collections::BTreeMap;

use super::operators::apply;
use super::parse::Operator;
use super::value::mistyped;
use super::{Expr, Line, MathError, Value, functions};

/// What an expression can see.
#[derive(Debug, Default)]
pub(in super::super) struct Scene {
    /// What each query that has been answered gave, by its id.
    pub(in super::super) known: BTreeMap<String, Value>,
    /// The ids of queries that are metrics, in the order of the request.
    pub(in super::super) metrics: Vec<String>,
    /// The span of time, in seconds, and the period of series that come from nowhere.
    pub(in super::super) start: i64,
    pub(in super::super) end: i64,
    pub(in super::super) period: i64,
}

/// Words that functions know.
const WORDS: [&str; 9] = ["REPEAT", "LINEAR", "AVG", "MIN", "MAX", "SUM", "ASC", "DESC", "STDDEV"];

/// The value of an expression.
pub(in super::super) fn evaluate(scene: &Scene, expr: &Expr) -> Result<Value, MathError> {
    Ok(match expr {
        Expr::Number(number) => Value::Number(*number),
        Expr::Text(text) => Value::Text(text.clone()),
        Expr::Name(name) => match scene.known.get(name) {
            Some(value) => value.clone(),
            None if WORDS.contains(&name.as_str()) => Value::Word(name.clone()),
            None => return Err(MathError::meaning(format!("Undefined identifier '{name}'"))),
        },
        Expr::List(parts) => Value::Lines(lines(scene, parts)?),
        Expr::Call(name, arguments) => {
            let arguments: Vec<Value> =
                arguments.iter().map(|argument| evaluate(scene, argument)).collect::<Result<_, _>>()?;
            functions::call(scene, &name.to_ascii_uppercase(), arguments)?
        }
        Expr::Minus(inner) => apply(Operator::Minus, Value::Number(0.0), evaluate(scene, inner)?)?,
        Expr::Not(inner) => apply(Operator::Equal, evaluate(scene, inner)?, Value::Number(0.0))?,
        Expr::Binary(operator, left, right) => {
            apply(*operator, evaluate(scene, left)?, evaluate(scene, right)?)?
        }
    })
}

/// The series of a list: each part gives one, or several.
fn lines(scene: &Scene, parts: &[Expr]) -> Result<Vec<Line>, MathError> {
    let mut lines = Vec::new();
    for part in parts {
        match evaluate(scene, part)? {
            Value::Line(line) => lines.push(line),
            Value::Lines(more) => lines.extend(more),
            Value::Number(number) => lines.push(scene.constant(number)),
            other => return Err(mistyped("[]", &other)),
        }
    }
    Ok(lines)
}

impl Scene {
    /// A series that has the same value in every period.
    pub(super) fn constant(&self, number: f64) -> Line {
        let mut line = Line { period: self.period, ..Line::default() };
        let mut at = self.start;
        while number.is_finite() && at < self.end {
            line.points.insert(at, number);
            at += self.period.max(1);
        }
        line
    }

    /// The periods of a series within the span: counted from its first point, or from the start where there is none.
    pub(super) fn instants(&self, line: &Line) -> impl Iterator<Item = i64> + use<> {
        let period = if line.period > 0 { line.period } else { self.period.max(1) };
        let offset = line.points.keys().next().map_or(0, |first| (first - self.start).rem_euclid(period));
        let (from, end) = (self.start + offset, self.end);
        std::iter::successors(Some(from), move |at| Some(at + period)).take_while(move |at| *at < end)
    }

    /// The metrics whose id holds this text.
    pub(super) fn metrics(&self, part: &str) -> Vec<Line> {
        let ids = self.metrics.iter().filter(|id| id.contains(part));
        let lines = ids.filter_map(|id| match self.known.get(id) {
            Some(Value::Line(line)) => Some(line.clone()),
            _ => None,
        });
        lines.collect()
    }
}
