//! Batches and the limits of single messages.

use super::*;

pub(super) fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry { id: id.to_owned(), message_body: body.to_owned(), ..Default::default() }
}

impl Bench {
    async fn batch(
        &self,
        entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<SendMessageBatchOutput, WireError> {
        self.call::<SendMessageBatch>(SendMessageBatchInput { queue_url: self.url.clone(), entries }).await
    }
}

#[tokio::test]
async fn a_batch_that_breaks_a_rule_is_refused_whole() {
    let bench = Bench::new("q", &[]).await;
    let id = "InvalidBatchEntryId: A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    let half = "x".repeat(524_288);
    for (entries, expected) in [
        (
            vec![],
            "EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            (0..11).map(|n| entry(&n.to_string(), "x")).collect(),
            "TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have sent 11.",
        ),
        (vec![entry("a", "x"), entry("a", "y")], "BatchEntryIdsNotDistinct: Id a repeated."),
        (vec![entry("a:b", "x")], id),
        (vec![entry(&"a".repeat(81), "x")], id),
        (
            vec![entry("a", &half), entry("b", &half), entry("c", "x")],
            "BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
        ),
    ] {
        assert_eq!(refusal(bench.batch(entries).await), expected);
    }
    assert_eq!(bench.counts().await[0], "0");
}

#[tokio::test]
async fn an_entry_that_fails_leaves_the_others_alone() {
    let bench = Bench::new("q", &[]).await;
    let late = SendMessageBatchRequestEntry { delay_seconds: Some(901), ..entry("late", "x") };
    let sent = bench.batch(vec![entry("good", "x"), entry("bad", "\u{1}"), late]).await.unwrap();
    assert_eq!(sent.successful.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["good"]);
    let failed: Vec<_> =
        sent.failed.iter().map(|one| (one.id.as_str(), one.code.as_str(), one.sender_fault)).collect();
    assert_eq!(failed, [("bad", "InvalidMessageContents", true), ("late", "InvalidParameterValue", true)]);

    let message = bench.receive(1).await.remove(0);
    let entry = |id: &str, handle: &str| DeleteMessageBatchRequestEntry {
        id: id.to_owned(),
        receipt_handle: handle.to_owned(),
    };
    let hide = ChangeMessageVisibilityBatchInput {
        queue_url: bench.url.clone(),
        entries: vec![ChangeMessageVisibilityBatchRequestEntry {
            id: "1".to_owned(),
            receipt_handle: handle(&message).to_owned(),
            visibility_timeout: Some(100),
        }],
    };
    assert_eq!(bench.call::<ChangeMessageVisibilityBatch>(hide).await.unwrap().successful.len(), 1);
    bench.advance(60).await;
    assert_eq!(bench.counts().await, ["0", "1", "0"]);
    let entries = vec![entry("1", handle(&message)), entry("2", "garbage")];
    let gone =
        bench.call::<DeleteMessageBatch>(DeleteMessageBatchInput { queue_url: bench.url.clone(), entries });
    let gone = gone.await.unwrap();
    assert_eq!((gone.successful.len(), gone.failed[0].code.as_str()), (1, "ReceiptHandleIsInvalid"));
    assert_eq!(bench.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_fifo_batch_without_ids_is_refused_whole() {
    let bench = Bench::fifo(&[]).await;
    let group = "InvalidParameterValueException: The request must contain the parameter MessageGroupId.";
    assert_eq!(refusal(bench.batch(vec![entry("a", "x")]).await), group);
    let grouped = SendMessageBatchRequestEntry { message_group_id: Some("1".to_owned()), ..entry("a", "x") };
    let dedup = "InvalidParameterValueException: The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    assert_eq!(refusal(bench.batch(vec![grouped]).await), dedup);
}

#[tokio::test]
async fn a_message_or_request_over_a_limit_is_refused_in_aws_words() {
    let bench = Bench::new("q", &[]).await;
    bench.send(&"x".repeat(1_048_576)).await.unwrap();
    let long = "InvalidParameterValueException: One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.";
    assert_eq!(refusal(bench.send(&"x".repeat(1_048_577)).await), long);
    bench.set(&[("MaximumMessageSize", "1024")]).await.unwrap();
    let short = "InvalidParameterValueException: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.";
    assert_eq!(refusal(bench.send(&"x".repeat(1_025)).await), short);
    let empty = "MissingRequiredParameterException: The request must contain the parameter MessageBody.";
    assert_eq!(refusal(bench.send("").await), empty);
    let many = bench.receive_with(|input| input.max_number_of_messages = Some(11)).await;
    let expected = "InvalidParameterValueException: Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.";
    assert_eq!(refusal(many), expected);
    let wait = bench.receive_with(|input| input.wait_time_seconds = Some(21)).await;
    let expected = "InvalidParameterValueException: Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.";
    assert_eq!(refusal(wait), expected);
    let dedup = bench.send_with("x", |input| input.message_deduplication_id = Some("1".to_owned())).await;
    assert!(refusal(dedup).ends_with("The request include parameter that is not valid for this queue type."));
}

#[tokio::test]
async fn attributes_that_do_not_fit_their_type_are_refused() {
    let bench = Bench::new("q", &[]).await;
    for (data_type, text, expected) in [
        ("String", "", "Message (user) attribute 'a' must contain a non-empty value of type 'String'."),
        ("Number", "x", "Can't cast the value of message (user) attribute 'a' to a number."),
        ("Binary", "x", "The message (user) attribute 'a' with type 'Binary' must use field 'Binary'."),
        ("Text", "x", "The type of message (user) attribute 'a' is invalid."),
    ] {
        let value = MessageAttributeValue {
            data_type: data_type.to_owned(),
            string_value: Some(text.to_owned()),
            ..Default::default()
        };
        let all = BTreeMap::from([("a".to_owned(), value)]);
        let refused = refusal(bench.send_with("x", |input| input.message_attributes = Some(all)).await);
        let sentence = refused.strip_prefix("InvalidParameterValueException: ").unwrap();
        assert!(sentence.starts_with(expected), "{sentence}");
    }
}
