//! Turns batches into the objects to write: Parquet parts, rejects as NDJSON, and one summary.
//!
//! The names of the correct variant come from the source object, so the same upload replayed writes the same keys and
//! nothing doubles. `Naming::ByRun` gives new names every time, as Spark does in append mode.

use std::collections::VecDeque;
use std::io::Read;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use wavetank_types::Checksum;

use super::{Batches, CleanError, Rejected, Summary, Variant};

/// Rows of a row group.
const ROW_GROUP_ROWS: usize = 131_072;

/// Rejects of one NDJSON object, at most: a file of nothing but rejects must not fill the memory.
const REJECTS_PER_FILE_MAX: u64 = 100_000;

/// What the names of the parts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The source object: replaying an upload overwrites.
    BySource,
    /// The run: replaying an upload appends.
    ByRun(String),
}

/// Where the objects go and how large they get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Before the name of every Parquet part, such as `transformed/`.
    pub prefix: String,
    /// Before the name of every file of rejects. Not below `prefix`, which a crawler reads.
    pub rejected_prefix: String,
    /// Before the name of the summary.
    pub summary_prefix: String,
    /// What names come from.
    pub naming: Naming,
    /// Rows of one part, at most; at least 1.
    pub rows_per_file_max: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            prefix: "transformed/".to_owned(),
            rejected_prefix: "rejected/".to_owned(),
            summary_prefix: "summary/".to_owned(),
            naming: Naming::BySource,
            rows_per_file_max: 1_000_000,
        }
    }
}

impl Layout {
    /// The part of every name that says where it comes from; `source` is the object, as `s3://bucket/key`.
    pub fn tag(&self, source: &str) -> String {
        match &self.naming {
            Naming::BySource => format!("{:016x}", Checksum::of_bytes(source.as_bytes()).0),
            Naming::ByRun(run) => run.clone(),
        }
    }

    /// Whether a key holds rows or rejects that this source wrote. After a run, those that it did not write again are
    /// stale: the file had more of them then.
    pub fn is_of(&self, key: &str, source: &str) -> bool {
        let tag = self.tag(source);
        let rows = key.strip_prefix(&self.prefix).and_then(|name| name.strip_prefix("part-"));
        let rows = rows.and_then(|name| name.split_once('-')).map(|(_, rest)| rest);
        let rejects = key.strip_prefix(&self.rejected_prefix).and_then(|name| name.strip_suffix(".ndjson"));
        rows.and_then(|rest| rest.strip_suffix(".snappy.parquet")) == Some(&tag)
            || rejects.and_then(|name| name.rsplit_once('-')).map(|(start, _)| start) == Some(&tag)
    }

    fn part_key(&self, number: usize, tag: &str) -> String {
        format!("{}part-{number:05}-{tag}.snappy.parquet", self.prefix)
    }

    fn rejects_key(&self, number: usize, tag: &str) -> String {
        format!("{}{tag}-{number:05}.ndjson", self.rejected_prefix)
    }

    fn summary_key(&self, tag: &str) -> String {
        format!("{}{tag}.json", self.summary_prefix)
    }
}

/// What an object to write holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Rows as Parquet. There is always at least one, even without rows, so that a replay overwrites.
    Rows,
    /// Rejects as NDJSON.
    Rejects,
    /// The [`Summary`] with the source, as JSON. The last object.
    Summary,
}

/// An object to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it holds.
    pub kind: PartKind,
    /// Where it goes.
    pub key: String,
    /// Its bytes.
    pub body: Bytes,
    /// Rows or rejects in it.
    pub rows: u64,
}

/// Why the objects cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The file is refused or cannot be read.
    #[error(transparent)]
    Clean(#[from] CleanError),
    /// The encoder refuses.
    #[error("cannot encode Parquet: {0}")]
    Parquet(#[from] ParquetError),
}

/// The objects of one file, made one after the other while it is read. Ends after the first error.
pub struct Parts<R> {
    batches: Batches<R>,
    layout: Layout,
    source: String,
    tag: String,
    rows: OpenRows,
    rejects: OpenRejects,
    ready: VecDeque<Part>,
    is_over: bool,
}

/// The Parquet part being written.
struct OpenRows {
    schema: SchemaRef,
    writer: Option<ArrowWriter<Vec<u8>>>,
    rows: usize,
    number: usize,
}

/// The file of rejects being written.
#[derive(Default)]
struct OpenRejects {
    lines: Vec<u8>,
    rows: u64,
    number: usize,
}

#[derive(Serialize)]
struct RejectLine<'a> {
    source: &'a str,
    #[serde(flatten)]
    rejected: &'a Rejected,
}

