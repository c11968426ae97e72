//! Conservation of a store's days: every click is in the clean zone once, or refused; every order and every line of one is there once.
//!
//! Orders are counted behind the clicks: order n is record `clicks + n`. Lines are counted behind the orders, in the order of the
//! orders' ids. Expectation is drawn again from the store.

use std::collections::BTreeMap;

use serde::Deserialize;
use wavetank_generators::fashion_store::{Click, Order, Store};
use wavetank_scenarios::{Outputs, Scenario};
use wavetank_transforms::fashion_store::Reason;
use wavetank_types::ledger::{Expected, Sighting};
use wavetank_types::{Checksum, Ledger, Said};

use super::conserved::Conservation;
use super::rows::{self, RowText};
use crate::client::Aws;
use crate::observe::{self, Object, ObserveError};

/// Before Ha Noi's seventh hour it is yesterday in UTC.
const HOURS_OF_YESTERDAY: u32 = 7;

/// Fills the ledger from what was sent and what is found, and closes it.
pub(crate) async fn conserve(
    aws: Aws<'_>,
    store: &Store,
    scenario: &Scenario,
    outputs: &Outputs,
    clicks: &[Object],
) -> Result<Conservation, ObserveError> {
    let mut books = Books::expect(store);
    let mut deliveries = 0..;
    for (number, object) in deliveries.by_ref().zip(clicks) {
        books.read(aws, number, object, Of::Clicks).await?;
    }
    let of_orders = [(Of::Orders, &scenario.output.orders), (Of::Lines, &scenario.output.order_details)];
    for (of, place) in of_orders {
        let Some(place) = place else { continue };
        let objects = observe::list(aws, &outputs.fill(place)?).await?;
        for (number, object) in deliveries.by_ref().zip(&objects) {
            books.read(aws, number, object, of).await?;
        }
    }
    if let Some(rejects) = &scenario.output.rejects {
        books.refusals(aws, &outputs.fill(rejects)?).await?;
    }
    let (cause, found) = (books.likely_cause(store), std::mem::take(&mut books.found));
    let conservation = Conservation::of(books.ledger);
    let cause = cause.filter(|_| !conservation.balance.is_conserved());
    Ok(Conservation { cause, found, ..conservation })
}

/// What a file's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Clicks,
    Orders,
    Lines,
}

/// The ledger, and which records were seen.
struct Books {
    ledger: Ledger,
    seen: Vec<bool>,
    has_other_prices: bool,
    clicks: u64,
    lines: Lines,
    /// Rows of each object.
    found: BTreeMap<String, u64>,
}

/// The products of all orders, in the order of the orders' ids.
#[derive(Default)]
struct Lines {
    products: Vec<u32>,
    /// By order: where its products begin. One more than there are orders.
    starts: Vec<u32>,
}

impl Lines {
    /// A line's number, from 0.
    fn number(&self, order: u64, product: u64) -> Option<u64> {
        let at = usize::try_from(order.checked_sub(1)?).ok()?;
        let (start, end) = (*self.starts.get(at)?, *self.starts.get(at + 1)?);
        let products = self.products.get(start as usize..end as usize)?;
        let place = products.iter().position(|known| u64::from(*known) == product)?;
        Some(u64::from(start) + place as u64)
    }
}

/// What a refusal must say.
#[derive(Deserialize)]
struct Refused {
    event_id: Option<u64>,
    reason: String,
    #[serde(default)]
    raw: String,
}

impl Books {
    fn expect(store: &Store) -> Self {
        let mut ledger = Ledger::default();
        let mut text = Text::default();
        for sent in store.sends() {
            // Whether a click can be read is looked at before whether it came before.
            let reason = if store.is_lost_by_drift(&sent.click) {
                Some(Reason::ProductMismatch)
            } else {
                sent.sending.is_repeat().then_some(Reason::Duplicate)
            };
            let expected = match reason {
                Some(reason) => Expected::Rejected(reason.code().to_owned()),
                None => Expected::Delivered { checksum: text.of_click(store, &sent.click), route: None },
            };
            ledger.generate(sent.click.event_id, expected);
        }
        let clicks = store.plan().clicks;
        for order in store.order_feed() {
            let expected = Expected::Delivered { checksum: text.of_order(store, &order), route: None };
            ledger.generate(clicks + order.id, expected);
        }
        let orders = store.plan().orders;
        let mut lines = Lines::default();
        for order in (1..=orders).map(|id| store.order(id)) {
            lines.starts.push(lines.products.len() as u32);
            for line in order.lines() {
                let checksum = text.of_line(order.id, line.product_id, line.quantity, line.unit_price);
                lines.products.push(line.product_id);
                let index = clicks + orders + lines.products.len() as u64;
                ledger.generate(index, Expected::Delivered { checksum, route: None });
            }
        }
        lines.starts.push(lines.products.len() as u32);
        let records = clicks + orders + lines.products.len() as u64;
        let seen = vec![false; usize::try_from(records).unwrap_or(0) + 1];
        Self { ledger, seen, has_other_prices: false, clicks, lines, found: BTreeMap::new() }
    }

