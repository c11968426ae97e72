//! Event revenue: the validating function and the cleaning job.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use wavetank_emulator::executors::{FunctionError, NativeContext, NativeScript, ScriptError};
use wavetank_transforms::event_revenue::{
    HEAD_BYTES, Layout, Naming, PartKind, Parts, Variant, check_head, check_object,
};
use wavetank_types::names::split_s3_uri;
use wavetank_wire::glue::{StartJobRun, StartJobRunInput};

/// Looks at each uploaded file's head and starts the cleaning job, or logs why not.
pub(super) fn validate(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let mut runs = Vec::new();
    for record in event["Records"].as_array().into_iter().flatten() {
        let object = &record["s3"]["object"];
        let bucket = record["s3"]["bucket"]["name"].as_str().unwrap_or_default();
        let key = form_decode(object["key"].as_str().unwrap_or_default());
        let size = object["size"].as_u64().unwrap_or(0);
        let path = format!("s3://{bucket}/{key}");
        let mut judged = check_object(&key, size);
        if judged.is_ok() {
            let body = context.get_object(bucket, &key)?;
            judged = check_head(&body[..body.len().min(HEAD_BYTES)], size);
        }
        if let Err(reason) = judged {
            context.log(format!("refused {path}: {} ({reason})", reason.code()));
            continue;
        }
        let input = StartJobRunInput {
            job_name: context.environment.get("JOB_NAME").cloned().unwrap_or_default(),
            arguments: Some(BTreeMap::from([("--input_path".to_owned(), path.clone())])),
            ..StartJobRunInput::default()
        };
        let run = context.request::<StartJobRun>(input)?.job_run_id.unwrap_or_default();
        context.log(format!("accepted {path}: {size} bytes, job run {run}"));
        runs.push(run);
    }
    Ok(json!({ "runs": runs }))
}

/// S3 writes keys in events as HTML forms do: `+` is a space.
fn form_decode(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The cleaning job, by either variant.
pub(super) struct Clean(pub(super) Variant);

impl NativeScript for Clean {
    fn run(&self, context: &NativeContext, arguments: &BTreeMap<String, String>) -> Result<(), ScriptError> {
        let path = |name: &str| {
            let uri =
                arguments.get(name).ok_or_else(|| ScriptError(format!("the argument {name} is missing")))?;
            let (bucket, key) =
                split_s3_uri(uri).ok_or_else(|| ScriptError(format!("{name}: `{uri}` is not an S3 path")))?;
            Ok::<_, ScriptError>((uri.as_str(), bucket, key))
        };
        let (source, bucket, key) = path("--input_path")?;
        let (_, output_bucket, prefix) = path("--output_path")?;
        let (_, rejects_bucket, rejected_prefix) = path("--rejects_path")?;
        let body = context.get_object(bucket, key)?;

        let layout = Layout {
            prefix: prefix.to_owned(),
            rejected_prefix: rejected_prefix.to_owned(),
            summary_prefix: format!("{rejected_prefix}_summary/"),
            // The workshop's job appends: uploading the same file twice doubles its rows.
            naming: match self.0 {
                Variant::Correct => Naming::BySource,
                Variant::AsTaught => Naming::ByRun(context.run_id.clone()),
            },
            ..Layout::default()
        };
        let failed = |error: &dyn std::fmt::Display| ScriptError(format!("{source}: {error}"));
        let mut parts =
            Parts::open(self.0, source, body.as_ref(), layout.clone()).map_err(|error| failed(&error))?;
        let mut written = BTreeSet::new();
        for part in parts.by_ref() {
            let part = part.map_err(|error| failed(&error))?;
            let (bucket, content_type) = match part.kind {
                PartKind::Rows => (output_bucket, "application/vnd.apache.parquet"),
                PartKind::Rejects => (rejects_bucket, "application/x-ndjson"),
                PartKind::Summary => (rejects_bucket, "application/json"),
            };
            context.put_object(bucket, &part.key, part.body, content_type);
            written.insert((bucket, part.key));
        }
        // The file may have been larger when it was last uploaded.
        for (bucket, prefix) in [(output_bucket, prefix), (rejects_bucket, rejected_prefix)] {
            for key in context.list_objects(bucket, prefix)? {
                if layout.is_of(&key, source) && !written.contains(&(bucket, key.clone())) {
                    context.delete_object(bucket, &key);
                }
            }
        }
        let summary = parts.summary();
        let rejected = summary.rejected_total();
        context.log(format!(
            "{source}: read {} rows, delivered {}, rejected {rejected}",
            summary.rows_read, summary.delivered
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_keys_are_form_decoded() {
        let check = |key: &str, expected: &str| assert_eq!(form_decode(key), expected);
        check("red+flower.jpg", "red flower.jpg");
        check("a%2Bb%C3%A9.csv", "a+bé.csv");
        check("100%", "100%");
        check("%zz", "%zz");
    }
}
