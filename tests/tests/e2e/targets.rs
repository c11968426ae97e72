//! Scenarios on servers that were there before: a tank behind a port, and moto. What such a server lacks is said by name, and what
//! a run made there is gone afterwards.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use wavetank::check::Verdict;
use wavetank::client::Aws;
use wavetank::progress::{Progress, Silent, Stage};
use wavetank::report::Lang;
use wavetank::run::RunError;
use wavetank::target::{Endpoint, EndpointConfig, EndpointError, Mirrored, Pace};
use wavetank::{Embedded, Report, RunOptions, Target, removal};
use wavetank_scenarios::Scenario;
use wavetank_tests::moto::Moto;
use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has};
use wavetank_types::Seed;

pub(crate) fn any_server() -> Scenario {
    Scenario::open(root().join("examples/any-server").to_str().unwrap()).unwrap()
}

/// The same with more in its file, and more files.
fn with(more: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Scenario) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("more");
    let own = any_server().files;
    let own = own.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    for (name, text) in own.chain(files.iter().copied()) {
        let path = place.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let added = if name == "scenario.toml" { more } else { "" };
        std::fs::write(path, format!("{text}\n{added}")).unwrap();
    }
    let scenario = Scenario::open(place.to_str().unwrap()).unwrap();
    (folder, scenario)
}

pub(crate) async fn connected(url: &str) -> Endpoint {
    let server = Endpoint::connect(EndpointConfig::at(url.parse().unwrap())).await;
    server.unwrap_or_else(|error| panic!("{error}"))
}

fn url(lab: &Served) -> String {
    format!("http://{}", lab.address)
}

pub(crate) fn options(rows: u64) -> RunOptions {
    RunOptions { seed: 7, rows: Some(rows), ..RunOptions::default() }
}

/// A run that comes to its end.
pub(crate) async fn report(scenario: &Scenario, target: &dyn Target, options: &RunOptions) -> Report {
    wavetank::run(scenario, target, options, &Silent).await.unwrap_or_else(|error| panic!("{error}"))
}

/// How a report's checks ended, by name.
pub(crate) fn verdicts(report: &Report) -> Vec<(&str, Verdict)> {
    report.findings.iter().map(|finding| (finding.name.as_str(), finding.verdict)).collect()
}

/// Nothing of a scenario is left on a server.
async fn assert_gone(server: &Endpoint, scenario: &Scenario) {
    if server.pace() == Pace::Tank {
        // A stream is still being deleted for a moment when its stack says that it is not there any more.
        server.pause(Duration::from_secs(60)).await;
    }
    let aws = Aws::new(server, &scenario.region);
    assert_eq!(removal::status(aws, &scenario.name).await.unwrap(), None);
    let buckets = server.s3(&scenario.region).list_buckets().send().await.unwrap();
    assert!(buckets.buckets().is_empty(), "{buckets:?}");
    let streams = aws.json(&wavetank::wire::kinesis::SERVICE, "ListStreams", &json!({})).await.unwrap();
    assert_eq!(streams["StreamNames"], json!([]));
    let tables = aws.json(&wavetank::wire::dynamodb::SERVICE, "ListTables", &json!({})).await.unwrap();
    assert_eq!(tables["TableNames"], json!([]));
}

