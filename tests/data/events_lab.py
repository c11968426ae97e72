"""EventBridge and Scheduler, walked with boto3. Each step asserts; the last line says how many passed."""

import json
import os
import urllib.request

import boto3
import botocore

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
ROLE = "arn:aws:iam::000000000000:role/r"
PASSED = 0


def passed():
    global PASSED
    PASSED += 1


def advance(by):
    body = json.dumps({"by": by}).encode()
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/_wavetank/clock/advance", body, headers))


def bodies(queue):
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found]


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as why:
        assert why.response["Error"]["Code"] == code, why
        return why.response["Error"]["Message"]
    raise AssertionError(f"{arguments} is taken")


events, scheduler, sqs = (boto3.client(name) for name in ("events", "scheduler", "sqs"))
trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)
QUEUE = sqs.create_queue(QueueName="q")["QueueUrl"]
ARN = sqs.get_queue_attributes(QueueUrl=QUEUE, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

# A rule, its target's template, an event.
events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"], "detail": {"price": [{"numeric": [">", 10]}]}}))
template = {"InputPathsMap": {"price": "$.detail.price"}, "InputTemplate": '{"paid": <price>}'}
answer = events.put_targets(Rule="orders", Targets=[{"Id": "q", "Arn": ARN, "InputTransformer": template}])
assert answer["FailedEntryCount"] == 0, answer
entry = {"Source": "shop", "DetailType": "Order"}
entries = [{**entry, "Detail": json.dumps({"price": price})} for price in (5, 15)]
entries.append({"Source": "aws.s3", "DetailType": "Order", "Detail": "{}"})
answer = events.put_events(Entries=entries)
assert answer["FailedEntryCount"] == 1, answer
assert answer["Entries"][2]["ErrorCode"] == "NotAuthorizedForSourceException", answer
found = bodies(QUEUE)
assert found == ['{"paid": 15}'], found
passed()

# What is wrong is refused.
said = refused("InvalidEventPatternException", events.put_rule, Name="wrong", EventPattern='{"source": "shop"}')
assert '"source" must be an object or an array' in said, said
said = refused("ValidationException", events.put_rule, Name="wrong", ScheduleExpression="cron(0 5 * * * *)")
assert said == "Parameter ScheduleExpression is not valid.", said
target = {"Arn": ARN, "RoleArn": ROLE, "Input": "<aws.scheduler.schedule-arn>"}
off = {"Mode": "OFF"}
wrong = {"Name": "s", "ScheduleExpression": "rate(10 seconds)", "Target": target, "FlexibleTimeWindow": off}
said = refused("ValidationException", scheduler.create_schedule, **wrong)
assert said == "Invalid Schedule Expression rate(10 seconds).", said
nobody = {**wrong, "ScheduleExpression": "rate(1 hour)", "Target": {**target, "RoleArn": ROLE + "2"}}
said = refused("ValidationException", scheduler.create_schedule, **nobody)
assert said.startswith("The execution role you provide must allow"), said
zz = {"InputPathsMap": {"price": "$.detail.price"}, "InputTemplate": '{"a":<zz>}'}
said = refused("ValidationException", events.put_targets, Rule="orders", Targets=[{"Id": "q", "Arn": ARN, "InputTransformer": zz}])
assert said == "InputTemplate for target q contains invalid placeholder zz.", said
said = refused("ValidationException", events.put_targets, Rule="orders", Targets=[{"Id": "f", "Arn": ARN + ".fifo"}])
assert said == "Parameter(s) SqsParameters must be specified for target: f.", said
passed()

# A schedule, by the hour.
scheduler.create_schedule_group(Name="g")
arn = scheduler.create_schedule(**{**wrong, "ScheduleExpression": "cron(0 * * * ? *)", "GroupName": "g"})["ScheduleArn"]
advance("1h")
found = bodies(QUEUE)
assert found == [arn], found
shown = scheduler.get_schedule(Name="s", GroupName="g")
assert shown["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 185, shown
scheduler.delete_schedule_group(Name="g")
advance("2h")
assert bodies(QUEUE) == []
passed()

# An operation of another service.
queue_too = {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:createQueue", "RoleArn": ROLE, "Input": '{"QueueName": "made"}'}
rate = {"Name": "made", "ScheduleExpression": "rate(1 hour)", "Target": queue_too, "FlexibleTimeWindow": off}
scheduler.create_schedule(**rate)
advance("1m")
assert any(url.endswith("/made") for url in sqs.list_queues()["QueueUrls"])
passed()

# An alarm's change of state is an event on the default bus.
cloudwatch = boto3.client("cloudwatch")
cloudwatch.put_metric_alarm(
    AlarmName="slow", Namespace="Shop", MetricName="Seconds", Statistic="Average", Period=60, EvaluationPeriods=1,
    Threshold=1, ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "Page", "Value": "cart"}],
)
pattern = {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}, "configuration": {"metrics": {"returnData": [True]}}}}
events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
paths = {"name": "$.detail.alarmName", "before": "$.detail.previousState.value", "why": "$.detail.state.reason"}
template = {"InputPathsMap": paths, "InputTemplate": '"<name> was <before>: <why>"'}
events.put_targets(Rule="alarms", Targets=[{"Id": "q", "Arn": ARN, "InputTransformer": template}])
cloudwatch.set_alarm_state(AlarmName="slow", StateValue="ALARM", StateReason="said so")
found = bodies(QUEUE)
assert found == ['"slow was INSUFFICIENT_DATA: said so"'], found
passed()

# So is each change of an alarm itself.
pattern = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm Configuration Change"]}
events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
paths = {"name": "$.detail.alarmName", "how": "$.detail.operation", "on": "$.detail.configuration.actionsEnabled"}
template = {"InputPathsMap": paths, "InputTemplate": '"<how> <name> <on>"'}
events.put_targets(Rule="alarms", Targets=[{"Id": "q", "Arn": ARN, "InputTransformer": template}])
cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(slow)")
cloudwatch.disable_alarm_actions(AlarmNames=["any"])
cloudwatch.delete_alarms(AlarmNames=["any"])
found = sorted(bodies(QUEUE))
assert found == ['"create any true"', '"delete any false"', '"update any false"'], found
passed()

print(f"{PASSED} passed")
