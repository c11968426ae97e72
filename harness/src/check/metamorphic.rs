//! Two runs of one pipeline, the second under a change of what should not matter: the stated relation must hold between them.

use std::collections::BTreeMap;

use wavetank_scenarios::{Metamorphic, Relation};
use wavetank_types::Said;
use wavetank_types::ledger::Fate;

use super::Finding;
use crate::report::{QueryReport, Report};

/// Compares the run's report with that of the changed one.
pub fn compare(form: &Metamorphic, first: &Report, second: &Report) -> Finding {
    let name = format!("metamorphic: {}", form.change.name());
    let (asked, differences) = match form.relation {
        Relation::SameAnswers => answers(form, first, second),
        Relation::SameRecords => records(first, second),
    };
    let what = match form.relation {
        Relation::SameAnswers => ("answers", "câu trả lời"),
        Relation::SameRecords => ("records", "bản ghi"),
    };
    let same = asked.saturating_sub(differences.len());
    let detail = Said::new(
        format!("{same} of {asked} {} are the same under it", what.0),
        format!("{same} trên {asked} {} giữ nguyên khi thay đổi", what.1),
    );
    let finding = Finding::new(&name, asked > 0 && differences.is_empty(), detail).with_examples(differences);
    match finding.is_failed() {
        false => finding,
        true => finding.with_cause(Said::new(
            "the pipeline's result depends on the order, the batches or the shards in which records happen to come",
            "kết quả của pipeline phụ thuộc vào thứ tự, lô (batch) hoặc shard mà bản ghi tình cờ đi vào",
        )),
    }
}

fn answers(form: &Metamorphic, first: &Report, second: &Report) -> (usize, Vec<Said>) {
    let is_asked = |query: &&QueryReport| form.queries.is_empty() || form.queries.contains(&query.name);
    let asked: Vec<&QueryReport> = first.queries.iter().filter(is_asked).collect();
    let others: BTreeMap<&str, &QueryReport> =
        second.queries.iter().map(|query| (query.name.as_str(), query)).collect();
    let differences = asked.iter().filter_map(|query| {
        let other = others.get(query.name.as_str())?;
        if let Some(failure) = query.failure.as_ref().or(other.failure.as_ref()) {
            return Some(Said::plain(format!("{}: {failure}", query.name)));
        }
        let (mut ours, mut theirs) = (query.rows.clone(), other.rows.clone());
        ours.sort();
        theirs.sort();
        let at = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at))?;
        let show = |row: Option<&Vec<Option<String>>>| {
            row.map_or_else(
                || "nothing".to_owned(),
                |row| {
                    row.iter().map(|cell| cell.as_deref().unwrap_or("null")).collect::<Vec<_>>().join(" | ")
                },
            )
        };
        let (ours, theirs) = (show(ours.get(at)), show(theirs.get(at)));
        Some(Said::new(
            format!("{}: {ours} becomes {theirs}", query.name),
            format!("{}: {ours} thành {theirs}", query.name),
        ))
    });
    (asked.len(), differences.collect())
}

fn records(first: &Report, second: &Report) -> (usize, Vec<Said>) {
    let others: BTreeMap<u64, Fate> = second.fates.fates().map(|fate| (fate.index, fate)).collect();
    let mut total = 0;
    let mut differences = Vec::new();
    for fate in first.fates.fates() {
        total += 1;
        let other = others.get(&fate.index).map_or("nowhere", |other| &*other.became);
        let is_right = others.get(&fate.index).is_some_and(|other| other.is_right);
        if (other, is_right) != (&*fate.became, fate.is_right) {
            let (Said { en, vi }, became) = (first.fates.called(fate.index), fate.became);
            differences.push(Said::new(
                format!("{en}: {became} becomes {other}"),
                format!("{vi}: {became} thành {other}"),
            ));
        }
    }
    (total, differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavetank_scenarios::Change;

    fn report(rows: &[&[&str]]) -> Report {
        let rows = rows.iter().map(|row| row.iter().map(|cell| Some((*cell).to_owned())).collect()).collect();
        let query = QueryReport { name: "q".to_owned(), columns: Vec::new(), rows, ..QueryReport::default() };
        Report { queries: vec![query], ..Report::default() }
    }

    #[test]
    fn answers_are_the_same_in_any_order_of_rows() {
        let form = Metamorphic {
            change: Change::Shuffle,
            parameters: BTreeMap::new(),
            relation: Relation::SameAnswers,
            queries: Vec::new(),
        };
        let check = |a: &[&[&str]], b: &[&[&str]], holds: bool| {
            let finding = compare(&form, &report(a), &report(b));
            assert_eq!(!finding.is_failed(), holds, "{finding:?}");
        };
        check(&[&["a", "1"], &["b", "2"]], &[&["b", "2"], &["a", "1"]], true);
        check(&[&["a", "1"]], &[&["a", "2"]], false);
        check(&[&["a", "1"]], &[&["a", "1"], &["a", "1"]], false);
        let unknown = Metamorphic { queries: vec!["other".to_owned()], ..form };
        assert!(compare(&unknown, &report(&[]), &report(&[])).is_failed(), "nothing was compared");
    }
}
