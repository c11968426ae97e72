//! Digests and encodings. Documented: trino.io/docs/current/functions/binary.html. Left out: sha1, hmac, spooky.

use std::hash::Hasher;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

use crate::error::SqlError;
use crate::functions::def::{Call, Def, invalid};

pub(crate) const ALL: &[Def] = &[
    Def {
        name: "md5",
        overloads: &["varbinary -> varbinary"],
        run: |c| bytes(c, |b| Ok(Md5::digest(b).to_vec())),
    },
    Def {
        name: "sha256",
        overloads: &["varbinary -> varbinary"],
        run: |c| bytes(c, |b| Ok(Sha256::digest(b).to_vec())),
    },
    Def {
        name: "sha512",
        overloads: &["varbinary -> varbinary"],
        run: |c| bytes(c, |b| Ok(Sha512::digest(b).to_vec())),
    },
    Def {
        name: "xxhash64",
        overloads: &["varbinary -> varbinary"],
        run: |c| bytes(c, |b| Ok(xxhash64(b).to_be_bytes().to_vec())),
    },
    Def {
        name: "crc32",
        overloads: &["varbinary -> bigint"],
        run: |c| c.each_long(|i| Ok(Some(i64::from(crc32(input(c, i)))))),
    },
    Def {
        name: "to_hex",
        overloads: &["varbinary -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(hex::encode_upper(input(c, i))))),
    },
    Def {
        name: "from_hex",
        overloads: &["varchar -> varbinary"],
        run: |c| decoded(c, |t| hex::decode(t).map_err(|_| invalid(format!("Not a valid hex string: {t}")))),
    },
    Def {
        name: "to_base64",
        overloads: &["varbinary -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(STANDARD.encode(input(c, i))))),
    },
    Def {
        name: "to_base64url",
        overloads: &["varbinary -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(URL_SAFE.encode(input(c, i))))),
    },
    Def {
        name: "from_base64",
        overloads: &["varchar -> varbinary"],
        run: |c| decoded(c, |t| STANDARD.decode(t).map_err(|e| invalid(e.to_string()))),
    },
];

fn input<'a>(c: &'a Call, row: usize) -> &'a [u8] {
    c.args[0].as_binary::<i32>().value(row)
}

fn bytes(c: &Call, f: impl Fn(&[u8]) -> Result<Vec<u8>, SqlError>) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| f(input(c, i)).map(Some))?;
    Ok(Arc::new(rows.iter().map(Option::as_deref).collect::<BinaryArray>()))
}

fn decoded(c: &Call, f: impl Fn(&str) -> Result<Vec<u8>, SqlError>) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| f(c.text(0).value(i)).map(Some))?;
    Ok(Arc::new(rows.iter().map(Option::as_deref).collect::<BinaryArray>()))
}

fn xxhash64(b: &[u8]) -> u64 {
    let mut hasher = twox_hash::XxHash64::with_seed(0);
    hasher.write(b);
    hasher.finish()
}

fn crc32(b: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(b);
    crc.sum()
}
