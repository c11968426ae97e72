//! DAGs on real Airflow: when they run, on which interval, and what comes of it.

use super::*;

const DAILY: &str = r#"
import time
from datetime import timedelta
import boto3, pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

def export(ti, ds):
    print("export of", ds)
    if ti.try_number < 2:
        raise ValueError("the database was away")
    return ds

def clean(ti):
    time.sleep(900)
    boto3.client("sqs").send_message(QueueUrl="http://h/000000000000/told", MessageBody=ti.xcom_pull("export"))

with DAG("daily", schedule="1 0 * * *", start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Ho_Chi_Minh"), catchup=False,
         default_args={"retries": 1, "retry_delay": timedelta(minutes=5)}) as dag:
    PythonOperator(task_id="export", python_callable=export) >> PythonOperator(task_id="clean", python_callable=clean)
"#;

const OFTEN: &str = r#"
import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("often", schedule="*/5 * * * *", start_date=pendulum.datetime(2026, 1, 5, 16, 45, tz="UTC"),
         end_date=pendulum.datetime(2026, 1, 5, 17, 20, tz="UTC"), catchup=True, max_active_runs=1) as dag:
    PythonOperator(task_id="look", python_callable=lambda data_interval_end: print("looked at", data_interval_end))
"#;

const BAD: &str = "from airflow import DAG\n\nimport nothing_of_this_name\n";

/// The daily run begins at its time in its zone, tries its first task again after five minutes of tank time, sleeps a quarter of
/// an hour of it, and calls the tank; the other DAG's runs come on time meanwhile.
#[tokio::test]
async fn a_dag_runs_at_its_next_time_and_waits_in_tank_time() {
    let Some(rig) = Rig::with_dags(&[("daily.py", DAILY), ("shop/often.py", OFTEN), ("bad.py", BAD)]) else {
        return;
    };
    rig.ask_of("sqs", "CreateQueue", json!({ "QueueName": "told" })).await.unwrap();
    rig.create().await;
    let listed = rig.get("/dags").await;
    assert_eq!(listed["total_entries"], 2, "{listed}");
    assert_eq!(listed["dags"][0]["next_dagrun"], "2026-01-04T17:01:00+00:00", "{listed}");

    rig.until("2026-01-05T17:30:00+00:00").await;
    // Without catch-up the last interval that was over when the environment came is run all the same.
    assert_eq!(
        rig.runs("daily").await,
        [
            "scheduled__2026-01-03T17:01:00+00:00 success 2026-01-05T00:00:05+00:00",
            "scheduled__2026-01-04T17:01:00+00:00 success 2026-01-05T17:01:00+00:00"
        ]
    );
    let run = rig.get("/dags/daily/dagRuns/scheduled__2026-01-04T17:01:00+00:00").await;
    assert_eq!(run["end_date"], "2026-01-05T17:21:06.010000+00:00", "{run}");
    let often = rig.runs("often").await;
    let expected = |minute: u32| {
        format!("scheduled__2026-01-05T16:{minute}:00+00:00 success 2026-01-05T16:{}:00+00:00", minute + 5)
    };
    assert_eq!(often[..2], [expected(45), expected(50)], "{often:?}");
    assert!(often.len() >= 7 && often.iter().all(|run| run.contains(" success ")), "{often:?}");

    let told = json!({ "QueueUrl": "http://h/000000000000/told", "MaxNumberOfMessages": 10 });
    let told = rig.ask_of("sqs", "ReceiveMessage", told).await.unwrap();
    assert_eq!(told["Messages"].as_array().map_or(0, Vec::len), 2, "{told}");

    let log = rig.log("Task").await;
    let tries = log.iter().filter(|line| *line == "export of 2026-01-04").count();
    assert_eq!(tries, 2, "{log:#?}");
    assert!(log.iter().any(|line| line.contains("the database was away")), "{log:#?}");

    let errors = rig.get("/importErrors").await;
    assert_eq!(errors["import_errors"][0]["line"], 3, "{errors}");
    let log = rig.log("DAGProcessing").await;
    let said = "Failed to import bad.py:3: ModuleNotFoundError: No module named 'nothing_of_this_name'";
    assert!(log.iter().any(|line| line == said), "{log:#?}");
    let refusal = rig.rest("POST", "/dags/bad/dagRuns", json!({})).await.unwrap_err();
    assert!(refusal.contains("RestApiClientException") && refusal.contains("bad.py:3: "), "{refusal}");
}

const BY_HAND: &str = r#"
import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

def work(dag_run):
    if dag_run.conf.get("fail"):
        raise ValueError("asked to fail")
    print("given", dag_run.conf["n"])

with DAG("by_hand", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False,
         is_paused_upon_creation=True) as dag:
    PythonOperator(task_id="work", python_callable=work, depends_on_past=True)
"#;

