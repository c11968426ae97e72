//! The rules of the repository that the compiler does not keep: arrows, file heads, file length, banned words.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use std::fs;
use std::path::{Path, PathBuf};

use wavetank_tests::root;

/// Longest file, in lines; generated ones are free.
const LINES_MAX: usize = 600;

/// Which of our crates each may depend on.
const ARROWS: [(&str, &[&str]); 10] = [
    ("types", &[]),
    ("generators", &["wavetank-types"]),
    ("transforms", &["wavetank-types"]),
    ("sql", &["wavetank-types"]),
    ("wire", &["wavetank-types"]),
    ("emulator", &["wavetank-types", "wavetank-wire", "wavetank-sql"]),
    ("scenarios", &["wavetank-types", "wavetank-generators"]),
    (
        "harness",
        &[
            "wavetank-types",
            "wavetank-generators",
            "wavetank-transforms",
            "wavetank-scenarios",
            "wavetank-wire",
            "wavetank-emulator",
            "wavetank-sql",
            "wavetank-macros",
        ],
    ),
    ("macros", &[]),
    ("load", &["wavetank-types", "wavetank-generators", "wavetank-wire"]),
];

/// Our Rust files outside generated folders, with their text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in [
        "types",
        "generators",
        "transforms",
        "sql",
        "wire",
        "emulator",
        "scenarios",
        "harness",
        "macros",
        "load",
        "cli",
        "tests",
        "benches",
        "xtask",
    ] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "only {} files found: has a folder moved?", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["gen", "target"].contains(&name.as_str()) {
            collect(&path, found);
        } else if name.ends_with(".rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn assert_none(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    let broken =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| name(&path));
    assert_none("a file opens with //!", broken.collect());
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long = |text: &str| text.lines().count() > LINES_MAX;
    let broken = sources()
        .into_iter()
        .filter(|(_, text)| long(text))
        .map(|(path, text)| format!("{} ({})", name(&path), text.lines().count()));
    assert_none("a file has at most 600 lines", broken.collect());
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let mut broken = Vec::new();
    for (folder, allowed) in ARROWS {
        let manifest: toml::Table =
            toml::from_str(&fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap()).unwrap();
        for dependency in manifest["dependencies"].as_table().unwrap().keys() {
            let ours = dependency == "wavetank" || dependency.starts_with("wavetank-");
            if ours && !allowed.contains(&dependency.as_str()) {
                broken.push(format!("{folder} -> {dependency}"));
            }
        }
    }
    assert_none("an arrow that ARCHITECTURE.md does not draw", broken);
}

#[test]
fn only_sql_names_datafusion_and_only_the_emulators_edges_name_its_insides() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let file = name(&path);
        let code = || text.lines().filter(|line| !line.trim_start().starts_with("//"));
        if !file.starts_with("sql/")
            && !file.starts_with("tests/")
            && code().any(|line| line.contains("datafusion"))
        {
            broken.push(format!("{file} names datafusion"));
        }
        let is_check =
            ["harness/src/check", "harness/src/provision", "harness/src/observe", "harness/src/drive"];
        if is_check.iter().any(|start| file.starts_with(start))
            && code().any(|line| line.contains("wavetank_emulator"))
        {
            broken.push(format!("{file} names the emulator; checks speak the public API"));
        }
    }
    assert_none("a boundary is crossed", broken);
}

#[test]
fn services_do_not_know_each_other_nor_the_outside() {
    // What a service may say of another: its id, in an effect.
    let services = ["athena", "cloudformation", "glue", "iam", "lambda", "logs", "s3", "sts"];
    let outside = [
        "tokio::",
        "hyper::",
        "std::time::SystemTime",
        "std::time::Instant",
        "std::fs",
        "std::thread",
        "reqwest",
    ];
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let file = name(&path);
        let Some(rest) = file.strip_prefix("emulator/src/services/") else { continue };
        let own = rest.split('/').next().unwrap_or_default();
        if !services.contains(&own) || rest.contains("test") || rest.contains("props") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let other = services.iter().filter(|other| **other != own).find(|other| {
                let named = line.contains(&format!("services::{other}::"))
                    || line.contains(&format!("super::{other}::"));
                // S3's commands are its API within a tank.
                named && !(**other == "s3" && line.contains("Command") || line.contains("s3::{"))
            });
            broken.extend(other.map(|other| format!("{file} names {other}: {}", line.trim())));
            broken.extend(
                outside
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{file} names {word}")),
            );
        }
    }
    assert_none("a service sees nothing but its state and Cx", broken);
}

#[test]
fn nothing_iterates_in_an_order_that_changes() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let file = name(&path);
        if file.starts_with("tests/") || file.starts_with("xtask/") {
            continue;
        }
        let uses = |line: &str| line.contains("HashMap") || line.contains("HashSet");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        // A line that says why may use one for look-ups only.
        broken.extend(
            code.filter(|line| uses(line) && !line.contains("looked up only"))
                .map(|line| format!("{file}: {}", line.trim())),
        );
    }
    assert_none("use BTreeMap or IndexMap, or say `// looked up only` on the line", broken);
}

#[test]
fn vietnamese_text_is_in_composed_form() {
    // Combining marks that composed Vietnamese never has on their own.
    let combining = |c: char| ('\u{0300}'..='\u{036F}').contains(&c);
    let mut broken = Vec::new();
    for (path, text) in sources() {
        if !name(&path).starts_with("tests/") && text.chars().any(combining) {
            broken.push(name(&path));
        }
    }
    for folder in ["scenarios/catalog", "docs"] {
        let mut todo = vec![root().join(folder)];
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if fs::read_to_string(&path).is_ok_and(|text| text.chars().any(combining)) {
                broken.push(name(&path));
            }
        }
    }
    assert_none("text is NFC", broken);
}
