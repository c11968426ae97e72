//! What a load made, and how it goes away again.

use bytes::Bytes;
use serde_json::json;
use wavetank_wire::{dynamodb, firehose, glue, kinesis, sqs};

use crate::api::{Api, ApiError, between};

/// Something that was made for the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Stream(String),
    DeliveryStream(String),
    Bucket(String),
    Table(String),
    /// By its URL.
    Queue(String),
    /// With its tables.
    Database(String),
}

/// Removes what was made, the last first. Answers what could not be removed, with the reason.
pub(crate) fn remove(api: &Api, made: &[Resource]) -> Vec<String> {
    let removed =
        |resource: &Resource| remove_one(api, resource).map_err(|error| format!("{resource:?}: {error}"));
    made.iter().rev().filter_map(|resource| removed(resource).err()).collect()
}

fn remove_one(api: &Api, resource: &Resource) -> Result<(), ApiError> {
    let (service, operation, input) = match resource {
        Resource::Stream(name) => (
            &kinesis::SERVICE,
            "DeleteStream",
            json!({ "StreamName": name, "EnforceConsumerDeletion": true }),
        ),
        Resource::DeliveryStream(name) => {
            (&firehose::SERVICE, "DeleteDeliveryStream", json!({ "DeliveryStreamName": name }))
        }
        Resource::Table(name) => (&dynamodb::SERVICE, "DeleteTable", json!({ "TableName": name })),
        Resource::Queue(url) => (&sqs::SERVICE, "DeleteQueue", json!({ "QueueUrl": url })),
        Resource::Database(name) => (&glue::SERVICE, "DeleteDatabase", json!({ "Name": name })),
        Resource::Bucket(name) => return remove_bucket(api, name),
    };
    api.json(service, operation, &input).map(|_| ())
}

/// A bucket goes when it is empty.
fn remove_bucket(api: &Api, bucket: &str) -> Result<(), ApiError> {
    loop {
        let page = api.s3("GET", &format!("/{bucket}?list-type=2"), Bytes::new())?;
        let page = String::from_utf8_lossy(&page).into_owned();
        let mut rest = page.as_str();
        while let Some(key) = between(rest, "<Key>", "</Key>") {
            api.s3("DELETE", &format!("/{bucket}/{}", encoded(key)), Bytes::new())?;
            rest = &rest[rest.find("</Key>").map_or(rest.len(), |at| at + 6)..];
        }
        if between(&page, "<IsTruncated>", "</IsTruncated>") != Some("true") {
            break;
        }
    }
    api.s3("DELETE", &format!("/{bucket}"), Bytes::new()).map(|_| ())
}

/// A key in a path.
fn encoded(key: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    key.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_for_a_path() {
        assert_eq!(encoded("load/2026/a b+c.csv"), "load/2026/a%20b%2Bc.csv");
    }
}