/// Keeps the lines that whoever waits is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn begin(&self, _: Stage, _: Option<u64>) {}

    fn at(&self, _: u64) {}

    fn say(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

impl Told {
    fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

#[test]
fn the_same_scenario_accounts_for_every_record_on_a_tank_of_its_own_and_on_another_s_server() {
    let scenario = any_server();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let embedded = runtime.block_on(report(&scenario, &Embedded::new(Seed(7)), &RunOptions::default()));
    assert!(embedded.is_ok(), "{}", embedded.to_text(Lang::En));
    assert_eq!((embedded.ledger.generated, embedded.ledger.delivered), (200, 200));
    let Some(moto) = Moto::start() else { return };
    runtime.block_on(async {
        let server = connected(&moto.url).await;
        assert_eq!((server.pace(), server.account()), (Pace::Real, Some("123456789012")));
        let there = report(&scenario, &server, &RunOptions::default()).await;
        assert!(there.is_ok(), "{}", there.to_text(Lang::En));
        assert_eq!(there.target, format!("endpoint {}", moto.url));
        assert_eq!((there.ledger.generated, there.ledger.delivered), (200, 200));
        let (passed, not_run) = (Verdict::Passed, Verdict::NotRun);
        let expected = [("conserved", passed), ("order", passed), ("files", passed), ("unblocked", not_run)];
        assert_eq!(verdicts(&there), expected);
        assert_gone(&server, &scenario).await;
    });
}

#[test]
fn a_whole_table_and_its_queries_are_the_same_on_another_s_server() {
    let Some(moto) = Moto::start() else { return };
    let scenario = Scenario::open("table-design").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let server = connected(&moto.url).await;
        let report = report(&scenario, &server, &options(60)).await;
        assert_eq!(report.ledger.delivered, report.ledger.generated);
        assert_eq!(verdicts(&report)[0], ("conserved", Verdict::Passed), "{}", report.to_text(Lang::En));
        assert_gone(&server, &scenario).await;
    });
}

#[test]
fn resources_that_a_server_s_cloudformation_passes_over_are_named_and_the_rest_is_removed() {
    let Some(moto) = Moto::start() else { return };
    let scenario = Scenario::open("data-lake-iot").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let server = connected(&moto.url).await;
        let error = wavetank::run(&scenario, &server, &options(60), &Silent).await.unwrap_err().to_string();
        assert!(error.contains("(AWS::KinesisFirehose::DeliveryStream)"), "{error}");
        assert!(error.contains(&format!("the CloudFormation of endpoint {}", moto.url)), "{error}");
        assert_gone(&server, &scenario).await;
    });
}

#[test]
fn bundled_scenarios_run_on_a_served_tank_and_leave_nothing_there() {
    if !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    for (name, rows) in [("event-revenue", 60), ("trades", 200), ("table-design", 60)] {
        let scenario = Scenario::open(name).unwrap();
        lab.runtime.block_on(async {
            let server = connected(&url(&lab)).await;
            assert_eq!(server.pace(), Pace::Tank);
            let report = report(&scenario, &server, &options(rows)).await;
            assert!(report.is_ok(), "{}", report.to_text(Lang::En));
            assert_eq!(report.ledger.accounted(), report.ledger.generated);
            assert!(report.findings.iter().all(|finding| finding.name != "fault"), "a tank takes faults");
            assert_gone(&server, &scenario).await;
        });
    }
}

#[test]
fn a_stack_that_is_there_is_somebody_s_until_it_is_to_be_replaced() {
    let (lab, scenario) = (Served::start(), any_server());
    lab.runtime.block_on(async {
        let server = connected(&url(&lab)).await;
        let keep = RunOptions { keep: true, ..RunOptions::default() };
        report(&scenario, &server, &keep).await;
        let taken = wavetank::run(&scenario, &server, &keep, &Silent).await.unwrap_err();
        assert!(matches!(taken, RunError::StackThere { .. }), "{taken}");
        assert!(taken.to_string().contains("--replace"), "{taken}");
        let told = Told::default();
        let replace = RunOptions { replace: true, ..RunOptions::default() };
        let again = wavetank::run(&scenario, &server, &replace, &told).await.unwrap();
        assert!(again.is_ok(), "{}", again.to_text(Lang::En));
        assert!(told.text().contains("stack `any-server` (CREATE_COMPLETE) is replaced"), "{}", told.text());
        assert_gone(&server, &scenario).await;
    });
}

