//! The service alone: who hears of messages that can be received, and how many may be in flight. And move tasks that end
//! before their time.

use super::batches::entry;
use super::*;
use crate::services::sqs::Sqs;
use crate::services::{AwsError as _, Service as _, ServiceId};
use crate::world::{Answer, Effect, testing};

/// The service alone, with what it pushes.
struct Alone {
    sqs: Sqs,
    bench: testing::Bench,
    url: String,
}

impl Alone {
    fn new(name: &str, attributes: &[(&str, &str)]) -> Self {
        let (sqs, bench) = (Sqs::default(), testing::Bench::new(ServiceId::Sqs));
        let mut alone = Self { sqs, bench, url: format!("http://h/000000000000/{name}") };
        let attributes = Some(super::attributes(attributes));
        let input = CreateQueueInput { queue_name: name.to_owned(), attributes, tags: None };
        alone.call(Request::CreateQueue(input)).unwrap();
        alone
    }

    fn call(&mut self, request: Request) -> Result<Response, String> {
        let sqs = &mut self.sqs;
        match self.bench.with(|cx| sqs.call(cx, request)) {
            Ok(Answer::Now(response)) => Ok(response),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.wire().code),
        }
    }

    fn send(&mut self, delay_secs: i64) {
        self.call(Request::SendMessage(SendMessageInput {
            queue_url: self.url.clone(),
            message_body: "x".to_owned(),
            delay_seconds: Some(delay_secs),
            ..SendMessageInput::default()
        }))
        .unwrap();
    }

    fn receive(&mut self) -> Result<usize, String> {
        let input = ReceiveMessageInput {
            queue_url: self.url.clone(),
            max_number_of_messages: Some(10),
            ..ReceiveMessageInput::default()
        };
        match self.call(Request::ReceiveMessage(input))? {
            Response::ReceiveMessage(output) => Ok(output.messages.map_or(0, |messages| messages.len())),
            other => panic!("{other:?}"),
        }
    }

    /// Goes to the next deadline, in seconds from the start.
    fn step(&mut self, start: wavetank_types::Timestamp) -> Option<u64> {
        let at = self.sqs.next_deadline()?;
        self.bench.now = at;
        let sqs = &mut self.sqs;
        self.bench.with(|cx| sqs.tick(cx));
        Some(at.since(start).as_secs())
    }

    fn signals(&mut self) -> usize {
        let topic = "arn:aws:sqs:us-east-1:000000000000:q";
        let is_signal = |effect: &Effect| matches!(effect, Effect::Signal(told) if told == topic);
        self.bench.take().iter().filter(|effect| is_signal(effect)).count()
    }
}

#[test]
fn a_signal_comes_whenever_messages_can_be_received_and_no_deadline_where_nobody_looks() {
    let mut alone = Alone::new("q", &[("VisibilityTimeout", "30")]);
    let start = alone.bench.now;
    alone.send(5);
    assert_eq!((alone.signals(), alone.sqs.next_deadline()), (0, None));
    // The tank itself looks: from now on it is told.
    assert_eq!(alone.receive(), Ok(0));
    assert_eq!((alone.step(start), alone.signals()), (Some(5), 1));
    assert_eq!(alone.step(start), None);
    assert_eq!(alone.receive(), Ok(1));
    assert_eq!((alone.signals(), alone.step(start), alone.signals()), (0, Some(35), 1));
    alone.send(0);
    assert_eq!((alone.signals(), alone.step(start)), (1, None));
}

/// Takes as many messages as may be in flight, and answers what one more receive gets.
fn overfill(name: &str, attributes: &[(&str, &str)]) -> Result<usize, String> {
    let mut alone = Alone::new(name, attributes);
    for round in 0..12_001 {
        let id = |n: usize| name.ends_with(".fifo").then(|| format!("{round}-{n}"));
        let entries = (0..10).map(|n| SendMessageBatchRequestEntry {
            message_group_id: id(n),
            message_deduplication_id: id(n),
            ..entry(&n.to_string(), "x")
        });
        let input = SendMessageBatchInput { queue_url: alone.url.clone(), entries: entries.collect() };
        alone.call(Request::SendMessageBatch(input)).unwrap();
        if round < 12_000 {
            assert_eq!(alone.receive(), Ok(10));
        }
        alone.bench.take();
    }
    alone.receive()
}

