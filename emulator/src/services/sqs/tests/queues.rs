//! Queues themselves: names, attributes, pages, policies, purges, other accounts.

use super::*;

#[tokio::test]
async fn a_queue_shows_awss_defaults() {
    let bench = Bench::new("q", &[]).await;
    let shown = bench.get(&["All"]).await;
    let mut shown: Vec<String> = shown.iter().map(|(name, text)| format!("{name}={text}")).collect();
    shown.retain(|line| !line.contains("Timestamp"));
    assert_eq!(
        shown,
        [
            "ApproximateNumberOfMessages=0",
            "ApproximateNumberOfMessagesDelayed=0",
            "ApproximateNumberOfMessagesNotVisible=0",
            "DelaySeconds=0",
            "MaximumMessageSize=1048576",
            "MessageRetentionPeriod=345600",
            "QueueArn=arn:aws:sqs:us-east-1:000000000000:q",
            "ReceiveMessageWaitTimeSeconds=0",
            "SqsManagedSseEnabled=true",
            "VisibilityTimeout=30",
        ]
    );
    assert_eq!(bench.url, "https://sqs.us-east-1.amazonaws.com/000000000000/q");
    assert!(bench.get(&[]).await.is_empty());
    bench.tank.set_endpoint(Some("http://127.0.0.1:4566".to_owned()));
    assert_eq!(bench.queue("q", &[]).await.unwrap(), "http://127.0.0.1:4566/000000000000/q");
}

