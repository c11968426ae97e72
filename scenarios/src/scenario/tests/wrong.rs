//! Wrong keys, units, references and forms, each refused at its place with what to write instead.

use super::*;
use crate::known::SKIPPED;

/// A scenario with a table of nearly every kind, and nothing wrong.
const WHOLE: &str = r#"summary = "Orders."
template = "t.yaml"

[input]
file = "orders.ndjson"
rate = "2/s"
key = "customer"
to = "kinesis:${Stream}"

[[upload]]
file = "one.sql"
to = "s3://${Lake}/one.sql"
[[upload]]
marker = "s3://${Lake}/in/"

[[fault]]
function = "f"
share = 0.5
window = "10s..20s"

[[step]]
wait = "15m"
[[step]]
crawl = "crawler"
within = "1h"

[ledger]
identity = "order_id"

[[edge]]
name = "landing"
at = "s3://${Lake}/orders/"
[[edge]]
name = "table"
at = "dynamodb:orders"
ends = "delivered"

[landing]
in = "s3://${Lake}/landing/"
id = "id"
key = "user"
time = "at"
zone = "+05:00"

[[query]]
name = "by-country"
file = "one.sql"
oracle = "one.sql"

[[check]]
conserved = {}
[[check]]
order = { edge = "landing", key = "customer" }
[[check]]
freshness = { edge = "landing", p50_max = "60s", p95_max = "70s", p99_max = "90s" }
[[check]]
landed = { path = "%Y", slack = "6m" }
[[check]]
partition = { in = "s3://${Lake}/orders/", by = "at", path = "%Y", zone = "+07:00", written = "+00:00" }
[[check]]
files = { in = "s3://${Lake}/files/", count_max = 10, bytes_max = 1_000, bytes_mean_min = 10 }
[[check]]
nulls = { table = "orders", column = "price", share_max = 0.1 }
[[check]]
replay = { job = "j", in = ["s3://${Lake}/a/"], at_most = "2h" }
[[check]]
metamorphic = { change = "parameters", parameters = { Shards = "4" }, queries = ["by-country"] }

[sim]
tick = ["5m", "1h"]
late = "3h"
[[sim.skip]]
check = "freshness"
reason = "r"
[[sim.exclude]]
kind = "lost"
reason = "r"

[variant.careless]
summary = "c"
parameters = { Shards = "1" }
"#;

const DURATIONS: &str = "hint: write a number and a unit, ms, s, m, h or d, such as \"90s\" or \"1h30m\"";

fn parse(text: String) -> Result<(), String> {
    let template =
        "Parameters:\n  Shards: { Type: Number }\nOutputs:\n  Lake: { Value: l }\n  Stream: { Value: s }\n";
    let files = [("t.yaml", template), ("orders.ndjson", "{}"), ("one.sql", "SELECT 1")];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let files = files.into_iter().chain([("scenario.toml".to_owned(), text)]).collect();
    Scenario::parse("s", files).map(drop).map_err(|error| error.to_string())
}

/// The whole scenario with one thing other.
fn changed(was: &str, becomes: &str) -> String {
    let text = WHOLE.replacen(was, becomes, 1);
    assert_ne!(text, WHOLE, "{was}");
    text
}

/// With `was` become this, it is refused at the mark, `▸`, with this cause and hint.
fn check(was: &str, becomes: &str, expected: &str) {
    let text = changed(was, becomes);
    let (before, after) = text.split_once('▸').expect("a mark");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let refused = parse(format!("{before}{after}"));
    assert_eq!(refused, Err(format!("s/scenario.toml:{line}:{column}: {expected}")), "{becomes}");
}

#[test]
fn what_is_right_is_read() {
    let check = |was: &str, becomes: &str| assert_eq!(parse(changed(was, becomes)), Ok(()), "{becomes}");
    assert_eq!(parse(WHOLE.to_owned()), Ok(()));
    // For people, not for the template.
    check("\"Orders.\"", "\"Orders of ${Nobody}.\"");
    // An output may be a place as a whole.
    check("\"dynamodb:orders\"", "\"${Stream}\"");
    check("\"dynamodb:orders\"", "\"athena:db/wg:SELECT * FROM orders\"");
    check("file = \"orders.ndjson\"", "profile = \"purchases\"\ntable = \"orders\"\nrows = 10");
    let lost = "kind = \"lost\"";
    check(lost, "kind = \"lost\"\nservice = \"dynamodb\"\noperation = \"PutItem\"");
    check(lost, "kind = \"throttle\"\noperation = \"Invoke\"");
    check(lost, "kind = \"job-slow\"\nservice = \"glue\"");
}

