//! The grammar of conditions and of what all expressions are made of: paths, values, calls.
//!
//! What is read here is only well formed; names are not looked up, and `f(a)` is a call whatever `f` is.

use super::error::Fault;
use super::token::{Token, Tokens};

/// Levels of parentheses and calls around an operand, at most.
///
/// Assumed: no operand that AWS takes comes near: a path has 32 levels, and no function takes itself. It guards our stack.
/// Parentheses around clauses need no such limit, for they are not read by recursion.
const OPERAND_DEPTH_MAX: usize = 48;

/// Operators of one expression, at most. Parentheses and functions do not count.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (an edition of 2023-02 read 2026-11-28).
/// Recorded, for the sentence, which says 301 of however many: Alternator's `test_limits.py`.
const OPERATORS_MAX: usize = 300;

/// Words that no name of an attribute or function may be in a condition.
const KEYWORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

/// Something that is true or false.
#[derive(Debug)]
pub(super) enum Clause<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(&'a str, Term<'a>, Term<'a>),
    Between(Term<'a>, Term<'a>, Term<'a>),
    In(Term<'a>, Vec<Term<'a>>),
    Call(Call<'a>),
}

/// Something that has a value.
#[derive(Debug)]
pub(super) enum Term<'a> {
    Path(Vec<Part<'a>>),
    /// A placeholder, colon included.
    Value(&'a str),
    Call(Call<'a>),
}

/// One part of a path.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// As it stands.
    Word(&'a str),
    /// A placeholder, hash included.
    Name(&'a str),
    /// Digits within brackets.
    Index(&'a str),
}

/// A function and its operands.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) function: &'a str,
    pub(super) operands: Vec<Term<'a>>,
}

/// What has been read, while it is not known yet which it is: `(a)` may be a path, and `(a = b)` is a clause.
struct Element<'a> {
    is: Either<'a>,
    in_parentheses: bool,
}

/// Clauses between two parentheses, as far as they are read.
#[derive(Default)]
struct Level<'a> {
    /// Those before the last `OR`.
    any: Vec<Clause<'a>>,
    /// Those since.
    all: Vec<Clause<'a>>,
    /// How often `NOT` stands before what comes next.
    negations: usize,
}

impl<'a> Level<'a> {
    fn is_empty(&self) -> bool {
        self.any.is_empty() && self.all.is_empty() && self.negations == 0
    }

    /// Another clause, behind which there is an `AND`.
    fn and(&mut self, clause: Clause<'a>) {
        // Two negations cancel out, but one or two remain, for KeyConditionExpression refuses the word.
        let times = match std::mem::take(&mut self.negations) {
            0 => 0,
            negations => 2 - negations % 2,
        };
        let negated = (0..times).fold(clause, |clause, _| Clause::Not(Box::new(clause)));
        self.all.push(negated);
    }

    /// Another clause, behind which there is an `OR` or nothing.
    fn or(&mut self, clause: Clause<'a>) {
        self.and(clause);
        let all = std::mem::take(&mut self.all);
        self.any.push(one_or(all, Clause::All));
    }
}

/// The only clause, or all of them together.
fn one_or<'a>(mut clauses: Vec<Clause<'a>>, together: fn(Vec<Clause<'a>>) -> Clause<'a>) -> Clause<'a> {
    if clauses.len() == 1 { clauses.remove(0) } else { together(clauses) }
}

enum Either<'a> {
    Clause(Clause<'a>),
    Term(Term<'a>),
}

impl<'a> From<Term<'a>> for Element<'a> {
    fn from(term: Term<'a>) -> Self {
        Self { is: Either::Term(term), in_parentheses: false }
    }
}

impl<'a> From<Clause<'a>> for Element<'a> {
    fn from(clause: Clause<'a>) -> Self {
        Self { is: Either::Clause(clause), in_parentheses: false }
    }
}

/// Reads a text by the grammar.
pub(super) struct Parser<'a> {
    pub(super) tokens: Tokens<'a>,
    keywords: &'static [&'static str],
    depth: usize,
    operators: usize,
    redundant_parentheses: bool,
}

