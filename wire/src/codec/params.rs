//! Form parameters: a query string or a form-encoded body as pairs, decoded.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// What stays as it is in paths and queries: RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same, and the slashes of a greedy label.
const RESERVED_BUT_SLASH: &AsciiSet = &RESERVED.remove(b'/');

/// Pairs in the order in which they were sent.
#[derive(Debug, Default)]
pub(crate) struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Reads `a=1&b=2`. Bytes that are no UTF-8 become U+FFFD.
pub(crate) fn parse(text: &[u8]) -> Params<'_> {
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
        None => (decode(pair), Cow::Borrowed("")),
    });
    Params(split.collect())
}

/// The body's parameters if it has an `Action`, else the query string's.
pub(crate) fn of_request<'a>(uri: &'a Uri, body: &'a [u8]) -> Params<'a> {
    let params = parse(body);
    if params.get("Action").is_some() { params } else { parse(uri.query().unwrap_or_default().as_bytes()) }
}

impl<'a> Params<'a> {
    /// The first value of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// All values of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// Every pair.
    pub(crate) fn pairs(self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        self.0
    }
}

fn decode(text: &[u8]) -> Cow<'_, str> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return String::from_utf8_lossy(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Appends `text`, percent-encoded.
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, RESERVED));
}

/// Appends `text`, percent-encoded but for its slashes.
pub(crate) fn push_path(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, RESERVED_BUT_SLASH));
}
