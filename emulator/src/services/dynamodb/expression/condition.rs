//! [`Condition`]: what a condition, filter or key condition says, with its names and values in place.
//!
//! Here text becomes such a tree, and what AWS refuses is refused. What a tree says of an item is in `evaluate.rs`.

use super::super::value::{AttributeValue, Type};
use super::error::{ExpressionError, Fault, Kind};
use super::faults::Faults;
use super::path::Path;
use super::placeholders::{PathFault, Placeholders};
use super::syntax::{Call, Clause, Parser, Part, Term};

/// Operands of an `IN`, at most, the first included.
/// Recorded: Alternator's `test_condition_expression.py`: 99 to choose from, where the documentation says 100; and the sentence:
/// github.com/reapit/foundations, issue 8255.
const IN_OPERANDS_MAX: usize = 100;

/// Something that is true or false of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(Comparator, Operand, Operand),
    /// The first is neither less than the second nor greater than the third.
    Between(Operand, Operand, Operand),
    /// The first equals one of the others.
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    IsType(Operand, Type),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Something that has a value, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Path(Path),
    Value(AttributeValue),
    Size(Box<Self>),
}

impl Comparator {
    pub(crate) const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// The same comparison with its sides exchanged.
    pub(crate) const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

impl Condition {
    /// Reads an expression.
    pub(crate) fn parse(
        kind: Kind,
        text: &str,
        placeholders: &mut Placeholders,
    ) -> Result<Self, ExpressionError> {
        let mut read = || {
            super::admit(text)?;
            let clause = Parser::condition(text)?;
            let mut reader = Reader { placeholders, faults: Faults::none(), clause: 0 };
            let condition = reader.condition(clause);
            reader.faults.unless_any(condition)
        };
        read().map_err(|fault| ExpressionError::Invalid(kind, fault))
    }

    /// Hands each path that it names to `see`.
    pub(crate) fn visit_paths<'a>(&'a self, see: &mut impl FnMut(&'a Path)) {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                conditions.iter().for_each(|condition| condition.visit_paths(see));
            }
            Self::Not(condition) => condition.visit_paths(see),
            Self::Exists(path) | Self::NotExists(path) => see(path),
            Self::IsType(operand, _) => operand.visit_paths(see),
            Self::Compare(_, one, two) | Self::BeginsWith(one, two) | Self::Contains(one, two) => {
                one.visit_paths(see);
                two.visit_paths(see);
            }
            Self::Between(first, lower, upper) => {
                [first, lower, upper].into_iter().for_each(|operand| operand.visit_paths(see));
            }
            Self::In(first, others) => {
                first.visit_paths(see);
                others.iter().for_each(|operand| operand.visit_paths(see));
            }
        }
    }
}

impl From<AttributeValue> for Operand {
    fn from(value: AttributeValue) -> Self {
        Self::Value(value)
    }
}

impl Operand {
    fn visit_paths<'a>(&'a self, see: &mut impl FnMut(&'a Path)) {
        match self {
            Self::Path(path) => see(path),
            Self::Size(operand) => operand.visit_paths(see),
            Self::Value(_) => {}
        }
    }

    /// Its type, where that does not depend on the item.
    pub(super) fn kind(&self) -> Option<Type> {
        match self {
            Self::Path(_) => None,
            Self::Value(value) => Some(value.kind()),
            Self::Size(_) => Some(Type::N),
        }
    }
}

/// AWS's passes over a condition, in their order. The last goes from clause to clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    FunctionNames,
    FunctionUse,
    ReservedWords,
    Clause(usize, Check),
}

/// What AWS checks of one clause, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    Placeholders,
    OperandCount,
    Distinct,
    OperandTypes,
}

struct Reader<'p> {
    placeholders: &'p mut Placeholders,
    faults: Faults<Pass>,
    /// Comparisons and calls read so far.
    clause: usize,
}

