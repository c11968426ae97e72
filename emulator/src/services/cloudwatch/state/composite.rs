//! Alarms on alarms.
//!
//! Left out, refused by name: suppressing actions. Assumed: the sentences.

use std::collections::BTreeSet;

use serde_json::json;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::evaluate::State;
use super::super::rule::Rule;
use super::alarm::{Actions, Kind};
use super::alarms::{alarm_arn, checked_actions};
use super::{CloudWatch, tags};
use crate::world::Cx;

impl CloudWatch {
    /// Makes a composite alarm, or changes one, and looks at its rule at once.
    pub(in super::super) fn put_composite_alarm(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutCompositeAlarmInput,
    ) -> Result<PutCompositeAlarmOutput, CloudWatchError> {
        let refuse = |why: String| Err(CloudWatchError::Validation(why));
        if input.actions_suppressor.is_some()
            || input.actions_suppressor_wait_period.is_some()
            || input.actions_suppressor_extension_period.is_some()
        {
            return Err(CloudWatchError::NotBuilt("composite alarms with ActionsSuppressor".to_owned()));
        }
        let name = input.alarm_name;
        let rule = Rule::parse(&input.alarm_rule).map_err(CloudWatchError::Validation)?;
        let missing: Vec<&str> =
            rule.alarms().into_iter().filter(|alarm| !self.alarms.contains_key(*alarm)).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return refuse(format!(
                "Could not save the composite alarm as alarms [{missing}] in the alarm rule do not exist"
            ));
        }
        if self.alarms.get(&name).is_some_and(|there| there.metric().is_some()) {
            return refuse(format!("A metric alarm with the name {name} already exists."));
        }
        if self.leads_to(&rule, &name) {
            return refuse(format!(
                "Could not save the composite alarm as its rule leads back to the alarm {name}"
            ));
        }
        let actions = Actions {
            ok: checked_actions(input.ok_actions.as_deref())?,
            alarm: checked_actions(input.alarm_actions.as_deref())?,
            insufficient: checked_actions(input.insufficient_data_actions.as_deref())?,
        };
        let given = tags::read(input.tags)?;
        let enabled = input.actions_enabled.unwrap_or(true);
        let state = if rule.holds(&|alarm| self.state_of(alarm)) { State::Alarm } else { State::Ok };
        let kind = Kind::Composite { text: input.alarm_rule, rule };
        self.put_alarm(cx, name.clone(), input.alarm_description, enabled, actions, given, kind);
        let reason = format!(
            "{} was created and its alarm rule evaluates to {}",
            alarm_arn(cx, &name),
            state.as_str()
        );
        if self.state_of(&name) != Some(state) {
            self.enter(cx, &name, state, reason, None);
        }
        self.settle_composites(cx);
        Ok(PutCompositeAlarmOutput {})
    }

    /// The state of an alarm that is there.
    pub(super) fn state_of(&self, name: &str) -> Option<State> {
        self.alarms.get(name).map(|alarm| alarm.state.value)
    }

    /// Whether a rule is, by way of others, about this alarm.
    fn leads_to(&self, rule: &Rule, name: &str) -> bool {
        let mut todo: Vec<&str> = rule.alarms().into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(next) = todo.pop() {
            if next == name {
                return true;
            }
            if seen.insert(next)
                && let Some(Kind::Composite { rule, .. }) = self.alarms.get(next).map(|alarm| &alarm.kind)
            {
                todo.extend(rule.alarms());
            }
        }
        false
    }

    /// Lets composite alarms follow the others, and each other, until nothing changes. Rules do not go in circles.
    pub(super) fn settle_composites(&mut self, cx: &mut Cx<'_>) {
        while let Some((name, state, cause)) = self.unsettled() {
            let when = cx.now.format("%A %d %B, %Y %H:%M:%S UTC");
            let (reason, data) = match cause.and_then(|name| self.alarms.get(&name)) {
                Some(child) => {
                    let value = child.state.value.as_str();
                    let timestamp = child.state.updated.format("%Y-%m-%dT%H:%M:%S%.3f+0000");
                    let data = json!({"triggeringAlarms": [
                        {"arn": child.arn, "state": {"value": value, "timestamp": timestamp}}
                    ]});
                    (format!("{} transitioned to {value} at {when}", child.arn), Some(data.to_string()))
                }
                None => (format!("The alarm rule evaluates to {} at {when}", state.as_str()), None),
            };
            self.enter(cx, &name, state, reason, data);
        }
    }

    /// The first composite alarm whose rule says another state than it is in; and the alarm of its rule that changed last.
    fn unsettled(&self) -> Option<(String, State, Option<String>)> {
        self.alarms.values().find_map(|alarm| {
            let Kind::Composite { rule, .. } = &alarm.kind else { return None };
            let state = if rule.holds(&|name| self.state_of(name)) { State::Alarm } else { State::Ok };
            let children = rule.alarms().into_iter().filter_map(|name| self.alarms.get(name));
            let latest =
                children.max_by_key(|child| child.state.transitioned).map(|child| child.name.clone());
            (alarm.state.value != state).then(|| (alarm.name.clone(), state, latest))
        })
    }
}
