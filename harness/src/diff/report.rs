//! What the comparison says: a line for each operation, and where it differs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::compare::{Gap, compare};
use super::noise::Noise;
use super::talk::Outcome;

/// Places of one operation that the text shows.
const SHOWN_PLACES_MAX: usize = 12;

/// How an operation compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every answer that could be compared is the same.
    Same,
    /// Neither side has got it.
    Neither,
    /// No answer could be compared, because what it needs was not there.
    NotRun,
    /// Some answer is another.
    Differs,
    /// A side has not got it: none of its calls was answered.
    Missing,
}

impl Verdict {
    /// In a report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Neither => "neither",
            Self::NotRun => "not run",
            Self::Differs => "differs",
            Self::Missing => "missing",
        }
    }
}

/// A place where the answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// The conversation and its step, or the run and its call, such as `kinesis/stream 4`.
    pub call: String,
    /// The member, such as `StreamDescription.StreamStatus`; `status`, `error.code` and `error.message` of the answer itself.
    pub path: String,
    /// What `a` says.
    pub a: String,
    /// What `b` says.
    pub b: String,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationDiff {
    /// As `wire` calls it.
    pub service: String,
    /// Its name.
    pub operation: String,
    /// How it compares.
    pub verdict: Verdict,
    /// Calls that were compared.
    pub calls: usize,
    /// Where answers differ, in the order of the calls.
    pub places: Vec<Where>,
    /// Why calls were not compared.
    pub reasons: Vec<String>,
}

/// A comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The first side.
    pub a: String,
    /// The second.
    pub b: String,
    /// By service and name.
    pub operations: Vec<OperationDiff>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// Conversations that were not held because the comparison was ended early.
    pub not_held: Vec<String>,
}

/// What has been compared so far.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(String, String), OperationDiff>);

impl Tally {
    /// Adds one call. `call` says where it stands.
    pub(super) fn add(&mut self, asked: (&str, &str), call: &str, noise: &Noise, a: &Outcome, b: &Outcome) {
        let (service, operation) = asked;
        let fresh = || OperationDiff {
            service: service.to_owned(),
            operation: operation.to_owned(),
            verdict: Verdict::NotRun,
            calls: 0,
            places: Vec::new(),
            reasons: Vec::new(),
        };
        let entry = self.0.entry((service.to_owned(), operation.to_owned())).or_insert_with(fresh);
        let reason = match (a, b) {
            (Outcome::Answered(a), Outcome::Answered(b)) => {
                entry.calls += 1;
                let gaps = compare(noise, a, b);
                let verdict = if gaps.is_empty() { Verdict::Same } else { Verdict::Differs };
                // One that was not run before has been now.
                let is_first = matches!(entry.verdict, Verdict::NotRun | Verdict::Neither);
                let before = if is_first { Verdict::Same } else { entry.verdict };
                entry.verdict = before.max(verdict);
                let place = |Gap { path, a, b }| Where { call: call.to_owned(), path, a, b };
                entry.places.extend(gaps.into_iter().map(place));
                return;
            }
            (Outcome::Lacking(why), Outcome::Lacking(_)) => format!("neither has it: {why}"),
            (_, Outcome::Lacking(why)) => format!("b has not got it: {why}"),
            (Outcome::Lacking(why), _) => format!("a has not got it: {why}"),
            (_, Outcome::NotRun(why)) => format!("not run on b: {why}"),
            (Outcome::NotRun(why), _) => format!("not run on a: {why}"),
        };
        let lacks = |outcome: &Outcome| matches!(outcome, Outcome::Lacking(_));
        match (lacks(a), lacks(b)) {
            (true, true) if entry.verdict == Verdict::NotRun => entry.verdict = Verdict::Neither,
            (true, true) | (false, false) => {}
            _ => entry.verdict = Verdict::Missing,
        }
        entry.reasons.push(format!("{call}  {reason}"));
    }

    /// The comparison. An operation that both have answered at least once is not missing, whatever else was refused there.
    pub(super) fn finish(self, a: &str, b: &str, notes: Vec<String>) -> Diff {
        let settle = |row: OperationDiff| {
            let verdict = match row.verdict {
                Verdict::Missing if row.calls > 0 => Verdict::Differs,
                verdict => verdict,
            };
            OperationDiff { verdict, ..row }
        };
        let operations = self.0.into_values().map(settle).collect();
        Diff { a: a.to_owned(), b: b.to_owned(), operations, notes, not_held: Vec::new() }
    }
}

