//! Examples through a frozen tank: what clients of the logs rely on. Each family of operations has a file of its own.

mod deliveries;
mod filters;
mod queries;
mod tails;

use std::time::Duration;

use wavetank_wire::WireError;
use wavetank_wire::logs::*;

use crate::{Scope, Tank};

const GROUP: &str = "/aws/lambda/f";

async fn tank() -> Tank {
    let tank = Tank::builder().build();
    let input = CreateLogGroupInput { log_group_name: GROUP.to_owned(), ..Default::default() };
    call::<CreateLogGroup>(&tank, input).await.unwrap();
    let input = CreateLogStreamInput { log_group_name: GROUP.to_owned(), log_stream_name: "s".to_owned() };
    call::<CreateLogStream>(&tank, input).await.unwrap();
    tank
}

async fn call<O: wavetank_wire::Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

/// Puts messages, each `millis` after the tank's epoch.
async fn put(tank: &Tank, events: &[(i64, &str)]) -> Result<PutLogEventsOutput, WireError> {
    let epoch = tank.now().millis();
    let event = |(millis, message): &(i64, &str)| InputLogEvent {
        timestamp: epoch + millis,
        message: (*message).to_owned(),
    };
    let input = PutLogEventsInput {
        log_group_name: GROUP.to_owned(),
        log_stream_name: "s".to_owned(),
        log_events: events.iter().map(event).collect(),
        ..Default::default()
    };
    call::<PutLogEvents>(tank, input).await
}

fn messages(events: Option<Vec<OutputLogEvent>>) -> Vec<String> {
    events.unwrap_or_default().into_iter().filter_map(|event| event.message).collect()
}

async fn get(tank: &Tank, token: Option<String>, head: bool, limit: i64) -> GetLogEventsOutput {
    let input = GetLogEventsInput {
        log_group_name: Some(GROUP.to_owned()),
        log_stream_name: "s".to_owned(),
        next_token: token,
        start_from_head: Some(head),
        limit: Some(limit),
        ..Default::default()
    };
    call::<GetLogEvents>(tank, input).await.unwrap()
}

async fn filter(tank: &Tank, pattern: &str) -> Result<Vec<String>, WireError> {
    let input = FilterLogEventsInput {
        log_group_name: Some(GROUP.to_owned()),
        filter_pattern: Some(pattern.to_owned()),
        ..Default::default()
    };
    let output = call::<FilterLogEvents>(tank, input).await?;
    Ok(output.events.unwrap_or_default().into_iter().filter_map(|event| event.message).collect())
}

#[tokio::test]
async fn paging_forward_meets_each_event_once_and_ends_on_its_own_token() {
    let tank = tank().await;
    put(&tank, &[(0, "a"), (0, "b"), (5, "c")]).await.unwrap();
    let first = get(&tank, None, true, 2).await;
    let second = get(&tank, first.next_forward_token.clone(), true, 2).await;
    let third = get(&tank, second.next_forward_token.clone(), true, 2).await;
    assert_eq!(messages(first.events), ["a", "b"]);
    assert_eq!(messages(second.events), ["c"]);
    assert_eq!(messages(third.events), Vec::<String>::new());
    assert_eq!(third.next_forward_token, second.next_forward_token);
    // What comes later is found with the same token.
    put(&tank, &[(9, "d")]).await.unwrap();
    assert_eq!(messages(get(&tank, third.next_forward_token, true, 2).await.events), ["d"]);
}

#[tokio::test]
async fn without_start_from_head_the_newest_events_come_first() {
    let tank = tank().await;
    put(&tank, &[(0, "a"), (1, "b"), (2, "c")]).await.unwrap();
    let newest = get(&tank, None, false, 2).await;
    let older = get(&tank, newest.next_backward_token, false, 2).await;
    assert_eq!(messages(newest.events), ["b", "c"]);
    assert_eq!(messages(older.events), ["a"]);
}

#[tokio::test]
async fn a_batch_that_breaks_a_rule_is_refused_whole() {
    let tank = tank().await;
    let day = 24 * 3_600 * 1_000;
    let large = "x".repeat(1_048_577);
    let cases: [(&[(i64, &str)], &str); 3] = [
        (&[(1, "b"), (0, "a")], "chronological order"),
        (&[(-day - 1, "a"), (0, "b")], "24 hours"),
        (&[(0, &large)], "Upload too large"),
    ];
    for (events, expected) in cases {
        let error = put(&tank, events).await.unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
        assert!(error.message.contains(expected), "{}", error.message);
    }
    assert_eq!(messages(get(&tank, None, true, 10).await.events), Vec::<String>::new());
}

