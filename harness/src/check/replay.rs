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

/// What lies in each folder: the addresses of files, by their content.
type Files = BTreeMap<String, BTreeMap<Bytes, Vec<String>>>;

/// Runs the batch of a day again, and compares the rows before and after.
pub async fn check(
    aws: Aws<'_>,
    replay: &Replay,
    outputs: &Outputs,
    day: NaiveDate,
) -> Result<Finding, RunError> {
    let before = read(aws, replay, outputs).await?;
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
    let after = read(aws, replay, outputs).await?;
    Ok(compare(day, &digest(&before, &after)?, &digest(&after, &before)?))
}

async fn read(aws: Aws<'_>, replay: &Replay, outputs: &Outputs) -> Result<Files, ObserveError> {
    let mut found = Files::new();
    for place in &replay.within {
        for object in observe::list(aws, &outputs.fill(place)?).await? {
            let body = observe::get(aws, &object).await?;
            let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            found.entry(folder).or_default().entry(body).or_default().push(object.uri());
        }
    }
    Ok(found)
}

/// The rows of files, to be compared with those of the others: of what lies there as often among those, to the byte, only the number is
/// looked at.
fn digest(files: &Files, others: &Files) -> Result<Rows, ObserveError> {
    let mut digests = Rows::new();
    for (folder, bodies) in files {
        let of_folder = digests.entry(folder.clone()).or_default();
        for (body, uris) in bodies {
            let there = others.get(folder).and_then(|others| others.get(body)).map_or(0, Vec::len);
            let fail = |cause| ObserveError::Content { uri: uris[0].clone(), cause };
            let digest = match there == uris.len() {
                true => Digest { rows: rows::count(body).map_err(fail)?, sum: 0 },
                false => digest_of(body.clone()).map_err(fail)?,
            };
            let times = uris.len() as u64;
            of_folder.rows += digest.rows * times;
            of_folder.sum = of_folder.sum.wrapping_add(digest.sum.wrapping_mul(times));
        }
    }
    Ok(digests)
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
