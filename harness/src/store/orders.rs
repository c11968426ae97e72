//! The store's database, as far as a day needs it: users and products are loaded, orders come in, and the night's export reads.
//!
//! [`Files`] is the default that needs nothing: tables as CSV files in a bucket, orders in a file for each insert, in the
//! folder of their day. The export function finds them there. `postgres.rs` has the real one, in RDS; `outside.rs` one that somebody
//! else started.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wavetank_generators::fashion_store::{Order, Store};
use wavetank_generators::write::WriteError;
use wavetank_generators::{Format, Table, write};
use wavetank_types::Timestamp;

use wavetank_wire::WireError;

use super::OrdersPlace;
use super::outside::Outside;
use super::postgres::Postgres;
use crate::client::Aws;
use crate::drive::{self, DriveError};
use crate::input::threads;
use crate::sql_copy::SqlError;

/// Why rows are not in the database.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    /// Nobody knows this kind of place.
    #[error("`{0}` is no place for a store's orders\nhint: write s3://BUCKET/ or rds:INSTANCE")]
    Unknown(String),
    /// The instance is not as the template should have made it.
    #[error("instance `{name}` of RDS has no {what}")]
    Instance {
        /// Its identifier.
        name: String,
        /// What is missing.
        what: String,
    },
    /// The database's server died, and rows that it had acknowledged are not there.
    #[error(
        "instance `{name}` of RDS had acknowledged {acknowledged} orders, and has {found} after its server's death"
    )]
    Lost {
        /// Its identifier.
        name: String,
        /// Orders of the transactions that it had committed.
        acknowledged: u64,
        /// Orders that are there.
        found: String,
    },
    /// The instance does not come back.
    #[error("instance `{name}` of RDS is {status} {within:?} after its server's death\nhint: {why}")]
    Down {
        /// Its identifier.
        name: String,
        /// Its last status.
        status: String,
        /// How long it was waited for, in the target's time.
        within: std::time::Duration,
        /// What was said when it was found dead.
        why: String,
    },
    /// The PostgreSQL that was named does not keep them.
    #[error("{database} cannot keep the store's orders: {why}\nhint: {hint}")]
    Outside {
        /// Who was to enter where, without the password.
        database: String,
        /// What was said.
        why: String,
        /// What may be done.
        hint: &'static str,
    },
    /// RDS or Secrets Manager has refused.
    #[error(transparent)]
    Api(#[from] WireError),
    /// PostgreSQL has refused, or is gone.
    #[error("the store's orders: {0}")]
    Sql(#[from] SqlError),
    /// Rows could not be written.
    #[error("cannot generate: {0}")]
    Generate(#[from] WriteError),
    /// A file could not be stored.
    #[error(transparent)]
    Store(#[from] DriveError),
}

/// A database for users, products and orders.
#[async_trait]
pub trait OrdersDb: Send {
    /// Fills users and products.
    async fn load(&mut self, store: &Store) -> Result<(), OrdersError>;

    /// Inserts orders and their details. All are of before `at`.
    async fn insert(&mut self, store: &Store, orders: &[Order], at: Timestamp) -> Result<(), OrdersError>;
}

/// The database at a place such as `s3://bucket/prefix/` or `rds:instance`. Files may come out of a PostgreSQL that is `kept` elsewhere.
pub(super) async fn open<'a>(
    aws: Aws<'a>,
    place: &str,
    kept: &OrdersPlace,
) -> Result<Box<dyn OrdersDb + 'a>, OrdersError> {
    if let Some(instance) = place.strip_prefix("rds:") {
        return Ok(Box::new(Postgres::join(aws, instance).await?));
    }
    if !place.starts_with("s3://") || !place.ends_with('/') {
        return Err(OrdersError::Unknown(place.to_owned()));
    }
    let files = Files { aws, place: place.to_owned() };
    match kept {
        OrdersPlace::Postgres(database) => Ok(Box::new(Outside::join(database, files).await?)),
        OrdersPlace::Files | OrdersPlace::Rds => Ok(Box::new(files)),
    }
}

/// Tables as CSV files below an `s3://bucket/prefix/`.
#[derive(Debug)]
pub struct Files<'a> {
    aws: Aws<'a>,
    place: String,
}

