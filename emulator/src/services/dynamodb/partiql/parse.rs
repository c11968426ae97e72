//! Statements: from text to a [`Statement`].

use super::super::expression::{Operand, Path, Source, Update, check_paths};
use super::super::value::AttributeValue;
use super::token::{Token, Tokens};
use super::{
    Columns, DeleteItem, EXPECTED_MANIPULATION, Insert, PartiqlError, Returning, Select, Statement,
    UNEXPECTED_TERM, UpdateItem,
};

/// Reads a statement by the grammar.
pub(super) struct Parser<'a> {
    pub(super) tokens: Tokens<'a>,
    parameters: Vec<AttributeValue>,
    /// Parentheses that are open.
    pub(super) depth: usize,
}

/// A whole statement.
pub(super) fn statement(text: &str, parameters: Vec<AttributeValue>) -> Result<Statement, PartiqlError> {
    let tokens = Tokens::of(text)?;
    let fits = tokens.parameters == parameters.len();
    let mut parser = Parser { tokens, parameters, depth: 0 };
    let statement = parser.statement()?;
    if *parser.tokens.peek() != Token::End {
        return Err(UNEXPECTED_TERM);
    }
    if fits { Ok(statement) } else { Err(PartiqlError::ParameterCount) }
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, PartiqlError> {
        if self.tokens.take_keyword("SELECT") {
            return self.select().map(Statement::Select);
        }
        if self.tokens.take_keyword("INSERT") {
            return self.insert().map(Statement::Insert);
        }
        if self.tokens.take_keyword("UPDATE") {
            return self.update().map(Statement::Update);
        }
        if self.tokens.take_keyword("DELETE") {
            return self.delete().map(Statement::Delete);
        }
        if self.tokens.take_keyword("EXISTS") {
            self.tokens.expect("(")?;
            self.tokens.expect_keyword("SELECT")?;
            let select = self.select()?;
            self.tokens.expect(")")?;
            return Ok(Statement::Exists(select));
        }
        Err(EXPECTED_MANIPULATION)
    }

    /// The value that a `?` stands for. If there are too few, the statement is refused when it is read.
    pub(super) fn parameter(&self, at: usize) -> AttributeValue {
        self.parameters.get(at).cloned().unwrap_or(AttributeValue::Null)
    }

    fn select(&mut self) -> Result<Select, PartiqlError> {
        let columns = self.columns()?;
        self.tokens.expect_keyword("FROM")?;
        let (table, index) = self.table()?;
        let filter = self.where_clause()?;
        let mut order = Vec::new();
        if self.tokens.take_keyword("ORDER") {
            self.tokens.expect_keyword("BY")?;
            loop {
                let name = self.name()?;
                let descends = self.tokens.take_keyword("DESC");
                if !descends {
                    self.tokens.take_keyword("ASC");
                }
                order.push((name, descends));
                if !self.tokens.take(",") {
                    break;
                }
            }
        }
        Ok(Select { table, index, columns, filter, order })
    }

    fn columns(&mut self) -> Result<Option<Columns>, PartiqlError> {
        if self.tokens.take("*") {
            return Ok(None);
        }
        let mut columns = Vec::new();
        loop {
            let is_call = *self.tokens.peek_second() == Token::Symbol("(");
            if is_call
                && matches!(self.tokens.peek(), Token::Word(word) if word.eq_ignore_ascii_case("COUNT"))
            {
                return Err(self.tokens.unexpected_path_component());
            }
            columns.push(self.path()?);
            if !self.tokens.take(",") {
                return Ok(Some(Columns(columns)));
            }
        }
    }

    /// `"table"` or `"table"."index"`.
    fn table(&mut self) -> Result<(String, Option<String>), PartiqlError> {
        let table = self.name()?;
        let index = if self.tokens.take(".") { Some(self.name()?) } else { None };
        if *self.tokens.peek() == Token::Symbol(".") {
            return Err(UNEXPECTED_TERM);
        }
        Ok((table, index))
    }

    /// The table of a statement that writes.
    fn written_table(&mut self) -> Result<String, PartiqlError> {
        match self.table()? {
            (table, None) => Ok(table),
            (_, Some(_)) => Err(PartiqlError::WriteToIndex),
        }
    }

    fn insert(&mut self) -> Result<Insert, PartiqlError> {
        self.tokens.expect_keyword("INTO")?;
        if *self.tokens.peek_second() == Token::Symbol(".") {
            return Err(self.tokens.unexpected_path_component());
        }
        let table = self.name()?;
        self.tokens.expect_keyword("VALUE")?;
        match self.literal()? {
            Some(AttributeValue::M(item)) => Ok(Insert { table, item }),
            _ => Err(UNEXPECTED_TERM),
        }
    }

    fn update(&mut self) -> Result<UpdateItem, PartiqlError> {
        let table = self.written_table()?;
        let mut update = Update::default();
        let mut any = false;
        loop {
            if self.tokens.take_keyword("SET") {
                self.sets(&mut update)?;
            } else if self.tokens.take_keyword("REMOVE") {
                loop {
                    update.removes.push(self.path()?);
                    if !self.tokens.take(",") {
                        break;
                    }
                }
            } else {
                break;
            }
            any = true;
        }
        if !any {
            return Err(EXPECTED_MANIPULATION);
        }
        check_paths(&update.targets().cloned().collect::<Vec<_>>())?;
        let filter = self.where_clause()?;
        let returning = self.returning()?.map(|(returning, _)| returning);
        Ok(UpdateItem { table, update, filter, returning })
    }

    fn sets(&mut self, update: &mut Update) -> Result<(), PartiqlError> {
        loop {
            let path = self.path()?;
            self.tokens.expect("=")?;
            self.set(path, update)?;
            if !self.tokens.take(",") {
                return Ok(());
            }
        }
    }

    /// What a place is set to. To add to a set, or to take from it, is what ADD and DELETE do.
    ///
    /// Assumed: the set that SET_ADD and SET_DELETE name is the one that is set.
    fn set(&mut self, path: Path, update: &mut Update) -> Result<(), PartiqlError> {
        let function = match (self.tokens.peek(), self.tokens.peek_second()) {
            (Token::Word(name), Token::Symbol("(")) => name.to_ascii_lowercase(),
            _ => String::new(),
        };
        if !matches!(function.as_str(), "list_append" | "set_add" | "set_delete") {
            let source = self.sum()?;
            update.sets.push((path, source));
            return Ok(());
        }
        self.tokens.skip();
        self.tokens.skip();
        let one = self.source()?;
        self.tokens.expect(",")?;
        let two = self.source()?;
        self.tokens.expect(")")?;
        match (function.as_str(), one, two) {
            ("list_append", one, two) => {
                update.sets.push((path, Source::ListAppend(Box::new(one), Box::new(two))));
            }
            ("set_add", Source::Path(of), Source::Value(value)) if of == path => {
                update.adds.push((path, value));
            }
            ("set_delete", Source::Path(of), Source::Value(value)) if of == path => {
                update.deletes.push((path, value));
            }
            _ => return Err(UNEXPECTED_TERM),
        }
        Ok(())
    }

    /// An operand, or the sum or difference of two.
    fn sum(&mut self) -> Result<Source, PartiqlError> {
        let one = self.source()?;
        if self.tokens.take("+") {
            return Ok(Source::Plus(Box::new(one), Box::new(self.source()?)));
        }
        if self.tokens.take("-") {
            return Ok(Source::Minus(Box::new(one), Box::new(self.source()?)));
        }
        Ok(one)
    }

    fn source(&mut self) -> Result<Source, PartiqlError> {
        match self.operand()? {
            Operand::Path(path) => Ok(Source::Path(path)),
            Operand::Value(value) => Ok(Source::Value(value)),
            Operand::Size(_) => Err(UNEXPECTED_TERM),
        }
    }

    fn delete(&mut self) -> Result<DeleteItem, PartiqlError> {
        self.tokens.expect_keyword("FROM")?;
        let table = self.written_table()?;
        let filter = self.where_clause()?;
        let returns_old = match self.returning()? {
            None => false,
            Some((Returning::AllOld, _)) => true,
            Some((_, words)) => return Err(PartiqlError::DeleteReturning(words)),
        };
        Ok(DeleteItem { table, filter, returns_old })
    }

    /// What RETURNING asks for, and its words, if it is there.
    fn returning(&mut self) -> Result<Option<(Returning, &'static str)>, PartiqlError> {
        if !self.tokens.take_keyword("RETURNING") {
            return Ok(None);
        }
        let all = self.tokens.take_keyword("ALL");
        if !all {
            self.tokens.expect_keyword("MODIFIED")?;
        }
        let old = self.tokens.take_keyword("OLD");
        if !old {
            self.tokens.expect_keyword("NEW")?;
        }
        self.tokens.expect("*")?;
        Ok(Some(match (all, old) {
            (true, true) => (Returning::AllOld, "ALL OLD"),
            (true, false) => (Returning::AllNew, "ALL NEW"),
            (false, true) => (Returning::ModifiedOld, "MODIFIED OLD"),
            (false, false) => (Returning::ModifiedNew, "MODIFIED NEW"),
        }))
    }
}
