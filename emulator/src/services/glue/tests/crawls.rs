//! Crawlers over time: states, logs, what a second crawl changes.

use std::time::Duration;

use expect_test::{Expect, expect};
use wavetank_wire::glue::*;

use super::{Rig, text};

const MINUTE: Duration = Duration::from_secs(60);

fn crawler(path: &str) -> CreateCrawlerInput {
    let s3targets = Some(vec![S3Target { path: text(path), ..S3Target::default() }]);
    CreateCrawlerInput {
        name: "clicks".to_owned(),
        role: "arn:aws:iam::000000000000:role/crawler".to_owned(),
        database_name: text("lake"),
        targets: CrawlerTargets { s3targets, ..CrawlerTargets::default() },
        ..CreateCrawlerInput::default()
    }
}

fn get(rig: &mut Rig) -> Crawler {
    let input = GetCrawlerInput { name: "clicks".to_owned() };
    rig.call::<GetCrawler>(input).expect("it exists").crawler.expect("found")
}

fn start(rig: &mut Rig) {
    rig.call::<StartCrawler>(StartCrawlerInput { name: "clicks".to_owned() }).expect("it rests");
}

/// Writes down the catalog: tables with parameters that say what became of them, and partitions.
fn write_catalog(rig: &mut Rig) {
    let input = GetTablesInput { database_name: "lake".to_owned(), ..Default::default() };
    let tables = rig.call::<GetTables>(input).expect("the crawler made it").table_list.unwrap_or_default();
    for table in tables {
        let descriptor = table.storage_descriptor.clone().unwrap_or_default();
        let columns: Vec<String> =
            descriptor.columns.unwrap_or_default().into_iter().map(|c| c.name).collect();
        let parameters = table.parameters.unwrap_or_default();
        let deprecated = if parameters.contains_key("DEPRECATED_BY_CRAWLER") { " deprecated" } else { "" };
        let version = table.version_id.unwrap_or_default();
        rig.write(&format!("{} v{version}{deprecated} {columns:?}", table.name));
        let (database_name, table_name) = ("lake".to_owned(), table.name);
        let input = GetPartitionsInput { database_name, table_name, ..Default::default() };
        for partition in rig.call::<GetPartitions>(input).expect("a list").partitions.unwrap_or_default() {
            rig.write(&format!("  {:?}", partition.values.unwrap_or_default()));
        }
    }
}

fn check(input: CreateCrawlerInput, act: impl FnOnce(&mut Rig), expected: Expect) {
    let mut rig = Rig::new();
    rig.objects.put("lake", "clicks/2024/01/a.json", "{\"user\":1,\"page\":\"x\"}\n");
    rig.call::<CreateCrawler>(input).expect("new");
    act(&mut rig);
    expected.assert_eq(&rig.seen);
}

#[test]
fn a_client_that_polls_each_second_sees_running_and_stopping() {
    check(
        crawler("s3://lake/clicks/"),
        |rig| {
            let state = get(rig).state;
            rig.write(&format!("{state:?}"));
            start(rig);
            rig.note::<StartCrawler>(StartCrawlerInput { name: "clicks".to_owned() });
            rig.note::<DeleteCrawler>(DeleteCrawlerInput { name: "clicks".to_owned() });
            rig.watch(10, |rig| {
                let crawler = get(rig);
                (crawler.state.unwrap_or_default(), crawler.last_crawl.and_then(|last| last.status))
            });
            rig.note::<StopCrawler>(StopCrawlerInput { name: "clicks".to_owned() });
            let lines = rig.logs("/aws-glue/crawlers", "clicks");
            rig.write(&lines.join("\n"));
        },
        expect![[r#"
            Some("READY")
            StartCrawler: CrawlerRunningException: Crawler with name clicks has already started
            DeleteCrawler: CrawlerRunningException: Crawler with name clicks has already started
              0s ("RUNNING", None)
              5s ("STOPPING", Some("SUCCEEDED"))
              8s ("READY", Some("SUCCEEDED"))
            StopCrawler: CrawlerNotRunningException: Crawler with name clicks isn't running
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] BENCHMARK : Running Start Crawl for Crawler clicks
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] BENCHMARK : Classification complete, writing results to database lake
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : Crawler configured with SchemaChangePolicy {"UpdateBehavior":"UPDATE_IN_DATABASE","DeleteBehavior":"DEPRECATE_IN_DATABASE"}.
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : Created table clicks in database lake
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : Created partitions with values [[2024, 01]] for table clicks in database lake
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] BENCHMARK : Finished writing to Catalog
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : Run Summary For TABLE:
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : ADD: 1
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : Run Summary For PARTITION:
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] INFO : ADD: 1
            [79377f45-d6c7-4ae9-ad36-d8f7f87937d8] BENCHMARK : Crawler has finished running and is in state READY
        "#]],
    );
}