#[test]
fn a_wrong_key_of_any_table_is_told_with_the_nearest_right_one() {
    let check = |was: &str, becomes: &str, key: &str, right: &str| {
        self::check(was, becomes, &format!("there is no key `{key}` here\nhint: did you mean `{right}`?"));
    };
    check("summary = \"Orders.\"", "▸sumary = \"Orders.\"", "sumary", "summary");
    check("[[step]]\nwait", "[[▸steps]]\nwait", "steps", "step");
    check("rate = ", "▸rat = ", "rat", "rate");
    check("marker = ", "▸markr = ", "markr", "marker");
    check("window = ", "▸windows = ", "windows", "window");
    check("wait = ", "▸wiat = ", "wiat", "wait");
    check("within = ", "▸withing = ", "withing", "within");
    check("identity = ", "▸identiti = ", "identiti", "identity");
    check("ends = ", "▸end = ", "end", "ends");
    check("zone = \"+05:00\"", "▸zones = \"+05:00\"", "zones", "zone");
    check("oracle = ", "▸orcale = ", "orcale", "oracle");
    check("order = { edge", "order = { ▸egde", "egde", "edge");
    check("p95_max", "▸p95_mx", "p95_mx", "p95_max");
    check("slack", "▸slak", "slak", "slack");
    check("written", "▸writen", "writen", "written");
    check("count_max", "▸count_mx", "count_mx", "count_max");
    check("share_max", "▸shar_max", "shar_max", "share_max");
    check("at_most", "▸atmost", "atmost", "at_most");
    check("change = ", "▸chang = ", "chang", "change");
    check("tick = ", "▸tik = ", "tik", "tick");
    check("check = \"freshness\"", "▸chek = \"freshness\"", "chek", "check");
    check("kind = ", "▸kin = ", "kin", "kind");
    check("parameters = { Shards = \"1\" }", "▸parameter = { Shards = \"1\" }", "parameter", "parameters");
}

#[test]
fn a_key_that_is_like_none_is_told_with_all() {
    let hint = "there are function, share, window";
    check("function = ", "▸lambda_name = ", &format!("there is no key `lambda_name` here\nhint: {hint}"));
    check(
        "conserved = {}",
        "conserved = { ▸strict = true }",
        "there is no key `strict` here\nhint: there are none",
    );
}

#[test]
fn a_wrong_name_is_told_with_the_nearest_right_one() {
    let check = |was: &str, becomes: &str, name: &str, right: &str| {
        self::check(was, becomes, &format!("`{name}` is not known here\nhint: did you mean `{right}`?"));
    };
    check("conserved = {}", "▸conservd = {}", "conservd", "conserved");
    check("ends = \"delivered\"", "ends = ▸\"deliverd\"", "deliverd", "delivered");
    check("change = \"parameters\"", "change = ▸\"parameter\"", "parameter", "parameters");
}

#[test]
fn a_wrong_duration_is_told_with_the_units_there_are() {
    let check = |was: &str, becomes: &str, wrong: &str| {
        self::check(was, becomes, &format!("`{wrong}` is not a duration\n{DURATIONS}"));
    };
    check("wait = \"15m\"", "wait = ▸\"15 minits\"", "15 minits");
    check("within = \"1h\"", "within = ▸\"3 hrs\"", "3 hrs");
    check("p50_max = \"60s\"", "p50_max = ▸\"60\"", "60");
    check("p95_max = \"70s\"", "p95_max = ▸\"70 sec\"", "70 sec");
    check("p99_max = \"90s\"", "p99_max = ▸\"\"", "");
    check("slack = \"6m\"", "slack = ▸\"6 minits\"", "6 minits");
    check("at_most = \"2h\"", "at_most = ▸\"2H\"", "2H");
    check("tick = [\"5m\", \"1h\"]", "tick = ▸\"five minutes\"", "five minutes");
    check("\"1h\"]", "▸\"an hour\"]", "an hour");
    check("late = \"3h\"", "late = ▸\"3y\"", "3y");
}

