//! A query that has been read: commands whose names are places already.

use regex::Regex;

use super::functions::Function;
use super::invocation::LambdaField;
use super::stats::Aggregate;
use super::template::Template;
use super::value::Value;

/// Where a value of a row is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Timestamp,
    IngestionTime,
    Message,
    LogStream,
    Log,
    Ptr,
    Lambda(LambdaField),
    /// The name of this place in [`Plan::found`], in the message.
    Found(usize),
    /// What a command has made.
    Made(usize),
    /// A member of what a command has made.
    Inside(usize, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// What `like` looks for.
#[derive(Clone, Debug)]
pub(super) enum Matcher {
    Part(String),
    Regex(Regex),
}

impl Matcher {
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => text.contains(part.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Constant(Value<'static>),
    Field(Field),
    Negative(Box<Expr>),
    Not(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Like(Box<Expr>, Matcher),
    In(Box<Expr>, Vec<Expr>),
    Call(Function, Vec<Expr>),
    /// The result of an aggregation of the `stats` command that this stands in.
    Aggregate(usize),
}

/// A key of `sort`.
#[derive(Clone, Debug)]
pub(super) struct SortKey {
    pub(super) expr: Expr,
    pub(super) is_descending: bool,
}

/// `stats`: rows with the same keys become one.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    pub(super) keys: Vec<Expr>,
    pub(super) aggregates: Vec<Aggregate>,
    /// What is shown behind the keys.
    pub(super) outputs: Vec<Expr>,
}

#[derive(Clone, Debug)]
pub(super) enum Command {
    Filter(Expr),
    /// Values for new fields.
    Make(Vec<(usize, Expr)>),
    /// Parts of a text for new fields, from the first place on.
    Parse {
        text: Expr,
        template: Template,
        first: usize,
        count: usize,
    },
    /// A row for each entry of a list, which is a new field.
    Unnest(Expr),
    Stats(Stats),
    Sort(Vec<SortKey>),
    Dedup(Vec<Expr>),
    Limit(usize),
}

/// A field of the results.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) field: Field,
}

/// A whole query.
#[derive(Clone, Debug)]
pub(in super::super) struct Plan {
    pub(super) commands: Vec<Command>,
    pub(super) columns: Vec<Column>,
    /// Names that messages are searched for.
    pub(super) found: Vec<String>,
}
