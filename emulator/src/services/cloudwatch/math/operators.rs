//! Operators between numbers, series and arrays.
//!
//! Documented: an operator works on each series of an array; two arrays need the same length; a comparison gives 1 or 0; where
//! only one of two series has a value, the other's is 0; what divides by zero is not there
//! (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, read 2026-11-29).

use super::MathError;
use super::parse::Operator;
use super::value::Value;

impl Operator {
    fn of(self, left: f64, right: f64) -> f64 {
        let truth = |is: bool| f64::from(u8::from(is));
        if left.is_nan() || right.is_nan() {
            return f64::NAN;
        }
        match self {
            Self::Or => truth(left != 0.0 || right != 0.0),
            Self::And => truth(left != 0.0 && right != 0.0),
            Self::Equal => truth(left == right),
            Self::Unequal => truth(left != right),
            Self::LessOrEqual => truth(left <= right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Less => truth(left < right),
            Self::Greater => truth(left > right),
            Self::Plus => left + right,
            Self::Minus => left - right,
            Self::Times => left * right,
            Self::Over => left / right,
            Self::Modulo => left % right,
            Self::Power => left.powf(right),
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }
}

/// What an operator makes of two values.
pub(super) fn apply(operator: Operator, left: Value, right: Value) -> Result<Value, MathError> {
    use Value::{Line, Lines, Number};
    Ok(match (left, right) {
        (Number(left), Number(right)) => Number(operator.of(left, right)),
        (Number(left), Line(right)) => Line(right.map(|_, right| operator.of(left, right))),
        (Line(left), Number(right)) => Line(left.map(|_, left| operator.of(left, right))),
        (Line(left), Line(right)) => Line(left.zip(&right, |left, right| operator.of(left, right))),
        (Lines(lefts), Number(right)) => {
            Lines(lefts.iter().map(|left| left.map(|_, left| operator.of(left, right))).collect())
        }
        (Number(left), Lines(rights)) => {
            Lines(rights.iter().map(|right| right.map(|_, right| operator.of(left, right))).collect())
        }
        (Lines(lefts), Line(right)) => {
            Lines(lefts.iter().map(|left| left.zip(&right, |left, right| operator.of(left, right))).collect())
        }
        (Line(left), Lines(rights)) => {
            let zip = |right: &super::Line| right.zip(&left, |right, left| operator.of(left, right));
            Lines(rights.iter().map(zip).collect())
        }
        (Lines(lefts), Lines(rights)) if lefts.len() == rights.len() => {
            let pairs = lefts.iter().zip(&rights);
            Lines(
                pairs.map(|(left, right)| left.zip(right, |left, right| operator.of(left, right))).collect(),
            )
        }
        (Lines(_), Lines(_)) => {
            let sign = operator.sign();
            return Err(MathError::meaning(format!(
                "The arrays on both sides of '{sign}' must have the same length"
            )));
        }
        (left, right) => {
            return Err(MathError::meaning(format!(
                "Unsupported operand type(s) for '{}': {} and {}",
                operator.sign(),
                left.kind(),
                right.kind()
            )));
        }
    })
}
