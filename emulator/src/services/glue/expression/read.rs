//! Makes a tree of a partition expression: OR binds weakest, then AND, then NOT.

use wavetank_wire::glue::Column;

use super::lex::{Token, split};
use super::{Compare, Decimal, ExpressionError, Key, Kind, Node};

/// Parentheses and NOTs within each other; deeper ones are refused before they could exhaust the stack.
const DEPTH_MAX: usize = 200;

pub(super) fn read(text: &str, keys: &[Column]) -> Result<Node, ExpressionError> {
    let mut reader = Reader { text, keys, tokens: split(text)?, at: 0, depth: 0 };
    let node = reader.either()?;
    if reader.at == reader.tokens.len() { Ok(node) } else { Err(reader.malformed()) }
}

struct Reader<'a> {
    text: &'a str,
    keys: &'a [Column],
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn malformed(&self) -> ExpressionError {
        ExpressionError::Malformed(self.text.to_owned())
    }

    fn keyword(&mut self, wanted: &str) -> bool {
        let is =
            matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, wanted: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Sign(sign)) if *sign == wanted);
        self.at += usize::from(is);
        is
    }

    fn next(&mut self) -> Result<Token, ExpressionError> {
        let token = self.tokens.get(self.at).cloned().ok_or_else(|| self.malformed())?;
        self.at += 1;
        Ok(token)
    }

    fn either(&mut self) -> Result<Node, ExpressionError> {
        let mut node = self.both()?;
        while self.keyword("or") {
            node = Node::Or(Box::new(node), Box::new(self.both()?));
        }
        Ok(node)
    }

    fn both(&mut self) -> Result<Node, ExpressionError> {
        let mut node = self.negated()?;
        while self.keyword("and") {
            node = Node::And(Box::new(node), Box::new(self.negated()?));
        }
        Ok(node)
    }

    fn negated(&mut self) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.malformed());
        }
        let node = if self.keyword("not") {
            Node::Not(Box::new(self.negated()?))
        } else if self.sign("(") {
            let node = self.either()?;
            if !self.sign(")") {
                return Err(self.malformed());
            }
            node
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(node)
    }

    /// One key and what is asked of it; a comparison may have its literal first.
    fn test(&mut self) -> Result<Node, ExpressionError> {
        let first = self.next()?;
        let is_literal = match &first {
            Token::Text(_) => true,
            Token::Word(word) => self.place(word).is_none() && Decimal::read(word).is_some(),
            _ => false,
        };
        if is_literal {
            let how = self.compare().ok_or_else(|| self.malformed())?;
            let key = self.next()?;
            let (key, column) = self.key(key)?;
            let literal = self.literal(first, key, &column)?;
            return Ok(Node::Compare(key, turned(how), literal));
        }
        let (key, column) = self.key(first)?;
        if let Some(how) = self.compare() {
            let token = self.next()?;
            return Ok(Node::Compare(key, how, self.literal(token, key, &column)?));
        }
        if self.keyword("is") {
            let not = self.keyword("not");
            let node = if self.keyword("null") { Node::IsNull(key) } else { return Err(self.malformed()) };
            return Ok(wrapped(not, node));
        }
        let not = self.keyword("not");
        let node = self.membership(key, &column)?;
        Ok(wrapped(not, node))
    }

    fn membership(&mut self, key: Key, column: &Column) -> Result<Node, ExpressionError> {
        if self.keyword("in") {
            let mut literals = Vec::new();
            let mut more = self.sign("(");
            while more {
                let token = self.next()?;
                literals.push(self.literal(token, key, column)?);
                more = self.sign(",");
            }
            if literals.is_empty() || !self.sign(")") {
                return Err(self.malformed());
            }
            return Ok(Node::In(key, literals));
        }
        if self.keyword("between") {
            let low = self.next()?;
            let low = self.literal(low, key, column)?;
            if !self.keyword("and") {
                return Err(self.malformed());
            }
            let high = self.next()?;
            return Ok(Node::Between(key, low, self.literal(high, key, column)?));
        }
        if self.keyword("like") {
            // A pattern is text whatever the key's type.
            if let Token::Text(pattern) = self.next()? {
                return Ok(Node::Like(key, pattern));
            }
        }
        Err(self.malformed())
    }

    fn compare(&mut self) -> Option<Compare> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else { return None };
        let how = match *sign {
            "=" => Compare::Equal,
            "<>" | "!=" => Compare::NotEqual,
            "<" => Compare::Less,
            "<=" => Compare::LessOrEqual,
            ">" => Compare::Greater,
            ">=" => Compare::GreaterOrEqual,
            _ => return None,
        };
        self.at += 1;
        Some(how)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.name.eq_ignore_ascii_case(name))
    }

    fn key(&self, token: Token) -> Result<(Key, Column), ExpressionError> {
        let (Token::Word(name) | Token::Name(name)) = token else { return Err(self.malformed()) };
        let place = self.place(&name).ok_or(ExpressionError::UnknownKey(name))?;
        let column = self.keys[place].clone();
        let hive = column.r#type.as_deref().unwrap_or("string").to_lowercase();
        let numeric = ["int", "integer", "bigint", "long", "smallint", "tinyint", "double", "float"];
        let is_number = numeric.contains(&hive.as_str()) || hive.starts_with("decimal");
        Ok((Key { place, kind: if is_number { Kind::Number } else { Kind::Text } }, column))
    }

    /// A literal, which may be written as `date '2024-01-01'` or `timestamp '...'`, and with or without quotes.
    fn literal(&mut self, token: Token, key: Key, column: &Column) -> Result<String, ExpressionError> {
        let text = match token {
            Token::Text(text) => text,
            Token::Word(word) if ["date", "timestamp"].contains(&word.to_lowercase().as_str()) => {
                match self.next()? {
                    Token::Text(text) => text,
                    _ => return Err(self.malformed()),
                }
            }
            Token::Word(word) => word,
            _ => return Err(self.malformed()),
        };
        if key.kind == Kind::Number && Decimal::read(&text).is_none() {
            let hive = column.r#type.clone().unwrap_or_default();
            return Err(ExpressionError::WrongType { key: column.name.clone(), value: text, hive });
        }
        Ok(text)
    }
}

fn wrapped(not: bool, node: Node) -> Node {
    if not { Node::Not(Box::new(node)) } else { node }
}

/// The same comparison with its sides exchanged.
fn turned(how: Compare) -> Compare {
    match how {
        Compare::Less => Compare::Greater,
        Compare::LessOrEqual => Compare::GreaterOrEqual,
        Compare::Greater => Compare::Less,
        Compare::GreaterOrEqual => Compare::LessOrEqual,
        Compare::Equal | Compare::NotEqual => how,
    }
}
