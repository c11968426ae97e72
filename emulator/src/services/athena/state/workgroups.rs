//! Workgroups: created, changed, emptied. `primary` is always there.

use std::collections::BTreeMap;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::athena::*;

use super::super::error::Refusal;
use super::super::limits::*;
use super::prepared::Prepared;
use super::results::{ENGINE, engine_version};
use super::{Athena, PRIMARY, page};
use crate::world::{Cx, Scope};

/// A workgroup and what is kept in it beside queries.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) configuration: WorkGroupConfiguration,
    pub(super) description: Option<String>,
    pub(super) state: String,
    pub(super) created: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) prepared: BTreeMap<String, Prepared>,
}

impl Group {
    /// The workgroup that nobody creates. Documented: it does not override what a client says.
    pub(super) fn primary(now: Timestamp) -> Self {
        let configuration = WorkGroupConfiguration {
            enforce_work_group_configuration: Some(false),
            ..WorkGroupConfiguration::default()
        };
        Self::new(now, configuration, None)
    }

    fn new(now: Timestamp, mut configuration: WorkGroupConfiguration, description: Option<String>) -> Self {
        // Assumed: a new workgroup overrides what clients say unless told otherwise.
        configuration.enforce_work_group_configuration.get_or_insert(true);
        configuration.publish_cloud_watch_metrics_enabled.get_or_insert(false);
        configuration.requester_pays_enabled.get_or_insert(false);
        configuration.engine_version = Some(engine_version());
        Self {
            configuration,
            description,
            state: work_group_state::ENABLED.to_owned(),
            created: now,
            ..Self::default()
        }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.state == work_group_state::ENABLED
    }

    /// Whether its settings stand above what a request says.
    pub(super) fn enforces(&self) -> bool {
        self.configuration.enforce_work_group_configuration == Some(true)
    }
}

impl Athena {
    pub(super) fn group(&self, name: &str) -> Result<&Group, Refusal> {
        self.groups.get(name).ok_or_else(|| Refusal::NoSuchWorkGroup(name.to_owned()))
    }

    pub(super) fn group_mut(&mut self, name: &str) -> Result<&mut Group, Refusal> {
        self.groups.get_mut(name).ok_or_else(|| Refusal::NoSuchWorkGroup(name.to_owned()))
    }

    pub(super) fn create_work_group(
        &mut self,
        cx: &Cx<'_>,
        input: CreateWorkGroupInput,
    ) -> Result<CreateWorkGroupOutput, Refusal> {
        if self.groups.contains_key(&input.name) {
            return Err(Refusal::WorkGroupExists);
        }
        if self.groups.len() >= WORKGROUPS_MAX {
            return Err(Refusal::LimitExceeded("WorkGroup", WORKGROUPS_MAX));
        }
        let configuration = input.configuration.unwrap_or_default();
        check(&configuration)?;
        let mut group = Group::new(cx.now, configuration, input.description);
        group.tags = super::settings::tag_map(input.tags.unwrap_or_default());
        self.groups.insert(input.name, group);
        Ok(CreateWorkGroupOutput {})
    }

    /// Documented: without `RecursiveDeleteOption` a workgroup with queries, named queries or prepared statements stays.
    pub(super) fn delete_work_group(
        &mut self,
        input: &DeleteWorkGroupInput,
    ) -> Result<DeleteWorkGroupOutput, Refusal> {
        let name = &input.work_group;
        if name == PRIMARY {
            return Err(Refusal::PrimaryWorkGroup);
        }
        let group = self.group(name)?;
        let in_it = |query: &NamedQuery| query.work_group.as_deref() == Some(name);
        let is_empty = group.prepared.is_empty()
            && !self.named.values().any(in_it)
            && !self.queries.values().any(|query| &query.group == name);
        if !is_empty && input.recursive_delete_option != Some(true) {
            return Err(Refusal::WorkGroupNotEmpty(name.clone()));
        }
        self.named.retain(|_, query| !in_it(query));
        self.groups.remove(name);
        Ok(DeleteWorkGroupOutput {})
    }

    pub(super) fn get_work_group(&self, input: &GetWorkGroupInput) -> Result<GetWorkGroupOutput, Refusal> {
        let group = self.group(&input.work_group)?;
        let work_group = WorkGroup {
            name: input.work_group.clone(),
            state: Some(group.state.clone()),
            configuration: Some(group.configuration.clone()),
            description: group.description.clone(),
            creation_time: Some(group.created),
            identity_center_application_arn: None,
        };
        Ok(GetWorkGroupOutput { work_group: Some(work_group) })
    }

    pub(super) fn list_work_groups(
        &self,
        input: &ListWorkGroupsInput,
    ) -> Result<ListWorkGroupsOutput, Refusal> {
        let summary = |(name, group): (&String, &Group)| WorkGroupSummary {
            name: Some(name.clone()),
            state: Some(group.state.clone()),
            description: group.description.clone(),
            creation_time: Some(group.created),
            engine_version: group.configuration.engine_version.clone(),
            identity_center_application_arn: None,
        };
        let all = self.groups.iter().map(summary).collect();
        let (work_groups, next_token) = page(all, input.max_results, input.next_token.as_deref())?;
        Ok(ListWorkGroupsOutput { work_groups: Some(work_groups), next_token })
    }