#[test]
fn a_standard_queue_refuses_to_have_too_many_messages_in_flight() {
    assert_eq!(overfill("q", &[]), Err("OverLimit".to_owned()));
}

#[test]
fn a_fifo_queue_gives_nothing_while_too_many_messages_are_in_flight() {
    assert_eq!(overfill("q.fifo", &[("FifoQueue", "true")]), Ok(0));
}

#[tokio::test]
async fn a_move_task_can_be_cancelled_and_fails_where_it_cannot_go_on() {
    let bench = Bench::new("q", &[("VisibilityTimeout", "0")]).await;
    let grave = Bench { tank: bench.tank.clone(), url: bench.queue("dead", &[]).await.unwrap() };
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, arn("dead"));
    bench.set(&[("RedrivePolicy", &policy)]).await.unwrap();
    let start = |destination: Option<&str>| StartMessageMoveTaskInput {
        source_arn: arn("dead"),
        destination_arn: destination.map(arn),
        max_number_of_messages_per_second: Some(1),
    };
    let ended = async || {
        let input = ListMessageMoveTasksInput { source_arn: arn("dead"), max_results: None };
        let task = bench.call::<ListMessageMoveTasks>(input).await.unwrap().results.unwrap().remove(0);
        let moved = task.approximate_number_of_messages_moved.unwrap();
        (task.status.unwrap(), moved, task.failure_reason)
    };
    let refused = refusal(bench.call::<StartMessageMoveTask>(start(Some("none"))).await);
    let expected = "ResourceNotFoundException: The resource that you specified for the DestinationArn parameter doesn't exist.";
    assert_eq!(refused, expected);
    for body in ["a", "b", "c"] {
        bench.send(body).await.unwrap();
    }
    assert_eq!((bench.receive(10).await.len(), bench.receive(10).await.len()), (3, 0));

    let handle = bench.call::<StartMessageMoveTask>(start(None)).await.unwrap().task_handle.unwrap();
    bench.advance(1).await;
    let cancel = CancelMessageMoveTaskInput { task_handle: handle };
    let cancelled = bench.call::<CancelMessageMoveTask>(cancel).await.unwrap();
    assert_eq!(cancelled.approximate_number_of_messages_moved, Some(1));
    bench.advance(10).await;
    assert_eq!(ended().await, ("CANCELLED".to_owned(), 1, None));

    let other = bench.queue("other", &[]).await.unwrap();
    bench.call::<StartMessageMoveTask>(start(Some("other"))).await.unwrap();
    bench.advance(1).await;
    bench.call::<DeleteQueue>(DeleteQueueInput { queue_url: other }).await.unwrap();
    bench.advance(1).await;
    let gone = Some("AWS.SimpleQueueService.NonExistentQueue".to_owned());
    assert_eq!(ended().await, ("FAILED".to_owned(), 1, gone));

    grave.receive(10).await;
    grave.send("of nowhere").await.unwrap();
    bench.call::<StartMessageMoveTask>(start(None)).await.unwrap();
    bench.advance(1).await;
    let nowhere = Some("CouldNotDetermineMessageSource".to_owned());
    assert_eq!(ended().await, ("FAILED".to_owned(), 0, nowhere));
    let bad = CancelMessageMoveTaskInput { task_handle: "x".to_owned() };
    let refused = refusal(bench.call::<CancelMessageMoveTask>(bad).await);
    assert_eq!(refused, "InvalidParameterValueException: Value for parameter TaskHandle is invalid.");
}
