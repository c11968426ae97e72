//! `wavetank diff`: a tank is like another one, and a server that is not is told by operation and place.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wavetank::diff::{Diff, DiffOptions, PATIENCE, Side, Verdict, battery, diff};
use wavetank::run::RunOptions;
use wavetank::stop::Stop;
use wavetank::target::{Address, Credentials, Endpoint, EndpointConfig};
use wavetank::{Embedded, Target, Timestamp};
use wavetank_scenarios::Scenario;
use wavetank_tests::moto::Moto;
use wavetank_tests::served::Served;
use wavetank_types::Seed;

const REGION: &str = "us-east-1";

fn conversations(services: &[&str]) -> DiffOptions {
    let services: BTreeSet<String> = services.iter().map(|name| (*name).to_owned()).collect();
    DiffOptions {
        conversations: battery::conversations(&services),
        scenario: None,
        region: REGION.to_owned(),
        patience: PATIENCE,
        stop: Stop::default(),
    }
}

async fn with_tank(b: Option<&dyn Target>, options: &DiffOptions) -> Diff {
    let a = Side { target: None, name: "embedded", origin: "" };
    let b = Side { target: b, name: "b", origin: "" };
    diff(a, b, options).await.unwrap().diff
}

/// A tank that is spoilt: it says another status of streams, other words to who asks for what is not there, and has no tags.
struct Spoilt {
    tank: Embedded,
    /// Asked with the first call to Kinesis.
    stop: Stop,
}

#[async_trait]
impl Target for Spoilt {
    fn name(&self) -> &str {
        "spoilt"
    }

    fn credentials(&self) -> Credentials {
        self.tank.credentials()
    }

    fn address(&self, service: &str, region: &str) -> Address {
        self.tank.address(service, region)
    }

    async fn http(&self, request: Request<Bytes>) -> Response<Bytes> {
        let asked = request.headers().get("x-amz-target").map(|value| value.to_str().unwrap().to_owned());
        if asked.as_ref().is_some_and(|asked| asked.starts_with("Kinesis_")) {
            self.stop.ask();
        }
        if asked.is_some_and(|asked| asked.ends_with(".AddTagsToStream")) {
            let mut response = Response::new(Bytes::from(r#"{"__type":"NotImplemented"}"#));
            *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
            return response;
        }
        self.tank.http(request).await.map(|body| {
            let text = String::from_utf8(body.to_vec()).unwrap();
            Bytes::from(
                text.replace("\"EncryptionType\":\"NONE\"", "\"EncryptionType\":7")
                    .replace("not found", "lost"),
            )
        })
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        self.tank.s3(region)
    }

    async fn pause(&self, span: Duration) {
        self.tank.pause(span).await;
    }

    fn now(&self) -> Timestamp {
        self.tank.now()
    }

    fn signing_time_s(&self) -> u64 {
        self.tank.signing_time_s()
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        None
    }

    fn is_own(&self) -> bool {
        true
    }

    fn is_at_rest(&self) -> Option<bool> {
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tank_answers_as_a_tank_with_another_seed_does() {
    let diff = with_tank(None, &conversations(&[])).await;
    assert!(diff.is_same(), "{}", diff.to_text());
    assert!(diff.count(Verdict::Same) > 250, "{}", diff.summary());
}

#[test]
fn a_served_tank_answers_as_an_embedded_one() {
    let served = Served::start();
    let origin = format!("http://{}", served.address).parse().unwrap();
    let diff = served.runtime.block_on(async {
        let target = Endpoint::connect(EndpointConfig::at(origin)).await.unwrap();
        with_tank(Some(&target), &conversations(&[])).await
    });
    assert!(diff.is_same(), "{}", diff.to_text());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_ended_early_tells_what_it_has_and_leaves_nothing_behind() {
    let options = conversations(&["kinesis"]);
    let target = Spoilt { tank: Embedded::new(Seed(3)), stop: options.stop.clone() };
    let diff = with_tank(Some(&target), &options).await;
    let told = diff.to_text();
    let names: Vec<&str> = options.conversations.iter().map(|one| one.name.as_str()).collect();
    assert!(names.len() > 1 && diff.not_held == names[1..], "{told}");
    let deleted = diff.operations.iter().find(|row| row.operation == "DeleteStream");
    assert!(deleted.is_some_and(|row| row.verdict == Verdict::Same), "{told}");
}

#[test]
fn a_scenarios_run_is_compared_call_by_call() {
    let served = Served::start();
    let origin = format!("http://{}", served.address).parse().unwrap();
    let scenario = Scenario::open("table-design").unwrap();
    let options = DiffOptions {
        scenario: Some((scenario, RunOptions { seed: 7, ..RunOptions::default() })),
        ..conversations(&["sts"])
    };
    let diff = served.runtime.block_on(async {
        let target = Endpoint::connect(EndpointConfig::at(origin)).await.unwrap();
        with_tank(Some(&target), &options).await
    });
    assert!(diff.is_same(), "{}", diff.to_text());
    let has = |operation: &str| diff.operations.iter().any(|row| row.operation == operation && row.calls > 0);
    assert!(has("CreateStack") && has("Query"), "{}", diff.to_text());
}

#[test]
fn moto_is_compared_to_its_end_and_what_it_has_not_got_is_named() {
    let Some(moto) = Moto::start() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let diff = runtime.block_on(async {
        let target = Endpoint::connect(EndpointConfig::at(moto.url.parse().unwrap())).await.unwrap();
        // Nothing happens there by itself.
        let options =
            DiffOptions { patience: Duration::ZERO, ..conversations(&["kinesis", "sqs", "dynamodb"]) };
        with_tank(Some(&target), &options).await
    });
    let told = diff.to_text();
    let verdict = |name: &str| diff.operations.iter().find(|row| row.operation == name).unwrap().verdict;
    assert!(diff.count(Verdict::Same) >= 15 && diff.count(Verdict::Differs) >= 15, "{told}");
    assert_eq!(verdict("DeleteQueue"), Verdict::Same, "{told}");
    // moto 5.2.5 says no more of a stream that exists than its name.
    assert_eq!(verdict("CreateStream"), Verdict::Differs, "{told}");
    assert!(!diff.is_same());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_otherwise_is_told_by_operation_and_place() {
    let spoilt = Spoilt { tank: Embedded::new(Seed(3)), stop: Stop::default() };
    let diff = with_tank(Some(&spoilt), &conversations(&["kinesis"])).await;
    let row = |name: &str| diff.operations.iter().find(|row| row.operation == name).unwrap();
    assert!(!diff.is_same());
    assert_eq!(row("AddTagsToStream").verdict, Verdict::Missing, "{}", diff.to_text());
    assert_eq!(row("ListStreams").verdict, Verdict::Same, "{}", diff.to_text());
    let described = row("DescribeStreamSummary");
    assert_eq!(described.verdict, Verdict::Differs);
    let place = described.places.iter().find(|place| place.path.ends_with("EncryptionType")).unwrap();
    assert_eq!((place.a.as_str(), place.b.as_str()), ("\"NONE\"", "7"));
    let words = described.places.iter().find(|place| place.path == "error.message").unwrap();
    assert!(words.a.contains("not found") && words.b.contains("lost"), "{words:?}");
    let told = diff.to_text();
    assert!(told.contains("b has not got it: 501 NotImplemented"), "{told}");
}
