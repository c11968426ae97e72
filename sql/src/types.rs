//! One table of types: Hive text (`array<int>`) and Trino text (`array(integer)`) to Arrow and back.
//!
//! `varchar` is `Utf8View`; JSON, which Arrow lacks, is `LargeUtf8`, used for nothing else. `timestamp` has
//! milliseconds, as in Athena's Hive tables. Left out: `char(n)` padding, `ipaddress`, `uuid`, sketches, geometry.
//! Start with `parse_type`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};

use crate::error::{ErrorKind, SqlError};

/// JSON values, kept as their canonical text.
pub(crate) const JSON: DataType = DataType::LargeUtf8;
/// Text of any length.
pub(crate) const VARCHAR: DataType = DataType::Utf8View;
/// `timestamp(3)`.
pub(crate) const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);
/// Every interval type.
pub(crate) const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
/// Most digits of a decimal.
pub(crate) const DECIMAL_PRECISION_MAX: u8 = 38;

/// `timestamp(3) with time zone`, all of whose values are in one zone.
pub(crate) fn timestamp_tz(zone: &str) -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some(zone.into()))
}

/// Whether a type holds text.
pub(crate) fn is_varchar(t: &DataType) -> bool {
    matches!(t, DataType::Utf8 | DataType::Utf8View)
}

/// Whether a type is one of the four integer types.
pub(crate) fn is_integer(t: &DataType) -> bool {
    matches!(t, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64)
}

/// Whether arithmetic applies to a type.
pub(crate) fn is_numeric(t: &DataType) -> bool {
    is_integer(t) || matches!(t, DataType::Float32 | DataType::Float64 | DataType::Decimal128(..))
}

/// `array(element)`.
pub(crate) fn array_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}

/// `map(key, value)`.
pub(crate) fn map_of(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

/// Key and value type of a map.
pub(crate) fn map_parts(t: &DataType) -> Option<(&DataType, &DataType)> {
    let DataType::Map(entries, _) = t else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    Some((fields.first()?.data_type(), fields.get(1)?.data_type()))
}

/// Element type of an array.
pub(crate) fn array_element(t: &DataType) -> Option<&DataType> {
    match t {
        DataType::List(field) | DataType::LargeList(field) => Some(field.data_type()),
        _ => None,
    }
}

/// Digits of an integer type as a decimal: Trino's rule for `integer + decimal`.
pub(crate) fn as_decimal(t: &DataType) -> Option<(u8, i8)> {
    Some(match t {
        DataType::Int8 => (3, 0),
        DataType::Int16 => (5, 0),
        DataType::Int32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::Decimal128(p, s) => (*p, *s),
        _ => return None,
    })
}

/// The type both sides are converted to without asking, or none when Trino refuses to mix them.
///
/// Documented: github.com/trinodb/trino, `TypeCoercion` (read 2026-11-29). Not as there: a timestamp and one with a zone get the
/// precision of the latter, not the finer of both.
pub(crate) fn common(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType as T;
    if a == b {
        return Some(a.clone());
    }
    if is_varchar(a) && is_varchar(b) {
        return Some(VARCHAR);
    }
    match (a, b) {
        (T::Null, other) | (other, T::Null) => Some(other.clone()),
        (x, y) if is_integer(x) && is_integer(y) => {
            Some(if rank(x) >= rank(y) { x.clone() } else { y.clone() })
        }
        (x, y) if is_numeric(x) && is_numeric(y) => common_numeric(x, y),
        (T::Date32, t @ T::Timestamp(..)) | (t @ T::Timestamp(..), T::Date32) => Some(t.clone()),
        (T::Timestamp(_, None), t @ T::Timestamp(_, Some(_)))
        | (t @ T::Timestamp(_, Some(_)), T::Timestamp(_, None)) => Some(t.clone()),
        (T::Timestamp(x, za), T::Timestamp(y, _)) => Some(T::Timestamp(finer(*x, *y), za.clone())),
        (T::List(x), T::List(y)) => Some(array_of(common(x.data_type(), y.data_type())?)),
        (T::Map(..), T::Map(..)) => {
            let ((ka, va), (kb, vb)) = (map_parts(a)?, map_parts(b)?);
            Some(map_of(common(ka, kb)?, common(va, vb)?))
        }
        (T::Struct(x), T::Struct(y)) if x.len() == y.len() => {
            let fields: Option<Vec<FieldRef>> = x
                .iter()
                .zip(y.iter())
                .map(|(l, r)| Some(field(l.name(), common(l.data_type(), r.data_type())?)))
                .collect();
            Some(T::Struct(fields?.into()))
        }
        (T::Binary, T::BinaryView) | (T::BinaryView, T::Binary) => Some(T::Binary),
        _ => None,
    }
}

fn common_numeric(x: &DataType, y: &DataType) -> Option<DataType> {
    use DataType as T;
    if matches!(x, T::Float64) || matches!(y, T::Float64) {
        return Some(T::Float64);
    }
    if matches!(x, T::Float32) || matches!(y, T::Float32) {
        return Some(T::Float32);
    }
    let ((p1, s1), (p2, s2)) = (as_decimal(x)?, as_decimal(y)?);
    let scale = s1.max(s2);
    let whole = (p1 as i8 - s1).max(p2 as i8 - s2);
    Some(T::Decimal128((whole + scale).min(DECIMAL_PRECISION_MAX as i8) as u8, scale))
}

fn rank(t: &DataType) -> u8 {
    match t {
        DataType::Int8 => 1,
        DataType::Int16 => 2,
        DataType::Int32 => 3,
        _ => 4,
    }
}

fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    let order = |u: TimeUnit| match u {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    };
    if order(a) >= order(b) { a } else { b }
}

