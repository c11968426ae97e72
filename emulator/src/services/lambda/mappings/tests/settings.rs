//! What a mapping may say, how it is shown, and what is refused in which words.

use expect_test::{Expect, expect};
use serde_json::Value;
use wavetank_wire::lambda as api;

use super::lab::{Lab, STREAM};

type Input = api::CreateEventSourceMappingInput;

fn lab() -> Lab {
    Lab::new(1, |_| Ok(Value::Null))
}

#[test]
fn a_new_mapping_of_a_stream_is_shown_with_the_defaults_of_aws() {
    let made = format!("{:?}", lab().create(|_| {}).expect("the defaults are allowed"));
    let said: Vec<&str> = made.split(", ").filter(|part| !part.ends_with(": None")).collect();
    expect![[r#"
        EventSourceMappingConfiguration { uuid: Some("7eb3620f-5e94-40d8-9b39-e5829bdf1051")
        starting_position: Some("TRIM_HORIZON")
        batch_size: Some(100)
        maximum_batching_window_in_seconds: Some(0)
        parallelization_factor: Some(1)
        event_source_arn: Some("arn:aws:kinesis:us-east-1:000000000000:stream/clicks")
        function_arn: Some("arn:aws:lambda:us-east-1:000000000000:function:f")
        last_modified: Some(Timestamp(1767571201000000))
        last_processing_result: Some("No records processed")
        state: Some("Creating")
        state_transition_reason: Some("User action")
        on_failure: Some(OnFailure { destination: None }) })
        maximum_record_age_in_seconds: Some(-1)
        bisect_batch_on_function_error: Some(false)
        maximum_retry_attempts: Some(-1)
        tumbling_window_in_seconds: Some(0)
        function_response_types: Some([])
        event_source_mapping_arn: Some("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:7eb3620f-5e94-40d8-9b39-e5829bdf1051")
        provisioned_poller_config: None }"#]].assert_eq(&said.join("\n"));
}

fn check(change: fn(&mut Input), expected: Expect) {
    let error = lab().create(change).expect_err("it is refused");
    expected.assert_eq(&format!("{} {error}", error.status));
}

