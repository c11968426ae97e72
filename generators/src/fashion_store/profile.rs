//! The profiles of the store: the whole of it, or one part, with everything that the part refers to derived from its size.
//!
//! Parts of one size agree: `purchases` of 20,000 rows are the orders of `fashion-store` with a million, and `users` of 10,000 their users.

use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroUsize;

use serde::Serialize;
use wavetank_types::Seed;

use super::click_rows::CLICK_COLUMNS;
use super::oracle::{Answer, Oracle};
use super::products::{CATALOGUE_COLUMNS, PRODUCT_COLUMNS};
use super::purchases::{DETAIL_COLUMNS, ORDER_COLUMNS};
use super::users::USER_COLUMNS;
use super::{Clickstream, Locale, NAME, Plan, PriceForm, Store, StoreError};
use crate::arrivals::Arrivals;
use crate::defects::{Defect, Defects};
use crate::table::{Column, Rows, Table};
use crate::write::WriteError;

/// What of the store a profile writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `users`
    Users,
    /// `products`
    Products,
    /// `catalogue`
    Catalogue,
    /// `purchases`
    Purchases,
    /// `clickstream`
    Clickstream,
    /// `fashion-store`
    Whole,
}

type Tables = &'static [(&'static str, &'static [Column])];

const USERS: (&str, &[Column]) = ("users", &USER_COLUMNS);
const PRODUCTS: (&str, &[Column]) = ("products", &PRODUCT_COLUMNS);
const ORDERS: (&str, &[Column]) = ("orders", &ORDER_COLUMNS);
const DETAILS: (&str, &[Column]) = ("order_details", &DETAIL_COLUMNS);
const CLICKSTREAM: (&str, &[Column]) = ("clickstream", &CLICK_COLUMNS);

/// Defects of products.
const DIRTY: [Defect; 1] = [Defect::Dirty];
/// Defects of clicks.
const OF_CLICKS: [Defect; 6] = [
    Defect::OutOfOrder,
    Defect::Late,
    Defect::ProducerDuplicate,
    Defect::ConsumerDuplicate,
    Defect::DriftRenamed,
    Defect::DriftAdded,
];
const OF_ALL: [Defect; 7] = [
    Defect::OutOfOrder,
    Defect::Late,
    Defect::ProducerDuplicate,
    Defect::ConsumerDuplicate,
    Defect::DriftRenamed,
    Defect::DriftAdded,
    Defect::Dirty,
];

impl Part {
    /// Every part.
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Products, Self::Catalogue, Self::Purchases, Self::Clickstream, Self::Whole];

    /// The profile's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Catalogue => "catalogue",
            Self::Purchases => "purchases",
            Self::Clickstream => "clickstream",
            Self::Whole => NAME,
        }
    }

    /// The tables' names and columns.
    pub const fn tables(self) -> Tables {
        match self {
            Self::Users => &[USERS],
            Self::Products => &[PRODUCTS],
            Self::Catalogue => &[("catalogue", &CATALOGUE_COLUMNS)],
            Self::Purchases => &[ORDERS, DETAILS],
            Self::Clickstream => &[CLICKSTREAM],
            Self::Whole => &[USERS, PRODUCTS, ORDERS, DETAILS, CLICKSTREAM],
        }
    }

    /// The defects that can be asked for.
    pub const fn defects(self) -> &'static [Defect] {
        match self {
            Self::Users | Self::Purchases => &[],
            Self::Products | Self::Catalogue => &DIRTY,
            Self::Clickstream => &OF_CLICKS,
            Self::Whole => &OF_ALL,
        }
    }

    /// The same where rows are sent: who reads again is the consumer there.
    pub fn defects_sent(self) -> Vec<Defect> {
        let made = self.defects().iter().copied();
        made.filter(|defect| *defect != Defect::ConsumerDuplicate).collect()
    }

    /// What can be said of it besides its rows.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["users", "first-day", "locale"],
            Self::Products => &["products", "prices"],
            Self::Catalogue => &["products"],
            Self::Purchases => &["users", "products", "orders", "days", "first-day", "prices", "arrivals"],
            Self::Clickstream => &["users", "products", "orders", "days", "first-day", "arrivals"],
            Self::Whole => {
                &["users", "products", "orders", "days", "first-day", "locale", "prices", "arrivals"]
            }
        }
    }

    /// Refuses what would change nothing.
    fn check(self, options: &StoreOptions) -> Result<(), StoreError> {
        let said = [
            ("users", options.users.is_some()),
            ("products", options.products.is_some()),
            ("orders", options.orders.is_some()),
            ("days", options.days.is_some()),
            ("first-day", options.first_day.is_some()),
            ("locale", options.locale.is_some()),
            ("prices", options.prices.is_some()),
            ("arrivals", options.arrivals.is_some()),
        ];
        let takes = self.takes();
        match said.into_iter().find(|(name, is_said)| *is_said && !takes.contains(name)) {
            Some((option, _)) => Err(StoreError::NotTaken { profile: self.name(), option, takes }),
            None => Ok(()),
        }
    }

    /// Whether something is known of it beyond its rows.
    pub const fn has_truth(self) -> bool {
        !matches!(self, Self::Users)
    }

    fn plan(self, rows: u64, seed: Seed) -> Plan {
        match self {
            Self::Users => Plan::of_users(rows, seed),
            Self::Products | Self::Catalogue => Plan::of_products(rows, seed),
            Self::Purchases => Plan::of_orders(rows, seed),
            Self::Clickstream | Self::Whole => Plan::of_clicks(rows, seed),
        }
    }
}

