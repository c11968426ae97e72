//! What real servers answered once, and what a tank answers today.
//!
//! Recordings lie in `tests/parity/SERVICE/`, written by `wavetank diff --b SERVER --record`; those of AWS have their date. None is there
//! until somebody with an account records them: docs/diff.md says how.

use std::collections::BTreeSet;

use serde_json::json;
use wavetank::diff::recording::{self, Recorded, Recording};
use wavetank::diff::{DiffOptions, PATIENCE, Side, battery, diff};
use wavetank::stop::Stop;
use wavetank_tests::root;

/// A tank's own answers to the conversations with these services, as `--record` writes them.
async fn recorded(services: &[&str]) -> Vec<Recording> {
    let services: BTreeSet<String> = services.iter().map(|name| (*name).to_owned()).collect();
    let options = DiffOptions {
        conversations: battery::conversations(&services),
        scenario: None,
        region: "us-east-1".to_owned(),
        patience: PATIENCE,
        stop: Stop::default(),
    };
    let side = |name| Side { target: None, name, origin: "" };
    let compared = diff(side("embedded"), side("another tank"), &options).await.unwrap();
    let dated = |recording| Recording { recorded: "2026-11-29".to_owned(), ..recording };
    compared.recordings.into_iter().map(dated).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tank_answers_as_every_recorded_server_did() {
    let recordings = recording::all(&root().join("tests/parity")).unwrap();
    if recordings.is_empty() {
        eprintln!("no recordings in tests/parity: nobody has recorded AWS yet (docs/diff.md says how)");
    }
    let mut broken = Vec::new();
    for recording in &recordings {
        broken.extend(recording.replay().await.iter().map(ToString::to_string));
    }
    assert!(broken.is_empty(), "{} recordings:\n  {}", recordings.len(), broken.join("\n  "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_holds_no_ids_and_is_replayed_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let written = recorded(&["sqs", "secretsmanager"]).await;
    let sequence = regex::Regex::new(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-9a-f][0-9a-f]{3}-[89ab]").unwrap();
    for recording in &written {
        let path = recording.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let ids: Vec<&str> = sequence.find_iter(&text).map(|found| found.as_str()).collect();
        // The request tokens that the conversation itself names.
        assert!(ids.iter().all(|id| id.starts_with("00000000-0000-4000-8")), "{}: {ids:?}", recording.name);
    }
    let read = recording::all(folder.path()).unwrap();
    assert_eq!(read.len(), written.len());
    for recording in &read {
        let broken = recording.replay().await;
        assert!(broken.is_empty(), "{broken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_says_otherwise_fails_with_its_date() {
    let mut recording = recorded(&["sts"]).await.remove(0);
    for answer in &mut recording.answers {
        if let Recorded::Answer(answer) = answer
            && answer.get("error").is_some()
        {
            answer["error"]["message"] = json!("In other words.");
        }
    }
    let broken: Vec<String> = recording.replay().await.iter().map(ToString::to_string).collect();
    assert!(!broken.is_empty());
    let first = &broken[0];
    assert!(
        first.contains("error.message") && first.contains("\"In other words.\" on 2026-11-29"),
        "{first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_recording_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sqs")).unwrap();
    std::fs::write(folder.path().join("sqs/queue.json"), "{}").unwrap();
    let error = recording::all(folder.path()).unwrap_err().to_string();
    assert!(error.contains("sqs/queue.json") && error.contains("hint: "), "{error}");
}
