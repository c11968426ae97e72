//! Every table format, and what each does with what does not fit; partitions and their pruning.

use std::io::Write;

use crate::lake::{Lake, check};

const LAZY: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const OPEN_CSV: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
const OPENX: &str = "org.openx.data.jsonserde.JsonSerDe";
const HIVE_JSON: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
const PARQUET: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";

fn delimited(lake: &Lake, name: &str, columns: &[(&str, &str)], parameters: &[(&str, &str)]) {
    let mut table = lake.table(name, columns, LAZY);
    table.serde_parameters.insert("field.delim".into(), ",".into());
    for (k, v) in parameters {
        table.serde_parameters.insert(k.to_string(), v.to_string());
    }
    lake.replace(table);
}

#[test]
fn lazy_simple_reads_as_hive_does() {
    let mut lake = Lake::default();
    lake.put("t/a", "1,x,2024-01-26,1.5,true\n\"2\",\"q,uoted\",2024/01/26,abc,maybe\n3\n4,\\N,2024-01-26 10:00:00,1e2,FALSE,extra\r\n\n5.0,y,,,");
    delimited(
        &lake,
        "t",
        &[("i", "int"), ("s", "string"), ("d", "date"), ("f", "double"), ("b", "boolean")],
        &[],
    );
    lake.put("e/a", "a\\,b,1\nc\\\\,2\n");
    delimited(&lake, "e", &[("s", "string"), ("n", "int")], &[("escape.delim", "\\")]);
    lake.put("n/a", "1|2;k:v|w:x;7|z\n");
    let mut nested = lake.table(
        "n",
        &[("a", "array<int>"), ("m", "map<string,string>"), ("s", "struct<n:int,t:string>")],
        LAZY,
    );
    for (k, v) in [("field.delim", ";"), ("collection.delim", "|"), ("mapkey.delim", ":")] {
        nested.serde_parameters.insert(k.into(), v.into());
    }
    lake.replace(nested);
    lake.put("u/a", &b"caf\xe9,1\n"[..]);
    delimited(&lake, "u", &[("s", "string")], &[]);
    lake.put("tiny/a", "300,40000,1.255\n-1,7,99999\n");
    delimited(&lake, "tiny", &[("a", "tinyint"), ("b", "smallint"), ("c", "decimal(5,2)")], &[]);
    check(
        &mut lake,
        &[
            (
                "SELECT * FROM t",
                "1|x|2024-01-26|1.5|true\n-|\"q|-|-|-\n3|-|-|-|-\n4|-|2024-01-26|100.0|false\n-|-|-|-|-\n5|y|-|-|-",
            ),
            ("SELECT f, i FROM t WHERE i = 4", "100.0|4"),
            ("SELECT s, n FROM e", "a,b|1\nc\\|2"),
            ("SELECT a, m, s FROM n", "[1, 2]|{k=v, w=x}|{n=7, t=z}"),
            ("SELECT s FROM u", "caf\u{fffd}"),
            ("SELECT * FROM tiny", "-|-|1.26\n-1|7|-"),
        ],
    );
}

#[test]
fn open_csv_knows_quotes_and_refuses_bad_numbers() {
    let mut lake = Lake::default();
    lake.put("q/a.csv", "n,s,d\n1,\"a,\"\"b\"\"\",19748\n2,'x',2024-01-26\n3\n");
    let mut table = lake.table("q", &[("n", "int"), ("s", "string"), ("d", "date")], OPEN_CSV);
    table.parameters.insert("skip.header.line.count".into(), "1".into());
    lake.replace(table.clone());
    lake.put("bad/a.csv", "\"\",x\n");
    let mut bad = lake.table("bad", &[("n", "int"), ("s", "string")], OPEN_CSV);
    check(
        &mut lake,
        &[
            ("SELECT * FROM q", "1|a,\"b\"|2024-01-26\n2|'x'|2024-01-26\n3|-|-"),
            (
                "SELECT n FROM bad",
                "HIVE_BAD_DATA: Error parsing field value '' for field 0: For input string: \"\"",
            ),
            ("SELECT s FROM bad", "x"),
        ],
    );
    bad.parameters.insert("use.null.for.invalid.data".into(), "true".into());
    lake.replace(bad);
    check(&mut lake, &[("SELECT * FROM bad", "-|x")]);
}

