//! CreateDBInstance: what is refused, what is shown, and the server that is asked for.

use wavetank_wire::rds as w;
use wavetank_wire::secretsmanager as secrets;

use super::engines::family_of;
use super::jobs::Purpose;
use super::{Instance, Rds, Status, key_of, own_arn};
use crate::services::ServiceId;
use crate::services::rds::RdsError;
use crate::services::rds::limits::{
    CREATING, IDENTIFIER_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PORT_MAX, PORT_MIN,
    RETENTION_DAYS_MAX, STORAGE_GIB_MAX, STORAGE_GIB_MIN, USER_CHARS_MAX,
};
use crate::services::rds::work::{Master, PostgresTask};
use crate::world::Cx;

/// Names that the engine keeps for itself.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (read 2026-11-29): "can't be a
/// reserved word". Assumed: which.
const RESERVED_USERS: [&str; 6] = ["admin", "postgres_", "rdsadmin", "rds_superuser", "public", "user"];

impl Rds {
    pub(in super::super) fn create_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateDBInstanceInput,
    ) -> Result<w::CreateDBInstanceOutput, RdsError> {
        check_built(&input)?;
        check_identifier("DBInstanceIdentifier", &input.db_instance_identifier)?;
        let key = key_of(&input.db_instance_identifier);
        if self.instances.contains_key(&key) {
            return Err(RdsError::InstanceExists);
        }
        if let Some(cluster) = input.db_cluster_identifier.clone() {
            return self.create_member(cx, input, &cluster);
        }
        check_values(&input)?;
        let port = input.port.map(check_port).transpose()?;
        let user = input.master_username.clone().unwrap_or_default();
        let (password, is_managed) = password_of(cx, &input)?;
        let subnet_group = self.subnet_group_of(input.db_subnet_group_name.as_deref())?;
        let version = match &input.engine_version {
            Some(wanted) => self.version_of(wanted)?,
            None => self.server.clone().unwrap_or_default(),
        };
        let group =
            self.parameter_group_of(input.db_parameter_group_name.as_deref(), &family_of(&version))?;
        let mut shown = shown_of(cx, &key, &input, version.clone());
        shown.db_subnet_group = subnet_group;
        shown.db_parameter_groups = Some(vec![group]);
        let home = shown.dbi_resource_id.clone().unwrap_or_default();
        let master = Master { user, password };
        if is_managed {
            self.ask_for_secret(cx, &home, &mut shown, &master, input.master_user_secret_kms_key_id.clone());
        }
        let arn = shown.db_instance_arn.clone().unwrap_or_default();
        self.set_tags(&arn, input.tags.unwrap_or_default());
        let major = major_of(&version);
        let instance = Instance { shown, status: Status::Creating, until: None, port, major };
        let task = PostgresTask::Create { launch: self.launch(&instance), master, database: input.db_name };
        self.instances.insert(key.clone(), instance);
        self.start_work(cx, &home, task, CREATING, Purpose::Created(home.clone()));
        Ok(w::CreateDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }

    /// RDS keeps the password in Secrets Manager under a name of its own.
    ///
    /// Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html (read 2026-11-29). Rotation is left out.
    /// Assumed: the name.
    pub(super) fn ask_for_secret(
        &mut self,
        cx: &mut Cx<'_>,
        home: &str,
        shown: &mut w::DBInstance,
        master: &Master,
        kms_key_id: Option<String>,
    ) {
        let token = cx.number();
        self.secrets.insert(token, home.to_owned());
        let value = serde_json::json!({"username": master.user, "password": master.password});
        let input = secrets::CreateSecretInput {
            name: format!("rds!{}", home.to_lowercase()),
            description: Some(format!(
                "The secret associated with the primary RDS DB instance: {}",
                shown.db_instance_arn.as_deref().unwrap_or_default()
            )),
            secret_string: Some(value.to_string()),
            kms_key_id: kms_key_id.clone(),
            ..Default::default()
        };
        cx.call::<secrets::CreateSecret>(ServiceId::SecretsManager, input, Some(token));
        shown.master_user_secret = Some(w::MasterUserSecret {
            secret_arn: None,
            secret_status: Some("creating".to_owned()),
            kms_key_id,
        });
    }
}

