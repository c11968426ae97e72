//! What SNS refuses, in the words that LocalStack recorded.

use super::*;

#[tokio::test]
async fn messages_that_cannot_be_published_are_refused_in_aws_words() {
    let bench = Bench::new("t", &[]).await;
    let check = async |message: &str, change: &dyn Fn(&mut PublishInput), expected: &str| {
        assert_eq!(refusal(bench.publish_with(message, change).await), expected);
    };
    let plain = |_: &mut PublishInput| {};
    let json = |input: &mut PublishInput| input.message_structure = Some("json".to_owned());
    check("", &plain, "InvalidParameter: Invalid parameter: Empty message").await;
    check(&"x".repeat(262_145), &plain, "InvalidParameter: Invalid parameter: Message too long").await;
    check("x", &|input| input.subject = Some(String::new()), "InvalidParameter: Invalid parameter: Subject")
        .await;
    check(
        "x",
        &|input| input.subject = Some("a\nb".to_owned()),
        "InvalidParameter: Invalid parameter: Subject",
    )
    .await;
    check(
        "x",
        &json,
        "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse",
    )
    .await;
    let default =
        "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body";
    check(r#"{"sqs": "x"}"#, &json, default).await;
    check(r#"{"default": {"a": 1}}"#, &json, default).await;
    check(
        "x",
        &|input| input.topic_arn = Some("random".to_owned()),
        "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    )
    .await;
    check("x", &|input| input.topic_arn = Some(format!("{TOPIC}2")), "NotFound: Topic does not exist").await;
    check(
        "x",
        &|input| input.topic_arn = Some(TOPIC.replace("us-east-1", "eu-west-1")),
        "InvalidParameter: Invalid parameter: TopicArn",
    )
    .await;
    check(
        "x",
        &|input| input.message_deduplication_id = Some("1".to_owned()),
        "InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    )
    .await;
    let sms = bench.publish_with("x", |input| input.phone_number = Some("+15551234567".to_owned())).await;
    assert_eq!(refusal(sms), "NotImplemented: wavetank does not implement SMS messages.");
}

#[tokio::test]
async fn attributes_of_messages_are_checked_by_name_and_type() {
    let bench = Bench::new("t", &[]).await;
    for (name, value, expected) in [
        (
            "a",
            text("String", ""),
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
        ),
        ("a", text("Binary", "x"), "The message attribute 'a' with type 'Binary' must use field 'Binary'."),
        (
            "a",
            text("Text", "x"),
            "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
        ),
        (
            "a^b",
            text("String", "x"),
            "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
        ),
        (".a", text("String", "x"), "Invalid message attribute name starting with character '.' was found."),
        ("a.", text("String", "x"), "Invalid message attribute name ending with character '.' was found."),
        ("a..b", text("String", "x"), "Message attribute name can not have successive '.' character."),
    ] {
        let all = BTreeMap::from([(name.to_owned(), value)]);
        let found = bench.publish_with("x", |input| input.message_attributes = Some(all)).await;
        assert_eq!(refusal(found), format!("ParameterValueInvalid: {expected}"));
    }
}

#[tokio::test]
async fn a_batch_that_breaks_a_rule_is_refused_whole() {
    let bench = Bench::new("t", &[]).await;
    let entry = |id: &str, message: &str| PublishBatchRequestEntry {
        id: id.to_owned(),
        message: message.to_owned(),
        ..Default::default()
    };
    let half = "x".repeat(131_072);
    for (entries, expected) in [
        (vec![], "EmptyBatchRequest"),
        ((0..11).map(|n| entry(&n.to_string(), "x")).collect(), "TooManyEntriesInBatchRequest"),
        (vec![entry("a", "x"), entry("a", "x")], "BatchEntryIdsNotDistinct"),
        (vec![entry("a.b", "x")], "InvalidBatchEntryId"),
        (vec![entry("a", &half), entry("b", &half), entry("c", "x")], "BatchRequestTooLong"),
        (vec![entry("a", "x"), entry("b", "")], "InvalidParameter"),
    ] {
        let topic_arn = bench.topic.clone();
        let input = PublishBatchInput { topic_arn, publish_batch_request_entries: entries };
        assert_eq!(bench.call::<PublishBatch>(input).await.unwrap_err().code, expected);
    }
}

#[tokio::test]
async fn endpoints_and_attributes_that_do_not_fit_are_refused() {
    let bench = Bench::new("t", &[]).await;
    for (protocol, endpoint, settings, expected) in [
        ("carrier-pigeon", "x", ("", ""), "Amazon SNS does not support this protocol string: carrier-pigeon"),
        ("sqs", "http://h/000000000000/q", ("", ""), "SQS endpoint ARN"),
        ("sms", "NAA+15551234567", ("", ""), "Invalid SMS endpoint: NAA+15551234567"),
        (
            "sqs",
            "arn:aws:sqs:us-east-1:000000000000:q.fifo",
            ("", ""),
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        (
            "sqs",
            "arn:aws:sqs:us-east-1:000000000000:q",
            ("RawMessageDelivery", "wrongvalue"),
            "Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.",
        ),
        (
            "sqs",
            "arn:aws:sqs:us-east-1:000000000000:q",
            ("FilterPolicy", r#"{"a": "b"}"#),
            "Attributes Reason: FilterPolicy: \"a\" must be an object or an array",
        ),
    ] {
        let settings = if settings.0.is_empty() { vec![] } else { vec![settings] };
        let found = refusal(bench.subscribe(protocol, endpoint, &settings).await);
        assert_eq!(found, format!("InvalidParameter: Invalid parameter: {expected}"));
    }
    let arn = bench.subscribe("sqs", &queue_arn("q"), &[]).await.unwrap();
    for (name, value, expected) in [
        ("Fake", "x", "AttributeName"),
        ("RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."),
        (
            "RedrivePolicy",
            r#"{"deadLetterTargetArn": "fake"}"#,
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            "FilterPolicyScope",
            "RandomValue",
            "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes",
        ),
    ] {
        let input = SetSubscriptionAttributesInput {
            subscription_arn: arn.clone(),
            attribute_name: name.to_owned(),
            attribute_value: Some(value.to_owned()),
        };
        let found = refusal(bench.call::<SetSubscriptionAttributes>(input).await);
        assert_eq!(found, format!("InvalidParameter: Invalid parameter: {expected}"));
    }
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy() {
    let bench = Bench::new("t", &[]).await;
    let add = |label: &str, action: &str| AddPermissionInput {
        topic_arn: bench.topic.clone(),
        label: label.to_owned(),
        aws_account_id: vec!["111111111111".to_owned()],
        action_name: vec![action.to_owned()],
    };
    bench.call::<AddPermission>(add("test", "Publish")).await.unwrap();
    let twice = "InvalidParameter: Invalid parameter: Statement already exists";
    assert_eq!(refusal(bench.call::<AddPermission>(add("test", "Publish")).await), twice);
    let action = "InvalidParameter: Invalid parameter: Policy statement action out of service scope!";
    assert_eq!(refusal(bench.call::<AddPermission>(add("two", "Fly")).await), action);
    let remove = RemovePermissionInput { topic_arn: bench.topic.clone(), label: "test".to_owned() };
    bench.call::<RemovePermission>(remove).await.unwrap();
    let input = GetTopicAttributesInput { topic_arn: bench.topic.clone() };
    let policy = bench.call::<GetTopicAttributes>(input).await.unwrap().attributes.unwrap()["Policy"].clone();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_topic_is_made_once_and_its_tags_are_kept() {
    let bench = Bench::new("t", &[("DisplayName", "one")]).await;
    let make = |name: &str, value: &str, tags: &[(&str, &str)]| CreateTopicInput {
        name: name.to_owned(),
        attributes: attributes(&[("DisplayName", value)]),
        tags: Some(
            tags.iter()
                .map(|(key, value)| Tag { key: (*key).to_owned(), value: (*value).to_owned() })
                .collect(),
        ),
        ..CreateTopicInput::default()
    };
    bench.call::<CreateTopic>(make("t", "one", &[])).await.unwrap();
    let differs = "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes";
    assert_eq!(refusal(bench.call::<CreateTopic>(make("t", "two", &[])).await), differs);
    let tags = "InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags";
    assert_eq!(refusal(bench.call::<CreateTopic>(make("t", "one", &[("a", "1")])).await), tags);
    let name = "InvalidParameter: Invalid parameter: Topic Name";
    assert_eq!(refusal(bench.call::<CreateTopic>(make("t t", "one", &[])).await), name);
    let twice = "InvalidParameter: Invalid parameter: Duplicated keys are not allowed.";
    assert_eq!(refusal(bench.call::<CreateTopic>(make("u", "x", &[("a", "1"), ("a", "2")])).await), twice);
    let tag = Tag { key: "a".to_owned(), value: "1".to_owned() };
    let arn = || bench.topic.clone();
    bench
        .call::<TagResource>(TagResourceInput { resource_arn: arn(), tags: vec![tag.clone()] })
        .await
        .unwrap();
    let listed =
        bench.call::<ListTagsForResource>(ListTagsForResourceInput { resource_arn: arn() }).await.unwrap();
    assert_eq!(listed.tags, Some(vec![tag]));
    bench.call::<DeleteTopic>(DeleteTopicInput { topic_arn: arn() }).await.unwrap();
    bench.call::<DeleteTopic>(DeleteTopicInput { topic_arn: arn() }).await.unwrap();
    assert_eq!(refusal(bench.publish("x").await), "NotFound: Topic does not exist");
}
