//! Items whose time has come.

use std::time::Duration;

use expect_test::expect;
use serde_json::json;

use super::{Rig, number};
use crate::services::dynamodb::value::{AttributeValue, Item, item};
use crate::world::Effect;

fn set(enabled: bool, attribute: &str) -> serde_json::Value {
    json!({
        "TableName": "items",
        "TimeToLiveSpecification": { "Enabled": enabled, "AttributeName": attribute },
    })
}

/// With TTL by `gone` and a stream of both images.
fn rig() -> Rig {
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
    let mut rig = Rig::with_table(json!({ "StreamSpecification": stream }));
    rig.ask("UpdateTimeToLive", set(true, "gone"));
    rig.advance(Duration::from_secs(1));
    rig
}

fn gone_in(rig: &Rig, secs: i64) -> Item {
    item([("gone", number(rig.now().secs() + secs))])
}

#[test]
fn an_expired_item_is_readable_until_the_sweep_and_then_gone() {
    let mut rig = rig();
    let next = gone_in(&rig, 1_000);
    rig.put("a", Some(next));
    assert!(rig.deadline().is_some());
    rig.advance(Duration::from_secs(1_001));
    assert!(rig.get("a").is_some(), "expired, and still there");
    rig.effects();
    rig.advance(Duration::from_secs(600));
    assert!(rig.get("a").is_none());
    assert_eq!(rig.deadline(), None);
    let told = rig.effects();
    assert!(matches!(told.as_slice(), [Effect::Signal(topic)] if topic.contains("/stream/")), "{told:?}");
}

#[test]
fn only_numbers_of_seconds_within_five_years_expire() {
    let mut rig = rig();
    let old = gone_in(&rig, -6 * 365 * 86_400);
    let far = gone_in(&rig, 86_400 * 365);
    rig.put("old", Some(old));
    rig.put("text", Some(item([("gone", AttributeValue::s("1"))])));
    rig.put("millis", Some(item([("gone", number(1_767_571_200_000_000))])));
    rig.put("far", Some(far));
    let late = gone_in(&rig, -5);
    rig.put("late", Some(late));
    rig.advance(Duration::from_secs(86_400));
    let left: Vec<&str> =
        ["old", "text", "millis", "far", "late"].into_iter().filter(|id| rig.get(id).is_some()).collect();
    assert_eq!(left, ["old", "text", "millis", "far"]);
}

#[test]
fn an_item_that_gets_another_time_or_none_stays() {
    let mut rig = rig();
    for id in ["later", "never"] {
        let soon = gone_in(&rig, 100);
        rig.put(id, Some(soon));
    }
    let later = gone_in(&rig, 10_000);
    rig.put("later", Some(later));
    rig.put("never", Some(Item::new()));
    rig.advance(Duration::from_secs(5_000));
    assert!(rig.get("later").is_some() && rig.get("never").is_some());
    rig.advance(Duration::from_secs(6_000));
    assert!(rig.get("later").is_none() && rig.get("never").is_some());
}

#[test]
fn what_was_there_before_expires_too_and_the_setting_changes_once_an_hour() {
    let mut rig = Rig::with_table(json!({}));
    let soon = gone_in(&rig, 10);
    rig.put("a", Some(soon));
    rig.advance(Duration::from_secs(10_000));
    assert!(rig.get("a").is_some(), "nobody has asked for this yet");
    assert_eq!(
        rig.refused("UpdateTimeToLive", set(false, "gone")),
        "ValidationException: TimeToLive is already disabled"
    );
    rig.ask("UpdateTimeToLive", set(true, "gone"));
    let told = |rig: &mut Rig| {
        rig.ask("DescribeTimeToLive", json!({ "TableName": "items" }))["TimeToLiveDescription"].to_string()
    };
    expect![[r#"{"TimeToLiveStatus":"ENABLING","AttributeName":"gone"}"#]].assert_eq(&told(&mut rig));
    rig.advance(Duration::from_secs(601));
    assert!(rig.get("a").is_none());
    expect![[r#"{"TimeToLiveStatus":"ENABLED","AttributeName":"gone"}"#]].assert_eq(&told(&mut rig));
    let check = |rig: &mut Rig, enabled, attribute, expected: expect_test::Expect| {
        expected.assert_eq(&rig.refused("UpdateTimeToLive", set(enabled, attribute)));
    };
    check(&mut rig, true, "gone", expect!["ValidationException: TimeToLive is already enabled"]);
    check(
        &mut rig,
        false,
        "other",
        expect![
            "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is gone"
        ],
    );
    check(
        &mut rig,
        false,
        "gone",
        expect!["ValidationException: Time to live has been modified multiple times within a fixed interval"],
    );
    rig.advance(Duration::from_secs(3_600));
    rig.ask("UpdateTimeToLive", set(false, "gone"));
    rig.advance(Duration::from_secs(1));
    expect![[r#"{"TimeToLiveStatus":"DISABLED"}"#]].assert_eq(&told(&mut rig));
}