#[test]
fn other_quantities_are_told_with_how_they_are_written() {
    let bare = format!("invalid type: integer `3600`, expected a duration in quotes\n{DURATIONS}");
    check("within = \"1h\"", "within = ▸3600", &bare);
    let hint = "hint: write records a second, such as \"20/s\", or \"100/s..2000/s@10m\" for a rate that swings in 10 minutes";
    check("rate = \"2/s\"", "rate = ▸\"2 a second\"", &format!("`2 a second` is not a rate\n{hint}"));
    check(
        "rate = \"2/s\"",
        "rate = ▸2",
        &format!("invalid type: integer `2`, expected a rate in quotes\n{hint}"),
    );
    let hint = "hint: write from and until with their units, ms, s, m, h or d, such as \"10s..2m\"";
    check("\"10s..20s\"", "▸\"10..20\"", &format!("`10..20` is not a window\n{hint}"));
    let hint = "hint: write one such as \"30s\", \"5m\" or \"1h\"";
    check("[\"5m\", \"1h\"]", "▸\"7m\"", &format!("a whole number of ticks makes an hour\n{hint}"));
    let hint = "hint: write the offset from UTC, such as \"+07:00\"";
    check("zone = \"+05:00\"", "zone = ▸\"+5\"", &format!("`+5` is not a zone\n{hint}"));
    check(
        "zone = \"+07:00\"",
        "zone = ▸\"Asia/Ho_Chi_Minh\"",
        &format!("`Asia/Ho_Chi_Minh` is not a zone\n{hint}"),
    );
    check("written = \"+00:00\"", "written = ▸\"UTC\"", &format!("`UTC` is not a zone\n{hint}"));
    let hint = "hint: write the bytes out, such as 134_217_728 for 128 MiB";
    let size = format!("invalid type: string \"128MiB\", expected a number of bytes\n{hint}");
    check("bytes_max = 1_000", "bytes_max = ▸\"128MiB\"", &size);
    check("bytes_mean_min = 10", "bytes_mean_min = ▸\"128MiB\"", &size);
    let hint = "hint: write a number from 0.0 to 1.0";
    check("share = 0.5", "share = ▸50", &format!("`50` is not a share\n{hint}"));
    check("share_max = 0.1", "share_max = ▸-0.1", &format!("`-0.1` is not a share\n{hint}"));
    let number = "invalid type: string \"ten\", expected a whole number without quotes";
    let hint = "hint: compare with the scenarios in scenarios/catalog";
    check("count_max = 10", "count_max = ▸\"ten\"", &format!("{number}\n{hint}"));
}

#[test]
fn a_table_that_says_too_little_or_too_much_is_told_what_it_needs() {
    let step = |becomes: &str, expected: &str| check("[[step]]\nwait = \"15m\"", becomes, expected);
    let all = "write one of wait, crawl, crawled, run, job, invoke and dag";
    step("▸[[step]]", &format!("the step does nothing\nhint: {all}"));
    step(
        "▸[[step]]\nwait = \"15m\"\ninvoke = \"f\"",
        "the step does several things, `wait` and `invoke`\nhint: begin each with its own [[step]]",
    );
    step("▸[[step]]\nwait = \"15m\"\nwithin = \"1h\"", "the step `wait` has no `within`\nhint: leave it out");
    // At its own head, and not at that of the first.
    check(
        "[[step]]\ncrawl = \"crawler\"\nwithin = \"1h\"",
        "▸[[step]]\ncrawl = \"crawler\"",
        "the step `crawl` needs `within`\nhint: say how long it may take, such as within = \"1h\"",
    );
    let upload = |becomes: &str, cause: &str| {
        let hint = "write file = \"PATH\" and to = \"s3://BUCKET/KEY\", or marker = \"s3://BUCKET/FOLDER/\"";
        check("[[upload]]\nmarker = \"s3://${Lake}/in/\"", becomes, &format!("{cause}\nhint: {hint}"));
    };
    upload("▸[[upload]]", "the upload has neither a `file` nor a `marker`");
    upload("▸[[upload]]\nfile = \"one.sql\"", "the upload of a file needs `to`");
    upload("▸[[upload]]\nto = \"s3://${Lake}/x\"", "the upload has a `to` and no `file`");
    upload(
        "▸[[upload]]\nmarker = \"s3://${Lake}/in/\"\nfile = \"one.sql\"",
        "an upload is a `marker` or a `file`, not both",
    );
    check(
        "[[check]]\nconserved = {}",
        "▸[[check]]\nconserved = {}\nunblocked = {}",
        "a check has one name, and this has none or several\nhint: begin each with its own [[check]]",
    );
    check(
        "summary = \"Orders.\"\ntemplate = \"t.yaml\"",
        "▸summary = \"Orders.\"",
        "the key `template` is missing\nhint: compare with the scenarios in scenarios/catalog",
    );
}

