"""Keeps the newest version of each trade. What is not kept is told in the log, by message and sequence number."""
import base64
import json
import os
from decimal import Decimal

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["STATE_TABLE"])
CAREFUL = os.environ["CAREFUL"] == "yes"
AS_TEXT = ("trade_id", "risk_type", "region", "desk")
AS_NUMBERS = ("version", "message_id")


def item_of(message, sequence):
    item = {name: message[name] for name in AS_TEXT + AS_NUMBERS}
    return {**item, "sequence": sequence, "value": Decimal(message["value"])}


def superseded(message_id, sequence):
    print(f"superseded message {message_id} at {sequence}")


def keep_newest_trade(event, context):
    kept = 0
    for record in event["Records"]:
        sequence = record["kinesis"]["sequenceNumber"]
        message = json.loads(base64.b64decode(record["kinesis"]["data"]))
        request = {"Item": item_of(message, sequence), "ReturnValues": "ALL_OLD"}
        if CAREFUL:
            request["ConditionExpression"] = "attribute_not_exists(trade_id) OR version < :version"
            request["ExpressionAttributeValues"] = {":version": message["version"]}
        try:
            old = TABLE.put_item(**request).get("Attributes")
        except TABLE.meta.client.exceptions.ConditionalCheckFailedException:
            key = {"trade_id": message["trade_id"]}
            found = TABLE.get_item(Key=key, ConsistentRead=True)["Item"]
            # What this very record has written before, in a run that failed afterwards, is no other version.
            if found["sequence"] != sequence:
                superseded(message["message_id"], sequence)
            continue
        kept += 1
        if old and old["sequence"] != sequence:
            superseded(old["message_id"], old["sequence"])
    return {"kept": kept}
