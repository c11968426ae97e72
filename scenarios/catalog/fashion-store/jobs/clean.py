"""Cleans a day of the landing zone into typed Parquet, and says why for every line that it refuses.

Runs as a Glue job of Python shell, with pyarrow (library-set=analytics). A tank runs the native script of the same rules
in its place.

Arguments: --landing_path, --clean_path, --rejects_path (each s3://bucket/prefix/), --mistake (none), and --day yyyy-MM-dd where
it is not yesterday in Ha Noi.
"""
import csv
import datetime
import io
import json
import re
import sys
from decimal import Decimal

ZONE = datetime.timezone(datetime.timedelta(hours=7))
EVENT_TYPES = ("page_view", "add_to_cart", "product_view")
COLUMNS = {
    "users": "id:key username:text first_name:text last_name:text email:text phone:text address:text sex:text birthdate:day",
    "products": "id:key gender:text master_category:text sub_category:text article_type:text base_colour:text season:text "
    "year:whole usage:text product_display_name:text price:price",
    "orders": "id:key user_id:key order_date:time total_price:price",
    "order_details": "order_id:key product_id:key quantity:whole unit_price:price",
    "clickstreams": "event_id:key user_id:key event_time:time event_type:text product_id:key",
}
SNAPSHOTS = ("users", "products")
WHOLE = re.compile(r"(\d+)(\.0)?", re.ASCII)
PRICE = re.compile(r"\d{1,16}(\.\d*)?", re.ASCII)
TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Refused(Exception):
    """A line that is not delivered: the reason and the value."""


def columns_of(table):
    return [tuple(column.split(":")) for column in COLUMNS[table].split()]


def time_of(text):
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise Refused("bad-time", str(text))
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise Refused("bad-time", text) from None


def day_of(text):
    try:
        return datetime.date.fromisoformat(text) if DAY.fullmatch(text) else time_of(text)
    except ValueError:
        raise Refused("bad-time", text) from None


def price_of(text, mistake):
    if mistake == "price-as-integer":
        return Decimal(text) if re.fullmatch(r"-?\d+", text) else None
    if not text:
        return None
    if not PRICE.fullmatch(text) or -Decimal(text).normalize().as_tuple().exponent > 2:
        raise Refused("bad-value", text)
    return Decimal(text).quantize(Decimal("0.01"))


def value_of(kind, text, mistake):
    if kind == "key":
        found = WHOLE.fullmatch(text)
        if not found or int(found[1]) < 1:
            raise Refused("bad-key", text)
        return int(found[1])
    if kind == "time":
        return time_of(text)
    if kind == "price":
        return price_of(text, mistake)
    if not text:
        return None
    if kind == "whole":
        found = WHOLE.fullmatch(text)
        if not found:
            raise Refused("bad-value", text)
        return int(found[1])
    return day_of(text) if kind == "day" else text


def product_fields(fields, has_price):
    """A catalogue's row as its columns: the name is what stands between the first nine and the price."""
    columns = 11 if has_price else 10
    while len(fields) > columns and not fields[-1].strip():
        fields = fields[:-1]
    if len(fields) < columns:
        raise Refused("too-few-fields", f"{len(fields)} of {columns}")
    end = len(fields) - has_price
    name = ",".join(fields[9:end]).strip()
    known = ["" if field.strip() == "NA" else field.strip() for field in fields[:9]]
    return known + [name, fields[end].strip() if has_price else ""]


def clean_table(table, text, mistake="none"):
    """The rows of a CSV file that are delivered, and the lines that are not."""
    rows, rejected = [], []
    lines = csv.reader(io.StringIO(text, newline=""))
    header = next(lines, [])
    columns = columns_of(table)
    for number, fields in enumerate((line for line in lines if line), 1):
        try:
            if table == "products":
                fields = product_fields(fields, len(header) == 11)
            if len(fields) < len(columns):
                raise Refused("too-few-fields", f"{len(fields)} of {len(columns)}")
            rows.append([value_of(kind, field, mistake) for (_, kind), field in zip(columns, fields)])
        except Refused as refused:
            reason, detail = refused.args
            rejected.append({"line": number, "reason": reason, "detail": detail})
    return rows, rejected


def click_of(line):
    """The columns of a click; refuses what is none."""
    try:
        click = json.loads(line)
        event_id, user, kind = click["event_id"], click["user_id"], click["event_type"]
        at, product = click["timestamp"], click.get("product_id")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("not-a-click", "") from None
    numbers = [event_id, user] + ([] if product is None else [product])
    if not all(type(number) is int for number in numbers) or not isinstance(kind, str) or not isinstance(at, str):
        raise Refused("not-a-click", "")
    at = time_of(at)
    if kind not in EVENT_TYPES:
        raise Refused("unknown-event-type", kind, event_id)
    if (product is None) != (kind == "page_view"):
        raise Refused("product-mismatch", kind, event_id)
    if event_id < 1 or user < 1:
        raise Refused("bad-key", str(min(user, event_id)), event_id)
    return [event_id, user, at, kind, product]


