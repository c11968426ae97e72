//! Idempotent replay: a day's batch that is run again changes no row.
//!
//! Rows are compared as a whole: their number and the sum of their checksums, folder by folder, whatever the files are called
//! and in whatever order the rows lie.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use wavetank_scenarios::{Outputs, Replay, Step};
use wavetank_types::{Checksum, Said};
use wavetank_wire::glue::{StartJobRun, StartJobRunInput};
use wavetank_wire::lambda::{Invoke, InvokeInput};

use super::Finding;
use super::rows::{self, RowText};
use crate::client::Aws;
use crate::drive;
use crate::observe::{self, ObserveError};
use crate::run::RunError;

/// Rows of each folder.
type Rows = BTreeMap<String, Digest>;

/// Some rows, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Digest {
    rows: u64,
    sum: u64,
}

/// The rows of files by their content: a file that is as it was has the same.
type Known = BTreeMap<Bytes, Digest>;

/// Runs the batch of a day again, and compares the rows before and after.
pub async fn check(
    aws: Aws<'_>,
    replay: &Replay,
    outputs: &Outputs,
    day: NaiveDate,
) -> Result<Finding, RunError> {
    let mut known = Known::new();
    let before = read(aws, replay, outputs, &mut known).await?;
    if let Some(function) = &replay.function {
        let payload = serde_json::json!({ "day": day.to_string() }).to_string();
        let input = InvokeInput {
            function_name: outputs.fill(function)?,
            payload: Some(payload.into()),
            ..InvokeInput::default()
        };
        let answer = aws.call::<Invoke>(input).await?;
        if answer.function_error.is_some() {
            let said = String::from_utf8_lossy(&answer.payload.unwrap_or_default()).into_owned();
            return Ok(Finding::new("replay", false, Said::plain(said)));
        }
    }
    let job = outputs.fill(&replay.job)?;
    let arguments = BTreeMap::from([("--day".to_owned(), day.to_string())]);
    let input =
        StartJobRunInput { job_name: job.clone(), arguments: Some(arguments), ..StartJobRunInput::default() };
    aws.call::<StartJobRun>(input).await?;
    if let Err(error) = drive::take_step(aws, &Step::Job { job, within: replay.at_most }, outputs).await {
        return Ok(Finding::new("replay", false, Said::plain(error.to_string())));
    }
    Ok(compare(day, &before, &read(aws, replay, outputs, &mut known).await?))
}

async fn read(
    aws: Aws<'_>,
    replay: &Replay,
    outputs: &Outputs,
    known: &mut Known,
) -> Result<Rows, ObserveError> {
    let mut found = Rows::new();
    for place in &replay.within {
        for object in observe::list(aws, &outputs.fill(place)?).await? {
            let body = observe::get(aws, &object).await?;
            let digest = match known.get(&body) {
                Some(digest) => *digest,
                None => {
                    let fail = |cause: String| ObserveError::Content { uri: object.uri(), cause };
                    let digest = digest_of(body.clone()).map_err(fail)?;
                    *known.entry(body).or_insert(digest)
                }
            };
            let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            let of_folder = found.entry(folder).or_default();
            of_folder.rows += digest.rows;
            of_folder.sum = of_folder.sum.wrapping_add(digest.sum);
        }
    }
    Ok(found)
}

fn digest_of(body: Bytes) -> Result<Digest, String> {
    let (mut digest, mut text) = (Digest::default(), RowText::default());
    for batch in rows::read(body)? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            text.set(&batch, row)?;
            digest.rows += 1;
            digest.sum = digest.sum.wrapping_add(Checksum::of_fields(text.fields()).0);
        }
    }
    Ok(digest)
}

fn compare(day: NaiveDate, before: &Rows, after: &Rows) -> Finding {
    let rows = |of: &Rows| of.values().map(|digest| digest.rows).sum::<u64>();
    let (was, is) = (rows(before), rows(after));
    let detail = Said::new(
        format!("the batch of {day} run twice: {was} rows, then {is}"),
        format!("chạy batch của ngày {day} hai lần: {was} dòng, rồi {is}"),
    );
    let folders: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = folders.into_iter().filter(|folder| before.get(*folder) != after.get(*folder));
    let count = |of: &Rows, folder: &str| of.get(folder).map_or(0, |digest| digest.rows);
    let example = |folder: &String| {
        let (was, is) = (count(before, folder), count(after, folder));
        Said::new(
            format!("{folder}/: {was} rows before, {is} after"),
            format!("{folder}/: trước {was} dòng, sau {is} dòng"),
        )
    };
    let examples: Vec<Said> = changed.map(example).collect();
    let finding = Finding::new("replay", was > 0 && examples.is_empty(), detail);
    match (examples.is_empty(), is > was) {
        (true, _) => finding,
        (false, true) => finding.with_examples(examples).with_cause(Said::new(
            "a second run adds its rows to the first: the job names its files after the run or appends; name them after the \
             day, so that a run replaces what an earlier one wrote",
            "lần chạy thứ hai thêm dòng vào lần đầu: job đặt tên tệp theo lần chạy hoặc ghi nối; hãy đặt tên theo ngày để lần \
             chạy sau thay thế kết quả của lần trước",
        )),
        (false, false) => finding.with_examples(examples).with_cause(Said::new(
            "a second run gives other rows than the first: the job reads the clock, or something that is no longer as it was",
            "lần chạy thứ hai cho các dòng khác lần đầu: job đọc đồng hồ, hoặc đọc thứ không còn như cũ",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_and_changed_rows_are_found_and_told_apart() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 6).expect("a day");
        let rows = |of: &[(&str, u64, u64)]| -> Rows {
            of.iter()
                .map(|(folder, rows, sum)| ((*folder).to_owned(), Digest { rows: *rows, sum: *sum }))
                .collect()
        };
        let first = rows(&[("a", 2, 7), ("b", 1, 1)]);
        let check = |after: &[(&str, u64, u64)], cause: Option<&str>| {
            let found = compare(day, &first, &rows(after));
            assert_eq!(found.is_failed(), cause.is_some(), "{found:?}");
            assert!(found.cause.map(|it| it.en).unwrap_or_default().contains(cause.unwrap_or_default()));
        };
        check(&[("a", 2, 7), ("b", 1, 1)], None);
        check(&[("a", 4, 14), ("b", 1, 1)], Some("adds its rows"));
        check(&[("a", 2, 8), ("b", 1, 1)], Some("other rows"));
        check(&[("a", 2, 7)], Some("other rows"));
        assert!(compare(day, &Rows::new(), &Rows::new()).is_failed(), "nothing there proves nothing");
    }
}