#[test]
fn a_place_of_no_kind_that_fits_is_told_with_the_nearest_right_one() {
    let check = |was: &str, becomes: &str, place: &str, hint: &str| {
        self::check(was, becomes, &format!("`{place}` is no place that fits here\nhint: {hint}"));
    };
    let at = "at = \"dynamodb:orders\"";
    check(at, "at = ▸\"dynamobd:orders\"", "dynamobd:orders", "did you mean `dynamodb`?");
    check(at, "at = ▸\"s3:/lake/\"", "s3:/lake/", "write s3://BUCKET/PREFIX/");
    check(at, "at = ▸\"sqs:\"", "sqs:", "write sqs:NAME");
    check(at, "at = ▸\"athena:SELECT 1\"", "athena:SELECT 1", "write athena:DATABASE/WORKGROUP:SELECT ...");
    let all = "there are s3, dynamodb, sqs, kinesis, logs, athena";
    check(at, "at = ▸\"opensearch:orders\"", "opensearch:orders", all);
    let to = "to = \"kinesis:${Stream}\"";
    check(to, "to = ▸\"kineses:orders\"", "kineses:orders", "did you mean `kinesis`?");
    // A log is read, and nothing is sent there.
    check(to, "to = ▸\"cloudwatch:g\"", "cloudwatch:g", "there are kinesis, firehose, sqs, dynamodb, s3");
    check(
        "to = \"s3://${Lake}/one.sql\"",
        "to = ▸\"s4://lake/one.sql\"",
        "s4://lake/one.sql",
        "did you mean `s3`?",
    );
    check(
        "marker = \"s3://${Lake}/in/\"",
        "marker = ▸\"s3:///in/\"",
        "s3:///in/",
        "write s3://BUCKET/PREFIX/",
    );
    check(
        "in = \"s3://${Lake}/landing/\"",
        "in = ▸\"s3:landing\"",
        "s3:landing",
        "write s3://BUCKET/PREFIX/",
    );
    check(
        "files = { in = \"s3://${Lake}/files/\"",
        "files = { in = ▸\"s3:f\"",
        "s3:f",
        "write s3://BUCKET/PREFIX/",
    );
    check("[\"s3://${Lake}/a/\"]", "[\"s3://b/\", ▸\"s3:a\"]", "s3:a", "write s3://BUCKET/PREFIX/");
}

