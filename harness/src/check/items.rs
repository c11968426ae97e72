//! Conservation where records end in a DynamoDB table: each is an item there with its content, or its function's log says
//! that a newer one stands in its place.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_generators::trades::Message;
use wavetank_generators::{Shop, Trades, shop};
use wavetank_types::ledger::{Expected, Sighting};
use wavetank_types::{Checksum, Ledger, Said};

use super::conserved::Conservation;
use crate::client::Aws;
use crate::observe::{self, ObserveError};
use crate::tables::{self, Item};

/// Why a message is not in the state table: a newer version, or the same one from another record, is.
const SUPERSEDED: &str = "superseded";

/// Every item of the shop is in the table as it was written.
pub async fn conserve_shop(aws: Aws<'_>, shop: &Shop, table: &str) -> Result<Conservation, ObserveError> {
    let mut ledger = Ledger::default();
    let mut numbers: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (number, row) in (1..).zip(shop.rows()) {
        let present = shop::COLUMNS
            .iter()
            .zip(row)
            .filter_map(|(column, value)| Some((column.name.to_owned(), value?)));
        let item: Item = present.collect();
        let expected = Expected::Delivered { checksum: checksum(&item), route: None };
        ledger.generate(number, expected);
        numbers.insert(key(&item), number);
    }
    for item in tables::scan(aws, table).await? {
        match numbers.get(&key(&item)) {
            Some(number) => sighted(&mut ledger, *number, checksum(&item)),
            None => ledger.observe_phantom(|| never_sent("item", &format!("{:?}", key(&item)))),
        }
    }
    Ok(Conservation::of(ledger))
}

fn key(item: &Item) -> (String, String) {
    let part = |name: &str| item.get(name).cloned().unwrap_or_default();
    (part("pk"), part("sk"))
}

fn checksum(item: &Item) -> Checksum {
    Checksum::of_fields(item.iter().flat_map(|(name, value)| [Some(name.as_str()), Some(value.as_str())]))
}

/// Every message that was sent is the state of its trade, or is superseded; the newest of each trade is its state.
pub async fn conserve_trades(
    aws: Aws<'_>,
    trades: &Trades,
    table: &str,
    log_group: &str,
) -> Result<Conservation, ObserveError> {
    let mut ledger = Ledger::default();
    let newest = trades.newest();
    let mut once: BTreeSet<u64> = BTreeSet::new();
    for message in trades.sent() {
        let is_newest = newest[&message.trade_id].message_id == message.message_id;
        let expected = match is_newest && once.insert(message.message_id) {
            true => Expected::Delivered { checksum: content(&message), route: None },
            false => Expected::Rejected(SUPERSEDED.to_owned()),
        };
        ledger.generate(message.message_id, expected);
    }
    let mut older = None;
    for item in tables::scan(aws, table).await? {
        let number = |name: &str| item.get(name).and_then(|text| text.parse::<u64>().ok());
        let Some(id) = number("message_id").filter(|id| (1..=trades.messages()).contains(id)) else {
            ledger.observe_phantom(|| {
                never_sent("message", item.get("message_id").map_or("null", String::as_str))
            });
            continue;
        };
        let wanted = item.get("trade_id").and_then(|trade| newest.get(trade));
        if let Some(wanted) = wanted.filter(|wanted| number("version") < Some(u64::from(wanted.version))) {
            older.get_or_insert((wanted.clone(), number("version").unwrap_or_default()));
        }
        let fields = ["trade_id", "version", "risk_type", "region", "desk"]
            .map(|name| item.get(name).map(String::as_str));
        let value = item.get("value").map(|value| without_zeros(value));
        let checksum = Checksum::of_fields(fields.into_iter().chain([value.as_deref()]));
        sighted(&mut ledger, id, checksum);
    }
    for (id, _) in told(aws, log_group).await? {
        ledger.observe_rejected(id, SUPERSEDED);
    }
    let conservation = Conservation::of(ledger);
    let cause = (!conservation.balance.is_conserved()).then(|| likely_cause(older));
    Ok(Conservation { cause, ..conservation })
}

fn sighted(ledger: &mut Ledger, number: u64, checksum: Checksum) {
    ledger.observe_delivered(number, &Sighting { checksum, route: None, delivery: number });
}

fn content(message: &Message) -> Checksum {
    let version = message.version.to_string();
    let [risk_type, region, desk] = message.place;
    let value = without_zeros(&message.value_text());
    let fields = [message.trade_id.as_str(), &version, risk_type, region, desk, &value];
    Checksum::of_fields(fields.into_iter().map(Some))
}

/// A decimal number as DynamoDB writes it.
fn without_zeros(decimal: &str) -> String {
    match decimal.contains('.') {
        true => decimal.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => decimal.to_owned(),
    }
}

/// What the log says is superseded: message and sequence number. A run that was repeated says the same again.
async fn told(aws: Aws<'_>, group: &str) -> Result<BTreeSet<(u64, String)>, ObserveError> {
    let mut found = BTreeSet::new();
    for event in observe::log_events(aws, group, Some(SUPERSEDED)).await? {
        let line = event.message.unwrap_or_default();
        let said =
            line.trim_end().strip_prefix("superseded message ").and_then(|said| said.split_once(" at "));
        found.extend(said.and_then(|(id, sequence)| Some((id.parse().ok()?, sequence.to_owned()))));
    }
    Ok(found)
}

fn never_sent(what: &str, name: &str) -> Said {
    let vi = if what == "item" { "item" } else { "message" };
    Said::new(
        format!("{what} {name} is in the table, and was never sent"),
        format!("{vi} {name} có trong bảng nhưng chưa từng được gửi"),
    )
}

fn likely_cause(older: Option<(Message, u64)>) -> Said {
    let Some((wanted, found)) = older else {
        return Said::new(
            "a message is neither the state of its trade nor told to be superseded: the function dropped it",
            "có message không phải trạng thái của giao dịch mà cũng không được báo là đã cũ: hàm đã bỏ nó",
        );
    };
    let (trade, version) = (wanted.trade_id, wanted.version);
    Said::new(
        format!(
            "an older version overwrote a newer one (trade {trade} has version {found}, its newest is {version}): messages \
             come out of order and batches come again; put with the condition `attribute_not_exists(trade_id) OR version < \
             :version`"
        ),
        format!(
            "phiên bản cũ đã ghi đè phiên bản mới (giao dịch {trade} đang ở phiên bản {found}, mới nhất là {version}): message \
             đến không theo thứ tự và batch có thể đến lại; hãy PutItem với điều kiện `attribute_not_exists(trade_id) OR \
             version < :version`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_compared_as_dynamodb_writes_them() {
        let check = |decimal: &str, expected: &str| assert_eq!(without_zeros(decimal), expected);
        check("12.50000", "12.5");
        check("-3.00000", "-3");
        check("100", "100");
    }
}
