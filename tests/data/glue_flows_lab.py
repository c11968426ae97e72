"""Glue's workflows, triggers and crawlers' schedules, walked with boto3. Each step asserts; the last line says how many passed."""

import json
import os
import pathlib
import urllib.request

import boto3
import botocore

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
HERE = pathlib.Path(__file__).parent
PASSED = 0


def passed():
    global PASSED
    PASSED += 1


def advance(by):
    body = json.dumps({"by": by}).encode()
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/_wavetank/clock/advance", body, headers))


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as why:
        assert why.response["Error"]["Code"] == code, why
        return why.response["Error"]["Message"]
    raise AssertionError(f"{arguments} is taken")


def runs(workflow, count, status="COMPLETED"):
    """The runs of a workflow, newest first, when so many of them stand so."""
    for _ in range(60):
        found = glue.get_workflow_runs(Name=workflow)["Runs"]
        if [run["Status"] for run in found].count(status) >= count:
            return found
        advance("10s")
    raise AssertionError(f"{workflow}: {found}")


glue, s3 = boto3.client("glue"), boto3.client("s3")
stacks = boto3.client("cloudformation")
stack = {"StackName": "flows", "TemplateBody": (HERE / "glue_flows.yaml").read_text()}
stacks.create_stack(**stack, Capabilities=["CAPABILITY_IAM"])
stacks.get_waiter("stack_create_complete").wait(StackName="flows", WaiterConfig={"Delay": 1})
s3.upload_file(str(HERE / "glue_flows_clean.py"), "flows-lake", "scripts/clean.py")


def arrive(name, *rows):
    body = "".join(json.dumps(row) + "\n" for row in rows)
    s3.put_object(Bucket="flows-lake", Key=f"incoming/{name}.json", Body=body)


# A night: the schedule starts the job, its end the crawler, and the table is there.
arrive("a", {"user": 1, "price": "2.5"}, {"user": 2, "price": "4"})
assert glue.get_trigger(Name="flows-night")["Trigger"]["State"] == "ACTIVATED"
advance("1d")
run = runs("flows-nights", 1)[0]
assert run["Statistics"]["SucceededActions"] == run["Statistics"]["TotalActions"] == 2, run
properties = glue.get_workflow_run_properties(Name="flows-nights", RunId=run["WorkflowRunId"])["RunProperties"]
assert properties == {"shop": "hue", "rows": "2"}, properties
columns = glue.get_table(DatabaseName="flows", Name="clean")["Table"]["StorageDescriptor"]["Columns"]
assert [(column["Name"], column["Type"]) for column in columns] == [("user", "int"), ("price", "double")], columns
glue.stop_trigger(Name="flows-night")
passed()

# The run's graph: who led to what, and how it went.
graph = glue.get_workflow_run(Name="flows-nights", RunId=run["WorkflowRunId"], IncludeGraph=True)["Run"]["Graph"]
names = {node["UniqueId"]: node["Name"] for node in graph["Nodes"]}
edges = {(names[edge["SourceId"]], names[edge["DestinationId"]]) for edge in graph["Edges"]}
assert edges == {("flows-night", "flows-clean"), ("flows-clean", "flows-cleaned"), ("flows-cleaned", "flows-crawl")}, edges
job = next(node for node in graph["Nodes"] if node["Type"] == "JOB")
assert [run["TriggerName"] for run in job["JobDetails"]["JobRuns"]] == ["flows-night"], job
crawl = next(node for node in graph["Nodes"] if node["Type"] == "CRAWLER")
assert [crawl["State"] for crawl in crawl["CrawlerDetails"]["Crawls"]] == ["SUCCEEDED"], crawl
passed()

# Objects that arrive start the other workflow: two of them together with the first, the third after the window.
first = runs("flows-arrivals", 1)[0]
assert first["StartingEventBatchCondition"]["BatchSize"] == 1, first
arrive("b", {"user": 3, "price": "1"})
arrive("c", {"user": 4, "price": "1"})
second = runs("flows-arrivals", 2)[0]
assert len(json.loads(second["WorkflowRunProperties"]["aws:eventIds"])) == 2, second
assert second["WorkflowRunProperties"]["rows"] == "4", second
passed()

# A run that failed is resumed where it failed.
s3.delete_object(Bucket="flows-lake", Key="scripts/clean.py")
failed = glue.start_workflow_run(Name="flows-nights")["RunId"]
runs("flows-nights", 2)
s3.upload_file(str(HERE / "glue_flows_clean.py"), "flows-lake", "scripts/clean.py")
node = job["UniqueId"]
resumed = glue.resume_workflow_run(Name="flows-nights", RunId=failed, NodeIds=[node])
assert resumed["NodeIds"] == [node], resumed
again = runs("flows-nights", 3)[0]
assert again["PreviousRunId"] == failed and again["Statistics"]["SucceededActions"] == 2, again
passed()

# What is wrong is refused.
trigger = {"Name": "t", "Type": "SCHEDULED", "Actions": [{"JobName": "flows-clean"}]}
refused("InvalidInputException", glue.create_trigger, **trigger, Schedule="cron(0 1 * * *)")
refused("InvalidInputException", glue.create_trigger, **trigger, Schedule="cron(* * * * ? *)")
said = refused("InvalidInputException", glue.start_trigger, Name="flows-arrived")
assert said == "Trigger Type EVENT cannot be started", said
refused("EntityNotFoundException", glue.start_workflow_run, Name="none")
refused("NoScheduleException", glue.start_crawler_schedule, CrawlerName="flows-crawl")
passed()

# A crawler by the hour, until its schedule is stopped.
glue.update_crawler_schedule(CrawlerName="flows-crawl", Schedule="cron(0 * * * ? *)")
before = len(glue.list_crawls(CrawlerName="flows-crawl")["Crawls"])
advance("1h")
glue.stop_crawler_schedule(CrawlerName="flows-crawl")
advance("2h")
crawls = glue.list_crawls(CrawlerName="flows-crawl")["Crawls"]
assert len(crawls) == before + 1, crawls
assert glue.get_crawler(Name="flows-crawl")["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
passed()

# All of it goes with its stack.
bucket = boto3.resource("s3").Bucket("flows-lake")
bucket.objects.all().delete()
stacks.delete_stack(StackName="flows")
stacks.get_waiter("stack_delete_complete").wait(StackName="flows", WaiterConfig={"Delay": 1})
assert glue.list_workflows()["Workflows"] == [] and glue.list_triggers()["TriggerNames"] == []
passed()

print(f"{PASSED} passed")
