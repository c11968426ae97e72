//! What is read, and what is refused with its place.

use super::*;

mod wrong;

#[test]
fn every_bundled_scenario_can_be_read() {
    for name in NAMES {
        let scenario = Scenario::open(name).unwrap();
        assert!(!scenario.checks.is_empty(), "{name} checks nothing");
    }
}

#[test]
fn a_wrong_key_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let text = bundled("event-revenue").unwrap()["scenario.toml"].replace("rows    =", "rowz    =");
    std::fs::write(folder.path().join("scenario.toml"), text).unwrap();
    let error = Scenario::open(&folder.path().to_string_lossy()).unwrap_err();
    let ScenarioError::Form { line, column, cause, .. } = error else { panic!("{error}") };
    assert!(line > 1 && column == 1, "{line}:{column}");
    assert!(cause.contains("rowz"), "{cause}");
}

#[test]
fn a_ledger_that_makes_no_sense_is_refused_with_what_to_do() {
    let head = "summary = \"s\"\ntemplate = \"t.yaml\"\n[input]\nfile = \"a.csv\"\nto = \"s3://b/k\"\n";
    let check = |rest: &str, cause: &str| {
        let files = ["t.yaml", "a.csv"].map(|name| (name.to_owned(), String::new()));
        let text = format!("{head}{rest}");
        let files = files.into_iter().chain([("scenario.toml".to_owned(), text)]).collect();
        let refused = Scenario::parse("s", files).map(|_| ()).map_err(|error| error.to_string());
        match cause {
            "" => assert_eq!(refused, Ok(()), "{rest}"),
            _ => assert!(refused.as_ref().is_err_and(|error| error.contains(cause)), "{refused:?}"),
        }
    };
    let ledger = "[ledger]\nidentity = \"id\"\n";
    let edge = "[[edge]]\nname = \"end\"\nat = \"s3://b/\"\n";
    let ends = "ends = \"delivered\"\n";
    check(&format!("{ledger}{edge}{ends}"), "");
    check("", "say where records end");
    check(&format!("{edge}{ends}"), "needs a [ledger]");
    check(&format!("{ledger}{edge}"), "a record must end somewhere");
    check(&format!("{ledger}{edge}ends = \"lost\"\n"), "s/scenario.toml:11:8");
    let order = "[[check]]\norder = { edge = \"ends\", key = \"id\" }\n";
    check(&format!("{ledger}{edge}{ends}{order}"), "did you mean `end`?");
    check("[output]\ndata = \"s3://b/\"\nidentity = \"id\"\n", "a file needs a [ledger]");
}

#[test]
fn a_missing_file_and_an_unknown_name_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = &bundled("event-revenue").unwrap()["scenario.toml"];
    std::fs::write(folder.path().join("scenario.toml"), text).unwrap();
    let error = Scenario::open(&folder.path().to_string_lossy()).unwrap_err().to_string();
    let place = "scenario.toml:4:12: the folder has no file `template.yaml`\nhint: put it into the folder";
    assert!(error.ends_with(place), "{error}");
    let error = Scenario::open("event-revenu").unwrap_err().to_string();
    assert!(error.contains("did you mean `event-revenue`?"), "{error}");
}

#[test]
fn a_stack_s_name_is_the_folder_s_as_cloudformation_takes_it() {
    let check = |folder: &str, stack: &str| {
        let bundled = Scenario::open("trades").expect("a bundled scenario");
        assert_eq!(Scenario { name: folder.to_owned(), ..bundled }.stack_name(), stack, "{folder}");
    };
    check("event-revenue", "event-revenue");
    check("my_pipeline.v2", "my-pipeline-v2");
    check(".hidden", "hidden");
    check("2026 orders", "scenario-2026-orders");
    check("đơn-hàng", "n-h-ng");
    check("___", "scenario-");
    check(&"x".repeat(300), &"x".repeat(128));
}
