//! DynamoDB with the genuine SDK, in-process: no socket, no sleep. Every family of operations, its refusals as the SDK types
//! them, and its paginators.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BatchStatementRequest, BillingMode,
    CreateGlobalSecondaryIndexAction, Delete, DeleteRequest, Get, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, KeysAndAttributes,
    ParameterizedStatement, PointInTimeRecoverySpecification, Projection, ProjectionType, Put, PutRequest,
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure, ScalarAttributeType, Select,
    StreamSpecification, StreamViewType, TableStatus, Tag, TimeToLiveSpecification, TransactGetItem,
    TransactWriteItem, Update, WriteRequest,
};
use wavetank::{Tank, days, hours, seconds};

type Item = HashMap<String, AttributeValue>;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn definition(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

fn item(pk: &str, sk: u32) -> Item {
    Item::from([
        ("pk".to_owned(), s(pk)),
        ("sk".to_owned(), n(sk)),
        ("colour".to_owned(), s(if sk.is_multiple_of(3) { "red" } else { "blue" })),
        ("size".to_owned(), n(sk * 10)),
    ])
}

fn at(pk: &str, sk: u32) -> Item {
    Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), n(sk))])
}

async fn settle(tank: &Tank) {
    tank.advance(seconds(60)).await;
}

/// A client, with the table `things` (`pk` text, `sk` number), an index by colour, and a stream.
async fn table(tank: &Tank) -> Client {
    let client = tank.dynamodb();
    let projection = Projection::builder().projection_type(ProjectionType::All).build();
    let by_colour = GlobalSecondaryIndex::builder()
        .index_name("by-colour")
        .key_schema(key("colour", KeyType::Hash))
        .key_schema(key("size", KeyType::Range))
        .projection(projection);
    let stream =
        StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let created = client
        .create_table()
        .table_name("things")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(definition("pk", ScalarAttributeType::S))
        .attribute_definitions(definition("sk", ScalarAttributeType::N))
        .attribute_definitions(definition("colour", ScalarAttributeType::S))
        .attribute_definitions(definition("size", ScalarAttributeType::N))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(by_colour.build().unwrap())
        .stream_specification(stream.build().unwrap())
        .send()
        .await
        .unwrap();
    let told = created.table_description.unwrap();
    assert_eq!(told.table_status, Some(TableStatus::Creating));
    settle(tank).await;
    client
}

