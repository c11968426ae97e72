//! Which services a scenario needs, and what needs each: resources of its template, its work, or what is only asked at the end.
//!
//! Which resources a template makes, with these parameters, a change set on a tank in this process tells: nothing is created
//! anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wavetank_scenarios::{Check, Scenario, Step};
use wavetank_types::Seed;
use wavetank_wire::WireError;
use wavetank_wire::cloudformation::*;

use crate::client::Aws;
use crate::target::{Embedded, Target as _};

/// What needs one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Resources, as `CleanJob (AWS::Glue::Job)`.
    pub resources: BTreeSet<String>,
    /// What the run does there, such as `input` or `crawl`.
    pub work: BTreeSet<String>,
    /// What is only asked of it once everything has happened, such as `query revenue`.
    pub asks: BTreeSet<String>,
}

impl Need {
    /// Whether nothing works without the service.
    pub fn is_vital(&self) -> bool {
        !self.resources.is_empty() || !self.work.is_empty()
    }

    /// What cannot do without it, in one line.
    pub fn by(&self) -> String {
        let all: Vec<&str> =
            self.resources.iter().chain(&self.work).chain(&self.asks).map(String::as_str).collect();
        all.join(", ")
    }
}

/// By service, as `wire` names it; S3 is `s3`.
pub type Needs = BTreeMap<&'static str, Need>;

/// The service of each family of resource types, of those that a tank has.
const FAMILIES: [(&str, &str); 20] = [
    ("AWS::Athena::", "athena"),
    ("AWS::CloudFormation::", "cloudformation"),
    ("AWS::CloudWatch::", "cloudwatch"),
    ("AWS::DynamoDB::", "dynamodb"),
    ("AWS::Events::", "events"),
    ("AWS::Glue::", "glue"),
    ("AWS::IAM::", "iam"),
    ("AWS::Kinesis::", "kinesis"),
    ("AWS::KinesisFirehose::", "firehose"),
    ("AWS::Lambda::", "lambda"),
    ("AWS::Logs::", "logs"),
    ("AWS::MWAA::", "mwaa"),
    ("AWS::RDS::", "rds"),
    ("AWS::S3::", "s3"),
    ("AWS::SNS::", "sns"),
    ("AWS::SQS::", "sqs"),
    ("AWS::Scheduler::", "scheduler"),
    ("AWS::SecretsManager::", "secretsmanager"),
    ("AWS::Serverless::", "lambda"),
    ("AWS::Backup::", "backup"),
];

/// The service of a place such as `kinesis:${Stream}` or `s3://${Lake}/`.
fn service_of_place(place: &str) -> Option<&'static str> {
    const PLACES: [&str; 7] = ["athena", "dynamodb", "firehose", "kinesis", "logs", "s3", "sqs"];
    let (service, _) = place.split_once(':')?;
    PLACES.into_iter().find(|known| *known == service)
}

/// Everything that a scenario needs. `types` are its template's resources, by logical id.
pub fn needs(scenario: &Scenario, types: &BTreeMap<String, String>) -> Needs {
    let mut needs = Needs::new();
    let mut work = |service: &'static str, what: &str| {
        needs.entry(service).or_default().work.insert(what.to_owned());
    };
    work("cloudformation", "the stack");
    if let Some(service) = service_of_place(&scenario.input.to) {
        work(service, "input");
    }
    if !scenario.uploads.is_empty() {
        work("s3", "uploads");
    }
    for step in &scenario.steps {
        match step {
            Step::Job { .. } | Step::Run { .. } => work("glue", "a job"),
            Step::Crawl { .. } | Step::Crawled { .. } => work("glue", "a crawl"),
            Step::Invoke { .. } => work("lambda", "a call"),
            Step::Wait { .. } | Step::Dag { .. } => {}
        }
    }
    let output = &scenario.output;
    let places = [&output.data].into_iter().chain(&output.rejects);
    let edges = scenario.edges.iter().map(|edge| &edge.at);
    let landing = scenario.landing.iter().map(|landing| &landing.within);
    for place in places.chain(edges).chain(landing) {
        // Without a place the ledger is not complete, so that nothing is proved.
        if let Some(service) = service_of_place(place) {
            work(service, "the ledger");
        }
    }
    asks(scenario, &mut needs);
    for (id, kind) in types {
        let family = FAMILIES.iter().find(|(family, _)| kind.starts_with(family));
        if let Some((_, service)) = family {
            needs.entry(service).or_default().resources.insert(format!("{id} ({kind})"));
        }
    }
    needs
}

