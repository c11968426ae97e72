//! Aggregates that keep rows and decide at the end: `min_by`, `max_by`, `arbitrary`, `map_agg`, `histogram`, percentiles.
//!
//! Documented: trino.io/docs/current/functions/aggregate.html. `approx_percentile` is exact here (nearest rank), within
//! what an approximation may answer. Left out: `max_by(x, y, n)`, weights. Start with `Kind::finish`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use indexmap::IndexMap;

use crate::error::SqlError;
use crate::functions::arrays::{items, lists};
use crate::functions::def::{Overloads, invalid};
use crate::functions::maps::maps;
use crate::types::array_of;

/// Which aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    MinBy,
    MaxBy,
    Arbitrary,
    MapAgg,
    MultimapAgg,
    Histogram,
    ApproxPercentile,
    GeometricMean,
}

/// An aggregate of this file.
#[derive(Debug)]
pub(crate) struct RowsAggregate {
    name: &'static str,
    kind: Kind,
    overloads: Overloads,
    signature: Signature,
}

impl RowsAggregate {
    pub(crate) fn all() -> Vec<RowsAggregate> {
        let make = |name, kind, texts: &[&str]| RowsAggregate {
            name,
            kind,
            overloads: Overloads::new(name, texts),
            signature: Signature::user_defined(Volatility::Immutable),
        };
        let percentile = [
            "bigint, double -> bigint",
            "double, double -> double",
            "real, double -> real",
            "bigint, array(double) -> array(bigint)",
            "double, array(double) -> array(double)",
        ];
        vec![
            make("min_by", Kind::MinBy, &["V, K -> V"]),
            make("max_by", Kind::MaxBy, &["V, K -> V"]),
            make("arbitrary", Kind::Arbitrary, &["V -> V"]),
            make("any_value", Kind::Arbitrary, &["V -> V"]),
            make("map_agg", Kind::MapAgg, &["K, V -> map(K,V)"]),
            make("multimap_agg", Kind::MultimapAgg, &["K, V -> map(K,array(V))"]),
            make("histogram", Kind::Histogram, &["K -> map(K,bigint)"]),
            make("approx_percentile", Kind::ApproxPercentile, &percentile),
            make("geometric_mean", Kind::GeometricMean, &["double -> double"]),
        ]
    }
}

impl PartialEq for RowsAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for RowsAggregate {}

