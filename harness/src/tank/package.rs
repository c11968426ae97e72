//! Code that a template names by a path, as `aws cloudformation package` takes it: zipped, stored in a bucket, and the path
//! replaced by the bucket and the key, on the same line.
//!
//! A function's `Code: functions/clean` names a folder or a file beside the template. Left out: every other property that
//! the command line packages, and templates in JSON.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use wavetank_types::Checksum;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Tank, TankError};
use crate::client::said;

/// Where packaged code is stored.
const BUCKET: &str = "wavetank-code";

/// The template with every local `Code:` replaced.
pub(super) async fn package(tank: &Tank, template: String, folder: &Path) -> Result<String, TankError> {
    let mut lines = Vec::new();
    for line in template.split('\n') {
        let Some((front, path)) = local_code(line) else {
            lines.push(line.to_owned());
            continue;
        };
        let key = store(tank, &folder.join(path)).await?;
        lines.push(format!("{front}{{S3Bucket: {BUCKET}, S3Key: {key}}}"));
    }
    Ok(lines.join("\n"))
}

/// The part up to the path, and the path, of a line that says `Code: path`.
fn local_code(line: &str) -> Option<(&str, &str)> {
    let at = line.find("Code: ").filter(|at| line[..*at].bytes().all(|byte| byte == b' '))?;
    let (front, rest) = line.split_at(at + "Code: ".len());
    let path = rest.split(" #").next().unwrap_or(rest).trim().trim_matches(['\'', '"']);
    let is_path = !path.is_empty() && !path.starts_with(['{', '!', '#', '&', '|', '>']);
    is_path.then_some((front, path))
}

/// Zips a folder or a file and stores it under a name that its content decides.
async fn store(tank: &Tank, path: &Path) -> Result<String, TankError> {
    let fail = |path: &Path, cause: &dyn std::fmt::Display| TankError::File {
        path: path.display().to_string(),
        cause: cause.to_string(),
    };
    let (root, files) = if path.is_dir() {
        (path, walk(path).map_err(|cause| fail(path, &cause))?)
    } else {
        (path.parent().unwrap_or(path), vec![path.to_path_buf()])
    };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let content = std::fs::read(&file).map_err(|cause| fail(&file, &cause))?;
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(name, options).map_err(|cause| fail(&file, &cause))?;
        zip.write_all(&content).map_err(|cause| fail(&file, &cause))?;
    }
    let bytes = zip.finish().map_err(|cause| fail(path, &cause))?.into_inner();
    let key = format!("{:016x}.zip", Checksum::of_bytes(&bytes).0);
    let s3 = tank.s3();
    // It is there after the first function.
    drop(s3.create_bucket().bucket(BUCKET).send().await);
    let put = s3.put_object().bucket(BUCKET).key(&key).body(bytes.into()).send().await;
    put.map_err(|cause| fail(path, &said(&cause)))?;
    Ok(key)
}

/// Every file of a folder, in the order of their names; Python's caches are left out.
fn walk(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        if !path.is_dir() {
            files.push(path);
        } else if path.file_name().is_none_or(|name| name != "__pycache__") {
            files.extend(walk(&path)?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_after_code_is_packaged() {
        let check = |line: &str, path: Option<&str>| {
            assert_eq!(local_code(line).map(|(_, path)| path), path, "{line}");
        };
        check("      Code: functions/clean", Some("functions/clean"));
        check("      Code: './clean.py'", Some("./clean.py"));
        check("      Code: clean.py   # beside this file", Some("clean.py"));
        check("      Code: {ZipFile: 'x'}", None);
        check("      Code: !Ref Bucket", None);
        check("      Code:", None);
        check("      ErrorCode: 7", None);
    }
}