/// What queries and checks ask.
fn asks(scenario: &Scenario, needs: &mut Needs) {
    let mut ask = |service: &'static str, what: String| {
        needs.entry(service).or_default().asks.insert(what);
    };
    for query in &scenario.queries {
        ask(asked_of(scenario, &query.file), format!("query {}", query.name));
    }
    for check in &scenario.checks {
        if let Some((service, name)) = asked_by(check) {
            ask(service, format!("check {name}"));
        }
    }
}

/// Which service a query asks: Athena, or else DynamoDB.
pub fn asked_of(scenario: &Scenario, file: &str) -> &'static str {
    if scenario.athena.is_some() && file.ends_with(".sql") { "athena" } else { "dynamodb" }
}

/// The service that a check asks beside what the ledger has read, and the check's name.
pub fn asked_by(check: &Check) -> Option<(&'static str, &'static str)> {
    Some(match check {
        Check::Schema(_) => ("glue", "schema"),
        Check::Nulls(_) => ("athena", "nulls"),
        Check::Snapshot { .. } => ("athena", "snapshot"),
        Check::Jobs { .. } => ("glue", "jobs"),
        Check::Logs(_) => ("logs", "logs"),
        Check::Replay(_) => ("glue", "replay"),
        Check::Partition { .. } => ("s3", "partition"),
        Check::Files(_) => ("s3", "files"),
        Check::Conserved {}
        | Check::Oracle { .. }
        | Check::Landed { .. }
        | Check::Order { .. }
        | Check::Freshness(_)
        | Check::Unblocked {}
        | Check::Metamorphic(_) => return None,
    })
}

/// Tank time after which a change set is ready.
const READY: Duration = Duration::from_secs(60);

/// The resources that a template makes with these parameters: types by logical id.
///
/// Error: what a tank's CloudFormation says of a template that it refuses.
pub async fn resource_types(
    scenario: &Scenario,
    parameters: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, WireError> {
    let tank = Embedded::new(Seed(0));
    let aws = Aws::new(&tank, &scenario.region);
    let parameter = |(key, value): (&String, &String)| Parameter {
        parameter_key: Some(key.clone()),
        parameter_value: Some(value.clone()),
        ..Parameter::default()
    };
    let (stack, change_set) = (scenario.stack_name(), "plan".to_owned());
    let input = CreateChangeSetInput {
        stack_name: stack.clone(),
        change_set_name: change_set.clone(),
        template_body: Some(scenario.file(&scenario.template).to_owned()),
        parameters: Some(parameters.iter().map(parameter).collect()),
        capabilities: Some(vec!["CAPABILITY_NAMED_IAM".to_owned(), "CAPABILITY_AUTO_EXPAND".to_owned()]),
        change_set_type: Some("CREATE".to_owned()),
        ..CreateChangeSetInput::default()
    };
    aws.call::<CreateChangeSet>(input).await?;
    tank.pause(READY).await;
    let mut types = BTreeMap::new();
    let mut next_token = None;
    loop {
        let input = DescribeChangeSetInput {
            stack_name: Some(stack.clone()),
            change_set_name: change_set.clone(),
            next_token,
            ..DescribeChangeSetInput::default()
        };
        let page = aws.call::<DescribeChangeSet>(input).await?;
        let changes =
            page.changes.unwrap_or_default().into_iter().filter_map(|change| change.resource_change);
        types.extend(changes.filter_map(|change| Some((change.logical_resource_id?, change.resource_type?))));
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(types);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scenario_needs_what_its_template_its_work_and_its_queries_need() {
        let scenario = Scenario::open("event-revenue").expect("a bundled scenario");
        let types = resource_types(&scenario, &BTreeMap::new()).await.expect("its resources");
        let needs = needs(&scenario, &types);
        let services: Vec<&str> = needs.keys().copied().collect();
        assert_eq!(services, ["athena", "cloudformation", "glue", "iam", "lambda", "logs", "s3"]);
        let athena = &needs["athena"];
        assert!(athena.asks.iter().any(|what| what.starts_with("query ")), "{athena:?}");
        assert!(needs["glue"].by().contains("(AWS::Glue::Job)"), "{:?}", needs["glue"]);
        assert!(needs["s3"].is_vital());
    }

    #[tokio::test]
    async fn a_resource_whose_condition_does_not_hold_is_not_needed() {
        let scenario = Scenario::open("fashion-store").expect("a bundled scenario");
        let check = async |parameters: &[(&str, &str)], service: &str, is_needed: bool| {
            let parameters =
                parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let types = resource_types(&scenario, &parameters).await.expect("its resources");
            assert_eq!(needs(&scenario, &types).contains_key(service), is_needed, "{service}: {types:?}");
        };
        check(&[("Orders", "rds")], "rds", true).await;
        check(&[("Orders", "files")], "rds", false).await;
        check(&[("Orders", "files")], "mwaa", false).await;
        check(&[("Orders", "files"), ("Orchestrator", "airflow")], "mwaa", true).await;
    }
}
