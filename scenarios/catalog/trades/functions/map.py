"""Sums a batch of changes of state by place in the hierarchy, and writes the sums as one item."""
import hashlib
import os
from decimal import Decimal

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["DELTA_TABLE"])
CAREFUL = os.environ["CAREFUL"] == "yes"


def place(image):
    return "::".join(image[level]["S"] for level in ("risk_type", "region", "desk"))


def deltas_of(records):
    """What each trade is now, less what it was."""
    deltas = {}
    for record in records:
        for name, sign in (("OldImage", -1), ("NewImage", 1)):
            image = record["dynamodb"].get(name)
            if image:
                delta = deltas.setdefault(place(image), {"amount": Decimal(0), "trades": 0})
                delta["amount"] += sign * Decimal(image["value"]["N"])
                delta["trades"] += sign
    return {node: delta for node, delta in sorted(deltas.items()) if delta["amount"] or delta["trades"]}


def batch_of(records):
    """A name for a batch, the same whenever the batch comes again."""
    numbers = "".join(record["dynamodb"]["SequenceNumber"] + "\n" for record in records)
    return hashlib.sha256(numbers.encode()).hexdigest()[:32]


def map_trades(event, context):
    batch = batch_of(event["Records"]) if CAREFUL else context.aws_request_id
    request = {"Item": {"batch_id": batch, "deltas": deltas_of(event["Records"])}}
    if CAREFUL:
        request["ConditionExpression"] = "attribute_not_exists(batch_id)"
    try:
        TABLE.put_item(**request)
    except TABLE.meta.client.exceptions.ConditionalCheckFailedException:
        print(f"batch {batch} is mapped already")
    return {"batch": batch}
