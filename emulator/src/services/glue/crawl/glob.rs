//! Exclude patterns of a crawler's target.
//!
//! Documented: docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html (read 2026-11-29): `*` stays in a
//! folder, `**` crosses folders, `?` is one character, `[a-z]`, `[!a]`, `{a,b}`, and `\` before a sign takes it as it is,
//! but between brackets it is itself.

use regex::Regex;

use super::source::LookError;

/// Patterns over keys relative to the include path.
#[derive(Debug)]
pub(super) struct Exclusions(Vec<Regex>);

impl Exclusions {
    pub(super) fn read(globs: &[String]) -> Result<Self, LookError> {
        let compile =
            |glob: &String| Regex::new(&regex_of(glob)).map_err(|_| LookError::NotAGlob(glob.clone()));
        globs.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn exclude(&self, relative_key: &str) -> bool {
        self.0.iter().any(|regex| regex.is_match(relative_key))
    }
}

fn regex_of(glob: &str) -> String {
    let mut out = String::from("(?s)^");
    let mut chars = glob.chars().peekable();
    let mut groups = 0;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                out.push_str(".*");
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                out.push('[');
                if chars.next_if(|next| *next == '!').is_some() {
                    out.push('^');
                }
                for inner in chars.by_ref() {
                    if inner == ']' {
                        break;
                    }
                    if matches!(inner, '\\' | '[' | '^' | '&' | '~') {
                        out.push('\\');
                    }
                    out.push(inner);
                }
                out.push(']');
            }
            '{' => {
                groups += 1;
                out.push_str("(?:");
            }
            '}' if groups > 0 => {
                groups -= 1;
                out.push(')');
            }
            ',' if groups > 0 => out.push('|'),
            '\\' => {
                out.push_str(&chars.next().map_or(String::new(), |next| regex::escape(&next.to_string())))
            }
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out.push('$');
    out
}
