//! Creation, failure, rollback, deletion and updates, with scripted replies.

use expect_test::{Expect, expect};
use wavetank_wire::cloudformation::{self as api, Request};

use super::{Lab, create_input};

const TWO: &str = "
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/lake/${Lake}', RetentionInDays: 7}}
  Lake: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled}}}
Outputs:
  Lake: {Value: !GetAtt Lake.Arn, Export: {Name: lake}}
";

fn check(lab: &Lab, expected: Expect) {
    expected.assert_eq(&lab.history(0));
}

#[test]
fn resources_are_made_in_order_of_need_and_outputs_follow() {
    let mut lab = Lab::new();
    lab.create(TWO).expect("it begins");
    lab.settle();
    check(
        &lab,
        expect![[r#"
            0    s      CREATE_IN_PROGRESS User Initiated
            50   Lake   CREATE_IN_PROGRESS
            100  Lake   CREATE_IN_PROGRESS Resource creation Initiated
            150  Lake   CREATE_COMPLETE
            150  Logs   CREATE_IN_PROGRESS
            200  Logs   CREATE_IN_PROGRESS Resource creation Initiated
            250  Logs   CREATE_COMPLETE
            250  s      CREATE_COMPLETE
        "#]],
    );
    assert_eq!(lab.asked, ["CreateBucket", "PutBucketConfiguration", "CreateLogGroup", "PutRetentionPolicy"]);
    let exports = lab.service.exports();
    assert!(exports["lake"].starts_with("arn:aws:s3:::s-lake-"), "{exports:?}");
}

#[test]
fn a_failure_rolls_back_what_was_made_in_reverse_order() {
    let mut lab =
        Lab::new().refusing("PutRetentionPolicy", "InvalidParameterException", "7 is not a number.");
    lab.create(TWO).expect("it begins");
    lab.settle();
    check(
        &lab,
        expect![[r#"
            0    s      CREATE_IN_PROGRESS User Initiated
            50   Lake   CREATE_IN_PROGRESS
            100  Lake   CREATE_IN_PROGRESS Resource creation Initiated
            150  Lake   CREATE_COMPLETE
            150  Logs   CREATE_IN_PROGRESS
            200  Logs   CREATE_IN_PROGRESS Resource creation Initiated
            200  Logs   CREATE_FAILED Resource handler returned message: "7 is not a number. (Service: CloudWatchLogs, Status Code: 400, Request ID: <id>)" (RequestToken: <id>, HandlerErrorCode: InvalidRequest)
            200  s      ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Logs]. Rollback requested by user.
            250  Logs   DELETE_IN_PROGRESS
            350  Logs   DELETE_COMPLETE
            350  Lake   DELETE_IN_PROGRESS
            450  Lake   DELETE_COMPLETE
            450  s      ROLLBACK_COMPLETE
        "#]],
    );
    assert_eq!(lab.asked[4..], ["DeleteLogGroup", "DeleteBucket"]);
}

#[test]
fn a_failure_stops_there_or_deletes_the_stack_when_the_caller_wants_that() {
    let end = |wish: &str| {
        let mut lab = Lab::new().refusing("CreateLogGroup", "LimitExceededException", "Too many.");
        let input = api::CreateStackInput { on_failure: Some(wish.to_owned()), ..create_input(TWO) };
        lab.call(Request::CreateStack(input)).expect("it begins");
        lab.settle();
        (lab.status(), lab.asked.contains(&"DeleteBucket".to_owned()))
    };
    assert_eq!(end("DO_NOTHING"), ("CREATE_FAILED", false));
    assert_eq!(end("DELETE"), ("DELETE_COMPLETE", true));
    assert_eq!(end("ROLLBACK"), ("ROLLBACK_COMPLETE", true));
}

#[test]
fn a_stack_that_was_left_failed_can_be_updated() {
    let check = |refused: &str, expected: &[&str]| {
        let mut lab = Lab::new().refusing(refused, "LimitExceededException", "Too many.");
        let input = api::CreateStackInput { on_failure: Some("DO_NOTHING".to_owned()), ..create_input(TWO) };
        lab.call(Request::CreateStack(input)).expect("it begins");
        lab.settle();
        assert_eq!(lab.status(), "CREATE_FAILED");
        lab.script.clear();
        lab.asked.clear();
        lab.update(TWO).expect("what failed is tried again");
        lab.settle();
        assert_eq!(lab.status(), "UPDATE_COMPLETE");
        assert_eq!(lab.asked, expected, "{}", lab.history(0));
    };
    check("CreateLogGroup", &["CreateLogGroup", "PutRetentionPolicy"]);
    check("PutRetentionPolicy", &["DeleteLogGroup", "CreateLogGroup", "PutRetentionPolicy"]);
}

#[test]
fn a_name_that_is_taken_fails_in_the_handlers_words() {
    let mut lab = Lab::new().refusing("CreateBucket", "BucketAlreadyOwnedByYou", "Yours.");
    lab.create("Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: mine}}}").expect("it begins");
    lab.settle();
    check(
        &lab,
        expect![[r#"
            0    s      CREATE_IN_PROGRESS User Initiated
            50   B      CREATE_IN_PROGRESS
            100  B      CREATE_FAILED Resource handler returned message: "Resource of type 'AWS::S3::Bucket' with identifier 'mine' already exists." (RequestToken: <id>, HandlerErrorCode: AlreadyExists)
            100  s      ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [B]. Rollback requested by user.
            150  s      ROLLBACK_COMPLETE
        "#]],
    );
    assert_eq!(lab.asked, ["CreateBucket"], "what was not made is not deleted");
}

#[test]
fn a_bucket_that_is_not_empty_makes_the_deletion_fail_and_can_be_retained() {
    let mut lab =
        Lab::new().refusing("DeleteBucket", "BucketNotEmpty", "The bucket you tried to delete is not empty");
    lab.create(TWO).expect("it begins");
    lab.settle();
    let before_deletion = lab.events();
    lab.delete();
    lab.settle();
    expect![[r#"
        250  s      DELETE_IN_PROGRESS User Initiated
        300  Logs   DELETE_IN_PROGRESS
        400  Logs   DELETE_COMPLETE
        400  Lake   DELETE_IN_PROGRESS
        450  Lake   DELETE_FAILED Resource handler returned message: "The bucket you tried to delete is not empty (Service: S3, Status Code: 400, Request ID: <id>)" (RequestToken: <id>, HandlerErrorCode: GeneralServiceException)
        500  s      DELETE_FAILED The following resource(s) failed to delete: [Lake].
    "#]].assert_eq(&lab.history(before_deletion));

    let input = api::DeleteStackInput {
        stack_name: "s".to_owned(),
        retain_resources: Some(vec!["Lake".to_owned()]),
        ..Default::default()
    };
    lab.call(Request::DeleteStack(input)).expect("it begins");
    lab.settle();
    assert_eq!(lab.status(), "DELETE_COMPLETE");
}

#[test]
fn a_deletion_policy_keeps_a_resource() {
    let mut lab = Lab::new();
    lab.create("Resources: {B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}}").expect("it begins");
    lab.settle();
    lab.delete();
    lab.settle();
    assert_eq!((lab.status(), lab.asked.len()), ("DELETE_COMPLETE", 1));
    assert!(lab.history(0).contains("DELETE_SKIPPED"));
}

#[test]
fn an_update_changes_in_place_replaces_adds_and_removes() {
    let mut lab = Lab::new();
    let before = "
Resources:
  Kept: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
  Named: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: one}}
  Gone: {Type: AWS::S3::Bucket}
";
    let after = "
Resources:
  Kept: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}
  Named: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: two}}
  Fresh: {Type: AWS::S3::Bucket}
";
    lab.create(before).expect("it begins");
    lab.settle();
    let (events, asked) = (lab.events(), lab.asked.len());
    lab.update(after).expect("it begins");
    lab.settle();
    expect![[r#"
        350  s      UPDATE_IN_PROGRESS User Initiated
        400  Kept   UPDATE_IN_PROGRESS
        500  Kept   UPDATE_COMPLETE
        500  Named  UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.
        550  Named  UPDATE_IN_PROGRESS Resource creation Initiated
        600  Named  UPDATE_COMPLETE
        600  Fresh  CREATE_IN_PROGRESS
        650  Fresh  CREATE_IN_PROGRESS Resource creation Initiated
        700  Fresh  CREATE_COMPLETE
        700  s      UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        750  Gone   DELETE_IN_PROGRESS
        850  Gone   DELETE_COMPLETE
        850  Named  DELETE_IN_PROGRESS
        950  Named  DELETE_COMPLETE
        950  s      UPDATE_COMPLETE
    "#]].assert_eq(&lab.history(events));
    assert_eq!(
        lab.asked[asked..],
        ["PutRetentionPolicy", "CreateLogGroup", "CreateBucket", "DeleteBucket", "DeleteLogGroup"]
    );
    let refused = lab.update(after).expect_err("nothing changes");
    assert_eq!(refused.to_string(), "No updates are to be performed.");
}

#[test]
fn an_update_that_fails_puts_everything_back() {
    let mut lab = Lab::new();
    let before = "
Resources:
  Kept: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
  Named: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: one}}
";
    let after = "
Resources:
  Kept: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}
  Named: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: two}}
  Fresh: {Type: AWS::S3::Bucket, DependsOn: [Kept, Named]}