    pub(super) fn update_work_group(
        &mut self,
        input: UpdateWorkGroupInput,
    ) -> Result<UpdateWorkGroupOutput, Refusal> {
        let group = self.group_mut(&input.work_group)?;
        let mut configuration = group.configuration.clone();
        if let Some(updates) = input.configuration_updates {
            update(&mut configuration, updates);
            check(&configuration)?;
        }
        group.configuration = configuration;
        group.description = input.description.or(group.description.take());
        group.state = input.state.unwrap_or_else(|| group.state.clone());
        Ok(UpdateWorkGroupOutput {})
    }
}

/// The ARN of a workgroup.
pub(super) fn group_arn(scope: &Scope, name: &str) -> String {
    Arn::new("athena", &scope.region, &scope.account, format!("workgroup/{name}")).to_string()
}

/// Refuses what a workgroup of this tank cannot keep its word on.
fn check(configuration: &WorkGroupConfiguration) -> Result<(), Refusal> {
    let cutoff = configuration.bytes_scanned_cutoff_per_query;
    if cutoff.is_some_and(|bytes| bytes < BYTES_SCANNED_CUTOFF_MIN) {
        return Err(Refusal::Parameters("BytesScannedCutoffPerQuery must be at least 10000000."));
    }
    let location = configuration.result_configuration.as_ref().and_then(|it| it.output_location.as_deref());
    if location.is_some_and(|it| !it.is_empty() && !it.starts_with("s3://")) {
        return Err(Refusal::BadOutputLocation);
    }
    if configuration.managed_query_results_configuration.as_ref().is_some_and(|managed| managed.enabled) {
        return Err(Refusal::NotBuilt("managed query results"));
    }
    let selected = configuration.engine_version.as_ref().and_then(|it| it.selected_engine_version.as_deref());
    match selected {
        None | Some("AUTO" | "") => Ok(()),
        Some(name) if name == ENGINE => Ok(()),
        Some(_) => Err(Refusal::NotBuilt("engine versions other than AUTO and Athena engine version 3")),
    }
}

/// Each member that is given replaces the one that was; a `Remove...` member takes it away.
fn update(configuration: &mut WorkGroupConfiguration, updates: WorkGroupConfigurationUpdates) {
    let it = configuration;
    if let Some(results) = updates.result_configuration_updates {
        update_results(it.result_configuration.get_or_insert_default(), results);
    }
    if let Some(managed) = updates.managed_query_results_configuration_updates {
        let enabled = managed.enabled.unwrap_or(false);
        it.managed_query_results_configuration =
            Some(ManagedQueryResultsConfiguration { enabled, encryption_configuration: None });
    }
    if updates.remove_bytes_scanned_cutoff_per_query == Some(true) {
        it.bytes_scanned_cutoff_per_query = None;
    }
    if updates.remove_customer_content_encryption_configuration == Some(true) {
        it.customer_content_encryption_configuration = None;
    }
    replace(&mut it.enforce_work_group_configuration, updates.enforce_work_group_configuration);
    replace(&mut it.publish_cloud_watch_metrics_enabled, updates.publish_cloud_watch_metrics_enabled);
    replace(&mut it.bytes_scanned_cutoff_per_query, updates.bytes_scanned_cutoff_per_query);
    replace(&mut it.requester_pays_enabled, updates.requester_pays_enabled);
    replace(&mut it.additional_configuration, updates.additional_configuration);
    replace(&mut it.execution_role, updates.execution_role);
    replace(
        &mut it.customer_content_encryption_configuration,
        updates.customer_content_encryption_configuration,
    );
    replace(&mut it.enable_minimum_encryption_configuration, updates.enable_minimum_encryption_configuration);
    replace(
        &mut it.query_results_s3access_grants_configuration,
        updates.query_results_s3access_grants_configuration,
    );
    replace(&mut it.monitoring_configuration, updates.monitoring_configuration);
    replace(&mut it.engine_configuration, updates.engine_configuration);
    if let Some(version) = updates.engine_version {
        let effective_engine_version = Some(ENGINE.to_owned());
        it.engine_version = Some(EngineVersion { effective_engine_version, ..version });
    }
}

fn update_results(it: &mut ResultConfiguration, updates: ResultConfigurationUpdates) {
    if updates.remove_output_location == Some(true) {
        it.output_location = None;
    }
    if updates.remove_encryption_configuration == Some(true) {
        it.encryption_configuration = None;
    }
    if updates.remove_expected_bucket_owner == Some(true) {
        it.expected_bucket_owner = None;
    }
    if updates.remove_acl_configuration == Some(true) {
        it.acl_configuration = None;
    }
    replace(&mut it.output_location, updates.output_location);
    replace(&mut it.encryption_configuration, updates.encryption_configuration);
    replace(&mut it.expected_bucket_owner, updates.expected_bucket_owner);
    replace(&mut it.acl_configuration, updates.acl_configuration);
}

fn replace<T>(old: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *old = new;
    }
}
