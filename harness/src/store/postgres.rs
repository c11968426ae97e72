//! The store's database as an RDS instance: a real PostgreSQL, entered as any client enters it.
//!
//! Endpoint and login are asked of RDS and Secrets Manager. Rows come in by COPY; an insert is one transaction, and what it
//! has acknowledged is there after the server's death. A server that dies is started again, and the insert that it did not
//! acknowledge is made again unless it had happened after all. Tables and rows are those of `outside.rs`, too.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use wavetank_generators::Format;
use wavetank_generators::fashion_store::{Order, Product, Store};
use wavetank_transforms::fashion_store::PRODUCT_COLUMNS;
use wavetank_transforms::fashion_store::export::csv_of;
use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::rds::{
    DBInstance, DescribeDBInstances, DescribeDBInstancesInput, DescribeEvents, DescribeEventsInput, Event,
    RebootDBInstance, RebootDBInstanceInput,
};
use wavetank_wire::secretsmanager::{GetSecretValue, GetSecretValueInput};

use super::orders::{self, OrdersDb, OrdersError, table_of};
use crate::client::Aws;
use crate::sql_copy::{Database, Session, SqlError};

/// Prices keep the digits that they are written with.
const TABLES: &str = "
    CREATE TABLE users (id bigint PRIMARY KEY, username text, first_name text, last_name text, email text, phone text,
        address text, sex text, birthdate date);
    CREATE TABLE products (id bigint PRIMARY KEY, gender text, master_category text, sub_category text, article_type text,
        base_colour text, season text, year text, usage text, product_display_name text, price numeric);
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, order_date timestamp NOT NULL,
        total_price numeric NOT NULL);
    CREATE INDEX ON orders (order_date);
    CREATE TABLE order_details (order_id bigint REFERENCES orders, product_id bigint REFERENCES products,
        quantity integer NOT NULL, unit_price numeric NOT NULL, PRIMARY KEY (order_id, product_id));";

/// Times that a server is started again: one that dies more often is not at fault by chance.
const RESTARTS_MAX: u32 = 3;
/// How long an instance may take to come back, in the target's time.
const BACK_WITHIN: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_secs(1);

/// An open connection to the store's instance.
#[derive(Debug)]
pub(super) struct Postgres<'a> {
    aws: Aws<'a>,
    instance: String,
    session: Session,
    acknowledged: u64,
    restarts: u32,
}

impl<'a> Postgres<'a> {
    /// Joins the instance of this name.
    pub(super) async fn join(aws: Aws<'a>, instance: &str) -> Result<Self, OrdersError> {
        let session = enter(aws, instance).await?;
        Ok(Self { aws, instance: instance.to_owned(), session, acknowledged: 0, restarts: 0 })
    }

    /// Starts the server again, joins it, and looks whether everything is there that it had acknowledged.
    async fn revive(&mut self, why: &str) -> Result<(), OrdersError> {
        self.restarts += 1;
        let identifier = self.instance.clone();
        let input = RebootDBInstanceInput { db_instance_identifier: identifier, force_failover: None };
        match self.aws.call::<RebootDBInstance>(input).await {
            Ok(_) => {}
            // It comes back by itself, as instances do on AWS.
            Err(error) if error.code.starts_with("InvalidDBInstanceState") => {}
            Err(error) => return Err(error.into()),
        }
        self.await_instance(why).await?;
        self.session = enter(self.aws, &self.instance).await?;
        let found = self.session.rows("SELECT count(*) FROM orders").await?;
        let found = found.into_iter().flatten().flatten().next().unwrap_or_default();
        match found.parse::<u64>() {
            Ok(count) if count >= self.acknowledged => Ok(()),
            _ => {
                let (name, acknowledged) = (self.instance.clone(), self.acknowledged);
                Err(OrdersError::Lost { name, acknowledged, found })
            }
        }
    }

    async fn await_instance(&self, why: &str) -> Result<(), OrdersError> {
        let target = self.aws.target();
        let deadline = target.now() + BACK_WITHIN;
        loop {
            target.pause(POLL).await;
            let found = describe(self.aws, &self.instance).await?;
            let status = found.and_then(|found| found.db_instance_status).unwrap_or_default();
            if status == "available" {
                return Ok(());
            }
            if target.now() >= deadline {
                let (name, why) = (self.instance.clone(), why.to_owned());
                return Err(OrdersError::Down { name, status, within: BACK_WITHIN, why });
            }
        }
    }

    /// Whether the transaction with this order was committed, though nobody heard of it.
    async fn has(&self, order: u64) -> Result<bool, SqlError> {
        let found = self.session.rows(&format!("SELECT 1 FROM orders WHERE id = {order}")).await?;
        Ok(!found.is_empty())
    }
}

