//! Functions over lambdas: `transform`, `filter`, `any_match`, `all_match`, `none_match`, `reduce`.
//!
//! Documented: trino.io/docs/current/functions/lambda.html. Left out: `zip_with`, `map_filter`, `transform_values`,
//! `transform_keys`, `array_sort` with a comparator; they answer `FUNCTION_NOT_FOUND`. Start with `all`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, UInt32Array};
use arrow::compute::{kernels::zip::zip, take, take_arrays};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDF,
    HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::cast_array;
use crate::types::{common, trino_name};

static ALL: OnceLock<BTreeMap<String, Arc<HigherOrderUDF>>> = OnceLock::new();

/// Every such function by Trino's name.
pub(crate) fn all() -> &'static BTreeMap<String, Arc<HigherOrderUDF>> {
    ALL.get_or_init(|| {
        let theirs = datafusion::functions_nested::all_default_higher_order_functions();
        let borrowed = [("transform", "array_transform"), ("filter", "array_filter")];
        let mut all: BTreeMap<String, Arc<HigherOrderUDF>> = borrowed
            .iter()
            .filter_map(|(ours, name)| {
                Some((ours.to_string(), theirs.iter().find(|f| f.name() == *name)?.clone()))
            })
            .collect();
        for kind in [Match::Any, Match::All, Match::None] {
            let udf = HigherOrderUDF::new_from_impl(MatchFunction::new(kind));
            all.insert(udf.name().to_string(), Arc::new(udf));
        }
        let reduce = HigherOrderUDF::new_from_impl(Reduce::new());
        all.insert("reduce".into(), Arc::new(reduce));
        all
    })
}

