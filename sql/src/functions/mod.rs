//! The functions a query may call, by Trino's names. What is not here is `FUNCTION_NOT_FOUND`.
//!
//! Names that start with `$` are what syntax became (`parse/rewrite_expr.rs`). Each file is one family of
//! trino.io/docs/current/functions.html. Start with `scalar`.

pub(crate) mod aggregate;
mod aggregate_list;
mod aggregate_sum;
mod arrays;
mod binary;
pub(crate) mod cast;
mod cast_text;
pub(crate) mod def;
mod format;
pub(crate) mod java_time;
mod json;
mod json_value;
mod lambda;
mod maps;
mod math;
mod operators;
pub(crate) mod random;
mod regex;
mod special;
mod special_time;
mod text;
mod time;
mod time_text;
mod url;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};

use cast::{CastFunction, CastKind};
use def::TrinoFunction;
pub(crate) use json_value::value as json_text;

static SCALARS: OnceLock<BTreeMap<String, Arc<ScalarUDF>>> = OnceLock::new();
static WINDOWS: OnceLock<BTreeMap<String, Arc<WindowUDF>>> = OnceLock::new();

fn scalars() -> &'static BTreeMap<String, Arc<ScalarUDF>> {
    SCALARS.get_or_init(|| {
        let mut all: Vec<ScalarUDF> = Vec::new();
        let families = [
            text::ALL,
            regex::ALL,
            url::ALL,
            json::ALL,
            time::ALL,
            time_text::ALL,
            math::ALL,
            binary::ALL,
            arrays::ALL,
            maps::ALL,
        ];
        for def in families.into_iter().flatten() {
            all.push(ScalarUDF::new_from_impl(TrinoFunction::new(def, false)));
            all.push(ScalarUDF::new_from_impl(TrinoFunction::new(def, true)));
        }
        for kind in [CastKind::Cast, CastKind::TryCast, CastKind::Literal] {
            all.push(ScalarUDF::new_from_impl(CastFunction::new(kind)));
        }
        all.extend(operators::Arithmetic::all().into_iter().map(ScalarUDF::new_from_impl));
        all.extend(special::all());
        all.into_iter().map(|f| (f.name().to_string(), Arc::new(f))).collect()
    })
}

fn windows() -> &'static BTreeMap<String, Arc<WindowUDF>> {
    WINDOWS.get_or_init(|| {
        let known = [
            "row_number",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist",
            "ntile",
            "lag",
            "lead",
            "first_value",
            "last_value",
            "nth_value",
        ];
        let all = datafusion::functions_window::all_default_window_functions();
        all.into_iter().filter(|f| known.contains(&f.name())).map(|f| (f.name().to_string(), f)).collect()
    })
}

/// A scalar function by name.
pub(crate) fn scalar(name: &str) -> Option<Arc<ScalarUDF>> {
    // A constant survives TRY as it is.
    let plain = match name {
        "$try$$literal" => "$literal",
        "$try$$try_cast" => "$try_cast",
        other => other,
    };
    scalars()
        .get(plain)
        .or_else(|| {
            plain.strip_prefix("$try$").and_then(|n| special::is_total(n).then(|| scalars().get(n)).flatten())
        })
        .cloned()
}

/// A function that takes lambdas, by name.
pub(crate) fn higher_order(name: &str) -> Option<Arc<HigherOrderUDF>> {
    lambda::all().get(name).cloned()
}

/// An aggregate function by name.
pub(crate) fn aggregate(name: &str) -> Option<Arc<AggregateUDF>> {
    aggregate::all().get(name).cloned()
}

/// A window function by name.
pub(crate) fn window(name: &str) -> Option<Arc<WindowUDF>> {
    windows().get(name).cloned()
}

/// Whether a user may call it.
pub(crate) fn exists(name: &str) -> bool {
    !name.starts_with('$')
        && (scalar(name).is_some()
            || higher_order(name).is_some()
            || aggregate(name).is_some()
            || window(name).is_some())
}
