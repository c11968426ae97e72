//! Every kind of statement that is not a query: definitions, SHOW, CTAS, INSERT, UNLOAD, and their refusals.

use crate::lake::{Lake, check};
use wavetank_sql::parse;

const ORDERS: &str = "CREATE EXTERNAL TABLE IF NOT EXISTS orders (
  `id` int COMMENT 'key', items array<struct<sku:string,qty:int>>, note string)
COMMENT 'all of them'
PARTITIONED BY (dt string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json'='true')
LOCATION 's3://b/orders/' TBLPROPERTIES ('classification'='json')";

#[test]
fn tables_are_made_shown_and_dropped() {
    let mut lake = Lake::default();
    lake.put(
        "orders/dt=2024-01-01/a.json",
        "{\"id\":1,\"items\":[{\"sku\":\"x\",\"qty\":2}],\"note\":\"n\"}\n",
    );
    lake.put("orders/dt=2024-01-02/a.json", "{\"id\":2,\"items\":[]}\nbroken\n");
    check(
        &mut lake,
        &[
            ("CREATE DATABASE IF NOT EXISTS shop COMMENT 'x' LOCATION 's3://b/shop/'", ""),
            (
                "CREATE DATABASE shop",
                "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Database shop already exists",
            ),
            ("SHOW DATABASES", "db\nshop"),
            ("SHOW SCHEMAS LIKE 'sh.*'", "shop"),
            (ORDERS, ""),
            (ORDERS, ""),
            ("SHOW TABLES", "orders"),
            ("SHOW TABLES IN db 'ord*'", "orders"),
            ("SHOW TABLES IN nosuch", "SCHEMA_NOT_FOUND: Schema 'nosuch' does not exist"),
            (
                "SHOW COLUMNS IN orders",
                "id                  \nitems               \nnote                \ndt                  ",
            ),
            (
                "DESCRIBE orders",
                "id                  \tint                 \tkey                 \nitems               \tarray<struct<sku:string,qty:int>>\t                    \nnote                \tstring              \t                    \ndt                  \tstring              \t                    \n\t \t \n# Partition Information\t \t \n# col_name            \tdata_type           \tcomment             \n\t \t \ndt                  \tstring              \t                    ",
            ),
            ("SELECT count(*) FROM orders", "0"),
            (
                "MSCK REPAIR TABLE orders",
                "Partitions not in metastore:\torders:dt=2024-01-01\torders:dt=2024-01-02\nRepair: Added partition to metastore orders:dt=2024-01-01\nRepair: Added partition to metastore orders:dt=2024-01-02",
            ),
            ("MSCK REPAIR TABLE orders", ""),
            ("SHOW PARTITIONS orders", "dt=2024-01-01\ndt=2024-01-02"),
            ("SELECT id, items[1].sku, dt FROM orders WHERE dt = '2024-01-01'", "1|x|2024-01-01"),
            (
                "SELECT id, i.qty FROM orders CROSS JOIN UNNEST(items) AS t(sku, qty) CROSS JOIN (SELECT 1 AS one) i2(one) JOIN (SELECT 5 AS qty) i ON true",
                "1|5",
            ),
            ("SELECT id, dt FROM orders ORDER BY dt, id", "1|2024-01-01\n2|2024-01-02\n-|2024-01-02"),
            ("ALTER TABLE orders DROP PARTITION (dt = '2024-01-02')", ""),
            (
                "ALTER TABLE orders DROP PARTITION (dt = '2024-01-02')",
                "FAILED: SemanticException [Error 10006]: Partition not found (dt = '2024-01-02')",
            ),
            ("ALTER TABLE orders DROP IF EXISTS PARTITION (dt = '2024-01-02')", ""),
            (
                "ALTER TABLE orders ADD PARTITION (dt = '2024-01-09') LOCATION 's3://b/orders/dt=2024-01-02/'",
                "",
            ),
            (
                "ALTER TABLE orders ADD PARTITION (dt = '2024-01-09')",
                "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Partition already exists.)",
            ),
            ("ALTER TABLE orders ADD IF NOT EXISTS PARTITION (dt = '2024-01-09')", ""),
            ("SELECT id FROM orders WHERE dt > '2024-01-05' AND id IS NOT NULL", "2"),
            ("ALTER TABLE orders ADD COLUMNS (extra bigint)", ""),
            ("SELECT extra FROM orders LIMIT 1", "-"),
            ("SHOW TBLPROPERTIES orders('classification')", "json"),
            ("ALTER TABLE orders SET TBLPROPERTIES ('k' = 'v')", ""),
            ("DROP TABLE orders", ""),
            ("DROP TABLE orders", "FAILED: SemanticException [Error 10001]: Table not found orders"),
            ("DROP TABLE IF EXISTS orders", ""),
            ("DROP DATABASE shop", ""),
            ("DROP DATABASE shop", "FAILED: SemanticException [Error 10072]: Database does not exist: shop"),
        ],
    );
}

#[test]
fn show_create_table_can_be_run_again() {
    let mut lake = Lake::default();
    lake.ask("CREATE EXTERNAL TABLE t (a int, b string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' LOCATION 's3://b/t/' TBLPROPERTIES ('skip.header.line.count'='1')");
    let text = lake.ask("SHOW CREATE TABLE t");
    let before = lake.glue.tables.lock().expect("not poisoned").clone();
    lake.ask("DROP TABLE t");
    assert_eq!(lake.ask(&text), "");
    assert_eq!(*lake.glue.tables.lock().expect("not poisoned"), before, "{text}");
}

#[test]
fn views_are_stored_as_presto_does() {
    let mut lake = Lake::default();
    check(
        &mut lake,
        &[
            ("CREATE VIEW v AS SELECT 1 AS a, 'x' AS b", ""),
            (
                "CREATE VIEW v AS SELECT 2 AS a",
                "TABLE_ALREADY_EXISTS: line 1:13: View already exists: 'awsdatacatalog.db.v'",
            ),
            ("SELECT a + 1, b FROM v", "2|x"),
            ("CREATE OR REPLACE VIEW v AS SELECT 5 AS a", ""),
            ("SELECT v.a FROM db.v", "5"),
            ("CREATE VIEW w AS SELECT a * 2 AS b FROM v", ""),
            ("SELECT b FROM w", "10"),
            ("SHOW VIEWS", "v\nw"),
            ("SHOW CREATE VIEW w", "CREATE VIEW db.w AS\nSELECT a * 2 AS b FROM v"),
            ("DROP VIEW v", ""),
            (
                "SELECT * FROM w",
                "INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.db.w': TABLE_NOT_FOUND: line 1:24: Table 'awsdatacatalog.db.v' does not exist",
            ),
            ("DROP VIEW v", "TABLE_NOT_FOUND: line 1:11: View 'awsdatacatalog.db.v' does not exist"),
            (
                "DROP TABLE w",
                "FAILED: SemanticException [Error 10218]: Cannot drop a view with DROP TABLE: w",
            ),
        ],
    );
    let stored = lake
        .glue
        .tables
        .lock()
        .expect("not poisoned")
        .values()
        .next()
        .and_then(|t| t.view_text.clone())
        .expect("a view");
    assert!(stored.starts_with("/* Presto View: ") && stored.ends_with(" */"), "{stored}");
}

#[test]
fn ctas_insert_and_unload_write_files() {
    let mut lake = Lake::default();
    check(
        &mut lake,
        &[
            (
                "CREATE TABLE t WITH (format = 'PARQUET', partitioned_by = ARRAY['k']) AS SELECT 1 AS a, 1.50 AS d, 'x' AS k UNION ALL SELECT 2, 2.25, 'y'",
                "",
            ),
            ("SHOW PARTITIONS t", "k=x\nk=y"),
            ("SELECT * FROM t ORDER BY a", "1|1.50|x\n2|2.25|y"),
            ("INSERT INTO t VALUES (3, 3.00, 'y'), (4, 4.0, 'z')", ""),
            ("SELECT a, d, k FROM t ORDER BY a", "1|1.50|x\n2|2.25|y\n3|3.00|y\n4|4.00|z"),
            ("SHOW PARTITIONS t", "k=x\nk=y\nk=z"),
            ("INSERT INTO t (a, k) SELECT 9, 'x'", ""),
            ("SELECT a, d FROM t WHERE a = 9", "9|-"),
            (
                "INSERT INTO t SELECT 'a', 1.0, 'x'",
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [integer, decimal(3,2), varchar], Query: [varchar, decimal(2,1), varchar]",
            ),
            (
                "CREATE TABLE t AS SELECT 1 AS a",
                "TABLE_ALREADY_EXISTS: line 1:14: Destination table 'awsdatacatalog.db.t' already exists",
            ),
            ("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a", ""),
            (
                "CREATE TABLE c WITH (format = 'TEXTFILE', field_delimiter = ',', write_compression = 'NONE', external_location = 's3://b/c') AS SELECT 1 AS a, CAST(NULL AS varchar) AS b, date '2024-01-26' AS d",
                "",
            ),
            ("SELECT * FROM c", "1|-|2024-01-26"),
            (
                "CREATE TABLE c2 WITH (external_location = 's3://b/c/') AS SELECT 1 AS a",
                "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'db.c2' already exists: s3://b/c/. You may need to manually clean the data at location 's3://b/c/' before retrying. Athena will not delete data in your account.",
            ),
            (
                "CREATE TABLE j WITH (format = 'JSON') AS SELECT ARRAY[1, 2] AS a, MAP(ARRAY['k'], ARRAY['v']) AS m, now() AS t",
                "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone",
            ),
            (
                "CREATE TABLE j WITH (format = 'JSON') AS SELECT ARRAY[1, 2] AS a, MAP(ARRAY['k'], ARRAY['v']) AS m, CAST(now() AS timestamp) AS t",
                "",
            ),
            ("SELECT * FROM j", "[1, 2]|{k=v}|2024-01-26 10:00:00.000"),
            (
                "CREATE TABLE p AS SELECT CAST(ROW(1, ARRAY['x']) AS ROW(n integer, l array(varchar))) AS r, timestamp '2024-01-26 10:00:00' AS t, true AS b",
                "",
            ),
            ("SELECT r.n, r.l[1], t, b FROM p", "1|x|2024-01-26 10:00:00.000|true"),
            (
                "CREATE TABLE e WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b",
                "INVALID_TABLE_PROPERTY: HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as the table properties: [a]",
            ),
            (
                "CREATE TABLE e WITH (format = 'ORC') AS SELECT 1 AS a",
                "NOT_SUPPORTED: NotImplemented: writing ORC is not built in wavetank",
            ),
            (
                "CREATE TABLE e WITH (bucketed_by = ARRAY['a'], bucket_count = 2) AS SELECT 1 AS a",
                "NOT_SUPPORTED: NotImplemented: bucketed tables (bucketed_by) is not built in wavetank",
            ),
            (
                "CREATE TABLE e WITH (colour = 'red') AS SELECT 1 AS a",
                "INVALID_TABLE_PROPERTY: Catalog 'awsdatacatalog' table property 'colour' does not exist",
            ),
            ("CREATE TABLE n AS SELECT 1 AS a WITH NO DATA", ""),
            ("SELECT count(*) FROM n", "0"),
            (
                "UNLOAD (SELECT 1 AS a, 'x' AS b) TO 's3://b/unload/' WITH (format = 'JSON', compression = 'NONE')",
                "",
            ),
            (
                "UNLOAD (SELECT 1 AS a) TO 's3://b/unload/' WITH (format = 'PARQUET')",
                "HIVE_PATH_ALREADY_EXISTS: Target directory for UNLOAD already exists: s3://b/unload/. You may need to manually clean the data at location 's3://b/unload/' before retrying. Athena will not delete data in your account.",
            ),
        ],
    );
    let store = lake.store.0.lock().expect("not poisoned");
    let unloaded =
        store.iter().find(|((_, k), _)| k.starts_with("unload/")).map(|(_, v)| v.clone()).expect("a file");
    assert_eq!(unloaded, "{\"a\":1,\"b\":\"x\"}\n");
    let keys: Vec<&String> = store.keys().map(|(_, k)| k).filter(|k| k.ends_with("_00000001-id")).collect();
    assert_eq!(
        keys,
        [
            "results/tables/00000001-id/k=x/20240126_100000_00000_00000_00000001-id",
            "results/tables/00000001-id/k=y/20240126_100000_00001_00000_00000001-id"
        ]
    );
}

#[test]
fn the_same_statement_writes_the_same_bytes() {
    let write = || {
        let outcome = Lake::default()
            .run("CREATE TABLE t AS SELECT x, random() AS r FROM UNNEST(sequence(1, 1000)) AS t(x)", &[])
            .expect("runs");
        outcome.written
    };
    assert_eq!(write(), write());
}

#[test]
fn statements_are_classified() {
    for (sql, kind, sub) in [
        ("SELECT 1", "DML", "SELECT"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "DML", "SELECT"),
        ("INSERT INTO t SELECT 1", "DML", "INSERT"),
        ("CREATE TABLE t AS SELECT 1", "DML", "CREATE_TABLE_AS_SELECT"),
        ("UNLOAD (SELECT 1) TO 's3://b/' WITH (format = 'PARQUET')", "DML", "UNLOAD"),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/'", "DDL", "CREATE_TABLE"),
        ("CREATE VIEW v AS SELECT 1", "DDL", "CREATE_VIEW"),
        ("MSCK REPAIR TABLE t", "DDL", "MSCK_REPAIR_TABLE"),
        ("ALTER TABLE t ADD PARTITION (a = 1)", "DDL", "ALTER_TABLE_ADD_PARTITION"),
        ("SHOW TABLES", "UTILITY", "SHOW_TABLES"),
        ("DESCRIBE t", "UTILITY", "DESCRIBE_TABLE"),
        ("EXPLAIN SELECT 1", "UTILITY", "EXPLAIN"),
    ] {
        let statement = parse(sql).expect(sql);
        assert_eq!(
            (statement.statement_type().as_str(), statement.substatement_type()),
            (kind, sub),
            "{sql}"
        );
    }
}

#[test]
fn broken_definitions_point_at_the_fault() {
    check(
        &mut Lake::default(),
        &[
            ("CREATE EXTERNAL t (a int)", "line 1:17: mismatched input 't'. Expecting: 'TABLE'"),
            (
                "CREATE EXTERNAL TABLE t (a strin) LOCATION 's3://b/'",
                "line 1:28: mismatched input 'strin'. Expecting: a Hive type such as 'string', 'int', 'bigint', 'double', 'decimal(p,s)', 'date', 'timestamp', 'array<...>'",
            ),
            (
                "CREATE EXTERNAL TABLE t (a int) STORED AS PARQET LOCATION 's3://b/'",
                "line 1:43: mismatched input 'parqet'. Expecting: 'AVRO', 'INPUTFORMAT', 'ION', 'JSON', 'ORC', 'PARQUET', 'RCFILE', 'SEQUENCEFILE', 'TEXTFILE'",
            ),
            (
                "CREATE EXTERNAL TABLE t (a int)",
                "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. MetaException(message:No location defined for table)",
            ),
            (
                "CREATE EXTERNAL TABLE t (a int) LOCATION '/tmp'",
                "INVALID_TABLE_PROPERTY: Invalid S3 location '/tmp': it must start with s3://",
            ),
            (
                "CREATE EXTERNAL TABLE t (a int, a int) LOCATION 's3://b/'",
                "FAILED: SemanticException [Error 10036]: Duplicate column name: a",
            ),
            (
                "CREATE EXTERNAL TABLE t (a int) CLUSTERED BY (a) INTO 2 BUCKETS LOCATION 's3://b/'",
                "NOT_SUPPORTED: NotImplemented: CLUSTERED BY (bucketed tables) is not built in wavetank",
            ),
            (
                "DROP nothing",
                "line 1:6: mismatched input 'nothing'. Expecting: 'DATABASE', 'SCHEMA', 'TABLE', 'VIEW'",
            ),
            (
                "",
                "line 1:1: mismatched input '<EOF>'. Expecting: 'ALTER', 'CREATE', 'DELETE', 'DESC', 'DESCRIBE', 'DROP', 'EXPLAIN', 'INSERT', 'SELECT', 'SHOW', 'WITH', <query>",
            ),
            ("SELECT 'abc", "line 1:8: Unterminated string literal"),
        ],
    );
}
