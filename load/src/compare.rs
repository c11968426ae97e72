//! The gate on counters: numbers of one load beside those of another, saved before. They hardly depend on how fast the machine is.
//!
//! Counts are judged for each request or record, so that a load that was cut short compares with a whole one. Instructions are
//! judged where both have them. CPU time and latencies of two single loads are shown and never judged: on a shared machine they differ
//! by more than any change that matters. `pairs.rs` judges those.

use serde::Serialize;
use serde_json::Value;

use crate::saved::{Command, Saved};

/// A share of requests below which a difference of errors is none: 1 in 1,000.
const SHARE_MIN: f64 = 0.001;

/// Why two loads are not compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// Other options.
    #[error(
        "{file} is of another benchmark: {differs}\nhint: compare with the same options, or make the file anew with --save"
    )]
    OtherCommand {
        /// The file.
        file: String,
        /// What differs.
        differs: String,
    },
}

/// One number of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What it counts.
    pub name: &'static str,
    /// Of the saved load.
    pub base: f64,
    /// Of this one.
    pub now: f64,
    /// `None`: shown and not judged.
    pub is_worse: Option<bool>,
}

/// How a number is judged.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// More is worse.
    Less,
    /// Less is worse.
    More,
    /// A share of requests: more is worse if it is more than `SHARE_MIN` of them.
    Share,
    /// It depends on how fast the machine was.
    Shown,
}

/// What differs between two sets of options, as `name: base -> now`.
pub(crate) fn differences(base: &Command, now: &Command) -> Vec<String> {
    let (base, now) = (serde_json::to_value(base), serde_json::to_value(now));
    let (Ok(Value::Object(base)), Ok(Value::Object(now))) = (base, now) else { return Vec::new() };
    let differs = base.iter().filter(|(name, value)| now.get(*name) != Some(value));
    differs
        .map(|(name, value)| format!("{name} {value} -> {}", now.get(name).unwrap_or(&Value::Null)))
        .collect()
}

/// Whether two loads can be compared at all.
pub fn check(file: &str, base: &Command, now: &Command) -> Result<(), CompareError> {
    let differs = differences(base, now);
    if differs.is_empty() {
        return Ok(());
    }
    Err(CompareError::OtherCommand { file: file.to_owned(), differs: differs.join(", ") })
}

/// Compares with a load that was saved as `file`. `fail_over` is a share: 0.1 lets numbers grow by a tenth.
pub fn compare(file: &str, base: &Saved, now: &Saved, fail_over: f64) -> Result<Vec<Compared>, CompareError> {
    check(file, &base.command, &now.command)?;
    let (of_base, of_now) = (numbers(base), numbers(now));
    let both = of_base.into_iter().zip(of_now);
    Ok(both
        .filter_map(|((name, rule, base), (_, _, now))| {
            let (base, now) = (base?, now?);
            Some(Compared { name, base, now, is_worse: judge(rule, base, now, fail_over) })
        })
        .collect())
}

fn judge(rule: Rule, base: f64, now: f64, fail_over: f64) -> Option<bool> {
    match rule {
        Rule::Less => Some(now > base * (1.0 + fail_over)),
        Rule::More => Some(now * (1.0 + fail_over) < base),
        Rule::Share => Some(now > base * (1.0 + fail_over) && now - base > SHARE_MIN),
        Rule::Shown => None,
    }
}

