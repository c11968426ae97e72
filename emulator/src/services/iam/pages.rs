//! Pages of a list: `Marker`, `MaxItems`, `IsTruncated`.

use super::{IamError, limits};

/// One page.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) is_truncated: Option<bool>,
    /// Where the next page begins; absent on the last.
    pub(super) marker: Option<String>,
}

/// The page of `items` that begins at `marker`, a number written by an earlier page. Nothing in it is promised to
/// clients, to whom it is opaque.
pub(super) fn page<T>(
    items: impl Iterator<Item = T>,
    marker: Option<&str>,
    items_max: Option<i64>,
) -> Result<Page<T>, IamError> {
    let skip: usize = match marker {
        Some(marker) => marker.parse().map_err(|_| IamError::BadMarker)?,
        None => 0,
    };
    let size =
        items_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(limits::PAGE_ITEMS_DEFAULT).max(1);
    let mut rest = items.skip(skip);
    let items: Vec<T> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    let marker = more.then(|| skip.saturating_add(size).to_string());
    Ok(Page { items, is_truncated: Some(more), marker })
}
