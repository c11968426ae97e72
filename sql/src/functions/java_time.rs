//! Dates by pattern: Joda's letters (`yyyy-MM-dd HH:mm`), used by `format_datetime`, `parse_datetime`, partition
//! projection; and MySQL's (`%Y-%m-%d`), used by `date_format` and `date_parse`, translated to the same pieces.
//!
//! Documented: trino.io/docs/current/functions/datetime.html. Left out: eras, weekyears in MySQL patterns.
//! Start with `format` and `parse`.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Weekday};

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    /// Year with this many digits; 2 means the last two.
    Year(usize),
    WeekYear(usize),
    Month(usize),
    MonthShort,
    MonthLong,
    Day(usize),
    DayOfYear(usize),
    Week(usize),
    /// 1 is Monday.
    DayOfWeek,
    DayShort,
    DayLong,
    Hour24(usize),
    Hour12(usize),
    HalfDay,
    Minute(usize),
    Second(usize),
    Fraction(usize),
    /// `+07:00`; `true` writes the colon.
    Offset(bool),
}

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

/// Joda's pattern letters. Error: a letter that is not built, named.
pub(crate) fn joda(pattern: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            let mut text = String::new();
            for quoted in chars.by_ref() {
                if quoted == '\'' {
                    break;
                }
                text.push(quoted);
            }
            pieces.push(Piece::Literal(if text.is_empty() { "'".into() } else { text }));
            continue;
        }
        if !c.is_ascii_alphabetic() {
            pieces.push(Piece::Literal(c.to_string()));
            continue;
        }
        let mut n = 1;
        while chars.next_if_eq(&c).is_some() {
            n += 1;
        }
        pieces.push(joda_piece(c, n)?);
    }
    Ok(pieces)
}

fn joda_piece(c: char, n: usize) -> Result<Piece, String> {
    Ok(match (c, n) {
        ('y' | 'Y' | 'u', n) => Piece::Year(n),
        ('x', n) => Piece::WeekYear(n),
        ('M', 1 | 2) => Piece::Month(n),
        ('M', 3) => Piece::MonthShort,
        ('M', _) => Piece::MonthLong,
        ('d', n) => Piece::Day(n),
        ('D', n) => Piece::DayOfYear(n),
        ('w', n) => Piece::Week(n),
        ('e', _) => Piece::DayOfWeek,
        ('E', 1..=3) => Piece::DayShort,
        ('E', _) => Piece::DayLong,
        ('H', n) => Piece::Hour24(n),
        ('h', n) => Piece::Hour12(n),
        ('a', _) => Piece::HalfDay,
        ('m', n) => Piece::Minute(n),
        ('s', n) => Piece::Second(n),
        ('S', n) => Piece::Fraction(n),
        ('Z', 1) => Piece::Offset(false),
        ('Z', 2) => Piece::Offset(true),
        _ => return Err(format!("the pattern letter '{c}' is not built")),
    })
}

/// MySQL's `%` letters. Error: Trino refuses `%D %U %u %V %w %X` too.
pub(crate) fn mysql(pattern: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            pieces.push(Piece::Literal(c.to_string()));
            continue;
        }
        let Some(letter) = chars.next() else { break };
        match letter {
            'Y' => pieces.push(Piece::Year(4)),
            'y' => pieces.push(Piece::Year(2)),
            'm' => pieces.push(Piece::Month(2)),
            'c' => pieces.push(Piece::Month(1)),
            'b' => pieces.push(Piece::MonthShort),
            'M' => pieces.push(Piece::MonthLong),
            'd' => pieces.push(Piece::Day(2)),
            'e' => pieces.push(Piece::Day(1)),
            'j' => pieces.push(Piece::DayOfYear(3)),
            'a' => pieces.push(Piece::DayShort),
            'W' => pieces.push(Piece::DayLong),
            'v' => pieces.push(Piece::Week(2)),
            'x' => pieces.push(Piece::WeekYear(4)),
            'H' => pieces.push(Piece::Hour24(2)),
            'k' => pieces.push(Piece::Hour24(1)),
            'h' | 'I' => pieces.push(Piece::Hour12(2)),
            'l' => pieces.push(Piece::Hour12(1)),
            'i' => pieces.push(Piece::Minute(2)),
            's' | 'S' => pieces.push(Piece::Second(2)),
            'f' => pieces.push(Piece::Fraction(6)),
            'p' => pieces.push(Piece::HalfDay),
            'T' => pieces.extend(joda("HH:mm:ss")?),
            'r' => pieces.extend(joda("hh:mm:ss a")?),
            'D' | 'U' | 'u' | 'V' | 'w' | 'X' => {
                return Err(format!("%{letter} not supported in date format string"));
            }
            other => pieces.push(Piece::Literal(other.to_string())),
        }
    }
    Ok(pieces)
}

