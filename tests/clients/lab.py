"""The event-revenue lab with boto3. Prints the header and the row of one Athena answer, tab-separated.

Argument: the folder with template.yaml and event_data.csv. The environment names the endpoint and the credentials.
"""

import json
import os
import pathlib
import sys
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

FOLDER = pathlib.Path(sys.argv[1])
TRIES = 120


def advance(span):
    """Moves the tank's time on."""
    body = json.dumps({"by": span}).encode()
    url = os.environ["AWS_ENDPOINT_URL"] + "/_wavetank/clock/advance"
    urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST")).read()


def wait(what, done):
    for _ in range(TRIES):
        if done():
            return
        advance("30s")
    sys.exit(f"{what} is not done")


def refused(code, call, **arguments):
    """The call must be refused with this code."""
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{found} instead of {code}"
        return
    sys.exit(f"{call} was not refused")


s3, glue, athena, logs = (boto3.client(name) for name in ("s3", "glue", "athena", "logs"))
cloudformation, aws_lambda, sts = (boto3.client(name) for name in ("cloudformation", "lambda", "sts"))

assert sts.get_caller_identity()["Account"] == "000000000000"
cloudformation.create_stack(
    StackName="lab", TemplateBody=(FOLDER / "template.yaml").read_text(), Capabilities=["CAPABILITY_IAM"]
)
cloudformation.get_waiter("stack_create_complete").wait(StackName="lab", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
outputs = {
    output["OutputKey"]: output["OutputValue"]
    for output in cloudformation.describe_stacks(StackName="lab")["Stacks"][0]["Outputs"]
}

s3.upload_file(str(FOLDER / "event_data.csv"), outputs["RawBucket"], "etl-input/event_data.csv")


def job_is_done():
    runs = glue.get_job_runs(JobName=outputs["CleanJob"])["JobRuns"]
    assert not runs or runs[0]["JobRunState"] in ("STARTING", "RUNNING", "SUCCEEDED"), runs
    return bool(runs) and runs[0]["JobRunState"] == "SUCCEEDED"


wait("the job", job_is_done)

# A notebook that polls once a second must see each state of the crawler.
glue.start_crawler(Name=outputs["Crawler"])
refused("CrawlerRunningException", glue.start_crawler, Name=outputs["Crawler"])
states = []
for _ in range(TRIES):
    state = glue.get_crawler(Name=outputs["Crawler"])["Crawler"]["State"]
    states.append(state)
    if state == "READY":
        break
    time.sleep(1)
assert {"RUNNING", "STOPPING", "READY"} <= set(states), states

table = glue.get_table(DatabaseName=outputs["Database"], Name="transformed")["Table"]
assert table["Parameters"]["classification"] == "parquet", table
refused("EntityNotFoundException", glue.get_table, DatabaseName=outputs["Database"], Name="nothing")

query = athena.start_query_execution(
    QueryString="SELECT count(*) AS n, sum(ticket_revenue) AS revenue FROM transformed WHERE currency = 'VND'",
    QueryExecutionContext={"Database": outputs["Database"]},
    WorkGroup=outputs["WorkGroup"],
)["QueryExecutionId"]


def query_is_done():
    status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert status["State"] in ("QUEUED", "RUNNING", "SUCCEEDED"), status
    return status["State"] == "SUCCEEDED"


wait("the query", query_is_done)
rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
print("\t".join(field["VarCharValue"] for row in rows for field in row["Data"]))

answer = aws_lambda.invoke(FunctionName=outputs["ValidateFunction"], Payload=b'{"Records": [{}]}')
assert answer["FunctionError"] == "Unhandled", answer
assert json.load(answer["Payload"])["errorType"] == "KeyError"

messages = [
    event["message"]
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/event-revenue-validate")
    for event in page["events"]
]
assert any(message.startswith("accepted s3://") for message in messages), messages
