//! MWAA with the genuine SDK: an environment, its DAG, a run by hand, its log. Where Airflow is missing: how that is said.

use wavetank_emulator::executors::airflow::find_airflow;
use wavetank_tests::served::{Served, python_has, skips};

const CREATE: &str = r#"
import boto3, json, sys
from botocore.config import Config
boto3.client("s3").create_bucket(Bucket="dags-here")
boto3.client("s3").put_object(Bucket="dags-here", Key="dags/hello.py", Body=sys.argv[1].encode())
mwaa = boto3.client("mwaa", config=Config(inject_host_prefix=False, read_timeout=120))
try:
    mwaa.create_environment(
        Name="shop", ExecutionRoleArn="arn:aws:iam::000000000000:role/airflow", SourceBucketArn="arn:aws:s3:::dags-here",
        DagS3Path="dags", NetworkConfiguration={"SubnetIds": ["subnet-1a", "subnet-1b"], "SecurityGroupIds": ["sg-1"]},
        AirflowConfigurationOptions={"core.dags_are_paused_at_creation": "False"})
    print("created")
except mwaa.exceptions.ValidationException as error:
    print(error)
"#;

const HELLO: &str = r#"
import boto3, pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

def greet(dag_run):
    print("hello", dag_run.conf["whom"])
    boto3.client("s3").put_object(Bucket="dags-here", Key="out/hello", Body=dag_run.conf["whom"].encode())

with DAG("hello", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")) as dag:
    PythonOperator(task_id="greet", python_callable=greet)
"#;

const TRIGGER: &str = r#"
import boto3, time
from botocore.config import Config
mwaa = boto3.client("mwaa", config=Config(inject_host_prefix=False, read_timeout=120))
ask = lambda **said: mwaa.invoke_rest_api(Name="shop", **said)["RestApiResponse"]
while mwaa.get_environment(Name="shop")["Environment"]["Status"] != "AVAILABLE":
    time.sleep(0.5)
ask(Method="POST", Path="/dags/hello/dagRuns", Body={"dag_run_id": "one", "conf": {"whom": "Lan"}})
while ask(Method="GET", Path="/dags/hello/dagRuns/one")["state"] in ("queued", "running"):
    time.sleep(0.5)
print(ask(Method="GET", Path="/dags/hello/dagRuns/one")["state"])
print(boto3.client("s3").get_object(Bucket="dags-here", Key="out/hello")["Body"].read().decode())
"#;

fn python(served: &Served, script: &str, arguments: &[&str]) -> String {
    let output = served.command("python3").arg("-c").arg(script).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out.trim().to_owned()
}

#[test]
fn the_sdk_runs_a_dag_by_hand_or_is_told_how_to_install_airflow() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let served = Served::start();
    let answer = python(&served, CREATE, &[HELLO]);
    if let Err(missing) = find_airflow() {
        eprintln!("SKIPPED the run: {missing}");
        assert!(answer.contains("hint:") && answer.contains("apache-airflow"), "{answer}");
        return;
    }
    assert_eq!(answer, "created");
    assert_eq!(python(&served, TRIGGER, &[]), "success\nLan");
}
