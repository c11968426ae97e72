//! `[ip, user, ..., status = 4* && status != 404, bytes > 1000]`: conditions on the fields of a space-delimited message.
//!
//! What stands between brackets or double quotes is one field. Without `...` a message must have just as many fields.

use std::collections::BTreeMap;

use super::PatternError;
use super::condition::Condition;
use super::cursor::Cursor;
use super::wanted::{Operator, Wanted};

#[derive(Clone, Debug)]
struct Field {
    /// Empty if it has none.
    name: String,
    condition: Option<Condition<(Operator, Wanted)>>,
}

/// A pattern in brackets.
#[derive(Clone, Debug)]
pub(in super::super) struct Fields {
    fields: Vec<Field>,
    /// Before which of the fields `...` stands.
    gap: Option<usize>,
}

const ENDS: [char; 5] = [',', ']', '&', '|', ')'];

impl Fields {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.expect("[")?;
        let (mut fields, mut gap) = (Vec::new(), None);
        loop {
            cursor.skip_space();
            if cursor.eat("...") || cursor.eat("\u{2026}") {
                if gap.replace(fields.len()).is_some() {
                    return Err(cursor.error("a second `...`"));
                }
            } else {
                fields.push(Field::parse(cursor)?);
            }
            if cursor.eat_token("]") {
                break;
            }
            cursor.expect(",")?;
        }
        cursor.skip_space();
        match cursor.peek() {
            None => Ok(Self { fields, gap }),
            Some(_) => Err(cursor.error("something after the closing bracket")),
        }
    }

    /// The message's fields if they match.
    pub(super) fn read<'m>(&self, message: &'m str) -> Option<Vec<&'m str>> {
        let found = split(message);
        let count = self.fields.len();
        let fits = if self.gap.is_some() { found.len() >= count } else { found.len() == count };
        let holds = |(place, field): (usize, &Field)| match &field.condition {
            Some(condition) => {
                let text = found[self.place(place, found.len())];
                condition.holds(&|(operator, wanted): &(Operator, Wanted)| wanted.accepts(*operator, text))
            }
            None => true,
        };
        (fits && self.fields.iter().enumerate().all(holds)).then_some(found)
    }

    /// Where in a message the field of this place stands.
    fn place(&self, field: usize, count: usize) -> usize {
        match self.gap {
            Some(gap) if field >= gap => count - (self.fields.len() - field),
            _ => field,
        }
    }

    /// The value of `$name`, or of `$3` for the third.
    pub(super) fn value<'m>(&self, found: &[&'m str], selector: &str) -> Option<&'m str> {
        let name = selector.strip_prefix('$')?;
        let named = self.fields.iter().position(|field| field.name == name && !name.is_empty());
        let place = match named {
            Some(field) => self.place(field, found.len()),
            None => name.parse::<usize>().ok()?.checked_sub(1)?,
        };
        found.get(place).copied()
    }

    pub(super) fn extracted(&self, found: &[&str]) -> BTreeMap<String, String> {
        let mut names: Vec<String> = (1..=found.len()).map(|number| format!("${number}")).collect();
        for (field, entry) in self.fields.iter().enumerate().filter(|(_, entry)| !entry.name.is_empty()) {
            names[self.place(field, found.len())] = format!("${}", entry.name);
        }
        names.into_iter().zip(found.iter().map(|text| (*text).to_owned())).collect()
    }
}

impl Field {
    /// A name, or conditions that all name the same field, or nothing.
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.skip_space();
        if matches!(cursor.peek(), Some(',' | ']')) {
            return Ok(Self { name: String::new(), condition: None });
        }
        let before = cursor.rest();
        let mut plain = Cursor::new(before);
        let name = name_of(&mut plain);
        plain.skip_space();
        if matches!(plain.peek(), Some(',' | ']')) {
            name_of(cursor);
            return Ok(Self { name, condition: None });
        }
        let mut name: Option<String> = None;
        let condition = Condition::parse(cursor, &mut |cursor| {
            cursor.skip_space();
            let (wrong, own) = (cursor.error("another field's name"), name_of(cursor));
            if own.is_empty() {
                return Err(cursor.error("expected the name of a field"));
            }
            if name.get_or_insert_with(|| own.clone()) != &own {
                return Err(wrong);
            }
            let operator = Operator::parse(cursor)?;
            Ok((operator, Wanted::parse(cursor, operator, &ENDS)?))
        })?;
        Ok(Self { name: name.unwrap_or_default(), condition: Some(condition) })
    }
}

fn name_of(cursor: &mut Cursor<'_>) -> String {
    cursor.take_while(|next| next.is_alphanumeric() || "_-".contains(next)).to_owned()
}

/// The fields of a message.
fn split(message: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let end = close.and_then(|close| rest[1..].find(close)).map(|end| end + 1);
        let (field, tail) = match end {
            Some(end) => (&rest[1..end], &rest[end + 1..]),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        fields.push(field);
        rest = tail.trim_start();
    }
    fields
}
