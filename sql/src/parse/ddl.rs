//! Hive's DDL as Athena takes it, and the statements that write: CTAS, INSERT, UNLOAD.
//!
//! Left out: bucketing, skewed tables, Iceberg tables, column changes other than adding; each is refused by name.

use std::collections::BTreeMap;

use sqlparser::tokenizer::Token;

use crate::catalog::Column;
use crate::error::{ErrorKind, Position, SqlError};
use crate::formats;
use crate::parse::query::parse_query;
use crate::parse::tokens::Cursor;
use crate::parse::{Body, CreateTable, CreateTableAs, PartitionSpec, PropertyValue, TableName};
use crate::types;

/// The statement, if it opens with a word this file knows.
pub(crate) fn parse(cursor: &mut Cursor, sql: &str) -> Result<Option<Body>, SqlError> {
    let body = if cursor.eat(&["CREATE"]) {
        create(cursor, sql)?
    } else if cursor.eat(&["DROP"]) {
        drop(cursor)?
    } else if cursor.eat(&["ALTER"]) {
        alter(cursor)?
    } else if cursor.eat(&["MSCK"]) {
        cursor.expect(&["REPAIR", "TABLE"])?;
        Body::RepairTable { table: cursor.table_name()? }
    } else if cursor.eat(&["INSERT"]) {
        insert(cursor)?
    } else if cursor.eat(&["UNLOAD"]) {
        unload(cursor)?
    } else {
        return Ok(None);
    };
    cursor.finish()?;
    Ok(Some(body))
}

fn create(cursor: &mut Cursor, sql: &str) -> Result<Body, SqlError> {
    let replace = cursor.eat(&["OR", "REPLACE"]);
    if cursor.eat(&["VIEW"]) {
        return create_view(cursor, replace, sql);
    }
    if replace {
        return Err(cursor.mismatched("'VIEW'"));
    }
    if cursor.eat(&["DATABASE"]) || cursor.eat(&["SCHEMA"]) {
        return create_database(cursor);
    }
    let external = cursor.eat(&["EXTERNAL"]);
    if !cursor.at_words(&["TABLE"]) {
        return Err(cursor.mismatched(if external {
            "'TABLE'"
        } else {
            "'DATABASE', 'EXTERNAL', 'OR', 'SCHEMA', 'TABLE', 'VIEW'"
        }));
    }
    cursor.expect(&["TABLE"])?;
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let table = cursor.table_name()?;
    if !external && (cursor.at_words(&["WITH"]) || cursor.at_words(&["AS"])) {
        return create_table_as(cursor, table, if_not_exists);
    }
    create_table(cursor, table, if_not_exists, external)
}

fn create_view(cursor: &mut Cursor, replace: bool, sql: &str) -> Result<Body, SqlError> {
    let view = cursor.table_name()?;
    cursor.expect(&["AS"])?;
    let query_text = text_from(sql, cursor.here());
    Ok(Body::CreateView { view, replace, query: parse_query(cursor.rest())?, query_text })
}

/// The statement's text from a position on, without a closing semicolon.
fn text_from(sql: &str, at: Position) -> String {
    let mut rest = sql;
    for _ in 1..at.line {
        rest = rest.split_once('\n').map_or("", |(_, r)| r);
    }
    let start = rest.char_indices().nth(at.column as usize - 1).map_or(rest.len(), |(i, _)| i);
    rest.get(start..).unwrap_or("").trim_end().trim_end_matches(';').trim_end().to_string()
}

fn create_database(cursor: &mut Cursor) -> Result<Body, SqlError> {
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let name = cursor.name()?;
    let (mut comment, mut location, mut properties) = (None, None, BTreeMap::new());
    while !cursor.is_done() {
        if cursor.eat(&["COMMENT"]) {
            comment = Some(cursor.string()?);
        } else if cursor.eat(&["LOCATION"]) {
            location = Some(cursor.string()?);
        } else if cursor.eat(&["WITH", "DBPROPERTIES"]) {
            properties = cursor.properties()?.into_iter().collect();
        } else {
            return Err(cursor.mismatched("'COMMENT', 'LOCATION', 'WITH', <EOF>"));
        }
    }
    Ok(Body::CreateDatabase { name, if_not_exists, comment, location, properties })
}

