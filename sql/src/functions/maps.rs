//! Maps. Documented: trino.io/docs/current/functions/map.html. Functions over lambdas are in `lambda.rs`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use datafusion::scalar::ScalarValue;

use crate::error::SqlError;
use crate::functions::arrays::items;
use crate::functions::def::{Call, Def, from_scalars, invalid};
use crate::types::map_parts;

pub(crate) const ALL: &[Def] = &[
    Def { name: "map", overloads: &["array(K), array(V) -> map(K,V)"], run: map },
    Def { name: "map_keys", overloads: &["map(K,V) -> array(K)"], run: |c| column(c, 0) },
    Def { name: "map_values", overloads: &["map(K,V) -> array(V)"], run: |c| column(c, 1) },
    Def { name: "map_concat", overloads: &["map(K,V), map(K,V)... -> map(K,V)"], run: concat },
    Def {
        name: "split_to_map",
        overloads: &["varchar, varchar, varchar -> map(varchar, varchar)"],
        run: split_to_map,
    },
];

/// One map: its entries in order.
pub(crate) type Entries = Vec<(ScalarValue, ScalarValue)>;

/// Maps of a type from the entries of each row.
pub(crate) fn maps(rows: Vec<Option<Entries>>, t: &DataType) -> Result<ArrayRef, SqlError> {
    let (Some((key, value)), DataType::Map(field, _)) = (map_parts(t), t) else {
        return Err(invalid("a map type is needed"));
    };
    let DataType::Struct(fields) = field.data_type() else { return Err(invalid("a map type is needed")) };
    let lengths: Vec<usize> = rows.iter().map(|r| r.as_ref().map_or(0, Vec::len)).collect();
    let valid: NullBuffer = rows.iter().map(Option::is_some).collect::<Vec<bool>>().into();
    let (keys, values): (Vec<_>, Vec<_>) =
        rows.into_iter().flatten().flatten().map(|(k, v)| (Some(k), Some(v))).unzip();
    let entries = StructArray::try_new(
        fields.clone(),
        vec![from_scalars(keys, key)?, from_scalars(values, value)?],
        None,
    )?;
    Ok(Arc::new(MapArray::try_new(
        field.clone(),
        OffsetBuffer::from_lengths(lengths),
        entries,
        Some(valid),
        false,
    )?))
}

/// The entries of one row.
pub(crate) fn entries(map: &MapArray, row: usize) -> Result<Entries, SqlError> {
    let entries = map.value(row);
    let (keys, values) = (entries.column(0), entries.column(1));
    (0..entries.len())
        .map(|i| Ok((ScalarValue::try_from_array(keys, i)?, ScalarValue::try_from_array(values, i)?)))
        .collect::<Result<_, SqlError>>()
}

fn map(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let keys = items(c.args[0].as_list::<i32>(), i)?;
        let values = items(c.args[1].as_list::<i32>(), i)?;
        if keys.len() != values.len() {
            return Err(invalid("Key and value arrays must be the same length"));
        }
        for (n, key) in keys.iter().enumerate() {
            if key.is_null() {
                return Err(invalid("map key cannot be null"));
            }
            if keys[..n].contains(key) {
                return Err(invalid(format!("Duplicate map keys ({key}) are not allowed")));
            }
        }
        Ok(Some(keys.into_iter().zip(values).collect()))
    })?;
    maps(rows, c.returns)
}

fn column(c: &Call, which: usize) -> Result<ArrayRef, SqlError> {
    let map = c.args[0].as_map();
    let DataType::List(field) = c.returns else { return Err(invalid("an array type is needed")) };
    let values = map.entries().column(which).clone();
    Ok(Arc::new(ListArray::try_new(field.clone(), map.offsets().clone(), values, map.nulls().cloned())?))
}

/// The last map's value wins.
fn concat(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let mut all: indexmap::IndexMap<ScalarValue, ScalarValue> = indexmap::IndexMap::new();
        for arg in c.args {
            all.extend(entries(arg.as_map(), i)?);
        }
        Ok(Some(all.into_iter().collect()))
    })?;
    maps(rows, c.returns)
}

fn split_to_map(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let (text, between, inside) = (c.text(0).value(i), c.text(1).value(i), c.text(2).value(i));
        let mut all: Entries = Vec::new();
        for pair in text.split(between).filter(|p| !p.is_empty()) {
            let Some((k, v)) = pair.split_once(inside) else {
                return Err(invalid(format!(
                    "Key-value delimiter must appear exactly once in each entry. Bad input: '{pair}'"
                )));
            };
            let key = ScalarValue::Utf8View(Some(k.to_string()));
            if all.iter().any(|(known, _)| *known == key) {
                return Err(invalid(format!("Duplicate keys ({k}) are not allowed")));
            }
            all.push((key, ScalarValue::Utf8View(Some(v.to_string()))));
        }
        Ok(Some(all))
    })?;
    maps(rows, c.returns)
}