/// What can be said of a store besides its size; what is not said follows from the size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// Users.
    pub users: Option<u64>,
    /// Products.
    pub products: Option<u64>,
    /// Orders.
    pub orders: Option<u64>,
    /// Days.
    pub days: Option<u32>,
    /// The first local day, counted from 1970-01-01.
    pub first_day: Option<i32>,
    /// Names, phones and addresses.
    pub locale: Option<Locale>,
    /// How prices are written.
    pub prices: Option<PriceForm>,
    /// How clicks are spread over the days.
    pub arrivals: Option<Arrivals>,
}

/// A part of a store.
#[derive(Clone, Debug)]
pub struct StoreProfile {
    store: Store,
    part: Part,
}

impl StoreProfile {
    /// A part with so many rows: users, products, orders or clicks; of the whole, clicks.
    pub fn new(
        part: Part,
        rows: u64,
        seed: Seed,
        defects: Defects,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        part.check(options)?;
        let plan = part.plan(rows, seed);
        let plan = Plan {
            users: options.users.unwrap_or(plan.users),
            products: options.products.unwrap_or(plan.products),
            orders: options.orders.unwrap_or(plan.orders),
            days: options.days.unwrap_or(plan.days),
            first_day: options.first_day.unwrap_or(plan.first_day),
            locale: options.locale.unwrap_or(plan.locale),
            prices: options.prices.unwrap_or(plan.prices),
            arrivals: options.arrivals.unwrap_or(plan.arrivals),
            defects,
            ..plan
        };
        Ok(Self { store: Store::new(plan)?, part })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Which part of it.
    pub fn part(&self) -> Part {
        self.part
    }

    /// The tables with their names.
    pub fn tables(&self) -> Vec<(&'static str, Rows<'_>)> {
        self.part.tables().iter().map(|(name, _)| (*name, self.rows(name))).collect()
    }

    fn rows(&self, table: &str) -> Rows<'_> {
        fn chunks<'a>(table: impl Table + 'a) -> Rows<'a> {
            Rows::Chunks(Box::new(table))
        }
        match table {
            "users" => chunks(self.store.users()),
            "products" => chunks(self.store.products()),
            "catalogue" => chunks(self.store.catalogue()),
            "orders" => chunks(self.store.orders()),
            "order_details" => chunks(self.store.order_details()),
            _ => Rows::InTurn(Box::new(self.store.clickstream())),
        }
    }

    /// The clicks, if they are part of it: what must become of each row is known.
    pub fn clickstream(&self) -> Option<Clickstream<'_>> {
        matches!(self.part, Part::Clickstream | Part::Whole).then(|| self.store.clickstream())
    }

    /// Writes sizes, dirty rows and what queries must answer as one JSON object.
    pub fn write_truth_json(&self, threads: NonZeroUsize, mut out: impl Write) -> Result<(), WriteError> {
        let plan = self.store.plan();
        let truth = TruthJson {
            profile: self.part.name(),
            seed: plan.seed.0,
            users: plan.users,
            products: plan.products,
            orders: plan.orders,
            clicks: plan.clicks,
            first_day: self.store.date_of(0).to_string(),
            days: plan.days,
            defects: &plan.defects,
            dirty: self.dirty(),
            answers: self.answers(threads),
        };
        serde_json::to_writer_pretty(&mut out, &truth).map_err(|error| WriteError::Io(error.into()))?;
        out.write_all(b"\n")?;
        Ok(())
    }

    fn answers(&self, threads: NonZeroUsize) -> Vec<Answer> {
        match self.part {
            Part::Clickstream | Part::Whole => Oracle::of(&self.store, threads).answers(),
            Part::Purchases => {
                let of_orders =
                    |answer: &Answer| ["revenue_by_day_and_category", "repeat_buyers"].contains(&answer.name);
                let answers = Oracle::of_orders(&self.store, threads).answers();
                answers.into_iter().filter(of_orders).collect()
            }
            Part::Users | Part::Products | Part::Catalogue => Vec::new(),
        }
    }

    /// The ids of the dirty products, by what is wrong with them.
    fn dirty(&self) -> BTreeMap<&'static str, Vec<u64>> {
        let mut found: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        if !self.store.plan().defects.dirty.is_none() {
            let products = self.store.products();
            for product in (0..products.chunks()).flat_map(|chunk| products.of_chunk(chunk)) {
                if let Some(dirt) = product.dirt {
                    found.entry(dirt.label()).or_default().push(product.id);
                }
            }
        }
        found
    }
}

#[derive(Serialize)]
struct TruthJson<'a> {
    profile: &'static str,
    seed: u64,
    users: u64,
    products: u64,
    orders: u64,
    clicks: u64,
    first_day: String,
    days: u32,
    defects: &'a Defects,
    dirty: BTreeMap<&'static str, Vec<u64>>,
    answers: Vec<Answer>,
}