/// A moment by Joda's pattern.
pub(crate) fn format(at: NaiveDateTime, offset_s: i64, pattern: &str) -> Result<String, String> {
    Ok(write(at, offset_s, &joda(pattern)?))
}

/// Writes the pieces of a wall-clock moment, `offset_s` ahead of UTC.
pub(crate) fn write(at: NaiveDateTime, offset_s: i64, pieces: &[Piece]) -> String {
    let mut out = String::new();
    let week = at.iso_week();
    let half = at.hour() % 12;
    for piece in pieces {
        let text = match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Year(2) => format!("{:02}", at.year().rem_euclid(100)),
            Piece::Year(n) => format!("{:0n$}", at.year()),
            Piece::WeekYear(n) => format!("{:0n$}", week.year()),
            Piece::Month(n) => format!("{:0n$}", at.month()),
            Piece::MonthShort => MONTHS[at.month0() as usize].chars().take(3).collect(),
            Piece::MonthLong => MONTHS[at.month0() as usize].to_string(),
            Piece::Day(n) => format!("{:0n$}", at.day()),
            Piece::DayOfYear(n) => format!("{:0n$}", at.ordinal()),
            Piece::Week(n) => format!("{:0n$}", week.week()),
            Piece::DayOfWeek => at.weekday().number_from_monday().to_string(),
            Piece::DayShort => DAYS[at.weekday().num_days_from_monday() as usize].chars().take(3).collect(),
            Piece::DayLong => DAYS[at.weekday().num_days_from_monday() as usize].to_string(),
            Piece::Hour24(n) => format!("{:0n$}", at.hour()),
            Piece::Hour12(n) => format!("{:0n$}", if half == 0 { 12 } else { half }),
            Piece::HalfDay => if at.hour() < 12 { "AM" } else { "PM" }.to_string(),
            Piece::Minute(n) => format!("{:0n$}", at.minute()),
            Piece::Second(n) => format!("{:0n$}", at.second()),
            Piece::Fraction(n) => format!("{:09}", at.nanosecond() % 1_000_000_000)
                .chars()
                .chain(std::iter::repeat('0'))
                .take(*n)
                .collect(),
            Piece::Offset(colon) => {
                let size = offset_s.abs();
                let mark = if *colon { ":" } else { "" };
                format!(
                    "{}{:02}{mark}{:02}",
                    if offset_s < 0 { '-' } else { '+' },
                    size / 3600,
                    size / 60 % 60
                )
            }
        };
        out.push_str(&text);
    }
    out
}

/// A moment read by Joda's pattern, and seconds ahead of UTC if the text says so.
pub(crate) fn parse(text: &str, pattern: &str) -> Result<(NaiveDateTime, Option<i64>), String> {
    read(text, &joda(pattern)?)
}

