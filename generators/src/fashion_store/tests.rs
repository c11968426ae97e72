//! The store: exact counts, keys that resolve, times in order, sums that agree, and its first rows.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use expect_test::expect;
use proptest::prelude::*;
use wavetank_types::{Seed, Timestamp};

use super::*;
use crate::defects::{Defects, Share};
use crate::table::Table;
use crate::write::{Format, write};

fn share(fraction: f64) -> Share {
    Share::new(fraction).expect("a share")
}

fn store(plan: Plan) -> Store {
    Store::new(plan).expect("a plan that adds up")
}

/// Two days with more than one block.
fn small() -> Plan {
    Plan { users: 300, products: 60, days: 2, ..Plan::of_clicks(30_000, Seed(7)) }
}

/// Every kind of size: no orders, an order for every click, one product, one user, a block that ends early.
fn odd_sizes() -> Vec<Plan> {
    let plan = |clicks, orders, users, products| Plan {
        orders,
        users,
        products,
        ..Plan::of_clicks(clicks, Seed(clicks + orders))
    };
    vec![
        plan(0, 0, 1, 1),
        plan(1, 1, 1, 1),
        plan(1, 0, 5, 5),
        plan(500, 500, 3, 2),
        plan(4_096, 1_500, 10, 7),
        plan(4_097, 300, 10, 100),
        plan(9_999, 3, 1_000, 20),
        plan(12_345, 2_000, 100, 30),
    ]
}

