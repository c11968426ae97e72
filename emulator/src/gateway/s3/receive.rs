//! Reading a body from the client: chunk by chunk, digested as it comes, before the world is asked anything.

use bytes::Bytes;
use futures::StreamExt as _;
use s3s::dto::StreamingBlob;
use s3s::{S3Result, TrailingHeaders};

use super::convert::{refuse, text};
use crate::services::s3::body::Body;
use crate::services::s3::digest::{Algorithm, Digested, Digests};
use crate::services::s3::error::Refusal;
use crate::services::s3::limits::PUT_BYTES_MAX;

/// What the client says of a body that it sends.
pub(super) struct Sent<'a> {
    /// Of an upload, not an object.
    pub(super) of_part: bool,
    pub(super) content_md5: Option<String>,
    /// In a header.
    pub(super) checksum: Option<(Algorithm, String)>,
    /// By `x-amz-sdk-checksum-algorithm`.
    pub(super) algorithm: Option<Algorithm>,
    /// Where the checksum comes behind the body.
    pub(super) trailers: Option<TrailingHeaders>,
    pub(super) headers: &'a http::HeaderMap,
}

impl Sent<'_> {
    /// The algorithm by which the client sends a checksum, or wants one.
    pub(super) fn named(&self) -> Option<Algorithm> {
        let by_header = self.checksum.as_ref().map(|(algorithm, _)| *algorithm);
        by_header.or_else(|| self.trailer()).or(self.algorithm)
    }

    fn trailer(&self) -> Option<Algorithm> {
        let named = text(self.headers, "x-amz-trailer")?;
        Algorithm::ALL.into_iter().find(|algorithm| named.contains(algorithm.header()))
    }
}

/// Reads a whole body. If the client names no checksum, `default` is computed.
///
/// Error: the body ends early, is not what was signed, or its digests are not those that the client sent.
pub(super) async fn receive(
    body: Option<StreamingBlob>,
    sent: Sent<'_>,
    default: Option<Algorithm>,
) -> S3Result<(Body, Digested)> {
    let trailer = sent.trailer();
    let mut digests = Digests::new(sent.named().or(default));
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut size: u64 = 0;
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|why| unreadable(&why.to_string()))?;
            size += chunk.len() as u64;
            if size > PUT_BYTES_MAX {
                return Err(refuse(&Refusal::EntityTooLarge(size)));
            }
            digests.update(&chunk);
            chunks.push(chunk);
        }
    }
    let digested = digests.finish();
    let late = trailer.and_then(|algorithm| {
        let trailers = sent.trailers.as_ref()?.take()?;
        text(&trailers, algorithm.header()).map(str::to_owned)
    });
    let checksum = sent.checksum.map(|(_, value)| value).or(late);
    let of_this = |refusal| match refusal {
        Refusal::Md5Mismatch { sent: md5, own, .. } => {
            Refusal::Md5Mismatch { sent: md5, own, of_part: sent.of_part }
        }
        other => other,
    };
    let checked = digested.check(sent.content_md5.as_deref(), checksum.as_deref());
    checked.map_err(|refusal| refuse(&of_this(refusal)))?;
    Ok((Body::of_chunks(chunks), digested))
}

/// `s3s` says what is wrong with a signed body in words only.
fn unreadable(why: &str) -> s3s::S3Error {
    if why.contains("Sha256Mismatch") {
        return refuse(&Refusal::SignedSha256Mismatch);
    }
    if why.contains("SignatureMismatch") {
        return refuse(&Refusal::ChunkSignatureMismatch);
    }
    if why.contains("Incomplete") || why.contains("LengthMismatch") {
        return refuse(&Refusal::IncompleteBody);
    }
    refuse(&Refusal::UnreadableBody(why.to_owned()))
}
