//! Date patterns of moment.js, as `{{date.now("YYYY-MM-DD")}}` has them. Tank time is UTC.
//!
//! Documented: momentjs.com/docs/#/displaying/format/ (to be verified). A letter that is no token here is refused rather
//! than written as it stands: it would be a silent mistake.

use wavetank_types::Timestamp;

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A pattern of chrono's.
    Field(&'static str),
    /// Seconds since the epoch.
    Secs,
    /// Milliseconds since the epoch.
    Millis,
}

/// moment's tokens, longest first, with chrono's.
const TOKENS: [(&str, &str); 30] = [
    ("YYYY", "%Y"),
    ("MMMM", "%B"),
    ("DDDD", "%j"),
    ("dddd", "%A"),
    ("MMM", "%b"),
    ("DDD", "%-j"),
    ("ddd", "%a"),
    ("SSS", "%3f"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("ww", "%V"),
    ("WW", "%V"),
    ("ZZ", "+0000"),
    ("M", "%-m"),
    ("D", "%-d"),
    ("H", "%-H"),
    ("h", "%-I"),
    ("m", "%-M"),
    ("s", "%-S"),
    ("A", "%p"),
    ("a", "%P"),
    ("E", "%u"),
    ("Z", "+00:00"),
    ("X", "secs"),
    ("x", "millis"),
];

impl Format {
    /// Reads a pattern. Text in `[..]` stands as it is, and so does `T`, as everybody writes ISO dates.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if let Some(quoted) = rest.strip_prefix('[') {
                let end = quoted.find(']').ok_or_else(|| format!("`{pattern}`: `]` is missing"))?;
                pieces.push(Piece::Text(quoted[..end].to_owned()));
                rest = &quoted[end + 1..];
            } else if let Some((token, field)) = TOKENS.iter().find(|(token, _)| rest.starts_with(token)) {
                pieces.push(match *field {
                    "secs" => Piece::Secs,
                    "millis" => Piece::Millis,
                    field => Piece::Field(field),
                });
                rest = &rest[token.len()..];
            } else if c.is_ascii_alphabetic() && c != 'T' {
                return Err(format!(
                    "`{pattern}`: `{c}` is no token of a date\nhint: put plain text into [..]"
                ));
            } else {
                pieces.push(Piece::Text(c.to_string()));
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok(Self(pieces))
    }

    /// Appends an instant.
    pub(super) fn write(&self, out: &mut String, at: Timestamp) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(field) => out.push_str(&at.format(field)),
                Piece::Secs => out.push_str(&at.secs().to_string()),
                Piece::Millis => out.push_str(&at.millis().to_string()),
            }
        }
    }
}
