//! Text to `Statement`: which kind of statement it is, and its parts.
//!
//! Queries go to sqlparser (`query.rs`) with Trino's syntax added (`dialect.rs`); everything else is parsed by hand
//! (`ddl.rs`, `utility.rs`) because Athena's DDL is Hive's. Left out: names and types, which need the catalog.
//! Start with `parse`.

mod ddl;
pub(crate) mod dialect;
pub(crate) mod query;
pub(crate) mod rewrite;
mod rewrite_expr;
pub(crate) mod tokens;
mod utility;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlparser::ast::Query;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::catalog::{Column, Partition};
use crate::error::{ErrorKind, Position, SqlError};
use crate::statement_type::StatementType;
pub(crate) use tokens::TableName;
use tokens::{Cursor, tokenize};

/// Statements that are parsed once. All go when one more comes.
const STATEMENTS_KEPT_MAX: usize = 512;
/// Bytes of a statement that is kept.
const TEXT_KEPT_MAX: usize = 16_384;

/// A parsed statement, ready for `Engine::run`.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) body: Body,
    pub(crate) text: String,
}

/// What a statement is.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Query(Box<Query>),
    Explain {
        query: Box<Query>,
        analyze: bool,
    },
    CreateTableAs(Box<CreateTableAs>),
    Insert {
        table: TableName,
        columns: Vec<String>,
        query: Box<Query>,
    },
    Unload {
        query: Box<Query>,
        to: String,
        properties: BTreeMap<String, PropertyValue>,
    },
    CreateTable(Box<CreateTable>),
    CreateView {
        view: TableName,
        replace: bool,
        query: Box<Query>,
        query_text: String,
    },
    DropTable {
        table: TableName,
        if_exists: bool,
    },
    DropView {
        view: TableName,
        if_exists: bool,
    },
    CreateDatabase {
        name: String,
        if_not_exists: bool,
        comment: Option<String>,
        location: Option<String>,
        properties: BTreeMap<String, String>,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    AddPartitions {
        table: TableName,
        if_not_exists: bool,
        partitions: Vec<PartitionSpec>,
    },
    DropPartitions {
        table: TableName,
        if_exists: bool,
        specs: Vec<Vec<(String, String)>>,
    },
    SetPartitionLocation {
        table: TableName,
        spec: Vec<(String, String)>,
        location: String,
    },
    SetTableProperties {
        table: TableName,
        properties: Vec<(String, String)>,
    },
    AddColumns {
        table: TableName,
        columns: Vec<Column>,
    },
    RepairTable {
        table: TableName,
    },
    ShowDatabases {
        pattern: Option<String>,
    },
    ShowTables {
        database: Option<String>,
        pattern: Option<String>,
        views_only: bool,
    },
    ShowColumns {
        table: TableName,
    },
    ShowPartitions {
        table: TableName,
    },
    ShowCreateTable {
        table: TableName,
    },
    ShowCreateView {
        view: TableName,
    },
    ShowTableProperties {
        table: TableName,
        key: Option<String>,
    },
    Describe {
        table: TableName,
        formatted: bool,
    },
}

/// `CREATE TABLE ... AS SELECT`.
#[derive(Debug, Clone)]
pub(crate) struct CreateTableAs {
    pub(crate) table: TableName,
    pub(crate) if_not_exists: bool,
    pub(crate) properties: BTreeMap<String, PropertyValue>,
    pub(crate) query: Box<Query>,
    pub(crate) with_data: bool,
}

/// `CREATE EXTERNAL TABLE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CreateTable {
    pub(crate) database: Option<String>,
    pub(crate) name: String,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) partition_keys: Vec<Column>,
    pub(crate) comment: Option<String>,
    pub(crate) serde: Option<String>,
    pub(crate) serde_parameters: BTreeMap<String, String>,
    pub(crate) input_format: Option<String>,
    pub(crate) output_format: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// One `PARTITION (k = 'v', ...) [LOCATION '...']`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionSpec {
    pub(crate) spec: Vec<(String, String)>,
    pub(crate) location: Option<String>,
}

