//! Reads commands. Names become places of a row while they are read.

use regex::Regex;

use super::error::QueryError;
use super::lex::{self, Kind, Token};
use super::scope::Scope;
use super::stats::Aggregate;
use super::syntax::{Column, Command, Expr, Field, Plan, SortKey, Stats};
use super::template::Template;

/// Most rows that `limit` may name.
///
/// Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html (read 2026-11-28): up to 100,000, and
/// 10,000 without a limit; it was 10,000 at most before.
const LIMIT_MAX: i64 = 100_000;

/// Commands that AWS has and a tank has not.
const NOT_BUILT: [&str; 10] =
    ["pattern", "diff", "anomaly", "join", "lookup", "unmask", "filterIndex", "SOURCE", "tail", "addtotals"];

#[derive(Debug)]
pub(super) struct Parser<'q> {
    pub(super) text: &'q str,
    /// The token that comes next.
    pub(super) next: Token,
    /// Where the last taken token ended.
    pub(super) end: usize,
    pub(super) scope: Scope,
    /// Aggregations of the `stats` command that is being read; none outside of one.
    pub(super) aggregates: Option<Vec<Aggregate>>,
    pub(super) depth: usize,
    columns: Vec<Column>,
    /// Whether a command has named columns.
    has_columns: bool,
    /// Whether `display` has: what is made later is not shown by itself.
    is_displayed: bool,
}

impl<'q> Parser<'q> {
    pub(super) fn new(text: &'q str) -> Result<Self, QueryError> {
        Ok(Self {
            text,
            next: lex::token(text, 0)?,
            end: 0,
            scope: Scope::default(),
            aggregates: None,
            depth: 0,
            columns: Vec::new(),
            has_columns: false,
            is_displayed: false,
        })
    }

    pub(super) fn query(mut self) -> Result<Plan, QueryError> {
        let mut commands = Vec::new();
        let mut has_dedup = false;
        loop {
            let is_limit = self.is_word("limit") || self.is_word("head");
            if has_dedup && !is_limit {
                // Documented: CWL_QuerySyntax-Dedup.html: only limit may follow.
                return Err(self.unexpected());
            }
            has_dedup |= self.is_word("dedup");
            self.command(&mut commands)?;
            if self.next.kind == Kind::End {
                break;
            }
            self.expect("|")?;
        }
        let mut columns = self.columns;
        if !self.has_columns && !self.scope.is_aggregated {
            let own = |name: &str, field| Column { name: name.to_owned(), field };
            columns
                .splice(0..0, [own("@timestamp", Field::Timestamp), own("@message", Field::Message)])
                .for_each(drop);
        }
        Ok(Plan { commands, columns, found: self.scope.found })
    }

    fn command(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        let Kind::Name { name, is_plain: true } = &self.next.kind else { return Err(self.unexpected()) };
        let name = name.to_ascii_lowercase();
        if let Some(name) = NOT_BUILT.into_iter().find(|known| known.eq_ignore_ascii_case(&name)) {
            return Err(QueryError::NotBuilt(format!("the command {name}")));
        }
        match name.as_str() {
            "fields" => self.fields(commands, false),
            "display" => self.fields(commands, true),
            "filter" | "where" => {
                self.take()?;
                commands.push(Command::Filter(self.expression()?));
                Ok(())
            }
            "parse" => self.parse(commands),
            "stats" => self.stats(commands),
            "sort" | "order" => self.sort(commands),
            "dedup" => self.dedup(commands),
            "unnest" => self.unnest(commands),
            "limit" | "head" => self.limit(commands),
            _ => Err(self.unexpected()),
        }
    }

    /// `fields a, abs(b) as c`; `display` shows these and nothing else.
    fn fields(&mut self, commands: &mut Vec<Command>, is_display: bool) -> Result<(), QueryError> {
        self.take()?;
        if is_display {
            self.columns.clear();
        }
        self.has_columns = true;
        let mut made = Vec::new();
        loop {
            let (name, expr) = self.named_expression()?;
            let field = match expr {
                // The field under its own name.
                Expr::Field(field) if name.alias.is_none() => field,
                expr => {
                    let place = self.make(&name)?;
                    made.push((place, expr));
                    Field::Made(place)
                }
            };
            let name = name.alias.unwrap_or(name.text);
            if !self.columns.iter().any(|column| column.name == name) {
                self.columns.push(Column { name, field });
            }
            if !self.eat(",")? {
                break;
            }
        }
        self.is_displayed |= is_display;
        if !made.is_empty() {
            commands.push(Command::Make(made));
        }
        Ok(())
    }

