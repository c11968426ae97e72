//! Trades: what the three functions of the event-driven aggregation compute, as pure functions on their records.
//!
//! State keeps the newest version of each trade; map turns a batch of changes of state into one delta for each place of the
//! hierarchy; reduce sums deltas over its three levels. Amounts are whole hundred-thousandths: sums are exact.
//! Left out: every call to a table, which is the harness's work.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One message from the stream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// The message's own number; it keeps it when it goes out twice.
    pub message_id: u64,
    /// Which trade.
    pub trade_id: String,
    /// Newer ones are greater.
    pub version: u64,
    /// First level.
    pub risk_type: String,
    /// Second level.
    pub region: String,
    /// Third level.
    pub desk: String,
    /// A decimal number, as text.
    pub value: String,
}

/// A sum, and over how many trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// In hundred-thousandths.
    pub amount: i128,
    /// How many trades come, less those that go.
    pub trades: i64,
}

impl Delta {
    /// Whether it changes nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// By node of the hierarchy: `Delta::APAC::FX`.
pub type Deltas = BTreeMap<String, Delta>;

/// Why records cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(String);

/// Between the levels of a node's name.
const BETWEEN: &str = "::";

/// Reads a decimal number of at most five digits behind the point.
pub fn amount(text: &str) -> Result<i128, RecordError> {
    let refuse = || RecordError(format!("`{text}` is not an amount"));
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 5 || !is_number(whole) || !is_number(fraction) {
        return Err(refuse());
    }
    let size: i128 = format!("{whole}{fraction:0<5}").parse().map_err(|_| refuse())?;
    Ok(if negative { -size } else { size })
}

/// An amount as DynamoDB takes it.
pub fn amount_text(amount: i128) -> String {
    let (sign, size) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    format!("{sign}{}.{:05}", size / 100_000, size % 100_000)
}

/// The changes of one batch of the state table's stream, by the lowest node: what a trade is now, less what it was.
pub fn map(records: &[Value]) -> Result<Deltas, RecordError> {
    let mut deltas = Deltas::new();
    for record in records {
        let images = [("OldImage", -1), ("NewImage", 1)];
        for (name, sign) in images {
            let image = &record["dynamodb"][name];
            if image.is_null() {
                continue;
            }
            let delta = deltas.entry(place(image)?).or_default();
            delta.amount += i128::from(sign) * amount(text(image, "value", "N")?)?;
            delta.trades += sign;
        }
    }
    deltas.retain(|_, delta| !delta.is_nothing());
    Ok(deltas)
}

/// The sum of a batch of the delta table's stream, over every level. What is not new there is passed over.
pub fn reduce(records: &[Value]) -> Result<Deltas, RecordError> {
    let mut sums = Deltas::new();
    for record in records.iter().filter(|record| record["eventName"] == "INSERT") {
        let image = &record["dynamodb"]["NewImage"];
        let deltas = image["deltas"]["M"].as_object();
        let deltas = deltas.ok_or_else(|| RecordError("a record has no deltas".to_owned()))?;
        for (node, delta) in deltas {
            let (by, delta) = (amount(text(&delta["M"], "amount", "N")?)?, &delta["M"]);
            let trades: i64 = text(delta, "trades", "N")?.parse().unwrap_or(0);
            for node in levels(node) {
                let sum = sums.entry(node.to_owned()).or_default();
                sum.amount += by;
                sum.trades += trades;
            }
        }
    }
    sums.retain(|_, delta| !delta.is_nothing());
    Ok(sums)
}

/// A name for a batch, the same whenever the batch comes again: a digest of its records' sequence numbers.
pub fn batch_id(records: &[Value]) -> String {
    let mut digest = Sha256::new();
    for record in records {
        digest.update(record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default());
        digest.update("\n");
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// `Delta::APAC::FX` with all that it is part of: `Delta`, `Delta::APAC`, itself.
pub fn levels(node: &str) -> impl Iterator<Item = &str> {
    let ends = node.match_indices(BETWEEN).map(|(at, _)| at).chain([node.len()]);
    ends.map(|end| &node[..end])
}

/// How deep a node lies, from 1.
pub fn level(node: &str) -> usize {
    levels(node).count()
}

/// The lowest node of a trade.
fn place(image: &Value) -> Result<String, RecordError> {
    let level = |name| text(image, name, "S");
    Ok([level("risk_type")?, level("region")?, level("desk")?].join(BETWEEN))
}

fn text<'a>(image: &'a Value, name: &str, kind: &str) -> Result<&'a str, RecordError> {
    let found = image[name][kind].as_str();
    found.ok_or_else(|| RecordError(format!("`{name}` is missing, or is no {kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(value: &str, desk: &str) -> Value {
        let level = |text: &str| json!({ "S": text });
        json!({ "risk_type": level("Delta"), "region": level("APAC"), "desk": level(desk), "value": { "N": value } })
    }

    #[test]
    fn amounts_are_read_and_written_without_loss() {
        let check = |text: &str, expected: Option<i128>| assert_eq!(amount(text).ok(), expected, "{text}");
        check("1234.56789", Some(123_456_789));
        check("-0.5", Some(-50_000));
        check("7", Some(700_000));
        check("0.000001", None);
        check("1e5", None);
        check("", None);
        assert_eq!(amount_text(-50_000), "-0.50000");
    }

    #[test]
    fn a_trade_that_moves_leaves_its_place_and_a_change_that_is_none_is_left_out() {
        let change = |old: Value, new: Value| json!({ "dynamodb": { "OldImage": old, "NewImage": new } });
        let moved = [
            change(Value::Null, state("10", "FX")),
            change(state("10", "FX"), state("7.5", "Rates")),
            change(state("1", "Credit"), state("1", "Credit")),
        ];
        let deltas = map(&moved).expect("records");
        let only = Delta { amount: 750_000, trades: 1 };
        assert_eq!(deltas, Deltas::from([("Delta::APAC::Rates".to_owned(), only)]));
    }

    #[test]
    fn a_delta_counts_at_every_level() {
        let delta = json!({ "M": { "amount": { "N": "1.5" }, "trades": { "N": "1" } } });
        let image = json!({ "deltas": { "M": { "Vega::EMEA::FX": delta, "Vega::APAC::FX": delta } } });
        let record = json!({ "eventName": "INSERT", "dynamodb": { "NewImage": image } });
        let sums = reduce(&[record]).expect("records");
        let names: Vec<&str> = sums.keys().map(String::as_str).collect();
        assert_eq!(names, ["Vega", "Vega::APAC", "Vega::APAC::FX", "Vega::EMEA", "Vega::EMEA::FX"]);
        assert_eq!(sums["Vega"], Delta { amount: 300_000, trades: 2 });
        assert_eq!(level("Vega::EMEA::FX"), 3);
    }
}
