//! Crawlers and jobs in a whole tank: executors, S3 and logs are the real ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use expect_test::{Expect, expect};
use wavetank_wire::WireError;
use wavetank_wire::glue::*;

use super::text;
use crate::executors::{NativeContext, NativeScript, ScriptError};
use crate::services::s3::Command;
use crate::{Scope, Tank};

const CSV: &str = "event_id,event_name\n1001,Dev Camp\n1002,Meetup\n";

type Arguments = BTreeMap<String, String>;

fn copies(context: &NativeContext, arguments: &Arguments) -> Result<(), ScriptError> {
    let body = context.get_object("raw", "in/events.csv")?;
    context.put_object("processed", "transformed/2024/part-0.csv", body.clone(), "text/csv");
    context.put_object("processed", "transformed/2025/part-0.csv", body, "text/csv");
    context.log(format!("copied {} bytes", arguments.len()));
    Ok(())
}

fn panics(context: &NativeContext, _: &Arguments) -> Result<(), ScriptError> {
    context.put_object("processed", "x", Bytes::new(), "text/csv");
    context.log("about to panic");
    panic!("no such column")
}

fn misses(context: &NativeContext, _: &Arguments) -> Result<(), ScriptError> {
    context.put_object("processed", "x", Bytes::new(), "text/csv");
    context.put_object("nowhere", "x", Bytes::new(), "text/csv");
    Ok(())
}

struct Script<F>(F);

impl<F> NativeScript for Script<F>
where
    F: Fn(&NativeContext, &Arguments) -> Result<(), ScriptError> + Send + Sync,
{
    fn run(&self, context: &NativeContext, arguments: &Arguments) -> Result<(), ScriptError> {
        (self.0)(context, arguments)
    }
}

fn s3(tank: &Tank, command: Command) {
    let answer: Result<_, WireError> =
        tank.s3(&Scope::default(), "", "Test", |s3, cx| s3.perform(cx, command.clone()));
    answer.expect("S3 takes it");
}

fn tank(script: &str) -> Tank {
    let tank = Tank::builder()
        .script("copies", Arc::new(Script(copies)))
        .script("panics", Arc::new(Script(panics)))
        .script("misses", Arc::new(Script(misses)))
        .build();
    for bucket in ["raw", "processed"] {
        s3(&tank, Command::CreateBucket { bucket: bucket.to_owned() });
    }
    for (key, body) in [("in/events.csv", CSV), ("script.py", script)] {
        let (bucket, key, body) = ("raw".to_owned(), key.to_owned(), Bytes::from(body.to_owned()));
        s3(&tank, Command::PutObject { bucket, key, body, content_type: "text/plain".to_owned() });
    }
    tank
}

/// Runs a job once and answers how it ended, with the lines of both log groups.
async fn run(tank: &Tank, command: &str, native: Option<&str>) -> String {
    let scope = Scope::default();
    let mut arguments = BTreeMap::from([("--input_path".to_owned(), "s3://raw/in".to_owned())]);
    arguments.extend(native.map(|name| ("--wavetank-native".to_owned(), name.to_owned())));
    let input = CreateJobInput {
        name: "clean".to_owned(),
        role: "arn:aws:iam::000000000000:role/glue".to_owned(),
        command: JobCommand {
            name: text(command),
            script_location: text("s3://raw/script.py"),
            ..JobCommand::default()
        },
        default_arguments: Some(arguments),
        timeout: Some(1),
        ..CreateJobInput::default()
    };
    tank.request::<CreateJob>(&scope, input).await.expect("new");
    let input = StartJobRunInput { job_name: "clean".to_owned(), ..Default::default() };
    let id = tank.request::<StartJobRun>(&scope, input).await.expect("started").job_run_id.expect("named");
    tank.settle(Duration::from_secs(300)).await;
    let input = GetJobRunInput { job_name: "clean".to_owned(), run_id: id.clone(), ..Default::default() };
    let run = tank.request::<GetJobRun>(&scope, input).await.expect("known").job_run.expect("found");
    let mut seen = format!("{} {:?}\n", run.job_run_state.unwrap_or_default(), run.error_message);
    for which in ["output", "error"] {
        use wavetank_wire::logs::{GetLogEvents, GetLogEventsInput};
        let group = format!("{}/{which}", run.log_group_name.clone().unwrap_or_default());
        let input = GetLogEventsInput {
            log_group_name: Some(group),
            log_stream_name: id.clone(),
            start_from_head: Some(true),
            ..GetLogEventsInput::default()
        };
        let events = tank.request::<GetLogEvents>(&scope, input).await.ok().and_then(|output| output.events);
        for event in events.unwrap_or_default() {
            seen.push_str(&format!("{which}: {}\n", event.message.unwrap_or_default()));
        }
    }
    seen
}

async fn check(script: &str, command: &str, native: Option<&str>, expected: Expect) {
    let tank = tank(script);
    let mut seen = run(&tank, command, native).await;
    let stored = tank.with_world(|world| world.s3_ref().any_bucket("processed").is_some());
    assert!(stored);
    let door = crate::executors::Door::new(tank.clone(), Scope::default());
    for object in door.list_objects("processed", "").expect("the bucket is there") {
        seen.push_str(&format!("stored {}\n", object.key));
    }
    expected.assert_eq(&seen);
}