fn field(name: &str, t: DataType) -> FieldRef {
    Arc::new(Field::new(name, t, true))
}

/// Reads a type in Hive's or Trino's spelling. Error: `TYPE_MISMATCH: Unknown type: x`.
pub(crate) fn parse_type(text: &str) -> Result<DataType, SqlError> {
    let mut reader = Reader { text, at: 0 };
    let t = reader.read_type()?;
    reader.skip_blank();
    if reader.at != text.len() {
        return Err(reader.unknown());
    }
    Ok(t)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn unknown(&self) -> SqlError {
        SqlError::new(ErrorKind::TypeMismatch, format!("Unknown type: {}", self.text.trim()))
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, mark: &str) -> bool {
        self.skip_blank();
        let found = self.rest().get(..mark.len()).is_some_and(|t| t.eq_ignore_ascii_case(mark));
        if found {
            self.at += mark.len();
        }
        found
    }

    fn word(&mut self) -> String {
        self.skip_blank();
        if let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '`')) {
            let inner: String = self.rest().chars().skip(1).take_while(|c| *c != quote).collect();
            self.at += inner.len() + 2;
            return inner.to_lowercase();
        }
        let word: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'))
            .collect();
        self.at += word.len();
        word.to_lowercase()
    }

    /// `(n)` or `(n, m)`, or nothing.
    fn numbers(&mut self) -> Result<Vec<u8>, SqlError> {
        let mut found = Vec::new();
        if !self.eat("(") {
            return Ok(found);
        }
        loop {
            self.skip_blank();
            // varchar(65535) and the like: the length does not matter to us.
            let digits: String = self.rest().chars().take_while(char::is_ascii_digit).collect();
            if digits.is_empty() {
                return Err(self.unknown());
            }
            self.at += digits.len();
            found.push(digits.parse().unwrap_or(u8::MAX));
            if !self.eat(",") {
                break;
            }
        }
        if self.eat(")") { Ok(found) } else { Err(self.unknown()) }
    }

    fn read_type(&mut self) -> Result<DataType, SqlError> {
        let name = self.word();
        Ok(match name.as_str() {
            "boolean" => DataType::Boolean,
            "tinyint" => DataType::Int8,
            "smallint" => DataType::Int16,
            "int" | "integer" => DataType::Int32,
            "bigint" => DataType::Int64,
            "float" | "real" => DataType::Float32,
            "double" => {
                self.eat("precision");
                DataType::Float64
            }
            "decimal" | "numeric" | "dec" => self.decimal()?,
            "string" => VARCHAR,
            "varchar" | "char" | "character" => {
                self.eat("varying");
                self.numbers()?;
                VARCHAR
            }
            "binary" | "varbinary" => DataType::Binary,
            "date" => DataType::Date32,
            "timestamp" => self.timestamp()?,
            "time" => {
                self.numbers()?;
                DataType::Time32(TimeUnit::Millisecond)
            }
            "json" => JSON,
            "unknown" => DataType::Null,
            "interval" => {
                while !self.word().is_empty() {}
                INTERVAL
            }
            "array" => {
                let close = self.open()?;
                let element = self.read_type()?;
                self.close(close)?;
                array_of(element)
            }
            "map" => {
                let close = self.open()?;
                let key = self.read_type()?;
                if !self.eat(",") {
                    return Err(self.unknown());
                }
                let value = self.read_type()?;
                self.close(close)?;
                map_of(key, value)
            }
            "row" | "struct" => self.row()?,
            _ => return Err(self.unknown()),
        })
    }

    fn open(&mut self) -> Result<&'static str, SqlError> {
        if self.eat("<") {
            Ok(">")
        } else if self.eat("(") {
            Ok(")")
        } else {
            Err(self.unknown())
        }
    }

    fn close(&mut self, mark: &str) -> Result<(), SqlError> {
        if self.eat(mark) { Ok(()) } else { Err(self.unknown()) }
    }

    fn decimal(&mut self) -> Result<DataType, SqlError> {
        let numbers = self.numbers()?;
        // Trino's default is (38, 0), Hive's (10, 0); Athena's DDL writes the digits out.
        let precision = numbers.first().copied().unwrap_or(DECIMAL_PRECISION_MAX);
        let scale = numbers.get(1).copied().unwrap_or(0);
        if precision == 0 || precision > DECIMAL_PRECISION_MAX || scale > precision {
            return Err(SqlError::new(
                ErrorKind::TypeMismatch,
                format!(
                    "DECIMAL precision must be in range [1, 38] and scale at most the precision: {}",
                    self.text
                ),
            ));
        }
        Ok(DataType::Decimal128(precision, scale as i8))
    }

    fn timestamp(&mut self) -> Result<DataType, SqlError> {
        let unit = match self.numbers()?.first().copied().unwrap_or(3) {
            0..=3 => TimeUnit::Millisecond,
            4..=6 => TimeUnit::Microsecond,
            _ => TimeUnit::Nanosecond,
        };
        let zoned = self.eat("with time zone");
        self.eat("without time zone");
        Ok(DataType::Timestamp(unit, zoned.then(|| "UTC".into())))
    }

    fn row(&mut self) -> Result<DataType, SqlError> {
        let close = self.open()?;
        let mut fields: Vec<FieldRef> = Vec::new();
        loop {
            let start = self.at;
            let name = self.word();
            let colon = self.eat(":");
            self.skip_blank();
            let anonymous = !colon && matches!(self.rest().chars().next(), Some(',' | ')' | '(' | '>' | '<'));
            if anonymous {
                self.at = start;
                fields.push(field(&format!("field{}", fields.len()), self.read_type()?));
            } else {
                fields.push(field(&name, self.read_type()?));
            }
            if !self.eat(",") {
                break;
            }
        }
        self.close(close)?;
        Ok(DataType::Struct(fields.into()))
    }
}

