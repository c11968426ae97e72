//! Arrays. Documented: trino.io/docs/current/functions/array.html. Functions over lambdas are in `lambda.rs`.
//!
//! Most work on `ScalarValue`s: arrays of a row are short. Left out: `combinations`, `ngrams`, `shuffle`, `trim_array`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortOptions, take};
use arrow::datatypes::DataType;
use datafusion::scalar::ScalarValue;

use crate::error::SqlError;
use crate::functions::def::{Call, Def, from_scalars, invalid};
use crate::render::text::cell;
use crate::types::array_element;

pub(crate) const ALL: &[Def] = &[
    Def { name: "cardinality", overloads: &["array(T) -> bigint", "map(K,V) -> bigint"], run: cardinality },
    Def { name: "contains", overloads: &["array(T), T -> boolean"], run: contains },
    Def { name: "array_position", overloads: &["array(T), T -> bigint"], run: position },
    Def { name: "array_remove", overloads: &["array(T), T -> array(T)"], run: remove },
    Def { name: "array_distinct", overloads: &["array(T) -> array(T)"], run: |c| sets(c, |a, _| unique(a)) },
    Def {
        name: "array_union",
        overloads: &["array(T), array(T) -> array(T)"],
        run: |c| sets(c, |a, b| unique([a, b].concat())),
    },
    Def {
        name: "array_intersect",
        overloads: &["array(T), array(T) -> array(T)"],
        run: |c| sets(c, |a, b| unique(a.into_iter().filter(|v| b.contains(v)).collect())),
    },
    Def {
        name: "array_except",
        overloads: &["array(T), array(T) -> array(T)"],
        run: |c| sets(c, |a, b| unique(a.into_iter().filter(|v| !b.contains(v)).collect())),
    },
    Def { name: "arrays_overlap", overloads: &["array(T), array(T) -> boolean"], run: overlap },
    Def { name: "array_sort", overloads: &["array(T) -> array(T)"], run: sort },
    Def { name: "array_max", overloads: &["array(T) -> T"], run: |c| extreme(c, false) },
    Def { name: "array_min", overloads: &["array(T) -> T"], run: |c| extreme(c, true) },
    Def {
        name: "array_join",
        overloads: &["array(T), varchar -> varchar", "array(T), varchar, varchar -> varchar"],
        run: join,
    },
    Def { name: "flatten", overloads: &["array(array(T)) -> array(T)"], run: flatten },
    Def { name: "slice", overloads: &["array(T), bigint, bigint -> array(T)"], run: slice },
    Def { name: "repeat", overloads: &["T, bigint -> array(T)"], run: repeat },
];

/// The elements of one row.
pub(crate) fn items(list: &ListArray, row: usize) -> Result<Vec<ScalarValue>, SqlError> {
    let values = list.value(row);
    Ok((0..values.len()).map(|i| ScalarValue::try_from_array(&values, i)).collect::<Result<_, _>>()?)
}

/// Lists of a type from the elements of each row.
pub(crate) fn lists(rows: Vec<Option<Vec<ScalarValue>>>, t: &DataType) -> Result<ArrayRef, SqlError> {
    let DataType::List(field) = t else { return Err(invalid("an array type is needed")) };
    let lengths: Vec<usize> = rows.iter().map(|r| r.as_ref().map_or(0, Vec::len)).collect();
    let valid: arrow::buffer::NullBuffer = rows.iter().map(Option::is_some).collect::<Vec<bool>>().into();
    let values = from_scalars(rows.into_iter().flatten().flatten().map(Some).collect(), field.data_type())?;
    Ok(Arc::new(ListArray::try_new(field.clone(), OffsetBuffer::from_lengths(lengths), values, Some(valid))?))
}

/// The same lists with the elements of each picked anew, by place in the child array.
pub(crate) fn rebuild(
    list: &ListArray,
    pick: impl Fn(usize, usize) -> Vec<usize>,
) -> Result<ArrayRef, SqlError> {
    let DataType::List(field) = list.data_type() else { return Err(invalid("an array is needed")) };
    let mut indices: Vec<u32> = Vec::new();
    let mut lengths = Vec::with_capacity(list.len());
    for window in list.value_offsets().windows(2) {
        let picked = pick(window[0] as usize, window[1] as usize);
        lengths.push(picked.len());
        indices.extend(picked.into_iter().map(|i| i as u32));
    }
    let values = take(list.values(), &UInt32Array::from(indices), None)?;
    Ok(Arc::new(ListArray::try_new(
        field.clone(),
        OffsetBuffer::from_lengths(lengths),
        values,
        list.nulls().cloned(),
    )?))
}

fn list<'a>(c: &'a Call) -> &'a ListArray {
    c.args[0].as_list::<i32>()
}

fn cardinality(c: &Call) -> Result<ArrayRef, SqlError> {
    if let Some(map) = c.args[0].as_map_opt() {
        return c.each_long(|i| Ok(Some(map.value_length(i).into())));
    }
    c.each_long(|i| Ok(Some(list(c).value_length(i).into())))
}

/// NULL when the value is not there but a NULL is.
fn contains(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_boolean(|i| {
        let (all, wanted) = (items(list(c), i)?, ScalarValue::try_from_array(&c.args[1], i)?);
        Ok(if all.contains(&wanted) {
            Some(true)
        } else if all.iter().any(ScalarValue::is_null) {
            None
        } else {
            Some(false)
        })
    })
}

