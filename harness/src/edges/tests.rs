//! A ledger over places, filled by hand: what is lost, doubled, changed or elsewhere, and what is said of it.

use std::time::Duration;

use wavetank_scenarios::Freshness;
use wavetank_types::{Anomaly, Timestamp};

use super::*;
use crate::places::Held;
use crate::places::document;

const SENT: &str = r#"{"id":1,"user":"a","amount":"10.50","country":"VN"}
{"id":2,"user":"b","amount":"20","country":"VN"}
{"id":3,"user":"a","amount":"30","country":"US"}
{"id":4,"user":"b","amount":"40","country":"US"}
"#;

fn edge(name: &str, ends: Option<Ends>) -> Edge {
    Edge {
        name: name.to_owned(),
        at: "s3://b/".to_owned(),
        ends,
        identity: None,
        reason: Some("why".to_owned()),
        compare: None,
        route: None,
    }
}

/// What lies in each place, as lines of JSON; a second line of the same place comes a minute later.
fn seen<'a>(lines: &'a Lines, form: &'a LedgerForm, places: &[(&'a Edge, &str)]) -> Edges<'a> {
    let mut edges =
        Edges { form, lines, seen: Vec::new(), numbers: BTreeMap::new(), copies: BTreeMap::new() };
    edges.number();
    for (edge, text) in places {
        let records = (0..).zip(text.lines()).map(|(minute, line)| Found {
            members: document(line.as_bytes()).expect("JSON"),
            place: "country=VN/part".to_owned(),
            at: Some(Timestamp::TANK_EPOCH + Duration::from_secs(60) * minute),
        });
        let held = Held { records: records.collect(), unreadable: Vec::new() };
        edges.hold(edge, held);
    }
    edges
}

fn form(repeats: Repeats) -> LedgerForm {
    LedgerForm { identity: "id".to_owned(), repeats }
}

/// What goes wrong, by name and count, and a part of the cause.
fn check(places: &[(&Edge, &str)], anomalies: &[(Anomaly, u64)], cause: &str) {
    let (lines, form) = (Lines::of_json(SENT), form(Repeats::Kept));
    let found = seen(&lines, &form, places).conserve(true);
    let named: Vec<(Anomaly, u64)> =
        found.balance.anomalies.iter().map(|(name, examples)| (*name, examples.count)).collect();
    assert_eq!(named, anomalies, "{found:?}");
    let said = found.cause.map_or_else(String::new, |cause| cause.en);
    assert!(if cause.is_empty() { said.is_empty() } else { said.contains(cause) }, "{said}");
}

#[test]
fn every_record_that_ends_somewhere_once_is_conserved() {
    let (landing, table) = (edge("landing", None), edge("table", Some(Ends::Delivered)));
    let (refused, dead) = (edge("refused", Some(Ends::Rejected)), edge("dead", Some(Ends::DeadLettered)));
    let two = "{\"id\":1,\"amount\":10.5}\n{\"id\":2,\"amount\":20.00}";
    check(&[(&landing, SENT), (&table, SENT)], &[], "");
    check(&[(&table, two), (&refused, "{\"id\":3,\"why\":\"bad\"}"), (&dead, "{\"id\":\"4\"}")], &[], "");
}

#[test]
fn what_is_lost_is_told_with_the_last_place_that_saw_it() {
    let (landing, table) = (edge("landing", None), edge("table", Some(Ends::Delivered)));
    let three = SENT.trim_end().rsplit_once('\n').expect("lines").0;
    check(&[(&landing, SENT), (&table, three)], &[(Anomaly::Lost, 1)], "between landing and table");
    check(&[(&landing, three), (&table, three)], &[(Anomaly::Lost, 1)], "before landing");
}

#[test]
fn what_is_two_is_told_with_the_first_place_that_has_two() {
    let (landing, table) = (edge("landing", None), edge("table", Some(Ends::Delivered)));
    let more = format!("{SENT}{{\"id\":1}}");
    let by_reader = &[(Anomaly::DuplicatedByConsumer, 1)];
    check(&[(&landing, SENT), (&table, &more)], by_reader, "two from table on");
    let by_sender = &[(Anomaly::DuplicatedByProducer, 1)];
    check(&[(&landing, &more), (&table, &more)], by_sender, "two from landing on");
}

