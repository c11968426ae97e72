//! What `s3s` writes of a success otherwise than AWS does: a status, an ETag in XML. Errors are `details.rs`.

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response, StatusCode};
use s3s::Body;

/// Makes a success of this operation what AWS answers.
///
/// Recorded: 204 for PutBucketTagging (LocalStack's `test_s3_api.snapshot.json`, 2026-02-23); an ETag without quotes in
/// GetObjectAttributes (its `test_s3.snapshot.json`, 2026-02-21).
pub(in crate::gateway) fn finish(response: &mut Response<Body>, operation: &str) {
    if response.status() != StatusCode::OK {
        return;
    }
    match operation {
        "PutBucketTagging" => *response.status_mut() = StatusCode::NO_CONTENT,
        "GetObjectAttributes" => {
            let body = response.body().bytes();
            let text = body.as_deref().and_then(|body| std::str::from_utf8(body).ok());
            let Some(text) =
                text.map(|text| text.replace("<ETag>\"", "<ETag>").replace("\"</ETag>", "</ETag>"))
            else {
                return;
            };
            if response.headers().contains_key(CONTENT_LENGTH) {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
            }
            *response.body_mut() = Body::from(text);
        }
        _ => {}
    }
}
