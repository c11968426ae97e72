"""The night of the fashion store: export, clean job, crawler, and a question to Athena whose answer must not be empty.

Runs at 00:01 in the store's zone for the day that has just ended. Names come from the environment's Airflow variables, with the
template's names as defaults.
"""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator

with DAG(
    "fashion_store_daily",
    description="Export, clean, crawl and check the day that has just ended",
    schedule="1 0 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["fashion-store"],
) as dag:
    export = LambdaInvokeFunctionOperator(
        task_id="export",
        function_name="{{ var.value.get('export_function', 'fashion-store-export') }}",
        payload="{}",
    )
    clean = GlueJobOperator(
        task_id="clean",
        job_name="{{ var.value.get('clean_job', 'fashion-store-clean') }}",
        # The job is the template's: it is started as it is, not changed.
        update_config=False,
        wait_for_completion=True,
        job_poll_interval=30,
    )
    crawl = GlueCrawlerOperator(
        task_id="crawl",
        config={"Name": "fashion-store-clean"},
        poll_interval=30,
        wait_for_completion=True,
    )
    check = AthenaOperator(
        task_id="check",
        query="SELECT count(*) FROM clickstreams",
        database="{{ var.value.get('database', 'fashion_store') }}",
        workgroup="{{ var.value.get('workgroup', 'fashion-store') }}",
        sleep_time=5,
    )
    export >> clean >> crawl >> check
