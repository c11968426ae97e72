//! Records into one body: concatenated as they are, with a delimiter if one is asked for, then compressed.
//!
//! Assumed: `Snappy` is the framing format, and the one entry of a ZIP has the object's name without folder and ending.
//! Documented: `HADOOP_SNAPPY` is Hadoop's block format (awsdocs, record-format-conversion.md, read 2026-11-20): blocks of
//! at most 256 KiB, each behind its two lengths. Gzip and ZIP carry no time, so that the same records give the same bytes.

use std::io::{Cursor, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use wavetank_types::Timestamp;

use super::Record;

const HADOOP_BLOCK_BYTES: usize = 256 << 10;

/// How an object's content is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Compression {
    #[default]
    None,
    Gzip,
    Zip,
    Snappy,
    HadoopSnappy,
}

impl Compression {
    /// The ending of an object's name.
    pub(in super::super) fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zip => ".zip",
            Self::Snappy => ".snappy",
            Self::HadoopSnappy => ".hsnappy",
        }
    }
}

/// Records that become one object.
#[derive(Clone, Debug)]
pub(in super::super) struct Bundle {
    pub(in super::super) records: Arc<Vec<Record>>,
    /// After each record.
    pub(in super::super) delimiter: Bytes,
    pub(in super::super) compression: Compression,
    /// Of the entry, where there is one.
    pub(in super::super) name: String,
}

impl Bundle {
    pub(super) fn run(self) -> Result<Bytes, String> {
        if let ([record], true, Compression::None) =
            (self.records.as_slice(), self.delimiter.is_empty(), self.compression)
        {
            return Ok(record.data.clone());
        }
        let chunks = self.records.iter().flat_map(|record| [&record.data[..], &self.delimiter[..]]);
        let failed = |why: &dyn std::fmt::Display| why.to_string();
        match self.compression {
            Compression::None => Ok(self.plain().into()),
            Compression::Gzip => gzip(chunks).map_err(|why| failed(&why)),
            Compression::Zip => {
                let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
                let options = zip::write::SimpleFileOptions::default()
                    .last_modified_time(zip::DateTime::default())
                    .compression_method(zip::CompressionMethod::Deflated);
                zip.start_file(self.name.as_str(), options).map_err(|why| failed(&why))?;
                for chunk in chunks {
                    zip.write_all(chunk).map_err(|why| failed(&why))?;
                }
                Ok(zip.finish().map_err(|why| failed(&why))?.into_inner().into())
            }
            Compression::Snappy => {
                let mut frames = snap::write::FrameEncoder::new(Vec::new());
                for chunk in chunks {
                    frames.write_all(chunk).map_err(|why| failed(&why))?;
                }
                Ok(frames.into_inner().map_err(|why| failed(&why))?.into())
            }
            Compression::HadoopSnappy => hadoop_snappy(&self.plain()).map_err(|why| failed(&why)),
        }
    }

    fn plain(&self) -> Vec<u8> {
        let bytes = self.records.iter().map(|record| record.data.len() + self.delimiter.len()).sum();
        let mut out = Vec::with_capacity(bytes);
        for record in self.records.iter() {
            out.extend_from_slice(&record.data);
            out.extend_from_slice(&self.delimiter);
        }
        out
    }
}

fn gzip<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> std::io::Result<Bytes> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for chunk in chunks {
        encoder.write_all(chunk)?;
    }
    encoder.finish().map(Bytes::from)
}

fn hadoop_snappy(content: &[u8]) -> Result<Bytes, snap::Error> {
    let mut encoder = snap::raw::Encoder::new();
    let mut out = Vec::new();
    let length = |out: &mut Vec<u8>, bytes: usize| {
        // A block is far below 4 GiB.
        out.extend_from_slice(&(bytes as u32).to_be_bytes());
    };
    for block in content.chunks(HADOOP_BLOCK_BYTES) {
        let compressed = encoder.compress_vec(block)?;
        length(&mut out, block.len());
        length(&mut out, compressed.len());
        out.extend_from_slice(&compressed);
    }
    Ok(out.into())
}

/// Records that become one request to an HTTP endpoint.
#[derive(Clone, Debug)]
pub(in super::super) struct HttpBody {
    pub(in super::super) records: Arc<Vec<Record>>,
    pub(in super::super) request_id: String,
    pub(in super::super) at: Timestamp,
    pub(in super::super) gzip: bool,
}

impl HttpBody {
    /// Documented: docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html (read 2026-11-20 as awsdocs).
    pub(super) fn run(self) -> Result<Bytes, String> {
        let bytes: usize = self.records.iter().map(|record| record.data.len() * 4 / 3 + 16).sum();
        let mut out = String::with_capacity(bytes + 128);
        out.push_str(&format!(
            r#"{{"requestId":"{}","timestamp":{},"records":["#,
            self.request_id,
            self.at.millis()
        ));
        for (number, record) in self.records.iter().enumerate() {
            out.push_str(if number == 0 { r#"{"data":""# } else { r#",{"data":""# });
            STANDARD.encode_string(&record.data, &mut out);
            out.push_str("\"}");
        }
        out.push_str("]}");
        if self.gzip {
            gzip([out.as_bytes()].into_iter()).map_err(|why| why.to_string())
        } else {
            Ok(out.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn bundle(compression: Compression, delimiter: &'static str) -> Bytes {
        let record = |text: String| Record::new(Bytes::from(text), Timestamp::TANK_EPOCH);
        let records = (0..40_000).map(|n| record(format!("record {n}"))).collect();
        let delimiter = Bytes::from_static(delimiter.as_bytes());
        Bundle { records: Arc::new(records), delimiter, compression, name: "entry".to_owned() }.run().unwrap()
    }

    fn unhadoop(mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        while !bytes.is_empty() {
            let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            let (plain, compressed) = (number(0), number(4));
            let block = snap::raw::Decoder::new().decompress_vec(&bytes[8..8 + compressed]).unwrap();
            assert_eq!(block.len(), plain);
            out.extend(block);
            bytes = &bytes[8 + compressed..];
        }
        out
    }

    #[test]
    fn every_compression_gives_the_same_content_back() {
        let plain = bundle(Compression::None, "\n").to_vec();
        assert!(plain.starts_with(b"record 0\nrecord 1\n") && plain.ends_with(b"record 39999\n"));
        let mut found = Vec::new();
        let packed = bundle(Compression::Gzip, "\n");
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut found).unwrap();
        assert_eq!(found, plain);
        found.clear();
        let mut packed = zip::ZipArchive::new(Cursor::new(bundle(Compression::Zip, "\n"))).unwrap();
        packed.by_name("entry").unwrap().read_to_end(&mut found).unwrap();
        assert_eq!(found, plain);
        found.clear();
        let packed = bundle(Compression::Snappy, "\n");
        snap::read::FrameDecoder::new(&packed[..]).read_to_end(&mut found).unwrap();
        assert_eq!(found, plain);
        assert_eq!(unhadoop(&bundle(Compression::HadoopSnappy, "\n")), plain);
        assert!(bundle(Compression::None, "").starts_with(b"record 0record 1"));
    }
}