impl Diff {
    /// How many operations compare so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.operations.iter().filter(|operation| operation.verdict == verdict).count()
    }

    /// Whether everything was asked, nothing differs and nothing is missing, and something was compared. What neither has is no difference.
    pub fn is_same(&self) -> bool {
        self.not_held.is_empty()
            && self.count(Verdict::Same) > 0
            && [Verdict::Differs, Verdict::Missing, Verdict::NotRun]
                .iter()
                .all(|verdict| self.count(*verdict) == 0)
    }

    /// `operations: 120 same, 14 differ, 9 missing`.
    pub fn summary(&self) -> String {
        let count = |verdict| self.count(verdict);
        let mut text = format!(
            "operations: {} same, {} differ, {} missing",
            count(Verdict::Same),
            count(Verdict::Differs),
            count(Verdict::Missing)
        );
        for (verdict, word) in [(Verdict::NotRun, "not run"), (Verdict::Neither, "in neither")] {
            if count(verdict) > 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, ", {} {word}", count(verdict));
            }
        }
        text
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut out = format!("wavetank diff   a {}   b {}\n\n", self.a, self.b);
        let width = |of: fn(&OperationDiff) -> usize| self.operations.iter().map(of).max().unwrap_or(0);
        let (services, names) = (width(|row| row.service.len()), width(|row| row.operation.len()));
        for row in &self.operations {
            let OperationDiff { service, operation, verdict, calls, .. } = row;
            let word = verdict.word();
            let _ = writeln!(out, "{service:<services$}  {operation:<names$}  {word:<7}  calls {calls}");
            row.write_places(&mut out);
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        if !self.not_held.is_empty() {
            let (count, names) = (self.not_held.len(), self.not_held.join(", "));
            let _ = writeln!(out, "\nended early: {count} conversations were not held: {names}");
        }
        let _ = writeln!(out, "\n{}", self.summary());
        out
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let row = |row: &OperationDiff| {
            let place =
                |place: &Where| json!({ "call": place.call, "path": place.path, "a": place.a, "b": place.b });
            json!({
                "service": row.service,
                "operation": row.operation,
                "verdict": row.verdict.word(),
                "calls": row.calls,
                "places": row.places.iter().map(place).collect::<Vec<_>>(),
                "reasons": row.reasons,
            })
        };
        json!({
            "a": self.a,
            "b": self.b,
            "same": self.count(Verdict::Same),
            "differ": self.count(Verdict::Differs),
            "missing": self.count(Verdict::Missing),
            "not_run": self.count(Verdict::NotRun),
            "neither": self.count(Verdict::Neither),
            "operations": self.operations.iter().map(row).collect::<Vec<_>>(),
            "notes": self.notes,
            "not_held": self.not_held,
        })
    }
}

impl OperationDiff {
    fn write_places(&self, out: &mut String) {
        for reason in self.reasons.iter().take(SHOWN_PLACES_MAX) {
            let _ = writeln!(out, "    {reason}");
        }
        if self.reasons.len() > SHOWN_PLACES_MAX {
            let _ = writeln!(out, "    and {} more calls", self.reasons.len() - SHOWN_PLACES_MAX);
        }
        for Where { call, path, a, b } in self.places.iter().take(SHOWN_PLACES_MAX) {
            let _ = writeln!(out, "    {call}  {path}\n        a {a}\n        b {b}");
        }
        if self.places.len() > SHOWN_PLACES_MAX {
            let _ = writeln!(out, "    and {} more; --json has them", self.places.len() - SHOWN_PLACES_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn answered(value: Value) -> Outcome {
        Outcome::Answered(json!({ "status": 200, "body": value }))
    }

    #[test]
    fn the_report_counts_operations_and_says_where() {
        let mut tally = Tally::default();
        let quiet = Noise::default();
        let (one, two) = (answered(json!({"n": 1})), answered(json!({"n": 2})));
        tally.add(("sqs", "SendMessage"), "sqs/queue 1", &quiet, &one, &one);
        tally.add(("sqs", "ListQueues"), "sqs/queue 2", &quiet, &one, &two);
        tally.add(("sqs", "ListQueues"), "sqs/queue 3", &quiet, &one, &one);
        tally.add(("sqs", "PurgeQueue"), "sqs/queue 4", &quiet, &one, &Outcome::Lacking("501".to_owned()));
        let lacking = Outcome::Lacking("501".to_owned());
        tally.add(("sqs", "Nonsense"), "sqs/queue 6", &quiet, &lacking, &lacking);
        tally.add(("sqs", "TagQueue"), "sqs/queue 5", &quiet, &one, &Outcome::NotRun("no `url`".to_owned()));
        let diff = tally.finish("embedded", "http://127.0.0.1:5000", vec!["a note".to_owned()]);
        expect![[r#"
            wavetank diff   a embedded   b http://127.0.0.1:5000

            sqs  ListQueues   differs  calls 2
                sqs/queue 2  n
                    a 1
                    b 2
            sqs  Nonsense     neither  calls 0
                sqs/queue 6  neither has it: 501
            sqs  PurgeQueue   missing  calls 0
                sqs/queue 4  b has not got it: 501
            sqs  SendMessage  same     calls 1
            sqs  TagQueue     not run  calls 0
                sqs/queue 5  not run on b: no `url`

            note: a note

            operations: 1 same, 1 differ, 1 missing, 1 not run, 1 in neither
        "#]]
        .assert_eq(&diff.to_text());
        assert!(!diff.is_same());
        assert_eq!(diff.to_json()["operations"][0]["places"][0]["b"], "2");
    }

    #[test]
    fn nothing_compared_is_not_the_same_and_neither_is_what_ended_early() {
        assert!(!Diff::default().is_same());
        let mut tally = Tally::default();
        let one = answered(json!({"n": 1}));
        tally.add(("sqs", "SendMessage"), "sqs/queue 1", &Noise::default(), &one, &one);
        let whole = tally.finish("embedded", "b", Vec::new());
        assert!(whole.is_same());
        let cut = Diff { not_held: vec!["sqs/refusals".to_owned()], ..whole };
        assert!(!cut.is_same() && cut.to_text().contains("1 conversations were not held: sqs/refusals"));
    }
}