/// The numbers of a load, always the same ones in the same order.
fn numbers(saved: &Saved) -> Vec<(&'static str, Rule, Option<f64>)> {
    let counters = &saved.tally.counters;
    let ratio = |of: u64, to: u64| (to > 0).then(|| of as f64 / to as f64);
    let a_request = |count: u64| ratio(count, counters.requests);
    let a_record = |count: u64| ratio(count, counters.accepted);
    let stored = saved.stored;
    let instructions = saved.server.as_ref().and_then(|server| server.instructions);
    let latency = |share: f64| Some(saved.tally.latency.at(share)).filter(|_| counters.requests > 0);
    vec![
        ("requests of those intended", Rule::Shown, ratio(counters.requests, counters.intended)),
        ("records taken of those sent", Rule::More, ratio(counters.accepted, counters.records)),
        ("API calls a record", Rule::Less, ratio(counters.calls, counters.records)),
        ("polls a request", Rule::Shown, a_request(counters.polls).filter(|polls| *polls > 0.0)),
        ("bytes sent a request", Rule::Less, a_request(counters.bytes_sent)),
        ("bytes received a request", Rule::Less, a_request(counters.bytes_received)),
        ("errors a request", Rule::Share, a_request(counters.errors)),
        ("throttles a request", Rule::Share, a_request(counters.throttles)),
        ("tries again a request", Rule::Share, a_request(counters.retries)),
        ("rows a query", Rule::Less, a_request(counters.rows_returned)),
        ("bytes scanned a query", Rule::Less, a_request(counters.bytes_scanned)),
        ("objects stored a record", Rule::Less, stored.and_then(|stored| a_record(stored.objects))),
        ("bytes stored a record", Rule::Less, stored.and_then(|stored| a_record(stored.bytes))),
        ("instructions a request", Rule::Less, instructions.and_then(a_request)),
        ("CPU of the server, ms a request", Rule::Shown, saved.cpu_ms_per_request()),
        ("latency p50, ms", Rule::Shown, latency(0.5)),
        ("latency p99, ms", Rule::Shown, latency(0.99)),
    ]
}

