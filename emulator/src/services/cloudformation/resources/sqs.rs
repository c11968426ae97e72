//! AWS::SQS::Queue and AWS::SQS::QueuePolicy.

use std::collections::BTreeMap;

use wavetank_wire::{FromVal, Operation, Val, sqs};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A queue. `Ref`: its URL.
pub(super) struct Queue;

static QUEUE: Spec = Spec {
    name: "AWS::SQS::Queue",
    properties: &[
        Property { name: "QueueName", form: Form::Scalar, update: Update::Replace },
        Property { name: "FifoQueue", form: Form::Scalar, update: Update::Replace },
        Property { name: "ContentBasedDeduplication", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DeduplicationScope", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DelaySeconds", form: Form::Scalar, update: Update::InPlace },
        Property { name: "FifoThroughputLimit", form: Form::Scalar, update: Update::InPlace },
        Property { name: "KmsDataKeyReusePeriodSeconds", form: Form::Scalar, update: Update::InPlace },
        Property { name: "KmsMasterKeyId", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MaximumMessageSize", form: Form::Scalar, update: Update::InPlace },
        Property { name: "MessageRetentionPeriod", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ReceiveMessageWaitTimeSeconds", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RedriveAllowPolicy", form: Form::Free, update: Update::InPlace },
        Property { name: "RedrivePolicy", form: Form::Free, update: Update::InPlace },
        Property { name: "SqsManagedSseEnabled", form: Form::Scalar, update: Update::InPlace },
        Property { name: "VisibilityTimeout", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn", "QueueName", "QueueUrl"],
    unbuilt: &[],
    name_property: Some("QueueName"),
    tags: TagStyle::List,
};

/// What an attribute is once the template no longer says it. Documented: API_CreateQueue.html (model).
const DEFAULTS: [(&str, &str); 13] = [
    ("ContentBasedDeduplication", "false"),
    ("DeduplicationScope", "queue"),
    ("DelaySeconds", "0"),
    ("FifoThroughputLimit", "perQueue"),
    ("KmsDataKeyReusePeriodSeconds", ""),
    ("KmsMasterKeyId", ""),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("RedriveAllowPolicy", ""),
    ("RedrivePolicy", ""),
    ("SqsManagedSseEnabled", "true"),
    ("VisibilityTimeout", "30"),
];

fn attributes(properties: &Properties<'_>) -> Result<BTreeMap<String, String>, Reason> {
    let mut out = BTreeMap::new();
    for (name, _) in DEFAULTS.iter().filter(|(name, _)| properties.get(name).is_some()) {
        let text =
            if name.ends_with("Policy") { properties.document(name)? } else { properties.required(name)? };
        out.insert((*name).to_owned(), text);
    }
    Ok(out)
}

impl Kind for Queue {
    fn spec(&self) -> &'static Spec {
        &QUEUE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let fifo = properties.flag("FifoQueue") == Some(true);
        let made_up = || if fifo { format!("{}.fifo", make.name(75)) } else { make.name(80) };
        let name = properties.text("QueueName").unwrap_or_else(made_up);
        let mut attributes = attributes(properties)?;
        if fifo {
            attributes.insert("FifoQueue".to_owned(), "true".to_owned());
        }
        let input = sqs::CreateQueueInput {
            queue_name: name.clone(),
            attributes: Some(attributes),
            tags: Some(properties.tags()).filter(|tags| !tags.is_empty()),
        };
        let made = Made::new(&name)
            .with("Arn", make.arn("sqs", name.as_str()))
            .with("QueueName", &name)
            .with("QueueUrl", "");
        Ok(Plan { made, asks: vec![Ask::to::<sqs::CreateQueue>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let queue_url = old.made.physical_id.clone();
        let mut attributes = attributes(properties)?;
        for (name, default) in DEFAULTS {
            if old.properties.contains_key(name) {
                attributes.entry(name.to_owned()).or_insert_with(|| default.to_owned());
            }
        }
        let mut asks = Vec::new();
        if !attributes.is_empty() {
            let input = sqs::SetQueueAttributesInput { queue_url: queue_url.clone(), attributes };
            asks.push(Ask::to::<sqs::SetQueueAttributes>(input));
        }
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let input = sqs::TagQueueInput { queue_url: queue_url.clone(), tags: change.set };
            asks.push(Ask::to::<sqs::TagQueue>(input));
        }
        if !change.remove.is_empty() {
            asks.push(Ask::to::<sqs::UntagQueue>(sqs::UntagQueueInput {
                queue_url,
                tag_keys: change.remove,
            }));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = sqs::DeleteQueueInput { queue_url: old.made.physical_id.clone() };
        vec![Ask::to::<sqs::DeleteQueue>(input).or_absent()]
    }

    /// Only SQS knows where it is reached.
    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == sqs::CreateQueue::NAME
            && let Some(url) = sqs::CreateQueueOutput::from_val(reply).queue_url
        {
            made.attributes.insert("QueueUrl".to_owned(), url.clone());
            made.physical_id = url;
        }
    }
}

/// The policy of queues. `Ref`: a name that is made up.
pub(super) struct QueuePolicy;

static QUEUE_POLICY: Spec = Spec {
    name: "AWS::SQS::QueuePolicy",
    properties: &[
        Property { name: "PolicyDocument", form: Form::Free, update: Update::InPlace },
        Property { name: "Queues", form: Form::Scalars, update: Update::InPlace },
    ],
    attributes: &["Id"],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

fn say(queue_url: String, policy: String) -> Ask {
    let attributes = BTreeMap::from([("Policy".to_owned(), policy)]);
    Ask::to::<sqs::SetQueueAttributes>(sqs::SetQueueAttributesInput { queue_url, attributes })
}

impl Kind for QueuePolicy {
    fn spec(&self) -> &'static Spec {
        &QUEUE_POLICY
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let id = make.name(128);
        let policy = properties.document("PolicyDocument")?;
        let queues = properties.texts("Queues");
        if queues.is_empty() {
            return Err(properties.missing("Queues"));
        }
        let asks = queues.into_iter().map(|queue| say(queue, policy.clone())).collect();
        Ok(Plan { made: Made::new(&id).with("Id", &id), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let policy = properties.document("PolicyDocument")?;
        let queues = properties.texts("Queues");
        let gone = before.texts("Queues").into_iter().filter(|queue| !queues.contains(queue));
        let mut asks: Vec<Ask> = gone.map(|queue| say(queue, String::new()).or_absent()).collect();
        asks.extend(queues.into_iter().map(|queue| say(queue, policy.clone())));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        before.texts("Queues").into_iter().map(|queue| say(queue, String::new()).or_absent()).collect()
    }
}
