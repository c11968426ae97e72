//! PartiQL as DynamoDB speaks it: `SELECT`, `INSERT`, `UPDATE`, `DELETE`, and `EXISTS` in transactions.
//!
//! A statement becomes a [`Statement`] in terms of the trees that expressions have too: conditions, updates. Tokens are in
//! `token.rs`, the grammar in `parse.rs` (statements), `clause.rs` (WHERE) and `literal.rs` (values); which part of a table a
//! WHERE needs is found in `access.rs`, once the key is known. Nothing is executed here.
//!
//! Left out, and refused as not well formed: joins, aggregates, `LIMIT`, aliases, arithmetic outside of `SET`.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html, ql-reference.update.html,
//! ql-reference.data-types.html, ql-functions.html, ql-functions.exists.html (read 2026-11-28).
//! Recorded, for the sentences and what `SELECT a.b` is called: github.com/nubo-db/dynamodb-conformance (`tests/tier2/partiql`) and
//! github.com/nubo-db/dynoxide (`tests/partiql.rs`), captured from AWS in 2026.

mod access;
mod clause;
mod literal;
mod parse;
#[cfg(test)]
mod tests;
mod token;

use super::expression::{Attributes, Condition, Fault, KeyError, Path, Step, Update};
use super::value::{AttributeValue, Item, ValueError};

pub(crate) use access::Access;

/// A statement, its parameters in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Select(Select),
    Insert(Insert),
    Update(UpdateItem),
    Delete(DeleteItem),
    /// `EXISTS(SELECT ...)`: a condition that a transaction checks.
    Exists(Select),
}

/// Items of a table or of one of its indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Select {
    pub(crate) table: String,
    pub(crate) index: Option<String>,
    /// What is answered of an item; all of it, if nothing stands here.
    pub(crate) columns: Option<Columns>,
    /// All of what WHERE says, that of the key included.
    pub(crate) filter: Option<Condition>,
    /// Attributes of the key, and whether the values descend.
    pub(crate) order: Vec<(String, bool)>,
}

/// A new item. One that has its key already is a `DuplicateItemException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insert {
    pub(crate) table: String,
    pub(crate) item: Item,
}

/// Changes of one item. Where `filter` is not true of it, or it is absent, the condition failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpdateItem {
    pub(crate) table: String,
    pub(crate) update: Update,
    pub(crate) filter: Option<Condition>,
    pub(crate) returning: Option<Returning>,
}

/// One item to be deleted. If it is absent, nothing happens; if `filter` is not true of it, the condition failed.
///
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html (read 2026-11-28).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeleteItem {
    pub(crate) table: String,
    pub(crate) filter: Option<Condition>,
    /// Whether the item is answered as it was.
    pub(crate) returns_old: bool,
}

/// What an update answers of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returning {
    AllOld,
    ModifiedOld,
    AllNew,
    ModifiedNew,
}

/// Places in an item, and the names under which they are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns(Vec<Path>);

impl Columns {
    /// What an item has there, each under the name of the last step: `SELECT a.b` answers `b`.
    ///
    /// Assumed: an element of a list is answered under the name of the list.
    pub(crate) fn of(&self, item: &impl Attributes) -> Item {
        let columns = self.0.iter().filter_map(|path| {
            let member = path.steps.iter().rev().find_map(|step| match step {
                Step::Member(name) => Some(name),
                Step::Element(_) => None,
            });
            let name = member.unwrap_or(&path.attribute).clone();
            Some((name, path.find(item)?.into_owned()))
        });
        columns.collect()
    }

    /// The attributes that it takes something of.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|path| path.attribute.as_str())
    }
}

impl Statement {
    /// Reads a statement whose `?` stand for these values, in their order.
    pub(crate) fn parse(text: &str, parameters: Vec<AttributeValue>) -> Result<Self, PartiqlError> {
        parse::statement(text, parameters)
    }

    /// The table that it is about.
    pub(crate) fn table(&self) -> &str {
        match self {
            Self::Select(select) | Self::Exists(select) => &select.table,
            Self::Insert(insert) => &insert.table,
            Self::Update(update) => &update.table,
            Self::Delete(delete) => &delete.table,
        }
    }

    /// Whether it leaves everything as it is. A batch or transaction reads or writes, not both; `EXISTS` goes with writes.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self, Self::Select(_))
    }

    /// Whether it asks for the item that it changes, which no transaction answers.
    pub(crate) fn is_returning(&self) -> bool {
        match self {
            Self::Update(update) => update.returning.is_some(),
            Self::Delete(delete) => delete.returns_old,
            Self::Select(_) | Self::Insert(_) | Self::Exists(_) => false,
        }
    }
}

/// Why a statement is refused. Each is a `ValidationException`, and what it displays is AWS's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PartiqlError {
    #[error("Statement wasn't well formed, can't be processed: {0}")]
    Malformed(&'static str),
    #[error("Unexpected path component at {line}:{column}:{length}")]
    PathComponent { line: usize, column: usize, length: usize },
    #[error("Path component cannot be an empty string")]
    EmptyPathComponent,
    #[error("This operation is not supported on an index")]
    WriteToIndex,
    #[error(
        "Invalid returning clause: RETURNING {0} *. Only RETURNING ALL OLD * is allowed in DELETE statements."
    )]
    DeleteReturning(&'static str),
    #[error("Number of parameters in request and statement don't match.")]
    ParameterCount,
    #[error("Where clause does not contain a mandatory equality on all key attributes")]
    NoKeyEquality,
    #[error("The provided key element does not match the schema")]
    KeyType,
    // Assumed: the sentences about ORDER BY.
    #[error("Must have WHERE clause in the statement when using ORDER BY clause.")]
    OrderWithoutWhere,
    #[error(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
    )]
    OrderWithoutPartition,
    #[error("Variable reference {0} in ORDER BY clause must be part of the primary key")]
    OrderByOther(String),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Where something else should stand.
const UNEXPECTED_TERM: PartiqlError = PartiqlError::Malformed("Unexpected term");
/// Where a word stands that is none of ours.
const UNEXPECTED_KEYWORD: PartiqlError = PartiqlError::Malformed("Unexpected keyword");
/// Where a statement should begin.
const EXPECTED_MANIPULATION: PartiqlError = PartiqlError::Malformed("Expected data manipulation");