#[tokio::test]
async fn events_too_old_or_too_far_ahead_are_rejected_and_the_rest_stored() {
    let tank = tank().await;
    let hour = 3_600 * 1_000;
    let old = put(&tank, &[(-15 * 24 * hour, "old"), (-14 * 24 * hour, "kept")]).await.unwrap();
    assert_eq!(old.rejected_log_events_info.unwrap().too_old_log_event_end_index, Some(1));
    let new = put(&tank, &[(2 * hour, "kept"), (2 * hour + 1, "new")]).await.unwrap();
    assert_eq!(new.rejected_log_events_info.unwrap().too_new_log_event_start_index, Some(1));
    assert_eq!(messages(get(&tank, None, true, 10).await.events), ["kept", "kept"]);
}

#[tokio::test]
async fn events_are_gone_when_their_retention_has_passed() {
    let tank = tank().await;
    put(&tank, &[(0, "a")]).await.unwrap();
    let input = PutRetentionPolicyInput { log_group_name: GROUP.to_owned(), retention_in_days: 1 };
    call::<PutRetentionPolicy>(&tank, input).await.unwrap();
    tank.advance(Duration::from_secs(24 * 3_600)).await;
    assert_eq!(messages(get(&tank, None, true, 10).await.events), ["a"]);
    tank.advance(Duration::from_millis(1)).await;
    assert_eq!(messages(get(&tank, None, true, 10).await.events), Vec::<String>::new());
}

#[tokio::test]
async fn filters_find_what_their_patterns_say() {
    let tank = tank().await;
    put(&tank, &[(0, "ERROR one"), (1, "WARN two"), (2, "ERROR two x")]).await.unwrap();
    assert_eq!(filter(&tank, "ERROR").await.unwrap(), ["ERROR one", "ERROR two x"]);
    assert_eq!(filter(&tank, "ERROR -one").await.unwrap(), ["ERROR two x"]);
    assert_eq!(filter(&tank, "?one ?WARN").await.unwrap(), ["ERROR one", "WARN two"]);
    assert_eq!(filter(&tank, "\"two x\"").await.unwrap(), ["ERROR two x"]);
    assert_eq!(filter(&tank, "").await.unwrap().len(), 3);
    let error = filter(&tank, "{ $.a 1 }").await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("InvalidParameterException", "Invalid filter pattern: expected a comparison at character 6")
    );
}

#[tokio::test]
async fn what_is_missing_or_there_already_is_said_by_name() {
    let tank = tank().await;
    let group = CreateLogGroupInput { log_group_name: GROUP.to_owned(), ..Default::default() };
    assert_eq!(
        call::<CreateLogGroup>(&tank, group).await.unwrap_err().code,
        "ResourceAlreadyExistsException"
    );
    let input = DeleteLogGroupInput { log_group_name: "no".to_owned() };
    let error = call::<DeleteLogGroup>(&tank, input).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("ResourceNotFoundException", "The specified log group does not exist.")
    );
    let input = PutRetentionPolicyInput { log_group_name: GROUP.to_owned(), retention_in_days: 2 };
    assert_eq!(call::<PutRetentionPolicy>(&tank, input).await.unwrap_err().code, "InvalidParameterException");
}

