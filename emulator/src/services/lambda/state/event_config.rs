//! What happens to asynchronous events of a function: how often they are tried, how long they wait, where records go.

use std::time::Duration;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::lambda as api;

use super::super::error::{Refusal, SettingRefusal};
use super::super::limits;
use super::Lambda;
use super::names::{LATEST, Target};
use crate::world::Cx;

/// One function's or version's handling of events.
#[derive(Clone, Debug)]
pub(super) struct EventConfig {
    modified: Timestamp,
    retries: Option<u32>,
    age_secs: Option<u32>,
    on_success: Option<String>,
    on_failure: Option<String>,
}

/// Where the record of an event's end goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Function(Target),
    Bucket(String),
}

/// The handling of events, with AWS's defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventRules {
    pub(super) retries: u32,
    pub(super) age_max: Duration,
    pub(super) on_success: Option<Destination>,
    pub(super) on_failure: Option<Destination>,
}

impl Lambda {
    /// Replaces the whole configuration.
    pub(in super::super) fn put_function_event_invoke_config(
        &mut self,
        cx: &Cx<'_>,
        input: api::PutFunctionEventInvokeConfigInput,
    ) -> Result<api::FunctionEventInvokeConfig, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        if self.version(cx, &target).is_err() {
            return Err(SettingRefusal::NoFunctionToConfigure.into());
        }
        let destinations = input.destination_config;
        if input.maximum_retry_attempts.is_none()
            && input.maximum_event_age_in_seconds.is_none()
            && destinations.is_none()
        {
            return Err(SettingRefusal::NothingConfigured.into());
        }
        let destinations = destinations.unwrap_or_default();
        let not_empty = |arn: Option<String>| arn.filter(|arn| !arn.is_empty());
        let on_success = not_empty(destinations.on_success.and_then(|to| to.destination));
        let on_failure = not_empty(destinations.on_failure.and_then(|to| to.destination));
        for (arn, may_be_bucket) in [(&on_success, false), (&on_failure, true)] {
            if let Some(arn) = arn {
                self.check_destination(cx, &target, arn, may_be_bucket)?;
            }
        }
        let small = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
        let config = EventConfig {
            modified: cx.now,
            retries: small(input.maximum_retry_attempts),
            age_secs: small(input.maximum_event_age_in_seconds),
            on_success,
            on_failure,
        };
        let out = describe(cx, &target, &config);
        self.function_mut(cx, &target)?.event_configs.insert(target.version().to_owned(), config);
        Ok(out)
    }

    pub(in super::super) fn get_function_event_invoke_config(
        &self,
        cx: &Cx<'_>,
        input: api::GetFunctionEventInvokeConfigInput,
    ) -> Result<api::FunctionEventInvokeConfig, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let function = self.functions.get(&target.name);
        let config = function.and_then(|function| function.event_configs.get(target.version()));
        let missing = || SettingRefusal::NoEventInvokeConfig(target.version_arn(cx.scope));
        Ok(describe(cx, &target, config.ok_or_else(missing)?))
    }

    pub(in super::super) fn delete_function_event_invoke_config(
        &mut self,
        cx: &Cx<'_>,
        input: api::DeleteFunctionEventInvokeConfigInput,
    ) -> Result<api::DeleteFunctionEventInvokeConfigOutput, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let function = self.functions.get_mut(&target.name);
        let removed = function.and_then(|function| function.event_configs.remove(target.version()));
        let missing = || SettingRefusal::NoEventInvokeConfig(target.version_arn(cx.scope));
        removed.ok_or_else(missing)?;
        Ok(api::DeleteFunctionEventInvokeConfigOutput {})
    }

    /// Only what exists in the tank can be a destination; the others are refused by the service's name.
    fn check_destination(
        &self,
        cx: &Cx<'_>,
        target: &Target,
        text: &str,
        may_be_bucket: bool,
    ) -> Result<(), Refusal> {
        let invalid = || SettingRefusal::NoDestination(text.to_owned());
        let arn: Arn = text.parse().map_err(|_| invalid())?;
        match arn.service.as_str() {
            "lambda" => {
                let to = Target::parse(cx.scope, text, None).map_err(|_| invalid())?;
                self.version(cx, &to).map_err(|_| invalid())?;
                if to.name == target.name { Err(SettingRefusal::OwnDestination.into()) } else { Ok(()) }
            }
            "s3" if may_be_bucket => Ok(()),
            "s3" => Err(invalid().into()),
            service => Err(Refusal::NotBuilt(format!("event destinations of service `{service}`"))),
        }
    }

    /// What applies to events of this function and version.
    pub(super) fn event_rules(&self, cx: &Cx<'_>, target: &Target) -> EventRules {
        let function = self.functions.get(&target.name);
        let config = function.and_then(|function| function.event_configs.get(target.version()));
        let destination = |text: &String| match Target::parse(cx.scope, text, None) {
            Ok(to) => Some(Destination::Function(to)),
            Err(_) => text.parse::<Arn>().ok().map(|arn| Destination::Bucket(arn.resource)),
        };
        let age_secs = config.and_then(|config| config.age_secs).map(|secs| Duration::from_secs(secs.into()));
        EventRules {
            retries: config.and_then(|config| config.retries).unwrap_or(limits::RETRIES_DEFAULT),
            age_max: age_secs.unwrap_or(limits::EVENT_AGE_MAX_DEFAULT),
            on_success: config.and_then(|config| config.on_success.as_ref()).and_then(destination),
            on_failure: config.and_then(|config| config.on_failure.as_ref()).and_then(destination),
        }
    }
}

fn describe(cx: &Cx<'_>, target: &Target, config: &EventConfig) -> api::FunctionEventInvokeConfig {
    debug_assert!(target.version() == LATEST || target.qualifier.is_some());
    api::FunctionEventInvokeConfig {
        last_modified: Some(config.modified.floor_millis()),
        function_arn: Some(target.version_arn(cx.scope)),
        maximum_retry_attempts: config.retries.map(i64::from),
        maximum_event_age_in_seconds: config.age_secs.map(i64::from),
        destination_config: Some(api::DestinationConfig {
            on_success: Some(api::OnSuccess { destination: config.on_success.clone() }),
            on_failure: Some(api::OnFailure { destination: config.on_failure.clone() }),
        }),
    }
}
