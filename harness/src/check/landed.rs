//! Records on their way, as lines of JSON in the landing zone: in which folder, in which order, how soon.
//!
//! The lines are read once for all these checks. An object's folder is named after its oldest record, so that newer ones in it
//! may be of the next hour: by as much as the delivery stream holds back, and no more.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use serde_json::Value;
use wavetank_scenarios::{Freshness, Landing};
use wavetank_types::{Said, Timestamp};

use super::arrivals::{self, Arrival};
use super::{EXAMPLES_MAX, Finding};
use crate::client::Aws;
use crate::observe::{self, Object, ObserveError};

/// Lines that could be read, in the order of objects and lines.
#[derive(Debug)]
pub struct Landed {
    prefix: String,
    zone: FixedOffset,
    objects: Vec<Object>,
    lines: Vec<Line>,
    /// Lines without the members that checks go by.
    unreadable: u64,
}

/// One line, as far as checks go by it.
#[derive(Clone, Copy, Debug)]
struct Line {
    object: u32,
    id: u64,
    key: u64,
    /// Seconds of local time since 1970-01-01 00:00:00.
    at: i64,
}

/// Reads everything that has landed.
pub async fn read(
    aws: Aws<'_>,
    landing: &Landing,
    uri: &str,
    zone: FixedOffset,
) -> Result<Landed, ObserveError> {
    let prefix = wavetank_types::names::split_s3_uri(uri).map_or("", |(_, prefix)| prefix).to_owned();
    let objects = observe::list(aws, uri).await?;
    let (mut lines, mut unreadable) = (Vec::new(), 0);
    for (number, object) in (0..).zip(&objects) {
        let body = observe::get(aws, object).await?;
        for text in body.split(|byte| *byte == b'\n').filter(|text| !text.is_empty()) {
            match line(text, landing, number) {
                Some(line) => lines.push(line),
                None => unreadable += 1,
            }
        }
    }
    let mut landed = Landed { prefix, zone, objects, lines, unreadable };
    landed.put_in_order();
    Ok(landed)
}

fn line(text: &[u8], landing: &Landing, object: u32) -> Option<Line> {
    let found: Value = serde_json::from_slice(text).ok()?;
    let number = |member: &str| found.get(member)?.as_u64();
    let at = NaiveDateTime::parse_from_str(found.get(&landing.time)?.as_str()?, "%Y-%m-%d %H:%M:%S").ok()?;
    let (id, key) = (number(&landing.id)?, number(&landing.key)?);
    Some(Line { object, id, key, at: at.and_utc().timestamp() })
}

impl Landed {
    /// Objects in the order in which they were written: their keys have other beginnings in another zone.
    fn put_in_order(&mut self) {
        let objects = &self.objects;
        let written = |line: &Line| {
            let object = &objects[line.object as usize];
            (object.modified, &object.key)
        };
        self.lines.sort_by(|a, b| written(a).cmp(&written(b)));
    }

