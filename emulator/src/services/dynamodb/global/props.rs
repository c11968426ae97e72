//! Three regions write what they like, with lag, slow links and regions that fail: once all is delivered, every region has the
//! same items, each is one of those written last, and what a region saw happen leads to what it has.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use wavetank_types::{Region, Timestamp};
use wavetank_wire::WireError;

use super::group::{Group, Member, ReplicaStatus, TRANSITION};
use super::replica::Replica;
use crate::services::ServiceId;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::table::{Key, KeyAttribute, KeySchema, Origin, Range, Table};
use crate::services::dynamodb::value::{AttributeValue, KeyValue, Number, Type};
use crate::world::testing::Bench;
use crate::world::{Rule, RuleId, Scope, Verdict};

const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-northeast-1"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Put(usize, u8),
    Delete(usize, u8),
    Wait(u32),
    /// A region fails, until it is healed or for some seconds.
    Cut(usize, Option<u8>),
    /// Writes to a region take so many seconds.
    Slow(usize, u8),
    /// Half of what goes to a region has to be sent again.
    Flaky(usize),
    Heal,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_usize..3, 0_u8..3).prop_map(|(region, key)| Step::Put(region, key)),
        2 => (0_usize..3, 0_u8..3).prop_map(|(region, key)| Step::Delete(region, key)),
        4 => (1_u32..900).prop_map(Step::Wait),
        1 => (0_usize..3, proptest::option::of(1_u8..5)).prop_map(|(region, span)| Step::Cut(region, span)),
        1 => (0_usize..3, 0_u8..4).prop_map(|(region, span)| Step::Slow(region, span)),
        1 => (0_usize..3).prop_map(Step::Flaky),
        1 => Just(Step::Heal),
    ]
}

/// A write as the model has it: where, when, what.
type Written = (Timestamp, usize, Option<i64>);
type State = BTreeMap<u8, i64>;

struct Rig {
    bench: Bench,
    db: DynamoDb,
    rules: Vec<RuleId>,
    written: BTreeMap<u8, Vec<Written>>,
    next: i64,
}

fn region(at: usize) -> Region {
    Region::new(REGIONS[at])
}

fn key(key: u8) -> Key {
    Key { partition: KeyValue::S(key.to_string()), sort: None }
}

impl Rig {
    /// A table in the first region, with replicas in the others once they are made.
    fn new() -> Self {
        let mut bench = Bench::new(ServiceId::DynamoDb);
        let mut db = DynamoDb::new(false);
        let mut group = Group::new("t".to_owned());
        for at in 0..REGIONS.len() {
            let partition = KeyAttribute { name: "p".to_owned(), kind: Type::S };
            let mut table = Table::new("t", KeySchema { partition, sort: None }, Vec::new());
            table.history.enable(bench.now, 35);
            let member = if at == 0 {
                table.replica = Some(Box::new(Replica::new(region(0), 0)));
                Member::new(ReplicaStatus::Active, None)
            } else {
                Member::new(ReplicaStatus::Creating, Some(bench.now + TRANSITION))
            };
            db.regions.entry(region(at)).or_default().tables.insert("t".to_owned(), table);
            group.members.insert(region(at), member);
        }
        let id = bench.with(|cx| cx.number());
        db.global.groups.insert(id, group);
        let (rules, written) = (Vec::new(), BTreeMap::new());
        Self { bench, db, rules, written, next: 0 }
    }

    fn table(&self, at: usize) -> &Table {
        &self.db.regions[&region(at)].tables["t"]
    }

    fn write(&mut self, at: usize, which: u8, value: Option<i64>) {
        let scope = Scope { region: region(at), ..Scope::default() };
        let table = self.db.regions.get_mut(&region(at)).and_then(|here| here.tables.get_mut("t"));
        let table = table.expect("each region has the table");
        let item = value.map(|value| {
            let mut item = key(which).to_item(&table.keys);
            item.insert("v".to_owned(), AttributeValue::N(Number::from(value)));
            item
        });
        self.bench.with(|cx| table.change(&mut cx.within(&scope), key(which), item.as_ref(), Origin::Client));
        self.written.entry(which).or_default().push((self.bench.now, at, value));
    }

