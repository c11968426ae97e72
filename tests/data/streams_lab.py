"""Streams and queues, walked with boto3 against a served tank. Each step asserts; the last line says how many passed."""

import io
import json
import os
import time
import urllib.request
import zipfile

import boto3

TRIES = 200


def until(look, why):
    for _ in range(TRIES):
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(why)


def advance(by):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/_wavetank/clock/advance",
        data=json.dumps({"by": by}).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request).read()


def kinesis_keeps_every_record_in_order_per_key():
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=2)
    active = lambda: kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamStatus"]
    until(lambda: active() == "ACTIVE", "the stream never became ACTIVE")
    records = [{"Data": f"{n}".encode(), "PartitionKey": f"user-{n % 7}"} for n in range(300)]
    assert kinesis.put_records(StreamName="clicks", Records=records)["FailedRecordCount"] == 0
    seen = {}
    for shard in kinesis.list_shards(StreamName="clicks")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="clicks", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in kinesis.get_records(ShardIterator=iterator)["Records"]:
            seen.setdefault(record["PartitionKey"], []).append(int(record["Data"]))
    assert sorted(n for key in seen for n in seen[key]) == list(range(300))
    assert all(numbers == sorted(numbers) for numbers in seen.values())


def a_consumer_with_fan_out_gets_events():
    kinesis = boto3.client("kinesis")
    stream = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=stream, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    status = lambda: kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]["ConsumerStatus"]
    until(lambda: status() == "ACTIVE", "the consumer never became ACTIVE")
    shard = kinesis.list_shards(StreamName="clicks")["Shards"][0]["ShardId"]
    answer = kinesis.subscribe_to_shard(
        ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": "TRIM_HORIZON"}
    )
    for event in answer["EventStream"]:
        if event["SubscribeToShardEvent"]["Records"]:
            break
    else:
        raise AssertionError("the stream of events ended without records")
    answer["EventStream"].close()


def queues_and_topics_deliver():
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="shop")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"kind": ["order"]})},
    )
    for kind in ("order", "chat"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=f"a {kind}", MessageAttributes=attributes)
    got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in got] == ["a order"], got
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=got[0]["ReceiptHandle"])
    fifo = sqs.create_queue(
        QueueName="steps.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    for body in ("one", "two", "two", "three"):
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId="g")
    bodies = [m["Body"] for m in sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=10)["Messages"]]
    assert bodies == ["one", "two", "three"], bodies
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)


def a_poison_message_ends_in_the_dead_letter_queue():
    sqs, functions = boto3.client("sqs"), boto3.client("lambda")
    arn = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    work = sqs.create_queue(
        QueueName="work",
        Attributes={
            "VisibilityTimeout": "30",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 2}),
        },
    )["QueueUrl"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            "index.py",
            "def handler(event, context):\n"
            "    bad = [r['messageId'] for r in event['Records'] if r['body'] == 'poison']\n"
            "    return {'batchItemFailures': [{'itemIdentifier': i} for i in bad]}\n",
        )
    functions.create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/worker",
        Code={"ZipFile": code.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="worker")
    functions.create_event_source_mapping(
        EventSourceArn=arn(work), FunctionName="worker", FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    for body in ("fine", "poison", "fine too"):
        sqs.send_message(QueueUrl=work, MessageBody=body)

    def dead_letters():
        advance("31s")
        return sqs.receive_message(QueueUrl=dead).get("Messages")

    assert [message["Body"] for message in until(dead_letters, "nothing in the dead-letter queue")] == ["poison"]
    left = sqs.get_queue_attributes(QueueUrl=work, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == "0" and left["ApproximateNumberOfMessagesNotVisible"] == "0", left


def firehose_waits_for_its_buffer():
    s3, firehose = boto3.client("s3"), boto3.client("firehose")
    s3.create_bucket(Bucket="landing")
    firehose.create_delivery_stream(
        DeliveryStreamName="events",
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::landing",
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
            "Prefix": "raw/!{timestamp:yyyy/MM/dd}/",
            "ErrorOutputPrefix": "errors/",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        },
    )
    status = lambda: firehose.describe_delivery_stream(DeliveryStreamName="events")["DeliveryStreamDescription"]
    until(lambda: status()["DeliveryStreamStatus"] == "ACTIVE", "the delivery stream never became ACTIVE")
    records = [{"Data": f'{{"n": {n}}}\n'.encode()} for n in range(50)]
    answer = firehose.put_record_batch(DeliveryStreamName="events", Records=records)
    assert answer["FailedPutCount"] == 0
    advance("290s")
    assert s3.list_objects_v2(Bucket="landing")["KeyCount"] == 0
    advance("20s")
    found = until(lambda: s3.list_objects_v2(Bucket="landing").get("Contents"), "nothing was delivered")
    assert len(found) == 1 and found[0]["Key"].startswith("raw/"), found
    body = s3.get_object(Bucket="landing", Key=found[0]["Key"])["Body"].read()
    assert body == b"".join(record["Data"] for record in records)


STEPS = [
    kinesis_keeps_every_record_in_order_per_key,
    a_consumer_with_fan_out_gets_events,
    queues_and_topics_deliver,
    a_poison_message_ends_in_the_dead_letter_queue,
    firehose_waits_for_its_buffer,
]
for step in STEPS:
    step()
    print("passed:", step.__name__)
print(len(STEPS), "passed")
