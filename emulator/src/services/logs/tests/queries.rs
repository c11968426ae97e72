//! Logs Insights' operations in a frozen tank. The language itself is tested in `insights/tests.rs`.

use super::*;

fn query(text: &str, span: (i64, i64)) -> StartQueryInput {
    StartQueryInput {
        log_group_names: Some(vec![GROUP.to_owned()]),
        start_time: span.0,
        end_time: span.1,
        query_string: text.to_owned(),
        ..Default::default()
    }
}

/// The whole of the tank's time so far, in seconds.
fn always(tank: &Tank) -> (i64, i64) {
    (0, tank.now().secs())
}

async fn results(tank: &Tank, id: &str, token: Option<String>, most: i64) -> GetQueryResultsOutput {
    let input = GetQueryResultsInput { query_id: id.to_owned(), next_token: token, max_items: Some(most) };
    call::<GetQueryResults>(tank, input).await.unwrap()
}

fn values(output: &GetQueryResultsOutput, field: &str) -> Vec<String> {
    let lines = output.results.as_deref().unwrap_or_default().iter();
    let named = |line: &Vec<ResultField>| {
        let found = line.iter().find(|one| one.field.as_deref() == Some(field));
        found.and_then(|one| one.value.clone())
    };
    lines.filter_map(named).collect()
}

#[tokio::test]
async fn a_query_is_scheduled_runs_and_is_complete() {
    let tank = tank().await;
    put(&tank, &[(-3_000, "a"), (-2_000, "b"), (-1_000, "c")]).await.unwrap();
    let input = query("fields @message | filter @message != 'b'", always(&tank));
    let id = call::<StartQuery>(&tank, input).await.unwrap().query_id.unwrap();
    let status = async || results(&tank, &id, None, 10).await.status.unwrap();
    assert_eq!(status().await, "Scheduled");
    tank.advance(Duration::from_millis(50)).await;
    assert_eq!(status().await, "Running");
    tank.advance(Duration::from_secs(1)).await;
    let first = results(&tank, &id, None, 1).await;
    assert_eq!(
        (first.status.as_deref(), values(&first, "@message")),
        (Some("Complete"), vec!["c".to_owned()])
    );
    let second = results(&tank, &id, first.next_token, 1).await;
    assert_eq!((values(&second, "@message"), second.next_token.clone()), (vec!["a".to_owned()], None));
    let statistics = second.statistics.clone().unwrap();
    assert_eq!(
        (statistics.records_matched, statistics.records_scanned, statistics.bytes_scanned),
        (Some(2.0), Some(3.0), Some(3.0))
    );
    let log_record_pointer = values(&second, "@ptr").remove(0);
    let input = GetLogRecordInput { log_record_pointer, ..Default::default() };
    let record = call::<GetLogRecord>(&tank, input).await.unwrap().log_record.unwrap();
    assert_eq!((record["@message"].as_str(), record["@logStream"].as_str()), ("a", "s"));
    let input = DescribeQueriesInput { log_group_name: Some(GROUP.to_owned()), ..Default::default() };
    let listed = call::<DescribeQueries>(&tank, input).await.unwrap().queries.unwrap();
    assert_eq!((listed.len(), listed[0].status.as_deref()), (1, Some("Complete")));
}

#[tokio::test]
async fn both_ends_of_the_range_count() {
    let tank = tank().await;
    put(&tank, &[(-3_000, "a"), (-2_000, "b"), (-1_000, "c")]).await.unwrap();
    let now = tank.now().secs();
    let input = query("fields @message | sort @timestamp asc", (now - 3, now - 2));
    let id = call::<StartQuery>(&tank, input).await.unwrap().query_id.unwrap();
    tank.advance(Duration::from_secs(1)).await;
    assert_eq!(values(&results(&tank, &id, None, 10).await, "@message"), ["a", "b"]);
}

