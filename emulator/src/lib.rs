//! The embedded AWS: a world of services with its own time, executors for real work, and a gateway that speaks AWS's wire.
//!
//! Start with `world/mod.rs` (what happens, in which order), then one service (`services/logs/`), then
//! `driver/mod.rs` (who moves time) and `gateway/mod.rs` (bytes in and out).
//! Left out: scenarios, checks, generators. This crate knows nothing of them.

pub mod connector;
pub mod driver;
pub mod executors;
pub mod gateway;
pub mod patterns;
pub(crate) mod schedule;
pub mod server;
pub mod services;
pub(crate) mod targets;
pub mod world;

pub use connector::Connector;
pub use driver::{Tank, TankBuilder};
pub use gateway::Gateway;
pub use world::Scope;
