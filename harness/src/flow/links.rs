//! Which resource leads to which, as each is configured: sources, destinations, targets, variables, arguments.
//!
//! A variable or argument that means a place in S3 does not say whether it is read or written: that is a [`Touch`], and what was
//! written while its owner ran decides (`zones.rs`). Left out: what a function's code reaches without being told of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wavetank_types::names::split_s3_uri;
use wavetank_wire::lambda::{GetFunctionEventInvokeConfig, GetFunctionEventInvokeConfigInput};

use super::metrics::Meters;
use super::stack::{self, Stack, text, texts};
use super::{Count, Kind, Unit};

/// One end of a link: a resource by its place in the stack, or a place in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Node(usize),
    Place(String, String),
}

/// One thing leads to another.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) from: End,
    pub(super) to: End,
    /// Whether the first starts the second.
    pub(super) is_trigger: bool,
    pub(super) counts: Vec<Count>,
}

/// A function or job was told of a place in a bucket.
#[derive(Clone, Debug)]
pub(super) struct Touch {
    pub(super) node: usize,
    pub(super) bucket: String,
    pub(super) prefix: String,
}

/// What is known before buckets are divided.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) links: Vec<Link>,
    pub(super) touches: Vec<Touch>,
    /// Of each bucket, the prefixes that something names.
    pub(super) prefixes: BTreeMap<String, BTreeSet<String>>,
    /// Places of programs, which are no data.
    pub(super) code: BTreeSet<(String, String)>,
    /// What came to each resource, whoever sent it.
    pub(super) arrived: BTreeMap<usize, Count>,
    /// Where the producer puts what it sends.
    pub(super) sent_to: Vec<End>,
    /// Other counts of each resource.
    pub(super) counts: BTreeMap<usize, Vec<Count>>,
}

impl Draft {
    pub(super) fn link(&mut self, from: End, to: End, is_trigger: bool, counts: Vec<Count>) {
        for end in [&from, &to] {
            if let End::Place(bucket, prefix) = end {
                self.prefixes.entry(bucket.clone()).or_default().insert(prefix.clone());
            }
        }
        let same = self.links.iter_mut().find(|link| link.from == from && link.to == to);
        match same {
            Some(link) => {
                link.is_trigger |= is_trigger;
                link.counts.extend(counts);
            }
            None => self.links.push(Link { from, to, is_trigger, counts }),
        }
    }

    fn trigger(&mut self, from: usize, to: Option<usize>) {
        if let Some(to) = to.filter(|to| *to != from) {
            self.link(End::Node(from), End::Node(to), true, Vec::new());
        }
    }
}

/// The folder of an object or prefix: up to the last slash, and nothing that is decided by a record.
pub(super) fn folder(key: &str) -> String {
    let fixed = key.split("!{").next().unwrap_or_default();
    fixed.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

/// `s3://bucket/prefix` or a bucket's ARN, of one of the stack's buckets.
fn place(stack: &Stack, said: &str) -> Option<(String, String)> {
    let (bucket, key) = match said.strip_prefix("arn:aws:s3:::") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => split_s3_uri(said)?,
    };
    stack.has_bucket(bucket).then(|| (bucket.to_owned(), folder(key)))
}

/// Every link that the configuration tells, with what CloudWatch counted.
pub(super) async fn links(meters: Meters<'_>, stack: &mut Stack) -> Draft {
    let mut draft = Draft::default();
    for at in 0..stack.resources.len() {
        let about = stack.resources[at].about.clone();
        match stack.resources[at].kind {
            Kind::Delivery => delivery(meters, stack, &mut draft, at, &about).await,
            Kind::Function => function(meters, stack, &mut draft, at, &about).await,
            Kind::Job => job(meters, stack, &mut draft, at, &about).await,
            Kind::Crawler => crawler(stack, &mut draft, at, &about),
            Kind::Trigger => glue_trigger(stack, &mut draft, at, &about),
            Kind::Schedule => schedule(stack, &mut draft, at, &about["Target"]),
            Kind::Rule => rule(meters, stack, &mut draft, at, &about).await,
            Kind::Topic => texts(&about["Subscriptions"], &mut |said| {
                draft.trigger(at, stack.meant(said).filter(|_| said.starts_with("arn:")));
            }),
            Kind::Queue => redrive(stack, &mut draft, at, &about),
            Kind::Athena => queries(meters, stack, &mut draft, at).await,
            _ => {}
        }
        arrived(meters, stack, &mut draft, at).await;
    }
    for mapping in std::mem::take(&mut stack.mappings) {
        let function = stack.meant(text(&mapping, "FunctionArn"));
        let source = stack.meant(text(&mapping, "EventSourceArn"));
        if let (Some(source), Some(function)) = (source, function) {
            draft.trigger(source, Some(function));
            texts(&mapping["DestinationConfig"], &mut |said| draft.trigger(function, stack.meant(said)));
        }
    }
    notifications(meters, stack, &mut draft).await;
    draft
}

