//! What conversations make on a server, told from their calls before the first is made: so that it can be looked for, tagged and
//! swept, also after a crash in the middle.
//!
//! Every name begins with [`RUN`] and depends on the account alone, and nothing else is ever taken for a conversation's own.
//! Left out: parts that go with the whole (versions, mappings, targets, schedules of a group, prepared statements), and what is
//! called otherwise because a server has to refuse it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wavetank_wire::SERVICES;
use wavetank_wire::schema::{Kind, Shape};

use super::conversation::{Conversation, Step, as_text, fill_text, part};
use super::names::ACCOUNT;
use super::talk::RUN;
use crate::client::Aws;
use crate::sweep::Resource;

/// A call that makes something: service and operation, its type in CloudFormation's words, and the member that has its name. S3's is
/// in the path.
const MAKERS: [(&str, &str, &str, &str); 27] = [
    ("athena", "CreateWorkGroup", "AWS::Athena::WorkGroup", "Name"),
    ("cloudformation", "CreateStack", "AWS::CloudFormation::Stack", "StackName"),
    ("cloudwatch", "PutCompositeAlarm", "AWS::CloudWatch::CompositeAlarm", "AlarmName"),
    ("cloudwatch", "PutDashboard", "AWS::CloudWatch::Dashboard", "DashboardName"),
    ("cloudwatch", "PutMetricAlarm", "AWS::CloudWatch::Alarm", "AlarmName"),
    ("dynamodb", "CreateTable", "AWS::DynamoDB::Table", "TableName"),
    ("events", "CreateArchive", "AWS::Events::Archive", "ArchiveName"),
    ("events", "CreateEventBus", "AWS::Events::EventBus", "Name"),
    ("events", "PutRule", "AWS::Events::Rule", "Name"),
    ("firehose", "CreateDeliveryStream", "AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"),
    ("glue", "CreateCrawler", "AWS::Glue::Crawler", "Name"),
    ("glue", "CreateDatabase", "AWS::Glue::Database", "DatabaseInput.Name"),
    ("glue", "CreateJob", "AWS::Glue::Job", "Name"),
    ("glue", "CreateTrigger", "AWS::Glue::Trigger", "Name"),
    ("iam", "CreatePolicy", "AWS::IAM::ManagedPolicy", "PolicyName"),
    ("iam", "CreateRole", "AWS::IAM::Role", "RoleName"),
    ("kinesis", "CreateStream", "AWS::Kinesis::Stream", "StreamName"),
    ("lambda", "CreateFunction", "AWS::Lambda::Function", "FunctionName"),
    ("logs", "CreateLogGroup", "AWS::Logs::LogGroup", "logGroupName"),
    ("logs", "PutQueryDefinition", "AWS::Logs::QueryDefinition", "name"),
    ("logs", "PutResourcePolicy", "AWS::Logs::ResourcePolicy", "policyName"),
    ("s3", "CreateBucket", "AWS::S3::Bucket", ""),
    ("scheduler", "CreateSchedule", "AWS::Scheduler::Schedule", "Name"),
    ("scheduler", "CreateScheduleGroup", "AWS::Scheduler::ScheduleGroup", "Name"),
    ("secretsmanager", "CreateSecret", "AWS::SecretsManager::Secret", "Name"),
    ("sns", "CreateTopic", "AWS::SNS::Topic", "Name"),
    ("sqs", "CreateQueue", "AWS::SQS::Queue", "QueueName"),
];

/// Members with which these calls make a part of something else.
const OF_ANOTHER: [(&str, &str); 2] = [("CreateSchedule", "GroupName"), ("PutRule", "EventBusName")];

/// Everything that these conversations make on a server, in their order, each thing once.
pub fn makes(conversations: &[Conversation], aws: Aws<'_>, account: &str) -> Vec<Resource> {
    let bound = bound(aws.region(), account);
    let mut found: Vec<Resource> = Vec::new();
    for conversation in conversations {
        for (kind, name) in conversation.steps.iter().filter_map(|step| made(conversation, step, &bound)) {
            let id = id_of(kind, name, aws, account);
            if found.iter().any(|known| known.kind == kind && known.id == id) {
                continue;
            }
            let (logical, status) = (conversation.name.clone(), "CREATE_COMPLETE".to_owned());
            found.push(Resource { logical, kind: kind.to_owned(), id, status });
        }
    }
    found
}

