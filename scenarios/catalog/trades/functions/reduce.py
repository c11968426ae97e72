"""Adds a batch of deltas to the aggregates of every level of the hierarchy."""
import hashlib
import os
import time
from decimal import Decimal

import boto3

CLIENT = boto3.client("dynamodb")
TABLE = os.environ["AGGREGATE_TABLE"]
CAREFUL = os.environ["CAREFUL"] == "yes"
MARK_SECONDS = 86_400


def levels(node):
    parts = node.split("::")
    return ["::".join(parts[: depth + 1]) for depth in range(len(parts))]


def sums_of(records):
    sums = {}
    for record in records:
        if record["eventName"] != "INSERT":
            continue
        for node, delta in record["dynamodb"]["NewImage"]["deltas"]["M"].items():
            for above in levels(node):
                total = sums.setdefault(above, {"amount": Decimal(0), "trades": 0})
                total["amount"] += Decimal(delta["M"]["amount"]["N"])
                total["trades"] += int(delta["M"]["trades"]["N"])
    return {node: total for node, total in sorted(sums.items()) if total["amount"] or total["trades"]}


def update_of(node, total):
    return {
        "TableName": TABLE,
        "Key": {"node": {"S": node}},
        "UpdateExpression": "SET #level = :level ADD amount :amount, trades :trades",
        "ExpressionAttributeNames": {"#level": "level"},
        "ExpressionAttributeValues": {
            ":level": {"N": str(len(levels(node)))},
            ":amount": {"N": str(total["amount"])},
            ":trades": {"N": str(total["trades"])},
        },
    }


def reduce_trades(event, context):
    numbers = "".join(record["dynamodb"]["SequenceNumber"] + "\n" for record in event["Records"])
    batch = hashlib.sha256(numbers.encode()).hexdigest()[:32]
    updates = [update_of(node, total) for node, total in sums_of(event["Records"]).items()]
    if not CAREFUL:
        for update in updates:
            CLIENT.update_item(**update)
        return {"batch": batch}
    item = {"node": {"S": f"batch#{batch}"}, "gone_at": {"N": str(int(time.time()) + MARK_SECONDS)}}
    mark = {"TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(node)"}
    try:
        CLIENT.transact_write_items(TransactItems=[{"Put": mark}] + [{"Update": update} for update in updates])
    except CLIENT.exceptions.TransactionCanceledException as cancelled:
        # Only the mark has a condition.
        if "ConditionalCheckFailed" not in str(cancelled):
            raise
        print(f"batch {batch} is reduced already")
    return {"batch": batch}
