//! Where a scenario's pipeline may fail, and by which kinds of faults: read off its template, as text.
//!
//! Each fault has a random stream of its own, so that a new place moves none of the others. `scenarios/src/known.rs` has the same
//! names, for `[[sim.exclude]]`. Left out: what only some pipelines survive, such as a lost answer between SNS and a queue.

use std::time::Duration;

use wavetank_scenarios::{Scenario, Step};

use super::kind::Kind;

/// A step that waits for a job waits twice as long at least as a slow one takes longer, or none is slow.
const JOB_WITHIN_MIN: Duration = Duration::from_secs(600);

/// Where something may go wrong: the service that calls, service, operation, kinds.
pub(super) type Place = (&'static str, &'static str, &'static str, &'static [Kind]);

const BATCH: &[Kind] =
    &[Kind::Throttle, Kind::Partial, Kind::ServerError, Kind::Slow, Kind::Lost, Kind::Duplicate];
/// S3's answers cannot be delayed.
const OBJECT: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::Lost, Kind::Duplicate];
/// Of calls that functions make: one that fails fails the function.
const INNER: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::Lost];
/// Of calls that nobody may find to have happened twice.
const REFUSED: &[Kind] = &[Kind::Throttle, Kind::ServerError];
/// Of calls that a service makes, and makes again until it succeeds.
const BETWEEN: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::Lost];
const READ: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::ExpiredIterator];
const RUN: &[Kind] = &[
    Kind::CrashBefore,
    Kind::CrashAfter,
    Kind::TimeoutBefore,
    Kind::TimeoutAfter,
    Kind::Redelivery,
    Kind::OutOfOrder,
];

/// What SNS delivers to: how a subscription says it, service, operation, kinds. Firehose's throttling makes SNS wait for minutes.
const DELIVERIES: [(&str, &str, &str, &[Kind]); 3] = [
    ("Protocol: sqs", "sqs", "SendMessage", REFUSED),
    ("Protocol: lambda", "lambda", "Invoke", REFUSED),
    ("Protocol: firehose", "firehose", "PutRecord", &[Kind::ServerError]),
];

/// Every place, in the order in which its rules are asked.
pub(super) fn places(scenario: &Scenario) -> Vec<Place> {
    let to = scenario.input.to.split(':').next().unwrap_or_default();
    let template = scenario.file(&scenario.template);
    let has = |kind: &str| template.contains(kind);
    let mut places: Vec<Place> = match to {
        "kinesis" => vec![("", "kinesis", "PutRecords", BATCH)],
        "firehose" => vec![("", "firehose", "PutRecordBatch", BATCH)],
        "dynamodb" => vec![("", "dynamodb", "BatchWriteItem", BATCH)],
        "sqs" => vec![("", "sqs", "SendMessageBatch", BATCH)],
        "s3" => vec![("", "s3", "PutObject", OBJECT)],
        _ => Vec::new(),
    };
    if has("AWS::Lambda::Function") {
        places.push(("", "", "", RUN));
        if has("AWS::DynamoDB::Table") {
            places.extend(["PutItem", "UpdateItem", "GetItem"].map(|name| ("", "dynamodb", name, INNER)));
            if to != "dynamodb" {
                places.push(("", "dynamodb", "BatchWriteItem", INNER));
            }
        }
        if scenario.steps.iter().any(|step| matches!(step, Step::Job { .. })) {
            places.push(("", "glue", "StartJobRun", REFUSED));
        }
    }
    if has("AWS::Lambda::EventSourceMapping") {
        places.push(("", "", "", &[Kind::Outage, Kind::Stall]));
    }
    for (caller, consumer) in
        [("lambda", "AWS::Lambda::EventSourceMapping"), ("firehose", "KinesisStreamSourceConfiguration")]
    {
        if has("AWS::Kinesis::Stream") && has(consumer) {
            places.push((caller, "kinesis", "GetRecords", READ));
        }
    }
    if has("StreamSpecification") {
        places.push(("lambda", "dynamodbstreams", "GetRecords", READ));
    }
    if has("AWS::KinesisFirehose::DeliveryStream") {
        places.push(("firehose", "s3", "PutObject", BETWEEN));
    }
    // Of a template that asks for no date, no clock changes a record.
    let is_dated = scenario.input.template.as_ref().is_some_and(|file| scenario.file(file).contains("date."));
    if is_dated || scenario.input.orders.is_some() {
        places.push(("", "", "", &[Kind::ClockAskew]));
    }
    places.push(("", "", "", &[Kind::Region]));
    // Glue itself tries a job's run again; of one more try one may be lost before, the next after its work.
    places.push(match retries(template) {
        0 => ("", "glue", "", &[]),
        1 => ("", "glue", "", &[Kind::JobBefore]),
        _ => ("", "glue", "", &[Kind::JobBefore, Kind::JobAfter]),
    });
    // Whoever starts a crawl or asks a query tries again. A crawl of a schedule's nobody starts again.
    if scenario.steps.iter().any(|step| matches!(step, Step::Crawl { .. })) {
        places.push(("", "glue", "", &[Kind::CrawlFails]));
    }
    if scenario.athena.is_some() {
        places.push(("", "athena", "", &[Kind::QueryFails, Kind::QuerySlow]));
    }
    let is_patient = |step: &Step| match step {
        Step::Job { within, .. } | Step::Run { within, .. } => *within >= JOB_WITHIN_MIN,
        _ => true,
    };
    if has("AWS::Glue::Job") && scenario.steps.iter().all(is_patient) {
        places.push(("", "glue", "", &[Kind::JobSlow]));
    }
    places.extend(later(scenario, to));
    places
}

