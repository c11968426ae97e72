"""The night of the fashion store: export, clean job, crawler, and a question to Athena whose answer must not be empty.

Runs at 00:01 in the store's zone for the day that has just ended, and for the same day however often it is run again. Names come
from the environment's Airflow variables, with the template's names as defaults.
"""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.amazon.aws.hooks.athena import AthenaHook
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator

try:
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
except ImportError:
    # Airflow 2 has them itself.
    from airflow.operators.python import PythonOperator
    from airflow.sensors.time_delta import TimeDeltaSensor

# The interval ends at 00:01 of the next day.
DAY = "{{ data_interval_end.in_timezone('Asia/Ho_Chi_Minh').subtract(days=1).to_date_string() }}"


def has_clicks(query):
    """Raises where the day's partition is empty: a night without a click is a night that has gone wrong."""
    rows = AthenaHook().get_query_results(query)["ResultSet"]["Rows"]
    clicks = int(rows[1]["Data"][0]["VarCharValue"])
    print(f"{clicks} clicks")
    if clicks == 0:
        raise ValueError("the day has no clicks")


with DAG(
    "fashion_store_daily",
    description="Export, clean, crawl and check the day that has just ended",
    schedule="1 0 * * *",
    # When the store opens: the first run comes when its first day is over.
    start_date=pendulum.datetime(2026, 1, 6, tz="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["fashion-store"],
) as dag:
    export = LambdaInvokeFunctionOperator(
        task_id="export",
        function_name="{{ var.value.get('export_function', 'fashion-store-export') }}",
        payload='{"day": "' + DAY + '"}',
    )
    # Ten minutes after midnight the delivery stream, which holds clicks back for five, has delivered the day's last.
    landed = TimeDeltaSensor(task_id="landed", delta=timedelta(minutes=9), mode="reschedule", poke_interval=60)
    clean = GlueJobOperator(
        task_id="clean",
        job_name="{{ var.value.get('clean_job', 'fashion-store-clean') }}",
        script_args={"--day": DAY},
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
    ask = AthenaOperator(
        task_id="ask",
        query="SELECT count(*) FROM clickstreams WHERE CAST(event_time AS date) = DATE '" + DAY + "'",
        database="{{ var.value.get('database', 'fashion_store') }}",
        workgroup="{{ var.value.get('workgroup', 'fashion-store') }}",
        sleep_time=5,
    )
    check = PythonOperator(task_id="check", python_callable=has_clicks, op_args=[ask.output])
    export >> clean
    landed >> clean >> crawl >> ask
