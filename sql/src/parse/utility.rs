//! SHOW, DESCRIBE, EXPLAIN, and the statements that are refused by name.

use sqlparser::tokenizer::Token;

use crate::error::{ErrorKind, SqlError};
use crate::parse::query::parse_query;
use crate::parse::tokens::Cursor;
use crate::parse::{Body, TableName};

/// The statement, if it opens with a word this file knows.
pub(crate) fn parse(cursor: &mut Cursor) -> Result<Option<Body>, SqlError> {
    let body = if cursor.eat(&["SHOW"]) {
        show(cursor)?
    } else if cursor.eat(&["DESCRIBE"]) || cursor.eat(&["DESC"]) {
        describe(cursor)?
    } else if cursor.eat(&["EXPLAIN"]) {
        explain(cursor)?
    } else {
        refuse(cursor)?;
        return Ok(None);
    };
    cursor.finish()?;
    Ok(Some(body))
}

fn show(cursor: &mut Cursor) -> Result<Body, SqlError> {
    if cursor.eat(&["DATABASES"]) || cursor.eat(&["SCHEMAS"]) {
        return Ok(Body::ShowDatabases { pattern: pattern(cursor)? });
    }
    let views_only = cursor.at_words(&["VIEWS"]);
    if cursor.eat(&["TABLES"]) || cursor.eat(&["VIEWS"]) {
        let database =
            if cursor.eat(&["IN"]) || cursor.eat(&["FROM"]) { Some(last_name(cursor)?) } else { None };
        return Ok(Body::ShowTables { database, pattern: pattern(cursor)?, views_only });
    }
    if cursor.eat(&["COLUMNS"]) {
        if !cursor.eat(&["IN"]) {
            cursor.expect(&["FROM"])?;
        }
        let mut table = cursor.table_name()?;
        if cursor.eat(&["IN"]) || cursor.eat(&["FROM"]) {
            table.database = Some(cursor.name()?);
        }
        return Ok(Body::ShowColumns { table });
    }
    if cursor.eat(&["PARTITIONS"]) {
        return Ok(Body::ShowPartitions { table: cursor.table_name()? });
    }
    if cursor.eat(&["TBLPROPERTIES"]) {
        let table = cursor.table_name()?;
        let mut key = None;
        if cursor.eat_token(&Token::LParen) {
            key = Some(cursor.string()?);
            cursor.expect_token(&Token::RParen)?;
        }
        return Ok(Body::ShowTableProperties { table, key });
    }
    cursor.expect(&["CREATE"]).map_err(|_| {
        cursor.mismatched(
            "'COLUMNS', 'CREATE', 'DATABASES', 'PARTITIONS', 'SCHEMAS', 'TABLES', 'TBLPROPERTIES', 'VIEWS'",
        )
    })?;
    if cursor.eat(&["VIEW"]) {
        return Ok(Body::ShowCreateView { view: cursor.table_name()? });
    }
    cursor.expect(&["TABLE"])?;
    Ok(Body::ShowCreateTable { table: cursor.table_name()? })
}

/// `[catalog.]database`.
fn last_name(cursor: &mut Cursor) -> Result<String, SqlError> {
    Ok(cursor.table_name()?.name)
}

fn pattern(cursor: &mut Cursor) -> Result<Option<String>, SqlError> {
    if cursor.eat(&["LIKE"]) || !cursor.is_done() { Ok(Some(cursor.string()?)) } else { Ok(None) }
}

fn describe(cursor: &mut Cursor) -> Result<Body, SqlError> {
    let formatted = cursor.eat(&["FORMATTED"]);
    if cursor.eat(&["EXTENDED"]) {
        return Err(SqlError::not_built("DESCRIBE EXTENDED"));
    }
    cursor.eat(&["TABLE"]);
    cursor.eat(&["VIEW"]);
    let table: TableName = cursor.table_name()?;
    if !cursor.is_done() {
        return Err(SqlError::not_built("DESCRIBE of a partition or of one column"));
    }
    Ok(Body::Describe { table, formatted })
}

fn explain(cursor: &mut Cursor) -> Result<Body, SqlError> {
    let analyze = cursor.eat(&["ANALYZE"]);
    if cursor.peek() == Some(&Token::LParen)
        && matches!(cursor.peek_at(1), Some(Token::Word(w)) if matches!(w.value.to_ascii_uppercase().as_str(), "TYPE" | "FORMAT"))
    {
        while cursor.next().is_some_and(|t| t != Token::RParen) {}
    }
    Ok(Body::Explain { query: parse_query(cursor.rest())?, analyze })
}

/// Row-level statements work on Iceberg tables only; prepared statements live in the Athena API.
///
/// Documented: docs.aws.amazon.com/athena/latest/ug/ddl-sql-reference.html; the refusal is Trino's Hive connector's.
fn refuse(cursor: &Cursor) -> Result<(), SqlError> {
    let at = cursor.here();
    for word in ["DELETE", "UPDATE", "MERGE", "TRUNCATE"] {
        if cursor.at_words(&[word]) {
            return Err(SqlError::at(
                ErrorKind::NotSupported,
                at,
                "Modifying Hive table rows is only supported for transactional tables",
            ));
        }
    }
    for word in [
        "PREPARE",
        "EXECUTE",
        "DEALLOCATE",
        "OPTIMIZE",
        "VACUUM",
        "GRANT",
        "REVOKE",
        "ANALYZE",
        "USE",
        "SET",
        "CALL",
    ] {
        if cursor.at_words(&[word]) {
            let mut error = SqlError::not_built(format!("the statement {word}"));
            error.at = Some(at);
            return Err(error);
        }
    }
    Ok(())
}