#[test]
fn what_is_given_up_and_was_accounted_for_is_no_repeat() {
    let (dead, table) = (edge("dead", Some(Ends::DeadLettered)), edge("table", Some(Ends::Delivered)));
    let (lines, form) = (Lines::of_json("{\"id\":1}\n{\"id\":2}\n"), form(Repeats::Kept));
    // In any order of the places.
    for places in [
        [(&dead, "{\"id\":1}\n{\"id\":1}\n{\"id\":2}"), (&table, "{\"id\":2}")],
        [(&table, "{\"id\":2}"), (&dead, "{\"id\":2}\n{\"id\":1}")],
    ] {
        let balance = seen(&lines, &form, &places).conserve(true).balance;
        assert!(balance.is_conserved(), "{balance:?}");
        assert_eq!((balance.delivered, balance.dlq, balance.duplicates), (1, 1, 0));
    }
}

#[test]
fn a_refusal_that_a_log_tells_again_is_one_and_any_other_is_a_repeat() {
    let (stream, mut log) = (edge("stream", None), edge("log", Some(Ends::Rejected)));
    log.at = "logs:/aws/lambda/f".to_owned();
    let kept = edge("kept", Some(Ends::Rejected));
    let table = edge("table", Some(Ends::Delivered));
    let again = "{\"id\":1,\"why\":\"bad\"}\n{\"id\":1,\"why\":\"bad\"}";
    let rest = SENT.trim_end().split_once('\n').expect("lines").1;
    check(&[(&stream, SENT), (&table, rest), (&log, again)], &[], "");
    let by_reader = &[(Anomaly::DuplicatedByConsumer, 1)];
    check(&[(&stream, SENT), (&table, rest), (&kept, again)], by_reader, "two from kept on");
    check(
        &[(&stream, SENT), (&table, rest), (&log, &again.replacen("bad", "old", 1))],
        by_reader,
        "two from log on",
    );
    check(&[(&stream, SENT), (&table, SENT), (&log, again)], by_reader, "ended in table and in log");
    let by_sender = &[(Anomaly::DuplicatedByProducer, 1)];
    check(
        &[(&stream, &format!("{SENT}{{\"id\":1}}")), (&table, rest), (&kept, again)],
        by_sender,
        "two from stream on",
    );

    let (lines, form) = (Lines::of_json(SENT), form(Repeats::Kept));
    let counts = seen(&lines, &form, &[(&table, rest), (&log, again)]).counts();
    assert_eq!((counts[1].records, counts[1].distinct), (2, 1), "both lines are told");
}

#[test]
fn other_content_other_places_and_strangers_have_names() {
    let mut table = edge("table", Some(Ends::Delivered));
    let other = SENT.replace("\"40\"", "41");
    check(&[(&table, &other)], &[(Anomaly::Mutated, 1)], "`amount` says something else in 1 records");
    let more = format!("{SENT}{{\"id\":9}}");
    check(&[(&table, &more)], &[(Anomaly::Phantom, 1)], "");
    table.route = Some("country={country}/".to_owned());
    check(&[(&table, SENT)], &[(Anomaly::Misrouted, 2)], "");
    let queue = edge("queue", Some(Ends::InFlight));
    check(&[(&queue, SENT)], &[(Anomaly::Stuck, 4)], "");
}

#[test]
fn two_records_of_one_name_are_two_or_one_as_the_form_says() {
    let (lines, table) = (Lines::of_json("{\"id\":1}\n{\"id\":1}\n"), edge("table", Some(Ends::Delivered)));
    let check = |repeats, found: &str, holds: bool| {
        let form = form(repeats);
        let balance = seen(&lines, &form, &[(&table, found)]).conserve(true).balance;
        assert_eq!(balance.is_conserved(), holds, "{balance:?}");
    };
    check(Repeats::Kept, "{\"id\":1}\n{\"id\":1}", true);
    check(Repeats::Kept, "{\"id\":1}", false);
    check(Repeats::Dropped, "{\"id\":1}", true);
    check(Repeats::Dropped, "{\"id\":1}\n{\"id\":1}", false);
}

#[test]
fn order_and_freshness_are_those_of_the_place() {
    let (lines, form, table) =
        (Lines::of_json(SENT), form(Repeats::Kept), edge("table", Some(Ends::Delivered)));
    let order = |text: &str| seen(&lines, &form, &[(&table, text)]).order("table", "user").is_failed();
    assert!(!order("{\"id\":2}\n{\"id\":1}\n{\"id\":3}\n{\"id\":4}"));
    assert!(order("{\"id\":3}\n{\"id\":2}\n{\"id\":1}"));
    assert!(!order("{\"id\":1}\n{\"id\":3}\n{\"id\":1}"), "a repeat");
    let fresh = |secs: u64| {
        let most = Duration::from_secs(secs);
        let limits = Freshness { edge: None, p50_max: most, p95_max: most, p99_max: most };
        !seen(&lines, &form, &[(&table, SENT)]).freshness("table", &limits).is_failed()
    };
    // Sent at seconds 0 to 3, there at minutes 0 to 3.
    assert!(fresh(177) && !fresh(176));
}
