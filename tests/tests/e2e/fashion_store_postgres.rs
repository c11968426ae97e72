//! `fashion-store` with its orders in a PostgreSQL that somebody else started: the same answers as without, and no schema touched that
//! is not ours. Here that PostgreSQL is the RDS instance of another tank; docker-compose.yml's is joined the same way.
//!
//! Needs a PostgreSQL; skips aloud where there is none. `.ci/run` installs it.

use serde_json::Value;
use wavetank::client::Aws;
use wavetank::report::Lang;
use wavetank::sql_copy::{Database, Session};
use wavetank::{OrdersPlace, RunOptions, Tank};
use wavetank_emulator::executors::postgres;
use wavetank_tests::run;
use wavetank_wire::rds::{DescribeDBInstances, DescribeDBInstancesInput};
use wavetank_wire::secretsmanager::{GetSecretValue, GetSecretValueInput};

const REGION: &str = "ap-southeast-1";

fn options(orders: OrdersPlace) -> RunOptions {
    let defects = "dirty=0.2".parse().unwrap();
    RunOptions { seed: 3, rows: Some(2_000), users: Some(80), orders, defects, ..RunOptions::default() }
}

/// How another program enters the instance that a run has left in its tank.
async fn database_of(tank: &Tank) -> Database {
    let aws = Aws::new(tank, REGION);
    let found = aws.call::<DescribeDBInstances>(DescribeDBInstancesInput::default()).await.unwrap();
    let instance = found.db_instances.unwrap().remove(0);
    let secret_id = instance.master_user_secret.unwrap().secret_arn.unwrap();
    let input = GetSecretValueInput { secret_id, ..GetSecretValueInput::default() };
    let login = aws.call::<GetSecretValue>(input).await.unwrap().secret_string.unwrap();
    let login: Value = serde_json::from_str(&login).unwrap();
    let endpoint = instance.endpoint.unwrap();
    Database {
        host: endpoint.address.unwrap(),
        port: u16::try_from(endpoint.port.unwrap()).unwrap(),
        name: instance.db_name.unwrap(),
        user: login["username"].as_str().unwrap().to_owned(),
        password: login["password"].as_str().unwrap().to_owned(),
    }
}

async fn count(session: &Session, table: &str) -> String {
    let rows = session.rows(&format!("SELECT count(*) FROM {table}")).await.unwrap();
    rows[0][0].clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_in_an_outside_postgresql_give_the_same_answers_and_stay_there_until_the_next_run() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("SKIPPED: {missing}");
        return;
    }
    let (tank, inside) = run("fashion-store", &options(OrdersPlace::Rds)).await;
    let answers = inside.unwrap().to_json()["queries"].clone();
    let database = database_of(&tank).await;
    let place = OrdersPlace::Postgres(database.clone());
    // The second run finds what the first has left.
    for _ in 0..2 {
        let report = run("fashion-store", &options(place.clone())).await.1.unwrap();
        let text = report.to_text(Lang::En);
        assert!(report.is_ok(), "{text}");
        assert!(text.contains(&format!("in the PostgreSQL of {database:?}")), "{text}");
        assert!(text.contains(&format!("--orders '{}'", database.url())), "{text}");
        assert!(!text.contains(&database.password), "a report has no password: {text}");
        assert_eq!(report.to_json()["queries"], answers);
        let session = database.join().await.unwrap();
        for table in ["users", "products", "orders", "order_details"] {
            let ours = count(&session, &format!("fashion_store.{table}")).await;
            assert_eq!(ours, count(&session, &format!("public.{table}")).await, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_not_ours_is_not_touched_nor_a_database_that_another_run_is_at() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("SKIPPED: {missing}");
        return;
    }
    let (tank, _) = run("fashion-store", &options(OrdersPlace::Rds)).await;
    let database = database_of(&tank).await;
    let session = database.join().await.unwrap();
    let place = OrdersPlace::Postgres(database);
    session.run("CREATE SCHEMA fashion_store; CREATE TABLE fashion_store.mine (id int)").await.unwrap();
    let error = run("fashion-store", &options(place.clone())).await.1.unwrap_err().to_string();
    assert!(error.contains("`fashion_store` that is not wavetank's\nhint: "), "{error}");
    assert_eq!(count(&session, "fashion_store.mine").await, "0");
    // What a run holds for as long as it sends.
    session.run("SELECT pg_advisory_lock(hashtext('wavetank fashion_store'))").await.unwrap();
    let error = run("fashion-store", &options(place)).await.1.unwrap_err().to_string();
    assert!(error.contains("another run is at it") && error.contains("\nhint: "), "{error}");
}
