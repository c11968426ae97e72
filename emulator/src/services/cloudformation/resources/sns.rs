//! AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_wire::{FromVal, Operation, Val, sns};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A topic. `Ref`: its ARN.
pub(super) struct Topic;

static TOPIC: Spec = Spec {
    name: "AWS::SNS::Topic",
    properties: &[
        Property { name: "TopicName", form: Form::Scalar, update: Update::Replace },
        Property { name: "FifoTopic", form: Form::Scalar, update: Update::Replace },
        Property { name: "ContentBasedDeduplication", form: Form::Scalar, update: Update::InPlace },
        Property { name: "DisplayName", form: Form::Scalar, update: Update::InPlace },
        Property { name: "FifoThroughputScope", form: Form::Scalar, update: Update::InPlace },
        Property { name: "KmsMasterKeyId", form: Form::Scalar, update: Update::InPlace },
        Property { name: "SignatureVersion", form: Form::Scalar, update: Update::InPlace },
        Property { name: "TracingConfig", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "Subscription",
            form: Form::List(&[("Endpoint", Form::Scalar), ("Protocol", Form::Scalar)]),
            update: Update::InPlace,
        },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["TopicArn", "TopicName"],
    unbuilt: &["ArchivePolicy", "DataProtectionPolicy", "DeliveryStatusLogging"],
    name_property: Some("TopicName"),
    tags: TagStyle::List,
};

/// What can be changed in place, and what it is once the template no longer says it.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("ContentBasedDeduplication", "false"),
    ("DisplayName", ""),
    ("FifoThroughputScope", "Topic"),
    ("KmsMasterKeyId", ""),
    ("SignatureVersion", ""),
    ("TracingConfig", ""),
];

/// Protocol and endpoint of each inline subscription.
fn inline(properties: &Properties<'_>) -> Vec<(String, String)> {
    let list = properties.get("Subscription").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    list.map(|entry| (text(entry, "Protocol"), text(entry, "Endpoint"))).collect()
}

fn subscribe(topic_arn: &str, (protocol, endpoint): (String, String)) -> Ask {
    Ask::to::<sns::Subscribe>(sns::SubscribeInput {
        topic_arn: topic_arn.to_owned(),
        protocol,
        endpoint: Some(endpoint),
        ..Default::default()
    })
}

fn tag_list(tags: BTreeMap<String, String>) -> Vec<sns::Tag> {
    tags.into_iter().map(|(key, value)| sns::Tag { key, value }).collect()
}

