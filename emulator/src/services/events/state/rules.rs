//! Rules: a pattern or a schedule, and whether it is in force.
//!
//! Documented: schedules are in UTC and of the default bus only
//! (docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html, read 2026-11-29). Assumed: a rate's first run is one
//! period after the rule was made or changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use wavetank_types::Timestamp;
use wavetank_wire::events::*;

use super::super::error::EventsError;
use super::targets::Aim;
use super::{DEFAULT, Events, own_arn, page, read_pattern};
use crate::patterns::Pattern;
use crate::schedule::{Dialect, Schedule};
use crate::world::Cx;

/// A rule.
#[derive(Debug)]
pub(super) struct Ruled {
    pub(super) arn: String,
    pub(super) body: PutRuleInput,
    /// The pattern, compiled once.
    pub(super) pattern: Option<Pattern>,
    pub(super) schedule: Option<Schedule>,
    /// Where a rate counts from.
    anchor: Timestamp,
    /// When the schedule runs next: its entry in the service's set.
    pub(super) next: Option<Timestamp>,
    /// By id.
    pub(super) targets: BTreeMap<String, Arc<Aim>>,
}

impl Ruled {
    pub(super) fn is_enabled(&self) -> bool {
        self.body.state.as_deref() != Some(rule_state::DISABLED)
    }

    /// The schedule's first run later than this, if it is in force.
    pub(super) fn after(&self, at: Timestamp) -> Option<Timestamp> {
        self.schedule.as_ref().filter(|_| self.is_enabled())?.next(at, self.anchor)
    }

    fn shown(&self, name: &str, bus: &str) -> Rule {
        Rule {
            name: Some(name.to_owned()),
            arn: Some(self.arn.clone()),
            event_pattern: self.body.event_pattern.clone(),
            state: Some(self.body.state.clone().unwrap_or_else(|| rule_state::ENABLED.to_owned())),
            description: self.body.description.clone(),
            schedule_expression: self.body.schedule_expression.clone(),
            role_arn: self.body.role_arn.clone(),
            managed_by: None,
            event_bus_name: Some(bus.to_owned()),
        }
    }
}

impl Events {
    pub(super) fn rule(&self, bus: Option<&str>, name: &str) -> Result<(&str, &Ruled), EventsError> {
        let (bus_name, bus) = self.bus(bus)?;
        let missing = || EventsError::NoRule { rule: name.to_owned(), bus: bus_name.to_owned() };
        bus.rules.get(name).map(|rule| (bus_name, rule)).ok_or_else(missing)
    }

    pub(super) fn rule_mut(&mut self, bus: Option<&str>, name: &str) -> Result<&mut Ruled, EventsError> {
        let bus_name = self.rule(bus, name)?.0.to_owned();
        let missing = || EventsError::NoRule { rule: name.to_owned(), bus: bus_name.clone() };
        self.bus_mut(Some(&bus_name))?.rules.get_mut(name).ok_or_else(missing)
    }

