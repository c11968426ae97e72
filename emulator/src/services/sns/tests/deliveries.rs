//! Deliveries: to queues, functions and HTTP endpoints, filtered, raw, in order, and to dead-letter queues.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::executors::{FunctionError, NativeContext};
use crate::services::lambda::tests::{create_input, zip_of};
use crate::world::{Rule, Verdict};

#[tokio::test]
async fn a_queue_gets_awss_document_or_the_raw_message() {
    let bench = Bench::new("t", &[]).await;
    bench.queue("plain").await;
    bench.queue("raw").await;
    let plain = bench.subscribe("sqs", &queue_arn("plain"), &[]).await.unwrap();
    bench.subscribe("sqs", &queue_arn("raw"), &[("RawMessageDelivery", "true")]).await.unwrap();
    let all = BTreeMap::from([("attr1".to_owned(), text("Number", "99.12"))]);
    let change = |input: &mut PublishInput| {
        input.subject = Some("Su\"bject".to_owned());
        input.message_attributes = Some(all);
    };
    let sent = bench.publish_with("Hello\nworld", change).await.unwrap().message_id.unwrap();
    let expected = format!(
        r#"{{
  "Type" : "Notification",
  "MessageId" : "{sent}",
  "TopicArn" : "{TOPIC}",
  "Subject" : "Su\"bject",
  "Message" : "Hello\nworld",
  "Timestamp" : "2026-01-05T00:00:00.000Z",
  "SignatureVersion" : "1",
  "Signature" : "EXAMPLEwavetankSignsNothing==",
  "SigningCertURL" : "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-EXAMPLE.pem",
  "UnsubscribeURL" : "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={plain}",
  "MessageAttributes" : {{
    "attr1" : {{"Type":"Number","Value":"99.12"}}
  }}
}}"#
    );
    assert_eq!(bench.bodies("plain").await, [expected]);
    let raw = bench.read("raw").await.remove(0);
    assert_eq!(raw.body.as_deref(), Some("Hello\nworld"));
    // Recorded by LocalStack (`test_publish_sqs_from_sns`).
    assert_eq!(raw.md5of_message_attributes.as_deref(), Some("d302007e9aa062660afc85fd0a482472"));
}

