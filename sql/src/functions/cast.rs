//! CAST and TRY_CAST with Trino's rules: numbers round half up, text must parse whole, what does not fit is an error.
//!
//! Documented: trino.io/docs/current/functions/conversion.html; messages are Trino's. Start with `cast_array`.
//! The calls `$cast(x, 'type')`, `$try_cast` and `$literal` come from `parse/dialect.rs`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, ListArray, MapArray, PrimitiveArray, StringViewArray,
    StructArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Decimal128Type, Field, FieldRef, Float64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType,
};
use chrono::DateTime;
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast_text;
use crate::functions::json_value;
use crate::render::text::{cell, format_decimal, format_double, format_real, offset_seconds};
use crate::types::{JSON, is_integer, is_numeric, is_varchar, parse_type, timestamp_tz, trino_name};

/// Which of the three calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CastKind {
    Cast,
    TryCast,
    Literal,
}

/// `$cast`, `$try_cast`, `$literal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CastFunction {
    kind: CastKind,
    signature: Signature,
}

impl CastFunction {
    pub(crate) fn new(kind: CastKind) -> Self {
        CastFunction { kind, signature: Signature::any(2, Volatility::Immutable) }
    }

    fn target(&self, value: Option<&ScalarValue>, name: &ScalarValue) -> Result<DataType, SqlError> {
        let name = text_of(name).unwrap_or_default();
        if self.kind == CastKind::Literal
            && let Some(text) = value.and_then(text_of)
        {
            return literal_type(&text, &name);
        }
        parse_type(&name)
    }
}

fn text_of(value: &ScalarValue) -> Option<String> {
    value.try_as_str().flatten().map(str::to_string)
}

/// `decimal '1.50'` is decimal(3,2); `timestamp '... Asia/Tokyo'` has that zone.
fn literal_type(text: &str, name: &str) -> Result<DataType, SqlError> {
    if name == "decimal" {
        let digits = text.bytes().filter(u8::is_ascii_digit).count().max(1) as u8;
        let scale = text.split_once('.').map_or(0, |(_, f)| f.len()) as u8;
        return parse_type(&format!("decimal({digits},{scale})"));
    }
    if name.starts_with("timestamp") {
        return Ok(match cast_text::zone_of(text) {
            Some(zone) => timestamp_tz(zone),
            None => cast_text::timestamp_type(text),
        });
    }
    parse_type(name)
}

impl Hash for CastFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