impl Kind for Topic {
    fn spec(&self) -> &'static Spec {
        &TOPIC
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let fifo = properties.flag("FifoTopic") == Some(true);
        let made_up = || if fifo { format!("{}.fifo", make.name(251)) } else { make.name(256) };
        let name = properties.text("TopicName").unwrap_or_else(made_up);
        let named =
            ATTRIBUTES.iter().filter_map(|(name, _)| Some(((*name).to_owned(), properties.text(name)?)));
        let mut attributes: BTreeMap<String, String> = named.collect();
        if fifo {
            attributes.insert("FifoTopic".to_owned(), "true".to_owned());
        }
        let input = sns::CreateTopicInput {
            name: name.clone(),
            attributes: Some(attributes),
            tags: Some(tag_list(properties.tags())).filter(|tags| !tags.is_empty()),
            ..Default::default()
        };
        let arn = make.arn("sns", name.as_str());
        let mut asks = vec![Ask::to::<sns::CreateTopic>(input)];
        asks.extend(inline(properties).into_iter().map(|one| subscribe(&arn, one)));
        let made = Made::new(&arn).with("TopicArn", &arn).with("TopicName", name);
        Ok(Plan { made, asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let topic_arn = old.made.physical_id.clone();
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let (were, are) = (inline(&before), inline(properties));
        if were.iter().any(|one| !are.contains(one)) {
            return Err("wavetank does not implement taking an entry out of Subscription of a topic; use AWS::SNS::Subscription.".to_owned());
        }
        let mut asks = Vec::new();
        for (name, default) in ATTRIBUTES {
            let (was, is) = (before.text(name), properties.text(name));
            if was != is {
                let input = sns::SetTopicAttributesInput {
                    topic_arn: topic_arn.clone(),
                    attribute_name: name.to_owned(),
                    attribute_value: Some(is.unwrap_or_else(|| default.to_owned())),
                };
                asks.push(Ask::to::<sns::SetTopicAttributes>(input));
            }
        }
        let new = are.into_iter().filter(|one| !were.contains(one));
        asks.extend(new.map(|one| subscribe(&topic_arn, one)));
        let change = tags::change(old, &properties.tags());
        if !change.remove.is_empty() {
            let input = sns::UntagResourceInput { resource_arn: topic_arn.clone(), tag_keys: change.remove };
            asks.push(Ask::to::<sns::UntagResource>(input));
        }
        if !change.set.is_empty() {
            let input = sns::TagResourceInput { resource_arn: topic_arn, tags: tag_list(change.set) };
            asks.push(Ask::to::<sns::TagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = sns::DeleteTopicInput { topic_arn: old.made.physical_id.clone() };
        vec![Ask::to::<sns::DeleteTopic>(input).or_absent()]
    }
}

/// A subscription. `Ref`: its ARN.
pub(super) struct Subscription;

static SUBSCRIPTION: Spec = Spec {
    name: "AWS::SNS::Subscription",
    properties: &[
        Property { name: "TopicArn", form: Form::Scalar, update: Update::Replace },
        Property { name: "Protocol", form: Form::Scalar, update: Update::Replace },
        Property { name: "Endpoint", form: Form::Scalar, update: Update::Replace },
        Property { name: "DeliveryPolicy", form: Form::Free, update: Update::InPlace },
        Property { name: "FilterPolicy", form: Form::Free, update: Update::InPlace },
        Property { name: "FilterPolicyScope", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RawMessageDelivery", form: Form::Scalar, update: Update::InPlace },
        Property { name: "RedrivePolicy", form: Form::Free, update: Update::InPlace },
        Property { name: "SubscriptionRoleArn", form: Form::Scalar, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &["Region", "ReplayPolicy"],
    name_property: None,
    tags: TagStyle::None,
};

/// As [`ATTRIBUTES`], for subscriptions. The scope stands before the policy that is read by it.
const SUBSCRIBED: [(&str, &str); 6] = [
    ("FilterPolicyScope", "MessageAttributes"),
    ("FilterPolicy", ""),
    ("DeliveryPolicy", ""),
    ("RawMessageDelivery", "false"),
    ("RedrivePolicy", ""),
    ("SubscriptionRoleArn", ""),
];

fn said(properties: &Properties<'_>, name: &str) -> Result<Option<String>, Reason> {
    match properties.get(name) {
        None => Ok(None),
        Some(_) if name.ends_with("Policy") => properties.document(name).map(Some),
        Some(_) => Ok(properties.text(name)),
    }
}

impl Kind for Subscription {
    fn spec(&self) -> &'static Spec {
        &SUBSCRIPTION
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let mut attributes = BTreeMap::new();
        for (name, _) in SUBSCRIBED {
            attributes.extend(said(properties, name)?.map(|text| (name.to_owned(), text)));
        }
        let input = sns::SubscribeInput {
            topic_arn: properties.required("TopicArn")?,
            protocol: properties.required("Protocol")?,
            endpoint: properties.text("Endpoint"),
            attributes: Some(attributes).filter(|all| !all.is_empty()),
            return_subscription_arn: Some(true),
        };
        // Until SNS has drawn the ARN.
        let made = Made::new(make.name(128)).with("Arn", "");
        Ok(Plan { made, asks: vec![Ask::to::<sns::Subscribe>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let mut asks = Vec::new();
        for (name, default) in SUBSCRIBED {
            let (was, is) = (said(&before, name)?, said(properties, name)?);
            if was != is {
                let input = sns::SetSubscriptionAttributesInput {
                    subscription_arn: old.made.physical_id.clone(),
                    attribute_name: name.to_owned(),
                    attribute_value: Some(is.unwrap_or_else(|| default.to_owned())),
                };
                asks.push(Ask::to::<sns::SetSubscriptionAttributes>(input));
            }
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = sns::UnsubscribeInput { subscription_arn: old.made.physical_id.clone() };
        vec![Ask::to::<sns::Unsubscribe>(input).or_absent()]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == sns::Subscribe::NAME
            && let Some(arn) = sns::SubscribeOutput::from_val(reply).subscription_arn
        {
            made.attributes.insert("Arn".to_owned(), arn.clone());
            made.physical_id = arn;
        }
    }
}

/// The policy of topics. `Ref`: a name that is made up.
pub(super) struct TopicPolicy;

static TOPIC_POLICY: Spec = Spec {
    name: "AWS::SNS::TopicPolicy",
    properties: &[
        Property { name: "PolicyDocument", form: Form::Free, update: Update::InPlace },
        Property { name: "Topics", form: Form::Scalars, update: Update::InPlace },
    ],
    attributes: &["Id"],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

/// An empty policy gives the topic its first one back.
fn say(topic_arn: String, policy: &str) -> Ask {
    Ask::to::<sns::SetTopicAttributes>(sns::SetTopicAttributesInput {
        topic_arn,
        attribute_name: "Policy".to_owned(),
        attribute_value: Some(policy.to_owned()),
    })
}

impl Kind for TopicPolicy {
    fn spec(&self) -> &'static Spec {
        &TOPIC_POLICY
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let id = make.name(128);
        let policy = properties.document("PolicyDocument")?;
        let topics = properties.texts("Topics");
        if topics.is_empty() {
            return Err(properties.missing("Topics"));
        }
        let asks = topics.into_iter().map(|topic| say(topic, &policy)).collect();
        Ok(Plan { made: Made::new(&id).with("Id", &id), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let policy = properties.document("PolicyDocument")?;
        let topics = properties.texts("Topics");
        let gone = before.texts("Topics").into_iter().filter(|topic| !topics.contains(topic));
        let mut asks: Vec<Ask> = gone.map(|topic| say(topic, "").or_absent()).collect();
        asks.extend(topics.into_iter().map(|topic| say(topic, &policy)));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        before.texts("Topics").into_iter().map(|topic| say(topic, "").or_absent()).collect()
    }
}
