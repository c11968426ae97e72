//! A row of text cells read into a struct: the struct's types say how each cell is read.
//!
//! Athena answers text. A number, a truth value, an option, an enum's name and a text are read as they are asked for, so
//! that a decimal column goes into a `f64` or into a `String`, as its reader likes. Columns are found by name, in lower
//! case as Athena writes them, whatever their order. Left out: arrays, maps and rows in a cell, which are read as text.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer as _, MapAccess, Visitor};

/// Why a row does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CellError(String);

impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CellError {}

impl de::Error for CellError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

/// A row, by the columns' names.
pub(super) struct RowCells<'a> {
    pub(super) columns: &'a [String],
    pub(super) cells: &'a [Option<String>],
}

impl<'de> Deserializer<'de> for RowCells<'_> {
    type Error = CellError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_map(Cells { row: self, at: 0 })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Cells<'a> {
    row: RowCells<'a>,
    at: usize,
}

impl<'de> MapAccess<'de> for Cells<'_> {
    type Error = CellError;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, CellError> {
        let Some(name) = self.row.columns.get(self.at) else { return Ok(None) };
        let name: StringDeserializer<CellError> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, CellError> {
        let (column, cell) = (&self.row.columns[self.at], self.row.cells.get(self.at));
        self.at += 1;
        let text = cell.and_then(Option::as_deref);
        seed.deserialize(Cell(text)).map_err(|CellError(why)| {
            CellError(format!(
                "column {column} is {}: {why}",
                text.map_or("NULL".to_owned(), |it| format!("`{it}`"))
            ))
        })
    }
}

/// One cell; `None` is NULL.
struct Cell<'a>(Option<&'a str>);

impl<'a> Cell<'a> {
    fn text(&self) -> Result<&'a str, CellError> {
        self.0.ok_or_else(|| CellError("the field is no Option".to_owned()))
    }

    fn parse<T: std::str::FromStr>(&self) -> Result<T, CellError> {
        let text = self.text()?;
        text.parse().map_err(|_| CellError(format!("it is no {}", std::any::type_name::<T>())))
    }
}

/// What a cell is read as, where it is a number or a truth value.
macro_rules! parsed {
    ($($method:ident $visit:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
            visitor.$visit(self.parse()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = CellError;

    parsed! {
        deserialize_bool visit_bool, deserialize_char visit_char,
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32, deserialize_i64 visit_i64,
        deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64,
        deserialize_f32 visit_f32, deserialize_f64 visit_f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        match self.0 {
            Some(text) => visitor.visit_str(text),
            None => visitor.visit_unit(),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        if self.0.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, CellError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CellError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum State {
        Open,
        Paid,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Order {
        state: State,
        id: u64,
        amount: f64,
        note: Option<String>,
        paid: bool,
    }

    #[test]
    fn a_struct_says_how_its_cells_are_read() {
        let columns = ["id", "amount", "note", "paid", "state", "other"].map(str::to_owned);
        let read = |cells: [Option<&str>; 6]| {
            let cells = cells.map(|cell| cell.map(str::to_owned));
            Order::deserialize(RowCells { columns: &columns, cells: &cells }).map_err(|CellError(why)| why)
        };
        let row = [Some("7"), Some("12.50"), None, Some("true"), Some("paid"), Some("x")];
        let expected = Order { state: State::Paid, id: 7, amount: 12.5, note: None, paid: true };
        assert_eq!(read(row), Ok(expected));
        let check = |at: usize, cell: Option<&str>, said: &str| {
            let mut row = row;
            row[at] = cell;
            assert_eq!(read(row), Err(said.to_owned()));
        };
        check(0, Some("-7"), "column id is `-7`: it is no u64");
        check(1, None, "column amount is NULL: the field is no Option");
        check(4, Some("gone"), "column state is `gone`: unknown variant `gone`, expected `open` or `paid`");
    }
}
