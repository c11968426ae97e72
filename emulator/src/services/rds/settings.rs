//! What the parameters of PostgreSQL take: a table, and whether a value is in it.
//!
//! `parameters.tsv` is what `pg_settings` of PostgreSQL 15.18, 16.2 and 18.6 says (read 2026-11-28), with what its release notes say
//! of 13, 14 and 17. The names that begin with `rds.` and the libraries of `shared_preload_libraries` are AWS's.
//! Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html (to be verified).
//! Left out: AWS's own, narrower ranges for some, and what is set for a class of instances. Families before 13 have 13's names.
//! Start with `find`, then `check`.

use super::RdsError;

/// A row for each name; a name whose row changes between families has two.
const TABLE: &str = include_str!("parameters.tsv");

/// Families whose servers AWS offers. Documented: as `state/engines.rs` says.
pub(super) const MAJORS: std::ops::RangeInclusive<u32> = 11..=18;

/// Settings that keep a server within the tank, and those that AWS keeps to itself. Assumed: which of them AWS does.
const FIXED: [&str; 16] = [
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
    "rds.extensions",
    "restore_command",
    "unix_socket_directories",
    "unix_socket_permissions",
    "wal_level",
];

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// Whether it takes effect at a start alone.
    pub(super) is_static: bool,
    /// `integer`, `real`, `bool`, `enum`, `list` or `string`.
    kind: &'static str,
    min: &'static str,
    max: &'static str,
    /// With commas between them.
    values: &'static str,
}

impl Setting {
    /// A row, if it is of this major version.
    fn of_row(row: &'static str, major: u32) -> Option<Self> {
        let mut cells = row.split('\t');
        let mut next = || cells.next().unwrap_or_default();
        let (name, since, until, context, kind) = (next(), next(), next(), next(), next());
        let bound = |cell: &str| cell.parse::<u32>().ok();
        // Families before 13 are given 13's names.
        let major = major.max(13);
        let is_there = bound(since).is_none_or(|since| since <= major)
            && bound(until).is_none_or(|until| major <= until);
        let is_static = matches!(context, "postmaster" | "internal");
        is_there.then(|| Self { name, is_static, kind, min: next(), max: next(), values: next() })
    }

    pub(super) fn is_modifiable(&self) -> bool {
        !FIXED.contains(&self.name)
    }

    /// In AWS's words, such as `64-2147483647` or `none,ddl,mod,all`.
    pub(super) fn allowed(&self) -> Option<String> {
        match self.kind {
            "integer" | "real" => Some(format!("{}-{}", self.min, self.max)),
            "bool" => Some("0,1".to_owned()),
            "enum" | "list" => Some(self.values.to_owned()),
            _ => None,
        }
    }

    /// In AWS's words.
    pub(super) fn data_type(&self) -> &'static str {
        match self.kind {
            "integer" => "integer",
            "real" => "float",
            "bool" => "boolean",
            "list" => "list",
            _ => "string",
        }
    }

    /// Whether the value is one of those that it takes.
    ///
    /// Numbers are in the parameter's own unit and without one. Assumed: `on`, `off`, `true` and `false` are taken for 1 and 0.
    fn takes(&self, value: &str) -> bool {
        let is_one_of = |value: &str| self.values.split(',').any(|known| known == value);
        match self.kind {
            "integer" => is_formula(value) || value.parse::<i64>().is_ok_and(|_| self.is_in_range(value)),
            "real" => self.is_in_range(value),
            "bool" => ["0", "1", "on", "off", "true", "false"].contains(&value),
            "enum" => is_one_of(value),
            "list" => value.is_empty() || value.split(',').all(|one| is_one_of(one.trim())),
            _ => true,
        }
    }

    fn is_in_range(&self, value: &str) -> bool {
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        match (number(value), number(self.min), number(self.max)) {
            (Some(value), Some(min), Some(max)) => (min..=max).contains(&value),
            _ => false,
        }
    }
}

/// Whether a value is for RDS to work out, such as `{DBInstanceClassMemory/32768}`.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ParamValuesRef.html (read 2026-11-29).
pub(super) fn is_formula(value: &str) -> bool {
    let starts = |word: &str| value.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    (value.starts_with('{') && value.ends_with('}'))
        || (value.ends_with(')') && ["GREATEST(", "LEAST(", "SUM("].into_iter().any(starts))
}

/// All that a server of this major version has.
pub(super) fn all(major: u32) -> impl Iterator<Item = Setting> {
    TABLE.lines().skip(1).filter_map(move |row| Setting::of_row(row, major))
}

/// What the parameter takes.
pub(super) fn find(major: u32, name: &str) -> Result<Setting, RdsError> {
    let found = all(major).find(|setting| setting.name == name);
    found.ok_or_else(|| RdsError::Value(format!("Could not find parameter with name: {name}")))
}

/// Refuses what AWS would.
///
/// Recorded: the sentences, from public reports of `ModifyDBParameterGroup`'s refusals (read 2026-11-28).
pub(super) fn check(major: u32, name: &str, value: &str, is_immediate: bool) -> Result<Setting, RdsError> {
    let setting = find(major, name)?;
    if !setting.is_modifiable() {
        return Err(RdsError::Value(format!("The parameter {name} cannot be modified.")));
    }
    if !setting.takes(value) {
        let allowed = setting.allowed().unwrap_or_default();
        let said = format!("Invalid parameter value: {value} for: {name} allowed values are: {allowed}");
        return Err(RdsError::Value(said));
    }
    if is_immediate && setting.is_static {
        let said = "cannot use immediate apply method for static parameter";
        return Err(RdsError::Combination(said.to_owned()));
    }
    Ok(setting)
}