#[test]
fn a_second_crawl_adds_partitions_and_columns_and_deprecates_what_is_gone() {
    check(
        crawler("s3://lake/clicks/"),
        |rig| {
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
            rig.write("-- the same again");
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
            rig.write("-- another month, another column");
            rig.objects.put(
                "lake",
                "clicks/2024/02/b.json",
                "{\"user\":1,\"page\":\"x\",\"z\":3,\"y\":4,\"w\":5,\"v\":6}\n",
            );
            rig.objects.put(
                "lake",
                "clicks/2024/01/b.json",
                "{\"user\":1,\"page\":\"x\",\"z\":3,\"y\":4,\"w\":5,\"v\":6}\n",
            );
            rig.objects.0.get_mut("lake").expect("made").remove("clicks/2024/01/a.json");
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
            rig.write("-- nothing left");
            rig.objects.0.get_mut("lake").expect("made").clear();
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
        },
        expect![[r#"
            clicks v0 ["user", "page"]
              ["2024", "01"]
            -- the same again
            clicks v0 ["user", "page"]
              ["2024", "01"]
            -- another month, another column
            clicks v1 ["user", "page", "z", "y", "w", "v"]
              ["2024", "01"]
              ["2024", "02"]
            -- nothing left
            clicks v1 deprecated ["user", "page", "z", "y", "w", "v"]
              ["2024", "01"]
              ["2024", "02"]
        "#]],
    );
}

#[test]
fn a_policy_of_log_keeps_the_definition_and_adds_partitions() {
    let policy =
        SchemaChangePolicy { update_behavior: text("LOG"), delete_behavior: text("DELETE_FROM_DATABASE") };
    check(
        CreateCrawlerInput { schema_change_policy: Some(policy), ..crawler("s3://lake/clicks/") },
        |rig| {
            start(rig);
            rig.pass(MINUTE);
            rig.objects.put("lake", "clicks/2024/02/b.json", "{\"user\":1,\"page\":\"x\",\"z\":3.5}\n");
            rig.objects.put("lake", "clicks/2024/01/a.json", "{\"user\":1,\"page\":\"x\",\"z\":3.5}\n");
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
            rig.objects.0.get_mut("lake").expect("made").clear();
            start(rig);
            rig.pass(MINUTE);
            rig.write("-- nothing left");
            write_catalog(rig);
        },
        expect![[r#"
            clicks v0 ["user", "page"]
              ["2024", "01"]
              ["2024", "02"]
            -- nothing left
        "#]],
    );
}

#[test]
fn new_columns_and_the_tables_metadata_are_written_under_log() {
    let configured = |configuration: &str| {
        let policy = SchemaChangePolicy { update_behavior: text("LOG"), ..Default::default() };
        CreateCrawlerInput {
            schema_change_policy: Some(policy),
            configuration: text(configuration),
            ..crawler("s3://lake/clicks/")
        }
    };
    let partition = |rig: &mut Rig| {
        let (database_name, table_name) = ("lake".to_owned(), "clicks".to_owned());
        let input = GetPartitionsInput { database_name, table_name, ..Default::default() };
        let found =
            rig.call::<GetPartitions>(input).expect("a list").partitions.unwrap_or_default().remove(0);
        let descriptor = found.storage_descriptor.unwrap_or_default();
        let columns: Vec<String> =
            descriptor.columns.unwrap_or_default().into_iter().map(|column| column.name).collect();
        let format = descriptor.input_format.unwrap_or_default();
        rig.write(&format!("partition {columns:?} {format}"));
    };
    let more = |rig: &mut Rig| {
        start(rig);
        rig.pass(MINUTE);
        rig.objects.put("lake", "clicks/2024/01/a.json", "{\"page\":\"x\",\"z\":3.5}\n");
    };
    check(
        configured(r#"{"CrawlerOutput":{"Tables":{"AddOrUpdateBehavior":"MergeNewColumns"}}}"#),
        |rig| {
            more(rig);
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
            partition(rig);
        },
        expect![[r#"
            clicks v1 ["user", "page", "z"]
              ["2024", "01"]
            partition ["user", "page", "z"] org.apache.hadoop.mapred.TextInputFormat
        "#]],
    );
    check(
        configured(r#"{"CrawlerOutput":{"Partitions":{"AddOrUpdateBehavior":"InheritFromTable"}}}"#),
        |rig| {
            more(rig);
            let input = GetTableInput {
                database_name: "lake".to_owned(),
                name: "clicks".to_owned(),
                ..Default::default()
            };
            let table = rig.call::<GetTable>(input).expect("crawled").table.expect("found");
            let mut descriptor = table.storage_descriptor.expect("it has one");
            descriptor.input_format = text("mine");
            descriptor.columns.as_mut().expect("it has some").truncate(1);
            let table_input = TableInput {
                name: "clicks".to_owned(),
                storage_descriptor: Some(descriptor),
                partition_keys: table.partition_keys,
                parameters: table.parameters,
                ..Default::default()
            };
            let input = UpdateTableInput {
                database_name: "lake".to_owned(),
                table_input: Some(table_input),
                ..Default::default()
            };
            rig.call::<UpdateTable>(input).expect("it is there");
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
            partition(rig);
        },
        expect![[r#"
            clicks v1 ["user"]
              ["2024", "01"]
            partition ["user"] mine
        "#]],
    );
}

#[test]
fn crawls_are_listed_twenty_at_a_time_and_a_hundred_at_most() {
    let mut rig = Rig::new();
    rig.objects.put("lake", "clicks/a.json", "{\"user\":1}\n");
    rig.call::<CreateCrawler>(crawler("s3://lake/clicks/")).expect("new");
    for _ in 0..101 {
        start(&mut rig);
        rig.pass(MINUTE);
    }
    let mut count = |max_results: Option<i64>| {
        let input = ListCrawlsInput { crawler_name: "clicks".to_owned(), max_results, ..Default::default() };
        rig.call::<ListCrawls>(input).expect("a list").crawls.unwrap_or_default().len()
    };
    assert_eq!([None, Some(50), Some(1_000)].map(&mut count), [20, 50, 100]);
}

#[test]
fn a_table_of_the_same_name_elsewhere_is_left_alone() {
    check(
        CreateCrawlerInput { table_prefix: text("Raw_"), ..crawler("s3://lake/clicks/") },
        |rig| {
            rig.call::<CreateDatabase>(super::database("lake")).expect("new");
            rig.call::<CreateTable>(super::table("lake", "raw_clicks", &[])).expect("new");
            start(rig);
            rig.pass(MINUTE);
            write_catalog(rig);
        },
        expect![[r#"
            raw_clicks v0 ["id"]
            raw_clicks_b2ea72f25e24c554eb04c0cd2540c36b v0 ["user", "page"]
              ["2024", "01"]
        "#]],
    );
}

#[test]
fn a_crawl_that_fails_or_is_stopped_writes_nothing() {
    check(
        crawler("s3://lost/clicks/"),
        |rig| {
            start(rig);
            rig.pass(MINUTE);
            let last = get(rig).last_crawl.expect("one is over");
            rig.write(&format!("{:?} {:?}", last.status, last.error_message));
            start(rig);
            rig.note::<StopCrawler>(StopCrawlerInput { name: "clicks".to_owned() });
            rig.note::<StopCrawler>(StopCrawlerInput { name: "clicks".to_owned() });
            rig.pass(MINUTE);
            let last = get(rig).last_crawl.expect("one is over");
            rig.write(&format!("{:?}", last.status));
            let input = ListCrawlsInput { crawler_name: "clicks".to_owned(), ..Default::default() };
            let crawls = rig.call::<ListCrawls>(input).expect("a list").crawls.unwrap_or_default();
            let states: Vec<String> = crawls.into_iter().filter_map(|crawl| crawl.state).collect();
            rig.write(&format!("{states:?}"));
        },
        expect![[r#"
            Some("FAILED") Some("The specified bucket does not exist")
            StopCrawler: ok
            StopCrawler: CrawlerStoppingException: Crawler with name clicks is already stopping
            Some("CANCELLED")
            ["STOPPED", "FAILED"]
        "#]],
    );
}

#[test]
fn what_a_crawler_cannot_do_is_refused_by_name() {
    let mut rig = Rig::new();
    let base = || crawler("s3://lake/clicks/");
    let dynamo =
        CrawlerTargets { dynamo_db_targets: Some(vec![DynamoDBTarget::default()]), ..Default::default() };
    let recrawl = RecrawlPolicy { recrawl_behavior: text("CRAWL_NEW_FOLDERS_ONLY") };
    for input in [
        CreateCrawlerInput { schedule: text("cron(0 0 * * * *)"), ..base() },
        CreateCrawlerInput { classifiers: Some(vec!["mine".to_owned()]), ..base() },
        CreateCrawlerInput { targets: dynamo, ..base() },
        CreateCrawlerInput { targets: CrawlerTargets::default(), ..base() },
        CreateCrawlerInput { recrawl_policy: Some(recrawl), ..base() },
        CreateCrawlerInput {
            configuration: text("{\"Grouping\":{\"TableLevelConfiguration\":2}}"),
            ..base()
        },
        CreateCrawlerInput { database_name: None, ..base() },
        crawler("lake/clicks"),
        base(),
        base(),
    ] {
        rig.note::<CreateCrawler>(input);
    }
    expect![[r#"
        CreateCrawler: InvalidInputException: Invalid schedule expression: cron(0 0 * * * *)
        CreateCrawler: NotImplemented: wavetank does not implement custom Classifiers.
        CreateCrawler: NotImplemented: wavetank does not implement DynamoDBTargets.
        CreateCrawler: InvalidInputException: Crawler targets cannot be empty.
        CreateCrawler: NotImplemented: wavetank does not implement RecrawlBehavior CRAWL_NEW_FOLDERS_ONLY.
        CreateCrawler: NotImplemented: wavetank does not implement the crawler configuration Grouping.TableLevelConfiguration.
        CreateCrawler: InvalidInputException: Database name must be provided for S3 targets.
        CreateCrawler: InvalidInputException: Invalid S3 target path: lake/clicks
        CreateCrawler: ok
        CreateCrawler: AlreadyExistsException: Crawler with name clicks already exists
    "#]]
    .assert_eq(&rig.seen);
}

#[test]
fn a_crawled_table_has_the_parameters_that_aws_writes() {
    let mut rig = Rig::new();
    rig.objects.put("lake", "in/x.csv", "Id,Name\n1,an\n");
    rig.call::<CreateCrawler>(crawler("s3://lake/in")).expect("new");
    start(&mut rig);
    rig.pass(MINUTE);
    let input =
        GetTableInput { database_name: "lake".to_owned(), name: "in".to_owned(), ..Default::default() };
    let table = rig.call::<GetTable>(input).expect("crawled").table.expect("found");
    let descriptor = table.storage_descriptor.expect("crawled");
    for (name, value) in table.parameters.iter().flatten() {
        rig.write(&format!("{name}={value}"));
    }
    let serde = descriptor.serde_info.expect("crawled");
    rig.write(&format!("{:?} {:?}", table.table_type, table.partition_keys));
    rig.write(&format!(
        "{:?} {:?} {:?}",
        descriptor.location, descriptor.compressed, descriptor.number_of_buckets
    ));
    rig.write(&format!("{:?} {:?}", descriptor.input_format, descriptor.output_format));
    rig.write(&format!("{:?} {:?}", serde.serialization_library, serde.parameters));
    assert_eq!(descriptor.parameters, table.parameters);
    expect![[r#"
        CRAWL_RUN_ID=79377f45-d6c7-4ae9-ad36-d8f7f87937d8
        CrawlerSchemaDeserializerVersion=1.0
        CrawlerSchemaSerializerVersion=1.0
        UPDATED_BY_CRAWLER=clicks
        areColumnsQuoted=false
        averageRecordSize=5
        classification=csv
        columnsOrdered=true
        compressionType=none
        delimiter=,
        objectCount=1
        recordCount=1
        sizeKey=13
        skip.header.line.count=1
        typeOfData=file
        Some("EXTERNAL_TABLE") Some([])
        Some("s3://lake/in/") Some(false) Some(-1)
        Some("org.apache.hadoop.mapred.TextInputFormat") Some("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
        Some("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe") Some({"field.delim": ","})
    "#]]
    .assert_eq(&rig.seen);
}
