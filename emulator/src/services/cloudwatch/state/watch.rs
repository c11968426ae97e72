//! When alarms are looked at: at the end of each minute, or of ten seconds if one has shorter periods.
//!
//! An alarm rests when it has drawn its conclusion and nothing in its sight can change by itself: no value is there, or a gauge has
//! had one value for the whole time. So a tank in which nothing happens has no deadlines. The world wakes us when something is
//! counted (`world/collect.rs`).
//! Documented: a standard alarm is looked at every minute, its window slides. Assumed: at once when a period has ended, without
//! the delays that AWS has.

use serde_json::{Value, json};
use wavetank_types::Timestamp;

use super::super::evaluate::{EXTRA_POINTS, Finding, State, decide};
use super::super::limits;
use super::super::stat::Statistic;
use super::super::store::Span;
use super::CloudWatch;
use super::alarm::{MetricRule, Watched};
use super::queries::{Measured, Of, answer};
use super::tell::tell;
use crate::world::{Cx, Point};

const MINUTE: i64 = 60;
const SHORT_STEP: i64 = 10;

/// The instant as state reasons write it.
fn instant(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000")
}

impl CloudWatch {
    pub(in super::super) fn first_due(&self) -> Option<Timestamp> {
        self.look
    }

    /// Whether what services count can change an alarm.
    pub(in super::super) fn has_metric_alarms(&self) -> bool {
        self.alarms.values().any(|alarm| alarm.metric().is_some())
    }

    /// Something has changed: alarms are looked at when the period under way ends.
    pub(in super::super) fn wake(&mut self, now: Timestamp) {
        if self.look.is_none() && self.has_metric_alarms() {
            self.look = Some(self.next_look(now));
        }
    }

    fn next_look(&self, now: Timestamp) -> Timestamp {
        let short = self.alarms.values().filter_map(|alarm| alarm.metric()).any(|rule| rule.period < MINUTE);
        let step = if short { SHORT_STEP } else { MINUTE };
        Timestamp::from_secs((now.secs().div_euclid(step) + 1) * step)
    }

    /// Looks at all alarms whose turn it is.
    pub(in super::super) fn do_due(&mut self, cx: &mut Cx<'_>) {
        if self.look.is_none_or(|at| at > cx.now) {
            return;
        }
        let second = cx.now.secs();
        let names: Vec<String> = self.alarms.keys().cloned().collect();
        let mut awake = false;
        for name in names {
            let Some(alarm) = self.alarms.get(&name) else { continue };
            let Some(rule) = alarm.metric() else { continue };
            if rule.period >= MINUTE && second % MINUTE != 0 {
                awake = true;
                continue;
            }
            let sight = self.see(rule, cx.now);
            awake |= !sight.is_steady;
            if let Finding::Is(state, reason) = sight.finding
                && (state != alarm.state.value)
            {
                let data = sight.data.to_string();
                self.enter(cx, &name, state, reason, Some(data));
            }
        }
        self.settle_composites(cx);
        self.look = awake.then(|| self.next_look(cx.now));
    }

    fn see(&self, rule: &MetricRule, now: Timestamp) -> Sight {
        let points = rule.policy.periods + EXTRA_POINTS;
        let length = i64::try_from(points).unwrap_or(i64::MAX).saturating_mul(rule.period);
        let end = now.secs();
        let span = Span { start: end - length, end, period: rule.period };
        let (values, counts) = match &rule.watched {
            Watched::One(measured) => {
                let (values, _) = measured.read(&self.store, span, now);
                let counts = Measured { statistic: Statistic::SampleCount, ..measured.clone() };
                (values, counts.read(&self.store, span, now).0)
            }
            Watched::Many(asked) => {
                let times = (Timestamp::from_secs(span.start), Timestamp::from_secs(span.end));
                let answered = answer(&self.store, asked, times, now).unwrap_or_default();
                let found = answered.into_iter().find(|answered| answered.asked.returned);
                let line = found.and_then(|answered| answered.lines.into_iter().next());
                (line.map(|line| line.points).unwrap_or_default(), Default::default())
            }
        };
        let starts = (1..=points).map(|n| end - i64::try_from(n).unwrap_or(0) * rule.period);
        let seen: Vec<(Timestamp, Option<f64>)> =
            starts.map(|at| (Timestamp::from_secs(at), values.get(&at).copied())).collect();
        let data = reason_data(rule, &seen, &|at| counts.get(&at.secs()).copied(), now);
        Sight { finding: decide(&rule.policy, &seen), data, is_steady: self.is_steady(rule, span, now) }
    }

