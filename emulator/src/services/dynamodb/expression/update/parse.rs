//! From the text of an UpdateExpression to an [`Update`].

use super::super::super::value::{AttributeValue, Type};
use super::super::error::{ExpressionError, Fault, Kind};
use super::super::faults::Faults;
use super::super::path::{Clash, Path};
use super::super::placeholders::{PathFault, Placeholders};
use super::super::syntax::{Call, Parser, Part, Term};
use super::super::token::Token;
use super::{Source, Update};

/// The sections, each at most once, in any order.
const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

/// AWS's passes over an update, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    ReservedWords,
    FunctionNames,
    FunctionUse,
    Sections,
    Names,
    Values,
    Paths(Clash),
    SectionTypes,
    Functions,
}

/// What a section holds, as it is written.
enum Action<'a> {
    Set(Vec<Part<'a>>, Written<'a>),
    Remove(Vec<Part<'a>>),
    Add(Vec<Part<'a>>, &'a str),
    Delete(Vec<Part<'a>>, &'a str),
}

/// The right side of a SET.
enum Written<'a> {
    Term(Term<'a>),
    Plus(Term<'a>, Term<'a>),
    Minus(Term<'a>, Term<'a>),
}

impl Update {
    /// Reads an expression.
    pub(crate) fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, ExpressionError> {
        let mut read = || {
            super::super::admit(text)?;
            let mut parser = Parser::of(text, &SECTIONS);
            let mut reader = Reader { placeholders, faults: Faults::none() };
            let actions = sections(&mut parser, &mut reader.faults)?;
            parser.finish()?;
            let update = reader.update(actions);
            reader.faults.unless_any(update)
        };
        read().map_err(|fault| ExpressionError::Invalid(Kind::Update, fault))
    }
}

fn sections<'a>(parser: &mut Parser<'a>, faults: &mut Faults<Pass>) -> Result<Vec<Action<'a>>, Fault> {
    let mut actions = Vec::new();
    let mut seen = Vec::new();
    loop {
        let Some(section) = SECTIONS.into_iter().find(|section| parser.tokens.take_keyword(section)) else {
            return if seen.is_empty() { Err(parser.tokens.unexpected()) } else { Ok(actions) };
        };
        if seen.contains(&section) {
            faults.note(Pass::Sections, Fault::SectionTwice(section));
        }
        seen.push(section);
        loop {
            actions.push(action(parser, section)?);
            if !parser.tokens.take(",") {
                break;
            }
        }
    }
}

fn action<'a>(parser: &mut Parser<'a>, section: &str) -> Result<Action<'a>, Fault> {
    let path = parser.path()?;
    match section {
        "SET" => {
            parser.tokens.expect("=")?;
            Ok(Action::Set(path, right_side(parser)?))
        }
        "REMOVE" => Ok(Action::Remove(path)),
        _ => {
            let Token::Value(value) = parser.tokens.peek() else { return Err(parser.tokens.unexpected()) };
            parser.tokens.skip();
            Ok(if section == "ADD" { Action::Add(path, value) } else { Action::Delete(path, value) })
        }
    }
}

/// One operand, or the sum or difference of two. The whole may stand in parentheses.
fn right_side<'a>(parser: &mut Parser<'a>) -> Result<Written<'a>, Fault> {
    // `(a) + b` and `(a + b)` begin alike: only the token after the first operand tells.
    let in_parentheses = parser.opens_sum();
    if in_parentheses {
        parser.tokens.expect("(")?;
    }
    let one = parser.term()?;
    let written = if parser.tokens.take("+") {
        Written::Plus(one, parser.term()?)
    } else if parser.tokens.take("-") {
        Written::Minus(one, parser.term()?)
    } else {
        Written::Term(one)
    };
    if in_parentheses {
        parser.tokens.expect(")")?;
    }
    Ok(written)
}

struct Reader<'p> {
    placeholders: &'p mut Placeholders,
    faults: Faults<Pass>,
}

