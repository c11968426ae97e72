//! The fashion store: users, products, their purchases, and the clicks that lead to them.
//!
//! One [`Store`] of one [`Plan`] is everything; nothing is kept but the catalogue's small columns. What refers to something
//! finds it by formula: order i is a function of i, and so are its user, its products and the session that it ends. Clicks are
//! made in blocks of sessions, each from a stream of its own, and merged by time as they are read, so that memory grows with
//! the clicks an hour and not with the clicks. Times are seconds of local time since the first day's midnight.
//!
//! Start with `store.rs` (sizes, days, blocks), then `clicks.rs` (the session machine) and `purchases.rs`. `feed.rs` has clicks and
//! orders in the order of time, `oracle.rs` what queries must answer.

mod addresses;
mod catalogue;
mod click_rows;
mod clicks;
mod feed;
mod oracle;
mod popularity;
mod products;
mod profile;
mod purchases;
mod store;
mod users;

pub use click_rows::{CLICK_COLUMNS, Clickstream, truth_schema};
pub use clicks::{Click, ClickShape, ClickText, EventType, Session};
pub use feed::{Dated, Feed, Sending, Sends, Sent};
pub use oracle::{Answer, Funnel, Interest, Oracle, Revenue};
pub use products::{CATALOGUE_COLUMNS, Dirt, Item, PRODUCT_COLUMNS, Product, Products};
pub use profile::{Part, StoreOptions, StoreProfile};
pub use purchases::{
    DETAIL_COLUMNS, Line, ORDER_COLUMNS, Order, OrderDetails, Orders, PRODUCTS_OF_ORDER_MAX, QUANTITY_MAX,
};
pub use store::{
    CLICKS_PER_ORDER, CLICKS_PER_USER, ChoiceError, Locale, Plan, PriceForm, SESSION_SECS_MAX, Store,
    StoreError,
};
pub use users::{USER_COLUMNS, User, Users};

/// The name of the store's random streams, and of its profile.
pub const NAME: &str = "fashion-store";

#[cfg(test)]
mod tests;