impl<'a> Parser<'a> {
    /// A reader of a text in which these words are no names.
    pub(super) fn of(text: &'a str, keywords: &'static [&'static str]) -> Self {
        let tokens = Tokens::of(text);
        Self { tokens, keywords, depth: 0, operators: 0, redundant_parentheses: false }
    }

    /// A whole condition.
    pub(super) fn condition(text: &'a str) -> Result<Clause<'a>, Fault> {
        let mut parser = Self::of(text, &KEYWORDS);
        let element = parser.clauses()?;
        let clause = parser.clause(element)?;
        parser.finish()?;
        Ok(clause)
    }

    /// Nothing follows, and what was read is not too much of it.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        self.tokens.end()?;
        if self.operators > OPERATORS_MAX {
            // AWS counts no further than it must.
            return Err(Fault::TooManyOperators { count: OPERATORS_MAX + 1 });
        }
        if self.redundant_parentheses { Err(Fault::RedundantParentheses) } else { Ok(()) }
    }

    /// Reads clauses up to where none can follow.
    ///
    /// Each parenthesis that opens a clause opens a [`Level`], so that no number of them can exhaust the stack.
    fn clauses(&mut self) -> Result<Element<'a>, Fault> {
        let mut outer = Vec::new();
        let mut level = Level::default();
        loop {
            while self.tokens.take_keyword("NOT") {
                self.operators += 1;
                level.negations += 1;
            }
            if self.tokens.take("(") {
                outer.push(std::mem::take(&mut level));
                continue;
            }
            let mut element = Element::from(self.bare_term()?);
            loop {
                element = self.comparison(element)?;
                let (and, or) = (self.tokens.is_keyword("AND"), self.tokens.is_keyword("OR"));
                if and || or {
                    let clause = self.clause(element)?;
                    self.operators += 1;
                    self.tokens.skip();
                    if and {
                        level.and(clause)
                    } else {
                        level.or(clause)
                    }
                    break;
                }
                element = self.close(level, element)?;
                let Some(around) = outer.pop() else { return Ok(element) };
                level = around;
                self.tokens.expect(")")?;
                element = self.in_parentheses(element)?;
            }
        }
    }