/// Refuses by name what AWS has and this tank does not.
fn check_built(input: &w::CreateDBInstanceInput) -> Result<(), RdsError> {
    let not_built = |what: &str| Err(RdsError::NotBuilt(format!("CreateDBInstance with {what}")));
    if input.engine != "postgres" && input.db_cluster_identifier.is_none() {
        return not_built(&format!("Engine {}", input.engine));
    }
    let members = [
        ("DBSecurityGroups", input.db_security_groups.as_ref().is_some_and(|groups| !groups.is_empty())),
        ("Domain", input.domain.is_some() || input.domain_fqdn.is_some()),
        ("TdeCredentialArn", input.tde_credential_arn.is_some()),
        ("CharacterSetName", input.character_set_name.is_some()),
        ("CustomIamInstanceProfile", input.custom_iam_instance_profile.is_some()),
        ("MultiTenant", input.multi_tenant == Some(true)),
        ("AdditionalStorageVolumes", input.additional_storage_volumes.is_some()),
        (
            "MasterUserAuthenticationType",
            input.master_user_authentication_type.as_deref() == Some("iam-db-auth"),
        ),
        ("EnableIAMDatabaseAuthentication", input.enable_iam_database_authentication == Some(true)),
    ];
    match members.iter().find(|(_, is_asked)| *is_asked) {
        Some((name, _)) => not_built(name),
        None => Ok(()),
    }
}