impl ScalarUDFImpl for CastFunction {
    fn name(&self) -> &str {
        match self.kind {
            CastKind::Cast => "$cast",
            CastKind::TryCast => "$try_cast",
            CastKind::Literal => "$literal",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Err(SqlError::new(ErrorKind::Internal, "a cast needs its type").into())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DfResult<FieldRef> {
        let name = args.scalar_arguments.get(1).copied().flatten();
        let name = name.ok_or_else(|| SqlError::new(ErrorKind::Internal, "a cast without a type"))?;
        let target = self.target(args.scalar_arguments.first().copied().flatten(), name)?;
        let from = args.arg_fields[0].data_type();
        if !castable(from, &target) {
            return Err(SqlError::new(
                ErrorKind::TypeMismatch,
                format!("Cannot cast {} to {}", trino_name(from), trino_name(&target)),
            )
            .into());
        }
        Ok(Arc::new(Field::new(self.name(), target, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let target = args.return_field.data_type();
        let length = match &args.args[1] {
            ColumnarValue::Scalar(name) => text_of(name).and_then(|n| varchar_length(&n)),
            ColumnarValue::Array(_) => None,
        };
        let lenient = self.kind == CastKind::TryCast;
        let constant = matches!(args.args[0], ColumnarValue::Scalar(_));
        let array = args.args[0].to_array(if constant { 1 } else { args.number_rows })?;
        if self.kind == CastKind::Literal && target == &JSON {
            return Ok(ColumnarValue::Scalar(ScalarValue::LargeUtf8(json_literal(array.as_ref())?)));
        }
        let mut made = match cast_array(&array, target, lenient) {
            Err(e) if self.kind == CastKind::Literal => {
                let text = cell(array.as_ref(), 0).unwrap_or_default();
                let message = format!(
                    "'{text}' is not a valid {} literal ({})",
                    trino_name(target).to_uppercase(),
                    e.message
                );
                return Err(SqlError::new(ErrorKind::InvalidUse, message).into());
            }
            other => other?,
        };
        if let Some(length) = length {
            made = truncate(&made, length);
        }
        if constant {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?))
        } else {
            Ok(ColumnarValue::Array(made))
        }
    }
}

/// `json '...'` parses its text, where a cast would quote it.
fn json_literal(array: &dyn Array) -> Result<Option<String>, SqlError> {
    let Some(text) = cell(array, 0) else { return Ok(None) };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(json_value::canonical(&value))),
        Err(_) => Err(SqlError::new(ErrorKind::InvalidUse, format!("'{text}' is not a valid JSON literal"))),
    }
}

/// The n of `varchar(n)`.
fn varchar_length(name: &str) -> Option<usize> {
    let inner = name.trim().to_ascii_lowercase();
    inner.strip_prefix("varchar")?.trim().strip_prefix('(')?.strip_suffix(')')?.trim().parse().ok()
}

fn truncate(array: &ArrayRef, length: usize) -> ArrayRef {
    let Some(text) = array.as_string_view_opt() else { return array.clone() };
    let cut: StringViewArray =
        text.iter().map(|v| v.map(|s| s.chars().take(length).collect::<String>())).collect();
    Arc::new(cut)
}

/// Whether Trino has such a cast at all.
fn castable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    if from == to || from == &T::Null || (is_varchar(from) && is_varchar(to)) {
        return true;
    }
    match (from, to) {
        (f, t) if f == &JSON || t == &JSON => {
            !matches!(f, T::Binary) && !matches!(t, T::Binary | T::Date32 | T::Timestamp(..))
        }
        (f, t) if is_varchar(f) => {
            is_numeric(t) || matches!(t, T::Boolean | T::Date32 | T::Timestamp(..) | T::Time32(_))
        }
        (f, t) if is_varchar(t) => {
            is_numeric(f)
                || matches!(f, T::Boolean | T::Date32 | T::Timestamp(..) | T::Time32(_) | T::Interval(_))
        }
        (f, T::Boolean) | (T::Boolean, f) => is_numeric(f),
        (f, t) if is_numeric(f) => is_numeric(t),
        (T::Date32 | T::Timestamp(..), T::Date32 | T::Timestamp(..)) => true,
        (T::Timestamp(..), T::Time32(_)) => true,
        (T::List(f), T::List(t)) => castable(f.data_type(), t.data_type()),
        (T::Map(f, _), T::Map(t, _)) => castable(f.data_type(), t.data_type()),
        (T::Struct(f), T::Struct(t)) => {
            f.len() == t.len() && f.iter().zip(t).all(|(a, b)| castable(a.data_type(), b.data_type()))
        }
        _ => false,
    }
}

