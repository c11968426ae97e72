//! String functions. Positions count characters from 1.
//!
//! Documented: trino.io/docs/current/functions/string.html. Left out: `normalize`, `soundex`, `word_stem`, `luhn_check`.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::{Array, ArrayRef, BinaryArray, ListBuilder, StringViewArray, StringViewBuilder};

use crate::error::SqlError;
use crate::functions::def::{Call, Def, invalid};

pub(crate) const ALL: &[Def] = &[
    Def {
        name: "lower",
        overloads: &["varchar -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(c.text(0).value(i).to_lowercase()))),
    },
    Def {
        name: "upper",
        overloads: &["varchar -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(c.text(0).value(i).to_uppercase()))),
    },
    Def { name: "length", overloads: &["varchar -> bigint", "varbinary -> bigint"], run: length },
    Def { name: "reverse", overloads: &["varchar -> varchar", "array(T) -> array(T)"], run: reverse },
    Def {
        name: "trim",
        overloads: &["varchar -> varchar", "varchar, varchar -> varchar"],
        run: |c| trim(c, true, true),
    },
    Def {
        name: "ltrim",
        overloads: &["varchar -> varchar", "varchar, varchar -> varchar"],
        run: |c| trim(c, true, false),
    },
    Def {
        name: "rtrim",
        overloads: &["varchar -> varchar", "varchar, varchar -> varchar"],
        run: |c| trim(c, false, true),
    },
    Def {
        name: "substr",
        overloads: &["varchar, bigint -> varchar", "varchar, bigint, bigint -> varchar"],
        run: substr,
    },
    Def {
        name: "substring",
        overloads: &["varchar, bigint -> varchar", "varchar, bigint, bigint -> varchar"],
        run: substr,
    },
    Def {
        name: "replace",
        overloads: &["varchar, varchar -> varchar", "varchar, varchar, varchar -> varchar"],
        run: replace,
    },
    Def {
        name: "strpos",
        overloads: &["varchar, varchar -> bigint", "varchar, varchar, bigint -> bigint"],
        run: strpos,
    },
    Def { name: "lpad", overloads: &["varchar, bigint, varchar -> varchar"], run: |c| pad(c, true) },
    Def { name: "rpad", overloads: &["varchar, bigint, varchar -> varchar"], run: |c| pad(c, false) },
    Def { name: "concat_ws", overloads: &["varchar, varchar... -> varchar"], run: concat_ws },
    Def {
        name: "split",
        overloads: &["varchar, varchar -> array(varchar)", "varchar, varchar, bigint -> array(varchar)"],
        run: split,
    },
    Def { name: "split_part", overloads: &["varchar, varchar, bigint -> varchar"], run: split_part },
    Def {
        name: "starts_with",
        overloads: &["varchar, varchar -> boolean"],
        run: |c| c.each_boolean(|i| Ok(Some(c.text(0).value(i).starts_with(c.text(1).value(i))))),
    },
    Def {
        name: "ends_with",
        overloads: &["varchar, varchar -> boolean"],
        run: |c| c.each_boolean(|i| Ok(Some(c.text(0).value(i).ends_with(c.text(1).value(i))))),
    },
    Def { name: "chr", overloads: &["bigint -> varchar"], run: chr },
    Def { name: "codepoint", overloads: &["varchar -> integer"], run: codepoint },
    Def { name: "translate", overloads: &["varchar, varchar, varchar -> varchar"], run: translate },
    Def {
        name: "levenshtein_distance",
        overloads: &["varchar, varchar -> bigint"],
        run: |c| c.each_long(|i| Ok(Some(levenshtein(c.text(0).value(i), c.text(1).value(i))))),
    },
    Def { name: "hamming_distance", overloads: &["varchar, varchar -> bigint"], run: hamming },
    Def { name: "to_utf8", overloads: &["varchar -> varbinary"], run: to_utf8 },
    Def {
        name: "from_utf8",
        overloads: &["varbinary -> varchar"],
        run: |c| {
            c.each_text(|i| {
                Ok(Some(String::from_utf8_lossy(c.args[0].as_binary::<i32>().value(i)).into_owned()))
            })
        },
    },
];

fn length(c: &Call) -> Result<ArrayRef, SqlError> {
    if let Some(bytes) = c.args[0].as_binary_opt::<i32>() {
        return c.each_long(|i| Ok(Some(bytes.value(i).len() as i64)));
    }
    c.each_long(|i| Ok(Some(c.text(0).value(i).chars().count() as i64)))
}

fn reverse(c: &Call) -> Result<ArrayRef, SqlError> {
    if let Some(list) = c.args[0].as_list_opt::<i32>() {
        return super::arrays::rebuild(list, |start, end| (start..end).rev().collect());
    }
    c.each_text(|i| Ok(Some(c.text(0).value(i).chars().rev().collect::<String>())))
}

fn trim(c: &Call, left: bool, right: bool) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let text = c.text(0).value(i);
        let marks: Option<Vec<char>> = c.has(1).then(|| c.text(1).value(i).chars().collect());
        let drop = |ch: char| match &marks {
            Some(marks) => marks.contains(&ch),
            None => ch.is_whitespace(),
        };
        let text = if left { text.trim_start_matches(drop) } else { text };
        Ok(Some(if right { text.trim_end_matches(drop) } else { text }))
    })
}

