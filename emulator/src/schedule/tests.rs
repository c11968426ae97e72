//! Expressions and their next runs, and what is no expression.

use chrono_tz::Tz;
use wavetank_types::Timestamp;

use super::{Dialect, Schedule};

fn at(text: &str) -> Timestamp {
    Timestamp::from_secs(chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp())
}

/// The first runs after `from`, in UTC.
fn check(text: &str, zone: Tz, from: &str, expected: &[&str]) {
    let schedule = Schedule::parse(text, zone, Dialect::Scheduler).expect(text);
    let anchor = at(from);
    let mut now = anchor;
    for expected in expected {
        let next = schedule.next(now, anchor);
        let shown = next.map_or_else(|| "never".to_owned(), |next| next.format("%Y-%m-%dT%H:%MZ"));
        assert_eq!(shown, *expected, "{text} after {now}");
        now = next.unwrap_or(now);
    }
}

const MONDAY: &str = "2026-01-05T00:00:00Z";

#[test]
fn cron_names_minutes_hours_and_days() {
    let utc = Tz::UTC;
    check("cron(0 5 ? * * *)", utc, MONDAY, &["2026-01-05T05:00Z", "2026-01-06T05:00Z"]);
    check("cron(0 0 ? * * *)", utc, MONDAY, &["2026-01-06T00:00Z"]);
    check("cron(0/15 * ? * * *)", utc, MONDAY, &["2026-01-05T00:15Z", "2026-01-05T00:30Z"]);
    check("cron(*/20 3,4 * * ? *)", utc, MONDAY, &["2026-01-05T03:00Z", "2026-01-05T03:20Z"]);
    check("cron(30 4 ? * SUN *)", utc, MONDAY, &["2026-01-11T04:30Z"]);
    check("cron(0 12 1 * ? *)", utc, MONDAY, &["2026-02-01T12:00Z", "2026-03-01T12:00Z"]);
    check("cron(0 0 29 FEB ? *)", utc, MONDAY, &["2028-02-29T00:00Z"]);
    check("cron(0 8 ? * MON-FRI 2027)", utc, MONDAY, &["2027-01-01T08:00Z"]);
    check("cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", utc, MONDAY, &["2026-01-05T08:00Z", "2026-01-05T08:01Z"]);
    check("cron(0 0 1 JAN ? 2027/2)", utc, MONDAY, &["2027-01-01T00:00Z", "2029-01-01T00:00Z"]);
    check("cron(0 8 ? * * 2025)", utc, MONDAY, &["never"]);
    check("cron(0 0 30 2 ? *)", utc, MONDAY, &["never"]);
}

#[test]
fn hours_go_past_midnight() {
    let friday = "2026-01-09T01:45:00Z";
    let expected = ["2026-01-09T02:00Z", "2026-01-09T02:30Z", "2026-01-09T20:00Z"];
    check("cron(0/30 20-2 ? * MON-FRI *)", Tz::UTC, friday, &expected);
    // Saturday's early hours are no part of Friday: Monday's are next.
    check("cron(30 20-2/5 ? * MON-FRI *)", Tz::UTC, friday, &["2026-01-09T20:30Z", "2026-01-12T01:30Z"]);
}

#[test]
fn letters_name_the_last_the_nearest_and_the_nth_day() {
    let utc = Tz::UTC;
    check("cron(0 12 L * ? *)", utc, MONDAY, &["2026-01-31T12:00Z", "2026-02-28T12:00Z"]);
    // 2026-03-01 is a Sunday; the 1st of August a Saturday, whose nearest weekday lies in July.
    check(
        "cron(0 0 1W * ? *)",
        utc,
        MONDAY,
        &["2026-02-02T00:00Z", "2026-03-02T00:00Z", "2026-04-01T00:00Z"],
    );
    check("cron(0 0 1W AUG ? *)", utc, MONDAY, &["2026-08-03T00:00Z"]);
    check("cron(0 0 31W MAY ? *)", utc, MONDAY, &["2026-05-29T00:00Z"]);
    check("cron(0 0 10W * ? *)", utc, MONDAY, &["2026-01-09T00:00Z", "2026-02-10T00:00Z"]);
    check("cron(0 0 ? * 6L *)", utc, MONDAY, &["2026-01-30T00:00Z", "2026-02-27T00:00Z"]);
    check("cron(0 0 ? * L *)", utc, MONDAY, &["2026-01-10T00:00Z"]);
    check("cron(0 0 ? * 3#2 *)", utc, MONDAY, &["2026-01-13T00:00Z", "2026-02-10T00:00Z"]);
    check("cron(0 0 ? * TUE#5 *)", utc, MONDAY, &["2026-03-31T00:00Z"]);
    check("cron(0 0 1,L * ? *)", utc, MONDAY, &["2026-01-31T00:00Z", "2026-02-01T00:00Z"]);
}

