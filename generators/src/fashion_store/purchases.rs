//! Purchases: orders and their lines, each a function of the order's number.
//!
//! Order i ends a session of its block: it takes 64 words of the block's stream at place i, which say who buys, when the
//! session begins, what is in the cart and how long everything takes. `clicks.rs` plays the session from the same words.

use rand::Rng as _;
use wavetank_types::Stream;

use super::Store;
use super::clicks::BuyerClicks;
use super::store::{Block, SESSION_SECS_MAX};
use crate::table::{CHUNK_RECORDS, Chunk, Column, Table, TextColumns, chunk_len, chunks_of};
use crate::text::push_number;

/// The columns of RDS's table of orders.
pub const ORDER_COLUMNS: [Column; 4] = [
    Column::number("id"),
    Column::number("user_id"),
    Column::text("order_date"),
    Column::number("total_price"),
];

/// The columns of RDS's table of their lines.
pub const DETAIL_COLUMNS: [Column; 4] = [
    Column::number("order_id"),
    Column::number("product_id"),
    Column::number("quantity"),
    Column::number("unit_price"),
];

/// Distinct products of an order, at most.
pub const PRODUCTS_OF_ORDER_MAX: usize = 10;
/// Pieces of a product in an order, at most.
pub const QUANTITY_MAX: u32 = 5;

/// 32-bit words that one order takes from its block's stream: four ChaCha blocks.
const WORDS_PER_ORDER: u128 = 64;
/// Clicks beyond those that its products need, at most, plus one.
const EXTRA_CLICKS: u64 = 9;
/// From the last click to the order, in seconds.
const CHECKOUT_SECS_MIN: u32 = 20;
const CHECKOUT_SECS_SPAN: u32 = 180;
/// Half of the orders are of this part of the users.
const LOYAL_ONE_IN: u64 = 5;

/// A line of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The product.
    pub product_id: u32,
    /// 1 to [`QUANTITY_MAX`].
    pub quantity: u32,
    /// The product's price.
    pub unit_price: u64,
}

impl Line {
    /// Quantity times price.
    pub fn amount(&self) -> u64 {
        u64::from(self.quantity) * self.unit_price
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// From 1.
    pub id: u64,
    /// Who ordered.
    pub user_id: u32,
    /// When, in seconds of the span.
    pub second: u32,
    lines: [Line; PRODUCTS_OF_ORDER_MAX],
    count: u8,
}

impl Order {
    /// Its lines, in the order in which they came into the cart; no product twice.
    pub fn lines(&self) -> &[Line] {
        &self.lines[..usize::from(self.count)]
    }

    /// The sum over its lines.
    pub fn total_price(&self) -> u64 {
        self.lines().iter().map(Line::amount).sum()
    }
}

/// An order, and how its session goes.
pub(super) struct Buyer {
    pub(super) order: Order,
    pub(super) clicks: BuyerClicks,
}

/// An order's words, in the order in which they are used.
struct Words([u32; WORDS_PER_ORDER as usize]);

const USER_DICE: usize = 0;
const USER: usize = 1;
const START: usize = 2;
const PRODUCTS: usize = 3;
const EXTRA: usize = 4;
const CHECKOUT: usize = 5;
const PRODUCT: usize = 6;
const QUANTITY: usize = PRODUCT + 2 * PRODUCTS_OF_ORDER_MAX;
const DWELL: usize = QUANTITY + PRODUCTS_OF_ORDER_MAX;
/// Clicks of an order's session, at most: one word for the time after each.
pub(super) const BUYER_CLICKS_MAX: usize = WORDS_PER_ORDER as usize - DWELL + 1;

impl Words {
    /// A value in `0..span`.
    fn below(&self, at: usize, span: u64) -> u64 {
        (u64::from(self.0[at]) * span) >> u32::BITS
    }
}

impl Store {
    /// An order, by its id from 1 to `orders`.
    pub fn order(&self, id: u64) -> Order {
        let block = self.block_of_order(id - 1);
        self.buyer(&mut self.buyers_stream(&block), &block, id - 1).order
    }

    /// Orders in the order of their ids, by their numbers from 0.
    pub(super) fn for_each_order(&self, numbers: std::ops::Range<u64>, mut take: impl FnMut(&Order)) {
        let mut next = numbers.start;
        while next < numbers.end {
            let block = self.block_of_order(next);
            let mut stream = self.buyers_stream(&block);
            let end = (block.first_order + block.orders).min(numbers.end);
            for number in next..end {
                take(&self.buyer(&mut stream, &block, number).order);
            }
            next = end;
        }
    }

    /// The table of orders, by id.
    pub fn orders(&self) -> Orders<'_> {
        Orders { store: self }
    }

