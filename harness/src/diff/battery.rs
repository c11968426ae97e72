//! The conversations that come with the binary: the files of `tests/parity/battery/`.

use std::collections::BTreeSet;

use super::conversation::Conversation;

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../tests/parity/battery/", $name, ".json")))),+]
    };
}

/// Each file with its name, in the order in which they are held.
pub const FILES: [(&str, &str); BATTERY] = files!(
    "sts/caller",
    "iam/role",
    "iam/policy",
    "iam/refusals",
    "s3/objects",
    "s3/buckets",
    "s3/listing",
    "s3/multipart",
    "s3/versions",
    "s3/refusals",
    "kinesis/stream",
    "kinesis/records",
    "kinesis/resharding",
    "kinesis/refusals",
    "firehose/delivery",
    "firehose/refusals",
    "sqs/queue",
    "sqs/fifo",
    "sqs/refusals",
    "sns/topic",
    "sns/refusals",
    "dynamodb/table",
    "dynamodb/items",
    "dynamodb/indexes",
    "dynamodb/transactions",
    "dynamodb/refusals",
    "logs/groups",
    "logs/filters",
    "logs/refusals",
    "secretsmanager/secret",
    "secretsmanager/refusals",
    "events/rules",
    "events/refusals",
    "scheduler/schedules",
    "cloudwatch/alarms",
    "lambda/functions",
    "glue/catalog",
    "glue/jobs",
    "athena/workgroups",
    "cloudformation/stack",
    "cloudformation/refusals",
);
const BATTERY: usize = 41;

/// The conversations with these services; all of them if none is named.
///
/// Panics if a file of the battery is not one: a test reads them all.
pub fn conversations(services: &BTreeSet<String>) -> Vec<Conversation> {
    let wanted =
        |name: &str| services.is_empty() || services.contains(name.split('/').next().unwrap_or_default());
    let read = |(name, text): &(&str, &str)| {
        let conversation: Conversation = serde_json::from_str(text)
            .unwrap_or_else(|why| panic!("tests/parity/battery/{name}.json: {why}"));
        Conversation { name: (*name).to_owned(), ..conversation }
    };
    FILES.iter().filter(|(name, _)| wanted(name)).map(read).collect()
}

/// The services that have conversations, in their order.
pub fn services() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in FILES {
        let service = name.split('/').next().unwrap_or_default();
        if !names.contains(&service) {
            names.push(service);
        }
    }
    names
}

/// The services with conversations whose types a template names, and those that they need.
pub fn of_template(template: &str) -> BTreeSet<String> {
    let known = services();
    let mut found = BTreeSet::new();
    for rest in template.split("AWS::").skip(1) {
        let service = match rest.split("::").next().unwrap_or_default() {
            "KinesisFirehose" => "firehose".to_owned(),
            other => other.to_ascii_lowercase(),
        };
        if known.contains(&service.as_str()) {
            found.insert(service);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use wavetank_wire::{SERVICES, codec};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/parity/battery");
        let list = |folder: &Path| -> Vec<PathBuf> {
            let entries = std::fs::read_dir(folder).expect("a folder");
            entries.map(|entry| entry.expect("an entry").path()).collect()
        };
        let files: usize = list(&folder).iter().map(|folder| list(folder).len()).sum();
        assert_eq!(files, FILES.len());
    }

    #[test]
    fn a_templates_types_name_services() {
        let template = "Type: AWS::KinesisFirehose::DeliveryStream\nType: AWS::S3::Bucket\n!Ref AWS::Region";
        assert_eq!(of_template(template), BTreeSet::from(["firehose".to_owned(), "s3".to_owned()]));
    }

    #[test]
    fn every_call_of_the_battery_is_one_of_aws() {
        for conversation in conversations(&BTreeSet::new()) {
            assert_eq!(conversation.name.split('/').next(), Some(conversation.service.as_str()));
            for (at, step) in conversation.steps.iter().enumerate() {
                let place = format!("{} step {}: {}", conversation.name, at + 1, step.call);
                let (service, operation) = step.asks(&conversation);
                assert_eq!(service == "s3", step.s3.is_some(), "{place}: `s3` is for S3");
                if service == "s3" {
                    continue;
                }
                let service = SERVICES.iter().find(|known| known.name == service).expect(&place);
                let operation = service.operation(operation).unwrap_or_else(|| panic!("{place}: not served"));
                // Members that are placeholders are of any type until they are filled.
                if !step.input.is_null() && !step.input.to_string().contains("\"${") {
                    let read = codec::from_json(operation.input, step.input.to_string().as_bytes());
                    read.unwrap_or_else(|why| panic!("{place}: {why}"));
                    let known = operation.input.members();
                    for name in step.input.as_object().into_iter().flat_map(|members| members.keys()) {
                        assert!(known.iter().any(|member| member.name == name), "{place}: no member {name}");
                    }
                }
            }
        }
    }
}
