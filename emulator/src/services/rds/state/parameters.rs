//! Parameter groups: a server gets what a user has set when it starts.
//!
//! Names, values and apply methods are checked as `settings.rs` says. A value that is a formula of RDS's
//! (`{DBInstanceClassMemory/32768}`) is stored and not given to the server, nor is what begins with `rds.`; but
//! `rds.logical_replication` is `wal_level = logical`. A parameter that the PostgreSQL of this machine does not take (it may be of
//! another version) makes the instance `incompatible-parameters` at its next start.
//! Ours: the engine's defaults are shown without their values; `immediate` too takes effect at the next start; `fsync` can be set, and
//! is off if it is not.

use std::collections::BTreeMap;

use wavetank_wire::rds as w;

use super::create::major_of;
use super::engines::family_of;
use super::{Rds, key_of, own_arn, page};
use crate::services::rds::limits::NAME_CHARS_MAX;
use crate::services::rds::{RdsError, settings};
use crate::world::Cx;

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
        set.filter(|(_, value)| !settings::is_formula(value)).filter_map(for_server).collect()
    }

    /// The major version that it is for.
    fn major(&self) -> u32 {
        self.family().strip_prefix("postgres").and_then(major_of).unwrap_or_default()
    }

    fn family(&self) -> &str {
        self.shown.db_parameter_group_family.as_deref().unwrap_or_default()
    }
}

/// A setting as a server takes it: it knows none of RDS's own.
fn for_server((name, value): (String, String)) -> Option<(String, String)> {
    match name.as_str() {
        "rds.logical_replication" if ["1", "on", "true"].contains(&value.as_str()) => {
            Some(("wal_level".to_owned(), "logical".to_owned()))
        }
        own if own.starts_with("rds.") => None,
        _ => Some((name, value)),
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
        check_family(&family)?;
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
        let key = key_of(&input.db_parameter_group_name);
        let group = self.parameter_groups.get(&key);
        let family = key.strip_prefix("default.postgres").and_then(major_of);
        let major = group.map(ParameterGroup::major).or(family).unwrap_or_default();
        let set = |name: &str| group.and_then(|group| group.parameters.get(name));
        let all = settings::all(major).map(|known| match set(known.name) {
            Some(set) => set.clone(),
            None => shown_of(&known),
        });
        let is_wanted =
            |one: &w::Parameter| input.source.is_none() || one.source.as_deref() == input.source.as_deref();
        let found: Vec<w::Parameter> = all.filter(is_wanted).collect();
        let (parameters, marker) = page(found.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBParametersOutput { parameters: Some(parameters), marker })
    }

    pub(in super::super) fn modify_parameter_group(
        &mut self,
        input: w::ModifyDBParameterGroupInput,
    ) -> Result<w::ModifyDBParameterGroupOutput, RdsError> {
        let name = self.own_parameter_group(&input.db_parameter_group_name)?;
        let major = self.parameter_group(&name)?.major();
        let mut set = Vec::new();
        for parameter in input.parameters {
            let key = parameter.parameter_name.clone().unwrap_or_default();
            let (Some(value), Some(method)) = (&parameter.parameter_value, &parameter.apply_method) else {
                // Assumed: the words.
                let said = format!("The parameter {key} needs ParameterValue and ApplyMethod.");
                return Err(RdsError::Value(said));
            };
            let known = settings::check(major, &key, value, method == "immediate")?;
            let (parameter_value, apply_method) = (parameter.parameter_value, parameter.apply_method);
            let source = Some("user".to_owned());
            set.push((key, w::Parameter { parameter_value, apply_method, source, ..shown_of(&known) }));
        }
        let group =
            self.parameter_groups.get_mut(&name).ok_or_else(|| RdsError::NoParameterGroup(name.clone()))?;
        group.parameters.extend(set);
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

    /// The family of an instance: of the version that was asked for, whatever this machine runs.
    pub(super) fn family_of_instance(&self, shown: &w::DBInstance) -> String {
        let has = shown.db_parameter_groups.iter().flatten();
        let has = has.filter_map(|group| group.db_parameter_group_name.as_deref()).next();
        let version = shown.engine_version.as_deref().unwrap_or_default();
        has.map_or_else(|| family_of(version), |name| self.family_of_group(name))
    }

    fn family_of_group(&self, key: &str) -> String {
        let group = self.parameter_groups.get(key);
        group.map_or_else(|| key.trim_start_matches("default."), ParameterGroup::family).to_owned()
    }

    /// The group that an instance of this family is to have.
    pub(super) fn parameter_group_of(
        &self,
        name: Option<&str>,
        wanted: &str,
    ) -> Result<w::DBParameterGroupStatus, RdsError> {
        let name = match name {
            Some(name) => {
                self.check_family_of(name, wanted)?;
                key_of(name)
            }
            None => format!("default.{wanted}"),
        };
        Ok(w::DBParameterGroupStatus {
            db_parameter_group_name: Some(name),
            parameter_apply_status: Some("in-sync".to_owned()),
        })
    }

    /// Refuses a group of another family than the instance's.
    ///
    /// Recorded: the sentence, from a public report of CreateDBInstance's refusal (read 2026-11-28).
    fn check_family_of(&self, name: &str, wanted: &str) -> Result<(), RdsError> {
        self.known_parameter_group(name)?;
        let key = key_of(name);
        let family = self.family_of_group(&key);
        if family == wanted {
            return Ok(());
        }
        Err(RdsError::Combination(format!(
            "The parameter group {key} with DBParameterGroupFamily {family} can't be used for this instance. \
             Use a parameter group with DBParameterGroupFamily {wanted}."
        )))
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

/// Refuses a family that AWS does not have.
///
/// Recorded: the sentence, from public reports of CreateDBParameterGroup's refusals (read 2026-11-28).
fn check_family(family: &str) -> Result<(), RdsError> {
    let others = ["aurora", "custom", "db2", "mariadb", "mysql", "oracle", "sqlserver"];
    if others.iter().any(|engine| family.starts_with(engine)) {
        let said = format!("CreateDBParameterGroup with DBParameterGroupFamily {family}");
        return Err(RdsError::NotBuilt(said));
    }
    if is_family(family) {
        return Ok(());
    }
    Err(RdsError::Value(format!("ParameterGroupFamily {family} is not a valid parameter group family")))
}

fn is_family(family: &str) -> bool {
    let major = family.strip_prefix("postgres").and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| settings::MAJORS.contains(&major) && family == format!("postgres{major}"))
}

/// A parameter as it is before anybody sets it.
fn shown_of(known: &settings::Setting) -> w::Parameter {
    w::Parameter {
        parameter_name: Some(known.name.to_owned()),
        source: Some("engine-default".to_owned()),
        apply_type: Some(if known.is_static { "static" } else { "dynamic" }.to_owned()),
        data_type: Some(known.data_type().to_owned()),
        allowed_values: known.allowed(),
        is_modifiable: Some(known.is_modifiable()),
        apply_method: Some("pending-reboot".to_owned()),
        ..Default::default()
    }
}

fn is_default(name: &str) -> bool {
    name.strip_prefix("default.").is_some_and(is_family)
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
