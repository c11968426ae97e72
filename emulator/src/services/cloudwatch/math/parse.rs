//! From words to a tree.
//!
//! The order of operators, the loosest first: `OR`, `AND`, comparisons, `+ -`, `* / %`, signs, `^` (from the right).

use super::MathError;
use super::lex::{Token, lex};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Expr {
    Number(f64),
    Text(String),
    /// A metric, another expression, or a word such as `REPEAT`.
    Name(String),
    List(Vec<Expr>),
    Call(String, Vec<Expr>),
    Minus(Box<Expr>),
    Not(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    Power,
}

/// Levels of trees, at most.
const DEPTH_MAX: usize = 100;

impl Expr {
    /// Calls `see` with each name that may be a metric's or an expression's.
    pub(in super::super) fn names<'e>(&'e self, see: &mut impl FnMut(&'e str)) {
        match self {
            Self::Number(_) | Self::Text(_) => {}
            Self::Name(name) => see(name),
            Self::List(parts) | Self::Call(_, parts) => parts.iter().for_each(|part| part.names(see)),
            Self::Minus(inner) | Self::Not(inner) => inner.names(see),
            Self::Binary(_, left, right) => {
                left.names(see);
                right.names(see);
            }
        }
    }
}

/// Reads an expression.
pub(in super::super) fn parse(text: &str) -> Result<Expr, MathError> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if first.eq_ignore_ascii_case("SELECT") {
        return Err(MathError::NotBuilt("Metrics Insights queries (SELECT ...)".to_owned()));
    }
    let mut parser = Parser { tokens: lex(text)?, next: 0, depth: 0, end: text.chars().count() + 1 };
    let expr = parser.either()?;
    if parser.next < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(expr)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn unexpected(&self) -> MathError {
        match self.tokens.get(self.next) {
            Some((at, token)) => {
                let shown = match token {
                    Token::Number(number) => number.to_string(),
                    Token::Name(name) => name.clone(),
                    Token::Text(text) => format!("\"{text}\""),
                    Token::Sign(sign) => (*sign).to_owned(),
                };
                MathError::Syntax { what: format!("Unexpected '{shown}'"), at: *at }
            }
            None => MathError::Syntax { what: "Unexpected end".to_owned(), at: self.end },
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.get(self.next), Some((_, Token::Sign(found))) if *found == sign);
        self.next += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.next);
        let is = matches!(found, Some((_, Token::Name(name))) if name.eq_ignore_ascii_case(word));
        self.next += usize::from(is);
        is
    }

    fn need(&mut self, sign: &str) -> Result<(), MathError> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn either(&mut self) -> Result<Expr, MathError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let at = self.tokens.get(self.next).map_or(self.end, |(at, _)| *at);
            return Err(MathError::Syntax { what: "Nested too deeply".to_owned(), at });
        }
        let mut left = self.both()?;
        while self.take("||") || self.word("OR") {
            left = binary(Operator::Or, left, self.both()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Expr, MathError> {
        let mut left = self.compared()?;
        while self.take("&&") || self.word("AND") {
            left = binary(Operator::And, left, self.compared()?);
        }
        Ok(left)
    }

    fn compared(&mut self) -> Result<Expr, MathError> {
        let signs = [
            ("==", Operator::Equal),
            ("!=", Operator::Unequal),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        self.chain(&signs, Self::sum)
    }

    fn sum(&mut self) -> Result<Expr, MathError> {
        self.chain(&[("+", Operator::Plus), ("-", Operator::Minus)], Self::product)
    }

    fn product(&mut self) -> Result<Expr, MathError> {
        let signs = [("*", Operator::Times), ("/", Operator::Over), ("%", Operator::Modulo)];
        self.chain(&signs, Self::signed)
    }

    fn chain(
        &mut self,
        signs: &[(&str, Operator)],
        part: fn(&mut Self) -> Result<Expr, MathError>,
    ) -> Result<Expr, MathError> {
        let mut left = part(self)?;
        while let Some((_, operator)) = signs.iter().find(|(sign, _)| self.take(sign)) {
            left = binary(*operator, left, part(self)?);
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Expr, MathError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.unexpected());
        }
        let expr = if self.take("-") {
            Expr::Minus(Box::new(self.signed()?))
        } else if self.take("!") || self.word("NOT") {
            Expr::Not(Box::new(self.signed()?))
        } else {
            let base = self.atom()?;
            if self.take("^") { binary(Operator::Power, base, self.signed()?) } else { base }
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn atom(&mut self) -> Result<Expr, MathError> {
        if self.take("(") {
            let inner = self.either()?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.take("[") {
            return Ok(Expr::List(self.parts("]")?));
        }
        match self.tokens.get(self.next).cloned() {
            Some((_, Token::Number(number))) => {
                self.next += 1;
                Ok(Expr::Number(number))
            }
            Some((_, Token::Text(text))) => {
                self.next += 1;
                Ok(Expr::Text(text))
            }
            Some((_, Token::Name(name))) => {
                self.next += 1;
                if self.take("(") { Ok(Expr::Call(name, self.parts(")")?)) } else { Ok(Expr::Name(name)) }
            }
            _ => Err(self.unexpected()),
        }
    }

    fn parts(&mut self, end: &str) -> Result<Vec<Expr>, MathError> {
        let mut parts = Vec::new();
        if self.take(end) {
            return Ok(parts);
        }
        loop {
            parts.push(self.either()?);
            if self.take(end) {
                return Ok(parts);
            }
            self.need(",")?;
        }
    }
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Binary(operator, Box::new(left), Box::new(right))
}
