"""Writes yesterday's orders and snapshots of users and products from the database to the landing zone, as CSV."""
import csv
import datetime
import io
import os

import boto3

ZONE = datetime.timezone(datetime.timedelta(hours=7))
PAGE_ROWS = 1000
# Of each table: header, what is selected, from where, its key, and whether only a day's rows are read.
TABLES = {
    "users": (
        "id,username,first_name,last_name,email,phone,address,sex,birthdate",
        "t.id::text, username, first_name, last_name, email, phone, address, sex, birthdate::text",
        "users t", ["t.id"], False,
    ),
    "products": (
        "id,gender,master_category,sub_category,article_type,base_colour,season,year,usage,product_display_name,price",
        "t.id::text, gender, master_category, sub_category, article_type, base_colour, season, year, usage, "
        "product_display_name, price::text",
        "products t", ["t.id"], False,
    ),
    "orders": (
        "id,user_id,order_date,total_price",
        "o.id::text, o.user_id::text, to_char(o.order_date, 'YYYY-MM-DD HH24:MI:SS'), o.total_price::text",
        "orders o", ["o.id"], True,
    ),
    "order_details": (
        "order_id,product_id,quantity,unit_price",
        "d.order_id::text, d.product_id::text, d.quantity::text, d.unit_price::text",
        "order_details d JOIN orders o ON o.id = d.order_id", ["d.order_id", "d.product_id"], True,
    ),
}


def page_of(table):
    """The statement for the rows behind :key0, :key1."""
    _, select, source, key, is_of_day = TABLES[table]
    of_day = " AND o.order_date >= CAST(:day AS date) AND o.order_date < CAST(:day AS date) + 1" if is_of_day else ""
    columns, names = ", ".join(key), ", ".join(f":key{at}" for at in range(len(key)))
    return f"SELECT {select} FROM {source} WHERE ({columns}) > ({names}){of_day} ORDER BY {columns} LIMIT {PAGE_ROWS}"


def table_of(select, table, day):
    """A table as CSV, a page at a time."""
    header, _, _, key, is_of_day = TABLES[table]
    rows, after = [], [0] * len(key)
    while True:
        values = [{"name": f"key{at}", "value": {"longValue": value}} for at, value in enumerate(after)]
        if is_of_day:
            values.append({"name": "day", "value": {"stringValue": day}})
        page = [[cell.get("stringValue", "") for cell in row] for row in select(page_of(table), values)]
        rows += page
        if len(page) < PAGE_ROWS:
            return text_of(header.split(","), rows)
        after = [int(value) for value in page[-1][: len(key)]]


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


def of_database(day):
    """Users, products, and the day's orders and details, through the Data API."""
    client, arn, secret = boto3.client("rds-data"), os.environ["DATABASE"], os.environ["SECRET"]

    def select(sql, values):
        return client.execute_statement(resourceArn=arn, secretArn=secret, sql=sql, parameters=values)["records"]

    users, products, orders, details = (table_of(select, table, day) for table in TABLES)
    return users, products, [orders], [details]


def of_files(s3, day):
    """The same from files in a bucket."""
    bucket, prefix = place("DATABASE")

    def read(key):
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def parts(table):
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{prefix}{table}/{day.replace('-', '/')}/"
        )
        return [read(found["Key"]) for page in pages for found in page.get("Contents", [])]

    users, products = read(f"{prefix}users/users.csv"), read(f"{prefix}products/products.csv")
    return users, products, parts("orders"), parts("order_details")


def export_day(event, context):
    yesterday = datetime.datetime.now(ZONE).date() - datetime.timedelta(days=1)
    day = event.get("day") or yesterday.isoformat()
    s3 = boto3.client("s3")
    landing, below = place("LANDING")
    tables = of_database(day) if os.environ["DATABASE"].startswith("arn:") else of_files(s3, day)
    for key, text in export(day, *tables).items():
        s3.put_object(Bucket=landing, Key=below + key, Body=text.encode(), ContentType="text/csv")
    print(f"exported {day}")
    return {"day": day}
