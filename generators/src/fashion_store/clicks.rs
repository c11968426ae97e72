//! Clicks: sessions as a state machine, and a click as text.
//!
//! A session that buys is planned from its order: every product of the order comes into the cart. Any other session walks from
//! page to product to cart until it leaves. A block has exactly its number of clicks: its orders' sessions, then others until
//! it is full; the last of them leaves early.

use rand::Rng as _;
use wavetank_types::{Checksum, Stream};

use super::purchases::{BUYER_CLICKS_MAX, Line};
use super::store::BLOCK_CLICKS;
use super::{Order, Store};
use crate::text::push_number;

/// What a click is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// A page without a product.
    PageView,
    /// A product's own page.
    ProductView,
    /// A product into the cart.
    AddToCart,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::PageView, Self::ProductView, Self::AddToCart];

    /// As a click says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::ProductView => "product_view",
            Self::AddToCart => "add_to_cart",
        }
    }

    /// How long somebody stays, in seconds: at least, and how much longer at most. Most stay short.
    fn dwell(self) -> (u32, u32) {
        match self {
            Self::PageView => (3, 87),
            Self::ProductView => (5, 175),
            Self::AddToCart => (4, 56),
        }
    }
}

/// A click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Click {
    /// Its identity: from 1, each once. It is ours, for the ledger; the workshop's clicks have none.
    pub event_id: u64,
    /// When, in seconds of the span.
    pub second: u32,
    /// Who.
    pub user_id: u32,
    /// On what; 0 for a page view.
    pub product: u32,
    /// What.
    pub event_type: EventType,
}

impl Click {
    /// The product; `None` for a page view.
    pub fn product_id(&self) -> Option<u32> {
        (self.product > 0).then_some(self.product)
    }

    /// The checksum of what it says: `user_id`, `timestamp`, `event_type`, `product_id` (or null) and `event_id`, as texts.
    pub fn checksum(&self, store: &Store) -> Checksum {
        let [user_id, product_id, event_id] =
            [u64::from(self.user_id), u64::from(self.product), self.event_id].map(|n| n.to_string());
        let product_id = self.product_id().map(|_| product_id.as_str());
        let fields = [
            Some(user_id.as_str()),
            Some(&store.local_text(self.second)),
            Some(self.event_type.name()),
            product_id,
            Some(event_id.as_str()),
        ];
        Checksum::of_fields(fields)
    }
}

/// What somebody does in one go.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// Who.
    pub user_id: u32,
    /// The order that it ends in.
    pub order: Option<&'a Order>,
    /// In the order of time; at least one.
    pub clicks: &'a [Click],
}

/// A click of a planned session: what, on which product, how many seconds after its start.
#[derive(Clone, Copy, Debug)]
struct Step {
    event_type: EventType,
    product: u32,
    offset: u32,
}

/// The clicks of a session that buys.
pub(super) struct BuyerClicks {
    start: u32,
    steps: [Step; BUYER_CLICKS_MAX],
    count: usize,
}

impl BuyerClicks {
    /// `count` clicks that put these products into the cart: each is looked at before, and pages come between, as far as
    /// the clicks reach. `dwell` has a draw for the time after each.
    pub(super) fn plan(count: usize, lines: &[Line], dwell: [u32; BUYER_CLICKS_MAX]) -> Self {
        let steps = [Step { event_type: EventType::PageView, product: 0, offset: 0 }; BUYER_CLICKS_MAX];
        let mut plan = Self { start: 0, steps, count: 0 };
        let views = lines.len().min(count - lines.len());
        let pages = count - lines.len() - views;
        let mut put = |event_type, product| {
            plan.steps[plan.count].event_type = event_type;
            plan.steps[plan.count].product = product;
            plan.count += 1;
        };
        (lines.len()..pages).for_each(|_| put(EventType::PageView, 0));
        for (at, line) in lines.iter().enumerate() {
            if at < pages {
                put(EventType::PageView, 0);
            }
            if at < views {
                put(EventType::ProductView, line.product_id);
            }
            put(EventType::AddToCart, line.product_id);
        }
        for at in 1..plan.count {
            let before = plan.steps[at - 1];
            plan.steps[at].offset = before.offset + stay(before.event_type, dwell[at - 1] >> 8);
        }
        plan
    }

    /// From the start to the last click.
    pub(super) fn secs(&self) -> u32 {
        self.steps[..self.count].last().map_or(0, |step| step.offset)
    }

    pub(super) fn starting(self, start: u32) -> Self {
        Self { start, ..self }
    }
}

/// How long somebody stays after a click, by a draw of 24 bits: its square, so that most stays are short.
fn stay(event_type: EventType, draw: u32) -> u32 {
    let (least, span) = event_type.dwell();
    let square = (u64::from(draw) * u64::from(draw)) >> 24;
    least + ((square * u64::from(span)) >> 24) as u32
}

/// What comes after a click, in 256ths: a page, another product, the product into the cart; else the session ends.
const NEXT: [[u32; 3]; 3] = [[90, 115, 0], [51, 64, 46], [77, 90, 0]];

