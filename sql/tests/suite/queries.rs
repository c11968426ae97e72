//! SELECT as data labs write it: joins, groups, windows, UNNEST, order of NULLs, names of columns, error positions.

use crate::lake::{Lake, check, text_of};
use wavetank_sql::{Catalog as _, Column, Table, athena_csv};

/// Events (delimited, a header) and cities (JSON).
fn lake() -> Lake {
    let lake = Lake::default();
    lake.put(
        "events/part-1.csv",
        "id,kind,city,people,revenue,at\n1,Meetup,Ha Noi,112.0,39847495.0,2024-01-26 10:00:00\n2,Webinar,Bangkok,30,1500.5,2024-01-27 11:00:00\n",
    );
    lake.put("events/part-2.csv", "id,kind,city,people,revenue,at\n3,Meetup,Bangkok,,0.0,2024-02-01\n4,Workshop,Singapore,5,,not a time\n");
    lake.put("events/_SUCCESS", "ignored");
    lake.put("events/", "");
    let mut events = lake.table(
        "events",
        &[
            ("id", "int"),
            ("kind", "string"),
            ("city", "string"),
            ("people", "int"),
            ("revenue", "double"),
            ("at", "timestamp"),
        ],
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    );
    events.serde_parameters.insert("field.delim".into(), ",".into());
    events.parameters.insert("skip.header.line.count".into(), "1".into());
    lake.replace(events);
    lake.put("cities/c.json", "{\"name\":\"Ha Noi\",\"country\":\"Vietnam\",\"tags\":[\"a\",\"b\"]}\n{\"name\":\"Bangkok\",\"country\":\"Thailand\",\"tags\":[]}\n");
    lake.table(
        "cities",
        &[("name", "string"), ("country", "string"), ("tags", "array<string>")],
        "org.openx.data.jsonserde.JsonSerDe",
    );
    lake
}

