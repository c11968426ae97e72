//! For tests: a table of a service's limits, each crossed once, that knows when one is missing.
//!
//! A service's `tests/limits.rs` names every constant of its `limits.rs`: with a request that crosses it and AWS's refusal, or
//! with the test that shows what it does where nothing is refused.

use std::collections::BTreeSet;
use std::fmt::Debug;

use expect_test::Expect;
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{Operation, ToVal as _, WireError};

/// The limits that have been crossed so far.
#[derive(Debug, Default)]
pub(crate) struct Crossed {
    limits: BTreeSet<&'static str>,
    tests: Vec<&'static str>,
}

/// What the gateway refuses before the service sees it: the model's constraints.
pub(crate) fn validated<O: Operation>(input: &O::Input) -> Result<(), WireError>
where
    O::Input: Clone,
{
    let operation = O::service().operation(O::NAME).expect("it is served");
    validate(operation.input, &input.clone().to_val())
        .map_err(|failures| validation_error(O::service(), &failures))
}

impl Crossed {
    /// A request beyond the limit is refused so.
    pub(crate) fn refused<T: Debug>(
        &mut self,
        limit: &'static str,
        result: Result<T, WireError>,
        expected: Expect,
    ) {
        self.limits.insert(limit);
        match result {
            Err(error) => expected.assert_eq(&format!("{} {}: {}", error.status, error.code, error.message)),
            Ok(output) => panic!("nothing has refused to cross {limit}: {output:?}"),
        }
    }

    /// What the limit does is shown by this test.
    pub(crate) fn elsewhere(&mut self, test: &'static str, limits: &[&'static str]) {
        self.limits.extend(limits);
        self.tests.push(test);
    }

    /// Every constant of `limits.rs` has its row, and every test that is named is there.
    pub(crate) fn finish(self, limits: &str, tests: &[&str]) {
        self.finish_but(limits, tests, &[]);
    }

    /// The same, but for constants that are no limits.
    pub(crate) fn finish_but(mut self, limits: &str, tests: &[&str], others: &[&'static str]) {
        self.limits.extend(others);
        let constants = limits.lines().filter_map(|line| line.split_once("const ")?.1.split_once(':'));
        let missing: Vec<&str> =
            constants.map(|(name, _)| name).filter(|name| !self.limits.contains(name)).collect();
        assert!(missing.is_empty(), "no test crosses {missing:?}");
        for test in self.tests {
            let head = format!("fn {test}(");
            assert!(tests.iter().any(|source| source.contains(&head)), "there is no test {test}");
        }
    }
}
