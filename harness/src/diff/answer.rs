//! An answer as one JSON value: `{"status", "body"}`, or `{"status", "error": {"code", "message", ..}}`; S3's has `headers` too.
//!
//! A JSON protocol's body is taken as it came, so that members which no model has are seen. XML of the query protocol is read
//! by its shape, as a client does.

use bytes::Bytes;
use http::{HeaderMap, Response};
use serde_json::{Map, Value, json};
use wavetank_wire::codec;
use wavetank_wire::schema::{Operation, Protocol, Service};

/// What a server says that has not got an operation. Documented for our own; recorded for moto 5.2.5 and LocalStack.
const LACKING: [&str; 5] = [
    "NotImplemented",
    "NotImplementedException",
    "UnknownOperationException",
    "UnknownOperation",
    "InvalidAction",
];
/// The part of an S3 object's content that is compared.
const CONTENT_BYTES_MAX: usize = 2_000;
/// S3's lists, which have one form in XML with one entry and with none.
const S3_LISTS: [&str; 14] = [
    "Contents",
    "CommonPrefixes",
    "Bucket",
    "Deleted",
    "Error",
    "Tag",
    "Rule",
    "Part",
    "Upload",
    "Version",
    "DeleteMarker",
    "Grant",
    "CORSRule",
    "QueueConfiguration",
];

/// The answer of a service that `wire` knows.
pub(super) fn of_service(service: &Service, operation: &Operation, response: Response<Bytes>) -> Value {
    let status = response.status().as_u16();
    let raw: Option<Value> = serde_json::from_slice(response.body()).ok();
    let is_success = response.status().is_success();
    let is_json = matches!(service.protocol, Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson);
    if let Some(body) = raw.as_ref().filter(|raw| is_success && is_json && raw.is_object()) {
        return json!({ "status": status, "body": body });
    }
    match codec::decode_response(service, operation, response) {
        Ok(output) => {
            let read = serde_json::from_slice::<Value>(&codec::to_json(operation.output, &output));
            json!({ "status": status, "body": read.unwrap_or_default() })
        }
        Err(error) => {
            let mut told = json!({ "code": error.code, "message": error.message });
            if !is_success && let (true, Some(Value::Object(members))) = (is_json, raw) {
                further(&mut told, members);
            }
            json!({ "status": status, "error": told })
        }
    }
}

/// Members of an exception besides its name and its sentence.
fn further(told: &mut Value, members: Map<String, Value>) {
    for (name, value) in members {
        if !["__type", "message", "Message", "code", "Type", "Code"].contains(&name.as_str()) {
            told[name] = value;
        }
    }
}

/// An answer of S3.
pub(super) fn of_s3(response: &Response<Bytes>) -> Value {
    let status = response.status().as_u16();
    let body = response.body();
    let tree = codec::xml_to_json(body).filter(|_| body.starts_with(b"<")).map(listed);
    if !response.status().is_success()
        && let Some(error) = tree.as_ref().and_then(|tree| tree.get("Error"))
    {
        // One error is no list of deletions' errors.
        let error = error.get(0).unwrap_or(error);
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        let mut told = json!({ "code": text("Code"), "message": text("Message") });
        for (name, value) in error.as_object().into_iter().flatten() {
            if !["Code", "Message", "RequestId", "HostId"].contains(&name.as_str()) {
                told[name] = value.clone();
            }
        }
        return json!({ "status": status, "error": told });
    }
    let body = tree.unwrap_or_else(|| {
        let shown = &body[..body.len().min(CONTENT_BYTES_MAX)];
        Value::String(String::from_utf8_lossy(shown).into_owned())
    });
    json!({ "status": status, "headers": headers(response.headers()), "body": body })
}

/// The headers that a client of S3 acts on.
fn headers(headers: &HeaderMap) -> Value {
    const NAMES: [&str; 22] = [
        "accept-ranges",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-range",
        "content-type",
        "etag",
        "last-modified",
        "location",
        "x-amz-bucket-region",
        "x-amz-checksum-crc32",
        "x-amz-checksum-crc64nvme",
        "x-amz-checksum-sha256",
        "x-amz-checksum-type",
        "x-amz-copy-source-version-id",
        "x-amz-delete-marker",
        "x-amz-mp-parts-count",
        "x-amz-server-side-encryption",
        "x-amz-storage-class",
        "x-amz-tagging-count",
        "x-amz-version-id",
    ];
    let mut found = Map::new();
    let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    for name in names {
        if NAMES.contains(&name) || name.starts_with("x-amz-meta-") {
            let text = headers[name].to_str().unwrap_or_default();
            found.insert(name.to_owned(), Value::String(text.to_owned()));
        }
    }
    Value::Object(found)
}

/// The same tree with lists where S3 has lists.
fn listed(tree: Value) -> Value {
    match tree {
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let value = listed(value);
                let is_list = S3_LISTS.contains(&name.as_str());
                let value = if is_list && !value.is_array() { json!([value]) } else { value };
                (name, value)
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        Value::Array(entries) => Value::Array(entries.into_iter().map(listed).collect()),
        leaf => leaf,
    }
}

/// Why this answer means that the server has not got the operation, if it does.
pub(super) fn lack(answer: &Value) -> Option<String> {
    let status = answer["status"].as_u64().unwrap_or_default();
    let (code, message) = (&answer["error"]["code"], &answer["error"]["message"]);
    let (code, message) = (code.as_str().unwrap_or_default(), message.as_str().unwrap_or_default());
    let says_so = message.to_lowercase().contains("not implemented")
        || message.to_lowercase().contains("not yet implemented");
    // A page of a web server instead of an answer: nothing there takes the request.
    let is_page = (code.is_empty() || code == "UnreadableResponse")
        && (status >= 500 || status == 404 || status == 405);
    let is_head = answer["body"] == "" && status == 404;
    let lacks =
        status == 501 || LACKING.contains(&code) || (status >= 500 && says_so) || (is_page && !is_head);
    lacks.then(|| format!("{status} {code}").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response<Bytes> {
        Response::builder().status(status).body(Bytes::from(body.to_owned())).expect("a response")
    }

    #[test]
    fn s3s_lists_have_one_form_with_one_entry_and_errors_their_members() {
        let one = of_s3(&response(200, "<L><Name>b</Name><Contents><Key>k</Key></Contents></L>"));
        assert_eq!(one["body"], json!({"L": {"Name": "b", "Contents": [{"Key": "k"}]}}));
        let error =
            "<Error><Code>NoSuchKey</Code><Message>no</Message><Key>k</Key><RequestId>1</RequestId></Error>";
        let told = json!({"status": 404, "error": {"code": "NoSuchKey", "message": "no", "Key": "k"}});
        assert_eq!(of_s3(&response(404, error)), told);
    }

    #[test]
    fn an_operation_that_is_not_there_is_known_from_one_that_refuses() {
        let check = |answer: Value, lacks: bool| assert_eq!(lack(&answer).is_some(), lacks, "{answer}");
        check(json!({"status": 501, "error": {"code": "NotImplemented"}}), true);
        check(json!({"status": 400, "error": {"code": "UnknownOperationException"}}), true);
        check(json!({"status": 404, "error": {"code": "UnreadableResponse"}}), true);
        check(
            json!({"status": 500, "error": {"code": "InternalFailure", "message": "is not yet implemented"}}),
            true,
        );
        check(json!({"status": 400, "error": {"code": "ValidationException"}}), false);
        check(json!({"status": 405, "error": {"code": "MethodNotAllowed"}}), false);
        check(json!({"status": 404, "body": ""}), false);
        check(json!({"status": 200, "body": {}}), false);
    }
}
