//! Queries against a plain evaluation of the same events, whatever they are.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::state::Event;
use super::{Place, Source, plan, run};

/// What an event says: none is a message that is not JSON.
type Said = Option<(i64, Option<u8>, i64)>;

fn event(number: u64, said: &Said) -> Event {
    let message = match said {
        Some((n, Some(user), _)) => format!(r#"{{"n": {n}, "user": "u{user}"}}"#),
        Some((n, None, _)) => format!(r#"{{"n": {n}}}"#),
        None => "no JSON at all".to_owned(),
    };
    let at = said.map_or(0, |(_, _, at)| at);
    Event { at, ingested: at, number, message }
}

/// Runs a query on events in order of time.
fn rows(query: &str, said: &[Said]) -> Vec<Vec<String>> {
    let mut events: Vec<Event> = (1..).zip(said).map(|(number, said)| event(number, said)).collect();
    events.sort_by_key(Event::key);
    let place = Place { account: "1", group: "g", stream: "s", is_lambda: false };
    let plan = plan(query).unwrap();
    let sources = events.iter().rev().map(|event| Source { event, place: &place });
    let (lines, counts) = run(&plan, sources, 100_000, 0);
    assert_eq!(counts.scanned, said.len() as u64);
    let texts = |line: Vec<(String, String)>| {
        line.into_iter().filter(|(name, _)| name != "@ptr").map(|(_, value)| value).collect()
    };
    lines.into_iter().map(texts).collect()
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let one =
        prop::option::weighted(0.9, (-50_i64..50, prop::option::weighted(0.8, 0_u8..4), 0_i64..500_000));
    prop::collection::vec(one, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn filters_keep_what_they_say_and_nothing_else(said in said(), least in -60_i64..60) {
        let query = format!("filter n >= {least} and not user = 'u1' | stats count(*) as c, sum(n) as s");
        let kept: Vec<i64> = said
            .iter()
            .flatten()
            .filter(|(n, user, _)| *n >= least && *user != Some(1))
            .map(|(n, ..)| *n)
            .collect();
        let expected: Vec<Vec<String>> = match kept.len() {
            0 => Vec::new(),
            count => vec![vec![count.to_string(), kept.iter().sum::<i64>().to_string()]],
        };
        prop_assert_eq!(rows(&query, &said), expected);
    }

    #[test]
    fn groups_add_up_to_what_a_map_of_them_says(said in said()) {
        let query = "filter ispresent(n) | stats count(*) as c, min(n) as least, max(n) as most by bin(1m) as t, user \
                     | sort t asc, user asc";
        let mut groups: BTreeMap<(i64, bool, Option<u8>), Vec<i64>> = BTreeMap::new();
        for (n, user, at) in said.iter().flatten() {
            groups.entry((at / 60_000, user.is_none(), *user)).or_default().push(*n);
        }
        let expected: Vec<Vec<String>> = groups
            .into_iter()
            .map(|((minute, _, user), values)| {
                let mut row = vec![format!("1970-01-01 00:{minute:02}:00.000")];
                row.extend(user.map(|user| format!("u{user}")));
                let (least, most) = (values.iter().min().unwrap(), values.iter().max().unwrap());
                row.extend([values.len().to_string(), least.to_string(), most.to_string()]);
                row
            })
            .collect();
        prop_assert_eq!(rows(query, &said), expected);
    }

    #[test]
    fn sorting_and_limits_agree_with_a_sorted_list(said in said(), limit in 1_usize..70) {
        let query = format!("filter ispresent(n) | fields n | sort n desc | limit {limit}");
        let mut numbers: Vec<i64> = said.iter().flatten().map(|(n, ..)| *n).collect();
        numbers.sort_by(|one, other| other.cmp(one));
        let expected: Vec<Vec<String>> = numbers.iter().take(limit).map(|n| vec![n.to_string()]).collect();
        prop_assert_eq!(rows(&query, &said), expected);
    }

    #[test]
    fn no_text_makes_the_parser_fall_over(text in "[a-z0-9@|,()\\[\\]\"'/`.*=<>!~+^%# \\n\u{e9}-]{0,60}") {
        let read = plan(&text);
        if let Err(super::QueryError::Malformed { start, end, .. }) = read {
            prop_assert!(start <= end && end <= text.chars().count());
        }
    }
}
