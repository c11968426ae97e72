//! The genuine Kinesis Client Library (3.1.3, Java) reads a stream whose shard is split, by polling and by enhanced fan-out.
//!
//! Its leases are in DynamoDB, its numbers go to CloudWatch: three services at once, two of them in CBOR. Needs `java`
//! with its compiler and `KCL_JARS`, a folder with the library's jars; skips aloud where one is missing. `.ci/run` has both.

use std::path::{Path, PathBuf};

use wavetank_tests::root;
use wavetank_tests::served::{Served, skips};

fn jars() -> Option<String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "jar") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(&std::env::var_os("KCL_JARS")?), &mut found);
    found.sort();
    let paths: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    (!paths.is_empty()).then(|| paths.join(":"))
}

fn consume(how: &str) {
    if skips(&["java", "javac"]) {
        return;
    }
    let Some(jars) = jars() else {
        eprintln!("skipped: KCL_JARS names no folder with the Kinesis Client Library's jars");
        return;
    };
    let lab = Served::start();
    let source = root().join("tests/clients/KclWalk.java");
    let output = lab
        .command("java")
        .args(["-cp", &jars])
        .arg(source)
        .args([&format!("http://{}", lab.address), "2000", how])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let told = |line: &&str| line.starts_with("records ") || line.starts_with('[');
    let end: Vec<&str> = out.lines().rev().take(400).collect();
    assert!(
        output.status.success(),
        "{:?}\n{}\n{}",
        out.lines().filter(told).collect::<Vec<_>>(),
        end.into_iter().rev().collect::<Vec<_>>().join("\n"),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_client_library_polls_every_record_in_order_while_a_shard_is_split() {
    consume("polling");
}

#[test]
fn the_client_library_is_sent_every_record_in_order_while_a_shard_is_split() {
    consume("fanout");
}
