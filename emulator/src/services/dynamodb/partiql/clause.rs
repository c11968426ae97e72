//! WHERE: from its words to a [`Condition`].

use super::super::expression::{Comparator, Condition, Fault, Operand, Path, Step};
use super::super::value::{AttributeValue, Type};
use super::parse::Parser;
use super::token::Token;
use super::{PartiqlError, UNEXPECTED_KEYWORD, UNEXPECTED_TERM};

/// Levels of parentheses, at most. Assumed: it guards our stack.
const DEPTH_MAX: usize = 64;

/// Values of an `IN`, at most.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html (read 2026-11-28). Assumed: the sentence.
const IN_VALUES_MAX: usize = 100;

/// Words that no attribute is named without quotes.
///
/// Recorded: `KEY` and `SIZE` are refused, and so, of course, are those that the grammar needs. Assumed: the rest of AWS's list is not
/// known; its own list of reserved words is not it, for `data` is taken.
#[rustfmt::skip]
const KEYWORDS: [&str; 30] = [
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "BETWEEN", "IS", "MISSING", "NULL", "TRUE", "FALSE",
    "ORDER", "BY", "ASC", "DESC", "INSERT", "INTO", "VALUE", "UPDATE", "SET", "REMOVE", "DELETE", "RETURNING",
    "EXISTS", "KEY", "GROUP", "LIMIT", "SIZE",
];

/// What has been read, while it is not known yet which it is.
enum Element {
    Condition(Condition),
    Operand(Operand),
}

impl Element {
    fn condition(self) -> Result<Condition, PartiqlError> {
        match self {
            Self::Condition(condition) => Ok(condition),
            Self::Operand(_) => Err(UNEXPECTED_TERM),
        }
    }
}

