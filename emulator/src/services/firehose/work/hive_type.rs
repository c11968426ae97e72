//! The types that a Glue column may have, and what each is in Arrow.
//!
//! Left out: `uniontype` and `interval`, which are refused by name; a timestamp is written as microseconds without a zone,
//! where AWS writes `INT96`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

/// A column's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HiveType {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Text,
    Binary,
    Timestamp,
    Date,
    Decimal { precision: u8, scale: i8 },
    Array(Box<HiveType>),
    Map(Box<HiveType>, Box<HiveType>),
    Struct(Vec<(String, HiveType)>),
}

impl HiveType {
    /// Reads a type as Glue spells it. Error: the part that is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let (found, rest) = Self::take(&lower)?;
        if rest.trim().is_empty() { Ok(found) } else { Err(rest.to_owned()) }
    }

    fn take(text: &str) -> Result<(Self, &str), String> {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let plain = match word {
            "boolean" => Self::Boolean,
            "tinyint" => Self::TinyInt,
            "smallint" => Self::SmallInt,
            "int" | "integer" => Self::Int,
            "bigint" | "long" => Self::BigInt,
            "float" | "real" => Self::Float,
            "double" => Self::Double,
            "string" => Self::Text,
            "binary" => Self::Binary,
            "timestamp" => Self::Timestamp,
            "date" => Self::Date,
            "varchar" | "char" => {
                let rest = rest.split_once(')').map_or(rest, |(_, after)| after);
                return Ok((Self::Text, rest));
            }
            "decimal" => return Self::take_decimal(rest),
            "array" => {
                let (entry, rest) = Self::take(opened(rest)?)?;
                return Ok((Self::Array(Box::new(entry)), closed(rest)?));
            }
            "map" => {
                let (key, rest) = Self::take(opened(rest)?)?;
                let rest = rest.trim_start().strip_prefix(',').ok_or_else(|| text.to_owned())?;
                let (value, rest) = Self::take(rest)?;
                return Ok((Self::Map(Box::new(key), Box::new(value)), closed(rest)?));
            }
            "struct" => return Self::take_struct(opened(rest)?),
            _ => return Err(text.to_owned()),
        };
        Ok((plain, rest))
    }

    fn take_decimal(rest: &str) -> Result<(Self, &str), String> {
        let Some(inside) = rest.strip_prefix('(') else {
            return Ok((Self::Decimal { precision: 10, scale: 0 }, rest));
        };
        let wrong = || rest.to_owned();
        let (numbers, rest) = inside.split_once(')').ok_or_else(wrong)?;
        let (precision, scale) = numbers.split_once(',').unwrap_or((numbers, "0"));
        let precision: u8 = precision.trim().parse().map_err(|_| wrong())?;
        let scale: i8 = scale.trim().parse().map_err(|_| wrong())?;
        if !(1..=38).contains(&precision) || !(0..=38).contains(&scale) {
            return Err(wrong());
        }
        Ok((Self::Decimal { precision, scale }, rest))
    }

    fn take_struct(mut rest: &str) -> Result<(Self, &str), String> {
        let mut fields = Vec::new();
        loop {
            let (name, after) = rest.split_once(':').ok_or_else(|| rest.to_owned())?;
            let (kind, after) = Self::take(after)?;
            fields.push((name.trim().to_owned(), kind));
            let after = after.trim_start();
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => return Ok((Self::Struct(fields), closed(after)?)),
            }
        }
    }

    /// The type in Arrow.
    pub(super) fn arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Date => DataType::Date32,
            Self::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
            Self::Array(entry) => DataType::List(entry.entry_field()),
            Self::Map(key, value) => DataType::Map(Arc::new(Self::map_entries(key, value)), false),
            Self::Struct(fields) => DataType::Struct(Self::fields(fields)),
        }
    }

    pub(super) fn fields(fields: &[(String, HiveType)]) -> Fields {
        fields.iter().map(|(name, kind)| Field::new(name, kind.arrow(), true)).collect()
    }

    pub(super) fn entry_field(&self) -> Arc<Field> {
        Arc::new(Field::new("element", self.arrow(), true))
    }

    pub(super) fn map_entries(key: &Self, value: &Self) -> Field {
        Field::new("key_value", DataType::Struct(Self::map_fields(key, value)), false)
    }

    pub(super) fn map_fields(key: &Self, value: &Self) -> Fields {
        Fields::from(vec![Field::new("key", key.arrow(), false), Field::new("value", value.arrow(), true)])
    }
}

fn opened(rest: &str) -> Result<&str, String> {
    rest.trim_start().strip_prefix('<').ok_or_else(|| rest.to_owned())
}

fn closed(rest: &str) -> Result<&str, String> {
    rest.trim_start().strip_prefix('>').ok_or_else(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_glue_spells_them() {
        for (text, expected) in [
            ("int", "Int"),
            ("decimal(12, 2)", "Decimal { precision: 12, scale: 2 }"),
            ("varchar(20)", "Text"),
            (
                "array<struct<a:int,b:map<string,double>>>",
                "Array(Struct([(\"a\", Int), (\"b\", Map(Text, Double))]))",
            ),
        ] {
            assert_eq!(
                HiveType::parse(text).map(|found| format!("{found:?}")).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        for bad in ["uniontype<int>", "array<int", "decimal(40,2)", "int x"] {
            assert!(HiveType::parse(bad).is_err(), "{bad}");
        }
    }
}