#[test]
fn a_run_that_is_interrupted_removes_what_it_has_made() {
    let (lab, scenario) = (Served::start(), any_server());
    lab.runtime.block_on(async {
        let server = connected(&url(&lab)).await;
        let options = RunOptions::default();
        options.stop.ask();
        let told = Told::default();
        let error = wavetank::run(&scenario, &server, &options, &told).await.unwrap_err();
        assert!(matches!(error, RunError::Interrupted), "{error}");
        assert!(told.text().contains("interrupted"), "{}", told.text());
        assert_gone(&server, &scenario).await;
    });
}

#[tokio::test]
async fn a_server_that_is_down_is_named_with_what_to_do() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = EndpointConfig::at(format!("http://127.0.0.1:{port}").parse().unwrap());
    let error = Endpoint::connect(config).await.unwrap_err();
    assert!(matches!(error, EndpointError::Down { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("nothing answers at http://127.0.0.1:{port}: ")), "{text}");
    assert!(text.contains("\nhint: start the server"), "{text}");
}

/// A server that answers each request with this, and keeps the requests' first lines.
fn answering(answer: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 16_384];
            let count = stream.read(&mut bytes).unwrap_or(0);
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            drop(sender.send(text.lines().next().unwrap_or_default().to_owned()));
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    (url, requests)
}

const TURNED_AWAY: &str = "HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\nconnection: close\r\n\r\n\
<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    \
<Code>InvalidClientTokenId</Code>\n    <Message>The security token included in the request is invalid.</Message>\n  \
</Error>\n  <RequestId>00000000-0000-0000-0000-000000000000</RequestId>\n</ErrorResponse>";

const S3_TURNED_AWAY: &str = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/xml\r\nconnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InvalidAccessKeyId</Code><Message>The Access Key Id you \
provided does not exist in our records.</Message></Error>";

const NO_AWS: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>a shop</html>";

#[tokio::test]
async fn credentials_that_a_server_refuses_are_said_before_anything_is_created() {
    for (answer, code) in [(TURNED_AWAY, "InvalidClientTokenId"), (S3_TURNED_AWAY, "InvalidAccessKeyId")] {
        let (url, requests) = answering(answer);
        let error = Endpoint::connect(EndpointConfig::at(url.parse().unwrap())).await.unwrap_err();
        assert!(matches!(error, EndpointError::Credentials { .. }), "{error}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("{url} refuses the credentials: {code}: ")), "{text}");
        assert!(text.contains("AWS_ACCESS_KEY_ID") && text.ends_with("nothing has been created"), "{text}");
        // The clock, who the caller is, and perhaps a listing of buckets.
        let asked: Vec<String> = requests.try_iter().collect();
        let is_read = |line: &&String| line.starts_with("GET ") || line.starts_with("POST / ");
        assert!(asked.len() <= 4 && asked.iter().filter(is_read).count() == asked.len(), "{asked:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_none_of_aws_s_kind_is_told_so() {
    let (url, _requests) = answering(NO_AWS);
    let error = Endpoint::connect(EndpointConfig::at(url.parse().unwrap())).await.unwrap_err();
    assert!(matches!(error, EndpointError::NotAws { .. }), "{error}");
}

#[test]
fn keys_of_a_real_account_are_turned_away_by_a_tank() {
    let lab = Served::start();
    lab.runtime.block_on(async {
        let mut config = EndpointConfig::at(url(&lab).parse().unwrap());
        config.credentials.access_key = "AKIAQWERTYUIOPASDFGH".to_owned();
        let error = Endpoint::connect(config).await.unwrap_err().to_string();
        assert!(error.contains("InvalidClientTokenId"), "{error}");
    });
}

/// A server in front of a tank that has not these services; without `control`, no control API.
fn without(tank: &str, missing: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let tank = tank.strip_prefix("http://").unwrap().to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let tank = tank.clone();
            std::thread::spawn(move || pass_on(stream, &tank, missing));
        }
    });
    url
}

