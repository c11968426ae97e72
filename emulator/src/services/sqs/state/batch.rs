//! What all batches have in common: which are refused whole, and how an entry's failure is told.

use std::collections::BTreeSet;

use wavetank_wire::sqs::BatchResultErrorEntry;

use super::super::error::SqsError;
use super::super::limits;

/// Refuses a batch whose entries cannot be told apart, or that has none or too many.
pub(super) fn check_ids<'a>(
    entry: &'static str,
    ids: impl ExactSizeIterator<Item = &'a str> + Clone,
) -> Result<(), SqsError> {
    match ids.len() {
        0 => return Err(SqsError::EmptyBatch(entry)),
        count if count > limits::BATCH_ENTRIES_MAX => return Err(SqsError::TooManyEntries(count)),
        _ => {}
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let good = |id: &str| (1..=limits::ENTRY_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(plain);
    if !ids.clone().all(good) {
        return Err(SqsError::EntryId);
    }
    let mut seen = BTreeSet::new();
    let mut ids = ids;
    match ids.find(|id| !seen.insert(*id)) {
        Some(repeated) => Err(SqsError::RepeatedEntry(repeated.to_owned())),
        None => Ok(()),
    }
}

/// An entry that failed; the others are done.
pub(super) fn failed(id: String, error: &SqsError) -> BatchResultErrorEntry {
    let code = error.query_code().to_owned();
    BatchResultErrorEntry { id, sender_fault: true, code, message: Some(error.to_string()) }
}