/// Places that became known later. They stand behind the others, so that these meet what they always met.
fn later(scenario: &Scenario, to: &str) -> Vec<Place> {
    let template = scenario.file(&scenario.template).replace(['"', '\''], "");
    let has = |text: &str| template.contains(text);
    let may = |actions: &[&str]| functions_may(&template, actions);
    let mut places: Vec<Place> = Vec::new();
    if has("AWS::Lambda::Function") {
        if may(&["s3:GetObject", "s3:Get*", "s3:*"]) {
            places.push(("", "s3", "GetObject", REFUSED));
        }
        let puts = may(&["s3:PutObject", "s3:Put*", "s3:*"]);
        // Lambda itself stores what became of asynchronous runs, once and never again.
        if puts && !has("AWS::Lambda::EventInvokeConfig") {
            places.push(("lambda", "s3", "PutObject", REFUSED));
        }
        // Nobody else may be met by it: the producer has its own, a store's database and jobs have none.
        if puts && to != "s3" && scenario.input.orders.is_none() && !has("AWS::Glue::Job") {
            places.push(("", "s3", "PutObject", REFUSED));
        }
        if may(&["sns:Publish", "sns:*"]) {
            places.extend(["Publish", "PublishBatch"].map(|name| ("", "sns", name, INNER)));
        }
    }
    // Firehose tries three times more, unless it is told otherwise. What its function fails it does not try again.
    if has("AWS::KinesisFirehose::DeliveryStream") && has("LambdaArn") && !has("NumberOfRetries") {
        places.push(("firehose", "lambda", "Invoke", &[Kind::Throttle]));
    }
    // Of a FIFO topic no message overtakes another of its group. In a tank one that is tried again falls behind.
    if has("AWS::SNS::Topic") && !has("FifoTopic") {
        let deliveries = DELIVERIES.into_iter().filter(|(protocol, ..)| has(protocol));
        places.extend(deliveries.map(|(_, service, operation, kinds)| ("sns", service, operation, kinds)));
    }
    places
}

/// Whether a role that functions take allows one of these, or a policy that may be of such a role.
fn functions_may(template: &str, actions: &[&str]) -> bool {
    template.split("Type: AWS::").any(|resource| {
        let is_role = resource.starts_with("IAM::Role") && resource.contains("lambda.amazonaws.com");
        let policies = ["IAM::Policy", "IAM::ManagedPolicy", "IAM::RolePolicy"];
        let is_policy = policies.iter().any(|policy| resource.starts_with(*policy));
        (is_role || is_policy) && actions.iter().any(|action| resource.contains(*action))
    })
}

