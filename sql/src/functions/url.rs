//! Parts of URLs. Documented: trino.io/docs/current/functions/url.html. Parsing follows Java's `URI`, loosely.

use arrow::array::ArrayRef;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::SqlError;
use crate::functions::def::{Call, Def};

pub(crate) const ALL: &[Def] = &[
    Def {
        name: "url_extract_protocol",
        overloads: &["varchar -> varchar"],
        run: |c| part(c, |u| Some(u.protocol.to_string())),
    },
    Def {
        name: "url_extract_host",
        overloads: &["varchar -> varchar"],
        run: |c| part(c, |u| u.host.map(str::to_string)),
    },
    Def { name: "url_extract_port", overloads: &["varchar -> bigint"], run: port },
    Def {
        name: "url_extract_path",
        overloads: &["varchar -> varchar"],
        run: |c| part(c, |u| Some(decode(u.path))),
    },
    Def {
        name: "url_extract_query",
        overloads: &["varchar -> varchar"],
        run: |c| part(c, |u| Some(decode(u.query.unwrap_or("")))),
    },
    Def {
        name: "url_extract_fragment",
        overloads: &["varchar -> varchar"],
        run: |c| part(c, |u| Some(decode(u.fragment.unwrap_or("")))),
    },
    Def { name: "url_extract_parameter", overloads: &["varchar, varchar -> varchar"], run: parameter },
    Def {
        name: "url_encode",
        overloads: &["varchar -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(encode(c.text(0).value(i))))),
    },
    Def {
        name: "url_decode",
        overloads: &["varchar -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(decode(&c.text(0).value(i).replace('+', " "))))),
    },
];

struct Url<'a> {
    protocol: &'a str,
    host: Option<&'a str>,
    port: Option<i64>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

/// None for what Java's `URI` refuses: blanks and other characters that must be escaped.
fn parse(text: &str) -> Option<Url<'_>> {
    if text
        .chars()
        .any(|c| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`'))
    {
        return None;
    }
    let (rest, fragment) = text.split_once('#').map_or((text, None), |(r, f)| (r, Some(f)));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(r, q)| (r, Some(q)));
    let (protocol, rest) = match rest.split_once(':') {
        Some((p, r))
            if !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
        {
            (p, r)
        }
        _ => ("", rest),
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return Some(Url { protocol, host: None, port: None, path: rest, query, fragment });
    };
    let at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    let (host, port) = match host_port.rsplit_once(':') {
        Some((h, p)) if p.bytes().all(|b| b.is_ascii_digit()) => (h, p.parse().ok()),
        _ => (host_port, None),
    };
    Some(Url { protocol, host: Some(host).filter(|h| !h.is_empty()), port, path, query, fragment })
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string().replace(' ', "+")
}

fn part(c: &Call, pick: fn(&Url) -> Option<String>) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| Ok(parse(c.text(0).value(i)).and_then(|u| pick(&u))))
}

fn port(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| Ok(parse(c.text(0).value(i)).and_then(|u| u.port)))
}

/// The first of its name; a parameter without `=` is the empty text.
fn parameter(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let wanted = c.text(1).value(i);
        let Some(query) = parse(c.text(0).value(i)).and_then(|u| u.query) else { return Ok(None) };
        let mut pairs = query.split('&').map(|p| p.split_once('=').unwrap_or((p, "")));
        Ok(pairs.find(|(k, _)| decode(k) == wanted).map(|(_, v)| decode(v)))
    })
}
