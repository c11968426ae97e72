//! Requests that come compressed: newer clients send `PutMetricData` so.
//!
//! Documented: clients compress bodies from 10,240 bytes on, with gzip (botocore 1.44.5, `requestcompression` of the model, read 2026-11-28).

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// The body as it was before it was compressed. None if it is no gzip, or larger than `bytes_max`.
pub(super) fn inflate(headers: &HeaderMap, body: Bytes, bytes_max: usize) -> Option<Bytes> {
    if headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
        return Some(body);
    }
    let mut out = Vec::new();
    // One byte more than fits tells what is too large.
    let most = u64::try_from(bytes_max).ok()?.saturating_add(1);
    MultiGzDecoder::new(body.as_ref()).take(most).read_to_end(&mut out).ok()?;
    (out.len() <= bytes_max).then(|| Bytes::from(out))
}
