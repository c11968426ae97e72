//! Subscription filters: to a stream of the same tank, and alone with a destination that this plays.

use std::io::Read as _;

use serde_json::{Value, json};
use wavetank_wire::{ToVal as _, Val, kinesis, lambda};

use super::*;
use crate::services::logs::Logs;
use crate::services::{Service as _, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Delivery, Effect};

const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/k";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

fn filter_on(arn: &str, role: Option<&str>) -> PutSubscriptionFilterInput {
    PutSubscriptionFilterInput {
        log_group_name: GROUP.to_owned(),
        filter_name: "all".to_owned(),
        filter_pattern: "-skip".to_owned(),
        destination_arn: arn.to_owned(),
        role_arn: role.map(str::to_owned),
        ..Default::default()
    }
}

fn unpack(data: &[u8]) -> Value {
    let mut text = String::new();
    flate2::read::GzDecoder::new(data).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_stream_gets_a_control_message_and_then_what_matches() {
    let tank = tank().await;
    let refused = call::<PutSubscriptionFilter>(&tank, filter_on(STREAM, Some("arn:r"))).await.unwrap_err();
    assert!(refused.message.starts_with("Could not deliver test message to specified Kinesis stream."));
    let input = kinesis::CreateStreamInput {
        stream_name: "k".to_owned(),
        shard_count: Some(1),
        ..Default::default()
    };
    call::<kinesis::CreateStream>(&tank, input).await.unwrap();
    tank.advance(Duration::from_secs(1)).await;
    call::<PutSubscriptionFilter>(&tank, filter_on(STREAM, Some("arn:r"))).await.unwrap();
    put(&tank, &[(0, "one"), (1, "skip"), (2, "two")]).await.unwrap();
    put(&tank, &[(3, "skip")]).await.unwrap();
    let input = kinesis::GetShardIteratorInput {
        stream_name: Some("k".to_owned()),
        shard_id: "shardId-000000000000".to_owned(),
        shard_iterator_type: "TRIM_HORIZON".to_owned(),
        ..Default::default()
    };
    let shard_iterator =
        call::<kinesis::GetShardIterator>(&tank, input).await.unwrap().shard_iterator.unwrap();
    let input = kinesis::GetRecordsInput { shard_iterator, ..Default::default() };
    let records = call::<kinesis::GetRecords>(&tank, input).await.unwrap().records;
    let documents: Vec<Value> = records.iter().map(|record| unpack(&record.data)).collect();
    assert_eq!(documents.len(), 2);
    assert_eq!(
        (&documents[0]["messageType"], &documents[0]["owner"]),
        (&json!("CONTROL_MESSAGE"), &json!("CloudwatchLogs"))
    );
    let now = tank.now().millis();
    assert_eq!(
        documents[1],
        json!({
            "messageType": "DATA_MESSAGE", "owner": "000000000000", "logGroup": GROUP, "logStream": "s",
            "subscriptionFilters": ["all"],
            "logEvents": [
                {"id": format!("{:056}", 1), "timestamp": now, "message": "one"},
                {"id": format!("{:056}", 3), "timestamp": now + 2, "message": "two"},
            ],
        })
    );
    assert_eq!(records[1].partition_key.as_deref(), Some("s"));
}

#[tokio::test]
async fn parameters_that_exclude_each_other_are_refused() {
    let tank = tank().await;
    let cases = [
        (filter_on(STREAM, None), "destinationArn for vendor kinesis cannot be used without roleArn"),
        (filter_on(FUNCTION, Some("arn:r")), "destinationArn for vendor lambda cannot be used with roleArn"),
        (
            filter_on(FUNCTION, None),
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
        ),
        (filter_on("arn:aws:s3:::lake", None), "Invalid destinationArn"),
    ];
    for (input, expected) in cases {
        let refused = call::<PutSubscriptionFilter>(&tank, input).await.unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("InvalidParameterException", expected)
        );
    }
}

/// Logs alone, with a group whose events go to a function that this plays.
struct Rig {
    bench: Bench,
    logs: Logs,
}

