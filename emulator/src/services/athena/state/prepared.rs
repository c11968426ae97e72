//! Prepared statements: kept per workgroup, made by the API or by `PREPARE`, run by `EXECUTE ... USING`.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html (read 2026-11-29).

use wavetank_types::Timestamp;
use wavetank_wire::athena::*;

use super::super::error::Refusal;
use super::super::limits::PREPARED_MAX;
use super::{Athena, page};
use crate::world::Cx;

/// A statement with `?` in the place of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    pub(super) text: String,
    pub(super) description: Option<String>,
    pub(super) modified: Timestamp,
}

impl Athena {
    /// Answers those operations that are about prepared statements.
    pub(in super::super) fn on_prepared(
        &mut self,
        cx: &mut Cx<'_>,
        request: Request,
    ) -> Result<Response, Refusal> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreatePreparedStatement(input) => {
                A::CreatePreparedStatement(self.create_prepared_statement(cx, input)?)
            }
            Q::UpdatePreparedStatement(input) => {
                let (name, group) = (&input.statement_name, &input.work_group);
                self.prepared(name, group)?;
                let prepared = self.group_mut(group)?.prepared.get_mut(name).expect("found just above");
                prepared.text = input.query_statement;
                prepared.description = input.description.or(prepared.description.take());
                prepared.modified = cx.now;
                A::UpdatePreparedStatement(UpdatePreparedStatementOutput {})
            }
            Q::DeletePreparedStatement(input) => {
                self.prepared(&input.statement_name, &input.work_group)?;
                self.group_mut(&input.work_group)?.prepared.remove(&input.statement_name);
                A::DeletePreparedStatement(DeletePreparedStatementOutput {})
            }
            Q::GetPreparedStatement(input) => {
                let prepared_statement = Some(self.prepared(&input.statement_name, &input.work_group)?);
                A::GetPreparedStatement(GetPreparedStatementOutput { prepared_statement })
            }
            Q::BatchGetPreparedStatement(input) => {
                A::BatchGetPreparedStatement(self.batch_get_prepared_statement(&input)?)
            }
            Q::ListPreparedStatements(input) => {
                A::ListPreparedStatements(self.list_prepared_statements(&input)?)
            }
            other => unreachable!("{} is not about prepared statements", other.operation()),
        })
    }

    fn create_prepared_statement(
        &mut self,
        cx: &Cx<'_>,
        input: CreatePreparedStatementInput,
    ) -> Result<CreatePreparedStatementOutput, Refusal> {
        let group = self.group_mut(&input.work_group)?;
        if group.prepared.contains_key(&input.statement_name) {
            return Err(Refusal::PreparedExists(input.statement_name));
        }
        if group.prepared.len() >= PREPARED_MAX {
            return Err(Refusal::LimitExceeded("PreparedStatement", PREPARED_MAX));
        }
        let prepared =
            Prepared { text: input.query_statement, description: input.description, modified: cx.now };
        group.prepared.insert(input.statement_name, prepared);
        Ok(CreatePreparedStatementOutput {})
    }

    fn batch_get_prepared_statement(
        &self,
        input: &BatchGetPreparedStatementInput,
    ) -> Result<BatchGetPreparedStatementOutput, Refusal> {
        self.group(&input.work_group)?;
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in &input.prepared_statement_names {
            match self.prepared(name, &input.work_group) {
                Ok(prepared) => found.push(prepared),
                Err(refusal) => missing.push(UnprocessedPreparedStatementName {
                    statement_name: Some(name.clone()),
                    error_code: Some("STATEMENT_NOT_FOUND".to_owned()),
                    error_message: Some(refusal.to_string()),
                }),
            }
        }
        Ok(BatchGetPreparedStatementOutput {
            prepared_statements: Some(found),
            unprocessed_prepared_statement_names: Some(missing),
        })
    }

    fn list_prepared_statements(
        &self,
        input: &ListPreparedStatementsInput,
    ) -> Result<ListPreparedStatementsOutput, Refusal> {
        let group = self.group(&input.work_group)?;
        let summary = |(name, prepared): (&String, &Prepared)| PreparedStatementSummary {
            statement_name: Some(name.clone()),
            last_modified_time: Some(prepared.modified),
        };
        let all = group.prepared.iter().map(summary).collect();
        let (page, next_token) = page(all, input.max_results, input.next_token.as_deref())?;
        Ok(ListPreparedStatementsOutput { prepared_statements: Some(page), next_token })
    }

    fn prepared(&self, name: &str, group: &str) -> Result<PreparedStatement, Refusal> {
        let missing = || Refusal::NoSuchPrepared { name: name.to_owned(), work_group: group.to_owned() };
        let prepared = self.group(group)?.prepared.get(name).ok_or_else(missing)?;
        Ok(PreparedStatement {
            statement_name: Some(name.to_owned()),
            query_statement: Some(prepared.text.clone()),
            work_group_name: Some(group.to_owned()),
            description: prepared.description.clone(),
            last_modified_time: Some(prepared.modified),
        })
    }
}

