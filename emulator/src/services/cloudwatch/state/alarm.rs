//! What an alarm is.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::PutMetricAlarmInput;

use super::super::evaluate::{Policy, State};
use super::super::rule::Rule;
use super::queries::{Asked, Measured};

/// An alarm.
#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) description: Option<String>,
    pub(super) actions_enabled: bool,
    pub(super) actions: Actions,
    pub(super) configured: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) state: Standing,
    pub(super) kind: Kind,
}

/// Whom it calls when it enters a state, as ARNs.
#[derive(Clone, Debug, Default)]
pub(super) struct Actions {
    pub(super) ok: Vec<String>,
    pub(super) alarm: Vec<String>,
    pub(super) insufficient: Vec<String>,
}

impl Actions {
    pub(super) fn of(&self, state: State) -> &[String] {
        match state {
            State::Ok => &self.ok,
            State::Alarm => &self.alarm,
            State::InsufficientData => &self.insufficient,
        }
    }
}

/// The state that it is in, and why.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) value: State,
    pub(super) reason: String,
    /// The reason as JSON, where there is such.
    pub(super) data: Option<String>,
    /// When the state or its reason changed last, and when the state did.
    pub(super) updated: Timestamp,
    pub(super) transitioned: Timestamp,
}

impl Standing {
    /// Recorded: the reason of a new metric alarm.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            value: State::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            data: None,
            updated: now,
            transitioned: now,
        }
    }
}

/// What it looks at.
#[derive(Debug)]
pub(super) enum Kind {
    Metric(Box<MetricRule>),
    Composite { text: String, rule: Rule },
}

/// What a metric alarm looks at, and when it goes off.
#[derive(Debug)]
pub(super) struct MetricRule {
    /// As it was put, for answers.
    pub(super) put: PutMetricAlarmInput,
    pub(super) watched: Watched,
    /// Seconds of a point.
    pub(super) period: i64,
    pub(super) policy: Policy,
}

/// One metric, or queries of which one is looked at.
#[derive(Debug)]
pub(super) enum Watched {
    One(Measured),
    Many(Vec<Asked>),
}

impl Alarm {
    /// `MetricAlarm` or `CompositeAlarm`.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Metric(_) => "MetricAlarm",
            Kind::Composite { .. } => "CompositeAlarm",
        }
    }

    pub(super) fn metric(&self) -> Option<&MetricRule> {
        if let Kind::Metric(rule) = &self.kind { Some(rule) } else { None }
    }
}
