//! MWAA in a frozen tank. Where Airflow is missing, tests that need it say so and pass.

mod dags;
mod refusals;

use std::time::Duration;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::codec::{from_json, to_json};
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{Val, WireError};

use crate::driver::Tank;
use crate::executors::{Door, airflow};
use crate::services::ServiceId;
use crate::services::s3::Command;
use crate::world::{Address, Call, Scope};

/// A frozen tank and its MWAA.
#[derive(Debug)]
struct Rig {
    tank: Tank,
}

/// What a request for an environment says, but for its name.
fn environment() -> Value {
    json!({
        "Name": "shop",
        "ExecutionRoleArn": "arn:aws:iam::000000000000:role/airflow",
        "SourceBucketArn": "arn:aws:s3:::dags-here",
        "DagS3Path": "dags",
        "NetworkConfiguration": { "SubnetIds": ["subnet-1a", "subnet-1b"], "SecurityGroupIds": ["sg-1"] },
        "AirflowConfigurationOptions": { "core.dags_are_paused_at_creation": "False" },
        "LoggingConfiguration": {
            "TaskLogs": { "Enabled": true, "LogLevel": "INFO" },
            "SchedulerLogs": { "Enabled": true, "LogLevel": "INFO" },
            "DagProcessingLogs": { "Enabled": true, "LogLevel": "INFO" },
        },
    })
}

impl Rig {
    fn new() -> Self {
        Self { tank: Tank::builder().build() }
    }

    /// The same, where there is an Airflow, with a bucket of DAGs.
    fn with_dags(dags: &[(&str, &str)]) -> Option<Self> {
        if let Err(missing) = airflow::find_airflow() {
            eprintln!("skipped: {missing}");
            return None;
        }
        let rig = Self::new();
        rig.s3(Command::CreateBucket { bucket: "dags-here".to_owned() });
        for (name, text) in dags {
            rig.upload(name, text);
        }
        Some(rig)
    }

    fn upload(&self, name: &str, text: &str) {
        self.s3(Command::PutObject {
            bucket: "dags-here".to_owned(),
            key: format!("dags/{name}"),
            body: text.to_owned().into(),
            content_type: "text/x-python".to_owned(),
        });
    }

    fn s3(&self, command: Command) {
        self.tank.s3(&Scope::default(), "", "PutObject", |s3, cx| s3.perform(cx, command.clone())).unwrap();
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, String> {
        let schema = &wavetank_wire::mwaa::SERVICE;
        let shape = schema.operation(operation).expect("an operation of MWAA");
        let mut said = from_json(shape.input, input.to_string().as_bytes()).expect("a document of its shape");
        // It travels in the path, which a document does not have.
        if let (Val::Struct(members), Some(name)) = (&mut said, input["Name"].as_str()) {
            members.insert(0, (0, Val::Str(name.to_owned())));
        }
        let show = |error: WireError| format!("{}: {}", error.code, error.message);
        validate(shape.input, &said).map_err(|failures| show(validation_error(schema, &failures)))?;
        let to = Address { service: ServiceId::Mwaa, scope: Scope::default() };
        let call = Call { to, access_key: String::new(), operation: shape.name, input: said };
        let output = self.tank.call(schema, call).await.map_err(show)?;
        Ok(serde_json::from_slice(&to_json(shape.output, &output)).unwrap_or_default())
    }

    async fn ask_of(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let door = Door::new(self.tank.clone(), Scope::default());
        let answer = door.call(service, operation, &input).await;
        answer.map_err(|error| format!("{}: {}", error.code, error.message))
    }

    async fn done(&self, operation: &str, input: Value) -> Value {
        self.ask(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn rest(&self, method: &str, path: &str, body: Value) -> Result<Value, String> {
        let mut input = json!({ "Name": "shop", "Method": method, "Path": path });
        if !body.is_null() {
            input["Body"] = body;
        }
        self.ask("InvokeRestApi", input).await.map(|answer| answer["RestApiResponse"].clone())
    }

    async fn get(&self, path: &str) -> Value {
        self.rest("GET", path, Value::Null).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn until(&self, at: &str) {
        let at = chrono::DateTime::parse_from_rfc3339(at).expect("a time");
        let at = Timestamp::from_secs(at.timestamp());
        self.tank.advance(at.since(self.tank.now())).await;
    }

    async fn create(&self) {
        self.done("CreateEnvironment", environment()).await;
        self.tank.advance(Duration::from_secs(6)).await;
        let shown = self.done("GetEnvironment", json!({ "Name": "shop" })).await;
        assert_eq!(shown["Environment"]["Status"], "AVAILABLE", "{shown}");
    }

    /// Runs of a DAG, each as `id state start`.
    async fn runs(&self, dag: &str) -> Vec<String> {
        let found = self.get(&format!("/dags/{dag}/dagRuns")).await;
        let text = |run: &Value, name: &str| run[name].as_str().unwrap_or("-").to_owned();
        let runs = found["dag_runs"].as_array().cloned().unwrap_or_default();
        let show = |run: &Value| {
            format!("{} {} {}", text(run, "dag_run_id"), text(run, "state"), text(run, "start_date"))
        };
        runs.iter().map(show).collect()
    }

    async fn log(&self, kind: &str) -> Vec<String> {
        let input = json!({ "logGroupName": format!("airflow-shop-{kind}") });
        let found = self.ask_of("logs", "FilterLogEvents", input).await.unwrap_or_default();
        let events = found["events"].as_array().cloned().unwrap_or_default();
        events.iter().map(|event| event["message"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