/// A statement about prepared statements. These never reach the engine as they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// `EXECUTE name [USING a, b]`: the parameters as they are written.
    Execute { name: String, using: Vec<String> },
    /// `PREPARE name FROM statement`.
    Prepare { name: String, text: String },
    /// `DEALLOCATE PREPARE name`.
    Deallocate { name: String },
}

/// Reads a statement that begins with EXECUTE, PREPARE or DEALLOCATE PREPARE; none if it is another, or malformed.
pub(super) fn special(sql: &str) -> Option<Special> {
    let (word, rest) = take_word(sql)?;
    match word.to_ascii_uppercase().as_str() {
        "EXECUTE" => {
            let (name, rest) = take_word(rest)?;
            let using = match take_word(rest) {
                Some((word, list)) if word.eq_ignore_ascii_case("USING") => split_list(list),
                Some(_) => return None,
                None => Vec::new(),
            };
            Some(Special::Execute { name: name.to_owned(), using })
        }
        "PREPARE" => {
            let (name, rest) = take_word(rest)?;
            let (from, text) = take_word(rest)?;
            let text = text.trim();
            let is_whole = from.eq_ignore_ascii_case("FROM") && !text.is_empty();
            is_whole.then(|| Special::Prepare { name: name.to_owned(), text: text.to_owned() })
        }
        "DEALLOCATE" => {
            let (prepare, rest) = take_word(rest)?;
            let (name, _) = take_word(rest)?;
            let is_it = prepare.eq_ignore_ascii_case("PREPARE");
            is_it.then(|| Special::Deallocate { name: name.to_owned() })
        }
        _ => None,
    }
}

/// A word of letters, digits and underscores (or a quoted name), and what follows it.
fn take_word(text: &str) -> Option<(&str, &str)> {
    let text = skip_blank(text);
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split_once('"');
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// What follows leading blanks and comments.
pub(super) fn skip_blank(text: &str) -> &str {
    let mut text = text.trim_start();
    loop {
        let rest = if let Some(line) = text.strip_prefix("--") {
            line.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(block) = text.strip_prefix("/*") {
            block.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return text;
        };
        text = rest.trim_start();
    }
}

/// The parts of a list between commas that stand in no quotes and no brackets.
fn split_list(text: &str) -> Vec<String> {
    let text = text.trim().trim_end_matches(';');
    let (mut parts, mut part, mut depth, mut quote) = (Vec::new(), String::new(), 0_i32, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part.trim().to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execute_takes_its_parameters_apart_outside_quotes_and_brackets() {
        let check = |sql: &str, name: &str, using: &[&str]| {
            let using = using.iter().map(ToString::to_string).collect();
            assert_eq!(special(sql), Some(Special::Execute { name: name.to_owned(), using }), "{sql}");
        };
        check("EXECUTE q", "q", &[]);
        check("-- why\n execute my_q USING 1, 'a,b', f(2, 3);", "my_q", &["1", "'a,b'", "f(2, 3)"]);
        check("EXECUTE \"q\" USING 'it''s'", "q", &["'it''s'"]);
        assert_eq!(special("SELECT 1"), None);
        assert_eq!(
            special("PREPARE q FROM SELECT ?"),
            Some(Special::Prepare { name: "q".to_owned(), text: "SELECT ?".to_owned() })
        );
        assert_eq!(special("DEALLOCATE PREPARE q"), Some(Special::Deallocate { name: "q".to_owned() }));
    }
}