    /// Whether every line lies in the folder of its time, or in one that is at most `slack` older. Ways and buffers may be
    /// longer by `later`: folders are looked for every ten minutes to either side.
    pub fn folders(&self, pattern: &str, slack: Duration, later: Duration) -> Finding {
        const STEP_SECS: i64 = 600;
        let secs = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        let (slack_secs, later_secs) = (secs(slack), secs(later));
        let (mut wrong, mut late, mut before_seven, mut examples) = (0u64, 0u64, 0u64, Vec::new());
        let mut names: BTreeMap<i64, String> = BTreeMap::new();
        for line in &self.lines {
            let key = &self.objects[line.object as usize].key;
            let folder = key.strip_prefix(self.prefix.as_str()).and_then(|rest| rest.rsplit_once('/'));
            let folder = folder.map_or("", |(folder, _)| folder);
            // Folders are no finer than minutes.
            let mut is_in = |at: i64| {
                let minute = at.div_euclid(60);
                *names.entry(minute).or_insert_with(|| folder_of(minute * 60, pattern)) == folder
            };
            // While its store refuses objects a delivery stream gathers records for longer.
            let mut around = (1..=later_secs / STEP_SECS).map(|step| step * STEP_SECS);
            if is_in(line.at)
                || is_in(line.at - slack_secs)
                || around.any(|off| is_in(line.at - slack_secs - off) || is_in(line.at + off))
            {
                continue;
            }
            wrong += 1;
            let is_late = *folder > *folder_of(line.at, pattern);
            late += u64::from(is_late);
            before_seven += u64::from(!is_late && line.at.rem_euclid(86_400) < 7 * 3_600);
            if examples.len() < EXAMPLES_MAX {
                let (id, should) = (line.id, folder_of(line.at, pattern));
                examples.push(Said::new(
                    format!("record {id} belongs in {should}/, found in {folder}/"),
                    format!("bản ghi {id} thuộc về {should}/, lại nằm ở {folder}/"),
                ));
            }
        }
        let (total, right) = (self.lines.len() as u64, self.lines.len() as u64 - wrong);
        let detail = Said::new(
            format!("{right} of {total} records lie in the folder of their time"),
            format!("{right} trên {total} bản ghi nằm đúng thư mục theo thời gian"),
        );
        let finding = Finding::new("landed", total > 0 && wrong == 0 && self.unreadable == 0, detail);
        match wrong {
            0 => finding,
            _ => finding.with_examples(examples).with_cause(folder_cause(wrong, late, before_seven)),
        }
    }

    /// Whether the lines of each key come in the order in which they were sent, given as each id's place. Repeats are left out.
    pub fn order(&self, sent: &[u32]) -> Finding {
        let mut seen = vec![false; sent.len()];
        arrivals::order(self.lines.iter().filter_map(|line| {
            let at = usize::try_from(line.id).unwrap_or(usize::MAX);
            let place = sent.get(at).filter(|_| !std::mem::replace(&mut seen[at], true))?;
            Some(Arrival { key: line.key, place: *place, label: line.id })
        }))
    }

    /// How long after its time each record had landed.
    pub fn freshness(&self, limits: &Freshness) -> Finding {
        let offset = i64::from(self.zone.local_minus_utc());
        let age = |line: &Line| {
            let at = Timestamp::from_secs(line.at - offset);
            self.objects[line.object as usize].modified.since(at)
        };
        let what = Said::new("from click to landing", "từ lúc click đến landing");
        arrivals::freshness(&what, self.lines.iter().map(age).collect(), limits)
    }
}

fn folder_of(at: i64, pattern: &str) -> String {
    DateTime::from_timestamp(at, 0).map_or_else(String::new, |time| time.format(pattern).to_string())
}

