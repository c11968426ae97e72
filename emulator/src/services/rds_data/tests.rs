//! The Data API on a real server. Where PostgreSQL is missing these tests say so and pass.

use std::time::Duration;

use serde_json::{Value, json};

use crate::driver::Tank;
use crate::executors::{Door, postgres};
use crate::world::Scope;

/// A tank with the instance `shop` and the secret of its master user.
#[derive(Debug)]
struct Rig {
    tank: Tank,
    resource: Value,
    secret: Value,
}

impl Rig {
    async fn new() -> Option<Self> {
        if let Err(missing) = postgres::find(None) {
            eprintln!("skipped: {missing}");
            return None;
        }
        let mut rig = Self { tank: Tank::builder().build(), resource: Value::Null, secret: Value::Null };
        let secret = json!({"Name": "login", "SecretString": "{\"username\": \"store\", \"password\": \"correct-horse\"}"});
        rig.secret = rig.call("secretsmanager", "CreateSecret", secret).await.unwrap()["ARN"].clone();
        let shop = json!({
            "DBInstanceIdentifier": "shop", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
            "MasterUsername": "store", "MasterUserPassword": "correct-horse", "DBName": "fashion",
        });
        let made = rig.call("rds", "CreateDBInstance", shop).await.unwrap();
        rig.resource = made["DBInstance"]["DBInstanceArn"].clone();
        rig.tank.advance(Duration::from_secs(5)).await;
        Some(rig)
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let door = Door::new(self.tank.clone(), Scope::default());
        let answer = door.call(service, operation, &input).await;
        answer.map_err(|error| format!("{}: {}", error.code, error.message))
    }

    async fn ask(&self, operation: &str, mut input: Value) -> Result<Value, String> {
        input["resourceArn"] = self.resource.clone();
        input["secretArn"] = self.secret.clone();
        self.call("rds-data", operation, input).await
    }

    async fn sql(&self, text: &str) -> Value {
        self.ask("ExecuteStatement", json!({"sql": text}))
            .await
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }
}

#[tokio::test]
async fn a_cluster_answers_once_its_http_endpoint_is_enabled() {
    let Some(mut rig) = Rig::new().await else { return };
    let cluster = json!({
        "DBClusterIdentifier": "store", "Engine": "aurora-postgresql", "MasterUsername": "store",
        "MasterUserPassword": "correct-horse", "DatabaseName": "fashion",
    });
    let made = rig.call("rds", "CreateDBCluster", cluster).await.unwrap();
    rig.resource = made["DBCluster"]["DBClusterArn"].clone();
    rig.tank.advance(Duration::from_secs(5)).await;
    let ask = json!({"sql": "SELECT current_database() AS name"});
    let refused = rig.ask("ExecuteStatement", ask.clone()).await.unwrap_err();
    assert!(refused.starts_with("BadRequestException: HttpEndpoint is not enabled"), "{refused}");
    let enable = json!({"DBClusterIdentifier": "store", "EnableHttpEndpoint": true});
    rig.call("rds", "ModifyDBCluster", enable).await.unwrap();
    let answer = rig.ask("ExecuteStatement", ask).await.unwrap();
    assert_eq!(answer["records"][0][0]["stringValue"], "fashion");
}

#[tokio::test]
async fn values_go_in_by_name_and_come_back_by_type() {
    let Some(rig) = Rig::new().await else { return };
    rig.sql("CREATE TABLE t (id int, price numeric(10,2), at timestamp, u uuid, j jsonb, tags text[], ok bool, b bytea, d date)").await;
    let parameter = |name: &str, value: Value, hint: Option<&str>| {
        let mut one = json!({"name": name, "value": value});
        if let Some(hint) = hint {
            one["typeHint"] = json!(hint);
        }
        one
    };
    let parameters = json!([
        parameter("id", json!({"longValue": 7}), None),
        parameter("price", json!({"stringValue": "12.30"}), Some("DECIMAL")),
        parameter("at", json!({"stringValue": "2026-01-02 03:04:05.678"}), Some("TIMESTAMP")),
        parameter("u", json!({"stringValue": "12345678-1234-1234-1234-123456789abc"}), Some("UUID")),
        parameter("j", json!({"stringValue": "{\"a\": 1}"}), Some("JSON")),
        parameter("ok", json!({"booleanValue": true}), None),
        parameter("b", json!({"blobValue": "AQI="}), None),
        parameter("d", json!({"isNull": true}), None),
    ]);
    let sql = "INSERT INTO t VALUES (:id, :price, :at, :u, :j, ARRAY['x', 'y'], :ok, :b, :d)";
    let inserted = rig.ask("ExecuteStatement", json!({"sql": sql, "parameters": parameters})).await.unwrap();
    assert_eq!(inserted["numberOfRecordsUpdated"], 1);
    let select = json!({"sql": "SELECT * FROM t WHERE id = :id", "parameters": [parameters[0]], "includeResultMetadata": true});
    let found = rig.ask("ExecuteStatement", select).await.unwrap();
    assert_eq!(
        found["records"],
        json!([[
            {"longValue": 7}, {"stringValue": "12.30"}, {"stringValue": "2026-01-02 03:04:05.678"},
            {"stringValue": "12345678-1234-1234-1234-123456789abc"}, {"stringValue": "{\"a\": 1}"},
            {"arrayValue": {"stringValues": ["x", "y"]}}, {"booleanValue": true}, {"blobValue": "AQI="}, {"isNull": true},
        ]])
    );
    let price = &found["columnMetadata"][1];
    assert_eq!(
        (&price["name"], &price["typeName"], &price["precision"], &price["scale"]),
        (&json!("price"), &json!("numeric"), &json!(10), &json!(2))
    );
    let as_json = json!({"sql": "SELECT id, price, d, ok FROM t", "formatRecordsAs": "JSON"});
    let found = rig.ask("ExecuteStatement", as_json).await.unwrap();
    assert_eq!(found["formattedRecords"], "[{\"id\":7,\"price\":12.3,\"d\":null,\"ok\":true}]");
    let sets: Vec<Value> =
        (0..5).map(|id| json!([parameter("id", json!({"longValue": id}), None)])).collect();
    let batch = json!({"sql": "INSERT INTO t (id) VALUES (:id)", "parameterSets": sets});
    let done = rig.ask("BatchExecuteStatement", batch).await.unwrap();
    assert_eq!(done["updateResults"].as_array().map(Vec::len), Some(5));
    assert_eq!(rig.sql("SELECT count(*) FROM t").await["records"], json!([[{"longValue": 6}]]));
}