";
    lab.create(before).expect("it begins");
    lab.settle();
    let (events, asked) = (lab.events(), lab.asked.len());
    lab = lab.refusing("CreateBucket", "TooManyBuckets", "You have too many.");
    lab.update(after).expect("it begins");
    lab.settle();
    expect![[r#"
        250  s      UPDATE_IN_PROGRESS User Initiated
        300  Kept   UPDATE_IN_PROGRESS
        400  Kept   UPDATE_COMPLETE
        400  Named  UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.
        450  Named  UPDATE_IN_PROGRESS Resource creation Initiated
        500  Named  UPDATE_COMPLETE
        500  Fresh  CREATE_IN_PROGRESS
        550  Fresh  CREATE_FAILED Resource handler returned message: "You have too many. (Service: S3, Status Code: 400, Request ID: <id>)" (RequestToken: <id>, HandlerErrorCode: InvalidRequest)
        550  s      UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Fresh].
        600  Named  UPDATE_COMPLETE
        600  Kept   UPDATE_IN_PROGRESS
        700  Kept   UPDATE_COMPLETE
        700  s      UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        750  Named  DELETE_IN_PROGRESS
        850  Named  DELETE_COMPLETE
        850  s      UPDATE_ROLLBACK_COMPLETE
    "#]].assert_eq(&lab.history(events));
    let undone = &lab.asked[asked..];
    assert_eq!(
        undone,
        ["PutRetentionPolicy", "CreateLogGroup", "CreateBucket", "PutRetentionPolicy", "DeleteLogGroup"]
    );
    // The stack is as it was: the same update is an update again, and the old template is none.
    assert_eq!(
        lab.update(before).expect_err("nothing changes").to_string(),
        "No updates are to be performed."
    );
}

