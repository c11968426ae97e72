//! What the benches share: the seed. The benches are in `benches/`: `data.rs` for rows without a tank, `tank.rs` for
//! S3, Athena and the start of a tank, `streams.rs` for Kinesis, `dynamodb.rs` and `dynamodb_million.rs` for tables.

use wavetank_types::Seed;

/// Every bench draws from this.
pub const SEED: Seed = Seed(7);
