//! Values come in: what clients put.

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::super::store::Key;
use super::CloudWatch;
use crate::world::{Cx, Point};

/// A datum that has passed.
struct Checked {
    key: Key,
    unit: String,
    at: Timestamp,
    fine: bool,
    point: Point,
}

impl CloudWatch {
    /// Takes all data or none. What is wrong is told of each datum, a line each.
    pub(in super::super) fn put_metric_data(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutMetricDataInput,
    ) -> Result<PutMetricDataOutput, CloudWatchError> {
        let plain = input.metric_data.unwrap_or_default();
        let entities = input.entity_metric_data.unwrap_or_default();
        let of_entities = entities.iter().map(|entity| entity.metric_data.as_ref().map_or(0, Vec::len));
        let count = plain.len() + of_entities.sum::<usize>();
        if count == 0 {
            return Err(CloudWatchError::Missing("The parameter MetricData is required.".to_owned()));
        }
        if count > limits::DATA_MAX {
            let why =
                format!("The collection MetricData must not have a size greater than {}.", limits::DATA_MAX);
            return Err(CloudWatchError::Value(why));
        }
        if input.namespace.starts_with("AWS/") {
            let why = "The value AWS/ for parameter Namespace is invalid.".to_owned();
            return Err(CloudWatchError::Value(why));
        }
        let of_entities = entities.into_iter().enumerate().flat_map(|(at, entity)| {
            let data = entity.metric_data.unwrap_or_default().into_iter().enumerate();
            data.map(move |(n, datum)| {
                (format!("EntityMetricData.member.{}.MetricData.member.{}", at + 1, n + 1), datum)
            })
        });
        let data = plain.into_iter().enumerate();
        let data = data.map(|(n, datum)| (format!("MetricData.member.{}", n + 1), datum)).chain(of_entities);
        let mut checked = Vec::with_capacity(count);
        let mut wrong: Option<CloudWatchError> = None;
        for (path, datum) in data {
            match check(&input.namespace, &path, datum, cx.now) {
                Ok(datum) => checked.push(datum),
                Err(why) => {
                    wrong = Some(match wrong {
                        None => why,
                        Some(CloudWatchError::Value(before)) => {
                            CloudWatchError::Value(format!("{before}\n{why}"))
                        }
                        Some(before) => before,
                    });
                }
            }
        }
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        for Checked { key, unit, at, fine, point } in checked {
            self.store.put(key, &unit, at, fine, &point, cx.now);
        }
        self.wake(cx.now);
        Ok(PutMetricDataOutput {})
    }
}

fn check(
    namespace: &str,
    path: &str,
    datum: MetricDatum,
    now: Timestamp,
) -> Result<Checked, CloudWatchError> {
    let value = |why: String| Err(CloudWatchError::Value(why));
    let at = datum.timestamp.unwrap_or(now);
    if at + limits::AGE_MAX < now {
        return value(format!(
            "The parameter {path}.Timestamp must specify a time within the past two weeks."
        ));
    }
    if at > now + limits::AHEAD_MAX {
        return value(format!(
            "The parameter {path}.Timestamp must specify a time no more than two hours in the future."
        ));
    }
    let fine = match datum.storage_resolution {
        None | Some(60) => false,
        Some(1) => true,
        Some(other) => {
            return value(format!("The value {other} for parameter {path}.StorageResolution is invalid."));
        }
    };
    let given = datum.dimensions.unwrap_or_default();
    let dimensions: Vec<_> = given.into_iter().map(|dimension| (dimension.name, dimension.value)).collect();
    let key = Key::new(namespace, &datum.metric_name, dimensions);
    if key.dimensions.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return value(format!("The parameter {path}.Dimensions must not name a dimension twice."));
    }
    let point = match (datum.value, datum.statistic_values, datum.values) {
        (Some(one), None, None) => {
            let mut point = Point::empty(true);
            point.add(number(one, path, "Value")?, 1.0);
            point
        }
        (None, Some(set), None) => statistic_set(&set, path)?,
        (None, None, Some(values)) => listed(&values, datum.counts.as_deref(), path)?,
        (None, None, None) => {
            let why = format!(
                "The parameter {path}.Value, {path}.StatisticValues or {path}.Values must be specified."
            );
            return Err(CloudWatchError::Missing(why));
        }
        (Some(_), Some(_), _) => return Err(exclusive(path, "Value", "StatisticValues")),
        (Some(_), _, Some(_)) => return Err(exclusive(path, "Value", "Values")),
        (None, Some(_), Some(_)) => return Err(exclusive(path, "StatisticValues", "Values")),
    };
    let step = if fine { 1 } else { 60 };
    let at = Timestamp::from_secs(at.secs().div_euclid(step) * step);
    Ok(Checked { key, unit: datum.unit.unwrap_or_else(|| standard_unit::NONE.to_owned()), at, fine, point })
}

fn exclusive(path: &str, one: &str, other: &str) -> CloudWatchError {
    CloudWatchError::Combination(format!(
        "The parameters {path}.{one} and {path}.{other} are mutually exclusive and you have specified both."
    ))
}

/// A number that CloudWatch takes: no NaN, no infinity, not beyond 2 to the 360.
fn number(value: f64, path: &str, member: &str) -> Result<f64, CloudWatchError> {
    if value.is_finite() && value.abs() <= limits::VALUE_MAX {
        return Ok(value);
    }
    Err(CloudWatchError::Value(format!("The value {value} for parameter {path}.{member} is invalid.")))
}

fn statistic_set(set: &StatisticSet, path: &str) -> Result<Point, CloudWatchError> {
    let path = format!("{path}.StatisticValues");
    for (value, member) in [
        (set.sample_count, "SampleCount"),
        (set.sum, "Sum"),
        (set.minimum, "Minimum"),
        (set.maximum, "Maximum"),
    ] {
        number(value, &path, member)?;
    }
    if set.sample_count <= 0.0 {
        let why = format!("The parameter {path}.SampleCount must be greater than 0.");
        return Err(CloudWatchError::Value(why));
    }
    if set.minimum > set.maximum {
        let why = format!("The parameter {path}.Maximum must be greater than {path}.Minimum.");
        return Err(CloudWatchError::Value(why));
    }
    Ok(Point::of_set(set.sample_count, set.sum, set.minimum, set.maximum))
}

/// Values with their counts; a value without one came once.
fn listed(values: &[f64], counts: Option<&[f64]>, path: &str) -> Result<Point, CloudWatchError> {
    if values.is_empty() || values.len() > limits::VALUES_MAX {
        let why = format!("The collection {path}.Values must have 1 to {} members.", limits::VALUES_MAX);
        return Err(CloudWatchError::Value(why));
    }
    if counts.is_some_and(|counts| counts.len() != values.len()) {
        let why = format!("The parameters {path}.Values and {path}.Counts must be of the same size.");
        return Err(CloudWatchError::Value(why));
    }
    let mut point = Point::empty(true);
    for (at, value) in values.iter().enumerate() {
        let count = counts.map_or(1.0, |counts| counts[at]);
        number(*value, path, &format!("Values.member.{}", at + 1))?;
        if !(count.is_finite() && count > 0.0) {
            let why = format!("The value {count} for parameter {path}.Counts.member.{} is invalid.", at + 1);
            return Err(CloudWatchError::Value(why));
        }
        point.add(*value, count);
    }
    Ok(point)
}
