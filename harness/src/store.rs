//! The fashion store as input: whole days of clicks and orders, sent as tank time passes.
//!
//! Time goes in ticks of half a minute, or longer ones in a simulation that says so. The clicks of a tick go out together in its last millisecond, so that none arrives in
//! another minute, hour or day than its own. Orders go into the store's database every five minutes. What came out is
//! accounted for in `check/store.rs`; what queries must answer is in `oracle/fashion_store.rs`.

mod orders;
mod outside;
mod postgres;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use chrono::NaiveDate;
use wavetank_generators::Format;
use wavetank_generators::fashion_store::{ClickText, Part, Plan, Sent, Store};
use wavetank_generators::registry::ProfileError;
use wavetank_scenarios::{Outputs, Scenario};
use wavetank_types::{Said, Seed, Timestamp};
use wavetank_wire::WireError;

use crate::client::Aws;
use crate::drive;
use crate::progress::{Progress, Stage};
use crate::run::{RunError, RunOptions};
use crate::send::{Outgoing, Sink};
use crate::sim::swarm::Swarm;
use crate::sql_copy::Database;

pub use orders::{Files, OrdersDb, OrdersError};

/// The profile that is sent so.
pub(crate) const PROFILE: &str = "fashion-store";

const TICK: Duration = Duration::from_secs(30);
/// How much before its end the clicks of a tick go out.
const BEFORE_END: Duration = Duration::from_millis(1);
const SECS_PER_DAY: u32 = 86_400;
/// Seconds after which orders are inserted.
const INSERT_SECS: u64 = 300;

/// A store, ready to live its days.
#[derive(Debug)]
pub(crate) struct StoreInput {
    pub(crate) store: Store,
    orders: OrdersPlace,
    /// The time whose clicks go out together.
    tick: Duration,
    /// How far the clock that dates clicks is ahead, in milliseconds; behind if negative.
    ahead_ms: i64,
    walk: OnceLock<Walk>,
}

/// Where a store keeps its orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OrdersPlace {
    /// As files in a bucket: needs nothing.
    #[default]
    Files,
    /// In an RDS instance: needs a PostgreSQL on this machine.
    Rds,
    /// In a PostgreSQL that is there already. The pipeline reads what it gives back, from files.
    Postgres(Database),
}

impl OrdersPlace {
    /// As the template's parameter has it.
    pub(crate) fn parameter(&self) -> &'static str {
        match self {
            Self::Files | Self::Postgres(_) => "files",
            Self::Rds => "rds",
        }
    }

    /// As the command line takes it; of a login without the password, which is not for reports.
    pub(crate) fn argument(&self) -> String {
        match self {
            Self::Files | Self::Rds => self.parameter().to_owned(),
            Self::Postgres(database) => database.url(),
        }
    }
}

/// What one walk over all that is sent tells.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The place of each click in the order of sending, by its id; of its first sending.
    pub(crate) places: Vec<u32>,
    /// The last product that each user looked at, of those that are not alone in their sub-category.
    pub(crate) looks: BTreeMap<u64, u64>,
}

impl StoreInput {
    /// Opens the store. Nothing is sent.
    pub(crate) fn open(scenario: &Scenario, options: &RunOptions) -> Result<Self, RunError> {
        let made = Part::Whole.defects_sent();
        let defects = options.defects.defects;
        defects.check_made(&format!("scenario {}", scenario.name), &made).map_err(ProfileError::from)?;
        let clicks = options.rows.unwrap_or(scenario.input.rows);
        let mut plan = Plan::of_clicks(clicks, Seed(options.seed));
        plan.users = options.users.or(scenario.input.users).unwrap_or(plan.users);
        plan.products = options.products.unwrap_or(plan.products);
        plan.days = options.days.or(scenario.input.days).unwrap_or(plan.days);
        plan.defects = defects;
        let ahead_ms = options.swarm.as_ref().map_or(0, Swarm::askew_ms);
        let tick = options.tick.unwrap_or(TICK);
        let orders = options.orders.clone();
        Ok(Self { store: Store::new(plan)?, orders, tick, ahead_ms, walk: OnceLock::new() })
    }

    /// Lets the days pass: waits for the first midnight, sends each click and order at its time, and ends with the last
    /// midnight.
    pub(crate) async fn send(
        &self,
        aws: Aws<'_>,
        scenario: &Scenario,
        outputs: &Outputs,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let fill = |text: &Option<String>| outputs.fill(text.as_deref().unwrap_or_default());
        let sink: Sink = outputs.fill(&scenario.input.to)?.parse()?;
        let mut database = orders::open(aws, &fill(&scenario.input.orders)?, &self.orders).await?;
        progress.begin(Stage::Upload, None);
        if scenario.input.catalogue.is_some() {
            let products = orders::table_of(&self.store.products(), Format::Csv)?;
            drive::put(aws, &fill(&scenario.input.catalogue)?, products).await?;
        }
        database.load(&self.store).await?;
        wait_until(aws, self.store.start()).await;
        self.live(aws, &sink, database.as_mut(), progress).await
    }

