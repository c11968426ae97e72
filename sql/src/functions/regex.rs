//! Regular expressions. Trino's are Java's; ours are the `regex` crate's, which lacks look-around and back-references.
//!
//! A pattern that needs those is an error, never another match. Documented: trino.io/docs/current/functions/regexp.html.

use std::collections::BTreeMap;

use arrow::array::ArrayRef;
use regex::Regex;

use crate::error::{ErrorKind, SqlError};
use crate::functions::def::{Call, Def, invalid};
use crate::functions::text::list_of_text;

pub(crate) const ALL: &[Def] = &[
    Def { name: "regexp_like", overloads: &["varchar, varchar -> boolean"], run: like },
    Def {
        name: "regexp_extract",
        overloads: &["varchar, varchar -> varchar", "varchar, varchar, bigint -> varchar"],
        run: extract,
    },
    Def {
        name: "regexp_extract_all",
        overloads: &["varchar, varchar -> array(varchar)", "varchar, varchar, bigint -> array(varchar)"],
        run: extract_all,
    },
    Def {
        name: "regexp_replace",
        overloads: &["varchar, varchar -> varchar", "varchar, varchar, varchar -> varchar"],
        run: replace,
    },
    Def { name: "regexp_split", overloads: &["varchar, varchar -> array(varchar)"], run: split },
    Def { name: "regexp_count", overloads: &["varchar, varchar -> bigint"], run: count },
    Def { name: "regexp_position", overloads: &["varchar, varchar -> bigint"], run: place },
];

/// Compiles each pattern once a batch.
#[derive(Default)]
struct Patterns(BTreeMap<String, Regex>);

impl Patterns {
    fn get(&mut self, pattern: &str) -> Result<Regex, SqlError> {
        if let Some(known) = self.0.get(pattern) {
            return Ok(known.clone());
        }
        if pattern.contains("(?=")
            || pattern.contains("(?!")
            || pattern.contains("(?<=")
            || pattern.contains("(?<!")
        {
            return Err(SqlError::not_built(format!("look-around in the pattern {pattern}")));
        }
        // Java allows `(?<name>` for groups; so does the crate.
        let made = Regex::new(pattern).map_err(|e| {
            SqlError::new(ErrorKind::InvalidFunctionArgument, format!("Invalid pattern '{pattern}': {e}"))
        })?;
        self.0.insert(pattern.to_string(), made.clone());
        Ok(made)
    }
}

fn group(c: &Call, regex: &Regex, row: usize) -> Result<usize, SqlError> {
    let wanted = if c.has(2) { c.long(2, row) } else { 0 };
    let known = regex.captures_len() as i64 - 1;
    if wanted < 0 {
        return Err(invalid("Group cannot be negative"));
    }
    if wanted > known {
        return Err(invalid(format!("Pattern has {known} groups. Cannot access group {wanted}")));
    }
    Ok(wanted as usize)
}

fn like(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    c.each_boolean(|i| Ok(Some(patterns.get(c.text(1).value(i))?.is_match(c.text(0).value(i)))))
}

fn extract(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    c.each_text(|i| {
        let regex = patterns.get(c.text(1).value(i))?;
        let wanted = group(c, &regex, i)?;
        Ok(regex.captures(c.text(0).value(i)).and_then(|m| m.get(wanted).map(|g| g.as_str().to_string())))
    })
}

fn extract_all(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    let rows = c.each(|i| {
        let regex = patterns.get(c.text(1).value(i))?;
        let wanted = group(c, &regex, i)?;
        let found = regex.captures_iter(c.text(0).value(i));
        Ok(Some(found.map(|m| m.get(wanted).map_or("", |g| g.as_str()).to_string()).collect()))
    })?;
    Ok(list_of_text(rows))
}

/// Java writes a group as `$1` or `${name}` and escapes with a backslash.
fn replacement(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some('$') => made.push_str("$$"),
                Some(other) => made.push(other),
                None => {}
            },
            '$' if chars.peek().is_some_and(char::is_ascii_digit) => {
                let mut digits = String::new();
                while let Some(d) = chars.next_if(char::is_ascii_digit) {
                    digits.push(d);
                }
                made.push_str(&format!("${{{digits}}}"));
            }
            other => made.push(other),
        }
    }
    made
}

fn replace(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    c.each_text(|i| {
        let regex = patterns.get(c.text(1).value(i))?;
        let with = if c.has(2) { replacement(c.text(2).value(i)) } else { String::new() };
        Ok(Some(regex.replace_all(c.text(0).value(i), with.as_str()).into_owned()))
    })
}

fn split(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    let rows = c.each(|i| {
        let regex = patterns.get(c.text(1).value(i))?;
        Ok(Some(regex.split(c.text(0).value(i)).map(str::to_string).collect()))
    })?;
    Ok(list_of_text(rows))
}

fn count(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    c.each_long(|i| Ok(Some(patterns.get(c.text(1).value(i))?.find_iter(c.text(0).value(i)).count() as i64)))
}

fn place(c: &Call) -> Result<ArrayRef, SqlError> {
    let mut patterns = Patterns::default();
    c.each_long(|i| {
        let text = c.text(0).value(i);
        let found = patterns.get(c.text(1).value(i))?.find(text).map(|m| m.start());
        Ok(Some(found.map_or(-1, |at| text[..at].chars().count() as i64 + 1)))
    })
}