/// The comparison for people.
pub fn to_text(file: &str, base: &Saved, compared: &[Compared], fail_over: f64) -> String {
    let mut text = format!(
        "compared with {file} (wavetank {}); what is counted may be {:.0} % worse\n",
        base.version,
        fail_over * 100.0
    );
    for Compared { name, base, now, is_worse } in compared {
        let verdict = match is_worse {
            Some(true) => "WORSE",
            Some(false) => "ok",
            None => "shown",
        };
        let change =
            if *base == 0.0 { String::new() } else { format!("{:+.1} %", (now / base - 1.0) * 100.0) };
        text.push_str(&format!("{verdict:<6} {name:<34} {base:>14.4} {now:>14.4}  {change}\n"));
    }
    text.push_str("shown: not judged; of single runs chance alone makes more of it than any change. --pairs judges it\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::{ServerUse, Stored};

    #[test]
    fn each_rule_allows_what_it_says_and_no_more() {
        let check = |rule: Rule, base: f64, now: f64, worse: Option<bool>| {
            assert_eq!(judge(rule, base, now, 0.1), worse, "{rule:?}: {base} -> {now}");
        };
        check(Rule::Less, 100.0, 109.9, Some(false));
        check(Rule::Less, 100.0, 110.2, Some(true));
        check(Rule::Less, 100.0, 1.0, Some(false));
        check(Rule::Less, 0.0, 0.001, Some(true));
        check(Rule::More, 1.0, 0.92, Some(false));
        check(Rule::More, 1.0, 0.90, Some(true));
        check(Rule::More, 1.0, 2.0, Some(false));
        // Ten times as many, and still too few to mean anything.
        check(Rule::Share, 0.0001, 0.0009, Some(false));
        check(Rule::Share, 0.0, 0.0011, Some(true));
        check(Rule::Share, 0.5, 0.54, Some(false));
        check(Rule::Share, 0.5, 0.56, Some(true));
        check(Rule::Share, 0.5, 0.0, Some(false));
        check(Rule::Shown, 1.0, 1_000.0, None);
    }

    /// A load in which every number is one of its own.
    fn sample() -> Saved {
        let mut saved = Saved::sample(0, 1);
        let counters = &mut saved.tally.counters;
        (counters.intended, counters.requests, counters.answered) = (1_000, 1_000, 900);
        (counters.records, counters.accepted, counters.calls) = (1_000, 900, 2_000);
        (counters.bytes_sent, counters.bytes_received) = (50_000, 70_000);
        (counters.errors, counters.throttles, counters.retries) = (50, 50, 50);
        (counters.polls, counters.poll_bytes) = (3_000, 90_000);
        (counters.rows_returned, counters.bytes_scanned) = (20_000, 6_000_000);
        saved.tally.latency.record_many(std::time::Duration::from_millis(5), 1_000);
        saved.stored = Some(Stored { objects: 90, bytes: 900_000 });
        let instructions = Some(1_000_000);
        saved.server = Some(ServerUse { cpu_ms: 100, rss_bytes: 1, rss_peak_bytes: 1, instructions });
        saved
    }

    /// What is called worse if `change` is made to one of two equal loads.
    fn worse(change: impl Fn(&mut Saved)) -> Vec<&'static str> {
        let (base, mut now) = (sample(), sample());
        change(&mut now);
        let compared = compare("base.json", &base, &now, 0.1).expect("the same options");
        assert_eq!(compared.len(), numbers(&base).len(), "each number is compared");
        compared.iter().filter(|it| it.is_worse == Some(true)).map(|it| it.name).collect()
    }

    #[test]
    fn each_number_that_does_not_depend_on_speed_is_judged_and_the_others_are_shown() {
        let check = |change: &dyn Fn(&mut Saved), names: &[&str]| assert_eq!(worse(change), names);
        check(&|_| {}, &[]);
        check(
            &|now| now.tally.counters.accepted = 700,
            &["records taken of those sent", "objects stored a record", "bytes stored a record"],
        );
        check(&|now| now.tally.counters.calls = 3_000, &["API calls a record"]);
        check(&|now| now.tally.counters.bytes_sent *= 2, &["bytes sent a request"]);
        check(&|now| now.tally.counters.bytes_received *= 2, &["bytes received a request"]);
        check(&|now| now.tally.counters.errors *= 2, &["errors a request"]);
        check(&|now| now.tally.counters.throttles *= 2, &["throttles a request"]);
        check(&|now| now.tally.counters.retries *= 2, &["tries again a request"]);
        check(&|now| now.tally.counters.rows_returned *= 2, &["rows a query"]);
        check(&|now| now.tally.counters.bytes_scanned *= 2, &["bytes scanned a query"]);
        check(
            &|now| now.stored = Some(Stored { objects: 180, bytes: 900_000 }),
            &["objects stored a record"],
        );
        check(&|now| now.stored = Some(Stored { objects: 90, bytes: 1_800_000 }), &["bytes stored a record"]);
        let of_server = |cpu_ms, instructions| {
            move |now: &mut Saved| {
                let instructions = Some(instructions);
                now.server = Some(ServerUse { cpu_ms, rss_bytes: 1, rss_peak_bytes: 1, instructions });
            }
        };
        check(&of_server(100, 2_000_000), &["instructions a request"]);
        // A slower server: more CPU, later answers, more polls. None of it is judged.
        check(&of_server(900, 1_000_000), &[]);
        check(&|now| now.tally.latency.record_many(std::time::Duration::from_secs(9), 9_000), &[]);
        check(
            &|now| {
                now.tally.counters.polls *= 10;
                now.tally.counters.poll_bytes *= 10;
            },
            &[],
        );
        check(&|now| now.tally.counters.intended *= 2, &[]);
    }

    #[test]
    fn numbers_that_one_of_both_lacks_are_left_out_and_other_options_are_refused() {
        let (base, mut now) = (sample(), sample());
        (now.server, now.stored, now.tally.counters.polls) = (None, None, 0);
        let compared = compare("base.json", &base, &now, 0.1).expect("the same options");
        assert_eq!(compared.len(), numbers(&base).len() - 5, "{compared:?}");
        now.command.variant = Some("naive".to_owned());
        let refused = compare("base.json", &base, &now, 0.1).expect_err("another variant").to_string();
        assert!(refused.contains("variant null -> \"naive\""), "{refused}");
    }
}
