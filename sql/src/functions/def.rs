//! How a Trino function is declared: overloads as text (`"varchar, bigint -> varchar"`) and one function over arrays.
//!
//! Overloads decide which conversions are made without asking, so they are as strict as Trino's.
//! Left out: aggregates (`aggregate.rs`), functions whose result type needs an argument's value (`special.rs`).
//! Start with `Def`.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringViewArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;

use crate::error::{ErrorKind, SqlError};
use crate::types::{
    VARCHAR, as_decimal, common, is_integer, is_varchar, map_of, map_parts, parse_type, trino_name,
};

/// A scalar function.
pub(crate) struct Def {
    pub(crate) name: &'static str,
    pub(crate) overloads: &'static [&'static str],
    pub(crate) run: fn(&Call) -> Result<ArrayRef, SqlError>,
}

/// Arguments of one call, all of the same length.
pub(crate) struct Call<'a> {
    pub(crate) args: &'a [ArrayRef],
    pub(crate) rows: usize,
    pub(crate) returns: &'a DataType,
    /// Inside `TRY`: a row that fails is NULL.
    pub(crate) lenient: bool,
}

impl Call<'_> {
    pub(crate) fn text(&self, i: usize) -> &StringViewArray {
        self.args[i].as_string_view()
    }

    pub(crate) fn long(&self, i: usize, row: usize) -> i64 {
        self.args[i].as_primitive::<Int64Type>().value(row)
    }

    pub(crate) fn double(&self, i: usize, row: usize) -> f64 {
        self.args[i].as_primitive::<Float64Type>().value(row)
    }

    pub(crate) fn has(&self, i: usize) -> bool {
        i < self.args.len()
    }

    /// One value a row; NULL where any argument is NULL.
    pub(crate) fn each<T>(
        &self,
        mut f: impl FnMut(usize) -> Result<Option<T>, SqlError>,
    ) -> Result<Vec<Option<T>>, SqlError> {
        let mut found = Vec::with_capacity(self.rows);
        for row in 0..self.rows {
            if self.args.iter().any(|a| a.is_null(row)) {
                found.push(None);
                continue;
            }
            found.push(match f(row) {
                Ok(value) => value,
                Err(_) if self.lenient => None,
                Err(error) => return Err(error),
            });
        }
        Ok(found)
    }

    pub(crate) fn each_text<S: AsRef<str>>(
        &self,
        f: impl FnMut(usize) -> Result<Option<S>, SqlError>,
    ) -> Result<ArrayRef, SqlError> {
        Ok(std::sync::Arc::new(self.each(f)?.into_iter().collect::<StringViewArray>()))
    }

    pub(crate) fn each_long(
        &self,
        f: impl FnMut(usize) -> Result<Option<i64>, SqlError>,
    ) -> Result<ArrayRef, SqlError> {
        Ok(std::sync::Arc::new(self.each(f)?.into_iter().collect::<arrow::array::Int64Array>()))
    }

    pub(crate) fn each_double(
        &self,
        f: impl FnMut(usize) -> Result<Option<f64>, SqlError>,
    ) -> Result<ArrayRef, SqlError> {
        Ok(std::sync::Arc::new(self.each(f)?.into_iter().collect::<arrow::array::Float64Array>()))
    }

    pub(crate) fn each_boolean(
        &self,
        f: impl FnMut(usize) -> Result<Option<bool>, SqlError>,
    ) -> Result<ArrayRef, SqlError> {
        Ok(std::sync::Arc::new(self.each(f)?.into_iter().collect::<BooleanArray>()))
    }
}

/// An array of a type from values of that type.
pub(crate) fn from_scalars(values: Vec<Option<ScalarValue>>, t: &DataType) -> Result<ArrayRef, SqlError> {
    if values.is_empty() {
        return Ok(arrow::array::new_empty_array(t));
    }
    let null = ScalarValue::try_from(t)?;
    let array = ScalarValue::iter_to_array(values.into_iter().map(|v| v.unwrap_or_else(|| null.clone())))?;
    if array.data_type() == t { Ok(array) } else { Ok(arrow::compute::cast(&array, t)?) }
}

/// Trino's complaint about an argument's value.
pub(crate) fn invalid(message: impl Into<String>) -> SqlError {
    SqlError::new(ErrorKind::InvalidFunctionArgument, message)
}

/// A parameter type of an overload.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ty {
    Is(DataType),
    Decimal,
    Timestamp,
    Zoned,
    Var(char),
    Array(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
}

#[derive(Debug, Clone)]
struct Overload {
    params: Vec<Ty>,
    /// The last parameter may come any number of times, at least once.
    variadic: bool,
    returns: Ty,
}