fn create_table_as(cursor: &mut Cursor, table: TableName, if_not_exists: bool) -> Result<Body, SqlError> {
    let properties = if cursor.eat(&["WITH"]) { with_properties(cursor)? } else { BTreeMap::new() };
    cursor.expect(&["AS"])?;
    let mut tokens = cursor.rest();
    let ends_with = |tokens: &[sqlparser::tokenizer::TokenWithSpan], words: &[&str]| {
        tokens.len() > words.len()
            && tokens[tokens.len() - words.len()..]
                .iter()
                .zip(words)
                .all(|(t, w)| matches!(&t.token, Token::Word(word) if word.value.eq_ignore_ascii_case(w)))
    };
    let mut with_data = true;
    if ends_with(&tokens, &["WITH", "NO", "DATA"]) {
        with_data = false;
        tokens.truncate(tokens.len() - 3);
    } else if ends_with(&tokens, &["WITH", "DATA"]) {
        tokens.truncate(tokens.len() - 2);
    }
    let query = parse_query(tokens)?;
    Ok(Body::CreateTableAs(Box::new(CreateTableAs { table, if_not_exists, properties, query, with_data })))
}

/// `(format = 'PARQUET', partitioned_by = ARRAY['a'], bucket_count = 3)`.
fn with_properties(cursor: &mut Cursor) -> Result<BTreeMap<String, PropertyValue>, SqlError> {
    let mut found = BTreeMap::new();
    cursor.expect_token(&Token::LParen)?;
    loop {
        let key = cursor.name()?;
        cursor.expect_token(&Token::Eq)?;
        found.insert(key, property_value(cursor)?);
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(found)
}

fn property_value(cursor: &mut Cursor) -> Result<PropertyValue, SqlError> {
    if cursor.eat(&["ARRAY"]) {
        cursor.expect_token(&Token::LBracket)?;
        let mut items = Vec::new();
        while cursor.peek() != Some(&Token::RBracket) {
            items.push(cursor.string()?.to_lowercase());
            if !cursor.eat_token(&Token::Comma) {
                break;
            }
        }
        cursor.expect_token(&Token::RBracket)?;
        return Ok(PropertyValue::List(items));
    }
    if cursor.eat(&["TRUE"]) {
        return Ok(PropertyValue::Flag(true));
    }
    if cursor.eat(&["FALSE"]) {
        return Ok(PropertyValue::Flag(false));
    }
    if let Some(Token::Number(digits, _)) = cursor.peek() {
        let number = digits.parse().map_err(|_| cursor.mismatched("<integer>"))?;
        cursor.next();
        return Ok(PropertyValue::Number(number));
    }
    Ok(PropertyValue::Text(cursor.string()?))
}

fn insert(cursor: &mut Cursor) -> Result<Body, SqlError> {
    if cursor.at_words(&["OVERWRITE"]) {
        return Err(SqlError::at(
            ErrorKind::NotSupported,
            cursor.here(),
            "INSERT OVERWRITE is not supported",
        ));
    }
    cursor.expect(&["INTO"])?;
    let table = cursor.table_name()?;
    let mut columns = Vec::new();
    let is_list = cursor.peek() == Some(&Token::LParen)
        && !matches!(cursor.peek_at(1), Some(Token::Word(w)) if w.quote_style.is_none() && matches!(w.value.to_ascii_uppercase().as_str(), "SELECT" | "WITH" | "VALUES"))
        && cursor.peek_at(1) != Some(&Token::LParen);
    if is_list {
        cursor.expect_token(&Token::LParen)?;
        loop {
            columns.push(cursor.name()?);
            if !cursor.eat_token(&Token::Comma) {
                break;
            }
        }
        cursor.expect_token(&Token::RParen)?;
    }
    Ok(Body::Insert { table, columns, query: parse_query(cursor.rest())? })
}

fn unload(cursor: &mut Cursor) -> Result<Body, SqlError> {
    cursor.expect_token(&Token::LParen)?;
    let all = cursor.rest();
    let mut depth = 1usize;
    let mut close = None;
    for (i, token) in all.iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            close = Some(i);
            break;
        }
    }
    let Some(close) = close else { return Err(cursor.mismatched("')'")) };
    let mut inner = all;
    let tail = inner.split_off(close + 1);
    inner.pop();
    let query = parse_query(inner)?;
    *cursor = Cursor::new(tail);
    cursor.expect(&["TO"])?;
    let to = cursor.string()?;
    cursor.expect(&["WITH"])?;
    let properties = with_properties(cursor)?;
    Ok(Body::Unload { query, to, properties })
}