    /// The record of a row whose first two columns are these.
    fn record(&self, of: Of, first: u64, second: Option<u64>) -> Option<u64> {
        // The lines begin with one more than the orders.
        let orders = self.lines.starts.len() as u64 - 1;
        match of {
            Of::Clicks => (1..=self.clicks).contains(&first).then_some(first),
            Of::Orders => (1..=orders).contains(&first).then(|| self.clicks + first),
            Of::Lines => Some(self.clicks + orders + 1 + self.lines.number(first, second?)?),
        }
    }

    /// Reads one Parquet file.
    async fn read(
        &mut self,
        aws: Aws<'_>,
        delivery: u64,
        object: &Object,
        of: Of,
    ) -> Result<(), ObserveError> {
        let fail = |cause: String| ObserveError::Content { uri: object.uri(), cause };
        let mut text = RowText::default();
        for batch in rows::read(observe::get(aws, object).await?).map_err(fail)? {
            let batch = batch.map_err(fail)?;
            *self.found.entry(object.uri()).or_default() += batch.num_rows() as u64;
            for row in 0..batch.num_rows() {
                text.set(&batch, row).map_err(fail)?;
                let mut numbers = text.fields().map(|field| field?.parse::<u64>().ok());
                let (id, second) = (numbers.next().flatten(), numbers.next().flatten());
                let index = id.and_then(|id| self.record(of, id, second));
                let Some(index) = index.filter(|index| self.mark(*index)) else {
                    self.ledger.observe_phantom(|| never_sent(id, object));
                    continue;
                };
                let checksum = Checksum::of_fields(text.fields());
                self.has_other_prices |= of != Of::Clicks && !self.ledger.expects(index, checksum);
                self.ledger.observe_delivered(index, &Sighting { checksum, route: None, delivery });
            }
        }
        Ok(())
    }

    /// Notes that a record was seen; whether there is one of this number.
    fn mark(&mut self, index: u64) -> bool {
        let place = usize::try_from(index).ok().and_then(|index| self.seen.get_mut(index));
        place.is_some_and(|seen| {
            *seen = true;
            index > 0
        })
    }

    async fn refusals(&mut self, aws: Aws<'_>, uri: &str) -> Result<(), ObserveError> {
        for object in observe::list(aws, uri).await? {
            let body = observe::get(aws, &object).await?;
            for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let refused: Refused = serde_json::from_slice(line)
                    .map_err(|error| ObserveError::Content { uri: object.uri(), cause: error.to_string() })?;
                match refused.event_id {
                    Some(id) => {
                        // It is somewhere, if not where it should be.
                        self.mark(id);
                        self.ledger.observe_rejected(id, &refused.reason);
                    }
                    None => self.ledger.observe_phantom(|| Said::plain(refused.raw.clone())),
                }
            }
        }
        Ok(())
    }

    /// Which records are lost says what went wrong.
    fn likely_cause(&self, store: &Store) -> Option<Said> {
        let clicks = store.plan().clicks;
        let is_lost = |index: u64| !self.seen[usize::try_from(index).unwrap_or(0)];
        if self.seen.iter().skip(1).all(|seen| *seen) {
            return self.has_other_prices.then(of_prices);
        }
        let orders = store.plan().orders;
        let orders_lost = (1..=orders).filter(|id| is_lost(clicks + id)).count() as u64;
        let lines_lost =
            (0..self.lines.products.len() as u64).filter(|n| is_lost(clicks + orders + 1 + n)).count();
        let mut hours = [0u64; 24];
        let mut lost = 0;
        for click in store.feed().filter(|click| is_lost(click.event_id)) {
            hours[(click.second / 3_600 % 24) as usize] += 1;
            lost += 1;
        }
        let last = hours.iter().rposition(|lost| *lost > 0).unwrap_or(0) as u32;
        let late = store
            .sends()
            .filter(|sent| is_lost(sent.click.event_id) && sent.second >= day_end(store))
            .count();
        if lines_lost > 0 && orders_lost == 0 {
            return Some(of_lines(lines_lost));
        }
        Some(match (lost, orders_lost) {
            (lost, 0) if lost == late as u64 => of_late(lost),
            (0, lost) if lost == orders => of_exports(orders),
            (lost, _) if lost == clicks => nothing_came(),
            (lost, 0) if last == 0 => of_hour_zero(lost),
            (lost, 0) if last < HOURS_OF_YESTERDAY => of_utc(lost),
            _ => Said::new(
                format!(
                    "{lost} clicks and {orders_lost} orders are lost; the clean job's log says what it read"
                ),
                format!(
                    "mất {lost} lượt click và {orders_lost} đơn hàng; log của clean job cho biết nó đã đọc những gì"
                ),
            ),
        })
    }
}

