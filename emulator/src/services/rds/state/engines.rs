//! Which engines there are: PostgreSQL of the versions that AWS knows.
//!
//! What really runs is the PostgreSQL that is installed, of the major version that is asked for if there is one; the instance's
//! `EngineVersion` says which as soon as it runs, and an event if the major version is another one.

use wavetank_wire::rds as w;

use super::clusters::AURORA;
use super::create::major_of;
use super::{Rds, page};
use crate::services::rds::RdsError;
use crate::services::rds::limits::{STORAGE_GIB_MAX, STORAGE_GIB_MIN};
use crate::world::Cx;

/// Classes that are offered: any `db.` class is taken, and none has an effect here.
const CLASSES: [&str; 6] =
    ["db.t3.micro", "db.t3.small", "db.t3.medium", "db.t4g.micro", "db.t4g.small", "db.m6g.large"];

/// Of each major version, the first minor version and the last.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-versions.html; the first of 14 and later were
/// read in github.com/aws/aws-cdk, packages/aws-cdk-lib/aws-rds/lib/instance-engine.ts, and 18.6 in public code (2026-11-29); that 11.22
/// and 12.22 live in Extended Support in public threads (2026-11-28).
/// Ours: versions that AWS no longer offers stay, so that old labs work. Assumed: the last of the others, PostgreSQL's own of 2026-11.
const MINORS: [(u32, u32, u32); 8] =
    [(11, 22, 22), (12, 22, 22), (13, 1, 23), (14, 1, 25), (15, 2, 20), (16, 1, 16), (17, 1, 12), (18, 1, 6)];

/// The same of Aurora PostgreSQL.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes (to be verified). Assumed: the numbers.
const AURORA_MINORS: [(u32, u32, u32); 5] = [(13, 9, 23), (14, 6, 20), (15, 2, 15), (16, 1, 11), (17, 4, 7)];

fn aurora_versions() -> Vec<String> {
    let all = AURORA_MINORS.into_iter();
    all.flat_map(|(major, first, last)| (first..=last).map(move |minor| format!("{major}.{minor}"))).collect()
}

impl Rds {
    /// The version of Aurora that is meant: the last of those that fit. Without a wish, of the machine's major version.
    pub(super) fn aurora_version(&self, wanted: Option<&str>) -> Result<String, RdsError> {
        let own = self.server.as_deref().and_then(major_of).map(|major| major.to_string());
        let versions = aurora_versions();
        let last = |wanted: &str| versions.iter().rfind(|version| is_version(version, wanted)).cloned();
        let found = match wanted {
            Some(wanted) => last(wanted),
            None => own.as_deref().and_then(last).or_else(|| versions.last().cloned()),
        };
        let said = || format!("Cannot find version {} for {AURORA}", wanted.unwrap_or_default());
        found.ok_or_else(|| RdsError::Combination(said()))
    }

    /// Versions that AWS knows, the lowest first, and the one that this machine has.
    fn versions(&self) -> Vec<String> {
        let known = MINORS
            .into_iter()
            .flat_map(|(major, first, last)| (first..=last).map(move |minor| (major, minor)));
        let installed = self.server.as_deref().and_then(parts_of);
        let all: std::collections::BTreeSet<(u32, u32)> = known.chain(installed).collect();
        all.into_iter().map(|(major, minor)| format!("{major}.{minor}")).collect()
    }

    /// The version that is meant: `15` is the machine's own of 15, or the last.
    ///
    /// Recorded: the sentence, from public reports of CreateDBInstance's refusals (read 2026-11-28).
    pub(super) fn version_of(&self, wanted: &str) -> Result<String, RdsError> {
        let installed = self.server.iter().find(|version| is_version(version, wanted));
        let versions = self.versions();
        let found = installed.or_else(|| versions.iter().rfind(|version| is_version(version, wanted)));
        found
            .cloned()
            .ok_or_else(|| RdsError::Combination(format!("Cannot find version {wanted} for postgres")))
    }

