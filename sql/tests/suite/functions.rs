//! Every function and operator: `SELECT <expression>` and its text. Values from Trino's documentation where it gives them.

use crate::lake::{Lake, check};

fn expressions(cases: &[(&str, &str)]) {
    let sql: Vec<(String, &str)> = cases.iter().map(|(e, t)| (format!("SELECT {e}"), *t)).collect();
    let refs: Vec<(&str, &str)> = sql.iter().map(|(s, t)| (s.as_str(), *t)).collect();
    check(&mut Lake::default(), &refs);
}

#[test]
fn literals_have_trinos_types() {
    expressions(&[
        (
            "typeof(1), typeof(3000000000), typeof(1.5), typeof(1e0), typeof('a'), typeof(true), typeof(null)",
            "integer|bigint|decimal(2,1)|double|varchar|boolean|unknown",
        ),
        (
            "typeof(date '2024-01-26'), typeof(timestamp '2024-01-26 10:00:00'), typeof(now())",
            "date|timestamp(3)|timestamp(3) with time zone",
        ),
        ("0.05, -1.50, 1e7, 1.0E-5, -3", "0.05|-1.50|1.0E7|1.0E-5|-3"),
        (
            "date '2024-01-26', timestamp '2024-01-26 10:00:00.5', timestamp '2024-01-26 10:00:00 Asia/Ho_Chi_Minh'",
            "2024-01-26|2024-01-26 10:00:00.500|2024-01-26 10:00:00.000 Asia/Ho_Chi_Minh",
        ),
        (
            "X'616263', ARRAY[1, NULL, 3], ROW(1, 'x'), MAP(ARRAY['a'], ARRAY[1])",
            "61 62 63|[1, null, 3]|{field0=1, field1=x}|{a=1}",
        ),
        ("interval '2' day, interval '3' month", "2 00:00:00.000|0-3"),
        (
            "current_date, now(), current_timestamp, localtimestamp",
            "2024-01-26|2024-01-26 10:00:00.000 UTC|2024-01-26 10:00:00.000 UTC|2024-01-26 10:00:00.000",
        ),
        (
            "decimal '1.50', typeof(decimal '1.50'), json '{\"b\":1,\"a\":2}'",
            "1.50|decimal(3,2)|{\"a\":2,\"b\":1}",
        ),
        (
            "date '2024-13-01'",
            "SYNTAX_ERROR: '2024-13-01' is not a valid DATE literal (Value cannot be cast to date: 2024-13-01)",
        ),
    ]);
}

