//! Parameter groups: a server gets what a user has set when it starts.
//!
//! DescribeDBParameters shows what has been set; the engine's defaults answer `NotImplemented`. A value that is a formula of
//! RDS's (`{DBInstanceClassMemory/32768}`) is stored and not given to the server. A parameter that PostgreSQL does not take
//! makes the instance `incompatible-parameters` at its next start.
//! Ours: `fsync` can be set, and is off if it is not.

use std::collections::BTreeMap;

use wavetank_wire::rds as w;

use super::engines::family_of;
use super::{Rds, key_of, own_arn, page};
use crate::services::rds::RdsError;
use crate::services::rds::limits::NAME_CHARS_MAX;
use crate::world::Cx;

/// Settings that keep a server within the tank. Ours: AWS has its own list of what cannot be modified.
const FIXED: [&str; 14] = [
    "archive_command",
    "archive_library",
    "config_file",
    "data_directory",
    "external_pid_file",
    "hba_file",
    "ident_file",
    "listen_addresses",
    "log_directory",
    "logging_collector",
    "port",
    "restore_command",
    "unix_socket_directories",
    "unix_socket_permissions",
];

/// A parameter group that a user has made.
#[derive(Clone, Debug)]
pub(super) struct ParameterGroup {
    shown: w::DBParameterGroup,
    /// What has been set, by name.
    parameters: BTreeMap<String, w::Parameter>,
}

impl ParameterGroup {
    /// What a server is started with.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let set = self
            .parameters
            .iter()
            .filter_map(|(name, set)| Some((name.clone(), set.parameter_value.clone()?)));
        set.filter(|(_, value)| !value.contains('{')).collect()
    }
}

impl Rds {
    pub(in super::super) fn create_parameter_group(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateDBParameterGroupInput,
    ) -> Result<w::CreateDBParameterGroupOutput, RdsError> {
        let name = key_of(&input.db_parameter_group_name);
        let is_valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
            && !name.ends_with('-')
            && !name.contains("--")
            && name.len() <= NAME_CHARS_MAX;
        if !is_valid || is_default(&name) {
            return Err(RdsError::Value(format!(
                "The parameter DBParameterGroupName is not a valid identifier: {name}"
            )));
        }
        if self.parameter_groups.contains_key(&name) {
            return Err(RdsError::ParameterGroupExists(name));
        }
        let family = input.db_parameter_group_family;
        if !family.strip_prefix("postgres").is_some_and(|major| major.parse::<f32>().is_ok()) {
            return Err(RdsError::NotBuilt(format!(
                "CreateDBParameterGroup with DBParameterGroupFamily {family}"
            )));
        }
        let arn = own_arn(cx, "pg", &name);
        self.set_tags(&arn, input.tags.unwrap_or_default());
        let shown = w::DBParameterGroup {
            db_parameter_group_name: Some(name.clone()),
            db_parameter_group_family: Some(family),
            description: Some(input.description),
            db_parameter_group_arn: Some(arn),
        };
        let group = ParameterGroup { shown: shown.clone(), parameters: BTreeMap::new() };
        self.parameter_groups.insert(name, group);
        Ok(w::CreateDBParameterGroupOutput { db_parameter_group: Some(shown) })
    }

    pub(in super::super) fn describe_parameter_groups(
        &self,
        cx: &Cx<'_>,
        input: &w::DescribeDBParameterGroupsInput,
    ) -> Result<w::DescribeDBParameterGroupsOutput, RdsError> {
        let found: Vec<w::DBParameterGroup> = match &input.db_parameter_group_name {
            Some(name) if is_default(&key_of(name)) => vec![default_group(cx, &key_of(name))],
            Some(name) => vec![self.parameter_group(name)?.shown.clone()],
            None => self.parameter_groups.values().map(|group| group.shown.clone()).collect(),
        };
        let (db_parameter_groups, marker) =
            page(found.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBParameterGroupsOutput { marker, db_parameter_groups: Some(db_parameter_groups) })
    }

    pub(in super::super) fn describe_parameters(
        &self,
        input: &w::DescribeDBParametersInput,
    ) -> Result<w::DescribeDBParametersOutput, RdsError> {
        self.known_parameter_group(&input.db_parameter_group_name)?;
        if input.source.as_deref() != Some("user") {
            let what = "DescribeDBParameters without Source=user: the engine's defaults";
            return Err(RdsError::NotBuilt(what.to_owned()));
        }
        let group = self.parameter_groups.get(&key_of(&input.db_parameter_group_name));
        let found: Vec<w::Parameter> =
            group.map(|group| group.parameters.values().cloned().collect()).unwrap_or_default();
        let (parameters, marker) = page(found.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBParametersOutput { parameters: Some(parameters), marker })
    }