impl Hash for RowsAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for RowsAggregate {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DfResult<Vec<DataType>> {
        Ok(self.overloads.resolve(types)?.0)
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        Ok(self.overloads.resolve(types)?.1)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DfResult<Vec<FieldRef>> {
        let fields = args.input_fields.iter().enumerate();
        Ok(fields
            .map(|(i, f)| {
                Arc::new(Field::new(format!("{}[{i}]", args.name), array_of(f.data_type().clone()), true))
            })
            .collect())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DfResult<Box<dyn Accumulator>> {
        let types = args.expr_fields.iter().map(|f| f.data_type().clone()).collect();
        Ok(Box::new(Rows {
            kind: self.kind,
            types,
            returns: args.return_field.data_type().clone(),
            rows: Vec::new(),
            distinct: args.is_distinct,
        }))
    }
}

type Row = Vec<ScalarValue>;

#[derive(Debug)]
struct Rows {
    kind: Kind,
    types: Vec<DataType>,
    returns: DataType,
    rows: Vec<Row>,
    distinct: bool,
}

impl Rows {
    /// Keeps a row if it can matter at the end.
    fn push(&mut self, row: Row) -> Result<(), SqlError> {
        let better = |new: &Row, old: &Row| new[1].partial_cmp(&old[1]);
        match self.kind {
            Kind::MinBy | Kind::MaxBy => {
                if row[1].is_null() {
                    return Ok(());
                }
                let wins = match self.rows.first() {
                    None => true,
                    Some(old) => match better(&row, old) {
                        Some(order) => {
                            if self.kind == Kind::MinBy {
                                order.is_lt()
                            } else {
                                order.is_gt()
                            }
                        }
                        None => return Err(invalid("values cannot be compared")),
                    },
                };
                if wins {
                    self.rows = vec![row];
                }
            }
            Kind::Arbitrary => {
                if self.rows.is_empty() && !row[0].is_null() {
                    self.rows.push(row);
                }
            }
            _ => {
                let is_repeat = self.distinct && self.rows.contains(&row);
                if !row[0].is_null() && !is_repeat {
                    self.rows.push(row);
                }
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue, SqlError> {
        let null = || ScalarValue::try_from(&self.returns);
        if self.rows.is_empty() {
            return Ok(null()?);
        }
        Ok(match self.kind {
            Kind::MinBy | Kind::MaxBy | Kind::Arbitrary => self.rows[0][0].clone(),
            Kind::MapAgg => {
                // The first value of a key stays; Trino keeps an arbitrary one.
                let mut all: IndexMap<&ScalarValue, &ScalarValue> = IndexMap::new();
                self.rows.iter().for_each(|r| {
                    all.entry(&r[0]).or_insert(&r[1]);
                });
                self.map(all.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect())?
            }
            Kind::Histogram => {
                let mut all: IndexMap<&ScalarValue, i64> = IndexMap::new();
                self.rows.iter().for_each(|r| *all.entry(&r[0]).or_default() += 1);
                self.map(all.into_iter().map(|(k, n)| (k.clone(), ScalarValue::Int64(Some(n)))).collect())?
            }
            Kind::MultimapAgg => {
                let mut all: IndexMap<&ScalarValue, Row> = IndexMap::new();
                self.rows.iter().for_each(|r| all.entry(&r[0]).or_default().push(r[1].clone()));
                let list = array_of(self.types[1].clone());
                let entries: Result<Vec<_>, SqlError> = all
                    .into_iter()
                    .map(|(k, vs)| {
                        Ok((k.clone(), ScalarValue::try_from_array(&lists(vec![Some(vs)], &list)?, 0)?))
                    })
                    .collect();
                self.map(entries?)?
            }
            Kind::ApproxPercentile => self.percentile()?,
            Kind::GeometricMean => {
                let logs = self.rows.iter().filter_map(|r| {
                    if let ScalarValue::Float64(Some(v)) = r[0] { Some(v.ln()) } else { None }
                });
                ScalarValue::Float64(Some((logs.sum::<f64>() / self.rows.len() as f64).exp()))
            }
        })
    }

    fn map(&self, entries: Vec<(ScalarValue, ScalarValue)>) -> Result<ScalarValue, SqlError> {
        Ok(ScalarValue::try_from_array(&maps(vec![Some(entries)], &self.returns)?, 0)?)
    }

    fn percentile(&self) -> Result<ScalarValue, SqlError> {
        let mut values: Vec<&ScalarValue> = self.rows.iter().map(|r| &r[0]).collect();
        values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let at = |p: f64| -> Result<ScalarValue, SqlError> {
            if !(0.0..=1.0).contains(&p) {
                return Err(invalid("Percentile must be between 0 and 1"));
            }
            let place = (p * values.len() as f64).ceil().max(1.0) as usize - 1;
            Ok(values[place.min(values.len() - 1)].clone())
        };
        match &self.rows[0][1] {
            ScalarValue::Float64(Some(p)) => at(*p),
            ScalarValue::List(wanted) => {
                let all: Result<Row, SqlError> = items(wanted, 0)?
                    .iter()
                    .map(|p| match p {
                        ScalarValue::Float64(Some(p)) => at(*p),
                        _ => Err(invalid("Percentile must not be null")),
                    })
                    .collect();
                Ok(ScalarValue::try_from_array(&lists(vec![Some(all?)], &self.returns)?, 0)?)
            }
            _ => Err(invalid("Percentile must not be null")),
        }
    }
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        for i in 0..values[0].len() {
            let row: DfResult<Row> = values.iter().map(|v| ScalarValue::try_from_array(v, i)).collect();
            self.push(row?)?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        Ok(self.finish()?)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.rows.iter().flatten().map(ScalarValue::size).sum::<usize>()
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        let mut made = Vec::with_capacity(self.types.len());
        for (i, t) in self.types.iter().enumerate() {
            let column = self.rows.iter().map(|r| r[i].clone()).collect();
            made.push(ScalarValue::try_from_array(&lists(vec![Some(column)], &array_of(t.clone()))?, 0)?);
        }
        Ok(made)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DfResult<()> {
        for i in 0..states[0].len() {
            let columns: Result<Vec<Row>, SqlError> =
                states.iter().map(|s| items(s.as_list::<i32>(), i)).collect();
            let columns = columns?;
            for n in 0..columns[0].len() {
                self.push(columns.iter().map(|c| c[n].clone()).collect())?;
            }
        }
        Ok(())
    }
}
