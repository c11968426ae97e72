//! Queries on a handful of events, as data; and what is refused, with its place.

use super::super::state::Event;
use super::{Place, QueryError, Source, plan, run};

const HOUR: i64 = 3_600_000;

/// Rows as `name=value` joined by blanks, without `@ptr`.
fn rows_of(query: &str, messages: &[(i64, &str)], group: &str) -> Vec<String> {
    let events: Vec<Event> = (1..)
        .zip(messages)
        .map(|(number, (at, message))| Event {
            at: *at,
            ingested: *at + 5,
            number,
            message: (*message).to_owned(),
        })
        .collect();
    let place =
        Place { account: "000000000000", group, stream: "s", is_lambda: group.starts_with("/aws/lambda/") };
    let plan = plan(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let sources = events.iter().rev().map(|event| Source { event, place: &place });
    let (lines, _) = run(&plan, sources, 10_000, 7_000);
    let shown = |line: Vec<(String, String)>| {
        let fields = line.into_iter().filter(|(name, _)| name != "@ptr");
        fields.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    lines.into_iter().map(shown).collect()
}

fn check(query: &str, messages: &[(i64, &str)], expected: &[&str]) {
    assert_eq!(rows_of(query, messages, "g"), expected, "{query}");
}

/// One expression of one JSON message.
fn check_value(expr: &str, expected: &str) {
    let message = r#"{"n":3,"f":2.5,"t":"Hello World","b":true,"z":null,"a":{"b":[{"c":"deep"}],"d.e":7},"num":"42",
        "ip":"10.1.2.3","six":"2001:db8::1","blank":" ","json":"{\"k\":[1,2]}","@own":"x"}"#;
    let query = format!("fields {expr} as x");
    let expected = if expected.is_empty() { String::new() } else { format!("x={expected}") };
    check(&query, &[(HOUR + 90_000, message)], &[expected.as_str()]);
}

fn refuse(query: &str, expected: (&str, usize, usize)) {
    match plan(query) {
        Err(QueryError::Malformed { message, start, end }) => {
            assert_eq!((message.as_str(), start, end), expected, "{query}");
        }
        other => panic!("{query}: {other:?}"),
    }
}

/// Expressions, and what they say of the message of [`check_value`].
const VALUES: [(&str, &str); 70] = [
    ("n + 1", "4"),
    ("n - 1 - 1", "1"),
    ("2 * n + f", "8.5"),
    ("n / 2", "1.5"),
    ("10 % n", "1"),
    ("2 ^ 3 ^ 1", "8"),
    ("-n", "-3"),
    ("num + 1", "43"),
    ("t + 1", ""),
    ("n / 0", ""),
    ("n = 3 and f > 2", "1"),
    ("n = '3'", "1"),
    ("not n = 3 or b = true", "1"),
    ("b = 1", "1"),
    ("missing = 1", "0"),
    ("missing != 1", "1"),
    ("t like 'World'", "1"),
    ("t like /(?i)^hello/", "1"),
    ("t =~ /x/", "0"),
    ("t not like /x/", "1"),
    ("n in [1, 2, 3]", "1"),
    ("t not in ['a', 'b']", "1"),
    ("a.b.0.c", "deep"),
    ("a.b[0].c", "deep"),
    ("a.`d.e`", "7"),
    ("`a`.d.e", "7"),
    ("@@own", "x"),
    ("z", ""),
    ("abs(-2.5)", "2.5"),
    ("ceil(f)", "3"),
    ("floor(f)", "2"),
    ("greatest(n, f, 1)", "3"),
    ("least(n, f, 1)", "1"),
    ("log(1)", "0"),
    ("sqrt(16)", "4"),
    ("ispresent(n)", "1"),
    ("ispresent(z)", "0"),
    ("coalesce(z, missing, t)", "Hello World"),
    ("if(n > 2, 'big', 'small')", "big"),
    ("isempty(missing)", "1"),
    ("isblank(blank)", "1"),
    ("isempty(blank)", "0"),
    ("concat(n, '-', t)", "3-Hello World"),
    ("ltrim('xyZfooxyZ', 'xyZ')", "fooxyZ"),
    ("rtrim('xyZfooxyZ', 'xyZ')", "xyZfoo"),
    ("trim('xyZfooxyZ', 'xyZ')", "foo"),
    ("trim('  a ')", "a"),
    ("strlen('h\u{e9}')", "2"),
    ("toupper(t)", "HELLO WORLD"),
    ("tolower(t)", "hello world"),
    ("substr('xyZfooxyZ', 3, 3)", "foo"),
    ("substr('xyZ', 1)", "yZ"),
    ("replace('foo', 'o', '0')", "f00"),
    ("strcontains(t, 'World')", "1"),
    ("isValidIp(ip)", "1"),
    ("isValidIpv6(ip)", "0"),
    ("isIpInSubnet(ip, '10.0.0.0/8')", "1"),
    ("isIpv4InSubnet(ip, '10.1.3.0/24')", "0"),
    ("isIpv6InSubnet(six, '2001:db8::/32')", "1"),
    ("bin(1m)", "1970-01-01 01:01:00.000"),
    ("datefloor(@timestamp, 1 hour)", "1970-01-01 01:00:00.000"),
    ("dateceil(@timestamp, 1h)", "1970-01-01 02:00:00.000"),
    ("datefloor(@timestamp, 1mo)", "1970-01-01 00:00:00.000"),
    ("fromMillis(1500)", "1970-01-01 00:00:01.500"),
    ("toMillis(@timestamp)", "3690000"),
    ("now()", "7"),
    ("jsonStringify(jsonParse(json))", "{\"k\":[1,2]}"),
    ("@log", "000000000000:g"),
    ("@logStream", "s"),
    ("@ingestionTime", "1970-01-01 01:01:30.005"),
];

#[test]
fn expressions_say_what_their_functions_promise() {
    for (expr, expected) in VALUES {
        check_value(expr, expected);
    }
}

const CLICKS: [(i64, &str); 5] = [
    (0, r#"{"user":"a","ms":10,"page":{"name":"home"}}"#),
    (60_000, r#"{"user":"b","ms":30,"page":{"name":"cart"}}"#),
    (HOUR, r#"{"user":"a","ms":20,"page":{"name":"home"}}"#),
    (HOUR + 1, "plain text with user=c, method:GET, latency := 7"),
    (2 * HOUR, r#"{"user":"a","ms":"40"}"#),
];

#[test]
fn events_are_filtered_cut_and_shown_newest_first() {
    check("fields user, ms | filter ms >= 20", &CLICKS, &["user=a ms=40", "user=a ms=20", "user=b ms=30"]);
    check("fields ms | limit 2", &CLICKS, &["ms=40", ""]);
    check("fields ms | limit any 2", &CLICKS, &["ms=40", ""]);
    check("fields ms | sort ms asc | limit 2", &CLICKS, &["ms=10", "ms=20"]);
    check("filter ms > 15 | fields ms | sort user desc, ms desc", &CLICKS, &["ms=30", "ms=40", "ms=20"]);
    check("fields user | filter ispresent(user) | dedup user", &CLICKS, &["user=a", "user=b"]);
    check("fields page.name | dedup page.name | limit 1", &CLICKS, &[""]);
    check(
        "filter @message like 'plain'",
        &CLICKS,
        &["@timestamp=1970-01-01 01:00:00.001 @message=plain text with user=c, method:GET, latency := 7"],
    );
    check("fields user, ms * 2 as twice | display twice | limit 1", &CLICKS, &["twice=80"]);
    check("# a comment\nfields user # another\n| limit 1", &CLICKS, &["user=a"]);
}

#[test]
fn parse_takes_parts_out_of_texts() {
    check(
        r#"fields @logStream | parse @message "user=*, method:*, latency := *" as @user, @method, @latency | filter @latency > 5"#,
        &CLICKS,
        &["@logStream=s @user=c @method=GET @latency=7"],
    );
    check(
        r"parse @message /user=(?<u>\w+), method:(?<m>[A-Z]+)/ | filter ispresent(u) | display u, m",
        &CLICKS,
        &["u=c m=GET"],
    );
    check("parse 'text with *=' as key | stats count(key) as n", &CLICKS, &["n=1"]);
    check(
        "fields jsonParse(@message) as m | filter m.page.name = 'cart' | display m.user",
        &CLICKS,
        &["m.user=b"],
    );
    check(
        "fields jsonParse(@message) as m | unnest m.list into entry | display entry.v",
        &[(0, r#"{"list":[{"v":1},{"v":2}]}"#), (1, "no list")],
        &["entry.v=1", "entry.v=2"],
    );
}

#[test]
fn stats_make_one_row_of_each_group() {
    check(
        "stats count(*) by bin(1h)",
        &CLICKS,
        &[
            "bin(1h)=1970-01-01 02:00:00.000 count(*)=1",
            "bin(1h)=1970-01-01 01:00:00.000 count(*)=2",
            "bin(1h)=1970-01-01 00:00:00.000 count(*)=2",
        ],
    );
    check(
        "stats count(ms) as n, sum(ms) as total, avg(ms), min(ms), max(ms), stddev(ms) as dev by user | sort total desc",
        &CLICKS,
        &[
            "user=a n=3 total=70 avg(ms)=23.3333 min(ms)=10 max(ms)=40 dev=12.4722",
            "user=b n=1 total=30 avg(ms)=30 min(ms)=30 max(ms)=30 dev=0",
            "n=0 total=0",
        ],
    );
    check(
        "stats pct(ms, 50) as p50, pct(ms, 99) as p99, count_distinct(user) as users, earliest(ms) as e, latest(ms) as l",
        &CLICKS,
        &["p50=20 p99=40 users=2 e=10 l=40"],
    );
    check("stats sortsFirst(user) as f, sortsLast(user) as l", &CLICKS, &["f=a l=b"]);
    check("stats sum(ms) / count(ms) as mean by user | filter mean > 25", &CLICKS, &["user=b mean=30"]);
    check(
        "stats count(*) as n by user, bin(1h) as hour | stats max(n) as most, count(*) as rows",
        &CLICKS,
        &["most=1 rows=5"],
    );
    check("filter user = 'nobody' | stats count(*)", &CLICKS, &[]);
    check("stats sum(ms > 15) as slow", &CLICKS, &["slow=3"]);
    check("stats count() as n by user | sort n desc | limit 1 | display user", &CLICKS, &["user=a"]);
}

#[test]
fn lambdas_lines_have_fields_of_their_own() {
    let id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95";
    let report = format!(
        "REPORT RequestId: {id}\tDuration: 15.74 ms\tBilled Duration: 147 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms\t\n"
    );
    let start = format!("START RequestId: {id} Version: $LATEST\n");
    let logged =
        "[INFO]\t2026-01-01T00:00:00.000Z\t8f507cfc-1234-4697-b07a-ac58fc914c95\t{\"level\":\"warm\"}\n";
    let messages = [(0, start.as_str()), (1, logged), (2, report.as_str())];
    let shown = "fields @type, @requestId, @duration, @billedDuration, @initDuration, @memorySize, @maxMemoryUsed, level";
    assert_eq!(
        rows_of(shown, &messages, "/aws/lambda/f"),
        [
            format!(
                "@type=REPORT @requestId={id} @duration=15.74 @billedDuration=147 @initDuration=130.49 @memorySize=1.28E8 @maxMemoryUsed=5.6E7"
            ),
            "@requestId=8f507cfc-1234-4697-b07a-ac58fc914c95 level=warm".to_owned(),
            format!("@type=START @requestId={id}"),
        ]
    );
    let memory = "filter @type = 'REPORT' | stats max(@memorySize / 1000 / 1000) as mb, avg(@duration) as ms";
    assert_eq!(rows_of(memory, &messages, "/aws/lambda/f"), ["mb=128 ms=15.74"]);
    assert_eq!(rows_of("fields @type | limit 1", &messages, "g"), [""]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let unexpected = |symbol: &str, line: usize, position: usize| {
        format!("unexpected symbol found {symbol} at line {line} and position {position}")
    };
    refuse("", (&unexpected("<EOF>", 1, 0), 0, 0));
    refuse("fields @timestamp | count()", (&unexpected("count", 1, 20), 20, 25));
    refuse("fields @timestamp,\n| limit 5", (&unexpected("|", 2, 0), 19, 20));
    refuse("filter a = ", (&unexpected("<EOF>", 1, 11), 11, 11));
    refuse("filter (a = 1", (&unexpected("<EOF>", 1, 13), 13, 13));
    refuse("fields nosuch(a)", (&unexpected("nosuch", 1, 7), 7, 13));
    refuse("fields count(a)", (&unexpected("count", 1, 7), 7, 12));
    refuse("stats sum(count(a))", (&unexpected("count", 1, 10), 10, 15));
    refuse("fields 5xx", (&unexpected("5xx", 1, 7), 7, 10));
    refuse("fields 'open", (&unexpected("'open", 1, 7), 7, 12));
    refuse("fields a | limit 0", (&unexpected("0", 1, 17), 17, 18));
    refuse("fields a | dedup a | sort a", (&unexpected("sort", 1, 21), 21, 25));
    refuse("fields a; b", (&unexpected(";", 1, 8), 8, 9));
    refuse("fields a | filter \u{e9} = ;", (&unexpected(";", 1, 22), 22, 23));
    refuse("stats count(*) by user | filter ms > 5", ("Unknown symbols found in or after stats: ms", 32, 34));
    refuse("fields 1 as x | fields 2 as x", ("Ephemeral field is already defined: x", 23, 24));
    refuse("parse @message '* *' as a", ("parse takes 2 parts out of the text, and names 1 fields", 15, 20));
    refuse("fields abs(1, 2)", ("Invalid arguments for function: abs", 7, 10));
    refuse("filter a like /(/", ("Invalid regular expression: error: unclosed group", 14, 17));
    let deep = format!("filter {}1", "(".repeat(500));
    assert!(matches!(plan(&deep), Err(QueryError::Malformed { .. })));
    let not_built = ["pattern @message", "fields @message | anomaly", "stats rate(a, 5m) by bin(5m)"];
    for query in not_built {
        assert!(matches!(plan(query), Err(QueryError::NotBuilt(_))), "{query}");
    }
}
