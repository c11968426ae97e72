//! A served tank in AWS's place, the real binary in its environment, and what the tank holds.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::Request;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wavetank::client::Aws;
use wavetank::target::{Endpoint, Pace, Target as _};
use wavetank::wire::SERVICES;

/// The account of a caller who says none.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The scenarios' region.
pub(crate) const REGION: &str = "ap-southeast-1";

/// Everything that a run may make: how it is listed, the list, and what each entry is called.
const LISTS: [(&str, &str, &str, &str); 18] = [
    ("athena", "ListWorkGroups", "WorkGroups", "Name"),
    ("cloudformation", "DescribeStacks", "Stacks", "StackName"),
    ("dynamodb", "ListTables", "TableNames", ""),
    ("events", "ListRules", "Rules", "Name"),
    ("firehose", "ListDeliveryStreams", "DeliveryStreamNames", ""),
    ("glue", "GetCrawlers", "Crawlers", "Name"),
    ("glue", "GetDatabases", "DatabaseList", "Name"),
    ("glue", "GetJobs", "Jobs", "Name"),
    ("iam", "ListRoles", "Roles", "RoleName"),
    ("kinesis", "ListStreams", "StreamNames", ""),
    ("lambda", "ListEventSourceMappings", "EventSourceMappings", "UUID"),
    ("lambda", "ListFunctions", "Functions", "FunctionName"),
    ("logs", "DescribeLogGroups", "logGroups", "logGroupName"),
    ("rds", "DescribeDBInstances", "DBInstances", "DBInstanceIdentifier"),
    ("scheduler", "ListSchedules", "Schedules", "Name"),
    ("secretsmanager", "ListSecrets", "SecretList", "Name"),
    ("sns", "ListTopics", "Topics", "TopicArn"),
    ("sqs", "ListQueues", "QueueUrls", ""),
];

/// How a program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Its data.
    pub(crate) out: String,
    /// The rest.
    pub(crate) err: String,
}

/// The tank, what asks it, and the folder that runs remember in. The tank ends with this.
pub(crate) struct Account {
    tank: Child,
    port: u16,
    runtime: Runtime,
    endpoint: Endpoint,
    state: tempfile::TempDir,
}

