//! Dates by pattern: Java's `DateTimeFormatter` letters for prefixes, and Joda's for the Hive deserializer's input.
//!
//! General knowledge of docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html, which was not opened.
//! Left out, and refused by name: optional sections, padding, localized texts, other languages than English.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, Timelike as _};
use chrono_tz::Tz;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A pattern that has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A letter and how often it stands there.
    Field(char, usize),
}

/// What [`Pattern::write`] knows.
const WRITTEN: &str = "yuYQqMLwdDeEahHkKmsSAnNzZXxVG";
/// What [`Pattern::read`] knows.
const READ: &str = "yuMdHhmsSaEZ";

impl Pattern {
    /// A pattern to write by. Error: what is not built or not a pattern, in words.
    pub(super) fn to_write(text: &str) -> Result<Self, String> {
        Self::parse(text, WRITTEN)
    }

    /// A pattern to read by.
    pub(super) fn to_read(text: &str) -> Result<Self, String> {
        Self::parse(text, READ)
    }

    fn parse(text: &str, known: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\'' if chars.next_if_eq(&'\'').is_some() => pieces.push(Piece::Text("'".to_owned())),
                '\'' => {
                    let mut quoted = String::new();
                    loop {
                        match chars.next() {
                            Some('\'') if chars.next_if_eq(&'\'').is_some() => quoted.push('\''),
                            Some('\'') => break,
                            Some(c) => quoted.push(c),
                            None => return Err(format!("the quote in `{text}` does not end")),
                        }
                    }
                    pieces.push(Piece::Text(quoted));
                }
                '[' | ']' | '{' | '}' | '#' => return Err(format!("`{c}` in a pattern is not supported")),
                c if c.is_ascii_alphabetic() => {
                    let mut count = 1;
                    while chars.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    if !known.contains(c) {
                        return Err(format!("the pattern letter `{c}` is not supported"));
                    }
                    pieces.push(Piece::Field(c, count));
                }
                c => pieces.push(Piece::Text(c.to_string())),
            }
        }
        Ok(Self(pieces))
    }

    /// Writes an instant as clocks of its zone show it.
    pub(super) fn write(&self, at: DateTime<Tz>, out: &mut String) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(letter, count) => out.push_str(&field(at, *letter, *count)),
            }
        }
    }

    /// The wall-clock time that the text says, moved to UTC where the text has an offset.
    pub(super) fn read(&self, text: &str) -> Option<NaiveDateTime> {
        let mut rest = text;
        let mut found = Found { month: 1, day: 1, ..Found::default() };
        for piece in &self.0 {
            rest = match piece {
                Piece::Text(expected) => rest.strip_prefix(expected.as_str())?,
                Piece::Field(letter, count) => found.take(*letter, *count, rest)?,
            };
        }
        if rest.is_empty() { found.time() } else { None }
    }
}

fn name(name: &str, count: usize) -> String {
    match count {
        4 => name.to_owned(),
        5 => name.chars().take(1).collect(),
        _ => name.chars().take(3).collect(),
    }
}

fn year(year: i32, count: usize) -> String {
    if count == 2 { format!("{:02}", year.rem_euclid(100)) } else { format!("{year:0count$}") }
}

fn field(at: DateTime<Tz>, letter: char, n: usize) -> String {
    let number = |value: i64| format!("{value:0n$}");
    let nanos = i64::from(at.nanosecond() % 1_000_000_000);
    let day_nanos = i64::from(at.num_seconds_from_midnight()) * 1_000_000_000 + nanos;
    let offset = at.offset().fix().local_minus_utc();
    match letter {
        'y' | 'u' => year(at.year(), n),
        'Y' => year(at.iso_week().year(), n),
        'Q' | 'q' => number(i64::from(at.month0() / 3 + 1)),
        'M' | 'L' if n <= 2 => number(i64::from(at.month())),
        'M' | 'L' => name(MONTHS[at.month0() as usize], n),
        'w' => number(i64::from(at.iso_week().week())),
        'd' => number(i64::from(at.day())),
        'D' => number(i64::from(at.ordinal())),
        // Sunday is 1: the locale is en-US.
        'e' if n <= 2 => number(i64::from(at.weekday().number_from_sunday())),
        'e' | 'E' => name(DAYS[at.weekday().num_days_from_monday() as usize], n),
        'a' => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        'h' => number(i64::from((at.hour() + 11) % 12 + 1)),
        'K' => number(i64::from(at.hour() % 12)),
        'H' => number(i64::from(at.hour())),
        'k' => number(i64::from(if at.hour() == 0 { 24 } else { at.hour() })),
        'm' => number(i64::from(at.minute())),
        's' => number(i64::from(at.second())),
        'S' => format!("{nanos:09}").chars().chain(std::iter::repeat('0')).take(n).collect(),
        'A' => number(day_nanos / 1_000_000),
        'n' => number(nanos),
        'N' => number(day_nanos),
        'G' => if at.year() > 0 { "AD" } else { "BC" }.to_owned(),
        'V' => at.timezone().name().to_owned(),
        'z' => at.format("%Z").to_string(),
        'X' if offset == 0 => "Z".to_owned(),
        'Z' if n <= 3 => offset_text(offset, false, true),
        'Z' => format!("{}{}", if n == 4 { "GMT" } else { "" }, offset_text(offset, true, true)),
        _ => offset_text(offset, n == 3 || n == 5, n > 1 || offset % 3_600 != 0),
    }
}