/// Reads all of a text by pieces. What the pattern leaves out is 1970-01-01 00:00:00.
///
/// Error: Joda's `Invalid format: "x" is malformed at "y"`.
pub(crate) fn read(text: &str, pieces: &[Piece]) -> Result<(NaiveDateTime, Option<i64>), String> {
    let mut fields = Fields::default();
    let mut rest = text;
    for (i, piece) in pieces.iter().enumerate() {
        // A number stops where the next number starts only if the pattern fixes its width.
        let fixed = matches!(pieces.get(i + 1), Some(next) if !matches!(next, Piece::Literal(_)));
        rest = fields.read(rest, piece, fixed).ok_or_else(|| malformed(text, rest))?;
    }
    if !rest.is_empty() {
        return Err(malformed(text, rest));
    }
    let at = fields.moment().ok_or_else(|| format!("Cannot parse \"{text}\": a field is out of range"))?;
    Ok((at, fields.offset_s))
}

fn malformed(text: &str, rest: &str) -> String {
    if rest.is_empty() {
        format!("Invalid format: \"{text}\" is too short")
    } else if rest.len() == text.len() {
        format!("Invalid format: \"{text}\"")
    } else {
        format!("Invalid format: \"{text}\" is malformed at \"{rest}\"")
    }
}

#[derive(Debug, Default)]
struct Fields {
    year: Option<i32>,
    week_year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    week: Option<u32>,
    weekday: Option<u32>,
    hour: u32,
    hour12: Option<u32>,
    afternoon: Option<bool>,
    minute: u32,
    second: u32,
    nanos: u32,
    offset_s: Option<i64>,
}

impl Fields {
    fn read<'a>(&mut self, text: &'a str, piece: &Piece, fixed: bool) -> Option<&'a str> {
        let number = |width: usize, most: usize| digits(text, if fixed { width.max(1) } else { most });
        match piece {
            Piece::Literal(mark) => return text.strip_prefix(mark.as_str()),
            Piece::Year(2) => {
                let (n, rest) = digits(text, 2)?;
                // Joda's pivot: within 50 years of 2020.
                self.year = Some(n as i32 + if n < 70 { 2000 } else { 1900 });
                return Some(rest);
            }
            Piece::Year(n) => return self.set(number(*n, 9)?, |f, v| f.year = Some(v as i32)),
            Piece::WeekYear(n) => return self.set(number(*n, 9)?, |f, v| f.week_year = Some(v as i32)),
            Piece::Month(n) => return self.set(number(*n, 2)?, |f, v| f.month = Some(v)),
            Piece::MonthShort | Piece::MonthLong => {
                let (n, rest) = name(text, &MONTHS)?;
                self.month = Some(n as u32 + 1);
                return Some(rest);
            }
            Piece::Day(n) => return self.set(number(*n, 2)?, |f, v| f.day = Some(v)),
            Piece::DayOfYear(n) => return self.set(number(*n, 3)?, |f, v| f.day_of_year = Some(v)),
            Piece::Week(n) => return self.set(number(*n, 2)?, |f, v| f.week = Some(v)),
            Piece::DayOfWeek => return self.set(number(1, 1)?, |f, v| f.weekday = Some(v)),
            Piece::DayShort | Piece::DayLong => return name(text, &DAYS).map(|(_, rest)| rest),
            Piece::Hour24(n) => return self.set(number(*n, 2)?, |f, v| f.hour = v),
            Piece::Hour12(n) => return self.set(number(*n, 2)?, |f, v| f.hour12 = Some(v)),
            Piece::Minute(n) => return self.set(number(*n, 2)?, |f, v| f.minute = v),
            Piece::Second(n) => return self.set(number(*n, 2)?, |f, v| f.second = v),
            Piece::HalfDay => {
                let half = text.get(..2)?;
                self.afternoon = Some(if half.eq_ignore_ascii_case("pm") {
                    true
                } else if half.eq_ignore_ascii_case("am") {
                    false
                } else {
                    return None;
                });
                return text.get(2..);
            }
            Piece::Fraction(_) => {
                let width = text.bytes().take(9).take_while(u8::is_ascii_digit).count();
                let (digits, rest) = text.split_at_checked(width).filter(|(d, _)| !d.is_empty())?;
                self.nanos = format!("{digits:0<9}").parse().ok()?;
                return Some(rest);
            }
            Piece::Offset(_) => {}
        }
        if let Some(rest) = text.strip_prefix('Z') {
            self.offset_s = Some(0);
            return Some(rest);
        }
        let (sign, rest) =
            if let Some(r) = text.strip_prefix('+') { (1, r) } else { (-1, text.strip_prefix('-')?) };
        let (hours, rest) = digits(rest, 2)?;
        let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2)?;
        self.offset_s = Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60));
        Some(rest)
    }

    fn set<'a>(&mut self, (n, rest): (u32, &'a str), put: impl FnOnce(&mut Self, u32)) -> Option<&'a str> {
        put(self, n);
        Some(rest)
    }

    fn moment(&self) -> Option<NaiveDateTime> {
        let year = self.year.unwrap_or(1970);
        let date = if let Some(week) = self.week {
            let day = Weekday::try_from(self.weekday.unwrap_or(1).checked_sub(1)? as u8).ok()?;
            NaiveDate::from_isoywd_opt(self.week_year.unwrap_or(year), week, day)?
        } else if let Some(day) = self.day_of_year {
            NaiveDate::from_yo_opt(year, day)?
        } else {
            NaiveDate::from_ymd_opt(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?
        };
        let hour = match (self.hour12, self.afternoon) {
            (Some(h), half) if (1..=12).contains(&h) => h % 12 + if half == Some(true) { 12 } else { 0 },
            (Some(_), _) => return None,
            (None, _) => self.hour,
        };
        if hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let time = date.and_hms_opt(hour, self.minute, self.second)?;
        time.checked_add_signed(TimeDelta::nanoseconds(i64::from(self.nanos)))
    }
}

