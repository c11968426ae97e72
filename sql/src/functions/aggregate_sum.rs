//! `sum` and `avg` with Trino's results: integers that overflow fail, `avg(decimal)` keeps its scale.
//!
//! Integers and decimals are added in 128 bits and checked once at the end. Documented: trino.io/docs/current/functions/aggregate.html.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, PrimitiveArray,
};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type, Int64Type};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;
use indexmap::IndexSet;

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::cast_array;
use crate::functions::def::Overloads;
use crate::types::{is_integer, trino_name};

/// `sum` or `avg`.
#[derive(Debug)]
pub(crate) struct SumAvg {
    average: bool,
    overloads: Overloads,
    signature: Signature,
}

impl SumAvg {
    pub(crate) fn new(average: bool) -> Self {
        let overloads = if average {
            Overloads::new(
                "avg",
                &["bigint -> double", "double -> double", "real -> real", "decimal -> decimal"],
            )
        } else {
            Overloads::new(
                "sum",
                &["bigint -> bigint", "double -> double", "real -> real", "decimal -> decimal"],
            )
        };
        SumAvg { average, overloads, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn plan(&self, input: &DataType, returns: &DataType) -> Plan {
        Plan { average: self.average, input: input.clone(), returns: returns.clone() }
    }
}

impl PartialEq for SumAvg {
    fn eq(&self, other: &Self) -> bool {
        self.average == other.average
    }
}

impl Eq for SumAvg {}

impl Hash for SumAvg {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.average.hash(state);
    }
}

impl AggregateUDFImpl for SumAvg {
    fn name(&self) -> &str {
        if self.average { "avg" } else { "sum" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DfResult<Vec<DataType>> {
        Ok(self.overloads.resolve(types)?.0)
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        let t = self.overloads.resolve(types)?.1;
        Ok(match t {
            DataType::Decimal128(_, s) if !self.average => DataType::Decimal128(38, s),
            other => other,
        })
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DfResult<Vec<FieldRef>> {
        let sum = if is_exact(args.input_fields[0].data_type()) {
            DataType::Decimal128(38, 0)
        } else {
            DataType::Float64
        };
        Ok(vec![
            Arc::new(Field::new(format!("{}[sum]", args.name), sum, true)),
            Arc::new(Field::new(format!("{}[count]", args.name), DataType::Int64, true)),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DfResult<Box<dyn Accumulator>> {
        let plan = self.plan(args.expr_fields[0].data_type(), args.return_field.data_type());
        Ok(Box::new(One { plan, total: Total::default(), seen: args.is_distinct.then(IndexSet::new) }))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> DfResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Many {
            plan: self.plan(args.expr_fields[0].data_type(), args.return_field.data_type()),
            totals: Vec::new(),
        }))
    }
}

fn is_exact(t: &DataType) -> bool {
    is_integer(t) || matches!(t, DataType::Decimal128(..))
}

#[derive(Debug, Clone)]
struct Plan {
    average: bool,
    input: DataType,
    returns: DataType,
}

#[derive(Debug, Clone, Copy, Default)]
struct Total {
    exact: i128,
    double: f64,
    count: i64,
}

/// The values of a batch, ready to add.
enum Values {
    Long(Int64Array),
    Decimal(Decimal128Array),
    Double(Float64Array),
}

impl Plan {
    fn values(&self, array: &ArrayRef) -> Result<Values, SqlError> {
        Ok(match array.data_type() {
            DataType::Decimal128(..) => Values::Decimal(array.as_primitive::<Decimal128Type>().clone()),
            t if is_integer(t) => {
                Values::Long(cast_array(array, &DataType::Int64, false)?.as_primitive::<Int64Type>().clone())
            }
            _ => Values::Double(
                cast_array(array, &DataType::Float64, false)?.as_primitive::<Float64Type>().clone(),
            ),
        })
    }

    fn overflow(&self) -> SqlError {
        let what = trino_name(&self.returns);
        SqlError::new(
            ErrorKind::NumericValueOutOfRange,
            format!("{what} addition overflow in {}", if self.average { "avg" } else { "sum" }),
        )
    }

    fn finish(&self, total: Total) -> Result<ScalarValue, SqlError> {
        if total.count == 0 {
            return Ok(ScalarValue::try_from(&self.returns)?);
        }
        let n = total.count as f64;
        let exact = is_exact(&self.input);
        Ok(match &self.returns {
            DataType::Int64 => {
                ScalarValue::Int64(Some(i64::try_from(total.exact).map_err(|_| self.overflow())?))
            }
            DataType::Decimal128(p, s) => {
                let value =
                    if self.average { half_up(total.exact, i128::from(total.count)) } else { total.exact };
                if value.unsigned_abs() >= 10u128.pow(u32::from(*p)) {
                    return Err(self.overflow());
                }
                ScalarValue::Decimal128(Some(value), *p, *s)
            }
            DataType::Float32 => ScalarValue::Float32(Some(
                (if self.average { total.double / n } else { total.double }) as f32,
            )),
            _ if self.average => {
                ScalarValue::Float64(Some(if exact { total.exact as f64 } else { total.double } / n))
            }
            _ => ScalarValue::Float64(Some(total.double)),
        })
    }

    fn state(&self, totals: &[Total]) -> Result<Vec<ArrayRef>, SqlError> {
        let sum: ArrayRef = if is_exact(&self.input) {
            Arc::new(
                totals
                    .iter()
                    .map(|t| Some(t.exact))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(38, 0)?,
            )
        } else {
            Arc::new(totals.iter().map(|t| Some(t.double)).collect::<Float64Array>())
        };
        Ok(vec![sum, Arc::new(totals.iter().map(|t| Some(t.count)).collect::<Int64Array>())])
    }
}

fn half_up(sum: i128, count: i128) -> i128 {
    let (quotient, rest) = (sum / count, sum % count);
    if rest.unsigned_abs() * 2 >= count.unsigned_abs() { quotient + sum.signum() } else { quotient }
}

impl Total {
    fn add(&mut self, values: &Values, row: usize, sign: i64) -> bool {
        match values {
            Values::Long(a) if a.is_valid(row) => self.exact += i128::from(a.value(row)) * i128::from(sign),
            Values::Decimal(a) if a.is_valid(row) => {
                match self.exact.checked_add(a.value(row) * i128::from(sign)) {
                    Some(sum) => self.exact = sum,
                    None => return false,
                }
            }
            Values::Double(a) if a.is_valid(row) => self.double += a.value(row) * sign as f64,
            _ => return true,
        }
        self.count += sign;
        true
    }

    fn merge(&mut self, sums: &ArrayRef, counts: &Int64Array, row: usize) {
        match sums.as_primitive_opt::<Decimal128Type>() {
            Some(exact) => self.exact += exact.value(row),
            None => self.double += sums.as_primitive::<Float64Type>().value(row),
        }
        self.count += counts.value(row);
    }
}

/// One group: windows, and DISTINCT.
#[derive(Debug)]
struct One {
    plan: Plan,
    total: Total,
    seen: Option<IndexSet<ScalarValue>>,
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        let ready = self.plan.values(&values[0])?;
        for row in 0..values[0].len() {
            if let Some(seen) = &mut self.seen
                && !seen.insert(ScalarValue::try_from_array(&values[0], row)?)
            {
                continue;
            }
            if !self.total.add(&ready, row, 1) {
                return Err(self.plan.overflow().into());
            }
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        let ready = self.plan.values(&values[0])?;
        for row in 0..values[0].len() {
            self.total.add(&ready, row, -1);
        }
        Ok(())
    }

    /// Doubles are added anew for each frame: taking them away again would leave rounding errors behind.
    fn supports_retract_batch(&self) -> bool {
        is_exact(&self.plan.input) && self.seen.is_none()
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        Ok(self.plan.finish(self.total)?)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.seen.as_ref().map_or(0, |s| s.len() * size_of::<ScalarValue>())
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        if self.seen.is_some() {
            return Err(SqlError::not_built("a DISTINCT aggregate in several steps").into());
        }
        let arrays = self.plan.state(&[self.total])?;
        arrays.iter().map(|a| ScalarValue::try_from_array(a, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DfResult<()> {
        for row in 0..states[0].len() {
            self.total.merge(&states[0], states[1].as_primitive::<Int64Type>(), row);
        }
        Ok(())
    }
}

/// Every group of a GROUP BY.
#[derive(Debug)]
struct Many {
    plan: Plan,
    totals: Vec<Total>,
}

impl GroupsAccumulator for Many {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
    ) -> DfResult<()> {
        self.totals.resize(count, Total::default());
        let ready = self.plan.values(&values[0])?;
        // The common case, doubles without NULL or filter, is worth a loop of its own.
        if let (Values::Double(array), None) = (&ready, filter)
            && array.null_count() == 0
        {
            for (value, group) in array.values().iter().zip(groups) {
                let total = &mut self.totals[*group];
                total.double += value;
                total.count += 1;
            }
            return Ok(());
        }
        for (row, group) in groups.iter().enumerate() {
            let kept = filter.is_none_or(|f| f.is_valid(row) && f.value(row));
            if kept && !self.totals[*group].add(&ready, row, 1) {
                return Err(self.plan.overflow().into());
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> DfResult<ArrayRef> {
        let totals = emit.take_needed(&mut self.totals);
        if self.plan.returns == DataType::Float64 {
            let exact = is_exact(&self.plan.input);
            let value = |t: Total| {
                let sum = if exact { t.exact as f64 } else { t.double };
                (t.count > 0).then(|| if self.plan.average { sum / t.count as f64 } else { sum })
            };
            let made: PrimitiveArray<Float64Type> = totals.into_iter().map(value).collect();
            return Ok(Arc::new(made));
        }
        if totals.is_empty() {
            return Ok(arrow::array::new_empty_array(&self.plan.returns));
        }
        let values: Result<Vec<ScalarValue>, SqlError> =
            totals.into_iter().map(|t| self.plan.finish(t)).collect();
        ScalarValue::iter_to_array(values?)
    }

    fn state(&mut self, emit: EmitTo) -> DfResult<Vec<ArrayRef>> {
        let totals = emit.take_needed(&mut self.totals);
        Ok(self.plan.state(&totals)?)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], count: usize) -> DfResult<()> {
        self.totals.resize(count, Total::default());
        for (row, group) in groups.iter().enumerate() {
            self.totals[*group].merge(&states[0], states[1].as_primitive::<Int64Type>(), row);
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> DfResult<Vec<ArrayRef>> {
        let ready = self.plan.values(&values[0])?;
        let mut totals = vec![Total::default(); values[0].len()];
        for (row, total) in totals.iter_mut().enumerate() {
            if filter.is_none_or(|f| f.is_valid(row) && f.value(row)) {
                total.add(&ready, row, 1);
            }
        }
        Ok(self.plan.state(&totals)?)
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<Total>()
    }
}