#[tokio::test]
async fn attributes_out_of_range_or_unknown_are_refused_in_aws_words() {
    let bench = Bench::new("q", &[]).await;
    let check = async |settings: &[(&str, &str)], expected: &str| {
        assert_eq!(refusal(bench.set(settings).await), expected, "{settings:?}");
    };
    for (name, text) in [
        ("VisibilityTimeout", "43201"),
        ("DelaySeconds", "901"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("MessageRetentionPeriod", "59"),
        ("MessageRetentionPeriod", "1209601"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("Policy", "no"),
    ] {
        check(&[(name, text)], &format!("InvalidAttributeValue: Invalid value for the parameter {name}."))
            .await;
    }
    check(&[("FifoQueue", "true")], "InvalidAttributeName: Unknown Attribute FifoQueue.").await;
    check(&[("Foo", "1")], "InvalidAttributeName: Unknown Attribute Foo.").await;
    let scope =
        "InvalidAttributeName: You can specify the DeduplicationScope only when FifoQueue is set to true.";
    check(&[("DeduplicationScope", "queue")], scope).await;
    let two = "InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
    check(&[("KmsMasterKeyId", "k"), ("SqsManagedSseEnabled", "true")], two).await;
    let dummy = r#"{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}"#;
    let expected = format!(
        "InvalidParameterValueException: Value {dummy} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn."
    );
    check(&[("RedrivePolicy", dummy)], &expected).await;
    bench.set(&[("RedrivePolicy", "")]).await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_queue_must_exist_be_of_the_same_kind_and_allow_its_source() {
    let bench = Bench::new("q", &[]).await;
    bench.queue("f.fifo", &[("FifoQueue", "true")]).await.unwrap();
    bench.queue("shut", &[("RedriveAllowPolicy", r#"{"redrivePermission":"denyAll"}"#)]).await.unwrap();
    let only =
        r#"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:q"]}"#;
    bench.queue("open", &[("RedriveAllowPolicy", only)]).await.unwrap();
    for (target, expected) in [
        ("none", Some("Dead letter target does not exist.")),
        ("f.fifo", Some("Dead-letter queue must be same type of queue as the source.")),
        ("shut", Some("Queue does not have permission to use the dead-letter queue.")),
        ("open", None),
    ] {
        let policy = format!(
            r#"{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:{target}","maxReceiveCount":3}}"#
        );
        let found = bench.set(&[("RedrivePolicy", &policy)]).await;
        match expected {
            Some(expected) => assert!(refusal(found).ends_with(expected), "{target}"),
            None => found.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_queue_is_made_once_and_its_name_must_fit() {
    let bench = Bench::new("q", &[("DelaySeconds", "5")]).await;
    assert_eq!(bench.queue("q", &[("DelaySeconds", "5")]).await.unwrap(), bench.url);
    assert_eq!(bench.queue("q", &[]).await.unwrap(), bench.url);
    assert_eq!(
        refusal(bench.queue("q", &[("DelaySeconds", "6")]).await),
        "QueueNameExists: A queue already exists with the same name and a different value for attribute DelaySeconds"
    );
    let plain = "InvalidParameterValueException: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    assert_eq!(refusal(bench.queue("a b", &[]).await), plain);
    assert_eq!(refusal(bench.queue("q.fifo", &[]).await), plain);
    assert_eq!(refusal(bench.queue(&"x".repeat(81), &[]).await), plain);
    let fifo = refusal(bench.queue("q2", &[("FifoQueue", "true")]).await);
    assert!(fifo.contains("must end with .fifo suffix"), "{fifo}");
    let missing = GetQueueUrlInput { queue_name: "none".to_owned(), ..Default::default() };
    let none = "QueueDoesNotExist: The specified queue does not exist.";
    assert_eq!(refusal(bench.call::<GetQueueUrl>(missing).await), none);
}

#[tokio::test]
async fn queues_are_listed_by_prefix_in_pages() {
    let bench = Bench::new("a-0", &[]).await;
    for name in ["a-1", "a-2", "b-0"] {
        bench.queue(name, &[]).await.unwrap();
    }
    let list = async |token: Option<String>, max: Option<i64>| {
        let input =
            ListQueuesInput { queue_name_prefix: Some("a-".to_owned()), next_token: token, max_results: max };
        let page = bench.call::<ListQueues>(input).await.unwrap();
        let names: Vec<String> =
            page.queue_urls.unwrap().iter().map(|url| url[url.len() - 3..].to_owned()).collect();
        (names.join(" "), page.next_token)
    };
    assert_eq!(list(None, None).await, ("a-0 a-1 a-2".to_owned(), None));
    let (first, token) = list(None, Some(2)).await;
    assert_eq!(first, "a-0 a-1");
    assert_eq!(list(token, Some(2)).await, ("a-2".to_owned(), None));
}

#[tokio::test]
async fn a_purge_empties_and_a_second_must_wait() {
    let bench = Bench::new("q", &[]).await;
    bench.send("a").await.unwrap();
    bench.send("b").await.unwrap();
    bench.receive(1).await;
    let purge = || PurgeQueueInput { queue_url: bench.url.clone() };
    bench.call::<PurgeQueue>(purge()).await.unwrap();
    assert_eq!(bench.counts().await, ["0", "0", "0"]);
    bench.advance(59).await;
    assert_eq!(
        refusal(bench.call::<PurgeQueue>(purge()).await),
        "PurgeQueueInProgress: Only one PurgeQueue operation on q is allowed every 60 seconds."
    );
    bench.advance(1).await;
    bench.call::<PurgeQueue>(purge()).await.unwrap();
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy() {
    let bench = Bench::new("q", &[]).await;
    let add = |label: &str| AddPermissionInput {
        queue_url: bench.url.clone(),
        label: label.to_owned(),
        aws_account_ids: vec!["111111111111".to_owned()],
        actions: vec!["ReceiveMessage".to_owned()],
    };
    bench.call::<AddPermission>(add("one")).await.unwrap();
    assert_eq!(
        bench.get(&["Policy"]).await["Policy"],
        r#"{"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:q"}]}"#
    );
    let again =
        "InvalidParameterValueException: Value one for parameter Label is invalid. Reason: Already exists.";
    assert_eq!(refusal(bench.call::<AddPermission>(add("one")).await), again);
    let remove =
        |label: &str| RemovePermissionInput { queue_url: bench.url.clone(), label: label.to_owned() };
    let none =
        "InvalidParameterValueException: Value two for parameter Label is invalid. Reason: can't find label.";
    assert_eq!(refusal(bench.call::<RemovePermission>(remove("two")).await), none);
    bench.call::<RemovePermission>(remove("one")).await.unwrap();
    assert!(bench.get(&["Policy"]).await.is_empty());
}

#[tokio::test]
async fn a_queue_of_another_account_is_reached_by_its_url() {
    let bench = Bench::new("q", &[]).await;
    let other = Scope { account: "111111111111".parse().unwrap(), ..Scope::default() };
    let input = CreateQueueInput { queue_name: "theirs".to_owned(), ..Default::default() };
    let url = bench.tank.request::<CreateQueue>(&other, input).await.unwrap().queue_url.unwrap();
    assert_eq!(url, "https://sqs.us-east-1.amazonaws.com/111111111111/theirs");
    let theirs = Bench { tank: bench.tank.clone(), url };
    theirs.send("across").await.unwrap();
    assert_eq!(theirs.bodies(1).await, ["across"]);
    let waited = theirs.receive_with(|input| input.wait_time_seconds = Some(3)).await.unwrap();
    assert_eq!(waited, []);
}

#[tokio::test]
async fn a_deleted_queue_is_gone_with_those_who_wait() {
    let bench = Bench::new("q", &[]).await;
    let delete = || DeleteQueueInput { queue_url: bench.url.clone() };
    bench.call::<DeleteQueue>(delete()).await.unwrap();
    assert_eq!(
        refusal(bench.call::<DeleteQueue>(delete()).await),
        "QueueDoesNotExist: The specified queue does not exist."
    );
    bench.queue("q", &[]).await.unwrap();
}

#[tokio::test]
async fn tags_are_kept() {
    let bench = Bench::new("q", &[]).await;
    let tags = attributes(&[("a", "1"), ("b", "2")]);
    bench.call::<TagQueue>(TagQueueInput { queue_url: bench.url.clone(), tags }).await.unwrap();
    let untag = UntagQueueInput { queue_url: bench.url.clone(), tag_keys: vec!["a".to_owned()] };
    bench.call::<UntagQueue>(untag).await.unwrap();
    let listed =
        bench.call::<ListQueueTags>(ListQueueTagsInput { queue_url: bench.url.clone() }).await.unwrap();
    assert_eq!(listed.tags, Some(attributes(&[("b", "2")])));
}