/// What came to a resource, as CloudWatch counts it.
async fn arrived(meters: Meters<'_>, stack: &Stack, draft: &mut Draft, at: usize) {
    let resource = &stack.resources[at];
    let name = resource.name.as_str();
    let count = match resource.kind {
        Kind::Stream => {
            meters.sum(("AWS/Kinesis", "IncomingRecords", &[("StreamName", name)]), Unit::Records).await
        }
        Kind::Function => {
            let of = [("FunctionName", name)];
            let errors = meters.sum(("AWS/Lambda", "Errors", &of), Unit::Errors).await;
            draft.counts.entry(at).or_default().extend(errors);
            meters.sum(("AWS/Lambda", "Invocations", &of), Unit::Invocations).await
        }
        Kind::Delivery => {
            let of = [("DeliveryStreamName", name)];
            let read = meters.sum(("AWS/Firehose", "DataReadFromKinesisStream.Records", &of), Unit::Records);
            match read.await {
                Some(read) => Some(read),
                None => meters.sum(("AWS/Firehose", "IncomingRecords", &of), Unit::Records).await,
            }
        }
        Kind::Queue => {
            meters.sum(("AWS/SQS", "NumberOfMessagesSent", &[("QueueName", name)]), Unit::Messages).await
        }
        Kind::Topic => {
            meters.sum(("AWS/SNS", "NumberOfMessagesPublished", &[("TopicName", name)]), Unit::Messages).await
        }
        Kind::Table => {
            let mut writes = 0;
            for operation in ["BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"] {
                let of = [("TableName", name), ("Operation", operation)];
                writes += meters.samples(("AWS/DynamoDB", "SuccessfulRequestLatency", &of)).await;
            }
            let source = "CloudWatch AWS/DynamoDB SuccessfulRequestLatency (SampleCount)";
            (writes > 0).then(|| Count::new(writes, Unit::Writes, source))
        }
        _ => None,
    };
    if let Some(count) = count {
        draft.arrived.insert(at, count);
    }
}

async fn delivery(meters: Meters<'_>, stack: &Stack, draft: &mut Draft, at: usize, about: &Value) {
    let source = text(&about["Source"]["KinesisStreamSourceDescription"], "KinesisStreamARN");
    if let Some(source) = stack.meant(source) {
        draft.link(End::Node(source), End::Node(at), false, Vec::new());
    }
    let name = stack.resources[at].name.clone();
    let of = [("DeliveryStreamName", name.as_str())];
    for destination in about["Destinations"].as_array().into_iter().flatten() {
        let extended = &destination["ExtendedS3DestinationDescription"];
        let s3 = if extended.is_object() { extended } else { &destination["S3DestinationDescription"] };
        let Some((bucket, _)) = place(stack, text(s3, "BucketARN")) else { continue };
        let to = |prefix: &str| End::Place(bucket.clone(), folder(prefix));
        let metric = ("AWS/Firehose", "DeliveryToS3.Records", &of[..]);
        let counts = meters.sum(metric, Unit::Records).await.into_iter().collect();
        draft.link(End::Node(at), to(text(s3, "Prefix")), false, counts);
        if !text(s3, "ErrorOutputPrefix").is_empty() {
            draft.link(End::Node(at), to(text(s3, "ErrorOutputPrefix")), false, Vec::new());
        }
        let mut processors = Vec::new();
        texts(&s3["ProcessingConfiguration"], &mut |said| processors.extend(stack.meant(said)));
        for function in processors {
            let metric = ("AWS/Firehose", "SucceedProcessing.Records", &of[..]);
            let counts = meters.sum(metric, Unit::Records).await.into_iter().collect();
            draft.link(End::Node(at), End::Node(function), true, counts);
        }
    }
}

async fn function(meters: Meters<'_>, stack: &Stack, draft: &mut Draft, at: usize, about: &Value) {
    let name = stack.resources[at].name.as_str();
    texts(&about["Environment"]["Variables"], &mut |said| told(stack, draft, at, said));
    let input = GetFunctionEventInvokeConfigInput { function_name: name.to_owned(), ..Default::default() };
    // Most functions have none, and are answered that there is none.
    let config = stack::told::<GetFunctionEventInvokeConfig>(meters.aws, input).await;
    texts(&config.unwrap_or_default()["DestinationConfig"], &mut |said| draft.trigger(at, stack.meant(said)));
}