fn digits(text: &str, most: usize) -> Option<(u32, &str)> {
    let width = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(width)?;
    Some((number.parse().ok()?, rest))
}

fn name<'a>(text: &'a str, names: &[&str]) -> Option<(usize, &'a str)> {
    let starts = |n: &str| text.get(..n.len()).is_some_and(|t| t.eq_ignore_ascii_case(n));
    if let Some(i) = names.iter().position(|n| starts(n)) {
        return Some((i, &text[names[i].len()..]));
    }
    let i = names.iter().position(|n| starts(&n[..3]))?;
    Some((i, &text[3..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_write_and_read_back() {
        let at = NaiveDate::from_ymd_opt(2024, 1, 26)
            .and_then(|d| d.and_hms_milli_opt(15, 4, 5, 60))
            .expect("a moment");
        for (pattern, text) in [
            ("yyyy-MM-dd HH:mm:ss", "2024-01-26 15:04:05"),
            ("dd MMM yyyy", "26 Jan 2024"),
            ("EEEE, MMMM d", "Friday, January 26"),
            ("hh:mm a", "03:04 PM"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "2024-01-26T15:04:05.060+07:00"),
        ] {
            assert_eq!(format(at, 25_200, pattern).as_deref(), Ok(text), "{pattern}");
        }
        for (pattern, text) in [
            ("%Y-%m-%d %T", "2024-01-26 15:04:05"),
            ("%d/%c/%y %h:%i %p", "26/1/24 03:04 PM"),
            ("%W %j", "Friday 026"),
        ] {
            assert_eq!(write(at, 0, &mysql(pattern).expect(pattern)), text);
        }
        let (read_back, _) = parse("20240126150405", "yyyyMMddHHmmss").expect("reads");
        assert_eq!(read_back.to_string(), "2024-01-26 15:04:05");
        assert!(read("2024-13-01", &mysql("%Y-%m-%d").expect("pattern")).is_err());
        assert_eq!(
            read("2024-01-26x", &mysql("%Y-%m-%d").expect("pattern")),
            Err("Invalid format: \"2024-01-26x\" is malformed at \"x\"".into())
        );
    }
}