#[tokio::test]
async fn each_protocol_gets_its_own_text_of_a_json_message() {
    let bench = Bench::new("t", &[]).await;
    bench.queue("q").await;
    bench.subscribe("sqs", &queue_arn("q"), &[("RawMessageDelivery", "true")]).await.unwrap();
    let json = |input: &mut PublishInput| input.message_structure = Some("json".to_owned());
    bench.publish_with(r#"{"default": "d", "sqs": "s"}"#, json).await.unwrap();
    bench.publish_with(r#"{"default": "d", "lambda": "l"}"#, json).await.unwrap();
    assert_eq!(bench.bodies("q").await, ["s", "d"]);
}

#[tokio::test]
async fn a_filter_keeps_out_what_does_not_fit() {
    let bench = Bench::new("t", &[]).await;
    bench.queue("attributes").await;
    bench.queue("body").await;
    let raw = ("RawMessageDelivery", "true");
    let by_attributes = [
        raw,
        (
            "FilterPolicy",
            r#"{"kind": [{"prefix": "or"}], "$or": [{"n": [1]}, {"n": [{"numeric": [">", 5]}]}]}"#,
        ),
    ];
    let by_attributes = bench.subscribe("sqs", &queue_arn("attributes"), &by_attributes).await.unwrap();
    let body = [raw, ("FilterPolicyScope", "MessageBody"), ("FilterPolicy", r#"{"a": {"b": ["x"]}}"#)];
    bench.subscribe("sqs", &queue_arn("body"), &body).await.unwrap();
    for (message, kind, n) in
        [("1", "order", "1"), ("2", "order", "3"), (r#"{"a": {"b": "x"}}"#, "pear", "9")]
    {
        let all =
            BTreeMap::from([("kind".to_owned(), text("String", kind)), ("n".to_owned(), text("Number", n))]);
        bench.publish_with(message, |input| input.message_attributes = Some(all)).await.unwrap();
    }
    assert_eq!(bench.bodies("attributes").await, ["1"]);
    assert_eq!(bench.bodies("body").await, [r#"{"a": {"b": "x"}}"#]);
    let shown = bench.attributes_of(&by_attributes).await;
    assert_eq!(shown["FilterPolicyScope"], "MessageAttributes");
}

#[tokio::test]
async fn a_fifo_topic_keeps_groups_and_drops_duplicates() {
    let bench = Bench::new("t.fifo", &[("FifoTopic", "true"), ("ContentBasedDeduplication", "true")]).await;
    bench.queue("q.fifo").await;
    bench.queue("plain").await;
    bench.subscribe("sqs", &queue_arn("q.fifo"), &[]).await.unwrap();
    bench.subscribe("sqs", &queue_arn("plain"), &[("RawMessageDelivery", "true")]).await.unwrap();
    let group = |input: &mut PublishInput| input.message_group_id = Some("g".to_owned());
    let first = bench.publish_with("Test", group).await.unwrap();
    let again = bench.publish_with("Test", group).await.unwrap();
    assert_eq!(first, again);
    let second = bench.publish_with("Next", group).await.unwrap();
    assert!(second.sequence_number > first.sequence_number);
    let messages = bench.read("q.fifo").await;
    let system = messages[0].attributes.clone().unwrap();
    // Recorded by LocalStack (`test_message_to_fifo_sqs`).
    assert_eq!(
        system["MessageDeduplicationId"],
        "532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25"
    );
    assert_eq!(system["MessageGroupId"], "g");
    let body: Value = serde_json::from_str(messages[0].body.as_deref().unwrap()).unwrap();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    let expected =
        ["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"];
    assert_eq!((messages.len(), names), (2, expected.map(str::to_owned).iter().collect()));
    assert_eq!(bench.bodies("plain").await, ["Test", "Next"]);
    assert_eq!(
        refusal(bench.publish("x").await),
        "InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
    );
}

#[tokio::test]
async fn what_a_queue_cannot_take_goes_to_the_subscriptions_dead_letter_queue() {
    let bench = Bench::new("t", &[]).await;
    bench.queue("dead").await;
    let policy = format!(r#"{{"deadLetterTargetArn": "{}"}}"#, queue_arn("dead"));
    let settings = [("RedrivePolicy", policy.as_str()), ("RawMessageDelivery", "true")];
    bench.subscribe("sqs", &queue_arn("none"), &settings).await.unwrap();
    let all = BTreeMap::from([("attr1".to_owned(), text("Number", "111"))]);
    bench.publish_with("lost?", |input| input.message_attributes = Some(all)).await.unwrap();
    let dead = bench.read("dead").await.remove(0);
    assert_eq!(dead.body.as_deref(), Some("lost?"));
    assert_eq!(dead.message_attributes.unwrap()["attr1"].string_value.as_deref(), Some("111"));
}

/// Whom SNS asks refuses it so often.
fn keep_busy(bench: &Bench, (service, operation): (&str, &str), (status, code): (u16, &str), times: u64) {
    let busy = Verdict::Fail(WireError::client_status(status, code, "Rate exceeded"));
    let (caller, hits_max) = (Some("sns".to_owned()), Some(times));
    let rule = Rule { caller, hits_max, ..Rule::on(service, operation, busy) };
    bench.tank.with_world(|world| world.add_fault(rule));
}

#[tokio::test]
async fn a_queue_that_is_busy_is_asked_again_until_it_takes_the_message() {
    let bench = Bench::new("t", &[]).await;
    bench.queue("q").await;
    bench.queue("dead").await;
    let policy = format!(r#"{{"deadLetterTargetArn": "{}"}}"#, queue_arn("dead"));
    let settings = [("RedrivePolicy", policy.as_str()), ("RawMessageDelivery", "true")];
    bench.subscribe("sqs", &queue_arn("q"), &settings).await.unwrap();
    keep_busy(&bench, ("sqs", "SendMessage"), (403, "RequestThrottled"), 5);
    let before = bench.tank.now();
    bench.publish("late").await.unwrap();
    assert!(bench.bodies("q").await.is_empty());
    bench.tank.settle(Duration::from_secs(100)).await;
    assert_eq!(bench.tank.now(), before + Duration::from_secs(2), "thrice at once, twice a second apart");
    assert_eq!(bench.bodies("q").await, ["late"]);
    assert!(bench.bodies("dead").await.is_empty());
}

#[tokio::test]
async fn a_function_gets_an_event_however_busy_lambda_is() {
    let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
    let heard = Arc::clone(&seen);
    let function = move |_: &NativeContext, event: Value| -> Result<Value, FunctionError> {
        heard.lock().unwrap().push(event);
        Ok(Value::Null)
    };
    let bench = Bench::of(Tank::builder().function("test.hear", Arc::new(function)), "t", &[]).await;
    let zip = zip_of(&[("index.py", 0o644, "")]);
    bench
        .call::<wavetank_wire::lambda::CreateFunction>(create_input("f", "python3.12", "test.hear", zip))
        .await
        .unwrap();
    bench.tank.advance(Duration::from_secs(1)).await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    let subscription = bench.subscribe("lambda", arn, &[]).await.unwrap();
    keep_busy(&bench, ("lambda", "Invoke"), (429, "TooManyRequestsException"), 2);
    let sent = bench.publish("hi").await.unwrap().message_id.unwrap();
    bench.tank.settle(Duration::from_secs(10)).await;
    let events = seen.lock().unwrap().clone();
    let record = &events[0]["Records"][0];
    assert_eq!((events.len(), &record["EventSource"]), (1, &json!("aws:sns")));
    assert_eq!(record["EventSubscriptionArn"], subscription.as_str());
    let notice = &record["Sns"];
    assert_eq!(
        (&notice["MessageId"], &notice["Message"], &notice["Subject"]),
        (&json!(sent), &json!("hi"), &Value::Null)
    );
    assert_eq!(notice["MessageAttributes"], json!({}));
}

#[tokio::test]
async fn mail_and_text_messages_stay_pending() {
    let bench = Bench::new("t", &[]).await;
    assert_eq!(bench.subscribe("email", "a@example.com", &[]).await.unwrap(), "pending confirmation");
    assert_eq!(bench.subscribe("sms", "+15551234567", &[]).await.unwrap(), "pending confirmation");
    bench.publish("x").await.unwrap();
    let list = bench.call::<ListSubscriptions>(ListSubscriptionsInput { next_token: None }).await.unwrap();
    let arns: Vec<_> =
        list.subscriptions.unwrap().into_iter().filter_map(|one| one.subscription_arn).collect();
    assert_eq!(arns, ["PendingConfirmation"; 2]);
}

/// Takes requests and answers each with the next of these statuses. What it reads is seen in the list.
async fn endpoint(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&seen);
    tokio::spawn(async move {
        for status in statuses {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            while !is_whole(&text) {
                let count = socket.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the request ends too early");
                text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
            heard.lock().unwrap().push(text);
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, seen)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

#[tokio::test]
async fn an_http_endpoint_confirms_is_asked_again_and_its_losses_are_kept() {
    let bench = Bench::new("t", &[]).await;
    bench.queue("dead").await;
    let (url, seen) = endpoint(&[200, 500, 503, 200, 404]).await;
    let policy = format!(r#"{{"deadLetterTargetArn": "{}"}}"#, queue_arn("dead"));
    let pending = bench.subscribe("http", &url, &[("RedrivePolicy", &policy)]).await.unwrap();
    assert_eq!(pending, "pending confirmation");
    bench.publish("too early").await.unwrap();
    bench.tank.settle(Duration::from_secs(5)).await;

    let confirm = |token: &str| ConfirmSubscriptionInput {
        topic_arn: bench.topic.clone(),
        token: token.to_owned(),
        authenticate_on_unsubscribe: None,
    };
    assert_eq!(
        refusal(bench.call::<ConfirmSubscription>(confirm("x")).await),
        "InvalidParameter: Invalid parameter: Token"
    );
    let unknown = "0".repeat(128);
    assert_eq!(
        refusal(bench.call::<ConfirmSubscription>(confirm(&unknown)).await),
        "InvalidParameter: Invalid token"
    );
    let asked: String = seen.lock().unwrap()[0].split_once("\r\n\r\n").unwrap().1.to_owned();
    let asked: Value = serde_json::from_str(&asked).unwrap();
    let token = asked["Token"].as_str().unwrap().to_owned();
    bench.call::<ConfirmSubscription>(confirm(&token)).await.unwrap();

    let before = bench.tank.now();
    bench.publish("again and again").await.unwrap();
    bench.tank.settle(Duration::from_secs(100)).await;
    assert_eq!(bench.tank.now(), before + Duration::from_secs(40));
    bench.publish("refused").await.unwrap();
    bench.tank.settle(Duration::from_secs(100)).await;
    let dead: Value = serde_json::from_str(&bench.bodies("dead").await[0]).unwrap();
    assert_eq!(dead["Message"], "refused");

    let read = seen.lock().unwrap().clone();
    assert!(read[0].contains("x-amz-sns-message-type: SubscriptionConfirmation") && read[0].contains(&token));
    for text in &read[1..4] {
        assert!(text.contains("x-amz-sns-message-type: Notification") && text.contains("again and again"));
        assert!(text.contains("x-amz-sns-subscription-arn: arn:aws:sns"));
    }
}
