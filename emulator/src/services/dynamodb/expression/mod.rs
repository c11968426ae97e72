//! DynamoDB's expressions: text to tree, and trees over items.
//!
//! A text becomes tokens (`token.rs`), then syntax (`syntax.rs`), then, with names and values put in for their placeholders
//! (`placeholders.rs`) and AWS's checks made, one of four trees: [`Condition`] (conditions and filters, `condition.rs`, and
//! `evaluate.rs` for what they say of an item), [`KeyConditions`] (`key.rs`), [`Update`] (`update/`) and [`Projection`]
//! (`projection.rs`). The parameters from before expressions (`../legacy/`) and PartiQL (`../partiql/`) give the same trees.
//!
//! What AWS refuses, it refuses in passes: all of the syntax before any function's name, each function's name before any
//! reserved word, and so on. Here one walk notes everything, and [`Faults`] keeps what AWS would have met first.
//! Recorded, for the passes and most sentences: dynalite's tests (github.com/mhart/dynalite, `test/scan.js`, `query.js`,
//! `updateItem.js`) and Alternator's (github.com/scylladb/scylladb, `test/alternator`), both of which run against AWS too.
//!
//! Start with `condition.rs`, then `evaluate.rs`.

mod attributes;
mod condition;
mod error;
mod evaluate;
mod faults;
mod key;
mod path;
mod placeholders;
mod projection;
#[cfg(test)]
mod props;
mod reserved;
mod syntax;
#[cfg(test)]
mod tests;
mod token;
mod update;

pub(crate) use attributes::Attributes;
pub(crate) use condition::{Comparator, Condition, Operand};
pub(crate) use error::{ExpressionError, Fault, Kind};
pub(crate) use key::{KeyAttribute, KeyConditions, KeyError, KeyQuery, KeySchema, KeyTest, SortCondition};
pub(crate) use path::{Path, Step, check_paths};
pub(crate) use placeholders::Placeholders;
pub(crate) use projection::Projection;
pub(crate) use update::{Dialect, Source, Update, UpdateError};

/// Bytes of one expression, at most.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (an edition of 2023-02 read 2026-11-28).
/// Recorded: github.com/nubo-db/dynoxide, issue 146: 4,096 are taken, 4,097 are not, as they were sent.
const EXPRESSION_BYTES_MAX: usize = 4096;

/// What stands before any grammar: an expression says something, and in few enough bytes.
fn admit(text: &str) -> Result<(), Fault> {
    match text.len() {
        0 => Err(Fault::Empty),
        bytes if bytes > EXPRESSION_BYTES_MAX => Err(Fault::TooLong { bytes }),
        _ => Ok(()),
    }
}