/// Converts every value. `lenient` makes NULL of what fails; without it the first failure is the error.
pub(crate) fn cast_array(array: &ArrayRef, to: &DataType, lenient: bool) -> Result<ArrayRef, SqlError> {
    use DataType as T;
    let from = array.data_type();
    if from == to {
        return Ok(array.clone());
    }
    match (from, to) {
        (T::Null, _) => Ok(new_null_array(to, array.len())),
        (f, t) if is_varchar(f) && is_varchar(t) => plain(array, to, lenient),
        (f, t) if t == &JSON => json_value::from_array(array, f),
        (f, t) if f == &JSON => json_value::to_array(array, t, lenient),
        (f, t) if is_varchar(f) => cast_text::parse_array(&plain(array, &T::Utf8View, lenient)?, t, lenient),
        (_, t) if is_varchar(t) => {
            Ok(Arc::new((0..array.len()).map(|i| cell(array, i)).collect::<StringViewArray>()))
        }
        (T::Float32 | T::Float64, t) if is_integer(t) => float_to_integer(array, t, lenient),
        (T::Float32 | T::Float64, T::Decimal128(p, s)) => float_to_decimal(array, *p, *s, lenient),
        (T::Decimal128(_, s), t) if is_integer(t) => decimal_to_integer(array, *s, t, lenient),
        (T::Timestamp(..) | T::Date32, T::Timestamp(..) | T::Date32 | T::Time32(_)) => moments(array, to),
        (T::List(_), T::List(field)) => {
            let list = array.as_list::<i32>();
            let values = cast_array(list.values(), field.data_type(), lenient)?;
            Ok(Arc::new(ListArray::try_new(
                field.clone(),
                list.offsets().clone(),
                values,
                list.nulls().cloned(),
            )?))
        }
        (T::Struct(_), T::Struct(fields)) => {
            let row = array.as_struct();
            let columns: Result<Vec<ArrayRef>, SqlError> = row
                .columns()
                .iter()
                .zip(fields)
                .map(|(c, f)| cast_array(c, f.data_type(), lenient))
                .collect();
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns?,
                row.nulls().cloned(),
                row.len(),
            )?))
        }
        (T::Map(..), T::Map(field, _)) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let entries = cast_array(&entries, field.data_type(), lenient)?.as_struct().clone();
            Ok(Arc::new(MapArray::try_new(
                field.clone(),
                map.offsets().clone(),
                entries,
                map.nulls().cloned(),
                false,
            )?))
        }
        _ => plain(array, to, lenient).map_err(|e| out_of_range(array, to, e)),
    }
}

/// Arrow's own cast, where it agrees with Trino.
fn plain(array: &ArrayRef, to: &DataType, lenient: bool) -> Result<ArrayRef, SqlError> {
    Ok(cast_with_options(array, to, &CastOptions { safe: lenient, ..CastOptions::default() })?)
}

/// Trino names the value: `Out of range for tinyint: 300`, or `Cannot cast DECIMAL '1000.00' to DECIMAL(3, 2)`.
fn out_of_range(array: &ArrayRef, to: &DataType, error: SqlError) -> SqlError {
    if !is_integer(to) && !matches!(to, DataType::Decimal128(..)) {
        return error;
    }
    let alone = |i: usize| plain(&array.slice(i, 1), to, false).is_err();
    let text = (0..array.len()).find(|i| alone(*i)).and_then(|i| cell(array, i)).unwrap_or_default();
    overflow(&text, array.data_type(), to)
}

fn overflow(text: &str, from: &DataType, to: &DataType) -> SqlError {
    match to {
        DataType::Decimal128(p, s) => SqlError::new(
            ErrorKind::InvalidCastArgument,
            format!("Cannot cast {} '{text}' to DECIMAL({p}, {s})", trino_name(from).to_uppercase()),
        ),
        _ => SqlError::new(
            ErrorKind::NumericValueOutOfRange,
            format!("Out of range for {}: {text}", trino_name(to)),
        ),
    }
}

fn collect_integers(values: Vec<Option<i64>>, to: &DataType) -> Result<ArrayRef, SqlError> {
    let wide: ArrayRef = Arc::new(arrow::array::Int64Array::from(values));
    plain(&wide, to, false)
}

fn limits(to: &DataType) -> (i64, i64) {
    match to {
        DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn float_to_integer(array: &ArrayRef, to: &DataType, lenient: bool) -> Result<ArrayRef, SqlError> {
    let single = array.data_type() == &DataType::Float32;
    let doubles = plain(array, &DataType::Float64, false)?;
    let (low, high) = limits(to);
    let mut values = Vec::with_capacity(array.len());
    for value in doubles.as_primitive::<Float64Type>() {
        let rounded = value.map(f64::round);
        // 2^63 is the first double above bigint's range; the smaller types compare exactly.
        let fits = |v: f64| {
            v >= low as f64
                && if high == i64::MAX { v < 9_223_372_036_854_775_808.0 } else { v <= high as f64 }
        };
        values.push(match rounded {
            None => None,
            Some(v) if fits(v) => Some(v as i64),
            Some(_) if lenient => None,
            Some(_) => {
                let v = value.unwrap_or_default();
                let text = if single { format_real(v as f32) } else { format_double(v) };
                return Err(if v.is_nan() {
                    SqlError::new(
                        ErrorKind::InvalidCastArgument,
                        format!("Cannot cast double NaN to {}", trino_name(to)),
                    )
                } else {
                    overflow(&text, array.data_type(), to)
                });
            }
        });
    }
    collect_integers(values, to)
}

fn float_to_decimal(array: &ArrayRef, p: u8, s: i8, lenient: bool) -> Result<ArrayRef, SqlError> {
    let single = array.as_any().downcast_ref::<Float32Array>();
    let doubles = plain(array, &DataType::Float64, false)?;
    let mut values = Vec::with_capacity(array.len());
    for (i, value) in doubles.as_primitive::<Float64Type>().iter().enumerate() {
        let Some(value) = value else {
            values.push(None);
            continue;
        };
        let text = match single {
            Some(single) => format_real(single.value(i)),
            None => format_double(value),
        };
        let made = crate::scan::values::parse_decimal(&text, p, s);
        if made.is_none() && !lenient {
            return Err(overflow(&text, array.data_type(), &DataType::Decimal128(p, s)));
        }
        values.push(made);
    }
    Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from(values).with_precision_and_scale(p, s)?))
}