#[tokio::test]
async fn a_query_that_runs_can_be_stopped_once() {
    let tank = tank().await;
    let input = query("fields @message", always(&tank));
    let id = call::<StartQuery>(&tank, input).await.unwrap().query_id.unwrap();
    let stop = || StopQueryInput { query_id: id.clone() };
    assert_eq!(call::<StopQuery>(&tank, stop()).await.unwrap().success, Some(true));
    tank.advance(Duration::from_secs(1)).await;
    assert_eq!(results(&tank, &id, None, 10).await.status.as_deref(), Some("Cancelled"));
    assert_eq!(call::<StopQuery>(&tank, stop()).await.unwrap_err().code, "InvalidParameterException");
}

#[tokio::test]
async fn a_query_that_cannot_be_run_is_refused_with_the_place_of_what_is_wrong() {
    let tank = tank().await;
    let refused = call::<StartQuery>(&tank, query("fields a | whatever b", always(&tank))).await.unwrap_err();
    assert_eq!(refused.code, "MalformedQueryException");
    let (name, detail) = &refused.fields[0];
    assert_eq!(*name, "queryCompileError");
    assert_eq!(detail["location"], serde_json::json!({"startCharOffset": 11, "endCharOffset": 19}));
    let mut missing = query("fields a", always(&tank));
    missing.log_group_names = Some(vec!["none".to_owned()]);
    let refused = call::<StartQuery>(&tank, missing).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ResourceNotFoundException: Log group 'none' does not exist for account ID '000000000000'"
    );
    let not_built = call::<StartQuery>(&tank, query("pattern @message", always(&tank))).await.unwrap_err();
    assert_eq!(
        not_built.to_string(),
        "NotImplemented: wavetank does not implement the command pattern in Logs Insights."
    );
}

#[tokio::test]
async fn fields_of_a_group_are_told_by_how_often_they_occur() {
    let tank = tank().await;
    put(&tank, &[(-2, r#"{"a":1,"b":{"c":2}}"#), (-1, r#"{"a":1}"#), (0, "plain")]).await.unwrap();
    let input = CreateLogGroupInput { log_group_name: "plain".to_owned(), ..Default::default() };
    call::<CreateLogGroup>(&tank, input).await.unwrap();
    let input = GetLogGroupFieldsInput { log_group_name: Some(GROUP.to_owned()), ..Default::default() };
    let fields = call::<GetLogGroupFields>(&tank, input).await.unwrap().log_group_fields.unwrap();
    let told: Vec<String> = fields
        .into_iter()
        .map(|field| format!("{} {}", field.name.unwrap(), field.percent.unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "@ingestionTime 100",
            "@log 100",
            "@logStream 100",
            "@message 100",
            "@timestamp 100",
            "a 66",
            "b.c 33"
        ]
    );
}

#[tokio::test]
async fn a_saved_query_is_replaced_whole() {
    let tank = tank().await;
    let put = |id: Option<String>, groups: Option<Vec<String>>| PutQueryDefinitionInput {
        name: "folder/mine".to_owned(),
        query_string: "fields a".to_owned(),
        query_definition_id: id,
        log_group_names: groups,
        ..Default::default()
    };
    let input = put(None, Some(vec![GROUP.to_owned()]));
    let id = call::<PutQueryDefinition>(&tank, input).await.unwrap().query_definition_id;
    call::<PutQueryDefinition>(&tank, put(id.clone(), None)).await.unwrap();
    let input = DescribeQueryDefinitionsInput {
        query_definition_name_prefix: Some("folder/".to_owned()),
        ..Default::default()
    };
    let found = call::<DescribeQueryDefinitions>(&tank, input).await.unwrap().query_definitions.unwrap();
    assert_eq!((found.len(), found[0].log_group_names.as_deref()), (1, Some([].as_slice())));
    let input = DeleteQueryDefinitionInput { query_definition_id: id.unwrap() };
    call::<DeleteQueryDefinition>(&tank, input.clone()).await.unwrap();
    let gone = call::<DeleteQueryDefinition>(&tank, input).await.unwrap_err();
    assert_eq!(gone.code, "ResourceNotFoundException");
}
