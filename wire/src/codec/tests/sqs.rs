//! SQS in both protocols: the same value from JSON and from form parameters, errors by both names.

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{HeaderMap, Method, Uri};

use super::{ENDPOINT, show_response};
use crate::codec::{decode_request, encode_error, encode_request, encode_response};
use crate::error::WireError;
use crate::route::route;
use crate::schema::{Protocol, Service};
use crate::sqs;
use crate::val::{FromVal, ToVal, Val};
use crate::validate::{validate, validation_error};

fn query() -> &'static Service {
    sqs::SERVICE.speaking(Protocol::Query).expect("older SDKs speak it")
}

/// Reads a form as old clients send it.
fn read<O: crate::Operation>(uri: &'static str, form: &str) -> O::Input
where
    O::Input: FromVal,
{
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-www-form-urlencoded".parse().expect("a value"));
    headers.insert("host", "localhost:4566".parse().expect("a value"));
    let (body, uri) = (Bytes::copy_from_slice(form.as_bytes()), Uri::from_static(uri));
    let method = if form.is_empty() { Method::GET } else { Method::POST };
    let found = route(&method, &uri, &headers, &body).expect("a route");
    assert_eq!((found.service.name, found.service.protocol), ("sqs", Protocol::Query));
    assert_eq!(found.operation.name, O::NAME);
    O::Input::from_val(decode_request(&found, &uri, &headers, &body).expect("a request"))
}

#[test]
fn flattened_lists_and_maps_are_read_by_the_names_of_their_entries() {
    let url = "http://localhost:4566/000000000000/q";
    let form = "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%3A4566%2F000000000000%2Fq\
        &MessageBody=hi&DelaySeconds=5&MessageAttribute.1.Name=kind&MessageAttribute.1.Value.DataType=String\
        &MessageAttribute.1.Value.StringValue=a&MessageSystemAttribute.1.Name=AWSTraceHeader\
        &MessageSystemAttribute.1.Value.DataType=String&MessageSystemAttribute.1.Value.StringValue=Root";
    let input = read::<sqs::SendMessage>("/", form);
    assert_eq!(
        (input.queue_url.as_str(), input.message_body.as_str(), input.delay_seconds),
        (url, "hi", Some(5))
    );
    let attributes = input.message_attributes.expect("attributes");
    assert_eq!(attributes["kind"].string_value.as_deref(), Some("a"));
    let system = input.message_system_attributes.expect("attributes");
    assert_eq!(system["AWSTraceHeader"].string_value.as_deref(), Some("Root"));

    let form = "Action=CreateQueue&QueueName=q.fifo&Attribute.1.Name=FifoQueue&Attribute.1.Value=true\
        &Attribute.2.Name=DelaySeconds&Attribute.2.Value=3&Tag.1.Key=a&Tag.1.Value=b";
    let input = read::<sqs::CreateQueue>("/", form);
    assert_eq!(input.attributes.map(|all| all["FifoQueue"].clone()), Some("true".to_owned()));
    assert_eq!(input.tags.map(|all| all["a"].clone()), Some("b".to_owned()));
    let form =
        "Action=ReceiveMessage&AttributeName.1=All&MessageAttributeName.1=a&MessageAttributeName.2=b.*";
    let input = read::<sqs::ReceiveMessage>("/000000000000/q", form);
    assert_eq!(input.attribute_names, Some(vec!["All".to_owned()]));
    assert_eq!(input.message_attribute_names, Some(vec!["a".to_owned(), "b.*".to_owned()]));

    let form = "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=x\
        &SendMessageBatchRequestEntry.1.MessageBody=1&SendMessageBatchRequestEntry.2.Id=y\
        &SendMessageBatchRequestEntry.2.MessageBody=2";
    let entries = read::<sqs::SendMessageBatch>("/000000000000/q", form).entries;
    assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn a_request_to_a_queues_own_url_needs_no_parameter_for_it() {
    let url = "http://localhost:4566/000000000000/q";
    let input = read::<sqs::DeleteMessage>(
        "/000000000000/q",
        "Action=DeleteMessage&ReceiptHandle=h&Version=2012-11-05",
    );
    assert_eq!((input.queue_url.as_str(), input.receipt_handle.as_str()), (url, "h"));
    let input = read::<sqs::DeleteQueue>("/000000000000/q?Action=DeleteQueue&Version=2012-11-05", "");
    assert_eq!(input.queue_url, url);
    let input = read::<sqs::DeleteQueue>("/000000000000/q", "Action=DeleteQueue&QueueUrl=other");
    assert_eq!(input.queue_url, "other");
}

#[track_caller]
fn check_both<O: crate::Operation>(output: O::Output, json: Expect, xml: Expect)
where
    O::Output: ToVal,
{
    let val = output.to_val();
    for (service, expected) in [(&sqs::SERVICE, json), (query(), xml)] {
        let operation = service.operation(O::NAME).expect("a served operation");
        expected.assert_eq(&show_response(&encode_response(service, operation, val.clone(), "req-1")));
    }
}

#[test]
fn answers_have_wrappers_and_flattened_entries_in_xml() {
    let message = |body: &str| sqs::Message {
        message_id: Some("m".to_owned()),
        body: Some(body.to_owned()),
        attributes: Some([("SentTimestamp".to_owned(), "1".to_owned())].into()),
        ..sqs::Message::default()
    };
    check_both::<sqs::ReceiveMessage>(
        sqs::ReceiveMessageOutput { messages: Some(vec![message("a"), message("<b>")]) },
        expect![[r#"
            200
            content-type: application/x-amz-json-1.0
            x-amzn-requestid: req-1

            {"Messages":[{"MessageId":"m","Body":"a","Attributes":{"SentTimestamp":"1"}},{"MessageId":"m","Body":"<b>","Attributes":{"SentTimestamp":"1"}}]}
        "#]],
        expect![[r#"
            200
            content-type: text/xml
            x-amzn-requestid: req-1

            <ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult><Message><MessageId>m</MessageId><Body>a</Body><Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute></Message><Message><MessageId>m</MessageId><Body>&lt;b&gt;</Body><Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute></Message></ReceiveMessageResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></ReceiveMessageResponse>
        "#]],
    );
    let sent =
        sqs::SendMessageOutput { message_id: Some("m".to_owned()), ..sqs::SendMessageOutput::default() };
    check_both::<sqs::SendMessage>(
        sent,
        expect![[r#"
        200
        content-type: application/x-amz-json-1.0
        x-amzn-requestid: req-1

        {"MessageId":"m"}
    "#]],
        expect![[r#"
        200
        content-type: text/xml
        x-amzn-requestid: req-1

        <SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult><MessageId>m</MessageId></SendMessageResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></SendMessageResponse>
    "#]],
    );
    check_both::<sqs::DeleteMessage>(
        sqs::DeleteMessageOutput::default(),
        expect![[r#"
        200
        content-type: application/x-amz-json-1.0
        x-amzn-requestid: req-1

        {}
    "#]],
        expect![[r#"
        200
        content-type: text/xml
        x-amzn-requestid: req-1

        <DeleteMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></DeleteMessageResponse>
    "#]],
    );
}

#[test]
fn an_error_has_its_old_code_in_a_header_and_in_xml() {
    let check = |service: &Service, error: WireError, expected: Expect| {
        expected.assert_eq(&show_response(&encode_error(service, &error, "req-1")));
    };
    let gone = || WireError::client("QueueDoesNotExist", "The specified queue does not exist.");
    check(
        &sqs::SERVICE,
        gone(),
        expect![[r#"
        400
        content-type: application/x-amz-json-1.0
        x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender
        x-amzn-requestid: req-1

        {"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}
    "#]],
    );
    check(
        query(),
        gone(),
        expect![[r#"
        400
        content-type: text/xml
        x-amzn-requestid: req-1

        <ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message></Error><RequestId>req-1</RequestId></ErrorResponse>
    "#]],
    );
    let old =
        WireError::client("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.");
    check(
        &sqs::SERVICE,
        old,
        expect![[r#"
        400
        content-type: application/x-amz-json-1.0
        x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender
        x-amzn-requestid: req-1

        {"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}
    "#]],
    );
    let throttled = WireError::client_status(403, "RequestThrottled", "");
    for service in [&sqs::SERVICE, query()] {
        assert_eq!(encode_error(service, &throttled, "req-1").status(), 403, "no model says it");
    }
    let invalid = || WireError::client("InvalidParameterValue", "no");
    check(
        &sqs::SERVICE,
        invalid(),
        expect![[r#"
            400
            content-type: application/x-amz-json-1.0
            x-amzn-query-error: InvalidParameterValue;Sender
            x-amzn-requestid: req-1

            {"__type":"com.amazon.coral.service#InvalidParameterValueException","message":"no"}
        "#]],
    );
    check(
        query(),
        invalid(),
        expect![[r#"
        400
        content-type: text/xml
        x-amzn-requestid: req-1

        <ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>no</Message></Error><RequestId>req-1</RequestId></ErrorResponse>
    "#]],
    );
}

#[test]
fn a_parameter_that_is_missing_is_named_in_both_protocols() {
    let operation = sqs::SERVICE.operation("SendMessage").expect("a served operation");
    let failures = validate(operation.input, &Val::Struct(Vec::new())).expect_err("nothing was sent");
    let error = validation_error(&sqs::SERVICE, &failures);
    assert_eq!(error.message, "The request must contain the parameter QueueUrl.");
    for (service, name) in [
        (&sqs::SERVICE, "com.amazon.coral.service#MissingRequiredParameterException"),
        (query(), "MissingParameter<"),
    ] {
        let response = encode_error(service, &error, "req-1");
        let told = String::from_utf8_lossy(response.body());
        assert!(told.contains(name), "{told}");
    }
}

#[test]
fn a_client_that_speaks_query_sends_what_old_ones_send() {
    let input = sqs::SetQueueAttributesInput {
        queue_url: "u".to_owned(),
        attributes: [("DelaySeconds".to_owned(), "3".to_owned())].into(),
    };
    let operation = query().operation("SetQueueAttributes").expect("a served operation");
    let request = encode_request(query(), operation, input.to_val(), ENDPOINT);
    let expected = "Action=SetQueueAttributes&Version=2012-11-05&QueueUrl=u&Attribute.1.Name=DelaySeconds&Attribute.1.Value=3";
    assert_eq!(request.body(), expected);
}