/// Makes the tables, and fills users and products.
pub(super) async fn fill(session: &Session, store: &Store) -> Result<(), OrdersError> {
    session.run(TABLES).await?;
    session.copy_csv("users", &[], table_of(&store.users(), Format::Csv)?).await?;
    session.copy_csv("products", &[], products_of(store)).await?;
    Ok(())
}

/// Copies orders and their details in, in one transaction.
pub(super) async fn commit(session: &Session, rows: Bytes, details: Bytes) -> Result<(), SqlError> {
    session.run("BEGIN").await?;
    session.copy_csv("orders", &[], rows).await?;
    session.copy_csv("order_details", &[], details).await?;
    session.run("COMMIT").await
}

async fn describe(aws: Aws<'_>, instance: &str) -> Result<Option<DBInstance>, WireError> {
    let input = DescribeDBInstancesInput {
        db_instance_identifier: Some(instance.to_owned()),
        ..DescribeDBInstancesInput::default()
    };
    let found = aws.call::<DescribeDBInstances>(input).await?.db_instances.unwrap_or_default();
    Ok(found.into_iter().next())
}

/// How often servers of the target have died and come back, as its events tell.
pub(super) async fn deaths(aws: Aws<'_>) -> Result<usize, WireError> {
    /// In minutes: as long as RDS keeps events. Documented: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html
    const KEPT: i64 = 20_160;
    let input = DescribeEventsInput { duration: Some(KEPT), ..DescribeEventsInput::default() };
    let events = aws.call::<DescribeEvents>(input).await?.events.unwrap_or_default();
    let is_death =
        |event: &&Event| event.message.as_ref().is_some_and(|said| said.contains("ended unexpectedly"));
    Ok(events.iter().filter(is_death).count())
}

/// A session in the instance of this name, by the endpoint and the login that AWS's API tells.
async fn enter(aws: Aws<'_>, instance: &str) -> Result<Session, OrdersError> {
    let missing = |what: &str| OrdersError::Instance { name: instance.to_owned(), what: what.to_owned() };
    let found = describe(aws, instance).await?.ok_or_else(|| missing("instance"))?;
    let endpoint = found.endpoint.ok_or_else(|| missing("endpoint"))?;
    let secret = found.master_user_secret.and_then(|secret| secret.secret_arn);
    let input = GetSecretValueInput {
        secret_id: secret.ok_or_else(|| missing("secret"))?,
        ..GetSecretValueInput::default()
    };
    let secret = aws.call::<GetSecretValue>(input).await?.secret_string.unwrap_or_default();
    let login: serde_json::Value = serde_json::from_str(&secret).unwrap_or_default();
    let text = |name: &str| login[name].as_str().map(str::to_owned).ok_or_else(|| missing(name));
    let database = Database {
        host: endpoint.address.ok_or_else(|| missing("address"))?,
        port: endpoint.port.and_then(|port| u16::try_from(port).ok()).ok_or_else(|| missing("port"))?,
        name: found.db_name.ok_or_else(|| missing("database"))?,
        user: text("username")?,
        password: text("password")?,
    };
    Ok(database.join().await?)
}

#[async_trait]
impl OrdersDb for Postgres<'_> {
    async fn load(&mut self, store: &Store) -> Result<(), OrdersError> {
        fill(&self.session, store).await
    }

    async fn insert(&mut self, store: &Store, orders: &[Order], _at: Timestamp) -> Result<(), OrdersError> {
        let Some(first) = orders.first() else { return Ok(()) };
        let (rows, details) = orders::csv_of(store, &orders.iter().collect::<Vec<_>>());
        let mut is_there = false;
        while !is_there {
            match commit(&self.session, rows.clone(), details.clone()).await {
                Ok(()) => is_there = true,
                Err(SqlError::Gone { why, .. }) if self.restarts < RESTARTS_MAX => {
                    self.revive(&why).await?;
                    is_there = self.has(first.id).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.acknowledged += orders.len() as u64;
        Ok(())
    }
}

/// The products' rows. Of a dirty catalogue's, a table with columns can hold what is absent or `NA`, but no comma too many.
fn products_of(store: &Store) -> Bytes {
    let row = |id| {
        let Product { id, gender, item, base_colour, season, year, usage, product_display_name, .. } =
            store.product(id);
        let price = format!("{}{}", item.price, store.plan().prices.ending());
        let texts = [gender, item.master_category, item.sub_category, item.article_type, base_colour, season];
        let mut row = vec![Some(id.to_string())];
        row.extend(texts.map(|text| Some(text.to_owned())));
        row.extend([year.map(|year| year.to_string()), Some(usage.unwrap_or("NA").to_owned())]);
        row.extend([Some(product_display_name), Some(price)]);
        row
    };
    csv_of(&PRODUCT_COLUMNS, &(1..=store.plan().products).map(row).collect::<Vec<_>>())
}
