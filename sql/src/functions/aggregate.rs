//! The aggregates a query may call: ours, and DataFusion's where they agree with Trino.
//!
//! DataFusion's take more types than Trino's; `check` says which arguments are refused. Start with `all`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::DataType;
use datafusion::logical_expr::AggregateUDF;

use crate::error::SqlError;
use crate::functions::aggregate_list::RowsAggregate;
use crate::functions::aggregate_sum::SumAvg;
use crate::functions::def::Overloads;

static ALL: OnceLock<BTreeMap<String, Arc<AggregateUDF>>> = OnceLock::new();
static STRICT: OnceLock<BTreeMap<&'static str, Overloads>> = OnceLock::new();

/// Trino's name, DataFusion's name, what Trino takes.
const BORROWED: &[(&str, &str, &[&str])] = &[
    ("count", "count", &["T -> bigint"]),
    ("min", "min", &["T -> T"]),
    ("max", "max", &["T -> T"]),
    ("array_agg", "array_agg", &["T -> array(T)"]),
    ("bool_and", "bool_and", &["boolean -> boolean"]),
    ("every", "bool_and", &["boolean -> boolean"]),
    ("bool_or", "bool_or", &["boolean -> boolean"]),
    ("stddev", "stddev", &["double -> double"]),
    ("stddev_samp", "stddev", &["double -> double"]),
    ("stddev_pop", "stddev_pop", &["double -> double"]),
    ("variance", "var", &["double -> double"]),
    ("var_samp", "var", &["double -> double"]),
    ("var_pop", "var_pop", &["double -> double"]),
    ("corr", "corr", &["double, double -> double"]),
    ("covar_samp", "covar_samp", &["double, double -> double"]),
    ("covar_pop", "covar_pop", &["double, double -> double"]),
    ("regr_slope", "regr_slope", &["double, double -> double"]),
    ("regr_intercept", "regr_intercept", &["double, double -> double"]),
    ("approx_distinct", "approx_distinct", &["T -> bigint", "T, double -> bigint"]),
    ("bitwise_and_agg", "bit_and", &["bigint -> bigint"]),
    ("bitwise_or_agg", "bit_or", &["bigint -> bigint"]),
    ("grouping", "grouping", &["T... -> bigint"]),
];

/// Every aggregate by Trino's name.
pub(crate) fn all() -> &'static BTreeMap<String, Arc<AggregateUDF>> {
    ALL.get_or_init(|| {
        let theirs = datafusion::functions_aggregate::all_default_aggregate_functions();
        let find = |name: &str| {
            theirs.iter().find(|f| f.name() == name || f.aliases().iter().any(|a| a == name)).cloned()
        };
        let mut all: BTreeMap<String, Arc<AggregateUDF>> =
            BORROWED.iter().filter_map(|(ours, name, _)| Some((ours.to_string(), find(name)?))).collect();
        for average in [false, true] {
            let udf = AggregateUDF::new_from_impl(SumAvg::new(average));
            all.insert(udf.name().to_string(), Arc::new(udf));
        }
        for udf in RowsAggregate::all() {
            let udf = AggregateUDF::new_from_impl(udf);
            all.insert(udf.name().to_string(), Arc::new(udf));
        }
        all
    })
}

/// What an aggregate takes, as error messages say it.
pub(crate) fn expected(name: &str) -> String {
    let found = BORROWED.iter().find(|(ours, theirs, _)| *ours == name || *theirs == name);
    let texts = found.map_or(&[] as &[&str], |(_, _, texts)| texts);
    let calls: Vec<String> =
        texts.iter().map(|t| format!("{name}({})", t.split("->").next().unwrap_or("").trim())).collect();
    calls.join(", ")
}

/// Error: arguments that a borrowed aggregate would take and Trino's would not.
pub(crate) fn check(name: &str, types: &[DataType]) -> Result<(), SqlError> {
    let strict = STRICT.get_or_init(|| {
        BORROWED.iter().map(|(ours, theirs, texts)| (*theirs, Overloads::new(ours, texts))).collect()
    });
    match strict.get(name) {
        Some(overloads) => overloads.resolve(types).map(|_| ()),
        None => Ok(()),
    }
}