#[tokio::test]
async fn a_run_by_hand_waits_for_its_dag_and_for_its_own_past() {
    let Some(rig) = Rig::with_dags(&[]) else { return };
    rig.create().await;
    rig.upload("by_hand.py", BY_HAND);
    let trigger = |n: u32| json!({ "dag_run_id": format!("r{n}"), "conf": { "n": n, "fail": n == 2 } });
    // What was uploaded a moment ago is found.
    rig.rest("POST", "/dags/by_hand/dagRuns", trigger(1)).await.unwrap();
    rig.tank.advance(Duration::from_secs(60)).await;
    assert_eq!(rig.runs("by_hand").await, ["r1 queued -"]);
    rig.rest("PATCH", "/dags/by_hand", json!({ "is_paused": false })).await.unwrap();
    assert!(rig.tank.settle(Duration::from_secs(600)).await);
    let state = |runs: Vec<String>| {
        runs.iter().map(|run| run.split(' ').nth(1).unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    let (run, log) = (rig.get("/dags/by_hand/dagRuns/r1").await, rig.log("Task").await);
    assert_eq!(state(rig.runs("by_hand").await), ["success"], "{run} {log:#?}");
    let tasks = rig.get("/dags/by_hand/dagRuns/r1/taskInstances").await;
    let task = &tasks["task_instances"][0];
    assert_eq!((&task["state"], &task["try_number"]), (&json!("success"), &json!(1)), "{tasks}");
    for n in [2, 3] {
        rig.rest("POST", "/dags/by_hand/dagRuns", trigger(n)).await.unwrap();
        assert!(rig.tank.settle(Duration::from_secs(600)).await);
        rig.tank.advance(Duration::from_secs(60)).await;
    }
    assert_eq!(state(rig.runs("by_hand").await), ["success", "failed", "failed"]);
    let third = rig.get("/dags/by_hand/dagRuns/r3").await;
    assert!(third["note"].as_str().unwrap_or_default().contains("depends_on_past"), "{third}");
    let asked = json!({ "dag_ids": ["by_hand"], "state": ["failed"] });
    let failed = rig.rest("POST", "/dags/~/dagRuns/~/taskInstances/list", asked).await.unwrap();
    assert_eq!(
        (&failed["total_entries"], &failed["task_instances"][0]["dag_run_id"]),
        (&json!(1), &json!("r2"))
    );
    let again = rig.rest("POST", "/dags/by_hand/dagRuns", trigger(3)).await.unwrap_err();
    assert!(again.contains("already exists"), "{again}");

    rig.done("DeleteEnvironment", json!({ "Name": "shop" })).await;
    rig.tank.advance(Duration::from_secs(3)).await;
    assert!(rig.ask("GetEnvironment", json!({ "Name": "shop" })).await.is_err());
}

const STACK: &str = "
Resources:
  Dags: {Type: AWS::S3::Bucket, Properties: {BucketName: stack-dags}}
  Airflow:
    Type: AWS::MWAA::Environment
    Properties:
      Name: shop
      SourceBucketArn: !GetAtt Dags.Arn
      DagS3Path: dags
      ExecutionRoleArn: arn:aws:iam::000000000000:role/airflow
      NetworkConfiguration: {SubnetIds: [subnet-1a, subnet-1b], SecurityGroupIds: [sg-1]}
      EnvironmentClass: <mw1.small|mw1.large>
      Tags: {team: <shop|store>}
Outputs:
  Web: {Value: !GetAtt Airflow.WebserverUrl}
";

#[tokio::test]
async fn a_stack_makes_changes_and_removes_an_environment() {
    let Some(rig) = Rig::with_dags(&[]) else { return };
    let text = |second: bool| {
        let pick = |word: &str| word.split('|').nth(usize::from(second)).unwrap_or(word).to_owned();
        let mut parts = STACK.split(['<', '>']).enumerate();
        parts
            .by_ref()
            .map(|(n, part)| if n % 2 == 1 { pick(part) } else { part.to_owned() })
            .collect::<String>()
    };
    let stack = |second: bool| json!({ "StackName": "s", "TemplateBody": text(second) });
    rig.ask_of("cloudformation", "CreateStack", stack(false)).await.unwrap();
    rig.tank.settle(Duration::from_secs(600)).await;
    let shown = rig.done("GetEnvironment", json!({ "Name": "shop" })).await;
    assert_eq!(
        (&shown["Environment"]["Status"], &shown["Environment"]["EnvironmentClass"]),
        (&json!("AVAILABLE"), &json!("mw1.small"))
    );
    rig.ask_of("cloudformation", "UpdateStack", stack(true)).await.unwrap();
    rig.tank.settle(Duration::from_secs(600)).await;
    let shown = rig.done("GetEnvironment", json!({ "Name": "shop" })).await;
    assert_eq!(
        (&shown["Environment"]["EnvironmentClass"], &shown["Environment"]["Tags"]["team"]),
        (&json!("mw1.large"), &json!("store"))
    );
    rig.ask_of("cloudformation", "DeleteStack", json!({ "StackName": "s" })).await.unwrap();
    rig.tank.settle(Duration::from_secs(600)).await;
    assert_eq!(rig.done("ListEnvironments", json!({})).await["Environments"], json!([]));
}
