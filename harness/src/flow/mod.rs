//! What flowed where: the resources of a run's stack as a graph with counts on its edges, and what happened when.
//!
//! Everything is asked of the public API when the run has come to its end: the stack's resources, how each is configured, what
//! CloudWatch counted, what lies in the buckets, which runs there were. Nothing here knows a scenario by its name. A number says
//! where it comes from; what nobody has counted stays uncounted. Asked only where somebody wants to see it ([`look`]).
//!
//! `stack.rs` lists resources, `links.rs` says which leads to which, `zones.rs` divides buckets into places, `ledger.rs` adds the
//! producer, the places of the ledger and the answers, `times.rs` what happened when, `ages.rs` how long records took.
//! Left out: resources that are in no stack, and policies.

pub(crate) mod ages;
mod ledger;
mod links;
mod metrics;
mod stack;
mod times;
mod zones;

use wavetank_scenarios::{Outputs, Scenario};
use wavetank_types::Timestamp;

pub use ages::{Ages, Spread};

use crate::client::Aws;
use crate::report::Report;
use crate::sim::swarm::Swarm;
use metrics::Meters;
use stack::Stack;

/// The pipeline as it was used.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// When the run began, and when it was looked at.
    pub begin: Timestamp,
    /// See `begin`.
    pub end: Timestamp,
    /// What there is.
    pub nodes: Vec<Node>,
    /// What leads to what.
    pub edges: Vec<Edge>,
    /// What happened when.
    pub lanes: Vec<Lane>,
    /// How far behind readers were.
    pub lags: Vec<Lag>,
    /// The objects of each place, by size.
    pub files: Vec<Files>,
    /// Resources of the stack that take no part in the picture: nothing leads to them.
    pub apart: Vec<String>,
    /// What could not be asked, and why.
    pub unknown: Vec<String>,
}

/// What kind of thing a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Who makes the traffic.
    Producer,
    /// Objects of a bucket below one prefix, or below several that are used alike.
    Objects,
    /// A Kinesis data stream.
    Stream,
    /// A Firehose delivery stream.
    Delivery,
    /// A Lambda function.
    Function,
    /// A DynamoDB table.
    Table,
    /// An SQS queue.
    Queue,
    /// An SNS topic.
    Topic,
    /// A Glue job.
    Job,
    /// A Glue crawler.
    Crawler,
    /// A Glue trigger.
    Trigger,
    /// A Glue database.
    Catalog,
    /// An Athena work group.
    Athena,
    /// A schedule of EventBridge Scheduler.
    Schedule,
    /// An EventBridge rule.
    Rule,
    /// An RDS instance or cluster.
    Database,
    /// An Airflow environment.
    Airflow,
    /// A log group of CloudWatch Logs.
    Log,
    /// What the scenario's queries were answered.
    Answers,
}

/// One thing.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its name on AWS; of objects, the bucket.
    pub name: String,
    /// Of objects: their prefixes.
    pub prefixes: Vec<String>,
    /// What was counted of it.
    pub counts: Vec<Count>,
    /// Checks that fail of it, by name.
    pub failed: Vec<String>,
}

/// One way from a thing to another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// From which node.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// What went that way, the most telling first. Empty if nobody has counted.
    pub counts: Vec<Count>,
    /// Whether it was seen that something went that way. What a reader is told of may lie there unread.
    pub is_seen: bool,
    /// Checks that fail of it, by name.
    pub failed: Vec<String>,
}

/// How much of what, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How much.
    pub number: u64,
    /// Of what.
    pub unit: Unit,
    /// Who says so: `ledger`, `S3 listing`, `CloudWatch AWS/Kinesis IncomingRecords`.
    pub source: String,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Rows of a file that was sent.
    RowsSent,
    /// Records that were sent.
    RecordsSent,
    /// Rows or records at the place where they should be.
    Delivered,
    /// Refused ones.
    Rejected,
    /// Given up, in a dead-letter queue.
    DeadLettered,
    /// On their way.
    InFlight,
    /// Passing by.
    Passed,
    /// Records, as a service counts them.
    Records,
    /// Objects.
    Objects,
    /// Bytes.
    Bytes,
    /// A function's runs.
    Invocations,
    /// Runs that failed.
    Errors,
    /// A job's runs.
    Runs,
    /// Crawls.
    Crawls,
    /// Tables.
    Tables,
    /// Messages.
    Messages,
    /// Requests that wrote.
    Writes,
    /// Queries.
    Queries,
    /// Queries that were answered right.
    RightAnswers,
}