/// How often Glue tries the runs of a template's jobs again, the least of them.
fn retries(template: &str) -> u64 {
    let jobs = template.matches("AWS::Glue::Job").count();
    let said = template.lines().filter_map(|line| line.trim().strip_prefix("MaxRetries:"));
    let said: Vec<u64> = said.filter_map(|number| number.trim().parse().ok()).collect();
    said.iter().copied().min().filter(|_| said.len() >= jobs).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wavetank_scenarios::FAULT_PLACES;

    use super::*;

    /// A pipeline with everything that is looked for.
    const ALL: &str = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Principal: {Service: lambda.amazonaws.com}}]}
      Policies: [{PolicyDocument: {Statement: [{Action: ['s3:*', 'sns:Publish']}]}}]
  Work: {Type: AWS::Lambda::Function}
  Mapped: {Type: AWS::Lambda::EventSourceMapping}
  Clicks: {Type: AWS::Kinesis::Stream}
  Items: {Type: AWS::DynamoDB::Table, Properties: {StreamSpecification: {}}}
  Flow:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      KinesisStreamSourceConfiguration: {}
      Processors: [{ParameterName: LambdaArn, ParameterValue: !GetAtt Work.Arn}]
  Clean:
    Type: AWS::Glue::Job
    Properties:
      MaxRetries: 2
  News: {Type: AWS::SNS::Topic}
  One: {Type: AWS::SNS::Subscription, Properties: {Protocol: sqs}}
  Two: {Type: AWS::SNS::Subscription, Properties: {Protocol: lambda}}
  Three: {Type: AWS::SNS::Subscription, Properties: {'Protocol': \"firehose\"}}
";

    fn of(template: &str, to: &str) -> Vec<Place> {
        let mut scenario = Scenario::open("event-revenue").expect("a bundled one");
        scenario.files.insert(scenario.template.clone(), template.to_owned());
        scenario.input.to = to.to_owned();
        places(&scenario)
    }

    #[test]
    fn a_scenario_may_exclude_the_faults_of_every_place_and_of_no_other() {
        let mut drawn = BTreeSet::new();
        for to in ["kinesis:s", "firehose:f", "dynamodb:t", "sqs:q", "s3://b/k"] {
            for (_, service, operation, kinds) in of(ALL, to) {
                drawn.extend(kinds.iter().map(|kind| (service, operation, kind.name())));
            }
        }
        drawn.retain(|(service, ..)| !service.is_empty());
        let named = FAULT_PLACES.iter().flat_map(|(service, operation, kinds)| {
            kinds.iter().map(move |kind| (*service, *operation, *kind))
        });
        assert_eq!(drawn, named.collect::<BTreeSet<_>>());
    }

    #[test]
    fn calls_of_functions_to_s3_and_sns_are_met_where_their_role_allows_them() {
        let role = |principal: &str, actions: &str| {
            let role = format!("Type: AWS::IAM::Role\nService: {principal}\nAction: {actions}\n");
            role + "Type: AWS::Lambda::Function\n"
        };
        let check = |template: &str, expected: &[&str]| {
            let found = of(template, "kinesis:s").into_iter();
            let found = found.filter(|(_, service, ..)| ["s3", "sns"].contains(service));
            let found: Vec<String> =
                found.map(|(caller, _, operation, _)| format!("{caller} {operation}")).collect();
            assert_eq!(found, expected, "{template}");
        };
        let of_functions = |actions: &str| role("lambda.amazonaws.com", actions);
        check(&of_functions("['s3:GetObject', 's3:ListBucket']"), &[" GetObject"]);
        check(&of_functions("[\"s3:PutObject\"]"), &["lambda PutObject", " PutObject"]);
        check(&of_functions("'s3:*'"), &[" GetObject", "lambda PutObject", " PutObject"]);
        check(&of_functions("[sns:Publish, s3:GetBucketLocation]"), &[" Publish", " PublishBatch"]);
        check(&role("firehose.amazonaws.com", "[s3:GetObject, s3:PutObject]"), &[]);
        // A job puts objects too, and may not be tried again; Lambda stores letters once.
        let job = "Type: AWS::Glue::Job\n";
        check(&(of_functions("s3:PutObject") + job), &["lambda PutObject"]);
        let letters = "Type: AWS::Lambda::EventInvokeConfig\n";
        check(&(of_functions("s3:PutObject") + letters), &[" PutObject"]);
        check(&of_functions("s3:*").replace("AWS::Lambda::Function", "AWS::SQS::Queue"), &[]);
    }

    #[test]
    fn transformations_and_deliveries_are_met_where_they_are_tried_again_enough() {
        let invokes = |template: &str, by: &str| {
            let mut found = of(template, "kinesis:s").into_iter();
            found.any(|(caller, _, operation, _)| (caller, operation) == (by, "Invoke"))
        };
        assert!(invokes(ALL, "firehose") && invokes(ALL, "sns"));
        let told = ALL.replace("Processors: [", "Processors: [{ParameterName: NumberOfRetries}, ");
        assert!(!invokes(&told, "firehose") && invokes(&told, "sns"));
        assert!(!invokes(&ALL.replace("LambdaArn", "Delimiter"), "firehose"));
        let fifo = ALL.replace("AWS::SNS::Topic}", "AWS::SNS::Topic, Properties: {FifoTopic: true}}");
        assert!(invokes(&fifo, "firehose") && !invokes(&fifo, "sns"));
    }
}