#[tokio::test]
async fn filtering_pages_meet_each_event_once_in_either_direction() {
    let tank = tank().await;
    let input = CreateLogStreamInput { log_group_name: GROUP.to_owned(), log_stream_name: "t".to_owned() };
    call::<CreateLogStream>(&tank, input).await.unwrap();
    put(&tank, &[(0, "a"), (2, "c"), (2, "d"), (4, "f")]).await.unwrap();
    let epoch = tank.now().millis();
    let event =
        |(at, message): (i64, &str)| InputLogEvent { timestamp: epoch + at, message: message.to_owned() };
    let input = PutLogEventsInput {
        log_group_name: GROUP.to_owned(),
        log_stream_name: "t".to_owned(),
        log_events: [(1, "b"), (2, "e"), (3, "skip"), (5, "g")].map(event).into(),
        ..Default::default()
    };
    call::<PutLogEvents>(&tank, input).await.unwrap();
    for (is_forward, expected) in [(true, "abcdefg"), (false, "gfedcba")] {
        let (mut seen, mut token, mut pages) = (String::new(), None, 0);
        loop {
            let input = FilterLogEventsInput {
                log_group_name: Some(GROUP.to_owned()),
                filter_pattern: Some("-skip".to_owned()),
                start_from_head: Some(is_forward),
                limit: Some(2),
                next_token: token,
                ..Default::default()
            };
            let page = call::<FilterLogEvents>(&tank, input).await.unwrap();
            pages += 1;
            seen.extend(page.events.unwrap().into_iter().filter_map(|event| event.message));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!((seen.as_str(), pages), (expected, 4));
    }
}

#[tokio::test]
async fn settings_of_a_group_are_kept_and_shown() {
    let tank = tank().await;
    let name = || Some(GROUP.to_owned());
    let input =
        AssociateKmsKeyInput { log_group_name: name(), kms_key_id: "arn:k".to_owned(), ..Default::default() };
    call::<AssociateKmsKey>(&tank, input).await.unwrap();
    let protect = |flag| PutLogGroupDeletionProtectionInput {
        log_group_identifier: GROUP.to_owned(),
        deletion_protection_enabled: flag,
    };
    call::<PutLogGroupDeletionProtection>(&tank, protect(true)).await.unwrap();
    let tags = [("team".to_owned(), "x".to_owned())].into();
    call::<TagLogGroup>(&tank, TagLogGroupInput { log_group_name: GROUP.to_owned(), tags }).await.unwrap();
    let input =
        DescribeLogGroupsInput { log_group_identifiers: Some(vec![GROUP.to_owned()]), ..Default::default() };
    let group = call::<DescribeLogGroups>(&tank, input).await.unwrap().log_groups.unwrap().remove(0);
    assert_eq!((group.kms_key_id.as_deref(), group.deletion_protection_enabled), (Some("arn:k"), Some(true)));
    let delete = || DeleteLogGroupInput { log_group_name: GROUP.to_owned() };
    let refused = call::<DeleteLogGroup>(&tank, delete()).await.unwrap_err();
    assert_eq!(refused.code, "InvalidOperationException");
    call::<PutLogGroupDeletionProtection>(&tank, protect(false)).await.unwrap();
    let input =
        ListLogGroupsInput { log_group_name_pattern: Some("lambda/f$".to_owned()), ..Default::default() };
    assert_eq!(call::<ListLogGroups>(&tank, input).await.unwrap().log_groups.unwrap().len(), 1);
    call::<DeleteLogGroup>(&tank, delete()).await.unwrap();
}

#[tokio::test]
async fn a_resources_policy_changes_only_for_who_knows_its_revision() {
    let tank = tank().await;
    let input = DescribeLogGroupsInput::default();
    let group = call::<DescribeLogGroups>(&tank, input).await.unwrap().log_groups.unwrap().remove(0);
    let put = |revision: Option<String>| PutResourcePolicyInput {
        policy_document: Some("{}".to_owned()),
        resource_arn: group.log_group_arn.clone(),
        expected_revision_id: revision,
        ..Default::default()
    };
    let first = call::<PutResourcePolicy>(&tank, put(None)).await.unwrap().revision_id;
    assert_eq!(
        call::<PutResourcePolicy>(&tank, put(None)).await.unwrap_err().code,
        "OperationAbortedException"
    );
    assert!(call::<PutResourcePolicy>(&tank, put(first.clone())).await.unwrap().revision_id != first);
    for number in 0..10 {
        let input = PutResourcePolicyInput {
            policy_name: Some(format!("p{number}")),
            policy_document: Some("{}".to_owned()),
            ..Default::default()
        };
        call::<PutResourcePolicy>(&tank, input).await.unwrap();
    }
    let input = PutResourcePolicyInput {
        policy_name: Some("more".to_owned()),
        policy_document: Some("{}".to_owned()),
        ..Default::default()
    };
    assert_eq!(call::<PutResourcePolicy>(&tank, input).await.unwrap_err().code, "LimitExceededException");
}
