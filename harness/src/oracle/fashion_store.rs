//! What the queries of `fashion-store` must answer, counted by the generator over its own clicks and orders.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::json;
use wavetank_generators::fashion_store::{Interest, Oracle, Store};

use super::{Row, number, text};
use crate::input::threads;
use crate::store::StoreInput;

/// Products that `interest-by-product` shows.
const TOP: usize = 20;
/// Products that are recommended to somebody.
const RECOMMENDED: usize = 5;

/// The generator's sums, and what the recommender must have said last.
#[derive(Debug)]
pub struct Truth {
    oracle: Oracle,
    /// Names of the products that `interest-by-product` shows.
    names: BTreeMap<u64, String>,
    /// By user: the last product that the user looked at, and what goes with it.
    recommended: BTreeMap<u64, Vec<u64>>,
}

impl Truth {
    /// Counts a store.
    pub(crate) fn of(input: &StoreInput) -> Self {
        let store = &input.store;
        let oracle = Oracle::of(store, threads());
        let names = top(&oracle).into_iter().map(|(id, _)| (id, store.product(id).product_display_name));
        Self { names: names.collect(), oracle, recommended: recommended(store, &input.walk().looks) }
    }

    /// The rows that a query must answer, in its order. `None` if no oracle has this name.
    pub(crate) fn expected(&self, query: &str) -> Option<Vec<Row>> {
        Some(match query {
            "interest-by-product" => self.by_product(),
            "interest-by-sub-category" => self.by_sub_category(),
            "funnel" => self.funnel(),
            "revenue-by-category-and-day" => self.revenue(),
            "repeat-buyers" => self.repeat_buyers(),
            "clicks-by-hour" => self.by_hour(),
            "recommendations" => self.recommendations(),
            _ => return None,
        })
    }

    fn by_product(&self) -> Vec<Row> {
        let row = |(id, it): (u64, &Interest)| {
            vec![number(id), self.names.get(&id).cloned(), number(it.views), number(it.carts)]
        };
        top(&self.oracle).into_iter().map(row).collect()
    }

    fn by_sub_category(&self) -> Vec<Row> {
        let kinds = self.oracle.by_sub_category().into_iter().filter(|(_, it)| it.views + it.carts > 0);
        kinds
            .map(|((master, sub), it)| vec![text(master), text(sub), number(it.views), number(it.carts)])
            .collect()
    }

    fn funnel(&self) -> Vec<Row> {
        let funnel = self.oracle.funnel();
        let stages = [
            ("visited", funnel.visited),
            ("viewed", funnel.viewed),
            ("carted", funnel.carted),
            ("ordered", funnel.ordered),
        ];
        stages.into_iter().map(|(stage, users)| vec![text(stage), number(users)]).collect()
    }

    fn revenue(&self) -> Vec<Row> {
        let row = |((day, category), sold): (
            &(chrono::NaiveDate, &str),
            &wavetank_generators::fashion_store::Revenue,
        )| {
            let amount = Some(format!("{}.00", sold.amount));
            vec![Some(day.to_string()), text(category), number(sold.pieces), amount]
        };
        self.oracle.revenue.iter().map(row).collect()
    }

    fn repeat_buyers(&self) -> Vec<Row> {
        let mut users: BTreeMap<u32, u64> = BTreeMap::new();
        for (_, orders) in self.oracle.repeat_buyers() {
            *users.entry(orders).or_default() += 1;
        }
        users.into_iter().map(|(orders, users)| vec![number(u64::from(orders)), number(users)]).collect()
    }

    fn by_hour(&self) -> Vec<Row> {
        let Some(first) = self.oracle.funnel_by_day().first().map(|(day, _)| *day) else { return Vec::new() };
        let hours = (0u64..).zip(&self.oracle.by_hour).filter(|(_, clicks)| **clicks > 0);
        let row = |(hour, clicks): (u64, &u64)| {
            let day = first + chrono::Days::new(hour / 24);
            vec![Some(day.to_string()), number(hour % 24), number(*clicks)]
        };
        hours.map(row).collect()
    }

    /// By user as text, as a table without an order of its own is sorted.
    fn recommendations(&self) -> Vec<Row> {
        let row = |(user, ids): (&u64, &Vec<u64>)| {
            let ids: Vec<_> = ids.iter().map(|id| json!({ "N": id.to_string() })).collect();
            vec![number(*user), Some(json!({ "L": ids }).to_string())]
        };
        let mut rows: Vec<Row> = self.recommended.iter().map(row).collect();
        rows.sort();
        rows
    }
}

/// The products that most have looked at, with their ids.
fn top(oracle: &Oracle) -> Vec<(u64, &Interest)> {
    let clicked = |(_, it): &(u64, &Interest)| it.views + it.carts > 0;
    let mut products: Vec<_> = (1..).zip(&oracle.products).filter(clicked).collect();
    products.sort_by_key(|(id, it)| (Reverse(it.views), Reverse(it.carts), *id));
    products.truncate(TOP);
    products
}

/// What the last look of each user that leads to anything must have led to: the next of the sub-category's other products from place
/// `(31 * user + product) mod count` on. Not computed by the pipeline's own code.
fn recommended(store: &Store, looks: &BTreeMap<u64, u64>) -> BTreeMap<u64, Vec<u64>> {
    let mut groups: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for id in 1..=store.plan().products {
        groups.entry(store.item(id).sub_category).or_default().push(id);
    }
    let of = |(user, product): (u64, u64)| {
        let group = &groups[store.item(product).sub_category];
        // At least one: a look at a product that is alone is not among them.
        let others = group.len() as u64 - 1;
        // The product's own place is stepped over.
        let own = group.iter().position(|id| *id == product).unwrap_or(0) as u64;
        let place = |n: u64| (31 * user + product + n) % others;
        let take = |n: u64| group[(place(n) + u64::from(place(n) >= own)) as usize];
        (user, (0..others.min(RECOMMENDED as u64)).map(take).collect())
    };
    looks.iter().map(|(user, product)| of((*user, *product))).collect()
}