#[test]
fn operators_follow_trinos_types() {
    expressions(&[
        ("7 / 2, -7 / 2, 7 % 3, -7 % 3, 7 / 2.0, 7e0 / 2", "3|-3|1|-1|3.5|3.5"),
        ("1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("1.0 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("1e0 / 0", "Infinity"),
        ("2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1"),
        ("2147483647 + 1000000000000", "1002147483647"),
        ("1.5 + 1, typeof(1.5 + 1)", "2.5|decimal(12,1)"),
        ("1.25 * 1.5, typeof(1.25 * 1.5)", "1.875|decimal(5,3)"),
        ("10.0 / 3, typeof(10.0 / 3)", "3.3|decimal(3,1)"),
        ("2.00 / 3.000, typeof(2.00 / 3.000)", "0.667|decimal(7,3)"),
        ("1.5 + 1e0, typeof(1.5 + 1e0)", "2.5|double"),
        ("'a' || 'b' || NULL", "-"),
        ("'a' || 1", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) || integer"),
        ("'a' = 1", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) = integer"),
        (
            "date '2024-01-26' = '2024-01-26'",
            "TYPE_MISMATCH: line 1:26: Cannot apply operator: date = varchar(10)",
        ),
        ("date '2024-01-26' = timestamp '2024-01-26 00:00:00'", "true"),
        ("1 = 1.0, 1 < 2e0, 'a' < 'b', NULL = 1, 1 <> 2, 1 != 1", "true|true|true|-|true|false"),
        ("1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL", "true|true"),
        (
            "date '2024-01-31' + interval '1' month, date '2024-01-26' - interval '1' day",
            "2024-02-29|2024-01-25",
        ),
        ("timestamp '2024-01-26 10:00:00' + interval '90' minute", "2024-01-26 11:30:00.000"),
        ("timestamp '2024-01-27 10:30:00' - timestamp '2024-01-26 10:00:00'", "1 00:30:00.000"),
        ("interval '1' day * 3", "3 00:00:00.000"),
        ("date '2024-01-26' + 1", "TYPE_MISMATCH: line 1:26: Cannot apply operator: date + integer"),
        ("ARRAY[1] || ARRAY[2] || 3", "[1, 2, 3]"),
        (
            "5 BETWEEN 1 AND 10, 'b' IN ('a', 'b'), 'abc' LIKE 'a%', 'a_c' LIKE 'a!_c' ESCAPE '!'",
            "true|true|true|true",
        ),
        (
            "'a\\b' LIKE 'a\\b', 'a\\%' LIKE 'a\\%', 'a%' LIKE 'a\\%', 'a\\b' LIKE concat('a\\', 'b')",
            "true|true|false|true",
        ),
        (
            "5 BETWEEN '1' AND '9'",
            "TYPE_MISMATCH: line 1:8: Cannot check if integer is BETWEEN varchar(1) and varchar(1)",
        ),
        (
            "1 IN ('a')",
            "TYPE_MISMATCH: line 1:8: IN value and list items must be the same type: integer, varchar(1)",
        ),
        (
            "CASE WHEN true THEN 1 ELSE 'a' END",
            "TYPE_MISMATCH: All CASE results must be the same type or coercible to a common type. Cannot find common type between integer and varchar, all types (without duplicates): [integer, varchar]",
        ),
        (
            "if(1 > 2, 'x'), if(1 < 2, 'x', 'y'), coalesce(NULL, NULL, 3), nullif(1, 1), nullif(1, 2)",
            "-|x|3|-|1",
        ),
        ("coalesce(1, 1 / 0)", "1"),
        ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"),
        ("NOT true, true AND NULL, true OR NULL", "false|-|true"),
        ("ARRAY[10, 20][2], MAP(ARRAY['k'], ARRAY[5])['k'], ROW(7, 8)[2]", "20|5|8"),
        (
            "ARRAY[10][3]",
            "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > 1",
        ),
        ("MAP(ARRAY['k'], ARRAY[5])['z']", "INVALID_FUNCTION_ARGUMENT: Key not present in map: z"),
        ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).b", "x"),
    ]);
}