fn misuse(name: &str, expected: &str) -> SqlError {
    SqlError::new(
        ErrorKind::FunctionNotFound,
        format!("Unexpected parameters for function {name}. Expected: {expected}"),
    )
}

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Match {
    Any,
    All,
    None,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MatchFunction {
    kind: Match,
    signature: HigherOrderSignature,
}

impl MatchFunction {
    fn new(kind: Match) -> Self {
        let shape = vec![ValueOrLambda::Value(()), ValueOrLambda::Lambda(())];
        MatchFunction { kind, signature: HigherOrderSignature::exact(shape, Volatility::Immutable) }
    }
}

impl HigherOrderUDFImpl for MatchFunction {
    fn name(&self) -> &str {
        match self.kind {
            Match::Any => "any_match",
            Match::All => "all_match",
            Match::None => "none_match",
        }
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, types: &[DataType]) -> DfResult<Vec<DataType>> {
        match types {
            [DataType::List(_)] => Ok(types.to_vec()),
            _ => Err(misuse(self.name(), "(array(T), function(T, boolean))").into()),
        }
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> DfResult<LambdaParametersProgress> {
        match fields.first() {
            Some(ValueOrLambda::Value(f)) if matches!(f.data_type(), DataType::List(_)) => {
                match f.data_type() {
                    DataType::List(item) => Ok(LambdaParametersProgress::Complete(vec![vec![item.clone()]])),
                    _ => Err(misuse(self.name(), "(array(T), function(T, boolean))").into()),
                }
            }
            _ => Err(misuse(self.name(), "(array(T), function(T, boolean))").into()),
        }
    }

    fn return_field_from_args(&self, _args: HigherOrderReturnFieldArgs) -> DfResult<FieldRef> {
        Ok(Arc::new(Field::new(self.name(), DataType::Boolean, true)))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> DfResult<ColumnarValue> {
        let [ValueOrLambda::Value(list), ValueOrLambda::Lambda(lambda)] = args.args.as_slice() else {
            return Err(misuse(self.name(), "(array(T), function(T, boolean))").into());
        };
        let list = list.to_array(args.number_rows)?;
        let list = list.as_list::<i32>();
        let (values, rows) = spread(list)?;
        let verdicts =
            lambda.evaluate(&[&|| Ok(values.clone())], |captured| Ok(take_arrays(captured, &rows, None)?))?;
        let verdicts = cast_array(&verdicts.into_array(values.len())?, &DataType::Boolean, false)?;
        Ok(ColumnarValue::Array(Arc::new(self.fold(list, verdicts.as_boolean()))))
    }
}

impl MatchFunction {
    /// Trino's three-valued answer: a NULL verdict makes the answer NULL unless another one decides it.
    fn fold(&self, list: &ListArray, verdicts: &BooleanArray) -> BooleanArray {
        let mut at = 0;
        (0..list.len())
            .map(|i| {
                if list.is_null(i) {
                    return None;
                }
                let length = list.value_length(i) as usize;
                let range = at..at + length;
                at += length;
                let decisive = self.kind != Match::All;
                let decided = range.clone().any(|p| verdicts.is_valid(p) && verdicts.value(p) == decisive);
                let unknown = range.clone().any(|p| verdicts.is_null(p));
                match (decided, unknown) {
                    (true, _) => Some(self.kind == Match::Any),
                    (false, true) => None,
                    (false, false) => Some(self.kind != Match::Any),
                }
            })
            .collect()
    }
}

/// The elements of all lists that are not NULL, one after another, and the row of each.
fn spread(list: &ListArray) -> DfResult<(ArrayRef, UInt32Array)> {
    let offsets = list.value_offsets();
    let valid = (0..list.len()).filter(|i| list.is_valid(*i));
    let pairs: Vec<(u32, u32)> =
        valid.flat_map(|i| (offsets[i] as u32..offsets[i + 1] as u32).map(move |p| (p, i as u32))).collect();
    let places: UInt32Array = pairs.iter().map(|(p, _)| *p).collect::<Vec<u32>>().into();
    let rows: UInt32Array = pairs.iter().map(|(_, r)| *r).collect::<Vec<u32>>().into();
    Ok((take(list.values(), &places, None)?, rows))
}

/// `reduce(array, start, (state, x) -> state, state -> result)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Reduce {
    signature: HigherOrderSignature,
}

impl Reduce {
    fn new() -> Self {
        let shape = vec![
            ValueOrLambda::Value(()),
            ValueOrLambda::Value(()),
            ValueOrLambda::Lambda(()),
            ValueOrLambda::Lambda(()),
        ];
        Reduce { signature: HigherOrderSignature::exact(shape, Volatility::Immutable) }
    }

    fn misused(&self) -> SqlError {
        misuse("reduce", "(array(T), S, function(S, T, S), function(S, R))")
    }

    /// The state's type: the start's, or wider when the step makes it so.
    fn state_type(&self, start: &DataType, step: Option<&DataType>) -> Result<DataType, SqlError> {
        match step {
            None => Ok(start.clone()),
            Some(made) => common(start, made).ok_or_else(|| {
                SqlError::new(
                    ErrorKind::TypeMismatch,
                    format!(
                        "reduce: the state is {} and the step gives {}",
                        trino_name(start),
                        trino_name(made)
                    ),
                )
            }),
        }
    }
}

impl HigherOrderUDFImpl for Reduce {
    fn name(&self) -> &str {
        "reduce"
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, types: &[DataType]) -> DfResult<Vec<DataType>> {
        match types {
            [DataType::List(_), _] => Ok(types.to_vec()),
            _ => Err(self.misused().into()),
        }
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> DfResult<LambdaParametersProgress> {
        let [ValueOrLambda::Value(list), ValueOrLambda::Value(start), ValueOrLambda::Lambda(step), _] =
            fields
        else {
            return Err(self.misused().into());
        };
        let DataType::List(item) = list.data_type() else { return Err(self.misused().into()) };
        let state = |t: DataType| -> FieldRef { Arc::new(Field::new("state", t, true)) };
        let t = self.state_type(start.data_type(), step.as_ref().map(|f| f.data_type()))?;
        if step.as_ref().is_some_and(|made| made.data_type() == &t) {
            return Ok(LambdaParametersProgress::Complete(vec![
                vec![state(t.clone()), item.clone()],
                vec![state(t)],
            ]));
        }
        Ok(LambdaParametersProgress::Partial(vec![Some(vec![state(t), item.clone()]), None]))
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> DfResult<FieldRef> {
        match args.arg_fields {
            [_, _, _, ValueOrLambda::Lambda(result)] => {
                Ok(Arc::new(Field::new("reduce", result.data_type().clone(), true)))
            }
            _ => Err(self.misused().into()),
        }
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> DfResult<ColumnarValue> {
        let [
            ValueOrLambda::Value(list),
            ValueOrLambda::Value(start),
            ValueOrLambda::Lambda(step),
            ValueOrLambda::Lambda(result),
        ] = args.args.as_slice()
        else {
            return Err(self.misused().into());
        };
        let [.., ValueOrLambda::Lambda(made), _] = args.arg_fields.as_slice() else {
            return Err(self.misused().into());
        };
        let rows = args.number_rows;
        let list = list.to_array(rows)?;
        let list = list.as_list::<i32>();
        let state = cast_array(&start.to_array(rows)?, made.data_type(), false)?;
        let state = steps(list, state, step, made.data_type())?;
        let finished =
            result.evaluate(&[&|| Ok(state.clone())], |captured| Ok(captured.to_vec()))?.into_array(rows)?;
        // A NULL array gives NULL.
        let valid: BooleanArray = (0..rows).map(|i| Some(list.is_valid(i))).collect();
        let nothing = arrow::array::new_null_array(finished.data_type(), rows);
        Ok(ColumnarValue::Array(zip(&valid, &finished, &nothing)?))
    }
}

/// One step for all rows at a time: the n-th elements, until the longest array ends.
fn steps(list: &ListArray, start: ArrayRef, step: &LambdaArgument, t: &DataType) -> DfResult<ArrayRef> {
    let offsets = list.value_offsets();
    let length = |i: usize| if list.is_null(i) { 0 } else { list.value_length(i) };
    let longest = (0..list.len()).map(length).max().unwrap_or(0);
    let mut state = start;
    for n in 0..longest {
        // Only rows whose array goes on are evaluated, so that a step cannot fail on what is not there.
        let going: Vec<u32> = (0..list.len()).filter(|i| n < length(*i)).map(|i| i as u32).collect();
        let places: UInt32Array =
            going.iter().map(|i| (offsets[*i as usize] + n) as u32).collect::<Vec<u32>>().into();
        let going: UInt32Array = going.into();
        let item = take(list.values(), &places, None)?;
        let before = take(&state, &going, None)?;
        let made = step.evaluate(&[&|| Ok(before.clone()), &|| Ok(item.clone())], |captured| {
            Ok(take_arrays(captured, &going, None)?)
        })?;
        let made = cast_array(&made.into_array(going.len())?, t, false)?;
        let mut picks: Vec<(usize, usize)> = (0..list.len()).map(|i| (0, i)).collect();
        for (place, row) in going.values().iter().enumerate() {
            picks[*row as usize] = (1, place);
        }
        state = arrow::compute::interleave(&[state.as_ref(), made.as_ref()], &picks)?;
    }
    Ok(state)
}
