//! Functions whose result type depends on more than the types of their arguments: rows, subscripts, zones, rounding.
//!
//! Start with `ALL`; zones and sequences are in `special_time.rs`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, PrimitiveArray, StringViewArray, StructArray, UInt32Array,
    new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Fields, Int64Type};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};
use datafusion::scalar::ScalarValue;

use crate::error::{ErrorKind, SqlError};
use crate::functions::arrays::{items, lists};
use crate::functions::cast::cast_array;
use crate::functions::def::{Call, invalid, invoke};
use crate::functions::maps::maps;
use crate::functions::{format, special_time};
use crate::types::{VARCHAR, array_of, common, is_integer, is_varchar, map_of, map_parts, trino_name};

/// Types of the arguments, and their values where they are constant.
pub(crate) struct Args<'a> {
    pub(crate) name: &'static str,
    pub(crate) types: Vec<DataType>,
    pub(crate) constants: &'a [Option<&'a ScalarValue>],
}

impl Args<'_> {
    /// Trino's complaint about argument types.
    pub(crate) fn unexpected(&self, expected: &str) -> SqlError {
        let given: Vec<String> = self.types.iter().map(trino_name).collect();
        SqlError::new(
            ErrorKind::FunctionNotFound,
            format!(
                "Unexpected parameters ({}) for function {}. Expected: {expected}",
                given.join(", "),
                self.name
            ),
        )
    }

    pub(crate) fn text(&self, i: usize) -> Option<String> {
        self.constants.get(i).copied().flatten().and_then(|v| v.try_as_str().flatten().map(str::to_string))
    }
}

/// A function of this file.
pub(crate) struct SpecialDef {
    pub(crate) name: &'static str,
    pub(crate) returns: fn(&Args) -> Result<DataType, SqlError>,
    pub(crate) run: fn(&Call) -> Result<ArrayRef, SqlError>,
}

const ALL: &[SpecialDef] = &[
    SpecialDef { name: "$row", returns: row_type, run: row },
    SpecialDef { name: "$array", returns: array_type, run: array },
    SpecialDef { name: "$field", returns: field_type, run: field },
    SpecialDef { name: "$subscript", returns: subscript_type, run: |c| subscript(c, true) },
    SpecialDef { name: "element_at", returns: subscript_type, run: |c| subscript(c, false) },
    SpecialDef { name: "$unnest", returns: unnest_type, run: unnest },
    SpecialDef { name: "concat", returns: concat_type, run: concat },
    SpecialDef {
        name: "typeof",
        returns: |_| Ok(VARCHAR),
        run: |c| Ok(Arc::new(StringViewArray::from(vec![Some(trino_name(c.args[0].data_type())); c.rows]))),
    },
    SpecialDef { name: "round", returns: round_type, run: |c| round(c, true) },
    SpecialDef { name: "truncate", returns: round_type, run: |c| round(c, false) },
    SpecialDef { name: "map_entries", returns: map_entries_type, run: map_entries },
    SpecialDef { name: "map_from_entries", returns: map_from_entries_type, run: map_from_entries },
];

/// Every function of this file and of `special_time.rs`, plain and under TRY.
pub(crate) fn all() -> Vec<ScalarUDF> {
    let defs = ALL.iter().chain(special_time::ALL).chain(format::ALL);
    defs.flat_map(|def| [Special::new(def, false), Special::new(def, true)])
        .map(ScalarUDF::new_from_impl)
        .collect()
}

/// Whether a function never fails, so that TRY may leave it as it is.
pub(crate) fn is_total(name: &str) -> bool {
    matches!(name, "$random" | "$uuid")
}

struct Special {
    name: String,
    def: &'static SpecialDef,
    lenient: bool,
    signature: Signature,
}

impl Special {
    fn new(def: &'static SpecialDef, lenient: bool) -> Self {
        Special {
            name: if lenient { format!("$try${}", def.name) } else { def.name.to_string() },
            def,
            lenient,
            signature: Signature::one_of(
                vec![TypeSignature::VariadicAny, TypeSignature::Nullary],
                Volatility::Immutable,
            ),
        }
    }
}