impl Store {
    /// Every session of a block: those that buy, then the others. Event ids run on.
    pub fn for_each_session(&self, block: u64, mut take: impl FnMut(&Session<'_>)) {
        let block = self.block(block);
        let mut event_id = block.first_click;
        let mut clicks = Vec::with_capacity(64);
        let mut stream = self.buyers_stream(&block);
        for number in block.first_order..block.first_order + block.orders {
            let buyer = self.buyer(&mut stream, &block, number);
            clicks.clear();
            let BuyerClicks { start, steps, count } = buyer.clicks;
            for step in &steps[..count] {
                event_id += 1;
                clicks.push(Click {
                    event_id,
                    second: self.second_of_session(start, step.offset),
                    user_id: buyer.order.user_id,
                    product: step.product,
                    event_type: step.event_type,
                });
            }
            take(&Session { user_id: buyer.order.user_id, order: Some(&buyer.order), clicks: &clicks });
        }
        let before = event_id - block.first_click;
        let others = block.clicks - before;
        let mut stream = self.stream("browsers", block.index);
        while event_id < block.first_click + block.clicks {
            let done = event_id - block.first_click - before;
            let jitter = if self.plan.arrivals.is_even() { 0 } else { u64::from(stream.next_u32() >> 16) };
            // At random, a session may begin anywhere in its block.
            let place = if self.plan.arrivals.is_even() { done << 16 } else { jitter * others };
            let start = self.second_in(&block, place, others << 16);
            clicks.clear();
            self.browse(&mut stream, start, others - done, &mut clicks);
            for click in &mut clicks {
                event_id += 1;
                click.event_id = event_id;
            }
            take(&Session { user_id: clicks[0].user_id, order: None, clicks: &clicks });
        }
    }

    /// A session that buys nothing, of at most so many clicks.
    fn browse(&self, stream: &mut Stream, start: u32, clicks_max: u64, clicks: &mut Vec<Click>) {
        let user = (u64::from(stream.next_u32()) * self.plan.users) >> u32::BITS;
        let user_id = user as u32 + 1;
        let (mut event_type, mut product, mut offset) = (EventType::PageView, 0, 0);
        loop {
            let second = self.second_of_session(start, offset);
            clicks.push(Click { event_id: 0, second, user_id, product, event_type });
            let draw = stream.next_u32();
            offset += stay(event_type, draw >> 8);
            let [page, other, cart] = NEXT[event_type as usize];
            let dice = draw & 0xFF;
            if clicks.len() as u64 >= clicks_max || dice >= page + other + cart {
                return;
            }
            if dice < page {
                (event_type, product) = (EventType::PageView, 0);
            } else if dice < page + other {
                (event_type, product) =
                    (EventType::ProductView, self.catalogue.popularity.pick(stream.next_u64()));
            } else {
                event_type = EventType::AddToCart;
            }
        }
    }

    /// A click, by its event id from 1 to `clicks`.
    pub fn click(&self, event_id: u64) -> Click {
        let mut found = None;
        self.for_each_session((event_id - 1) / BLOCK_CLICKS, |session| {
            let first = session.clicks[0].event_id;
            if let Some(at) = event_id.checked_sub(first) {
                found = session.clicks.get(at as usize).copied().or(found);
            }
        });
        found.expect("a block has its number of clicks")
    }
}

/// Writes clicks as the lines that are shipped, and remembers the date between them.
#[derive(Clone, Debug)]
pub struct ClickText<'a> {
    store: &'a Store,
    minute: u32,
    /// `yyyy-MM-dd HH:mm:`
    minute_text: String,
}

impl<'a> ClickText<'a> {
    /// For clicks of this store.
    pub fn new(store: &'a Store) -> Self {
        Self { store, minute: u32::MAX, minute_text: String::with_capacity(20) }
    }

    /// Appends local time, as `Store::local_text` writes it.
    pub(super) fn push_time(&mut self, out: &mut String, second: u32) {
        if self.minute != second / 60 {
            self.minute = second / 60;
            self.minute_text.clear();
            self.store.push_local(&mut self.minute_text, second);
            self.minute_text.truncate(17);
        }
        out.push_str(&self.minute_text);
        crate::text::push_two(out, second % 60);
    }

    /// Appends one object without a line end:
    /// `{"user_id": 12, "timestamp": "2026-01-06 08:15:00", "event_type": "product_view", "product_id": 7, "event_id": 1}`.
    pub fn push_json(&mut self, out: &mut String, click: &Click) {
        let shape = self.store.shape_at(click.second);
        out.push_str("{\"user_id\": ");
        push_number(out, u64::from(click.user_id));
        out.push_str(", \"timestamp\": \"");
        self.push_time(out, click.second);
        out.push_str("\", \"event_type\": \"");
        out.push_str(click.event_type.name());
        out.push_str(if shape.is_renamed { "\", \"product\": " } else { "\", \"product_id\": " });
        match click.product_id() {
            Some(product) => push_number(out, u64::from(product)),
            None => out.push_str("null"),
        }
        out.push_str(", \"event_id\": ");
        push_number(out, click.event_id);
        if shape.has_device {
            out.push_str(", \"device\": \"");
            out.push_str(["mobile", "desktop", "tablet"][(click.user_id % 3) as usize]);
            out.push('"');
        }
        out.push('}');
    }

    /// One click as it is shipped.
    pub fn json(&mut self, click: &Click) -> String {
        let mut out = String::with_capacity(128);
        self.push_json(&mut out, click);
        out
    }
}

/// Which members clicks have at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClickShape {
    /// `product_id` is called `product`.
    pub is_renamed: bool,
    /// There is a `device`.
    pub has_device: bool,
}

impl Store {
    /// The shape of clicks of this second: both drifts begin at their share of the span and stay.
    pub fn shape_at(&self, second: u32) -> ClickShape {
        let defects = &self.plan.defects;
        let since = |share: crate::defects::Share| {
            let span = u64::from(self.spread.secs());
            !share.is_none() && u64::from(second) >= share.of_first(span)
        };
        ClickShape { is_renamed: since(defects.drift_renamed), has_device: since(defects.drift_added) }
    }
}
