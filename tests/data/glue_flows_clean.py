"""The job of the Glue flows lab: all that has come in becomes one object of clean rows. It tells the run what it did."""

import json
import sys

import boto3
from awsglue.utils import getResolvedOptions

given = getResolvedOptions(sys.argv, ["bucket", "WORKFLOW_NAME", "WORKFLOW_RUN_ID"])
s3, glue = boto3.client("s3"), boto3.client("glue")
rows = []
for found in s3.list_objects_v2(Bucket=given["bucket"], Prefix="incoming/").get("Contents", []):
    body = s3.get_object(Bucket=given["bucket"], Key=found["Key"])["Body"].read()
    rows += [json.loads(line) for line in body.splitlines()]
lines = "".join(json.dumps({"user": row["user"], "price": float(row["price"])}) + "\n" for row in rows)
s3.put_object(Bucket=given["bucket"], Key="clean/rows.json", Body=lines)
run = {"Name": given["WORKFLOW_NAME"], "RunId": given["WORKFLOW_RUN_ID"]}
glue.put_workflow_run_properties(**run, RunProperties={"rows": str(len(rows))})
