//! Any page size gives the same items; an index is a filtered scan.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Rig;

#[derive(Clone, Debug)]
struct Step {
    partition: &'static str,
    sort: i64,
    rank: Option<i64>,
    colour: Option<&'static str>,
    is_delete: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let names = || prop::sample::select(vec!["a", "b", "ab"]);
    (names(), -4_i64..5, prop::option::of(-2_i64..3), prop::option::of(names()), prop::bool::weighted(0.2))
        .prop_map(|(partition, sort, rank, colour, is_delete)| Step {
            partition,
            sort,
            rank,
            colour,
            is_delete,
        })
}

type Model = BTreeMap<(&'static str, i64), Value>;

fn played(steps: &[Step]) -> (Rig, Model) {
    let (mut rig, mut model) = (Rig::with_tables(), Model::new());
    for step in steps {
        let key = json!({"p": {"S": step.partition}, "s": {"N": step.sort.to_string()}});
        if step.is_delete {
            rig.ok("DeleteItem", json!({"TableName": "ranged", "Key": key}));
            model.remove(&(step.partition, step.sort));
            continue;
        }
        let mut item = key;
        if let Some(rank) = step.rank {
            item["rank"] = json!({"N": rank.to_string()});
            item["size"] = json!({"N": (-rank).to_string()});
        }
        if let Some(colour) = step.colour {
            item["colour"] = json!({"S": colour});
        }
        rig.ok("PutItem", json!({"TableName": "ranged", "Item": item}));
        model.insert((step.partition, step.sort), item);
    }
    (rig, model)
}

/// All items of a read, page by page.
fn read(rig: &mut Rig, operation: &str, mut request: Value, limit: Option<i64>) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some(limit) = limit {
        request["Limit"] = json!(limit);
    }
    loop {
        let answer = rig.ok(operation, request.clone());
        found.extend(answer["Items"].as_array().expect("items").iter().cloned());
        match answer.get("LastEvaluatedKey") {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return found,
        }
    }
}

fn sorted(items: impl IntoIterator<Item = Value>) -> Vec<String> {
    let by_name =
        |item: &Value| item.as_object().expect("an item").clone().into_iter().collect::<BTreeMap<_, _>>();
    let mut texts: Vec<String> = items.into_iter().map(|item| json!(by_name(&item)).to_string()).collect();
    texts.sort();
    texts
}

/// An item with some of its attributes.
fn part(item: &Value, names: &[&str]) -> Value {
    let members = item.as_object().expect("an object").iter();
    let kept = members.filter(|(name, _)| names.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_page_size_gives_the_same_items(steps in vec(step(), 0..40), limit in 1_i64..6, is_forward: bool) {
        let (mut rig, model) = played(&steps);
        prop_assert_eq!(sorted(read(&mut rig, "Scan", json!({"TableName": "ranged"}), Some(limit))), sorted(model.values().cloned()));
        for partition in ["a", "b", "ab", "none"] {
            let query = json!({
                "TableName": "ranged", "KeyConditionExpression": "p = :p", "ScanIndexForward": is_forward,
                "ExpressionAttributeValues": {":p": {"S": partition}},
            });
            let mut expected: Vec<Value> =
                model.iter().filter(|((p, _), _)| *p == partition).map(|(_, item)| item.clone()).collect();
            if !is_forward {
                expected.reverse();
            }
            prop_assert_eq!(read(&mut rig, "Query", query.clone(), Some(limit)), expected.clone());
            prop_assert_eq!(read(&mut rig, "Query", query, None), expected);
        }
    }

    #[test]
    fn an_index_is_a_filtered_scan(steps in vec(step(), 0..40), limit in 1_i64..6, low in -2_i64..3) {
        let (mut rig, model) = played(&steps);
        for (index, keys, kept) in [
            ("by-rank", ["p", "rank"], vec!["p", "s", "rank"]),
            ("by-colour", ["colour", "size"], vec!["p", "s", "colour", "size", "note"]),
        ] {
            let has_keys = |item: &&Value| keys.iter().all(|key| item.get(key).is_some());
            let scan = json!({"TableName": "ranged", "IndexName": index});
            let expected = sorted(model.values().filter(has_keys).map(|item| part(item, &kept)));
            prop_assert_eq!(sorted(read(&mut rig, "Scan", scan, Some(limit))), expected, "{}", index);
            for partition in ["a", "b", "ab"] {
                let query = json!({
                    "TableName": "ranged", "IndexName": index,
                    "KeyConditionExpression": format!("{} = :p AND #s >= :low", keys[0]),
                    "ExpressionAttributeNames": {"#s": keys[1]},
                    "ExpressionAttributeValues": {":p": {"S": partition}, ":low": {"N": low.to_string()}},
                });
                let sort = |item: &Value| -> i64 { item[keys[1]]["N"].as_str().expect("a number").parse().expect("small") };
                let of_query = |item: &&Value| item[keys[0]] == json!({"S": partition}) && sort(item) >= low;
                let expected = model.values().filter(has_keys).filter(of_query);
                let expected: Vec<Value> = expected.map(|item| part(item, &kept)).collect();
                let found = read(&mut rig, "Query", query, Some(limit));
                prop_assert!(found.is_sorted_by_key(sort), "{index}");
                prop_assert_eq!(sorted(found), sorted(expected), "{}", index);
            }
        }
    }

    #[test]
    fn a_transaction_happens_whole_or_not_at_all(steps in vec(step(), 0..20), more in vec(step(), 1..8), fails: bool) {
        let (mut rig, _) = played(&steps);
        let before = rig.all("ranged");
        let mut actions: BTreeMap<(&str, i64), Value> = BTreeMap::new();
        for step in &more {
            let key = json!({"p": {"S": step.partition}, "s": {"N": step.sort.to_string()}});
            let action = if step.is_delete {
                json!({"Delete": {"TableName": "ranged", "Key": key}})
            } else {
                json!({"Put": {"TableName": "ranged", "Item": key}})
            };
            actions.insert((step.partition, step.sort), action);
        }
        let mut all: Vec<Value> = actions.values().cloned().collect();
        if fails {
            all.push(json!({"ConditionCheck": {
                "TableName": "plain", "Key": {"p": {"S": "none"}}, "ConditionExpression": "attribute_exists(p)",
            }}));
        }
        let result = rig.ask("TransactWriteItems", json!({"TransactItems": all}));
        prop_assert_eq!(result.is_err(), fails);
        if fails {
            prop_assert_eq!(rig.all("ranged"), before);
            return Ok(());
        }
        for ((p, s), action) in &actions {
            let key = json!({"p": {"S": p}, "s": {"N": s.to_string()}});
            let found = rig.ok("GetItem", json!({"TableName": "ranged", "Key": key}));
            prop_assert_eq!(found.get("Item").is_some(), action.get("Put").is_some());
        }
    }
}