impl Parser<'_> {
    /// What WHERE says, if it is there.
    pub(super) fn where_clause(&mut self) -> Result<Option<Condition>, PartiqlError> {
        if !self.tokens.take_keyword("WHERE") {
            return Ok(None);
        }
        self.any()?.condition().map(Some)
    }

    fn any(&mut self) -> Result<Element, PartiqlError> {
        let first = self.all()?;
        let mut conditions = Vec::new();
        while self.tokens.take_keyword("OR") {
            conditions.push(self.all()?.condition()?);
        }
        if conditions.is_empty() {
            return Ok(first);
        }
        conditions.insert(0, first.condition()?);
        Ok(Element::Condition(Condition::Any(conditions)))
    }

    fn all(&mut self) -> Result<Element, PartiqlError> {
        let first = self.not()?;
        let mut conditions = Vec::new();
        while self.tokens.take_keyword("AND") {
            conditions.push(self.not()?.condition()?);
        }
        if conditions.is_empty() {
            return Ok(first);
        }
        conditions.insert(0, first.condition()?);
        Ok(Element::Condition(Condition::All(conditions)))
    }

    fn not(&mut self) -> Result<Element, PartiqlError> {
        let mut negated = false;
        let mut any = false;
        while self.tokens.take_keyword("NOT") {
            negated = !negated;
            any = true;
        }
        let element = self.predicate()?;
        match (any, negated) {
            (false, _) => Ok(element),
            (true, false) => Ok(Element::Condition(element.condition()?)),
            (true, true) => Ok(Element::Condition(not(element.condition()?))),
        }
    }

    /// Something in parentheses, a function, or a comparison.
    fn predicate(&mut self) -> Result<Element, PartiqlError> {
        let first = if self.tokens.take("(") {
            let inner = self.deeper(Self::any)?;
            self.tokens.expect(")")?;
            inner
        } else if let Some(condition) = self.function()? {
            Element::Condition(condition)
        } else {
            Element::Operand(self.operand()?)
        };
        match first {
            Element::Operand(operand) => self.comparison(operand),
            condition @ Element::Condition(_) => Ok(condition),
        }
    }

    /// Reads what stands in parentheses.
    fn deeper<T>(&mut self, read: fn(&mut Self) -> Result<T, PartiqlError>) -> Result<T, PartiqlError> {
        if self.depth == DEPTH_MAX {
            return Err(UNEXPECTED_TERM);
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    /// An operand with what is asked of it, if anything is.
    fn comparison(&mut self, first: Operand) -> Result<Element, PartiqlError> {
        if let Token::Symbol(symbol) = self.tokens.peek()
            && let Some(comparator) = comparator(symbol)
        {
            self.tokens.skip();
            let second = self.operand()?;
            if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
                check_ordered(comparator.symbol(), [&first, &second])?;
            }
            return Ok(Element::Condition(Condition::Compare(comparator, first, second)));
        }
        if self.tokens.take_keyword("IS") {
            let negated = self.tokens.take_keyword("NOT");
            let Operand::Path(path) = first else { return Err(UNEXPECTED_TERM) };
            let condition = if self.tokens.take_keyword("MISSING") {
                Condition::NotExists(path)
            } else {
                self.tokens.expect_keyword("NULL")?;
                Condition::IsType(Operand::Path(path), Type::Null)
            };
            return Ok(Element::Condition(if negated { not(condition) } else { condition }));
        }
        let negated = self.tokens.take_keyword("NOT");
        let condition = if self.tokens.take_keyword("BETWEEN") {
            let lower = self.operand()?;
            self.tokens.expect_keyword("AND")?;
            let upper = self.operand()?;
            check_ordered("BETWEEN", [&first, &lower, &upper])?;
            Condition::Between(first, lower, upper)
        } else if self.tokens.take_keyword("IN") {
            let close = if self.tokens.take("[") { "]" } else { ")" };
            if close == ")" {
                self.tokens.expect("(")?;
            }
            let operands = self.entries(close, Self::operand)?;
            if operands.len() > IN_VALUES_MAX {
                return Err(Fault::TooManyInOperands(operands.len()).into());
            }
            Condition::In(first, operands)
        } else if negated {
            return Err(UNEXPECTED_TERM);
        } else {
            return Ok(Element::Operand(first));
        };
        Ok(Element::Condition(if negated { not(condition) } else { condition }))
    }

    /// A function that is a condition, if one comes next.
    fn function(&mut self) -> Result<Option<Condition>, PartiqlError> {
        let (Token::Word(name), Token::Symbol("(")) = (self.tokens.peek(), self.tokens.peek_second()) else {
            return Ok(None);
        };
        let name = name.to_ascii_lowercase();
        if !matches!(name.as_str(), "begins_with" | "contains" | "attribute_type") {
            return Ok(None);
        }
        self.tokens.skip();
        self.tokens.skip();
        let first = self.operand()?;
        self.tokens.expect(",")?;
        let second = self.operand()?;
        self.tokens.expect(")")?;
        Ok(Some(match name.as_str() {
            "contains" => Condition::Contains(first, second),
            "begins_with" => {
                if let Operand::Value(value) = &second
                    && !matches!(value, AttributeValue::S(_) | AttributeValue::B(_))
                {
                    return Err(operand_type(&name, value.kind()));
                }
                Condition::BeginsWith(first, second)
            }
            _ => {
                let Operand::Value(AttributeValue::S(kind)) = second else {
                    let kind = if let Operand::Value(value) = second { value.kind() } else { Type::M };
                    return Err(operand_type(&name, kind));
                };
                let kind = Type::named(&kind).ok_or(Fault::UnknownType(kind))?;
                Condition::IsType(first, kind)
            }
        }))
    }

    /// A value, a place, or the size of a place, perhaps in parentheses.
    pub(super) fn operand(&mut self) -> Result<Operand, PartiqlError> {
        if self.tokens.take("(") {
            let operand = self.deeper(Self::operand)?;
            self.tokens.expect(")")?;
            return Ok(operand);
        }
        if let Some(value) = self.literal()? {
            return Ok(Operand::Value(value));
        }
        if let (Token::Word(name), Token::Symbol("(")) = (self.tokens.peek(), self.tokens.peek_second()) {
            if !name.eq_ignore_ascii_case("size") {
                return Err(UNEXPECTED_TERM);
            }
            self.tokens.skip();
            self.tokens.skip();
            let path = self.path()?;
            self.tokens.expect(")")?;
            return Ok(Operand::Size(Box::new(Operand::Path(path))));
        }
        Ok(Operand::Path(self.path()?))
    }

    /// A place in an item.
    pub(super) fn path(&mut self) -> Result<Path, PartiqlError> {
        let mut path = Path::attribute(self.name()?);
        loop {
            if self.tokens.take(".") {
                path.steps.push(Step::Member(self.name().map_err(dot_component)?));
            } else if self.tokens.take("[") {
                let step = match self.tokens.peek() {
                    Token::Number(digits) => Step::Element(digits.parse().map_err(|_| UNEXPECTED_TERM)?),
                    Token::Text(name) => Step::Member(name.clone()),
                    _ => return Err(UNEXPECTED_TERM),
                };
                self.tokens.skip();
                self.tokens.expect("]")?;
                path.steps.push(step);
            } else {
                return Ok(path);
            }
        }
    }

    /// A name: any in double quotes, any but a keyword without.
    pub(super) fn name(&mut self) -> Result<String, PartiqlError> {
        let name = match self.tokens.peek() {
            Token::Quoted(name) if name.is_empty() => return Err(PartiqlError::EmptyPathComponent),
            Token::Quoted(name) => name.clone(),
            Token::Word(word) if KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)) => {
                return Err(UNEXPECTED_KEYWORD);
            }
            Token::Word(word) => word.clone(),
            _ => return Err(UNEXPECTED_TERM),
        };
        self.tokens.skip();
        Ok(name)
    }
}

/// What is said of a name behind a dot.
///
/// Recorded: github.com/passren/PyDynamoDB, issue 28: `payload.size`.
fn dot_component(error: PartiqlError) -> PartiqlError {
    match error {
        PartiqlError::Malformed(_) => PartiqlError::Malformed("Invalid path dot component"),
        other => other,
    }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn comparator(symbol: &str) -> Option<Comparator> {
    let symbol = if symbol == "!=" { "<>" } else { symbol };
    Comparator::ALL.into_iter().find(|comparator| comparator.symbol() == symbol)
}

/// Only texts, numbers and binaries have an order.
fn check_ordered<const N: usize>(operator: &str, operands: [&Operand; N]) -> Result<(), PartiqlError> {
    let wrong = operands.into_iter().find_map(|operand| match operand {
        Operand::Value(value) if !matches!(value.kind(), Type::S | Type::N | Type::B) => Some(value.kind()),
        _ => None,
    });
    wrong.map_or(Ok(()), |kind| Err(operand_type(operator, kind)))
}

fn operand_type(name: &str, kind: Type) -> PartiqlError {
    Fault::OperandType { name: name.to_owned(), kind: kind.name().to_owned() }.into()
}