/// A function or job was told of something.
fn told(stack: &Stack, draft: &mut Draft, at: usize, said: &str) {
    if let Some((bucket, prefix)) = place(stack, said) {
        draft.prefixes.entry(bucket.clone()).or_default().insert(prefix.clone());
        draft.touches.push(Touch { node: at, bucket, prefix });
        return;
    }
    let Some(other) = stack.meant_by(at, said) else { return };
    match stack.resources[other].kind {
        // What calls whom is told by the called one's kind.
        Kind::Job | Kind::Function | Kind::Crawler => draft.trigger(at, Some(other)),
        Kind::Table | Kind::Stream | Kind::Delivery | Kind::Queue | Kind::Topic => {
            draft.link(End::Node(at), End::Node(other), false, Vec::new());
        }
        Kind::Database => draft.link(End::Node(other), End::Node(at), false, Vec::new()),
        _ => {}
    }
}

async fn job(meters: Meters<'_>, stack: &mut Stack, draft: &mut Draft, at: usize, about: &Value) {
    if let Some(script) = place(stack, text(&about["Command"], "ScriptLocation")) {
        draft.code.insert(script);
    }
    texts(&about["DefaultArguments"], &mut |said| told(stack, draft, at, said));
    let asked = json!({ "JobName": stack.resources[at].name });
    let runs = stack.ask(meters.aws, "glue", "GetJobRuns", &asked).await;
    let runs = runs["JobRuns"].as_array().cloned().unwrap_or_default();
    for run in &runs {
        texts(&run["Arguments"], &mut |said| told(stack, draft, at, said));
    }
    let failed =
        runs.iter().filter(|run| !matches!(text(run, "JobRunState"), "SUCCEEDED" | "RUNNING")).count();
    if !runs.is_empty() {
        draft.arrived.insert(at, Count::new(runs.len() as u64, Unit::Runs, "Glue GetJobRuns"));
    }
    if failed > 0 {
        draft.counts.entry(at).or_default().push(Count::new(failed as u64, Unit::Errors, "Glue GetJobRuns"));
    }
}

fn crawler(stack: &Stack, draft: &mut Draft, at: usize, about: &Value) {
    let mut sources = Vec::new();
    texts(&about["Targets"], &mut |said| sources.push(said));
    for said in sources {
        let with_slash = format!("{}/", said.trim_end_matches('/'));
        if let Some((bucket, prefix)) = place(stack, &with_slash) {
            draft.link(End::Place(bucket, prefix), End::Node(at), false, Vec::new());
        } else if let Some(table) = stack.named(Kind::Table, said) {
            draft.link(End::Node(table), End::Node(at), false, Vec::new());
        }
    }
    if let Some(database) = stack.named(Kind::Catalog, text(about, "DatabaseName")) {
        draft.link(End::Node(at), End::Node(database), false, Vec::new());
    }
}

fn glue_trigger(stack: &Stack, draft: &mut Draft, at: usize, about: &Value) {
    for action in about["Actions"].as_array().into_iter().flatten() {
        draft.trigger(at, stack.named(Kind::Job, text(action, "JobName")));
        draft.trigger(at, stack.named(Kind::Crawler, text(action, "CrawlerName")));
    }
    for condition in about["Predicate"]["Conditions"].as_array().into_iter().flatten() {
        let job = stack.named(Kind::Job, text(condition, "JobName"));
        let from = job.or_else(|| stack.named(Kind::Crawler, text(condition, "CrawlerName")));
        if let Some(from) = from {
            draft.trigger(from, Some(at));
        }
    }
}

/// A schedule's target: what its ARN means, or what its input names for a call of any service.
fn schedule(stack: &Stack, draft: &mut Draft, at: usize, target: &Value) {
    if let Some(to) = stack.meant(text(target, "Arn")) {
        return draft.trigger(at, Some(to));
    }
    let input: Value = serde_json::from_str(text(target, "Input")).unwrap_or_default();
    let kind = match text(target, "Arn") {
        arn if arn.ends_with("glue:startJobRun") => Kind::Job,
        arn if arn.ends_with("glue:startCrawler") => Kind::Crawler,
        _ => {
            return texts(&input, &mut |said| draft.trigger(at, stack.meant(said)));
        }
    };
    texts(&input, &mut |said| draft.trigger(at, stack.named(kind, said)));
}

