//! Profile `shop`: the items of one table that holds a whole shop: customers, products, their stock, orders, order items.
//!
//! Each row is an item as it lies in the table: its two keys, the keys of two indexes where it has them, and the
//! attributes of its kind; what a kind lacks is absent. `rows` counts orders; the other kinds follow from it. Each thing
//! draws from a stream of its own, so any can be made alone.
//!
//! | kind | pk | sk | index `by-day` | index `open-orders` |
//! |---|---|---|---|---|
//! | customer | `CUSTOMER#C-0001` | `PROFILE` | | |
//! | order | `CUSTOMER#C-0001` | `ORDER#2026-11-02T..#O-000001` | `DAY#2026-11-02#3` | `OPEN#HAN`, while it is open |
//! | order item | `ORDER#O-000001` | `ITEM#P-0001` | | |
//! | product | `PRODUCT#P-0001` | `DETAIL` | | |
//! | stock | `PRODUCT#P-0001` | `STOCK#VN#HAN` | | |

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use fake::Fake;
use rand::RngExt;
use wavetank_types::{Seed, Stream};

use crate::locale::vi::{Person, PersonVi};
use crate::table::{CHUNK_RECORDS, Chunk, Column, Table, chunk_len, chunks_of, schema};

/// The profile's name, and the name of its random streams.
pub const NAME: &str = "shop";

/// The columns. An item has those of its kind.
pub const COLUMNS: [Column; 18] = [
    Column::text("pk"),
    Column::text("sk"),
    Column::text("kind"),
    Column::text("day_shard"),
    Column::text("open_at"),
    Column::text("ordered_at"),
    Column::text("customer_id"),
    Column::text("customer_name"),
    Column::text("order_id"),
    Column::text("order_state"),
    Column::text("product_id"),
    Column::text("product_name"),
    Column::text("category"),
    Column::text("place"),
    Column::number("amount"),
    Column::number("quantity"),
    Column::number("price"),
    Column::number("item_count"),
];

/// Over so many parts is a day's key spread, so that no partition takes all of a day's writes.
pub const SHARDS: u64 = 4;
/// Days with orders, from the first on.
pub const DAYS: u64 = 14;
const FIRST_DAY: &str = "2026-11-01T00:00:00Z";
/// Where goods lie: country and city.
pub const PLACES: [(&str, &str); 4] = [("SG", "SIN"), ("TH", "BKK"), ("VN", "HAN"), ("VN", "SGN")];
/// In order of an order's life; the first two are open.
pub const STATES: [&str; 4] = ["placed", "packed", "shipped", "delivered"];
const CATEGORIES: [&str; 3] = ["Accessories", "Apparel", "Footwear"];
const ITEMS_MAX: u64 = 4;

/// An item by column; `None` is absent.
pub type Row = [Option<String>; COLUMNS.len()];

/// The profile with its size and seed.
#[derive(Clone, Debug)]
pub struct Shop {
    orders: u64,
    seed: Seed,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns' names")]
pub struct Customer {
    pub customer_id: String,
    pub customer_name: String,
}

/// A product, with its stock by place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns' names")]
pub struct Product {
    pub product_id: String,
    pub product_name: String,
    pub category: &'static str,
    /// In thousands of dong.
    pub price: u64,
    pub stock: Vec<((&'static str, &'static str), u64)>,
}

/// An order with its items.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns' names")]
pub struct Order {
    pub order_id: String,
    pub customer_id: String,
    pub ordered_at: String,
    pub order_state: &'static str,
    /// The city whose goods it takes.
    pub place: &'static str,
    /// Which part of its day's key.
    pub shard: u64,
    /// Product, quantity and price, by product.
    pub items: Vec<(String, u64, u64)>,
}

impl Order {
    /// The sum over its items.
    pub fn amount(&self) -> u64 {
        self.items.iter().map(|(_, quantity, price)| quantity * price).sum()
    }

    /// Whether somebody still has to do something about it.
    pub fn is_open(&self) -> bool {
        STATES[..2].contains(&self.order_state)
    }

    /// Such as `2026-11-02`.
    pub fn day(&self) -> &str {
        &self.ordered_at[..10]
    }
}

impl Shop {
    /// A shop with so many orders.
    pub fn new(orders: u64, seed: Seed) -> Self {
        Self { orders, seed }
    }

    /// How many orders there are.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// How many customers there are.
    pub fn customers(&self) -> u64 {
        self.orders / 10 + 1
    }

    /// How many products there are.
    pub fn products(&self) -> u64 {
        self.orders / 20 + 4
    }

    fn things(&self) -> u64 {
        self.customers() + self.products() + self.orders
    }

    fn stream(&self, kind: &str, number: u64) -> Stream {
        self.seed.chunk_stream(&format!("{NAME}/{kind}"), number)
    }

    /// A customer by number, from 1.
    pub fn customer(&self, number: u64) -> Customer {
        let person: Person = PersonVi.fake_with_rng(&mut self.stream("customer", number));
        Customer { customer_id: format!("C-{number:04}"), customer_name: person.full_name() }
    }

    /// A product by number, from 1.
    pub fn product(&self, number: u64) -> Product {
        let mut stream = self.stream("product", number);
        let category = CATEGORIES[stream.random_range(0..CATEGORIES.len())];
        let price = stream.random_range(50..2_000);
        let stock = PLACES.iter().map(|place| (*place, stream.random_range(0..500))).collect();
        Product {
            product_id: format!("P-{number:04}"),
            product_name: format!("{category} {number}"),
            category,
            price,
            stock,
        }
    }

