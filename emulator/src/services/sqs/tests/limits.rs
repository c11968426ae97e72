//! Every limit of SQS is crossed once: the limit, the request, AWS's refusal.

use expect_test::expect;

use super::batches::entry;
use super::*;
use crate::services::crossing::Crossed;

const LONG: usize = 1_048_577;

fn tags(count: u32) -> BTreeMap<String, String> {
    (0..count).map(|n| (format!("k{n}"), String::new())).collect()
}

/// So many attributes, the first of this name and type.
fn with_attributes(
    count: usize,
    name: &str,
    data_type: &str,
) -> Option<BTreeMap<String, MessageAttributeValue>> {
    let value = |data_type: &str| MessageAttributeValue {
        data_type: data_type.to_owned(),
        string_value: Some("x".to_owned()),
        ..Default::default()
    };
    let others = (1..count).map(|n| (format!("a{n}"), value("String")));
    Some(others.chain([(name.to_owned(), value(data_type))]).collect())
}

async fn messages(bench: &Bench, crossed: &mut Crossed) {
    crossed.refused("MESSAGE_BYTES_MAX", bench.send(&"x".repeat(LONG)).await, expect!["400 InvalidParameterValueException: One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."]);
    let batch = |entries| SendMessageBatchInput { queue_url: bench.url.clone(), entries };
    let eleven = batch((0..11).map(|n| entry(&n.to_string(), "x")).collect());
    crossed.refused("BATCH_ENTRIES_MAX", bench.call::<SendMessageBatch>(eleven).await, expect!["400 TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have sent 11."]);
    let long_id = batch(vec![entry(&"a".repeat(81), "x")]);
    crossed.refused("ENTRY_ID_CHARS_MAX", bench.call::<SendMessageBatch>(long_id).await, expect!["400 InvalidBatchEntryId: A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."]);
    let half = "x".repeat(LONG / 2);
    let heavy = batch(vec![entry("a", &half), entry("b", &half), entry("c", "x")]);
    crossed.refused("MESSAGE_BYTES_MAX", bench.call::<SendMessageBatch>(heavy).await, expect!["400 BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."]);
    let late = bench.send_with("x", |input| input.delay_seconds = Some(901)).await;
    crossed.refused("DELAY_SECS", late, expect!["400 InvalidParameterValueException: Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."]);
    let many =
        bench.send_with("x", |input| input.message_attributes = with_attributes(11, "a", "String")).await;
    crossed.refused("ATTRIBUTES_MAX", many, expect!["400 InvalidParameterValueException: Number of message attributes [11] exceeds the allowed maximum [10]."]);
    let long = "a".repeat(257);
    let name =
        bench.send_with("x", |input| input.message_attributes = with_attributes(1, &long, "String")).await;
    crossed.refused("ATTRIBUTE_NAME_BYTES_MAX", name, expect!["400 InvalidParameterValueException: Message (user) attribute name 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is invalid. It can contain alphanumeric characters, hyphens, underscores and single periods, be at most 256 bytes long, and not start with AWS. or Amazon."]);
    let long = format!("String.{long}");
    let kind = bench.send_with("x", |input| input.message_attributes = with_attributes(1, "a", &long)).await;
    crossed.refused("ATTRIBUTE_NAME_BYTES_MAX", kind, expect!["400 InvalidParameterValueException: The type of message (user) attribute 'a' is invalid. You must use only the following supported type prefixes: Binary, Number, String."]);
}

async fn receives(bench: &Bench, crossed: &mut Crossed) {
    let many = bench.receive_with(|input| input.max_number_of_messages = Some(11)).await;
    crossed.refused("RECEIVE_MESSAGES", many, expect!["400 InvalidParameterValueException: Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."]);
    let none = bench.receive_with(|input| input.max_number_of_messages = Some(0)).await;
    crossed.refused("RECEIVE_MESSAGES", none, expect!["400 InvalidParameterValueException: Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."]);
    let wait = bench.receive_with(|input| input.wait_time_seconds = Some(21)).await;
    crossed.refused("WAIT_SECS", wait, expect!["400 InvalidParameterValueException: Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."]);
    let hidden = bench.receive_with(|input| input.visibility_timeout = Some(43_201)).await;
    crossed.refused("VISIBILITY_SECS", hidden, expect!["400 InvalidParameterValueException: Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."]);
    bench.send("x").await.unwrap();
    let message = bench.receive(1).await.remove(0);
    let input = ChangeMessageVisibilityInput {
        queue_url: bench.url.clone(),
        receipt_handle: handle(&message).to_owned(),
        visibility_timeout: 43_201,
    };
    crossed.refused("VISIBILITY_SECS", bench.call::<ChangeMessageVisibility>(input).await, expect!["400 InvalidParameterValueException: Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200."]);
}

