"""Records what Spark makes of casts.csv with the workshop's casts: one line a row, columns joined by `|`.

pip install pyspark==3.3.4 (Java 17), then: TZ=UTC python record.py casts.csv casts.out
NULL is null, floats are their bits in hexadecimal, dates are days and times microseconds since 1970-01-01.
"""

import struct
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, expr, when

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)


def cast(name, kind):
    return col(name).cast(kind).alias(name)


def shown(value):
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return struct.pack(">f", value).hex()
    return str(value)


rows = spark.read.csv(sys.argv[1], header=True).select(
    cast("event_id", "bigint"),
    "event_name",
    "event_type",
    expr("datediff(cast(event_date as date), date'1970-01-01')"),
    "city",
    "country",
    "organizer",
    cast("participant_count", "int"),
    cast("ticket_revenue", "float"),
    "currency",
    "sales_channel",
    expr("unix_micros(cast(created_at as timestamp))"),
    expr("unix_micros(cast(updated_at as timestamp))"),
)
revenue = col("ticket_revenue")
paid = revenue.isNotNull() & (revenue > 0)
rows = rows.withColumn("status", when(paid, "completed").otherwise("cancelled"))
with open(sys.argv[2], "w", encoding="utf-8") as out:
    for row in rows.collect():
        out.write("|".join(shown(value) for value in row) + "\n")
