"""Recommends other products of the same sub-category to whoever looks at one."""
import base64
import csv
import io
import json
import os

import boto3

TABLE = os.environ["TABLE"]
MISTAKE = os.environ.get("MISTAKE", "none")
RECOMMENDED = 5
GROUPS = {}


def products_of(text):
    """Id and sub-category of each product. The columns before the name have no commas, whatever the name has."""
    rows = csv.reader(io.StringIO(text))
    next(rows, None)
    return [(int(row[0]), row[3].strip()) for row in rows if len(row) > 9 and row[0].isdigit() and int(row[0]) > 0]


def groups_of(products):
    """Each product's sub-category, as the list of its products' ids in order."""
    by_name = {}
    for product, name in products:
        if name not in ("", "NA"):
            by_name.setdefault(name, set()).add(product)
    return {product: sorted(ids) for ids in by_name.values() for product in ids}


def recommend(groups, user, product):
    """Five others, from place (31 * user + product) mod count on, around the end."""
    group = groups.get(product, [])
    if MISTAKE == "recommender-modulo-five" and group:
        1 % (len(group) % RECOMMENDED)
    others = [other for other in group if other != product]
    first = (31 * user + product) % len(others) if others else 0
    return (others[first:] + others[:first])[:RECOMMENDED]


def looks_of(records):
    """The products that each user looked at, in order."""
    for record in records:
        try:
            click = json.loads(base64.b64decode(record["kinesis"]["data"]))
            user, product = int(click["user_id"]), click.get("product_id")
        except (ValueError, KeyError, TypeError):
            print(f"no click at {record['kinesis']['sequenceNumber']}")
            continue
        if product is not None:
            yield user, int(product)


def recommend_products(event, context):
    if not GROUPS:
        bucket, key = os.environ["CATALOGUE"].removeprefix("s3://").split("/", 1)
        body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        GROUPS.update(groups_of(products_of(body.decode())))
    # Only the last look of a batch counts: what is put later replaces what is put before.
    found = {user: recommend(GROUPS, user, product) for user, product in looks_of(event["Records"])}
    found = {user: ids for user, ids in sorted(found.items()) if ids}
    with boto3.resource("dynamodb").Table(TABLE).batch_writer() as table:
        for user, ids in found.items():
            table.put_item(Item={"user_id": user, "recommended_products": ids})
    return {"users": len(found)}
