//! The catalog against a map of maps, and inference over any bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use wavetank_wire::glue::*;

use super::expression::Expression;
use super::tests::{Memory, Rig, column, database, partition, table};
use super::{CrawlWork, look};

#[derive(Debug, Clone)]
enum Step {
    CreateDatabase(u8),
    DeleteDatabase(u8),
    CreateTable(u8, u8),
    DeleteTable(u8, u8),
    AddPartition(u8, u8, u8),
    DropPartition(u8, u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let small = || 0..3_u8;
    prop_oneof![
        small().prop_map(Step::CreateDatabase),
        small().prop_map(Step::DeleteDatabase),
        (small(), small()).prop_map(|(d, t)| Step::CreateTable(d, t)),
        (small(), small()).prop_map(|(d, t)| Step::DeleteTable(d, t)),
        (small(), small(), small()).prop_map(|(d, t, p)| Step::AddPartition(d, t, p)),
        (small(), small(), small()).prop_map(|(d, t, p)| Step::DropPartition(d, t, p)),
    ]
}

type Model = BTreeMap<u8, BTreeMap<u8, Vec<u8>>>;

/// Does a step to the model. Answers whether it was allowed.
fn model(model: &mut Model, step: &Step) -> bool {
    match step {
        Step::CreateDatabase(d) => !model.contains_key(d) && model.insert(*d, BTreeMap::new()).is_none(),
        Step::DeleteDatabase(d) => model.remove(d).is_some(),
        Step::CreateTable(d, t) => model
            .get_mut(d)
            .is_some_and(|tables| !tables.contains_key(t) && tables.insert(*t, Vec::new()).is_none()),
        Step::DeleteTable(d, t) => model.get_mut(d).is_some_and(|tables| tables.remove(t).is_some()),
        Step::AddPartition(d, t, p) => {
            let partitions = model.get_mut(d).and_then(|tables| tables.get_mut(t));
            partitions.is_some_and(|partitions| {
                let is_new = !partitions.contains(p);
                partitions.extend(is_new.then_some(*p));
                is_new
            })
        }
        Step::DropPartition(d, t, p) => {
            let partitions = model.get_mut(d).and_then(|tables| tables.get_mut(t));
            partitions.is_some_and(|partitions| {
                let before = partitions.len();
                partitions.retain(|known| known != p);
                partitions.len() < before
            })
        }
    }
}

fn names(d: u8, t: u8) -> (String, String) {
    (format!("d{d}"), format!("t{t}"))
}

fn perform(rig: &mut Rig, step: &Step) -> bool {
    match *step {
        Step::CreateDatabase(d) => rig.call::<CreateDatabase>(database(&format!("d{d}"))).is_ok(),
        Step::DeleteDatabase(d) => rig
            .call::<DeleteDatabase>(DeleteDatabaseInput { name: format!("d{d}"), ..Default::default() })
            .is_ok(),
        Step::CreateTable(d, t) => {
            let (d, t) = names(d, t);
            rig.call::<CreateTable>(table(&d, &t, &[("p", "int")])).is_ok()
        }
        Step::DeleteTable(d, t) => {
            let (database_name, name) = names(d, t);
            rig.call::<DeleteTable>(DeleteTableInput { database_name, name, ..Default::default() }).is_ok()
        }
        Step::AddPartition(d, t, p) => {
            let ((database_name, table_name), partition_input) = (names(d, t), partition(&[&p.to_string()]));
            let input =
                CreatePartitionInput { database_name, table_name, partition_input, ..Default::default() };
            rig.call::<CreatePartition>(input).is_ok()
        }
        Step::DropPartition(d, t, p) => {
            let ((database_name, table_name), partition_values) = (names(d, t), vec![p.to_string()]);
            let input =
                DeletePartitionInput { database_name, table_name, partition_values, ..Default::default() };
            rig.call::<DeletePartition>(input).is_ok()
        }
    }
}

/// The whole catalog, read page by page.
fn read_all(rig: &mut Rig) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let mut next_token = None;
    loop {
        let page = rig.call::<GetDatabases>(GetDatabasesInput {
            max_results: Some(1),
            next_token,
            ..Default::default()
        });
        let page = page.expect("a list");
        for database in page.database_list {
            let input = GetTablesInput { database_name: database.name.clone(), ..Default::default() };
            for table in rig.call::<GetTables>(input).expect("a list").table_list.unwrap_or_default() {
                let (database_name, table_name) = (database.name.clone(), table.name.clone());
                let input = GetPartitionsInput { database_name, table_name, ..Default::default() };
                let found = rig.call::<GetPartitions>(input).expect("a list").partitions.unwrap_or_default();
                let values = found.into_iter().flat_map(|partition| partition.values.unwrap_or_default());
                all.push((format!("{}.{}", database.name, table.name), values.collect()));
            }
        }
        next_token = page.next_token;
        if next_token.is_none() {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_catalog_is_a_map_of_maps(steps in vec(step(), 1..80)) {
        let mut rig = Rig::new();
        let mut expected = Model::new();
        for step in &steps {
            prop_assert_eq!(perform(&mut rig, step), model(&mut expected, step), "{:?}", step);
        }
        let mut all = Vec::new();
        for (d, tables) in &expected {
            for (t, partitions) in tables {
                let mut values: Vec<String> = partitions.iter().map(u8::to_string).collect();
                values.sort();
                all.push((format!("d{d}.t{t}"), values));
            }
        }
        prop_assert_eq!(read_all(&mut rig), all);
    }

    #[test]
    fn inference_takes_any_bytes(
        magic in prop::sample::select(vec![&b""[..], b"PAR1", b"\x1f\x8b\x08\x00", b"{\"a\":", b"[", b"a,b\n"]),
        body in vec(any::<u8>(), 0..400),
        tail in prop::sample::select(vec![&b""[..], b"\x10\x00\x00\x00PAR1", b"}\n"]),
        key in "[a-c=/_.]{1,12}",
    ) {
        let mut objects = Memory::default();
        let whole = [magic, &body, tail].concat();
        objects.put("b", &key, Bytes::from(whole));
        objects.put("b", "a/x.csv", &b"id,n\n1,2\n"[..]);
        let target = S3Target { path: Some("s3://b/".to_owned()), ..S3Target::default() };
        let output = look(&objects, &CrawlWork { targets: vec![target] });
        prop_assert!(output.failure.is_some() || !output.tables.is_empty());
    }

    #[test]
    fn any_text_is_an_expression_or_is_refused(text in "[a-z '\"`()=<>!,0-9%_.-]{0,60}") {
        let keys = [column("a", "string"), column("b", "int")];
        if let Ok(expression) = Expression::read(&text, &keys) {
            expression.admits(&["x".to_owned(), "1".to_owned()]);
        }
    }
}
