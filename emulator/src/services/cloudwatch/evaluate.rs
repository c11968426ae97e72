//! Whether an alarm goes off: M of the last N points, and what becomes of those that are missing. Nothing here has a state.
//!
//! Documented: the tables of docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html (read in part
//! 2026-11-28); `tests/decisions.rs` has their rows. More points are looked at than N, so that late ones count.
//! Recorded: the sentences on one value and on none (LocalStack's `test_cloudwatch.snapshot.json`, 2023). Assumed: the others, and how
//! many more points are looked at.

use wavetank_types::Timestamp;

/// Points that are looked at beside those that are counted.
pub(super) const EXTRA_POINTS: usize = 2;

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.as_str() == text)
    }
}

/// How a value is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

impl Comparison {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanOrEqualToThreshold" => Self::GreaterOrEqual,
            "GreaterThanThreshold" => Self::Greater,
            "LessThanThreshold" => Self::Less,
            "LessThanOrEqualToThreshold" => Self::LessOrEqual,
            _ => return None,
        })
    }

    fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
        }
    }
}

/// What a missing point is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Unknown,
    Ignore,
    Breaching,
    NotBreaching,
}

impl Missing {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "missing" => Self::Unknown,
            "ignore" => Self::Ignore,
            "breaching" => Self::Breaching,
            "notBreaching" => Self::NotBreaching,
            _ => return None,
        })
    }
}

/// When an alarm goes off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) comparison: Comparison,
    pub(super) threshold: f64,
    /// N.
    pub(super) periods: usize,
    /// M, if it was set.
    pub(super) datapoints: Option<usize>,
    pub(super) missing: Missing,
}

/// What an alarm finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The points do not say; it stays as it is.
    Keep,
    /// It is so, for this reason.
    Is(State, String),
}

/// The state that these points give, the newest first: [`Policy::periods`] of them and [`EXTRA_POINTS`].
pub(super) fn decide(policy: &Policy, points: &[(Timestamp, Option<f64>)]) -> Finding {
    let needed = policy.datapoints.unwrap_or(policy.periods);
    let known = points.iter().enumerate().filter_map(|(at, (time, value))| Some((at, *time, (*value)?)));
    let known: Vec<(usize, Timestamp, f64)> = known.take(policy.periods).collect();
    let is_breach = |value: f64| policy.comparison.breaches(value, policy.threshold);
    let breaching = known.iter().filter(|(_, _, value)| is_breach(*value)).count();
    let filled = policy.periods - known.len();
    let is = |state, filled| Finding::Is(state, reason(policy, &known, state, filled));
    if breaching >= needed {
        return is(State::Alarm, if policy.missing == Missing::Breaching { filled } else { 0 });
    }
    if filled == 0 {
        return is(State::Ok, 0);
    }
    match policy.missing {
        Missing::Breaching if breaching + filled >= needed => is(State::Alarm, filled),
        Missing::Breaching | Missing::NotBreaching => is(State::Ok, filled),
        Missing::Ignore if breaching == known.len() => Finding::Keep,
        Missing::Unknown if known.is_empty() => {
            let words = if policy.periods == 1 {
                "1 datapoint was".to_owned()
            } else {
                format!("{} datapoints were", policy.periods)
            };
            Finding::Is(State::InsufficientData, format!("Insufficient Data: {words} unknown."))
        }
        // All that is known is breaching: enough, once the oldest is so old that M points could have come since.
        Missing::Unknown if breaching == known.len() => {
            let oldest = known.last().map_or(0, |(at, _, _)| *at + 1);
            if oldest >= needed { is(State::Alarm, 0) } else { Finding::Keep }
        }
        Missing::Unknown | Missing::Ignore => is(State::Ok, 0),
    }
}

/// `Threshold Crossed: 1 datapoint [21.5 (26/10/23 16:42:00)] was greater than the threshold (2.0).`
fn reason(policy: &Policy, known: &[(usize, Timestamp, f64)], state: State, filled: usize) -> String {
    let treated = if policy.missing == Missing::Breaching { "Breaching" } else { "NonBreaching" };
    let plural =
        |count: usize, one: &str, more: &str| if count == 1 { one.to_owned() } else { more.to_owned() };
    let missing = format!(
        "{filled} missing {} treated as [{treated}]",
        plural(filled, "datapoint was", "datapoints were")
    );
    if known.is_empty() {
        let periods = format!("{filled} {}", plural(filled, "period", "periods"));
        return format!("Threshold Crossed: no datapoints were received for {periods} and {missing}.");
    }
    let alarm = state == State::Alarm;
    let is_told = |value: f64| policy.comparison.breaches(value, policy.threshold) == alarm;
    let told = known.iter().filter(|(_, _, value)| is_told(*value));
    let shown = told.map(|(_, at, value)| format!("{value:?} ({})", at.format("%d/%m/%y %H:%M:%S")));
    let shown: Vec<String> = shown.collect();
    let count = shown.len();
    let (verb, not) = (plural(count, "was", "were"), if alarm { "" } else { "not " });
    let points = match policy.datapoints {
        Some(_) => format!("{count} out of the last {} datapoints", known.len()),
        None => format!("{count} {}", plural(count, "datapoint", "datapoints")),
    };
    let list = shown.join(", ");
    let (words, threshold) = (policy.comparison.words(), policy.threshold);
    let filled = if filled > 0 { format!(" and {missing}") } else { String::new() };
    let least = policy.datapoints.map_or_else(String::new, |needed| {
        let (least, way) = match state {
            State::Alarm => (needed, "OK -> ALARM"),
            _ => (policy.periods - needed + 1, "ALARM -> OK"),
        };
        let points = plural(least, "datapoint", "datapoints");
        format!(" (minimum {least} {points} for {way} transition)")
    });
    format!(
        "Threshold Crossed: {points} [{list}] {verb} {not}{words} the threshold ({threshold:?}){filled}{least}."
    )
}