#[derive(Debug, Default)]
struct Bound {
    vars: BTreeMap<char, DataType>,
    timestamp: Option<DataType>,
    decimal: Option<DataType>,
}

impl Ty {
    fn parse(text: &str) -> Ty {
        let text = text.trim();
        let inside = |head: &str| text.strip_prefix(head).and_then(|r| r.strip_suffix(')'));
        if let Some(inner) = inside("array(") {
            return Ty::Array(Box::new(Ty::parse(inner)));
        }
        if let Some((k, v)) = inside("map(").and_then(|inner| inner.split_once(',')) {
            return Ty::Map(Box::new(Ty::parse(k)), Box::new(Ty::parse(v)));
        }
        match text {
            "decimal" => Ty::Decimal,
            "timestamp" => Ty::Timestamp,
            "timestamptz" => Ty::Zoned,
            "json" => Ty::Is(crate::types::JSON),
            _ if text.len() == 1 => Ty::Var(text.chars().next().unwrap_or('T')),
            _ => Ty::Is(parse_type(text).unwrap_or(DataType::Null)),
        }
    }

    /// Whether an argument fits, and what variables it fixes. `exact` allows no conversion.
    fn bind(&self, actual: &DataType, bound: &mut Bound, exact: bool) -> bool {
        if actual == &DataType::Null && !matches!(self, Ty::Var(_)) {
            return !exact;
        }
        match self {
            Ty::Is(t) => {
                t == actual
                    || (is_varchar(t) && is_varchar(actual))
                    || (!exact && common(actual, t).as_ref() == Some(t))
            }
            Ty::Decimal => {
                let fits = matches!(actual, DataType::Decimal128(..)) || (!exact && is_integer(actual));
                if fits && let Some((p, s)) = as_decimal(actual) {
                    bound.decimal.get_or_insert(DataType::Decimal128(p, s));
                }
                fits
            }
            Ty::Timestamp => {
                let fits =
                    matches!(actual, DataType::Timestamp(_, None)) || (!exact && actual == &DataType::Date32);
                if fits {
                    let t =
                        if actual == &DataType::Date32 { crate::types::TIMESTAMP } else { actual.clone() };
                    bound.timestamp.get_or_insert(t);
                }
                fits
            }
            Ty::Zoned => {
                let fits = matches!(actual, DataType::Timestamp(_, Some(_)));
                if fits {
                    bound.timestamp.get_or_insert(actual.clone());
                }
                fits
            }
            Ty::Var(v) => {
                let t = match bound.vars.get(v) {
                    Some(known) => common(known, actual),
                    None => Some(if is_varchar(actual) { VARCHAR } else { actual.clone() }),
                };
                match t {
                    Some(t) => {
                        bound.vars.insert(*v, t);
                        true
                    }
                    None => false,
                }
            }
            Ty::Array(element) => match actual {
                DataType::List(f) => element.bind(f.data_type(), bound, exact),
                _ => false,
            },
            Ty::Map(k, v) => match map_parts(actual) {
                Some((key, value)) => k.bind(key, bound, exact) && v.bind(value, bound, exact),
                None => false,
            },
        }
    }

    fn resolve(&self, bound: &Bound) -> DataType {
        match self {
            Ty::Is(t) => t.clone(),
            Ty::Decimal => bound.decimal.clone().unwrap_or(DataType::Decimal128(38, 0)),
            Ty::Timestamp | Ty::Zoned => bound.timestamp.clone().unwrap_or(crate::types::TIMESTAMP),
            Ty::Var(v) => bound.vars.get(v).cloned().unwrap_or(DataType::Null),
            Ty::Array(e) => crate::types::array_of(e.resolve(bound)),
            Ty::Map(k, v) => map_of(k.resolve(bound), v.resolve(bound)),
        }
    }

    /// What the argument is converted to.
    fn target(&self, actual: &DataType, bound: &Bound) -> DataType {
        match (self, actual) {
            (Ty::Decimal, DataType::Decimal128(..)) => actual.clone(),
            (Ty::Decimal, _) => {
                as_decimal(actual).map_or_else(|| self.resolve(bound), |(p, s)| DataType::Decimal128(p, s))
            }
            (Ty::Timestamp | Ty::Zoned, DataType::Timestamp(..)) => actual.clone(),
            _ => self.resolve(bound),
        }
    }
}