    async fn live(
        &self,
        aws: Aws<'_>,
        sink: &Sink,
        database: &mut dyn OrdersDb,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        progress.begin(Stage::Send, Some(self.store.plan().clicks));
        let (mut clicks, mut orders) = (self.store.sends(), self.store.order_feed());
        let mut text = ClickText::new(&self.store);
        let (mut due, mut bought) = (Vec::new(), Vec::new());
        let (mut sent, mut ticks) = (0, 0);
        loop {
            ticks += 1;
            let end = self.store.start() + self.tick * ticks;
            wait_until(aws, self.by_true_time(before(end))).await;
            clicks.take_until(end, &mut due);
            sink.send(aws, &outgoing(&due, &mut text)).await?;
            sent += due.len() as u64;
            due.clear();
            progress.at(sent);
            let is_over = end >= self.store.end();
            if (self.tick * ticks).as_secs().is_multiple_of(INSERT_SECS) || is_over {
                orders.take_until(end, &mut bought);
                database.insert(&self.store, &bought, before(end)).await?;
                bought.clear();
            }
            if is_over && clicks.waiting() == 0 {
                return Ok(());
            }
        }
    }

    /// Whether the clock that dates clicks is ahead or behind: each of them says its time.
    pub(crate) fn is_askew(&self) -> bool {
        self.ahead_ms != 0
    }

    /// When it is really so late as the clock that dates clicks says.
    fn by_true_time(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_micros(at.micros().saturating_sub(self.ahead_ms.saturating_mul(1_000)))
    }

    /// Where the orders were, and whether their database had to be started again, for the report.
    pub(crate) async fn notes(&self, aws: Aws<'_>) -> Result<Vec<Said>, WireError> {
        let restarts = match self.orders {
            OrdersPlace::Rds => postgres::deaths(aws).await?,
            OrdersPlace::Files | OrdersPlace::Postgres(_) => 0,
        };
        let revived = Said::new(
            format!(
                "PostgreSQL died in the middle of the run and was started again, {restarts} times; every order that it had \
                 acknowledged was there"
            ),
            format!(
                "PostgreSQL đã chết giữa lúc chạy và được khởi động lại, {restarts} lần; mọi đơn hàng mà nó đã xác nhận đều còn"
            ),
        );
        Ok(std::iter::once(self.place()).chain((restarts > 0).then_some(revived)).collect())
    }

    fn place(&self) -> Said {
        match &self.orders {
            OrdersPlace::Files => Said::new(
                "orders: embedded, as files of the store's bucket; no PostgreSQL took part",
                "đơn hàng: bản nhúng, là các tệp trong bucket của cửa hàng; không dùng PostgreSQL",
            ),
            OrdersPlace::Rds => Said::new(
                "orders: in RDS, a real PostgreSQL of this machine; the export read them through the Data API",
                "đơn hàng: trong RDS, một PostgreSQL thật trên máy này; export đọc qua Data API (API truy vấn qua HTTP)",
            ),
            OrdersPlace::Postgres(database) => Said::new(
                format!(
                    "orders: in the PostgreSQL of {database:?}; the export read what that gave back, from files of the store's bucket"
                ),
                format!(
                    "đơn hàng: trong PostgreSQL {database:?}; export đọc những gì PostgreSQL này trả lại, từ các tệp trong bucket của cửa hàng"
                ),
            ),
        }
    }

    /// The last day that was lived.
    pub(crate) fn last_day(&self) -> NaiveDate {
        self.store.date_of((self.store.plan().days * SECS_PER_DAY).saturating_sub(1))
    }

    /// Walks over all that is sent, once.
    pub(crate) fn walk(&self) -> &Walk {
        self.walk.get_or_init(|| self.walked())
    }

    fn walked(&self) -> Walk {
        let ids = usize::try_from(self.store.plan().clicks).unwrap_or(0) + 1;
        let (mut places, mut looks) = (vec![u32::MAX; ids], BTreeMap::new());
        let mut sizes: BTreeMap<&str, u32> = BTreeMap::new();
        for id in 1..=self.store.plan().products {
            *sizes.entry(self.store.item(id).sub_category).or_default() += 1;
        }
        let is_alone = |product: u64| sizes[self.store.item(product).sub_category] == 1;
        for (place, sent) in (0..).zip(self.store.sends()) {
            let id = usize::try_from(sent.click.event_id).unwrap_or(0);
            if let Some(slot) = places.get_mut(id).filter(|slot| **slot == u32::MAX) {
                *slot = place;
            }
            // Nobody reads a product under another name, the recommender as little as the clean job.
            if self.store.is_lost_by_drift(&sent.click) {
                continue;
            }
            if let Some(product) = sent.click.product_id().map(u64::from).filter(|id| !is_alone(*id)) {
                looks.insert(u64::from(sent.click.user_id), product);
            }
        }
        Walk { places, looks }
    }
}

fn before(end: Timestamp) -> Timestamp {
    Timestamp::from_micros(end.micros() - i64::try_from(BEFORE_END.as_micros()).unwrap_or(0))
}

async fn wait_until(aws: Aws<'_>, at: Timestamp) {
    let span = at.since(aws.target().now());
    if !span.is_zero() {
        aws.target().pause(span).await;
    }
}

/// The records of some clicks: one buffer for all their text.
fn outgoing(clicks: &[Sent], text: &mut ClickText<'_>) -> Vec<Outgoing> {
    let (mut lines, mut ends) = (String::new(), Vec::with_capacity(clicks.len()));
    for sent in clicks {
        text.push_json(&mut lines, &sent.click);
        ends.push(lines.len());
    }
    let lines = Bytes::from(lines);
    let mut start = 0;
    let record = |(sent, end): (&Sent, usize)| {
        let data = lines.slice(start..end);
        start = end;
        Outgoing { key: sent.click.user_id.to_string(), data }
    };
    clicks.iter().zip(ends).map(record).collect()
}