impl Reader<'_> {
    fn update(&mut self, actions: Vec<Action<'_>>) -> Update {
        let mut update = Update::default();
        let mut paths = Vec::new();
        for action in actions {
            match action {
                Action::Set(path, written) => {
                    let path = self.path(&path);
                    paths.push(path.clone());
                    let source = self.right_side(written);
                    update.sets.push((path, source));
                }
                Action::Remove(path) => {
                    let path = self.path(&path);
                    paths.push(path.clone());
                    update.removes.push(path);
                }
                Action::Add(path, value) => {
                    let change = self.change("ADD", &path, value);
                    paths.push(change.0.clone());
                    update.adds.push(change);
                }
                Action::Delete(path, value) => {
                    let change = self.change("DELETE", &path, value);
                    paths.push(change.0.clone());
                    update.deletes.push(change);
                }
            }
        }
        Clash::among(&paths, |clash, fault| self.faults.note(Pass::Paths(clash), fault));
        update
    }

    /// A place, and the number or set that it is changed by.
    fn change(&mut self, section: &'static str, path: &[Part<'_>], value: &str) -> (Path, AttributeValue) {
        let path = self.path(path);
        let Some(value) = self.value(value) else { return (path, AttributeValue::Null) };
        let kind = match value.kind() {
            Type::Ss | Type::Ns | Type::Bs => return (path, value),
            Type::N if section == "ADD" => return (path, value),
            Type::N => "NUMBER",
            Type::S => "STRING",
            Type::B => "BINARY",
            Type::Null => "NULL",
            Type::Bool => "BOOLEAN",
            Type::L => "LIST",
            Type::M => "MAP",
        };
        self.faults.note(Pass::SectionTypes, Fault::SectionType { section, kind });
        (path, value)
    }

    fn right_side(&mut self, written: Written<'_>) -> Source {
        match written {
            Written::Term(term) => self.source(term),
            Written::Plus(one, two) => {
                let [one, two] = self.operands("+", [one, two], Type::N);
                Source::Plus(one, two)
            }
            Written::Minus(one, two) => {
                let [one, two] = self.operands("-", [one, two], Type::N);
                Source::Minus(one, two)
            }
        }
    }

    fn source(&mut self, term: Term<'_>) -> Source {
        match term {
            Term::Path(parts) => Source::Path(self.path(&parts)),
            Term::Value(key) => Source::Value(self.value(key).unwrap_or(AttributeValue::Null)),
            Term::Call(call) => self.call(call),
        }
    }

    fn call(&mut self, call: Call<'_>) -> Source {
        let name = call.function;
        match name {
            "if_not_exists" | "list_append" => {}
            "attribute_exists"
            | "attribute_not_exists"
            | "attribute_type"
            | "begins_with"
            | "contains"
            | "size" => self.faults.note(Pass::FunctionUse, Fault::MisusedFunction(name.to_owned())),
            _ => self.faults.note(Pass::FunctionNames, Fault::UnknownFunction(name.to_owned())),
        }
        let count = call.operands.len();
        let operands: [Term<'_>; 2] = match call.operands.try_into() {
            Ok(operands) => operands,
            Err(operands) => {
                let fault = Fault::OperandCount { name: name.to_owned(), count };
                self.faults.note(Pass::Functions, fault);
                // Their names and values are looked up all the same: what is undefined is said first.
                operands.into_iter().for_each(|term| drop(self.source(term)));
                return Source::Value(AttributeValue::Null);
            }
        };
        if name == "list_append" {
            for operand in &operands {
                if matches!(operand, Term::Call(inner) if inner.function == name) {
                    self.faults.note(Pass::FunctionUse, Fault::MisusedFunction(name.to_owned()));
                }
            }
            let [one, two] = self.operands(name, operands, Type::L);
            return Source::ListAppend(one, two);
        }
        let [first, other] = operands;
        let first = self.source(first);
        let other = Box::new(self.source(other));
        if let Source::Path(path) = first {
            return Source::IfNotExists(path, other);
        }
        self.faults.note(Pass::Functions, Fault::NeedsPath(name.to_owned()));
        Source::Value(AttributeValue::Null)
    }

    /// Two operands that must be of a type, as far as that is known before the item is.
    fn operands(&mut self, name: &str, operands: [Term<'_>; 2], expected: Type) -> [Box<Source>; 2] {
        operands.map(|term| {
            let is_value = matches!(&term, Term::Value(_));
            let source = self.source(term);
            if let Source::Value(value) = &source
                && is_value
                && value.kind() != expected
            {
                self.faults.note(Pass::Functions, Fault::operand_type(name, value.kind()));
            }
            Box::new(source)
        })
    }

    fn path(&mut self, parts: &[Part<'_>]) -> Path {
        let faults = &mut self.faults;
        self.placeholders.path(parts, |what, fault| {
            let reserved = what == PathFault::Reserved;
            faults.note(if reserved { Pass::ReservedWords } else { Pass::Names }, fault);
        })
    }

    fn value(&mut self, key: &str) -> Option<AttributeValue> {
        match self.placeholders.value(key) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.faults.note(Pass::Values, fault);
                None
            }
        }
    }
}