fn decimal_to_integer(
    array: &ArrayRef,
    scale: i8,
    to: &DataType,
    lenient: bool,
) -> Result<ArrayRef, SqlError> {
    let unit = 10i128.pow(scale.unsigned_abs().into());
    let (low, high) = limits(to);
    let mut values = Vec::with_capacity(array.len());
    for value in array.as_primitive::<Decimal128Type>() {
        let rounded = value.map(|v| (v + v.signum() * (unit / 2)) / unit);
        values.push(match rounded {
            None => None,
            Some(v) if v >= i128::from(low) && v <= i128::from(high) => Some(v as i64),
            Some(_) if lenient => None,
            Some(_) => {
                return Err(overflow(
                    &format_decimal(value.unwrap_or_default(), scale),
                    array.data_type(),
                    to,
                ));
            }
        });
    }
    collect_integers(values, to)
}

/// Dates and timestamps. A timestamp with a zone becomes its wall clock; one without is taken as UTC.
fn moments(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, SqlError> {
    let array = match array.data_type() {
        DataType::Timestamp(_, Some(zone)) if !matches!(to, DataType::Timestamp(_, Some(_))) => {
            &wall_clock(array, zone)?
        }
        _ => array,
    };
    match to {
        // Arrow truncates toward zero; a date before 1970 must go down.
        DataType::Date32 => {
            let ms = plain(array, &DataType::Timestamp(TimeUnit::Millisecond, None), false)?;
            let days = ms
                .as_primitive::<TimestampMillisecondType>()
                .iter()
                .map(|v| v.map(|v| v.div_euclid(86_400_000) as i32));
            Ok(Arc::new(days.collect::<arrow::array::Date32Array>()))
        }
        DataType::Timestamp(TimeUnit::Millisecond, zone)
            if matches!(array.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _)) =>
        {
            // Trino rounds when it drops digits.
            let bare = plain(array, &DataType::Timestamp(TimeUnit::Microsecond, None), false)?;
            let ms = bare
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .map(|v| v.map(|v| (v + 500).div_euclid(1000)));
            let made = ms.collect::<PrimitiveArray<TimestampMillisecondType>>();
            Ok(Arc::new(made.with_timezone_opt(zone.clone())))
        }
        _ => plain(array, to, false),
    }
}

/// The wall clock of zoned instants.
pub(crate) fn wall_clock(array: &ArrayRef, zone: &str) -> Result<ArrayRef, SqlError> {
    let ms = plain(array, &timestamp_tz(zone), false)?;
    let local = ms
        .as_primitive::<TimestampMillisecondType>()
        .iter()
        .map(|v| v.map(|v| v + offset_ms(zone, v, false)));
    Ok(Arc::new(local.collect::<PrimitiveArray<TimestampMillisecondType>>()))
}

/// Milliseconds that a zone is ahead of UTC at an instant, or at a wall-clock time.
pub(crate) fn offset_ms(zone: &str, ms: i64, local: bool) -> i64 {
    let at = DateTime::from_timestamp_millis(ms).map(|t| t.naive_utc()).unwrap_or_default();
    offset_seconds(zone, at, local).unwrap_or(0) * 1000
}
