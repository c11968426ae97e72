//! DynamoDB against a map: puts, updates, deletes, batches, transactions and waits, in any order and under conditions,
//! leave what a map would hold; pages of any size give the same items; an index is a filtered scan in another order; the
//! stream is the difference between states; a restored table is the map of that instant.
//!
//! All through the public API. The model is `dynamodb_model/model.rs`, the calls are `dynamodb_model/service.rs`.

mod model;
mod service;

use std::time::Duration;

use model::{Condition, Edit, Item, Key, Model, Write};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use service::Service;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// One write, with the answer's old item compared.
    Write(Key, Write, Condition),
    /// Several keys, all or nothing.
    Transact(Vec<(Key, Write, Condition)>),
    /// Several keys, unconditionally; updates have no batches.
    Batch(Vec<(Key, Option<Item>)>),
    /// Time goes on.
    Wait(u32),
    /// Everything is read, in pages of this size and this many segments.
    Look { page: usize, segments: usize },
}

fn key() -> impl Strategy<Value = Key> {
    (prop::sample::select(vec!["a", "b", "c"]), -3_i64..4).prop_map(|(pk, sk)| (pk.to_owned(), sk))
}

fn tag() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x", "y", "z"]).prop_map(str::to_owned)
}

fn item() -> impl Strategy<Value = Item> {
    let set = prop::collection::btree_set(tag(), 0..3);
    let parts =
        (prop::option::of(-5_i64..20), prop::option::of(tag()), prop::option::of(vec(0_i64..9, 0..3)), set);
    parts.prop_map(|(n, tag, list, set)| Item { n, tag, list, set })
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (-9_i64..9).prop_map(Edit::AddToN),
        (-9_i64..9).prop_map(Edit::TakeFromN),
        (-9_i64..9).prop_map(Edit::SetNIfAbsent),
        tag().prop_map(Edit::SetTag),
        Just(Edit::RemoveTag),
        (0_i64..9).prop_map(Edit::Append),
        Just(Edit::RemoveFirst),
        tag().prop_map(Edit::AddToSet),
        tag().prop_map(Edit::DeleteFromSet),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        3 => item().prop_map(Write::Put),
        4 => vec(edit(), 1..3).prop_map(Write::Update),
        2 => Just(Write::Delete),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        4 => Just(Condition::None),
        1 => Just(Condition::Exists),
        1 => Just(Condition::IsNew),
        1 => (-5_i64..20).prop_map(Condition::NBelow),
        1 => tag().prop_map(Condition::SetHas),
        1 => (0_usize..3).prop_map(Condition::ListLongerThan),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (key(), write(), condition()).prop_map(|(key, write, condition)| Step::Write(key, write, condition)),
        2 => btree_map(key(), (write(), condition()), 1..4).prop_map(|all| {
            Step::Transact(all.into_iter().map(|(key, (write, condition))| (key, write, condition)).collect())
        }),
        2 => btree_map(key(), prop::option::of(item()), 1..8).prop_map(|all| Step::Batch(all.into_iter().collect())),
        1 => (1_u32..120).prop_map(Step::Wait),
        2 => (1_usize..12, 1_usize..4).prop_map(|(page, segments)| Step::Look { page, segments }),
    ]
}

/// Does the steps on both, comparing as it goes.
async fn take(service: &Service, model: &mut Model, steps: Vec<Step>) -> Result<(), TestCaseError> {
    for step in steps {
        match step {
            Step::Write(key, write, condition) => {
                let told = service.write(&key, &write, &condition).await;
                prop_assert_eq!(
                    told,
                    model.write(&key, &write, &condition),
                    "{:?} {:?} {:?}",
                    key,
                    write,
                    condition
                );
            }
            Step::Transact(writes) => {
                let told = service.transact(&writes).await;
                prop_assert_eq!(told, model.transact(&writes), "{:?}", writes);
            }
            Step::Batch(writes) => {
                service.batch(&writes).await;
                model.batch(&writes);
            }
            Step::Wait(secs) => service.wait(Duration::from_secs(u64::from(secs))).await,
            Step::Look { page, segments } => look(service, model, page, segments).await?,
        }
    }
    Ok(())
}