impl Files<'_> {
    /// Stores a table whole.
    pub(super) async fn put_table(&self, table: &str, body: Bytes) -> Result<(), DriveError> {
        drive::put(self.aws, &format!("{}{table}/{table}.csv", self.place), body).await
    }

    /// Stores what of a day was inserted at this time.
    pub(super) async fn put_orders(
        &self,
        day: NaiveDate,
        at: Timestamp,
        rows: Bytes,
        details: Bytes,
    ) -> Result<(), DriveError> {
        for (table, body) in [("orders", rows), ("order_details", details)] {
            let folder = day.format("%Y/%m/%d");
            let uri = format!("{}{table}/{folder}/{}.csv", self.place, at.format("%Y%m%dT%H%M%S"));
            drive::put(self.aws, &uri, body).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl OrdersDb for Files<'_> {
    async fn load(&mut self, store: &Store) -> Result<(), OrdersError> {
        self.put_table("users", table_of(&store.users(), Format::Csv)?).await?;
        Ok(self.put_table("products", table_of(&store.products(), Format::Csv)?).await?)
    }

    async fn insert(&mut self, store: &Store, orders: &[Order], at: Timestamp) -> Result<(), OrdersError> {
        for (day, orders) in by_day(store, orders) {
            let (rows, details) = csv_of(store, &orders);
            self.put_orders(day, at, rows, details).await?;
        }
        Ok(())
    }
}

/// Orders by their local day.
pub(super) fn by_day<'a>(store: &Store, orders: &'a [Order]) -> BTreeMap<NaiveDate, Vec<&'a Order>> {
    let mut by_day: BTreeMap<NaiveDate, Vec<&Order>> = BTreeMap::new();
    for order in orders {
        by_day.entry(store.date_of(order.second)).or_default().push(order);
    }
    by_day
}

/// A table's rows.
pub(super) fn table_of(table: &dyn Table, format: Format) -> Result<Bytes, WriteError> {
    let mut body = Vec::new();
    write(table, format, threads(), &mut body)?;
    Ok(Bytes::from(body))
}

/// Orders and their details as CSV with headers.
pub(super) fn csv_of(store: &Store, orders: &[&Order]) -> (Bytes, Bytes) {
    let ending = store.plan().prices.ending();
    let mut rows = String::from("id,user_id,order_date,total_price\n");
    let mut details = String::from("order_id,product_id,quantity,unit_price\n");
    for order in orders {
        let (id, at) = (order.id, store.local_text(order.second));
        // Writing to a String cannot fail.
        let _ = writeln!(rows, "{id},{},{at},{}{ending}", order.user_id, order.total_price());
        for line in order.lines() {
            let _ =
                writeln!(details, "{id},{},{},{}{ending}", line.product_id, line.quantity, line.unit_price);
        }
    }
    (Bytes::from(rows), Bytes::from(details))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavetank_generators::fashion_store::Plan;
    use wavetank_types::Seed;

    #[test]
    fn orders_are_written_as_the_generator_writes_its_tables() {
        let store = Store::new(Plan::of_clicks(5_000, Seed(7))).expect("a store");
        let orders: Vec<Order> = (1..=store.plan().orders).map(|id| store.order(id)).collect();
        let (rows, details) = csv_of(&store, &orders.iter().collect::<Vec<_>>());
        let threads = std::num::NonZeroUsize::MIN;
        let (mut expected, mut expected_details) = (Vec::new(), Vec::new());
        write(&store.orders(), Format::Csv, threads, &mut expected).expect("rows");
        write(&store.order_details(), Format::Csv, threads, &mut expected_details).expect("rows");
        assert_eq!(rows, expected);
        assert_eq!(details, expected_details);
    }
}