impl std::fmt::Debug for Special {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Special {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Special {}

impl Hash for Special {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// One text type: constants come as `Utf8`.
fn plain(t: &DataType) -> DataType {
    if is_varchar(t) { VARCHAR } else { t.clone() }
}

impl ScalarUDFImpl for Special {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        let constants = vec![None; types.len()];
        let args =
            Args { name: self.def.name, types: types.iter().map(plain).collect(), constants: &constants };
        Ok((self.def.returns)(&args)?)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DfResult<FieldRef> {
        let types = args.arg_fields.iter().map(|f| plain(f.data_type())).collect();
        let args = Args { name: self.def.name, types, constants: args.scalar_arguments };
        Ok(Arc::new(Field::new(self.def.name, (self.def.returns)(&args)?, true)))
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        for arg in &mut args.args {
            let t = plain(&arg.data_type());
            if arg.data_type() != t {
                *arg = arg.cast_to(&t, None)?;
            }
        }
        invoke(&args, |call| (self.def.run)(call), self.lenient)
    }
}

fn row_type(args: &Args) -> Result<DataType, SqlError> {
    let fields: Fields = args
        .types
        .iter()
        .enumerate()
        .map(|(i, t)| Field::new(format!("field{i}"), t.clone(), true))
        .collect();
    Ok(DataType::Struct(fields))
}

fn row(c: &Call) -> Result<ArrayRef, SqlError> {
    let DataType::Struct(fields) = c.returns else { return Err(invalid("a row is needed")) };
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), c.args.to_vec(), None, c.rows)?))
}

fn array_type(args: &Args) -> Result<DataType, SqlError> {
    let mut element = DataType::Null;
    for t in &args.types {
        element = common(&element, t).ok_or_else(|| {
            SqlError::new(ErrorKind::TypeMismatch, format!("All ARRAY elements must be the same type or coercible to a common type. Cannot find common type between {} and {}", trino_name(&element), trino_name(t)))
        })?;
    }
    Ok(array_of(element))
}

fn array(c: &Call) -> Result<ArrayRef, SqlError> {
    let DataType::List(element) = c.returns else { return Err(invalid("an array is needed")) };
    if c.args.is_empty() {
        let offsets = OffsetBuffer::from_lengths(vec![0; c.rows]);
        return Ok(Arc::new(ListArray::try_new(
            element.clone(),
            offsets,
            arrow::array::new_empty_array(element.data_type()),
            None,
        )?));
    }
    let columns: Result<Vec<ArrayRef>, SqlError> =
        c.args.iter().map(|a| cast_array(a, element.data_type(), false)).collect();
    let columns = columns?;
    let refs: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
    let indices: Vec<(usize, usize)> =
        (0..c.rows).flat_map(|r| (0..refs.len()).map(move |i| (i, r))).collect();
    let values = arrow::compute::interleave(&refs, &indices)?;
    let offsets = OffsetBuffer::from_lengths(vec![refs.len(); c.rows]);
    Ok(Arc::new(ListArray::try_new(element.clone(), offsets, values, None)?))
}

fn field_type(args: &Args) -> Result<DataType, SqlError> {
    let name = args.text(1).unwrap_or_default();
    let DataType::Struct(fields) = &args.types[0] else {
        return Err(SqlError::new(
            ErrorKind::TypeMismatch,
            format!("Expression is not of type ROW: {}", trino_name(&args.types[0])),
        ));
    };
    let found = fields.iter().find(|f| f.name().eq_ignore_ascii_case(&name));
    found.map(|f| f.data_type().clone()).ok_or_else(|| crate::error::column_not_found(&name))
}

