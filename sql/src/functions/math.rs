//! Numbers. Documented: trino.io/docs/current/functions/math.html and bitwise.html.
//!
//! Left out: statistical distributions, `bitwise` shifts with a width. Start with `ALL`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{DataType, Decimal128Type};

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::cast_array;
use crate::functions::def::{Call, Def, invalid};

macro_rules! double {
    ($name:literal, $f:expr) => {
        Def {
            name: $name,
            overloads: &["double -> double"],
            run: |c| c.each_double(|i| Ok(Some($f(c.double(0, i))))),
        }
    };
}

macro_rules! bits {
    ($name:literal, $f:expr) => {
        Def {
            name: $name,
            overloads: &["bigint, bigint -> bigint"],
            run: |c| c.each_long(|i| Ok(Some($f(c.long(0, i), c.long(1, i))))),
        }
    };
}

const NUMERIC: &[&str] = &[
    "tinyint -> tinyint",
    "smallint -> smallint",
    "integer -> integer",
    "bigint -> bigint",
    "double -> double",
    "real -> real",
    "decimal -> decimal",
];
const PICK: &[&str] = &["T, T... -> T"];

pub(crate) const ALL: &[Def] = &[
    Def { name: "abs", overloads: NUMERIC, run: abs },
    Def { name: "sign", overloads: NUMERIC, run: sign },
    Def {
        name: "ceil",
        overloads: &[
            "tinyint -> tinyint",
            "smallint -> smallint",
            "integer -> integer",
            "bigint -> bigint",
            "double -> double",
            "real -> real",
        ],
        run: |c| whole(c, f64::ceil),
    },
    Def {
        name: "ceiling",
        overloads: &[
            "tinyint -> tinyint",
            "smallint -> smallint",
            "integer -> integer",
            "bigint -> bigint",
            "double -> double",
            "real -> real",
        ],
        run: |c| whole(c, f64::ceil),
    },
    Def {
        name: "floor",
        overloads: &[
            "tinyint -> tinyint",
            "smallint -> smallint",
            "integer -> integer",
            "bigint -> bigint",
            "double -> double",
            "real -> real",
        ],
        run: |c| whole(c, f64::floor),
    },
    double!("sqrt", f64::sqrt),
    double!("cbrt", f64::cbrt),
    double!("exp", f64::exp),
    double!("ln", f64::ln),
    double!("log2", f64::log2),
    double!("log10", f64::log10),
    double!("sin", f64::sin),
    double!("cos", f64::cos),
    double!("tan", f64::tan),
    double!("asin", f64::asin),
    double!("acos", f64::acos),
    double!("atan", f64::atan),
    double!("sinh", f64::sinh),
    double!("cosh", f64::cosh),
    double!("tanh", f64::tanh),
    double!("radians", f64::to_radians),
    double!("degrees", f64::to_degrees),
    Def {
        name: "atan2",
        overloads: &["double, double -> double"],
        run: |c| c.each_double(|i| Ok(Some(c.double(0, i).atan2(c.double(1, i))))),
    },
    Def {
        name: "power",
        overloads: &["double, double -> double"],
        run: |c| c.each_double(|i| Ok(Some(c.double(0, i).powf(c.double(1, i))))),
    },
    Def {
        name: "pow",
        overloads: &["double, double -> double"],
        run: |c| c.each_double(|i| Ok(Some(c.double(0, i).powf(c.double(1, i))))),
    },
    Def {
        name: "log",
        overloads: &["double, double -> double"],
        run: |c| c.each_double(|i| Ok(Some(c.double(1, i).ln() / c.double(0, i).ln()))),
    },
    Def { name: "pi", overloads: &["-> double"], run: |c| c.each_double(|_| Ok(Some(std::f64::consts::PI))) },
    Def { name: "e", overloads: &["-> double"], run: |c| c.each_double(|_| Ok(Some(std::f64::consts::E))) },
    Def { name: "nan", overloads: &["-> double"], run: |c| c.each_double(|_| Ok(Some(f64::NAN))) },
    Def { name: "infinity", overloads: &["-> double"], run: |c| c.each_double(|_| Ok(Some(f64::INFINITY))) },
    Def {
        name: "is_nan",
        overloads: &["double -> boolean"],
        run: |c| c.each_boolean(|i| Ok(Some(c.double(0, i).is_nan()))),
    },
    Def {
        name: "is_finite",
        overloads: &["double -> boolean"],
        run: |c| c.each_boolean(|i| Ok(Some(c.double(0, i).is_finite()))),
    },
    Def {
        name: "is_infinite",
        overloads: &["double -> boolean"],
        run: |c| c.each_boolean(|i| Ok(Some(c.double(0, i).is_infinite()))),
    },
    Def { name: "width_bucket", overloads: &["double, double, double, bigint -> bigint"], run: width_bucket },
    bits!("bitwise_and", |a: i64, b: i64| a & b),
    bits!("bitwise_or", |a: i64, b: i64| a | b),
    bits!("bitwise_xor", |a: i64, b: i64| a ^ b),
    bits!("bitwise_left_shift", |a: i64, b: i64| if (0..64).contains(&b) { a << b } else { 0 }),
    Def {
        name: "bitwise_not",
        overloads: &["bigint -> bigint"],
        run: |c| c.each_long(|i| Ok(Some(!c.long(0, i)))),
    },
    Def { name: "bit_count", overloads: &["bigint, bigint -> bigint"], run: bit_count },
    Def { name: "from_base", overloads: &["varchar, bigint -> bigint"], run: from_base },
    Def { name: "to_base", overloads: &["bigint, bigint -> varchar"], run: to_base },
    Def { name: "greatest", overloads: PICK, run: |c| pick(c, std::cmp::Ordering::Greater) },
    Def { name: "least", overloads: PICK, run: |c| pick(c, std::cmp::Ordering::Less) },
    Def {
        name: "mod",
        overloads: &[
            "tinyint, tinyint -> tinyint",
            "smallint, smallint -> smallint",
            "integer, integer -> integer",
            "bigint, bigint -> bigint",
            "double, double -> double",
        ],
        run: modulus,
    },
];

