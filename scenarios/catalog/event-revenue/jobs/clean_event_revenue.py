"""Cleans an uploaded CSV of events into Parquet, and says why for every row that it refuses.

Runs as a Glue 4.0 Spark job. A tank runs the native script of the same rules in its place.

Arguments: --input_path s3://..., --output_path s3://.../transformed/, --rejects_path s3://.../rejected/
"""

import hashlib
import sys

from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

COLUMNS = [
    "event_id", "event_name", "event_type", "event_date", "city", "country", "organizer", "participant_count",
    "ticket_revenue", "currency", "sales_channel", "created_at", "updated_at",
]
DATE_FORMS = {
    r"^\d{4}-\d{2}-\d{2}$": "yyyy-MM-dd",
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$": "yyyy-MM-dd HH:mm:ss",
    r"^\d{4}/\d{2}/\d{2}$": "yyyy/MM/dd",
}
COUNT = r"^\d+(\.0+)?$"
MONEY = r"^\d+(\.\d{1,2}0*)?$"
TIME = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"


def date_of(column):
    """The day, in any of the three forms; null if it is in none."""
    parsed = F.lit(None).cast("date")
    for pattern, form in DATE_FORMS.items():
        parsed = F.when(column.rlike(pattern), F.to_date(column, form)).otherwise(parsed)
    return parsed


def reason_of(row):
    """Why a row is refused, by the first rule that it breaks; null if it breaks none."""
    broken = [
        (F.col("_corrupt").isNotNull(), "wrong-field-count"),
        (~F.coalesce(row.event_id.rlike(r"^\d+$"), F.lit(False)), "bad-event-id"),
        (date_of(row.event_date).isNull(), "bad-date"),
        (row.participant_count.isNotNull() & ~row.participant_count.rlike(COUNT), "bad-participant-count"),
        (row.ticket_revenue.isNotNull() & ~row.ticket_revenue.rlike(MONEY), "bad-revenue"),
        (~F.coalesce(row.created_at.rlike(TIME), F.lit(False)), "bad-created-at"),
        (~F.coalesce(row.updated_at.rlike(TIME), F.lit(False)), "bad-updated-at"),
    ]
    reason = F.lit(None).cast("string")
    for condition, code in reversed(broken):
        reason = F.when(condition, F.lit(code)).otherwise(reason)
    return reason


def main():
    options = getResolvedOptions(sys.argv, ["input_path", "output_path", "rejects_path"])
    spark = SparkSession.builder.getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    schema = T.StructType([T.StructField(name, T.StringType()) for name in [*COLUMNS, "_corrupt"]])
    raw = (
        spark.read.schema(schema)
        .option("header", True).option("multiLine", True).option("escape", '"')
        .option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", "_corrupt")
        .csv(options["input_path"])
        .withColumn("row_number", F.monotonically_increasing_id() + 1)
    )
    judged = raw.withColumn("reason", reason_of(raw))
    # The first good row of an id wins; rows refused above do not count.
    same_id = Window.partitionBy("event_id", F.col("reason").isNull()).orderBy("row_number")
    is_repeat = F.col("reason").isNull() & (F.row_number().over(same_id) > 1)
    judged = judged.withColumn("reason", F.when(is_repeat, F.lit("duplicate-event-id")).otherwise(F.col("reason")))
    revenue = F.col("ticket_revenue").cast("decimal(18,2)")
    clean = judged.where(F.col("reason").isNull()).select(
        F.col("event_id").cast("bigint").alias("event_id"),
        "event_name",
        "event_type",
        date_of(F.col("event_date")).alias("event_date"),
        "city",
        "country",
        "organizer",
        F.col("participant_count").cast("double").cast("int").alias("participant_count"),
        revenue.alias("ticket_revenue"),
        "currency",
        "sales_channel",
        F.to_timestamp("created_at", "yyyy-MM-dd HH:mm:ss").alias("created_at"),
        F.to_timestamp("updated_at", "yyyy-MM-dd HH:mm:ss").alias("updated_at"),
        F.when(revenue > 0, "completed").otherwise("cancelled").alias("status"),
    )
    # Named after the source, so that the same upload replaces its own output and never adds to it.
    tag = hashlib.sha256(options["input_path"].encode()).hexdigest()[:16]
    clean.write.mode("overwrite").parquet(f"{options['output_path']}{tag}/")
    refused = judged.where(F.col("reason").isNotNull())
    refused.select(F.lit(options["input_path"]).alias("source"), "row_number", "reason").write.mode("overwrite").json(
        f"{options['rejects_path']}{tag}/"
    )


if __name__ == "__main__":
    main()
