"""CloudWatch Logs, walked with boto3. Each step asserts; the last line says how many passed."""

import datetime
import io
import json
import os
import threading
import time
import urllib.request
import zipfile

import boto3
import botocore
from botocore.config import Config

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
ROLE = "arn:aws:iam::000000000000:role/any"
# Live tail has a host prefix, which a local address has no room for.
logs = boto3.client("logs", config=Config(inject_host_prefix=False))


def control(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ENDPOINT + path, data=data, headers={"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def now():


    told = control("/_wavetank/health")["now"].replace("Z", "+00:00")
    return int(datetime.datetime.fromisoformat(told).timestamp() * 1000)


def advance(by):
    control("/_wavetank/clock/advance", {"by": by})


def group(name, *messages):
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    if messages:
        put(name, *messages)


def put(name, *messages):
    at = now()
    events = [{"timestamp": at + number, "message": message} for number, message in enumerate(messages)]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)


def ask(name, query):
    at = now() // 1000
    started = logs.start_query(
        logGroupName=name, startTime=at - 3600, endTime=at + 60, queryString=query
    )
    for _ in range(100):
        found = logs.get_query_results(queryId=started["queryId"])
        if found["status"] not in ("Scheduled", "Running"):
            break
        time.sleep(0.1)
    assert found["status"] == "Complete", found
    rows = [{field["field"]: field["value"] for field in row} for row in found["results"]]
    return rows, found["statistics"]


def until(what, attempts=100):
    for _ in range(attempts):
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it does not come")


def insights_answers_what_the_events_say():
    clicks = [{"user": user, "ms": ms, "page": {"name": page}} for user, ms, page in
              [("a", 10, "home"), ("b", 30, "cart"), ("a", 20, "home")]]
    group("clicks", *map(json.dumps, clicks), "not JSON")
    rows, statistics = ask("clicks", "stats count(*) as n, avg(ms) as mean by user | sort user asc")
    assert rows == [{"user": "a", "n": "2", "mean": "15"}, {"user": "b", "n": "1", "mean": "30"}, {"n": "1"}], rows
    assert (statistics["recordsScanned"], statistics["recordsMatched"]) == (4.0, 4.0), statistics
    rows, statistics = ask("clicks", 'filter page.name = "home" | fields user, ms | sort ms desc | limit 1')
    assert (rows[0]["user"], rows[0]["ms"], statistics["recordsMatched"]) == ("a", "20", 2.0), (rows, statistics)
    record = logs.get_log_record(logRecordPointer=rows[0]["@ptr"])["logRecord"]
    assert (record["page.name"], record["@log"]) == ("home", "000000000000:clicks"), record
    fields = {field["name"]: field["percent"] for field in
              logs.get_log_group_fields(logGroupName="clicks", time=now() // 1000)["logGroupFields"]}
    assert (fields["ms"], fields["@message"]) == (75, 100), fields


def a_wrong_query_is_refused_with_its_place():
    try:
        ask("clicks", "fields user | wherever x")
    except botocore.exceptions.ClientError as refused:
        assert refused.response["Error"]["Code"] == "MalformedQueryException", refused
        location = refused.response["queryCompileError"]["location"]
        assert location == {"startCharOffset": 14, "endCharOffset": 22}, location
        return
    raise AssertionError("it is taken")


def a_metric_filter_counts_for_cloudwatch():


    group("requests")
    logs.put_metric_filter(
        logGroupName="requests",
        filterName="slow",
        filterPattern="{ $.ms > 15 }",
        metricTransformations=[{"metricNamespace": "Shop", "metricName": "slow", "metricValue": "$.ms"}],
    )
    put("requests", '{"ms": 10}', '{"ms": 20}', '{"ms": 30}')
    advance("2m")
    at = datetime.datetime.fromtimestamp(now() / 1000, datetime.timezone.utc)
    found = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="Shop",
        MetricName="slow",
        Period=3600,
        Statistics=["Sum", "SampleCount"],
        StartTime=at - datetime.timedelta(hours=2),
        EndTime=at + datetime.timedelta(hours=1),
    )["Datapoints"]
    assert (sum(point["Sum"] for point in found), sum(point["SampleCount"] for point in found)) == (50, 2), found


def a_subscription_carries_lines_through_firehose_to_s3():
    s3, firehose = boto3.client("s3"), boto3.client("firehose")
    s3.create_bucket(Bucket="lake")
    steps = [
        {"Type": "Decompression", "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}]},
        {
            "Type": "CloudWatchLogProcessing",
            "Parameters": [{"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}],
        },
        {"Type": "AppendDelimiterToRecord", "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]},
    ]
    firehose.create_delivery_stream(
        DeliveryStreamName="lines",
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::lake",
            "RoleARN": ROLE,
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "ProcessingConfiguration": {"Enabled": True, "Processors": steps},
        },
    )
    described = lambda: firehose.describe_delivery_stream(DeliveryStreamName="lines")["DeliveryStreamDescription"]
    until(lambda: described()["DeliveryStreamStatus"] == "ACTIVE")
    group("orders")
    logs.put_subscription_filter(
        logGroupName="orders",
        filterName="all",
        filterPattern="-DEBUG",
        destinationArn=described()["DeliveryStreamARN"],
        roleArn=ROLE,
    )
    put("orders", "order 1", "DEBUG noise", "order 2")
    advance("2m")
    keys = until(lambda: s3.list_objects_v2(Bucket="lake").get("Contents"))
    text = s3.get_object(Bucket="lake", Key=keys[0]["Key"])["Body"].read().decode()
    assert text == "order 1\norder 2\n", text


def a_subscription_calls_a_function():
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        source = (
            "import base64, gzip, json\n"
            "def handler(event, context):\n"
            "    data = json.loads(gzip.decompress(base64.b64decode(event['awslogs']['data'])))\n"
            "    print('got', data['logGroup'], [one['message'] for one in data['logEvents']])\n"
        )
        archive.writestr("index.py", source)
    functions = boto3.client("lambda")
    made = functions.create_function(
        FunctionName="reader",
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )
    until(lambda: functions.get_function(FunctionName="reader")["Configuration"]["State"] == "Active")
    group("source")
    wanted = {
        "logGroupName": "source",
        "filterName": "to-function",
        "filterPattern": "",
        "destinationArn": made["FunctionArn"],
    }
    try:
        logs.put_subscription_filter(**wanted)
        raise AssertionError("it is taken without a permission")
    except logs.exceptions.InvalidParameterException as refused:
        assert "Make sure you have given CloudWatch Logs permission" in str(refused), refused
    functions.add_permission(
        FunctionName="reader", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com"
    )
    logs.put_subscription_filter(**wanted)
    put("source", "one", "two")

    def lines():
        try:
            return logs.filter_log_events(logGroupName="/aws/lambda/reader", filterPattern='"got source"')["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []

    assert until(lines, 300)[0]["message"] == "got source ['one', 'two']\n", lines()
    rows, _ = ask("/aws/lambda/reader", "filter @type = 'REPORT' | stats count(*) as n, max(@billedDuration) > 0 as took")
    assert rows == [{"n": "1", "took": "1"}], rows


def live_tail_shows_what_comes():
    group("tailed")
    arn = logs.describe_log_groups(logGroupNamePrefix="tailed")["logGroups"][0]["logGroupArn"]
    stream = logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="ERROR")["responseStream"]
    events = iter(stream)
    start = next(events)["sessionStart"]
    assert start["logGroupIdentifiers"] == [arn], start
    threading.Timer(0.2, lambda: put("tailed", "ERROR one", "fine", "ERROR two")).start()
    seen = []
    for _ in range(30):
        update = next(events)["sessionUpdate"]
        assert update["sessionMetadata"]["sampled"] is False, update
        seen += [event["message"] for event in update["sessionResults"]]
        if seen:
            break
    stream.close()
    assert seen == ["ERROR one", "ERROR two"], seen


STEPS = [
    insights_answers_what_the_events_say,
    a_wrong_query_is_refused_with_its_place,
    a_metric_filter_counts_for_cloudwatch,
    a_subscription_carries_lines_through_firehose_to_s3,
    a_subscription_calls_a_function,
    live_tail_shows_what_comes,
]

for step in STEPS:
    step()
    print("ok", step.__name__)
print(len(STEPS), "passed")
