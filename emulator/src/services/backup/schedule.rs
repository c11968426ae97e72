//! [`Schedule`]: when a plan's rule runs: `cron(0 5 ? * * *)` in a time zone, or `rate(1 day)`, as EventBridge's rules write it.
//!
//! The language itself is in `emulator/src/schedule`. Assumed: that a rule's rate counts from its last run.

use chrono_tz::Tz;
use wavetank_types::Timestamp;

use crate::schedule::{Dialect, Schedule as Shared};

/// Why a schedule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid schedule expression: {0}")]
pub(super) struct ScheduleError(String);

/// When something runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule(Shared);

impl Schedule {
    /// Reads an expression. A time zone matters to cron only.
    pub(super) fn parse(text: &str, zone: Option<&str>) -> Result<Self, ScheduleError> {
        let invalid = || ScheduleError(text.to_owned());
        let zone: Tz = zone.unwrap_or("UTC").parse().map_err(|_| invalid())?;
        Shared::parse(text, zone, Dialect::Rules).map(Self).map_err(|_| invalid())
    }

    /// The first run later than `at`.
    pub(super) fn after(&self, at: Timestamp) -> Option<Timestamp> {
        self.0.next(at, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, zone: Option<&str>, from: &str, expected: Option<&str>) {
        let at = chrono::DateTime::parse_from_rfc3339(from).expect("a time").timestamp();
        let next = Schedule::parse(text, zone).map(|schedule| schedule.after(Timestamp::from_secs(at)));
        let shown = next.map(|next| next.map(|next| next.format("%Y-%m-%dT%H:%M:%SZ")));
        assert_eq!(shown.ok().flatten().as_deref(), expected, "{text}");
    }

    #[test]
    fn schedules_name_the_next_run() {
        let from = "2026-01-05T00:00:00Z"; // a Monday
        check("cron(0 5 ? * * *)", None, from, Some("2026-01-05T05:00:00Z"));
        check("cron(0 0 ? * * *)", None, from, Some("2026-01-06T00:00:00Z"));
        check("cron(0/15 * ? * * *)", None, from, Some("2026-01-05T00:15:00Z"));
        check("cron(30 4 ? * SUN *)", None, from, Some("2026-01-11T04:30:00Z"));
        check("cron(0 12 1 * ? *)", None, from, Some("2026-02-01T12:00:00Z"));
        check("cron(0 12 L * ? *)", None, from, Some("2026-01-31T12:00:00Z"));
        check("cron(0 0 29 FEB ? *)", None, from, Some("2028-02-29T00:00:00Z"));
        check("cron(0 8 ? * MON-FRI 2027)", None, from, Some("2027-01-01T08:00:00Z"));
        check("cron(0 5 ? * * *)", Some("Asia/Ho_Chi_Minh"), from, Some("2026-01-05T22:00:00Z"));
        check("cron(0 8 ? * * 2025)", None, from, None);
        check("rate(12 hours)", None, from, Some("2026-01-05T12:00:00Z"));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "cron(0 5 * * * *)",
            "cron(0 5 ? * ? *)",
            "cron(60 5 ? * * *)",
            "rate(0 days)",
            "rate(1 week)",
            "daily",
        ] {
            assert!(Schedule::parse(text, None).is_err(), "{text}");
        }
    }
}