/// What happened at one place or of one kind, on the axis of time.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Of what.
    pub kind: LaneKind,
    /// Whose.
    pub name: String,
    /// When.
    pub spans: Vec<Span>,
    /// How many of them failed.
    pub failed: u64,
}

/// Of what a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// The stack was made.
    Deploy,
    /// The input arrived.
    Input,
    /// A fault was in force.
    Fault,
    /// A function ran.
    Function,
    /// A delivery stream stored objects.
    Delivery,
    /// A job ran.
    Job,
    /// A crawler ran.
    Crawler,
    /// Queries ran.
    Queries,
}

/// One happening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// From.
    pub from: Timestamp,
    /// Until; the same instant if it has no length.
    pub until: Timestamp,
    /// Whether it failed.
    pub is_failed: bool,
    /// What is to be known of it; empty if nothing. Of a fault: how often it was met, with a `+` where that is the number of all of
    /// its kind at the same service.
    pub note: String,
}

/// How far behind a reader was, as time went by.
#[derive(Clone, Debug)]
pub struct Lag {
    /// Whose.
    pub name: String,
    /// The metric.
    pub metric: &'static str,
    /// The longest of each period, in milliseconds.
    pub points: Vec<(Timestamp, f64)>,
    /// Seconds of a period.
    pub period_secs: i64,
}

/// The objects of one place.
#[derive(Clone, Debug)]
pub struct Files {
    /// `bucket/prefix`.
    pub place: String,
    /// Bytes of each, from small to large.
    pub sizes: Vec<u64>,
}

/// What the run itself knows of its time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The stack's name.
    pub(crate) stack: String,
    /// When it began.
    pub(crate) begin: Timestamp,
    /// When the input began to arrive, and had arrived.
    pub(crate) sent: (Timestamp, Timestamp),
    /// Drawn faults, and the time that their windows are shares of.
    pub(crate) swarm: Option<(Swarm, std::time::Duration)>,
    /// When the last step was done and faults were lifted.
    pub(crate) lifted: Timestamp,
    /// The scenario's own faults: how often each was met.
    pub(crate) own_faults: Vec<u64>,
}

/// Asks everything. What cannot be asked is told in [`Flow::unknown`].
pub(crate) async fn look(
    aws: Aws<'_>,
    scenario: &Scenario,
    outputs: &Outputs,
    known: &Known,
    report: &Report,
) -> Flow {
    let end = aws.target().now();
    let meters = Meters { aws, since: known.begin, until: end };
    let mut stack = Stack::read(aws, &known.stack).await;
    let runs = times::runs(aws, &mut stack).await;
    let mut draft = links::links(meters, &mut stack).await;
    ledger::places(&mut draft, &mut stack, scenario, outputs);
    let mut graph = zones::resolve(aws, draft, &mut stack, &runs).await;
    ledger::count(meters, &mut graph, &stack, scenario, outputs, report).await;
    let files = std::mem::take(&mut graph.files);
    let lanes = times::lanes(meters, &mut stack, &graph, scenario, known, report, &runs).await;
    let lags = times::lags(meters, &stack).await;
    let (nodes, edges, apart) = graph.finish();
    Flow { begin: known.begin, end, nodes, edges, lanes, lags, files, apart, unknown: stack.unknown }
}

impl Count {
    /// So many of this, as `source` says.
    pub(crate) fn new(number: u64, unit: Unit, source: impl Into<String>) -> Self {
        Self { number, unit, source: source.into() }
    }
}