#[test]
fn casts_are_strict_and_round() {
    expressions(&[
        (
            "CAST('12' AS integer), CAST(12.5 AS integer), CAST(2.5e0 AS bigint), CAST(-2.5e0 AS bigint)",
            "12|13|3|-3",
        ),
        ("CAST('12.5' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast '12.5' to INT"),
        ("CAST('abc' AS bigint)", "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to BIGINT"),
        ("CAST('abc' AS double)", "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to DOUBLE"),
        ("CAST('2024/01/26' AS date)", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2024/01/26"),
        (
            "CAST('2024-01-26 10:00:00' AS date)",
            "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2024-01-26 10:00:00",
        ),
        (
            "CAST('2024-01-26T10:00:00' AS timestamp)",
            "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2024-01-26T10:00:00",
        ),
        (
            "CAST('2024-01-26 10:00:00.123' AS timestamp), CAST('2024-01-26' AS timestamp), CAST('2024-01-26 10:00' AS timestamp)",
            "2024-01-26 10:00:00.123|2024-01-26 00:00:00.000|2024-01-26 10:00:00.000",
        ),
        ("TRY_CAST('abc' AS integer), TRY_CAST('2024-02-30' AS date), TRY_CAST('7' AS integer)", "-|-|7"),
        ("CAST(300 AS tinyint)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for tinyint: 300"),
        ("CAST(1e20 AS bigint)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for bigint: 1.0E20"),
        (
            "CAST(1.005 AS decimal(10,2)), CAST(1.005e0 AS decimal(10,2)), CAST('1.005' AS decimal(10,2))",
            "1.01|1.01|1.01",
        ),
        ("CAST(1000 AS decimal(4,2))", "INVALID_CAST_ARGUMENT: Cannot cast INTEGER '1000' to DECIMAL(4, 2)"),
        (
            "CAST(1e7 AS varchar), CAST(1.50 AS varchar), CAST(true AS varchar), CAST(date '2024-01-26' AS varchar)",
            "1.0E7|1.50|true|2024-01-26",
        ),
        ("CAST('abcdef' AS varchar(3)), CAST(12 AS varchar)", "abc|12"),
        (
            "CAST('t' AS boolean), CAST('FALSE' AS boolean), CAST(0 AS boolean), CAST(true AS integer)",
            "true|false|false|1",
        ),
        (
            "CAST(timestamp '1969-12-31 23:59:59' AS date), CAST(date '2024-01-26' AS timestamp)",
            "1969-12-31|2024-01-26 00:00:00.000",
        ),
        ("CAST(timestamp '2024-01-26 20:00:00 UTC' AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date)", "2024-01-27"),
        (
            "CAST(ARRAY['1', '2'] AS array(integer)), CAST(MAP(ARRAY['a'], ARRAY[1]) AS map(varchar, double))",
            "[1, 2]|{a=1.0}",
        ),
        ("CAST(ROW(1, 2) AS ROW(x bigint, y varchar))", "{x=1, y=2}"),
        (
            "CAST(ARRAY[1, 2] AS json), CAST(json '[1,2]' AS array(bigint)), CAST('a' AS json), CAST(json '{\"k\":1}' AS map(varchar, integer))",
            "[1,2]|[1, 2]|\"a\"|{k=1}",
        ),
        (
            "CAST(json '[\"a\"]' AS array(integer))",
            "INVALID_CAST_ARGUMENT: Cannot cast to array(integer). [\"a\"]",
        ),
        ("CAST(true AS date)", "TYPE_MISMATCH: Cannot cast boolean to date"),
        ("CAST(1 AS strin)", "TYPE_MISMATCH: Unknown type: strin"),
        ("TRY(CAST('x' AS integer)), TRY(1 / 0), TRY(date_parse('x', '%Y')), TRY(ARRAY[1][2])", "-|-|-|-"),
        (
            "TRY(coalesce(1 / 0, 2))",
            "NOT_SUPPORTED: NotImplemented: TRY around CASE, COALESCE, IF, NULLIF, IS NULL, a subquery or a lambda is not built in wavetank",
        ),
    ]);
}

#[test]
fn text_functions_count_characters() {
    expressions(&[
        (
            "lower('ÀB'), upper('àb'), length('Hà Nội'), reverse('abc'), trim('  a '), ltrim(' a'), rtrim('a '), trim(BOTH 'x' FROM 'xax')",
            "àb|ÀB|6|cba|a|a|a|a",
        ),
        (
            "substr('hello', 2), substr('hello', 2, 3), substr('hello', -3), substr('hello', 0), substring('hello' FROM 2 FOR 2)",
            "ello|ell|llo||el",
        ),
        (
            "replace('abcabc', 'b'), replace('abc', 'b', 'x'), strpos('hello', 'l'), strpos('hello', 'l', 2), position('l' IN 'hello'), strpos('a', 'z')",
            "acac|axc|3|4|3|0",
        ),
        ("lpad('7', 3, '0'), rpad('7', 3, '.'), lpad('abcd', 2, 'x')", "007|7..|ab"),
        (
            "concat('a', 'b', 'c'), concat_ws(',', 'a', NULL, 'b'), split('a,b,c', ','), split('a,b,c', ',', 2), split_part('a-b-c', '-', 2), split_part('a', '-', 5)",
            "abc|a,b|[a, b, c]|[a, b,c]|b|-",
        ),
        (
            "starts_with('hello', 'he'), ends_with('hello', 'lo'), chr(65), codepoint('A'), translate('abc', 'ab', 'x'), levenshtein_distance('kitten', 'sitting'), hamming_distance('abc', 'abd')",
            "true|true|A|65|xc|3|1",
        ),
        (
            "regexp_like('abc123', '[0-9]+'), regexp_extract('a12b34', '([a-z])(\\d+)', 2), regexp_extract_all('a1b22', '\\d+'), regexp_replace('a1b2', '\\d'), regexp_replace('ab', '(a)(b)', '$2$1')",
            "true|12|[1, 22]|ab|ba",
        ),
        (
            "regexp_split('a1b2c', '\\d'), regexp_count('a1b2', '\\d'), regexp_extract('x', 'y')",
            "[a, b, c]|2|-",
        ),
        (
            "regexp_like('a', '(?=a)')",
            "NOT_SUPPORTED: NotImplemented: look-around in the pattern (?=a) is not built in wavetank",
        ),
        (
            "url_extract_host('https://u@ex.com:8080/a/b?x=1&y=2#f'), url_extract_path('https://ex.com/a%20b?x=1'), url_extract_parameter('https://ex.com/?x=1&y=two', 'y'), url_extract_port('http://e:81/'), url_extract_protocol('http://e'), url_extract_query('http://e?a=1'), url_extract_fragment('http://e#z')",
            "ex.com|/a b|two|81|http|a=1|z",
        ),
        ("url_encode('a b/c'), url_decode('a+b%2Fc')", "a+b%2Fc|a b/c"),
        (
            "format('%s has %,d of %.2f', 'x', 1234567, 1.005), format('%05d|%-4s|%5s', 42, 'a', 'b'), format('%s%%', 12)",
            "x has 1,234,567 of 1.01|00042|a   |    b|12%",
        ),
        (
            "to_hex(md5(to_utf8('abc'))), to_hex(sha256(to_utf8('abc'))), to_hex(xxhash64(to_utf8('abc'))), to_base64(to_utf8('abc')), from_utf8(from_base64('YWJj')), crc32(to_utf8('abc'))",
            "900150983CD24FB0D6963F7D28E17F72|BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD|44BC2CF5AD770999|YWJj|abc|891568578",
        ),
        (
            "lower(1)",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer) for function lower. Expected: lower(varchar)",
        ),
        ("nosuch(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nosuch' not registered"),
    ]);
}

