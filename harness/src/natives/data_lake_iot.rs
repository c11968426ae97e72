//! The data lake for devices: the job that joins events with tracks.

use std::collections::BTreeMap;

use wavetank_emulator::executors::{NativeContext, NativeScript, ScriptError};
use wavetank_transforms::data_lake_iot::{Event, join, lines, parquet, tracks};
use wavetank_types::names::split_s3_uri;

/// The joining job. It replaces what an earlier run wrote, as Spark's `overwrite` does.
pub(super) struct Join;

impl NativeScript for Join {
    fn run(&self, context: &NativeContext, arguments: &BTreeMap<String, String>) -> Result<(), ScriptError> {
        let path = |name: &str| {
            let uri =
                arguments.get(name).ok_or_else(|| ScriptError(format!("the argument {name} is missing")))?;
            split_s3_uri(uri).ok_or_else(|| ScriptError(format!("{name}: `{uri}` is not an S3 path")))
        };
        let (raw_bucket, raw_prefix) = path("--raw_path")?;
        let (tracks_bucket, tracks_key) = path("--tracks_path")?;
        let (bucket, prefix) = path("--output_path")?;
        let list = context.get_object(tracks_bucket, tracks_key)?;
        let broken = |key: &str, error: &dyn std::fmt::Display| ScriptError(format!("{key}: {error}"));
        let tracks = tracks(lines(&list).map_err(|error| broken(tracks_key, &error))?);
        let mut events: Vec<Event> = Vec::new();
        for key in context.list_objects(raw_bucket, raw_prefix)? {
            let body = context.get_object(raw_bucket, &key)?;
            events.extend(lines::<Event>(&body).map_err(|error| broken(&key, &error))?);
        }
        let (batch, dropped) = join(&events, &tracks);
        let file = parquet(&batch).map_err(|error| broken(prefix, &error))?;
        let key = format!("{prefix}part-00000.snappy.parquet");
        for stale in context.list_objects(bucket, prefix)?.into_iter().filter(|found| *found != key) {
            context.delete_object(bucket, &stale);
        }
        context.put_object(bucket, &key, file, "application/vnd.apache.parquet");
        context.log(format!(
            "{} events, {} joined, {dropped} without a track",
            events.len(),
            batch.num_rows()
        ));
        Ok(())
    }
}