async fn rule(meters: Meters<'_>, stack: &mut Stack, draft: &mut Draft, at: usize, about: &Value) {
    let name = stack.resources[at].name.clone();
    let mut asked = json!({ "Rule": name });
    let bus = text(about, "EventBusName");
    if !bus.is_empty() {
        asked["EventBusName"] = json!(bus);
    }
    let answer = stack.ask(meters.aws, "events", "ListTargetsByRule", &asked).await;
    for target in answer["Targets"].as_array().into_iter().flatten() {
        if let Some(to) = stack.meant(text(target, "Arn")) {
            let of = [("RuleName", name.as_str())];
            let count = meters.sum(("AWS/Events", "Invocations", &of), Unit::Messages).await;
            draft.link(End::Node(at), End::Node(to), true, count.into_iter().collect());
        }
    }
    let pattern: Value = serde_json::from_str(text(about, "EventPattern")).unwrap_or_default();
    let of = [("RuleName", name.as_str())];
    let matched = meters.sum(("AWS/Events", "MatchedEvents", &of), Unit::Messages).await;
    let mut sources = Vec::new();
    texts(&pattern, &mut |said| {
        if stack.has_bucket(said) {
            sources.push(End::Place(said.to_owned(), String::new()));
        } else if let Some(source) = stack.meant(said).filter(|source| *source != at) {
            sources.push(End::Node(source));
        }
    });
    for source in sources {
        draft.link(source, End::Node(at), true, matched.clone().into_iter().collect());
    }
}

fn redrive(stack: &Stack, draft: &mut Draft, at: usize, about: &Value) {
    let policy: Value = serde_json::from_str(text(about, "RedrivePolicy")).unwrap_or_default();
    if let Some(letters) = stack.meant(text(&policy, "deadLetterTargetArn")) {
        draft.link(End::Node(at), End::Node(letters), false, Vec::new());
    }
}

/// Which databases a work group's queries asked, and how often.
async fn queries(meters: Meters<'_>, stack: &mut Stack, draft: &mut Draft, at: usize) {
    let executions = super::times::executions(meters.aws, stack, at).await;
    let mut asked: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for execution in &executions {
        let database = text(&execution["QueryExecutionContext"], "Database");
        if let Some(database) = stack.named(Kind::Catalog, database) {
            let sums = asked.entry(database).or_default();
            sums.0 += 1;
            sums.1 += execution["Statistics"]["DataScannedInBytes"].as_u64().unwrap_or(0);
        }
    }
    for (database, (count, bytes)) in asked {
        let source = "Athena ListQueryExecutions";
        let counts = vec![Count::new(count, Unit::Queries, source), Count::new(bytes, Unit::Bytes, source)];
        draft.link(End::Node(database), End::Node(at), false, counts);
    }
}

/// What buckets tell of new objects.
async fn notifications(meters: Meters<'_>, stack: &mut Stack, draft: &mut Draft) {
    let client = meters.aws.target().s3(meters.aws.region());
    for bucket in stack.buckets.clone() {
        let answer = client.get_bucket_notification_configuration().bucket(&bucket).send().await;
        let Ok(found) = answer else {
            stack.unknown.push(format!("s3 GetBucketNotificationConfiguration: {bucket}"));
            continue;
        };
        let functions =
            found.lambda_function_configurations().iter().map(|it| (it.lambda_function_arn(), it.filter()));
        let queues = found.queue_configurations().iter().map(|it| (it.queue_arn(), it.filter()));
        let topics = found.topic_configurations().iter().map(|it| (it.topic_arn(), it.filter()));
        for (arn, filter) in functions.chain(queues).chain(topics) {
            let rules =
                filter.and_then(|filter| filter.key()).map(|key| key.filter_rules()).unwrap_or_default();
            let prefix = rules
                .iter()
                .find(|rule| rule.name().is_some_and(|name| name.as_str().eq_ignore_ascii_case("prefix")));
            let prefix = folder(prefix.and_then(|rule| rule.value()).unwrap_or_default());
            if let Some(to) = stack.meant(arn) {
                draft.link(End::Place(bucket.clone(), prefix), End::Node(to), true, Vec::new());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_what_no_record_decides() {
        let check = |key: &str, expected: &str| assert_eq!(folder(key), expected, "{key}");
        check("data/raw/", "data/raw/");
        check("data/raw/part-1.csv", "data/raw/");
        check("clicks/!{timestamp:yyyy}/x/", "clicks/");
        check("file.csv", "");
        check("", "");
    }
}
