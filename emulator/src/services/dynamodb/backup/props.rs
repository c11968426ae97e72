//! Restoring to any second gives the items as they were then, whatever was written and however long nothing was; and the
//! difference of two instants leads from one state to the other.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use wavetank_types::Timestamp;

use super::history::{DAY, span};
use crate::services::ServiceId;
use crate::services::dynamodb::table::{Key, KeyAttribute, KeySchema, Origin, Range, Rows, Table};
use crate::services::dynamodb::value::{AttributeValue, Item, KeyValue, Number, Type};
use crate::world::testing::Bench;

#[derive(Clone, Copy, Debug)]
enum Step {
    Put(u8, i64),
    Delete(u8),
    Wait(u32),
    /// Off and on again: what was before cannot be restored any more.
    Restart,
    Days(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u8..6, 0_i64..4).prop_map(|(key, value)| Step::Put(key, value)),
        2 => (0_u8..6).prop_map(Step::Delete),
        3 => (1_u32..5).prop_map(Step::Wait),
        1 => (1_u32..2_000_000).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => (1_i64..=35).prop_map(Step::Days),
    ]
}

type Model = BTreeMap<u8, i64>;

fn read(rows: &Rows) -> Model {
    let number = |item: &Item| match &item["v"] {
        AttributeValue::N(number) => number.to_string().parse().expect("an integer"),
        other => panic!("{other:?}"),
    };
    let key = |item: &Item| match &item["p"] {
        AttributeValue::S(text) => text.parse().expect("a number"),
        other => panic!("{other:?}"),
    };
    let items = rows.range(&Range::ALL, true).map(|(_, packed)| packed.unpack());
    items.map(|item| (key(&item), number(&item))).collect()
}

fn key(key: u8) -> Key {
    Key { partition: KeyValue::S(key.to_string()), sort: None }
}

/// A table after some steps, and what it was after each write: the model keeps it all.
struct Played {
    bench: Bench,
    table: Table,
    states: Vec<(Timestamp, Model)>,
    /// The first instant that can be restored, as the model has it.
    since: Timestamp,
    days: i64,
}

fn play(steps: &[Step]) -> Played {
    let partition = KeyAttribute { name: "p".to_owned(), kind: Type::S };
    let mut table = Table::new("t", KeySchema { partition, sort: None }, Vec::new());
    let mut bench = Bench::new(ServiceId::DynamoDb);
    let (mut since, mut days) = (bench.now, 35);
    table.history.enable(bench.now, days);
    let mut states = vec![(bench.now, Model::new())];
    for step in steps {
        let mut model = states.last().expect("there is a first").1.clone();
        match *step {
            Step::Put(which, value) => {
                model.insert(which, value);
                let mut item = key(which).to_item(&table.keys);
                item.insert("v".to_owned(), AttributeValue::N(Number::from(value)));
                bench.with(|cx| table.change(cx, key(which), Some(&item), Origin::Client));
            }
            Step::Delete(which) => {
                model.remove(&which);
                bench.with(|cx| table.change(cx, key(which), None, Origin::TimeToLive));
            }
            Step::Wait(seconds) => bench.now += Duration::from_secs(u64::from(seconds)),
            Step::Restart => {
                table.history.disable();
                table.history.enable(bench.now, days);
                since = bench.now;
            }
            Step::Days(wanted) => {
                // What a longer period would cover has been forgotten by then.
                since = since.max(bench.now - span(days));
                days = wanted;
                table.history.enable(bench.now, wanted);
            }
        }
        states.push((bench.now, model));
    }
    Played { bench, table, states, since, days }
}

impl Played {
    fn earliest(&self) -> Timestamp {
        self.since.max(self.bench.now - span(self.days))
    }

    fn state_at(&self, at: Timestamp) -> &Model {
        &self.states.iter().rev().find(|(since, _)| *since <= at).expect("there is a first").1
    }

    /// An instant that can be restored: where something happened, or anywhere.
    fn instant(&self, pick: usize, anywhere: bool) -> Timestamp {
        let (earliest, now) = (self.earliest(), self.bench.now);
        let at = if anywhere {
            let seconds = now.since(earliest).as_secs();
            earliest + Duration::from_secs(pick as u64 % (seconds + 1))
        } else {
            self.states[pick % self.states.len()].0
        };
        at.clamp(earliest, now)
    }
}

proptest! {
    #[test]
    fn any_second_can_be_restored(steps in vec(step(), 0..60), pick: usize, anywhere: bool) {
        let played = play(&steps);
        let at = played.instant(pick, anywhere);
        let rows = played.table.history.rows_at(&played.table.rows, at);
        prop_assert_eq!(&read(&rows), played.state_at(at));
        prop_assert_eq!(played.table.history.earliest(played.bench.now), Some(played.earliest()));
    }

    #[test]
    fn differences_lead_from_one_instant_to_another(
        steps in vec(step(), 0..60), picks: (usize, usize), anywhere: bool,
    ) {
        let played = play(&steps);
        let (first, second) = (played.instant(picks.0, anywhere), played.instant(picks.1, anywhere));
        let (from, to) = (first.min(second), first.max(second));
        let history = &played.table.history;
        let mut rows = history.rows_at(&played.table.rows, from);
        for difference in history.between(&played.table.rows, from, to) {
            let before = rows.set(difference.key.row(), difference.new.clone());
            prop_assert_eq!(before, difference.old);
            prop_assert!(from < difference.at && difference.at <= to);
        }
        prop_assert_eq!(&read(&rows), played.state_at(to));
    }
}

#[test]
fn changes_are_forgotten_with_the_period() {
    let mut steps = vec![Step::Put(1, 1), Step::Wait(1), Step::Put(1, 2), Step::Days(1)];
    steps.extend([Step::Wait(DAY.as_secs() as u32), Step::Put(2, 0)]);
    let played = play(&steps);
    let rows = played.table.history.rows_at(&played.table.rows, played.bench.now - DAY);
    assert_eq!(read(&rows), Model::from([(1, 2)]));
    assert_eq!(played.table.history.earliest(played.bench.now), Some(played.bench.now - DAY));
}