fn field(c: &Call) -> Result<ArrayRef, SqlError> {
    let row = c.args[0].as_struct();
    let name = if c.rows == 0 { "" } else { c.text(1).value(0) };
    let Some(place) = row.fields().iter().position(|f| f.name().eq_ignore_ascii_case(name)) else {
        return Ok(new_null_array(c.returns, c.rows));
    };
    let column = row.column(place);
    let nulls = NullBuffer::union(row.nulls(), column.nulls());
    Ok(arrow::array::make_array(column.to_data().into_builder().nulls(nulls).build()?))
}

fn subscript_type(args: &Args) -> Result<DataType, SqlError> {
    let refused = || args.unexpected("element_at(array(E), bigint), element_at(map(K, V), K)");
    let [of, by, ..] = args.types.as_slice() else { return Err(refused()) };
    match of {
        DataType::List(f) if is_integer(by) => Ok(f.data_type().clone()),
        DataType::Map(..) => match map_parts(of) {
            Some((k, v)) if common(k, by).as_ref() == Some(k) => Ok(v.clone()),
            _ => Err(refused()),
        },
        DataType::Struct(fields) => {
            let index =
                args.constants.get(2).copied().flatten().and_then(|v| v.to_string().parse::<usize>().ok());
            index
                .and_then(|i| fields.get(i.checked_sub(1)?))
                .map(|f| f.data_type().clone())
                .ok_or_else(refused)
        }
        _ => Err(refused()),
    }
}

/// `a[i]` fails where there is nothing; `element_at` gives NULL.
fn subscript(c: &Call, strict: bool) -> Result<ArrayRef, SqlError> {
    match c.args[0].data_type() {
        DataType::List(_) => list_subscript(c, strict),
        DataType::Struct(_) => {
            let index = cast_array(&c.args[1], &DataType::Int64, false)?;
            let place = if c.rows == 0 { 0 } else { index.as_primitive::<Int64Type>().value(0) - 1 };
            Ok(c.args[0].as_struct().column(place as usize).clone())
        }
        _ => map_subscript(c, strict),
    }
}

fn list_subscript(c: &Call, strict: bool) -> Result<ArrayRef, SqlError> {
    let list = c.args[0].as_list::<i32>();
    let index = cast_array(&c.args[1], &DataType::Int64, false)?;
    let index = index.as_primitive::<Int64Type>();
    let offsets = list.value_offsets();
    let picked = c.each(|i| {
        let (start, length) = (i64::from(offsets[i]), i64::from(offsets[i + 1] - offsets[i]));
        let n = index.value(i);
        let place = if n > 0 { n - 1 } else { length + n };
        if n == 0 {
            return Err(invalid("SQL array indices start at 1"));
        }
        if n < 0 && strict {
            return Err(invalid(format!("Array subscript is negative: {n}")));
        }
        if !(0..length).contains(&place) {
            return if strict {
                Err(invalid(format!(
                    "Array subscript must be less than or equal to array length: {n} > {length}"
                )))
            } else {
                Ok(None)
            };
        }
        Ok(Some((start + place) as u32))
    })?;
    Ok(take(list.values(), &UInt32Array::from(picked), None)?)
}

fn map_subscript(c: &Call, strict: bool) -> Result<ArrayRef, SqlError> {
    let map = c.args[0].as_map();
    let key_type = map_parts(c.args[0].data_type()).map(|(k, _)| k.clone()).unwrap_or(DataType::Null);
    let keys = cast_array(&c.args[1], &key_type, false)?;
    let offsets = map.value_offsets();
    let compare = arrow::array::make_comparator(
        map.keys().as_ref(),
        keys.as_ref(),
        arrow::compute::SortOptions::default(),
    )?;
    let picked = c.each(|i| {
        let found = (offsets[i] as usize..offsets[i + 1] as usize).find(|p| compare(*p, i).is_eq());
        if found.is_none() && strict {
            let text = crate::render::text::cell(keys.as_ref(), i).unwrap_or_default();
            return Err(invalid(format!("Key not present in map: {text}")));
        }
        Ok(found.map(|p| p as u32))
    })?;
    Ok(take(map.values(), &UInt32Array::from(picked), None)?)
}

