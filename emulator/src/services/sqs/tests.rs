//! SQS on a frozen tank: what clients are told, and when messages are seen.

mod batches;
mod fifo;
mod limits;
mod queues;
mod signals;

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::Seed;
use wavetank_wire::sqs::*;
use wavetank_wire::{Operation, WireError};

use crate::world::testing::refusal;
use crate::{Scope, Tank};

/// A tank, a queue, and short words for what clients do.
struct Bench {
    tank: Tank,
    url: String,
}

fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

impl Bench {
    async fn new(name: &str, settings: &[(&str, &str)]) -> Self {
        let tank = Tank::builder().seed(Seed(7)).build();
        let mut bench = Self { tank, url: String::new() };
        bench.url = bench.queue(name, settings).await.unwrap();
        bench
    }

    async fn fifo(settings: &[(&str, &str)]) -> Self {
        let mut all = vec![("FifoQueue", "true")];
        all.extend(settings);
        Self::new("q.fifo", &all).await
    }

    async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.tank.request::<O>(&Scope::default(), input).await
    }

    async fn queue(&self, name: &str, settings: &[(&str, &str)]) -> Result<String, WireError> {
        let attributes = Some(attributes(settings));
        let input = CreateQueueInput { queue_name: name.to_owned(), attributes, tags: None };
        Ok(self.call::<CreateQueue>(input).await?.queue_url.unwrap())
    }

    async fn set(&self, settings: &[(&str, &str)]) -> Result<(), WireError> {
        let input = SetQueueAttributesInput { queue_url: self.url.clone(), attributes: attributes(settings) };
        self.call::<SetQueueAttributes>(input).await.map(drop)
    }

    async fn get(&self, names: &[&str]) -> BTreeMap<String, String> {
        let input = GetQueueAttributesInput {
            queue_url: self.url.clone(),
            attribute_names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        };
        self.call::<GetQueueAttributes>(input).await.unwrap().attributes.unwrap_or_default()
    }

    /// Visible, in flight, delayed.
    async fn counts(&self) -> [String; 3] {
        let all = self.get(&["All"]).await;
        ["", "NotVisible", "Delayed"].map(|kind| all[&format!("ApproximateNumberOfMessages{kind}")].clone())
    }

    async fn send(&self, body: &str) -> Result<SendMessageOutput, WireError> {
        self.send_with(body, |_| {}).await
    }

    async fn send_with(
        &self,
        body: &str,
        change: impl FnOnce(&mut SendMessageInput),
    ) -> Result<SendMessageOutput, WireError> {
        let mut input = SendMessageInput {
            queue_url: self.url.clone(),
            message_body: body.to_owned(),
            ..SendMessageInput::default()
        };
        change(&mut input);
        self.call::<SendMessage>(input).await
    }

    /// To a FIFO queue, with its body as deduplication id.
    async fn send_to(&self, group: &str, body: &str) -> SendMessageOutput {
        let change = |input: &mut SendMessageInput| {
            input.message_group_id = Some(group.to_owned());
            input.message_deduplication_id = Some(body.to_owned());
        };
        self.send_with(body, change).await.unwrap()
    }

    async fn receive(&self, max: i64) -> Vec<Message> {
        self.receive_with(|input| input.max_number_of_messages = Some(max)).await.unwrap()
    }

    async fn receive_with(
        &self,
        change: impl FnOnce(&mut ReceiveMessageInput),
    ) -> Result<Vec<Message>, WireError> {
        let mut input = ReceiveMessageInput { queue_url: self.url.clone(), ..ReceiveMessageInput::default() };
        change(&mut input);
        Ok(self.call::<ReceiveMessage>(input).await?.messages.unwrap_or_default())
    }

    async fn bodies(&self, max: i64) -> Vec<String> {
        self.receive(max).await.into_iter().filter_map(|message| message.body).collect()
    }

    async fn delete(&self, handle: &str) -> Result<(), WireError> {
        let input = DeleteMessageInput { queue_url: self.url.clone(), receipt_handle: handle.to_owned() };
        self.call::<DeleteMessage>(input).await.map(drop)
    }

    async fn hide(&self, handle: &str, secs: i64) -> Result<(), WireError> {
        let input = ChangeMessageVisibilityInput {
            queue_url: self.url.clone(),
            receipt_handle: handle.to_owned(),
            visibility_timeout: secs,
        };
        self.call::<ChangeMessageVisibility>(input).await.map(drop)
    }

    async fn advance(&self, secs: u64) {
        self.tank.advance(Duration::from_secs(secs)).await;
    }
}

