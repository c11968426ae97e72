//! Query answers against what the generator's truth says they must be.

use wavetank_types::Said;

use super::{EXAMPLES_MAX, Finding};
use crate::observe::Answer;

/// One query with its answer and, where the truth is known, what it must be.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The query.
    pub name: String,
    /// What Athena answered.
    pub answer: Answer,
    /// What it must be. `None` if nobody knows.
    pub expected: Option<Vec<Vec<Option<String>>>>,
    /// How much numbers may differ.
    pub tolerance: f64,
    /// Why it was not asked, if it was not.
    pub not_run: Option<Said>,
}

impl Compared {
    /// Whether the answer is there and is what it must be. `None` if nobody knows what it must be.
    pub fn is_right(&self) -> Option<bool> {
        if self.not_run.is_some() {
            return None;
        }
        if self.answer.failure.is_some() {
            return Some(false);
        }
        self.expected.as_ref().map(|expected| {
            let rows = &self.answer.rows;
            let pairs = || expected.iter().zip(rows);
            expected.len() == rows.len() && pairs().all(|(expected, found)| self.is_same(expected, found))
        })
    }

    fn is_same(&self, expected: &[Option<String>], found: &[Option<String>]) -> bool {
        let close = |a: &Option<String>, b: &Option<String>| {
            let number = |cell: &Option<String>| cell.as_ref().and_then(|cell| cell.parse::<f64>().ok());
            match (number(a), number(b)) {
                (Some(a), Some(b)) if self.tolerance > 0.0 => (a - b).abs() <= self.tolerance,
                _ => a == b,
            }
        };
        expected.len() == found.len() && expected.iter().zip(found).all(|(a, b)| close(a, b))
    }
}

/// Checks every answer.
pub fn check(queries: &[Compared]) -> Finding {
    let known = queries.iter().filter(|query| query.is_right().is_some()).count();
    let unasked = queries.iter().find_map(|query| query.not_run.as_ref());
    if let (0, Some(why)) = (known, unasked) {
        return Finding::not_run("oracle", why.clone());
    }
    if known == 0 {
        return Finding::not_run(
            "oracle",
            Said::new("the file's truth is not known", "không biết đáp án đúng của tệp này"),
        );
    }
    let right = queries.iter().filter(|query| query.is_right() == Some(true)).count();
    let detail = Said::new(
        format!("{right} of {known} queries answer what the generated data says"),
        format!("{right} trên {known} truy vấn trả lời đúng như dữ liệu đã sinh"),
    );
    let wrong = queries.iter().filter(|query| query.is_right() == Some(false));
    Finding::new("oracle", right == known, detail).with_examples(wrong.flat_map(differences))
}

fn differences(query: &Compared) -> Vec<Said> {
    if let Some(failure) = &query.answer.failure {
        return vec![Said::plain(format!("{}: {failure}", query.name))];
    }
    let expected = query.expected.as_deref().unwrap_or_default();
    let found = &query.answer.rows;
    let show = |row: Option<&Vec<Option<String>>>| match row {
        Some(row) => {
            row.iter().map(|field| field.as_deref().unwrap_or("null")).collect::<Vec<_>>().join(" | ")
        }
        None => "nothing".to_owned(),
    };
    let rows = expected.len().max(found.len());
    let differs = |at: &usize| match (expected.get(*at), found.get(*at)) {
        (Some(expected), Some(found)) => !query.is_same(expected, found),
        _ => true,
    };
    let differing = (0..rows).filter(differs);
    differing
        .take(EXAMPLES_MAX / 5)
        .map(|at| {
            let (should, is) = (show(expected.get(at)), show(found.get(at)));
            let (name, row) = (&query.name, at + 1);
            Said::new(
                format!("{name} row {row}: should be {should}; is {is}"),
                format!("{name} dòng {row}: lẽ ra là {should}; thực tế là {is}"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(expected: Option<&str>, found: &str, failure: Option<&str>) -> Compared {
        let rows = |text: &str| vec![vec![Some(text.to_owned())]];
        Compared {
            name: "q".to_owned(),
            answer: Answer { rows: rows(found), failure: failure.map(str::to_owned), ..Answer::default() },
            expected: expected.map(rows),
            tolerance: 0.0,
            not_run: None,
        }
    }

    #[test]
    fn an_answer_is_right_wrong_failed_or_not_known() {
        let check = |query: Compared, expected: super::super::Verdict| {
            assert_eq!(super::check(&[query]).verdict, expected);
        };
        check(compared(Some("1"), "1", None), super::super::Verdict::Passed);
        check(compared(Some("1"), "2", None), super::super::Verdict::Failed);
        check(compared(None, "1", Some("FAILED: no table")), super::super::Verdict::Failed);
        check(compared(None, "1", None), super::super::Verdict::NotRun);
        let close = Compared { tolerance: 1e-5, ..compared(Some("1.00000"), "1.000009", None) };
        check(close, super::super::Verdict::Passed);
        let far = Compared { tolerance: 1e-5, ..compared(Some("1.0"), "1.1", None) };
        check(far, super::super::Verdict::Failed);
        let unasked = Compared { not_run: Some(Said::plain("no Athena")), ..compared(Some("1"), "1", None) };
        assert_eq!(super::check(std::slice::from_ref(&unasked)).detail.en, "no Athena");
        check(unasked, super::super::Verdict::NotRun);
        assert_eq!(
            super::check(&[compared(Some("1"), "2", None)]).examples[0].en,
            "q row 1: should be 1; is 2"
        );
    }
}