/// Lets the call that first makes a thing give it these tags, where the operation takes tags. Calls that make it again stay as they
/// are: what a server says to them is what is compared.
pub fn tag(conversations: &mut [Conversation], tags: &BTreeMap<String, String>) {
    let bound = bound("us-east-1", ACCOUNT);
    let mut seen = BTreeSet::new();
    for conversation in conversations {
        for at in 0..conversation.steps.len() {
            let step = &conversation.steps[at];
            let (name, operation) = step.asks(conversation);
            let service = SERVICES.iter().copied().find(|known| known.name == name);
            let operation = service.and_then(|service| service.operation(operation));
            let is_first = made(conversation, step, &bound).is_some_and(|made| seen.insert(made));
            if let Some(operation) = operation.filter(|_| is_first) {
                add(operation.input, &mut conversation.steps[at].input, tags);
            }
        }
    }
}

/// Adds tags to an input, in the form that its operation takes: a map, or a list of keys and values.
fn add(shape: &Shape, input: &mut Value, tags: &BTreeMap<String, String>) {
    let member = shape.members().iter().find(|member| member.name.eq_ignore_ascii_case("tags"));
    let (Some(member), Value::Object(input)) = (member, input) else { return };
    let is_map = matches!(member.shape.kind, Kind::Map { .. });
    let none = if is_map { json!({}) } else { json!([]) };
    match input.entry(member.name).or_insert(none) {
        Value::Object(map) => map.extend(tags.iter().map(|(key, value)| (key.clone(), json!(value)))),
        Value::Array(list) => {
            list.extend(tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })));
        }
        _ => {}
    }
}

/// What a step makes, as its type and its name.
fn made(
    conversation: &Conversation,
    step: &Step,
    bound: &BTreeMap<String, Value>,
) -> Option<(&'static str, String)> {
    let asked = step.asks(conversation);
    let (_, operation, kind, member) =
        MAKERS.iter().copied().find(|(service, operation, ..)| (*service, *operation) == asked)?;
    let is_part = |(of, member): &(&str, &str)| *of == operation && step.input.get(*member).is_some();
    if OF_ANOTHER.iter().any(is_part) {
        return None;
    }
    let name = match &step.s3 {
        Some(line) => line.strip_prefix("PUT /")?,
        None => part(&step.input, member)?.as_str()?,
    };
    let name = as_text(fill_text(name, bound).ok()?);
    // Glue's names have no hyphens, and log groups' begin with a slash.
    let is_ours = name.trim_start_matches('/').replace('_', "-").starts_with(RUN);
    is_ours.then_some((kind, name))
}

