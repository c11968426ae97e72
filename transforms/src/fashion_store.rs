//! The fashion store: recommendations while people click, and the night's export and clean zone.
//!
//! `recommend.rs` is what the stream's function computes, `export.rs` what leaves the database at night, `clean/` what turns the
//! landing zone into typed Parquet. Each also does what the workshop's own code gets wrong, when it is asked for that
//! [`Mistake`] by name. Left out: S3, tables and streams, which is the harness's work.

pub mod clean;
pub mod export;
mod mistake;
mod reason;
mod recommend;

pub use mistake::{Mistake, NoSuchMistake};
pub use reason::Reason;
pub use recommend::{Catalogue, CatalogueError, RECOMMENDED, RecommendError};

use chrono::NaiveDate;

/// The columns of each file that the export writes.
pub const USER_COLUMNS: [&str; 9] =
    ["id", "username", "first_name", "last_name", "email", "phone", "address", "sex", "birthdate"];
/// See [`USER_COLUMNS`]. The catalogue's own file has the same in camel case, and no price.
pub const PRODUCT_COLUMNS: [&str; 11] = [
    "id",
    "gender",
    "master_category",
    "sub_category",
    "article_type",
    "base_colour",
    "season",
    "year",
    "usage",
    "product_display_name",
    "price",
];
/// See [`USER_COLUMNS`].
pub const ORDER_COLUMNS: [&str; 4] = ["id", "user_id", "order_date", "total_price"];
/// See [`USER_COLUMNS`].
pub const DETAIL_COLUMNS: [&str; 4] = ["order_id", "product_id", "quantity", "unit_price"];

/// A day's folder: `2026/01/06/`.
pub fn folder(day: NaiveDate) -> String {
    day.format("%Y/%m/%d/").to_string()
}