#[test]
fn a_zone_says_what_a_clock_shows() {
    check("cron(1 0 * * ? *)", Tz::Asia__Ho_Chi_Minh, MONDAY, &["2026-01-05T17:01Z", "2026-01-06T17:01Z"]);
    check("at(2026-01-06T00:01:00)", Tz::Asia__Ho_Chi_Minh, MONDAY, &["2026-01-05T17:01Z", "never"]);
    check("at(2026-01-04T00:01:00)", Tz::UTC, MONDAY, &["never"]);
}

#[test]
fn a_skipped_time_is_skipped_and_a_doubled_one_counts_once() {
    let new_york = Tz::America__New_York;
    // Clocks go from 02:00 to 03:00 on 8 March 2026, and from 02:00 to 01:00 on 1 November.
    check(
        "cron(30 2 * * ? *)",
        new_york,
        "2026-03-07T00:00:00Z",
        &["2026-03-07T07:30Z", "2026-03-09T06:30Z"],
    );
    check(
        "cron(30 1 * * ? *)",
        new_york,
        "2026-10-31T12:00:00Z",
        &["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    );
    check("cron(0 9 * * ? *)", new_york, "2026-03-07T15:00:00Z", &["2026-03-08T13:00Z"]);
    check("at(2026-03-08T02:30:00)", new_york, MONDAY, &["2026-03-08T07:30Z"]);
    check("at(2026-11-01T01:30:00)", new_york, MONDAY, &["2026-11-01T05:30Z"]);
}

#[test]
fn a_rate_counts_from_its_anchor() {
    check("rate(12 hours)", Tz::UTC, MONDAY, &["2026-01-05T12:00Z", "2026-01-06T00:00Z"]);
    let schedule = Schedule::parse("rate(1 day)", Tz::UTC, Dialect::Rules).expect("a rate");
    assert_eq!(schedule.next(at(MONDAY), at("2026-01-09T03:00:00Z")), Some(at("2026-01-09T03:00:00Z")));
    assert_eq!(schedule.next(at("2026-01-09T03:00:00Z"), at(MONDAY)), Some(at("2026-01-10T00:00:00Z")));
}

#[test]
fn what_is_no_expression_is_refused() {
    for text in [
        "cron(0 1 * * * *)",
        "cron(7 20 * * NOT *)",
        "cron(INVALID)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(71 8 1 * ? *)",
        "cron()",
        "cron(0 5 ? * ? *)",
        "cron(*/60 * * * ? *)",
        "cron(0/0 * * * ? *)",
        "cron(5-1 * * * ? *)",
        "cron(0 0 32W * ? *)",
        "cron(0 0 ? * 3#6 *)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 ? * 3#1,6 *)",
        "cron(0 0 L-3 * ? *)",
        "cron(0 0 * * ? 1969)",
        "cron(0 0 * * ?)",
        "rate(10 seconds)",
        "rate(10 years)",
        "rate()",
        "rate(10)",
        "rate(10 minutess)",
        "rate(foo minutes)",
        "rate(-10 minutes)",
        "rate(+1 minute)",
        "rate(0 minutes)",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "at(2021-12-31T23:59:59Z)",
        "at(2021-12-31)",
        "at(2026-1-5T0:0:0)",
        "daily",
    ] {
        assert!(Schedule::parse(text, Tz::UTC, Dialect::Scheduler).is_err(), "{text}");
    }
    for text in ["rate(1 hours)", "rate(5 hour)", "at(2026-01-05T00:00:00)"] {
        assert!(Schedule::parse(text, Tz::UTC, Dialect::Rules).is_err(), "{text}");
    }
    assert!(Schedule::parse("rate(1 hour)", Tz::UTC, Dialect::Glue).is_err());
}