#[test]
fn json_lines_match_names_without_case() {
    let mut lake = Lake::default();
    let lines = "{\"ID\":1,\"tags\":[\"a\"],\"geo\":{\"Lat\":1.5},\"m\":{\"k\":2},\"at\":\"2024-01-26 10:00:00\"}\n\n{\"id\":\"7\",\"tags\":null}\n";
    let columns = [
        ("id", "bigint"),
        ("tags", "array<string>"),
        ("geo", "struct<lat:double>"),
        ("m", "map<string,int>"),
        ("at", "timestamp"),
    ];
    lake.put("x/a.json", lines);
    lake.table("x", &columns, OPENX);
    lake.put("h/a.json", lines);
    lake.table("h", &columns, HIVE_JSON);
    lake.put("broken/a.json", "{\"id\":1}\n{\"id\":\n");
    lake.table("broken", &[("id", "int")], OPENX);
    lake.put("glued/a.json", "{\"id\":1}{\"id\":2}");
    lake.table("glued", &[("id", "int")], OPENX);
    check(
        &mut lake,
        &[
            ("SELECT * FROM x", "1|[a]|{lat=1.5}|{k=2}|2024-01-26 10:00:00.000\n-|-|-|-|-\n7|-|-|-|-"),
            ("SELECT id, geo.lat FROM h", "1|1.5\n7|-"),
            (
                "SELECT * FROM broken",
                "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: EOF while parsing a value at line 1 column 6",
            ),
            (
                "SELECT * FROM glued",
                "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: trailing characters at line 1 column 9",
            ),
        ],
    );
}

#[test]
fn gzip_is_told_by_name_and_others_are_refused() {
    let mut lake = Lake::default();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(b"1\n2\n").expect("packs");
    lake.put("z/a.gz", packer.finish().expect("packs"));
    delimited(&lake, "z", &[("n", "int")], &[]);
    lake.put("y/a.gz", "not gzip");
    delimited(&lake, "y", &[("n", "int")], &[]);
    lake.put("w/a.zst", "x");
    delimited(&lake, "w", &[("n", "int")], &[]);
    lake.table("o", &[("n", "int")], "org.apache.hadoop.hive.ql.io.orc.OrcSerde");
    check(
        &mut lake,
        &[
            ("SELECT sum(n) FROM z", "3"),
            (
                "SELECT * FROM y",
                "HIVE_CURSOR_ERROR: Failed to read file at s3://b/y/a.gz: not in GZIP format",
            ),
            (
                "SELECT * FROM w",
                "NOT_SUPPORTED: NotImplemented: reading .zst text files is not built in wavetank",
            ),
            (
                "SELECT * FROM o",
                "NOT_SUPPORTED: NotImplemented: reading the table format org.apache.hadoop.hive.ql.io.orc.OrcSerde with org.apache.hadoop.mapred.TextInputFormat is not built in wavetank",
            ),
        ],
    );
}

#[test]
fn parquet_columns_are_found_by_name() {
    let mut lake = Lake::default();
    lake.ask("CREATE TABLE p WITH (external_location = 's3://b/p/') AS SELECT 1 AS id, 'x' AS name, 2.5e0 AS price, CAST(5 AS bigint) AS n");
    lake.table("moved", &[("n", "int"), ("nosuch", "string"), ("name", "string"), ("id", "bigint")], PARQUET);
    lake.table("wrong", &[("name", "double")], PARQUET);
    for name in ["moved", "wrong", "text"] {
        let bytes = lake
            .store
            .0
            .lock()
            .expect("not poisoned")
            .iter()
            .find(|((_, k), _)| k.starts_with("p/"))
            .map(|(_, v)| v.clone())
            .expect("a file");
        lake.put(&format!("{name}/f.parquet"), if name == "text" { "hello".into() } else { bytes });
    }
    lake.table("text", &[("name", "string")], PARQUET);
    check(
        &mut lake,
        &[
            ("SELECT * FROM moved", "5|-|x|1"),
            ("SELECT count(*) FROM moved", "1"),
            (
                "SELECT * FROM wrong",
                "HIVE_BAD_DATA: Field name's type BYTE_ARRAY in parquet file s3://b/wrong/f.parquet is incompatible with type double defined in table schema",
            ),
        ],
    );
    assert!(
        lake.ask("SELECT * FROM text")
            .starts_with("HIVE_BAD_DATA: Not valid Parquet file: s3://b/text/f.parquet")
    );
    let all = lake.run("SELECT * FROM p", &[]).expect("runs").bytes_scanned;
    let one = lake.run("SELECT id FROM p", &[]).expect("runs").bytes_scanned;
    assert!(one < all, "{one} of {all}");
}

