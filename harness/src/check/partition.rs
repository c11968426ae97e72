//! Partition = f(event time, zone): every row lies in the folder of its own local time.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use chrono::{FixedOffset, NaiveDateTime};
use wavetank_types::Said;

use super::landed::{is_hourly, local_secs};
use super::rows::{self, RowText};
use super::{EXAMPLES_MAX, Finding};
use crate::client::Aws;
use crate::observe::{self, Object, ObserveError};

/// How rows are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// What stands before the partition folders in every key.
    pub prefix: &'a str,
    /// The column of the event's time: a date or a timestamp.
    pub by: &'a str,
    /// `strftime` pattern of the folders.
    pub path: &'a str,
    /// The zone that decides the day.
    pub zone: FixedOffset,
    /// The zone in which the column's times are written.
    pub written: FixedOffset,
}

/// Reads every Parquet file and checks where its rows lie.
pub async fn check(aws: Aws<'_>, objects: &[Object], rule: Rule<'_>) -> Result<Finding, ObserveError> {
    let (mut total, mut wrong, mut examples) = (0u64, 0u64, Vec::new());
    for object in objects {
        let fail = |cause: String| ObserveError::Content { uri: object.uri(), cause };
        for batch in rows::read(observe::get(aws, object).await?).map_err(fail)? {
            for found in misplaced(&batch.map_err(fail)?, &object.key, rule).map_err(fail)? {
                total += 1;
                let Some(example) = found else { continue };
                wrong += 1;
                if examples.len() < EXAMPLES_MAX {
                    examples.push(example);
                }
            }
        }
    }
    let (right, by) = (total - wrong, rule.by);
    let detail = Said::new(
        format!("{right} of {total} rows lie in the folder of their {by}"),
        format!("{right} trên {total} dòng nằm đúng thư mục theo {by}"),
    );
    let finding = Finding::new("partition", total > 0 && wrong == 0, detail).with_examples(examples);
    let cause = || {
        Said::new(
            "a folder named after UTC holds another day than the local one",
            "thư mục đặt tên theo giờ UTC chứa ngày khác với ngày địa phương",
        )
    };
    Ok(if wrong > 0 { finding.with_cause(cause()) } else { finding })
}

/// For each row of a batch: nothing, or what is wrong with its place.
fn misplaced(batch: &RecordBatch, key: &str, rule: Rule<'_>) -> Result<Vec<Option<Said>>, String> {
    let column = batch.schema_ref().index_of(rule.by).map_err(|error| error.to_string())?;
    let folder =
        key.strip_prefix(rule.prefix).and_then(|rest| rest.rsplit_once('/')).map_or("", |(folder, _)| folder);
    // Columns that have no text are no matter of this check.
    let batch = batch.project(&[column]).map_err(|error| error.to_string())?;
    let mut text = RowText::default();
    let mut folders: BTreeMap<i64, Option<String>> = BTreeMap::new();
    let grain_secs = grain_of(rule);
    let mut found = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        text.set(&batch, row)?;
        let value = text.fields().next().flatten();
        let should = value.and_then(|value| match local_secs(value) {
            Some(at) => {
                let grain = at.div_euclid(grain_secs);
                folders.entry(grain).or_insert_with(|| folder_of(value, rule)).clone()
            }
            // A date alone, or no time at all.
            None => folder_of(value, rule),
        });
        found.push(match should {
            Some(should) if should == folder => None,
            Some(should) => {
                let (by, value) = (rule.by, value.unwrap_or("null"));
                Some(Said::new(
                    format!("{by} = {value} belongs in {should}/, found in {folder}/"),
                    format!("{by} = {value} thuộc về {should}/, lại nằm ở {folder}/"),
                ))
            }
            None => {
                let by = rule.by;
                Some(Said::new(format!("{by} is null in {key}"), format!("{by} là null trong {key}")))
            }
        });
    }
    Ok(found)
}

/// Seconds whose times share a folder: an hour's, if the folder is no finer and the zones are whole hours apart.
fn grain_of(rule: Rule<'_>) -> i64 {
    let apart = rule.zone.local_minus_utc() - rule.written.local_minus_utc();
    if is_hourly(rule.path) && apart % 3_600 == 0 { 3_600 } else { 1 }
}

fn folder_of(value: &str, rule: Rule<'_>) -> Option<String> {
    let text = if value.len() == 10 { format!("{value} 00:00:00") } else { value.to_owned() };
    let written = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
    let time = written.and_local_timezone(rule.written).single()?;
    Some(time.with_timezone(&rule.zone).format(rule.path).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use std::sync::Arc;

    #[test]
    fn a_row_before_seven_in_ha_noi_belongs_to_the_local_day() {
        // 2026-01-04T18:30:00Z is 2026-01-05 01:30 in Ha Noi.
        let micros = 1_767_551_400_000_000;
        let schema =
            Schema::new(vec![Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true)]);
        let column = TimestampMicrosecondArray::from(vec![Some(micros), None]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(column)]).unwrap();
        let check = |hours: i32, key: &str, wrong: usize| {
            let zone = FixedOffset::east_opt(hours * 3_600).unwrap();
            let written = FixedOffset::east_opt(0).unwrap();
            let rule = Rule { prefix: "clicks/", by: "at", path: "%Y/%m/%d", zone, written };
            let found = misplaced(&batch, key, rule).unwrap();
            assert_eq!(found.iter().flatten().count(), wrong, "{found:?}");
        };
        check(7, "clicks/2026/01/05/part", 1);
        check(7, "clicks/2026/01/04/part", 2);
        check(0, "clicks/2026/01/04/part", 1);
    }

    #[test]
    fn what_is_no_time_is_none_whatever_times_of_its_hour_are_beside_it() {
        let check = |values: &[&str], wrong: &[usize]| {
            let schema = Schema::new(vec![Field::new("at", DataType::Utf8, true)]);
            let column = StringArray::from(values.to_vec());
            let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(column)]).unwrap();
            let zone = FixedOffset::east_opt(0).unwrap();
            let rule = Rule { prefix: "clicks/", by: "at", path: "%Y/%m/%d/%H", zone, written: zone };
            let found = misplaced(&batch, "clicks/2026/01/06/12/part", rule).unwrap();
            let places: Vec<usize> = (0..).zip(&found).filter(|it| it.1.is_some()).map(|it| it.0).collect();
            assert_eq!(places, wrong, "{values:?}: {found:?}");
        };
        let (early, late) = ("2026-01-06 12:00:00", "2026-01-06 12:59:59");
        check(&[early, "2026-01-06 12:99:00", "2026-01-06 12:30:00.5", late], &[1, 2]);
        check(&["2026-01-06 12h", early, late, "2026-01-06 13:00:00", "2026-01-06"], &[0, 3, 4]);
    }
}