async fn fifo(crossed: &mut Crossed) {
    let bench = Bench::fifo(&[]).await;
    let long = Some("x".repeat(129));
    let group = bench.send_with("x", |input| {
        input.message_group_id = long.clone();
        input.message_deduplication_id = Some("1".to_owned());
    });
    crossed.refused("ID_CHARS_MAX", group.await, expect!["400 InvalidParameterValueException: Value xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."]);
    let dedup = bench.send_with("x", |input| {
        input.message_group_id = Some("1".to_owned());
        input.message_deduplication_id = long.clone();
    });
    crossed.refused("ID_CHARS_MAX", dedup.await, expect!["400 InvalidParameterValueException: Value xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length."]);
    let attempt = bench.receive_with(|input| input.receive_request_attempt_id = long.clone());
    crossed.refused("ID_CHARS_MAX", attempt.await, expect!["400 InvalidParameterValueException: Value xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length."]);
}

async fn queues(bench: &Bench, crossed: &mut Crossed) {
    crossed.refused("NAME_CHARS_MAX", bench.queue(&"x".repeat(81), &[]).await, expect!["400 InvalidParameterValueException: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"]);
    let set = async |name: &str, text: &str| bench.set(&[(name, text)]).await;
    crossed.refused(
        "MAXIMUM_MESSAGE_SIZE",
        set("MaximumMessageSize", "1023").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter MaximumMessageSize."],
    );
    crossed.refused(
        "MAXIMUM_MESSAGE_SIZE",
        set("MaximumMessageSize", "1048577").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter MaximumMessageSize."],
    );
    crossed.refused(
        "VISIBILITY_SECS",
        set("VisibilityTimeout", "43201").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter VisibilityTimeout."],
    );
    crossed.refused(
        "DELAY_SECS",
        set("DelaySeconds", "901").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter DelaySeconds."],
    );
    crossed.refused(
        "RETENTION_SECS",
        set("MessageRetentionPeriod", "59").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter MessageRetentionPeriod."],
    );
    crossed.refused(
        "RETENTION_SECS",
        set("MessageRetentionPeriod", "1209601").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter MessageRetentionPeriod."],
    );
    crossed.refused(
        "WAIT_SECS",
        set("ReceiveMessageWaitTimeSeconds", "21").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter ReceiveMessageWaitTimeSeconds."],
    );
    crossed.refused(
        "KEY_REUSE_SECS",
        set("KmsDataKeyReusePeriodSeconds", "59").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter KmsDataKeyReusePeriodSeconds."],
    );
    crossed.refused(
        "KEY_REUSE_SECS",
        set("KmsDataKeyReusePeriodSeconds", "86401").await,
        expect!["400 InvalidAttributeValue: Invalid value for the parameter KmsDataKeyReusePeriodSeconds."],
    );
    bench.queue("dead", &[]).await.unwrap();
    let dead = "arn:aws:sqs:us-east-1:000000000000:dead";
    for count in [0, 1_001] {
        let policy = format!(r#"{{"deadLetterTargetArn":"{dead}","maxReceiveCount":{count}}}"#);
        let error = bench.set(&[("RedrivePolicy", &policy)]).await.unwrap_err();
        assert!(
            error.message.ends_with(&format!(
                "Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
            )),
            "{error}"
        );
    }
    let sources: Vec<String> = (0..11).map(|n| format!("arn:aws:sqs:us-east-1:000000000000:s{n}")).collect();
    let policy = serde_json::json!({"redrivePermission": "byQueue", "sourceQueueArns": sources}).to_string();
    let allowed = set("RedriveAllowPolicy", &policy).await.map_err(|error| {
        let message = error.message.replace(&policy, "POLICY");
        WireError { message, ..error }
    });
    crossed.refused("REDRIVE_SOURCES_MAX", allowed, expect!["400 InvalidParameterValueException: Value POLICY for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. Check permission and sourceQueueArns."]);
    crossed.elsewhere("queues", &["MAX_RECEIVE_COUNT"]);
    let input = TagQueueInput { queue_url: bench.url.clone(), tags: tags(51) };
    crossed.refused(
        "TAGS_MAX",
        bench.call::<TagQueue>(input).await,
        expect!["400 InvalidParameterValueException: Too many tags added for queue q."],
    );
    let input = AddPermissionInput {
        queue_url: bench.url.clone(),
        label: "l".to_owned(),
        aws_account_ids: vec!["111111111111".to_owned()],
        actions: [
            "SendMessage",
            "ReceiveMessage",
            "DeleteMessage",
            "ChangeMessageVisibility",
            "GetQueueUrl",
            "GetQueueAttributes",
            "PurgeQueue",
            "ListDeadLetterSourceQueues",
        ]
        .map(str::to_owned)
        .into(),
    };
    crossed.refused(
        "ACTIONS_MAX",
        bench.call::<AddPermission>(input).await,
        expect!["400 InvalidParameterValueException: 8 Actions were found, maximum allowed is 7."],
    );
    let input = ListQueuesInput { max_results: Some(1_001), ..Default::default() };
    crossed.refused("PAGE_QUEUES_MAX", bench.call::<ListQueues>(input).await, expect!["400 InvalidParameterValueException: Value 1001 for parameter MaxResults is invalid. Reason: Must be an integer between 1 and 1000, inclusive."]);
    let input = ListMessageMoveTasksInput { source_arn: dead.to_owned(), max_results: Some(11) };
    crossed.refused("TASKS_LISTED_MAX", bench.call::<ListMessageMoveTasks>(input).await, expect!["400 InvalidParameterValueException: Value 11 for parameter MaxResults is invalid. Reason: Must be between 1 and 10, if provided."]);
    let policy = format!(r#"{{"deadLetterTargetArn":"{dead}","maxReceiveCount":3}}"#);
    bench.set(&[("RedrivePolicy", &policy)]).await.unwrap();
    let input = StartMessageMoveTaskInput {
        source_arn: dead.to_owned(),
        destination_arn: None,
        max_number_of_messages_per_second: Some(501),
    };
    crossed.refused("MOVES_PER_SECOND_MAX", bench.call::<StartMessageMoveTask>(input).await, expect!["400 InvalidParameterValueException: Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if provided."]);
}

#[tokio::test]
async fn every_limit_is_crossed() {
    let bench = Bench::new("q", &[]).await;
    let mut crossed = Crossed::default();
    messages(&bench, &mut crossed).await;
    receives(&bench, &mut crossed).await;
    fifo(&mut crossed).await;
    queues(&bench, &mut crossed).await;
    crossed.elsewhere("a_queue_shows_awss_defaults", &["VISIBILITY_SECS_DEFAULT", "RETENTION_SECS_DEFAULT"]);
    crossed.elsewhere("a_standard_queue_refuses_to_have_too_many_messages_in_flight", &["IN_FLIGHT_MAX"]);
    crossed.elsewhere("a_duplicate_within_five_minutes_is_answered_and_not_kept", &["DEDUPLICATION"]);
    crossed.elsewhere("a_receive_is_repeated_by_its_attempt_id_until_a_message_is_touched", &["ATTEMPT"]);
    crossed.elsewhere("a_purge_empties_and_a_second_must_wait", &["PURGE_INTERVAL"]);
    let tests = [
        include_str!("queues.rs"),
        include_str!("signals.rs"),
        include_str!("fifo.rs"),
        include_str!("limits.rs"),
    ];
    crossed.finish(include_str!("../limits.rs"), &tests);
}