    fn rule(&mut self, at: usize, share: f64, span: Option<u8>, verdict: Verdict) {
        let until = span.map_or(Timestamp::MAX, |span| self.bench.now + Duration::from_secs(span.into()));
        let rule =
            Rule { share, until, region: Some(REGIONS[at].to_owned()), ..Rule::on("dynamodb", "", verdict) };
        self.rules.push(self.bench.add_fault(Rule { operation: None, ..rule }));
    }

    fn heal(&mut self) {
        for rule in std::mem::take(&mut self.rules) {
            self.bench.remove_fault(rule);
        }
        let db = &mut self.db;
        self.bench.with(|cx| db.faults_changed(cx));
    }

    fn advance(&mut self, span: Option<Duration>) {
        let target = span.map(|span| self.bench.now + span);
        while let Some(due) =
            self.db.next_of_global().filter(|due| target.is_none_or(|target| *due <= target))
        {
            self.bench.now = self.bench.now.max(due);
            let db = &mut self.db;
            self.bench.with(|cx| db.tick_global(cx));
        }
        self.bench.now = target.unwrap_or(self.bench.now);
    }

    fn step(&mut self, step: Step) {
        let fail = || Verdict::Fail(WireError::server("ServiceUnavailable", "the region is down"));
        match step {
            Step::Put(at, which) => {
                self.next += 1;
                self.write(at, which, Some(self.next));
            }
            Step::Delete(at, which) => self.write(at, which, None),
            Step::Wait(millis) => self.advance(Some(Duration::from_millis(millis.into()))),
            Step::Cut(at, span) => self.rule(at, 1.0, span, fail()),
            Step::Slow(at, span) => {
                self.rule(at, 1.0, None, Verdict::Delay(Duration::from_secs(span.into())))
            }
            Step::Flaky(at) => self.rule(at, 0.5, None, fail()),
            Step::Heal => self.heal(),
        }
    }

    fn state(&self, at: usize) -> State {
        let items = self.table(at).rows.range(&Range::ALL, true).map(|(_, packed)| packed.unpack());
        let number = |value: &AttributeValue| match value {
            AttributeValue::S(text) => text.parse().expect("a number"),
            AttributeValue::N(number) => number.to_string().parse().expect("an integer"),
            other => panic!("{other:?}"),
        };
        items.map(|item| (number(&item["p"]) as u8, number(&item["v"]))).collect()
    }

    /// What an item may be: for each region, its last write of the latest instant that anybody wrote the item at.
    fn candidates(&self, which: u8) -> Vec<Option<i64>> {
        let written = self.written.get(&which).map_or(&[][..], Vec::as_slice);
        let Some(latest) = written.iter().map(|(at, ..)| *at).max() else { return vec![None] };
        let last: BTreeMap<usize, Option<i64>> =
            written.iter().filter(|(at, ..)| *at == latest).map(|(_, at, value)| (*at, *value)).collect();
        last.into_values().collect()
    }
}

fn played(steps: &[Step]) -> Rig {
    let mut rig = Rig::new();
    rig.advance(Some(TRANSITION));
    for step in steps {
        rig.step(*step);
    }
    rig
}