    /// `parse field "a *, b *" as x, y`, `parse field /(?<x>..)/`. Without a field: `@message`.
    fn parse(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        self.take()?;
        let is_template = matches!(self.next.kind, Kind::Text(_) | Kind::Symbol("/"));
        let text = if is_template { Expr::Field(Field::Message) } else { self.primary()? };
        let (start, mut names) = (self.next.start, Vec::new());
        let template = match self.next.kind.clone() {
            Kind::Text(text) => {
                self.take()?;
                Template::glob(&text)
            }
            Kind::Symbol("/") => {
                let regex = self.regex()?;
                let groups: Vec<usize> = match regex.capture_names().flatten().count() {
                    0 => (1..regex.captures_len()).collect(),
                    _ => (1..regex.captures_len())
                        .filter(|group| regex.capture_names().nth(*group).flatten().is_some())
                        .collect(),
                };
                names.extend(regex.capture_names().flatten().map(str::to_owned));
                Template::Regex(regex, groups)
            }
            _ => return Err(self.unexpected()),
        };
        let end = self.end;
        if self.eat_word("as")? {
            names.clear();
            loop {
                names.push(self.plain_name()?);
                if !self.eat(",")? {
                    break;
                }
            }
        }
        if names.len() != template.count() || names.is_empty() {
            // Assumed: the sentence.
            let why = format!(
                "parse takes {} parts out of the text, and names {} fields",
                template.count(),
                names.len()
            );
            return Err(QueryError::at(self.text, start, end, why));
        }
        let first = self.scope.made.len();
        for name in names {
            let place = self.make(&Name { text: name.clone(), alias: None, start, end })?;
            if !self.is_displayed {
                self.columns.push(Column { name, field: Field::Made(place) });
            }
        }
        let count = template.count();
        commands.push(Command::Parse { text, template, first, count });
        Ok(())
    }

    /// `stats avg(a), count(*) as n by b, bin(5m) as t`.
    fn stats(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        self.take()?;
        self.aggregates = Some(Vec::new());
        let mut stats = Stats::default();
        let mut outputs = Vec::new();
        loop {
            let (name, expr) = self.named_expression()?;
            outputs.push(name);
            stats.outputs.push(expr);
            if !self.eat(",")? {
                break;
            }
        }
        stats.aggregates = self.aggregates.take().unwrap_or_default();
        let mut names = Vec::new();
        if self.eat_word("by")? {
            loop {
                let (name, expr) = self.named_expression()?;
                names.push(name);
                stats.keys.push(expr);
                if !self.eat(",")? {
                    break;
                }
            }
            if self.is_word("offset") {
                return Err(QueryError::NotBuilt("offset".to_owned()));
            }
        }
        names.extend(outputs);
        self.scope.made.clear();
        self.scope.is_aggregated = true;
        self.columns.clear();
        for name in names {
            let place = self.make(&name)?;
            self.columns.push(Column { name: name.alias.unwrap_or(name.text), field: Field::Made(place) });
        }
        commands.push(Command::Stats(stats));
        Ok(())
    }

    fn sort(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        self.take()?;
        self.eat_word("by")?;
        let mut keys = Vec::new();
        loop {
            let expr = self.expression()?;
            let is_descending = self.eat_word("desc")?;
            if !is_descending {
                self.eat_word("asc")?;
            }
            keys.push(SortKey { expr, is_descending });
            if !self.eat(",")? {
                break;
            }
        }
        commands.push(Command::Sort(keys));
        Ok(())
    }

    fn dedup(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        self.take()?;
        let mut keys = Vec::new();
        loop {
            keys.push(self.primary()?);
            if !self.eat(",")? {
                break;
            }
        }
        commands.push(Command::Dedup(keys));
        Ok(())
    }

