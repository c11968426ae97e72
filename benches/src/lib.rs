//! What the benches share: the seed, requests written as JSON, memory. The benches are in `benches/all/`: `data.rs` and
//! `clicks.rs` for rows without a tank, `tank.rs` for S3, Athena and the start of a tank, `streams.rs` for Kinesis,
//! `dynamodb.rs` and `dynamodb_million.rs` for tables, `logs.rs` for Insights, `test_api.rs` for what a user's test costs.

use serde_json::Value;
use wavetank_emulator::{Scope, Tank};
use wavetank_types::Seed;
use wavetank_wire::codec::from_json;
use wavetank_wire::{FromVal as _, Operation};

/// As in the `wavetank` binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Every bench draws from this.
pub const SEED: Seed = Seed(7);

/// A typed request, from the JSON that a client would send.
pub fn typed<O: Operation>(request: &Value) -> O::Input {
    let shape = O::service().operation(O::NAME).expect("a served operation");
    O::Input::from_val(
        from_json(shape.input, request.to_string().as_bytes()).expect("a request of its shape"),
    )
}

/// Asks the tank.
pub async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> O::Output {
    tank.request::<O>(&Scope::default(), input).await.expect("an answer")
}

/// Resident memory of this process, in megabytes; none where there is no `/proc`.
pub fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_000)
}
