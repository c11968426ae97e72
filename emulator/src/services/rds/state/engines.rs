//! Which engines there are: PostgreSQL, as it is installed on this machine.

use wavetank_wire::rds as w;

use super::create::major_of;
use super::{Rds, page};
use crate::services::rds::RdsError;
use crate::services::rds::limits::{STORAGE_GIB_MAX, STORAGE_GIB_MIN};
use crate::world::Cx;

/// Classes that are offered: any `db.` class is taken, and none has an effect here.
const CLASSES: [&str; 6] =
    ["db.t3.micro", "db.t3.small", "db.t3.medium", "db.t4g.micro", "db.t4g.small", "db.m6g.large"];

impl Rds {
    /// Ours: only what this machine has.
    pub(in super::super) fn engine_versions(
        &self,
        cx: &Cx<'_>,
        input: &w::DescribeDBEngineVersionsInput,
    ) -> Result<w::DescribeDBEngineVersionsOutput, RdsError> {
        check_engine("DescribeDBEngineVersions", input.engine.as_deref())?;
        let version = self.server.clone().unwrap_or_default();
        let family = family_of(&version);
        let is_asked = input.engine_version.as_ref().is_none_or(|wanted| is_version(&version, wanted))
            && input.db_parameter_group_family.as_ref().is_none_or(|wanted| *wanted == family);
        let entry = w::DBEngineVersion {
            engine: Some("postgres".to_owned()),
            major_engine_version: major_of(&version).map(|major| major.to_string()),
            engine_version: Some(version.clone()),
            db_parameter_group_family: Some(family),
            db_engine_description: Some("PostgreSQL".to_owned()),
            db_engine_version_description: Some(format!("PostgreSQL {version}")),
            db_engine_version_arn: Some(super::own_arn(cx, "engine-version", &format!("postgres:{version}"))),
            valid_upgrade_target: Some(Vec::new()),
            exportable_log_types: Some(vec!["postgresql".to_owned()]),
            supports_log_exports_to_cloudwatch_logs: Some(false),
            supports_read_replica: Some(false),
            status: Some("available".to_owned()),
            supports_parallel_query: Some(false),
            supports_global_databases: Some(false),
            ..Default::default()
        };
        let found = is_asked.then_some(entry);
        let (db_engine_versions, marker) =
            page(found.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBEngineVersionsOutput { marker, db_engine_versions: Some(db_engine_versions) })
    }

    pub(in super::super) fn orderable_options(
        &self,
        cx: &Cx<'_>,
        input: &w::DescribeOrderableDBInstanceOptionsInput,
    ) -> Result<w::DescribeOrderableDBInstanceOptionsOutput, RdsError> {
        check_engine("DescribeOrderableDBInstanceOptions", Some(&input.engine))?;
        let version = self.server.clone().unwrap_or_default();
        let is_asked = input.engine_version.as_ref().is_none_or(|wanted| is_version(&version, wanted));
        let is_class = |class: &&str| input.db_instance_class.as_ref().is_none_or(|wanted| wanted == *class);
        let zone = w::AvailabilityZone { name: Some(format!("{}a", cx.scope.region)) };
        let option = |class: &str| w::OrderableDBInstanceOption {
            engine: Some("postgres".to_owned()),
            engine_version: Some(version.clone()),
            db_instance_class: Some(class.to_owned()),
            license_model: Some("postgresql-license".to_owned()),
            availability_zones: Some(vec![zone.clone()]),
            multi_az_capable: Some(false),
            read_replica_capable: Some(false),
            vpc: Some(true),
            storage_type: Some("gp2".to_owned()),
            min_storage_size: Some(STORAGE_GIB_MIN),
            max_storage_size: Some(STORAGE_GIB_MAX),
            ..Default::default()
        };
        let found = CLASSES.iter().filter(|class| is_asked && is_class(class)).map(|class| option(class));
        let (options, marker) = page(found, input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeOrderableDBInstanceOptionsOutput {
            orderable_db_instance_options: Some(options),
            marker,
        })
    }
}

fn check_engine(operation: &str, engine: Option<&str>) -> Result<(), RdsError> {
    match engine {
        Some(engine) if engine != "postgres" => {
            Err(RdsError::NotBuilt(format!("{operation} with Engine {engine}")))
        }
        _ => Ok(()),
    }
}

/// Whether the version is the wanted one: `15` is any of 15.
fn is_version(version: &str, wanted: &str) -> bool {
    version == wanted || version.starts_with(&format!("{wanted}."))
}

/// Such as `postgres15`.
pub(super) fn family_of(version: &str) -> String {
    major_of(version).map_or_else(|| "postgres".to_owned(), |major| format!("postgres{major}"))
}
