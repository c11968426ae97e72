//! Arithmetic that Trino checks and DataFusion does not: integers that overflow, decimals with Trino's digits.
//!
//! Documented: trino.io/docs/current/functions/decimal.html (the precision of each result). Start with `Arithmetic`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Decimal128Type};
use arrow::error::ArrowError;
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::cast_array;
use crate::functions::def::{Call, invoke};
use crate::render::text::{cell, format_decimal};
use crate::types::{as_decimal, common, is_integer, trino_name};

/// `$add`, `$subtract`, `$multiply`, `$divide`, `$modulus`, and the same under `$try$`.
#[derive(Debug, Clone)]
pub(crate) struct Arithmetic {
    name: String,
    operator: char,
    lenient: bool,
    signature: Signature,
}

impl Arithmetic {
    pub(crate) fn all() -> Vec<Arithmetic> {
        let names = [("add", '+'), ("subtract", '-'), ("multiply", '*'), ("divide", '/'), ("modulus", '%')];
        let make = |(name, operator): (&str, char), lenient: bool| Arithmetic {
            name: if lenient { format!("$try${name}") } else { format!("${name}") },
            operator,
            lenient,
            signature: Signature::any(2, Volatility::Immutable),
        };
        names.iter().flat_map(|n| [make(*n, false), make(*n, true)]).collect()
    }
}

impl PartialEq for Arithmetic {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Arithmetic {}

impl Hash for Arithmetic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Arithmetic {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        let (l, r) = (&types[0], &types[1]);
        let decimal = |t: &DataType| matches!(t, DataType::Decimal128(..));
        Ok(match common(l, r) {
            Some(DataType::Decimal128(..)) if decimal(l) || decimal(r) => {
                let (a, b) = (as_decimal(l).unwrap_or((1, 0)), as_decimal(r).unwrap_or((1, 0)));
                let (p, s) = decimal_result(self.operator, a, b)?;
                DataType::Decimal128(p, s)
            }
            Some(t) => t,
            None => {
                return Err(crate::plan::operators::mismatch(
                    &trino_name(l),
                    &self.operator.to_string(),
                    &trino_name(r),
                )
                .into());
            }
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        invoke(&args, |call| self.run(call), self.lenient)
    }
}

/// Precision and scale of a decimal result.
fn decimal_result(operator: char, (p1, s1): (u8, i8), (p2, s2): (u8, i8)) -> Result<(u8, i8), SqlError> {
    let (p1, p2) = (p1 as i8, p2 as i8);
    let (precision, scale) = match operator {
        '+' | '-' => (s1.max(s2) + (p1 - s1).max(p2 - s2) + 1, s1.max(s2)),
        '*' => (p1.saturating_add(p2), s1 + s2),
        '/' => (p1.saturating_add(s2).saturating_add((s2 - s1).max(0)), s1.max(s2)),
        _ => ((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2)),
    };
    if scale > 38 {
        return Err(SqlError::new(ErrorKind::InvalidUse, format!("DECIMAL scale {scale} is over 38")));
    }
    Ok((precision.clamp(1, 38) as u8, scale))
}

impl Arithmetic {
    fn run(&self, call: &Call) -> Result<ArrayRef, SqlError> {
        let (l, r) = (&call.args[0], &call.args[1]);
        if let DataType::Decimal128(p, s) = call.returns {
            return self.decimals(call, l, r, *p, *s);
        }
        let l = cast_array(l, call.returns, false)?;
        let r = cast_array(r, call.returns, false)?;
        match kernel(self.operator, &l, &r) {
            Ok(made) => Ok(made),
            Err(_) if self.lenient => {
                let rows: Result<Vec<ArrayRef>, SqlError> = (0..call.rows)
                    .map(|i| {
                        let made = kernel(self.operator, &l.slice(i, 1), &r.slice(i, 1));
                        Ok(made.unwrap_or_else(|_| arrow::array::new_null_array(call.returns, 1)))
                    })
                    .collect();
                let rows = rows?;
                Ok(arrow::compute::concat(&rows.iter().map(AsRef::as_ref).collect::<Vec<_>>())?)
            }
            Err(e) => Err(self.explain(&l, &r, e)),
        }
    }

