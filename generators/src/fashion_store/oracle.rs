//! What queries over the store must answer: counted from the generator's own sessions and orders, never from a file or the pipeline.
//!
//! One pass over the blocks, in memory for the products, and for a byte a user and day. Each click counts once, however often
//! it was sent; what schema drift makes unreadable does not count. Money is whole numbers. Days and hours are local.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use chrono::NaiveDate;
use serde::Serialize;

use super::clicks::{Click, EventType};
use super::{Order, Store};
use crate::write::in_order;

/// What people want of one product, or of all products of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Interest {
    /// Clicks `product_view`.
    pub views: u64,
    /// Clicks `add_to_cart`.
    pub carts: u64,
    /// Pieces in orders.
    pub pieces: u64,
}

/// What was sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Revenue {
    /// Orders that have at least one line here.
    pub orders: u64,
    /// Pieces.
    pub pieces: u64,
    /// Sum of quantity times price.
    pub amount: u64,
}

/// How many come how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// With any click.
    pub visited: u64,
    /// With a `product_view`.
    pub viewed: u64,
    /// With an `add_to_cart`.
    pub carted: u64,
    /// With an order.
    pub ordered: u64,
}

impl Funnel {
    fn add(&mut self, stages: u8) {
        self.visited += u64::from(stages & VISITED != 0);
        self.viewed += u64::from(stages & VIEWED != 0);
        self.carted += u64::from(stages & CARTED != 0);
        self.ordered += u64::from(stages & ORDERED != 0);
    }

    fn merge(&mut self, other: &Self) {
        self.visited += other.visited;
        self.viewed += other.viewed;
        self.carted += other.carted;
        self.ordered += other.ordered;
    }
}

const VISITED: u8 = 1;
const VIEWED: u8 = 2;
const CARTED: u8 = 4;
const ORDERED: u8 = 8;

fn stage(event_type: EventType) -> u8 {
    match event_type {
        EventType::PageView => VISITED,
        EventType::ProductView => VISITED | VIEWED,
        EventType::AddToCart => VISITED | CARTED,
    }
}

/// The answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Clicks that must be delivered, each once.
    pub clicks: u64,
    /// Clicks that must be refused because their product has another name.
    pub drifted: u64,
    /// Clicks by type, in the order of [`EventType::ALL`].
    pub by_type: [u64; 3],
    /// By product: the first is of product 1.
    pub products: Vec<Interest>,
    /// Clicks by hour, from the first midnight on.
    pub by_hour: Vec<u64>,
    /// Sessions by how far they came.
    pub sessions: Funnel,
    /// By local day and master category.
    pub revenue: BTreeMap<(NaiveDate, &'static str), Revenue>,
    /// Orders by user: the first is of user 1.
    pub orders_of_user: Vec<u32>,
    /// Stages by day and user.
    stages: Vec<u8>,
    users: usize,
    first_day: NaiveDate,
    kinds: Vec<(&'static str, &'static str)>,
}

/// An answer as a table of texts, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Which.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

impl Oracle {
    /// Counts a whole store on as many threads. The answer does not depend on their number.
    pub fn of(store: &Store, threads: NonZeroUsize) -> Self {
        Self::sum(store, threads, Self::add_block)
    }

    /// Counts the orders alone, which is faster: as if nobody had clicked.
    pub fn of_orders(store: &Store, threads: NonZeroUsize) -> Self {
        Self::sum(store, threads, |oracle, store, block| {
            store.for_each_order(store.orders_of_block(block), |order| oracle.add_order(store, order));
        })
    }

    fn sum(store: &Store, threads: NonZeroUsize, add_block: impl Fn(&mut Self, &Store, u64) + Sync) -> Self {
        let parts = (threads.get() as u64).min(store.blocks()).max(1);
        let part = |part: u64| {
            let mut oracle = Self::empty(store);
            (part..store.blocks())
                .step_by(usize::try_from(parts).unwrap_or(usize::MAX))
                .for_each(|block| add_block(&mut oracle, store, block));
            oracle
        };
        let mut total = Self::empty(store);
        let merged: Result<(), std::convert::Infallible> = in_order(threads, parts, part, |part| {
            total.merge(part);
            Ok(())
        });
        merged.unwrap_or_else(|never| match never {});
        total
    }

