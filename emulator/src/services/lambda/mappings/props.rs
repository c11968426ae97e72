//! Whatever fails, however often, while shards are split and merged and the mapping is changed: every record is
//! processed at least once, or in the destination, or still first in line (or behind one that is); and the records of a
//! key are first processed in the order in which they were put.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use wavetank_wire::lambda as api;

use super::tests::lab::{DEAD, Lab, Seen};

#[derive(Clone, Debug)]
enum Step {
    /// A record of this key that fails so often; 9 is for ever.
    Put {
        key: u8,
        failures: u8,
    },
    Split(u8),
    Merge(u8),
    Wait(u8),
    /// Off and on again.
    Pause(u8),
    Factor(u8),
}

#[derive(Clone, Debug)]
struct Plan {
    batch_size: i64,
    window: i64,
    factor: i64,
    retries: i64,
    bisects: bool,
    reports: bool,
    steps: Vec<Step>,
}

fn step() -> impl Strategy<Value = Step> {
    let failures = prop_oneof![6 => Just(0u8), 2 => 1u8..4, 1 => Just(9u8)];
    prop_oneof![
        8 => (0u8..5, failures).prop_map(|(key, failures)| Step::Put { key, failures }),
        1 => any::<u8>().prop_map(Step::Split),
        1 => any::<u8>().prop_map(Step::Merge),
        3 => (0u8..20).prop_map(Step::Wait),
        1 => (0u8..9).prop_map(Step::Pause),
        1 => (1u8..5).prop_map(Step::Factor),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let retries = prop_oneof![Just(-1i64), 0i64..4];
    let all = (1i64..6, 0i64..3, 1i64..4, retries, any::<bool>(), any::<bool>(), vec(step(), 1..60));
    all.prop_map(|(batch_size, window, factor, retries, bisects, reports, steps)| Plan {
        batch_size,
        window,
        factor,
        retries,
        bisects,
        reports,
        steps,
    })
}

/// What the function has seen: how often each record is still to fail, and which were done, in order.
#[derive(Debug, Default)]
struct Memory {
    failures: BTreeMap<String, u8>,
    done: Vec<String>,
}

impl Memory {
    /// A record fails if it still has to; each look at it is one failure less.
    fn look(&mut self, seen: &Seen, reports: bool) -> Result<Value, String> {
        let mut failed = Vec::new();
        for (text, id) in seen.texts.iter().zip(&seen.sequences) {
            let left = self.failures.entry(text.clone()).or_insert(0);
            if *left > 0 {
                failed.push((text.clone(), id.clone()));
                *left -= u8::from(*left < 9);
            }
        }
        let first = failed.first().map(|(text, _)| text.clone());
        let until = first.as_ref().and_then(|first| seen.texts.iter().position(|text| text == first));
        match (reports, until) {
            (_, None) => self.done.extend(seen.texts.iter().cloned()),
            (true, Some(until)) => self.done.extend(seen.texts.iter().take(until).cloned()),
            (false, Some(_)) => {}
        }
        match first {
            Some(first) if !reports => Err(first),
            _ => {
                let item = |(_, id): &(String, String)| json!({ "itemIdentifier": id });
                Ok(json!({ "batchItemFailures": failed.iter().map(item).collect::<Vec<_>>() }))
            }
        }
    }
}

/// A record as it was put.
#[derive(Debug)]
struct Put {
    text: String,
    key: u8,
    shard: usize,
    sequence: String,
}

/// The shards: for each key the one that takes it, and each shard's parents.
#[derive(Debug)]
struct Shards {
    owner: BTreeMap<u8, usize>,
    parents: BTreeMap<usize, Vec<usize>>,
}

impl Shards {
    fn keys_of(&self, shard: usize) -> Vec<u8> {
        self.owner.iter().filter(|(_, owner)| **owner == shard).map(|(key, _)| *key).collect()
    }

    fn split(&mut self, lab: &mut Lab, pick: u8) {
        let parent = self.owner[&(pick % 5)];
        let child = lab.reshard(&[parent], 2);
        for (n, key) in self.keys_of(parent).into_iter().enumerate() {
            self.owner.insert(key, child + n % 2);
        }
        self.parents.insert(child, vec![parent]);
        self.parents.insert(child + 1, vec![parent]);
    }

    fn merge(&mut self, lab: &mut Lab, pick: u8) {
        let pair = [self.owner[&(pick % 5)], self.owner[&((pick % 5 + 1) % 5)]];
        if pair[0] == pair[1] {
            return;
        }
        let child = lab.reshard(&pair, 1);
        for parent in pair {
            for key in self.keys_of(parent) {
                self.owner.insert(key, child);
            }
        }
        self.parents.insert(child, pair.to_vec());
    }

    fn is_before(&self, one: usize, other: usize) -> bool {
        self.parents.get(&other).is_some_and(|parents| {
            parents.iter().any(|parent| *parent == one || self.is_before(one, *parent))
        })
    }
}

fn play(plan: &Plan) -> (Lab, Vec<Put>, Shards, Rc<RefCell<Memory>>) {
    let memory = Rc::new(RefCell::new(Memory::default()));
    let (of_function, reports) = (Rc::clone(&memory), plan.reports);
    let mut lab = Lab::new(1, move |seen| of_function.borrow_mut().look(seen, reports));
    let uuid = lab.map(|input| {
        input.batch_size = Some(plan.batch_size);
        input.maximum_batching_window_in_seconds = Some(plan.window);
        input.parallelization_factor = Some(plan.factor);
        input.maximum_retry_attempts = Some(plan.retries);
        input.bisect_batch_on_function_error = Some(plan.bisects);
        let report = || vec!["ReportBatchItemFailures".to_owned()];
        input.function_response_types = Some(if plan.reports { report() } else { Vec::new() });
        let on_failure = Some(api::OnFailure { destination: Some(DEAD.to_owned()) });
        input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
    });
    let mut shards = Shards { owner: (0..5).map(|key| (key, 0)).collect(), parents: BTreeMap::new() };
    let mut puts = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Put { key, failures } => {
                let (text, shard) = (format!("{key}-{}", puts.len()), shards.owner[key]);
                memory.borrow_mut().failures.insert(text.clone(), *failures);
                let sequence = lab.put(shard, &key.to_string(), &text);
                puts.push(Put { text, key: *key, shard, sequence });
            }
            Step::Split(pick) => shards.split(&mut lab, *pick),
            Step::Merge(pick) => shards.merge(&mut lab, *pick),
            Step::Wait(secs) => lab.advance(u64::from(*secs)),
            Step::Pause(secs) => {
                if lab.update(&uuid, |input| input.enabled = Some(false)).is_ok() {
                    lab.advance(u64::from(*secs) + 1);
                    lab.update(&uuid, |input| input.enabled = Some(true)).expect("it is disabled");
                }
            }
            // Refused while another change is under way.
            Step::Factor(factor) => {
                let change = |input: &mut api::UpdateEventSourceMappingInput| {
                    input.parallelization_factor = Some(i64::from(*factor));
                };
                lab.update(&uuid, change).map(drop).unwrap_or_default();
            }
        }
    }
    lab.advance(1_800);
    (lab, puts, shards, memory)
}

