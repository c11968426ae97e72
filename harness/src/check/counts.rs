//! What one query over a table tells: how many values are null, and whether a key is there more than once.

use wavetank_scenarios::Nulls;
use wavetank_types::Said;

use super::Finding;
use crate::observe::Answer;

/// The query of [`nulls`].
pub fn nulls_sql(nulls: &Nulls) -> String {
    let Nulls { table, column, .. } = nulls;
    format!("SELECT count(*) AS all_rows, count(\"{column}\") AS known FROM \"{table}\"")
}

/// The query of [`snapshot`].
pub fn snapshot_sql(table: &str, key: &str) -> String {
    format!("SELECT count(*) AS all_rows, count(DISTINCT \"{key}\") AS keys FROM \"{table}\"")
}

/// The two numbers of an answer, or why there are none.
fn numbers(answer: &Answer) -> Result<(u64, u64), Said> {
    let failed = |why: &str| Said::plain(why.to_owned());
    if let Some(failure) = &answer.failure {
        return Err(failed(failure));
    }
    let row = answer.rows.first().ok_or_else(|| failed("no row"))?;
    let number = |at: usize| row.get(at).cloned().flatten().and_then(|cell| cell.parse().ok());
    number(0).zip(number(1)).ok_or_else(|| failed("no numbers"))
}

/// Whether few enough rows have null in a column.
pub fn nulls(nulls: &Nulls, answer: &Answer) -> Finding {
    let Nulls { table, column, share_max } = nulls;
    let (rows, known) = match numbers(answer) {
        Ok(numbers) => numbers,
        Err(why) => return Finding::new("nulls", false, why),
    };
    let null = rows - known.min(rows);
    let share = null as f64 / rows.max(1) as f64;
    let percent = share * 100.0;
    let detail = Said::new(
        format!("{table}.{column} is null in {null} of {rows} rows ({percent:.1} %)"),
        format!("{table}.{column} là null ở {null} trên {rows} dòng ({percent:.1} %)"),
    );
    let finding = Finding::new("nulls", rows > 0 && share <= *share_max, detail);
    match share > *share_max {
        false => finding,
        true => finding.with_cause(Said::new(
            "the file writes whole numbers as 8421.0, and a cast to integer makes NULL of that without a word; read the column \
             as decimal(18,2)",
            "tệp ghi số nguyên dạng 8421.0, và ép kiểu sang integer biến nó thành NULL mà không báo gì; hãy đọc cột này là \
             decimal(18,2)",
        )),
    }
}

/// Whether a table has each key once.
pub fn snapshot(table: &str, key: &str, answer: &Answer) -> Finding {
    let (rows, keys) = match numbers(answer) {
        Ok(numbers) => numbers,
        Err(why) => return Finding::new("snapshot", false, why),
    };
    let detail = Said::new(
        format!("{table} has {rows} rows of {keys} different {key}"),
        format!("{table} có {rows} dòng với {keys} {key} khác nhau"),
    );
    let finding = Finding::new("snapshot", rows > 0 && rows == keys, detail);
    match rows > keys {
        false => finding,
        true => finding.with_cause(Said::new(
            "every night writes a whole snapshot beside the last, and the table reads them all: each SELECT and each JOIN \
             counts a row once a night; keep the newest snapshot alone, or filter on its partition",
            "mỗi đêm ghi thêm một snapshot đầy đủ bên cạnh snapshot trước, và bảng đọc tất cả: mỗi SELECT và JOIN đếm một dòng \
             một lần cho mỗi đêm; hãy chỉ giữ snapshot mới nhất, hoặc lọc theo partition của nó",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rows: &str, known: &str) -> Answer {
        let row = vec![Some(rows.to_owned()), Some(known.to_owned())];
        Answer { rows: vec![row], ..Answer::default() }
    }

    #[test]
    fn null_shares_and_doubled_keys_are_found_and_explained_in_both_languages() {
        let asked = |share_max| Nulls { table: "products".to_owned(), column: "price".to_owned(), share_max };
        let check = |finding: Finding, holds: bool, word: &str| {
            assert_eq!(!finding.is_failed(), holds, "{finding:?}");
            let cause = finding.cause.map(|cause| cause.en + &cause.vi).unwrap_or_default();
            assert!(cause.contains(word) && (holds == cause.is_empty()), "{cause}");
        };
        check(nulls(&asked(0.0), &answer("500", "500")), true, "");
        check(nulls(&asked(0.0), &answer("500", "0")), false, "ép kiểu");
        check(nulls(&asked(0.5), &answer("500", "250")), true, "");
        check(snapshot("products", "id", &answer("500", "500")), true, "");
        check(snapshot("products", "id", &answer("1000", "500")), false, "mỗi đêm");
        let failed = Answer { failure: Some("FAILED: no table".to_owned()), ..Answer::default() };
        assert!(snapshot("products", "id", &failed).is_failed() && nulls(&asked(1.0), &failed).is_failed());
        assert!(nulls(&asked(1.0), &answer("0", "0")).is_failed(), "nothing there proves nothing");
        assert!(nulls_sql(&asked(0.0)).contains("count(\"price\")"));
        assert!(snapshot_sql("users", "id").contains("count(DISTINCT \"id\")"));
    }
}
