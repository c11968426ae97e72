//! Tokens of pages: where the last page ended, as a text that says nothing to its reader.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::error::CloudWatchError;

pub(super) fn write(place: &impl Serialize) -> String {
    let text = serde_json::to_vec(place).expect("texts and numbers become JSON");
    URL_SAFE_NO_PAD.encode(text)
}

pub(super) fn read<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

/// Assumed: the sentence.
pub(super) fn refused() -> CloudWatchError {
    CloudWatchError::Token("The service token NextToken is invalid.".to_owned())
}