#[test]
fn selects_give_rows_as_athena_does() {
    check(
        &mut lake(),
        &[
            (
                "SELECT * FROM events ORDER BY id LIMIT 2",
                "1|Meetup|Ha Noi|112|3.9847495E7|2024-01-26 10:00:00.000\n2|Webinar|Bangkok|30|1500.5|2024-01-27 11:00:00.000",
            ),
            (
                "SELECT kind, count(*), sum(revenue), avg(people) FROM events GROUP BY kind ORDER BY kind",
                "Meetup|2|3.9847495E7|112.0\nWebinar|1|1500.5|30.0\nWorkshop|1|-|5.0",
            ),
            (
                "SELECT kind, count(*) c FROM events GROUP BY 1 ORDER BY 2 DESC, 1",
                "Meetup|2\nWebinar|1\nWorkshop|1",
            ),
            ("SELECT id FROM events ORDER BY revenue", "3\n2\n1\n4"),
            ("SELECT id FROM events ORDER BY revenue DESC", "1\n2\n3\n4"),
            ("SELECT id FROM events ORDER BY revenue NULLS FIRST LIMIT 1", "4"),
            (
                "SELECT e.id, c.country FROM events e JOIN cities c ON e.city = c.name ORDER BY e.id",
                "1|Vietnam\n2|Thailand\n3|Thailand",
            ),
            (
                "SELECT e.id, c.country FROM events e LEFT JOIN cities c ON e.city = c.name WHERE c.country IS NULL",
                "4|-",
            ),
            ("WITH big AS (SELECT * FROM events WHERE revenue > 100) SELECT count(*) FROM big", "2"),
            ("SELECT name, tag FROM cities CROSS JOIN UNNEST(tags) AS t(tag)", "Ha Noi|a\nHa Noi|b"),
            (
                "SELECT name, tag, n FROM cities CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t(tag, n)",
                "Ha Noi|a|1\nHa Noi|b|2",
            ),
            (
                "SELECT name, tag FROM cities LEFT JOIN UNNEST(tags) AS t(tag) ON TRUE ORDER BY 1, 2",
                "Bangkok|-\nHa Noi|a\nHa Noi|b",
            ),
            ("SELECT name, tag FROM cities, UNNEST(tags) AS t(tag) WHERE tag = 'b'", "Ha Noi|b"),
            ("SELECT k, v FROM UNNEST(MAP(ARRAY['a','b'], ARRAY[1,2])) AS t(k, v)", "a|1\nb|2"),
            ("SELECT x, y FROM UNNEST(ARRAY[1,2,3], ARRAY['a']) AS t(x, y)", "1|a\n2|-\n3|-"),
            ("SELECT a, b FROM UNNEST(ARRAY[ROW(1,'x'), ROW(2,'y')]) AS t(a, b)", "1|x\n2|y"),
            (
                "SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id) rn, sum(people) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s, lag(id) OVER (ORDER BY id) FROM events ORDER BY id",
                "1|1|112|-\n2|1|142|1\n3|2|30|2\n4|1|5|3",
            ),
            (
                "SELECT kind, city, count(*) FROM events GROUP BY GROUPING SETS ((kind), (city), ()) ORDER BY 1, 2, 3",
                "Meetup|-|2\nWebinar|-|1\nWorkshop|-|1\n-|Bangkok|2\n-|Ha Noi|1\n-|Singapore|1\n-|-|4",
            ),
            (
                "SELECT kind, count(*) FROM events GROUP BY ROLLUP (kind) ORDER BY 1",
                "Meetup|2\nWebinar|1\nWorkshop|1\n-|4",
            ),
            ("SELECT kind FROM events GROUP BY kind HAVING count(*) > 1", "Meetup"),
            ("VALUES (1, 'a'), (2, 'b')", "1|a\n2|b"),
            ("SELECT x + 1 FROM (VALUES 1, 2) AS t(x)", "2\n3"),
            (
                "SELECT id FROM events WHERE kind IN (SELECT kind FROM events GROUP BY kind HAVING count(*) > 1) ORDER BY id",
                "1\n3",
            ),
            (
                "SELECT id FROM events e WHERE EXISTS (SELECT 1 FROM cities c WHERE c.name = e.city AND c.country = 'Vietnam')",
                "1",
            ),
            ("SELECT (SELECT max(id) FROM events)", "4"),
            ("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 1", "1\n2\n1"),
            ("SELECT 1 EXCEPT SELECT 2", "1"),
            ("SELECT DISTINCT city FROM events ORDER BY city", "Bangkok\nHa Noi\nSingapore"),
            (
                "SELECT count(DISTINCT city), approx_distinct(city), count(revenue), count_if(revenue > 100), max_by(id, revenue), min_by(city, id), arbitrary(1) FROM events",
                "3|3|3|2|1|Ha Noi|1",
            ),
            (
                "SELECT array_agg(id ORDER BY id DESC), listagg(kind, ',') WITHIN GROUP (ORDER BY id), bool_and(id > 0), bool_or(id > 3), every(id > 1) FROM events",
                "[4, 3, 2, 1]|Meetup,Webinar,Meetup,Workshop|true|true|false",
            ),
            (
                "SELECT map_agg(id, kind), histogram(kind), approx_percentile(id, 0.5), min(at), max(id), stddev(id) FROM events",
                "{1=Meetup, 2=Webinar, 3=Meetup, 4=Workshop}|{Meetup=2, Webinar=1, Workshop=1}|2|2024-01-26 10:00:00.000|4|1.2909944487358056",
            ),
            (
                "SELECT sum(id) FILTER (WHERE kind = 'Meetup'), sum(DISTINCT people), count(DISTINCT kind) FROM events",
                "4|147|3",
            ),
            (
                "SELECT sum(CAST(id AS decimal(10,2))), avg(CAST(id AS decimal(10,2))), typeof(avg(id)), typeof(sum(id)) FROM events",
                "10.00|2.50|double|bigint",
            ),
            (
                "SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x)",
                "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow in sum",
            ),
            (
                "SELECT id, CASE WHEN revenue > 0 THEN 'completed' ELSE 'cancelled' END AS status FROM events ORDER BY id",
                "1|completed\n2|completed\n3|cancelled\n4|cancelled",
            ),
            (
                "SELECT date_trunc('month', at) m, count(*) FROM events GROUP BY date_trunc('month', at) ORDER BY m",
                "2024-01-01 00:00:00.000|2\n2024-02-01 00:00:00.000|1\n-|1",
            ),
            ("SELECT \"ID\" FROM \"AwsDataCatalog\".\"db\".\"events\" WHERE ID = 1", "1"),
            ("SELECT db.events.id, events.kind FROM db.events WHERE events.id = 2", "2|Webinar"),
            ("SELECT id, id FROM events WHERE id = 1", "1|1"),
            (
                "SELECT *, id FROM cities, events WHERE events.id = 1 AND name = 'Bangkok'",
                "Bangkok|Thailand|[]|1|Meetup|Ha Noi|112|3.9847495E7|2024-01-26 10:00:00.000|1",
            ),
            ("SELECT id FROM events OFFSET 2 LIMIT 1", "3"),
            ("SELECT id FROM events ORDER BY id FETCH FIRST 1 ROW ONLY", "1"),
            (
                "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t",
                "1\n2\n3",
            ),
            (
                "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'db'",
                "cities|BASE TABLE\nevents|BASE TABLE",
            ),
            (
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'cities' ORDER BY ordinal_position",
                "name|varchar\ncountry|varchar\ntags|array(varchar)",
            ),
            ("SELECT count(*) FROM events", "4"),
            ("SELECT x.a FROM (SELECT CAST(ROW(1, 2) AS ROW(a integer, b integer)) AS x)", "1"),
            (
                "SELECT first_value(id) OVER (ORDER BY id), rank() OVER (ORDER BY kind), ntile(2) OVER (ORDER BY id) FROM events ORDER BY id",
                "1|1|1\n1|3|1\n1|1|2\n1|4|2",
            ),
        ],
    );
}

