//! Streams, queues and delivery, walked with boto3, with the `aws` command line, and with the generator's own sender.
//!
//! Needs `aws`, and `python3` with boto3; each test skips aloud where something is missing. `.ci/run` installs all.

use wavetank::Target as _;
use wavetank::client::Aws;
use wavetank::events::Events;
use wavetank::progress::Silent;
use wavetank::send::Sink;
use wavetank::target::{Endpoint, Pace};
use wavetank_generators::kdg::Template;
use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has, skips};
use wavetank_types::Seed;
use wavetank_wire::kinesis::{CreateStream, CreateStreamInput};
use wavetank_wire::sqs::{CreateQueue, CreateQueueInput, GetQueueAttributes, GetQueueAttributesInput};

#[test]
fn streams_and_queues_work_step_by_step_with_boto3() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let output = lab.command("python3").arg(root().join("tests/data/streams_lab.py")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("5 passed"), "{out}{err}");
}

#[test]
fn streams_and_queues_work_with_the_aws_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    lab.aws(&["kinesis", "create-stream", "--stream-name", "clicks", "--shard-count", "1"]);
    let status = ["--query", "StreamDescriptionSummary.StreamStatus", "--output", "text"];
    let describe = ["kinesis", "describe-stream-summary", "--stream-name", "clicks"];
    lab.await_answer("ACTIVE", &[&describe[..], &status[..]].concat());
    // A file is taken as it is by both generations of the command line; text is not.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hello"), "hello").unwrap();
    let data = format!("fileb://{}", folder.path().join("hello").display());
    let put = ["--partition-key", "a", "--data", &data, "--query", "ShardId", "--output", "text"];
    let shard = lab.aws(&[&["kinesis", "put-record", "--stream-name", "clicks"][..], &put[..]].concat());
    assert_eq!(shard, "shardId-000000000000");
    let iterator = lab.aws(&[
        "kinesis",
        "get-shard-iterator",
        "--stream-name",
        "clicks",
        "--shard-id",
        &shard,
        "--shard-iterator-type",
        "TRIM_HORIZON",
        "--query",
        "ShardIterator",
        "--output",
        "text",
    ]);
    let read = ["--query", "Records[0].Data", "--output", "text"];
    let data = lab.aws(&[&["kinesis", "get-records", "--shard-iterator", &iterator][..], &read[..]].concat());
    assert_eq!(data, "aGVsbG8=");

    let url = lab.aws(&[
        "sqs",
        "create-queue",
        "--queue-name",
        "orders",
        "--query",
        "QueueUrl",
        "--output",
        "text",
    ]);
    lab.aws(&["sqs", "send-message", "--queue-url", &url, "--message-body", "one"]);
    let receive =
        ["sqs", "receive-message", "--queue-url", &url, "--query", "Messages[0].Body", "--output", "text"];
    assert_eq!(lab.aws(&receive), "one");
    let refused = lab.try_aws(&["sqs", "get-queue-url", "--queue-name", "nobody"]);
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("AWS.SimpleQueueService.NonExistentQueue"), "{refused}");
    let topic =
        lab.aws(&["sns", "create-topic", "--name", "shop", "--query", "TopicArn", "--output", "text"]);
    assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:shop");
    lab.aws(&["sns", "publish", "--topic-arn", &topic, "--message", "hello"]);
}

#[test]
fn the_generator_sends_to_a_served_tank_in_its_own_time() {
    let lab = Served::start();
    let sent = lab.runtime.block_on(async {
        let tank = Endpoint::tank(lab.address.port(), Pace::Tank).await.unwrap();
        let aws = Aws::new(&tank, "us-east-1");
        let input = CreateStreamInput {
            stream_name: "clicks".to_owned(),
            shard_count: Some(2),
            ..CreateStreamInput::default()
        };
        aws.call::<CreateStream>(input).await.unwrap();
        tank.pause(std::time::Duration::from_secs(5)).await;
        let template = Template::parse("{\"n\": {{random.number(9)}}}").unwrap();
        let events =
            Events { template, seed: Seed(1), count: 1_200, rate: "100/s".parse().unwrap(), ahead_ms: 0 };
        let (before, sink) = (tank.now(), Sink::Kinesis("clicks".to_owned()));
        let sent = events.send(aws, &sink, before, &Silent).await.unwrap();
        assert!(
            tank.now().since(before).as_secs() >= 12,
            "1,200 records at 100/s take 12 seconds of the tank's time"
        );
        let input = CreateQueueInput { queue_name: "orders".to_owned(), ..CreateQueueInput::default() };
        let queue_url = aws.call::<CreateQueue>(input).await.unwrap().queue_url.unwrap();
        let events = Events { count: 25, ..events };
        events.send(aws, &Sink::Sqs("orders".to_owned()), tank.now(), &Silent).await.unwrap();
        let attribute_names = Some(vec!["ApproximateNumberOfMessages".to_owned()]);
        let input = GetQueueAttributesInput { queue_url, attribute_names };
        let attributes = aws.call::<GetQueueAttributes>(input).await.unwrap().attributes.unwrap();
        assert_eq!(attributes["ApproximateNumberOfMessages"], "25");
        sent
    });
    assert_eq!(sent, 1_200);
}