fn position(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let wanted = ScalarValue::try_from_array(&c.args[1], i)?;
        Ok(Some(items(list(c), i)?.iter().position(|v| *v == wanted).map_or(0, |p| p as i64 + 1)))
    })
}

fn remove(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let wanted = ScalarValue::try_from_array(&c.args[1], i)?;
        Ok(Some(items(list(c), i)?.into_iter().filter(|v| *v != wanted).collect()))
    })?;
    lists(rows, c.returns)
}

fn unique(all: Vec<ScalarValue>) -> Vec<ScalarValue> {
    let mut seen = indexmap::IndexSet::new();
    seen.extend(all);
    seen.into_iter().collect()
}

fn sets(
    c: &Call,
    f: fn(Vec<ScalarValue>, Vec<ScalarValue>) -> Vec<ScalarValue>,
) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let other = if c.has(1) { items(c.args[1].as_list::<i32>(), i)? } else { vec![] };
        Ok(Some(f(items(list(c), i)?, other)))
    })?;
    lists(rows, c.returns)
}

fn overlap(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_boolean(|i| {
        let (a, b) = (items(list(c), i)?, items(c.args[1].as_list::<i32>(), i)?);
        let null = |all: &[ScalarValue]| all.iter().any(ScalarValue::is_null);
        let common = a.iter().any(|v| !v.is_null() && b.contains(v));
        Ok(if common {
            Some(true)
        } else if !a.is_empty() && !b.is_empty() && (null(&a) || null(&b)) {
            None
        } else {
            Some(false)
        })
    })
}

/// Ascending, NULLs last.
fn sort(c: &Call) -> Result<ArrayRef, SqlError> {
    let options = SortOptions { descending: false, nulls_first: false };
    let values = list(c).values();
    let compare = arrow::array::make_comparator(values.as_ref(), values.as_ref(), options)?;
    rebuild(list(c), |start, end| {
        let mut order: Vec<usize> = (start..end).collect();
        order.sort_by(|a, b| compare(*a, *b));
        order
    })
}

/// NULL when the array is empty or holds a NULL.
fn extreme(c: &Call, least: bool) -> Result<ArrayRef, SqlError> {
    let values = list(c).values();
    let compare = arrow::array::make_comparator(values.as_ref(), values.as_ref(), SortOptions::default())?;
    let offsets = list(c).value_offsets();
    let picked = c.each(|i| {
        let range = offsets[i] as usize..offsets[i + 1] as usize;
        if range.clone().any(|p| values.is_null(p)) {
            return Ok(None);
        }
        let best =
            if least { range.min_by(|a, b| compare(*a, *b)) } else { range.max_by(|a, b| compare(*a, *b)) };
        Ok(best.map(|p| p as u32))
    })?;
    Ok(take(values, &UInt32Array::from(picked), None)?)
}

fn join(c: &Call) -> Result<ArrayRef, SqlError> {
    if array_element(c.args[0].data_type()).is_some_and(DataType::is_nested) {
        return Err(invalid("Input type is not supported by array_join"));
    }
    c.each_text(|i| {
        let values = list(c).value(i);
        let for_null = c.has(2).then(|| c.text(2).value(i).to_string());
        let parts: Vec<String> =
            (0..values.len()).filter_map(|p| cell(values.as_ref(), p).or_else(|| for_null.clone())).collect();
        Ok(Some(parts.join(c.text(1).value(i))))
    })
}

fn flatten(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let outer = list(c).value(i);
        let inner = outer.as_list::<i32>();
        let mut all = Vec::new();
        for p in (0..inner.len()).filter(|p| inner.is_valid(*p)) {
            all.extend(items(inner, p)?);
        }
        Ok(Some(all))
    })?;
    lists(rows, c.returns)
}

fn slice(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let all = items(list(c), i)?;
        let (start, length) = (c.long(1, i), c.long(2, i));
        if start == 0 {
            return Err(invalid("SQL array indices start at 1"));
        }
        if length < 0 {
            return Err(invalid("length must be greater than or equal to 0"));
        }
        let from = if start > 0 { start - 1 } else { all.len() as i64 + start };
        if from < 0 {
            return Ok(Some(vec![]));
        }
        Ok(Some(all.into_iter().skip(from as usize).take(length as usize).collect()))
    })?;
    lists(rows, c.returns)
}

/// Most elements that `sequence` and `repeat` make, as in Trino.
const GENERATED_ITEMS_MAX: i64 = 10_000;

fn repeat(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut rows = Vec::with_capacity(c.rows);
    for i in 0..c.rows {
        if c.args[1].is_null(i) {
            rows.push(None);
            continue;
        }
        let count = c.long(1, i);
        if !(0..=GENERATED_ITEMS_MAX).contains(&count) {
            return Err(invalid(format!(
                "count argument of repeat function must be between 0 and {GENERATED_ITEMS_MAX}"
            )));
        }
        rows.push(Some(vec![ScalarValue::try_from_array(&c.args[0], i)?; count as usize]));
    }
    lists(rows, c.returns)
}

/// Numbers from one to another, both included.
pub(crate) fn steps(from: i64, to: i64, step: i64) -> Result<Vec<i64>, SqlError> {
    if step == 0 {
        return Err(invalid("step must not be zero"));
    }
    if (to > from && step < 0) || (to < from && step > 0) {
        return Err(invalid(
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
        ));
    }
    let count = (to.wrapping_sub(from) / step).saturating_add(1);
    if count > GENERATED_ITEMS_MAX {
        return Err(invalid("result of sequence function must not have more than 10000 entries"));
    }
    Ok((0..count).map(|n| from + n * step).collect())
}