proptest! {
    #[test]
    fn replicas_converge_on_the_last_write(steps in vec(step(), 0..80)) {
        let mut rig = played(&steps);
        rig.heal();
        rig.advance(None);
        let state = rig.state(0);
        for (at, region) in REGIONS.iter().enumerate().skip(1) {
            prop_assert_eq!(&rig.state(at), &state, "{}", region);
        }
        for which in 0..3 {
            let found = state.get(&which).copied();
            prop_assert!(rig.candidates(which).contains(&found), "{which}: {found:?} of {:?}", rig.candidates(which));
        }
        prop_assert_eq!(rig.db.next_of_global(), None, "nothing is left to do");
    }

    #[test]
    fn what_a_region_saw_leads_to_what_it_has(steps in vec(step(), 0..80)) {
        let rig = played(&steps);
        for at in 0..REGIONS.len() {
            let table = rig.table(at);
            let from = rig.bench.now - Duration::from_secs(86_400);
            let mut rows = table.history.rows_at(&table.rows, from);
            for difference in table.history.between(&table.rows, from, rig.bench.now) {
                rows.set(difference.key.row(), difference.new);
            }
            let all = |rows: &crate::services::dynamodb::table::Rows| -> Vec<_> {
                rows.range(&Range::ALL, true).map(|(_, packed)| packed.clone()).collect()
            };
            prop_assert_eq!(all(&rows), all(&table.rows));
        }
    }

    #[test]
    fn a_write_that_is_given_up_is_a_conflict_unless_its_successor_knew_it(steps in vec(step(), 0..40)) {
        let mut rig = played(&steps);
        rig.heal();
        rig.advance(None);
        for conflict in &rig.db.global.groups.values().next().expect("one global table").conflicts {
            prop_assert!(conflict.loser.1 <= conflict.winner.1);
            prop_assert_ne!(&conflict.loser.0, &conflict.winner.0);
        }
    }
}

fn conflicts(steps: &[Step]) -> usize {
    let mut rig = played(steps);
    rig.heal();
    rig.advance(None);
    rig.db.global.groups.values().next().expect("one global table").conflicts.len()
}

#[test]
fn conflicts_are_writes_that_knew_nothing_of_each_other() {
    let one_after_the_other = [Step::Put(0, 1), Step::Wait(899), Step::Wait(899), Step::Put(1, 1)];
    assert_eq!(conflicts(&one_after_the_other), 0);
    assert_eq!(conflicts(&[Step::Put(0, 1), Step::Wait(1), Step::Put(1, 1)]), 1);
    assert_eq!(conflicts(&[Step::Put(0, 1), Step::Wait(1), Step::Put(1, 2)]), 0, "other items");
    assert_eq!(conflicts(&[Step::Cut(2, None), Step::Put(2, 1), Step::Wait(800), Step::Delete(0, 1)]), 1);
}

#[test]
fn a_region_that_is_cut_off_catches_up() {
    let mut rig = Rig::new();
    rig.advance(Some(TRANSITION));
    rig.step(Step::Cut(1, None));
    rig.step(Step::Put(0, 1));
    rig.step(Step::Put(1, 2));
    rig.advance(Some(Duration::from_secs(3_600)));
    assert_eq!((rig.state(0), rig.state(1)), (State::from([(1, 1)]), State::from([(2, 2)])));
    assert_eq!(rig.state(2), rig.state(0), "the others go on");
    assert_eq!(rig.db.next_of_global(), None, "nothing is polled");
    rig.step(Step::Heal);
    rig.advance(None);
    for (at, region) in REGIONS.iter().enumerate() {
        assert_eq!(rig.state(at), State::from([(1, 1), (2, 2)]), "{region}");
    }
}

#[test]
fn a_new_replica_has_all_that_was_written_while_it_was_made() {
    let mut rig = Rig::new();
    rig.step(Step::Put(0, 1));
    rig.advance(Some(TRANSITION / 2));
    rig.step(Step::Put(0, 2));
    rig.advance(None);
    rig.step(Step::Put(2, 1));
    rig.advance(None);
    for (at, region) in REGIONS.iter().enumerate() {
        assert_eq!(rig.state(at), State::from([(1, 3), (2, 2)]), "{region}");
    }
}

#[test]
fn how_long_a_write_was_on_its_way_is_counted_where_it_is_from() {
    let mut rig = Rig::new();
    rig.advance(Some(TRANSITION));
    rig.step(Step::Slow(1, 3));
    rig.step(Step::Put(0, 1));
    rig.step(Step::Put(2, 2));
    rig.advance(None);
    let mut told = rig.bench.readings();
    told.retain(|line| line.contains("ReceivingRegion=eu-west-1"));
    assert_eq!(told, ["ReplicationLatency TableName=t ReceivingRegion=eu-west-1 1x sum 3000"]);
}