fn text(table: &dyn Table, format: Format, threads: usize) -> String {
    let mut out = Vec::new();
    let threads = NonZeroUsize::new(threads).expect("a thread");
    write(table, format, threads, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("generated text is UTF-8")
}

#[test]
fn there_are_exactly_as_many_clicks_and_orders_as_asked_for() {
    for plan in odd_sizes() {
        let store = store(plan.clone());
        let mut ids: Vec<u64> = store.feed().map(|click| click.event_id).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=plan.clicks).collect::<Vec<_>>(), "{plan:?}");
        let mut orders: Vec<u64> = store.order_feed().map(|order| order.id).collect();
        orders.sort_unstable();
        assert_eq!(orders, (1..=plan.orders).collect::<Vec<_>>(), "{plan:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the sizes and however sessions arrive, nothing is lost, nothing is made twice, and time goes forward.
    #[test]
    fn any_store_has_its_counts_in_the_order_of_time(
        seed: u64,
        clicks in 0u64..20_000,
        part in 0u64..=100,
        users in 1u64..500,
        products in 1u64..50,
        days in 1u32..40,
        arrivals in prop::sample::select(vec!["steady", "poisson", "diurnal", "burst:4h/10m/x50"]),
    ) {
        let arrivals = arrivals.parse().expect(arrivals);
        let orders = clicks * part / 100;
        let plan = Plan { users, products, orders, days, arrivals, ..Plan::of_clicks(clicks, Seed(seed)) };
        let store = store(plan);
        let found: Vec<Click> = store.feed().collect();
        prop_assert!(found.is_sorted_by_key(|click| (click.second, click.event_id)));
        prop_assert!(found.iter().all(|click| click.second < days * 86_400));
        let ids: BTreeSet<u64> = found.iter().map(|click| click.event_id).collect();
        prop_assert_eq!((found.len() as u64, ids.len() as u64), (clicks, clicks));
        let carts = found.iter().filter(|click| click.event_type == EventType::AddToCart).count();
        let sold: Vec<Order> = store.order_feed().collect();
        prop_assert!(sold.is_sorted_by_key(|order| order.second));
        prop_assert_eq!(sold.len() as u64, orders);
        prop_assert!(carts >= sold.iter().map(|order| order.lines().len()).sum());
    }
}

#[test]
fn what_refers_to_something_finds_it() {
    for plan in odd_sizes().into_iter().chain([small()]) {
        let store = store(plan.clone());
        for order in store.order_feed() {
            assert!((1..=plan.users).contains(&u64::from(order.user_id)));
            let products: BTreeSet<u32> = order.lines().iter().map(|line| line.product_id).collect();
            assert_eq!(products.len(), order.lines().len(), "a product is in an order once");
            assert!((1..=PRODUCTS_OF_ORDER_MAX).contains(&products.len()));
            for line in order.lines() {
                assert!((1..=QUANTITY_MAX).contains(&line.quantity));
                assert_eq!(line.unit_price, store.item(u64::from(line.product_id)).price);
            }
            assert_eq!(store.order(order.id), order);
        }
        for click in store.feed() {
            assert!((1..=plan.users).contains(&u64::from(click.user_id)));
            assert!(u64::from(click.product) <= plan.products);
            assert_eq!(click.product == 0, click.event_type == EventType::PageView);
        }
    }
}

#[test]
fn an_order_follows_the_carts_of_its_session() {
    for plan in odd_sizes().into_iter().chain([small()]) {
        let store = store(plan);
        for block in 0..store.blocks() {
            store.for_each_session(block, |session| {
                assert!(session.clicks.iter().all(|click| click.user_id == session.user_id));
                assert!(session.clicks.is_sorted_by_key(|click| (click.second, click.event_id)));
                let first = session.clicks[0].second;
                let last = session.clicks.last().expect("a session has a click").second;
                assert!(last - first < SESSION_SECS_MAX);
                let Some(order) = session.order else { return };
                assert!(order.second >= last && order.second - first < SESSION_SECS_MAX);
                assert_eq!(order.user_id, session.user_id);
                let carts = session.clicks.iter().filter(|click| click.event_type == EventType::AddToCart);
                let carts: Vec<u32> = carts.map(|click| click.product).collect();
                let ordered: Vec<u32> = order.lines().iter().map(|line| line.product_id).collect();
                assert_eq!(carts, ordered);
            });
        }
    }
}

#[test]
fn clicks_and_orders_come_in_the_order_of_time_within_the_days() {
    for plan in odd_sizes().into_iter().chain([small()]) {
        let store = store(plan.clone());
        let clicks: Vec<Click> = store.feed().collect();
        assert!(clicks.is_sorted_by_key(|click| (click.second, click.event_id)), "{plan:?}");
        let orders: Vec<Order> = store.order_feed().collect();
        assert!(orders.is_sorted_by_key(|order| (order.second, order.id)), "{plan:?}");
        let end = plan.days * 86_400;
        assert!(clicks.iter().all(|click| click.second < end));
        assert!(orders.iter().all(|order| order.second < end));
    }
}

#[test]
fn ticks_together_give_every_click_once() {
    let store = store(small());
    let all: Vec<Click> = store.feed().collect();
    let (mut feed, mut ticked, mut now) = (store.feed(), Vec::new(), store.start());
    while now < store.end() {
        let next = now + std::time::Duration::from_secs(600);
        let before = ticked.len();
        feed.take_until(next, &mut ticked);
        for click in &ticked[before..] {
            assert!((now..next).contains(&store.instant(click.second)));
        }
        now = next;
    }
    assert_eq!(ticked, all);
}

#[test]
fn a_click_is_found_by_its_identity() {
    let store = store(small());
    for click in store.feed().step_by(997) {
        assert_eq!(store.click(click.event_id), click);
    }
}

#[test]
fn the_days_begin_at_midnight_in_viet_nam() {
    let store = store(small());
    assert_eq!(store.start().iso_millis(), "2026-01-05T17:00:00.000Z");
    assert_eq!(store.end().iso_millis(), "2026-01-07T17:00:00.000Z");
    assert_eq!(store.local_text(61), "2026-01-06 00:01:01");
    assert_eq!(store.second_of(Timestamp::from_micros(store.start().micros() + 1)), 1);
    assert_eq!(store.second_of(Timestamp::TANK_EPOCH), 0, "before the first midnight");
}

#[test]
fn the_hours_have_the_shape_that_was_asked_for() {
    for arrivals in ["steady", "poisson", "diurnal", "burst:6h/1h/x5"] {
        let arrivals = arrivals.parse().expect(arrivals);
        let store = store(Plan { arrivals, ..Plan::of_clicks(100_000, Seed(7)) });
        let mut hours = [0u32; 24];
        store.feed().for_each(|click| hours[(click.second / 3_600) as usize] += 1);
        for (hour, found) in hours.iter().enumerate() {
            let (found, asked) = (f64::from(*found) / 1e5, store.spread.share_of_hour(hour));
            assert!((found - asked).abs() < 0.012, "{arrivals} hour {hour}: {found}, asked {asked}");
        }
    }
}

#[test]
fn what_waits_in_memory_is_an_hour_of_clicks_and_a_block() {
    let store = store(Plan { days: 3, ..Plan::of_clicks(200_000, Seed(7)) });
    let mut feed = store.feed();
    let mut most = 0;
    while feed.next().is_some() {
        most = most.max(feed.waiting());
    }
    let busiest = (0..72).map(|hour| store.spread.share_of_hour(hour)).fold(0.0, f64::max);
    let bound = (busiest * 200_000.0) as usize + 2 * 4_096;
    assert!(most <= bound, "{most} clicks waited, bound {bound}");
}

#[test]
fn tables_are_the_same_bytes_on_one_and_three_threads() {
    let defects = Defects { dirty: share(0.1), ..Defects::default() };
    let plan = Plan { users: 9_000, products: 9_000, defects, ..Plan::of_clicks(500_000, Seed(7)) };
    let store = store(plan);
    let check = |name: &str, table: &dyn Table, rows: usize| {
        let one = text(table, Format::Csv, 1);
        assert!(one == text(table, Format::Csv, 3), "{name}");
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(one.as_bytes());
        assert_eq!(reader.records().count(), rows, "{name}");
    };
    let lines: usize = store.order_feed().map(|order| order.lines().len()).sum();
    check("users", &store.users(), 9_000);
    check("products", &store.products(), 9_000);
    check("catalogue", &store.catalogue(), 9_000);
    check("orders", &store.orders(), 10_000);
    check("order_details", &store.order_details(), lines);
}

#[test]
fn an_orders_total_is_the_sum_of_its_details_in_the_files() {
    let store = store(small());
    let details = text(&store.order_details(), Format::Csv, 2);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let price = |text: &str| text.strip_suffix(".0").expect(text).parse::<i64>().expect(text);
    for row in csv::Reader::from_reader(details.as_bytes()).records() {
        let row = row.expect("a row");
        let quantity: i64 = row[2].parse().expect("a quantity");
        *sums.entry(row[0].to_owned()).or_default() += quantity * price(&row[3]);
    }
    let orders = text(&store.orders(), Format::Csv, 2);
    let mut seen = 0;
    for row in csv::Reader::from_reader(orders.as_bytes()).records() {
        let row = row.expect("a row");
        assert_eq!(sums.get(&row[0]), Some(&price(&row[3])));
        seen += 1;
    }
    assert_eq!((seen, sums.len() as u64), (600, store.plan().orders));
}

#[test]
fn what_cannot_be_is_refused() {
    let check = |plan: Plan, refusal: &str| {
        let error = Store::new(plan).expect_err(refusal);
        assert!(error.to_string().contains(refusal), "{error}");
    };
    let plan = Plan::of_clicks(100, Seed(1));
    check(Plan { orders: 101, ..plan.clone() }, "as many clicks");
    check(Plan { users: 0, ..plan.clone() }, "users and products");
    check(Plan { days: 0, ..plan.clone() }, "not between 1 and");
    let defects = Defects { late: share(0.6), out_of_order: share(0.6), ..Defects::default() };
    check(Plan { defects, ..plan }, "add up to 1.2");
}

#[test]
fn the_first_rows_of_seed_7_stay_as_they_are() {
    let store = store(small());
    let mut lines: Vec<String> = Vec::new();
    for table in [&store.users() as &dyn Table, &store.products(), &store.orders(), &store.order_details()] {
        lines.extend(text(table, Format::Csv, 1).lines().take(3).map(str::to_owned));
    }
    let mut clicks = ClickText::new(&store);
    lines.extend(store.feed().take(4).map(|click| clicks.json(&click)));
    expect![[r#"
        id,username,first_name,last_name,email,phone,address,sex,birthdate
        1,khanhnguyen1,Văn Khánh,Nguyễn,khanhnguyen1@example.net,0524021475,"230 Hai Bà Trưng, Phường Hồng Bàng, Hà Nội",M,1985-06-07
        2,thangdo2,Đức Thắng,Đỗ,thangdo2@example.com,0831506708,"184 Lê Duẩn, Phường Bến Thành, Hà Tĩnh",M,1985-07-23
        id,gender,master_category,sub_category,article_type,base_colour,season,year,usage,product_display_name,price
        1,Unisex,Accessories,Bags,Backpacks,Pink,Summer,2025,Casual,Sapa Mist Unisex Pink Backpacks,1129.0
        2,Unisex,Accessories,Bags,Laptop Bag,Cream,Fall,2020,Casual,Saigon Thread Unisex Cream Laptop Bag,1847.0
        id,user_id,order_date,total_price
        1,10,2026-01-06 00:14:59,21878.0
        2,190,2026-01-06 00:23:02,16327.0
        order_id,product_id,quantity,unit_price
        1,32,5,1117.0
        1,33,5,1547.0
        {"user_id": 199, "timestamp": "2026-01-06 00:01:59", "event_type": "page_view", "product_id": null, "event_id": 1555}
        {"user_id": 199, "timestamp": "2026-01-06 00:02:36", "event_type": "product_view", "product_id": 26, "event_id": 1556}
        {"user_id": 133, "timestamp": "2026-01-06 00:04:23", "event_type": "page_view", "product_id": null, "event_id": 1785}
        {"user_id": 222, "timestamp": "2026-01-06 00:04:26", "event_type": "page_view", "product_id": null, "event_id": 1425}"#]].assert_eq(&lines.join("\n"));
}
