//! The data plane: items written and read, one by one, in batches, in transactions, and by PartiQL.
//!
//! A request's own contradictions are refused first (names, values, expressions), then the table is looked for, then keys are
//! held against it, then conditions. `write.rs` makes the one write that all operations are made of, `page.rs` reads;
//! what they cost is `capacity.rs`, and what a strict tank does about it `throttle.rs`. Start with `single.rs`.
//! Recorded, for the order of refusals and their sentences: dynalite's tests (github.com/mhart/dynalite, `test/`) and
//! Alternator's (github.com/scylladb/scylladb, `test/alternator`), both of which run against AWS too.

mod batch;
mod capacity;
mod error;
mod find;
mod meters;
mod page;
mod peak;
mod query;
mod scan;
mod single;
mod statement;
#[cfg(test)]
mod tests;
mod throttle;
mod transact;
mod write;

use wavetank_wire::dynamodb::Request;

use super::terms::{Operation, Parameters, Terms, TermsError};

pub(crate) use error::DataError;
pub(super) use meters::{OfAccount, expired};
pub(super) use query::check_filter;
pub(crate) use throttle::Buckets;
pub(super) use transact::Tokens;

/// Whether a request is about items, and so brings nothing nearer but what its tables themselves say.
pub(super) const fn is_of_items(request: &Request) -> bool {
    matches!(
        request,
        Request::PutItem(_)
            | Request::GetItem(_)
            | Request::UpdateItem(_)
            | Request::DeleteItem(_)
            | Request::Query(_)
            | Request::Scan(_)
            | Request::BatchGetItem(_)
            | Request::BatchWriteItem(_)
            | Request::TransactGetItems(_)
            | Request::TransactWriteItems(_)
            | Request::ExecuteStatement(_)
            | Request::BatchExecuteStatement(_)
            | Request::ExecuteTransaction(_)
    )
}

impl Parameters {
    /// Whether the request says nothing about items, as most do: then there is nothing to check or to read.
    fn are_absent(&self) -> bool {
        self.update_expression.is_none()
            && self.condition_expression.is_none()
            && self.key_condition_expression.is_none()
            && self.filter_expression.is_none()
            && self.projection_expression.is_none()
            && self.expression_attribute_names.is_none()
            && self.expression_attribute_values.is_none()
            && self.attribute_updates.is_none()
            && self.expected.is_none()
            && self.key_conditions.is_none()
            && self.query_filter.is_none()
            && self.scan_filter.is_none()
            && self.attributes_to_get.is_none()
            && self.conditional_operator.is_none()
    }

    /// [`Parameters::check`], if there is anything.
    fn check_any(&self, operation: Operation) -> Result<(), TermsError> {
        if self.are_absent() { Ok(()) } else { self.check(operation) }
    }

    /// [`Parameters::read`], if there is anything.
    fn read_any(self, operation: Operation) -> Result<Terms, TermsError> {
        let is_silent = self.are_absent() && operation != Operation::Query;
        if is_silent { Ok(Terms::default()) } else { self.read(operation) }
    }
}
