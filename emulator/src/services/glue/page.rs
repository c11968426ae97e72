//! One page of a list, and the token for the next: the key of the last entry, so that changes between pages lose nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::GlueError;

/// Some entries, and where to go on.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) entries: Vec<T>,
    pub(super) next_token: Option<String>,
}

/// The page after `token`. Entries come in ascending order of their keys.
///
/// Error: a token that this service did not write.
pub(super) fn page<K, T>(
    entries: impl Iterator<Item = (K, T)>,
    token: Option<&str>,
    max: Option<i64>,
    max_default: usize,
) -> Result<Page<T>, GlueError>
where
    K: Ord + Serialize + DeserializeOwned,
{
    let after: Option<K> = token.filter(|token| !token.is_empty()).map(read).transpose()?;
    let max = max.and_then(|max| usize::try_from(max).ok()).filter(|max| *max > 0).unwrap_or(max_default);
    let mut out = Vec::new();
    let mut last = None;
    for (key, entry) in entries.skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after)) {
        if out.len() == max {
            return Ok(Page { entries: out, next_token: last.as_ref().map(write) });
        }
        out.push(entry);
        last = Some(key);
    }
    Ok(Page { entries: out, next_token: None })
}

fn write<K: Serialize>(key: &K) -> String {
    hex::encode(serde_json::to_vec(key).expect("keys are strings and numbers"))
}

fn read<K: DeserializeOwned>(token: &str) -> Result<K, GlueError> {
    let refuse = || GlueError::Invalid("Invalid pagination token".to_owned());
    let bytes = hex::decode(token).map_err(|_| refuse())?;
    serde_json::from_slice(&bytes).map_err(|_| refuse())
}
