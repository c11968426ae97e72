//! Subnet groups. A tank has no networks: the subnets are names, and lie in the region's zones in turn.

use wavetank_wire::rds as w;

use super::{Rds, key_of, own_arn, page};
use crate::services::rds::RdsError;
use crate::services::rds::limits::NAME_CHARS_MAX;
use crate::world::Cx;

/// Subnets of a group, at least: two zones must be covered.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html (read 2026-11-29).
const SUBNETS_MIN: usize = 2;

impl Rds {
    pub(in super::super) fn create_subnet_group(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateDBSubnetGroupInput,
    ) -> Result<w::CreateDBSubnetGroupOutput, RdsError> {
        let name = key_of(&input.db_subnet_group_name);
        if name.is_empty() || name.len() > NAME_CHARS_MAX || name == "default" {
            return Err(RdsError::Value(format!(
                "The parameter DBSubnetGroupName is not a valid identifier: {name}"
            )));
        }
        if self.subnet_groups.contains_key(&name) {
            return Err(RdsError::SubnetGroupExists(name));
        }
        let subnets = subnets(cx, &input.subnet_ids)?;
        let arn = own_arn(cx, "subgrp", &name);
        let group = w::DBSubnetGroup {
            db_subnet_group_name: Some(name.clone()),
            db_subnet_group_description: Some(input.db_subnet_group_description),
            vpc_id: Some("vpc-00000000000000000".to_owned()),
            subnet_group_status: Some("Complete".to_owned()),
            subnets: Some(subnets),
            db_subnet_group_arn: Some(arn.clone()),
            supported_network_types: Some(vec!["IPV4".to_owned()]),
        };
        self.set_tags(&arn, input.tags.unwrap_or_default());
        self.subnet_groups.insert(name, group.clone());
        Ok(w::CreateDBSubnetGroupOutput { db_subnet_group: Some(group) })
    }

    pub(in super::super) fn modify_subnet_group(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::ModifyDBSubnetGroupInput,
    ) -> Result<w::ModifyDBSubnetGroupOutput, RdsError> {
        let subnets = subnets(cx, &input.subnet_ids)?;
        let name = key_of(&input.db_subnet_group_name);
        let group = self.subnet_groups.get_mut(&name).ok_or(RdsError::NoSubnetGroup(name))?;
        group.subnets = Some(subnets);
        if let Some(said) = &input.db_subnet_group_description {
            group.db_subnet_group_description = Some(said.clone());
        }
        Ok(w::ModifyDBSubnetGroupOutput { db_subnet_group: Some(group.clone()) })
    }

    pub(in super::super) fn describe_subnet_groups(
        &self,
        input: &w::DescribeDBSubnetGroupsInput,
    ) -> Result<w::DescribeDBSubnetGroupsOutput, RdsError> {
        let found: Vec<w::DBSubnetGroup> = match &input.db_subnet_group_name {
            Some(name) => vec![self.subnet_group(name)?.clone()],
            None => self.subnet_groups.values().cloned().collect(),
        };
        let (db_subnet_groups, marker) = page(found.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBSubnetGroupsOutput { marker, db_subnet_groups: Some(db_subnet_groups) })
    }

    pub(in super::super) fn delete_subnet_group(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DeleteDBSubnetGroupInput,
    ) -> Result<(), RdsError> {
        let name = key_of(&input.db_subnet_group_name);
        self.subnet_group(&name)?;
        let is_in = |group: &w::DBSubnetGroup| group.db_subnet_group_name.as_ref() == Some(&name);
        let user = self.instances.values().find(|one| one.shown.db_subnet_group.as_ref().is_some_and(is_in));
        if let Some(user) = user {
            return Err(RdsError::SubnetGroupInUse(name.clone(), user.name().to_owned()));
        }
        self.subnet_groups.remove(&name);
        self.tags.remove(&own_arn(cx, "subgrp", &name));
        Ok(())
    }

    pub(super) fn subnet_group(&self, name: &str) -> Result<&w::DBSubnetGroup, RdsError> {
        let key = key_of(name);
        self.subnet_groups.get(&key).ok_or(RdsError::NoSubnetGroup(key))
    }

    /// The group that an instance is to be in, if it is to be in one.
    pub(super) fn subnet_group_of(&self, name: Option<&str>) -> Result<Option<w::DBSubnetGroup>, RdsError> {
        name.map(|name| self.subnet_group(name).cloned()).transpose()
    }
}

fn subnets(cx: &Cx<'_>, ids: &[String]) -> Result<Vec<w::Subnet>, RdsError> {
    if ids.len() < SUBNETS_MIN {
        return Err(RdsError::TooFewZones(ids.len()));
    }
    let zone = |at: usize| char::from(b"abc"[at % 3]);
    let subnet = |(at, id): (usize, &String)| w::Subnet {
        subnet_identifier: Some(id.clone()),
        subnet_availability_zone: Some(w::AvailabilityZone {
            name: Some(format!("{}{}", cx.scope.region, zone(at))),
        }),
        subnet_outpost: Some(w::Outpost::default()),
        subnet_status: Some("Active".to_owned()),
    };
    Ok(ids.iter().enumerate().map(subnet).collect())
}
