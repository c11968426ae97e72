"""RDS, Secrets Manager and the Data API as boto3 sees them, step by step."""

import json
import os
import subprocess
import time

import boto3

rds = boto3.client("rds")
secrets = boto3.client("secretsmanager")
data = boto3.client("rds-data")


def wait(name, status):
    for _ in range(200):
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        if found["DBInstanceStatus"] == status:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{name} never became {status}: {rds.describe_events(Duration=60)['Events']}")


versions = rds.describe_db_engine_versions(Engine="postgres", DefaultOnly=True)["DBEngineVersions"]
assert versions[0]["Engine"] == "postgres", versions
login = secrets.create_secret(
    Name="shop/login", SecretString=json.dumps({"username": "store", "password": "correct-horse"})
)
made = rds.create_db_instance(
    DBInstanceIdentifier="shop", Engine="postgres", EngineVersion=versions[0]["EngineVersion"],
    DBInstanceClass="db.t3.micro", AllocatedStorage=20, MasterUsername="store", MasterUserPassword="correct-horse",
    DBName="fashion", Tags=[{"Key": "team", "Value": "shop"}],
)["DBInstance"]
assert made["DBInstanceStatus"] == "creating", made
shop = wait("shop", "available")
assert shop["EngineVersion"] == versions[0]["EngineVersion"], shop

common = {"resourceArn": shop["DBInstanceArn"], "secretArn": login["ARN"]}


def sql(text, **more):
    return data.execute_statement(**common, sql=text, **more)


sql("CREATE TABLE orders (id int PRIMARY KEY, placed timestamptz DEFAULT now())")
transaction = data.begin_transaction(**common)["transactionId"]
data.batch_execute_statement(
    **common, sql="INSERT INTO orders (id) VALUES (:id)", transactionId=transaction,
    parameterSets=[[{"name": "id", "value": {"longValue": id}}] for id in range(3)],
)
assert data.commit_transaction(**common, transactionId=transaction)["transactionStatus"] == "Transaction Committed"
assert sql("SELECT count(*) FROM orders")["records"] == [[{"longValue": 3}]]
try:
    sql("SELEC 1")
    raise AssertionError("it is refused")
except data.exceptions.DatabaseErrorException as error:
    assert 'syntax error at or near "SELEC"; Position: 1; SQLState: 42601' in str(error), error

rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="evening")
for _ in range(200):
    if rds.describe_db_snapshots(DBSnapshotIdentifier="evening")["DBSnapshots"][0]["Status"] == "available":
        break
    time.sleep(0.1)
sql("DELETE FROM orders")
rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="again", DBSnapshotIdentifier="evening")
again = wait("again", "available")
found = data.execute_statement(
    resourceArn=again["DBInstanceArn"], secretArn=login["ARN"], sql="SELECT id FROM orders ORDER BY id",
    formatRecordsAs="JSON",
)
assert json.loads(found["formattedRecords"]) == [{"id": 0}, {"id": 1}, {"id": 2}], found

try:
    out = subprocess.run(
        ["psql", "-h", again["Endpoint"]["Address"], "-p", str(again["Endpoint"]["Port"]), "-U", "store", "-d", "fashion",
         "-Atc", "SELECT count(*) FROM orders"],
        env={**os.environ, "PGPASSWORD": "correct-horse"}, capture_output=True, text=True, check=True,
    )
    assert out.stdout.strip() == "3", out
except FileNotFoundError:
    print("SKIPPED: psql is not on PATH")

for name in ["shop", "again"]:
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
for _ in range(200):
    if not rds.describe_db_instances()["DBInstances"]:
        break
    time.sleep(0.1)
assert not rds.describe_db_instances()["DBInstances"]
print("all passed")