/// Applies `f` to the integer, double or decimal behind a call of one argument.
fn by_kind(
    c: &Call,
    integer: fn(i64) -> Option<i64>,
    double: fn(f64) -> f64,
    decimal: fn(i128) -> i128,
) -> Result<ArrayRef, SqlError> {
    match c.returns {
        DataType::Decimal128(p, s) => {
            let made = c.each(|i| Ok(Some(decimal(c.args[0].as_primitive::<Decimal128Type>().value(i)))))?;
            Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from(made).with_precision_and_scale(*p, *s)?))
        }
        DataType::Float32 | DataType::Float64 => {
            let wide = cast_array(&c.args[0], &DataType::Float64, false)?;
            let wide = Call { args: &[wide], rows: c.rows, returns: c.returns, lenient: c.lenient };
            cast_array(&wide.each_double(|i| Ok(Some(double(wide.double(0, i)))))?, c.returns, false)
        }
        _ => {
            let wide = cast_array(&c.args[0], &DataType::Int64, false)?;
            let wide = Call { args: &[wide], rows: c.rows, returns: c.returns, lenient: c.lenient };
            let made = wide.each_long(|i| {
                let v = wide.long(0, i);
                integer(v).map(Some).ok_or_else(|| {
                    SqlError::new(ErrorKind::NumericValueOutOfRange, format!("Value {v} is out of range"))
                })
            })?;
            cast_array(&made, c.returns, false)
        }
    }
}

fn abs(c: &Call) -> Result<ArrayRef, SqlError> {
    by_kind(c, i64::checked_abs, f64::abs, i128::abs)
}

fn sign(c: &Call) -> Result<ArrayRef, SqlError> {
    let DataType::Decimal128(_, s) = c.returns else {
        return by_kind(
            c,
            |v| Some(v.signum()),
            |v| if v == 0.0 || v.is_nan() { v } else { v.signum() },
            i128::signum,
        );
    };
    let one = 10i128.pow((*s).unsigned_abs().into());
    let made = c.each(|i| Ok(Some(c.args[0].as_primitive::<Decimal128Type>().value(i).signum() * one)))?;
    Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from(made).with_data_type(c.returns.clone())))
}

fn whole(c: &Call, f: fn(f64) -> f64) -> Result<ArrayRef, SqlError> {
    by_kind(c, Some, f, |v| v)
}

/// Bucket 0 is below the range, n + 1 above it.
fn width_bucket(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let (x, low, high, n) = (c.double(0, i), c.double(1, i), c.double(2, i), c.long(3, i));
        if n <= 0 {
            return Err(invalid("bucketCount must be greater than 0"));
        }
        if x.is_nan() || !low.is_finite() || !high.is_finite() || low == high {
            return Err(invalid("bounds must be finite and not equal each other, operand must not be NaN"));
        }
        let (below, above) = if low < high { (x < low, x >= high) } else { (x > low, x <= high) };
        let inside = (n as f64 * (x - low) / (high - low)) as i64 + 1;
        Ok(Some(if below {
            0
        } else if above {
            n + 1
        } else {
            inside
        }))
    })
}

fn bit_count(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let (v, bits) = (c.long(0, i), c.long(1, i));
        if !(2..=64).contains(&bits) {
            return Err(invalid("Bits specified in bit_count must be between 2 and 64"));
        }
        let mask = if bits == 64 { u64::MAX } else { (1u64 << bits) - 1 };
        Ok(Some(i64::from((v as u64 & mask).count_ones())))
    })
}

fn radix(base: i64) -> Result<u32, SqlError> {
    match u32::try_from(base) {
        Ok(base) if (2..=36).contains(&base) => Ok(base),
        _ => Err(invalid("Radix must be between 2 and 36")),
    }
}

fn from_base(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let (text, base) = (c.text(0).value(i), radix(c.long(1, i))?);
        let parsed = i64::from_str_radix(text, base);
        parsed.map(Some).map_err(|_| invalid(format!("Not a valid base-{base} number: {text}")))
    })
}

fn to_base(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let (v, base) = (c.long(0, i), u64::from(radix(c.long(1, i))?));
        let mut digits = Vec::new();
        let mut rest = v.unsigned_abs();
        while rest > 0 || digits.is_empty() {
            digits.push(char::from_digit((rest % base) as u32, base as u32).unwrap_or('0'));
            rest /= base;
        }
        if v < 0 {
            digits.push('-');
        }
        Ok(Some(digits.iter().rev().collect::<String>()))
    })
}

/// NULL when any argument is NULL, as in Trino and unlike PostgreSQL.
fn pick(c: &Call, wanted: std::cmp::Ordering) -> Result<ArrayRef, SqlError> {
    let mut best = c.args[0].clone();
    for other in &c.args[1..] {
        let compare = arrow::array::make_comparator(
            best.as_ref(),
            other.as_ref(),
            arrow::compute::SortOptions::default(),
        )?;
        let keep: BooleanArray = (0..c.rows)
            .map(|i| Some(best.is_null(i) || (other.is_valid(i) && compare(i, i) != wanted.reverse())))
            .collect();
        drop(compare);
        best = arrow::compute::kernels::zip::zip(&keep, &best, other)?;
    }
    Ok(best)
}

fn modulus(c: &Call) -> Result<ArrayRef, SqlError> {
    Ok(arrow::compute::kernels::numeric::rem(&c.args[0], &c.args[1])?)
}
