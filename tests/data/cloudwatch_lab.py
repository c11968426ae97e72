"""CloudWatch, walked with boto3 and by hand in each of its protocols. Each step asserts; the last line says how many passed."""

import datetime
import json
import os
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml

import boto3
import botocore

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
SIGNED = (
    "AWS4-HMAC-SHA256 Credential={}/20260105/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"
)


def post(path, headers, body):
    key = os.environ["AWS_ACCESS_KEY_ID"]
    headers = {"authorization": SIGNED.format(key), **headers}
    request = urllib.request.Request(ENDPOINT + path, data=body, headers=headers)
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as refused:
        answer = refused
    return answer.status, answer.headers, answer.read()


def advance(by):
    post("/_wavetank/clock/advance", {"content-type": "application/json"}, json.dumps({"by": by}).encode())


def now():
    answer = json.load(urllib.request.urlopen(ENDPOINT + "/_wavetank/health"))
    return datetime.datetime.fromisoformat(answer["now"].replace("Z", "+00:00"))


def span():
    return {"StartTime": now() - datetime.timedelta(hours=1), "EndTime": now() + datetime.timedelta(minutes=1)}


def boto3_speaks_cbor_and_gets_what_it_put():
    cloudwatch = boto3.client("cloudwatch")
    of = [{"Name": "Host", "Value": "a"}]
    cloudwatch.put_metric_data(
        Namespace="App",
        MetricData=[
            {"MetricName": "time", "Dimensions": of, "Value": 1.5, "Unit": "Seconds"},
            {"MetricName": "time", "Dimensions": of, "Values": [2, 4.5], "Counts": [2, 1], "Unit": "Seconds"},
        ],
    )
    found = cloudwatch.get_metric_statistics(
        Namespace="App", MetricName="time", Dimensions=of, Period=3600, Statistics=["Sum", "SampleCount"], **span()
    )
    total = sum(point["Sum"] for point in found["Datapoints"])
    assert (total, {point["Unit"] for point in found["Datapoints"]}) == (10.0, {"Seconds"}), found
    found = cloudwatch.get_metric_statistics(
        Namespace="App", MetricName="time", Dimensions=of, Period=86400, ExtendedStatistics=["p99"], **span()
    )
    assert found["Datapoints"][-1]["ExtendedStatistics"]["p99"] == 4.5, found
    data = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "e1", "Expression": "m1 * 2", "Label": "double"},
            {
                "Id": "m1",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {"Namespace": "App", "MetricName": "time", "Dimensions": of},
                    "Period": 3600,
                    "Stat": "Sum",
                },
            },
        ],
        **span(),
    )["MetricDataResults"]
    assert [(one["Id"], one["Label"], sum(one["Values"])) for one in data] == [("e1", "double", 20.0)], data
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="App")
    assert [metric["MetricName"] for page in pages for metric in page["Metrics"]] == ["time"]


def a_large_request_comes_compressed():
    cloudwatch = boto3.client("cloudwatch")
    data = [{"MetricName": f"metric-with-a-long-name-{n:04}", "Value": n} for n in range(1000)]
    cloudwatch.put_metric_data(Namespace="Large", MetricData=data)
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="Large")
    assert sum(len(page["Metrics"]) for page in pages) == 1000


def refusals_carry_the_code_of_the_query_protocol():
    cloudwatch = boto3.client("cloudwatch")
    for call, code in [
        (lambda: cloudwatch.put_metric_data(Namespace="App", MetricData=[]), "MissingParameter"),
        (lambda: cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x"), "ResourceNotFound"),
        (lambda: cloudwatch.get_dashboard(DashboardName="none"), "ResourceNotFound"),
        (lambda: cloudwatch.describe_alarms(MaxRecords=1000), "ValidationError"),
        (lambda: cloudwatch.list_metric_streams(), "NotImplemented"),
    ]:
        try:
            call()
            raise AssertionError(f"{code} was expected")
        except botocore.exceptions.ClientError as refused:
            assert refused.response["Error"]["Code"] == code, refused.response
    try:
        cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x")
    except cloudwatch.exceptions.ResourceNotFound:
        pass


def json_is_spoken_too():
    def ask(operation, body):
        target = f"GraniteServiceVersion20100801.{operation}"
        headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.0"}
        return post("/", headers, json.dumps(body).encode())

    status, _, _ = ask("PutMetricData", {"Namespace": "Json", "MetricData": [{"MetricName": "m", "Value": 3}]})
    assert status == 200
    status, headers, body = ask("ListMetrics", {"Namespace": "Json"})
    assert json.loads(body)["Metrics"] == [{"Namespace": "Json", "MetricName": "m", "Dimensions": []}], body
    assert headers["content-type"] == "application/x-amz-json-1.0"
    status, headers, body = ask("SetAlarmState", {"AlarmName": "x", "StateValue": "OK", "StateReason": "y"})
    assert (status, headers["x-amzn-query-error"]) == (404, "ResourceNotFound;Sender"), (status, headers, body)


def the_query_protocol_is_spoken_too():
    def ask(**parameters):
        body = urllib.parse.urlencode({"Version": "2010-08-01", **parameters}).encode()
        return post("/", {"content-type": "application/x-www-form-urlencoded"}, body)

    name, value = "MetricData.member.1.MetricName", "MetricData.member.1.Value"
    status, _, _ = ask(Action="PutMetricData", Namespace="Query", **{name: "m", value: "3"})
    assert status == 200
    status, _, body = ask(Action="ListMetrics", Namespace="Query")
    space = {"c": "http://monitoring.amazonaws.com/doc/2010-08-01/"}
    names = xml.fromstring(body).findall("c:ListMetricsResult/c:Metrics/c:member/c:MetricName", space)
    assert [one.text for one in names] == ["m"], body
    status, _, body = ask(Action="GetDashboard", DashboardName="none")
    assert (status, b"<Code>ResourceNotFound</Code>" in body) == (404, True), body
    status, _, body = ask(Action="ListMetricStreams")
    assert (status, b"<Code>NotImplemented</Code>" in body) == (501, True), body


def an_alarm_on_a_queue_goes_off_in_tank_time():
    cloudwatch, sqs = boto3.client("cloudwatch"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="watched")["QueueUrl"]
    cloudwatch.put_metric_alarm(
        AlarmName="too many",
        Namespace="AWS/SQS",
        MetricName="NumberOfMessagesSent",
        Dimensions=[{"Name": "QueueName", "Value": "watched"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    state = lambda: cloudwatch.describe_alarms(AlarmNames=["too many"])["MetricAlarms"][0]["StateValue"]
    assert state() == "INSUFFICIENT_DATA"
    advance("3m")
    for n in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    advance("1m")
    assert state() == "ALARM", state()
    advance("10m")
    assert state() == "OK", state()
    history = cloudwatch.describe_alarm_history(AlarmName="too many", HistoryItemType="StateUpdate")
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"], summaries


STEPS = [
    boto3_speaks_cbor_and_gets_what_it_put,
    a_large_request_comes_compressed,
    refusals_carry_the_code_of_the_query_protocol,
    json_is_spoken_too,
    the_query_protocol_is_spoken_too,
    an_alarm_on_a_queue_goes_off_in_tank_time,
]

for step in STEPS:
    step()
    print(step.__name__.replace("_", " "))
print(f"{len(STEPS)} passed")