#[derive(Serialize)]
struct SummaryFile<'a> {
    source: &'a str,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl<R: Read> Parts<R> {
    /// Reads the header of a file, as `s3://bucket/key`, and is ready to make its objects.
    ///
    /// Error: the file is refused, or cannot be read.
    pub fn open(variant: Variant, source: &str, input: R, layout: Layout) -> Result<Self, CleanError> {
        let batches = Batches::open(variant, input)?;
        let schema = batches.schema();
        Ok(Self {
            batches,
            tag: layout.tag(source),
            layout,
            source: source.to_owned(),
            rows: OpenRows { schema, writer: None, rows: 0, number: 0 },
            rejects: OpenRejects::default(),
            ready: VecDeque::new(),
            is_over: false,
        })
    }

    /// What became of the rows so far.
    pub fn summary(&self) -> &Summary {
        self.batches.summary()
    }

    /// Takes one batch, or closes everything when there is none.
    fn advance(&mut self) -> Result<(), LayoutError> {
        match self.batches.next() {
            Some(cleaned) => {
                let cleaned = cleaned?;
                self.reject(&cleaned.rejected);
                self.write(cleaned.batch)
            }
            None => {
                self.is_over = true;
                self.close()
            }
        }
    }

    fn write(&mut self, batch: RecordBatch) -> Result<(), LayoutError> {
        let mut rest = batch;
        while rest.num_rows() > 0 {
            let room = self.layout.rows_per_file_max.max(1) - self.rows.rows;
            let taken = room.min(rest.num_rows());
            self.rows.write(&rest.slice(0, taken))?;
            rest = rest.slice(taken, rest.num_rows() - taken);
            if taken == room {
                self.finish_rows()?;
            }
        }
        Ok(())
    }

    fn reject(&mut self, rejected: &[Rejected]) {
        for rejected in rejected {
            let line = RejectLine { source: &self.source, rejected };
            push_json(&mut self.rejects.lines, &line);
            self.rejects.rows += 1;
            if self.rejects.rows == REJECTS_PER_FILE_MAX {
                self.finish_rejects();
            }
        }
    }

    fn close(&mut self) -> Result<(), LayoutError> {
        if self.rows.rows > 0 || self.rows.number == 0 {
            self.finish_rows()?;
        }
        if self.rejects.rows > 0 {
            self.finish_rejects();
        }
        let summary = self.batches.summary();
        let mut body = Vec::new();
        push_json(&mut body, &SummaryFile { source: &self.source, summary });
        self.ready.push_back(Part {
            kind: PartKind::Summary,
            key: self.layout.summary_key(&self.tag),
            body: body.into(),
            rows: summary.rows_read,
        });
        Ok(())
    }

    fn finish_rows(&mut self) -> Result<(), LayoutError> {
        self.ready.push_back(Part {
            kind: PartKind::Rows,
            key: self.layout.part_key(self.rows.number, &self.tag),
            rows: self.rows.rows as u64,
            body: self.rows.finish()?.into(),
        });
        Ok(())
    }

    fn finish_rejects(&mut self) {
        let rejects = std::mem::take(&mut self.rejects);
        self.rejects.number = rejects.number + 1;
        self.ready.push_back(Part {
            kind: PartKind::Rejects,
            key: self.layout.rejects_key(rejects.number, &self.tag),
            body: rejects.lines.into(),
            rows: rejects.rows,
        });
    }
}

impl<R: Read> Iterator for Parts<R> {
    type Item = Result<Part, LayoutError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.is_over {
            if let Err(error) = self.advance() {
                self.is_over = true;
                self.ready.clear();
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

impl OpenRows {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.rows += batch.num_rows();
        self.writer()?.write(batch)
    }

    /// The bytes of the part; the next write opens the next one.
    fn finish(&mut self) -> Result<Vec<u8>, ParquetError> {
        self.writer()?;
        self.rows = 0;
        self.number += 1;
        match self.writer.take() {
            Some(writer) => writer.into_inner(),
            None => Ok(Vec::new()),
        }
    }

    fn writer(&mut self) -> Result<&mut ArrowWriter<Vec<u8>>, ParquetError> {
        if self.writer.is_none() {
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
                .build();
            let schema = SchemaRef::clone(&self.schema);
            self.writer = Some(ArrowWriter::try_new(Vec::new(), schema, Some(properties))?);
        }
        Ok(self.writer.as_mut().expect("opened above"))
    }
}

fn push_json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *out, value).expect("texts and numbers always fit into memory as JSON");
    out.push(b'\n');
}
