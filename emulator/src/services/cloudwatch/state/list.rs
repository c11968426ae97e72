//! Which metrics there are.

use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::super::store::Key;
use super::CloudWatch;
use super::token;
use crate::world::Cx;

impl CloudWatch {
    /// Metrics with a value in the last two weeks, in the order of namespace, name and dimensions.
    pub(in super::super) fn list_metrics(
        &self,
        cx: &Cx<'_>,
        input: &ListMetricsInput,
    ) -> Result<ListMetricsOutput, CloudWatchError> {
        if input.include_linked_accounts == Some(true) || input.owning_account.is_some() {
            return Err(CloudWatchError::NotBuilt("metrics of linked accounts".to_owned()));
        }
        let age = if input.recently_active.is_some() { limits::RECENT } else { limits::LISTED };
        let last = input.next_token.as_deref().map(read_token).transpose()?;
        let wanted = |key: &Key| {
            input.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace)
                && input.metric_name.as_ref().is_none_or(|name| *name == key.name)
                && input.dimensions.iter().flatten().all(|filter| is_of(key, filter))
        };
        let fresh = |newest| newest + age >= cx.now;
        let all = self.store.after(last.as_ref());
        let mut found = all.filter(|(key, series)| fresh(series.newest()) && wanted(key)).map(|(key, _)| key);
        let page: Vec<&Key> = found.by_ref().take(limits::METRICS_PAGE).collect();
        let more = found.next().is_some();
        let next_token = page.last().filter(|_| more).map(|last| write_token(last));
        let metrics = page.into_iter().map(metric).collect();
        Ok(ListMetricsOutput { metrics: Some(metrics), next_token, owning_accounts: None })
    }
}

/// Whether a metric has the dimension, with any value if none is named.
fn is_of(key: &Key, filter: &DimensionFilter) -> bool {
    let value = |value: &String| filter.value.as_ref().is_none_or(|wanted| wanted == value);
    key.dimensions.iter().any(|(name, found)| *name == filter.name && value(found))
}

fn metric(key: &Key) -> Metric {
    let dimension = |(name, value): &(String, String)| Dimension { name: name.clone(), value: value.clone() };
    Metric {
        namespace: Some(key.namespace.clone()),
        metric_name: Some(key.name.clone()),
        dimensions: Some(key.dimensions.iter().map(dimension).collect()),
    }
}

/// Where a page ended: namespace, name and dimensions of its last metric.
type Place = (String, String, Vec<(String, String)>);

fn write_token(key: &Key) -> String {
    token::write(&(&key.namespace, &key.name, &key.dimensions))
}

fn read_token(text: &str) -> Result<Key, CloudWatchError> {
    let read = token::read::<Place>(text).ok_or_else(token::refused);
    read.map(|(namespace, name, dimensions)| Key { namespace, name, dimensions })
}