fn create_table(
    cursor: &mut Cursor,
    table: TableName,
    if_not_exists: bool,
    external: bool,
) -> Result<Body, SqlError> {
    let at = cursor.here();
    let mut made =
        CreateTable { database: table.database, name: table.name, if_not_exists, ..CreateTable::default() };
    made.columns = columns(cursor)?;
    while !cursor.is_done() {
        clause(cursor, &mut made)?;
    }
    if made.parameters.get("table_type").is_some_and(|t| t.eq_ignore_ascii_case("iceberg")) {
        return Err(SqlError::not_built("an Iceberg table"));
    }
    if !external {
        // Documented: docs.aws.amazon.com/athena/latest/ug/create-table.html, EXTERNAL may be left out only for Iceberg.
        return Err(SqlError::at(
            ErrorKind::Syntax,
            at,
            "CREATE TABLE without EXTERNAL is for Iceberg tables and CREATE TABLE AS SELECT only",
        ));
    }
    if made.serde.is_none() {
        made.serde = Some(formats::LAZY_SIMPLE.to_string());
    }
    if made.input_format.is_none() {
        made.input_format = Some(formats::TEXT_INPUT.to_string());
        made.output_format = Some(formats::TEXT_OUTPUT.to_string());
    }
    Ok(Body::CreateTable(Box::new(made)))
}

fn clause(cursor: &mut Cursor, made: &mut CreateTable) -> Result<(), SqlError> {
    if cursor.eat(&["COMMENT"]) {
        made.comment = Some(cursor.string()?);
    } else if cursor.eat(&["PARTITIONED", "BY"]) {
        made.partition_keys = columns(cursor)?;
    } else if cursor.eat(&["ROW", "FORMAT"]) {
        row_format(cursor, made)?;
    } else if cursor.eat(&["WITH", "SERDEPROPERTIES"]) {
        made.serde_parameters.extend(cursor.properties()?);
    } else if cursor.eat(&["STORED", "AS"]) {
        stored_as(cursor, made)?;
    } else if cursor.eat(&["LOCATION"]) {
        made.location = Some(cursor.string()?);
    } else if cursor.eat(&["TBLPROPERTIES"]) {
        made.parameters.extend(cursor.properties()?);
    } else if cursor.at_words(&["CLUSTERED", "BY"]) {
        return Err(SqlError::not_built("CLUSTERED BY (bucketed tables)"));
    } else {
        return Err(cursor.mismatched(
            "'COMMENT', 'LOCATION', 'PARTITIONED', 'ROW', 'STORED', 'TBLPROPERTIES', 'WITH', <EOF>",
        ));
    }
    Ok(())
}