#[tokio::test]
async fn what_a_rust_script_stages_is_stored_when_it_has_succeeded() {
    check(
        "",
        "glueetl",
        Some("copies"),
        expect![[r#"
            SUCCEEDED None
            output: copied 2 bytes
            stored transformed/2024/part-0.csv
            stored transformed/2025/part-0.csv
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_rust_script_that_panics_or_misses_a_bucket_stores_nothing() {
    check(
        "",
        "glueetl",
        Some("panics"),
        expect![[r#"
            FAILED Some("Script panicked: no such column")
            output: about to panic
            error: Script panicked: no such column
        "#]],
    )
    .await;
    check(
        "",
        "glueetl",
        Some("misses"),
        expect![[r#"
            FAILED Some("s3://nowhere: The specified bucket does not exist")
            error: s3://nowhere: The specified bucket does not exist
        "#]],
    )
    .await;
    check(
        "",
        "glueetl",
        Some("unheard"),
        expect![[r#"
            FAILED Some("No Rust script is registered under the name `unheard`. hint: register it with TankBuilder::script, or correct --wavetank-native.")
            error: No Rust script is registered under the name `unheard`. hint: register it with TankBuilder::script, or correct --wavetank-native.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_spark_script_without_a_native_name_fails_and_says_why() {
    check(
        "print(1)",
        "glueetl",
        None,
        expect![[r#"
            FAILED Some("No Spark engine is configured, so `s3://raw/script.py` was not run. hint: give the job the argument --wavetank-native with the name of a Rust script.")
            error: No Spark engine is configured, so `s3://raw/script.py` was not run. hint: give the job the argument --wavetank-native with the name of a Rust script.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_python_shell_script_runs_with_its_arguments_and_nothing_else() {
    let script = "import os, sys\n\
        from awsglue.utils import getResolvedOptions\n\
        print(getResolvedOptions(sys.argv, ['input_path'])['input_path'])\n\
        print(os.environ['AWS_REGION'], os.environ['AWS_ACCESS_KEY_ID'], 'CARGO' in os.environ)\n";
    check(
        script,
        "pythonshell",
        None,
        expect![[r#"
            SUCCEEDED None
            output: s3://raw/in
            output: us-east-1 000000000000 False
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_python_shell_script_that_fails_gives_its_last_line() {
    check(
        "print('begun')\nraise ValueError('no such column')\n",
        "pythonshell",
        None,
        expect![[r#"
            FAILED Some("ValueError: no such column")
            output: begun
            error: Traceback (most recent call last):
            error:   File "/tmp/script.py", line 2, in <module>
            error:     raise ValueError('no such column')
            error: ValueError: no such column
        "#]],
    )
    .await;
    check(
        "import sys\nsys.exit(3)\n",
        "pythonshell",
        None,
        expect![[r#"
            FAILED Some("Command failed with exit code 3")
            error: Command failed with exit code 3
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_python_shell_script_has_the_tanks_clock_and_its_sleeps_cost_tank_time_alone() {
    let tank = tank(
        "import datetime, time\n\
         print(datetime.date.today())\n\
         time.sleep(40)\n\
         print((datetime.datetime.now() - datetime.datetime(2026, 1, 5)).total_seconds() > 40)\n",
    );
    let before = tank.now();
    let seen = run(&tank, "pythonshell", None).await;
    assert_eq!(seen, "SUCCEEDED None\noutput: 2026-01-05\noutput: True\n");
    assert!(tank.now().since(before) >= Duration::from_secs(40));
    let slept_too_long = "import time\ntime.sleep(600)\n";
    check(
        slept_too_long,
        "pythonshell",
        None,
        expect![[r#"
        TIMEOUT Some("Job run timed out")
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_job_and_then_a_crawler_make_a_table_named_after_the_folder() {
    let tank = tank("");
    let scope = Scope::default();
    run(&tank, "glueetl", Some("copies")).await;
    let s3targets = Some(vec![S3Target { path: text("s3://processed/transformed/"), ..S3Target::default() }]);
    let input = CreateCrawlerInput {
        name: "events".to_owned(),
        role: "crawler".to_owned(),
        database_name: text("event_db"),
        targets: CrawlerTargets { s3targets, ..CrawlerTargets::default() },
        ..CreateCrawlerInput::default()
    };
    tank.request::<CreateCrawler>(&scope, input).await.expect("new");
    tank.request::<StartCrawler>(&scope, StartCrawlerInput { name: "events".to_owned() })
        .await
        .expect("rests");
    assert!(tank.settle(Duration::from_secs(60)).await);
    let (database_name, table_name) = ("event_db".to_owned(), "transformed".to_owned());
    let input = GetPartitionsInput {
        database_name,
        table_name,
        expression: text("partition_0 > '2024'"),
        ..GetPartitionsInput::default()
    };
    let found =
        tank.request::<GetPartitions>(&scope, input).await.expect("crawled").partitions.unwrap_or_default();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].values, Some(vec!["2025".to_owned()]));
}

#[tokio::test]
async fn a_python_shell_script_whose_run_is_stopped_is_killed() {
    let tank = tank("import threading\nprint('begun')\nthreading.Event().wait(600)\n");
    let stopper = tank.clone();
    let stop = async move {
        let scope = Scope::default();
        loop {
            tokio::task::yield_now().await;
            let input = GetJobRunsInput { job_name: "clean".to_owned(), ..Default::default() };
            let runs =
                stopper.request::<GetJobRuns>(&scope, input).await.ok().and_then(|output| output.job_runs);
            let running = runs
                .unwrap_or_default()
                .into_iter()
                .find(|run| run.job_run_state.as_deref() == Some("RUNNING"));
            if let Some(run) = running {
                let ids = vec![run.id.unwrap_or_default()];
                let input = BatchStopJobRunInput { job_name: "clean".to_owned(), job_run_ids: ids };
                stopper.request::<BatchStopJobRun>(&scope, input).await.expect("it runs");
                return;
            }
        }
    };
    let (seen, ()) = tokio::join!(run(&tank, "pythonshell", None), stop);
    assert_eq!(seen, "STOPPED None\n");
}
