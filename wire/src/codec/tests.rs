//! What stands on the wire, per protocol, as a reader of AWS's documents would expect it. Properties are in `props.rs`.

mod cbor;
mod errors;
mod events;
mod props;
mod sqs;

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{HeaderMap, Request, Response};

use super::*;
use crate::route::route;
use crate::val::ToVal;
use crate::{athena, cloudformation, glue, iam, lambda};

const ENDPOINT: &str = "http://127.0.0.1:4566";

/// A request or an answer as text: first line, headers by name, body.
fn show(first: &str, headers: &HeaderMap, body: &Bytes) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    format!("{first}\n{}\n\n{}\n", lines.join("\n"), String::from_utf8_lossy(body).trim_end())
}

fn show_response(response: &Response<Bytes>) -> String {
    show(response.status().as_str(), response.headers(), response.body())
}

/// What the client sends for an input, and that the server reads the same.
#[track_caller]
fn check_request<O: crate::Operation>(input: O::Input, expected: Expect)
where
    O::Input: Clone,
{
    let service = O::service();
    let operation = service.operation(O::NAME).expect("a served operation");
    let val = input.to_val();
    let request = encode_request(service, operation, val.clone(), ENDPOINT);
    let first = format!("{} {}", request.method(), request.uri());
    expected.assert_eq(&show(&first, request.headers(), request.body()));
    assert_eq!(decode(&request), Ok(val));
}

fn decode(request: &Request<Bytes>) -> Result<Val, WireError> {
    let route = route(request.method(), request.uri(), request.headers(), request.body()).expect("a route");
    decode_request(&route, request.uri(), request.headers(), request.body())
}

/// What the server answers for an output, and that the client reads the same.
#[track_caller]
fn check_response<O: crate::Operation>(output: Val, expected: Expect) {
    let service = O::service();
    let operation = service.operation(O::NAME).expect("a served operation");
    let response = encode_response(service, operation, output.clone(), "req-1");
    expected.assert_eq(&show_response(&response));
    assert_eq!(decode_response(service, operation, response), Ok(output));
}