    fn empty(store: &Store) -> Self {
        let plan = &store.plan;
        let (users, products) = (plan.users as usize, plan.products);
        let kind = |id| {
            let item = store.item(id);
            (item.master_category, item.sub_category)
        };
        Self {
            clicks: 0,
            drifted: 0,
            by_type: [0; 3],
            products: vec![Interest::default(); products as usize],
            by_hour: vec![0; plan.days as usize * 24],
            sessions: Funnel::default(),
            revenue: BTreeMap::new(),
            orders_of_user: vec![0; users],
            stages: vec![0; users * plan.days as usize],
            users,
            first_day: store.date_of(0),
            kinds: (1..=products).map(kind).collect(),
        }
    }

    fn add_block(&mut self, store: &Store, block: u64) {
        store.for_each_session(block, |session| {
            let mut stages = 0;
            for click in session.clicks {
                if store.is_lost_by_drift(click) {
                    self.drifted += 1;
                    continue;
                }
                self.add_click(click);
                stages |= stage(click.event_type);
            }
            if let Some(order) = session.order {
                self.add_order(store, order);
                stages |= ORDERED;
            }
            self.sessions.add(stages);
        });
    }

    fn add_click(&mut self, click: &Click) {
        self.clicks += 1;
        self.by_type[click.event_type as usize] += 1;
        self.by_hour[(click.second / 3_600) as usize] += 1;
        let product = click.product_id().map(|id| &mut self.products[id as usize - 1]);
        match (click.event_type, product) {
            (EventType::ProductView, Some(product)) => product.views += 1,
            (EventType::AddToCart, Some(product)) => product.carts += 1,
            _ => {}
        }
        *self.stages_of(click.second, click.user_id) |= stage(click.event_type);
    }

    fn add_order(&mut self, store: &Store, order: &Order) {
        let date = store.date_of(order.second);
        let mut in_order = Vec::with_capacity(4);
        for line in order.lines() {
            self.products[line.product_id as usize - 1].pieces += u64::from(line.quantity);
            let master_category = store.item(u64::from(line.product_id)).master_category;
            let revenue = self.revenue.entry((date, master_category)).or_default();
            revenue.pieces += u64::from(line.quantity);
            revenue.amount += line.amount();
            if !in_order.contains(&master_category) {
                revenue.orders += 1;
                in_order.push(master_category);
            }
        }
        self.orders_of_user[order.user_id as usize - 1] += 1;
        *self.stages_of(order.second, order.user_id) |= ORDERED;
    }

    fn stages_of(&mut self, second: u32, user_id: u32) -> &mut u8 {
        &mut self.stages[(second / 86_400) as usize * self.users + user_id as usize - 1]
    }

    fn merge(&mut self, other: Self) {
        self.clicks += other.clicks;
        self.drifted += other.drifted;
        self.sessions.merge(&other.sessions);
        let sums = self.by_type.iter_mut().zip(&other.by_type);
        sums.chain(self.by_hour.iter_mut().zip(&other.by_hour)).for_each(|(sum, part)| *sum += part);
        for (sum, part) in self.products.iter_mut().zip(&other.products) {
            sum.views += part.views;
            sum.carts += part.carts;
            sum.pieces += part.pieces;
        }
        self.orders_of_user.iter_mut().zip(&other.orders_of_user).for_each(|(sum, part)| *sum += part);
        self.stages.iter_mut().zip(&other.stages).for_each(|(sum, part)| *sum |= part);
        for (key, part) in other.revenue {
            let sum = self.revenue.entry(key).or_default();
            sum.orders += part.orders;
            sum.pieces += part.pieces;
            sum.amount += part.amount;
        }
    }

    /// Users by how far they came, day by day.
    pub fn funnel_by_day(&self) -> Vec<(NaiveDate, Funnel)> {
        let days = self.first_day.iter_days();
        days.zip(self.stages.chunks(self.users.max(1)))
            .map(|(date, users)| {
                let mut funnel = Funnel::default();
                users.iter().for_each(|stages| funnel.add(*stages));
                (date, funnel)
            })
            .collect()
    }