fn offset_text(offset: i32, colon: bool, minutes: bool) -> String {
    let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let mut text = format!("{sign}{:02}", size / 3_600);
    if minutes {
        text.push_str(if colon { ":" } else { "" });
        text.push_str(&format!("{:02}", size / 60 % 60));
    }
    text
}

/// What a text has said so far.
#[derive(Debug, Default)]
struct Found {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    afternoon: Option<bool>,
    offset_secs: i64,
}

impl Found {
    /// Takes one field off the text and answers the rest.
    fn take<'a>(&mut self, letter: char, count: usize, text: &'a str) -> Option<&'a str> {
        match letter {
            'M' if count > 2 => {
                let month = MONTHS.iter().position(|month| text.starts_with(&name(month, count.min(4))))?;
                self.month = u32::try_from(month).ok()? + 1;
                return text.get(name(MONTHS[month], count.min(4)).len()..);
            }
            'E' => {
                let day = DAYS.iter().find(|day| text.starts_with(&name(day, count.clamp(3, 4))))?;
                return text.get(name(day, count.clamp(3, 4)).len()..);
            }
            'a' => {
                let half = text.get(..2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case("pm"));
                return (half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm"))
                    .then(|| &text[2..]);
            }
            'Z' => return self.take_offset(text),
            _ => {}
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        // A field of one letter takes what there is; a longer one takes its own width, so that `yyyyMMdd` works.
        let width = if count == 1 || (letter == 'y' && count == 4 && digits <= 4) {
            digits
        } else {
            digits.min(count)
        };
        let (digits, rest) = text.split_at_checked(width)?;
        if letter == 'S' {
            let padded: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
            self.nanos = padded.parse().ok()?;
            return (!digits.is_empty()).then_some(rest);
        }
        let value: u32 = digits.parse().ok()?;
        match letter {
            'y' | 'u' if count == 2 => self.year = 2_000 + i32::try_from(value).ok()?,
            'y' | 'u' => self.year = i32::try_from(value).ok()?,
            'M' => self.month = value,
            'd' => self.day = value,
            'H' | 'h' => self.hour = value,
            'm' => self.minute = value,
            _ => self.second = value,
        }
        Some(rest)
    }

    fn take_offset<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(rest) = text.strip_prefix('Z') {
            return Some(rest);
        }
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours: i64 = text.get(1..3)?.parse().ok()?;
        let rest = text.get(3..)?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let minutes: i64 = rest.get(..2)?.parse().ok()?;
        self.offset_secs = sign * (hours * 3_600 + minutes * 60);
        rest.get(2..)
    }

    fn time(&self) -> Option<NaiveDateTime> {
        let hour = match self.afternoon {
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
            None => self.hour,
        };
        let date = NaiveDate::from_ymd_opt(self.year, self.month, self.day)?;
        let time = date.and_hms_nano_opt(hour, self.minute, self.second, self.nanos)?;
        time.checked_sub_signed(TimeDelta::seconds(self.offset_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    #[test]
    fn patterns_write_what_javas_formatter_writes() {
        let utc = chrono_tz::UTC.with_ymd_and_hms(2026, 1, 5, 0, 7, 9).unwrap() + TimeDelta::milliseconds(45);
        let tokyo = utc.with_timezone(&chrono_tz::Asia::Tokyo);
        for (at, pattern, expected) in [
            (utc, "yyyy/MM/dd/HH/", "2026/01/05/00/"),
            (tokyo, "yyyy/MM/dd/HH", "2026/01/05/09"),
            (utc, "'year='yyyy'/month='MM", "year=2026/month=01"),
            (utc, "yy-M-d h:m a", "26-1-5 12:7 AM"),
            (utc, "EEE EEEE MMM MMMM DDD", "Mon Monday Jan January 005"),
            (utc, "HHmmssSSS k''", "000709045 24'"),
            (tokyo, "XXX Z x VV", "+09:00 +0900 +09 Asia/Tokyo"),
            (utc, "X", "Z"),
        ] {
            let mut found = String::new();
            Pattern::to_write(pattern).unwrap().write(at, &mut found);
            assert_eq!(found, expected, "{pattern}");
        }
        for bad in ["yyyy[MM]", "'open", "J"] {
            assert!(Pattern::to_write(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_are_read_by_their_pattern() {
        for (pattern, text, expected) in [
            ("yyyy-MM-dd HH:mm:ss", "2026-01-05 10:11:12", Some("2026-01-05 10:11:12")),
            ("yyyyMMddHHmmss", "20260105101112", Some("2026-01-05 10:11:12")),
            ("d/MMM/yyyy hh:mm a", "5/Jan/2026 01:05 PM", Some("2026-01-05 13:05:00")),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2026-01-05T10:00:00.250+0200", Some("2026-01-05 08:00:00.250")),
            ("yyyy-MM-dd", "2026-13-05", None),
            ("yyyy-MM-dd", "2026-01-05x", None),
        ] {
            let found = Pattern::to_read(pattern).unwrap().read(text).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{pattern} {text}");
        }
    }
}
