//! Why an expression is refused. Each is a `ValidationException`, and what it displays is AWS's message.

use std::fmt;

use super::super::value::{Type, ValueError};
use super::path::Path;

/// The parameter that an expression came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Condition,
    Filter,
    KeyCondition,
    Update,
    Projection,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Update => "UpdateExpression",
            Self::Projection => "ProjectionExpression",
        })
    }
}

/// Why a request's expressions are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExpressionError {
    #[error("Invalid {0}: {1}")]
    Invalid(Kind, Fault),
    #[error("{0} must not be empty")]
    NoPlaceholders(&'static str),
    #[error("{parameter} contains invalid key: Syntax error; key: \"{key}\"")]
    PlaceholderKey { parameter: &'static str, key: String },
    #[error("ExpressionAttributeValues contains invalid value: {why} for key {key}")]
    PlaceholderValue { key: String, why: ValueError },
    #[error("1 validation error detected: Empty attribute name")]
    EmptyName,
    #[error("1 validation error detected: Attribute name is too large, must be less than 65536 bytes")]
    NameTooLong,
    #[error("Value provided in {parameter} unused in expressions: keys: {{{}}}", keys.join(", "))]
    Unused { parameter: &'static str, keys: Vec<String> },
}

/// What is wrong within one expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("The expression can not be empty;")]
    Empty,
    #[error("Expression size has exceeded the maximum allowed size; expression size: {bytes}")]
    TooLong { bytes: usize },
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax { token: String, near: String },
    #[error("The expression contains too many operators; operator count: {count}")]
    TooManyOperators { count: usize },
    #[error("The expression has redundant parentheses;")]
    RedundantParentheses,
    #[error("Invalid function name; function: {0}")]
    UnknownFunction(String),
    #[error("The function is not allowed to be used this way in an expression; function: {0}")]
    MisusedFunction(String),
    #[error("Attribute name is a reserved keyword; reserved keyword: {0}")]
    Reserved(String),
    #[error("The \"{0}\" section can only be used once in an update expression;")]
    SectionTwice(&'static str),
    #[error("An expression attribute name used in the document path is not defined; attribute name: {0}")]
    NameUndefined(String),
    #[error("An expression attribute value used in expression is not defined; attribute value: {0}")]
    ValueUndefined(String),
    #[error("The document path has too many nesting levels; nesting levels: {0}")]
    PathTooDeep(usize),
    #[error("List index is not within the allowable range; index: [{0}]")]
    IndexOutOfRange(String),
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {count}"
    )]
    OperandCount { name: String, count: usize },
    #[error("The IN operator is provided with too many operands; number of operands: {0}")]
    TooManyInOperands(usize),
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: {name}, first operand: {first}"
    )]
    NotDistinct { name: String, first: Path },
    #[error("Operator or function requires a document path; operator or function: {0}")]
    NeedsPath(String),
    #[error(
        "Incorrect operand type for operator or function; operator or function: {name}, operand type: {kind}"
    )]
    OperandType { name: String, kind: String },
    #[error("Incorrect operand type for operator or function; operator: {section}, operand type: {kind}")]
    SectionType { section: &'static str, kind: &'static str },
    #[error("Invalid attribute type name found; type: {0}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}")]
    UnknownType(String),
    #[error(
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {lower}, upper bound operand: AttributeValue: {upper}"
    )]
    BoundsOfTwoTypes { lower: String, upper: String },
    #[error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {lower}, upper bound operand: AttributeValue: {upper}"
    )]
    BoundsReversed { lower: String, upper: String },
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )]
    Overlap { one: Path, two: Path },
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )]
    Conflict { one: Path, two: Path },
}

impl Fault {
    /// An operand of a type that the operator or function does not take.
    pub(super) fn operand_type(name: &str, kind: Type) -> Self {
        Self::OperandType { name: name.to_owned(), kind: kind.name().to_owned() }
    }
}