#[test]
fn what_is_not_allowed_is_refused_in_the_words_of_aws() {
    check(
        |input| input.event_source_arn = None,
        expect!["400 InvalidParameterValueException: Unrecognized event source."],
    );
    check(
        |input| input.event_source_arn = Some(format!("{STREAM}s")),
        expect![
            "400 InvalidParameterValueException: Stream not found: arn:aws:kinesis:us-east-1:000000000000:stream/clickss"
        ],
    );
    check(
        |input| input.function_name = "g".to_owned(),
        expect!["400 InvalidParameterValueException: Function does not exist"],
    );
    check(
        |input| input.starting_position = None,
        expect![
            "400 InvalidParameterValueException: 1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
        ],
    );
    check(
        |input| input.starting_position = Some("AT_TIMESTAMP".to_owned()),
        expect!["400 InvalidParameterValueException: Need to specify a timestamp"],
    );
    check(
        |input| input.starting_position_timestamp = Some(Default::default()),
        expect![
            "400 InvalidParameterValueException: Timestamp only valid with StartingPosition AT_TIMESTAMP"
        ],
    );
    check(
        |input| input.maximum_record_age_in_seconds = Some(59),
        expect![
            "400 InvalidParameterValueException: Maximum record age in seconds must be -1 or between 60 and 604800"
        ],
    );
    check(
        |input| input.scaling_config = Some(api::ScalingConfig { maximum_concurrency: Some(2) }),
        expect!["400 InvalidParameterValueException: ScalingConfig is not valid for Kinesis event sources."],
    );
    check(
        |input| {
            let filter = api::Filter { pattern: Some(r#"{"data":["x"]}"#.to_owned()) };
            input.filter_criteria = Some(api::FilterCriteria { filters: Some(vec![filter]) });
        },
        expect!["400 InvalidParameterValueException: Invalid filter pattern definition."],
    );
    check(
        |input| {
            let on_failure = Some(api::OnFailure { destination: Some("arn:aws:lambda:x:y:z".to_owned()) });
            input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
        },
        expect!["400 InvalidParameterValueException: The destination ARN arn:aws:lambda:x:y:z is invalid."],
    );
}

#[test]
fn what_a_queue_does_not_allow_is_refused_in_the_words_of_aws() {
    check(
        |input| input.event_source_arn = Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned()),
        expect!["400 InvalidParameterValueException: StartingPosition is not valid for SQS event sources."],
    );
    check(
        |input| {
            input.event_source_arn = Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned());
            input.starting_position = None;
            input.batch_size = Some(11);
        },
        expect![
            "400 InvalidParameterValueException: Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        ],
    );
    check(
        |input| {
            input.event_source_arn = Some("arn:aws:sqs:us-east-1:000000000000:q.fifo".to_owned());
            input.starting_position = None;
            input.batch_size = Some(11);
        },
        expect!["400 InvalidParameterValueException: Batch size must not exceed 10 for FIFO queues"],
    );
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let check = |arn: &str, expected: Expect| {
        let arn = Some(arn.to_owned());
        let error = lab().create(|input| input.event_source_arn = arn).expect_err("it is refused");
        expected.assert_eq(&error.to_string());
    };
    check(
        "arn:aws:kafka:us-east-1:000000000000:cluster/c/id",
        expect!["NotImplemented: wavetank does not implement event source mappings of Amazon MSK."],
    );
    check(
        "arn:aws:mq:us-east-1:000000000000:broker:b:id",
        expect!["NotImplemented: wavetank does not implement event source mappings of Amazon MQ."],
    );
    check(
        "arn:aws:rds:us-east-1:000000000000:cluster:c",
        expect!["NotImplemented: wavetank does not implement event source mappings of Amazon DocumentDB."],
    );
    check(
        "arn:aws:ec2:us-east-1:000000000000:instance/i",
        expect!["InvalidParameterValueException: Unrecognized event source."],
    );
}

#[test]
fn a_mapping_that_changes_takes_no_other_change_and_one_that_is_deleted_is_gone() {
    let mut lab = lab();
    let made = lab.create(|_| {}).expect("the defaults are allowed");
    let uuid = made.uuid.unwrap_or_default();
    let delete = |lab: &mut Lab| {
        let input = api::DeleteEventSourceMappingInput { uuid: uuid.clone() };
        lab.call(api::Request::DeleteEventSourceMapping(input)).map(drop).map_err(|error| error.to_string())
    };
    expect!["ResourceInUseException: Cannot delete the event source mapping because it is in use."]
        .assert_eq(&delete(&mut lab).expect_err("it is being made"));
    let error = lab.update(&uuid, |_| {}).expect_err("it is being made");
    expect!["ResourceInUseException: Cannot update the event source mapping because it is in use."]
        .assert_eq(&error.to_string());
    let error = lab.create(|_| {}).expect_err("there is one already");
    expect![[r#"ResourceConflictException: The event source arn (" arn:aws:kinesis:us-east-1:000000000000:stream/clicks ") and function (" f ") provided mapping already exists. Please update or delete the existing mapping with UUID 7eb3620f-5e94-40d8-9b39-e5829bdf1051"#]].assert_eq(&error.to_string());
    lab.advance(1);
    delete(&mut lab).expect("it is enabled");
    let mut states = vec![lab.state(&uuid)];
    lab.advance(1);
    states.push(lab.state(&uuid));
    expect![[r#"
        Deleting, No records processed
        ResourceNotFoundException: The resource you requested does not exist."#]]
    .assert_eq(&states.join("\n"));
    assert!(lab.is_at_rest());
}

#[test]
fn mappings_are_listed_by_source_and_function_a_page_at_a_time() {
    let mut lab = lab();
    lab.map(|_| {});
    lab.map(|input| input.function_name = "f:$LATEST".to_owned());
    let list = |lab: &mut Lab, change: fn(&mut api::ListEventSourceMappingsInput)| {
        let mut input = api::ListEventSourceMappingsInput::default();
        change(&mut input);
        let reply = lab.call(api::Request::ListEventSourceMappings(input)).expect("it is allowed");
        let out = <api::ListEventSourceMappingsOutput as wavetank_wire::FromVal>::from_val(reply);
        (out.event_source_mappings.unwrap_or_default().len(), out.next_marker.is_some())
    };
    assert_eq!(list(&mut lab, |_| {}), (2, false));
    assert_eq!(list(&mut lab, |input| input.max_items = Some(1)), (1, true));
    assert_eq!(list(&mut lab, |input| input.function_name = Some("f".to_owned())), (1, false));
    assert_eq!(list(&mut lab, |input| input.event_source_arn = Some("arn:aws:sqs:x".to_owned())), (0, false));
}
