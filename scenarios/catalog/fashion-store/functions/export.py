"""Writes yesterday's orders and snapshots of users and products from the database to the landing zone, as CSV."""
import csv
import datetime
import io
import os

import boto3

ZONE = datetime.timezone(datetime.timedelta(hours=7))


def rows_of(parts):
    """The header and the data rows of CSV files with one header."""
    header, rows = [], []
    for part in parts:
        lines = csv.reader(io.StringIO(part, newline=""))
        header = next(lines, header)
        rows.extend(lines)
    return header, rows


def text_of(header, rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header] + rows if header else rows)
    return out.getvalue()


def export(day, users, products, orders, order_details):
    """The files of a day by key: what is not of the day is left out."""
    header, rows = rows_of(orders)
    rows = [row for row in rows if row[2].startswith(day)]
    ids = {row[0] for row in rows}
    detail_header, details = rows_of(order_details)
    details = [row for row in details if row[0] in ids]
    folder = day.replace("-", "/")
    return {
        f"users/{folder}/users.csv": users,
        f"products/{folder}/products.csv": products,
        f"orders/{folder}/orders.csv": text_of(header, rows),
        f"order_details/{folder}/order_details.csv": text_of(detail_header, details),
    }


def place(name):
    bucket, prefix = os.environ[name].removeprefix("s3://").split("/", 1)
    return bucket, prefix


def export_day(event, context):
    yesterday = datetime.datetime.now(ZONE).date() - datetime.timedelta(days=1)
    day = event.get("day") or yesterday.isoformat()
    s3 = boto3.client("s3")
    bucket, prefix = place("DATABASE")

    def read(key):
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def parts(table):
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{prefix}{table}/{day.replace('-', '/')}/"
        )
        return [read(found["Key"]) for page in pages for found in page.get("Contents", [])]

    users, products = read(f"{prefix}users/users.csv"), read(f"{prefix}products/products.csv")
    landing, below = place("LANDING")
    for key, text in export(day, users, products, parts("orders"), parts("order_details")).items():
        s3.put_object(Bucket=landing, Key=below + key, Body=text.encode(), ContentType="text/csv")
    print(f"exported {day}")
    return {"day": day}