impl Overload {
    fn parse(text: &str) -> Overload {
        let (params, returns) = text.split_once("->").unwrap_or(("", text));
        let variadic = params.contains("...");
        let mut found = Vec::new();
        let (mut depth, mut start) = (0i32, 0);
        for (i, c) in params.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    found.push(&params[start..i]);
                    start = i + 1;
                }
                _ => {}
            }
        }
        found.push(&params[start..]);
        let params = found
            .into_iter()
            .map(|p| p.trim().trim_end_matches("..."))
            .filter(|p| !p.is_empty())
            .map(Ty::parse)
            .collect();
        Overload { params, variadic, returns: Ty::parse(returns) }
    }

    fn param(&self, i: usize) -> Option<&Ty> {
        self.params.get(i).or(if self.variadic { self.params.last() } else { None })
    }

    fn matches(&self, actual: &[DataType], exact: bool) -> Option<Bound> {
        if actual.len() < self.params.len() || (!self.variadic && actual.len() > self.params.len()) {
            return None;
        }
        let mut bound = Bound::default();
        let fits = actual
            .iter()
            .enumerate()
            .all(|(i, t)| self.param(i).is_some_and(|p| p.bind(t, &mut bound, exact)));
        fits.then_some(bound)
    }
}

/// The parsed overloads of one function.
#[derive(Debug, Clone)]
pub(crate) struct Overloads {
    name: String,
    texts: Vec<String>,
    all: Vec<Overload>,
}

impl Overloads {
    pub(crate) fn new(name: &str, texts: &[&str]) -> Self {
        Overloads {
            name: name.into(),
            texts: texts.iter().map(ToString::to_string).collect(),
            all: texts.iter().map(|t| Overload::parse(t)).collect(),
        }
    }

    /// What the arguments become, and the result type.
    ///
    /// Error: `Unexpected parameters (integer) for function lower. Expected: lower(varchar)`, Trino's words.
    pub(crate) fn resolve(&self, actual: &[DataType]) -> Result<(Vec<DataType>, DataType), SqlError> {
        let exact = self.all.iter().find_map(|o| o.matches(actual, true).map(|b| (o, b)));
        let found = exact.or_else(|| self.all.iter().find_map(|o| o.matches(actual, false).map(|b| (o, b))));
        let Some((overload, bound)) = found else { return Err(self.unexpected(actual)) };
        let targets = actual.iter().enumerate().map(|(i, t)| match overload.param(i) {
            Some(p) => p.target(t, &bound),
            None => t.clone(),
        });
        Ok((targets.collect(), overload.returns.resolve(&bound)))
    }

    fn unexpected(&self, actual: &[DataType]) -> SqlError {
        let given: Vec<String> = actual.iter().map(trino_name).collect();
        let expected: Vec<String> = self
            .texts
            .iter()
            .map(|t| format!("{}({})", self.name, t.split("->").next().unwrap_or("").trim()))
            .collect();
        SqlError::new(
            ErrorKind::FunctionNotFound,
            format!(
                "Unexpected parameters ({}) for function {}. Expected: {}",
                given.join(", "),
                self.name,
                expected.join(", ")
            ),
        )
    }
}

/// A `Def` as DataFusion sees it.
#[derive(Debug)]
pub(crate) struct TrinoFunction {
    name: String,
    overloads: Overloads,
    run: fn(&Call) -> Result<ArrayRef, SqlError>,
    lenient: bool,
    signature: Signature,
}

impl TrinoFunction {
    pub(crate) fn new(def: &Def, lenient: bool) -> Self {
        TrinoFunction {
            name: if lenient { format!("$try${}", def.name) } else { def.name.to_string() },
            overloads: Overloads::new(def.name, def.overloads),
            run: def.run,
            lenient,
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl PartialEq for TrinoFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TrinoFunction {}

impl Hash for TrinoFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for TrinoFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, actual: &[DataType]) -> DfResult<Vec<DataType>> {
        Ok(self.overloads.resolve(actual)?.0)
    }

    fn return_type(&self, actual: &[DataType]) -> DfResult<DataType> {
        Ok(self.overloads.resolve(actual)?.1)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        invoke(&args, |call| (self.run)(call), self.lenient)
    }
}

/// Runs a function over arrays; on constants alone it runs once.
pub(crate) fn invoke(
    args: &ScalarFunctionArgs,
    run: impl Fn(&Call) -> Result<ArrayRef, SqlError>,
    lenient: bool,
) -> DfResult<ColumnarValue> {
    let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
    let rows = if constant { 1 } else { args.number_rows };
    let mut arrays = Vec::with_capacity(args.args.len());
    for arg in &args.args {
        arrays.push(arg.to_array(rows)?);
    }
    let result = run(&Call { args: &arrays, rows, returns: args.return_field.data_type(), lenient })?;
    if constant {
        Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?))
    } else {
        Ok(ColumnarValue::Array(result))
    }
}
