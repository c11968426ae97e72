//! What happened in a tank, in one account: calls by service, records that were taken, what waits in queues, what is blocked or
//! given up, errors by name. What `wavetank exec` tells at its end.
//!
//! Calls come from the gateway, records from CloudWatch's own metrics, queues from SQS: what a person could ask too. What became of
//! each record is told by the test API's ledger, of places that somebody names ([`Fates`]).

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use wavetank_types::Anomaly;
use wavetank_types::ledger::Examples;
use wavetank_wire::schema::Service;
use wavetank_wire::{cloudwatch, dynamodb, sqs};

use crate::client::Aws;
use crate::tank::Conserved;
use crate::target::{Embedded, Target as _};

/// Metrics that count records, with the dimension that names what took them.
const RECORDS: [(&str, &str, &str); 4] = [
    ("AWS/Kinesis", "IncomingRecords", "StreamName"),
    ("AWS/Firehose", "IncomingRecords", "DeliveryStreamName"),
    ("AWS/SQS", "NumberOfMessagesSent", "QueueName"),
    ("AWS/Lambda", "Invocations", "FunctionName"),
];

/// One service's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// How many there have been.
    pub calls: u64,
    /// By operation.
    pub operations: BTreeMap<String, u64>,
    /// Those that were refused, as `Operation Code`.
    pub errors: BTreeMap<String, u64>,
}

/// Everything, in one account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Account {
    /// The tank's seed.
    pub seed: u64,
    /// Tank time.
    pub now: String,
    /// By service.
    pub calls: BTreeMap<String, Calls>,
    /// Records that were taken, by `AWS/Kinesis orders`; of a function: how often it ran.
    pub records: BTreeMap<String, u64>,
    /// Objects and bytes, by bucket.
    pub buckets: BTreeMap<String, (u64, u64)>,
    /// Items, by DynamoDB table.
    pub items: BTreeMap<String, u64>,
    /// Messages that wait or are being worked on, by queue; empty queues are left out.
    pub queued: BTreeMap<String, u64>,
    /// Records that keep those behind them waiting, as the control API tells them.
    pub blocked: Vec<Value>,
    /// Records that were given up and reached no destination.
    pub undelivered: Vec<Value>,
    /// What became of every record, where places were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Fates>,
}

/// A ledger's sums, and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fates {
    /// Whether every record is accounted for, once.
    pub is_conserved: bool,
    /// How many were sent.
    pub sent: u64,
    /// How many were delivered, repeats not counted.
    pub delivered: u64,
    /// How many were refused.
    pub rejected: u64,
    /// How many were given up and kept.
    pub dead_lettered: u64,
    /// What is wrong, by name.
    pub anomalies: BTreeMap<String, u64>,
    /// The same in words, with the first examples and the likely cause.
    pub text: String,
}

impl Fates {
    /// Of a ledger that is closed.
    pub fn of(conserved: &Conserved) -> Self {
        let balance = conserved.balance();
        let anomaly = |(anomaly, examples): (&Anomaly, &Examples)| (anomaly.to_string(), examples.count);
        Self {
            is_conserved: conserved.is_conserved(),
            sent: balance.generated,
            delivered: balance.delivered,
            rejected: balance.rejected.values().sum(),
            dead_lettered: balance.dlq,
            anomalies: balance.anomalies.iter().map(anomaly).collect(),
            text: conserved.to_string(),
        }
    }
}

impl Account {
    /// Asks the tank, in the region of its own clients.
    pub async fn of(target: &Embedded, region: &str) -> Self {
        let mut account = Self { seed: target.tank().seed().0, ..Self::default() };
        // First, so that the questions below are not counted.
        for ((service, operation), tally) in target.gateway().tallies() {
            let calls = account.calls.entry(service.to_owned()).or_default();
            calls.calls += tally.calls;
            for (code, count) in tally.errors {
                *calls.errors.entry(format!("{operation} {code}")).or_default() += count;
            }
            *calls.operations.entry(operation).or_default() += tally.calls;
        }
        let aws = Aws::new(target, region);
        account.take_status(target).await;
        for (namespace, metric, dimension) in RECORDS {
            account.take_records(aws, namespace, metric, dimension).await;
        }
        account.take_tables(aws).await;
        account.take_queues(aws).await;
        account
    }

    async fn take_status(&mut self, target: &Embedded) {
        let request = http::Request::builder().uri("/_wavetank/status");
        let Ok(request) = request.body(Bytes::new()) else { return };
        let status: Value = serde_json::from_slice(target.http(request).await.body()).unwrap_or_default();
        self.now = status["now"].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| status[name].as_array().cloned().unwrap_or_default();
        (self.blocked, self.undelivered) = (list("blocked"), list("undelivered"));
        for bucket in list("buckets") {
            let number = |name: &str| bucket[name].as_u64().unwrap_or_default();
            let name = bucket["name"].as_str().unwrap_or_default().to_owned();
            self.buckets.insert(name, (number("objects"), number("bytes")));
        }
    }