    /// Whether what the alarm sees stays as it is while nothing is put or counted.
    fn is_steady(&self, rule: &MetricRule, span: Span, now: Timestamp) -> bool {
        // Values may have been put for a time that is still to come.
        let ahead = i64::try_from(limits::AHEAD_MAX.as_secs()).unwrap_or(0);
        let whole = Span { end: span.end + ahead + MINUTE, ..span };
        let is_steady = |measured: &Measured| {
            let units = self.store.by_unit(&measured.key, measured.unit.as_deref(), whole, now);
            let points: Vec<&Point> = units.values().flat_map(|points| points.values()).collect();
            let same = points.iter().all(|point| point.min == point.max && point.min == points[0].min);
            let full = i64::try_from(points.len()).is_ok_and(|count| count >= span.points());
            points.is_empty() || (self.store.is_gauge(&measured.key) && same && full)
        };
        match &rule.watched {
            Watched::One(measured) => is_steady(measured),
            Watched::Many(asked) => {
                asked.iter().all(|one| !matches!(&one.of, Of::Metric(measured) if !is_steady(measured)))
            }
        }
    }
}

/// What an alarm sees at an instant.
struct Sight {
    finding: Finding,
    data: Value,
    is_steady: bool,
}

/// Recorded: the members (LocalStack's `test_cloudwatch.snapshot.json`, 2023-10-26).
fn reason_data(
    rule: &MetricRule,
    seen: &[(Timestamp, Option<f64>)],
    count: &dyn Fn(Timestamp) -> Option<f64>,
    now: Timestamp,
) -> Value {
    let known: Vec<(Timestamp, f64)> = seen.iter().filter_map(|(at, value)| Some((*at, (*value)?))).collect();
    let recent: Vec<f64> = known.iter().take(rule.policy.periods).rev().map(|(_, value)| *value).collect();
    let evaluated = seen.iter().take(rule.policy.periods).map(|(at, value)| {
        let mut point = json!({"timestamp": instant(*at)});
        if let Some(value) = value {
            if let Some(count) = count(*at) {
                point["sampleCount"] = json!(count);
            }
            point["value"] = json!(value);
        }
        point
    });
    let mut data = json!({
        "version": "1.0",
        "queryDate": instant(now),
        "period": rule.period,
        "recentDatapoints": recent,
        "threshold": rule.policy.threshold,
        "evaluatedDatapoints": evaluated.collect::<Vec<_>>(),
    });
    if let Some((oldest, _)) = known.iter().take(rule.policy.periods).next_back() {
        data["startDate"] = json!(instant(*oldest));
    }
    if let Watched::One(measured) = &rule.watched {
        data["statistic"] = json!(measured.stat);
        if let Some(unit) = &measured.unit {
            data["unit"] = json!(unit);
        }
    }
    data
}

impl CloudWatch {
    /// An alarm enters a state: it is told to its history, and its actions happen. The same state again only has a new reason.
    pub(super) fn enter(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        state: State,
        reason: String,
        data: Option<String>,
    ) {
        let Some(alarm) = self.alarms.get_mut(name) else { return };
        let before = alarm.state.clone();
        alarm.state.reason = reason;
        alarm.state.data = data;
        alarm.state.updated = cx.now;
        if before.value == state {
            return;
        }
        alarm.state.value = state;
        alarm.state.transitioned = cx.now;
        let alarm = &self.alarms[name];
        self.history.transitioned(alarm, &before, cx.now);
        tell(cx, alarm, &before);
        if alarm.actions_enabled {
            self.act(cx, name, &before);
        }
    }
}
