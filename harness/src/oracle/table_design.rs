//! What each way of asking the table of `table-design` must give, from the shop as it was generated.

use wavetank_generators::Shop;
use wavetank_generators::shop::{Order, PLACES};

use super::{Row, number, text};

/// Whom the queries name.
const CUSTOMER: &str = "C-0001";
const DAY: &str = "2026-11-03";
const PLACE: &str = "HAN";
/// Orders that `latest-orders-of-a-customer` shows.
const LATEST: usize = 3;
/// Above this an order is big.
const BIG: u64 = 3_000;

/// The shop.
#[derive(Clone, Debug)]
pub struct Truth {
    shop: Shop,
    /// In order of time, then of their ids.
    orders: Vec<Order>,
}

impl Truth {
    /// Draws the orders.
    pub fn of(shop: &Shop) -> Self {
        let mut orders: Vec<Order> = (1..=shop.orders()).map(|order| shop.order(order)).collect();
        orders.sort_by_key(|order| (order.ordered_at.clone(), order.order_id.clone()));
        Self { shop: shop.clone(), orders }
    }

    /// The rows that a query must answer, in its order. `None` if no oracle has this name.
    pub fn expected(&self, query: &str) -> Option<Vec<Row>> {
        Some(match query {
            "customer-with-orders" => self.customer_with_orders(),
            "latest-orders-of-a-customer" => {
                let row = |order: &Order| {
                    let state = text(order.order_state);
                    vec![text(&order.ordered_at), text(&order.order_id), state, number(order.amount())]
                };
                self.of_customer().rev().take(LATEST).map(row).collect()
            }
            "orders-of-a-customer-in-a-week" => {
                let row = |order: &Order| {
                    vec![text(&order.ordered_at), text(&order.order_id), number(order.amount())]
                };
                let within = |order: &&Order| (DAY.."2026-11-10").contains(&order.day());
                self.of_customer().filter(within).map(row).collect()
            }
            "items-of-an-order" => {
                let items = self.shop.order(1).items;
                let row = |(product, quantity, price): &(String, u64, u64)| {
                    vec![text(product), number(*quantity), number(*price)]
                };
                items.iter().map(row).collect()
            }
            "goods-in-vietnam" => {
                let stock = self.shop.product(1).stock.into_iter();
                let row = |((_, city), quantity): ((&str, &str), u64)| vec![text(city), number(quantity)];
                stock.filter(|((country, _), quantity)| *country == "VN" && *quantity > 0).map(row).collect()
            }
            "product-everywhere" => self.product_everywhere(),
            "orders-of-a-day" => {
                self.of_day().map(|order| [vec![text(&order.ordered_at)], placed(order)].concat()).collect()
            }
            "big-orders-of-a-day" => {
                let mut big: Vec<Row> =
                    self.of_day().filter(|order| order.amount() > BIG).map(placed).collect();
                big.sort();
                big
            }
            "open-orders-of-a-place" => {
                let row = |order: &Order| {
                    vec![text(&order.ordered_at), text(&order.order_id), text(order.order_state)]
                };
                self.open().filter(|order| order.place == PLACE).map(row).collect()
            }
            "open-orders-everywhere" => {
                let row = |order: &Order| {
                    let open_at = format!("OPEN#{}", order.place);
                    vec![text(&order.order_id), text(&open_at), text(order.order_state)]
                };
                let mut open: Vec<Row> = self.open().map(row).collect();
                open.sort();
                open
            }
            _ => return None,
        })
    }

    fn of_customer(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.orders.iter().filter(|order| order.customer_id == CUSTOMER)
    }

    fn of_day(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.day() == DAY)
    }

    fn open(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.is_open())
    }

    /// `ORDER#` comes before `PROFILE`.
    fn customer_with_orders(&self) -> Vec<Row> {
        let order = |order: &Order| vec![text("order"), None, text(&order.order_id), number(order.amount())];
        let profile = vec![text("customer"), text(&self.shop.customer(1).customer_name), None, None];
        self.of_customer().map(order).chain([profile]).collect()
    }

    fn product_everywhere(&self) -> Vec<Row> {
        let product = self.shop.product(1);
        let detail = vec![text("product"), None, None, number(product.price)];
        let stock = |(at, (_, quantity)): (usize, &((&str, &str), u64))| {
            vec![text("stock"), text(PLACES[at].1), number(*quantity), None]
        };
        std::iter::once(detail).chain(product.stock.iter().enumerate().map(stock)).collect()
    }
}

fn placed(order: &Order) -> Row {
    vec![text(&order.order_id), text(order.place), number(order.amount())]
}