/// Reads a whole request; answers it itself if it is of a missing service, or passes it on and closes.
fn pass_on(mut client: std::net::TcpStream, tank: &str, missing: &[&str]) -> Option<()> {
    let mut request = Vec::new();
    let mut bytes = [0; 65_536];
    let end = loop {
        let count = client.read(&mut bytes).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&bytes[..count]);
        if let Some(at) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    while request.len() < end + length.unwrap_or(0) {
        let count = client.read(&mut bytes).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&bytes[..count]);
    }
    if missing.contains(&"control") && head.contains(" /_wavetank/") {
        let answer = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        return client.write_all(answer.as_bytes()).ok();
    }
    if missing.iter().any(|service| head.contains(&format!("/{service}/aws4_request"))) {
        let body = "{\"__type\":\"InternalFailure\",\"message\":\"API for service not yet implemented or pro feature\"}";
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 501 Not Implemented\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        return client.write_all(answer.as_bytes()).ok();
    }
    let mut server = std::net::TcpStream::connect(tank).ok()?;
    let (line, rest) = head.split_once("\r\n")?;
    let rest: String = rest
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:") && !line.is_empty())
        .map(|line| format!("{line}\r\n"))
        .collect();
    server.write_all(format!("{line}\r\n{rest}connection: close\r\n\r\n").as_bytes()).ok()?;
    server.write_all(&request[end..]).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    client.write_all(&answer).ok()
}