fn handle(message: &Message) -> &str {
    message.receipt_handle.as_deref().unwrap()
}

#[tokio::test]
async fn a_received_message_is_hidden_until_its_timeout_has_passed() {
    let bench = Bench::new("q", &[("VisibilityTimeout", "10")]).await;
    bench.send("a").await.unwrap();
    assert_eq!(bench.bodies(10).await, ["a"]);
    assert_eq!(bench.counts().await, ["0", "1", "0"]);
    bench.advance(9).await;
    assert_eq!(bench.bodies(10).await, [""; 0]);
    bench.advance(1).await;
    let again = bench.receive_with(|input| input.visibility_timeout = Some(2)).await.unwrap();
    assert_eq!(again.len(), 1);
    bench.advance(2).await;
    let last = bench.receive(1).await;
    bench.delete(handle(&last[0])).await.unwrap();
    bench.advance(60).await;
    assert_eq!(bench.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_long_poll_ends_at_once_when_a_message_can_be_seen_and_else_after_its_wait() {
    let bench = Bench::new("q", &[]).await;
    let before = bench.tank.now();
    let none = bench.receive_with(|input| input.wait_time_seconds = Some(20)).await.unwrap();
    assert_eq!((none.len(), bench.tank.now()), (0, before + Duration::from_secs(20)));
    bench.send_with("late", |input| input.delay_seconds = Some(7)).await.unwrap();
    assert_eq!(bench.counts().await, ["0", "0", "1"]);
    let before = bench.tank.now();
    let late = bench.receive_with(|input| input.wait_time_seconds = Some(20)).await.unwrap();
    assert_eq!((late.len(), bench.tank.now()), (1, before + Duration::from_secs(7)));
}

#[tokio::test]
async fn an_idle_queue_leaves_time_alone() {
    let bench = Bench::new("q", &[]).await;
    bench.send("a").await.unwrap();
    let before = bench.tank.now();
    assert!(bench.tank.settle(Duration::from_secs(86_400)).await);
    assert_eq!(bench.tank.now(), before);
}

#[tokio::test]
async fn handles_of_a_standard_queue_outlive_their_timeout_but_not_the_next_receive() {
    let bench = Bench::new("q", &[("VisibilityTimeout", "1")]).await;
    bench.send("a").await.unwrap();
    let first = bench.receive(1).await;
    bench.advance(2).await;
    bench.hide(handle(&first[0]), 2).await.unwrap();
    assert_eq!(bench.bodies(1).await, [""; 0]);
    bench.advance(2).await;
    let second = bench.receive(1).await;
    bench.delete(handle(&first[0])).await.unwrap();
    bench.advance(1).await;
    assert_eq!(bench.counts().await, ["1", "0", "0"]);
    bench.delete(handle(&second[0])).await.unwrap();
    assert_eq!(bench.counts().await, ["0", "0", "0"]);
    bench.delete(handle(&second[0])).await.unwrap();
}

#[tokio::test]
async fn handles_that_are_none_or_anothers_are_refused() {
    let bench = Bench::new("q", &[]).await;
    let garbage =
        "ReceiptHandleIsInvalid: The input receipt handle \"garbage\" is not a valid receipt handle.";
    assert_eq!(refusal(bench.delete("garbage").await), garbage);
    bench.send("a").await.unwrap();
    let message = bench.receive(1).await;
    let other = Bench { tank: bench.tank.clone(), url: bench.queue("other", &[]).await.unwrap() };
    let foreign = "ReceiptHandleIsInvalid: The input receipt handle is invalid.";
    assert_eq!(refusal(other.delete(handle(&message[0])).await), foreign);
    bench.delete(handle(&message[0])).await.unwrap();
    let gone = refusal(bench.hide(handle(&message[0]), 5).await);
    assert!(
        gone.ends_with("Message does not exist or is not available for visibility timeout change."),
        "{gone}"
    );
}

#[tokio::test]
async fn a_message_stays_hidden_for_twelve_hours_at_most() {
    let bench = Bench::new("q", &[]).await;
    bench.send("a").await.unwrap();
    let message = bench.receive(1).await;
    assert!(
        refusal(bench.hide(handle(&message[0]), 43_201).await).starts_with("InvalidParameterValueException")
    );
    bench.advance(10).await;
    let beyond = refusal(bench.hide(handle(&message[0]), 43_191).await);
    assert!(
        beyond.contains("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"),
        "{beyond}"
    );
    bench.hide(handle(&message[0]), 43_190).await.unwrap();
}

#[tokio::test]
async fn messages_are_gone_when_their_retention_has_passed_even_in_flight() {
    let bench = Bench::new("q", &[("MessageRetentionPeriod", "60"), ("VisibilityTimeout", "30")]).await;
    bench.send("a").await.unwrap();
    bench.advance(59).await;
    assert_eq!(bench.bodies(1).await, ["a"]);
    bench.advance(1).await;
    assert_eq!(bench.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue_with_its_history() {
    let bench = Bench::new("q", &[]).await;
    let grave = Bench { tank: bench.tank.clone(), url: bench.queue("dead", &[]).await.unwrap() };
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"2"}"#;
    bench.set(&[("RedrivePolicy", policy), ("VisibilityTimeout", "0")]).await.unwrap();
    let sent = bench.send("poison").await.unwrap();
    bench.advance(5).await;
    assert_eq!(bench.bodies(1).await, ["poison"]);
    assert_eq!(bench.bodies(1).await, ["poison"]);
    assert_eq!(grave.counts().await, ["0", "0", "0"]);
    assert_eq!(bench.bodies(1).await, [""; 0]);
    let all = |input: &mut ReceiveMessageInput| input.attribute_names = Some(vec!["All".to_owned()]);
    let dead = grave.receive_with(all).await.unwrap();
    assert_eq!(dead[0].message_id, sent.message_id);
    let system = dead[0].attributes.clone().unwrap();
    assert_eq!(system["ApproximateReceiveCount"], "3");
    assert_eq!(system["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:q");
    let sent_at = (grave.tank.now() - Duration::from_secs(5)).millis().to_string();
    assert_eq!(system["SentTimestamp"], sent_at);
    let sources = ListDeadLetterSourceQueuesInput { queue_url: grave.url.clone(), ..Default::default() };
    let sources = grave.call::<ListDeadLetterSourceQueues>(sources).await.unwrap();
    assert_eq!(sources.queue_urls, std::slice::from_ref(&bench.url));
}

#[tokio::test]
async fn a_move_task_takes_dead_letters_back_at_its_rate() {
    let bench = Bench::new("q", &[("VisibilityTimeout", "0")]).await;
    let grave = Bench { tank: bench.tank.clone(), url: bench.queue("dead", &[]).await.unwrap() };
    let dead_arn = "arn:aws:sqs:us-east-1:000000000000:dead".to_owned();
    let start = || StartMessageMoveTaskInput {
        source_arn: dead_arn.clone(),
        destination_arn: None,
        max_number_of_messages_per_second: Some(1),
    };
    let refused = refusal(bench.call::<StartMessageMoveTask>(start()).await);
    assert_eq!(
        refused,
        "InvalidParameterValueException: Source queue must be configured as a Dead Letter Queue."
    );
    let policy = format!(r#"{{"deadLetterTargetArn":"{dead_arn}","maxReceiveCount":1}}"#);
    bench.set(&[("RedrivePolicy", &policy)]).await.unwrap();
    for body in ["a", "b", "c"] {
        bench.send(body).await.unwrap();
    }
    assert_eq!((bench.receive(10).await.len(), bench.receive(10).await.len()), (3, 0));
    assert_eq!(grave.counts().await, ["3", "0", "0"]);
    bench.set(&[("RedrivePolicy", &policy), ("VisibilityTimeout", "30")]).await.unwrap();

    let task = bench.call::<StartMessageMoveTask>(start()).await.unwrap().task_handle;
    let second = refusal(bench.call::<StartMessageMoveTask>(start()).await);
    assert!(second.contains("There is already a task running."), "{second}");
    bench.advance(2).await;
    let list = || ListMessageMoveTasksInput { source_arn: dead_arn.clone(), max_results: None };
    let running = bench.call::<ListMessageMoveTasks>(list()).await.unwrap().results.unwrap().remove(0);
    let seen = (running.status.as_deref(), running.approximate_number_of_messages_moved, running.task_handle);
    assert_eq!(seen, (Some("RUNNING"), Some(2), task.clone()));
    bench.advance(1).await;
    let done = bench.call::<ListMessageMoveTasks>(list()).await.unwrap().results.unwrap().remove(0);
    let seen = (done.status.as_deref(), done.approximate_number_of_messages_moved, done.task_handle);
    assert_eq!(seen, (Some("COMPLETED"), Some(3), None));
    assert_eq!(
        (bench.bodies(10).await, grave.receive(10).await.len()),
        (vec!["a".into(), "b".into(), "c".into()], 0)
    );
    let cancel = CancelMessageMoveTaskInput { task_handle: task.unwrap() };
    assert!(bench.call::<CancelMessageMoveTask>(cancel).await.is_err());
}

#[tokio::test]
async fn digests_are_awss() {
    let bench = Bench::new("q", &[]).await;
    let text = |data_type: &str, text: &str| MessageAttributeValue {
        data_type: data_type.to_owned(),
        string_value: Some(text.to_owned()),
        ..Default::default()
    };
    let all: BTreeMap<String, MessageAttributeValue> =
        [("Hello", "There"), ("General", "Kenobi"), ("Help.Me", "Me")]
            .map(|(name, value)| (name.to_owned(), text("String", value)))
            .into();
    let sent = bench.send_with("msg", |input| input.message_attributes = Some(all)).await.unwrap();
    assert_eq!(sent.md5of_message_body.as_deref(), Some("6e2baaf3b97dbeef01c0043275f9a0e7"));
    assert_eq!(sent.md5of_message_attributes.as_deref(), Some("4c360f3fdafd970e05fae2f149d997f5"));
    bench.set(&[("VisibilityTimeout", "0")]).await.unwrap();
    // Recorded by LocalStack (2024-04-30): the digest is of what is returned.
    for (names, expected) in [
        (&[][..], None),
        (&["All"][..], Some("4c360f3fdafd970e05fae2f149d997f5")),
        (&[".*"][..], Some("4c360f3fdafd970e05fae2f149d997f5")),
        (&["Foo", "Help"][..], None),
        (&["Hello", "General"][..], Some("fca026605781cb4126a1e9044df24232")),
        (&["Hello", "Bar"][..], Some("a311262e065454b75da111d535b8dacd")),
        (&["Hel.*"][..], Some("83fee93c1bcd8b9a5a923ffacdc636c7")),
    ] {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let got = bench.receive_with(|input| input.message_attribute_names = Some(names)).await.unwrap();
        assert_eq!(got[0].md5of_message_attributes.as_deref(), expected);
    }
    let binary = MessageAttributeValue {
        data_type: "Binary".to_owned(),
        binary_value: Some(bytes::Bytes::from_static(
            b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01",
        )),
        ..Default::default()
    };
    let all = BTreeMap::from([("attr1".to_owned(), binary)]);
    let sent = bench.send_with("test", |input| input.message_attributes = Some(all)).await.unwrap();
    assert_eq!(sent.md5of_message_attributes.as_deref(), Some("8cbe4db156db8a94db8b801b7addb984"));
}
