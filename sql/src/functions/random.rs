//! `random()` and `uuid()` from the run's seed: the same seed and query give the same values.
//!
//! Left out: `random(n)`, `random(m, n)`: `FUNCTION_NOT_FOUND` by their arguments.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Float64Array, StringViewArray};
use arrow::datatypes::DataType;
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::types::VARCHAR;

/// `$random(site)` or `$uuid(site)`: the site tells two calls in one query apart.
pub(crate) fn function(name: &str, seed: u64) -> Arc<ScalarUDF> {
    let random = Random {
        name: name.to_string(),
        seed,
        drawn: Arc::default(),
        signature: Signature::any(1, Volatility::Volatile),
    };
    Arc::new(ScalarUDF::new_from_impl(random))
}

#[derive(Debug)]
struct Random {
    name: String,
    seed: u64,
    drawn: Arc<AtomicU64>,
    signature: Signature,
}

impl PartialEq for Random {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.seed == other.seed
    }
}

impl Eq for Random {}

impl Hash for Random {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, self.seed).hash(state);
    }
}

/// SplitMix64: each draw is a function of the seed and its number alone.
fn draw(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl ScalarUDFImpl for Random {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(if self.name == "$uuid" { VARCHAR } else { DataType::Float64 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let rows = args.number_rows as u64;
        let first = self.drawn.fetch_add(rows * 2, Ordering::Relaxed);
        if self.name == "$uuid" {
            let made: StringViewArray = (0..rows)
                .map(|i| Some(uuid(draw(self.seed, first + 2 * i), draw(self.seed, first + 2 * i + 1))))
                .collect();
            return Ok(ColumnarValue::Array(Arc::new(made)));
        }
        let unit = |n: u64| (draw(self.seed, n) >> 11) as f64 / (1u64 << 53) as f64;
        let made: Float64Array = (0..rows).map(|i| Some(unit(first + i))).collect();
        Ok(ColumnarValue::Array(Arc::new(made)))
    }
}

/// Version 4, variant 1.
fn uuid(high: u64, low: u64) -> String {
    let (high, low) = ((high & !0xF000) | 0x4000, (low & !(0b11 << 62)) | (0b10 << 62));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
