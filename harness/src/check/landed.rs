//! Records on their way, as lines of JSON in the landing zone: in which folder, in which order, how soon.
//!
//! The lines are read once for all these checks. An object's folder is named after its oldest record, so that newer ones in it
//! may be of the next hour: by as much as the delivery stream holds back, and no more.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use wavetank_scenarios::{Freshness, Landing};
use wavetank_types::{Said, Timestamp};

use super::arrivals::{self, Arrival};
use super::{EXAMPLES_MAX, Finding};
use crate::client::Aws;
use crate::flow::{Ages, Spread};
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
    let mut reader = serde_json::Deserializer::from_str(std::str::from_utf8(text).ok()?);
    let found = Members { landing }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(Line { object, id: found.0?, key: found.1?, at: found.2? })
}

/// The three members that checks go by, each if it is what it should be; a tree of the others would cost more than all else.
struct Members<'a> {
    landing: &'a Landing,
}

type Found = (Option<u64>, Option<u64>, Option<i64>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Found, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Found, M::Error> {
        let Landing { id, key, time, .. } = self.landing;
        let mut found = Found::default();
        while let Some(Name(name)) = members.next_key::<Name<'_>>()? {
            // One member may be several of them.
            let is = [id, key, time].map(|of| *of == *name);
            if is == [false; 3] {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            let Scalar { number, secs } = members.next_value()?;
            if is[0] {
                found.0 = number;
            }
            if is[1] {
                found.1 = number;
            }
            if is[2] {
                found.2 = secs;
            }
        }
        Ok(found)
    }
}

/// A member's name, borrowed if nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A member's value as a number and as a time.
#[derive(Default)]
struct Scalar {
    number: Option<u64>,
    secs: Option<i64>,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyScalar)
    }
}

struct AnyScalar;

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar { number: Some(number), secs: None })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar { number: u64::try_from(number).ok(), secs: None })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::default())
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar { number: None, secs: local_secs(text) })
    }

    fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<Scalar, M::Error> {
        IgnoredAny.visit_map(members).map(|_| Scalar::default())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, entries: S) -> Result<Scalar, S::Error> {
        IgnoredAny.visit_seq(entries).map(|_| Scalar::default())
    }
}

/// Seconds since 1970-01-01 00:00:00 of a time such as `2026-01-06 12:00:00`. Read by hand: a format is read anew for each line.
pub(super) fn local_secs(text: &str) -> Option<i64> {
    let bytes: &[u8; 19] = text.as_bytes().try_into().ok()?;
    let is_form =
        bytes[4] == b'-' && bytes[7] == b'-' && bytes[10] == b' ' && bytes[13] == b':' && bytes[16] == b':';
    let part = |range: std::ops::Range<usize>| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<u32>().ok()
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(part(0..4)?).ok()?, part(5..7)?, part(8..10)?)?;
    let time = date.and_hms_opt(part(11..13)?, part(14..16)?, part(17..19)?)?;
    is_form.then(|| time.and_utc().timestamp())
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
        let grain_secs = grain_of(pattern);
        for line in &self.lines {
            let key = &self.objects[line.object as usize].key;
            let folder = key.strip_prefix(self.prefix.as_str()).and_then(|rest| rest.rsplit_once('/'));
            let folder = folder.map_or("", |(folder, _)| folder);
            let mut is_in = |at: i64| {
                let grain = at.div_euclid(grain_secs);
                *names.entry(grain).or_insert_with(|| folder_of(grain * grain_secs, pattern)) == folder
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
        arrivals::freshness(&until_landing(), self.ages().collect(), limits)
    }

    fn ages(&self) -> impl Iterator<Item = Duration> {
        let offset = i64::from(self.zone.local_minus_utc());
        self.lines.iter().map(move |line| {
            let at = Timestamp::from_secs(line.at - offset);
            self.objects[line.object as usize].modified.since(at)
        })
    }

    /// The same as percentiles.
    pub(crate) fn spread(&self, limits: Option<&Freshness>) -> Option<Ages> {
        Ages::of(until_landing(), &self.ages().collect::<Spread>(), limits)
    }
}

fn until_landing() -> Said {
    Said::new("from click to landing", "từ lúc click đến landing")
}

/// How long a folder's name stays the same at least, in seconds. Folders are no finer than minutes.
fn grain_of(pattern: &str) -> i64 {
    if is_hourly(pattern) { 3_600 } else { 60 }
}

/// Whether a folder's name by this pattern is of an hour, or of more.
pub(super) fn is_hourly(pattern: &str) -> bool {
    let mut marks = pattern.split('%').skip(1).map(|mark| mark.chars().next());
    marks.all(|mark| matches!(mark, Some('Y' | 'm' | 'd' | 'H')))
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
    fn a_line_is_read_by_three_of_its_members_wherever_they_stand() {
        let landing = Landing {
            within: String::new(),
            id: "id".to_owned(),
            key: "key".to_owned(),
            time: "time".to_owned(),
            zone: "+07:00".to_owned(),
        };
        let read = |text: &str| {
            line(text.as_bytes(), &landing, 3).map(|line| (line.object, line.id, line.key, line.at))
        };
        let whole = r#"{"a":{"id":9},"time":"2026-01-06 12:00:00","key":7,"b":[1,null,"x"],"i\u0064":5}"#;
        assert_eq!(read(whole), Some((3, 5, 7, NOON)));
        for wrong in ["5", "5.5", "-5", "true", "null", "[5]", "{}"] {
            let text = whole.replace("\"2026-01-06 12:00:00\"", wrong);
            assert_eq!(read(&text), None, "{text}");
        }
        for wrong in ["\"7\"", "-7", "7.0", "null", "{\"key\":7}"] {
            let text = whole.replace("\"key\":7", &format!("\"key\":{wrong}"));
            assert_eq!(read(&text), None, "{text}");
        }
        assert_eq!(read(&format!("{whole} x")), None);
        assert_eq!(read("{\"id\":5"), None);
        assert_eq!((grain_of("%Y/%m/%d/%H"), grain_of("%Y/%m/%d/%H/%M"), grain_of("%Y%%")), (3_600, 60, 60));
    }

    #[test]
    fn a_line_s_time_is_a_date_and_a_time_of_day() {
        assert_eq!(local_secs("2026-01-06 12:00:00"), Some(NOON));
        for wrong in ["2026-01-06T12:00:00", "2026-01-06 12:00", "2026-13-06 12:00:00", "2026-01-06 +2:00:00"]
        {
            assert_eq!(local_secs(wrong), None, "{wrong}");
        }
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
