//! Subscription filters: which there are, and how one is put in force. What is sent is in `outbox.rs`.
//!
//! A destination is tried before the filter is kept: streams get a control message, a function's policy must let
//! CloudWatch Logs in. Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html and
//! API_PutSubscriptionFilter.html (read 2026-11-28). Recorded: the refusals, in public error reports.
//! Left out, by name: destinations of other accounts, criteria on system fields, transformed logs.

use bytes::Bytes;
use wavetank_types::Arn;
use wavetank_wire::lambda::{GetPolicy, GetPolicyInput, GetPolicyOutput};
use wavetank_wire::logs::*;
use wavetank_wire::{FromVal as _, ToVal as _, Val, WireError};

use super::error::LogsError;
use super::limits::SUBSCRIPTIONS_MAX;
use super::metric_filters::check_regexes;
pub(super) use super::outbox::Outbox;
use super::outbox::{control_message, send};
use super::pattern::Pattern;
use super::read::page;
use super::state::{Group, Logs};
use crate::services::{AwsError as _, ServiceId};
use crate::world::{Cx, Effect, Ticket};

/// What a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Lambda,
    Kinesis,
    Firehose,
}

impl Kind {
    fn of(arn: &str) -> Result<Self, LogsError> {
        let wrong = || LogsError::Parameters("Invalid destinationArn");
        let parsed: Arn = arn.parse().map_err(|_| wrong())?;
        match parsed.service.as_str() {
            "lambda" => Ok(Self::Lambda),
            "kinesis" => Ok(Self::Kinesis),
            "firehose" => Ok(Self::Firehose),
            "logs" => Err(LogsError::NotBuilt("PutSubscriptionFilter with a logical destination".to_owned())),
            _ => Err(wrong()),
        }
    }

    /// In metrics. Assumed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lambda => "Lambda",
            Self::Kinesis => "Kinesis",
            Self::Firehose => "Firehose",
        }
    }

    /// In refusals.
    fn vendor(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Kinesis => "kinesis",
            Self::Firehose => "firehose",
        }
    }

    /// Why a destination cannot be used.
    fn unreachable(self) -> &'static str {
        match self {
            Self::Lambda => {
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."
            }
            Self::Kinesis => {
                "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state."
            }
            Self::Firehose => {
                "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state."
            }
        }
    }
}

/// A subscription filter.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    text: String,
    pub(super) pattern: Pattern,
    pub(super) kind: Kind,
    pub(super) arn: String,
    role: Option<String>,
    /// Whether deliveries are spread at random instead of by log stream.
    pub(super) is_random: bool,
    created: i64,
}

/// A filter whose destination is being tried.
#[derive(Debug)]
pub(super) struct Trial {
    ticket: Ticket,
    group: String,
    name: String,
    rule: Subscription,
}

impl Subscription {
    fn describe(&self, group: &str, name: &str) -> SubscriptionFilter {
        let distribution = if self.is_random { "Random" } else { "ByLogStream" };
        SubscriptionFilter {
            filter_name: Some(name.to_owned()),
            log_group_name: Some(group.to_owned()),
            filter_pattern: Some(self.text.clone()),
            destination_arn: Some(self.arn.clone()),
            role_arn: self.role.clone(),
            distribution: Some(distribution.to_owned()),
            apply_on_transformed_logs: Some(false),
            creation_time: Some(self.created),
            ..SubscriptionFilter::default()
        }
    }
}

impl Logs {
    /// The answer comes when the destination has been tried.
    pub(super) fn put_subscription_filter(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutSubscriptionFilterInput,
    ) -> Result<Ticket, LogsError> {
        if input.apply_on_transformed_logs == Some(true) {
            return Err(LogsError::NotBuilt("PutSubscriptionFilter on transformed logs".to_owned()));
        }
        let pattern = Pattern::parse(&input.filter_pattern)?;
        let kind = Kind::of(&input.destination_arn)?;
        match (kind, &input.role_arn) {
            (Kind::Lambda, Some(_)) => {
                return Err(LogsError::Parameters(
                    "destinationArn for vendor lambda cannot be used with roleArn",
                ));
            }
            (Kind::Kinesis | Kind::Firehose, None) => {
                let vendor = kind.vendor();
                let why = format!("destinationArn for vendor {vendor} cannot be used without roleArn");
                return Err(LogsError::Invalid(why));
            }
            _ => {}
        }
        let group = self.group(&input.log_group_name)?;
        check_room(group, &input.filter_name)?;
        check_regexes(group, &input.filter_name, &pattern)?;
        let rule = Subscription {
            text: input.filter_pattern,
            pattern,
            kind,
            arn: input.destination_arn,
            role: input.role_arn,
            is_random: input.distribution.as_deref() == Some("Random"),
            created: cx.now.millis(),
        };
        let (ticket, token) = (cx.ticket(), cx.number());
        match kind {
            Kind::Lambda => {
                let input = GetPolicyInput { function_name: rule.arn.clone(), qualifier: None };
                cx.call::<GetPolicy>(ServiceId::Lambda, input, Some(token));
            }
            Kind::Kinesis | Kind::Firehose => {
                let message: Bytes = control_message(kind, cx.now.millis());
                send(cx, kind, &rule.arn, "control", message, token);
            }
        }
        let trial = Trial { ticket, group: input.log_group_name, name: input.filter_name, rule };
        self.outbox.trials.insert(token, trial);
        Ok(ticket)
    }