#[test]
fn what_is_not_built_is_refused_by_name_before_anything_is_made() {
    let check = |template: &str, expected: &str| {
        let mut lab = Lab::new();
        let refused = lab.create(template).expect_err(template);
        assert_eq!(refused.to_string(), expected);
        assert!(lab.service.stacks.is_empty() && lab.bench.take().is_empty());
    };
    check(
        "Resources: {Q: {Type: AWS::MSK::Cluster}}",
        "wavetank does not implement the resource type AWS::MSK::Cluster (resource Q).",
    );
    check(
        "Resources: {Q: {Type: Made::Up}}",
        "Template format error: Unrecognized resource types: [Made::Up]",
    );
    check(
        "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BuckedName: x}}}",
        "Encountered unsupported property BuckedName in resource B of type AWS::S3::Bucket",
    );
    check(
        "Resources: {B: {Type: AWS::S3::Bucket, Properties: {WebsiteConfiguration: {}}}}",
        "wavetank does not implement the property WebsiteConfiguration (resource B of type AWS::S3::Bucket).",
    );
    check(
        "Resources: {J: {Type: AWS::Glue::Job, Properties: {Command: {Nam: x}}}}",
        "Encountered unsupported property Command.Nam in resource J of type AWS::Glue::Job",
    );
    check(
        "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r}}}",
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    );
}

#[test]
fn a_property_that_is_missing_or_wrong_fails_its_resource() {
    let reason = |template: &str| {
        let mut lab = Lab::new();
        lab.create(template).expect("it begins");
        lab.settle();
        let history = lab.history(0);
        let line = history.lines().find(|line| line.contains("CREATE_FAILED")).expect("it fails");
        line.split_once("CREATE_FAILED ").expect("a reason").1.to_owned()
    };
    let frame = "Properties validation failed for resource J with message: ";
    assert_eq!(
        reason("Resources: {J: {Type: AWS::Glue::Job, Properties: {Command: {Name: glueetl}}}}"),
        format!("{frame}#: required key [Role] not found")
    );
    assert_eq!(
        reason("Resources: {J: {Type: AWS::Glue::Job, Properties: {Role: r, Timeout: long, Command: {}}}}"),
        format!("{frame}#/Timeout: expected type: Number, found: String")
    );
}

#[test]
fn an_export_that_is_read_keeps_its_stack() {
    let mut lab = Lab::new();
    lab.create("Resources: {B: {Type: AWS::S3::Bucket}}\nOutputs: {O: {Value: !Ref B, Export: {Name: e}}}")
        .expect("it begins");
    lab.settle();
    let reader = "Resources: {L: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !ImportValue e}}}";
    let input = api::CreateStackInput { stack_name: "reader".to_owned(), ..create_input(reader) };
    lab.call(Request::CreateStack(input)).expect("it begins");
    lab.settle();
    assert_eq!(lab.status(), "CREATE_COMPLETE");
    lab.delete();
    let owner = &lab.service.stacks[0];
    assert_eq!(owner.status.name(), "DELETE_FAILED");
    assert_eq!(owner.reason.as_deref(), Some("Export e cannot be deleted as it is in use by reader"));
}