impl PartitionSpec {
    /// Values in the order of the table's keys. Error: a key is missing or unknown.
    pub(crate) fn partition(&self, keys: &[Column]) -> Result<Partition, SqlError> {
        let known = self.spec.iter().all(|(k, _)| keys.iter().any(|key| key.name == *k));
        let values: Option<Vec<String>> = keys
            .iter()
            .map(|key| self.spec.iter().find(|(k, _)| *k == key.name).map(|(_, v)| v.clone()))
            .collect();
        match values {
            Some(values) if known => Ok(Partition { values, location: self.location.clone() }),
            _ => Err(SqlError::new(
                ErrorKind::HiveDdl,
                "FAILED: SemanticException partition spec does not contain exactly the partition columns of the table",
            )),
        }
    }
}

/// The value of a property in `WITH (...)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PropertyValue {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<String>),
}

impl Statement {
    /// DDL, DML or UTILITY.
    pub fn statement_type(&self) -> StatementType {
        match &self.body {
            Body::Query(_) | Body::CreateTableAs(_) | Body::Insert { .. } | Body::Unload { .. } => {
                StatementType::Dml
            }
            Body::Explain { .. }
            | Body::ShowDatabases { .. }
            | Body::ShowTables { .. }
            | Body::ShowColumns { .. }
            | Body::ShowPartitions { .. }
            | Body::ShowCreateTable { .. }
            | Body::ShowCreateView { .. }
            | Body::ShowTableProperties { .. }
            | Body::Describe { .. } => StatementType::Utility,
            _ => StatementType::Ddl,
        }
    }

    /// Athena's `SubstatementType`. Documented for SELECT and CREATE_TABLE_AS_SELECT (API_QueryExecution); the other
    /// names are assumed to follow the same pattern.
    pub fn substatement_type(&self) -> &'static str {
        match &self.body {
            Body::Query(_) => "SELECT",
            Body::Explain { .. } => "EXPLAIN",
            Body::CreateTableAs(_) => "CREATE_TABLE_AS_SELECT",
            Body::Insert { .. } => "INSERT",
            Body::Unload { .. } => "UNLOAD",
            Body::CreateTable(_) => "CREATE_TABLE",
            Body::CreateView { .. } => "CREATE_VIEW",
            Body::DropTable { .. } => "DROP_TABLE",
            Body::DropView { .. } => "DROP_VIEW",
            Body::CreateDatabase { .. } => "CREATE_DATABASE",
            Body::DropDatabase { .. } => "DROP_DATABASE",
            Body::AddPartitions { .. } => "ALTER_TABLE_ADD_PARTITION",
            Body::DropPartitions { .. } => "ALTER_TABLE_DROP_PARTITION",
            Body::SetPartitionLocation { .. } => "ALTER_TABLE_SET_LOCATION",
            Body::SetTableProperties { .. } => "ALTER_TABLE_SET_TBLPROPERTIES",
            Body::AddColumns { .. } => "ALTER_TABLE_ADD_COLUMNS",
            Body::RepairTable { .. } => "MSCK_REPAIR_TABLE",
            Body::ShowDatabases { .. } => "SHOW_DATABASES",
            Body::ShowTables { views_only: false, .. } => "SHOW_TABLES",
            Body::ShowTables { views_only: true, .. } => "SHOW_VIEWS",
            Body::ShowColumns { .. } => "SHOW_COLUMNS",
            Body::ShowPartitions { .. } => "SHOW_PARTITIONS",
            Body::ShowCreateTable { .. } => "SHOW_CREATE_TABLE",
            Body::ShowCreateView { .. } => "SHOW_CREATE_VIEW",
            Body::ShowTableProperties { .. } => "SHOW_TBLPROPERTIES",
            Body::Describe { .. } => "DESCRIBE_TABLE",
        }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether results are written as CSV (`<id>.csv`) or as plain text (`<id>.txt`).
    ///
    /// Documented: docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
    pub fn writes_csv(&self) -> bool {
        matches!(self.body, Body::Query(_))
    }
}

