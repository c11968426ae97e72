//! URI templates: `/2015-03-31/functions/{FunctionName}/policy`, `{Name+}` for the rest of a path, a literal query.

use http::Uri;
use percent_encoding::percent_decode_str;

/// A path that fits a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The labels, percent-decoded.
    pub(super) labels: Vec<(&'static str, String)>,
    /// How many segments are literal: of two templates that fit, the one with more is meant.
    pub(super) literals: usize,
}

/// The labels of `uri` under `template`, if it fits. A slash at the end counts on neither side: SDKs disagree.
pub(super) fn fit(template: &'static str, uri: &Uri) -> Option<Match> {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let sent = uri.query().unwrap_or_default();
    if !query
        .split('&')
        .filter(|part| !part.is_empty())
        .all(|part| sent.split('&').any(|other| other == part))
    {
        return None;
    }
    let mut found = Match { labels: Vec::new(), literals: 0 };
    let mut rest = Some(trim(uri.path()));
    let mut segments = trim(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let text = rest?;
        let Some(label) = segment.strip_prefix('{').and_then(|label| label.strip_suffix('}')) else {
            let (head, tail) = head(text);
            if head != segment {
                return None;
            }
            found.literals += 1;
            rest = tail;
            continue;
        };
        let (value, tail) = match label.strip_suffix('+') {
            Some(_) => greedy(text, segments.clone().count())?,
            None => head(text),
        };
        if value.is_empty() {
            return None;
        }
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        found.labels.push((label.trim_end_matches('+'), value));
        rest = tail;
    }
    if rest.is_none() { Some(found) } else { None }
}

/// All but the last `after` segments.
fn greedy(text: &str, after: usize) -> Option<(&str, Option<&str>)> {
    let mut end = text.len();
    for _ in 0..after {
        end = text[..end].rfind('/')?;
    }
    Some((&text[..end], text.get(end + 1..)))
}

fn head(text: &str) -> (&str, Option<&str>) {
    match text.split_once('/') {
        Some((head, tail)) => (head, Some(tail)),
        None => (text, None),
    }
}

fn trim(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path)
}