    /// `unnest list into entry`.
    fn unnest(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        self.take()?;
        let list = self.primary()?;
        if !self.eat_word("into")? {
            return Err(self.unexpected());
        }
        let (start, end) = (self.next.start, self.next.end);
        let name = self.plain_name()?;
        let into = self.make(&Name { text: name.clone(), alias: None, start, end })?;
        if !self.is_displayed {
            self.columns.push(Column { name, field: Field::Made(into) });
        }
        commands.push(Command::Unnest(list));
        Ok(())
    }

    fn limit(&mut self, commands: &mut Vec<Command>) -> Result<(), QueryError> {
        let is_limit = self.is_word("limit");
        self.take()?;
        // `limit any 5` may stop as soon as it has five, of whatever part of the time; what is first here is some part of it.
        if is_limit {
            self.eat_word("any")?;
        }
        let Kind::Integer(count @ 1..=LIMIT_MAX) = self.next.kind else { return Err(self.unexpected()) };
        self.take()?;
        commands.push(Command::Limit(usize::try_from(count).unwrap_or(0)));
        Ok(())
    }

    /// An expression, its text, and its other name if it has one.
    fn named_expression(&mut self) -> Result<(Name, Expr), QueryError> {
        let start = self.next.start;
        let own = match &self.next.kind {
            Kind::Name { name, .. } => Some(name.clone()),
            _ => None,
        };
        let expr = self.expression()?;
        let end = self.end;
        let text = match own {
            Some(own) if matches!(expr, Expr::Field(_)) => own,
            _ => self.text[start..end].to_owned(),
        };
        let alias = if self.eat_word("as")? { Some(self.plain_name()?) } else { None };
        Ok((Name { text, alias, start, end }, expr))
    }

    /// A place for a new field. Recorded: a field that a command has made cannot be made again (its sentence is ours).
    fn make(&mut self, name: &Name) -> Result<usize, QueryError> {
        let own = name.alias.as_deref().unwrap_or(&name.text);
        if self.scope.made.iter().any(|made| made == own) {
            let why = format!("Ephemeral field is already defined: {own}");
            return Err(QueryError::at(self.text, name.start, name.end, why));
        }
        Ok(self.scope.make(own))
    }

    fn plain_name(&mut self) -> Result<String, QueryError> {
        let Kind::Name { name, .. } = self.next.kind.clone() else { return Err(self.unexpected()) };
        self.take()?;
        Ok(name)
    }

    /// A regular expression that begins at the next token, which is a slash.
    pub(super) fn regex(&mut self) -> Result<Regex, QueryError> {
        let start = self.next.start;
        let (source, end) = lex::regex(self.text, start)?;
        // Assumed: the sentence.
        let wrong = |error: regex::Error| {
            let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            QueryError::at(self.text, start, end, format!("Invalid regular expression: {last}"))
        };
        let regex = Regex::new(&source).map_err(wrong)?;
        self.end = end;
        self.next = lex::token(self.text, end)?;
        Ok(regex)
    }

    pub(super) fn take(&mut self) -> Result<(), QueryError> {
        self.end = self.next.end;
        self.next = lex::token(self.text, self.end)?;
        Ok(())
    }

    /// Takes a symbol if it comes next.
    pub(super) fn eat(&mut self, symbol: &str) -> Result<bool, QueryError> {
        let is_next = matches!(self.next.kind, Kind::Symbol(next) if next == symbol);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), QueryError> {
        if self.eat(symbol)? { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.next.kind, Kind::Name { name, is_plain: true } if name.eq_ignore_ascii_case(word))
    }

    pub(super) fn eat_word(&mut self, word: &str) -> Result<bool, QueryError> {
        let is_next = self.is_word(word);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    /// The next token does not belong here.
    pub(super) fn unexpected(&self) -> QueryError {
        QueryError::unexpected(self.text, self.next.start, self.next.end)
    }
}

/// How an expression is called, and the bytes it stands in.
#[derive(Debug)]
struct Name {
    text: String,
    alias: Option<String>,
    start: usize,
    end: usize,
}