    /// The table of their lines, by order.
    pub fn order_details(&self) -> OrderDetails<'_> {
        OrderDetails { store: self }
    }

    pub(super) fn buyers_stream(&self, block: &Block) -> Stream {
        self.stream("buyers", block.index)
    }

    /// The order of this number (from 0) and its session.
    pub(super) fn buyer(&self, stream: &mut Stream, block: &Block, number: u64) -> Buyer {
        let place = number - block.first_order;
        stream.set_word_pos(u128::from(place) * WORDS_PER_ORDER);
        let words = Words(std::array::from_fn(|_| stream.next_u32()));
        let allowed = block.clicks_per_order();
        let wanted = 1 + words.below(PRODUCTS, PRODUCTS_OF_ORDER_MAX as u64);
        let products = wanted.min(allowed).min(self.plan.products) as usize;
        let lines = self.lines(&words, products);
        let extra = words.below(EXTRA, EXTRA_CLICKS);
        let clicks = (2 * products as u64 + 1 + extra).min(allowed).min(BUYER_CLICKS_MAX as u64) as usize;
        let jitter = if self.plan.arrivals.is_even() { 1 << 15 } else { words.below(START, 1 << 16) };
        let start = self.second_in(block, (place << 16) + jitter, block.orders << 16);
        let dwell = std::array::from_fn(|at| words.0.get(DWELL + at).copied().unwrap_or(0));
        let session = BuyerClicks::plan(clicks, &lines[..products], dwell);
        let checkout = CHECKOUT_SECS_MIN + words.below(CHECKOUT, u64::from(CHECKOUT_SECS_SPAN)) as u32;
        let order = Order {
            id: number + 1,
            user_id: self.user_of(&words),
            second: self.second_of_session(start, session.secs() + checkout),
            lines,
            count: products as u8,
        };
        Buyer { order, clicks: session.starting(start) }
    }

    /// Half of the orders are of a fifth of the users.
    fn user_of(&self, words: &Words) -> u32 {
        let loyal = self.plan.users.div_ceil(LOYAL_ONE_IN);
        let among = if words.below(USER_DICE, 2) == 0 { loyal } else { self.plan.users };
        self.loyalty.apply(words.below(USER, among)) as u32 + 1
    }

    fn lines(&self, words: &Words, products: usize) -> [Line; PRODUCTS_OF_ORDER_MAX] {
        let mut lines = [Line::default(); PRODUCTS_OF_ORDER_MAX];
        for at in 0..products {
            let [high, low] = [words.0[PRODUCT + 2 * at], words.0[PRODUCT + 2 * at + 1]];
            let mut product_id = self.catalogue.popularity.pick(u64::from(high) << 32 | u64::from(low));
            // A product that is in the cart already leaves its place to the next one that is not.
            while lines[..at].iter().any(|line| line.product_id == product_id) {
                product_id = product_id % self.plan.products as u32 + 1;
            }
            let quantity = 1 + words.below(QUANTITY + at, u64::from(QUANTITY_MAX)) as u32;
            let unit_price = self.item(u64::from(product_id)).price;
            lines[at] = Line { product_id, quantity, unit_price };
        }
        lines
    }

    /// The second that is `offset` after a session's start: within the longest session, and within the span. Near the span's
    /// end everything goes faster, so that the order of clicks stays.
    pub(super) fn second_of_session(&self, start: u32, offset: u32) -> u32 {
        let offset = offset.min(SESSION_SECS_MAX - 1);
        let left = self.spread.secs() - start;
        if left >= SESSION_SECS_MAX {
            return start + offset;
        }
        start + (u64::from(offset) * u64::from(left) / u64::from(SESSION_SECS_MAX)) as u32
    }

    pub(super) fn push_price(&self, text: &mut String, price: u64) {
        push_number(text, price);
        text.push_str(self.plan.prices.ending());
    }
}

/// The table of orders.
#[derive(Clone, Copy, Debug)]
pub struct Orders<'a> {
    store: &'a Store,
}

impl Table for Orders<'_> {
    fn columns(&self) -> &'static [Column] {
        &ORDER_COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.store.plan.orders)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let (first, len) = (index * CHUNK_RECORDS, chunk_len(self.store.plan.orders, index));
        let mut columns = TextColumns::new(&ORDER_COLUMNS, len);
        self.store.for_each_order(first..first + len, |order| {
            columns.put(|text| push_number(text, order.id));
            columns.put(|text| push_number(text, u64::from(order.user_id)));
            columns.put(|text| self.store.push_local(text, order.second));
            columns.put(|text| self.store.push_price(text, order.total_price()));
        });
        Chunk { batch: columns.finish(), breaks: Vec::new() }
    }
}

/// The table of the orders' lines. A chunk has the lines of a chunk of orders.
#[derive(Clone, Copy, Debug)]
pub struct OrderDetails<'a> {
    store: &'a Store,
}

impl Table for OrderDetails<'_> {
    fn columns(&self) -> &'static [Column] {
        &DETAIL_COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.store.plan.orders)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let (first, len) = (index * CHUNK_RECORDS, chunk_len(self.store.plan.orders, index));
        let mut columns = TextColumns::new(&DETAIL_COLUMNS, len * 6);
        self.store.for_each_order(first..first + len, |order| {
            for line in order.lines() {
                columns.put(|text| push_number(text, order.id));
                columns.put(|text| push_number(text, u64::from(line.product_id)));
                columns.put(|text| push_number(text, u64::from(line.quantity)));
                columns.put(|text| self.store.push_price(text, line.unit_price));
            }
        });
        Chunk { batch: columns.finish(), breaks: Vec::new() }
    }
}
