//! Change sets: what `aws cloudformation deploy` does and looks for.

use wavetank_wire::cloudformation::{self as api, Request, Response};

use super::super::CloudFormationError;
use super::Lab;

const BUCKET: &str = "Resources: {B: {Type: AWS::S3::Bucket}}";

fn create(lab: &mut Lab, kind: &str, template: &str) -> Result<Response, CloudFormationError> {
    lab.call(Request::CreateChangeSet(api::CreateChangeSetInput {
        stack_name: "s".to_owned(),
        change_set_name: format!(
            "cs-{}",
            lab.service.stacks.values().map(|stack| stack.change_sets.len()).sum::<usize>()
        ),
        change_set_type: Some(kind.to_owned()),
        template_body: Some(template.to_owned()),
        ..Default::default()
    }))
}

fn describe(lab: &mut Lab, name: &str) -> api::DescribeChangeSetOutput {
    let input = api::DescribeChangeSetInput {
        stack_name: Some("s".to_owned()),
        change_set_name: name.to_owned(),
        ..Default::default()
    };
    match lab.call(Request::DescribeChangeSet(input)).expect("it is there") {
        Response::DescribeChangeSet(output) => output,
        other => unreachable!("not a change set: {other:?}"),
    }
}

fn execute(lab: &mut Lab, name: &str) -> Result<Response, CloudFormationError> {
    lab.call(Request::ExecuteChangeSet(api::ExecuteChangeSetInput {
        stack_name: Some("s".to_owned()),
        change_set_name: name.to_owned(),
        ..Default::default()
    }))
}

#[test]
fn a_new_stack_waits_in_review_until_its_change_set_is_executed() {
    let mut lab = Lab::new();
    create(&mut lab, "CREATE", BUCKET).expect("a change set");
    assert_eq!(lab.status(), "REVIEW_IN_PROGRESS");
    assert_eq!(describe(&mut lab, "cs-0").status.as_deref(), Some("CREATE_IN_PROGRESS"));
    assert!(execute(&mut lab, "cs-0").is_err(), "it is not ready");
    lab.settle();
    let ready = describe(&mut lab, "cs-0");
    assert_eq!(
        (ready.status.as_deref(), ready.execution_status.as_deref()),
        (Some("CREATE_COMPLETE"), Some("AVAILABLE"))
    );
    let change = ready.changes.expect("changes").remove(0).resource_change.expect("a resource");
    assert_eq!((change.action.as_deref(), change.logical_resource_id.as_deref()), (Some("Add"), Some("B")));
    execute(&mut lab, "cs-0").expect("it begins");
    lab.settle();
    assert_eq!(lab.status(), "CREATE_COMPLETE");
}

#[test]
fn a_change_set_without_changes_fails_with_the_sentence_that_the_command_line_knows() {
    let mut lab = Lab::new();
    lab.create(BUCKET).expect("it begins");
    lab.settle();
    create(&mut lab, "UPDATE", &format!("Description: other words\n{BUCKET}")).expect("a change set");
    lab.settle();
    let made = describe(&mut lab, "cs-0");
    assert_eq!(made.status.as_deref(), Some("FAILED"));
    let reason = made.status_reason.expect("a reason");
    assert!(reason.starts_with("The submitted information didn't contain changes."), "{reason}");
    assert_eq!(lab.status(), "CREATE_COMPLETE");
}

#[test]
fn a_change_set_says_what_is_replaced_and_does_it() {
    let mut lab = Lab::new();
    let named = |name: &str| {
        format!(
            "Resources: {{L: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: {name}}}}}, D: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: !Sub 'x-${{L}}'}}}}}}"
        )
    };
    lab.create(&named("one")).expect("it begins");
    lab.settle();
    create(&mut lab, "UPDATE", &named("two")).expect("a change set");
    lab.settle();
    let changes = describe(&mut lab, "cs-0").changes.expect("changes");
    let shown: Vec<String> = changes
        .into_iter()
        .filter_map(|change| change.resource_change)
        .map(|change| {
            format!(
                "{} {} {}",
                change.action.unwrap_or_default(),
                change.logical_resource_id.unwrap_or_default(),
                change.replacement.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(shown, ["Modify L True", "Modify D True"], "what hangs on a replaced resource is seen");
    execute(&mut lab, "cs-0").expect("it begins");
    lab.settle();
    assert_eq!(lab.status(), "UPDATE_COMPLETE");
    assert_eq!(lab.service.stacks[0].resources["D"].physical_id, "x-two");
}

#[test]
fn a_change_set_of_the_wrong_type_is_refused() {
    let mut lab = Lab::new();
    let refused = create(&mut lab, "UPDATE", BUCKET).expect_err("no stack");
    assert_eq!(refused.to_string(), "Stack [s] does not exist");
    lab.create(BUCKET).expect("it begins");
    lab.settle();
    let refused = create(&mut lab, "CREATE", BUCKET).expect_err("a stack");
    assert_eq!(refused.to_string(), "Stack [s] already exists");
}