    /// Ours: a description says which version of PostgreSQL really runs, if it is another one.
    pub(in super::super) fn engine_versions(
        &self,
        cx: &Cx<'_>,
        input: &w::DescribeDBEngineVersionsInput,
    ) -> Result<w::DescribeDBEngineVersionsOutput, RdsError> {
        let is_aurora = input.engine.as_deref() == Some(AURORA);
        if !is_aurora {
            check_engine("DescribeDBEngineVersions", input.engine.as_deref())?;
        }
        let engine = if is_aurora { AURORA } else { "postgres" };
        let default =
            if is_aurora { self.aurora_version(None)? } else { self.server.clone().unwrap_or_default() };
        let installed = self.server.as_deref().unwrap_or_default();
        let is_asked = |version: &String| {
            input.engine_version.as_ref().is_none_or(|wanted| is_version(version, wanted))
                && input
                    .db_parameter_group_family
                    .as_ref()
                    .is_none_or(|wanted| *wanted == family_in(engine, version))
                && (input.default_only != Some(true) || *version == default)
        };
        let known = if is_aurora { aurora_versions() } else { self.versions() };
        let found: Vec<String> = known.into_iter().filter(is_asked).collect();
        let found = found.iter().map(|version| entry_of(cx, engine, version, installed));
        let (db_engine_versions, marker) = page(found, input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBEngineVersionsOutput { marker, db_engine_versions: Some(db_engine_versions) })
    }

    pub(in super::super) fn orderable_options(
        &self,
        cx: &Cx<'_>,
        input: &w::DescribeOrderableDBInstanceOptionsInput,
    ) -> Result<w::DescribeOrderableDBInstanceOptionsOutput, RdsError> {
        check_engine("DescribeOrderableDBInstanceOptions", Some(&input.engine))?;
        let version = match &input.engine_version {
            Some(wanted) => self.version_of(wanted).ok(),
            None => self.server.clone(),
        };
        let is_class = |class: &&str| input.db_instance_class.as_ref().is_none_or(|wanted| wanted == *class);
        let zone = w::AvailabilityZone { name: Some(format!("{}a", cx.scope.region)) };
        let option = |class: &str| w::OrderableDBInstanceOption {
            engine: Some("postgres".to_owned()),
            engine_version: version.clone(),
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
        let found =
            CLASSES.iter().filter(|class| version.is_some() && is_class(class)).map(|class| option(class));
        let (options, marker) = page(found, input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeOrderableDBInstanceOptionsOutput {
            orderable_db_instance_options: Some(options),
            marker,
        })
    }
}

fn entry_of(cx: &Cx<'_>, engine: &str, version: &str, installed: &str) -> w::DBEngineVersion {
    let runs = if version == installed { String::new() } else { format!(" (this machine runs {installed})") };
    w::DBEngineVersion {
        engine: Some(engine.to_owned()),
        major_engine_version: major_of(version).map(|major| major.to_string()),
        engine_version: Some(version.to_owned()),
        db_parameter_group_family: Some(family_in(engine, version)),
        db_engine_description: Some("PostgreSQL".to_owned()),
        db_engine_version_description: Some(format!("PostgreSQL {version}{runs}")),
        db_engine_version_arn: Some(super::own_arn(cx, "engine-version", &format!("{engine}:{version}"))),
        valid_upgrade_target: Some(Vec::new()),
        exportable_log_types: Some(vec!["postgresql".to_owned()]),
        supports_log_exports_to_cloudwatch_logs: Some(false),
        supports_read_replica: Some(false),
        status: Some("available".to_owned()),
        supports_parallel_query: Some(false),
        supports_global_databases: Some(false),
        ..Default::default()
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

/// Major and minor version.
pub(super) fn parts_of(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether the version is the wanted one: `15` is any of 15.
fn is_version(version: &str, wanted: &str) -> bool {
    version == wanted || version.starts_with(&format!("{wanted}."))
}

/// Such as `aurora-postgresql15`.
fn family_in(engine: &str, version: &str) -> String {
    major_of(version).map_or_else(|| engine.to_owned(), |major| format!("{engine}{major}"))
}

/// Such as `postgres15`.
pub(super) fn family_of(version: &str) -> String {
    major_of(version).map_or_else(|| "postgres".to_owned(), |major| format!("postgres{major}"))
}