impl Reader<'_> {
    fn note(&mut self, check: Check, fault: Fault) {
        self.faults.note(Pass::Clause(self.clause, check), fault);
    }

    fn condition(&mut self, clause: Clause<'_>) -> Condition {
        match clause {
            Clause::All(clauses) => Condition::All(self.conditions(clauses)),
            Clause::Any(clauses) => Condition::Any(self.conditions(clauses)),
            Clause::Not(clause) => Condition::Not(Box::new(self.condition(*clause))),
            clause => {
                self.clause += 1;
                self.simple(clause)
            }
        }
    }

    fn conditions(&mut self, clauses: Vec<Clause<'_>>) -> Vec<Condition> {
        clauses.into_iter().map(|clause| self.condition(clause)).collect()
    }

    /// A clause that holds no others.
    fn simple(&mut self, clause: Clause<'_>) -> Condition {
        match clause {
            Clause::Compare(symbol, one, two) => {
                let (one, two) = (self.operand(one), self.operand(two));
                let comparator = Comparator::ALL.into_iter().find(|known| known.symbol() == symbol);
                let comparator = comparator.expect("the grammar knows no other");
                self.check_distinct(symbol, &one, &two);
                if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
                    self.check_ordered(symbol, [&one, &two]);
                }
                Condition::Compare(comparator, one, two)
            }
            Clause::Between(first, lower, upper) => {
                let [first, lower, upper] = [first, lower, upper].map(|term| self.operand(term));
                self.check_ordered("BETWEEN", [&first, &lower, &upper]);
                self.check_bounds(&lower, &upper);
                Condition::Between(first, lower, upper)
            }
            Clause::In(first, others) => {
                let first = self.operand(first);
                let others: Vec<_> = others.into_iter().map(|term| self.operand(term)).collect();
                if others.len() + 1 > IN_OPERANDS_MAX {
                    self.note(Check::OperandCount, Fault::TooManyInOperands(others.len() + 1));
                }
                Condition::In(first, others)
            }
            Clause::Call(call) => self.call(call),
            Clause::All(_) | Clause::Any(_) | Clause::Not(_) => unreachable!("these hold others"),
        }
    }

    /// A function that is a condition by itself.
    fn call(&mut self, call: Call<'_>) -> Condition {
        let name = call.function;
        let mut operands: Vec<_> = call.operands.into_iter().map(|term| self.operand(term)).collect();
        let expected = match name {
            "attribute_exists" | "attribute_not_exists" => 1,
            "attribute_type" | "begins_with" | "contains" => 2,
            _ => {
                self.refuse_function(name);
                return Condition::All(Vec::new());
            }
        };
        if operands.len() != expected {
            let fault = Fault::OperandCount { name: name.to_owned(), count: operands.len() };
            self.note(Check::OperandCount, fault);
            return Condition::All(Vec::new());
        }
        let last = operands.pop().expect("counted");
        let Some(first) = operands.pop() else {
            let Operand::Path(path) = last else {
                self.note(Check::OperandTypes, Fault::NeedsPath(name.to_owned()));
                return Condition::All(Vec::new());
            };
            let exists = name == "attribute_exists";
            return if exists { Condition::Exists(path) } else { Condition::NotExists(path) };
        };
        self.check_distinct(name, &first, &last);
        match name {
            "contains" => Condition::Contains(first, last),
            "begins_with" => {
                for kind in [&first, &last].into_iter().filter_map(|operand| operand.kind()) {
                    if !matches!(kind, Type::S | Type::B) {
                        self.note(Check::OperandTypes, Fault::operand_type(name, kind));
                    }
                }
                Condition::BeginsWith(first, last)
            }
            _ => Condition::IsType(first, self.type_named(&last)),
        }
    }

    /// The type that `attribute_type` asks for.
    fn type_named(&mut self, operand: &Operand) -> Type {
        let fault = match operand {
            Operand::Value(AttributeValue::S(name)) => match Type::named(name) {
                Some(kind) => return kind,
                None => Fault::UnknownType(name.clone()),
            },
            operand => {
                let any = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";
                let kind = operand.kind().map_or(any, Type::name).to_owned();
                Fault::OperandType { name: "attribute_type".to_owned(), kind }
            }
        };
        self.note(Check::OperandTypes, fault);
        Type::S
    }

    fn operand(&mut self, term: Term<'_>) -> Operand {
        match term {
            Term::Path(parts) => Operand::Path(self.path(&parts)),
            Term::Value(key) => Operand::Value(self.placeholders.value(key).unwrap_or_else(|fault| {
                self.faults.note(Pass::Clause(self.clause, Check::Placeholders), fault);
                AttributeValue::Null
            })),
            Term::Call(call) => self.size(call),
        }
    }

    /// A function within another or in a comparison: that can only be `size`.
    fn size(&mut self, call: Call<'_>) -> Operand {
        let name = call.function;
        let mut operands: Vec<_> = call.operands.into_iter().map(|term| self.operand(term)).collect();
        if name != "size" {
            self.refuse_function(name);
        } else if operands.len() != 1 {
            let fault = Fault::OperandCount { name: name.to_owned(), count: operands.len() };
            self.note(Check::OperandCount, fault);
        }
        let operand = operands.pop().expect("the grammar gives every call an operand");
        if let Some(kind @ (Type::N | Type::Bool | Type::Null)) = operand.kind() {
            self.note(Check::OperandTypes, Fault::operand_type(name, kind));
        }
        Operand::Size(Box::new(operand))
    }

    /// There is no such function, or not here.
    fn refuse_function(&mut self, name: &str) {
        let known = [
            "attribute_exists",
            "attribute_not_exists",
            "attribute_type",
            "begins_with",
            "contains",
            "size",
            "if_not_exists",
            "list_append",
        ];
        if known.contains(&name) {
            self.faults.note(Pass::FunctionUse, Fault::MisusedFunction(name.to_owned()));
        } else {
            self.faults.note(Pass::FunctionNames, Fault::UnknownFunction(name.to_owned()));
        }
    }

    fn path(&mut self, parts: &[Part<'_>]) -> Path {
        let (faults, clause) = (&mut self.faults, self.clause);
        self.placeholders.path(parts, |what, fault| {
            let pass = match what {
                PathFault::Reserved => Pass::ReservedWords,
                PathFault::Unusable => Pass::Clause(clause, Check::Placeholders),
            };
            faults.note(pass, fault);
        })
    }

    fn check_distinct(&mut self, name: &str, one: &Operand, two: &Operand) {
        if let (Operand::Path(first), Operand::Path(second)) = (one, two)
            && first == second
        {
            let fault = Fault::NotDistinct { name: name.to_owned(), first: first.clone() };
            self.note(Check::Distinct, fault);
        }
    }

    /// Only texts, numbers and binaries have an order. What an item holds is not known yet, and not refused.
    fn check_ordered<const N: usize>(&mut self, name: &str, operands: [&Operand; N]) {
        for kind in operands.into_iter().filter_map(Operand::kind) {
            if !matches!(kind, Type::S | Type::N | Type::B) {
                self.note(Check::OperandTypes, Fault::operand_type(name, kind));
            }
        }
    }

    fn check_bounds(&mut self, lower: &Operand, upper: &Operand) {
        let (Operand::Value(lower), Operand::Value(upper)) = (lower, upper) else { return };
        let (shown, other) = (shown(lower), shown(upper));
        if lower.kind() != upper.kind() {
            self.note(Check::OperandTypes, Fault::BoundsOfTwoTypes { lower: shown, upper: other });
        } else if super::evaluate::order(lower, upper).is_some_and(std::cmp::Ordering::is_gt) {
            self.note(Check::OperandTypes, Fault::BoundsReversed { lower: shown, upper: other });
        }
    }
}

/// A value as AWS's sentences show it: `{S:text}`.
fn shown(value: &AttributeValue) -> String {
    let text = match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.to_string(),
        AttributeValue::Bool(truth) => truth.to_string(),
        AttributeValue::Null => "true".to_owned(),
        // Assumed: nothing is recorded of the others, which no bound can be.
        other => format!("{:?}", other.kind()),
    };
    format!("{{{}:{text}}}", value.kind().name())
}