#[test]
fn number_functions_keep_types() {
    expressions(&[
        ("abs(-5), abs(-1.5), sign(-3), sign(-2.5e0), typeof(abs(-5))", "5|1.5|-1|-1.0|integer"),
        (
            "round(2.5e0), round(-2.5e0), round(1.255e0, 2), round(1234, -2), round(2.55, 1), round(2.5), typeof(round(2.5))",
            "3.0|-3.0|1.25|1200|2.60|3|decimal(2,0)",
        ),
        (
            "truncate(2.9e0), truncate(-2.987, 2), floor(2.5e0), ceil(2.1e0), floor(-3)",
            "2.0|-2.980|2.0|3.0|-3",
        ),
        (
            "sqrt(9), power(2, 10), exp(0), ln(1), log10(100), log2(8), log(2, 8), mod(7, 3), cbrt(27)",
            "3.0|1024.0|1.0|0.0|2.0|3.0|3.0|1|3.0",
        ),
        ("greatest(1, 2.5), least('b', 'a'), greatest(1, NULL), pi()", "2.5|a|-|3.141592653589793"),
        (
            "width_bucket(3.5e0, 0, 10, 5), bitwise_and(12, 10), bitwise_or(12, 10), bitwise_xor(12, 10), bit_count(7, 64), from_base('ff', 16), to_base(255, 16)",
            "2|8|14|6|3|255|ff",
        ),
        ("is_nan(nan()), is_infinite(infinity()), is_finite(1)", "true|true|true"),
    ]);
}

