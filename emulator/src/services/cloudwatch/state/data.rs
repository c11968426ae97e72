//! `GetMetricData`: many metrics and expressions, by pages.

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::CloudWatch;
use super::queries::{answer, read_queries};
use super::token;
use crate::world::Cx;

impl CloudWatch {
    /// The series that queries give, the latest point first unless the caller wants it otherwise.
    pub(in super::super) fn get_metric_data(
        &self,
        cx: &Cx<'_>,
        input: &GetMetricDataInput,
    ) -> Result<GetMetricDataOutput, CloudWatchError> {
        if input.start_time >= input.end_time {
            let why = "The parameter StartTime must be less than the parameter EndTime.".to_owned();
            return Err(CloudWatchError::Validation(why));
        }
        if input
            .label_options
            .as_ref()
            .and_then(|options| options.timezone.as_deref())
            .is_some_and(|zone| zone != "+0000")
        {
            return Err(CloudWatchError::NotBuilt(
                "LabelOptions with another time zone than +0000".to_owned(),
            ));
        }
        let asked = read_queries(&input.metric_data_queries, "MetricDataQueries")?;
        let ascending = input.scan_by.as_deref() == Some(scan_by::TIMESTAMP_ASCENDING);
        let mut results = Vec::new();
        for answered in answer(&self.store, &asked, (input.start_time, input.end_time), cx.now)? {
            if !answered.asked.returned {
                continue;
            }
            for line in &answered.lines {
                let mut points: Vec<(i64, f64)> =
                    line.points.iter().map(|(at, value)| (*at, *value)).collect();
                if !ascending {
                    points.reverse();
                }
                results.push(Series {
                    id: answered.asked.id.clone(),
                    label: line.label.clone(),
                    points,
                    messages: answered.messages.clone(),
                });
            }
        }
        let (page, next_token) = page(results, input)?;
        Ok(GetMetricDataOutput { metric_data_results: Some(page), next_token, messages: Some(Vec::new()) })
    }
}

/// A series of the answer, before it is cut into pages.
struct Series {
    id: String,
    label: String,
    points: Vec<(i64, f64)>,
    messages: Vec<MessageData>,
}

/// The results from where the token says, as far as the page holds points.
fn page(
    results: Vec<Series>,
    input: &GetMetricDataInput,
) -> Result<(Vec<MetricDataResult>, Option<String>), CloudWatchError> {
    let asked = input.max_datapoints.and_then(|max| usize::try_from(max).ok()).filter(|max| *max > 0);
    let mut room = asked.unwrap_or(limits::DATA_POINTS_MAX).min(limits::DATA_POINTS_MAX);
    let start = input
        .next_token
        .as_deref()
        .map(|text| token::read::<(usize, usize)>(text).ok_or_else(token::refused));
    let (first, mut skipped) = start.transpose()?.unwrap_or_default();
    let mut page = Vec::new();
    for (at, result) in results.into_iter().enumerate().skip(first) {
        let left = result.points.len().saturating_sub(skipped);
        if left > 0 && room == 0 {
            return Ok((page, Some(token::write(&(at, skipped)))));
        }
        let given = left.min(room);
        let points = || result.points.iter().skip(skipped).take(given);
        let complete = given == left;
        page.push(MetricDataResult {
            id: Some(result.id.clone()),
            label: Some(result.label.clone()),
            timestamps: Some(points().map(|(at, _)| Timestamp::from_secs(*at)).collect()),
            values: Some(points().map(|(_, value)| *value).collect()),
            status_code: Some(
                if complete { status_code::COMPLETE } else { status_code::PARTIAL_DATA }.to_owned(),
            ),
            messages: Some(result.messages.clone()).filter(|messages| !messages.is_empty()),
        });
        if !complete {
            return Ok((page, Some(token::write(&(at, skipped + given)))));
        }
        room -= given;
        skipped = 0;
    }
    Ok((page, None))
}
