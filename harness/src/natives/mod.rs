//! The bundled scenarios' functions and jobs in Rust: `transforms` with S3 and the API around it.
//!
//! Each is registered under the name by which its template calls it; on AWS the template's own code runs instead.

mod data_lake_iot;
mod event_revenue;
mod fashion_store;
mod trades;

use std::sync::Arc;

use wavetank_emulator::TankBuilder;
use wavetank_transforms::event_revenue::Variant;

/// Registers every native twin.
pub fn register(builder: TankBuilder) -> TankBuilder {
    register_scripts(builder)
        .function("index.validate_event_revenue", Arc::new(event_revenue::validate))
        .function("index.recommend_products", Arc::new(fashion_store::Recommend::default()))
        .function("index.export_day", Arc::new(fashion_store::export_day))
        .function("index.keep_newest_trade", Arc::new(trades::state))
        .function("index.map_trades", Arc::new(trades::map))
        .function("index.reduce_trades", Arc::new(trades::reduce))
}

/// Registers the twins of Glue jobs only, which a job asks for by its `--wavetank-native` argument.
pub fn register_scripts(builder: TankBuilder) -> TankBuilder {
    builder
        .script("data_lake_iot.join", Arc::new(data_lake_iot::Join))
        .script("fashion_store.clean", Arc::new(fashion_store::Clean))
        .script("event_revenue.clean", Arc::new(event_revenue::Clean(Variant::Correct)))
        .script("event_revenue.as_taught", Arc::new(event_revenue::Clean(Variant::AsTaught)))
}