fn row_format(cursor: &mut Cursor, made: &mut CreateTable) -> Result<(), SqlError> {
    if cursor.eat(&["SERDE"]) {
        made.serde = Some(cursor.string()?);
        return Ok(());
    }
    cursor.expect(&["DELIMITED"])?;
    made.serde = Some(formats::LAZY_SIMPLE.to_string());
    let parameters = &mut made.serde_parameters;
    loop {
        if cursor.eat(&["FIELDS", "TERMINATED", "BY"]) {
            let delimiter = formats::unescape(&cursor.string()?);
            parameters.insert("field.delim".into(), delimiter.clone());
            parameters.insert("serialization.format".into(), delimiter);
        } else if cursor.eat(&["ESCAPED", "BY"]) {
            parameters.insert("escape.delim".into(), formats::unescape(&cursor.string()?));
        } else if cursor.eat(&["COLLECTION", "ITEMS", "TERMINATED", "BY"]) {
            parameters.insert("collection.delim".into(), formats::unescape(&cursor.string()?));
        } else if cursor.eat(&["MAP", "KEYS", "TERMINATED", "BY"]) {
            parameters.insert("mapkey.delim".into(), formats::unescape(&cursor.string()?));
        } else if cursor.eat(&["LINES", "TERMINATED", "BY"]) {
            parameters.insert("line.delim".into(), formats::unescape(&cursor.string()?));
        } else if cursor.eat(&["NULL", "DEFINED", "AS"]) {
            parameters.insert("serialization.null.format".into(), cursor.string()?);
        } else {
            return Ok(());
        }
    }
}

fn stored_as(cursor: &mut Cursor, made: &mut CreateTable) -> Result<(), SqlError> {
    if cursor.eat(&["INPUTFORMAT"]) {
        made.input_format = Some(cursor.string()?);
        if cursor.eat(&["OUTPUTFORMAT"]) {
            made.output_format = Some(cursor.string()?);
        }
        return Ok(());
    }
    let at = cursor.here();
    let name = cursor.name()?;
    let Some(format) = formats::by_name(&name) else {
        return Err(SqlError::at(
            ErrorKind::Syntax,
            at,
            format!(
                "mismatched input '{name}'. Expecting: 'AVRO', 'INPUTFORMAT', 'ION', 'JSON', 'ORC', 'PARQUET', 'RCFILE', 'SEQUENCEFILE', 'TEXTFILE'"
            ),
        ));
    };
    if made.serde.is_none() {
        made.serde = Some(format.serde.to_string());
    }
    made.input_format = Some(format.input.to_string());
    made.output_format = Some(format.output.to_string());
    Ok(())
}

