//! How refusals stand on the wire, and that clients read them back.

use expect_test::{Expect, expect};

use super::show_response;
use crate::codec::{decode_response, encode_error, encode_route_error};
use crate::error::WireError;
use crate::route::RouteError;
use crate::schema::{Protocol, Service};
use crate::{athena, cloudformation, glue, iam, lambda, logs};

#[track_caller]
fn check(service: &'static Service, error: WireError, expected: Expect) {
    let response = encode_error(service, &error, "req-1");
    expected.assert_eq(&show_response(&response));
    let status = response.status().as_u16();
    let code = service.error(&error.code).map_or(error.code.as_str(), |shape| match service.protocol {
        Protocol::Query => shape.code,
        _ => shape.name,
    });
    let read = decode_response(service, &service.operations[0], response);
    let expected =
        WireError { code: code.to_owned(), status, sender: status < 500, fields: Vec::new(), ..error };
    assert_eq!(read, Err(expected));
}

#[test]
fn json_errors_name_their_type_and_use_the_models_word_for_the_message() {
    check(
        &glue::SERVICE,
        WireError::client("EntityNotFoundException", "Database lake not found."),
        expect![[r#"
            400
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"__type":"EntityNotFoundException","Message":"Database lake not found."}
        "#]],
    );
    check(
        &logs::SERVICE,
        WireError::client("ResourceNotFoundException", "The specified log group does not exist."),
        expect![[r#"
            400
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}
        "#]],
    );
    check(
        &athena::SERVICE,
        WireError::client("InvalidRequestException", "No output location")
            .with("AthenaErrorCode", "INVALID_INPUT")
            .with("ErrorCode", "INVALID_INPUT"),
        expect![[r#"
            400
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"__type":"InvalidRequestException","AthenaErrorCode":"INVALID_INPUT","ErrorCode":"INVALID_INPUT","Message":"No output location"}
        "#]],
    );
    check(
        &glue::SERVICE,
        WireError::client("SerializationException", ""),
        expect![[r#"
            400
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"__type":"SerializationException"}
        "#]],
    );
}

#[test]
fn rest_json_errors_have_the_models_status_and_their_type_in_a_header() {
    check(
        &lambda::SERVICE,
        WireError::client("ResourceNotFoundException", "Function not found: f"),
        expect![[r#"
            404
            content-type: application/json
            x-amzn-errortype: ResourceNotFoundException
            x-amzn-requestid: req-1

            {"Type":"User","Message":"Function not found: f"}
        "#]],
    );
    check(
        &lambda::SERVICE,
        WireError::client("InvalidParameterValueException", "no").with("Reason", "x"),
        expect![[r#"
            400
            content-type: application/json
            x-amzn-errortype: InvalidParameterValueException
            x-amzn-requestid: req-1

            {"Type":"User","Reason":"x","message":"no"}
        "#]],
    );
    check(
        &lambda::SERVICE,
        WireError::not_implemented("lambda CreateAlias"),
        expect![[r#"
            501
            content-type: application/json
            x-amzn-errortype: NotImplemented
            x-amzn-requestid: req-1

            {"message":"wavetank does not implement lambda CreateAlias."}
        "#]],
    );
}

#[test]
fn query_errors_use_the_models_code_for_an_exceptions_name() {
    check(
        &iam::SERVICE,
        WireError::client("NoSuchEntityException", "The role <r> cannot be found."),
        expect![[r#"
            404
            content-type: text/xml
            x-amzn-requestid: req-1

            <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role &lt;r&gt; cannot be found.</Message></Error><RequestId>req-1</RequestId></ErrorResponse>
        "#]],
    );
    check(
        &cloudformation::SERVICE,
        WireError::client("ValidationError", "Stack with id s does not exist"),
        expect![[r#"
            400
            content-type: text/xml
            x-amzn-requestid: req-1

            <ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id s does not exist</Message></Error><RequestId>req-1</RequestId></ErrorResponse>
        "#]],
    );
}

#[track_caller]
fn check_route(error: RouteError, expected: Expect) {
    let shown = encode_route_error(&error, "req-1").map(|response| show_response(&response));
    expected.assert_eq(&shown.unwrap_or_else(|| "for S3".to_owned()));
}

#[test]
fn what_has_no_operation_is_answered_in_the_protocol_it_was_asked_in() {
    check_route(
        RouteError::UnknownOperation { service: &glue::SERVICE, name: "Nope".to_owned() },
        expect![[r#"
            400
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"__type":"UnknownOperationException"}
        "#]],
    );
    check_route(
        RouteError::UnknownOperation { service: &iam::SERVICE, name: "Nope".to_owned() },
        expect![[r#"
            400
            content-type: text/xml
            x-amzn-requestid: req-1

            <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation Nope for version 2010-05-08</Message></Error><RequestId>req-1</RequestId></ErrorResponse>
        "#]],
    );
    check_route(
        RouteError::NotImplemented { service: &glue::SERVICE, operation: "CreateConnection".to_owned() },
        expect![[r#"
            501
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"__type":"NotImplemented","message":"wavetank does not implement glue CreateConnection."}
        "#]],
    );
    check_route(
        RouteError::UnknownService {
            service: "AmazonSQS".to_owned(),
            operation: "SendMessage".to_owned(),
            protocol: Protocol::AwsJson10,
        },
        expect![[r#"
            501
            content-type: application/x-amz-json-1.0
            x-amzn-requestid: req-1

            {"__type":"NotImplemented","message":"wavetank does not implement AmazonSQS SendMessage."}
        "#]],
    );
    check_route(RouteError::NotOurs, expect!["for S3"]);
}

#[test]
fn an_answer_of_no_protocol_is_told_with_its_status_and_beginning() {
    let mut response = http::Response::new(bytes::Bytes::from_static(b"<html>Bad Gateway</html>"));
    *response.status_mut() = http::StatusCode::BAD_GATEWAY;
    let read = decode_response(&glue::SERVICE, &glue::SERVICE.operations[0], response);
    let told = read.expect_err("an error").to_string();
    let expected =
        "UnreadableResponse: HTTP 502 with a body that is not of the protocol: <html>Bad Gateway</html>";
    assert_eq!(told, expected);
}
