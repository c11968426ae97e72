//! Puts, splits, merges, new shard counts and waiting, in any order: every reader reads each record exactly once, records
//! of one key come back in the order in which they were put, and a reader who finishes parents before children sees so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use wavetank_wire::kinesis as api;

use super::tests::{Rig, get_input, puts_input};

#[derive(Clone, Debug)]
enum Step {
    /// Records with these keys, in one call.
    Put(Vec<u8>),
    Split(prop::sample::Index),
    Merge(prop::sample::Index),
    Scale(prop::sample::Index),
    /// In milliseconds.
    Wait(u16),
    /// This reader makes so many calls of at most so many records.
    Read {
        reader: u8,
        calls: u8,
        limit: u8,
    },
}

const READERS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => vec(0_u8..12, 1..8).prop_map(Step::Put),
        1 => any::<prop::sample::Index>().prop_map(Step::Split),
        1 => any::<prop::sample::Index>().prop_map(Step::Merge),
        1 => any::<prop::sample::Index>().prop_map(Step::Scale),
        2 => (0_u16..2_000).prop_map(Step::Wait),
        3 => (0..READERS as u8, 1_u8..6, 1_u8..5)
            .prop_map(|(reader, calls, limit)| Step::Read { reader, calls, limit }),
    ]
}

/// Reads as the client library does: a shard begins when all its parents have ended.
#[derive(Debug, Default)]
struct Reader {
    /// Shards and where to go on in them.
    open: VecDeque<(String, String)>,
    ended: BTreeSet<String>,
    started: BTreeSet<String>,
    /// What was read of each key, in order.
    read: BTreeMap<String, Vec<u32>>,
}

impl Reader {
    fn discover(&mut self, rig: &mut Rig) {
        let input = api::ListShardsInput { stream_name: Some("s".to_owned()), ..Default::default() };
        for shard in rig.ask::<api::ListShards>(input).expect("a stream").shards.expect("a list") {
            let mut parents = shard.parent_shard_id.iter().chain(&shard.adjacent_parent_shard_id);
            if parents.all(|parent| self.ended.contains(parent))
                && self.started.insert(shard.shard_id.clone())
            {
                let iterator = rig.iterator(&shard.shard_id, "TRIM_HORIZON");
                self.open.push_back((shard.shard_id, iterator));
            }
        }
    }

    /// One call on the next shard. Answers whether it brought anything new: records, or the end of a shard.
    fn call(&mut self, rig: &mut Rig, limit: i64) -> bool {
        self.discover(rig);
        let Some((shard, iterator)) = self.open.pop_front() else { return false };
        let input = api::GetRecordsInput { limit: Some(limit), ..get_input(&iterator) };
        let got = rig.ask::<api::GetRecords>(input).expect("an iterator that is good");
        let progress = !got.records.is_empty() || got.next_shard_iterator.is_none();
        for record in got.records {
            let number = u32::from_be_bytes(record.data[..].try_into().expect("four bytes"));
            self.read.entry(record.partition_key.expect("a key")).or_default().push(number);
        }
        match got.next_shard_iterator {
            Some(next) => self.open.push_back((shard, next)),
            None => drop(self.ended.insert(shard)),
        }
        progress
    }

    fn finish(&mut self, rig: &mut Rig) {
        let mut idle = 0;
        while idle <= self.open.len() + 1 {
            idle = if self.call(rig, 100) { 0 } else { idle + 1 };
        }
    }
}

fn open_shards(rig: &mut Rig) -> Vec<api::Shard> {
    let input = api::ListShardsInput {
        stream_name: Some("s".to_owned()),
        shard_filter: Some(api::ShardFilter { r#type: "AT_LATEST".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let mut shards = rig.ask::<api::ListShards>(input).expect("a stream").shards.expect("a list");
    let start =
        |shard: &api::Shard| shard.hash_key_range.starting_hash_key.parse::<u128>().expect("a number");
    shards.sort_by_key(start);
    shards
}

/// A change of the shards. A stream that is UPDATING refuses it, which is as good.
fn reshard(rig: &mut Rig, step: &Step) {
    let open = open_shards(rig);
    let name = || Some("s".to_owned());
    match step {
        Step::Split(pick) if open.len() < 12 => {
            let shard = pick.get(&open);
            let number = |text: &String| text.parse::<u128>().expect("a number");
            let range = &shard.hash_key_range;
            let (start, end) = (number(&range.starting_hash_key), number(&range.ending_hash_key));
            let input = api::SplitShardInput {
                stream_name: name(),
                shard_to_split: shard.shard_id.clone(),
                new_starting_hash_key: (start + (end - start) / 2).to_string(),
                ..Default::default()
            };
            drop(rig.ask::<api::SplitShard>(input));
        }
        Step::Merge(pick) if open.len() > 1 => {
            let lower = pick.index(open.len() - 1);
            let input = api::MergeShardsInput {
                stream_name: name(),
                shard_to_merge: open[lower].shard_id.clone(),
                adjacent_shard_to_merge: open[lower + 1].shard_id.clone(),
                ..Default::default()
            };
            drop(rig.ask::<api::MergeShards>(input));
        }
        Step::Scale(pick) => {
            let (least, most) = (open.len().div_ceil(2), (open.len() * 2).min(12));
            let input = api::UpdateShardCountInput {
                stream_name: name(),
                target_shard_count: (least + pick.index(most.saturating_sub(least) + 1)) as i64,
                scaling_type: "UNIFORM_SCALING".to_owned(),
                ..Default::default()
            };
            drop(rig.ask::<api::UpdateShardCount>(input));
        }
        _ => {}
    }
}

fn put(rig: &mut Rig, keys: &[u8], count: &mut u32, model: &mut BTreeMap<String, Vec<u32>>) {
    let mut input = puts_input(&[]);
    for key in keys {
        let key = format!("key-{key}");
        let entry = api::PutRecordsRequestEntry {
            data: bytes::Bytes::copy_from_slice(&count.to_be_bytes()),
            partition_key: Some(key.clone()),
            explicit_hash_key: None,
        };
        input.records.push(entry);
        model.entry(key).or_default().push(*count);
        *count += 1;
    }
    let output = rig.ask::<api::PutRecords>(input).expect("a stream");
    assert_eq!(output.failed_record_count, Some(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_reader_reads_each_record_once_and_in_order_of_its_key(
        shards in 1_i64..4,
        steps in vec(step(), 1..50),
    ) {
        let mut rig = Rig::with_stream(false, shards);
        let mut readers: [Reader; READERS] = Default::default();
        let (mut model, mut count) = (BTreeMap::new(), 0);
        for step in &steps {
            match step {
                Step::Put(keys) => put(&mut rig, keys, &mut count, &mut model),
                Step::Wait(millis) => rig.advance(Duration::from_millis(u64::from(*millis))),
                Step::Read { reader, calls, limit } => {
                    for _ in 0..*calls {
                        readers[usize::from(*reader)].call(&mut rig, i64::from(*limit));
                    }
                }
                change => reshard(&mut rig, change),
            }
        }
        rig.advance(Duration::from_secs(1));
        for reader in &mut readers {
            reader.finish(&mut rig);
            prop_assert_eq!(&reader.read, &model);
        }
    }
}