#[test]
fn time_functions_work_in_utc() {
    expressions(&[
        (
            "year(date '2024-01-26'), month(date '2024-01-26'), day(date '2024-01-26'), quarter(date '2024-05-01'), week(date '2024-01-01'), day_of_week(date '2024-01-26'), dow(date '2024-01-28'), day_of_year(date '2024-02-01'), year_of_week(date '2023-01-01')",
            "2024|1|26|2|1|5|7|32|2022",
        ),
        (
            "hour(timestamp '2024-01-26 10:11:12.345'), minute(timestamp '2024-01-26 10:11:12'), second(timestamp '2024-01-26 10:11:12'), millisecond(timestamp '2024-01-26 10:11:12.345')",
            "10|11|12|345",
        ),
        ("extract(year FROM date '2024-01-26'), extract(dow FROM date '2024-01-26')", "2024|5"),
        (
            "date_trunc('month', date '2024-01-26'), date_trunc('hour', timestamp '2024-01-26 10:11:12'), date_trunc('week', date '2024-01-26'), date_trunc('quarter', timestamp '2024-05-26 00:00:00')",
            "2024-01-01|2024-01-26 10:00:00.000|2024-01-22|2024-04-01 00:00:00.000",
        ),
        (
            "date_add('day', 1, date '2024-02-28'), date_add('month', 1, date '2024-01-31'), date_add('hour', -1, timestamp '2024-01-26 00:00:00')",
            "2024-02-29|2024-02-29|2024-01-25 23:00:00.000",
        ),
        (
            "date_diff('day', date '2024-01-01', date '2024-01-26'), date_diff('month', date '2024-01-31', date '2024-02-29'), date_diff('hour', timestamp '2024-01-26 10:00:00', timestamp '2024-01-26 12:59:00')",
            "25|1|2",
        ),
        (
            "date_format(timestamp '2024-01-26 15:04:05', '%Y-%m-%d %H:%i:%s %p'), date_format(date '2024-01-26', '%W %d %M')",
            "2024-01-26 15:04:05 PM|Friday 26 January",
        ),
        (
            "date_parse('26/01/2024', '%d/%m/%Y'), date_parse('2024-01-26 10:00', '%Y-%m-%d %H:%i')",
            "2024-01-26 00:00:00.000|2024-01-26 10:00:00.000",
        ),
        (
            "date_parse('2024-01-26', '%Y/%m/%d')",
            "INVALID_FUNCTION_ARGUMENT: Invalid format: \"2024-01-26\" is malformed at \"-01-26\"",
        ),
        (
            "format_datetime(timestamp '2024-01-26 15:04:05', 'yyyy/MM/dd'), parse_datetime('2024-01-26', 'yyyy-MM-dd')",
            "2024/01/26|2024-01-26 00:00:00.000 UTC",
        ),
        (
            "from_unixtime(1706263200), to_unixtime(timestamp '2024-01-26 10:00:00'), from_unixtime(1706263200, 'Asia/Ho_Chi_Minh')",
            "2024-01-26 10:00:00.000 UTC|1.7062632E9|2024-01-26 17:00:00.000 Asia/Ho_Chi_Minh",
        ),
        (
            "from_iso8601_timestamp('2024-01-26T10:00:00Z'), from_iso8601_timestamp('2024-01-26T10:00:00+07:00'), from_iso8601_date('2024-01-26'), to_iso8601(date '2024-01-26')",
            "2024-01-26 10:00:00.000 UTC|2024-01-26 10:00:00.000 +07:00|2024-01-26|2024-01-26",
        ),
        (
            "now() AT TIME ZONE 'Asia/Ho_Chi_Minh', hour(now() AT TIME ZONE 'Asia/Ho_Chi_Minh'), with_timezone(timestamp '2024-01-26 10:00:00', 'Asia/Tokyo')",
            "2024-01-26 17:00:00.000 Asia/Ho_Chi_Minh|17|2024-01-26 10:00:00.000 Asia/Tokyo",
        ),
        (
            "last_day_of_month(date '2024-02-10'), date('2024-01-26'), current_date - interval '1' day",
            "2024-02-29|2024-01-26|2024-01-25",
        ),
        (
            "year('2024-01-26')",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function year. Expected: year(date), year(timestamp), year(timestamptz)",
        ),
    ]);
}

