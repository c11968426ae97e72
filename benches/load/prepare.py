"""Makes what a load needs on a running tank, and writes a script for wrk.

    prepare.py ENDPOINT WHAT OUT.lua [BYTES]
    wrk -t1 -c4 -d5s -s OUT.lua ENDPOINT

WHAT is s3-put, s3-get, kinesis-put, kinesis-get, firehose-put, firehose-kinesis, sqs, sqs-send, dynamodb-put,
dynamodb-fill or dynamodb-get.
Beside it, `OUT.lua.http` is the request's bytes, for `benches/examples/open_loop.rs`.
Batches have 500 records of BYTES (1024) bytes. `sqs` sends, receives and deletes in turn; `sqs-send` only sends, messages of
200 bytes: what a small request costs. Items have 200 bytes, and 10,000 keys take turns; with `dynamodb-fill` 1,000,000.
"""

import base64
import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config

ENDPOINT, WHAT, OUT = sys.argv[1:4]
BYTES = int(sys.argv[4]) if len(sys.argv) > 4 else 1024
RECORDS = 500
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=00"


def client(service):
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"}) if service == "s3" else None
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


def until(look):
    for _ in range(100):
        if look():
            return
        time.sleep(0.05)
    sys.exit("it never became ACTIVE")


def blobs():
    return [bytes([65 + n % 26]) * (BYTES - 1) + b"\n" for n in range(RECORDS)]


def encoded():
    return [base64.b64encode(blob).decode() for blob in blobs()]


def stream(shards):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="load", ShardCount=shards)
    summary = lambda: kinesis.describe_stream_summary(StreamName="load")["StreamDescriptionSummary"]
    until(lambda: summary()["StreamStatus"] == "ACTIVE")
    return kinesis


def delivery(**source):
    client("s3").create_bucket(Bucket="lake")
    firehose = client("firehose")
    role = "arn:aws:iam::000000000000:role/load"
    firehose.create_delivery_stream(
        DeliveryStreamName="load",
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::lake",
            "RoleARN": role,
            "Prefix": "load/",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
        },
        **source,
    )
    described = lambda: firehose.describe_delivery_stream(DeliveryStreamName="load")["DeliveryStreamDescription"]
    until(lambda: described()["DeliveryStreamStatus"] == "ACTIVE")


def post(service, target, body, version="1.1"):
    with open(OUT + ".json", "w") as file:
        json.dump(body, file)
    with open(OUT + ".http", "wb") as file:
        text = json.dumps(body).encode()
        file.write(
            f"POST / HTTP/1.1\r\nHost: {ENDPOINT.split('/')[2]}\r\nX-Amz-Target: {target}\r\n"
            f"Content-Type: application/x-amz-json-{version}\r\nAuthorization: {SIGNED.format(service)}\r\n"
            f"Content-Length: {len(text)}\r\n\r\n".encode()
            + text
        )
    with open(OUT, "w") as file:
        file.write(
            f'wrk.method = "POST"\nwrk.path = "/"\n'
            f'wrk.headers["X-Amz-Target"] = "{target}"\n'
            f'wrk.headers["Content-Type"] = "application/x-amz-json-{version}"\n'
            f'wrk.headers["Authorization"] = "{SIGNED.format(service)}"\n'
            f'local file = io.open("{OUT}.json", "rb")\nwrk.body = file:read("*a")\nfile:close()\n'
        )


def s3(method):
    s3 = client("s3")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="k", Body=b"x" * BYTES)
    url = s3.generate_presigned_url(f"{method}_object", Params={"Bucket": "bench", "Key": "k"}, ExpiresIn=3600)
    body = f'wrk.body = string.rep("x", {BYTES})\n' if method == "put" else ""
    with open(OUT, "w") as file:
        file.write(f'wrk.method = "{method.upper()}"\nwrk.path = "/{url.split("/", 3)[3]}"\n{body}')


def kinesis_put():
    records = [{"Data": data, "PartitionKey": f"key-{n}"} for n, data in enumerate(encoded())]
    post("kinesis", "Kinesis_20131202.PutRecords", {"StreamName": "load", "Records": records})


