//! What the tests share: running a bundled scenario, and serving a tank for real clients.
//!
//! The tests are in `tests/`: `tidy.rs` keeps the rules of the repository; `event_revenue.rs`, `data_lake_iot.rs` and
//! `mappings.rs` the promises of scenarios and mappings; the `*_sdk.rs` conformance with the genuine SDKs; `lab.rs` and
//! `streams_lab.rs` the walks with the `aws` command line and boto3.

pub mod localstack;
pub mod moto;
pub mod served;

use std::path::{Path, PathBuf};

use wavetank::progress::Silent;
use wavetank::{Embedded, Report, RunError, RunOptions, Tank};
use wavetank_scenarios::Scenario;
use wavetank_types::Seed;

/// Runs a bundled scenario on a fresh tank, and keeps the tank to look at.
///
/// Panics if the scenario cannot be read.
pub async fn run(name: &str, options: &RunOptions) -> (Tank, Result<Report, RunError>) {
    let scenario = Scenario::open(name).expect("a bundled scenario");
    let tank = Tank::from(Embedded::new(Seed(options.seed)));
    let report = wavetank::run(&scenario, &tank, options, &Silent).await;
    (tank, report)
}

/// A program on `PATH`. Tests that need one skip aloud where it is missing.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace").to_path_buf()
}
