//! What an error of S3 says beside its code and its sentence: the bucket, the key, the condition that failed.
//!
//! `s3s` writes neither details nor the request's id into an error's XML. A refusal's details come here in a header of our own,
//! which no client sees, and become elements. Which refusal has which is `services/s3/error.rs`.

use http::header::{CONTENT_LENGTH, HOST, RANGE};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use s3s::Body;
use serde_json::{Map, Value};

use super::guard::bucket_of;
use crate::services::s3::limits::KEY_BYTES_MAX;

/// Carries details from a refusal to [`tell`].
const DETAILS: HeaderName = HeaderName::from_static("x-wavetank-details");

/// Sentences of errors that `s3s` raises without one.
/// Documented: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
const SENTENCES: [(&str, &str); 2] = [
    (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    ("KeyTooLongError", "Your key is too long"),
];

/// What the request said that errors repeat.
#[derive(Debug)]
pub(in crate::gateway) struct Told {
    method: Method,
    range: Option<String>,
    /// Of a key that is too long, in bytes: `s3s` refuses it itself.
    key_bytes: Option<usize>,
}

impl Told {
    /// Of this request.
    pub(in crate::gateway) fn of<B>(request: &Request<B>) -> Self {
        let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
        let is_long = request.uri().path().len() > KEY_BYTES_MAX;
        Self {
            method: request.method().clone(),
            range: range.map(str::to_owned),
            key_bytes: is_long.then(|| key_bytes(request)),
        }
    }
}

/// How long the key of a request is, whose bucket stands in the host's name or before the key.
fn key_bytes<B>(request: &Request<B>) -> usize {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).or(request.uri().host());
    let path = percent_encoding::percent_decode_str(request.uri().path()).collect::<Vec<u8>>();
    let path = path.strip_prefix(b"/").unwrap_or(&path);
    if host.is_some_and(|host| bucket_of(host).is_some()) {
        return path.len();
    }
    path.iter().position(|byte| *byte == b'/').map_or(0, |at| path.len() - at - 1)
}

/// The header that carries details. `None` if there are none, or a header cannot carry them.
pub(super) fn header(details: &[&(&'static str, Value)]) -> Option<(HeaderName, HeaderValue)> {
    if details.is_empty() {
        return None;
    }
    let members: Map<String, Value> =
        details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let text = Value::Object(members).to_string();
    Some((DETAILS, HeaderValue::from_bytes(text.as_bytes()).ok()?))
}

/// Writes details and the request's id into an error's XML.
///
/// Documented: `RequestId` (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). Recorded: `Method` before
/// `ResourceType` (LocalStack's `test_s3_api.snapshot.json`, 2025-01-21). Assumed: `RangeRequested`, as moto and others say it.
pub(in crate::gateway) fn tell(response: &mut Response<Body>, told: &Told, id: &HeaderValue) {
    let carried = response.headers_mut().remove(DETAILS);
    if response.status().as_u16() < 400 {
        return;
    }
    let Some(body) = response.body().bytes() else { return };
    let Some(text) = std::str::from_utf8(&body).ok().and_then(|text| text.strip_suffix("</Error>")) else {
        return;
    };
    let mut text = text.to_owned();
    if !text.contains("<Message>")
        && let Some((_, sentence)) =
            SENTENCES.iter().find(|(code, _)| text.contains(&format!("<Code>{code}</Code>")))
    {
        element(&mut text, "Message", sentence);
    }
    if text.contains("<Code>KeyTooLongError</Code>")
        && let Some(bytes) = told.key_bytes.filter(|_| carried.is_none())
    {
        element(&mut text, "MaxSizeAllowed", &KEY_BYTES_MAX.to_string());
        element(&mut text, "Size", &bytes.to_string());
    }
    let details: Map<String, Value> =
        carried.and_then(|carried| serde_json::from_slice(carried.as_bytes()).ok()).unwrap_or_default();
    for (name, value) in &details {
        match (name.as_str(), &told.range) {
            ("ResourceType", _) => element(&mut text, "Method", told.method.as_str()),
            ("ActualObjectSize", Some(range)) => element(&mut text, "RangeRequested", range),
            _ => {}
        }
        element(&mut text, name, value.as_str().unwrap_or_default());
    }
    element(&mut text, "RequestId", id.to_str().unwrap_or_default());
    text.push_str("</Error>");
    if response.headers().contains_key(CONTENT_LENGTH) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    }
    *response.body_mut() = Body::from(text);
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML has no other control characters.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What becomes of this error with these details.
    fn told(body: &str, details: &[&(&'static str, Value)], range: Option<&str>) -> String {
        let mut request = Request::builder().method("GET");
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        let told = Told::of(&request.body(()).expect("a request"));
        let mut response = Response::builder().status(400).header(CONTENT_LENGTH, body.len());
        if let Some((name, value)) = header(details) {
            response = response.header(name, value);
        }
        let mut response = response.body(Body::from(body.to_owned())).expect("a response");
        tell(&mut response, &told, &HeaderValue::from_static("ID"));
        assert!(!response.headers().contains_key(DETAILS));
        let text = response.body().bytes().expect("a body of memory");
        assert_eq!(response.headers()[CONTENT_LENGTH], text.len().to_string());
        String::from_utf8(text.to_vec()).expect("XML is text")
    }

    #[test]
    fn details_become_elements_and_are_escaped() {
        let key = ("Key", json!("a<b>&\u{1}é"));
        let expected = "<Error><Code>NoSuchKey</Code><Message>No.</Message><Key>a&lt;b&gt;&amp;\u{FFFD}é</Key>\
                        <RequestId>ID</RequestId></Error>";
        assert_eq!(
            told("<Error><Code>NoSuchKey</Code><Message>No.</Message></Error>", &[&key], None),
            expected
        );
    }

    #[test]
    fn a_range_that_was_asked_for_is_said_again() {
        let size = ("ActualObjectSize", json!("12"));
        let text = told("<Error><Code>InvalidRange</Code></Error>", &[&size], Some("bytes=20-"));
        assert!(
            text.contains(
                "<RangeRequested>bytes=20-</RangeRequested><ActualObjectSize>12</ActualObjectSize>"
            )
        );
    }

    #[test]
    fn a_key_is_measured_without_its_bucket() {
        let check = |uri: &str, expected: usize| {
            let request = Request::builder().uri(uri).body(()).expect("a request");
            assert_eq!(key_bytes(&request), expected, "{uri}");
        };
        check("http://127.0.0.1:4566/lake/a/b%20c", 5);
        check("http://lake.s3.localhost:4566/a/b", 3);
        check("http://127.0.0.1:4566/lake", 0);
    }

    #[test]
    fn an_error_without_a_sentence_gets_the_one_of_its_code() {
        let text = told("<Error><Code>KeyTooLongError</Code></Error>", &[], None);
        assert!(text.contains("</Code><Message>Your key is too long</Message><RequestId>"), "{text}");
    }
}
