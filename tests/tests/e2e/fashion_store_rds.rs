//! `fashion-store` with its orders in RDS: the same answers as without, from a real PostgreSQL; the export in Python reads from it what
//! its native twin reads.
//!
//! Needs a PostgreSQL; skips aloud where there is none. `.ci/run` installs it.

use std::collections::BTreeMap;
use std::process::Command;

use aws_sdk_s3::types::CreateBucketConfiguration;
use wavetank::client::Aws;
use wavetank::report::Lang;
use wavetank::{OrdersPlace, RunOptions, Tank};
use wavetank_emulator::executors::postgres;
use wavetank_tests::run;
use wavetank_tests::served::{python_has, skips};
use wavetank_wire::rds::{DescribeDBInstances, DescribeDBInstancesInput};

fn options(orders: OrdersPlace, defects: &str) -> RunOptions {
    let defects = defects.parse().unwrap();
    RunOptions { seed: 3, rows: Some(2_000), users: Some(80), orders, defects, ..RunOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_in_postgresql_give_the_answers_that_orders_in_files_give() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("skipped: {missing}");
        return;
    }
    let mut answers = Vec::new();
    for orders in [OrdersPlace::Rds, OrdersPlace::Files] {
        let report = run("fashion-store", &options(orders.clone(), "dirty=0.2")).await.1.unwrap();
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        let is_told = report.to_text(Lang::En).contains("a real PostgreSQL");
        assert_eq!(is_told, orders == OrdersPlace::Rds, "the report says where the orders were");
        let json = report.to_json();
        assert!(json["queries"].as_array().is_some_and(|queries| queries.len() == 7), "{json}");
        answers.push(json["queries"].clone());
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_is_caught_with_the_orders_in_postgresql_too() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("skipped: {missing}");
        return;
    }
    let variant = Some("price-as-integer".to_owned());
    let report =
        run("fashion-store", &RunOptions { variant, ..options(OrdersPlace::Rds, "") }).await.1.unwrap();
    let failed: Vec<&str> =
        report.findings.iter().filter(|it| it.is_failed()).map(|it| it.name.as_ref()).collect();
    assert!(failed.contains(&"nulls"), "{failed:?}");
}

const REGION: &str = "ap-southeast-1";
const DAY: &str = "2026-01-06";

/// The objects of a bucket's exports of the day, by key.
async fn exported(tank: &Tank, bucket: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for table in ["users", "products", "orders", "order_details"] {
        let key = format!("{table}/{}/{table}.csv", DAY.replace('-', "/"));
        let answer = tank.in_region(REGION).s3().get_object().bucket(bucket).key(&key).send().await.unwrap();
        let body = answer.body.collect().await.unwrap().into_bytes();
        found.insert(key, String::from_utf8(body.to_vec()).unwrap());
    }
    found
}

/// The scenario's night has exported with the native twin; the Python of the folder exports the same day of the same tank anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_export_in_python_reads_by_the_data_api_what_its_native_twin_reads() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    if let Err(missing) = postgres::find(None) {
        eprintln!("SKIPPED: {missing}");
        return;
    }
    // More details than a page of the export has.
    let options = RunOptions { rows: Some(30_000), ..options(OrdersPlace::Rds, "dirty=0.2") };
    let (tank, report) = run("fashion-store", &options).await;
    assert!(report.unwrap().is_ok());
    let native = exported(&tank, "fashion-store-landing-000000000000").await;
    assert!(native["order_details/2026/01/06/order_details.csv"].lines().count() > 1_001);

    let aws = Aws::new(&tank, REGION);
    let found = aws.call::<DescribeDBInstances>(DescribeDBInstancesInput::default()).await.unwrap();
    let instance = found.db_instances.unwrap().remove(0);
    let here = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    let s3 = tank.in_region(REGION).s3();
    s3.create_bucket().bucket("by-python").create_bucket_configuration(here).send().await.unwrap();
    let endpoint = tank.listen().await.unwrap();

    let mut python = Command::new("python3");
    python.args(["-c", &format!("import export; print(export.export_day({{'day': '{DAY}'}}, None))")]);
    python
        .env("PYTHONPATH", wavetank_tests::root().join("scenarios/catalog/fashion-store/functions"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", REGION)
        .env("LANDING", "s3://by-python/")
        .env("DATABASE", instance.db_instance_arn.unwrap())
        .env("SECRET", instance.master_user_secret.unwrap().secret_arn.unwrap());
    let output = tokio::task::spawn_blocking(move || python.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(exported(&tank, "by-python").await, native);
}
