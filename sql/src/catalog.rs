//! The catalog as Athena sees it: Glue's tables and partitions, and the changes a statement asks for.
//!
//! Left out: storing anything. The caller implements `Catalog` over its Glue and applies `CatalogChange`s.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// A column as Glue keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Lower-case name.
    pub name: String,
    /// Hive type text, such as `bigint` or `array<struct<a:int>>`.
    pub hive_type: String,
    /// Free text.
    pub comment: Option<String>,
}

impl Column {
    /// A column without a comment.
    pub fn new(name: impl Into<String>, hive_type: impl Into<String>) -> Self {
        Column { name: name.into(), hive_type: hive_type.into(), comment: None }
    }
}

/// A table or view as Glue keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Database name, lower case.
    pub database: String,
    /// Table name, lower case.
    pub name: String,
    /// Data columns in order.
    pub columns: Vec<Column>,
    /// Partition columns in order; they come after the data columns.
    pub partition_keys: Vec<Column>,
    /// `s3://bucket/prefix/`; none for a view.
    pub location: Option<String>,
    /// Java class of the input format.
    pub input_format: Option<String>,
    /// Java class of the output format.
    pub output_format: Option<String>,
    /// Java class of the SerDe.
    pub serde: Option<String>,
    /// SerDe parameters, such as `field.delim`.
    pub serde_parameters: BTreeMap<String, String>,
    /// Table parameters, such as `skip.header.line.count`, `classification`, `projection.enabled`.
    pub parameters: BTreeMap<String, String>,
    /// `EXTERNAL_TABLE` or `VIRTUAL_VIEW`.
    pub table_type: Option<String>,
    /// A view's text: `/* Presto View: <base64 of JSON> */`, or plain SQL.
    pub view_text: Option<String>,
    /// The table's comment.
    pub description: Option<String>,
}

impl Table {
    /// Whether this is a view.
    pub fn is_view(&self) -> bool {
        self.table_type.as_deref() == Some("VIRTUAL_VIEW")
    }
}

/// A partition as Glue keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Partition {
    /// One text per partition key, in order.
    pub values: Vec<String>,
    /// `s3://bucket/prefix/`; none means the table's location plus `k=v/`.
    pub location: Option<String>,
}

/// Answers what exists. Names are lower case both ways.
pub trait Catalog: Send + Sync + Debug {
    /// Every database, sorted.
    fn databases(&self) -> Vec<String>;
    /// Every table and view of a database, sorted.
    fn tables(&self, database: &str) -> Vec<String>;
    /// A table or view.
    fn table(&self, database: &str, name: &str) -> Option<Table>;
    /// Every partition of a table, sorted by values.
    fn partitions(&self, database: &str, table: &str) -> Vec<Partition>;
}

/// What a statement wants changed. The caller applies the list in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogChange {
    /// A new database.
    CreateDatabase {
        /// Its name.
        name: String,
        /// `COMMENT`.
        comment: Option<String>,
        /// `LOCATION`.
        location: Option<String>,
        /// `WITH DBPROPERTIES`.
        properties: BTreeMap<String, String>,
    },
    /// A database goes; with `cascade`, its tables go first.
    DropDatabase {
        /// Its name.
        name: String,
        /// Drop what it holds.
        cascade: bool,
    },
    /// A new table or view.
    CreateTable(Box<Table>),
    /// A table or view takes the place of the one of that name.
    ReplaceTable(Box<Table>),
    /// A table or view goes. Objects stay: every Athena table is external.
    DropTable {
        /// Database.
        database: String,
        /// Table.
        name: String,
    },
    /// New partitions. Those that exist are left as they are.
    AddPartitions {
        /// Database.
        database: String,
        /// Table.
        table: String,
        /// What to add.
        partitions: Vec<Partition>,
    },
    /// Partitions go, by values.
    DropPartitions {
        /// Database.
        database: String,
        /// Table.
        table: String,
        /// The values of each.
        values: Vec<Vec<String>>,
    },
    /// A partition's location changes.
    SetPartitionLocation {
        /// Database.
        database: String,
        /// Table.
        table: String,
        /// Which partition.
        values: Vec<String>,
        /// Its new location.
        location: String,
    },
}
