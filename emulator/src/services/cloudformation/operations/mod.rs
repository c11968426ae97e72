//! The operations, a file for each family.
//!
//! `source.rs` is where every template comes in; `create.rs`, `update.rs`, `delete.rs` begin work; `change_set.rs` does
//! so with a wait between; `describe.rs` and `lists.rs` look; `summary.rs` looks at templates alone.

mod change_set;
mod create;
mod delete;
mod describe;
mod lists;
pub(super) mod source;
mod summary;
mod update;

use super::CloudFormationError;
use super::limits::PAGE_ITEMS;

/// One page of a list that begins at `token`, and where the next begins.
fn page<T>(
    items: impl Iterator<Item = T>,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), CloudFormationError> {
    let skip: usize = match token {
        Some(token) => token.parse().map_err(|_| CloudFormationError::NextToken)?,
        None => 0,
    };
    let mut rest = items.skip(skip);
    let page: Vec<T> = rest.by_ref().take(PAGE_ITEMS).collect();
    let next = rest.next().map(|_| skip.saturating_add(PAGE_ITEMS).to_string());
    Ok((page, next))
}

/// Something for its presence: `None` where it is empty.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}