/// Parses one statement. Cheap: nothing is looked up.
///
/// Error: `line L:C: mismatched input ...` as Trino words it; statements that are not built say `NotImplemented`.
pub fn parse(sql: &str) -> Result<Statement, SqlError> {
    parse_with_parameters(sql, &[])
}

/// Parses one statement whose `?` stand for `parameters`, each the text of a literal: `'a'`, `12`.
///
/// Documented: docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements-querying.html
pub fn parse_with_parameters(sql: &str, parameters: &[String]) -> Result<Statement, SqlError> {
    let tokens = bind(tokenize(sql)?, parameters)?;
    let mut cursor = Cursor::new(tokens);
    if cursor.is_done() {
        return Err(cursor.mismatched("'ALTER', 'CREATE', 'DELETE', 'DESC', 'DESCRIBE', 'DROP', 'EXPLAIN', 'INSERT', 'SELECT', 'SHOW', 'WITH', <query>"));
    }
    let body = statement(&mut cursor, sql)?;
    Ok(Statement { body, text: sql.to_string() })
}

/// The same, parsed once in a process as long as it is among those that are kept.
pub fn parse_once(sql: &str, parameters: &[String]) -> Result<Arc<Statement>, SqlError> {
    type Parsed = BTreeMap<(String, Vec<String>), Arc<Statement>>;
    static PARSED: Mutex<Parsed> = Mutex::new(BTreeMap::new());
    let kept = || PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (sql.to_owned(), parameters.to_vec());
    if let Some(found) = kept().get(&key) {
        return Ok(Arc::clone(found));
    }
    let statement = Arc::new(parse_with_parameters(sql, parameters)?);
    if sql.len() <= TEXT_KEPT_MAX {
        let mut parsed = kept();
        if parsed.len() >= STATEMENTS_KEPT_MAX {
            parsed.clear();
        }
        parsed.insert(key, Arc::clone(&statement));
    }
    Ok(statement)
}

fn statement(cursor: &mut Cursor, sql: &str) -> Result<Body, SqlError> {
    if cursor.at_words(&["SELECT"])
        || cursor.at_words(&["WITH"])
        || cursor.at_words(&["VALUES"])
        || cursor.at_words(&["TABLE"])
        || cursor.peek() == Some(&Token::LParen)
    {
        return Ok(Body::Query(query::parse_query(cursor.rest())?));
    }
    if let Some(body) = ddl::parse(cursor, sql)? {
        return Ok(body);
    }
    if let Some(body) = utility::parse(cursor)? {
        return Ok(body);
    }
    Err(cursor.mismatched(
        "'ALTER', 'CREATE', 'DELETE', 'DESC', 'DESCRIBE', 'DROP', 'EXPLAIN', 'INSERT', 'MSCK', 'SELECT', 'SHOW', 'UNLOAD', 'WITH', <query>",
    ))
}

/// Puts the tokens of each parameter where its `?` is.
fn bind(tokens: Vec<TokenWithSpan>, parameters: &[String]) -> Result<Vec<TokenWithSpan>, SqlError> {
    let mut bound = Vec::with_capacity(tokens.len());
    let mut used = 0;
    for token in tokens {
        let is_mark =
            matches!(&token.token, Token::Placeholder(mark) if mark == "?") || token.token == Token::Question;
        if !is_mark {
            bound.push(token);
            continue;
        }
        let Some(parameter) = parameters.get(used) else {
            return Err(wrong_count(tokens::position(token.span.start), used + 1, parameters.len()));
        };
        for piece in tokenize(parameter)? {
            bound.push(TokenWithSpan { token: piece.token, span: token.span });
        }
        used += 1;
    }
    if used != parameters.len() {
        return Err(wrong_count(Position::START, used, parameters.len()));
    }
    Ok(bound)
}

/// Documented: Trino's `INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 0`.
fn wrong_count(at: Position, expected: usize, found: usize) -> SqlError {
    SqlError::at(
        ErrorKind::InvalidUse,
        at,
        format!("Incorrect number of parameters: expected {expected} but found {found}"),
    )
}