#[test]
fn a_scenario_whose_template_needs_what_a_server_lacks_is_refused_by_name_and_nothing_is_created() {
    let lab = Served::start();
    let behind = without(&url(&lab), &["glue", "kinesis"]);
    let scenario = Scenario::open("event-revenue").unwrap();
    lab.runtime.block_on(async {
        let server = connected(&behind).await;
        let told = Told::default();
        let error = wavetank::run(&scenario, &server, &options(60), &told).await.unwrap_err();
        assert!(matches!(error, RunError::Plan(_)), "{error}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("endpoint {behind} has no glue, needed by ")), "{text}");
        assert!(text.contains("(AWS::Glue::Job)") && text.contains("hint: "), "{text}");
        let told = told.text();
        assert!(
            told.contains("cloudformation") && told.contains("glue: not there (InternalFailure"),
            "{told}"
        );
        let stacks = Aws::new(&server, &scenario.region);
        assert_eq!(removal::status(stacks, &scenario.name).await.unwrap(), None);
    });
}

#[test]
fn what_only_queries_and_checks_would_ask_is_not_run_and_never_passed() {
    let lab = Served::start();
    let behind = without(&url(&lab), &["athena", "logs"]);
    // The same records, and a question to each of two services that are not there.
    let more = "[athena]\ndatabase = \"default\"\nworkgroup = \"primary\"\n\
        [[query]]\nname = \"one\"\nfile = \"one.sql\"\noracle = \"one.sql\"\n\
        [[check]]\noracle = {}\n[[check]]\nlogs = { group = \"/g\", contains = \"x\" }\n";
    let (_folder, scenario) = with(more, &[("one.sql", "SELECT count(*) FROM sent")]);
    lab.runtime.block_on(async {
        let server = connected(&behind).await;
        let report = report(&scenario, &server, &RunOptions::default()).await;
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        let not_run: Vec<&str> = verdicts(&report)
            .into_iter()
            .filter_map(|(name, verdict)| (verdict == Verdict::NotRun).then_some(name))
            .collect();
        assert_eq!(not_run, ["oracle", "logs"]);
        let why = report.queries[0].not_run.clone().unwrap().en;
        assert!(why.starts_with(&format!("endpoint {behind} has no athena: ")), "{why}");
        assert_eq!(report.queries[0].ok, None);
        assert!(report.to_text(Lang::En).contains("one (not run)"), "{}", report.to_text(Lang::En));
        assert!(report.to_markdown(Lang::En).contains("has no athena"));
        assert!(report.to_html(Lang::En).contains("has no athena"));
        let junit = report.to_junit(Lang::En);
        assert!(
            junit.contains("failures=\"0\"") && junit.contains("<skipped message=\"endpoint "),
            "{junit}"
        );
        let json: Value = report.to_json();
        assert_eq!(json["queries"][0]["not_run"], json!(why));
    });
}

#[test]
fn faults_need_a_tank_and_are_not_run_elsewhere() {
    let lab = Served::start();
    let (_folder, scenario) = with("[[fault]]\nfunction = \"f\"\nshare = 1.0\n", &[]);
    let behind = without(&url(&lab), &["control"]);
    lab.runtime.block_on(async {
        assert!(wavetank::faults::are_taken(&connected(&url(&lab)).await).await);
        let server = connected(&behind).await;
        assert_eq!(server.pace(), Pace::Real);
        let report = report(&scenario, &server, &RunOptions::default()).await;
        assert!(report.is_ok(), "{}", report.to_text(Lang::En));
        let fault = report.findings.iter().find(|finding| finding.name == "fault").unwrap();
        assert_eq!(fault.verdict, Verdict::NotRun);
        let why = format!("f does not fail: endpoint {behind} has no control API, which takes faults");
        assert_eq!(fault.detail.en, why);
    });
}

/// Names of everything in the buckets of an S3.
async fn keys(server: &dyn Target, region: &str) -> Vec<String> {
    let client = server.s3(region);
    let mut keys = Vec::new();
    for bucket in client.list_buckets().send().await.unwrap().buckets() {
        let name = bucket.name().unwrap();
        let page = client.list_objects_v2().bucket(name).send().await.unwrap();
        keys.extend(page.contents().iter().map(|object| format!("{name}/{}", object.key().unwrap())));
    }
    keys
}

/// A run whose objects lie in another S3 as well, and what lies there at its end.
async fn mirrored(scenario: &Scenario, store: Endpoint) -> (Report, Vec<String>, Mirrored) {
    let target = Mirrored::new(Embedded::new(Seed(7)), store.clone(), &scenario.region, false);
    let report = report(scenario, &target, &options(60)).await;
    target.carry().await.unwrap();
    let keys = keys(&store, &scenario.region).await;
    (report, keys, target)
}

pub(crate) async fn check_mirrored(store: Endpoint) {
    let scenario = Scenario::open("event-revenue").unwrap();
    let alone = report(&scenario, &Embedded::new(Seed(7)), &options(60)).await;
    let (report, keys, target) = mirrored(&scenario, store.clone()).await;
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    assert_eq!(report.ledger, alone.ledger);
    assert!(report.target.starts_with("embedded, objects in http://127.0.0.1:"), "{}", report.target);
    let has = |part: &str| keys.iter().any(|key| key.contains(part));
    assert!(has(".csv") && has(".parquet"), "{keys:?}");
    target.remove().await.unwrap();
    assert!(keys_are_gone(&store, &scenario.region).await);
}

async fn keys_are_gone(store: &Endpoint, region: &str) -> bool {
    store.s3(region).list_buckets().send().await.unwrap().buckets().is_empty()
}

#[test]
fn objects_lie_in_another_s3_and_are_checked_there() {
    let lab = Served::start();
    lab.runtime.block_on(async { check_mirrored(connected(&url(&lab)).await).await });
    let Some(moto) = Moto::start() else { return };
    lab.runtime.block_on(async { check_mirrored(connected(&moto.url).await).await });
}

#[test]
fn objects_that_go_missing_in_the_other_s3_fail_the_run() {
    let (lab, scenario) = (Served::start(), Scenario::open("event-revenue").unwrap());
    lab.runtime.block_on(async {
        let store = connected(&url(&lab)).await;
        let (report, keys, target) = mirrored(&scenario, store.clone()).await;
        assert!(report.is_ok());
        // The same run, looked at again: what lies in the other S3 is what counts.
        let parquet = keys.iter().find(|key| key.ends_with(".parquet")).unwrap();
        let (bucket, key) = parquet.split_once('/').unwrap();
        let aws = Aws::new(&target, &scenario.region);
        let uri = format!("s3://{bucket}/{key}");
        assert_eq!(wavetank::observe::list(aws, &uri).await.unwrap().len(), 1);
        store.s3(&scenario.region).delete_object().bucket(bucket).key(key).send().await.unwrap();
        assert!(wavetank::observe::list(aws, &uri).await.unwrap().is_empty());
    });
}

#[test]
fn a_bucket_that_somebody_uses_in_the_other_s3_is_not_written_to() {
    let (lab, scenario) = (Served::start(), any_server());
    lab.runtime.block_on(async {
        let store = connected(&url(&lab)).await;
        let (_, keys, target) = mirrored(&scenario, store.clone()).await;
        assert_eq!(keys.len(), 1);
        // The first run's objects are still there, under the names that the same seed gives again.
        let second = Mirrored::new(Embedded::new(Seed(7)), store.clone(), &scenario.region, false);
        let ran = wavetank::run(&scenario, &second, &RunOptions::default(), &Silent).await;
        let carried = second.carry().await.unwrap_err().to_string();
        assert!(carried.contains("and it is not empty\nhint: empty it, or say --replace"), "{carried}");
        assert!(ran.is_err(), "its checks cannot read");
        target.remove().await.unwrap();
    });
}

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
<Arn>arn:aws:iam::000000000000:root</Arn><UserId>u</UserId><Account>000000000000</Account>\
</GetCallerIdentityResult></GetCallerIdentityResponse>";

/// A server that answers after `before` with who the caller is, one request for each connection. It closes without having said
/// so, and as late as can be: when the next request is there, which it does not read. No client can see that beforehand.
fn closing(before: impl Fn() + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let before = std::sync::Arc::new(before);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let before = std::sync::Arc::clone(&before);
            std::thread::spawn(move || {
                let mut bytes = [0; 16_384];
                let count = stream.read(&mut bytes).unwrap_or(0);
                before();
                let is_waited_for = bytes[..count].starts_with(b"GET");
                let body = if is_waited_for { "" } else { IDENTITY };
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.write_all(answer.as_bytes()));
                drop(stream.peek(&mut bytes));
            });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_closed_while_it_lay_idle_is_replaced() {
    let server = connected(&closing(|| {})).await;
    assert_eq!(server.account(), Some("000000000000"));
    for _ in 0..20 {
        let request = http::Request::builder().uri("/").body(bytes::Bytes::new()).unwrap();
        assert_eq!(server.http(request).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_just_starting_may_drop_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 16_384];
            // Nothing is read: the connection is reset.
            drop(stream.peek(&mut bytes));
            if number >= 3 {
                drop(stream.read(&mut bytes));
                let length = IDENTITY.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{IDENTITY}"
                );
                drop(stream.write_all(answer.as_bytes()));
            }
        }
    });
    assert_eq!(connected(&url).await.account(), Some("000000000000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_do_not_wait_for_each_other() {
    // The first two are those of the greeting; then none is answered before four are there.
    let seen = Mutex::new(0);
    let all = std::sync::Barrier::new(4);
    let server = connected(&closing(move || {
        let is_greeting = {
            let mut seen = seen.lock().unwrap();
            *seen += 1;
            *seen <= 2
        };
        if !is_greeting {
            all.wait();
        }
    }))
    .await;
    let ask = || async {
        let request = http::Request::builder().uri("/").body(bytes::Bytes::new()).unwrap();
        server.http(request).await.status()
    };
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    assert!([a, b, c, d].iter().all(|status| *status == 200), "{a} {b} {c} {d}");
}
