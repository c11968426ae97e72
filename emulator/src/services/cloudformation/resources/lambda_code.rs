//! A function's code as a template gives it: in S3, or as text that becomes a zip of one file.

use std::io::{Cursor, Write};

use bytes::Bytes;
use serde_json::Value;
use wavetank_wire::lambda::FunctionCode;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Reason;
use super::properties::Properties;
use crate::services::cloudformation::kept::Kept;

/// The `Code` property as `CreateFunction` takes it.
pub(super) fn code(properties: &Properties<'_>) -> Result<FunctionCode, Reason> {
    let Some(Value::Object(entries)) = properties.get("Code") else {
        return Err(properties.missing("Code"));
    };
    let code = Properties { entries, logical: properties.logical };
    let zip_file = match code.text("ZipFile") {
        Some(text) => Some(zipped(&text, &properties.text("Runtime").unwrap_or_default())?),
        None => None,
    };
    Ok(FunctionCode {
        zip_file,
        s3bucket: code.text("S3Bucket"),
        s3key: code.text("S3Key"),
        s3object_version: code.text("S3ObjectVersion"),
        ..FunctionCode::default()
    })
}

/// Zips that are made once in a process.
const ZIPS_KEPT_MAX: usize = 256;

/// A zip whose one file is `index` with the runtime's ending. The same text gives the same bytes.
///
/// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
/// (read 2026-11-29).
fn zipped(text: &str, runtime: &str) -> Result<Bytes, Reason> {
    let name = match runtime {
        python if python.starts_with("python") => "index.py",
        node if node.starts_with("nodejs") => "index.js",
        other => {
            return Err(format!(
                "ZipFile can only be used when Runtime is set to nodejs or python, not {other}."
            ));
        }
    };
    static MADE: Kept<(&str, String), Bytes> = Kept::new(ZIPS_KEPT_MAX);
    let made = MADE.get(&(name, text.to_owned()), || packed(name, text));
    made.map_err(|error| format!("The inline code could not be zipped: {error}"))
}

fn packed(name: &str, text: &str) -> zip::result::ZipResult<Bytes> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default().unix_permissions(0o644))?;
    writer.write_all(text.as_bytes())?;
    Ok(writer.finish()?.into_inner().into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn inline_code_becomes_a_zip_of_one_file_named_by_its_runtime() {
        let check = |runtime: &str, expected: &str| {
            let bytes = zipped("code", runtime).expect("a zip");
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("it opens");
            let mut file = archive.by_index(0).expect("a file");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("text");
            let name = file.name().expect("a name").into_owned();
            assert_eq!((name.as_str(), text.as_str()), (expected, "code"));
        };
        check("python3.13", "index.py");
        check("nodejs22.x", "index.js");
        assert!(zipped("code", "provided.al2023").is_err());
        assert_eq!(zipped("code", "python3.13"), zipped("code", "python3.13"));
    }
}
