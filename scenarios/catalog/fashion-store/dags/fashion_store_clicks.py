"""Every five minutes: how many click files have landed, so that a stream that has gone quiet is seen the same hour."""

import pendulum
from airflow import DAG
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    # Airflow 2 has it itself.
    from airflow.operators.python import PythonOperator


def count_landed(data_interval_end, bucket):
    """Lists the landing folder of the interval's hour, in the store's zone."""
    s3 = S3Hook()
    hour = data_interval_end.in_timezone("Asia/Ho_Chi_Minh")
    prefix = hour.strftime("clickstreams/%Y/%m/%d/%H/")
    found = s3.list_keys(bucket_name=bucket or f"fashion-store-landing-{s3.account_id}", prefix=prefix) or []
    print(f"{len(found)} files under {prefix}")
    return len(found)


with DAG(
    "fashion_store_clicks",
    description="Counts the click files that have landed this hour",
    schedule="*/5 * * * *",
    # When the store opens.
    start_date=pendulum.datetime(2026, 1, 6, tz="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    tags=["fashion-store"],
) as dag:
    PythonOperator(
        task_id="count_landed",
        python_callable=count_landed,
        op_kwargs={"bucket": "{{ var.value.get('landing_bucket', '') }}"},
    )