#[test]
fn arrays_maps_and_json() {
    expressions(&[
        (
            "cardinality(ARRAY[1,2]), contains(ARRAY[1,2], 2), element_at(ARRAY[1,2], -1), element_at(ARRAY[1], 5), element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')",
            "2|true|2|-|-",
        ),
        (
            "array_join(ARRAY['a', NULL, 'b'], ','), array_join(ARRAY[1, NULL], '-', '?'), array_distinct(ARRAY[1,1,2]), array_sort(ARRAY[3,1,2]), array_max(ARRAY[1,3]), array_min(ARRAY[1,3])",
            "a,b|1-?|[1, 2]|[1, 2, 3]|3|1",
        ),
        (
            "array_position(ARRAY[5,6], 6), array_remove(ARRAY[1,2,1], 1), array_union(ARRAY[1,2], ARRAY[2,3]), array_intersect(ARRAY[1,2], ARRAY[2,3]), array_except(ARRAY[1,2], ARRAY[2]), arrays_overlap(ARRAY[1], ARRAY[1,2])",
            "2|[2]|[1, 2, 3]|[2]|[1]|true",
        ),
        (
            "flatten(ARRAY[ARRAY[1], ARRAY[2,3]]), slice(ARRAY[1,2,3], 2, 2), repeat('a', 2), sequence(1, 5, 2), sequence(date '2024-01-01', date '2024-01-03', interval '1' day), reverse(ARRAY[1,2])",
            "[1, 2, 3]|[2, 3]|[a, a]|[1, 3, 5]|[2024-01-01, 2024-01-02, 2024-01-03]|[2, 1]",
        ),
        (
            "transform(ARRAY[1,2], x -> x * 10), filter(ARRAY[1,2,3], x -> x > 1), reduce(ARRAY[1,2,3], 0, (s, x) -> s + x, s -> s * 2), any_match(ARRAY[1,2], x -> x = 2), all_match(ARRAY[1,2], x -> x > 0), none_match(ARRAY[1], x -> x > 5)",
            "[10, 20]|[2, 3]|12|true|true|true",
        ),
        (
            "map_keys(MAP(ARRAY['a','b'], ARRAY[1,2])), map_values(MAP(ARRAY['a'], ARRAY[1])), cardinality(MAP(ARRAY['a'], ARRAY[1])), map_concat(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a','b'], ARRAY[5,6])), map_entries(MAP(ARRAY['a'], ARRAY[1])), split_to_map('a=1,b=2', ',', '=')",
            "[a, b]|[1]|1|{a=5, b=6}|[{field0=a, field1=1}]|{a=1, b=2}",
        ),
        (
            "json_extract('{\"a\":{\"b\":[1,2]}}', '$.a.b'), json_extract_scalar('{\"a\":{\"b\":\"x\"}}', '$.a.b'), json_extract_scalar('{\"a\":[5,6]}', '$.a[1]'), json_extract_scalar('{\"a\":{}}', '$.a'), json_extract('not json', '$.a')",
            "[1,2]|x|6|-|-",
        ),
        (
            "json_parse('{\"b\": 1, \"a\": [1, 2]}'), json_format(json '[1, 2]'), json_array_length('[1,2,3]'), json_array_get('[1,2,3]', 1), json_array_contains('[1,2]', 2), json_size('{\"a\":[1,2]}', '$.a')",
            "{\"a\":[1,2],\"b\":1}|[1,2]|3|2|true|2",
        ),
        ("json_parse('{')", "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '{'"),
        (
            "json_extract('{}', '$..a')",
            "NOT_SUPPORTED: NotImplemented: the JSON path $..a is not built in wavetank",
        ),
    ]);
}

#[test]
fn random_values_come_from_the_seed() {
    let mut lake = Lake::default();
    let first = lake.ask("SELECT random(), uuid(), random() FROM (VALUES 1, 2) t(x)");
    assert_eq!(first, Lake::default().ask("SELECT random(), uuid(), random() FROM (VALUES 1, 2) t(x)"));
    assert_eq!(lake.ask("SELECT count(DISTINCT uuid()) FROM unnest(sequence(1, 100)) t(x)"), "100");
}
