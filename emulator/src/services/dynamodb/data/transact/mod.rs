//! Transactions: many reads or writes, all of them or none.
//!
//! All actions are checked by themselves, then held against their tables (the first that does not fit cancels), then all
//! conditions are asked (each that fails is told), and only then is anything written.
//! Recorded, for that order: Alternator's `test_transact.py`.
//!
//! Conflicts: one request is over before the next begins, so that none ever meets another's transaction under way, and no
//! token's request is ever in progress. AWS's `TransactionConflictException`, a cancellation for `TransactionConflict` and
//! `TransactionInProgressException` come from fault rules alone, which name operation and error.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (an edition of 2023-02 read
//! 2026-11-28), for when they come.

mod get;
mod token;
mod write;

pub(super) use token::Digest;
pub(crate) use token::Tokens;
pub(super) use write::{Fitted, count};

use crate::services::dynamodb::error::DynamoError;

use super::error::{DataError, Reason};

/// The reasons of a transaction of `count` actions of which one does not fit its table.
pub(super) fn misfit(count: usize, at: usize, why: &DynamoError) -> DataError {
    let mut reasons = vec![Reason::NONE; count];
    reasons[at] = Reason { code: "ValidationError", message: Some(why.to_string()), item: None };
    DataError::Canceled(reasons)
}