/// One row type for the columns that UNNEST makes: an array of rows gives its fields, a map its key and value.
fn unnest_type(args: &Args) -> Result<DataType, SqlError> {
    let mut fields: Vec<Field> = Vec::new();
    let mut push = |t: &DataType| fields.push(Field::new(format!("c{}", fields.len()), t.clone(), true));
    let arrays = args.types.len().saturating_sub(1);
    for t in &args.types[..arrays] {
        match t {
            DataType::List(f) => match f.data_type() {
                DataType::Struct(inner) => inner.iter().for_each(|x| push(x.data_type())),
                other => push(other),
            },
            DataType::Map(..) => {
                let (k, v) = map_parts(t).ok_or_else(|| args.unexpected("unnest(map(K, V))"))?;
                push(k);
                push(v);
            }
            other => {
                return Err(SqlError::new(
                    ErrorKind::TypeMismatch,
                    format!("Cannot unnest type: {}", trino_name(other)),
                ));
            }
        }
    }
    if matches!(args.constants.last(), Some(Some(ScalarValue::Boolean(Some(true))))) {
        push(&DataType::Int64);
    }
    Ok(array_of(DataType::Struct(fields.into())))
}

/// Zips the arrays of each row; shorter ones are filled with NULL.
fn unnest(c: &Call) -> Result<ArrayRef, SqlError> {
    let DataType::List(item) = c.returns else { return Err(invalid("an array is needed")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(invalid("a row is needed")) };
    let arrays = &c.args[..c.args.len() - 1];
    let range = |a: &ArrayRef, row: usize| -> (usize, usize) {
        let offsets = match a.as_list_opt::<i32>() {
            Some(list) => list.value_offsets(),
            None => a.as_map().value_offsets(),
        };
        if a.is_null(row) {
            (0, 0)
        } else {
            (offsets[row] as usize, (offsets[row + 1] - offsets[row]) as usize)
        }
    };
    let lengths: Vec<usize> =
        (0..c.rows).map(|r| arrays.iter().map(|a| range(a, r).1).max().unwrap_or(0)).collect();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(fields.len());
    for a in arrays {
        let places: UInt32Array = (0..c.rows)
            .flat_map(|r| {
                let (start, length) = range(a, r);
                (0..lengths[r]).map(move |n| (n < length).then(|| (start + n) as u32))
            })
            .collect();
        columns.extend(unnest_columns(a, &places)?);
    }
    if columns.len() < fields.len() {
        let numbers = lengths.iter().flat_map(|n| 1..=*n as i64);
        columns.push(Arc::new(numbers.collect::<PrimitiveArray<Int64Type>>()));
    }
    let total = lengths.iter().sum();
    let rows = StructArray::try_new_with_length(fields.clone(), columns, None, total)?;
    Ok(Arc::new(ListArray::try_new(item.clone(), OffsetBuffer::from_lengths(lengths), Arc::new(rows), None)?))
}

fn unnest_columns(a: &ArrayRef, places: &UInt32Array) -> Result<Vec<ArrayRef>, SqlError> {
    let Some(list) = a.as_list_opt::<i32>() else {
        let map = a.as_map();
        return Ok(vec![take(map.keys(), places, None)?, take(map.values(), places, None)?]);
    };
    let taken = take(list.values(), places, None)?;
    let Some(row) = taken.as_struct_opt() else { return Ok(vec![taken]) };
    row.columns()
        .iter()
        .map(|column| {
            let nulls = NullBuffer::union(row.nulls(), column.nulls());
            Ok(arrow::array::make_array(column.to_data().into_builder().nulls(nulls).build()?))
        })
        .collect()
}

fn concat_type(args: &Args) -> Result<DataType, SqlError> {
    let expected = || {
        args.unexpected("concat(char(x), char(y)), concat(array(E), E), concat(E, array(E)), concat(array(E)), concat(varchar), concat(varbinary)")
    };
    let list = args
        .types
        .iter()
        .find_map(|t| if let DataType::List(f) = t { Some(f.data_type().clone()) } else { None });
    if let Some(mut element) = list {
        for t in &args.types {
            let other = if let DataType::List(f) = t { f.data_type() } else { t };
            element = common(&element, other).ok_or_else(expected)?;
        }
        return Ok(array_of(element));
    }
    let varbinary = args.types.iter().all(|t| t == &DataType::Binary);
    let text = args.types.iter().all(|t| is_varchar(t) || t == &DataType::Null);
    match (varbinary, text) {
        _ if args.types.len() < 2 => {
            Err(SqlError::new(ErrorKind::InvalidUse, "There must be two or more concatenation arguments"))
        }
        (true, _) => Ok(DataType::Binary),
        (_, true) => Ok(VARCHAR),
        _ => Err(expected()),
    }
}

fn concat(c: &Call) -> Result<ArrayRef, SqlError> {
    if let DataType::List(field) = c.returns {
        let rows = c.each(|i| {
            let mut all = Vec::new();
            for arg in c.args {
                match arg.as_list_opt::<i32>() {
                    Some(list) => all.extend(items(list, i)?),
                    None => all.push(ScalarValue::try_from_array(arg, i)?),
                }
            }
            let cast: Result<Vec<_>, _> = all.into_iter().map(|v| v.cast_to(field.data_type())).collect();
            Ok(Some(cast?))
        })?;
        return lists(rows, c.returns);
    }
    if c.returns == &DataType::Binary {
        let rows = c.each(|i| {
            Ok(Some(c.args.iter().flat_map(|a| a.as_binary::<i32>().value(i).to_vec()).collect::<Vec<u8>>()))
        })?;
        return Ok(Arc::new(rows.iter().map(Option::as_deref).collect::<arrow::array::BinaryArray>()));
    }
    let columns: Result<Vec<ArrayRef>, SqlError> =
        c.args.iter().map(|a| cast_array(a, &VARCHAR, false)).collect();
    let columns = columns?;
    let call = Call { args: &columns, rows: c.rows, returns: c.returns, lenient: c.lenient };
    call.each_text(|i| Ok(Some((0..columns.len()).map(|a| call.text(a).value(i)).collect::<String>())))
}

/// Documented: round(decimal(p, s)) is decimal(p - s + 1, 0); round(decimal(p, s), n) keeps the scale.
fn round_type(args: &Args) -> Result<DataType, SqlError> {
    let expected = || {
        args.unexpected("round(double), round(double, bigint), round(decimal(p,s)), round(decimal(p,s), bigint), round(bigint)")
    };
    let digits = args.types.get(1);
    if args.types.len() > 2 || digits.is_some_and(|d| !is_integer(d)) {
        return Err(expected());
    }
    let rounds = args.name == "round";
    match (&args.types[0], digits) {
        (t, _) if is_integer(t) || matches!(t, DataType::Float32 | DataType::Float64) => Ok(t.clone()),
        (DataType::Decimal128(p, s), None) => {
            let whole = (*p as i8 - s + i8::from(rounds && *s > 0)).clamp(1, 38);
            Ok(DataType::Decimal128(whole as u8, 0))
        }
        (DataType::Decimal128(p, s), Some(_)) => {
            Ok(DataType::Decimal128(if rounds { (*p + 1).min(38) } else { *p }, *s))
        }
        (DataType::Null, _) => Ok(DataType::Float64),
        _ => Err(expected()),
    }
}

fn round(c: &Call, up: bool) -> Result<ArrayRef, SqlError> {
    let digits = if c.has(1) { Some(cast_array(&c.args[1], &DataType::Int64, false)?) } else { None };
    let digits = |i: usize| digits.as_ref().map_or(0, |d| d.as_primitive::<Int64Type>().value(i));
    match c.args[0].data_type() {
        DataType::Decimal128(_, from) => {
            let DataType::Decimal128(p, to) = c.returns else { return Err(invalid("a decimal is needed")) };
            let made = c.each(|i| {
                let v = c.args[0].as_primitive::<Decimal128Type>().value(i);
                let drop = (i64::from(*from) - digits(i)).clamp(0, 38) as u32;
                let unit = 10i128.pow(drop);
                let kept = if up { (v + v.signum() * (unit / 2)) / unit } else { v / unit };
                Ok(Some(kept * unit / 10i128.pow((from - to).max(0) as u32)))
            })?;
            Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from(made).with_precision_and_scale(*p, *to)?))
        }
        t if is_integer(t) => {
            let wide = cast_array(&c.args[0], &DataType::Int64, false)?;
            let made = c.each_long(|i| {
                let v = wide.as_primitive::<Int64Type>().value(i);
                let Some(unit) =
                    u32::try_from(-digits(i)).ok().filter(|n| *n > 0).and_then(|n| 10i64.checked_pow(n))
                else {
                    return Ok(Some(v));
                };
                Ok(Some(if up { (v + v.signum() * (unit / 2)) / unit * unit } else { v / unit * unit }))
            })?;
            cast_array(&made, c.returns, false)
        }
        _ => {
            let wide = cast_array(&c.args[0], &DataType::Float64, false)?;
            let made = c.each_double(|i| {
                Ok(Some(round_double(
                    wide.as_primitive::<arrow::datatypes::Float64Type>().value(i),
                    digits(i),
                    up,
                )))
            })?;
            cast_array(&made, c.returns, false)
        }
    }
}

