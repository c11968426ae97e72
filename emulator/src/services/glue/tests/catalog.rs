//! Databases, tables, versions and partitions, as a client sees them.

use expect_test::{Expect, expect};
use wavetank_wire::glue::{self as wire, *};

use super::{Rig, database, partition, table, values};

/// Does `act` with a client, and compares what it has written down.
fn check(act: impl FnOnce(&mut Rig), expected: Expect) {
    let mut rig = Rig::new();
    act(&mut rig);
    expected.assert_eq(&rig.seen);
}

fn get_table(database: &str, name: &str) -> GetTableInput {
    GetTableInput { database_name: database.to_owned(), name: name.to_owned(), ..GetTableInput::default() }
}

fn update(table: CreateTableInput, version_id: Option<&str>, skip_archive: bool) -> UpdateTableInput {
    UpdateTableInput {
        database_name: table.database_name,
        table_input: table.table_input,
        version_id: version_id.map(str::to_owned),
        skip_archive: Some(skip_archive),
        ..UpdateTableInput::default()
    }
}

#[test]
fn names_are_lower_case_and_found_in_any_case() {
    check(
        |rig| {
            rig.note::<CreateDatabase>(database("Sales"));
            rig.note::<CreateDatabase>(database("SALES"));
            rig.note::<CreateTable>(table("sales", "Orders", &[]));
            rig.note::<CreateTable>(table("Sales", "orders", &[]));
            let table =
                rig.call::<GetTable>(get_table("SALES", "ORDERS")).expect("it exists").table.expect("found");
            rig.write(&format!("{} in {:?} v{:?}", table.name, table.database_name, table.version_id));
        },
        expect![[r#"
            CreateDatabase: ok
            CreateDatabase: AlreadyExistsException: Database already exists.
            CreateTable: ok
            CreateTable: AlreadyExistsException: Table already exists.
            orders in Some("sales") vSome("0")
        "#]],
    );
}

#[test]
fn what_does_not_exist_is_named() {
    check(
        |rig| {
            rig.note::<GetDatabase>(GetDatabaseInput { name: "nowhere".to_owned(), ..Default::default() });
            rig.note::<GetTable>(get_table("nowhere", "t"));
            rig.note::<CreateDatabase>(database("sales"));
            rig.note::<GetTable>(get_table("sales", "nothing"));
            rig.note::<DeleteTable>(DeleteTableInput {
                database_name: "sales".to_owned(),
                name: "nothing".to_owned(),
                ..Default::default()
            });
            rig.note::<DeleteDatabase>(DeleteDatabaseInput {
                name: "nowhere".to_owned(),
                ..Default::default()
            });
        },
        expect![[r#"
            GetDatabase: EntityNotFoundException: Database nowhere not found.
            GetTable: EntityNotFoundException: Database nowhere not found.
            CreateDatabase: ok
            GetTable: EntityNotFoundException: Table nothing not found.
            DeleteTable: EntityNotFoundException: Table nothing not found.
            DeleteDatabase: EntityNotFoundException: Database nowhere not found.
        "#]],
    );
}

#[test]
fn every_update_makes_a_version_and_an_old_version_id_is_refused() {
    check(
        |rig| {
            rig.note::<CreateDatabase>(database("sales"));
            rig.note::<CreateTable>(table("sales", "orders", &[]));
            rig.note::<UpdateTable>(update(table("sales", "orders", &[]), Some("0"), false));
            rig.note::<UpdateTable>(update(table("sales", "orders", &[]), Some("0"), false));
            rig.note::<UpdateTable>(update(table("sales", "orders", &[]), None, true));
            rig.note::<UpdateTable>(update(table("sales", "missing", &[]), None, true));
            let input = GetTableVersionsInput {
                database_name: "sales".to_owned(),
                table_name: "orders".to_owned(),
                ..Default::default()
            };
            let versions = rig.call::<GetTableVersions>(input).expect("it exists").table_versions;
            let ids: Vec<String> =
                versions.unwrap_or_default().into_iter().filter_map(|v| v.version_id).collect();
            rig.write(&format!("versions {ids:?}"));
        },
        expect![[r#"
            CreateDatabase: ok
            CreateTable: ok
            UpdateTable: ok
            UpdateTable: ConcurrentModificationException: Update table failed due to concurrent modifications.
            UpdateTable: ok
            UpdateTable: EntityNotFoundException: Table missing not found.
            versions ["2", "0"]
        "#]],
    );
}

#[test]
fn a_list_comes_in_pages_and_loses_nothing_when_entries_come_and_go() {
    check(
        |rig| {
            rig.note::<CreateDatabase>(database("sales"));
            for name in ["a", "b", "c", "d"] {
                rig.call::<CreateTable>(table("sales", name, &[])).expect("new");
            }
            let mut token = None;
            for removed in ["b", "none", "none"] {
                let input = GetTablesInput {
                    database_name: "sales".to_owned(),
                    max_results: Some(2),
                    next_token: token,
                    ..Default::default()
                };
                let page = rig.call::<GetTables>(input).expect("a list");
                let names: Vec<String> =
                    page.table_list.unwrap_or_default().into_iter().map(|t| t.name).collect();
                rig.write(&format!("{names:?} more: {}", page.next_token.is_some()));
                token = page.next_token;
                let gone = DeleteTableInput {
                    database_name: "sales".to_owned(),
                    name: removed.to_owned(),
                    ..Default::default()
                };
                drop(rig.call::<DeleteTable>(gone));
                if token.is_none() {
                    break;
                }
            }
            let bad = GetTablesInput {
                database_name: "sales".to_owned(),
                next_token: Some("zz".to_owned()),
                ..Default::default()
            };
            rig.note::<GetTables>(bad);
            let some = GetTablesInput {
                database_name: "sales".to_owned(),
                expression: Some("[cC]|d.*".to_owned()),
                ..Default::default()
            };
            let found = rig.call::<GetTables>(some).expect("a list").table_list.unwrap_or_default();
            rig.write(&format!("{}", found.len()));
        },
        expect![[r#"
            CreateDatabase: ok
            ["a", "b"] more: true
            ["c", "d"] more: false
            GetTables: InvalidInputException: Invalid pagination token
            2
        "#]],
    );
}

#[test]
fn a_batch_of_partitions_keeps_what_it_can_and_says_what_it_cannot() {
    let of = |of: &[&str]| CreatePartitionInput {
        database_name: "sales".to_owned(),
        table_name: "orders".to_owned(),
        partition_input: partition(of),
        ..Default::default()
    };
    check(
        |rig| {
            rig.note::<CreateDatabase>(database("sales"));
            rig.note::<CreateTable>(table("sales", "orders", &[("year", "int"), ("month", "string")]));
            rig.note::<CreatePartition>(of(&["2024", "01"]));
            rig.note::<CreatePartition>(of(&["2024", "01"]));
            rig.note::<CreatePartition>(of(&["2024"]));
            let batch = rig.note::<BatchCreatePartition>(BatchCreatePartitionInput {
                database_name: "sales".to_owned(),
                table_name: "orders".to_owned(),
                partition_input_list: vec![partition(&["2024", "01"]), partition(&["2024", "02"])],
                ..Default::default()
            });
            rig.write(&format!("{:?}", batch.expect("ok").errors));
            let moved = UpdatePartitionInput {
                database_name: "sales".to_owned(),
                table_name: "orders".to_owned(),
                partition_value_list: values(&["2024", "02"]),
                partition_input: partition(&["2024", "03"]),
                ..Default::default()
            };
            rig.note::<UpdatePartition>(moved.clone());
            rig.note::<UpdatePartition>(moved);
            let gone = rig.note::<BatchDeletePartition>(BatchDeletePartitionInput {
                database_name: "sales".to_owned(),
                table_name: "orders".to_owned(),
                partitions_to_delete: vec![
                    PartitionValueList { values: values(&["2024", "03"]) },
                    PartitionValueList { values: values(&["2024", "04"]) },
                ],
                ..Default::default()
            });
            rig.write(&format!(
                "{} could not be deleted",
                gone.expect("ok").errors.unwrap_or_default().len()
            ));
        },
        expect![[r#"
            CreateDatabase: ok
            CreateTable: ok
            CreatePartition: ok
            CreatePartition: AlreadyExistsException: Partition already exists.
            CreatePartition: InvalidInputException: The number of partition keys do not match the number of partition values
            BatchCreatePartition: ok
            Some([PartitionError { partition_values: Some(["2024", "01"]), error_detail: Some(ErrorDetail { error_code: Some("AlreadyExistsException"), error_message: Some("Partition already exists.") }) }])
            UpdatePartition: ok
            UpdatePartition: EntityNotFoundException: Cannot find partition.
            BatchDeletePartition: ok
            1 could not be deleted
        "#]],
    );
}

#[test]
fn a_pattern_of_table_names_may_use_a_bare_star() {
    let mut rig = Rig::new();
    rig.call::<CreateDatabase>(database("d")).expect("new");
    for name in ["orders", "orders_raw", "users"] {
        rig.call::<CreateTable>(table("d", name, &[])).expect("new");
    }
    for (pattern, expected) in [
        ("*raw*", 1),
        ("orders*", 2),
        ("*s", 2),
        (".*s", 2),
        ("orders", 1),
        ("users|orders", 2),
        ("ORD.*", 2),
    ] {
        let (database_name, expression) = ("d".to_owned(), Some(pattern.to_owned()));
        let input = GetTablesInput { database_name, expression, ..Default::default() };
        let found = rig.call::<GetTables>(input).expect("a list").table_list.unwrap_or_default();
        assert_eq!(found.len(), expected, "{pattern}");
    }
}

#[test]
fn segments_hold_each_partition_once() {
    let mut rig = Rig::new();
    rig.call::<CreateDatabase>(database("d")).expect("new");
    rig.call::<CreateTable>(table("d", "t", &[("k", "int")])).expect("new");
    for k in 0..10 {
        let partition_input = partition(&[&k.to_string()]);
        let (database_name, table_name) = ("d".to_owned(), "t".to_owned());
        let input = CreatePartitionInput { database_name, table_name, partition_input, ..Default::default() };
        rig.call::<CreatePartition>(input).expect("new");
    }
    let mut all = Vec::new();
    for segment_number in 0..3 {
        let input = GetPartitionsInput {
            database_name: "d".to_owned(),
            table_name: "t".to_owned(),
            segment: Some(Segment { segment_number, total_segments: 3 }),
            ..Default::default()
        };
        let found = rig.call::<GetPartitions>(input).expect("a list").partitions.unwrap_or_default();
        all.extend(found.into_iter().flat_map(|partition| partition.values.unwrap_or_default()));
    }
    all.sort();
    assert_eq!(all, (0..10).map(|k| k.to_string()).collect::<Vec<_>>());
}

#[test]
fn tags_follow_their_resource() {
    let arn = |resource: &str| format!("arn:aws:glue:us-east-1:000000000000:{resource}");
    check(
        |rig| {
            rig.note::<CreateDatabase>(database("sales"));
            let tags = std::collections::BTreeMap::from([("team".to_owned(), "lake".to_owned())]);
            let (resource_arn, tags_to_add) = (arn("database/sales"), tags.clone());
            rig.note::<TagResource>(TagResourceInput { resource_arn, tags_to_add });
            rig.note::<TagResource>(TagResourceInput { resource_arn: arn("job/none"), tags_to_add: tags });
            let got = rig.call::<GetTags>(GetTagsInput { resource_arn: arn("database/sales") });
            rig.write(&format!("{:?}", got.expect("tagged").tags));
            rig.note::<DeleteDatabase>(DeleteDatabaseInput {
                name: "sales".to_owned(),
                ..Default::default()
            });
            rig.note::<GetTags>(GetTagsInput { resource_arn: arn("database/sales") });
        },
        expect![[r#"
            CreateDatabase: ok
            TagResource: ok
            TagResource: EntityNotFoundException: Entity arn:aws:glue:us-east-1:000000000000:job/none not found.
            Some({"team": "lake"})
            DeleteDatabase: ok
            GetTags: EntityNotFoundException: Entity arn:aws:glue:us-east-1:000000000000:database/sales not found.
        "#]],
    );
}

#[test]
fn what_is_not_built_is_refused_by_its_name() {
    check(
        |rig| {
            rig.note::<CreateDatabase>(database("sales"));
            let mut linked = table("sales", "link", &[]);
            linked.table_input.as_mut().expect("given").target_table = Some(wire::TableIdentifier::default());
            rig.note::<CreateTable>(linked);
            let mut foreign = database("other");
            foreign.catalog_id = Some("999999999999".to_owned());
            rig.note::<CreateDatabase>(foreign);
        },
        expect![[r#"
            CreateDatabase: ok
            CreateTable: NotImplemented: wavetank does not implement resource links (TargetTable).
            CreateDatabase: NotImplemented: wavetank does not implement the data catalog `999999999999` of another account.
        "#]],
    );
}
