//! `wavetank run --target aws`, `wavetank diff --b aws` and `wavetank sweep` as a shell sees them, with a served tank in AWS's place by
//! `AWS_ENDPOINT_URL`.
//!
//! Whatever becomes of a run, the tank is empty afterwards, but for what was there before; and what is refused has made nothing.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

#[path = "aws/account.rs"]
mod account;

use std::path::Path;

use serde_json::{Value, json};

use account::{ACCOUNT, Account, REGION, Ran, python_has};

const RUN: [&str; 6] = ["--target", "aws", "--account", ACCOUNT, "--budget", "5"];
const CONSENT: [&str; 4] = ["--account", ACCOUNT, "--budget", "5"];

fn args<'a>(scenario: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", scenario][..], &RUN, more].concat()
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(ran.err.contains(word), "no `{word}` in {ran:?}");
    }
}

#[test]
fn a_run_says_what_it_will_make_and_leaves_nothing_behind() {
    let account = Account::start();
    let ran = account.wavetank(&args("data-lake-iot", &["--rows", "60"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("PASS") && ran.out.contains("--target aws --account 000000000000"), "{ran:?}");
    says(
        &ran,
        &["stack      wavetank-data-lake-iot-", "1 AWS::KinesisFirehose::DeliveryStream", "crawler_dpu_hour"],
    );
    says(
        &ran,
        &["this is not AWS", "waiting for a crawl by data-lake-iot-raw, at most 60 min", "nothing is left"],
    );
    assert_eq!(account.holds(), Vec::<String>::new(), "{ran:?}");
    assert_eq!(account.journals(), 0);
    assert!(account.calls().iter().any(|call| call == "cloudformation CreateStack"));
}

#[test]
fn logs_of_functions_go_too() {
    if !python_has("boto3") {
        return;
    }
    let account = Account::start();
    let ran = account.wavetank(&args("trades", &["--rows", "100"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    says(
        &ran,
        &["removing log group /aws/lambda/trades-state", "waiting for 10 min to pass", "nothing is left"],
    );
    assert_eq!(account.holds(), Vec::<String>::new(), "{ran:?}");
}

#[test]
fn a_plan_makes_nothing() {
    let account = Account::start();
    let ran = account.wavetank(&["run", "table-design", "--target", "aws", "--account", ACCOUNT, "--plan"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("1 AWS::DynamoDB::Table") && ran.out.contains("needs --budget"), "{ran:?}");
    let ran = account.wavetank(&args("table-design", &["--plan", "--json"]));
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&plan["account"], &plan["budget_usd"]), (&json!(ACCOUNT), &json!(5.0)));
    assert_eq!(plan["tags"]["wavetank:scenario"], "table-design");
    account.assert_only_asked();
    assert_eq!(account.journals(), 0);
}

#[test]
fn what_is_refused_has_made_nothing() {
    let account = Account::start();
    let check = |args: &[&str], vars: &[(&str, &str)], code: i32, words: &[&str]| {
        let ran =
            account.wavetank_with(&[&["run", "table-design", "--target", "aws"][..], args].concat(), vars);
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
        says(&ran, words);
        says(&ran, &["hint:"]);
        assert_eq!(ran.out, "");
    };
    let both = ["--account", ACCOUNT, "--budget", "5"];
    check(&[], &[], 2, &["--account", "nothing was created"]);
    check(&["--budget", "5"], &[], 2, &["--account"]);
    check(&both[..2], &[], 2, &["--budget"]);
    check(
        &["--account", "111111111111", "--budget", "5"],
        &[],
        2,
        &["of account 000000000000, not of 111111111111"],
    );
    check(
        &["--account", ACCOUNT, "--budget", "0.000001"],
        &[],
        2,
        &["budget is 0.00 USD", "nothing was created"],
    );
    let down = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
    check(&both, &down, 3, &["nothing answers at http://127.0.0.1:9"]);
    let real = [("AWS_ACCESS_KEY_ID", "AKIAQWERTYUIOPASDFGH")];
    check(&both, &real, 3, &["InvalidClientTokenId"]);
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    check(&both, &none, 3, &["no AWS credentials"]);
    let s3 = [("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")];
    check(&both, &s3, 3, &["AWS_ENDPOINT_URL_S3"]);
    let aws = [("AWS_ENDPOINT_URL", "")];
    check(&[&both[..], &["--region", "cn-north-1"]].concat(), &aws, 2, &["aws-cn"]);
    check(&[&both[..], &["--s3", "http://127.0.0.1:9"]].concat(), &[], 2, &["--s3 is not of --target aws"]);
    let ran = account.wavetank(&["run", "table-design", "--budget", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    says(&ran, &["--budget is of --target aws alone"]);
    account.assert_only_asked();
    assert_eq!(account.holds(), Vec::<String>::new());
    assert_eq!(account.journals(), 0);
}

#[test]
fn what_was_there_before_stays_and_the_failed_stack_goes() {
    let account = Account::start();
    account.put_object("data-lake-iot-000000000000", "theirs", "kept");
    let ran = account.wavetank(&args("data-lake-iot", &["--rows", "60"]));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    says(&ran, &["ROLLBACK_COMPLETE", "data-lake-iot-000000000000", "nothing is left"]);
    assert_eq!(account.holds(), ["bucket data-lake-iot-000000000000 with 1 objects"]);
    assert_eq!(account.journals(), 0);
}

#[test]
fn what_a_template_retains_is_named_and_the_run_is_remembered() {
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/catalog/table-design");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("table-design");
    copy_folder(&catalog, &copy);
    let template = std::fs::read_to_string(copy.join("template.yaml")).unwrap();
    let of_table = "    Type: AWS::DynamoDB::Table\n";
    let retained = template.replace(of_table, &format!("{of_table}    DeletionPolicy: Retain\n"));
    assert_ne!(retained, template);
    std::fs::write(copy.join("template.yaml"), retained).unwrap();
    let account = Account::start();
    let ran = account.wavetank(&args(copy.to_str().unwrap(), &["--rows", "50"]));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("all checks hold"), "{ran:?}");
    says(&ran, &["is left:\n  AWS::DynamoDB::Table table-design\n", "hint: `wavetank sweep --run "]);
    assert_eq!(account.holds(), ["dynamodb table-design"]);
    assert_eq!(account.journals(), 1);
    account.ask("dynamodb", "DeleteTable", &json!({ "TableName": "table-design" }));
    let swept = account.wavetank(&["sweep"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    assert_eq!(account.journals(), 0);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        match path.is_dir() {
            true => copy_folder(&path, &to.join(name)),
            false => {
                std::fs::copy(&path, to.join(name)).unwrap();
            }
        }
    }
}

#[test]
fn what_is_kept_carries_the_runs_tags_and_is_swept_by_the_journal() {
    let account = Account::start();
    let ran = account.wavetank(&args("data-lake-iot", &["--rows", "60", "--keep"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let listed = account.wavetank(&["sweep", "--list"]);
    let run = listed.out.split_whitespace().next().unwrap().to_owned();
    says(&ran, &["--keep", &format!("wavetank sweep --run {run}")]);
    let stack = &account.ask("cloudformation", "DescribeStacks", &json!({}))["Stacks"][0];
    let tags = json!([
        {"Key": "wavetank:run", "Value": run},
        {"Key": "wavetank:scenario", "Value": "data-lake-iot"},
        {"Key": "wavetank:seed", "Value": "7"},
    ]);
    assert_eq!(stack["Tags"], tags);
    let arn = "arn:aws:glue:ap-southeast-1:000000000000:job/data-lake-iot-join";
    let job = account.ask("glue", "GetTags", &json!({ "ResourceArn": arn }));
    assert_eq!(job["Tags"]["wavetank:run"], run.as_str());
    let swept = account.wavetank(&["sweep"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    says(&swept, &["emptied bucket data-lake-iot-000000000000", "nothing is left"]);
    assert_eq!(account.holds(), Vec::<String>::new());
    assert_eq!(account.journals(), 0);
}

#[test]
fn a_run_whose_machine_is_gone_is_found_by_its_tags() {
    let account = Account::start();
    let ran = account.wavetank(&args("table-design", &["--rows", "50", "--keep"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    account.forget_journals();
    let by_tags = ["sweep", "--account", ACCOUNT, "--region", REGION];
    let unnamed = account.wavetank(&by_tags);
    assert_eq!(unnamed.code, Some(2), "{unnamed:?}");
    says(&unnamed, &["none was named", "--all"]);
    assert!(unnamed.out.contains("table-design"), "{unnamed:?}");
    let swept = account.wavetank(&[&by_tags[..], &["--all"]].concat());
    assert_eq!(swept.code, Some(0), "{swept:?}");
    assert_eq!(account.holds(), Vec::<String>::new());
    assert_eq!(account.journals(), 0);
}

#[test]
fn ctrl_c_in_the_middle_sweeps_and_a_second_one_says_what_is_left() {
    let account = Account::start();
    account.delay("firehose", "PutRecordBatch");
    let run = account.begin(&args("data-lake-iot", &["--rows", "60"]));
    let ran = run.after("sending records").interrupt().end();
    assert_eq!(ran.code, Some(130), "{ran:?}");
    says(&ran, &["the run was stopped", "removing stack", "nothing is left"]);
    assert_eq!(account.holds(), Vec::<String>::new(), "{ran:?}");
    assert_eq!(account.journals(), 0);

    account.delay("cloudformation", "DeleteStack");
    let run = account.begin(&args("data-lake-iot", &["--rows", "60"]));
    let ran = run.after("sending records").interrupt().after("removing stack").interrupt().end();
    assert_eq!(ran.code, Some(130), "{ran:?}");
    says(&ran, &["something is left", "stack wavetank-data-lake-iot-", "hint: `wavetank sweep --run "]);
    assert_eq!(account.journals(), 1);
    account.lift();
    let swept = account.wavetank(&["sweep"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    assert_eq!(account.holds(), Vec::<String>::new(), "{swept:?}");
    assert_eq!(account.journals(), 0);
}

#[test]
fn a_run_that_was_killed_is_swept_once_its_process_has_gone() {
    let account = Account::start();
    account.delay("firehose", "PutRecordBatch");
    let run = account.begin(&args("data-lake-iot", &["--rows", "60"])).after("sending records");
    let early = account.wavetank(&["sweep"]);
    assert_eq!(early.code, Some(0), "{early:?}");
    says(&early, &["its run is still under way"]);
    assert!(!account.holds().is_empty());
    let ran = run.kill().end();
    assert_eq!(ran.code, None, "{ran:?}");
    assert_eq!(account.journals(), 1);
    let swept = account.wavetank(&["sweep"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    says(&swept, &["nothing is left"]);
    assert_eq!(account.holds(), Vec::<String>::new(), "{swept:?}");
    assert_eq!(account.journals(), 0);
}

/// A comparison of these services with the account.
fn diff<'a>(services: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["diff", "--services", services, "--b", "aws", "--region", REGION][..], more].concat()
}

#[test]
fn a_comparison_says_what_it_will_make_and_leaves_nothing_behind() {
    let account = Account::start();
    let ran = account.wavetank(&diff("sqs,iam", &CONSENT));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains(" 0 differ, 0 missing"), "{ran:?}");
    says(&ran, &["plan of diff on aws", "AWS::SQS::Queue", "this is not AWS", "budget     5.00 USD"]);
    says(&ran, &["tags       wavetank:run=", "wavetank:scenario=diff", "sweeping run", "nothing is left"]);
    assert_eq!(account.holds(), Vec::<String>::new(), "{ran:?}");
    assert_eq!(account.journals(), 0);
    assert!(account.calls().iter().any(|call| call == "sqs CreateQueue"));
}

#[test]
fn a_comparison_that_is_planned_or_refused_makes_nothing() {
    let account = Account::start();
    let ran = account.wavetank(&diff("kinesis", &["--account", ACCOUNT, "--plan"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("3 AWS::Kinesis::Stream") && ran.out.contains("needs --budget"), "{ran:?}");
    let ran = account.wavetank(&diff("kinesis", &[&CONSENT[..], &["--plan", "--json"]].concat()));
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&plan["scenario"], &plan["account"]), (&json!("diff"), &json!(ACCOUNT)));
    let check = |more: &[&str], words: &[&str]| {
        let ran = account.wavetank(&diff("kinesis", more));
        assert_eq!(ran.code, Some(2), "{more:?}: {ran:?}");
        says(&ran, words);
        says(&ran, &["nothing was created", "hint:"]);
        assert_eq!(ran.out, "");
    };
    check(&[], &["--account 123456789012 --budget 1"]);
    check(&CONSENT[..2], &["--budget 1"]);
    check(&["--account", "111111111111", "--budget", "5"], &["of account 000000000000, not of 111111111111"]);
    check(&["--account", ACCOUNT, "--budget", "0.01"], &["budget is 0.01 USD"]);
    account.assert_only_asked();
    // What has a name of ours and was not made by us would be changed and deleted.
    account.ask("kinesis", "CreateStream", &json!({ "StreamName": "wavetank-diff-stream", "ShardCount": 1 }));
    check(&CONSENT, &["is already", "AWS::Kinesis::Stream wavetank-diff-stream"]);
    assert_eq!(account.holds(), ["kinesis wavetank-diff-stream"]);
    assert_eq!(account.journals(), 0);
}

/// A comparison that is held up once it has made its first queue.
fn held_up(account: &Account) -> account::Running {
    account.delay("sqs", "SendMessage");
    let run = account.begin(&diff("sqs", &CONSENT)).after("comparing aws with embedded");
    // To ask takes as long as a few of its calls.
    let has_begun = (0..2_000).any(|_| !account.holds().is_empty());
    assert!(has_begun, "no queue came");
    run
}

#[test]
fn a_comparison_that_is_stopped_at_once_is_swept() {
    let account = Account::start();
    let ran = held_up(&account).interrupt().after("comes to its end").interrupt().end();
    assert_eq!(ran.code, Some(130), "{ran:?}");
    says(&ran, &["the comparison was stopped", "removing AWS::SQS::Queue", "nothing is left"]);
    assert_eq!(account.holds(), Vec::<String>::new(), "{ran:?}");
    assert_eq!(account.journals(), 0);
}

#[test]
fn a_comparison_that_was_killed_has_left_tagged_things_and_its_journal_sweeps_them() {
    let account = Account::start();
    let run = held_up(&account);
    let url = account.ask("sqs", "ListQueues", &json!({}))["QueueUrls"][0].clone();
    let tags = account.ask("sqs", "ListQueueTags", &json!({ "QueueUrl": url }));
    assert_eq!(tags["Tags"]["wavetank:scenario"], "diff", "{tags}");
    let ran = run.kill().end();
    assert_eq!((ran.code, account.journals()), (None, 1), "{ran:?}");
    let again = account.wavetank(&diff("sqs", &CONSENT));
    assert_eq!(again.code, Some(2), "{again:?}");
    says(&again, &["is already", "hint: `wavetank sweep`"]);
    let swept = account.wavetank(&["sweep"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    says(&swept, &["removing AWS::SQS::Queue", "nothing is left"]);
    assert_eq!(account.holds(), Vec::<String>::new(), "{swept:?}");
    assert_eq!(account.journals(), 0);
}
