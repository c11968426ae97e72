//! `:name` in a statement: found where it stands as a parameter, and written as PostgreSQL's `$1`.
//!
//! Not in strings, quoted names, comments and dollar quotes, and not in `::type`. The place of an error is told in the statement
//! that the client wrote.

/// A statement as the database gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// With `$1` for the first of `names`.
    pub sql: String,
    /// Each once, in the order of their first use.
    pub names: Vec<String>,
    /// After how many characters of `sql` the original is how many characters further on.
    shifts: Vec<(usize, isize)>,
}

impl Statement {
    /// Reads what a client has written.
    pub fn read(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut read = Self::default();
        let (mut at, mut written) = (0, 0);
        while at < chars.len() {
            let end = passage(&chars, at);
            if end > at {
                read.sql.extend(&chars[at..end]);
                written += end - at;
                at = end;
                continue;
            }
            let name_end = (at + 1..chars.len()).find(|end| !is_name(chars[*end])).unwrap_or(chars.len());
            let name: String = chars[at + 1..name_end].iter().collect();
            let index = read.names.iter().position(|known| *known == name).unwrap_or_else(|| {
                read.names.push(name);
                read.names.len() - 1
            });
            let parameter = format!("${}", index + 1);
            read.sql.push_str(&parameter);
            written += parameter.len();
            at = name_end;
            read.shifts.push((written, at.cast_signed() - written.cast_signed()));
        }
        read
    }

    /// Where a character of `sql`, counted from 1, stands in what the client wrote.
    pub fn original(&self, position: u32) -> u32 {
        let at = usize::try_from(position).unwrap_or_default();
        let before = self.shifts.iter().take_while(|(from, _)| *from < at).last();
        let moved = before.map_or(0, |(_, shift)| *shift);
        u32::try_from(at.saturating_add_signed(moved)).unwrap_or(position)
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where what starts here ends, if it is not a parameter; here if it is one.
fn passage(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let close = |mark: &str, from: usize| {
        let mark: Vec<char> = mark.chars().collect();
        let found = (from..chars.len()).find(|start| chars[*start..].starts_with(&mark));
        found.map_or(chars.len(), |start| start + mark.len())
    };
    match chars[at] {
        // A doubled quote inside is the end of one passage and the start of the next.
        '\'' => {
            let is_escaped = at > 0 && matches!(chars[at - 1], 'e' | 'E');
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '\'' {
                end += if is_escaped && chars[end] == '\\' { 2 } else { 1 };
            }
            (end + 1).min(chars.len())
        }
        '"' => close("\"", at + 1),
        '-' if next == Some('-') => close("\n", at + 2),
        '/' if next == Some('*') => close("*/", at + 2),
        '$' => {
            let end = (at + 1..chars.len()).find(|end| !is_name(chars[*end]));
            match end.filter(|end| chars[*end] == '$' && !next.is_some_and(|c| c.is_ascii_digit())) {
                Some(end) => {
                    let mark: String = chars[at..=end].iter().collect();
                    close(&mark, end + 1)
                }
                None => at + 1,
            }
        }
        ':' if next == Some(':') => at + 2,
        ':' if next.is_some_and(|c| c.is_alphabetic() || c == '_') => at,
        _ => at + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_where_they_are_parameters() {
        let check = |text: &str, sql: &str, names: &[&str]| {
            let read = Statement::read(text);
            assert_eq!(
                (read.sql.as_str(), read.names.as_slice()),
                (sql, names.map_to_owned().as_slice()),
                "{text}"
            );
        };
        check("SELECT :a, :b, :a", "SELECT $1, $2, $1", &["a", "b"]);
        check("SELECT :id::int", "SELECT $1::int", &["id"]);
        check("SELECT ':no', \":no\", 'it''s :no', :yes", "SELECT ':no', \":no\", 'it''s :no', $1", &["yes"]);
        check("SELECT 1 -- :no\n, :yes /* :no */", "SELECT 1 -- :no\n, $1 /* :no */", &["yes"]);
        check("SELECT $$:no$$, $t$ :no $$ $t$, :yes", "SELECT $$:no$$, $t$ :no $$ $t$, $1", &["yes"]);
        check("SELECT E'\\':no', :yes", "SELECT E'\\':no', $1", &["yes"]);
        check("SELECT a[1:2]", "SELECT a[1:2]", &[]);
        check("SELECT :việt", "SELECT $1", &["việt"]);
        check("SELECT '", "SELECT '", &[]);
    }

    trait MapToOwned {
        fn map_to_owned(&self) -> Vec<String>;
    }

    impl MapToOwned for &[&str] {
        fn map_to_owned(&self) -> Vec<String> {
            self.iter().map(|name| (*name).to_owned()).collect()
        }
    }

    #[test]
    fn a_place_is_told_in_what_the_client_wrote() {
        let text = "SELECT :first, :second FROM nowhere";
        let read = Statement::read(text);
        let place = |of: &str, word: &str| {
            u32::try_from(of.find(word).expect("it is there")).expect("it is short") + 1
        };
        for word in ["SELECT", ", ", "FROM", "nowhere"] {
            assert_eq!(read.original(place(&read.sql, word)), place(text, word), "{word}");
        }
    }
}
