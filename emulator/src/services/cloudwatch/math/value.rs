//! What expressions are about: numbers, time series and arrays of series.

use std::collections::{BTreeMap, BTreeSet};

use super::MathError;

/// A time series.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Line {
    /// The id of the query that it comes from, for `METRICS("m")`.
    pub(in super::super) id: String,
    /// Its name in answers.
    pub(in super::super) label: String,
    /// Seconds of a period.
    pub(in super::super) period: i64,
    /// By the second at which the period begins. No value is a NaN or infinite.
    pub(in super::super) points: BTreeMap<i64, f64>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Value {
    /// NaN where it is not known.
    Number(f64),
    Line(Line),
    Lines(Vec<Line>),
    Text(String),
    /// A word such as `REPEAT`.
    Word(String),
}

impl Line {
    /// The same line with other values; what is no number is left out.
    pub(super) fn map(&self, mut of: impl FnMut(i64, f64) -> f64) -> Self {
        let points = self.points.iter().map(|(at, value)| (*at, of(*at, *value)));
        Self { points: points.filter(|(_, value)| value.is_finite()).collect(), ..self.clone() }
    }

    /// Of both, where one has a value: the other's is 0 if it is missing.
    pub(super) fn zip(&self, other: &Self, of: impl Fn(f64, f64) -> f64) -> Self {
        let instants: BTreeSet<i64> = self.points.keys().chain(other.points.keys()).copied().collect();
        let value = |line: &Self, at: &i64| line.points.get(at).copied().unwrap_or(0.0);
        let points = instants.into_iter().map(|at| (at, of(value(self, &at), value(other, &at))));
        let points = points.filter(|(_, value)| value.is_finite()).collect();
        Self { period: self.period.max(other.period), points, ..self.clone() }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        self.points.values().copied()
    }
}

impl Value {
    /// As AWS's documentation calls its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "Scalar",
            Self::Line(_) => "Time Series",
            Self::Lines(_) => "Time Series Array",
            Self::Text(_) => "String",
            Self::Word(_) => "Keyword",
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// One line for each of the value's, or a number for its number.
    pub(super) fn each(
        self,
        function: &str,
        of: impl Fn(&Line) -> Result<Line, MathError>,
    ) -> Result<Self, MathError> {
        match self {
            Self::Line(line) => of(&line).map(Self::Line),
            Self::Lines(lines) => lines.iter().map(of).collect::<Result<_, _>>().map(Self::Lines),
            other => Err(mistyped(function, &other)),
        }
    }
}

/// The refusal of an argument.
pub(super) fn mistyped(function: &str, value: &Value) -> MathError {
    MathError::meaning(format!(
        "The function {function} does not take an argument of the type {}",
        value.kind()
    ))
}
