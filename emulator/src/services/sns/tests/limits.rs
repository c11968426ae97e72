//! Every limit of SNS is crossed once: the limit, the request, AWS's refusal.

use expect_test::expect;

use super::*;
use crate::services::crossing::Crossed;

impl Bench {
    async fn batch(&self, entries: Vec<PublishBatchRequestEntry>) -> Result<PublishBatchOutput, WireError> {
        let topic_arn = self.topic.clone();
        self.call::<PublishBatch>(PublishBatchInput { topic_arn, publish_batch_request_entries: entries })
            .await
    }

    async fn set(&self, name: &str, value: &str) -> Result<(), WireError> {
        let input = SetTopicAttributesInput {
            topic_arn: self.topic.clone(),
            attribute_name: name.to_owned(),
            attribute_value: Some(value.to_owned()),
        };
        self.call::<SetTopicAttributes>(input).await.map(drop)
    }
}

fn entry(id: &str, message: &str) -> PublishBatchRequestEntry {
    PublishBatchRequestEntry { id: id.to_owned(), message: message.to_owned(), ..Default::default() }
}

async fn publishing(bench: &Bench, crossed: &mut Crossed) {
    let long = "x".repeat(262_145);
    crossed.refused(
        "MESSAGE_BYTES_DEFAULT",
        bench.publish_with(&long, |_| {}).await,
        expect!["400 InvalidParameter: Invalid parameter: Message too long"],
    );
    let half = "x".repeat(131_072);
    let heavy = vec![entry("a", &half), entry("b", &half), entry("c", "x")];
    crossed.refused(
        "MESSAGE_BYTES_DEFAULT",
        bench.batch(heavy).await,
        expect![
            "400 BatchRequestTooLong: The length of all the messages put together is more than the limit."
        ],
    );
    let eleven = (0..11).map(|n| entry(&n.to_string(), "x")).collect();
    crossed.refused(
        "BATCH_ENTRIES_MAX",
        bench.batch(eleven).await,
        expect![
            "400 TooManyEntriesInBatchRequest: The batch request contains more entries than permissible."
        ],
    );
    let id = vec![entry(&"a".repeat(81), "x")];
    crossed.refused("ENTRY_ID_CHARS_MAX", bench.batch(id).await, expect!["400 InvalidBatchEntryId: The Id of a batch entry in the batch request is too long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]);
    let subject = bench.publish_with("x", |input| input.subject = Some("s".repeat(101))).await;
    crossed.refused(
        "SUBJECT_CHARS_END",
        subject,
        expect!["400 InvalidParameter: Invalid parameter: Subject"],
    );
}

async fn fifo(crossed: &mut Crossed) {
    let bench = Bench::new("t.fifo", &[("FifoTopic", "true")]).await;
    let long = Some("x".repeat(129));
    let group = bench.publish_with("x", |input| {
        input.message_group_id = long.clone();
        input.message_deduplication_id = Some("1".to_owned());
    });
    crossed.refused(
        "ID_CHARS_MAX",
        group.await,
        expect!["400 InvalidParameter: Invalid parameter: MessageGroupId"],
    );
    let dedup = bench.publish_with("x", |input| {
        input.message_group_id = Some("1".to_owned());
        input.message_deduplication_id = long.clone();
    });
    crossed.refused(
        "ID_CHARS_MAX",
        dedup.await,
        expect!["400 InvalidParameter: Invalid parameter: MessageDeduplicationId"],
    );
}

async fn topics(bench: &Bench, crossed: &mut Crossed) {
    crossed.refused("MAXIMUM_MESSAGE_SIZE", bench.set("MaximumMessageSize", "1023").await, expect!["400 InvalidParameter: Invalid parameter: MaximumMessageSize: Invalid value [1023]. Must be between 1024 and 1048576."]);
    crossed.refused("MAXIMUM_MESSAGE_SIZE", bench.set("MaximumMessageSize", "1048577").await, expect!["400 InvalidParameter: Invalid parameter: MaximumMessageSize: Invalid value [1048577]. Must be between 1024 and 1048576."]);
    let name =
        async |name: String| bench.call::<CreateTopic>(CreateTopicInput { name, ..Default::default() }).await;
    crossed.refused(
        "NAME_CHARS",
        name(String::new()).await,
        expect!["400 InvalidParameter: Invalid parameter: Topic Name"],
    );
    crossed.refused(
        "NAME_CHARS",
        name("x".repeat(257)).await,
        expect!["400 InvalidParameter: Invalid parameter: Topic Name"],
    );
    let tags = (0..51).map(|n| Tag { key: format!("k{n}"), value: String::new() }).collect();
    let input = TagResourceInput { resource_arn: bench.topic.clone(), tags };
    crossed.refused(
        "TAGS_MAX",
        bench.call::<TagResource>(input).await,
        expect!["400 TagLimitExceeded: Could not complete request: tag quota of per resource exceeded"],
    );
}

async fn filters(bench: &Bench, crossed: &mut Crossed) {
    let filter =
        async |policy: &str| bench.subscribe("sqs", &queue_arn("q"), &[("FilterPolicy", policy)]).await;
    let six = r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#;
    crossed.refused("FILTER_KEYS_MAX", filter(six).await, expect!["400 InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: Filter policy can not have more than 5 keys"]);
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let wide = format!(r#"{{"a":{ten},"b":{ten},"c":[1,2]}}"#);
    crossed.refused("FILTER_COMBINATIONS_MAX", filter(&wide).await, expect!["400 InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: Filter policy is too complex"]);
    crossed.refused("FILTER_NUMBER_MAX", filter(r#"{"a":[1000000001]}"#).await, expect!["400 InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: Value must be between -1.0E9 and 1.0E9, inclusive"]);
    let policy = r#"{"healthyRetryPolicy":{"numRetries":101,"minDelayTarget":1,"maxDelayTarget":1}}"#;
    let retries = bench.subscribe("http", "http://127.0.0.1:9/x", &[("DeliveryPolicy", policy)]).await;
    crossed.refused("RETRIES_MAX", retries, expect!["400 InvalidParameter: Invalid parameter: Attributes Reason: DeliveryPolicy: healthyRetryPolicy.numRetries must be less than or equal to 100"]);
    let policy = r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}"#;
    crossed.refused("RETRIES_MAX", bench.set("DeliveryPolicy", policy).await, expect!["400 InvalidParameter: Invalid parameter: DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less than or equal to 100"]);
}

/// A token that was sent three days ago confirms nothing.
async fn tokens(crossed: &mut Crossed) {
    let bench = Bench::new("t", &[]).await;
    let input = ConfirmSubscriptionInput {
        topic_arn: bench.topic.clone(),
        token: "0".repeat(256),
        ..Default::default()
    };
    crossed.refused(
        "TOKEN",
        bench.call::<ConfirmSubscription>(input).await,
        expect!["400 InvalidParameter: Invalid parameter: Token"],
    );
}

#[tokio::test]
async fn every_limit_is_crossed() {
    let bench = Bench::new("t", &[]).await;
    let mut crossed = Crossed::default();
    publishing(&bench, &mut crossed).await;
    fifo(&mut crossed).await;
    topics(&bench, &mut crossed).await;
    filters(&bench, &mut crossed).await;
    tokens(&mut crossed).await;
    crossed.elsewhere("pages_hold_a_hundred", &["PAGE_MAX"]);
    crossed.elsewhere("a_fifo_topic_keeps_groups_and_drops_duplicates", &["DEDUPLICATION"]);
    // Real time, which no test spends.
    crossed.elsewhere("an_http_endpoint_confirms_is_asked_again_and_its_losses_are_kept", &["HTTP_TIMEOUT"]);
    crossed
        .finish(include_str!("../limits.rs"), &[include_str!("../tests.rs"), include_str!("deliveries.rs")]);
}