def clean_clicks(objects, mistake="none"):
    """The clicks of a day's objects by local day, each once, and the lines that are refused."""
    days, seen, rejected = {}, set(), []
    for name, text in objects:
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                if mistake == "trailing-newline":
                    json.loads(line)
                continue
            try:
                click = click_of(line)
                if click[0] in seen:
                    raise Refused("duplicate-click", str(click[0]), click[0])
                seen.add(click[0])
                days.setdefault(click[2].date(), []).append(click)
            except Refused as refused:
                reason, detail, *event = refused.args
                found = {"object": name, "line": number, "reason": reason, "detail": detail, "raw": line[:1024]}
                rejected.append({**found, "event_id": event[0]} if event else found)
    return days, rejected


def hours(mistake="none"):
    return range(1, 25) if mistake == "hour-zero" else range(24)


def parquet_of(table, rows):
    import pyarrow
    import pyarrow.parquet

    kinds = {
        "key": pyarrow.int64(),
        "whole": pyarrow.int32(),
        "text": pyarrow.string(),
        "day": pyarrow.date32(),
        "time": pyarrow.timestamp("us"),
        "price": pyarrow.decimal128(18, 2),
    }
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns_of(table)])
    columns = [pyarrow.array(column, field.type) for column, field in zip(zip(*rows), schema)]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema), out, compression="snappy")
    return out.getvalue()


class Zone:
    """A place in S3."""

    def __init__(self, s3, uri):
        self.s3 = s3
        self.bucket, self.prefix = uri.removeprefix("s3://").split("/", 1)

    def keys(self, below):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + below)
        return [found["Key"][len(self.prefix) :] for page in pages for found in page.get("Contents", [])]

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read().decode("utf-8", "replace")

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=body)

    def delete(self, key):
        self.s3.delete_object(Bucket=self.bucket, Key=self.prefix + key)


def refuse(rejects, table, day, rejected):
    key = f"{table}/{day:%Y/%m/%d}/from-{day:%Y%m%d}.ndjson"
    if rejected:
        rejects.put(key, "".join(json.dumps(found) + "\n" for found in rejected).encode())
    else:
        rejects.delete(key)


def run_table(zones, table, day, mistake, today, name):
    landing, clean, rejects = zones
    of = today if mistake == "export-yesterday" else day
    source = f"{table}/{of:%Y/%m/%d}/{table}.csv"
    if not landing.keys(source):
        print(f"{table}: nothing at {source}")
        return
    rows, rejected = clean_table(table, landing.read(source), mistake)
    print(f"{table}: {len(rows)} rows, {len(rejected)} refused")
    refuse(rejects, table, day, rejected)
    folder = f"{table}/{of:%Y/%m/%d}/"
    replaces = table in SNAPSHOTS and mistake not in ("products-doubled", "job-appends")
    others = clean.keys(f"{table}/") if replaces else []
    if any(key > folder + "~" for key in others):
        return
    if rows:
        clean.put(folder + name, parquet_of(table, rows))
    for key in others:
        if key != folder + name:
            clean.delete(key)


def main():
    import boto3
    from awsglue.utils import getResolvedOptions

    names = ["landing_path", "clean_path", "rejects_path", "mistake"]
    given = getResolvedOptions(sys.argv, names + (["day"] if "--day" in sys.argv else []))
    today = datetime.datetime.now(ZONE).date()
    day = today - datetime.timedelta(days=1)
    if "day" in given:
        day = datetime.date.fromisoformat(given["day"])
    s3, mistake = boto3.client("s3"), given["mistake"]
    zones = [Zone(s3, given[name]) for name in names[:3]]
    landing, clean, rejects = zones
    run = datetime.datetime.now(ZONE).strftime("%Y%m%d%H%M%S")
    name = f"part-{run}.parquet" if mistake == "job-appends" else f"from-{day:%Y%m%d}.parquet"
    for table in ("users", "products", "orders", "order_details"):
        run_table(zones, table, day, mistake, today, name)
    objects = (
        (key, landing.read(key))
        for hour in hours(mistake)
        for key in landing.keys(f"clickstreams/{day:%Y/%m/%d}/{hour:02}/")
    )
    days, rejected = clean_clicks(objects, mistake)
    refuse(rejects, "clickstreams", day, rejected)
    for of, rows in sorted(days.items()):
        clean.put(f"clickstreams/{of:%Y/%m/%d}/{name}", parquet_of("clickstreams", rows))


if __name__ == "__main__":
    main()
