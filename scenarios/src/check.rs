//! The form of `[[check]]`: what must hold when a scenario has come to its end.

use std::time::Duration;

use serde::Deserialize;

use crate::edge::Metamorphic;
use crate::quantity::{bytes, duration, share, some_bytes, utc, zone};

/// What must hold. Each table of `[[check]]` holds one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Check {
    /// Every generated row is delivered once or refused for the expected reason.
    Conserved {},
    /// Every query's answer equals its oracle.
    Oracle {
        /// How much numbers may differ.
        #[serde(default)]
        tolerance: f64,
    },
    /// A catalog table has exactly these columns.
    Schema(Columns),
    /// Every object's partition is that of its rows' time.
    Partition {
        /// `s3://bucket/prefix/`.
        #[serde(rename = "in")]
        within: String,
        /// The column of the event's time.
        by: String,
        /// `strftime` pattern of the path between the prefix and the file's name, such as `%Y/%m/%d`.
        path: String,
        /// The offset of the zone that decides the day, such as `+07:00`.
        #[serde(default = "utc", deserialize_with = "zone")]
        zone: String,
        /// The offset of the zone in which the column's times are written.
        #[serde(default = "utc", deserialize_with = "zone")]
        written: String,
    },
    /// Every record lands in the folder of its time, by a `strftime` pattern such as `%Y/%m/%d/%H`.
    Landed {
        /// The pattern.
        path: String,
        /// How much older than its newest record an object's folder may be: what the delivery stream holds back.
        #[serde(deserialize_with = "duration")]
        slack: Duration,
    },
    /// Records of one key land in the order in which they were sent, repeats left out.
    Order {
        /// The edge at which they are looked at; the scenario's landing if none is named.
        edge: Option<String>,
        /// The member that is the key there.
        key: Option<String>,
    },
    /// How long after its time a record lands, in tank time.
    Freshness(Freshness),
    /// The day's batch, run again, changes no row.
    Replay(Replay),
    /// Every run of a job has succeeded.
    Jobs {
        /// The job.
        job: String,
    },
    /// No record keeps those behind it waiting.
    Unblocked {},
    /// A column of a catalog table is null in few rows.
    Nulls(Nulls),
    /// A catalog table has each key once: a snapshot, and not several.
    Snapshot {
        /// The table, in the scenario's database.
        table: String,
        /// The column.
        key: String,
    },
    /// A change of what should not matter leaves the results as they are.
    Metamorphic(Metamorphic),
    /// The number and size of the files.
    Files(Files),
    /// A log group has a line that says this.
    Logs(Logs),
}

/// The columns that a table must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The table, in the scenario's database.
    pub table: String,
    /// `name type`, in order.
    pub columns: Vec<String>,
}

/// What files must be like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// `s3://bucket/prefix/`.
    #[serde(rename = "in")]
    pub within: String,
    /// Most files.
    pub count_max: u64,
    /// Largest file, in bytes.
    #[serde(deserialize_with = "bytes")]
    pub bytes_max: u64,
    /// Smallest mean size, in bytes, where small files are to be found.
    #[serde(default, deserialize_with = "some_bytes")]
    pub bytes_mean_min: Option<u64>,
}

/// How long records may take to land.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// The edge at which they are looked at; the scenario's landing if none is named.
    pub edge: Option<String>,
    /// For half of them.
    #[serde(deserialize_with = "duration")]
    pub p50_max: Duration,
    /// For 95 of a hundred.
    #[serde(deserialize_with = "duration")]
    pub p95_max: Duration,
    /// For 99 of a hundred.
    #[serde(deserialize_with = "duration")]
    pub p99_max: Duration,
}

/// A batch that must be safe to run again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The function that begins it, asked with `{"day": "yyyy-MM-dd"}`.
    pub function: Option<String>,
    /// The job that it leads to, with the argument `--day`.
    pub job: String,
    /// `s3://bucket/prefix/` of what it writes, as Parquet.
    #[serde(rename = "in")]
    pub within: Vec<String>,
    /// Longest run in tank time.
    #[serde(deserialize_with = "duration")]
    pub at_most: Duration,
}

/// How often a column may be null.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nulls {
    /// The table, in the scenario's database.
    pub table: String,
    /// The column.
    pub column: String,
    /// The largest share, 0.0 to 1.0.
    #[serde(deserialize_with = "share")]
    pub share_max: f64,
}

/// What logs must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// The group.
    pub group: String,
    /// A part of one of its lines.
    pub contains: String,
}