/// Half away from zero, as Java's `Math.round` after scaling.
fn round_double(v: f64, digits: i64, up: bool) -> f64 {
    if !v.is_finite() || digits > 300 {
        return v;
    }
    let factor = 10f64.powi(digits as i32);
    let scaled = v * factor;
    if !scaled.is_finite() {
        return v;
    }
    let kept = if up { scaled.round() } else { scaled.trunc() };
    kept / factor
}

fn map_entries_type(args: &Args) -> Result<DataType, SqlError> {
    let (k, v) = map_parts(&args.types[0]).ok_or_else(|| args.unexpected("map_entries(map(K, V))"))?;
    row_type(&Args { name: args.name, types: vec![k.clone(), v.clone()], constants: &[] }).map(array_of)
}

fn map_entries(c: &Call) -> Result<ArrayRef, SqlError> {
    let DataType::List(item) = c.returns else { return Err(invalid("an array is needed")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(invalid("a row is needed")) };
    let map = c.args[0].as_map();
    let rows = StructArray::try_new(fields.clone(), vec![map.keys().clone(), map.values().clone()], None)?;
    Ok(Arc::new(ListArray::try_new(
        item.clone(),
        map.offsets().clone(),
        Arc::new(rows),
        map.nulls().cloned(),
    )?))
}

fn map_from_entries_type(args: &Args) -> Result<DataType, SqlError> {
    let expected = || args.unexpected("map_from_entries(array(row(K, V)))");
    let DataType::List(item) = &args.types[0] else { return Err(expected()) };
    match item.data_type() {
        DataType::Struct(f) if f.len() == 2 => Ok(map_of(f[0].data_type().clone(), f[1].data_type().clone())),
        _ => Err(expected()),
    }
}

fn map_from_entries(c: &Call) -> Result<ArrayRef, SqlError> {
    let list = c.args[0].as_list::<i32>();
    let rows = c.each(|i| {
        let row = list.value(i);
        let row = row.as_struct();
        let mut all = Vec::new();
        for n in 0..row.len() {
            let key = ScalarValue::try_from_array(row.column(0), n)?;
            if key.is_null() || all.iter().any(|(k, _)| *k == key) {
                return Err(invalid(format!("map key cannot be null or duplicate: {key}")));
            }
            all.push((key, ScalarValue::try_from_array(row.column(1), n)?));
        }
        Ok(Some(all))
    })?;
    maps(rows, c.returns)
}
