//! FIFO queues: order within a group, what blocks it, and what is a duplicate.

use super::*;

#[tokio::test]
async fn a_hidden_message_blocks_what_comes_behind_it_in_its_group() {
    let bench = Bench::fifo(&[]).await;
    for (group, body) in [("1", "a1"), ("2", "b1"), ("1", "a2"), ("2", "b2"), ("1", "a3"), ("3", "c1")] {
        bench.send_to(group, body).await;
    }
    let first = bench.receive(2).await;
    let bodies =
        |messages: &[Message]| messages.iter().filter_map(|one| one.body.clone()).collect::<Vec<_>>();
    assert_eq!(bodies(&first), ["a1", "a2"]);
    // Recorded by LocalStack (`test_fifo_message_group_visibility_after_partial_delete`).
    bench.delete(handle(&first[0])).await.unwrap();
    assert_eq!(bench.bodies(10).await, ["b1", "b2", "c1"]);
    bench.delete(handle(&first[1])).await.unwrap();
    assert_eq!(bench.bodies(10).await, ["a3"]);
}

#[tokio::test]
async fn a_group_goes_on_with_its_first_messages_as_soon_as_they_can_be_seen() {
    let bench = Bench::fifo(&[]).await;
    for (group, body) in [("1", "a1"), ("1", "a2"), ("2", "b1")] {
        bench.send_to(group, body).await;
    }
    let first = bench.receive(2).await;
    bench.advance(1).await;
    // Recorded by LocalStack (`test_fifo_message_group_visibility_after_terminate_visibility_timeout`).
    bench.hide(handle(&first[0]), 0).await.unwrap();
    assert_eq!(bench.bodies(3).await, ["b1", "a1"]);
}

#[tokio::test]
async fn a_handle_of_a_fifo_queue_ends_with_its_timeout() {
    let bench = Bench::fifo(&[("VisibilityTimeout", "1")]).await;
    bench.send_to("1", "a").await;
    let message = bench.receive(1).await;
    bench.hide(handle(&message[0]), 5).await.unwrap();
    bench.advance(4).await;
    bench.hide(handle(&message[0]), 1).await.unwrap();
    bench.advance(1).await;
    let refused = refusal(bench.delete(handle(&message[0])).await);
    assert!(
        refused.ends_with("for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."),
        "{refused}"
    );
}

#[tokio::test]
async fn a_duplicate_within_five_minutes_is_answered_and_not_kept() {
    let bench = Bench::fifo(&[]).await;
    let first = bench.send_to("1", "a").await;
    bench.advance(299).await;
    let again = bench.send_to("2", "a").await;
    assert_eq!((&again.message_id, &again.sequence_number), (&first.message_id, &first.sequence_number));
    assert_eq!(first.sequence_number.as_ref().map(String::len), Some(20));
    assert_eq!(bench.counts().await[0], "1");
    bench.advance(1).await;
    let later = bench.send_to("1", "a").await;
    assert!(later.sequence_number > first.sequence_number);
    assert_eq!(bench.counts().await[0], "2");
}

#[tokio::test]
async fn duplicates_may_count_within_a_group_and_by_content() {
    let bench = Bench::fifo(&[
        ("ContentBasedDeduplication", "true"),
        ("DeduplicationScope", "messageGroup"),
        ("FifoThroughputLimit", "perMessageGroupId"),
    ])
    .await;
    for (group, expected) in [("1", "1"), ("1", "1"), ("2", "2")] {
        bench.send_with("same", |input| input.message_group_id = Some(group.to_owned())).await.unwrap();
        assert_eq!(bench.counts().await[0], expected);
    }
    let all = |input: &mut ReceiveMessageInput| input.attribute_names = Some(vec!["All".to_owned()]);
    let system = bench.receive_with(all).await.unwrap().remove(0).attributes.unwrap();
    assert_eq!(
        system["MessageDeduplicationId"],
        "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5"
    );
    assert_eq!(system["MessageGroupId"], "1");
}

#[tokio::test]
async fn a_receive_is_repeated_by_its_attempt_id_until_a_message_is_touched() {
    let bench = Bench::fifo(&[]).await;
    bench.send_to("1", "a").await;
    bench.send_to("1", "b").await;
    let attempt = |input: &mut ReceiveMessageInput| {
        input.receive_request_attempt_id = Some("try-1".to_owned());
        input.max_number_of_messages = Some(2);
    };
    let first = bench.receive_with(attempt).await.unwrap();
    bench.advance(20).await;
    let again = bench.receive_with(attempt).await.unwrap();
    assert_eq!(first, again);
    bench.advance(20).await;
    assert_eq!(bench.counts().await, ["0", "2", "0"]);
    bench.delete(handle(&first[0])).await.unwrap();
    assert_eq!(bench.receive_with(attempt).await.unwrap(), []);
}

#[tokio::test]
async fn dead_letters_of_a_fifo_queue_keep_their_group_and_free_it() {
    let bench = Bench::fifo(&[("VisibilityTimeout", "0")]).await;
    let grave = Bench {
        tank: bench.tank.clone(),
        url: bench.queue("dead.fifo", &[("FifoQueue", "true")]).await.unwrap(),
    };
    let policy =
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo","maxReceiveCount":1}"#;
    bench.set(&[("RedrivePolicy", policy)]).await.unwrap();
    bench.send_to("1", "a").await;
    bench.send_to("1", "b").await;
    assert_eq!(bench.bodies(1).await, ["a"]);
    assert_eq!(bench.bodies(1).await, ["b"]);
    assert_eq!(grave.bodies(10).await, ["a"]);
    assert_eq!(bench.bodies(1).await, [""; 0]);
    // Its own timeout hides `a` there; `b` waits behind it.
    assert_eq!(grave.counts().await, ["1", "1", "0"]);
}

#[tokio::test]
async fn what_a_fifo_queue_does_not_take_is_refused_in_aws_words() {
    let bench = Bench::fifo(&[]).await;
    let with = |group: Option<&str>, dedup: Option<&str>, delay: Option<i64>| {
        let (group, dedup) = (group.map(str::to_owned), dedup.map(str::to_owned));
        move |input: &mut SendMessageInput| {
            (input.message_group_id, input.message_deduplication_id) = (group, dedup);
            input.delay_seconds = delay;
        }
    };
    let dedup = "InvalidParameterValueException: The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    let group = "MissingRequiredParameterException: The request must contain the parameter MessageGroupId.";
    let delay = "InvalidParameterValueException: Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.";
    let spaces = "InvalidParameterValueException: Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    assert_eq!(refusal(bench.send_with("x", with(Some("1"), None, None)).await), dedup);
    assert_eq!(refusal(bench.send_with("x", with(None, Some("1"), None)).await), group);
    assert_eq!(refusal(bench.send_with("x", with(Some("1"), Some("1"), Some(2))).await), delay);
    assert_eq!(refusal(bench.send_with("x", with(Some("a b"), Some("1"), None)).await), spaces);
    bench.send_with("x", with(Some("1"), Some("1"), Some(0))).await.unwrap();
}