def kinesis_get():
    kinesis = stream(1)
    records = [{"Data": data, "PartitionKey": f"key-{n}"} for n, data in enumerate(blobs())]
    kinesis.put_records(StreamName="load", Records=records)
    iterator = kinesis.get_shard_iterator(
        StreamName="load", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    post("kinesis", "Kinesis_20131202.GetRecords", {"ShardIterator": iterator, "Limit": RECORDS})


SQS = """
local queue, signed, body = "%s", "%s", string.rep("x", 100)
local handle, turn = nil, 0
local function call(operation, text)
  local headers = {["X-Amz-Target"] = "AmazonSQS." .. operation, ["Content-Type"] = "application/x-amz-json-1.0", ["Authorization"] = signed}
  return wrk.format("POST", "/", headers, text)
end
request = function()
  if handle then
    local mine = handle
    handle = nil
    return call("DeleteMessage", '{"QueueUrl":"' .. queue .. '","ReceiptHandle":"' .. mine .. '"}')
  end
  turn = turn + 1
  if turn %% 2 == 1 then
    return call("SendMessage", '{"QueueUrl":"' .. queue .. '","MessageBody":"' .. body .. '"}')
  end
  return call("ReceiveMessage", '{"QueueUrl":"' .. queue .. '"}')
end
response = function(status, headers, body)
  handle = string.match(body, '"ReceiptHandle":"([^"]+)"') or handle
end
"""


DYNAMODB = """
local signed, operation, keys, number = "%s", "%s", %d, 0
local headers = {["X-Amz-Target"] = "DynamoDB_20120810." .. operation, ["Content-Type"] = "application/x-amz-json-1.0", ["Authorization"] = signed}
local filler = string.rep("x", 150)
request = function()
  number = (number + 7919) %% keys
  local key = string.format('"pk":{"S":"user-%%06d"}', number)
  if operation == "GetItem" then
    return wrk.format("POST", "/", headers, '{"TableName":"load","Key":{' .. key .. '}}')
  end
  return wrk.format("POST", "/", headers, '{"TableName":"load","Item":{' .. key .. ',"name":{"S":"' .. filler .. '"},"seen":{"N":"' .. number .. '"},"on":{"BOOL":true}}}')
end
"""


def dynamodb(operation, keys=10_000):
    tables = client("dynamodb")
    tables.create_table(
        TableName="load",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    advance("1m")
    until(lambda: tables.describe_table(TableName="load")["Table"]["TableStatus"] == "ACTIVE")
    if operation == "GetItem":
        item = lambda n: {"pk": {"S": f"user-{n:06}"}, "name": {"S": "x" * 150}, "seen": {"N": str(n)}, "on": {"BOOL": True}}
        for first in range(0, 10_000, 25):
            puts = [{"PutRequest": {"Item": item(n)}} for n in range(first, first + 25)]
            tables.batch_write_item(RequestItems={"load": puts})
    with open(OUT, "w") as file:
        file.write(DYNAMODB % (SIGNED.format("dynamodb"), operation, keys))


def advance(by):
    headers = {"content-type": "application/json"}
    body = json.dumps({"by": by}).encode()
    urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/_wavetank/clock/advance", body, headers)).read()


def main():
    if WHAT in ("s3-put", "s3-get"):
        s3(WHAT.removeprefix("s3-"))
    elif WHAT == "kinesis-put":
        stream(8)
        kinesis_put()
    elif WHAT == "kinesis-get":
        kinesis_get()
    elif WHAT == "firehose-put":
        delivery()
        records = [{"Data": data} for data in encoded()]
        post("firehose", "Firehose_20150804.PutRecordBatch", {"DeliveryStreamName": "load", "Records": records})
    elif WHAT == "firehose-kinesis":
        stream(8)
        arn = "arn:aws:kinesis:us-east-1:000000000000:stream/load"
        source = {"KinesisStreamARN": arn, "RoleARN": "arn:aws:iam::000000000000:role/load"}
        delivery(DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration=source)
        kinesis_put()
    elif WHAT == "sqs":
        queue = client("sqs").create_queue(QueueName="load")["QueueUrl"]
        with open(OUT, "w") as file:
            file.write(SQS % (queue, SIGNED.format("sqs")))
    elif WHAT in ("dynamodb-put", "dynamodb-get"):
        dynamodb({"dynamodb-put": "PutItem", "dynamodb-get": "GetItem"}[WHAT])
    elif WHAT == "dynamodb-fill":
        dynamodb("PutItem", 1_000_000)
    elif WHAT == "sqs-send":
        queue = client("sqs").create_queue(QueueName="load")["QueueUrl"]
        post("sqs", "AmazonSQS.SendMessage", {"QueueUrl": queue, "MessageBody": "x" * 200}, "1.0")
    else:
        sys.exit(__doc__)


main()