/// Every way of reading agrees with the map.
async fn look(service: &Service, model: &Model, page: usize, segments: usize) -> Result<(), TestCaseError> {
    let all: Vec<(Key, Item)> = model.items().collect();
    prop_assert_eq!(service.scan(page, segments).await, all.clone(), "pages of {}", page);
    for pk in ["a", "b", "c"] {
        let mut of_pk: Vec<(Key, Item)> = all.iter().filter(|((found, _), _)| found == pk).cloned().collect();
        prop_assert_eq!(service.query(pk, true, page).await, of_pk.clone());
        of_pk.reverse();
        prop_assert_eq!(service.query(pk, false, page).await, of_pk.clone());
        let with_n = of_pk.into_iter().filter(|(_, item)| item.n.is_some()).collect();
        prop_assert_eq!(by_n(service.query_by_n(pk, page).await)?, sorted_by_n(with_n));
    }
    for tag in ["x", "y", "z"] {
        let is_in = |(_, item): &&(Key, Item)| item.n.is_some() && item.tag.as_deref() == Some(tag);
        let tagged = all.iter().filter(is_in).cloned().collect();
        prop_assert_eq!(by_n(service.query_by_tag(tag, page).await)?, sorted_by_n(tagged));
    }
    let kept = |(_, item): &&(Key, Item)| item.n.is_some_and(|n| n > 3) || item.set.contains("x");
    let filtered: Vec<(Key, Item)> = all.iter().filter(kept).cloned().collect();
    prop_assert_eq!(service.scan_filtered(page).await, filtered);
    Ok(())
}

/// Items of an index come in order of `n`; which of equals comes first is not promised.
fn by_n(found: Vec<(Key, Item)>) -> Result<Vec<(Key, Item)>, TestCaseError> {
    prop_assert!(found.is_sorted_by_key(|(_, item)| item.n), "{:?}", found);
    Ok(sorted_by_n(found))
}

fn sorted_by_n(mut items: Vec<(Key, Item)>) -> Vec<(Key, Item)> {
    items.sort_by_key(|(key, item)| (item.n, key.clone()));
    items
}

fn run(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_holds_what_a_map_holds_however_it_is_read(steps in vec(step(), 1..40), page in 1_usize..8) {
        run(async {
            let (service, mut model) = (Service::start().await, Model::default());
            take(&service, &mut model, steps).await?;
            look(&service, &model, page, 2).await
        })?;
    }

    #[test]
    fn the_stream_is_the_difference_between_states(steps in vec(step(), 1..40)) {
        run(async {
            let (service, mut model) = (Service::start().await, Model::default());
            take(&service, &mut model, steps).await?;
            let told = service.stream().await;
            let mut state = Model::default();
            for (key, old, new) in &told {
                prop_assert_eq!(state.get(key), old.as_ref(), "the old image is what was there");
                prop_assert_ne!(old, new, "a write that changes nothing is not told");
                state.set(key, new.clone());
            }
            prop_assert_eq!(state.items().collect::<Vec<_>>(), model.items().collect::<Vec<_>>());
            prop_assert_eq!(told.len(), model.changes);
            Ok(())
        })?;
    }

    #[test]
    fn a_table_restored_to_an_instant_is_the_map_of_that_instant(
        before in vec(step(), 1..20),
        after in vec(step(), 1..20),
    ) {
        run(async {
            let (service, mut model) = (Service::start().await, Model::default());
            service.remember().await;
            take(&service, &mut model, before).await?;
            service.wait(Duration::from_secs(5)).await;
            let (then, there) = (service.now(), model.clone());
            service.wait(Duration::from_secs(5)).await;
            take(&service, &mut model, after).await?;
            let found = service.restored(then).await;
            prop_assert_eq!(found, there.items().collect::<Vec<_>>());
            Ok(())
        })?;
    }
}