/// The placeholders that names are made of.
fn bound(region: &str, account: &str) -> BTreeMap<String, Value> {
    let values = [("run", RUN), ("account", account), ("region", region)];
    values.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// The id by which a thing is asked for and removed.
fn id_of(kind: &str, name: String, aws: Aws<'_>, account: &str) -> String {
    let region = aws.region();
    match kind {
        "AWS::IAM::ManagedPolicy" => format!("arn:aws:iam::{account}:policy/{name}"),
        "AWS::SNS::Topic" => format!("arn:aws:sns:{region}:{account}:{name}"),
        "AWS::SQS::Queue" => format!("{}/{account}/{name}", aws.target().address("sqs", region).origin),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::battery;
    use super::super::names::Names;
    use super::super::side::tank_of;
    use super::super::spend::without_deletions;
    use super::super::talk::{Client, PATIENCE, hold};
    use super::*;
    use crate::sweep::{Swept, Traces, alone, left, there};

    /// Operations that are called `Create` and make parts of other things.
    const PARTS: [&str; 10] = [
        "CreateChangeSet",
        "CreateEventSourceMapping",
        "CreateLogStream",
        "CreateMultipartUpload",
        "CreateNamedQuery",
        "CreatePartition",
        "CreatePolicyVersion",
        "CreatePreparedStatement",
        "CreateSchedule",
        "CreateTable",
    ];

    fn all() -> Vec<Conversation> {
        battery::conversations(&BTreeSet::new())
    }

    #[test]
    fn whatever_the_battery_creates_is_known_here_by_its_call() {
        for conversation in all() {
            for step in &conversation.steps {
                let (service, operation) = step.asks(&conversation);
                let is_maker = MAKERS.iter().any(|maker| (maker.0, maker.1) == (service, operation));
                let is_known = is_maker || PARTS.contains(&operation);
                assert!(is_known || !operation.starts_with("Create"), "{}: {}", conversation.name, step.call);
            }
        }
    }

    #[test]
    fn what_is_made_has_our_name_and_can_be_removed() {
        let tank = tank_of(7, Duration::ZERO);
        let found = makes(&all(), Aws::new(&tank, "us-east-1"), "123456789012");
        assert!(found.len() > 40, "{found:?}");
        let has = |kind: &str, id: &str| found.iter().any(|it| it.kind == kind && it.id == id);
        assert!(has("AWS::SQS::Queue", "http://127.0.0.1:4566/123456789012/wavetank-diff-queue"));
        assert!(has("AWS::SNS::Topic", "arn:aws:sns:us-east-1:123456789012:wavetank-diff-topic"));
        assert!(has("AWS::S3::Bucket", "wavetank-diff-conf-123456789012"));
        assert!(has("AWS::Glue::Database", "wavetank_diff"));
        assert!(!has("AWS::Events::EventBus", "default") && !has("AWS::S3::Bucket", "ab"));
        for Resource { kind, id, .. } in &found {
            assert!(id.contains("wavetank-diff") || id == "wavetank_diff", "{kind} {id}");
            let has_own_way = ["AWS::S3::Bucket", "AWS::Logs::QueryDefinition"].contains(&kind.as_str());
            assert!(has_own_way || alone::removal(kind, id).is_some(), "{kind}");
        }
    }

    #[test]
    fn the_first_call_for_a_thing_tags_it_in_the_form_of_its_service() {
        let tags = BTreeMap::from([("wavetank:run".to_owned(), "ab12".to_owned())]);
        let mut tagged = all();
        tag(&mut tagged, &tags);
        let check = |name: &str, at: usize, member: &str, expected: Value| {
            let conversation = tagged.iter().find(|it| it.name == name).expect(name);
            assert_eq!(conversation.steps[at].input[member], expected, "{name} {at}");
        };
        check("sqs/queue", 0, "tags", json!({ "wavetank:run": "ab12" }));
        check("sqs/queue", 1, "tags", Value::Null);
        let ours = json!({ "Key": "wavetank:run", "Value": "ab12" });
        check("sns/topic", 0, "Tags", json!([{ "Key": "team", "Value": "data" }, ours]));
        check("kinesis/stream", 0, "Tags", json!({ "wavetank:run": "ab12" }));
        check("logs/groups", 0, "tags", json!({ "team": "data", "wavetank:run": "ab12" }));
    }

    #[tokio::test]
    async fn whatever_a_conversation_leaves_where_it_is_stopped_is_swept() {
        for conversation in all() {
            let tank = tank_of(7, Duration::ZERO);
            let (aws, names) = (Aws::new(&tank, "us-east-1"), Names::recorded());
            let resources = makes(std::slice::from_ref(&conversation), aws, ACCOUNT);
            let client = Client { aws, names: &names, lag: Duration::ZERO, patience: PATIENCE };
            hold(client, &without_deletions(&conversation)).await;
            let made = there(aws, &resources).await.unwrap();
            let mut swept = Swept::default();
            alone::remove(aws, &Traces::alone(resources.clone()), &mut swept, &|_| {}).await.unwrap();
            let left_over = there(aws, &resources).await.unwrap();
            assert_eq!(left_over, Vec::<Resource>::new(), "{}", conversation.name);
            assert_eq!(swept.resources, made.len(), "{}: {made:?}", conversation.name);
            for Resource { kind, id, .. } in &resources {
                assert_eq!(left::is_there(aws, kind, id).await.unwrap(), Some(false), "{kind} {id}");
            }
        }
    }
}