    pub(in super::super) fn modify_parameter_group(
        &mut self,
        input: w::ModifyDBParameterGroupInput,
    ) -> Result<w::ModifyDBParameterGroupOutput, RdsError> {
        let name = self.own_parameter_group(&input.db_parameter_group_name)?;
        let mut set = Vec::new();
        for parameter in input.parameters {
            let key = parameter.parameter_name.clone().unwrap_or_default();
            let is_name =
                !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            if !is_name {
                return Err(RdsError::Value(format!("Could not find parameter with name: {key}")));
            }
            if FIXED.contains(&key.as_str()) {
                return Err(RdsError::Value(format!("The parameter {key} cannot be modified.")));
            }
            if parameter.parameter_value.is_none() || parameter.apply_method.is_none() {
                let said = format!("The parameter {key} needs ParameterValue and ApplyMethod.");
                return Err(RdsError::Value(said));
            }
            set.push((key, parameter));
        }
        let group =
            self.parameter_groups.get_mut(&name).ok_or_else(|| RdsError::NoParameterGroup(name.clone()))?;
        for (key, mut parameter) in set {
            parameter.source = Some("user".to_owned());
            parameter.is_modifiable = Some(true);
            group.parameters.insert(key, parameter);
        }
        self.need_reboot(&name);
        Ok(w::ModifyDBParameterGroupOutput { db_parameter_group_name: Some(name) })
    }

    pub(in super::super) fn reset_parameter_group(
        &mut self,
        input: w::ResetDBParameterGroupInput,
    ) -> Result<w::ResetDBParameterGroupOutput, RdsError> {
        let name = self.own_parameter_group(&input.db_parameter_group_name)?;
        let names: Vec<String> =
            input.parameters.unwrap_or_default().into_iter().filter_map(|one| one.parameter_name).collect();
        let is_all = input.reset_all_parameters.unwrap_or(true);
        if is_all != names.is_empty() {
            let said = "Specify either ResetAllParameters or a list of parameters.";
            return Err(RdsError::Combination(said.to_owned()));
        }
        if let Some(group) = self.parameter_groups.get_mut(&name) {
            group.parameters.retain(|key, _| !is_all && !names.contains(key));
        }
        self.need_reboot(&name);
        Ok(w::ResetDBParameterGroupOutput { db_parameter_group_name: Some(name) })
    }

    pub(in super::super) fn delete_parameter_group(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DeleteDBParameterGroupInput,
    ) -> Result<(), RdsError> {
        let name = self.own_parameter_group(&input.db_parameter_group_name)?;
        if self.users_of(&name).next().is_some() {
            let said = "One or more database instances are still members of this parameter group";
            return Err(RdsError::ParameterGroupState(format!(
                "{said} {name}, so the group cannot be deleted"
            )));
        }
        self.parameter_groups.remove(&name);
        self.tags.remove(&own_arn(cx, "pg", &name));
        Ok(())
    }

    /// A group that can be changed.
    fn own_parameter_group(&self, name: &str) -> Result<String, RdsError> {
        let key = key_of(name);
        if is_default(&key) {
            return Err(RdsError::ParameterGroupState(format!(
                "Default DBParameterGroup cannot be modified or deleted: {key}"
            )));
        }
        self.parameter_group(&key).map(|_| key.clone())
    }

    fn parameter_group(&self, name: &str) -> Result<&ParameterGroup, RdsError> {
        let key = key_of(name);
        self.parameter_groups.get(&key).ok_or(RdsError::NoParameterGroup(key))
    }

    pub(super) fn known_parameter_group(&self, name: &str) -> Result<(), RdsError> {
        if is_default(&key_of(name)) { Ok(()) } else { self.parameter_group(name).map(drop) }
    }

    /// The group that an instance of this version is to have.
    pub(super) fn parameter_group_of(
        &self,
        _cx: &Cx<'_>,
        name: Option<&str>,
        version: &str,
    ) -> Result<w::DBParameterGroupStatus, RdsError> {
        let name = match name {
            Some(name) => {
                self.known_parameter_group(name)?;
                key_of(name)
            }
            None => format!("default.{}", family_of(version)),
        };
        Ok(w::DBParameterGroupStatus {
            db_parameter_group_name: Some(name),
            parameter_apply_status: Some("in-sync".to_owned()),
        })
    }

    fn users_of<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a super::Instance> {
        let has = move |one: &&super::Instance| {
            let mut groups = one.shown.db_parameter_groups.iter().flatten();
            groups.any(|has| has.db_parameter_group_name.as_deref() == Some(group))
        };
        self.instances.values().filter(has)
    }

    /// Instances get what has changed when they next start.
    fn need_reboot(&mut self, group: &str) {
        for instance in self.instances.values_mut() {
            for has in instance.shown.db_parameter_groups.iter_mut().flatten() {
                if has.db_parameter_group_name.as_deref() == Some(group) {
                    has.parameter_apply_status = Some("pending-reboot".to_owned());
                }
            }
        }
    }
}

fn is_default(name: &str) -> bool {
    name.starts_with("default.postgres")
}

fn default_group(cx: &Cx<'_>, name: &str) -> w::DBParameterGroup {
    let family = name.trim_start_matches("default.").to_owned();
    w::DBParameterGroup {
        db_parameter_group_name: Some(name.to_owned()),
        description: Some(format!("Default parameter group for {family}")),
        db_parameter_group_family: Some(family),
        db_parameter_group_arn: Some(own_arn(cx, "pg", name)),
    }
}