    /// Makes a rule, or changes one: what the request leaves out goes back to its default, targets stay.
    pub(in super::super) fn put_rule(
        &mut self,
        cx: &Cx<'_>,
        input: PutRuleInput,
    ) -> Result<PutRuleOutput, EventsError> {
        let invalid = |why: &str| EventsError::Invalid(why.to_owned());
        let bus_name = self.bus(input.event_bus_name.as_deref())?.0.to_owned();
        let expression = input.schedule_expression.as_deref().filter(|text| !text.is_empty());
        let text = input.event_pattern.as_deref().filter(|text| !text.is_empty());
        if expression.is_none() && text.is_none() {
            return Err(invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        if expression.is_some() && bus_name != DEFAULT {
            return Err(invalid("ScheduleExpression is supported only on the default event bus."));
        }
        let pattern = text.map(read_pattern).transpose()?;
        let schedule = expression.map(|text| Schedule::parse(text, Tz::UTC, Dialect::Rules)).transpose();
        let schedule = schedule.map_err(|_| invalid("Parameter ScheduleExpression is not valid."))?;
        let resource = match bus_name.as_str() {
            DEFAULT => format!("rule/{}", input.name),
            bus => format!("rule/{bus}/{}", input.name),
        };
        let arn = own_arn(cx, resource);
        self.set_tags(&arn, input.tags.clone());
        let name = input.name.clone();
        let there = self.bus_mut(Some(&bus_name))?.rules.remove(&name);
        self.unschedule(&name, there.as_ref());
        let targets = there.map(|rule| rule.targets).unwrap_or_default();
        let body = input;
        let rule = Ruled { arn: arn.clone(), body, pattern, schedule, anchor: cx.now, next: None, targets };
        self.bus_mut(Some(&bus_name))?.rules.insert(name.clone(), rule);
        self.schedule_rule(&bus_name, &name, cx.now);
        Ok(PutRuleOutput { rule_arn: Some(arn) })
    }

    fn unschedule(&mut self, name: &str, rule: Option<&Ruled>) {
        if let Some(at) = rule.and_then(|rule| rule.next) {
            self.scheduled.remove(&(at, name.to_owned()));
        }
    }

    /// Notes when a rule's schedule runs next, later than `after`.
    pub(super) fn schedule_rule(&mut self, bus: &str, name: &str, after: Timestamp) {
        let Some(rule) = self.buses.get_mut(bus).and_then(|bus| bus.rules.get_mut(name)) else { return };
        if let Some(at) = rule.next.take() {
            self.scheduled.remove(&(at, name.to_owned()));
        }
        rule.next = rule.after(after);
        if let Some(at) = rule.next {
            self.scheduled.insert((at, name.to_owned()));
        }
    }

    pub(in super::super) fn describe_rule(
        &self,
        cx: &Cx<'_>,
        input: &DescribeRuleInput,
    ) -> Result<DescribeRuleOutput, EventsError> {
        let (bus, rule) = self.rule(input.event_bus_name.as_deref(), &input.name)?;
        let shown = rule.shown(&input.name, bus);
        Ok(DescribeRuleOutput {
            name: shown.name,
            arn: shown.arn,
            event_pattern: shown.event_pattern,
            schedule_expression: shown.schedule_expression,
            state: shown.state,
            description: shown.description,
            role_arn: shown.role_arn,
            managed_by: None,
            event_bus_name: shown.event_bus_name,
            created_by: Some(cx.scope.account.as_str().to_owned()),
        })
    }

    /// A rule that is not there is deleted as well.
    pub(in super::super) fn delete_rule(
        &mut self,
        input: &DeleteRuleInput,
    ) -> Result<DeleteRuleOutput, EventsError> {
        let bus = self.bus_mut(input.event_bus_name.as_deref())?;
        if bus.rules.get(&input.name).is_some_and(|rule| !rule.targets.is_empty()) {
            return Err(EventsError::Invalid("Rule can't be deleted since it has targets.".to_owned()));
        }
        if let Some(rule) = bus.rules.remove(&input.name) {
            self.unschedule(&input.name, Some(&rule));
            self.tags.remove(&rule.arn);
        }
        Ok(DeleteRuleOutput {})
    }

    fn switch_rule(
        &mut self,
        cx: &Cx<'_>,
        bus: Option<&str>,
        name: &str,
        state: &str,
    ) -> Result<(), EventsError> {
        let bus_name = self.bus(bus)?.0.to_owned();
        self.rule_mut(bus, name)?.body.state = Some(state.to_owned());
        self.schedule_rule(&bus_name, name, cx.now);
        Ok(())
    }

    pub(in super::super) fn enable_rule(
        &mut self,
        cx: &Cx<'_>,
        input: &EnableRuleInput,
    ) -> Result<EnableRuleOutput, EventsError> {
        self.switch_rule(cx, input.event_bus_name.as_deref(), &input.name, rule_state::ENABLED)?;
        Ok(EnableRuleOutput {})
    }

    pub(in super::super) fn disable_rule(
        &mut self,
        cx: &Cx<'_>,
        input: &DisableRuleInput,
    ) -> Result<DisableRuleOutput, EventsError> {
        self.switch_rule(cx, input.event_bus_name.as_deref(), &input.name, rule_state::DISABLED)?;
        Ok(DisableRuleOutput {})
    }

    pub(in super::super) fn list_rules(
        &self,
        input: &ListRulesInput,
    ) -> Result<ListRulesOutput, EventsError> {
        let (name, bus) = self.bus(input.event_bus_name.as_deref())?;
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let all = bus.rules.iter().filter(|(rule, _)| rule.starts_with(prefix));
        let (rules, next_token) =
            page(all.map(|(rule, ruled)| ruled.shown(rule, name)), input.next_token.as_deref(), input.limit)?;
        Ok(ListRulesOutput { rules: Some(rules), next_token })
    }

    pub(in super::super) fn list_rule_names(
        &self,
        input: &ListRuleNamesByTargetInput,
    ) -> Result<ListRuleNamesByTargetOutput, EventsError> {
        let (_, bus) = self.bus(input.event_bus_name.as_deref())?;
        let has = |rule: &Ruled| rule.targets.values().any(|aim| aim.target.arn == input.target_arn);
        let all = bus.rules.iter().filter(|(_, rule)| has(rule)).map(|(name, _)| name.clone());
        let (names, next_token) = page(all, input.next_token.as_deref(), input.limit)?;
        Ok(ListRuleNamesByTargetOutput { rule_names: Some(names), next_token })
    }
}