#[test]
fn partitions_are_pruned_before_anything_is_read() {
    let mut lake = Lake::default();
    for (dt, hour) in [("2024-01-01", 0), ("2024-01-01", 7), ("2024-01-02", 7)] {
        lake.put(&format!("l/dt={dt}/h={hour}/a.csv"), format!("{dt}-{hour}\n"));
    }
    delimited(&lake, "l", &[("s", "string")], &[]);
    let mut table = lake.table("l", &[("s", "string")], LAZY);
    table.partition_keys =
        vec![wavetank_sql::Column::new("dt", "date"), wavetank_sql::Column::new("h", "int")];
    lake.replace(table);
    lake.ask("MSCK REPAIR TABLE l");
    check(
        &mut lake,
        &[
            ("SELECT s FROM l WHERE dt = date '2024-01-01' AND h >= 5", "2024-01-01-7"),
            (
                "SELECT s FROM l WHERE dt = date '2024-01-02' OR h = 0 ORDER BY s",
                "2024-01-01-0\n2024-01-02-7",
            ),
            (
                "SELECT dt, h, count(*) FROM l GROUP BY dt, h ORDER BY 1, 2",
                "2024-01-01|0|1\n2024-01-01|7|1\n2024-01-02|7|1",
            ),
            ("SELECT count(*) FROM l WHERE year(dt) = 2024", "3"),
            ("SELECT max(h) FROM l", "7"),
            (
                "SELECT s FROM l WHERE dt = '2024-01-01'",
                "TYPE_MISMATCH: line 1:26: Cannot apply operator: date = varchar(10)",
            ),
        ],
    );
    let scanned = |sql: &str| lake.run(sql, &[]).expect("runs").bytes_scanned;
    assert_eq!(scanned("SELECT s FROM l WHERE dt = date '2024-01-02'"), 13);
    assert_eq!(scanned("SELECT s FROM l WHERE h = 99"), 0);
}

#[test]
fn projected_partitions_need_no_catalog() {
    let mut lake = Lake::default();
    lake.put("j/2024/01/25/a", "1\n");
    lake.put("j/2024/01/26/a", "2\n");
    let mut table = lake.table("j", &[("n", "int")], LAZY);
    table.partition_keys = vec![wavetank_sql::Column::new("day", "string")];
    for (k, v) in [
        ("projection.enabled", "true"),
        ("projection.day.type", "date"),
        ("projection.day.format", "yyyy/MM/dd"),
        ("projection.day.range", "2024/01/01,NOW"),
        ("storage.location.template", "s3://b/j/${day}"),
    ] {
        table.parameters.insert(k.into(), v.into());
    }
    lake.replace(table.clone());
    check(
        &mut lake,
        &[
            ("SELECT n, day FROM j ORDER BY n", "1|2024/01/25\n2|2024/01/26"),
            ("SELECT n FROM j WHERE day = '2024/01/26'", "2"),
        ],
    );
    table.parameters.insert("projection.day.type".into(), "injected".into());
    lake.replace(table);
    check(
        &mut lake,
        &[(
            "SELECT n FROM j",
            "NOT_SUPPORTED: NotImplemented: partition projection of type injected is not built in wavetank",
        )],
    );
}
