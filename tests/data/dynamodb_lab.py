"""DynamoDB, walked with boto3 against a served tank: client, resource, conditions, waiters, paginators, batch_writer,
streams. Each step asserts; the last line says how many passed."""

import io
import json
import os
import time
import urllib.request
import zipfile
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError, WaiterError

SOON = {"Delay": 1, "MaxAttempts": 60}
CLIENT = boto3.client("dynamodb")
RESOURCE = boto3.resource("dynamodb")


def advance(by):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/_wavetank/clock/advance",
        data=json.dumps({"by": by}).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request).read()


def refusal(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("it was not refused")


def waiters_see_a_table_come_and_go():
    CLIENT.create_table(
        TableName="fleeting",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    advance("1m")
    CLIENT.get_waiter("table_exists").wait(TableName="fleeting", WaiterConfig=SOON)
    CLIENT.delete_table(TableName="fleeting")
    advance("1m")
    CLIENT.get_waiter("table_not_exists").wait(TableName="fleeting", WaiterConfig=SOON)
    try:
        CLIENT.get_waiter("table_exists").wait(TableName="fleeting", WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    except WaiterError:
        return
    raise AssertionError("the waiter saw a table that is gone")


def a_resource_makes_a_table_and_keeps_every_type():
    table = RESOURCE.create_table(
        TableName="orders",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        AttributeDefinitions=[
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "state", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "customer", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-state",
                "KeySchema": [
                    {"AttributeName": "customer", "KeyType": "HASH"},
                    {"AttributeName": "state", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    advance("1m")
    table.reload()
    assert table.table_status == "ACTIVE" and table.provisioned_throughput["ReadCapacityUnits"] == 5
    item = {
        "customer": "types",
        "number": Decimal("1"),
        "text": "tiếng Việt",
        "decimal": Decimal("-0.12345678901234567890123456789012345678"),
        "bytes": Binary(b"\x00\xff"),
        "texts": {"a", "b"},
        "numbers": {Decimal("1"), Decimal("2.5")},
        "map": {"list": [None, True, {"deep": Decimal("3")}], "empty": ""},
    }
    table.put_item(Item=item)
    assert table.get_item(Key={"customer": "types", "number": 1}, ConsistentRead=True)["Item"] == item
    table.delete_item(Key={"customer": "types", "number": 1})


def batch_writer_and_paginators_see_everything_once():
    table = RESOURCE.Table("orders")
    with table.batch_writer(overwrite_by_pkeys=["customer", "number"]) as batch:
        for number in range(230):
            state = "open" if number % 4 == 0 else "done"
            batch.put_item(Item={"customer": f"c{number % 2}", "number": number, "state": state, "amount": number * 10})
        batch.put_item(Item={"customer": "c0", "number": 0, "state": "open", "amount": 0})
    for size in (1, 17, 100):
        pages = CLIENT.get_paginator("scan").paginate(TableName="orders", PaginationConfig={"PageSize": size})
        numbers = [int(item["number"]["N"]) for page in pages for item in page["Items"]]
        assert sorted(numbers) == list(range(230)), size
    listed = CLIENT.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    assert "orders" in [name for page in listed for name in page["TableNames"]]


def conditions_are_written_as_python():
    table = RESOURCE.Table("orders")
    found = table.query(
        KeyConditionExpression=Key("customer").eq("c0") & Key("number").between(10, 40),
        FilterExpression=Attr("state").eq("open") & Attr("amount").gt(150) & ~Attr("gone").exists(),
        ProjectionExpression="#n, amount",
        ExpressionAttributeNames={"#n": "number"},
        ScanIndexForward=False,
    )
    assert [int(item["number"]) for item in found["Items"]] == [40, 36, 32, 28, 24, 20, 16]
    assert set(found["Items"][0]) == {"number", "amount"} and found["ScannedCount"] == 16
    by_state = table.query(
        IndexName="by-state",
        KeyConditionExpression=Key("customer").eq("c0") & Key("state").begins_with("op"),
        Select="COUNT",
    )
    assert by_state["Count"] == 58
    scanned = table.scan(FilterExpression=Attr("amount").is_in([10, 20, 30]) | Attr("number").eq(200))
    assert sorted(int(item["number"]) for item in scanned["Items"]) == [1, 2, 3, 200]
    code, message = refusal(
        table.put_item,
        Item={"customer": "c0", "number": 2},
        ConditionExpression=Attr("customer").not_exists(),
    )
    assert (code, message) == ("ConditionalCheckFailedException", "The conditional request failed")
    answer = table.update_item(
        Key={"customer": "c0", "number": 2},
        UpdateExpression="SET amount = amount + :by ADD seen :by",
        ConditionExpression=Attr("amount").lt(100) & Attr("state").size().gte(4),
        ExpressionAttributeValues={":by": 5},
        ReturnValues="UPDATED_NEW",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Attributes"] == {"amount": 25, "seen": 5}
    assert answer["ConsumedCapacity"] == {"TableName": "orders", "CapacityUnits": 2.0}


def transactions_and_statements_are_whole():
    put = lambda number: {
        "Put": {
            "TableName": "orders",
            "Item": {"customer": {"S": "t"}, "number": {"N": str(number)}},
            "ConditionExpression": "attribute_not_exists(customer)",
        }
    }
    CLIENT.transact_write_items(TransactItems=[put(1), put(2)])
    try:
        CLIENT.transact_write_items(TransactItems=[put(3), put(1)])
        raise AssertionError("it was not cancelled")
    except CLIENT.exceptions.TransactionCanceledException as cancelled:
        reasons = [reason["Code"] for reason in cancelled.response["CancellationReasons"]]
        assert reasons == ["None", "ConditionalCheckFailed"], cancelled.response
    found = CLIENT.execute_statement(Statement="SELECT number FROM orders WHERE customer = ?", Parameters=[{"S": "t"}])
    assert [item["number"]["N"] for item in found["Items"]] == ["1", "2"]
    CLIENT.execute_statement(Statement="DELETE FROM orders WHERE customer = 't' AND number = 1")
    answers = CLIENT.batch_execute_statement(
        Statements=[
            {"Statement": "SELECT * FROM orders WHERE customer = 't' AND number = 1"},
            {"Statement": "SELECT * FROM orders WHERE customer = 't' AND number = 2"},
        ]
    )["Responses"]
    assert "Item" not in answers[0] and answers[1]["Item"]["number"] == {"N": "2"}


def what_old_code_sends_is_understood():
    CLIENT.update_item(
        TableName="orders",
        Key={"customer": {"S": "old"}, "number": {"N": "1"}},
        AttributeUpdates={"amount": {"Value": {"N": "3"}, "Action": "ADD"}},
        Expected={"customer": {"Exists": False}},
    )
    found = CLIENT.query(
        TableName="orders",
        KeyConditions={"customer": {"AttributeValueList": [{"S": "old"}], "ComparisonOperator": "EQ"}},
        AttributesToGet=["amount"],
    )
    assert found["Items"] == [{"amount": {"N": "3"}}]


def a_stream_tells_what_changed():
    streams = boto3.client("dynamodbstreams")
    arn = streams.list_streams(TableName="orders")["Streams"][0]["StreamArn"]
    described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert described["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    names = []
    for shard in described["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            names += [record["eventName"] for record in page["Records"]]
            iterator = page.get("NextShardIterator") if page["Records"] else None
    assert names.count("INSERT") >= 233 and "MODIFY" in names and "REMOVE" in names, names


FUNCTION = '''
import boto3
def handler(event, context):
    table = boto3.resource("dynamodb").Table("seen")
    for record in event["Records"]:
        keys = record["dynamodb"]["Keys"]
        table.update_item(
            Key={"id": keys["customer"]["S"]},
            UpdateExpression="ADD changes :one",
            ExpressionAttributeValues={":one": 1},
        )
'''


def a_function_on_the_stream_writes_to_another_table():
    RESOURCE.create_table(
        TableName="seen",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", FUNCTION)
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName="see",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/see",
        Timeout=60,
        Code={"ZipFile": code.getvalue()},
    )
    advance("1m")
    arn = CLIENT.describe_table(TableName="orders")["Table"]["LatestStreamArn"]
    functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="see", StartingPosition="LATEST", BatchSize=100
    )
    advance("2m")
    table, seen = RESOURCE.Table("orders"), RESOURCE.Table("seen")
    for number in range(3):
        table.put_item(Item={"customer": "watched", "number": number})
    changes = 0
    for _ in range(60):
        advance("5s")
        changes = seen.get_item(Key={"id": "watched"}).get("Item", {}).get("changes", 0)
        if changes == 3:
            return
        time.sleep(0.2)
    raise AssertionError(f"the function saw {changes} of 3 changes")


STEPS = [
    waiters_see_a_table_come_and_go,
    a_resource_makes_a_table_and_keeps_every_type,
    batch_writer_and_paginators_see_everything_once,
    conditions_are_written_as_python,
    transactions_and_statements_are_whole,
    what_old_code_sends_is_understood,
    a_stream_tells_what_changed,
    a_function_on_the_stream_writes_to_another_table,
]

for step in STEPS:
    step()
    print("ok", step.__name__)
print(f"{len(STEPS)} passed")
