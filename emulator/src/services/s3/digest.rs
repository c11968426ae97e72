//! MD5 for ETags, and the checksums that clients send or ask for, each computed once while a body arrives.
//!
//! Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html (to be verified).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};

use super::error::Refusal;

/// A checksum algorithm of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the algorithm of its name")]
pub enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// As requests name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header or trailer that carries it.
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// As some of AWS's sentences name it.
    pub fn lower_name(self) -> &'static str {
        self.header().trim_start_matches("x-amz-checksum-")
    }

    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// Whether several parts' checksums may stand for the whole object, rather than a checksum of checksums.
    pub fn is_crc(self) -> bool {
        matches!(self, Self::Crc32 | Self::Crc32c | Self::Crc64Nvme)
    }

    /// The checksum of these chunks, in base64.
    pub fn of(self, chunks: &[Bytes]) -> String {
        let mut hasher = Hasher::new(self);
        chunks.iter().for_each(|chunk| hasher.update(chunk));
        hasher.finish()
    }
}

/// A stored checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// In base64; with `-N` behind it if it is a checksum of N parts' checksums.
    pub value: String,
    /// Whether it is a checksum of parts' checksums (`COMPOSITE`) or of the content (`FULL_OBJECT`).
    pub composite: bool,
}

enum Hasher {
    Crc32(Crc32),
    Crc32c(Crc32c),
    Crc64Nvme(Crc64Nvme),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
            Algorithm::Crc32c => Self::Crc32c(Crc32c::new()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(Crc64Nvme::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Crc32(inner) => inner.update(data),
            Self::Crc32c(inner) => inner.update(data),
            Self::Crc64Nvme(inner) => inner.update(data),
            Self::Sha1(inner) => inner.update(data),
            Self::Sha256(inner) => inner.update(data),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Crc32(inner) => STANDARD.encode(inner.finalize()),
            Self::Crc32c(inner) => STANDARD.encode(inner.finalize()),
            Self::Crc64Nvme(inner) => STANDARD.encode(inner.finalize()),
            Self::Sha1(inner) => STANDARD.encode(inner.finalize()),
            Self::Sha256(inner) => STANDARD.encode(inner.finalize()),
        }
    }
}

/// The digests of a body while it arrives.
pub struct Digests {
    md5: Md5,
    checksum: Option<(Algorithm, Hasher)>,
}

impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Digests").finish_non_exhaustive()
    }
}

/// The digests of a body that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digested {
    /// The MD5, which is also the ETag of an object that arrived in one piece.
    pub md5: [u8; 16],
    /// The checksum that was asked for.
    pub checksum: Option<Checksum>,
}

impl Digests {
    /// MD5, and one checksum if wanted.
    pub fn new(algorithm: Option<Algorithm>) -> Self {
        Self { md5: Md5::new(), checksum: algorithm.map(|algorithm| (algorithm, Hasher::new(algorithm))) }
    }

    /// More of the body.
    pub fn update(&mut self, chunk: &[u8]) {
        self.md5.update(chunk);
        if let Some((_, hasher)) = &mut self.checksum {
            hasher.update(chunk);
        }
    }

    /// The body has ended.
    pub fn finish(self) -> Digested {
        let checksum = self.checksum.map(|(algorithm, hasher)| Checksum {
            algorithm,
            value: hasher.finish(),
            composite: false,
        });
        Digested { md5: self.md5.finalize().into(), checksum }
    }
}

impl Digested {
    /// The digests of content that is there already.
    pub fn of(chunks: &[Bytes], algorithm: Option<Algorithm>) -> Self {
        let mut digests = Digests::new(algorithm);
        chunks.iter().for_each(|chunk| digests.update(chunk));
        digests.finish()
    }

    /// The ETag of an object or part with this content, without quotes.
    pub fn etag(&self) -> String {
        hex::encode(self.md5)
    }

