//! What a function is: its versions, what is said about it, and the environments that its code runs in.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::lambda as api;

use super::super::limits;
use super::code::Code;
use super::event_config::EventConfig;
use super::names::{LATEST, function_arn, runtime_arn};
use super::settings::Settings;
use crate::world::{Cx, Scope};

/// Code and settings under one name: `$LATEST`, or a number once published.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) code: Code,
    pub(super) modified: Timestamp,
    pub(super) revision: String,
    /// Changes with every change of code or settings: environments belong to one of these.
    pub(super) deployment: u64,
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) latest: Version,
    pub(super) published: BTreeMap<u64, Version>,
    pub(super) next_version: u64,
    /// Until when it is `Pending`.
    pub(super) pending_until: Option<Timestamp>,
    pub(super) update: Option<Update>,
    pub(super) tags: BTreeMap<String, String>,
    /// By qualifier; the function's own under the empty one.
    pub(super) policies: BTreeMap<String, Policy>,
    pub(super) reserved: Option<u32>,
    /// By qualifier, `$LATEST` for the function's own.
    pub(super) event_configs: BTreeMap<String, EventConfig>,
    /// By id.
    pub(super) environments: BTreeMap<String, Environment>,
}

/// A change that is being rolled out: invocations get the version before it until it ends.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) until: Timestamp,
    pub(super) previous: Version,
}

/// Who may call.
#[derive(Debug)]
pub(super) struct Policy {
    /// By statement id, in the order in which they were added.
    pub(super) statements: IndexMap<String, Value>,
    pub(super) revision: String,
}

/// Where code runs: kept warm from one invocation to the next.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) deployment: u64,
    pub(super) log_stream: String,
    pub(super) busy: bool,
    pub(super) last_used: Timestamp,
}

impl Function {
    /// The version of this name. Aliases do not exist.
    pub(super) fn version(&self, name: &str) -> Option<&Version> {
        if name == LATEST { Some(&self.latest) } else { self.published.get(&name.parse().ok()?) }
    }

    /// What an invocation of this version runs: not an update that is still in progress.
    pub(super) fn deployed(&self, name: &str) -> Option<&Version> {
        match &self.update {
            Some(update) if name == LATEST => Some(&update.previous),
            _ => self.version(name),
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.pending_until.into_iter().chain(self.update.as_ref().map(|update| update.until)).min()
    }

    /// Ends what is due. The revision id changes, as recorded by LocalStack against AWS on 2025-11-25.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_>) {
        if self.pending_until.is_some_and(|until| until <= cx.now) {
            self.pending_until = None;
            self.latest.revision = cx.uuid();
        }
        if self.update.as_ref().is_some_and(|update| update.until <= cx.now) {
            self.update = None;
            self.latest.revision = cx.uuid();
        }
    }

    /// Removes environments that run what is no longer deployed, or that were idle for too long. Answers their ids.
    pub(super) fn retire(&mut self, now: Timestamp) -> Vec<String> {
        let mut live: Vec<u64> = self.published.values().map(|version| version.deployment).collect();
        live.push(self.latest.deployment);
        live.extend(self.update.as_ref().map(|update| update.previous.deployment));
        let gone = |environment: &Environment| {
            let idle: Duration = now.since(environment.last_used);
            !environment.busy
                && (idle > limits::ENVIRONMENT_IDLE_MAX || !live.contains(&environment.deployment))
        };
        let ids: Vec<String> =
            self.environments.iter().filter(|(_, it)| gone(it)).map(|(id, _)| id.clone()).collect();
        for id in &ids {
            self.environments.remove(id);
        }
        ids
    }

    /// A version as GetFunctionConfiguration shows it. `qualified` says whether its ARN ends in the version.
    pub(super) fn describe(
        &self,
        scope: &Scope,
        version: &Version,
        qualified: bool,
    ) -> api::FunctionConfiguration {
        let mut out = self.describe_in_list(scope, version, qualified);
        out.runtime_version_config = Some(api::RuntimeVersionConfig {
            runtime_version_arn: Some(runtime_arn(&scope.region, &version.settings.runtime)),
            error: None,
        });
        let is_latest = version.name == LATEST;
        if is_latest && self.pending_until.is_some() {
            out.state = Some(api::state::PENDING.to_owned());
            out.state_reason = Some("The function is being created.".to_owned());
            out.state_reason_code = Some(api::state_reason_code::CREATING.to_owned());
            return out;
        }
        out.state = Some(api::state::ACTIVE.to_owned());
        let updating = is_latest && self.update.is_some();
        if updating {
            out.last_update_status_reason = Some("The function is being created.".to_owned());
            out.last_update_status_reason_code = Some(api::state_reason_code::CREATING.to_owned());
        }
        let status =
            if updating { api::last_update_status::IN_PROGRESS } else { api::last_update_status::SUCCESSFUL };
        out.last_update_status = Some(status.to_owned());
        out
    }

    /// A version as lists show it: without states and the runtime's version.
    ///
    /// Documented: docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html (read 2026-11-29).
    pub(super) fn describe_in_list(
        &self,
        scope: &Scope,
        version: &Version,
        qualified: bool,
    ) -> api::FunctionConfiguration {
        let arn = function_arn(scope, &self.name);
        let mut out = api::FunctionConfiguration {
            function_name: Some(self.name.clone()),
            function_arn: Some(if qualified { format!("{arn}:{}", version.name) } else { arn }),
            code_size: Some(version.code.size()),
            code_sha256: Some(version.code.sha256.clone()),
            last_modified: Some(version.modified.format("%Y-%m-%dT%H:%M:%S%.3f+0000")),
            version: Some(version.name.clone()),
            revision_id: Some(version.revision.clone()),
            ..Default::default()
        };
        version.settings.describe(&mut out);
        out
    }
}