    async fn take_records(&mut self, aws: Aws<'_>, namespace: &str, metric: &str, dimension: &str) {
        let asked = json!({ "Namespace": namespace, "MetricName": metric });
        let listed = ask(aws, &cloudwatch::SERVICE, "ListMetrics", &asked).await;
        for found in listed["Metrics"].as_array().into_iter().flatten() {
            let [only] = found["Dimensions"].as_array().map_or(&[][..], Vec::as_slice) else { continue };
            if only["Name"] != dimension {
                continue;
            }
            let now = aws.target().now();
            let asked = json!({
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [only],
                "StartTime": (now - DAYS_MAX).secs(),
                "EndTime": now.secs() + 60,
                "Period": 86_400,
                "Statistics": ["Sum"],
            });
            let answer = ask(aws, &cloudwatch::SERVICE, "GetMetricStatistics", &asked).await;
            let points = answer["Datapoints"].as_array().into_iter().flatten();
            let sum: f64 = points.filter_map(|point| point["Sum"].as_f64()).sum();
            let name = format!("{namespace} {}", only["Value"].as_str().unwrap_or_default());
            self.records.insert(name, sum as u64);
        }
    }

    async fn take_tables(&mut self, aws: Aws<'_>) {
        let listed = ask(aws, &dynamodb::SERVICE, "ListTables", &json!({})).await;
        for table in listed["TableNames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let (mut asked, mut count) = (json!({ "TableName": table, "Select": "COUNT" }), 0);
            loop {
                let page = ask(aws, &dynamodb::SERVICE, "Scan", &asked).await;
                count += page["Count"].as_u64().unwrap_or_default();
                match &page["LastEvaluatedKey"] {
                    Value::Object(key) => asked["ExclusiveStartKey"] = Value::Object(key.clone()),
                    _ => break,
                }
            }
            self.items.insert(table.to_owned(), count);
        }
    }

    async fn take_queues(&mut self, aws: Aws<'_>) {
        let listed = ask(aws, &sqs::SERVICE, "ListQueues", &json!({})).await;
        for url in listed["QueueUrls"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
            let answer = ask(aws, &sqs::SERVICE, "GetQueueAttributes", &asked).await;
            let number = |name: &str| {
                answer["Attributes"][name].as_str().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
            };
            let waiting = number("ApproximateNumberOfMessages")
                + number("ApproximateNumberOfMessagesNotVisible")
                + number("ApproximateNumberOfMessagesDelayed");
            if waiting > 0 {
                let name = url.rsplit('/').next().unwrap_or(url);
                self.queued.insert(name.to_owned(), waiting);
            }
        }
    }
}

/// How far back the metrics are asked for: a month.
const DAYS_MAX: std::time::Duration = std::time::Duration::from_secs(31 * 86_400);

/// An answer, or null: what cannot be asked is not told.
async fn ask(aws: Aws<'_>, service: &'static Service, operation: &str, input: &Value) -> Value {
    aws.json(service, operation, input).await.unwrap_or_default()
}

/// `1 object`, `2 objects`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u64 = self.calls.values().map(|calls| calls.calls).sum();
        writeln!(f, "tank: {total} calls, seed {}, tank time {}", self.seed, self.now)?;
        for (service, calls) in &self.calls {
            let operations: Vec<String> =
                calls.operations.iter().map(|(name, count)| format!("{name} {count}")).collect();
            writeln!(f, "  {service:<16} {:>7}  {}", calls.calls, operations.join(", "))?;
            for (error, count) in &calls.errors {
                writeln!(f, "  {:<16} {count:>7}  refused: {error}", "")?;
            }
        }
        for (name, count) in &self.records {
            let what = if name.starts_with("AWS/Lambda") { "run" } else { "record" };
            writeln!(f, "  {}: {name}", counted(*count, what))?;
        }
        for (name, (objects, bytes)) in &self.buckets {
            writeln!(f, "  {}, {bytes} bytes: s3://{name}/", counted(*objects, "object"))?;
        }
        for (name, count) in &self.items {
            writeln!(f, "  {}: dynamodb:{name}", counted(*count, "item"))?;
        }
        for (name, count) in &self.queued {
            writeln!(f, "  {} in the queue: {name}", counted(*count, "message"))?;
        }
        let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
        for it in &self.blocked {
            let (consumer, place, cause) = (text(it, "consumer"), text(it, "place"), text(it, "cause"));
            writeln!(f, "  blocked: {consumer} at {place}: {cause}; {}", text(it, "remedy"))?;
        }
        for it in &self.undelivered {
            let (records, who, cause) = (&it["records"], text(it, "who"), text(it, "cause"));
            writeln!(f, "  given up: {records} records by {who}: {}; {cause}", text(it, "condition"))?;
        }
        if let Some(ledger) = &self.ledger {
            write!(f, "{}", ledger.text)?;
        }
        Ok(())
    }
}
