//! Seeded synthetic data: (profile, seed) -> rows, and the truth of what must become of each.
//!
//! A profile is a table of fixed-size chunks. Each chunk draws from its own random stream, so it can be made alone,
//! and a file is the same bytes whether one thread or sixteen wrote it. Left out: files and clocks (writers take any
//! `io::Write`), arrival times (the scenario decides when a row is sent).
//! Start with `registry.rs` (what there is), then `event_revenue.rs`, then `write.rs`.

pub mod arrivals;
pub mod calendar;
pub mod defects;
pub mod event_revenue;
pub mod fashion_store;
pub mod kdg;
pub mod locale;
pub mod people_vi;
pub mod registry;
pub mod shop;
pub mod table;
mod text;
pub mod trades;
pub mod write;

pub use defects::{Defect, Defects, Share};
pub use event_revenue::EventRevenue;
pub use people_vi::PeopleVi;
pub use registry::{PROFILES, Profile, ProfileInfo};
pub use shop::Shop;
pub use table::{Rows, Table};
pub use trades::Trades;
pub use wavetank_types::nearest;
pub use write::{Format, write, write_rows};