impl Rig {
    fn new() -> Self {
        let mut rig = Self { bench: Bench::new(ServiceId::Logs), logs: Logs::default() };
        let input = CreateLogGroupInput { log_group_name: GROUP.to_owned(), ..Default::default() };
        rig.call(Request::CreateLogGroup(input));
        let input =
            CreateLogStreamInput { log_group_name: GROUP.to_owned(), log_stream_name: "s".to_owned() };
        rig.call(Request::CreateLogStream(input));
        rig.call(Request::PutSubscriptionFilter(filter_on(FUNCTION, None)));
        let (_, token) = rig.asked().remove(0);
        let policy =
            json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}}]});
        let output = lambda::GetPolicyOutput { policy: Some(policy.to_string()), ..Default::default() };
        rig.reply(token, Ok(output.to_val()));
        assert!(matches!(rig.bench.take().as_slice(), [Effect::Answer(_, Ok(_))]));
        rig
    }

    fn call(&mut self, request: Request) -> Answer<Response> {
        let logs = &mut self.logs;
        self.bench.with(|cx| logs.call(cx, request)).unwrap()
    }

    fn put(&mut self, message: &str) {
        let event = InputLogEvent { timestamp: self.bench.now.millis(), message: message.to_owned() };
        let input = PutLogEventsInput {
            log_group_name: GROUP.to_owned(),
            log_stream_name: "s".to_owned(),
            log_events: vec![event],
            ..Default::default()
        };
        self.call(Request::PutLogEvents(input));
    }

    /// Calls since the last time: operations and tokens.
    fn asked(&mut self) -> Vec<(&'static str, u64)> {
        let call = |effect| match effect {
            Effect::Call { operation, reply, .. } => Some((operation, reply.unwrap())),
            _ => None,
        };
        self.bench.take().into_iter().filter_map(call).collect()
    }

    fn reply(&mut self, token: u64, result: Result<Val, WireError>) {
        let logs = &mut self.logs;
        self.bench.with(|cx| logs.deliver(cx, Delivery::Reply { token, result }));
    }

    /// Moves to the next deadline. Answers after how many seconds it was.
    fn next(&mut self) -> Option<f64> {
        let at = self.logs.next_deadline()?;
        let span = at.since(self.bench.now);
        self.bench.now = at;
        let logs = &mut self.logs;
        self.bench.with(|cx| logs.tick(cx));
        Some(span.as_secs_f64())
    }
}

#[test]
fn a_delivery_that_is_throttled_is_tried_again_for_a_day_and_counted() {
    let mut rig = Rig::new();
    rig.put("one");
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let (operation, token) = rig.asked().remove(0);
        assert_eq!(operation, "Invoke");
        rig.reply(token, Err(WireError::client_status(429, "TooManyRequestsException", "slow down")));
        pauses.extend(rig.next());
    }
    assert_eq!(pauses, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]);
    let (_, token) = rig.asked().remove(0);
    rig.reply(token, Ok(lambda::InvokeOutput::default().to_val()));
    assert_eq!(rig.next(), None);
    let readings = rig.bench.readings();
    let of = format!("LogGroupName={GROUP} DestinationType=Lambda FilterName=all");
    assert!(readings.contains(&format!("DeliveryThrottling {of} 9x sum 9")), "{readings:?}");
    assert!(readings.contains(&format!("ForwardedLogEvents {of} 1x sum 1")), "{readings:?}");

    rig.put("two");
    let (_, token) = rig.asked().remove(0);
    rig.reply(token, Err(WireError::server("ServiceException", "down")));
    for _ in 0..2_000 {
        if rig.next().is_none() {
            break;
        }
        let (_, token) = rig.asked().remove(0);
        rig.reply(token, Err(WireError::server("ServiceException", "down")));
    }
    assert_eq!(rig.next(), None, "given up after a day");
}

#[test]
fn a_destination_that_is_gone_is_not_asked_again() {
    let mut rig = Rig::new();
    rig.put("one");
    let (_, token) = rig.asked().remove(0);
    rig.reply(token, Err(WireError::client_status(404, "ResourceNotFoundException", "gone")));
    assert_eq!(rig.next(), None);
    rig.put("skip");
    assert_eq!(rig.asked(), []);
}