/// A type in Trino's spelling, as error messages and `typeof` write it.
pub(crate) fn trino_name(t: &DataType) -> String {
    use DataType as T;
    match t {
        T::Null => "unknown".into(),
        T::Boolean => "boolean".into(),
        T::Int8 => "tinyint".into(),
        T::Int16 => "smallint".into(),
        T::Int32 => "integer".into(),
        T::Int64 | T::UInt64 | T::UInt32 => "bigint".into(),
        T::Float32 => "real".into(),
        T::Float64 => "double".into(),
        T::Decimal128(p, s) => format!("decimal({p},{s})"),
        T::Utf8 | T::Utf8View => "varchar".into(),
        T::LargeUtf8 => "json".into(),
        T::Binary | T::BinaryView | T::LargeBinary => "varbinary".into(),
        T::Date32 => "date".into(),
        T::Time32(_) | T::Time64(_) => "time(3)".into(),
        T::Timestamp(unit, zone) => {
            let suffix = if zone.is_some() { " with time zone" } else { "" };
            format!("timestamp({}){suffix}", digits_of(*unit))
        }
        T::Interval(_) | T::Duration(_) => "interval day to second".into(),
        T::List(e) | T::LargeList(e) => format!("array({})", trino_name(e.data_type())),
        T::Map(..) => match map_parts(t) {
            Some((k, v)) => format!("map({}, {})", trino_name(k), trino_name(v)),
            None => "map".into(),
        },
        T::Struct(fields) => {
            let parts: Vec<String> = fields.iter().map(|f| row_field(f)).collect();
            format!("row({})", parts.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

fn row_field(f: &Field) -> String {
    if is_anonymous(f.name()) {
        trino_name(f.data_type())
    } else {
        format!("{} {}", f.name(), trino_name(f.data_type()))
    }
}

/// Whether a row field was written without a name.
pub(crate) fn is_anonymous(name: &str) -> bool {
    name.strip_prefix("field").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Fraction digits of a time unit.
pub(crate) fn digits_of(unit: TimeUnit) -> usize {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// A type in Hive's spelling, as Glue stores it. None for types a Hive table cannot hold.
pub(crate) fn hive_name(t: &DataType) -> Option<String> {
    use DataType as T;
    Some(match t {
        T::Boolean => "boolean".into(),
        T::Int8 => "tinyint".into(),
        T::Int16 => "smallint".into(),
        T::Int32 => "int".into(),
        T::Int64 => "bigint".into(),
        T::Float32 => "float".into(),
        T::Float64 => "double".into(),
        T::Decimal128(p, s) => format!("decimal({p},{s})"),
        T::Utf8 | T::Utf8View => "string".into(),
        T::Binary | T::BinaryView => "binary".into(),
        T::Date32 => "date".into(),
        T::Timestamp(_, None) => "timestamp".into(),
        T::List(e) => format!("array<{}>", hive_name(e.data_type())?),
        T::Map(..) => {
            let (k, v) = map_parts(t)?;
            format!("map<{},{}>", hive_name(k)?, hive_name(v)?)
        }
        T::Struct(fields) => {
            let parts: Option<Vec<String>> =
                fields.iter().map(|f| Some(format!("{}:{}", f.name(), hive_name(f.data_type())?))).collect();
            format!("struct<{}>", parts?.join(","))
        }
        _ => return None,
    })
}

/// A type as `GetQueryResults` names it in `ColumnInfo.Type`, with its precision and scale.
///
/// Documented for varchar, numbers and dates: the recorded metadata in github.com/laughingman7743/PyAthena tests
/// (varchar 2147483647, integer 10, bigint 19, double 17, real 17, date 0, timestamp 3, boolean 0). Assumed: the rest.
pub(crate) fn athena_type(t: &DataType) -> (&'static str, u32, u32) {
    use DataType as T;
    match t {
        T::Boolean => ("boolean", 0, 0),
        T::Int8 => ("tinyint", 3, 0),
        T::Int16 => ("smallint", 5, 0),
        T::Int32 => ("integer", 10, 0),
        T::Int64 | T::UInt64 => ("bigint", 19, 0),
        T::Float32 => ("float", 17, 0),
        T::Float64 => ("double", 17, 0),
        T::Decimal128(p, s) => ("decimal", u32::from(*p), *s as u32),
        T::Utf8 | T::Utf8View => ("varchar", i32::MAX as u32, 0),
        T::LargeUtf8 => ("json", 0, 0),
        T::Binary | T::BinaryView => ("varbinary", 1_073_741_824, 0),
        T::Date32 => ("date", 0, 0),
        T::Time32(_) | T::Time64(_) => ("time", 3, 0),
        T::Timestamp(_, None) => ("timestamp", 3, 0),
        T::Timestamp(_, Some(_)) => ("timestamp with time zone", 3, 0),
        T::Interval(_) => ("interval day to second", 0, 0),
        T::List(_) => ("array", 0, 0),
        T::Map(..) => ("map", 0, 0),
        T::Struct(_) => ("row", 0, 0),
        _ => ("unknown", 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hive_and_trino_spellings_meet_in_one_type() {
        for (text, trino, hive) in [
            ("int", "integer", "int"),
            (
                "array<struct<a:int,b:string>>",
                "array(row(a integer, b varchar))",
                "array<struct<a:int,b:string>>",
            ),
            ("map(varchar(10), double)", "map(varchar, double)", "map<string,double>"),
            ("row(x integer, y array(date))", "row(x integer, y array(date))", "struct<x:int,y:array<date>>"),
            ("row(integer, varchar)", "row(integer, varchar)", "struct<field0:int,field1:string>"),
            ("decimal(10, 2)", "decimal(10,2)", "decimal(10,2)"),
            ("timestamp(3)", "timestamp(3)", "timestamp"),
            ("double precision", "double", "double"),
        ] {
            let t = parse_type(text).expect(text);
            assert_eq!(trino_name(&t), trino, "{text}");
            assert_eq!(hive_name(&t).as_deref(), Some(hive), "{text}");
        }
        for bad in ["", "strin", "array<int", "decimal(40,2)", "int int"] {
            assert!(parse_type(bad).is_err(), "{bad}");
        }
    }
}
