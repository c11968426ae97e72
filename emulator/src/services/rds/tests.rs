//! RDS in a tank. Where PostgreSQL is missing, tests that need it say so and pass.

mod clusters;
mod groups;
mod refusals;
mod servers;

use std::time::Duration;

use serde_json::{Value, json};

use crate::driver::Tank;
use crate::executors::{Door, postgres};
use crate::world::Scope;

/// A frozen tank and its RDS.
#[derive(Debug)]
struct Rig {
    tank: Tank,
}

impl Rig {
    fn new() -> Self {
        Self { tank: Tank::builder().build() }
    }

    /// The same, where there is a PostgreSQL.
    fn with_postgres() -> Option<Self> {
        match postgres::find(None) {
            Ok(_) => Some(Self::new()),
            Err(missing) => {
                eprintln!("skipped: {missing}");
                None
            }
        }
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, String> {
        let door = Door::new(self.tank.clone(), Scope::default());
        let answer = door.call("rds", operation, &input).await;
        answer.map_err(|error| format!("{}: {}", error.code, error.message))
    }

    async fn done(&self, operation: &str, input: Value) -> Value {
        self.ask(operation, input.clone())
            .await
            .unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    async fn wait(&self, secs: u64) {
        self.tank.advance(Duration::from_secs(secs)).await;
    }

    async fn instance(&self, name: &str) -> Value {
        let found = self.done("DescribeDBInstances", json!({"DBInstanceIdentifier": name})).await;
        found["DBInstances"][0].clone()
    }

    async fn status(&self, name: &str) -> String {
        self.instance(name).await["DBInstanceStatus"].as_str().unwrap_or_default().to_owned()
    }

    /// What has happened, the oldest first.
    async fn events(&self) -> Vec<String> {
        let found = self.done("DescribeEvents", json!({"Duration": 20_000})).await;
        let text = |event: &Value, member: &str| event[member].as_str().unwrap_or_default().to_owned();
        let events = found["Events"].as_array().cloned().unwrap_or_default();
        events
            .iter()
            .map(|event| format!("{}: {}", text(event, "SourceIdentifier"), text(event, "Message")))
            .collect()
    }
}

/// An instance that AWS would take.
fn shop() -> Value {
    json!({
        "DBInstanceIdentifier": "Shop", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
        "MasterUsername": "store", "MasterUserPassword": "correct-horse", "DBName": "fashion",
    })
}

/// The same with members replaced or, by null, taken away.
fn shop_with(change: Value) -> Value {
    let mut input = shop();
    for (name, value) in change.as_object().cloned().unwrap_or_default() {
        if value.is_null() {
            input.as_object_mut().map(|input| input.shift_remove(&name));
        } else {
            input[name] = value;
        }
    }
    input
}