/// `(name type [COMMENT 'text'], ...)`. A type is read up to the comma or bracket that closes it.
fn columns(cursor: &mut Cursor) -> Result<Vec<Column>, SqlError> {
    let mut found: Vec<Column> = Vec::new();
    cursor.expect_token(&Token::LParen)?;
    loop {
        let name = cursor.name()?;
        let hive_type = type_text(cursor)?;
        let comment = if cursor.eat(&["COMMENT"]) { Some(cursor.string()?) } else { None };
        if found.iter().any(|c| c.name == name) {
            return Err(SqlError::new(
                ErrorKind::HiveDdl,
                format!("FAILED: SemanticException [Error 10036]: Duplicate column name: {name}"),
            ));
        }
        found.push(Column { name, hive_type, comment });
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(found)
}

fn type_text(cursor: &mut Cursor) -> Result<String, SqlError> {
    let at = cursor.here();
    let mut text = String::new();
    let (mut round, mut angle) = (0i32, 0i32);
    while let Some(token) = cursor.peek() {
        match token {
            Token::LParen => round += 1,
            Token::RParen if round == 0 => break,
            Token::RParen => round -= 1,
            Token::Lt => angle += 1,
            Token::Gt => angle -= 1,
            Token::ShiftRight => angle -= 2,
            Token::Comma if round == 0 && angle <= 0 => break,
            Token::Word(_) if round == 0 && angle <= 0 && cursor.at_words(&["COMMENT"]) => break,
            _ => {}
        }
        let piece = match token {
            Token::Word(w) => w.value.to_lowercase(),
            other => other.to_string(),
        };
        text.push_str(&piece);
        cursor.next();
    }
    match types::parse_type(&text) {
        Ok(_) if !text.contains("timestampwith") => Ok(text.replace("integer", "int")),
        _ => Err(SqlError::at(
            ErrorKind::Syntax,
            at,
            format!(
                "mismatched input '{text}'. Expecting: a Hive type such as 'string', 'int', 'bigint', 'double', 'decimal(p,s)', 'date', 'timestamp', 'array<...>'"
            ),
        )),
    }
}

fn drop(cursor: &mut Cursor) -> Result<Body, SqlError> {
    if cursor.eat(&["TABLE"]) {
        let if_exists = cursor.eat(&["IF", "EXISTS"]);
        let table = cursor.table_name()?;
        cursor.eat(&["PURGE"]);
        return Ok(Body::DropTable { table, if_exists });
    }
    if cursor.eat(&["VIEW"]) {
        let if_exists = cursor.eat(&["IF", "EXISTS"]);
        return Ok(Body::DropView { view: cursor.table_name()?, if_exists });
    }
    if cursor.eat(&["DATABASE"]) || cursor.eat(&["SCHEMA"]) {
        let if_exists = cursor.eat(&["IF", "EXISTS"]);
        let name = cursor.name()?;
        let cascade = cursor.eat(&["CASCADE"]);
        cursor.eat(&["RESTRICT"]);
        return Ok(Body::DropDatabase { name, if_exists, cascade });
    }
    Err(cursor.mismatched("'DATABASE', 'SCHEMA', 'TABLE', 'VIEW'"))
}

fn alter(cursor: &mut Cursor) -> Result<Body, SqlError> {
    cursor.expect(&["TABLE"])?;
    let table = cursor.table_name()?;
    if cursor.eat(&["ADD", "COLUMNS"]) {
        return Ok(Body::AddColumns { table, columns: columns(cursor)? });
    }
    if cursor.eat(&["ADD"]) {
        let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
        let mut partitions = Vec::new();
        while cursor.eat(&["PARTITION"]) {
            let spec = partition_spec(cursor)?;
            let location = if cursor.eat(&["LOCATION"]) { Some(cursor.string()?) } else { None };
            partitions.push(PartitionSpec { spec, location });
        }
        if partitions.is_empty() {
            return Err(cursor.mismatched("'PARTITION'"));
        }
        return Ok(Body::AddPartitions { table, if_not_exists, partitions });
    }
    if cursor.eat(&["DROP"]) {
        let if_exists = cursor.eat(&["IF", "EXISTS"]);
        let mut specs = Vec::new();
        while cursor.eat(&["PARTITION"]) {
            specs.push(partition_spec(cursor)?);
            cursor.eat_token(&Token::Comma);
        }
        if specs.is_empty() {
            return Err(cursor.mismatched("'PARTITION'"));
        }
        return Ok(Body::DropPartitions { table, if_exists, specs });
    }
    if cursor.eat(&["PARTITION"]) {
        let spec = partition_spec(cursor)?;
        cursor.expect(&["SET", "LOCATION"])?;
        return Ok(Body::SetPartitionLocation { table, spec, location: cursor.string()? });
    }
    if cursor.eat(&["SET", "TBLPROPERTIES"]) {
        return Ok(Body::SetTableProperties { table, properties: cursor.properties()? });
    }
    let what = cursor.peek().map_or_else(String::new, ToString::to_string);
    Err(SqlError::not_built(format!("ALTER TABLE ... {what}")))
}

/// `(k = 'v', n = 3)`.
fn partition_spec(cursor: &mut Cursor) -> Result<Vec<(String, String)>, SqlError> {
    let mut found = Vec::new();
    cursor.expect_token(&Token::LParen)?;
    loop {
        let key = cursor.name()?;
        cursor.expect_token(&Token::Eq)?;
        let value = if let Some(Token::Number(digits, _)) = cursor.peek() {
            let digits = digits.clone();
            cursor.next();
            digits
        } else {
            cursor.eat(&["DATE"]);
            cursor.string()?
        };
        found.push((key, value));
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(found)
}
