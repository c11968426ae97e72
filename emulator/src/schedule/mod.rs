//! Schedule expressions, as EventBridge's rules, EventBridge Scheduler and Glue share them: `cron(...)`, `rate(...)`, `at(...)`.
//!
//! [`Schedule::next`] says when something runs after an instant. `fields.rs` reads cron's fields, `cron.rs` walks the calendar.
//! Left out: who refuses, and with which words; that is each service's own.
//! Documented: the three kinds, docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html (read 2026-11-28). Recorded: what is
//! no expression (LocalStack's `test_scheduler.snapshot.json`, 2025-01-26).

mod cron;
mod fields;
#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{LocalResult, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use wavetank_types::Timestamp;

pub(crate) use cron::Cron;

/// When something runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Schedule {
    Cron(Box<Cron>),
    /// Every so often, counted from where the service says.
    Rate(Duration),
    /// Once.
    At(Timestamp),
}

/// How the services differ in what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// EventBridge's rules: cron and rate; `rate(1 hours)` is refused.
    Rules,
    /// EventBridge Scheduler: all three kinds.
    Scheduler,
    /// Glue: cron only.
    Glue,
}

/// The text is no schedule expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a schedule expression")]
pub(crate) struct NotASchedule;

impl Schedule {
    /// Reads an expression. The time zone matters to cron and at.
    pub(crate) fn parse(text: &str, zone: Tz, dialect: Dialect) -> Result<Self, NotASchedule> {
        let inside = |kind: &str| text.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        let read = if let Some(fields) = inside("cron") {
            Cron::parse(fields, zone).map(|cron| Self::Cron(Box::new(cron)))
        } else if let Some(span) = inside("rate").filter(|_| dialect != Dialect::Glue) {
            rate(span, dialect).map(Self::Rate)
        } else {
            inside("at").filter(|_| dialect == Dialect::Scheduler).and_then(|at| once(at, zone)).map(Self::At)
        };
        read.ok_or(NotASchedule)
    }

    /// The first run later than `after`. A rate counts from `anchor`, which is its first run.
    pub(crate) fn next(&self, after: Timestamp, anchor: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.next(after),
            Self::At(at) => Some(*at).filter(|at| *at > after),
            Self::Rate(_) if after < anchor => Some(anchor),
            Self::Rate(span) => {
                let span = i64::try_from(span.as_micros()).ok()?;
                let runs = (after.micros() - anchor.micros()).div_euclid(span) + 1;
                Some(Timestamp::from_micros(anchor.micros() + runs * span))
            }
        }
    }

    /// Whether it runs more than once.
    pub(crate) fn recurs(&self) -> bool {
        !matches!(self, Self::At(_))
    }
}

/// `5 minutes`. Documented for rules: one is singular, more are plural
/// (docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html, read 2026-11-29). Assumed: Scheduler takes both.
fn rate(text: &str, dialect: Dialect) -> Option<Duration> {
    let (count, unit) = text.split_once(' ')?;
    let count: u32 =
        Some(count).filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    let (unit, is_plural) = unit.strip_suffix('s').map_or((unit, false), |unit| (unit, true));
    let secs = match unit {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    let agrees = dialect != Dialect::Rules || is_plural == (count != 1);
    (count > 0 && agrees).then(|| Duration::from_secs(secs * u64::from(count)))
}

/// `2026-01-05T00:01:00` in the zone. Assumed: a time that a clock skips is as much later as the clock jumps; of two the first counts.
fn once(text: &str, zone: Tz) -> Option<Timestamp> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok()?;
    // Such as `2026-1-5T0:0:0`, which chrono takes.
    if text.len() != "2026-01-05T00:01:00".len() {
        return None;
    }
    let at = match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at,
        LocalResult::None => {
            let before = zone.from_local_datetime(&(local - chrono::Duration::days(1))).earliest()?;
            before + chrono::Duration::days(1)
        }
    };
    Some(Timestamp::from_secs(at.timestamp()))
}
