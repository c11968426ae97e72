//! Tumbling windows: state goes from one invocation to the next, and the last one says so.

use expect_test::expect;
use serde_json::{Value, json};

use super::lab::{Lab, Seen};

/// Counts records; shows what the event says of the window.
fn count(seen: &Seen) -> Result<Value, String> {
    let before = seen.event["state"]["n"].as_u64().unwrap_or(0);
    let n = before + seen.texts.len() as u64;
    let flags = (&seen.event["isFinalInvokeForWindow"], &seen.event["isWindowTerminatedEarly"]);
    let start = seen.event["window"]["start"].as_str().unwrap_or_default();
    Ok(json!({ "state": { "n": n }, "shown": format!("{start} final {} early {}", flags.0, flags.1) }))
}

#[test]
fn a_window_hands_its_state_on_and_ends_with_its_time() {
    let mut lab = Lab::new(1, count);
    lab.map(|input| {
        input.tumbling_window_in_seconds = Some(10);
        input.batch_size = Some(2);
    });
    for text in ["a", "b", "c"] {
        lab.put(0, "k", text);
    }
    lab.advance(12);
    lab.put(0, "k", "d");
    lab.advance(60);
    expect![[r#"
        3.0 [a b] {"state":{"n":2},"shown":"2026-01-05T00:00:00Z final false early false"}
        3.0 [c] {"state":{"n":3},"shown":"2026-01-05T00:00:00Z final false early false"}
        10.0 [] {"state":{"n":3},"shown":"2026-01-05T00:00:00Z final true early false"}
        14.0 [d] {"state":{"n":1},"shown":"2026-01-05T00:00:10Z final false early false"}
        20.0 [] {"state":{"n":1},"shown":"2026-01-05T00:00:10Z final true early false"}"#]]
    .assert_eq(&lab.lines.join("\n"));
    assert!(lab.is_at_rest(), "no window is open");
}

#[test]
fn a_record_of_the_next_window_ends_the_one_before() {
    let mut lab = Lab::new(1, count);
    lab.put(0, "k", "a");
    lab.advance(20);
    lab.put(0, "k", "b");
    lab.map(|input| input.tumbling_window_in_seconds = Some(10));
    lab.advance(60);
    expect![[r#"
         22.0 [a] {"state":{"n":1},"shown":"2026-01-05T00:00:00Z final false early false"}
         22.0 [] {"state":{"n":1},"shown":"2026-01-05T00:00:00Z final true early false"}
         22.0 [b] {"state":{"n":1},"shown":"2026-01-05T00:00:20Z final false early false"}
         30.0 [] {"state":{"n":1},"shown":"2026-01-05T00:00:20Z final true early false"}"#]]
    .assert_eq(&lab.lines.join("\n"));
}

#[test]
fn an_answer_without_a_state_has_failed() {
    let mut lab = Lab::new(1, |_| Ok(json!({})));
    lab.put(0, "k", "a");
    let uuid = lab.map(|input| {
        input.tumbling_window_in_seconds = Some(10);
        input.maximum_retry_attempts = Some(1);
    });
    lab.advance(60);
    expect![[r#"
        2.0 [a] {}
        3.0 [a] {}
        10.0 [] {}
        Enabled, OK"#]]
    .assert_eq(&format!("{}\n{}", lab.lines.join("\n"), lab.state(&uuid)));
}

#[test]
fn a_state_over_the_limit_ends_the_window_early_and_it_goes_on_empty() {
    let mut lab = Lab::new(1, |seen: &Seen| {
        let is_large = seen.event["state"]["x"].is_null();
        let flags = (&seen.event["isFinalInvokeForWindow"], &seen.event["isWindowTerminatedEarly"]);
        let shown = format!("final {} early {} large {}", flags.0, flags.1, !is_large);
        if seen.texts.is_empty() {
            return Ok(json!({ "state": {}, "shown": shown }));
        }
        Ok(json!({ "shown": shown, "state": { "x": "x".repeat(1_048_576) } }))
    });
    lab.put(0, "k", "a");
    lab.put(0, "k", "b");
    lab.map(|input| {
        input.tumbling_window_in_seconds = Some(30);
        input.batch_size = Some(1);
    });
    lab.advance(60);
    let shown: Vec<String> = lab.lines.iter().map(|line| line.replace(&"x".repeat(1_048_576), "X")).collect();
    expect![[r#"
        2.0 [a] {"shown":"final false early false large false","state":{"x":"X"}}
        2.0 [] {"state":{},"shown":"final false early true large true"}
        2.0 [b] {"shown":"final false early false large false","state":{"x":"X"}}
        2.0 [] {"state":{},"shown":"final false early true large true"}
        30.0 [] {"state":{},"shown":"final true early false large false"}"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn the_end_of_a_shard_ends_its_window() {
    let mut lab = Lab::new(1, count);
    lab.map(|input| input.tumbling_window_in_seconds = Some(900));
    lab.put(0, "k", "a");
    let child = lab.reshard(&[0], 2);
    lab.put(child, "k", "b");
    lab.advance(10);
    expect![[r#"
          3.0 [a] {"state":{"n":1},"shown":"2026-01-05T00:00:00Z final false early false"}
          3.0 [] {"state":{"n":1},"shown":"2026-01-05T00:00:00Z final true early false"}
          3.0 [b] {"state":{"n":1},"shown":"2026-01-05T00:00:00Z final false early false"}"#]]
    .assert_eq(&lab.lines.join("\n"));
}
