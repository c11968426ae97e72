//! Partition projection: partitions computed from table parameters instead of read from the catalog.
//!
//! Built: `enum`, `integer`, `date`, `storage.location.template`. Left out: `injected`, refused by name.
//! Documented: docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html. Start with `partitions`.

use chrono::{DateTime, Months, NaiveDateTime, TimeDelta};

use crate::catalog::{Partition, Table};
use crate::error::{ErrorKind, SqlError};
use crate::functions::java_time;

/// Most partitions one table may project.
const PARTITIONS_MAX: usize = 1_000_000;

/// Whether the table projects its partitions.
pub(crate) fn is_enabled(table: &Table) -> bool {
    table.parameters.get("projection.enabled").is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

/// Every partition the table projects, the last key turning fastest.
pub(crate) fn partitions(table: &Table, now_ms: i64) -> Result<Vec<Partition>, SqlError> {
    let mut all: Vec<Vec<String>> = vec![vec![]];
    for key in &table.partition_keys {
        let values = values(table, &key.name, now_ms)?;
        if all.len().saturating_mul(values.len()) > PARTITIONS_MAX {
            return Err(SqlError::not_built(format!(
                "a projection of more than {PARTITIONS_MAX} partitions"
            )));
        }
        all = all
            .iter()
            .flat_map(|head| values.iter().map(move |v| [head.as_slice(), std::slice::from_ref(v)].concat()))
            .collect();
    }
    Ok(all.into_iter().map(|values| Partition { location: location(table, &values), values }).collect())
}

/// The template with its `${key}` filled in, or `location/k=v/`.
fn location(table: &Table, values: &[String]) -> Option<String> {
    let template = table.parameters.get("storage.location.template")?;
    let filled = table
        .partition_keys
        .iter()
        .zip(values)
        .fold(template.clone(), |text, (key, value)| text.replace(&format!("${{{}}}", key.name), value));
    Some(filled)
}

fn values(table: &Table, key: &str, now_ms: i64) -> Result<Vec<String>, SqlError> {
    let get = |what: &str| table.parameters.get(&format!("projection.{key}.{what}")).map(String::as_str);
    let need = |what: &str| {
        get(what).ok_or_else(|| {
            invalid(table, &format!("Table {} has no property projection.{key}.{what}", table.name))
        })
    };
    match need("type")?.to_ascii_lowercase().as_str() {
        "enum" => Ok(need("values")?.split(',').map(|v| v.trim().to_string()).collect()),
        "integer" => integers(table, need("range")?, get("interval"), get("digits")),
        "date" => {
            dates(table, need("range")?, need("format")?, get("interval"), get("interval.unit"), now_ms)
        }
        other => Err(SqlError::not_built(format!("partition projection of type {other}"))),
    }
}

fn invalid(table: &Table, why: &str) -> SqlError {
    SqlError::new(ErrorKind::InvalidTableProperty, format!("{why} ({}.{})", table.database, table.name))
}

fn integers(
    table: &Table,
    range: &str,
    interval: Option<&str>,
    digits: Option<&str>,
) -> Result<Vec<String>, SqlError> {
    let bad = || invalid(table, &format!("projection range '{range}' is not two integers"));
    let (from, to) = range.split_once(',').ok_or_else(bad)?;
    let (from, to): (i64, i64) =
        (from.trim().parse().map_err(|_| bad())?, to.trim().parse().map_err(|_| bad())?);
    let step: usize = interval.unwrap_or("1").trim().parse().map_err(|_| bad())?;
    let width: usize = digits.unwrap_or("0").trim().parse().map_err(|_| bad())?;
    if step == 0 || to.saturating_sub(from) / step as i64 > PARTITIONS_MAX as i64 {
        return Err(bad());
    }
    Ok((from..=to).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

fn dates(
    table: &Table,
    range: &str,
    format: &str,
    interval: Option<&str>,
    unit: Option<&str>,
    now_ms: i64,
) -> Result<Vec<String>, SqlError> {
    let bad = || invalid(table, &format!("projection range '{range}' does not fit the format '{format}'"));
    let (from, to) = range.split_once(',').ok_or_else(bad)?;
    let from = moment(from.trim(), format, now_ms).ok_or_else(bad)?;
    let to = moment(to.trim(), format, now_ms).ok_or_else(bad)?;
    let step: i64 = interval.unwrap_or("1").trim().parse().map_err(|_| bad())?;
    // Assumed from the documentation: without a unit, the smallest one that the format writes.
    let unit = unit.map(str::to_ascii_uppercase).unwrap_or_else(|| smallest_unit(format).to_string());
    if step <= 0 {
        return Err(bad());
    }
    let mut found: Vec<String> = Vec::new();
    let mut at = from;
    while at <= to {
        let text = java_time::format(at, 0, format).map_err(|e| invalid(table, &e))?;
        if found.last() != Some(&text) {
            found.push(text);
        }
        if found.len() > PARTITIONS_MAX {
            return Err(bad());
        }
        at = advance(at, step, &unit).ok_or_else(bad)?;
    }
    Ok(found)
}

/// A date in the table's format, or `NOW[+-]n<UNIT>`.
fn moment(text: &str, format: &str, now_ms: i64) -> Option<NaiveDateTime> {
    let Some(rest) = text.strip_prefix("NOW") else {
        return java_time::parse(text, format).ok().map(|(at, _)| at);
    };
    let now = DateTime::from_timestamp_millis(now_ms)?.naive_utc();
    if rest.is_empty() {
        return Some(now);
    }
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '+' | '-')).collect();
    let unit = rest.get(digits.len()..)?.trim().to_ascii_uppercase();
    advance(now, digits.parse().ok()?, &unit)
}

fn advance(at: NaiveDateTime, n: i64, unit: &str) -> Option<NaiveDateTime> {
    let months = |n: i64| {
        let size = Months::new(u32::try_from(n.unsigned_abs()).ok()?);
        if n >= 0 { at.checked_add_months(size) } else { at.checked_sub_months(size) }
    };
    match unit.trim_end_matches('S') {
        "YEAR" => months(n.checked_mul(12)?),
        "MONTH" => months(n),
        "WEEK" => at.checked_add_signed(TimeDelta::try_weeks(n)?),
        "DAY" => at.checked_add_signed(TimeDelta::try_days(n)?),
        "HOUR" => at.checked_add_signed(TimeDelta::try_hours(n)?),
        "MINUTE" => at.checked_add_signed(TimeDelta::try_minutes(n)?),
        "SECOND" => at.checked_add_signed(TimeDelta::try_seconds(n)?),
        _ => None,
    }
}

fn smallest_unit(format: &str) -> &'static str {
    for (letter, unit) in
        [('s', "SECONDS"), ('m', "MINUTES"), ('H', "HOURS"), ('h', "HOURS"), ('d', "DAYS"), ('M', "MONTHS")]
    {
        if format.contains(letter) {
            return unit;
        }
    }
    "YEARS"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Column;

    #[test]
    fn keys_multiply_and_the_template_is_filled() {
        let mut table = Table { name: "t".into(), database: "d".into(), ..Table::default() };
        table.partition_keys = vec![Column::new("dt", "string"), Column::new("n", "int")];
        for (k, v) in [
            ("projection.enabled", "true"),
            ("projection.dt.type", "date"),
            ("projection.dt.format", "yyyy/MM/dd"),
            ("projection.dt.range", "2024/01/30,NOW"),
            ("projection.n.type", "integer"),
            ("projection.n.range", "1,3"),
            ("projection.n.interval", "2"),
            ("projection.n.digits", "2"),
            ("storage.location.template", "s3://b/${dt}/${n}"),
        ] {
            table.parameters.insert(k.into(), v.into());
        }
        let now_ms = 1_706_745_600_000; // 2024-02-01
        let found = partitions(&table, now_ms).expect("projects");
        let places: Vec<&str> = found.iter().filter_map(|p| p.location.as_deref()).collect();
        assert_eq!(
            places,
            [
                "s3://b/2024/01/30/01",
                "s3://b/2024/01/30/03",
                "s3://b/2024/01/31/01",
                "s3://b/2024/01/31/03",
                "s3://b/2024/02/01/01",
                "s3://b/2024/02/01/03"
            ]
        );
    }
}
