//! SNS on a frozen tank: who gets what, in which form, and what becomes of what nobody takes.

mod deliveries;
mod limits;
mod refusals;

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::Seed;
use wavetank_wire::sns::*;
use wavetank_wire::sqs;
use wavetank_wire::{Operation, WireError};

use crate::world::testing::refusal;
use crate::{Scope, Tank, TankBuilder};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

/// A tank with a topic, and short words for what clients do.
struct Bench {
    tank: Tank,
    topic: String,
}

fn attributes(pairs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    Some(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

fn text(data_type: &str, text: &str) -> MessageAttributeValue {
    MessageAttributeValue {
        data_type: data_type.to_owned(),
        string_value: Some(text.to_owned()),
        ..Default::default()
    }
}

impl Bench {
    async fn new(name: &str, settings: &[(&str, &str)]) -> Self {
        Self::of(Tank::builder(), name, settings).await
    }

    async fn of(builder: TankBuilder, name: &str, settings: &[(&str, &str)]) -> Self {
        let mut bench = Self { tank: builder.seed(Seed(7)).build(), topic: String::new() };
        let input = CreateTopicInput {
            name: name.to_owned(),
            attributes: attributes(settings),
            ..CreateTopicInput::default()
        };
        bench.topic = bench.call::<CreateTopic>(input).await.unwrap().topic_arn.unwrap();
        bench
    }

    async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.tank.request::<O>(&Scope::default(), input).await
    }

    async fn queue(&self, name: &str) {
        let fifo = name.ends_with(".fifo");
        let input = sqs::CreateQueueInput {
            queue_name: name.to_owned(),
            attributes: attributes(if fifo { &[("FifoQueue", "true")] } else { &[] }),
            tags: None,
        };
        self.call::<sqs::CreateQueue>(input).await.unwrap();
    }

    /// All messages of a queue.
    async fn read(&self, name: &str) -> Vec<sqs::Message> {
        let input = sqs::ReceiveMessageInput {
            queue_url: format!("http://h/000000000000/{name}"),
            max_number_of_messages: Some(10),
            attribute_names: Some(vec!["All".to_owned()]),
            message_attribute_names: Some(vec!["All".to_owned()]),
            ..sqs::ReceiveMessageInput::default()
        };
        self.call::<sqs::ReceiveMessage>(input).await.unwrap().messages.unwrap_or_default()
    }

    async fn bodies(&self, name: &str) -> Vec<String> {
        self.read(name).await.into_iter().filter_map(|message| message.body).collect()
    }

    async fn subscribe(
        &self,
        protocol: &str,
        endpoint: &str,
        settings: &[(&str, &str)],
    ) -> Result<String, WireError> {
        let input = SubscribeInput {
            topic_arn: self.topic.clone(),
            protocol: protocol.to_owned(),
            endpoint: Some(endpoint.to_owned()),
            attributes: attributes(settings),
            return_subscription_arn: None,
        };
        Ok(self.call::<Subscribe>(input).await?.subscription_arn.unwrap())
    }

    async fn publish(&self, message: &str) -> Result<PublishOutput, WireError> {
        self.publish_with(message, |_| {}).await
    }

    async fn publish_with(
        &self,
        message: &str,
        change: impl FnOnce(&mut PublishInput),
    ) -> Result<PublishOutput, WireError> {
        let mut input = PublishInput {
            topic_arn: Some(self.topic.clone()),
            message: message.to_owned(),
            ..PublishInput::default()
        };
        change(&mut input);
        self.call::<Publish>(input).await
    }

    async fn attributes_of(&self, subscription: &str) -> BTreeMap<String, String> {
        let input = GetSubscriptionAttributesInput { subscription_arn: subscription.to_owned() };
        self.call::<GetSubscriptionAttributes>(input).await.unwrap().attributes.unwrap()
    }
}

#[tokio::test]
async fn a_topic_shows_awss_defaults() {
    let bench = Bench::new("t", &[("DisplayName", "T")]).await;
    assert_eq!(bench.topic, TOPIC);
    let input = GetTopicAttributesInput { topic_arn: TOPIC.to_owned() };
    let shown = bench.call::<GetTopicAttributes>(input).await.unwrap().attributes.unwrap();
    let lines: Vec<String> = shown.iter().map(|(name, text)| format!("{name}={text}")).collect();
    // Recorded by LocalStack (`test_create_topic_different_attrs`).
    assert_eq!(
        lines,
        [
            "DisplayName=T",
            r#"EffectiveDeliveryPolicy={"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#,
            "Owner=000000000000",
            r#"Policy={"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:000000000000:t","Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}}}]}"#,
            "SubscriptionsConfirmed=0",
            "SubscriptionsDeleted=0",
            "SubscriptionsPending=0",
            "TopicArn=arn:aws:sns:us-east-1:000000000000:t",
        ]
    );
}

#[tokio::test]
async fn subscribing_twice_is_subscribing_once() {
    let bench = Bench::new("t", &[]).await;
    let first = bench.subscribe("sqs", &queue_arn("q"), &[("RawMessageDelivery", "true")]).await.unwrap();
    assert_eq!(bench.subscribe("sqs", &queue_arn("q"), &[]).await.unwrap(), first);
    assert_eq!(
        refusal(bench.subscribe("sqs", &queue_arn("q"), &[("RawMessageDelivery", "false")]).await),
        "InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    );
    let shown = bench.attributes_of(&first).await;
    let lines: Vec<String> = shown.iter().map(|(name, text)| format!("{name}={text}")).collect();
    assert_eq!(
        lines,
        [
            "ConfirmationWasAuthenticated=true".to_owned(),
            "Endpoint=arn:aws:sqs:us-east-1:000000000000:q".to_owned(),
            "Owner=000000000000".to_owned(),
            "PendingConfirmation=false".to_owned(),
            "Protocol=sqs".to_owned(),
            "RawMessageDelivery=true".to_owned(),
            format!("SubscriptionArn={first}"),
            "SubscriptionPrincipal=arn:aws:iam::000000000000:root".to_owned(),
            format!("TopicArn={TOPIC}"),
        ]
    );
    let unsubscribe = || UnsubscribeInput { subscription_arn: first.clone() };
    bench.call::<Unsubscribe>(unsubscribe()).await.unwrap();
    bench.call::<Unsubscribe>(unsubscribe()).await.unwrap();
    let list = bench.call::<ListSubscriptions>(ListSubscriptionsInput { next_token: None }).await.unwrap();
    assert_eq!(list.subscriptions, Some(Vec::new()));
}

#[tokio::test]
async fn pages_hold_a_hundred() {
    let bench = Bench::new("t", &[]).await;
    for n in 0..150 {
        bench.subscribe("sqs", &queue_arn(&format!("q{n}")), &[]).await.unwrap();
    }
    let first = bench.call::<ListSubscriptions>(ListSubscriptionsInput { next_token: None }).await.unwrap();
    assert_eq!(first.subscriptions.unwrap().len(), 100);
    let input = ListSubscriptionsByTopicInput { topic_arn: TOPIC.to_owned(), next_token: first.next_token };
    let second = bench.call::<ListSubscriptionsByTopic>(input).await.unwrap();
    assert_eq!((second.subscriptions.unwrap().len(), second.next_token), (50, None));
}
