//! `docs/operations.md`: every operation of every service, served or not, from the same list that the code serves.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::wire;

fn path(root: &Path) -> PathBuf {
    root.join("docs/operations.md")
}

pub(crate) fn write(root: &Path) -> Result<(), String> {
    let path = path(root);
    let text = table(root)?;
    fs::create_dir_all(root.join("docs")).map_err(|why| why.to_string())?;
    fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))
}

pub(crate) fn check(root: &Path) -> Result<(), String> {
    let path = path(root);
    if fs::read_to_string(&path).ok() == Some(table(root)?) {
        return Ok(());
    }
    Err(format!("{} is out of date\nhint: run `cargo xtask coverage` and commit the result", path.display()))
}

fn table(root: &Path) -> Result<String, String> {
    let fail = |why: std::fmt::Error| why.to_string();
    let mut out = String::from(
        "# Operations\n\nWritten by `cargo xtask coverage` from `wire/ops.toml` and `emulator/src/gateway/s3/operations.rs`. \
         An operation that is not served answers `NotImplemented`, by its name.\n\n\
         | service | served | of | operations served |\n|---|---|---|---|\n",
    );
    let s3 = s3_operations(root)?;
    writeln!(out, "| s3 | {} | {} | {} |", s3.0.len(), s3.1, s3.0.join(", ")).map_err(fail)?;
    for service in wire::ops(root)?.service.keys() {
        let model = wire::model(root, service)?;
        let served: Vec<&str> = model.operations.keys().map(String::as_str).collect();
        let all = served.len() + model.unserved.len();
        writeln!(out, "| {service} | {} | {all} | {} |", served.len(), served.join(", ")).map_err(fail)?;
    }
    Ok(out)
}

/// S3's wire is the crate `s3s`; what we serve of it is what our `impl S3` overrides, found in the source.
fn s3_operations(root: &Path) -> Result<(Vec<String>, usize), String> {
    let folder = root.join("emulator/src/gateway/s3");
    let pattern = regex::Regex::new(r"(?m)^    async fn (\w+)\(\s*&self,\s*\w+: S3Request<")
        .map_err(|why| why.to_string())?;
    let mut served = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))? {
        let path = entry.map_err(|why| why.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = wire::read(&path)?;
            served.extend(pattern.captures_iter(&text).map(|found| pascal(&found[1])));
        }
    }
    served.sort();
    Ok((served, S3_OPERATIONS))
}

/// Operations of S3's model (botocore 1.44.5).
const S3_OPERATIONS: usize = 111;

fn pascal(snake: &str) -> String {
    snake.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
