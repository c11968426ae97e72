//! The state machine by examples: uploads in parts, who hears of what, what expires.

use std::time::Duration;

use bytes::Bytes;
use wavetank_wire::{WireError, sns, sqs};

use super::digest::Digested;
use super::error::Refusal;
use super::object::WriteConditions;
use super::{
    BucketConfiguration, Command, Completion, LifecycleRule, Listener, NamedPart, Notification, S3, Wanted,
};
use crate::driver::Tank;
use crate::services::AwsError as _;
use crate::services::s3::body::Body;
use crate::services::s3::limits::PART_BYTES_MIN;
use crate::world::{Cx, Scope};

/// Visits the state, as the account that is asked for nothing else.
fn act<R>(
    tank: &Tank,
    mut act: impl FnMut(&mut S3, &mut Cx<'_>) -> Result<R, Refusal>,
) -> Result<R, WireError> {
    let scope = Scope::default();
    tank.s3(&scope, "test", "Test", |s3, cx| act(s3, cx).map_err(|refusal| refusal.wire()))
}

fn tank_with_bucket() -> Tank {
    let tank = Tank::builder().build();
    act(&tank, |s3, cx| s3.create_bucket(cx, "lake", None)).expect("a new bucket");
    tank
}

fn put(tank: &Tank, key: &str, body: &'static [u8]) {
    let command = Command::PutObject {
        bucket: "lake".to_owned(),
        key: key.to_owned(),
        body: Bytes::from_static(body),
        content_type: "text/plain".to_owned(),
    };
    let scope = Scope::default();
    tank.s3(&scope, "", "PutObject", |s3, cx| s3.perform(cx, command.clone())).expect("a put");
}

fn keys(tank: &Tank) -> Vec<String> {
    let request = super::ListRequest { entries_max: 1_000, ..super::ListRequest::default() };
    let page = act(tank, |s3, cx| s3.list_objects(cx, "lake", &request)).expect("a listing");
    page.entries.into_iter().map(|entry| entry.key).collect()
}

fn complete(parts: &[(i32, usize)], named: &[i32]) -> Result<Completion, WireError> {
    let tank = tank_with_bucket();
    let id = act(&tank, |s3, cx| s3.create_upload(cx, "lake", "k", Wanted::default())).expect("an upload");
    let mut etags = std::collections::BTreeMap::new();
    for (number, size) in parts {
        let body = Body::from(Bytes::from(vec![u8::try_from(*number).unwrap_or(0); *size]));
        let digested = Digested::of(body.chunks(), None);
        etags.insert(*number, digested.etag());
        act(&tank, |s3, cx| s3.put_part(cx, "lake", "k", &id, *number, (body.clone(), digested.clone())))?;
    }
    let named: Vec<NamedPart> = named
        .iter()
        .map(|number| NamedPart {
            number: *number,
            etag: etags.get(number).cloned().unwrap_or_default(),
            checksum: None,
        })
        .collect();
    let none = WriteConditions::default();
    act(&tank, |s3, cx| s3.complete_upload(cx, "lake", ("k", &id), &named, None, &none))
}

#[test]
fn parts_are_joined_in_ascending_order_and_all_but_the_last_are_large() {
    let least = PART_BYTES_MIN as usize;
    let check = |parts: &[(i32, usize)], named: &[i32], expected: &str| {
        let answer = complete(parts, named).map(|done| done.etag).unwrap_or_else(|error| error.code);
        assert!(answer.ends_with(expected), "{named:?}: {answer}");
    };
    check(&[(1, least), (2, 10)], &[1, 2], "-2");
    check(&[(2, 10), (1, least)], &[1, 2], "-2");
    check(&[(7, 3)], &[7], "-1");
    check(&[(1, least), (2, 10)], &[1], "-1");
    check(&[(1, least), (2, 10)], &[2, 1], "InvalidPartOrder");
    check(&[(1, least)], &[1, 1], "InvalidPartOrder");
    check(&[(1, least)], &[1, 2], "InvalidPart");
    check(&[(1, least - 1), (2, 10)], &[1, 2], "EntityTooSmall");
    check(&[(1, least)], &[], "MalformedXML");
    check(&[(0, 1)], &[0], "InvalidArgument");
    check(&[(10_001, 1)], &[10_001], "InvalidArgument");
}

fn listener(events: &[&str], prefix: &str, suffix: &str) -> Listener {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Listener {
        id: None,
        arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        prefix: some(prefix),
        suffix: some(suffix),
    }
}

#[test]
fn listeners_that_would_hear_one_event_twice_are_refused() {
    let check = |listeners: &[Listener], expected: &str| {
        let tank = tank_with_bucket();
        let notification = Some(Notification { listeners: listeners.to_vec(), event_bridge: false });
        let configuration = BucketConfiguration { notification, ..BucketConfiguration::default() };
        let answer = act(&tank, |s3, cx| s3.configure(cx, "lake", configuration.clone()));
        let message = answer.err().map(|error| error.message).unwrap_or_default();
        assert!(message.contains(expected) && message.is_empty() == expected.is_empty(), "{message}");
    };
    let created = ["s3:ObjectCreated:*"];
    check(&[listener(&created, "", "")], "");
    check(&[listener(&created, "in/", ".csv"), listener(&created, "in/", ".json")], "");
    check(&[listener(&created, "a/", ""), listener(&created, "b/", "")], "");
    check(&[listener(&created, "", ".csv"), listener(&["s3:ObjectRemoved:*"], "", ".csv")], "");
    check(&[listener(&created, "a/", ""), listener(&["s3:ObjectCreated:Put"], "a/b/", "")], "overlap");
    check(&[listener(&created, "a/", ""), listener(&created, "", ".csv")], "overlap");
    check(&[listener(&["s3:Created"], "", "")], "not supported");
    check(&[Listener { arn: "f".to_owned(), ..listener(&created, "", "") }], "ARN");
}

#[tokio::test]
async fn objects_expire_at_the_midnight_after_their_days() {
    let tank = tank_with_bucket();
    let rule = LifecycleRule {
        enabled: true,
        prefix: "tmp/".to_owned(),
        expiration_days: Some(2),
        ..LifecycleRule::default()
    };
    let configuration = BucketConfiguration { lifecycle: Some(vec![rule]), ..BucketConfiguration::default() };
    act(&tank, |s3, cx| s3.configure(cx, "lake", configuration.clone())).expect("a rule");
    tank.advance(Duration::from_secs(3_600)).await;
    put(&tank, "tmp/a", b"x");
    put(&tank, "kept", b"x");
    tank.advance(Duration::from_secs(2 * 86_400)).await;
    assert_eq!(keys(&tank), ["kept", "tmp/a"]);
    tank.advance(Duration::from_secs(86_400)).await;
    assert_eq!(keys(&tank), ["kept"]);
    assert!(tank.settle(Duration::from_secs(86_400 * 365)).await, "nothing is left to expire");
}

#[test]
fn a_bucket_of_another_account_is_closed_until_it_has_a_policy() {
    let tank = tank_with_bucket();
    let other = Scope { account: "111122223333".parse().expect("an account"), ..Scope::default() };
    let head = || {
        let found = tank.s3(&other, "111122223333", "HeadBucket", |s3, cx| {
            s3.bucket(cx, "lake").map(|_| ()).map_err(|refusal| refusal.wire())
        });
        found.err().map(|error| error.code).unwrap_or_default()
    };
    assert_eq!(head(), "AccessDenied");
    let policy = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::lake/*"}}"#;
    let configuration =
        BucketConfiguration { policy: Some(policy.to_owned()), ..BucketConfiguration::default() };
    act(&tank, |s3, cx| s3.configure(cx, "lake", configuration.clone())).expect("a policy");
    assert_eq!(head(), "");
}

/// Makes a queue or topic that lets S3 in, or not.
async fn destination(tank: &Tank, arn: &str, policy: Option<&str>) {
    let scope = Scope::default();
    let name = arn.rsplit(':').next().expect("a name").to_owned();
    let attributes = policy.map(|policy| [("Policy".to_owned(), policy.to_owned())].into());
    if arn.contains(":sqs:") {
        let input = sqs::CreateQueueInput { queue_name: name, attributes, tags: None };
        tank.request::<sqs::CreateQueue>(&scope, input).await.expect("a queue");
    } else {
        let input = sns::CreateTopicInput { name, attributes, ..Default::default() };
        tank.request::<sns::CreateTopic>(&scope, input).await.expect("a topic");
    }
}

async fn messages(tank: &Tank, name: &str) -> Vec<serde_json::Value> {
    let input = sqs::ReceiveMessageInput {
        queue_url: format!("http://h/000000000000/{name}"),
        max_number_of_messages: Some(10),
        ..Default::default()
    };
    let output = tank.request::<sqs::ReceiveMessage>(&Scope::default(), input).await.expect("an answer");
    let bodies = output.messages.unwrap_or_default().into_iter().filter_map(|message| message.body);
    bodies.map(|body| serde_json::from_str(&body).expect("a document")).collect()
}

#[tokio::test]
async fn queues_and_topics_hear_of_a_test_and_then_of_objects() {
    const OPEN: &str = r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "*", "Resource": "*"}]}"#;
    let arn = |service: &str, name: &str| format!("arn:aws:{service}:us-east-1:000000000000:{name}");
    let tank = tank_with_bucket();
    destination(&tank, &arn("sqs", "hears"), Some(OPEN)).await;
    destination(&tank, &arn("sqs", "reads"), None).await;
    destination(&tank, &arn("sns", "tells"), Some(OPEN)).await;
    let input = sns::SubscribeInput {
        topic_arn: arn("sns", "tells"),
        protocol: "sqs".to_owned(),
        endpoint: Some(arn("sqs", "reads")),
        ..Default::default()
    };
    tank.request::<sns::Subscribe>(&Scope::default(), input).await.expect("a subscription");

    let listens =
        |arn: String, suffix: &str| Listener { arn, ..listener(&["s3:ObjectCreated:*"], "", suffix) };
    let configure = |listeners: Vec<Listener>| {
        let notification = Notification { listeners, event_bridge: false };
        tank.with_world(|world| world.check_destinations(&notification))?;
        let notification = Some(notification);
        let configuration = BucketConfiguration { notification, ..BucketConfiguration::default() };
        act(&tank, |s3, cx| s3.configure(cx, "lake", configuration.clone()))
    };
    let closed = configure(vec![listens(arn("sqs", "reads"), "")]).expect_err("its policy does not name S3");
    assert_eq!(closed.message, "Unable to validate the following destination configurations");
    let absent = configure(vec![listens(arn("sns", "none"), "")]).expect_err("it does not exist");
    assert_eq!(absent.message, closed.message);
    let both = vec![listens(arn("sqs", "hears"), ".csv"), listens(arn("sns", "tells"), ".json")];
    configure(both).expect("both are open");
    put(&tank, "red flower.csv", b"x");
    put(&tank, "a.json", b"xy");
    put(&tank, "a.txt", b"xyz");

    let heard = messages(&tank, "hears").await;
    assert_eq!(
        (heard.len(), &heard[0]["Event"], &heard[0]["Bucket"]),
        (2, &"s3:TestEvent".into(), &"lake".into())
    );
    assert_eq!(heard[1]["Records"][0]["s3"]["object"]["key"], "red+flower.csv");
    let read = messages(&tank, "reads").await;
    let inner = |at: usize| -> serde_json::Value {
        serde_json::from_str(read[at]["Message"].as_str().expect("a text")).expect("a document")
    };
    assert_eq!((read.len(), &read[1]["Subject"]), (2, &"Amazon S3 Notification".into()));
    assert_eq!(inner(0)["Event"], "s3:TestEvent");
    assert_eq!(inner(1)["Records"][0]["s3"]["object"]["key"], "a.json");
}
