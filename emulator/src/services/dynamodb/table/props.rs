//! Any mix of puts and deletes: a query reads what a filtered, sorted list of the items says, and an index has just the
//! items that have its keys.

use std::ops::Bound;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::services::dynamodb::value::{AttributeValue, KeyValue, Number, Type, item};

fn attribute(name: &str, kind: Type) -> KeyAttribute {
    KeyAttribute { name: name.to_owned(), kind }
}

fn table() -> Table {
    let keys = KeySchema { partition: attribute("p", Type::S), sort: Some(attribute("s", Type::N)) };
    let by_colour = Index {
        name: "by-colour".to_owned(),
        is_global: true,
        keys: KeySchema { partition: attribute("colour", Type::S), sort: Some(attribute("size", Type::N)) },
        projection: Projection::KeysOnly,
        rows: Rows::default(),
    };
    Table::new("t", keys, vec![by_colour])
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(Number::from(value))
}

#[derive(Clone, Debug)]
struct Step {
    partition: &'static str,
    sort: i64,
    /// Its colour and size, if it has these; none at all deletes.
    put: Option<Option<(&'static str, i64)>>,
}

fn step() -> impl Strategy<Value = Step> {
    let names = || prop::sample::select(vec!["a", "ab", "b", "\u{0}"]);
    let put = prop::option::of(prop::option::of((names(), -2_i64..3)));
    (names(), -5_i64..6, put).prop_map(|(partition, sort, put)| Step { partition, sort, put })
}

type Model = BTreeMap<(&'static str, i64), Option<(&'static str, i64)>>;

fn played(steps: &[Step]) -> (Table, Model) {
    let (mut table, mut model) = (table(), Model::new());
    for step in steps {
        let key = Key {
            partition: KeyValue::S(step.partition.to_owned()),
            sort: Some(KeyValue::N(Number::from(step.sort))),
        };
        let mut new = key.to_item(&table.keys);
        match step.put {
            Some(extra) => {
                if let Some((colour, size)) = extra {
                    new.extend(item([("colour", AttributeValue::s(colour)), ("size", number(size))]));
                }
                table.apply(key, Some(Packed::of(&new)));
                model.insert((step.partition, step.sort), extra);
            }
            None => {
                table.apply(key, None);
                model.remove(&(step.partition, step.sort));
            }
        }
    }
    (table, model)
}

/// The sort keys that a range of `rows` reads, as integers.
fn read(rows: &Rows, range: &Range, attribute: &str, is_forward: bool) -> Vec<i64> {
    let value = |packed: &Packed| match packed.attribute(attribute) {
        Some(AttributeValue::N(number)) => number.as_i64().expect("small"),
        other => panic!("no number: {other:?}"),
    };
    rows.range(range, is_forward).map(|(_, packed)| value(packed)).collect()
}

proptest! {
    #[test]
    fn a_query_reads_what_a_filtered_list_says(
        steps in vec(step(), 0..40),
        low in -6_i64..7, high in -6_i64..7, open: bool, is_forward: bool,
    ) {
        let (table, model) = played(&steps);
        for partition in ["a", "ab", "b", "\u{0}", "none"] {
            let (from, to) = (KeyValue::N(Number::from(low)), KeyValue::N(Number::from(high)));
            let bounds = if open {
                (Bound::Excluded(&from), Bound::Excluded(&to))
            } else {
                (Bound::Included(&from), Bound::Included(&to))
            };
            let range = Range::partition(&KeyValue::S(partition.to_owned()), bounds.0, bounds.1);
            let within = |sort: i64| if open { low < sort && sort < high } else { low <= sort && sort <= high };
            let mut expected: Vec<i64> =
                model.keys().filter(|(p, s)| *p == partition && within(*s)).map(|(_, s)| *s).collect();
            if !is_forward {
                expected.reverse();
            }
            prop_assert_eq!(read(&table.rows, &range, "s", is_forward), expected);
        }
    }

    #[test]
    fn an_index_is_a_filtered_scan(steps in vec(step(), 0..40), low in -3_i64..4) {
        let (table, model) = played(&steps);
        let index = &table.indexes["by-colour"];
        for colour in ["a", "ab", "b", "\u{0}"] {
            let from = KeyValue::N(Number::from(low));
            let range = Range::partition(&KeyValue::S(colour.to_owned()), Bound::Excluded(&from), Bound::Unbounded);
            let mut expected: Vec<i64> =
                model.values().flatten().filter(|(c, size)| *c == colour && *size > low).map(|(_, size)| *size).collect();
            expected.sort_unstable();
            prop_assert_eq!(read(&index.rows, &range, "size", true), expected);
        }
        let mut filled = table.clone();
        filled.indexes.clear();
        filled.add_index(Index { rows: Rows::default(), ..index.clone() });
        let all = |table: &Table| -> Vec<Item> {
            table.indexes["by-colour"].rows.range(&Range::ALL, true).map(|(_, packed)| packed.unpack()).collect()
        };
        prop_assert_eq!(all(&filled), all(&table), "an index made later has the same items");
    }

    #[test]
    fn segments_share_the_rows(steps in vec(step(), 0..40), total in 1_u64..8) {
        let (table, model) = played(&steps);
        let read: usize =
            (0..total).map(|segment| table.rows.range(&Range::segment(segment, total), true).count()).sum();
        prop_assert_eq!(read, model.len());
        let bytes: usize = table.rows.range(&Range::ALL, true).map(|(_, packed)| packed.item_bytes()).sum();
        prop_assert_eq!(table.rows.bytes(), bytes as u64);
    }

    #[test]
    fn reading_goes_on_after_any_row(steps in vec(step(), 0..40), is_forward: bool) {
        let (table, _) = played(&steps);
        let whole: Vec<&RowKey> = table.rows.range(&Range::ALL, is_forward).map(|(key, _)| key).collect();
        for (at, key) in whole.iter().enumerate() {
            let rest = Range::ALL.after((*key).clone(), is_forward);
            let read: Vec<&RowKey> = table.rows.range(&rest, is_forward).map(|(key, _)| key).collect();
            prop_assert_eq!(&read[..], &whole[at + 1..]);
        }
    }
}

#[test]
fn texts_that_begin_so_are_read_together() {
    let keys = KeySchema { partition: attribute("p", Type::S), sort: Some(attribute("s", Type::S)) };
    let mut table = Table::new("t", keys, Vec::new());
    let texts = ["", "a", "a\u{0}", "a#1", "a#2", "ab", "b", "\u{10FFFF}"];
    for text in texts {
        let key = Key { partition: KeyValue::S("p".to_owned()), sort: Some(KeyValue::S(text.to_owned())) };
        let item = key.to_item(&table.keys);
        table.apply(key, Some(Packed::of(&item)));
    }
    for prefix in ["", "a", "a#", "\u{10FFFF}", "c"] {
        let range = Range::beginning(&KeyValue::S("p".to_owned()), &KeyValue::S(prefix.to_owned()));
        let read: Vec<Option<AttributeValue>> =
            table.rows.range(&range, true).map(|(_, packed)| packed.attribute("s")).collect();
        let expected = texts.iter().filter(|text| text.starts_with(prefix));
        let expected: Vec<_> = expected.map(|text| Some(AttributeValue::s(*text))).collect();
        assert_eq!(read, expected, "{prefix}");
    }
}