#[test]
fn what_names_nothing_is_told_with_the_nearest_there_is() {
    let check = |was: &str, becomes: &str, cause: &str, right: &str| {
        self::check(was, becomes, &format!("{cause}\nhint: did you mean `{right}`?"));
    };
    let file = "file = \"orders.ndjson\"";
    check(file, "profile = ▸\"purchase\"\nrows = 9", "there is no profile `purchase`", "purchases");
    check(
        file,
        "profile = \"purchases\"\ntable = ▸\"order\"\nrows = 9",
        "profile purchases has no table `order`",
        "orders",
    );
    check("\"t.yaml\"", "▸\"tt.yaml\"", "the folder has no file `tt.yaml`", "t.yaml");
    check(file, "file = ▸\"order.ndjson\"", "the folder has no file `order.ndjson`", "orders.ndjson");
    check("file = \"one.sql\"\nto", "file = ▸\"on.sql\"\nto", "the folder has no file `on.sql`", "one.sql");
    check("\"one.sql\"\noracle", "▸\"ones.sql\"\noracle", "the folder has no file `ones.sql`", "one.sql");
    check("oracle = \"one.sql\"", "oracle = ▸\"won.sql\"", "the folder has no file `won.sql`", "one.sql");
    check(
        "order = { edge = \"landing\"",
        "order = { edge = ▸\"landng\"",
        "there is no edge `landng`",
        "landing",
    );
    check(
        "freshness = { edge = \"landing\"",
        "freshness = { edge = ▸\"tabel\"",
        "there is no edge `tabel`",
        "table",
    );
    check(
        "[\"by-country\"]",
        "[\"by-country\", ▸\"by-county\"]",
        "there is no query `by-county`",
        "by-country",
    );
    check("kind = \"lost\"", "kind = ▸\"losst\"", "there is no kind of fault `losst`", "lost");
    check(
        "check = \"freshness\"",
        "check = ▸\"freshnes\"",
        "a simulation has no check `freshnes`",
        "freshness",
    );
    check("{ Shards = \"1\" }", "{ Shard = ▸\"1\" }", "the template has no parameter `Shard`", "Shards");
    check("{ Shards = \"4\" }", "{ Shard = ▸\"4\" }", "the template has no parameter `Shard`", "Shards");
    check("\"s3://${Lake}/orders/\"", "\"s3://▸${Lak}/orders/\"", "the template has no output `Lak`", "Lake");
    check("\"f\"", "\"▸${Straem}\"", "the template has no output `Straem`", "Stream");
}

#[test]
fn an_excluded_place_that_no_such_fault_meets_is_told_with_the_nearest_that_it_does() {
    let check = |kind: &str, rest: &str, expected: &str| {
        self::check("kind = \"lost\"", &format!("kind = \"{kind}\"\n{rest}"), expected);
    };
    check(
        "lost",
        "service = ▸\"firehos\"",
        "`lost` meets no service `firehos`\nhint: did you mean `firehose`?",
    );
    check(
        "lost",
        "service = \"firehose\"\noperation = ▸\"PutRecordsBatch\"",
        "`lost` meets no operation `PutRecordsBatch`\nhint: did you mean `PutRecordBatch`?",
    );
    check(
        "lost",
        "operation = ▸\"PutIten\"",
        "`lost` meets no operation `PutIten`\nhint: did you mean `PutItem`?",
    );
    // There is such a service, and no such fault there.
    check(
        "expired-iterator",
        "service = ▸\"firehose\"",
        "`expired-iterator` meets no service `firehose`\nhint: there are dynamodbstreams, kinesis",
    );
    check(
        "slow",
        "service = \"kinesis\"\noperation = ▸\"GetRecords\"",
        "`slow` meets no operation `GetRecords`\nhint: did you mean `PutRecords`?",
    );
    check("stall", "service = ▸\"lambda\"", "`stall` is of no service\nhint: leave it out");
    check("outage", "operation = ▸\"Invoke\"", "`outage` is of no service\nhint: leave it out");
}

#[test]
fn a_name_of_an_output_that_does_not_end_is_told() {
    check(
        "\"kinesis:${Stream}\"",
        "\"kinesis:▸${Stream\"",
        "a `${` has no `}`\nhint: write ${NAME} for the template's output NAME",
    );
}

#[test]
fn a_simulation_may_skip_every_check_but_the_metamorphic() {
    let refused = parse(changed("conserved = {}", "nothing-of-these = {}")).unwrap_err();
    let (_, hint) = refused.split_once("\nhint: ").expect("a hint");
    assert_eq!(hint.replace("metamorphic, ", ""), format!("there are {}", SKIPPED.join(", ")));
}

#[test]
fn a_name_that_no_record_has_is_placed_where_the_file_says_it() {
    let files = [("scenario.toml", WHOLE), ("t.yaml", "["), ("orders.ndjson", ""), ("one.sql", "")];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let scenario = Scenario::parse("s", BTreeMap::from(files)).expect("nothing wrong");
    let check = |name: &str, place: &str| {
        let error = scenario.wrong_name(name, "no such member".to_owned()).to_string();
        assert!(error.starts_with(&format!("s/scenario.toml:{place}: no such member\nhint: ")), "{error}");
    };
    check("customer", "7:7");
    // A part of what stands in quotes.
    check("order_", "28:13");
}
