"""Joins device events with the list of tracks, and writes Parquet. An event whose track is not in the list is dropped."""
import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import col

args = getResolvedOptions(sys.argv, ["JOB_NAME", "raw_path", "tracks_path", "output_path"])
spark = GlueContext(SparkContext()).spark_session

events = spark.read.option("recursiveFileLookup", "true").json(args["raw_path"])
tracks = spark.read.json(args["tracks_path"]).withColumn("track_id", col("track_id").cast("int"))
joined = events.withColumn("track_id", col("track_id").cast("int")).join(tracks, "track_id", "inner")
joined.select(
    "uuid",
    "device_ts",
    col("device_id").cast("int"),
    col("device_temp").cast("int"),
    "activity_type",
    "track_id",
    "track_name",
    "artist_name",
).coalesce(1).write.mode("overwrite").parquet(args["output_path"])