    /// Trino's words: `Division by zero`, or `integer addition overflow: 2147483647 + 1`.
    fn explain(&self, l: &ArrayRef, r: &ArrayRef, error: ArrowError) -> SqlError {
        if !matches!(error, ArrowError::ArithmeticOverflow(_)) || !is_integer(l.data_type()) {
            return error.into();
        }
        let what = match self.operator {
            '+' => "addition",
            '-' => "subtraction",
            '*' => "multiplication",
            _ => "division",
        };
        let row = (0..l.len())
            .find(|i| kernel(self.operator, &l.slice(*i, 1), &r.slice(*i, 1)).is_err())
            .unwrap_or(0);
        let (a, b) = (cell(l, row).unwrap_or_default(), cell(r, row).unwrap_or_default());
        SqlError::new(
            ErrorKind::NumericValueOutOfRange,
            format!("{} {what} overflow: {a} {} {b}", trino_name(l.data_type()), self.operator),
        )
    }

    fn decimals(&self, call: &Call, l: &ArrayRef, r: &ArrayRef, p: u8, s: i8) -> Result<ArrayRef, SqlError> {
        let as_dec = |a: &ArrayRef| {
            let (p, s) = as_decimal(a.data_type()).unwrap_or((38, 0));
            cast_array(a, &DataType::Decimal128(p, s), false).map(|d| (d, s))
        };
        let ((l, s1), (r, s2)) = (as_dec(l)?, as_dec(r)?);
        let (l, r) = (l.as_primitive::<Decimal128Type>(), r.as_primitive::<Decimal128Type>());
        let limit = 10i128.pow(u32::from(p));
        let mut made = Vec::with_capacity(call.rows);
        for i in 0..call.rows {
            if l.is_null(i) || r.is_null(i) {
                made.push(None);
                continue;
            }
            let value = decimal_value(self.operator, (l.value(i), s1), (r.value(i), s2), s);
            match value {
                Ok(Some(v)) if v.abs() < limit => made.push(Some(v)),
                _ if self.lenient => made.push(None),
                Ok(_) => {
                    let (a, b) = (format_decimal(l.value(i), s1), format_decimal(r.value(i), s2));
                    return Err(SqlError::new(
                        ErrorKind::NumericValueOutOfRange,
                        format!("Decimal overflow: {a} {} {b}", self.operator),
                    ));
                }
                Err(e) => return Err(e),
            }
        }
        Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from(made).with_precision_and_scale(p, s)?))
    }
}

/// None when it does not fit 128 bits.
fn decimal_value(
    operator: char,
    (a, s1): (i128, i8),
    (b, s2): (i128, i8),
    s: i8,
) -> Result<Option<i128>, SqlError> {
    let scaled = |v: i128, by: i8| 10i128.checked_pow(by.max(0) as u32).and_then(|f| v.checked_mul(f));
    if b == 0 && matches!(operator, '/' | '%') {
        return Err(SqlError::new(ErrorKind::DivisionByZero, "Division by zero"));
    }
    Ok(match operator {
        '*' => a.checked_mul(b),
        '/' => {
            // a / 10^s1 divided by b / 10^s2, in units of 10^-s, rounded half up.
            match scaled(a, s - s1 + s2) {
                Some(top) => {
                    let (quotient, rest) = (top / b, top % b);
                    let up = rest.unsigned_abs() * 2 >= b.unsigned_abs();
                    let sign = if (top < 0) == (b < 0) { 1 } else { -1 };
                    Some(if up { quotient + sign } else { quotient })
                }
                None => None,
            }
        }
        _ => match (scaled(a, s - s1), scaled(b, s - s2)) {
            (Some(a), Some(b)) => match operator {
                '+' => a.checked_add(b),
                '-' => a.checked_sub(b),
                _ => a.checked_rem(b),
            },
            _ => None,
        },
    })
}

fn kernel(operator: char, l: &ArrayRef, r: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match operator {
        '+' => numeric::add(l, r),
        '-' => numeric::sub(l, r),
        '*' => numeric::mul(l, r),
        '/' => numeric::div(l, r),
        _ => numeric::rem(l, r),
    }
}
