//! Dashboards, and tags of them and of alarms.

use super::*;

const BODY: &str = r#"{"widgets":[{"type":"text","properties":{"markdown":"hello"}},{"type":"metric","properties":{"metrics":[["App","m"]]}}]}"#;

#[tokio::test]
async fn a_dashboard_is_kept_listed_and_deleted() {
    let bench = Bench::new();
    let put = async |name: &str, body: &str| {
        let input = PutDashboardInput {
            dashboard_name: name.to_owned(),
            dashboard_body: body.to_owned(),
            tags: None,
        };
        bench.call::<PutDashboard>(input).await
    };
    let said = put("board", BODY).await.unwrap().dashboard_validation_messages.unwrap();
    let said: Vec<_> =
        said.into_iter().map(|one| format!("{} {}", one.data_path.unwrap(), one.message.unwrap())).collect();
    assert_eq!(said, ["/widgets/1/properties Should have property region"]);
    let listed = bench.call::<ListDashboards>(ListDashboardsInput::default()).await.unwrap();
    let entry = listed.dashboard_entries.unwrap().remove(0);
    // Recorded: the ARN has no region (LocalStack's `test_dashboard_lifecycle`, 2023-11-21).
    assert_eq!(entry.dashboard_arn.as_deref(), Some("arn:aws:cloudwatch::000000000000:dashboard/board"));
    assert_eq!(entry.size, i64::try_from(BODY.len()).ok());
    let get = || GetDashboardInput { dashboard_name: "board".to_owned() };
    assert_eq!(bench.call::<GetDashboard>(get()).await.unwrap().dashboard_body.as_deref(), Some(BODY));
    let delete =
        |name: &str| DeleteDashboardsInput { dashboard_names: vec!["board".to_owned(), name.to_owned()] };
    let missing = bench.call::<DeleteDashboards>(delete("other")).await;
    assert_eq!(refusal(missing), "DashboardNotFoundError: Dashboard other does not exist");
    bench.call::<DeleteDashboards>(delete("board")).await.unwrap();
    assert_eq!(
        refusal(bench.call::<GetDashboard>(get()).await),
        "DashboardNotFoundError: Dashboard board does not exist"
    );
    assert_eq!(
        refusal(put("b", "[]").await),
        "DashboardInvalidInputError: The dashboard body is invalid, there are validation errors: [{\"message\":\"Should have property widgets\"}]"
    );
    assert_eq!(
        refusal(put("b", r#"{"widgets":[{"type":"pie","properties":{}}]}"#).await),
        "DashboardInvalidInputError: The dashboard body is invalid, there are 1 validation errors: [{\"dataPath\":\"/widgets/0/type\",\"message\":\"Should be one of: metric, text, log, alarm, explorer, custom\"}]"
    );
    assert!(
        refusal(put("no spaces", BODY).await)
            .starts_with("InvalidParameterValue: The value no spaces for field DashboardName")
    );
}

#[tokio::test]
async fn tags_are_of_alarms_and_dashboards_that_exist() {
    let bench = Bench::new();
    let input =
        PutDashboardInput { dashboard_name: "board".to_owned(), dashboard_body: BODY.to_owned(), tags: None };
    bench.call::<PutDashboard>(input).await.unwrap();
    let arn = "arn:aws:cloudwatch::000000000000:dashboard/board";
    let tag = |key: &str| Tag { key: key.to_owned(), value: "x".to_owned() };
    let input = TagResourceInput { resource_arn: arn.to_owned(), tags: vec![tag("a"), tag("b")] };
    bench.call::<TagResource>(input).await.unwrap();
    let input = UntagResourceInput { resource_arn: arn.to_owned(), tag_keys: vec!["a".to_owned()] };
    bench.call::<UntagResource>(input).await.unwrap();
    let input = ListTagsForResourceInput { resource_arn: arn.to_owned() };
    assert_eq!(bench.call::<ListTagsForResource>(input).await.unwrap().tags, Some(vec![tag("b")]));
    let input = ListTagsForResourceInput {
        resource_arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:none".to_owned(),
    };
    assert_eq!(
        refusal(bench.call::<ListTagsForResource>(input).await),
        "ResourceNotFoundException: Resource arn:aws:cloudwatch:us-east-1:000000000000:alarm:none does not exist."
    );
}
