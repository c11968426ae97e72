//! Hive types: what the catalog calls the type of a column, and the type that holds what two types hold.

use std::fmt;

/// A type as the catalog writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Hive's type of its name")]
pub enum Hive {
    /// Nothing but absent values were seen. Written as `string`; assumed.
    Null,
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal(u8, i8),
    String,
    Binary,
    Date,
    Timestamp,
    Array(Box<Hive>),
    Struct(Vec<(String, Hive)>),
    Map(Box<Hive>, Box<Hive>),
}

impl Hive {
    /// The narrowest type that holds the values of both. Where there is none, `string`; assumed.
    pub(super) fn merge(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        match (self, other) {
            (Self::Null, other) | (other, Self::Null) => other,
            (Self::Array(one), Self::Array(two)) => Self::Array(Box::new(one.merge(*two))),
            (Self::Struct(one), Self::Struct(two)) => Self::Struct(merge_fields(one, two)),
            (Self::Map(key, one), Self::Map(other_key, two)) => {
                Self::Map(Box::new(key.merge(*other_key)), Box::new(one.merge(*two)))
            }
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            (one, two) => match (one.number_rank(), two.number_rank()) {
                (Some(one_rank), Some(two_rank)) => {
                    if one_rank > two_rank {
                        one
                    } else {
                        two
                    }
                }
                _ => Self::String,
            },
        }
    }

    /// Numbers by how much they hold.
    fn number_rank(&self) -> Option<u8> {
        match self {
            Self::TinyInt => Some(0),
            Self::SmallInt => Some(1),
            Self::Int => Some(2),
            Self::BigInt => Some(3),
            Self::Float => Some(4),
            Self::Double => Some(5),
            _ => None,
        }
    }
}

fn merge_fields(mut one: Vec<(String, Hive)>, two: Vec<(String, Hive)>) -> Vec<(String, Hive)> {
    for (name, hive) in two {
        match one.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = std::mem::replace(known, Hive::Null).merge(hive),
            None => one.push((name, hive)),
        }
    }
    one
}

impl fmt::Display for Hive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Null | Self::String => f.write_str("string"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Array(entry) => write!(f, "array<{entry}>"),
            Self::Map(key, value) => write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (n, (name, hive)) in fields.iter().enumerate() {
                    write!(f, "{}{name}:{hive}", if n == 0 { "" } else { "," })?;
                }
                f.write_str(">")
            }
        }
    }
}
