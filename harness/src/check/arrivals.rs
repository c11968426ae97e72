//! Order and freshness of records at a place, whoever looked at it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use wavetank_scenarios::Freshness;
use wavetank_types::Said;

use super::{EXAMPLES_MAX, Finding};

/// A record that came, in the order of coming.
#[derive(Clone, Debug)]
pub struct Arrival<K, P, L> {
    /// Whose order counts.
    pub key: K,
    /// When it was sent: its place among all.
    pub place: P,
    /// What it is called.
    pub label: L,
}

/// Whether the records of each key come in the order in which they were sent.
pub fn order<K: Ord + Clone + Display, P: Ord + Clone, L: Display + Clone>(
    arrivals: impl Iterator<Item = Arrival<K, P, L>>,
) -> Finding {
    let mut last: BTreeMap<K, (P, L)> = BTreeMap::new();
    let (mut total, mut wrong, mut examples) = (0u64, 0u64, Vec::new());
    for Arrival { key, place, label } in arrivals {
        total += 1;
        let before = last.insert(key.clone(), (place.clone(), label.clone()));
        if let Some((_, earlier)) = before.filter(|(before, _)| *before > place) {
            wrong += 1;
            if examples.len() < EXAMPLES_MAX {
                examples.push(Said::new(
                    format!("key {key}: record {label} was sent before {earlier}, and came after it"),
                    format!("khóa {key}: bản ghi {label} được gửi trước {earlier} nhưng đến sau"),
                ));
            }
        }
    }
    let keys = last.len();
    let detail = Said::new(
        format!("{total} records of {keys} keys, {wrong} out of order"),
        format!("{total} bản ghi của {keys} khóa, {wrong} sai thứ tự"),
    );
    let finding = Finding::new("order", keys > 0 && wrong == 0, detail).with_examples(examples);
    match wrong {
        0 => finding,
        _ => finding.with_cause(Said::new(
            "records of one key went to several shards, or a refused record was sent again behind later ones; one \
             partition key is one shard, and a producer that needs order waits for its retries",
            "các bản ghi của cùng một khóa đi vào nhiều shard, hoặc bản ghi bị từ chối được gửi lại sau các bản ghi mới \
             hơn; một partition key là một shard, và bên gửi cần thứ tự phải chờ lần gửi lại",
        )),
    }
}

/// Whether records came soon enough, `what` saying from where to where.
pub fn freshness(what: &Said, mut ages: Vec<Duration>, limits: &Freshness) -> Finding {
    ages.sort_unstable();
    let percentile = |share: usize| {
        let at = (ages.len() * share).div_ceil(100).max(1) - 1;
        ages.get(at).copied().unwrap_or_default()
    };
    let found = [percentile(50), percentile(95), percentile(99)];
    let wanted = [limits.p50_max, limits.p95_max, limits.p99_max];
    let holds = !ages.is_empty() && found.iter().zip(&wanted).all(|(found, most)| found <= most);
    let secs = found.map(|age| age.as_secs());
    let most = wanted.map(|age| age.as_secs());
    let figures = format!(
        "p50 {} s (≤ {}), p95 {} s (≤ {}), p99 {} s (≤ {})",
        secs[0], most[0], secs[1], most[1], secs[2], most[2]
    );
    let detail = Said::new(format!("{}: {figures}", what.en), format!("{}: {figures}", what.vi));
    let finding = Finding::new("freshness", holds, detail);
    match holds {
        true => finding,
        false => finding.with_cause(Said::new(
            "records wait for the delivery stream's buffer to fill or to age, or come late themselves; lower \
             IntervalInSeconds, or allow more",
            "bản ghi chờ bộ đệm của delivery stream đầy hoặc hết hạn, hoặc chính chúng đến muộn; hãy giảm \
             IntervalInSeconds hoặc nới giới hạn",
        )),
    }
}