#[test]
fn errors_say_what_and_where() {
    check(
        &mut lake(),
        &[
            (
                "SELEC 1",
                "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'CREATE', 'DELETE', 'DESC', 'DESCRIBE', 'DROP', 'EXPLAIN', 'INSERT', 'MSCK', 'SELECT', 'SHOW', 'UNLOAD', 'WITH', <query>",
            ),
            ("SELECT 1 FROM", "line 1:14: mismatched input '<EOF>'. Expecting: <identifier>"),
            ("SELECT 1 +", "line 1:11: mismatched input '<EOF>'. Expecting: <expression>"),
            ("SELECT id\nFROM events\nWHERE", "line 3:6: mismatched input '<EOF>'. Expecting: <expression>"),
            (
                "SELECT * FROM nosuch",
                "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.nosuch' does not exist",
            ),
            ("SELECT * FROM other.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'other' does not exist"),
            (
                "SELECT nosuch FROM events",
                "COLUMN_NOT_FOUND: line 1:8: Column 'nosuch' cannot be resolved or requester is not authorized to access requested resources",
            ),
            (
                "SELECT e.nosuch FROM events e",
                "COLUMN_NOT_FOUND: line 1:8: Column 'e.nosuch' cannot be resolved or requester is not authorized to access requested resources",
            ),
            (
                "SELECT id\nFROM events\nWHERE nosuch = 1",
                "COLUMN_NOT_FOUND: line 3:7: Column 'nosuch' cannot be resolved or requester is not authorized to access requested resources",
            ),
            (
                "SELECT kind, id FROM events GROUP BY kind",
                "EXPRESSION_NOT_AGGREGATE: line 1:14: 'id' must be an aggregate expression or appear in GROUP BY clause",
            ),
            (
                "SELECT `id` FROM events",
                "line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers",
            ),
            (
                "SELECT id FROM events WHERE at > '2024-01-01'",
                "TYPE_MISMATCH: line 1:32: Cannot apply operator: timestamp(3) > varchar(10)",
            ),
            (
                "SELECT sum(kind) FROM events",
                "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function sum. Expected: sum(bigint), sum(double), sum(real), sum(decimal)",
            ),
            (
                "SELECT stddev(kind) FROM events",
                "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function stddev. Expected: stddev(double)",
            ),
            (
                "SELECT id FROM events UNION SELECT kind FROM events",
                "TYPE_MISMATCH: column 1 in UNION query has incompatible types: integer, varchar",
            ),
            (
                "SELECT * FROM events e JOIN cities c ON e.id = c.name",
                "TYPE_MISMATCH: line 1:46: Cannot apply operator: integer = varchar",
            ),
            (
                "SELECT id::bigint FROM events",
                "line 1:8: mismatched input '::': it is not in Trino's grammar",
            ),
            (
                "DELETE FROM events",
                "NOT_SUPPORTED: line 1:1: Modifying Hive table rows is only supported for transactional tables",
            ),
            (
                "PREPARE q FROM SELECT 1",
                "NOT_SUPPORTED: line 1:1: NotImplemented: the statement PREPARE is not built in wavetank",
            ),
            (
                "SELECT * FROM events TABLESAMPLE BERNOULLI (10)",
                "NOT_SUPPORTED: NotImplemented: TABLESAMPLE is not built in wavetank",
            ),
        ],
    );
}

