//! Periods such as `5m`, `1 hour` of calendar time, and cutting a time to them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// A count of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    Millis(i64),
    Months(i64),
}

impl Period {
    /// Documented: CWL_QuerySyntax-Stats.html: units and their abbreviations; longer ones also in the plural.
    pub(super) fn of(count: i64, unit: &str) -> Option<Self> {
        let single = unit.strip_suffix('s').filter(|rest| rest.len() > 1).unwrap_or(unit);
        let millis = |each: i64| count.checked_mul(each).map(Self::Millis);
        let period = match single {
            "millisecond" | "ms" | "msec" => millis(1),
            "second" | "s" | "sec" => millis(1_000),
            "minute" | "m" | "min" => millis(60_000),
            "hour" | "h" | "hr" => millis(3_600_000),
            "day" | "d" => millis(86_400_000),
            "week" | "w" => millis(7 * 86_400_000),
            "month" | "mo" | "mon" => Some(Self::Months(count)),
            "quarter" | "q" | "qtr" => count.checked_mul(3).map(Self::Months),
            "year" | "y" | "yr" => count.checked_mul(12).map(Self::Months),
            _ if unit == "ms" => millis(1),
            _ => None,
        };
        period.filter(|period| matches!(period, Self::Millis(1..) | Self::Months(1..=120_000)))
    }

    /// The last begin of a period that is not after `at`, in milliseconds. Assumed: counted from 1970-01-01 UTC.
    pub(super) fn floor(self, at: i64) -> i64 {
        match self {
            Self::Millis(each) => at.saturating_sub(at.rem_euclid(each)),
            Self::Months(each) => {
                let date = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default();
                let month = i64::from(date.year()) * 12 + i64::from(date.month0()) - 1970 * 12;
                month_begin(month - month.rem_euclid(each)).unwrap_or(at)
            }
        }
    }

    /// The first begin of a period that is not before `at`.
    pub(super) fn ceil(self, at: i64) -> i64 {
        let floor = self.floor(at);
        match self {
            _ if floor == at => at,
            Self::Millis(each) => floor.saturating_add(each),
            Self::Months(each) => {
                let date = DateTime::<Utc>::from_timestamp_millis(floor).unwrap_or_default();
                let month = i64::from(date.year()) * 12 + i64::from(date.month0()) - 1970 * 12;
                month_begin(month + each).unwrap_or(at)
            }
        }
    }
}

/// The begin of a month that is counted from January 1970.
fn month_begin(month: i64) -> Option<i64> {
    let year = i32::try_from(1970 + month.div_euclid(12)).ok()?;
    let date = NaiveDate::from_ymd_opt(year, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}
