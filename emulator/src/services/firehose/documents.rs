//! The documents under the error prefix, one line of JSON for each record that could not be worked on.
//!
//! Documented: data-transformation-failure-handling.html and record-format-conversion-error-handling.html under
//! docs.aws.amazon.com/firehose/latest/dev/ (read 2026-11-20 through docs.amazonaws.cn). Assumed: the same fields, without
//! a function, for partitioning and HTTP endpoints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wavetank_types::Timestamp;

use super::work::{Conversion, Failed, Record, Table};
use crate::world::Scope;

/// Which error prefix, as `!{firehose:error-output-type}` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ErrorType {
    ProcessingFailed,
    /// Documented: docs.aws.amazon.com/firehose/latest/dev/decomp-faq.html (read 2026-11-28).
    DecompressionFailed,
    FormatConversionFailed,
    HttpEndpointFailed,
    /// Documented: docs.aws.amazon.com/firehose/latest/dev/buffering.html (read 2026-11-20 through a copy).
    ActivePartitionExceeded,
}

impl ErrorType {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::ProcessingFailed => "processing-failed",
            Self::DecompressionFailed => "decompression-failed",
            Self::FormatConversionFailed => "format-conversion-failed",
            Self::HttpEndpointFailed => "http-endpoint-failed",
            Self::ActivePartitionExceeded => "activePartitionExceeded",
        }
    }
}

/// What failed: it decides which fields a document has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// A function, by its ARN.
    Lambda(&'a str),
    /// Decompressing, taking apart, partitioning.
    Sorting,
    Conversion(&'a Conversion, &'a Table, &'a Scope),
    Http,
}

/// The document of a record, as the record that goes to the error prefix.
pub(super) fn document(failed: &Failed, step: Step<'_>, attempts: u32, now: Timestamp) -> Record {
    let record = &failed.record;
    let (code, message) = match step {
        Step::Conversion(..) => ("lastErrorCode", "lastErrorMessage"),
        _ => ("errorCode", "errorMessage"),
    };
    let mut fields = Map::new();
    let mut say = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    say("attemptsMade", json!(attempts));
    say("arrivalTimestamp", json!(record.arrival.millis()));
    say(code, json!(failed.code));
    say(message, json!(failed.message));
    say("attemptEndingTimestamp", json!(now.millis()));
    // Documented (decomp-faq.html): what was decompressed is told as it came, also if a later step has failed.
    let raw = record.raw.as_deref().unwrap_or(&record.data);
    say("rawData", Value::String(STANDARD.encode(raw)));
    match step {
        Step::Lambda(arn) => say("lambdaArn", json!(arn)),
        Step::Conversion(conversion, table, scope) => {
            let sequence = record.origin.as_ref().map(|origin| origin.sequence.as_str());
            say("sequenceNumber", json!(sequence));
            say("subSequenceNumber", record.origin.as_ref().map(|origin| json!(origin.sub_sequence)).into());
            say(
                "dataCatalogTable",
                json!({
                    "catalogId": conversion.catalog,
                    "databaseName": conversion.database,
                    "tableName": conversion.table,
                    "region": conversion.region.as_deref().unwrap_or(scope.region.as_str()),
                    "versionId": if table.version.is_empty() { "LATEST" } else { &table.version },
                    "catalogArn": Value::Null,
                }),
            );
        }
        Step::Sorting | Step::Http => {}
    }
    let mut line = Value::Object(fields).to_string();
    line.push('\n');
    Record::new(line.into(), record.arrival)
}