fn folder_cause(wrong: u64, late: u64, before_seven: u64) -> Said {
    match before_seven {
        _ if late == wrong => Said::new(
            format!(
                "{late} records came late: the delivery stream files a record by its arrival, not by its own time"
            ),
            format!(
                "{late} bản ghi đến muộn: delivery stream xếp bản ghi theo lúc nó đến, không theo thời gian của nó"
            ),
        ),
        0 => Said::new(
            "folders are named after another zone or another time than the record's own",
            "thư mục được đặt tên theo múi giờ hoặc thời điểm khác với của bản ghi",
        ),
        count => Said::new(
            format!(
                "folders are named after UTC, seven hours behind Ha Noi: {count} records of before 07:00 lie under yesterday; \
                 set CustomTimeZone to Asia/Ho_Chi_Minh"
            ),
            format!(
                "thư mục được đặt tên theo UTC, chậm hơn Hà Nội bảy giờ: {count} bản ghi trước 07:00 nằm ở ngày hôm trước; hãy \
                 đặt CustomTimeZone là Asia/Ho_Chi_Minh"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_767_700_800; // 2026-01-06 12:00:00 as local time

    fn landed(objects: &[(&str, i64)], lines: &[(u32, u64, u64, i64)]) -> Landed {
        let object = |(key, modified): &(&str, i64)| Object {
            bucket: "b".to_owned(),
            key: format!("clicks/{key}/o"),
            size: 1,
            modified: Timestamp::from_secs(*modified),
        };
        let line = |(object, id, key, at): &(u32, u64, u64, i64)| Line {
            object: *object,
            id: *id,
            key: *key,
            at: *at,
        };
        let mut landed = Landed {
            prefix: "clicks/".to_owned(),
            zone: FixedOffset::east_opt(7 * 3_600).expect("a zone"),
            objects: objects.iter().map(object).collect(),
            lines: lines.iter().map(line).collect(),
            unreadable: 0,
        };
        landed.put_in_order();
        landed
    }

    #[test]
    fn a_record_may_lie_in_the_folder_of_the_oldest_beside_it_and_in_no_other() {
        let check = |folder: &str, at: i64, holds: bool| {
            let found = landed(&[(folder, NOON)], &[(0, 1, 1, at)]);
            let found = found.folders("%Y/%m/%d/%H", Duration::from_secs(360), Duration::ZERO);
            assert_eq!(!found.is_failed(), holds, "{folder} {at}: {found:?}");
        };
        check("2026/01/06/12", NOON, true);
        check("2026/01/06/11", NOON + 300, true);
        check("2026/01/06/11", NOON + 420, false);
        check("2026/01/06/13", NOON, false);
        check("2026/01/06/05", NOON, false);
        let late = landed(&[("2026/01/06/14", NOON)], &[(0, 1, 1, NOON)]);
        let cause = late.folders("%Y/%m/%d/%H", Duration::ZERO, Duration::ZERO).cause.expect("a cause");
        assert!(cause.en.contains("came late") && cause.vi.contains("đến muộn"), "{cause:?}");
        let early = landed(&[("2026/01/05/20", NOON)], &[(0, 1, 1, NOON - 9 * 3_600)]);
        let finding = early.folders("%Y/%m/%d/%H", Duration::ZERO, Duration::ZERO);
        let cause = finding.cause.expect("a cause");
        assert!(cause.en.contains("before 07:00") && cause.vi.contains("UTC"), "{cause:?}");
    }

    #[test]
    fn order_is_that_of_each_key_and_repeats_do_not_count() {
        // Ids 1 to 4 were sent in this order: 1, 3, 2, 4.
        let sent = [0, 0, 2, 1, 3];
        let check = |lines: &[(u32, u64, u64, i64)], wrong: bool| {
            assert_eq!(landed(&[("a", 1), ("b", 2)], lines).order(&sent).is_failed(), wrong, "{lines:?}");
        };
        check(&[(0, 1, 7, 0), (0, 3, 7, 0), (0, 2, 7, 0), (0, 4, 7, 0)], false);
        check(&[(0, 2, 7, 0), (0, 3, 7, 0)], true);
        check(&[(0, 2, 7, 0), (0, 3, 8, 0)], false);
        check(&[(0, 1, 7, 0), (0, 3, 7, 0), (0, 1, 7, 0), (0, 4, 7, 0)], false);
        // What lies in the first object was written first.
        check(&[(1, 3, 7, 0), (0, 2, 7, 0)], true);
    }

    #[test]
    fn freshness_is_from_the_record_s_time_to_the_object_s() {
        let limit = |secs| Duration::from_secs(secs);
        let limits = Freshness { edge: None, p50_max: limit(60), p95_max: limit(100), p99_max: limit(100) };
        let check = |ages: &[i64], holds: bool| {
            let lines: Vec<_> = ages.iter().map(|age| (0, 1, 1, NOON - age)).collect();
            let found = landed(&[("a", NOON - 7 * 3_600)], &lines).freshness(&limits);
            assert_eq!(!found.is_failed(), holds, "{ages:?}: {found:?}");
        };
        check(&[60, 60, 100], true);
        check(&[61, 61, 61], false);
        check(&[1, 1, 101], false);
        check(&[], false);
    }
}
