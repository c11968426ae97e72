//! S3 against a map: whatever is put, copied and deleted, listings of any page size give exactly the map's keys and
//! roll-ups, in order and once, and every object reads back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::body::Body;
use super::digest::Digested;
use super::error::Refusal;
use super::object::{Headers, Object, WriteConditions};
use super::{BucketConfiguration, ListRequest, Resume, S3, VersionStart};
use crate::driver::Tank;
use crate::services::AwsError as _;
use crate::world::{Cx, Scope};

#[derive(Clone, Debug)]
enum Step {
    Put(String, u8),
    Copy(String, String),
    Delete(String),
}

/// Few letters, so that keys meet and share prefixes; some at the ends of the alphabet.
fn key() -> impl Strategy<Value = String> {
    let letter = prop::sample::select(vec!['a', 'b', '/', '0', '\u{d7ff}', '\u{10ffff}']);
    vec(letter, 1..5).prop_map(String::from_iter)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), any::<u8>()).prop_map(|(key, byte)| Step::Put(key, byte)),
        1 => (key(), key()).prop_map(|(from, to)| Step::Copy(from, to)),
        2 => key().prop_map(Step::Delete),
    ]
}

fn act<R>(tank: &Tank, mut act: impl FnMut(&mut S3, &mut Cx<'_>) -> Result<R, Refusal>) -> R {
    let answer =
        tank.s3(&Scope::default(), "test", "Test", |s3, cx| act(s3, cx).map_err(|refusal| refusal.wire()));
    answer.expect("the model says that this succeeds")
}

fn object(byte: u8) -> Arc<Object> {
    let body = Body::from(Bytes::from(vec![byte; usize::from(byte)]));
    let digested = Digested::of(body.chunks(), None);
    Arc::new(Object::new(Headers::default(), body, digested))
}

fn put(tank: &Tank, key: &str, object: &Arc<Object>) {
    let none = WriteConditions::default();
    act(tank, |s3, cx| s3.put_object(cx, "lake", key, Arc::clone(object), &none, "ObjectCreated:Put"));
}

fn play(tank: &Tank, steps: &[Step]) -> BTreeMap<String, u8> {
    let mut model: BTreeMap<String, u8> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Put(key, byte) => {
                put(tank, key, &object(*byte));
                model.insert(key.clone(), *byte);
            }
            Step::Copy(from, to) => {
                if let Some(byte) = model.get(from).copied() {
                    let found = act(tank, |s3, cx| s3.find(cx, "lake", from, None));
                    put(tank, to, &found.object);
                    model.insert(to.clone(), byte);
                }
            }
            Step::Delete(key) => {
                act(tank, |s3, cx| s3.delete_object(cx, "lake", key, None, None));
                model.remove(key);
            }
        }
    }
    model
}

/// Keys and common prefixes of all pages, in the order in which they came.
fn list_all(tank: &Tank, prefix: &str, delimiter: Option<&str>, page: usize) -> (Vec<String>, Vec<String>) {
    let mut request = ListRequest {
        prefix: prefix.to_owned(),
        delimiter: delimiter.map(str::to_owned),
        after: Resume::Start,
        entries_max: page,
    };
    let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
    loop {
        let found = act(tank, |s3, cx| s3.list_objects(cx, "lake", &request));
        assert!(found.entries.len() + found.prefixes.len() <= page, "a page is no larger than asked");
        keys.extend(found.entries.into_iter().map(|entry| entry.key));
        prefixes.extend(found.prefixes);
        match found.next {
            Some(next) => request.after = next,
            None => return (keys, prefixes),
        }
    }
}

fn model_list(
    model: &BTreeMap<String, u8>,
    prefix: &str,
    delimiter: Option<&str>,
) -> (Vec<String>, Vec<String>) {
    let (mut keys, mut prefixes) = (Vec::new(), BTreeSet::new());
    for key in model.keys().filter(|key| key.starts_with(prefix)) {
        let rest = &key[prefix.len()..];
        match delimiter.and_then(|delimiter| rest.split_once(delimiter).map(|(head, _)| (head, delimiter))) {
            Some((head, delimiter)) => drop(prefixes.insert(format!("{prefix}{head}{delimiter}"))),
            None => keys.push(key.clone()),
        }
    }
    (keys, prefixes.into_iter().collect())
}

fn tank(versioned: bool) -> Tank {
    let tank = Tank::builder().build();
    act(&tank, |s3, cx| s3.create_bucket(cx, "lake", None));
    if versioned {
        let versioning = Some("Enabled".to_owned());
        let configuration = BucketConfiguration { versioning, ..BucketConfiguration::default() };
        act(&tank, |s3, cx| s3.configure(cx, "lake", configuration.clone()));
    }
    tank
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn listings_and_reads_agree_with_a_map(
        steps in vec(step(), 0..40),
        versioned: bool,
        prefix in prop_oneof![Just(String::new()), key()],
        delimiter in prop::option::of(prop::sample::select(vec!["/", "a", "\u{10ffff}", "b/"])),
        page in 1usize..8,
    ) {
        let tank = tank(versioned);
        let model = play(&tank, &steps);
        prop_assert_eq!(list_all(&tank, &prefix, delimiter, page), model_list(&model, &prefix, delimiter));
        for (key, byte) in &model {
            let found = act(&tank, |s3, cx| s3.find(cx, "lake", key, None));
            prop_assert_eq!(found.object.body.whole(), vec![*byte; usize::from(*byte)]);
        }
    }

    /// Every version that was put, and every marker, is listed once, newest first, whatever the page size.
    #[test]
    fn versions_are_listed_once_each(steps in vec(step(), 0..30), page in 1usize..6) {
        let tank = tank(true);
        play(&tank, &steps);
        let all = |page: usize| {
            let request = ListRequest { entries_max: page, ..ListRequest::default() };
            let (mut start, mut listed) = (VersionStart::default(), Vec::new());
            loop {
                let found = act(&tank, |s3, cx| s3.list_versions(cx, "lake", &request, &start));
                listed.extend(found.versions.into_iter().map(|version| (version.key, version.version_id)));
                match found.next {
                    Some(next) => start = next,
                    None => return listed,
                }
            }
        };
        let whole = all(1_000);
        let once: BTreeSet<&(String, String)> = whole.iter().collect();
        prop_assert_eq!(once.len(), whole.len());
        prop_assert_eq!(all(page), whole);
    }
}
