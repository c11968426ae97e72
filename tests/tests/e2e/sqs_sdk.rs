//! SQS with the genuine SDK, in-process: no socket, no sleep. The SDK checks the digests of what it sends and receives.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use wavetank::{Tank, seconds};

/// A client and a queue.
async fn queue(tank: &Tank, fifo: bool) -> (Client, String) {
    let client = tank.sqs();
    let mut create = client.create_queue().queue_name(if fifo { "q.fifo" } else { "q" });
    if fifo {
        create = create.attributes(QueueAttributeName::FifoQueue, "true");
    }
    let url = create.send().await.unwrap().queue_url.unwrap();
    (client, url)
}

fn attribute(data_type: &str, text: Option<&str>, bytes: Option<&[u8]>) -> MessageAttributeValue {
    MessageAttributeValue::builder()
        .data_type(data_type)
        .set_string_value(text.map(str::to_owned))
        .set_binary_value(bytes.map(Blob::new))
        .build()
        .unwrap()
}

#[wavetank::test]
async fn a_message_comes_back_as_it_was_sent_with_digests_that_the_sdk_checks(tank: Tank) {
    let (client, url) = queue(&tank, false).await;
    let sent = client
        .send_message()
        .queue_url(&url)
        .message_body("Xin chào")
        .message_attributes("a", attribute("String", Some("x"), None))
        .message_attributes("b.c", attribute("Number.int", Some("7"), None))
        .message_attributes("d", attribute("Binary", None, Some(b"\x01\x02")))
        .send()
        .await
        .unwrap();
    let got = client
        .receive_message()
        .queue_url(&url)
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await
        .unwrap();
    let message = &got.messages()[0];
    assert_eq!(message.body(), Some("Xin chào"));
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    let attributes = message.message_attributes().unwrap();
    assert_eq!(attributes["b.c"].string_value(), Some("7"));
    assert_eq!(attributes["d"].binary_value(), Some(&Blob::new(b"\x01\x02")));
    let system = message.attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], "1");
    client
        .delete_message()
        .queue_url(&url)
        .receipt_handle(message.receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
}

#[wavetank::test]
async fn a_long_poll_costs_tank_time_alone(tank: Tank) {
    let (client, url) = queue(&tank, false).await;
    let before = tank.now();
    let none = client.receive_message().queue_url(&url).wait_time_seconds(20).send().await.unwrap();
    assert!(none.messages().is_empty());
    assert_eq!(tank.now(), before + seconds(20));
    client.send_message().queue_url(&url).message_body("late").delay_seconds(5).send().await.unwrap();
    let late = client.receive_message().queue_url(&url).wait_time_seconds(20).send().await.unwrap();
    assert_eq!((late.messages().len(), tank.now()), (1, before + seconds(25)));
}

#[wavetank::test]
async fn batches_say_which_entries_failed(tank: Tank) {
    let (client, url) = queue(&tank, false).await;
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
    };
    let sent = client
        .send_message_batch()
        .queue_url(&url)
        .entries(entry("good", "x"))
        .entries(entry("bad", "\u{1}"))
        .send()
        .await
        .unwrap();
    assert_eq!((sent.successful()[0].id(), sent.failed()[0].id()), ("good", "bad"));
    assert_eq!(sent.failed()[0].code(), "InvalidMessageContents");
    let got = client.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
    let handle = got.messages()[0].receipt_handle().unwrap();
    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let gone = client
        .delete_message_batch()
        .queue_url(&url)
        .entries(entry("1", handle))
        .entries(entry("2", "garbage"))
        .send()
        .await
        .unwrap();
    assert_eq!((gone.successful().len(), gone.failed()[0].code()), (1, "ReceiptHandleIsInvalid"));
}

#[wavetank::test]
async fn a_fifo_queue_keeps_order_and_drops_duplicates(tank: Tank) {
    let (client, url) = queue(&tank, true).await;
    for (body, dedup) in [("1", "a"), ("2", "b"), ("3", "a")] {
        let send = client.send_message().queue_url(&url).message_body(body);
        let sent = send.message_group_id("g").message_deduplication_id(dedup).send().await.unwrap();
        assert_eq!(sent.sequence_number().map(str::len), Some(20));
    }
    let got = client.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
    let bodies: Vec<&str> = got.messages().iter().filter_map(|message| message.body()).collect();
    assert_eq!(bodies, ["1", "2"]);
}

#[wavetank::test]
async fn refusals_are_the_exceptions_of_the_sdk(tank: Tank) {
    let (client, url) = queue(&tank, false).await;
    let missing = client.get_queue_url().queue_name("none").send().await.unwrap_err();
    assert!(missing.as_service_error().unwrap().is_queue_does_not_exist(), "{missing:?}");
    let handle = client.delete_message().queue_url(&url).receipt_handle("garbage").send().await.unwrap_err();
    assert!(handle.as_service_error().unwrap().is_receipt_handle_is_invalid(), "{handle:?}");
    let many =
        client.send_message_batch().queue_url(&url).set_entries(Some(Vec::new())).send().await.unwrap_err();
    assert!(many.as_service_error().unwrap().is_empty_batch_request(), "{many:?}");
    let exists = client.create_queue().queue_name("q").attributes(QueueAttributeName::DelaySeconds, "7");
    let exists = exists.send().await.unwrap_err();
    assert!(exists.as_service_error().unwrap().is_queue_name_exists(), "{exists:?}");
    let parameter =
        client.receive_message().queue_url(&url).max_number_of_messages(11).send().await.unwrap_err();
    let sentence = "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.";
    assert_eq!(parameter.message(), Some(sentence));
}