/// Refuses an identifier that AWS would.
pub(super) fn check_identifier(parameter: &str, name: &str) -> Result<(), RdsError> {
    let is_valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name.len() <= IDENTIFIER_CHARS_MAX;
    if is_valid {
        return Ok(());
    }
    Err(RdsError::Value(format!(
        "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, \
         digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    )))
}

/// The password that is given or, if it is managed, drawn; and whether it is managed.
pub(super) fn password_of(
    cx: &mut Cx<'_>,
    input: &w::CreateDBInstanceInput,
) -> Result<(String, bool), RdsError> {
    let is_managed = input.manage_master_user_password == Some(true);
    let password = match (&input.master_user_password, is_managed) {
        (Some(_), true) => {
            let said =
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
            return Err(RdsError::Combination(said.to_owned()));
        }
        (Some(password), false) => password.clone(),
        (None, true) => cx.letters(28, b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
        (None, false) => {
            let said = "The parameter MasterUserPassword must be provided and must not be blank.";
            return Err(RdsError::Value(said.to_owned()));
        }
    };
    check_password(&password)?;
    Ok((password, is_managed))
}

pub(super) fn check_values(input: &w::CreateDBInstanceInput) -> Result<(), RdsError> {
    let value = |said: String| Err(RdsError::Value(said));
    if !input.db_instance_class.starts_with("db.") {
        return value(format!("Invalid DB Instance class: {}", input.db_instance_class));
    }
    match &input.master_username {
        None => {
            return value("The parameter MasterUsername must be provided and must not be blank.".to_owned());
        }
        Some(user) => check_user(user)?,
    }
    match input.allocated_storage {
        None => {
            let said = "The parameter AllocatedStorage must be provided and must not be blank.";
            return value(said.to_owned());
        }
        Some(storage) => check_storage(storage)?,
    }
    if let Some(days) = input.backup_retention_period {
        check_retention(days)?;
    }
    if let Some(name) = &input.db_name
        && !is_database(name)
    {
        return value(format!(
            "Database name {name} is not a valid name. Must begin with a letter or underscore and contain only alphanumeric characters."
        ));
    }
    Ok(())
}

fn is_database(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= USER_CHARS_MAX
}

fn check_user(user: &str) -> Result<(), RdsError> {
    if !is_database(user) || user.to_lowercase().starts_with("pg_") {
        return Err(RdsError::Value(format!("MasterUsername {user} is not a valid user name.")));
    }
    if RESERVED_USERS.contains(&user.to_lowercase().as_str()) {
        let said =
            format!("MasterUsername {user} cannot be used as it is a reserved word used by the engine");
        return Err(RdsError::Value(said));
    }
    Ok(())
}

pub(super) fn check_password(password: &str) -> Result<(), RdsError> {
    let value = |said: &str| Err(RdsError::Value(said.to_owned()));
    if password.len() < PASSWORD_CHARS_MIN {
        return value(
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
        );
    }
    if password.len() > PASSWORD_CHARS_MAX {
        return value(
            "The parameter MasterUserPassword is not a valid password because it is longer than 128 characters.",
        );
    }
    if !password.chars().all(|c| c.is_ascii_graphic() && !"/@\"".contains(c)) {
        return value(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.",
        );
    }
    Ok(())
}

pub(super) fn check_port(port: i64) -> Result<u16, RdsError> {
    let port = if (PORT_MIN..=PORT_MAX).contains(&port) { u16::try_from(port).ok() } else { None };
    port.ok_or_else(|| RdsError::Value(format!("Invalid port. Must be between {PORT_MIN} and {PORT_MAX}.")))
}

pub(super) fn check_storage(storage: i64) -> Result<(), RdsError> {
    if (STORAGE_GIB_MIN..=STORAGE_GIB_MAX).contains(&storage) {
        return Ok(());
    }
    Err(RdsError::Value(format!(
        "Invalid storage size for engine name postgres and storage type gp2: {storage}"
    )))
}

pub(super) fn check_retention(days: i64) -> Result<(), RdsError> {
    if (0..=RETENTION_DAYS_MAX).contains(&days) {
        return Ok(());
    }
    Err(RdsError::Value(format!(
        "Invalid backup retention period: {days}. Must be between 0 and {RETENTION_DAYS_MAX}."
    )))
}

/// The major version that a version names.
pub(super) fn major_of(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What is shown of an instance that is asked for. Windows, zones and classes are stored; they have no effect here.
pub(super) fn shown_of(
    cx: &mut Cx<'_>,
    key: &str,
    input: &w::CreateDBInstanceInput,
    version: String,
) -> w::DBInstance {
    let home = format!("db-{}", cx.letters(26, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    let zone = format!("{}a", cx.scope.region);
    let groups = input.vpc_security_group_ids.clone().unwrap_or_default();
    w::DBInstance {
        db_instance_identifier: Some(key.to_owned()),
        db_instance_class: Some(input.db_instance_class.clone()),
        engine: Some(input.engine.clone()),
        master_username: input.master_username.clone(),
        db_name: input.db_name.clone(),
        allocated_storage: input.allocated_storage,
        instance_create_time: Some(cx.now),
        preferred_backup_window: Some(
            input.preferred_backup_window.clone().unwrap_or_else(|| "03:00-03:30".into()),
        ),
        backup_retention_period: Some(input.backup_retention_period.unwrap_or(1)),
        db_security_groups: Some(Vec::new()),
        vpc_security_groups: Some(groups.into_iter().map(security_group).collect()),
        availability_zone: Some(input.availability_zone.clone().unwrap_or(zone)),
        preferred_maintenance_window: Some(
            input.preferred_maintenance_window.clone().unwrap_or_else(|| "mon:04:00-mon:04:30".into()),
        ),
        pending_modified_values: Some(w::PendingModifiedValues::default()),
        multi_az: Some(input.multi_az.unwrap_or(false)),
        engine_version: Some(version),
        auto_minor_version_upgrade: Some(input.auto_minor_version_upgrade.unwrap_or(true)),
        read_replica_db_instance_identifiers: Some(Vec::new()),
        license_model: Some("postgresql-license".to_owned()),
        iops: input.iops,
        storage_throughput: input.storage_throughput,
        publicly_accessible: Some(input.publicly_accessible.unwrap_or(false)),
        storage_type: Some(input.storage_type.clone().unwrap_or_else(|| "gp2".to_owned())),
        db_instance_port: Some(0),
        storage_encrypted: Some(input.storage_encrypted.unwrap_or(false)),
        kms_key_id: input.kms_key_id.clone(),
        dbi_resource_id: Some(home),
        ca_certificate_identifier: input.ca_certificate_identifier.clone(),
        copy_tags_to_snapshot: Some(input.copy_tags_to_snapshot.unwrap_or(false)),
        monitoring_interval: Some(input.monitoring_interval.unwrap_or(0)),
        monitoring_role_arn: input.monitoring_role_arn.clone(),
        db_instance_arn: Some(own_arn(cx, "db", key)),
        iam_database_authentication_enabled: Some(false),
        performance_insights_enabled: Some(input.enable_performance_insights.unwrap_or(false)),
        enabled_cloudwatch_logs_exports: input.enable_cloudwatch_logs_exports.clone(),
        deletion_protection: Some(input.deletion_protection.unwrap_or(false)),
        max_allocated_storage: input.max_allocated_storage,
        network_type: Some(input.network_type.clone().unwrap_or_else(|| "IPV4".to_owned())),
        backup_target: Some("region".to_owned()),
        ..Default::default()
    }
}

pub(super) fn security_group(id: String) -> w::VpcSecurityGroupMembership {
    w::VpcSecurityGroupMembership { vpc_security_group_id: Some(id), status: Some("active".to_owned()) }
}
