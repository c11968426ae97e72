//! DynamoDB's heavy work: an export's files, and an import's objects, which are read from S3, on a thread that may block.
//!
//! What is done with them is the service's: `services/dynamodb/backup/work`. A panic in it is an outcome.

use wavetank_wire::WireError;

use super::Door;
use crate::services::dynamodb::{Done, DynamoOutput, DynamoWork, ImportWork, Imported, SourceError};
use crate::world::{Outcome, Output};

pub(super) async fn run(door: Door, work: DynamoWork) -> Outcome {
    let reader = door.clone();
    let done = door.blocking(move || match work {
        DynamoWork::Export(work) => work.run(),
        DynamoWork::Import(work) => DynamoOutput(Done::Imported(read(&reader, &work))),
    });
    let output = done.await.unwrap_or_else(|error| {
        tracing::error!(%error, "an export or import stopped");
        DynamoOutput::broken(error.to_string())
    });
    Outcome { duration: output.duration(), output: Output::DynamoDb(output) }
}

/// Reads every object under the prefix, in the order of their keys.
fn read(door: &Door, work: &ImportWork) -> Result<Imported, SourceError> {
    let (bucket, prefix) = work.0.place();
    let failed = |error: WireError| {
        let WireError { code, message, status, .. } = error;
        let message = format!("{message} (Service: Amazon S3; Status Code: {status}; Error Code: {code})");
        SourceError { code: format!("S3{code}"), message }
    };
    let mut imported = Imported::default();
    for object in door.list_objects(bucket, prefix).map_err(failed)? {
        let body = door.get_object(bucket, &object.key).map_err(failed)?;
        work.0.read(&object.key, &body, &mut imported);
    }
    Ok(imported)
}