/// Position 0 and positions past the ends give the empty text; negative ones count from the end.
fn substr(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let text = c.text(0).value(i);
        let count = text.chars().count() as i64;
        let start = c.long(1, i);
        let from = if start > 0 { start - 1 } else { count + start };
        let length = if c.has(2) { c.long(2, i) } else { i64::MAX };
        if start == 0 || from < 0 || from >= count || length <= 0 {
            return Ok(Some(String::new()));
        }
        Ok(Some(text.chars().skip(from as usize).take(length as usize).collect::<String>()))
    })
}

fn replace(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let with = if c.has(2) { c.text(2).value(i) } else { "" };
        Ok(Some(c.text(0).value(i).replace(c.text(1).value(i), with)))
    })
}

fn strpos(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let (text, mark) = (c.text(0).value(i), c.text(1).value(i));
        let instance = if c.has(2) { c.long(2, i) } else { 1 };
        let place = |at: usize| text[..at].chars().count() as i64 + 1;
        let found = if instance > 0 {
            text.match_indices(mark).nth(instance as usize - 1)
        } else if instance < 0 {
            text.rmatch_indices(mark).nth(instance.unsigned_abs() as usize - 1)
        } else {
            return Err(invalid("'instance' must be a positive or negative number."));
        };
        Ok(Some(found.map_or(0, |(at, _)| place(at))))
    })
}

/// Longest text that padding may make.
const PADDED_CHARS_MAX: i64 = 1 << 20;

fn pad(c: &Call, left: bool) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let (text, size, with) = (c.text(0).value(i), c.long(1, i), c.text(2).value(i));
        if !(0..=PADDED_CHARS_MAX).contains(&size) {
            return Err(invalid(format!("Target length must be in the range [0..{PADDED_CHARS_MAX}]")));
        }
        if with.is_empty() {
            return Err(invalid("Padding string must not be empty"));
        }
        let count = text.chars().count();
        if count >= size as usize {
            return Ok(Some(text.chars().take(size as usize).collect()));
        }
        let filling: String = with.chars().cycle().take(size as usize - count).collect();
        Ok(Some(if left { format!("{filling}{text}") } else { format!("{text}{filling}") }))
    })
}

/// NULL arguments are left out; a NULL separator makes NULL.
fn concat_ws(c: &Call) -> Result<ArrayRef, SqlError> {
    let made: StringViewArray = (0..c.rows)
        .map(|i| {
            let separator = c.text(0).is_valid(i).then(|| c.text(0).value(i))?;
            let parts: Vec<&str> =
                (1..c.args.len()).filter(|a| c.text(*a).is_valid(i)).map(|a| c.text(a).value(i)).collect();
            Some(parts.join(separator))
        })
        .collect();
    Ok(Arc::new(made))
}

fn split(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let (text, mark) = (c.text(0).value(i), c.text(1).value(i));
        if mark.is_empty() {
            return Err(invalid("The delimiter may not be the empty string"));
        }
        Ok(Some(if c.has(2) {
            let limit = c.long(2, i);
            if limit < 1 {
                return Err(invalid("Limit must be positive"));
            }
            text.splitn(limit as usize, mark).map(str::to_string).collect()
        } else {
            text.split(mark).map(str::to_string).collect::<Vec<String>>()
        }))
    })?;
    Ok(list_of_text(rows))
}

/// An array of arrays of text.
pub(crate) fn list_of_text(rows: Vec<Option<Vec<String>>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    for row in rows {
        match row {
            Some(items) => {
                items.iter().for_each(|item| builder.values().append_value(item));
                builder.append(true);
            }
            None => builder.append(false),
        }
    }
    Arc::new(builder.finish())
}

fn split_part(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let index = c.long(2, i);
        if index < 1 {
            return Err(invalid("Index must be greater than zero"));
        }
        let mark = c.text(1).value(i);
        if mark.is_empty() {
            return Ok(c.text(0).value(i).chars().nth(index as usize - 1).map(String::from));
        }
        Ok(c.text(0).value(i).split(mark).nth(index as usize - 1).map(str::to_string))
    })
}

fn chr(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let code = c.long(0, i);
        match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(ch) => Ok(Some(ch.to_string())),
            None => Err(invalid(format!("Not a valid Unicode code point: {code}"))),
        }
    })
}

fn codepoint(c: &Call) -> Result<ArrayRef, SqlError> {
    let codes = c.each(|i| {
        let mut chars = c.text(0).value(i).chars();
        match (chars.next(), chars.next()) {
            (Some(ch), None) => Ok(Some(ch as i32)),
            _ => Err(invalid("Input string must be a single character string")),
        }
    })?;
    Ok(Arc::new(arrow::array::Int32Array::from(codes)))
}

fn translate(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_text(|i| {
        let from: Vec<char> = c.text(1).value(i).chars().collect();
        let to: Vec<char> = c.text(2).value(i).chars().collect();
        let made: String = c
            .text(0)
            .value(i)
            .chars()
            .filter_map(|ch| match from.iter().position(|f| *f == ch) {
                Some(n) => to.get(n).copied(),
                None => Some(ch),
            })
            .collect();
        Ok(Some(made))
    })
}

fn levenshtein(a: &str, b: &str) -> i64 {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<i64> = (0..=b.len() as i64).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i as i64 + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + i64::from(x != *y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

fn hamming(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let (a, b) = (c.text(0).value(i), c.text(1).value(i));
        if a.chars().count() != b.chars().count() {
            return Err(invalid("The input strings to hamming_distance function must have the same length"));
        }
        Ok(Some(a.chars().zip(b.chars()).filter(|(x, y)| x != y).count() as i64))
    })
}

fn to_utf8(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| Ok(Some(c.text(0).value(i).as_bytes().to_vec())))?;
    Ok(Arc::new(rows.iter().map(Option::as_deref).collect::<BinaryArray>()))
}
