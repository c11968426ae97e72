//! Reads expressions: `or`, `and`, `not`, comparisons, sums, products, powers, functions.

use super::error::QueryError;
use super::functions::{self, Function};
use super::lex::{self, Kind};
use super::parse::Parser;
use super::period::Period;
use super::stats::{Aggregate, Kind as Aggregation};
use super::syntax::{Binary, Expr, Field, Matcher};
use super::value::Value;

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 100;

/// Words that end an expression where a name could stand.
const RESERVED: [&str; 9] = ["as", "by", "and", "or", "not", "like", "in", "asc", "desc"];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, QueryError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.unexpected());
        }
        let mut left = self.conjunction()?;
        while self.eat_word("or")? {
            left = Expr::Binary(Binary::Or, Box::new(left), Box::new(self.conjunction()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.negation()?;
        while self.eat_word("and")? {
            left = Expr::Binary(Binary::And, Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expr, QueryError> {
        let mut count = 0;
        while self.eat_word("not")? {
            count += 1;
        }
        let inner = self.comparison()?;
        Ok(match count {
            0 => inner,
            odd if odd % 2 == 1 => Expr::Not(Box::new(inner)),
            _ => Expr::Not(Box::new(Expr::Not(Box::new(inner)))),
        })
    }

    fn comparison(&mut self) -> Result<Expr, QueryError> {
        let left = self.sum()?;
        let symbol = match self.next.kind {
            Kind::Symbol(symbol) => symbol,
            _ => "",
        };
        let operator = match symbol {
            "=" => Binary::Equal,
            "!=" => Binary::NotEqual,
            "<" => Binary::Less,
            "<=" => Binary::LessOrEqual,
            ">" => Binary::Greater,
            ">=" => Binary::GreaterOrEqual,
            "=~" => {
                self.take()?;
                return self.like(left);
            }
            _ => return self.word_comparison(left),
        };
        self.take()?;
        Ok(Expr::Binary(operator, Box::new(left), Box::new(self.sum()?)))
    }

    /// `like`, `in`, and `not` before either.
    fn word_comparison(&mut self, left: Expr) -> Result<Expr, QueryError> {
        let is_negated = self.eat_word("not")?;
        let found = if self.eat_word("like")? {
            self.like(left)?
        } else if self.eat_word("in")? {
            self.list(left)?
        } else if is_negated {
            return Err(self.unexpected());
        } else {
            return Ok(left);
        };
        Ok(if is_negated { Expr::Not(Box::new(found)) } else { found })
    }

    fn like(&mut self, left: Expr) -> Result<Expr, QueryError> {
        let matcher = match self.next.kind.clone() {
            Kind::Text(part) => {
                self.take()?;
                Matcher::Part(part)
            }
            Kind::Symbol("/") => Matcher::Regex(self.regex()?),
            _ => return Err(self.unexpected()),
        };
        Ok(Expr::Like(Box::new(left), matcher))
    }

    fn list(&mut self, left: Expr) -> Result<Expr, QueryError> {
        self.expect("[")?;
        let mut entries = Vec::new();
        if !self.eat("]")? {
            loop {
                entries.push(self.sum()?);
                if !self.eat(",")? {
                    break;
                }
            }
            self.expect("]")?;
        }
        Ok(Expr::In(Box::new(left), entries))
    }

    fn sum(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.next.kind {
                Kind::Symbol("+") => Binary::Add,
                Kind::Symbol("-") => Binary::Subtract,
                _ => return Ok(left),
            };
            self.take()?;
            left = Expr::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.power()?;
        loop {
            let operator = match self.next.kind {
                Kind::Symbol("*") => Binary::Multiply,
                Kind::Symbol("/") => Binary::Divide,
                Kind::Symbol("%") => Binary::Remainder,
                _ => return Ok(left),
            };
            self.take()?;
            left = Expr::Binary(operator, Box::new(left), Box::new(self.power()?));
        }
    }

    /// Powers bind from the right.
    fn power(&mut self) -> Result<Expr, QueryError> {
        let left = self.primary()?;
        if !self.eat("^")? {
            return Ok(left);
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.unexpected());
        }
        let right = self.power()?;
        self.depth -= 1;
        Ok(Expr::Binary(Binary::Power, Box::new(left), Box::new(right)))
    }

    /// A constant, a field, a call, or something in parentheses.
    pub(super) fn primary(&mut self) -> Result<Expr, QueryError> {
        let (start, end) = (self.next.start, self.next.end);
        match self.next.kind.clone() {
            Kind::Integer(whole) => self.constant(Value::Integer(whole)),
            Kind::Number(number) => self.constant(Value::number(number)),
            Kind::Text(text) => self.constant(Value::owned(text)),
            Kind::Symbol("-") => {
                self.take()?;
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(self.unexpected());
                }
                let inner = self.primary()?;
                self.depth -= 1;
                Ok(Expr::Negative(Box::new(inner)))
            }
            Kind::Symbol("(") => {
                self.take()?;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Kind::Name { name, is_plain } => {
                let is_call = is_plain && lex::token(self.text, end)?.kind == Kind::Symbol("(");
                if is_call {
                    return self.call(&name);
                }
                if is_plain && RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&name)) {
                    return Err(self.unexpected());
                }
                match name.as_str() {
                    "true" if is_plain => return self.constant(Value::Bool(true)),
                    "false" if is_plain => return self.constant(Value::Bool(false)),
                    _ => {}
                }
                // Recorded: the sentence (trade-tariff-backend, pull 3464).
                let unknown = || format!("Unknown symbols found in or after stats: {name}");
                let field = self.scope.resolve(&name);
                let field = field.ok_or_else(|| QueryError::at(self.text, start, end, unknown()))?;
                self.take()?;
                Ok(Expr::Field(field))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn constant(&mut self, value: Value<'static>) -> Result<Expr, QueryError> {
        self.take()?;
        Ok(Expr::Constant(value))
    }

    fn call(&mut self, name: &str) -> Result<Expr, QueryError> {
        let (start, end) = (self.next.start, self.next.end);
        let unknown = self.unexpected();
        self.take()?;
        self.expect("(")?;
        match name.to_ascii_lowercase().as_str() {
            "bin" => {
                let period = self.period()?;
                self.expect(")")?;
                let argument = match self.scope.is_aggregated {
                    // The event's time is gone.
                    true => return Err(unknown),
                    false => Expr::Field(Field::Timestamp),
                };
                return Ok(Expr::Call(Function::DateFloor(period), vec![argument]));
            }
            cut @ ("datefloor" | "dateceil") => {
                let argument = self.expression()?;
                self.expect(",")?;
                let period = self.period()?;
                self.expect(")")?;
                let function =
                    if cut == "datefloor" { Function::DateFloor(period) } else { Function::DateCeil(period) };
                return Ok(Expr::Call(function, vec![argument]));
            }
            _ => {}
        }
        if let Some(kind) = Aggregation::of(name) {
            return self.aggregation(kind, unknown);
        }
        if name.eq_ignore_ascii_case("pct") {
            return self.percentile(unknown);
        }
        if functions::NOT_BUILT.contains(&name) {
            return Err(QueryError::NotBuilt(format!("the function {name}")));
        }
        let (function, least, most) = Function::of(name).ok_or(unknown)?;
        let mut arguments = Vec::new();
        if !self.eat(")")? {
            loop {
                arguments.push(self.expression()?);
                if !self.eat(",")? {
                    break;
                }
            }
            self.expect(")")?;
        }
        if (least..=most).contains(&arguments.len()) {
            return Ok(Expr::Call(function, arguments));
        }
        // Assumed: the sentence.
        let why = format!("Invalid arguments for function: {name}");
        Err(QueryError::at(self.text, start, end, why))
    }

    fn period(&mut self) -> Result<Period, QueryError> {
        match self.next.kind {
            Kind::Period(period) => {
                self.take()?;
                Ok(period)
            }
            // `1 hour`
            Kind::Integer(count) => {
                let after = lex::token(self.text, self.next.end)?;
                let Kind::Name { name, .. } = &after.kind else { return Err(self.unexpected()) };
                let period = Period::of(count, name).ok_or_else(|| self.unexpected())?;
                self.take()?;
                self.take()?;
                Ok(period)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `count(*)`, `count(a)`, `sum(a - b)`: only `stats` has them, and none has another inside.
    fn aggregation(&mut self, kind: Aggregation, outside: QueryError) -> Result<Expr, QueryError> {
        let aggregates = self.aggregates.take().ok_or(outside)?;
        let is_all = self.eat("*")?;
        let has_none = is_all || matches!(self.next.kind, Kind::Symbol(")"));
        if has_none && kind != Aggregation::Count {
            return Err(self.unexpected());
        }
        let argument = if has_none { None } else { Some(self.expression()?) };
        self.expect(")")?;
        Ok(self.aggregate(aggregates, Aggregate { kind, argument }))
    }

    /// `pct(a, 95)`.
    fn percentile(&mut self, outside: QueryError) -> Result<Expr, QueryError> {
        let aggregates = self.aggregates.take().ok_or(outside)?;
        let argument = Some(self.expression()?);
        self.expect(",")?;
        let percent = match self.next.kind {
            Kind::Integer(whole) => whole as f64,
            Kind::Number(number) => number,
            _ => return Err(self.unexpected()),
        };
        if !(0.0..=100.0).contains(&percent) {
            return Err(self.unexpected());
        }
        self.take()?;
        self.expect(")")?;
        Ok(self.aggregate(aggregates, Aggregate { kind: Aggregation::Percentile(percent), argument }))
    }

    fn aggregate(&mut self, mut aggregates: Vec<Aggregate>, new: Aggregate) -> Expr {
        aggregates.push(new);
        let place = aggregates.len() - 1;
        self.aggregates = Some(aggregates);
        Expr::Aggregate(place)
    }
}
