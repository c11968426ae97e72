//! Conservation of records that were sent over time: every one is in the output once, byte for byte.
//!
//! The output is lines of JSON; the member that names a record is the scenario's `identity`. Expectation is drawn again
//! from template, seed and start: nothing is kept from the sending.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::ledger::{Expected, Sighting};
use wavetank_types::{Checksum, Ledger, Said, Timestamp};

use super::conserved::Conservation;
use crate::client::Aws;
use crate::events::Events;
use crate::flow::Spread;
use crate::observe::{self, Object, ObserveError};

/// Fills the ledger from what was sent from `start` on and what is found, and closes it.
pub async fn conserve(
    aws: Aws<'_>,
    events: &Events,
    start: Timestamp,
    identity: &str,
    data: &[Object],
) -> Result<Conservation, ObserveError> {
    let mut ledger = Ledger::default();
    let mut ages = Spread::default();
    let mut numbers: BTreeMap<String, (u64, Timestamp)> = BTreeMap::new();
    for event in events.iter(start) {
        let line = event.line.trim_end_matches('\n');
        let checksum = Checksum::of_bytes(line.as_bytes());
        ledger.generate(event.number, Expected::Delivered { checksum, route: None });
        numbers.insert(identity_of(line.as_bytes(), identity).unwrap_or_default(), (event.number, event.at));
    }
    for (delivery, object) in (0..).zip(data) {
        let body = observe::get(aws, object).await?;
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let id = identity_of(line, identity);
            let Some((number, at)) = id.as_ref().and_then(|id| numbers.get(id)) else {
                ledger.observe_phantom(|| never_sent(line, id.as_deref(), identity, object));
                continue;
            };
            ages.add(object.modified.since(*at));
            let checksum = Checksum::of_bytes(line);
            ledger.observe_delivered(*number, &Sighting { checksum, route: None, delivery });
        }
    }
    Ok(Conservation { ages, ..Conservation::of(ledger) })
}

/// The member that names a record, as text.
fn identity_of(line: &[u8], member: &str) -> Option<String> {
    match serde_json::from_slice::<Value>(line).ok()?.get(member)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn never_sent(line: &[u8], id: Option<&str>, member: &str, object: &Object) -> Said {
    const SHOWN_BYTES_MAX: usize = 80;
    let uri = object.uri();
    match id {
        Some(id) => Said::new(
            format!("{member} {id} in {uri} was never sent"),
            format!("{member} {id} trong {uri} chưa từng được gửi"),
        ),
        None => {
            let start = String::from_utf8_lossy(&line[..line.len().min(SHOWN_BYTES_MAX)]).into_owned();
            Said::new(
                format!("a line of {uri} is no JSON with `{member}`: {start}"),
                format!("một dòng của {uri} không phải JSON có `{member}`: {start}"),
            )
        }
    }
}
