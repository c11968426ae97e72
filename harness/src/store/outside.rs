//! The store's database as a PostgreSQL that somebody else started: docker-compose.yml's, or any that takes a password.
//!
//! Users, products and orders go in by COPY, an insert in one transaction, into a schema of our own. No service of the target knows
//! such a server, so its rows are read back once they are committed and laid as CSV into the store's bucket: there the night's
//! export finds them, and every row of it has passed through the server. The schema stays, to be looked at, and the next run puts
//! its own in place of it. A server that goes away is not started again: it is not ours.

use async_trait::async_trait;
use bytes::Bytes;
use wavetank_generators::fashion_store::{Order, Store};
use wavetank_transforms::fashion_store::export::csv_of;
use wavetank_transforms::fashion_store::{DETAIL_COLUMNS, ORDER_COLUMNS, PRODUCT_COLUMNS, USER_COLUMNS};
use wavetank_types::Timestamp;

use super::orders::{self, Files, OrdersDb, OrdersError};
use super::postgres;
use crate::sql_copy::{Database, Session, SqlError};

/// Held as long as the session: two runs in one database would take each other's schema away. The server waits for a run that has
/// just ended, and later for whoever reads an old schema, but not for ever.
const LOCK: &str = "SET lock_timeout TO '5s'; SELECT pg_advisory_lock(hashtext('wavetank fashion_store'))";
/// The comment of the schema, if there is one. Ours has a comment that says so; another is not touched.
const FOUND: &str = "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = 'fashion_store'";
const MARK: &str = "made by wavetank";
/// An empty schema of ours, in place of an earlier run's. Times are read back as the files have them, whatever the server's style.
const MAKE: &str = "
    DROP SCHEMA IF EXISTS fashion_store CASCADE;
    CREATE SCHEMA fashion_store;
    COMMENT ON SCHEMA fashion_store IS 'made by wavetank';
    SET search_path TO fashion_store;
    SET DateStyle TO ISO;";

/// An open connection, and the files that the pipeline reads.
#[derive(Debug)]
pub(super) struct Outside<'a> {
    session: Session,
    files: Files<'a>,
}

impl<'a> Outside<'a> {
    /// Joins, and makes our schema.
    pub(super) async fn join(database: &Database, files: Files<'a>) -> Result<Self, OrdersError> {
        let session = database.join().await.map_err(failed)?;
        let refuse = |why: &str, hint| {
            let (database, why) = (format!("{database:?}"), why.to_owned());
            Err(OrdersError::Outside { database, why, hint })
        };
        match session.run(LOCK).await {
            Ok(()) => {}
            Err(SqlError::Refused { why, .. }) => {
                let why = format!("another run is at it ({why})");
                return refuse(&why, "wait until that has ended, or name another database");
            }
            Err(error) => return Err(failed(error)),
        }
        let found = session.rows(FOUND).await.map_err(failed)?;
        if found.into_iter().flatten().flatten().any(|comment| comment != MARK) {
            return refuse(
                "it has a schema `fashion_store` that is not wavetank's",
                "rename that schema, or name another database",
            );
        }
        session.run(MAKE).await.map_err(failed)?;
        Ok(Self { session, files })
    }

    /// Rows as CSV, as the server gives them back.
    async fn read(&self, columns: &[&str], from: &str) -> Result<Bytes, OrdersError> {
        let query = format!("SELECT {} FROM {from}", columns.join(", "));
        let rows = self.session.rows(&query).await.map_err(failed)?;
        Ok(csv_of(columns, &rows))
    }
}

#[async_trait]
impl OrdersDb for Outside<'_> {
    async fn load(&mut self, store: &Store) -> Result<(), OrdersError> {
        postgres::fill(&self.session, store).await.map_err(failed)?;
        let users = self.read(&USER_COLUMNS, "users ORDER BY id").await?;
        self.files.put_table("users", users).await?;
        let products = self.read(&PRODUCT_COLUMNS, "products ORDER BY id").await?;
        Ok(self.files.put_table("products", products).await?)
    }

    async fn insert(&mut self, store: &Store, orders: &[Order], at: Timestamp) -> Result<(), OrdersError> {
        let (rows, details) = orders::csv_of(store, &orders.iter().collect::<Vec<_>>());
        postgres::commit(&self.session, rows, details).await.map_err(failed)?;
        for (day, orders) in orders::by_day(store, orders) {
            let ids = orders.iter().map(|order| order.id.to_string()).collect::<Vec<_>>().join(", ");
            let from = format!("orders WHERE id IN ({ids}) ORDER BY id");
            let rows = self.read(&ORDER_COLUMNS, &from).await?;
            let from = format!("order_details WHERE order_id IN ({ids}) ORDER BY order_id, product_id");
            let details = self.read(&DETAIL_COLUMNS, &from).await?;
            self.files.put_orders(day, at, rows, details).await?;
        }
        Ok(())
    }
}

/// What the server has said, with what may be done: its user can do more about it than about an instance of the tank's.
fn failed(error: impl Into<OrdersError>) -> OrdersError {
    let error = match error.into() {
        OrdersError::Sql(error) => error,
        other => return other,
    };
    let (database, why, hint) = match error {
        SqlError::Join { database, why } => (
            database,
            why,
            "is a PostgreSQL there, and are user, password and database right? PGPASSWORD has a password that the URL has not; \
             `docker compose up --wait postgres` starts one",
        ),
        SqlError::Gone { database, why } => {
            (database, why, "its log says why; the run can be made again once it is back")
        }
        SqlError::Refused { database, why } => (
            database,
            why,
            "the user must be allowed to create the schema `fashion_store`, and nobody else may be using an old one",
        ),
    };
    OrdersError::Outside { database, why, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_comes_with_what_may_be_done() {
        let check = |error: fn(String, String) -> SqlError, word: &str| {
            let error = failed(error("me@here:5432/shop".to_owned(), "it said so".to_owned())).to_string();
            assert!(
                error.starts_with("me@here:5432/shop cannot keep the store's orders: it said so\nhint: "),
                "{error}"
            );
            assert!(error.contains(word), "{error}");
        };
        check(|database, why| SqlError::Join { database, why }, "PGPASSWORD");
        check(|database, why| SqlError::Gone { database, why }, "log");
        check(|database, why| SqlError::Refused { database, why }, "schema `fashion_store`");
    }

    #[test]
    fn the_schema_carries_the_mark_by_which_a_later_run_knows_it() {
        assert!(MAKE.contains(&format!("COMMENT ON SCHEMA fashion_store IS '{MARK}'")));
    }
}
