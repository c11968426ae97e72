//! The store's database as an RDS instance: a real PostgreSQL, entered as any client enters it.
//!
//! Endpoint and login are asked of RDS and Secrets Manager. Rows come in by COPY; an insert is one transaction, and what it
//! has acknowledged is there after the server's death.

use async_trait::async_trait;
use bytes::Bytes;
use wavetank_generators::Format;
use wavetank_generators::fashion_store::{Order, Product, Store};
use wavetank_transforms::fashion_store::PRODUCT_COLUMNS;
use wavetank_transforms::fashion_store::export::csv_of;
use wavetank_types::Timestamp;
use wavetank_wire::rds::{DescribeDBInstances, DescribeDBInstancesInput};
use wavetank_wire::secretsmanager::{GetSecretValue, GetSecretValueInput};

use super::orders::{self, OrdersDb, OrdersError, table_of};
use crate::client::Aws;
use crate::sql_copy::{Database, Session};

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

/// An open connection to the store's instance.
#[derive(Debug)]
pub(super) struct Postgres {
    session: Session,
}

impl Postgres {
    /// Joins the instance of this name.
    pub(super) async fn join(aws: Aws<'_>, instance: &str) -> Result<Self, OrdersError> {
        let missing = |what: &str| OrdersError::Instance { name: instance.to_owned(), what: what.to_owned() };
        let input = DescribeDBInstancesInput {
            db_instance_identifier: Some(instance.to_owned()),
            ..DescribeDBInstancesInput::default()
        };
        let found = aws.call::<DescribeDBInstances>(input).await?.db_instances.unwrap_or_default();
        let found = found.into_iter().next().ok_or_else(|| missing("instance"))?;
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
        Ok(Self { session: database.join().await? })
    }
}

#[async_trait]
impl OrdersDb for Postgres {
    async fn load(&mut self, store: &Store) -> Result<(), OrdersError> {
        self.session.run(TABLES).await?;
        self.session.copy_csv("users", &[], table_of(&store.users(), Format::Csv)?).await?;
        self.session.copy_csv("products", &[], products_of(store)).await?;
        Ok(())
    }

    async fn insert(&mut self, store: &Store, orders: &[Order], _at: Timestamp) -> Result<(), OrdersError> {
        if orders.is_empty() {
            return Ok(());
        }
        let (rows, details) = orders::csv_of(store, &orders.iter().collect::<Vec<_>>());
        self.session.run("BEGIN").await?;
        self.session.copy_csv("orders", &[], rows).await?;
        self.session.copy_csv("order_details", &[], details).await?;
        Ok(self.session.run("COMMIT").await?)
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
