//! The promises of `fashion-store`: a day in which every click and order is accounted for and every answer is right; the
//! workshop's errors, each caught by a check that explains it in both languages; and Python code that does what its native
//! twins do.

use std::fmt::Write as _;
use std::process::Command;

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank::check::rows::{self, RowText};
use wavetank::report::Lang;
use wavetank::run::Brought;
use wavetank::{Report, RunOptions};
use wavetank_generators::fashion_store::{ClickText, Plan, Store};
use wavetank_generators::{Defects, Format, Table, write};
use wavetank_scenarios::Scenario;
use wavetank_tests::run;
use wavetank_tests::served::{python_has, skips};
use wavetank_transforms::fashion_store::clean::{Clicks, Rejected, Table as CleanTable, clean};
use wavetank_transforms::fashion_store::export::{Source, export};
use wavetank_transforms::fashion_store::{Catalogue, Mistake};
use wavetank_types::Seed;

fn options(seed: u64, clicks: u64) -> RunOptions {
    RunOptions { seed, rows: Some(clicks), users: Some(80), ..RunOptions::default() }
}

async fn report(options: &RunOptions) -> Report {
    run("fashion-store", options).await.1.unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_click_and_order_of_a_day_is_accounted_for_and_every_answer_is_right() {
    for (seed, clicks, defects) in
        [(1, 2_000, ""), (7, 1_000, "producer-duplicate=0.05,out-of-order=0.05,dirty=0.2")]
    {
        let defects = defects.parse().unwrap();
        let report = report(&RunOptions { defects, ..options(seed, clicks) }).await;
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        let lines = lines_of(seed, clicks);
        assert!(lines >= clicks / 50);
        assert_eq!(report.ledger.delivered, clicks + clicks / 50 + lines);
        let cost = |name: &str| {
            report.cost.items.iter().find(|item| item.name == name).map_or(0.0, |item| item.quantity)
        };
        assert!(cost("kinesis_shard_hour") > 24.0 && cost("kinesis_put_unit") >= clicks as f64);
        assert!(cost("firehose_gb") > 0.0 && cost("scheduler_invocation") >= 3.0);
        assert!(report.queries.len() == 7 && report.queries.iter().all(|query| query.ok == Some(true)));
        assert!(report.findings.iter().any(|finding| finding.name == "replay" && !finding.is_failed()));
        assert_eq!(report.ledger.rejected.contains_key("duplicate-click"), seed == 7);
        let replay =
            format!("wavetank run fashion-store --seed {seed} --orders files --users 80 --clicks {clicks}");
        assert!(report.replay.starts_with(&replay), "{}", report.replay);
    }
}

/// Lines of all orders of the store that is run with these options.
fn lines_of(seed: u64, clicks: u64) -> u64 {
    let plan = Plan { users: 80, days: 1, ..Plan::of_clicks(clicks, Seed(seed)) };
    let store = Store::new(plan).unwrap();
    (1..=store.plan().orders).map(|id| store.order(id).lines().len() as u64).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_under_another_name_is_refused_and_counted_nowhere() {
    let defects = "drift-renamed=0.5,drift-added=0.25,producer-duplicate=0.1".parse().unwrap();
    let report = report(&RunOptions { defects, ..options(7, 1_000) }).await;
    assert!(report.ledger.rejected["product-mismatch"] > 100, "{}", report.to_text(Lang::En));
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_report() {
    let mut texts = Vec::new();
    for seed in [7, 7, 8] {
        let report = report(&options(seed, 300)).await;
        texts.push(report.to_text(Lang::Vi) + &report.to_json().to_string());
    }
    assert_eq!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
}

/// A variant must fail this check, with these words in its cause.
async fn caught(variant: &str, check: &str, en: &str, vi: &str) {
    let variant_options = RunOptions { variant: Some(variant.to_owned()), ..options(7, 1_000) };
    let report = report(&variant_options).await;
    assert!(!report.is_ok(), "{variant} passes");
    let failed = report.findings.iter().find(|finding| finding.name == check && finding.is_failed());
    let cause = failed.and_then(|finding| finding.cause.clone());
    let cause = cause.unwrap_or_else(|| panic!("{variant}: {}", report.to_text(Lang::En)));
    assert!(cause.en.contains(en) && cause.vi.contains(vi), "{variant}: {cause:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_reading_a_day_are_caught_and_explained() {
    caught("hour-zero", "conserved", "hours 1 to 24", "thư mục 00").await;
    caught("utc-partition", "landed", "CustomTimeZone", "chậm hơn Hà Nội").await;
    caught("utc-partition", "conserved", "before 07:00", "trước 07:00").await;
    caught("trailing-newline", "jobs", "leave out empty lines", "bỏ qua dòng trống").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_tables_are_caught_and_explained() {
    caught("price-as-integer", "nulls", "8421.0", "ép kiểu").await;
    caught("export-yesterday", "conserved", "the same day", "cùng một ngày").await;
    caught("products-doubled", "snapshot", "once a night", "mỗi đêm").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_running_again_are_caught_and_explained() {
    caught("recommender-modulo-five", "unblocked", "multiple of", "bội của năm").await;
    caught("job-appends", "replay", "adds its rows", "đặt tên theo ngày").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_of_a_store_are_refused_elsewhere() {
    let error = run("trades", &RunOptions { days: Some(2), ..RunOptions::default() }).await.1.unwrap_err();
    assert!(error.to_string().contains("hint: leave out --clicks, --users, --days and --orders"), "{error}");
    let too_few = RunOptions { days: Some(0), ..options(1, 100) };
    assert!(run("fashion-store", &too_few).await.1.unwrap_err().to_string().contains("0 days"));
    let brought = Brought { name: "a.csv".to_owned(), body: Bytes::from_static(b"a\n1\n") };
    let brought = RunOptions { brought: Some(brought), ..RunOptions::default() };
    for scenario in ["trades", "fashion-store", "data-lake-iot"] {
        let refused = run(scenario, &brought).await.1.unwrap_err().to_string();
        assert!(refused.contains("records of its own"), "{scenario}: {refused}");
    }
    let nothing = run("fashion-store", &options(1, 0)).await.1.unwrap_err().to_string();
    assert!(nothing.contains("nothing would be sent"), "{nothing}");
    for defects in ["malformed=0.1", "consumer-duplicate=0.1"] {
        let defects = defects.parse().unwrap();
        let refused = run("fashion-store", &RunOptions { defects, ..options(1, 100) }).await.1.unwrap_err();
        assert!(refused.to_string().contains("hint: it makes out-of-order, late"), "{refused}");
    }
}

#[test]
fn the_template_has_the_functions_of_the_folder() {
    let scenario = Scenario::open("fashion-store").unwrap();
    let template = scenario.file("template.yaml");
    for function in ["recommend", "export"] {
        let indented =
            |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("          {line}\n") };
        let text = scenario.file(&format!("functions/{function}.py"));
        let code: String = text.lines().map(indented).collect();
        assert!(template.contains(&code), "functions/{function}.py differs from what template.yaml has");
    }
}

/// A store with every kind of dirt, as files.
struct Files {
    users: Bytes,
    products: Bytes,
    orders: Bytes,
    order_details: Bytes,
    clicks: String,
}

fn files() -> Files {
    let mut plan = Plan::of_clicks(2_000, Seed(7));
    let list: wavetank::defects::DefectList = "dirty=0.3,producer-duplicate=0.1".parse().unwrap();
    plan.defects = Defects { ..list.defects };
    let store = Store::new(plan).unwrap();
    let csv = |table: &dyn Table| {
        let mut body = Vec::new();
        write(table, Format::Csv, std::num::NonZeroUsize::MIN, &mut body).unwrap();
        Bytes::from(body)
    };
    let (mut clicks, mut text) = (String::new(), ClickText::new(&store));
    for sent in store.sends() {
        text.push_json(&mut clicks, &sent.click);
        clicks.push('\n');
    }
    clicks.push_str("{\"user_id\": 1\n\n[1]\n{\"user_id\": 1, \"timestamp\": \"2026-01-06 25:00:00\", \"event_type\": \"page_view\", \"product_id\": null, \"event_id\": 9999}\n");
    Files {
        users: csv(&store.users()),
        products: csv(&store.products()),
        orders: csv(&store.orders()),
        order_details: csv(&store.order_details()),
        clicks,
    }
}

/// Rows of a Parquet file as the Python below writes its own.
fn text_of(file: Option<Bytes>) -> String {
    let (mut out, mut text) = (String::new(), RowText::default());
    for batch in file.into_iter().flat_map(|file| rows::read(file).unwrap()) {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            text.set(&batch, row).unwrap();
            let fields: Vec<&str> = text.fields().map(|field| field.unwrap_or("null")).collect();
            writeln!(out, "{}", fields.join("|")).unwrap();
        }
    }
    out
}

fn reasons(rejected: &[Rejected]) -> Vec<Value> {
    rejected.iter().map(|it| json!([it.line, it.reason])).collect()
}

/// Runs Python with the folder's code importable, on JSON, and answers its JSON.
fn python(folder: &str, script: &str, input: &Value) -> Value {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("input.json");
    std::fs::write(&path, input.to_string()).unwrap();
    let code = wavetank_tests::root().join("scenarios/catalog/fashion-store").join(folder);
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .env("PYTHONPATH", code)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TABLE", "t")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

const CLEAN: &str = r#"
import clean, json, sys

def cell(value):
    return "null" if value is None else str(value)

def text(rows):
    return "".join("|".join(cell(value) for value in row) + "\n" for row in rows)

given, found = json.load(open(sys.argv[1])), {}
for table in ("users", "products", "orders", "order_details"):
    for mistake in ("none", "price-as-integer"):
        rows, rejected = clean.clean_table(table, given[table], mistake)
        if mistake == "price-as-integer":
            rows = [[value if value is None or not hasattr(value, "quantize") else value.quantize(clean.Decimal("0.01")) for value in row] for row in rows]
        found[f"{table}/{mistake}"] = [text(rows), [[it["line"], it["reason"]] for it in rejected]]
days, rejected = clean.clean_clicks([("o", given["clicks"])])
found["clicks"] = {str(day): text(rows) for day, rows in sorted(days.items())}
found["rejected"] = [[it["line"], it["reason"]] for it in rejected]
json.dump(found, sys.stdout)
"#;

#[test]
fn the_clean_job_in_python_gives_the_rows_of_its_native_twin() {
    if skips(&["python3"]) {
        return;
    }
    let files = files();
    let broken = "0,9,2026-01-06 10:00:00,1.0\n8,9,soon,1.0\n9,9\n10,9,2026-01-06 10:00:00,1.005\n";
    let orders = Bytes::from([files.orders.as_ref(), broken.as_bytes()].concat());
    let utf8 = |body: &Bytes| String::from_utf8(body.to_vec()).unwrap();
    let tables = [
        (CleanTable::Users, &files.users),
        (CleanTable::Products, &files.products),
        (CleanTable::Orders, &orders),
        (CleanTable::OrderDetails, &files.order_details),
    ];
    let mut input = json!({ "clicks": files.clicks });
    for (table, body) in &tables {
        input[table.name()] = json!(utf8(body));
    }
    let found = python("jobs", CLEAN, &input);
    for (table, body) in &tables {
        for (mistake, name) in [(None, "none"), (Some(Mistake::PriceAsInteger), "price-as-integer")] {
            let native = clean(*table, "o", body, mistake).unwrap();
            let expected = json!([text_of(native.file), reasons(&native.rejected)]);
            assert_eq!(found[format!("{}/{name}", table.name())], expected, "{}/{name}", table.name());
        }
    }
    let mut clicks = Clicks::new(None);
    clicks.read("o", files.clicks.as_bytes()).unwrap();
    let native = clicks.end().unwrap();
    assert!(native.rejected.len() > 100, "repeats and broken lines");
    assert_eq!(found["rejected"], json!(reasons(&native.rejected)));
    let by_day: serde_json::Map<String, Value> =
        native.files.into_iter().map(|(day, file)| (day.to_string(), json!(text_of(Some(file))))).collect();
    assert_eq!(found["clicks"], Value::Object(by_day));
}

const EXPORT: &str = r#"
import export, json, sys
given = json.load(open(sys.argv[1]))
files = export.export("2026-01-06", given["users"], given["products"], [given["orders"]], [given["order_details"]])
json.dump(files, sys.stdout)
"#;

const RECOMMEND: &str = r#"
import json, recommend, sys
given = json.load(open(sys.argv[1]))
groups = recommend.groups_of(recommend.products_of(given["products"]))
found = [recommend.recommend(groups, user, product) for user, product in given["looks"]]
recommend.MISTAKE = "recommender-modulo-five"
raised = []
for user, product in given["looks"]:
    try:
        recommend.recommend(groups, user, product)
    except ZeroDivisionError:
        raised.append(product)
json.dump([found, raised], sys.stdout)
"#;

#[test]
fn the_functions_in_python_give_what_their_native_twins_give() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let files = files();
    let utf8 = |body: &Bytes| String::from_utf8(body.to_vec()).unwrap();
    let input = json!({ "users": utf8(&files.users), "products": utf8(&files.products),
        "orders": utf8(&files.orders), "order_details": utf8(&files.order_details) });
    let source = Source {
        users: files.users.clone(),
        products: files.products.clone(),
        orders: vec![files.orders.clone()],
        order_details: vec![files.order_details.clone()],
    };
    let native = export("2026-01-06".parse().unwrap(), &source).unwrap();
    let expected: serde_json::Map<String, Value> =
        native.into_iter().map(|file| (file.key, json!(utf8(&file.body)))).collect();
    assert_eq!(python("functions", EXPORT, &input), Value::Object(expected));

    let catalogue = Catalogue::read(&files.products).unwrap();
    let looks: Vec<(i64, i64)> = (1..=40).flat_map(|user| [(user, user * 11), (user, 501 - user)]).collect();
    let found: Vec<Vec<i64>> =
        looks.iter().map(|(user, product)| catalogue.recommend(*user, *product)).collect();
    let raises = |(user, product): &&(i64, i64)| catalogue.recommend_naively(*user, *product).is_err();
    let raised: Vec<i64> = looks.iter().filter(raises).map(|(_, product)| *product).collect();
    assert!(!raised.is_empty() && raised.len() < looks.len());
    let input = json!({ "products": utf8(&files.products), "looks": looks });
    assert_eq!(python("functions", RECOMMEND, &input), json!([found, raised]));
}