    /// An order by number, from 1.
    pub fn order(&self, number: u64) -> Order {
        let mut stream = self.stream("order", number);
        let first: DateTime<Utc> = FIRST_DAY.parse().expect("a constant");
        let seconds = stream.random_range(0..DAYS * 86_400);
        let at = first + TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
        let kinds = stream.random_range(1..=ITEMS_MAX).min(self.products());
        let start = stream.random_range(0..self.products());
        let mut items: Vec<(String, u64, u64)> = (0..kinds)
            .map(|step| {
                let product = self.product((start + step) % self.products() + 1);
                (product.product_id, stream.random_range(1..6), product.price)
            })
            .collect();
        items.sort();
        Order {
            order_id: format!("O-{number:06}"),
            customer_id: format!("C-{:04}", stream.random_range(1..=self.customers())),
            ordered_at: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            order_state: STATES[stream.random_range(0..STATES.len())],
            place: PLACES[stream.random_range(0..PLACES.len())].1,
            shard: number % SHARDS,
            items,
        }
    }

    /// Every item of the table, in the order in which they are written.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.things()).flat_map(|thing| self.thing(thing))
    }

    fn thing(&self, thing: u64) -> Vec<Row> {
        let (customers, products) = (self.customers(), self.products());
        if thing < customers {
            return vec![customer_row(&self.customer(thing + 1))];
        }
        match thing - customers {
            number if number < products => product_rows(&self.product(number + 1)),
            number => order_rows(&self.order(number - products + 1)),
        }
    }
}

fn row(fields: &[(&str, String)]) -> Row {
    let value = |column: &Column| {
        fields.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone())
    };
    std::array::from_fn(|at| value(&COLUMNS[at]))
}

fn customer_row(it: &Customer) -> Row {
    row(&[
        ("pk", format!("CUSTOMER#{}", it.customer_id)),
        ("sk", "PROFILE".to_owned()),
        ("kind", "customer".to_owned()),
        ("customer_id", it.customer_id.clone()),
        ("customer_name", it.customer_name.clone()),
    ])
}

fn product_rows(it: &Product) -> Vec<Row> {
    let pk = format!("PRODUCT#{}", it.product_id);
    let detail = row(&[
        ("pk", pk.clone()),
        ("sk", "DETAIL".to_owned()),
        ("kind", "product".to_owned()),
        ("product_id", it.product_id.clone()),
        ("product_name", it.product_name.clone()),
        ("category", it.category.to_owned()),
        ("price", it.price.to_string()),
    ]);
    let stock = |((country, city), quantity): &((&str, &str), u64)| {
        row(&[
            ("pk", pk.clone()),
            ("sk", format!("STOCK#{country}#{city}")),
            ("kind", "stock".to_owned()),
            ("product_id", it.product_id.clone()),
            ("place", (*city).to_owned()),
            ("quantity", quantity.to_string()),
        ])
    };
    std::iter::once(detail).chain(it.stock.iter().map(stock)).collect()
}

fn order_rows(it: &Order) -> Vec<Row> {
    let mut fields = vec![
        ("pk", format!("CUSTOMER#{}", it.customer_id)),
        ("sk", format!("ORDER#{}#{}", it.ordered_at, it.order_id)),
        ("kind", "order".to_owned()),
        ("day_shard", format!("DAY#{}#{}", it.day(), it.shard)),
        ("ordered_at", it.ordered_at.clone()),
        ("customer_id", it.customer_id.clone()),
        ("order_id", it.order_id.clone()),
        ("order_state", it.order_state.to_owned()),
        ("place", it.place.to_owned()),
        ("amount", it.amount().to_string()),
        ("item_count", it.items.len().to_string()),
    ];
    if it.is_open() {
        fields.push(("open_at", format!("OPEN#{}", it.place)));
    }
    let item = |(product_id, quantity, price): &(String, u64, u64)| {
        row(&[
            ("pk", format!("ORDER#{}", it.order_id)),
            ("sk", format!("ITEM#{product_id}")),
            ("kind", "order-item".to_owned()),
            ("order_id", it.order_id.clone()),
            ("product_id", product_id.clone()),
            ("quantity", quantity.to_string()),
            ("price", price.to_string()),
        ])
    };
    std::iter::once(row(&fields)).chain(it.items.iter().map(item)).collect()
}

impl Table for Shop {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.things())
    }

    fn chunk(&self, index: u64) -> Chunk {
        let mut columns: [StringBuilder; COLUMNS.len()] = Default::default();
        let first = index * CHUNK_RECORDS;
        for thing in first..first + chunk_len(self.things(), index) {
            for row in self.thing(thing) {
                for (column, value) in columns.iter_mut().zip(row) {
                    column.append_option(value);
                }
            }
        }
        let arrays = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let batch =
            RecordBatch::try_new(schema(&COLUMNS), arrays).expect("a row appends to every column once");
        Chunk { batch, breaks: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_are_unique_and_only_open_orders_have_the_sparse_key() {
        let shop = Shop::new(200, Seed(7));
        let mut keys = BTreeSet::new();
        let at = |name: &str| COLUMNS.iter().position(|column| column.name == name).expect("a column");
        let (mut open, mut orders) = (0, 0);
        for row in shop.rows() {
            assert!(keys.insert((row[at("pk")].clone(), row[at("sk")].clone())), "{row:?}");
            let is_order = row[at("kind")].as_deref() == Some("order");
            assert_eq!(row[at("day_shard")].is_some(), is_order);
            orders += usize::from(is_order);
            open += usize::from(row[at("open_at")].is_some());
        }
        assert_eq!(orders, 200);
        assert!((60..140).contains(&open), "{open}");
        let rows: usize = (0..shop.chunks()).map(|chunk| shop.chunk(chunk).batch.num_rows()).sum();
        assert_eq!(rows, keys.len());
    }
}