/// With items 0 to `count` under `p`.
async fn filled(tank: &Tank, count: u32) -> Client {
    let client = table(tank).await;
    for batch in (0..count).collect::<Vec<u32>>().chunks(25) {
        let put = |sk: &u32| {
            let put = PutRequest::builder().set_item(Some(item("p", *sk))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let written = client.batch_write_item().request_items("things", batch.iter().map(put).collect());
        assert!(written.send().await.unwrap().unprocessed_items.is_none_or(|items| items.is_empty()));
    }
    client
}

fn numbers(items: &[Item]) -> Vec<u32> {
    items.iter().map(|item| item["sk"].as_n().unwrap().parse().unwrap()).collect()
}

#[wavetank::test]
async fn a_table_goes_through_its_states_and_is_described_listed_and_deleted(tank: Tank) {
    let client = table(&tank).await;
    let told = client.describe_table().table_name("things").send().await.unwrap().table.unwrap();
    assert_eq!(told.table_status, Some(TableStatus::Active));
    assert_eq!(told.table_arn.as_deref(), Some("arn:aws:dynamodb:us-east-1:000000000000:table/things"));
    assert!(
        told.latest_stream_arn
            .unwrap()
            .starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/")
    );
    let index = &told.global_secondary_indexes.unwrap()[0];
    assert_eq!(index.index_status, Some(IndexStatus::Active));
    let names = client.list_tables().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    assert_eq!(names.unwrap(), ["things"]);
    let again = client.create_table().table_name("things").billing_mode(BillingMode::PayPerRequest);
    let again = again
        .attribute_definitions(definition("pk", ScalarAttributeType::S))
        .key_schema(key("pk", KeyType::Hash));
    assert!(again.send().await.unwrap_err().into_service_error().is_resource_in_use_exception());
    let gone = client.delete_table().table_name("things").send().await.unwrap().table_description.unwrap();
    assert_eq!(gone.table_status, Some(TableStatus::Deleting));
    settle(&tank).await;
    let missing = client.describe_table().table_name("things").send().await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception());
    assert_eq!(missing.message(), Some("Requested resource not found: Table: things not found"));
}

#[wavetank::test]
async fn values_of_every_type_come_back_as_they_went(tank: Tank) {
    let client = table(&tank).await;
    let list = AttributeValue::L(vec![n("1.50"), AttributeValue::Null(true), AttributeValue::Bool(false)]);
    let nested = AttributeValue::M(Item::from([("list".to_owned(), list)]));
    let mut sent = at("types", 1);
    sent.extend([
        ("s".to_owned(), s("tiếng Việt")),
        ("n".to_owned(), n("-12345678901234567890123456789012345678")),
        ("b".to_owned(), AttributeValue::B(Blob::new([0, 255]))),
        ("ss".to_owned(), AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()])),
        ("ns".to_owned(), AttributeValue::Ns(vec!["1".to_owned(), "2".to_owned()])),
        ("bs".to_owned(), AttributeValue::Bs(vec![Blob::new("x")])),
        ("m".to_owned(), nested),
        ("empty".to_owned(), s("")),
    ]);
    client.put_item().table_name("things").set_item(Some(sent.clone())).send().await.unwrap();
    let got = client.get_item().table_name("things").set_key(Some(at("types", 1))).consistent_read(true);
    let mut got = got.send().await.unwrap().item.unwrap();
    let list = got["m"].as_m().unwrap()["list"].as_l().unwrap().clone();
    assert_eq!(list[0], n("1.5"), "numbers lose trailing zeros");
    for name in ["ss", "ns"] {
        let sorted = match got.remove(name).unwrap() {
            AttributeValue::Ss(set) => set.into_iter().collect::<BTreeSet<_>>(),
            AttributeValue::Ns(set) => set.into_iter().collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!(sorted.len(), 2);
        sent.remove(name);
    }
    got.remove("m");
    sent.remove("m");
    assert_eq!(got, sent);
}

#[wavetank::test]
async fn one_item_is_put_updated_and_deleted_under_conditions(tank: Tank) {
    let client = table(&tank).await;
    let put = || client.put_item().table_name("things").set_item(Some(item("p", 1)));
    put().condition_expression("attribute_not_exists(pk)").send().await.unwrap();
    let refused = put()
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let refused = refused.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) =
        refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(failed.message(), Some("The conditional request failed"));
    assert_eq!(failed.item(), Some(&item("p", 1)));

    let update = client
        .update_item()
        .table_name("things")
        .set_key(Some(at("p", 1)))
        .update_expression("SET #s = #s + :one, tags = list_append(if_not_exists(tags, :none), :tag) REMOVE colour ADD seen :one")
        .expression_attribute_names("#s", "size")
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":none", AttributeValue::L(vec![]))
        .expression_attribute_values(":tag", AttributeValue::L(vec![s("new")]))
        .return_values(ReturnValue::AllNew);
    let new = update.send().await.unwrap().attributes.unwrap();
    assert_eq!((&new["size"], &new["seen"]), (&n(11), &n(1)));
    assert_eq!(new["tags"], AttributeValue::L(vec![s("new")]));
    assert!(!new.contains_key("colour"));

    let delete = client.delete_item().table_name("things").set_key(Some(at("p", 1)));
    let old = delete.clone().return_values(ReturnValue::AllOld).send().await.unwrap().attributes.unwrap();
    assert_eq!(old["size"], n(11));
    delete.send().await.unwrap();
    let missing = client.get_item().table_name("things").set_key(Some(at("p", 1))).send().await.unwrap();
    assert!(missing.item.is_none());
}