#[test]
fn columns_are_named_and_typed() {
    let lake = lake();
    let outcome = lake.run("SELECT id AS EventId, count(*), 'x' || 'y', revenue, CAST(1 AS decimal(5,2)) d FROM events GROUP BY id, revenue LIMIT 0", &[]).expect("runs");
    let columns: Vec<String> = outcome
        .columns
        .iter()
        .map(|c| format!("{}:{}({},{})", c.name, c.athena_type, c.precision, c.scale))
        .collect();
    assert_eq!(
        columns,
        [
            "EventId:integer(10,0)",
            "_col1:bigint(19,0)",
            "_col2:varchar(2147483647,0)",
            "revenue:double(17,0)",
            "d:decimal(5,2)"
        ]
    );
}

#[test]
fn the_csv_quotes_all_but_null() {
    let outcome = Lake::default().run("SELECT 'a\"b' AS x, NULL AS y, 1 AS z", &[]).expect("runs");
    assert_eq!(athena_csv(&outcome), "\"x\",\"y\",\"z\"\n\"a\"\"b\",,\"1\"\n");
}

#[test]
fn parameters_take_the_place_of_question_marks() {
    let lake = lake();
    let outcome =
        lake.run("SELECT id FROM events WHERE kind = ? AND id > ?", &["'Meetup'", "1"]).expect("runs");
    assert_eq!(crate::lake::text_of(&outcome), "3");
    let error = lake.run("SELECT ?", &[]).expect_err("no parameter");
    assert_eq!(
        error.to_string(),
        "SYNTAX_ERROR: line 1:8: Incorrect number of parameters: expected 1 but found 0"
    );
}

#[test]
fn bytes_scanned_counts_whole_text_objects() {
    let lake = lake();
    let size: usize = lake
        .store
        .0
        .lock()
        .expect("not poisoned")
        .iter()
        .filter(|((_, k), _)| k.starts_with("events/part"))
        .map(|(_, v)| v.len())
        .sum();
    assert_eq!(lake.run("SELECT id FROM events", &[]).expect("runs").bytes_scanned, size as u64);
    assert_eq!(lake.run("SELECT 1", &[]).expect("runs").bytes_scanned, 0);
}

#[test]
fn a_kept_plan_reads_the_files_the_tables_and_the_clock_of_its_own_run() {
    let ask = |lake: &Lake, sql: &str, now_ms: i64, seed: u64| match lake.run_kept(sql, now_ms, seed) {
        Ok(outcome) => text_of(&outcome),
        Err(error) => error.to_string(),
    };
    let serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
    let sum = "SELECT sum(a.x) FROM only_kept a JOIN only_kept_too b ON a.y = b.y";
    let lake = || {
        let lake = Lake::default();
        let columns = [("x", "int"), ("y", "int")];
        let comma = |table: Table| {
            lake.replace(Table { serde_parameters: [("field.delim".into(), ",".into())].into(), ..table })
        };
        comma(lake.table("only_kept", &columns, serde));
        comma(lake.table("only_kept_too", &columns[1..], serde));
        lake.put("only_kept/1.csv", "1,1\n2,2\n");
        lake.put("only_kept_too/1.csv", "1\n2\n");
        lake
    };
    let (one, other) = (lake(), lake());
    assert_eq!(ask(&one, sum, 0, 0), "3");
    other.put("only_kept/2.csv", "40,1\n");
    assert_eq!((ask(&other, sum, 0, 0), ask(&one, sum, 0, 0)), ("43".to_owned(), "3".to_owned()));
    // Another table of the same name is another plan.
    let table = one.glue.table("db", "only_kept").expect("a table");
    let columns = vec![Column::new("y", "int"), Column::new("x", "double")];
    one.replace(Table { columns, ..table });
    assert_eq!((ask(&one, sum, 0, 0), ask(&other, sum, 0, 0)), ("3.0".to_owned(), "43".to_owned()));
    let day = "SELECT current_date FROM only_kept LIMIT 1";
    assert_eq!(
        (ask(&one, day, 0, 0), ask(&one, day, 86_400_000, 0)),
        ("1970-01-01".into(), "1970-01-02".into())
    );
    let random = "SELECT random() FROM only_kept LIMIT 1";
    assert_ne!(ask(&one, random, 0, 1), ask(&one, random, 0, 2));
    let names = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'later'";
    assert_eq!(ask(&one, names, 0, 0), "0");
    one.table("later", &[("x", "int")], serde);
    assert_eq!(ask(&one, names, 0, 0), "1");
}
