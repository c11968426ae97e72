//! Records in objects: Parquet, documents of JSON (a line each, or one after the other), CSV with a header; gzip or not.
//!
//! What an object is, is seen by its first bytes, not by its name. Folders of Hive's form (`country=VN/`) are members too.
//! Left out: ORC, Avro, other compression.

use std::io::Read as _;

use bytes::Bytes;
use serde_json::Value;
use wavetank_types::names::split_s3_uri;

use super::{Found, Held, Members, members_of};
use crate::check::rows;
use crate::client::Aws;
use crate::observe::{self, ObserveError};

/// Most bytes that a compressed object may become.
const PLAIN_BYTES_MAX: u64 = 4 << 30;

/// Every record of every object under `s3://bucket/prefix`, objects in the order in which they were written.
pub(super) async fn read(aws: Aws<'_>, uri: &str) -> Result<Held, ObserveError> {
    let prefix = split_s3_uri(uri).map_or("", |(_, prefix)| prefix).to_owned();
    let mut objects = observe::list(aws, uri).await?;
    objects.sort_by(|a, b| (a.modified, &a.key).cmp(&(b.modified, &b.key)));
    let mut held = Held::default();
    for object in objects {
        let body = observe::get(aws, &object).await?;
        let inside = object.key.strip_prefix(&prefix).unwrap_or(&object.key);
        let folders = folders_of(inside);
        match rows_of(body) {
            Ok((rows, unreadable)) => {
                held.unreadable.extend(unreadable.into_iter().map(|why| format!("{}: {why}", object.uri())));
                held.records.extend(rows.into_iter().map(|mut members| {
                    members.extend(folders.clone());
                    Found { members, place: object.key.clone(), at: Some(object.modified) }
                }));
            }
            Err(cause) => held.unreadable.push(format!("{}: {cause}", object.uri())),
        }
    }
    Ok(held)
}

/// `country=VN/day=1/part-0` has the members `country` and `day`.
fn folders_of(key: &str) -> Members {
    let folders = key.rsplit_once('/').map_or("", |(folders, _)| folders);
    let member = |folder: &str| {
        let (name, value) = folder.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
        Some((name.to_owned(), Some(value)))
    };
    folders.split('/').filter_map(member).collect()
}

/// The rows of a file, and what of it could not be read.
pub(crate) fn rows_of(body: Bytes) -> Result<(Vec<Members>, Vec<String>), String> {
    let body = unzipped(body, PLAIN_BYTES_MAX)?;
    if body.starts_with(b"PAR1") {
        return Ok((rows::named(body)?, Vec::new()));
    }
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => Ok(json(&body)),
        Some(_) => csv(&body),
        None => Ok((Vec::new(), Vec::new())),
    }
}

/// Gzip is taken off, up to so many bytes; other content is as it is.
pub(crate) fn unzipped(body: Bytes, bytes_max: u64) -> Result<Bytes, String> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(body);
    }
    let mut plain = Vec::new();
    let decoder = flate2::read::MultiGzDecoder::new(body.as_ref());
    decoder.take(bytes_max).read_to_end(&mut plain).map_err(|error| error.to_string())?;
    Ok(plain.into())
}

/// The values of JSON in a text, on lines of their own or not. What is none is told up to the end of its line, and reading
/// goes on after it.
pub(crate) fn values(body: &[u8], mut take: impl FnMut(Result<Value, &[u8]>)) {
    let mut rest = body;
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        for value in values.by_ref() {
            match value {
                Ok(value) => take(Ok(value)),
                Err(_) => break,
            }
        }
        let bad = &rest[values.byte_offset().min(rest.len())..];
        let end = memchr::memchr(b'\n', bad).map_or(bad.len(), |at| at + 1);
        if !bad[..end].trim_ascii().is_empty() {
            take(Err(&bad[..end]));
        }
        rest = &bad[end..];
    }
}

/// Documents after each other, or lists of them.
fn json(body: &[u8]) -> (Vec<Members>, Vec<String>) {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    values(body, |value| match value {
        Ok(Value::Object(members)) => found.push(members_of(members)),
        Ok(Value::Array(list)) => found.extend(list.into_iter().filter_map(|entry| match entry {
            Value::Object(members) => Some(members_of(members)),
            _ => None,
        })),
        Ok(other) => unreadable.push(format!("no record: {}", shown(other.to_string().as_bytes()))),
        Err(line) => unreadable.push(format!("no JSON: {}", shown(line))),
    });
    (found, unreadable)
}

fn csv(body: &[u8]) -> Result<(Vec<Members>, Vec<String>), String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    for row in reader.records() {
        match row {
            Ok(row) if row.len() == header.len() => {
                let value = |field: &str| (!field.is_empty()).then(|| field.to_owned());
                found.push(header.iter().map(str::to_owned).zip(row.iter().map(value)).collect());
            }
            Ok(row) => unreadable.push(format!("{} fields of {}: {row:?}", row.len(), header.len())),
            Err(error) => unreadable.push(error.to_string()),
        }
    }
    Ok((found, unreadable))
}

fn shown(text: &[u8]) -> String {
    const SHOWN_BYTES_MAX: usize = 80;
    String::from_utf8_lossy(&text[..text.len().min(SHOWN_BYTES_MAX)]).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], rows: &[&[(&str, &str)]], unreadable: usize) {
        let (found, told) = rows_of(Bytes::copy_from_slice(body)).expect("a file");
        let texts: Vec<Vec<(String, String)>> = found
            .into_iter()
            .map(|row| row.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
            .collect();
        let expected: Vec<Vec<(String, String)>> = rows
            .iter()
            .map(|row| row.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
            .collect();
        assert_eq!(texts, expected, "{}", String::from_utf8_lossy(body));
        assert_eq!(told.len(), unreadable, "{told:?}");
    }

    #[test]
    fn a_file_is_told_by_what_it_holds() {
        check(b"{\"a\":1}\n{\"a\":2}\n", &[&[("a", "1")], &[("a", "2")]], 0);
        check(b"{\"a\":1}{\"a\":2}", &[&[("a", "1")], &[("a", "2")]], 0);
        check(b"[{\"a\":1},{\"a\":2}]", &[&[("a", "1")], &[("a", "2")]], 0);
        check(b"a,b\n1,\n\"x\ny\",2\n", &[&[("a", "1")], &[("a", "x\ny"), ("b", "2")]], 0);
        check(b"", &[], 0);
        check(b"\n  \n", &[], 0);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
        check(b"{\"a\":1}\n{\"a\":\n{\"a\":3}\n", &[&[("a", "1")], &[("a", "3")]], 1);
        check(b"{\"a\":1}\noops\n{\"a\":3}\n", &[&[("a", "1")], &[("a", "3")]], 1);
        check(b"a,b\n1,2\n3\n", &[&[("a", "1"), ("b", "2")]], 1);
    }

    #[test]
    fn gzip_is_seen_through_and_folders_are_members() {
        use std::io::Write as _;
        let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zipped.write_all(b"{\"a\":1}").expect("memory");
        check(&zipped.finish().expect("memory"), &[&[("a", "1")]], 0);
        let folders = folders_of("country=VN/day=2024%2D01/part-0.parquet");
        assert_eq!(folders["country"].as_deref(), Some("VN"));
        assert_eq!(folders["day"].as_deref(), Some("2024-01"));
    }
}