fn given_up(lab: &Lab, puts: &[Put]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for document in &lab.dead {
        let info = &document["KinesisBatchInfo"];
        let end = |name: &str| info[name].as_str().unwrap_or_default().to_owned();
        let (first, last) = (end("startSequenceNumber"), end("endSequenceNumber"));
        let shard = end("shardId").trim_start_matches("shardId-").parse().unwrap_or(0);
        let is_within = |put: &&Put| put.shard == shard && put.sequence >= first && put.sequence <= last;
        out.extend(puts.iter().filter(is_within).map(|put| put.text.clone()));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_record_is_lost_and_no_key_is_out_of_order(plan in plan()) {
        let (lab, puts, shards, memory) = play(&plan);
        let done = &memory.borrow().done;
        let processed: BTreeSet<&String> = done.iter().collect();
        let dead = given_up(&lab, &puts);
        let blocked = lab.blocked();
        for put in &puts {
            let waits = || blocked.iter().any(|it| {
                let shard: usize = it.place.trim_start_matches("shardId-").parse().unwrap_or(0);
                (shard == put.shard && it.record <= put.sequence) || shards.is_before(shard, put.shard)
            });
            prop_assert!(
                processed.contains(&put.text) || dead.contains(&put.text) || waits(),
                "{} is lost", put.text
            );
        }
        prop_assert!(plan.retries < 0 || (blocked.is_empty() && lab.is_at_rest()), "nothing blocks for ever");
        for key in 0..5u8 {
            let wanted = puts.iter().filter(|put| put.key == key && processed.contains(&put.text));
            let wanted: Vec<&String> = wanted.map(|put| &put.text).collect();
            let mut first = Vec::new();
            for text in done.iter().filter(|text| text.starts_with(&format!("{key}-"))) {
                if !first.contains(&text) {
                    first.push(text);
                }
            }
            prop_assert_eq!(first, wanted);
        }
    }
}