#[wavetank::test]
async fn refusals_have_awss_words(tank: Tank) {
    let client = table(&tank).await;
    let get = || client.get_item().table_name("things");
    let told = |error: &dyn ProvideErrorMetadata| {
        format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
    };
    let wrong_key = get().key("pk", s("p")).send().await.unwrap_err();
    assert_eq!(told(&wrong_key), "ValidationException: The provided key element does not match the schema");
    let reserved = client
        .update_item()
        .table_name("things")
        .set_key(Some(at("p", 1)))
        .update_expression("SET size = :one")
        .expression_attribute_values(":one", n(1));
    assert_eq!(
        told(&reserved.send().await.unwrap_err()),
        "ValidationException: Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: size"
    );
    let unused =
        get().set_key(Some(at("p", 1))).projection_expression("pk").expression_attribute_names("#x", "x");
    assert_eq!(
        told(&unused.send().await.unwrap_err()),
        "ValidationException: Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"
    );
    let elsewhere = client.get_item().table_name("nothing").set_key(Some(at("p", 1)));
    assert_eq!(
        told(&elsewhere.send().await.unwrap_err()),
        "ResourceNotFoundException: Requested resource not found"
    );
}

#[wavetank::test]
async fn pages_of_any_size_give_the_same_items_by_key_by_index_and_by_scan(tank: Tank) {
    let client = filled(&tank, 60).await;
    let query = || {
        client
            .query()
            .table_name("things")
            .key_condition_expression("pk = :p AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":p", s("p"))
            .expression_attribute_values(":from", n(10))
            .expression_attribute_values(":to", n(49))
    };
    for size in [1, 7, 40, 100] {
        let items = query().into_paginator().page_size(size).items().send();
        let items: Vec<Item> = items.collect::<Result<_, _>>().await.unwrap();
        assert_eq!(numbers(&items), (10..50).collect::<Vec<u32>>(), "pages of {size}");
        let items = query().scan_index_forward(false).into_paginator().page_size(size).items().send();
        let items: Vec<Item> = items.collect::<Result<_, _>>().await.unwrap();
        assert_eq!(numbers(&items), (10..50).rev().collect::<Vec<u32>>());
        let red = client
            .query()
            .table_name("things")
            .index_name("by-colour")
            .key_condition_expression("colour = :red")
            .expression_attribute_values(":red", s("red"));
        let items: Vec<Item> =
            red.into_paginator().page_size(size).items().send().collect::<Result<_, _>>().await.unwrap();
        assert_eq!(numbers(&items), (0..60).step_by(3).collect::<Vec<u32>>());
        let mut seen = BTreeSet::new();
        for segment in 0..3 {
            let scan = client.scan().table_name("things").segment(segment).total_segments(3);
            let items: Vec<Item> =
                scan.into_paginator().page_size(size).items().send().collect::<Result<_, _>>().await.unwrap();
            assert!(numbers(&items).into_iter().all(|number| seen.insert(number)), "segments overlap");
        }
        assert_eq!(seen.len(), 60);
    }
    let counted = query()
        .filter_expression("colour = :red")
        .expression_attribute_values(":red", s("red"))
        .select(Select::Count)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let counted = counted.send().await.unwrap();
    assert_eq!((counted.count, counted.scanned_count), (13, 40));
    assert!(counted.consumed_capacity.unwrap().capacity_units.unwrap() > 0.0);
}

#[wavetank::test]
async fn batches_read_and_write_many(tank: Tank) {
    let client = filled(&tank, 30).await;
    let keys = KeysAndAttributes::builder().set_keys(Some((0..40).map(|sk| at("p", sk)).collect()));
    let got = client.batch_get_item().request_items("things", keys.build().unwrap()).send().await.unwrap();
    assert_eq!(got.responses.unwrap()["things"].len(), 30);
    let delete = |sk| {
        let delete = DeleteRequest::builder().set_key(Some(at("p", sk))).build().unwrap();
        WriteRequest::builder().delete_request(delete).build()
    };
    client.batch_write_item().request_items("things", (0..10).map(delete).collect()).send().await.unwrap();
    let left = client.scan().table_name("things").select(Select::Count).send().await.unwrap();
    assert_eq!(left.count, 20);
    let twice = client.batch_write_item().request_items("things", vec![delete(1), delete(1)]);
    let refused = twice.send().await.unwrap_err();
    assert_eq!(refused.message(), Some("Provided list of item keys contains duplicates"));
}

#[wavetank::test]
async fn a_transaction_is_whole_or_nothing_and_is_not_done_twice(tank: Tank) {
    let client = filled(&tank, 3).await;
    let put = |sk| {
        let put = Put::builder().table_name("things").set_item(Some(item("x", sk)));
        let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let add = || {
        let update = Update::builder()
            .table_name("things")
            .set_key(Some(at("p", 1)))
            .update_expression("ADD seen :one")
            .expression_attribute_values(":one", n(1));
        TransactWriteItem::builder().update(update.build().unwrap()).build()
    };
    let gone = || {
        let delete = Delete::builder().table_name("things").set_key(Some(at("p", 2))).build().unwrap();
        TransactWriteItem::builder().delete(delete).build()
    };
    for _ in 0..2 {
        let write = client.transact_write_items().client_request_token("once");
        write.transact_items(put(1)).transact_items(add()).transact_items(gone()).send().await.unwrap();
    }
    let other = client.transact_write_items().client_request_token("once").transact_items(add());
    let refused = other.send().await.unwrap_err().into_service_error();
    assert!(refused.is_idempotent_parameter_mismatch_exception(), "{refused:?}");

    let cancelled = client.transact_write_items().transact_items(add()).transact_items(put(1)).send().await;
    let cancelled = cancelled.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(told) =
        cancelled
    else {
        panic!("{cancelled:?}");
    };
    assert_eq!(
        told.message(),
        Some(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"
        )
    );
    let codes: Vec<_> = told.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);

    let get = |pk: &str, sk| {
        let get = Get::builder().table_name("things").set_key(Some(at(pk, sk))).build().unwrap();
        TransactGetItem::builder().get(get).build()
    };
    let got = client.transact_get_items();
    let got = got.transact_items(get("p", 1)).transact_items(get("p", 2)).transact_items(get("x", 1));
    let got = got.send().await.unwrap().responses.unwrap();
    assert_eq!(got[0].item.as_ref().unwrap()["seen"], n(1));
    assert!(got[1].item.is_none());
    assert_eq!(got[2].item, Some(item("x", 1)));
}

#[wavetank::test]
async fn partiql_reads_and_writes_alone_in_batches_and_in_transactions(tank: Tank) {
    let client = filled(&tank, 5).await;
    let statement = |text: &str| client.execute_statement().statement(text);
    statement("INSERT INTO things VALUE {'pk': ?, 'sk': 9, 'colour': 'green', 'size': 1}")
        .parameters(s("q"))
        .send()
        .await
        .unwrap();
    statement("UPDATE things SET colour = 'grey' WHERE pk = 'q' AND sk = 9").send().await.unwrap();
    let found =
        statement("SELECT colour FROM things WHERE pk = ? AND sk = ?").parameters(s("q")).parameters(n(9));
    let found = found.send().await.unwrap().items.unwrap();
    assert_eq!(found, [Item::from([("colour".to_owned(), s("grey"))])]);
    let by_index =
        statement("SELECT sk FROM \"things\".\"by-colour\" WHERE colour = 'red'").send().await.unwrap();
    assert_eq!(numbers(&by_index.items.unwrap()), [0, 3]);
    let again = statement("INSERT INTO things VALUE {'pk': 'q', 'sk': 9}").send().await.unwrap_err();
    assert!(again.into_service_error().is_duplicate_item_exception());

    let read = |text: &str| BatchStatementRequest::builder().statement(text).build().unwrap();
    let batch = client
        .batch_execute_statement()
        .statements(read("SELECT * FROM things WHERE pk = 'p' AND sk = 1"))
        .statements(read("SELECT * FROM nothing WHERE pk = 'p' AND sk = 1"));
    let answers = batch.send().await.unwrap().responses.unwrap();
    assert_eq!(answers[0].item, Some(item("p", 1)));
    assert!(answers[1].error.is_some());

    let write = |text: &str| ParameterizedStatement::builder().statement(text).build().unwrap();
    let failed = client
        .execute_transaction()
        .transact_statements(write("DELETE FROM things WHERE pk = 'p' AND sk = 1"))
        .transact_statements(write("INSERT INTO things VALUE {'pk': 'q', 'sk': 9}"));
    assert!(failed.send().await.unwrap_err().into_service_error().is_transaction_canceled_exception());
    let whole = client.execute_transaction();
    whole.transact_statements(write("DELETE FROM things WHERE pk = 'p' AND sk = 1")).send().await.unwrap();
    let left = client.scan().table_name("things").select(Select::Count).send().await.unwrap();
    assert_eq!(left.count, 5);
}

#[wavetank::test]
async fn an_index_is_added_to_a_live_table_and_filled(tank: Tank) {
    let client = filled(&tank, 40).await;
    let projection = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name("by-size")
        .key_schema(key("size", KeyType::Hash))
        .projection(projection)
        .build()
        .unwrap();
    let update = GlobalSecondaryIndexUpdate::builder().create(create).build();
    client
        .update_table()
        .table_name("things")
        .attribute_definitions(definition("size", ScalarAttributeType::N))
        .global_secondary_index_updates(update)
        .send()
        .await
        .unwrap();
    tank.advance(hours(1)).await;
    let query = client
        .query()
        .table_name("things")
        .index_name("by-size")
        .key_condition_expression("#s = :size")
        .expression_attribute_names("#s", "size")
        .expression_attribute_values(":size", n(70));
    let found = query.send().await.unwrap().items.unwrap();
    assert_eq!(numbers(&found), [7]);
    assert!(!found[0].contains_key("colour"), "keys only");
}

#[wavetank::test]
async fn items_whose_time_has_come_are_deleted_and_tags_are_kept(tank: Tank) {
    let client = table(&tank).await;
    let spec = TimeToLiveSpecification::builder().attribute_name("gone_at").enabled(true).build().unwrap();
    client.update_time_to_live().table_name("things").time_to_live_specification(spec).send().await.unwrap();
    tank.advance(hours(1)).await;
    let now = tank.now().secs();
    for (sk, gone_at) in [(1, now + 60), (2, now + 86_400 * 30)] {
        let mut item = item("p", sk);
        item.insert("gone_at".to_owned(), n(gone_at));
        client.put_item().table_name("things").set_item(Some(item)).send().await.unwrap();
    }
    tank.advance(days(3)).await;
    let left = client.scan().table_name("things").send().await.unwrap().items.unwrap();
    assert_eq!(numbers(&left), [2]);

    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/things";
    let tag = Tag::builder().key("team").value("data").build().unwrap();
    client.tag_resource().resource_arn(arn).tags(tag.clone()).send().await.unwrap();
    let tags = client.list_tags_of_resource().resource_arn(arn).send().await.unwrap().tags.unwrap();
    assert_eq!(tags, [tag]);
}

#[wavetank::test]
async fn a_table_is_backed_up_and_restored_as_it_was(tank: Tank) {
    let client = filled(&tank, 10).await;
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
    client
        .update_continuous_backups()
        .table_name("things")
        .point_in_time_recovery_specification(recovery.build().unwrap())
        .send()
        .await
        .unwrap();
    tank.advance(hours(1)).await;
    let backup = client.create_backup().table_name("things").backup_name("nightly").send().await.unwrap();
    let arn = backup.backup_details.unwrap().backup_arn;
    tank.advance(hours(1)).await;
    let then = tank.now().secs();
    tank.advance(hours(1)).await;
    client.delete_item().table_name("things").set_key(Some(at("p", 3))).send().await.unwrap();
    tank.advance(hours(1)).await;
    client.restore_table_from_backup().backup_arn(arn).target_table_name("from-backup").send().await.unwrap();
    client
        .restore_table_to_point_in_time()
        .source_table_name("things")
        .target_table_name("from-then")
        .restore_date_time(aws_sdk_dynamodb::primitives::DateTime::from_secs(then))
        .send()
        .await
        .unwrap();
    tank.advance(days(1)).await;
    for (table, count) in [("things", 9), ("from-backup", 10), ("from-then", 10)] {
        let found = client.scan().table_name(table).send().await.unwrap();
        assert_eq!(found.count, count, "{table}");
    }
}