    /// Compares with what the client says that it sent.
    ///
    /// Error: `InvalidDigest` if the MD5 is no MD5, `InvalidRequest` if the checksum is none, `BadDigest` if either differs.
    /// Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21. Assumed: a checksum of another length is none.
    pub fn check(&self, content_md5: Option<&str>, checksum: Option<&str>) -> Result<(), Refusal> {
        if let Some(sent) = content_md5 {
            let decoded = STANDARD.decode(sent).ok().and_then(|sent| <[u8; 16]>::try_from(sent).ok());
            let decoded = decoded.ok_or_else(|| Refusal::InvalidDigest(sent.to_owned()))?;
            if decoded != self.md5 {
                return Err(Refusal::Md5Mismatch { sent: decoded, own: self.md5, of_part: false });
            }
        }
        match (&self.checksum, checksum) {
            (Some(own), Some(sent)) if own.value != sent => {
                let bytes = |text: &str| STANDARD.decode(text).ok().map(|bytes| bytes.len());
                if bytes(sent) == bytes(&own.value) {
                    return Err(Refusal::ChecksumMismatch(own.algorithm.name()));
                }
                let why = format!("Value for {} header is invalid.", own.algorithm.header());
                Err(Refusal::InvalidRequest(why))
            }
            _ => Ok(()),
        }
    }
}

/// The ETag of an object made of parts: the MD5 of the parts' MD5s, and how many there were.
pub fn etag_of_parts(parts: impl IntoIterator<Item = [u8; 16]>) -> String {
    let mut md5 = Md5::new();
    let mut count = 0;
    for part in parts {
        md5.update(part);
        count += 1;
    }
    format!("{}-{count}", hex::encode(md5.finalize()))
}

/// The checksum of parts' checksums (`COMPOSITE`).
pub fn composite<'a>(algorithm: Algorithm, parts: impl IntoIterator<Item = &'a str>) -> Checksum {
    let mut raw = Vec::new();
    let mut count = 0;
    for part in parts {
        raw.extend(STANDARD.decode(part).unwrap_or_default());
        count += 1;
    }
    let value = format!("{}-{count}", algorithm.of(&[Bytes::from(raw)]));
    Checksum { algorithm, value, composite: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_the_check_string_are_the_published_ones() {
        let check = |algorithm: Algorithm, expected: &str| {
            let text = algorithm.of(&[Bytes::from_static(b"1234"), Bytes::from_static(b"56789")]);
            assert_eq!(hex::encode(STANDARD.decode(text).expect("base64")), expected, "{}", algorithm.name());
        };
        check(Algorithm::Crc32, "cbf43926");
        check(Algorithm::Crc32c, "e3069283");
        check(Algorithm::Crc64Nvme, "ae8b14860a799888");
        check(Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
        check(Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    }

    #[test]
    fn what_the_client_sent_is_compared() {
        let digested = Digested::of(&[Bytes::from_static(b"hello")], Some(Algorithm::Crc32));
        assert_eq!(digested.etag(), "5d41402abc4b2a76b9719d911017c592");
        let check = |md5: Option<&str>, crc: Option<&str>, expected: Result<(), Refusal>| {
            assert_eq!(digested.check(md5, crc), expected, "{md5:?} {crc:?}");
        };
        check(None, None, Ok(()));
        check(Some("XUFAKrxLKna5cZ2REBfFkg=="), Some("NhCmhg=="), Ok(()));
        let own = digested.md5;
        let mut sent = own;
        sent[15] = 0x90;
        let differs = Refusal::Md5Mismatch { sent, own, of_part: false };
        check(Some("XUFAKrxLKna5cZ2REBfFkA=="), None, Err(differs));
        check(Some("not base64"), None, Err(Refusal::InvalidDigest("not base64".to_owned())));
        check(Some("AAAA"), None, Err(Refusal::InvalidDigest("AAAA".to_owned())));
        let invalid = "Value for x-amz-checksum-crc32 header is invalid.".to_owned();
        check(None, Some("cafe-123"), Err(Refusal::InvalidRequest(invalid)));
        check(None, Some("AAAAAA=="), Err(Refusal::ChecksumMismatch("CRC32")));
    }
}
