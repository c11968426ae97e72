//! Profile `trades`: messages about trades, each with a version and a place in a hierarchy; sent twice, and out of order.
//!
//! A trade's newest version counts, whenever it comes. Messages are drawn in blocks: the trades of a block, their
//! versions, then the order in which they go out, then those that go out twice. Two versions may be in different places
//! of the hierarchy: a trade that was booked elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use rand::RngExt;
use wavetank_types::{Seed, Stream};

use crate::table::{CHUNK_RECORDS, Chunk, Column, Table, chunk_len, chunks_of, schema};

/// The profile's name, and the name of its random streams.
pub const NAME: &str = "trades";

/// The columns. The value is text, so that no reader makes a float of it.
pub const COLUMNS: [Column; 7] = [
    Column::number("message_id"),
    Column::text("trade_id"),
    Column::number("version"),
    Column::text("risk_type"),
    Column::text("region"),
    Column::text("desk"),
    Column::text("value"),
];

/// The hierarchy, level by level.
pub const RISK_TYPES: [&str; 3] = ["Delta", "PV", "Vega"];
/// The second level.
pub const REGIONS: [&str; 3] = ["AMER", "APAC", "EMEA"];
/// The third level.
pub const DESKS: [&str; 4] = ["Commodities", "Credit", "FX", "Rates"];

/// Messages of a block, those that go out twice not counted. Divides [`CHUNK_RECORDS`].
const BLOCK: u64 = 256;
const VERSIONS_MAX: u32 = 6;
/// How many places a message may go out too late.
const LATE_MAX: usize = 40;
/// One message in so many goes out twice, the second time at most [`LATE_MAX`] places later.
const TWICE_ONE_IN: u32 = 20;
/// One version in so many is of a trade that was booked elsewhere.
const MOVED_ONE_IN: u32 = 10;
/// Values are below this, in hundred-thousandths, and above its negative.
const VALUE_MAX: i64 = 100_000_000_000;

/// One message about a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number, from 1, in the order in which messages were made; one that goes out twice keeps it.
    pub message_id: u64,
    /// Which trade.
    pub trade_id: String,
    /// From 1.
    pub version: u32,
    /// The three levels.
    pub place: [&'static str; 3],
    /// In hundred-thousandths.
    pub value: i64,
}

impl Message {
    /// The value as it is written: `-1234.50000`.
    pub fn value_text(&self) -> String {
        decimal(i128::from(self.value))
    }
}

/// Hundred-thousandths as they are written.
pub fn decimal(value: i128) -> String {
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    format!("{sign}{}.{:05}", size / 100_000, size % 100_000)
}

/// The profile with its size and seed.
#[derive(Clone, Debug)]
pub struct Trades {
    messages: u64,
    seed: Seed,
}

impl Trades {
    /// So many messages; those that go out twice come on top.
    pub fn new(messages: u64, seed: Seed) -> Self {
        Self { messages, seed }
    }

    /// How many messages there are, each counted once.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Every message in the order in which they go out.
    pub fn sent(&self) -> impl Iterator<Item = Message> + '_ {
        (0..self.messages.div_ceil(BLOCK)).flat_map(|block| self.block(block))
    }

    /// The newest version of each trade: what must count in the end.
    pub fn newest(&self) -> BTreeMap<String, Message> {
        let mut newest: BTreeMap<String, Message> = BTreeMap::new();
        for message in self.sent() {
            match newest.get(&message.trade_id) {
                Some(known) if known.version >= message.version => {}
                _ => drop(newest.insert(message.trade_id.clone(), message)),
            }
        }
        newest
    }

    fn block(&self, block: u64) -> Vec<Message> {
        let mut stream = self.seed.chunk_stream(NAME, block);
        let count = (self.messages - block * BLOCK).min(BLOCK);
        let mut messages = Vec::new();
        let mut trade = 0;
        while (messages.len() as u64) < count {
            trade += 1;
            let versions = stream.random_range(1..=VERSIONS_MAX);
            let mut place = draw_place(&mut stream);
            for version in 1..=versions {
                if version > 1 && stream.random_range(0..MOVED_ONE_IN) == 0 {
                    place = draw_place(&mut stream);
                }
                let value = stream.random_range(-VALUE_MAX..VALUE_MAX);
                let trade_id = format!("T-{:07}", block * BLOCK + trade);
                messages.push(Message { message_id: 0, trade_id, version, place, value });
            }
        }
        messages.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        for (id, message) in (block * BLOCK + 1..).zip(&mut messages) {
            message.message_id = id;
        }
        in_order_of_sending(messages, &mut stream)
    }
}

fn draw_place(stream: &mut Stream) -> [&'static str; 3] {
    [
        RISK_TYPES[stream.random_range(0..3)],
        REGIONS[stream.random_range(0..3)],
        DESKS[stream.random_range(0..4)],
    ]
}

/// Some late, some twice.
fn in_order_of_sending(messages: Vec<Message>, stream: &mut Stream) -> Vec<Message> {
    let mut placed: Vec<(usize, Message)> = Vec::with_capacity(messages.len() + 16);
    for (place, message) in messages.into_iter().enumerate() {
        let at = place + stream.random_range(0..LATE_MAX);
        if stream.random_range(0..TWICE_ONE_IN) == 0 {
            placed.push((at + stream.random_range(1..LATE_MAX), message.clone()));
        }
        placed.push((at, message));
    }
    placed.sort_by_key(|(at, message)| (*at, message.message_id));
    placed.into_iter().map(|(_, message)| message).collect()
}

impl Table for Trades {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.messages)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let mut columns: [StringBuilder; COLUMNS.len()] = Default::default();
        let first = index * CHUNK_RECORDS / BLOCK;
        for block in first..first + chunk_len(self.messages, index).div_ceil(BLOCK) {
            for message in self.block(block) {
                let [risk_type, region, desk] = message.place.map(str::to_owned);
                let (id, version) = (message.message_id.to_string(), message.version.to_string());
                let row =
                    [id, message.trade_id.clone(), version, risk_type, region, desk, message.value_text()];
                for (column, value) in columns.iter_mut().zip(row) {
                    column.append_value(value);
                }
            }
        }
        let arrays = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let batch =
            RecordBatch::try_new(schema(&COLUMNS), arrays).expect("a row appends to every column once");
        Chunk { batch, breaks: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_message_goes_out_some_twice_and_versions_out_of_order() {
        for messages in [1, 255, 256, 1_000] {
            let trades = Trades::new(messages, Seed(7));
            let sent: Vec<Message> = trades.sent().collect();
            let distinct: BTreeSet<u64> = sent.iter().map(|message| message.message_id).collect();
            assert_eq!(distinct, (1..=messages).collect::<BTreeSet<u64>>());
            if messages < 1_000 {
                continue;
            }
            let twice = sent.len() - distinct.len();
            assert!((20..90).contains(&twice), "{twice} of 1,000 go out twice");
            let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
            let mut late = 0;
            for message in &sent {
                let newest = seen.entry(&message.trade_id).or_default();
                late += usize::from(message.version < *newest);
                *newest = (*newest).max(message.version);
            }
            assert!(late > 100, "{late} of 1,000 come after a newer version");
            let rows: usize = (0..trades.chunks()).map(|chunk| trades.chunk(chunk).batch.num_rows()).sum();
            assert_eq!(rows, sent.len());
        }
    }

    #[test]
    fn values_are_written_with_five_digits() {
        let check = |value, expected: &str| assert_eq!(decimal(value), expected);
        check(123_456_789, "1234.56789");
        check(-50_000, "-0.50000");
        check(0, "0.00000");
    }
}
