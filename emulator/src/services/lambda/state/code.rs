//! A function's code: a zip, checked when it is uploaded.
//!
//! Code in S3 is read when the function is created or updated, as on AWS: later changes of the object do not reach it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use wavetank_wire::{Val, WireError};

use super::super::error::{CodeRefusal, Refusal};
use super::super::limits;

/// A zip that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) zip: Bytes,
    /// SHA-256 of the zip, in base64.
    pub(super) sha256: String,
}

/// Where code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Zip(Bytes),
    S3 { bucket: String, key: String },
}

impl Source {
    pub(super) fn of(
        zip: Option<Bytes>,
        bucket: Option<String>,
        key: Option<String>,
        version: Option<&String>,
    ) -> Result<Self, Refusal> {
        if version.is_some() {
            return Err(Refusal::NotBuilt("S3ObjectVersion of function code".to_owned()));
        }
        match (zip, bucket, key) {
            (Some(zip), _, _) if zip.is_empty() => Err(CodeRefusal::EmptyZip.into()),
            (Some(zip), _, _) if zip.len() > limits::ZIP_BYTES_MAX => Err(CodeRefusal::ZipTooLarge.into()),
            (Some(zip), _, _) => Ok(Self::Zip(zip)),
            (None, Some(bucket), Some(key)) => Ok(Self::S3 { bucket, key }),
            _ => Err(CodeRefusal::Missing.into()),
        }
    }
}

impl Code {
    /// Checks that this is a zip whose content is not too large. What is inside is checked when it is unpacked.
    pub(super) fn of_zip(zip: Bytes) -> Result<Self, CodeRefusal> {
        let archive =
            zip::ZipArchive::new(std::io::Cursor::new(zip.clone())).map_err(|_| CodeRefusal::NotAZip)?;
        if archive.is_empty() {
            return Err(CodeRefusal::EmptyZip);
        }
        if archive.decompressed_size().is_some_and(|bytes| bytes > u128::from(limits::UNZIPPED_BYTES_MAX)) {
            return Err(CodeRefusal::UnzippedTooLarge);
        }
        let sha256 = STANDARD.encode(Sha256::digest(&zip));
        Ok(Self { zip, sha256 })
    }

    /// What S3 answered, as code.
    pub(super) fn of_s3(reply: Result<Val, WireError>) -> Result<Self, Refusal> {
        let object =
            reply.map_err(|error| CodeRefusal::NotRead { code: error.code, message: error.message })?;
        let body = match object {
            Val::Blob(body) => Some(body),
            Val::Map(members) => members.into_iter().find_map(|(name, member)| match member {
                Val::Blob(body) if name == "Body" => Some(body),
                _ => None,
            }),
            _ => None,
        };
        Ok(Self::of_zip(body.ok_or(CodeRefusal::NotAZip)?)?)
    }

    pub(super) fn size(&self) -> i64 {
        i64::try_from(self.zip.len()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::lambda::tests::zip_of;

    #[test]
    fn code_is_what_s3_answers_as_body() {
        let zip = zip_of(&[("index.py", 0o644, "")]);
        let check = |reply: Val, expected: bool| assert_eq!(Code::of_s3(Ok(reply)).is_ok(), expected);
        check(Val::Blob(zip.clone()), true);
        let member = |name: &str, body: Bytes| (name.to_owned(), Val::Blob(body));
        check(
            Val::Map(vec![("ETag".to_owned(), Val::Str("e".to_owned())), member("Body", zip.clone())]),
            true,
        );
        check(Val::Map(vec![member("Other", zip)]), false);
        check(Val::Blob(Bytes::from_static(b"text")), false);
        check(Val::Null, false);
    }
}
