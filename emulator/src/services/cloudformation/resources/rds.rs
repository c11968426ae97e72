//! AWS::RDS::DBInstance, AWS::RDS::DBSubnetGroup and AWS::RDS::DBParameterGroup.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_wire::rds::{self, schema};
use wavetank_wire::{FromVal as _, Val};

use super::properties::Properties;
use super::shape::Form;
use super::{
    Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update, tags,
};

/// A database with its server. `Ref`: its identifier.
pub(super) struct DbInstance;

const fn property(name: &'static str, update: Update) -> Property {
    Property { name, form: Form::Scalar, update }
}

static DB_INSTANCE: Spec = Spec {
    name: "AWS::RDS::DBInstance",
    properties: &[
        property("DBInstanceIdentifier", Update::Replace),
        property("AllocatedStorage", Update::InPlace),
        property("AutoMinorVersionUpgrade", Update::InPlace),
        property("AvailabilityZone", Update::Replace),
        property("BackupRetentionPeriod", Update::InPlace),
        property("CopyTagsToSnapshot", Update::InPlace),
        property("DBInstanceClass", Update::InPlace),
        property("DBName", Update::Replace),
        property("DBParameterGroupName", Update::InPlace),
        property("DBSnapshotIdentifier", Update::Replace),
        property("DBSubnetGroupName", Update::Replace),
        property("DeletionProtection", Update::InPlace),
        Property { name: "EnableCloudwatchLogsExports", form: Form::Scalars, update: Update::Replace },
        property("EnablePerformanceInsights", Update::InPlace),
        property("Engine", Update::Replace),
        property("EngineVersion", Update::InPlace),
        property("ManageMasterUserPassword", Update::Replace),
        property("MasterUserPassword", Update::InPlace),
        property("MasterUsername", Update::Replace),
        property("MaxAllocatedStorage", Update::InPlace),
        property("MultiAZ", Update::InPlace),
        property("Port", Update::Replace),
        property("PreferredBackupWindow", Update::InPlace),
        property("PreferredMaintenanceWindow", Update::InPlace),
        property("PubliclyAccessible", Update::InPlace),
        property("StorageEncrypted", Update::Replace),
        property("StorageType", Update::InPlace),
        Property { name: "VPCSecurityGroups", form: Form::Scalars, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &[
        "DBInstanceArn",
        "DbiResourceId",
        "Endpoint.Address",
        "Endpoint.Port",
        "MasterUserSecret.SecretArn",
    ],
    unbuilt: &[
        "AllowMajorVersionUpgrade",
        "AssociatedRoles",
        "CACertificateIdentifier",
        "CharacterSetName",
        "CustomIAMInstanceProfile",
        "DBClusterIdentifier",
        "DBSecurityGroups",
        "Domain",
        "EnableIAMDatabaseAuthentication",
        "Iops",
        "KmsKeyId",
        "LicenseModel",
        "MasterUserSecret",
        "MonitoringInterval",
        "MonitoringRoleArn",
        "NetworkType",
        "OptionGroupName",
        "ProcessorFeatures",
        "SourceDBInstanceIdentifier",
        "StorageThroughput",
        "Timezone",
    ],
    name_property: Some("DBInstanceIdentifier"),
    tags: TagStyle::List,
};

impl Kind for DbInstance {
    fn spec(&self) -> &'static Spec {
        &DB_INSTANCE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let given = properties.text("DBInstanceIdentifier");
        let name = given.unwrap_or_else(|| make.lower_name(63)).to_lowercase();
        let groups = properties.get("VPCSecurityGroups").cloned();
        let mut more = vec![("DBInstanceIdentifier", Value::from(name.clone()))];
        more.extend(groups.map(|groups| ("VpcSecurityGroupIds", groups)));
        let make_it = if properties.text("DBSnapshotIdentifier").is_some() {
            let but = [
                "VPCSecurityGroups",
                "DBName",
                "MasterUsername",
                "MasterUserPassword",
                "EngineVersion",
                "MaxAllocatedStorage",
                "EnablePerformanceInsights",
                "StorageEncrypted",
                "PreferredMaintenanceWindow",
            ];
            let input =
                properties.as_input(&schema::RESTORE_DB_INSTANCE_FROM_DB_SNAPSHOT_MESSAGE, &but, &more)?;
            Ask::to::<rds::RestoreDBInstanceFromDBSnapshot>(input)
        } else {
            if properties.text("DBInstanceClass").is_none() {
                return Err(properties.missing("DBInstanceClass"));
            }
            let input =
                properties.as_input(&schema::CREATE_DB_INSTANCE_MESSAGE, &["VPCSecurityGroups"], &more)?;
            Ask::to::<rds::CreateDBInstance>(input)
        };
        let arn = make.arn("rds", format!("db:{name}"));
        let made = Made::new(name.clone()).with("DBInstanceArn", arn);
        Ok(Plan { made, asks: vec![make_it, until_available(&name)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let but = [
            "VPCSecurityGroups",
            "AvailabilityZone",
            "DBName",
            "DBSnapshotIdentifier",
            "DBSubnetGroupName",
            "Engine",
            "EnableCloudwatchLogsExports",
            "ManageMasterUserPassword",
            "MasterUsername",
            "Port",
            "StorageEncrypted",
            "Tags",
        ];
        let mut more = vec![
            ("DBInstanceIdentifier", Value::from(name.clone())),
            ("ApplyImmediately", Value::Bool(true)),
        ];
        more.extend(
            properties.get("VPCSecurityGroups").cloned().map(|groups| ("VpcSecurityGroupIds", groups)),
        );
        let mut input: rds::ModifyDBInstanceInput =
            properties.as_input(&schema::MODIFY_DB_INSTANCE_MESSAGE, &but, &more)?;
        // What has not changed is not asked for: a password is not given twice.
        let is_same = |name: &str| properties.get(name) == old.properties.get(name);
        if is_same("MasterUserPassword") {
            input.master_user_password = None;
        }
        if is_same("DBParameterGroupName") {
            input.db_parameter_group_name = None;
        }
        let mut asks = vec![Ask::to::<rds::ModifyDBInstance>(input), until_available(&name)];
        asks.extend(tag_changes(old.made.attribute("DBInstanceArn"), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    /// Assumed: without a last snapshot. AWS takes one by default where the template says nothing of `DeletionPolicy`.
    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let name = &old.made.physical_id;
        let input = rds::DeleteDBInstanceInput {
            db_instance_identifier: name.clone(),
            skip_final_snapshot: Some(true),
            ..Default::default()
        };
        // Asked for by a filter, one that is gone is an empty list.
        let gone = by_filter(name).until(|reply| {
            let found = rds::DescribeDBInstancesOutput::from_val(reply).db_instances.unwrap_or_default();
            if found.is_empty() { Readiness::Ready } else { Readiness::NotYet }
        });
        vec![Ask::to::<rds::DeleteDBInstance>(input).or_absent(), gone]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation != "DescribeDBInstances" {
            return;
        }
        let found = rds::DescribeDBInstancesOutput::from_val(reply).db_instances.unwrap_or_default();
        let Some(instance) = found.into_iter().next() else { return };
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                made.attributes.insert(name.to_owned(), value);
            }
        };
        set("DbiResourceId", instance.dbi_resource_id);
        set("MasterUserSecret.SecretArn", instance.master_user_secret.and_then(|secret| secret.secret_arn));
        if let Some(endpoint) = instance.endpoint {
            set("Endpoint.Address", endpoint.address);
            set("Endpoint.Port", endpoint.port.map(|port| port.to_string()));
        }
    }
}

fn describe(name: &str) -> Ask {
    let input =
        rds::DescribeDBInstancesInput { db_instance_identifier: Some(name.to_owned()), ..Default::default() };
    Ask::to::<rds::DescribeDBInstances>(input)
}

fn by_filter(name: &str) -> Ask {
    let filter = rds::Filter { name: "db-instance-id".to_owned(), values: vec![name.to_owned()] };
    let input = rds::DescribeDBInstancesInput { filters: Some(vec![filter]), ..Default::default() };
    Ask::to::<rds::DescribeDBInstances>(input)
}

fn until_available(name: &str) -> Ask {
    describe(name).until(|reply| {
        let found = rds::DescribeDBInstancesOutput::from_val(reply).db_instances.unwrap_or_default();
        let status = found.into_iter().next().and_then(|one| one.db_instance_status).unwrap_or_default();
        match status.as_str() {
            "available" => Readiness::Ready,
            "failed" | "incompatible-parameters" | "deleting" => {
                Readiness::Failed(format!("The DB instance is {status}; DescribeEvents says why."))
            }
            _ => Readiness::NotYet,
        }
    })
}

fn tag_list(tags: BTreeMap<String, String>) -> Vec<rds::Tag> {
    tags.into_iter().map(|(key, value)| rds::Tag { key: Some(key), value: Some(value) }).collect()
}

fn tag_changes(arn: &str, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = tags::change(old, &properties.tags());
    let mut asks = Vec::new();
    if !change.set.is_empty() {
        let input = rds::AddTagsToResourceInput { resource_name: arn.to_owned(), tags: tag_list(change.set) };
        asks.push(Ask::to::<rds::AddTagsToResource>(input));
    }
    if !change.remove.is_empty() {
        let input =
            rds::RemoveTagsFromResourceInput { resource_name: arn.to_owned(), tag_keys: change.remove };
        asks.push(Ask::to::<rds::RemoveTagsFromResource>(input));
    }
    asks
}

/// A group of subnets. `Ref`: its name.
pub(super) struct DbSubnetGroup;

static DB_SUBNET_GROUP: Spec = Spec {
    name: "AWS::RDS::DBSubnetGroup",
    properties: &[
        property("DBSubnetGroupName", Update::Replace),
        property("DBSubnetGroupDescription", Update::InPlace),
        Property { name: "SubnetIds", form: Form::Scalars, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: Some("DBSubnetGroupName"),
    tags: TagStyle::List,
};

impl Kind for DbSubnetGroup {
    fn spec(&self) -> &'static Spec {
        &DB_SUBNET_GROUP
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let given = properties.text("DBSubnetGroupName");
        let name = given.unwrap_or_else(|| make.lower_name(255)).to_lowercase();
        let input = rds::CreateDBSubnetGroupInput {
            db_subnet_group_name: name.clone(),
            db_subnet_group_description: properties.required("DBSubnetGroupDescription")?,
            subnet_ids: properties.texts("SubnetIds"),
            tags: Some(tag_list(properties.tags())),
        };
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<rds::CreateDBSubnetGroup>(input)] })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let input = rds::ModifyDBSubnetGroupInput {
            db_subnet_group_name: name.clone(),
            db_subnet_group_description: properties.text("DBSubnetGroupDescription"),
            subnet_ids: properties.texts("SubnetIds"),
        };
        let mut asks = vec![Ask::to::<rds::ModifyDBSubnetGroup>(input)];
        asks.extend(tag_changes(&make.arn("rds", format!("subgrp:{name}")), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = rds::DeleteDBSubnetGroupInput { db_subnet_group_name: old.made.physical_id.clone() };
        vec![Ask::to::<rds::DeleteDBSubnetGroup>(input).or_absent()]
    }
}

/// A group of parameters. `Ref`: its name.
pub(super) struct DbParameterGroup;

static DB_PARAMETER_GROUP: Spec = Spec {
    name: "AWS::RDS::DBParameterGroup",
    properties: &[
        property("DBParameterGroupName", Update::Replace),
        property("Description", Update::Replace),
        property("Family", Update::Replace),
        Property { name: "Parameters", form: Form::Free, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["DBParameterGroupName"],
    unbuilt: &[],
    name_property: Some("DBParameterGroupName"),
    tags: TagStyle::List,
};

impl Kind for DbParameterGroup {
    fn spec(&self) -> &'static Spec {
        &DB_PARAMETER_GROUP
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let given = properties.text("DBParameterGroupName");
        let name = given.unwrap_or_else(|| make.lower_name(255)).to_lowercase();
        let input = rds::CreateDBParameterGroupInput {
            db_parameter_group_name: name.clone(),
            db_parameter_group_family: properties.required("Family")?,
            description: properties.required("Description")?,
            tags: Some(tag_list(properties.tags())),
        };
        let mut asks = vec![Ask::to::<rds::CreateDBParameterGroup>(input)];
        asks.extend(set_parameters(&name, &parameters(properties)));
        Ok(Plan { made: Made::new(name.clone()).with("DBParameterGroupName", name), asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let wanted = parameters(properties);
        let before = parameters(&Properties { entries: &old.properties, logical: "" });
        let gone = before.keys().filter(|key| !wanted.contains_key(*key));
        let gone: Vec<rds::Parameter> = gone.map(|key| parameter(key, None)).collect();
        let mut asks = Vec::new();
        if !gone.is_empty() {
            let input = rds::ResetDBParameterGroupInput {
                db_parameter_group_name: name.clone(),
                reset_all_parameters: Some(false),
                parameters: Some(gone),
            };
            asks.push(Ask::to::<rds::ResetDBParameterGroup>(input));
        }
        asks.extend(set_parameters(&name, &wanted));
        asks.extend(tag_changes(&make.arn("rds", format!("pg:{name}")), old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input =
            rds::DeleteDBParameterGroupInput { db_parameter_group_name: old.made.physical_id.clone() };
        vec![Ask::to::<rds::DeleteDBParameterGroup>(input).or_absent()]
    }
}

fn parameters(properties: &Properties<'_>) -> BTreeMap<String, String> {
    let entries = properties.get("Parameters").and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}

fn parameter(key: &str, value: Option<&String>) -> rds::Parameter {
    rds::Parameter {
        parameter_name: Some(key.to_owned()),
        parameter_value: value.cloned(),
        apply_method: Some("pending-reboot".to_owned()),
        ..Default::default()
    }
}

fn set_parameters(name: &str, wanted: &BTreeMap<String, String>) -> Option<Ask> {
    let parameters: Vec<rds::Parameter> =
        wanted.iter().map(|(key, value)| parameter(key, Some(value))).collect();
    let input = rds::ModifyDBParameterGroupInput { db_parameter_group_name: name.to_owned(), parameters };
    (!wanted.is_empty()).then(|| Ask::to::<rds::ModifyDBParameterGroup>(input))
}