    /// Users by how far they came, over all days.
    pub fn funnel(&self) -> Funnel {
        let mut funnel = Funnel::default();
        for user in 0..self.users {
            let of_days = self.stages.iter().skip(user).step_by(self.users);
            funnel.add(of_days.fold(0, |all, stages| all | stages));
        }
        funnel
    }

    /// Interest by master and sub category.
    pub fn by_sub_category(&self) -> BTreeMap<(&'static str, &'static str), Interest> {
        let mut sums: BTreeMap<_, Interest> = BTreeMap::new();
        for (kind, of_product) in self.kinds.iter().zip(&self.products) {
            let sum = sums.entry(*kind).or_default();
            sum.views += of_product.views;
            sum.carts += of_product.carts;
            sum.pieces += of_product.pieces;
        }
        sums
    }

    /// Users with two orders or more, and how many: by user id.
    pub fn repeat_buyers(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        (1..).zip(self.orders_of_user.iter().copied()).filter(|(_, orders)| *orders >= 2)
    }

    /// All answers as tables, for printing and for the truth file.
    ///
    /// Products and sub-categories without any click or order are left out, as a query over clicks leaves them out.
    pub fn answers(&self) -> Vec<Answer> {
        let texts = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>();
        let row = |keys: &[&str], numbers: &[u64]| {
            keys.iter().map(|key| (*key).to_owned()).chain(texts(numbers)).collect::<Vec<String>>()
        };
        let wanted = |interest: &Interest| *interest != Interest::default();
        let products = (1..).zip(&self.products).filter(|(_, product)| wanted(product));
        let kinds = self.by_sub_category().into_iter().filter(|(_, interest)| wanted(interest));
        let funnel = |of: Funnel| [of.visited, of.viewed, of.carted, of.ordered];
        let hours = (0u32..).zip(&self.by_hour).filter(|(_, clicks)| **clicks > 0);
        let date_of_hour = |hour: u32| self.first_day + chrono::Days::new(u64::from(hour / 24));
        vec![
            Answer {
                name: "interest_by_product",
                columns: vec!["product_id", "views", "carts", "pieces"],
                rows: products.map(|(id, it)| texts(&[id, it.views, it.carts, it.pieces])).collect(),
            },
            Answer {
                name: "interest_by_sub_category",
                columns: vec!["master_category", "sub_category", "views", "carts", "pieces"],
                rows: kinds.map(|((a, b), it)| row(&[a, b], &[it.views, it.carts, it.pieces])).collect(),
            },
            Answer {
                name: "users_by_stage",
                columns: vec!["date", "visited", "viewed", "carted", "ordered"],
                rows: self
                    .funnel_by_day()
                    .into_iter()
                    .map(|(date, it)| row(&[&date.to_string()], &funnel(it)))
                    .collect(),
            },
            Answer {
                name: "sessions_by_stage",
                columns: vec!["visited", "viewed", "carted", "ordered"],
                rows: vec![texts(&funnel(self.sessions))],
            },
            Answer {
                name: "revenue_by_day_and_category",
                columns: vec!["date", "master_category", "orders", "pieces", "amount"],
                rows: self
                    .revenue
                    .iter()
                    .map(|((date, category), it)| {
                        row(&[&date.to_string(), category], &[it.orders, it.pieces, it.amount])
                    })
                    .collect(),
            },
            Answer {
                name: "repeat_buyers",
                columns: vec!["user_id", "orders"],
                rows: self.repeat_buyers().map(|(id, orders)| texts(&[id, u64::from(orders)])).collect(),
            },
            Answer {
                name: "clicks_by_hour",
                columns: vec!["date", "hour", "clicks"],
                rows: hours
                    .map(|(hour, clicks)| {
                        row(&[&date_of_hour(hour).to_string(), &format!("{:02}", hour % 24)], &[*clicks])
                    })
                    .collect(),
            },
        ]
    }
}