#[tokio::test]
async fn a_transaction_is_kept_undone_or_forgotten_after_three_minutes() {
    let Some(rig) = Rig::new().await else { return };
    rig.sql("CREATE TABLE t (id int)").await;
    for (end, after, rows) in
        [("CommitTransaction", 0, 1), ("RollbackTransaction", 0, 1), ("CommitTransaction", 181, 1)]
    {
        let begun = rig.ask("BeginTransaction", json!({})).await.unwrap();
        let id = begun["transactionId"].clone();
        let insert = json!({"sql": "INSERT INTO t VALUES (1)", "transactionId": id});
        rig.ask("ExecuteStatement", insert).await.unwrap();
        rig.tank.advance(Duration::from_secs(after)).await;
        let ended = rig.ask(end, json!({"transactionId": id})).await;
        if after > 0 {
            assert!(ended.unwrap_err().starts_with("TransactionNotFoundException: "));
        } else {
            ended.unwrap();
        }
        assert_eq!(
            rig.sql("SELECT count(*) FROM t").await["records"],
            json!([[{"longValue": rows}]]),
            "{end} after {after} s"
        );
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_with_the_databases_words_and_place() {
    let Some(rig) = Rig::new().await else { return };
    let check = async |input: Value, expected: &str| {
        assert_eq!(rig.ask("ExecuteStatement", input).await.unwrap_err(), expected);
    };
    let first = json!([{"name": "first", "value": {"longValue": 1}}]);
    check(
        json!({"sql": "SELECT :first FROM nowhere", "parameters": first}),
        "DatabaseErrorException: ERROR: relation \"nowhere\" does not exist; Position: 20; SQLState: 42P01",
    )
    .await;
    check(json!({"sql": "SELECT :none"}), "BadRequestException: Cannot find parameter: none").await;
    check(
        json!({"sql": "SELECT interval '1 day'"}),
        "UnsupportedResultException: The result contains the unsupported data type interval",
    )
    .await;
    check(
        json!({"sql": "SELECT repeat('x', 1100000)"}),
        "UnsupportedResultException: Database returned more than the allowed response size limit",
    )
    .await;
    check(
        json!({"sql": "SELECT 1", "transactionId": "none"}),
        "TransactionNotFoundException: Transaction none is not found",
    )
    .await;
    check(
        json!({"sql": "SELECT 1", "database": "none"}),
        "DatabaseErrorException: FATAL: database \"none\" does not exist",
    )
    .await;
    let elsewhere = json!({"sql": "SELECT 1", "resourceArn": "arn:aws:rds:us-east-1:000000000000:db:none", "secretArn": rig.secret});
    let refused = rig.call("rds-data", "ExecuteStatement", elsewhere).await.unwrap_err();
    assert_eq!(
        refused,
        "NotFoundException: The resource arn:aws:rds:us-east-1:000000000000:db:none wasn't found"
    );
}

/// A tank's time may run through all of a caller's tries before the thread that waits for a process has had its turn.
#[tokio::test]
async fn whoever_meets_a_dead_server_finds_it_being_started_again() {
    use rustix::process::{Pid, Signal, kill_process};
    let Some(rig) = Rig::new().await else { return };
    rig.sql("CREATE TABLE t (id int)").await;
    for round in 1..=5 {
        rig.sql("INSERT INTO t VALUES (1)").await;
        let folder = rig.sql("SHOW data_directory").await["records"][0][0]["stringValue"].clone();
        let file = std::path::Path::new(folder.as_str().unwrap()).join("postmaster.pid");
        let id = std::fs::read_to_string(file).unwrap().lines().next().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
        // The first may still be on a connection whose session has not seen the end; the kill itself takes a moment.
        let mut refused = None;
        for _ in 0..1_000 {
            refused = rig.ask("ExecuteStatement", json!({"sql": "SELECT 1"})).await.err();
            if refused.is_some() {
                break;
            }
        }
        let refused = refused.expect("it has been killed");
        let is_known = refused.starts_with("InvalidResourceStateException") && refused.contains("rebooting");
        assert!(is_known || refused.starts_with("DatabaseUnavailableException"), "{refused}");
        let told = rig.call("rds", "DescribeDBInstances", json!({})).await.unwrap();
        assert_eq!(told["DBInstances"][0]["DBInstanceStatus"], "rebooting");
        rig.tank.advance(Duration::from_secs(2)).await;
        let count = rig.sql("SELECT count(*) FROM t").await;
        assert_eq!(count["records"][0][0]["longValue"], round, "what was committed is there");
    }
}