/// The midnight after the last day, in seconds of the span.
fn day_end(store: &Store) -> u32 {
    store.second_of(store.end())
}

fn of_prices() -> Said {
    Said::new(
        "orders are there with other totals: the file writes whole numbers as 8421.0, and a cast to integer makes NULL of that; \
         read prices as decimal(18,2)",
        "đơn hàng có đó nhưng tổng tiền khác: tệp ghi số nguyên dạng 8421.0, và ép kiểu sang integer biến nó thành NULL; hãy đọc \
         giá là decimal(18,2)",
    )
}

fn of_late(lost: u64) -> Said {
    Said::new(
        format!(
            "all {lost} lost clicks were sent after their day's end: they lie in the next day's folder, and the next night's \
             run takes them"
        ),
        format!(
            "cả {lost} lượt click bị mất được gửi sau khi ngày của chúng kết thúc: chúng nằm trong thư mục của ngày sau, và lần \
             chạy đêm sau sẽ lấy chúng"
        ),
    )
}

fn of_lines(lines: usize) -> Said {
    Said::new(
        format!(
            "{lines} lines of orders are lost, though their orders are there: order_details was exported or cleaned apart"
        ),
        format!(
            "mất {lines} dòng chi tiết đơn hàng dù đơn hàng vẫn còn: order_details được export hoặc clean riêng"
        ),
    )
}

fn of_exports(orders: u64) -> Said {
    Said::new(
        format!(
            "all {orders} orders left the database and none is in the clean zone: the export writes the day before it runs, \
             and the clean job reads the day on which it runs; both must name the same day"
        ),
        format!(
            "cả {orders} đơn hàng đã rời cơ sở dữ liệu nhưng không đơn nào có trong clean zone: export ghi ngày hôm trước, còn \
             clean job đọc ngày mà nó chạy; cả hai phải dùng cùng một ngày"
        ),
    )
}

fn nothing_came() -> Said {
    Said::new(
        "no click is in the clean zone: the clean job failed or never ran; look at its runs",
        "không có lượt click nào trong clean zone: clean job bị lỗi hoặc chưa từng chạy; hãy xem các lần chạy của nó",
    )
}

fn of_hour_zero(lost: u64) -> Said {
    Said::new(
        format!(
            "all {lost} lost clicks are of the hour 00: a loop over the hours 1 to 24 never reads the folder 00; hours run \
             from 00 to 23"
        ),
        format!(
            "cả {lost} lượt click bị mất đều thuộc giờ 00: vòng lặp từ 1 đến 24 không bao giờ đọc thư mục 00; giờ chạy từ 00 \
             đến 23"
        ),
    )
}

fn of_utc(lost: u64) -> Said {
    Said::new(
        format!(
            "all {lost} lost clicks are of the hours before 07:00 in Ha Noi: folders named after UTC hold them under \
             yesterday, where the day's job does not look; set CustomTimeZone to Asia/Ho_Chi_Minh"
        ),
        format!(
            "cả {lost} lượt click bị mất đều trước 07:00 giờ Hà Nội: thư mục đặt tên theo UTC giữ chúng ở ngày hôm trước, nơi \
             job của ngày không đọc; hãy đặt CustomTimeZone là Asia/Ho_Chi_Minh"
        ),
    )
}

fn never_sent(id: Option<u64>, object: &Object) -> Said {
    let (id, uri) = (id.map_or_else(|| "null".to_owned(), |id| id.to_string()), object.uri());
    Said::new(
        format!("record {id} in {uri} was never sent"),
        format!("bản ghi {id} trong {uri} chưa từng được gửi"),
    )
}

/// The rows of the clean zone as text, made from what was sent; buffers are kept.
#[derive(Default)]
struct Text {
    numbers: [itoa::Buffer; 3],
}

impl Text {
    fn of_click(&mut self, store: &Store, click: &Click) -> Checksum {
        let [id, user, product] = &mut self.numbers;
        let at = store.local_text(click.second);
        let product = click.product_id().map(|id| product.format(id));
        let fields = [id.format(click.event_id), user.format(click.user_id), &at, click.event_type.name()];
        Checksum::of_fields(fields.into_iter().map(Some).chain([product]))
    }

    fn of_line(
        &mut self,
        order: u64,
        product: u32,
        quantity: impl itoa::Integer,
        price: impl itoa::Integer,
    ) -> Checksum {
        let [id, number, pieces] = &mut self.numbers;
        let price = format!("{}.00", itoa::Buffer::new().format(price));
        let fields = [id.format(order), number.format(product), pieces.format(quantity), &price];
        Checksum::of_fields(fields.into_iter().map(Some))
    }

    fn of_order(&mut self, store: &Store, order: &Order) -> Checksum {
        let [id, user, _] = &mut self.numbers;
        let (at, total) = (store.local_text(order.second), format!("{}.00", order.total_price()));
        let fields = [id.format(order.id), user.format(order.user_id), &at, &total];
        Checksum::of_fields(fields.into_iter().map(Some))
    }
}