    /// A reply of a destination: to a trial, or to a delivery.
    pub(super) fn destination_replied(
        &mut self,
        cx: &mut Cx<'_>,
        token: u64,
        result: Result<Val, WireError>,
    ) {
        let Some(trial) = self.outbox.trials.remove(&token) else {
            self.outbox.replied(cx, &mut self.due, token, result);
            return;
        };
        let ticket = trial.ticket;
        let answer = self.end_trial(cx, trial, result);
        let answer = answer.map(|output| output.to_val()).map_err(|error| error.wire());
        cx.push(Effect::Answer(ticket, answer));
    }

    fn end_trial(
        &mut self,
        cx: &Cx<'_>,
        trial: Trial,
        result: Result<Val, WireError>,
    ) -> Result<PutSubscriptionFilterOutput, LogsError> {
        let Trial { group, name, rule, .. } = trial;
        let is_reached = match (rule.kind, result) {
            (Kind::Lambda, Ok(reply)) => {
                lets_logs_in(&GetPolicyOutput::from_val(reply).policy.unwrap_or_default(), cx)
            }
            (_, result) => result.is_ok(),
        };
        if !is_reached {
            return Err(LogsError::Parameters(rule.kind.unreachable()));
        }
        let group = self.group_mut(&group)?;
        check_room(group, &name)?;
        group.subscriptions.insert(name, rule);
        Ok(PutSubscriptionFilterOutput {})
    }

    pub(super) fn delete_subscription_filter(
        &mut self,
        input: &DeleteSubscriptionFilterInput,
    ) -> Result<DeleteSubscriptionFilterOutput, LogsError> {
        let group = self.group_mut(&input.log_group_name)?;
        group.subscriptions.remove(&input.filter_name).ok_or(LogsError::NoSuch("subscription filter"))?;
        Ok(DeleteSubscriptionFilterOutput {})
    }

    pub(super) fn describe_subscription_filters(
        &mut self,
        input: &DescribeSubscriptionFiltersInput,
    ) -> Result<DescribeSubscriptionFiltersOutput, LogsError> {
        let group = self.group(&input.log_group_name)?;
        let prefix = input.filter_name_prefix.as_deref().unwrap_or_default();
        let wanted = group.subscriptions.iter().filter(|(name, _)| name.starts_with(prefix));
        let all = wanted.map(|(name, rule)| rule.describe(&input.log_group_name, name)).collect();
        let key = |filter: &SubscriptionFilter| filter.filter_name.clone().unwrap_or_default();
        let (page, next_token) = page(all, input.limit, input.next_token.as_deref(), key);
        Ok(DescribeSubscriptionFiltersOutput { subscription_filters: Some(page), next_token })
    }
}

fn check_room(group: &Group, name: &str) -> Result<(), LogsError> {
    let is_full = !group.subscriptions.contains_key(name) && group.subscriptions.len() >= SUBSCRIPTIONS_MAX;
    if is_full { Err(LogsError::Limit("Resource limit exceeded.".to_owned())) } else { Ok(()) }
}

/// Whether a function's policy names CloudWatch Logs, of all regions or of this one, or everybody.
fn lets_logs_in(policy: &str, cx: &Cx<'_>) -> bool {
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = policy.get("Statement").and_then(|all| all.as_array()).cloned().unwrap_or_default();
    let own = format!("\"logs.{}.amazonaws.com\"", cx.scope.region);
    statements.iter().filter(|statement| statement["Effect"] == "Allow").any(|statement| {
        let principal = statement["Principal"].to_string();
        principal.contains("\"logs.amazonaws.com\"")
            || principal.contains(&own)
            || principal == "\"*\""
            || principal == r#"{"AWS":"*"}"#
    })
}
