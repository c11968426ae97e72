//! The resources of a stack, each with what its service says of it, and which of them a text means.

use serde_json::{Value, json};
use wavetank_wire::schema::Service;
use wavetank_wire::{Operation, ToVal, WireError, codec};

use super::Kind;
use crate::client::Aws;

/// One resource that takes part in a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// What it is.
    pub(super) kind: Kind,
    /// Its name.
    pub(super) name: String,
    /// ARNs and URLs that mean it.
    pub(super) aliases: Vec<String>,
    /// What its service says.
    pub(super) about: Value,
}

/// A stack.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) resources: Vec<Resource>,
    /// Event source mappings, which only connect others.
    pub(super) mappings: Vec<Value>,
    /// Names of buckets.
    pub(super) buckets: Vec<String>,
    /// What could not be asked.
    pub(super) unknown: Vec<String>,
}

/// How a type is asked about: the service by its model's name, the operation, the member that takes the physical id, and what of
/// it is in the picture.
const TYPES: [(&str, &str, &str, &str, Option<Kind>); 17] = [
    ("AWS::Kinesis::Stream", "kinesis", "DescribeStreamSummary", "StreamName", Some(Kind::Stream)),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        "firehose",
        "DescribeDeliveryStream",
        "DeliveryStreamName",
        Some(Kind::Delivery),
    ),
    ("AWS::Lambda::Function", "lambda", "GetFunctionConfiguration", "FunctionName", Some(Kind::Function)),
    ("AWS::Lambda::EventSourceMapping", "lambda", "GetEventSourceMapping", "UUID", None),
    ("AWS::DynamoDB::Table", "dynamodb", "DescribeTable", "TableName", Some(Kind::Table)),
    ("AWS::DynamoDB::GlobalTable", "dynamodb", "DescribeTable", "TableName", Some(Kind::Table)),
    ("AWS::SQS::Queue", "sqs", "GetQueueAttributes", "QueueUrl", Some(Kind::Queue)),
    ("AWS::SNS::Topic", "sns", "ListSubscriptionsByTopic", "TopicArn", Some(Kind::Topic)),
    ("AWS::Glue::Job", "glue", "GetJob", "JobName", Some(Kind::Job)),
    ("AWS::Glue::Crawler", "glue", "GetCrawler", "Name", Some(Kind::Crawler)),
    ("AWS::Glue::Trigger", "glue", "GetTrigger", "Name", Some(Kind::Trigger)),
    ("AWS::Glue::Database", "glue", "GetDatabase", "Name", Some(Kind::Catalog)),
    ("AWS::Athena::WorkGroup", "athena", "GetWorkGroup", "WorkGroup", Some(Kind::Athena)),
    ("AWS::Scheduler::Schedule", "scheduler", "GetSchedule", "Name", Some(Kind::Schedule)),
    ("AWS::Events::Rule", "events", "DescribeRule", "Name", Some(Kind::Rule)),
    ("AWS::RDS::DBInstance", "rds", "DescribeDBInstances", "DBInstanceIdentifier", Some(Kind::Database)),
    ("AWS::MWAA::Environment", "mwaa", "GetEnvironment", "Name", Some(Kind::Airflow)),
];

pub(super) fn service(name: &str) -> &'static Service {
    wavetank_wire::SERVICES
        .iter()
        .find(|service| service.name == name)
        .expect("only services that are in wire are named here")
}

/// The text of a member, empty if it is none.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Every text in a document.
pub(super) fn texts<'v>(value: &'v Value, take: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(list) => list.iter().for_each(|entry| texts(entry, take)),
        Value::Object(members) => members.values().for_each(|member| texts(member, take)),
        _ => {}
    }
}

impl Stack {
    /// Lists the resources and asks about each.
    pub(super) async fn read(aws: Aws<'_>, name: &str) -> Self {
        let mut stack = Self::default();
        let asked = json!({ "StackName": name });
        let listed = stack.ask(aws, "cloudformation", "DescribeStackResources", &asked).await;
        for resource in listed["StackResources"].as_array().into_iter().flatten() {
            let (of_type, id) = (text(resource, "ResourceType"), text(resource, "PhysicalResourceId"));
            if of_type == "AWS::S3::Bucket" {
                stack.buckets.push(id.to_owned());
                continue;
            }
            let Some((_, service, operation, member, kind)) =
                TYPES.iter().find(|(known, ..)| *known == of_type)
            else {
                continue;
            };
            let id_alone = id.rsplit_once('|').map_or(id, |(_, name)| name);
            let mut asked = json!({ *member: id_alone });
            if *kind == Some(Kind::Queue) {
                asked["AttributeNames"] = json!(["All"]);
            }
            let about = match rest(aws, operation, id_alone).await {
                Some(told) => stack.note(service, operation, told),
                None => stack.ask(aws, service, operation, &asked).await,
            };
            match kind {
                Some(kind) => stack.resources.push(resource_of(*kind, id, &about)),
                None => stack.mappings.push(about),
            }
        }
        stack
    }