    /// All that a level holds, now that its last element is read.
    fn close(&self, mut level: Level<'a>, last: Element<'a>) -> Result<Element<'a>, Fault> {
        if level.is_empty() {
            return Ok(last);
        }
        level.or(self.clause(last)?);
        Ok(one_or(level.any, Clause::Any).into())
    }

    /// With its operator and other operands, if it has any.
    fn comparison(&mut self, element: Element<'a>) -> Result<Element<'a>, Fault> {
        let Either::Term(first) = element.is else { return Ok(element) };
        if let Token::Symbol(operator @ ("=" | "<>" | "<" | "<=" | ">" | ">=")) = self.tokens.peek() {
            self.operators += 1;
            self.tokens.skip();
            return Ok(Clause::Compare(operator, first, self.term()?).into());
        }
        if self.tokens.take_keyword("BETWEEN") {
            self.operators += 1;
            let lower = self.term()?;
            if !self.tokens.take_keyword("AND") {
                return Err(self.tokens.unexpected());
            }
            return Ok(Clause::Between(first, lower, self.term()?).into());
        }
        if self.tokens.take_keyword("IN") {
            self.operators += 1;
            self.tokens.expect("(")?;
            return Ok(Clause::In(first, self.operands()?).into());
        }
        Ok(Element { is: Either::Term(first), in_parentheses: element.in_parentheses })
    }

    /// What the parentheses around an element make of it. A path may go on behind them.
    fn in_parentheses(&mut self, inner: Element<'a>) -> Result<Element<'a>, Fault> {
        self.redundant_parentheses |= inner.in_parentheses;
        let mut in_parentheses = true;
        let is = match inner.is {
            Either::Term(Term::Path(mut parts)) => {
                let before = parts.len();
                self.steps(&mut parts)?;
                in_parentheses = parts.len() == before;
                Either::Term(Term::Path(parts))
            }
            other => other,
        };
        Ok(Element { is, in_parentheses })
    }

    /// An operand, which may stand in parentheses.
    pub(super) fn term(&mut self) -> Result<Term<'a>, Fault> {
        match self.operand()?.is {
            Either::Term(term) => Ok(term),
            Either::Clause(_) => unreachable!("operands hold no clauses"),
        }
    }

    fn operand(&mut self) -> Result<Element<'a>, Fault> {
        if !self.tokens.take("(") {
            return Ok(self.bare_term()?.into());
        }
        let inner = self.deeper(Self::operand)?;
        self.tokens.expect(")")?;
        self.in_parentheses(inner)
    }

    /// Whether what comes is `(a + b)` or `(a - b)`, and not an operand in parentheses.
    pub(super) fn opens_sum(&self) -> bool {
        let mut depth = 0_usize;
        for token in self.tokens.coming() {
            match token {
                Token::Symbol("(") => depth += 1,
                Token::Symbol("+" | "-") => return depth == 1,
                Token::Symbol(")") if depth > 1 => depth -= 1,
                Token::Symbol(")") | Token::End => return false,
                _ if depth == 0 => return false,
                _ => {}
            }
        }
        false
    }

    /// The clause that must have been read.
    fn clause(&self, element: Element<'a>) -> Result<Clause<'a>, Fault> {
        match element.is {
            Either::Clause(clause) => Ok(clause),
            Either::Term(Term::Call(call)) => Ok(Clause::Call(call)),
            Either::Term(_) => Err(self.tokens.unexpected()),
        }
    }

    fn bare_term(&mut self) -> Result<Term<'a>, Fault> {
        match self.tokens.peek() {
            Token::Value(value) => {
                self.tokens.skip();
                Ok(Term::Value(value))
            }
            Token::Word(function)
                if self.tokens.peek_second() == Token::Symbol("(") && !self.is_keyword(function) =>
            {
                self.tokens.skip();
                self.tokens.skip();
                let operands = self.deeper(Self::operands)?;
                Ok(Term::Call(Call { function, operands }))
            }
            _ => Ok(Term::Path(self.path()?)),
        }
    }

    /// One or more operands, up to the parenthesis that closes them.
    fn operands(&mut self) -> Result<Vec<Term<'a>>, Fault> {
        let mut operands = vec![self.term()?];
        while self.tokens.take(",") {
            operands.push(self.term()?);
        }
        self.tokens.expect(")")?;
        Ok(operands)
    }

    /// A path.
    pub(super) fn path(&mut self) -> Result<Vec<Part<'a>>, Fault> {
        let mut parts = vec![self.name()?];
        self.steps(&mut parts)?;
        Ok(parts)
    }

    fn name(&mut self) -> Result<Part<'a>, Fault> {
        let part = match self.tokens.peek() {
            Token::Word(word) if !self.is_keyword(word) => Part::Word(word),
            Token::Name(name) => Part::Name(name),
            _ => return Err(self.tokens.unexpected()),
        };
        self.tokens.skip();
        Ok(part)
    }

    fn steps(&mut self, parts: &mut Vec<Part<'a>>) -> Result<(), Fault> {
        loop {
            if self.tokens.take(".") {
                parts.push(self.name()?);
            } else if self.tokens.take("[") {
                let Token::Number(digits) = self.tokens.peek() else { return Err(self.tokens.unexpected()) };
                self.tokens.skip();
                self.tokens.expect("]")?;
                parts.push(Part::Index(digits));
            } else {
                return Ok(());
            }
        }
    }

    fn is_keyword(&self, word: &str) -> bool {
        self.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
    }

    /// Reads something one level down.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == OPERAND_DEPTH_MAX {
            return Err(Fault::RedundantParentheses);
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }
}