#[test]
fn aws_json_sends_the_operation_in_a_header_and_members_in_the_body() {
    let input = glue::GetTableInput {
        database_name: "lake".to_owned(),
        name: "clicks".to_owned(),
        ..glue::GetTableInput::default()
    };
    check_request::<glue::GetTable>(
        input,
        expect![[r#"
            POST http://127.0.0.1:4566/
            content-type: application/x-amz-json-1.1
            x-amz-target: AWSGlue.GetTable

            {"DatabaseName":"lake","Name":"clicks"}
        "#]],
    );
}

#[test]
fn aws_json_answers_with_seconds_and_their_fraction() {
    let table = |micros| glue::Table {
        name: "clicks".to_owned(),
        create_time: Some(wavetank_types::Timestamp::from_micros(micros)),
        ..glue::Table::default()
    };
    let output = |micros| glue::GetTableOutput { table: Some(table(micros)) };
    check_response::<glue::GetTable>(
        output(1_767_571_200_120_000).to_val(),
        expect![[r#"
            200
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"Table":{"Name":"clicks","CreateTime":1767571200.12}}
        "#]],
    );
    check_response::<glue::GetTable>(
        output(1_767_571_200_000_000).to_val(),
        expect![[r#"
            200
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: req-1

            {"Table":{"Name":"clicks","CreateTime":1767571200.0}}
        "#]],
    );
}

#[test]
fn rest_json_spreads_members_over_path_query_headers_and_body() {
    let input = lambda::InvokeInput {
        function_name: "arn:aws:lambda:us-east-1:000000000000:function:clean".to_owned(),
        invocation_type: Some("RequestResponse".to_owned()),
        qualifier: Some("$LATEST".to_owned()),
        payload: Some(Bytes::from_static(br#"{"n":1}"#)),
        ..lambda::InvokeInput::default()
    };
    check_request::<lambda::Invoke>(
        input,
        expect![[r#"
            POST http://127.0.0.1:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aclean/invocations?Qualifier=%24LATEST
            content-type: application/octet-stream
            x-amz-invocation-type: RequestResponse

            {"n":1}
        "#]],
    );
    let input = lambda::UntagResourceInput {
        resource: "arn:aws:lambda:us-east-1:000000000000:function:clean".to_owned(),
        tag_keys: vec!["a".to_owned(), "b&c".to_owned()],
    };
    check_request::<lambda::UntagResource>(
        input,
        expect![[r#"
            DELETE http://127.0.0.1:4566/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aclean?tagKeys=a&tagKeys=b%26c



        "#]],
    );
}

#[test]
fn rest_json_answers_with_the_status_its_output_says() {
    let output = lambda::InvokeOutput {
        status_code: Some(202),
        function_error: Some("Unhandled".to_owned()),
        ..lambda::InvokeOutput::default()
    };
    check_response::<lambda::Invoke>(
        output.to_val(),
        expect![[r#"
            202
            x-amz-function-error: Unhandled
            x-amzn-requestid: req-1


        "#]],
    );
    check_response::<lambda::DeleteFunctionConcurrency>(
        Val::Struct(Vec::new()),
        expect![[r#"
            204
            x-amzn-requestid: req-1


        "#]],
    );
}

#[test]
fn query_numbers_its_lists_and_answers_in_xml() {
    let input = iam::CreateRoleInput {
        role_name: "lambda role".to_owned(),
        assume_role_policy_document: "{}".to_owned(),
        tags: Some(vec![iam::Tag { key: "team".to_owned(), value: "data".to_owned() }]),
        ..iam::CreateRoleInput::default()
    };
    check_request::<iam::CreateRole>(
        input,
        expect![[r#"
            POST http://127.0.0.1:4566/
            content-type: application/x-www-form-urlencoded; charset=utf-8

            Action=CreateRole&Version=2010-05-08&RoleName=lambda%20role&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=team&Tags.member.1.Value=data
        "#]],
    );
    let output = cloudformation::ListExportsOutput {
        exports: Some(vec![cloudformation::Export { name: Some("a<b".to_owned()), ..Default::default() }]),
        next_token: None,
    };
    check_response::<cloudformation::ListExports>(
        output.to_val(),
        expect![[r#"
            200
            content-type: text/xml
            x-amzn-requestid: req-1

            <ListExportsResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListExportsResult><Exports><member><Name>a&lt;b</Name></member></Exports></ListExportsResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></ListExportsResponse>
        "#]],
    );
    check_response::<iam::DeleteRole>(
        Val::Struct(Vec::new()),
        expect![[r#"
            200
            content-type: text/xml
            x-amzn-requestid: req-1

            <DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></DeleteRoleResponse>
        "#]],
    );
}

/// How a body for `operation` reads on the server: the value, or code and sentence.
fn read_body(target: &str, body: &str) -> String {
    let mut request = Request::new(Bytes::copy_from_slice(body.as_bytes()));
    *request.method_mut() = Method::POST;
    request.headers_mut().insert("x-amz-target", rest_json::header_value(target));
    match decode(&request) {
        Ok(val) => format!("{val:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_body_that_is_not_of_its_shape_is_refused_in_aws_words() {
    let check = |body: &str, expected: &str| {
        assert_eq!(read_body("AmazonAthena.GetQueryResults", body), expected, "{body}");
    };
    let check_refused =
        |body: &str, sentence: &str| check(body, &format!("SerializationException: {sentence}"));
    check("{}", "Struct([])");
    check(r#"{"Unknown":[1,{"a":2}],"MaxResults":null}"#, "Struct([])");
    check(r#"{"MaxResults":1,"QueryExecutionId":"a"}"#, r#"Struct([(0, Str("a")), (2, Int(1))])"#);
    check(r#"{"MaxResults":1,"MaxResults":2}"#, "Struct([(2, Int(2))])");
    check(r#"{"MaxResults":2.0}"#, "Struct([(2, Int(2))])");
    // Recorded: athena-local, `docs/dev/measurements/errors.md`, 2026-09-23.
    check(r#"{"MaxResults":1.5}"#, "Struct([(2, Int(1))])");
    check(r#"{"MaxResults":99999999999}"#, "Struct([(2, Int(99999999999))])");
    for body in ["", "{", "null", "\"x\"", "7", "{},", "{} x", r#"{"MaxResults":1,}"#] {
        check_refused(body, "");
    }
    check_refused("[]", "Start of list found where not expected");
    check_refused(r#"{"MaxResults":"1"}"#, "STRING_VALUE can not be converted to an Integer");
    check_refused(r#"{"MaxResults":true}"#, "TRUE_VALUE can not be converted to an Integer");
    check_refused(r#"{"MaxResults":[1]}"#, "Start of list found where not expected");
    check_refused(r#"{"MaxResults":{"a":1}}"#, "Start of structure or map found where not expected.");
    check_refused(r#"{"QueryExecutionId":1}"#, "NUMBER_VALUE can not be converted to a String");
    check_refused(r#"{"QueryExecutionId":false}"#, "FALSE_VALUE can not be converted to a String");
    check_refused(r#"{"QueryExecutionId":["a"]}"#, "Start of list found where not expected");
}

#[test]
fn nulls_in_lists_and_maps_are_left_out_and_composites_are_told_apart() {
    let check = |body: &str, expected: &str| {
        assert_eq!(read_body("AmazonAthena.StartQueryExecution", body), expected, "{body}");
    };
    let parameters =
        athena::SERVICE.operation("StartQueryExecution").expect("a served operation").input.members();
    let at = parameters.iter().position(|member| member.name == "ExecutionParameters").expect("a member");
    check(r#"{"ExecutionParameters":["a",null]}"#, &format!(r#"Struct([({at}, List([Str("a")]))])"#));
    check(r#"{"ExecutionParameters":"a"}"#, "SerializationException: Expected list or null");
    check(r#"{"QueryExecutionContext":"a"}"#, "SerializationException: Expected null");
    check(
        r#"{"ExecutionParameters":[1]}"#,
        "SerializationException: NUMBER_VALUE can not be converted to a String",
    );
}

#[test]
fn a_member_that_is_not_built_is_refused_by_name_and_a_null_one_is_not() {
    let check =
        |body: &str, expected: &str| assert_eq!(read_body("AWSGlue.CreateJob", body), expected, "{body}");
    let refusal =
        "NotImplemented: wavetank does not implement glue CreateJob with CodeGenConfigurationNodes.";
    check(r#"{"CodeGenConfigurationNodes":{"a":{"Name":"x"}}}"#, refusal);
    check(r#"{"CodeGenConfigurationNodes":"x"}"#, refusal);
    check(r#"{"CodeGenConfigurationNodes":null}"#, "Struct([])");
}

#[test]
fn an_answer_with_a_member_that_is_not_built_is_read_without_it() {
    let body = br#"{"Job":{"Name":"j","CodeGenConfigurationNodes":{"a":{}},"SourceControlDetails":[1]}}"#;
    let operation = glue::SERVICE.operation("GetJob").expect("a served operation");
    let read = decode_response(&glue::SERVICE, operation, Response::new(Bytes::from_static(body)));
    let job: glue::GetJobOutput = crate::FromVal::from_val(read.expect("a readable answer"));
    assert_eq!(job.job.and_then(|job| job.name), Some("j".to_owned()));
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    let deep = 200_000;
    let body = format!(r#"{{"TableInput":{{"Parameters":{}"#, "{\"a\":".repeat(deep));
    assert_eq!(read_body("AWSGlue.CreateTable", &body), "SerializationException: ");
    let unknown = format!(r#"{{"Unknown":{}1{}}}"#, "[".repeat(deep), "]".repeat(deep));
    assert_eq!(read_body("AWSGlue.GetTable", &unknown), "Struct([])");
    assert!(xml::read("<a>".repeat(deep).as_bytes()).is_none());
    let form = format!("Action=GetRole&Version=2010-05-08&{}=1&RoleName=r", "a.".repeat(deep));
    let node = query::read_request(
        iam::SERVICE.operation("GetRole").expect("a served operation"),
        &Uri::from_static("/"),
        &HeaderMap::new(),
        &Bytes::from(form),
    );
    assert_eq!(node, Ok(Val::Struct(vec![(0, Val::Str("r".to_owned()))])));
}

#[test]
fn xml_with_a_document_type_is_not_read() {
    let check =
        |text: &str, readable: bool| assert_eq!(xml::read(text.as_bytes()).is_some(), readable, "{text}");
    check("<a>&lt;&#65;&#x42;</a>", true);
    check("<?xml version=\"1.0\"?><a><![CDATA[<]]></a>", true);
    check("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", false);
    check("<a>&b;</a>", false);
    check("<a>", false);
    check("<a/><b/>", false);
    check("", false);
}

#[test]
fn form_parameters_are_read_as_clients_write_them() {
    let check = |form: &str, expected: &str| {
        let operation = cloudformation::SERVICE.operation("CreateStack").expect("a served operation");
        let read = query::read_request(
            operation,
            &Uri::from_static("/"),
            &HeaderMap::new(),
            &Bytes::copy_from_slice(form.as_bytes()),
        );
        let shown = match read {
            Ok(val) => {
                let input: cloudformation::CreateStackInput = crate::FromVal::from_val(val);
                format!(
                    "{} {:?} {:?} {:?}",
                    input.stack_name, input.capabilities, input.timeout_in_minutes, input.disable_rollback
                )
            }
            Err(refusal) => format!("{refusal:?}"),
        };
        assert_eq!(shown, expected, "{form}");
    };
    check("Action=CreateStack&StackName=a+b%20c", "a b c None None None");
    check(
        "Action=CreateStack&StackName=s&DisableRollback=true&TimeoutInMinutes=5",
        "s None Some(5) Some(true)",
    );
    check(
        "Action=CreateStack&StackName=s&Capabilities.member.10=B&Capabilities.member.9=A",
        r#"s Some(["A", "B"]) None None"#,
    );
    check("Action=CreateStack&StackName=s&Capabilities=", "s Some([]) None None");
    check(
        "Action=CreateStack&StackName=s&TimeoutInMinutes=x",
        r#"Mistyped("x is not a valid value for TimeoutInMinutes")"#,
    );
    check(
        "Action=CreateStack&StackName.member.1=s",
        r#"Mistyped("Top level element may not be treated as a list")"#,
    );
}

#[test]
fn a_later_value_for_the_same_member_counts_and_the_order_is_the_models() {
    let mut members = Vec::new();
    for (index, number) in [(2, 1), (0, 2), (1, 3), (0, 4)] {
        put(&mut members, index, Val::Int(number));
    }
    assert_eq!(members, [(0, Val::Int(4)), (1, Val::Int(3)), (2, Val::Int(1))]);
}

#[test]
fn athena_rows_keep_the_difference_between_empty_and_null() {
    let body = br#"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":""},{}]}]}}"#;
    let operation = athena::SERVICE.operation("GetQueryResults").expect("a served operation");
    let read = decode_response(&athena::SERVICE, operation, Response::new(Bytes::from_static(body)));
    let output: athena::GetQueryResultsOutput = crate::FromVal::from_val(read.expect("a readable answer"));
    let rows = output.result_set.and_then(|set| set.rows).unwrap_or_default();
    let data = rows.first().and_then(|row| row.data.clone()).unwrap_or_default();
    let values: Vec<Option<String>> = data.into_iter().map(|datum| datum.var_char_value).collect();
    assert_eq!(values, [Some(String::new()), None]);
}

#[test]
fn a_request_that_a_person_writes_names_members_wherever_they_travel() {
    let invoke = crate::lambda::SERVICE.operation("Invoke").expect("a served operation");
    let text = r#"{"FunctionName":"f","InvocationType":"Event","Payload":"e30="}"#;
    let input = from_json(invoke.input, text.as_bytes()).expect("an input");
    assert_eq!(to_json(invoke.input, &input), text);
    let request = encode_request(&crate::lambda::SERVICE, invoke, input, "http://127.0.0.1:4566");
    assert_eq!(request.uri().path(), "/2015-03-31/functions/f/invocations");
    assert_eq!(request.headers()["x-amz-invocation-type"], "Event");
    assert_eq!(&request.body()[..], b"{}");
}
