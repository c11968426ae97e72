"""Starts a tank of its own and prints one figure of the streams. Needs boto3, and wrk but for `flush` and `slow-reader`.

    streams.py WAVETANK load WHAT [CONNECTIONS [SECONDS [BYTES]]]   rate, and the server's CPU a request (WHAT: see prepare.py)
    streams.py WAVETANK end-to-end [SECONDS]    Kinesis to Firehose to S3: what was stored over the time it took, draining included
    streams.py WAVETANK flush                   what advancing over a flush costs, by the size of the buffer
    streams.py WAVETANK slow-reader             a subscriber who reads nothing at first: memory, order, completeness
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config

WAVETANK, WHAT, *REST = sys.argv[1:]
PORT = 45662
ENDPOINT = f"http://127.0.0.1:{PORT}"
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = tempfile.mkdtemp()


def start():
    tank = subprocess.Popen([WAVETANK, "serve", "--port", str(PORT)], stdout=subprocess.DEVNULL)
    while tank.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", PORT)).close()
            return tank
        except OSError:
            time.sleep(0.005)
    sys.exit("the tank does not start")


def client(service):
    config = Config(s3={"addressing_style": "path"}) if service == "s3" else None
    keys = dict(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    return boto3.client(service, endpoint_url=ENDPOINT, config=config, **keys)


def advance(by):
    """Milliseconds that it takes."""
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("POST", "/_wavetank/clock/advance", json.dumps({"by": by}))
    connection.getresponse().read()
    return (time.perf_counter() - begin) * 1000


def stat(tank):
    """User and system seconds, and pages that were faulted in."""
    with open(f"/proc/{tank.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) / 100, int(fields[12]) / 100, int(fields[7])


def resident(tank):
    with open(f"/proc/{tank.pid}/status") as status:
        return next(int(line.split()[1]) // 1000 for line in status if line.startswith("VmRSS"))


def wrk(what, connections, seconds, size="1024"):
    """Requests that were answered, and what wrk said."""
    script = os.path.join(FOLDER, "load.lua")
    subprocess.run([sys.executable, f"{HERE}/prepare.py", ENDPOINT, what, script, size], check=True)
    return lambda: subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, ENDPOINT],
        capture_output=True,
        text=True,
    ).stdout


def load(tank, what, connections="4", seconds="3", size="1024"):
    run = wrk(what, connections, seconds, size)
    before = stat(tank)
    said = run()
    user, system, faults = (after - earlier for after, earlier in zip(stat(tank), before))
    count = int(re.search(r"(\d+) requests in", said).group(1))
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)
    refused = re.search(r"Non-2xx.*", said)
    print(
        f"{what}: {rate}/s, {(user + system) / count * 1e6:.1f} us of CPU each ({user / count * 1e6:.1f} user, "
        f"{system / count * 1e6:.1f} system), {faults / count:.1f} faults each, {resident(tank)} MB {refused.group(0) if refused else ''}"
    )


def end_to_end(tank, seconds="4"):
    run = wrk("firehose-kinesis", 4, seconds)
    time.sleep(2)
    s3, before, begin = client("s3"), stat(tank), time.perf_counter()
    count = int(re.search(r"(\d+) requests in", run()).group(1)) * 500
    advance("70s")
    took, after = time.perf_counter() - begin, stat(tank)

    def stored():
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="lake")
        return sum(item["Size"] for page in pages for item in page.get("Contents", [])) // 1024

    found, cpu = stored(), sum(after[:2]) - sum(before[:2])
    advance("70s")
    print(
        f"{count} records answered; {found} stored after {took:.2f} s: {found / took:.0f}/s, {cpu / count * 1e6:.2f} us of CPU each; "
        f"{stored()} stored at last"
    )


def flush(tank):
    client("s3").create_bucket(Bucket="lake")
    firehose = client("firehose")
    destination = {
        "BucketARN": "arn:aws:s3:::lake",
        "RoleARN": "arn:aws:iam::000000000000:role/load",
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    }
    firehose.create_delivery_stream(DeliveryStreamName="load", ExtendedS3DestinationConfiguration=destination)
    advance("5s")
    for name, count in [("idle", 0), ("100 KiB", 100), ("1 MiB", 1024), ("4.9 MiB", 5017)]:
        took = []
        for _ in range(15):
            for start in range(0, count, 500):
                records = [{"Data": b"x" * 1024}] * min(500, count - start)
                firehose.put_record_batch(DeliveryStreamName="load", Records=records)
            took.append(advance("301s"))
        took.sort()
        print(f"301 s, {name}: median {took[7]:.2f} ms, {took[0]:.2f} to {took[-1]:.2f}")


def slow_reader(tank):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="load", ShardCount=1)
    time.sleep(1)
    stream = kinesis.describe_stream_summary(StreamName="load")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=stream, ConsumerName="slow")["Consumer"]["ConsumerARN"]
    time.sleep(1)
    latest = {"Type": "LATEST"}
    events = kinesis.subscribe_to_shard(
        ConsumerARN=consumer, ShardId="shardId-000000000000", StartingPosition=latest
    )["EventStream"]
    before = resident(tank)
    for start in range(0, 100_000, 500):
        data = [f"{number:08d}".encode() + b"x" * 1016 for number in range(start, start + 500)]
        records = [{"Data": each, "PartitionKey": "k"} for each in data]
        kinesis.put_records(StreamName="load", Records=records)
    filled = resident(tank)
    count = read = 0
    in_order = True
    for event in events:
        read += 1
        for record in event["SubscribeToShardEvent"]["Records"]:
            in_order &= int(record["Data"][:8]) == count
            count += 1
        if count == 100_000:
            break
    print(f"100 MB put: {before} to {filled} MB; then {count} records in {read} events, in order: {in_order}")


tank = start()
try:
    {"load": load, "end-to-end": end_to_end, "flush": flush, "slow-reader": slow_reader}[WHAT](tank, *REST)
finally:
    tank.terminate()
    tank.wait()