    /// One call. What is refused is noted, and nothing is known.
    pub(super) async fn ask(&mut self, aws: Aws<'_>, of: &str, operation: &str, input: &Value) -> Value {
        let told = aws.json(service(of), operation, input).await;
        self.note(of, operation, told)
    }

    fn note(&mut self, of: &str, operation: &str, told: Result<Value, WireError>) -> Value {
        told.unwrap_or_else(|error| {
            let told = format!("{of} {operation}: {error}");
            if !self.unknown.contains(&told) {
                self.unknown.push(told);
            }
            Value::Null
        })
    }

    /// The resource of this name and kind.
    pub(super) fn named(&self, kind: Kind, name: &str) -> Option<usize> {
        self.resources.iter().position(|it| it.kind == kind && it.name == name)
    }

    /// The resource that a text means: by an ARN or URL, or what hangs below it.
    pub(super) fn meant(&self, said: &str) -> Option<usize> {
        let is_below = |alias: &String| {
            said.strip_prefix(alias.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        };
        let by_alias = self.resources.iter().enumerate().filter_map(|(at, it)| {
            let longest = it.aliases.iter().filter(|alias| is_below(alias)).map(String::len).max()?;
            Some((longest, at))
        });
        by_alias.max().map(|(_, at)| at).or_else(|| self.called(said, None))
    }

    /// The same of what a resource itself was told: a bare name is not its own, and means another if one alone has it.
    pub(super) fn meant_by(&self, at: usize, said: &str) -> Option<usize> {
        match said.contains(':') {
            true => self.meant(said).filter(|other| *other != at),
            false => self.called(said, Some(at)),
        }
    }

    fn called(&self, name: &str, but: Option<usize>) -> Option<usize> {
        let mut found =
            (0..self.resources.len()).filter(|at| Some(*at) != but && self.resources[*at].name == name);
        found.next().filter(|_| found.next().is_none())
    }

    /// Whether a bucket is one of the stack's.
    pub(super) fn has_bucket(&self, name: &str) -> bool {
        self.buckets.iter().any(|bucket| bucket == name)
    }
}

/// Of services whose requests travel in the address, which JSON alone does not fill. Nothing of the others.
async fn rest(aws: Aws<'_>, operation: &str, id: &str) -> Option<Result<Value, WireError>> {
    use wavetank_wire::{lambda, mwaa, scheduler};
    let name = id.to_owned();
    Some(match operation {
        "GetFunctionConfiguration" => {
            let input = lambda::GetFunctionConfigurationInput { function_name: name, ..Default::default() };
            told::<lambda::GetFunctionConfiguration>(aws, input).await
        }
        "GetEventSourceMapping" => {
            told::<lambda::GetEventSourceMapping>(aws, lambda::GetEventSourceMappingInput { uuid: name })
                .await
        }
        "GetSchedule" => {
            let input = scheduler::GetScheduleInput { name, ..Default::default() };
            told::<scheduler::GetSchedule>(aws, input).await
        }
        "GetEnvironment" => told::<mwaa::GetEnvironment>(aws, mwaa::GetEnvironmentInput { name }).await,
        _ => return None,
    })
}

/// One call, answered as JSON in the members of AWS's API.
pub(super) async fn told<O: Operation>(aws: Aws<'_>, input: O::Input) -> Result<Value, WireError>
where
    O::Output: ToVal,
{
    let output = aws.call::<O>(input).await?.to_val();
    let shape = O::service().operation(O::NAME).expect("generated operations are in their service's list");
    Ok(serde_json::from_slice(&codec::to_json(shape.output, &output)).unwrap_or_default())
}

fn resource_of(kind: Kind, id: &str, about: &Value) -> Resource {
    // Most answers wrap it in one member.
    let inner = match kind {
        Kind::Stream => &about["StreamDescriptionSummary"],
        Kind::Delivery => &about["DeliveryStreamDescription"],
        Kind::Table => &about["Table"],
        Kind::Queue => &about["Attributes"],
        Kind::Job => &about["Job"],
        Kind::Crawler => &about["Crawler"],
        Kind::Trigger => &about["Trigger"],
        Kind::Catalog => &about["Database"],
        Kind::Athena => &about["WorkGroup"],
        Kind::Database => &about["DBInstances"][0],
        Kind::Airflow => &about["Environment"],
        _ => about,
    };
    let arns = [
        "StreamARN",
        "DeliveryStreamARN",
        "FunctionArn",
        "TableArn",
        "LatestStreamArn",
        "QueueArn",
        "Arn",
        "DBInstanceArn",
    ];
    let mut aliases: Vec<String> =
        arns.iter().map(|name| text(inner, name)).filter(|arn| !arn.is_empty()).map(str::to_owned).collect();
    if id.contains(':') {
        aliases.push(id.to_owned());
    }
    let name = match kind {
        Kind::Queue => id.rsplit('/').next().unwrap_or(id),
        Kind::Topic => id.rsplit(':').next().unwrap_or(id),
        _ => id.rsplit_once('|').map_or(id, |(_, name)| name),
    };
    Resource { kind, name: name.to_owned(), aliases, about: inner.clone() }
}
