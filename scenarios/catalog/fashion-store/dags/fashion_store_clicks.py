"""Every five minutes: how many click files have landed, so that a stream that has gone quiet is seen the same hour."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.hooks.s3 import S3Hook


def count_landed(data_interval_end, ti, bucket):
    """Lists the landing folder of the interval's hour, in the store's zone."""
    hour = data_interval_end.in_timezone("Asia/Ho_Chi_Minh")
    prefix = hour.strftime("clickstreams/%Y/%m/%d/%H/")
    found = S3Hook().list_keys(bucket_name=bucket, prefix=prefix) or []
    print("%d files under %s" % (len(found), prefix))
    return len(found)


with DAG(
    "fashion_store_clicks",
    description="Counts the click files that have landed this hour",
    schedule="*/5 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    tags=["fashion-store"],
) as dag:
    PythonOperator(
        task_id="count_landed",
        python_callable=count_landed,
        op_kwargs={"bucket": "{{ var.value.get('landing_bucket', 'fashion-store-landing-000000000000') }}"},
    )