impl Account {
    pub(crate) fn start() -> Self {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_wavetank"));
        serve.args(["serve", "--port", "0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut tank = serve.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(tank.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim_end().rsplit(':').next().unwrap().parse().unwrap();
        let runtime = Runtime::new().unwrap();
        let endpoint = runtime.block_on(Endpoint::tank(port, Pace::Real)).unwrap();
        Self { tank, port, runtime, endpoint, state: tempfile::tempdir().unwrap() }
    }

    fn command(&self, args: &[&str], vars: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
        let inherited: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
        for name in inherited.iter().filter(|name| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .args(args)
            .stdin(Stdio::null())
            .env("HOME", self.state.path())
            .env("XDG_STATE_HOME", self.state.path())
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command.envs(vars.iter().copied());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn wavetank(&self, args: &[&str]) -> Ran {
        self.wavetank_with(args, &[])
    }

    /// The same with other variables.
    pub(crate) fn wavetank_with(&self, args: &[&str], vars: &[(&str, &str)]) -> Ran {
        let ran = self.command(args, vars).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: ran.status.code(), out: text(&ran.stdout), err: text(&ran.stderr) }
    }

    /// Starts the binary, to be stopped on its way.
    pub(crate) fn begin(&self, args: &[&str]) -> Running {
        let mut command = self.command(args, &[]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Running { child, err, heard: String::new() }
    }

    /// One call as JSON, in the scenarios' region.
    pub(crate) fn ask(&self, service: &str, operation: &str, input: &Value) -> Value {
        let service = SERVICES.iter().find(|it| it.name == service).copied().unwrap();
        let aws = Aws::new(&self.endpoint, REGION);
        self.runtime.block_on(aws.json(service, operation, input)).unwrap()
    }

    fn control(&self, method: &str, place: &str, body: &Value) -> Value {
        let request = Request::builder().method(method).uri(format!("/_wavetank/{place}"));
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let answer = self.runtime.block_on(self.endpoint.http(request));
        assert!(answer.status().is_success(), "{answer:?}");
        serde_json::from_slice(answer.body()).unwrap()
    }

    /// Lets calls of this operation wait longer than any test.
    pub(crate) fn delay(&self, service: &str, operation: &str) {
        let rule = json!({ "service": service, "operation": operation, "verdict": { "delay": "1000h" } });
        self.control("POST", "faults", &rule);
    }

    /// Takes all delays back.
    pub(crate) fn lift(&self) {
        self.control("DELETE", "faults", &Value::Null);
    }

    /// Stores an object in a bucket of one's own.
    pub(crate) fn put_object(&self, bucket: &str, key: &str, body: &'static str) {
        // Elsewhere a bucket's region has to be said.
        let client = self.endpoint.s3("us-east-1");
        self.runtime.block_on(async {
            client.create_bucket().bucket(bucket).send().await.unwrap();
            client
                .put_object()
                .bucket(bucket)
                .key(key)
                .body(body.as_bytes().to_vec().into())
                .send()
                .await
                .unwrap();
        });
    }

    /// Everything in the tank but what every account has.
    pub(crate) fn holds(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (service, operation, list, name) in LISTS {
            for entry in self.ask(service, operation, &json!({}))[list].as_array().into_iter().flatten() {
                let name = if name.is_empty() { entry } else { &entry[name] };
                let name = name.as_str().unwrap_or_default();
                let is_always_there =
                    (service, name) == ("athena", "primary") || (service, name) == ("glue", "default");
                if !is_always_there {
                    found.push(format!("{service} {name}"));
                }
            }
        }
        for bucket in self.control("GET", "status", &Value::Null)["buckets"].as_array().unwrap() {
            let (name, objects) = (bucket["name"].as_str().unwrap(), &bucket["objects"]);
            found.push(format!("bucket {name} with {objects} objects"));
        }
        found
    }

    /// Every call so far, as `service Operation`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let told = self.control("GET", "ledger", &Value::Null);
        let text = |call: &Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
        let calls = told["calls"].as_array().unwrap().iter();
        calls.map(|call| format!("{} {}", text(call, "service"), text(call, "operation"))).collect()
    }

    /// Sees that there was no call but such as look.
    #[track_caller]
    pub(crate) fn assert_only_asked(&self) {
        let looks = |call: &String| {
            let operation = call.split(' ').nth(1).unwrap_or_default();
            ["Get", "List", "Describe", "Head"].iter().any(|verb| operation.starts_with(verb))
                || operation.is_empty()
        };
        let made: Vec<String> = self.calls().into_iter().filter(|call| !looks(call)).collect();
        assert_eq!(made, Vec::<String>::new());
    }

    fn journal_folder(&self) -> PathBuf {
        self.state.path().join("wavetank/runs")
    }

    /// How many runs are remembered.
    pub(crate) fn journals(&self) -> usize {
        let Ok(entries) = fs::read_dir(self.journal_folder()) else { return 0 };
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".json")).count()
    }

    /// What happens when the machine of a run is gone.
    pub(crate) fn forget_journals(&self) {
        fs::remove_dir_all(self.journal_folder()).unwrap();
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.tank), Signal::TERM);
        let _ = self.tank.wait();
    }
}

/// A program under way.
pub(crate) struct Running {
    child: Child,
    err: BufReader<std::process::ChildStderr>,
    heard: String,
}

impl Running {
    /// Goes on when it has said this.
    pub(crate) fn after(mut self, word: &str) -> Self {
        loop {
            let mut line = String::new();
            let count = self.err.read_line(&mut line).unwrap();
            self.heard.push_str(&line);
            if line.contains(word) {
                return self;
            }
            assert!(count > 0, "it ended without `{word}`: {}", self.heard);
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(self) -> Self {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        self
    }

    /// What no program hears of.
    pub(crate) fn kill(mut self) -> Self {
        self.child.kill().unwrap();
        self
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        self.err.read_to_string(&mut self.heard).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        Ran { code: output.status.code(), out, err: self.heard }
    }
}

/// Whether the machine's Python has this module; says so if not.
pub(crate) fn python_has(module: &str) -> bool {
    let found = Command::new("python3").args(["-c", &format!("import {module}")]).output();
    let has = found.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("SKIPPED: python3 has no {module}; .ci/run installs what this test needs");
    }
    has
}
